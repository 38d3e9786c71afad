//! The ground of a session: namespaces, a file system in memory, and the host's mounts as lower layers.
#![allow(clippy::disallowed_methods)]

use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode as FileMode, Stat};
use rustix::mount::{
    MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, mount, mount_change,
    move_mount, open_tree,
};

use super::mounts::{self, Treatment};
use super::protocol::{Failure, Masked, Mode, Setup, Time};
use super::skeleton::{self, Skeleton};
use super::sys::{self, Side};

/// First host id of the sandbox's users in [`Mode::RootShifted`], and how many there are.
pub(super) const SHIFT: u32 = 1 << 30;

/// Bytes and files for the directories of a session itself.
const OWN_BYTES: u64 = 64 << 20;
const OWN_FILES: u64 = 100_000;

/// Where the sandbox keeps its own things inside.
pub(super) const OWN: &str = "/.blackstart";

/// A part of the tree with a lower directory and one upper directory per layer.
#[derive(Debug)]
pub(super) struct Branch {
    /// Absolute path inside.
    pub(super) at: PathBuf,
    pub(super) flags: MountFlags,
    /// Attributes of its top directory.
    pub(super) top: Stat,
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

/// What all runs of a session stand on. The working directory is the file system in memory:
/// `l/N` lower, `u/LAYER.N` upper, `u/wLAYER.N` work, `v/N` views, `f/N` files shown read-only, `m` the new root.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) mode: Mode,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) branches: Vec<Branch>,
    /// Files shown read-only: `f/N` appears at the N-th path.
    pub(super) files: Vec<PathBuf>,
    pub(super) has_standins: bool,
    pub(super) masked: Vec<PathBuf>,
    pub(super) masked_labels: Vec<Masked>,
    pub(super) notes: Vec<String>,
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

    /// Makes the namespaces and everything in them.
    pub(super) fn lay(setup: &Setup) -> Result<Self, Failure> {
        let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        let table = std::fs::read("/proc/self/mountinfo")
            .map_err(|error| Failure::of("reading /proc/self/mountinfo", error))?;
        let host_mounts = mounts::parse(&table);
        let plan = match setup.mode {
            Mode::RootShifted | Mode::RootIdentity => skeleton::whole_root(&host_mounts),
            Mode::User => skeleton::split_root(&host_mounts, uid),
        };
        make_namespaces(setup.mode, uid, gid)?;
        let owners = match setup.mode {
            Mode::RootShifted => Some(shifted_namespace()?),
            Mode::RootIdentity | Mode::User => None,
        };
        let mut ground = Self {
            mode: setup.mode,
            uid,
            gid,
            branches: Vec::new(),
            files: Vec::new(),
            has_standins: false,
            masked: Vec::new(),
            masked_labels: Vec::new(),
            notes: Vec::new(),
            since: now(),
        };
        ground.build(setup, &plan, owners.as_ref())?;
        for host in &host_mounts {
            if host.treatment() == Treatment::Mask {
                ground.masked.push(host.at.clone());
                ground
                    .masked_labels
                    .push(Masked { path: host.at.display().to_string(), kind: host.kind.clone() });
            }
        }
        Ok(ground)
    }

    fn build(
        &mut self,
        setup: &Setup,
        plan: &Skeleton,
        owners: Option<&OwnedFd>,
    ) -> Result<(), Failure> {
        let mut lowers = Vec::new();
        for branch in &plan.branches {
            match clone_tree(&branch.at, owners) {
                Ok(tree) => lowers.push((branch, tree)),
                Err(failure) if branch.at == Path::new("/") => return Err(failure),
                Err(failure) => self.notes.push(format!(
                    "{} is not shown: {} failed with error {}",
                    branch.at.display(),
                    failure.doing,
                    failure.errno
                )),
            }
        }
        let files: Vec<_> = plan
            .files
            .iter()
            .filter_map(|file| Some((file, clone_tree(file, owners).ok()?)))
            .collect();
        let program = std::fs::read_link("/proc/self/exe").unwrap_or_default();
        let own_binary = match clone_tree(&program, owners) {
            Ok(binary) => Some(binary),
            Err(failure) => {
                self.notes.push(format!(
                    "no stand-ins: {} failed with error {}",
                    failure.doing, failure.errno
                ));
                None
            }
        };

        enter_memory(setup.disk, setup.files)?;
        if setup.mode == Mode::User {
            plan.make_directories("l/0")
                .map_err(|error| Failure::of("making the skeleton", error))?;
            self.branches.push(Branch {
                at: PathBuf::from("/"),
                flags: MountFlags::NODEV | MountFlags::NOSUID,
                top: stat("l/0")?,
                show: Show::Effects(Owner::Other),
            });
        }
        for (branch, tree) in lowers {
            let place = format!("l/{}", self.branches.len());
            make_directory(&place)?;
            attach(&tree, &place)?;
            let seen = stat(&place)?;
            let mut top = seen;
            if let Some(mode) = branch.top_mode {
                (top.st_mode, top.st_uid, top.st_gid) = ((top.st_mode & !0o7777) | mode, 0, 0);
            }
            self.branches.push(Branch {
                at: branch.at.clone(),
                flags: branch.flags | MountFlags::NODEV | MountFlags::NOSUID,
                top,
                show: Show::Effects(branch.owner),
            });
        }
        for (path, tree) in files {
            let place = format!("f/{}", self.files.len());
            std::fs::File::create(&place).map_err(|error| Failure::of("making a file", error))?;
            attach(&tree, &place)?;
            self.files.push(path.clone());
        }
        self.build_own(own_binary)
    }

    /// The sandbox's own directory: stand-ins, their state, the script of a run.
    fn build_own(&mut self, binary: Option<OwnedFd>) -> Result<(), Failure> {
        let place = format!("l/{}", self.branches.len());
        make_directory(&place)?;
        let failed = |error| Failure::of("making the sandbox's own directory", error);
        std::fs::File::create(format!("{place}/run")).map_err(failed)?;
        std::fs::File::create("b").map_err(failed)?;
        std::fs::create_dir(format!("{place}/bin")).map_err(failed)?;
        std::fs::create_dir(format!("{place}/state")).map_err(failed)?;
        rustix::fs::chmod(format!("{place}/state"), FileMode::from_raw_mode(0o1777))
            .map_err(|error| failed(error.into()))?;
        if let Some(binary) = binary {
            attach(&binary, "b")?;
            self.has_standins = true;
            for name in super::standins::names() {
                std::os::unix::fs::symlink("../run", format!("{place}/bin/{name}"))
                    .map_err(failed)?;
            }
        }
        let owner = match self.mode {
            Mode::RootShifted => SHIFT,
            Mode::RootIdentity | Mode::User => 0,
        };
        for part in ["", "/bin", "/state"] {
            std::os::unix::fs::chown(format!("{place}{part}"), Some(owner), Some(owner))
                .map_err(failed)?;
        }
        self.branches.push(Branch {
            at: PathBuf::from(OWN),
            flags: MountFlags::NODEV | MountFlags::NOSUID,
            top: stat(&place)?,
            show: Show::Nothing,
        });
        Ok(())
    }
}

fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or((0, 0), |since| (since.as_secs() as i64, i64::from(since.subsec_nanos())))
}

fn make_namespaces(mode: Mode, uid: u32, gid: u32) -> Result<(), Failure> {
    let kinds = libc::CLONE_NEWNS | libc::CLONE_NEWNET | libc::CLONE_NEWUTS | libc::CLONE_NEWCGROUP;
    match mode {
        Mode::RootShifted | Mode::RootIdentity => {
            sys::unshare(kinds).map_err(|error| Failure::of("making namespaces", error))?;
        }
        Mode::User => {
            sys::unshare(kinds | libc::CLONE_NEWUSER)
                .map_err(|error| Failure::of("making a user namespace", error))?;
            write_ids("self", "deny", &format!("0 {uid} 1"), &format!("0 {gid} 1"))?;
        }
    }
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", private).map_err(|error| Failure::of("making mounts private", error))?;
    sys::loopback_up().map_err(|error| Failure::of("bringing the loopback up", error))?;
    // Programs bind low ports although the payload holds no capability over this namespace.
    let _ = std::fs::write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
    Ok(())
}

/// Writes the id maps of a process that made a user namespace.
pub(super) fn write_ids(
    process: &str,
    groups: &str,
    users_map: &str,
    groups_map: &str,
) -> Result<(), Failure> {
    let write = |file: &str, text: &str| {
        std::fs::write(format!("/proc/{process}/{file}"), text)
            .map_err(|error| Failure::of(&format!("writing {file}"), error))
    };
    if !groups.is_empty() {
        write("setgroups", groups)?;
    }
    write("uid_map", users_map)?;
    write("gid_map", groups_map)
}

/// A user namespace whose ids 0… are the host's ids from [`SHIFT`] on.
fn shifted_namespace() -> Result<OwnedFd, Failure> {
    let failed =
        |error: std::io::Error| Failure::of("making a user namespace to shift owners", error);
    let (wait, hold) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
        .map_err(|error| failed(error.into()))?;
    match sys::clone_process(libc::CLONE_NEWUSER).map_err(failed)? {
        Side::Child => {
            drop(hold);
            let _ = rustix::io::read(&wait, &mut [0_u8; 1]);
            sys::leave(0)
        }
        Side::Parent(pid) => {
            drop(wait);
            let map = format!("0 {SHIFT} {SHIFT}");
            let written = write_ids(&pid.to_string(), "", &map, &map);
            let namespace = std::fs::File::open(format!("/proc/{pid}/ns/user")).map_err(failed);
            drop(hold);
            let child = rustix::process::Pid::from_raw(pid);
            let _ = rustix::process::waitpid(child, rustix::process::WaitOptions::empty());
            written?;
            Ok(namespace?.into())
        }
    }
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
    for name in ["l", "u", "v", "f", "m"] {
        make_directory(name)?;
    }
    // What runs write cannot take the room that the supervisor needs.
    memory("u", bytes, files)
}

pub(super) fn make_directory(path: &str) -> Result<(), Failure> {
    std::fs::create_dir(path).map_err(|error| Failure::of(&format!("making {path}"), error))
}

fn stat(path: &str) -> Result<Stat, Failure> {
    rustix::fs::lstat(path).map_err(|error| Failure::of(&format!("reading {path}"), error))
}
