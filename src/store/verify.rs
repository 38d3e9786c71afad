//! Proves that no record of the log was changed, removed, moved or put in, or says which was.

use std::collections::BTreeMap;
use std::fmt;

use rusqlite::OptionalExtension as _;

use super::anchor::Anchor;
use super::{Store, StoreError};
use crate::base::Digest;
use crate::evidence::Record;

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many records there are.
    pub records: u64,
    /// How many anchors were compared.
    pub anchors: u64,
    /// Everything that is wrong, in the order of the log; empty means that the chain holds.
    pub broken: Vec<Broken>,
}

/// Something wrong with the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// A record is not what was written, or does not follow the one before it: it was changed, moved or put in.
    Changed {
        /// Its number.
        seq: u64,
        /// What it says it is.
        what: String,
    },
    /// Records are not there.
    Missing {
        /// The first of them.
        from: u64,
        /// The last of them.
        to: u64,
    },
    /// The log's own note of its last record is gone or says something else.
    Head,
    /// An anchor saw another record.
    Anchor {
        /// What the anchor saw.
        anchor: Anchor,
        /// Where the log ends.
        last: u64,
    },
}

impl fmt::Display for Broken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { seq, what } => {
                write!(
                    out,
                    "record {seq} ({what}) was changed, moved or put in after it was written"
                )
            }
            Self::Missing { from, to } if from == to => write!(out, "record {from} is missing"),
            Self::Missing { from, to } => write!(out, "records {from} to {to} are missing"),
            Self::Head => out.write_str("the note of the last record does not match the log"),
            Self::Anchor { anchor, last } if anchor.seq > *last => write!(
                out,
                "the log ends at record {last}, but the anchor of {} saw record {}: the end was cut off",
                anchor.at, anchor.seq
            ),
            Self::Anchor { anchor, .. } => write!(
                out,
                "record {} is not the one the anchor of {} saw: the log was written anew",
                anchor.seq, anchor.at
            ),
        }
    }
}

impl Store {
    /// Verifies the whole log, and that every anchor's record is still in it.
    pub fn verify(&self, anchors: &[Anchor]) -> Result<Verified, StoreError> {
        let mut broken = vec![];
        let (mut expected, mut records) = (1, 0);
        let mut previous = Some(Digest::ZERO);
        let mut anchored: BTreeMap<u64, Vec<&Anchor>> = BTreeMap::new();
        anchors.iter().for_each(|anchor| anchored.entry(anchor.seq).or_default().push(anchor));
        let mut unseen = vec![];
        self.read(|connection| {
            let sql = "SELECT seq, at, coalesce(run, ''), coalesce(step, ''), event, detail, hash FROM log ORDER BY seq";
            let mut statement = connection.prepare(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let seq = row.get::<_, i64>(0)? as u64;
                let mut fields: [String; 5] = Default::default();
                for (field, column) in fields.iter_mut().zip(1..) {
                    *field = row.get(column)?;
                }
                let stored = Digest::parse(&row.get::<_, String>(6)?);
                records += 1;
                if seq > expected {
                    broken.push(Broken::Missing { from: expected, to: seq - 1 });
                    previous = None;
                }
                let follows = previous.is_none_or(|previous| {
                    stored == Some(Record::link(seq, fields.each_ref().map(String::as_str), previous))
                });
                if !follows || stored.is_none() || seq < expected {
                    broken.push(Broken::Changed { seq, what: describe(&fields) });
                }
                let moved = anchored.remove(&seq).unwrap_or_default();
                unseen.extend(moved.into_iter().filter(|anchor| Some(anchor.head) != stored));
                previous = stored;
                expected = seq + 1;
            }
            Ok(())
        })?;
        let last = expected - 1;
        let kept: Option<(i64, String)> = self.read(|connection| {
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            connection.query_row("SELECT seq, hash FROM log_head", [], row).optional()
        })?;
        match kept {
            None if last == 0 => {}
            Some((seq, _)) if seq as u64 > last => {
                broken.push(Broken::Missing { from: last + 1, to: seq as u64 });
            }
            Some((seq, hash)) if seq as u64 == last && Digest::parse(&hash) == previous => {}
            None | Some(_) => broken.push(Broken::Head),
        }
        unseen.extend(anchored.into_values().flatten());
        unseen.sort_by_key(|anchor| anchor.seq);
        let cut = |anchor: &Anchor| Broken::Anchor { anchor: anchor.clone(), last };
        broken.extend(unseen.into_iter().filter(|anchor| anchor.seq > 0).map(cut));
        Ok(Verified { records, anchors: anchors.len() as u64, broken })
    }
}

fn describe([at, run, step, event, _]: &[String; 5]) -> String {
    let mut what = format!("{event} at {at}");
    if !step.is_empty() {
        what += &format!(", step {step}");
    }
    if !run.is_empty() {
        what += &format!(", run {run}");
    }
    what
}
