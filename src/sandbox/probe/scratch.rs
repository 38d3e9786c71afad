//! The one directory that a probed command may write to, removed afterwards.
#![allow(clippy::disallowed_methods)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::super::protocol::Failure;

/// Bytes and entries that a run may put into it; there is no file system of its own to bound them.
pub(super) const BYTES: u64 = 64 << 20;
pub(super) const ENTRIES: u64 = 5_000;

/// Tried in this order: the first that can be written to is used.
const PLACES: &[&str] = &["/tmp", "/var/tmp", "/dev/shm", "/run", "/mnt"];

/// A directory of this process only.
#[derive(Debug)]
pub(super) struct Scratch {
    /// Its real path, without links.
    pub(super) path: PathBuf,
}

impl Scratch {
    /// Makes it, by trying: a full or read-only place is passed over.
    pub(super) fn make(home: &Path) -> Result<Self, Failure> {
        let mut last = std::io::Error::from_raw_os_error(libc::ENOENT);
        for place in PLACES.iter().map(Path::new).chain([home]) {
            match make_below(place) {
                Ok(path) => return Ok(Self { path }),
                Err(error) => last = error,
            }
        }
        Err(Failure::of("making a scratch directory", last))
    }

    /// Returns how much is in it; stops counting above the limits.
    pub(super) fn use_of(&self) -> (u64, u64) {
        use std::os::unix::fs::MetadataExt as _;
        let (mut bytes, mut entries) = (0, 0);
        let mut left = vec![self.path.clone()];
        while let Some(directory) = left.pop() {
            for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
                let Ok(metadata) = entry.metadata() else { continue };
                entries += 1;
                bytes += metadata.blocks() * 512;
                if metadata.is_dir() {
                    left.push(entry.path());
                }
                if entries > ENTRIES || bytes > BYTES {
                    return (bytes, entries);
                }
            }
        }
        (bytes, entries)
    }
}

fn make_below(place: &Path) -> std::io::Result<PathBuf> {
    let place = std::fs::canonicalize(place)?;
    let made = tempfile::Builder::new().prefix("blackstart-probe-").tempdir_in(place)?.keep();
    // A full file system still makes directories.
    let trial = made.join("trial");
    let written = std::fs::write(&trial, [0_u8; 4096]).and_then(|()| std::fs::remove_file(&trial));
    if let Err(error) = written {
        remove(&made);
        return Err(error);
    }
    Ok(made)
}

/// Removes what is at `path`; called when no process of the run lives.
pub(super) fn remove(path: &Path) {
    if std::fs::remove_dir_all(path).is_ok() {
        return;
    }
    // Directories without permissions can be emptied only after they got some.
    let mut left = vec![path.to_owned()];
    while let Some(directory) = left.pop() {
        let _ = std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o700));
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                left.push(entry.path());
            }
        }
    }
    let _ = std::fs::remove_dir_all(path);
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_directory_goes_with_everything_in_it() {
        let home = tempfile::tempdir().expect("a directory");
        let scratch = Scratch { path: make_below(home.path()).expect("made") };
        let closed = scratch.path.join("a/closed");
        std::fs::create_dir_all(&closed).expect("made");
        std::fs::write(scratch.path.join("a/file"), [1; 10_000]).expect("written");
        std::fs::write(closed.join("file"), "x").expect("written");
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).expect("closed");
        assert!(scratch.use_of().0 >= 10_000 && scratch.use_of().1 >= 3);
        let path = scratch.path.clone();
        drop(scratch);
        assert!(!path.exists());
    }
}
