//! Recognises a moved directory where the overlay shows a copy and a deletion, as it does to an ordinary user.

use std::collections::HashMap;

use rustix::fs::{FileType, Stat};

use super::protocol::{Kind, Raw};
use super::record::Record;
use super::tally::Sum;
use super::tree::file_type;

/// Folds a deleted directory and a created one into a move where everything that was in the one is in the other: every
/// file with content was found to have moved along, and what has none has its kind, mode, target and time in common.
pub(super) fn fold(record: &mut Record) {
    if !record.is_complete(Kind::Deleted) || !record.is_complete(Kind::Created) {
        return;
    }
    let mut places: HashMap<(Kind, Vec<u8>), usize> = HashMap::new();
    for (index, listed) in record.listed.iter().enumerate() {
        let changed = &listed.changed;
        places.insert((changed.kind, changed.path.0.clone()), index);
        if let (Kind::Renamed, Some(from)) = (changed.kind, &changed.from) {
            places.insert((Kind::Deleted, from.0.clone()), index);
        }
    }
    let mut directories: Vec<usize> = (0..record.listed.len())
        .filter(|index| {
            let listed = &record.listed[*index];
            listed.changed.kind == Kind::Deleted && file_type(&listed.stat) == FileType::Directory
        })
        .collect();
    directories.sort_by_key(|index| record.listed[*index].changed.path.0.len());
    let mut part = vec![false; record.listed.len()];
    for index in directories {
        if part[index] {
            continue;
        }
        let Some((target, moved)) = moved_whole(record, &places, index) else {
            continue;
        };
        let mut sum = Sum::default();
        for at in &moved {
            let listed = &record.listed[*at];
            // A directory or an empty file stands in the list twice, gone and made.
            if listed.changed.kind != Kind::Deleted {
                sum.entries += 1;
                sum.bytes += listed.counted;
            }
            part[*at] = true;
        }
        part[index] = true;
        let from = record.listed[index].changed.path.clone();
        record.becomes(target, Kind::Renamed);
        let changed = &mut record.listed[target].changed;
        (changed.from, changed.below) = (Some(from), Some(sum));
    }
    record.drop_all(&part);
}

/// Returns the created directory that holds all that was in a deleted one, and the places of all that moved along.
fn moved_whole(
    record: &Record,
    places: &HashMap<(Kind, Vec<u8>), usize>,
    index: usize,
) -> Option<(usize, Vec<usize>)> {
    let old = below(&record.listed[index].changed.path);
    // One file that moved tells where the directory would be.
    let new = record.listed.iter().find_map(|listed| {
        let rest = listed.changed.from.as_ref()?.0.strip_prefix(old.as_slice())?;
        let head = listed.changed.path.0.strip_suffix(rest)?;
        (listed.changed.kind == Kind::Renamed && head.ends_with(b"/")).then(|| head.to_vec())
    })?;
    let target = *places.get(&(Kind::Created, new[..new.len() - 1].to_vec()))?;
    if !alike(&record.listed[index].stat, &record.listed[target].stat) {
        return None;
    }
    let mut moved = Vec::new();
    for (at, listed) in record.listed.iter().enumerate() {
        let changed = &listed.changed;
        let there = |rest: &[u8]| [new.as_slice(), rest].concat();
        match changed.kind {
            Kind::Renamed => {
                let Some(rest) =
                    changed.from.as_ref().and_then(|from| from.0.strip_prefix(old.as_slice()))
                else {
                    continue;
                };
                if changed.path.0 != there(rest) {
                    return None;
                }
                moved.push(at);
            }
            Kind::Deleted => {
                let Some(rest) = changed.path.0.strip_prefix(old.as_slice()) else { continue };
                let twin = *places.get(&(Kind::Created, there(rest)))?;
                let other = &record.listed[twin];
                if !alike(&listed.stat, &other.stat) || changed.what != other.changed.what {
                    return None;
                }
                moved.extend([at, twin]);
            }
            Kind::Created | Kind::Modified | Kind::TypeChanged | Kind::Metadata => {}
        }
    }
    Some((target, moved))
}

fn below(path: &Raw) -> Vec<u8> {
    [path.0.as_slice(), b"/"].concat()
}

/// Kind, mode and time are the same, and nothing is in it that would have to be compared.
fn alike(gone: &Stat, made: &Stat) -> bool {
    let print = |stat: &Stat| (stat.st_mode, stat.st_mtime, stat.st_mtime_nsec);
    let empty = |stat: &Stat| file_type(stat) != FileType::RegularFile || stat.st_size == 0;
    print(gone) == print(made) && empty(gone) && empty(made)
}
