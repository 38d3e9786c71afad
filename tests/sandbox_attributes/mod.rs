//! Extended attributes of a path, for comparing trees.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::path::Path;

/// Returns the extended attributes of a path, itself and not what it links to.
pub fn attributes(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut names = vec![0_u8; 4096];
    let length = rustix::fs::llistxattr(path, &mut names[..]).unwrap_or(0);
    let names = names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty());
    names
        .map(|name| {
            let name = String::from_utf8_lossy(name).into_owned();
            let mut value = vec![0_u8; 4096];
            let length = rustix::fs::lgetxattr(path, name.as_str(), &mut value[..]).unwrap_or(0);
            value.truncate(length);
            (name, value)
        })
        .collect()
}
