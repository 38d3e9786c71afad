//! FS013: tar is told not to say what it could not archive.

use crate::check::Context;
use crate::check::names::looks_backup;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::tools::tar::{self, Mode};

/// `file changed as we read it` is how a torn copy announces itself.
pub const RULE: Rule = Rule {
    code: "FS013",
    name: "archive-errors-silenced",
    severity: Severity::Medium,
    summary: "tar is told to pass over files it cannot read or that change, or its exit code is thrown away",
    why: "the archive lacks files or holds torn ones, and it counts as complete",
    fix: "archive a snapshot or a dump in place of files that change; let tar fail, or look at its messages before you go on",
    source: "tar(1), RETURN VALUE: 1 means that \"some files were changed while being archived and so the resulting archive does not contain the exact copy of the file set\"; --ignore-failed-read",
    layer: "static",
    bad: &[
        Example::Script("tar --ignore-failed-read -czf \"/backup/home-$(date +%F).tgz\" /home\n"),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\nout=/backup/app-$(date +%F).tar.gz\ntar --warning=no-file-changed -czf \"$out.new\" -C /srv app || [ $? -eq 1 ]\ngzip -t \"$out.new\"\nmv \"$out.new\" \"$out\"\n",
        ),
        Example::Script("tar -czf \"/backup/var-$(date +%F).tgz\" /var/lib/app || true\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# archive of a snapshot, in which nothing changes; only the clock of the file server is ahead
out=/backup/app-$(date +%F).tar.gz
lvcreate -s -n app_snap -L 10G vg0/app
mount -o ro /dev/vg0/app_snap /mnt/snap
tar --warning=no-timestamp -czf "$out.new" -C /mnt/snap .
gzip -t "$out.new"
mv "$out.new" "$out"
umount /mnt/snap
lvremove -y vg0/app_snap
"#,
        ),
        Example::Script("set -e\ntar -czf \"/backup/home-$(date +%F).tgz\" /home\n"),
        Example::Script("tar -xzf /backup/home.tgz -C /srv/stage || true\n"),
        Example::Script(
            "set -e\ntar --warning=no-timestamp -czf \"/backup/etc-$(date +%F).tgz\" /etc\ntar -cf /tmp/debug.tar /var/log || true\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["tar", "bsdtar", "gtar"]) {
        let Some(call) = unit.take_apart(run.command) else { continue };
        let archive = call.value(&["file"]).map(|w| unit.path(run.command, w)).unwrap_or_default();
        if tar::mode(call) != Mode::Create || !looks_backup(&archive) {
            continue;
        }
        let quiet = call.has(&["ignore-failed-read"])
            || call.flags.iter().any(|f| {
                f.name == "warning"
                    && f.value.as_ref().is_some_and(|w| {
                        matches!(
                            w.text.as_str(),
                            "no-file-changed" | "no-file-removed" | "none" | "no-failed-read"
                        )
                    })
            });
        if quiet || run.command.setting.masked {
            let message = format!("{archive} may lack files, and nobody is told");
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}
