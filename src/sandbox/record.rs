//! Turns what changed at a path into the entry that people read.

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{FileType, Stat};

use super::content;
use super::protocol::{Changed, Kind, Raw};
use super::rename::Candidate;
use super::tree::{Place, file_type};

/// More changes than this are counted, not listed.
const LISTED: usize = 2_000;
/// Bytes of differences shown for one run.
const DIFFS: usize = 1 << 20;

/// The changes of one run.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) listed: Vec<Changed>,
    pub(super) total: u64,
    pub(super) deleted: u64,
    pub(super) candidates: Vec<Candidate>,
    diff_room: usize,
}

/// A path before or after, as far as it is there.
pub(super) type Seen<'a> = Option<(&'a Place, &'a Stat)>;

impl Record {
    pub(super) fn new() -> Self {
        Self { listed: Vec::new(), total: 0, deleted: 0, candidates: Vec::new(), diff_room: DIFFS }
    }

    /// Tells whether the next entry is listed, so that costly details are worth finding.
    pub(super) fn has_room(&self) -> bool {
        self.listed.len() < LISTED
    }

    /// Adds a change; `stat` is of the path after it, or before for a deleted one.
    pub(super) fn add(
        &mut self,
        kind: Kind,
        path: &Path,
        stat: Option<&Stat>,
        diff: Option<String>,
    ) {
        self.total += 1;
        self.deleted += u64::from(kind == Kind::Deleted);
        if self.has_room() {
            self.listed.push(Changed {
                kind,
                path: Raw::of(path),
                from: None,
                bytes: stat.and_then(size),
                mode: stat.filter(|_| kind != Kind::Deleted).map(|stat| stat.st_mode & 0o7777),
                diff,
            });
        }
    }

    /// Adds a path that appeared or is gone; it may turn out to be half of a move.
    pub(super) fn add_half(
        &mut self,
        kind: Kind,
        path: &Path,
        (place, stat): (&Place, &Stat),
        diff: Option<String>,
    ) {
        let (index, listed) = (self.listed.len(), self.has_room());
        self.add(kind, path, Some(stat), diff);
        if listed && file_type(stat) == FileType::RegularFile && stat.st_size > 0 {
            self.candidates.push(Candidate { index, place: place.clone(), stat: *stat });
        }
    }

    /// Adds a path that stood elsewhere before.
    pub(super) fn add_renamed(&mut self, from: &Path, path: &Path, stat: &Stat) {
        self.add(Kind::Renamed, path, Some(stat), None);
        if let Some(last) = self.listed.last_mut().filter(|last| last.path == Raw::of(path)) {
            last.from = Some(Raw::of(from));
        }
    }

    /// Describes changed content, as long as there is room for more.
    pub(super) fn content(
        &mut self,
        before: Seen<'_>,
        after: Seen<'_>,
        path: &Path,
    ) -> Option<String> {
        if !self.has_room() {
            return None;
        }
        let (_, stat) = after.or(before)?;
        match file_type(stat) {
            FileType::RegularFile => {}
            FileType::Symlink => {
                let target = after?.0.link_target().ok()?;
                return Some(format!("link to {}", String::from_utf8_lossy(&target)));
            }
            _ => return None,
        }
        if self.diff_room == 0 {
            return Some("not shown: this run changed too much".to_owned());
        }
        let open = |seen: Seen<'_>| -> Option<OwnedFd> { seen?.0.open_file().ok() };
        let (old, new) = (open(before), open(after));
        if before.is_some() && old.is_none() || after.is_some() && new.is_none() {
            return Some("not readable".to_owned());
        }
        let pair = |file: &Option<OwnedFd>, seen: Seen<'_>| -> Option<(OwnedFd, Stat)> {
            let stat = *seen?.1;
            Some((file.as_ref()?.try_clone().ok()?, stat))
        };
        let (old, new) = (pair(&old, before), pair(&new, after));
        let name = String::from_utf8_lossy(path.as_os_str().as_encoded_bytes()).into_owned();
        let shown = content::describe(
            old.as_ref().map(|(file, stat)| (file, stat)),
            new.as_ref().map(|(file, stat)| (file, stat)),
            &name,
        );
        self.diff_room = self.diff_room.saturating_sub(shown.len());
        (!shown.is_empty()).then_some(shown)
    }
}

/// Returns the size that means something to people: of a file or a link.
pub(super) fn size(stat: &Stat) -> Option<u64> {
    match file_type(stat) {
        FileType::RegularFile | FileType::Symlink => u64::try_from(stat.st_size).ok(),
        _ => None,
    }
}

/// Returns the word for a kind of file.
pub(super) fn kind_word(stat: &Stat) -> &'static str {
    match file_type(stat) {
        FileType::RegularFile => "file",
        FileType::Directory => "directory",
        FileType::Symlink => "link",
        FileType::Fifo => "fifo",
        FileType::Socket => "socket",
        FileType::CharacterDevice | FileType::BlockDevice => "device",
        FileType::Unknown => "unknown",
    }
}

/// Names what differs in mode, owner and group; `real` turns seen ids into the host's.
pub(super) fn rights(then: &Stat, now: &Stat, real: impl Fn(u32) -> u32) -> Vec<String> {
    let mut changed = Vec::new();
    let (old, new) = (then.st_mode & 0o7777, now.st_mode & 0o7777);
    if old != new {
        changed.push(format!("mode {old:04o} -> {new:04o}"));
    }
    if (then.st_uid, then.st_gid) != (now.st_uid, now.st_gid) {
        changed.push(format!(
            "owner {}:{} -> {}:{}",
            real(then.st_uid),
            real(then.st_gid),
            real(now.st_uid),
            real(now.st_gid)
        ));
    }
    changed
}

/// Names the extended attributes that differ.
pub(super) fn attributes(then: &Place, now: &Place) -> Option<String> {
    differing(&then.attributes(), &now.attributes())
}

/// Names the attributes that are not the same in two lists.
pub(super) fn differing(old: &[(String, Vec<u8>)], new: &[(String, Vec<u8>)]) -> Option<String> {
    let names = |these: &[(String, Vec<u8>)], those: &[(String, Vec<u8>)]| -> Vec<String> {
        these.iter().filter(|one| !those.contains(one)).map(|(name, _)| name.clone()).collect()
    };
    let mut differ = names(old, new);
    differ.extend(names(new, old));
    differ.sort();
    differ.dedup();
    (!differ.is_empty()).then(|| format!("attributes {}", differ.join(", ")))
}

/// Tells whether the modification times differ.
pub(super) fn time_differs(then: &Stat, now: &Stat) -> bool {
    (then.st_mtime, then.st_mtime_nsec) != (now.st_mtime, now.st_mtime_nsec)
}
