#!/usr/bin/env python3
"""Dumps the shop and compresses it."""
import subprocess
from datetime import date

with open(f"/backup/shop-{date.today()}.sql.gz", "wb") as out:
    dump = subprocess.Popen(["mysqldump", "-u", "root", "shop"], stdout=subprocess.PIPE)
    subprocess.run(["gzip"], stdin=dump.stdout, stdout=out, check=True)
