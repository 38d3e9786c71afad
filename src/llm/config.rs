//! The models document, `schema: blackstart/models/v1`: which models there are, where, and what opens them.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::endpoint::{Address, LengthField};
use crate::base::document::{self, Read};
use crate::base::{Id, Period, Problem, Span};

/// The tag in the first line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Tag {
    /// Version 1.
    #[serde(rename = "blackstart/models/v1")]
    V1,
}

/// The models of a user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Models {
    /// The format of this file.
    pub schema: Tag,
    /// Each model; the first is taken where none is named.
    #[serde(default)]
    pub models: Vec<ModelConfig>,
}

/// A model behind an endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// What it is called here.
    pub id: Id,
    /// The part of the URL before `/chat/completions`.
    pub base_url: String,
    /// What the endpoint calls the model.
    pub model: String,
    /// Where the key is taken from; without it no key is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeySource>,
    /// How the key is sent.
    #[serde(default, skip_serializing_if = "Auth::is_bearer")]
    pub auth: Auth,
    /// Further headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Query parameters, like `api-version`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// The field that limits the reply; found out where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_limit_field: Option<LengthField>,
    /// The temperature; without it none is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 2))]
    pub temperature: Option<f64>,
    /// How many tokens prompt and reply may have together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1024, max = 100_000_000))]
    pub context_tokens: Option<u32>,
    /// The most tokens of a reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 64, max = 100_000_000))]
    pub reply_tokens: Option<u32>,
    /// How long the endpoint may be silent; 90 s where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence: Option<Period>,
    /// What it costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// Further fields of the request, like `provider: {require_parameters: true}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub body: BTreeMap<String, Field>,
}

/// Where a key is taken from: exactly one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeySource {
    /// From this environment variable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// From this file, relative to the document or to `~/`; its last line break does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// How a key is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Auth {
    /// `Authorization: Bearer …`.
    #[default]
    Bearer,
    /// `api-key: …`, as Azure wants it.
    ApiKey,
}

impl Auth {
    fn is_bearer(&self) -> bool {
        *self == Self::Bearer
    }
}

/// What tokens cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// A million tokens of prompt.
    #[schemars(range(min = 0))]
    pub input_per_million: f64,
    /// A million tokens of prompt that came from the endpoint's cache; like the others where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub cached_per_million: Option<f64>,
    /// A million tokens of reply.
    #[schemars(range(min = 0))]
    pub output_per_million: f64,
    /// In which currency, like EUR.
    pub currency: String,
}

/// A field of the request: any value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Field(pub Value);

impl JsonSchema for Field {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Field".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let inner = generator.subschema_for::<Self>();
        json_schema!({
            "description": "a value",
            "anyOf": [
                {"type": "object", "additionalProperties": inner},
                {"type": "array", "items": inner},
                {"type": "boolean"}, {"type": "integer"}, {"type": "number"}, {"type": "string"},
            ],
        })
    }
}

/// Fields of a request that the program decides.
const OWN: [&str; 9] = [
    "model",
    "messages",
    "stream",
    "stream_options",
    "response_format",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "n",
];

impl ModelConfig {
    /// Returns a model that nothing but its name and its address is known of.
    pub fn bare(model: &str, base_url: &str, key: Option<KeySource>) -> Self {
        let id: String = model
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '-' })
            .collect();
        let id = Id::parse(id.trim_start_matches(['-', '.', '_']));
        Self {
            id: id.unwrap_or_else(|_| Id::parse("model").expect("a valid id")),
            base_url: base_url.to_owned(),
            model: model.to_owned(),
            key,
            auth: Auth::Bearer,
            headers: BTreeMap::new(),
            query: BTreeMap::new(),
            reply_limit_field: None,
            temperature: None,
            context_tokens: None,
            reply_tokens: None,
            silence: None,
            price: None,
            body: BTreeMap::new(),
        }
    }

    /// Returns the further fields of the request.
    pub fn extra(&self) -> Map<String, Value> {
        self.body.iter().map(|(name, field)| (name.clone(), field.0.clone())).collect()
    }

    /// Returns how long the endpoint may be silent.
    pub fn silence(&self) -> Duration {
        self.silence.map_or(Duration::from_secs(90), Period::duration)
    }

    /// Returns what is worth knowing before a model is asked, and is no error.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = vec![];
        let Ok(address) = Address::parse(&self.base_url) else {
            return remarks;
        };
        if self.key.is_some() && !address.is_https() && !address.is_loopback() {
            remarks.push("the key travels unencrypted: the base URL begins with http://".into());
        }
        if address.as_str().contains(":11434") {
            remarks.push(
                "Ollama cuts longer prompts silently to its own context, often 4096 tokens: set OLLAMA_CONTEXT_LENGTH where it \
                 runs, or num_ctx in a Modelfile"
                    .into(),
            );
        }
        if address.host().ends_with("openrouter.ai")
            && self
                .body
                .get("provider")
                .is_none_or(|field| field.0.get("require_parameters") != Some(&Value::Bool(true)))
        {
            remarks.push(
                "OpenRouter may choose a provider that ignores the schema: add body: {provider: {require_parameters: true}}".into(),
            );
        }
        remarks
    }
}

/// Reads a models document. Returns as much as could be read and every problem.
pub fn read(text: &str) -> (Option<Models>, Vec<Problem>) {
    let Read { value, mut problems, root } = document::read::<Models>(text);
    if let (Some(models), Some(root), true) = (&value, &root, problems.is_empty()) {
        let nodes = root.get("models").and_then(|list| match &list.value {
            crate::base::yaml::Value::List(items) => Some(items.as_slice()),
            _ => None,
        });
        for (model, node) in models.models.iter().zip(nodes.unwrap_or_default()) {
            let at = |name: &str| node.get(name).map_or(node.span, |field| field.span);
            problems.extend(wrong(model, at));
        }
    }
    (value, problems)
}

/// What the schema cannot say.
fn wrong(model: &ModelConfig, at: impl Fn(&str) -> Span) -> Vec<Problem> {
    let mut problems = vec![];
    if let Err(error) = Address::parse(&model.base_url) {
        problems.push(Problem::new(at("base_url"), error.to_string()));
    }
    if let Some(KeySource { env, file }) = &model.key
        && env.is_some() == file.is_some()
    {
        problems.push(Problem::new(at("key"), "a key comes from exactly one place").with_help(
            "write key: {env: NAME} or key: {file: PATH}; leave it out where no key is wanted",
        ));
    }
    for name in model.body.keys().filter(|name| OWN.contains(&name.as_str())) {
        problems.push(Problem::new(
            at("body"),
            format!("the field {name:?} of the request is the program's own"),
        ));
    }
    let secret = model
        .headers
        .keys()
        .find(|name| ["authorization", "api-key"].contains(&name.to_lowercase().as_str()));
    if let Some(name) = secret {
        problems.push(
            Problem::new(
                at("headers"),
                format!("the header {name:?} would hold a key in this file"),
            )
            .with_help("write key: {env: NAME}, and auth: api-key where the header is api-key"),
        );
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(model: &str) -> Vec<String> {
        let text =
            format!("schema: blackstart/models/v1\nmodels:\n- {{id: a, model: m, {model}}}\n");
        read(&text)
            .1
            .into_iter()
            .map(|problem| {
                format!(
                    "{} {}",
                    &text[problem.span.start..problem.span.end.min(problem.span.start + 12)],
                    problem.message
                )
            })
            .collect()
    }

    #[test]
    fn a_model_with_everything_reads_and_its_body_keeps_its_types() {
        let (models, problems) = read(
            "schema: blackstart/models/v1\nmodels:\n- id: a\n  base_url: https://h/v1\n  model: m\n  key: {env: KEY}\n  auth: api-key\n  \
             headers: {X-Title: blackstart}\n  query: {api-version: \"2024-10-21\"}\n  reply_limit_field: max_completion_tokens\n  \
             temperature: 0.1\n  context_tokens: 32768\n  reply_tokens: 4096\n  silence: 2m\n  \
             price: {input_per_million: 1.25, output_per_million: 10, currency: EUR}\n  \
             body: {provider: {require_parameters: true, order: [a, b]}, seed: 7, top_p: 0.5, name: \"7\"}\n",
        );
        assert_eq!(problems, []);
        let model = &models.expect("reads").models[0];
        assert_eq!(
            Value::Object(model.extra()),
            serde_json::json!({"provider": {"require_parameters": true, "order": ["a", "b"]}, "seed": 7, "top_p": 0.5, "name": "7"})
        );
        assert_eq!((model.auth, model.silence()), (Auth::ApiKey, Duration::from_secs(120)));
    }

    #[test]
    fn what_cannot_work_or_would_leak_is_refused_at_its_place() {
        for (model, expected) in [
            ("base_url: 'ftp://h'", "the base URL begins neither"),
            ("base_url: 'http://u:p@h/v1'", "holds a user name"),
            ("base_url: 'http://h', key: {}", "exactly one place"),
            ("base_url: 'http://h', key: {env: A, file: b}", "exactly one place"),
            ("base_url: 'http://h', key: sk-secret", "mapping"),
            ("base_url: 'http://h', body: {messages: []}", "the program's own"),
            ("base_url: 'http://h', headers: {Authorization: Bearer x}", "would hold a key"),
            ("base_url: 'http://h', tempereture: 1", "unknown field"),
            ("base_url: 'http://h', temperature: 9", "at most 2"),
            ("base_url: 'http://h', auth: basic", "cannot be"),
        ] {
            let found = problems(model);
            assert!(found.len() == 1 && found[0].contains(expected), "{model}: {found:?}");
        }
        assert!(problems("temperature: 1").iter().any(|problem| problem.contains("base_url")));
    }

    #[test]
    fn a_bare_model_has_an_id_whatever_its_name() {
        for (name, id) in
            [("qwen3:32b", "qwen3-32b"), ("@cf/meta", "cf-meta"), ("模型", "model"), ("", "model")]
        {
            assert_eq!(ModelConfig::bare(name, "http://h", None).id.as_str(), id);
        }
    }

    #[test]
    fn a_key_over_plain_http_and_a_small_context_are_remarked() {
        let of = |url: &str, key| ModelConfig::bare("m", url, key).remarks().len();
        let key = || Some(KeySource { env: Some("K".into()), file: None });
        assert_eq!(
            (
                of("http://gpu.internal/v1", key()),
                of("http://localhost/v1", key()),
                of("http://gpu.internal/v1", None)
            ),
            (1, 0, 0)
        );
        assert_eq!(
            (of("http://localhost:11434/v1", None), of("https://openrouter.ai/api/v1", key())),
            (1, 1)
        );
    }
}
