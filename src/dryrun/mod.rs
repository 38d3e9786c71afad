//! Runs a plan, or a script, step by step in the sandbox and says what each step did.
//!
//! Each step runs on top of what the steps before it changed; its check runs on a layer that is
//! dropped; its rollback runs on a further layer that must bring the tree back to what it was.

mod declared;
mod hidden;
mod hosts;
mod probed;
mod script;
mod step;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::base::{Clock, Id, Secret};
use crate::evidence::{DryRun, Level, Outcome, StepDryRun};
use crate::plan::{OnFailure, Plan, Step};
use crate::sandbox::{self, SandboxError};

pub use script::dry_run_script;

use hosts::{Hosts, Where};

/// How a dry run is done.
#[derive(Debug, Clone)]
pub struct Options {
    /// The sandbox: its program and what it may use.
    pub sandbox: sandbox::Options,
    /// Names under which the plan's inventory knows this machine, besides `local`.
    pub here: Vec<String>,
    /// Secrets that can be had without asking; they reach the environment of the steps that name them, and no result.
    pub secrets: BTreeMap<Id, Secret>,
    /// What a step finds in its environment of the account it runs as (its `run_as`, or the caller): as in a real run.
    pub account: fn(Option<&str>) -> Vec<(String, String)>,
    /// Working directory of every step.
    pub cwd: PathBuf,
}

/// What happens while a dry run goes on.
#[derive(Debug)]
pub enum Progress<'a> {
    /// The level is known; steps follow.
    Level(Level),
    /// A step begins.
    Begins(&'a Id),
    /// A step ended.
    Ended(&'a StepDryRun),
}

/// Why there is no result of a dry run. A machine without a sandbox is no error: its level is `static-only`.
#[derive(Debug, thiserror::Error)]
pub enum DryRunError {
    /// The sandbox failed in the middle; trying again may help.
    #[error("the dry run stopped at step {step:?}")]
    Sandbox {
        /// The step that was running.
        step: String,
        /// What happened.
        #[source]
        source: SandboxError,
    },
    /// The script cannot be read.
    #[error("cannot read {path}", path = path.display())]
    Unreadable {
        /// The script.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Runs the steps of `plan` in `order` (indices into its steps; leave out what is not asked for).
pub fn dry_run(
    plan: &Plan,
    order: &[usize],
    options: &Options,
    clock: &dyn Clock,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<DryRun, DryRunError> {
    let steps: Vec<&Step> = order.iter().filter_map(|at| plan.steps.get(*at)).collect();
    let first = steps.first().map_or(String::new(), |step| step.id.to_string());
    let mut hosts =
        Hosts::start(options).map_err(|source| DryRunError::Sandbox { step: first, source })?;
    progress(Progress::Level(hosts.level()));
    let mut results = Vec::new();
    let mut stopped_by: Option<&Id> = None;
    let mut probed_until: Option<String> = None;
    for step in steps {
        progress(Progress::Begins(&step.id));
        let result = match (stopped_by, hosts.level().counts()) {
            _ if !step.runs() => blank(&step.id, Outcome::Manual, by_hand(step)),
            (Some(failed), _) => {
                blank(&step.id, Outcome::NotRun, format!("step {failed} before it failed"))
            }
            (None, false) => {
                let seen = probe(step, &mut hosts, options, probed_until.as_deref())
                    .map_err(|source| DryRunError::Sandbox { step: step.id.to_string(), source })?;
                probed_until = probed_until.or(seen.end);
                hidden::hide(seen.result, options.secrets.values())
            }
            (None, true) => {
                let result = step::run(step, &mut hosts, options);
                let result = result
                    .map_err(|source| DryRunError::Sandbox { step: step.id.to_string(), source })?;
                hidden::hide(result, options.secrets.values())
            }
        };
        let failed = match result.outcome {
            Outcome::Failed | Outcome::TimedOut | Outcome::Limited => true,
            Outcome::Passed
            | Outcome::Simulated
            | Outcome::OtherHost
            | Outcome::Manual
            | Outcome::NotRun => false,
        };
        if failed && step.on_failure() != OnFailure::Continue {
            stopped_by = stopped_by.or(Some(&step.id));
        }
        progress(Progress::Ended(&result));
        results.push(result);
    }
    Ok(DryRun {
        at: clock.now(),
        level: hosts.level(),
        level_reason: hosts.level_reason(),
        steps: results,
    })
}

/// What can be seen of a step where no dry run counts.
fn probe(
    step: &Step,
    hosts: &mut Hosts,
    options: &Options,
    until: Option<&str>,
) -> Result<probed::Seen, SandboxError> {
    let place = hosts.place(step.host());
    let not_tried =
        |why: String| Ok(probed::Seen { result: blank(&step.id, Outcome::NotRun, why), end: None });
    match (until, place, hosts.probe()) {
        (Some(why), _, _) => not_tried(why.to_owned()),
        (None, Where::Elsewhere, _) => {
            not_tried(format!("{} is another machine; a probe stands in for none", step.host()))
        }
        (None, Where::Here, None) => not_tried("there is no sandbox here".to_owned()),
        (None, Where::Here, Some(probe)) => probed::run(step, probe, options),
    }
}

fn by_hand(step: &Step) -> String {
    format!("a {} step: a person does it", step.kind)
}

/// A step of which nothing ran.
fn blank(id: &Id, outcome: Outcome, note: String) -> StepDryRun {
    StepDryRun {
        id: id.clone(),
        outcome,
        exit_code: None,
        signal: None,
        limit: None,
        duration: std::time::Duration::ZERO,
        stdout: Default::default(),
        stderr: Default::default(),
        simulated: Vec::new(),
        simulated_calls: Vec::new(),
        effects: Vec::new(),
        effects_total: 0,
        totals: Vec::new(),
        summaries: Vec::new(),
        findings: Vec::new(),
        rollback: None,
        notes: vec![note],
    }
}
