//! What in an ordinary user's sandbox seems to be the caller's and belongs to somebody else.
//!
//! A user namespace of one user can copy what others own only as the caller's. Each such thing is known by its path and
//! by the inode that a run sees there, which it keeps where it moves.

use std::collections::HashSet;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode as FileMode, OFlags, Stat};

use super::assembly::TREE;
use super::ground::{Ground, Owner, Show};
use super::protocol::Mode;
use super::reach::Reach;
use super::rights::Asked;

/// Device and inode as runs see them.
pub(super) type Identity = (u64, u64);

/// Something that a kept run moved, or put something else in the place of.
#[derive(Debug)]
struct Moved {
    path: PathBuf,
    /// How many layers there were then.
    depth: usize,
    /// Whether it came there, or went away.
    came: bool,
}

/// What kept runs did to such things.
#[derive(Debug, Default)]
pub(super) struct Foreign {
    moved: Vec<Moved>,
}

/// Such things as they stand before a run.
#[derive(Debug, Default)]
pub(super) struct Standing(Vec<(PathBuf, Identity)>);

/// Returns what tells one file from another inside.
pub(super) fn identity(stat: &Stat) -> Identity {
    (stat.st_dev, stat.st_ino)
}

fn look(path: &Path) -> Option<Identity> {
    let tree = rustix::fs::open(TREE, OFlags::PATH | OFlags::CLOEXEC, FileMode::empty()).ok()?;
    let below = path.strip_prefix("/").unwrap_or(path);
    let (below, flags) = match below.as_os_str().is_empty() {
        true => (Path::new(""), AtFlags::EMPTY_PATH),
        false => (below, AtFlags::SYMLINK_NOFOLLOW),
    };
    rustix::fs::statat(tree.as_fd(), below, flags).ok().map(|stat| identity(&stat))
}

impl Foreign {
    /// Finds all of it in the tree that the next run sees.
    pub(super) fn standing(&self, ground: &Ground, reach: &Reach) -> Standing {
        if ground.mode != Mode::User {
            return Standing::default();
        }
        let tops =
            ground.branches.iter().filter(|branch| branch.show == Show::Effects(Owner::Other));
        let tops = tops.map(|branch| branch.at.as_path());
        let mut paths: HashSet<&Path> = tops.chain(reach.made()).collect();
        for Moved { path, came, .. } in &self.moved {
            match came {
                true => paths.insert(path),
                false => paths.remove(path.as_path()),
            };
        }
        let found = paths.into_iter().filter_map(|path| Some((path.to_owned(), look(path)?)));
        Standing(found.collect())
    }

    /// Notes what a run that is kept as layer `depth` moved.
    pub(super) fn keep(&mut self, standing: &Standing, asked: &Asked, depth: usize) {
        for (path, identity) in &standing.0 {
            if look(path) != Some(*identity) {
                self.moved.push(Moved { path: path.clone(), depth, came: false });
            }
        }
        for path in &asked.targets {
            if look(path).is_some_and(|identity| asked.foreign.contains(&identity)) {
                self.moved.push(Moved { path: path.clone(), depth, came: true });
            }
        }
    }

    /// Forgets what the layers from `depth` on did.
    pub(super) fn discard(&mut self, depth: usize) {
        self.moved.retain(|moved| moved.depth < depth);
    }
}

impl Standing {
    /// Returns what tells these from everything else.
    pub(super) fn identities(&self) -> HashSet<Identity> {
        self.0.iter().map(|(_, identity)| *identity).collect()
    }

    /// Returns where they stand.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(|(path, _)| path.as_path())
    }
}
