//! What is known about one plan: what the check found and what the newest dry run showed.

use super::{DryRun, Effect, KeptFinding};
use crate::base::{Digest, Id, Risk, Timestamp};

/// What the static check said about a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// When it was checked.
    pub at: Timestamp,
    /// The harm each step can do, as computed.
    pub risks: Vec<(Id, Risk)>,
    /// Everything that was found.
    pub findings: Vec<KeptFinding>,
}

impl Checked {
    /// Returns the computed risk of a step; `unknown` where the check did not see it.
    pub fn risk(&self, step: &str) -> Risk {
        let seen = self.risks.iter().find(|(id, _)| id.as_str() == step);
        seen.map_or(Risk::Unknown, |(_, risk)| *risk)
    }
}

/// The evidence for one fingerprint that an approval rests on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlanEvidence {
    /// The newest check.
    pub checked: Option<Checked>,
    /// The newest dry run.
    pub dry_run: Option<DryRun>,
}

impl PlanEvidence {
    /// Returns what the check found, then what the dry run did.
    pub fn findings(&self) -> impl Iterator<Item = &KeptFinding> {
        let checked = self.checked.iter().flat_map(|checked| &checked.findings);
        let steps = self.dry_run.iter().flat_map(|dry_run| &dry_run.steps);
        checked.chain(steps.flat_map(|step| &step.findings))
    }

    /// Returns the digest of what the evidence says.
    ///
    /// Two dry runs that showed the same have the same digest: times, durations, outputs, sizes, diffs and
    /// arguments of programs are left out, because they differ from run to run without meaning.
    pub fn digest(&self) -> Digest {
        let mut fields: Vec<Vec<u8>> = vec![];
        let mut add = |parts: &[&str]| {
            fields.push(
                Digest::of_fields(parts.iter().map(|part| part.as_bytes())).to_string().into(),
            );
        };
        match &self.checked {
            None => add(&["not checked"]),
            Some(checked) => {
                add(&["checked"]);
                for (step, risk) in &checked.risks {
                    add(&["risk", step.as_str(), risk.word()]);
                }
                for finding in &checked.findings {
                    let step = finding.step.as_ref().map_or("", Id::as_str);
                    add(&[
                        "finding",
                        &finding.rule,
                        finding.severity.word(),
                        step,
                        &finding.message,
                    ]);
                }
            }
        }
        match &self.dry_run {
            None => add(&["no dry run"]),
            Some(dry_run) => {
                add(&["dry run", dry_run.level.word()]);
                for step in &dry_run.steps {
                    let ended = format!("{:?} {:?} {:?}", step.exit_code, step.signal, step.limit);
                    add(&["step", step.id.as_str(), step.outcome.word(), &ended]);
                    add(&["simulated", &step.simulated.join("\0")]);
                    step.effects.iter().for_each(|effect| add(&["effect", &seen(effect)]));
                    add(&["effects", &step.effects_total.to_string()]);
                    for (change, sum) in &step.totals {
                        add(&["total", change.word(), &sum.entries.to_string()]);
                    }
                    for finding in &step.findings {
                        add(&["finding", &finding.rule, finding.severity.word(), &finding.message]);
                    }
                    if let Some(proof) = &step.rollback {
                        add(&["rollback", proof.outcome.word(), &proof.differences.join("\0")]);
                    }
                }
            }
        }
        Digest::of_fields(fields.iter().map(Vec::as_slice))
    }
}

fn seen(effect: &Effect) -> String {
    match effect {
        Effect::File(file) => {
            format!(
                "{:?} {:?} {:?} {:?} {:?} {:?} {:?}",
                file.change, file.kind, file.path, file.from, file.mode, file.what, file.declared
            )
        }
        Effect::Exec { argv, .. } => format!("exec {:?}", argv.first()),
        Effect::Lookup { name } => format!("lookup {name:?}"),
        Effect::Connect { destination, declared, .. } => {
            format!("connect {destination:?} {declared:?}")
        }
        Effect::Denied { what } => format!("denied {what:?}"),
    }
}
