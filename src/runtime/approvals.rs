//! Approvals: given for what is known, refused where too little is.

use std::time::Duration;

use ulid::Ulid;

use super::{Runtime, RuntimeError};
use crate::approve::{self, Gap, Refusal};
use crate::base::{Digest, Id};
use crate::evidence::{Approval, Waived, Waiver};
use crate::plan::Plan;

/// An approval that was kept, and what still stands against a run in spite of it.
#[derive(Debug, Clone)]
pub struct Approved {
    /// The approval.
    pub approval: Approval,
    /// What is still missing, like a second person.
    pub missing: Vec<Refusal>,
}

impl Runtime {
    /// Returns what the evidence of a plan leaves open, each with the waiver that would accept it.
    pub fn gaps(&self, plan: &Plan, fingerprint: Digest) -> Result<Vec<Gap>, RuntimeError> {
        Ok(approve::gaps(plan, &self.evidence(fingerprint)?))
    }

    /// Approves a plan in view of its evidence. Refused, and nothing kept, where something is open that neither
    /// these waivers nor an earlier approval accepts.
    pub fn approve(
        &self,
        plan: &Plan,
        fingerprint: Digest,
        name: &str,
        waivers: Vec<(Waived, String)>,
        holds: Duration,
    ) -> Result<Approved, RuntimeError> {
        let now = self.now();
        let who = self.operator(Some(name));
        let evidence = self.evidence(fingerprint)?;
        let waiver = |(what, reason): (Waived, String)| Waiver {
            what,
            reason,
            by: name.to_owned(),
            at: now,
        };
        let approval = Approval {
            id: Id::parse(&Ulid::generate().to_string()).expect("a ULID is letters and digits"),
            fingerprint,
            evidence: evidence.digest(),
            by: who.name.clone(),
            os_user: who.os_user,
            at: now,
            expires: now + holds,
            waivers: waivers.into_iter().map(waiver).collect(),
        };
        let mut approvals = self.approvals(fingerprint)?;
        let earlier: Vec<&Waived> = approvals
            .iter()
            .flat_map(|approval| &approval.waivers)
            .map(|waiver| &waiver.what)
            .collect();
        let accepted = |gap: &Gap| {
            let what = gap.waiver.as_ref();
            what.is_some_and(|what| {
                earlier.contains(&what)
                    || approval.waivers.iter().any(|waiver| waiver.what == *what)
            })
        };
        let open = approve::gaps(plan, &evidence).into_iter().filter(|gap| !accepted(gap));
        let refusals: Vec<Refusal> = open.map(|gap| Refusal::gap(plan, gap)).collect();
        if !refusals.is_empty() {
            return Err(RuntimeError::Refused { refusals });
        }
        self.keep_plan(plan)?;
        self.store().add_approval(&approval)?;
        approvals.push(approval.clone());
        let missing = approve::permit(plan, fingerprint, &evidence, &approvals, now, &who.name)
            .err()
            .unwrap_or_default();
        Ok(Approved { approval, missing })
    }
}
