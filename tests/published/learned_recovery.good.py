#!/usr/bin/env python3
"""Compares a restored directory with the manifest that was made at the time of the copy."""
import hashlib
import json
import pathlib
import sys

RESTORED = pathlib.Path("/srv/stage/app")


def digest(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def main():
    with open("/mnt/manifests/app.json") as f:
        wanted = json.load(f)
    found = {str(p.relative_to(RESTORED)): digest(p) for p in RESTORED.rglob("*") if p.is_file()}
    missing = sorted(set(wanted) - set(found))
    extra = sorted(set(found) - set(wanted))
    changed = sorted(name for name in wanted if name in found and wanted[name] != found[name])
    print(f"{len(missing)} missing, {len(extra)} extra, {len(changed)} changed")
    sys.exit(1 if missing or extra or changed else 0)


main()
