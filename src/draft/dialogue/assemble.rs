//! Puts a plan together: what was accepted of a reply, the steps of the starting plan that were dropped or kept, in an order.

use std::collections::{BTreeMap, BTreeSet};

use super::accept::{Accepted, Commands};
use super::guards::{Freedom, freedom};
use super::rejected::{Ground, Instead, Reason, Rejected};
use crate::base::Id;
use crate::plan::{self, Order, Phase, Plan, Provenance, Step, StepKind, order};

/// A proposed step and what became of it.
#[derive(Debug, Clone)]
pub struct Slot {
    /// The id the model gave it, names put back.
    pub id: String,
    /// Its title, names put back.
    pub title: String,
    /// What the model wrote, for an operator to look at.
    pub text: String,
    /// What it needs, names put back.
    pub needs: Vec<String>,
    /// The step of the starting plan it stands for.
    pub stands_for: Option<Id>,
    /// The step, or why it is none.
    pub outcome: Result<Accepted, Vec<Reason>>,
    /// What the checker has against it.
    pub findings: Vec<Reason>,
}

impl Slot {
    /// Returns every reason against it.
    pub fn reasons(&self) -> Vec<Reason> {
        let own = self.outcome.as_ref().err().cloned().unwrap_or_default();
        own.into_iter().chain(self.findings.iter().cloned()).collect()
    }

    /// Returns the step where nothing speaks against it.
    pub fn good(&self) -> Option<&Accepted> {
        self.outcome.as_ref().ok().filter(|_| self.findings.is_empty())
    }
}

/// A plan with what was rejected on the way.
#[derive(Debug, Clone)]
pub struct Assembled {
    /// The plan; it reads back as it is written.
    pub plan: Plan,
    /// What was not used as it was written.
    pub rejected: Vec<Rejected>,
}

/// Assembles a plan from the good slots; nothing where even that does not read back.
pub fn assemble(start: &Plan, slots: &[Slot]) -> Option<Assembled> {
    let mut work = Work { start, slots, steps: vec![], rejected: vec![], dropped: BTreeMap::new() };
    work.steps_of_start();
    work.new_steps();
    work.rewire();
    work.anchor();
    work.untangle();
    let Work { steps, rejected, .. } = work;
    let plan = Plan { steps, ..start.clone() };
    let (read, problems) = plan::read(&plan::write(&plan));
    (problems.is_empty() && read.as_ref() == Some(&plan)).then_some(Assembled { plan, rejected })
}

struct Work<'a> {
    start: &'a Plan,
    slots: &'a [Slot],
    steps: Vec<Step>,
    rejected: Vec<Rejected>,
    /// Steps that are gone, with what they needed.
    dropped: BTreeMap<String, Vec<String>>,
}

impl Work<'_> {
    /// Takes every step of the starting plan: as the model has it, as it was, or not at all.
    fn steps_of_start(&mut self) {
        for step in &self.start.steps {
            let slot = self.slots.iter().find(|slot| slot.stands_for.as_ref() == Some(&step.id));
            let own = slot.and_then(|slot| Some((slot, slot.good()?)));
            match (slot, own) {
                (_, Some((_, accepted))) if accepted.based_on.as_ref() == Some(&step.id) => {
                    self.steps.push(accepted.step.clone());
                }
                // What runs before a person's step leaves that step as it was.
                (_, Some(_)) => self.steps.push(step.clone()),
                (Some(slot), None) => {
                    self.reject(slot, Instead::Template(step.id.clone()));
                    self.steps.push(step.clone());
                }
                (None, None) => match freedom(self.start, step) {
                    Freedom::Optional => {
                        let needs = step.needs.iter().map(ToString::to_string).collect();
                        self.dropped.insert(step.id.to_string(), needs);
                    }
                    freedom @ (Freedom::Fixed | Freedom::Changeable) => {
                        let why = format!("the reply leaves it out: {}", freedom.told());
                        self.rejected.push(Rejected {
                            step: step.id.to_string(),
                            title: step.title.clone(),
                            reasons: vec![Reason::whole(Ground::Fixed, why)],
                            instead: Instead::Template(step.id.clone()),
                            text: String::new(),
                        });
                        self.steps.push(step.clone());
                    }
                },
            }
        }
    }

    /// Inserts what stands for no step of the starting plan, each behind the one before it in the reply.
    fn new_steps(&mut self) {
        let mut before: Option<Id> = None;
        for slot in self.slots {
            if let Some(id) = slot.stands_for.as_ref().filter(|id| self.has(id.as_str())) {
                let inserted = slot.good().filter(|good| good.based_on.is_none());
                if let Some(good) = inserted {
                    self.insert_before(&good.step, &id.clone());
                }
                before = Some(id.clone());
                continue;
            }
            let step = match slot.good() {
                Some(good) if !self.has(good.step.id.as_str()) => good.step.clone(),
                Some(_) => {
                    let why = "its id is that of another step";
                    let slot =
                        Slot { findings: vec![Reason::whole(Ground::Form, why)], ..slot.clone() };
                    self.reject(&slot, Instead::LeftOut);
                    continue;
                }
                None => match self.decision(slot) {
                    Some(step) => step,
                    None => {
                        self.reject(slot, Instead::LeftOut);
                        self.dropped.entry(slot.id.clone()).or_insert_with(|| slot.needs.clone());
                        continue;
                    }
                },
            };
            let at =
                before.as_ref().and_then(|id| self.steps.iter().position(|step| step.id == *id));
            before = Some(step.id.clone());
            self.steps.insert(at.map_or(0, |at| at + 1), step);
        }
    }

    /// Inserts a step in front of a person's step, which waits for it.
    fn insert_before(&mut self, step: &Step, person: &Id) {
        if self.has(step.id.as_str()) {
            return;
        }
        if let Some(at) = self.steps.iter().position(|step| step.id == *person) {
            self.steps[at].needs.push(step.id.clone());
            self.steps.insert(at, step.clone());
        }
    }

    /// Returns a person's decision in the place of a rejected step on which accepted ones rest.
    fn decision(&mut self, slot: &Slot) -> Option<Step> {
        let id = Id::parse(&slot.id).ok().filter(|id| !self.has(id.as_str()))?;
        let rests = |other: &Slot| {
            other.good().is_some_and(|good| {
                good.commands == Commands::Model && good.step.needs.contains(&id)
            })
        };
        self.slots.iter().find(|other| rests(other))?;
        self.reject(slot, Instead::Manual(id.clone()));
        let needs = slot.needs.iter().filter_map(|need| Id::parse(need).ok()).collect();
        Some(Step {
            title: format!("Decide what takes the place of the rejected step {id}"),
            why: Some("Steps behind it rest on what it was for; what was wrong with it is listed with the draft.".into()),
            ..person(id, needs)
        })
    }

    fn has(&self, id: &str) -> bool {
        self.steps.iter().any(|step| step.id.as_str() == id)
    }

    fn reject(&mut self, slot: &Slot, instead: Instead) {
        self.rejected.push(Rejected {
            step: slot.id.clone(),
            title: slot.title.clone(),
            reasons: slot.reasons(),
            instead,
            text: slot.text.clone(),
        });
    }

    /// Lets every need of a step that is gone mean what that step needed.
    fn rewire(&mut self) {
        let known: BTreeSet<String> = self.steps.iter().map(|step| step.id.to_string()).collect();
        for step in &mut self.steps {
            let mut needs: Vec<Id> = vec![];
            let mut open: Vec<String> = step.needs.iter().rev().map(ToString::to_string).collect();
            let mut seen = BTreeSet::new();
            while let Some(need) = open.pop() {
                if !seen.insert(need.clone()) || need == step.id.as_str() {
                    continue;
                }
                match (known.contains(&need), self.dropped.get(&need)) {
                    (true, _) => needs.extend(Id::parse(&need).ok()),
                    (false, Some(behind)) => open.extend(behind.iter().rev().cloned()),
                    (false, None) => {}
                }
            }
            step.needs = needs;
            if step.safety_copy.as_ref().is_some_and(|copy| !known.contains(copy.as_str())) {
                step.safety_copy = None;
            }
        }
    }

    /// Puts every new step behind what protects: in the activation behind its first steps, later behind all of it.
    fn anchor(&mut self) {
        let start = self.start;
        let is_new = |step: &Step| start.step(step.id.as_str()).is_none();
        let first: Vec<Id> = start
            .steps
            .iter()
            .filter(|step| step.needs.is_empty())
            .map(|step| step.id.clone())
            .collect();
        let of_activation = |step: &&Step| step.phase == Some(Phase::Activation);
        let activation: Vec<Id> =
            start.steps.iter().filter(of_activation).map(|step| step.id.clone()).collect();
        for at in 0..self.steps.len() {
            if !is_new(&self.steps[at]) {
                continue;
            }
            let step = &self.steps[at];
            let early = step.phase == Some(Phase::Activation);
            for anchor in if early { &first } else { &activation } {
                let own = self.steps[at].id.clone();
                let waits = self.reaches(anchor.as_str(), own.as_str());
                if self.has(anchor.as_str()) && !waits && !self.steps[at].needs.contains(anchor) {
                    self.steps[at].needs.push(anchor.clone());
                }
            }
        }
    }

    /// Tells whether `from` needs `to`, directly or not.
    fn reaches(&self, from: &str, to: &str) -> bool {
        let mut open = vec![from];
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if id == to {
                return true;
            }
            let step = self.steps.iter().find(|step| step.id.as_str() == id);
            let needs = step.into_iter().flat_map(|step| &step.needs).map(Id::as_str);
            open.extend(needs.filter(|need| seen.insert(*need)));
        }
        false
    }

    /// Takes circles apart: needs that the model added go first, then its new steps.
    fn untangle(&mut self) {
        for _ in 0..self.steps.len() * 2 + 1 {
            let plan = Plan { steps: self.steps.clone(), ..self.start.clone() };
            let Order::Circle(ids) = order(&plan) else {
                return;
            };
            let start = self.start;
            let extra = |step: &Step| {
                start
                    .step(step.id.as_str())
                    .is_some_and(|own| step.needs.iter().any(|need| !own.needs.contains(need)))
            };
            let in_circle = |step: &&mut Step| ids.contains(&step.id);
            let tangled = self.steps.iter_mut().filter(in_circle).find(|step| extra(step));
            if let Some(step) = tangled {
                let own = start.step(step.id.as_str()).map(|own| own.needs.clone());
                step.needs = own.unwrap_or_default();
                continue;
            }
            let Some(at) = self
                .steps
                .iter()
                .position(|step| ids.contains(&step.id) && start.step(step.id.as_str()).is_none())
            else {
                return;
            };
            let gone = self.steps.remove(at);
            for step in &mut self.steps {
                step.needs.retain(|need| *need != gone.id);
                if step.safety_copy.as_ref() == Some(&gone.id) {
                    step.safety_copy = None;
                }
            }
            if let Some(slot) = self.slots.iter().find(|slot| slot.id == gone.id.as_str()) {
                let why = "its needs go round in a circle";
                let slot =
                    Slot { findings: vec![Reason::whole(Ground::Form, why)], ..slot.clone() };
                self.reject(&slot, Instead::LeftOut);
            }
        }
    }
}

/// Returns a step that a person decides.
fn person(id: Id, needs: Vec<Id>) -> Step {
    Step {
        id,
        phase: None,
        title: String::new(),
        kind: StepKind::Decision,
        host: None,
        asset: None,
        run_as: None,
        secrets: vec![],
        needs,
        risk: None,
        run: None,
        check: None,
        rollback: None,
        effects: None,
        safety_copy: None,
        timeout: None,
        on_failure: None,
        resume: None,
        approval: None,
        why: None,
        expect: None,
        install: None,
        provenance: Some(Provenance {
            by: "template".into(),
            from: Some("a rejected step".into()),
        }),
    }
}
