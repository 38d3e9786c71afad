//! ST006: a copy that nobody ever restored.

use crate::base::{Timestamp, seconds_between};
use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::inventory::{Backup, RestoreTest, RestoreTestWord, TestResult};

/// A backup is what can be restored.
pub const RULE: Rule = Rule {
    code: "ST006",
    name: "restore-never-tested",
    severity: Severity::High,
    summary: "a restore from a backup was never tried, failed, or was tried longer ago than its policy says",
    why: "copies that cannot be read, lack a key or take a week to restore look like good ones until the incident",
    fix: "restore it to a scratch place now, and again at an interval",
    source: "NIST SP 800-34, testing; backup tools' own issues about copies that could not be restored",
    layer: "inventory",
    bad: &[
        Example::Inventory(
            r#"schema: blackstart/inventory/v1
sites: [{id: home}, {id: dr}]
hosts:
  - {id: db1, site: home}
  - {id: nas, site: dr}
assets:
  - {id: orders, kind: mariadb, host: db1, size: 60GB, targets: {rto: 4h, rpo: 26h}}
  - {id: wiki, kind: files, host: db1, size: 4GB, targets: {rto: 1d, rpo: 26h}}
repos:
  - {id: store, host: nas, path: /srv/copies}
backups:
  - id: orders-nightly
    asset: orders
    repo: store
    tool: mariadb-dump
    interval: 1d
    duration: 40m
    restore_rate: 50MB/s
    last_success: {at: 2026-11-21T02:40:00Z, size: 58GB, duration: 40m}
    last_restore_test: never
  - id: wiki-nightly
    asset: wiki
    repo: store
    tool: restic
    interval: 1d
    duration: 5m
    last_success: {at: 2026-11-21T03:00:00Z, size: 4GB}
    last_restore_test: 2026-09-14T09:00:00Z
"#,
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: nightly, asset: db, last_restore_test: never}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: nightly, asset: db, last_restore_test: {at: 2026-11-01T00:00:00Z, result: failed}}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: nightly, asset: db, last_restore_test: 2024-01-01T00:00:00Z}]\n",
        ),
    ],
    good: &[
        Example::Inventory(
            r#"schema: blackstart/inventory/v1
sites: [{id: home}, {id: dr}]
hosts:
  - {id: db1, site: home}
  - {id: nas, site: dr}
assets:
  - {id: orders, kind: mariadb, host: db1, size: 60GB, targets: {rto: 4h, rpo: 26h}}
  - {id: wiki, kind: files, host: db1, size: 4GB, targets: {rto: 1d, rpo: 26h}}
repos:
  - {id: store, host: nas, path: /srv/copies}
backups:
  - id: orders-nightly
    asset: orders
    repo: store
    tool: mariadb-dump
    interval: 1d
    duration: 40m
    restore_rate: 50MB/s
    last_success: {at: 2026-11-21T02:40:00Z, size: 58GB, duration: 40m}
    last_restore_test: 2026-10-01T09:00:00Z
  - id: wiki-nightly
    asset: wiki
    repo: store
    tool: restic
    interval: 1d
    duration: 5m
    last_success: {at: 2026-11-21T03:00:00Z, size: 4GB}
    last_restore_test: 2026-09-14T09:00:00Z
"#,
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: nightly, asset: db, last_restore_test: 2026-10-01T00:00:00Z}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: nightly, asset: db}, {id: other, asset: db, last_restore_test: yes}]\n",
        ),
    ],
    run,
};

/// Seconds after which a test proves nothing where no policy says otherwise: a year.
const YEAR: u64 = 365 * 86_400;

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(inventory) = context.inventory_alone() else {
        return;
    };
    for backup in &inventory.backups {
        let why = match &backup.last_restore_test {
            None | Some(RestoreTest::Word(RestoreTestWord::Yes)) => None,
            Some(RestoreTest::Word(RestoreTestWord::Never | RestoreTestWord::No)) => {
                Some("was never tried")
            }
            Some(RestoreTest::Result(test)) if test.result == TestResult::Failed => {
                Some("failed when it was last tried")
            }
            Some(RestoreTest::Result(test)) => {
                test.at.and_then(|at| old(backup, at, context.facts.now))
            }
            Some(RestoreTest::At(at)) => old(backup, *at, context.facts.now),
        };
        if let Some(why) = why {
            report.add_whole(&RULE, None, format!("a restore from {} {why}", backup.id));
        }
    }
}

fn old(backup: &Backup, at: Timestamp, now: Option<Timestamp>) -> Option<&'static str> {
    let every =
        backup.verify.as_ref().and_then(|verify| verify.every).map_or(YEAR, |every| every.0);
    (seconds_between(at, now?) > i64::try_from(every).ok()?).then_some("was tried too long ago")
}
