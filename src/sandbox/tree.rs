//! Places in a file tree that something hostile may have made: reached from a descriptor, never through a link.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::rc::Rc;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, ResolveFlags, Stat, XattrFlags};
use rustix::io::Errno;

/// The name and the value of an extended attribute.
pub(super) type Attribute = (String, Vec<u8>);

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
        match self.open(OFlags::PATH) {
            Ok(found) => Ok(Some(rustix::fs::fstat(found)?)),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
            Err(error) => Err(error.into()),
        }
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

    /// Returns an extended attribute of the file or directory at this place.
    pub(super) fn attribute(&self, name: &str) -> Option<Vec<u8>> {
        attribute_of(&self.open_file().ok()?, name)
    }

    /// Returns the extended attributes at this place except the overlay's own, sorted by name.
    pub(super) fn attributes(&self) -> Vec<(String, Vec<u8>)> {
        self.open_file().map_or_else(|_| Vec::new(), |file| attributes_of(&file))
    }

    /// Sets extended attributes as far as the file system takes them.
    pub(super) fn put_attributes(&self, attributes: &[(String, Vec<u8>)]) {
        if let (false, Ok(file)) = (attributes.is_empty(), self.open_file()) {
            for (name, value) in attributes {
                let _ = rustix::fs::fsetxattr(&file, name, value, XattrFlags::empty());
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
    pub(super) attributes: Vec<(String, Vec<u8>)>,
    pub(super) is_empty: bool,
}

impl Top {
    /// Looks at a directory.
    pub(super) fn look(path: &str) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = rustix::fs::open(path, flags, Mode::empty())?;
        let (stat, attributes) = (rustix::fs::fstat(&directory)?, attributes_of(&directory));
        let mut names = Dir::new(directory)?.flatten();
        let is_empty = names.all(|name| matches!(name.file_name().to_bytes(), b"." | b".."));
        Ok(Self { stat, attributes, is_empty })
    }
}

fn attributes_of(file: &OwnedFd) -> Vec<(String, Vec<u8>)> {
    let mut names = [0_u8; 4096];
    let Ok(length) = rustix::fs::flistxattr(file, &mut names[..]) else {
        return Vec::new();
    };
    let mut found: Vec<_> = names[..length]
        .split(|byte| *byte == 0)
        .filter_map(|name| std::str::from_utf8(name).ok())
        .filter(|name| !name.is_empty() && !name.contains("overlay."))
        .map(|name| (name.to_owned(), attribute_of(file, name).unwrap_or_default()))
        .collect();
    found.sort();
    found
}

fn attribute_of(file: &OwnedFd, name: &str) -> Option<Vec<u8>> {
    let mut value = vec![0_u8; 4096];
    let length = rustix::fs::fgetxattr(file, name, &mut value[..]).ok()?;
    value.truncate(length);
    Some(value)
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
