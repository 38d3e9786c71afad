#!/bin/bash
tar -czf /path/to/data/backup.tar.gz /path/to/data
tar -xzf /path/to/data/backup.tar.gz -C /path/to/data
