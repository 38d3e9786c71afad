//! The kind and the harm of a statement, by its leading words.

use super::Dialect;
use super::statement::Kind;
use crate::base::Risk;

/// Tells whether one of the words of a text is this one.
pub(super) fn has(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == word)
}

/// Returns the kind and the harm of a statement in upper case. What is not recognised is `unknown`.
pub(super) fn of(text: &str, dialect: Dialect) -> (Kind, Risk) {
    let mut words =
        text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty());
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let has = |word: &str| has(text, word);
    let replicates = ["SLAVE", "SLAVES", "REPLICA", "GROUP_REPLICATION", "ALL"].contains(&second);
    match first {
        "EXPLAIN" if !has("ANALYZE") && !has("ANALYSE") => (Kind::Look, Risk::Read),
        "SELECT" | "WITH" | "EXPLAIN" | "TABLE" | "VALUES" => (Kind::Look, select(text, &has)),
        "SHOW" | "DESCRIBE" | "DESC" | "FETCH" | "CHECK" | "CHECKSUM" | "HELP" | "MOVE"
        | "CLOSE" | "DECLARE" => (Kind::Look, Risk::Read),
        "START" if replicates => (Kind::Replicate, Risk::Disruptive),
        "BEGIN" | "START" | "COMMIT" | "ROLLBACK" | "SAVEPOINT" | "END" | "RELEASE" | "ABORT" => {
            (Kind::Transaction, Risk::Read)
        }
        "SET" if second == "PASSWORD" => (Kind::Grant, Risk::Disruptive),
        "SET" if has("GLOBAL") || has("PERSIST") || has("PERSIST_ONLY") => {
            (Kind::Configure, Risk::Disruptive)
        }
        "SET" | "USE" | "DISCARD" | "LISTEN" | "UNLISTEN" | "DEALLOCATE" => (Kind::Set, Risk::Read),
        "PRAGMA" => {
            let writes = ["=", "WAL_CHECKPOINT", "OPTIMIZE", "INCREMENTAL_VACUUM"];
            let writes = writes.iter().any(|word| text.contains(word));
            (Kind::Set, if writes { Risk::Write } else { Risk::Read })
        }
        "RESET" => match second {
            "MASTER" => (Kind::PurgeLogs, Risk::Destructive),
            "BINARY" => (Kind::PurgeLogs, Risk::Destructive),
            "SLAVE" | "REPLICA" => (Kind::Replicate, Risk::Destructive),
            "PERSIST" => (Kind::Configure, Risk::Disruptive),
            _ if dialect == Dialect::Mysql => (Kind::Other, Risk::Disruptive),
            _ => (Kind::Set, Risk::Read),
        },
        "PURGE" => (Kind::PurgeLogs, Risk::Destructive),
        "INSERT" => (Kind::Insert, replaces(&has)),
        "CREATE" => (Kind::Create, replaces(&has)),
        "COMMENT" | "NOTIFY" | "ATTACH" | "SECURITY" | "REFRESH" | "IMPORT" => {
            (Kind::Other, Risk::Write)
        }
        "DETACH" => (Kind::Other, Risk::Read),
        "GRANT" => (Kind::Grant, Risk::Write),
        "REVOKE" | "REASSIGN" => (Kind::Grant, Risk::Disruptive),
        "VACUUM" if has("FULL") => (Kind::Maintain, Risk::Disruptive),
        "VACUUM" | "REINDEX" => (Kind::Maintain, Risk::Write),
        "ANALYZE" | "ANALYSE" | "CHECKPOINT" => (Kind::Maintain, Risk::Read),
        "OPTIMIZE" | "REPAIR" | "CLUSTER" => (Kind::Maintain, Risk::Disruptive),
        "COPY" if has("PROGRAM") => (Kind::Copy, Risk::Unknown),
        // A file of the server is replaced.
        "COPY" if has("TO") && !has("STDOUT") => (Kind::Copy, Risk::Destructive),
        "COPY" if has("TO") => (Kind::Copy, Risk::Read),
        "COPY" => (Kind::Copy, Risk::Write),
        "LOAD" if second == "DATA" || second == "XML" => (Kind::Copy, Risk::Destructive),
        "LOAD" if dialect == Dialect::Postgres => (Kind::Other, Risk::Unknown),
        "LOAD" => (Kind::Other, Risk::Destructive),
        "ALTER" if second == "SYSTEM" => (Kind::Configure, Risk::Disruptive),
        "ALTER" | "RENAME" => {
            let drops = has("DROP") || has("DISCARD") || has("TRUNCATE");
            (Kind::Alter, if drops { Risk::Destructive } else { Risk::Disruptive })
        }
        "DROP" => (Kind::Drop, Risk::Destructive),
        "TRUNCATE" => (Kind::Truncate, Risk::Destructive),
        "DELETE" => (Kind::Delete, Risk::Destructive),
        "UPDATE" => (Kind::Update, Risk::Destructive),
        "REPLACE" | "MERGE" => (Kind::Replace, Risk::Destructive),
        "BINLOG" => (Kind::Other, Risk::Destructive),
        "CLONE" if second == "INSTANCE" => (Kind::Other, Risk::Destructive),
        "CHANGE" => (Kind::Replicate, Risk::Disruptive),
        "STOP" => (Kind::Replicate, Risk::Disruptive),
        "UNLOCK" => (Kind::Other, Risk::Read),
        "LOCK" | "FLUSH" | "KILL" | "BACKUP" | "SHUTDOWN" | "RESTART" => {
            (Kind::Other, Risk::Disruptive)
        }
        _ => (Kind::Other, Risk::Unknown),
    }
}

fn replaces(has: &dyn Fn(&str) -> bool) -> Risk {
    // `CREATE TABLE … AS SELECT`, `INSERT … SELECT` only add; `REPLACE` takes what was there.
    if has("REPLACE") { Risk::Destructive } else { Risk::Write }
}

/// A query may write: a `WITH` holds a `DELETE`, `INTO` makes a table or a file.
fn select(text: &str, has: &dyn Fn(&str) -> bool) -> Risk {
    let locks = text.contains("FOR UPDATE") || text.contains("FOR NO KEY UPDATE");
    if has("DELETE") || has("TRUNCATE") || has("DROP") || has("UPDATE") && !locks {
        Risk::Destructive
    } else if has("INTO") || has("INSERT") || has("MERGE") {
        Risk::Write
    } else {
        Risk::Read
    }
}
