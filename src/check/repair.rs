//! Applies safe changes to the text of a file.

use super::allow::says_allow;
use super::{FileKind, Placed, Reviewed};
use crate::base::Span;
use crate::evidence::Edit;
use crate::plan::{self, Plan};

/// Returns what a file says behind the safe changes of these findings, and the codes of those that were fixed. Of changes
/// that touch each other only one is made; a change of a plan only where the file then says exactly that.
pub fn repaired(reviewed: &Reviewed, chosen: &[&Placed]) -> (String, Vec<&'static str>) {
    let mut changes: Vec<&Placed> =
        chosen.iter().copied().filter(|one| one.edit.is_some()).collect();
    changes.sort_by_key(|one| one.edit.as_ref().map(|edit| (edit.span.start, edit.span.end)));
    // What changes a large part decides what is wrong inside of it, which is judged anew behind it.
    let wide: Vec<Span> =
        changes.iter().filter_map(|one| one.edit.as_ref()).map(|e| e.span).collect();
    changes.retain(|one| {
        let around =
            |own: Span| wide.iter().any(|w| *w != own && w.start <= own.start && own.end <= w.end);
        one.edit.as_ref().is_some_and(|edit| !around(edit.span))
    });
    // A line that is put in may make another one superfluous (`set -euo pipefail`), so there is one at a time.
    let mut put_in = false;
    changes.retain(|one| {
        let lines = one.edit.as_ref().is_some_and(|edit| {
            edit.span.start == edit.span.end && edit.replacement.contains('\n')
        });
        let keeps = !(put_in && lines);
        put_in |= lines;
        keeps
    });
    let mut text = reviewed.text.clone();
    let mut plan = match FileKind::of(&text, &reviewed.path) {
        FileKind::Plan => plan::read(&text).0,
        FileKind::Yaml | FileKind::Document => plan::read(&text).0,
        FileKind::Inventory | FileKind::Script(_) => None,
    };
    let (mut applied, mut free) = (vec![], usize::MAX);
    for change in changes.into_iter().rev() {
        let Some(edit) = change.edit.as_ref().map(|edit| match plan {
            Some(_) => edit.clone(),
            None => above_comments(&reviewed.text, edit),
        }) else {
            continue;
        };
        // Two insertions at one place are two changes of it: one of them waits for the next round.
        let edit = as_the_file_ends_lines(&reviewed.text, edit);
        let touches = edit.span.end > free || (edit.span.start == free && edit.span.end == free);
        if touches || text.get(edit.span.start..edit.span.end).is_none() {
            continue;
        }
        let mut next = text.clone();
        next.replace_range(edit.span.start..edit.span.end, &edit.replacement);
        if let Some(before) = &plan {
            let Some(after) = expected(before, &next, change) else {
                continue;
            };
            plan = Some(after);
        }
        text = next;
        free = edit.span.start;
        applied.push(change.finding.rule);
    }
    applied.reverse();
    (text, applied)
}

/// Returns the plan behind a change, where the changed file says exactly that and nothing else.
fn expected(before: &Plan, text: &str, change: &Placed) -> Option<Plan> {
    let expected = super::fixed(before, &change.finding)?;
    let (read, problems) = plan::read(text);
    read.filter(|read| problems.is_empty() && *read == expected)
}

/// Ends the lines of a change as those of the file end where it is made, unless it is the change that mends them.
fn as_the_file_ends_lines(text: &str, mut edit: Edit) -> Edit {
    let end = text.get(edit.span.end..).and_then(|rest| rest.find('\n'));
    // Behind the last line of a file that ends without a break, the line before tells.
    let end = end.map(|end| edit.span.end + end).or(text.rfind('\n'));
    let windows = end.is_some_and(|end| text[..end].ends_with('\r'));
    if windows && !edit.span.slice(text).contains('\r') && !edit.replacement.contains('\r') {
        edit.replacement = edit.replacement.replace('\n', "\r\n");
    }
    edit
}

/// Moves lines that are put in above the comments for the checker that speak for the command below, so that they still do.
fn above_comments(text: &str, edit: &Edit) -> Edit {
    let mut moved = edit.clone();
    if edit.span.start != edit.span.end || !edit.replacement.contains('\n') {
        return moved;
    }
    while let Some(line) = text[..moved.span.start].rfind('\n') {
        let before = text[..line].rfind('\n').map_or(0, |at| at + 1);
        let above = &text[before..line];
        let blank = text[line + 1..moved.span.start].trim().is_empty();
        if !blank || !above.trim_start().starts_with('#') || !says_allow(above) {
            break;
        }
        let at = before + above.len() - above.trim_start().len();
        moved.span = Span::new(at, at);
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Facts, Language, script};

    #[test]
    fn a_line_that_is_put_in_leaves_a_comment_with_its_command() {
        let text = "#!/bin/bash\nls\n# blackstart: allow PG001 until 2027-03-01 because roles are elsewhere\npg_dump shop | gzip > \"/backup/shop-$(date +%F).gz\"\n";
        let facts =
            Facts { now: Some("2026-11-21T12:00:00Z".parse().unwrap()), ..Facts::default() };
        let look = |text: &str| {
            let checked = script(text, Language::Bash, &facts);
            Reviewed::script(std::path::Path::new("a.sh"), text.to_owned(), checked)
        };
        let before = look(text);
        let chosen: Vec<&Placed> =
            before.open.iter().filter(|one| one.finding.rule == "SH002").collect();
        let (after, applied) = repaired(&before, &chosen);
        assert_eq!(applied, ["SH002"], "{:?}", before.open);
        let rules =
            |of: &Reviewed| of.allowed.iter().map(|one| one.found.finding.rule).collect::<Vec<_>>();
        assert_eq!(
            (rules(&before), rules(&look(&after))),
            (vec!["PG001"], vec!["PG001"]),
            "{after}"
        );
    }
}
