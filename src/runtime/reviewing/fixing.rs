//! Applies the safe changes of findings to a file, and writes it back only where nobody changed it meanwhile.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use super::{Found, Looked, Reviewer};
use crate::check::{Placed, Reviewed, repaired};

/// How often a file is looked at again after its fixes; each round takes away what the one before uncovered.
const ROUNDS: usize = 50;

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

/// Returns what the safe fixes of a file make of it; nothing where there is none. `only` takes the one finding at that place of
/// [`Reviewed::open`].
pub fn fixed(reviewer: &Reviewer, reviewed: &Reviewed, only: Option<usize>) -> Option<Fixed> {
    let mut now = reviewed.clone();
    let mut rules = vec![];
    for _ in 0..ROUNDS {
        let chosen: Vec<&Placed> = match only {
            Some(at) => now.open.get(at).into_iter().collect(),
            None => now.open.iter().collect(),
        };
        let (text, applied) = repaired(&now, &chosen);
        if applied.is_empty() || text == now.text {
            break;
        }
        let found = Found { path: now.path.clone(), named: super::Named::ByPerson };
        let Looked::Reviewed(next) = reviewer.look_unkept(&found, text) else {
            break;
        };
        if now.parsed && !next.parsed {
            break;
        }
        rules.extend(applied);
        now = *next;
        if only.is_some() {
            break;
        }
    }
    (now.text != reviewed.text).then(|| Fixed {
        before: reviewed.text.clone(),
        after: now.text.clone(),
        rules,
        left: now,
    })
}

/// Writes a file that was fixed: whole or not at all, with the mode, owner and attributes it had, and only where it
/// still says what it said.
pub fn write_back(path: &Path, before: &str, after: &str) -> Result<(), NotWritten> {
    let io = |action| move |source| NotWritten::Io { action, source };
    // A symbolic link stays one: the file it leads to is written.
    let path = fs::canonicalize(path).map_err(io("cannot find it"))?;
    let was = unchanged(&path, before)?;
    if was.nlink() > 1 {
        return Err(NotWritten::HardLinks(was.nlink()));
    }
    let directory = path.parent().unwrap_or(Path::new("/"));
    let temporary = directory.join(format!(".blackstart-{}.tmp", std::process::id()));
    let written = write_beside(&path, &temporary, &was, after).and_then(|()| {
        let is = unchanged(&path, before)?;
        let same =
            (is.ino(), is.mtime(), is.mtime_nsec()) == (was.ino(), was.mtime(), was.mtime_nsec());
        if !same {
            return Err(NotWritten::Changed);
        }
        fs::rename(&temporary, &path).map_err(io("cannot replace it"))
    });
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written?;
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(io("cannot sync its directory"))
}

/// Returns what is known of a file that still says what it said.
fn unchanged(path: &PathBuf, before: &str) -> Result<Metadata, NotWritten> {
    let io = |source| NotWritten::Io { action: "cannot read it again", source };
    let metadata = fs::metadata(path).map_err(io)?;
    match fs::read(path).map_err(io)? == before.as_bytes() {
        true => Ok(metadata),
        false => Err(NotWritten::Changed),
    }
}

fn write_beside(
    path: &Path,
    temporary: &Path,
    was: &Metadata,
    text: &str,
) -> Result<(), NotWritten> {
    let io = |action| move |source| NotWritten::Io { action, source };
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(temporary);
    let mut file = file.map_err(io("cannot write beside it"))?;
    file.write_all(text.as_bytes()).map_err(io("cannot write beside it"))?;
    let own = file.metadata().map_err(io("cannot write beside it"))?;
    if (own.uid(), own.gid()) != (was.uid(), was.gid()) {
        fchown(&file, Some(was.uid()), Some(was.gid())).map_err(io("cannot keep its owner"))?;
    }
    file.set_permissions(was.permissions()).map_err(io("cannot keep its mode"))?;
    keep_attributes(path, temporary).map_err(io("cannot keep its attributes"))?;
    file.sync_all().map_err(io("cannot sync it"))
}

/// Copies extended attributes, access control lists among them.
fn keep_attributes(from: &Path, to: &Path) -> io::Result<()> {
    let mut names = vec![0; 64 << 10];
    let length = match rustix::fs::listxattr(from, &mut names[..]) {
        Err(rustix::io::Errno::NOTSUP) => return Ok(()),
        other => other?,
    };
    for name in names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let mut value = vec![0; 64 << 10];
        let length = rustix::fs::getxattr(from, name, &mut value[..])?;
        rustix::fs::setxattr(to, name, &value[..length], rustix::fs::XattrFlags::empty())?;
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
        let fixed = fixed(&reviewer, &reviewed, None).unwrap();
        assert!(fixed.after.contains("pipefail"), "{}", fixed.after);
        assert_eq!(fixed.after.matches("pipefail").count(), 1, "{}", fixed.after);
        assert!(fixed.left.open.iter().all(|placed| placed.edit.is_none()));
        assert!(super::fixed(&reviewer, &fixed.left, None).is_none());
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
    }
}
