//! The harm of SQL text, by the leading words of its statements.

use crate::base::Risk;

/// Returns the harm of SQL, of psql's backslash commands and of sqlite's dot commands. What is
/// not recognised is `unknown`.
pub fn risk(text: &str) -> Risk {
    statements(text).iter().map(|s| statement(s)).max().unwrap_or(Risk::Read)
}

/// Splits text at its semicolons; comments go, quoted text becomes `''`, words upper case.
/// A comment that MySQL runs (`/*!50001 … */`) is kept.
pub fn statements(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut current = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '\'' | '"' | '`' => {
                current.push_str(if c == '\'' { "''" } else { "\"\"" });
                rest[1..].find(c).map_or(rest.len(), |at| at + 2)
            }
            '-' if rest.starts_with("--") => line(rest),
            '#' => line(rest),
            '/' if rest.starts_with("/*!") => 3,
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |at| at + 2),
            '*' if rest.starts_with("*/") => 2,
            '$' => match dollar_tag(rest) {
                Some(tag) => {
                    current.push_str("''");
                    rest[tag..].find(&rest[..tag]).map_or(rest.len(), |at| at + 2 * tag)
                }
                None => 1,
            },
            ';' => {
                out.push(std::mem::take(&mut current));
                1
            }
            '\n' if current.trim_start().starts_with(['\\', '.']) => {
                out.push(std::mem::take(&mut current));
                1
            }
            c => {
                current.extend(c.to_uppercase());
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    out.push(current);
    out.iter()
        .map(|s| s.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|s| !s.is_empty())
        .collect()
}

fn line(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

/// Returns the length of a dollar quote's tag (`$$`, `$body$`).
fn dollar_tag(rest: &str) -> Option<usize> {
    let end = rest[1..].find('$')? + 1;
    let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    rest[1..end].chars().all(name).then_some(end + 1)
}

fn statement(text: &str) -> Risk {
    // What is left of `/*!50001 DROP …` starts with the version it is for.
    let text = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
    let mut words = text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '\\' | '.'));
    let first = words.next().unwrap_or_default();
    // psql takes its own commands anywhere in a line, and mysql `\\G` behind a query.
    if let Some(at) = text.find('\\').filter(|at| *at > 0) {
        let rest = &text[at..];
        let after = match rest {
            "\\G" => Risk::Unknown,
            _ => backslash(rest.split([' ', '|', '(']).next().unwrap_or_default(), rest),
        };
        return after.max(statement(&text[..at]));
    }
    let second = words.find(|w| !w.is_empty()).unwrap_or_default();
    let has =
        |word: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == word);
    match first {
        "SELECT" | "WITH" | "EXPLAIN" | "TABLE" | "VALUES" => select(text, &has),
        "SHOW" | "DESCRIBE" | "DESC" | "USE" | "BEGIN" | "START" | "COMMIT" | "ROLLBACK"
        | "SAVEPOINT" | "END" | "FETCH" | "CHECKPOINT" | "ANALYZE" | "RELEASE" | "DECLARE"
        | "DELIMITER" | "CHECK" | "CHECKSUM" | "HELP" | "UNLOCK" => Risk::Read,
        "SET" => {
            if has("GLOBAL") || has("PERSIST") {
                Risk::Disruptive
            } else {
                Risk::Read
            }
        }
        "PRAGMA" => {
            let writes = ["=", "WAL_CHECKPOINT", "OPTIMIZE", "INCREMENTAL_VACUUM"];
            if writes.iter().any(|w| text.contains(w)) { Risk::Write } else { Risk::Read }
        }
        "INSERT" | "CREATE" | "COMMENT" | "GRANT" | "VACUUM" | "REINDEX" | "NOTIFY" | "ATTACH" => {
            if has("REPLACE") {
                Risk::Destructive
            } else {
                Risk::Write
            }
        }
        "COPY" => {
            if has("PROGRAM") {
                Risk::Unknown
            } else {
                Risk::Write
            }
        }
        "LOCK" | "FLUSH" | "STOP" | "KILL" | "CHANGE" => Risk::Disruptive,
        "ALTER" | "REVOKE" | "RENAME" => {
            if has("DROP") {
                Risk::Destructive
            } else {
                Risk::Disruptive
            }
        }
        "DROP" | "TRUNCATE" | "DELETE" | "UPDATE" | "REPLACE" | "MERGE" | "LOAD" | "PURGE" => {
            Risk::Destructive
        }
        "RESET" => {
            if matches!(second, "MASTER" | "SLAVE" | "REPLICA" | "BINARY") {
                Risk::Destructive
            } else {
                Risk::Read
            }
        }
        "DETACH" => Risk::Read,
        dot if dot.starts_with('.') => meta(dot, text),
        back if back.starts_with('\\') => backslash(back, text),
        _ => Risk::Unknown,
    }
}

fn select(text: &str, has: &dyn Fn(&str) -> bool) -> Risk {
    let stops = [
        "PG_TERMINATE_BACKEND",
        "PG_CANCEL_BACKEND",
        "PG_PROMOTE",
        "PG_WAL_REPLAY_RESUME",
        "PG_RELOAD_CONF",
        "PG_ROTATE_LOGFILE",
    ];
    let destroys = [
        "PG_DROP_REPLICATION_SLOT",
        "LO_UNLINK",
        "LO_EXPORT",
        "WRITEFILE",
        "PG_FILE_UNLINK",
        "PG_FILE_WRITE",
        "PG_FILE_RENAME",
        "PG_LOGICAL_SLOT_GET_CHANGES",
    ];
    let runs = ["LOAD_EXTENSION", "EDIT(", "DBLINK", "QUERY_TO_XML", "SYS_EXEC", "SYS_EVAL"];
    if runs.iter().any(|f| text.contains(f)) {
        Risk::Unknown
    } else if has("DELETE")
        || has("UPDATE") && !text.contains("FOR UPDATE")
        || destroys.iter().any(|f| text.contains(f))
    {
        Risk::Destructive
    } else if stops.iter().any(|f| text.contains(f)) {
        Risk::Disruptive
    } else if has("INTO")
        || has("INSERT")
        || text.contains("PG_SWITCH_WAL")
        || text.contains("PG_BACKUP_START")
        || text.contains("SETVAL")
    {
        Risk::Write
    } else {
        Risk::Read
    }
}

/// sqlite3 takes any unambiguous beginning of a dot command, so only whole names are known.
fn meta(dot: &str, text: &str) -> Risk {
    match dot {
        ".BACKUP" | ".SAVE" | ".CLONE" => Risk::Write,
        // Their files are replaced; `|` makes them programs, and a quoted name is not seen here.
        ".OUTPUT" | ".ONCE" if text == dot || text.ends_with(" STDOUT") => Risk::Read,
        ".OUTPUT" | ".ONCE" if !text.contains(['|', '\'', '"']) => Risk::Destructive,
        ".RESTORE" | ".RECOVER_INTO" => Risk::Destructive,
        ".IMPORT" | ".READ" if !text.contains(['|', '\'', '"']) => Risk::Destructive,
        ".OPEN" if text.contains("--") => Risk::Destructive,
        ".BAIL" | ".BINARY" | ".CHANGES" | ".CONNECTION" | ".DATABASES" | ".DBINFO" | ".DUMP"
        | ".ECHO" | ".EQP" | ".EXIT" | ".EXPLAIN" | ".FULLSCHEMA" | ".HEADER" | ".HEADERS"
        | ".HELP" | ".INDEXES" | ".INDICES" | ".INTCK" | ".LIMIT" | ".LINT" | ".MODE"
        | ".NULLVALUE" | ".OPEN" | ".PRINT" | ".PROMPT" | ".QUIT" | ".RECOVER" | ".SCHEMA"
        | ".SEPARATOR" | ".SHA3SUM" | ".SHOW" | ".STATS" | ".TABLES" | ".TIMEOUT" | ".TIMER"
        | ".VERSION" | ".VFSINFO" | ".VFSLIST" | ".WIDTH" => Risk::Read,
        _ => Risk::Unknown,
    }
}

/// psql's own commands that only look or set how things are shown.
fn backslash(back: &str, text: &str) -> Risk {
    let shows = matches!(
        back,
        "\\A"
            | "\\C"
            | "\\CONNECT"
            | "\\CONNINFO"
            | "\\ECHO"
            | "\\ELIF"
            | "\\ELSE"
            | "\\ENCODING"
            | "\\ENDIF"
            | "\\H"
            | "\\IF"
            | "\\L"
            | "\\PSET"
            | "\\Q"
            | "\\QECHO"
            | "\\SET"
            | "\\SF"
            | "\\SV"
            | "\\T"
            | "\\TIMING"
            | "\\UNSET"
            | "\\WARN"
            | "\\X"
            | "\\Z"
    ) || back.starts_with("\\D");
    // Back quotes run commands; they and double quotes look the same here.
    let runs = text.contains("\"\"") && !back.starts_with("\\D");
    let more = text[1..].contains('\\');
    if shows && !runs && !more { Risk::Read } else { Risk::Unknown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_is_as_dangerous_as_its_worst_statement() {
        let check = |text: &str, expected: Risk| assert_eq!(risk(text), expected, "{text}");
        check("select 'drop table x'", Risk::Read);
        check("select 1; -- drop\n/* drop */ select 2", Risk::Read);
        check("BEGIN; DROP TABLE t; ROLLBACK", Risk::Destructive);
        check("with d as (delete from t returning *) select * from d", Risk::Destructive);
        check("/*!50001 DROP TABLE t */;", Risk::Destructive);
        check("select pg_terminate_backend(pid) from pg_stat_activity", Risk::Disruptive);
        check("DO $$ begin execute 'drop table t'; end $$", Risk::Unknown);
        check("DROP DATABASE x WITH (FORCE)", Risk::Destructive);
        check("PURGE BINARY LOGS TO 'x'", Risk::Destructive);
        check(".backup '/b/x.db'", Risk::Write);
        check(".dump", Risk::Read);
        check("pragma integrity_check", Risk::Read);
        check("select * from t for update", Risk::Read);
        check("\\! rm -rf /", Risk::Unknown);
        check("COPY t FROM PROGRAM 'x'", Risk::Unknown);
        check("alter database shop rename to x", Risk::Disruptive);
        check("", Risk::Read);
        check(".shel rm -rf /x", Risk::Unknown);
        check(".once |rm -rf /x", Risk::Unknown);
        check(".output x.sql", Risk::Destructive);
        check("select 1 \\! rm -rf /x", Risk::Unknown);
        check("select 'rm' \\g |sh", Risk::Unknown);
        check("\\set x `rm -rf /x`", Risk::Unknown);
        check("\\dt+ public.*", Risk::Read);
        check("\\w x", Risk::Unknown);
        check("select writefile('/x', '')", Risk::Destructive);
        check("select pg_file_unlink('x')", Risk::Destructive);
        check("select count(*) from pg_file_settings", Risk::Read);
        check("select load_extension('/x')", Risk::Unknown);
    }
}
