//! Executes the steps of rendered runbooks with the real tools: backup, damage, recovery, comparison.
#![allow(clippy::disallowed_methods, clippy::panic, clippy::print_stderr)]

mod left_out;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use blackstart::base::{Digest, Timestamp};
use blackstart::draft::{Draft, Library, Request, artifacts, draft};
use blackstart::plan::{self, Kind, Order, Plan, Step};
use blackstart::{incident, inventory, tools};
use left_out::has;

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

    /// Copies are named by the second in which they are made.
    fn next_second(&self) {
        self.must(
            "the next second",
            "now=$(date +%s); while [ \"$(date +%s)\" = \"$now\" ]; do :; done",
        );
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
            Account::Nobody => vec!["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
        };
        words.extend(plan::SHELL);
        Command::new(words[0])
            .args(&words[1..])
            .arg(script)
            .current_dir("/")
            .env_clear()
            .env("PATH", tools::PATH)
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
        for names in inodes.values().filter(|names: &&Vec<Vec<u8>>| names.len() > 1) {
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
        let parameters =
            parameters.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
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
    let name = at.strip_prefix(root).expect("below").as_os_str().as_bytes().to_vec();
    let content = if meta.is_file() {
        if meta.nlink() > 1 {
            inodes.entry((meta.dev(), meta.ino())).or_default().push(name.clone());
        }
        format!("{} {}", meta.size(), Digest::of(&fs::read(at).expect("readable")))
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
        let mut names: Vec<PathBuf> =
            fs::read_dir(at).expect("readable").map(|e| e.expect("an entry").path()).collect();
        names.sort();
        for name in names {
            list(root, &name, entries, inodes);
        }
    }
}

fn steps(plan: &Plan) -> Vec<&Step> {
    let Order::Steps(order) = plan::order(plan) else { panic!("a circle") };
    order.into_iter().map(|at| &plan.steps[at]).filter(|step| step.runs()).collect()
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

/// What differs between the ways of copying a tree.
struct Way<'a> {
    tool: &'a str,
    needs: &'a [&'a str],
    backup: &'a str,
    recovery: &'a str,
    parameters: &'a [(&'a str, &'a str)],
    /// Further fields of the backup in the inventory.
    fields: &'a str,
    /// What is done before the first backup.
    prepare: &'a str,
}

const FULL_TAR: Way<'_> = Way {
    tool: "tar",
    needs: &["tar", "gzip"],
    backup: "files-backup-tar",
    recovery: "files-restore-tar",
    parameters: &[("compression", "gzip")],
    fields: ", type: full",
    prepare: "",
};

const RSYNC: Way<'_> = Way {
    tool: "rsync",
    needs: &["rsync"],
    backup: "files-backup-rsync",
    recovery: "files-restore-rsync",
    parameters: &[],
    fields: ", type: full",
    prepare: "",
};

const RESTIC: Way<'_> = Way {
    tool: "restic",
    needs: &["restic"],
    backup: "files-backup-restic",
    recovery: "files-restore-restic",
    parameters: &[],
    fields: ", encryption: {key: pass}",
    prepare: "restic --no-cache init --repo \"$repo\"",
};

/// Backs up, damages, recovers, compares, rolls back, compares again.
#[track_caller]
fn cycle(account: Account, way: &Way<'_>, several: bool) {
    if !has(way.needs) {
        return;
    }
    let place = Place::new(account);
    let repo = place.text("the repo");
    let names: &[&str] = if several { &["my 'data' $(x)", "b/other"] } else { &["my 'data' $(x)"] };
    let data: Vec<String> = names.iter().map(|name| place.text(name)).collect();
    for at in &data {
        place.make_tree(at);
    }
    place.must(
        "prepare",
        &format!("repo={}; mkdir -p -- \"$repo\"; {}", quoted(&repo), way.prepare),
    );
    let trees = |place: &Place| -> Vec<BTreeMap<Vec<u8>, String>> {
        data.iter().map(|at| place.tree(at)).collect()
    };
    let before = trees(&place);
    let paths: Vec<String> = data.iter().map(|at| yaml(at)).collect();
    let inventory = |made: &str| {
        format!(
            "assets: [{{id: data, kind: files, paths: [{}], targets: {{rpo: 1d, rto: 1h}}}}]\nrepos: [{{id: disk, path: {}}}]\nsecrets: [{{id: pass, read_from: {{env: RESTIC_PASSWORD}}}}]\nbackups: [{{id: copy, asset: data, tool: {}, repo: disk{}{made}}}]\n",
            paths.join(", "),
            yaml(&repo),
            way.tool,
            way.fields
        )
    };
    let backup = place.draft(Kind::Backup, &inventory(""), false, way.parameters);
    assert_eq!(backup.runbook, way.backup, "{:?}", backup.questions);
    place.run(&backup.plan);
    // The second run is the one that is used: it builds on the first where the tool does that.
    place.next_second();
    let printed = place.run(&backup.plan);
    assert_eq!(trees(&place), before, "a backup changes nothing");
    let line = replace_time(last_success(&printed));
    let recovery =
        place.draft(Kind::Recovery, &inventory(&format!(", last_success: {line}")), true, &[]);
    assert_eq!(recovery.runbook, way.recovery, "{:?}", recovery.questions);
    for at in &data {
        place.must(
            "damage",
            &format!(
                "cd -- {}; chmod u+w closed; rm -rf -- sub one empty; printf broken > big",
                quoted(at)
            ),
        );
    }
    let damaged = trees(&place);
    let printed = place.run(&recovery.plan);
    assert!(printed.contains("identical to the manifest"), "{printed}");
    assert_eq!(trees(&place), before);
    for (at, damaged) in data.iter().zip(&damaged) {
        assert_eq!(
            &place.tree(&format!("{at}.before-20261121T120000Z")),
            damaged,
            "what was there is kept"
        );
    }
    for step in steps(&recovery.plan).into_iter().rev() {
        if let Some(rollback) = &step.rollback {
            place.must(&format!("rollback of {}", step.id), rollback);
        }
    }
    assert_eq!(trees(&place), damaged, "rolled back to what was");
    let left = place.must(
        "look",
        &format!(
            "find {} -maxdepth 2 -name '*20261121T120000Z'",
            quoted(place.dir.path().to_str().expect("UTF-8"))
        ),
    );
    assert_eq!(left, "", "a rollback leaves nothing behind");
}

#[test]
fn a_full_tar_brings_back_every_byte_and_attribute() {
    for account in accounts() {
        for (compression, needs) in
            [("gzip", &["tar", "gzip"]), ("xz", &["tar", "xz"]), ("zstd", &["tar", "zstd"])]
        {
            cycle(
                account,
                &Way { needs, parameters: &[("compression", compression)], ..FULL_TAR },
                false,
            );
        }
        cycle(account, &FULL_TAR, true);
    }
}

#[test]
fn an_rsync_snapshot_brings_back_every_byte_and_attribute() {
    for account in accounts() {
        cycle(account, &RSYNC, false);
        cycle(account, &RSYNC, true);
    }
}

#[test]
fn a_restic_snapshot_brings_back_every_byte_and_attribute() {
    for account in accounts() {
        cycle(account, &RESTIC, false);
    }
    // One turn takes a second for each key that is derived; several directories are the same for every account.
    cycle(Account::Caller, &RESTIC, true);
}

#[test]
fn increments_bring_back_the_last_state_with_what_was_deleted_and_renamed() {
    for account in accounts() {
        if !has(&["tar", "gzip"]) {
            return;
        }
        let place = Place::new(account);
        let data = place.text("data dir");
        place.make_tree(&data);
        let inventory = |full: &str, increments: &str| {
            format!(
                "assets: [{{id: data, kind: files, paths: [{}]}}]\nrepos: [{{id: disk, path: {}}}]\nbackups:\n  - {{id: full, asset: data, tool: tar, type: full, repo: disk, path: copies{full}}}\n  - {{id: incr, asset: data, tool: tar, type: incremental, repo: disk, path: copies{increments}}}\n",
                yaml(&data),
                yaml(&place.text("repo"))
            )
        };
        let backup = place.draft(
            Kind::Backup,
            &inventory("", ""),
            false,
            &[("chain_length", "3"), ("keep", "1")],
        );
        assert_eq!(backup.runbook, "files-backup-tar-incremental", "{:?}", backup.questions);
        let mut lines = vec![];
        for (hour, change) in [
            "true",
            "rm -f one; mv sub moved; printf 'changed' > big; mkdir fresh; printf new > fresh/file",
            "rm -rf moved/deep; ln big link2; touch -d '2010-01-01T00:00:00Z' fresh; printf more > moved/more",
        ].iter().enumerate() {
            place.next_second();
            place.must("a change", &format!("cd -- {}; {change}", quoted(&data)));
            let printed = place.run(&backup.plan);
            lines.push(last_success(&printed).replace(&at_of(last_success(&printed)), &format!("2026-11-21T0{}:00:00Z", hour + 1)));
        }
        assert!(
            lines[0].contains("-full.tar.gz") && lines[2].contains("-incremental.tar.gz"),
            "{lines:?}"
        );
        let before = place.tree(&data);
        let text = inventory(
            &format!(", last_success: {}", lines[0]),
            &format!(", last_success: {}, copies: [{}]", lines[2], lines[1]),
        );
        let recovery = place.draft(Kind::Recovery, &text, true, &[]);
        assert_eq!(recovery.runbook, "files-restore-tar", "{:?}", recovery.questions);
        place.must("damage", &format!("chmod -R u+rwx -- {0}; rm -rf -- {0}", quoted(&data)));
        let printed = place.run(&recovery.plan);
        assert!(printed.contains("identical to the manifest"), "{printed}");
        assert_eq!(place.tree(&data), before);
        // The fourth run starts a new chain and the old one goes.
        place.next_second();
        let printed = place.run(&backup.plan);
        assert!(last_success(&printed).contains("-full.tar.gz"), "{printed}");
        let kept =
            place.must("look", &format!("find {} -name '*.sha256'", quoted(&place.text("repo"))));
        assert_eq!(kept.lines().count(), 1, "{kept}");
    }
}

fn at_of(line: &str) -> String {
    let (_, rest) = line.split_once("at: \"").expect("a time");
    rest.split_once('"').expect("closed").0.to_owned()
}

#[test]
fn archives_that_others_made_come_back_whatever_their_names_are() {
    if !has(&["tar", "gzip"]) {
        return;
    }
    let ways = [
        "tar -C \"$data\" --format=posix -czf \"$archive\" .",
        "cd \"$data\" && shopt -s dotglob && tar --format=posix -czf \"$archive\" -- *",
        "tar -C / --format=posix -czf \"$archive\" -- \"${data#/}\"",
        "tar -C / --format=posix -czf \"$archive\" -- \"./${data#/}\"",
        "tar --format=posix -P -czf \"$archive\" -- \"$data\"",
        "tar -C \"$(dirname -- \"$data\")\" --format=posix -czf \"$archive\" -- \"${data##*/}\"",
    ];
    for (at, way) in ways.iter().enumerate() {
        let place = Place::new(Account::Caller);
        let (data, archive) = (place.text("a b/data"), place.text("old.tgz"));
        place.make_tree(&data);
        let mut before = place.tree(&data);
        place.must(
            "archive",
            &format!("data={}; archive={}; {way}", quoted(&data), quoted(&archive)),
        );
        let inventory = format!(
            "assets: [{{id: data, kind: files, paths: [{}]}}]\nbackups: [{{id: old, asset: data, tool: tar, path: {}, last_success: {{at: 2026-11-20T00:00:00Z}}}}]\n",
            yaml(&data),
            yaml(&archive)
        );
        let recovery = place.draft(Kind::Recovery, &inventory, true, &[]);
        assert_eq!(recovery.runbook, "files-restore-tar", "{:?}", recovery.questions);
        place.must("damage", &format!("rm -rf -- {}", quoted(&data)));
        let printed = place.run(&recovery.plan);
        assert!(printed.contains("there is no manifest of backup time"), "{printed}");
        let mut after = place.tree(&data);
        if at == 1 {
            // Such an archive does not hold the directory itself.
            before.remove(&vec![]);
            after.remove(&vec![]);
        }
        assert_eq!(after, before, "{way}");
    }
}

#[test]
fn a_damaged_copy_is_found_before_anything_changes() {
    if !has(&["tar", "gzip"]) {
        return;
    }
    let place = Place::new(Account::Caller);
    let (data, archive) = (place.text("data"), place.text("old.tgz"));
    place.make_tree(&data);
    place.must("archive", &format!("tar -C {data} -czf {archive} .; truncate -s -2000 {archive}"));
    let inventory = format!(
        "assets: [{{id: data, kind: files, paths: [{data}]}}]\nbackups: [{{id: old, asset: data, tool: tar, path: {archive}, last_success: {{at: 2026-11-20T00:00:00Z}}}}]\n"
    );
    let plan = place.draft(Kind::Recovery, &inventory, true, &[]).plan;
    let check = plan.step("preflight").and_then(|step| step.check.clone()).expect("a check");
    assert!(!place.bash(&check).status.success());
}

#[test]
fn a_tree_that_differs_in_one_thing_is_not_accepted() {
    if !has(&["tar", "gzip"]) {
        return;
    }
    let place = Place::new(Account::Caller);
    let data = place.text("data");
    place.make_tree(&data);
    let inventory = |made: &str| {
        format!(
            "assets: [{{id: data, kind: files, paths: [{data}]}}]\nbackups: [{{id: copy, asset: data, tool: tar, type: full, path: {}{made}}}]\n",
            place.text("repo")
        )
    };
    let printed = place.run(&place.draft(Kind::Backup, &inventory(""), false, &[]).plan);
    let text = inventory(&format!(", last_success: {}", replace_time(last_success(&printed))));
    let plan = place.draft(Kind::Recovery, &text, true, &[]).plan;
    let run = |id: &str| plan.step(id).and_then(|step| step.run.clone()).expect("runs");
    let verify = plan.step("verify").and_then(|step| step.check.clone()).expect("a check");
    place.must("restore", &run("restore"));
    place.must("verify", &verify);
    let tree = format!("{data}.restoring-20261121T120000Z/tree");
    for (change, undo) in [
        ("printf x >> nothing", "printf '' > nothing"),
        ("chmod 0601 big", "chmod 0600 big"),
        ("touch -d '1980-06-01T00:00:01Z' big", "touch -d '1980-06-01T00:00:00Z' big"),
        ("mv nothing elsewhere", "mv elsewhere nothing"),
        ("ln -sfn other link", "true"),
        ("cp -p one one2; mv one2 one", "true"),
        ("rmdir empty", "true"),
    ] {
        place.must("a change", &format!("cd {tree}; {change}"));
        assert!(!place.bash(&verify).status.success(), "accepted after: {change}");
        place.must("undo", &format!("cd {tree}; {undo}"));
    }
}

#[test]
fn a_sqlite_database_comes_back_with_every_row() {
    for account in accounts() {
        for mode in ["delete", "wal"] {
            if !has(&["sqlite3"]) {
                return;
            }
            let place = Place::new(account);
            let data = place.text("it's \"the\" db.sqlite");
            place.must("make the database", &format!(
                "cd -- {}; sqlite3 {} \"PRAGMA journal_mode={mode}; CREATE TABLE \\\"a b\\\"(id INTEGER PRIMARY KEY, t TEXT); CREATE TABLE 'it''s'(r REFERENCES \\\"a b\\\"(id)); INSERT INTO \\\"a b\\\" VALUES (1,'x'),(2,NULL); INSERT INTO 'it''s' VALUES (1);\"; chmod 0640 {}",
                quoted(place.dir.path().to_str().expect("UTF-8")), quoted(&data), quoted(&data)
            ));
            let rows =
                |place: &Place| place.must("rows", &format!("sqlite3 {} .dump", quoted(&data)));
            let before = rows(&place);
            let inventory = |made: &str| {
                format!(
                    "assets: [{{id: data, kind: sqlite, paths: [{}]}}]\nrepos: [{{id: disk, path: {}}}]\nbackups: [{{id: copy, asset: data, tool: sqlite3, type: full, repo: disk{made}}}]\n",
                    yaml(&data),
                    yaml(&place.text("the repo"))
                )
            };
            let backup = place.draft(Kind::Backup, &inventory(""), false, &[("keep", "1")]);
            assert_eq!(backup.runbook, "sqlite-backup", "{:?}", backup.questions);
            place.run(&backup.plan);
            place.next_second();
            let printed = place.run(&backup.plan);
            let line = replace_time(last_success(&printed));
            let recovery = place.draft(
                Kind::Recovery,
                &inventory(&format!(", last_success: {line}")),
                true,
                &[],
            );
            assert_eq!(recovery.runbook, "sqlite-restore", "{:?}", recovery.questions);
            place.must(
                "damage",
                &format!(
                    "printf garbage | dd of={} bs=1 seek=4096 conv=notrunc status=none",
                    quoted(&data)
                ),
            );
            let damaged = place.tree(place.dir.path().to_str().expect("UTF-8"));
            let printed = place.run(&recovery.plan);
            assert!(printed.contains("as at backup time"), "{printed}");
            assert_eq!(place.must("mode", &format!("stat -c %a -- {}", quoted(&data))), "640\n");
            for step in steps(&recovery.plan).into_iter().rev() {
                if let Some(rollback) = &step.rollback {
                    place.must(&format!("rollback of {}", step.id), rollback);
                }
            }
            let mut back = place.tree(place.dir.path().to_str().expect("UTF-8"));
            let mut damaged = damaged;
            // Renames touch the time of the directory they happen in.
            back.remove(&vec![]);
            damaged.remove(&vec![]);
            assert_eq!(back, damaged, "rolled back to what was");
            place.run(&recovery.plan);
            assert_eq!(rows(&place), before);
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
        ["backup-data", "backup-data.service", "backup-data.timer", "backup-data.cron"]
    );
    let script = place.path("backup-data");
    fs::write(&script, &files[0].contents).expect("written");
    for _ in 0..3 {
        place.must("the script", &format!("bash {}", script.display()));
        place.next_second();
    }
    let kept = fs::read_dir(place.path("repo/data")).expect("there").filter(|entry| {
        entry.as_ref().expect("an entry").file_name().to_string_lossy().ends_with(".sha256")
    });
    assert_eq!(kept.count(), 2, "older copies are removed, the newest two stay");
    let failing = format!("rm -rf {data}; mkdir {data}; bash {}", script.display());
    let output = place.bash(&failing);
    assert!(!output.status.success(), "an empty source is refused");
    let shown = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(shown.contains("missing or empty") && shown.contains("failed in preflight"), "{shown}");
    let kept = fs::read_dir(place.path("repo/data")).expect("there").count();
    assert_eq!(kept, 2 * 3 + 1, "a failed run leaves the copies as they were");
}
