//! PG006: a log that counts as archived and is nowhere.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, postgres};
use crate::evidence::Severity;

/// The server recycles a segment when archive_command says that it is kept.
pub const RULE: Rule = Rule {
    code: "PG006",
    name: "archive-command-hides-failure",
    severity: Severity::Critical,
    summary: "archive_command can succeed without keeping the segment, or replaces another one",
    why: "the server throws segments away that were never stored; the gap shows at the next recovery",
    fix: "`test ! -f D/%f && cp %p D/.%f.part && sync D/.%f.part && mv D/.%f.part D/%f && sync D`, or pgBackRest, WAL-G",
    source: "PostgreSQL manual, Continuous Archiving: \"zero exit status if and only if it succeeds\", and \"refuse to overwrite\"",
    layer: "static",
    bad: &[
        Example::Script(
            "cat >> /srv/pg/postgresql.auto.conf <<'CONF'\narchive_mode = on\narchive_command = 'cp %p /backup/wal/%f || true'\nCONF\n",
        ),
        Example::Script(
            "cat >> /srv/pg/postgresql.auto.conf <<'CONF'\narchive_mode = on\narchive_command = '/bin/true'\nCONF\n",
        ),
        Example::Script(
            "psql -X -c \"ALTER SYSTEM SET archive_command = 'rsync -a %p backup:/wal/%f; exit 0'\"\n",
        ),
        Example::Script(
            "cat >> /srv/pg/postgresql.auto.conf <<'CONF'\narchive_mode = on\narchive_command = 'cp %p /backup/wal/%f'\nCONF\n",
        ),
    ],
    good: &[
        Example::Script(
            "cat >> /srv/pg/postgresql.auto.conf <<'CONF'\narchive_mode = on\narchive_command = 'test ! -f /backup/wal/%f && cp %p /backup/wal/%f.tmp && sync /backup/wal/%f.tmp && mv /backup/wal/%f.tmp /backup/wal/%f && sync /backup/wal'\nCONF\n",
        ),
        Example::Script(
            "cat >> /srv/pg/postgresql.auto.conf <<'CONF'\narchive_mode = on\narchive_command = 'pgbackrest --stanza=main archive-push %p'\nCONF\n",
        ),
        Example::Script(
            "cat >> /srv/pg/postgresql.auto.conf <<'CONF'\narchive_mode = on\narchive_command = '/usr/local/sbin/archive-wal %p %f'\nCONF\n",
        ),
        Example::Script(
            "psql -X -c \"alter system set archive_command = 'test ! -f /mnt/wal/%f && cp %p /mnt/wal/%f'\"\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for setting in
        postgres::settings(context).into_iter().filter(|setting| setting.name == "archive_command")
    {
        let value = setting.value.trim();
        let first = value.split_whitespace().next().unwrap_or_default();
        let nothing =
            matches!(value, "/bin/true" | "/usr/bin/true" | "true" | ":" | "exit 0" | "cd .");
        let guarded =
            ["test ! -f", "! -e", "[ ! -f", "cmp ", "--ignore-existing", "cp -n", "--no-clobber"];
        let replaces = matches!(first, "cp" | "/bin/cp" | "mv" | "install")
            && !guarded.iter().any(|guard| value.contains(guard));
        if nothing || postgres::masks_failure(value) {
            let message = "archive_command succeeds even if the segment was not stored".to_owned();
            report.add(&RULE, setting.unit, setting.run.command.span, message);
        } else if replaces {
            let message = "archive_command replaces a segment that is already there".to_owned();
            report.add(&RULE, setting.unit, setting.run.command.span, message).severity =
                Severity::High;
        }
    }
}
