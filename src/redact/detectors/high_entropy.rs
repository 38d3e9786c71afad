//! Long tokens that only a random generator writes.

use crate::redact::found::Finds;
use crate::redact::plausible::{Mix, placeholder, public_id};
use crate::redact::scan::{Detector, Trigger, Word};
use crate::redact::text::Text;

use super::encoded::holds_secret;
use super::encoded::text_of;

/// Letters of both cases and digits mixed, 32 characters or more, or 12 where the line speaks of secrets. Hexadecimal is never
/// taken by its looks alone: hashes, ids and digests are public.
pub const DETECTOR: Detector = Detector {
    finds: "random tokens",
    trigger: Trigger::Words(
        |word| word.range.len() >= 12 && (word.digits > 0 || word.range.len() >= 24),
        look,
    ),
};

/// Files and keys whose first bytes tell what they are: gzip, PNG, JPEG, ZIP, certificates.
const PUBLIC_STARTS: &[&str] = &[
    "H4sI",
    "iVBOR",
    "/9j/",
    "UEsD",
    "MIIC",
    "MIID",
    "MIIF",
    "MIIG",
    "MIIH",
    "AAAAB3NzaC1",
    "AAAAC3NzaC1",
    "AAAAE2VjZHNh",
    "KLUv",
    "BZh9",
];

/// Words near a token that make it a secret.
const SPEAKING: &[&str] = &[
    "pass", "secret", "token", "cred", "key", "pwd", "pw ", "login", "密", "口令", "令牌", "auth",
    "leak", "rotate",
];

fn look(text: Text<'_>, word: &Word, finds: &mut Finds) {
    let all = &text.all[word.range.clone()];
    let mut at = word.range.start;
    for token in all.as_bytes().split(|b| matches!(b, b'=' | b':' | b'@' | b'%' | b'~')) {
        let start = at;
        at += token.len() + 1;
        if token.len() < 12 {
            continue;
        }
        let end = start + token.len();
        let trimmed = text.all[start..end].trim_end_matches(['.', '-', '/']);
        if trimmed.len() >= 12 && suspicious(text, start, trimmed) {
            let padding = text.forward_within(end, 2, |b| b == b'=');
            finds.perhaps(start..padding);
        }
    }
}

fn suspicious(text: Text<'_>, start: usize, token: &str) -> bool {
    if public_id(token)
        || PUBLIC_STARTS.iter().any(|beginning| token.starts_with(beginning))
        || token.contains("://")
    {
        return false;
    }
    // A path, a name joined of parts: its longest part decides.
    let joined = token.starts_with(['/', '.', '-', '_', '+']) && token.matches('/').count() > 1
        || token.contains('.')
        || token.matches(['-', '_']).count() >= 3
        || path_like(token);
    let judged = if joined {
        token.split(['/', '.', '-', '_', '+']).max_by_key(|part| part.len()).unwrap_or_default()
    } else {
        token
    };
    let mix = Mix::of(&judged[..judged.len().min(4096)]);
    let both = mix.lower > 0 && mix.upper > 0;
    if !mix.random() || mix.digits == 0 && judged.len() < 40 {
        return false;
    }
    if judged.len() >= 32
        && (both && mix.digits > 0 || judged.len() >= 40)
        && !named_id(text, start)
    {
        return match text_of(judged) {
            Some(_) => holds_secret(text, judged).unwrap_or_default(),
            None => true,
        };
    }
    let enough = if both { 12 } else { 20 };
    judged.len() >= enough
        && mix.turns >= 5
        && !placeholder(token)
        && !named_id(text, start)
        && spoken_of(text, start, token.len())
        && text_of(judged).is_none_or(|decoded| decoded.len() < 9)
}

/// A base64 token has a slash now and then; a path has words between them.
fn path_like(token: &str) -> bool {
    let mut parts = token.split('/');
    token.contains('/')
        && parts.clone().count() > 2
        && parts.any(|part| part.len() >= 3 && part.bytes().all(|b| b.is_ascii_lowercase()))
}

/// Tells whether the line speaks of secrets shortly before or behind the token.
fn spoken_of(text: Text<'_>, start: usize, length: usize) -> bool {
    let behind = text.behind(start, 48).to_lowercase();
    let ahead = text.ahead(start + length, 24).to_lowercase();
    let public = [
        "public",
        "key id",
        "keyid",
        "fingerprint",
        "gpg key",
        "primary key",
        "foreign key",
        "key=",
        "host key",
    ]
    .iter()
    .any(|word| behind.contains(word));
    !public
        && (SPEAKING.iter().any(|word| behind.contains(word))
            || SPEAKING[..4].iter().any(|word| ahead.contains(word)))
}

/// Tells whether the word before a token says that it is an id or a digest.
fn named_id(text: Text<'_>, start: usize) -> bool {
    let word = text.word_before(start);
    [
        "id",
        "uuid",
        "hash",
        "sha",
        "digest",
        "etag",
        "checksum",
        "md5",
        "version",
        "revision",
        "commit",
        "trace",
        "span",
        "request",
        "cluster",
        "node",
        "container",
        "image",
        "pod",
        "snapshot",
        "nonce",
        "index",
        "pub",
        "invocation",
        "cursor",
        "xid",
        "path",
        "file",
        "layer",
        "blob",
    ]
    .iter()
    .any(|known| {
        word == *known
            || word.ends_with(&format!("_{known}"))
            || word.ends_with(&format!("-{known}"))
            || word.ends_with("id") && word.len() > 3 && *known == "id"
            || known.len() > 3 && word.starts_with(known)
    })
}
