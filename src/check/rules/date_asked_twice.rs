//! SH024: a name that changes while the script runs, or twice a year.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit};
use crate::evidence::Severity;
use crate::shell::{Argument, Origin};

/// Each call of `date` gives another instant.
pub const RULE: Rule = Rule {
    code: "SH024",
    name: "date-asked-twice",
    severity: Severity::Low,
    summary: "the name of a copy is made from the clock more than once, or from local time with hours",
    why: "at midnight, or a second later, the second name is another file: the test, the upload or the deletion misses the dump; in the hour that comes twice one copy overwrites the other",
    fix: "`stamp=$(date -u +%Y%m%dT%H%M%SZ)` once, then `$stamp`",
    source: "date(1), -u; measured: two calls of `date +%s%N` in a line differ",
    layer: "static",
    bad: &[
        Example::Script(
            "pg_dump -Fc -f /backup/shop-$(date +%F_%H%M).dump shop\nsha256sum /backup/shop-$(date +%F_%H%M).dump > /backup/sums\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
mysqldump --single-transaction shop > /backup/shop-$(date +%Y%m%d).sql
gzip /backup/shop-$(date +%Y%m%d).sql
rclone copyto /backup/shop-$(date +%Y%m%d).sql.gz offsite:shop/latest.sql.gz
"#,
        ),
        Example::Script(
            "stamp=$(date +%Y-%m-%d_%H-%M)\ntar -czf \"/backup/app-$stamp.tgz\" -C /srv app\n",
        ),
    ],
    good: &[
        Example::Script(
            "stamp=$(date -u +%F_%H%M)\npg_dump -Fc -f \"/backup/shop-$stamp.dump\" shop\nsha256sum \"/backup/shop-$stamp.dump\" > /backup/sums\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
day=$(date +%F)
mysqldump --single-transaction shop > "/backup/shop-$day.sql"
gzip "/backup/shop-$day.sql"
echo "$(date): dumped" >> /var/log/dump.log
echo "$(date): compressed" >> /var/log/dump.log
"#,
        ),
        Example::Script(
            "cp /etc/app.conf /etc/app.conf.$(date +%s)\nmv /srv/x /srv/x.$(date +%s)\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.scripts().filter(|u| u.text.contains("date")) {
        let dates = asked(unit);
        if let Some((second, name)) = twice(unit) {
            let message =
                format!("{name} is asked for a second time, and may be another name by then");
            report.add(&RULE, unit, second.span, message).severity = Severity::Medium;
        } else if let Some((run, _)) = dates.iter().find(|(_, local)| *local) {
            let message = "an hour of local time comes twice in autumn: add -u".to_owned();
            report.add(&RULE, unit, *run, message);
        }
    }
}

/// Returns the places where `date` makes a part of a file name, and whether it gives hours of local time.
fn asked(unit: &Unit<'_>) -> Vec<(crate::base::Span, bool)> {
    let utc = unit.text.contains("TZ=");
    let names_file = crate::check::deeds::deeds(unit).next().is_some();
    let calls = unit.named(&["date"]).filter(|run| run.command.setting.substituted && names_file);
    calls
        .map(|run| {
            let words = run.command.literals();
            let format = words.iter().find(|w| w.starts_with('+')).cloned().unwrap_or_default();
            let hours = ["%H", "%I", "%T", "%R", "%X"].iter().any(|f| format.contains(f));
            let zoned = ["%z", "%Z", "%s", ":%z"].iter().any(|f| format.contains(f));
            let universal = words.iter().any(|w| {
                *w == "-u"
                    || *w == "--utc"
                    || *w == "--universal"
                    || w.starts_with("-d")
                    || w.starts_with("--date")
                    || w.starts_with("-I")
                    || w.starts_with("-r")
            });
            // A message is for people; a file name has no blanks.
            let file = !format.contains([' ', ':']);
            (run.command.span, hours && !zoned && !universal && !utc && file)
        })
        .collect()
}

/// Returns the second use of a file name that is made from the clock each time.
fn twice<'u>(unit: &'u Unit<'_>) -> Option<(&'u Argument, String)> {
    let mut seen: Vec<(String, usize)> = Vec::new();
    for run in unit.runs().filter(|r| !r.command.setting.deferred) {
        let redirected = run.command.redirects.iter().map(|r| &r.target);
        for argument in run.command.arguments().iter().chain(redirected) {
            let clocked = argument.unknowns().any(|u| u.origin == Origin::Time)
                && unit.slice(argument.span).contains("date ");
            if !clocked {
                continue;
            }
            let path = run.command.path(argument);
            if !path.contains('/') || path.contains("%s") || path.contains("%N") {
                continue;
            }
            let stem = path
                .trim_end_matches(".gz")
                .trim_end_matches(".xz")
                .trim_end_matches(".zst")
                .to_owned();
            match seen.iter().find(|(known, _)| *known == stem) {
                Some((_, at)) if *at != run.index => return Some((argument, path)),
                Some(_) => {}
                None => seen.push((stem, run.index)),
            }
        }
    }
    None
}
