//! Puts the frames of one response together into a reply.

use std::time::Duration;

use serde_json::Value;

use super::chunk::{Chunk, Finish};
use super::complaint::Complaint;
use super::service::Trouble;
use super::thought::Splitter;
use super::wire::Frame;
use crate::base::escape;
use crate::draft::dialogue::{End, Reply};
use crate::llm::{Piece, Usage};

/// What was heard so far.
#[derive(Debug)]
pub struct Hearing {
    text: String,
    refusal: String,
    thought: usize,
    splitter: Splitter,
    finish: Option<Finish>,
    usage: Option<Usage>,
    is_done: bool,
    events: usize,
    /// How it ended before it was whole.
    broken: Option<End>,
    most: usize,
}

/// What was heard in the end.
#[derive(Debug)]
pub struct Heard {
    /// The reply.
    pub reply: Reply,
    /// What it took.
    pub usage: Option<Usage>,
}

impl Hearing {
    /// Begins to listen to a reply of at most `most` bytes.
    pub fn new(most: usize) -> Self {
        Self {
            text: String::new(),
            refusal: String::new(),
            thought: 0,
            splitter: Splitter::default(),
            finish: None,
            usage: None,
            is_done: false,
            events: 0,
            broken: None,
            most,
        }
    }

    /// Returns how many bytes the reply has so far, reasoning included.
    pub fn bytes(&self) -> usize {
        self.text.len() + self.refusal.len() + self.thought
    }

    /// Tells whether the model has said why it ended; what may still come is what it took.
    pub fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// Tells whether nothing more is expected.
    pub fn is_over(&self) -> bool {
        self.is_done || self.broken.is_some()
    }

    /// Takes a frame.
    pub fn take(
        &mut self,
        frame: Frame,
        on_piece: &mut dyn FnMut(Piece<'_>),
    ) -> Result<(), Trouble> {
        match frame {
            Frame::Event(json) => {
                self.events += 1;
                self.chunk(&json, on_piece)?;
            }
            Frame::Whole(mut json) => {
                self.events += 1;
                // Some put their errors into a list.
                if let Some(first) = json.get_mut(0) {
                    json = first.take();
                }
                if !json.is_object()
                    || json.get("choices").is_none() && Complaint::of_json(&json).is_none()
                {
                    return Err(Trouble::Foreign("its JSON holds no `choices`".into()));
                }
                self.chunk(&json, on_piece)?;
                self.is_done = true;
            }
            Frame::Error(json) => {
                let complaint = Complaint::of_json(&json).or_else(|| Complaint::told(&json));
                self.failed(
                    complaint.unwrap_or_else(|| Complaint::saying("an error without words")),
                )?;
            }
            Frame::Done => {
                self.events += 1;
                self.is_done = true;
            }
            Frame::End if self.events == 0 => {
                return Err(Trouble::Foreign("it sends an empty stream".into()));
            }
            Frame::End if self.finish.is_none() && self.bytes() == 0 => {
                return Err(Trouble::Unreachable {
                    why: "the stream ended before the reply began".into(),
                    may_pass: true,
                });
            }
            Frame::End => self.broken = Some(End::Cut),
            Frame::Cut(why) if self.finish.is_none() && self.bytes() == 0 => {
                return Err(Trouble::Unreachable {
                    why: format!("the connection ended before the reply began: {why}"),
                    may_pass: true,
                });
            }
            Frame::Cut(_) => self.broken = Some(End::Cut),
            Frame::Silent(_) if self.finish.is_some() => self.broken = Some(End::Cut),
            Frame::Silent(seconds) => return Err(Trouble::Silent(Duration::from_secs(seconds))),
            Frame::Garbled(_) if self.finish.is_some() => {}
            Frame::Garbled(text) if self.bytes() == 0 => {
                return Err(Trouble::Foreign(format!(
                    "it sends an event that is not JSON ({})",
                    Complaint::saying(&text).message
                )));
            }
            Frame::Garbled(_) => self.broken = Some(End::Failed("an event is not JSON".into())),
            Frame::Foreign(text) => {
                let message = Complaint::of_body(text.as_bytes()).message;
                return Err(Trouble::Foreign(format!(
                    "it sends neither events nor JSON ({message})"
                )));
            }
            Frame::TooLong(bytes) => return Err(Trouble::TooLong(bytes)),
        }
        Ok(())
    }

    fn chunk(&mut self, json: &Value, on_piece: &mut dyn FnMut(Piece<'_>)) -> Result<(), Trouble> {
        let chunk = Chunk::of(json);
        self.usage = chunk.usage.or(self.usage);
        let (text, thought) = self.splitter.push(&chunk.text);
        self.refusal.push_str(&chunk.refusal);
        let thought = thought + chunk.thought.len();
        if thought > 0 {
            self.thought += thought;
            on_piece(Piece::Thinking(self.thought));
        }
        self.say(&text, on_piece);
        if self.bytes() > self.most {
            return Err(Trouble::TooLong(self.most));
        }
        self.finish = chunk.finish.or(self.finish.take());
        match chunk.error {
            Some(complaint) => self.failed(complaint),
            None => Ok(()),
        }
    }

    fn say(&mut self, text: &str, on_piece: &mut dyn FnMut(Piece<'_>)) {
        if !text.is_empty() {
            self.text.push_str(text);
            on_piece(Piece::Text(text));
        }
    }

    /// An error before the first word is a refusal like one by status; behind it, it is how the reply ended.
    fn failed(&mut self, complaint: Complaint) -> Result<(), Trouble> {
        if self.bytes() == 0 {
            let status = complaint.status.unwrap_or(200);
            return Err(Trouble::Refused { status, complaint, wait: None });
        }
        self.broken = Some(End::Failed(escape::one_line(&complaint.message)));
        Ok(())
    }

    /// Ends the hearing.
    pub fn end(mut self, on_piece: &mut dyn FnMut(Piece<'_>)) -> Heard {
        let held = self.splitter.end();
        self.say(&held, on_piece);
        let end = match (self.broken, self.finish) {
            (Some(End::Failed(why)), _) => End::Failed(why),
            (_, Some(Finish::Stop)) if self.text.is_empty() && !self.refusal.is_empty() => {
                End::Declined
            }
            (_, Some(Finish::Stop)) => End::Complete,
            (_, Some(Finish::Length)) => End::Length,
            (_, Some(Finish::Filter)) => End::Filtered,
            (_, Some(Finish::Declined)) => End::Declined,
            (_, Some(Finish::Other(word))) => {
                End::Failed(format!("it ended with the reason {word:?}"))
            }
            (Some(end), None) => end,
            (None, None) if self.is_done && self.text.is_empty() && !self.refusal.is_empty() => {
                End::Declined
            }
            (None, None) if self.is_done => End::Complete,
            (None, None) => End::Cut,
        };
        let text =
            if self.text.is_empty() && end == End::Declined { self.refusal } else { self.text };
        Heard { reply: Reply { text, end }, usage: self.usage }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::wire::Wire;
    use super::*;

    /// Hears a body; returns what was shown, and the reply where there is one.
    fn hear(body: &[u8], size: usize) -> (String, Result<Reply, Trouble>) {
        let (mut wire, mut hearing, mut shown) = (Wire::new(500), Hearing::new(500), String::new());
        let mut on_piece = |piece: Piece<'_>| {
            if let Piece::Text(text) = piece {
                shown.push_str(text);
            }
        };
        let mut pieces = body.chunks(size);
        while !hearing.is_over() && !wire.is_over() {
            let mut frames = vec![];
            match pieces.next() {
                Some(piece) => wire.push(piece, &mut frames),
                None => wire.end(&mut frames),
            }
            for frame in frames {
                if hearing.is_over() {
                    break;
                }
                if let Err(trouble) = hearing.take(frame, &mut on_piece) {
                    return (shown, Err(trouble));
                }
            }
        }
        let heard = hearing.end(&mut on_piece);
        (shown, Ok(heard.reply))
    }

    fn part() -> impl Strategy<Value = Vec<u8>> {
        let words = [
            "data: ",
            "data:",
            "\n",
            "\n\n",
            "\r\n",
            "[DONE]",
            ": c\n\n",
            "event: error\n",
            "{\"error\":\"x\"}",
            "<html>",
            "{",
            "}",
            "null",
            "data: {\"choices\":[{\"delta\":{\"content\":\"灾\"}}]}\n\n",
            "data: {\"choices\":[{\"delta\":{\"content\":\"<think>\"}}]}\n\n",
            "data: {\"choices\":[{\"delta\":{\"content\":\"</think>a\"}}]}\n\n",
            "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
            "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n",
            "data: {\"choices\":[{\"finish_reason\":7,\"delta\":[1]}]}\n\n",
            "{\"choices\":[{\"message\":{\"content\":\"b\"}}]}",
        ];
        prop_oneof![
            5 => proptest::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
            1 => proptest::collection::vec(any::<u8>(), 0..20),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn only_what_was_shown_is_returned_and_only_a_reply_with_an_end_is_complete(
            parts in proptest::collection::vec(part(), 0..20), size in 1_usize..50,
        ) {
            let body = parts.concat();
            let (shown, reply) = hear(&body, size);
            let has = |word: &str| body.windows(word.len()).any(|part| part == word.as_bytes());
            if let Ok(reply) = reply {
                prop_assert_eq!(&shown, &reply.text);
                prop_assert!(reply.text.len() <= 500);
                if reply.end == End::Complete {
                    prop_assert!(has("[DONE]") || has("\"stop\"") || has("\"message\""));
                }
            }
        }
    }
}
