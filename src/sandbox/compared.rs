//! Compares one path before and after a run.

use std::io;
use std::path::Path;

use rustix::fs::{FileType, Stat};

use super::content::{self, Sameness};
use super::entry::{self, Marks};
use super::protocol::Kind;
use super::record::Entry;
use super::tally::Node;
use super::tree::{Place, file_type};
use super::walk::Walk;

impl Walk<'_> {
    /// What is to be said of something that was not there before.
    pub(super) fn describe_new(
        &self,
        upper: &Place,
        now: &Stat,
        marks: &Marks,
        what: &mut Vec<String>,
    ) {
        what.extend(entry::alarms(None, now, self.names()));
        if file_type(now) == FileType::Symlink
            && let Ok(target) = upper.link_target()
        {
            what.push(format!("link to {}", crate::base::escape::bytes(&target)));
        }
        what.extend(entry::attributes(&[], &marks.seen, self.names()));
    }

    pub(super) fn same_type(
        &mut self,
        (old, then): (&Place, &Stat),
        (new, now): (&Place, &Stat),
        content: &Place,
        marks: &Marks,
        (path, parent): (&Path, Node),
    ) -> io::Result<Option<usize>> {
        let kind = file_type(now);
        let then = &if marks.copied { *then } else { self.as_on_host(path, then) };
        let mut what = entry::alarms(Some(then), now, self.names());
        what.extend(entry::rights(then, now, self.names()));
        let owners_part = !what.is_empty();
        if matches!(kind, FileType::RegularFile | FileType::Directory) {
            match old.attributes() {
                Ok(old) => what.extend(entry::attributes(&old, &marks.seen, self.names())),
                Err(error) => {
                    self.note(path, &format!("had attributes that cannot be read: {error}"))
                }
            }
        }
        if !marks.copied {
            // What stands there now is the caller's, if the host lets it be put there.
            self.check_sticky(path, then);
        } else if self.standing.is_at(path) {
            if owners_part {
                self.refuse_rights(path);
            }
            let time = entry::time(now);
            if time != entry::time(then) && !self.ground.was_written(time) {
                self.refuse("setting the time of", path);
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
                true => self.found.record.content(Some((old, then)), (content, now, None), path),
                false => None,
            };
            let entry = Entry::new(Kind::Modified, path, parent, now);
            return Ok(self.found.record.add(Entry { what, diff, ..entry }));
        }
        // A directory's time changes with everything in it and says nothing of its own.
        let times = times.filter(|_| kind != FileType::Directory);
        if what.is_empty() && times.is_none() {
            return Ok(None);
        }
        let entry = Entry::new(Kind::Metadata, path, parent, now);
        Ok(self.found.record.add(Entry { what, times, ..entry }))
    }

    /// Returns what stood at a path, with the owner and the rights of the host's where these were the caller's only inside.
    fn as_on_host(&self, path: &Path, then: &Stat) -> Stat {
        let below = path.strip_prefix(&self.branch.at).unwrap_or(path);
        let lower = self.lower.as_ref().filter(|_| self.standing.is_at(path));
        let lower = lower.and_then(|lower| lower.descend(below).ok()?.stat().ok()?);
        let mut stat = *then;
        if let Some(lower) = lower.filter(|lower| file_type(lower) == file_type(then)) {
            (stat.st_mode, stat.st_uid, stat.st_gid) = (lower.st_mode, lower.st_uid, lower.st_gid);
        }
        stat
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
}
