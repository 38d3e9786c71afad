#!/bin/bash
set -euo pipefail
python3 -m venv /opt/backup/venv
/opt/backup/venv/bin/pip install --require-hashes -r /opt/backup/requirements.txt
