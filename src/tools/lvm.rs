//! Volumes: LVM, ZFS, btrfs, RBD, device mapper.

use super::tool::{Call, Operands, Role, Tool, flag, value};
use crate::base::Risk;

const ZFS: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "list,get,send,holds,diff,userspace,groupspace,projectspace,allow,version,wait,help",
    ),
    (Risk::Write, "snapshot,create,hold,clone,bookmark,mount,load-key,share"),
    (Risk::Irreversible, "destroy,redact"),
    (Risk::Destructive, "rollback,receive,change-key"),
    (
        Risk::Disruptive,
        "set,inherit,rename,promote,unmount,unshare,upgrade,release,unload-key,unallow,program,project,jail,zone,unjail,unzone,rewrite",
    ),
];

const ZPOOL: &[(Risk, &str)] = &[
    (Risk::Read, "list,status,get,history,iostat,events,version,wait,sync"),
    (Risk::Write, "scrub,import,trim,checkpoint,prefetch,resilver"),
    (Risk::Irreversible, "destroy,labelclear,create,initialize"),
    (Risk::Destructive, "replace,remove,detach,split,attach,add"),
    (Risk::Disruptive, "export,offline,online,clear,set,upgrade,reguid,reopen,ddtprune"),
];

const BTRFS: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "subvolume list,subvolume show,subvolume get-default,subvolume find-new,subvolume sync,filesystem show,\
         filesystem df,filesystem du,filesystem usage,filesystem sync,device stats,device usage,device ready,device scan,scrub status,balance status,\
         replace status,property get,property list,qgroup show,send,inspect-internal,version,help,check",
    ),
    (
        Risk::Write,
        "subvolume create,subvolume snapshot,scrub start,scrub resume,quota enable,quota rescan,qgroup create,receive",
    ),
    (Risk::Irreversible, "subvolume delete,rescue,device remove,device delete"),
    (Risk::Destructive, "restore,replace start,device replace,qgroup destroy,filesystem resize"),
    (
        Risk::Disruptive,
        "balance,device,filesystem,subvolume set-default,property set,quota,qgroup,scrub cancel,replace cancel",
    ),
];

const RBD: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "ls,list,info,du,status,diff,export,export-diff,snap ls,snap list,lock ls,showmapped,trash ls,bench,version,watch,mirror image status,mirror pool status,children",
    ),
    (Risk::Write, "create,clone,snap create,cp,copy,map,import,snap protect,trash mv,device map"),
    (Risk::Irreversible, "rm,remove,snap rm,snap remove,snap purge,trash purge,trash rm"),
    (
        Risk::Destructive,
        "snap rollback,snap revert,import-diff,merge-diff,mv,rename,flatten,resize",
    ),
    (
        Risk::Disruptive,
        "unmap,device unmap,lock,mirror,feature,image-meta,snap unprotect,migration,config,pool,namespace,trash restore",
    ),
];

/// The LVM commands, `zfs(8)`, `zpool(8)`, `btrfs(8)`, `rbd(8)`, `dmsetup(8)`.
pub const TOOL: Tool = Tool {
    name: "lvcreate",
    names: &[
        "lvcreate",
        "lvremove",
        "lvconvert",
        "lvextend",
        "lvresize",
        "lvreduce",
        "lvrename",
        "lvchange",
        "lvs",
        "lvdisplay",
        "lvscan",
        "vgs",
        "vgdisplay",
        "vgscan",
        "vgck",
        "pvs",
        "pvdisplay",
        "pvscan",
        "pvck",
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
        "vgmerge",
        "vgsplit",
        "pvcreate",
        "pvremove",
        "pvmove",
        "pvresize",
        "pvchange",
        "dmsetup",
        "zfs",
        "zpool",
        "zdb",
        "btrfs",
        "rbd",
        "vdo",
        "stratis",
    ],
    flags: &[
        value('L', "size", Role::Text),
        value('l', "extents", Role::Text),
        value('n', "name", Role::Text),
        value('o', "", Role::Text),
        value('p', "pool", Role::Text),
        flag('s', "snapshot"),
        flag('y', "yes"),
        flag('f', "force"),
        flag('r', "recursive"),
    ],
    operands: Operands::All(Role::Device),
    risk,
    safer: &[
        (
            "lvremove",
            "lvs -o +lv_attr,origin first; lvrename or lvchange -an keeps it until the new one is proven",
        ),
        ("lvreduce", "shrink the file system first (lvreduce --resizefs), after a backup"),
        ("vgremove", "vgchange -an and vgexport keep the volumes; vgcfgbackup first"),
        ("pvremove", "pvs and pvmove first"),
        (
            "pvcreate",
            "lsblk -f and wipefs (which only lists) first: without --yes it asks before it takes a used device",
        ),
        ("vgcfgrestore", "vgcfgrestore --test and --list first"),
        (
            "lvconvert --merge",
            "mount the snapshot read-only and compare first: what was written since is lost",
        ),
        ("zfs destroy", "zfs destroy -nv shows what would go; zfs rename keeps it"),
        ("zfs rollback", "zfs snapshot first; clone the old snapshot instead of rolling back"),
        ("zfs receive", "receive into a new dataset; -F throws away what the target has newer"),
        ("zpool destroy", "zpool export keeps the pool"),
        ("zpool labelclear", "zpool import (without a name) shows whether a pool is there"),
        ("zpool create", "zpool create -n, and wipefs (which only lists) on each device"),
        ("zpool add", "zpool add -n: a device that was added can hardly be taken out"),
        ("subvolume delete", "btrfs subvolume snapshot -r first, or mv it aside"),
        ("rescue", "a copy of the device first (btrfs-image, dd)"),
        ("check --repair", "btrfs check --readonly and a copy of the device first"),
        ("rbd rm", "rbd trash mv keeps it"),
        ("snap rollback", "rbd clone of the snapshot, compare, then switch"),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    // What it would do is only printed.
    let dry = match call.name {
        "zfs" | "zpool" => call.has(&["n"]) && !matches!(call.operand(0), "list" | "get"),
        _ => call.has(&["test", "dry-run"]),
    };
    if dry {
        return Risk::Read;
    }
    match call.name {
        "lvs" | "lvdisplay" | "lvscan" | "vgs" | "vgdisplay" | "vgscan" | "pvs" | "pvdisplay"
        | "pvscan" | "zdb" => Risk::Read,
        "vgck" | "pvck" if call.has(&["updatemetadata", "repair"]) => Risk::Destructive,
        "vgck" | "pvck" => Risk::Read,
        "lvremove" | "vgremove" | "pvremove" | "pvcreate" | "lvreduce" => Risk::Irreversible,
        "lvconvert" | "vgreduce" | "vgcfgrestore" => Risk::Destructive,
        "lvresize" if call.value(&["size", "extents"]).is_some_and(|w| w.text.starts_with('-')) => {
            Risk::Irreversible
        }
        "pvresize" if call.has(&["setphysicalvolumesize"]) => Risk::Destructive,
        "lvchange" | "vgchange" | "pvchange" | "lvrename" | "vgrename" | "pvmove" | "vgexport"
        | "vgimport" | "vgmerge" | "vgsplit" | "vdo" => Risk::Disruptive,
        "dmsetup" => call
            .by_verb(&[
                (Risk::Read, "ls,info,status,table,deps,targets,version,splitname"),
                (Risk::Destructive, "remove_all,wipe_table"),
                (Risk::Disruptive, "*"),
            ])
            .unwrap_or(Risk::Read),
        "zfs" => known(call, ZFS),
        // A pool that another machine has imported is destroyed by two writers.
        "zpool" if call.operand(0) == "import" && call.has(&["force"]) => Risk::Destructive,
        "zpool" => known(call, ZPOOL),
        "btrfs" if call.has(&["repair", "init-csum-tree", "init-extent-tree"]) => Risk::Destructive,
        "btrfs" => known(call, BTRFS),
        "rbd" => known(call, RBD),
        "stratis" => call
            .by_verb(&[
                (Risk::Read, "report,daemon,* list"),
                (Risk::Irreversible, "* destroy"),
                (Risk::Write, "* create,* snapshot"),
            ])
            .unwrap_or(Risk::Disruptive),
        _ => Risk::Write,
    }
}

fn known(call: &Call<'_>, table: &[(Risk, &str)]) -> Risk {
    call.by_verb(table).unwrap_or(Risk::Unknown)
}
