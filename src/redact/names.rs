//! Finds the names of the inventory: hosts, people, accounts.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use super::found::Finds;
use super::kind::Kind;
use super::redactor::Known;
use super::text::{Text, is_word};
use super::view::View;

/// The known names, ready to be found.
#[derive(Debug, Clone, Default)]
pub struct Names {
    automaton: Option<AhoCorasick>,
    /// For each pattern what it is.
    roles: Vec<Role>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Replaced wherever it stands as a whole word.
    Name(Kind),
    /// Replaced only where a host must stand.
    Common,
    /// Never replaced, and no name inside it.
    Kept,
}

/// Words that say nothing about whose machine it is, and that every command and sentence uses. A host of such a name is
/// replaced only where a host stands: `ssh backup`, `root@backup`, `backup:/srv`, `host=backup`, `https://backup/`.
/// `pg_basebackup`, `systemctl start backup` and "the backup is empty" stay as they are.
const COMMON: &[&str] = &[
    "admin",
    "all",
    "api",
    "app",
    "apps",
    "archive",
    "audit",
    "aux",
    "backup",
    "backups",
    "base",
    "bin",
    "block",
    "boot",
    "build",
    "cache",
    "check",
    "ci",
    "client",
    "cloud",
    "cluster",
    "code",
    "command",
    "config",
    "console",
    "container",
    "control",
    "copy",
    "core",
    "cron",
    "data",
    "database",
    "db",
    "debug",
    "default",
    "demo",
    "deploy",
    "dev",
    "development",
    "disk",
    "dns",
    "docker",
    "docs",
    "dump",
    "edge",
    "etc",
    "etcd",
    "external",
    "file",
    "files",
    "frontend",
    "full",
    "gateway",
    "git",
    "gpu",
    "group",
    "ha",
    "home",
    "host",
    "here",
    "hosts",
    "http",
    "https",
    "index",
    "infra",
    "internal",
    "job",
    "jobs",
    "k8s",
    "key",
    "kube",
    "kubernetes",
    "lab",
    "lan",
    "ldap",
    "lib",
    "live",
    "local",
    "localhost",
    "log",
    "logs",
    "lvm",
    "mail",
    "main",
    "manager",
    "manual",
    "master",
    "media",
    "members",
    "metrics",
    "mirror",
    "mongo",
    "mongodb",
    "monitor",
    "monitoring",
    "mount",
    "mysql",
    "name",
    "mariadb",
    "nas",
    "net",
    "network",
    "new",
    "nfs",
    "nginx",
    "node",
    "none",
    "ns",
    "office",
    "offsite",
    "old",
    "ops",
    "oracle",
    "os",
    "path",
    "pg",
    "postgres",
    "postgresql",
    "primary",
    "private",
    "prod",
    "production",
    "proxy",
    "public",
    "queue",
    "redis",
    "region",
    "registry",
    "remote",
    "replica",
    "repo",
    "repos",
    "restore",
    "root",
    "router",
    "run",
    "s3",
    "san",
    "scratch",
    "search",
    "secondary",
    "server",
    "service",
    "shop",
    "site",
    "slave",
    "smtp",
    "snapshot",
    "spare",
    "sql",
    "ssh",
    "stage",
    "staging",
    "standby",
    "storage",
    "store",
    "sync",
    "sys",
    "system",
    "tape",
    "target",
    "temp",
    "test",
    "testing",
    "time",
    "tmp",
    "user",
    "users",
    "vault",
    "vm",
    "volume",
    "web",
    "website",
    "witness",
    "worker",
    "www",
    "zookeeper",
];

impl Names {
    /// Prepares the names. Their folded forms are searched, in the spellings that case can give them.
    pub fn new(known: &Known) -> Self {
        let mut patterns: Vec<String> = vec![];
        let mut roles = vec![];
        let mut put = |name: &str, role: Role| {
            let view = View::of(name.trim());
            let name = view.text();
            let mut spellings = vec![name.to_owned()];
            if !name.is_ascii() {
                spellings.extend([name.to_lowercase(), name.to_uppercase()]);
                spellings.dedup();
            }
            for spelling in spellings.into_iter().filter(|spelling| !spelling.is_empty()) {
                patterns.push(spelling);
                roles.push(role);
            }
        };
        for (kind, name) in &known.names {
            match (common(name), kind) {
                (false, _) => put(name, Role::Name(*kind)),
                (true, Kind::Host) => put(name, Role::Common),
                // An account called `prod` is no secret, and every sentence has the word.
                (true, _) => {}
            }
        }
        for word in &known.kept {
            put(word, Role::Kept);
        }
        let automaton = (!patterns.is_empty()).then(|| {
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .build(&patterns)
                .ok()
        });
        Self { automaton: automaton.flatten(), roles }
    }

    /// Finds the names in a text.
    pub fn find(&self, text: Text<'_>, finds: &mut Finds) {
        let Some(automaton) = &self.automaton else {
            return;
        };
        let mut hits: Vec<(Range<usize>, Role)> = automaton
            .find_overlapping_iter(text.all)
            .map(|hit| (hit.range(), self.roles[hit.pattern().as_usize()]))
            .filter(|(range, _)| whole(text, range))
            .collect();
        // The longest first at each place; of equals a name before a kept word.
        hits.sort_by_key(|(range, role)| {
            (range.start, std::cmp::Reverse(range.end), *role == Role::Kept)
        });
        let mut covered = 0;
        for (range, role) in hits {
            if range.end <= covered {
                continue;
            }
            match role {
                Role::Kept => covered = range.end,
                Role::Name(Kind::Host) => {
                    let range = qualified(text, range);
                    covered = range.end;
                    finds.add(range, Kind::Host);
                }
                Role::Name(kind) => {
                    covered = range.end;
                    finds.add(range, kind);
                }
                Role::Common if host_stands(text, &range) => {
                    let range = qualified(text, range);
                    covered = range.end;
                    finds.add(range, Kind::Host);
                }
                Role::Common => {}
            }
        }
    }
}

/// Tells whether a name is a word that must not be replaced everywhere.
fn common(name: &str) -> bool {
    let lower = name.trim().to_lowercase();
    let letters = lower.chars().count();
    (letters < 3 && lower.is_ascii()) || COMMON.contains(&lower.as_str())
}

/// Tells whether a match is a whole word. Beside Chinese characters there is no border to see, so none is asked for.
fn whole(text: Text<'_>, range: &Range<usize>) -> bool {
    let first = text.byte(range.start);
    let last = text.before(range.end);
    let joins = |edge: u8, beside: u8| {
        is_word(edge) && (beside.is_ascii_alphanumeric() || (beside == b'_' && edge != b'_'))
    };
    // `%2Fdb1` and `\ndb1`: an escape is a border.
    let escape = |at: usize| {
        at >= 3
            && text.byte(at - 3) == b'%'
            && text.byte(at - 2).is_ascii_hexdigit()
            && text.byte(at - 1).is_ascii_hexdigit()
            || at >= 2
                && text.byte(at - 2) == b'\\'
                && matches!(text.byte(at - 1), b'n' | b't' | b'r')
    };
    let address = text.part(range.clone()).bytes().all(|b| b.is_ascii_digit() || b == b'.');
    // `10.0.0.1` is not a part of `110.0.0.1` nor of `10.0.0.1.5`.
    let dotted = address
        && (text.before(range.start) == b'.'
            && text.before(range.start.saturating_sub(1)).is_ascii_digit()
            || text.byte(range.end) == b'.' && text.byte(range.end + 1).is_ascii_digit());
    // Underscores join words of programs, but also names: `db1_data`, `dump_db1`.
    let joined = |edge: u8, beside: u8| joins(edge, beside) && beside != b'_';
    (!joined(first, text.before(range.start)) || escape(range.start))
        && !joined(last, text.byte(range.end))
        && !dotted
}

/// Returns a host's name with its domain: in `db1.prod.acme.com` the rest tells as much as the name. File endings stay.
fn qualified(text: Text<'_>, range: Range<usize>) -> Range<usize> {
    let mut end = range.end;
    let mut labels = vec![];
    while text.byte(end) == b'.' && text.byte(end + 1).is_ascii_alphanumeric() && labels.len() < 8 {
        let label = end + 1;
        end = text.forward(label, |b| b.is_ascii_alphanumeric() || b == b'-');
        labels.push(&text.all[label..end]);
    }
    let domain = labels.len() >= 2
        && labels.last().is_some_and(|last| {
            last.len() >= 2
                && last.bytes().all(|b| b.is_ascii_alphabetic())
                && !ENDINGS.contains(&last.to_ascii_lowercase().as_str())
        });
    range.start..if domain { end } else { range.end }
}

/// Endings of files, which are no domains.
pub const ENDINGS: &[&str] = &[
    "gz", "bz2", "xz", "zst", "lz4", "zip", "tar", "tgz", "sql", "dump", "log", "txt", "conf",
    "cnf", "cfg", "ini", "yaml", "yml", "json", "xml", "sh", "bash", "py", "rb", "pl", "rs", "go",
    "js", "ts", "java", "c", "h", "service", "timer", "socket", "mount", "target", "path", "slice",
    "scope", "pem", "crt", "key", "pub", "gpg", "asc", "md", "csv", "bak", "old", "orig", "tmp",
    "img", "iso", "qcow2", "vmdk", "rdb", "aof", "db", "sqlite", "ibd", "frm", "wal", "snap",
    "html", "php", "lock", "pid", "sock", "so", "deb", "rpm", "env", "partial", "history",
    "backup", "war", "jar", "exe", "dll",
];

/// Tells whether a host must stand at a place.
fn host_stands(text: Text<'_>, range: &Range<usize>) -> bool {
    let behind = text.behind(range.start, 64).to_lowercase();
    if text.before(range.start) == b'@' || behind.ends_with("://") {
        return true;
    }
    if text.byte(range.end) == b':'
        && matches!(text.byte(range.end + 1), b'/' | b'~')
        && !behind.ends_with(['/', '.', '-', '_'])
    {
        return true;
    }
    let plain = behind.trim_end_matches(['"', '\'', ' ', '=', ':', '[', '{']);
    let labelled = [
        "host",
        "hostname",
        "hostaddr",
        "server",
        "address",
        "node",
        "primary_host",
        "peer",
        "master_host",
        "source_host",
        "主机",
        "服务器",
        "节点",
    ];
    let separated = plain.len() < behind.len();
    if separated
        && labelled.iter().any(|label| {
            plain.ends_with(label)
                && !plain[..plain.len() - label.len()]
                    .ends_with(|c: char| c.is_ascii_alphanumeric())
        })
    {
        return !matches!(text.byte(range.end), b'-' | b'_' | b'.' | b'/');
    }
    let mut words = behind.split_whitespace().rev();
    let program = [
        "ssh",
        "ping",
        "nc",
        "telnet",
        "mosh",
        "dig",
        "host",
        "traceroute",
        "mtr",
        "nslookup",
        "ssh-keyscan",
        "--host",
        "-h",
        "on-host",
    ];
    behind.ends_with(' ')
        && words.next().is_some_and(|word| program.contains(&word))
        && !matches!(text.byte(range.end), b'-' | b'_' | b'/' | b'=')
}
