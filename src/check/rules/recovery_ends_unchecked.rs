//! PG010: a target that is final before anybody looked.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, postgres};
use crate::evidence::Severity;

/// A recovery that paused can go on to a later target; one that was promoted cannot.
pub const RULE: Rule = Rule {
    code: "PG010",
    name: "recovery-ends-unchecked",
    severity: Severity::Medium,
    summary: "the server is promoted at the target by itself, or stays paused and nobody ends it",
    why: "a wrong target cannot be moved any more; or the server stays read-only while the clock of the promise runs",
    fix: "`recovery_target_action = 'pause'`, look at the data, then `select pg_wal_replay_resume()`",
    source: "PostgreSQL manual, recovery_target_action",
    layer: "static",
    bad: &[
        Example::Script(
            "P=/srv/pitr/main\ncat >> \"$P/postgresql.auto.conf\" <<'CONF'\nrestore_command = 'cp /backup/wal/%f %p'\nrecovery_target_time = '2026-03-02 14:03:00+00'\nrecovery_target_action = 'promote'\nCONF\ntouch \"$P/recovery.signal\"\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: a, title: t, kind: command, risk: disruptive, run: \"P=/srv/pitr/main\\ncat >> \\\"$P/postgresql.auto.conf\\\" <<'CONF'\\nrestore_command = 'cp /backup/wal/%f %p'\\nrecovery_target_time = '2026-03-02 14:03:00+00'\\nrecovery_target_action = 'pause'\\nCONF\\ntouch \\\"$P/recovery.signal\\\"\\n\"}\n  - {id: b, title: t, kind: command, risk: disruptive, run: \"pg_ctl start -w -D /srv/pitr/main\"}\n",
            inventory: "",
        },
    ],
    good: &[
        Example::Script(
            "P=/srv/pitr/main\ncat >> \"$P/postgresql.auto.conf\" <<'CONF'\nrestore_command = 'cp /backup/wal/%f %p'\nrecovery_target_time = '2026-03-02 14:03:00+00'\nrecovery_target_action = 'pause'\nCONF\ntouch \"$P/recovery.signal\"\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: a, title: t, kind: command, risk: disruptive, run: \"P=/srv/pitr/main\\ncat >> \\\"$P/postgresql.auto.conf\\\" <<'CONF'\\nrestore_command = 'cp /backup/wal/%f %p'\\nrecovery_target_time = '2026-03-02 14:03:00+00'\\nrecovery_target_action = 'pause'\\nCONF\\ntouch \\\"$P/recovery.signal\\\"\\n\"}\n  - {id: b, title: t, kind: command, risk: disruptive, run: \"psql -X -c 'select pg_wal_replay_resume()'\"}\n",
            inventory: "",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let settings = postgres::settings(context);
    if !settings.iter().any(|setting| setting.name.starts_with("recovery_target")) {
        return;
    }
    for setting in settings.iter().filter(|setting| setting.name == "recovery_target_action") {
        let ends = context.runs().any(|(unit, run)| {
            let sql = unit.sql(run.command);
            let resumes =
                sql.iter().any(|text| text.to_ascii_lowercase().contains("pg_wal_replay_resume"));
            resumes || postgres::promotes(unit, run)
        });
        let by_hand = |plan: &crate::plan::Plan| plan.steps.iter().any(|step| !step.runs());
        let message = match (setting.value.as_str(), context.plan) {
            ("promote", _) => {
                "the server is promoted at the target before anybody looked at the data"
            }
            ("pause", Some(plan)) if !ends && !by_hand(plan) => {
                "the recovery pauses at its target, and no step ends it"
            }
            _ => continue,
        };
        report.add(&RULE, setting.unit, setting.run.command.span, message.to_owned());
    }
}
