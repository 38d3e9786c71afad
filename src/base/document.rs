//! Reads a positioned YAML tree into a typed document, by the JSON Schema of that type.
//!
//! The schema is the one definition: it is what `blackstart schema` prints, what unknown fields
//! and wrong units are found by, and what decides which values the typed reader is handed.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use super::clock::Timestamp;
use super::id::Id;
use super::nearest::nearest;
use super::text::{Problem, Problems, Span};
use super::units::{ByteRate, ChangeRate, Period, Size};
use super::yaml::{self, Node, Value};

/// A document as it was read.
#[derive(Debug)]
pub struct Read<T> {
    /// The document; where there are problems, with placeholders for what could not be read.
    /// `None` only where nothing could be read at all.
    pub value: Option<T>,
    /// Every problem found, in source order.
    pub problems: Vec<Problem>,
    /// The tree, for the positions of later problems.
    pub root: Option<Node>,
}

/// Returns the JSON Schema of a document type.
pub fn schema_of<T: JsonSchema>() -> Json {
    schemars::SchemaGenerator::default().into_root_schema_for::<T>().to_value()
}

/// Reads `text` as a `T`, and returns the value with every problem.
pub fn read<T: DeserializeOwned + JsonSchema>(text: &str) -> Read<T> {
    let (root, syntax) = yaml::parse(text);
    let Some(root) = root else {
        return Read { value: None, problems: syntax, root: None };
    };
    let schema = schema_of::<T>();
    let mut reader = Reader { schema: &schema, problems: Problems::default() };
    let json = reader.value(&root, &schema, "the document");
    let mut problems = reader.problems;
    problems.extend(syntax);
    let value = match serde_json::from_value(json) {
        Ok(value) => Some(value),
        Err(error) => {
            if problems.is_empty() {
                problems.add(|| Problem::new(root.span, format!("cannot be read: {error}")));
            }
            None
        }
    };
    Read { value, problems: problems.into_sorted(), root: Some(root) }
}

/// Returns a document as YAML that reads back as the same value. Long commands stay on their lines.
pub fn write<T: serde::Serialize>(document: &T) -> String {
    let options = serde_yaml::ser_options! { folded_wrap_chars: usize::MAX };
    serde_yaml::to_string_with_options(document, options)
        .expect("documents hold only text, numbers, lists and fields")
}

struct Reader<'s> {
    schema: &'s Json,
    problems: Problems,
}

impl<'s> Reader<'s> {
    /// Follows `$ref`, and `anyOf: [X, null]`, to what describes a present value.
    fn resolve(&self, mut schema: &'s Json) -> &'s Json {
        loop {
            let next = if let Some(reference) = schema.get("$ref").and_then(Json::as_str) {
                self.schema.pointer(reference.trim_start_matches('#'))
            } else {
                match schema.get("anyOf").and_then(Json::as_array).map(Vec::as_slice) {
                    Some([one, null])
                        if null.get("type").and_then(Json::as_str) == Some("null") =>
                    {
                        Some(one)
                    }
                    _ => None,
                }
            };
            match next {
                Some(next) => schema = next,
                None => return schema,
            }
        }
    }

    fn value(&mut self, node: &Node, schema: &'s Json, name: &str) -> Json {
        let schema = self.resolve(schema);
        if let Some(choices) =
            schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Json::as_array)
        {
            return self.choice(node, schema, choices, name);
        }
        match type_of(schema) {
            "object" => self.object(node, schema, name),
            "array" => self.array(node, schema, name),
            _ => self.scalar(node, schema, name),
        }
    }

    fn object(&mut self, node: &Node, schema: &'s Json, name: &str) -> Json {
        let Value::Map(entries) = &node.value else {
            if !matches!(node.value, Value::Null) || requires_anything(schema) {
                self.problem(node.span, format!("{name} must be a mapping of fields"));
            }
            return self.placeholder(schema);
        };

        let fields = schema.get("properties").and_then(Json::as_object);
        let names = || fields.into_iter().flatten().map(|(name, _)| name.as_str());
        let others = schema.get("additionalProperties").filter(|other| other.is_object());
        let mut read = Map::new();
        for (key, value) in entries {
            match (fields.and_then(|fields| fields.get(&key.text)), others) {
                (Some(field), _) => {
                    if !matches!(value.value, Value::Null) {
                        let field = self.value(value, field, &format!("{:?}", key.text));
                        read.insert(key.text.clone(), field);
                    }
                }
                (None, Some(other)) => {
                    let field = self.value(value, other, &format!("{:?}", key.text));
                    read.insert(key.text.clone(), field);
                }
                (None, None) => {
                    self.problems.add(|| {
                        let message = format!("unknown field {:?} in {name}", key.text);
                        let known = || names().collect::<Vec<_>>().join(", ");
                        Problem::new(key.span, message).with_help(
                            match nearest(&key.text, names()) {
                                Some(near) => format!("did you mean {near:?}?"),
                                None => format!("known fields: {}", known()),
                            },
                        )
                    });
                }
            }
        }
        for required in schema
            .get("required")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
        {
            if !read.contains_key(required) {
                let start = node.span.start;
                self.problem(
                    Span::new(start, start),
                    format!("{name} lacks the field {required:?}"),
                );
                let placeholder = fields
                    .and_then(|fields| fields.get(required))
                    .map_or(Json::Null, |field| self.placeholder(field));
                read.insert(required.to_owned(), placeholder);
            }
        }
        Json::Object(read)
    }

    fn array(&mut self, node: &Node, schema: &'s Json, name: &str) -> Json {
        match (&node.value, schema.get("items")) {
            (Value::List(items), Some(of)) => {
                let item_name = format!("an item of {name}");
                let mut read = Vec::with_capacity(items.len());
                for item in items {
                    if self.problems.is_full() {
                        break;
                    }
                    read.push(self.value(item, of, &item_name));
                }
                self.refuse_repeated_ids(items);
                Json::Array(read)
            }
            (Value::Null, _) => Json::Array(vec![]),
            _ => {
                self.problem(node.span, format!("{name} must be a list"));
                Json::Array(vec![])
            }
        }
    }

    fn refuse_repeated_ids(&mut self, items: &[Node]) {
        let mut seen = std::collections::HashSet::new();
        for id in items.iter().filter_map(|item| item.get("id")) {
            if let Some(text) = id.text()
                && !seen.insert(text)
            {
                self.problem(id.span, format!("the id {text:?} stands in this list a second time"));
            }
        }
    }

    fn choice(&mut self, node: &Node, schema: &'s Json, choices: &'s [Json], name: &str) -> Json {
        let words: Vec<&str> =
            choices.iter().filter_map(|choice| choice.get("const")?.as_str()).collect();
        if words.len() == choices.len() {
            return self.word(node, &words, name);
        }
        let is_map = matches!(node.value, Value::Map(_));
        let mut first_problems = None;
        for choice in choices {
            let choice = self.resolve(choice);
            if (type_of(choice) == "object") != is_map {
                continue;
            }
            let mut attempt = Reader { schema: self.schema, problems: Problems::default() };
            let read = attempt.value(node, choice, name);
            if attempt.problems.is_empty() {
                return read;
            }
            first_problems.get_or_insert(attempt.problems);
        }
        match (is_map, first_problems) {
            (true, Some(problems)) => self.problems.extend(problems.into_sorted()),
            (_, _) => {
                let what =
                    schema.get("description").and_then(Json::as_str).unwrap_or("one of its forms");
                self.problem(
                    node.span,
                    format!(
                        "{name} must be {}",
                        what.lines().next().unwrap_or_default().trim_end_matches('.')
                    ),
                );
            }
        }
        self.placeholder(choices.first().unwrap_or(&Json::Null))
    }

    fn word(&mut self, node: &Node, words: &[&str], name: &str) -> Json {
        let text = node.text().unwrap_or_default();
        if words.contains(&text) {
            return Json::String(text.to_owned());
        }
        self.problems.add(|| {
            let list = words.join(", ");
            Problem::new(node.span, format!("{name} cannot be {text:?}")).with_help(
                match nearest(text, words.iter().copied()) {
                    Some(near) => format!("did you mean {near:?}? It is one of: {list}"),
                    None => format!("it is one of: {list}"),
                },
            )
        });
        words.first().map_or(Json::Null, |word| Json::String((*word).to_owned()))
    }

    fn scalar(&mut self, node: &Node, schema: &'s Json, name: &str) -> Json {
        if let Some(words) = schema.get("enum").and_then(Json::as_array) {
            let words: Vec<&str> = words.iter().filter_map(Json::as_str).collect();
            return self.word(node, &words, name);
        }
        if let Some(word) = schema.get("const").and_then(Json::as_str) {
            return self.word(node, &[word], name);
        }
        let Value::Scalar { text, plain } = &node.value else {
            let what = type_of(schema);
            self.problem(node.span, format!("{name} must be a single value ({what})"));
            return self.placeholder(schema);
        };
        let read = match type_of(schema) {
            "integer" => text
                .parse::<i64>()
                .ok()
                .filter(|_| *plain)
                .map(Json::from)
                .ok_or("must be a whole number".to_owned()),
            "number" => match text.parse::<f64>() {
                Ok(number) if number.is_finite() && *plain => Ok(Json::from(number)),
                _ => Err("must be a number".to_owned()),
            },
            "boolean" => match text.as_str() {
                "true" if *plain => Ok(Json::Bool(true)),
                "false" if *plain => Ok(Json::Bool(false)),
                _ => Err("must be true or false".to_owned()),
            },
            _ => {
                text_of_format(text, schema.get("format").and_then(Json::as_str)).map(Json::String)
            }
        };
        let read = read.and_then(|read| within(schema, read));
        match read {
            Ok(read) => read,
            Err(why) => {
                self.problem(node.span, format!("{name}: {why}"));
                self.placeholder(schema)
            }
        }
    }

    fn problem(&mut self, span: Span, message: String) {
        self.problems.add(|| Problem::new(span, message));
    }

    /// A value of the right shape for one that could not be read, so that the rest still can be.
    fn placeholder(&self, schema: &'s Json) -> Json {
        let schema = self.resolve(schema);
        if let Some(first) =
            schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(|choices| choices.get(0))
        {
            return self.placeholder(first);
        }
        if let Some(word) = schema.get("const").or_else(|| schema.get("enum")?.get(0)) {
            return word.clone();
        }
        match (type_of(schema), schema.get("format").and_then(Json::as_str)) {
            ("object", _) => {
                let required =
                    schema.get("required").and_then(Json::as_array).into_iter().flatten();
                let fields = required.filter_map(Json::as_str).map(|name| {
                    let field = schema.pointer(&format!("/properties/{name}"));
                    (name.to_owned(), field.map_or(Json::Null, |field| self.placeholder(field)))
                });
                Json::Object(fields.collect())
            }
            ("array", _) => Json::Array(vec![]),
            ("integer" | "number", _) => {
                schema.get("minimum").cloned().unwrap_or_else(|| Json::from(0))
            }
            ("boolean", _) => Json::Bool(false),
            (_, Some("id")) => Json::String("unreadable".into()),
            (_, Some("size")) => Json::String("0B".into()),
            (_, Some("byte-rate")) => Json::String("1B/s".into()),
            (_, Some("change-rate")) => Json::String("0%/d".into()),
            (_, Some("duration")) => Json::String("0s".into()),
            (_, Some("date-time")) => Json::String("1970-01-01T00:00:00Z".into()),
            _ => Json::String(String::new()),
        }
    }
}

/// Returns the text a string field keeps, or what is wrong with it.
fn text_of_format(text: &str, format: Option<&str>) -> Result<String, String> {
    match format {
        Some("id") => Id::parse(text).map(drop)?,
        Some("size") => Size::parse(text).map(drop)?,
        Some("byte-rate") => ByteRate::parse(text).map(drop)?,
        Some("change-rate") => ChangeRate::parse(text).map(drop)?,
        Some("duration") => Period::parse(text).map(drop)?,
        Some("date-time") => text
            .parse::<Timestamp>()
            .map(drop)
            .map_err(|_| format!("{text:?} is not a time; write it like 2026-01-31T23:30:00Z"))?,
        _ => {}
    }
    match text.contains('\0') {
        true => Err("must not hold a NUL character".into()),
        false => Ok(text.to_owned()),
    }
}

fn within(schema: &Json, read: Json) -> Result<Json, String> {
    let Some(number) = read.as_f64() else {
        return Ok(read);
    };
    let bound = |name: &str| schema.get(name).and_then(Json::as_f64);
    match (bound("minimum"), bound("maximum")) {
        (Some(least), _) if number < least => Err(format!("must be at least {least}")),
        (_, Some(most)) if number > most => Err(format!("must be at most {most}")),
        _ => Ok(read),
    }
}

/// The first type that is not `null`.
fn type_of(schema: &Json) -> &str {
    match schema.get("type") {
        Some(Json::String(name)) => name,
        Some(Json::Array(names)) => {
            names.iter().filter_map(Json::as_str).find(|name| *name != "null").unwrap_or("string")
        }
        _ if schema.get("properties").is_some() => "object",
        _ => "string",
    }
}

fn requires_anything(schema: &Json) -> bool {
    schema.get("required").and_then(Json::as_array).is_some_and(|fields| !fields.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::JsonSchema;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Doc {
        id: Id,
        #[serde(default)]
        timeout: Option<Period>,
        #[serde(default)]
        mode: Option<Mode>,
        #[serde(default)]
        parts: Vec<Part>,
    }
    #[derive(Debug, Deserialize, JsonSchema, PartialEq)]
    #[serde(rename_all = "kebab-case")]
    enum Mode {
        Full,
        Partial,
    }
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Part {
        id: Id,
        #[serde(default)]
        count: Option<u32>,
        #[serde(default)]
        version: Option<String>,
        #[serde(default)]
        tested: Option<Tested>,
    }
    /// `yes`, `no`, or a mapping with a result.
    #[derive(Debug, Deserialize, JsonSchema, PartialEq)]
    #[serde(untagged)]
    enum Tested {
        Word(Mode),
        Result { result: String },
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let read = read::<Doc>(text);
        let shown: Vec<String> = read
            .problems
            .iter()
            .map(|p| {
                format!(
                    "{:?} {}{}",
                    p.span.slice(text),
                    p.message,
                    p.help.as_ref().map(|h| format!(" ({h})")).unwrap_or_default()
                )
            })
            .collect();
        assert_eq!(shown, expected);
        assert!(read.value.is_some(), "a value is returned whatever the problems");
    }

    #[test]
    fn a_good_document_reads_and_scalars_stay_what_was_written() {
        check(
            "id: a\ntimeout: 5m\nparts: [{id: p, version: 012, tested: {result: ok}}, {id: q, tested: full}]",
            &[],
        );
        let doc =
            read::<Doc>("id: a\nmode: full\nparts: [{id: p, version: 1.10}]").value.expect("reads");
        assert_eq!((doc.mode, doc.parts[0].version.as_deref()), (Some(Mode::Full), Some("1.10")));
    }

    #[test]
    fn every_problem_is_reported_with_its_place_and_the_nearest_name() {
        check(
            "id: a b\ntiemout: 5m\nmode: ful\nparts:\n - {count: many}\n - {id: p, count: -1}\n - {id: p}",
            &[
                "\"a b\" \"id\": an id starts with a letter or digit and holds only letters, digits, '.', '_' and '-'",
                "\"tiemout\" unknown field \"tiemout\" in the document (did you mean \"timeout\"?)",
                "\"ful\" \"mode\" cannot be \"ful\" (did you mean \"full\"? It is one of: full, partial)",
                "\"\" an item of \"parts\" lacks the field \"id\"",
                "\"many\" \"count\": must be a whole number",
                "\"-1\" \"count\": must be at least 0",
                "\"p\" the id \"p\" stands in this list a second time",
            ],
        );
        check("- 1", &["\"- 1\" the document must be a mapping of fields"]);
        check(
            "id: a\ntimeout: 5",
            &["\"5\" \"timeout\": a duration needs a unit, like 90s, 5m, 4h, 7d or 1h30m"],
        );
    }
}
