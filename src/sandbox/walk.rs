//! Finds what one layer changed, by walking its upper directories after every process is gone.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Stat};

use super::content::{self, Sameness};
use super::ground::{Branch, Ground, Owner, Show};
use super::layers::{Layer, Layers, upper};
use super::protocol::{Failure, Kind, Mode};
use super::reach::Reach;
use super::record::{self, Record};
use super::rename;
use super::tree::{Place, file_type, is_whiteout};

/// What a layer changed.
#[derive(Debug)]
pub(super) struct Changes {
    pub(super) record: Record,
    /// What an ordinary user did inside that the host would refuse.
    pub(super) refused_on_host: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// A path as it was before the run.
#[derive(Debug, Clone)]
struct Old {
    place: Place,
    path: PathBuf,
}

/// A directory to look at.
struct Job {
    upper: Place,
    before: Option<Old>,
    path: PathBuf,
    /// Whether nothing of the lower directory shows through.
    opaque: bool,
}

struct Walk<'a> {
    ground: &'a Ground,
    reach: &'a Reach,
    uppers: Place,
    branch: &'a Branch,
    view: &'a Place,
    moved_from: HashSet<PathBuf>,
    gone: Vec<Old>,
    found: &'a mut Changes,
}

/// Returns what `layer`, which is not kept yet, changed on top of the kept ones.
pub(super) fn changes(
    ground: &Ground,
    reach: &Reach,
    layers: &mut Layers,
    layer: &Layer,
) -> Result<Changes, Failure> {
    let mut found =
        Changes { record: Record::new(), refused_on_host: Vec::new(), notes: Vec::new() };
    let failed = |error| Failure::of("walking a layer", error);
    for held in &layer.holds {
        let index = held.branch;
        let branch = &ground.branches[index];
        if branch.show == Show::Nothing {
            continue;
        }
        let top = Place::root(upper(held.upper).as_str()).map_err(failed)?;
        let mut touched = Vec::new();
        let now = top.stat().map_err(failed)?;
        if let (Some(now), Some((then, attributes))) = (&now, layers.top_before(index)) {
            touched = record::rights(then, now, |id| ground.real_id(id));
            touched.extend(record::differing(attributes, &top.attributes()));
        }
        let depth = layers.depth();
        let view = layers.view(ground, index, depth)?;
        let mut walk = Walk {
            ground,
            reach,
            uppers: top.clone(),
            branch,
            view: &view.root,
            moved_from: HashSet::new(),
            gone: Vec::new(),
            found: &mut found,
        };
        if !touched.is_empty() {
            walk.top_changed(now.as_ref(), touched.join("; "));
        }
        let before = Old { place: view.root.clone(), path: branch.at.clone() };
        walk.run(Job { upper: top, before: Some(before), path: branch.at.clone(), opaque: false });
        walk.account_for_gone();
    }
    rename::fold(&mut found.record);
    found.record.listed.sort_by(|a, b| a.path.0.cmp(&b.path.0));
    Ok(found)
}

impl Walk<'_> {
    fn top_changed(&mut self, now: Option<&Stat>, what: String) {
        let path = &self.branch.at;
        if self.branch.show == Show::Effects(Owner::Other) {
            self.refuse_rights(path);
        }
        self.found.record.add(Kind::Metadata, path, now, Some(what));
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
            let names = match job.upper.names() {
                Ok(names) => names,
                Err(error) => {
                    self.found
                        .notes
                        .push(format!("{} was not walked: {error}", job.path.display()));
                    continue;
                }
            };
            if job.opaque
                && let Some(before) = &job.before
            {
                self.gone_below(before, |name| !names.iter().any(|other| other == name));
            }
            for name in &names {
                if let Err(error) = self.entry(&job, name, &mut jobs) {
                    let path = join(&job.path, name);
                    self.found.notes.push(format!("{} was not compared: {error}", path.display()));
                }
            }
        }
    }

    fn entry(&mut self, job: &Job, name: &[u8], jobs: &mut Vec<Job>) -> io::Result<()> {
        let upper = job.upper.child(name)?;
        let path = join(&job.path, name);
        let Some(now) = upper.stat()? else {
            return Ok(());
        };
        let mut before = match &job.before {
            Some(old) => Some(Old { place: old.place.child(name)?, path: join(&old.path, name) }),
            None => None,
        };
        let mut then = stat_of(before.as_ref())?;
        if is_whiteout(&now) {
            if let (Some(old), Some(then)) = (before, then) {
                self.check_sticky(&job.path, &path, &then);
                self.gone.push(old);
            }
            return Ok(());
        }
        let mut opaque =
            job.opaque || self.attribute(&upper, "opaque").is_some_and(|value| value == b"y");
        if let Some(origin) = self.origin(job, &upper, &now)
            && let Some(stat) = origin.place.stat()?
        {
            if origin.path != path && then.is_none() && self.is_second_name(&origin, &now) {
                let link = format!("hard link to {}", origin.path.display());
                self.found.record.add(Kind::Created, &path, Some(&now), Some(link));
                return Ok(());
            }
            if origin.path != path {
                if let (Some(old), Some(FileType::Directory)) =
                    (&before, then.as_ref().map(file_type))
                {
                    self.gone_below(old, |_| true);
                }
                self.found.record.add_renamed(&origin.path, &path, &now);
                self.moved_from.insert(origin.path.clone());
            }
            (before, then, opaque) = (Some(origin), Some(stat), false);
        }
        let now_type = file_type(&now);
        match (&before, &then) {
            (Some(old), Some(then)) if file_type(then) == now_type => {
                self.same_type(&old.place, then, &upper, &now, &path)?;
            }
            (Some(old), Some(then)) => {
                if file_type(then) == FileType::Directory {
                    self.gone_below(old, |_| true);
                }
                let what = format!("{} -> {}", record::kind_word(then), record::kind_word(&now));
                self.found.record.add(Kind::TypeChanged, &path, Some(&now), Some(what));
            }
            (_, _) => {
                let shown = self.found.record.content(None, Some((&upper, &now)), &path);
                self.found.record.add_half(Kind::Created, &path, (&upper, &now), shown);
            }
        }
        if now_type == FileType::Directory {
            let before = before.filter(|_| then.is_some_and(|then| file_type(&then) == now_type));
            jobs.push(Job { upper, before, path, opaque });
        }
        Ok(())
    }

    fn same_type(
        &mut self,
        old: &Place,
        then: &Stat,
        new: &Place,
        now: &Stat,
        path: &Path,
    ) -> io::Result<()> {
        let mut what = record::rights(then, now, |id| self.ground.real_id(id));
        let kind = file_type(now);
        let mut owners_part = !what.is_empty();
        if matches!(kind, FileType::RegularFile | FileType::Directory) {
            what.extend(record::attributes(old, new));
        }
        // Who may write a file may also write attributes of it.
        owners_part |= kind == FileType::Directory && !what.is_empty();
        if owners_part && self.reach.seems_own(path) {
            self.refuse_rights(path);
        }
        let changed = match kind {
            FileType::RegularFile if self.attribute(new, "metacopy").is_some() => false,
            FileType::RegularFile => {
                match content::compare((&old.open_file()?, then), (&new.open_file()?, now)) {
                    Sameness::Same => false,
                    Sameness::Different => true,
                    Sameness::Unknown => {
                        self.found.notes.push(format!(
                            "{} is too large to compare; taken as modified",
                            path.display()
                        ));
                        true
                    }
                }
            }
            FileType::Symlink => old.link_target()? != new.link_target()?,
            FileType::Directory
            | FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => false,
        };
        if changed {
            let shown = self.found.record.content(Some((old, then)), Some((new, now)), path);
            let shown = match (shown, what.is_empty()) {
                (Some(shown), false) => Some(format!("{}\n{shown}", what.join("; "))),
                (shown, _) => shown,
            };
            self.found.record.add(Kind::Modified, path, Some(now), shown);
            return Ok(());
        }
        // A directory's time changes with everything in it and says nothing of its own.
        if kind != FileType::Directory && record::time_differs(then, now) {
            what.push("modification time".to_owned());
        }
        if !what.is_empty() {
            self.found.record.add(Kind::Metadata, path, Some(now), Some(what.join("; ")));
        }
        Ok(())
    }

    fn check_sticky(&mut self, directory: &Path, path: &Path, then: &Stat) {
        let sticky = self.branch.top.st_mode & 0o1000 != 0 && directory == self.branch.at
            || self.reach.seems_own_and_sticky(directory);
        if sticky
            && self.ground.mode == Mode::User
            && (then.st_uid != 0 || self.reach.seems_own(path))
        {
            self.found.refused_on_host.push(format!(
                "deleting {}: it belongs to somebody else, in a sticky directory",
                path.display()
            ));
        }
    }

    /// Returns where something that only moved stood before (the kernel's overlayfs.rst, "redirect_dir").
    fn origin(&self, job: &Job, upper: &Place, now: &Stat) -> Option<Old> {
        if !matches!(file_type(now), FileType::Directory | FileType::RegularFile) {
            return None;
        }
        let value = self.attribute(upper, "redirect")?;
        let target = Path::new(OsStr::from_bytes(&value));
        match target.strip_prefix("/") {
            Ok(below) => Some(Old {
                place: self.view.descend(below).ok()?,
                path: self.branch.at.join(below),
            }),
            Err(_) => {
                let directory = job.before.as_ref()?;
                Some(Old {
                    place: directory.place.child(&value).ok()?,
                    path: join(&directory.path, &value),
                })
            }
        }
    }

    /// Tells whether a file still stands where it came from, so that this is one more name for it.
    fn is_second_name(&self, origin: &Old, now: &Stat) -> bool {
        let below = origin.path.strip_prefix(&self.branch.at).unwrap_or(&origin.path);
        let still = self.uppers.descend(below).and_then(|place| place.stat());
        file_type(now) == FileType::RegularFile
            && still.is_ok_and(|still| still.is_some_and(|still| still.st_ino == now.st_ino))
    }

    fn attribute(&self, place: &Place, name: &str) -> Option<Vec<u8>> {
        match self.ground.mode {
            Mode::RootShifted | Mode::RootIdentity => {
                place.attribute(&format!("trusted.overlay.{name}"))
            }
            Mode::User => place.attribute(&format!("user.overlay.{name}")),
        }
    }

    fn gone_below(&mut self, directory: &Old, wanted: impl Fn(&[u8]) -> bool) {
        for name in directory.place.names().unwrap_or_default() {
            if wanted(&name)
                && let Ok(place) = directory.place.child(&name)
            {
                self.gone.push(Old { place, path: join(&directory.path, &name) });
            }
        }
    }

    /// Lists what is gone, with everything that was below it, except what only moved.
    fn account_for_gone(&mut self) {
        let mut left = std::mem::take(&mut self.gone);
        while let Some(old) = left.pop() {
            if self.moved_from.contains(&old.path) {
                continue;
            }
            let Ok(Some(stat)) = old.place.stat() else {
                continue;
            };
            self.found.record.add_half(Kind::Deleted, &old.path, (&old.place, &stat), None);
            if file_type(&stat) == FileType::Directory {
                self.gone_below(&old, |_| true);
                left.append(&mut self.gone);
            }
        }
    }
}

fn stat_of(old: Option<&Old>) -> io::Result<Option<Stat>> {
    old.map_or(Ok(None), |old| old.place.stat())
}

fn join(directory: &Path, name: &[u8]) -> PathBuf {
    directory.join(OsStr::from_bytes(name))
}
