//! What an asset is to a recovery, by its kind or by a word of its name or role.

use crate::base::AssetKind;
use crate::inventory::Asset;

/// The parts, each with the kinds and the words that tell it; the first that fits.
const PARTS: &[(&str, &[AssetKind], &str)] = &[
    ("names", &[AssetKind::Dns], "dns nameserver registrar"),
    ("authorities", &[], "ca pki issuer issuing"),
    ("keys", &[AssetKind::Secrets], "vault hsm kms keystore"),
    ("snapshots", &[], "snapshot snapshots snap snaps"),
    ("backups", &[], "backup backups bk bkp bareos bacula veeam pbs"),
    ("sessions", &[], "session sessions token tokens login logins"),
    ("deployers", &[], "gitops argo argocd flux deploy deployer ci cd pipeline operator"),
    ("agents", &[], "agent agents edr antivirus sensor"),
    ("policies", &[], "policy policies retention lifecycle"),
    ("held", &[], "held hold holds litigation ediscovery"),
    ("slots", &[], "slot slots"),
    ("quotas", &[], "quota quotas"),
    ("queues", &[], "queue queues spool spooler kafka rabbitmq mq"),
    ("status", &[], "status statuspage"),
    ("jobs", &[], "cron scheduler batch job jobs worker workers timer drain training"),
    ("scripts", &[], "helper script scripts reset seed fixture fixtures migration migrations"),
    ("spares", &[], "scratch spare sandbox drill"),
    ("directories", &[], "ad ldap dc dcs directory domain idp sso kerberos freeipa keycloak"),
    (
        "clients",
        &[],
        "pc pcs desktop desktops laptop laptops workstation workstations client clients till tills kiosk kiosks",
    ),
    ("arrays", &[AssetKind::BlockStorage], "array san"),
    ("caches", &[], "cache caches shard shards node nodes"),
];

/// Returns the names of all parts.
pub fn all() -> impl Iterator<Item = &'static str> {
    PARTS.iter().map(|(part, _, _)| *part)
}

/// Returns what an asset is to a recovery; nothing for most.
pub fn part(asset: &Asset) -> Option<&'static str> {
    let names: Vec<String> =
        words(asset.id.as_str()).chain(words(asset.role.as_deref().unwrap_or_default())).collect();
    let fits = |(_, kinds, known): &&(&str, &[AssetKind], &str)| {
        let mut known = known.split_ascii_whitespace();
        kinds.contains(&asset.kind) || known.any(|word| names.iter().any(|name| name == word))
    };
    PARTS.iter().find(fits).map(|(part, _, _)| *part)
}

/// Returns the words of a name, in lower case: `billing-cron2` is `billing` and `cron`.
pub fn words(name: &str) -> impl Iterator<Item = String> {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric());
    let plain = |part: &str| part.trim_end_matches(|c: char| c.is_ascii_digit()).to_lowercase();
    parts.map(plain).filter(|part| !part.is_empty())
}
