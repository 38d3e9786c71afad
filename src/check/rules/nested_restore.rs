//! FS010: an archive of absolute paths, unpacked where it does not belong.

use crate::check::names::looks_backup;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Language, Unit};
use crate::evidence::Severity;
use crate::shell::{Command, path};
use crate::tools::tar::{self, Mode};

/// tar takes the leading slash off and keeps the rest, so the rest comes back below `-C`.
pub const RULE: Rule = Rule {
    code: "FS010",
    name: "nested-restore",
    severity: Severity::High,
    summary: "an archive made from an absolute path is unpacked with `-C` into that path or above it",
    why: "the members carry the whole path, so the files land in `/srv/app/srv/app` and nothing is restored",
    fix: "archive with `-C /srv/app data`, unpack with `-C /srv/app`; or unpack the absolute one with `-C /`",
    source: "tar(1), -P, -C; measured: /w/p/d unpacked with -C /w/p/d gives /w/p/d/w/p/d/f",
    layer: "static",
    bad: &[
        Example::Script(
            "tar -czf /backup/app.tgz.new /srv/app\nmkdir -p /srv/app\ntar -xzf /backup/app.tgz.new -C /srv/app\n",
        ),
        Example::Script(
            "DATA=/var/www/shop\nARCHIVE=/backup/shop-$(date +%F).tar.gz\nbackup() { tar czf \"$ARCHIVE\" \"$DATA\"; }\nrestore() { systemctl stop nginx; tar xzf \"$ARCHIVE\" -C /var/www; }\nbackup\nrestore\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
"""Packs the application."""
import tarfile
from datetime import date

SOURCE = "/srv/app"
with tarfile.open(f"/backup/app-{date.today()}.tgz", "x:gz") as archive:
    archive.add(SOURCE)
"#,
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - id: keep\n    title: Keep what is there\n    kind: command\n    risk: write\n    run: tar -cf /backup/keep.new.tar /srv/git\n  - id: back\n    title: Put it back\n    kind: command\n    needs: [keep]\n    risk: destructive\n    run: |\n      cd /srv/git\n      tar -xf /backup/keep.new.tar\n",
            inventory: "",
        },
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env python3
"""Packs the application under its own name."""
import tarfile
from datetime import date

SOURCE = "/srv/app"
with tarfile.open(f"/backup/app-{date.today()}.tgz", "x:gz") as archive:
    archive.add(SOURCE, arcname="app")
"#,
        ),
        Example::Script(
            "tar -czf /backup/app.tgz.new -C /srv/app data\ntar -xzf /backup/app.tgz.new -C /srv/app\n",
        ),
        Example::Script(
            "tar -czf /backup/app.tgz.new /srv/app\ntar -xzf /backup/app.tgz.new -C /\n",
        ),
        Example::Script(
            "tar -czf /backup/app.tgz.new /srv/app\nstage=$(mktemp -d)\ntar -xzf /backup/app.tgz.new -C \"$stage\"\ndiff -r \"$stage/srv/app\" /srv/app\n",
        ),
        Example::Script(
            "tar -czf /backup/app.tgz.new /srv/app\ntar -xzf /backup/app.tgz.new --strip-components=2 -C /srv/app\n",
        ),
    ],
    run,
};

struct Archive {
    file: String,
    members: Vec<String>,
}

fn run(context: &Context<'_>, report: &mut Report) {
    let mut archives: Vec<Archive> = Vec::new();
    for (unit, run) in context.named(&["tar", "gtar", "bsdtar"]) {
        let Some(call) = unit.take_apart(run.command) else {
            continue;
        };
        let file = call.value(&["file"]).map(|w| unit.path(run.command, w)).unwrap_or_default();
        match tar::mode(call) {
            Mode::Create | Mode::Append => {
                let members = if call.has(&["absolute-names", "transform", "xform"]) {
                    Vec::new()
                } else {
                    call.operands
                        .iter()
                        .map(|w| w.text.clone())
                        .filter(|t| t.starts_with('/') && t.len() > 1)
                        .collect()
                };
                let whole = members.first().filter(|_| unit.within == Language::Python);
                if let Some(member) = whole.filter(|_| looks_backup(&file)) {
                    let message = format!(
                        "the archive holds the whole path of {member}; without `arcname` it comes back below wherever it is unpacked"
                    );
                    let finding = report.add(&RULE, unit, run.command.span, message);
                    finding.severity = Severity::Low;
                }
                archives.push(Archive { file, members });
            }
            Mode::Extract => {
                let changes = call.has(&[
                    "strip-components",
                    "transform",
                    "xform",
                    "absolute-names",
                    "one-top-level",
                    "to-stdout",
                ]);
                let Some(target) = target(unit, run.command, call).filter(|_| !changes) else {
                    continue;
                };
                let known = archives.iter().filter(|a| same(&a.file, &file));
                let nested = known.flat_map(|a| &a.members).find(|member| {
                    let member = path::absolute(member, None);
                    target != "/"
                        && (path::within(&target, &member) || path::within(&member, &target))
                });
                if let Some(member) = nested {
                    let member = path::absolute(member, None);
                    let message = format!(
                        "the archive holds {member}, so the files land in {target}{member}"
                    );
                    report.add(&RULE, unit, run.command.span, message);
                }
            }
            Mode::List => {}
        }
    }
}

fn target(unit: &Unit<'_>, command: &Command, call: &crate::tools::Call<'_>) -> Option<String> {
    match call.value(&["directory"]) {
        Some(word) => Some(unit.path(command, word)),
        None => command.setting.cwd.clone(),
    }
}

/// Tells whether two names mean the same archive: the same text, or the same up to its date.
fn same(made: &str, used: &str) -> bool {
    let stem = |path: &str| {
        let name = path::file_name(path);
        let end = name.find(['$', '*']).unwrap_or(name.len());
        name[..end].trim_end_matches(|c: char| c.is_ascii_digit() || c == '-').to_owned()
    };
    made == used
        || !made.is_empty() && !used.is_empty() && stem(made).len() > 2 && stem(made) == stem(used)
}
