//! Finds what a call of an ordinary user's run names, in the tree that the run sees.
#![allow(clippy::disallowed_methods)]

use std::cell::OnceCell;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

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
    Path(Written),
}

/// A path as a process wrote it.
#[derive(Debug)]
pub(super) struct Written {
    path: PathBuf,
    /// Where it starts if it is relative, below `/proc`.
    from: PathBuf,
}

/// A name in a directory.
#[derive(Debug)]
pub(super) struct Entry {
    /// The directory, below `/proc`.
    way: PathBuf,
    held: Option<OwnedFd>,
    pub(super) above: Stat,
    pub(super) name: OsString,
    stat: OnceCell<Option<Stat>>,
}

impl Written {
    /// An absolute path.
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path, from: PathBuf::new() }
    }

    /// A path that a process wrote for `from`, a directory's descriptor or `AT_FDCWD`.
    pub(super) fn by(call: &Waiting, from: i32, path: &[u8]) -> Self {
        let from = match from {
            libc::AT_FDCWD => format!("/proc/{}/cwd", call.pid),
            descriptor => format!("/proc/{}/fd/{descriptor}", call.pid),
        };
        Self { path: PathBuf::from(OsStr::from_bytes(path)), from: PathBuf::from(from) }
    }

    /// Returns the path of something in the directory that this names.
    pub(super) fn join(mut self, name: &str) -> Self {
        self.path.push(name);
        self
    }

    fn absolute(&self) -> Option<PathBuf> {
        if self.path.is_absolute() {
            return Some(self.path.clone());
        }
        Some(std::fs::read_link(&self.from).ok()?.join(&self.path))
    }

    /// Returns the one name that this is made of, if it is relative and no more.
    fn only_name(&self) -> Option<&OsStr> {
        let mut parts = self.path.components();
        match (parts.next(), parts.next()) {
            (Some(Component::Normal(name)), None) => Some(name),
            (_, _) => None,
        }
    }
}

impl Entry {
    /// Looks at what is there, if something is.
    pub(super) fn stat(&self) -> Option<&Stat> {
        let look = || rustix::fs::lstat(self.place()).ok();
        self.stat.get_or_init(look).as_ref()
    }

    /// Returns its path for this process.
    pub(super) fn place(&self) -> PathBuf {
        self.way.join(&self.name)
    }
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
    pub(super) fn end_of(&self, path: &Written) -> Option<PathBuf> {
        self.real(self.open(&path.absolute()?, OFlags::empty()).ok()?.as_fd())
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
        let path = Written::by(call, from, &path);
        for own in ["/proc/self/fd", "/proc/thread-self/fd", "/dev/fd"] {
            if let Ok(number) = path.path.strip_prefix(own) {
                return number.to_str()?.parse().ok().map(Named::Descriptor);
            }
        }
        Some(Named::Path(path))
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
                rustix::fs::fstat(self.open(&path.absolute()?, more).ok()?).ok()
            }
        }
    }

    /// Finds the directory of the last part of a path.
    pub(super) fn entry(&self, path: &Written) -> Option<Entry> {
        let stat = OnceCell::new();
        if let Some(name) = path.only_name() {
            let (way, name) = (path.from.clone(), name.to_owned());
            let above = rustix::fs::stat(&way).ok()?;
            return Some(Entry { way, held: None, above, name, stat });
        }
        let path = path.absolute()?;
        let name = path.file_name()?.to_owned();
        let directory = self.open(path.parent()?, OFlags::DIRECTORY).ok()?;
        let above = rustix::fs::fstat(&directory).ok()?;
        let way = PathBuf::from(format!("/proc/self/fd/{}", directory.as_raw_fd()));
        Some(Entry { way, held: Some(directory), above, name, stat })
    }

    /// Returns the directory of an entry, as the run sees it.
    pub(super) fn directory(&self, entry: &Entry) -> Option<PathBuf> {
        match &entry.held {
            Some(held) => self.real(held.as_fd()),
            None => std::fs::read_link(&entry.way).ok(),
        }
    }

    /// Returns the path of something in the tree, as the run sees it.
    fn real(&self, place: BorrowedFd<'_>) -> Option<PathBuf> {
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
