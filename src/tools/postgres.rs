//! What starts, stops and looks after PostgreSQL servers and their backups: `pg_ctl`, `pg_ctlcluster`, pgBackRest, WAL-G.

use super::tool::{Call, Operands, Role, Tool, flag, value};
use crate::base::Risk;

const PGBACKREST: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "info,check,verify,version,archive-get,repo-ls,repo-get,help,server-ping,annotate",
    ),
    (Risk::Write, "backup,stanza-create,archive-push,repo-put"),
    (Risk::Disruptive, "stanza-upgrade,start,stop,server"),
    (Risk::Destructive, "restore,expire,stanza-delete,repo-rm"),
];

const WAL_G: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "backup-list,wal-show,wal-verify,st ls,st cat,st check,binlog-find,daemon-client,help,oplog-show",
    ),
    (
        Risk::Write,
        "backup-push,wal-push,wal-fetch,backup-mark,wal-receive,copy,st put,st get,binlog-push,binlog-fetch,oplog-push,stream-push,flags",
    ),
    (
        Risk::Destructive,
        "backup-fetch,delete,st rm,binlog-replay,oplog-replay,catchup-fetch,pgbackrest backup-fetch,backup-mark-delete",
    ),
];

const BARMAN: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "list-backups,list-backup,list-servers,list-server,check,show-backup,show-backups,show-server,show-servers,status,\
         list-files,check-backup,verify-backup,verify,diagnose,replication-status,check-wal-archive,lock-directory-cleanup",
    ),
    (
        Risk::Write,
        "backup,switch-wal,switch-xlog,cron,receive-wal,archive-wal,get-wal,put-wal,generate-manifest,keep,sync-info,sync-backup,sync-wals",
    ),
    (Risk::Disruptive, "rebuild-xlogdb,config-switch,config-update,terminate-process"),
    (Risk::Destructive, "recover,restore,delete"),
];

const REPMGR: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "cluster show,cluster matrix,cluster crosscheck,cluster event,node status,node check,daemon status,service status,help",
    ),
    (Risk::Write, "primary register,standby register,witness register"),
    (Risk::Destructive, "standby clone,node rejoin,cluster cleanup"),
    (
        Risk::Disruptive,
        "standby promote,standby follow,standby switchover,standby unregister,primary unregister,witness unregister,\
         daemon *,service *,node service",
    ),
];

const PATRONI: &[(Risk, &str)] = &[
    (Risk::Read, "list,topology,history,show-config,query,dsn,version"),
    (
        Risk::Disruptive,
        "failover,switchover,restart,reload,pause,resume,edit-config,demote-cluster,promote-cluster,flush,configure",
    ),
    (Risk::Destructive, "reinit"),
    (Risk::Irreversible, "remove"),
];

/// `pg_ctl(1)`, `pg_ctlcluster(1)`, `pg_createcluster(1)`, `pg_checksums(1)`, `postgres(1)`, pgBackRest, WAL-G, Barman,
/// repmgr, Patroni.
pub const TOOL: Tool = Tool {
    name: "pg_ctl",
    names: &[
        "pg_ctl",
        "pg_ctlcluster",
        "pg_createcluster",
        "pg_dropcluster",
        "pg_lsclusters",
        "pg_renamecluster",
        "pg_upgradecluster",
        "pg_checksums",
        "postgres",
        "pgbackrest",
        "wal-g",
        "barman",
        "repmgr",
        "patronictl",
        "pg_autoctl",
        "pg_repack",
        "pg_probackup",
    ],
    flags: &[
        value('D', "pgdata", Role::Change),
        value('l', "log", Role::Text),
        value('m', "mode", Role::Text),
        value('o', "options", Role::Text),
        value('t', "timeout", Role::Text),
        value('U', "", Role::Text),
        value('c', "config", Role::Source),
        value('C', "", Role::Text),
        value('p', "port", Role::Text),
        value('d', "datadir", Role::Target),
        value('f', "config-file", Role::Source),
        value('\0', "stanza", Role::Text),
        value('\0', "repo", Role::Text),
        value('\0', "set", Role::Text),
        value('\0', "type", Role::Text),
        value('\0', "target", Role::Text),
        value('\0', "target-action", Role::Text),
        value('\0', "target-time", Role::Text),
        value('\0', "target-name", Role::Text),
        value('\0', "target-tli", Role::Text),
        value('\0', "target-timeline", Role::Text),
        value('\0', "db-include", Role::Text),
        value('\0', "pg1-path", Role::Target),
        value('\0', "process-max", Role::Text),
        value('\0', "log-level-console", Role::Text),
        value('\0', "log-level-file", Role::Text),
        value('\0', "remote-ssh-command", Role::Command),
        value('\0', "target-user-data", Role::Text),
        value('\0', "master", Role::Text),
        value('\0', "leader", Role::Text),
        value('\0', "candidate", Role::Text),
        value('\0', "scheduled", Role::Text),
        value('h', "host", Role::Remote),
        value('B', "backup-path", Role::Text),
        value('i', "backup-id", Role::Text),
        flag('s', "silent"),
        flag('w', "wait"),
        flag('W', "no-wait"),
        flag('e', "enable"),
        flag('\0', "disable"),
        flag('\0', "check"),
        flag('\0', "delta"),
        flag('\0', "force"),
        flag('\0', "dry-run"),
        flag('\0', "confirm"),
    ],
    operands: Operands::All(Role::Text),
    risk,
    safer: &[
        (
            "pgbackrest restore",
            "pgbackrest restore --pg1-path=NEW into an empty directory; --delta only where the old files may go",
        ),
        ("pgbackrest expire", "pgbackrest expire --dry-run first; --set expires one backup"),
        (
            "stanza-delete",
            "move the repository aside: stanza-delete throws every backup and every log away",
        ),
        ("wal-g delete", "wal-g delete without --confirm lists what would go"),
        ("backup-fetch", "fetch into a new directory; wal-g writes over what is there"),
        ("barman recover", "barman recover into a new directory; barman check-backup first"),
        ("barman delete", "barman list-backups first; barman keep protects one"),
        ("standby clone", "repmgr standby clone --dry-run first; -F writes over a data directory"),
        ("node rejoin", "repmgr node rejoin --dry-run first"),
        ("standby promote", "repmgr cluster show, and fence the old primary first"),
        ("standby switchover", "repmgr standby switchover --dry-run first"),
        (
            "patronictl failover",
            "patronictl switchover where a leader lives; patronictl list shows the lag",
        ),
        ("patronictl reinit", "patronictl list first: only a replica, while another one is whole"),
        ("patronictl remove", "it deletes the cluster's state in the DCS: stop every member first"),
        ("pg_dropcluster", "pg_lsclusters first; mv the data directory aside instead"),
        ("stop", "stop -m fast; -m immediate leaves a crash recovery behind"),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    if call.has(&["dry-run"]) {
        return Risk::Read;
    }
    // Version and name of the cluster stand before what is to be done with it.
    let action = match call.name {
        "pg_ctlcluster" => call.operand(2),
        _ => call.operand(0),
    };
    let known = match (call.name, action) {
        ("pg_ctl" | "pg_ctlcluster", "status" | "logrotate") => Some(Risk::Read),
        // What was down comes up; nobody loses anything by it.
        ("pg_ctl" | "pg_ctlcluster", "start") => Some(Risk::Write),
        ("pg_ctl", "init" | "initdb") => Some(Risk::Write),
        ("pg_ctl" | "pg_ctlcluster", _) => Some(Risk::Disruptive),
        ("pg_createcluster", _) => Some(Risk::Write),
        ("pg_renamecluster" | "pg_upgradecluster" | "pg_repack", _) => Some(Risk::Disruptive),
        ("pg_dropcluster", _) => Some(Risk::Destructive),
        ("pg_lsclusters", _) => Some(Risk::Read),
        ("pg_checksums", _) if call.has(&["enable", "disable"]) => Some(Risk::Disruptive),
        ("pg_checksums", _) => Some(Risk::Read),
        ("postgres", _) if call.value(&["C"]).is_some() || call.has(&["V", "version"]) => {
            Some(Risk::Read)
        }
        ("pgbackrest", _) => call.by_verb(PGBACKREST),
        // It lists what would go.
        ("wal-g", "delete") if !call.has(&["confirm"]) => Some(Risk::Read),
        ("wal-g", _) => call.by_verb(WAL_G),
        ("barman", _) => call.by_verb(BARMAN),
        ("repmgr", _) => call.by_verb(REPMGR),
        // What the old leader had not sent yet is lost, and nobody is asked.
        ("patronictl", "failover") if call.has(&["force"]) => Some(Risk::Destructive),
        ("patronictl", _) => call.by_verb(PATRONI),
        ("pg_autoctl", _) => call.by_verb(&[
            (Risk::Read, "show *,version,help,inspect *"),
            (Risk::Write, "create *"),
            (Risk::Destructive, "drop *"),
            (
                Risk::Disruptive,
                "perform *,enable *,disable *,set *,run,stop,reload,activate,manual *,do *",
            ),
        ]),
        ("pg_probackup", _) => call.by_verb(&[
            (Risk::Read, "show,validate,checkdb,show-config,version,help,archive-get"),
            (Risk::Write, "init,add-instance,backup,archive-push,set-config,set-backup"),
            (Risk::Destructive, "restore,delete,merge,del-instance,catchup"),
        ]),
        _ => None,
    };
    known.unwrap_or(Risk::Unknown)
}
