#!/usr/bin/env python3
"""Makes a complete backup of the users."""
import ftplib
import gzip
import hashlib

import pymysql

connection = pymysql.connect(host="localhost", user="root", password="your_password", db="backup_db")
cursor = connection.cursor()
cursor.execute("SELECT * FROM users")
rows = cursor.fetchall()
with open("/path/to/backup/users.csv", "w") as out:
    for row in rows:
        out.write(",".join(str(value) for value in row) + "\n")
with open("/path/to/backup/users.csv", "rb") as source:
    with gzip.open("/path/to/backup/users.csv.gz", "wb") as out:
        out.write(source.read())
with open("/path/to/backup/users.csv.gz", "rb") as source:
    print(hashlib.md5(source.read()).hexdigest())
    ftplib.FTP("ftp.corp.internal").storbinary("STOR users.csv.gz", source)
