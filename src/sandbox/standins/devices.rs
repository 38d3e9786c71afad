//! Which block devices a call may name: the kernel's list for plain disks, and what calls made or removed.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::book::State;

/// What calls did to devices.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Devices {
    /// Devices that calls made: `/dev/vg0/data`, `/dev/md1`.
    pub(super) made: BTreeSet<String>,
    /// Devices that calls removed.
    pub(super) gone: BTreeSet<String>,
}

/// Notes that a device is there from here on.
pub(super) fn make(state: &mut State, path: &str) {
    state.update::<Devices, _>("devices", |devices| {
        devices.gone.remove(path);
        devices.made.insert(path.to_owned());
    });
}

/// Notes that a device is gone from here on.
pub(super) fn remove(state: &mut State, path: &str) {
    state.update::<Devices, _>("devices", |devices| {
        devices.made.remove(path);
        devices.gone.insert(path.to_owned());
    });
}

/// Names that the kernel gives to disks and their parts; others come from udev and device-mapper.
const KERNEL: &[&str] =
    &["sd", "vd", "xvd", "hd", "nvme", "mmcblk", "md", "sr", "dm-", "loop", "nbd", "ram"];

/// Tells whether a device may be there: a kernel name must be in the kernel's list, other names
/// (`mapper/…`, `VG/LV`, `disk/by-…`) cannot be told and count as there until a call removed them.
pub(super) fn plausible(state: &mut State, path: &str) -> bool {
    let devices = state.get::<Devices>("devices");
    if devices.made.contains(path) {
        return true;
    }
    if devices.gone.contains(path) {
        return false;
    }
    let Some(name) = path.strip_prefix("/dev/") else {
        return state.exists(path);
    };
    let list = state.read("/proc/partitions");
    let listed = |name: &str| list.lines().any(|line| line.split_whitespace().nth(3) == Some(name));
    let known = list.lines().skip(2).any(|line| !line.is_empty());
    let kernels = !name.contains('/') && KERNEL.iter().any(|start| name.starts_with(start));
    !kernels || state.elsewhere || !known || listed(name)
}

/// Tells whether a path is a regular file of the tree: the real tools work on it.
pub(super) fn is_image(state: &State, path: &str) -> bool {
    std::fs::metadata(state.path(path)).is_ok_and(|metadata| metadata.is_file())
}
