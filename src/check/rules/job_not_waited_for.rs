//! SH012: a job in the background whose end nobody sees.

use crate::check::deeds::{self, Deed};
use crate::check::outcome::{each, within};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit};
use crate::evidence::Severity;

/// `&` returns at once, and with success.
pub const RULE: Rule = Rule {
    code: "SH012",
    name: "job-not-waited-for",
    severity: Severity::High,
    summary: "a dump, copy or restore runs in the background, and nothing waits for it and asks for its exit code",
    why: "what follows works on a file that is still being written, and a failure is never seen",
    fix: "keep `$!` and `wait \"$pid\" || exit 1` for each job, before anything uses the result",
    source: "bash(1), wait: without an argument the exit code is zero; measured with bash 5.2: `false & wait` gives 0, `wait $!` gives 1",
    layer: "static",
    bad: &[
        Example::Script(
            "pg_dump -Fc -f /backup/a.new a &\npg_dump -Fc -f /backup/b.new b &\nmv /backup/a.new /backup/a.dump\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
stamp=$(date +%F)
for db in shop wiki crm; do
  mysqldump --single-transaction "$db" > "/backup/$db-$stamp.sql" &
done
wait
rclone copy /backup offsite:dumps
"#,
        ),
        Example::Script("rsync -a /srv/app/ /backup/app/ &\nlvremove -y vg0/snap\n"),
    ],
    good: &[
        Example::Script(
            "pg_dump -Fc -f /backup/a.new a &\npid=$!\nwait \"$pid\" || exit 1\nmv /backup/a.new /backup/a.dump\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
stamp=$(date +%F)
pids=()
for db in shop wiki crm; do
  mysqldump --single-transaction "$db" > "/backup/$db-$stamp.sql" &
  pids+=("$!")
done
for pid in "${pids[@]}"; do
  wait "$pid"
done
rclone copy /backup offsite:dumps
"#,
        ),
        Example::Script("sleep 60 &\necho waiting\nrm -f /tmp/x &\nwait\n"),
        Example::Script("restic backup /srv & wait -n\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.scripts() {
        if !unit.text.contains('&') {
            continue;
        }
        let mut background = Vec::new();
        each(&unit.script.statements, &mut |statement, _| {
            if statement.background {
                background.push(statement.span);
            }
        });
        if background.is_empty() || waits(unit) {
            continue;
        }
        let found = deeds::deeds(unit).find(|(run, deed)| {
            // A service is started to run on.
            !matches!(deed, Deed::Delete | Deed::Verify)
                && !run.command.has("--daemon")
                && background.iter().any(|span| within(run.command.span, *span))
                && unit
                    .runs()
                    .any(|other| other.index > run.index && !other.command.words.is_empty())
        });
        if let Some((run, _)) = found {
            let name = run.command.name().unwrap_or_default();
            let message = match unit.named(&["wait"]).next() {
                Some(_) => format!("`wait` without a job gives 0, whatever became of `{name}`"),
                None => format!("nothing waits for `{name}`"),
            };
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}

/// Tells whether something waits for a job by its number and gets its exit code.
fn waits(unit: &Unit<'_>) -> bool {
    unit.named(&["wait"]).any(|run| !run.command.arguments().is_empty())
}
