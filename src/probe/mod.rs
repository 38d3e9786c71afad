//! Facts of this machine: who it is, what is installed, where files lie, what bash makes of a script.
#![allow(clippy::disallowed_methods)]

mod installed;
mod syntax;

pub use installed::installed;
pub use syntax::{Syntax, bash_syntax};

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::inventory::Identity;

/// Returns what identifies this machine: its host name and the content of `/etc/machine-id`.
pub fn identity() -> Identity {
    let hostname = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    let machine_id = fs::read_to_string("/etc/machine-id")
        .ok()
        .map(|id| id.trim().to_owned())
        .filter(|id| !id.is_empty());
    Identity {
        machine_id,
        hostname: Some(hostname).filter(|name| !name.is_empty()),
        role: None,
    }
}

/// Returns the device number of the file system that `path`, or its nearest existing parent, lies on.
pub fn device_of(path: &Path) -> Option<u64> {
    path.ancestors()
        .find_map(|at| fs::metadata(at).ok())
        .map(|metadata| metadata.dev())
}

/// Returns the free bytes and inodes a caller can use on the file system of `path` or its nearest existing parent.
pub fn free_space(path: &Path) -> Option<(u64, u64)> {
    let stat = path
        .ancestors()
        .find_map(|at| rustix::fs::statvfs(at).ok())?;
    Some((stat.f_bavail.saturating_mul(stat.f_frsize), stat.f_favail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_a_name_bash_and_a_root_file_system() {
        assert!(identity().hostname.is_some());
        assert!(installed().contains("bash"));
        assert_eq!(
            device_of(Path::new("/does/not/exist")),
            device_of(Path::new("/"))
        );
        assert!(free_space(Path::new("/tmp/not/there")).is_some());
    }
}
