//! Applies the safe changes of findings to a file, and writes it back only where nobody changed it meanwhile.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags};

use super::{Found, Looked, Reviewer};
use crate::check::{Placed, Reviewed, repaired};

/// How often a file is looked at again after its fixes; each round takes away what the one before uncovered.
const ROUNDS: usize = 50;

/// How many findings could be fixed: those of one rule, or all.
fn fixable(reviewed: &Reviewed, rule: Option<&str>) -> usize {
    let counts = |code: &str| rule.is_none_or(|rule| rule == code);
    let open = reviewed.open.iter().filter(|placed| placed.edit.is_some());
    open.filter(|placed| counts(placed.finding.rule)).count()
}

/// What fixes make of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Fixed {
    /// What it said.
    pub before: String,
    /// What it says then.
    pub after: String,
    /// Codes of the findings that were fixed, in order, once for each.
    pub rules: Vec<&'static str>,
    /// What is left to be found.
    pub left: Reviewed,
}

/// Why a fixed file was not written.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// It is not what it was when it was checked.
    #[error("it was changed meanwhile, and is left as it is")]
    Changed,
    /// Another program is writing it at the same time.
    #[error("another program is changing it now, and it is left as it is")]
    Busy,
    /// It has other names, which writing it anew would cut off.
    #[error("it has {0} hard links; write it by hand, so that they stay together")]
    HardLinks(u64),
    /// The system refused.
    #[error("{action}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// What it said.
        #[source]
        source: io::Error,
    },
}

/// Returns what the safe fixes of a file make of it; nothing where there is none.
pub fn fixed(reviewer: &Reviewer, reviewed: &Reviewed) -> Option<Fixed> {
    let mut now = reviewed.clone();
    let mut rules = vec![];
    for _ in 0..ROUNDS {
        let chosen: Vec<&Placed> = now.open.iter().collect();
        let (text, applied) = repaired(&now, &chosen);
        if applied.is_empty() || text == now.text {
            break;
        }
        let found = Found { path: now.path.clone(), named: super::Named::ByPerson };
        let Looked::Reviewed(next) = reviewer.look_unkept(&found, text) else {
            break;
        };
        // A change that breaks the script, or after which as much is wrong as before, is none. One that lets more of the
        // script be read may uncover more, but not of its own kind.
        let fewer = |code: &&str| fixable(&next, Some(code)) < fixable(&now, Some(code));
        let progress = fixable(&next, None) < fixable(&now, None) || applied.iter().all(fewer);
        if now.parsed && !next.parsed || !progress {
            break;
        }
        rules.extend(applied);
        now = *next;
    }
    (now.text != reviewed.text).then(|| Fixed {
        before: reviewed.text.clone(),
        after: now.text.clone(),
        rules,
        left: now,
    })
}

/// Writes a file that was fixed: whole or not at all, with the mode, owner and attributes it had, and only where it
/// still says what it said. Whoever else may write to its directory gains nothing by it: past the first look at the path
/// everything goes by open descriptors, and no link is followed.
pub fn write_back(path: &Path, before: &str, after: &str) -> Result<(), NotWritten> {
    let io = |action| move |source| NotWritten::Io { action, source };
    // A symbolic link stays one: the file it leads to is written.
    let path = fs::canonicalize(path).map_err(io("cannot find it"))?;
    let gone =
        || NotWritten::Io { action: "cannot find it", source: io::ErrorKind::NotFound.into() };
    let name = path.file_name().ok_or_else(gone)?;
    let directory = path.parent().unwrap_or(Path::new("/"));
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = rustix::fs::open(directory, flags, Mode::empty());
    let place = File::from(opened.map_err(|error| io("cannot open its directory")(error.into()))?);
    let (old, was) = unchanged(&place, name, before)?;
    if was.nlink() > 1 {
        return Err(NotWritten::HardLinks(was.nlink()));
    }
    // Two that write it at once would each see the old file, and the later one would undo the earlier.
    // (A file system without locks has none to respect.)
    let locked = rustix::fs::flock(&old, FlockOperation::NonBlockingLockExclusive);
    if locked == Err(rustix::io::Errno::WOULDBLOCK) {
        return Err(NotWritten::Busy);
    }
    let mut new = New::beside(&place).map_err(io("cannot write beside it"))?;
    fill(&old, &was, &new.file, after)?;
    let (_, is) = unchanged(&place, name, before)?;
    let same = |of: &Metadata| (of.dev(), of.ino(), of.mtime(), of.mtime_nsec());
    if same(&is) != same(&was) {
        return Err(NotWritten::Changed);
    }
    new.replace(name).map_err(io("cannot replace it"))?;
    place.sync_all().map_err(io("cannot sync its directory"))
}

/// A file that is being written, beside the one whose place it will take. It is gone where it did not come to that.
struct New<'p> {
    place: &'p File,
    file: File,
    /// Its name, as long as it has one of its own.
    name: Option<OsString>,
}

impl<'p> New<'p> {
    /// Makes a file without a name, which leaves nothing half written behind however the program ends, or one with a
    /// name where the file system knows no other.
    fn beside(place: &'p File) -> io::Result<Self> {
        let own = Mode::RUSR | Mode::WUSR;
        let nameless = OFlags::WRONLY | OFlags::TMPFILE | OFlags::CLOEXEC;
        if let Ok(file) = rustix::fs::openat(place, ".", nameless, own) {
            return Ok(Self { place, file: File::from(file), name: None });
        }
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let (file, name) =
            free_name(|name| Ok(File::from(rustix::fs::openat(place, name, flags, own)?)))?;
        Ok(Self { place, file, name: Some(name) })
    }

    /// Takes the place of the file of that name. (A nameless file can replace none, so it gets a name first, whole as it is.)
    fn replace(&mut self, name: &OsStr) -> io::Result<()> {
        if self.name.is_none() {
            let own = format!("/proc/self/fd/{}", self.file.as_raw_fd());
            let (place, follow) = (self.place, AtFlags::SYMLINK_FOLLOW);
            let link = |new: &OsStr| Ok(rustix::fs::linkat(CWD, own.as_str(), place, new, follow)?);
            self.name = Some(free_name(link)?.1);
        }
        if let Some(own) = &self.name {
            rustix::fs::renameat(self.place, own, self.place, name)?;
            self.name = None;
        }
        Ok(())
    }
}

impl Drop for New<'_> {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            let _ = rustix::fs::unlinkat(self.place, name, AtFlags::empty());
        }
    }
}

/// Finds a name that is free: `make` fails where it is not. Only the name is made here; the file lies in a directory that
/// is open already, wherever that is by now.
fn free_name<T>(mut make: impl FnMut(&OsStr) -> io::Result<T>) -> io::Result<(T, OsString)> {
    let made = tempfile::Builder::new()
        .prefix(".blackstart-")
        .suffix(".tmp")
        .disable_cleanup(true)
        .make_in("/", |path| {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_owned();
            Ok((make(&name)?, name))
        })?;
    Ok(made.into_parts().0)
}

/// Opens a file that still says what it said.
fn unchanged(place: &File, name: &OsStr, before: &str) -> Result<(File, Metadata), NotWritten> {
    let io = |source| NotWritten::Io { action: "cannot read it again", source };
    // A pipe that stands there now must not be waited for.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::openat(place, name, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::LOOP) => return Err(NotWritten::Changed),
        Err(error) => return Err(io(error.into())),
    };
    let metadata = file.metadata().map_err(io)?;
    if !metadata.is_file() || metadata.len() != before.len() as u64 {
        return Err(NotWritten::Changed);
    }
    let mut text = vec![];
    (&file).take(before.len() as u64 + 1).read_to_end(&mut text).map_err(io)?;
    match text == before.as_bytes() {
        true => Ok((file, metadata)),
        false => Err(NotWritten::Changed),
    }
}

/// Writes the text and gives the new file all that the old one had beside its own.
fn fill(old: &File, was: &Metadata, mut new: &File, text: &str) -> Result<(), NotWritten> {
    let io = |action| move |source| NotWritten::Io { action, source };
    new.write_all(text.as_bytes()).map_err(io("cannot write beside it"))?;
    let own = new.metadata().map_err(io("cannot write beside it"))?;
    if (own.uid(), own.gid()) != (was.uid(), was.gid()) {
        fchown(new, Some(was.uid()), Some(was.gid())).map_err(io("cannot keep its owner"))?;
    }
    new.set_permissions(was.permissions()).map_err(io("cannot keep its mode"))?;
    keep_attributes(old, new).map_err(io("cannot keep its attributes"))?;
    new.sync_all().map_err(io("cannot sync it"))
}

/// Copies extended attributes, access control lists among them.
fn keep_attributes(from: &File, to: &File) -> io::Result<()> {
    let mut names = vec![0; 64 << 10];
    let length = match rustix::fs::flistxattr(from, &mut names[..]) {
        Err(rustix::io::Errno::NOTSUP) => return Ok(()),
        other => other?,
    };
    for name in names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let mut value = vec![0; 64 << 10];
        let length = rustix::fs::fgetxattr(from, name, &mut value[..])?;
        rustix::fs::fsetxattr(to, name, &value[..length], rustix::fs::XattrFlags::empty())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn review(path: &Path) -> (Reviewer, Reviewed) {
        let reviewer = Reviewer::new(None, None);
        let found = Found { path: path.to_owned(), named: super::super::Named::ByPerson };
        match reviewer.look(&found) {
            Looked::Reviewed(reviewed) => (reviewer, *reviewed),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn fixes_are_applied_until_nothing_is_left_to_fix() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("backup.sh");
        let text = "#!/bin/bash\npg_dump shop | gzip > /backup/shop.sql.gz\npg_dump wiki | gzip > /backup/wiki.sql.gz\n";
        fs::write(&path, text).unwrap();
        let (reviewer, reviewed) = review(&path);
        let fixed = fixed(&reviewer, &reviewed).unwrap();
        assert!(fixed.after.contains("pipefail"), "{}", fixed.after);
        assert_eq!(fixed.after.matches("pipefail").count(), 1, "{}", fixed.after);
        assert!(fixed.left.open.iter().all(|placed| placed.edit.is_none()));
        assert!(super::fixed(&reviewer, &fixed.left).is_none());
    }

    #[test]
    fn a_file_is_written_with_its_mode_and_only_where_nobody_changed_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.sh");
        fs::write(&path, "old\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o751)).unwrap();
        let link = dir.path().join("link.sh");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        write_back(&link, "old\n", "new\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o751);
        assert!(matches!(write_back(&path, "old\n", "x"), Err(NotWritten::Changed)));
        fs::hard_link(&path, dir.path().join("b.sh")).unwrap();
        assert!(matches!(write_back(&path, "new\n", "x"), Err(NotWritten::HardLinks(2))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3, "nothing is left beside it");
        let pipe = dir.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, Mode::RUSR | Mode::WUSR).unwrap();
        assert!(matches!(write_back(&pipe, "new\n", "x"), Err(NotWritten::Changed)));
    }
}
