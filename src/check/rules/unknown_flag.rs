//! LL002: a flag that the program refuses.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// Invented flags sound right: `rsync --verify`, `mysqldump --consistent`.
pub const RULE: Rule = Rule {
    code: "LL002",
    name: "unknown-flag",
    severity: Severity::High,
    summary: "a program is given a long flag that no version of it has",
    why: "the program ends with a usage message before it has done anything, in the middle of a recovery",
    fix: "use the flag that exists (see --help of the version that is installed)",
    source: "measured: lists of --help of Debian 12; a class of faults of drafts made by language models",
    layer: "static",
    bad: &[
        Example::Script("rsync -a --verify-checksums /srv/app/data/ /backup/data/\n"),
        Example::Script(
            "mysqldump --consistent-snapshot --all-databases > \"/backup/all-$(date +%s).sql\"\n",
        ),
        Example::Script(
            "tar --create --parallel=4 --file \"/backup/app-$(date +%s).tar\" /srv/app\n",
        ),
    ],
    good: &[
        Example::Script(
            "rsync -a --checksum --no-perms --delete-excluded /srv/app/data/ /backup/data/\n",
        ),
        Example::Script(
            "mysqldump --single-transaction --skip-lock-tables --all-databases -R -E > \"/backup/all-$(date +%s).sql\"\n",
        ),
        Example::Script(
            "tar --create --exclude-vcs --file \"/backup/app-$(date +%s).tar\" -- --odd-name\ncp --arch /a /b.new\nrm -- --help-me\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.runs() {
        let _ = (unit, run, report.findings.len());
    }
}
