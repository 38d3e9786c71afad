//! Finds what one layer changed, by walking its upper directories after every process is gone.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Stat};

use super::accounts::Names;
use super::content::{self, Sameness};
use super::entry::{self, Marks, shown};
use super::folding;
use super::ground::{Branch, Ground, Owner, Show};
use super::layers::{Layer, Layers, upper};
use super::protocol::{Changed, Failure, Kind, Mode, Share};
use super::reach::Reach;
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
    pub(super) notes: Vec<String>,
}

/// What is found while walking.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) record: Record,
    refused_on_host: Vec<String>,
    pub(super) notes: Vec<String>,
    /// Paths that the host itself changed meanwhile.
    moving: Vec<PathBuf>,
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

/// One of several names of a file in the layer.
#[derive(Debug)]
struct Name {
    path: PathBuf,
    /// Its place in the list of changes.
    index: Option<usize>,
    was_there: bool,
}

pub(super) struct Walk<'a> {
    pub(super) ground: &'a Ground,
    reach: &'a Reach,
    uppers: Place,
    lower: Option<Place>,
    pub(super) branch: &'a Branch,
    view: &'a Place,
    pub(super) moved_from: HashSet<PathBuf>,
    pub(super) gone: Vec<Old>,
    /// By inode.
    names: HashMap<u64, Vec<Name>>,
    pub(super) found: &'a mut Found,
}

/// Returns what `layer`, which is not kept yet, changed on top of the kept ones.
pub(super) fn changes(
    ground: &Ground,
    reach: &Reach,
    layers: &mut Layers,
    layer: &Layer,
) -> Result<Changes, Failure> {
    let mut found = Found {
        record: Record::new(),
        refused_on_host: Vec::new(),
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
        let depth = layers.depth();
        let view = layers.view(ground, index, depth)?;
        let mut walk = Walk {
            ground,
            reach,
            uppers: top.clone(),
            lower: Place::root(format!("l/{index}").as_str()).ok(),
            branch,
            view: &view.root,
            moved_from: HashSet::new(),
            gone: Vec::new(),
            names: HashMap::new(),
            found: &mut found,
        };
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
        walk.settle_names();
        walk.account_for_gone();
    }
    rename::fold(&mut found.record);
    folding::fold(&mut found.record);
    found.say_what_moves();
    let (listed, totals, shares) = found.record.into_changes();
    let Found { refused_on_host, notes, .. } = found;
    Ok(Changes { listed, totals, shares, refused_on_host, notes })
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
        let place = self.uppers.clone();
        let entry = Entry { what, ..Entry::new(Kind::Metadata, path, parent, &place, now) };
        self.found.record.add(entry);
    }

    fn refuse_rights(&mut self, path: &Path) {
        self.found.refused_on_host.push(format!(
            "changing the rights of {}: it belongs to somebody else",
            path.display()
        ));
    }

    fn run(&mut self, first: Job) {
        let mut jobs = vec![first];
        while let Some(job) = jobs.pop() {
            if job.depth > DEEPEST || job.path.as_os_str().len() > LONGEST {
                self.note(&job.path, "was not walked: it is too deep");
                continue;
            }
            let names = match job.upper.names() {
                Ok(names) => names,
                Err(error) => {
                    self.note(&job.path, &format!("was not walked: {error}"));
                    continue;
                }
            };
            if job.opaque
                && let Some(before) = &job.before
            {
                self.gone_below(before, job.node, |name| {
                    names.binary_search_by(|other| other.as_slice().cmp(name)).is_err()
                });
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
        let mut then = match &before {
            Some(old) => old.place.stat()?,
            None => None,
        };
        if is_whiteout(&now) {
            if let (Some(old), Some(then)) = (before, then) {
                self.check_sticky(&job.path, &path, &then);
                self.gone.push(old);
            }
            return Ok(());
        }
        let now_type = file_type(&now);
        let marks = Marks::of(self.ground.mode, upper.attributes()?);
        let mut opaque = job.opaque || marks.opaque;
        // Where the content stands, if only metadata was copied up.
        let mut content = upper.clone();
        if let Some(origin) = self.origin(job, &marks, &now)
            && let Some(stat) = origin.place.stat()?
        {
            let second_name = origin.path != path && self.is_second_name(&origin, &now);
            if second_name && then.is_none() {
                let what = vec![format!("hard link of {}", shown(&origin.path))];
                self.found.record.add(Entry {
                    what,
                    counted_elsewhere: true,
                    ..Entry::new(Kind::Created, &path, job.node, &upper, &now)
                });
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
                    self.gone_below(&old.clone(), node, |_| true);
                }
                let from = Some(origin.path.as_path());
                self.found.record.add(Entry {
                    from,
                    ..Entry::new(Kind::Renamed, &path, job.node, &upper, &now)
                });
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
                if file_type(then) == FileType::Directory {
                    let node = self.found.record.tally.below(job.node, name);
                    self.gone_below(&old.clone(), node, |_| true);
                }
                let mut what =
                    vec![format!("{} -> {}", entry::kind_word(then), entry::kind_word(&now))];
                self.describe_new(&upper, &now, &marks, &mut what);
                let entry = Entry::new(Kind::TypeChanged, &path, job.node, &upper, &now);
                self.found.record.add(Entry { what, ..entry })
            }
            (_, _) => {
                let (mut what, mut diff) = (Vec::new(), None);
                if self.found.record.has_room(Kind::Created, &now) {
                    self.describe_new(&upper, &now, &marks, &mut what);
                    diff = self.found.record.content(None, Some((&content, &now)), &path);
                }
                let counted_elsewhere = self.names.contains_key(&now.st_ino);
                self.found.record.add(Entry {
                    what,
                    diff,
                    counted_elsewhere,
                    ..Entry::new(Kind::Created, &path, job.node, &upper, &now)
                })
            }
        };
        if now_type == FileType::RegularFile && now.st_nlink > 1 {
            let name = Name { path: path.clone(), index, was_there: then.is_some() };
            self.names.entry(now.st_ino).or_default().push(name);
        }
        if now_type == FileType::Directory {
            let before = before.filter(|_| then.is_some_and(|then| file_type(&then) == now_type));
            let node = self.found.record.tally.below(job.node, name);
            jobs.push(Job { upper, before, path, node, depth: job.depth + 1, opaque });
        }
        Ok(())
    }

    /// What is to be said of something that was not there before.
    fn describe_new(&self, upper: &Place, now: &Stat, marks: &Marks, what: &mut Vec<String>) {
        what.extend(entry::alarms(None, now, self.names()));
        if file_type(now) == FileType::Symlink
            && let Ok(target) = upper.link_target()
        {
            what.push(format!("link to {}", crate::base::escape::bytes(&target)));
        }
        what.extend(entry::attributes(&[], &marks.seen, self.names()));
    }

    fn same_type(
        &mut self,
        (old, then): (&Place, &Stat),
        (new, now): (&Place, &Stat),
        content: &Place,
        marks: &Marks,
        (path, parent): (&Path, Node),
    ) -> io::Result<Option<usize>> {
        let kind = file_type(now);
        let mut what = entry::alarms(Some(then), now, self.names());
        what.extend(entry::rights(then, now, self.names()));
        if matches!(kind, FileType::RegularFile | FileType::Directory) {
            match old.attributes() {
                Ok(old) => what.extend(entry::attributes(&old, &marks.seen, self.names())),
                Err(error) => {
                    self.note(path, &format!("had attributes that cannot be read: {error}"))
                }
            }
        }
        let changed = match kind {
            FileType::RegularFile if marks.metacopy && content.is_same_as(old) => false,
            FileType::RegularFile => self.content_differs((old, then), (content, now), path)?,
            FileType::Symlink => {
                let target = new.link_target()?;
                let differs = old.link_target()? != target;
                if differs {
                    what.push(format!("link to {}", crate::base::escape::bytes(&target)));
                }
                differs
            }
            FileType::Directory
            | FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => false,
        };
        let times = (entry::time(then), entry::time(now));
        let times = Some(times).filter(|(then, now)| then != now);
        let linked =
            kind == FileType::RegularFile && then.st_nlink > 1 && now.st_nlink < then.st_nlink;
        if linked && (changed || !what.is_empty()) {
            what.push(format!(
                "one of {} names of one file: written in place, this shows under all of them",
                then.st_nlink
            ));
        }
        if changed {
            let diff = match self.found.record.has_room(Kind::Modified, now) {
                true => self.found.record.content(Some((old, then)), Some((content, now)), path),
                false => None,
            };
            let entry = Entry::new(Kind::Modified, path, parent, new, now);
            return Ok(self.found.record.add(Entry { what, diff, ..entry }));
        }
        // A directory's time changes with everything in it and says nothing of its own.
        let times = times.filter(|_| kind != FileType::Directory);
        if !what.is_empty() && kind == FileType::Directory && self.reach.seems_own(path) {
            self.refuse_rights(path);
        }
        if what.is_empty() && times.is_none() {
            return Ok(None);
        }
        let entry = Entry::new(Kind::Metadata, path, parent, new, now);
        Ok(self.found.record.add(Entry { what, times, ..entry }))
    }

    fn content_differs(
        &mut self,
        (old, then): (&Place, &Stat),
        (new, now): (&Place, &Stat),
        path: &Path,
    ) -> io::Result<bool> {
        let (Ok(before), Ok(after)) = (old.open_file(), new.open_file()) else {
            self.note(path, "cannot be read; taken as modified");
            return Ok(true);
        };
        let budget = &mut self.found.record.budget;
        match content::compare((&before, then), (&after, now), budget) {
            Sameness::Same => Ok(false),
            Sameness::Different => Ok(true),
            Sameness::Unknown => {
                self.note(path, "is too large to compare; taken as modified");
                Ok(true)
            }
        }
    }

    /// Notes a path whose file on the host is younger than the sandbox; `then` is what the view shows of it.
    pub(super) fn host_changed(&mut self, path: &Path, then: &Stat) {
        if file_type(then) == FileType::Directory || self.found.moving.len() > 1_000 {
            return;
        }
        let below = path.strip_prefix(&self.branch.at).unwrap_or(path);
        let lower = self.lower.as_ref().and_then(|lower| lower.descend(below).ok()?.stat().ok()?);
        if let Some(lower) = lower
            && (lower.st_ctime, lower.st_ctime_nsec as i64) > self.ground.since
        {
            self.found.moving.push(path.to_owned());
        }
    }

    /// Says of files with several names in this layer which they are.
    fn settle_names(&mut self) {
        for (_, names) in std::mem::take(&mut self.names) {
            let Some(anchor) = names.iter().find(|name| name.was_there).or(names.first()) else {
                continue;
            };
            let others = names.iter().filter(|name| name.path != anchor.path);
            for name in others.filter(|name| !name.was_there) {
                if let Some(index) = name.index {
                    let changed = &mut self.found.record.listed[index].changed;
                    changed.what.push(format!("hard link of {}", shown(&anchor.path)));
                    changed.diff = None;
                }
            }
            if let Some(index) = anchor.index.filter(|_| anchor.was_there && names.len() > 1) {
                let changed = &mut self.found.record.listed[index].changed;
                changed.what.push(format!("one write, seen under {} names", names.len()));
            }
        }
    }

    fn check_sticky(&mut self, directory: &Path, path: &Path, then: &Stat) {
        let sticky = self.branch.top.st_mode & 0o1000 != 0 && directory == self.branch.at
            || self.reach.seems_own_and_sticky(directory);
        if sticky && self.ground.mode == Mode::User && then.st_uid != 0 {
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
