//! The log: every record holds a digest over itself and the record before, from the first on, over all restarts.

use std::io::Write;

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

use super::documents::{digest, unreadable};
use super::{Store, StoreError};
use crate::base::{Digest, Id, Timestamp};
use crate::evidence::{Event, Record};

/// A person, by the name they give and by the account the system knows them by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The name they give.
    pub name: String,
    /// The account.
    pub os_user: String,
}

const COLUMNS: &str = "seq, at, run, step, event, detail, hash";

/// Appends a record and returns it; part of the transaction that does what it records.
pub(super) fn append(
    transaction: &Transaction<'_>,
    at: Timestamp,
    run: Option<&Id>,
    step: Option<&Id>,
    event: &Event,
) -> rusqlite::Result<Record> {
    let (last, previous) = head(transaction)?;
    let (name, detail) = event.stored();
    let mut record = Record {
        seq: last + 1,
        at: at.to_string(),
        run: run.cloned(),
        step: step.cloned(),
        name,
        detail,
        hash: Digest::ZERO,
    };
    record.hash = record.digest(previous);
    let hash = record.hash.to_string();
    transaction.prepare_cached(
        "INSERT INTO log(seq, at, run, step, event, detail, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        record.seq as i64,
        record.at,
        run.map(Id::as_str),
        step.map(Id::as_str),
        record.name,
        record.detail,
        hash
    ])?;
    transaction
        .prepare_cached(
            "INSERT INTO log_head(one, seq, hash) VALUES (1, ?1, ?2) \
         ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
        )?
        .execute(params![record.seq as i64, hash])?;
    Ok(record)
}

/// Returns number and digest of the last record; zeros before the first.
///
/// The separate head comes first: where a tail was cut off, the next record leaves a gap that the verification finds.
fn head(connection: &Connection) -> rusqlite::Result<(u64, Digest)> {
    for sql in [HEAD, "SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1"] {
        let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)? as u64, digest(row, 1)?));
        if let Some(head) = connection.prepare_cached(sql)?.query_row([], read).optional()? {
            return Ok(head);
        }
    }
    Ok((0, Digest::ZERO))
}

const HEAD: &str = "SELECT seq, hash FROM log_head";

impl Store {
    /// Appends a record of a run, or of none.
    pub fn record(
        &mut self,
        at: Timestamp,
        run: Option<&Id>,
        step: Option<&Id>,
        event: &Event,
    ) -> Result<Record, StoreError> {
        self.write(|transaction| append(transaction, at, run, step, event))
    }

    /// Returns number and digest of the last record.
    pub fn head(&self) -> Result<(u64, Digest), StoreError> {
        self.read(head)
    }

    /// Writes every record as a line of `blackstart/event/v1`, oldest first.
    pub fn export(&self, out: &mut dyn Write) -> Result<std::io::Result<()>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare(&format!("SELECT {COLUMNS} FROM log ORDER BY seq"))?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if let Err(error) = writeln!(out, "{}", record(row)?.json()) {
                    return Ok(Err(error));
                }
            }
            Ok(Ok(()))
        })
    }

    /// Returns the records that say exactly this, each with the digest of the record before it.
    pub(super) fn said(
        &self,
        event: &str,
        detail: &str,
    ) -> Result<Vec<(Record, Digest)>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, (SELECT hash FROM log AS before WHERE before.seq = log.seq - 1) \
             FROM log WHERE event = ?1 AND detail = ?2 ORDER BY seq"
        );
        let read = |row: &Row<'_>| {
            let one = record(row)?;
            let first: Option<String> = row.get(7)?;
            let previous = match first {
                Some(_) => digest(row, 7)?,
                None if one.seq == 1 => Digest::ZERO,
                None => one.hash,
            };
            Ok((one, previous))
        };
        self.read(|connection| {
            connection.prepare_cached(&sql)?.query_map(params![event, detail], read)?.collect()
        })
    }

    /// Returns the records after `seq`, oldest first, of one run or of all.
    pub fn records(&self, run: Option<&Id>, after: u64) -> Result<Vec<Record>, StoreError> {
        let (condition, name) = match run {
            Some(run) => ("run = ?2 AND", run.as_str()),
            None => ("?2 = '' AND", ""),
        };
        let sql = format!("SELECT {COLUMNS} FROM log WHERE {condition} seq > ?1 ORDER BY seq");
        self.read(|connection| {
            connection
                .prepare_cached(&sql)?
                .query_map(params![after as i64, name], record)?
                .collect()
        })
    }
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    let id = |column: usize| -> rusqlite::Result<Option<Id>> {
        let text: Option<String> = row.get(column)?;
        text.map(Id::try_from).transpose().map_err(|error| unreadable(column, error))
    };
    Ok(Record {
        seq: row.get::<_, i64>(0)? as u64,
        at: row.get(1)?,
        run: id(2)?,
        step: id(3)?,
        name: row.get(4)?,
        detail: row.get(5)?,
        hash: digest(row, 6)?,
    })
}
