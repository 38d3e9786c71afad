//! Evidence, by the fingerprint of the plan it is about.

use rusqlite::{OptionalExtension as _, params};

use super::{Store, StoreError, log};
use crate::base::{Digest, Id, Timestamp};
use crate::evidence::{Approval, Checked, DryRun, Event, PlanEvidence, Waiver, v1};

const CHECKED: &str = "checked";
const DRY_RUN: &str = "dry-run";
const APPROVAL: &str = "approval";

impl Store {
    /// Keeps the results of a check.
    pub fn add_checked(
        &mut self,
        fingerprint: Digest,
        checked: &Checked,
    ) -> Result<(), StoreError> {
        self.add(fingerprint, CHECKED, checked.at, &v1::write_checked(checked))
    }

    /// Keeps a dry run.
    pub fn add_dry_run(&mut self, fingerprint: Digest, dry_run: &DryRun) -> Result<(), StoreError> {
        self.add(fingerprint, DRY_RUN, dry_run.at, &v1::write_dry_run(dry_run))
    }

    /// Keeps an approval and records it in the log.
    pub fn add_approval(&mut self, approval: &Approval) -> Result<(), StoreError> {
        let event = event(approval);
        let text = v1::write_approval(approval);
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO evidence(fingerprint, kind, at, text) VALUES (?1, ?2, ?3, ?4)",
                params![approval.fingerprint.to_string(), APPROVAL, approval.at.to_string(), text],
            )?;
            log::append(transaction, approval.at, None, None, &event)?;
            Ok(())
        })
    }

    /// Returns the newest check and the newest dry run of a plan.
    pub fn plan_evidence(&self, fingerprint: Digest) -> Result<PlanEvidence, StoreError> {
        let checked = self.newest_evidence(fingerprint, CHECKED)?;
        let dry_run = self.newest_evidence(fingerprint, DRY_RUN)?;
        let unreadable = |what| move |why| StoreError::Unreadable { what, why };
        Ok(PlanEvidence {
            checked: checked
                .map(|text| v1::read_checked(&text))
                .transpose()
                .map_err(unreadable("check"))?,
            dry_run: dry_run
                .map(|text| v1::read_dry_run(&text))
                .transpose()
                .map_err(unreadable("dry run"))?,
        })
    }

    /// Returns every approval of a plan that the log records as it stands here, oldest first, whether it still holds
    /// or not. One that was changed or put in behind the log's back is none.
    pub fn approvals(&self, fingerprint: Digest) -> Result<Vec<Approval>, StoreError> {
        let mut recorded = vec![];
        for approval in self.kept_approvals(fingerprint)? {
            if self.is_recorded(&approval)? {
                recorded.push(approval);
            }
        }
        Ok(recorded)
    }

    /// Returns the names of the approvals of a plan that the log does not record as they stand here.
    pub fn unrecorded_approvals(&self, fingerprint: Digest) -> Result<Vec<Id>, StoreError> {
        let mut unrecorded = vec![];
        for approval in self.kept_approvals(fingerprint)? {
            if !self.is_recorded(&approval)? {
                unrecorded.push(approval.id);
            }
        }
        Ok(unrecorded)
    }

    /// Tells whether a record of the log, in its place in the chain, says what the approval says.
    fn is_recorded(&self, approval: &Approval) -> Result<bool, StoreError> {
        let (name, detail) = event(approval).stored();
        let mut records = self.said(&name, &detail)?.into_iter();
        let own = |waiver: &Waiver| waiver.by == approval.by && waiver.at == approval.at;
        Ok(approval.waivers.iter().all(own)
            && records.any(|(record, previous)| {
                record.at == approval.at.to_string() && record.digest(previous) == record.hash
            }))
    }

    fn kept_approvals(&self, fingerprint: Digest) -> Result<Vec<Approval>, StoreError> {
        let texts: Vec<String> = self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT text FROM evidence WHERE fingerprint = ?1 AND kind = ?2 ORDER BY seq",
                )?
                .query_map(params![fingerprint.to_string(), APPROVAL], |row| row.get(0))?
                .collect()
        })?;
        let read = |text: &String| v1::read_approval(text);
        let approvals: Result<_, String> = texts.iter().map(read).collect();
        approvals.map_err(|why| StoreError::Unreadable { what: "approval", why })
    }

    fn newest_evidence(
        &self,
        fingerprint: Digest,
        kind: &str,
    ) -> Result<Option<String>, StoreError> {
        self.read(|connection| {
            connection
                .query_row(
                    "SELECT text FROM evidence WHERE fingerprint = ?1 AND kind = ?2 ORDER BY seq DESC LIMIT 1",
                    params![fingerprint.to_string(), kind],
                    |row| row.get(0),
                )
                .optional()
        })
    }

    fn add(
        &mut self,
        fingerprint: Digest,
        kind: &str,
        at: Timestamp,
        text: &str,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO evidence(fingerprint, kind, at, text) VALUES (?1, ?2, ?3, ?4)",
                params![fingerprint.to_string(), kind, at.to_string(), text],
            )?;
            Ok(())
        })
    }
}

/// What the log records of an approval.
fn event(approval: &Approval) -> Event {
    let waived = |waiver: &Waiver| format!("{}: {}", waiver.what, waiver.reason);
    Event::Approval {
        approval: approval.id.clone(),
        fingerprint: approval.fingerprint,
        evidence: approval.evidence,
        by: approval.by.clone(),
        os_user: approval.os_user.clone(),
        expires: approval.expires,
        waivers: approval.waivers.iter().map(waived).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Waived;

    fn approval() -> Approval {
        let at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let waiver = Waiver {
            what: Waived::Level,
            reason: "no namespaces here".into(),
            by: "ana".into(),
            at,
        };
        Approval {
            id: Id::parse("a1").unwrap(),
            fingerprint: Digest::of(b"plan"),
            evidence: Digest::of(b"seen"),
            by: "ana".into(),
            os_user: "root".into(),
            at,
            expires: "2026-01-02T00:00:00Z".parse().unwrap(),
            waivers: vec![waiver],
        }
    }

    #[test]
    fn an_approval_counts_only_as_the_log_records_it() {
        let given = approval();
        let at = given.at;
        type Change = fn(&mut Approval);
        let changes: &[(&str, Change)] = &[
            ("plan", |one| one.evidence = Digest::of(b"other")),
            ("name", |one| one.by = "bob".into()),
            ("account", |one| one.os_user = "bob".into()),
            ("end", |one| one.expires = "2026-01-09T00:00:00Z".parse().unwrap()),
            ("begin", |one| one.at = "2026-01-01T01:00:00Z".parse().unwrap()),
            ("waived", |one| one.waivers[0].what = Waived::SecondApprover),
            ("reason", |one| one.waivers[0].reason = "because".into()),
            ("waiver's name", |one| one.waivers[0].by = "bob".into()),
            ("waivers", |one| one.waivers.clear()),
        ];
        for (what, change) in changes {
            let directory = tempfile::tempdir().unwrap();
            let mut store = Store::open(directory.path()).unwrap();
            store.record(at, None, None, &Event::Note { text: "first".into() }).unwrap();
            store.add_approval(&given).unwrap();
            assert_eq!(store.approvals(given.fingerprint).unwrap(), std::slice::from_ref(&given));
            assert!(store.unrecorded_approvals(given.fingerprint).unwrap().is_empty());
            let mut changed = given.clone();
            change(&mut changed);
            store
                .connection
                .execute("UPDATE evidence SET text = ?1", [v1::write_approval(&changed)])
                .unwrap();
            assert_eq!(store.approvals(given.fingerprint).unwrap(), [], "{what}");
            assert_eq!(
                store.unrecorded_approvals(given.fingerprint).unwrap(),
                std::slice::from_ref(&given.id),
                "{what}"
            );
        }
    }

    #[test]
    fn an_approval_put_into_evidence_and_log_without_its_place_in_the_chain_does_not_count() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let forged = approval();
        let (name, detail) = event(&forged).stored();
        let at = forged.at.to_string();
        store
            .connection
            .execute(
                "INSERT INTO evidence(fingerprint, kind, at, text) VALUES (?1, 'approval', ?2, ?3)",
                params![forged.fingerprint.to_string(), at, v1::write_approval(&forged)],
            )
            .unwrap();
        assert_eq!(store.approvals(forged.fingerprint).unwrap(), []);
        store
            .connection
            .execute(
                "INSERT INTO log(seq, at, event, detail, hash) VALUES (1, ?1, ?2, ?3, ?4)",
                params![at, name, detail, Digest::of(b"made up").to_string()],
            )
            .unwrap();
        assert_eq!(store.approvals(forged.fingerprint).unwrap(), []);
    }
}
