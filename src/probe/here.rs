//! This machine: what it says of itself, and whether it is a host of the inventory.

use std::fs;

use crate::inventory::{Access, Host, Identity};

/// What this machine says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Here {
    /// What `hostname` prints.
    pub hostname: String,
    /// Content of `/etc/machine-id`, empty where there is none.
    pub machine_id: String,
}

/// Where a host of the inventory is, seen from this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// This machine, and nothing speaks against it.
    Here,
    /// It should be this machine, which is not the one meant.
    Mismatch {
        /// What differs, for people.
        why: String,
    },
    /// Another one.
    Elsewhere,
}

impl Here {
    /// Looks at this machine, as it is now.
    pub fn look() -> Self {
        let machine_id = fs::read_to_string("/etc/machine-id").unwrap_or_default();
        Self {
            hostname: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            machine_id: machine_id.trim().to_owned(),
        }
    }

    /// Returns where a host is. One with `access: local` is this machine unless its identity says otherwise; any
    /// other is only where its identity proves it.
    pub fn place(&self, host: &Host) -> Place {
        let identity = host.identity.as_ref();
        let wrong = identity.map_or(vec![], |identity| self.differs(identity));
        let proven = identity.is_some_and(|identity| {
            wrong.is_empty() && (identity.machine_id.is_some() || identity.hostname.is_some())
        });
        match host.access {
            Some(Access::Local) if wrong.is_empty() => Place::Here,
            Some(Access::Local) => Place::Mismatch {
                why: format!(
                    "this machine is not host {:?}: {}",
                    host.id.as_str(),
                    wrong.join(", ")
                ),
            },
            Some(Access::Ssh) | Some(Access::K8s) | None if proven => Place::Here,
            Some(Access::Ssh) | Some(Access::K8s) | None => Place::Elsewhere,
        }
    }

    /// Returns what an inventory would say to mean this machine.
    pub fn identity(&self) -> Identity {
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        Identity {
            machine_id: given(&self.machine_id),
            hostname: given(&self.hostname),
            role: None,
        }
    }

    fn differs(&self, identity: &Identity) -> Vec<String> {
        let mut wrong = vec![];
        // Two names that are missing are not the same name.
        if let Some(expected) = identity.machine_id.as_deref().map(str::trim)
            && (expected.is_empty() || !expected.eq_ignore_ascii_case(&self.machine_id))
        {
            wrong.push(format!("its machine-id is {:?}, not {expected:?}", self.machine_id));
        }
        if let Some(expected) = &identity.hostname {
            let short = self.hostname.split('.').next().unwrap_or_default();
            let found = if expected.contains('.') { &self.hostname } else { short };
            if expected.is_empty() || !expected.eq_ignore_ascii_case(found) {
                wrong.push(format!("its hostname is {found:?}, not {expected:?}"));
            }
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: &str, expected: &str) {
        let here = Here { hostname: "db1.eu.internal".into(), machine_id: "abc".into() };
        let inventory = crate::inventory::read(&format!(
            "schema: blackstart/inventory/v1\nhosts: [{{id: db1, {host}}}]\n"
        ));
        assert_eq!(inventory.1, []);
        let place = match here.place(&inventory.0.unwrap().hosts[0]) {
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
        check("access: local, identity: {hostname: db1.eu.internal, machine_id: abc}", "here");
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

    #[test]
    fn an_empty_identity_proves_nothing_on_a_machine_without_one() {
        let here = Here { hostname: String::new(), machine_id: String::new() };
        for identity in ["machine_id: ''", "machine_id: ' '", "hostname: ''"] {
            let inventory = crate::inventory::read(&format!(
                "schema: blackstart/inventory/v1\nhosts: [{{id: db1, access: ssh, identity: {{{identity}}}}}]\n"
            ));
            let Some(inventory) = inventory.0 else {
                continue;
            };
            assert_eq!(here.place(&inventory.hosts[0]), Place::Elsewhere, "{identity}");
        }
    }
}
