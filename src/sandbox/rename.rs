//! Recognises a moved file where the overlay shows only a deleted and a created one.

use std::collections::HashMap;

use rustix::fs::Stat;

use super::content::{self, Sameness};
use super::protocol::Kind;
use super::record::Record;
use super::tree::Place;

/// A created or deleted regular file with content.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) index: usize,
    pub(super) place: Place,
    pub(super) stat: Stat,
}

type Print = (i64, u32, i64, i64);

/// Folds each pair of a deleted and a created file that have size, mode, nanosecond of
/// modification and every byte in common, where no third file has the first three.
pub(super) fn fold(record: &mut Record) {
    let mut by_print: HashMap<Print, (Vec<&Candidate>, Vec<&Candidate>)> = HashMap::new();
    for candidate in &record.candidates {
        let stat = &candidate.stat;
        let print = (stat.st_size, stat.st_mode, stat.st_mtime, stat.st_mtime_nsec as i64);
        let (gone, made) = by_print.entry(print).or_default();
        match record.listed[candidate.index].kind {
            Kind::Deleted => gone.push(candidate),
            Kind::Created => made.push(candidate),
            Kind::Modified | Kind::Renamed | Kind::TypeChanged | Kind::Metadata => {}
        }
    }
    let mut pairs = Vec::new();
    for (gone, made) in by_print.values() {
        if let ([gone], [made]) = (gone.as_slice(), made.as_slice())
            && same(gone, made)
        {
            pairs.push((gone.index, made.index));
        }
    }
    for (gone, made) in &pairs {
        let from = record.listed[*gone].path.clone();
        let entry = &mut record.listed[*made];
        (entry.kind, entry.from, entry.diff) = (Kind::Renamed, Some(from), None);
    }
    let mut index = 0;
    record.listed.retain(|_| {
        index += 1;
        !pairs.iter().any(|(gone, _)| *gone == index - 1)
    });
    record.total -= pairs.len() as u64;
    record.deleted -= pairs.len() as u64;
    record.candidates.clear();
}

fn same(gone: &Candidate, made: &Candidate) -> bool {
    let (Ok(old), Ok(new)) = (gone.place.open_file(), made.place.open_file()) else {
        return false;
    };
    content::compare((&old, &gone.stat), (&new, &made.stat)) == Sameness::Same
}
