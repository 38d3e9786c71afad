//! RB014: a removal of old copies that only lists them.

use crate::check::Context;
use crate::check::repository::{Act, operations};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// Without --force duplicity tells what it would remove.
pub const RULE: Rule = Rule {
    code: "RB014",
    name: "removal-only-listed",
    severity: Severity::Medium,
    summary: "duplicity is told to remove old copies without `--force`",
    why: "nothing is removed, the disk fills, and one day the backups fail",
    fix: "add `--force` once the listed sets are the right ones",
    source: "duplicity(1): \"--force will be needed to delete the files instead of just listing them\"",
    layer: "static",
    bad: &[
        Example::Script("duplicity remove-older-than 6M file:///backup/srv\n"),
        Example::Script(
            "#!/bin/sh\nset -e\nduplicity --full-if-older-than 1M /srv sftp://backup@store/srv\nduplicity remove-all-but-n-full 3 sftp://backup@store/srv\nduplicity cleanup sftp://backup@store/srv\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/sh
set -e
# nightly copy of the files, three full ones are kept
duplicity --full-if-older-than 1M /srv sftp://backup@store/srv
duplicity verify sftp://backup@store/srv /srv
duplicity remove-all-but-n-full 3 --force sftp://backup@store/srv
duplicity cleanup --force sftp://backup@store/srv
"#,
        ),
        Example::Script("duplicity remove-older-than 6M --force file:///backup/srv\n"),
        Example::Script("duplicity collection-status file:///backup/srv\n"),
        Example::Script(
            "set -e\nduplicity --full-if-older-than 1M /srv file:///backup/srv\nduplicity remove-all-but-n-full 3 --force file:///backup/srv\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for one in operations(context) {
        if one.program == "duplicity"
            && one.act == Act::Forget
            && !one.call.has(&["force", "dry-run"])
        {
            let message = "the old copies are listed and stay".to_owned();
            report.add(&RULE, one.unit, one.run.command.span, message);
        }
    }
}
