//! PY001: a Python script that runs a command line and does not ask how it ended.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Called, Outline, Python};
use crate::evidence::Severity;

/// `os.system` returns the exit code, and most callers drop it.
pub const RULE: Rule = Rule {
    code: "PY001",
    name: "python-ignores-exit-code",
    severity: Severity::Medium,
    summary: "`os.system` or `subprocess` runs a command and the exit code is dropped, or a command line is put together from values for a shell",
    why: "a dump that failed counts as made; a blank or a quote in a name makes another command of the line",
    fix: "`subprocess.run([\"pg_dump\", \"-Fc\", db], check=True)`: a list of words, and an exception when it fails",
    source: "Python documentation, subprocess, Security Considerations and `check`; os.system: the return value is the exit status",
    layer: "static",
    bad: &[
        Example::Script(
            "#!/usr/bin/env python3\nimport os\nos.system('mysqldump shop > /backup/shop.sql')\nprint('backup done')\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
"""Nightly copy of the application."""
import subprocess
from datetime import date

DEST = f"/backup/app-{date.today()}"


def backup(source):
    subprocess.run(["mkdir", "-p", DEST], check=True)
    subprocess.call(["rsync", "-a", source, DEST])
    subprocess.run(["restic", "backup", DEST])


backup("/srv/app/")
"#,
        ),
        Example::Script(
            "#!/usr/bin/env python3\nimport subprocess, sys\nname = sys.argv[1]\nrc = subprocess.call(f'tar -czf /backup/{name}.tgz /srv/{name}', shell=True)\nsys.exit(rc)\n",
        ),
    ],
    good: &[
        Example::Script(
            "#!/usr/bin/env python3\nimport subprocess\nsubprocess.run(['pg_dump', '-Fc', '-f', '/backup/shop.new', 'shop'], check=True)\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
"""Nightly copy of the application."""
import subprocess
import sys
from datetime import date

DEST = f"/backup/app-{date.today()}"


def backup(source):
    done = subprocess.run(["rsync", "-a", source, DEST])
    if done.returncode not in (0, 24):
        sys.exit(done.returncode)
    subprocess.check_call(["restic", "backup", DEST])


backup("/srv/app/")
"#,
        ),
        Example::Script(
            "#!/usr/bin/env python3\nimport os\nif os.system('pg_dump -Fc -f /backup/x.new shop') != 0:\n    raise SystemExit('dump failed')\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(python) = &context.python else { return };
    let outline = python.outline();
    for call in &outline.calls {
        let Some(shell) = runs(call, python) else { continue };
        let span = python.span_of((call.at, call.end));
        if call.dropped && !checked(call, python) {
            let message = "nobody asks how this command ended".to_owned();
            let finding = report.add_python(&RULE, span, message);
            if about_data(python, outline, call) {
                finding.severity = Severity::High;
            }
        } else if shell && built(call, python) {
            let message = "values are put into a line that a shell takes apart again".to_owned();
            report.add_python(&RULE, span, message);
        }
    }
}

/// Tells whether a call runs a command, and then whether a shell reads it.
fn runs(call: &Called<'_>, python: &Python<'_>) -> Option<bool> {
    let known = |names: &[&str]| names.contains(&call.path.as_str());
    if known(&[
        "os.system",
        "os.popen",
        "commands.getoutput",
        "subprocess.getoutput",
        "subprocess.getstatusoutput",
    ]) {
        return Some(true);
    }
    let own = known(&[
        "subprocess.run",
        "subprocess.call",
        "subprocess.Popen",
        "subprocess.check_call",
        "subprocess.check_output",
    ]);
    own.then(|| {
        call.argument("shell", None).is_some_and(|v| python.span_of(v).slice(python.text) == "True")
    })
}

/// Tells whether a failure raises an exception.
fn checked(call: &Called<'_>, python: &Python<'_>) -> bool {
    let raises = ["subprocess.check_call", "subprocess.check_output", "subprocess.getoutput"];
    raises.contains(&call.path.as_str())
        || call
            .argument("check", None)
            .is_some_and(|v| python.span_of(v).slice(python.text) == "True")
}

/// Tells whether the line is put together from values: an f-string with braces, `+`, `%` or `format`.
fn built(call: &Called<'_>, python: &Python<'_>) -> bool {
    let Some(value) = call.argument("args", Some(0)) else { return false };
    let text = python.span_of(value).slice(python.text);
    let formatted = text.starts_with(['f', 'F']) && text.contains('{');
    let joined = text.contains("\" +")
        || text.contains("' +")
        || text.contains("+ \"")
        || text.contains("+ '");
    formatted
        || joined
        || text.contains(".format(")
        || text.contains("\" %")
        || text.contains("' %")
}

/// Tools whose failure means that there is no copy, or no restored data.
const TOOLS: &[&str] = &[
    "mysqldump",
    "mariadb-dump",
    "pg_dump",
    "pg_dumpall",
    "pg_restore",
    "pg_basebackup",
    "psql",
    "mongodump",
    "mongorestore",
    "tar",
    "rsync",
    "restic",
    "borg",
    "rclone",
    "cp",
    "scp",
    "dd",
    "sqlite3",
    "redis-cli",
    "etcdctl",
    "zfs",
    "btrfs",
    "aws",
    "gsutil",
    "gpg",
    "openssl",
    "xtrabackup",
    "mariabackup",
    "lvcreate",
    "zip",
    "mysql",
];

/// Tells whether the command makes, carries or restores data: by its words, or those of the variable it runs.
fn about_data(python: &Python<'_>, outline: &Outline<'_>, call: &Called<'_>) -> bool {
    let Some(value) = call.argument("args", Some(0)) else { return false };
    let mut text = python.span_of(value).slice(python.text).to_owned();
    if let Some(assigned) = outline.assignments.iter().rev().find(|a| a.name == text) {
        text.push_str(python.span_of(assigned.value).slice(python.text));
    }
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
        .any(|w| TOOLS.contains(&w))
}
