//! What stand-ins remember between calls, and the list of the calls, both in files that a script may forge.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, OFlags};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Files below the state directory; made when a session starts, writable by every account.
pub(super) const FILES: &[&str] = &[BOOK, CALLS];
const BOOK: &str = "book.json";
const CALLS: &str = "calls.jsonl";

/// Longest book that is read or kept, and where the list of calls ends.
const LONGEST: u64 = 1 << 20;
/// Bytes of a call's text that are kept.
const TEXT: usize = 400;
/// Calls of one run that are reported.
const CALLS_SHOWN: usize = 100;

/// What stand-ins know: their memory, and the tree around them.
#[derive(Debug)]
pub(super) struct State {
    values: BTreeMap<String, serde_json::Value>,
    changed: bool,
    /// Whether there was a memory that cannot be read any more.
    pub(super) lost: bool,
    /// Whether the tree stands for another machine's: then it cannot tell what is missing there.
    pub(super) elsewhere: bool,
    root: PathBuf,
    input: Option<String>,
}

impl State {
    /// A state without memory; the tree begins at `root`.
    pub(super) fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            values: BTreeMap::new(),
            changed: false,
            lost: false,
            elsewhere: false,
            root: root.into(),
            input: None,
        }
    }

    /// Returns what is kept under a name, or its default: `units`, `volumes`.
    pub(super) fn get<T: DeserializeOwned + Default>(&mut self, name: &str) -> T {
        let Some(value) = self.values.get(name) else {
            return T::default();
        };
        serde_json::from_value(value.clone()).unwrap_or_else(|_| {
            self.lost = true;
            T::default()
        })
    }

    /// Keeps a value under a name.
    pub(super) fn set<T: Serialize>(&mut self, name: &str, value: &T) {
        if let Ok(value) = serde_json::to_value(value) {
            self.changed =
                self.values.insert(name.to_owned(), value.clone()) != Some(value) || self.changed;
        }
    }

    /// Changes a value in place.
    pub(super) fn update<T, R>(&mut self, name: &str, change: impl FnOnce(&mut T) -> R) -> R
    where
        T: Serialize + DeserializeOwned + Default,
    {
        let mut value = self.get::<T>(name);
        let result = change(&mut value);
        self.set(name, &value);
        result
    }

    /// Returns where a path of the sandbox's tree is found.
    pub(super) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// Tells whether something stands at a path of the tree (a link counts, wherever it leads).
    pub(super) fn exists(&self, path: &str) -> bool {
        std::fs::symlink_metadata(self.path(path)).is_ok()
    }

    /// Reads a small file of the tree; empty where it cannot be read.
    pub(super) fn read(&self, path: &str) -> String {
        let mut bytes = Vec::new();
        let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits() as i32;
        let opened = OpenOptions::new().read(true).custom_flags(flags).open(self.path(path));
        if let Ok(file) = opened {
            let _ = file.take(LONGEST).read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Returns standard input to its end; what is beyond a bound is read and dropped.
    pub(super) fn input(&mut self) -> String {
        self.input
            .get_or_insert_with(|| {
                let mut bytes = Vec::new();
                let mut from = std::io::stdin().lock();
                let _ = from.by_ref().take(LONGEST).read_to_end(&mut bytes);
                let _ = std::io::copy(&mut from, &mut std::io::sink());
                String::from_utf8_lossy(&bytes).into_owned()
            })
            .clone()
    }

    /// Sets what standard input holds.
    #[cfg(test)]
    pub(super) fn with_input(&mut self, text: &str) {
        self.input = Some(text.to_owned());
    }
}

/// A call that a stand-in answered, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Call {
    pub(super) tool: String,
    /// The words behind the name.
    pub(super) words: Vec<String>,
    /// What would have happened: `stop unit postgresql.service`.
    pub(super) would: Vec<String>,
    /// Whether the real tool took the call over; then nothing was simulated.
    pub(super) real: bool,
}

/// The opened book of the sandbox that this process is in. Other calls wait until it is dropped.
#[derive(Debug)]
pub(super) struct Book {
    directory: PathBuf,
    file: Option<File>,
}

impl Book {
    /// Opens the book below `directory` and waits for its turn, though not for ever: a script may hold the lock.
    pub(super) fn open(directory: &Path) -> (Self, State) {
        let mut state = State::new("/");
        let file = open(&directory.join(BOOK));
        let Some(mut file) = file else {
            state.lost = true;
            return (Self { directory: directory.to_owned(), file: None }, state);
        };
        let mut tries = 0;
        while rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_err()
            && tries < 400
        {
            std::thread::sleep(Duration::from_millis(5));
            tries += 1;
        }
        let mut bytes = Vec::new();
        let read = (&mut file).take(LONGEST).read_to_end(&mut bytes);
        match serde_json::from_slice(&bytes) {
            Ok(values) if read.is_ok() => state.values = values,
            Ok(_) | Err(_) => state.lost = !bytes.is_empty(),
        }
        (Self { directory: directory.to_owned(), file: Some(file) }, state)
    }

    /// Keeps what changed and notes the call. Returns whether both lasted.
    pub(super) fn close(mut self, state: &State, call: &Call) -> bool {
        let kept = !state.changed || self.keep(state).is_some();
        note(&self.directory.join(CALLS), call).is_some() && kept
    }

    fn keep(&mut self, state: &State) -> Option<()> {
        let bytes = serde_json::to_vec(&state.values).ok()?;
        if bytes.len() as u64 >= LONGEST {
            return None;
        }
        let file = self.file.as_mut()?;
        file.rewind().ok()?;
        file.set_len(0).ok()?;
        file.write_all(&bytes).ok()
    }
}

/// Opens a regular file for reading and writing; makes it where a script removed it.
fn open(path: &Path) -> Option<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits() as i32;
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(flags).mode(0o666);
    let file = options.open(path).or_else(|_| options.create_new(true).open(path)).ok()?;
    file.metadata().is_ok_and(|metadata| metadata.is_file()).then_some(file)
}

fn note(path: &Path, call: &Call) -> Option<()> {
    let mut file = open(path)?;
    rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).ok();
    if file.seek(std::io::SeekFrom::End(0)).ok()? > LONGEST {
        return None;
    }
    let mut short = call.clone();
    for text in short.words.iter_mut().chain(&mut short.would) {
        cut(text);
    }
    short.words.truncate(60);
    short.would.truncate(20);
    let mut line = serde_json::to_vec(&short).ok()?;
    line.push(b'\n');
    file.write_all(&line).ok()
}

fn cut(text: &mut String) {
    if text.len() > TEXT {
        let end = (0..=TEXT).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
}

/// Reads the calls that were noted after the text `before`, at most a bounded number; lines that are
/// none of ours are left out.
pub(super) fn calls(text: &[u8], before: &[u8]) -> Vec<Call> {
    let fresh = text.strip_prefix(before).unwrap_or(text);
    let lines = fresh.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let read = lines.filter_map(|line| serde_json::from_slice::<Call>(line).ok());
    let bounded = read.map(|mut call| {
        cut(&mut call.tool);
        call.words.iter_mut().chain(&mut call.would).for_each(cut);
        call
    });
    bounded.take(CALLS_SHOWN).collect()
}

/// Returns the name of the list of calls in the state directory, for the supervisor.
pub(super) const fn calls_name() -> &'static str {
    CALLS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(word: &str) -> Call {
        Call { tool: "x".into(), words: vec![word.into()], would: vec![], real: false }
    }

    #[test]
    fn a_value_is_kept_and_a_forged_book_is_said_to_be_lost() {
        let directory = tempfile::tempdir().unwrap();
        let (book, mut state) = Book::open(directory.path());
        state.update::<Vec<u32>, _>("numbers", |numbers| numbers.push(7));
        assert!(book.close(&state, &call("a")));
        let (book, mut state) = Book::open(directory.path());
        assert_eq!((state.get::<Vec<u32>>("numbers"), state.lost), (vec![7], false));
        assert_eq!((state.get::<String>("numbers"), state.lost), (String::new(), true));
        assert!(book.close(&state, &call("b")));
        let text = std::fs::read(directory.path().join(CALLS)).unwrap();
        let words = |calls: Vec<Call>| {
            calls.into_iter().map(|call| call.words[0].clone()).collect::<Vec<_>>()
        };
        assert_eq!(words(calls(&text, b"")), ["a", "b"]);
        let first = text.iter().position(|byte| *byte == b'\n').unwrap();
        assert_eq!(words(calls(&text, &text[..=first])), ["b"]);
        assert_eq!(words(calls(b"forged\n{}\n", b"")), Vec::<String>::new());
        for forged in ["{\"numbers\"", "[]", "\0"] {
            std::fs::write(directory.path().join(BOOK), forged).unwrap();
            let (_, mut state) = Book::open(directory.path());
            assert_eq!((state.get::<Vec<u32>>("numbers"), state.lost), (vec![], true), "{forged}");
        }
        std::fs::remove_file(directory.path().join(BOOK)).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", directory.path().join(BOOK)).unwrap();
        assert!(Book::open(directory.path()).1.lost);
    }
}
