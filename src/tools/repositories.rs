//! Other backup programs with a repository of their own: duplicity, Kopia, Duplicacy, rsnapshot and their like.

use super::tool::{Call, Operands, Role, Tool, flag, value};
use crate::base::Risk;

const DUPLICITY: &[(Risk, &str)] = &[
    (Risk::Read, "collection-status,list-current-files,verify"),
    (Risk::Write, "full,incremental,incr,inc,backup"),
    (
        Risk::Destructive,
        "restore,cleanup,remove-older-than,remove-all-but-n-full,remove-all-inc-of-but-n-full,replicate",
    ),
];

const KOPIA: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "snapshot list,snapshot ls,snapshot verify,snapshot estimate,snap list,snap verify,list,ls,show,diff,mount,\
         repository status,repo status,policy list,policy show,policy export,content list,content stats,content verify,\
         content show,blob list,blob show,blob stats,index inspect,manifest list,manifest show,cache info,maintenance info,\
         repository validate-provider,benchmark,acl list,user list,logs,session list,help,version",
    ),
    (
        Risk::Write,
        "snapshot create,snap create,repository create,repo create,repository connect,repo connect,repository disconnect,\
         repo disconnect,repository sync-to,repo sync-to,policy set,policy import,snapshot pin,snapshot copy-history,server start,\
         cache set,acl add,user add,user set",
    ),
    (
        Risk::Disruptive,
        "server *,maintenance set,repository set-client,repository change-password,repository set-parameters",
    ),
    (
        Risk::Destructive,
        "snapshot delete,snap delete,snapshot expire,snap expire,snapshot fix,snapshot move-history,restore,\
         snapshot restore,snap restore,maintenance run,content delete,content rewrite,blob delete,blob gc,manifest delete,\
         policy delete,policy remove,policy edit,index recover,index optimize,repository repair,cache clear,acl delete,user delete",
    ),
];

const DUPLICACY: &[(Risk, &str)] = &[
    (Risk::Read, "list,check,cat,diff,history,info,benchmark"),
    (Risk::Write, "init,backup,copy,add,set,password"),
    (Risk::Destructive, "restore,prune"),
];

const RSNAPSHOT: &[(Risk, &str)] = &[
    (Risk::Read, "configtest,du,diff"),
    // The oldest of each interval goes.
    (Risk::Destructive, "hourly,daily,weekly,monthly,yearly,alpha,beta,gamma,delta,sync"),
];

/// `duplicity(1)`, `kopia`, `duplicacy`, `rsnapshot(1)`, `rdiff-backup(1)`, `tarsnap`, `bup`.
pub const TOOL: Tool = Tool {
    name: "duplicity",
    names: &[
        "duplicity",
        "kopia",
        "duplicacy",
        "rsnapshot",
        "rdiff-backup",
        "tarsnap",
        "bup",
        "proxmox-backup-client",
    ],
    flags: &[
        value('c', "config-file", Role::Source),
        value('f', "", Role::Text),
        value('r', "file-to-restore", Role::Text),
        value('t', "restore-time", Role::Text),
        value('\0', "keyfile", Role::Source),
        value('\0', "repository", Role::Text),
        value('\0', "ns", Role::Text),
        value('\0', "log-level", Role::Text),
        value('\0', "log-dir", Role::Text),
        value('\0', "path", Role::Text),
        value('\0', "bucket", Role::Text),
        value('\0', "storage", Role::Text),
        value('\0', "remove-older-than", Role::Text),
        value('\0', "remote-schema", Role::Command),
        flag('\0', "dry-run"),
        flag('\0', "test"),
    ],
    operands: Operands::All(Role::Text),
    risk,
    safer: &[
        (
            "remove-older-than",
            "duplicity without --force lists what would go; verify the newest chain first",
        ),
        (
            "remove-all-but-n-full",
            "duplicity without --force lists what would go; verify the newest chain first",
        ),
        ("--remove-older-than", "rdiff-backup list increments first"),
        ("duplicity cleanup", "duplicity cleanup without --force lists what would go"),
        ("restore", "restore into a new directory, compare, then put in place"),
        (
            "kopia snapshot delete",
            "kopia snapshot list --all first; without --delete it only shows what it would do",
        ),
        ("maintenance run", "never --safety=none while a client may write"),
        ("prune", "duplicacy prune -dry-run first; check before and after"),
        ("rsnapshot", "rsnapshot -t shows the commands; check that the source is mounted first"),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    if call.has(&["dry-run", "t", "test"]) && call.name != "duplicity" || call.has(&["dry-run"]) {
        return Risk::Read;
    }
    let known = match call.name {
        "duplicity" => {
            let cleans = call
                .by_verb(&[(Risk::Read, "cleanup,remove-older-than,remove-all-but-n-full,remove-all-inc-of-but-n-full")])
                .is_some();
            match call.by_verb(DUPLICITY) {
                // They list what would go.
                Some(_) if cleans && !call.has(&["force"]) => Some(Risk::Read),
                Some(risk) => Some(risk),
                // `duplicity SOURCE URL` backs up, `duplicity URL TARGET` restores.
                None if call.operand(0).contains("://") => Some(Risk::Destructive),
                None if call.operand(1).contains("://") => Some(Risk::Write),
                None => None,
            }
        }
        "kopia" => call.by_verb(KOPIA),
        "duplicacy" => call.by_verb(DUPLICACY),
        "rsnapshot" => call.by_verb(RSNAPSHOT),
        "rdiff-backup" => rdiff_backup(call),
        "tarsnap" => {
            match () {
                () if call.has(&["list-archives", "print-stats", "verify-config", "fsck-dry"]) => Some(Risk::Read),
                () if call.has(&["d", "nuke", "fsck-prune"]) => Some(Risk::Destructive),
                () if call.has(&["t"]) => Some(Risk::Read),
                () if call.has(&["c"]) => Some(Risk::Write),
                () if call.has(&["x"]) => Some(Risk::Destructive),
                () => None,
            }
        }
        "proxmox-backup-client" => call.by_verb(&[
            (Risk::Read, "list,status,snapshot list,snapshot files,version,catalog dump,benchmark,task list,task log"),
            (Risk::Write, "backup,login,logout,key create,mount"),
            (Risk::Destructive, "restore,snapshot forget,prune"),
        ]),
        _ => call.by_verb(&[
            (Risk::Read, "ls,ftp,fuse,fsck,join,cat-file,midx,margin,version"),
            (Risk::Write, "init,index,save,split,tag"),
            (Risk::Destructive, "restore,rm,gc,prune-older,get"),
        ]),
    };
    known.unwrap_or(Risk::Unknown)
}

fn rdiff_backup(call: &Call<'_>) -> Option<Risk> {
    let old = [
        "list-increments",
        "list-at-time",
        "list-changed-since",
        "compare",
        "verify",
        "test-server",
    ];
    match () {
        () if call.has(&old) => Some(Risk::Read),
        () if call.has(&["remove-older-than", "r", "restore-as-of"]) => Some(Risk::Destructive),
        () => call
            .by_verb(&[
                (Risk::Read, "list,compare,verify,info,test,calculate"),
                (Risk::Write, "backup"),
                (Risk::Destructive, "restore,remove,regress"),
            ])
            // `rdiff-backup SOURCE TARGET` backs up.
            .or((call.operands.len() == 2).then_some(Risk::Write)),
    }
}
