//! Documents as they were written: inventories, incidents, plans, every version of each.

use rusqlite::{OptionalExtension as _, Row, params};

use super::{Store, StoreError};
use crate::base::{Digest, Id, Timestamp};

/// The kinds of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    /// `blackstart/inventory/v1`.
    Inventory,
    /// `blackstart/incident/v1`.
    Incident,
    /// `blackstart/plan/v1`.
    Plan,
    /// A rendered report.
    Report,
}

impl DocumentKind {
    /// Returns the word used in the store and in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Inventory => "inventory",
            Self::Incident => "incident",
            Self::Plan => "plan",
            Self::Report => "report",
        }
    }
}

/// What a list shows of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub id: String,
    /// SHA-256 of its text.
    pub digest: Digest,
    /// When this version was stored.
    pub at: Timestamp,
    /// Its title.
    pub title: String,
}

/// A document with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What a list shows of it.
    pub entry: Entry,
    /// The text, byte for byte.
    pub text: String,
}

const COLUMNS: &str = "documents.id, documents.digest, documents.at, documents.title";

impl Store {
    /// Stores a version of a document and returns the digest of its text. Storing the version that is the
    /// newest already changes nothing.
    pub fn put(
        &mut self,
        kind: DocumentKind,
        id: &Id,
        title: &str,
        text: &str,
        at: Timestamp,
    ) -> Result<Digest, StoreError> {
        let digest = Digest::of(text.as_bytes());
        let hex = digest.to_string();
        self.write(|transaction| {
            transaction.execute("INSERT OR IGNORE INTO texts(digest, text) VALUES (?1, ?2)", params![hex, text])?;
            let newest: Option<String> = transaction
                .query_row(
                    "SELECT digest FROM documents WHERE kind = ?1 AND id = ?2 ORDER BY seq DESC LIMIT 1",
                    params![kind.word(), id.as_str()],
                    |row| row.get(0),
                )
                .optional()?;
            if newest.as_deref() != Some(&hex) {
                transaction.execute(
                    "INSERT INTO documents(kind, id, digest, at, title) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![kind.word(), id.as_str(), hex, at.to_string(), title],
                )?;
            }
            Ok(digest)
        })
    }

    /// Returns the newest version of a document.
    pub fn latest(&self, kind: DocumentKind, id: &str) -> Result<Option<Document>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, text FROM documents JOIN texts USING (digest) \
             WHERE kind = ?1 AND id = ?2 ORDER BY seq DESC LIMIT 1"
        );
        sound(self.read(|connection| {
            connection.query_row(&sql, params![kind.word(), id], document).optional()
        })?)
    }

    /// Returns the newest document of a kind, whatever its name.
    pub fn newest(&self, kind: DocumentKind) -> Result<Option<Document>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, text FROM documents JOIN texts USING (digest) \
             WHERE kind = ?1 ORDER BY seq DESC LIMIT 1"
        );
        sound(self.read(|connection| {
            connection.query_row(&sql, params![kind.word()], document).optional()
        })?)
    }

    /// Returns the version of a document that has this text.
    pub fn by_digest(
        &self,
        kind: DocumentKind,
        digest: Digest,
    ) -> Result<Option<Document>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, text FROM documents JOIN texts USING (digest) \
             WHERE kind = ?1 AND digest = ?2 ORDER BY seq DESC LIMIT 1"
        );
        sound(self.read(|connection| {
            connection
                .query_row(&sql, params![kind.word(), digest.to_string()], document)
                .optional()
        })?)
    }

    /// Returns the newest version of every document of a kind, by name. No text is read.
    pub fn list(&self, kind: DocumentKind) -> Result<Vec<Entry>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM documents WHERE seq IN \
             (SELECT max(seq) FROM documents WHERE kind = ?1 GROUP BY id) ORDER BY id"
        );
        self.read(|connection| {
            connection.prepare_cached(&sql)?.query_map(params![kind.word()], entry)?.collect()
        })
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let at: String = row.get(2)?;
    Ok(Entry {
        id: row.get(0)?,
        digest: digest(row, 1)?,
        at: at.parse().map_err(|error| unreadable(2, error))?,
        title: row.get(3)?,
    })
}

fn document(row: &Row<'_>) -> rusqlite::Result<Document> {
    Ok(Document { entry: entry(row)?, text: row.get(4)? })
}

/// Passes a document on whose text is the one that was stored.
fn sound(document: Option<Document>) -> Result<Option<Document>, StoreError> {
    match document {
        Some(document) if Digest::of(document.text.as_bytes()) != document.entry.digest => {
            Err(StoreError::Changed { name: document.entry.id, digest: document.entry.digest })
        }
        Some(_) | None => Ok(document),
    }
}

/// Returns the digest in a column.
pub(super) fn digest(row: &Row<'_>, column: usize) -> rusqlite::Result<Digest> {
    let text: String = row.get(column)?;
    Digest::try_from(text).map_err(|error| unreadable(column, error))
}

/// Returns the error for a column that holds what it must not.
pub(super) fn unreadable(
    column: usize,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error.into())
}
