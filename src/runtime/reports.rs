//! Reports of runs, from what the store and the log hold.

use super::{Runtime, RuntimeError};
use crate::base::Id;
use crate::estimate::estimate;
use crate::evidence::{Event, Run};
use crate::report::{Report, RunSource, Sources, report};
use crate::store::DocumentKind;

impl Runtime {
    /// Returns the report of a run, by its id or `latest`, or of the newest run that answers an incident.
    pub fn report(&self, name: &str) -> Result<Report, RuntimeError> {
        let run = match self.run_for_incident(name)? {
            Some(run) => run,
            None => self.store().run(name)?,
        };
        let (plan, inventory) = self.plan_of(&run)?;
        let incident =
            plan.incident.as_ref().map(Id::as_str).map(|id| self.incident(id)).transpose()?;
        let computed =
            inventory.as_ref().map(|inventory| estimate(inventory, incident.as_ref(), Some(&plan)));
        let record = self.store().run_record(&run.id)?;
        let evidence = self.evidence(run.fingerprint)?;
        let approvals = self.approvals(run.fingerprint)?;
        let verified = self.store().verify(&[])?;
        let (records, head) = self.store().head()?;
        let belongs = |record: &crate::evidence::Record| {
            record.run.as_ref() == Some(&run.id)
                || matches!(record.event(), Some(Event::Approval { fingerprint, .. }) if fingerprint == run.fingerprint)
        };
        let told: Vec<_> = self.store().records(None, 0)?.into_iter().filter(belongs).collect();
        Ok(report(&Sources {
            now: self.now(),
            plan: &plan,
            fingerprint: run.fingerprint,
            incident: incident.as_ref(),
            inventory: inventory.as_ref(),
            estimate: computed.as_ref(),
            evidence: &evidence,
            approvals: &approvals,
            run: Some(RunSource { run: &run, record: &record }),
            records: &told,
            log: (records, head, verified.broken.is_empty()),
        }))
    }

    fn run_for_incident(&self, incident: &str) -> Result<Option<Run>, RuntimeError> {
        if self.store().latest(DocumentKind::Incident, incident)?.is_none() {
            return Ok(None);
        }
        let mut runs = self.store().runs()?;
        runs.sort_by_key(|run| std::cmp::Reverse(run.created));
        for run in runs {
            let (plan, _) = self.plan_of(&run)?;
            if plan.incident.as_ref().is_some_and(|id| id.as_str() == incident) {
                return Ok(Some(run));
            }
        }
        Err(RuntimeError::Missing { what: "run for the incident", name: incident.to_owned() })
    }
}
