//! What templates may say of a PostgreSQL server: where it lives, how it is started, what it is recovered from.

use serde_json::{Value as Json, json};

use super::Request;
use super::parameters::path;
use crate::base::{AssetKind, Id};
use crate::estimate::Chosen;
use crate::inventory::{Asset, Backup, CopyType, Host};

/// Families of operating systems whose packages put the programs below `/usr/pgsql-N/bin`.
const RED_HAT: &[&str] = &["rhel", "rocky", "alma", "centos", "fedora", "oracle", "amazon"];

/// Returns the facts of a server. `chain` holds the facts of the copies to restore, oldest first, and `tag` names what
/// a recovery leaves behind.
pub fn facts(
    request: &Request<'_>,
    asset: &Asset,
    chosen: Option<&Chosen<'_>>,
    chain: &[Json],
    tag: &str,
) -> Json {
    if asset.kind != AssetKind::Postgres {
        return json!({});
    }
    let server = Server::of(request, asset);
    let parts = |continuous: bool| {
        let of =
            move |backup: &Backup| (backup.copy_type == Some(CopyType::Continuous)) == continuous;
        let links = chosen.into_iter().flat_map(|chosen| &chosen.chain);
        let found = links.zip(chain).find(move |(link, _)| of(link.backup));
        found.and_then(|(_, copy)| copy["path"].as_str()).unwrap_or_default().to_owned()
    };
    let wal = parts(true);
    let new_archive = if wal.is_empty() { String::new() } else { format!("{wal}.after-{tag}") };
    let replica = replica_of(request, asset);
    let lost = |id: &Id| request.incident.is_some_and(|incident| incident.lost.contains(id));
    let host = server.host;
    let is_gone = lost(&asset.id)
        || asset.host.as_ref().is_some_and(lost)
        || host.and_then(|host| host.site.as_ref()).is_some_and(lost);
    json!({
        "version": server.major, "bindir": server.bindir(), "data_directory": server.data_directory(),
        "cluster": server.cluster(), "config_file": server.config_file(),
        "start_conf": server.config_file().replace("postgresql.conf", "start.conf"), "control": server.control(),
        "unit": server.unit, "port": server.port(), "database": server.database(),
        "address": host.map_or("", |host| host.address.as_deref().unwrap_or(host.id.as_str())),
        "base": parts(false), "wal": wal, "new_archive": new_archive,
        "target": target(request, chosen),
        "is_gone": is_gone,
        "replica": replica.map_or_else(|| json!({ "id": "", "host": "" }), |replica| replica_facts(request, replica)),
        "standbys": standbys(request, asset).map(|standby| standby.id.to_string()).collect::<Vec<_>>(),
    })
}

/// Tells whether a service of an asset is the database server itself, not one of its writers.
pub fn is_server(asset: &Asset, service: &str) -> bool {
    asset.kind == AssetKind::Postgres && service.starts_with("postgres")
}

struct Server<'a> {
    asset: &'a Asset,
    host: Option<&'a Host>,
    /// The major version, empty where it is not known.
    major: String,
    /// The system service, empty where none is named.
    unit: &'a str,
}

impl<'a> Server<'a> {
    fn of(request: &Request<'a>, asset: &'a Asset) -> Self {
        let host = asset.host.as_ref().and_then(|host| request.inventory.host(host.as_str()));
        let unit = asset.services.iter().find(|service| is_server(asset, service));
        let mut server =
            Self { asset, host, major: String::new(), unit: unit.map_or("", String::as_str) };
        server.major = match &asset.version {
            Some(version) => major(version),
            None => server.debian().map_or_else(String::new, |(version, _)| version.to_owned()),
        };
        server
    }

    /// Returns version and name of a cluster that lives where Debian puts clusters.
    fn debian(&self) -> Option<(&'a str, &'a str)> {
        let own = self.asset.paths.first()?.strip_prefix("/var/lib/postgresql/")?;
        own.trim_end_matches('/').split_once('/').filter(|(_, name)| !name.contains('/'))
    }

    fn bindir(&self) -> String {
        let os = self.host.and_then(|host| host.os.as_deref()).unwrap_or_default().to_lowercase();
        match self.major.as_str() {
            "" => "/usr/bin".to_owned(),
            major if RED_HAT.iter().any(|family| os.starts_with(family)) => {
                format!("/usr/pgsql-{major}/bin")
            }
            major => format!("/usr/lib/postgresql/{major}/bin"),
        }
    }

    fn data_directory(&self) -> String {
        match self.asset.paths.first() {
            Some(own) => path(own).unwrap_or_default(),
            None if self.major.is_empty() => String::new(),
            None => format!("/var/lib/postgresql/{}/main", self.major),
        }
    }

    fn cluster(&self) -> &'a str {
        self.debian().map_or("main", |(_, name)| name)
    }

    /// Returns the configuration that Debian keeps outside the data directory, empty elsewhere.
    fn config_file(&self) -> String {
        match self.debian() {
            Some((version, name)) => format!("/etc/postgresql/{version}/{name}/postgresql.conf"),
            None => String::new(),
        }
    }

    fn control(&self) -> &'static str {
        match (self.unit, self.debian()) {
            ("", None) => "pg_ctl",
            ("", Some(_)) => "pg_ctlcluster",
            (_, _) => "systemd",
        }
    }

    fn port(&self) -> u64 {
        let endpoint = self.asset.endpoint.as_deref().unwrap_or_default();
        let digits = endpoint.rsplit_once(':').map_or("", |(_, rest)| rest);
        let digits: String = digits.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or(5_432)
    }

    /// Returns the database an address like `postgres://db1/shop` names; else the name of the asset.
    fn database(&self) -> String {
        let endpoint = self.asset.endpoint.as_deref().unwrap_or_default();
        let named = endpoint.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
        let named = named.map_or("", |(_, name)| name.split('?').next().unwrap_or_default());
        if named.is_empty() { self.asset.id.to_string() } else { named.to_owned() }
    }
}

/// Returns the major version: `15` of `15.4`, `9.6` of `9.6.24`.
fn major(version: &str) -> String {
    let mut parts = version.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let first = parts.next().unwrap_or_default().to_owned();
    match (first.as_str(), parts.next()) {
        ("8" | "9", Some(second)) => format!("{first}.{second}"),
        _ => first,
    }
}

/// Returns the instant to recover to, as PostgreSQL reads it: that of the chosen log, at least a second before the damage.
fn target(request: &Request<'_>, chosen: Option<&Chosen<'_>>) -> String {
    let damage = request.incident.and_then(|incident| incident.damage_at.or(incident.detected_at));
    let at = chosen.and_then(|chosen| chosen.at);
    let before =
        damage.and_then(|damage| damage.checked_sub(jiff::SignedDuration::from_secs(1)).ok());
    let target = match (at, before) {
        (Some(at), Some(before)) => Some(at.min(before)),
        (at, before) => at.or(before),
    };
    target.map_or_else(String::new, |at| at.strftime("%Y-%m-%d %H:%M:%S%.f+00").to_string())
}

/// Returns the servers that follow this one.
fn standbys<'a>(request: &Request<'a>, asset: &Asset) -> impl Iterator<Item = &'a Asset> {
    let id = asset.id.clone();
    let peer = asset.replication.as_ref().and_then(|replication| replication.peer.clone());
    request.inventory.assets.iter().filter(move |other| {
        let follows = |other: &Asset| {
            let replication = other.replication.as_ref();
            let role = other.role.as_deref().unwrap_or_default().to_lowercase();
            replication.is_some_and(|replication| replication.peer.as_ref() == Some(&id))
                || peer.as_ref() == Some(&other.id)
                || other.depends_on.contains(&id)
                    && (role.contains("standby") || role.contains("replica"))
        };
        other.kind == AssetKind::Postgres && other.id != id && follows(other)
    })
}

/// Returns the standby to promote: the one on a host that is not lost.
fn replica_of<'a>(request: &Request<'a>, asset: &Asset) -> Option<&'a Asset> {
    let is_lost = |other: &&Asset| {
        request.incident.is_some_and(|incident| {
            incident.lost.contains(&other.id)
                || other.host.as_ref().is_some_and(|host| incident.lost.contains(host))
        })
    };
    standbys(request, asset).find(|other| !is_lost(other))
}

fn replica_facts(request: &Request<'_>, replica: &Asset) -> Json {
    let server = Server::of(request, replica);
    let host = server.host;
    let identity = host.and_then(|host| host.identity.as_ref());
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    json!({
        "id": replica.id, "host": replica.host.as_ref().map_or("", Id::as_str),
        "address": host.map_or("", |host| host.address.as_deref().unwrap_or(host.id.as_str())),
        "hostname": text(identity.and_then(|identity| identity.hostname.as_ref())),
        "machine_id": text(identity.and_then(|identity| identity.machine_id.as_ref())),
        "data_directory": server.data_directory(), "bindir": server.bindir(), "port": server.port(),
        "run_as": replica.run_as.clone().unwrap_or_default(),
    })
}
