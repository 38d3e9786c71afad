//! SARIF 2.1.0 (OASIS), written result by result; the rules that were met stand behind them.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

use serde_json::{Value, json};

use super::{Printer, Totals, edges, positions};
use crate::base::{Digest, Lines, Position, Span, escape};
use crate::check::{self, Placed, Reviewed};
use crate::cli::CommandError;
use crate::cli::output::Output;
use crate::evidence::Severity;
use crate::redact::masked;

/// The JSON Schema of the format.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Prints one log with one run.
#[derive(Debug, Default)]
pub struct Sarif {
    written: usize,
    /// Rules in the order in which they were first met.
    rules: Vec<&'static str>,
    unreadable: Vec<Value>,
    /// Why the harm of files is unknown.
    unknown: Vec<Value>,
}

impl Printer for Sarif {
    fn begin(&mut self, output: &mut Output) -> Result<(), CommandError> {
        let head = format!("{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{");
        output.data(&format!("{head}\"columnKind\":\"unicodeCodePoints\",\"results\":["))
    }

    fn file(&mut self, reviewed: &Reviewed, output: &mut Output) -> Result<(), CommandError> {
        for result in self.results(reviewed) {
            let comma = if self.written > 0 { "," } else { "" };
            self.written += 1;
            output.data(&format!("{comma}\n{}", escape::json(&result.to_string())))?;
        }
        self.unknown.extend(reviewed.unknown.iter().map(|doubt| {
            let mut location = json!({"physicalLocation": {
                "artifactLocation": {"uri": uri(&reviewed.path)}, "region": region((doubt.start, doubt.end)),
            }});
            if let Some(step) = &doubt.step {
                location["logicalLocations"] = json!([{"name": step, "kind": "member"}]);
            }
            let text = format!("risk unknown: {}", doubt.why);
            json!({"level": "note", "message": {"text": text}, "locations": [location]})
        }));
        Ok(())
    }

    fn unreadable(&mut self, path: &Path, why: &str, _: &mut Output) -> Result<(), CommandError> {
        self.unreadable.push(json!({
            "level": "error", "message": {"text": why},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(path)}}}],
        }));
        Ok(())
    }

    fn end(&mut self, totals: &Totals, output: &mut Output) -> Result<(), CommandError> {
        let mut unreadable = std::mem::take(&mut self.unreadable);
        if let Some(said) = totals.interruption() {
            unreadable.push(json!({"level": "error", "message": {"text": said}}));
        }
        let notes = [unreadable.clone(), std::mem::take(&mut self.unknown)].concat();
        let mut invocation = json!({
            "executionSuccessful": unreadable.is_empty(), "toolExecutionNotifications": notes,
        });
        if let Some(signal) = totals.interrupted {
            invocation["exitCode"] = (128 + signal).into();
            invocation["exitSignalNumber"] = signal.into();
        }
        let tail = format!("],\"tool\":{},\"invocations\":[{invocation}]}}]}}\n", self.tool());
        output.data(&escape::json(&tail))
    }
}

impl Sarif {
    /// Returns the results of a file: what stands, then what is accepted.
    pub fn results(&mut self, reviewed: &Reviewed) -> Vec<Value> {
        let mut alike = BTreeMap::new();
        let open = reviewed.open.iter().map(|placed| (placed, None));
        let allowed = reviewed.allowed.iter().map(|one| (&one.found, Some(one)));
        let (lines, mut results) = (Lines::of(&reviewed.text), vec![]);
        for (placed, allowed) in open.chain(allowed) {
            let mut result = self.result(reviewed, &lines, placed, &mut alike);
            if let Some(allowed) = allowed {
                let justification = format!("{} (until {})", allowed.reason, allowed.until);
                let location = location(reviewed, &lines, allowed.comment, None);
                result["suppressions"] = json!([{
                    "kind": "inSource", "status": "accepted", "justification": justification, "location": location,
                }]);
            }
            results.push(result);
        }
        results
    }

    /// Returns the tool with the rules that were met.
    pub fn tool(&self) -> Value {
        let rules: Vec<Value> =
            self.rules.iter().filter_map(|code| check::rule(code)).map(rule).collect();
        json!({"driver": {
            "name": "blackstart", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules,
            "fullName": concat!("blackstart ", env!("CARGO_PKG_VERSION")),
        }})
    }

    fn result(
        &mut self,
        reviewed: &Reviewed,
        lines: &Lines<'_>,
        placed: &Placed,
        alike: &mut BTreeMap<Digest, usize>,
    ) -> Value {
        let finding = &placed.finding;
        let known = self.rules.iter().position(|code| *code == finding.rule);
        let index = known.unwrap_or_else(|| {
            self.rules.push(finding.rule);
            self.rules.len() - 1
        });
        let step = finding.step.as_ref().map(|step| step.as_str());
        let mut result = json!({
            "ruleId": finding.rule, "ruleIndex": index, "level": level(finding.severity),
            "message": {"text": message(placed)},
            "locations": [location(reviewed, lines, placed.span, step)],
            "partialFingerprints": {"blackstartFinding/v1": fingerprint(reviewed, placed, alike)},
            "properties": {"severity": finding.severity.word(), "layer": finding.layer},
        });
        if let Some(edit) = &placed.edit {
            let description = finding.fix.as_deref().unwrap_or("apply the safe change");
            result["fixes"] = json!([{
                "description": {"text": description},
                "artifactChanges": [{
                    "artifactLocation": {"uri": uri(&reviewed.path)},
                    "replacements": [{
                        "deletedRegion": region(edges(lines, edit.span)),
                        "insertedContent": {"text": edit.replacement},
                    }],
                }],
            }]);
        }
        result
    }
}

fn message(placed: &Placed) -> String {
    let finding = &placed.finding;
    let fix = finding.fix.as_ref().map(|fix| format!(" Instead: {fix}.")).unwrap_or_default();
    format!("{}. Why it matters: {}.{fix}", finding.message, finding.why)
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// Returns a region; its end column stands just behind it, as the format wants it.
fn region((start, end): (Position, Position)) -> Value {
    json!({
        "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column,
    })
}

fn location(reviewed: &Reviewed, lines: &Lines<'_>, span: Span, step: Option<&str>) -> Value {
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": {"uri": uri(&reviewed.path)}, "region": region(positions(lines, span)),
        },
    });
    let quoted = span.slice(&reviewed.text).trim_end();
    if !quoted.is_empty() && quoted.len() <= 1_000 {
        // What tells a secret stands around it, so whole lines are looked at.
        let around = whole_lines(&reviewed.text, span);
        let masked = masked(around.slice(&reviewed.text));
        let quoted = &masked[span.start - around.start..][..quoted.len()];
        location["physicalLocation"]["region"]["snippet"] = json!({"text": quoted});
    }
    if let Some(step) = step {
        location["logicalLocations"] = json!([{"name": step, "kind": "member"}]);
    }
    location
}

fn whole_lines(text: &str, span: Span) -> Span {
    let start = text[..span.start].rfind('\n').map_or(0, |before| before + 1);
    let end = text[span.end..].find('\n').map_or(text.len(), |end| span.end + end);
    Span::new(start, end)
}

fn rule(rule: &check::Rule) -> Value {
    let example = |examples: &[check::Example]| {
        let text = examples.first().map(check::Example::text).unwrap_or_default();
        format!("```\n{}\n```", text.trim_end())
    };
    let markdown = format!(
        "{}\n\n**Why:** {}\n\n**Instead:** {}\n\nBad:\n\n{}\n\nGood:\n\n{}\n\nSource: {}",
        rule.summary,
        rule.why,
        rule.fix,
        example(rule.bad),
        example(rule.good),
        rule.source
    );
    json!({
        "id": rule.code, "name": pascal(rule.name),
        "shortDescription": {"text": rule.summary}, "fullDescription": {"text": rule.why},
        "help": {"text": format!("{} Instead: {}", rule.why, rule.fix), "markdown": markdown},
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {
            "tags": ["backup", "recovery", rule.layer], "precision": "high", "problem.severity": match rule.severity {
                Severity::Critical | Severity::High => "error",
                Severity::Medium => "warning",
                Severity::Low => "recommendation",
            },
        },
    })
}

fn pascal(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        first.to_uppercase() + rest
    });
    words.collect()
}

/// Returns what stays the same when lines are added above: rule, file, step, the line without its spaces, and which one of those alike.
fn fingerprint(
    reviewed: &Reviewed,
    placed: &Placed,
    alike: &mut BTreeMap<Digest, usize>,
) -> String {
    let text = &reviewed.text;
    let start = text[..placed.span.start.min(text.len())].rfind('\n').map_or(0, |at| at + 1);
    let line: String =
        text[start..].lines().next().unwrap_or_default().split_whitespace().collect();
    let step = placed.finding.step.as_ref().map_or("", |step| step.as_str());
    let path = uri(&reviewed.path);
    let fields = [placed.finding.rule, path.as_str(), step, line.as_str()];
    let digest = Digest::of_fields(fields.map(str::as_bytes));
    let count = alike.entry(digest).or_insert(0);
    *count += 1;
    format!("{digest}:{count}")
}

/// Returns a path as a reference of RFC 3986: relative as it is, absolute with `file://`.
pub fn uri(path: &Path) -> String {
    if path.as_os_str() == "-" {
        return "stdin".to_owned();
    }
    let mut uri = if path.is_absolute() { "file://".to_owned() } else { String::new() };
    for component in path.components() {
        let part = match component {
            Component::RootDir | Component::CurDir | Component::Prefix(_) => continue,
            Component::ParentDir => "..".as_bytes(),
            Component::Normal(part) => part.as_bytes(),
        };
        if !uri.is_empty() {
            uri.push('/');
        }
        for byte in part {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    uri.push(char::from(*byte));
                }
                _ => uri.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    uri
}
