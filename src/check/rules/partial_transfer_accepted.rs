//! FS006: the exit code by which rsync says that files are missing is let pass.

use crate::check::Context;
use crate::check::names::looks_backup;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::shell::Argument;

/// 23 means that some files were not copied, 24 that some went away meanwhile.
pub const RULE: Rule = Rule {
    code: "FS006",
    name: "partial-transfer-accepted",
    severity: Severity::Medium,
    summary: "a script names exit code 23 of rsync as one to go on with, or throws the code away",
    why: "files that could not be read or written are missing in the copy, and it counts as complete",
    fix: "let 24 pass where files come and go, fail on everything else: `[ \"$rc\" -eq 0 ] || [ \"$rc\" -eq 24 ]`",
    source: "rsync(1), EXIT VALUES: \"23 Partial transfer due to error\", \"24 Partial transfer due to vanished source files\"",
    layer: "static",
    bad: &[
        Example::Script("rsync -a /srv/data/ /backup/data/ || true\n"),
        Example::Script(
            "#!/bin/bash\nrsync -aHAX --numeric-ids /home/ backup1:/backup/home/\nrc=$?\nif [ \"$rc\" -ne 0 ] && [ \"$rc\" -ne 23 ] && [ \"$rc\" -ne 24 ]; then\n  logger -t backup \"rsync failed: $rc\"\n  exit \"$rc\"\nfi\n",
        ),
        Example::Script("rsync -a /srv/ /backup/srv/\nrc=$?\n[ $rc -le 24 ] || exit $rc\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
# copies the homes; a file that vanished meanwhile is no fault, one that could not be read is
rc=0
rsync -aHAX --numeric-ids /home/ backup1:/backup/home/ || rc=$?
if [ "$rc" -ne 0 ] && [ "$rc" -ne 24 ]; then
  logger -t backup "rsync failed: $rc"
  exit "$rc"
fi
"#,
        ),
        Example::Script(
            "rc=0\nrsync -a /srv/ /backup/srv/ || rc=$?\nif [ \"$rc\" -ne 0 ] && [ \"$rc\" -ne 24 ]; then exit \"$rc\"; fi\n",
        ),
        Example::Script("set -e\nrsync -a /srv/ /backup/srv/\n[ \"$n\" -eq 23 ]\n"),
        Example::Script("set -e\nrsync -a /usr/share/doc/ /tmp/doc/ || true\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["rsync"]) {
        let words = || run.command.arguments().iter().map(Argument::shown);
        if !words().any(|w| looks_backup(&w)) {
            continue;
        }
        if run.command.setting.masked {
            let message = "whatever rsync could not copy goes unnoticed".to_owned();
            report.add(&RULE, unit, run.command.span, message);
            continue;
        }
        let passes = unit.runs().find(|other| {
            let words = other.command.literals();
            let pairs: &[&[&str]] = &[
                &["-ne", "23"],
                &["-eq", "23"],
                &["!=", "23"],
                &["-le", "24"],
                &["-lt", "25"],
                &["-gt", "24"],
            ];
            other.index > run.index
                && other.command.is(&["test", "["])
                && pairs.iter().any(|pair| words.windows(2).any(|w| w == *pair))
                && other.command.arguments().iter().any(|a| {
                    let shown = a.shown().to_ascii_lowercase();
                    ["$?", "rc", "status", "exit", "ret", "code"]
                        .iter()
                        .any(|name| shown.contains(name))
                })
        });
        if let Some(passes) = passes {
            let message = "23 says that files were not copied".to_owned();
            report.add(&RULE, unit, passes.command.span, message);
            return;
        }
    }
}
