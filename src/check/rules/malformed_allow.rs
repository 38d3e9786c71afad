//! AL001: a comment is meant to allow a finding, and cannot be understood.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// What accepts a finding says which, until when and why. Found where findings and comments are settled, not by looking at commands.
pub const RULE: Rule = Rule {
    code: "AL001",
    name: "malformed-allow",
    severity: Severity::Medium,
    summary: "a comment is meant to allow a finding, and cannot be understood",
    why: "a comment that seems to accept a finding and does not hides from its author that nothing was accepted; without a reason and a day nobody knows later whether it still holds",
    fix: "write `blackstart: allow CODE until YYYY-MM-DD because REASON`, at most two years ahead",
    source: "blackstart's own comments; the unexplained and eternal suppressions of other linters are what reasons and days are for",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# keeps two weeks of the dumps of the shop
umask 077
out="/backup/shop-$(date -u +%F).dump"
pg_dump -Fc -f "$out.new" shop
pg_restore --list "$out.new" > /dev/null
mv "$out.new" "$out"
# blackstart: allow RT001 until next spring because the dumps of the day are tested above
find /backup -name 'shop-*.dump' -mtime +14 -delete
"#,
        ),
        Example::Script("#!/bin/sh\n# blackstart: allow SH003\nrm -rf \"$DIR\"/*\n"),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\n# The old dumps are removed before the new one is made.\n# blackstart: ignore RB001 until 2027-03-01 because there is a second copy\nrm -f /backup/shop-*.dump\npg_dump -Fc -f \"/backup/shop-$(date +%F).dump\" shop\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# keeps two weeks of the dumps of the shop; blackstart looks at this script before it is installed
umask 077
out="/backup/shop-$(date -u +%F).dump"
pg_dump -Fc -f "$out.new" shop
pg_restore --list "$out.new" > /dev/null
mv "$out.new" "$out"
# blackstart: allow RT001 until 2027-03-01 because the dump of the day is tested above
find /backup -name 'shop-*.dump' -mtime +14 -delete
"#,
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\n# blackstart: the nightly dump of the shop, see the runbook\npg_dump -Fc -f \"/backup/shop-$(date +%F).dump.part\" shop\nmv \"/backup/shop-$(date +%F).dump.part\" \"/backup/shop-$(date +%F).dump\"\n",
        ),
        Example::Script(
            "cat > /etc/cron.d/backup <<'EOF'\n# blackstart: allow nothing here, this is the text of another file\nEOF\n",
        ),
    ],
    run: |_: &Context<'_>, _: &mut Report| {},
};
