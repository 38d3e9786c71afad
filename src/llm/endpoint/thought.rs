//! Takes a model's reasoning out of a reply that begins with `<think>`.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Splits a reply, piece by piece, into reasoning and text.
#[derive(Debug, Default)]
pub struct Splitter {
    state: State,
    /// What cannot be told apart yet.
    held: String,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Start,
    Thought,
    Text,
}

impl Splitter {
    /// Takes a piece; returns the text in it and the number of bytes of reasoning.
    pub fn push(&mut self, piece: &str) -> (String, usize) {
        if self.state == State::Text {
            return (piece.to_owned(), 0);
        }
        self.held.push_str(piece);
        let mut thought = 0;
        if self.state == State::Start {
            let begun = self.held.trim_start();
            if let Some(rest) = begun.strip_prefix(OPEN) {
                self.held = rest.to_owned();
                self.state = State::Thought;
                thought += OPEN.len();
            } else if OPEN.starts_with(begun) {
                return (String::new(), 0);
            } else {
                self.state = State::Text;
                return (std::mem::take(&mut self.held), 0);
            }
        }
        if let Some(at) = self.held.find(CLOSE) {
            self.state = State::Text;
            let text = self.held[at + CLOSE.len()..].trim_start().to_owned();
            self.held.clear();
            return (text, thought + at);
        }
        // Only what may be the beginning of the closing mark is kept.
        let keep = (1..CLOSE.len())
            .rev()
            .find(|length| self.held.ends_with(&CLOSE[..*length]))
            .unwrap_or(0);
        thought += self.held.len() - keep;
        self.held = CLOSE[..keep].to_owned();
        (String::new(), thought)
    }

    /// Takes the end; returns the text that was held back.
    pub fn end(&mut self) -> String {
        match self.state {
            State::Start => std::mem::take(&mut self.held),
            State::Thought | State::Text => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(reply: &str, size: usize) -> String {
        let mut splitter = Splitter::default();
        let characters: Vec<char> = reply.chars().collect();
        let mut text: String = characters
            .chunks(size)
            .map(|piece| splitter.push(&piece.iter().collect::<String>()).0)
            .collect();
        text.push_str(&splitter.end());
        text
    }

    #[test]
    fn only_reasoning_at_the_beginning_is_taken_out() {
        for (reply, text) in [
            ("{\"a\": 1}", "{\"a\": 1}"),
            ("<think>hm {\"a\"</think>{\"b\": 1}", "{\"b\": 1}"),
            ("\n <think></think>ü", "ü"),
            ("<think>never ends </thin", ""),
            ("<think>a</th</think>b", "b"),
            ("<thinking> is a word", "<thinking> is a word"),
            ("<thi", "<thi"),
            ("a <think>b</think>", "a <think>b</think>"),
            ("", ""),
        ] {
            for size in [1, 2, 3, 100] {
                assert_eq!(split(reply, size), text, "{reply:?} by {size}");
            }
        }
    }
}
