//! FS005: rsync compresses what needs no compressing.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::tools::Word;

/// On one machine, or of archives, it costs time and saves nothing.
pub const RULE: Rule = Rule {
    code: "FS005",
    name: "compressed-for-nothing",
    severity: Severity::Low,
    summary: "rsync compresses a copy between two directories of one machine, or one of compressed files",
    why: "the copy takes several times as long, and the window of the backup is missed",
    fix: "leave `-z` out; for links far away keep it and add `--partial --timeout=300`",
    source: "rsync(1), --compress, --skip-compress",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# a second copy of the mail on the disk beside it
mountpoint -q /mnt/second
rsync -aHAXz --numeric-ids /var/mail/ /mnt/second/copies/mail/
rsync -aHAX --numeric-ids /var/lib/dovecot/ /mnt/second/copies/dovecot/
sync -f /mnt/second
"#,
        ),
        Example::Script("rsync -az /srv/data/ /mnt/backup/data/\n"),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\nmountpoint -q /mnt/usb\nrsync -avz --numeric-ids --link-dest=/mnt/usb/backup/last/ /home/ \"/mnt/usb/backup/$(date +%F)/\"\n",
        ),
        Example::Script("rsync --archive --compress /backup/shop.sql.gz store:/backup/\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# the mail goes to the other house over a slow line, and to the disk beside it
mountpoint -q /mnt/second
rsync -aHAX --numeric-ids /var/mail/ /mnt/second/copies/mail/
rsync -aHAXz --numeric-ids --partial --timeout=300 /var/mail/ backup@dr1:/srv/copies/mail/
sync -f /mnt/second
"#,
        ),
        Example::Script("rsync -a /srv/data/ /mnt/backup/data/\n"),
        Example::Script(
            "rsync -az --partial --timeout=300 /srv/data/ far.example.org:/backup/data/\n",
        ),
        Example::Script("set -e\nrsync -az \"$SRC\" \"$DST\"\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["rsync"]) {
        let Some(call) = unit.take_apart(run.command) else { continue };
        if !call.has(&["z", "compress"]) || call.operands.len() < 2 {
            continue;
        }
        let local = |word: &Word| word.text.starts_with('/') && !word.text.contains("::");
        let packed = |word: &Word| {
            [".gz", ".tgz", ".zst", ".xz", ".bz2", ".zip", ".lz4"]
                .iter()
                .any(|end| word.text.ends_with(end))
        };
        let sources = &call.operands[..call.operands.len() - 1];
        if call.operands.iter().all(local) {
            let message = "both ends are on this machine".to_owned();
            report.add(&RULE, unit, run.command.span, message);
        } else if sources.iter().all(packed) {
            let message = "what is compressed already is compressed again".to_owned();
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}
