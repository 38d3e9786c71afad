//! FS017: links are replaced by what they point to.

use crate::check::Context;
use crate::check::names::looks_backup;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::tools::tar::{self, Mode};

/// A copy without its links cannot be put back as it was.
pub const RULE: Rule = Rule {
    code: "FS017",
    name: "links-followed-into-copy",
    severity: Severity::Medium,
    summary: "a backup follows symbolic links",
    why: "files are copied twice or from outside the tree, a link to a directory above never ends, and after the restore the links are gone",
    fix: "leave `-L`, `-h` and `--copy-links` out: `cp -a`, `rsync -a`, `tar` and restic keep links as links",
    source: "rsync(1), --copy-links; tar(1), --dereference; cp(1), --dereference",
    layer: "static",
    bad: &[
        Example::Script("rsync -aL /srv/www/ /backup/www/\n"),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\numask 077\nout=\"/backup/etc-$(date +%F).tgz\"\ntar -chzf \"$out.new\" -C / etc\ntar -tzf \"$out.new\" > /dev/null\nmv \"$out.new\" \"$out\"\n",
        ),
        Example::Script("cp -rL --preserve=all /etc/letsencrypt/live /backup/certs\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# certificates as they are, links and all; the page that is served may follow its links
umask 077
out="/backup/certs-$(date +%F).tgz"
tar -czf "$out.new" -C /etc letsencrypt
tar -tzf "$out.new" > /dev/null
mv "$out.new" "$out"
rsync -aL ./dist/ web1:/var/www/
"#,
        ),
        Example::Script("rsync -a /srv/www/ /backup/www/\n"),
        Example::Script("cp -L /etc/resolv.conf /backup/etc/resolv.conf\n"),
        Example::Script(
            "rsync -aL ./dist/ web1:/var/www/\ntar -xhf /backup/etc.tar -C /srv/stage\n",
        ),
        Example::Script(
            "set -e\ntar -czf \"/backup/etc-$(date +%F).tgz\" --hard-dereference -C / etc\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.runs() {
        let command = run.command;
        let Some(call) = unit.take_apart(command) else { continue };
        let (follows, target) = match (call.tool.name, call.name) {
            ("rsync", _) => (call.has(&["L", "copy-links"]), call.operands.last()),
            ("tar", _) if tar::mode(call) == Mode::Create => {
                (call.has(&["h", "dereference"]), call.value(&["file"]))
            }
            ("cp", "cp") => {
                let tree = call.has(&["recursive", "archive"]);
                (tree && call.has(&["L", "dereference"]), call.operands.last())
            }
            _ => continue,
        };
        if follows && target.is_some_and(|w| looks_backup(&unit.path(command, w))) {
            let message = "links are replaced by what they point to".to_owned();
            report.add(&RULE, unit, command.span, message);
        }
    }
}
