//! Cuts the bytes of a response into frames: server-sent events as they are really sent, or one JSON body.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a response is made of, whatever form it was sent in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Frame {
    /// The JSON of one event.
    Event(Value),
    /// A whole JSON body, from a server that ignores `stream`.
    Whole(Value),
    /// An event that says it is an error.
    Error(Value),
    /// `[DONE]`.
    Done,
    /// The body ended.
    End,
    /// The connection broke.
    Cut(String),
    /// Nothing came for this many seconds.
    Silent(u64),
    /// An event that is not JSON.
    Garbled(String),
    /// The body is neither events nor JSON.
    Foreign(String),
    /// The body is longer than this many bytes.
    TooLong(usize),
}

/// Reads a body piece by piece. Whatever the bytes are, it keeps no more of them than `most_pending`, and
/// the work is linear in their number.
#[derive(Debug)]
pub struct Wire {
    form: Form,
    /// The line, or the JSON body, so far.
    pending: Vec<u8>,
    /// The data lines of the event so far, each with its line break.
    data: String,
    is_error: bool,
    after_return: bool,
    is_over: bool,
    /// Whether a line of an event stream was seen.
    is_sure: bool,
    total: usize,
    events: usize,
    most_pending: usize,
    most_total: usize,
    most_events: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Unknown,
    Events,
    Json,
}

/// So many bytes of foreign text are kept for messages.
const EXCERPT: usize = 600;

impl Wire {
    /// Makes a reader for a reply of at most `most` bytes.
    ///
    /// An event of a few bytes of text is a few hundred bytes long, so that the body may be sixteen times longer than
    /// the reply; one line holds at most the whole reply with every character escaped.
    pub fn new(most: usize) -> Self {
        Self {
            form: Form::Unknown,
            pending: vec![],
            data: String::new(),
            is_error: false,
            after_return: false,
            is_over: false,
            is_sure: false,
            total: 0,
            events: 0,
            most_pending: most.saturating_mul(2).saturating_add(1 << 16),
            most_total: most.saturating_mul(16).saturating_add(1 << 20),
            most_events: most / 4 + 10_000,
        }
    }

    /// Tells whether the rest of the body is of no interest.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Takes the next bytes and appends the frames they complete.
    pub fn push(&mut self, mut bytes: &[u8], frames: &mut Vec<Frame>) {
        self.total = self.total.saturating_add(bytes.len());
        if self.form == Form::Unknown {
            bytes = self.recognise(bytes);
        }
        match self.form {
            Form::Unknown => {}
            Form::Json => self.pending.extend_from_slice(bytes),
            Form::Events => self.lines(bytes, frames),
        }
        let kept = self.pending.len() + self.data.len();
        self.events += frames.len();
        let is_too_much = kept > self.most_pending
            || self.total > self.most_total
            || self.events > self.most_events;
        if !self.is_over && is_too_much {
            frames.push(Frame::TooLong(if kept > self.most_pending { kept } else { self.total }));
            self.is_over = true;
        }
    }

    /// Takes the end of the body; an event without its blank line still counts.
    pub fn end(&mut self, frames: &mut Vec<Frame>) {
        if self.is_over {
            return;
        }
        self.is_over = true;
        match self.form {
            Form::Unknown => {}
            Form::Json => frames.push(match serde_json::from_slice(&self.pending) {
                Ok(value) => Frame::Whole(value),
                Err(_) if self.pending.starts_with(b"<") => Frame::Foreign(excerpt(&self.pending)),
                Err(error) if error.is_eof() => Frame::Cut("the JSON body is incomplete".into()),
                Err(_) => Frame::Foreign(excerpt(&self.pending)),
            }),
            Form::Events => {
                let last = std::mem::take(&mut self.pending);
                self.is_over = false;
                if !last.is_empty() {
                    self.line(&last, frames);
                }
                if !self.is_over {
                    self.dispatch(frames);
                }
                self.is_over = true;
            }
        }
        frames.push(Frame::End);
    }

    /// Decides by the first byte that is not white: an object is a JSON body, everything else must be events.
    fn recognise<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
        let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace());
        match start.map(|start| (start, bytes[start])) {
            None => &[],
            Some((start, b'{' | b'[' | b'<')) => {
                self.form = Form::Json;
                &bytes[start..]
            }
            Some((start, _)) => {
                self.form = Form::Events;
                &bytes[start..]
            }
        }
    }

    fn lines(&mut self, mut bytes: &[u8], frames: &mut Vec<Frame>) {
        while let Some((at, end)) =
            bytes.iter().enumerate().find(|(_, byte)| matches!(byte, b'\n' | b'\r'))
        {
            let second_half = std::mem::take(&mut self.after_return) && *end == b'\n' && at == 0;
            self.after_return = *end == b'\r';
            let (line, rest) = (&bytes[..at], &bytes[at + 1..]);
            bytes = rest;
            if second_half && self.pending.is_empty() {
                continue;
            }
            if self.pending.is_empty() {
                self.line(line, frames);
            } else {
                self.pending.extend_from_slice(line);
                let line = std::mem::take(&mut self.pending);
                self.line(&line, frames);
            }
            if self.is_over {
                return;
            }
        }
        if !bytes.is_empty() {
            self.after_return = false;
        }
        self.pending.extend_from_slice(bytes);
    }

    fn line(&mut self, line: &[u8], frames: &mut Vec<Frame>) {
        if line.is_empty() {
            return self.dispatch(frames);
        }
        let text = String::from_utf8_lossy(line);
        let (name, value) = text.split_once(':').unwrap_or((&text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        let is_known = matches!(name, "data" | "event" | "id" | "retry" | "");
        self.is_sure |= is_known;
        match name {
            "data" if value.trim() == "[DONE]" => {
                self.dispatch(frames);
                frames.push(Frame::Done);
                self.is_over = true;
            }
            // An event is nearly always one line: it need not wait for the blank one behind it.
            "data" if self.data.is_empty() && serde_json::from_str::<Value>(value).is_ok() => {
                frames.extend(serde_json::from_str(value).ok().map(|json| self.event(json)));
            }
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "event" => self.is_error = value.trim() == "error",
            "" | "id" | "retry" => {}
            // Not a line of an event stream. A body that begins like that is something else.
            _ if !self.is_sure => {
                frames.push(Frame::Foreign(excerpt(line)));
                self.is_over = true;
            }
            _ => {}
        }
    }

    fn event(&mut self, json: Value) -> Frame {
        match self.is_error {
            true => Frame::Error(json),
            false => Frame::Event(json),
        }
    }

    /// Ends an event. Servers that forget the blank line between two events have them joined here.
    fn dispatch(&mut self, frames: &mut Vec<Frame>) {
        let data = std::mem::take(&mut self.data);
        if !data.trim().is_empty() {
            match serde_json::from_str(&data) {
                Ok(json) => frames.push(self.event(json)),
                Err(_) => {
                    for line in data.lines().filter(|line| !line.trim().is_empty()) {
                        if let Ok(json) = serde_json::from_str(line) {
                            frames.push(self.event(json));
                            continue;
                        }
                        // One that cannot be read says enough; there may be a million of them.
                        frames.push(match self.is_error {
                            true => Frame::Error(Value::String(excerpt(line.as_bytes()))),
                            false => Frame::Garbled(excerpt(line.as_bytes())),
                        });
                        break;
                    }
                }
            }
        }
        self.is_error = false;
    }
}

/// Returns the beginning of a body, for a message.
pub fn excerpt(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(EXCERPT)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(pieces: &[&[u8]]) -> Vec<Frame> {
        let (mut wire, mut frames) = (Wire::new(1000), vec![]);
        for piece in pieces {
            if !wire.is_over() {
                wire.push(piece, &mut frames);
            }
        }
        wire.end(&mut frames);
        frames
    }

    #[test]
    fn events_are_read_however_they_are_written() {
        let event = || Frame::Event(json!({"a": 1}));
        let cases: &[(&str, Vec<Frame>)] = &[
            ("data: {\"a\":1}\n\n", vec![event(), Frame::End]),
            ("data:{\"a\":1}\r\n\r\ndata: [DONE]\r\n\r\n", vec![event(), Frame::Done]),
            ("data: {\"a\":1}\r\rdata: [DONE] \r\r", vec![event(), Frame::Done]),
            ("\u{feff}\n: hello\n\ndata: {\"a\":1}", vec![event(), Frame::End]),
            ("data: {\ndata: \"a\":1}\n\n", vec![event(), Frame::End]),
            (
                "data: {\"a\":1}\ndata: {\"a\":1}\ndata: [DONE]\n",
                vec![event(), event(), Frame::Done],
            ),
            ("id: 1\nretry: 5\nevent: message\ndata: {\"a\":1}\n\n", vec![event(), Frame::End]),
            ("event: error\ndata: {\"a\":1}\n\n", vec![Frame::Error(json!({"a": 1})), Frame::End]),
            ("event: error\ndata: busy\n\n", vec![Frame::Error(json!("busy")), Frame::End]),
            ("data: {\"a\":\n\n", vec![Frame::Garbled("{\"a\":".into()), Frame::End]),
            ("", vec![Frame::End]),
            ("\n\n", vec![Frame::End]),
            (" {\"a\":1}\n", vec![Frame::Whole(json!({"a": 1})), Frame::End]),
            ("{\"a\":", vec![Frame::Cut("the JSON body is incomplete".into()), Frame::End]),
            ("<html>x", vec![Frame::Foreign("<html>x".into()), Frame::End]),
            (": x\nfoo: bar\nbaz\ndata: {\"a\":1}\n\n", vec![event(), Frame::End]),
            ("Service busy\n", vec![Frame::Foreign("Service busy".into())]),
        ];
        for (text, expected) in cases {
            assert_eq!(read(&[text.as_bytes()]), *expected, "{text:?}");
            let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
            if !text.starts_with('\u{feff}') {
                assert_eq!(read(&bytes), *expected, "{text:?} byte by byte");
            }
        }
    }

    #[test]
    fn a_character_may_come_in_two_pieces() {
        let text = "data: {\"a\":\"灾难\"}\n\n".as_bytes();
        for cut in 0..text.len() {
            assert_eq!(read(&[&text[..cut], &text[cut..]])[0], Frame::Event(json!({"a": "灾难"})));
        }
    }

    #[test]
    fn no_more_is_kept_than_a_reply_can_be() {
        let line = vec![b'x'; 1 << 14];
        for (start, one) in
            [("data: ", &line[..]), ("{\"", &line[..]), ("", b": comment\n\n".as_slice())]
        {
            let (mut wire, mut frames) = (Wire::new(1000), vec![]);
            wire.push(start.as_bytes(), &mut frames);
            let mut sent = 0;
            while !wire.is_over() {
                wire.push(one, &mut frames);
                sent += one.len();
                assert!(sent < 4 << 20, "{start:?} is never too much");
            }
            assert!(matches!(frames.as_slice(), [Frame::TooLong(_)]), "{frames:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic_and_pieces_do_not_matter(
            bytes in proptest::collection::vec(proptest::sample::select(b"data: {}[]\"1a,\r\n:event error[DONE]\\\xff\xc3".to_vec()), 0..200),
            size in 1_usize..20,
        ) {
            let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
            let whole = read(&[&bytes]);
            // What is foreign is decided by what came first, so only real streams are compared.
            if !whole.iter().any(|frame| matches!(frame, Frame::Foreign(_))) {
                let split = read(&pieces);
                if !split.iter().any(|frame| matches!(frame, Frame::Foreign(_))) {
                    proptest::prop_assert_eq!(whole, split);
                }
            }
        }
    }
}
