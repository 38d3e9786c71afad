//! The documents of the samples: an inventory, an incident, a plan, two runbooks.

use crate::draft::Library;
use crate::draft::library::Entry;

pub const INVENTORY: &str = "schema: blackstart/inventory/v1
hosts: [{id: files1, access: local}]
assets:
  - {id: office, kind: files, host: files1, paths: [/srv/office], size: 2GB, files: 20000, targets: {rto: 2h, rpo: 4h}}
backups:
  - {id: nightly, asset: office, tool: tar, type: full, repo: nas, path: /nas/office.tar.gz, last_success: {at: 2026-01-31T02:00:00Z, size: 900MB}, restore_rate: 50MB/s, last_restore_test: never}
  - {id: hourly, asset: office, tool: tar, type: full, repo: nas, path: /nas/hourly.tar.gz, last_success: {at: 2026-01-31T09:00:00Z, size: 0B}, last_restore_test: never}
repos: [{id: nas, kind: disk, path: /nas}]
";

pub const INCIDENT: &str = "schema: blackstart/incident/v1
id: inc-42
title: The office share is half empty
description: |
  09:02 a clean-up script ran with an unset variable
  rm: cannot remove 'lock': No such file or directory
detected_at: 2026-01-31T09:12:00Z
damage_at: 2026-01-31T09:02:00Z
affected: [office]
scenario: operator_error
environment: prod
data: {office: lost}
";

pub const PLAN: &str = "schema: blackstart/plan/v1
id: restore-office
kind: recovery
title: Restore office from the tar archive nightly
incident: inc-42
steps:
  - {id: tell, title: Tell the users of the share, kind: notify, why: They would go on working in it., expect: Nobody writes.}
  - id: clear
    title: Clear what an earlier attempt left
    kind: command
    asset: office
    risk: destructive
    run: |
      rm -rf \"$LEFT\"/*
    timeout: 1m
  - id: set-aside
    title: Keep what is left of the share beside it
    kind: command
    asset: office
    risk: disruptive
    needs: [tell]
    run: |
      mv -T -- /srv/office /srv/office.before
    check: |
      [ ! -e /srv/office ]
    rollback: |
      mv -T -- /srv/office.before /srv/office
    timeout: 10m
    why: What is damaged is evidence.
  - id: extract
    title: Extract the archive at its place
    kind: command
    asset: office
    risk: write
    needs: [set-aside]
    run: |
      mkdir /srv/office
      tar -xzf /nas/office.tar.gz -C /srv/office
    check: |
      test -f /srv/office/payroll.csv
    timeout: 30m
    expect: No output.
";

/// Two small runbooks, so that what is drafted does not change with those of the program.
pub fn library() -> Library {
    let entry = |path: &str, title: &str, matches: &str| {
        let text = format!(
            "schema: blackstart/runbook/v1\nid: {path}\nkind: recovery\ntitle: \"{title}\"\nmatch: {matches}\nsteps:\n\
             - {{id: stop, title: Stop every writer, kind: manual, expect: Nobody writes.}}\n\
             - {{id: restore, title: \"Restore {{{{ asset.id }}}}\", kind: command, asset: \"{{{{ asset.id }}}}\", risk: write, run: 'tar -xzf /nas/office.tar.gz -C /srv'}}\n"
        );
        let (runbook, problems) = crate::plan::runbook::read(&text);
        assert_eq!(problems, []);
        Entry { path: format!("{path}.yaml"), runbook: runbook.unwrap(), text }
    };
    Library {
        entries: vec![
            entry(
                "restore-tar",
                "Restore {{ asset.id }} from its archive",
                "{kinds: [files], tools: [tar]}",
            ),
            entry("by-hand", "Recover {{ asset.id }} by hand", "{}"),
        ],
        includes: vec![],
        unreadable: vec![],
    }
}
