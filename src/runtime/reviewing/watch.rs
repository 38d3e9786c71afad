//! Files under review in the terminal interface: looked at once, then again whenever one of them changes.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{Found, Looked, Named, Reviewer, files, write_back};
use crate::base::Position;
use crate::flow::{FileSeen, News, Rewritten};
use crate::runtime::perform::{Worker, why};

/// How often files are asked whether they changed.
const EVERY: Duration = Duration::from_millis(700);

/// What changes when somebody writes a file: its inode, its size, its time.
type Stamp = (u64, u64, i64, i64);

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.ino(), metadata.size(), metadata.mtime(), metadata.mtime_nsec()))
}

impl Worker {
    /// Checks every file, tells what came of it, and stays to look again at what changes, until it is to leave.
    pub(in crate::runtime) fn review_files(&self, paths: &[PathBuf]) {
        let watching = Arc::clone(&self.watching);
        let goes_on = |watching: &AtomicBool| watching.load(Ordering::SeqCst);
        let reviewer = Reviewer::of(Arc::clone(&self.runtime));
        let (mut found, problems) = files(paths, false);
        for problem in problems {
            self.tell(News::File(FileSeen::Unread { path: problem.path, why: problem.why }));
        }
        self.tell(News::FilesFound(found.len()));
        let mut stamps: BTreeMap<PathBuf, Option<Stamp>> =
            found.iter().map(|one| (one.path.clone(), stamp(&one.path))).collect();
        let jobs = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        reviewer.each(&found, jobs, |found, looked| {
            if let Some(seen) = seen(found, looked) {
                self.tell(News::File(seen));
            }
            match goes_on(&watching) {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        });
        if !goes_on(&watching) || !self.tell(News::FilesComplete) {
            return;
        }
        found.retain(|one| one.path.as_os_str() != "-");
        let mut took = Duration::ZERO;
        while goes_on(&watching) {
            // Looking at many takes long; most of the time is left to others.
            std::thread::sleep(EVERY.max(took * 20));
            let begun = Instant::now();
            for one in &found {
                let now = stamp(&one.path);
                if stamps.insert(one.path.clone(), now) == Some(now) {
                    continue;
                }
                if let Some(seen) = seen(one, reviewer.look(one))
                    && goes_on(&watching)
                    && !self.tell(News::File(seen))
                {
                    return;
                }
            }
            took = begun.elapsed();
        }
    }

    /// Writes a fixed file, and looks at it again at once.
    pub(in crate::runtime) fn rewrite(&self, rewritten: Rewritten) {
        let result = write_back(&rewritten.path, &rewritten.before, &rewritten.after);
        let found = Found { path: rewritten.path.clone(), named: Named::ByPerson };
        let result = result.map_err(|error| why(&error));
        self.tell(News::Rewritten { rewritten, result });
        let reviewer = Reviewer::of(Arc::clone(&self.runtime));
        if let Some(seen) = seen(&found, reviewer.look(&found)) {
            self.tell(News::File(seen));
        }
    }
}

/// Returns what is told of a file; nothing of one in which there is nothing to check.
fn seen(found: &Found, looked: Looked) -> Option<FileSeen> {
    let path = found.path.clone();
    match looked {
        Looked::Reviewed(mut reviewed) => {
            // Without a finding no line of it is ever shown, and of many files not all can be kept.
            if reviewed.open.is_empty() && reviewed.allowed.is_empty() {
                reviewed.text = String::new();
            }
            Some(FileSeen::Reviewed(reviewed))
        }
        Looked::Nothing => None,
        Looked::Invalid { text, problems } => {
            let why = problems.first().map_or_else(String::new, |problem| {
                format!("line {}: {}", Position::of(&text, problem.span.start), problem.message)
            });
            Some(FileSeen::Unread { path, why })
        }
        Looked::Refused(error) => Some(FileSeen::Unread { path, why: why(&error) }),
    }
}
