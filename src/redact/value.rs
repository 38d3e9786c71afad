//! Reads the value that stands behind a word like `password=`, whatever quotes it.

use std::ops::Range;

use super::text::Text;

/// A quoted value may be this long; a key with escaped line breaks fits.
const LONGEST_QUOTED: usize = 16 * 1024;

/// So much of an unquoted value is read to judge it.
const LONGEST_JUDGED: usize = 512;

/// A value and how it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Without its quotes.
    pub range: Range<usize>,
    /// Whether quotes stood around it.
    pub quoted: bool,
}

/// Reads a value at an offset; none where there is nothing on the line. `from` is where the word before it begins: a quote
/// that is open there ends the value too.
pub fn read(text: Text<'_>, at: usize, from: usize) -> Option<Value> {
    let mut at = at;
    if let Some(mark) = quote(text, at) {
        // `-p "Password: " X`: the quote was open before.
        if mark == "\""
            && text.byte(at + 1) <= b' '
            && text.behind(at, 400).bytes().filter(|b| *b == b'"').count() % 2 == 1
        {
            return None;
        }
        match quoted(text, at, mark) {
            Some(Quoted::Empty) => return None,
            Some(Quoted::Value(range)) => return Some(Value { range, quoted: true }),
            // The rest of the line may have been cut off; what is there counts.
            None => at += mark.len(),
        }
    }
    let range = bare(text, at, from, LONGEST_JUDGED);
    (!range.is_empty()).then_some(Value { range, quoted: false })
}

/// Returns all of a value that was judged by its beginning.
pub fn whole(text: Text<'_>, value: &Value, from: usize) -> Range<usize> {
    match !value.quoted && value.range.len() >= LONGEST_JUDGED {
        true => bare(text, value.range.start, from, usize::MAX),
        false => value.range.clone(),
    }
}

enum Quoted {
    Empty,
    Value(Range<usize>),
}

/// Returns the quote at an offset, with the backslashes before it.
pub fn quote(text: Text<'_>, at: usize) -> Option<&'static str> {
    ["\"", "'", "`", "\\\"", "\\\\\"", "\\\\\\\"", "\\'", "%22", "%27", "&quot;", "&#39;", "&#34;"]
        .into_iter()
        .find(|mark| text.goes_on(at, mark))
}

fn quoted(text: Text<'_>, at: usize, mark: &str) -> Option<Quoted> {
    let start = at + mark.len();
    let end = closing(text, start, mark)?;
    let after = end + mark.len();
    let escaped = mark == "'" && text.goes_on(after, "\\'");
    let goes_on = mark.len() == 1 && (escaped || is_joined(text.byte(after)));
    Some(match (end == start, goes_on) {
        // `''` is empty, but the shell goes on in `''secret`.
        (true, false) => Quoted::Empty,
        (true, true) => Quoted::Value(after..joined(text, after)),
        (false, true) => Quoted::Value(start..joined(text, after)),
        (false, false) => Quoted::Value(start..end),
    })
}

/// Finds the quote that closes, on the line or, where the text begins like a key, on a later one.
fn closing(text: Text<'_>, start: usize, mark: &str) -> Option<usize> {
    let bytes = text.all.as_bytes();
    let limit = bytes.len().min(start + LONGEST_QUOTED);
    let lines = text.goes_on(start, "-----BEGIN");
    let mut at = start;
    while at < limit {
        if bytes[at] == b'\n' && !lines {
            return None;
        }
        if bytes[at..].starts_with(mark.as_bytes()) {
            return Some(at);
        }
        // A longer run of backslashes than the mark's own is an escaped quote inside.
        at += if bytes[at] == b'\\' && mark != "'" {
            let run = bytes[at..limit].iter().take_while(|b| **b == b'\\').count();
            if mark.starts_with('\\')
                && bytes[at + run - (mark.len() - 1).min(run)..].starts_with(mark.as_bytes())
                && run < mark.len() * 2 - 1
            {
                return Some(at + run - (mark.len() - 1).min(run));
            }
            if mark.starts_with('\\') { run + 1 } else { 2 }
        } else {
            1
        };
    }
    None
}

fn is_joined(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(b, b'\'' | b'"' | b'$' | b'!' | b'@' | b'#' | b'%' | b'^' | b'*' | b'+')
}

/// Returns the end of a shell word whose pieces are quoted differently.
fn joined(text: Text<'_>, at: usize) -> usize {
    let mut at = at;
    let limit = at + LONGEST_QUOTED;
    while at < limit {
        let b = text.byte(at);
        if matches!(b, b'"' | b'\'') {
            match closing(text, at + 1, if b == b'"' { "\"" } else { "'" }) {
                Some(end) => at = end + 1,
                None => return at,
            }
        } else if b == b'\\' && text.byte(at + 1) > b' ' {
            at += 2;
        } else if b <= b' '
            || b >= 0x7f
            || matches!(b, b',' | b';' | b'|' | b'&' | b')' | b'}' | b']' | b'>')
        {
            return at;
        } else {
            at += 1;
        }
    }
    at
}

/// Returns the end of an unquoted value: blanks, an enclosing quote, the next `;key=`, or Chinese text ends it.
fn bare(text: Text<'_>, at: usize, from: usize, limit: usize) -> Range<usize> {
    let bytes = text.all.as_bytes();
    let lead = text.behind(from, 400);
    let open = |mark: u8| lead.bytes().filter(|b| *b == mark).count() % 2 == 1;
    let (double, single, back) = (open(b'"'), open(b'\''), open(b'`'));
    let mut end = at;
    while end < bytes.len() && end - at < limit {
        let b = bytes[end];
        let stops = match b {
            b' ' | b'\t' | b'\n' | b'\r' => true,
            b'"' => double || end == at,
            b'\'' => single || end == at,
            b'`' => back,
            b'<' => bytes.get(end + 1) == Some(&b'/') || text.goes_on(end, "<br"),
            // A new field or line inside a quoted text: `"a=b\nc=d"`.
            b'\\' => {
                (double || single)
                    && matches!(bytes.get(end + 1), Some(b'n' | b'r' | b't' | b'"' | b'\\'))
            }
            b';' | b'&' | b',' => end > at && field_follows(text, end + 1),
            b'%' => end > at && (text.goes_on(end, "%26") || text.goes_on(end, "%22")),
            0xe3..=0xe9 | 0xef => chinese(text, end),
            _ => false,
        };
        if stops {
            break;
        }
        end += 1;
    }
    // A comma or a semicolon at the end belongs to the sentence.
    while end > at + 1 && matches!(bytes[end - 1], b',' | b';') {
        end -= 1;
    }
    at..end
}

/// Tells whether Han characters, kana or their punctuation stand at an offset.
fn chinese(text: Text<'_>, at: usize) -> bool {
    text.all.is_char_boundary(at)
        && text.all[at..].chars().next().is_some_and(|c| matches!(c, '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ff00}'..='\u{ff65}'))
}

/// Tells whether `key=` or `key:` stands at an offset.
fn field_follows(text: Text<'_>, at: usize) -> bool {
    let start = text.forward(at, |b| matches!(b, b' ' | b'\t' | b'"' | b'\''));
    let limit = start + 48;
    let end = text
        .forward(start, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b' '))
        .min(limit);
    end > start
        && text.byte(start).is_ascii_alphabetic()
        && (matches!(text.byte(end), b'=' | b':')
            || matches!(text.byte(end), b'"' | b'\'') && matches!(text.byte(end + 1), b'=' | b':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let text = Text { all: text, depth: 0 };
        let at = text.all.find('=').map_or(0, |at| at + 1);
        let found = read(text, at, 0).map(|value| &text.all[value.range]);
        assert_eq!(found.unwrap_or_default(), expected, "{:?}", text.all);
    }

    #[test]
    fn a_value_ends_where_its_writer_ended_it() {
        check("p=abc d", "abc");
        check("p=abc, next", "abc");
        check("p='a b' c", "a b");
        check(r#"p="a\"b" c"#, r#"a\"b"#);
        check(r#"p=\"abc\",\"x\""#, "abc");
        check("p=ab;user=x", "ab");
        check("p=ab;cd;Server=x", "ab;cd");
        check("p=ab&c=d", "ab");
        check("p=ab&c!d x", "ab&c!d");
        check(r#"p="abc"'def'"g" x"#, r#"abc"'def'"g""#);
        check(r"p='it'\''s' x", r"it'\''s'");
        check("p=abc</password>", "abc");
        check("p=abc，别", "abc");
        check("p=abc别外传", "abc");
        check("p=", "");
        check("p=\"\" x", "");
        check("p=\"unclosed x", "unclosed");
    }
}
