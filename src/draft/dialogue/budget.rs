//! How much is sent: tokens are estimated so that they are rather too many, and logs are cut in their middle.

use crate::redact::Redacted;

/// What a model takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Tokens of prompt and reply together.
    pub context_tokens: u32,
    /// Tokens of the reply.
    pub reply_tokens: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Self { context_tokens: 32_000, reply_tokens: 8_000 }
    }
}

impl Budget {
    /// Returns the tokens left for the prompt, with a tenth kept for what templates of chats add.
    pub fn prompt_tokens(&self) -> u32 {
        let left = self.context_tokens.saturating_sub(self.reply_tokens);
        left - left / 10
    }
}

/// Returns how many tokens a text takes at most, in practice: three plain characters or two thirds of any other make one.
/// Real tokenizers make fewer of English and of commands, and about as many of Chinese.
pub fn tokens(text: &str) -> u32 {
    let (plain, other) = text.chars().fold((0_usize, 0_usize), |(plain, other), c| {
        if c.is_ascii() { (plain + 1, other) } else { (plain, other + 1) }
    });
    u32::try_from(plain.div_ceil(3) + (other * 3).div_ceil(2)).unwrap_or(u32::MAX)
}

/// A text that was cut to fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// What is left, with a line that says what is not.
    pub text: String,
    /// How many lines are missing.
    pub lines: usize,
}

/// Cuts lines from the middle until the text takes at most so many tokens: the start of a log says what was done, its end
/// what went wrong. A single line that is too long loses its own middle.
pub fn cut_middle(text: &str, most: u32) -> Cut {
    if tokens(text) <= most {
        return Cut { text: text.to_owned(), lines: 0 };
    }
    let lines: Vec<&str> = text.lines().collect();
    let half = most.saturating_sub(12) / 2;
    let taken = |lines: &mut dyn Iterator<Item = &&str>| {
        let mut sum = 0;
        lines
            .take_while(|line| {
                sum += tokens(line) + 1;
                sum <= half
            })
            .count()
    };
    let head = taken(&mut lines.iter());
    let tail = taken(&mut lines.iter().rev()).min(lines.len() - head);
    let missing = lines.len() - head - tail;
    if head + tail == 0 {
        return Cut { text: cut_line(text, most), lines: missing };
    }
    let mut kept: Vec<String> = lines[..head].iter().map(|line| (*line).to_owned()).collect();
    kept.push(format!("[{missing} lines left out here]"));
    kept.extend(lines[lines.len() - tail..].iter().map(|line| (*line).to_owned()));
    Cut { text: kept.join("\n"), lines: missing }
}

/// Cuts lines from the middle of a text that may leave, as [`cut_middle`] does. What is cut was redacted as a whole before, so
/// that no secret loses the words that give it away.
pub fn cut_redacted(text: &Redacted, most: u32) -> (Redacted, usize) {
    let whole = text.as_str();
    if tokens(whole) <= most {
        return (text.clone(), 0);
    }
    let half = most.saturating_sub(12) / 2;
    let taken = |lines: &mut dyn Iterator<Item = &str>| {
        let (mut sum, mut bytes, mut count) = (0, 0, 0);
        for line in lines {
            sum += tokens(line) + 1;
            if sum > half {
                break;
            }
            (bytes, count) = (bytes + line.len(), count + 1);
        }
        (bytes, count)
    };
    let lines = whole.split_inclusive('\n').count();
    let (head, first) = taken(&mut whole.split_inclusive('\n'));
    let (tail, last) = taken(&mut whole.split_inclusive('\n').rev());
    let (head, tail, missing) = match first + last {
        0 => {
            // A character takes at most one and a half tokens.
            let half = (most as usize / 3).saturating_sub(4);
            let head = whole.chars().take(half).map(char::len_utf8).sum();
            (head, whole.chars().rev().take(half).map(char::len_utf8).sum(), lines)
        }
        taken => (head, tail, lines.saturating_sub(taken)),
    };
    let tail = whole.len() - usize::min(tail, whole.len() - head);
    let mut cut = text.part(0..head);
    if first + last == 0 {
        cut.push(&Redacted::fixed(" [left out here] "));
    } else {
        cut.push(&Redacted::fixed("["));
        cut.push(&Redacted::number(missing));
        cut.push(&Redacted::fixed(" lines left out here]\n"));
    }
    cut.push(&text.part(tail..whole.len()));
    (cut, missing)
}

fn cut_line(text: &str, most: u32) -> String {
    // A character takes at most one and a half tokens.
    let half = (most as usize / 3).saturating_sub(4);
    let head: String = text.chars().take(half).collect();
    let tail: Vec<char> = text.chars().rev().take(half).collect();
    let tail: String = tail.into_iter().rev().collect();
    format!("{head} [left out here] {tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_text_fits_and_keeps_both_ends() {
        let log: String = (0..500).map(|n| format!("line {n}: something happened\n")).collect();
        let cut = cut_middle(&log, 200);
        assert!(tokens(&cut.text) <= 200 && cut.lines > 400, "{}", tokens(&cut.text));
        assert!(
            cut.text.starts_with("line 0:") && cut.text.ends_with("line 499: something happened")
        );
        let long = cut_middle(&"日".repeat(10_000), 100);
        assert!(tokens(&long.text) <= 100 && long.text.contains("left out"));
        assert_eq!(cut_middle("a\nb", 10).text, "a\nb");
    }
}
