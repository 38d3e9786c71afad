//! The pseudonyms that were given, and what stands behind them.

use std::collections::HashMap;
use std::ops::Range;

use super::kind::{Kind, Returns};

/// Gives pseudonyms, the same one for the same text of the same kind, numbered by kind in order of appearance.
#[derive(Debug, Clone, Default)]
pub struct Pseudonyms {
    given: HashMap<(Kind, String), String>,
    originals: HashMap<String, (Kind, String)>,
    numbers: HashMap<Kind, usize>,
}

/// A pseudonym in a text that cannot be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// Nobody gave it.
    NotGiven,
    /// What stands behind it is never put back.
    Never,
}

impl Pseudonyms {
    /// Returns the pseudonym of a text.
    pub fn of(&mut self, kind: Kind, original: &str) -> String {
        if let Some(had) = self.given.get(&(kind, original.to_owned())) {
            return had.clone();
        }
        let number = self.numbers.entry(kind).or_default();
        *number += 1;
        let placeholder = format!("<{}_{number}>", kind.word());
        self.given.insert((kind, original.to_owned()), placeholder.clone());
        self.originals.insert(placeholder.clone(), (kind, original.to_owned()));
        placeholder
    }

    /// Returns what stands behind a pseudonym.
    pub fn original(&self, placeholder: &str) -> Result<&str, Unknown> {
        match self.originals.get(placeholder) {
            None => Err(Unknown::NotGiven),
            Some((kind, original)) => match kind.returns() {
                Returns::Yes => Ok(original),
                Returns::Never => Err(Unknown::Never),
            },
        }
    }
}

/// Returns where something stands that looks like a pseudonym: `<`, capital letters, `_`, digits, `>`. The word may be none
/// of ours: a model invents `<PATH_1>`, and that must not pass for text.
pub fn placeholders_in(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    text.match_indices('<').filter_map(move |(start, _)| {
        let run = |from: usize, limit: usize, accept: fn(&u8) -> bool| {
            from + bytes[from..].iter().take(limit).take_while(|b| accept(b)).count()
        };
        let word = run(start + 1, 24, u8::is_ascii_uppercase);
        let number = word + 1;
        let end = run(number.min(bytes.len()), 20, u8::is_ascii_digit);
        let formed = word > start + 1
            && bytes.get(word) == Some(&b'_')
            && end > number
            && bytes.get(end) == Some(&b'>');
        formed.then_some(start..end + 1)
    })
}
