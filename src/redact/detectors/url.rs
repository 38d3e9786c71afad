//! Addresses: the credentials in them, the hosts they name, and the signatures behind them.

use std::ops::Range;

use crate::redact::found::Finds;
use crate::redact::hosts::{is_name, is_public};
use crate::redact::kind::Kind;
use crate::redact::plausible::{Mix, mixed, placeholder};
use crate::redact::pseudonyms::placeholders_in;
use crate::redact::scan::{Detector, Trigger};
use crate::redact::text::Text;

use super::ipv4;

/// `scheme://user:password@host:port,host/…`; hosts that everybody knows stay.
pub const DETECTOR: Detector = Detector {
    finds: "credentials and hosts of addresses",
    trigger: Trigger::Literals(
        &["://", "%3A%2F%2F", ":\\/\\/", "jdbc:oracle:", "sqlplus ", "rman ", "expdp ", "impdp "],
        look,
    ),
};

fn look(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    if !text.all[hit.clone()].ends_with(['/', 'F', 'f']) || text.byte(hit.start) == b'j' {
        return oracle(text, hit, finds);
    }
    let encoded = text.byte(hit.start) == b'%';
    let stops = |b: u8| {
        b <= b' '
            || b >= 0x7f
            || matches!(b, b'"' | b'\'' | b'<' | b'>' | b'`' | b'|')
            || encoded && b == b'&'
    };
    let end = text.forward_within(hit.end, 1024, |b| !stops(b));
    // Another address inside is looked at by itself.
    let end = text.part(hit.end..end).find("://").map_or(end, |next| hit.end + next);
    let scheme =
        text.backward(hit.start, |b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    let scheme = &text.all[scheme..hit.start];
    if scheme.is_empty() || matches!(scheme, "file" | "unix" | "urn" | "vault" | "op") {
        return hit.end;
    }
    let whole = text.part(hit.end..end);
    let slash = whole.find(['/', '?', '#', '\\']).unwrap_or(whole.len());
    let mut authority = hit.end..hit.end + slash;
    if encoded {
        let length = whole.find("%2F").or_else(|| whole.find("%2f")).unwrap_or(whole.len());
        authority.end = hit.end + length;
    }
    // A password may hold a slash that nobody encoded.
    if !text.part(authority.clone()).contains('@')
        && let Some(at) = whole.rfind('@').filter(|at| *at > slash)
        && let Some((_, password)) = whole[..slash].split_once(':')
        && (password.is_empty() || password.bytes().any(|b| !b.is_ascii_digit()))
    {
        let rest = &whole[at..];
        authority.end = hit.end + at + rest.find(['/', '?', '#']).unwrap_or(rest.len());
    }
    let part = text.part(authority.clone());
    let at_sign = part
        .rfind('@')
        .map(|at| (at, 1))
        .or_else(|| encoded.then(|| part.rfind("%40").map(|at| (at, 3))).flatten());
    let hosts = at_sign.map_or(0, |(at, length)| at + length);
    if let Some((at, _)) = at_sign {
        user(text, authority.start, authority.start + at, encoded, finds);
    }
    // `shop:<SECRET_1>@…`: what stands before the pseudonym is the user.
    if part.ends_with(':')
        && placeholders_in(text.ahead(end, 40)).next().is_some_and(|range| range.start == 0)
    {
        return hit.end;
    }
    for host in part[hosts..].split(',') {
        let start = authority.start + (host.as_ptr() as usize - part.as_ptr() as usize);
        one_host(start, host, scheme, finds);
    }
    hit.end
}

/// The part before `@`.
fn user(text: Text<'_>, start: usize, end: usize, encoded: bool, finds: &mut Finds) {
    let part = &text.all[start..end];
    let colon = part
        .find(':')
        .map(|at| (at, 1))
        .or_else(|| encoded.then(|| part.find("%3A").map(|at| (at, 3))).flatten());
    match colon {
        Some((at, length)) if !placeholder(&part[at + length..]) => {
            finds.secret(start + at + length..end)
        }
        // The name is the token: `https://TOKEN:x-oauth-basic@…`.
        Some((at, _)) if mixed(&part[..at]) && at >= 20 => finds.secret(start..start + at),
        // The key of a Sentry address.
        None if part.len() >= 32 && part.bytes().all(|b| b.is_ascii_hexdigit()) => {
            finds.secret(start..end)
        }
        None if part.len() >= 16 && mixed(part) && Mix::of(part).random() => {
            finds.secret(start..end)
        }
        Some(_) | None => {}
    }
}

fn one_host(start: usize, host: &str, scheme: &str, finds: &mut Finds) {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        Some(_) | None => host.split([';', '(', ')', '}', ']', '\\']).next().unwrap_or(host),
    };
    let name = name.trim_end_matches(['.', ',', ';', ':', ')']);
    let bucket = matches!(
        scheme,
        "s3" | "s3a"
            | "s3n"
            | "gs"
            | "oss"
            | "cos"
            | "cosn"
            | "obs"
            | "b2"
            | "az"
            | "abfs"
            | "wasb"
            | "swift"
    );
    // A bucket is somebody's: its name opens nothing, but tells whose it is.
    if bucket && is_name(name) && !placeholder(name) && !is_public(name) && !example(name) {
        finds.add(start..start + name.len(), Kind::Account);
    }
    if bucket
        || !is_name(name)
        || ipv4::shaped(name)
        || is_public(name)
        || placeholder(name)
        || matches!(
            name,
            "host"
                | "hostname"
                | "server"
                | "HOST"
                | "db"
                | "user"
                | "endpoint"
                | "registry"
                | "url"
        )
    {
        return;
    }
    finds.add(start..start + name.len(), Kind::Host);
}

/// What examples call a bucket.
fn example(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let lower = lower.strip_prefix("my-").or(lower.strip_prefix("your-")).unwrap_or(&lower);
    ["bucket", "bucketname", "bucket-name", "bucket_name", "backup", "backups", "data", "container"]
        .contains(&lower)
}

/// `scott/tiger@ORCL`, behind a program of Oracle's or in its JDBC address.
fn oracle(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    let ahead = text.ahead(hit.end, 160);
    for word in ahead.split([' ', '\t', '"', '\'']) {
        let start = hit.end + (word.as_ptr() as usize - ahead.as_ptr() as usize);
        let word = word.strip_prefix("thin:").map_or((start, word), |rest| (start + 5, rest));
        let (start, word) = word.1.strip_prefix("userid=").map_or(word, |rest| (word.0 + 7, rest));
        if let Some((user, rest)) = word.split_once('/')
            && !user.is_empty()
            && user.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'#'))
        {
            let password = rest.rsplit_once('@').map_or(rest, |(password, _)| password);
            if !password.is_empty()
                && !placeholder(password)
                && !password.contains('/')
                && !rest.starts_with('/')
            {
                let at = start + user.len() + 1;
                finds.secret(at..at + password.len());
            }
        }
    }
    hit.end
}
