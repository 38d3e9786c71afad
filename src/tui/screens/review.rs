//! Review: each step with its command, findings, observed effects and the proof of its rollback.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Reaction, Screen, blank};
use crate::base::{Id, Risk};
use crate::evidence::{Outcome, Severity};
use crate::flow::{self, Act, DryRunView, Found, Stage, State};
use crate::plan::Step;
use crate::tui::dialog::{Dialog, Extra, Paste};
use crate::tui::frame::{WIDE, inside, pane};
use crate::tui::keys::{self, Focus, Offer, offer};
use crate::tui::list::{List, Page};
use crate::tui::proof::{self, effects, more_effects, outcome_tone, outcome_word, output};
use crate::tui::step_text;
use crate::tui::text::{Ink, LABEL, pad};
use crate::tui::theme::{Theme, Tone};

/// The steps of a plan and one of them in full.
#[derive(Debug, Default)]
pub struct Review {
    list: List,
    page: Page,
    focus: Focus,
    theme: Option<Theme>,
}

/// Returns the tone of a risk.
pub fn tone(risk: Risk) -> Tone {
    match risk {
        Risk::Read | Risk::Write => Tone::Plain,
        Risk::Disruptive => Tone::Warn,
        Risk::Destructive | Risk::Irreversible | Risk::Unknown => Tone::Danger,
    }
}

/// Returns a risk as a word; harm stands in capitals.
pub fn risk_word(risk: Risk) -> String {
    match risk {
        Risk::Read | Risk::Write | Risk::Disruptive => risk.word().to_owned(),
        Risk::Destructive | Risk::Irreversible | Risk::Unknown => risk.word().to_uppercase(),
    }
}

impl Review {
    fn step<'a>(&self, review: &'a flow::Review) -> Option<&'a Step> {
        review.steps().nth(self.list.cursor)
    }

    fn chosen(&self, state: &State) -> Option<Id> {
        let review = state.review.as_ref()?;
        self.step(review).map(|step| step.id.clone())
    }

    /// Returns the first fix of the chosen step, else the first of the plan.
    fn fix<'a>(&self, state: &'a State) -> Option<(usize, &'a Found)> {
        let review = state.review.as_ref()?;
        let chosen = self.step(review)?.id.as_str();
        let in_step = review.found_in(chosen).find(|(_, found)| found.fixed.is_some());
        in_step.or_else(|| review.found.iter().enumerate().find(|(_, found)| found.fixed.is_some()))
    }
}

impl Screen for Review {
    fn stage(&self) -> Stage {
        Stage::Review
    }

    fn status(&self, state: &State) -> String {
        let Some(review) = &state.review else {
            return "Review".into();
        };
        let found = review.found.iter().map(|found| found.finding.severity);
        let seen = review.proof().into_iter().flat_map(|proof| &proof.steps);
        let seen = seen.flat_map(|step| &step.findings).map(|finding| finding.severity);
        let all: Vec<Severity> = found.chain(seen).collect();
        let severe = all.iter().filter(|severity| **severity >= Severity::High).count();
        let findings = match &review.checked {
            None => "checking ...".to_owned(),
            Some(_) => format!("findings {severe} severe, {} other", all.len() - severe),
        };
        let steps = review.order.len();
        let dry_run = match &review.dry_run {
            DryRunView::None => "not dry-run".to_owned(),
            DryRunView::Under { done, .. } => format!("dry run {done}/{steps} ..."),
            DryRunView::Failed(_) => "no dry run".to_owned(),
            DryRunView::Done(dry_run) => {
                let passed =
                    dry_run.steps.iter().filter(|step| step.outcome == Outcome::Passed).count();
                let only = if dry_run.level.counts() { "" } else { " only" };
                format!("dry run {passed}/{steps} passed, {}{only}", dry_run.level.word())
            }
        };
        let approved = match review.permit(state.now, &state.machine.operator) {
            Ok(_) => "APPROVED  ",
            Err(_) => "",
        };
        format!(
            "Review  {approved}read {}/{steps}  {findings}  {dry_run}  {}",
            review.read.len(),
            review.plan().id
        )
    }

    fn context(&self, state: &State) -> String {
        let Some(review) = &state.review else {
            return String::new();
        };
        if let DryRunView::Under { step: Some(step), .. } = &review.dry_run {
            return format!("the sandbox is at step {step}; nothing outside it changes");
        }
        match self.step(review).map(|step| review.risk(step)) {
            Some(Risk::Destructive) => {
                "DESTRUCTIVE: deletes, empties or replaces data that is there".into()
            }
            Some(Risk::Irreversible) => {
                "IRREVERSIBLE: no copy can bring back what this destroys".into()
            }
            Some(Risk::Unknown) => "UNKNOWN: it could not be read, so it may do any harm".into(),
            Some(Risk::Disruptive) => "disruptive: stops or restarts what others use".into(),
            Some(Risk::Write) => "write: creates or appends".into(),
            Some(Risk::Read) | None => "read: only looks".into(),
        }
    }

    fn offers(&self, state: &State) -> Vec<Offer> {
        let Some(review) = &state.review else {
            return vec![offer("Esc", "back", "Back")];
        };
        let mut offers =
            vec![offer("Space", "mark read", "Mark this step, as it is, as read; go to the next")];
        if self.fix(state).is_some() {
            offers.push(offer(
                "f",
                "fix",
                "Show the safe fix of a finding as a difference, then apply it",
            ));
        }
        offers.push(offer(
            "s",
            "sandbox",
            "Run the plan where it can do no harm, and see what it does",
        ));
        offers.push(offer(
            "e",
            "edit",
            "Edit this step in $EDITOR; a change voids dry run and approvals",
        ));
        if !review.undo.is_empty() {
            offers.push(offer("u", "undo", "Take the last edit or fix back"));
        }
        if !review.redo.is_empty() {
            offers.push(offer("U", "redo", "Make the edit again that was taken back"));
        }
        if state.dialogue.models.as_ref().is_some_and(|models| !models.is_empty()) {
            offers.push(offer(
                "c",
                "comment",
                "Say what should be different and have the model change the plan; this one stays until then",
            ));
        }
        if state.dialogue.left_a_revision() {
            offers.push(offer("d", "revision", "Look again at what the model made of the plan"));
        }
        offers.push(offer("a", "approve", "Go to the approval"));
        if review.permit(state.now, &state.machine.operator).is_ok() {
            offers.push(offer("x", "run", "Go to the run; nothing starts yet"));
        }
        offers.extend([
            offer("Tab", "pane", "Move in the other pane: steps or detail"),
            offer("z", "zoom", "Give the detail the whole screen, and back"),
            offer("Esc", "back", "To the draft"),
        ]);
        offers
    }

    fn draw(&mut self, state: &State, ink: Ink, area: Rect, buf: &mut Buffer) {
        self.theme = Some(ink.0);
        let Some(review) = &state.review else {
            return;
        };
        let count = review.order.len();
        let (list, detail) = match (self.focus.zoomed, area.width < WIDE) {
            (true, _) => (None, area),
            (false, true) => {
                let height = (area.height * 2 / 5)
                    .min(u16::try_from(count).unwrap_or(u16::MAX).saturating_add(2));
                let list = Rect { height, ..area };
                (Some(list), Rect { y: list.bottom(), height: area.height - height, ..area })
            }
            (false, false) => {
                let list = Rect { width: area.width * 9 / 20, ..area };
                (Some(list), Rect { x: list.right(), width: area.width - list.width, ..area })
            }
        };
        if let Some(place) = list {
            let title = if self.focus.reading { " Steps " } else { " > Steps " };
            let inner = pane(ink, place, buf, title, "");
            let columns = usize::from(inner.width).saturating_sub(2);
            let rows: Vec<&Step> = review.steps().collect();
            self.list
                .draw(ink.0, inner, buf, rows.len(), |at| row(ink, review, rows[at], at, columns));
        }
        let Some(step) = self.step(review) else {
            return;
        };
        let risk = review.risk(step);
        let lines = detail_lines(ink, state, review, step);
        let part = self.page.part(inside(detail), &lines, LABEL);
        let part = part.map_or(String::new(), |part| format!("{part}  "));
        let note = format!(" {part}{} ", risk_word(risk));
        let mark = if self.focus.reading || self.focus.zoomed { "> " } else { "" };
        let title = format!(" {mark}Step {} of {count}: {} ", self.list.cursor + 1, step.id);
        pane(ink, detail, buf, &title, &note);
        self.page.draw(inside(detail), buf, &lines, LABEL);
    }

    fn press(&mut self, state: &State, key: KeyEvent) -> Reaction {
        let Some(review) = &state.review else {
            return Reaction::Act(Act::Back);
        };
        let count = review.order.len();
        match key.code {
            KeyCode::Char(' ') => match self.chosen(state) {
                Some(step) => {
                    if !review.read.contains(&step) {
                        self.list.go(crate::tui::list::Move::Down, count);
                        self.page = Page::default();
                    }
                    Reaction::Act(Act::MarkRead(step))
                }
                None => Reaction::Nothing,
            },
            KeyCode::Char('f') => match (self.fix(state), self.theme) {
                (Some((at, found)), Some(theme)) => {
                    fix_dialog(Ink(theme), review, at, found).into()
                }
                (Some(_), None) | (None, _) => Reaction::Nothing,
            },
            KeyCode::Char('s') => Reaction::Act(Act::DryRun),
            KeyCode::Char('e') => {
                self.chosen(state).map_or(Reaction::Nothing, |step| Reaction::Act(Act::Edit(step)))
            }
            KeyCode::Char('u') if key.modifiers.is_empty() => Reaction::Act(Act::Undo),
            KeyCode::Char('U') => Reaction::Act(Act::Redo),
            KeyCode::Char('c') => match self.theme {
                Some(theme) => revise_dialog(Ink(theme), state, review).into(),
                None => Reaction::Nothing,
            },
            KeyCode::Char('d') if key.modifiers.is_empty() => Reaction::Act(Act::LookAgain),
            KeyCode::Char('a') => Reaction::Act(Act::ToApproval),
            KeyCode::Char('x') => Reaction::Act(Act::ToRun),
            code if self.focus.press(code) => Reaction::Moved,
            KeyCode::Esc => Reaction::Act(Act::Back),
            KeyCode::PageUp | KeyCode::PageDown => {
                keys::movement(key).into_iter().for_each(|to| self.page.go(to));
                Reaction::Moved
            }
            _ => match keys::movement(key) {
                Some(to) if self.focus.reading || self.focus.zoomed => {
                    self.page.go(to);
                    Reaction::Moved
                }
                Some(to) => {
                    self.list.go(to, count);
                    self.page = Page::default();
                    Reaction::Moved
                }
                None => Reaction::Nothing,
            },
        }
    }
}

/// A row: number, risk, whether it was read, title, what the dry run and the check say.
fn row(ink: Ink, review: &flow::Review, step: &Step, at: usize, columns: usize) -> Line<'static> {
    let read = if review.read.contains(&step.id) { "[x] " } else { "[ ] " };
    let risk = review.risk(step);
    let outcome = review.proof().and_then(|proof| proof.steps.iter().find(|one| one.id == step.id));
    let found = review.found_in(step.id.as_str()).map(|(_, found)| found.finding.severity);
    let seen = outcome.into_iter().flat_map(|shown| &shown.findings);
    let worst = found.chain(seen.map(|finding| finding.severity)).max();
    let (tone_of, word) = match (worst, outcome) {
        (Some(severity), _) if severity >= Severity::High => {
            (Tone::Danger, severity.word().to_uppercase())
        }
        (Some(severity), _) => (Tone::Warn, severity.word().to_owned()),
        (None, Some(shown)) => (outcome_tone(shown.outcome), outcome_word(shown.outcome)),
        (None, None) => {
            (Tone::Faint, if review.checked.is_some() { "checked" } else { "" }.to_owned())
        }
    };
    let fixed = 3 + 13 + 4 + 11;
    let title = crate::base::escape::one_line(&step.title);
    ink.pieces([
        (Tone::Faint, &format!("{:>2} ", at + 1)),
        (tone(risk), &pad(&risk_word(risk), 13)),
        (Tone::Plain, read),
        (Tone::Plain, &pad(&title, columns.saturating_sub(fixed))),
        (Tone::Plain, " "),
        (tone_of, &pad(&word, 10)),
    ])
}

fn detail_lines(ink: Ink, state: &State, review: &flow::Review, step: &Step) -> Vec<Line<'static>> {
    let mut lines = ink.labelled("Does", Tone::Strong, &step.title);
    for (_, found) in review.found_in(step.id.as_str()) {
        lines.extend(finding(ink, found));
    }
    let shown =
        review.proof().and_then(|proof| proof.steps.iter().find(|shown| shown.id == step.id));
    for found in shown.into_iter().flat_map(|shown| &shown.findings) {
        lines.extend(proof::finding(ink, found));
    }
    lines.extend(step_text::facts(ink, &state.machine.hostname, step));
    match &review.dry_run {
        DryRunView::None => lines.extend(ink.labelled(
            "Dry run",
            Tone::Faint,
            "none of this plan as it is; s runs it in the sandbox",
        )),
        DryRunView::Under { .. } => {
            lines.extend(ink.labelled("Dry run", Tone::Faint, "under way ..."))
        }
        DryRunView::Failed(why) => {
            lines.extend(ink.labelled("Dry run", Tone::Danger, &format!("none: {why}")))
        }
        DryRunView::Done(_) => match shown {
            Some(shown) => lines.extend(effects(ink, shown)),
            None => lines.extend(ink.labelled("Dry run", Tone::Warn, "does not have this step")),
        },
    }
    lines.extend(step_text::scripts(ink, step));
    for (label, captured) in
        shown.iter().flat_map(|shown| [("Output", &shown.stdout), ("Errors", &shown.stderr)])
    {
        lines.extend(output(ink, label, captured));
    }
    if let Some(shown) = shown {
        lines.extend(more_effects(ink, shown));
    }
    lines
}

fn finding(ink: Ink, found: &Found) -> Vec<Line<'static>> {
    let severity = found.finding.severity;
    let tone = if severity >= Severity::High { Tone::Danger } else { Tone::Warn };
    let text = format!(
        "{} {}: {}",
        severity.word().to_uppercase(),
        found.finding.rule,
        found.finding.message
    );
    let mut lines = ink.labelled("Finding", tone, &text);
    if found.fixed.is_some() {
        lines.extend(ink.labelled("", Tone::Plain, "f shows a fix that is safe to apply"));
    }
    lines
}

/// Asks what should be different about the plan; what failed in the dry run goes along.
fn revise_dialog(ink: Ink, state: &State, review: &flow::Review) -> Dialog {
    let model = state.dialogue.model().map_or("the model", |model| model.name.as_str());
    let text = format!("{model} is asked to change the plan. Nothing changes before you take it.");
    let mut body = vec![ink.line(Tone::Plain, &text)];
    let failed: Vec<String> =
        review.failed_in_dry_run().iter().map(crate::tui::rejected::failed_step).collect();
    if !failed.is_empty() {
        body.extend(ink.labelled("Dry run", Tone::Danger, &failed.join("; ")));
        body.push(ink.line(Tone::Faint, "This goes along; the comment may be empty."));
    }
    Dialog::line(
        "What should be different?",
        body,
        "",
        Paste::Taken,
        |text, _| Act::Revise(text.to_owned()),
        Extra::None,
    )
}

/// The fix of a finding, shown as what it changes in the step.
fn fix_dialog(ink: Ink, review: &flow::Review, at: usize, found: &Found) -> Dialog {
    let fixed = found.fixed.as_deref();
    let old = fixed.and_then(|fixed| review.plan().step(fixed.id.as_str()));
    let (before, after) = match (old, fixed) {
        (Some(old), Some(fixed)) => (flow::step_text::write(old), flow::step_text::write(fixed)),
        (Some(_), None) | (None, _) => (String::new(), String::new()),
    };
    let mut body = finding(ink, found);
    body.truncate(1);
    body.push(blank());
    body.extend(step_text::difference(ink, &before, &after));
    Dialog::yes(
        "Apply this fix? It voids the dry run and approvals; u takes it back",
        body,
        'y',
        "apply",
        Act::ApplyFix(at),
    )
}
