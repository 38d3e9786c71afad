//! A model that answers from records: prompts and replies of an exchange, kept as files.
//!
//! A directory holds `1.prompt.txt`, `1.reply.txt`, `2.prompt.txt` and so on. A reply is given to exactly the prompt that is
//! recorded with it; where another prompt may be answered too, the answer says so.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::{Answered, Limits, Model, ModelError, Piece};
use crate::base::Position;
use crate::draft::dialogue::{End, Prompt, Reply, Role};

/// Where the records are.
#[derive(Debug, Clone)]
pub enum Source {
    /// In a directory.
    Directory(PathBuf),
    /// In the program.
    Embedded(&'static include_dir::Dir<'static>),
}

/// Whether new prompts are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Only what is recorded is answered.
    Replay,
    /// A prompt that has changed since it was recorded is answered too, with a remark: the reply is data like any other, and
    /// what is believed of it is decided against the prompt as it is.
    ReplayChanged,
    /// A prompt without a record is written, for somebody to answer. Needs a directory.
    Record,
}

/// How a reply arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// About so many bytes at once.
    pub bytes: usize,
    /// So long after the last ones.
    pub pause: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { bytes: 24, pause: Duration::ZERO }
    }
}

/// Answers the prompts of one exchange, in order.
#[derive(Debug)]
pub struct Recorded {
    name: String,
    source: Source,
    mode: Mode,
    pace: Pace,
    asked: AtomicUsize,
}

impl Recorded {
    /// Makes a model of the records of one exchange.
    pub fn new(name: impl Into<String>, source: Source, mode: Mode, pace: Pace) -> Self {
        Self { name: name.into(), source, mode, pace, asked: AtomicUsize::new(0) }
    }

    fn text(&self, file: &str) -> Result<Option<String>, ModelError> {
        let broken = |why: String| ModelError::NotRecorded(format!("{file} cannot be read: {why}"));
        match &self.source {
            Source::Directory(directory) => match std::fs::read(directory.join(file)) {
                Ok(bytes) => {
                    String::from_utf8(bytes).map(Some).map_err(|_| broken("it is not UTF-8".into()))
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(broken(error.to_string())),
            },
            Source::Embedded(directory) => {
                let found = directory
                    .files()
                    .find(|entry| entry.path().file_name().is_some_and(|name| name == file));
                found
                    .map(|entry| {
                        entry
                            .contents_utf8()
                            .map(str::to_owned)
                            .ok_or_else(|| broken("it is not UTF-8".into()))
                    })
                    .transpose()
            }
        }
    }

    /// Writes a prompt down, and says who must answer where.
    fn write(&self, number: usize, prompt: &str) -> ModelError {
        let Source::Directory(directory) = &self.source else {
            return ModelError::NotRecorded("records inside the program cannot be added to".into());
        };
        let path = directory.join(format!("{number}.prompt.txt"));
        let written =
            std::fs::create_dir_all(directory).and_then(|()| std::fs::write(&path, prompt));
        let shown = |path: &std::path::Path| {
            crate::base::escape::bytes(path.as_os_str().as_encoded_bytes())
        };
        match written {
            Ok(()) => ModelError::NotRecorded(format!(
                "wrote {}; put the answer into {}",
                shown(&path),
                shown(&directory.join(format!("{number}.reply.txt")))
            )),
            Err(error) => {
                ModelError::NotRecorded(format!("cannot write {}: {error}", shown(&path)))
            }
        }
    }

    /// Returns the recorded reply to this prompt, and what is to be said about it.
    fn reply(&self, number: usize, prompt: &str) -> Result<(String, Option<String>), ModelError> {
        let recorded = self.text(&format!("{number}.prompt.txt"))?;
        let mut remark = None;
        match recorded {
            Some(recorded) if recorded == prompt => {}
            Some(recorded) if self.mode == Mode::ReplayChanged => {
                remark = Some(format!(
                    "reply {number} of {} was recorded for an earlier form of its prompt: {}",
                    self.name,
                    difference(&recorded, prompt)
                ));
            }
            Some(recorded) => {
                return Err(ModelError::NotRecorded(format!(
                    "prompt {number} of {} is not the recorded one: {} (to record it anew, remove {number}.prompt.txt and \
                     {number}.reply.txt)",
                    self.name,
                    difference(&recorded, prompt)
                )));
            }
            None if self.mode == Mode::Record => return Err(self.write(number, prompt)),
            None => {
                return Err(ModelError::NotRecorded(format!(
                    "there is no prompt {number} in {}",
                    self.name
                )));
            }
        }
        let reply = self.text(&format!("{number}.reply.txt"))?.ok_or_else(|| {
            ModelError::NotRecorded(format!(
                "prompt {number} of {} has no {number}.reply.txt",
                self.name
            ))
        })?;
        Ok((reply, remark))
    }
}

impl Model for Recorded {
    fn name(&self) -> String {
        format!("{} (recorded)", self.name)
    }

    fn ask(
        &self,
        prompt: &Prompt,
        limits: &Limits,
        on_piece: &mut dyn FnMut(Piece<'_>),
    ) -> Result<Answered, ModelError> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        let (text, remark) = self.reply(number, &rendered(prompt))?;
        if text.len() > limits.bytes {
            return Err(ModelError::TooLong(limits.bytes));
        }
        let mut rest = text.as_str();
        while !rest.is_empty() {
            pause(self.pace.pause, limits)?;
            let (piece, more) = rest.split_at(rest.ceil_char_boundary(self.pace.bytes.max(1)));
            on_piece(Piece::Text(piece));
            rest = more;
        }
        Ok(Answered {
            reply: Reply { text, end: End::Complete },
            usage: None,
            rung: None,
            requests: 1,
            remark,
        })
    }
}

/// Waits in short turns, so that a cancelled wait ends soon.
fn pause(time: Duration, limits: &Limits) -> Result<(), ModelError> {
    let until = Instant::now() + time;
    loop {
        let now = Instant::now();
        if limits.cancel.is_set() {
            return Err(ModelError::Cancelled);
        }
        if now >= limits.deadline {
            return Err(ModelError::Deadline(
                "the recorded one is slower than its deadline".into(),
            ));
        }
        if now >= until {
            return Ok(());
        }
        std::thread::sleep((until - now).min(Duration::from_millis(20)));
    }
}

/// Returns a prompt as it is recorded: the form of the reply, then the messages.
pub fn rendered(prompt: &Prompt) -> String {
    let mut text = format!(
        "### form of the reply: JSON Schema \"{}\"\n{:#}\n",
        prompt.schema_name, prompt.schema
    );
    for message in &prompt.messages {
        let role = match message.role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        text.push_str(&format!("### {role}\n{}\n", message.text.as_str()));
    }
    text
}

/// Says where two texts first differ.
fn difference(recorded: &str, now: &str) -> String {
    let same = recorded.bytes().zip(now.bytes()).take_while(|(a, b)| a == b).count();
    let near = |text: &str| {
        let start = text.floor_char_boundary(same);
        let line = text[start..].lines().next().unwrap_or_default();
        crate::base::escape::one_line(&line.chars().take(60).collect::<String>())
    };
    format!(
        "from {} on it is recorded as \"{}\" and was \"{}\"",
        Position::of(recorded, same),
        near(recorded),
        near(now)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::dialogue::Message;
    use crate::llm::Cancel;
    use crate::redact::Redacted;

    fn prompt(text: &'static str) -> Prompt {
        let message = Message { role: Role::User, text: Redacted::fixed(text) };
        Prompt {
            messages: vec![message],
            schema_name: "x",
            schema: serde_json::json!({}),
            reply_tokens: 10,
        }
    }

    fn limits() -> Limits {
        Limits {
            deadline: Instant::now() + Duration::from_secs(60),
            bytes: 100,
            cancel: Cancel::default(),
        }
    }

    #[test]
    fn a_prompt_is_written_once_answered_and_then_replayed_in_pieces() {
        let directory = tempfile::tempdir().expect("a directory");
        let model = |mode| {
            Recorded::new(
                "exchange",
                Source::Directory(directory.path().join("new")),
                mode,
                Pace { bytes: 4, pause: Duration::ZERO },
            )
        };
        let ask = |model: &Recorded, text| {
            let mut pieces = vec![];
            let answered = model.ask(&prompt(text), &limits(), &mut |piece| {
                if let Piece::Text(text) = piece {
                    pieces.push(text.to_owned());
                }
            });
            answered.map(|answered| (answered.reply.text, pieces))
        };
        let missing = ask(&model(Mode::Replay), "hello").unwrap_err().to_string();
        assert!(missing.contains("no prompt 1"), "{missing}");
        let wrote = ask(&model(Mode::Record), "hello").unwrap_err().to_string();
        assert!(wrote.contains("1.prompt.txt") && wrote.contains("1.reply.txt"), "{wrote}");
        let unanswered = ask(&model(Mode::Replay), "hello").unwrap_err().to_string();
        assert!(unanswered.contains("has no 1.reply.txt"), "{unanswered}");
        std::fs::write(directory.path().join("new/1.reply.txt"), "灾难 happens").expect("writes");
        let replay = model(Mode::Replay);
        assert_eq!(
            ask(&replay, "hello"),
            Ok(("灾难 happens".into(), vec!["灾难".into(), " hap".into(), "pens".into()]))
        );
        assert!(ask(&replay, "hello").unwrap_err().to_string().contains("no prompt 2"));
        let other = ask(&model(Mode::Replay), "hell\u{1b}").unwrap_err().to_string();
        assert!(other.contains("from 4:5 on it is recorded as \"o\" and was \"\\x1b\" (to record it anew, remove 1.prompt.txt"), "{other}");
        let changed = model(Mode::ReplayChanged);
        let answered = changed.ask(&prompt("hell"), &limits(), &mut |_| {}).expect("answers");
        assert_eq!(answered.reply.text, "灾难 happens");
        let remark = answered.remark.expect("says so");
        assert!(remark.contains("earlier form of its prompt: from 4:5 on"), "{remark}");
        let anew = ask(&model(Mode::Record), "hell").unwrap_err().to_string();
        assert!(anew.contains("is not the recorded one"), "{anew}");
    }

    #[test]
    fn records_may_lie_in_the_program() {
        static EMBEDDED: include_dir::Dir<'_> =
            include_dir::include_dir!("$CARGO_MANIFEST_DIR/fixtures/models");
        let model =
            |mode| Recorded::new("inside", Source::Embedded(&EMBEDDED), mode, Pace::default());
        let ask = |model: Recorded| {
            model.ask(&prompt("hello"), &limits(), &mut |_| {}).unwrap_err().to_string()
        };
        assert_eq!(ask(model(Mode::Replay)), "no recorded reply: there is no prompt 1 in inside");
        assert!(ask(model(Mode::Record)).contains("cannot be added to"));
        let text = model(Mode::Replay).text("README.md").expect("reads").expect("is there");
        assert!(text.starts_with("# Models"));
    }

    #[test]
    fn a_slow_record_is_cancelled_at_once_and_ends_at_its_deadline() {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("1.prompt.txt"), rendered(&prompt("hello")))
            .expect("writes");
        std::fs::write(directory.path().join("1.reply.txt"), "slow").expect("writes");
        let model = || {
            Recorded::new(
                "slow",
                Source::Directory(directory.path().into()),
                Mode::Replay,
                Pace { bytes: 1, pause: Duration::from_secs(600) },
            )
        };
        let cancelled = limits();
        cancelled.cancel.now();
        assert_eq!(
            model().ask(&prompt("hello"), &cancelled, &mut |_| {}),
            Err(ModelError::Cancelled)
        );
        let late = Limits { deadline: Instant::now(), ..limits() };
        assert!(matches!(
            model().ask(&prompt("hello"), &late, &mut |_| {}),
            Err(ModelError::Deadline(_))
        ));
    }
}
