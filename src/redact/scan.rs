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

/// What is counted in a word has sixteen bits each of one number, so that a byte costs one addition.
const DIGIT: u64 = 1;
const DOT: u64 = 1 << 16;
const COLON: u64 = 1 << 32;
const AT: u64 = 1 << 48;

/// What each byte of a word counts; nothing where a byte is in no word.
const COUNTED: [Option<u64>; 256] = {
    let mut counted = [None; 256];
    let mut b = 0;
    while b < 256 {
        let byte = b as u8;
        counted[b] = match byte {
            b'0'..=b'9' => Some(DIGIT),
            b'.' => Some(DOT),
            b':' => Some(COLON),
            b'@' => Some(AT),
            b'_' | b'+' | b'/' | b'=' | b'%' | b'~' | b'-' => Some(0),
            _ if byte.is_ascii_alphabetic() => Some(0),
            _ => None,
        };
        b += 1;
    }
    counted
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
        if COUNTED[usize::from(bytes[at])].is_none() {
            at += 1;
            continue;
        }
        let word = word(bytes, at);
        at = word.range.end;
        if word.digits + word.dots + word.colons + word.ats == 0 && word.range.len() < 20 {
            continue;
        }
        for (wants, look) in detectors {
            if wants(&word) {
                look(text, &word, finds);
            }
        }
    }
}

/// Reads the word that begins at an offset.
fn word(bytes: &[u8], start: usize) -> Word {
    let mut word = Word { range: start..start, ..Word::default() };
    // No count can outgrow its bits in so many bytes.
    for part in bytes[start..].chunks(usize::from(u16::MAX)) {
        let mut counts = 0;
        let mut length = 0;
        while let Some(counted) = part.get(length).and_then(|b| COUNTED[usize::from(*b)]) {
            counts += counted;
            length += 1;
        }
        let count = |unit: u64| usize::from((counts / unit) as u16);
        word.digits += count(DIGIT);
        word.dots += count(DOT);
        word.colons += count(COLON);
        word.ats += count(AT);
        word.range.end += length;
        if length < part.len() {
            break;
        }
    }
    word
}
