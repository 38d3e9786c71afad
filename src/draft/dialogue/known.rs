//! The names that are private, as the inventory and the incident know them.

use crate::incident::Incident;
use crate::inventory::v1::Inventory;
use crate::redact::{Kind, Known};

/// Returns what must not leave by name: ids, addresses and host names of hosts, people and how to reach them, accounts, and
/// the hosts, buckets and accounts of repositories.
///
/// Ids of assets, backups, repositories, sites, secrets and contacts are the words that a plan is written in and the model
/// must be able to say them: they are kept whole, also where the name of a host stands inside, like the asset
/// `orders-db1` on the host `db1`. Where such an id *is* the name of a host (an asset `db1` on the host `db1`), the name of
/// the host wins: both leave as the same pseudonym, and both come back as the same word. What was one word stays one word, and
/// the field in which it stands says what it means, so nothing becomes ambiguous.
pub fn known(inventory: &Inventory, incident: Option<&Incident>) -> Known {
    let mut names: Vec<(Kind, String)> = vec![];
    let mut put = |kind: Kind, name: &str| {
        let name = name.trim();
        // This machine and placeholders are nobody's.
        if !name.is_empty()
            && !matches!(name, "local" | "localhost" | "127.0.0.1" | "::1" | "none" | "unknown")
        {
            names.push((kind, name.to_owned()));
        }
    };
    for host in &inventory.hosts {
        put(Kind::Host, host.id.as_str());
        if let Some(address) = &host.address {
            machine(address, &mut put);
        }
        if let Some(hostname) =
            host.identity.as_ref().and_then(|identity| identity.hostname.as_deref())
        {
            machine(hostname, &mut put);
        }
    }
    for asset in &inventory.assets {
        if let Some(endpoint) = &asset.endpoint {
            endpoint_of(endpoint, &mut put);
        }
    }
    for site in &inventory.sites {
        put(Kind::Account, site.account.as_deref().unwrap_or_default());
    }
    for repo in &inventory.repos {
        put(Kind::Account, repo.account.as_deref().unwrap_or_default());
        if let Some(url) = &repo.url {
            endpoint_of(url, &mut put);
        }
    }
    for contact in &inventory.contacts {
        person(contact.name.as_deref().unwrap_or_default(), &mut put);
        put(Kind::Phone, contact.phone.as_deref().unwrap_or_default());
        put(Kind::Email, contact.email.as_deref().unwrap_or_default());
    }
    names.sort();
    names.dedup();
    let mut kept: Vec<String> = vec![];
    kept.extend(inventory.assets.iter().map(|asset| asset.id.as_str().to_owned()));
    kept.extend(inventory.backups.iter().map(|backup| backup.id.as_str().to_owned()));
    kept.extend(inventory.repos.iter().map(|repo| repo.id.as_str().to_owned()));
    kept.extend(inventory.sites.iter().map(|site| site.id.as_str().to_owned()));
    kept.extend(inventory.secrets.iter().map(|secret| secret.id.as_str().to_owned()));
    kept.extend(inventory.contacts.iter().map(|contact| contact.id.as_str().to_owned()));
    kept.extend(incident.map(|incident| incident.id.as_str().to_owned()));
    // A team called after what it looks after does not hide the name of that.
    names.retain(|(kind, name)| {
        *kind != Kind::Person || !kept.iter().any(|id| id.eq_ignore_ascii_case(name))
    });
    Known { names, kept }
}

/// An address or a host name: with its port, and its first label alone.
fn machine(address: &str, put: &mut impl FnMut(Kind, &str)) {
    let address = address.trim().trim_start_matches('[');
    let bare = match address.matches(':').count() {
        1 => address.split(':').next().unwrap_or(address),
        _ => address.split(']').next().unwrap_or(address),
    };
    if bare.parse::<std::net::IpAddr>().is_ok() {
        put(Kind::Address, bare);
        return;
    }
    put(Kind::Host, bare);
    if let Some((label, _)) = bare.split_once('.') {
        put(Kind::Host, label);
    }
}

/// A URL, a remote path like `backup@nas:/srv`, or `host:port`: its host; for a bucket's address the bucket.
fn endpoint_of(url: &str, put: &mut impl FnMut(Kind, &str)) {
    // restic writes `s3:https://host/bucket`, `sftp:user@host:/path`, `rest:https://…`, rclone `remote:bucket/path`.
    let (scheme, rest) = match url.rsplit_once("://") {
        Some((scheme, rest)) => (scheme, rest),
        None => match url.split_once(':') {
            Some((scheme, rest))
                if matches!(
                    scheme,
                    "sftp" | "rest" | "s3" | "b2" | "azure" | "gs" | "swift" | "rclone"
                ) =>
            {
                (scheme, rest)
            }
            Some(_) | None => ("", url),
        },
    };
    if rest.starts_with('/') && !rest.starts_with("//") {
        return;
    }
    let rest = rest.trim_start_matches('/');
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    let bucketed =
        ["s3", "gs", "gcs", "oss", "cos", "obs", "b2", "azure", "az", "swift", "s3a", "abfs"]
            .iter()
            .any(|known| scheme.split([':', '+']).next() == Some(known));
    let host_like = authority.contains('.') || scheme.contains("http");
    if bucketed && !host_like {
        put(Kind::Account, authority.split(':').next().unwrap_or(authority));
        return;
    }
    if scheme.is_empty() && !url.contains(':') && !host_like {
        return;
    }
    if !crate::redact::is_public_host(authority.split(':').next().unwrap_or(authority)) {
        machine(authority, put);
    }
    // `s3:https://s3.example.com/bucket`: the bucket is the first part of the path.
    if bucketed {
        put(Kind::Account, path.split('/').next().unwrap_or_default());
    }
}

/// The name of a person, and its parts where they are long enough to be told from words.
fn person(name: &str, put: &mut impl FnMut(Kind, &str)) {
    put(Kind::Person, name);
    let words: Vec<&str> = name.split_whitespace().collect();
    // A team has a name of common words; a person's names begin with capitals and there are two or three of them.
    let team = [
        "team",
        "support",
        "desk",
        "ops",
        "oncall",
        "on-call",
        "dba",
        "network",
        "storage",
        "vendor",
        "provider",
        "service",
        "noc",
        "soc",
        "center",
        "centre",
        "group",
        "admin",
        "office",
        "duty",
        "engineer",
        "engineering",
        "database",
        "platform",
        "security",
        "infrastructure",
        "hotline",
    ];
    let capital = |word: &&str| {
        word.chars().next().is_some_and(char::is_uppercase)
            && word.chars().count() >= 3
            && word.chars().skip(1).any(char::is_lowercase)
    };
    if (2..=3).contains(&words.len())
        && words.iter().all(|word| !word.starts_with(char::is_lowercase))
        && !words.iter().any(|word| team.contains(&word.to_lowercase().as_str()))
    {
        for word in words.iter().filter(|word| capital(word)) {
            put(Kind::Person, word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory;
    use crate::redact::Redactor;

    const INVENTORY: &str = "schema: blackstart/inventory/v1
sites: [{id: az-a, account: acme-prod-7}]
hosts:
  - {id: db1, address: db1.acme.internal, site: az-a, identity: {hostname: pg-prim-01}}
  - {id: backup, address: 10.31.4.8}
  - {id: local, access: local}
assets:
  - {id: db1, kind: postgres, host: db1}
  - {id: orders-db1, kind: postgres, host: db1, endpoint: 'orders.acme.example.io:5432'}
backups: [{id: db1-nightly, asset: db1, repo: s3-eu}]
repos:
  - {id: s3-eu, kind: s3, url: 's3:https://minio.acme.de:9000/acme-dumps/pg'}
  - {id: nas, kind: borg, url: 'borg@vault7:/srv/borg'}
contacts: [{id: dba, name: Ana Lindqvist, phone: '+46 70 123 45 67', email: ana@acme.de}]
";

    fn redactor() -> Redactor {
        let (inventory, problems) = inventory::read(INVENTORY);
        assert!(problems.is_empty(), "{problems:?}");
        Redactor::new(known(&inventory.unwrap(), None))
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut redactor = redactor();
        let redaction = redactor.redact(text);
        assert_eq!(redaction.text.as_str(), expected);
        assert_eq!(redactor.restore(redaction.text.as_str()).unwrap(), text);
    }

    #[test]
    fn a_team_does_not_hide_what_it_is_called_after() {
        let (inventory, problems) = inventory::read(
            "schema: blackstart/inventory/v1
assets: [{id: payments, kind: app}, {id: books, kind: app}]
contacts: [{id: a, name: Payments on call}, {id: b, name: Books}, {id: c, name: Ana Books}]
",
        );
        assert!(problems.is_empty(), "{problems:?}");
        let mut redactor = Redactor::new(known(&inventory.unwrap(), None));
        let text = "payments, books: ask Ana";
        assert_eq!(redactor.redact(text).text.as_str(), "payments, books: ask <PERSON_1>");
    }

    #[test]
    fn names_of_hosts_people_accounts_and_repositories_become_pseudonyms() {
        check("ssh db1 and DB1, then PG-PRIM-01:/x", "ssh <HOST_1> and <HOST_2>, then <HOST_3>:/x");
        check("root@db1.acme.internal:/srv", "root@<HOST_1>:/srv");
        check(
            "ask Ana or Lindqvist, ana@acme.de, +46 70 123 45 67",
            "ask <PERSON_1> or <PERSON_2>, <EMAIL_1>, <PHONE_1>",
        );
        check(
            "account acme-prod-7, bucket acme-dumps on vault7",
            "account <ACCOUNT_1>, bucket <ACCOUNT_2> on <HOST_1>",
        );
        check(
            "/backup/db1/base.tar and db1.tar.gz",
            "/backup/<HOST_1>/base.tar and <HOST_1>.tar.gz",
        );
    }

    #[test]
    fn ids_of_a_plan_stay_whole_although_a_host_is_named_inside() {
        check("restore orders-db1 from db1-nightly", "restore orders-db1 from db1-nightly");
    }

    #[test]
    fn an_asset_that_is_called_like_its_host_leaves_and_comes_back_as_the_same_word() {
        check(
            "{\"asset\": \"db1\", \"host\": \"db1\"}",
            "{\"asset\": \"<HOST_1>\", \"host\": \"<HOST_1>\"}",
        );
    }

    #[test]
    fn a_host_with_the_name_of_a_common_word_is_replaced_only_where_a_host_stands() {
        check(
            "systemctl start backup; pg_basebackup -D /backup",
            "systemctl start backup; pg_basebackup -D /backup",
        );
        check("ssh backup ls; scp x root@backup:/srv", "ssh <HOST_1> ls; scp x root@<HOST_1>:/srv");
        check("run it on local", "run it on local");
    }
}
