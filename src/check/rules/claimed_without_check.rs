//! LL005: a step that says it verifies, and looks at nothing.

use crate::base::Span;
use crate::check::deeds::{Deed, deeds};
use crate::check::names::looks_backup;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Python, Run, TokenKind, Unit};
use crate::evidence::{Place, Severity};
use crate::plan::StepKind;
use crate::shell::{Argument, Command};

/// `echo "restore verified"` proves that echo works, and `[ 1 = 1 ]` that one is one.
pub const RULE: Rule = Rule {
    code: "LL005",
    name: "claimed-without-check",
    severity: Severity::High,
    summary: "a step is called verification, or has a check, and its commands cannot fail; or a program calls its copies complete and asks nothing",
    why: "everybody who reads the report believes that the data was looked at",
    fix: "compare something: checksums, counts, a query; or make it a manual step",
    source: "a published runbook that ends in \"complete backup\" without a check",
    layer: "plan",
    bad: &[
        Example::Script(
            r#"#!/usr/bin/env python3
"""Makes a complete backup of the wiki."""
import shutil
from datetime import date

shutil.copytree("/srv/wiki", f"/backup/wiki-{date.today()}", symlinks=True)
print("backup verified")
"#,
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: verify, title: Verify the restored data, kind: check, check: echo 'data verified'}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: ok, title: Validate integrity, kind: command, risk: read, run: 'sleep 5; printf \"all good\\n\"; true'}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: start, title: Start the database, kind: command, risk: disruptive, run: systemctl start postgresql, check: 'true'}\n  - {id: load, title: Load, kind: command, needs: [start], risk: write, run: 'createdb shop_new', check: 'test -n shop_new'}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: load, title: Load, kind: command, risk: write, run: 'createdb shop_new', check: \"psql -d shop_new -c 'select 1' || true\"}\n",
            inventory: "",
        },
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env python3
"""Makes a complete backup of the wiki and compares it."""
import filecmp
import shutil
import sys
from datetime import date

target = f"/backup/wiki-{date.today()}"
shutil.copytree("/srv/wiki", target, symlinks=True)
found = filecmp.dircmp("/srv/wiki", target)
sys.exit(1 if found.left_only or found.diff_files else 0)
"#,
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: verify, title: Verify the restored data, kind: check, check: 'sha256sum --check /backup/sums && echo verified'}\n  - {id: ask, title: Verify with the owner, kind: manual}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: start, title: Start the database, kind: command, risk: disruptive, run: systemctl start postgresql, check: '[ \"$(systemctl is-active postgresql)\" = active ]'}\n  - {id: there, title: Look, kind: check, needs: [start], check: test -s /srv/pg/PG_VERSION}\n  - {id: count, title: Count, kind: check, needs: [start], check: 'rows=$(psql -XAtc \"select count(*) from orders\"); echo \"$rows\"; test \"$rows\" -gt 1000'}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: say, title: Say that it is done, kind: command, risk: read, run: echo done}\n  - {id: test, title: Check the count, kind: check, check: '[ \"$(wc -l < /srv/x)\" -gt 5 ]'}\n",
            inventory: "",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    if let Some(python) = &context.python {
        in_python(context, python, report);
    }
    for step in context.plan.iter().flat_map(|plan| &plan.steps) {
        let title = step.title.to_lowercase();
        let claims = ["verify", "verif", "validat", "prove", "integrity"]
            .iter()
            .any(|word| title.contains(word));
        if !matches!(step.kind, StepKind::Check | StepKind::Command) {
            continue;
        }
        let own = |unit: &&Unit<'_>| unit.step.is_some_and(|own| own.id == step.id);
        let mut units = context.units.iter().filter(own);
        if let Some(check) = units.clone().find(|unit| unit.part == Place::Check)
            && cannot_fail(check)
        {
            let span = Span::new(0, check.text.trim_end().len());
            let message = "the check succeeds whatever the step did".to_owned();
            report.add(&RULE, check, span, message);
        } else if claims
            && units.clone().any(|unit| unit.part != Place::Rollback)
            && units.all(|unit| unit.part == Place::Rollback || cannot_fail(unit))
        {
            let title = crate::base::escape::one_line(&step.title);
            let message = format!("\"{title}\" only prints; nothing is looked at");
            report.add_whole(&RULE, Some(&step.id), message);
        }
    }
}

/// Judges a Python script that makes or restores copies, says how good they are, and asks nothing.
fn in_python(context: &Context<'_>, python: &Python<'_>, report: &mut Report) {
    let outline = python.outline();
    let copies = context.units.iter().any(|unit| {
        let to_backup =
            |run: Run<'_>| unit.copies(run.command).iter().any(|(_, to)| looks_backup(to));
        deeds(unit).any(|(_, deed)| matches!(deed, Deed::Dump | Deed::Restore | Deed::Send))
            || unit.named(&["cp"]).any(to_backup)
    }) || outline.calls.iter().any(|call| {
        let text = python.span_of((call.at, call.end)).slice(python.text);
        call.path == "open" && looks_backup(text) && text.contains("\"w")
    });
    let asks = python.tokens.iter().enumerate().any(|(at, token)| {
        let word = matches!(
            token.text,
            "assert" | "raise" | "returncode" | "check_call" | "check_output" | "filecmp" | "exit"
        ) || token.text == "check" && python.is(at + 1, "=");
        let compares = token.text == "!" && python.is(at + 1, "=")
            || token.text == "=" && python.is(at + 1, "=");
        token.kind == TokenKind::Name && word || token.kind == TokenKind::Sign && compares
    });
    if !copies || asks {
        return;
    }
    let claims = [
        "complete backup",
        "full backup",
        "complete copy",
        "complete restore",
        "ensure",
        "guarantee",
        "no data loss",
        "verified",
        "integrity",
        "fully restored",
    ];
    let said = python.tokens.iter().find(|token| {
        let text = token.text.to_ascii_lowercase();
        let about =
            ["backup", "restore", "recover", "cop", "data"].iter().any(|w| text.contains(w));
        token.kind == TokenKind::Text && about && claims.iter().any(|claim| text.contains(claim))
    });
    if let Some(token) = said {
        let message = "this is said, and nothing in the program looks whether it is so".to_owned();
        report.add_python(&RULE, token.span, message).severity = Severity::Low;
    }
}

/// Tells whether a text succeeds on every machine: it only prints, compares what stands there with itself, or swallows failures.
fn cannot_fail(unit: &Unit<'_>) -> bool {
    // Reading a file can fail, and so can what is put into a word.
    let plain = unit.commands.opaque.is_empty() && unit.script.parsed;
    let swallowed = |run: Run<'_>| run.command.setting.masked && !run.command.setting.substituted;
    let mut runs = unit.runs().peekable();
    plain
        && runs.peek().is_some()
        && runs.all(|run| {
            let quiet = run.command.redirects.is_empty() && !run.command.setting.substituted;
            swallowed(run) || quiet && (talks(run.command) || compares_itself(run.command))
        })
        && (!unit.text.contains("$(") || unit.runs().all(swallowed))
        // A condition in double brackets is no command; it can fail.
        && !unit.text.contains("[[")
        && !unit.text.contains("((")
}

fn talks(command: &Command) -> bool {
    let fails = |word: &Argument| word.literal().is_none_or(|word| word != "0");
    match command.name() {
        Some("echo" | "printf" | "true" | ":" | "sleep" | "date" | "logger" | "set") => true,
        Some("exit") => !command.arguments().iter().any(fails),
        Some("cd") => true,
        Some(_) | None => false,
    }
}

/// Tells whether a test looks at nothing but the words that stand in it.
fn compares_itself(command: &Command) -> bool {
    let words: Option<Vec<&str>> = command.arguments().iter().map(Argument::literal).collect();
    let Some(mut words) = words.filter(|_| command.is(&["test", "["])) else { return false };
    if words.last() == Some(&"]") {
        words.pop();
    }
    match words.as_slice() {
        ["-n", text] | [text] => !text.is_empty(),
        ["-z", text] => text.is_empty(),
        [left, "=" | "==" | "-eq", right] => left == right,
        [left, "!=" | "-ne", right] => left != right,
        _ => false,
    }
}
