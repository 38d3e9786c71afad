//! A hostile run costs bounded time and memory, is told truthfully, and puts nothing raw on a terminal.
#![allow(clippy::disallowed_methods, clippy::panic, clippy::print_stderr, clippy::unwrap_used)]

mod sandbox_support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use blackstart::evidence::Change;
use blackstart::sandbox::{Layering, Limits, Observed, Options, Session};

use sandbox_support::{
    Who, everybody, files, is_root, open_directory, program, session_with, step,
};

fn ready(change: impl Fn(&mut Options)) -> Vec<(Who, Session, tempfile::TempDir)> {
    let mut found = Vec::new();
    for who in everybody() {
        let directory = open_directory();
        if let Some(session) = session_with(who, directory.path(), &change) {
            found.push((who, session, directory));
        }
    }
    found
}

fn run(session: &mut Session, text: &str, layering: Layering) -> Observed {
    let mut request = step(text);
    request.layering = layering;
    request.limits = Limits { wall_ms: 120_000, ..Limits::default() };
    let seen = session.run(&request).expect("runs");
    assert!(seen.succeeded(), "{text}: {:?} {}", seen.limit, seen.stderr.text);
    seen
}

fn total(seen: &Observed, change: Change) -> u64 {
    seen.totals.iter().find(|(one, _)| *one == change).map_or(0, |(_, sum)| sum.entries)
}

/// Makes a directory in a directory in a directory.
fn nest(depth: usize, name: usize) -> String {
    format!(
        "python3 -c 'import os
os.mkdir(\"/tmp/bs-deep\"); os.chdir(\"/tmp/bs-deep\")
for at in range({depth}):
    os.mkdir(\"d\" * {name}); os.chdir(\"d\" * {name})
open(\"end\", \"w\").write(\"x\")'"
    )
}

#[test]
fn a_tree_deeper_than_any_path_is_made_deleted_and_removed() {
    for (who, mut session, _directory) in ready(|options| options.files = 12_000) {
        for (depth, name, rounds) in [(5_000, 1, 3), (5_000, 200, 1)] {
            let started = Instant::now();
            // More directories than there is room for, if dropped layers stayed.
            for _ in 0..rounds {
                let seen = run(&mut session, &nest(depth, name), Layering::Discard);
                assert_eq!(total(&seen, Change::Created), depth as u64 + 2, "{:?}", seen.notes);
            }
            let made = run(&mut session, &nest(depth, name), Layering::Keep);
            // Looking at each call of an ordinary user has an end.
            let bounded = |note: &String| who == Who::User && note.contains("not looked at");
            assert!(made.notes.iter().all(bounded), "{:?}", made.notes);
            let top = files(&made).next().expect("the top").below.expect("a sum");
            assert_eq!((top.entries, top.bytes), (depth as u64 + 1, 1));
            let gone = run(&mut session, "rm -rf /tmp/bs-deep", Layering::Discard);
            assert_eq!(gone.deleted_total, depth as u64 + 2, "as {who:?}: {:?}", gone.notes);
            let bytes: usize = files(&gone).map(|file| file.path.as_os_str().len()).sum();
            assert!(bytes < 8 << 20, "{bytes} bytes of paths");
            session.discard_top().expect("discards");
            eprintln!("depth {depth}, names of {name} as {who:?}: {:?}", started.elapsed());
        }
    }
}

#[test]
fn a_sparse_file_is_compared_by_what_it_stores() {
    for (who, mut session, _directory) in ready(|_| {}) {
        let started = Instant::now();
        let put = |byte: &str| {
            format!(
                "printf {byte} | dd of=/tmp/blackstart-sparse bs=1 seek=60T conv=notrunc status=none"
            )
        };
        let of = |seen: &Observed| -> Option<(Change, Option<String>)> {
            files(seen)
                .find(|file| file.path.ends_with("blackstart-sparse"))
                .map(|file| (file.change, file.diff.clone()))
        };
        let made = run(
            &mut session,
            &format!("truncate -s 100T /tmp/blackstart-sparse; {}", put("x")),
            Layering::Keep,
        );
        assert_eq!(of(&made).expect("listed").0, Change::Created);
        let same = run(&mut session, &put("x"), Layering::Discard);
        assert_eq!(of(&same).expect("its time").0, Change::Metadata);
        let (change, diff) = of(&run(&mut session, &put("y"), Layering::Discard)).expect("listed");
        let diff = diff.expect("digests");
        let (old, new) = diff.split_once(" -> ").expect("two");
        assert!(change == Change::Modified && old.len() > 64 && !old.ends_with(new), "{diff}");
        assert!(started.elapsed() < Duration::from_secs(60), "as {who:?}");
    }
}

#[test]
fn a_flood_of_files_is_counted_exactly() {
    for (who, mut session, _directory) in ready(|_| {}) {
        let text = "python3 -c 'import os
os.mkdir(\"/tmp/blackstart-flood\"); os.chdir(\"/tmp/blackstart-flood\")
for at in range(100000): os.close(os.open(str(at), os.O_CREAT))'";
        let started = Instant::now();
        let seen = run(&mut session, text, Layering::Discard);
        assert_eq!(total(&seen, Change::Created), 100_001);
        assert!(files(&seen).count() <= 2_000);
        let line = &seen.summaries[0];
        assert_eq!(
            (line.directory.as_path(), line.sum.entries),
            (Path::new("/tmp/blackstart-flood"), 100_000)
        );
        let report = started.elapsed().saturating_sub(seen.duration);
        eprintln!("100,000 files as {who:?}: ran {:?}, told {report:?}", seen.duration);
    }
}

#[test]
fn the_cost_of_many_deletions_is_printed() {
    for (who, mut session, directory) in ready(|_| {}) {
        let many = directory.path().join("many");
        fs::create_dir(&many).unwrap();
        (0..10_000).for_each(|at| fs::write(many.join(at.to_string()), "").unwrap());
        if who == Who::User && is_root() {
            let owner = sandbox_support::NOBODY;
            assert!(
                Command::new("chown").args(["-R", owner]).arg(&many).status().unwrap().success()
            );
        }
        let mut least = Duration::MAX;
        for _ in 0..3 {
            let started = Instant::now();
            let seen = run(&mut session, &format!("rm -r {}", many.display()), Layering::Discard);
            assert_eq!(seen.deleted_total, 10_001, "as {who:?}");
            least = least.min(started.elapsed().saturating_sub(seen.duration));
        }
        eprintln!("10,000 deletions as {who:?}: told in {least:?} at least");
    }
}

#[test]
fn the_overlay_cannot_be_forged() {
    for (who, mut session, directory) in ready(|_| {}) {
        let data = directory.path().join("data");
        fs::create_dir(&data).unwrap();
        fs::write(data.join("kept"), "here").unwrap();
        fs::set_permissions(&data, fs::Permissions::from_mode(0o777)).unwrap();
        let data = data.display();
        for text in [
            format!("mknod {data}/kept2 c 0 0"),
            format!(
                "python3 -c 'import os; os.setxattr(\"{data}\", \"trusted.overlay.opaque\", b\"y\")'"
            ),
        ] {
            let mut request = step(&text);
            request.layering = Layering::Discard;
            let seen = session.run(&request).expect("runs");
            assert!(!seen.succeeded(), "as {who:?}: {text}");
        }
        let mut forge = step(&format!(
            "cd {data}; python3 -c 'import os
for name in (\"opaque\", \"redirect\", \"whiteout\", \"whiteouts\", \"metacopy\", \"origin\"):
    try: os.setxattr(\"made\", \"user.overlay.\" + name, b\"y\")
    except FileNotFoundError: os.mkdir(\"made\")
    except OSError as error: print(error)'; echo x > made/new"
        ));
        forge.layering = Layering::Keep;
        let seen = session.run(&forge).expect("runs");
        assert!(seen.succeeded(), "{}", seen.stderr.text);
        let told: Vec<String> = files(&seen)
            .map(|file| format!("{} {}", file.change.word(), file.path.display()))
            .collect();
        assert_eq!(told, [format!("created {data}/made"), format!("created {data}/made/new")]);
        let listed =
            run(&mut session, &format!("cat {data}/kept {data}/made/new"), Layering::Discard);
        assert_eq!(listed.stdout.text, "herex\n");
    }
}

#[test]
fn a_link_in_place_of_a_directory_is_not_followed() {
    for (who, mut session, directory) in ready(|_| {}) {
        let data = directory.path().join("data");
        fs::create_dir(&data).unwrap();
        fs::write(data.join("report"), "mine").unwrap();
        if who == Who::User && is_root() {
            let owner = sandbox_support::NOBODY;
            assert!(
                Command::new("chown").args(["-R", owner]).arg(&data).status().unwrap().success()
            );
        }
        let data = data.display();
        let text = format!(
            "cd {data}; rm report; ln -s /etc/shadow report; cd ..; mv data x; ln -s /etc data"
        );
        let seen = run(&mut session, &text, Layering::Discard);
        for file in files(&seen) {
            assert!(file.path.starts_with(directory.path()), "{file:?}");
            assert!(!file.diff.as_ref().is_some_and(|diff| diff.contains("root:")), "{file:?}");
        }
        let swapped = files(&seen).find(|file| file.path.ends_with("data")).expect("listed");
        assert_eq!(swapped.change, Change::TypeChanged, "as {who:?}: {:?}", seen.effects);
    }
}

#[test]
fn what_cannot_be_read_is_still_told() {
    if !is_root() {
        eprintln!("skipped: only root makes files that the walker may not read");
        return;
    }
    for (who, mut session, directory) in ready(|_| {}) {
        let data = directory.path().join("data");
        fs::create_dir(&data).unwrap();
        fs::write(data.join("secret"), "of root").unwrap();
        fs::set_permissions(data.join("secret"), fs::Permissions::from_mode(0o600)).unwrap();
        if who == Who::User {
            std::os::unix::fs::chown(&data, Some(65_534), Some(65_534)).unwrap();
        }
        let seen =
            run(&mut session, &format!("cd {}; rm -f secret", data.display()), Layering::Discard);
        let told: Vec<_> = files(&seen).map(|file| (file.change, file.bytes)).collect();
        assert_eq!(told, [(Change::Deleted, Some(7))], "as {who:?}: {:?}", seen.notes);
    }
}

#[test]
fn nothing_raw_reaches_a_terminal() {
    for (who, session, directory) in ready(|_| {}) {
        drop(session);
        let script = directory.path().join("hostile.sh");
        let text = "set -e; mkdir /tmp/hostile; cd /tmp/hostile\n\
                    : > $'a\\nb\\e[31m'; : > $'\\xff\\xfe\\x9b'; : > -rf; : > $'\\u202egnp.sh'\n\
                    ln -s $'/x\\e]0;title\\a' link; printf 'line\\e[2J\\r\\n' > text; mkfifo $'p\\e'\n\
                    python3 -c 'import os\nfor at in range(20): os.mkdir(\"n\" * 199); os.chdir(\"n\" * 199)\nopen(\"end\", \"w\").close()'\n\
                    python3 -c 'import os; os.setxattr(\"text\", \"user.\\x1b[5m\", b\"1\")'\n\
                    printf 'said \\e[5m\\n'; printf 'said \\e[5m\\n' >&2; /bin/echo $'\\e[7m' > /dev/null; exit 3";
        sandbox_support::write_program(&script, text);
        for arguments in [&["dry-run"][..], &["dry-run", "--all"][..]] {
            let output = Command::new(program(who, directory.path()))
                .args(arguments)
                .arg(&script)
                .args([
                    "--data-dir",
                    &directory.path().join(format!("data-{who:?}")).display().to_string(),
                ])
                .output()
                .expect("runs");
            let said = String::from_utf8(output.stdout).expect("text");
            assert!(
                said.contains("/tmp/hostile"),
                "{said} {}",
                String::from_utf8_lossy(&output.stderr)
            );
            for text in [said, String::from_utf8(output.stderr).expect("text")] {
                let raw = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
                assert_eq!(raw, None, "as {who:?}: {text:?}");
            }
        }
    }
}
