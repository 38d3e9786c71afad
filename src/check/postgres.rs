//! What a script says of a PostgreSQL server: settings it writes, promotions, stops, and instants its comments name.

use super::{Context, Run, Unit};
use crate::shell::ast::RedirectKind;
use crate::shell::{Argument, Command, path};
use crate::tools::Call;

/// A setting that a script gives a server.
#[derive(Debug)]
pub struct Setting<'c, 'a> {
    /// The text it stands in.
    pub unit: &'c Unit<'a>,
    /// The command that writes it.
    pub run: Run<'c>,
    /// Its name in lower case.
    pub name: String,
    /// Its value without quotes.
    pub value: String,
    /// The file it is written to, empty for `ALTER SYSTEM`.
    pub file: String,
}

/// Returns every call of pg_basebackup, taken apart.
pub fn base_backups<'c, 'a>(
    context: &'c Context<'a>,
) -> impl Iterator<Item = (&'c Unit<'a>, Run<'c>, &'c Call<'static>)> {
    let found = context.named(&["pg_basebackup"]);
    found.filter_map(|(unit, run)| Some((unit, run, unit.take_apart(run.command)?)))
}

/// Names of settings that only a recovery needs.
pub const RECOVERY: &[&str] = &[
    "restore_command",
    "recovery_target_time",
    "recovery_target_name",
    "recovery_target_xid",
    "recovery_target_lsn",
    "recovery_target",
];

/// Returns every setting that is written to a configuration file or set by `ALTER SYSTEM`, in order.
pub fn settings<'c, 'a>(context: &'c Context<'a>) -> Vec<Setting<'c, 'a>> {
    let mut found = Vec::new();
    for unit in &context.units {
        for run in unit.writing(&["psql", "tee"]) {
            let command = run.command;
            let mut add = |name: &str, value: &str, file: &str| {
                let name = name.trim().to_ascii_lowercase();
                if name.chars().all(|c| c.is_ascii_lowercase() || c == '_') && !name.is_empty() {
                    let (value, file) = (unquoted(value), file.to_owned());
                    found.push(Setting { unit, run, name, value, file });
                }
            };
            if command.is(&["psql"]) {
                for text in unit.sql(command) {
                    for (name, value) in altered(text) {
                        add(name, value, "");
                    }
                }
                continue;
            }
            let target = command.redirects.iter().find(|r| {
                matches!(r.kind, RedirectKind::Truncate | RedirectKind::Append)
                    && r.descriptor.is_none_or(|d| d == 1)
            });
            let file = match target {
                Some(redirect) => command.path(&redirect.target),
                None if command.is(&["tee"]) => {
                    command.arguments().last().map(|a| command.path(a)).unwrap_or_default()
                }
                None => continue,
            };
            if !file.contains(".conf") {
                continue;
            }
            let mut texts: Vec<_> = command.input.iter().map(Argument::shown).collect();
            if command.is(&["echo", "printf"]) {
                texts.extend(command.arguments().iter().map(Argument::shown));
            }
            for line in texts.iter().flat_map(|text| text.split("\\n").flat_map(str::lines)) {
                if let Some((name, value)) = line.split_once('=') {
                    add(name, value, &file);
                }
            }
        }
    }
    found
}

fn altered(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.to_ascii_lowercase().find("alter system set ") {
        let Some(tail) = rest.get(at + "alter system set ".len()..) else { break };
        let mut quoted = false;
        let end = tail.find(|c: char| {
            quoted ^= c == '\'';
            !quoted && matches!(c, ';' | '\n')
        });
        let end = end.unwrap_or(tail.len());
        let one = &tail[..end];
        let pair = one.split_once('=').or_else(|| {
            let lower = one.to_ascii_lowercase();
            let to = lower.find(" to ")?;
            Some((&one[..to], &one[to + 4..]))
        });
        found.extend(pair);
        rest = &tail[end..];
    }
    found
}

fn unquoted(value: &str) -> String {
    let value = value.trim();
    match value.strip_prefix('\'') {
        Some(rest) => rest.rsplit_once('\'').map_or(rest, |(inner, _)| inner).replace("''", "'"),
        None => value.split(" #").next().unwrap_or_default().trim().to_owned(),
    }
}

/// Tells whether a command that PostgreSQL runs for a file of its log succeeds although its work failed.
pub fn masks_failure(value: &str) -> bool {
    let value = value.trim().trim_end_matches(';').trim();
    let ends = [
        "|| true",
        "||true",
        "|| :",
        "||:",
        "; true",
        "; :",
        "; exit 0",
        "|| exit 0",
        "|| /bin/true",
    ];
    ends.iter().any(|end| value.ends_with(end))
}

/// Tells whether a command makes a standby a primary.
pub fn promotes(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let command = run.command;
    let sql =
        || unit.sql(command).iter().any(|text| text.to_ascii_lowercase().contains("pg_promote("));
    command.is(&["pg_ctl", "pg_ctlcluster"]) && command.has("promote")
        || command.is(&["psql"]) && sql()
}

/// Tells whether a command stops a PostgreSQL server.
pub fn stops_server(command: &Command) -> bool {
    let words = command.literals();
    let names = || words.iter().any(|word| word.contains("postgres") || word.contains("pgsql"));
    command.is(&["pg_ctl", "pg_ctlcluster"]) && words.contains(&"stop")
        || command.is(&["systemctl", "service"]) && words.contains(&"stop") && names()
        || command.is(&["docker", "podman"]) && words.contains(&"stop")
}

/// Tells whether a path is a data directory, or lies in one, by where distributions keep them.
pub fn in_data_directory(context: &Context<'_>, text: &str) -> bool {
    let text = text.trim_end_matches("/*");
    let below = |root: &str| {
        let inside = text.strip_prefix(root).map(|rest| rest.trim_matches('/'));
        inside.is_some_and(|rest| rest.split('/').filter(|part| !part.is_empty()).count() >= 2)
    };
    let is_asset = || {
        context.inventory.is_some_and(|inventory| {
            let postgres =
                inventory.assets.iter().filter(|a| a.kind == crate::base::AssetKind::Postgres);
            postgres
                .flat_map(|a| &a.paths)
                .any(|own| path::within(text, &path::absolute(own, None)))
        })
    };
    below("/var/lib/postgresql")
        || below("/var/lib/pgsql")
        || text == "/var/lib/pgsql/data"
        || text.starts_with("$PGDATA")
        || is_asset()
}

/// Returns the instants that comments of a text name together with a damage, in seconds since the epoch, as UTC.
pub fn damage(text: &str) -> Option<i64> {
    let marks = ["drop ", "delete", "truncate", "damage", "incident", "corrupt", "encrypt"];
    let comments =
        text.lines().map(str::trim).filter(|line| line.starts_with('#') && !line.starts_with("#!"));
    let about = comments.filter(|line| {
        let line = line.to_ascii_lowercase();
        marks.iter().any(|mark| line.contains(mark))
    });
    about.filter_map(instant).min()
}

/// Returns the first instant in a text, like `2026-03-02 14:03:12 UTC`; one without a zone counts as UTC.
pub fn instant(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let start = (0..bytes.len().saturating_sub(18)).find(|at| {
        let shape = b"0000-00-00 00:00:00";
        bytes[*at..*at + 19].iter().zip(shape).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            b' ' => *byte == b' ' || *byte == b'T',
            other => byte == other,
        })
    })?;
    let civil: jiff::civil::DateTime =
        text.get(start..start + 19)?.replace(' ', "T").parse().ok()?;
    let local = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    Some(local - offset(text.get(start + 19..).unwrap_or_default()).unwrap_or(0))
}

/// Returns the offset a text starts with, in seconds east of UTC; nothing where it names no zone.
pub fn offset(text: &str) -> Option<i64> {
    let text = text.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit()).trim_start();
    if text.starts_with('Z') || text.starts_with("UTC") || text.starts_with("GMT") {
        return Some(0);
    }
    let sign = if text.starts_with('+') {
        1
    } else if text.starts_with('-') {
        -1
    } else {
        return None;
    };
    let digits: Vec<i64> =
        text[1..].chars().take(6).filter_map(|c| c.to_digit(10)).map(i64::from).collect();
    let hours = digits.first()? * 10 + digits.get(1)?;
    let minutes = digits.get(2).zip(digits.get(3)).map_or(0, |(tens, ones)| tens * 10 + ones);
    Some(sign * (hours * 3_600 + minutes * 60))
}

/// Returns the major version in a path of a program or in a comment about the server: `/usr/lib/postgresql/13/bin/pg_dump`.
pub fn version_in(text: &str) -> Option<u32> {
    let lower = text.to_ascii_lowercase();
    ["postgresql/", "pgsql-", "postgresql-", "postgresql "].iter().find_map(|before| {
        let rest = &lower[lower.find(before)? + before.len()..];
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    })
}
