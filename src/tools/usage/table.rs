//! Reads the compact text in which a command line is described.

/// What follows a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// Nothing: a switch.
    None,
    /// A word of its own, or attached.
    Needed,
    /// A whole number, with a sign or without.
    Number,
    /// One of these words, separated by `|`.
    OneOf(&'static str),
    /// Only what is attached: `--color=auto`.
    Attached,
    /// Every word up to the next flag (argparse's `nargs`).
    Several,
    /// What is attached, or the next word where that is no flag (argparse's `nargs='?'`).
    Maybe,
}

/// A flag with all its spellings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// With their dashes, as described: `-L`, `--size`.
    pub names: Vec<&'static str>,
    /// What follows it.
    pub value: Value,
    /// Whether a call without it is refused.
    pub required: bool,
}

/// The flags of a command and how many operands it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// In the order of the description.
    pub flags: Vec<Flag>,
    /// Fewest operands.
    pub least: usize,
    /// Most operands, `None` for any number.
    pub most: Option<usize>,
    /// Whether every word behind the first operand is one: `docker run IMAGE -x`.
    pub rest: bool,
}

/// Reads `-L,--size= -f --color[=] @group ; 1..2`; `group` resolves `@` words.
///
/// A flag is its spellings separated by commas, then nothing for a switch, `=` for a value, `=N` for
/// a number, `=a|b` for one of these words, `[=]` for a value that must be attached, `=*` for all words
/// up to the next flag, `=?` for a word that may be missing. `!` before it: the call needs it. Behind `;` stands how many operands there may
/// be: `2`, `1..`, `0..3`; without it any number. `rest` behind that: the first operand ends the flags.
pub(super) fn spec(text: &'static str, groups: &[(&str, &'static str)]) -> Spec {
    let (flags, operands) = text.split_once(';').unwrap_or((text, ""));
    let mut spec = Spec { flags: Vec::new(), least: 0, most: None, rest: false };
    add(flags, groups, &mut spec.flags);
    let operands = operands.trim();
    let operands = match operands.strip_suffix("rest") {
        Some(operands) => {
            spec.rest = true;
            operands.trim_end()
        }
        None => operands,
    };
    let number = |text: &str| text.trim().parse().ok();
    match operands.split_once("..") {
        Some((least, most)) => (spec.least, spec.most) = (number(least).unwrap_or(0), number(most)),
        None if operands.is_empty() => {}
        None => (spec.least, spec.most) = (number(operands).unwrap_or(0), number(operands)),
    }
    spec
}

fn add(text: &'static str, groups: &[(&str, &'static str)], flags: &mut Vec<Flag>) {
    for word in text.split_ascii_whitespace() {
        if let Some(group) = word.strip_prefix('@') {
            let found = groups.iter().find(|(name, _)| *name == group);
            if let Some((_, text)) = found {
                add(text, groups, flags);
            }
            debug_assert!(found.is_some(), "no group {group}");
        } else {
            flags.push(flag(word));
        }
    }
}

pub(super) fn flag(word: &'static str) -> Flag {
    let (required, word) = match word.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, word),
    };
    let (names, value) = match word.strip_suffix("[=]") {
        Some(names) => (names, Value::Attached),
        None => match word.split_once('=') {
            None => (word, Value::None),
            Some((names, "")) => (names, Value::Needed),
            Some((names, "*")) => (names, Value::Several),
            Some((names, "?")) => (names, Value::Maybe),
            Some((names, "N")) => (names, Value::Number),
            Some((names, words)) => (names, Value::OneOf(words)),
        },
    };
    Flag { names: names.split(',').collect(), value, required }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_description_is_read() {
        let read = spec(
            "-L,--size= -f !--to=a|b --color[=] -n=N --ids=* --sse=? @g ; 1..2 rest",
            &[("g", "-q")],
        );
        let flag = |names: &[&'static str], value, required| Flag {
            names: names.to_vec(),
            value,
            required,
        };
        let flags = vec![
            flag(&["-L", "--size"], Value::Needed, false),
            flag(&["-f"], Value::None, false),
            flag(&["--to"], Value::OneOf("a|b"), true),
            flag(&["--color"], Value::Attached, false),
            flag(&["-n"], Value::Number, false),
            flag(&["--ids"], Value::Several, false),
            flag(&["--sse"], Value::Maybe, false),
            flag(&["-q"], Value::None, false),
        ];
        assert_eq!(read, Spec { flags, least: 1, most: Some(2), rest: true });
        let bounds = |text| {
            let read = spec(text, &[]);
            (read.least, read.most)
        };
        assert_eq!(bounds(""), (0, None));
        assert_eq!(bounds("; 2"), (2, Some(2)));
        assert_eq!(bounds("; 1.."), (1, None));
    }
}
