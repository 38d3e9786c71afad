//! rclone, and other programs that copy trees to object stores.

use super::tool::{Call, Operands, Role, Tool, flag, value};
use crate::base::Risk;

const RCLONE: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "ls,lsd,lsf,lsjson,lsl,size,check,checksum,cryptcheck,cat,about,md5sum,sha1sum,hashsum,tree,version,listremotes,\
         config show,config dump,config file,config paths,config providers,config userinfo,ncdu,obscure,cryptdecode,\
         completion,help,test info,test histogram,test memory,genautocomplete,gendocs",
    ),
    (
        Risk::Write,
        "mkdir,touch,rcat,link,mount,serve,config,authorize,copyurl,test,selfupdate,rcd,backend",
    ),
    (Risk::Disruptive, "rc"),
    (
        Risk::Destructive,
        "sync,bisync,move,moveto,delete,deletefile,purge,rmdir,rmdirs,cleanup,dedupe,copy,copyto,settier",
    ),
];

const MC: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "ls,cat,head,stat,diff,find,du,tree,ping,ready,watch,admin info,version info,retention info,legalhold info",
    ),
    (
        Risk::Write,
        "mb,alias,cp,pipe,share,tag,legalhold set,retention set,version enable,version suspend,event",
    ),
    (Risk::Destructive, "rm,rb,mirror,mv,undo,ilm,retention clear,legalhold clear"),
    (Risk::Disruptive, "admin"),
];

const S3CMD: &[(Risk, &str)] = &[
    (Risk::Read, "ls,la,du,info,multipart,accesslog,getlifecycle,getpolicy"),
    (Risk::Write, "mb,put,get,cp,modify,setacl,setversioning"),
    (Risk::Destructive, "rb,del,rm,mv,sync,setlifecycle,dellifecycle,delpolicy,expire,abortmp"),
];

/// `rclone`, `mc`, `s3cmd`, `s5cmd`.
pub const TOOL: Tool = Tool {
    name: "rclone",
    names: &["rclone", "mc", "mcli", "s3cmd", "s5cmd"],
    flags: &[
        value('\0', "config", Role::Source),
        value('c', "", Role::Source),
        value('\0', "backup-dir", Role::Text),
        value('\0', "filter-from", Role::Source),
        value('\0', "files-from", Role::Source),
        value('\0', "endpoint-url", Role::Remote),
        value('\0', "host", Role::Remote),
        value('\0', "exclude", Role::Text),
        value('\0', "older-than", Role::Text),
        value('\0', "newer-than", Role::Text),
        flag('n', "dry-run"),
    ],
    operands: Operands::All(Role::Text),
    risk,
    safer: &[
        (
            "rclone sync",
            "rclone copy, or sync with --backup-dir, --max-delete and a guard on the source; --dry-run first",
        ),
        ("bisync", "--dry-run and --check-access first"),
        ("rclone purge", "rclone lsf and size first; move to another prefix and delete that later"),
        ("rclone delete", "rclone lsf with the same filters first, or --dry-run"),
        ("rclone move", "rclone copy, rclone check, then delete"),
        ("rclone copy", "--immutable or --ignore-existing where the target holds backups"),
        ("mc mirror --remove", "mc mirror without --remove, into a bucket with versions"),
        (
            "mc rm",
            "mc ls --recursive first; a bucket with versions and object lock keeps what is deleted",
        ),
        (
            "s3cmd sync --delete-removed",
            "--max-delete and --dry-run first, into a bucket with versions",
        ),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    if call.has(&["dry-run"]) {
        return Risk::Read;
    }
    match call.name {
        "rclone" => {
            let table = call.by_verb(RCLONE);
            let copies = call.by_verb(&[(Risk::Write, "copy,copyto")]).is_some();
            match table {
                Some(_) if copies && call.has(&["immutable", "ignore-existing"]) => Risk::Write,
                Some(risk) => risk,
                None => Risk::Unknown,
            }
        }
        "s3cmd" | "s5cmd" => match call.by_verb(S3CMD) {
            Some(_)
                if call.by_verb(&[(Risk::Write, "sync")]).is_some()
                    && !call.has(&["delete-removed", "delete"]) =>
            {
                Risk::Write
            }
            Some(risk) => risk,
            None => Risk::Unknown,
        },
        _ => match call.by_verb(MC) {
            Some(_)
                if call.by_verb(&[(Risk::Write, "mirror")]).is_some()
                    && !call.has(&["remove", "overwrite"]) =>
            {
                Risk::Write
            }
            Some(risk) => risk,
            None => Risk::Unknown,
        },
    }
}
