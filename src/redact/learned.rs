//! Secrets that were found once, by the words beside them, and are found again where those words are missing.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, MatchKind};

use super::found::Finds;
use super::text::Text;

/// Shorter values, and those that are words, are found by what stands beside them alone.
const SHORTEST: usize = 8;
/// A line of a longer secret, like a key, is told from words by its length.
const LINE: usize = 20;
/// Longer lines are found by what stands in them.
const LONGEST: usize = 512;
/// So many values are kept.
const MOST: usize = 4_000;

/// What was learned.
#[derive(Debug, Clone, Default)]
pub struct Learned {
    values: BTreeSet<String>,
    automaton: Option<AhoCorasick>,
}

impl Learned {
    /// Takes values over, as they stand in a view.
    pub fn take<'a>(&mut self, values: impl Iterator<Item = &'a str>) {
        let before = self.values.len();
        for value in values {
            if value.contains('\n') {
                let lines = value
                    .lines()
                    .map(str::trim)
                    .filter(|line| (LINE..=LONGEST).contains(&line.len()));
                self.values.extend(lines.map(str::to_owned));
            } else if telling(value) {
                self.values.insert(value.to_owned());
            }
            if self.values.len() > MOST {
                break;
            }
        }
        if self.values.len() > before {
            self.automaton = AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .build(&self.values)
                .ok();
        }
    }

    /// Finds the values in a text, whatever stands beside them.
    pub fn find(&self, text: Text<'_>, finds: &mut Finds) {
        for hit in self.automaton.iter().flat_map(|automaton| automaton.find_iter(text.all)) {
            finds.secret(hit.range());
        }
    }
}

/// Tells whether a value is like no word, path or name that a plan could hold for another reason.
fn telling(value: &str) -> bool {
    let has = |of: fn(&u8) -> bool| value.bytes().any(|byte| of(&byte));
    (SHORTEST..=LONGEST).contains(&value.len())
        && !value.starts_with('/')
        && has(u8::is_ascii_alphabetic)
        && (has(u8::is_ascii_digit) || has(|byte| b"!#$%^&*+=?~@".contains(byte)))
}
