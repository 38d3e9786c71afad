//! CK004: the checksum is taken from the copy, after it was made.

use crate::check::deeds::{self, Deed};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;
use crate::shell::{Argument, Command, path};

/// The sum of a broken copy vouches for the broken copy.
pub const RULE: Rule = Rule {
    code: "CK004",
    name: "checksum-of-the-copy",
    severity: Severity::Medium,
    summary: "files are copied, and the list of checksums is then made from the target",
    why: "what was torn, cut or left out on the way is in the list as if it were right, and every later test passes",
    fix: "take the sums of the source before the copy (or of the stream with `tee`), carry them along, and run `sha256sum -c` on the target",
    source: "sha256sum(1): a sum describes what is read when it is made",
    layer: "static",
    bad: &[
        Example::Script(
            "set -e\ncp -a /srv/app/. /backup/app/\ncd /backup/app\nfind . -type f -exec sha256sum {} + > /backup/app.sums\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
day=$(date +%F)
rsync -aHAX --numeric-ids /srv/app/ "/mnt/nas/app-$day/"
sha256sum "/mnt/nas/app-$day"/* > "/mnt/nas/app-$day.sha256"
"#,
        ),
    ],
    good: &[
        Example::Script(
            "set -e\ncd /srv/app\nfind . -type f -exec sha256sum {} + > /backup/app.sums\ncp -a /srv/app/. /backup/app/\ncd /backup/app\nsha256sum -c --quiet /backup/app.sums\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
day=$(date +%F)
out="/mnt/nas/app-$day.tgz"
tar -czf - -C /srv app | tee "$out.new" | sha256sum > "$out.sha256"
mv "$out.new" "$out"
"#,
        ),
        Example::Script("cp -a /srv/app/. /backup/app/\nsha256sum /etc/hosts > /root/hosts.sum\n"),
    ],
    run,
};

const SUMS: &[&str] = &["sha256sum", "sha512sum", "sha1sum", "md5sum", "b2sum", "b3sum"];

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in &context.units {
        for copy in unit.named(&["cp", "rsync", "scp", "rclone"]) {
            let Some((target, sources)) = ends(copy.command) else { continue };
            let sums: Vec<Run<'_>> = unit.named(SUMS).collect();
            let of_source =
                sums.iter().any(|sum| sources.iter().any(|source| reads(sum.command, source)));
            let checks =
                sums.iter().any(|sum| deeds::deed(unit, sum.command) == Some(Deed::Verify))
                    || unit.named(&["cmp", "diff"]).next().is_some()
                    || copy.command.has("--checksum")
                    || copy.command.is(&["rsync"]) && copy.command.has("-c");
            let of_copy = sums.iter().find(|sum| {
                sum.index > copy.index && reads(sum.command, &target) && keeps(unit, **sum)
            });
            if let Some(sum) = of_copy.filter(|_| !of_source && !checks) {
                let message = format!("this vouches for {target} as it arrived, right or wrong");
                report.add(&RULE, unit, sum.command.span, message);
                break;
            }
        }
    }
}

/// Returns the target and the sources of a copy.
fn ends(command: &Command) -> Option<(String, Vec<String>)> {
    let operands: Vec<&Argument> =
        command.arguments().iter().filter(|a| !a.prefix().starts_with('-')).collect();
    let (target, sources) = operands.split_last()?;
    let clean =
        |a: &Argument| command.path(a).trim_end_matches("/.").trim_end_matches('/').to_owned();
    let target = clean(target);
    (target.starts_with('/') && !sources.is_empty())
        .then(|| (target, sources.iter().map(|a| clean(a)).collect()))
}

/// Tells whether a command reads files below a directory: it names them, or stands in it.
fn reads(command: &Command, dir: &str) -> bool {
    let mut operands = command.arguments().iter().filter(|a| !a.prefix().starts_with('-'));
    let here = command.setting.cwd.as_deref().is_some_and(|cwd| path::within(cwd, dir));
    let relative = |a: &Argument| !a.shown().starts_with(['/', '$']);
    operands.any(|a| path::within(&command.path(a), dir) || here && relative(a))
}

/// Tells whether the sums go into a file: of the command itself, or of the find that runs it.
fn keeps(unit: &Unit<'_>, sum: Run<'_>) -> bool {
    !deeds::outputs_of_line(unit, sum).is_empty()
        || unit.named(&["find"]).any(|find| {
            find.command.span == sum.command.span && !deeds::outputs(unit, find.command).is_empty()
        })
}
