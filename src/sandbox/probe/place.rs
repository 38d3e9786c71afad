//! What a path of another process names, found without opening it.
#![allow(clippy::disallowed_methods)]

use std::ffi::OsStr;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::super::sys;

/// Links that name nothing are followed this often.
const LINKS: u32 = 16;

/// Whether the last part of a path is followed where it is a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Last {
    Follow,
    Keep,
}

/// A path as a process wrote it, and what is there.
#[derive(Debug)]
pub(super) struct Named {
    /// Absolute and plain, as the process sees it; for people.
    pub(super) shown: PathBuf,
    pub(super) found: Found,
}

/// What a path names.
#[derive(Debug)]
pub(super) enum Found {
    Something {
        /// Its path without links; not absolute for what is in no directory (`pipe:[7]`).
        real: PathBuf,
        place: OwnedFd,
        stat: Stat,
    },
    /// Nothing, in a directory that is there; where it would be.
    Nothing { parent: PathBuf, real: PathBuf },
    /// Not even a directory for it, or no way to it: every call fails with this.
    Nowhere(Errno),
}

impl Named {
    /// Returns the path for people: where its links lead.
    pub(super) fn target(&self) -> &Path {
        match &self.found {
            Found::Something { real, .. } | Found::Nothing { real, .. } if real.is_absolute() => {
                real
            }
            Found::Something { .. } | Found::Nothing { .. } | Found::Nowhere(_) => &self.shown,
        }
    }
}

/// Reads a path from a process's memory; `None` where it cannot be read, and then nobody knows it.
pub(super) fn read_path(pid: i32, address: u64) -> Option<Vec<u8>> {
    let mut bytes = vec![0_u8; 4096];
    let mut got = 0;
    while got < bytes.len() {
        let end = (got + 256).min(bytes.len());
        let read = sys::read_memory(pid, address.wrapping_add(got as u64), &mut bytes[got..end]);
        if let Some(nul) = bytes[got..got + read].iter().position(|byte| *byte == 0) {
            bytes.truncate(got + nul);
            return Some(bytes);
        }
        if read == 0 {
            return None;
        }
        got += read;
    }
    None
}

/// Finds what `path` names for process `pid`, from its directory `from` (`AT_FDCWD` or a descriptor).
/// An empty path names the descriptor itself.
pub(super) fn find(pid: i32, from: i32, path: &[u8], last: Last) -> Named {
    let base = match from {
        libc::AT_FDCWD => format!("/proc/{pid}/cwd"),
        descriptor => format!("/proc/{pid}/fd/{descriptor}"),
    };
    if path.is_empty() {
        let shown = std::fs::read_link(&base).unwrap_or_else(|_| PathBuf::from(&base));
        return Named { shown, found: at(Path::new(&base), Last::Follow, LINKS) };
    }
    let path = Path::new(OsStr::from_bytes(path));
    if path.is_absolute() {
        let shown = plain(path);
        let found = at(&of_process(&shown, path, pid), last, LINKS);
        return Named { shown, found };
    }
    let directory = std::fs::read_link(&base).unwrap_or_default();
    Named {
        shown: plain(&directory.join(path)),
        found: at(&Path::new(&base).join(path), last, LINKS),
    }
}

/// Names the process instead of "self", which would be this one.
fn of_process(shown: &Path, path: &Path, pid: i32) -> PathBuf {
    let own = format!("/proc/{pid}");
    let table = [
        ("/proc/self", own.clone()),
        ("/proc/thread-self", own.clone()),
        ("/dev/fd", format!("{own}/fd")),
        ("/dev/stdin", format!("{own}/fd/0")),
        ("/dev/stdout", format!("{own}/fd/1")),
        ("/dev/stderr", format!("{own}/fd/2")),
    ];
    for (name, instead) in table {
        if let Ok(rest) = shown.strip_prefix(name) {
            let instead = PathBuf::from(instead);
            return if rest.as_os_str().is_empty() { instead } else { instead.join(rest) };
        }
    }
    path.to_owned()
}

/// Takes `.`, `..` and doubled slashes away by the text alone.
fn plain(path: &Path) -> PathBuf {
    let mut parts = PathBuf::from("/");
    for part in path.components() {
        match part {
            Component::Normal(name) => parts.push(name),
            Component::ParentDir => {
                parts.pop();
            }
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    parts
}

fn open(path: &Path, more: OFlags) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(CWD, path, OFlags::PATH | OFlags::CLOEXEC | more, Mode::empty())
}

fn real_path(place: &OwnedFd) -> PathBuf {
    std::fs::read_link(format!("/proc/self/fd/{}", place.as_raw_fd())).unwrap_or_default()
}

fn at(path: &Path, last: Last, links: u32) -> Found {
    let more = if last == Last::Keep { OFlags::NOFOLLOW } else { OFlags::empty() };
    let opened = open(path, more);
    let errno = match opened.and_then(|place| Ok((rustix::fs::fstat(&place)?, place))) {
        Ok((stat, place)) => return Found::Something { real: real_path(&place), place, stat },
        Err(errno) => errno,
    };
    if errno != Errno::NOENT {
        return Found::Nowhere(errno);
    }
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Found::Nowhere(errno);
    };
    let parent = match open(parent, OFlags::DIRECTORY) {
        Ok(parent) => real_path(&parent),
        Err(errno) => return Found::Nowhere(errno),
    };
    // A link to nothing: what is made is made where it points to.
    if last == Last::Follow
        && let Ok(target) = rustix::fs::readlinkat(CWD, path, Vec::new())
    {
        let target = PathBuf::from(std::ffi::OsString::from_vec(target.into_bytes()));
        return match links.checked_sub(1) {
            Some(links) => at(&parent.join(target), last, links),
            None => Found::Nowhere(Errno::LOOP),
        };
    }
    let real = parent.join(name);
    Found::Nothing { parent, real }
}

/// Tells what kind of thing it is.
pub(super) fn kind(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_where_its_links_lead() {
        let directory = tempfile::tempdir().expect("a directory");
        let base = std::fs::canonicalize(directory.path()).expect("real");
        let link = |target: &str, name: &str| {
            std::os::unix::fs::symlink(target, base.join(name)).expect("a link");
        };
        std::fs::create_dir(base.join("d")).expect("made");
        std::fs::write(base.join("d/file"), "x").expect("written");
        link("d/file", "to-file");
        link("d/new", "to-nothing");
        link("to-nothing", "twice");
        link("circle", "circle");
        let own = std::process::id() as i32;
        let show = |path: &str, last| {
            let path = base.join(path);
            let text = match find(own, libc::AT_FDCWD, path.as_os_str().as_bytes(), last).found {
                Found::Something { real, .. } => format!("is {}", real.display()),
                Found::Nothing { parent, real } => {
                    assert_eq!(real.parent(), Some(parent.as_path()));
                    format!("none {}", real.display())
                }
                Found::Nowhere(errno) => format!("{:?}", errno.kind()),
            };
            text.replace(&*base.to_string_lossy(), "B")
        };
        let table = [
            ("d/../d//file", Last::Follow, "is B/d/file"),
            ("to-file", Last::Follow, "is B/d/file"),
            ("to-file", Last::Keep, "is B/to-file"),
            ("to-nothing", Last::Follow, "none B/d/new"),
            ("to-nothing", Last::Keep, "is B/to-nothing"),
            ("twice", Last::Follow, "none B/d/new"),
            ("circle", Last::Follow, "FilesystemLoop"),
            ("d/none", Last::Follow, "none B/d/none"),
            ("d/new/", Last::Follow, "none B/d/new"),
            ("none/none", Last::Follow, "NotFound"),
            ("d/file/x", Last::Follow, "NotADirectory"),
        ];
        for (path, last, expected) in table {
            assert_eq!(show(path, last), expected, "{path}");
        }
    }

    #[test]
    fn self_is_the_process_that_asks() {
        for (path, expected) in [
            ("/proc/self/fd/1", "/proc/7/fd/1"),
            ("/dev//stdout", "/proc/7/fd/1"),
            ("/dev/fd/3", "/proc/7/fd/3"),
            ("/proc/selfish", "/proc/selfish"),
            ("/etc/../x", "/etc/../x"),
        ] {
            let path = Path::new(path);
            assert_eq!(of_process(&plain(path), path, 7), Path::new(expected));
        }
    }
}
