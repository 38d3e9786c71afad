//! CT004: two machines that sort differently.

use crate::check::deeds;
use crate::check::outcome::within;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run};
use crate::evidence::Severity;

/// The order of `sort` is that of the locale.
pub const RULE: Rule = Rule {
    code: "CT004",
    name: "order-depends-on-locale",
    severity: Severity::Low,
    summary: "lists that were sorted on two machines are compared, and the locale is not fixed",
    why: "with another language set on the other side, the same files come in another order, and `comm`, `join` and `diff` report differences that are none, or hide those that are",
    fix: "`export LC_ALL=C` here and in the command that runs over there",
    source: "sort(1): the locale specified by the environment affects sort order; bash(1), LC_COLLATE",
    layer: "static",
    bad: &[
        Example::Script(
            "diff <(ssh dr1 'find /srv/app -type f | sort') <(find /srv/app -type f | sort)\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd /srv/app
find . -type f -printf '%P %s\n' | sort > "$work/here"
ssh -o ConnectTimeout=10 dr1 "cd /srv/app && find . -type f -printf '%P %s\n' | sort" > "$work/there"
comm -3 "$work/here" "$work/there"
"#,
        ),
    ],
    good: &[
        Example::Script(
            "export LC_ALL=C\ndiff <(ssh dr1 'find /srv/app -type f | LC_ALL=C sort') <(find /srv/app -type f | sort)\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
work=$(mktemp -d)
find /srv/app -type f | sort > "$work/before"
tar -xzf /backup/app.tgz -C /srv/stage
find /srv/stage -type f | sort > "$work/after"
comm -3 "$work/before" "$work/after"
ssh dr1 'ls /backup | sort'
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context
        .units
        .iter()
        .filter(|u| !u.text.contains("LC_ALL") && !u.text.contains("LC_COLLATE"))
    {
        let sorts: Vec<Run<'_>> = unit.named(&["sort"]).collect();
        let here = sorts.iter().any(|run| run.command.setting.remote.is_none());
        // What was sorted over there: the file that ssh writes, or the text inside of the comparison.
        let there: Vec<Run<'_>> = unit
            .named(&["ssh"])
            .filter(|ssh| {
                let own = |sort: &&Run<'_>| sort.command.span == ssh.command.span;
                sorts.iter().filter(|sort| sort.command.setting.remote.is_some()).any(|s| own(&s))
            })
            .collect();
        let compared = unit.named(&["comm", "join", "diff", "cmp"]).find(|run| {
            let reads = |path: &String| {
                run.command.arguments().iter().any(|a| run.command.path(a) == *path)
            };
            run.command.setting.remote.is_none()
                && there.iter().any(|ssh| {
                    within(ssh.command.span, run.command.span)
                        || deeds::outputs_of_line(unit, *ssh).iter().any(|(_, path)| reads(path))
                })
        });
        if let Some(run) = compared.filter(|_| here) {
            let message = "the lists may be in different orders on the two machines".to_owned();
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}
