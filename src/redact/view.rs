//! The text as the detectors read it: without what hides a secret from them, and the way back to the input.

use std::borrow::Cow;
use std::ops::Range;

/// A text without invisible characters and terminal escapes, full-width forms and look-alike letters folded to ASCII.
///
/// Detectors search here; [`View::original`] says where a found range stands in the input. Text that is plain ASCII is
/// its own view and costs one pass.
#[derive(Debug)]
pub struct View<'a> {
    text: Cow<'a, str>,
    /// Where the offsets of view and input drift apart, in order.
    turns: Vec<Turn>,
}

/// A place where view and input do not run in step.
#[derive(Debug, Clone, Copy)]
struct Turn {
    /// Offset in the view.
    at: usize,
    /// Where the input ends that stands before it.
    before: usize,
    /// Where the input goes on.
    after: usize,
}

/// What becomes of a character.
enum Fold {
    Keep,
    Drop,
    Ascii(char),
}

impl<'a> View<'a> {
    /// Returns the view of a text.
    pub fn of(input: &'a str) -> Self {
        if input.as_bytes().chunks(256).all(is_plain) {
            return Self { text: Cow::Borrowed(input), turns: vec![] };
        }
        let mut view = Self { text: Cow::Borrowed(""), turns: vec![] };
        let mut text = String::with_capacity(input.len());
        let mut copied = 0;
        let mut characters = input.char_indices();
        while let Some((at, c)) = characters.next() {
            if matches!(c, '\t' | '\n' | '\r' | ' '..='~') {
                continue;
            }
            let (fold, end) = match c {
                '\x1b' | '\u{9b}' => (Fold::Drop, escape_end(input, at)),
                _ => (fold(c, &input[..at], &input[at + c.len_utf8()..]), at + c.len_utf8()),
            };
            if matches!(fold, Fold::Keep) {
                continue;
            }
            text.push_str(&input[copied..at]);
            let before = match fold {
                Fold::Ascii(folded) => {
                    text.push(folded);
                    end
                }
                Fold::Keep | Fold::Drop => at,
            };
            view.turn(text.len(), before, end);
            copied = end;
            while characters.offset() < end {
                characters.next();
            }
        }
        text.push_str(&input[copied..]);
        view.text = Cow::Owned(text);
        view
    }

    fn turn(&mut self, at: usize, before: usize, after: usize) {
        match self.turns.last_mut() {
            Some(last) if last.at == at => last.after = after,
            _ => self.turns.push(Turn { at, before, after }),
        }
    }

    /// Returns the text to search.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns where a range of the view, not empty, stands in the input; with what was hidden inside it.
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        let turns_until = |at| self.turns.partition_point(|turn| turn.at <= at);
        let from = |at: usize, turns: usize| match turns.checked_sub(1).map(|i| self.turns[i]) {
            Some(turn) => turn.after + (at - turn.at),
            None => at,
        };
        let start = from(range.start, turns_until(range.start));
        let known = turns_until(range.end);
        let end = match known.checked_sub(1).map(|i| self.turns[i]) {
            Some(turn) if turn.at == range.end => turn.before,
            Some(_) | None => from(range.end, known),
        };
        start..end
    }
}

/// Tells whether bytes stand for themselves; all of them are looked at, which is faster than to stop at the first.
fn is_plain(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |plain, b| plain & matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~'))
}

/// Returns the end of a terminal escape. Only what carries no text is skipped: the address of a hyperlink stays visible.
fn escape_end(input: &str, at: usize) -> usize {
    let bytes = input.as_bytes();
    let introducer = if bytes[at] == 0x1b { 1 } else { 2 };
    let mut end = at + introducer;
    if introducer == 1 {
        match bytes.get(end) {
            Some(b'[') => end += 1,
            Some(
                b']' | b'P' | b'^' | b'_' | b'\\' | b'(' | b')' | b'=' | b'>' | b'7' | b'8' | b'c'
                | b'M',
            ) => {
                return end + 1;
            }
            Some(_) | None => return end,
        }
    }
    let parameters = end;
    while bytes.get(end).is_some_and(|b| matches!(b, b'0'..=b'9' | b';' | b':' | b'?' | b' '))
        && end < parameters + 24
    {
        end += 1;
    }
    let long_number =
        bytes[parameters..end].split(|b| !b.is_ascii_digit()).any(|number| number.len() > 4);
    match bytes.get(end) {
        Some(b'@'..=b'~') if !long_number => end + 1,
        Some(_) | None => parameters,
    }
}

fn fold(c: char, before: &str, after: &str) -> Fold {
    match c {
        // These end a sentence, and so a value that stands before them.
        '，' | '；' | '！' | '？' => Fold::Keep,
        '\u{ff01}'..='\u{ff5e}' => match char::from_u32(u32::from(c) - 0xfee0) {
            Some(folded) => Fold::Ascii(folded),
            None => Fold::Keep,
        },
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            Fold::Ascii(' ')
        }
        '\u{2028}' | '\u{2029}' | '\u{85}' => Fold::Ascii('\n'),
        '“' | '”' | '„' | '「' | '」' | '『' | '』' | '«' | '»' => Fold::Ascii('"'),
        '‘' | '’' | '‚' => Fold::Ascii('\''),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => Fold::Ascii('-'),
        '【' | '〔' => Fold::Ascii('['),
        '】' | '〕' => Fold::Ascii(']'),
        '\u{fffd}' => Fold::Drop,
        _ if invisible(c) => Fold::Drop,
        '\u{530}'.. => Fold::Keep,
        _ => match look_alike(c) {
            // Only inside Latin words: a Russian text stays one.
            Some(folded)
                if before.ends_with(|c: char| c.is_ascii_alphanumeric())
                    || after.starts_with(|c: char| c.is_ascii_alphanumeric()) =>
            {
                Fold::Ascii(folded)
            }
            Some(_) | None => Fold::Keep,
        },
    }
}

fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Cyrillic and Greek letters that are drawn like Latin ones.
fn look_alike(c: char) -> Option<char> {
    const DRAWN: &str = "аaеeоoрpсcуyхxіiѕsјjԁdԛqԝwһhАAВBЕEКKМMНHОOРPСCТTХXУYІIЅSЈJοoαaνvΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧX";
    let mut drawn = DRAWN.chars();
    while let (Some(foreign), Some(latin)) = (drawn.next(), drawn.next()) {
        if foreign == c {
            return Some(latin);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &str, view: &str) {
        let made = View::of(input);
        assert_eq!(made.text(), view);
        // Every character of the view leads back to whole characters of the input, in order.
        let mut last = 0;
        for (at, c) in made.text().char_indices() {
            let original = made.original(at..at + c.len_utf8());
            assert!(original.start >= last && original.end > original.start, "{input:?} {at}");
            assert!(input.get(original.clone()).is_some(), "{input:?} {original:?}");
            last = original.end;
        }
    }

    #[test]
    fn what_hides_a_secret_is_not_in_the_view() {
        check("plain", "plain");
        check("pass\u{200b}word", "password");
        check("\x1b[31mpass\x1b[0mword", "password");
        check("ｐａｓｓ：１２３", "pass:123");
        check("pаsswоrd", "password");
        check("пароль", "пароль");
        check("密码「x」是", "密码\"x\"是");
        check("\u{feff}a\0b", "ab");
        check("\x1b]8;;http://a\x1b\\b", "8;;http://ab");
        check("\x1b[13800138000m", "13800138000m");
        check("\x1b", "");
        check("é\x1b[", "é");
    }

    #[test]
    fn a_range_takes_along_what_is_hidden_inside_it_and_nothing_beside_it() {
        let view = View::of("x \u{200b}a\u{200b}b\u{200b} y");
        assert_eq!(view.text(), "x ab y");
        assert_eq!(view.original(2..4), 5..10);
    }
}
