//! PY005: a backup that a script starts again and again by itself.

use crate::check::deeds::{self, Deed};
use crate::check::lookups::Spans;
use crate::check::outcome::endless;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit};
use crate::check::{Python, TokenKind};
use crate::evidence::Severity;

/// A loop that sleeps is a scheduler without its good sides.
pub const RULE: Rule = Rule {
    code: "PY005",
    name: "backup-in-endless-loop",
    severity: Severity::Medium,
    summary: "a backup runs in `while True` with a sleep instead of a timer",
    why: "nothing starts it after a reboot or an error, its time wanders with the length of each run, it cannot be stopped between two copies, and the first exception ends all backups without a word",
    fix: "a systemd timer or cron job that starts one run, with a lock and a report",
    source: "systemd.timer(5), OnCalendar, Persistent; Python documentation, time.sleep: the suspension may be longer than asked",
    layer: "static",
    bad: &[
        Example::Script(
            "#!/usr/bin/env python3\nimport subprocess, time\nwhile True:\n    subprocess.run(['rsync', '-a', '/srv/app/', '/backup/app/'])\n    time.sleep(3600)\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
"""Keeps a copy of the data."""
import shutil
import time
from datetime import datetime


def make_backup():
    shutil.copytree("/srv/app", f"/backup/app-{datetime.now():%Y%m%dT%H%M}")


def main():
    while True:
        make_backup()
        time.sleep(24 * 3600)


main()
"#,
        ),
        Example::Script(
            "#!/bin/bash\nwhile true; do\n  mysqldump --single-transaction shop > \"/backup/shop-$(date +%s).sql\"\n  sleep 3600\ndone\n",
        ),
    ],
    good: &[
        Example::Script(
            "#!/usr/bin/env python3\nimport subprocess\nsubprocess.run(['rsync', '-a', '/srv/app/', '/backup/app/'], check=True)\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
"""Waits for the copy that the storage makes, then tests it."""
import time

import schedule


def backup():
    return 0


schedule.every().day.at("02:00").do(backup)
while True:
    schedule.run_pending()
    time.sleep(30)
"#,
        ),
        Example::Script(
            "#!/bin/bash\nset -e\nwhile ! pg_isready -q; do sleep 1; done\npg_dump -Fc -f /backup/x.new shop\nwhile true; do date; sleep 1; done\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    if let Some(python) = &context.python {
        in_python(python, report);
    }
    for unit in context.scripts() {
        in_shell(unit, report);
    }
}

fn in_python(python: &Python<'_>, report: &mut Report) {
    let outline = python.outline();
    for one in outline.loops.iter().filter(|one| one.endless) {
        let inside = |at: usize| one.body.0 <= at && at < one.body.1;
        let calls = || outline.calls.iter().filter(|call| inside(call.at));
        let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let sleeps = calls().any(|call| last(&call.path) == "sleep");
        let scheduled = calls().any(|call| last(&call.path) == "run_pending");
        let left = python.tokens[one.body.0..one.body.1]
            .iter()
            .any(|t| t.kind == TokenKind::Name && matches!(t.text, "break" | "return"));
        let copies = calls().find(|call| {
            let name = last(&call.path);
            let text = python.span_of((call.at, call.end)).slice(python.text);
            let tool =
                ["rsync", "mysqldump", "pg_dump", "tar ", "'tar'", "\"tar\"", "restic", "borg"]
                    .iter()
                    .any(|w| text.contains(w));
            name.contains("backup")
                || name.contains("restore")
                || matches!(name.as_str(), "copytree" | "make_archive")
                || tool && !name.contains("sleep")
        });
        if let Some(call) = copies.filter(|_| sleeps && !scheduled && !left) {
            let message = "this loop is the only thing that makes copies".to_owned();
            report.add_python(&RULE, python.span_of((call.at, call.end)), message);
        }
    }
}

fn in_shell(unit: &Unit<'_>, report: &mut Report) {
    if !unit.text.contains("sleep") {
        return;
    }
    let sleeping = unit.named(&["sleep"]).map(|run| (run.command.span, run.index));
    let sleeping = Spans::new(sleeping);
    for span in endless(unit) {
        let copy = deeds::first_inside(unit, *span, &[Deed::Dump, Deed::Send, Deed::Restore]);
        if let Some(run) = copy.filter(|_| sleeping.any_inside(*span)) {
            let message = "this loop is the only thing that makes copies".to_owned();
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}
