//! Stored and printed forms of evidence: `blackstart/dry-run/v1`, `blackstart/checked/v1`, `blackstart/approval/v1`.

mod approval;
mod checked;
mod dry_run;
mod path;

pub use path::write as path_fields;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Approval, Checked, DryRun};

/// Returns a dry run as JSON.
pub fn write_dry_run(dry_run: &DryRun) -> String {
    json(&dry_run::Document::from(dry_run))
}

/// Reads a dry run back, or says why it cannot be read.
pub fn read_dry_run(text: &str) -> Result<DryRun, String> {
    read::<dry_run::Document>(text)?.try_into()
}

/// Returns the results of a check as JSON.
pub fn write_checked(checked: &Checked) -> String {
    json(&checked::Document::from(checked))
}

/// Reads the results of a check back, or says why they cannot be read.
pub fn read_checked(text: &str) -> Result<Checked, String> {
    read::<checked::Document>(text)?.try_into()
}

/// Returns an approval as JSON.
pub fn write_approval(approval: &Approval) -> String {
    json(&approval::Document::from(approval))
}

/// Reads an approval back, or says why it cannot be read.
pub fn read_approval(text: &str) -> Result<Approval, String> {
    Ok(read::<approval::Document>(text)?.into())
}

fn json<T: Serialize>(document: &T) -> String {
    serde_json::to_string(document).expect("the documents hold only text, numbers and lists")
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn word<T>(parse: impl Fn(&str) -> Option<T>, what: &str, text: &str) -> Result<T, String> {
    parse(text).ok_or_else(|| format!("{text:?} is not a word for {what}"))
}
