//! Files under review: scripts, plans and runbooks with what was found in them, and their safe fixes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::effect::Effect;
use super::state::{Stage, State};
use crate::check::{self, Placed, Reviewed};

/// Files under review.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Files {
    /// What was asked for: files and directories.
    pub paths: Vec<PathBuf>,
    /// What came of each file, in their order.
    pub seen: Vec<FileSeen>,
    /// How many files are to be looked at, where that is known.
    pub expected: Option<usize>,
    /// Whether every file was looked at once.
    pub complete: bool,
    /// Findings of all files that stand, by weight.
    pub open: [usize; 4],
    /// Findings of all files that are accepted.
    pub allowed: usize,
    /// Another one after each change of `seen`, so that who draws them knows when to look again.
    pub version: Arc<()>,
    /// Files as they were before each fix and after it, oldest first.
    pub undo: Vec<Rewritten>,
    /// Where each file stands in `seen`.
    places: HashMap<PathBuf, usize>,
}

/// What came of looking at a file.
#[derive(Debug, Clone, PartialEq)]
pub enum FileSeen {
    /// It was checked.
    Reviewed(Box<Reviewed>),
    /// It could not be.
    Unread {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// A change of a whole file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewritten {
    /// The file.
    pub path: PathBuf,
    /// What it says; where it says something else, it is left as it is.
    pub before: String,
    /// What it is to say.
    pub after: String,
    /// Whether it takes an earlier change back.
    pub back: bool,
}

impl FileSeen {
    /// Returns the file.
    pub fn path(&self) -> &Path {
        match self {
            Self::Reviewed(reviewed) => &reviewed.path,
            Self::Unread { path, .. } => path,
        }
    }
}

impl Files {
    /// Returns a file that was checked.
    pub fn reviewed(&self, path: &Path) -> Option<&Reviewed> {
        match self.seen.get(*self.places.get(path)?)? {
            FileSeen::Reviewed(reviewed) => Some(reviewed.as_ref()),
            FileSeen::Unread { .. } => None,
        }
    }

    /// Takes a file in; one that was there before keeps its place.
    fn take(&mut self, seen: FileSeen) {
        self.version = Arc::default();
        self.count(&seen, |all, own| *all += own);
        match self.places.get(seen.path()) {
            Some(&at) => {
                let before = std::mem::replace(&mut self.seen[at], seen);
                self.count(&before, |all, own| *all -= own);
            }
            None => {
                self.places.insert(seen.path().to_owned(), self.seen.len());
                self.seen.push(seen);
            }
        }
    }

    fn count(&mut self, seen: &FileSeen, change: impl Fn(&mut usize, usize)) {
        if let FileSeen::Reviewed(reviewed) = seen {
            change(&mut self.allowed, reviewed.allowed.len());
            for placed in &reviewed.open {
                change(&mut self.open[placed.finding.severity as usize], 1);
            }
        }
    }
}

/// Returns what the safe fix of the finding at place `at` makes of a file; nothing where it has none that fits.
pub fn fixed(reviewed: &Reviewed, at: usize) -> Option<Rewritten> {
    let chosen: Vec<&Placed> = reviewed.open.get(at).into_iter().collect();
    let (after, applied) = check::repaired(reviewed, &chosen);
    let changed = !applied.is_empty() && after != reviewed.text;
    let (path, before) = (reviewed.path.clone(), reviewed.text.clone());
    changed.then_some(Rewritten { path, before, after, back: false })
}

/// A rule as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulePage {
    /// Its code and name.
    pub title: String,
    /// Labels and what stands behind them.
    pub parts: Vec<(&'static str, String)>,
    /// `Bad` or `Good`, and the example.
    pub examples: Vec<(&'static str, String)>,
}

/// Returns the page of a rule.
pub fn rule_page(code: &str) -> Option<RulePage> {
    let rule = check::rule(code)?;
    let text = |text: &str| text.to_owned();
    let bad = rule.bad.iter().map(|one| ("Bad", one.text()));
    let good = rule.good.iter().map(|one| ("Good", one.text()));
    Some(RulePage {
        title: format!("{} {}", rule.code, rule.name),
        parts: vec![
            ("Severity", text(rule.severity.word())),
            ("Finds", text(rule.summary)),
            ("Why", text(rule.why)),
            ("Instead", text(rule.fix)),
            ("Source", text(rule.source)),
        ],
        examples: bad.chain(good).collect(),
    })
}

pub fn begin(state: &mut State, paths: Vec<PathBuf>) -> Vec<Effect> {
    state.stage = Stage::Files;
    state.files = Some(Files { paths: paths.clone(), ..Files::default() });
    vec![Effect::ReviewFiles(paths)]
}

pub fn again(state: &mut State) -> Vec<Effect> {
    let Some(files) = &mut state.files else {
        return vec![];
    };
    let (paths, undo) = (files.paths.clone(), std::mem::take(&mut files.undo));
    *files = Files { paths: paths.clone(), undo, ..Files::default() };
    vec![Effect::ReviewFiles(paths)]
}

pub fn found(state: &mut State, count: usize) -> Vec<Effect> {
    if let Some(files) = &mut state.files {
        files.expected = Some(count);
    }
    vec![]
}

/// Takes a file in; one that was there before is looked at anew.
pub fn seen(state: &mut State, seen: FileSeen) -> Vec<Effect> {
    if let Some(files) = &mut state.files {
        files.take(seen);
    }
    vec![]
}

pub fn complete(state: &mut State) -> Vec<Effect> {
    if let Some(files) = &mut state.files {
        files.complete = true;
    }
    vec![]
}

pub fn fix(state: &mut State, path: &Path, at: usize) -> Vec<Effect> {
    let reviewed = state.files.as_ref().and_then(|files| files.reviewed(path));
    match reviewed.and_then(|reviewed| fixed(reviewed, at)) {
        Some(rewritten) => vec![Effect::Rewrite(rewritten)],
        None => state.refuse("this finding has no safe fix"),
    }
}

pub fn undo(state: &mut State) -> Vec<Effect> {
    let last = state.files.as_mut().and_then(|files| files.undo.pop());
    match last {
        Some(Rewritten { path, before, after, .. }) => {
            vec![Effect::Rewrite(Rewritten { path, before: after, after: before, back: true })]
        }
        None => state.refuse("there is no fix to take back"),
    }
}

/// Hears what became of a change. One that was taken back is not offered again: the fix is still there to be chosen.
pub fn rewritten(
    state: &mut State,
    rewritten: Rewritten,
    result: Result<(), String>,
) -> Vec<Effect> {
    let name = rewritten.path.display().to_string();
    if let Err(why) = result {
        return state.refuse(format!("{name}: {why}"));
    }
    match rewritten.back {
        true => state.done(format!("{name} is as it was")),
        false => {
            state.done(format!("{name} is fixed; u takes it back"));
            state.files.get_or_insert_default().undo.push(rewritten);
        }
    }
    vec![]
}
