//! SH021: a command that looks other than it is.

use crate::base::{Span, escape};
use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// What hides from a reader: terminal sequences, characters of no width or of another direction, letters of another
/// alphabet inside a word of this one.
pub const RULE: Rule = Rule {
    code: "SH021",
    name: "hidden-characters",
    severity: Severity::High,
    summary: "a command holds control characters, characters that show nothing or turn the text around, or look-alike letters",
    why: "what a reader sees and approves is not what runs: a part is hidden, overwritten, or names another directory",
    fix: "write the command again by hand; write a control character as $'\\e'",
    source: "CVE-2021-42574 (Trojan Source); Unicode TR 36 and TR 39",
    layer: "static",
    bad: &[
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\n# nightly copy of the application\nmountpoint -q /backup\nnew=\"/backup/app-$(date -u +%Y%m%dT%H%M%SZ)\"\nrsync -aHAX --numeric-ids /srv/\u{0430}pp/ \"$new.partial/\"\nmv \"$new.partial\" \"$new\"\n",
        ),
        Example::Script("cp -a /srv/app /srv/app.keep\u{1b}[8m; rm -rf /srv/app.old\u{1b}[0m\n"),
        Example::Script("rm -rf /srv/old\recho looking\n"),
        Example::Script("r\u{200b}m -rf /srv/old\n"),
        Example::Script("echo \"\u{202e} gnikool \u{202c}\"\n"),
        Example::Script("tar -xzf /backup/app.tgz -C /srv/\u{430}pp.new\n"),
    ],
    good: &[
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\n# n\u{00e4}chtliche Kopie der Anwendung, \u{00fc}berwacht: \u{201c}fertig\u{201d} steht im Journal\nmountpoint -q /backup\nnew=\"/backup/app-$(date -u +%Y%m%dT%H%M%SZ)\"\nrsync -aHAX --numeric-ids /srv/app/ \"$new.partial/\"\nmv \"$new.partial\" \"$new\"\nlogger -t backup \"Kopie fertig: $new \u{2713}\"\n",
        ),
        Example::Script("printf '\\033[1mdone\\033[0m\\n'\n"),
        Example::Script("ls\t-l /srv/app\r\nls /srv\r\n"),
        Example::Script("cp -a /srv/共享/文档 /srv/copy.new\n"),
        Example::Script("ls '/srv/Übersicht' /srv/résumé /srv/Δοκιμή\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in &context.units {
        let plain = |byte: &u8| matches!(byte, b'\n' | b'\t' | b' '..=b'~');
        if unit.text.as_bytes().iter().all(plain) {
            continue;
        }
        let mut characters = unit.text.char_indices().peekable();
        let mut seen = Seen::default();
        while let Some((at, c)) = characters.next() {
            let before = seen.before;
            seen.take(c);
            if matches!(c, '\n' | '\t' | ' '..='~') {
                continue;
            }
            let ends_line = c == '\r' && characters.peek().is_some_and(|(_, next)| *next == '\n');
            if escape::shows(c) || ends_line || (at == 0 && c == '\u{feff}') {
                continue;
            }
            let shown = escape::terminal(c.encode_utf8(&mut [0; 4]));
            let span = Span::new(at, at + c.len_utf8());
            let message = format!("the character {shown} hides what the command does");
            let finding = report.add(&RULE, unit, span, message);
            let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphabetic() && !c.is_ascii());
            let next = seen.next(unit.text, at + c.len_utf8());
            // Between letters of another script it is a part of how the language is written.
            let written = hides_nothing(c) && (letter(next) || letter(before));
            let harmless = only_colours(&unit.text[at..])
                || matches!(c, '\u{1}'..='\u{7}' | '\u{7f}')
                || c == '\r' && seen.quoted(&unit.text[at + 1..])
                || written;
            if harmless {
                finding.severity = Severity::Low;
                finding.message = format!("the character {shown} is not seen by a reader");
            }
        }
        // How many words of another alphabet stand on a line, and where it ends.
        let mut line = (0, 0);
        for (at, word) in words(unit.text).filter(|(_, word)| !word.is_ascii()) {
            if let Some(letter) = look_alike(word) {
                let span = Span::new(at, at + word.len());
                let message = format!(
                    "the letter \\u{{{:x}}} in {word} is of another alphabet",
                    letter as u32
                );
                let finding = report.add(&RULE, unit, span, message);
                if at >= line.1 {
                    let end = unit.text[at..].find('\n').map_or(unit.text.len(), |n| at + n);
                    let start = unit.text[..at].rfind('\n').map_or(0, |n| n + 1);
                    line = (foreign_words(&unit.text[start..end]), end);
                }
                // In a text for people other words of the line are of that alphabet too.
                if line.0 > 1 {
                    finding.severity = Severity::Low;
                }
            }
        }
    }
}

/// Tells whether a text begins with a terminal sequence that sets colours or weight and conceals nothing (ECMA-48, SGR).
fn only_colours(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("\u{1b}[") else {
        return false;
    };
    let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
    let parameters = &rest[..rest.len() - behind.len()];
    behind.starts_with('m') && parameters.split(';').all(|p| p != "8" && p != "08")
}

/// Tells whether a character has no width and does not turn the direction of what follows.
fn hides_nothing(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{ad}' | '\u{feff}')
}

/// What was seen of a text up to a character.
#[derive(Default)]
struct Seen {
    /// The last character that can be seen.
    before: Option<char>,
    /// The next one, and where it stands.
    next: Option<(usize, char)>,
    /// Whether an odd number of `'` stands on the line so far.
    single: bool,
    /// Whether an odd number of `"` does.
    double: bool,
}

impl Seen {
    fn take(&mut self, c: char) {
        match c {
            '\n' => (self.single, self.double) = (false, false),
            '\'' => self.single = !self.single,
            '"' => self.double = !self.double,
            _ => {}
        }
        if !hides_nothing(c) {
            self.before = Some(c);
        }
    }

    /// Returns the first character from a place on that can be seen.
    fn next(&mut self, text: &str, from: usize) -> Option<char> {
        if self.next.is_none_or(|(at, _)| at < from) {
            let found = text[from..].char_indices().find(|(_, c)| !hides_nothing(*c));
            self.next = Some(found.map_or((usize::MAX, '\n'), |(at, c)| (from + at, c)));
        }
        self.next.map(|(_, c)| c)
    }

    /// Tells whether a carriage return stands in quotes between the start of a word and a pattern's end: `'s/\r$//'`.
    fn quoted(&self, behind: &str) -> bool {
        // Behind it a terminal would show only this.
        let shown = &behind[..behind.floor_char_boundary(12)];
        let end = shown.find(['\n', '\'', '"']).unwrap_or(behind.len());
        (self.single || self.double) && end < 12 && !behind[..end].contains(' ')
    }
}

/// Returns how many words of a line are all of another alphabet.
fn foreign_words(line: &str) -> usize {
    let foreign = |word: &&str| {
        let other = |c: char| matches!(c, '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}');
        word.chars().count() > 1 && word.chars().all(other)
    };
    line.split(|c: char| !c.is_alphabetic()).filter(foreign).count()
}

/// Returns the runs of letters with their places.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut next = 0;
    text.split(|c: char| !c.is_alphabetic()).map(move |word| {
        let start = next;
        // What splits is one character, or the end.
        let behind = text[start + word.len()..].chars().next();
        next = start + word.len() + behind.map_or(0, char::len_utf8);
        (start, word)
    })
}

/// Returns a Greek or Cyrillic letter that stands among Latin ones.
fn look_alike(word: &str) -> Option<char> {
    // One Latin letter in a word of another alphabet is a slip of the keyboard, or the end of an escape.
    let latin = word.chars().filter(char::is_ascii_alphabetic).count() > 1;
    let other = |c: &char| matches!(c, '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}');
    word.chars().find(other).filter(|_| latin)
}
