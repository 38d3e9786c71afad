//! What to do: plans, and the runbooks they are made from.

mod order;
mod validate;
mod words;
pub mod runbook;
pub mod v1;

pub use order::{Order, order};
pub use runbook::Runbook;
pub use v1::{Effects, Install, Plan, Provenance, RecoveryPoint, Scope, SecretUse, Step};
pub use words::{ApprovalNeed, Kind, OnFailure, Phase, Resume, StepKind};

use crate::base::document::{self, Read};
use crate::base::{Digest, Problem, Risk};
use crate::inventory::Inventory;

/// The name of the machine blackstart runs on, as the host of a step.
pub const LOCAL: &str = "local";

/// How every step's `run`, `check` and `rollback` is started: in check, dry run, rehearsal and execution alike.
pub const SHELL: [&str; 6] = ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c"];

/// Reads a plan. Returns as much as could be read and every problem: fields, units, repeated ids,
/// references to missing steps, circles of `needs`, steps that lack what their kind requires.
pub fn read(text: &str) -> (Option<Plan>, Vec<Problem>) {
    let Read { value, mut problems, root } = document::read::<Plan>(text);
    let (Some(plan), Some(root)) = (value, root) else {
        return (None, problems);
    };
    problems.extend(validate::check(&plan, &root));
    problems.sort_by_key(|problem| problem.span);
    (Some(plan), problems)
}

/// Returns the plan as a document that reads back as the same plan.
pub fn write(plan: &Plan) -> String {
    document::write(plan)
}

impl Plan {
    /// Returns a step by id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id.as_str() == id)
    }

    /// Returns the names of hosts, assets, backups and secrets on whose facts the plan rests.
    fn names(&self) -> Vec<&str> {
        let point = self
            .recovery_point
            .iter()
            .flat_map(|point| [point.asset.as_str(), point.backup.as_str()]);
        let scope =
            self.scope.iter().flat_map(|scope| scope.assets.iter().map(|asset| asset.as_str()));
        let steps = self.steps.iter().flat_map(|step| {
            let secrets = step.secrets.iter().map(|secret| secret.secret.as_str());
            [step.host.as_ref(), step.asset.as_ref()]
                .into_iter()
                .flatten()
                .map(|id| id.as_str())
                .chain(secrets)
        });
        point.chain(scope).chain(steps).collect()
    }

    /// Returns the fingerprint of the plan over the facts of the inventory it rests on.
    ///
    /// It changes with any field of any step, with their order, and with any of the facts; evidence and approvals
    /// are bound to it.
    pub fn fingerprint(&self, inventory: Option<&Inventory>) -> Digest {
        let facts = inventory.map_or(vec![], |inventory| inventory.facts_about(self.names()));
        let canonical = serde_json::to_vec(self).expect("a plan has only text keys");
        let facts = facts.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
        Digest::of_fields([b"blackstart/plan/v1".as_slice(), &canonical].into_iter().chain(facts))
    }
}

impl Step {
    /// Returns the host the step runs on, `local` where none is named.
    pub fn host(&self) -> &str {
        self.host.as_ref().map_or(LOCAL, |host| host.as_str())
    }

    /// Returns the full name of what the step acts on: its asset, else its host; `hostname` where that is this machine.
    pub fn target<'a>(&'a self, hostname: &'a str) -> &'a str {
        match (&self.asset, self.host()) {
            (Some(asset), _) => asset.as_str(),
            (None, LOCAL) => hostname,
            (None, host) => host,
        }
    }

    /// Tells whether something runs, as opposed to a person acting.
    pub fn runs(&self) -> bool {
        match self.kind {
            StepKind::Command | StepKind::Check | StepKind::Wait => true,
            StepKind::Manual | StepKind::Decision | StepKind::Notify => false,
        }
    }

    /// Returns the harm the plan claims; `unknown` where it claims nothing and something runs.
    pub fn claimed_risk(&self) -> Risk {
        match (self.risk, self.runs()) {
            (Some(risk), _) => risk,
            (None, true) => Risk::Unknown,
            (None, false) => Risk::Read,
        }
    }

    /// Returns what happens when the step fails.
    pub fn on_failure(&self) -> OnFailure {
        self.on_failure.unwrap_or(OnFailure::Halt)
    }

    /// Returns what to do when a crash left the result unknown: the step's own word, else its check, else asking.
    pub fn resume(&self) -> Resume {
        self.resume.unwrap_or(match self.check {
            Some(_) => Resume::Check,
            None => Resume::Ask,
        })
    }

    /// Returns how many people must approve: the step's own word, else one for anything that changes something.
    pub fn approval(&self) -> ApprovalNeed {
        self.approval.unwrap_or(match self.claimed_risk() {
            Risk::Read => ApprovalNeed::None,
            Risk::Write
            | Risk::Disruptive
            | Risk::Destructive
            | Risk::Irreversible
            | Risk::Unknown => ApprovalNeed::One,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub const SMALL: &str = "schema: blackstart/plan/v1
id: restore
kind: recovery
title: Restore the files
steps:
  - id: look
    title: Look
    kind: check
    check: |
      test -d /srv/data
  - {id: copy, title: Copy, kind: command, needs: [look], risk: write, run: 'cp -a /b /srv/data', timeout: 5m}
";

    #[test]
    fn a_plan_reads_and_writes_back_the_same() {
        let (plan, problems) = read(SMALL);
        assert_eq!(problems, []);
        let plan = plan.expect("reads");
        assert_eq!(read(&write(&plan)), (Some(plan), vec![]));
    }

    #[test]
    fn the_fingerprint_changes_with_a_step_and_with_a_fact() {
        let plan = read(SMALL).0.expect("reads");
        let mut edited = plan.clone();
        edited.steps[1].run = Some("cp -a /c /srv/data".into());
        assert_ne!(plan.fingerprint(None), edited.fingerprint(None));

        let mut remote = plan.clone();
        remote.steps[1].host = Some(crate::base::Id::parse("db1").expect("an id"));
        let over = |plan: &Plan, address: &str| {
            let hosts = format!("hosts: [{{id: db1, address: {address}}}]");
            let text = format!("schema: blackstart/inventory/v1\n{hosts}\n");
            plan.fingerprint(crate::inventory::read(&text).0.as_ref())
        };
        assert_ne!(over(&remote, "10.0.0.1"), over(&remote, "10.0.0.2"));
        assert_eq!(over(&plan, "10.0.0.1"), over(&plan, "10.0.0.2"));
    }

    /// Text as documents may hold it: words, quotes, YAML's own signs, scripts of several lines, other alphabets.
    fn text() -> impl proptest::strategy::Strategy<Value = String> {
        proptest::string::string_regex("[ -~éß日本\\n\\t:#&*!|>'\"%@`{}\\[\\],?-]{0,60}")
            .expect("a valid pattern")
    }

    fn any_step(number: usize) -> impl proptest::strategy::Strategy<Value = Step> {
        use proptest::option::of;
        use proptest::prelude::*;
        let words = (
            any::<prop::sample::Index>(),
            any::<prop::sample::Index>(),
            any::<prop::sample::Index>(),
        );
        let texts = (text(), of(text()), of(text()), of(text()), of(text()));
        let rest = (of(0..100_000_u64), prop::collection::vec(text(), 0..3), of(any::<u32>()));
        (words, texts, rest).prop_map(
            move |((a, b, c), (title, run, check, rollback, why), (timeout, writes, deletes))| {
                let kinds = [StepKind::Command, StepKind::Check, StepKind::Wait];
                let kind = kinds[a.index(kinds.len())];
                Step {
                    id: crate::base::Id::parse(&format!("step-{number}")).expect("an id"),
                    phase: Some(Phase::ALL[b.index(Phase::ALL.len())]),
                    title,
                    kind,
                    host: None,
                    asset: None,
                    run_as: why.clone(),
                    secrets: vec![],
                    needs: vec![],
                    risk: Some(Risk::ALL[c.index(Risk::ALL.len())]),
                    run: Some(run.unwrap_or_else(|| "true".into())),
                    check: Some(check.unwrap_or_else(|| "true".into())),
                    rollback,
                    effects: Some(Effects {
                        writes,
                        max_deletes: deletes.map(u64::from),
                        ..Effects::default()
                    }),
                    safety_copy: None,
                    timeout: timeout.map(crate::base::Period),
                    on_failure: Some(OnFailure::ALL[a.index(OnFailure::ALL.len())]),
                    resume: Some(Resume::ALL[b.index(Resume::ALL.len())]),
                    approval: Some(ApprovalNeed::ALL[c.index(ApprovalNeed::ALL.len())]),
                    why,
                    expect: None,
                    install: None,
                    provenance: None,
                }
            },
        )
    }

    proptest::proptest! {
        #[test]
        fn every_plan_reads_back_as_it_was_written(title in text(), one in any_step(1), two in any_step(2)) {
            let mut plan = read(SMALL).0.expect("reads");
            plan.title = title;
            plan.steps = vec![one, two];
            let text = write(&plan);
            proptest::prop_assert_eq!(read(&text), (Some(plan), vec![]), "{}", text);
        }
    }
}
