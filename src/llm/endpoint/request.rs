//! Writes the body of a request.

use async_openai::types::chat::{
    ChatCompletionRequestAssistantMessage, ChatCompletionRequestMessage,
    ChatCompletionRequestSystemMessage, ChatCompletionRequestUserMessage,
    ChatCompletionStreamOptions, CreateChatCompletionRequest, ResponseFormat,
    ResponseFormatJsonSchema,
};
use serde_json::{Map, Value};

use super::manners::{LengthField, Manners, Sent};
use crate::draft::dialogue::{Message, Prompt, Role};
use crate::llm::Rung;
use crate::redact::Redacted;

/// What stands before the schema where the endpoint cannot be given it in a field of its own.
const FORM: &str = "\n\nReply with one JSON object and nothing else: no explanation before or after it, no Markdown. \
                    It must be valid against this JSON Schema:\n";

/// What of the configuration goes into every request.
#[derive(Debug, Clone, Default)]
pub struct Fixed {
    /// The name of the model.
    pub model: String,
    /// The temperature, where one is configured.
    pub temperature: Option<f64>,
    /// The most tokens the model may reply.
    pub reply_tokens: Option<u32>,
    /// Fields of this endpoint alone.
    pub extra: Map<String, Value>,
}

/// Returns the body of a request, exactly as it is sent.
pub fn body(fixed: &Fixed, manners: Manners, prompt: &Prompt) -> Value {
    let request = CreateChatCompletionRequest {
        model: fixed.model.clone(),
        messages: messages(manners.rung, prompt).iter().map(message).collect(),
        response_format: form(manners.rung, prompt),
        stream: Some(true),
        stream_options: (manners.stream_options == Sent::Yes).then_some(
            ChatCompletionStreamOptions { include_usage: Some(true), include_obfuscation: None },
        ),
        ..CreateChatCompletionRequest::default()
    };
    let mut body = match serde_json::to_value(&request) {
        Ok(Value::Object(body)) => body,
        Ok(_) | Err(_) => Map::new(),
    };
    let most = fixed.reply_tokens.map_or(prompt.reply_tokens, |most| most.min(prompt.reply_tokens));
    let limit = match manners.length {
        LengthField::MaxTokens => Some("max_tokens"),
        LengthField::MaxCompletionTokens => Some("max_completion_tokens"),
        LengthField::Omitted => None,
    };
    if let Some(limit) = limit {
        body.insert(limit.into(), most.into());
    }
    if let (Some(temperature), Sent::Yes) = (fixed.temperature, manners.temperature) {
        body.insert("temperature".into(), temperature.into());
    }
    for (name, value) in &fixed.extra {
        body.insert(name.clone(), value.clone());
    }
    Value::Object(body)
}

/// Returns the messages; on the lower rungs the first system message ends with the schema, so that the beginning of
/// every prompt stays the same.
pub fn messages(rung: Rung, prompt: &Prompt) -> Vec<Message> {
    let mut messages = prompt.messages.clone();
    if matches!(rung, Rung::Object | Rung::Text) {
        let mut form = Redacted::fixed(FORM);
        form.push(&Redacted::schema(&prompt.schema));
        match messages.iter_mut().find(|message| message.role == Role::System) {
            Some(system) => system.text.push(&form),
            None => messages.insert(0, Message { role: Role::System, text: form }),
        }
    }
    messages
}

fn message(message: &Message) -> ChatCompletionRequestMessage {
    let text = message.text.as_str();
    match message.role {
        Role::System => ChatCompletionRequestSystemMessage::from(text).into(),
        Role::User => ChatCompletionRequestUserMessage::from(text).into(),
        Role::Assistant => ChatCompletionRequestAssistantMessage::from(text).into(),
    }
}

fn form(rung: Rung, prompt: &Prompt) -> Option<ResponseFormat> {
    let schema = |strict| ResponseFormat::JsonSchema {
        json_schema: ResponseFormatJsonSchema {
            description: None,
            name: prompt.schema_name.to_owned(),
            schema: prompt.schema.clone(),
            strict,
        },
    };
    match rung {
        Rung::Strict => Some(schema(Some(true))),
        Rung::Schema => Some(schema(None)),
        Rung::Object => Some(ResponseFormat::JsonObject),
        Rung::Text => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn prompt() -> Prompt {
        let say = |role, text| Message { role, text: Redacted::fixed(text) };
        Prompt {
            messages: vec![
                say(Role::System, "rules"),
                say(Role::User, "facts"),
                say(Role::Assistant, "{}"),
                say(Role::User, "again"),
            ],
            schema_name: "plan",
            schema: json!({"type": "object"}),
            reply_tokens: 900,
        }
    }

    #[test]
    fn each_rung_asks_in_its_own_way_and_sends_nothing_else() {
        let fixed = Fixed { model: "m".into(), ..Fixed::default() };
        let at = |rung| body(&fixed, Manners { rung, ..Manners::default() }, &prompt());
        assert_eq!(
            at(Rung::Strict),
            json!({
                "model": "m", "stream": true, "stream_options": {"include_usage": true}, "max_tokens": 900,
                "messages": [
                    {"role": "system", "content": "rules"}, {"role": "user", "content": "facts"},
                    {"role": "assistant", "content": "{}"}, {"role": "user", "content": "again"}],
                "response_format": {"type": "json_schema", "json_schema": {"name": "plan", "schema": {"type": "object"}, "strict": true}},
            })
        );
        assert_eq!(at(Rung::Schema)["response_format"]["json_schema"].get("strict"), None);
        assert_eq!(at(Rung::Object)["response_format"], json!({"type": "json_object"}));
        assert_eq!(at(Rung::Text).get("response_format"), None);
        for rung in [Rung::Object, Rung::Text] {
            let system = at(rung)["messages"][0]["content"].as_str().unwrap().to_owned();
            assert_eq!(system, format!("rules{FORM}{{\"type\":\"object\"}}"));
        }
        let alone = Prompt { messages: vec![], ..prompt() };
        assert_eq!(messages(Rung::Text, &alone).len(), 1);
    }

    #[test]
    fn what_the_endpoint_refuses_is_left_out() {
        let fixed = Fixed {
            model: "m".into(),
            temperature: Some(0.1),
            reply_tokens: Some(500),
            extra: [("provider".to_owned(), json!({"require_parameters": true}))]
                .into_iter()
                .collect(),
        };
        let all = body(&fixed, Manners::default(), &prompt());
        assert_eq!((&all["temperature"], &all["max_tokens"]), (&json!(0.1), &json!(500)));
        assert_eq!(all["provider"], json!({"require_parameters": true}));
        let manners = Manners {
            length: LengthField::MaxCompletionTokens,
            temperature: Sent::No,
            stream_options: Sent::No,
            ..Manners::default()
        };
        let less = body(&fixed, manners, &prompt());
        assert_eq!(less["max_completion_tokens"], json!(500));
        for gone in ["temperature", "max_tokens", "stream_options"] {
            assert_eq!(less.get(gone), None, "{gone}");
        }
    }
}
