//! Executes the steps of rendered runbooks with the real tools: backup, damage, recovery, comparison.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use blackstart::base::{Digest, Timestamp};
use blackstart::draft::{Draft, Library, Request, artifacts, draft};
use blackstart::plan::{self, Kind, Order, Plan, Step};
use blackstart::{incident, inventory};

/// The account a test runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Account {
    Caller,
    Nobody,
}

/// A place for one test, with data in it.
struct Place {
    dir: tempfile::TempDir,
    account: Account,
}

const NOW: &str = "2026-11-21T12:00:00Z";

impl Place {
    fn new(account: Account) -> Self {
        let dir = tempfile::tempdir_in("/tmp").expect("a directory");
        if account == Account::Nobody {
            std::os::unix::fs::chown(dir.path(), Some(65_534), Some(65_534)).expect("root");
        }
        Self { dir, account }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().expect("UTF-8").to_owned()
    }

    /// Runs a script as steps are run.
    fn bash(&self, script: &str) -> std::process::Output {
        let mut words: Vec<&str> = match self.account {
            Account::Caller => vec![],
            Account::Nobody => vec![
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
            ],
        };
        words.extend(plan::SHELL);
        Command::new(words[0])
            .args(&words[1..])
            .arg(script)
            .current_dir("/")
            .env_clear()
            .env(
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            )
            .env("RESTIC_PASSWORD", "only for this test")
            .output()
            .expect("bash")
    }

    #[track_caller]
    fn must(&self, what: &str, script: &str) -> String {
        let output = self.bash(script);
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "{what}: {}\n{}{}\n{script}",
            output.status,
            shown(&output.stdout),
            shown(&output.stderr)
        );
        shown(&output.stdout)
    }

    /// Runs the steps of a plan in order, as far as something runs in them. Returns what they printed.
    #[track_caller]
    fn run(&self, plan: &Plan) -> String {
        let mut printed = String::new();
        for step in steps(plan) {
            for part in [&step.run, &step.check].into_iter().flatten() {
                printed.push_str(&self.must(&format!("step {}", step.id), part));
            }
        }
        printed
    }

    /// Makes a tree with everything a file system can hold that an ordinary user may make.
    fn make_tree(&self, at: &str) {
        self.must(
            "make the tree",
            &format!(
                r#"
                at={}
                mkdir -p -- "$at/sub/deep" "$at/empty" "$at/ odd 'name' \$(id)" "$at/closed"
                cd -- "$at"
                printf 'first\n' > one; ln one sub/hard; ln one ' hard too '
                ln -s one link; ln -s /nowhere/at/all dangling
                printf 'x' > $'new\nline'; printf 'y' > $'\xff\xfe'; printf 'z' > -rf; printf 'q' > 'a"b'
                head -c 200000 /dev/zero | tr '\0' 'a' > big; : > nothing
                truncate -s 3M sparse; printf 'end' >> sparse
                mkfifo pipe
                head -c 65536 /dev/urandom > sub/deep/random
                chmod 4755 one; chmod 0600 big; chmod 1777 sub; chmod 0500 closed; chmod 02770 sub/deep
                touch -d '1999-12-31T23:59:59.123456789Z' one; touch -h -d '2001-01-01T00:00:00.5Z' link
                touch -d '1980-06-01T00:00:00Z' big; touch -d '2003-03-03T03:03:03.3Z' empty sub/deep sub .
                "#,
                quoted(at)
            ),
        );
    }

    fn tree(&self, at: &str) -> BTreeMap<Vec<u8>, String> {
        let mut entries = BTreeMap::new();
        let mut inodes = BTreeMap::new();
        list(Path::new(at), Path::new(at), &mut entries, &mut inodes);
        for names in inodes
            .values()
            .filter(|names: &&Vec<Vec<u8>>| names.len() > 1)
        {
            for name in names {
                entries
                    .entry(name.clone())
                    .and_modify(|entry| entry.push_str(&format!(" one file {names:?}")));
            }
        }
        entries
    }

    /// Drafts a plan for this place.
    #[track_caller]
    fn draft(
        &self,
        kind: Kind,
        inventory_text: &str,
        has_incident: bool,
        parameters: &[(&str, &str)],
    ) -> Draft {
        let text = format!("schema: blackstart/inventory/v1\n{inventory_text}");
        let (read, problems) = inventory::read(&text);
        assert_eq!(problems, [], "{text}");
        let inventory = read.expect("reads");
        let incident = incident::read(
            "schema: blackstart/incident/v1\nid: inc-1\naffected: [data]\nscenario: operator_error\ndamage_at: 2026-11-21T11:59:00Z\n",
        );
        let parameters = parameters
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        let library = Library::new([]);
        let request = Request {
            inventory: &inventory,
            incident: incident.0.as_ref().filter(|_| has_incident),
            asset: Some("data"),
            scenario: None,
            kind,
            parameters: &parameters,
            now: NOW.parse().expect("a time"),
            library: &library,
            runbook: None,
        };
        draft(&request).expect("a plan")
    }
}

fn list(
    root: &Path,
    at: &Path,
    entries: &mut BTreeMap<Vec<u8>, String>,
    inodes: &mut BTreeMap<(u64, u64), Vec<Vec<u8>>>,
) {
    let meta = fs::symlink_metadata(at).unwrap_or_else(|error| panic!("{}: {error}", at.display()));
    let name = at
        .strip_prefix(root)
        .expect("below")
        .as_os_str()
        .as_bytes()
        .to_vec();
    let content = if meta.is_file() {
        if meta.nlink() > 1 {
            inodes
                .entry((meta.dev(), meta.ino()))
                .or_default()
                .push(name.clone());
        }
        format!(
            "{} {}",
            meta.size(),
            Digest::of(&fs::read(at).expect("readable"))
        )
    } else if meta.is_symlink() {
        format!("-> {}", fs::read_link(at).expect("a link").display())
    } else {
        String::new()
    };
    let entry = format!(
        "{:o} {}:{} {}.{:09} {content}",
        meta.mode(),
        meta.uid(),
        meta.gid(),
        meta.mtime(),
        meta.mtime_nsec()
    );
    entries.insert(name, entry);
    if meta.is_dir() {
        let mut names: Vec<PathBuf> = fs::read_dir(at)
            .expect("readable")
            .map(|e| e.expect("an entry").path())
            .collect();
        names.sort();
        for name in names {
            list(root, &name, entries, inodes);
        }
    }
}

fn steps(plan: &Plan) -> Vec<&Step> {
    let Order::Steps(order) = plan::order(plan) else {
        panic!("a circle")
    };
    order
        .into_iter()
        .map(|at| &plan.steps[at])
        .filter(|step| step.runs())
        .collect()
}

fn quoted(text: &str) -> String {
    blackstart::template::quote(text).expect("no NUL")
}

fn accounts() -> Vec<Account> {
    match fs::metadata("/proc/self").map(|meta| meta.uid()) {
        Ok(0) => vec![Account::Caller, Account::Nobody],
        _ => vec![Account::Caller],
    }
}

/// Tells whether the tools are there; in CI a missing one is a failure.
#[track_caller]
fn has(tools: &[&str]) -> bool {
    let missing: Vec<&&str> = tools
        .iter()
        .filter(|tool| {
            !std::env::split_paths("/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
                .any(|dir| dir.join(tool).exists())
        })
        .collect();
    let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(missing.is_empty() || !in_ci, "not installed: {missing:?}");
    if !missing.is_empty() {
        eprintln!("not tested, not installed: {missing:?}");
    }
    missing.is_empty()
}

/// Returns the line for the inventory that a backup printed.
fn last_success(printed: &str) -> &str {
    printed
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("last_success: "))
        .unwrap_or_else(|| panic!("no line in {printed:?}"))
}

fn yaml(text: &str) -> String {
    serde_json::to_string(text).expect("text")
}

#[test]
fn a_full_tar_brings_back_every_byte_and_attribute() {
    for account in accounts() {
        for (compression, tool) in [("gzip", "gzip"), ("xz", "xz"), ("zstd", "zstd")] {
            if !has(&["tar", tool]) {
                continue;
            }
            let place = Place::new(account);
            let data = place.text("my 'data' $(x)");
            place.make_tree(&data);
            let before = place.tree(&data);
            let inventory = |made: &str| {
                format!(
                    "assets: [{{id: data, kind: files, paths: [{}], targets: {{rpo: 1d, rto: 1h}}}}]\nrepos: [{{id: disk, path: {}}}]\nbackups: [{{id: tar, asset: data, tool: tar, type: full, repo: disk, path: copies{made}}}]\n",
                    yaml(&data),
                    yaml(&place.text("the repo"))
                )
            };
            let backup = place.draft(
                Kind::Backup,
                &inventory(""),
                false,
                &[("compression", compression), ("keep", "2")],
            );
            assert_eq!(backup.runbook, "files-backup-tar", "{:?}", backup.questions);
            let printed = place.run(&backup.plan);
            assert_eq!(place.tree(&data), before, "a backup changes nothing");
            let line = replace_time(last_success(&printed));
            let recovery = place.draft(
                Kind::Recovery,
                &inventory(&format!(", last_success: {line}")),
                true,
                &[],
            );
            assert_eq!(
                recovery.runbook, "files-restore-tar",
                "{:?}",
                recovery.questions
            );
            place.must(
                "damage",
                &format!(
                    "cd -- {}; chmod u+w closed; rm -rf -- sub one empty; printf broken > big",
                    quoted(&data)
                ),
            );
            let damaged = place.tree(&data);
            let printed = place.run(&recovery.plan);
            assert!(printed.contains("identical to the manifest"), "{printed}");
            assert_eq!(place.tree(&data), before);
            let aside = format!("{data}.before-20261121T120000Z");
            assert_eq!(place.tree(&aside), damaged, "what was there is kept");
            for step in steps(&recovery.plan).into_iter().rev() {
                if let Some(rollback) = &step.rollback {
                    place.must(&format!("rollback of {}", step.id), rollback);
                }
            }
            assert_eq!(place.tree(&data), damaged, "rolled back to what was");
            assert!(!Path::new(&aside).exists());
        }
    }
}

/// The copy is made now, the incident of the test is in the future of no clock: its time is set before the damage.
fn replace_time(line: &str) -> String {
    let (head, rest) = line.split_once("at: \"").expect("a time");
    let (time, tail) = rest.split_once('"').expect("closed");
    let _: Timestamp = time.parse().expect("an instant");
    format!("{head}at: \"2026-11-21T02:00:00Z\"{tail}")
}

#[test]
fn the_script_of_a_backup_plan_runs_on_its_own() {
    let place = Place::new(Account::Caller);
    let data = place.text("data");
    place.make_tree(&data);
    let inventory = format!(
        "assets: [{{id: data, kind: files, paths: [{data}]}}]\nrepos: [{{id: disk, path: {}}}]\nbackups: [{{id: tar, asset: data, tool: tar, repo: disk, retention: {{keep_last: 2}}}}]\n",
        place.text("repo")
    );
    let backup = place.draft(Kind::Backup, &inventory, false, &[]);
    let files = artifacts(&backup.plan);
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "backup-data",
            "backup-data.service",
            "backup-data.timer",
            "backup-data.cron"
        ]
    );
    let script = place.path("backup-data");
    fs::write(&script, &files[0].contents).expect("written");
    for _ in 0..3 {
        place.must("the script", &format!("bash {}", script.display()));
        // Copies are named by the second in which they are made.
        let stamp = place.must("the second", "date +%s");
        place.must(
            "the next second",
            &format!("while [ \"$(date +%s)\" = {} ]; do :; done", stamp.trim()),
        );
    }
    let kept = fs::read_dir(place.path("repo/data"))
        .expect("there")
        .filter(|entry| {
            entry
                .as_ref()
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .ends_with(".sha256")
        });
    assert_eq!(
        kept.count(),
        2,
        "older copies are removed, the newest two stay"
    );
    let failing = format!("rm -rf {data}; mkdir {data}; bash {}", script.display());
    let output = place.bash(&failing);
    assert!(!output.status.success(), "an empty source is refused");
    let shown = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        shown.contains("missing or empty") && shown.contains("failed in preflight"),
        "{shown}"
    );
    let kept = fs::read_dir(place.path("repo/data"))
        .expect("there")
        .count();
    assert_eq!(
        kept,
        2 * 3 + 1,
        "a failed run leaves the copies as they were"
    );
}
