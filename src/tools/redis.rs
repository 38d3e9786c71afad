//! Redis and Valkey: the client and the programs that check their files.

use super::tool::{Call, Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `redis-cli`, `redis-check-rdb`, `redis-check-aof`, `redis-server`.
pub const TOOL: Tool = Tool {
    name: "psql",
    names: &[
        "redis-cli",
        "valkey-cli",
        "keydb-cli",
        "redis-check-rdb",
        "redis-check-aof",
        "valkey-check-rdb",
        "valkey-check-aof",
        "redis-server",
        "valkey-server",
    ],
    flags: &[
        value('h', "host", Role::Remote),
        value('p', "port", Role::Text),
        value('a', "", Role::Text),
        value('u', "", Role::Remote),
        value('n', "", Role::Text),
        value('r', "", Role::Text),
        value('i', "", Role::Text),
        value('s', "socket", Role::Text),
        value('d', "", Role::Text),
        value('D', "", Role::Text),
        value('X', "", Role::Text),
        value('\0', "user", Role::Text),
        value('\0', "pass", Role::Text),
        value('\0', "rdb", Role::Target),
        value('\0', "functions-rdb", Role::Target),
        value('\0', "eval", Role::Command),
        value('\0', "cacert", Role::Source),
        value('\0', "cert", Role::Source),
        value('\0', "key", Role::Source),
        flag('\0', "pipe"),
        flag('\0', "fix"),
    ],
    operands: Operands::All(Role::Text),
    risk,
    safer: &[
        (
            "FLUSHALL",
            "BGSAVE, wait until LASTSAVE changes, copy the RDB file away; or start an empty server beside this one",
        ),
        (
            "FLUSHDB",
            "BGSAVE, wait until LASTSAVE changes, copy the RDB file away; or SWAPDB to an empty database first",
        ),
        ("KEYS", "SCAN with a cursor: KEYS holds the server until it is done"),
        (
            "SAVE",
            "BGSAVE, then wait until LASTSAVE changes: SAVE holds the server until it is done",
        ),
        (
            "SHUTDOWN",
            "SHUTDOWN NOSAVE where a restored dump.rdb lies in place, else the server writes over it",
        ),
        (
            "redis-check-aof --fix",
            "copy the append-only files first: --fix cuts off all that follows the first bad byte",
        ),
        ("--pipe", "load into an empty server and compare DBSIZE before it takes over"),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    match call.name {
        "redis-check-rdb" | "valkey-check-rdb" => return Risk::Read,
        "redis-check-aof" | "valkey-check-aof" => {
            return if call.has(&["fix"]) { Risk::Destructive } else { Risk::Read };
        }
        "redis-server" | "valkey-server" => return Risk::Disruptive,
        _ => {}
    }
    if call.has(&["pipe"]) {
        return Risk::Destructive;
    }
    if call.has(&["eval"]) {
        return Risk::Unknown;
    }
    let first = call.operand(0).to_ascii_uppercase();
    let second = call.operand(1).to_ascii_uppercase();
    match (first.as_str(), second.as_str()) {
        ("", _) => match call.value(&["rdb", "functions-rdb"]) {
            Some(word) if word.fresh || word.text == "-" => Risk::Write,
            Some(_) => Risk::Destructive,
            // Commands may come in on standard input.
            None if call.has(&["x", "X"]) => Risk::Unknown,
            None => Risk::Read,
        },
        ("CONFIG", "GET")
        | (
            "CLUSTER",
            "INFO" | "NODES" | "SLOTS" | "SHARDS" | "MYID" | "KEYSLOT" | "COUNTKEYSINSLOT"
            | "LINKS",
        )
        | ("CLIENT", "LIST" | "INFO" | "ID" | "GETNAME")
        | ("ACL", "LIST" | "WHOAMI" | "USERS" | "GETUSER" | "CAT" | "LOG" | "DRYRUN")
        | ("MODULE" | "FUNCTION", "LIST" | "DUMP" | "STATS")
        | ("SCRIPT", "EXISTS")
        | (
            "SENTINEL",
            "MASTERS"
            | "MASTER"
            | "REPLICAS"
            | "SLAVES"
            | "SENTINELS"
            | "CKQUORUM"
            | "GET-MASTER-ADDR-BY-NAME"
            | "MYID",
        ) => Risk::Read,
        ("REPLICAOF" | "SLAVEOF", "NO") => Risk::Disruptive,
        // The server throws its own keys away and takes those of the other one.
        ("REPLICAOF" | "SLAVEOF", _) => Risk::Destructive,
        ("CLUSTER", "RESET" | "FLUSHSLOTS") | ("FUNCTION" | "SCRIPT", "FLUSH" | "DELETE") => {
            Risk::Destructive
        }
        ("CONFIG" | "CLUSTER" | "CLIENT" | "ACL" | "SENTINEL" | "MODULE", _) => Risk::Disruptive,
        (
            "FLUSHALL" | "FLUSHDB" | "DEL" | "UNLINK" | "RENAME" | "RENAMENX" | "RESTORE" | "SET"
            | "MSET" | "MIGRATE" | "HDEL" | "LPOP" | "RPOP" | "SPOP" | "SREM" | "ZREM" | "LTRIM"
            | "XTRIM" | "XDEL" | "GETDEL" | "GETSET" | "SETEX" | "PSETEX" | "EXPIRE" | "PEXPIRE"
            | "EXPIREAT" | "PEXPIREAT" | "SWAPDB" | "MOVE" | "LSET" | "LREM" | "ZREMRANGEBYSCORE"
            | "ZREMRANGEBYRANK" | "ZPOPMIN" | "ZPOPMAX" | "RPOPLPUSH" | "LMOVE" | "SETRANGE"
            | "COPY",
            _,
        ) => Risk::Destructive,
        ("SHUTDOWN" | "FAILOVER" | "DEBUG" | "SAVE" | "MONITOR" | "KEYS", _) => Risk::Disruptive,
        (
            "BGSAVE" | "BGREWRITEAOF" | "INCR" | "INCRBY" | "DECR" | "DECRBY" | "APPEND" | "SADD"
            | "ZADD" | "HSET" | "HMSET" | "HSETNX" | "HINCRBY" | "LPUSH" | "RPUSH" | "XADD"
            | "PERSIST" | "SETNX" | "PUBLISH" | "PFADD" | "GEOADD",
            _,
        ) => Risk::Write,
        (
            "PING" | "INFO" | "GET" | "MGET" | "SCAN" | "TYPE" | "TTL" | "PTTL" | "EXISTS"
            | "DBSIZE" | "LASTSAVE" | "ROLE" | "TIME" | "MEMORY" | "STRLEN" | "HGET" | "HGETALL"
            | "HMGET" | "HKEYS" | "HVALS" | "HLEN" | "HSCAN" | "LLEN" | "LRANGE" | "LINDEX"
            | "SCARD" | "SMEMBERS" | "SISMEMBER" | "SSCAN" | "ZCARD" | "ZRANGE" | "ZSCORE"
            | "ZSCAN" | "XLEN" | "XINFO" | "XRANGE" | "OBJECT" | "DUMP" | "ECHO" | "SLOWLOG"
            | "LATENCY" | "COMMAND" | "WAIT" | "SELECT" | "RANDOMKEY" | "EXPIRETIME" | "GETRANGE"
            | "HELLO" | "AUTH" | "PUBSUB" | "WAITAOF",
            _,
        ) => Risk::Read,
        _ => Risk::Unknown,
    }
}
