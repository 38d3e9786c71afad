//! Compares the tree at two depths of the layers: the proof that a rollback restores what was.
#![allow(clippy::disallowed_methods)]

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Stat};

use super::accounts::Names;
use super::content::{self, Budget, Sameness};
use super::entry::{self, Marks, shown};
use super::ground::{Branch, Ground, Show};
use super::layers::{Layers, payloads, upper};
use super::protocol::{Difference, Differs, Failure, Mode, Time};
use super::tree::{Place, file_type, is_whiteout};
use super::walk::{DEEPEST, LONGEST};
use crate::base::Timestamp;

/// More differences than this, of those that weigh and of those that do not, are summed up in one line each.
const LISTED: usize = 200;

/// A file on a file system.
type Inode = (u64, u64);

struct Compare<'a> {
    ground: &'a Ground,
    budget: Budget,
    heavy: Vec<Difference>,
    light: Vec<Difference>,
    more: [u64; 2],
    /// Which file stands after for one that stood before, and where that was first seen; and the other way round.
    became: HashMap<Inode, (Inode, PathBuf)>,
    came_from: HashMap<Inode, (Inode, PathBuf)>,
}

/// The same directory before and after, and in the layers between.
struct Job {
    path: PathBuf,
    before: Place,
    after: Place,
    uppers: Vec<Place>,
    depth: usize,
    /// Whether a layer replaced or moved this directory, so that every name in it must be compared.
    whole: bool,
}

/// Returns what differs between the tree at `since` and the tree now; what weighs comes first.
pub(super) fn since(
    ground: &Ground,
    layers: &mut Layers,
    since: usize,
) -> Result<Vec<Difference>, Failure> {
    let mut compare = Compare {
        ground,
        budget: Budget::new(),
        heavy: Vec::new(),
        light: Vec::new(),
        more: [0; 2],
        became: HashMap::new(),
        came_from: HashMap::new(),
    };
    let now = layers.depth();
    let failed = |error| Failure::of("comparing two states", error);
    for (index, branch) in ground.branches.iter().enumerate() {
        if branch.show == Show::Nothing {
            continue;
        }
        let changed: Vec<usize> =
            layers.since(since).iter().filter_map(|layer| layer.upper_of(index)).collect();
        if changed.is_empty() {
            continue;
        }
        let uppers = changed
            .iter()
            .map(|number| Place::root(upper(*number).as_str()))
            .collect::<io::Result<Vec<_>>>()
            .map_err(failed)?;
        let earlier = layers.since(0).get(..since).unwrap_or_default();
        let holder = earlier.iter().rev().find_map(|layer| layer.upper_of(index));
        compare.top(branch, holder, uppers.last()).map_err(failed)?;
        let (before, after) =
            (layers.view(ground, index, since)?, layers.view(ground, index, now)?);
        let job = Job {
            path: branch.at.clone(),
            before: before.root.clone(),
            after: after.root.clone(),
            uppers,
            depth: 0,
            whole: false,
        };
        compare.run(job);
    }
    let Compare { heavy, light, more, .. } = compare;
    let rest = |count: u64, kind| Difference {
        path: String::new(),
        what: format!("and {count} more"),
        kind,
    };
    let mut found = heavy;
    found.extend((more[0] > 0).then(|| rest(more[0], Differs::Tree)));
    found.extend(light);
    found.extend((more[1] > 0).then(|| rest(more[1], Differs::Time)));
    Ok(found)
}

impl Compare<'_> {
    /// Compares the top directory of a branch, which no layer lists as an entry: each upper directory starts with the
    /// rights and attributes of the one before it.
    fn top(
        &mut self,
        branch: &Branch,
        before: Option<usize>,
        after: Option<&Place>,
    ) -> io::Result<()> {
        let Some(after) = after else { return Ok(()) };
        let (then, had) = match before {
            Some(number) => {
                let place = Place::root(upper(number).as_str())?;
                (place.stat()?.unwrap_or(branch.top), payloads(self.ground.mode, &place)?)
            }
            None => (branch.top, branch.attributes.clone()),
        };
        let now = after.stat()?.unwrap_or(then);
        let has = payloads(self.ground.mode, after)?;
        let mut words = entry::rights(&then, &now, Names(self.ground));
        words.extend(entry::attributes(&had, &has, Names(self.ground)));
        words.into_iter().for_each(|what| self.note(&branch.at, what));
        Ok(())
    }

    fn run(&mut self, first: Job) {
        let mut jobs = vec![first];
        while let Some(job) = jobs.pop() {
            if job.depth > DEEPEST || job.path.as_os_str().len() > LONGEST {
                self.note(&job.path, "is too deep to compare".to_owned());
            } else if let Err(error) = self.directory(&job, &mut jobs) {
                self.note(&job.path, format!("could not be compared: {error}"));
            }
        }
    }

    fn directory(&mut self, job: &Job, jobs: &mut Vec<Job>) -> io::Result<()> {
        let here =
            |places: &[Place]| places.iter().map(Place::here).collect::<io::Result<Vec<_>>>();
        let (before, after) = (job.before.here()?, job.after.here()?);
        let uppers = here(&job.uppers)?;
        let mut names = Vec::new();
        for upper in &uppers {
            names.extend(upper.names()?);
        }
        if job.whole {
            names.extend(before.names()?);
            names.extend(after.names()?);
        }
        names.sort();
        names.dedup();
        for name in names {
            let path = job.path.join(OsStr::from_bytes(&name));
            let (before, after) = (before.child(&name)?, after.child(&name)?);
            let (then, now) = match (before.stat()?, after.stat()?) {
                (None, None) => continue,
                (Some(_), None) => {
                    self.note(&path, "is missing".to_owned());
                    continue;
                }
                (None, Some(_)) => {
                    self.note(&path, "was not there".to_owned());
                    continue;
                }
                (Some(then), Some(now)) => (then, now),
            };
            if file_type(&then) != file_type(&now) {
                let what =
                    format!("was a {}, is a {}", entry::kind_word(&then), entry::kind_word(&now));
                self.note(&path, what);
                continue;
            }
            self.same_type((&before, &then), (&after, &now), &path)?;
            if file_type(&now) == FileType::Directory {
                let (uppers, replaced) = below(self.ground.mode, &uppers, &name)?;
                let whole = job.whole || replaced;
                jobs.push(Job { path, before, after, uppers, depth: job.depth + 1, whole });
            }
        }
        Ok(())
    }

    fn same_type(
        &mut self,
        before: (&Place, &Stat),
        after: (&Place, &Stat),
        path: &Path,
    ) -> io::Result<()> {
        let (then, now) = (before.1, after.1);
        if untouched(then, now) {
            return Ok(());
        }
        for what in entry::rights(then, now, Names(self.ground)) {
            self.note(path, what);
        }
        let kind = file_type(now);
        if matches!(kind, FileType::RegularFile | FileType::Directory) {
            let (old, new) = (before.0.attributes()?, after.0.attributes()?);
            for what in entry::attributes(&old, &new, Names(self.ground)) {
                self.note(path, what);
            }
        }
        match kind {
            FileType::RegularFile => {
                self.names_of_one_file(then, now, path);
                self.content((before.0, then), (after.0, now), path)?;
            }
            FileType::Symlink => {
                if before.0.link_target()? != after.0.link_target()? {
                    self.note(path, "link target".to_owned());
                }
            }
            FileType::Directory
            | FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => {}
        }
        if kind != FileType::Directory && entry::time_differs(then, now) {
            self.time(entry::time(then), entry::time(now), path);
        }
        Ok(())
    }

    fn content(
        &mut self,
        before: (&Place, &Stat),
        after: (&Place, &Stat),
        path: &Path,
    ) -> io::Result<()> {
        let (then, now) = (before.1, after.1);
        let (old, new) = (before.0.open_file()?, after.0.open_file()?);
        match content::compare((&old, then), (&new, now), &mut self.budget) {
            Sameness::Same => {
                let what = match (content::stored(then), content::stored(now)) {
                    (Some(_), None) => "was sparse, is stored in full",
                    (None, Some(_)) => "was stored in full, is sparse",
                    (Some(_), Some(_)) | (None, None) => return Ok(()),
                };
                self.add(path, what.to_owned(), Differs::Room);
            }
            Sameness::Different => {
                let what = format!("content ({} -> {} bytes)", then.st_size, now.st_size);
                self.note(path, what);
            }
            Sameness::Unknown => self.note(path, "content is too large to compare".to_owned()),
        }
        Ok(())
    }

    /// Names that were names of one file must be so again, and no others.
    fn names_of_one_file(&mut self, then: &Stat, now: &Stat, path: &Path) {
        if then.st_nlink != now.st_nlink {
            let what =
                format!("had {} names (hard links), has {} here", then.st_nlink, now.st_nlink);
            return self.note(path, what);
        }
        if then.st_nlink < 2 {
            return;
        }
        let (old, new) = ((then.st_dev, then.st_ino), (now.st_dev, now.st_ino));
        let known = self.became.entry(old).or_insert_with(|| (new, path.to_owned())).clone();
        let source = self.came_from.entry(new).or_insert_with(|| (old, path.to_owned())).clone();
        if known.0 != new {
            self.note(path, format!("was another name of {}, is not", shown(&known.1)));
        } else if source.0 != old {
            self.note(path, format!("is another name of {}, was not", shown(&source.1)));
        }
    }

    /// A time that comes with every write weighs less than one that somebody set.
    fn time(&mut self, then: Time, now: Time, path: &Path) {
        if self.ground.was_written(now) {
            return self.add(path, "modification time".to_owned(), Differs::Time);
        }
        let readable = |(seconds, nanoseconds): Time| {
            let at = Timestamp::new(seconds, i32::try_from(nanoseconds).unwrap_or(0));
            at.map_or_else(|_| format!("{seconds} s"), |at| at.to_string())
        };
        self.note(path, format!("modification time {} -> {}", readable(then), readable(now)));
    }

    fn note(&mut self, path: &Path, what: String) {
        self.add(path, what, Differs::Tree);
    }

    fn add(&mut self, path: &Path, what: String, kind: Differs) {
        let (list, more) = match kind {
            Differs::Tree => (&mut self.heavy, &mut self.more[0]),
            Differs::Time | Differs::Room => (&mut self.light, &mut self.more[1]),
        };
        if list.len() < LISTED {
            list.push(Difference { path: shown(path), what, kind });
        } else {
            *more += 1;
        }
    }
}

/// The same inode with the same change time was not written to: nobody can set that time.
fn untouched(then: &Stat, now: &Stat) -> bool {
    file_type(now) != FileType::Directory
        && (then.st_ctime, then.st_ctime_nsec, then.st_ino, then.st_size)
            == (now.st_ctime, now.st_ctime_nsec, now.st_ino, now.st_size)
        && !entry::time_differs(then, now)
}

/// Returns the directories of that name in the layers, and whether one of them does more than
/// add to what it lies on.
fn below(mode: Mode, uppers: &[Place], name: &[u8]) -> io::Result<(Vec<Place>, bool)> {
    let (mut found, mut replaced) = (Vec::new(), false);
    for upper in uppers {
        let place = upper.child(name)?;
        let Some(stat) = place.stat()? else { continue };
        if file_type(&stat) == FileType::Directory {
            let marks = Marks::of(mode, place.attributes()?);
            replaced |= marks.opaque || marks.redirect.is_some();
            found.push(place);
        } else {
            replaced |= is_whiteout(&stat) || file_type(&stat) != FileType::Directory;
        }
    }
    Ok((found, replaced))
}
