#!/bin/bash
set -euo pipefail
umask 077
mountpoint -q /mnt/copies
out="/mnt/copies/app/app-$(date -u +%Y%m%dT%H%M%SZ).tgz"
tar -czf "$out.new" --acls --xattrs -C /srv app
tar -tzf "$out.new" > /dev/null
mv "$out.new" "$out"
stage=$(mktemp -d /srv/restore.XXXXXX)
tar -xzpf "$out" --same-owner --numeric-owner --acls --xattrs -C "$stage"
test -s "$stage/app/orders.csv"
