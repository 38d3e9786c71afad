//! What happened: the incident as the operator tells it.

pub mod v1;

pub use v1::{DataState, Incident, Unusable};

use crate::base::Problem;
use crate::base::document::{self, Read};

/// Reads an incident. Returns as much as could be read and every problem.
pub fn read(text: &str) -> (Option<Incident>, Vec<Problem>) {
    let Read { value, problems, .. } = document::read::<Incident>(text);
    (value, problems)
}

impl Incident {
    /// Tells whether `id` (a site, host, repository, asset) is named as gone.
    pub fn is_lost(&self, id: &str) -> bool {
        self.lost.iter().any(|lost| lost.as_str() == id)
    }

    /// Returns why a copy is known or suspected to be bad.
    pub fn unusable(&self, backup: &str) -> Option<&str> {
        let entry = self.unusable.iter().find(|entry| entry.backup.as_str() == backup)?;
        Some(entry.why.as_deref().unwrap_or("named as unusable"))
    }

    /// Returns everything the operator wrote, for matching words: title, description, evidence.
    pub fn words(&self) -> String {
        let parts = [self.title.as_deref(), self.description.as_deref()];
        parts
            .into_iter()
            .flatten()
            .chain(self.evidence.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_needs_only_an_id() {
        let (incident, problems) = read("schema: blackstart/incident/v1\nid: inc-1\n");
        assert_eq!((incident.expect("reads").lost.len(), problems.len()), (0, 0));
    }

    #[test]
    fn a_full_incident_reads() {
        let text = "schema: blackstart/incident/v1\nid: inc-42\ntitle: t\ndescription: |\n  x\ndamage_at: 2026-01-31T23:30:00Z\n\
                    affected: [a]\nscenario: operator_error\ndata: {a: lost}\nlost: [az-a]\nunusable: [{backup: dump, why: empty}]\nevidence: [log]\n";
        let (incident, problems) = read(text);
        assert_eq!(problems, []);
        let incident = incident.expect("reads");
        assert_eq!(incident.unusable("dump"), Some("empty"));
        assert!(incident.is_lost("az-a"));
        assert_eq!(incident.words(), "t\nx\n\nlog");
    }
}
