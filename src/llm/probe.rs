//! Tries an endpoint with a tiny request of fixed text on each rung.

use std::time::Duration;

use super::{Answered, Cancel, Endpoint, Limits, Manners, Model, ModelError, Rung, Trace, Usage};
use crate::draft::dialogue::{End, Message, Prompt, Role};
use crate::redact::Redacted;

/// What a rung was found to do.
#[derive(Debug)]
pub struct Probed {
    /// The rung that was asked for.
    pub rung: Rung,
    /// HTTP status of the last response.
    pub status: Option<u16>,
    /// Whether the reply came in pieces.
    pub is_stream: bool,
    /// From the request to the first byte of the reply.
    pub first_byte: Option<Duration>,
    /// From the request to its end.
    pub total: Duration,
    /// What the endpoint counted.
    pub usage: Option<Usage>,
    /// How many requests it took.
    pub requests: u32,
    /// Nothing, where the rung works; else why it does not.
    pub failure: Option<Failure>,
}

/// Why a rung does not work.
#[derive(Debug)]
pub enum Failure {
    /// The endpoint takes the request only on this lower rung.
    Lower(Rung),
    /// The reply is not what was asked for.
    Unfit(String),
    /// There is no reply.
    Error(ModelError),
}

/// Asks for `{"ok": true}` on one rung. Nothing of the operator's is in the request.
pub fn probe(endpoint: &Endpoint, rung: Rung, limits: &Limits) -> Probed {
    let before = endpoint.manners();
    endpoint.relearn(Manners { rung, ..before });
    let started = std::time::Instant::now();
    let asked = endpoint.ask(&prompt(), limits, &mut |_| {});
    let total = started.elapsed();
    // What was learned besides the rung holds for the other rungs too.
    endpoint.relearn(Manners { rung: before.rung, ..endpoint.manners() });
    let Trace { status, sent, first_byte, is_stream } = endpoint.trace();
    let first_byte = first_byte.zip(sent).map(|(first, sent)| first - sent);
    let (usage, requests, failure) = match asked {
        Ok(answered) => (answered.usage, answered.requests, unfit(&answered, rung)),
        Err(error) => (None, 0, Some(Failure::Error(error))),
    };
    Probed { rung, status, is_stream, first_byte, total, usage, requests, failure }
}

/// Returns the limits of a probe.
pub fn limits(time: Duration, cancel: Cancel) -> Limits {
    Limits { deadline: std::time::Instant::now() + time, bytes: 64 * 1024, cancel }
}

fn unfit(answered: &Answered, rung: Rung) -> Option<Failure> {
    if let Some(lower) = answered.rung.filter(|lower| *lower != rung) {
        return Some(Failure::Lower(lower));
    }
    let text = answered.reply.text.trim();
    let json: Option<serde_json::Value> = match rung {
        Rung::Strict | Rung::Schema | Rung::Object => serde_json::from_str(text).ok(),
        // Plain text may have anything around the object.
        Rung::Text => text
            .find('{')
            .zip(text.rfind('}'))
            .and_then(|(start, end)| serde_json::from_str(text.get(start..=end)?).ok()),
    };
    let fits = json.is_some_and(|json| json.get("ok").is_some_and(serde_json::Value::is_boolean));
    match (&answered.reply.end, fits) {
        (End::Complete, true) => None,
        (End::Complete, false) => {
            Some(Failure::Unfit("it ignores the form it is asked for".into()))
        }
        (End::Length, _) => {
            Some(Failure::Unfit("it used up the tokens of the probe without an answer".into()))
        }
        (End::Filtered, _) => Some(Failure::Unfit("a filter stopped it".into())),
        (End::Declined, _) => Some(Failure::Unfit("it declined".into())),
        (End::Cut, _) => Some(Failure::Unfit("the connection ended before the reply did".into())),
        (End::Failed(why), _) => Some(Failure::Unfit(why.clone())),
    }
}

fn prompt() -> Prompt {
    let say = |role, text| Message { role, text: Redacted::fixed(text) };
    Prompt {
        messages: vec![
            say(Role::System, "You answer in JSON."),
            say(Role::User, "This is a test of the connection. Reply with {\"ok\": true}"),
        ],
        schema_name: "probe",
        schema: serde_json::json!({
            "type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"], "additionalProperties": false,
        }),
        // Room for a model that reasons first.
        reply_tokens: 2000,
    }
}
