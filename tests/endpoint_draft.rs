//! Whatever an endpoint does, `draft` ends in time with the template's plan and says why it is not the model's.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod scripted;

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use scripted::{
    Act, Answer, DONE, STREAM, Server, event, finish, raw, reply, status, stream, then,
};

const INVENTORY: &str = "schema: blackstart/inventory/v1
hosts: [{id: web1, access: local}]
assets: [{id: docs, kind: files, host: web1, paths: [/srv/docs], size: 1GB}]
repos: [{id: disk, host: web1, path: /mnt/backup}]
backups:
  - {id: nightly, asset: docs, tool: tar, type: full, repo: disk, last_success: {at: 2026-11-20T02:00:00Z, size: 1GB, path: docs.tar.gz}}
";

const DEADLINE: Duration = Duration::from_secs(2);

fn draft(home: &Path, base_url: &str) -> Output {
    let arguments = [
        "draft",
        "--json",
        "--inventory",
        "inventory.yaml",
        "--asset",
        "docs",
        "--scenario",
        "operator_error",
        "--deadline",
        "2s",
        "--model",
        "m",
        "--base-url",
    ];
    Command::new(env!("CARGO_BIN_EXE_blackstart"))
        .args(arguments)
        .arg(base_url)
        .current_dir(home)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", home)
        .output()
        .unwrap()
}

#[test]
fn every_misbehaving_endpoint_leaves_the_template_draft_in_time_and_says_why() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("inventory.yaml"), INVENTORY).unwrap();
    let told = |code, message: &str| {
        status(
            code,
            "content-type: application/json\r\n",
            &serde_json::json!({"error": {"message": message}}).to_string(),
        )
    };
    let json = "content-type: application/json\r\n";
    for (what, answer, why) in [
        ("401", told(401, "no such key"), "refuses the key: no such key"),
        (
            "429",
            status(429, "retry-after: 3600\r\n", "slow down"),
            "is busy: it asks to wait 3600 s",
        ),
        ("500", told(500, "boom"), ""),
        (
            "HTML 200",
            status(200, "content-type: text/html\r\n", "<title>Sign in</title>"),
            "it sends a web page (Sign in)",
        ),
        ("an empty stream", stream(&[]), "it sends an empty stream"),
        ("nothing but [DONE]", stream(&[DONE]), ""),
        ("a cut", stream(&[&event("{\"summary\": \"so")]), ""),
        ("length", stream(&[&event("{\"summary\": \"so"), &finish("length"), DONE]), ""),
        ("a filter", stream(&[&event("{"), &finish("content_filter"), DONE]), ""),
        ("silence", Answer(vec![Act::Silence]), "s are over, and no word of it came"),
        (
            "silence in a stream",
            then(stream(&[&event("{")]), Act::Silence),
            "s are over, and 1 B of",
        ),
        (
            "a flood of text",
            then(raw(STREAM), Act::Flood(event("aaaaaaaaaaaaaaaa").into_bytes())),
            "no complete reply",
        ),
        (
            "a flood of comments",
            then(raw(STREAM), Act::Flood(b": x\n\n".to_vec())),
            "no complete reply",
        ),
        (
            "schema refused on every rung",
            told(400, "response_format and schemas are unknown here"),
            "refuses the request (400)",
        ),
        (
            "stream ignored, no plan",
            status(
                200,
                json,
                "{\"choices\":[{\"message\":{\"content\":\"Sure! Here is a plan.\"},\"finish_reason\":\"stop\"}]}",
            ),
            "",
        ),
        (
            "an error in the stream",
            stream(&[&event("{"), "data: {\"error\":{\"message\":\"overloaded\"}}\n\n"]),
            "",
        ),
        ("prose", reply("I would restore the backup."), ""),
        ("another JSON", reply("{\"answer\": 42}"), ""),
        ("bytes", raw((0..=255).collect::<Vec<u8>>()), "cannot be reached"),
    ] {
        let server = Server::always(answer);
        let started = Instant::now();
        let output = draft(home.path(), &server.base_url());
        let took = started.elapsed();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{what}: {said}");
        let drafted: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(drafted["drafter"], "template", "{what}: {drafted:#}");
        assert!(!drafted["plan"]["steps"].as_array().unwrap().is_empty(), "{what}");
        let reason = said.lines().find(|line| line.contains("the model gave no plan"));
        let reason = reason.unwrap_or_else(|| panic!("{what}: no reason in:\n{said}"));
        assert!(reason.contains(why), "{what}: no {why:?} in {reason}");
        let within = drafted["usage"]["milliseconds"].as_u64().unwrap();
        println!("{what}: {within} ms in the dialogue, {took:?} in all\n  {reason}");
        assert!(
            Duration::from_millis(within) < DEADLINE + Duration::from_secs(1),
            "{what}: {within} ms"
        );
        for request in server.requests() {
            let body = request.body.as_str();
            assert!(!body.contains("web1"), "{what}: a name left: {body}");
        }
    }
}
