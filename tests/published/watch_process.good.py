#!/usr/bin/env python3
"""Asks the server itself, and ends with a failure when it does not answer."""
import sys
import urllib.request


def healthy(address):
    with urllib.request.urlopen(address, timeout=10) as answer:
        return answer.status == 200


sys.exit(0 if healthy("https://web1.corp.internal/healthz") else 1)
