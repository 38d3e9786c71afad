#!/usr/bin/env python3
"""Copies the files of a stopped database to another disk, with owners and links."""
import subprocess
from datetime import datetime, timezone

STAMP = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
TARGET = f"/mnt/copies/mongodb-{STAMP}"


def main():
    subprocess.run(["mountpoint", "-q", "/mnt/copies"], check=True)
    subprocess.run(["systemctl", "stop", "mongod"], check=True)
    try:
        subprocess.run(
            ["rsync", "-aHAX", "--numeric-ids", "/var/lib/mongodb/", f"{TARGET}.partial/"],
            check=True,
        )
    finally:
        subprocess.run(["systemctl", "start", "mongod"], check=True)
    subprocess.run(["mv", f"{TARGET}.partial", TARGET], check=True)


main()
