//! SH003: a deletion below a variable that may be empty.

use crate::base::Span;
use crate::check::names::is_vital;
use crate::check::rule::{Example, Report, Rule, edit};
use crate::check::{Context, Run, Unit};
use crate::evidence::{Edit, Severity};
use crate::shell::ast::{Statement, StatementKind};
use crate::shell::{Argument, Command, Origin, Piece, Unknown, path};
use crate::tools::{self, find};

/// `set -u` stops at an unset variable and lets an empty one pass.
pub const RULE: Rule = Rule {
    code: "SH003",
    name: "rm-of-possibly-empty-path",
    severity: Severity::Critical,
    summary: "a deleting command gets a path that turns into another directory when a variable is empty",
    why: "with the variable empty the command works on the directory above, or on the root",
    fix: "write `${NAME:?}`, which stops the script, and quote it; or test the value before",
    source: "bash(1), Parameter Expansion; measured: rm -rf \"$D/\"* with D empty lists /bin /boot …; Steam #3671; Kyoto University 2021 (77 TB)",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
set -e
# makes room for the restore
source /etc/backup/restore.conf
systemctl stop app
rm -rf "$STAGE"/*
restic restore latest --target /srv/restored
systemctl start app
"#,
        ),
        Example::Script("set -euo pipefail\nrm -rf \"$STAGE/\"*\n"),
        Example::Script(
            "#!/bin/bash\nset -u\nKEEP=14\nfind $BACKUP_ROOT/ -type f -mtime +$KEEP -delete\n",
        ),
        Example::Script(
            "target=$(cat /etc/restore-target)\nrm -rf \"/srv/$target\"\ntar -xzf /backup/app.tgz -C /srv\n",
        ),
        Example::Script("clean() { rm -rf \"$1\"/*; }\nclean \"$OLD_SNAPSHOT\"\n"),
        Example::Script("DIR=\nrm -rf \"$DIR/\"*\n"),
        Example::Script("mkfs.ext4 -F $DATA_DEVICE\n"),
        Example::Script("cd \"$WORK\"\nssh dr1 \"rm -rf $DEST/*\"\n"),
    ],
    good: &[
        Example::Script("set -euo pipefail\nrm -rf \"${STAGE:?}/\"*\n"),
        Example::Script(
            "[ -n \"$STAGE\" ] || { echo 'STAGE is empty' >&2; exit 1; }\nrm -rf \"$STAGE/\"*\n",
        ),
        Example::Script(
            "work=$(mktemp -d)\ntrap 'rm -rf \"$work\"' EXIT\nrestic restore latest --target \"$work\"\nrm -rf \"$work/\"*\n",
        ),
        Example::Script(
            "ROOT=/backup/daily\nfind \"$ROOT/\" -mindepth 1 -maxdepth 1 -mtime +30 -exec rm -rf {} +\n",
        ),
        Example::Script(
            "case \"$T\" in /srv/stage/*) ;; *) echo bad >&2; exit 1 ;; esac\nrm -rf \"$T/\"*\n",
        ),
        Example::Script(
            "find ${state:+\"$state\"} /srv/app -mindepth 1 -prune -exec rm -rf {} +\n",
        ),
        Example::Script("rm -f \"$tmp/report.txt\"\nrm -rf \"$old\"\n"),
        Example::Script("for d in /backup/daily/*; do rm -rf \"$d/cache\"; done\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.runs() {
        let command = run.command;
        match command.name() {
            Some("rm") => {
                let recursive = recursive(unit, command);
                for argument in operands(unit, command) {
                    look(unit, run, argument, recursive, report);
                }
            }
            Some("find") if deletes(unit, run) => {
                let words = unit.words(command);
                for root in find::roots(&words) {
                    if let Some(argument) = command.words.get(root.index) {
                        look(unit, run, argument, true, report);
                    }
                }
            }
            Some("rsync") => {
                let call = unit.take_apart(command);
                let deletes = call
                    .as_ref()
                    .is_some_and(|c| c.flags.iter().any(|f| f.name.starts_with("del")));
                let target = call.and_then(|c| c.operands.last().map(|w| w.index));
                if let Some(argument) =
                    target.filter(|_| deletes).and_then(|at| command.words.get(at))
                {
                    look(unit, run, argument, true, report);
                }
            }
            Some(name)
                if name == "shred"
                    || name == "dd"
                    || name == "wipefs"
                    || name.starts_with("mkfs") =>
            {
                device(unit, run, report);
            }
            Some(_) | None => {}
        }
    }
}

fn recursive(unit: &Unit<'_>, command: &Command) -> bool {
    unit.take_apart(command).is_some_and(|c| c.has(&["recursive"]))
}

fn operands<'u>(unit: &Unit<'_>, command: &'u Command) -> Vec<&'u Argument> {
    let call = unit.take_apart(command);
    let operands = call.into_iter().flat_map(|c| &c.operands);
    operands.filter_map(|w| command.words.get(w.index)).collect()
}

/// Tells whether a find deletes itself, or hands what it finds to a command that does.
fn deletes(unit: &Unit<'_>, run: Run<'_>) -> bool {
    if run.command.has("-delete") {
        return true;
    }
    let removes = |c: &Command| c.is(&["rm", "shred", "unlink"]);
    let handed =
        |c: &Command| c.wrappers.iter().any(|w| w == "find" || w == "xargs" || w == "parallel");
    unit.commands.list.iter().any(|c| {
        let same_pipe = match (c.setting.stage, run.command.setting.stage) {
            (Some(a), Some(b)) => a.pipeline == b.pipeline,
            _ => false,
        };
        removes(c) && handed(c) && (c.span == run.command.span || same_pipe)
    })
}

fn look(unit: &Unit<'_>, run: Run<'_>, argument: &Argument, recursive: bool, report: &mut Report) {
    let command = run.command;
    let shown = argument.shown();
    let name = command.name().unwrap_or_default();
    // A certain path that is the root, or became it (`D=; rm -rf "$D/"*`).
    if argument.unknowns().next().is_none() {
        let full = path::absolute(&shown, command.setting.cwd.as_deref());
        let emptied = is_vital(&full) && recursive && full.starts_with('/');
        let by_variable = unit.slice(argument.span).contains('$');
        if emptied && by_variable {
            let message = format!("`{name}` works on {full}, because a variable is empty");
            report.add(&RULE, unit, argument.span, message);
        }
        return;
    }
    let Some(left) = argument.emptied() else {
        return;
    };
    let glob = argument.has_glob();
    if left.is_empty() {
        // An empty argument is an error for rm; `find $D` without one starts where it stands.
        // `${x:+"$x"}` is no word at all where the variable is empty, and is written for that.
        let loose = argument.unknowns().any(|u| !u.quoted && !u.shown.contains(":+"));
        if name == "find" && loose {
            let message = format!("with {shown} empty, find starts in the current directory");
            let elsewhere = set_elsewhere(unit, argument);
            let finding = report.add(&RULE, unit, argument.span, message);
            match elsewhere {
                true => finding.severity = Severity::Low,
                false => finding.edit = guard(unit, argument),
            }
        }
        return;
    }
    let absolute = path::absolute(&left, command.setting.cwd.as_deref());
    let starts_unknown = matches!(argument.pieces.first(), Some(Piece::Unknown(_)));
    let at_root = starts_unknown && left.starts_with('/');
    let climbs = ends_unknown(argument) && left.ends_with('/') && left.len() > 1;
    let dangerous = match (recursive, glob) {
        (true, _) => at_root && depth(&absolute) <= 2 || is_vital(&absolute) || climbs,
        (false, true) => at_root && depth(&absolute) <= 1 || climbs,
        (false, false) => false,
    };
    // `rm -f /name-*` finds what hardly any machine has in its root.
    let wide = glob && (recursive || left.starts_with("/*"));
    let vital = is_vital(&absolute) || climbs || wide || usual_top(&absolute);
    if dangerous {
        let culprit = argument
            .unknowns()
            .find(|u| u.may_be_empty)
            .map(|u| u.shown.clone())
            .unwrap_or_default();
        let message = format!("with {culprit} empty, `{name}` works on {absolute}");
        let finding = report.add(&RULE, unit, argument.span, message);
        // Below a directory that is not known either, nothing says that it matters.
        let weak = !vital || absolute.starts_with('$') || !absolute.starts_with('/');
        // Several variables, each of which would have to be empty at the same time.
        let mut empty = argument.unknowns().filter(|u| u.may_be_empty);
        let several = empty.next().is_some_and(|first| first.origin != Origin::Output)
            && empty.next().is_some()
            && (starts_unknown || !climbs);
        let weak = weak || at_root && name == "find" && narrow(command);
        finding.severity = match (weak || several, set_elsewhere(unit, argument)) {
            (false, false) => finding.severity,
            (false, true) if emptied_whole(&absolute) && recursive => Severity::Medium,
            (true, false) if !weak || absolute.starts_with('$') => Severity::Medium,
            (true, false) | (_, true) => Severity::Low,
        };
        // Some variables are empty on purpose (`DESTDIR`); where hardly anything says that it does harm, nothing is changed.
        if finding.severity > Severity::Low {
            finding.edit = guard(unit, argument);
        }
    }
}

/// Tells whether a search is for files of one name, which hardly stand elsewhere: `-name 'README*'`, not `-name '*.gz'`.
fn narrow(find: &Command) -> bool {
    find.arguments().windows(2).any(|pair| {
        let name = pair[1].shown();
        let letters = name.chars().filter(char::is_ascii_alphabetic).count();
        matches!(pair[0].literal(), Some("-name" | "-iname"))
            && letters > 5
            && !name.starts_with("*.")
    })
}

/// Tells whether nothing but everything below a directory is meant: `/`, `/*`.
fn emptied_whole(path: &str) -> bool {
    matches!(path, "/" | "/*" | "")
}

/// Tells whether the values most likely come from a file that the script reads in, or from whoever reads this file in:
/// then nothing here says that they can be empty.
fn set_elsewhere(unit: &Unit<'_>, argument: &Argument) -> bool {
    let reads_in = unit.named(&["source", "."]).next().is_some();
    let part = only_defines(&unit.script.statements);
    let own = |u: &Unknown| u.may_be_empty && !from_elsewhere(unit, u);
    (reads_in || part) && !argument.unknowns().any(own)
}

/// Tells whether a value is one that no command of the script gives: a variable it never sets, or the output of a
/// function that is not its own.
fn from_elsewhere(unit: &Unit<'_>, unknown: &Unknown) -> bool {
    match unknown.origin {
        Origin::Environment => true,
        Origin::Output => {
            let inner = unknown.shown.strip_prefix("$(").unwrap_or_default();
            let name = inner.split([' ', ')', '…']).next().unwrap_or_default();
            !name.is_empty() && !tools::exists(name) && !unit.commands.defined.contains(name)
        }
        Origin::Variable | Origin::Argument | Origin::Temporary | Origin::Time | Origin::Found => {
            false
        }
    }
}

/// Tells whether a text only defines functions and variables, so that another script reads it in.
fn only_defines(statements: &[Statement]) -> bool {
    let defines = |statement: &Statement| match &statement.kind {
        StatementKind::Function { .. } => true,
        StatementKind::Simple(simple) => simple.words.is_empty(),
        StatementKind::Pipeline(_)
        | StatementKind::List(_)
        | StatementKind::If { .. }
        | StatementKind::Loop(_)
        | StatementKind::Case { .. }
        | StatementKind::Subshell(_)
        | StatementKind::Group(_)
        | StatementKind::Condition(_)
        | StatementKind::Arithmetic(_) => false,
    };
    statements.iter().all(defines)
        && statements.iter().any(|one| matches!(one.kind, StatementKind::Function { .. }))
}

/// Tells whether the last component is unknown and nothing else, but for a glob.
fn ends_unknown(argument: &Argument) -> bool {
    let mut rest = argument.pieces.iter().rev().skip_while(|p| match p {
        Piece::Glob(g) => g == "*" || g == "/*",
        Piece::Text(t) => t == "/",
        Piece::Unknown(_) => false,
    });
    matches!(rest.next(), Some(Piece::Unknown(u)) if u.may_be_empty)
}

/// Tells whether the first directory of a path is one that machines have.
fn usual_top(path: &str) -> bool {
    let top = path.split('/').nth(1).unwrap_or_default();
    let usual = [
        "bin", "boot", "dev", "etc", "home", "lib", "lib64", "media", "mnt", "opt", "root", "run",
        "sbin", "srv", "sys", "usr", "var", "data", "backup", "backups", "app", "apps", "www",
        "storage", "pgdata", "mysql", "db",
    ];
    usual.contains(&top)
}

fn depth(path: &str) -> usize {
    path.split('/').filter(|c| !c.is_empty()).count()
}

fn device(unit: &Unit<'_>, run: Run<'_>, report: &mut Report) {
    let name = run.command.name().unwrap_or_default();
    for argument in run.command.arguments() {
        let target = if name == "dd" {
            argument.prefix().starts_with("of=")
        } else {
            !argument.prefix().starts_with('-')
        };
        let from_outside = argument.unknowns().any(|u| u.may_be_empty && !u.quoted);
        let whole = argument.literal().is_none() && !tools::is_device(argument.prefix());
        if target && from_outside && whole {
            let message = format!(
                "{} may be empty or more than one word, and `{name}` overwrites what it names",
                argument.shown()
            );
            // An empty name is an error for these tools; several words mostly are, too.
            report.add(&RULE, unit, argument.span, message).severity = Severity::Low;
        }
    }
}

/// Returns the edit that makes the first plain variable of a word, `$NAME` or `${NAME}`, stop the script when empty.
fn guard(unit: &Unit<'_>, argument: &Argument) -> Option<Edit> {
    argument.unknowns().find(|unknown| unknown.may_be_empty)?;
    let text = unit.slice(argument.span);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for (at, _) in text.match_indices('$') {
        let rest = &text[at + 1..];
        let (name, end) = match rest.strip_prefix('{') {
            Some(inner) => match inner.split_once('}') {
                Some((name, _)) => (name, at + name.len() + 3),
                None => continue,
            },
            None => {
                let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                (&rest[..length], at + 1 + length)
            }
        };
        let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if plain && name.chars().all(is_name) {
            let start = argument.span.start;
            return edit(Span::new(start + at, start + end), format!("${{{name}:?}}"));
        }
    }
    None
}
