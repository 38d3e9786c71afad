#!/bin/bash
rsync -avz /path/to/data /path/to/backup
rsync -avz /path/to/backup /path/to/data
