//! Places in a file tree that something hostile may have made: reached from a descriptor, never through a link.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::rc::Rc;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, ResolveFlags, Stat, XattrFlags};
use rustix::io::Errno;

use super::attributes::Attribute;

/// A path below a directory that is held open.
#[derive(Debug, Clone)]
pub(super) struct Place {
    anchor: Rc<OwnedFd>,
    below: Vec<u8>,
}

/// From this length on a path is held by a descriptor nearer to its end, far below `PATH_MAX`.
const LONG: usize = 2_000;

impl Place {
    /// Opens the directory that later paths hang from.
    pub(super) fn root(path: impl rustix::path::Arg) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let anchor = rustix::fs::open(path, flags, Mode::empty())?;
        Ok(Self { anchor: Rc::new(anchor), below: Vec::new() })
    }

    /// Holds this directory open, so that what is in it is found without the way to it.
    pub(super) fn here(&self) -> io::Result<Self> {
        let anchor = self.open(OFlags::PATH | OFlags::DIRECTORY)?;
        Ok(Self { anchor: Rc::new(anchor), below: Vec::new() })
    }

    /// Returns the place of `name` in this directory.
    pub(super) fn child(&self, name: &[u8]) -> io::Result<Self> {
        let mut place = self.clone();
        if place.below.len() >= LONG {
            place.anchor = Rc::new(self.open(OFlags::PATH | OFlags::DIRECTORY)?);
            place.below.clear();
        }
        if !place.below.is_empty() {
            place.below.push(b'/');
        }
        place.below.extend_from_slice(name);
        Ok(place)
    }

    /// Returns the place of a relative path, or of an absolute one taken as relative to here.
    pub(super) fn descend(&self, path: &Path) -> io::Result<Self> {
        let mut place = self.clone();
        for part in path.components() {
            if let std::path::Component::Normal(name) = part {
                place = place.child(std::os::unix::ffi::OsStrExt::as_bytes(name))?;
            }
        }
        Ok(place)
    }

    /// Tells whether two places are the same path below the same directory.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.anchor, &other.anchor) && self.below == other.below
    }

    /// Opens this place; a symbolic link anywhere on the way is an error.
    pub(super) fn open(&self, flags: OFlags) -> rustix::io::Result<OwnedFd> {
        let below: &[u8] = if self.below.is_empty() { b"." } else { &self.below };
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        rustix::fs::openat2(&*self.anchor, below, flags, Mode::empty(), resolve)
    }

    /// Opens the regular file at this place for reading.
    pub(super) fn open_file(&self) -> rustix::io::Result<OwnedFd> {
        self.open(OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY)
    }

    /// Returns what stands here, `None` where nothing does.
    pub(super) fn stat(&self) -> io::Result<Option<Stat>> {
        // One name is looked up at once: no link can stand on the way.
        let one_name = !matches!(&*self.below, b"" | b"..") && !self.below.contains(&b'/');
        let found = if one_name {
            let name: &[u8] = &self.below;
            rustix::fs::statat(&*self.anchor, name, AtFlags::SYMLINK_NOFOLLOW)
        } else {
            self.open(OFlags::PATH).and_then(rustix::fs::fstat)
        };
        match found {
            Ok(found) => Ok(Some(found)),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the names in this directory, sorted, with what stands there.
    pub(super) fn entries(&self) -> io::Result<Vec<(Vec<u8>, Stat)>> {
        let directory = self.open(OFlags::RDONLY | OFlags::DIRECTORY)?;
        let mut entries = Vec::new();
        for name in self.names()? {
            match rustix::fs::statat(&directory, name.as_slice(), AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => entries.push((name, stat)),
                Err(Errno::NOENT) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(entries)
    }

    /// Returns the names in this directory, sorted.
    pub(super) fn names(&self) -> io::Result<Vec<Vec<u8>>> {
        let directory = self.open(OFlags::RDONLY | OFlags::DIRECTORY)?;
        let mut names = Vec::new();
        for entry in Dir::new(directory)? {
            let name = entry?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// Returns where the symbolic link at this place points.
    pub(super) fn link_target(&self) -> io::Result<Vec<u8>> {
        let link = self.open(OFlags::PATH)?;
        Ok(rustix::fs::readlinkat(link, c"", Vec::new())?.into_bytes())
    }

    /// Returns all extended attributes at this place, sorted by name; none where the kind of file has none that count.
    pub(super) fn attributes(&self) -> io::Result<Vec<Attribute>> {
        Ok(self.opened()?.1)
    }

    /// Returns its extended attributes with what they were read from, which nothing but files,
    /// directories and FIFOs is opened for.
    pub(super) fn opened(&self) -> io::Result<(Option<OwnedFd>, Vec<Attribute>)> {
        match self.open_file() {
            Ok(file) => {
                let attributes = attributes_of(&file)?;
                Ok((Some(file), attributes))
            }
            // A link, a socket.
            Err(Errno::LOOP | Errno::NXIO) => Ok((None, Vec::new())),
            Err(error) => Err(error.into()),
        }
    }

    /// Sets extended attributes as far as the file system takes them.
    pub(super) fn put_attributes(&self, attributes: &[Attribute]) {
        if let (false, Ok(file)) = (attributes.is_empty(), self.open_file()) {
            for (name, value) in attributes {
                let _ = rustix::fs::fsetxattr(&file, name.as_slice(), value, XattrFlags::empty());
            }
        }
    }

    /// Opens the directory at this place as the target of a mount.
    pub(super) fn mount_target(&self) -> io::Result<OwnedFd> {
        Ok(self.open(OFlags::PATH)?)
    }
}

/// The directory at the top of a branch, at one time.
#[derive(Debug)]
pub(super) struct Top {
    pub(super) stat: Stat,
    pub(super) attributes: Vec<Attribute>,
    pub(super) is_empty: bool,
}

impl Top {
    /// Looks at a directory.
    pub(super) fn look(path: &str) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = rustix::fs::open(path, flags, Mode::empty())?;
        let (stat, attributes) = (rustix::fs::fstat(&directory)?, attributes_of(&directory)?);
        let mut names = Dir::new(directory)?.flatten();
        let is_empty = names.all(|name| matches!(name.file_name().to_bytes(), b"." | b".."));
        Ok(Self { stat, attributes, is_empty })
    }
}

fn attributes_of(file: &OwnedFd) -> rustix::io::Result<Vec<Attribute>> {
    let names = match grown(|into| rustix::fs::flistxattr(file, into)) {
        // The file system has none.
        Err(Errno::OPNOTSUPP) => return Ok(Vec::new()),
        names => names?,
    };
    let mut found = Vec::new();
    for name in names.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        match grown(|into| rustix::fs::fgetxattr(file, name, into)) {
            Ok(value) => found.push((name.to_vec(), value)),
            Err(Errno::NODATA) => {}
            Err(error) => return Err(error),
        }
    }
    found.sort();
    Ok(found)
}

/// Asks again with the most room there can be (`XATTR_SIZE_MAX`) where a little was not enough.
fn grown(ask: impl Fn(&mut [u8]) -> rustix::io::Result<usize>) -> rustix::io::Result<Vec<u8>> {
    for room in [512, 64 << 10] {
        let mut bytes = vec![0; room];
        match ask(&mut bytes) {
            Ok(length) => {
                bytes.truncate(length);
                return Ok(bytes);
            }
            Err(Errno::RANGE) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Errno::RANGE)
}

/// Removes a directory with all that is in it, however deep: what is not empty is moved to the top, and emptied there.
pub(super) fn remove_tree(path: &str) -> io::Result<()> {
    let root = Place::root(path)?;
    let top = root.open(OFlags::RDONLY | OFlags::DIRECTORY)?;
    let (mut waiting, mut moved) = (Vec::new(), 0_u64);
    for name in root.names()? {
        if !remove_one(&top, &name)? {
            waiting.push(name);
        }
    }
    while let Some(name) = waiting.pop() {
        let directory = root.child(&name)?;
        let handle = directory.open(OFlags::RDONLY | OFlags::DIRECTORY)?;
        for inner in directory.names()? {
            while !remove_one(&handle, &inner)? {
                moved += 1;
                let aside = format!(".{moved}").into_bytes();
                match rename_new(&handle, &inner, &top, &aside) {
                    Ok(()) => {
                        waiting.push(aside);
                        break;
                    }
                    Err(Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        rustix::fs::unlinkat(&top, &name, AtFlags::REMOVEDIR)?;
    }
    Ok(rustix::fs::rmdir(path)?)
}

fn rename_new(from: &OwnedFd, old: &[u8], to: &OwnedFd, new: &[u8]) -> rustix::io::Result<()> {
    rustix::fs::renameat_with(from, old, to, new, rustix::fs::RenameFlags::NOREPLACE)
}

/// Removes a file or an empty directory; tells whether it is gone.
fn remove_one(directory: &OwnedFd, name: &[u8]) -> rustix::io::Result<bool> {
    match rustix::fs::unlinkat(directory, name, AtFlags::empty()) {
        Err(Errno::ISDIR | Errno::PERM) => {}
        done => return done.map(|()| true),
    }
    match rustix::fs::unlinkat(directory, name, AtFlags::REMOVEDIR) {
        Err(Errno::NOTEMPTY) => Ok(false),
        done => done.map(|()| true),
    }
}

/// Returns the kind of file.
pub(super) fn file_type(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

/// Tells whether an overlay's upper entry says "deleted here".
pub(super) fn is_whiteout(stat: &Stat) -> bool {
    file_type(stat) == FileType::CharacterDevice && stat.st_rdev == 0
}

/// Copies mode, owner and times of one directory to another.
pub(super) fn copy_attributes(from: &Stat, to: impl AsRef<Path>) -> io::Result<()> {
    let to = to.as_ref();
    use rustix::fs::{CWD, Gid, Timespec, Timestamps, Uid};
    rustix::fs::chownat(
        CWD,
        to,
        Some(Uid::from_raw(from.st_uid)),
        Some(Gid::from_raw(from.st_gid)),
        AtFlags::SYMLINK_NOFOLLOW,
    )?;
    rustix::fs::chmod(to, Mode::from_raw_mode(from.st_mode & 0o7777))?;
    let time = |seconds: i64, nanoseconds| Timespec { tv_sec: seconds, tv_nsec: nanoseconds };
    let times = Timestamps {
        last_access: time(from.st_atime, from.st_atime_nsec as _),
        last_modification: time(from.st_mtime, from.st_mtime_nsec as _),
    };
    Ok(rustix::fs::utimensat(CWD, to, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_deeper_than_any_path_is_removed() {
        let directory = tempfile::tempdir().expect("a directory");
        let top = directory.path().join("top");
        std::fs::create_dir(&top).expect("top");
        std::fs::write(top.join(".1"), "a name that is taken").expect("a file");
        std::os::unix::fs::symlink("/etc", top.join("link")).expect("a link");
        let mut place = Place::root(&top).expect("opens");
        for depth in 0..3_000 {
            let handle = place.open(OFlags::RDONLY | OFlags::DIRECTORY).expect("opens");
            rustix::fs::mkdirat(&handle, "deep", Mode::RWXU).expect("makes");
            rustix::fs::mkdirat(&handle, ".2", Mode::RWXU).expect("makes");
            if depth % 100 == 0 {
                let flags = OFlags::CREATE | OFlags::WRONLY;
                rustix::fs::openat(&handle, "file", flags, Mode::RWXU).expect("a file");
            }
            place = place.child(b"deep").expect("goes down");
        }
        remove_tree(top.to_str().expect("text")).expect("removes");
        assert!(!top.exists() && Path::new("/etc").exists());
    }
}
