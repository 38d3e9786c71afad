#!/usr/bin/env python3
"""Copies the files of a running database to a directory beside them."""
import os
import shutil

source_dir = "/var/lib/mongodb"
backup_dir = os.path.join(source_dir, "backup")


def backup_files(source, target):
    for folder, _, names in os.walk(source):
        for name in names:
            original = os.path.join(folder, name)
            shutil.copy2(original, os.path.join(target, name))


backup_files(source_dir, backup_dir)
