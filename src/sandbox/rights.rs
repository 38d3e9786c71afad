//! Answers the calls on files of an ordinary user's run as the host would, where the kernel inside would not.
//!
//! What others own seems to be the caller's inside, so the kernel lets the run do what only an owner may. Here it is
//! refused before it happens. A thread that changes a path between this look and the call gains nothing but a wrong
//! result of its own dry run: what holds it is not here.
#![allow(clippy::disallowed_methods)]

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{Access, FileType, Mode as FileMode, OFlags, Stat};

use super::calls::{self, ATTRIBUTE_REQUESTS, About, At, Does, Flags, When};
use super::entry::shown;
use super::foreign::{Identity, Standing, identity};
use super::ground::{Ground, Show, Source};
use super::memory;
use super::named::{Entry, Named, Tree, Written, of_descriptor};
use super::protocol::{Failure, Mode};
use super::sys::Waiting;
use super::tree::file_type;

/// More that could not be copied is not listed.
const LISTED: usize = 20;
/// How long the calls of one run may be looked at, in all.
const PATIENCE: Duration = Duration::from_secs(5);
/// More names that something may have moved to are not followed.
const TARGETS: usize = 10_000;

/// What is asked, and what was seen, during one run of an ordinary user.
#[derive(Debug)]
pub(super) struct Rights<'a> {
    ground: &'a Ground,
    tree: Tree,
    standing: &'a Standing,
    asked: Asked,
    /// Second names that something of somebody else is about to have.
    linked: Vec<PathBuf>,
    /// Directories whose content can be changed.
    reached: HashSet<Identity>,
    /// How long calls were looked at.
    spent: Duration,
}

/// What a run asked for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// What seems to be the caller's and is not.
    pub(super) foreign: HashSet<Identity>,
    /// New names that some of it may have.
    pub(super) targets: Vec<PathBuf>,
    /// What the host lets the caller change and the sandbox cannot copy.
    pub(super) not_copied: BTreeSet<String>,
    /// Calls that were not looked at, because those before them took too long.
    pub(super) unjudged: u64,
}

/// What a call does to an entry of a directory.
#[derive(Debug, Clone, Copy)]
enum Change {
    /// Makes it, where nothing is.
    Made,
    /// Takes the name away, or gives it to something else.
    Removed,
    Moved,
    /// Gives it a second name.
    Linked,
    Content,
    /// Changes what only its owner may.
    About,
}

impl<'a> Rights<'a> {
    /// Begins a run, for an ordinary user only.
    pub(super) fn new(ground: &'a Ground, standing: &'a Standing) -> Result<Option<Self>, Failure> {
        if ground.mode != Mode::User {
            return Ok(None);
        }
        let tree = Tree::open_now();
        let tree = tree.map_err(|error| Failure::of("opening the tree of a run", error))?;
        Ok(Some(Self {
            ground,
            tree,
            standing,
            asked: Asked { foreign: standing.identities(), ..Asked::default() },
            linked: Vec::new(),
            reached: HashSet::new(),
            spent: Duration::ZERO,
        }))
    }

    /// Returns the error that a call meets on the host where the kernel inside would let it go on. A run that asks too
    /// much is not held up any longer: from then on only what is left of its calls tells.
    pub(super) fn refusal(&mut self, call: &Waiting) -> Option<i32> {
        if self.spent > PATIENCE {
            self.asked.unjudged += 1;
            return None;
        }
        let begun = Instant::now();
        let refusal = self.judge(call);
        self.spent += begun.elapsed();
        refusal
    }

    fn judge(&mut self, call: &Waiting) -> Option<i32> {
        self.settle();
        if call.call == libc::SYS_fcntl {
            let stat = self.tree.stat(call, &Named::Descriptor(call.arguments[0] as i32), false)?;
            return self.is_foreign(&stat).then_some(libc::EPERM);
        }
        match calls::meaning(call.call)? {
            Does::About(at, about) => self.about(call, at, about),
            Does::Open(at, flags) => self.opens(call, at, flags),
            Does::Names(at, When::Absent, _) => self.makes(call, at),
            Does::Names(at, When::There, _) => self.removes(call, at),
            Does::Moves(from, to, verb) => self.moves(call, from, to, verb),
            Does::Length(at) => {
                self.changes(call, at, Change::Content);
                None
            }
            Does::Bind => self.binds(call),
            Does::Ioctl if ATTRIBUTE_REQUESTS.contains(&(call.arguments[1] as u32)) => {
                self.about(call, At::Descriptor(0), About::Mode(1))
            }
            Does::Ioctl
            | Does::Process(_)
            | Does::Forks
            | Does::Starts(..)
            | Does::Socket
            | Does::Connect(..)
            | Does::Lock
            | Does::Change(_)
            | Does::Shared(_) => None,
        }
    }

    /// Returns what the run asked for.
    pub(super) fn finish(mut self) -> Asked {
        self.settle();
        self.asked
    }

    /// A second name may show another inode than the first.
    fn settle(&mut self) {
        for path in std::mem::take(&mut self.linked) {
            if let Some(stat) = self.tree.look(&path) {
                self.asked.foreign.insert(identity(&stat));
            }
        }
    }

    fn is_foreign(&self, stat: &Stat) -> bool {
        self.asked.foreign.contains(&identity(stat))
    }

    fn about(&mut self, call: &Waiting, at: At, about: About) -> Option<i32> {
        let named = self.tree.named(call, at)?;
        let stat = self.tree.stat(call, &named, calls::keeps_link(call))?;
        if !self.is_foreign(&stat) {
            let what = match about {
                About::Attributes => Change::Content,
                About::Mode(_) | About::Owner(_) | About::Times { .. } => Change::About,
            };
            self.changes(call, at, what);
            return None;
        }
        let refused = match about {
            About::Mode(_) => true,
            About::Owner(at) => {
                [at, at + 1].iter().any(|at| call.arguments[*at] as u32 != u32::MAX)
            }
            About::Times { at, nanoseconds } => !nanoseconds || is_another_time(call, at),
            About::Attributes => is_for_owner(call, &stat),
        };
        if !refused {
            self.changes(call, at, Change::Content);
        }
        refused.then_some(libc::EPERM)
    }

    fn opens(&mut self, call: &Waiting, at: At, flags: Flags) -> Option<i32> {
        let flags = match flags {
            Flags::Argument(at) => call.arguments[at] as u32,
            Flags::Create => (OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC).bits(),
            Flags::Memory(at) => {
                let how = memory::bytes(call.pid, call.arguments[at], 8);
                u64::from_ne_bytes(how.try_into().ok()?) as u32
            }
        };
        let flags = OFlags::from_bits_retain(flags);
        if flags.contains(OFlags::PATH) {
            return None;
        }
        let writes = flags.intersects(OFlags::RWMODE | OFlags::TRUNC);
        if flags.contains(OFlags::NOATIME) {
            let named = self.tree.named(call, at)?;
            let stat = self.tree.stat(call, &named, flags.contains(OFlags::NOFOLLOW));
            if let Some(stat) = stat.filter(|stat| self.is_foreign(stat)) {
                // Who may not even open it gets to know that first.
                let reads = !flags.contains(OFlags::WRONLY);
                let denied =
                    reads && stat.st_mode & 0o400 == 0 || writes && stat.st_mode & 0o200 == 0;
                return (!denied).then_some(libc::EPERM);
            }
        }
        if flags.contains(OFlags::TMPFILE) {
            let Named::Path(path) = self.tree.named(call, at)? else { return None };
            self.look_for_copies(&path.join("x"), Change::Made);
        } else if flags.contains(OFlags::CREATE | OFlags::EXCL) {
            return self.makes(call, at);
        } else if writes || flags.contains(OFlags::CREATE) {
            let Named::Path(path) = self.tree.named(call, at)? else { return None };
            let change = if writes { Change::Content } else { Change::Made };
            self.look_at_end(&path, flags.contains(OFlags::NOFOLLOW), change);
        }
        None
    }

    fn makes(&mut self, call: &Waiting, at: At) -> Option<i32> {
        if let Named::Path(path) = self.tree.named(call, at)? {
            self.look_for_copies(&path, Change::Made);
        }
        None
    }

    fn binds(&mut self, call: &Waiting) -> Option<i32> {
        let length = call.arguments[2].min(110);
        let address = memory::bytes(call.pid, call.arguments[1], length);
        let (family, path) = address.split_first_chunk::<2>()?;
        if i32::from(u16::from_ne_bytes(*family)) == libc::AF_UNIX && path.first() != Some(&0) {
            let path = path.split(|byte| *byte == 0).next().unwrap_or_default();
            let path = Written::by(call, libc::AT_FDCWD, path);
            self.look_for_copies(&path, Change::Made);
        }
        None
    }

    fn removes(&mut self, call: &Waiting, at: At) -> Option<i32> {
        let Named::Path(path) = self.tree.named(call, at)? else { return None };
        let entry = self.tree.entry(&path)?;
        self.guarded(&entry).or_else(|| {
            self.look_for_copies_in(&entry, Change::Removed);
            None
        })
    }

    fn moves(&mut self, call: &Waiting, from: At, to: At, verb: &str) -> Option<i32> {
        let Named::Path(to) = self.tree.named(call, to)? else { return None };
        let Named::Path(from) = self.tree.named(call, from)? else { return None };
        let (from, to) = (self.tree.entry(&from)?, self.tree.entry(&to)?);
        let stat = *from.stat()?;
        let foreign = self.is_foreign(&stat);
        if verb == "link" {
            let safe = file_type(&stat) == FileType::RegularFile && stat.st_mode & 0o600 == 0o600;
            if foreign && !safe && links_are_protected() {
                return Some(libc::EPERM);
            }
        } else if let Some(errno) = self.guarded(&from).or_else(|| self.guarded(&to)) {
            return Some(errno);
        }
        self.look_for_copies_in(&to, Change::Removed);
        if verb != "link" || may_change(&self.host_path(&to)?.0) {
            self.look_for_copies_in(
                &from,
                if verb == "link" { Change::Linked } else { Change::Moved },
            );
        }
        if foreign || file_type(&stat) == FileType::Directory {
            self.follow(&from, &to, (foreign, verb == "link"));
        }
        None
    }

    /// Notes the names that things of others have if a move succeeds.
    fn follow(&mut self, from: &Entry, to: &Entry, (foreign, second): (bool, bool)) -> Option<()> {
        let new = self.tree.directory(to)?.join(&to.name);
        if foreign && self.asked.targets.len() < TARGETS {
            self.asked.targets.push(new.clone());
            self.linked.extend((second && to.stat().is_none()).then(|| new.clone()));
        }
        let old = self.tree.directory(from)?.join(&from.name);
        let below = |path: &Path| Some(new.join(path.strip_prefix(&old).ok()?));
        let known = self.asked.targets.iter().map(PathBuf::as_path).chain(self.standing.paths());
        let moved: Vec<PathBuf> = known.filter_map(below).collect();
        let room = TARGETS.saturating_sub(self.asked.targets.len());
        self.asked.targets.extend(moved.into_iter().take(room));
        Some(())
    }

    /// Only the owner of a file or of the directory removes it where that is sticky (inode(7)).
    fn guarded(&self, entry: &Entry) -> Option<i32> {
        let (mode, sticky_and_writable) = (entry.above.st_mode, 0o1300);
        if mode & sticky_and_writable != sticky_and_writable || !self.is_foreign(&entry.above) {
            return None;
        }
        let stat = entry.stat()?;
        (stat.st_uid != 0 || self.is_foreign(stat)).then_some(libc::EPERM)
    }

    /// Notes where a call cannot change a file because the overlay cannot copy it.
    fn changes(&mut self, call: &Waiting, at: At, what: Change) {
        let path = match self.tree.named(call, at) {
            Some(Named::Path(path)) => Some(path),
            Some(Named::Descriptor(number)) => of_descriptor(call, number).map(Written::at),
            None => None,
        };
        if let Some(path) = path {
            self.look_at_end(&path, calls::keeps_link(call), what);
        }
    }

    /// Looks at where a path ends, which may be elsewhere if its last part is a link.
    fn look_at_end(&mut self, path: &Written, keep_link: bool, what: Change) {
        let Some(entry) = self.tree.entry(path) else { return };
        let link = |stat: &Stat| file_type(stat) == FileType::Symlink;
        if !keep_link && entry.stat().is_some_and(link) {
            if let Some(end) = self.tree.end_of(path) {
                self.look_for_copies(&Written::at(end), what);
            }
        } else {
            self.look_for_copies_in(&entry, what);
        }
    }

    fn look_for_copies(&mut self, path: &Written, what: Change) {
        if let Some(entry) = self.tree.entry(path) {
            self.look_for_copies_in(&entry, what);
        }
    }

    /// The overlay copies a directory before what is in it changes, and a file before it does; what belongs to a user or a
    /// group that the user namespace does not know cannot be copied.
    fn look_for_copies_in(&mut self, entry: &Entry, what: Change) {
        let known = |stat: &Stat| stat.st_uid == 0 && stat.st_gid == 0;
        let there = || entry.stat();
        let copied = match what {
            Change::Removed => None,
            Change::Made if there().is_some() => return,
            Change::Content if there().is_some_and(is_special) => return,
            Change::Made | Change::Content | Change::Moved | Change::Linked | Change::About => {
                there()
            }
        };
        if let Some(stat) = copied.filter(|stat| stat.st_nlink > 1 && self.is_foreign(stat)) {
            self.copy_now(entry, stat);
        }
        let above = identity(&entry.above);
        let itself = copied.is_none_or(known);
        if itself && self.reached.contains(&above) {
            return;
        }
        let Some((directory, top)) = self.host_path(entry) else { return };
        let path = directory.join(&entry.name);
        let mut unknown = (!itself).then(|| path.clone());
        let below = directory.strip_prefix(&top).unwrap_or(Path::new(""));
        for step in below.ancestors().filter(|step| !step.as_os_str().is_empty()) {
            let at = top.join(step);
            let stat = self.tree.look(&at);
            // What is above one that can be copied can be, too.
            if stat.is_some_and(|stat| self.reached.contains(&identity(&stat))) {
                break;
            }
            if stat.is_some_and(|stat| !known(&stat)) {
                unknown.get_or_insert(at);
            }
        }
        let Some(unknown) = unknown else {
            self.reached.insert(above);
            return;
        };
        let allowed = match (copied, what) {
            (Some(_), Change::Linked) => true,
            (Some(stat), Change::About) => stat.st_uid == 0,
            (Some(_), Change::Content) => may_change(&path),
            (None, _) | (Some(_), Change::Made | Change::Removed | Change::Moved) => {
                may_change(&directory)
            }
        };
        if allowed && self.asked.not_copied.len() < LISTED {
            let meant =
                if unknown == path { String::new() } else { format!(", for {}", shown(&path)) };
            self.asked.not_copied.insert(format!(
                "the sandbox could not copy {}, which belongs to another owner or group{meant}; as root it could",
                shown(&unknown)
            ));
        }
    }

    /// A file with several names in a layer gets another inode when it is copied to the next one.
    fn copy_now(&mut self, entry: &Entry, stat: &Stat) {
        if file_type(stat) != FileType::RegularFile {
            return;
        }
        let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = rustix::fs::open(entry.place(), flags, FileMode::empty());
        if let Ok(now) = opened.and_then(rustix::fs::fstat) {
            self.asked.foreign.insert(identity(&now));
        }
    }

    /// Returns the path of an entry's directory and the top of its branch, where things are copied.
    fn host_path(&self, entry: &Entry) -> Option<(PathBuf, PathBuf)> {
        let directory = self.tree.directory(entry)?;
        let top = self.top_of(&directory)?;
        Some((directory, top))
    }

    /// Returns the top of the branch that holds a directory; none where nothing is copied.
    fn top_of(&self, directory: &Path) -> Option<PathBuf> {
        let pieces = self.ground.pieces.iter().filter(|piece| directory.starts_with(&piece.at));
        let piece = pieces.max_by_key(|piece| piece.at.as_os_str().len())?;
        let not_files = ["/proc", "/sys", "/dev"].iter().any(|at| directory.starts_with(at));
        match piece.from {
            Source::Branch(index) if !not_files => {
                let branch = &self.ground.branches[index];
                (branch.show != Show::Nothing).then(|| branch.at.clone())
            }
            Source::Branch(_) | Source::Mount(_) | Source::Nothing => None,
        }
    }
}

/// Tells whether the host lets the caller change something.
fn may_change(path: &Path) -> bool {
    rustix::fs::access(path, Access::WRITE_OK).is_ok()
}

/// Tells whether something is written to without a copy of it.
fn is_special(stat: &Stat) -> bool {
    !matches!(file_type(stat), FileType::RegularFile | FileType::Directory)
}

/// Tells whether times are asked for that only the owner may set: anything but now for both, or nothing at all.
fn is_another_time(call: &Waiting, at: usize) -> bool {
    let raw = memory::bytes(call.pid, call.arguments[at], 32);
    let nanoseconds = |at: usize| raw.get(at..at + 8)?.try_into().ok().map(i64::from_ne_bytes);
    let both = (nanoseconds(8), nanoseconds(24));
    let same = |special| both == (Some(special), Some(special));
    !same(libc::UTIME_NOW) && !same(libc::UTIME_OMIT)
}

/// Tells whether only the owner may change an attribute: a list of rights, or any of a sticky directory (xattr(7)).
fn is_for_owner(call: &Waiting, stat: &Stat) -> bool {
    let by_path_and_flags = [libc::SYS_setxattr, libc::SYS_lsetxattr, libc::SYS_fsetxattr]
        .into_iter()
        .chain([libc::SYS_removexattr, libc::SYS_lremovexattr, libc::SYS_fremovexattr]);
    let at = match call.call {
        own if by_path_and_flags.into_iter().any(|one| one == own) => 1,
        calls::SETXATTRAT | calls::REMOVEXATTRAT => 3,
        // The flags of a file.
        _ => return true,
    };
    let name = memory::string(call.pid, call.arguments[at], 256);
    let sticky = file_type(stat) == FileType::Directory && stat.st_mode & 0o1000 != 0;
    name.starts_with(b"system.posix_acl_") || sticky && name.starts_with(b"user.")
}

/// Tells whether links to what others own are refused (proc_sys_fs(5)).
fn links_are_protected() -> bool {
    std::fs::read("/proc/sys/fs/protected_hardlinks").is_ok_and(|text| !text.starts_with(b"0"))
}
