//! What in an ordinary user's sandbox seems to be the caller's and belongs to somebody else.
//!
//! A user namespace of one user can copy what others own only as the caller's. Each such thing is known by its path and
//! by the inode that a run sees there, which it keeps where it moves.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use rustix::fs::Stat;

use super::ground::{Ground, Owner, Show};
use super::named::Tree;
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
pub(super) struct Standing(HashMap<PathBuf, Stat>);

/// Returns what tells one file from another inside.
pub(super) fn identity(stat: &Stat) -> Identity {
    (stat.st_dev, stat.st_ino)
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
        // Without the tree the run does not begin either.
        let Ok(tree) = Tree::open_now() else { return Standing::default() };
        let found = paths.into_iter();
        let found = found.filter_map(|path| Some((path.to_owned(), tree.look(path)?)));
        Standing(found.collect())
    }

    /// Notes what a run that is kept as layer `depth` moved.
    pub(super) fn keep(&mut self, standing: &Standing, asked: &Asked, depth: usize) {
        let Ok(tree) = Tree::open_now() else { return };
        for (path, stat) in &standing.0 {
            if tree.look(path).is_none_or(|now| identity(&now) != identity(stat)) {
                self.moved.push(Moved { path: path.clone(), depth, came: false });
            }
        }
        for path in &asked.targets {
            if tree.look(path).is_some_and(|now| asked.foreign.contains(&identity(&now))) {
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
        self.0.values().map(identity).collect()
    }

    /// Tells whether one of them stands at a path.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        self.0.contains_key(path)
    }

    /// Tells whether a directory of them lets only the owner of a file delete it.
    pub(super) fn is_sticky(&self, directory: &Path) -> bool {
        self.0.get(directory).is_some_and(|stat| stat.st_mode & 0o1000 != 0)
    }

    /// Returns where they stand.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }
}
