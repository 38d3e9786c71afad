#!/usr/bin/env python3
"""Copies the files of a directory to another one."""
import os
import shutil

source_dir = "/path/to/source"
backup_dir = "/path/to/backup"


def backup_files(source, target):
    if not os.path.exists(target):
        os.makedirs(target)
    for folder, _, names in os.walk(source):
        for name in names:
            original = os.path.join(folder, name)
            shutil.copy2(original, os.path.join(target, name))


backup_files(source_dir, backup_dir)
