//! `blackstart/check/v1`, written file by file.

use std::path::Path;

use serde_json::{Value, json};

use super::{Printer, Totals, edges, positions};
use crate::base::{Lines, escape};
use crate::check::{Placed, Reviewed};
use crate::cli::CommandError;
use crate::cli::output::Output;
use crate::evidence::v1;

/// Prints one object.
#[derive(Debug, Default)]
pub struct Json {
    files: usize,
    unreadable: Vec<Value>,
}

impl Printer for Json {
    fn begin(&mut self, output: &mut Output) -> Result<(), CommandError> {
        output.data("{\"schema\":\"blackstart/check/v1\",\"files\":[")
    }

    fn file(&mut self, reviewed: &Reviewed, output: &mut Output) -> Result<(), CommandError> {
        let comma = if self.files > 0 { "," } else { "" };
        self.files += 1;
        output.data(&format!("{comma}\n{}", escape::json(&entry(reviewed).to_string())))
    }

    fn unreadable(&mut self, path: &Path, why: &str, _: &mut Output) -> Result<(), CommandError> {
        let mut entry = json!({ "why": why });
        name(&mut entry, path);
        self.unreadable.push(entry);
        Ok(())
    }

    fn end(&mut self, totals: &Totals, output: &mut Output) -> Result<(), CommandError> {
        let summary = json!({
            "files": totals.files, "low": totals.open[0], "medium": totals.open[1], "high": totals.open[2],
            "critical": totals.open[3], "suppressed": totals.allowed, "fixable": totals.fixable,
        });
        let unreadable = Value::from(std::mem::take(&mut self.unreadable)).to_string();
        let unreadable = escape::json(&unreadable);
        let interrupted = totals.interrupted.is_some();
        output.data(&format!(
            "],\"unreadable\":{unreadable},\"interrupted\":{interrupted},\"summary\":{summary}}}\n"
        ))
    }
}

/// Returns a file as an entry of `files`.
pub fn entry(reviewed: &Reviewed) -> Value {
    let lines = Lines::of(&reviewed.text);
    let open: Vec<Value> = reviewed.open.iter().map(|one| finding(&lines, one)).collect();
    let unknown = reviewed.unknown.iter().map(|doubt| {
        let (start, end) = (doubt.start, doubt.end);
        json!({
            "step": doubt.step, "part": doubt.part.word(), "line": start.line, "column": start.column,
            "end_line": end.line, "end_column": end.column, "why": doubt.why,
        })
    });
    let suppressed = reviewed.allowed.iter().map(|allowed| {
        let mut entry = finding(&lines, &allowed.found);
        let (at, _) = positions(&lines, allowed.comment);
        entry["reason"] = allowed.reason.clone().into();
        entry["until"] = allowed.until.to_string().into();
        entry["comment_line"] = at.line.into();
        entry
    });
    let mut entry = json!({
        "language": reviewed.language, "parsed": reviewed.parsed, "risk": reviewed.risk.word(),
        "unknown": unknown.collect::<Vec<_>>(), "findings": open, "suppressed": suppressed.collect::<Vec<_>>(),
    });
    name(&mut entry, &reviewed.path);
    entry
}

fn name(entry: &mut Value, path: &Path) {
    let (path, base64) = v1::path_fields(path);
    entry["path"] = path.into();
    if let Some(base64) = base64 {
        entry["path_base64"] = base64.into();
    }
}

fn finding(lines: &Lines<'_>, placed: &Placed) -> Value {
    let finding = &placed.finding;
    let (start, end) = positions(lines, placed.span);
    let mut entry = json!({
        "rule": finding.rule, "name": finding.name, "severity": finding.severity.word(), "step": finding.step,
        "part": finding.part.word(), "line": start.line, "column": start.column, "end_line": end.line,
        "end_column": end.column, "message": finding.message, "why": finding.why, "fix": finding.fix,
        "layer": finding.layer,
    });
    if let Some(edit) = &placed.edit {
        let (start, end) = edges(lines, edit.span);
        entry["edit"] = json!({
            "line": start.line, "column": start.column, "end_line": end.line, "end_column": end.column,
            "replacement": edit.replacement,
        });
    }
    entry
}
