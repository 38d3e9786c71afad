//! Asks the tools that are installed which flags they have: their help, in the sandbox, and their manual; kept by the digest of the program.
#![allow(clippy::disallowed_methods)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::place;
use crate::base::Digest;
use crate::check::{Facts, Question, Takes};
use crate::sandbox::{Layering, Limits, Options, Request, Session};
use crate::tools;

/// Milliseconds that a tool may think about its help.
const PATIENCE: u64 = 3_000;

/// Bytes read of a help text or a manual page.
const LONGEST: u64 = 4 << 20;

/// Tools that are asked at one time.
const AT_ONCE: usize = 4;

/// Fewer long flags than these are no list: the tool answered something else.
const FEWEST: usize = 4;

/// What the installed tools said, in this process and before it.
#[derive(Debug, Default)]
pub struct InstalledTools {
    /// Where answers are kept; nowhere for none.
    directory: Option<PathBuf>,
    takes: Mutex<Arc<Takes>>,
    sessions: Mutex<Sessions>,
}

#[derive(Debug, Default)]
struct Sessions {
    idle: Vec<Session>,
    /// Whether this machine allows none.
    none: bool,
}

/// What a tool said, as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    /// The program.
    path: PathBuf,
    size: u64,
    /// Seconds since 1970.
    modified: i64,
    sha256: String,
    /// Long flags with their dashes, by command.
    commands: BTreeMap<String, BTreeSet<String>>,
}

impl InstalledTools {
    /// Returns what is kept below the data directory (the user's own, where none is given).
    pub fn new(data_dir: Option<&Path>) -> Self {
        let directory = data_dir.map(Path::to_owned).or_else(|| place::data_directory().ok());
        let directory = directory.map(|directory| directory.join("tools"));
        Self { directory, takes: Mutex::default(), sessions: Mutex::default() }
    }

    /// Returns what is known so far.
    pub fn takes(&self) -> Arc<Takes> {
        Arc::clone(&held(&self.takes))
    }

    /// Asks what is not known yet, and puts it into the facts. Tells whether there was anything.
    pub fn answer(&self, questions: &BTreeSet<Question>, facts: &mut Facts) -> bool {
        let known = self.takes();
        let open: Vec<&Question> =
            questions.iter().filter(|one| !known.contains_key(one)).collect();
        let mut tools: Vec<(&str, Vec<&str>)> = Vec::new();
        for question in open {
            match tools.iter_mut().find(|(tool, _)| *tool == question.tool) {
                Some((_, commands)) => commands.push(&question.command),
                None => tools.push((&question.tool, vec![&question.command])),
            }
        }
        let found = Mutex::new(Takes::new());
        let next = Mutex::new(tools.iter());
        std::thread::scope(|scope| {
            for _ in 0..tools.len().min(AT_ONCE) {
                scope.spawn(|| {
                    loop {
                        let Some((tool, commands)) = held(&next).next() else {
                            return;
                        };
                        let takes = self.of_tool(tool, commands);
                        held(&found).extend(takes);
                    }
                });
            }
        });
        let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut takes = held(&self.takes);
        if !found.is_empty() {
            Arc::make_mut(&mut takes).extend(found);
        }
        facts.takes = Arc::clone(&takes);
        !questions.is_empty()
    }

    /// What a tool takes behind each of these commands.
    fn of_tool(&self, tool: &str, commands: &[&str]) -> Takes {
        let question =
            |command: &str| Question { tool: tool.to_owned(), command: command.to_owned() };
        let nothing =
            || commands.iter().map(|command| (question(command), BTreeSet::new())).collect();
        let Some((path, metadata)) = program(tool) else {
            return nothing();
        };
        let file = self.directory.as_ref().map(|directory| directory.join(format!("{tool}.json")));
        let kept = file.as_deref().and_then(|file| fs::read(file).ok());
        let kept = kept.and_then(|text| serde_json::from_slice::<Kept>(&text).ok());
        let same = |kept: &Kept| {
            (&kept.path, kept.size, kept.modified) == (&path, metadata.len(), metadata.mtime())
        };
        let mut kept = match kept {
            Some(kept) if same(&kept) => kept,
            other => {
                let Some(sha256) = sha256(&path) else {
                    return nothing();
                };
                let commands = other.filter(|kept| kept.path == path && kept.sha256 == sha256);
                Kept {
                    path: path.clone(),
                    size: metadata.len(),
                    modified: metadata.mtime(),
                    sha256,
                    commands: commands.map(|kept| kept.commands).unwrap_or_default(),
                }
            }
        };
        let before = kept.clone();
        for command in commands {
            if !kept.commands.contains_key(*command) {
                let flags = self.ask(tool, command);
                kept.commands.insert((*command).to_owned(), flags);
            }
        }
        if kept != before
            && let Some(file) = &file
        {
            // What cannot be kept is asked again.
            let _ = keep(file, &kept);
        }
        let said = commands
            .iter()
            .filter_map(|command| Some((question(command), kept.commands.get(*command)?.clone())));
        said.collect()
    }

    fn ask(&self, tool: &str, command: &str) -> BTreeSet<String> {
        let words: Vec<&str> = command.split_ascii_whitespace().collect();
        let with = |last: &'static str| {
            [tool].into_iter().chain(words.iter().copied()).chain([last]).collect::<Vec<_>>()
        };
        let mut flags = self.learn(&[with("--help")], &[tool, &words.join("-")]);
        if !words.is_empty() && flags.len() < FEWEST {
            flags.extend(self.learn(&[with("-h")], &[]));
        }
        if flags.len() < FEWEST {
            return BTreeSet::new();
        }
        if !words.is_empty() {
            // Some flags stand before the command, or behind any.
            flags.extend(self.learn(&[vec![tool, "--help"]], &[tool]));
        }
        flags
    }

    /// The flags that these calls print and that the manual page of this name (its parts are joined by dashes) has.
    fn learn(&self, calls: &[Vec<&str>], page: &[&str]) -> BTreeSet<String> {
        let printed = calls.iter().filter_map(|call| self.help(call));
        let mut flags: BTreeSet<String> = printed.flat_map(|text| long_flags(&text)).collect();
        let parts: Vec<&str> = page.iter().copied().filter(|part| !part.is_empty()).collect();
        if let Some(text) = manual(&parts.join("-")).filter(|_| !parts.is_empty()) {
            flags.extend(long_flags(&plain(&text)));
        }
        flags
    }

    /// What a call prints inside the sandbox, which has no network and keeps nothing.
    fn help(&self, call: &[&str]) -> Option<String> {
        let mut session = self.session()?;
        let mut request = Request::new(call);
        let output = 512 << 10;
        request.limits = Limits {
            wall_ms: PATIENCE,
            memory: 1 << 30,
            processes: 64,
            output,
            cpu_ms: None,
            background_ms: 0,
        };
        request.layering = Layering::Discard;
        request.environment =
            [("COLUMNS", "200"), ("PAGER", "cat"), ("MANPAGER", "cat"), ("LC_ALL", "C")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec();
        let seen = session.run(&request).ok()?;
        held(&self.sessions).idle.push(session);
        // A stand-in says what the description says.
        if !seen.simulated.is_empty() {
            return None;
        }
        Some([seen.stdout.text, seen.stderr.text].join("\n"))
    }

    fn session(&self) -> Option<Session> {
        {
            let mut sessions = held(&self.sessions);
            if sessions.none {
                return None;
            }
            if let Some(session) = sessions.idle.pop() {
                return Some(session);
            }
        }
        let started = std::env::current_exe().ok().map(Options::new);
        match started.map(|options| Session::start(&options)) {
            Some(Ok(session)) => Some(session),
            Some(Err(_)) | None => {
                held(&self.sessions).none = true;
                None
            }
        }
    }
}

fn held<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The program that a name stands for, on the PATH of every step.
fn program(tool: &str) -> Option<(PathBuf, fs::Metadata)> {
    if tool.contains('/') {
        return None;
    }
    tools::PATH.split(':').find_map(|directory| {
        let path = Path::new(directory).join(tool);
        let metadata = fs::metadata(&path).ok().filter(fs::Metadata::is_file)?;
        Some((path, metadata))
    })
}

fn sha256(path: &Path) -> Option<String> {
    let mut text = Vec::new();
    fs::File::open(path).ok()?.take(512 << 20).read_to_end(&mut text).ok()?;
    Some(Digest::of(&text).to_string())
}

fn keep(file: &Path, kept: &Kept) -> std::io::Result<()> {
    let directory = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let mut new = tempfile::NamedTempFile::new_in(directory)?;
    serde_json::to_writer(&mut new, kept)?;
    new.persist(file)?;
    Ok(())
}

/// The source of a manual page, from where Debian and Red Hat keep them.
fn manual(name: &str) -> Option<String> {
    for directory in ["/usr/local/share/man", "/usr/share/man"] {
        for section in ["1", "8"] {
            let page = format!("{directory}/man{section}/{name}.{section}");
            if let Ok(text) = fs::read(&page) {
                return Some(String::from_utf8_lossy(&text).into_owned());
            }
            let packed = format!("{page}.gz");
            if Path::new(&packed).is_file() {
                return unpacked(&packed);
            }
        }
    }
    None
}

fn unpacked(file: &str) -> Option<String> {
    let child = Command::new("/bin/gzip")
        .args(["-dc", "--", file])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.ok()?;
    let mut text = Vec::new();
    let read = child.stdout.take()?.take(LONGEST).read_to_end(&mut text);
    let _ = child.wait();
    read.ok()?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// Takes the requests of man(7) and mdoc(7) out of a page, as far as they stand inside of flags.
fn plain(page: &str) -> String {
    static FONT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\\f(\[[^\]]*\]|\(..|.)|\\[&|^:%/,]|\\s[-+]?\d").expect("the pattern is valid")
    });
    let page = page
        .replace("\\-", "-")
        .replace("\\(hy", "-")
        .replace("\\[hy]", "-")
        .replace("\\N'45'", "-");
    let page = FONT.replace_all(&page, "");
    page.replace("Fl Fl ", "--").replace("Fl -", "--")
}

/// Returns every long flag that a text speaks of; `--[no-]x` is two.
fn long_flags(text: &str) -> BTreeSet<String> {
    static FLAG: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"--(\[(?:no-?|dont-)\])?([A-Za-z0-9][A-Za-z0-9_.+-]*)")
            .expect("the pattern is valid")
    });
    let mut flags = BTreeSet::new();
    for found in FLAG.captures_iter(text) {
        let name = found[2].trim_end_matches(['.', '-', '+']);
        flags.insert(format!("--{name}"));
        if let Some(no) = found.get(1) {
            let no = no.as_str().trim_matches(['[', ']']);
            flags.insert(format!("--{no}{}{name}", if no.ends_with('-') { "" } else { "-" }));
        }
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_found_in_help_and_in_manuals() {
        let names = |text: &str| long_flags(text).into_iter().collect::<Vec<_>>();
        assert_eq!(
            names("  -a, --all  show all\n      --[no-]color[=WHEN]"),
            ["--all", "--color", "--no-color"]
        );
        assert_eq!(names("see --help.  And --x-y=FILE, `--z'"), ["--help", "--x-y", "--z"]);
        let page = ".TP\n\\fB\\-a\\fR, \\fB\\-\\-dry\\-run\\fR\n.It Fl Fl quiet\n.BR \\-\\-size =\\fIN\\fR\n";
        assert_eq!(names(&plain(page)), ["--dry-run", "--quiet", "--size"]);
    }

    #[test]
    fn a_tool_is_asked_once_and_what_it_said_is_kept_with_its_digest() {
        let directory = tempfile::tempdir().unwrap();
        let question = |command: &str| Question { tool: "git".into(), command: command.into() };
        if program("git").is_none() {
            let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
            assert!(!ci, "git is not installed");
            eprintln!("not tested: git is not installed");
            return;
        }
        let tools = InstalledTools::new(Some(directory.path()));
        // No sandbox is started here: this program is the test's own.
        held(&tools.sessions).none = true;
        let file = directory.path().join("tools/git.json");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let (path, metadata) = program("git").unwrap();
        let flags: BTreeSet<String> =
            ["--amend", "--all", "--message", "--author"].map(str::to_owned).into();
        let kept = Kept {
            path: path.clone(),
            size: metadata.len(),
            modified: 0,
            sha256: sha256(&path).unwrap(),
            commands: [("commit".to_owned(), flags.clone())].into(),
        };
        keep(&file, &kept).unwrap();
        let mut facts = Facts::default();
        let asked = [question("commit")].into();
        assert!(tools.answer(&asked, &mut facts));
        // Another time of change, the same program: what it said stays.
        assert_eq!(facts.takes[&question("commit")], flags);
        let read: Kept = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert_eq!(read.modified, 0, "nothing was asked, so nothing is written");
        keep(&file, &Kept { sha256: "other".into(), ..kept }).unwrap();
        let again = InstalledTools::new(Some(directory.path()));
        held(&again.sessions).none = true;
        again.answer(&asked, &mut facts);
        assert_ne!(facts.takes[&question("commit")], flags);
        assert!(!again.answer(&BTreeSet::new(), &mut facts));
    }
}
