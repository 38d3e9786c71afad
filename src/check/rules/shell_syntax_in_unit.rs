//! SH016: what runs the job is not the shell, or not the shell of the person who wrote it.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::check::written::{lines, written};
use crate::evidence::Severity;
use crate::shell::path;

/// systemd splits the line itself and hands `|` and `>` to the program as arguments.
pub const RULE: Rule = Rule {
    code: "SH016",
    name: "shell-syntax-in-unit",
    severity: Severity::High,
    summary: "a systemd unit uses pipes, redirections or other shell syntax without a shell",
    why: "the program gets `|` and `>` as arguments: it fails, or makes a copy of something else, and the file that was meant stays empty or old",
    fix: "put the commands into a script and call it, or write `ExecStart=/bin/bash -euo pipefail -c '…'`",
    source: "systemd.service(5), Command lines: redirection, pipes, background and other elements of shell syntax are not supported",
    layer: "static",
    bad: &[
        Example::Script(
            "cat > /etc/systemd/system/dump.service <<'UNIT'\n[Service]\nType=oneshot\nExecStart=/usr/bin/mysqldump shop > /backup/shop.sql\nUNIT\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# nightly copy by a timer
tee /etc/systemd/system/nightly.service > /dev/null <<'UNIT'
[Unit]
Description=Nightly copy

[Service]
Type=oneshot
User=postgres
ExecStartPre=/usr/bin/mkdir -p /backup/pg
ExecStart=/usr/bin/pg_dumpall -U postgres | /usr/bin/zstd -o /backup/pg/all.sql.zst
UNIT
systemctl daemon-reload
systemctl enable --now nightly.timer
"#,
        ),
        Example::Script(
            "cat > /etc/systemd/system/sync.service <<'UNIT'\n[Service]\nExecStart=-/usr/bin/rsync -a /srv/ /backup/srv-$(date +%F)/ && touch /run/ok\nUNIT\n",
        ),
    ],
    good: &[
        Example::Script(
            "cat > /etc/systemd/system/dump.service <<'UNIT'\n[Service]\nType=oneshot\nExecStart=/bin/bash -euo pipefail -c 'mysqldump shop | gzip > /backup/shop.sql.gz'\nUNIT\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
tee /etc/systemd/system/nightly.service > /dev/null <<'UNIT'
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/nightly-copy --keep 14
ExecStart=/usr/bin/grep -q "a|b" /etc/nightly.conf
UNIT
systemctl daemon-reload
"#,
        ),
        Example::Script(
            "cat > /usr/local/sbin/dump <<'SH'\n#!/bin/bash\nset -euo pipefail\nmysqldump shop | gzip > /backup/shop.sql.gz.new\nSH\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let is_unit = |path: &str| {
        path.ends_with(".service") || path.ends_with(".conf") && path.contains(".service.d/")
    };
    for unit in &context.units {
        for one in written(unit, is_unit) {
            for (line, span) in lines(unit, one.text) {
                if let Some(found) = exec_value(&line).and_then(shell_syntax) {
                    let message = format!("systemd hands `{found}` to the program as an argument");
                    report.add(&RULE, unit, span, message);
                }
            }
        }
    }
}

/// Returns the command of an `ExecStart=` line and its kin.
fn exec_value(line: &str) -> Option<&str> {
    let (key, value) = line.trim().split_once('=')?;
    let known = [
        "ExecStart",
        "ExecStartPre",
        "ExecStartPost",
        "ExecStop",
        "ExecStopPost",
        "ExecReload",
        "ExecCondition",
    ];
    known.contains(&key.trim()).then(|| value.trim().trim_start_matches(['-', '@', ':', '+', '!']))
}

/// Returns the first piece of shell syntax that no shell will see.
fn shell_syntax(value: &str) -> Option<&'static str> {
    let program = value.split_whitespace().next().unwrap_or_default();
    let shells = ["sh", "bash", "dash", "zsh", "ksh", "env", "python3", "perl"];
    if shells.contains(&path::file_name(program)) {
        return None;
    }
    let signs = ["|", ">", ">>", "<", "2>&1", "&&", "||", "&"];
    let mut quote = None;
    let mut word = String::new();
    for c in value.chars().chain([' ']) {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                word.push('q');
            }
            None if c.is_whitespace() => {
                let bare = word.trim_start_matches(|c: char| c.is_ascii_digit());
                let attached = ["2>", "1>", ">/", ">>/"].iter().any(|s| word.starts_with(s));
                if let Some(sign) = signs.iter().find(|s| **s == bare || **s == word) {
                    return Some(sign);
                }
                if attached {
                    return Some(">");
                }
                if word.contains("$(") || word.contains('`') {
                    return Some("$(…)");
                }
                word.clear();
            }
            None => word.push(c),
        }
    }
    None
}
