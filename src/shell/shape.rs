//! Whether two renders of one template are the same script with other values in it.

use super::ast::{
    Assigned, Assignment, Expansion, Link, PartKind, Redirect, Statement, StatementKind, Word,
};
use super::parse::{on_deep_stack, parse};

/// Commands whose words are parsed once more, so that quoting once does not protect a value.
const PARSED_AGAIN: &[&str] =
    &["eval", "bash", "sh", "dash", "ksh", "zsh", "ash", "su", "runuser", "parallel"];

/// The same, where the name stands first: as an argument it is an ordinary word.
const PARSED_AGAIN_FIRST: &[&str] = &["trap", "alias", "watch", "source", "."];

/// The structure of a script: every node in order, words with their texts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shape {
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    /// Structure; must be equal.
    Mark(String),
    /// A word nothing can change; may hold values.
    Literal { text: String, parsed_again: bool },
}

/// Returns the structure of a script, or nothing when it cannot be read.
pub fn shape(text: &str) -> Option<Shape> {
    on_deep_stack(|| {
        let script = parse(text);
        let mut shape = Shape::default();
        shape.statements(&script.statements);
        script.parsed.then_some(shape)
    })
    .flatten()
}

/// Checks that `values` is `sentinels` with each sentinel replaced by its value, and nothing else
/// different: the same tree, each value inside one literal word.
///
/// `pairs` holds each sentinel text with its value. A value may have fixed text before or behind
/// it in its word (`--file=`, `/backup/`); a value at the start of a word must not begin with `-`.
/// A value in a comment, a here-document, a pattern or a command that parses its words again
/// (`bash -c`, `eval`, `ssh HOST …`) is refused, because quoting does not hold there.
pub fn same_shape(sentinels: &str, values: &str, pairs: &[(&str, &str)]) -> Result<(), String> {
    let first = shape(sentinels).ok_or("the template is not a readable script")?;
    let second = shape(values).ok_or("with its values the template is not a readable script")?;
    if first.nodes.len() != second.nodes.len() {
        return Err("a value changes the structure of the script".to_owned());
    }
    let mut placed = vec![0usize; pairs.len()];
    for (before, after) in first.nodes.iter().zip(&second.nodes) {
        match (before, after) {
            (Node::Mark(a), Node::Mark(b)) if a == b => {}
            (Node::Literal { text: a, parsed_again }, Node::Literal { text: b, .. }) => {
                let replaced = replace(a, pairs, &mut placed, *parsed_again)?;
                if replaced != *b {
                    return Err(format!("the word {a:?} becomes {b:?}"));
                }
            }
            _ => return Err("a value changes the structure of the script".to_owned()),
        }
    }
    for ((sentinel, _), placed) in pairs.iter().zip(placed) {
        if sentinels.matches(sentinel).count() != placed {
            return Err(format!(
                "the value for {sentinel:?} stands where quoting does not hold: in a comment, a \
                 here-document, a pattern or an expansion"
            ));
        }
    }
    Ok(())
}

fn replace(
    text: &str,
    pairs: &[(&str, &str)],
    placed: &mut [usize],
    parsed_again: bool,
) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    loop {
        let next = pairs
            .iter()
            .enumerate()
            .filter_map(|(index, pair)| Some((rest.find(pair.0)?, index)))
            .min_by_key(|(at, index)| (*at, std::cmp::Reverse(pairs[*index].0.len())));
        let Some((at, index)) = next else {
            out.push_str(rest);
            return Ok(out);
        };
        let (sentinel, value) = pairs[index];
        if parsed_again {
            return Err(format!("the value for {sentinel:?} is parsed a second time"));
        }
        out.push_str(&rest[..at]);
        if out.is_empty() && value.starts_with('-') {
            return Err(format!("the value {value:?} would be read as an option"));
        }
        out.push_str(value);
        placed[index] += 1;
        rest = &rest[at + sentinel.len()..];
    }
}

impl Shape {
    fn mark(&mut self, text: &str) {
        self.nodes.push(Node::Mark(text.to_owned()));
    }

    fn statements(&mut self, from: &[Statement]) {
        self.mark("[");
        for statement in from {
            self.statement(statement);
        }
        self.mark("]");
    }

    fn statement(&mut self, from: &Statement) {
        self.mark(if from.negated { "!" } else { "" });
        match &from.kind {
            StatementKind::Simple(simple) => {
                self.mark("simple");
                for assignment in &simple.assignments {
                    self.assignment(assignment);
                }
                let names: Vec<Option<String>> = simple.words.iter().map(Word::literal).collect();
                let listed =
                    |name: &String, list: &[&str]| list.contains(&super::path::file_name(name));
                let first = names.first().and_then(Option::as_ref);
                let again = names.iter().flatten().any(|name| listed(name, PARSED_AGAIN))
                    || first.is_some_and(|name| listed(name, PARSED_AGAIN_FIRST));
                let ssh = names.iter().position(|n| n.as_deref() == Some("ssh"));
                for (index, word) in simple.words.iter().enumerate() {
                    // The first word behind `ssh` that is no flag is the host, taken as it is.
                    let remote = ssh.is_some_and(|ssh| index > ssh + 1 && index + 1 == names.len());
                    self.word(word, again || remote);
                }
            }
            StatementKind::Pipeline(stages) => {
                self.mark("pipeline");
                self.statements(stages);
            }
            StatementKind::List(links) => {
                for (link, statement) in links {
                    self.mark(match link {
                        Link::And => "&&",
                        Link::Or => "||",
                    });
                    self.statement(statement);
                }
            }
            StatementKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    self.mark("if");
                    self.statements(condition);
                    self.statements(body);
                }
                self.mark("else");
                self.statements(otherwise.as_deref().unwrap_or_default());
            }
            StatementKind::Loop(one) => {
                self.mark("loop");
                self.mark(one.variable.as_deref().unwrap_or_default());
                for word in one.words.iter().flatten() {
                    self.word(word, false);
                }
                self.statements(&one.condition);
                self.statements(&one.body);
            }
            StatementKind::Case { word, arms } => {
                self.mark("case");
                self.word(word, false);
                for arm in arms {
                    self.mark(&arm.patterns.join("|"));
                    self.statements(&arm.body);
                }
            }
            StatementKind::Subshell(body) => {
                self.mark("(");
                self.statements(body);
            }
            StatementKind::Group(body) => {
                self.mark("{");
                self.statements(body);
            }
            StatementKind::Function { name, body } => {
                self.mark(name);
                self.statement(body);
            }
            StatementKind::Condition(words) => {
                self.mark("[[");
                for word in words {
                    self.word(word, false);
                }
            }
            StatementKind::Arithmetic(text) => self.mark(text),
        }
        for redirect in &from.redirects {
            self.redirect(redirect);
        }
        self.mark(if from.background { "&" } else { ";" });
    }

    fn assignment(&mut self, from: &Assignment) {
        self.mark(&from.name);
        self.mark(if from.append { "+=" } else { "=" });
        match &from.value {
            Assigned::Scalar(word) => self.word(word, false),
            Assigned::Array(words) => {
                self.mark("array");
                for word in words {
                    self.word(word, false);
                }
            }
        }
    }

    fn redirect(&mut self, from: &Redirect) {
        self.mark(&format!("{:?} {:?}", from.kind, from.descriptor));
        if from.kind == super::ast::RedirectKind::Heredoc {
            // As structure: a body is text for somebody else, who has rules of their own.
            self.mark(&from.target.literal().unwrap_or_default());
            if from.target.literal().is_none() {
                self.parts(&from.target);
            }
        } else {
            self.word(&from.target, false);
        }
    }

    fn word(&mut self, from: &Word, parsed_again: bool) {
        match from.literal() {
            Some(text) => self.nodes.push(Node::Literal { text, parsed_again }),
            None => self.parts(from),
        }
    }

    fn parts(&mut self, from: &Word) {
        self.mark("word");
        for part in &from.parts {
            match &part.kind {
                PartKind::Literal(text) => self.mark(text),
                PartKind::Glob(text) => self.mark(&format!("glob {text}")),
                PartKind::Tilde(text) => self.mark(&format!("tilde {text}")),
                PartKind::Arithmetic(text) => self.mark(&format!("arithmetic {text}")),
                PartKind::Brace(words) => self.mark(&format!("brace {}", words.join(","))),
                PartKind::Command(body) => {
                    self.mark("$(");
                    self.statements(body);
                }
                PartKind::Process { body, input } => {
                    self.mark(if *input { "<(" } else { ">(" });
                    self.statements(body);
                }
                PartKind::Variable(variable) => {
                    let quoted = if part.quoted { "\"" } else { "" };
                    let index = variable.index.as_deref().unwrap_or_default();
                    self.mark(&format!("{quoted}${}[{index}]", variable.name));
                    match &variable.expansion {
                        Expansion::Default { word, .. } | Expansion::Alternative(word) => {
                            self.mark("default");
                            self.parts(word);
                        }
                        Expansion::Plain => {}
                        Expansion::Required { .. } => self.mark(":?"),
                        Expansion::Length => self.mark("length"),
                        Expansion::Slice { from, length } => {
                            self.mark(&format!("slice {from} {length:?}"));
                        }
                        Expansion::Other => self.mark("other"),
                    }
                }
            }
        }
        self.mark("end");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, value: &str, good: bool) {
        let quoted = format!("'{}'", value.replace('\'', r"'\''"));
        let sentinels = template.replace("{{v}}", "'sentinel7'");
        let values = template.replace("{{v}}", &quoted);
        let result = same_shape(&sentinels, &values, &[("sentinel7", value)]);
        assert_eq!(result.is_ok(), good, "{template} with {value:?}: {result:?}");
    }

    #[test]
    fn a_value_that_stays_one_word_is_let_through() {
        for template in [
            "rm -- {{v}}",
            "D={{v}}\ncd \"$D\"",
            "tar -czf /backup/{{v}}.tgz -C {{v}} .",
            "if [ -e {{v}} ]; then cp {{v}} /x > {{v}}; fi",
            "for f in a {{v}}; do echo \"$(stat {{v}})\"; done",
            "[[ -d {{v}} ]] || exit",
        ] {
            for value in ["x", "a b", "it's", "$(rm -rf /)", "a\nb", "*", "`x`", "\\", "ü"] {
                check(template, value, true);
            }
        }
    }

    #[test]
    fn a_value_that_could_be_more_than_a_word_is_refused() {
        check("rm {{v}}", "-rf", false);
        check("echo hello # {{v}}", "x", false);
        check("echo hello # {{v}}", "x\nrm -rf /", false);
        check("cat <<EOF\n{{v}}\nEOF\n", "x", false);
        check("cat <<'EOF'\n{{v}}\nEOF\n", "x\nEOF\nrm -rf /", false);
        check("echo \"{{v}}\"", "$(rm -rf /)", false);
        check("bash -c {{v}}", "x", false);
        check("bash -c 'echo '{{v}}", "x; rm -rf /", false);
        check("sudo sh -c 'rm '{{v}}", "/x", false);
        check("ssh h rm {{v}}", "/x", false);
        check("ssh {{v}} true", "h", true);
        check("ssh {{v}} true", "-oProxyCommand=x", false);
        check("eval echo {{v}}", "x", false);
        check("case $x in {{v}}) ;; esac", "x", false);
        check("echo ${x:-{{v}}}", "x", false);
    }

    #[test]
    fn a_different_script_is_not_the_same_shape() {
        assert!(same_shape("echo a", "echo a", &[]).is_ok());
        assert!(same_shape("echo a", "echo b", &[]).is_err());
        assert!(same_shape("echo a", "echo a; rm", &[]).is_err());
        assert!(same_shape("echo a", "echo a |", &[]).is_err());
        assert!(same_shape("echo a > b", "echo a >> b", &[]).is_err());
    }
}
