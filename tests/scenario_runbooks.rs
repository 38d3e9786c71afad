//! Drafts the runbooks of kinds of disaster, and what joins them, for full and for bare inventories, and reads every script.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::process::Command;

use blackstart::check::{self, Facts};
use blackstart::draft::{Draft, Library, Request, draft};
use blackstart::evidence::Severity;
use blackstart::plan::{self, Kind, Order, StepKind};
use blackstart::{incident, inventory};

/// An inventory in which everything is known that a runbook may ask for.
const FULL: &str = r#"
schema: blackstart/inventory/v1
sites: [{id: here}, {id: there}]
hosts:
  - {id: h1, address: 10.0.0.1, site: here, os: debian-12, identity: {hostname: h1, machine_id: 0123456789abcdef0123456789abcdef}}
  - {id: h2, address: 10.0.0.2, site: there, os: debian-12, identity: {hostname: h2}}
  - {id: h3, address: 10.0.0.3, site: here, identity: {hostname: h3}, disks: [{device: /dev/vdb, size: 1TB, mount: "/srv/scratch room"}]}
assets:
  - {id: main, kind: KIND, host: h1, version: "15", size: 30GB, paths: ["/srv/the data/main"], services: [engine.service], run_as: keeper, endpoint: "10.0.0.1:5433", targets: {rto: 4h, rpo: 1h}, owner: team, depends_on: [root-ca, san1, site-dns]}
  - {id: main-standby, kind: KIND, host: h2, role: standby, depends_on: [main], replication: {mode: async, peer: main}, owner: team}
  - {id: root-ca, kind: secrets, host: h2, owner: team}
  - {id: vault, kind: secrets, host: h2, owner: team}
  - {id: san1, kind: block_storage, site: here, owner: team}
  - {id: site-dns, kind: dns, site: there, owner: team}
  - {id: shop, kind: app, host: h2, services: ["shop front.service"], depends_on: [main], owner: team}
  - {id: shop-sessions, kind: redis, host: h2, depends_on: [shop], owner: team}
  - {id: search, kind: vector_index, host: h2, depends_on: [main], owner: team}
  - {id: night-job, kind: other, host: h3, services: [night.timer], owner: team}
  - {id: gitops, kind: app, host: h3, owner: team}
  - {id: corp-ad, kind: other, host: h3, owner: team}
  - {id: pcs, kind: host, site: here, owner: team}
  - {id: backup1, kind: host, host: h3, owner: team}
  - {id: nas-snapshots, kind: other, host: h2, owner: team}
  - {id: retention-policy, kind: other, site: there, owner: team}
  - {id: legal-hold, kind: other, site: there, owner: team}
  - {id: edr-agent, kind: other, site: there, owner: team}
  - {id: disk-quota, kind: other, host: h1, owner: team}
  - {id: old-slot, kind: other, host: h1, owner: team}
  - {id: mail-queue, kind: files, host: h2, owner: team}
  - {id: status, kind: web, site: there, depends_on: [main], owner: team}
  - {id: seed-script, kind: other, host: h3, owner: team}
  - {id: scratch, kind: host, host: h3, owner: team}
  - {id: gpu-cache, kind: files, host: h2, owner: team}
  - {id: second, kind: files, host: h2, size: 2TB, paths: [/srv/second], depends_on: [main], owner: team}
backups:
  - {id: low, asset: main, tool: TOOL, type: full, repo: vaulted, path: base, interval: 1d, last_success: {at: 2026-11-20T00:00:00Z, size: 30GB, path: "base/the copy"}, restore_rate: 100MB/s}
  - {id: log, asset: main, tool: TOOL, type: continuous, base: low, repo: vaulted, path: log, last_success: {at: 2026-11-21T11:00:00Z, size: 2GB, path: log}}
  - {id: copy-second, asset: second, tool: rsync, type: full, repo: vaulted, path: second, last_success: {at: 2026-11-20T00:00:00Z, size: 2TB}, restore_rate: 100MB/s}
repos: [{id: vaulted, kind: directory, path: /mnt/vault, host: h2, site: there, immutable: offline}]
links: [{from: here, to: there, rate: 1Gbit/s}]
contacts: [{id: team, name: "The $(touch CANARY) Team"}, {id: hotline, name: "It's `the` vendor", role: vendor}]
"#;

/// An inventory that says as little as it may.
const BARE: &str = r#"
schema: blackstart/inventory/v1
assets: [{id: main, kind: KIND}]
"#;

/// The runbook, a kind of asset it is for, the tool of the copy, the scenario, and the state of the data.
type Case = (&'static str, &'static str, &'static str, &'static str, &'static str);

const CASES: &[Case] = &[
    ("account-compromise", "other", "other", "account_compromise", "intact"),
    ("capacity-removed", "other", "other", "capacity_removed", "intact"),
    ("bad-update", "host", "image", "bad_update", "intact"),
    ("retention-policy", "other", "other", "retention_policy", "lost"),
    ("certificate-expired", "web", "other", "certificate_expired", "intact"),
    ("managed-restore", "postgres", "provider", "operator_error", "lost"),
    ("managed-restore", "mysql", "rds", "operator_error", "lost"),
    ("oracle-restore-rman", "oracle", "rman", "storage_fault", "corrupt"),
    ("namespace-deleted", "postgres", "wal-g", "namespace_deleted", "lost"),
    ("namespace-deleted", "kubernetes", "velero", "namespace_deleted", "lost"),
    ("postgres-transaction-ids", "postgres", "pg_basebackup", "wraparound", "intact"),
    ("postgres-volume-full", "postgres", "pg_basebackup", "disk_full", "intact"),
    ("postgres-table-from-scratch", "postgres", "wal-g", "dropped_table", "lost"),
    ("postgres-table-from-scratch", "postgres", "pg_basebackup", "dropped_table", "lost"),
    ("recover-part", "postgres", "pg_dump", "table_dropped", "lost"),
    ("recover-part", "mariadb", "mysqldump", "dropped_table", "lost"),
    ("recover-by-hand", "other", "other", "ransomware", "lost"),
    ("recover-by-hand", "vm", "other", "site_loss", "lost"),
    ("recover-by-hand", "ai_model", "other", "quota_exceeded", "lost"),
    ("mysql-restore-dump", "mariadb", "mysqldump", "site_loss", "lost"),
    ("mysql-restore-dump", "mysql", "mysqldump", "operator_error", "lost"),
    ("files-restore-rsync", "files", "rsync", "ransomware", "corrupt"),
    ("files-restore-tar", "files", "tar", "site_loss", "lost"),
];

fn drafted(template: &str, case: &Case, runbook: Option<&str>) -> Result<Draft, String> {
    let (_, kind, tool, scenario, state) = case;
    let mut template_text = template.replace("KIND", kind).replace("TOOL", tool);
    if *kind == "files" {
        // Only databases have a log.
        let has_no_log = |line: &&str| !line.starts_with("  - {id: log,");
        template_text = template_text.lines().filter(has_no_log).collect::<Vec<_>>().join("\n");
    }
    let (inventory, problems) = inventory::read(&template_text);
    assert_eq!(problems, []);
    let also = if template.contains("second") { ", second, root-ca" } else { "" };
    let text = format!(
        "schema: blackstart/incident/v1\nid: inc\ntitle: DROP TABLE orders\naffected: [main{also}]\nscenario: {scenario}\ndamage_at: 2026-11-21T11:59:00Z\ndata: {{main: {state}}}\n"
    );
    let (incident, problems) = incident::read(&text);
    assert_eq!(problems, []);
    let (inventory, incident) = (inventory.unwrap(), incident.unwrap());
    draft(&Request {
        inventory: &inventory,
        incident: Some(&incident),
        asset: None,
        scenario: None,
        kind: Kind::Recovery,
        parameters: &BTreeMap::new(),
        now: "2026-11-21T12:00:00Z".parse().unwrap(),
        library: &Library::new([]),
        runbook,
    })
    .map_err(|error| error.to_string())
}

#[test]
fn each_kind_of_disaster_finds_its_runbook_and_what_joins_it() {
    for case in CASES {
        let made = drafted(FULL, case, None).unwrap_or_else(|why| panic!("{case:?}: {why}"));
        assert_eq!(made.runbook, case.0, "{case:?}: {:?}", made.questions);
        let refused: Vec<&String> =
            made.questions.iter().filter(|one| one.starts_with("nothing joins")).collect();
        assert!(refused.is_empty(), "{case:?}: {refused:?}");
        assert!(matches!(plan::order(&made.plan), Order::Steps(_)), "{case:?}");
    }
}

#[test]
fn every_runbook_of_a_disaster_is_looked_at() {
    let library = Library::new([]);
    for entry in &library.entries {
        let is_ours = ["any/", "around/", "kubernetes/", "managed/", "oracle/"]
            .iter()
            .any(|folder| entry.path.starts_with(folder));
        let runbook = &entry.runbook;
        if !is_ours || runbook.kind == Kind::Backup {
            continue;
        }
        let joined = |draft: &Draft| {
            draft.plan.steps.iter().any(|step| {
                let from = step.provenance.as_ref().and_then(|one| one.from.as_deref());
                from == Some(&*format!("runbooks/{}", entry.path))
            })
        };
        let seen = CASES.iter().any(|case| {
            case.0 == runbook.id.as_str() || drafted(FULL, case, None).is_ok_and(|one| joined(&one))
        });
        assert!(seen, "no case drafts {}", entry.path);
    }
}

#[test]
fn a_bare_inventory_still_gives_a_plan() {
    for case in CASES {
        let made = drafted(BARE, case, None).unwrap_or_else(|why| panic!("{case:?}: {why}"));
        assert!(made.plan.steps.len() > 4, "{case:?}: {}", made.runbook);
    }
}

#[test]
fn bash_shellcheck_and_our_rules_accept_every_step() {
    let has_shellcheck = Command::new("shellcheck").arg("--version").output().is_ok();
    let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(has_shellcheck || !in_ci, "not installed: shellcheck");
    if !has_shellcheck {
        eprintln!("not tested, not installed: shellcheck");
    }
    let directory = tempfile::tempdir().unwrap();
    let mut files = vec![];
    let mut found = vec![];
    for (at, case) in CASES.iter().enumerate() {
        for template in [FULL, BARE] {
            let Ok(made) = drafted(template, case, None) else {
                continue;
            };
            let (inventory, _) =
                inventory::read(&template.replace("KIND", case.1).replace("TOOL", case.2));
            let checked = check::plan(&made.plan, inventory.as_ref(), &Facts::default());
            assert!(checked.parsed, "{case:?} cannot be read");
            let grave = checked.findings.iter().filter(|one| one.severity >= Severity::High);
            found.extend(grave.map(|one| {
                format!("{}: {} {:?} {}", made.runbook, one.rule, one.step, one.message)
            }));
            for step in &made.plan.steps {
                for (part, text) in
                    [("run", &step.run), ("check", &step.check), ("rollback", &step.rollback)]
                {
                    let Some(text) = text else {
                        continue;
                    };
                    assert!(
                        matches!(step.kind, StepKind::Command | StepKind::Check),
                        "{}",
                        step.id
                    );
                    let text = format!("#!/bin/bash\nset -euo pipefail\n{text}");
                    let output =
                        Command::new("bash").args(["-n", "-c"]).arg(&text).output().unwrap();
                    let said = String::from_utf8_lossy(&output.stderr).into_owned();
                    assert!(output.status.success(), "{} {part}: {said}\n{text}", step.id);
                    let file = directory.path().join(format!("{at}-{}-{part}.sh", step.id));
                    std::fs::write(&file, text).unwrap();
                    files.push(file);
                }
            }
        }
    }
    found.sort();
    found.dedup();
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(files.len() > 60, "only {} scripts", files.len());
    if has_shellcheck {
        let output = Command::new("shellcheck")
            .args(["-S", "warning", "-s", "bash"])
            .args(&files)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn hostile_names_change_no_command() {
    for evil in ["x'; touch CANARY; '", "$(touch CANARY)", "-rf", "a b\" ; touch CANARY #"] {
        let quoted = evil.replace('\\', "\\\\").replace('"', "\\\"");
        let template = FULL
            .replace("services: [engine.service]", &format!("services: [\"{quoted}\"]"))
            .replace("run_as: keeper", &format!("run_as: \"{quoted}\""))
            .replace("\"/srv/the data/main\"", &format!("\"/srv/{quoted}\""))
            .replace("\"/srv/scratch room\"", &format!("\"/srv/{quoted}\""));
        for case in CASES {
            // What would be read as an option is refused, and the name with it.
            let Ok(made) = drafted(&template, case, None) else {
                assert!(evil.starts_with('-'), "{case:?}");
                continue;
            };
            for step in &made.plan.steps {
                for text in [&step.run, &step.check, &step.rollback].into_iter().flatten() {
                    // A value stands quoted as a whole, or not at all.
                    let bare = text.replace(&blackstart::template::quote(evil).unwrap(), "");
                    let bare = bare.replace(
                        &blackstart::template::quote(&format!("/srv/{evil}")).unwrap(),
                        "",
                    );
                    let output =
                        Command::new("bash").args(["-n", "-c"]).arg(&bare).output().unwrap();
                    assert!(output.status.success(), "{case:?} {}: {text}", step.id);
                }
            }
        }
    }
}
