//! What a comment says to the checker: `blackstart: allow CODE until DAY because REASON`.

use jiff::civil::Date;

/// The word every comment for the checker begins with.
const MARK: &str = "blackstart:";

/// The same as people write it who do not look it up; it does nothing, and that is said.
const SPELLINGS: &[&str] = &["Blackstart:", "BlackStart:", "BLACKSTART:"];

/// Words people write for "allow" elsewhere; a comment with one of them is meant for the checker and does nothing.
const NEARLY: &[&str] =
    &["allow", "allows", "ignore", "disable", "suppress", "skip", "noqa", "waive"];

/// What a comment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// It accepts something.
    Allow(Words),
    /// It is meant for the checker, and cannot be understood: why.
    Malformed(String),
}

/// The parts of a comment that accepts something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    /// Codes or names of rules.
    pub rules: Vec<String>,
    /// The last day.
    pub until: Date,
    /// Why.
    pub reason: String,
}

/// Tells whether a text may hold a comment for the checker, at the price of one search.
pub fn says_allow(text: &str) -> bool {
    text.contains(MARK) || SPELLINGS.iter().any(|spelling| text.contains(spelling))
}

/// Tells whether the text behind a comment's sign is meant for the checker.
pub(super) fn is_meant(body: &str) -> bool {
    // Some write two signs before a comment that matters.
    let body = body.trim_start_matches('#').trim_start();
    let mut marks = std::iter::once(&MARK).chain(SPELLINGS);
    let Some(rest) = marks.find_map(|mark| body.strip_prefix(mark)) else {
        return false;
    };
    let word = rest.split_whitespace().next().unwrap_or_default();
    NEARLY.contains(&word.to_ascii_lowercase().as_str())
}

/// Reads a comment, with its sign (`#`, `--`, `<!-- … -->`).
pub(super) fn read(comment: &str) -> Said {
    let body = comment.trim_start_matches(['#', '-', '<', '!', '/', '*']).trim();
    let body = body.strip_suffix("-->").or(body.strip_suffix("*/")).unwrap_or(body).trim();
    if let Some(mark) = SPELLINGS.iter().find(|mark| body.starts_with(**mark)) {
        return Said::Malformed(format!("it begins with `{MARK}`, not `{mark}`"));
    }
    let rest = body.strip_prefix(MARK).unwrap_or(body).trim();
    let (verb, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    if verb != "allow" {
        return Said::Malformed(format!("the word is `allow`, not `{verb}`"));
    }
    let (accepted, reason) = match split_word(rest, "because") {
        Some((accepted, reason)) if !reason.trim().is_empty() => (accepted, reason.trim()),
        Some(_) | None => return Said::Malformed("it does not say why (`because …`)".into()),
    };
    let Some((rules, day)) = split_word(accepted, "until") else {
        return Said::Malformed("it does not say until which day (`until 2027-03-01`)".into());
    };
    let day = day.trim();
    let Some(until) = day_of(day) else {
        return Said::Malformed(format!("{day:?} is not a day like 2027-03-01"));
    };
    let rules: Vec<String> = rules
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    if rules.is_empty() {
        return Said::Malformed("it does not name a rule".into());
    }
    Said::Allow(Words { rules, until, reason: reason.to_owned() })
}

/// Returns the day a text writes as `2027-03-01`, and in no other way.
fn day_of(text: &str) -> Option<Date> {
    let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    text.parse().ok().filter(|_| plain)
}

/// Splits a text around the first occurrence of a whole word.
fn split_word<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let found = text.match_indices(word).find(|(at, _)| {
        let before = text[..*at].chars().next_back().is_none_or(char::is_whitespace);
        let after = text[at + word.len()..].chars().next().is_none_or(char::is_whitespace);
        before && after
    });
    found.map(|(at, _)| (&text[..at], &text[at + word.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(comment: &str) -> (String, String, String) {
        match read(comment) {
            Said::Allow(words) => (words.rules.join("+"), words.until.to_string(), words.reason),
            Said::Malformed(why) => (String::new(), String::new(), why),
        }
    }

    #[test]
    fn a_comment_names_rules_a_day_and_a_reason() {
        let expect = |comment: &str, rules: &str, until: &str, reason: &str| {
            assert_eq!(words(comment), (rules.into(), until.into(), reason.into()), "{comment}");
        };
        expect(
            "# blackstart: allow SH003 until 2027-03-01 because the path is asserted",
            "SH003",
            "2027-03-01",
            "the path is asserted",
        );
        expect(
            "-- blackstart: allow MY001, password-in-script until 2027-03-01 because until then it stays",
            "MY001+password-in-script",
            "2027-03-01",
            "until then it stays",
        );
        expect(
            "<!-- blackstart:allow RB001 until 2027-03-01 because it is an example -->",
            "RB001",
            "2027-03-01",
            "it is an example",
        );
    }

    #[test]
    fn what_is_missing_is_said() {
        let expect = |comment: &str, part: &str| {
            let (_, _, why) = words(comment);
            assert!(why.contains(part), "{comment}: {why}");
        };
        expect("# blackstart: ignore SH003", "`allow`, not `ignore`");
        expect("# BLACKSTART: ALLOW SH003", "begins with `blackstart:`, not `BLACKSTART:`");
        expect("# blackstart: allow SH003", "why");
        expect("# blackstart: allow SH003 because", "why");
        expect("# blackstart: allow SH003 because it is so", "until which day");
        expect(
            "# blackstart: allow SH003 until tomorrow because it is so",
            "\"tomorrow\" is not a day",
        );
        expect(
            "# blackstart: allow SH003 until 2027-02-30 because it is so",
            "\"2027-02-30\" is not a day",
        );
        expect("# blackstart: allow until 2027-02-03 because it is so", "name a rule");
    }

    #[test]
    fn prose_about_the_program_is_not_meant_for_the_checker() {
        assert!(is_meant("# blackstart: allow x") && is_meant(" BlackStart: Allow x"));
        assert!(is_meant(" blackstart: allow SH003") && is_meant("blackstart: disable x"));
        assert!(!is_meant(" blackstart: the restore of the shop") && !is_meant(" allow SH003"));
    }
}
