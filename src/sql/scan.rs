//! What stands at one place of a text of SQL: a quote, a comment, a word, a sign.

use super::Dialect;

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// Blanks and comments.
    Nothing,
    /// A name, a keyword or a number.
    Word,
    /// A string; `open` where its end is missing.
    Text {
        /// Whether its end is missing.
        open: bool,
    },
    /// A quoted name.
    Quoted {
        /// Whether its end is missing.
        open: bool,
    },
    /// A comment whose end is missing.
    OpenComment,
    /// Any other character.
    Sign,
}

/// Returns what stands at the start of `rest` and how long it is. `versioned` is set while a comment that MySQL runs
/// (`/*!50001 … */`) stands open.
pub(super) fn token(rest: &str, dialect: Dialect, versioned: &mut bool) -> (Token, usize) {
    let Some(first) = rest.chars().next() else {
        return (Token::Nothing, 0);
    };
    let mysql = dialect == Dialect::Mysql;
    match first {
        c if c.is_whitespace() => {
            (Token::Nothing, rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len()))
        }
        '-' if rest.starts_with("--")
            && (!mysql || rest[2..].chars().next().is_none_or(char::is_whitespace)) =>
        {
            (Token::Nothing, line(rest))
        }
        '#' if mysql => (Token::Nothing, line(rest)),
        '/' if mysql && (rest.starts_with("/*!") || rest.starts_with("/*M!")) => {
            *versioned = true;
            let head = if rest.starts_with("/*!") { 3 } else { 4 };
            let digits = rest[head..].bytes().take_while(u8::is_ascii_digit).count();
            (Token::Nothing, head + digits)
        }
        '*' if *versioned && rest.starts_with("*/") => {
            *versioned = false;
            (Token::Nothing, 2)
        }
        '/' if rest.starts_with("/*") => comment(rest, dialect),
        '\'' => quote(rest, '\'', mysql, |open| Token::Text { open }),
        '"' if mysql => quote(rest, '"', true, |open| Token::Text { open }),
        '"' => quote(rest, '"', false, |open| Token::Quoted { open }),
        '`' if dialect != Dialect::Postgres => {
            quote(rest, '`', false, |open| Token::Quoted { open })
        }
        '[' if dialect == Dialect::Sqlite => match rest.find(']') {
            Some(end) => (Token::Quoted { open: false }, end + 1),
            None => (Token::Quoted { open: true }, rest.len()),
        },
        '$' if dialect == Dialect::Postgres => match dollar(rest) {
            Some(found) => found,
            None => (Token::Sign, 1),
        },
        c if is_word(c) => {
            let end = rest.find(|c: char| !is_word(c) && c != '$').unwrap_or(rest.len());
            // `E'a\'b'` alone takes backslashes in PostgreSQL; the other letters only say what the string is for.
            let prefix = dialect == Dialect::Postgres && rest[end..].starts_with('\'');
            match &rest[..end] {
                "e" | "E" if prefix => {
                    let (found, length) =
                        quote(&rest[end..], '\'', true, |open| Token::Text { open });
                    (found, end + length)
                }
                _ => (Token::Word, end),
            }
        }
        c => (Token::Sign, c.len_utf8()),
    }
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Bytes of a client's command that are read.
const LONGEST: usize = 8 << 10;

/// Returns the line at the start of `rest`, without its end; not more of it than a client's command needs.
pub(super) fn short_line(rest: &str) -> &str {
    let mut end = rest.len().min(LONGEST);
    while !rest.is_char_boundary(end) {
        end -= 1;
    }
    &rest[..line(&rest[..end])]
}

/// Returns the length of the line at the start of `rest`, without its end.
pub(super) fn line(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

/// Comments stand in comments in PostgreSQL only.
fn comment(rest: &str, dialect: Dialect) -> (Token, usize) {
    let mut depth = 0usize;
    let mut at = 0;
    loop {
        let Some(found) = rest[at..].find(['/', '*']) else {
            // SQLite takes the end of the text for the end of the comment.
            return match dialect {
                Dialect::Sqlite => (Token::Nothing, rest.len()),
                Dialect::Postgres | Dialect::Mysql => (Token::OpenComment, rest.len()),
            };
        };
        at += found;
        if rest[at..].starts_with("/*") && (depth == 0 || dialect == Dialect::Postgres) {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return (Token::Nothing, at);
            }
        } else {
            at += 1;
        }
    }
}

fn quote(rest: &str, mark: char, escapes: bool, of: fn(bool) -> Token) -> (Token, usize) {
    let mut at = 1;
    while let Some(found) = rest[at..].find([mark, '\\']) {
        at += found;
        if rest[at..].starts_with('\\') {
            let next = rest[at + 1..].chars().next().filter(|_| escapes);
            at += 1 + next.map_or(0, char::len_utf8);
        } else if rest[at + 1..].starts_with(mark) {
            at += 2;
        } else {
            return (of(false), at + 1);
        }
    }
    (of(true), rest.len())
}

/// Reads a string between dollar tags (`$$ … $$`, `$body$ … $body$`).
fn dollar(rest: &str) -> Option<(Token, usize)> {
    let end = rest[1..].find('$')? + 1;
    let tag = &rest[..end + 1];
    let inner = &tag[1..end];
    if !inner.chars().all(is_word) || inner.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    Some(match rest[tag.len()..].find(tag) {
        Some(at) => (Token::Text { open: false }, at + 2 * tag.len()),
        None => (Token::Text { open: true }, rest.len()),
    })
}
