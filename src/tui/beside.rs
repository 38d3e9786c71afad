//! A model's draft beside the plan it started from: the rows of both, and either side of one row in full.

use ratatui::text::Line;

use super::numbers;
use super::rejected::{failed_step, name, rejection};
use super::step_text;
use super::text::{Ink, count, kilobytes, pad};
use super::theme::Tone;
use crate::base::{Risk, escape, seconds_between};
use crate::draft::dialogue::{ModelDraft, Rejected};
use crate::flow::dialogue::{
    Asking, Doing, Failure, Mark, ModelAnswer, Pair, Side, Streamed, Usage, awaited, compared,
    place_of,
};
use crate::flow::{self, State, span};
use crate::plan::{Plan, Step};

/// A row of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// The drafts as wholes.
    Whole,
    /// A step beside the other.
    Pair(Pair),
    /// Something that was rejected and has no place in the plan, by its place in the list.
    Rejected(usize),
}

/// The answer of the model as far as it can be shown.
#[derive(Debug, Clone, Copy)]
enum Answer<'a> {
    /// It is under way.
    Under(&'a Asking),
    /// It ended as a draft.
    Stands(&'a ModelAnswer),
    /// There is none.
    None,
}

fn answer(state: &State) -> Answer<'_> {
    match (&state.dialogue.asking, state.dialogue.standing()) {
        (Some(asking), _) => Answer::Under(asking),
        (None, Some(answer)) => Answer::Stands(answer),
        (None, None) => Answer::None,
    }
}

fn failure(state: &State) -> Option<&Failure> {
    let failed = state.dialogue.failed.as_ref().filter(|_| state.dialogue.asking.is_none());
    failed.map(|failed| &failed.failure)
}

/// Returns what was rejected of the answer on the screen: of the one that failed, else of the one that stands.
fn rejected(state: &State) -> &[Rejected] {
    match (failure(state), answer(state)) {
        (_, Answer::Under(_)) => &[],
        (Some(failure), _) if !failure.rejected.is_empty() => &failure.rejected,
        (_, Answer::Stands(answer)) => &answer.draft.rejected,
        (_, Answer::None) => &[],
    }
}

/// Returns the rows, the whole first.
pub fn rows(state: &State) -> Vec<Row> {
    let mut rows = vec![Row::Whole];
    let Some(plan) = state.started_from() else {
        return rows;
    };
    let pairs = match answer(state) {
        Answer::Under(asking) => awaited(plan, &asking.steps),
        Answer::Stands(answer) => compared(plan, &answer.draft),
        Answer::None => awaited(plan, &[]),
    };
    rows.extend(pairs.into_iter().map(Row::Pair));
    let placed = |one: &Rejected| match answer(state) {
        Answer::Stands(answer) => {
            let place = place_of(&one.instead).map(|id| answer.draft.plan.step(id.as_str()));
            place.flatten().is_some()
        }
        Answer::Under(_) | Answer::None => false,
    };
    let homeless = rejected(state).iter().enumerate().filter(|(_, one)| !placed(one));
    rows.extend(homeless.map(|(at, _)| Row::Rejected(at)));
    rows
}

/// Returns a mark in words.
fn mark_word(mark: Mark) -> (Tone, &'static str) {
    match mark {
        Mark::Kept => (Tone::Faint, "kept"),
        Mark::Changed => (Tone::Warn, "CHANGED"),
        Mark::New => (Tone::Warn, "NEW"),
        Mark::LeftOut => (Tone::Danger, "LEFT OUT"),
        Mark::PutBack => (Tone::Warn, "put back"),
        Mark::ByHand => (Tone::Warn, "BY HAND"),
        Mark::Unchecked => (Tone::Warn, "unchecked"),
        Mark::Awaited => (Tone::Faint, ""),
    }
}

/// Columns of a mark.
const MARK: usize = 10;

fn step_row(ink: Ink, at: usize, step: &Step, mark: Option<Mark>, columns: usize) -> Line<'static> {
    let risk: Risk = step.claimed_risk();
    let room = columns.saturating_sub(16 + mark.map_or(0, |_| MARK + 1));
    let mut line = ink.pieces([
        (Tone::Faint, &format!("{:>2} ", at + 1)),
        (super::screens::risk_tone(risk), &pad(risk.word(), 13)),
        (Tone::Plain, &pad(&escape::one_line(&step.title), room)),
    ]);
    line.spans.extend(mark.map(mark_word).map(|(tone, word)| ink.span(tone, &format!(" {word}"))));
    line
}

fn streamed_row(ink: Ink, at: usize, step: &Streamed, columns: usize) -> Line<'static> {
    let (tone, word) = mark_word(Mark::Unchecked);
    let room = columns.saturating_sub(16 + MARK + 1);
    ink.pieces([
        (Tone::Faint, &format!("{:>2} ", at + 1)),
        (Tone::Faint, &pad(step.step.kind.map_or("?", |kind| kind.word()), 13)),
        (Tone::Plain, &pad(&escape::one_line(&step.step.title), room)),
        (tone, &format!(" {word}")),
    ])
}

/// Returns one side of a row, in so many columns. A step that one side lacks is empty there; where only the model's side
/// is seen, `alone`, what it left out is named.
pub fn row(
    ink: Ink,
    state: &State,
    row: Row,
    side: Side,
    alone: bool,
    columns: usize,
) -> Line<'static> {
    let plan = state.started_from();
    match (row, side) {
        (Row::Whole, Side::Template) if state.dialogue.revises() => {
            ink.line(Tone::Strong, "   The plan as it is")
        }
        (Row::Whole, Side::Template) => ink.line(Tone::Strong, "   What it gives and costs"),
        (Row::Whole, Side::Model) => ink.line(Tone::Strong, "   The answer as a whole"),
        (Row::Rejected(_), Side::Template) => Line::default(),
        (Row::Rejected(at), Side::Model) => match rejected(state).get(at) {
            Some(one) => ink.pieces([
                (Tone::Plain, &pad("", 16)),
                (
                    Tone::Plain,
                    &pad(&escape::one_line(name(one)), columns.saturating_sub(16 + MARK + 1)),
                ),
                (Tone::Danger, " REJECTED"),
            ]),
            None => Line::default(),
        },
        (Row::Pair(pair), Side::Template) => match (plan, pair.left) {
            (Some(plan), Some(left)) => step_row(ink, left, &plan.steps[left], None, columns),
            (Some(_), None) | (None, _) => Line::default(),
        },
        (Row::Pair(pair), Side::Model) => match (answer(state), pair.right) {
            (Answer::Under(asking), Some(right)) => {
                streamed_row(ink, right, &asking.steps[right], columns)
            }
            (Answer::Stands(answer), Some(right)) => {
                step_row(ink, right, &answer.draft.plan.steps[right], Some(pair.mark), columns)
            }
            (Answer::Stands(_), None) => {
                let step = plan.zip(pair.left).map(|(plan, left)| &plan.steps[left]);
                let title = step.filter(|_| alone).map_or("", |step| step.title.as_str());
                let (tone, word) = mark_word(pair.mark);
                let room = columns.saturating_sub(16 + MARK + 1);
                ink.pieces([
                    (Tone::Faint, &pad("", 16)),
                    (Tone::Faint, &pad(&escape::one_line(title), room)),
                    (tone, &format!(" {word}")),
                ])
            }
            (Answer::Under(_), None) | (Answer::None, _) => Line::default(),
        },
    }
}

/// Returns the left side of a row in full.
pub fn left(ink: Ink, state: &State, row: Row) -> Vec<Line<'static>> {
    let hostname = &state.machine.hostname;
    match row {
        Row::Whole => whole_left(ink, state),
        Row::Rejected(_) => vec![ink.line(Tone::Faint, "nothing stands here for it")],
        Row::Pair(pair) => match (state.started_from(), pair.left) {
            (Some(plan), Some(left)) => step_text::whole(ink, hostname, &plan.steps[left]),
            (Some(_), None) | (None, _) => {
                vec![ink.line(Tone::Faint, "the plan it started from has no such step")]
            }
        },
    }
}

fn whole_left(ink: Ink, state: &State) -> Vec<Line<'static>> {
    let revision = state.dialogue.question().and_then(|ask| Some((ask, ask.revision.as_ref()?)));
    if let Some((ask, revision)) = revision {
        let mut lines = ink.labelled("Plan", Tone::Strong, &ask.plan.title);
        lines.extend(ink.labelled("Comment", Tone::Plain, &revision.comment));
        for (at, failed) in revision.failed.iter().enumerate() {
            let label = if at == 0 { "Dry run" } else { "" };
            lines.extend(ink.labelled(label, Tone::Danger, &failed_step(failed)));
        }
        for (at, finding) in revision.findings.iter().enumerate() {
            let label = if at == 0 { "Finding" } else { "" };
            let step = finding.step.as_ref().map_or("plan", |step| step.as_str());
            let text = format!("{step}: {} {}", finding.rule, finding.message);
            lines.extend(ink.labelled(label, Tone::Warn, &text));
        }
        return lines;
    }
    state.drafted.as_ref().map_or(vec![], |drafted| numbers::of_template(ink, drafted))
}

/// Returns the model's side of a row in full; where only that is seen, `alone`, with what it refers to.
pub fn right(ink: Ink, state: &State, row: Row, alone: bool) -> Vec<Line<'static>> {
    let pair = match row {
        Row::Whole => return whole_right(ink, state),
        Row::Rejected(at) => {
            return rejected(state).get(at).map_or(vec![], |one| rejection(ink, one));
        }
        Row::Pair(pair) => pair,
    };
    let (Some(plan), hostname) = (state.started_from(), state.machine.hostname.as_str()) else {
        return vec![];
    };
    let old = pair.left.map(|left| &plan.steps[left]);
    match (answer(state), pair.right) {
        (Answer::Under(asking), Some(right)) => streamed(ink, &asking.steps[right]),
        (Answer::Stands(answer), Some(right)) => {
            let draft = &answer.draft;
            of_step(ink, hostname, draft, pair.mark, old, &draft.plan.steps[right])
        }
        (Answer::Stands(_), None) => {
            let mut lines =
                ink.labelled("Left out", Tone::Danger, "the model's draft has no such step");
            lines.extend(
                old.filter(|_| alone).map_or(vec![], |step| step_text::whole(ink, hostname, step)),
            );
            lines
        }
        (Answer::Under(_), None) => {
            vec![ink.line(Tone::Faint, "the model has not written this step so far")]
        }
        (Answer::None, _) => vec![ink.line(Tone::Faint, "there is no draft of the model")],
    }
}

fn streamed(ink: Ink, step: &Streamed) -> Vec<Line<'static>> {
    let step = &step.step;
    let mut lines = ink.labelled("Does", Tone::Strong, &step.title);
    let host = step.host.as_deref().unwrap_or("this host");
    let kind = step.kind.map_or("of no known kind", |kind| kind.word());
    lines.extend(ink.labelled("Runs on", Tone::Plain, &format!("{host}   {kind}")));
    if let Some(based_on) = step.based_on.as_ref().filter(|_| step.keep) {
        lines.extend(ink.labelled("Keeps", Tone::Plain, &format!("the commands of {based_on}")));
    }
    lines.extend(ink.labelled(
        "Unchecked",
        Tone::Warn,
        "its commands are shown when the answer has ended and was checked",
    ));
    lines
}

fn of_step(
    ink: Ink,
    hostname: &str,
    draft: &ModelDraft,
    mark: Mark,
    old: Option<&Step>,
    step: &Step,
) -> Vec<Line<'static>> {
    let mut lines = vec![];
    match (mark, old) {
        (Mark::Changed, Some(old)) => {
            let bare =
                |step: &Step| flow::step_text::write(&Step { provenance: None, ..step.clone() });
            lines.extend(ink.labelled("Changed", Tone::Warn, "- before, + by the model"));
            lines.extend(step_text::difference(ink, &bare(old), &bare(step)));
            return lines;
        }
        (Mark::PutBack | Mark::ByHand, _) => {
            let why = draft.rejected.iter().filter(|one| place_of(&one.instead) == Some(&step.id));
            let before = lines.len();
            why.for_each(|one| lines.extend(rejection(ink, one)));
            if lines.len() == before {
                let text = "the model left it out; the plan cannot do without it";
                lines.extend(ink.labelled("Put back", Tone::Warn, text));
            }
            lines.push(Line::default());
        }
        (Mark::New, _) => {
            let text = "the plan it started from has no such step";
            lines.extend(ink.labelled("New", Tone::Warn, text));
        }
        (Mark::Kept, _) => lines.extend(ink.labelled("Kept", Tone::Faint, "as it was")),
        (Mark::Changed | Mark::LeftOut | Mark::Unchecked | Mark::Awaited, _) => {}
    }
    lines.extend(step_text::whole(ink, hostname, step));
    lines
}

fn whole_right(ink: Ink, state: &State) -> Vec<Line<'static>> {
    let mut lines = vec![];
    if let Some(ask) = state.dialogue.question() {
        let models = state.dialogue.models.iter().flatten();
        let endpoint = models.filter(|row| row.name == ask.model).map(|row| &row.endpoint).next();
        let endpoint = endpoint.map_or(String::new(), |endpoint| format!(": {endpoint}"));
        lines.extend(ink.labelled("Model", Tone::Strong, &format!("{}{endpoint}", ask.model)));
    }
    if let Some(failure) = failure(state) {
        lines.extend(ink.labelled("No draft", Tone::Danger, &failure.why));
        lines.extend(used(ink, failure.usage, failure.cost.as_deref()));
    }
    match answer(state) {
        Answer::Under(asking) => lines.extend(under_way(ink, asking)),
        Answer::Stands(answer) => {
            if failure(state).is_some() {
                lines.push(ink.line(Tone::Faint, "The draft of an earlier question stands:"));
            }
            lines.extend(ended(ink, state, answer));
        }
        Answer::None => {}
    }
    let count = rejected(state).len();
    if count > 0 {
        let text = format!("{count}: see the rows marked REJECTED, put back, BY HAND");
        lines.extend(ink.labelled("Rejected", Tone::Danger, &text));
    }
    if let Answer::Stands(answer) = answer(state) {
        let draft = &answer.draft;
        for (label, tone, texts) in
            [("Question", Tone::Warn, &draft.questions), ("Note", Tone::Plain, &draft.notes)]
        {
            for (at, text) in texts.iter().enumerate() {
                lines.extend(ink.labelled(if at == 0 { label } else { "" }, tone, text));
            }
        }
        lines.push(Line::default());
        lines.extend(numbers::numbers(ink, &draft.plan, &draft.estimate, &[], vec![]));
    }
    lines
}

fn under_way(ink: Ink, asking: &Asking) -> Vec<Line<'static>> {
    let mut lines = vec![];
    if asking.round > 0 {
        let round = format!("{} of at most {}", asking.round, asking.of);
        lines.extend(ink.labelled("Round", Tone::Plain, &round));
        lines.extend(ink.labelled(
            "Sent",
            Tone::Plain,
            &format!("{}; {} replaced", kilobytes(asking.bytes), count(asking.replaced, "name")),
        ));
    }
    if let Some(again) = &asking.again {
        lines.extend(ink.labelled("Again", Tone::Warn, again));
    }
    lines.extend(ink.labelled(
        "Unchecked",
        Tone::Warn,
        "nothing of this can be reviewed before it has ended and was checked",
    ));
    lines
}

/// Returns the time a question has taken, and the most it may take.
pub fn elapsed(state: &State, asking: &Asking) -> String {
    let seconds = seconds_between(asking.since, state.now).max(0);
    let within = asking.ask.within.as_secs();
    let clock = |seconds: u64| format!("{}:{:02}", seconds / 60, seconds % 60);
    format!("{} of {}", clock(seconds.unsigned_abs()), clock(within))
}

/// Returns what a question is at, in a sentence.
pub fn doing(asking: &Asking) -> String {
    let doing = match asking.doing {
        Doing::Asking if asking.round == 0 => "the request is being made".to_owned(),
        Doing::Asking if asking.round > 1 => {
            "asked again about what was rejected; waiting for the first word".to_owned()
        }
        Doing::Asking => format!(
            "sent {}, {} replaced; waiting for the first word",
            kilobytes(asking.bytes),
            count(asking.replaced, "name")
        ),
        Doing::Thinking(bytes) => format!("thinking: {} so far", kilobytes(bytes)),
        Doing::Waiting(seconds) => format!("the endpoint asks to wait {}", span(seconds)),
        Doing::Answering => "steps arrive; none is checked before the answer has ended".to_owned(),
        Doing::Judging => "the answer has ended and is checked".to_owned(),
    };
    match &asking.again {
        Some(why) => format!("{doing} ({why})"),
        None => doing,
    }
}

/// Returns how many steps of the model's draft are kept, changed and so on.
pub fn changes(plan: &Plan, draft: &ModelDraft) -> String {
    let pairs = compared(plan, draft);
    let of = |mark: Mark| pairs.iter().filter(|pair| pair.mark == mark).count();
    let words = [
        (Mark::Kept, "kept"),
        (Mark::Changed, "changed"),
        (Mark::New, "new"),
        (Mark::LeftOut, "left out"),
        (Mark::PutBack, "put back"),
        (Mark::ByHand, "by hand"),
    ];
    let counted = words.map(|(mark, word)| (of(mark), word));
    let said = counted.iter().filter(|(count, _)| *count > 0);
    said.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

fn ended(ink: Ink, state: &State, answer: &ModelAnswer) -> Vec<Line<'static>> {
    let draft = &answer.draft;
    let rounds = count(draft.rounds as usize, "round");
    let took = format!("{}, {rounds}", span(answer.took.as_secs()));
    let mut lines = ink.labelled("Took", Tone::Plain, &took);
    lines.extend(used(ink, answer.usage, answer.cost.as_deref()));
    if let Some(early) = &answer.early {
        let text = format!("before it was done: {early}; what was accepted until then stands");
        lines.extend(ink.labelled("Ended", Tone::Warn, &text));
    }
    if let Some(plan) = state.started_from() {
        lines.extend(ink.labelled("Steps", Tone::Plain, &changes(plan, draft)));
    }
    if let Some(summary) = &draft.summary {
        lines.extend(ink.labelled("It says", Tone::Plain, summary));
    }
    lines
}

fn used(ink: Ink, usage: Option<Usage>, cost: Option<&str>) -> Vec<Line<'static>> {
    let mut lines = vec![];
    if let Some(usage) = usage {
        let cached = match usage.cached {
            0 => String::new(),
            cached => format!(" ({cached} from its cache)"),
        };
        let text = format!("{} sent{cached}, {} received", usage.sent, usage.received);
        lines.extend(ink.labelled("Tokens", Tone::Plain, &text));
    }
    lines.extend(cost.map_or(vec![], |cost| ink.labelled("Cost", Tone::Plain, cost)));
    lines
}
