//! AL004: a comment allows a rule that does not exist.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// Accepts only what has a name. Found where findings and comments are settled, not by looking at commands.
pub const RULE: Rule = Rule {
    code: "AL004",
    name: "allow-of-unknown-rule",
    severity: Severity::Medium,
    summary: "a comment allows a rule that does not exist",
    why: "the comment accepts nothing, though its author thinks it does",
    fix: "write the code or the name as `blackstart rule` lists it",
    source: "blackstart's own comments",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# mirrors the pictures to the second disk
mountpoint -q /mnt/nas
mountpoint -q /backup
# blackstart: allow RSYNC001 until 2027-03-01 because both mounts are asserted above
rsync -aHAX --numeric-ids --delete --max-delete=100 /mnt/nas/pictures/ /backup/pictures/
touch /var/lib/copies/pictures.ok
"#,
        ),
        Example::Script(
            "#!/bin/sh\n# blackstart: allow SH9999 until 2027-03-01 because it is safe here\nrm -rf \"$DIR\"/*\n",
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\n# blackstart: allow SC2115 until 2027-03-01 because the variable is set by the unit\nrm -rf \"$CACHE\"/*\nrsync -a --numeric-ids /srv/app/ /backup/app/\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# mirrors the pictures to the second disk
mountpoint -q /mnt/nas
mountpoint -q /backup
# shellcheck disable=SC2115
rm -rf "${STAGE:?}/pictures"
# blackstart: allow FS007 until 2027-03-01 because the disk takes a snapshot every night
rsync -aHAX --numeric-ids --delete --max-delete=100 /mnt/nas/pictures/ /backup/pictures/
"#,
        ),
        Example::Script(
            "#!/bin/sh\n# blackstart: allow rm-of-possibly-empty-path until 2027-03-01 because the caller asserts it\nrm -rf \"$DIR\"/*\n",
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\n# shellcheck disable=SC2115\nrm -rf \"${CACHE:?}\"/*\nrsync -a --numeric-ids /srv/app/ /backup/app/\n",
        ),
    ],
    run: |_: &Context<'_>, _: &mut Report| {},
};
