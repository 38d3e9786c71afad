//! SH016: what runs the job is not the shell, or not the shell of the person who wrote it.

use crate::check::rule::{Example, Report, Rule};
use crate::check::written::{lines, written};
use crate::check::{Context, Language, Unit};
use crate::evidence::Severity;
use crate::shell::{Argument, path};

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
        Example::File {
            name: "nightly.service",
            text: "[Unit]\nDescription=Nightly copy\n\n[Service]\nType=oneshot\nExecStart=/usr/bin/pg_dumpall -U postgres | /usr/bin/zstd -o /backup/all.sql.zst\n",
        },
        Example::File {
            name: "etc/cron.d/snap",
            text: "5 2 * * * root lvcreate -s -n snap -L 5G vg0/data\n",
        },
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
        Example::File {
            name: "nightly.service",
            text: "[Service]\nType=oneshot\nExecStart=/bin/bash -euo pipefail -c 'pg_dumpall -U postgres | zstd -o /backup/all.sql.zst'\n",
        },
        Example::File {
            name: "etc/cron.d/snap",
            text: "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n5 2 * * * root lvcreate -s -n snap -L 5G vg0/data\n",
        },
        Example::Script(
            "cat > /usr/local/sbin/dump <<'SH'\n#!/bin/bash\nset -euo pipefail\nmysqldump shop | gzip > /backup/shop.sql.gz.new\nSH\n",
        ),
    ],
    run,
};

/// Programs that read shell syntax, or a language with the same signs.
const SHELLS: &[&str] =
    &["sh", "bash", "dash", "zsh", "ksh", "env", "python3", "perl", "grep", "awk", "expr"];

/// Words that only a shell understands.
const SIGNS: &[&str] = &["|", ">", ">>", "<", "2>&1", "&&", "||", "&"];

/// Commands that Debian keeps in /usr/sbin.
const ADMINISTRATION: &[&str] = &[
    "lvcreate",
    "lvremove",
    "lvs",
    "vgs",
    "fsfreeze",
    "xfs_freeze",
    "xfsdump",
    "mkfs.ext4",
    "zfs",
    "zpool",
    "losetup",
    "cryptsetup",
    "dmsetup",
    "blkid",
    "e2image",
    "fsck",
    "sgdisk",
    "sfdisk",
    "slapcat",
    "slapadd",
    "runuser",
    "chroot",
    "logrotate",
    "mariadbd",
    "mysqld",
    "nginx",
    "iptables-save",
    "nft",
];

fn run(context: &Context<'_>, report: &mut Report) {
    let is_unit = |path: &str| {
        path.ends_with(".service") || path.ends_with(".conf") && path.contains(".service.d/")
    };
    for unit in &context.units {
        if unit.within == Language::Systemd {
            in_unit_file(unit, report);
        }
        let cron = unit.schedule.as_ref().filter(|_| unit.within == Language::Crontab);
        if cron.is_some_and(|schedule| schedule.path.is_none()) {
            outside_of_path(unit, report);
        }
        for one in written(unit, is_unit) {
            // Where the delimiter is not quoted, this shell replaces `$(…)`, and systemd never sees it.
            let literal = one.text.literal().is_some();
            for (line, span) in lines(unit, one.text) {
                if let Some(found) = exec_value(&line)
                    .and_then(shell_syntax)
                    .filter(|found| literal || !found.starts_with('$'))
                {
                    let message = format!("systemd hands `{found}` to the program as an argument");
                    report.add(&RULE, unit, span, message);
                }
            }
        }
    }
}

/// Says which words of a unit's command line were meant for a shell.
fn in_unit_file(unit: &Unit<'_>, report: &mut Report) {
    for run in unit.runs().filter(|run| !run.command.is(SHELLS)) {
        let is_sign = |a: &&Argument| a.literal().is_some_and(|word| SIGNS.contains(&word));
        if let Some(argument) = run.command.arguments().iter().find(is_sign) {
            let message =
                format!("systemd hands `{}` to the program as an argument", argument.shown());
            report.add(&RULE, unit, argument.span, message);
        }
    }
}

/// Says which commands cron does not find: it looks in /usr/bin and /bin only.
fn outside_of_path(unit: &Unit<'_>, report: &mut Report) {
    for run in unit.named(ADMINISTRATION) {
        let bare = run.command.program().is_some_and(|program| !program.contains('/'));
        if bare && !unit.text.contains("PATH=") {
            let name = run.command.name().unwrap_or_default();
            let message =
                format!("cron looks in /usr/bin and /bin only, and `{name}` lies in /usr/sbin");
            report.add(&RULE, unit, run.command.span, message).severity = Severity::Medium;
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
    if SHELLS.contains(&path::file_name(program)) {
        return None;
    }
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
                if let Some(sign) = SIGNS.iter().find(|s| **s == bare || **s == word) {
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
