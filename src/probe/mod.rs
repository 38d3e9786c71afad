//! Facts of this machine: who it is, what is installed, where files lie, what bash makes of a script.
#![allow(clippy::disallowed_methods)]

mod here;
mod installed;
mod syntax;

pub use here::{Here, Place};
pub use installed::installed;
pub use syntax::{Syntax, bash_syntax, refused_scripts};

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Returns the device number of the file system that `path`, or its nearest existing parent, lies on.
pub fn device_of(path: &Path) -> Option<u64> {
    path.ancestors().find_map(|at| fs::metadata(at).ok()).map(|metadata| metadata.dev())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_a_name_bash_and_a_root_file_system() {
        assert!(Here::look().identity().hostname.is_some());
        assert!(installed().contains("bash"));
        assert_eq!(device_of(Path::new("/does/not/exist")), device_of(Path::new("/")));
    }
}
