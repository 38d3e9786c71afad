//! How a dialogue ends: the plan, whose it is, and everything a person should know of it.

use super::accept::Commands;
use super::assemble::Slot;
use super::drive::Dialogue;
use super::prose::Prose;
use super::rejected::{Ground, Instead, Rejected};
use super::{Drafter, ModelDraft, ground, restore};
use crate::base::Id;
use crate::plan::{Kind, Plan};

/// Questions and assumptions that are taken over from a reply.
const MOST_SENTENCES: usize = 12;

impl Dialogue<'_> {
    /// Ends the dialogue and returns what came of it: always a plan.
    pub fn finish(self) -> ModelDraft {
        let (written, refused) =
            self.slots.iter().fold((0, 0), |(written, refused), slot| match slot.good() {
                Some(good) if good.commands == Commands::Model => (written + 1, refused),
                Some(_) => (written, refused),
                None => (written, refused + 1),
            });
        let whole = match (&self.candidate, &self.unusable) {
            (_, Some(unusable)) => Err(unusable.why.clone()),
            (None, None) => Err("the model gave no plan that can be used".to_owned()),
            (Some(_), None) if refused > written => Err(format!(
                "of what the model wrote {refused} steps had to be rejected and {written} could be used"
            )),
            (Some(assembled), None) => Ok(assembled.clone()),
        };
        let mut notes = self.notes.clone();
        let mut questions = self.ask.template.questions.clone();
        let mut rejected =
            self.candidate.as_ref().map(|one| one.rejected.clone()).unwrap_or_default();
        let (plan, why_template) = match whole {
            Ok(assembled) => {
                notes.extend(
                    self.slots.iter().filter_map(Slot::good).flat_map(|good| good.notes.clone()),
                );
                (self.worded(assembled.plan, &mut notes, &mut questions), None)
            }
            Err(why) => {
                for one in &mut rejected {
                    let same = self.start.steps.iter().find(|step| step.id.as_str() == one.step);
                    one.instead =
                        same.map_or(Instead::LeftOut, |step| Instead::Template(step.id.clone()));
                }
                (self.start.clone(), Some(why))
            }
        };
        for reason in rejected
            .iter()
            .flat_map(|one| &one.reasons)
            .filter(|reason| reason.ground == Ground::Name)
        {
            let question = format!("{}: is it right, and should it be added there?", reason.why);
            if !questions.contains(&question) {
                questions.push(question);
            }
        }
        let left_out =
            |one: &&Rejected| one.text.is_empty() && matches!(one.instead, Instead::Template(_));
        let put_back =
            rejected.iter().filter(left_out).filter_map(|one| Id::parse(&one.step).ok()).collect();
        let drafter = if plan == *self.start { Drafter::Template } else { Drafter::Model };
        let summary =
            self.answer.as_ref().and_then(|answer| self.sentence(answer.summary.as_deref()?));
        let incident = self.ask.request.incident.filter(|_| plan.kind == Kind::Recovery);
        let estimate = crate::estimate::estimate(self.ask.request.inventory, incident, Some(&plan));
        ModelDraft {
            plan,
            drafter,
            rounds: self.rounds,
            rejected,
            put_back,
            questions,
            notes,
            summary: summary.filter(|_| drafter == Drafter::Model),
            why_template,
            estimate,
        }
    }

    /// Gives a plan the words of the reply, as far as they can be believed.
    fn worded(&self, mut plan: Plan, notes: &mut Vec<String>, questions: &mut Vec<String>) -> Plan {
        let Some(answer) = &self.answer else {
            return plan;
        };
        let is_changed = plan.steps != self.start.steps;
        if let Some(title) =
            answer.title.as_deref().and_then(|title| self.sentence(title)).filter(|_| is_changed)
        {
            plan.title = title.chars().take(200).collect();
        }
        let assumptions = answer.assumptions.iter().take(MOST_SENTENCES);
        let assumptions = assumptions.filter_map(|text| self.sentence(text));
        if let Some(scope) = plan.scope.as_mut().filter(|_| is_changed) {
            let new: Vec<String> =
                assumptions.filter(|text| !scope.assumptions.contains(text)).collect();
            scope.assumptions.extend(new);
        }
        let asked =
            answer.questions.iter().take(MOST_SENTENCES).filter_map(|text| self.sentence(text));
        questions.extend(asked.collect::<Vec<_>>());
        let chosen = plan.recovery_point.as_ref().map(|point| point.backup.as_str());
        let named = answer.backup.as_deref().map(|backup| restore::shown(&self.redactor, backup));
        if let Some(named) = named.filter(|named| Some(named.as_str()) != chosen) {
            let refused =
                self.ask.template.estimate.refused.iter().find(|one| one.backup.as_str() == named);
            let why =
                refused.map_or("code chose the recovery point", |refused| refused.why.as_str());
            notes.push(format!(
                "the model would recover from {}: not taken, {why}",
                ground::shown(&named)
            ));
        }
        plan
    }

    /// Returns a sentence of the reply with names put back and numbers of its own taken out; nothing where it cannot be shown.
    fn sentence(&self, text: &str) -> Option<String> {
        let restored = restore::plain(&self.redactor, text).ok()?;
        let prose = Prose { names: &self.names, facts: &self.facts, language: self.language };
        prose.clean(&restored).ok().map(|cleaned| cleaned.text).filter(|text| !text.is_empty())
    }
}
