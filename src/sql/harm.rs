//! The kind and the harm of a statement, by its leading words.

use super::Dialect;
use super::statement::Kind;
use crate::base::Risk;

/// Tells whether one of the words of a text is this one.
pub(super) fn has(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == word)
}

/// Returns a text without its parentheses, its quotes and what stands in them.
pub(super) fn outside(text: &str) -> String {
    let mut depth = 0usize;
    let mut quote = None;
    let mut found = String::new();
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, c) if depth == 0 => found.push(c),
            (None, _) => {}
        }
        if depth == 0 && matches!(c, ')' | '\'' | '"') {
            found.push(' ');
        }
    }
    found
}

/// Tells whether a `COPY` in upper case takes the rows that follow it.
pub(super) fn takes_rows(text: &str) -> bool {
    let text = outside(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    words.windows(2).any(|pair| pair == ["FROM", "STDIN"])
}

/// Returns the parts of a text that the server takes at once, where `;` is not what ends a statement for MySQL's
/// client. The body of a routine is one part.
fn parts(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut from, mut depth, mut word) = (0, 0usize, 0);
    let (mut routine, mut ended) = (false, false);
    for (at, c) in text.char_indices().chain([(text.len(), ';')]) {
        if c.is_alphanumeric() || c == '_' {
            continue;
        }
        let written = &text[word..at];
        match written {
            "PROCEDURE" | "FUNCTION" | "TRIGGER" | "EVENT" | "PACKAGE" => {
                routine = text[from..].trim_start().starts_with("CREATE ");
            }
            "END" => {
                let rest = text[at..].trim_start_matches(' ');
                let next = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next();
                // What is not counted where it begins.
                let other = ["IF", "LOOP", "WHILE", "REPEAT", "FOR"].map(Some).contains(&next);
                depth = depth.saturating_sub(usize::from(!other));
            }
            "BEGIN" | "CASE" if routine && !ended => depth += 1,
            _ => {}
        }
        if !written.is_empty() || c != ' ' {
            ended = written == "END" && c == ' ';
        }
        word = at + c.len_utf8();
        if c == ';' && depth == 0 {
            found.push(text[from..at].trim());
            (from, routine) = (at + 1, false);
        }
    }
    if depth > 0 {
        found.push(text[from..].trim());
    }
    found.retain(|part| !part.is_empty());
    found
}

/// Returns the kind and the harm of a statement in upper case. What is not recognised is `unknown`.
pub(super) fn of(text: &str, dialect: Dialect) -> (Kind, Risk) {
    if dialect != Dialect::Mysql || !text.contains(';') {
        return of_one(text, dialect);
    }
    let found: Vec<(Kind, Risk)> = parts(text).into_iter().map(|p| of_one(p, dialect)).collect();
    let worst = found.iter().map(|(_, risk)| *risk).max().unwrap_or(Risk::Read);
    (found.first().map_or(Kind::Other, |(kind, _)| *kind), worst)
}

fn of_one(text: &str, dialect: Dialect) -> (Kind, Risk) {
    let mut words =
        text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty());
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let has = |word: &str| has(text, word);
    let tables = ["TABLE", "TABLES", "LOCAL", "NO_WRITE_TO_BINLOG"];
    let replicates = ["SLAVE", "SLAVES", "REPLICA", "GROUP_REPLICATION", "ALL"].contains(&second);
    match first {
        "EXPLAIN" | "DESCRIBE" | "DESC" if !has("ANALYZE") && !has("ANALYSE") => {
            (Kind::Look, Risk::Read)
        }
        "SELECT" | "WITH" | "EXPLAIN" | "DESCRIBE" | "DESC" | "TABLE" | "VALUES" => {
            (Kind::Look, select(text, &has))
        }
        // What a handler or a cursor of a block does stands behind its name.
        "DECLARE" if has("HANDLER") => (Kind::Other, Risk::Unknown),
        "SHOW" | "FETCH" | "CHECK" | "CHECKSUM" | "HELP" | "MOVE" | "CLOSE" | "DECLARE" => {
            (Kind::Look, Risk::Read)
        }
        "START" if replicates => (Kind::Replicate, Risk::Disruptive),
        // A block of MariaDB that belongs to no routine.
        "BEGIN" if second == "NOT" => {
            let inner = text.split_once("ATOMIC").map_or("", |(_, inner)| inner.trim_start());
            (Kind::Transaction, of_one(inner, dialect).1)
        }
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
            let asks = ["_INFO", "_XINFO", "_LIST", "_CHECK"];
            let writes = writes.iter().any(|word| text.contains(word))
                || text.split_once('(').is_some_and(|(name, _)| {
                    !asks.iter().any(|kind| name.trim_end().ends_with(kind))
                });
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
        // MariaDB runs the statement that it tells about.
        "ANALYZE" if dialect == Dialect::Mysql && !tables.contains(&second) => {
            let format = words.next().filter(|_| second == "FORMAT");
            let told = format.and_then(|format| text.split_once(format)).map(|(_, told)| told);
            let told = told.or(text.strip_prefix("ANALYZE")).unwrap_or_default();
            (Kind::Look, of_one(told.trim_start(), dialect).1)
        }
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
    // `FOR UPDATE` only locks, but another part of the statement may be an `UPDATE`.
    let updates = || {
        let locks = [" FOR UPDATE", ")FOR UPDATE", " FOR NO KEY UPDATE", ")FOR NO KEY UPDATE"];
        let rest = locks.iter().fold(text.to_owned(), |rest, lock| rest.replace(lock, " "));
        self::has(&rest, "UPDATE")
    };
    if has("DELETE") || has("TRUNCATE") || has("DROP") || has("UPDATE") && updates() {
        Risk::Destructive
    } else if has("INTO") || has("INSERT") || has("MERGE") {
        Risk::Write
    } else {
        Risk::Read
    }
}
