//! Finds the JSON in the text of a reply: models wrap it in fences, in words, in a string, behind their thoughts.

use serde_json::Value as Json;

/// Bytes a reply may have; more is not looked at.
pub const LONGEST: usize = 4 << 20;

/// Returns the first JSON object of `text` that has steps, or why there is none. Tried in this order: the whole text, the
/// body of a fence marked `json`, that of any fence, a string that holds JSON, the first balanced object.
pub fn object(text: &str) -> Result<Json, String> {
    if text.len() > LONGEST {
        return Err(format!("it is longer than {} MiB", LONGEST >> 20));
    }
    let text = without_thoughts(text).trim();
    if text.is_empty() {
        return Err("it is empty".into());
    }
    let bodies = fences(text);
    let marked = bodies.iter().filter(|(mark, _)| mark.eq_ignore_ascii_case("json"));
    let candidates = std::iter::once(text)
        .chain(marked.map(|(_, body)| *body))
        .chain(bodies.iter().map(|(_, body)| *body))
        .chain(balanced(text));
    let mut last = "it holds no JSON object".to_owned();
    for candidate in candidates {
        match read(candidate) {
            Ok(object) if object.get("steps").is_some_and(Json::is_array) => return Ok(object),
            Ok(_) => last = "its JSON has no list of steps".into(),
            Err(Some(why)) => last = why,
            Err(None) => {}
        }
    }
    Err(last)
}

/// Reads an object, or a string that holds one.
fn read(text: &str) -> Result<Json, Option<String>> {
    let text = text.trim();
    if !text.starts_with(['{', '"']) {
        return Err(None);
    }
    let value: Json = serde_json::from_str(text)
        .map_err(|error| Some(format!("its JSON cannot be read: {error}")))?;
    match value {
        Json::String(inner) => serde_json::from_str(inner.trim())
            .ok()
            .filter(Json::is_object)
            .ok_or_else(|| Some("it is a string that holds no object".to_owned())),
        value @ Json::Object(_) => Ok(value),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) => Err(None),
    }
}

/// Returns the text behind the model's thoughts.
pub fn without_thoughts(text: &str) -> &str {
    match text.trim_start().starts_with("<think>") {
        true => text.split_once("</think>").map_or("", |(_, rest)| rest),
        false => text,
    }
}

/// Returns the bodies of fenced blocks with the word behind the fence.
fn fences(text: &str) -> Vec<(&str, &str)> {
    let mut found = vec![];
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("```") {
        let Some((body, behind)) = after.split_once("```") else {
            break;
        };
        if let Some((mark, body)) = body.split_once('\n') {
            found.push((mark.trim(), body));
        }
        rest = behind;
    }
    found
}

/// Returns the first object whose braces balance, seen without what stands in strings.
fn balanced(text: &str) -> Option<&str> {
    let start = text.find('{')?;
    let end = object_end(text.as_bytes(), start)?;
    text.get(start..end)
}

/// Returns where the object that opens at `start` ends.
fn object_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut braces = Braces::default();
    let ends = |byte: &u8| braces.step(*byte) == Step::Closed;
    bytes.get(start..)?.iter().position(ends).map(|length| start + length + 1)
}

/// Counts braces outside strings.
#[derive(Debug, Clone, Default)]
pub struct Braces {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

/// What a byte did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The outermost brace closed.
    Closed,
    /// A `]` outside every brace and string: the list that holds the objects ended.
    ListEnded,
    /// Anything else.
    Inside,
}

impl Braces {
    /// Takes one byte; bytes of longer characters are never braces or quotes.
    pub fn step(&mut self, byte: u8) -> Step {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return Step::Inside;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b']' if self.depth == 0 => return Step::ListEnded,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 && byte == b'}' {
                    return Step::Closed;
                }
            }
            _ => {}
        }
        Step::Inside
    }

    /// Tells whether nothing is open.
    pub fn is_outside(&self) -> bool {
        self.depth == 0 && !self.in_string
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_is_found_whatever_a_model_puts_around_it() {
        let plain = r#"{"steps":[{"id":"a}b"}]}"#;
        let fenced = format!("Here it is:\n```json\n{plain}\n```\nGood luck!");
        let unmarked = format!("```\n{plain}\n```");
        let doubled = serde_json::to_string(plain).unwrap();
        let spoken = format!("The plan is {plain} as you asked.");
        let thought = format!("<think>maybe {{\"steps\":[]}}?</think>{plain}");
        for text in [plain, &fenced, &unmarked, &doubled, &spoken, &thought] {
            assert_eq!(
                object(text).map(|o| o["steps"][0]["id"].clone()),
                Ok("a}b".into()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_plan_says_why() {
        let check = |text: &str, why: &str| {
            let error = object(text).unwrap_err();
            assert!(error.starts_with(why), "{text}: {error}");
        };
        check("", "it is empty");
        check("<think>still thinking", "it is empty");
        check("I am sorry.", "it holds no JSON object");
        check(r#"{"steps": 5}"#, "its JSON has no list of steps");
        check(r#"{"steps": [{"id": "a""#, "its JSON cannot be read");
        check(&"[".repeat(100_000), "it holds no JSON object");
        check(&format!("{{\"steps\": {}", "[".repeat(100_000)), "its JSON cannot be read");
        check(&"x".repeat(LONGEST + 1), "it is longer than 4 MiB");
    }
}
