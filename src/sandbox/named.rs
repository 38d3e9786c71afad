//! Finds what a call of an ordinary user's run names, in the tree that the run sees.
#![allow(clippy::disallowed_methods)]

use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode as FileMode, OFlags, ResolveFlags, Stat};

use super::assembly::TREE;
use super::calls::At;
use super::memory;
use super::sys::Waiting;

/// Longest path (`PATH_MAX`).
const LONGEST: usize = 4_096;

/// What a call acts on.
#[derive(Debug)]
pub(super) enum Named {
    Descriptor(i32),
    /// An absolute path, as the run sees it.
    Path(PathBuf),
}

/// A name in a directory.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) directory: OwnedFd,
    pub(super) above: Stat,
    pub(super) name: OsString,
    /// What is there, if something is.
    pub(super) stat: Option<Stat>,
}

/// The tree that a run sees, held open by the supervisor.
#[derive(Debug)]
pub(super) struct Tree {
    top: OwnedFd,
    /// Its path for this process.
    stands_at: PathBuf,
}

impl Tree {
    /// Opens it; it must stand.
    pub(super) fn open_now() -> std::io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let top = rustix::fs::open(TREE, flags, FileMode::empty())?;
        let stands_at = path_of(top.as_fd())?;
        Ok(Self { top, stands_at })
    }

    /// Looks at a path without links.
    pub(super) fn look(&self, path: &Path) -> Option<Stat> {
        let below = path.strip_prefix("/").unwrap_or(path);
        let (below, flags) = match below.as_os_str().is_empty() {
            true => (Path::new(""), AtFlags::EMPTY_PATH),
            false => (below, AtFlags::SYMLINK_NOFOLLOW),
        };
        rustix::fs::statat(&self.top, below, flags).ok()
    }

    /// Returns where a path ends whose last part is a link to something.
    pub(super) fn end_of(&self, path: &Path) -> Option<PathBuf> {
        self.real(self.open(path, OFlags::empty()).ok()?.as_fd())
    }

    /// Returns what an argument names; nothing where it cannot be read.
    pub(super) fn named(&self, call: &Waiting, at: At) -> Option<Named> {
        let (from, path) = match at {
            At::Descriptor(at) => return Some(Named::Descriptor(call.arguments[at] as i32)),
            At::Path(path) => (libc::AT_FDCWD, path),
            At::Below(from, path) => (call.arguments[from] as i32, path),
        };
        let path = match call.arguments[path] {
            0 => Vec::new(),
            address => memory::string(call.pid, address, LONGEST),
        };
        if path.is_empty() {
            return (from >= 0).then_some(Named::Descriptor(from));
        }
        let path = self.absolute(call, from, &path)?;
        for own in ["/proc/self/fd", "/proc/thread-self/fd", "/dev/fd"] {
            if let Ok(number) = path.strip_prefix(own) {
                return number.to_str()?.parse().ok().map(Named::Descriptor);
            }
        }
        Some(Named::Path(path))
    }

    /// Returns the absolute path of one that may start at a directory of the caller.
    pub(super) fn absolute(&self, call: &Waiting, from: i32, path: &[u8]) -> Option<PathBuf> {
        let path = Path::new(OsStr::from_bytes(path));
        if path.is_absolute() {
            return Some(path.to_owned());
        }
        let pid = call.pid;
        let base = match from {
            libc::AT_FDCWD => std::fs::read_link(format!("/proc/{pid}/cwd")).ok(),
            descriptor => of_descriptor(call, descriptor),
        };
        Some(base?.join(path))
    }

    fn open(&self, path: &Path, more: OFlags) -> rustix::io::Result<OwnedFd> {
        let flags = OFlags::PATH | OFlags::CLOEXEC | more;
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        rustix::fs::openat2(&self.top, path, flags, FileMode::empty(), resolve)
    }

    /// Looks at what a call names.
    pub(super) fn stat(&self, call: &Waiting, named: &Named, keep_link: bool) -> Option<Stat> {
        match named {
            Named::Descriptor(number) => {
                rustix::fs::stat(format!("/proc/{}/fd/{number}", call.pid)).ok()
            }
            Named::Path(path) => {
                let more = if keep_link { OFlags::NOFOLLOW } else { OFlags::empty() };
                rustix::fs::fstat(self.open(path, more).ok()?).ok()
            }
        }
    }

    /// Looks at the last part of a path in its directory.
    pub(super) fn entry(&self, path: &Path) -> Option<Entry> {
        let name = path.file_name()?.to_owned();
        let directory = self.open(path.parent()?, OFlags::DIRECTORY).ok()?;
        let above = rustix::fs::fstat(&directory).ok()?;
        let stat = rustix::fs::statat(&directory, name.as_os_str(), AtFlags::SYMLINK_NOFOLLOW).ok();
        Some(Entry { directory, above, name, stat })
    }

    /// Returns the path of something in the tree, as the run sees it.
    pub(super) fn real(&self, place: BorrowedFd<'_>) -> Option<PathBuf> {
        let path = path_of(place).ok()?;
        Some(Path::new("/").join(path.strip_prefix(&self.stands_at).ok()?))
    }
}

/// Returns the path of something that a process has open.
pub(super) fn of_descriptor(call: &Waiting, number: i32) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{}/fd/{number}", call.pid)).ok()
}

fn path_of(place: BorrowedFd<'_>) -> std::io::Result<PathBuf> {
    std::fs::read_link(format!("/proc/self/fd/{}", place.as_raw_fd()))
}
