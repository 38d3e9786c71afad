//! Reads what a process is about to become: the arguments, the file, and whether that file can be started at all.
#![allow(clippy::disallowed_methods)]

use std::os::fd::OwnedFd;

use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::memory;
use super::sys::Waiting;

/// Longest path that the kernel takes (`PATH_MAX`).
const PATH: usize = 4_096;

/// What an execve(2) or execveat(2) asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Program {
    pub(super) argv: Vec<String>,
    /// The file, where `argv[0]` does not name it.
    pub(super) file: Option<String>,
    /// Why it cannot be started, as far as the file itself tells.
    pub(super) errno: Option<i32>,
}

/// Reads the call of a waiting process.
pub(super) fn asked_for(waiting: &Waiting) -> Program {
    let [first, second, third, _, fifth, _] = waiting.arguments;
    let pid = waiting.pid;
    let (directory, path, list) = if waiting.call as libc::c_long == libc::SYS_execveat {
        (first as i32, memory::string(pid, second, PATH), third)
    } else {
        (libc::AT_FDCWD, memory::string(pid, first, PATH), second)
    };
    let argv = memory::arguments(pid, list);
    if path.is_empty() && fifth & libc::AT_EMPTY_PATH as u64 != 0 {
        let file = opened_file(pid, directory).unwrap_or_else(|| "an open file".to_owned());
        return Program { argv, file: Some(file), errno: None };
    }
    let shown = String::from_utf8_lossy(&path).into_owned();
    let named = argv.first().is_some_and(|name| last_part(name) == last_part(&shown));
    Program {
        argv,
        file: (!named && !shown.is_empty()).then_some(shown),
        errno: file_error(pid, directory, &path).map(Errno::raw_os_error),
    }
}

/// A login shell's `argv[0]` begins with a dash.
fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name).trim_start_matches('-')
}

/// Names the file behind a descriptor; one in memory only (memfd_create(2)) by that.
fn opened_file(pid: i32, descriptor: i32) -> Option<String> {
    let target = rustix::fs::readlink(format!("/proc/{pid}/fd/{descriptor}"), Vec::new()).ok()?;
    let target = target.to_string_lossy().into_owned();
    Some(match target.strip_prefix("/memfd:") {
        Some(name) => format!("memory only: {}", name.trim_end_matches(" (deleted)")),
        None => target,
    })
}

/// Returns the error that the kernel will meet, `None` where the file is fine or cannot be looked at from here.
fn file_error(pid: i32, directory: i32, path: &[u8]) -> Option<Errno> {
    let absolute = path.first() == Some(&b'/');
    // `/proc/self` is another process to whoever looks from outside.
    if path.is_empty() || [&b"/proc/"[..], b"/dev/"].iter().any(|own| path.starts_with(own)) {
        return None;
    }
    let (base, flags) = if absolute {
        (format!("/proc/{pid}/root"), ResolveFlags::IN_ROOT)
    } else if directory == libc::AT_FDCWD {
        (format!("/proc/{pid}/cwd"), ResolveFlags::BENEATH)
    } else {
        (format!("/proc/{pid}/fd/{directory}"), ResolveFlags::BENEATH)
    };
    let open = OFlags::PATH | OFlags::CLOEXEC;
    let base = rustix::fs::openat(CWD, base, open | OFlags::DIRECTORY, Mode::empty()).ok()?;
    let resolve = flags | ResolveFlags::NO_MAGICLINKS;
    match rustix::fs::openat2(&base, path, open, Mode::empty(), resolve) {
        Ok(file) => mode_error(&file),
        Err(error @ (Errno::NOENT | Errno::NOTDIR)) => Some(error),
        Err(_) => None,
    }
}

fn mode_error(file: &OwnedFd) -> Option<Errno> {
    let state = rustix::fs::fstat(file).ok()?;
    let is_file = FileType::from_raw_mode(state.st_mode) == FileType::RegularFile;
    (!is_file || state.st_mode & 0o111 == 0).then_some(Errno::ACCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_started_is_known_before_it_is_tried() {
        let pid = std::process::id() as i32;
        let table = [
            ("/bin/sh", None),
            ("/no/such/program", Some(Errno::NOENT)),
            ("/etc/passwd/program", Some(Errno::NOTDIR)),
            ("/etc/passwd", Some(Errno::ACCESS)),
            ("/etc", Some(Errno::ACCESS)),
            ("no-such-program", Some(Errno::NOENT)),
            ("../no-such-program", None),
            ("/proc/self/no-such-file", None),
            ("", None),
        ];
        for (path, expected) in table {
            assert_eq!(file_error(pid, libc::AT_FDCWD, path.as_bytes()), expected, "{path}");
        }
    }

    #[test]
    fn a_file_is_named_where_the_first_argument_does_not_name_it() {
        for (name, path, same) in
            [("-bash", "/bin/bash", true), ("/usr/bin/ls", "ls", true), ("nginx", "/bin/sh", false)]
        {
            assert_eq!(last_part(name) == last_part(path), same, "{name} {path}");
        }
    }
}
