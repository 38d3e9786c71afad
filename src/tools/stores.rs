//! Stores that are run by themselves: Ceph, Gluster, Kafka, Cassandra, ClickHouse, CockroachDB and InfluxDB.

use super::tool::{Call, Operands, Role, Tool, flag, value};
use crate::base::Risk;
use crate::sql::{self, Dialect};

const CEPH: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "status,-s,health,df,osd tree,osd ls,osd df,osd stat,osd dump,osd pool ls,osd pool get,osd pool stats,osd lspools,\
         fs ls,fs status,fs dump,mon stat,mon dump,pg stat,pg dump,pg ls*,auth ls,auth get*,config get,config dump,\
         mgr services,versions,version,quorum_status,osd perf,osd safe-to-destroy,osd ok-to-stop,log last,crash ls,orch ls,orch ps",
    ),
    (
        Risk::Write,
        "osd pool create,fs new,fs volume create,auth add,auth get-or-create,fs subvolume snapshot create",
    ),
    (
        Risk::Irreversible,
        "osd pool delete,osd pool rm,osd purge*,osd destroy,osd lost,osd rm,fs rm,fs volume rm,fs subvolume rm,\
         osd force-create-pg,pg mark_unfound_lost,osd pool rmsnap",
    ),
    (
        Risk::Destructive,
        "auth del,auth rm,osd crush remove,osd crush rm,fs reset,mon remove,config-key rm,orch rm,orch osd rm",
    ),
    (Risk::Disruptive, "*"),
];

const RADOS: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "ls,lspools,df,get,stat,listxattr,getxattr,listomapkeys,listomapvals,export,lssnap,bench",
    ),
    (Risk::Write, "mkpool,mksnap,put,create,setxattr,setomapval,append"),
    (Risk::Irreversible, "purge,rmpool,rm,rmsnap"),
    (Risk::Destructive, "rollback,import,truncate,rmxattr,rmomapkey,cppool"),
];

const GLUSTER: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "volume info,volume status,volume list,volume get,volume heal * info,peer status,pool list,snapshot list,\
         snapshot info,snapshot status,volume quota * list,volume geo-replication * status,help,--version",
    ),
    (
        Risk::Write,
        "volume create,volume start,snapshot create,snapshot clone,peer probe,volume heal",
    ),
    (Risk::Irreversible, "volume delete,snapshot delete"),
    (
        Risk::Destructive,
        "volume reset,volume remove-brick,volume replace-brick,volume reset-brick,snapshot restore,peer detach",
    ),
    (Risk::Disruptive, "*"),
];

/// The clients of these stores.
pub const TOOL: Tool = Tool {
    name: "ceph",
    names: &[
        "ceph",
        "rados",
        "ceph-volume",
        "gluster",
        "kafka-topics",
        "kafka-topics.sh",
        "kafka-delete-records",
        "kafka-delete-records.sh",
        "cqlsh",
        "clickhouse-client",
        "clickhouse",
        "cockroach",
        "influx",
        "influxd",
    ],
    flags: &[
        value('e', "execute", Role::Text),
        value('q', "query", Role::Text),
        value('f', "file", Role::Source),
        value('-', "execute", Role::Text),
        value('p', "pool", Role::Text),
        value('c', "conf", Role::Source),
        value('n', "name", Role::Text),
        value('h', "host", Role::Remote),
        value('u', "user", Role::Text),
        value('d', "database", Role::Text),
        value('\0', "password", Role::Text),
        value('\0', "port", Role::Text),
        value('\0', "url", Role::Remote),
        value('\0', "mode", Role::Text),
        value('\0', "certs-dir", Role::Source),
        value('\0', "bootstrap-server", Role::Remote),
        value('\0', "zookeeper", Role::Remote),
        value('\0', "command-config", Role::Source),
        value('\0', "topic", Role::Text),
        value('\0', "offset-json-file", Role::Source),
        value('\0', "bucket", Role::Text),
        value('\0', "start", Role::Text),
        value('\0', "stop", Role::Text),
        value('\0', "predicate", Role::Text),
        flag('\0', "delete"),
        flag('\0', "yes-i-really-really-mean-it"),
        flag('\0', "yes-i-really-mean-it"),
    ],
    operands: Operands::All(Role::Text),
    risk,
    safer: &[
        (
            "osd pool delete",
            "ceph df and rados ls first; set the pool's application off and wait, before it is deleted",
        ),
        ("volume delete", "gluster volume stop keeps the bricks; snapshot create first"),
        (
            "--delete --topic",
            "describe the topic first; a short retention.ms empties it without deleting it",
        ),
        ("influx delete", "influx backup first, and a narrow --predicate"),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    let known = match call.name {
        "ceph" => call.by_verb(CEPH),
        "ceph-volume" => call.by_verb(&[
            (Risk::Irreversible, "lvm zap,raw zap"),
            (Risk::Irreversible, "lvm create,lvm prepare,lvm batch,raw prepare"),
            (Risk::Read, "lvm list,inventory,raw list"),
            (Risk::Disruptive, "*"),
        ]),
        "rados" => call.by_verb(RADOS),
        "gluster" => call.by_verb(GLUSTER),
        "kafka-topics" | "kafka-topics.sh" => Some(match () {
            () if call.has(&["delete"]) => Risk::Destructive,
            () if call.has(&["alter"]) => Risk::Disruptive,
            () if call.has(&["create"]) => Risk::Write,
            () => Risk::Read,
        }),
        "kafka-delete-records" | "kafka-delete-records.sh" => Some(Risk::Destructive),
        "cockroach" if call.operand(0) != "sql" => call.by_verb(&[
            (Risk::Read, "version,node status,node ls,cert list,debug,gen"),
            (Risk::Disruptive, "start*,quit,node drain,node decommission,init"),
        ]),
        "cqlsh" | "clickhouse-client" | "clickhouse" | "cockroach" => texts(call),
        "influx" if call.has(&["execute"]) => texts(call),
        "influx" => call.by_verb(&[
            (
                Risk::Read,
                "ping,version,bucket list,org list,query,export,task list,user list,auth list",
            ),
            (Risk::Write, "backup,write,bucket create,org create,setup,config"),
            (
                Risk::Destructive,
                "delete,bucket delete,org delete,restore,user delete,auth delete,task delete",
            ),
            (Risk::Disruptive, "*"),
        ]),
        "influxd" => call.by_verb(&[
            (Risk::Write, "backup"),
            (Risk::Destructive, "restore"),
            (Risk::Read, "inspect,print-config,version"),
        ]),
        _ => None,
    };
    known.unwrap_or(Risk::Unknown)
}

/// Returns the harm of the statements on the line; of none nothing is known, they may come in on standard input.
fn texts(call: &Call<'_>) -> Option<Risk> {
    let given = call.flags.iter().filter(|f| matches!(f.name.as_str(), "execute" | "query"));
    given.filter_map(|f| Some(sql::risk(&f.value.as_ref()?.text, Dialect::Postgres))).max()
}
