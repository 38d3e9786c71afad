//! The store: documents, evidence, runs and the log, in one SQLite file of the data directory.
#![allow(clippy::disallowed_methods)]

mod anchor;
mod documents;
mod endpoints;
mod error;
mod evidence;
mod log;
mod place;
mod runs;
mod schema;
mod verify;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

pub use anchor::Anchor;
pub use documents::{Document, DocumentKind, Entry};
pub use endpoints::Learned;
pub use error::StoreError;
pub use log::Who;
pub use place::refuse_network_file_system;
pub use verify::{Broken, Verified};

/// Name of the database in the data directory.
const FILE: &str = "blackstart.db";

/// How long a writer waits for another one.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open store.
///
/// Every write is one transaction that takes the write lock first (`BEGIN IMMEDIATE`), so that writers queue
/// instead of failing half way; what changes a run or an approval is in one transaction with its record in the log.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    directory: PathBuf,
}

impl Store {
    /// Opens the store of a data directory, and makes both where they are missing.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        place::make(directory)?;
        let file = directory.join(FILE);
        // Its journals get the mode of the database; in a directory that others may enter, that is what protects it.
        let _ = OpenOptions::new().append(true).create_new(true).mode(0o600).open(&file);
        let open = || -> rusqlite::Result<Connection> {
            let mut connection = Connection::open(&file)?;
            connection.busy_timeout(PATIENCE)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.pragma_update(None, "foreign_keys", true)?;
            schema::migrate(&mut connection)?;
            Ok(connection)
        };
        let connection = open().map_err(|source| StoreError::of(&file, source))?;
        let found = schema::version(&connection).map_err(|source| StoreError::of(&file, source))?;
        if found > schema::VERSION {
            return Err(StoreError::Newer { file, found, known: schema::VERSION });
        }
        Ok(Self { connection, directory: directory.to_owned() })
    }

    /// Returns the data directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns a number that changes whenever another connection has written.
    pub fn version(&self) -> Result<i64, StoreError> {
        self.read(|connection| {
            connection.pragma_query_value(None, "data_version", |row| row.get(0))
        })
    }

    fn file(&self) -> PathBuf {
        self.directory.join(FILE)
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        read(&self.connection).map_err(|source| StoreError::of(&self.file(), source))
    }

    fn write<T>(
        &mut self,
        write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let file = self.file();
        let behavior = TransactionBehavior::Immediate;
        self.connection
            .transaction_with_behavior(behavior)
            .and_then(|transaction| {
                let value = write(&transaction)?;
                transaction.commit()?;
                Ok(value)
            })
            .map_err(|source| StoreError::of(&file, source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Event;

    #[test]
    fn nobody_else_reads_the_store_wherever_it_lies() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(directory.path(), open).unwrap();
        let _store = Store::open(directory.path()).unwrap();
        for entry in std::fs::read_dir(directory.path()).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{:?}", entry.file_name());
        }
    }

    #[test]
    fn a_full_disk_is_said_and_leaves_no_half_record() {
        let directory = tempfile::tempdir().unwrap();
        let mut store = Store::open(directory.path()).unwrap();
        let at = "2026-01-01T00:00:00Z".parse().unwrap();
        let long = Event::Note { text: "x".repeat(100_000) };
        store.record(at, None, None, &long).unwrap();
        let pages: i64 =
            store.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        store.connection.pragma_update(None, "max_page_count", pages).unwrap();
        let full = store.record(at, None, None, &long).unwrap_err();
        assert!(matches!(full, StoreError::Full { .. }), "{full}");
        assert_eq!(store.verify(&[]).unwrap().records, 1);
    }
}
