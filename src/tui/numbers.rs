//! What a plan gives and costs: recovery point, loss, duration, the copies that are not used, each with its formula.

use ratatui::text::Line;

use super::text::{Ink, LABEL, pad};
use super::theme::Tone;
use crate::base::readable;
use crate::estimate::{Estimate, Point, Source, Tested};
use crate::flow::{Drafted, span};
use crate::plan::Plan;

/// Returns what the draft made from a runbook gives and costs.
pub fn of_template(ink: Ink, drafted: &Drafted) -> Vec<Line<'static>> {
    let mut runbooks = vec![];
    for (at, ranked) in drafted.ranking.iter().enumerate() {
        let label = if at == 0 { "Runbooks" } else { "" };
        let mark = if at == drafted.chosen { "used" } else { "    " };
        let tone = if at == drafted.chosen { Tone::Strong } else { Tone::Plain };
        runbooks.extend(ink.labelled(
            label,
            tone,
            &format!(
                "{mark} {}: {}",
                ranked.name,
                if ranked.why.is_empty() { "nothing speaks for it" } else { &ranked.why }
            ),
        ));
    }
    numbers(ink, &drafted.plan, &drafted.estimate, &drafted.notes, runbooks)
}

/// Returns a verdict in words and tone.
fn verdict(meets: Option<bool>) -> (Tone, &'static str) {
    match meets {
        Some(true) => (Tone::Good, "MET"),
        Some(false) => (Tone::Danger, "MISSED"),
        None => (Tone::Warn, "UNKNOWN"),
    }
}

fn seconds(seconds: Option<u64>) -> String {
    seconds.map_or("unknown".into(), span)
}

fn point(ink: Ink, point: &Point) -> Vec<Line<'static>> {
    let at = point.at.map_or("at an unknown time".into(), readable);
    let mut lines = ink.labelled(
        "Restore",
        Tone::Strong,
        &format!("{} from {} as of {at}", point.asset, point.backup),
    );
    if point.chain.len() > 1 {
        let chain: Vec<&str> = point.chain.iter().map(|id| id.as_str()).collect();
        lines.extend(ink.labelled("", Tone::Plain, &format!("through {}", chain.join(", then "))));
    }
    let (tone, word) = verdict(point.meets_rpo);
    let loss = point.loss_seconds.map(|loss| u64::try_from(loss).unwrap_or(0));
    let promised = point
        .rpo_seconds
        .map_or("nothing was promised".into(), |rpo| format!("promised at most {}", span(rpo)));
    lines.push(ink.pieces([
        (Tone::Faint, &pad("Lost", LABEL)),
        (Tone::Plain, &format!("{} of work, {promised}: RPO ", seconds(loss))),
        (tone, word),
    ]));
    let (tone, tested) = match point.tested {
        Tested::Passed => (Tone::Good, "a restore from this copy was tried and worked"),
        Tested::Failed => (Tone::Danger, "a restore from this copy was tried and FAILED"),
        Tested::Never => (Tone::Warn, "a restore from this copy was NEVER tried"),
        Tested::Unknown => {
            (Tone::Warn, "whether a restore from this copy was ever tried is not known")
        }
    };
    lines.extend(ink.labelled("Tested", tone, tested));
    point.notes.iter().for_each(|note| lines.extend(ink.labelled("Note", Tone::Plain, note)));
    lines
}

/// Returns what a plan gives and costs, with every number's formula.
pub fn numbers(
    ink: Ink,
    plan: &Plan,
    estimate: &Estimate,
    notes: &[String],
    runbooks: Vec<Line<'static>>,
) -> Vec<Line<'static>> {
    let mut lines = ink.labelled("Plan", Tone::Strong, &plan.title);
    for one in &estimate.recovery_points {
        lines.extend(point(ink, one));
    }
    if estimate.recovery_points.is_empty() {
        lines.extend(ink.labelled("Restore", Tone::Warn, "no copy is used"));
    }
    if let Some(rto) = &estimate.rto {
        let (tone, word) = verdict(rto.meets_rto);
        let promised = rto
            .rto_seconds
            .map_or("nothing was promised".into(), |rto| format!("promised {}", span(rto)));
        let takes = format!(
            "{} likely, {} nine times in ten, {promised}: RTO ",
            seconds(rto.p50_seconds),
            seconds(rto.p90_seconds)
        );
        lines.push(ink.pieces([
            (Tone::Faint, &pad("Takes", LABEL)),
            (Tone::Plain, &takes),
            (tone, word),
        ]));
    }
    for (at, refused) in estimate.refused.iter().enumerate() {
        let label = if at == 0 { "Not used" } else { "" };
        lines.extend(ink.labelled(
            label,
            Tone::Plain,
            &format!("{} of {}: {}", refused.backup, refused.asset, refused.why),
        ));
    }
    for note in estimate
        .notes
        .iter()
        .chain(notes)
        .filter(|note| !estimate.recovery_points.iter().any(|point| point.notes.contains(note)))
    {
        lines.extend(ink.labelled("Note", Tone::Warn, note));
    }
    if !runbooks.is_empty() {
        lines.push(Line::default());
        lines.extend(runbooks);
    }
    lines.push(Line::default());
    for (at, term) in estimate.terms.iter().enumerate() {
        let label = if at == 0 { "Computed" } else { "" };
        let value =
            term.value.map_or("unknown".into(), |value| format!("{} {}", number(value), term.unit));
        let source = match term.source {
            Source::Default => "assumed",
            Source::Inventory => "inventory",
            Source::Measured => "measured",
        };
        lines.extend(ink.labelled(
            label,
            Tone::Faint,
            &format!("{} = {value}: {} [{source}]", term.name, term.formula),
        ));
    }
    lines
}

fn number(value: f64) -> String {
    match value.fract() == 0.0 {
        true => format!("{value:.0}"),
        false => format!("{value:.1}"),
    }
}
