//! Applies safe changes to the text of a file.

use super::{FileKind, Placed, Reviewed};
use crate::plan::{self, Plan};

/// Returns what a file says behind the safe changes of these findings, and the codes of those that were fixed. Of changes
/// that touch each other only one is made; a change of a plan only where the file then says exactly that.
pub fn repaired(reviewed: &Reviewed, chosen: &[&Placed]) -> (String, Vec<&'static str>) {
    let mut changes: Vec<&Placed> =
        chosen.iter().copied().filter(|one| one.edit.is_some()).collect();
    changes.sort_by_key(|one| one.edit.as_ref().map(|edit| (edit.span.start, edit.span.end)));
    let mut text = reviewed.text.clone();
    let mut plan = match FileKind::of(&text, &reviewed.path) {
        FileKind::Plan => plan::read(&text).0,
        FileKind::Yaml | FileKind::Document => plan::read(&text).0,
        FileKind::Inventory | FileKind::Script(_) => None,
    };
    let (mut applied, mut free) = (vec![], usize::MAX);
    for change in changes.into_iter().rev() {
        let Some(edit) = &change.edit else { continue };
        // Two insertions at one place are two changes of it: one of them waits for the next round.
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
