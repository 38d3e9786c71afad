//! What the checker's word on a candidate means for the steps of a model: harm that is too much, findings they brought in.

use super::accept::Commands;
use super::assemble::Slot;
use super::drive::Dialogue;
use super::rejected::{Ground, Reason};
use crate::base::{Id, Position, Risk};
use crate::evidence::{Finding, Severity};
use crate::plan::{Plan, Step, StepKind};

impl Dialogue<'_> {
    /// Takes the computed harm of the model's steps, and what harm is too much for them.
    pub(super) fn weigh(&mut self, risks: &[(Id, Risk)]) {
        let start = self.start;
        for slot in &mut self.slots {
            let Ok(accepted) = &mut slot.outcome else { continue };
            let computed =
                risks.iter().find(|(id, _)| *id == accepted.step.id).map(|(_, risk)| *risk);
            let (Some(computed), Commands::Model) = (computed, accepted.commands) else { continue };
            let step = &mut accepted.step;
            if step.runs() {
                step.risk = step.risk.max(Some(computed));
            }
            let base = accepted.based_on.as_ref().and_then(|id| start.step(id.as_str()));
            if let Some(why) = too_much(start, step, base, computed) {
                let fix = "write only into a directory that the step itself makes with mkdir; move aside instead of deleting";
                let reason = Reason { fix: Some(fix.into()), ..Reason::whole(Ground::Risk, why) };
                if !slot.findings.contains(&reason) {
                    slot.findings.push(reason);
                }
            }
        }
    }

    /// Lays what the checker found at the door of the step that brought it in.
    pub(super) fn blame(&mut self, findings: &[Finding]) {
        let old = |finding: &Finding| {
            self.ask.baseline.iter().any(|known| {
                known.rule == finding.rule
                    && known.step == finding.step
                    && known.part == finding.part
            })
        };
        let heavy =
            findings.iter().filter(|finding| finding.severity >= Severity::High && !old(finding));
        for finding in heavy {
            let of_model = |slot: &&mut Slot| {
                let good = slot.outcome.as_ref().ok();
                good.is_some_and(|good| {
                    good.commands == Commands::Model && finding.step.as_ref() == Some(&good.step.id)
                })
            };
            let own = self.slots.iter_mut().find(of_model);
            let is_own = own.is_some();
            let changed =
                |slot: &&mut Slot| slot.good().is_some_and(|good| good.commands == Commands::Model);
            // A finding on a step of the starting plan, which had none, comes from what the model put around it.
            let slots: Vec<&mut Slot> = match own {
                Some(slot) => vec![slot],
                None => self.slots.iter_mut().filter(changed).collect(),
            };
            for slot in slots {
                let text = slot.outcome.as_ref().ok().and_then(|good| text_of(&good.step, finding));
                let line =
                    text.filter(|_| is_own).map(|text| Position::of(text, finding.span.start).line);
                let reason = Reason {
                    ground: Ground::Finding,
                    part: finding.part,
                    line,
                    why: finding.message.clone(),
                    fix: finding.fix.clone(),
                    code: Some(finding.rule.to_owned()),
                };
                if !slot.findings.contains(&reason) {
                    slot.findings.push(reason);
                }
            }
        }
    }
}

/// Returns the text of a step that a finding points into.
fn text_of<'s>(step: &'s Step, finding: &Finding) -> Option<&'s str> {
    use crate::evidence::Place;
    match finding.part {
        Place::Run => step.run.as_deref(),
        Place::Check => step.check.as_deref(),
        Place::Rollback => step.rollback.as_deref(),
        Place::Whole => None,
    }
}

/// Returns why the computed harm of a model's step is too much, or nothing. A step it adds destroys nothing; a step in the place of
/// one of the starting plan harms no more than that one, or, where that one was a person's, no more than what a safety copy
/// undoes.
fn too_much(start: &Plan, step: &Step, base: Option<&Step>, computed: Risk) -> Option<String> {
    match step.kind {
        StepKind::Check | StepKind::Wait if computed > Risk::Read => {
            return Some(format!(
                "a {} step only looks, its commands come to {computed}",
                step.kind
            ));
        }
        StepKind::Check
        | StepKind::Wait
        | StepKind::Command
        | StepKind::Manual
        | StepKind::Decision
        | StepKind::Notify => {}
    }
    let own = base.filter(|base| base.runs()).and_then(|base| base.risk);
    let copied = step.safety_copy.as_ref().is_some_and(|copy| start.step(copy.as_str()).is_some());
    let most = match (base, own) {
        (_, Some(own)) => own.max(Risk::Disruptive),
        (Some(_), None) if copied => Risk::Destructive,
        (Some(_) | None, None) => Risk::Disruptive,
    };
    // What is `unknown` needs a person to waive it by name; what cannot even be read was refused before.
    let known = computed != Risk::Unknown;
    (known && computed > most).then(|| {
        format!("its commands come to {computed}, and {most} is the most that a model may add here")
    })
}
