//! Anchors: number and digest of the last record, kept outside of the store, so that a lost tail shows.

use std::fs::{self, File, OpenOptions};
use std::io::{Error, ErrorKind, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Store, StoreError};
use crate::base::{Digest, Timestamp};

/// What the log's last record was at some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// Number of the record; 0 for an empty log.
    pub seq: u64,
    /// Its digest.
    pub head: Digest,
    /// When the anchor was made.
    pub at: Timestamp,
}

impl Store {
    /// Appends the head of the log to a file, one JSON line, and returns it. The file should lie where whoever
    /// can change the store cannot change it.
    pub fn anchor(&self, path: &Path, at: Timestamp) -> Result<Anchor, StoreError> {
        let (seq, head) = self.head()?;
        let anchor = Anchor { seq, head, at };
        let line = serde_json::to_string(&anchor).expect("an anchor holds only text and a number");
        let written = || -> Result<(), Error> {
            let mut file = OpenOptions::new().append(true).create(true).open(path)?;
            file.write_all(format!("{line}\n").as_bytes())?;
            file.sync_all()?;
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
        };
        written().map_err(|source| StoreError::Anchor { path: path.to_owned(), source })?;
        Ok(anchor)
    }
}

impl Anchor {
    /// Reads the anchors of a file.
    pub fn read(path: &Path) -> Result<Vec<Self>, StoreError> {
        let broken = |source| StoreError::Anchor { path: path.to_owned(), source };
        let text = fs::read_to_string(path).map_err(broken)?;
        let anchor = |(at, line): (usize, &str)| {
            serde_json::from_str(line).map_err(|error| {
                broken(Error::new(ErrorKind::InvalidData, format!("line {}: {error}", at + 1)))
            })
        };
        text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(anchor).collect()
    }
}
