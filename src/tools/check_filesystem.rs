//! File systems that are there: check, repair, tune, grow.

use super::tool::{Call, Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `fsck(8)`, `e2fsck(8)`, `xfs_repair(8)`, `resize2fs(8)`, `tune2fs(8)`, `xfs_growfs(8)`, `fstrim(8)`, `fsfreeze(8)`.
pub const TOOL: Tool = Tool {
    name: "fsck",
    names: &[
        "fsck",
        "fsck.ext2",
        "fsck.ext3",
        "fsck.ext4",
        "fsck.xfs",
        "fsck.btrfs",
        "fsck.vfat",
        "fsck.fat",
        "e2fsck",
        "xfs_repair",
        "ntfsfix",
        "resize2fs",
        "tune2fs",
        "e2label",
        "xfs_growfs",
        "xfs_admin",
        "fstrim",
        "fsfreeze",
        "xfs_freeze",
        "debugfs",
        "xfsdump",
        "xfsrestore",
        "dump",
        "restore",
        "partclone.ext4",
        "partclone.xfs",
        "partclone.restore",
        "fsarchiver",
        "e2image",
    ],
    flags: &[
        value('f', "", Role::Text),
        flag('n', ""),
        flag('N', ""),
        flag('l', ""),
        flag('w', ""),
        flag('f', "freeze"),
        flag('u', "unfreeze"),
    ],
    operands: Operands::All(Role::Device),
    risk,
    safer: &[
        (
            "fsck",
            "fsck -n first, on an unmounted file system, and a snapshot or image of the device before it repairs",
        ),
        ("e2fsck", "e2fsck -n first, on an unmounted file system; e2image -Q keeps its metadata"),
        ("fsck.ext4", "fsck.ext4 -n first, on an unmounted file system"),
        (
            "xfs_repair -L",
            "mount it once so that the log is replayed; -L throws the log away; xfs_metadump first",
        ),
        ("xfs_repair", "xfs_repair -n first; xfs_metadump keeps its metadata"),
        ("resize2fs", "resize2fs -P shows how small it may become; e2fsck -f first"),
        ("fsfreeze --freeze", "trap 'fsfreeze --unfreeze MOUNT' EXIT before it, and a time limit"),
        ("debugfs -w", "an image of the device first; debugfs without -w only looks"),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    match call.name {
        "fsck" | "fsck.ext2" | "fsck.ext3" | "fsck.ext4" | "fsck.vfat" | "fsck.fat" | "e2fsck"
        | "xfs_repair" | "ntfsfix" => {
            if call.has(&["n", "N", "no-action", "V"]) {
                Risk::Read
            } else {
                Risk::Destructive
            }
        }
        "fsck.btrfs" | "fsck.xfs" => Risk::Read,
        "tune2fs" if call.has(&["l"]) => Risk::Read,
        // Without a journal a crash costs what was written last, and a full check.
        "tune2fs" if call.names("^has_journal") || call.names("^journal") => Risk::Destructive,
        "resize2fs" if call.has(&["P"]) => Risk::Read,
        // With a size it may shrink.
        "resize2fs" if call.operands.len() > 1 || call.has(&["M"]) => Risk::Destructive,
        "xfs_growfs" | "xfs_admin" if call.has(&["n", "l", "u"]) => Risk::Read,
        "debugfs" if call.has(&["w", "f", "R"]) => Risk::Unknown,
        "debugfs" => Risk::Read,
        "e2image" => call.replaces(),
        "fsfreeze" | "xfs_freeze" => Risk::Disruptive,
        "e2label" if call.operands.len() < 2 => Risk::Read,
        "xfsdump" | "dump" | "partclone.ext4" | "partclone.xfs" => Risk::Write,
        "xfsrestore" | "restore" if call.has(&["t", "I"]) => Risk::Read,
        "xfsrestore" | "restore" => Risk::Destructive,
        "partclone.restore" => Risk::Irreversible,
        "fsarchiver" => call
            .by_verb(&[
                (Risk::Read, "probe,archinfo"),
                (Risk::Write, "savefs,savedir"),
                (Risk::Irreversible, "restfs"),
                (Risk::Destructive, "restdir"),
            ])
            .unwrap_or(Risk::Unknown),
        _ => Risk::Write,
    }
}
