//! A model that answers what it is told, an inventory, and the replies that go with it.
#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    dead_code
)]

pub mod sound;

use std::collections::BTreeMap;
use std::sync::Mutex;

use blackstart::draft::dialogue::{End, Prompt, Reply};
use blackstart::draft::{Library, Request};
use blackstart::flow::dialogue::Progress;
use blackstart::incident::{self, Incident};
use blackstart::inventory::{self, Inventory};
use blackstart::llm::{Answered, Limits, Model, ModelError, Piece};
use blackstart::plan::Kind;
use blackstart::runtime::{ModelDrafted, Runtime, Settings};
use serde_json::{Value as Json, json};

pub const INVENTORY: &str = "schema: blackstart/inventory/v1
sites: [{id: cellar}, {id: annex}]
hosts:
  - {id: web1, address: web1.internal, site: cellar, identity: {hostname: web1}, disks: [{device: /dev/vdb, mount: /srv}]}
  - {id: nas1, address: 10.20.0.7, site: annex}
assets:
  - {id: data, kind: files, host: web1, paths: [/srv/app/data], size: 2GB, services: [site.service], targets: {rto: 1h, rpo: 1d}}
  - {id: shop, kind: app, host: web1, depends_on: [data], services: [shop.service]}
  - {id: ledger, kind: oracle, host: web1, paths: [/srv/ledger]}
  - {id: unrelated, kind: files, host: nas1, paths: [/srv/other]}
repos: [{id: disk, site: annex, host: nas1, path: /mnt/backup}, {id: vault, url: 'sftp:nas1:/restic'}]
links: [{from: cellar, to: annex, rate: 1Gbit/s}]
secrets: [{id: vault-key, kind: passphrase, read_from: {file: /root/vault.key}}]
contacts: [{id: dba, name: Grace Hopper, phone: '+1 555 0100'}]
backups:
  - {id: nightly, asset: data, tool: tar, type: full, repo: disk, last_success: {at: 2026-11-20T02:00:00Z, size: 1GB, path: data/x.tar.gz}, restore_rate: 100MB/s}
  - {id: vaulted, asset: data, tool: restic, type: full, repo: vault, encryption: {key: vault-key}, last_success: {at: 2026-11-19T02:00:00Z}}
";

pub const INCIDENT: &str = "schema: blackstart/incident/v1
id: inc-1
title: The shop shows no pictures
description: |
  A clean-up job on web1 deleted most of the data directory. Grace Hopper saw it first.
affected: [data]
scenario: operator_error
damage_at: 2026-11-21T02:00:00Z
data: {data: lost}
evidence:
  - \"rm: cannot remove '/srv/app/data/.lock': Permission denied\"
";

/// What is asked, owned.
pub struct Case {
    pub inventory: Inventory,
    pub incident: Option<Incident>,
    pub parameters: BTreeMap<String, String>,
    pub library: Library,
    pub asset: Option<&'static str>,
    pub kind: Kind,
}

impl Case {
    pub fn new(inventory: &str, incident: Option<&str>) -> Self {
        let (inventory, problems) = inventory::read(inventory);
        assert_eq!(problems, []);
        let incident = incident.map(|text| {
            let (incident, problems) = incident::read(text);
            assert_eq!(problems, []);
            incident.unwrap()
        });
        Self {
            inventory: inventory.unwrap(),
            incident,
            parameters: BTreeMap::new(),
            library: Library::new([]),
            asset: None,
            kind: Kind::Recovery,
        }
    }

    pub fn request(&self) -> Request<'_> {
        Request {
            inventory: &self.inventory,
            incident: self.incident.as_ref(),
            asset: self.asset,
            scenario: None,
            kind: self.kind,
            parameters: &self.parameters,
            now: "2026-11-21T12:00:00Z".parse().unwrap(),
            library: &self.library,
            runbook: None,
        }
    }
}

/// A model that gives its replies in order, a few bytes at a time, and then an error.
pub struct Scripted {
    pub replies: Mutex<Vec<Reply>>,
    pub prompts: Mutex<Vec<Prompt>>,
}

impl Scripted {
    pub fn new(replies: impl IntoIterator<Item = String>) -> Self {
        let complete = |text| Reply { text, end: End::Complete };
        Self {
            replies: Mutex::new(replies.into_iter().map(complete).collect()),
            prompts: Mutex::default(),
        }
    }
}

impl Model for Scripted {
    fn name(&self) -> String {
        "scripted".into()
    }

    fn ask(
        &self,
        prompt: &Prompt,
        _: &Limits,
        on_piece: &mut dyn FnMut(Piece<'_>),
    ) -> Result<Answered, ModelError> {
        self.prompts.lock().unwrap().push(prompt.clone());
        let mut replies = self.replies.lock().unwrap();
        if replies.is_empty() {
            return Err(ModelError::NotRecorded("the script is over".into()));
        }
        let reply = replies.remove(0);
        let chars: Vec<char> = reply.text.chars().collect();
        for piece in chars.chunks(if chars.len() > 100_000 { 4096 } else { 7 }) {
            on_piece(Piece::Text(&piece.iter().collect::<String>()));
        }
        Ok(Answered { reply, usage: None, rung: None, requests: 1, remark: None })
    }
}

/// A step of a reply with every field null but these.
pub fn step(id: &str, fields: Json) -> Json {
    let mut step = json!({
        "id": id, "based_on": null, "keep": false, "phase": null, "title": format!("Do {id}"), "kind": "command",
        "host": null, "asset": null, "needs": [], "run": null, "check": null, "rollback": null, "risk": null,
        "timeout": null, "on_failure": null, "safety_copy": null, "why": null, "expect": null,
    });
    for (name, value) in fields.as_object().unwrap() {
        step[name] = value.clone();
    }
    step
}

/// A step that keeps one of the skeleton.
pub fn keep(id: &str) -> Json {
    step(id, json!({"based_on": id, "keep": true}))
}

/// A reply with these steps.
pub fn reply(steps: Vec<Json>) -> String {
    json!({
        "title": "Bring the data back", "summary": "It is restored from a copy.", "backup": "nightly",
        "questions": [], "assumptions": [], "steps": steps,
    })
    .to_string()
}

/// The steps of the skeleton for the incident of the tests, in order.
pub const SKELETON: &[&str] = &[
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
    "release-kept-data",
];

/// The incident of the tests.
pub fn incident() -> Case {
    Case::new(INVENTORY, Some(INCIDENT))
}

/// Every step of the skeleton as it is.
pub fn kept() -> Vec<Json> {
    SKELETON.iter().map(|id| keep(id)).collect()
}

/// Drafts in a directory of its own, and returns what came of it with what was shown on the way.
pub fn drafted(case: &Case, model: &Scripted) -> (ModelDrafted, Vec<Progress>) {
    let directory = tempfile::tempdir().unwrap();
    let runtime = Runtime::open(Some(directory.path().to_owned())).unwrap();
    let mut seen = vec![];
    let settings = Settings::default();
    let made =
        runtime.draft_with(model, &case.request(), None, &settings, &mut |one| seen.push(one));
    (made.unwrap(), seen)
}
