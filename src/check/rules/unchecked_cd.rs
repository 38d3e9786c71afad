//! SH008: commands that run in the wrong directory.

use crate::base::Span;
use crate::check::outcome::{Outcome, outcome};
use crate::check::rule::{Example, Report, Rule, edit};
use crate::check::{Context, Run, Unit};
use crate::evidence::{Edit, Severity};
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
            finding.edit = guarded(unit, cd);
        }
    }
}

/// Returns the edit that ends the script where the directory is not there: where the command stands on a line of its
/// own, each time once, and nothing was stopped before that the script would have started again.
fn guarded(unit: &Unit<'_>, cd: Run<'_>) -> Option<Edit> {
    let setting = &cd.command.setting;
    let text = unit.slice(cd.command.span);
    // The span of a statement may take in what is behind it on its line.
    let words = cd.command.words.iter().map(|word| word.span);
    let redirects = cd.command.redirects.iter().map(|redirect| redirect.span);
    let end = words.chain(redirects).map(|span| span.end).max()?;
    let before = unit.text[..cd.command.span.start].rsplit('\n').next().unwrap_or_default();
    let behind = unit.text[end..].lines().next().unwrap_or_default().trim_start();
    let alone = before.trim().is_empty() && (behind.is_empty() || behind.starts_with('#'));
    let own = text.starts_with("cd") || text.starts_with("pushd");
    let stops = |run: Run<'_>| run.index < cd.index && run.command.has("stop");
    let stopped = unit.named(&["systemctl", "service", "docker"]).any(stops);
    (own && alone && setting.stage.is_none() && !setting.repeated && !stopped)
        .then(|| edit(Span::new(end, end), " || exit 1"))
        .flatten()
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

#[cfg(test)]
mod tests {
    use crate::check::{Facts, Language, script};

    fn edited(text: &str) -> Option<String> {
        let checked = script(text, Language::Bash, &Facts::default());
        let finding = checked.findings.iter().find(|one| one.rule == super::RULE.code);
        let edit = finding.unwrap_or_else(|| panic!("{text}")).edit.as_ref()?;
        let mut text = text.to_owned();
        text.replace_range(edit.span.start..edit.span.end, &edit.replacement);
        Some(text)
    }

    #[test]
    fn a_cd_is_guarded_where_that_changes_nothing_else() {
        for (text, expected) in [
            ("cd /var/cache/app\nrm -rf *\n", Some("cd /var/cache/app || exit 1\nrm -rf *\n")),
            (
                "cd /var/cache/app  # the cache\nrm -rf *\n",
                Some("cd /var/cache/app || exit 1  # the cache\nrm -rf *\n"),
            ),
            (
                "f() {\n  cd /srv/x\n  rm -rf *\n}\nf\n",
                Some("f() {\n  cd /srv/x || exit 1\n  rm -rf *\n}\nf\n"),
            ),
            ("date\ncd /srv/x\nrm -rf *\n", Some("date\ncd /srv/x || exit 1\nrm -rf *\n")),
            ("cd /var/cache/app; rm -rf *\n", None),
            ("date; cd /srv/x\nrm -rf *\n", None),
            ("for d in a b; do\n  cd /srv/$d\n  rm -rf *\ndone\n", None),
            ("bash -c 'cd /srv/x\nrm -rf *'\n", None),
            ("systemctl stop app\ncd /srv/x\nrm -rf *\nsystemctl start app\n", None),
        ] {
            assert_eq!(edited(text).as_deref(), expected, "{text}");
        }
    }
}
