//! Which directories of the host become copy-on-write branches, and what stands around them.
#![allow(clippy::disallowed_methods)]

use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::Access;
use rustix::mount::MountFlags;

use super::ground::{OWN, Owner};
use super::mounts::{HostMount, Treatment};

/// A directory of the host that becomes a branch.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) at: PathBuf,
    pub(super) flags: MountFlags,
    /// Permission bits of its top directory where the host's would let the caller do what the host refuses.
    pub(super) top_mode: Option<u32>,
    pub(super) owner: Owner,
}

/// The branches, and the directories, links and files between them that no branch can cover.
#[derive(Debug, Default)]
pub(super) struct Skeleton {
    pub(super) branches: Vec<Planned>,
    directories: Vec<(PathBuf, u32)>,
    links: Vec<(PathBuf, PathBuf)>,
    pub(super) files: Vec<PathBuf>,
}

/// Directories where everybody may write. An ordinary user's overlay cannot copy a directory of
/// another owner up, so each becomes a branch of its own.
const SHARED: &[&str] =
    &["/tmp", "/var/tmp", "/var/lock", "/run/lock", "/var/crash", "/var/mail", "/var/spool/mail"];

/// More files than this in one directory between branches are not shown.
const FILES_SHOWN: usize = 256;

/// As root: one branch for the root file system and one for each further mount.
pub(super) fn whole_root(mounts: &[HostMount]) -> Skeleton {
    let mut plan = Skeleton::default();
    for mount in mounts.iter().filter(|mount| mount.treatment() == Treatment::Overlay) {
        if mount.at != Path::new("/") && !mount.at.is_dir() {
            plan.files.push(mount.at.clone());
            continue;
        }
        plan.branches.push(Planned {
            at: mount.at.clone(),
            flags: flags(mount),
            top_mode: None,
            owner: Owner::Caller,
        });
    }
    plan
}

/// As an ordinary user: a branch for each directory without mounts below, since a user namespace
/// may not show what a mount hides.
pub(super) fn split_root(mounts: &[HostMount], uid: u32) -> Skeleton {
    let mut plan = Skeleton::default();
    plan.directories.push((PathBuf::from(OWN), 0o755));
    split(Path::new("/"), mounts, uid, &mut plan);
    plan
}

fn split(directory: &Path, mounts: &[HostMount], uid: u32, plan: &mut Skeleton) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    let mut files = 0;
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        if metadata.is_symlink() {
            if let Ok(target) = std::fs::read_link(&path) {
                plan.links.push((path, target));
            }
        } else if metadata.is_dir() {
            let mode = mode_for_caller(&path, &metadata, uid);
            plan.directories.push((path.clone(), mode));
            let here = mounts.iter().find(|mount| mount.at == path);
            let made_anew = ["/proc", "/sys", "/dev"].iter().any(|top| path == Path::new(top));
            let left = here.is_some_and(|mount| mount.treatment() != Treatment::Overlay);
            if made_anew || left {
                continue;
            }
            let below = |other: &Path| other != path && other.starts_with(&path);
            let shared = |name: &&str| below(Path::new(name)) && is_shared(Path::new(name));
            if mounts.iter().any(|mount| below(&mount.at)) || SHARED.iter().any(shared) {
                split(&path, mounts, uid, plan);
            } else {
                plan.branches.push(Planned {
                    flags: mounts
                        .iter()
                        .rfind(|mount| path.starts_with(&mount.at))
                        .map_or(MountFlags::empty(), flags),
                    top_mode: Some(mode),
                    owner: if metadata.uid() == uid { Owner::Caller } else { Owner::Other },
                    at: path,
                });
            }
        } else if metadata.is_file() && files < FILES_SHOWN {
            files += 1;
            plan.files.push(path);
        }
    }
}

fn is_shared(path: &Path) -> bool {
    std::fs::symlink_metadata(path)
        .is_ok_and(|metadata| metadata.is_dir() && metadata.permissions().mode() & 0o002 != 0)
}

fn flags(mount: &HostMount) -> MountFlags {
    let mut flags = MountFlags::empty();
    flags.set(MountFlags::RDONLY, mount.read_only);
    flags.set(MountFlags::NOEXEC, mount.no_exec);
    flags
}

/// Permission bits that give the caller, who seems to own the directory inside, what the host gives.
pub(super) fn mode_for_caller(path: &Path, metadata: &std::fs::Metadata, uid: u32) -> u32 {
    let mode = metadata.permissions().mode() & 0o7777;
    if metadata.uid() == uid {
        return mode;
    }
    let allowed = [(Access::READ_OK, 0o444), (Access::WRITE_OK, 0o222), (Access::EXEC_OK, 0o111)]
        .into_iter()
        .filter(|(access, _)| rustix::fs::access(path, *access).is_ok())
        .fold(0, |bits, (_, granted)| bits | granted);
    (mode & 0o1000) | allowed
}

impl Skeleton {
    /// Makes the directories and links below `base`, and empty files to show the host's on.
    pub(super) fn make_directories(&self, base: &str) -> io::Result<()> {
        let inside = |path: &Path| Path::new(base).join(path.strip_prefix("/").unwrap_or(path));
        std::fs::create_dir(base)?;
        for (path, _) in &self.directories {
            std::fs::create_dir(inside(path))?;
        }
        for (path, target) in &self.links {
            std::os::unix::fs::symlink(target, inside(path))?;
        }
        for path in &self.files {
            std::fs::File::create(inside(path))?;
        }
        for (path, mode) in self.directories.iter().rev() {
            std::fs::set_permissions(inside(path), std::fs::Permissions::from_mode(*mode))?;
        }
        std::fs::set_permissions(base, std::fs::Permissions::from_mode(0o555))
    }
}
