//! The places that a text writes, wherever in it: paths, addresses, and which paths every system has.

use std::sync::LazyLock;

use regex::Regex;

use crate::base::Span;
use crate::shell::path;

/// Places where every machine lets a program write what is soon gone.
const SCRATCH: &[&str] = &["/tmp", "/var/tmp", "/dev/shm", "/run/lock"];

/// Devices that are no disks.
const STREAMS: &[&str] = &[
    "/dev/null",
    "/dev/stdin",
    "/dev/stdout",
    "/dev/stderr",
    "/dev/fd",
    "/dev/tty",
    "/dev/zero",
    "/dev/urandom",
];

/// What every machine has, and a command may look at, or start.
const SYSTEM: &[&str] = &[
    "/bin",
    "/sbin",
    "/usr",
    "/lib",
    "/lib64",
    "/proc",
    "/sys/fs",
    "/sys/block",
    "/sys/class",
    "/etc/machine-id",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/os-release",
    "/etc/fstab",
    "/etc/debian_version",
    "/etc/redhat-release",
    "/etc/systemd",
    "/etc/cron.d",
    "/etc/crontab",
    "/etc/postgresql",
    "/etc/mysql",
    "/var/log",
    "/run/systemd",
];

/// First directories of a path, so that a slash in a pattern or a fraction is none.
static PATH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?:^|[\s"'=(:<>,;|&`{@])(~?/[^\s"'`;|&()<>,*?\[\]{}\\#]+)"#)
        .expect("a valid pattern")
});

static REMOTE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"[A-Za-z][A-Za-z0-9+.-]*://[^\s"'`;|&()<>]+|\b[A-Za-z0-9._-]+@[A-Za-z0-9.-]+|\b\d{1,3}(?:\.\d{1,3}){3}\b|/dev/(?:tcp|udp)/[^\s"'`;|&()<>]+|\b(?:host|hostaddr)=[^\s"'`;|&()<>]+"#)
        .expect("a valid pattern")
});

/// Returns the absolute paths that a text writes, with where; also in quotes, here-documents and SQL.
pub fn paths(text: &str) -> Vec<(Span, String)> {
    let mut found = vec![];
    let mut from = 0;
    while let Some(captures) = PATH.captures_at(text, from) {
        let Some(place) = captures.get(1) else { break };
        from = place.end();
        let written = place.as_str().trim_end_matches([':', '.', '!', '。', ',']);
        let certain = written.split('$').next().unwrap_or_default();
        let is_url = text[..place.start()].ends_with(':') && written.starts_with("//");
        // No path begins with a dash: /-----BEGIN is a pattern.
        if certain.len() > 1 && !is_url && !certain.starts_with("/-") {
            let cut = if certain.len() < written.len() {
                certain.rsplit_once('/').map_or(certain, |(parent, _)| parent)
            } else {
                certain
            };
            if cut.len() > 1 {
                found.push((Span::new(place.start(), place.end()), path::absolute(cut, None)));
            }
        }
    }
    found
}

/// Returns the places on other machines that a text writes.
pub fn remotes(text: &str) -> Vec<(Span, &str)> {
    REMOTE.find_iter(text).map(|m| (Span::new(m.start(), m.end()), m.as_str())).collect()
}

/// Tells whether a path is one that every system has.
pub fn is_of_system(place: &str) -> bool {
    let within = |list: &[&str]| list.iter().any(|root| path::within(place, root));
    within(SYSTEM) || within(SCRATCH) || within(STREAMS)
}

/// Tells whether anything may be written there, because it is soon gone.
pub fn is_scratch(place: &str) -> bool {
    SCRATCH.iter().chain(STREAMS).any(|root| path::within(place, root))
}
