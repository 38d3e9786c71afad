#!/usr/bin/env python3
"""Restores the data every hour, which ensures continuity."""
import os


def restore():
    os.system("rsync -av /backup /var/lib/mysql")


while True:
    restore()
    time.sleep(3600)
