//! The session: from an incident to its report, as a pure state machine that hears events and asks for effects.

mod approve;
mod ask;
pub mod dialogue;
mod draft;
mod effect;
mod event;
mod files;
mod home;
mod intake;
mod report;
mod review;
mod run;
mod state;
pub mod step_text;
pub mod verbs;
mod when;

use std::ops::Deref;

pub use effect::{Effect, Subject};
pub use event::{Act, Event, News};
pub use files::{FileSeen, Files, Rewritten, RulePage, fixed, rule_page};
pub use state::{
    Approving, Drafted, DryRunView, Field, Found, IncidentRow, Intake, InventoryRow, Knowledge,
    Machine, Notice, PlanRow, Ranked, Review, RunRow, Running, Shelf, Stage, State, Target,
};
pub use when::{moment, span};

pub use crate::check::{Allowed, Placed, Reviewed};

use crate::base::Timestamp;

/// One person's way through an incident. Its state is open to read; only [`Session::handle`] changes it.
#[derive(Debug, Clone)]
pub struct Session {
    state: State,
}

impl Deref for Session {
    type Target = State;
    fn deref(&self) -> &State {
        &self.state
    }
}

impl Session {
    /// Returns a session that stands at the first screen.
    pub fn new(now: Timestamp) -> Self {
        Self::from(State { now, ..State::default() })
    }

    /// Returns what is to be done before anything else.
    pub fn opening(&self) -> Vec<Effect> {
        vec![Effect::Introduce, Effect::LoadShelf, Effect::LoadKnowledge, Effect::LoadModels]
    }

    /// Takes an event in, and returns what is to be done outside because of it.
    pub fn handle(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Tick(now) => {
                self.state.now = now;
                vec![]
            }
            Event::Person(act) => {
                self.state.notice = None;
                self.person(act)
            }
            Event::Outside(news) => self.outside(news),
        }
    }

    fn person(&mut self, act: Act) -> Vec<Effect> {
        let state = &mut self.state;
        match act {
            Act::Back => home::back(state),
            Act::Home => home::home(state),
            Act::Refresh => vec![Effect::LoadShelf, Effect::LoadModels],
            Act::NewIncident => intake::begin(state),
            Act::OpenFile(path) => home::open_file(state, path),
            Act::OpenIncident(id) => vec![Effect::LoadIncident(id)],
            Act::OpenPlan(digest) => vec![Effect::LoadPlan(digest)],
            Act::OpenRun(id) => run::open(state, id),
            Act::Write(field, text) => intake::write(state, field, text),
            Act::Leave(field) => intake::leave(state, field),
            Act::Draft => intake::draft(state),
            Act::DraftFrom(choice) => draft::from(state, Some(choice)),
            Act::UseModel(name) => ask::use_model(state, &name),
            Act::PreviewRequest => ask::preview(state),
            Act::AskModel => ask::ask(state),
            Act::CancelModel => ask::cancel(state),
            Act::ChooseDraft(side) => ask::choose(state, side),
            Act::Revise(comment) => ask::revise(state, &comment),
            Act::LookAgain => ask::look_again(state),
            Act::Review => draft::review(state),
            Act::MarkRead(step) => review::mark(state, step),
            Act::Edit(step) => review::edit(state, step),
            Act::ApplyFix(at) => review::apply_fix(state, at),
            Act::Undo => review::undo(state),
            Act::Redo => review::redo(state),
            Act::DryRun => review::dry_run(state),
            Act::ToApproval => approve::begin(state),
            Act::Approver(name) => approve::name(state, name),
            Act::Waive(what, reason) => approve::waive(state, what, reason),
            Act::Approve => approve::approve(state),
            Act::ToRun => run::prepare(state),
            Act::TypeTarget(name) => run::type_target(state, &name),
            Act::Start => run::start(state),
            Act::Answer(step, answer) => run::answer(state, step, answer),
            Act::Stop(when) => run::stop(state, when),
            Act::Resume => run::resume(state),
            Act::ToReport => report::open(state),
            Act::WriteReport(path) => report::write(state, path),
            Act::ReviewFiles(paths) => files::begin(state, paths),
            Act::ReviewAgain => files::again(state),
            Act::FixFile(path, at) => files::fix(state, &path, at),
            Act::UndoFix => files::undo(state),
        }
    }

    fn outside(&mut self, news: News) -> Vec<Effect> {
        let state = &mut self.state;
        match news {
            News::Machine(machine) => home::introduced(state, machine),
            News::Shelf(shelf) => home::shelved(state, shelf),
            News::Knowledge(knowledge) => draft::learned(state, knowledge),
            News::Models(models) => ask::models(state, models),
            News::Preview { number, result } => ask::previewed(state, number, result),
            News::Drafting { number, progress } => ask::progress(state, number, progress),
            News::ModelEnded { number, result } => ask::ended(state, number, result),
            News::Text { path, text } => home::text(state, &path, &text),
            News::Inventory(inventory) => intake::inventory(state, inventory),
            News::Demo { inventory, incident, planted } => {
                home::demo(state, &inventory, &incident, planted)
            }
            News::Checked { fingerprint, checked, findings } => {
                review::checked(state, fingerprint, checked, findings)
            }
            News::Recalled { fingerprint, evidence, approvals } => {
                review::recalled(state, fingerprint, evidence, approvals)
            }
            News::DryRunAt { fingerprint, step, done } => {
                review::dry_run_at(state, fingerprint, step, done)
            }
            News::DryRunEnded { fingerprint, result } => {
                review::dry_run_ended(state, fingerprint, result)
            }
            News::Approved { fingerprint, result } => approve::answered(state, fingerprint, result),
            News::RunStarted(result) => run::started(state, result),
            News::RunPlan { run, plan, incident, by } => {
                if let Some(incident) = incident {
                    state.incident.get_or_insert(*incident);
                }
                run::opened(state, run, *plan, by)
            }
            News::Journal { run, records } => run::journal(state, &run, records),
            News::Output { run, step, text } => run::output(state, &run, step, &text),
            News::RunState { run, alive } => run::stands(state, &run, alive),
            News::Report { run, text } => report::made(state, &run, text),
            News::ReportWritten(path) => report::written(state, &path),
            News::FilesFound(count) => files::found(state, count),
            News::File(seen) => files::seen(state, seen),
            News::FilesComplete => files::complete(state),
            News::Rewritten { rewritten, result } => files::rewritten(state, rewritten, result),
            News::Edited { step, text } => review::edited(state, step, text),
            News::Failed { doing, why } => home::failed(state, &doing, why),
        }
    }
}

impl From<State> for Session {
    /// Takes a session up from a state, as tests and drawings of screens do.
    fn from(state: State) -> Self {
        Self { state }
    }
}

impl State {
    fn done(&mut self, what: impl Into<String>) {
        self.notice = Some(Notice::Done(what.into()));
    }

    fn refuse(&mut self, why: impl Into<String>) -> Vec<Effect> {
        self.notice = Some(Notice::Failed(why.into()));
        vec![]
    }
}

#[cfg(test)]
mod ask_tests;
#[cfg(test)]
mod files_tests;
#[cfg(test)]
pub mod samples;
#[cfg(test)]
mod tests;
