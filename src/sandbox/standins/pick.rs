//! Picks values out of JSON as kubectl's JSONPath and the clouds' JMESPath do, as far as both are simple.

use serde_json::Value;

/// Returns what a path leads to: `.a.b`, `.a[0]`, `.items[*].name`, `a[].b`; `None` where it is more than that.
pub(super) fn pick<'v>(root: &'v Value, path: &str) -> Option<Vec<&'v Value>> {
    let mut found = vec![root];
    let mut rest = path.trim().trim_start_matches('$').trim_start_matches('@');
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (index, behind) = inside.split_once(']')?;
            found = match index {
                "" | "*" => found
                    .into_iter()
                    .flat_map(|value| match value {
                        Value::Array(items) => items.iter().collect::<Vec<_>>(),
                        Value::Object(fields) => fields.values().collect(),
                        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                            Vec::new()
                        }
                    })
                    .collect(),
                index => {
                    let at: i64 = index.parse().ok()?;
                    found
                        .into_iter()
                        .filter_map(|value| {
                            let items = value.as_array()?;
                            let at = if at < 0 {
                                items.len().checked_add_signed(at as isize)?
                            } else {
                                at as usize
                            };
                            items.get(at)
                        })
                        .collect()
                }
            };
            rest = behind;
        } else {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let mut name = String::new();
            let mut taken = 0;
            let mut letters = rest.chars();
            while let Some(letter) = letters.next() {
                match letter {
                    '\\' => {
                        name.extend(letters.next());
                        taken += 2;
                    }
                    '.' | '[' => break,
                    letter if letter.is_alphanumeric() || "_-/".contains(letter) => {
                        name.push(letter);
                        taken += letter.len_utf8();
                    }
                    _ => return None,
                }
            }
            if name.is_empty() {
                return None;
            }
            found = found.into_iter().filter_map(|value| value.get(&name)).collect();
            rest = &rest[taken..];
        }
    }
    Some(found)
}

/// Returns a value as a shell wants it: text without quotes.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// Fills a template of kubectl: text, `{.path}`, `{"text"}`, `{range .path}…{end}`; `None` where it is more than that.
pub(super) fn template(root: &Value, form: &str) -> Option<String> {
    let mut out = String::new();
    fill(root, root, form, &mut out)?;
    Some(out)
}

fn fill(root: &Value, current: &Value, form: &str, out: &mut String) -> Option<()> {
    let mut rest = form;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let (inside, behind) = rest[open + 1..].split_once('}')?;
        let inside = inside.trim();
        rest = behind;
        if let Some(path) = inside.strip_prefix("range ") {
            let (body, after) = behind.split_once("{end}")?;
            for one in pick(current, path)? {
                fill(root, one, body, out)?;
            }
            rest = after;
        } else if let Some(text) = inside.strip_prefix(['"', '\'']) {
            out.push_str(
                &text[..text.len().checked_sub(1)?].replace("\\n", "\n").replace("\\t", "\t"),
            );
        } else {
            let from = if inside.starts_with('$') { root } else { current };
            let found: Vec<String> = pick(from, inside)?.into_iter().map(plain).collect();
            out.push_str(&found.join(" "));
        }
    }
    out.push_str(rest);
    Some(())
}

/// Answers a JMESPath query of the clouds: a path, or `{A: path}` and `[path, path]` behind one; `None` where it is more.
pub(super) fn query(root: &Value, path: &str) -> Option<Value> {
    let path = path.trim();
    let (length, path) = match path.strip_prefix("length(").and_then(|rest| rest.strip_suffix(')'))
    {
        Some(inner) => (true, inner),
        None => (false, path),
    };
    let many = path.contains("[]") || path.contains("[*]");
    let found = pick(root, path)?;
    let value = match (many, found.first()) {
        (true, _) => Value::Array(found.into_iter().cloned().collect()),
        (false, Some(one)) => (*one).clone(),
        (false, None) => Value::Null,
    };
    if !length {
        return Some(value);
    }
    Some(Value::from(value.as_array().map_or(0, Vec::len)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn simple_paths_are_answered_and_others_are_not() {
        let root = json!({"items": [{"metadata": {"name": "a", "labels": {"a.b/c": "x"}}, "n": 1}, {"metadata": {"name": "b"}}]});
        for (form, out) in [
            ("{.items[0].metadata.name}", Some("a")),
            ("{.items[*].metadata.name}", Some("a b")),
            ("{range .items[*]}{.metadata.name}{\"\\n\"}{end}", Some("a\nb\n")),
            ("{.items[0].metadata.labels.a\\.b/c}-{.items[-1].metadata.name}", Some("x-b")),
            ("{.missing}", Some("")),
            ("{.items[?(@.n==1)].n}", None),
        ] {
            assert_eq!(template(&root, form).as_deref(), out, "{form}");
        }
        assert_eq!(query(&root, "items[0].n"), Some(json!(1)));
        assert_eq!(query(&root, "items[].metadata.name"), Some(json!(["a", "b"])));
        assert_eq!(query(&root, "length(items[*])"), Some(json!(2)));
        assert_eq!(query(&root, "items[?n==`1`]"), None);
        assert_eq!(query(&root, "nothing.here"), Some(Value::Null));
    }
}
