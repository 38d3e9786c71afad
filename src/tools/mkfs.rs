//! Tools that make a device's content unreachable for good.

use super::tool::{Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `mkfs`, `wipefs`, `blkdiscard`, partition editors, `cryptsetup luksFormat`, `mdadm --create`.
pub const TOOL: Tool = Tool {
    name: "mkfs",
    aliases: &[
        "mkfs.ext2",
        "mkfs.ext3",
        "mkfs.ext4",
        "mkfs.xfs",
        "mkfs.btrfs",
        "mkfs.vfat",
        "mkfs.fat",
        "mke2fs",
        "mkswap",
        "wipefs",
        "blkdiscard",
        "sgdisk",
        "sfdisk",
        "fdisk",
        "parted",
        "hdparm",
        "nvme",
        "cryptsetup",
        "mdadm",
    ],
    flags: &[
        value('t', "type", Role::Text),
        value('L', "label", Role::Text),
        value('U', "uuid", Role::Text),
        value('b', "", Role::Text),
        value('m', "", Role::Text),
        value('O', "", Role::Text),
        value('E', "", Role::Text),
        flag('n', ""),
        flag('l', "list"),
        flag('p', "print"),
        flag('d', "dump"),
    ],
    operands: Operands::All(Role::Device),
    risk: |call| {
        let looks = match call.name {
            "wipefs" => !call.has(&["a", "all", "o", "offset"]),
            "sfdisk" | "fdisk" | "sgdisk" => {
                call.has(&["l", "list", "d", "dump", "p", "print", "b", "backup"])
            }
            "parted" => call.names("print") || call.operands.is_empty(),
            "mdadm" => call.has(&["detail", "D", "examine", "E", "Q"]),
            "cryptsetup" => matches!(
                call.operand(0),
                "open"
                    | "luksOpen"
                    | "close"
                    | "luksClose"
                    | "status"
                    | "luksDump"
                    | "isLuks"
                    | "luksHeaderBackup"
            ),
            "hdparm" | "nvme" => !call.names("format") && !call.has(&["security-erase"]),
            "mkswap" => false,
            _ => call.has(&["n"]) || call.operands.is_empty(),
        };
        if looks { Risk::Read } else { Risk::Irreversible }
    },
};
