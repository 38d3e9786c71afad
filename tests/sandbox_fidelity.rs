//! A script ends in the sandbox as on the host, and what is reported of it is what it did there.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod sandbox_attributes;
mod sandbox_scripts;
mod sandbox_support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use blackstart::base::Digest;
use blackstart::evidence::{Change, Effect, FileEffect, FileKind};
use blackstart::sandbox::{Layering, Session};

use sandbox_attributes::attributes;
use sandbox_scripts::{By, Compare, SCRIPTS, Script};
use sandbox_support::{
    NOBODY, Who, assert_none, everybody, is_root, open_directory, prefix, session, step,
};

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How many scripts run at the same time, each in a session of its own.
const AT_ONCE: usize = 2;

fn run(program: &str, arguments: &[&str], directory: &Path) {
    let done = Command::new(program).args(arguments).current_dir(directory).status();
    assert!(done.expect("starts").success(), "{program} {arguments:?}");
}

/// Makes the tree that [`SCRIPTS`] describes, owned by `who`.
fn fixture(root: &Path, who: Who) {
    for directory in ["b", "deep/1/2/3", "group", "sticky", "open", "closed-dir"] {
        fs::create_dir_all(root.join(directory)).expect("a directory");
    }
    for (name, content) in [
        ("a", "alpha\nbeta\n"),
        ("b/c", "one\n"),
        ("b/empty", ""),
        ("bin", "\0\u{1}\u{2}"),
        ("deep/1/2/3/f", "deep\n"),
        ("deep/1/g", "less deep\n"),
        ("ro", "read only\n"),
        ("hard1", "one file\n"),
        ("sp ace", "space\n"),
        ("run.sh", "#!/bin/sh\necho run \"$@\"\n"),
        ("not.sh", "#!/bin/sh\necho not\n"),
        ("bad-interpreter.sh", "#!/no/such/interpreter\n"),
        ("sticky/theirs", "theirs\n"),
        ("open/theirs", "theirs\n"),
        ("closed", "closed\n"),
        ("closed-dir/f", "closed\n"),
        ("sparse", ""),
    ] {
        fs::write(root.join(name), content).expect("a file");
        mode(&root.join(name), 0o644);
    }
    for (name, bits) in [
        ("ro", 0o444),
        ("run.sh", 0o755),
        ("bad-interpreter.sh", 0o755),
        ("group", 0o2775),
        ("sticky", 0o1777),
        ("open", 0o777),
        ("closed", 0o600),
        ("closed-dir", 0o700),
    ] {
        mode(&root.join(name), bits);
    }
    for (target, name) in
        [("a", "l"), ("dangling-target", "dangling"), ("loop2", "loop"), ("loop", "loop2")]
    {
        std::os::unix::fs::symlink(target, root.join(name)).expect("a link");
    }
    fs::hard_link(root.join("hard1"), root.join("hard2")).expect("a hard link");
    fs::File::options()
        .write(true)
        .open(root.join("sparse"))
        .and_then(|file| file.set_len(1 << 20))
        .expect("a sparse file");
    run("mkfifo", &["-m", "644", "fifo"], root);
    run("setfattr", &["-n", "user.marked", "-v", "yes", "bin"], root);
    if is_root() {
        let owner = if who == Who::User { NOBODY } else { "0" };
        let other = if who == Who::User { "0" } else { "1" };
        run("chown", &["-hR", &format!("{owner}:{owner}"), "."], root);
        let theirs = ["sticky", "open", "closed", "closed-dir"];
        run("chown", &[&["-R", &format!("{other}:{other}")], &theirs[..]].concat(), root);
        mode(&root.join("sticky"), 0o1777);
    }
}

fn mode(path: &Path, bits: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(bits)).expect("rights");
}

/// Everything about one entry of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    mode: u32,
    owner: (u32, u32),
    content: String,
    size: u64,
    modified: (i64, i64),
    attributes: BTreeMap<String, Vec<u8>>,
}

type Picture = BTreeMap<PathBuf, Entry>;

fn picture(root: &Path) -> Picture {
    let mut found = BTreeMap::new();
    let mut left = vec![root.to_owned()];
    while let Some(path) = left.pop() {
        let metadata = fs::symlink_metadata(&path).expect("an entry");
        let content = if metadata.is_dir() {
            left.extend(fs::read_dir(&path).expect("a directory").map(|one| one.unwrap().path()));
            "directory".to_owned()
        } else if metadata.is_file() && metadata.blocks() < 16_384 && metadata.len() < 1 << 28 {
            Digest::of(&fs::read(&path).expect("a file")).to_string()
        } else if metadata.is_symlink() {
            format!("-> {}", fs::read_link(&path).expect("a link").display())
        } else {
            format!("special or large: {}", metadata.len())
        };
        let entry = Entry {
            mode: metadata.mode(),
            owner: (metadata.uid(), metadata.gid()),
            content,
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            attributes: attributes(&path),
        };
        found.insert(path, entry);
    }
    found
}

/// How a script ended.
#[derive(Debug, PartialEq, Eq)]
struct End {
    code: Option<i32>,
    signal: Option<i32>,
    stdout: String,
    stderr: String,
}

fn on_host(script: &str, root: &Path, who: Who) -> End {
    use std::os::unix::process::ExitStatusExt as _;
    let mut words = prefix(who);
    words.extend(
        // What ignores signals where the tests were started must not reach the script: nohup(1), a shell's background.
        [
            "env",
            "--default-signal",
            "bash",
            "--noprofile",
            "--norc",
            "-euo",
            "pipefail",
            "-c",
            script,
        ]
        .map(str::to_owned),
    );
    // `> /dev/stdout` opens the pipe again, which only its owner may.
    let pipe = || {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        if who == Who::User && is_root() {
            let owner = NOBODY.parse().unwrap();
            std::os::unix::fs::fchown(&writer, Some(owner), Some(owner)).expect("a gift");
        }
        (reader, writer)
    };
    let ((out, out_end), (err, err_end)) = (pipe(), pipe());
    let read = |mut from: std::io::PipeReader| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            from.read_to_end(&mut bytes).expect("reads");
            String::from_utf8_lossy(&bytes).into_owned()
        })
    };
    let (stdout, stderr) = (read(out), read(err));
    let status = Command::new("setsid")
        .arg("-w")
        .args(&words)
        .current_dir(root)
        .env_clear()
        .envs([("PATH", PATH), ("LANG", "C.UTF-8"), ("TERM", "dumb")])
        .env("HOME", root)
        .stdin(Stdio::null())
        .stdout(out_end)
        .stderr(err_end)
        .status()
        .expect("runs");
    End {
        code: status.code(),
        signal: status.signal(),
        stdout: stdout.join().expect("no panic"),
        stderr: stderr.join().expect("no panic"),
    }
}

/// What differs between two trees, where `origin` says which path stood where before.
fn changed(before: &Picture, after: &Picture, origin: &BTreeMap<PathBuf, PathBuf>) -> Lines {
    let mut lines = BTreeSet::new();
    for (path, new) in after {
        let line = match origin.get(path).and_then(|from| before.get(from)) {
            None => format!("created {}", path.display()),
            Some(old) => match aspects(old, new) {
                Some(what) => format!("{what} {}", path.display()),
                None => continue,
            },
        };
        lines.insert(line);
    }
    for (path, from) in origin {
        if !after.contains_key(path) {
            lines.insert(format!("deleted {}", from.display()));
        }
    }
    lines
}

type Lines = BTreeSet<String>;

/// Names what differs between two states of one path.
fn aspects(old: &Entry, new: &Entry) -> Option<String> {
    let kind = |entry: &Entry| entry.mode & 0o170_000;
    if kind(old) != kind(new) {
        return Some("type-changed".to_owned());
    }
    if old.content != new.content || old.size != new.size && kind(new) != 0o040_000 {
        return Some("modified".to_owned());
    }
    let mut what = Vec::new();
    if old.mode != new.mode {
        what.push("mode");
    }
    if old.owner != new.owner {
        what.push("owner");
    }
    if old.attributes != new.attributes {
        what.push("attributes");
    }
    // A directory's time changes with everything in it, a fifo's with what flows through.
    if old.modified != new.modified && !matches!(kind(new), 0o040_000 | 0o010_000) {
        what.push("modification time");
    }
    (!what.is_empty()).then(|| format!("metadata ({})", what.join(", ")))
}

/// What a report says of one path, in the words of [`changed`].
fn said(file: &FileEffect) -> String {
    let path = file.path.display();
    if file.change != Change::Metadata {
        return format!("{} {path}", file.change.word());
    }
    let says = |starts: &[&str]| {
        file.what.iter().any(|part| starts.iter().any(|start| part.starts_with(start)))
    };
    let mut what = Vec::new();
    for (name, starts) in [
        ("mode", &["mode", "SET-"][..]),
        ("owner", &["owner"]),
        ("attributes", &["attribute", "acl", "CAPABILITY", "capability"]),
    ] {
        if says(starts) {
            what.push(name);
        }
    }
    if file.times.is_some() && file.kind != FileKind::Directory {
        what.push("modification time");
    }
    format!("metadata ({}) {path}", what.join(", "))
}

/// Where each path of before stands after the reported renames. A path that something else stands
/// at now, after what stood there moved away, is that path with another content.
fn origins(
    before: &Picture,
    after: &Picture,
    renames: &[(PathBuf, PathBuf)],
) -> BTreeMap<PathBuf, PathBuf> {
    let mut found = BTreeMap::new();
    let mut moved = BTreeMap::new();
    for path in before.keys() {
        let rename = renames
            .iter()
            .filter(|(from, _)| path.starts_with(from))
            .max_by_key(|(from, _)| from.as_os_str().len());
        match rename {
            Some((from, to)) => {
                let below = path.strip_prefix(from).unwrap();
                let place = if below.as_os_str().is_empty() { to.clone() } else { to.join(below) };
                moved.insert(place, path.clone());
                if after.contains_key(path) {
                    found.insert(path.clone(), path.clone());
                }
            }
            None => {
                found.insert(path.clone(), path.clone());
            }
        }
    }
    found.extend(moved);
    found
}

/// Compares what is reported with what happened.
fn compare_effects(files: &[&FileEffect], before: &Picture, after: &Picture) -> Vec<String> {
    let mut wrong = Vec::new();
    let renames: Vec<(PathBuf, PathBuf)> = files
        .iter()
        .filter(|file| file.change == Change::Renamed)
        .map(|file| (file.from.clone().unwrap_or_default(), file.path.clone()))
        .collect();
    for (from, to) in &renames {
        if !before.contains_key(from) || !after.contains_key(to) {
            wrong.push(format!("reported a move from {} to {}", from.display(), to.display()));
        }
    }
    let real = changed(before, after, &origins(before, after, &renames));
    let told: Lines =
        files.iter().filter(|file| file.change != Change::Renamed).map(|file| said(file)).collect();
    wrong.extend(real.difference(&told).map(|line| format!("not reported: {line}")));
    wrong.extend(told.difference(&real).map(|line| format!("reported, but not so: {line}")));
    for file in files {
        let Some(entry) = after.get(&file.path).filter(|_| file.change != Change::Deleted) else {
            continue;
        };
        if file.mode != Some(entry.mode & 0o7777) {
            wrong.push(format!(
                "{}: mode {:?}, is {:o}",
                file.path.display(),
                file.mode,
                entry.mode
            ));
        }
        if file.bytes.is_some_and(|bytes| bytes != entry.size) {
            wrong.push(format!(
                "{}: {:?} bytes, has {}",
                file.path.display(),
                file.bytes,
                entry.size
            ));
        }
    }
    wrong
}

fn compare(session: &mut Session, script: &Script, who: Who) -> Vec<String> {
    let directory = open_directory();
    let root = directory.path().join("work");
    fs::create_dir(&root).expect("work");
    fixture(&root, who);
    let before = picture(&root);
    let mut request = step(script.text);
    request.cwd.clone_from(&root);
    request.layering = Layering::Discard;
    request.limits.wall_ms = 10_000;
    request.environment.push(("HOME".to_owned(), root.display().to_string()));
    request.environment.push(("PATH".to_owned(), PATH.to_owned()));
    let inside = match session.run(&request) {
        Ok(inside) => inside,
        Err(error) => return vec![format!("no answer: {error}")],
    };
    if picture(&root) != before {
        return vec!["THE SANDBOX CHANGED THE HOST".to_owned()];
    }
    let host = on_host(script.text, &root, who);
    let after = picture(&root);
    let mut wrong: Vec<String> =
        inside.refused_on_host.iter().map(|what| format!("refused on host: {what}")).collect();
    wrong.extend(inside.limit.map(|limit| format!("stopped by {limit:?}")));
    // The session is older than the tree.
    let notes = inside.notes.iter().filter(|note| !note.contains("was changed on this machine"));
    wrong.extend(notes.map(|note| format!("note: {note}")));
    if (inside.exit_code, inside.signal) != (host.code, host.signal) {
        wrong.push(format!(
            "code {:?} signal {:?}, on the host {:?} {:?}",
            inside.exit_code, inside.signal, host.code, host.signal
        ));
    }
    if !matches!(script.compare, Compare::ButOutput(_)) {
        for (name, seen, real) in [
            ("printed", &inside.stdout.text, &host.stdout),
            ("complained", &inside.stderr.text, &host.stderr),
        ] {
            if seen != real {
                wrong.push(format!("{name} {seen:?}, on the host {real:?}"));
            }
        }
    }
    let files: Vec<&FileEffect> = inside
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::File(file) => Some(file),
            _ => None,
        })
        .collect();
    wrong.extend(compare_effects(&files, &before, &after));
    if script.compare == Compare::Labelled {
        let refused = host.code != Some(0);
        return match (refused, inside.succeeded()) {
            (false, _) => vec!["the host does not refuse this".to_owned()],
            (true, true) => vec![format!("counts as a success, the host said {:?}", host.stderr)],
            (true, false) => Vec::new(),
        };
    }
    match (script.compare, wrong.is_empty()) {
        (Compare::Differs(why), true) => vec![format!("no longer differs, but was to: {why}")],
        (Compare::Differs(_), false) => Vec::new(),
        (Compare::All | Compare::ButOutput(_) | Compare::Labelled, _) => wrong,
    }
}

#[test]
fn a_script_ends_and_changes_as_on_the_host() {
    let (mut all_wrong, mut counts) = (Vec::new(), Vec::new());
    for who in everybody() {
        let scripts: Vec<&Script> = SCRIPTS
            .iter()
            .filter(|script| match script.by {
                By::Everybody => true,
                By::Root => who == Who::Root,
                By::User => who == Who::User,
            })
            .collect();
        let next = AtomicUsize::new(0);
        let worker = || {
            let tools = open_directory();
            let mut session = session(who, tools.path())?;
            let mut found = Vec::new();
            while let Some(script) = scripts.get(next.fetch_add(1, Ordering::Relaxed)) {
                let wrong = compare(&mut session, script, who);
                found.extend(wrong.iter().map(|what| format!("{who:?}: {}: {what}", script.text)));
            }
            Some(found)
        };
        let found: Vec<Option<Vec<String>>> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(worker)).collect();
            workers.into_iter().map(|worker| worker.join().expect("no panic")).collect()
        });
        all_wrong.extend(found.into_iter().flatten().flatten());
        counts.push(format!("{} scripts as {who:?}", scripts.len()));
    }
    assert_none(&all_wrong, &counts);
}
