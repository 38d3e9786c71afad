//! A plan as the predicates see it: its steps in the order in which they run, each with what its commands do.

use super::deeds::{self, Effect};
use super::pattern::Part;
use crate::base::{Id, Risk};
use crate::check::{Checked, Language, Unit};
use crate::evidence::Place;
use crate::plan::{Phase, Plan, Step, StepKind, order};
use crate::shell::on_deep_stack;

/// A plan, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// The steps, in the order in which they run.
    pub steps: Vec<Looked>,
}

/// A step, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// Its name.
    pub id: Id,
    /// Its kind.
    pub kind: StepKind,
    /// Its phase.
    pub phase: Option<Phase>,
    /// Its asset.
    pub asset: Option<Id>,
    /// The hosts it touches: its own, and those it reaches by ssh.
    pub hosts: Vec<String>,
    /// The computed harm.
    pub risk: Risk,
    /// Its commands.
    pub commands: Vec<Ran>,
}

/// A command of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// The text it stands in.
    pub part: Part,
    /// The executable, by file name; empty where it is not certain.
    pub tool: String,
    /// Its words, unknown pieces under their shown names.
    pub words: Vec<String>,
    /// What it does.
    pub effect: Effect,
}

impl Look {
    /// Takes a plan apart. Nothing is left of a plan on which the reader of scripts fails, so that nothing is proven by it.
    pub fn of(plan: &Plan, checked: &Checked) -> Self {
        let look = || {
            let order = order(plan).or_as_written(plan);
            let step = |at: usize| looked(&plan.steps[at], checked);
            Self { steps: order.into_iter().map(step).collect() }
        };
        on_deep_stack(look).unwrap_or_default()
    }
}

fn looked(step: &Step, checked: &Checked) -> Looked {
    let texts = [
        (Part::Run, Place::Run, &step.run),
        (Part::Check, Place::Check, &step.check),
        (Part::Rollback, Place::Rollback, &step.rollback),
    ];
    let mut hosts = vec![step.host().to_owned()];
    let mut commands = vec![];
    for (part, place, text) in texts {
        let Some(text) = text else {
            continue;
        };
        let unit = Unit::new(text, Some(step), place, Language::of(text, ""));
        for run in unit.runs() {
            let effect = deeds::of(&unit, run.command);
            hosts.extend(run.command.setting.remote.clone());
            let words = run.command.arguments().iter().map(|w| w.shown().into_owned()).collect();
            let tool = run.command.name().unwrap_or_default().to_owned();
            commands.push(Ran { part, tool, words, effect });
        }
        for opaque in &unit.commands.opaque {
            let effect = Effect::unseen(&opaque.why);
            commands.push(Ran { part, tool: String::new(), words: vec![], effect });
        }
    }
    hosts.sort();
    hosts.dedup();
    let risk = checked.steps.iter().find(|(id, _)| *id == step.id).map(|(_, risk)| *risk);
    Looked {
        id: step.id.clone(),
        kind: step.kind,
        phase: step.phase,
        asset: step.asset.clone(),
        hosts,
        risk: risk.unwrap_or(Risk::Unknown),
        commands,
    }
}
