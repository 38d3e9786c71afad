//! Reads every script the PostgreSQL runbooks make with bash, ShellCheck and our own rules, and fills them with hostile values.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod read_scripts;

use std::collections::BTreeMap;
use std::process::Command;

use blackstart::check::{self, Facts};
use blackstart::draft::{Draft, DraftError, Library, Request, artifacts, draft};
use blackstart::plan::Kind;
use blackstart::{incident, inventory};
use read_scripts::{assert_accepted, scripts};

const INVENTORY: &str = r#"
schema: blackstart/inventory/v1
sites: [{id: here}, {id: there}]
hosts:
  - {id: db1, address: 10.0.0.1, site: here, os: debian-12, identity: {hostname: db1, machine_id: 0123456789abcdef0123456789abcdef}}
  - {id: db2, address: 10.0.0.2, site: there, os: debian-12, identity: {hostname: db2}}
  - {id: web1, address: 10.0.0.3, site: here}
assets:
  - {id: shop-db, kind: postgres, host: db1, version: "15.4", size: 300GB, paths: [/var/lib/postgresql/15/main], endpoint: "postgres://db1:5433/shop", targets: {rto: 4h, rpo: 1h}, owner: dba}
  - {id: shop-standby, kind: postgres, host: db2, version: "15.4", paths: [/var/lib/postgresql/15/main], role: standby, depends_on: [shop-db], replication: {mode: async, peer: shop-db}}
  - {id: web, kind: app, host: web1, depends_on: [shop-db], services: [app.service]}
backups:
  - {id: broken, asset: shop-db, tool: pg_dump, type: full, repo: vault, last_success: {at: 2026-11-21T02:00:00Z, size: 0B}}
  - {id: base, asset: shop-db, tool: pg_basebackup, type: full, repo: vault, path: base, last_success: {at: 2026-11-20T00:00:00Z, path: base/20261120T000000Z-base}}
  - {id: copy, asset: shop-db, tool: TOOL, type: TYPE, repo: vault, path: shop, last_success: {at: 2026-11-21T11:00:00Z, path: shop/PATH}}
repos: [{id: vault, path: /mnt/vault, site: there}]
contacts: [{id: dba, name: "The DBAs"}]
"#;

/// Runbook, tool and type of the copy, its name, and parameters.
type Case<'a> = (&'a str, &'a str, &'a str, &'a str, &'a [(&'a str, &'a str)]);

const CASES: &[Case<'static>] = &[
    ("postgres-restore-dump", "pg_dump", "full", "x.dump", &[]),
    (
        "postgres-restore-dump",
        "pg_dump",
        "full",
        "x.sql.gz",
        &[("globals", "/mnt/vault/globals.sql")],
    ),
    (
        "postgres-restore-dump",
        "pg_dump",
        "full",
        "20261121T110000Z-dump",
        &[
            ("fresh", "yes"),
            ("control", "pg_ctl"),
            ("witness_table", "public.orders"),
            ("witness_column", "made"),
        ],
    ),
    ("postgres-restore-dump", "pg_dump", "full", "x.dump", &[("fresh", "yes")]),
    ("postgres-restore-storage-copy", "lvm-snapshot-copy", "snapshot", "main", &[]),
    (
        "postgres-restore-storage-copy",
        "zfs",
        "snapshot",
        "main",
        &[
            ("control", "pg_ctl"),
            ("config_file", ""),
            ("witness_table", "public.orders"),
            ("witness_column", "made"),
        ],
    ),
    ("postgres-point-in-time", "archive_command", "continuous", "wal", &[]),
    (
        "postgres-point-in-time",
        "archive_command",
        "continuous",
        "wal",
        &[
            ("control", "systemd"),
            ("unit", "postgresql@15-main.service"),
            ("witness_table", "public.orders"),
            ("witness_column", "made"),
        ],
    ),
    ("postgres-promote-replica", "streaming", "replica", "x", &[]),
    (
        "postgres-promote-replica",
        "streaming",
        "replica",
        "x",
        &[("control", "systemd"), ("unit", "postgresql@15-main.service")],
    ),
    ("postgres-promote-replica", "streaming", "replica", "x", &[("control", "pg_ctl")]),
    ("postgres-promote-replica", "streaming", "replica", "x", &[("reachable", "no")]),
    ("postgres-backup-dump", "pg_dump", "full", "x.dump", &[]),
    ("postgres-backup-base", "pg_basebackup", "full", "base", &[]),
    ("postgres-backup-wal-archive", "archive_command", "continuous", "wal", &[]),
    (
        "postgres-backup-wal-archive",
        "archive_command",
        "continuous",
        "wal",
        &[("control", "pg_ctl")],
    ),
];

fn try_draft(
    case: &Case<'_>,
    more: &[(&str, &str)],
) -> Result<(inventory::Inventory, Draft), DraftError> {
    let (runbook, tool, of, path, parameters) = case;
    let text = INVENTORY
        .replace("TOOL", tool)
        .replace("TYPE", of)
        .replace("shop/PATH", &format!("shop/{path}"));
    let kind = if runbook.contains("-backup-") { Kind::Backup } else { Kind::Recovery };
    let scenario = if *of == "replica" { "host_loss" } else { "operator_error" };
    // The kind of copy that is asked for is the first of a backup plan.
    let text = match kind {
        Kind::Recovery => text,
        Kind::Backup => text
            .replace("tool: pg_basebackup", &format!("tool: {tool}"))
            .replace("tool: pg_dump", &format!("tool: {tool}")),
    };
    let (read, _) = inventory::read(&text);
    let inventory = read.unwrap();
    let incident = incident::read(&format!(
        "schema: blackstart/incident/v1\nid: inc-1\naffected: [shop-db]\nscenario: {scenario}\ndamage_at: 2026-11-21T11:59:00Z\n"
    ));
    let parameters: BTreeMap<String, String> =
        parameters.iter().chain(more).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let made = draft(&Request {
        inventory: &inventory,
        incident: incident.0.as_ref().filter(|_| kind == Kind::Recovery),
        asset: Some("shop-db"),
        scenario: None,
        kind,
        parameters: &parameters,
        now: "2026-11-21T12:00:00Z".parse().unwrap(),
        library: library(),
        runbook: Some(runbook),
    })?;
    Ok((inventory, made))
}

fn library() -> &'static Library {
    static LIBRARY: std::sync::OnceLock<Library> = std::sync::OnceLock::new();
    LIBRARY.get_or_init(|| Library::new([]))
}

fn every_draft() -> Vec<(String, inventory::Inventory, Draft)> {
    let drafted = |case: &Case<'_>| {
        let name = format!("{} {:?}", case.0, case.4);
        let (inventory, made) =
            try_draft(case, &[]).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, inventory, made)
    };
    CASES.iter().map(drafted).collect()
}

#[test]
fn bash_and_shellcheck_accept_every_script() {
    let of = |(name, _, made): (String, _, Draft)| {
        scripts(&made).into_iter().map(move |(part, text)| (format!("{name}, {part}"), text))
    };
    assert_accepted(every_draft().into_iter().flat_map(of), 120);
}

#[test]
fn our_own_rules_find_nothing_and_no_step_does_more_than_it_says() {
    let mut found = vec![];
    for (name, inventory, made) in every_draft() {
        let checked = check::plan(&made.plan, Some(&inventory), &Facts::default());
        assert!(checked.parsed, "{name} cannot be read");
        for finding in checked.findings {
            found.push(format!(
                "{name}: {} {:?} {:?} {}",
                finding.rule, finding.step, finding.part, finding.message
            ));
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
        for file in artifacts(&made.plan).into_iter().filter(|file| file.executable) {
            let checked = check::script(&file.contents, check::Language::Bash, &Facts::default());
            let own = checked.findings.iter().map(|finding| {
                format!("{name}, {}: {} {}", file.name, finding.rule, finding.message)
            });
            found.extend(own);
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_step_that_changes_something_says_how_it_is_checked_and_why() {
    for (name, _, made) in every_draft() {
        for step in &made.plan.steps {
            assert!(step.why.is_some(), "{name}: {}", step.id);
            if step.kind == blackstart::plan::StepKind::Command {
                let complete = step.check.is_some()
                    && step.timeout.is_some()
                    && step.effects.is_some()
                    && step.expect.is_some()
                    && step.risk.is_some();
                assert!(complete, "{name}: {}", step.id);
            }
        }
    }
}

/// Values that break out of scripts that do not quote, or not everywhere.
const HOSTILE: &[&str] = &[
    "x'; touch CANARY; '",
    "x\"; touch CANARY; \"",
    "$(touch CANARY)",
    "`touch CANARY`",
    "x\ntouch CANARY\n",
    "x\nSQL\ntouch CANARY",
    "x\\",
    "a b",
    "*",
    "{a,b}",
    "~",
    "x # y",
    "';'",
    "EOF",
    "!x",
    "x=y",
    "%p",
    "$'\\n'",
    "&& touch CANARY",
    "| touch CANARY",
    "x;y",
];

#[test]
fn a_hostile_value_is_a_word_of_the_script_or_no_plan_is_made() {
    use blackstart::plan::runbook::ParameterType;
    let mut rendered = 0;
    for (offset, case) in CASES.iter().enumerate() {
        let runbook = library().get(case.0).unwrap().runbook.clone();
        // These choose between texts of the runbook.
        let choices = ["control", "format", "fresh", "amcheck", "reachable"];
        let is_free = |parameter: &&blackstart::plan::runbook::Parameter| {
            matches!(parameter.of, ParameterType::Path | ParameterType::Text)
                && !choices.contains(&parameter.name.as_str())
        };
        // Every value meets every fourth runbook; all of them would take minutes.
        for value in HOSTILE.iter().skip(offset % 4).step_by(4) {
            let path = format!("/{value}");
            let given: Vec<(&str, &str)> = runbook
                .parameters
                .iter()
                .filter(is_free)
                .map(|parameter| match parameter.of {
                    ParameterType::Path => (parameter.name.as_str(), path.as_str()),
                    _ => (parameter.name.as_str(), *value),
                })
                .collect();
            let Ok((_, made)) = try_draft(case, &given) else {
                panic!("{} with {value:?}", case.0);
            };
            rendered += 1;
            for (part, text) in scripts(&made) {
                // Titles stand in comments, as one line.
                let text: String = text
                    .lines()
                    .filter(|line| !line.starts_with('#'))
                    .map(|line| format!("{line}\n"))
                    .collect();
                let harmless = text.replace(&value.replace('\'', "'\\''"), "");
                assert!(!harmless.contains("CANARY"), "{} {part}: {text}", case.0);
            }
            if rendered % 8 == 0 {
                for (part, text) in scripts(&made) {
                    let output =
                        Command::new("bash").args(["-n", "-c"]).arg(&text).output().unwrap();
                    assert!(output.status.success(), "{} {part} with {value:?}: {text}", case.0);
                }
            }
        }
    }
    assert!(rendered >= CASES.len() * 5);
}
