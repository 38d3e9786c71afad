//! RB008: a whole copy is unpacked over the running system, or wherever the script happens to stand.

use crate::check::Context;
use crate::check::repository::{Act, Operation, operations};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// borg writes below the current directory; restic and the others below what they are told.
pub const RULE: Rule = Rule {
    code: "RB008",
    name: "restored-over-root",
    severity: Severity::High,
    summary: "a whole copy is restored to `/`, or by borg into a directory that nothing sets",
    why: "the files of another day replace those of the running system, libraries and configuration included, while it runs",
    fix: "restore into an empty scratch directory (`--target`, `mkdir` and `cd` before `borg extract`), check there, then move what is needed",
    source: "borg-extract(1): \"Currently, extract always writes into the current working directory\"; restic-restore(1), --target: directory to extract data to",
    layer: "static",
    bad: &[
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\nexport BORG_PASSCOMMAND=\"cat /root/.borg-pass\" BORG_REPO=ssh://store/./web1\nnewest=$(borg list --last 1 --format '{archive}')\ncd /\nborg extract --numeric-ids \"::$newest\"\nsystemctl reboot\n",
        ),
        Example::Script("restic -r /backup/restic restore latest --target /\n"),
        Example::Script("restic -r /backup/restic restore latest -t / --host web1\n"),
        Example::Script("borg extract /backup/borg::web1-2026-03-01\n"),
        Example::Script("duplicity --no-encryption file:///backup/web1 /\n"),
        Example::Script("kopia restore k2f1 /\n"),
    ],
    good: &[
        Example::Script(
            "mkdir -p /srv/stage\ncd /srv/stage\nborg extract \"/backup/borg::$last\"\n",
        ),
        Example::Script("restic -r /backup/restic restore latest --target /srv/stage\n"),
        Example::Script(
            "restic -r /backup/restic restore latest --target / --include /srv/app/data\n",
        ),
        Example::Script("cd /\nborg extract /backup/borg::web1 etc/nginx\n"),
        Example::Script(
            "borg extract --dry-run /backup/borg::web1\nborg extract --stdout /backup/borg::web1 dump.sql > /srv/stage/dump.sql\n",
        ),
        Example::Script(
            "set -euo pipefail\nmount /dev/vg0/newroot /mnt\ncd /mnt\nborg extract --numeric-ids \"/backup/borg::web1-2026-03-01\"\nchroot /mnt update-grub\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for one in operations(context) {
        let setting = &one.run.command.setting;
        if one.act != Act::Restore || one.is_rehearsal() || setting.contained || part(&one) {
            continue;
        }
        let span = one.run.command.span;
        match place(&one) {
            Place::Root => {
                let message = "the whole copy is unpacked over the running system".to_owned();
                report.add(&RULE, one.unit, span, message);
            }
            Place::Unset => {
                let message = "the copy is unpacked wherever the script is started".to_owned();
                report.add(&RULE, one.unit, span, message).severity = Severity::Medium;
            }
            Place::Other => {}
        }
    }
}

/// Where a restore writes.
enum Place {
    Root,
    Unset,
    Other,
}

fn place(one: &Operation<'_, '_>) -> Place {
    let command = one.run.command;
    match one.program {
        "borg" => match command.setting.cwd.as_deref() {
            Some("/") => Place::Root,
            Some(_) => Place::Other,
            // After `cd "$x"` nobody knows the directory, but somebody chose one.
            None if moved(one) => Place::Other,
            None => Place::Unset,
        },
        "restic" => match one.call.value(&["target"]) {
            Some(word) if one.unit.path(command, word) == "/" => Place::Root,
            Some(_) | None => Place::Other,
        },
        _ if one.operands.len() > 1 && one.operands.last().is_some_and(|o| o == "/") => Place::Root,
        _ => Place::Other,
    }
}

fn moved(one: &Operation<'_, '_>) -> bool {
    one.unit.named(&["cd", "pushd"]).any(|run| run.index < one.run.index)
}

/// Tells whether only a part is restored, or to somewhere else than files.
fn part(one: &Operation<'_, '_>) -> bool {
    let limited = one.call.has(&[
        "include",
        "iinclude",
        "path",
        "pattern",
        "patterns-from",
        "stdout",
        "file-to-restore",
        "path-to-restore",
    ]);
    let named = one.program == "borg" && {
        let paths = one.operands.iter().skip_while(|o| !o.contains("::"));
        paths.count() > 1
    };
    limited || named
}
