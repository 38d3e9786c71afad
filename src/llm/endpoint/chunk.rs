//! Reads what a model said out of the JSON of an event or a body, whatever of it is there.

use serde_json::Value;

use super::complaint::Complaint;
use crate::llm::Usage;

/// What one event says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chunk {
    /// More of the reply.
    pub text: String,
    /// More of the reasoning.
    pub thought: String,
    /// More of the words in which the model declines.
    pub refusal: String,
    /// Why it ended.
    pub finish: Option<Finish>,
    /// What it took.
    pub usage: Option<Usage>,
    /// What went wrong.
    pub error: Option<Complaint>,
}

/// Why a reply ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finish {
    /// The model was done.
    Stop,
    /// The limit of its length.
    Length,
    /// A filter.
    Filter,
    /// The model declined.
    Declined,
    /// Something that is no reason to believe the reply.
    Other(String),
}

impl Finish {
    /// Reads a reason; an empty one is none.
    fn of(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "" | "null" => return None,
            "stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence" | "completed"
            | "complete" | "done" | "finished" => Self::Stop,
            "length" | "max_tokens" | "max_output_tokens" | "model_length" => Self::Length,
            "content_filter" | "content-filter" | "safety" | "recitation" | "blocklist"
            | "prohibited_content" | "sensitive" => Self::Filter,
            "refusal" => Self::Declined,
            other => Self::Other(other.chars().take(40).collect()),
        })
    }
}

impl Chunk {
    /// Reads an event or a whole body. Nothing of it is required, and nothing of the wrong type is an error.
    pub fn of(json: &Value) -> Self {
        let mut chunk = Self { usage: usage(json), ..Self::default() };
        let choices = json.get("choices").and_then(Value::as_array);
        let choice = choices.and_then(|choices| choices.iter().find(|choice| is_first(choice)));
        if let Some(choice) = choice {
            // `delta` in a stream, `message` in a whole body, `text` of the older interface.
            for part in ["delta", "message"].iter().filter_map(|name| choice.get(name)) {
                chunk.text.push_str(&words(part.get("content")));
                let thought = ["reasoning_content", "reasoning", "thinking"];
                let thought = thought.iter().map(|name| words(part.get(name)));
                chunk.thought.push_str(
                    &thought.into_iter().find(|text| !text.is_empty()).unwrap_or_default(),
                );
                chunk.refusal.push_str(&words(part.get("refusal")));
            }
            if chunk.text.is_empty() {
                chunk.text = words(choice.get("text"));
            }
            chunk.finish = choice.get("finish_reason").and_then(Value::as_str).and_then(Finish::of);
            chunk.error = choice.get("error").and_then(Complaint::told);
        }
        if chunk.error.is_none() {
            chunk.error = match choices {
                Some(choices) if !choices.is_empty() => json.get("error").and_then(Complaint::told),
                Some(_) | None => Complaint::of_json(json),
            };
        }
        chunk
    }
}

fn is_first(choice: &Value) -> bool {
    choice.get("index").and_then(Value::as_f64).is_none_or(|index| index == 0.0)
}

/// Text, or the text parts of a list of parts.
fn words(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts
            .iter()
            .filter_map(|part| part.as_str().or_else(|| part.get("text")?.as_str()))
            .collect(),
        Some(_) | None => String::new(),
    }
}

fn usage(json: &Value) -> Option<Usage> {
    let usage = json.get("usage").or_else(|| json.pointer("/x_groq/usage"))?;
    let count = |names: &[&str]| {
        names.iter().find_map(|name| usage.pointer(name).and_then(Value::as_f64)).map(|n| n as u64)
    };
    let prompt = count(&["/prompt_tokens", "/input_tokens"]);
    let reply = count(&["/completion_tokens", "/output_tokens"]);
    let cached = count(&["/prompt_tokens_details/cached_tokens", "/prompt_cache_hit_tokens"]);
    match (prompt, reply) {
        (None, None) => None,
        (prompt, reply) => Some(Usage {
            prompt: prompt.unwrap_or_default(),
            reply: reply.unwrap_or_default(),
            cached: cached.unwrap_or_default(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: Chunk) {
        let json = serde_json::from_str(json).expect("JSON");
        assert_eq!(Chunk::of(&json), expected, "{json}");
    }

    fn said(text: &str) -> Chunk {
        Chunk { text: text.into(), ..Chunk::default() }
    }

    #[test]
    fn what_servers_send_is_read() {
        let stop = |text: &str| Chunk { finish: Some(Finish::Stop), ..said(text) };
        check(
            r#"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}"#,
            said("a"),
        );
        check(
            r#"{"created":1.5,"choices":[{"delta":{"role":"model","content":"a"},"finish_reason":""}]}"#,
            said("a"),
        );
        check(r#"{"choices":[{"delta":{},"finish_reason":"eos_token"}]}"#, stop(""));
        check(
            r#"{"choices":[{"delta":{"content":"a"},"finish_reason":"end_turn"}],"usage":{}}"#,
            stop("a"),
        );
        check(r#"{"choices":[{"delta":null}]}"#, said(""));
        check(r#"{"choices":[{}]}"#, said(""));
        check(r#"{"choices":null}"#, said(""));
        check(r#"{"choices":[]}"#, said(""));
        check(r#"{"choices":"x","usage":7}"#, said(""));
        check(r#"[1]"#, said(""));
        check(
            r#"{"choices":[{"index":1,"delta":{"content":"b"}},{"index":0,"delta":{"content":"a"}}]}"#,
            said("a"),
        );
        check(
            r#"{"choices":[{"delta":{"content":[{"type":"text","text":"a"},{"type":"x"}]}}]}"#,
            said("a"),
        );
        check(
            r#"{"choices":[{"delta":{"content":7,"reasoning_content":"hm"}}]}"#,
            Chunk { thought: "hm".into(), ..said("") },
        );
        check(
            r#"{"choices":[{"delta":{"reasoning":"hm"},"finish_reason":"length"}]}"#,
            Chunk { thought: "hm".into(), finish: Some(Finish::Length), ..said("") },
        );
        check(r#"{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}"#, stop("a"));
        check(
            r#"{"choices":[{"delta":{"refusal":"no"},"finish_reason":"content_filter"}]}"#,
            Chunk { refusal: "no".into(), finish: Some(Finish::Filter), ..said("") },
        );
        check(
            r#"{"choices":[{"delta":{},"finish_reason":"abort"}]}"#,
            Chunk { finish: Some(Finish::Other("abort".into())), ..said("") },
        );
        check(
            r#"{"choices":[],"usage":{"prompt_tokens":10.0,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":8}}}"#,
            Chunk { usage: Some(Usage { prompt: 10, reply: 2, cached: 8 }), ..said("") },
        );
    }

    #[test]
    fn an_error_is_found_wherever_it_stands() {
        let told = |json: &str| {
            Chunk::of(&serde_json::from_str(json).expect("JSON")).error.map(|error| error.message)
        };
        assert_eq!(
            told(r#"{"error":{"message":"overloaded","code":503}}"#).as_deref(),
            Some("overloaded")
        );
        assert_eq!(told(r#"{"error":"busy"}"#).as_deref(), Some("busy"));
        assert_eq!(told(r#"{"error":{"message":"x"},"choices":[{"delta":{"content":""},"finish_reason":"error"}]}"#).as_deref(), Some("x"));
        assert_eq!(
            told(r#"{"choices":[{"error":{"message":"y"},"delta":{}}]}"#).as_deref(),
            Some("y")
        );
        assert_eq!(told(r#"{"object":"error","message":"z","code":400}"#).as_deref(), Some("z"));
        assert_eq!(told(r#"{"detail":"nope"}"#).as_deref(), Some("nope"));
        assert_eq!(told(r#"{"error":null,"choices":[]}"#), None);
        assert_eq!(told(r#"{"type":"ping"}"#), None);
    }
}
