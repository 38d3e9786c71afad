//! A template draft over an inventory of 200 assets, and reading ten thousand.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use blackstart::draft::{Library, Request, draft};
use blackstart::plan::Kind;
use blackstart::{incident, inventory};
use support::{Times, head, line};

fn main() {
    let small = document(200);
    let inventory = inventory::read(&small).0.expect("the inventory is valid");
    let text = "schema: blackstart/incident/v1\nid: inc\naffected: [a100]\nscenario: operator_error\ndamage_at: 2026-01-02T00:00:00Z\n";
    let incident = incident::read(text).0.expect("the incident is valid");
    let library = Library::new([]);
    let request = Request {
        inventory: &inventory,
        incident: Some(&incident),
        asset: None,
        scenario: None,
        kind: Kind::Recovery,
        parameters: &BTreeMap::new(),
        now: "2026-01-03T00:00:00Z".parse().expect("a time"),
        library: &library,
        runbook: None,
    };
    head("template draft, 200 assets");
    line("read the inventory", &Times::of(30, || drop(inventory::read(&small))));
    line("read the library of runbooks", &Times::of(30, || drop(Library::new([]))));
    line("draft with its estimate", &Times::of(100, || drop(draft(&request).expect("a draft"))));
    head("template draft of a database's recovery");
    let scenarios = blackstart::runtime::evaluating::scenarios(None).expect("the scenarios");
    for (scenario, what) in
        [("s09", "PostgreSQL to a point in time"), ("s17", "MySQL dump and binary logs")]
    {
        let loaded = scenarios.iter().find(|one| one.case.scenario.id.as_str() == scenario);
        let case = &loaded.expect("the scenario").case;
        let request = Request {
            inventory: &case.inventory,
            incident: Some(&case.incident),
            ..request.clone()
        };
        line(what, &Times::of(30, || drop(draft(&request).expect("a draft"))));
    }
    let large = document(10_000);
    head("ten thousand assets");
    line("read the inventory", &Times::of(5, || drop(inventory::read(&large))));
}

fn document(assets: usize) -> String {
    let mut text =
        "schema: blackstart/inventory/v1\nhosts: [{id: here, access: local}]\nassets:\n".to_owned();
    for n in 0..assets {
        text.push_str(&format!("  - {{id: a{n}, kind: files, host: here, paths: [/srv/a{n}], size: 3GB, targets: {{rto: 4h, rpo: 1d}}}}\n"));
    }
    text.push_str("repos: [{id: disk, kind: directory, host: here, path: /backup}]\nbackups:\n");
    for n in 0..assets {
        text.push_str(&format!(
            "  - {{id: b{n}, asset: a{n}, tool: tar, type: full, repo: disk, interval: 1d, restore_rate: 50MB/s, last_success: {{at: 2026-01-01T00:00:00Z, path: /backup/a{n}.tar.gz, size: 1GB}}}}\n"
        ));
    }
    text
}
