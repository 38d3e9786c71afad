//! Which mounts the host has, and how each is shown inside a sandbox.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

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
    "autofs",
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
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "davfs",
    "fuse",
    "gfs2",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "ocfs2",
    "orangefs",
    "smb3",
    "smbfs",
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

/// Reads `/proc/self/mountinfo` (proc(5)): the mount that is on top at each place, parents first.
pub(super) fn parse(mountinfo: &[u8]) -> Vec<HostMount> {
    let mut mounts: Vec<HostMount> = Vec::new();
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
        mounts.retain(|earlier| earlier.at != mount.at);
        mounts.push(mount);
    }
    mounts.sort_by(|a, b| a.at.cmp(&b.at));
    mounts
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
                row("/proc", Treatment::Leave, false, false),
                row("/snap/x", Treatment::Overlay, true, false),
            ]
        );
    }
}
