//! Evidence, by the fingerprint of the plan it is about.

use rusqlite::{OptionalExtension as _, params};

use super::{Store, StoreError, log};
use crate::base::{Digest, Timestamp};
use crate::evidence::{Approval, Checked, DryRun, Event, PlanEvidence, v1};

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
        self.add(
            fingerprint,
            CHECKED,
            checked.at,
            &v1::write_checked(checked),
        )
    }

    /// Keeps a dry run.
    pub fn add_dry_run(&mut self, fingerprint: Digest, dry_run: &DryRun) -> Result<(), StoreError> {
        self.add(
            fingerprint,
            DRY_RUN,
            dry_run.at,
            &v1::write_dry_run(dry_run),
        )
    }

    /// Keeps an approval and records it in the log.
    pub fn add_approval(&mut self, approval: &Approval) -> Result<(), StoreError> {
        let event = Event::Approval {
            approval: approval.id.clone(),
            fingerprint: approval.fingerprint,
            evidence: approval.evidence,
            by: approval.by.clone(),
            os_user: approval.os_user.clone(),
            expires: approval.expires,
            waivers: approval
                .waivers
                .iter()
                .map(|waiver| format!("{}: {}", waiver.what, waiver.reason))
                .collect(),
        };
        let text = v1::write_approval(approval);
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO evidence(fingerprint, kind, at, text) VALUES (?1, ?2, ?3, ?4)",
                params![
                    approval.fingerprint.to_string(),
                    APPROVAL,
                    approval.at.to_string(),
                    text
                ],
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

    /// Returns every approval of a plan, oldest first, whether it still holds or not.
    pub fn approvals(&self, fingerprint: Digest) -> Result<Vec<Approval>, StoreError> {
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
        approvals.map_err(|why| StoreError::Unreadable {
            what: "approval",
            why,
        })
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
