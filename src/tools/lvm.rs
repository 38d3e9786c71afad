//! LVM, ZFS and btrfs: volumes, snapshots, and their end.

use super::tool::{Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// The LVM commands, `zfs`, `zpool`, `btrfs`.
pub const TOOL: Tool = Tool {
    name: "lvcreate",
    aliases: &[
        "lvremove",
        "lvconvert",
        "lvextend",
        "lvresize",
        "lvreduce",
        "lvrename",
        "lvchange",
        "vgcreate",
        "vgremove",
        "vgreduce",
        "vgextend",
        "vgchange",
        "vgrename",
        "vgcfgrestore",
        "vgcfgbackup",
        "vgimport",
        "vgexport",
        "pvcreate",
        "pvremove",
        "pvmove",
        "pvresize",
        "pvchange",
        "dmsetup",
        "zfs",
        "zpool",
        "btrfs",
        "rbd",
        "resize2fs",
        "xfs_growfs",
        "fsck",
        "fsck.ext4",
        "e2fsck",
        "xfs_repair",
        "tune2fs",
        "fstrim",
    ],
    flags: &[
        value('L', "size", Role::Text),
        value('l', "extents", Role::Text),
        value('n', "name", Role::Text),
        flag('s', "snapshot"),
        flag('y', "yes"),
        flag('f', "force"),
        flag('r', "recursive"),
        value('o', "", Role::Text),
    ],
    operands: Operands::All(Role::Device),
    risk: |call| {
        let first = call.operand(0);
        match call.name {
            "lvremove" | "vgremove" | "pvremove" | "pvcreate" | "lvreduce" => Risk::Irreversible,
            "lvconvert" | "vgreduce" | "vgcfgrestore" => Risk::Destructive,
            "lvchange" | "vgchange" | "pvchange" | "lvrename" | "vgrename" | "pvmove"
            | "dmsetup" | "vgexport" | "vgimport" => Risk::Disruptive,
            "fsck" | "fsck.ext4" | "e2fsck" | "xfs_repair" => {
                if call.has(&["n", "name", "N"]) {
                    Risk::Read
                } else {
                    Risk::Destructive
                }
            }
            "zfs" | "zpool" | "btrfs" | "rbd" => match first {
                "list" | "get" | "status" | "send" | "ls" | "info" | "diff" | "history" => {
                    Risk::Read
                }
                "snapshot" | "create" | "hold" | "clone" | "snap" => Risk::Write,
                "destroy" | "labelclear" | "rm" | "remove" => Risk::Irreversible,
                "rollback" | "receive" | "recv" | "restore" => Risk::Destructive,
                "subvolume" if call.operand(1) == "delete" => Risk::Irreversible,
                "subvolume" => Risk::Write,
                _ => Risk::Disruptive,
            },
            "tune2fs" => {
                if call.has(&["l", "extents"]) {
                    Risk::Read
                } else {
                    Risk::Write
                }
            }
            _ => Risk::Write,
        }
    },
};
