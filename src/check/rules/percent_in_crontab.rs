//! SH017: a job that cron cuts in two.

use crate::base::Span;
use crate::check::Context;
use crate::check::rule::{Example, Report, Rule, edit};
use crate::check::written::{cron_line, is_crontab, lines, written};
use crate::evidence::Severity;

/// In a crontab `%` is the end of the command.
pub const RULE: Rule = Rule {
    code: "SH017",
    name: "percent-in-crontab",
    severity: Severity::High,
    summary: "a command in a crontab holds `%` without a backslash",
    why: "cron ends the command there and hands the rest to its standard input: the dump of every night is never made, or goes into a file of another name",
    fix: "`\\%`, or better a script of its own",
    source: "crontab(5): percent signs, unless escaped with a backslash, are changed into newlines, and what follows the first is sent to the command as standard input",
    layer: "static",
    bad: &[
        Example::Script(
            "echo '30 2 * * * root pg_dump -Fc shop > /backup/shop-$(date +%F).dump' > /etc/cron.d/dump\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# install the nightly job
install -d -m 700 /backup
cat > /etc/cron.d/nightly <<'CRON'
MAILTO=ops@example.org
# m h dom mon dow user command
15 1 * * * backup tar -czf /backup/app-$(date +%Y%m%d).tgz -C /srv app
0 5 * * 0 backup /usr/local/sbin/prune
CRON
"#,
        ),
        Example::File {
            name: "etc/cron.d/dump",
            text: "MAILTO=ops@example.org\n30 2 * * * root pg_dump -Fc shop > /backup/shop-$(date +%F).dump\n",
        },
        Example::Script(
            "(crontab -l; echo '@daily mysqldump shop | gzip > /backup/$(date +%a).sql.gz') | crontab -\necho '0 1 * * * mysqldump shop > /backup/$(date +%a).sql' | crontab -\n",
        ),
    ],
    good: &[
        Example::Script(
            "echo '30 2 * * * root pg_dump -Fc shop > /backup/shop-$(date +\\%F).dump' > /etc/cron.d/dump\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
cat > /etc/cron.d/nightly <<'CRON'
# kept at 90 % at most
15 1 * * * backup /usr/local/sbin/nightly --stamp=\%F
CRON
cat > /usr/local/sbin/nightly <<'SH'
#!/bin/bash
15 1 date +%F
SH
"#,
        ),
        Example::File {
            name: "etc/cron.d/dump",
            text: "# 90 %\n30 2 * * * root pg_dump -Fc shop > /backup/shop-$(date +\\%F).dump\n",
        },
        Example::Script("printf '%s\\n' hello > /etc/motd\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in &context.units {
        if let Some(at) = unit.schedule.as_ref().and_then(|schedule| schedule.percent) {
            let message = "cron ends the command here".to_owned();
            report.add_place(&RULE, at, message).edit = edit(Span::new(at.start, at.start), "\\");
        }
        for (table, system) in [("crontab", false), ("/etc/", true)] {
            let place = |path: &str| {
                is_crontab(path) && (path == table || system && path.starts_with(table))
            };
            for one in written(unit, place) {
                for (line, span) in lines(unit, one.text) {
                    let Some((_, command)) = cron_line(&line, system) else { continue };
                    if cut(command) {
                        let message = "cron ends the command at the first %".to_owned();
                        report.add(&RULE, unit, span, message);
                    }
                }
            }
        }
    }
}

/// Tells whether a command holds a percent sign without a backslash before it.
fn cut(command: &str) -> bool {
    let bytes = command.as_bytes();
    (0..bytes.len()).any(|at| bytes[at] == b'%' && (at == 0 || bytes[at - 1] != b'\\'))
}
