//! The inventory document, `schema: blackstart/inventory/v1`: its fields and nothing else.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::backup::{
    Backup, CopyMade, Encryption, RestoreTest, RestoreTestResult, RestoreTestWord, Retention,
    TestResult, Verify, VerifyLevel,
};
use crate::base::{AssetKind, ByteRate, ChangeRate, Id, Period, Size};

/// The tag in the first line of an inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Tag {
    /// Version 1.
    #[serde(rename = "blackstart/inventory/v1")]
    V1,
}

/// What there is: sites, hosts, assets, their backups, where the copies lie, and who to call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// The format of this file.
    pub schema: Tag,
    /// Places that fail together.
    #[serde(default)]
    pub sites: Vec<Site>,
    /// Machines.
    #[serde(default)]
    pub hosts: Vec<Host>,
    /// What would be missed.
    #[serde(default)]
    pub assets: Vec<Asset>,
    /// Copies of assets, and how they are made.
    #[serde(default)]
    pub backups: Vec<Backup>,
    /// Where copies are kept.
    #[serde(default)]
    pub repos: Vec<Repo>,
    /// Network links between sites.
    #[serde(default)]
    pub links: Vec<Link>,
    /// Keys and passphrases: where they are kept, never their value.
    #[serde(default)]
    pub secrets: Vec<SecretEntry>,
    /// People and vendors.
    #[serde(default)]
    pub contacts: Vec<Contact>,
}

/// A place that fails as a whole: a region, a zone, a data centre, an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Name of the site.
    pub id: Id,
    /// What it is: dc, region, az, office, saas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The site it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Id>,
    /// The account whose loss would take it along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Power and network domains it shares with others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<String>,
}

/// A machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Name of the host in this inventory.
    pub id: Id,
    /// Name or address to reach it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Id>,
    /// Operating system, like debian-12.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// Processor architecture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
    /// How commands reach it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
    /// What proves that a machine is this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Installed tools and their versions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tools: BTreeMap<String, String>,
    /// Disks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disks: Vec<Disk>,
}

/// How commands reach a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Over SSH.
    Ssh,
    /// It is the machine blackstart runs on.
    Local,
    /// Through the cluster's API.
    K8s,
}

/// What proves that a machine is the one meant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Content of /etc/machine-id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine_id: Option<String>,
    /// What `hostname` prints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// What it is to others, like primary or standby.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// A disk of a host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// Device path.
    pub device: String,
    /// Capacity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// File system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fs: Option<String>,
    /// Where it is mounted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mount: Option<String>,
}

/// Something that would be missed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    /// Name of the asset.
    pub id: Id,
    /// What it is.
    pub kind: AssetKind,
    /// The host it lives on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Id>,
    /// The site it lives at, where it has no single host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Id>,
    /// Address it is used by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Version of the software.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Size on disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// Number of files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<u64>,
    /// How fast it changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_rate: Option<ChangeRate>,
    /// Original size over compressed size, at least 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compress_ratio: Option<f64>,
    /// Files and directories that are the asset.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// System services that write to it, by unit name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// Account that owns the files and runs the commands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_as: Option<String>,
    /// Assets it cannot work without.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Id>,
    /// What was promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<Targets>,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Id>,
    /// What it is to others, like primary or standby.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Where it can be made again from, if it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reproducible: Option<String>,
    /// How confidential it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    /// How important it is, 0 first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<u32>,
    /// How long it takes to notice that it is broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detect_time: Option<Period>,
    /// A live copy elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replication: Option<Replication>,
}

/// What was promised for an asset.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Targets {
    /// Recovery time objective.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rto: Option<Period>,
    /// Recovery point objective.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpo: Option<Period>,
    /// Maximum tolerable downtime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtd: Option<Period>,
    /// Work recovery time: from restored to in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrt: Option<Period>,
}

/// A live copy of an asset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replication {
    /// sync or async.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// 99th percentile of the lag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_p99: Option<Period>,
    /// The asset it replicates with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<Id>,
}

/// Where copies are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Repo {
    /// Name of the repository.
    pub id: Id,
    /// What it is: directory, restic, borg, s3, nfs, tape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Id>,
    /// The host it lives on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Id>,
    /// The account whose loss would take it along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Whether copies can be changed or deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub immutable: Option<Immutable>,
    /// Whether older versions of an object are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versioned: Option<bool>,
    /// Whether clients can only add.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub append_only: Option<bool>,
    /// Address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Directory, where it is mounted on the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Kind of medium.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<String>,
    /// How fast it reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_rate: Option<ByteRate>,
    /// How fast it writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_rate: Option<ByteRate>,
    /// How long before the first byte comes (archive tiers).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_byte_delay: Option<Period>,
    /// Room left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free: Option<Size>,
}

/// Whether copies in a repository can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Immutable {
    /// They can be changed and deleted.
    None,
    /// Locked, but privileged accounts can lift it.
    Governance,
    /// Locked for everybody until the lock ends.
    Compliance,
    /// Not reachable.
    Offline,
}

/// A network link between two sites.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// One end.
    pub from: Id,
    /// The other end.
    pub to: Id,
    /// How fast it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<ByteRate>,
    /// Share of the rate that payload gets, 0.9 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub efficiency: Option<f64>,
}

/// A key or passphrase: where it is kept and how to get it, never its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretEntry {
    /// Name of the secret.
    pub id: Id,
    /// passphrase, key, token, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Where copies of it are kept.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Kept>,
    /// How a run gets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_from: Option<ReadFrom>,
}

/// Where a copy of a secret is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// A site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Id>,
    /// A host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Id>,
    /// An asset, like the password store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<Id>,
    /// Anything else, like a safe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// How a run gets a secret: exactly one of the three.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadFrom {
    /// From this environment variable of blackstart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// From this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// By asking with this question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
}

/// Somebody to call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Name to refer to.
    pub id: Id,
    /// Name of the person or team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What they are for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Telephone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// When they answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
}
