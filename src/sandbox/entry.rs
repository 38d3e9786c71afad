//! What is to be said of one path, in words: rights, owner, times, attributes, and what is dangerous about it.

use std::path::Path;

use rustix::fs::{FileType, Stat};

use super::accounts::Names;
use super::attributes::{self, Attribute, Owners};
use super::protocol::{Is, Mode, Time};
use super::tree::file_type;
use crate::base::escape;

impl Owners for Names<'_> {
    fn user(&self, id: u32) -> String {
        Names::user(*self, id)
    }
    fn group(&self, id: u32) -> String {
        Names::group(*self, id)
    }
}

/// Returns the kind of file.
pub(super) fn is(stat: &Stat) -> Is {
    match file_type(stat) {
        FileType::RegularFile | FileType::Unknown => Is::File,
        FileType::Directory => Is::Directory,
        FileType::Symlink => Is::Link,
        FileType::Fifo => Is::Fifo,
        FileType::Socket => Is::Socket,
        FileType::CharacterDevice | FileType::BlockDevice => Is::Device,
    }
}

/// Returns the word for a kind of file.
pub(super) fn kind_word(stat: &Stat) -> &'static str {
    match is(stat) {
        Is::File => "file",
        Is::Directory => "directory",
        Is::Link => "link",
        Is::Fifo => "fifo",
        Is::Socket => "socket",
        Is::Device => "device",
    }
}

/// Returns the size that means something to people: of a file or a link.
pub(super) fn size(stat: &Stat) -> Option<u64> {
    match is(stat) {
        Is::File | Is::Link => u64::try_from(stat.st_size).ok(),
        Is::Directory | Is::Fifo | Is::Socket | Is::Device => None,
    }
}

/// Returns a path as it stands in a sentence.
pub(super) fn shown(path: &Path) -> String {
    escape::bytes(path.as_os_str().as_encoded_bytes())
}

/// Returns the modification time.
pub(super) fn time(stat: &Stat) -> Time {
    (stat.st_mtime, stat.st_mtime_nsec as i64)
}

/// Tells whether the modification times differ.
pub(super) fn time_differs(then: &Stat, now: &Stat) -> bool {
    time(then) != time(now)
}

/// Names what differs in mode, owner and group.
pub(super) fn rights(then: &Stat, now: &Stat, names: Names<'_>) -> Vec<String> {
    let mut changed = Vec::new();
    let (old, new) = (then.st_mode & 0o7777, now.st_mode & 0o7777);
    if old != new {
        changed.push(format!("mode {old:04o} -> {new:04o}"));
    }
    if (then.st_uid, then.st_gid) != (now.st_uid, now.st_gid) {
        let whose =
            |stat: &Stat| format!("{}:{}", names.user(stat.st_uid), names.group(stat.st_gid));
        let (old, new) = (whose(then), whose(now));
        // Two ids without a name of their own may look alike; then the numbers are said.
        changed.push(if old == new {
            format!("owner {}:{} -> {}:{}", then.st_uid, then.st_gid, now.st_uid, now.st_gid)
        } else {
            format!("owner {old} -> {new}")
        });
    }
    changed
}

/// Tells whether the mode lets somebody else do what only the owner should.
pub(super) fn is_alarming(stat: &Stat) -> bool {
    let mode = stat.st_mode;
    match is(stat) {
        Is::File => mode & 0o6002 != 0,
        Is::Directory => mode & 0o1002 == 0o002,
        Is::Link | Is::Fifo | Is::Socket | Is::Device => false,
    }
}

/// Says in capitals what is dangerous about rights that were not there before.
pub(super) fn alarms(then: Option<&Stat>, now: &Stat, names: Names<'_>) -> Vec<String> {
    if !is_alarming(now) {
        return Vec::new();
    }
    let had = |bit: u32| then.is_some_and(|then| is(then) == is(now) && then.st_mode & bit != 0);
    let same_user = then.is_some_and(|then| then.st_uid == now.st_uid);
    let same_group = then.is_some_and(|then| then.st_gid == now.st_gid);
    let has = |bit: u32| now.st_mode & bit != 0;
    let file = is(now) == Is::File;
    let mut words = Vec::new();
    if file && has(0o4000) && !(had(0o4000) && same_user) {
        words.push(format!("SET-UID: whoever runs it acts as {}", names.user(now.st_uid)));
    }
    if file && has(0o2000) && !(had(0o2000) && same_group) {
        words.push(format!("SET-GID: whoever runs it acts as group {}", names.group(now.st_gid)));
    }
    if has(0o002) && !had(0o002) {
        words.push("WORLD-WRITABLE: anybody may change it".to_owned());
    }
    words
}

/// Names the attributes that differ.
pub(super) fn attributes(then: &[Attribute], now: &[Attribute], names: Names<'_>) -> Vec<String> {
    attributes::differences(then, now, &names)
}

fn own_prefix(mode: Mode) -> &'static [u8] {
    match mode {
        Mode::RootShifted | Mode::RootIdentity => b"trusted.overlay.",
        Mode::User => b"user.overlay.",
    }
}

/// Leaves out the overlay's own marks; what a payload set keeps the name under which it is stored.
pub(super) fn payloads(mode: Mode, attributes: Vec<Attribute>) -> Vec<Attribute> {
    let own = own_prefix(mode);
    let is_payloads = |(name, _): &Attribute| {
        name.strip_prefix(own).is_none_or(|rest| rest.starts_with(b"overlay."))
    };
    attributes.into_iter().filter(is_payloads).collect()
}

/// The overlay's own marks on an entry of an upper directory, and the attributes that a payload sees there.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// It was copied up: the same file or directory as below, not one put in its place.
    pub(super) copied: bool,
    pub(super) opaque: bool,
    pub(super) metacopy: bool,
    pub(super) redirect: Option<Vec<u8>>,
    pub(super) seen: Vec<Attribute>,
}

impl Marks {
    /// Tells them apart. What a payload sets under the overlay's own prefix stands in the upper with a second
    /// `overlay.` (the kernel's overlayfs.rst, "Nesting overlayfs mounts"), so it cannot forge a mark.
    pub(super) fn of(mode: Mode, attributes: Vec<Attribute>) -> Self {
        let own = own_prefix(mode);
        let mut marks = Self::default();
        for (name, value) in attributes {
            match name.strip_prefix(own) {
                None => marks.seen.push((name, value)),
                Some(b"origin") => marks.copied = true,
                Some(b"opaque") => marks.opaque = value == b"y",
                Some(b"metacopy") => marks.metacopy = true,
                Some(b"redirect") => marks.redirect = Some(value),
                Some(other) if other.starts_with(b"overlay.") => {
                    let outer = &own[..own.len() - b"overlay.".len()];
                    marks.seen.push(([outer, other].concat(), value));
                }
                Some(_) => {}
            }
        }
        marks.seen.sort();
        marks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forged_mark_is_an_attribute_like_any_other() {
        let list = |names: &[&str]| -> Vec<Attribute> {
            names.iter().map(|name| (name.as_bytes().to_vec(), b"y".to_vec())).collect()
        };
        let seen = |mode, names: &[&str]| {
            let marks = Marks::of(mode, list(names));
            let names: Vec<String> = marks
                .seen
                .iter()
                .map(|(name, _)| String::from_utf8_lossy(name).into_owned())
                .collect();
            (marks.opaque, marks.redirect.is_some(), names.join(" "))
        };
        let forged = "user.overlay.opaque".to_owned();
        assert_eq!(
            seen(Mode::User, &["user.overlay.overlay.opaque"]),
            (false, false, forged.clone())
        );
        assert_eq!(seen(Mode::RootShifted, &["user.overlay.opaque"]), (false, false, forged));
        assert_eq!(seen(Mode::User, &["user.overlay.opaque"]), (true, false, String::new()));
        let all = ["trusted.overlay.redirect", "trusted.overlay.origin", "user.overlayed"];
        assert_eq!(seen(Mode::RootShifted, &all), (false, true, "user.overlayed".to_owned()));
    }
}
