//! Values that are named as secrets: `password=…`, `"token": "…"`, `--passphrase …`, `the password is …`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::redact::found::Finds;
use crate::redact::key_word::{KeyWord, Says, key_word};
use crate::redact::plain_words::{TECHNICAL, TERMS};
use crate::redact::plausible::{Mix, mixed, placeholder, public_id, versioned};
use crate::redact::scan::{Detector, Trigger};
use crate::redact::text::Text;
use crate::redact::value::{Value, quote, read, whole};

/// Fields of configuration, environments, JSON, YAML, XML, query strings and command lines, and English prose.
pub const DETECTOR: Detector = Detector {
    finds: "values named as secrets",
    trigger: Trigger::Literals(
        &[
            "pass",
            "pass phrase",
            "pass word",
            "pwd",
            "passwort",
            "kennwort",
            "secret",
            "token",
            "key",
            "cred",
            "auth",
            "psk",
            "sig",
            "otp",
            "hmac",
            "sess",
            "pw",
            "psw",
            "cookie",
            "jwt",
            "pin",
            "salt",
            "mnemonic",
            "seedphrase",
            "accesscode",
            "bearer",
            "_pat",
        ],
        look,
    ),
};

/// How name and value are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    /// By `=` or `:`.
    Direct,
    /// By a blank, where that is the way to write it.
    Blank,
    /// By words.
    Prose,
    /// By nothing but standing beside each other.
    Beside,
}

fn look(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    let Some(key) = key_word(text, &hit) else {
        return hit.start;
    };
    let end = key.range.end;
    let Some((at, link)) = joined(text, &key) else {
        return end;
    };
    let Some(value) = read(text, at, key.range.start) else {
        return end;
    };
    let range = extended(text, &key, &value, link);
    let content = text.part(value.range.clone());
    if accepts(text, &key, &value, content, link, range.len() > value.range.len()) {
        let end = range.end.max(whole(text, &value, key.range.start).end);
        finds.secret(range.start..end);
        return end;
    }
    end
}

fn accepts(
    text: Text<'_>,
    key: &KeyWord,
    value: &Value,
    content: &str,
    link: Link,
    extended: bool,
) -> bool {
    if placeholder(content) || content.starts_with("-----BEGIN CERT") {
        return false;
    }
    // `password= host=db`: nothing stands behind the first sign.
    let gap = text.part(key.range.end..value.range.start);
    if gap.ends_with(' ')
        && !gap.starts_with(' ')
        && gap.contains('=')
        && content.split_once('=').is_some_and(|(name, rest)| {
            !rest.is_empty()
                && name.len() < 20
                && (name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
                    || name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
        })
    {
        return false;
    }
    if key.spelled.ends_with("pwd") && content.starts_with(['/', '~']) {
        return false;
    }
    match (key.says, link) {
        (Says::Secret, Link::Direct) => {
            extended || value.quoted || !sentence(text, key, value, content)
        }
        (Says::Secret, Link::Blank) => !content.starts_with('-') || value.quoted,
        (Says::Secret, Link::Prose) => value.quoted || extended || told(text, value, content),
        (Says::Secret, Link::Beside) => {
            (mixed(content) && content.len() >= 6 || made_up(content)) && !path(content)
        }
        (Says::Perhaps, Link::Direct) => perhaps(key, content) && !path(content),
        (Says::Perhaps, Link::Blank) => {
            key.option
                && (mixed(content)
                    || made_up(content)
                    || content.len() >= 16 && public_id(content)
                    || key.spelled.ends_with("pass"))
                && !content.starts_with('-')
                && !path(content)
        }
        (Says::Perhaps, Link::Prose) => {
            mixed(content) && !path(content)
                || (value.quoted || told(text, value, content))
                    && matches!(key.spelled.as_str(), "pass" | "pw" | "psw" | "passwd" | "pin")
        }
        (Says::Perhaps, Link::Beside) => {
            let people = matches!(key.spelled.as_str(), "pass" | "pw" | "psw");
            (mixed(content) && content.len() >= 8 || people && made_up(content))
                && !path(content)
                && key.spelled != "auth"
        }
        (Says::Hardly, Link::Direct | Link::Prose) => {
            let mix = Mix::of(content);
            mix.length() >= 16 && mix.random() && mix.other * 4 < mix.length() && !path(content)
        }
        (Says::Hardly, Link::Blank | Link::Beside) => false,
    }
}

/// Tells whether a word is one that people make up to satisfy a rule about passwords: small and capital letters and digits.
fn made_up(content: &str) -> bool {
    let bare = content.trim_end_matches(['.', ',', ';', ')', '!', '?', ':', '"', '\'']);
    let mix = Mix::of(bare);
    mix.length() >= 8
        && mix.lower > 0
        && mix.upper > 0
        && mix.digits > 0
        && !bare.contains(['/', '(', '=', '<'])
        && !TECHNICAL.contains(&bare.to_ascii_lowercase().as_str())
        && !versioned(bare)
        && !public_id(bare)
}

/// A value whose name says little, joined directly.
fn perhaps(key: &KeyWord, content: &str) -> bool {
    let short = matches!(key.spelled.as_str(), "pin" | "otp");
    if short {
        return (4..=8).contains(&content.len()) && content.bytes().all(|b| b.is_ascii_digit());
    }
    let hexadecimal = content.len() >= 16
        && content.bytes().all(|b| b.is_ascii_hexdigit())
        && content.bytes().any(|b| b.is_ascii_digit());
    let people = matches!(key.spelled.as_str(), "pass" | "pw" | "psw")
        && content.len() >= 4
        && !content.bytes().all(|b| b.is_ascii_digit());
    let secretive = !matches!(key.spelled.as_str(), "sig" | "signature" | "salt");
    mixed(content)
        || people
        || hexadecimal && secretive
        || content.len() >= 32 && Mix::of(content).random()
        || public_uuid(content) && key.spelled.ends_with("token")
}

fn public_uuid(content: &str) -> bool {
    content.len() == 36 && content.matches('-').count() == 4 && public_id(content)
}

fn path(content: &str) -> bool {
    content.starts_with(['/', '~', '.'])
        && content.matches('/').count() >= 1
        && !Mix::of(content.rsplit('/').next().unwrap_or_default()).random()
}

/// Tells whether a value after `password:` is the beginning of a sentence: `bad password: access denied for`.
fn sentence(text: Text<'_>, key: &KeyWord, value: &Value, content: &str) -> bool {
    let words = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase());
    let next = text.ahead(value.range.end, 40);
    let follows = next
        .strip_prefix(' ')
        .and_then(|next| next.split_whitespace().next())
        .is_some_and(|word| words(word.trim_end_matches([',', '.', ':'])));
    words(content.trim_end_matches([',', '.', ':']))
        && follows
        && !text.starts_line(key.range.start)
        && !text.part(key.range.end..value.range.start).contains('=')
}

/// Tells whether a value that is told in a sentence is one, not a word about it.
fn told(text: Text<'_>, value: &Value, content: &str) -> bool {
    let bare = content.trim_end_matches(['.', ',', ';', ')', '!', '?', ':']);
    let mix = Mix::of(bare);
    let lower = bare.to_ascii_lowercase();
    if bare.len() < 3
        || TERMS.contains(&lower.as_str())
        || versioned(bare) && mix.lower + mix.upper == 0 && mix.other > 0
    {
        return false;
    }
    if mix.digits > 0 && mix.lower + mix.upper == 0 {
        return mix.digits >= 4;
    }
    if mix.digits > 0 || bare.bytes().any(|b| b"!@#$%^&*+=~".contains(&b)) || mixed(bare) {
        return true;
    }
    if bare.matches('-').count() >= 2 || mix.turns >= 4 {
        return !matches!(
            lower.as_str(),
            "up-to-date" | "out-of-date" | "out-of-band" | "one-time-only"
        );
    }
    let rest = text.ahead(value.range.end, 4);
    let ends = rest.trim_start().is_empty()
        || content.len() > bare.len()
        || rest.starts_with([',', '.', ';', ')', '!', '"', '\''])
        || rest.trim_start().starts_with(['(', '-', ',', ';']);
    ends && bare.len() >= 5
        && !["ed", "ing", "ly", "able", "less"].iter().any(|ending| lower.ends_with(ending))
        && !bare.contains('/')
}

/// Words of sentences, which phrases made of random words do not have.
const GRAMMAR: &[&str] = &[
    "the", "for", "and", "not", "was", "has", "are", "with", "from", "that", "this", "your", "you",
    "they", "been", "again", "please", "set", "wrong", "failed", "invalid", "required", "missing",
    "expired", "user",
];

/// Returns the value with the words behind it that belong to it.
fn extended(text: Text<'_>, key: &KeyWord, value: &Value, link: Link) -> Range<usize> {
    if value.quoted || matches!(link, Link::Blank | Link::Beside) {
        return value.range.clone();
    }
    let end = text.line_end(value.range.end, 400);
    let rest = text.part(value.range.end..end);
    let words: Vec<&str> = rest.split_whitespace().collect();
    if words.is_empty() || text.before(value.range.end) == b',' || rest.starts_with([',', ';']) {
        return value.range.clone();
    }
    let first = text.part(value.range.clone());
    let plain = |word: &str| {
        word.len() >= 3 && word.bytes().all(|b| b.is_ascii_lowercase()) && !GRAMMAR.contains(&word)
    };
    let phrase = key.spelled.ends_with("phrase") || key.spelled.ends_with("mnemonic");
    let all_plain =
        plain(first) && words.iter().all(|word| plain(word.trim_end_matches(['.', ','])));
    let line = text.starts_line(key.range.start) && link == Link::Direct;
    if all_plain
        && ((2..=24).contains(&words.len()) && (phrase || line) || phrase && words.len() > 2)
    {
        return value.range.start..end;
    }
    // `password = two words` of an ini file: everything up to the end of the line.
    let spaced = text.part(key.range.end..value.range.start).contains(" = ");
    if line && spaced && words.len() <= 4 && !rest.contains(['=', '#', ';', '|', '&', ':']) {
        return value.range.start..end;
    }
    value.range.clone()
}

/// `=`, `:` and what else joins a name and its value, with the closing quotes of the name before it.
static DIRECT: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"^(?:\\*["'`]|\]|\)|%22|&quot;|\*\*)*[ \t]*(?:\$?\d{0,2}[ \t]*)?(?::=|=>|==|->|=|:|→|%3D|%3A|\\u003d|\\u003D)(?:[ \t]|\*\*)*"#;
    Regex::new(pattern).expect("a fixed pattern")
});

/// A name that is itself a value, with its own value behind it: `name: X, value: …`.
static ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"^\\*["']?\s*,?\s*\\*["']?(?i:value|val|content|default)\\*["']?\s*[:=]\s*"#;
    Regex::new(pattern).expect("a fixed pattern")
});

/// The words of a sentence that join.
static PROSE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = concat!(
        r#"^["'`)\]]?(?:\s+\([^()\n]{1,40}\))?(?:\s+(?i:for|of|on|at|from|in|used by)\s[^\n:=,;!?]{1,48}?)?"#,
        r#"(?:\s+(?i:(?:is|was|are|reads|equals|becomes|ist|should be|has been|now)(?:\s+(?:now|currently|still|again|just|set to|changed to|reset to|simply|actually|probably))*|(?:(?:changed|set|reset|rotated|switched|updated|back)\s+)?to)\s*[:=]?|\s*(?::|=|->|→|=>))\s*"#
    );
    Regex::new(pattern).expect("a fixed pattern")
});

/// `the password to the vault is …`.
static PROSE_TO: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"^\s+(?i:to)\s[^\n:=,;!?]{1,48}?\s+(?i:is|was|are)(?:\s+(?i:now|currently|still|again))*\s*:?\s+"#;
    Regex::new(pattern).expect("a fixed pattern")
});

/// Finds where the value begins.
fn joined(text: Text<'_>, key: &KeyWord) -> Option<(usize, Link)> {
    let end = key.range.end;
    let ahead = text.ahead(end, 160);
    if let Some(found) = DIRECT.find(ahead) {
        let at = end + found.end();
        return Some((next_line(text, at, key).unwrap_or(at), Link::Direct));
    }
    if text.byte(end) == b'>' && matches!(text.before(key.range.start), b'<' | b':') {
        return Some((text.blanks(end + 1), Link::Direct));
    }
    let behind = text.behind(key.range.start, 40);
    let named = behind.trim_end_matches(['"', '\'', '\\', ' ', ':', '=']);
    let window = text.part(end..end + 120);
    if ["name", "Name", "key", "Key", "NAME", "param", "variable"]
        .iter()
        .any(|label| named.ends_with(label))
        && let Some(found) = ATTRIBUTE.find(window)
    {
        return Some((end + found.end(), Link::Direct));
    }
    if ahead.starts_with(" |") && behind.trim_start().starts_with('|') {
        return Some((text.blanks(end + 2), Link::Direct));
    }
    if key.says != Says::Hardly
        && let Some(found) = PROSE_TO.find(ahead).or_else(|| PROSE.find(ahead))
    {
        return Some((end + found.end(), Link::Prose));
    }
    let blank = ahead.starts_with([' ', '\t']);
    let at = text.blanks(end);
    if !blank || at >= text.all.len() || matches!(text.byte(at), b'\n' | b'\r') {
        return None;
    }
    let directive = ["requirepass", "masterauth", "storepass", "keypass"]
        .contains(&key.spelled.as_str())
        || key.spelled == "password" && netrc(text, key.range.start)
        || text.starts_line(key.range.start)
            && ["password", "passwd", "rootpw"].contains(&key.spelled.as_str())
            && quote(text, at).is_some();
    Some((at, if key.option || directive { Link::Blank } else { Link::Beside }))
}

/// `machine … login … password …`, on one line or three.
fn netrc(text: Text<'_>, at: usize) -> bool {
    let behind = text.part(at.saturating_sub(200)..at);
    behind.contains("machine ") && behind.contains("login ")
        || behind.trim_start().starts_with("default login ")
}

/// Where a value stands on the next line: YAML blocks, and a value sent as a message of its own.
fn next_line(text: Text<'_>, at: usize, key: &KeyWord) -> Option<usize> {
    let block = text.ahead(at, 4).trim_end_matches('\r');
    if !matches!(block, "" | "|" | ">" | "|-" | ">-" | "|+") {
        return None;
    }
    let line = text.forward(at, |b| b != b'\n').min(at + 8) + 1;
    let start = text.forward(line, |b| matches!(b, b' ' | b'\t'));
    let next = text.ahead(start, 200);
    let word = next.trim();
    if block.is_empty() {
        let alone = !word.contains(' ')
            && !word.ends_with(':')
            && !word.contains(['=', '{', '[', '<'])
            && !word.contains(": ");
        let likely = mixed(word) || made_up(word);
        (key.says == Says::Secret && alone && likely && !path(word)).then_some(start)
    } else {
        (start > line && !word.is_empty()).then_some(start)
    }
}
