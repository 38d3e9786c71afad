//! What a run uses, as its own `/proc` tells, and which limit it met.
#![allow(clippy::disallowed_methods)]

use std::collections::HashMap;
use std::os::fd::BorrowedFd;

use rustix::fs::{Mode, OFlags};

use super::protocol::Limit;

/// Less room than this in bytes, or fewer files, is none.
const ROOM: u64 = 1 << 20;
const FILES: u64 = 16;

/// More open files of one process than this are not looked at.
const DESCRIPTORS: usize = 1_024;

/// What all processes of a run use together.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Usage {
    /// Processes and threads.
    pub(super) tasks: u64,
    /// Bytes in memory: what processes have for themselves, the most that one shares with others, and
    /// files that have no name; pages of other files are not counted.
    pub(super) resident: u64,
    /// Milliseconds of processor time, that of processes that were waited for included.
    pub(super) cpu_ms: u64,
}

/// Reads what is used now.
pub(super) fn usage(proc: BorrowedFd<'_>) -> Usage {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY;
    let directory = rustix::fs::openat(proc, ".", flags, Mode::empty());
    let Ok(entries) = directory.and_then(rustix::fs::Dir::new) else {
        return Usage::default();
    };
    let names = entries.flatten().map(|entry| entry.file_name().to_bytes().to_vec());
    usage_of(proc, names.filter(|name| name.iter().all(u8::is_ascii_digit)))
}

/// Reads what some processes use now, by the names of their directories.
pub(super) fn usage_of(proc: BorrowedFd<'_>, names: impl Iterator<Item = Vec<u8>>) -> Usage {
    let tick = 1_000 / rustix::param::clock_ticks_per_second().max(1);
    let mut all = Usage::default();
    // What is shared is counted once, what several hold open too.
    let (mut shared, mut nameless) = (0, HashMap::new());
    for name in names {
        let (ticks, threads) = times(&read(proc, &name, b"/stat")).unwrap_or((0, 1));
        all.tasks += threads;
        all.cpu_ms += ticks * tick;
        let (own, of_many) = memory(&read(proc, &name, b"/status"));
        all.resident += own;
        shared = of_many.max(shared);
        look_at_nameless(proc, &name, &mut nameless);
    }
    all.resident += shared.max(nameless.values().sum());
    all
}

fn read(proc: BorrowedFd<'_>, name: &[u8], file: &[u8]) -> String {
    let mut text = [0_u8; 4_096];
    let read = rustix::fs::openat(
        proc,
        [name, file].concat(),
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .and_then(|file| rustix::io::read(file, &mut text));
    String::from_utf8_lossy(&text[..read.unwrap_or(0)]).into_owned()
}

/// Clock ticks of a process and of the children it waited for, and its threads (proc_pid_stat(5), fields 14 to 17
/// and 20). A program may call itself `) R`, so what counts stands behind the last parenthesis.
fn times(stat: &str) -> Option<(u64, u64)> {
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<u64> =
        rest.split_ascii_whitespace().map(|field| field.parse().unwrap_or(0)).collect();
    Some((fields.get(11..15)?.iter().sum(), *fields.get(17)?))
}

/// Bytes of a process's own, and those it shares with others but with no file (proc_pid_status(5)).
fn memory(status: &str) -> (u64, u64) {
    let of = |field: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kibibytes.unwrap_or(0) << 10
    };
    (of("RssAnon:"), of("RssShmem:"))
}

/// Adds the stored bytes of open files without a name (memfd_create(2)), by inode.
fn look_at_nameless(proc: BorrowedFd<'_>, name: &[u8], found: &mut HashMap<u64, u64>) {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY;
    let opened = rustix::fs::openat(proc, [name, b"/fd"].concat(), flags, Mode::empty());
    let Ok((directory, entries)) =
        opened.and_then(|opened| Ok((opened.try_clone(), rustix::fs::Dir::new(opened)?)))
    else {
        return;
    };
    let Ok(directory) = directory else { return };
    for entry in entries.flatten().take(DESCRIPTORS) {
        let target = rustix::fs::readlinkat(&directory, entry.file_name(), Vec::new());
        if target.is_ok_and(|target| target.to_bytes().starts_with(b"/memfd:"))
            && let Ok(stat) =
                rustix::fs::statat(&directory, entry.file_name(), rustix::fs::AtFlags::empty())
        {
            found.insert(stat.st_ino, u64::try_from(stat.st_blocks).unwrap_or(0) * 512);
        }
    }
}

/// What was scarce at any time of a run.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scarce {
    pub(super) bytes: bool,
    pub(super) files: bool,
    pub(super) tasks: bool,
}

impl Scarce {
    /// Looks at the file system that all layers lie on.
    pub(super) fn look_at_disk(&mut self) {
        if let Ok(state) = rustix::fs::statfs("u") {
            self.bytes |= state.f_bavail.saturating_mul(state.f_bsize as u64) < ROOM;
            self.files |= state.f_ffree < FILES;
        }
    }

    /// Names the limit that a command ran into by itself. What was measured counts; what it said counts
    /// only where nothing else can tell: an allocation or a fork that was refused leaves no trace.
    pub(super) fn limit(self, ended: Option<i32>, said: &str) -> Option<Limit> {
        let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
        match self {
            Self { bytes: true, .. } => Some(Limit::Disk),
            Self { files: true, .. } => Some(Limit::Inodes),
            _ if ended == Some(0) => None,
            Self { tasks: true, .. } => Some(Limit::Processes),
            _ if ended == Some(-libc::SIGXCPU) => Some(Limit::Cpu),
            _ if says(&[
                "annot allocate memory",
                "MemoryError",
                "memory exhausted",
                "ut of memory",
            ]) =>
            {
                Some(Limit::Memory)
            }
            _ if says(&[
                "ork: retry: Resource temporarily",
                "ork: Resource temporarily",
                "annot fork",
            ]) =>
            {
                Some(Limit::Processes)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_counts_before_what_is_said() {
        let none = Scarce::default();
        let full = |bytes, files, tasks| Scarce { bytes, files, tasks };
        let table = [
            (none, Some(1), "No space left on device", None),
            (full(true, false, false), Some(0), "", Some(Limit::Disk)),
            (full(false, true, false), Some(1), "out of memory", Some(Limit::Inodes)),
            (full(false, false, true), Some(0), "", None),
            (full(false, false, true), Some(1), "", Some(Limit::Processes)),
            (none, Some(-24), "", Some(Limit::Cpu)),
            (none, Some(1), "tail: memory exhausted", Some(Limit::Memory)),
            (none, Some(0), "tail: memory exhausted", None),
            (
                none,
                Some(254),
                "bash: fork: retry: Resource temporarily unavailable",
                Some(Limit::Processes),
            ),
            (none, None, "", None),
        ];
        for (scarce, ended, said, expected) in table {
            assert_eq!(scarce.limit(ended, said), expected, "{scarce:?} {ended:?} {said}");
        }
    }

    #[test]
    fn times_are_read_behind_any_name() {
        let stat = "12 (a) R 1 (x) S 1 1 1 0 -1 4194560 100 0 0 0 7 8 9 10 20 0 3 0 55 0 0";
        assert_eq!(times(stat), Some((34, 3)));
        assert_eq!(times("12 (a) S 1"), None);
        let status =
            "Name:\tRssAnon: 9 kB\nVmRSS:\t  60 kB\nRssAnon:\t      20 kB\nRssShmem:\t 8 kB\n";
        assert_eq!(memory(status), (20 << 10, 8 << 10));
    }

    #[test]
    fn this_machine_uses_something() {
        let proc = std::fs::File::open("/proc").unwrap();
        let seen = usage(std::os::fd::AsFd::as_fd(&proc));
        assert!(seen.tasks > 1 && seen.resident > 0 && seen.cpu_ms > 0, "{seen:?}");
    }
}
