//! AL003: a comment allows a finding that is not there.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// What accepts nothing is removed. Found where findings and comments are settled, not by looking at commands.
pub const RULE: Rule = Rule {
    code: "AL003",
    name: "unused-allow",
    severity: Severity::Low,
    summary: "a comment allows a finding that is not there",
    why: "a comment that speaks for nothing will speak for the next mistake on that line, which nobody accepted",
    fix: "remove the comment, or put it right above the command it is about",
    source: "blackstart's own comments",
    layer: "static",
    bad: &[
        Example::Script(
            "#!/bin/sh\n# blackstart: allow SH003 until 2027-03-01 because the path is asserted above\nls /srv\n",
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\n: \"${DIR:?}\"\nrm -rf \"$DIR\"/cache\n# blackstart: allow SH003 until 2027-03-01 because DIR is asserted above\nrsync -a --numeric-ids /srv/app/ /backup/app/\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -eu
# nightly dump of the shop, restored into a test database right behind
umask 077
out="/backup/shop-$(date +%F).sql.gz"
# blackstart: allow SH002 until 2027-03-01 because the line of the end is looked for below
pg_dump shop | gzip > "$out.new"
zcat "$out.new" | tail -n 5 | grep -q 'dump complete'
mv "$out.new" "$out"
"#,
        ),
        Example::Script(
            "#!/bin/sh\n# blackstart: allow SH003 until 2027-03-01 because the caller asserts it\nrm -rf \"$DIR\"/*\n",
        ),
        Example::Script(
            "#!/bin/bash\nset -eu\nclean() {\n  rm -rf \"$WORK\"/* # blackstart: allow SH003 until 2027-03-01 because WORK is asserted by the unit\n}\nclean\n",
        ),
    ],
    run: |_: &Context<'_>, _: &mut Report| {},
};
