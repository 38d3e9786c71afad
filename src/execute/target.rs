//! Where a step runs: whether it is this machine, whether this machine is the one meant, and its name to be typed.

use std::fs;

use crate::approve::risk;
use crate::base::{Id, Risk};
use crate::evidence::PlanEvidence;
use crate::inventory::{Access, Identity, Inventory};
use crate::plan::{LOCAL, Plan, Step};

/// What this machine says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Here {
    /// What `hostname` prints.
    pub hostname: String,
    /// Content of `/etc/machine-id`.
    pub machine_id: String,
}

/// Where a step runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// On this machine, and nothing speaks against it.
    Here,
    /// On this machine, which is not the one meant.
    Mismatch {
        /// What differs, for people.
        why: String,
    },
    /// On another one.
    Elsewhere,
}

impl Here {
    /// Looks at this machine, as it is now.
    pub fn look() -> Self {
        let read = |path: &str| {
            fs::read_to_string(path)
                .unwrap_or_default()
                .trim()
                .to_owned()
        };
        Self {
            hostname: rustix::system::uname()
                .nodename()
                .to_string_lossy()
                .into_owned(),
            machine_id: read("/etc/machine-id"),
        }
    }

    /// Returns where a step runs, and whether this machine is the one meant.
    pub fn place(&self, step: &Step, inventory: Option<&Inventory>) -> Place {
        if step.host() == LOCAL {
            return Place::Here;
        }
        let Some(host) = inventory.and_then(|inventory| inventory.host(step.host())) else {
            return Place::Elsewhere;
        };
        let wrong = host
            .identity
            .as_ref()
            .map_or(vec![], |identity| self.differs(identity));
        let proven = host.identity.as_ref().is_some_and(|identity| {
            wrong.is_empty() && (identity.machine_id.is_some() || identity.hostname.is_some())
        });
        match host.access {
            Some(Access::Local) if wrong.is_empty() => Place::Here,
            Some(Access::Local) => Place::Mismatch {
                why: format!(
                    "this machine is not host {:?}: {}",
                    step.host(),
                    wrong.join(", ")
                ),
            },
            Some(Access::Ssh) | Some(Access::K8s) | None if proven => Place::Here,
            Some(Access::Ssh) | Some(Access::K8s) | None => Place::Elsewhere,
        }
    }

    fn differs(&self, identity: &Identity) -> Vec<String> {
        let mut wrong = vec![];
        if let Some(expected) = identity.machine_id.as_deref().map(str::trim)
            && !expected.eq_ignore_ascii_case(&self.machine_id)
        {
            wrong.push(format!(
                "its machine-id is {:?}, not {expected:?}",
                self.machine_id
            ));
        }
        if let Some(expected) = &identity.hostname {
            let short = self.hostname.split('.').next().unwrap_or_default();
            let found = if expected.contains('.') {
                &self.hostname
            } else {
                short
            };
            if !expected.eq_ignore_ascii_case(found) {
                wrong.push(format!("its hostname is {found:?}, not {expected:?}"));
            }
        }
        wrong
    }

    /// Returns the full name that must be typed before a step: the asset it touches, else the host it runs on.
    pub fn target(&self, step: &Step) -> String {
        match (&step.asset, step.host()) {
            (Some(asset), _) => asset.to_string(),
            (None, LOCAL) => self.hostname.clone(),
            (None, host) => host.to_owned(),
        }
    }
}

/// Returns the names that must be typed before the steps of a plan run, with the step that first needs each.
pub fn targets(plan: &Plan, evidence: &PlanEvidence) -> Vec<(String, Id)> {
    let here = Here::look();
    let mut targets: Vec<(String, Id)> = vec![];
    for step in plan
        .steps
        .iter()
        .filter(|step| must_be_typed(risk(step, evidence)))
    {
        let target = here.target(step);
        if step.runs() && !targets.iter().any(|(name, _)| *name == target) {
            targets.push((target, step.id.clone()));
        }
    }
    targets
}

/// Tells whether the name of the target must be typed before a step of this risk runs.
pub fn must_be_typed(risk: Risk) -> bool {
    match risk {
        Risk::Read | Risk::Write | Risk::Disruptive => false,
        Risk::Destructive | Risk::Irreversible | Risk::Unknown => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: &str, expected: &str) {
        let here = Here {
            hostname: "db1.eu.internal".into(),
            machine_id: "abc".into(),
        };
        let inventory = crate::inventory::read(&format!(
            "schema: blackstart/inventory/v1\nhosts: [{{id: db1, {host}}}]\n"
        ));
        assert_eq!(inventory.1, []);
        let plan = "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps: [{id: a, title: t, kind: command, run: ls, host: db1}]\n";
        let plan = crate::plan::read(plan).0.unwrap();
        let place = match here.place(&plan.steps[0], inventory.0.as_ref()) {
            Place::Here => "here".to_owned(),
            Place::Elsewhere => "elsewhere".to_owned(),
            Place::Mismatch { why } => why,
        };
        assert_eq!(place, expected);
    }

    #[test]
    fn a_machine_is_the_one_meant_or_it_is_not() {
        check("access: local", "here");
        check("access: ssh", "elsewhere");
        check("access: local, identity: {hostname: db1}", "here");
        check(
            "access: local, identity: {hostname: db1.eu.internal, machine_id: abc}",
            "here",
        );
        check(
            "access: local, identity: {hostname: db2}",
            "this machine is not host \"db1\": its hostname is \"db1\", not \"db2\"",
        );
        check(
            "access: local, identity: {hostname: db1, machine_id: abd}",
            "this machine is not host \"db1\": its machine-id is \"abc\", not \"abd\"",
        );
        check("access: ssh, identity: {machine_id: abc}", "here");
        check("access: ssh, identity: {machine_id: abd}", "elsewhere");
    }
}
