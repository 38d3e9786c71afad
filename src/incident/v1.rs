//! The incident document, `schema: blackstart/incident/v1`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::{Id, Timestamp};

/// The tag in the first line of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Tag {
    /// Version 1.
    #[serde(rename = "blackstart/incident/v1")]
    V1,
}

/// What happened, as far as it is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// The format of this file.
    pub schema: Tag,
    /// Name of the incident.
    pub id: Id,
    /// One line that says what is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Free text, as typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was noticed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detected_at: Option<Timestamp>,
    /// When the damage was done; copies must be older.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub damage_at: Option<Timestamp>,
    /// The assets that are hit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub affected: Vec<Id>,
    /// What kind of disaster: operator_error, disk_loss, corruption, ransomware, site_loss, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// prod, staging, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// What must be kept to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<String>,
    /// What is known of each asset's data.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, DataState>,
    /// Sites, hosts, repositories and assets that are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<Id>,
    /// Copies known or suspected bad.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unusable: Vec<Unusable>,
    /// Pasted logs, errors, alerts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}

/// What is known of an asset's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DataState {
    /// It is gone.
    Lost,
    /// It is there, but wrong.
    Corrupt,
    /// It is there and right.
    Intact,
    /// Nobody looked yet.
    Unknown,
}

/// A copy known or suspected bad.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unusable {
    /// The backup.
    pub backup: Id,
    /// What is wrong with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}
