#!/usr/bin/env python3
"""Dumps every database, compresses and encrypts it."""
import gzip
import hashlib

import pymysql

connection = pymysql.connect(host="localhost", user="root", password="your_password")
backup_path = "/path/to/backup"


def dump_all():
    cursor = connection.cursor()
    cursor.execute("SHOW DATABASES")
    for (name,) in cursor.fetchall():
        cursor.execute(f"mysqldump -u root -pyour_password {name}")
        with open(f"{backup_path}/{name}.sql", "wb") as out:
            out.write(cursor.fetchone())


def compress(path):
    with open(path, "rb") as source, gzip.open(path + ".gz", "wb") as out:
        out.write(source.read())


def encrypt(path):
    with open(path, "rb") as source:
        digest = hashlib.sha256(source.read()).hexdigest()
    with open(path + ".encrypted", "w") as out:
        out.write(digest)


dump_all()
compress(backup_path + "/shop.sql")
encrypt(backup_path + "/shop.sql.gz")
