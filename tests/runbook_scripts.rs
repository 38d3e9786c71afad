//! Reads every script the runbooks make with bash, ShellCheck and our own rules, and fills them with hostile values.
#![allow(clippy::disallowed_methods, clippy::panic, clippy::print_stderr)]

mod read_scripts;

use std::collections::BTreeMap;
use std::process::{Command, Output};

use blackstart::check::{self, Facts};
use blackstart::draft::{Draft, DraftError, Library, Request, draft};
use blackstart::incident::{self, Incident};
use blackstart::inventory::{self, Inventory};
use blackstart::plan::{self, Kind};
use read_scripts::{assert_accepted, scripts};

const INVENTORY: &str = r#"
schema: blackstart/inventory/v1
sites: [{id: here}, {id: there}]
hosts:
  - {id: web1, address: 10.0.0.1, site: here, identity: {hostname: web1, machine_id: 0123456789abcdef0123456789abcdef}}
  - {id: nas, site: there}
assets:
  - {id: files-a, kind: files, host: web1, paths: [/srv/data], services: [site.service, "worker@1.service"], targets: {rto: 4h, rpo: 1d}, owner: ops}
  - {id: files-b, kind: files, host: web1, paths: [/srv/a, /srv/b b]}
  - {id: db, kind: sqlite, host: web1, paths: [/srv/app/app.db], services: [app.service]}
  - {id: shop, kind: app, host: web1, depends_on: [files-a, db], services: [shop.service]}
  - {id: other, kind: oracle, host: web1}
  - {id: maria, kind: mariadb, host: web1, paths: [/var/lib/mysql], services: [mariadb.service], replication: {peer: twin}}
  - {id: mysql, kind: mysql, host: web1, paths: [/srv/mysql data], endpoint: /srv/mysql.sock, replication: {peer: twin}}
  - {id: twin, kind: mariadb, host: nas}
backups:
  - {id: tar-a, asset: files-a, tool: tar, type: full, repo: disk, last_success: {at: 2026-11-20T00:00:00Z, size: 2GB, path: files-a/x.tar.gz, sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef}, restore_rate: 100MB/s}
  - {id: rsync-b, asset: files-b, tool: rsync, type: full, repo: disk, path: files-b, last_success: {at: 2026-11-20T00:00:00Z, size: 2GB}}
  - {id: copy-db, asset: db, tool: sqlite3, type: full, repo: disk, last_success: {at: 2026-11-20T00:00:00Z, path: db/x.db}}
  - {id: full-maria, asset: maria, tool: tar, type: full, repo: disk, last_success: {at: 2026-11-20T00:00:00Z, path: maria/x.sql.gz}}
  - {id: logs-maria, asset: maria, tool: binlog, type: continuous, repo: disk, path: maria-logs, last_success: {at: 2026-11-21T00:00:00Z}}
  - {id: full-mysql, asset: mysql, tool: tar, type: full, repo: disk, last_success: {at: 2026-11-20T00:00:00Z, path: mysql/x}}
  - {id: restic-a, asset: files-a, tool: restic, type: full, repo: vault, last_success: {at: 2026-11-19T00:00:00Z}, encryption: {key: pass}}
repos: [{id: disk, path: /mnt/backup, site: there}, {id: vault, kind: restic, url: "sftp:backup@nas:/restic", site: there}]
secrets: [{id: pass, read_from: {env: RESTIC}}]
contacts: [{id: ops, name: "The Operators"}]
"#;

const INCIDENT: &str = "schema: blackstart/incident/v1\nid: inc-1\ntitle: data gone\naffected: [files-a]\nscenario: operator_error\ndamage_at: 2026-11-21T11:59:00Z\n";

fn read(inventory: &str, incident: &str) -> (Inventory, Incident) {
    let (inventory, problems) = inventory::read(inventory);
    assert_eq!(problems, []);
    let (incident, problems) = incident::read(incident);
    assert_eq!(problems, []);
    (inventory.expect("reads"), incident.expect("reads"))
}

fn try_draft(
    inventory: &Inventory,
    incident: &Incident,
    library: &Library,
    asset: &str,
    runbook: Option<&str>,
    kind: Kind,
) -> Result<Draft, DraftError> {
    let parameters: BTreeMap<String, String> = [
        ("destination", "/mnt/backup/x"),
        ("archive", "/mnt/backup/x.tgz"),
        ("snapshot", "/mnt/backup/x"),
        ("copy_file", "/mnt/backup/x.db"),
        ("repository", "/mnt/restic"),
        ("password", "pass"),
    ]
    .into_iter()
    .map(|(k, v)| (k.to_owned(), v.to_owned()))
    .collect();
    draft(&Request {
        inventory,
        incident: Some(incident).filter(|_| kind == Kind::Recovery),
        asset: Some(asset),
        scenario: None,
        kind,
        parameters: &parameters,
        now: "2026-11-21T12:00:00Z".parse().expect("a time"),
        library,
        runbook,
    })
}

/// Returns a draft of every runbook, for one directory and for several.
fn every_draft() -> Vec<(String, Inventory, Draft)> {
    let library = Library::new([]);
    let mut drafts = vec![];
    for entry in &library.entries {
        let runbook = &entry.runbook;
        let assets: &[&str] = match entry.path.split('/').next() {
            // Those have inventories of their own, in tests/scenario_runbooks.rs.
            Some("around" | "kubernetes" | "managed" | "oracle") => continue,
            Some("any") if !runbook.matches.scenarios.is_empty() => continue,
            // Those have an inventory of their own, in tests/postgres_scripts.rs.
            Some("postgres") => continue,
            Some("sqlite") => &["db"],
            Some("any") => &["other"],
            Some("mysql") => &["maria", "mysql"],
            _ => &["files-a", "files-b"],
        };
        for asset in assets {
            // Rank only by the runbook that is looked at: its tool is the one of the asset's copies.
            let tool = runbook
                .matches
                .tools
                .first()
                .map_or("none", |tool| tool.split(':').next().expect("first"));
            let copy_type =
                if runbook.id.as_str().contains("incremental") { "incremental" } else { "full" };
            let text = INVENTORY
                .replace("tool: rsync", &format!("tool: {tool}"))
                .replace("tool: tar", &format!("tool: {tool}"))
                .replace("tool: restic, type: full", &format!("tool: {tool}, type: {copy_type}"))
                .replace(
                    &format!("id: rsync-b, asset: files-b, tool: {tool}, type: full"),
                    &format!("id: rsync-b, asset: files-b, tool: {tool}, type: {copy_type}"),
                );
            let (inventory, incident) = read(&text, INCIDENT);
            let made = try_draft(
                &inventory,
                &incident,
                &library,
                asset,
                Some(runbook.id.as_str()),
                runbook.kind,
            );
            let made = made.unwrap_or_else(|error| panic!("{} for {asset}: {error}", runbook.id));
            drafts.push((format!("{} for {asset}", runbook.id), inventory, made));
        }
    }
    drafts
}

fn bash(arguments: &[&str], script: &str) -> Output {
    Command::new("bash")
        .args(arguments)
        .arg(script)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .expect("bash")
}

#[test]
fn bash_and_shellcheck_accept_every_script() {
    let of = |(name, _, made): (String, _, Draft)| {
        scripts(&made).into_iter().map(move |(part, text)| (format!("{name}, {part}"), text))
    };
    assert_accepted(every_draft().into_iter().flat_map(of), 60);
}

#[test]
fn our_own_rules_find_nothing() {
    let mut found = vec![];
    for (name, inventory, made) in every_draft() {
        let checked = check::plan(&made.plan, Some(&inventory), &Facts::default());
        assert!(checked.parsed, "{name} cannot be read");
        for finding in checked.findings {
            found.push(format!("{name}: {} {:?} {}", finding.rule, finding.step, finding.message));
        }
        for (step, (_, computed)) in made.plan.steps.iter().zip(&checked.steps) {
            if step.runs() && step.claimed_risk() < *computed {
                found.push(format!(
                    "{name}: step {} claims {} and is {computed}",
                    step.id,
                    step.claimed_risk()
                ));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Values that break out of scripts that do not quote, or not everywhere.
const HOSTILE: &[&str] = &[
    "x'; touch CANARY; '",
    "x\"; touch CANARY; \"",
    "$(touch CANARY)",
    "`touch CANARY`",
    "x\ntouch CANARY\n",
    "x\nEOF\ntouch CANARY",
    "-rf",
    "--checkpoint-action=exec=touch CANARY",
    "# x",
    "x # y",
    "x \\",
    "\\",
    "'",
    "''",
    "\"",
    "a b",
    " ",
    "",
    "\t",
    "\u{1b}[31mred",
    "\u{202e}abc",
    "*",
    "?",
    "[a-z]",
    "{a,b}",
    "~",
    "~root",
    "$HOME",
    "${IFS}",
    "$'\\n'",
    "!x",
    "a=b",
    "if",
    "done",
    "&&",
    "|",
    ";",
    ">x",
    "<(x)",
    "(",
    ")",
    "\u{0}",
    "a\u{0}b",
    "\r\n",
    "é",
    "日本",
    "{{ 7*7 }}",
    "{% raw %}",
    "%s%n",
    "x$",
    "EOF",
    "';'",
    "$((1+1))",
    "\u{7f}",
];

const SHOWING: &str = r#"
schema: blackstart/runbook/v1
id: show
kind: recovery
title: "Show {{ value }}"
match: {}
parameters: [{name: value, type: text}]
steps:
  - id: show
    title: "Show {{ value }}"
    kind: command
    risk: read
    run: |
      show -- {{ value }}
      x={{ value }}
      show -- "$x"
      list=({{ value }} {{ [value, value] }})
      show -- "${list[@]}"
      for one in {{ [value] }}; do show -- "$one"; done
      show -- --option={{ value }}
      if [ "$x" = {{ value }} ]; then show -- equal; fi
      {% set kept %}{{ value }}{% endset %}
      show -- {{ kept }}
    why: "Because of {{ value }}"
"#;

#[test]
fn bash_gets_every_hostile_value_back_as_the_word_it_was_or_nothing_at_all() {
    let library = Library::new([("show.yaml".to_owned(), SHOWING.to_owned())]);
    let (inventory, incident) = read(INVENTORY, INCIDENT);
    let mut refused = vec![];
    for value in HOSTILE {
        let parameters = BTreeMap::from([("value".to_owned(), (*value).to_owned())]);
        let request = Request {
            inventory: &inventory,
            incident: Some(&incident),
            asset: Some("files-a"),
            scenario: None,
            kind: Kind::Recovery,
            parameters: &parameters,
            now: "2026-11-21T12:00:00Z".parse().expect("a time"),
            library: &library,
            runbook: Some("show"),
        };
        let made = match draft(&request) {
            Ok(made) => made,
            Err(error) => {
                assert!(!error.to_string().contains('\u{1b}'), "{error}");
                refused.push(*value);
                continue;
            }
        };
        // What is run is what was written and read again.
        let read = plan::read(&plan::write(&made.plan)).0.expect("reads");
        let run = read.steps[0].run.as_ref().expect("runs");
        let directory = tempfile::tempdir().expect("a directory");
        let output = Command::new("bash")
            .args(&plan::SHELL[1..])
            .arg(format!("show() {{ shift; printf '%s\\0' \"$@\"; }}\n{run}"))
            .current_dir(directory.path())
            .env_clear()
            .output()
            .expect("bash");
        let option = format!("--option={value}");
        let expected: Vec<&str> =
            vec![value, value, value, value, value, value, &option, "equal", value];
        let expected: String = expected.iter().map(|word| format!("{word}\0")).collect();
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{value:?}\n{run}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{value:?}");
        assert_eq!(
            std::fs::read_dir(directory.path()).expect("there").count(),
            0,
            "{value:?} did something"
        );
    }
    assert_eq!(refused, ["-rf", "--checkpoint-action=exec=touch CANARY", "", "\u{0}", "a\u{0}b"]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn bash_reads_back_whatever_text_was_quoted(texts in proptest::collection::vec("(?s)[^\u{0}]{0,40}", 1..40)) {
        let words: Vec<String> = texts.iter().map(|text| blackstart::template::quote(text).expect("no NUL")).collect();
        let output = bash(&["-c"], &format!("show() {{ printf '%s\\0' \"$@\"; }}; show {}", words.join(" ")));
        let expected: String = texts.iter().map(|text| format!("{text}\0")).collect();
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    }
}

/// A field of the inventory or the incident, as a hostile document may write it.
const FIELDS: &[(&str, &str)] = &[
    ("hostname: web1", "hostname"),
    ("machine_id: 0123456789abcdef0123456789abcdef", "machine_id"),
    ("address: 10.0.0.1", "address"),
    ("paths: [/srv/data]", "paths"),
    ("services: [site.service, \"worker@1.service\"]", "services"),
    ("path: files-a/x.tar.gz", "path"),
    ("path: /mnt/backup", "path"),
    ("sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "sha256"),
    ("name: \"The Operators\"", "name"),
    ("title: data gone", "title"),
    ("scenario: operator_error", "scenario"),
    ("owner: ops", "run_as"),
    ("url: \"sftp:backup@nas:/restic\"", "url"),
];

#[test]
fn no_field_of_an_inventory_or_incident_leaves_its_word() {
    let library = Library::new([]);
    let directory = tempfile::tempdir().expect("a directory");
    let mut rendered = 0;
    for (field, name) in FIELDS {
        for value in HOSTILE.iter().filter(|value| !value.contains('\0')) {
            // Paths must be absolute to get as far as a script.
            let prefix = if ["path", "paths"].contains(name) { "/" } else { "" };
            {
                let text = serde_json::to_string(&format!("{prefix}{value}")).expect("text");
                let text = if field.contains('[') { format!("[{text}]") } else { text };
                let replaced = |document: &str| document.replace(field, &format!("{name}: {text}"));
                let (Some(inventory), _) = inventory::read(&replaced(INVENTORY)) else {
                    continue;
                };
                let (Some(incident), _) = incident::read(&replaced(INCIDENT)) else {
                    continue;
                };
                let runbooks: &[&str] = if ["name", "title", "scenario", "services"].contains(name)
                {
                    &["files-restore-tar", "recover-by-hand"]
                } else {
                    &["files-restore-tar"]
                };
                for runbook in runbooks {
                    let Ok(made) = try_draft(
                        &inventory,
                        &incident,
                        &library,
                        "files-a",
                        Some(runbook),
                        Kind::Recovery,
                    ) else {
                        continue;
                    };
                    rendered += 1;
                    for step in &made.plan.steps {
                        assert!(
                            !step.title.contains('\n') && !step.title.contains('\u{1b}'),
                            "{:?}",
                            step.title
                        );
                        let scripts: String = [&step.run, &step.check, &step.rollback]
                            .into_iter()
                            .flatten()
                            .map(|s| format!("{s}\n"))
                            .collect();
                        // Only reading: a quote that does not close, or a command that should not be there, would show.
                        assert!(
                            !blackstart::shell::parse(&scripts).statements.is_empty()
                                || scripts.trim().is_empty()
                        );
                        if rendered % 7 == 0 && !scripts.is_empty() {
                            let output = bash(&["-n", "-c"], &scripts);
                            assert!(output.status.success(), "{field} {value:?}: {scripts}");
                        }
                        let harmless = scripts.replace(&value.replace('\'', "'\\''"), "");
                        assert!(!harmless.contains("CANARY"), "{field} {value:?}\n{scripts}");
                    }
                }
            }
        }
    }
    assert!(rendered > 300, "only {rendered} plans");
    drop(directory);
}
