//! CL001: a mirror into an object store that deletes, fed from a source nobody looked at.

use crate::check::Context;
use crate::check::mirror::{guarded, mirror};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::shell::Argument;

/// A bucket without versions forgets at once what the source lacks.
pub const RULE: Rule = Rule {
    code: "CL001",
    name: "mirror-to-bucket-without-source-guard",
    severity: Severity::Critical,
    summary: "a sync with deletion into a bucket or remote, and nothing makes sure that the source is whole",
    why: "an unmounted, emptied or encrypted source deletes the copies in the same minute, and a bucket keeps no older version unless told",
    fix: "test a file that must be there (or `mountpoint -q`), copy without deletion, or bound it: `--max-delete`, `--backup-dir`, versions in the bucket",
    source: "rclone(1), sync: \"Important: Since this can cause data loss, test first with the --dry-run\"; measured with rclone: an empty source leaves 0 objects",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# mirrors the pictures of the shop to the other provider
SRC=/mnt/nas/pictures
DST=offsite:shop-pictures
date -u +%FT%TZ >> /var/log/mirror.log
rclone sync --transfers 8 "$SRC" "$DST"
rclone size "$DST" >> /var/log/mirror.log
"#,
        ),
        Example::Script("aws s3 sync /srv/app/data s3://shop-copies/data --delete\n"),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\nSRC=/mnt/nas/photos\nDST=b2:family-photos\nrclone sync --transfers 8 --log-file /var/log/rclone.log \"$SRC\" \"$DST/photos\"\necho \"synced $(date)\" >> /var/log/photos.log\n",
        ),
        Example::Script("gsutil -m rsync -d -r /srv/www gs://shop-www\n"),
        Example::Script("s3cmd sync --delete-removed /srv/media/ s3://media-copy/\n"),
        Example::Script("mc mirror --overwrite --remove /srv/models store/models\n"),
        Example::Script(
            "azcopy sync /srv/docs \"https://acct.blob.core.windows.net/docs?$SAS\" --delete-destination=true\n",
        ),
    ],
    good: &[
        Example::Script(
            "set -euo pipefail\nn=$(find /srv/app/data -type f | wc -l)\n[ \"$n\" -ge 1000 ] || { echo \"only $n files\" >&2; exit 1; }\naws s3 sync /srv/app/data s3://shop-copies/data --delete\n",
        ),
        Example::Script("aws s3 sync /srv/app/data s3://shop-copies/data\n"),
        Example::Script("mountpoint -q /mnt/nas || exit 1\nrclone sync /mnt/nas b2:nas\n"),
        Example::Script(
            "rclone sync --max-delete 100 /srv/media b2:media\nrclone sync /srv/www b2:www --backup-dir \"b2:old/$(date +%F)\"\n",
        ),
        Example::Script(
            "rclone sync --dry-run /srv/media b2:media\nrclone copy /srv/media b2:media\n",
        ),
        Example::Script(
            "set -euo pipefail\n[ \"$(aws s3api get-bucket-versioning --bucket shop-copies --query Status --output text)\" = Enabled ]\naws s3 sync --delete --exclude '*.tmp' /srv/app/data s3://shop-copies/data\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context
        .named(&["aws", "rclone", "gsutil", "gcloud", "s3cmd", "s5cmd", "mc", "mcli", "azcopy"])
    {
        let Some(mirror) = mirror(unit, run.command).filter(|m| m.deletes && !m.bounded) else {
            continue;
        };
        // Between two directories of this machine it is no bucket; a source that was just made is whole.
        let local = |text: &str| text.starts_with(['/', '.']) && !text.contains(':');
        if local(&mirror.target.text) || mirror.source.fresh || mirror.target.fresh {
            continue;
        }
        let versions = context.before(unit, run).any(|(_, other)| {
            let asks = |a: &Argument| {
                let text = a.shown();
                text.contains("bucket-versioning")
                    || text.contains("object-lock")
                    || text == "versioning"
            };
            other.command.arguments().iter().any(asks)
        });
        let source = unit.path(run.command, &mirror.source);
        if !versions && !guarded(context, unit, run, &source) {
            let message = format!(
                "nothing makes sure that {} is whole before {} is made like it",
                mirror.source.text, mirror.target.text
            );
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}
