//! LL002: a flag that the program refuses.

use std::collections::BTreeSet;

use crate::base::Span;
use crate::check::flags::{self, Unknown, Witness};
use crate::check::rule::{Example, Report, Rule, edit};
use crate::check::{Context, Question};
use crate::evidence::Severity;

/// Invented flags sound right: `rsync --verify`, `mysqldump --consistent`.
pub const RULE: Rule = Rule {
    code: "LL002",
    name: "unknown-flag",
    severity: Severity::Medium,
    summary: "a program is given a flag that it does not have",
    why: "the program ends with a usage message before it has done anything, in the middle of a recovery",
    fix: "use the flag that exists (see --help of the version that is installed)",
    source: "measured: the help of each program, in Debian 12 and of later versions; a class of faults of drafts made by language models",
    layer: "static",
    bad: &[
        Example::Script("rsync -a --verify-checksums /srv/app/data/ /backup/data/\n"),
        Example::Script(
            "mysqldump --consistent-snapshot --all-databases > \"/backup/all-$(date +%s).sql\"\n",
        ),
        Example::Script(
            "tar --create --parallel=4 --file \"/backup/app-$(date +%s).tar\" /srv/app\n",
        ),
        Example::Script("pg_basebackup -D /srv/new --wal-metod=stream --checkpoint=fast\n"),
        Example::Script(
            "set -euo pipefail\nexport RESTIC_REPOSITORY=/srv/repo RESTIC_PASSWORD_FILE=/etc/restic/key\nrestic check --read-data\nrestic restore latest --target \"$(mktemp -d)\" --verify-all\nrestic forget --keep-daily 7 --prune --confirm\n",
        ),
        Example::Script("kubectl -n shop scale deploy/shop --replica=0\n"),
        Example::Script("lvcreate --snapshot --size 5G --label before /dev/vg0/data\n"),
        Example::Script("systemctl stop --wait-for-exit postgresql\n"),
        Example::Script("aws s3 sync /srv/backup s3://dr-copies --deletes\n"),
        Example::Script("pg_dump -Fc -q shop > \"/backup/shop-$(date +%s).dump\"\n"),
    ],
    good: &[
        Example::Script(
            "rsync -a --checksum --no-perms --delete-excluded /srv/app/data/ /backup/data/\n",
        ),
        Example::Script(
            "mysqldump --single-transaction --skip-lock-tables --all-databases -R -E > \"/backup/all-$(date +%s).sql\"\n",
        ),
        Example::Script(
            "tar --create --exclude-vcs --file \"/backup/app-$(date +%s).tar\" -- --odd-name\ncp --arch /a /b.new\nrm -- --help-me\n",
        ),
        Example::Script(
            "set -euo pipefail\ntar czf \"/backup/etc-$(date +%s).tgz\" -C / etc\ntar -tzf /backup/etc.tgz | head -5\ntail -n20 -f /var/log/syslog\ngzip -9 -k dump.sql\nsort -t, -k2,2nr list\nxz -T0 -9e dump\n",
        ),
        Example::Script(
            "docker run --rm alpine ls --color -x\nkubectl exec -it db-0 -- psql -XAtc 'select 1'\nssh -o BatchMode=yes db2 systemctl stop --now app\nsudo -u postgres psql --no-psqlrc --set=ON_ERROR_STOP=1 -f dump.sql\n",
        ),
        Example::Script(
            "set -euo pipefail\nexport RESTIC_REPOSITORY=/srv/repo\nrestic --no-cache check --read-data-subset=5%\nrestic restore latest --target \"$(mktemp -d)\" --verify\nrclone copy /srv/a remote:b --immutable --transfers=8 -P\ndocker compose up -d --wait\nfind /srv -xdev -name '*.wal' -printf '%p\\n'\n",
        ),
        Example::Script(
            "rsync() { command rsync --our-own \"$@\"; }\nrsync --verify-checksums a b\n/opt/ours/bin/tarsync --fast\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.runs() {
        for unknown in &flags::judge(unit, run.command, context.facts).unknown {
            let name = run.command.name().unwrap_or_default();
            let Unknown { flag, span, nearest, by } = unknown;
            let span = *span;
            let near = nearest
                .as_deref()
                .map(|near| format!("; the nearest is {near}"))
                .unwrap_or_default();
            let by_whom = match by {
                Witness::Description => "",
                Witness::Both | Witness::Tool => " (nor has the one that is installed)",
            };
            let message = format!("{name} has no flag {flag}{by_whom}{near}");
            let written = unit.slice(span).starts_with(flag.as_str());
            let finding = report.add(&RULE, unit, span, message);
            // In one of several branches a letter may be that of another system's tool of this name (`date -j`).
            if flag.len() == 2 && run.command.setting.conditional && unit.step.is_none() {
                finding.severity = Severity::Low;
            }
            let mistyped =
                |near: &String| strsim::damerau_levenshtein(near, flag) == 1 && flag.len() > 5;
            if let Some(near) = nearest.as_ref().filter(|near| written && mistyped(near)) {
                finding.edit =
                    edit(Span { start: span.start, end: span.start + flag.len() }, near.as_str());
            }
        }
    }
}

/// Returns what the tools that are installed should be asked before the flags of these texts can be judged.
pub fn questions(context: &Context<'_>) -> BTreeSet<Question> {
    let judged = context.runs().map(|(unit, run)| flags::judge(unit, run.command, context.facts));
    judged.flat_map(|judged| judged.questions.iter().cloned()).collect()
}
