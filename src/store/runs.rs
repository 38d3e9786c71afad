//! Runs: what each is about, and how it stands.

use rusqlite::{OptionalExtension as _, Row, params};

use super::documents::{digest, unreadable};
use super::{Store, StoreError, log};
use crate::base::{Digest, Id, Timestamp};
use crate::evidence::{Event, Record, Run, RunRecord, RunState};

const COLUMNS: &str =
    "id, plan, plan_digest, inventory, fingerprint, by_name, os_user, created, state";

impl Store {
    /// Sets a run up and records it in the log.
    pub fn create_run(&mut self, run: &Run) -> Result<Record, StoreError> {
        let event = Event::RunCreated {
            plan: run.plan.clone(),
            plan_digest: run.plan_digest,
            fingerprint: run.fingerprint,
            inventory: run.inventory,
            by: run.by.clone(),
            os_user: run.os_user.clone(),
        };
        self.write(|transaction| {
            transaction.execute(
                &format!("INSERT INTO runs({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"),
                params![
                    run.id.as_str(),
                    run.plan.as_str(),
                    run.plan_digest.to_string(),
                    run.inventory.map(|digest| digest.to_string()),
                    run.fingerprint.to_string(),
                    run.by,
                    run.os_user,
                    run.created.to_string(),
                    run.state.word()
                ],
            )?;
            log::append(transaction, run.created, Some(&run.id), None, &event)
        })
    }

    /// Appends a record of a run and changes the state of the run, in one transaction.
    pub fn record_state(
        &mut self,
        at: Timestamp,
        run: &Id,
        event: &Event,
        state: RunState,
    ) -> Result<Record, StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "UPDATE runs SET state = ?2 WHERE id = ?1",
                params![run.as_str(), state.word()],
            )?;
            log::append(transaction, at, Some(run), None, event)
        })
    }

    /// Returns a run by name; `latest` is the newest.
    pub fn run(&self, name: &str) -> Result<Run, StoreError> {
        let found = self.read(|connection| match name {
            "latest" => connection
                .query_row(
                    &format!("SELECT {COLUMNS} FROM runs ORDER BY rowid DESC LIMIT 1"),
                    [],
                    run,
                )
                .optional(),
            _ => connection
                .query_row(&format!("SELECT {COLUMNS} FROM runs WHERE id = ?1"), [name], run)
                .optional(),
        })?;
        found.ok_or_else(|| StoreError::Missing {
            what: "run",
            name: name.to_owned(),
            file: self.file(),
        })
    }

    /// Returns every run, newest first.
    pub fn runs(&self) -> Result<Vec<Run>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM runs ORDER BY rowid DESC"))?
                .query_map([], run)?
                .collect()
        })
    }

    /// Returns what the journal says about a run.
    pub fn run_record(&self, run: &Id) -> Result<RunRecord, StoreError> {
        Ok(RunRecord::of(&self.records(Some(run), 0)?))
    }
}

fn run(row: &Row<'_>) -> rusqlite::Result<Run> {
    let id = |column: usize| -> rusqlite::Result<Id> {
        Id::try_from(row.get::<_, String>(column)?).map_err(|error| unreadable(column, error))
    };
    let inventory: Option<String> = row.get(3)?;
    let created: String = row.get(7)?;
    let state: String = row.get(8)?;
    Ok(Run {
        id: id(0)?,
        plan: id(1)?,
        plan_digest: digest(row, 2)?,
        inventory: inventory
            .map(Digest::try_from)
            .transpose()
            .map_err(|error| unreadable(3, error))?,
        fingerprint: digest(row, 4)?,
        by: row.get(5)?,
        os_user: row.get(6)?,
        created: created.parse::<Timestamp>().map_err(|error| unreadable(7, error))?,
        state: RunState::parse(&state)
            .ok_or_else(|| unreadable(8, format!("no state {state:?}")))?,
    })
}
