//! What is drafted from which inventory and incident.

use super::*;
use crate::{incident, inventory};

const INVENTORY: &str = "schema: blackstart/inventory/v1
hosts: [{id: web1, identity: {hostname: web1}}]
assets:
  - {id: data, kind: files, host: web1, paths: [/srv/data], size: 2GB, services: [site.service], targets: {rto: 1h, rpo: 1d}}
  - {id: shop, kind: app, host: web1, depends_on: [data], services: [shop.service]}
  - {id: big, kind: oracle, host: web1}
repos: [{id: disk, path: /mnt/backup}, {id: vault, url: 'sftp:nas:/restic'}]
backups:
  - {id: nightly, asset: data, tool: tar, type: full, repo: disk, last_success: {at: 2026-11-20T02:00:00Z, size: 1GB, path: data/x.tar.gz}, restore_rate: 100MB/s}
  - {id: vaulted, asset: data, tool: restic, type: full, repo: vault, last_success: {at: 2026-11-19T02:00:00Z}}
";

const INCIDENT: &str = "schema: blackstart/incident/v1
id: inc-1
affected: [data]
scenario: operator_error
damage_at: 2026-11-21T02:00:00Z
";

fn drafted(inventory_text: &str, incident_text: &str, parameters: &[(&str, &str)]) -> Draft {
    let (inventory, problems) = inventory::read(inventory_text);
    assert_eq!(problems, []);
    let (incident, problems) = incident::read(incident_text);
    assert_eq!(problems, []);
    let parameters = parameters.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
    let request = Request {
        inventory: &inventory.expect("reads"),
        incident: incident.as_ref(),
        asset: None,
        scenario: None,
        kind: Kind::Recovery,
        parameters: &parameters,
        now: "2026-11-21T12:00:00Z".parse().expect("a time"),
        library: &Library::new([]),
        runbook: None,
    };
    draft(&request).expect("always a plan")
}

fn ids(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|step| step.id.as_str()).collect()
}

#[test]
fn the_runbook_of_the_newest_copys_tool_is_filled_with_the_facts() {
    let made = drafted(INVENTORY, INCIDENT, &[]);
    assert_eq!((made.runbook.as_str(), made.questions.len()), ("files-restore-tar", 0));
    assert_eq!(
        ids(&made.plan),
        [
            "confirm-host",
            "preflight",
            "stop-shop.service-web1",
            "stop-site.service-web1",
            "accept-loss",
            "restore",
            "verify",
            "set-aside",
            "put-in-place",
            "start-site.service-web1",
            "start-shop.service-web1",
            "accept",
            "new-backup",
            "release-kept-data"
        ]
    );
    let restore = made.plan.step("restore").expect("there");
    let needs: Vec<&str> = restore.needs.iter().map(Id::as_str).collect();
    assert_eq!(
        needs,
        ["preflight", "stop-shop.service-web1", "stop-site.service-web1", "accept-loss"]
    );
    let run = restore.run.as_deref().expect("runs");
    assert!(
        run.contains("archives=(/mnt/backup/data/x.tar.gz)") && run.contains("target=/srv/data\n"),
        "{run}"
    );
    let effects = restore.effects.as_ref().expect("declared");
    assert_eq!(
        effects.writes,
        ["/srv/data.restoring-20261121T120000Z", "/srv/data.restoring-20261121T120000Z/**"]
    );
    let point = made.plan.recovery_point.expect("chosen");
    assert_eq!(
        (point.backup.as_str(), point.at.map(|at| at.to_string())),
        ("nightly", Some("2026-11-20T02:00:00Z".into()))
    );
    let rto = made.estimate.rto.expect("computed");
    assert_eq!(rto.critical_path.first().map(String::as_str), Some("confirm-host"));
    assert_eq!(
        rto.critical_path.last().map(String::as_str),
        Some("accept"),
        "users wait for nothing behind it"
    );
    assert!(rto.p50_seconds.is_some());
}

#[test]
fn every_step_that_changes_something_has_a_check_a_timeout_effects_and_a_way_back() {
    let made = drafted(INVENTORY, INCIDENT, &[]);
    for step in made.plan.steps.iter().filter(|step| step.kind == crate::plan::StepKind::Command) {
        let complete = step.check.is_some()
            && step.timeout.is_some()
            && step.effects.is_some()
            && step.rollback.is_some();
        assert!(complete && step.why.is_some() && step.expect.is_some(), "{}", step.id);
    }
}

#[test]
fn what_the_inventory_lacks_becomes_a_question_and_a_plan_by_hand() {
    let lacking = INVENTORY.replace(", path: data/x.tar.gz", "");
    let made = drafted(&lacking, INCIDENT, &[]);
    assert_eq!(made.runbook, "recover-by-hand");
    assert_eq!(
        made.questions,
        [
            "runbook files-restore-tar cannot be used: archive is not known (the newest archive to restore)"
        ]
    );
    assert_eq!(drafted(&lacking, INCIDENT, &[("archive", "/x.tgz")]).runbook, "files-restore-tar");
    let relative =
        drafted(&INVENTORY.replace("paths: [/srv/data]", "paths: [srv/data]"), INCIDENT, &[]);
    assert_eq!(
        relative.questions[0],
        "the path \"srv/data\" of data is not an absolute path: where is the data?"
    );
}

#[test]
fn data_that_is_intact_is_not_replaced_by_a_copy() {
    let made = drafted(INVENTORY, &format!("{INCIDENT}data: {{data: intact}}\n"), &[]);
    assert_eq!(
        (made.runbook.as_str(), made.plan.recovery_point.clone()),
        ("recover-by-hand", None)
    );
    let ids = ids(&made.plan);
    assert!(ids.contains(&"repair") && !ids.contains(&"restore"), "{ids:?}");
}

#[test]
fn an_unknown_asset_is_named_with_the_nearest_one() {
    let (inventory, _) = inventory::read(INVENTORY);
    let request = Request {
        inventory: &inventory.expect("reads"),
        incident: None,
        asset: Some("dat"),
        scenario: None,
        kind: Kind::Backup,
        parameters: &BTreeMap::new(),
        now: "2026-11-21T12:00:00Z".parse().expect("a time"),
        library: &Library::new([]),
        runbook: None,
    };
    let error = draft(&request).expect_err("unknown");
    assert_eq!(
        error.to_string(),
        "there is no asset \"dat\" in the inventory; did you mean \"data\"?"
    );
}

#[test]
fn a_need_of_a_step_that_is_no_step_is_refused() {
    let runbook = "schema: blackstart/runbook/v1
id: broken
kind: recovery
title: Broken
match: {kinds: [oracle]}
steps: [{id: a, title: A, kind: manual, needs: [nothing]}]
";
    let (inventory, _) = inventory::read(INVENTORY);
    let request = Request {
        inventory: &inventory.expect("reads"),
        incident: None,
        asset: Some("big"),
        scenario: Some("disk_loss"),
        kind: Kind::Recovery,
        parameters: &BTreeMap::new(),
        now: "2026-11-21T12:00:00Z".parse().expect("a time"),
        library: &Library::new([("broken.yaml".to_owned(), runbook.to_owned())]),
        runbook: None,
    };
    let made = draft(&request).expect("by hand");
    assert_eq!(made.runbook, "recover-by-hand");
    assert!(
        made.questions[1].contains("a step needs \"nothing\", which is no step of it"),
        "{:?}",
        made.questions
    );
}
