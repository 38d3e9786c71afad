//! Points, losses and durations of incidents that happened, in the words of an inventory.

use super::*;
use crate::{incident, inventory};

fn estimate_of(inventory: &str, incident: &str) -> Estimate {
    let text = format!("schema: blackstart/inventory/v1\n{inventory}");
    let (inventory, problems) = inventory::read(&text);
    assert_eq!(problems, []);
    let text = format!("schema: blackstart/incident/v1\nid: inc\n{incident}");
    let (incident, problems) = incident::read(&text);
    assert_eq!(problems, []);
    estimate(&inventory.expect("reads"), incident.as_ref(), None)
}

/// The backup, the loss in minutes, whether it meets the RPO, the duration in whole minutes.
type Found = (String, i64, bool, u64);

/// Returns what was found, and the refused copies.
fn summary(estimate: &Estimate) -> (Option<Found>, Vec<String>) {
    let point = estimate.recovery_point.as_ref().map(|point| {
        let minutes =
            estimate.rto.as_ref().and_then(|rto| rto.p50_seconds).map_or(0, |s| s.div_ceil(60));
        let loss = point.loss_seconds.expect("known") / 60;
        (point.backup.to_string(), loss, point.meets_rpo.expect("known"), minutes)
    });
    let refused = estimate.refused.iter().map(|r| format!("{}: {}", r.backup, r.why)).collect();
    (point, refused)
}

#[track_caller]
fn check(
    inventory: &str,
    incident: &str,
    expected: Option<(&str, i64, bool, u64)>,
    refused: &[&str],
) {
    let (point, named) = summary(&estimate_of(inventory, incident));
    assert_eq!(point.as_ref().map(|(b, l, m, d)| (b.as_str(), *l, *m, *d)), expected);
    assert_eq!(named, refused);
}

const WRONG_HOST: &str = "
sites: [{id: az-a}, {id: az-b}, {id: s3-eu}]
hosts: [{id: db1, site: az-a}]
repos: [{id: s3, site: s3-eu}, {id: staging, site: az-b}]
assets: [{id: db1, kind: postgres, host: db1, size: 300GB, targets: {rpo: 1h, rto: 4h}}]
backups:
  - {id: dump-nightly, asset: db1, repo: s3, type: full, last_success: {size: 0B}, restore_rate: 50MB/s, last_restore_test: never}
  - {id: lvm-staging, asset: db1, repo: staging, type: snapshot, last_success: {at: 2026-01-31T17:20:00Z, size: 300GB}, restore_rate: 60MB/s, last_restore_test: never}
";

#[test]
fn an_empty_dump_is_refused_and_the_older_snapshot_used() {
    check(
        WRONG_HOST,
        "damage_at: 2026-01-31T23:30:00Z\naffected: [db1]\nscenario: operator_error",
        Some(("lvm-staging", 370, false, 144)),
        &["dump-nightly: it is empty"],
    );
    let estimate = estimate_of(WRONG_HOST, "damage_at: 2026-01-31T23:30:00Z\naffected: [db1]");
    let point = estimate.recovery_point.expect("there is one");
    assert_eq!(
        (point.tested, point.notes[0].as_str()),
        (Tested::Never, "a restore from lvm-staging was never tried")
    );
    let restore =
        estimate.terms.iter().find(|term| term.name == "restore lvm-staging").expect("a term");
    assert_eq!(
        (restore.value, restore.formula.as_str()),
        (Some(5_000.0), "300000000000 B / 60000000 B/s (restore_rate)")
    );
}

#[test]
fn a_copy_burns_with_the_site_around_it() {
    let inventory = "
sites: [{id: campus}, {id: hall-1, parent: campus}, {id: hall-2, parent: campus}, {id: office}]
hosts: [{id: h2, site: hall-2}]
repos: [{id: addon, site: hall-1}, {id: nas, site: office}]
assets: [{id: shop, kind: mariadb, host: h2, size: 80GB, targets: {rpo: 1d, rto: 2d}}]
backups:
  - {id: addon-db, asset: shop, repo: addon, type: full, last_success: {at: 2026-03-09T22:00:00Z, size: 80GB}, restore_rate: 200MB/s}
  - {id: nas-db, asset: shop, repo: nas, type: full, last_success: {at: 2026-03-09T20:00:00Z, size: 18GB}, restore_rate: 12MB/s, last_restore_test: yes}
";
    check(
        inventory,
        "damage_at: 2026-03-10T00:47:00Z\naffected: [shop]\nscenario: site_loss\nlost: [campus]",
        Some(("nas-db", 287, true, 25 + 60)),
        &["addon-db: it is kept in addon: site hall-1 is part of campus, which is lost"],
    );
}

const LOG: &str = "
assets: [{id: pg, kind: postgres, size: 260GB, targets: {rpo: 5m, rto: 90m}}]
backups:
  - {id: base-02, asset: pg, type: full, last_success: {at: 2026-03-02T02:00:00Z, size: 260GB}, restore_rate: 200MB/s}
  - {id: wal, asset: pg, type: continuous, last_success: {at: 2026-03-02T14:14:00Z, size: 22GB}, restore_rate: 60MB/s}
";

#[test]
fn a_log_reaches_the_damage_and_brings_its_base_along() {
    let damage = "damage_at: 2026-03-02T14:03:00Z\naffected: [pg]\nscenario: operator_error";
    check(LOG, damage, Some(("wal", 0, true, 28 + 60)), &[]);
    let chain = estimate_of(LOG, damage).recovery_point.expect("there is one").chain;
    assert_eq!(chain.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["base-02", "wal"]);
    // Where the log ends before the damage, its end is the point.
    check(&LOG.replace("14:14:00", "14:02:00"), damage, Some(("wal", 1, true, 28 + 60)), &[]);
}

#[test]
fn a_log_without_its_base_is_worth_nothing() {
    check(
        LOG,
        "damage_at: 2026-03-02T14:03:00Z\naffected: [pg]\nunusable: [{backup: base-02, why: checksum wrong}]",
        None,
        &["base-02: checksum wrong", "wal: its base base-02 cannot be used: checksum wrong"],
    );
}

#[test]
fn an_increment_needs_every_increment_before_it() {
    let inventory = "
assets: [{id: a, kind: files, targets: {rpo: 1d}}]
backups:
  - {id: full, asset: a, type: full, last_success: {at: 2026-01-04T00:00:00Z, size: 10GB}, restore_rate: 100MB/s}
  - {id: incr, asset: a, type: incremental, last_success: {at: 2026-01-07T00:00:00Z, size: 1GB}, restore_rate: 100MB/s,
     copies: [{at: 2026-01-06T00:00:00Z, size: 1GB}, {at: 2026-01-05T00:00:00Z, size: 1GB}]}
";
    let damage = "damage_at: 2026-01-07T12:00:00Z\naffected: [a]";
    check(inventory, damage, Some(("incr", 720, true, 63)), &[]);
    let broken =
        inventory.replace("2026-01-05T00:00:00Z, size: 1GB", "2026-01-05T00:00:00Z, size: 0B");
    check(
        &broken,
        damage,
        Some(("full", 84 * 60, false, 62)),
        &[
            "incr: an increment before it cannot be used: it is empty",
            "incr: an increment before it cannot be used: it is empty",
            "incr: it is empty",
        ],
    );
}

#[test]
fn a_replica_helps_against_a_broken_disk_and_not_against_a_mistake() {
    let inventory = "
assets: [{id: a, kind: postgres, targets: {rpo: 1m}}]
backups: [{id: standby, asset: a, type: replica, last_success: {at: 2026-01-01T12:00:00Z}}]
";
    let damage = |scenario: &str| {
        format!("damage_at: 2026-01-01T11:00:00Z\naffected: [a]\nscenario: {scenario}")
    };
    check(inventory, &damage("disk_loss"), Some(("standby", 0, true, 0)), &[]);
    check(
        inventory,
        &damage("operator_error"),
        None,
        &["standby: a replica repeats what was done to the original"],
    );
}

#[test]
fn a_key_kept_only_in_what_is_lost_makes_a_copy_unreachable() {
    let inventory = "
assets: [{id: a, kind: files}, {id: vault, kind: secrets}]
secrets: [{id: key, where: [{asset: vault}]}]
backups: [{id: b, asset: a, type: full, encryption: {key: key}, last_success: {at: 2026-01-01T00:00:00Z}}]
";
    check(
        inventory,
        "damage_at: 2026-01-02T00:00:00Z\naffected: [a, vault]",
        None,
        &["b: the key key that opens it is kept only where it cannot be read now"],
    );
}

#[test]
fn copies_after_the_damage_are_refused_and_older_ones_of_the_same_backup_used() {
    let inventory = "
assets: [{id: a, kind: files, targets: {rpo: 1h}}]
backups: [{id: b, asset: a, type: full, last_success: {at: 2026-01-03T00:00:00Z, size: 5GB}, copies: [{at: 2026-01-02T00:00:00Z, size: 5GB}]}]
";
    check(
        inventory,
        "damage_at: 2026-01-02T00:30:00Z\naffected: [a]",
        Some(("b", 30, true, 0)),
        &["b: it was made at 2026-01-03 00:00:00Z, not before the damage"],
    );
}

#[test]
fn what_is_intact_needs_no_copy() {
    let estimate = estimate_of(
        WRONG_HOST,
        "damage_at: 2026-01-31T23:30:00Z\naffected: [db1]\ndata: {db1: intact}",
    );
    assert_eq!((estimate.recovery_point, estimate.refused), (None, vec![]));
}

#[test]
fn what_the_inventory_lacks_stays_unknown() {
    let inventory = "
assets: [{id: a, kind: files}]
backups: [{id: b, asset: a, last_success: {at: 2026-01-01T00:00:00Z}}]
";
    let estimate = estimate_of(inventory, "affected: [a]");
    let point = estimate.recovery_point.expect("a copy is there");
    assert_eq!((point.loss_seconds, point.meets_rpo), (None, None));
    let rto = estimate.rto.expect("always there");
    assert_eq!((rto.p50_seconds, rto.meets_rto), (None, None));
}

#[test]
fn ahead_of_time_the_exposure_is_interval_and_duration_together() {
    let text = "schema: blackstart/inventory/v1
assets: [{id: a, kind: files, targets: {rpo: 1d}}]
backups: [{id: b, asset: a, type: full, interval: 1d, duration: 2h, last_success: {at: 2026-01-01T00:00:00Z}}]
";
    let inventory = inventory::read(text).0.expect("reads");
    let estimate = estimate(&inventory, None, None);
    assert_eq!(estimate.exposure[0].worst_seconds, Some(26 * 3_600));
    assert_eq!(estimate.exposure[0].meets_rpo, Some(false));
}

#[test]
fn the_narrowest_place_decides() {
    let inventory = "
sites: [{id: a}, {id: b}]
hosts: [{id: h, site: a}]
links: [{from: a, to: b, rate: 1Gbit/s, efficiency: 0.8}]
repos: [{id: r, site: b, read_rate: 400MB/s}]
assets: [{id: x, kind: files, host: h, size: 360GB}]
backups: [{id: k, asset: x, repo: r, type: full, restore_rate: 500MB/s, last_success: {at: 2026-01-01T00:00:00Z}}]
";
    let estimate = estimate_of(inventory, "damage_at: 2026-01-02T00:00:00Z\naffected: [x]");
    let term = estimate.terms.iter().find(|term| term.name == "restore k").expect("a term");
    assert_eq!(term.value, Some(3_600.0));
    assert_eq!(term.formula, "360000000000 B / 100000000 B/s (link a - b x 0.8)");
}
