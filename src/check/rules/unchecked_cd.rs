//! SH008: commands that run in the wrong directory.

use crate::base::Span;
use crate::check::outcome::{Outcome, outcome};
use crate::check::rule::{Example, Report, Rule, edit};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;
use crate::shell::Command;
use crate::shell::ast::RedirectKind;
use crate::tools::tar;

/// A `cd` that fails leaves the shell where it was.
pub const RULE: Rule = Rule {
    code: "SH008",
    name: "unchecked-cd",
    severity: Severity::Medium,
    summary: "`cd` may fail, and what follows deletes, packs or writes relative to the directory",
    why: "the commands then work on whatever directory the script was started in: the root, a home directory, the live data",
    fix: "`cd dir || exit 1`, `set -e`, or absolute paths",
    source: "bash(1), cd; ShellCheck SC2164; measured with bash 5.2: `cd /nonexistent; pwd` prints the old directory",
    layer: "static",
    bad: &[
        Example::Script("cd /var/cache/app\nrm -rf *\n"),
        Example::Script(
            r#"#!/bin/bash
# pack the volume, then thin out the old packs
SRC=/mnt/volume/app
cd $SRC
tar -czf /backup/app-$(date +%F).tgz .
cd /backup
find . -name 'app-*.tgz' -mtime +30 -delete
"#,
        ),
        Example::Script("cd /srv/restore\ntar -xzf /backup/app.tgz\n"),
    ],
    good: &[
        Example::Script("cd /var/cache/app || exit 1\nrm -rf ./*\n"),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
SRC=/mnt/volume/app
cd "$SRC"
tar -czf "/backup/app-$(date +%F).tgz" .
( cd /backup && find . -name 'app-*.tgz' -newer /backup/.keep -print )
"#,
        ),
        Example::Script("cd /srv/app\necho done > /var/log/done\nrm -rf /srv/app/cache\n"),
        Example::Script("if cd /srv/cache; then rm -rf ./*; fi\ncd /srv/app\nmake\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in &context.units {
        for cd in unit.named(&["cd", "pushd"]) {
            let home =
                cd.command.arguments().is_empty() || cd.command.has("-") || cd.command.has("/");
            if home || outcome(unit, cd) != Outcome::Ignored {
                continue;
            }
            let rest = unit
                .runs()
                .filter(|other| other.index > cd.index && !other.command.setting.deferred);
            let mut rest = rest.take_while(|other| !other.command.is(&["cd", "pushd", "popd"]));
            let Some((harmed, severity)) =
                rest.find_map(|other| Some((other, relative(unit, other)?)))
            else {
                continue;
            };
            let name = harmed.command.name().unwrap_or("a redirection");
            let message = format!("when this fails, `{name}` works in another directory");
            let finding = report.add(&RULE, unit, cd.command.span, message);
            finding.severity = severity;
            let end = cd.command.span.end;
            let alone = unit.text[end..].lines().next().is_some_and(|line| line.trim().is_empty());
            if alone && cd.command.setting.stage.is_none() {
                finding.edit = edit(Span::new(end, end), " || exit 1");
            }
        }
    }
}

/// Returns how bad it is that a command works relative to the wrong directory, where it does.
fn relative(unit: &Unit<'_>, run: Run<'_>) -> Option<Severity> {
    let command = run.command;
    let here = |text: &str| !text.starts_with(['/', '$', '~', '-']);
    let operands: Vec<String> =
        command.arguments().iter().map(|a| a.shown().into_owned()).filter(|w| here(w)).collect();
    match command.name() {
        Some("rm" | "shred") => {
            let wide = recursive(command)
                || operands.iter().any(|w| w.starts_with('*') || w.starts_with("./*"));
            if operands.is_empty() {
                None
            } else if operands.iter().any(|w| matches!(w.as_str(), "*" | "./*" | ".")) && wide {
                Some(Severity::Critical)
            } else {
                // A name of its own is seldom there in another directory.
                Some(Severity::Low)
            }
        }
        Some("find") if command.has("-delete") => {
            let roots = crate::tools::find::roots(&unit.words(command)).to_vec();
            (roots.is_empty() || roots.iter().any(|w| here(&w.text))).then_some(Severity::High)
        }
        Some("tar") => {
            let call = unit.take_apart(command)?;
            let packs =
                tar::mode(call) == tar::Mode::Create && call.operands.iter().any(|w| here(&w.text));
            let unpacks = tar::mode(call) == tar::Mode::Extract;
            let aside = call.has(&["directory"]);
            (!aside && (packs || unpacks)).then_some(Severity::Medium)
        }
        Some("borg") if command.has("extract") => Some(Severity::Medium),
        Some("rsync") if command.literals().iter().any(|w| w.starts_with("--del")) => {
            (!operands.is_empty()).then_some(Severity::High)
        }
        _ => {
            let written = command.redirects.iter().any(|r| {
                r.kind == RedirectKind::Truncate
                    && here(&r.target.shown())
                    && r.target.literal().is_some()
            });
            (written && crate::check::deeds::deed(unit, command).is_some())
                .then_some(Severity::Medium)
        }
    }
}

fn recursive(command: &Command) -> bool {
    command.literals().iter().any(|w| {
        *w == "--recursive"
            || crate::check::deeds::short(w, 'r')
            || crate::check::deeds::short(w, 'R')
    })
}
