//! Which directories of the host become copy-on-write branches, and what stands around them.
#![allow(clippy::disallowed_methods)]

use std::collections::HashSet;
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
    /// Directories and links between branches that belong to somebody else.
    pub(super) foreign: HashSet<PathBuf>,
    links: Vec<(PathBuf, PathBuf)>,
    /// Files that are shown as they are, read-only.
    pub(super) files: Vec<PathBuf>,
    /// Files of the caller that are copied, so that a run can change them.
    copies: Vec<(PathBuf, std::fs::Metadata)>,
    copied: u64,
    /// What only an empty file stands for.
    pub(super) empty: Vec<PathBuf>,
    /// What is not as on the host.
    pub(super) notes: Vec<String>,
}

/// More files than this in one directory between branches are not shown.
const FILES_SHOWN: usize = 256;

/// The caller's own files between branches are copied up to this size, and up to this much of all.
const COPIED: u64 = 1 << 20;
const ALL_COPIED: u64 = 16 << 20;

/// As root: one branch for the root file system and one for each further mount.
pub(super) fn whole_root(mounts: &[HostMount]) -> Skeleton {
    let mut plan = Skeleton::default();
    for mount in mounts.iter().filter(|mount| mount.treatment() == Treatment::Overlay) {
        if mount.at != Path::new("/") && !mount.at.is_dir() {
            // Read-only stops neither who connects to a socket nor who writes to a pipe.
            if !mount.at.is_file() {
                plan.notes.push(format!(
                    "{} is a mount of a socket, a pipe or a device: an empty file stands for it",
                    mount.at.display()
                ));
                plan.empty.push(mount.at.clone());
                continue;
            }
            plan.notes.push(format!(
                "{} is a mount of a single file, shown read-only",
                mount.at.display()
            ));
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
        let here = mounts.iter().find(|mount| mount.at == path);
        if here.is_some_and(|mount| mount.treatment() == Treatment::Mask) {
            // Only the entry of the directory is read: a server that is gone would never answer.
            match entry.file_type() {
                Ok(kind) if !kind.is_dir() => plan.empty.push(path),
                Ok(_) | Err(_) => plan.directories.push((path, 0o555)),
            }
            continue;
        }
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        if metadata.is_symlink() {
            if metadata.uid() != uid {
                plan.foreign.insert(path.clone());
            }
            if let Ok(target) = std::fs::read_link(&path) {
                plan.links.push((path, target));
            }
        } else if metadata.is_dir() {
            let mode = mode_for_caller(&path, &metadata, uid);
            plan.directories.push((path.clone(), mode));
            let made_anew = ["/proc", "/sys", "/dev"].iter().any(|top| path == Path::new(top));
            let left = here.is_some_and(|mount| mount.treatment() != Treatment::Overlay);
            let below = |mount: &HostMount| mount.at != path && mount.at.starts_with(&path);
            let split_further = mounts.iter().any(below);
            if metadata.uid() != uid && (made_anew || left || split_further) {
                plan.foreign.insert(path.clone());
            }
            if made_anew || left {
                continue;
            }
            if split_further {
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
        } else if metadata.is_file() {
            if here.is_none() && plan.can_copy(&path, &metadata, uid) {
                plan.copied += metadata.len();
                plan.copies.push((path, metadata));
            } else if files < FILES_SHOWN {
                files += 1;
                plan.files.push(path);
            } else if files == FILES_SHOWN {
                files += 1;
                plan.notes.push(format!("not all files in {} are shown", directory.display()));
            }
        }
    }
}

fn flags(mount: &HostMount) -> MountFlags {
    let mut flags = MountFlags::empty();
    flags.set(MountFlags::RDONLY, mount.read_only);
    flags.set(MountFlags::NOEXEC, mount.no_exec);
    flags
}

/// Copies a file with its permission bits and its time of modification.
pub(super) fn copy_file(from: &Path, to: &Path, metadata: &std::fs::Metadata) -> io::Result<()> {
    let mut source = std::fs::File::open(from)?;
    let mut copy = std::fs::File::create_new(to)?;
    io::copy(&mut source, &mut copy)?;
    copy.set_permissions(metadata.permissions())?;
    copy.set_times(std::fs::FileTimes::new().set_modified(metadata.modified()?))
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
    /// Tells whether a file is the caller's own and small enough to be copied.
    fn can_copy(&self, path: &Path, metadata: &std::fs::Metadata, uid: u32) -> bool {
        metadata.uid() == uid
            && metadata.len() <= COPIED
            && self.copied + metadata.len() <= ALL_COPIED
            && rustix::fs::access(path, Access::READ_OK).is_ok()
    }

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
        for path in self.files.iter().chain(&self.empty) {
            std::fs::File::create(inside(path))?;
        }
        for (path, metadata) in &self.copies {
            // It may have gone since it was listed.
            let _ = copy_file(path, &inside(path), metadata);
        }
        for (path, mode) in self.directories.iter().rev() {
            std::fs::set_permissions(inside(path), std::fs::Permissions::from_mode(*mode))?;
        }
        std::fs::set_permissions(base, std::fs::Permissions::from_mode(0o555))
    }
}
