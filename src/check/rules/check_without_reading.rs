//! RB002: a check that looks at the structure and not at the data.

use crate::base::Span;
use crate::check::Context;
use crate::check::repository::{Act, Operation, operations};
use crate::check::rule::{Example, Report, Rule, edit};
use crate::evidence::Severity;

/// A flipped bit in a pack passes a plain check.
pub const RULE: Rule = Rule {
    code: "RB002",
    name: "check-without-reading",
    severity: Severity::Medium,
    summary: "a repository is verified by a check that does not read its data",
    why: "a damaged pack passes, and the restore of the file in it fails",
    fix: "`restic check --read-data-subset=5%` each night and all of it each month, `borg check --verify-data`, `duplicity verify --compare-data`, `kopia snapshot verify --verify-files-percent=5`; and restore something",
    source: "restic-check(1); measured with restic 0.14: after one flipped byte in a pack `check` ends with 0, `check --read-data` with 1",
    layer: "static",
    bad: &[
        Example::Script("restic -r /backup/restic check\n"),
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\nexport RESTIC_REPOSITORY=/backup/restic RESTIC_PASSWORD_FILE=/root/.restic\nrestic backup /srv\nrestic forget --keep-daily 14 --prune\nrestic check --with-cache\necho \"backup verified\" | logger -t backup\n",
        ),
        Example::Script("borg check --repository-only /backup/borg\n"),
        Example::Script("duplicity verify file:///backup/srv /srv\n"),
        Example::Script("kopia snapshot verify --parallel=4\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# nightly copy, of which a tenth is read each night
export RESTIC_REPOSITORY=/backup/restic RESTIC_PASSWORD_FILE=/root/.restic
restic backup /srv
restic forget --keep-daily 14 --prune
restic check --read-data-subset="$(date +%-d | awk '{print ($1 % 10) + 1}')/10"
echo "backup verified" | logger -t backup
"#,
        ),
        Example::Script("restic check --read-data-subset=5%\n"),
        Example::Script(
            "restic check\nrestic restore latest --target /srv/stage --include /srv/app\ndiff -r /srv/stage/srv/app /srv/app\n",
        ),
        Example::Script(
            "set -euo pipefail\nrestic backup /srv\nif [ \"$(date +%u)\" = 7 ]; then restic check --read-data; else restic check; fi\n",
        ),
        Example::Script(
            "borg check --verify-data /backup/borg\nduplicity verify --compare-data file:///backup/srv /srv\n",
        ),
        Example::Script("borg check /backup/borg\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let all = operations(context);
    let deep = |one: &Operation<'_, '_>| match one.act {
        Act::Check => reads(one),
        Act::Restore => true,
        Act::Save | Act::Forget | Act::Compact | Act::Unlock | Act::Repair | Act::Init => false,
    };
    if all.iter().any(deep) {
        return;
    }
    // borg checks the sums of its segments, which notices a flipped bit.
    for one in all.iter().filter(|one| one.act == Act::Check && !one.is_rehearsal()) {
        let weak = one.program != "borg"
            || one.call.has(&["archives-only"])
            || one.call.has(&["repository-only"]);
        if !weak {
            continue;
        }
        let message = format!("this check of {} reads no data", one.program);
        let words = &one.run.command.words;
        let verb =
            words.iter().find(|w| w.literal() == Some("check")).filter(|_| one.program == "restic");
        let fix =
            verb.and_then(|w| edit(Span::new(w.span.end, w.span.end), " --read-data-subset=5%"));
        report.add(&RULE, one.unit, one.run.command.span, message).edit = fix;
        return;
    }
}

fn reads(one: &Operation<'_, '_>) -> bool {
    one.call.has(&[
        "read-data",
        "read-data-subset",
        "verify-data",
        "compare-data",
        "verify-files-percent",
    ])
}
