//! PY006: a copy over the last copy, in which deleted files live on.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Called, Python};
use crate::evidence::Severity;

/// Copying adds and replaces; it never takes away.
pub const RULE: Rule = Rule {
    code: "PY006",
    name: "stale-files-kept",
    severity: Severity::Medium,
    summary: "files are copied into the directory of the last copy, and what was deleted at the source is never removed there",
    why: "a restore brings back files that were deleted on purpose, mixes versions that never stood side by side, and there is only one copy, which damage overwrites",
    fix: "a new directory for each run (`backup-{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}`), with hard links to the last one if room matters (`rsync --link-dest`, restic, borg)",
    source: "Python documentation, shutil.copytree, dirs_exist_ok: existing files are overwritten, others stay",
    layer: "static",
    bad: &[
        Example::Script(
            "#!/usr/bin/env python3\nimport shutil\nshutil.copytree('/srv/app', '/backup/app', dirs_exist_ok=True)\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
"""Copies changed files."""
import os
import shutil

SOURCE = "/srv/app"
TARGET = "/backup/app"


def backup():
    os.makedirs(TARGET, exist_ok=True)
    for root, dirs, files in os.walk(SOURCE):
        for name in files:
            path = os.path.join(root, name)
            target = os.path.join(TARGET, os.path.relpath(path, SOURCE))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy2(path, target)


backup()
"#,
        ),
    ],
    good: &[
        Example::Script(
            "#!/usr/bin/env python3\nimport shutil, time\nshutil.copytree('/srv/app', '/backup/app-' + time.strftime('%Y%m%dT%H%M%SZ', time.gmtime()))\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
"""A new directory for each day."""
import os
import shutil
from datetime import date

SOURCE = "/srv/app"
TARGET = f"/backup/app-{date.today().isoformat()}"

os.makedirs(TARGET)
for root, dirs, files in os.walk(SOURCE):
    for name in files:
        path = os.path.join(root, name)
        target = os.path.join(TARGET, os.path.relpath(path, SOURCE))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy2(path, target)
"#,
        ),
        Example::Script(
            "#!/usr/bin/env python3\nimport shutil\nshutil.rmtree('/srv/www/static')\nshutil.copytree('static', '/srv/www/static', dirs_exist_ok=True)\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(python) = &context.python else { return };
    let outline = python.outline();
    let last = |call: &Called<'_>| call.path.rsplit('.').next().unwrap_or_default().to_owned();
    let removes = outline
        .calls
        .iter()
        .any(|call| matches!(last(call).as_str(), "rmtree" | "remove" | "unlink"));
    if removes || !names_backup(python) || dated(python) {
        return;
    }
    let merged = outline.calls.iter().find(|call| {
        last(call) == "copytree"
            && call
                .argument("dirs_exist_ok", None)
                .is_some_and(|v| python.span_of(v).slice(python.text) == "True")
    });
    let walks = outline
        .calls
        .iter()
        .any(|call| matches!(last(call).as_str(), "walk" | "rglob" | "scandir" | "listdir"));
    let copied = outline.calls.iter().find(|call| {
        matches!(call.path.as_str(), "shutil.copy2" | "shutil.copy" | "shutil.copyfile")
            && call.repeated
            && walks
    });
    if let Some(call) = merged.or(copied) {
        let message = "what was deleted at the source stays in the copy".to_owned();
        report.add_python(&RULE, python.span_of((call.at, call.end)), message);
    }
}

/// Tells whether the script says that it makes copies to keep.
fn names_backup(python: &Python<'_>) -> bool {
    let text = python.text.to_ascii_lowercase();
    text.contains("backup") || text.contains("备份") || text.contains("snapshot")
}

/// Tells whether the clock, or a temporary directory, makes the target new in every run.
fn dated(python: &Python<'_>) -> bool {
    [
        "strftime",
        "isoformat",
        "datetime.now",
        "date.today",
        "time.time()",
        "mkdtemp",
        "TemporaryDirectory",
        "%Y",
        "timestamp",
    ]
    .iter()
    .any(|word| python.text.contains(word))
}
