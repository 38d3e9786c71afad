//! How fast a log is redacted: with few secrets, with many, in Chinese, and as one line.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

#[path = "support/mod.rs"]
mod support;

use std::hint::black_box;

use blackstart::redact::{Kind, Known, Redactor};
use support::{Times, head};

/// A small deterministic generator.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

fn main() {
    let known = Known {
        names: (0..200)
            .map(|host| (Kind::Host, format!("app-{host:03}")))
            .chain([(Kind::Person, "Ana Lindqvist".to_owned())])
            .collect(),
        kept: vec!["orders-db".into()],
    };
    head("redact, one thread, 200 known hosts");
    for (name, every, chinese) in [
        ("ordinary log, a secret in 1000 lines", 1000, false),
        ("log, a secret in 20 lines", 20, false),
        ("log, a secret in every second line", 2, false),
        ("Chinese log, a secret in 1000 lines", 1000, true),
    ] {
        let text = log(16 << 20, every, chinese);
        measure(name, &text, &known);
    }
    let line = log(16 << 20, 1000, false).replace('\n', " ");
    measure("ordinary log as one line", &line, &known);
    let base64 = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo0MTIz".repeat((16 << 20) / 40);
    measure("one word of base64", &base64, &known);
}

fn measure(name: &str, text: &str, known: &Known) {
    let mut replaced = 0;
    let times = Times::of(5, || {
        let redaction = Redactor::new(known.clone()).redact(black_box(text));
        replaced = redaction.spans.len();
    });
    let rate = |share: f64| text.len() as f64 / 1e6 / times.quantile(share).as_secs_f64();
    println!(
        "{name:44} {:>7.1} MB/s median {:>7.1} MB/s worst {replaced:>8} replaced",
        rate(0.5),
        rate(1.0)
    );
}

/// Lines of a database server, a web server, systemd and a backup tool, in turns.
fn log(length: usize, every: u64, chinese: bool) -> String {
    let mut random = Random(0x1234_5678_9abc_def1);
    let mut text = String::with_capacity(length + 400);
    let mut count = 0;
    while text.len() < length {
        count += 1;
        let (a, b, c) = (random.below(1 << 20), random.below(60), random.below(1 << 32));
        if count % every == 0 {
            text.push_str(&format!("2026-11-21 14:{b:02}:12 app-{:03} worker[{a}]: DATABASE_URL=postgres://shop:pW{c:x}q@pg1.prod.corp.internal:5432/shop from 10.31.{b}.{b}\n", a % 200));
        } else if chinese {
            text.push_str(&format!("2026-11-21 14:{b:02}:12 信息 备份任务 {a} 已完成，写入 {c} 字节，耗时 {b} 秒，校验和一致，等待下一次调度\n"));
        } else {
            text.push_str(&match a % 5 {
                0 => format!("2026-11-21 14:{b:02}:12.{a:06} UTC [{a}] LOG:  checkpoint complete: wrote {a} buffers (7.5%); 0 WAL file(s) added, {b} removed; write={b}.012 s, sync=0.004 s, total={b}.021 s\n"),
                1 => format!("Nov 21 14:{b:02}:12 systemd[1]: nginx.service: Scheduled restart job, restart counter is at {b}.\n"),
                2 => format!("127.0.0.1 - - [21/Nov/2026:14:{b:02}:12 +0000] \"GET /api/v1/orders/{c}?page={b} HTTP/1.1\" 200 {a} \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\"\n"),
                3 => format!("level=info ts=2026-11-21T14:{b:02}:12.{a:06}Z caller=compact.go:{b} component=tsdb msg=\"write block\" mint={c} maxt={c} ulid=01HF{a:06X} duration={b}.2s\n"),
                _ => format!("rsync: recv_generator: mkdir \"/srv/backup/2026-11-21/var/lib/app/{a:x}/{b}\" failed: No space left on device (28)\n"),
            });
        }
    }
    text
}
