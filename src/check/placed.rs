//! A finding with its place in the file a person sees, which for a plan is not the text it was found in.

use crate::base::{Span, yaml};
use crate::evidence::{Edit, Finding, Place};
use crate::plan::Plan;

/// A finding, where it stands in the file, and what its safe fix changes there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The finding; its own span points into the text of its step.
    pub finding: Finding,
    /// Where it stands in the file. Exact where the file says the text as it is (a script, `run: |`, a plain or simply
    /// quoted line), else the place where the text begins.
    pub span: Span,
    /// The safe change of the file, where there is one and the file says the text as it is.
    pub edit: Option<Edit>,
}

impl From<Finding> for Placed {
    /// Places a finding whose text is the file.
    fn from(finding: Finding) -> Self {
        Self { span: finding.span, edit: finding.edit.clone(), finding }
    }
}

impl Placed {
    /// Fits a change of whole lines into a file in which scripts stand indented, or behind something else on their
    /// line: there it is indented, or dropped.
    #[must_use]
    pub fn whole_lines(mut self, file: &str) -> Self {
        self.edit = self.edit.take().and_then(|edit| {
            if !edit.replacement.contains('\n') {
                return Some(edit);
            }
            let before = file.get(..edit.span.start)?;
            let head = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
            let indented = edit.replacement.replace('\n', &format!("\n{head}"));
            head.trim().is_empty().then_some(Edit { replacement: indented, ..edit })
        });
        self
    }
}

/// Places the findings of a plan in the file it was read from.
pub fn in_plan(file: &str, plan: &Plan, findings: Vec<Finding>) -> Vec<Placed> {
    let root = yaml::parse(file).0;
    let steps = root.as_ref().and_then(|root| root.get("steps")).map_or(&[][..], yaml::Node::items);
    let place = |finding: Finding| {
        let at = plan.steps.iter().position(|step| Some(&step.id) == finding.step.as_ref());
        let Some(step) = at.and_then(|at| steps.get(at)) else {
            return Placed { finding, span: Span::default(), edit: None };
        };
        let id = step.get("id").map_or(step.span, |id| id.span);
        let node = step.get(finding.part.word()).filter(|_| finding.part != Place::Whole);
        let Some((node, text)) = node.and_then(|node| Some((node, node.text()?))) else {
            return Placed { finding, span: id, edit: None };
        };
        match Lines::of(file, node.span, text) {
            Some(lines) => {
                let span = lines.span(finding.span);
                let edit = finding.edit.as_ref().and_then(|edit| lines.edit(edit));
                Placed { finding, span, edit }
            }
            None => Placed { finding, span: first_line(file, node.span), edit: None },
        }
    };
    findings.into_iter().map(place).collect()
}

fn first_line(file: &str, span: Span) -> Span {
    let text = span.slice(file);
    Span::new(span.start, span.start + text.find('\n').unwrap_or(text.len()))
}

/// Where each line of a text stands in the file, where the file says every line as it is.
#[derive(Debug)]
struct Lines<'a> {
    text: &'a str,
    /// Offsets in the text and in the file at which each line begins.
    starts: Vec<(usize, usize)>,
    /// What stands before each further line of the file.
    indent: &'a str,
}

impl<'a> Lines<'a> {
    fn of(file: &'a str, span: Span, text: &'a str) -> Option<Self> {
        let written = span.slice(file);
        let one =
            |file_start: usize| Some(Self { text, starts: vec![(0, file_start)], indent: "" });
        if written == text && !text.contains('\n') {
            return one(span.start);
        }
        for quote in ['\'', '"'] {
            let inner = written.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
            if inner == Some(text) && !text.contains('\n') {
                return one(span.start + 1);
            }
        }
        // The span of a block may begin at its first line or at the sign above it.
        let line_start = file.get(..span.start)?.rfind('\n').map_or(0, |at| at + 1);
        let next = file.get(line_start..)?.find('\n').map(|at| line_start + at + 1);
        Self::block(file, line_start, text).or_else(|| Self::block(file, next?, text))
    }

    /// Matches the lines of a text with those of the file from `start`, all behind the same indentation.
    fn block(file: &'a str, start: usize, text: &'a str) -> Option<Self> {
        let first = text.lines().find(|line| !line.trim().is_empty())?;
        let mut indent: Option<&str> = None;
        let mut starts = vec![];
        let (mut at, mut own) = (start, 0);
        for line in text.split_inclusive('\n') {
            let said = line.trim_end_matches('\n');
            let rest = file.get(at..)?;
            let written = rest.split_inclusive('\n').next()?;
            let bare = written.trim_end_matches('\n').trim_end_matches('\r');
            let before = bare.strip_suffix(said)?;
            let blank = said.is_empty() && bare.trim().is_empty();
            match indent {
                None if blank => {}
                None => {
                    let all_blank = before.bytes().all(|byte| byte == b' ');
                    if before.is_empty() || !all_blank || said != first {
                        return None;
                    }
                    indent = Some(before);
                }
                Some(indent) if before == indent || blank => {}
                Some(_) => return None,
            }
            starts.push((own, at + if blank { bare.len() } else { before.len() }));
            own += line.len();
            at += written.len();
        }
        Some(Self { text, starts, indent: indent? })
    }

    /// Returns where an offset of the text stands in the file.
    fn offset(&self, own: usize) -> usize {
        let own = own.min(self.text.len());
        let at = self.starts.partition_point(|(start, _)| *start <= own);
        let (start, file) = self.starts[at.saturating_sub(1)];
        file + own - start
    }

    fn span(&self, own: Span) -> Span {
        Span::new(self.offset(own.start), self.offset(own.end))
    }

    /// Returns the change of the file that changes the text so: further lines get the indentation of the block.
    fn edit(&self, edit: &Edit) -> Option<Edit> {
        let own = self.span(edit.span);
        let broken = edit.replacement.contains('\n');
        let one_line = self.starts.len() == 1 && self.indent.is_empty();
        // A plain or quoted line can take neither breaks nor signs that mean something to YAML.
        let risky = |c: char| {
            matches!(c, '\n' | '\'' | '"' | '\\' | '#' | ':' | '{' | '}' | '[' | ']' | ',')
        };
        if one_line && edit.replacement.contains(risky) {
            return None;
        }
        // The end of a block stands before the indentation of whatever follows.
        let own_end = self.text.len();
        let ends = self.text.ends_with('\n') && edit.span.end == own_end;
        if ends && edit.span.start < own_end && !edit.replacement.ends_with('\n') {
            return None;
        }
        let mut replacement = String::new();
        if ends && edit.span.start == own_end {
            replacement.push_str(self.indent);
        }
        for (at, line) in edit.replacement.split_inclusive('\n').enumerate() {
            if at > 0 && !line.trim_end().is_empty() {
                replacement.push_str(self.indent);
            }
            replacement.push_str(line);
        }
        // What follows a last break stands at the start of a line of the file.
        let follows =
            edit.span.end < self.text.len() && !self.text[edit.span.end..].starts_with('\n');
        if broken && edit.replacement.ends_with('\n') && follows {
            replacement.push_str(self.indent);
        }
        Some(Edit { span: own, replacement })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Facts, Reviewed, plan, repaired};

    const HEAD: &str = "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n";

    fn placed(file: &str) -> (Plan, Vec<Placed>) {
        let (read, problems) = crate::plan::read(file);
        assert_eq!(problems, [], "{file}");
        let read = read.expect("reads");
        let findings = plan(&read, None, &Facts::default()).findings;
        let placed = in_plan(file, &read, findings);
        (read, placed)
    }

    /// What the finding about `rm` points at, and what its fix makes of the file.
    fn seen(step: &str) -> (String, Option<String>) {
        let file = format!("{HEAD}{step}");
        let (read, placed) = placed(&file);
        let one = placed.iter().find(|one| one.finding.rule == "SH003").expect("found");
        let checked = plan(&read, None, &Facts::default());
        let path = std::path::Path::new("p.yaml");
        let reviewed = Reviewed::plan(path, file.clone(), &read, checked, None);
        let chosen: Vec<&Placed> =
            reviewed.open.iter().filter(|one| one.finding.rule == "SH003").collect();
        let (after, applied) = repaired(&reviewed, &chosen);
        let fixed = (!applied.is_empty()).then(|| after[HEAD.len()..].to_owned());
        (one.span.slice(&file).to_owned(), fixed)
    }

    #[test]
    fn a_finding_stands_where_the_file_says_it_and_its_fix_changes_only_that() {
        for step in [
            "  - id: a\n    title: t\n    kind: command\n    run: |\n      set -e\n\n      rm -rf \"$D\"/*\n    why: w # c\n",
            "  - id: a\n    title: t\n    kind: command\n    run: |-   # as it is\n        if true; then\n          rm -rf \"$D\"/*\n        fi\n    why: w\n",
            "  - id: a\n    title: t\n    kind: command\n    run: rm -rf \"$D\"/*   # c\n",
        ] {
            let (at, fixed) = seen(step);
            assert_eq!(at, "\"$D\"/*", "{step}");
            if let Some(fixed) = fixed {
                assert_eq!(fixed, step.replace("\"$D\"", "\"${D:?}\""), "{step}");
            } else {
                assert!(!step.contains("run: |"), "a block can be changed: {step}");
            }
        }
    }

    #[test]
    fn a_text_that_the_file_says_in_other_words_is_pointed_at_and_left_alone() {
        for step in [
            "  - id: a\n    title: t\n    kind: command\n    run: \"set -e\\nrm -rf \\\"$D\\\"/*\"\n",
            "  - id: a\n    title: t\n    kind: command\n    run: >\n      rm -rf\n      \"$D\"/*\n",
        ] {
            let (at, fixed) = seen(step);
            assert!(!at.is_empty() && fixed.is_none(), "{step}: {at:?} {fixed:?}");
        }
    }

    #[test]
    fn lines_that_are_put_in_stand_under_those_of_the_block() {
        let step = "  - id: a\n    title: t\n    kind: command\n    run: |\n      pg_dump a | gzip > /b/a-$(date +%F).gz\n";
        let file = format!("{HEAD}{step}");
        let lines = Lines::of(
            &file,
            Span::new(file.find("pg_dump").unwrap(), file.len()),
            "pg_dump a | gzip > /b/a-$(date +%F).gz\n",
        );
        let lines = lines.unwrap();
        let put = |at: usize, text: &str| {
            let edit =
                lines.edit(&Edit { span: Span::new(at, at), replacement: text.into() }).unwrap();
            let mut changed = file.clone();
            changed.insert_str(edit.span.start, &edit.replacement);
            crate::plan::read(&changed).0.and_then(|plan| plan.steps[0].run.clone())
        };
        let text = "pg_dump a | gzip > /b/a-$(date +%F).gz\n";
        assert_eq!(put(0, "set -e\nset -u\n"), Some(format!("set -e\nset -u\n{text}")));
        assert_eq!(put(text.len(), "echo a\n"), Some(format!("{text}echo a\n")));
    }

    #[test]
    fn whole_lines_go_into_an_indented_script_and_not_behind_a_prompt() {
        let change = |file: &str, at: usize| {
            let finding = plan_finding(file, at);
            Placed::from(finding).whole_lines(file).edit.map(|edit| edit.replacement)
        };
        assert_eq!(change("a\n  b\n", 4), Some("set -e\n  ".into()));
        assert_eq!(change("a\n$ b\n", 4), None);
        assert_eq!(change("0 3 * * * b\n", 10), None);
    }

    /// A finding with a change that puts a line in at a place.
    fn plan_finding(file: &str, at: usize) -> Finding {
        let span = Span::new(at, file.len());
        let edit = Edit { span: Span::new(at, at), replacement: "set -e\n".into() };
        Finding {
            rule: "SH002",
            name: "n",
            severity: crate::evidence::Severity::High,
            step: None,
            part: Place::Whole,
            span,
            message: "m".into(),
            why: "w".into(),
            fix: None,
            layer: "static",
            edit: Some(edit),
        }
    }
}
