//! Promotions of standbys, and what must come before them: a fence around the old primary, and the measured loss.

use super::{Context, Run, Unit, postgres};
use crate::plan::StepKind;

/// Tells whether a command makes a standby a primary in the place of another server. The end of a recovery from copies is
/// no such thing, and cluster managers fence by themselves.
pub fn promotes(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    let recovers = || {
        postgres::settings(context)
            .iter()
            .any(|setting| postgres::RECOVERY.contains(&setting.name.as_str()))
            || context.units.iter().any(|unit| unit.text.contains("recovery.signal"))
    };
    let resets = || {
        let sql = unit.sql(run.command);
        run.command.is(&["mysql", "mariadb"])
            && sql.iter().any(|text| {
                let text = text.to_ascii_uppercase();
                text.contains("RESET REPLICA ALL") || text.contains("RESET SLAVE ALL")
            })
    };
    postgres::promotes(unit, run) && !recovers() || resets()
}

/// Tells whether something before a promotion stops a server elsewhere, cuts its power or takes its address.
pub fn fenced(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    let host = |unit: &Unit<'_>, run: Run<'_>| {
        let own = unit.step.and_then(|step| step.host.as_ref()).map(|host| host.to_string());
        run.command.setting.remote.clone().or(own)
    };
    let here = host(unit, run);
    let by_command = context.before(unit, run).any(|(other_unit, other)| {
        let command = other.command;
        let words = command.literals();
        let has = |names: &[&str]| words.iter().any(|word| names.contains(word));
        let elsewhere = host(other_unit, other) != here;
        let server = words.iter().any(|word| {
            ["postgres", "mysql", "mariadb", "patroni"].iter().any(|name| word.contains(name))
        });
        let stopped = command.is(&["systemctl", "service"])
            && has(&["stop", "mask", "disable", "kill"])
            && server
            || command.is(&["pg_ctl", "pg_ctlcluster"]) && has(&["stop"])
            || command.is(&["mysqladmin", "mariadb-admin"]) && has(&["shutdown"]);
        let power = command
            .name()
            .is_some_and(|name| name.starts_with("fence_") || name == "stonith_admin")
            || command.is(&["ipmitool"]) && has(&["off", "power"])
            || command.is(&["virsh"]) && has(&["destroy", "shutdown"])
            || words.iter().any(|word| *word == "stop-instances" || *word == "deallocate")
            || command.is(&["gcloud"]) && has(&["stop"])
            || command.is(&["poweroff", "shutdown"]);
        power || stopped && elsewhere
    });
    by_command || by_hand(context, unit, StepKind::Manual)
}

/// Tells whether something before a promotion looks how far the standby came.
pub fn measured(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    let marks = [
        "PG_LAST_WAL_RECEIVE_LSN",
        "PG_LAST_WAL_REPLAY_LSN",
        "PG_LAST_XACT_REPLAY_TIMESTAMP",
        "PG_STAT_REPLICATION",
        "PG_STAT_WAL_RECEIVER",
        "SHOW REPLICA STATUS",
        "SHOW SLAVE STATUS",
        "REPLICATION_APPLIER_STATUS",
        "GTID_EXECUTED",
    ];
    context.before(unit, run).any(|(unit, other)| {
        let sql = unit.sql(other.command);
        let asks = sql.iter().any(|text| {
            let text = text.to_ascii_uppercase();
            marks.iter().any(|mark| text.contains(mark))
        });
        asks || other.command.is(&["patronictl", "repmgr", "pg_controldata"])
    }) || by_hand(context, unit, StepKind::Decision)
}

/// Tells whether a person does something on the way to this step, in a step that it needs.
fn by_hand(context: &Context<'_>, unit: &Unit<'_>, kind: StepKind) -> bool {
    let (Some(plan), Some(step)) = (context.plan, unit.step) else { return false };
    let mut reached: Vec<&str> = step.needs.iter().map(|id| id.as_str()).collect();
    let mut at = 0;
    while let Some(id) = reached.get(at).copied() {
        at += 1;
        let Some(needed) = plan.step(id) else { continue };
        if needed.kind == kind {
            return true;
        }
        for more in needed.needs.iter().map(|id| id.as_str()) {
            if !reached.contains(&more) {
                reached.push(more);
            }
        }
    }
    false
}
