#!/bin/bash
set -euo pipefail
pip3 install pymysql tensorflow
