//! An ordinary user's run may do what the host lets the user do: no more, no less, and what cannot be known is said.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod sandbox_support;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use blackstart::sandbox::{Layering, Observed, Options, Request, Session};

use sandbox_support::left_out::left_out;
use sandbox_support::{NOBODY, Who, is_root, open_directory, program, write_program};

/// A group that the user is in besides its own.
const TEAM: u32 = 48_123;
/// A group that the user is not in.
const OTHERS: u32 = 48_124;

fn words() -> Vec<String> {
    let groups = TEAM.to_string();
    ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--groups", &groups]
        .map(str::to_owned)
        .to_vec()
}

/// Starts a session as a user with a supplementary group.
fn session(into: &Path) -> Session {
    let wrapper = into.join("with-group");
    let binary = program(Who::Root, into);
    let text = format!("#!/bin/sh\nexec {} {} \"$@\"\n", words().join(" "), binary.display());
    write_program(&wrapper, &text);
    Session::start(&Options::new(wrapper)).expect("a session")
}

fn on_host(script: &str) -> (Option<i32>, String) {
    let words = words();
    let output = Command::new(&words[0])
        .args(&words[1..])
        .args(["bash", "--noprofile", "--norc", "-c", script])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .expect("setpriv runs");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

fn inside(session: &mut Session, script: &str) -> Observed {
    let mut request = Request::new(["bash", "--noprofile", "--norc", "-c", script]);
    request.layering = Layering::Discard;
    session.run(&request).expect("runs")
}

fn needs_root() -> bool {
    if !is_root() {
        left_out("these tests need files of several owners, which only root can make");
    }
    is_root()
}

fn make(path: &Path, content: Option<&str>, owner: (u32, u32), mode: u32) {
    match content {
        Some(text) => fs::write(path, text).unwrap(),
        None => fs::create_dir(path).unwrap(),
    }
    chown(path, Some(owner.0), Some(owner.1)).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Directories and files of several owners. `NOBODY` is the user.
fn fixture(base: &Path) {
    let user: u32 = NOBODY.parse().unwrap();
    let at = |name: &str| -> PathBuf { base.join(name) };
    make(&at("foreign"), None, (0, 0), 0o755);
    make(&at("foreign/mine"), Some("mine\n"), (user, user), 0o644);
    make(&at("foreign/team-mine"), Some("mine\n"), (user, TEAM), 0o644);
    make(&at("foreign/theirs"), Some("theirs\n"), (0, 0), 0o644);
    make(&at("foreign/for-all"), Some("for all\n"), (0, 0), 0o666);
    make(&at("foreign/secret"), Some("secret\n"), (0, 0), 0o600);
    make(&at("foreign/team-file"), Some("team\n"), (0, TEAM), 0o664);
    make(&at("foreign/other-team"), Some("team\n"), (0, OTHERS), 0o664);
    make(&at("team"), None, (0, TEAM), 0o2775);
    make(&at("team/theirs"), Some("theirs\n"), (0, TEAM), 0o644);
    make(&at("others"), None, (0, OTHERS), 0o2775);
    make(&at("open"), None, (0, 0), 0o777);
    make(&at("open/theirs"), Some("theirs\n"), (0, 0), 0o644);
    make(&at("open/for-all"), Some("for all\n"), (0, 0), 0o666);
    make(&at("sticky"), None, (0, 0), 0o1777);
    make(&at("sticky/theirs"), Some("theirs\n"), (0, 0), 0o666);
    make(&at("sticky/mine"), Some("mine\n"), (user, user), 0o644);
    make(&at("listed"), None, (0, 0), 0o755);
    make(&at("listed/by-list"), Some("list\n"), (0, 0), 0o644);
}

const SCRIPTS: &[&str] = &[
    "echo more >> foreign/mine && cat foreign/mine",
    "echo more >> foreign/team-mine && cat foreign/team-mine",
    "echo more >> foreign/theirs",
    "echo more >> foreign/for-all && cat foreign/for-all",
    "cat foreign/secret",
    "echo more >> foreign/team-file && cat foreign/team-file",
    "echo more >> foreign/other-team",
    "echo new > foreign/new",
    "rm foreign/mine",
    "mv foreign/mine foreign/moved",
    "chmod 600 foreign/mine",
    "chmod 600 foreign/theirs",
    "echo new > team/new && cat team/new",
    "rm -f team/theirs && ls team",
    "mkdir -p team/a/b && echo x > team/a/b/c",
    "echo new > others/new",
    "echo new > open/new && rm -f open/theirs && ls open",
    "chmod 700 open",
    "echo more >> sticky/theirs",
    "rm -f sticky/mine && ls sticky",
    "rm -f sticky/theirs",
    "mv sticky/theirs sticky/moved",
    "chmod 600 sticky/theirs",
    "test -w foreign",
    "test -w team && test -w open && test -w sticky && test ! -w others",
    "test -w foreign/mine && test ! -w foreign/theirs && test ! -r foreign/secret",
    "touch foreign/mine",
    "touch foreign/for-all",
    "touch -d 2000-01-01 foreign/for-all",
    "touch -d 2000-01-01 open",
    "echo more >> sticky/theirs && touch -d 2000-01-01 sticky/theirs",
    "sed -i s/th/x/ sticky/theirs",
    "sed -i s/th/x/ open/theirs && chmod 600 open/theirs",
    "echo new > sticky/new && mv -f sticky/new sticky/theirs",
    "echo new > open/new && touch -d 2000-01-01 open/new && mv -f open/new open/theirs",
    // What only an owner may do, where nothing would change by it.
    "chmod 666 foreign/for-all",
    "chmod 664 foreign/team-file",
    "chmod 755 foreign",
    "chmod 777 open",
    "chmod 1777 sticky",
    "chmod 2775 team",
    "chown 0 foreign/for-all",
    "chown 65534 foreign/for-all",
    "chgrp 65534 foreign/for-all",
    "chgrp 0 open",
    "touch -m foreign/for-all",
    "touch -a open",
    "touch -d 2000-01-01 sticky",
    "chattr +d foreign/for-all",
    "setfacl -m u::rw foreign/for-all",
    "setfattr -n user.x -v y foreign/for-all && getfattr --only-values -n user.x foreign/for-all",
    "setfattr -n user.x -v y open && getfattr --only-values -n user.x open",
    "setfattr -n user.x -v y sticky",
    "python3 -c 'import os,sys; os.open(sys.argv[1], os.O_RDONLY|os.O_NOATIME)' foreign/for-all",
    "python3 -c 'import os,sys; os.open(sys.argv[1], os.O_RDONLY|os.O_NOATIME)' foreign/mine",
    "python3 -c 'import fcntl,os,sys; f=open(sys.argv[1]); fcntl.fcntl(f, fcntl.F_SETFL, os.O_NOATIME)' foreign/for-all",
    "python3 -c 'import os,sys; f=open(sys.argv[1]); os.fchmod(f.fileno(), 0o666)' foreign/for-all",
    "python3 -c 'import os,sys; f=open(sys.argv[1]); os.fchown(f.fileno(), -1, -1)' foreign/for-all",
    "python3 -c 'import os,sys; os.utime(sys.argv[1])' foreign/for-all",
    "python3 -c 'import os,sys; os.utime(sys.argv[1], (1, 2))' foreign/for-all",
    // At another place, or under another name, it is still somebody else's.
    "mv open/for-all open/moved && chmod 600 open/moved",
    "mv open/for-all open/moved && chmod 666 open/moved",
    "mv open/for-all open/moved && echo x >> open/moved && touch -d 2000-01-01 open/moved",
    "echo x >> open/for-all && mv open/for-all open/moved && chmod 666 open/moved",
    "ln open/for-all open/second && chmod 666 open/second",
    "mkdir open/d && mv open/for-all open/d/x && mv open/d open/e && chmod 666 open/e/x",
    "mv open/for-all open/moved && echo x > open/for-all && chmod 600 open/for-all",
    "rm open/for-all && echo x > open/for-all && chmod 600 open/for-all",
    "cp open/for-all open/copy && chmod 600 open/copy",
    "sed -i s/for/x/ open/for-all && chmod 600 open/for-all",
    "ln -s for-all open/link && chmod 666 open/link",
    "ln -s theirs sticky/link && chmod 666 sticky/link",
    "rm -rf open",
    "mv sticky/mine sticky/moved && chmod 600 sticky/moved && ls sticky",
];

#[test]
fn a_run_succeeds_exactly_where_the_host_lets_it() {
    if !needs_root() {
        return;
    }
    let tools = open_directory();
    for script in SCRIPTS {
        // Mentioned with its whole path, as plans do, and by relative names from a working directory.
        let directory = open_directory();
        let base = directory.path().canonicalize().unwrap();
        fixture(&base);
        let mut session = session(tools.path());
        let script = script
            .split(' ')
            .map(|word| {
                let named = ["foreign", "team", "others", "open", "sticky"];
                let ours =
                    named.iter().any(|name| word == *name || word.starts_with(&format!("{name}/")));
                if ours { base.join(word).display().to_string() } else { word.to_owned() }
            })
            .collect::<Vec<_>>()
            .join(" ");
        let observed = inside(&mut session, &script);
        let (code, said) = on_host(&script);
        assert_eq!(
            observed.succeeded(),
            code == Some(0),
            "{script}: host {code:?} {said}, inside {observed:?}"
        );
        assert_eq!(observed.exit_code, code, "{script}: {observed:?}");
        assert_eq!(observed.stdout.text, said, "{script}");
        assert!(observed.refused_on_host.is_empty(), "{script}: {observed:?}");
    }
}

#[test]
fn a_list_of_rights_counts_as_on_the_host() {
    if !needs_root() {
        return;
    }
    let directory = open_directory();
    let base = directory.path().canonicalize().unwrap();
    fixture(&base);
    let listed = base.join("listed");
    let set = Command::new("setfacl")
        .arg("-m")
        .arg(format!("u:{NOBODY}:rwx"))
        .args([&listed, &listed.join("by-list")])
        .status();
    if !set.is_ok_and(|status| status.success()) {
        left_out("setfacl is missing, or refused here");
        return;
    }
    let mut session = session(directory.path());
    for text in ["echo x > LISTED/new && cat LISTED/new", "echo x >> LISTED/by-list"] {
        let script = text.replace("LISTED", &listed.display().to_string());
        let observed = inside(&mut session, &script);
        assert!(observed.succeeded(), "{script}: {observed:?}");
        assert_eq!(on_host(&script).0, Some(0), "{script}");
    }
}

#[test]
fn directories_that_are_open_to_all_are_found_without_being_named() {
    if !needs_root() {
        return;
    }
    let directory = open_directory();
    let base = directory.path().canonicalize().unwrap();
    fixture(&base);
    let name = base.file_name().unwrap().to_string_lossy().into_owned();
    let mut session = session(directory.path());
    for place in ["open", "sticky", "team"] {
        let script =
            format!("cd /tmp; cd {name}; p={place}; echo x > $p/unforeseen && cat $p/unforeseen");
        let observed = inside(&mut session, &script);
        assert!(observed.succeeded(), "{script}: {observed:?}");
    }
}

#[test]
fn what_was_not_foreseen_is_no_pass() {
    if !needs_root() {
        return;
    }
    let directory = open_directory();
    let base = directory.path().canonicalize().unwrap();
    fs::create_dir_all(base.join("1/2/3/4")).unwrap();
    make(&base.join("1/2/3/4/deep"), None, (0, 0), 0o777);
    let name = base.file_name().unwrap().to_string_lossy().into_owned();
    let mut session = session(directory.path());
    let script = format!(
        "cd /tmp; cd {name}; for n in 1 2 3 4; do cd $n; done; p=deep; echo x > $p/f; true"
    );
    assert_eq!(on_host(&script).0, Some(0));
    let observed = inside(&mut session, &script);
    assert_eq!(observed.exit_code, Some(0), "{observed:?}");
    assert!(!observed.succeeded(), "{observed:?}");
    assert!(
        observed.not_possible.iter().any(|what| what.contains("as root it could")),
        "{observed:?}"
    );
    // Named, it works, also step by step: each in a session that knows nothing of it.
    let base = base.display();
    for script in [
        format!("echo x > {base}/1/2/3/4/deep/f"),
        format!("cd {base}/1/2; cd 3/4 && echo x 2>/dev/null > deep/g; test -e deep/g"),
    ] {
        let observed = inside(&mut self::session(directory.path()), &script);
        assert!(observed.succeeded(), "{script}: {observed:?}");
    }
}

#[test]
fn what_was_not_foreseen_shows_where_a_script_says_nothing_of_it() {
    if !needs_root() {
        return;
    }
    let user: u32 = NOBODY.parse().unwrap();
    let directory = open_directory();
    let base = directory.path().canonicalize().unwrap();
    fs::create_dir_all(base.join("1/2/3/4")).unwrap();
    make(&base.join("1/2/3/4/deep"), None, (0, 0), 0o777);
    make(&base.join("1/2/3/4/deep/theirs"), Some("theirs\n"), (0, 0), 0o644);
    make(&base.join("1/2/3/4/closed"), None, (0, 0), 0o755);
    make(&base.join("1/2/3/4/closed/mine"), Some("mine\n"), (user, user), 0o644);
    make(&base.join("1/2/3/4/closed/theirs"), Some("theirs\n"), (0, 0), 0o644);
    let name = base.file_name().unwrap().to_string_lossy().into_owned();
    let mut session = session(directory.path());
    let table = [
        ("echo x > deep/new", true),
        ("mkdir deep/new", true),
        ("ln -s x deep/new", true),
        ("mkfifo deep/new", true),
        ("mktemp -p deep", true),
        ("rm -f deep/theirs", true),
        ("mv deep/theirs deep/moved", true),
        ("ln closed/mine deep/second", true),
        ("echo x >> closed/mine", true),
        ("truncate -s 1 closed/mine", true),
        ("chmod 600 closed/mine", true),
        ("touch -d 2000-01-01 closed/mine", true),
        ("setfattr -n user.x -v y closed/mine", true),
        (
            "python3 -c 'import os; os.fchmod(os.open(\"closed\" \"/mine\", os.O_RDONLY), 0o600)'",
            true,
        ),
        ("python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"deep\" \"/new\")'", true),
        // What fails on the host as well is no reason.
        ("echo x >> closed/theirs", false),
        ("echo x > closed/new", false),
        ("rm -f closed/mine", false),
        ("chmod 600 closed/theirs", false),
        ("cat closed/theirs deep/theirs", false),
        ("ls deep > /dev/null; echo x > /dev/null; touch /tmp/$$", false),
    ];
    for (what, lost) in table {
        // A rule that looks for paths in the text finds none of these.
        let what = what.replace("deep/", "${p}p/").replace("closed/", "${q}d/");
        let what = what.replace("-p deep", "-p ${p}p");
        let script = format!(
            "p=dee; q=close; cd /tmp; cd {name}; for n in 1 2 3 4; do cd $n; done; {{ {what}; }} >/dev/null 2>&1; true"
        );
        let script = script
            .replace("\"deep\" \"/", "\"dee\" \"p/")
            .replace("\"closed\" \"/", "\"close\" \"d/");
        let observed = inside(&mut session, &script);
        assert_eq!(observed.exit_code, Some(0), "{script}: {observed:?}");
        let told = observed.not_possible.iter().any(|what| what.contains("as root it could"));
        assert_eq!(told, lost, "{script}: {observed:?}");
        assert_eq!(observed.succeeded(), !lost, "{script}: {observed:?}");
    }
}

#[test]
fn what_was_moved_stays_somebody_elses_in_the_steps_after() {
    if !needs_root() {
        return;
    }
    let directory = open_directory();
    let base = directory.path().canonicalize().unwrap();
    fixture(&base);
    let open = base.join("open").display().to_string();
    let mut session = session(directory.path());
    let mut step = |text: &str, layering: Layering| {
        let script = text.replace("OPEN", &open);
        let mut request = Request::new(["bash", "--noprofile", "--norc", "-c", &script]);
        request.layering = layering;
        let observed = session.run(&request).expect("runs");
        (observed.succeeded(), observed)
    };
    let table = [
        ("chmod 666 OPEN/for-all", Layering::Discard, false),
        ("mv OPEN/for-all OPEN/moved", Layering::Keep, true),
        ("chmod 666 OPEN/moved", Layering::Discard, false),
        ("echo x > OPEN/for-all && chmod 600 OPEN/for-all", Layering::Discard, true),
        ("echo x >> OPEN/moved", Layering::Keep, true),
        ("chmod 666 OPEN/moved", Layering::Discard, false),
        ("ln OPEN/moved OPEN/second", Layering::Keep, true),
        ("chmod 666 OPEN/second || chmod 666 OPEN/moved", Layering::Discard, false),
        ("mv OPEN/moved OPEN/for-all && rm OPEN/second", Layering::Keep, true),
        ("chmod 666 OPEN/for-all", Layering::Discard, false),
        ("rm OPEN/for-all && echo x > OPEN/for-all", Layering::Keep, true),
        ("chmod 600 OPEN/for-all", Layering::Discard, true),
        ("rm -r OPEN/* && rm -f OPEN/.x && echo x > OPEN/for-all", Layering::Keep, true),
        ("chmod 600 OPEN/for-all && chmod 777 OPEN", Layering::Discard, false),
    ];
    for (text, layering, succeeds) in table {
        let (succeeded, observed) = step(text, layering);
        assert_eq!(succeeded, succeeds, "{text}: {observed:?}");
    }
}
