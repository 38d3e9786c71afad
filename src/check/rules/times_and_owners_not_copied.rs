//! FS015: a recursive copy that makes every file new.

use crate::check::Context;
use crate::check::names::looks_backup;
use crate::check::rule::{Example, Report, Rule, edit};
use crate::evidence::Severity;

/// `cp -r` gives each file the present time, owner and mask.
pub const RULE: Rule = Rule {
    code: "FS015",
    name: "times-and-owners-not-copied",
    severity: Severity::Medium,
    summary: "a tree is copied to or from a backup with `cp -r` or `scp -r`, which keep neither times nor owners",
    why: "after a restore every file is of today and of root: services cannot read theirs, and increments start anew",
    fix: "`cp -a` (with `--reflink=auto` where the file system can), `rsync -aHAX`",
    source: "cp(1), -a, --preserve; measured: the modification time becomes that of the copy",
    layer: "static",
    bad: &[
        Example::Script("cp -r /srv/app \"/backup/app-$(date +%F)\"\n"),
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\nsystemctl stop app\nmv /srv/app/data \"/srv/app/data.before.$(date +%s)\"\ncp -R /mnt/backup/app/data /srv/app/data\nsystemctl start app\n",
        ),
        Example::Script("cp -rf /backup/etc/nginx /etc/\n"),
        Example::Script("scp -r /var/mail backup1:/backup/mail\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# brings the data of the application back with its owners and times
systemctl stop app
mv /srv/app/data "/srv/app/data.before.$(date +%s)"
cp -a /mnt/backup/app/data /srv/app/data
cp -r /usr/share/app/templates /srv/app/build/
systemctl start app
"#,
        ),
        Example::Script("cp -a /srv/app \"/backup/app-$(date +%F)\"\n"),
        Example::Script(
            "cp -rp /srv/app /backup/app.new\ncp -r --preserve=all /srv/a /backup/a.new\n",
        ),
        Example::Script("cp -r src/templates build/\ncp /backup/app.tgz /srv/stage/\n"),
        Example::Script(
            "set -e\ncp -dR --preserve=mode,ownership,timestamps /srv/www /backup/www.new\nscp -rp /var/mail backup1:/backup/mail\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["cp", "scp"]) {
        let command = run.command;
        let Some(call) = unit.take_apart(command) else { continue };
        let letters: String = call
            .flags
            .iter()
            .filter(|f| f.name.chars().count() == 1)
            .map(|f| f.name.as_str())
            .collect();
        let recursive = call.has(&["recursive"]) || letters.contains(['r', 'R']);
        let keeps = call.has(&["archive", "preserve", "preserve-timestamps", "attributes-only"])
            || letters.contains(['p', 'l', 's']);
        let backup = call.operands.iter().any(|w| looks_backup(&unit.path(command, w)));
        if !recursive || keeps || !backup || call.operands.len() < 2 {
            continue;
        }
        let short = command.words.iter().find(|w| {
            let text = w.literal().unwrap_or_default();
            unit.slice(w.span) == text
                && matches!(text, "-r" | "-R" | "-rf" | "-Rf" | "-rv" | "-Rv")
        });
        let fix = short.and_then(|w| {
            let text = w.literal()?;
            let with =
                if call.name == "scp" { format!("{text}p") } else { format!("-a{}", &text[2..]) };
            edit(w.span, with)
        });
        let message = format!("`{} -r` keeps neither times nor owners", call.name);
        report.add(&RULE, unit, command.span, message).edit = fix;
    }
}
