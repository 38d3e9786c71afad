//! What the sandbox saw of a step, as lines: outcome, effects with their differences, the proof of the rollback.

use ratatui::text::Line;

use super::text::{Ink, pad};
use super::theme::Tone;
use crate::base::{Size, readable};
use crate::evidence::{
    Captured, Change, Declared, Effect, Ended, FileEffect, FileKind, KeptFinding, Outcome,
    Severity, StepDryRun, Sum, is_loud,
};
use crate::flow;

/// Returns the tone of an outcome.
pub fn outcome_tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Passed => Tone::Good,
        Outcome::Failed | Outcome::TimedOut => Tone::Danger,
        Outcome::Limited
        | Outcome::Simulated
        | Outcome::OtherHost
        | Outcome::Manual
        | Outcome::NotRun => Tone::Warn,
    }
}

/// Returns an outcome as a word; what must not be overlooked stands in capitals.
pub fn outcome_word(outcome: Outcome) -> String {
    match outcome {
        Outcome::Failed | Outcome::TimedOut => outcome.word().to_uppercase(),
        Outcome::Passed
        | Outcome::Limited
        | Outcome::Simulated
        | Outcome::OtherHost
        | Outcome::Manual
        | Outcome::NotRun => outcome.word().to_owned(),
    }
}

/// How many effects stand beside the outcome; all of them stand below the texts of the step.
const FIRST: usize = 12;

/// Returns what changed or was tried, what was not declared first; programs that ran well say nothing by themselves.
fn seen(shown: &StepDryRun) -> Vec<&Effect> {
    let ran_well = |ended: &Option<Ended>| matches!(ended, None | Some(Ended::Code(0)));
    let changes =
        |effect: &&Effect| !matches!(effect, Effect::Exec { ended, .. } if ran_well(ended));
    let mut seen: Vec<&Effect> = shown.effects.iter().filter(changes).collect();
    seen.sort_by_key(|effect| !is_undeclared(effect));
    seen
}

fn is_undeclared(effect: &Effect) -> bool {
    match effect {
        Effect::File(FileEffect { declared, .. }) | Effect::Connect { declared, .. } => {
            *declared == Declared::No
        }
        Effect::Exec { .. } | Effect::Lookup { .. } => false,
        Effect::Denied { .. } => true,
    }
}

/// Returns how many paths changed in which way, and what else was tried.
fn counted(shown: &StepDryRun) -> String {
    let mut counts: Vec<(&str, u64)> = vec![];
    for effect in &shown.effects {
        let word = match effect {
            Effect::File(file) if shown.totals.is_empty() => file.change.word(),
            Effect::Connect { .. } => "tried to reach",
            Effect::Lookup { .. } => "asked for",
            Effect::Denied { .. } => "refused",
            Effect::File(_) | Effect::Exec { .. } => continue,
        };
        match counts.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => counts.push((word, 1)),
        }
    }
    let totals = Change::ALL.into_iter().map(|change| (change.word(), shown.total(change).entries));
    let counts: Vec<String> = totals
        .chain(counts)
        .filter(|(_, count)| *count > 0)
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    let more = match shown.left_out() {
        0 => String::new(),
        more if shown.totals.is_empty() => format!(", and {more} more that were only counted"),
        more => format!(", {more} of them only counted"),
    };
    format!("{}{more}", counts.join(", "))
}

/// Returns what the rules say of what was seen.
pub fn finding(ink: Ink, finding: &KeptFinding) -> Vec<Line<'static>> {
    let tone = if finding.severity >= Severity::High { Tone::Danger } else { Tone::Warn };
    let severity = finding.severity.word().to_uppercase();
    ink.labelled("Finding", tone, &format!("{severity} {}: {}", finding.rule, finding.message))
}

/// Returns the effects that did not fit beside the outcome.
pub fn more_effects(ink: Ink, shown: &StepDryRun) -> Vec<Line<'static>> {
    let mut lines = vec![];
    for (at, effect) in seen(shown).into_iter().skip(FIRST).enumerate() {
        if at == 0 {
            lines.push(Line::default());
        }
        let label = if at == 0 { "More" } else { "" };
        lines.extend(effect_lines(ink, label, effect));
    }
    lines
}

/// What the sandbox saw: the outcome, every effect with its difference, the proof of the rollback, the output.
pub fn effects(ink: Ink, shown: &StepDryRun) -> Vec<Line<'static>> {
    let exit = shown.exit_code.map_or(String::new(), |code| format!(", exit {code}"));
    let took = flow::span(shown.duration.as_secs());
    let took = if shown.duration.as_secs() == 0 {
        format!("{}ms", shown.duration.as_millis())
    } else {
        took
    };
    let text = format!("{}{exit}, {took}   observed, not predicted", outcome_word(shown.outcome));
    let mut lines = ink.labelled("Dry run", outcome_tone(shown.outcome), &text);
    let deleted = shown.total(Change::Deleted);
    if deleted.entries > 0 {
        let text = format!("{} entries, {}", deleted.entries, Size(deleted.bytes));
        lines.extend(ink.labelled("DELETES", Tone::Danger, &text));
    }
    shown.notes.iter().for_each(|note| lines.extend(ink.labelled("", Tone::Warn, note)));
    for tool in &shown.simulated {
        lines.extend(ink.labelled("", Tone::Warn, &format!("a stand-in answered for {tool}")));
    }
    for call in shown.simulated_calls.iter().filter(|call| !call.would.is_empty()).take(FIRST) {
        let text = format!("{} would {}", call.tool, call.would);
        lines.extend(ink.labelled("", Tone::Plain, &text));
    }
    let seen: Vec<&Effect> = seen(shown);
    if seen.is_empty() {
        lines.extend(ink.labelled("Effects", Tone::Good, "nothing was changed"));
    } else {
        let refused = |effect: &&&Effect| matches!(effect, Effect::Denied { .. });
        let undeclared =
            seen.iter().filter(|effect| is_undeclared(effect) && !refused(effect)).count();
        let (tone, declared) = match undeclared {
            0 => (Tone::Plain, String::new()),
            _ => (Tone::Danger, format!(", {undeclared} NOT DECLARED")),
        };
        lines.extend(ink.labelled("Effects", tone, &format!("{}{declared}", counted(shown))));
    }
    for effect in seen.iter().take(FIRST) {
        lines.extend(effect_lines(ink, "", effect));
    }
    if seen.len() > FIRST {
        let rest = format!("and {} more, at the end", seen.len() - FIRST);
        lines.extend(ink.labelled("", Tone::Faint, &rest));
    }
    for place in &shown.summaries {
        let deep = if place.deep { " and below" } else { "" };
        let (directory, change) = (escaped(&place.directory), place.change.word());
        let Sum { entries, bytes } = place.sum;
        let text = format!("{directory}{deep}: {entries} {change}, {}", Size(bytes));
        lines.extend(ink.labelled("", Tone::Plain, &text));
    }
    if let Some(proof) = &shown.rollback {
        let proven = proof.outcome == Outcome::Passed && proof.differences.is_empty();
        let (tone, text) = match proven {
            true => (Tone::Good, "proven: it brings back exactly what was".to_owned()),
            false => (Tone::Danger, format!("NOT proven: {}", outcome_word(proof.outcome))),
        };
        lines.extend(ink.labelled("Undo", tone, &text));
        for difference in &proof.differences {
            lines.extend(ink.labelled("", Tone::Danger, difference));
        }
    }
    lines
}

/// Returns what a command wrote.
pub fn output(ink: Ink, label: &str, captured: &Captured) -> Vec<Line<'static>> {
    if captured.text.trim().is_empty() {
        return vec![];
    }
    let mut lines = vec![Line::default()];
    lines.extend(ink.labelled(label, Tone::Faint, &captured.text));
    if captured.dropped > 0 {
        lines.extend(ink.labelled(
            "",
            Tone::Faint,
            &format!("{} bytes are left out", captured.dropped),
        ));
    }
    lines
}

fn effect_lines(ink: Ink, label: &str, effect: &Effect) -> Vec<Line<'static>> {
    let undeclared = |declared: Declared| match declared {
        Declared::No => "   NOT DECLARED",
        Declared::Yes | Declared::NothingDeclared => "",
    };
    match effect {
        Effect::File(file) => file_lines(ink, label, file, undeclared(file.declared)),
        Effect::Exec { argv, ended, .. } => {
            let how = match ended {
                None | Some(Ended::Code(0)) => String::new(),
                Some(Ended::NotStarted(why)) => format!("   not started: {why}"),
                Some(Ended::Code(code)) => format!("   exit {code}"),
                Some(Ended::Signal(signal)) => format!("   signal {signal}"),
            };
            ink.labelled(label, Tone::Faint, &format!("ran {}{how}", argv.join(" ")))
        }
        Effect::Lookup { name } => {
            ink.labelled(label, Tone::Plain, &format!("asked for the address of {name}"))
        }
        Effect::Connect { destination, declared, .. } => {
            let tone = if *declared == Declared::No { Tone::Danger } else { Tone::Plain };
            ink.labelled(
                label,
                tone,
                &format!("tried to reach {destination}{}", undeclared(*declared)),
            )
        }
        Effect::Denied { what } => ink.labelled(label, Tone::Warn, &format!("refused: {what}")),
    }
}

fn file_lines(ink: Ink, label: &str, file: &FileEffect, undeclared: &str) -> Vec<Line<'static>> {
    let sign = match file.change {
        Change::Created => "+",
        Change::Deleted => "-",
        Change::Modified | Change::Renamed | Change::TypeChanged | Change::Metadata => "~",
    };
    let slash = if file.kind == FileKind::Directory { "/" } else { "" };
    let bytes = file.bytes.filter(|_| file.kind == FileKind::File);
    let bytes = bytes.map_or(String::new(), |bytes| format!("  {}", Size(bytes)));
    let stored =
        file.stored.map_or(String::new(), |stored| format!(" of which {} stored", Size(stored)));
    let below = file.below.map_or(String::new(), |sum| {
        format!("  with {} entries in it, {}", sum.entries, Size(sum.bytes))
    });
    let from = file.from.as_ref().map_or(String::new(), |from| format!(" from {}", escaped(from)));
    let text = format!(
        "{sign} {} {}{slash}{from}{bytes}{stored}{below}{undeclared}",
        pad(file.change.word(), 9),
        escaped(&file.path)
    );
    let loud = file.what.iter().any(|word| is_loud(word));
    let tone = match (undeclared.is_empty(), file.change) {
        (false, _) => Tone::Danger,
        (true, _) if loud => Tone::Danger,
        (true, Change::Deleted) => Tone::Warn,
        (true, _) => Tone::Plain,
    };
    let mut lines = ink.labelled(label, tone, &text);
    for word in &file.what {
        let tone = if is_loud(word) { Tone::Danger } else { Tone::Plain };
        lines.extend(ink.labelled("", tone, &format!("    {word}")));
    }
    if let Some((then, now)) = file.times {
        let text = format!("    modification time {} -> {}", readable(then), readable(now));
        lines.extend(ink.labelled("", Tone::Plain, &text));
    }
    for line in file.diff.iter().flat_map(|diff| diff.lines()) {
        let tone = match line.as_bytes().first() {
            Some(b'+') => Tone::Good,
            Some(b'-') => Tone::Danger,
            Some(_) | None => Tone::Faint,
        };
        lines.extend(ink.labelled("", tone, &format!("    {line}")));
    }
    lines
}

fn escaped(path: &std::path::Path) -> String {
    crate::base::escape::bytes(path.as_os_str().as_encoded_bytes())
}
