//! Where the store may lie: a private directory, and for runs a local file system.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use super::StoreError;

/// Makes the data directory, readable by its owner only, where it is missing.
pub fn make(directory: &Path) -> Result<(), StoreError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(|source| StoreError::Directory { directory: directory.to_owned(), source })
}

/// Refuses a directory on a network file system: there a lock may not lock and a flush may not reach the disk
/// (sqlite.org/howtocorrupt.html §2.1, sqlite.org/wal.html).
pub fn refuse_network_file_system(directory: &Path) -> Result<(), StoreError> {
    let refused =
        |source: std::io::Error| StoreError::Directory { directory: directory.to_owned(), source };
    let magic = rustix::fs::statfs(directory).map_err(|error| refused(error.into()))?.f_type;
    let kind = match MAGIC.iter().find(|(number, _)| *number == magic as u64 & 0xffff_ffff) {
        Some((_, name)) => Some((*name).to_owned()),
        None if magic as u64 == FUSE => {
            let path = directory.canonicalize().map_err(refused)?;
            let mounts = fs::read_to_string("/proc/self/mountinfo").map_err(refused)?;
            mounted(&mounts, &path).filter(|kind| !LOCAL_FUSE.contains(&kind.as_str()))
        }
        None => None,
    };
    match kind {
        None => Ok(()),
        Some(kind) => Err(StoreError::Network { directory: directory.to_owned(), kind }),
    }
}

/// Super block numbers of statfs(2).
const MAGIC: &[(u64, &str)] = &[
    (0x6969, "nfs"),
    (0x517b, "smb"),
    (0xff53_4d42, "cifs"),
    (0xfe53_4d42, "smb2"),
    (0x5346_414f, "afs"),
    (0x6b41_4653, "kafs"),
    (0x7375_7245, "coda"),
    (0x00c3_6400, "ceph"),
    (0x0bd0_0bd0, "lustre"),
    (0x0116_1970, "gfs2"),
    (0x7461_636f, "ocfs2"),
    (0x1983_0326, "beegfs"),
    (0x4750_4653, "gpfs"),
    (0x564c, "ncp"),
];
const FUSE: u64 = 0x6573_5546;

/// File systems in user space that keep their data on a local disk.
const LOCAL_FUSE: &[&str] = &[
    "fuseblk",
    "fuse.fuse-overlayfs",
    "fuse.mergerfs",
    "fuse.ntfs-3g",
    "fuse.gocryptfs",
    "fuse.encfs",
    "fuse.lxcfs",
];

/// Returns the type of the file system that `path` lies on, by the longest mount point above it.
fn mounted(mountinfo: &str, path: &Path) -> Option<String> {
    let mounts = mountinfo.lines().filter_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let point = before.split(' ').nth(4)?.replace("\\040", " ");
        let kind = after.split(' ').next()?.to_owned();
        path.starts_with(&point).then_some((point.len(), kind))
    });
    mounts.max_by_key(|(length, _)| *length).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_mount_decides() {
        let mounts = "1 0 8:1 / / rw - ext4 /dev/a rw\n\
                      2 1 0:5 / /mnt/my\\040share rw shared:1 - fuse.sshfs host: rw\n";
        let kind = |path: &str| mounted(mounts, Path::new(path));
        assert_eq!(kind("/mnt/my share/x"), Some("fuse.sshfs".into()));
        assert_eq!(kind("/mnt/my"), Some("ext4".into()));
    }

    #[test]
    fn a_local_directory_is_accepted() {
        let directory = tempfile::tempdir().unwrap();
        assert!(refuse_network_file_system(directory.path()).is_ok());
    }
}
