#!/bin/bash
apt install lvm2
pvcreate -f /dev/sda
lvcreate -L 10G -n backup /dev/sda
lvmpvcreate /dev/sdb
lvchange -ay /dev/sda/backup
