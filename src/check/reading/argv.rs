//! Lists of arguments that no shell splits, written as a line for the shell that means the same.

use crate::base::{Excerpting, Span};
use crate::check::Language;
use crate::shell::path::file_name;

/// A stretch of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) enum Bit {
    /// Text nothing changes; `same` where the file holds it letter for letter.
    Text { text: String, span: Span, same: bool },
    /// What only the run knows, as the shell would say it: `${db:?}`.
    Code { shell: String, span: Span },
}

/// A word of a list of arguments.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::check) struct Word {
    /// Its stretches, in order.
    pub bits: Vec<Bit>,
}

impl Word {
    /// Returns the text nothing changes that the word starts with.
    pub fn literal_start(&self) -> Option<&str> {
        match self.bits.first()? {
            Bit::Text { text, .. } => Some(text),
            Bit::Code { .. } => None,
        }
    }

    /// Returns the text, where nothing changes it.
    pub fn literal(&self) -> Option<String> {
        let mut all = String::new();
        for bit in &self.bits {
            match bit {
                Bit::Text { text, .. } => all.push_str(text),
                Bit::Code { .. } => return None,
            }
        }
        Some(all)
    }

    /// Appends the word in quotes, so that the shell takes it as one.
    pub fn quote(&self, line: &mut Excerpting) {
        let safe = |c: char| c.is_ascii_alphanumeric() || "_./:=@%+,-".contains(c);
        let span = self.span();
        let plain = self.literal().is_some_and(|text| !text.is_empty() && text.chars().all(safe));
        let mark = if plain { "" } else { "\"" };
        line.write(mark, Span::new(span.start, span.start));
        for bit in &self.bits {
            match bit {
                Bit::Text { text, span, same } => {
                    let escapes = text.contains(['"', '$', '`', '\\']);
                    match (escapes, same) {
                        (false, true) => line.show(text, *span),
                        (false, false) => line.write(text, *span),
                        (true, _) => line.write(&escaped(text), *span),
                    }
                }
                Bit::Code { shell, span } => line.write(shell, *span),
            }
        }
        line.write(mark, Span::new(span.end, span.end));
    }

    /// Appends the word as text that a shell reads.
    pub fn script(&self, script: &mut Excerpting) {
        for bit in &self.bits {
            match bit {
                Bit::Text { text, span, same: true } => script.show(text, *span),
                Bit::Text { text, span, same: false } => script.write(text, *span),
                Bit::Code { shell, span } => script.write(shell, *span),
            }
        }
    }

    /// Returns where the word stands.
    pub fn span(&self) -> Span {
        let of = |bit: &Bit| match bit {
            Bit::Text { span, .. } | Bit::Code { span, .. } => *span,
        };
        let start = self.bits.first().map(of).unwrap_or_default();
        let end = self.bits.last().map(of).unwrap_or_default();
        Span::new(start.start, end.end)
    }
}

/// Writes a list of arguments as text for a shell, behind `before`. What `sh -c` is given is that text itself.
pub(super) fn lowered(words: &[Word], before: Excerpting) -> (Excerpting, Language) {
    let mut line = before;
    if let Some((options, script, language)) = given_to_shell(words) {
        let set = match (options.contains('e'), options.contains('u')) {
            (true, true) => "set -eu\n",
            (true, false) => "set -e\n",
            (false, true) => "set -u\n",
            (false, false) => "",
        };
        line.write(set, words[0].span());
        if options.contains("pipefail") {
            line.write("set -o pipefail\n", words[0].span());
        }
        script.script(&mut line);
        return (line, language);
    }
    for (at, word) in words.iter().enumerate() {
        let span = word.span();
        if at > 0 {
            line.write(" ", Span::new(span.start, span.start));
        }
        word.quote(&mut line);
    }
    (line, Language::Sh)
}

/// Returns the options, the script and the language of `sh -c SCRIPT`, where nothing follows the script.
fn given_to_shell(words: &[Word]) -> Option<(String, &Word, Language)> {
    let program = words.first()?.literal()?;
    let language = match file_name(&program) {
        "bash" => Language::Bash,
        "sh" | "dash" | "ash" => Language::Sh,
        _ => return None,
    };
    let mut options = String::new();
    let mut at = 1;
    let mut command = false;
    while let Some(word) = words.get(at).and_then(Word::literal) {
        let Some(letters) = word.strip_prefix('-') else {
            break;
        };
        command |= !letters.starts_with('-') && letters.contains('c');
        options.push_str(letters);
        at += 1;
        if letters.ends_with('o') {
            options.push_str(&words.get(at)?.literal()?);
            at += 1;
        }
    }
    let script = words.get(at)?;
    (command && words.len() <= at + 2).then_some((options, script, language))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if matches!(c, '"' | '$' | '`' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Appends a variable that the file sets, for what follows.
pub(super) fn assign(before: &mut Excerpting, name: &str, value: &Word) {
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(valid) || name.starts_with(|c: char| c.is_ascii_digit())
    {
        return;
    }
    let span = value.span();
    before.write(&format!("{name}="), Span::new(span.start, span.start));
    value.quote(before);
    before.write("\n", Span::new(span.end, span.end));
}
