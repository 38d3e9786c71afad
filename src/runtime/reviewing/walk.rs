//! Finds the files of a tree that the checker can read.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::check::Language;

/// Endings of files that are read for what they are called.
const ENDINGS: &[&str] = &[
    "sh", "bash", "ksh", "dash", "ash", "py", "md", "markdown", "mdx", "mkd", "sql", "psql", "ddl",
    "service", "timer", "socket", "mount", "cron", "crontab", "yaml", "yml",
];

/// Directories all files of which are tables of cron.
const CRON: &[&str] = &["cron.d", "crontabs"];

/// A file to be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The file.
    pub path: PathBuf,
    /// Whether the person named it, or it was found below a directory.
    pub named: Named,
}

/// Who chose a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// The person: YAML that does not say what it is, is read as a plan.
    ByPerson,
    /// It lies below a directory: such YAML is left alone.
    BelowDirectory,
}

/// What could not be looked at below a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotWalked {
    /// The file or directory.
    pub path: PathBuf,
    /// Why.
    pub why: String,
}

impl NotWalked {
    fn of(below: &Path, error: &ignore::Error) -> Self {
        let (mut path, mut inner) = (below, error);
        loop {
            match inner {
                ignore::Error::WithPath { path: at, err } => (path, inner) = (at, err),
                ignore::Error::WithDepth { err, .. }
                | ignore::Error::WithLineNumber { err, .. } => {
                    inner = err;
                }
                _ => break,
            }
        }
        Self { path: path.to_owned(), why: inner.to_string() }
    }
}

/// Returns the files that `paths` name, each once: what is no directory as it is, and below directories everything the
/// checker reads, sorted by name. Hidden files and symbolic links are left out, and what git is told to ignore unless
/// `ignored` asks for it too. The second list says what could not be looked at.
pub fn files(paths: &[PathBuf], ignored: bool) -> (Vec<Found>, Vec<NotWalked>) {
    let (mut found, mut problems): (Vec<Found>, Vec<NotWalked>) = (vec![], vec![]);
    let mut seen = std::collections::BTreeSet::new();
    let mut add = |path: PathBuf, named: Named| {
        if seen.insert(path.clone()) {
            found.push(Found { path, named });
        }
    };
    for path in paths {
        if path.as_os_str() == "-" || !path.is_dir() {
            add(path.clone(), Named::ByPerson);
            continue;
        }
        let walk = WalkBuilder::new(path)
            .require_git(false)
            .ignore(false)
            .git_ignore(!ignored)
            .git_exclude(!ignored)
            .git_global(!ignored)
            .sort_by_file_name(std::ffi::OsStr::cmp)
            .build();
        for entry in walk {
            match entry {
                Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                    if is_read(entry.path()) {
                        let path = entry.into_path();
                        let path = path.strip_prefix("./").map(Path::to_owned).unwrap_or(path);
                        add(path, Named::BelowDirectory);
                    }
                }
                Ok(_) => {}
                Err(error) => problems.push(NotWalked::of(path, &error)),
            }
        }
    }
    (found, problems)
}

/// Tells whether a file is one the checker reads: by its ending, its directory, or the first line of a script.
fn is_read(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if ENDINGS.contains(&ending.to_ascii_lowercase().as_str()) {
        return true;
    }
    let name = |path: &Path| path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    let directory = path.parent().and_then(name).unwrap_or_default();
    if matches!(name(path).as_deref(), Some("crontab" | "anacrontab"))
        || CRON.contains(&directory.as_str())
    {
        return true;
    }
    let mut head = [0; 128];
    let read = File::open(path).and_then(|mut file| file.read(&mut head));
    let line = head.get(..read.unwrap_or(0)).unwrap_or_default();
    let line =
        String::from_utf8_lossy(line.split(|byte| *byte == b'\n').next().unwrap_or_default());
    line.starts_with("#!") && Language::of(&line, "") != Language::Other
}
