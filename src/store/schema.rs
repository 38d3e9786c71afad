//! The tables of the store and how an older file becomes a newer one.

use rusqlite::{Connection, TransactionBehavior};

/// The format this program writes.
pub const VERSION: i64 = MIGRATIONS.len() as i64;

/// Each makes the next format of the one before.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE texts(digest TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE documents(
        seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, digest TEXT NOT NULL REFERENCES texts,
        at TEXT NOT NULL, title TEXT NOT NULL) STRICT;
    CREATE INDEX documents_by_id ON documents(kind, id, seq);
    CREATE INDEX documents_by_digest ON documents(kind, digest);
    CREATE TABLE evidence(
        seq INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL, text TEXT NOT NULL) STRICT;
    CREATE INDEX evidence_by_fingerprint ON evidence(fingerprint, kind, seq);
    CREATE TABLE runs(
        id TEXT PRIMARY KEY, plan TEXT NOT NULL, plan_digest TEXT NOT NULL, inventory TEXT, fingerprint TEXT NOT NULL,
        by_name TEXT NOT NULL, os_user TEXT NOT NULL, created TEXT NOT NULL, state TEXT NOT NULL) STRICT;
    CREATE INDEX runs_by_plan ON runs(plan, created);
    CREATE TABLE log(
        seq INTEGER PRIMARY KEY, at TEXT NOT NULL, run TEXT, step TEXT, event TEXT NOT NULL, detail TEXT NOT NULL,
        hash TEXT NOT NULL) STRICT;
    CREATE INDEX log_by_run ON log(run, seq);
    CREATE TABLE log_head(one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL) STRICT;
    CREATE TRIGGER log_is_never_changed BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
    CREATE TRIGGER log_is_never_cut BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
", "
    CREATE TABLE endpoints(
        base_url TEXT NOT NULL, model TEXT NOT NULL, learned TEXT NOT NULL, at TEXT NOT NULL,
        PRIMARY KEY (base_url, model)) STRICT, WITHOUT ROWID;
"];

/// Returns the format of the file.
pub fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings an older file to this format; a newer one stays as it is.
pub fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    if version(connection)? >= VERSION {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = version(&transaction)?;
    for (next, migration) in (1..).zip(MIGRATIONS).filter(|(next, _)| *next > done) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", next)?;
    }
    transaction.commit()
}
