#!/usr/bin/env python3
"""Packs a directory into a new archive with a manifest of its files."""
import hashlib
import json
import os
import subprocess
import tarfile
from datetime import datetime, timezone

SOURCE = "/srv/app"
STAMP = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
TARGET = f"/mnt/copies/app/app-{STAMP}.tar"


def digest(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def main():
    os.umask(0o077)
    subprocess.run(["mountpoint", "-q", "/mnt/copies"], check=True)
    manifest = {}
    for folder, _, names in os.walk(SOURCE):
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                manifest[os.path.relpath(path, SOURCE)] = digest(path)
    with tarfile.open(TARGET + ".new", "x") as archive:
        archive.add(SOURCE, arcname="app")
    with open(TARGET + ".manifest.json", "x") as out:
        json.dump(manifest, out)
    with tarfile.open(TARGET + ".new") as archive:
        archive.getmembers()
    os.replace(TARGET + ".new", TARGET)


main()
