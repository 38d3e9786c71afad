//! Tells a value from a placeholder, and what came from a random generator from what a person wrote.

use super::plain_words::{NOT_VALUES, TECHNICAL};
use super::pseudonyms::placeholders_in;

/// Tells whether a value is none: empty, masked, a variable, a template, a call, or a word that says that it is elsewhere.
pub fn placeholder(value: &str) -> bool {
    let value = value.trim_matches(|c: char| matches!(c, '"' | '\'' | ',' | ';' | ' ' | '\\'));
    let lower = value.to_lowercase();
    let word = lower.trim_end_matches(['.', ',', ';', ')', ']', '}', ':', '!', '?']);
    let Some(first) = value.chars().next() else {
        return true;
    };
    let same =
        value.chars().all(|c| c == first) && (value.len() > 2 || !first.is_ascii_alphanumeric());
    let mask =
        |c: char| matches!(c, 'x' | 'X' | '*' | '.' | '•' | '●' | '…' | '-' | '_' | '#' | '?');
    let pseudonym = placeholders_in(value).next().is_some_and(|range| {
        range == (0..value.trim_end_matches(['.', ',', ';', ')', ']', '}']).len())
    });
    same || pseudonym
        || value.chars().all(mask)
        || word.is_empty()
        || NOT_VALUES.contains(&word)
        || bracketed(value)
        || variable(value)
        || reference(&lower)
        || location(&lower)
        || says_so(word)
}

/// `<your password>`, `[REDACTED]`, `{{ password }}`, `(none)`.
fn bracketed(value: &str) -> bool {
    let inside = |open: char, close: char| {
        value.strip_prefix(open).and_then(|rest| rest.split(close).next()).is_some_and(|inside| {
            !inside.is_empty()
                && inside
                    .chars()
                    .all(|c| c.is_alphabetic() || matches!(c, ' ' | '_' | '-' | '.' | '*'))
        })
    };
    value.contains("{{")
        || value.contains("{%")
        || inside('<', '>')
        || inside('[', ']')
        || inside('(', ')')
        || inside('{', '}') && one_case(value)
        || (value.starts_with('<')
            && !value.contains('>')
            && value[1..].chars().all(|c| c.is_alphabetic() || matches!(c, '_' | '-')))
}

fn one_case(text: &str) -> bool {
    text.bytes().all(|b| !b.is_ascii_lowercase())
        || text.bytes().all(|b| !b.is_ascii_uppercase() && !b.is_ascii_digit())
}

/// `$VAR`, `${VAR}`, `$(command)`, `%VAR%`, `%s`, `@VAR@`.
fn variable(value: &str) -> bool {
    let name = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
            && !text.as_bytes()[0].is_ascii_digit()
    };
    if value.starts_with("${")
        || value.starts_with("$(")
        || value.starts_with("`")
        || value.starts_with("#{")
        || value.starts_with("$env:")
    {
        return true;
    }
    // `$6$…` and `$y$…` are hashes, `$Tr0ub4dor!` a password; a shell variable is written in one case.
    if let Some(rest) = value.strip_prefix('$') {
        return name(rest) && one_case(rest) || rest.len() == 1;
    }
    for mark in ['%', '@'] {
        if let Some(rest) = value.strip_prefix(mark) {
            return rest.strip_suffix(mark).is_some_and(name)
                || rest == "s"
                || rest == "(password)s";
        }
    }
    value.starts_with(":")
        && value.len() > 2
        && value[1..].bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

/// A value that is fetched from somewhere else.
fn reference(lower: &str) -> bool {
    const BEGINNINGS: &[&str] = &[
        "os.environ",
        "os.getenv",
        "getenv(",
        "env(",
        "env.",
        "process.env",
        "system.getenv",
        "lookup(",
        "vault(",
        "var.",
        "local.",
        "module.",
        "data.",
        "secretkeyref",
        "valuefrom",
        "!vault",
        "!ref",
        "!sub",
        "!secret",
        "arn:",
        "ssm:",
        "sm://",
        "op://",
        "vault:",
        "file://",
        "file:",
        "env:",
        "fd:",
        "pass:$",
        "config.",
        "settings.",
        "self.",
        "secrets.",
        "args.",
        "options.",
        "params.",
        "read_password",
        "getpass",
        "input(",
        "prompt(",
        "base64decode(",
        "random_password",
        "keyring",
        "enc[",
        "ref+",
    ];
    BEGINNINGS.iter().any(|beginning| lower.starts_with(beginning))
}

/// A path: where a secret lies, not what it is.
fn location(lower: &str) -> bool {
    const ROOTS: &[&str] = &[
        "run", "etc", "var", "home", "root", "opt", "usr", "srv", "mnt", "tmp", "proc", "dev",
        "data", "backup", "backups", "secrets", "vault", "media", "users", "app", "config", "keys",
    ];
    if let Some(rest) = lower.strip_prefix('/') {
        return rest.split_once('/').is_some_and(|(root, _)| ROOTS.contains(&root));
    }
    lower.starts_with("~/")
        || lower.starts_with("./")
        || lower.starts_with("../")
        || lower.starts_with("c:\\") && lower.len() > 6
}

/// A text that says of itself that it is an example.
fn says_so(word: &str) -> bool {
    let spelled: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
    [
        "yourpass",
        "yoursecret",
        "yourtoken",
        "yourkey",
        "yourapi",
        "yourown",
        "examplekey",
        "insert",
        "replaceme",
        "replacewith",
        "putyour",
        "enteryour",
        "somepassword",
        "thepassword",
        "mysecretpassword",
    ]
    .iter()
    .any(|sign| spelled.starts_with(sign))
        || (spelled.starts_with("your")
            && (spelled.ends_with("here")
                || spelled.ends_with("password")
                || spelled.ends_with("key")
                || spelled.ends_with("token")
                || spelled.ends_with("secret")))
        || spelled.ends_with("passwordhere")
        || spelled.ends_with("examplekey")
        || spelled.ends_with("goeshere")
}

/// How many characters of each class a token has, and how often it goes from one class to another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mix {
    /// Lower case letters.
    pub lower: usize,
    /// Upper case letters.
    pub upper: usize,
    /// Digits.
    pub digits: usize,
    /// Everything else.
    pub other: usize,
    /// Neighbours of different class.
    pub turns: usize,
    /// Letters beyond `f`.
    pub beyond_hex: usize,
}

impl Mix {
    /// Counts.
    pub fn of(token: &str) -> Self {
        let mut mix = Self::default();
        let mut last = 0;
        for b in token.bytes() {
            let class = match b {
                b'a'..=b'z' => 1,
                b'A'..=b'Z' => 2,
                b'0'..=b'9' => 3,
                _ => 4,
            };
            match class {
                1 => mix.lower += 1,
                2 => mix.upper += 1,
                3 => mix.digits += 1,
                _ => mix.other += 1,
            }
            mix.beyond_hex += usize::from(matches!(b, b'g'..=b'z' | b'G'..=b'Z'));
            mix.turns += usize::from(last != 0 && last != class);
            last = class;
        }
        mix
    }

    /// Returns the number of characters.
    pub fn length(self) -> usize {
        self.lower + self.upper + self.digits + self.other
    }

    /// Tells whether a generator may have made it: a camel-case name turns at every fifth character or less, random text at
    /// every second; hexadecimal is left to the words beside it, because hashes are public.
    pub fn random(self) -> bool {
        let turns = |share: f64| self.turns as f64 >= self.length() as f64 * share;
        if self.beyond_hex == 0 {
            return false;
        }
        match (self.lower > 0, self.upper > 0) {
            (true, true) => self.digits > 0 && turns(0.32) || turns(0.42),
            (true, false) => self.digits >= 3 && turns(0.25),
            (false, true) => self.digits >= 2 && turns(0.18),
            (false, false) => false,
        }
    }
}

/// Tells whether a token without any sign beside it but a word like `token` may be a secret: letters and digits mixed.
pub fn mixed(value: &str) -> bool {
    let value = value.trim_end_matches(['.', ',', ';', ')', ']', '}', ':', '!', '?', '"', '\'']);
    if placeholder(value)
        || TECHNICAL.contains(&value.to_ascii_lowercase().as_str())
        || versioned(value)
        || public_id(value)
    {
        return false;
    }
    // What is joined of words, like `pg-credentials-v2`, is a name.
    let longest = value
        .split(['-', '_', '.', '/', ':', ' '])
        .map(Mix::of)
        .max_by_key(|mix| mix.length())
        .unwrap_or_default();
    let whole = Mix::of(value);
    let symbols = value.bytes().filter(|b| b"!@#$%^&*+=?~".contains(b)).count();
    whole.length() >= 8
        && (longest.digits > 0
            && longest.lower + longest.upper > 0
            && longest.length() >= 7
            && (longest.turns >= 2 || longest.length() >= 12)
            || longest.lower > 0 && longest.upper > 1 && longest.turns >= 4
            || symbols > 0 && whole.digits > 0 && whole.lower + whole.upper > 2)
        || whole.length() >= 5
            && whole.digits > 0
            && whole.lower > 0
            && whole.upper > 0
            && longest.length() >= 5
            && !value.contains(['/', ':', '-', '.'])
}

/// `v1.2.3`, `15.7-0+deb12u1`, `2026-11-21T10:00:00Z`.
pub fn versioned(value: &str) -> bool {
    let value = value.strip_prefix(['v', 'V']).unwrap_or(value);
    let numbers = value
        .split(['.', '-', ':', '/', '+', 'T', '_'])
        .filter(|part| part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty())
        .count();
    let parts = value.split(['.', '-', ':', '/', '+', 'T', '_']).count();
    numbers >= 2 && numbers * 2 >= parts && value.starts_with(|c: char| c.is_ascii_digit())
}

/// A UUID, a hash in hexadecimal, or a number: something that is printed everywhere and opens nothing.
pub fn public_id(value: &str) -> bool {
    let value = value.strip_prefix("0x").unwrap_or(value);
    value.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b'-' | b':' | b'.'))
}
