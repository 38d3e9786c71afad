//! One file as the checker sees it: what kind it is, what was found in it and what is accepted.

use std::path::{Path, PathBuf};

use super::allow::{Allowed, settle_plan};
use super::placed::{Placed, in_plan};
use super::{Checked, Doubt, Language};
use crate::base::{Lines, Risk, Span, Timestamp};
use crate::evidence::{Finding, Severity};
use crate::plan::Plan;

/// What kind of file a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A plan of blackstart.
    Plan,
    /// An inventory of blackstart.
    Inventory,
    /// Another document of blackstart, in which there is nothing to check.
    Document,
    /// YAML that does not say what it is.
    Yaml,
    /// Everything else.
    Script(Language),
}

impl FileKind {
    /// Returns the kind of a file, by what it says of itself, then by its name.
    pub fn of(text: &str, name: &Path) -> Self {
        let schema =
            text.lines().take(50).find_map(|line| line.strip_prefix("schema: blackstart/"));
        match schema.map(str::trim_end) {
            Some("plan/v1") => return Self::Plan,
            Some("inventory/v1") => return Self::Inventory,
            Some(_) => return Self::Document,
            None => {}
        }
        let language = Language::of(text, &name.to_string_lossy());
        let yaml =
            name.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        match yaml && language != Language::Kubernetes {
            true => Self::Yaml,
            false => Self::Script(language),
        }
    }
}

/// A file with what was found in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reviewed {
    /// Its name; `-` for standard input.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
    /// Its language, or `plan` or `inventory`.
    pub language: &'static str,
    /// Whether all of it could be read.
    pub parsed: bool,
    /// The harm of the worst command.
    pub risk: Risk,
    /// Why the harm is unknown, where it is: what could not be judged, in the order of the file.
    pub unknown: Vec<Doubt>,
    /// What stands, in the order of the file.
    pub open: Vec<Placed>,
    /// What somebody accepts, in the order of the file.
    pub allowed: Vec<Allowed>,
}

impl Reviewed {
    /// Returns what was found in a script.
    pub fn script(path: &Path, text: String, checked: Checked) -> Self {
        let lines = Lines::of(&text);
        let whole = |placed: Placed| placed.whole_lines(&text);
        Self {
            path: path.to_owned(),
            language: checked.language.word(),
            parsed: checked.parsed,
            risk: checked.risk,
            unknown: checked.unknown.into_iter().map(|one| Doubt::of(&lines, one.into())).collect(),
            open: checked.findings.into_iter().map(Placed::from).map(whole).collect(),
            allowed: checked.allowed,
            text,
        }
    }

    /// Returns what was found in a plan, where the comments of its file accept some of it. The evidence of the plan keeps all.
    pub fn plan(
        path: &Path,
        text: String,
        plan: &Plan,
        checked: Checked,
        now: Option<Timestamp>,
    ) -> Self {
        let lines = Lines::of(&text);
        let unknown = in_plan(&text, plan, checked.unknown).into_iter();
        let unknown = unknown.map(|placed| Doubt::of(&lines, placed)).collect();
        let settled = settle_plan(&text, in_plan(&text, plan, checked.findings), now);
        Self {
            path: path.to_owned(),
            text,
            language: "plan",
            parsed: checked.parsed,
            risk: checked.risk,
            unknown,
            open: settled.open,
            allowed: settled.allowed,
        }
    }

    /// Returns what was found in an inventory. It does nothing, so it does no harm.
    pub fn inventory(path: &Path, text: String, mut findings: Vec<Finding>) -> Self {
        locate(&mut findings, &text);
        Self {
            path: path.to_owned(),
            language: "inventory",
            parsed: true,
            risk: Risk::Read,
            unknown: vec![],
            open: findings.into_iter().map(Placed::from).collect(),
            allowed: vec![],
            text,
        }
    }

    /// Returns the weight of the worst finding that stands.
    pub fn worst(&self) -> Option<Severity> {
        self.open.iter().map(|placed| placed.finding.severity).max()
    }
}

/// Gives findings about an inventory the places of the objects they are about: the line with the longest id that the
/// message names.
pub fn locate(findings: &mut [Finding], text: &str) {
    let is_id = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let ids: Vec<(usize, &str)> = text
        .match_indices("id: ")
        .map(|(at, mark)| {
            let rest = &text[at + mark.len()..];
            (at, &rest[..rest.find(|c| !is_id(c)).unwrap_or(rest.len())])
        })
        .collect();
    for finding in findings {
        let words: Vec<&str> = finding.message.split(|c| !is_id(c)).collect();
        let named = ids.iter().filter(|(_, id)| words.contains(id));
        // Hosts stand before the assets that may bear the same name.
        if let Some((at, id)) = named.max_by_key(|(at, id)| (id.len(), *at)) {
            finding.span = Span::new(*at, at + "id: ".len() + id.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{self, Facts};

    #[test]
    fn a_finding_about_an_inventory_points_at_the_object_it_names() {
        let text = "schema: blackstart/inventory/v1\nhosts: [{id: db}]\nassets:\n  - {id: db, kind: mysql, targets: {rpo: 1h}}\n  - {id: db-2, kind: mysql, targets: {rpo: 1h}}\n";
        let inventory = crate::inventory::read(text).0.expect("reads");
        let found = check::inventory(&inventory, &Facts::default());
        let reviewed = Reviewed::inventory(Path::new("i.yaml"), text.to_owned(), found);
        let places: Vec<&str> = reviewed.open.iter().map(|one| one.span.slice(text)).collect();
        assert_eq!(places, ["id: db", "id: db-2"]);
        assert_eq!(reviewed.open[0].span.start, text.rfind("id: db,").expect("there"), "the asset");
    }

    #[test]
    fn a_file_is_what_it_says_it_is() {
        let kind = |text: &str, name: &str| FileKind::of(text, Path::new(name));
        assert_eq!(kind("# c\nschema: blackstart/plan/v1\n", "x"), FileKind::Plan);
        assert_eq!(kind("schema: blackstart/inventory/v1\n", "x.yaml"), FileKind::Inventory);
        assert_eq!(kind("schema: blackstart/incident/v1\n", "x.yaml"), FileKind::Document);
        assert_eq!(kind("a: b\n", "x.yml"), FileKind::Yaml);
        assert_eq!(kind("#!/bin/sh\n", "x"), FileKind::Script(Language::Sh));
    }
}
