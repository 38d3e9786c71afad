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
        Example::Script("cp -a /srv/app /srv/app.keep\u{1b}[8m; rm -rf /srv/app.old\u{1b}[0m\n"),
        Example::Script("rm -rf /srv/old\recho looking\n"),
        Example::Script("r\u{200b}m -rf /srv/old\n"),
        Example::Script("echo \"\u{202e} gnikool \u{202c}\"\n"),
        Example::Script("tar -xzf /backup/app.tgz -C /srv/\u{430}pp.new\n"),
    ],
    good: &[
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
        while let Some((at, c)) = characters.next() {
            if matches!(c, '\n' | '\t' | ' '..='~') {
                continue;
            }
            let ends_line = c == '\r' && characters.peek().is_some_and(|(_, next)| *next == '\n');
            let shown = escape::terminal(c.encode_utf8(&mut [0; 4]));
            let is_plain = shown.chars().eq([c]);
            if is_plain || ends_line || (at == 0 && c == '\u{feff}') {
                continue;
            }
            let span = Span::new(at, at + c.len_utf8());
            let message = format!("the character {shown} hides what the command does");
            let finding = report.add(&RULE, unit, span, message);
            if only_colours(&unit.text[at..]) || matches!(c, '\u{1}'..='\u{7}' | '\u{7f}') {
                finding.severity = Severity::Low;
                finding.message = format!("the character {shown} is not seen by a reader");
            }
        }
        for (at, word) in words(unit.text).filter(|(_, word)| !word.is_ascii()) {
            if let Some(letter) = look_alike(word) {
                let span = Span::new(at, at + word.len());
                let message = format!(
                    "the letter \\u{{{:x}}} in {word} is of another alphabet",
                    letter as u32
                );
                report.add(&RULE, unit, span, message);
            }
        }
    }
}

/// Tells whether a text begins with a terminal sequence that sets colours or weight and conceals nothing (ECMA-48, SGR).
fn only_colours(text: &str) -> bool {
    let Some((parameters, _)) = text.strip_prefix("\u{1b}[").and_then(|rest| rest.split_once('m'))
    else {
        return false;
    };
    parameters.split(';').all(|p| p.chars().all(|c| c.is_ascii_digit()) && p != "8" && p != "08")
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
