//! Runs: set up, started, resumed, followed, answered.

use std::ops::ControlFlow;

use ulid::Ulid;

use super::{Runtime, RuntimeError};
use crate::approve;
use crate::base::{Digest, Id, Secret};
use crate::evidence::{Answer, Record, Run, Stop};
use crate::execute::{self, Followed, Input, NewRun, Start, Started};
use crate::inventory::Inventory;
use crate::plan::{self, Plan};
use crate::store::{DocumentKind, Store, Who};

impl Runtime {
    /// Says what stands against a run of the plan, before anything is set up.
    pub fn permitted(
        &self,
        plan: &Plan,
        fingerprint: Digest,
        who: &Who,
    ) -> Result<(), RuntimeError> {
        let evidence = self.evidence(fingerprint)?;
        let approvals = self.approvals(fingerprint)?;
        approve::permit(plan, fingerprint, &evidence, &approvals, self.now(), &who.name)
            .map(drop)
            .or_else(|refusals| {
                let unrecorded = self.store().unrecorded_approvals(fingerprint)?;
                let unrecorded = unrecorded.iter().map(approve::Refusal::unrecorded);
                Err(RuntimeError::Refused { refusals: unrecorded.chain(refusals).collect() })
            })
    }

    /// Sets a run of a plan up. Nothing runs before [`Runtime::start_run`].
    pub fn create_run(
        &self,
        plan: &Plan,
        inventory: Option<&Inventory>,
        who: &Who,
    ) -> Result<Run, RuntimeError> {
        let text = plan::write(plan);
        let document = match inventory {
            Some(inventory) => {
                self.store().by_digest(DocumentKind::Inventory, inventory.digest())?
            }
            None => None,
        };
        let new = NewRun {
            id: Id::parse(&format!("run-{}", Ulid::generate()))
                .expect("letters, digits and a dash"),
            plan,
            plan_text: &text,
            inventory: inventory.zip(document.as_ref().map(|document| document.text.as_str())),
        };
        Ok(execute::create(&mut self.store(), &new, who, self.now())?)
    }

    /// Starts the runner of a run, new or to be resumed. It goes on when this process ends.
    pub fn start_run(
        &self,
        run: &Id,
        input: Input,
        typed: Vec<(Id, Secret)>,
    ) -> Result<Started, RuntimeError> {
        let directory = self.directory();
        let start = Start { program: self.program(), data_dir: &directory, run, input, typed };
        Ok(execute::start(start)?)
    }

    /// Returns a run by its id, or the newest for `latest`.
    pub fn run(&self, name: &str) -> Result<Run, RuntimeError> {
        Ok(self.store().run(name)?)
    }

    /// Returns the plan and the inventory of a run, as they were when it was set up.
    pub fn plan_of(&self, run: &Run) -> Result<(Plan, Option<Inventory>), RuntimeError> {
        let document = self.store().by_digest(DocumentKind::Plan, run.plan_digest)?;
        let plan = super::documents::stored("plan", run.plan.as_str(), document, plan::read)?;
        let inventory = match run.inventory {
            None => None,
            Some(digest) => {
                let document = self.store().by_digest(DocumentKind::Inventory, digest)?;
                Some(super::documents::stored(
                    "inventory",
                    &digest.short(),
                    document,
                    crate::inventory::read,
                )?)
            }
        };
        Ok((plan, inventory))
    }

    /// Tells whether a runner has the run.
    pub fn has_runner(&self, run: &Id) -> Result<bool, RuntimeError> {
        Ok(execute::has_runner(&self.store().run_record(run)?))
    }

    /// Hands every record behind number `from` to `each`, as they come; also calls it ten times a second without one.
    /// Reads through a connection of its own, so that others can use the store meanwhile.
    pub fn follow_run(
        &self,
        run: &Id,
        from: u64,
        each: impl FnMut(Option<&Record>) -> ControlFlow<()>,
    ) -> Result<Followed, RuntimeError> {
        let store = Store::open(&self.directory())?;
        Ok(execute::follow(&store, run, from, each)?)
    }

    /// Answers the question a step waits with.
    pub fn answer(
        &self,
        run: &Id,
        step: &Id,
        answer: Answer,
        who: &Who,
    ) -> Result<(), RuntimeError> {
        execute::answer(&mut self.store(), run, step, answer, who, self.now())?;
        Ok(())
    }

    /// Records that a person typed the full name of a target.
    pub fn confirm_target(&self, run: &Id, target: &str, who: &Who) -> Result<(), RuntimeError> {
        execute::confirm_target(&mut self.store(), run, target, who, self.now())?;
        Ok(())
    }

    /// Asks a run to stop.
    pub fn request_stop(&self, run: &Id, when: Stop, who: &Who) -> Result<(), RuntimeError> {
        execute::request_stop(&mut self.store(), run, when, who, self.now())?;
        Ok(())
    }
}
