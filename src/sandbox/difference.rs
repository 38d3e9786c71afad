//! Compares the tree at two depths of the layers: the proof that a rollback restores what was.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Stat};

use super::content::{self, Sameness};
use super::ground::{Ground, Show};
use super::layers::{Layers, upper};
use super::protocol::{Difference, Failure};
use super::record;
use super::tree::{Place, file_type, is_whiteout};
use crate::base::escape;

/// More differences than this are summed up in one line.
const LISTED: usize = 200;

struct Compare<'a> {
    ground: &'a Ground,
    found: Vec<Difference>,
    more: u64,
}

/// The same directory before and after, and in the layers between.
struct Job {
    path: PathBuf,
    before: Place,
    after: Place,
    uppers: Vec<Place>,
    /// Whether a layer replaced or moved this directory, so that every name in it must be compared.
    whole: bool,
}

/// Returns what differs between the tree at `since` and the tree now.
pub(super) fn since(
    ground: &Ground,
    layers: &mut Layers,
    since: usize,
) -> Result<Vec<Difference>, Failure> {
    let mut compare = Compare { ground, found: Vec::new(), more: 0 };
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
        let (before, after) =
            (layers.view(ground, index, since)?, layers.view(ground, index, now)?);
        let job = Job {
            path: branch.at.clone(),
            before: before.root.clone(),
            after: after.root.clone(),
            uppers,
            whole: false,
        };
        compare.run(job);
    }
    if compare.more > 0 {
        let what = format!("and {} more", compare.more);
        compare.found.push(Difference { path: String::new(), what, time_only: false });
    }
    Ok(compare.found)
}

impl Compare<'_> {
    fn run(&mut self, first: Job) {
        let mut jobs = vec![first];
        while let Some(job) = jobs.pop() {
            if let Err(error) = self.directory(&job, &mut jobs) {
                self.note(&job.path, format!("could not be compared: {error}"));
            }
        }
    }

    fn directory(&mut self, job: &Job, jobs: &mut Vec<Job>) -> io::Result<()> {
        let mut names = Vec::new();
        for upper in &job.uppers {
            names.extend(upper.names()?);
        }
        if job.whole {
            names.extend(job.before.names()?);
            names.extend(job.after.names()?);
        }
        names.sort();
        names.dedup();
        for name in names {
            let path = job.path.join(OsStr::from_bytes(&name));
            let (before, after) = (job.before.child(&name)?, job.after.child(&name)?);
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
                    format!("was a {}, is a {}", record::kind_word(&then), record::kind_word(&now));
                self.note(&path, what);
                continue;
            }
            self.same_type((&before, &then), (&after, &now), &path)?;
            if file_type(&now) == FileType::Directory {
                let (uppers, replaced) = below(&job.uppers, &name)?;
                let whole = job.whole || replaced;
                jobs.push(Job { path, before, after, uppers, whole });
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
        for what in record::rights(then, now, |id| self.ground.real_id(id)) {
            self.note(path, what);
        }
        let kind = file_type(now);
        if matches!(kind, FileType::RegularFile | FileType::Directory)
            && let Some(what) = record::attributes(before.0, after.0)
        {
            self.note(path, what);
        }
        match kind {
            FileType::RegularFile => {
                match content::compare((&before.0.open_file()?, then), (&after.0.open_file()?, now))
                {
                    Sameness::Same if record::time_differs(then, now) => self.add(Difference {
                        path: shown(path),
                        what: "modification time".to_owned(),
                        time_only: true,
                    }),
                    Sameness::Same => {}
                    Sameness::Different => {
                        let what = format!("content ({} -> {} bytes)", then.st_size, now.st_size);
                        self.note(path, what);
                    }
                    Sameness::Unknown => {
                        self.note(path, "content is too large to compare".to_owned())
                    }
                }
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
        Ok(())
    }

    fn note(&mut self, path: &Path, what: String) {
        self.add(Difference { path: shown(path), what, time_only: false });
    }

    fn add(&mut self, difference: Difference) {
        if self.found.len() < LISTED {
            self.found.push(difference);
        } else {
            self.more += u64::from(!difference.time_only);
        }
    }
}

fn shown(path: &Path) -> String {
    escape::bytes(path.as_os_str().as_bytes())
}

/// The same inode with the same change time was not written to: nobody can set that time.
fn untouched(then: &Stat, now: &Stat) -> bool {
    file_type(now) != FileType::Directory
        && (then.st_ctime, then.st_ctime_nsec, then.st_ino, then.st_size)
            == (now.st_ctime, now.st_ctime_nsec, now.st_ino, now.st_size)
        && !record::time_differs(then, now)
}

/// Returns the directories of that name in the layers, and whether one of them does more than
/// add to what it lies on.
fn below(uppers: &[Place], name: &[u8]) -> io::Result<(Vec<Place>, bool)> {
    let (mut found, mut replaced) = (Vec::new(), false);
    for upper in uppers {
        let place = upper.child(name)?;
        let Some(stat) = place.stat()? else { continue };
        if file_type(&stat) == FileType::Directory {
            replaced |= [
                "trusted.overlay.opaque",
                "trusted.overlay.redirect",
                "user.overlay.opaque",
                "user.overlay.redirect",
            ]
            .iter()
            .any(|name| place.attribute(name).is_some());
            found.push(place);
        } else {
            replaced |= is_whiteout(&stat) || file_type(&stat) != FileType::Directory;
        }
    }
    Ok((found, replaced))
}
