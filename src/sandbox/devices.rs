//! `/dev` as runs see it: a few nodes that can do no harm, nothing of the host's hardware.
#![allow(clippy::disallowed_methods)]

use std::path::Path;

use rustix::fs::Mode as FileMode;
use rustix::mount::{MountFlags, mount, mount_bind};

use super::ground::{Ground, Owner, Piece, Refuse, Show, Source, make_directory, restrict};
use super::protocol::{Failure, Mode};

const NODES: &[&str] = &["null", "zero", "full", "random", "urandom", "tty"];

const LINKS: &[(&str, &str)] = &[
    ("/proc/self/fd", "fd"),
    ("/proc/self/fd/0", "stdin"),
    ("/proc/self/fd/1", "stdout"),
    ("/proc/self/fd/2", "stderr"),
    ("pts/ptmx", "ptmx"),
];

/// Adds `/dev` and `/dev/shm` as branches, the nodes in it, and `/sys`.
pub(super) fn add(ground: &mut Ground) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::of("making /dev", error);
    let place = format!("l/{}", ground.branches.len());
    make_directory(&place)?;
    for name in NODES {
        std::fs::File::create(format!("{place}/{name}")).map_err(failed)?;
    }
    for (target, name) in LINKS {
        std::os::unix::fs::symlink(target, format!("{place}/{name}")).map_err(failed)?;
    }
    for name in ["pts", "shm"] {
        std::fs::create_dir(format!("{place}/{name}")).map_err(failed)?;
    }
    let (mode, owner) = match ground.mode {
        Mode::RootShifted | Mode::RootIdentity => (0o755, Owner::Caller),
        Mode::User => (0o555, Owner::Other),
    };
    finish(ground, &place, mode)?;
    ground.add_branch(Path::new("/dev"), MountFlags::empty(), Show::Effects(owner))?;
    for name in NODES {
        let held = format!("f/{}", ground.pieces.len());
        std::fs::File::create(&held).map_err(failed)?;
        mount_bind(format!("/dev/{name}"), held.as_str())
            .map_err(|error| Failure::of(&format!("showing /dev/{name}"), error))?;
        // The node itself keeps working; its mode and owner are the host's.
        restrict(&held, Refuse::Changes)?;
        ground.pieces.push(Piece { at: Path::new("/dev").join(name), from: Source::Mount(held) });
    }

    let shared = format!("l/{}", ground.branches.len());
    make_directory(&shared)?;
    finish(ground, &shared, 0o1777)?;
    ground.add_branch(Path::new("/dev/shm"), MountFlags::empty(), Show::Effects(owner))?;

    let held = format!("f/{}", ground.pieces.len());
    make_directory(&held)?;
    let quiet = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC | MountFlags::RDONLY;
    // An ordinary user's kernel may refuse sysfs; then /sys stays empty.
    if mount("sysfs", held.as_str(), "sysfs", quiet, None).is_ok() {
        ground.pieces.push(Piece { at: "/sys".into(), from: Source::Mount(held) });
    }
    Ok(())
}

fn finish(ground: &Ground, place: &str, mode: u32) -> Result<(), Failure> {
    let owner = ground.root_inside();
    rustix::fs::chmod(place, FileMode::from_raw_mode(mode))
        .map_err(|error| Failure::of("making /dev", error))?;
    std::os::unix::fs::chown(place, Some(owner), Some(owner))
        .map_err(|error| Failure::of("making /dev", error))
}
