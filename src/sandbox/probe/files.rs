//! What a call would do to files, and whether the host would let it.
#![allow(clippy::disallowed_methods)]

use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{Access, AtFlags, CWD, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::super::calls::{self, ATTRIBUTE_REQUESTS, About, At, Flags, When};
use super::super::sys::{self, Waiting};
use super::judge::Verdict::{self, Done, Fails, GoOn, Refused, Stop};
use super::judge::{self, Judge, allowed, may, proc_path, shown};
use super::place::{Found, Last, Named, kind};
use super::wall::{DEVICES, writable_device};

impl Judge {
    pub(super) fn opens(&self, call: &Waiting, at: At, flags: Flags) -> Verdict {
        let flags = match flags {
            Flags::Argument(at) => call.arguments[at] as u32,
            Flags::Create => (OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC).bits(),
            Flags::Memory(at) => {
                let mut how = [0_u8; 8];
                if sys::read_memory(call.pid, call.arguments[at], &mut how) < how.len() {
                    return Fails(Errno::FAULT);
                }
                u64::from_ne_bytes(how) as u32
            }
        };
        let flags = OFlags::from_bits_retain(flags);
        if flags.contains(OFlags::PATH) {
            return GoOn;
        }
        let last =
            if flags.contains(OFlags::NOFOLLOW) || flags.contains(OFlags::CREATE | OFlags::EXCL) {
                Last::Keep
            } else {
                Last::Follow
            };
        let named = match self.named(call, at, last) {
            Ok(named) => named,
            Err(verdict) => return verdict,
        };
        let write = flags.intersects(OFlags::RWMODE | OFlags::TRUNC);
        let verb = |shown: &Path| Stop(format!("would open {} for writing", judge::shown(shown)));
        match &named.found {
            Found::Nowhere(_) => GoOn,
            Found::Nothing { parent, .. } if self.inside(parent) => GoOn,
            Found::Nothing { parent, .. } if flags.contains(OFlags::CREATE) => {
                match allowed(parent, Access::WRITE_OK | Access::EXEC_OK) {
                    Ok(()) => verb(named.target()),
                    Err(_) => GoOn,
                }
            }
            Found::Nothing { .. } => GoOn,
            Found::Something { real, .. } if self.inside(real) => GoOn,
            Found::Something { real, stat, place } => {
                self.opens_there(named.target(), (real, stat, place), write, flags)
            }
        }
    }

    fn opens_there(
        &self,
        shown: &Path,
        (real, stat, place): (&Path, &Stat, &OwnedFd),
        write: bool,
        flags: OFlags,
    ) -> Verdict {
        // A pipe or file in memory that the process holds itself; of others, Landlock hides them.
        if !real.is_absolute() || real.as_os_str().as_bytes().starts_with(b"/memfd:") {
            return GoOn;
        }
        let text = judge::shown(shown);
        let writing = format!("would open {text} for writing");
        match kind(stat) {
            FileType::CharacterDevice | FileType::BlockDevice => {
                let (major, minor) =
                    (rustix::fs::major(stat.st_rdev), rustix::fs::minor(stat.st_rdev));
                let known = kind(stat) == FileType::CharacterDevice
                    && DEVICES.iter().any(|one| (one.1, one.2) == (major, minor));
                match (known, write) {
                    (true, false) => GoOn,
                    (true, true) if writable_device(major, minor) => GoOn,
                    (_, true) if may(place, Access::WRITE_OK).is_ok() => Stop(writing),
                    (false, false) if may(place, Access::READ_OK).is_ok() => {
                        Refused(format!("opening the device {text}"), Errno::ACCESS)
                    }
                    (_, _) => Fails(Errno::ACCESS),
                }
            }
            FileType::Fifo if may(place, Access::READ_OK).is_ok() && !write => {
                Stop(format!("would read from the pipe {text}"))
            }
            FileType::Directory if flags.contains(OFlags::TMPFILE) => {
                self.unless_host_refuses(place, stat, "make a file in", shown)
            }
            FileType::Directory | FileType::Socket | FileType::Symlink => GoOn,
            FileType::RegularFile | FileType::Fifo | FileType::Unknown => {
                // Reading takes the messages away from who waits for them.
                let drained = ["kmsg", "trace_pipe", "trace_pipe_raw"]
                    .iter()
                    .any(|name| shown.file_name().is_some_and(|own| own == *name));
                if flags.contains(OFlags::CREATE | OFlags::EXCL) {
                    GoOn
                } else if !write && drained && real.starts_with("/proc")
                    || real.starts_with("/sys") && drained
                {
                    Refused(format!("opening {text}"), Errno::ACCESS)
                } else if write && may(place, Access::WRITE_OK).is_ok() {
                    Stop(writing)
                } else {
                    GoOn
                }
            }
        }
    }

    pub(super) fn names(&self, call: &Waiting, at: At, when: When, verb: &str) -> Verdict {
        let named = match self.named(call, at, Last::Keep) {
            Ok(named) => named,
            Err(verdict) => return verdict,
        };
        let removes_directory = verb.starts_with("remove")
            || call.call == libc::SYS_unlinkat
                && call.arguments[2] & libc::AT_REMOVEDIR as u64 != 0;
        match (&named.found, when) {
            (Found::Nowhere(_), _) => GoOn,
            (Found::Nothing { parent, .. }, _) if self.inside(parent) => GoOn,
            (Found::Something { real, .. }, _) if self.inside(real) && *real != self.scratch => {
                GoOn
            }
            (Found::Nothing { parent, .. }, When::Absent) => {
                match allowed(parent, Access::WRITE_OK | Access::EXEC_OK) {
                    Ok(()) => Stop(format!("would {verb} {}", shown(named.target()))),
                    Err(errno) => Fails(errno),
                }
            }
            (Found::Something { .. }, When::Absent) => Fails(Errno::EXIST),
            (Found::Nothing { .. }, When::There) => Fails(Errno::NOENT),
            (Found::Something { real, stat, .. }, When::There) => {
                let directory = kind(stat) == FileType::Directory;
                let holds = || std::fs::read_dir(real).is_ok_and(|mut some| some.next().is_some());
                match (directory, removes_directory) {
                    (true, false) => return Fails(Errno::ISDIR),
                    (false, true) => return Fails(Errno::NOTDIR),
                    (true, true) if holds() => return Fails(Errno::NOTEMPTY),
                    (true, true) | (false, false) => {}
                }
                let verb = if directory { "remove the directory" } else { verb };
                let parent = real.parent().unwrap_or(real);
                match allowed(parent, Access::WRITE_OK | Access::EXEC_OK) {
                    Ok(()) => Stop(format!("would {verb} {}", shown(named.target()))),
                    Err(errno) => Fails(errno),
                }
            }
        }
    }

    pub(super) fn moves(&self, call: &Waiting, from: At, to: At, verb: &str) -> Verdict {
        let found = self.named(call, from, Last::Keep);
        let found = found.and_then(|from| Ok((from, self.named(call, to, Last::Keep)?)));
        let (from, to) = match found {
            Ok(found) => found,
            Err(verdict) => return verdict,
        };
        let Found::Something { real, .. } = &from.found else {
            return GoOn;
        };
        let target = match &to.found {
            Found::Nowhere(_) => return GoOn,
            Found::Something { .. } if verb == "link" => return GoOn,
            Found::Something { real, .. } => real.parent().unwrap_or(real),
            Found::Nothing { parent, .. } => parent,
        };
        let source = real.parent().unwrap_or(real);
        let (source_inside, target_inside) = (self.inside(source), self.inside(target));
        if source_inside && target_inside {
            return GoOn;
        }
        // A copy is what follows on a host that has these on two file systems.
        if verb == "link" && target_inside {
            return Fails(Errno::XDEV);
        }
        let both = [(source, verb != "link" && !source_inside), (target, !target_inside)];
        for (directory, changes) in both {
            if changes && let Err(errno) = allowed(directory, Access::WRITE_OK | Access::EXEC_OK) {
                return Fails(errno);
            }
        }
        Stop(format!("would {verb} {} to {}", shown(from.target()), shown(to.target())))
    }

    pub(super) fn about(&self, call: &Waiting, at: At, about: About) -> Verdict {
        let last = if calls::keeps_link(call) { Last::Keep } else { Last::Follow };
        let named = match self.named(call, at, last) {
            Ok(named) => named,
            Err(verdict) => return verdict,
        };
        let verb = match about {
            About::Mode(_) => "change the mode of",
            About::Owner(_) => "change the owner of",
            About::Times { .. } => "change the times of",
            About::Attributes => "change the attributes of",
        };
        match &named.found {
            Found::Nowhere(errno) => Fails(*errno),
            Found::Nothing { .. } => Fails(Errno::NOENT),
            // Nothing refuses these but the filter, so the supervisor does them itself: between its
            // look and the call, the path could come to mean something else.
            Found::Something { real, place, .. } if self.inside(real) => {
                match change(call, about, place) {
                    Ok(()) => Done,
                    Err(errno) => Fails(errno),
                }
            }
            Found::Something { real, stat, place } => {
                let own = rustix::process::geteuid();
                let pipe = !real.is_absolute();
                let owner = own.is_root() || own.as_raw() == stat.st_uid;
                let by_access = matches!(about, About::Times { .. } | About::Attributes)
                    && may(place, Access::WRITE_OK).is_ok();
                if owner && !pipe || by_access {
                    Stop(format!("would {verb} {}", shown(named.target())))
                } else {
                    Fails(Errno::PERM)
                }
            }
        }
    }

    pub(super) fn length(&self, call: &Waiting, at: At) -> Verdict {
        let named = match self.named(call, at, Last::Follow) {
            Ok(named) => named,
            Err(verdict) => return verdict,
        };
        match &named.found {
            Found::Something { real, .. } if self.inside(real) => GoOn,
            Found::Something { stat, place, .. } => {
                self.unless_host_refuses(place, stat, "change the length of", named.target())
            }
            Found::Nothing { .. } | Found::Nowhere(_) => GoOn,
        }
    }

    /// A lock keeps others from theirs: a backup that finds it is skipped.
    pub(super) fn locks(&self, call: &Waiting) -> Verdict {
        if call.arguments[1] as i32 & (libc::LOCK_EX | libc::LOCK_SH) == 0 {
            return GoOn;
        }
        match self.named(call, At::Descriptor(0), Last::Follow) {
            Ok(Named { found: Found::Something { real, .. }, .. })
                if self.inside(&real) || !real.is_absolute() =>
            {
                GoOn
            }
            Ok(Named { found: Found::Something { real, .. }, .. }) => {
                Stop(format!("would lock {}", shown(&real)))
            }
            Ok(Named { found: Found::Nothing { .. } | Found::Nowhere(_), .. }) => {
                Fails(Errno::BADF)
            }
            Err(verdict) => verdict,
        }
    }

    pub(super) fn ioctl(&self, call: &Waiting) -> Verdict {
        let request = call.arguments[1] as u32;
        let named = self.named(call, At::Descriptor(0), Last::Follow);
        let Ok(Named { found: Found::Something { real, stat, .. }, .. }) = named else {
            return Fails(Errno::NOTTY);
        };
        if self.inside(&real) || kind(&stat) == FileType::Fifo {
            Fails(Errno::NOTTY)
        } else if ATTRIBUTE_REQUESTS.contains(&request) {
            let own = rustix::process::geteuid();
            if own.is_root() || own.as_raw() == stat.st_uid {
                Stop(format!("would change the attributes of {}", shown(&real)))
            } else {
                Fails(Errno::PERM)
            }
        } else {
            let what = format!("request {request:#x} to {}", shown(&real));
            Refused(what, Errno::NOTTY)
        }
    }

    /// What the host refuses by itself is no write: the command goes on as it would there.
    fn unless_host_refuses(
        &self,
        place: &OwnedFd,
        stat: &Stat,
        verb: &str,
        path: &Path,
    ) -> Verdict {
        match may(place, Access::WRITE_OK) {
            Ok(()) if kind(stat) != FileType::Directory || verb.starts_with("make") => {
                Stop(format!("would {verb} {}", shown(path)))
            }
            Ok(()) | Err(_) => GoOn,
        }
    }
}

/// Does to a file of the scratch directory what a call asks.
fn change(call: &Waiting, about: About, place: &OwnedFd) -> Result<(), Errno> {
    let path = proc_path(place);
    match about {
        About::Mode(at) => {
            let mode = Mode::from_raw_mode(call.arguments[at] as u32 & 0o1777);
            rustix::fs::chmodat(CWD, path, mode, AtFlags::empty())
        }
        About::Owner(at) => {
            let id = |at: usize| call.arguments[at] as u32;
            let user = (id(at) != u32::MAX).then(|| rustix::fs::Uid::from_raw(id(at)));
            let group = (id(at + 1) != u32::MAX).then(|| rustix::fs::Gid::from_raw(id(at + 1)));
            rustix::fs::chownat(place, "", user, group, AtFlags::EMPTY_PATH)
        }
        About::Times { at, nanoseconds } => {
            use rustix::fs::{Timespec, Timestamps, UTIME_NOW};
            let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
            let mut times = Timestamps { last_access: now, last_modification: now };
            let pointer = if nanoseconds { call.arguments[at] } else { 0 };
            let mut raw = [0_u8; 32];
            if pointer != 0 && sys::read_memory(call.pid, pointer, &mut raw) == raw.len() {
                let number = |at: usize| {
                    i64::from_ne_bytes(raw[at * 8..at * 8 + 8].try_into().unwrap_or_default())
                };
                let time = |at: usize| Timespec { tv_sec: number(at), tv_nsec: number(at + 1) };
                times = Timestamps { last_access: time(0), last_modification: time(2) };
            }
            rustix::fs::utimensat(place, "", &times, AtFlags::EMPTY_PATH)
        }
        About::Attributes => Err(Errno::OPNOTSUPP),
    }
}
