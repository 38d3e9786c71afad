//! The ground of a session: namespaces, a file system in memory, and the host's mounts as lower layers.
#![allow(clippy::disallowed_methods)]

use std::collections::HashSet;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode as FileMode, Stat};
use rustix::mount::{
    MountFlags, MoveMountFlags, OpenTreeFlags, mount, mount_bind, move_mount, open_tree,
};

use super::attributes::Attribute;
use super::devices;
use super::entry;
use super::mounts::{MountTable, Treatment};
use super::namespaces::{self, SHIFT};
use super::protocol::{Failure, Masked, Mode, Setup, Time};
use super::skeleton::{self, Skeleton};
use super::sys;
use super::tree::Place;

/// Bytes and files for the directories of a session itself.
const OWN_BYTES: u64 = 64 << 20;
const OWN_FILES: u64 = 100_000;

/// Where the sandbox keeps its own things inside.
pub(super) const OWN: &str = "/.blackstart";

/// What stands for mounts that are not shown.
pub(super) const EMPTY_DIRECTORY: &str = "f/directory";
pub(super) const EMPTY_FILE: &str = "f/file";

/// Where the script of a run is written.
pub(super) const SCRIPT_HELD: &str = "s";

/// A part of the tree with a lower directory and one upper directory per layer.
#[derive(Debug)]
pub(super) struct Branch {
    /// Absolute path inside.
    pub(super) at: PathBuf,
    pub(super) flags: MountFlags,
    /// Attributes of its top directory.
    pub(super) top: Stat,
    /// Its extended attributes.
    pub(super) attributes: Vec<Attribute>,
    pub(super) show: Show,
}

/// Whether what changes in a branch is an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Show {
    /// It is; and who owns the host's directory may change the directory itself.
    Effects(Owner),
    /// It is not: the sandbox's own directory.
    Nothing,
}

/// Who owns the host's directory at the top of a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The caller, or the caller is root.
    Caller,
    /// Somebody else; inside it seems to be the caller.
    Other,
}

/// Something that stands at a path of the tree that runs see.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) at: PathBuf,
    pub(super) from: Source,
}

/// Where a [`Piece`] comes from.
#[derive(Debug)]
pub(super) enum Source {
    /// The branch with this index, copy on write.
    Branch(usize),
    /// A mount at a path of the file system in memory, as it is.
    Mount(String),
    /// Nothing of the host: an empty directory, or an empty file on a file.
    Nothing,
}

/// What all runs of a session stand on. The working directory is the file system in memory:
/// `l/N` lower, `u/N` upper, `u/wN` work, `b/N` branches, `v/N` views, `f/N` files and directories
/// shown as they are, `s` the script of a run, `m` the tree that runs see.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) mode: Mode,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) branches: Vec<Branch>,
    /// Parents before what stands below them.
    pub(super) pieces: Vec<Piece>,
    /// Index of the sandbox's own branch.
    pub(super) own: usize,
    pub(super) has_standins: bool,
    /// The user namespace that a run enters last.
    pub(super) inner: OwnedFd,
    /// Directories and links of somebody else between branches.
    pub(super) foreign: HashSet<PathBuf>,
    pub(super) masked: Vec<Masked>,
    pub(super) notes: Vec<String>,
    pub(super) host: MountTable,
    /// When the host's tree was taken as the ground, in seconds and nanoseconds.
    pub(super) since: Time,
}

impl Ground {
    /// Returns the id a person knows for an id seen by the supervisor.
    pub(super) fn real_id(&self, id: u32) -> u32 {
        match self.mode {
            Mode::RootShifted => id.checked_sub(SHIFT).unwrap_or(65_534),
            Mode::RootIdentity => id,
            Mode::User if id == 0 => self.uid,
            Mode::User => id,
        }
    }

    /// Tells whether a time of modification may come from a write: one from before the sandbox, or from the future,
    /// was set by somebody.
    pub(super) fn was_written(&self, time: Time) -> bool {
        time.0 + 1 >= self.since.0 && time.0 <= now().0 + 1
    }

    /// Makes the namespaces and everything in them.
    pub(super) fn lay(setup: &Setup) -> Result<Self, Failure> {
        let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        let host = MountTable::open()
            .map_err(|error| Failure::of("reading /proc/self/mountinfo", error))?;
        let plan = match setup.mode {
            Mode::RootShifted | Mode::RootIdentity => skeleton::whole_root(&host.mounts),
            Mode::User => skeleton::split_root(&host.mounts, uid),
        };
        namespaces::make(setup.mode, uid, gid)?;
        if let Some(name) = &setup.hostname {
            rustix::system::sethostname(name.as_bytes())
                .map_err(|error| Failure::of("naming the machine", error))?;
        }
        let mut ground = Self {
            mode: setup.mode,
            uid,
            gid,
            branches: Vec::new(),
            pieces: Vec::new(),
            own: 0,
            has_standins: false,
            inner: namespaces::inner(setup.mode, uid, gid)?,
            foreign: plan.foreign.clone(),
            masked: Vec::new(),
            notes: plan.notes.clone(),
            host,
            since: now(),
        };
        ground.build(setup, &plan)?;
        let empty = plan.empty.iter().map(|at| Piece { at: at.clone(), from: Source::Nothing });
        ground.pieces.extend(empty);
        for host in &ground.host.mounts {
            if host.treatment() != Treatment::Mask {
                continue;
            }
            if !plan.empty.contains(&host.at) {
                ground.pieces.push(Piece { at: host.at.clone(), from: Source::Nothing });
            }
            ground
                .masked
                .push(Masked { path: host.at.display().to_string(), kind: host.kind.clone() });
        }
        Ok(ground)
    }

    fn build(&mut self, setup: &Setup, plan: &Skeleton) -> Result<(), Failure> {
        let owners = match setup.mode {
            Mode::RootShifted => Some(self.inner.try_clone())
                .transpose()
                .map_err(|error| Failure::of("sharing a user namespace", error))?,
            Mode::RootIdentity | Mode::User => None,
        };
        let owners = owners.as_ref();
        let mut lowers = Vec::new();
        for branch in &plan.branches {
            match clone_tree(&branch.at, owners) {
                Ok(tree) => lowers.push((branch, tree)),
                // Without the call, or without the root, there is nothing to show at all.
                Err(failure) if branch.at == Path::new("/") || failure.errno == libc::ENOSYS => {
                    return Err(failure);
                }
                Err(failure) => self.notes.push(not_shown(&branch.at, &failure)),
            }
        }
        let mut files = Vec::new();
        for file in &plan.files {
            match clone_tree(file, owners) {
                Ok(tree) => files.push((file, tree)),
                Err(failure) => self.notes.push(not_shown(file, &failure)),
            }
        }
        let program = std::fs::read_link("/proc/self/exe").unwrap_or_default();
        let own_binary = clone_tree(&program, owners);

        enter_memory(setup.disk, setup.files)?;
        if setup.mode == Mode::User {
            plan.make_directories("l/0")
                .map_err(|error| Failure::of("making the skeleton", error))?;
            self.add_branch(Path::new("/"), MountFlags::empty(), Show::Effects(Owner::Other))?;
        }
        for (branch, tree) in lowers {
            let place = format!("l/{}", self.branches.len());
            make_directory(&place)?;
            attach(&tree, &place)?;
            self.add_branch(&branch.at, branch.flags, Show::Effects(branch.owner))?;
            if let (Some(mode), Some(added)) = (branch.top_mode, self.branches.last_mut()) {
                let top = &mut added.top;
                (top.st_mode, top.st_uid, top.st_gid) = ((top.st_mode & !0o7777) | mode, 0, 0);
            }
        }
        for (path, tree) in files {
            self.show(path, |place| {
                std::fs::File::create(place)
                    .map_err(|error| Failure::of("making a file", error))?;
                attach(&tree, place)
            })?;
        }
        devices::add(self)?;
        self.build_own(own_binary, setup)
    }

    /// Adds the branch whose lower directory is made already.
    pub(super) fn add_branch(
        &mut self,
        at: &Path,
        flags: MountFlags,
        show: Show,
    ) -> Result<(), Failure> {
        let place = format!("l/{}", self.branches.len());
        make_directory(&format!("b/{}", self.branches.len()))?;
        let lower = Place::root(place.as_str())
            .map_err(|error| Failure::of(&format!("opening {place}"), error))?;
        self.pieces.push(Piece { at: at.to_owned(), from: Source::Branch(self.branches.len()) });
        self.branches.push(Branch {
            at: at.to_owned(),
            flags: flags | MountFlags::NODEV | MountFlags::NOSUID,
            top: stat(&place)?,
            attributes: entry::payloads(self.mode, lower.attributes().unwrap_or_default()),
            show,
        });
        Ok(())
    }

    /// Shows what `put` mounts, read-only, at a path.
    pub(super) fn show(
        &mut self,
        at: &Path,
        put: impl FnOnce(&str) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let place = format!("f/{}", self.pieces.len());
        put(&place)?;
        restrict(&place, Refuse::ChangesAndDevices)?;
        self.pieces.push(Piece { at: at.to_owned(), from: Source::Mount(place) });
        Ok(())
    }

    /// Returns the owner, on the supervisor's side, of what belongs to root inside.
    pub(super) fn root_inside(&self) -> u32 {
        match self.mode {
            Mode::RootShifted => SHIFT,
            Mode::RootIdentity | Mode::User => 0,
        }
    }

    /// The sandbox's own directory: stand-ins, their state, the script of a run.
    fn build_own(
        &mut self,
        binary: Result<OwnedFd, Failure>,
        setup: &Setup,
    ) -> Result<(), Failure> {
        self.own = self.branches.len();
        let place = format!("l/{}", self.own);
        make_directory(&place)?;
        let failed = |error| Failure::of("making the sandbox's own directory", error);
        let elsewhere = setup.hostname.is_some().then_some(super::standins::ELSEWHERE);
        for file in ["run", "script"].into_iter().chain(elsewhere) {
            std::fs::File::create(format!("{place}/{file}")).map_err(failed)?;
        }
        for directory in ["bin", "state"] {
            std::fs::create_dir(format!("{place}/{directory}")).map_err(failed)?;
        }
        rustix::fs::chmod(format!("{place}/state"), FileMode::from_raw_mode(0o1777))
            .map_err(|error| failed(error.into()))?;
        for name in super::standins::names() {
            std::os::unix::fs::symlink("../run", format!("{place}/bin/{name}")).map_err(failed)?;
        }
        let owner = self.root_inside();
        for part in ["", "/bin", "/state"] {
            std::os::unix::fs::chown(format!("{place}{part}"), Some(owner), Some(owner))
                .map_err(failed)?;
        }
        super::standins::make_files(&format!("{place}/state"), owner).map_err(failed)?;
        self.add_branch(Path::new(OWN), MountFlags::empty(), Show::Nothing)?;
        let own = Path::new(OWN);
        std::fs::File::create(SCRIPT_HELD).map_err(failed)?;
        rustix::fs::chmod(SCRIPT_HELD, FileMode::from_raw_mode(0o755))
            .map_err(|error| failed(error.into()))?;
        std::os::unix::fs::chown(SCRIPT_HELD, Some(owner), Some(owner)).map_err(failed)?;
        self.show(&own.join("script"), |place| {
            std::fs::File::create(place).map_err(failed)?;
            mount_bind(SCRIPT_HELD, place).map_err(|error| Failure::of("showing a script", error))
        })?;
        match binary {
            Ok(binary) => {
                self.show(&own.join("run"), |place| {
                    std::fs::File::create(place).map_err(failed)?;
                    attach(&binary, place)
                })?;
                self.has_standins = true;
            }
            Err(failure) => self.notes.push(format!("no stand-ins: {}", said(&failure))),
        }
        Ok(())
    }
}

fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or((0, 0), |since| (since.as_secs() as i64, i64::from(since.subsec_nanos())))
}

fn said(failure: &Failure) -> String {
    format!("{} failed with error {}", failure.doing, failure.errno)
}

/// Says that the sandbox has no such directory or file although the host has.
pub(super) fn not_shown(path: &Path, failure: &Failure) -> String {
    format!("{} is not shown: {}", path.display(), said(failure))
}

fn clone_tree(path: &Path, owners: Option<&OwnedFd>) -> Result<OwnedFd, Failure> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let tree = open_tree(CWD, path, flags)
        .map_err(|error| Failure::of(&format!("cloning the mount of {}", path.display()), error))?;
    if let Some(owners) = owners {
        sys::map_owners(tree.as_fd(), owners.as_fd()).map_err(|error| {
            Failure::of(&format!("shifting the owners of {}", path.display()), error)
        })?;
    }
    Ok(tree)
}

fn attach(tree: &OwnedFd, place: &str) -> Result<(), Failure> {
    move_mount(tree, "", CWD, place, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
        .map_err(|error| Failure::of("attaching a mount", error))
}

/// Mounts the file system in memory over a directory that nothing here needs, and goes there.
fn enter_memory(bytes: u64, files: u64) -> Result<(), Failure> {
    let at = ["/sys", "/mnt", "/media", "/srv", "/tmp"]
        .into_iter()
        .find(|path| Path::new(path).is_dir())
        .ok_or_else(|| Failure {
            doing: "looking for a directory to mount on".into(),
            errno: libc::ENOENT,
            detail: String::new(),
        })?;
    let memory = |at: &str, bytes: u64, files: u64| {
        let options = std::ffi::CString::new(format!("size={bytes},nr_inodes={files},mode=755"))
            .expect("digits hold no NUL");
        let flags = MountFlags::NODEV | MountFlags::NOSUID;
        mount("tmpfs", at, "tmpfs", flags, Some(options.as_c_str()))
            .map_err(|error| Failure::of("mounting memory", error))
    };
    memory(at, OWN_BYTES, OWN_FILES)?;
    std::env::set_current_dir(at).map_err(|error| Failure::of("entering memory", error))?;
    for name in ["l", "u", "b", "v", "f", "m", EMPTY_DIRECTORY] {
        make_directory(name)?;
    }
    // What stands for every mount that is not shown.
    let quiet = MountFlags::RDONLY | MountFlags::NODEV | MountFlags::NOSUID | MountFlags::NOEXEC;
    mount("tmpfs", EMPTY_DIRECTORY, "tmpfs", quiet, Some(c"size=4k,mode=555"))
        .map_err(|error| Failure::of("mounting an empty directory", error))?;
    let failed = |error| Failure::of("making an empty file", error);
    std::fs::File::create(EMPTY_FILE).map_err(failed)?;
    mount_bind(EMPTY_FILE, EMPTY_FILE).map_err(|error| failed(error.into()))?;
    restrict(EMPTY_FILE, Refuse::ChangesAndDevices)?;
    // What runs write cannot take the room that the supervisor needs.
    memory("u", bytes, files)
}

/// What a mount lets nobody do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refuse {
    Changes,
    ChangesAndDevices,
}

/// Adds restrictions to those that a mount has already, which may not be lifted here.
pub(super) fn restrict(place: &str, refuse: Refuse) -> Result<(), Failure> {
    let failed = |error| Failure::of("protecting a mount", error);
    let devices = match refuse {
        Refuse::Changes => 0,
        Refuse::ChangesAndDevices => sys::NO_DEVICES,
    };
    let place = std::ffi::CString::new(place).map_err(|error| failed(error.into()))?;
    let attributes = sys::READ_ONLY | sys::NO_SETUID | devices;
    sys::restrict_mount(&place, attributes).map_err(failed)
}

pub(super) fn make_directory(path: &str) -> Result<(), Failure> {
    std::fs::create_dir(path).map_err(|error| Failure::of(&format!("making {path}"), error))
}

fn stat(path: &str) -> Result<Stat, Failure> {
    rustix::fs::lstat(path).map_err(|error| Failure::of(&format!("reading {path}"), error))
}
