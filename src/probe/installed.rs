//! Which commands are installed.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::tools::PATH;

/// Returns the names of all executable files on the PATH that steps run with.
pub fn installed() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in PATH.split(':').filter_map(|dir| fs::read_dir(dir).ok()).flatten().flatten() {
        let executable = fs::metadata(entry.path())
            .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0);
        if executable && let Ok(name) = entry.file_name().into_string() {
            names.insert(name);
        }
    }
    names
}
