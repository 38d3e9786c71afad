//! Exact counts of what changed, per directory, in bounded memory.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

use super::protocol::Kind;

/// Directories kept apart; what changes in further ones is counted for the nearest kept one above.
const DIRECTORIES: usize = 200_000;
/// Lines of a summary for one way to change.
const LINES: usize = 20;

/// How many entries and bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Sum {
    pub(super) entries: u64,
    pub(super) bytes: u64,
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.entries += other.entries;
        self.bytes += other.bytes;
    }
}

/// A directory of the tally.
pub(super) type Node = usize;

/// The root directory.
pub(super) const ROOT: Node = 0;

#[derive(Debug)]
struct Directory {
    name: Box<[u8]>,
    above: Node,
    sums: [Sum; Kind::ALL.len()],
}

/// The counts of one run.
#[derive(Debug)]
pub(super) struct Tally {
    directories: Vec<Directory>,
    known: HashMap<(Node, Box<[u8]>), Node>,
}

/// A line of a summary.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) directory: PathBuf,
    pub(super) deep: bool,
    pub(super) sum: Sum,
}

impl Tally {
    pub(super) fn new() -> Self {
        let root = Directory { name: Box::default(), above: ROOT, sums: Default::default() };
        Self { directories: vec![root], known: HashMap::new() }
    }

    /// Returns a directory in another one.
    pub(super) fn below(&mut self, above: Node, name: &[u8]) -> Node {
        let key = (above, Box::from(name));
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        if self.is_full() {
            return above;
        }
        let node = self.directories.len();
        self.directories.push(Directory { name: key.1.clone(), above, sums: Default::default() });
        self.known.insert(key, node);
        node
    }

    /// Tells whether further directories are no longer kept apart.
    pub(super) fn is_full(&self) -> bool {
        self.directories.len() >= DIRECTORIES
    }

    /// Returns a directory in another one, if anything was counted for it.
    pub(super) fn known(&self, above: Node, name: &[u8]) -> Option<Node> {
        self.known.get(&(above, Box::from(name))).copied()
    }

    /// Returns the directory of an absolute path.
    pub(super) fn directory(&mut self, path: &Path) -> Node {
        path.components().fold(ROOT, |node, part| match part {
            Component::Normal(name) => self.below(node, name.as_bytes()),
            Component::Prefix(_)
            | Component::RootDir
            | Component::CurDir
            | Component::ParentDir => node,
        })
    }

    /// Counts a changed entry of a directory.
    pub(super) fn count(&mut self, node: Node, kind: Kind, bytes: u64) {
        self.directories[node].sums[kind as usize].add(Sum { entries: 1, bytes });
    }

    /// Takes back what was counted.
    pub(super) fn take_back(&mut self, node: Node, kind: Kind, bytes: u64) {
        let sum = &mut self.directories[node].sums[kind as usize];
        sum.entries = sum.entries.saturating_sub(1);
        sum.bytes = sum.bytes.saturating_sub(bytes);
    }

    /// Returns what changed in one way in each directory and below it.
    pub(super) fn deep_sums(&self, kind: Kind) -> Vec<Sum> {
        let mut deep: Vec<Sum> =
            self.directories.iter().map(|directory| directory.sums[kind as usize]).collect();
        // A directory is always made behind the one above it.
        for node in (1..deep.len()).rev() {
            let own = deep[node];
            deep[self.directories[node].above].add(own);
        }
        deep
    }

    /// Sums up one way to change in few lines whose sums add up to all of it: the largest directories are taken
    /// apart first.
    pub(super) fn summary(&self, kind: Kind) -> Vec<Line> {
        let deep = self.deep_sums(kind);
        if deep[ROOT].entries == 0 {
            return Vec::new();
        }
        let mut children: HashMap<Node, Vec<Node>> = HashMap::new();
        for (node, _) in deep.iter().enumerate().skip(1).filter(|(_, sum)| sum.entries > 0) {
            children.entry(self.directories[node].above).or_default().push(node);
        }
        let mut open = BinaryHeap::from([(deep[ROOT].entries, Reverse(ROOT))]);
        let mut lines = Vec::new();
        while let Some((_, Reverse(node))) = open.pop() {
            let own = self.directories[node].sums[kind as usize];
            let parts = children.get(&node).map_or(&[][..], Vec::as_slice);
            let more = parts.len() + usize::from(own.entries > 0);
            let apart =
                !parts.is_empty() && (more == 1 || lines.len() + open.len() + more <= LINES);
            if apart {
                open.extend(parts.iter().map(|part| (deep[*part].entries, Reverse(*part))));
            }
            let (sum, is_deep) = if apart { (own, false) } else { (deep[node], !parts.is_empty()) };
            if sum.entries > 0 {
                lines.push(Line { directory: self.path(node), deep: is_deep, sum });
            }
        }
        lines.sort_by(|a, b| {
            b.sum.entries.cmp(&a.sum.entries).then_with(|| a.directory.cmp(&b.directory))
        });
        lines
    }

    /// Returns everything that changed in one way.
    pub(super) fn total(&self, kind: Kind) -> Sum {
        let mut total = Sum::default();
        self.directories.iter().for_each(|directory| total.add(directory.sums[kind as usize]));
        total
    }

    fn path(&self, node: Node) -> PathBuf {
        let (mut names, mut at) = (Vec::new(), node);
        while at != ROOT {
            names.push(&*self.directories[at].name);
            at = self.directories[at].above;
        }
        let mut path = vec![];
        for name in names.iter().rev() {
            path.push(b'/');
            path.extend_from_slice(name);
        }
        if path.is_empty() {
            path.push(b'/');
        }
        PathBuf::from(OsStr::from_bytes(&path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(paths: &[(&str, u64)], expected: &[(&str, bool, u64, u64)]) {
        let mut tally = Tally::new();
        for (directory, many) in paths {
            let node = tally.directory(Path::new(directory));
            (0..*many).for_each(|_| tally.count(node, Kind::Created, 10));
        }
        let lines = tally.summary(Kind::Created);
        let shown: Vec<_> = lines
            .iter()
            .map(|line| {
                (line.directory.to_str().unwrap(), line.deep, line.sum.entries, line.sum.bytes)
            })
            .collect();
        assert_eq!(shown, expected);
        let sum: u64 = lines.iter().map(|line| line.sum.entries).sum();
        assert_eq!(sum, tally.total(Kind::Created).entries);
        assert!(tally.summary(Kind::Deleted).is_empty());
    }

    #[test]
    fn lines_add_up_and_name_where_most_happened() {
        check(&[("/srv/data", 900)], &[("/srv/data", false, 900, 9_000)]);
        check(
            &[("/srv/data", 90), ("/srv/data/a/b", 5), ("/etc", 1)],
            &[
                ("/srv/data", false, 90, 900),
                ("/srv/data/a/b", false, 5, 50),
                ("/etc", false, 1, 10),
            ],
        );
        let many: Vec<String> = (0..50).map(|at| format!("/var/x/{at:02}")).collect();
        let paths: Vec<(&str, u64)> = many.iter().map(|path| (path.as_str(), 2)).collect();
        check(&paths, &[("/var/x", true, 100, 1_000)]);
        check(&[("/", 1)], &[("/", false, 1, 10)]);
    }

    #[test]
    fn what_is_taken_back_does_not_count() {
        let mut tally = Tally::new();
        let node = tally.directory(Path::new("/a"));
        tally.count(node, Kind::Deleted, 3);
        tally.take_back(node, Kind::Deleted, 3);
        assert_eq!(tally.total(Kind::Deleted), Sum::default());
    }
}
