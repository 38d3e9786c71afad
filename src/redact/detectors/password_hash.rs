//! Hashes of passwords, which can be guessed backwards: shadow, htpasswd, database catalogues.

use std::ops::Range;

use crate::redact::found::Finds;
use crate::redact::scan::{Detector, Trigger};
use crate::redact::text::{Text, is_word};

/// `$6$…`, `$2y$…`, `$y$…`, `{SSHA}…`, `SCRAM-SHA-256$…`, `md5…` of PostgreSQL, `*…` of MySQL, NTLM of secretsdump.
pub const DETECTOR: Detector = Detector {
    finds: "hashes of passwords",
    trigger: Trigger::Literals(
        &[
            "$1$",
            "$2a$",
            "$2b$",
            "$2y$",
            "$5$",
            "$6$",
            "$7$",
            "$y$",
            "$gy$",
            "$apr1$",
            "$argon2",
            "$pbkdf2",
            "$scrypt$",
            "$8$",
            "$9$",
            "$S$",
            "$P$",
            "$A$005$",
            "{SSHA",
            "{SHA",
            "{SMD5}",
            "{MD5}",
            "{CRYPT}",
            "{PBKDF2",
            "{bcrypt}",
            "pbkdf2_sha",
            "bcrypt_sha256$",
            "pbkdf2:sha256",
            "scrypt:",
            "SCRAM-SHA-256$",
            "SCRAM-SHA-1$",
            "md5",
            "authentication_string",
            ":::",
            "$DCC2$",
            "$krb5",
            "grub.pbkdf2.",
        ],
        look,
    ),
};

fn look(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    let inside = |b: u8| {
        b.is_ascii_alphanumeric()
            || matches!(
                b,
                b'.' | b'/'
                    | b'$'
                    | b'='
                    | b'+'
                    | b','
                    | b'-'
                    | b'_'
                    | b'*'
                    | b':'
                    | b'@'
                    | b'}'
                    | b'\\'
            )
    };
    let found = &text.all[hit.clone()];
    match found {
        "md5" => {
            let end = text.forward_within(hit.end, 40, |b| b.is_ascii_hexdigit());
            if end - hit.end == 32
                && !is_word(text.before(hit.start))
                && matches!(text.before(hit.start), b'"' | b'\'' | b' ' | b'|' | b'\t' | b':')
                && !text.behind(hit.start, 16).to_ascii_lowercase().ends_with("sum: ")
            {
                finds.secret(hit.start..end);
                return end;
            }
            hit.end
        }
        // `Administrator:500:LM:NT:::`
        ":::" => {
            let start = text.backward(hit.start, |b| b.is_ascii_hexdigit() || b == b':');
            if hit.start - start >= 65 {
                let hashes = hit.start - 65;
                finds.secret(hashes..hit.start);
            }
            hit.end
        }
        _ if found.eq_ignore_ascii_case("md5") => hit.end,
        _ if found.eq_ignore_ascii_case("authentication_string") => {
            // MySQL's native hash: `*` and forty hexadecimal digits.
            let window = text.part(hit.end..hit.end + 200);
            if let Some(star) = window.find('*') {
                let start = hit.end + star;
                let end = text.forward_within(start + 1, 48, |b| b.is_ascii_hexdigit());
                if end - start == 41 {
                    finds.secret(start..end);
                }
            }
            hit.end
        }
        _ => {
            let escaped = found.starts_with('$') && text.before(hit.start) == b'\\';
            let start = hit.start - usize::from(escaped);
            if is_word(text.before(start)) {
                return hit.start;
            }
            let run = text.forward(hit.end, inside);
            // Behind the hash in `/etc/shadow` stand numbers of days.
            let hash = text.all[hit.end..run]
                .find(":")
                .filter(|_| found.starts_with('$'))
                .map_or(run, |length| hit.end + length);
            let exact = found.bytes().any(|b| b.is_ascii_digit()) || found == found.trim();
            if hash - hit.end >= 12 && exact {
                finds.secret(start..hash);
                return hash;
            }
            hit.start
        }
    }
}
