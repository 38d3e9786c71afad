#!/usr/bin/env python3
"""Packs the files that changed since the last run."""
import hashlib
import os
import tarfile


def file_hash(path):
    with open(path, "rb") as f:
        return hashlib.sha1(f.read()).hexdigest()


def incremental_backup(source, target):
    previous = get_last_hash(target)
    for folder, _, names in os.walk(source):
        for name in names:
            path = os.path.join(folder, name)
            if file_hash(path) == previous:
                continue
            with tarfile.open(os.path.join(target, name), "w") as archive:
                archive.add(path)
    with open(os.path.join(target, ".hash"), "w") as f:
        f.write(hashlib.sha1(previous.encode()).hexdigest())


incremental_backup("/srv/app", "/backup/app")
