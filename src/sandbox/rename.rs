//! Recognises a moved file where the overlay shows only a deleted and a created one.

use std::collections::HashMap;

use rustix::fs::FileType;

use super::content::{self, Sameness};
use super::protocol::Kind;
use super::record::Record;
use super::tree::file_type;

type Print = (i64, u32, i64, i64);

/// Folds each pair of a deleted and a created file with content that have size, mode, nanosecond of modification and
/// every byte in common, where no third file has the first three.
pub(super) fn fold(record: &mut Record) {
    let mut by_print: HashMap<Print, (Vec<usize>, Vec<usize>)> = HashMap::new();
    for (index, listed) in record.listed.iter().enumerate() {
        let stat = &listed.stat;
        if file_type(stat) != FileType::RegularFile || stat.st_size == 0 {
            continue;
        }
        let print = (stat.st_size, stat.st_mode, stat.st_mtime, stat.st_mtime_nsec as i64);
        match listed.changed.kind {
            Kind::Deleted => by_print.entry(print).or_default().0.push(index),
            Kind::Created => by_print.entry(print).or_default().1.push(index),
            Kind::Modified | Kind::Renamed | Kind::TypeChanged | Kind::Metadata => {}
        }
    }
    let mut pairs = Vec::new();
    for (gone, made) in by_print.values() {
        if let ([gone], [made]) = (gone.as_slice(), made.as_slice())
            && same(record, *gone, *made)
        {
            pairs.push((*gone, *made));
        }
    }
    let mut part = vec![false; record.listed.len()];
    for (gone, made) in pairs {
        part[gone] = true;
        let from = record.listed[gone].changed.path.clone();
        record.becomes(made, Kind::Renamed);
        let changed = &mut record.listed[made].changed;
        (changed.from, changed.diff) = (Some(from), None);
    }
    record.drop_all(&part);
}

fn same(record: &mut Record, gone: usize, made: usize) -> bool {
    let (Ok(old), Ok(new)) = (record.open(gone), record.open(made)) else {
        return false;
    };
    let stats = (record.listed[gone].stat, record.listed[made].stat);
    content::compare((&old, &stats.0), (&new, &stats.1), &mut record.budget) == Sameness::Same
}
