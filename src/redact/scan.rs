//! One pass that finds the few places of a text worth a detector's look, and asks the detectors there.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::detectors::DETECTORS;
use super::found::Finds;
use super::text::Text;

/// A detector: what calls it and what it does then.
#[derive(Debug)]
pub struct Detector {
    /// What it finds, in a few words.
    pub finds: &'static str,
    /// What calls it.
    pub trigger: Trigger,
}

/// Looks at the place of a literal; returns up to where it has seen enough: it is not called for what ends before.
pub type AtLiteral = fn(Text<'_>, Range<usize>, &mut Finds) -> usize;

/// Looks at a word.
pub type AtWord = fn(Text<'_>, &Word, &mut Finds);

/// What calls a detector.
#[derive(Debug)]
pub enum Trigger {
    /// One of these literals, whatever the case of its ASCII letters.
    Literals(&'static [&'static str], AtLiteral),
    /// A word that may be one.
    Words(fn(&Word) -> bool, AtWord),
}

/// A longest run of bytes of which addresses, numbers and tokens consist: letters, digits and `._+/=@:%~-`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word {
    /// Where.
    pub range: Range<usize>,
    /// Digits in it.
    pub digits: usize,
    /// Dots in it.
    pub dots: usize,
    /// Colons in it.
    pub colons: usize,
    /// At signs in it.
    pub ats: usize,
}

const OUTSIDE: u8 = 0;
const INSIDE: u8 = 1;
const DIGIT: u8 = 2;
const DOT: u8 = 3;
const COLON: u8 = 4;
const AT: u8 = 5;

const CLASSES: [u8; 256] = {
    let mut classes = [OUTSIDE; 256];
    let mut b = 0;
    while b < 256 {
        let byte = b as u8;
        classes[b] = match byte {
            b'0'..=b'9' => DIGIT,
            b'.' => DOT,
            b':' => COLON,
            b'@' => AT,
            b'_' | b'+' | b'/' | b'=' | b'%' | b'~' | b'-' => INSIDE,
            _ if byte.is_ascii_alphabetic() => INSIDE,
            _ => OUTSIDE,
        };
        b += 1;
    }
    classes
};

struct Anchors {
    automaton: AhoCorasick,
    /// For each pattern its detector.
    detector: Vec<(usize, AtLiteral)>,
}

static ANCHORS: LazyLock<Anchors> = LazyLock::new(|| {
    let mut literals: Vec<&str> = vec![];
    let mut detector = vec![];
    for (index, each) in DETECTORS.iter().enumerate() {
        if let Trigger::Literals(own, look) = each.trigger {
            literals.extend(own);
            detector.extend(own.iter().map(|_| (index, look)));
        }
    }
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::DFA))
        .build(literals)
        .expect("a few hundred literals make a small automaton");
    Anchors { automaton, detector }
});

/// Whether a detector wants a word, and how it looks at it.
type WordDetector = (fn(&Word) -> bool, AtWord);

static WORD_DETECTORS: LazyLock<Vec<WordDetector>> = LazyLock::new(|| {
    let words = |detector: &Detector| match detector.trigger {
        Trigger::Words(wants, look) => Some((wants, look)),
        Trigger::Literals(..) => None,
    };
    DETECTORS.iter().filter_map(words).collect()
});

/// Finds everything in a text.
pub fn scan(text: Text<'_>) -> Finds {
    let mut finds = Finds::default();
    literals(text, &mut finds);
    words(text, &mut finds);
    finds
}

fn literals(text: Text<'_>, finds: &mut Finds) {
    let anchors = &*ANCHORS;
    let mut again = vec![0; DETECTORS.len()];
    for hit in anchors.automaton.find_overlapping_iter(text.all) {
        let (detector, look) = anchors.detector[hit.pattern().as_usize()];
        if hit.end() > again[detector] {
            again[detector] = look(text, hit.range(), finds).max(again[detector]);
        }
    }
}

fn words(text: Text<'_>, finds: &mut Finds) {
    let bytes = text.all.as_bytes();
    let detectors = &*WORD_DETECTORS;
    let mut at = 0;
    while at < bytes.len() {
        if CLASSES[usize::from(bytes[at])] == OUTSIDE {
            at += 1;
            continue;
        }
        let start = at;
        let mut counts = [0usize; 6];
        while at < bytes.len() {
            let class = CLASSES[usize::from(bytes[at])];
            if class == OUTSIDE {
                break;
            }
            counts[usize::from(class)] += 1;
            at += 1;
        }
        let marks = counts[usize::from(DIGIT)]
            + counts[usize::from(DOT)]
            + counts[usize::from(COLON)]
            + counts[usize::from(AT)];
        if marks == 0 && at - start < 20 {
            continue;
        }
        let word = Word {
            range: start..at,
            digits: counts[usize::from(DIGIT)],
            dots: counts[usize::from(DOT)],
            colons: counts[usize::from(COLON)],
            ats: counts[usize::from(AT)],
        };
        for (wants, look) in detectors {
            if wants(&word) {
                look(text, &word, finds);
            }
        }
    }
}
