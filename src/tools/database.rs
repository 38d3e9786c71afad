//! Database clients and servers' own tools; their SQL is looked at by [`crate::sql`].

use super::tool::{Operands, Role, Tool, flag, value};
use crate::base::Risk;
use crate::sql::{self, Dialect};

/// `psql`, `mysql`, `sqlite3`, `redis-cli`, `etcdctl`, `mongosh`, dump and restore programs.
pub const TOOL: Tool = Tool {
    name: "psql",
    aliases: &[
        "mysql",
        "mariadb",
        "sqlite3",
        "redis-cli",
        "etcdctl",
        "etcdutl",
        "mongosh",
        "mongo",
        "pg_dump",
        "pg_dumpall",
        "mysqldump",
        "mariadb-dump",
        "pg_basebackup",
        "pg_restore",
        "dropdb",
        "createdb",
        "dropuser",
        "createuser",
        "mongodump",
        "mongorestore",
        "mysqladmin",
        "mariadb-admin",
        "mariabackup",
        "mariadb-backup",
        "xtrabackup",
        "mysqlbinlog",
        "mariadb-binlog",
        "pg_verifybackup",
        "pg_resetwal",
        "pg_rewind",
        "initdb",
        "pg_archivecleanup",
        "mydumper",
        "myloader",
        "vacuumdb",
        "reindexdb",
        "pg_isready",
        "pg_controldata",
        "pg_amcheck",
        "pg_receivewal",
        "pg_waldump",
    ],
    flags: &[
        value('c', "command", Role::Sql),
        value('e', "execute", Role::Sql),
        value('f', "file", Role::Text),
        value('d', "dbname", Role::Text),
        value('U', "username", Role::Text),
        value('u', "user", Role::Text),
        value('h', "host", Role::Remote),
        value('p', "port", Role::Text),
        value('D', "pgdata", Role::Target),
        value('v', "set", Role::Text),
        value('n', "", Role::Text),
        value('j', "jobs", Role::Text),
        value('a', "", Role::Text),
        value('S', "socket", Role::Text),
        value('P', "", Role::Text),
        value('F', "format", Role::Text),
        value('X', "", Role::Text),
        value('\0', "endpoints", Role::Remote),
        value('\0', "rdb", Role::Target),
        value('\0', "data-dir", Role::Target),
        value('\0', "target-dir", Role::Target),
        value('\0', "defaults-extra-file", Role::Source),
        value('\0', "defaults-file", Role::Source),
        flag('\0', "clean"),
        flag('\0', "force"),
        flag('\0', "drop"),
        flag('\0', "pipe"),
        flag('l', "list"),
        flag('\0', "copy-back"),
        flag('\0', "move-back"),
        flag('\0', "prepare"),
        flag('\0', "backup"),
    ],
    operands: Operands::First(Role::Text, Role::Sql),
    risk: |call| {
        let target = |names: &[&str]| match call.value(names) {
            Some(word) if word.fresh => Risk::Write,
            Some(_) => Risk::Destructive,
            None => Risk::Read,
        };
        match call.name {
            "psql" | "mysql" | "mariadb" | "sqlite3" => {
                if call.name == "psql" && call.has(&["list"]) {
                    return Risk::Read;
                }
                // Text on standard input is added by the caller.
                let given = call.value(&["command", "execute"]).is_some()
                    || call.name == "sqlite3" && call.operands.len() > 1;
                let texts = call
                    .flags
                    .iter()
                    .filter(|f| f.role == Role::Sql)
                    .filter_map(|f| f.value.as_ref());
                let operands = call.operands.iter().skip(1).filter(|_| call.name == "sqlite3");
                let dialect = Dialect::of_client(call.name).unwrap_or(Dialect::Postgres);
                let risk = texts.chain(operands).map(|w| sql::risk(&w.text, dialect)).max();
                // What it shows goes into a file.
                let written = match call.name {
                    "psql" => target(&["output", "log-file"]),
                    "mysql" | "mariadb" if call.has(&["pager"]) => Risk::Unknown,
                    "mysql" | "mariadb" => target(&["tee"]),
                    _ => Risk::Read,
                };
                match risk {
                    Some(risk) => risk.max(written),
                    None if given || call.has(&["file"]) => Risk::Unknown,
                    None => written,
                }
            }
            "redis-cli" => {
                let command =
                    call.operands.first().map(|w| w.text.to_ascii_uppercase()).unwrap_or_default();
                match command.as_str() {
                    _ if call.has(&["pipe"]) => Risk::Destructive,
                    _ if call.has(&["eval"]) => Risk::Unknown,
                    "FLUSHALL" | "FLUSHDB" | "DEL" | "UNLINK" | "RENAME" | "RENAMENX"
                    | "RESTORE" | "SET" | "MIGRATE" | "HDEL" | "LPOP" | "RPOP" | "SPOP"
                    | "SREM" | "ZREM" | "LTRIM" | "XTRIM" | "XDEL" | "GETDEL" | "EXPIRE"
                    | "PEXPIRE" | "SWAPDB" | "MOVE" => Risk::Destructive,
                    "CONFIG" if call.operand(1).eq_ignore_ascii_case("get") => Risk::Read,
                    "CLUSTER"
                        if ["INFO", "NODES", "SLOTS", "SHARDS", "MYID"]
                            .contains(&call.operand(1).to_ascii_uppercase().as_str()) =>
                    {
                        Risk::Read
                    }
                    "SHUTDOWN" | "CONFIG" | "REPLICAOF" | "SLAVEOF" | "FAILOVER" | "DEBUG"
                    | "CLUSTER" | "CLIENT" | "ACL" | "SENTINEL" => Risk::Disruptive,
                    "BGSAVE" | "SAVE" | "BGREWRITEAOF" | "INCR" | "APPEND" | "SADD" | "ZADD"
                    | "HSET" | "LPUSH" | "RPUSH" | "XADD" | "PERSIST" | "SETNX" | "PUBLISH" => {
                        Risk::Write
                    }
                    "" if call.value(&["rdb"]).is_some() => target(&["rdb"]),
                    "" | "PING" | "INFO" | "GET" | "MGET" | "KEYS" | "SCAN" | "TYPE" | "TTL"
                    | "PTTL" | "EXISTS" | "DBSIZE" | "LASTSAVE" | "ROLE" | "TIME" | "MEMORY"
                    | "STRLEN" | "HGET" | "HGETALL" | "HKEYS" | "HLEN" | "LLEN" | "LRANGE"
                    | "SCARD" | "SMEMBERS" | "ZCARD" | "ZRANGE" | "XLEN" | "XINFO" | "XRANGE"
                    | "OBJECT" | "DUMP" | "ECHO" | "SLOWLOG" | "LATENCY" | "COMMAND" | "WAIT"
                    | "MONITOR" | "SELECT" | "RANDOMKEY" | "EXPIRETIME" => Risk::Read,
                    _ => Risk::Unknown,
                }
            }
            "etcdctl" | "etcdutl" => {
                if call.names("restore") {
                    target(&["data-dir"]).max(Risk::Write)
                } else if call.names("save") {
                    Risk::Write
                } else if call.names("del") {
                    Risk::Destructive
                } else if call.names("remove")
                    || call.names("add")
                    || call.names("put")
                    || call.names("defrag")
                {
                    Risk::Disruptive
                } else if call.operands.iter().any(|word| {
                    [
                        "get",
                        "status",
                        "list",
                        "health",
                        "hashkv",
                        "watch",
                        "version",
                        "check",
                        "timetolive",
                        "migrate",
                        "verify",
                    ]
                    .contains(&word.text.as_str())
                }) || call.operands.is_empty()
                {
                    Risk::Read
                } else {
                    Risk::Unknown
                }
            }
            "mongosh" | "mongo" => Risk::Unknown,
            "pg_resetwal" | "pg_rewind" | "pg_archivecleanup" if call.has(&["dry-run"]) => {
                Risk::Read
            }
            // No copy of a log brings back what was in it when it is thrown away under the data.
            "pg_resetwal" => Risk::Irreversible,
            "dropdb" | "dropuser" | "pg_rewind" | "pg_archivecleanup" => Risk::Destructive,
            "vacuumdb" if call.has(&["full"]) => Risk::Disruptive,
            "mydumper" | "mongodump" => Risk::Write,
            "mysqldump" | "mariadb-dump" => target(&["result-file", "tab"]),
            // Raw copies are written under the names of the logs.
            "mysqlbinlog" | "mariadb-binlog" if call.has(&["raw"]) => {
                target(&["result-file"]).max(Risk::Write)
            }
            "mysqlbinlog" | "mariadb-binlog" => target(&["result-file"]),
            "pg_dump" | "pg_dumpall" => match call.value(&["file"]) {
                Some(word) if !word.fresh => Risk::Destructive,
                Some(_) => Risk::Write,
                None => Risk::Read,
            },
            "pg_restore" => match () {
                () if call.has(&["list"]) => Risk::Read,
                () if call.has(&["clean"]) => Risk::Destructive,
                () if call.value(&["dbname"]).is_none() => Risk::Read,
                () => Risk::Write,
            },
            "mongorestore" | "myloader" => {
                if call.has(&["drop"]) {
                    Risk::Destructive
                } else {
                    Risk::Write
                }
            }
            "mariabackup" | "mariadb-backup" | "xtrabackup" => {
                let new = || call.value(&["datadir"]).is_some_and(|word| word.fresh);
                if call.has(&["copy-back", "move-back"]) && !new() {
                    Risk::Destructive
                } else {
                    Risk::Write
                }
            }
            "mysqladmin" | "mariadb-admin" => {
                if call.names("drop") {
                    Risk::Destructive
                } else if call.operands.iter().all(|word| {
                    ["ping", "status", "processlist", "version", "variables", "extended-status"]
                        .contains(&word.text.as_str())
                }) {
                    Risk::Read
                } else {
                    Risk::Disruptive
                }
            }
            "pg_basebackup" | "createdb" | "createuser" | "initdb" | "vacuumdb" | "reindexdb"
            | "pg_receivewal" => Risk::Write,
            _ => Risk::Read,
        }
    },
};
