//! Shows the steps of a reply while it arrives: each as soon as its last brace is there, and for display only.

use super::extract::{Braces, LONGEST, Step};
use super::reply::{self, Proposed};

/// Follows a reply piece by piece.
#[derive(Debug, Clone, Default)]
pub struct Stream {
    text: String,
    /// Everything before is done with.
    at: usize,
    state: State,
    count: usize,
}

#[derive(Debug, Clone, Default)]
enum State {
    /// Before the list of steps.
    #[default]
    Seeking,
    /// In the list; where the current object starts.
    InList { start: Option<usize>, braces: Braces },
    /// Behind the list, or past the limit.
    Done,
}

impl Stream {
    /// Takes the next piece and returns the steps that it completes.
    pub fn hear(&mut self, piece: &str) -> Vec<Proposed> {
        if matches!(self.state, State::Done) {
            return vec![];
        }
        if self.text.len() + piece.len() > LONGEST {
            self.state = State::Done;
            self.text = String::new();
            return vec![];
        }
        self.text.push_str(piece);
        if matches!(self.state, State::Seeking) {
            let Some(list) = self.list() else {
                return vec![];
            };
            self.at = list;
            self.state = State::InList { start: None, braces: Braces::default() };
        }
        self.steps()
    }

    /// Returns where the list of steps begins, once it is there.
    fn list(&mut self) -> Option<usize> {
        const KEY: &str = "\"steps\"";
        if self.text.trim_start().starts_with("<think>") && self.at == 0 {
            self.at = self.text.find("</think>")?;
        }
        loop {
            let Some(found) = self.text.get(self.at..).and_then(|rest| rest.find(KEY)) else {
                let mut keep = self.text.len().saturating_sub(KEY.len()).max(self.at);
                while !self.text.is_char_boundary(keep) {
                    keep -= 1;
                }
                self.at = keep;
                return None;
            };
            let key = self.at + found;
            let mut rest =
                self.text[key + KEY.len()..].char_indices().filter(|(_, c)| !c.is_whitespace());
            match (rest.next(), rest.next()) {
                (Some((_, ':')), Some((at, '['))) => return Some(key + KEY.len() + at + 1),
                (None, _) | (Some((_, ':')), None) => {
                    self.at = key;
                    return None;
                }
                (Some(_), _) => self.at = key + KEY.len(),
            }
        }
    }

    fn steps(&mut self) -> Vec<Proposed> {
        let State::InList { start, braces } = &mut self.state else {
            return vec![];
        };
        let mut found = vec![];
        let mut ended = false;
        for (at, byte) in self.text.bytes().enumerate().skip(self.at) {
            if byte == b'{' && braces.is_outside() {
                *start = Some(at);
            }
            match braces.step(byte) {
                Step::Closed => {
                    let object = start.take().and_then(|start| self.text.get(start..=at));
                    if let Some(value) = object.and_then(|object| serde_json::from_str(object).ok())
                    {
                        found.push(reply::proposed(&value, self.count));
                        self.count += 1;
                    }
                }
                Step::ListEnded => {
                    ended = true;
                    break;
                }
                Step::Inside => {}
            }
        }
        self.at = self.text.len();
        if ended {
            self.state = State::Done;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: &str = "<think>\"steps\": [{\"id\":\"no\"}]</think>```json\n{\"title\": \"the \\\"steps\\\"\", \"steps\" : [ {\"id\": \"a\", \"title\": \"日本 } ]\", \"needs\": [\"x\"]},\n{\"id\":\"b\"}], \"x\": [{\"id\":\"c\"}]}\n```";

    #[test]
    fn each_step_comes_with_its_last_byte_however_the_reply_is_cut() {
        for size in [1, 2, 3, 7, 1000] {
            let mut stream = Stream::default();
            let mut ids = vec![];
            let chars: Vec<char> = REPLY.chars().collect();
            for piece in chars.chunks(size) {
                let piece: String = piece.iter().collect();
                ids.extend(stream.hear(&piece).into_iter().map(|step| step.id));
            }
            assert_eq!(ids, ["a", "b"], "pieces of {size}");
        }
        let mut stream = Stream::default();
        let before = REPLY.find("]},\n").unwrap() + 1;
        assert!(stream.hear(&REPLY[..before]).is_empty());
        assert_eq!(stream.hear("}").len(), 1);
    }
}
