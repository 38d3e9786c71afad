#!/usr/bin/env python3
"""Dumps all databases into an encrypted file and opens it again."""
import os
import subprocess
from datetime import datetime, timezone

STAMP = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
TARGET = f"/backup/mysql/all-{STAMP}.sql.age"
DUMP = [
    "mysqldump",
    "--defaults-extra-file=/etc/backup/my.cnf",
    "--single-transaction",
    "--routines",
    "--events",
    "--triggers",
    "--hex-blob",
    "--source-data=2",
    "--default-character-set=utf8mb4",
    "--all-databases",
]


def main():
    os.umask(0o077)
    with open(TARGET + ".new", "xb") as out:
        dump = subprocess.Popen(DUMP, stdout=subprocess.PIPE)
        subprocess.run(["age", "-R", "/etc/backup/recipients"], stdin=dump.stdout, stdout=out, check=True)
        if dump.wait() != 0:
            raise SystemExit("the dump failed")
    os.replace(TARGET + ".new", TARGET)


main()
