//! What a script asks, in one form: `[ a -lt b ]`, `test`, `[[ … ]]`, `(( a < b ))` and `case a in b)` are the same question.

use super::Unit;
use super::outcome::each;
use crate::base::Span;
use crate::shell::ast::{StatementKind, Word};

/// How two things are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// The same, as a number or a text.
    Equal,
    /// Not the same.
    Unequal,
    /// Smaller.
    Less,
    /// Smaller or the same.
    AtMost,
    /// Greater.
    More,
    /// Greater or the same.
    AtLeast,
}

/// A question that decides something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What is asked about, as it is written, without quotes.
    pub left: String,
    /// How.
    pub how: Compared,
    /// What it is compared with, without quotes.
    pub right: String,
    /// Where.
    pub span: Span,
}

/// Returns every comparison of a text, however it is spelled, in order.
pub fn asked(unit: &Unit<'_>) -> Vec<Asked> {
    let mut found = Vec::new();
    each(&unit.script.statements, &mut |statement, _| {
        let span = statement.span;
        match &statement.kind {
            StatementKind::Simple(simple) => {
                let name = simple.words.first().and_then(Word::literal).unwrap_or_default();
                if matches!(name.as_str(), "[" | "test") {
                    of_words(unit, &simple.words[1..], span, &mut found);
                }
            }
            StatementKind::Condition(words) => of_words(unit, words, span, &mut found),
            StatementKind::Arithmetic(text) => of_arithmetic(text, span, &mut found),
            StatementKind::Case { word, arms } => {
                let left = bare(word.span.slice(unit.text));
                for right in arms.iter().flat_map(|arm| &arm.patterns).filter(|p| *p != "*") {
                    let right = bare(right);
                    found.push(Asked { left: left.clone(), how: Compared::Equal, right, span });
                }
            }
            StatementKind::Pipeline(_)
            | StatementKind::List(_)
            | StatementKind::If { .. }
            | StatementKind::Loop(_)
            | StatementKind::Subshell(_)
            | StatementKind::Group(_)
            | StatementKind::Function { .. } => {}
        }
    });
    found
}

fn of_words(unit: &Unit<'_>, words: &[Word], span: Span, found: &mut Vec<Asked>) {
    for three in words.windows(3) {
        let how = match three[1].literal().as_deref() {
            Some("-eq" | "=" | "==") => Compared::Equal,
            Some("-ne" | "!=") => Compared::Unequal,
            Some("-lt") => Compared::Less,
            Some("-le") => Compared::AtMost,
            Some("-gt") => Compared::More,
            Some("-ge") => Compared::AtLeast,
            Some(_) | None => continue,
        };
        let text = |word: &Word| bare(word.span.slice(unit.text));
        found.push(Asked { left: text(&three[0]), how, right: text(&three[2]), span });
    }
}

fn of_arithmetic(text: &str, span: Span, found: &mut Vec<Asked>) {
    let signs = [
        ("<=", Compared::AtMost),
        (">=", Compared::AtLeast),
        ("==", Compared::Equal),
        ("!=", Compared::Unequal),
        ("<", Compared::Less),
        (">", Compared::More),
    ];
    for part in text.split("&&").flat_map(|part| part.split("||")) {
        let part = part.trim().trim_start_matches('(').trim_end_matches(')');
        let sign = signs.iter().find_map(|(sign, how)| Some((part.split_once(sign)?, *how)));
        match sign {
            Some(((left, right), how)) => {
                found.push(Asked { left: bare(left), how, right: bare(right), span });
            }
            // A number alone asks whether it is not 0.
            None if !part.is_empty() && !part.contains(['=', '+', '-']) => {
                let how = Compared::Unequal;
                found.push(Asked { left: bare(part), how, right: "0".to_owned(), span });
            }
            None => {}
        }
    }
}

fn bare(text: &str) -> String {
    text.trim().trim_matches(['"', '\'']).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Language;
    use crate::evidence::Place;
    use crate::shell::on_deep_stack;

    #[test]
    fn a_comparison_is_the_same_however_it_is_spelled() {
        let check = |text: &str, expected: &[(&str, Compared, &str)]| {
            let found =
                on_deep_stack(|| asked(&Unit::new(text, None, Place::Whole, Language::Bash)));
            let found = found.unwrap();
            let shown: Vec<_> =
                found.iter().map(|a| (a.left.as_str(), a.how, a.right.as_str())).collect();
            assert_eq!(shown, expected, "{text}");
        };
        for text in [
            "[ \"$n\" -lt 7 ] && exit 1",
            "test \"$n\" -lt 7 && exit 1",
            "if [[ $n -lt 7 ]]; then exit 1; fi",
            "(( $n < 7 )) && exit 1",
            "if (($n<7)); then exit 1; fi",
        ] {
            check(text, &[("$n", Compared::Less, "7")]);
        }
        check(
            "(( n >= 7 || m == 0 ))",
            &[("n", Compared::AtLeast, "7"), ("m", Compared::Equal, "0")],
        );
        check(
            "case $? in 0|3) echo ok ;; *) exit 1 ;; esac",
            &[("$?", Compared::Equal, "0"), ("$?", Compared::Equal, "3")],
        );
        check("(( n ))", &[("n", Compared::Unequal, "0")]);
        check("[ -f x ]; (( n++ )); echo '[ a -lt b ]'", &[]);
    }
}
