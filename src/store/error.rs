//! What can go wrong with the store, by what the caller can do about it.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::base::Digest;

/// Why the store cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The data directory cannot be made or entered.
    #[error("the data directory {} cannot be used (choose another with --data-dir)", directory.display())]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It lies on a network file system, where locks and flushes cannot be trusted.
    #[error("the data directory {} lies on {kind}, where a run's journal is not safe (choose a local one with --data-dir)", directory.display())]
    Network {
        /// The directory.
        directory: PathBuf,
        /// The file system.
        kind: String,
    },
    /// It can be read but not written.
    #[error("{} cannot be written (check its owner and mode, or choose another directory with --data-dir)", file.display())]
    ReadOnly {
        /// The database.
        file: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// The disk is full.
    #[error("there is no room left to write {} (free some, or choose another directory with --data-dir)", file.display())]
    Full {
        /// The database.
        file: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// Another writer held the lock too long.
    #[error("{} is locked by another process", file.display())]
    Busy {
        /// The database.
        file: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// A newer blackstart wrote it.
    #[error("{} was written by a newer blackstart (its format is {found}, this one knows {known}): use that version, or another --data-dir", file.display())]
    Newer {
        /// The database.
        file: PathBuf,
        /// The format it has.
        found: i64,
        /// The newest format this program knows.
        known: i64,
    },
    /// It is no database, or a damaged one.
    #[error("{} is not a database of blackstart, or it is damaged (move it away, or choose another directory with --data-dir)", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// A record cannot be read back.
    #[error("a stored {what} cannot be read: {why}")]
    Unreadable {
        /// What it is.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// A document is not what was stored.
    #[error("the text of {name:?} ({}) was changed in the store", digest.short())]
    Changed {
        /// Its name.
        name: String,
        /// The digest it was stored under.
        digest: Digest,
    },
    /// There is nothing of that name.
    #[error("there is no {what} {name:?} in {}", file.display())]
    Missing {
        /// What was looked for.
        what: &'static str,
        /// By which name.
        name: String,
        /// The database.
        file: PathBuf,
    },
    /// An anchor file cannot be read or written.
    #[error("the anchor {} cannot be used", path.display())]
    Anchor {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// SQLite refused for another reason.
    #[error("{} cannot be used", file.display())]
    Sqlite {
        /// The database.
        file: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// Sorts an error of SQLite.
    pub(super) fn of(file: &Path, source: rusqlite::Error) -> Self {
        let file = file.to_owned();
        // A full disk also shows as a failed write or a failed enlargement of the shared memory file.
        let full = [rusqlite::ffi::SQLITE_IOERR_WRITE, rusqlite::ffi::SQLITE_IOERR_SHMSIZE];
        if let Some(error) = source.sqlite_error()
            && full.contains(&error.extended_code)
        {
            return Self::Full { file, source };
        }
        match source.sqlite_error_code() {
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::ReadOnly { file, source }
            }
            Some(ErrorCode::DiskFull) => Self::Full { file, source },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Busy { file, source }
            }
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::Damaged { file, source }
            }
            _ => Self::Sqlite { file, source },
        }
    }
}
