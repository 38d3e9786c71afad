//! The language of the operator, seen by the letters of what they wrote.

/// A language a reply can be asked for in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English, and any other language with Latin letters: the prompt adds that of the description.
    English,
    /// Chinese.
    Chinese,
    /// Japanese.
    Japanese,
    /// Korean.
    Korean,
    /// Russian and others with Cyrillic letters.
    Russian,
}

impl Language {
    /// Returns the name of the language in English, as a model is told.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Chinese => "Chinese",
            Self::Japanese => "Japanese",
            Self::Korean => "Korean",
            Self::Russian => "Russian",
        }
    }

    /// Returns what stands in a text where a number was taken out.
    pub fn instead_of_number(self) -> &'static str {
        match self {
            Self::English | Self::Japanese | Self::Korean | Self::Russian => "(see the estimate)",
            Self::Chinese => "(见估算)",
        }
    }

    /// Returns the language of a text: that of a fifth of its letters or more, else English. Logs and commands, which
    /// stand in every incident, are Latin in every language.
    pub fn of(text: &str) -> Self {
        let mut letters = 0_usize;
        let mut counts = [0_usize; 4];
        for c in text.chars().filter(|c| c.is_alphabetic()) {
            letters += 1;
            match c {
                '\u{3040}'..='\u{30ff}' => counts[1] += 1,
                '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' => counts[0] += 1,
                '\u{ac00}'..='\u{d7af}' | '\u{1100}'..='\u{11ff}' => counts[2] += 1,
                '\u{0400}'..='\u{04ff}' => counts[3] += 1,
                _ => {}
            }
        }
        let enough = |count: usize| letters > 0 && count * 5 >= letters;
        match counts {
            // Japanese writes Chinese signs too, Chinese no kana.
            [han, kana, _, _] if kana > 0 && enough(han + kana) => Self::Japanese,
            [han, ..] if enough(han) => Self::Chinese,
            [_, _, hangul, _] if enough(hangul) => Self::Korean,
            [.., cyrillic] if enough(cyrillic) => Self::Russian,
            _ => Self::English,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_seen_through_the_commands_that_are_quoted() {
        let check = |text: &str, expected| assert_eq!(Language::of(text), expected, "{text}");
        check("", Language::English);
        check("rm -rf ran with an unset variable", Language::English);
        check("误执行 rm -rf,生产库没了 ERROR: could not open file", Language::Chinese);
        check("データベースが消えました", Language::Japanese);
        check("데이터가 사라졌다", Language::Korean);
        check("база данных удалена", Language::Russian);
    }
}
