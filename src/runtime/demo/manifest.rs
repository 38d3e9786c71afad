//! A manifest of a directory tree: every entry with its content and metadata.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::base::{Digest, escape};

/// Every entry below a directory, by its path relative to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest(BTreeMap<PathBuf, Entry>);

/// What is compared of an entry. Change time and inode numbers are not: no restore can bring them back.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    kind: &'static str,
    mode: u32,
    owner: (u32, u32),
    modified: (i64, i64),
    size: u64,
    content: Option<Digest>,
    link: Option<PathBuf>,
    /// The first path, in order, that names the same file.
    same_as: Option<PathBuf>,
}

impl Manifest {
    /// Reads the tree below `root`, the root's own metadata included; symbolic links are not followed.
    pub fn of(root: &Path) -> io::Result<Self> {
        let mut entries = BTreeMap::new();
        let mut waiting = vec![PathBuf::new()];
        while let Some(relative) = waiting.pop() {
            let path = root.join(&relative);
            let metadata = fs::symlink_metadata(&path)?;
            if metadata.is_dir() {
                for entry in fs::read_dir(&path)? {
                    waiting.push(relative.join(entry?.file_name()));
                }
            }
            entries.insert(relative, Entry::of(&path, &metadata)?);
        }
        let mut manifest = Self(entries);
        manifest.find_hard_links(root)?;
        Ok(manifest)
    }

    /// Returns how many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether there is nothing, not even the root.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the bytes of all regular files.
    pub fn bytes(&self) -> u64 {
        self.0.values().filter(|entry| entry.kind == "file").map(|entry| entry.size).sum()
    }

    /// Returns one line, escaped for terminals, for every difference from `self` to `now`.
    pub fn differences(&self, now: &Self) -> Vec<String> {
        let name = |path: &Path| escape::bytes(path.as_os_str().as_bytes());
        let gone = self
            .0
            .keys()
            .filter(|path| !now.0.contains_key(*path))
            .map(|path| format!("gone: {}", name(path)));
        let new = now
            .0
            .keys()
            .filter(|path| !self.0.contains_key(*path))
            .map(|path| format!("new: {}", name(path)));
        let changed = self.0.iter().filter_map(|(path, before)| {
            let after = now.0.get(path)?;
            let what = before.changed(after);
            (!what.is_empty()).then(|| format!("changed ({}): {}", what.join(", "), name(path)))
        });
        gone.chain(new).chain(changed).collect()
    }

    fn find_hard_links(&mut self, root: &Path) -> io::Result<()> {
        let mut first: BTreeMap<(u64, u64), PathBuf> = BTreeMap::new();
        for (path, entry) in &mut self.0 {
            let metadata = fs::symlink_metadata(root.join(path))?;
            if entry.kind == "file" && metadata.nlink() > 1 {
                let seen =
                    first.entry((metadata.dev(), metadata.ino())).or_insert_with(|| path.clone());
                entry.same_as = Some(seen.clone());
            }
        }
        Ok(())
    }
}

impl Entry {
    fn of(path: &Path, metadata: &fs::Metadata) -> io::Result<Self> {
        let file_type = metadata.file_type();
        let kind = match () {
            () if file_type.is_file() => "file",
            () if file_type.is_dir() => "directory",
            () if file_type.is_symlink() => "symbolic link",
            () if file_type.is_fifo() => "pipe",
            () if file_type.is_socket() => "socket",
            () => "device",
        };
        Ok(Self {
            kind,
            mode: metadata.mode() & 0o7777,
            owner: (metadata.uid(), metadata.gid()),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            // The size of a directory is the file system's own affair.
            size: if file_type.is_dir() { 0 } else { metadata.len() },
            content: if file_type.is_file() {
                Some(Digest::of_reader(File::open(path)?)?)
            } else {
                None
            },
            link: if file_type.is_symlink() { Some(fs::read_link(path)?) } else { None },
            same_as: None,
        })
    }

    fn changed(&self, after: &Self) -> Vec<&'static str> {
        let fields = [
            ("kind", self.kind != after.kind),
            ("content", self.content != after.content || self.size != after.size),
            ("link target", self.link != after.link),
            ("hard links", self.same_as != after.same_as),
            ("mode", self.mode != after.mode),
            ("owner", self.owner != after.owner),
            ("time", self.modified != after.modified),
        ];
        fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn every_kind_of_change_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let write = |name: &str, text: &str| fs::write(root.join(name), text).unwrap();
        for name in ["a", "b", "c", "d", "e"] {
            write(name, name);
        }
        symlink("a", root.join("l")).unwrap();
        fs::hard_link(root.join("e"), root.join("f")).unwrap();
        let before = Manifest::of(root).unwrap();
        assert_eq!(before.differences(&before), [""; 0]);

        write("a", "A");
        fs::remove_file(root.join("b")).unwrap();
        fs::set_permissions(root.join("c"), fs::Permissions::from_mode(0o600)).unwrap();
        File::open(root.join("d")).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        fs::remove_file(root.join("l")).unwrap();
        symlink("b", root.join("l")).unwrap();
        fs::copy(root.join("e"), root.join("x")).unwrap();
        fs::rename(root.join("x"), root.join("f")).unwrap();
        write("new\n", "");
        let shown = before.differences(&Manifest::of(root).unwrap()).join("\n");
        for expected in
            ["gone: b", "new: new\\n", "(content", ": c", "(time): d", "(link target", "hard links"]
        {
            assert!(shown.contains(expected), "{expected} in:\n{shown}");
        }
    }
}
