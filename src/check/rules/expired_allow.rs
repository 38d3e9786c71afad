//! AL002: a comment allowed a finding until a day that is past.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// An acceptance ends with its day. Found where findings and comments are settled, not by looking at commands.
pub const RULE: Rule = Rule {
    code: "AL002",
    name: "expired-allow",
    severity: Severity::Medium,
    summary: "a comment allowed a finding until a day that is past",
    why: "an accepted risk has a day so that somebody looks at it again; past that day the finding counts again",
    fix: "repair what was accepted, or look at it again and move the day",
    source: "blackstart's own comments",
    layer: "static",
    bad: &[
        Example::Script(
            "#!/bin/sh\n# blackstart: allow SH003 until 2024-03-01 because the variable is set by the caller\nrm -rf \"$DIR\"/*\n",
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\nfor db in shop wiki; do\n  # blackstart: allow SH002 until 2025-12-31 because the exit code is looked at below\n  pg_dump \"$db\" | gzip > \"/backup/$db.sql.gz\"\ndone\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# nightly dump, watched by its exit code
umask 077
for db in shop wiki; do
  # blackstart: allow SH002 until 2027-03-01 because the exit code is looked at below
  pg_dump "$db" | gzip > "/backup/$db-$(date +%F).sql.gz.new"
done
"#,
        ),
        Example::Script(
            "#!/bin/sh\n# blackstart: allow SH003 until 2027-03-01 because the variable is set by the caller\nrm -rf \"$DIR\"/*\n",
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\n# The dump of 2024-03-01 is kept until the audit is over.\nfind /backup -name '*.dump' ! -name 'shop-2024-03-01*' -mtime +30 -delete\n",
        ),
    ],
    run: |_: &Context<'_>, _: &mut Report| {},
};
