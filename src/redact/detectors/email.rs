//! E-mail addresses.

use crate::redact::found::Finds;
use crate::redact::hosts::is_internal;
use crate::redact::kind::Kind;
use crate::redact::names::ENDINGS;
use crate::redact::scan::{Detector, Trigger, Word};
use crate::redact::text::Text;

/// A name, `@`, a domain. The examples of manuals, image digests, unit instances (`getty@tty1.service`) and the user of a
/// remote command (`root@db1.internal:/srv`, whose host another detector finds) stay.
pub const DETECTOR: Detector = Detector {
    finds: "e-mail addresses",
    trigger: Trigger::Words(|word| word.ats >= 1 && word.dots >= 1, look),
};

/// Users of machines, not people.
const ACCOUNTS: &[&str] = &[
    "root",
    "postgres",
    "mysql",
    "oracle",
    "backup",
    "deploy",
    "ubuntu",
    "debian",
    "ec2-user",
    "centos",
    "git",
    "barman",
    "borg",
    "restic",
    "pgbackrest",
    "core",
    "vagrant",
    "ansible",
    "sudo",
    "hg",
    "svn",
    "anonymous",
];

fn look(text: Text<'_>, word: &Word, finds: &mut Finds) {
    let local = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+' | b'%');
    let domain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    let all = &text.all[word.range.clone()];
    for (sign, _) in all.match_indices('@').take(4096) {
        let sign = word.range.start + sign;
        let start = text.backward(sign, local).max(word.range.start);
        let end = text.forward_within(sign + 1, 253, domain);
        let start = start + text.all[start..sign].len()
            - text.all[start..sign].trim_start_matches(['.', '-', '%', '+', '_']).len();
        let name = text.all[sign + 1..end].trim_end_matches(['.', '-']);
        let end = sign + 1 + name.len();
        let user = &text.all[start..sign];
        if user.is_empty() || !is_domain(name) || example(name) {
            continue;
        }
        // `://user:password@host` and `user:password@host` are no addresses of people.
        let before = text.behind(start, 64);
        let credentials = before.rsplit(char::is_whitespace).next().is_some_and(|piece| {
            piece.contains("://")
                || text.before(start) == b':' && !piece.to_ascii_lowercase().contains("mail")
        });
        let remote = ACCOUNTS.contains(&user.to_ascii_lowercase().as_str())
            || matches!(text.byte(end), b':') && matches!(text.byte(end + 1), b'/' | b'~')
            || is_internal(name)
                && ["ssh", "scp", "rsync", "sftp", "mosh"].iter().any(|tool| before.contains(tool));
        if !credentials && !remote {
            finds.add(start..end, Kind::Email);
        }
    }
}

fn is_domain(name: &str) -> bool {
    let mut labels = name.rsplit('.');
    let Some(last) = labels.next() else {
        return false;
    };
    let units = [
        "service", "timer", "socket", "mount", "target", "path", "slice", "scope", "conf", "device",
    ];
    last.len() >= 2
        && last.bytes().all(|b| b.is_ascii_alphabetic())
        && !units.contains(&last)
        && (last.len() > 2 || !ENDINGS.contains(&last))
        && !["sql", "log", "yaml", "yml", "json", "txt", "tar", "zip", "dump"].contains(&last)
        && labels.next().is_some_and(|label| !label.is_empty())
}

fn example(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [
        "example.com",
        "example.org",
        "example.net",
        "example.cn",
        "users.noreply.github.com",
        "libc.so",
    ]
    .iter()
    .any(|known| lower == *known || lower.ends_with(&format!(".{known}")))
        || [".example", ".invalid", ".test", ".localhost", ".localdomain"]
            .iter()
            .any(|ending| lower.ends_with(ending))
        || lower == "openssh.com"
        || lower == "libssh.org"
}
