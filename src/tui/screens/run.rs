//! Run: targets are typed, steps run with live output, questions are answered, the run can be stopped.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Reaction, Screen, blank};
use crate::base::seconds_between;
use crate::evidence::{Answer, Question, RunState, StepOutcome, StepRecord, StepState, Stop};
use crate::flow::{self, Act, Running, Stage, State};
use crate::plan::{Step, StepKind};
use crate::tui::confirm::{ids, stop_dialog, target, target_answer, target_dialog};
use crate::tui::dialog::Extra;
use crate::tui::frame::{WIDE, inside, pane};
use crate::tui::journal::{stands, told};
use crate::tui::keys::{self, Offer, offer};
use crate::tui::list::{List, Page};
use crate::tui::text::{Ink, pad};
use crate::tui::theme::{Theme, Tone};

/// The run of a plan.
#[derive(Debug, Default)]
pub struct Run {
    list: List,
    /// Whether the cursor stays on the step that runs.
    chosen: bool,
    page: Page,
    /// Whether the output stands still; otherwise its end is seen.
    paused: bool,
    theme: Option<Theme>,
}

/// Returns the step that asks something, with its question.
fn asking(run: &Running) -> Option<(&Step, Question, String)> {
    run.steps().find_map(|step| {
        let record = run.record.step(step.id.as_str());
        record.question.map(|(question, text)| (step, question, text))
    })
}

/// Returns the place of the step that is worth looking at: the one that asks, runs, or failed, else the first to come.
fn current(run: &Running) -> usize {
    let place = |wanted: &dyn Fn(&StepRecord) -> bool| {
        run.steps().position(|step| wanted(&run.record.step(step.id.as_str())))
    };
    let failed = |record: &StepRecord| match record.state {
        StepState::Ended(StepOutcome::Succeeded) => false,
        StepState::Ended(StepOutcome::Failed | StepOutcome::TimedOut | StepOutcome::Stopped) => {
            true
        }
        StepState::NotStarted
        | StepState::Started { .. }
        | StepState::Skipped
        | StepState::RolledBack
        | StepState::RollbackFailed => false,
    };
    place(&|record| record.question.is_some())
        .or_else(|| place(&|record| matches!(record.state, StepState::Started { .. })))
        .or_else(|| place(&failed))
        .or_else(|| place(&|record| record.state == StepState::NotStarted))
        .unwrap_or(run.order.len().saturating_sub(1))
}

impl Screen for Run {
    fn stage(&self) -> Stage {
        Stage::Run
    }

    fn status(&self, state: &State) -> String {
        let Some(run) = &state.run else {
            return "Run   reading ...".into();
        };
        let Some(id) = &run.id else {
            let untyped = run.targets.iter().filter(|target| !target.typed).count();
            let wait = match (run.starting, untyped) {
                (true, _) => "starting ...".to_owned(),
                (false, 0) => "ready".to_owned(),
                (false, 1) => "1 name to type".to_owned(),
                (false, count) => format!("{count} names to type"),
            };
            return format!("Run  NOT STARTED  {wait}  {}", run.plan.id);
        };
        let done = run.steps().filter(|step| {
            run.record.step(step.id.as_str()).state == StepState::Ended(StepOutcome::Succeeded)
        });
        let word = match (run.state, run.alive) {
            (RunState::Running, false) => "INTERRUPTED".to_owned(),
            (stands, _) => stands.word().to_uppercase(),
        };
        let stop = match run.record.stop {
            Some(Stop::AfterStep) => "   stops after this step",
            Some(Stop::Now) => "   stopping",
            None => "",
        };
        format!(
            "Run  {word}  {} of {} steps done{stop}  {}  {id}",
            done.count(),
            run.order.len(),
            run.plan.id
        )
    }

    fn context(&self, state: &State) -> String {
        let Some(run) = &state.run else {
            return String::new();
        };
        if run.id.is_none() {
            return match run.untyped() {
                Some(target) => format!(
                    "t: type {:?} in full; steps {} delete or replace what it holds",
                    target.name,
                    ids(&target.steps)
                ),
                None => "S starts the run, for real, on this machine.".into(),
            };
        }
        if let Some((step, _, text)) = asking(run) {
            return format!("step {} asks: {text}", step.id);
        }
        match (&run.record.why, run.state, run.alive) {
            (Some(why), _, _) => why.clone(),
            (None, RunState::Running, false) => {
                "its runner is gone; c takes it up where it stood".into()
            }
            (None, RunState::Running, true) => {
                "The runner is a process of its own; leaving this screen does not stop it.".into()
            }
            (None, RunState::Succeeded, _) => {
                "Every step succeeded, and its checks hold. v shows the report.".into()
            }
            (None, _, _) => String::new(),
        }
    }

    fn offers(&self, state: &State) -> Vec<Offer> {
        let Some(run) = &state.run else {
            return vec![offer("Esc", "back", "To the first screen")];
        };
        let mut offers = vec![];
        if run.id.is_none() {
            match (run.starting, run.untyped()) {
                (true, _) => {}
                (false, Some(_)) => offers.push(offer(
                    "t",
                    "type target",
                    "Type the full name of what the run deletes or replaces",
                )),
                (false, None) => offers.push(offer("S", "START", "Start the run, for real")),
            }
        } else {
            offers.extend(question_offers(run));
            if run.live() {
                offers.push(offer("p", "stop after step", "Stop when the running step has ended"));
                offers.push(offer("K", "stop now", "End the running step at once; asks first"));
                offers.push(offer(
                    "Space",
                    "hold output",
                    "Hold the output still, and follow again",
                ));
            } else if !run.state.is_over() {
                offers.push(offer("c", "continue", "Take the run up where it stood"));
            }
            if !run.live() {
                offers.push(offer("v", "report", "What happened, with measured times"));
            }
        }
        offers.push(offer("Esc", "back", "To the first screen; a run goes on"));
        offers
    }

    fn draw(&mut self, state: &State, ink: Ink, area: Rect, buf: &mut Buffer) {
        self.theme = Some(ink.0);
        let Some(run) = &state.run else {
            return;
        };
        if !self.chosen {
            self.list.cursor = current(run);
        }
        let count = u16::try_from(run.order.len()).unwrap_or(u16::MAX);
        let (list, rest) = if area.width < WIDE {
            let list = Rect { height: (count.saturating_add(2)).min(area.height * 9 / 20), ..area };
            (list, Rect { y: list.bottom(), height: area.height - list.height, ..area })
        } else {
            let list = Rect { width: area.width * 9 / 20, ..area };
            (list, Rect { x: list.right(), width: area.width - list.width, ..area })
        };
        let inner = pane(ink, list, buf, " Steps ", "");
        let steps: Vec<&Step> = run.steps().collect();
        let columns = usize::from(inner.width).saturating_sub(2);
        self.list.draw(ink.0, inner, buf, steps.len(), |at| {
            row(ink, state, run, steps[at], at, columns)
        });
        let timeline = if area.width < WIDE || rest.height < 20 { 0 } else { rest.height / 3 };
        let top = Rect { height: rest.height - timeline, ..rest };
        let Some(step) = steps.get(self.list.cursor) else {
            return;
        };
        let (title, lines) = body(ink, run, step);
        if !self.paused && run.id.is_some() {
            self.page.top = usize::MAX;
        }
        let part = self.page.part(inside(top), &lines, 0);
        let held = if self.paused { "held: " } else { "" };
        pane(ink, top, buf, &title, &part.map_or(String::new(), |part| format!(" {held}{part} ")));
        self.page.draw(inside(top), buf, &lines, 0);
        if timeline > 0 {
            let place = Rect { y: top.bottom(), height: timeline, ..rest };
            pane(ink, place, buf, " Timeline ", "");
            let lines: Vec<Line<'static>> =
                run.journal.iter().filter_map(|record| told(ink, record)).collect();
            let mut page = Page::at_end();
            page.draw(inside(place), buf, &lines, 10);
        }
    }

    fn press(&mut self, state: &State, key: KeyEvent) -> Reaction {
        let Some(run) = &state.run else {
            return Reaction::Act(Act::Back);
        };
        let Some(ink) = self.theme.map(Ink) else {
            return Reaction::Nothing;
        };
        let question = asking(run);
        let answer = |answer: Answer| match &question {
            Some((step, _, _)) => Reaction::Act(Act::Answer(step.id.clone(), answer)),
            None => Reaction::Nothing,
        };
        match key.code {
            KeyCode::Char('t') => match (&question, run.untyped()) {
                (Some((step, Question::Target(name), _)), _) => target_dialog(
                    ink,
                    name,
                    std::slice::from_ref(&step.id),
                    target_answer,
                    Extra::Step(step.id.clone()),
                ),
                (_, Some(one)) if run.id.is_none() => {
                    target_dialog(ink, &one.name, &one.steps, target, Extra::None)
                }
                (_, Some(_) | None) => Reaction::Nothing,
            },
            KeyCode::Char('S') if run.id.is_none() => Reaction::Act(Act::Start),
            KeyCode::Char('d') if key.modifiers.is_empty() => answer(Answer::Done),
            KeyCode::Char('F') => answer(Answer::Failed),
            KeyCode::Char('r') => answer(Answer::Again),
            KeyCode::Char('H') => answer(Answer::Halt),
            KeyCode::Char('p') => stop_dialog(ink, Stop::AfterStep).into(),
            KeyCode::Char('K') => stop_dialog(ink, Stop::Now).into(),
            KeyCode::Char('c') => Reaction::Act(Act::Resume),
            KeyCode::Char('v') => Reaction::Act(Act::ToReport),
            KeyCode::Char(' ') => {
                self.paused = !self.paused;
                Reaction::Moved
            }
            KeyCode::Esc if self.chosen || self.paused => {
                (self.chosen, self.paused) = (false, false);
                Reaction::Moved
            }
            KeyCode::Esc => Reaction::Act(Act::Back),
            KeyCode::PageUp | KeyCode::PageDown => {
                self.paused = true;
                keys::movement(key).into_iter().for_each(|to| self.page.go(to));
                Reaction::Moved
            }
            _ => match keys::movement(key) {
                Some(to) => {
                    self.chosen = true;
                    self.list.go(to, run.order.len());
                    self.page = Page::default();
                    Reaction::Moved
                }
                None => Reaction::Nothing,
            },
        }
    }
}

/// The keys that answer the question of a step.
fn question_offers(run: &Running) -> Vec<Offer> {
    let done = offer("d", "done", "It is done: go on");
    let again = offer("r", "run again", "Run the step again");
    let halt = offer("H", "halt here", "Stop the run here");
    match asking(run) {
        None => vec![],
        Some((_, Question::Act, _)) => {
            vec![done, offer("F", "it failed", "It was tried and failed"), halt]
        }
        Some((_, Question::Decide, _)) => vec![offer("d", "go on", "Go on with the run"), halt],
        Some((_, Question::Unknown | Question::Failed | Question::UnknownRollback, _)) => {
            vec![done, again, halt]
        }
        Some((_, Question::Target(_), _)) => {
            vec![offer("t", "type target", "Type the full name of the target"), halt]
        }
    }
}

fn row(
    ink: Ink,
    state: &State,
    run: &Running,
    step: &Step,
    at: usize,
    columns: usize,
) -> Line<'static> {
    let record = run.record.step(step.id.as_str());
    let (tone, word) = stands(&record, run);
    let took = match (&record.end, record.started) {
        (Some(end), _) if end.duration_ms < 10_000 => {
            format!("{}.{}s", end.duration_ms / 1_000, end.duration_ms / 100 % 10)
        }
        (Some(end), _) => flow::span(end.duration_ms / 1_000),
        (None, Some(started)) if run.alive && record.question.is_none() => {
            flow::span(u64::try_from(seconds_between(started, state.now)).unwrap_or(0))
        }
        (None, _) => String::new(),
    };
    let title = crate::base::escape::one_line(&step.title);
    ink.pieces([
        (Tone::Faint, &format!("{:>2} ", at + 1)),
        (Tone::Plain, &pad(&title, columns.saturating_sub(3 + 1 + 15 + 8))),
        (Tone::Plain, " "),
        (tone, &pad(word, 15)),
        (Tone::Faint, &format!("{took:>8}")),
    ])
}

/// The lower pane: what will run before it starts, what it asks, what it prints.
fn body(ink: Ink, run: &Running, step: &Step) -> (String, Vec<Line<'static>>) {
    let record = run.record.step(step.id.as_str());
    if run.id.is_none() {
        let mut lines = vec![];
        for target in &run.targets {
            let (tone, word) =
                if target.typed { (Tone::Good, "typed") } else { (Tone::Danger, "NOT TYPED") };
            lines.push(ink.pieces([
                (Tone::Faint, "Target  "),
                (Tone::Strong, &pad(&target.name, 24)),
                (tone, word),
            ]));
        }
        if run.targets.is_empty() {
            lines.push(ink.line(Tone::Good, "No step deletes or replaces data."));
        }
        lines.push(blank());
        lines.extend(ink.labelled(
            "Will run",
            Tone::Plain,
            step.run.as_deref().or(step.check.as_deref()).unwrap_or("a person acts"),
        ));
        lines.extend(ink.labelled("Expect", Tone::Plain, step.expect.as_deref().unwrap_or("-")));
        return (format!(" Before it starts; step {}: {} ", step.id, step.kind), lines);
    }
    if let Some((question, text)) = &record.question {
        let mut lines = vec![ink.line(Tone::Warn, text), blank()];
        if let Question::Target(name) = question {
            lines.push(ink.pieces([
                (Tone::Plain, "t types the full name of the target: "),
                (Tone::Danger, name),
            ]));
        }
        for (label, part) in [("To do", &step.run), ("Why", &step.why), ("Expect", &step.expect)] {
            let new = part.iter().filter(|part| !text.contains(part.trim()));
            lines.extend(new.flat_map(|part| ink.labelled(label, Tone::Plain, part)));
        }
        lines.extend(printed(ink, run, step));
        return (format!(" Step {} WAITS FOR YOU ", step.id), lines);
    }
    let mut lines = printed(ink, run, step);
    if let Some(why) = record.end.as_ref().and_then(|end| end.why.as_ref()) {
        let good = record.state == StepState::Ended(StepOutcome::Succeeded);
        lines.extend(ink.labelled("Because", if good { Tone::Plain } else { Tone::Danger }, why));
    }
    if lines.is_empty() {
        let text = match step.kind {
            StepKind::Manual | StepKind::Decision | StepKind::Notify => "a person acts here",
            StepKind::Command | StepKind::Check | StepKind::Wait => "no output",
        };
        lines.push(ink.line(Tone::Faint, text));
    }
    (format!(" Output of {} ", step.id), lines)
}

fn printed(ink: Ink, run: &Running, step: &Step) -> Vec<Line<'static>> {
    let lines = run.output.get(&step.id);
    let shown = lines
        .into_iter()
        .flatten()
        .map(|line| ink.line(Tone::Plain, &line.trim_end_matches('\r').replace('\t', "    ")));
    let mut shown: Vec<Line<'static>> = shown.collect();
    while shown.last().is_some_and(|line| line.width() == 0) {
        shown.pop();
    }
    shown
}
