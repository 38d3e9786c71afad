//! A flood from an endpoint takes little memory. A test of its own, since it measures its whole process.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod scripted;

use std::time::{Duration, Instant};

use blackstart::draft::dialogue::Prompt;
use blackstart::llm::{Cancel, Endpoint, Limits, Model as _, ModelConfig, ModelError};
use scripted::{Act, STREAM, Server, event, raw, then};

/// The most memory this process ever had, in kB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_flood_is_not_kept_in_memory() {
    let prompt = Prompt {
        messages: vec![],
        schema_name: "p",
        schema: serde_json::json!({}),
        reply_tokens: 10,
    };
    let bytes = 1 << 18;
    for (what, one) in [
        ("text", event("aaaaaaaaaaaaaaaa")),
        ("comments", ": nothing\n\n".into()),
        ("events without content", "data: {\"choices\":[{\"delta\":{}}]}\n\n".into()),
        ("lines of one event", "data: 1,\n".into()),
        ("one line", "x".into()),
    ] {
        let before = peak();
        let server = Server::new(vec![then(raw(STREAM), Act::Flood(one.into_bytes()))]);
        let endpoint =
            Endpoint::new(&ModelConfig::bare("m", &server.base_url(), None), None).unwrap();
        let limits = Limits {
            deadline: Instant::now() + Duration::from_secs(120),
            bytes,
            cancel: Cancel::default(),
        };
        let result = endpoint.ask(&prompt, &limits, &mut |_| {});
        assert_eq!(result, Err(ModelError::TooLong(bytes)), "{what}");
        // The kernel counts in batches for each thread, so that the peak may be reported a little lower later.
        let grown = peak().saturating_sub(before);
        println!("{what}: {grown} kB more");
        assert!(grown < 24 * 1024, "{what}: {grown} kB more");
    }
}
