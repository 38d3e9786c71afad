//! Builds the report from what is known.

use std::collections::BTreeMap;

use super::{
    Approval, Evidence, Incident, Log, Refused, Report, Run, Step, Waiver, objective, timeline,
};
use crate::base::{Digest, Timestamp, readable};
use crate::estimate::Estimate;
use crate::evidence::{self, Outcome, PlanEvidence, Record, RunRecord, StepOutcome, StepState};
use crate::incident;
use crate::inventory::Inventory;
use crate::plan::{Phase, Plan, order};

/// What a report is made from.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// When it is made.
    pub now: Timestamp,
    /// The plan.
    pub plan: &'a Plan,
    /// Its fingerprint.
    pub fingerprint: Digest,
    /// The incident, where there is one.
    pub incident: Option<&'a incident::Incident>,
    /// The inventory, where there is one.
    pub inventory: Option<&'a Inventory>,
    /// What was computed.
    pub estimate: Option<&'a Estimate>,
    /// What was checked and dry-run.
    pub evidence: &'a PlanEvidence,
    /// The approvals of this fingerprint.
    pub approvals: &'a [evidence::Approval],
    /// The run, where there is one.
    pub run: Option<RunSource<'a>>,
    /// The log records of the plan's approvals and of the run.
    pub records: &'a [Record],
    /// How many records the log has, its head, and whether it verified.
    pub log: (u64, Digest, bool),
}

/// A run, and what the journal says about it.
#[derive(Debug, Clone, Copy)]
pub struct RunSource<'a> {
    /// The run.
    pub run: &'a evidence::Run,
    /// Its journal, folded.
    pub record: &'a RunRecord,
}

/// Builds the report.
pub fn report(sources: &Sources<'_>) -> Report {
    let measured = sources.run.and_then(|run| {
        let (from, to) = run.record.started.zip(run.record.finished)?;
        Some((to.as_millisecond() - from.as_millisecond()) as f64 / 1e3)
    });
    let refused = sources.estimate.map(|estimate| estimate.refused.as_slice()).unwrap_or_default();
    Report {
        schema: "blackstart/report/v1",
        title: sources.plan.title.clone(),
        plan: sources.plan.id.to_string(),
        fingerprint: sources.fingerprint.to_string(),
        proven: proven(sources.evidence),
        made_at: readable(sources.now),
        incident: sources.incident.map(incident),
        run: sources.run.map(|run| run_of(run, measured)),
        objectives: objective::objectives(sources, measured),
        refused: refused
            .iter()
            .map(|copy| Refused { backup: copy.backup.to_string(), why: copy.why.clone() })
            .collect(),
        steps: steps(sources),
        timeline: timeline::timeline(sources),
        evidence: evidence_of(sources),
        approvals: sources.approvals.iter().map(approval).collect(),
        waivers: sources
            .approvals
            .iter()
            .flat_map(|approval| &approval.waivers)
            .map(waiver)
            .collect(),
        remaining: remaining(sources),
        log: Log { records: sources.log.0, head: sources.log.1.to_string(), intact: sources.log.2 },
    }
}

/// Returns how far a plan is proven; a dry run below the full levels, or one that did not reach the end, does not count.
pub fn proven(evidence: &PlanEvidence) -> &'static str {
    let whole = evidence.dry_run.as_ref().is_some_and(|dry_run| {
        dry_run.level.counts()
            && dry_run
                .steps
                .iter()
                .all(|step| !matches!(step.outcome, Outcome::Failed | Outcome::NotRun))
    });
    match (&evidence.checked, whole) {
        (Some(_), true) => "dry-run",
        (Some(_), false) => "checked",
        (None, _) => "drafted",
    }
}

fn incident(incident: &incident::Incident) -> Incident {
    Incident {
        id: incident.id.to_string(),
        title: incident.title.clone().unwrap_or_default(),
        damage_at: incident.damage_at.map(readable),
        detected_at: incident.detected_at.map(readable),
    }
}

fn run_of(source: RunSource<'_>, seconds: Option<f64>) -> Run {
    Run {
        id: source.run.id.to_string(),
        state: source.record.state.unwrap_or(source.run.state).word().to_owned(),
        why: source.record.why.clone(),
        by: source.run.by.clone(),
        started: source.record.started.map(readable),
        finished: source.record.finished.map(readable),
        seconds,
    }
}

fn steps(sources: &Sources<'_>) -> Vec<Step> {
    let numbered = order(sources.plan)
        .or_as_written(sources.plan)
        .into_iter()
        .filter_map(|at| sources.plan.steps.get(at))
        .enumerate();
    numbered
        .map(|(at, step)| {
            let id = step.id.as_str();
            let dry = sources
                .evidence
                .dry_run
                .as_ref()
                .and_then(|run| run.steps.iter().find(|dry| dry.id == step.id));
            let ran = sources.run.map(|run| run.record.step(id));
            let end = ran.as_ref().and_then(|ran| ran.end.clone());
            Step {
                number: at + 1,
                id: id.to_owned(),
                title: step.title.clone(),
                phase: step.phase.map(Phase::word),
                risk: sources
                    .evidence
                    .checked
                    .as_ref()
                    .map_or(step.claimed_risk(), |checked| checked.risk(id))
                    .word(),
                dry_run: dry.map(|dry| dry.outcome.word()),
                result: ran.as_ref().map(|ran| result(&ran.state)),
                seconds: ran.as_ref().and_then(|ran| {
                    let (from, to) = ran.started.zip(ran.finished)?;
                    Some((to.as_millisecond() - from.as_millisecond()) as f64 / 1e3)
                }),
                why: end.and_then(|end| end.why),
            }
        })
        .collect()
}

fn result(state: &StepState) -> String {
    match state {
        StepState::NotStarted => "not run",
        StepState::Started { .. } => "started, result unknown",
        StepState::Ended(StepOutcome::Succeeded) => "succeeded",
        StepState::Ended(StepOutcome::Failed) => "failed",
        StepState::Ended(StepOutcome::TimedOut) => "timed out",
        StepState::Ended(StepOutcome::Stopped) => "stopped",
        StepState::Skipped => "skipped",
        StepState::RolledBack => "rolled back",
        StepState::RollbackFailed => "rollback failed",
    }
    .to_owned()
}

fn evidence_of(sources: &Sources<'_>) -> Evidence {
    let dry_run = sources.evidence.dry_run.as_ref();
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    for step in dry_run.iter().flat_map(|run| &run.steps) {
        *outcomes.entry(step.outcome.word()).or_default() += 1;
    }
    let findings = sources.evidence.findings().map(|finding| {
        let step = finding.step.as_ref().map(|step| format!(" (step {step})")).unwrap_or_default();
        format!("{} {}{step}: {}", finding.severity.word(), finding.rule, finding.message)
    });
    let points = sources.estimate.iter().flat_map(|estimate| &estimate.recovery_points);
    let notes = points
        .flat_map(|point| &point.notes)
        .chain(sources.estimate.iter().flat_map(|estimate| &estimate.notes));
    Evidence {
        level: dry_run.map(|run| run.level.word()),
        level_reason: dry_run.and_then(|run| run.level_reason.clone()),
        outcomes: outcomes.into_iter().map(|(word, count)| (word.to_owned(), count)).collect(),
        findings: findings.collect(),
        notes: notes.cloned().collect(),
    }
}

fn approval(approval: &evidence::Approval) -> Approval {
    Approval {
        by: approval.by.clone(),
        os_user: approval.os_user.clone(),
        at: readable(approval.at),
        expires: readable(approval.expires),
    }
}

fn waiver(waiver: &evidence::Waiver) -> Waiver {
    Waiver {
        what: waiver.what.to_string(),
        reason: waiver.reason.clone(),
        by: waiver.by.clone(),
        at: readable(waiver.at),
    }
}

/// Steps of the last phase that did not succeed, and manual ones anywhere that nobody acknowledged.
fn remaining(sources: &Sources<'_>) -> Vec<String> {
    let done = |id: &str| {
        sources.run.is_some_and(|run| {
            run.record.step(id).state == StepState::Ended(StepOutcome::Succeeded)
        })
    };
    let last = sources.plan.steps.iter().filter(|step| step.phase == Some(Phase::Reconstitution));
    last.filter(|step| !done(step.id.as_str())).map(|step| step.title.clone()).collect()
}
