//! What a run is said to have done: kinds, rights, links, sums, and what a rollback did not bring back.
#![allow(clippy::disallowed_methods, clippy::panic, clippy::print_stderr, clippy::unwrap_used)]

mod sandbox_support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use blackstart::base::{Fixed, Timestamp};
use blackstart::check;
use blackstart::dryrun;
use blackstart::evidence::{Change, DryRun, FileEffect, FileKind, Outcome, Severity, Sum};
use blackstart::plan;
use blackstart::sandbox::{Differs, Layering, Observed, Options, Session};

use sandbox_support::{
    NOBODY, Who, everybody, files, is_root, open_directory, program, session, step,
};

/// A directory with files `a`, `b/c`, `b/empty`, `h1` and `h2` (one file), `k1` and `k2` (one file with the same
/// content), a fifo `pipe`, and `sparse`, of 8 MiB with one byte at its end.
fn fixture(root: &Path, who: Who) {
    let text = "set -e; mkdir -p b; echo alpha > a; echo one > b/c; : > b/empty; echo x > h1; ln h1 h2; echo x > k1; \
                ln k1 k2; mkfifo pipe; truncate -s 8388607 sparse; printf x >> sparse; chmod 644 a b/c h1 k1; \
                chmod 755 b; touch -d 2020-02-02T02:02:02Z h1 k1";
    sh(root, text);
    if who == Who::User && is_root() {
        sh(root, &format!("chown -R {NOBODY}:{NOBODY} ."));
    }
}

fn sh(root: &Path, text: &str) {
    let done = Command::new("sh").args(["-c", text]).current_dir(root).status().expect("sh");
    assert!(done.success(), "{text}");
}

/// Everybody with a sandbox, and the fixture.
fn ready() -> Vec<(Who, Session, tempfile::TempDir)> {
    let mut found = Vec::new();
    for who in everybody() {
        let directory = open_directory();
        let work = directory.path().join("work");
        fs::create_dir(&work).expect("work");
        fs::set_permissions(&work, fs::Permissions::from_mode(0o755)).expect("rights");
        fixture(&work, who);
        if let Some(session) = session(who, directory.path()) {
            found.push((who, session, directory));
        }
    }
    found
}

fn run(session: &mut Session, root: &Path, text: &str, layering: Layering) -> Observed {
    let mut request = step(text);
    request.cwd = root.to_owned();
    request.mentions = root.as_os_str().as_encoded_bytes().to_vec();
    request.layering = layering;
    session.run(&request).expect("runs")
}

/// `change kind path <- from: detail | detail`, below `root`.
fn line(file: &FileEffect, root: &Path) -> String {
    let prefix = format!("{}/", root.display());
    let short = |text: String| text.replace(&prefix, "");
    let path = short(file.path.display().to_string());
    let from = file
        .from
        .as_ref()
        .map_or(String::new(), |from| format!(" <- {}", short(from.display().to_string())));
    let what = match file.what.as_slice() {
        [] => String::new(),
        what => format!(": {}", short(what.join(" | "))),
    };
    format!("{} {} {path}{from}{what}", file.change.word(), file.kind.word())
}

const FORGE: &str = "python3 -c 'import os; os.setxattr(\"b\", \"user.overlay.opaque\", b\"y\"); \
                     os.setxattr(\"b\", \"user.overlay.redirect\", b\"/etc\")'";

#[test]
fn each_effect_is_told_as_what_it_is() {
    let table: &[(&str, &[&str])] = &[
        (
            "chmod 4755 a",
            &["metadata file a: SET-UID: whoever runs it acts as {user} | mode 0644 -> 4755"],
        ),
        (
            "chmod 2755 a",
            &[
                "metadata file a: SET-GID: whoever runs it acts as group {group} | mode 0644 -> 2755",
            ],
        ),
        (
            "chmod 666 a",
            &["metadata file a: WORLD-WRITABLE: anybody may change it | mode 0644 -> 0666"],
        ),
        (
            "echo x > new; chmod 4777 new",
            &[
                "created file new: SET-UID: whoever runs it acts as {user} | WORLD-WRITABLE: anybody may change it",
            ],
        ),
        (
            "mkdir open; chmod 777 open",
            &["created directory open: WORLD-WRITABLE: anybody may change it"],
        ),
        ("mkdir t; chmod 1777 t", &["created directory t"]),
        ("touch -d 2001-01-01T00:00:00Z a", &["metadata file a"]),
        (
            "setfacl -m u:{acl}:rw a",
            &[
                "metadata file a: mode 0644 -> 0664 | acl user:{acl}:rw- | acl group::r-- | acl mask::rw-",
            ],
        ),
        (
            "setfacl -d -m u:{acl}:rwx b",
            &[
                "metadata directory b: acl default:user::rwx | acl default:user:{acl}:rwx | acl default:group::r-x | acl default:mask::rwx | acl default:other::r-x",
            ],
        ),
        (
            "python3 -c 'import os; os.setxattr(\"a\", \"user.note\", b\"1\")'",
            &["metadata file a: attribute user.note set"],
        ),
        (
            FORGE,
            &[
                "metadata directory b: attribute user.overlay.opaque set | attribute user.overlay.redirect set",
            ],
        ),
        ("mkfifo p", &["created fifo p"]),
        (
            "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"s\")'",
            &["created socket s"],
        ),
        ("ln a hard", &["created file hard: hard link of a"]),
        (
            "ln a hard; echo x >> hard",
            &[
                "created file hard: hard link of a",
                "modified file a: one write, seen under 2 names",
            ],
        ),
        ("echo x > n1; ln n1 n2", &["created file n1", "created file n2: hard link of n1"]),
        (
            "echo y >> h1",
            &[
                "modified file h1: one of 2 names of one file: written in place, this shows under all of them",
            ],
        ),
        ("rm h1", &["deleted file h1: one of 2 names of one file"]),
        ("mv b d", &["renamed directory d <- b"]),
        ("mv a b/moved", &["renamed file b/moved <- a"]),
        (
            "rm -r b; ln -s /etc/shadow b",
            &[
                "deleted file b/c",
                "deleted file b/empty",
                "type-changed link b: directory -> link | link to /etc/shadow",
            ],
        ),
        ("rm -r b; mkdir -m 755 b; echo new > b/c", &["deleted file b/empty", "modified file b/c"]),
        ("rm -r b; mkdir b2; mv b2 b; chmod 755 b", &["deleted file b/c", "deleted file b/empty"]),
        ("rm a; mkdir -m 755 a", &["type-changed directory a: file -> directory"]),
        ("rm -r b", &["deleted directory b", "deleted file b/c", "deleted file b/empty"]),
        ("cp -p a x; mv x a", &[]),
        ("chmod 600 a; chmod 644 a", &[]),
        ("echo alpha > a", &["metadata file a"]),
    ];
    for (who, mut session, directory) in ready() {
        let root = directory.path().join("work");
        let (user, group, acl) = match who {
            Who::Root => ("root", "root", "www-data"),
            Who::User => ("nobody", "nogroup", "nobody"),
        };
        let fill = |text: &str| {
            text.replace("{user}", user).replace("{group}", group).replace("{acl}", acl)
        };
        let mut wrong = Vec::new();
        for (script, expected) in table {
            let seen = run(&mut session, &root, &fill(script), Layering::Discard);
            if !seen.succeeded() {
                wrong.push(format!("{script}: {}", seen.stderr.text));
                continue;
            }
            let mut told: Vec<String> = files(&seen).map(|file| line(file, &root)).collect();
            told.sort();
            let mut expected: Vec<String> = expected.iter().map(|line| fill(line)).collect();
            expected.sort();
            if told != expected {
                wrong.push(format!("{script}\n   told {told:#?}\n   expected {expected:#?}"));
            }
        }
        assert!(wrong.is_empty(), "as {who:?}:\n{}", wrong.join("\n"));
    }
}

#[test]
fn times_sizes_and_sums_are_exact() {
    for (who, mut session, directory) in ready() {
        let root = directory.path().join("work");
        let mut one = |script: &str, path: &str| -> FileEffect {
            let seen = run(&mut session, &root, script, Layering::Discard);
            assert!(seen.succeeded(), "{script}: {}", seen.stderr.text);
            let found = files(&seen).find(|file| file.path == root.join(path));
            found.unwrap_or_else(|| panic!("as {who:?}: {script}: {:?}", seen.effects)).clone()
        };
        let (then, now) = one("touch -d 2001-01-01T00:00:00Z h1", "h1").times.expect("both times");
        let times = [then, now].map(|at| at.to_string());
        assert_eq!(times, ["2020-02-02T02:02:02Z", "2001-01-01T00:00:00Z"]);
        let gone = one("rm -r b", "b");
        assert_eq!(gone.below, Some(Sum { entries: 2, bytes: 4 }));
        let made = one("mkdir -p x/y; printf 12345 > x/y/f; ln x/y/f x/y/g", "x");
        assert_eq!(
            made.below,
            Some(Sum { entries: 3, bytes: 5 }),
            "two names hold their bytes once"
        );
        let moved = one("mv b d", "d");
        assert_eq!((moved.change, moved.kind), (Change::Renamed, FileKind::Directory));
        if who == Who::User {
            assert_eq!(moved.below, Some(Sum { entries: 2, bytes: 4 }));
        }
        let sparse = one(
            "truncate -s 100T big; printf x | dd of=big bs=1 seek=50T conv=notrunc 2>&1",
            "big",
        );
        assert_eq!(sparse.bytes, Some(100 << 40));
        assert!(sparse.stored.is_some_and(|stored| stored > 0 && stored < 1 << 20), "{sparse:?}");
        assert!(sparse.diff.expect("a digest").contains(" stored, sha256 of these "));
    }
}

#[test]
fn owners_and_capabilities_have_names() {
    if !is_root() {
        eprintln!("skipped: only root changes owners and capabilities");
        return;
    }
    for (who, mut session, directory) in ready() {
        if who == Who::User {
            continue;
        }
        let root = directory.path().join("work");
        fs::copy("/bin/true", root.join("capped")).expect("a program");
        sh(&root, "setcap cap_net_bind_service,cap_chown+ep capped");
        for (script, expected) in [
            ("chown 33:33 a", "metadata file a: owner root:root -> www-data:www-data"),
            ("chown 4321 a", "metadata file a: owner root:root -> 4321:root"),
            ("chmod 700 capped", "metadata file capped: mode 0755 -> 0700"),
            (
                "echo x >> capped",
                "modified file capped: capability cap_chown,cap_net_bind_service+ep removed",
            ),
        ] {
            let seen = run(&mut session, &root, script, Layering::Discard);
            let told: Vec<String> = files(&seen).map(|file| line(file, &root)).collect();
            assert_eq!(told, [expected], "{script}: {}", seen.stderr.text);
        }
    }
}

#[test]
fn what_is_not_listed_is_summed_up_exactly() {
    let script = "mkdir many; cd many; mkdir x y; for d in x y; do python3 -c \"
import sys
for at in range(3000):
    open('$d/%d' % at, 'w').write('12')
\"; done; rm -r ../b; echo changed >> ../a; echo s > x/loud; chmod 4755 x/loud";
    for (who, mut session, directory) in ready() {
        let root = directory.path().join("work");
        let seen = run(&mut session, &root, script, Layering::Keep);
        assert!(seen.succeeded(), "{}", seen.stderr.text);
        let total =
            |change| seen.totals.iter().find(|(one, _)| *one == change).map(|(_, sum)| *sum);
        assert_eq!(
            total(Change::Created),
            Some(Sum { entries: 6_004, bytes: 12_002 }),
            "as {who:?}"
        );
        assert_eq!(total(Change::Deleted), Some(Sum { entries: 3, bytes: 4 }));
        assert_eq!(total(Change::Modified).map(|sum| sum.entries), Some(1));
        let created: Vec<_> =
            seen.summaries.iter().filter(|one| one.change == Change::Created).collect();
        let lines: Vec<_> = created
            .iter()
            .map(|one| {
                (one.directory.strip_prefix(&root).unwrap().to_str().unwrap(), one.sum.entries)
            })
            .collect();
        assert_eq!(lines, [("many/x", 3_001), ("many/y", 3_000), ("many", 2), ("", 1)]);
        // Neither a flood of harmless paths nor the bound hides what was deleted, changed, or made dangerous.
        for needed in ["b", "b/c", "b/empty", "a", "many/x/loud"] {
            assert!(files(&seen).any(|file| file.path == root.join(needed)), "{needed} as {who:?}");
        }
        let gone = run(&mut session, &root, "rm -r many", Layering::Discard);
        let top = files(&gone).find(|file| file.path == root.join("many")).expect("listed");
        assert_eq!(top.below, Some(Sum { entries: 6_003, bytes: 12_002 }));
        assert_eq!(gone.deleted_total, 6_004);
    }
}

#[test]
fn a_file_that_the_host_changes_meanwhile_is_pointed_out() {
    for (who, mut session, directory) in ready() {
        let root = directory.path().join("work");
        let quiet = run(&mut session, &root, "echo x >> a; rm b/c", Layering::Discard);
        assert_eq!(quiet.notes, Vec::<String>::new(), "as {who:?}");
        fs::write(root.join("a"), "the host was here\n").expect("a");
        fs::write(root.join("b/c"), "and here\n").expect("b/c");
        let seen = run(&mut session, &root, "echo x >> a; rm b/c", Layering::Discard);
        for path in ["a", "b/c"] {
            let said = format!("{} was changed on this machine", root.join(path).display());
            assert!(seen.notes.iter().any(|note| note.starts_with(&said)), "{:?}", seen.notes);
        }
    }
}

#[test]
fn a_rollback_cannot_cheat_its_proof() {
    let big = "python3 -c 'import os; os.setxattr(\"a\", \"user.big\", b\"X\" * 9000)'";
    let other = &big.replace('X', "Y");
    let table: &[(&str, &str, &str, &[&str])] = &[
        ("true", "chmod 700 b", "chmod 755 b", &[]),
        ("true", "chmod 700 b", "true", &["b mode 0755 -> 0700"]),
        (big, other, "true", &["a attribute user.big changed"]),
        (big, other, big, &[]),
        (
            "true",
            "setfacl -m u:65534:rw a",
            "chmod 644 a",
            &["a acl group::r--", "a acl mask::r--", "a acl user:nobody:rw-"],
        ),
        ("true", "rm h1", "ln h2 h1", &[]),
        ("true", "rm h1", "cp -p h2 h1", &["h1 had 2 names (hard links), has 1 here"]),
        (
            "true",
            "echo z > h1",
            "echo x > h1; touch -r h2 h1",
            &["h1 had 2 names (hard links), has 1 here"],
        ),
        (
            "true",
            "rm h1 k1; ln h2 k1; ln k2 h1",
            "true",
            &[
                "h2 was another name of h1, is not",
                "k1 is another name of h2, was not",
                "k2 was another name of k1, is not",
            ],
        ),
        (
            "true",
            "touch -d 2001-01-01T00:00:00Z h1 h2",
            "true",
            &[
                "h1 had 2 names*",
                "h1 modification time 2020-02-02T02:02:02Z -> 2001-01-01T00:00:00Z",
                "h2 had 2 names*",
                "h2 modification time *",
            ],
        ),
        ("true", "cp -p a a2; mv a2 a", "true", &[]),
        (
            "true",
            "cp --sparse=never sparse dense; touch -r sparse dense; mv dense sparse",
            "true",
            &[],
        ),
        ("true", "rm pipe", "mkfifo pipe", &[]),
        ("true", "rm pipe", "echo > pipe", &["pipe was a fifo, is a file"]),
        (
            "true",
            "rm -r b",
            "mkdir b; echo one > b/c; : > b/empty; ln -s x b/more",
            &["b/more was not there"],
        ),
        ("true", "mv b d; echo x >> d/c; mv d b", "true", &["b/c content (4 -> 6 bytes)"]),
        ("true", "rm -r b; ln -s elsewhere b", "true", &["b was a directory, is a link"]),
        (
            FORGE,
            "rm -r b; mkdir b",
            "true",
            &["b *", "b *", "b/c is missing", "b/empty is missing"],
        ),
        (
            "true",
            FORGE,
            "true",
            &["b attribute user.overlay.opaque set", "b attribute user.overlay.redirect set"],
        ),
    ];
    for (who, mut session, directory) in ready() {
        let root = directory.path().join("work");
        let mut wrong = Vec::new();
        for (before, change, rollback, expected) in table {
            let depth = session.depth() + 1;
            for text in [before, change, rollback] {
                let seen = run(&mut session, &root, text, Layering::Keep);
                assert!(seen.succeeded(), "as {who:?}: {text}: {}", seen.stderr.text);
            }
            let prefix = format!("{}/", root.display());
            let found = session.difference_since(depth).expect("compares");
            let mut heavy: Vec<String> = found
                .iter()
                .filter(|one| one.kind == Differs::Tree)
                .map(|one| format!("{} {}", one.path, one.what).replace(&prefix, ""))
                .collect();
            heavy.sort();
            let same = heavy.len() == expected.len()
                && heavy.iter().zip(*expected).all(|(one, wanted)| {
                    match wanted.strip_suffix('*') {
                        Some(head) => one.starts_with(head),
                        None => one == wanted,
                    }
                });
            if !same {
                wrong.push(format!("{change}, then {rollback}: {heavy:#?}"));
            }
            if change.contains("--sparse=never") {
                let room = found.iter().filter(|one| one.kind == Differs::Room);
                let told: Vec<&str> = room.map(|one| one.what.as_str()).collect();
                assert_eq!(told, ["was sparse, is stored in full"]);
            }
            for _ in 0..3 {
                session.discard_top().expect("discards");
            }
        }
        assert!(wrong.is_empty(), "as {who:?}:\n{}", wrong.join("\n"));
    }
}

#[test]
fn the_rights_of_the_root_directory_are_compared_too() {
    for (who, mut session, _directory) in ready() {
        if who == Who::User {
            continue;
        }
        for (change, expected) in [
            ("chmod 700 /", "/ mode 0755 -> 0700"),
            ("setfacl -m u:33:rx /", "/ acl user:www-data:r-x"),
        ] {
            let depth = session.depth();
            let seen = run(&mut session, Path::new("/"), change, Layering::Keep);
            let told: Vec<String> = files(&seen).flat_map(|file| file.what.clone()).collect();
            assert!(told.contains(&expected[2..].to_owned()), "{told:?}");
            run(&mut session, Path::new("/"), "touch /x; rm /x", Layering::Keep);
            let found = session.difference_since(depth).expect("compares");
            let found: Vec<String> =
                found.iter().map(|one| format!("{} {}", one.path, one.what)).collect();
            assert!(found.contains(&expected.to_owned()), "{found:?}");
            session.discard_top().expect("discards");
            session.discard_top().expect("discards");
        }
    }
}

fn dry_run(steps: &str, who: Who, tools: &Path) -> DryRun {
    let text =
        format!("schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n{steps}");
    let (plan, problems) = plan::read(&text);
    assert_eq!(problems, [], "{text}");
    let plan = plan.expect("reads");
    let order: Vec<usize> = (0..plan.steps.len()).collect();
    let options = dryrun::Options {
        sandbox: Options::new(program(who, tools)),
        secrets: Default::default(),
        account: |_| vec![],
        here: vec![],
        cwd: "/".into(),
    };
    let clock = Fixed(Timestamp::UNIX_EPOCH);
    let mut result = dryrun::dry_run(&plan, &order, &options, &clock, &mut |_| {}).expect("runs");
    let findings = check::observed(&plan, &result);
    result.keep(&findings);
    result
}

#[test]
fn what_a_step_does_beyond_its_declaration_is_a_finding() {
    for (who, session, directory) in ready() {
        drop(session);
        let root = directory.path().join("work").display().to_string();
        let steps = format!(
            "
  - {{id: pattern, title: t, kind: command, on_failure: continue, run: 'rm {root}/[hk]*', effects: {{deletes: ['{root}/h*'], max_deletes: 2}}}}
  - {{id: tree, title: t, kind: command, run: 'rm -r {root}/b', effects: {{deletes: ['{root}/b/c']}}}}
  - {{id: write, title: t, kind: command, run: 'echo x >> {root}/a; echo y > {root}/ok', effects: {{writes: ['{root}/ok']}}}}
  - {{id: create, title: t, kind: command, run: 'echo y > {root}/odd', effects: {{writes: []}}}}
  - {{id: suid, title: t, kind: command, run: 'cp /bin/true {root}/su; chmod 4755 {root}/su', effects: {{writes: []}}}}
  - {{id: reach, title: t, kind: command, run: '(echo > /dev/tcp/192.0.2.7/5432) 2>&- || true', effects: {{network: ['192.0.2.8:5432']}}}}
  - {{id: flood, title: t, kind: command, run: 'mkdir {root}/f; cd {root}/f; for i in {{1..2100}}; do : > $i; done', effects: {{writes: ['{root}/f', '{root}/f/*']}}}}
  - {{id: covered, title: t, kind: command, run: 'mkdir {root}/g; cd {root}/g; for i in {{1..2100}}; do : > $i; done', effects: {{writes: ['{root}/g/**']}}}}
  - {{id: told, title: t, kind: command, run: 'rm {root}/sparse', effects: {{deletes: ['{root}/sparse']}}}}
  - {{id: silent, title: t, kind: command, run: 'rm {root}/pipe'}}
  - {{id: looks, title: t, kind: check, check: 'true'}}
"
        );
        let result = dry_run(&steps, who, directory.path());
        let told: Vec<(&str, &str, Severity)> = result
            .steps
            .iter()
            .flat_map(|step| &step.findings)
            .map(|one| (one.step.as_ref().unwrap().as_str(), one.rule.as_str(), one.severity))
            .collect();
        let expected = [
            ("pattern", "TG007", Severity::High),
            ("tree", "TG011", Severity::High),
            ("write", "TG012", Severity::High),
            ("create", "TG012", Severity::Medium),
            ("suid", "TG012", Severity::High),
            ("reach", "TG013", Severity::High),
            ("flood", "TG012", Severity::Medium),
        ];
        assert_eq!(told, expected, "as {who:?}: {result:#?}");
        let message = |at: usize| result.steps[at].findings[0].message.replace(&root, "");
        assert_eq!(
            message(0),
            "`rm` works on a pattern: it deletes 4 entries and declares at most 2; it deletes /k1, /k2, undeclared"
        );
        assert_eq!(message(1), "it deletes /b, /b/empty, undeclared");
        assert_eq!(message(5), "it tries to reach 192.0.2.7:5432, undeclared");
        let notes = |at: usize| result.steps[at].notes.join("; ");
        assert!(notes(9).contains("declares no `effects`"), "{}", notes(9));
        assert!(!notes(10).contains("declares no"), "{}", notes(10));
    }
}

#[test]
fn a_rollback_that_leaves_a_simulated_service_stopped_is_not_proven() {
    for (who, session, directory) in ready() {
        drop(session);
        let steps = "
  - {id: stop, title: t, kind: command, run: 'systemctl daemon-reload', rollback: 'true', effects: {writes: []}}
";
        let result = dry_run(steps, who, directory.path());
        let proof = result.steps[0].rollback.as_ref().expect("one");
        assert_eq!((proof.outcome, proof.differences.len()), (Outcome::Simulated, 0));
    }
}
