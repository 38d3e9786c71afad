//! YAML as a tree in which every node knows where it stands, read to the end of what is readable.

use granit_parser::{Event, Parser, ScalarStyle};

use super::text::{Problem, Problems, Span};

/// The largest document that is read, in bytes.
pub const MAX_BYTES: usize = 32 << 20;
/// The deepest nesting that is read.
const MAX_DEPTH: usize = 64;
/// The most nodes that are read; ten thousand assets need about a seventh of it.
const MAX_NODES: usize = 2_000_000;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Bytes of the value in the source.
    pub span: Span,
    /// The value.
    pub value: Value,
}

/// A YAML value; scalars stay text until a reader asks for more.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing: empty, `~` or `null`, unquoted.
    Null,
    /// A scalar; `plain` means unquoted, so that `"5"` is never a number.
    Scalar {
        /// The decoded text.
        text: String,
        /// Whether it was unquoted.
        plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A mapping in source order; of a repeated key only the first is kept.
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// Bytes of the key in the source.
    pub span: Span,
    /// The key.
    pub text: String,
}

impl Node {
    /// Returns the value of `key` in a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(entries) => {
                entries.iter().find(|(name, _)| name.text == key).map(|(_, node)| node)
            }
            Value::Null | Value::Scalar { .. } | Value::List(_) => None,
        }
    }

    /// Returns the items of a list; anything else has none.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            Value::Null | Value::Scalar { .. } | Value::Map(_) => &[],
        }
    }

    /// Returns the text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Returns the span of the node at `path` (keys, and list indices as decimal numbers), or of
    /// the deepest node on the way that exists.
    pub fn span_at(&self, path: &[&str]) -> Span {
        let Some((first, rest)) = path.split_first() else {
            return self.span;
        };
        let next = match &self.value {
            Value::List(items) => first.parse().ok().and_then(|index: usize| items.get(index)),
            Value::Map(_) => self.get(first),
            Value::Null | Value::Scalar { .. } => None,
        };
        next.map_or(self.span, |node| node.span_at(rest))
    }
}

/// Reads one YAML document. Returns as much of it as could be read, and every problem: syntax,
/// repeated keys, aliases and tags (both refused), too deep, too large, more than one document.
pub fn parse(text: &str) -> (Option<Node>, Vec<Problem>) {
    if text.len() > MAX_BYTES {
        let message = format!(
            "the document has {} bytes, more than the {MAX_BYTES} that are read",
            text.len()
        );
        return (None, vec![Problem::new(Span::default(), message)]);
    }
    let mut builder = Builder {
        text,
        open: vec![],
        root: None,
        problems: Problems::default(),
        nodes: 0,
        documents: 0,
    };
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => {
                let start = span.start.byte_offset().unwrap_or(0);
                let end = span.end.byte_offset().unwrap_or(start);
                if builder.event(event, Span::new(start, end)).is_err() {
                    break;
                }
            }
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(text.len());
                builder
                    .problems
                    .add(|| Problem::new(Span::new(at, at), syntax_message(&error.info())));
                break;
            }
        }
    }
    builder.finish()
}

fn syntax_message(info: &str) -> String {
    match info {
        "recursion limit exceeded" => format!("nested deeper than {MAX_DEPTH} levels"),
        info => format!("not valid YAML: {info}"),
    }
}

/// Stops the reading; the problem is recorded already.
struct Stop;

struct Builder<'a> {
    text: &'a str,
    open: Vec<Open>,
    root: Option<Node>,
    problems: Problems,
    nodes: usize,
    documents: usize,
}

enum Open {
    List {
        start: usize,
        items: Vec<Node>,
    },
    Map {
        start: usize,
        entries: Vec<(Key, Node)>,
        key: Option<Key>,
        seen: std::collections::HashSet<String>,
    },
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        if event.is_node() {
            self.nodes += 1;
            if self.nodes > MAX_NODES {
                return self.stop(span, format!("the document has more than {MAX_NODES} values"));
            }
        }
        match event {
            Event::Scalar(text, style, _, tag) => {
                self.refuse_tag(tag.is_some(), span);
                let plain = style == ScalarStyle::Plain;
                let value = match text.as_ref() {
                    "" | "~" | "null" | "Null" | "NULL" if plain => Value::Null,
                    _ => Value::Scalar { text: text.into_owned(), plain },
                };
                self.add(Node { span, value });
            }
            Event::SequenceStart(_, _, tag) => {
                self.refuse_tag(tag.is_some(), span);
                self.push(Open::List { start: span.start, items: vec![] }, span)?;
            }
            Event::MappingStart(_, _, tag) => {
                self.refuse_tag(tag.is_some(), span);
                let open = Open::Map {
                    start: span.start,
                    entries: vec![],
                    key: None,
                    seen: Default::default(),
                };
                self.push(open, span)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(_) => {
                self.problems.add(|| {
                    Problem::new(span, "an alias is not allowed")
                        .with_help("write the value out in both places")
                });
                self.add(Node { span, value: Value::Null });
            }
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return self.stop(
                        span,
                        "a second document starts here; one file holds one document".into(),
                    );
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn stop(&mut self, span: Span, message: String) -> Result<(), Stop> {
        self.problems.add(|| Problem::new(span, message));
        Err(Stop)
    }

    fn refuse_tag(&mut self, tagged: bool, span: Span) {
        if tagged {
            self.problems.add(|| {
                Problem::new(span, "a tag is not allowed").with_help("write the plain value")
            });
        }
    }

    fn push(&mut self, open: Open, span: Span) -> Result<(), Stop> {
        if self.open.len() >= MAX_DEPTH {
            return self.stop(span, format!("nested deeper than {MAX_DEPTH} levels"));
        }
        self.open.push(open);
        Ok(())
    }

    /// Ends the innermost collection; `end` covers its closing bracket, or is empty where it is a block.
    fn close(&mut self, end: Span) {
        let (start, last, value) = match self.open.pop() {
            Some(Open::List { start, items }) => {
                (start, items.last().map(|item| item.span.end), Value::List(items))
            }
            Some(Open::Map { start, entries, .. }) => {
                (start, entries.last().map(|(_, node)| node.span.end), Value::Map(entries))
            }
            None => return,
        };
        let bracketed = end.end > end.start;
        let end = last.filter(|_| !bracketed).unwrap_or(end.end).max(start);
        self.add(Node { span: Span::new(start, end), value });
    }

    fn add(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.root = self.root.take().or(Some(node)),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, seen, .. }) => match key.take() {
                None => {
                    let text = match node.value {
                        Value::Scalar { text, .. } => text,
                        Value::Null => node.span.slice(self.text).to_owned(),
                        Value::List(_) | Value::Map(_) => {
                            self.problems
                                .add(|| Problem::new(node.span, "a key must be a plain word"));
                            String::new()
                        }
                    };
                    *key = Some(Key { span: node.span, text });
                }
                Some(name) if !seen.insert(name.text.clone()) => {
                    let message = format!("the key {:?} stands here a second time", name.text);
                    self.problems.add(|| {
                        Problem::new(name.span, message).with_help("remove one of the two")
                    });
                }
                Some(name) => entries.push((name, node)),
            },
        }
    }

    fn finish(mut self) -> (Option<Node>, Vec<Problem>) {
        while !self.open.is_empty() {
            self.close(Span::new(self.text.len(), self.text.len()));
        }
        if self.root.is_none() && self.problems.is_empty() {
            self.problems.add(|| Problem::new(Span::default(), "the document is empty"));
        }
        (self.root, self.problems.into_sorted())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        parse(text).1.into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn nodes_know_where_they_stand() {
        let text = "a: 1\nsteps:\n  - id: x\n    run: |\n      ls\n";
        let root = parse(text).0.expect("reads");
        assert_eq!(root.span_at(&["steps", "0", "id"]).slice(text), "x");
        assert_eq!(root.get("steps").and_then(|s| s.items()[0].get("run")?.text()), Some("ls\n"));
    }

    #[test]
    fn what_stands_before_a_syntax_error_is_kept() {
        let (root, problems) = parse("a: 1\nb: [2, 3\nc: }");
        assert!(root.expect("partly read").get("a").is_some());
        assert_eq!(problems.len(), 1);
    }

    #[test]
    fn what_yaml_allows_and_documents_must_not_is_refused() {
        assert_eq!(messages("a: 1\na: 2"), ["the key \"a\" stands here a second time"]);
        assert_eq!(messages("a: &x 1\nb: *x"), ["an alias is not allowed"]);
        assert_eq!(messages("a: !!str 1"), ["a tag is not allowed"]);
        assert_eq!(
            messages("a: 1\n---\nb: 2"),
            ["a second document starts here; one file holds one document"]
        );
        assert_eq!(messages(""), ["the document is empty"]);
        assert!(
            messages(&"[".repeat(100_000))[0].contains("nest"),
            "{:?}",
            messages(&"[".repeat(100_000))
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "[-:\\[\\]{}#&*!|>'\"%@ \\na-c0-9,?~]{0,60}") {
            let (_, problems) = parse(&text);
            for problem in problems {
                assert!(problem.span.end <= text.len());
            }
        }
    }
}
