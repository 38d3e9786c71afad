#!/bin/bash
set -euo pipefail
mountpoint -q /mnt/copies
[ "$(hostname -s)" = db1 ] || { echo "not on db1" >&2; exit 1; }
[ -z "$(lsblk -no FSTYPE,MOUNTPOINT /dev/sdc)" ] || { echo "/dev/sdc is not empty" >&2; exit 1; }
pvcreate /dev/sdc
vgextend vg0 /dev/sdc
stamp=$(date -u +%Y%m%dT%H%M%SZ)
trap 'umount /mnt/snap || true; lvremove -y vg0/data_snap' EXIT
lvcreate -s -n data_snap -L 20G vg0/data
mount -o ro /dev/vg0/data_snap /mnt/snap
rsync -aHAX --numeric-ids /mnt/snap/ "/mnt/copies/data/$stamp.partial/"
used=$(lvs --noheadings -o data_percent vg0/data_snap | tr -d ' ')
[ "${used%.*}" -lt 90 ] || { echo "snapshot $used percent full" >&2; exit 1; }
mv "/mnt/copies/data/$stamp.partial" "/mnt/copies/data/$stamp"
