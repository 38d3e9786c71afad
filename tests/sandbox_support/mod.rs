//! Sessions as root and as an ordinary user, for the sandbox's tests.
#![allow(dead_code, clippy::disallowed_methods, clippy::panic, clippy::print_stderr)]

#[path = "../left_out/mod.rs"]
pub mod left_out;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use blackstart::base::Digest;
use blackstart::evidence::{Effect, FileEffect, Level};
use blackstart::sandbox::{Observed, Options, Request, SandboxError, Session};
use left_out::left_out;

/// The account that stands for an ordinary user when the tests run as root.
pub const NOBODY: &str = "65534";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Root,
    User,
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Everybody that these tests can be.
pub fn everybody() -> Vec<Who> {
    if is_root() { vec![Who::Root, Who::User] } else { vec![Who::User] }
}

/// A directory that everybody may use, removed at the end.
pub fn open_directory() -> tempfile::TempDir {
    let directory =
        tempfile::Builder::new().prefix("blackstart-test-").tempdir().expect("a directory");
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).expect("open to all");
    directory
}

/// Returns a unit that this machine's tree has; where it has none, every unit counts as there.
pub fn unit() -> &'static str {
    let known = Path::new("/usr/lib/systemd/system/systemd-journald.service").exists();
    if known { "systemd-journald" } else { "app" }
}

/// Returns the words that run a command as `who`.
pub fn prefix(who: Who) -> Vec<String> {
    if who == Who::User && is_root() {
        ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]
            .map(str::to_owned)
            .to_vec()
    } else {
        Vec::new()
    }
}

/// Returns a program that is blackstart run as `who`.
pub fn program(who: Who, into: &Path) -> PathBuf {
    let binary = into.join("blackstart");
    if !binary.exists() {
        copy(Path::new(env!("CARGO_BIN_EXE_blackstart")), &binary);
    }
    let prefix = prefix(who);
    if prefix.is_empty() {
        return binary;
    }
    let wrapper = into.join("as-user");
    write_program(
        &wrapper,
        &format!("#!/bin/sh\nexec {} {} \"$@\"\n", prefix.join(" "), binary.display()),
    );
    wrapper
}

/// Copies by another process: a file that this one has open for writing while another thread
/// forks cannot be executed (ETXTBSY).
fn copy(from: &Path, to: &Path) {
    let done = std::process::Command::new("cp")
        .arg("--preserve=mode")
        .args([from, to])
        .status()
        .expect("cp");
    assert!(done.success());
}

/// Writes an executable script.
pub fn write_program(path: &Path, text: &str) {
    let draft = path.with_extension("draft");
    fs::write(&draft, text).expect("a script");
    fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).expect("executable");
    copy(&draft, path);
}

/// Returns a program that is blackstart where every user namespace is refused.
pub fn refused_program(into: &Path) -> PathBuf {
    let wrapper = into.join("refused");
    let text = format!(
        "#!/bin/sh\nexec unshare --user --map-root-user sh -c \
         'echo 0 > /proc/sys/user/max_user_namespaces && exec \"$0\" \"$@\"' {} \"$@\"\n",
        program(Who::Root, into).display()
    );
    write_program(&wrapper, &text);
    wrapper
}

/// Starts a session, or says by name what this machine lacks; in CI that is a failure.
pub fn session(who: Who, into: &Path) -> Option<Session> {
    session_with(who, into, |_| {})
}

pub fn session_with(who: Who, into: &Path, change: impl FnOnce(&mut Options)) -> Option<Session> {
    let mut options = Options::new(program(who, into));
    options.disk = 128 << 20;
    change(&mut options);
    match Session::start(&options) {
        Ok(session) => {
            let expected = if who == Who::Root { Level::FullRoot } else { Level::FullUser };
            assert_eq!(session.level(), expected, "as {who:?}: {:?}", session.level_reason());
            Some(session)
        }
        Err(SandboxError::Unavailable { reason, fix }) => {
            left_out(format_args!("no sandbox as {who:?}: {reason}; {fix}"));
            None
        }
        Err(error) => panic!("as {who:?}: {error}"),
    }
}

/// Shows a table, and fails where something is wrong. The reasons come first: a log may show no more
/// than a beginning. Straight to the stream: the table is wanted when the test passes, too.
pub fn assert_none(wrong: &[String], table: &[String]) {
    let reasons = wrong.iter().map(|reason| format!("WRONG: {reason}\n"));
    let lines = table.iter().map(|line| format!("{line}\n"));
    let text: String = reasons.chain(lines).collect();
    let _ = std::io::stderr().write_all(text.as_bytes());
    assert!(wrong.is_empty(), "{} wrong:\n{}\n", wrong.len(), wrong.join("\n"));
}

/// A step as plans have them, in `/`.
pub fn step(text: &str) -> Request {
    Request::with_shell(&["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c"], text)
}

/// Returns what a run did to files.
pub fn files(observed: &Observed) -> impl Iterator<Item = &FileEffect> {
    observed.effects.iter().filter_map(|effect| match effect {
        Effect::File(file) => Some(file),
        Effect::Exec { .. }
        | Effect::Lookup { .. }
        | Effect::Connect { .. }
        | Effect::Denied { .. } => None,
    })
}

/// One entry of a tree: kind, mode, owner, and content or target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub mode: u32,
    pub owner: (u32, u32),
    pub content: String,
}

/// Returns everything below `root` by relative path.
pub fn picture(root: &Path) -> BTreeMap<PathBuf, Entry> {
    let mut found = BTreeMap::new();
    let mut left = vec![root.to_owned()];
    while let Some(path) = left.pop() {
        let metadata = fs::symlink_metadata(&path).expect("an entry");
        let content = if metadata.is_dir() {
            left.extend(
                fs::read_dir(&path)
                    .expect("a directory")
                    .map(|entry| entry.expect("an entry").path()),
            );
            "directory".to_owned()
        } else if metadata.is_file() {
            Digest::of(&fs::read(&path).expect("a file")).to_string()
        } else if metadata.is_symlink() {
            format!("-> {}", fs::read_link(&path).expect("a link").display())
        } else {
            "special".to_owned()
        };
        let relative = path.strip_prefix(root).expect("below").to_owned();
        let entry =
            Entry { mode: metadata.mode(), owner: (metadata.uid(), metadata.gid()), content };
        found.insert(relative, entry);
    }
    found
}
