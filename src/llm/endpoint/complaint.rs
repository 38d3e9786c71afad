//! Reads what an endpoint complains of, in any of the shapes errors have, and what may be done about it.

use serde_json::Value;

/// An error as an endpoint tells it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Complaint {
    /// What it says, on one line; empty where it says nothing.
    pub message: String,
    /// Its code or type, where it gives one.
    pub code: String,
    /// An HTTP status inside the body.
    pub status: Option<u16>,
}

/// What a complaint is about, as far as asking differently can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The form the reply was asked for in.
    Form,
    /// The name of the field that limits the reply.
    LengthField,
    /// The temperature.
    Temperature,
    /// `stream_options`.
    StreamOptions,
    /// It says nothing that can be used.
    Nothing,
    /// Something that asking differently does not change.
    Else,
}

const LONGEST: usize = 300;

impl Complaint {
    /// Reads the body of an error response.
    pub fn of_body(body: &[u8]) -> Self {
        if let Ok(json) = serde_json::from_slice::<Value>(body) {
            let first = json.as_array().and_then(|list| list.first()).unwrap_or(&json);
            return Self::of_json(first).unwrap_or_else(|| Self::saying(&first.to_string()));
        }
        let text = String::from_utf8_lossy(body);
        if text.trim_start().starts_with('<') {
            return Self::saying(&title(&text));
        }
        // An error in the form of an event.
        match text.lines().find_map(|line| line.strip_prefix("data:")) {
            Some(data) => Self::of_body(data.trim().as_bytes()),
            None => Self::saying(&text),
        }
    }

    /// Reads a JSON object that may be an error: `{"error": …}`, vLLM's flat object, FastAPI's `detail`.
    pub fn of_json(json: &Value) -> Option<Self> {
        if let Some(told) = json.get("error").and_then(Self::told) {
            return Some(told);
        }
        let is_error = json.get("object").and_then(Value::as_str) == Some("error")
            || json.get("type").and_then(Value::as_str) == Some("error");
        if is_error
            || (json.get("message").is_some_and(Value::is_string) && json.get("choices").is_none())
        {
            return Self::told(json);
        }
        match json.get("detail").or_else(|| json.get("errors")) {
            Some(Value::String(text)) => Some(Self::saying(text)),
            Some(Value::Null) | None => None,
            Some(list @ Value::Array(items)) => {
                let told: Vec<&str> = items
                    .iter()
                    .filter_map(|item| item.get("msg").or(item.get("message"))?.as_str())
                    .collect();
                let place = items.first().and_then(|item| item.get("loc")).map(Value::to_string);
                Some(match told.is_empty() {
                    true => Self::saying(&list.to_string()),
                    false => {
                        Self::saying(&format!("{} {}", told.join("; "), place.unwrap_or_default()))
                    }
                })
            }
            Some(other) => Some(Self::saying(&other.to_string())),
        }
    }

    /// Reads what stands behind `error`.
    pub fn told(error: &Value) -> Option<Self> {
        match error {
            Value::Null | Value::Bool(false) => None,
            Value::String(text) => Some(Self::saying(text)),
            Value::Object(fields) => {
                let text = |name: &str| fields.get(name).and_then(Value::as_str);
                // A router puts the words of the provider behind it into `metadata.raw`.
                let raw = error.pointer("/metadata/raw").and_then(Value::as_str);
                let message = text("message").or_else(|| text("detail")).or_else(|| text("msg"));
                let mut told = match (message, raw) {
                    (Some(message), Some(raw)) => Self::saying(&format!("{message}: {raw}")),
                    (Some(message), None) => Self::saying(message),
                    (None, _) => Self::saying(&error.to_string()),
                };
                let code = fields.get("code");
                told.code = code
                    .and_then(Value::as_str)
                    .or_else(|| text("type"))
                    .unwrap_or_default()
                    .to_owned();
                told.status = code
                    .and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()))
                    .and_then(|code| u16::try_from(code).ok())
                    .filter(|code| (400..600).contains(code));
                Some(told)
            }
            other => Some(Self::saying(&other.to_string())),
        }
    }

    /// Makes a complaint of plain words.
    pub fn saying(text: &str) -> Self {
        let mut message = String::new();
        for word in text.split_whitespace() {
            if !message.is_empty() {
                message.push(' ');
            }
            message.push_str(word);
            if message.len() > LONGEST {
                let end =
                    (0..=LONGEST).rev().find(|end| message.is_char_boundary(*end)).unwrap_or(0);
                message.truncate(end);
                message.push('…');
                break;
            }
        }
        Self { message, ..Self::default() }
    }

    /// Tells what it is about. Servers name the field they dislike in free text only.
    pub fn about(&self) -> About {
        let text = format!("{} {}", self.message, self.code).to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let length = has(&["max_tokens", "max_completion_tokens"]);
        let unwanted = has(&[
            "unsupported",
            "not supported",
            "does not support",
            "doesn't support",
            "unrecognized",
            "unknown",
            "not permitted",
            "not allowed",
            "unexpected",
            "extra inputs",
            "invalid parameter",
            "use 'max",
            "use max",
            "incompatible",
            "only the default",
        ]);
        if has(&[
            "context length",
            "context_length",
            "context window",
            "context size",
            "maximum context",
            "too many tokens",
        ]) {
            About::Else
        } else if length && unwanted {
            About::LengthField
        } else if text.contains("temperature") {
            About::Temperature
        } else if has(&["stream_options", "include_usage"]) {
            About::StreamOptions
        } else if has(&[
            "response_format",
            "response format",
            "json_schema",
            "json schema",
            "json_object",
            "json mode",
            "schema",
            "structured",
            "grammar",
            "guided",
            "requested parameters",
            "strict",
        ]) {
            About::Form
        } else if is_vague(&self.message) {
            About::Nothing
        } else {
            About::Else
        }
    }

    /// Tells whether it is about who may do this, and not about what was asked.
    pub fn is_about_access(&self) -> bool {
        let text = format!("{} {}", self.message, self.code).to_lowercase();
        let words =
            ["key", "token", "auth", "credential", "permission", "forbidden", "access", "denied"];
        self.message.is_empty() || words.iter().any(|word| text.contains(word))
    }

    /// Tells whether the account is out of money, which waiting does not change.
    pub fn is_quota(&self) -> bool {
        let text = format!("{} {}", self.message, self.code).to_lowercase();
        [
            "insufficient_quota",
            "exceeded your current quota",
            "billing",
            "insufficient credits",
            "insufficient balance",
        ]
        .iter()
        .any(|word| text.contains(word))
    }
}

/// Words that say no more than the status does.
fn is_vague(message: &str) -> bool {
    let letters: String = message.to_lowercase().chars().filter(|c| c.is_alphabetic()).collect();
    matches!(
        letters.as_str(),
        "" | "badrequest"
            | "invalidrequest"
            | "unprocessableentity"
            | "error"
            | "internalservererror"
            | "provider"
            | "providerreturnederror"
            | "bad"
            | "null"
            | "unprocessable"
    )
}

/// The title of a page, or its first words.
fn title(page: &str) -> String {
    let lower = page.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|start| {
        let from = start + page[start..].find('>')? + 1;
        Some(page[from..from + lower[from..].find("</title")?].to_owned())
    });
    title.unwrap_or_else(|| {
        let mut inside = false;
        page.chars()
            .map(|c| {
                inside = (inside || c == '<') && c != '>';
                if inside || c == '>' { ' ' } else { c }
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_an_error_is_read() {
        let cases = [
            (
                r#"{"error":{"message":"bad key","type":"auth","code":"invalid_api_key"}}"#,
                "bad key",
                None,
            ),
            (r#"{"error":{"code":400,"message":"no","type":"x"}}"#, "no", Some(400)),
            (r#"{"error":"model 'x' not found"}"#, "model 'x' not found", None),
            (
                r#"{"error":{"message":"Provider returned error","code":502,"metadata":{"raw":"schema too deep"}}}"#,
                "Provider returned error: schema too deep",
                Some(502),
            ),
            (r#"{"detail":"Not Found"}"#, "Not Found", None),
            (
                r#"{"detail":[{"loc":["body","response_format"],"msg":"extra fields"}]}"#,
                r#"extra fields ["body","response_format"]"#,
                None,
            ),
            (
                r#"{"object":"error","message":"flat","type":"BadRequestError","param":null,"code":400}"#,
                "flat",
                Some(400),
            ),
            (r#"[{"error":{"code":400,"message":"in a list"}}]"#, "in a list", Some(400)),
            ("<html><head><Title>502 Bad\n Gateway</TITLE></head></html>", "502 Bad Gateway", None),
            ("<p>Sign in</p>", "Sign in", None),
            ("data: {\"error\":\"in an event\"}\n\n", "in an event", None),
            ("plain\x1b words", "plain\x1b words", None),
            ("", "", None),
        ];
        for (body, message, status) in cases {
            let told = Complaint::of_body(body.as_bytes());
            assert_eq!((told.message.as_str(), told.status), (message, status), "{body}");
        }
        assert!(Complaint::of_body("ü".repeat(5000).as_bytes()).message.len() < 310);
    }

    #[test]
    fn what_it_is_about_decides_what_is_tried_next() {
        let cases = [
            (
                "'response_format' of type 'json_schema' is not supported with this model",
                About::Form,
            ),
            ("Invalid schema for response_format 'plan'", About::Form),
            ("failed to parse grammar", About::Form),
            ("No endpoints found that can handle the requested parameters.", About::Form),
            (
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
                About::LengthField,
            ),
            ("Unrecognized request argument supplied: max_completion_tokens", About::LengthField),
            ("max_tokens must be at most 4096", About::Else),
            (
                "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
                About::Temperature,
            ),
            ("Unknown field: stream_options", About::StreamOptions),
            (
                "This model's maximum context length is 8192 tokens; max_tokens is too large",
                About::Else,
            ),
            ("Bad Request", About::Nothing),
            ("", About::Nothing),
            ("The model `x` does not exist", About::Else),
        ];
        for (message, about) in cases {
            assert_eq!(Complaint::saying(message).about(), about, "{message}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_body_makes_it_panic(body: Vec<u8>, text: String) {
            Complaint::of_body(&body).about();
            Complaint::of_body(format!("<title{text}</title").as_bytes());
            Complaint::of_body(text.as_bytes());
        }
    }
}
