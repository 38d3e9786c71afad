//! Promotions of standbys, and what must come before them: a fence around the old primary, and the measured loss.

use super::{Context, Run, Unit, postgres};
use crate::plan::StepKind;
use crate::shell::ast::StatementKind;
use crate::tools::{self, Fence, Takeover};

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

/// Returns how a command takes over storage or a cluster that others may be in charge of, other than by promoting a
/// database's standby.
pub fn seizes(unit: &Unit<'_>, run: Run<'_>) -> Option<Takeover> {
    let found = tools::takeover(unit.take_apart(run.command)?);
    found.filter(|takeover| *takeover != Takeover::Promotes)
}

/// Tells whether something says that another machine has the part that is taken over: it is asked whether it lives, its
/// address moves here, a cluster's manager calls the script.
pub fn takes_a_part(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    let probes = ["ping", "fping", "nc", "ncat", "arping", "pg_isready", "mysqladmin"];
    let asked = context.before(unit, run).any(|(_, other)| other.command.is(&probes));
    let moved = context.runs().any(|(_, other)| {
        other.command.is(&["arping"])
            || other.command.is(&["ip"])
                && other
                    .command
                    .literals()
                    .iter()
                    .any(|word| matches!(*word, "addr" | "address" | "a"))
                && other.command.has("add")
    });
    let mut called = false;
    super::outcome::each(&unit.script.statements, &mut |statement, _| {
        if let StatementKind::Case { arms, .. } = &statement.kind {
            called |= arms.iter().any(|arm| {
                let master =
                    arm.patterns.iter().any(|p| p.trim_matches('"').eq_ignore_ascii_case("master"));
                let inside = arm.body.first().zip(arm.body.last()).is_some_and(|(first, last)| {
                    (first.span.start..=last.span.end).contains(&run.command.span.start)
                });
                master && inside
            });
        }
    });
    asked || moved || called
}

/// Returns what the strongest command before a promotion does to keep the other server out: it stops, has no power, or is
/// cut off.
pub fn fenced(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> Option<Fence> {
    let host = |unit: &Unit<'_>, run: Run<'_>| {
        let own = unit.step.and_then(|step| step.host.as_ref()).map(|host| host.to_string());
        run.command.setting.remote.clone().or(own)
    };
    let here = host(unit, run);
    let by_command = context.before(unit, run).filter_map(|(other_unit, other)| {
        let command = other.command;
        let words = command.literals();
        let has = |names: &[&str]| words.iter().any(|word| names.contains(word));
        let elsewhere = host(other_unit, other) != here;
        let servers = ["postgres", "mysql", "mariadb", "patroni", "drbd", "zfs", "nfs", "redis"];
        let server = words.iter().any(|word| servers.iter().any(|name| word.contains(name)));
        let stopped = command.is(&["systemctl", "service"])
            && has(&["stop", "mask", "disable", "kill"])
            && server
            || command.is(&["pg_ctl", "pg_ctlcluster"]) && has(&["stop"])
            || command.is(&["mysqladmin", "mariadb-admin"]) && has(&["shutdown"])
            || command.is(&["drbdadm"]) && has(&["secondary", "down", "disconnect"])
            || command.is(&["zpool"]) && has(&["export"])
            || command.is(&["docker", "podman"]) && has(&["stop", "kill"]);
        let agent = command
            .name()
            .is_some_and(|name| name.starts_with("fence_") || name.starts_with("stonith"));
        let power = agent
            || command.is(&["ipmitool"]) && has(&["off", "cycle", "reset"])
            || command.is(&["poweroff", "shutdown"]);
        match () {
            () if power || stopped && elsewhere => Some(Fence::Stops),
            () => tools::fence(other_unit.take_apart(command)?),
        }
    });
    by_command.max().or_else(|| by_hand(context, unit, StepKind::Manual).then_some(Fence::Stops))
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
        "WSREP_LAST_COMMITTED",
    ];
    context.before(unit, run).any(|(unit, other)| {
        let sql = unit.sql(other.command);
        let asks = sql.iter().any(|text| {
            let text = text.to_ascii_uppercase();
            marks.iter().any(|mark| text.contains(mark))
        });
        let looks =
            other.command.is(&["patronictl", "repmgr", "pg_controldata", "galera_recovery"]);
        // The member that came furthest has the highest number in its state file.
        let words = other.command.literals();
        let sought =
            words.iter().any(|word| word.contains("seqno") || word.contains("wsrep-recover"));
        asks || sought || looks && !other.command.has("failover")
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
