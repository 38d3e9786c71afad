//! The namespaces of a session, and the user namespace that every run enters last.
#![allow(clippy::disallowed_methods)]

use std::os::fd::OwnedFd;

use rustix::mount::{MountPropagationFlags, mount_change};

use super::protocol::{Failure, Mode};
use super::sys::{self, Side};

/// First host id of the sandbox's users in [`Mode::RootShifted`], and how many there are.
pub(super) const SHIFT: u32 = 1 << 30;

/// Moves this process into namespaces of its own.
pub(super) fn make(mode: Mode, uid: u32, gid: u32) -> Result<(), Failure> {
    let kinds = libc::CLONE_NEWNS | libc::CLONE_NEWNET | libc::CLONE_NEWUTS | libc::CLONE_NEWCGROUP;
    match mode {
        Mode::RootShifted | Mode::RootIdentity => {
            sys::unshare(kinds).map_err(|error| Failure::of("making namespaces", error))?;
        }
        Mode::User => {
            sys::unshare(kinds | libc::CLONE_NEWUSER)
                .map_err(|error| Failure::of("making a user namespace", error))?;
            write_ids("self", Groups::Fixed, &format!("0 {uid} 1"), &format!("0 {gid} 1"))?;
        }
    }
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", private).map_err(|error| Failure::of("making mounts private", error))?;
    sys::loopback_up().map_err(|error| Failure::of("bringing the loopback up", error))?;
    // Programs bind low ports although the payload holds no capability over this namespace.
    let _ = std::fs::write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
    Ok(())
}

/// Makes the user namespace that the payload lives in: in it no other namespace of the sandbox is
/// its own, so it has no power over mounts, names or the network.
pub(super) fn inner(mode: Mode, uid: u32, gid: u32) -> Result<OwnedFd, Failure> {
    let (users, groups) = match mode {
        Mode::RootShifted => {
            let map = format!("0 {SHIFT} {SHIFT}");
            (map.clone(), map)
        }
        Mode::RootIdentity => {
            let map = format!("0 0 {}", u32::MAX);
            (map.clone(), map)
        }
        Mode::User => (format!("{uid} 0 1"), format!("{gid} 0 1")),
    };
    let failed = |error: std::io::Error| Failure::of("making the inner user namespace", error);
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
            let written = write_ids(&pid.to_string(), Groups::AsTheyAre, &users, &groups);
            let namespace = std::fs::File::open(format!("/proc/{pid}/ns/user")).map_err(failed);
            drop(hold);
            let child = rustix::process::Pid::from_raw(pid);
            let _ = rustix::process::waitpid(child, rustix::process::WaitOptions::empty());
            written?;
            Ok(namespace?.into())
        }
    }
}

/// Whether a process may change its groups: a user may map a group only once it may not.
enum Groups {
    Fixed,
    AsTheyAre,
}

/// Writes the id maps of a process that made a user namespace.
fn write_ids(
    process: &str,
    groups: Groups,
    users_map: &str,
    groups_map: &str,
) -> Result<(), Failure> {
    let write = |file: &str, text: &str| {
        std::fs::write(format!("/proc/{process}/{file}"), text)
            .map_err(|error| Failure::of(&format!("writing {file}"), error))
    };
    match groups {
        Groups::Fixed => write("setgroups", "deny")?,
        Groups::AsTheyAre => {}
    }
    write("uid_map", users_map)?;
    write("gid_map", groups_map)
}
