//! Finds what one layer changed, by walking its upper directories after every process is gone.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Stat};

use super::accounts::Names;
use super::entry::{self, Marks, shown};
use super::folding;
use super::foreign::Standing;
use super::gone::Replaced;
use super::ground::{Branch, Ground, Owner, Show};
use super::hard_links::{self, FileNames};
use super::layers::{Layer, Layers, upper};
use super::protocol::{Changed, Failure, Kind, Share};
use super::record::{Entry, Record};
use super::rename;
use super::tally::{Node, Sum};
use super::tree::{Place, file_type, is_whiteout};

/// Deeper directories, and those with longer paths, are not walked; that is said.
pub(super) const DEEPEST: usize = 20_000;
pub(super) const LONGEST: usize = 2 << 20;
/// Notes of one kind.
const NOTES: usize = 5;

/// What a layer changed.
#[derive(Debug)]
pub(super) struct Changes {
    pub(super) listed: Vec<Changed>,
    pub(super) totals: Vec<(Kind, Sum)>,
    pub(super) shares: Vec<Share>,
    /// What an ordinary user did inside that the host would refuse.
    pub(super) refused_on_host: Vec<String>,
    /// Mounts that moved with a directory, which the runs after this do not see at their new places.
    pub(super) not_followed: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// What is found while walking.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) record: Record,
    refused_on_host: Vec<String>,
    not_followed: Vec<String>,
    pub(super) notes: Vec<String>,
    /// Paths that the host itself changed meanwhile.
    pub(super) moving: Vec<PathBuf>,
}

/// A path as it was before the run.
#[derive(Debug, Clone)]
pub(super) struct Old {
    pub(super) place: Place,
    pub(super) path: PathBuf,
    /// The directory it is counted for.
    pub(super) parent: Node,
}

/// A directory to look at.
struct Job {
    upper: Place,
    before: Option<Old>,
    path: PathBuf,
    node: Node,
    depth: usize,
    /// Whether nothing of the lower directory shows through.
    opaque: bool,
}

pub(super) struct Walk<'a> {
    pub(super) ground: &'a Ground,
    pub(super) standing: &'a Standing,
    pub(super) uppers: Place,
    pub(super) lower: Option<Place>,
    /// What the kept layers hold of the branch.
    pub(super) kept: Vec<Place>,
    pub(super) branch: &'a Branch,
    pub(super) view: &'a Place,
    pub(super) moved_from: HashSet<PathBuf>,
    /// Paths and the directories they are counted for.
    pub(super) gone: Vec<(PathBuf, Node)>,
    pub(super) replaced: Vec<Replaced>,
    /// By inode.
    names: HashMap<u64, FileNames>,
    pub(super) found: &'a mut Found,
}

/// Returns what `layer`, which is not kept yet, changed on top of the kept ones.
pub(super) fn changes(
    ground: &Ground,
    standing: &Standing,
    layers: &mut Layers,
    layer: &Layer,
) -> Result<Changes, Failure> {
    let mut found = Found {
        record: Record::new(),
        refused_on_host: Vec::new(),
        not_followed: Vec::new(),
        notes: Vec::new(),
        moving: Vec::new(),
    };
    let failed = |error| Failure::of("walking a layer", error);
    for held in &layer.holds {
        let index = held.branch;
        let branch = &ground.branches[index];
        if branch.show == Show::Nothing {
            continue;
        }
        let top = Place::root(upper(held.upper).as_str()).map_err(failed)?;
        let now = top.stat().map_err(failed)?;
        let mut touched = Vec::new();
        if let (Some(now), Some((then, attributes))) = (&now, layers.top_before(index)) {
            let names = Names(ground);
            touched = entry::alarms(Some(then), now, names);
            touched.extend(entry::rights(then, now, names));
            let set = entry::payloads(ground.mode, top.attributes().map_err(failed)?);
            touched.extend(entry::attributes(attributes, &set, names));
        }
        let kept = layers.since(0).iter().filter_map(|layer| layer.upper_of(index));
        let kept = kept.map(|number| Place::root(upper(number).as_str())).collect::<Result<_, _>>();
        let depth = layers.depth();
        let view = layers.view(ground, index, depth)?;
        let mut walk = Walk {
            ground,
            standing,
            uppers: top.clone(),
            lower: Place::root(format!("l/{index}").as_str()).ok(),
            kept: kept.map_err(failed)?,
            branch,
            view: &view.root,
            moved_from: HashSet::new(),
            gone: Vec::new(),
            replaced: Vec::new(),
            names: HashMap::new(),
            found: &mut found,
        };
        walk.found.record.enter(&branch.at, &view.root, &top);
        if let Some(now) = now.filter(|_| !touched.is_empty()) {
            walk.top_changed(&now, touched);
        }
        let node = walk.found.record.tally.directory(&branch.at);
        let before = Old { place: view.root.clone(), path: branch.at.clone(), parent: node };
        walk.run(Job {
            upper: top,
            before: Some(before),
            path: branch.at.clone(),
            node,
            depth: 0,
            opaque: false,
        });
        walk.look_for_moved_mounts();
        hard_links::settle(std::mem::take(&mut walk.names), &mut walk.found.record);
        walk.account_for_gone();
    }
    rename::fold(&mut found.record);
    folding::fold(&mut found.record);
    found.say_what_moves();
    let (listed, totals, shares) = found.record.into_changes();
    let Found { refused_on_host, not_followed, notes, .. } = found;
    Ok(Changes { listed, totals, shares, refused_on_host, not_followed, notes })
}

impl Found {
    /// The kernel leaves undefined what an overlay shows of a lower file that changes under it.
    fn say_what_moves(&mut self) {
        let more = self.moving.len().saturating_sub(NOTES);
        for path in self.moving.iter().take(NOTES) {
            self.notes.push(format!(
                "{} was changed on this machine while the dry run went on: what is shown of it may be wrong",
                shown(path)
            ));
        }
        if more > 0 {
            self.notes.push(format!("{more} more paths were changed on this machine meanwhile"));
        }
    }
}

impl Walk<'_> {
    pub(super) fn names(&self) -> Names<'_> {
        Names(self.ground)
    }

    fn top_changed(&mut self, now: &Stat, what: Vec<String>) {
        let path = &self.branch.at;
        if self.branch.show == Show::Effects(Owner::Other) {
            self.refuse_rights(path);
        }
        let above = path.parent().unwrap_or(path);
        let parent = self.found.record.tally.directory(above);
        let entry = Entry { what, ..Entry::new(Kind::Metadata, path, parent, now) };
        self.found.record.add(entry);
    }

    /// A directory takes along what is mounted below it, but every run finds the mounts at their first places.
    fn look_for_moved_mounts(&mut self) {
        for piece in &self.ground.pieces {
            let mut above = piece.at.ancestors().skip(1);
            if let Some(moved) = above.find(|path| self.moved_from.contains(*path)) {
                self.found.not_followed.push(format!(
                    "the sandbox cannot follow {}, which is mounted below {} and moves with it",
                    shown(&piece.at),
                    shown(moved)
                ));
            }
        }
    }

    pub(super) fn refuse_rights(&mut self, path: &Path) {
        self.refuse("changing the rights of", path);
    }

    /// Notes what only the owner of a path may do.
    pub(super) fn refuse(&mut self, doing: &str, path: &Path) {
        self.found
            .refused_on_host
            .push(format!("{doing} {}: it belongs to somebody else", path.display()));
    }

    fn run(&mut self, first: Job) {
        let mut jobs = vec![first];
        while let Some(job) = jobs.pop() {
            if job.depth > DEEPEST || job.path.as_os_str().len() > LONGEST {
                self.note(&job.path, "was not walked: it is too deep");
                continue;
            }
            let names = job.upper.here().and_then(|here| Ok((here.names()?, here)));
            let (names, job) = match names {
                Ok((names, upper)) => {
                    let before = job.before.map(|old| match old.place.here() {
                        Ok(place) => Old { place, ..old },
                        Err(_) => old,
                    });
                    (names, Job { upper, before, ..job })
                }
                Err(error) => {
                    self.note(&job.path, &format!("was not walked: {error}"));
                    continue;
                }
            };
            if job.opaque
                && let Some(before) = &job.before
            {
                self.replaced(&before.path, job.node, names.clone());
            }
            for name in &names {
                if let Err(error) = self.entry(&job, name, &mut jobs) {
                    self.note(&join(&job.path, name), &format!("was not compared: {error}"));
                }
            }
        }
    }

    pub(super) fn note(&mut self, path: &Path, what: &str) {
        if self.found.notes.len() < 20 * NOTES {
            self.found.notes.push(format!("{} {what}", shorter(path)));
        }
    }

    fn entry(&mut self, job: &Job, name: &[u8], jobs: &mut Vec<Job>) -> io::Result<()> {
        let upper = job.upper.child(name)?;
        let path = join(&job.path, name);
        let Some(now) = upper.stat()? else {
            return Ok(());
        };
        let mut before = match &job.before {
            Some(old) => Some(Old {
                place: old.place.child(name)?,
                path: join(&old.path, name),
                parent: job.node,
            }),
            None => None,
        };
        if is_whiteout(&now) {
            self.gone.extend(before.map(|old| (old.path, old.parent)));
            return Ok(());
        }
        let mut then = match &before {
            Some(old) => old.place.stat()?,
            None => None,
        };
        let now_type = file_type(&now);
        let (file, attributes) = upper.opened()?;
        let marks = Marks::of(self.ground.mode, attributes);
        let mut opaque = job.opaque || marks.opaque;
        // Where the content stands, if only metadata was copied up.
        let mut content = upper.clone();
        if let Some(origin) = self.origin(job, &marks, &now)
            && let Some(stat) = origin.place.stat()?
        {
            let second_name = origin.path != path && self.is_second_name(&origin, &now);
            if second_name && then.is_none() {
                let index = self.found.record.add(Entry {
                    counted_elsewhere: true,
                    ..Entry::new(Kind::Created, &path, job.node, &now)
                });
                let names = self.names.entry(now.st_ino).or_default();
                names.count = usize::try_from(now.st_nlink).unwrap_or(usize::MAX);
                names.was_there(&origin.path, None);
                names.is_new(&path, index);
                return Ok(());
            }
            if marks.metacopy {
                content = origin.place.clone();
            }
            if origin.path != path && !second_name {
                if let (Some(old), Some(FileType::Directory)) =
                    (&before, then.as_ref().map(file_type))
                {
                    let node = self.found.record.tally.below(job.node, name);
                    self.replaced(&old.path.clone(), node, Vec::new());
                }
                let from = Some(origin.path.as_path());
                self.found
                    .record
                    .add(Entry { from, ..Entry::new(Kind::Renamed, &path, job.node, &now) });
                self.moved_from.insert(origin.path.clone());
            }
            if !second_name {
                (before, then, opaque) = (Some(origin), Some(stat), false);
            }
        } else if marks.metacopy
            && let Some(old) = &before
        {
            content = old.place.clone();
        }
        let index = match (&before, &then) {
            (Some(old), Some(then)) if file_type(then) == now_type => {
                self.host_changed(&path, then);
                self.same_type(
                    (&old.place, then),
                    (&upper, &now),
                    &content,
                    &marks,
                    (&path, job.node),
                )?
            }
            (Some(old), Some(then)) => {
                self.check_sticky(&old.path, then);
                if file_type(then) == FileType::Directory {
                    let node = self.found.record.tally.below(job.node, name);
                    self.replaced(&old.path.clone(), node, Vec::new());
                }
                let mut what =
                    vec![format!("{} -> {}", entry::kind_word(then), entry::kind_word(&now))];
                self.describe_new(&upper, &now, &marks, &mut what);
                let entry = Entry::new(Kind::TypeChanged, &path, job.node, &now);
                self.found.record.add(Entry { what, ..entry })
            }
            (_, _) => {
                let (mut what, mut diff) = (Vec::new(), None);
                if self.found.record.has_room(Kind::Created, &now) {
                    self.describe_new(&upper, &now, &marks, &mut what);
                    let file = file.filter(|_| !marks.metacopy);
                    diff = self.found.record.content(None, (&content, &now, file), &path);
                }
                let counted_elsewhere = self.names.contains_key(&now.st_ino);
                self.found.record.add(Entry {
                    what,
                    diff,
                    counted_elsewhere,
                    ..Entry::new(Kind::Created, &path, job.node, &now)
                })
            }
        };
        if now_type == FileType::RegularFile && now.st_nlink > 1 {
            let names = self.names.entry(now.st_ino).or_default();
            names.count = usize::try_from(now.st_nlink).unwrap_or(usize::MAX);
            match then {
                Some(_) => names.was_there(&path, index),
                None => names.is_new(&path, index),
            }
        }
        if now_type == FileType::Directory {
            let before = before.filter(|_| then.is_some_and(|then| file_type(&then) == now_type));
            let node = self.found.record.tally.below(job.node, name);
            jobs.push(Job { upper, before, path, node, depth: job.depth + 1, opaque });
        }
        Ok(())
    }

    /// Notes what the host would refuse: to delete what others own in a directory with the sticky bit.
    pub(super) fn check_sticky(&mut self, path: &Path, then: &Stat) {
        let directory = path.parent().unwrap_or(path);
        if self.standing.is_sticky(directory) && (then.st_uid != 0 || self.standing.is_at(path)) {
            self.found.refused_on_host.push(format!(
                "deleting {}: it belongs to somebody else, in a sticky directory",
                path.display()
            ));
        }
    }

    /// Returns where something that only moved stood before (the kernel's overlayfs.rst, "redirect_dir").
    fn origin(&mut self, job: &Job, marks: &Marks, now: &Stat) -> Option<Old> {
        if !matches!(file_type(now), FileType::Directory | FileType::RegularFile) {
            return None;
        }
        let value = marks.redirect.as_ref()?;
        let target = Path::new(OsStr::from_bytes(value));
        let (place, path) = match target.strip_prefix("/") {
            Ok(below) => (self.view.descend(below).ok()?, self.branch.at.join(below)),
            Err(_) => {
                let directory = job.before.as_ref()?;
                (directory.place.child(value).ok()?, join(&directory.path, value))
            }
        };
        let above = path.parent().unwrap_or(&path);
        let parent = self.found.record.tally.directory(above);
        Some(Old { place, path, parent })
    }

    /// Tells whether a file still stands where it came from, so that this is one more name for it.
    fn is_second_name(&self, origin: &Old, now: &Stat) -> bool {
        let below = origin.path.strip_prefix(&self.branch.at).unwrap_or(&origin.path);
        let still = self.uppers.descend(below).and_then(|place| place.stat());
        file_type(now) == FileType::RegularFile
            && still.is_ok_and(|still| still.is_some_and(|still| still.st_ino == now.st_ino))
    }
}

pub(super) fn join(directory: &Path, name: &[u8]) -> PathBuf {
    directory.join(OsStr::from_bytes(name))
}

/// A path for a sentence, without the middle of one that fills a screen.
fn shorter(path: &Path) -> String {
    let text = shown(path);
    let count = text.chars().count();
    if count <= 200 {
        return text;
    }
    let head: String = text.chars().take(120).collect();
    let tail: String = text.chars().skip(count - 60).collect();
    format!("{head}[…]{tail}")
}
