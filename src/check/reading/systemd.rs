//! Units of systemd: each command line of a service, split as systemd splits it, without a shell.

use super::argv::{self, Bit, Word, lowered};
use super::{Part, Reading, Schedule, add, is_too_much};
use crate::base::{Excerpting, Span};

/// The settings that hold a command line.
const COMMANDS: &[&str] = &[
    "ExecCondition",
    "ExecStartPre",
    "ExecStart",
    "ExecStartPost",
    "ExecReload",
    "ExecStop",
    "ExecStopPost",
];

/// Reads the settings of a unit.
pub(super) fn read<'a>(file: &Part<'_>, depth: usize, reading: &mut Reading<'a>) {
    let text: &str = &file.text;
    let mut variables: Vec<(String, Word)> = Vec::new();
    let mut from_file = false;
    let mut commands = Vec::new();
    let mut schedule: Option<Schedule> = None;
    for (name, value) in settings(text) {
        match name {
            "Environment" => {
                for word in words(text, value, true) {
                    variables.extend(assignment(word));
                }
            }
            "EnvironmentFile" | "PassEnvironment" => from_file = true,
            "OnCalendar" | "OnUnitActiveSec" | "OnBootSec" | "OnActiveSec" => {
                let when = format!("{name}={}", value.slice(text).trim());
                schedule = Some(Schedule { when, ..Schedule::default() });
            }
            name if COMMANDS.contains(&name) => commands.push(value),
            _ => {}
        }
    }
    let mut length = 0;
    for value in commands {
        let list = words(text, value, from_file);
        let is_end = |word: &Word| word.literal().as_deref() == Some(";");
        for words in list.split(is_end) {
            let mut words = words.to_vec();
            let ignored = words.first_mut().is_some_and(strip);
            if words.is_empty() {
                continue;
            }
            let mut before = Excerpting::default();
            for (name, value) in &variables {
                argv::assign(&mut before, name, value);
            }
            let end = words.last().map(Word::span).unwrap_or_default().end;
            let (mut line, language) = lowered(&words, before);
            let masked = ignored && !line.text().contains('\n');
            line.write(if masked { " || true\n" } else { "\n" }, Span::new(end, end));
            let (written, place) = line.done();
            length += written.len();
            if is_too_much(length, text) {
                let why = "the variables of this unit are too many for its commands";
                return reading.not_read(file.place(value), why);
            }
            let part = file.inner(written, &place.quoted(), language);
            add(Part { schedule: schedule.clone(), ..part }, depth + 1, reading);
        }
    }
}

/// Takes the signs before the path off: `-` ignores failures, `@`, `:`, `+`, `!` and `|` say how it is started.
/// Returns whether failures are ignored.
fn strip(word: &mut Word) -> bool {
    let Some(Bit::Text { text, span, .. }) = word.bits.first_mut() else {
        return false;
    };
    let rest = text.trim_start_matches(['@', '-', ':', '+', '!', '|']);
    let signs = text.len() - rest.len();
    let ignored = text[..signs].contains('-');
    *text = rest.to_owned();
    span.start = (span.start + signs).min(span.end);
    ignored
}

fn assignment(word: Word) -> Option<(String, Word)> {
    let Some(Bit::Text { text, span, same }) = word.bits.first() else {
        return None;
    };
    let (name, value) = text.split_once('=')?;
    let name_end = (span.start + name.len() + 1).min(span.end);
    let span = Span::new(name_end, span.end);
    let first = Bit::Text { text: value.to_owned(), span, same: *same };
    let mut bits = vec![first];
    bits.extend(word.bits.iter().skip(1).cloned());
    Some((name.to_owned(), Word { bits }))
}

/// Returns the settings with the places of their values; a backslash at the end of a line carries it on.
fn settings(text: &str) -> Vec<(&str, Span)> {
    let mut found: Vec<(&str, Span)> = Vec::new();
    let mut at = 0;
    let mut joined = false;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim();
        // Comments between the lines of a value are left out.
        if body.starts_with(['#', ';']) {
            continue;
        }
        if joined && let Some((_, value)) = found.last_mut() {
            value.end = start + line.trim_end().len();
        } else if let Some((name, value)) = line.split_once('=') {
            let from = start + name.len() + 1;
            found.push((name.trim(), Span::new(from, from + value.trim_end().len())));
        } else {
            joined = false;
            continue;
        }
        joined = body.ends_with('\\');
    }
    found
}

/// Splits a value as systemd.service(5) says: blanks, quotes, C escapes, `$VARIABLE`, `%` specifiers.
fn words(text: &str, value: Span, from_file: bool) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut quote = None;
    let mut at = value.start;
    while let Some(c) = text[at..value.end].chars().next() {
        let rest = &text[at..value.end];
        let mut length = c.len_utf8();
        let (piece, same): (Option<String>, bool) = match (quote, c) {
            (None, '\\') if rest[1..].trim_start_matches([' ', '\t', '\r']).starts_with('\n') => {
                length += rest[1..].find('\n').map_or(0, |end| end + 1);
                // A comment line in between belongs to nobody.
                while text[at + length..value.end].trim_start().starts_with(['#', ';']) {
                    let line = &text[at + length..value.end];
                    length += line.find('\n').map_or(line.len(), |end| end + 1);
                }
                words.extend(word.take());
                (None, false)
            }
            (None, c) if c.is_whitespace() => {
                words.extend(word.take());
                (None, false)
            }
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
                (None, false)
            }
            (Some(open), c) if c == open => {
                quote = None;
                (None, false)
            }
            (_, '\\') => {
                let next = rest[1..].chars().next();
                length += next.map_or(0, char::len_utf8);
                let text = match next {
                    Some('n') => "\n".to_owned(),
                    Some('t') => "\t".to_owned(),
                    Some('s') => " ".to_owned(),
                    Some('\n') | None => " ".to_owned(),
                    Some(other) => other.to_string(),
                };
                (Some(text), false)
            }
            (_, '$') => {
                let (bit, taken) = dollar(rest, at, from_file);
                length = taken;
                word.get_or_insert_default().bits.push(bit);
                (None, false)
            }
            (_, '%') if rest.starts_with("%%") => {
                length = 2;
                (Some("%".to_owned()), false)
            }
            (_, c) => (Some(c.to_string()), true),
        };
        if let Some(piece) = piece {
            push(word.get_or_insert_default(), &piece, Span::new(at, at + length), same);
        }
        at += length;
    }
    words.extend(word);
    words
}

fn push(word: &mut Word, piece: &str, here: Span, now: bool) {
    match word.bits.last_mut() {
        Some(Bit::Text { text, span, same }) if *same == now && span.end == here.start => {
            text.push_str(piece);
            span.end = here.end;
        }
        _ => word.bits.push(Bit::Text { text: piece.to_owned(), span: here, same: now }),
    }
}

/// Reads `$$`, `${NAME}` and `$NAME`.
fn dollar(rest: &str, at: usize, from_file: bool) -> (Bit, usize) {
    let plain = |text: &str, length: usize| {
        let span = Span::new(at, at + length);
        (Bit::Text { text: text.to_owned(), span, same: false }, length)
    };
    let name_of = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        text[..end.unwrap_or(text.len())].to_owned()
    };
    if rest.starts_with("$$") {
        return plain("$", 2);
    }
    let braces = rest.starts_with("${");
    let name = name_of(&rest[if braces { 2 } else { 1 }..]);
    let length = name.len() + if braces { 3 } else { 1 };
    if name.is_empty() || braces && !rest[name.len() + 2..].starts_with('}') {
        return plain("$", 1);
    }
    let shell = if from_file { format!("${{{name}:?}}") } else { format!("${{{name}}}") };
    (Bit::Code { shell, span: Span::new(at, at + length) }, length)
}

#[cfg(test)]
mod tests {
    use crate::check::Language;
    use crate::check::reading::read;

    #[test]
    fn a_command_line_is_split_as_systemd_does() {
        let check = |text: &str, expected: &[&str]| {
            let reading = read(text, Language::Systemd);
            let found: Vec<&str> = reading.parts.iter().map(|part| part.text.trim_end()).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("[Service]\nExecStart=/bin/tar -cf x y\n", &["/bin/tar -cf x y"]);
        check("[Service]\nExecStart=/bin/tar \\\n  -cf x\n", &["/bin/tar -cf x"]);
        check("[Service]\nExecStart=/bin/a \\\n# no\n  x\n", &["/bin/a x"]);
        check("[Service]\nExecStartPre=-/bin/rm x | y\n", &["/bin/rm x \"|\" y || true"]);
        check("[Service]\nExecStart=+!/bin/a 'b c' \"d\\te\"\n", &["/bin/a \"b c\" \"d\te\""]);
        check("[Service]\nExecStart=/bin/a ; /bin/b\n", &["/bin/a", "/bin/b"]);
        check("[Service]\nExecStart=/bin/sh -c 'a | b'\n", &["a | b"]);
        check("[Service]\nExecStart=/bin/bash -euc 'a $$X'\n", &["set -eu\na $X"]);
        check(
            "[Service]\nEnvironment=A=/x \"B=c d\"\nExecStart=/bin/a ${A} 50%%\n",
            &["A=/x\nB=\"c d\"\n/bin/a \"${A}\" 50%"],
        );
        check("[Service]\nEnvironmentFile=/e\nExecStart=/bin/a $A\n", &["/bin/a \"${A:?}\""]);
        check("[Service]\nExecStart=\n; ExecStart=/bin/no\n", &[]);
        let reading =
            read("[Timer]\nOnCalendar=daily\n[Service]\nExecStart=/bin/a\n", Language::Systemd);
        assert_eq!(reading.parts[0].schedule.as_ref().unwrap().when, "OnCalendar=daily");
    }
}
