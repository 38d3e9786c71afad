//! Which mounts the host has, and how each is shown inside a sandbox.

#![allow(clippy::disallowed_methods)]

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::base::escape;

/// A mount of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HostMount {
    pub(super) at: PathBuf,
    pub(super) kind: String,
    pub(super) read_only: bool,
    pub(super) no_exec: bool,
}

/// How a mount is shown inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// Copy on write.
    Overlay,
    /// Empty and read-only: reaching it would leave the machine or wait for a user process.
    Mask,
    /// Made anew inside, or not shown.
    Leave,
}

const KERNEL: &[&str] = &[
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "fusectl",
    "hugetlbfs",
    "mqueue",
    "nsfs",
    "proc",
    "pstore",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "sysfs",
    "tracefs",
];
const REMOTE: &[&str] = &[
    "9p",
    "afs",
    // A path below it may mount something remote.
    "autofs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "davfs",
    "fuse",
    "fuseblk",
    "gfs2",
    "glusterfs",
    "gpfs",
    "kafs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "ocfs2",
    "orangefs",
    "prl_fs",
    "smb3",
    "smbfs",
    "vboxsf",
];

impl HostMount {
    /// Tells how this mount is shown inside.
    pub(super) fn treatment(&self) -> Treatment {
        let kind = self.kind.as_str();
        let made_anew = ["/proc", "/sys", "/dev"].iter().any(|top| self.at.starts_with(top));
        if made_anew || KERNEL.contains(&kind) {
            Treatment::Leave
        } else if self.at == Path::new("/") {
            Treatment::Overlay
        } else if REMOTE.contains(&kind) || kind.starts_with("fuse.") {
            Treatment::Mask
        } else {
            Treatment::Overlay
        }
    }
}

/// The host's mounts, as they were and as they become.
#[derive(Debug)]
pub(super) struct MountTable {
    file: File,
    pub(super) mounts: Vec<HostMount>,
    changed: Option<String>,
}

impl MountTable {
    /// Reads the table of the mount namespace that this process is in; later looks are at that one.
    pub(super) fn open() -> io::Result<Self> {
        let mut file = File::open("/proc/self/mountinfo")?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        Ok(Self { file, mounts: parse(&text), changed: None })
    }

    /// Says what of the host's mounts is another since the table was opened.
    pub(super) fn changed(&mut self) -> Option<&str> {
        let mut polled = [PollFd::new(&self.file, PollFlags::PRI)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        // The kernel marks the open table when its namespace changes (proc(5)).
        if poll(&mut polled, Some(&now)).is_ok_and(|ready| ready > 0) {
            let mut text = Vec::new();
            if self.file.rewind().and_then(|()| self.file.read_to_end(&mut text)).is_ok() {
                self.compare(&parse(&text));
            }
        }
        self.changed.as_deref()
    }

    fn compare(&mut self, now: &[HostMount]) {
        let other = |these: &[HostMount], those: &[HostMount]| -> Vec<PathBuf> {
            let changed = these.iter().filter(|mount| !those.contains(mount));
            changed.map(|mount| mount.at.clone()).collect()
        };
        let mut paths = [other(now, &self.mounts), other(&self.mounts, now)].concat();
        paths.sort();
        paths.dedup();
        let shown: Vec<String> = paths
            .iter()
            .take(SHOWN)
            .map(|path| escape::bytes(path.as_os_str().as_encoded_bytes()))
            .collect();
        let more = if paths.len() > SHOWN { ", …" } else { "" };
        self.changed = (!paths.is_empty()).then(|| {
            format!(
                "the host's mounts changed after the sandbox was made, which shows them as they were: {}{more}",
                shown.join(", ")
            )
        });
    }
}

/// Changed mounts that are named.
const SHOWN: usize = 5;

/// A mount with its place in the tree of mounts.
struct Listed {
    id: Vec<u8>,
    parent: Vec<u8>,
    mount: HostMount,
}

/// Reads `/proc/self/mountinfo` (proc(5)): the mounts that a path leads to, parents first; not
/// those that another one covers.
pub(super) fn parse(mountinfo: &[u8]) -> Vec<HostMount> {
    let mut listed: Vec<Listed> = Vec::new();
    for line in mountinfo.split(|byte| *byte == b'\n') {
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
        let Some(dash) = fields.iter().position(|field| *field == b"-") else {
            continue;
        };
        let (Some(at), Some(own), Some(kind)) =
            (fields.get(4), fields.get(5), fields.get(dash + 1))
        else {
            continue;
        };
        let number = |at: usize| fields.get(at).map_or_else(Vec::new, |field| field.to_vec());
        let superblock = fields.get(dash + 3).copied().unwrap_or_default();
        let has = |options: &[u8], name: &[u8]| {
            options.split(|byte| *byte == b',').any(|one| one == name)
        };
        let mount = HostMount {
            at: PathBuf::from(OsString::from_vec(unescape(at))),
            kind: String::from_utf8_lossy(kind).into_owned(),
            read_only: has(own, b"ro") || has(superblock, b"ro"),
            no_exec: has(own, b"noexec"),
        };
        listed.push(Listed { id: number(0), parent: number(1), mount });
    }
    let ids: HashSet<&[u8]> = listed.iter().map(|one| one.id.as_slice()).collect();
    let tops: Vec<bool> = listed
        .iter()
        .map(|one| one.parent == one.id || !ids.contains(one.parent.as_slice()))
        .collect();
    let seen: Vec<bool> = (0..listed.len())
        .map(|index| reached(&listed, &tops, &listed[index].mount.at) == Some(index))
        .collect();
    let mut mounts: Vec<HostMount> =
        listed.into_iter().zip(seen).filter(|(_, seen)| *seen).map(|(one, _)| one.mount).collect();
    mounts.sort_by(|a, b| a.at.cmp(&b.at));
    // What lies below a mount that is not shown cannot be reached without touching that one.
    let masked: Vec<PathBuf> = mounts
        .iter()
        .filter(|mount| mount.treatment() == Treatment::Mask)
        .map(|mount| mount.at.clone())
        .collect();
    mounts.retain(|mount| !masked.iter().any(|at| mount.at != *at && mount.at.starts_with(at)));
    mounts
}

/// Returns the mount that a path leads to, as the kernel walks: from mount to mount, each time to
/// the first that stands on the way; `tops` are those on no other mount.
fn reached(listed: &[Listed], tops: &[bool], path: &Path) -> Option<usize> {
    let mut at: Option<usize> = None;
    // Each mount is entered once.
    for _ in listed {
        let next = (0..listed.len())
            .filter(|index| match at {
                None => tops[*index],
                Some(here) => listed[*index].parent == listed[here].id && *index != here,
            })
            .filter(|index| path.starts_with(&listed[*index].mount.at))
            .min_by_key(|index| listed[*index].mount.at.as_os_str().len());
        if next.is_none() {
            break;
        }
        at = next;
    }
    at
}

/// Undoes the octal escapes of mountinfo (`\040` for a space).
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, tail)) = rest.split_first() {
        let digits = tail.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) if *first == b'\\' => {
                plain.push(byte);
                rest = &tail[3..];
            }
            _ => {
                plain.push(*first);
                rest = tail;
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mount_on_top_counts_and_each_kind_has_its_treatment() {
        let text = b"1 0 8:1 / / rw,relatime shared:1 - ext4 /dev/sda rw\n\
            2 1 0:5 / /proc rw - proc proc rw\n\
            3 1 0:6 / /mnt/a\\040b rw,noexec - ext4 /dev/sdb rw\n\
            4 1 0:7 / /mnt/nfs rw - nfs4 srv:/x rw\n\
            5 1 0:8 / /home/u/cloud rw - fuse.sshfs x rw\n\
            6 1 0:9 / /snap/x ro - squashfs /dev/loop0 ro\n\
            7 3 0:9 / /mnt/a\\040b rw - tmpfs t ro\n\
            8 4 0:9 / /mnt/nfs/local rw - tmpfs t rw\n\
            9 1 0:9 / /srv/deep/covered rw - tmpfs t rw\n\
            10 1 0:9 / /srv/deep rw - tmpfs t rw\n\
            11 10 0:9 / /srv/deep/shown rw - tmpfs t rw\n\
            12 1 0:9 / /net ro - autofs map rw\n\
            broken line\n";
        let seen: Vec<_> = parse(text)
            .into_iter()
            .map(|m| (m.at.display().to_string(), m.treatment(), m.read_only, m.no_exec))
            .collect();
        let row = |at: &str, how, ro, noexec| (at.to_owned(), how, ro, noexec);
        assert_eq!(
            seen,
            [
                row("/", Treatment::Overlay, false, false),
                row("/home/u/cloud", Treatment::Mask, false, false),
                row("/mnt/a b", Treatment::Overlay, true, false),
                row("/mnt/nfs", Treatment::Mask, false, false),
                row("/net", Treatment::Mask, true, false),
                row("/proc", Treatment::Leave, false, false),
                row("/snap/x", Treatment::Overlay, true, false),
                row("/srv/deep", Treatment::Overlay, false, false),
                row("/srv/deep/shown", Treatment::Overlay, false, false),
            ]
        );
    }
}
