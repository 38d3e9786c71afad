//! Tools that make a device's content unreachable for good.

use super::tool::{Call, Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `mkfs(8)`, `wipefs(8)`, `blkdiscard(8)`, partition editors, `cryptsetup(8)`, `mdadm(8)`.
pub const TOOL: Tool = Tool {
    name: "mkfs",
    names: &[
        "mkfs",
        "mkfs.ext2",
        "mkfs.ext3",
        "mkfs.ext4",
        "mkfs.xfs",
        "mkfs.btrfs",
        "mkfs.vfat",
        "mkfs.fat",
        "mkfs.ntfs",
        "mkfs.exfat",
        "mkfs.f2fs",
        "mkdosfs",
        "mke2fs",
        "mkswap",
        "wipefs",
        "blkdiscard",
        "sgdisk",
        "gdisk",
        "cgdisk",
        "sfdisk",
        "fdisk",
        "cfdisk",
        "parted",
        "hdparm",
        "nvme",
        "cryptsetup",
        "mdadm",
        "badblocks",
        "sg_format",
    ],
    flags: &[
        value('t', "type", Role::Text),
        value('L', "label", Role::Text),
        value('U', "uuid", Role::Text),
        value('b', "", Role::Text),
        value('m', "", Role::Text),
        value('O', "", Role::Text),
        value('E', "", Role::Text),
        value('\0', "header", Role::Target),
        value('\0', "header-backup-file", Role::Target),
        value('\0', "key-file", Role::Source),
        value('d', "", Role::Text),
        flag('n', ""),
        flag('l', "list"),
        flag('p', "print"),
        flag('J', "json"),
    ],
    operands: Operands::All(Role::Device),
    risk,
    safer: &[
        (
            "mkfs",
            "wipefs DEVICE and blkid -p DEVICE show what is there; findmnt --source DEVICE whether it is mounted",
        ),
        (
            "mkfs.ext4",
            "wipefs DEVICE and blkid -p DEVICE show what is there; mkfs.ext4 -n only prints",
        ),
        (
            "mkfs.xfs",
            "wipefs DEVICE shows what is there; without -f mkfs.xfs refuses a device with a file system",
        ),
        (
            "mkfs.btrfs",
            "wipefs DEVICE shows what is there; without -f mkfs.btrfs refuses a device with a file system",
        ),
        ("mkswap", "blkid -p DEVICE first"),
        ("wipefs", "wipefs --backup --no-act first; --backup keeps what it takes off"),
        ("blkdiscard", "blkid -p DEVICE and lsblk first: nothing brings discarded blocks back"),
        ("sgdisk", "sgdisk --backup=FILE DEVICE first, sgdisk --pretend to look"),
        ("sfdisk", "sfdisk --dump DEVICE > FILE first, sfdisk --no-act to look"),
        ("fdisk", "sfdisk --dump DEVICE > FILE first"),
        ("parted", "sfdisk --dump DEVICE > FILE first"),
        ("luksFormat", "cryptsetup isLuks first; cryptsetup luksHeaderBackup keeps the header"),
        ("luksErase", "cryptsetup luksHeaderBackup first"),
        ("luksKillSlot", "cryptsetup luksHeaderBackup first, and open the device with another key"),
        (
            "mdadm --create",
            "mdadm --examine each device first; mdadm --assemble brings an array back without writing over it",
        ),
        ("mdadm --zero-superblock", "mdadm --examine first"),
        ("nvme format", "nvme id-ns and lsblk first"),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    match call.name {
        "wipefs" if call.has(&["no-act", "n"]) => Risk::Read,
        "wipefs" if call.has(&["a", "all", "o", "offset"]) => Risk::Irreversible,
        "wipefs" => Risk::Read,
        "sfdisk" | "fdisk" | "sgdisk"
            if call.has(&[
                "l", "list", "d", "dump", "p", "print", "b", "backup", "J", "json", "no-act", "n", "verify", "V", "F",
                "list-free", "T", "list-types", "i", "info", "v", "s", "show-size", "g", "show-geometry",
                "pretend", "P", "L",
            ]) && !(call.name == "sgdisk" && call.has(&["n", "d", "Z", "zap-all"])) =>
        {
            Risk::Read
        }
        "parted" if call.names("print") || call.operands.is_empty() || call.has(&["l"]) => Risk::Read,
        "parted" if call.names("set") || call.names("name") || call.names("disk_set") || call.names("align-check") => {
            Risk::Disruptive
        }
        "mdadm" => mdadm(call),
        "cryptsetup" => call
            .by_verb(&[
                (
                    Risk::Read,
                    "status,luksDump,isLuks,luksUUID,benchmark,token export,tcryptDump,bitlkDump,repair --dry-run",
                ),
                (
                    Risk::Write,
                    "open,luksOpen,close,luksClose,create,plainOpen,luksHeaderBackup,luksAddKey,tcryptOpen,remove,\
                     bitlkOpen,token add,token import,loopaesOpen",
                ),
                (Risk::Disruptive, "resize,luksSuspend,luksResume,refresh,config,convert,luksChangeKey,luksConvertKey"),
                (
                    Risk::Irreversible,
                    "luksFormat,luksErase,erase,luksKillSlot,luksRemoveKey,luksHeaderRestore,reencrypt,repair,luksDelKey,\
                     token remove",
                ),
            ])
            .unwrap_or(Risk::Unknown),
        "hdparm" if call.flags.iter().any(|flag| flag.name.starts_with("security-")) => Risk::Irreversible,
        "hdparm" => Risk::Read,
        "nvme" => call
            .by_verb(&[
                (Risk::Irreversible, "format,sanitize,write*,delete-ns,dsm"),
                (Risk::Read, "list*,id-*,smart-log,get-*,show-*,error-log,fw-log,version,read"),
            ])
            .unwrap_or(Risk::Disruptive),
        "badblocks" if call.has(&["w"]) => Risk::Irreversible,
        "badblocks" => Risk::Read,
        "mkswap" => if call.operands.iter().all(|word| word.fresh) && !call.operands.is_empty() { Risk::Write } else { Risk::Irreversible },
        // It only prints what it would do.
        _ if call.has(&["n", "N", "dry-run"]) && !matches!(call.name, "mkfs.vfat" | "mkfs.fat" | "mkdosfs") => Risk::Read,
        _ if call.operands.is_empty() => Risk::Read,
        // An image that the script made itself is nobody's data.
        _ if call.operands.iter().all(|word| word.fresh) => Risk::Write,
        _ => Risk::Irreversible,
    }
}

fn mdadm(call: &Call<'_>) -> Risk {
    match () {
        () if call.has(&["create", "C", "zero-superblock", "build", "B"]) => Risk::Irreversible,
        () if call.has(&[
            "detail",
            "D",
            "examine",
            "E",
            "query",
            "Q",
            "examine-bitmap",
            "X",
            "monitor",
            "F",
            "follow",
            "W",
            "wait",
            "wait-clean",
            "detail-platform",
        ]) =>
        {
            Risk::Read
        }
        () if call.has(&["assemble", "A", "run", "R", "incremental", "I"]) => Risk::Write,
        () if call.has(&["grow", "G"]) => Risk::Destructive,
        () if call.has(&[
            "stop",
            "S",
            "fail",
            "f",
            "remove",
            "r",
            "add",
            "a",
            "readwrite",
            "w",
            "readonly",
            "o",
            "re-add",
        ]) =>
        {
            Risk::Disruptive
        }
        () if call.operands.is_empty() => Risk::Read,
        () => Risk::Irreversible,
    }
}
