//! Tells whose machine a host name speaks of: nobody's, everybody's, or the operator's.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Domains that everybody knows: documentation, vendors, examples. A name below one of them tells nothing about the operator.
const PUBLIC: &[&str] = &[
    "example.com",
    "example.org",
    "example.net",
    "example",
    "test",
    "invalid",
    "localhost",
    "localdomain",
    "postgresql.org",
    "mysql.com",
    "mariadb.org",
    "mariadb.com",
    "percona.com",
    "redis.io",
    "redis.com",
    "etcd.io",
    "kubernetes.io",
    "k8s.io",
    "gcr.io",
    "docker.io",
    "docker.com",
    "quay.io",
    "ghcr.io",
    "github.com",
    "githubusercontent.com",
    "gitlab.com",
    "bitbucket.org",
    "debian.org",
    "ubuntu.com",
    "redhat.com",
    "fedoraproject.org",
    "centos.org",
    "rockylinux.org",
    "almalinux.org",
    "kernel.org",
    "archlinux.org",
    "gnu.org",
    "man7.org",
    "freedesktop.org",
    "ietf.org",
    "rfc-editor.org",
    "w3.org",
    "schema.org",
    "json-schema.org",
    "wikipedia.org",
    "stackoverflow.com",
    "stackexchange.com",
    "serverfault.com",
    "google.com",
    "googleapis.com",
    "gstatic.com",
    "microsoft.com",
    "office.com",
    "windows.net",
    "azure.com",
    "amazonaws.com",
    "amazonaws.com.cn",
    "aws.amazon.com",
    "amazon.com",
    "cloudflare.com",
    "apple.com",
    "oracle.com",
    "vmware.com",
    "hashicorp.com",
    "vaultproject.io",
    "terraform.io",
    "ansible.com",
    "npmjs.org",
    "npmjs.com",
    "pypi.org",
    "pythonhosted.org",
    "python.org",
    "rust-lang.org",
    "crates.io",
    "docs.rs",
    "golang.org",
    "go.dev",
    "nodejs.org",
    "maven.org",
    "apache.org",
    "elastic.co",
    "grafana.com",
    "prometheus.io",
    "restic.net",
    "borgbackup.org",
    "rclone.org",
    "pgbackrest.org",
    "veeam.com",
    "openssl.org",
    "openssh.com",
    "letsencrypt.org",
    "slack.com",
    "telegram.org",
    "openai.com",
    "anthropic.com",
    "aliyuncs.com",
    "aliyun.com",
    "myqcloud.com",
    "tencentcloudapi.com",
    "tencent.com",
    "huaweicloud.com",
    "baidu.com",
    "docker.internal",
    "metadata.google.internal",
    "ntp.org",
    "in-addr.arpa",
    "ip6.arpa",
    "mozilla.org",
    "sourceforge.net",
    "dingtalk.com",
    "feishu.cn",
    "weixin.qq.com",
    "discord.com",
    "stripe.com",
    "twilio.com",
    "sendgrid.com",
    "digitalocean.com",
    "pagerduty.com",
    "opsgenie.com",
    "statuspage.io",
    "sentry.io",
    "datadoghq.com",
    "newrelic.com",
    "opensuse.org",
    "suse.com",
    "alpinelinux.org",
    "nginx.org",
    "haproxy.org",
    "mongodb.com",
    "mongodb.org",
    "sqlite.org",
    "zookeeper.apache.org",
    "kernel.dk",
    "opencontainers.org",
    "cncf.io",
    "helm.sh",
    "sigs.k8s.io",
];

static KNOWN: LazyLock<HashSet<&str>> = LazyLock::new(|| PUBLIC.iter().copied().collect());

/// Storage domains whose first label is a bucket or an account.
const BUCKETS: &[&str] = &[
    "amazonaws.com",
    "amazonaws.com.cn",
    "windows.net",
    "aliyuncs.com",
    "myqcloud.com",
    "digitaloceanspaces.com",
    "backblazeb2.com",
    "r2.cloudflarestorage.com",
    "storage.googleapis.com",
    "azurecr.io",
];

/// Labels that only networks of one's own end in.
const INTERNAL: &[&str] = &[
    "internal", "lan", "local", "corp", "intranet", "intra", "home", "private", "priv", "consul",
    "localnet", "inside", "svc", "prod", "vpn", "dmz", "ad", "dom", "domain", "office", "mgmt",
    "infra", "idc", "dc", "int", "site",
];

/// Those of them that are also endings of files and names of programs, and need a name of more labels.
const AMBIGUOUS: &[&str] = &[
    "local", "home", "private", "priv", "svc", "prod", "vpn", "dmz", "ad", "dom", "domain",
    "office", "mgmt", "infra", "dc", "int", "site", "inside", "internal",
];

/// Tells whether a name or address tells nothing about the operator.
pub fn is_public(host: &str) -> bool {
    let host = host.trim_matches(['.', '[', ']']).to_ascii_lowercase();
    if matches!(
        host.as_str(),
        "localhost"
            | "localhost.localdomain"
            | "cluster.local"
            | "kubernetes"
            | "kubernetes.default"
            | "kubernetes.default.svc"
            | "kubernetes.default.svc.cluster.local"
            | "host.docker.internal"
            | "home.arpa"
    ) {
        return true;
    }
    let below = |domain: &&str| {
        host == **domain || host.strip_suffix(*domain).is_some_and(|rest| rest.ends_with('.'))
    };
    if let Some(domain) = BUCKETS.iter().find(|domain| below(domain)) {
        let rest = host.strip_suffix(domain).unwrap_or_default().trim_end_matches('.');
        // `s3.eu-west-1` is a service in a region, `acme-backups.s3` is somebody's.
        return rest.is_empty() || rest.split('.').all(service);
    }
    let beginnings = host.match_indices('.').map(|(dot, _)| dot + 1);
    std::iter::once(0).chain(beginnings).any(|from| KNOWN.contains(&host[from..]))
}

/// Tells whether a label of a cloud's domain names a service or a region.
fn service(label: &str) -> bool {
    const SERVICES: &[&str] = &[
        "s3",
        "ec2",
        "sts",
        "iam",
        "rds",
        "kms",
        "blob",
        "file",
        "queue",
        "table",
        "core",
        "vault",
        "oss",
        "cos",
        "ecs",
        "storage",
        "dualstack",
        "sqs",
        "sns",
        "logs",
        "monitoring",
        "api",
        "dfs",
        "login",
        "internal",
        "management",
    ];
    let region = label.contains('-')
        && label.ends_with(|c: char| c.is_ascii_digit())
        && label.len() < 20
        && label.split('-').next().is_some_and(|part| matches!(part.len(), 2..=4));
    SERVICES.contains(&label)
        || region
        || ["oss-cn-", "oss-ap-", "s3-", "cn-", "ap-", "eu-", "us-"]
            .iter()
            .any(|beginning| label.starts_with(beginning))
            && label.len() < 26
}

/// Tells whether a dotted name belongs to a network of one's own.
pub fn is_internal(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    let dot = host.bytes().rposition(|b| b == b'.');
    let last = dot.map_or(host, |dot| &host[dot + 1..]);
    if !INTERNAL.iter().any(|known| known.eq_ignore_ascii_case(last)) {
        return false;
    }
    let host = host.to_ascii_lowercase();
    let labels: Vec<&str> = host.split('.').collect();
    let [.., before, last] = labels.as_slice() else {
        return false;
    };
    if labels.iter().any(|label| label.is_empty() || label.len() > 63 || label.starts_with('-'))
        || is_public(&host)
    {
        return false;
    }
    // Packages and settings are dotted too.
    if [
        "com",
        "org",
        "net",
        "io",
        "jdk",
        "sun",
        "java",
        "javax",
        "spring",
        "std",
        "rc",
        "settings",
        "config",
        "jail",
        "env",
        "self",
        "this",
        "crontab",
        "profile",
        "modules",
        "interfaces",
        "main",
        "fail2ban",
        "logging",
    ]
    .contains(&labels[0])
    {
        return false;
    }
    // `/etc/rc.local`, `user.home`: a digit, a hyphen or a third label make a host of it.
    let strict = !matches!(*last, "local" | "internal" | "private" | "home" | "svc");
    let host_like =
        labels.len() > 2 || before.contains('-') || before.bytes().any(|b| b.is_ascii_digit());
    let file = matches!(*before, "conf" | "d" | "md" | "yml" | "yaml" | "json" | "cnf");
    match (AMBIGUOUS.contains(last), strict) {
        (false, _) => true,
        (true, true) => host_like && labels.len() > 2,
        (true, false) => {
            !file && (host_like || *last == "internal" || *last == "local" && before.len() >= 2)
        }
    }
}

/// Tells whether a text may be the name of a host.
pub fn is_name(host: &str) -> bool {
    !host.is_empty()
        && host.len() <= 253
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
        && host.starts_with(|c: char| c.is_ascii_alphanumeric())
        && host.bytes().any(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_names_and_those_of_ones_own_are_told_apart() {
        for public in [
            "www.postgresql.org",
            "s3.eu-west-1.amazonaws.com",
            "localhost",
            "api.example.net",
            "oss-cn-hangzhou.aliyuncs.com",
            "kubernetes.default.svc",
        ] {
            assert!(is_public(public), "{public}");
        }
        for own in [
            "acme-backups.s3.eu-west-1.amazonaws.com",
            "drbackup.blob.core.windows.net",
            "db.acme.de",
            "notexample.com",
        ] {
            assert!(!is_public(own), "{own}");
        }
        for internal in [
            "db1.internal",
            "pg1.prod.corp.internal",
            "nas.local",
            "cache-01.corp.lan",
            "rabbit.svc.cluster.local",
            "vc.corp",
            "ip-10-1-2-3.ec2.internal",
        ] {
            assert!(is_internal(internal), "{internal}");
        }
        for other in [
            "rc.local",
            "settings.local",
            "user.home",
            "base.tar",
            "com.sun.internal",
            "example.com",
            "named.conf.local",
            "internal",
            "jdk.internal",
        ] {
            assert!(!is_internal(other), "{other}");
        }
    }
}
