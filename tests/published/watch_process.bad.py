#!/usr/bin/env python3
"""Watches a server."""


def monitor(server):
    status = os.system("ps aux | grep nginx")
    print(f"{server}: {status}")


monitor("web1")
