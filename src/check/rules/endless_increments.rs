//! RB013: a chain of increments that never starts anew.

use crate::check::Context;
use crate::check::repository::{Act, operations};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// One damaged volume of a chain breaks all that follow.
pub const RULE: Rule = Rule {
    code: "RB013",
    name: "endless-increments",
    severity: Severity::Medium,
    summary: "duplicity makes increments and never a new full copy",
    why: "a restore needs every link since the first full copy; the chain grows, and one damaged file breaks everything behind it",
    fix: "`duplicity --full-if-older-than 1M SOURCE URL`, then `remove-all-but-n-full 2 --force`",
    source: "duplicity(1), --full-if-older-than; \"remove-all-but-n-full\"",
    layer: "static",
    bad: &[
        Example::Script("duplicity /srv file:///backup/srv\n"),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\nexport PASSPHRASE_FILE=/root/.duplicity\nsource /root/.duplicity\nduplicity incremental --encrypt-key 0xA1B2C3D4 /home sftp://backup@store/home\nduplicity cleanup --force sftp://backup@store/home\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# a new full copy on the first of each month, increments between
source /root/.duplicity
if [ "$(date +%d)" = 01 ]; then kind=full; else kind=incremental; fi
duplicity "$kind" --encrypt-key 0xA1B2C3D4 /home sftp://backup@store/home
duplicity remove-all-but-n-full 3 --force sftp://backup@store/home
duplicity collection-status sftp://backup@store/home
"#,
        ),
        Example::Script("duplicity --full-if-older-than 1M /srv file:///backup/srv\n"),
        Example::Script(
            "duplicity full /srv file:///backup/srv\nduplicity incr /srv file:///backup/srv\n",
        ),
        Example::Script(
            "set -euo pipefail\nif [ \"$(date +%d)\" = 01 ]; then kind=full; else kind=incremental; fi\nduplicity \"$kind\" /srv file:///backup/srv\n",
        ),
        Example::Script("duplicity restore file:///backup/srv /srv/stage\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let all = operations(context);
    let saves = || all.iter().filter(|one| one.program == "duplicity" && one.act == Act::Save);
    let anew = saves().any(|one| {
        one.call.has(&["full-if-older-than"])
            || one.run.command.has("full")
            // What only the run knows may be the word `full`.
            || one.call.operands.first().is_some_and(|w| !w.certain && !w.text.contains('/'))
    });
    if let Some(one) = saves().next().filter(|_| !anew) {
        let message = "nothing ever starts a new chain".to_owned();
        report.add(&RULE, one.unit, one.run.command.span, message);
    }
}
