//! RB009: a restore that repeats the whole path below its target.

use crate::check::Context;
use crate::check::repository::{Act, Operation, operations};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::shell::path;

/// restic and borg keep the path of a file and put it below the target.
pub const RULE: Rule = Rule {
    code: "RB009",
    name: "nested-repository-restore",
    severity: Severity::High,
    summary: "a path is restored from restic or borg into that path, or into one above it that is not the root",
    why: "the files land in `/srv/app/srv/app`, and the service starts with what was there before",
    fix: "restore to a scratch directory and move from there, or `--target /` with `--include PATH`; newer restic: `restore SNAPSHOT:/srv/app --target /srv/app`",
    source: "restic-restore(1), --target; measured with restic 0.14: `--target /w/src/a --include /w/src/a` gives /w/src/a/w/src/a",
    layer: "static",
    bad: &[
        Example::Script("restic restore latest --target /srv/app/data --include /srv/app/data\n"),
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\nexport RESTIC_REPOSITORY=/backup/restic RESTIC_PASSWORD_FILE=/root/.restic\nsystemctl stop app\nmv /srv/app/data /srv/app/data.before\nrestic restore latest --path /srv/app/data --target /srv/app/data\nsystemctl start app\n",
        ),
        Example::Script("cd /srv/app\nborg extract /backup/borg::web1 srv/app/data\n"),
        Example::Script("restic backup /srv/app/data\nrestic restore latest -t /srv/app\n"),
    ],
    good: &[
        Example::Script("restic restore latest --target / --include /srv/app/data\n"),
        Example::Script("restic restore latest:/srv/app/data --target /srv/app/data\n"),
        Example::Script(
            "set -euo pipefail\nmkdir -p /srv/stage\nrestic restore latest --target /srv/stage --include /srv/app/data\nmv /srv/app/data /srv/app/data.before\nmv /srv/stage/srv/app/data /srv/app/data\n",
        ),
        Example::Script(
            "cd /srv/app\nborg extract --strip-components 2 /backup/borg::web1 srv/app/data\n",
        ),
        Example::Script("cd /\nborg extract /backup/borg::web1 srv/app/data\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let all = operations(context);
    for one in all.iter().filter(|one| one.act == Act::Restore && !one.is_rehearsal()) {
        let Some(target) = target(one).filter(|t| t.starts_with('/') && t.len() > 1) else {
            continue;
        };
        if one.call.has(&["strip-components"])
            || one.operands.iter().any(|o| o.contains(":/") && one.program == "restic")
        {
            continue;
        }
        let mut members = members(one);
        if members.is_empty() && one.program == "restic" {
            let saves =
                all.iter().filter(|other| other.act == Act::Save && other.program == "restic");
            members.extend(
                saves.flat_map(|save| &save.operands).filter(|o| o.starts_with('/')).cloned(),
            );
        }
        let nested = members
            .iter()
            .find(|member| path::within(&target, member) || path::within(member, &target));
        if let Some(member) = nested {
            let message = format!("{member} lands in {target}{member}");
            report.add(&RULE, one.unit, one.run.command.span, message);
        }
    }
}

/// Returns where a restore writes.
fn target(one: &Operation<'_, '_>) -> Option<String> {
    match one.program {
        "restic" => one.call.value(&["target"]).map(|w| one.unit.path(one.run.command, w)),
        "borg" => one.run.command.setting.cwd.clone(),
        _ => None,
    }
}

/// Returns the absolute paths that are restored, as far as they are named.
fn members(one: &Operation<'_, '_>) -> Vec<String> {
    let rooted = |text: &str| path::absolute(&format!("/{text}"), None);
    match one.program {
        "restic" => {
            let flags =
                one.call.flags.iter().filter(|f| matches!(f.name.as_str(), "include" | "path"));
            flags
                .filter_map(|f| f.value.as_ref())
                .map(|w| w.text.clone())
                .filter(|t| t.starts_with('/'))
                .collect()
        }
        "borg" => one
            .operands
            .iter()
            .skip_while(|o| !o.contains("::"))
            .skip(1)
            .map(|o| rooted(o))
            .collect(),
        _ => Vec::new(),
    }
}
