//! etcd and ZooKeeper: their clients and the programs that restore their files.

use super::tool::{Call, Operands, Role, Tool, flag, value};
use crate::base::Risk;

const ETCD: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "get,watch,version,snapshot status,endpoint *,member list,alarm list,check *,hashkv,lease list,\
         lease timetolive,role get,role list,user get,user list,completion,auth status,verify,help",
    ),
    (Risk::Write, "snapshot save,role add,user add,lease grant,lease keep-alive,lock,elect"),
    // What was there may be replaced.
    (
        Risk::Disruptive,
        "put,member add,member promote,move-leader,defrag,alarm disarm,auth *,role grant-permission",
    ),
    (Risk::Disruptive, "user grant-role,user passwd,downgrade *,make-mirror,member update"),
    (
        Risk::Destructive,
        "del,member remove,compaction,lease revoke,role delete,role revoke-permission,user delete",
    ),
    (Risk::Destructive, "user revoke-role,migrate"),
];

const ZOOKEEPER: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "ls,ls2,get,stat,getAcl,listquota,version,config,getEphemerals,getAllChildrenNumber,status,whoami",
    ),
    (Risk::Write, "create,sync,addauth"),
    (Risk::Disruptive, "start,stop,restart,set,setAcl,setquota,reconfig"),
    (Risk::Destructive, "delete,deleteall,rmr,delquota"),
];

/// `etcdctl`, `etcdutl`, `zkCli.sh`, `zkServer.sh`, `zkCleanup.sh`.
pub const TOOL: Tool = Tool {
    name: "psql",
    names: &[
        "etcdctl",
        "etcdutl",
        "zkCli.sh",
        "zkcli",
        "zkServer.sh",
        "zkCleanup.sh",
        "zkSnapShotToolkit.sh",
        "zkTxnLogToolkit.sh",
    ],
    flags: &[
        value('\0', "endpoints", Role::Remote),
        value('\0', "cacert", Role::Source),
        value('\0', "cert", Role::Source),
        value('\0', "key", Role::Source),
        value('\0', "user", Role::Text),
        value('w', "write-out", Role::Text),
        value('\0', "data-dir", Role::Target),
        value('\0', "wal-dir", Role::Target),
        value('\0', "name", Role::Text),
        value('\0', "initial-cluster", Role::Text),
        value('\0', "initial-cluster-token", Role::Text),
        value('\0', "initial-advertise-peer-urls", Role::Text),
        value('\0', "bump-revision", Role::Text),
        value('-', "server", Role::Remote),
        value('-', "timeout", Role::Text),
        flag('\0', "skip-hash-check"),
    ],
    operands: Operands::All(Role::Text),
    risk: |call| match call.name {
        "etcdctl" | "etcdutl" => etcd(call),
        "zkCleanup.sh" => Risk::Destructive,
        "zkSnapShotToolkit.sh" | "zkTxnLogToolkit.sh" => Risk::Read,
        _ => call.by_verb(ZOOKEEPER).unwrap_or(Risk::Unknown),
    },
    safer: &[
        (
            "snapshot restore",
            "restore into a new --data-dir with a new --initial-cluster-token, while every member is stopped",
        ),
        (
            "del",
            "etcdctl snapshot save first; etcdctl get --prefix --keys-only shows what the prefix hits",
        ),
        (
            "member remove",
            "etcdctl endpoint status and member list first: removing a healthy member may lose the quorum",
        ),
        ("deleteall", "ls -R shows what goes; copy snapshot and transaction logs first"),
        ("defrag", "defragment one member after the other, the leader last"),
        ("zkCleanup.sh", "keep at least three snapshots (-n 3) and the logs that follow them"),
    ],
};

fn etcd(call: &Call<'_>) -> Risk {
    if call.by_verb(&[(Risk::Write, "snapshot restore")]).is_some() {
        return match call.value(&["data-dir"]) {
            Some(word) if word.fresh => Risk::Write,
            // It refuses a directory that is there; without one it makes `NAME.etcd` here.
            Some(_) => Risk::Destructive,
            None => Risk::Write,
        };
    }
    match call.by_verb(ETCD) {
        Some(risk) => risk,
        None if call.operands.is_empty() => Risk::Read,
        None => Risk::Unknown,
    }
}
