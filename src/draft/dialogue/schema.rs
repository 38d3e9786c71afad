//! The form of a reply: one flat JSON Schema that every endpoint understands.

use serde_json::{Value as Json, json};

use crate::base::Risk;
use crate::plan::{OnFailure, Phase, StepKind};

/// The name under which the schema is sent.
pub const NAME: &str = "recovery_plan";

/// The fields of a step, in the order in which a model is asked for them: what it decides first stands first.
pub const STEP: &[&str] = &[
    "id",
    "based_on",
    "keep",
    "phase",
    "title",
    "kind",
    "host",
    "asset",
    "needs",
    "run",
    "check",
    "rollback",
    "risk",
    "timeout",
    "on_failure",
    "safety_copy",
    "why",
    "expect",
];

/// Returns the schema: every property required, none besides, nothing an endpoint may not know (no pattern, format,
/// bound, reference or alternative). What it cannot say is checked when the reply is read.
pub fn reply() -> Json {
    let text = || json!({"type": ["string", "null"]});
    let texts = || json!({"type": "array", "items": {"type": "string"}});
    let words = |words: Vec<&str>| {
        let mut words: Vec<Json> = words.into_iter().map(Json::from).collect();
        words.push(Json::Null);
        json!({"type": ["string", "null"], "enum": words})
    };
    let phases = words(Phase::ALL.iter().map(|phase| phase.word()).collect());
    let kinds: Vec<&str> = StepKind::ALL.iter().map(|kind| kind.word()).collect();
    let failures = words(OnFailure::ALL.iter().map(|word| word.word()).collect());
    let risks = words(Risk::ALL.iter().map(|risk| risk.word()).collect());
    let mut fields = serde_json::Map::new();
    for name in STEP {
        let field = match *name {
            "id" | "title" => json!({"type": "string"}),
            "keep" => json!({"type": "boolean"}),
            "needs" => texts(),
            "phase" => phases.clone(),
            "kind" => json!({"type": "string", "enum": kinds}),
            "risk" => risks.clone(),
            "on_failure" => failures.clone(),
            _ => text(),
        };
        fields.insert((*name).to_owned(), field);
    }
    json!({
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "summary": {"type": "string"},
            "backup": text(),
            "questions": texts(),
            "assumptions": texts(),
            "steps": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": fields,
                    "required": STEP,
                    "additionalProperties": false,
                },
            },
        },
        "required": ["title", "summary", "backup", "questions", "assumptions", "steps"],
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_is_required_and_nothing_exotic_is_asked_for() {
        fn walk(schema: &Json) {
            if let Some(properties) = schema.get("properties").and_then(Json::as_object) {
                let mut names: Vec<&str> = properties.keys().map(String::as_str).collect();
                let mut required: Vec<&str> = schema["required"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter_map(Json::as_str)
                    .collect();
                names.sort_unstable();
                required.sort_unstable();
                assert_eq!(names, required);
                assert_eq!(schema["additionalProperties"], false);
                properties.values().for_each(walk);
            }
            let known = ["type", "properties", "required", "additionalProperties", "items", "enum"];
            assert!(schema.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())));
            schema.get("items").into_iter().for_each(walk);
        }
        walk(&reply());
    }
}
