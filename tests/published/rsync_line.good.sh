#!/bin/bash
set -euo pipefail
mountpoint -q /mnt/copies
stamp=$(date -u +%Y%m%dT%H%M%SZ)
rsync -aHAX --numeric-ids --link-dest=/mnt/copies/app/last/ /srv/app/ "/mnt/copies/app/$stamp.partial/"
mv "/mnt/copies/app/$stamp.partial" "/mnt/copies/app/$stamp"
ln -sfn "$stamp" /mnt/copies/app/last
stage=$(mktemp -d /srv/restore.XXXXXX)
rsync -aHAX --numeric-ids "/mnt/copies/app/$stamp/" "$stage/"
