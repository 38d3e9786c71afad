#!/bin/bash
tar -czf /path/to/backup.tar.gz /path/to/data
tar -xzf /path/to/backup.tar.gz -C /path/to/data
