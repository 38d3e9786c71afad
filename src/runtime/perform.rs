//! Performs the effects a session asks for, away from the thread that draws, and tells the news of them.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use super::asking::Asked;
use super::files::{Executable, read_text, write_whole};
use super::{DocumentKind, DryRunProgress, Input, Runtime, RuntimeError};
use crate::approve;
use crate::base::{Digest, Id, document};
use crate::evidence::{self, Answer, KeptFinding, Stop, Waived};
use crate::flow::dialogue::Failure;
use crate::flow::{
    Effect, IncidentRow, InventoryRow, Knowledge, Machine, News, PlanRow, RunRow, Shelf, Subject,
};
use crate::inventory;
use crate::plan;
use crate::probe::Here;
use crate::report::formats::{Format, render};

/// Where news go; false where nobody listens any more.
pub type Tell = Arc<dyn Fn(News) -> bool + Send + Sync>;

/// Performs effects one behind the other on a thread of its own; what takes long gets one for itself.
#[derive(Debug)]
pub struct Performer {
    effects: Sender<Effect>,
    asked: Arc<Asked>,
}

impl Drop for Performer {
    fn drop(&mut self) {
        self.asked.end_all();
    }
}

impl Performer {
    /// Starts to perform.
    pub fn start(runtime: Arc<Runtime>, tell: Tell) -> Self {
        let (effects, waiting) = channel();
        let asked = Arc::<Asked>::default();
        let worker = Worker {
            runtime,
            tell,
            following: Arc::default(),
            watching: Arc::default(),
            asked: Arc::clone(&asked),
        };
        let _ =
            thread::Builder::new().name("performer".into()).spawn(move || worker.work(&waiting));
        Self { effects, asked }
    }

    /// Begins to perform an effect; returns at once. A question to a model ends here, not behind other effects.
    pub fn perform(&self, effect: Effect) {
        match &effect {
            Effect::AskModel(ask) => self.asked.begin(ask.number),
            Effect::CancelModel(number) => self.asked.end(*number),
            _ => {}
        }
        let _ = self.effects.send(effect);
    }
}

#[derive(Clone)]
pub(super) struct Worker {
    pub(super) runtime: Arc<Runtime>,
    tell: Tell,
    /// Cleared when the run that is followed is to be left.
    pub(super) following: Arc<AtomicBool>,
    /// Cleared when the files that are watched are to be left.
    pub(super) watching: Arc<AtomicBool>,
    pub(super) asked: Arc<Asked>,
}

/// Why an effect failed, with all that caused it.
pub(super) fn why(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

fn panicked(cause: &(dyn Any + Send)) -> String {
    let text = cause.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| cause.downcast_ref::<&str>().copied());
    format!("this is a mistake of blackstart: {}", text.unwrap_or("no message"))
}

impl Worker {
    fn work(mut self, waiting: &Receiver<Effect>) {
        while let Ok(effect) = waiting.recv() {
            let long = match &effect {
                Effect::Introduce
                | Effect::DryRun(_)
                | Effect::FollowRun(_)
                | Effect::ReviewFiles(_)
                | Effect::AskModel(_) => true,
                Effect::LoadShelf
                | Effect::LoadKnowledge
                | Effect::LoadModels
                | Effect::PreviewRequest(_)
                | Effect::CancelModel(_)
                | Effect::ReadFile(_)
                | Effect::LoadIncident(_)
                | Effect::LoadPlan(_)
                | Effect::LoadInventory(_)
                | Effect::SaveIncident(_)
                | Effect::KeepInventory { .. }
                | Effect::KeepPlan(_)
                | Effect::Check(_)
                | Effect::Recall(_)
                | Effect::Approve { .. }
                | Effect::StartRun { .. }
                | Effect::ResumeRun(_)
                | Effect::Unfollow
                | Effect::Answer { .. }
                | Effect::Stop { .. }
                | Effect::Report(_)
                | Effect::WriteReport { .. }
                | Effect::LeaveFiles
                | Effect::Rewrite(_)
                | Effect::EditStep { .. } => false,
            };
            if let Effect::ReviewFiles(_) | Effect::LeaveFiles = &effect {
                self.watching.store(false, Ordering::SeqCst);
                self.watching = Arc::new(AtomicBool::new(true));
            }
            if let Effect::FollowRun(_) | Effect::Unfollow = &effect {
                self.following.store(false, Ordering::SeqCst);
                self.following = Arc::new(AtomicBool::new(true));
            }
            if long {
                let worker = self.clone();
                let _ = thread::Builder::new()
                    .name("performer of one effect".into())
                    .spawn(move || worker.guarded(effect));
            } else {
                self.guarded(effect);
            }
        }
        self.following.store(false, Ordering::SeqCst);
        self.watching.store(false, Ordering::SeqCst);
    }

    /// Performs an effect; what goes wrong, a panic too, becomes news.
    fn guarded(&self, effect: Effect) {
        let (doing, fallback) = (doing(&effect), fallback(&effect));
        let result = catch_unwind(AssertUnwindSafe(|| self.perform(effect)));
        let why = match result {
            Ok(Ok(())) => return,
            Ok(Err(error)) => why(&error),
            Err(cause) => panicked(cause.as_ref()),
        };
        self.tell(match fallback {
            Some(Fallback::DryRun(fingerprint)) => {
                News::DryRunEnded { fingerprint, result: Err(why) }
            }
            Some(Fallback::Run) => News::RunStarted(Err(why)),
            Some(Fallback::Preview(number)) => News::Preview { number, result: Err(why) },
            Some(Fallback::Model(number)) => {
                self.asked.over(number);
                News::ModelEnded { number, result: Err(Failure { why, ..Failure::default() }) }
            }
            None => News::Failed { doing, why },
        });
    }

    pub(super) fn tell(&self, news: News) -> bool {
        (self.tell)(news)
    }

    fn perform(&self, effect: Effect) -> Result<(), RuntimeError> {
        let runtime = &self.runtime;
        match effect {
            Effect::Introduce => self.introduce(),
            Effect::LoadShelf => {
                let shelf = self.shelf()?;
                self.tell(News::Shelf(shelf));
            }
            Effect::LoadKnowledge => {
                self.tell(News::Knowledge(Knowledge(Arc::new(runtime.library()))));
            }
            Effect::LoadModels => self.load_models(),
            Effect::PreviewRequest(ask) => self.preview(&ask),
            Effect::AskModel(ask) => self.ask(&ask),
            // Ended already, before it could wait behind other effects.
            Effect::CancelModel(_) => {}
            Effect::ReadFile(path) => {
                let text = read_text(&path)?;
                self.document(path, text)?;
            }
            Effect::LoadIncident(id) => {
                let text = document::write(&runtime.incident(id.as_str())?);
                self.document(PathBuf::new(), text)?;
            }
            Effect::LoadPlan(digest) => {
                let found = runtime.store().by_digest(DocumentKind::Plan, digest)?;
                if let Some(found) = found {
                    self.document(PathBuf::new(), found.text)?;
                }
            }
            Effect::LoadInventory(digest) => self.load_inventory(digest)?,
            Effect::SaveIncident(incident) => runtime.keep_incident(&incident)?,
            Effect::KeepInventory { name, text } => {
                runtime.keep_inventory(&name, &text)?;
            }
            Effect::KeepPlan(plan) => {
                runtime.keep_plan(&plan)?;
            }
            Effect::Check(subject) => self.check(&subject)?,
            Effect::Recall(subject) => {
                let fingerprint = subject.fingerprint;
                let evidence = runtime.evidence(fingerprint)?;
                let approvals = runtime.approvals(fingerprint)?;
                self.tell(News::Recalled { fingerprint, evidence, approvals });
            }
            Effect::DryRun(subject) => self.dry_run(&subject)?,
            Effect::Approve { subject, by, waivers } => self.approve(&subject, &by, waivers)?,
            Effect::StartRun { subject, confirmed, by } => {
                self.start_run(&subject, &confirmed, &by)?
            }
            Effect::ResumeRun(run) => {
                runtime.start_run(&run, Input::Asked, vec![])?;
                self.tell(News::RunStarted(Ok(run)));
            }
            Effect::FollowRun(run) => self.follow(&run)?,
            Effect::Unfollow => {}
            Effect::Answer { run, step, answer, by } => self.answer(&run, &step, answer, &by)?,
            Effect::Stop { run, when, by } => self.stop(&run, when, &by)?,
            Effect::Report(run) => {
                let text = render(&runtime.report(run.as_str())?, Format::Markdown);
                self.tell(News::Report { run, text });
            }
            Effect::WriteReport { path, text, .. } => {
                write_whole(&path, text.as_bytes(), Executable::No)?;
                self.tell(News::ReportWritten(path));
            }
            Effect::ReviewFiles(paths) => self.review_files(&paths),
            Effect::LeaveFiles => {}
            Effect::Rewrite(rewritten) => self.rewrite(rewritten),
            // The editor needs the terminal, so who draws performs it.
            Effect::EditStep { .. } => {}
        }
        Ok(())
    }

    /// Tells at once who we are, then what the sandbox can prove here, which is found by trying.
    fn introduce(&self) {
        let who = self.runtime.operator(None);
        let mut machine = Machine {
            hostname: Here::look().hostname,
            user: who.os_user,
            operator: who.name,
            level: None,
            level_reason: None,
        };
        self.tell(News::Machine(machine.clone()));
        let probed = self.runtime.machine();
        machine.level = Some(probed.level);
        machine.level_reason.clone_from(&probed.level_reason);
        self.tell(News::Machine(machine));
    }

    fn shelf(&self) -> Result<Shelf, RuntimeError> {
        let store = self.runtime.store();
        let id = |text: &str| Id::parse(text).ok();
        let mut shelf = Shelf::default();
        for entry in store.list(DocumentKind::Incident)? {
            let (title, at) = (entry.title, entry.at);
            shelf.incidents.extend(id(&entry.id).map(|id| IncidentRow { id, title, at }));
        }
        for entry in store.list(DocumentKind::Plan)? {
            let (digest, title, at) = (entry.digest, entry.title, entry.at);
            let row = |id| PlanRow { digest, id, title, at };
            shelf.plans.extend(id(&entry.id).map(row));
        }
        for entry in store.list(DocumentKind::Inventory)? {
            shelf.inventories.push(InventoryRow {
                digest: entry.digest,
                name: entry.id,
                at: entry.at,
            });
        }
        for run in store.runs()? {
            shelf.runs.push(RunRow {
                id: run.id,
                plan: run.plan,
                state: run.state,
                at: run.created,
            });
        }
        Ok(shelf)
    }

    /// Tells a document; before a plan the inventory it was drafted from, where that is kept.
    fn document(&self, path: PathBuf, text: String) -> Result<(), RuntimeError> {
        if text.contains("blackstart/plan/v1")
            && let (Some(plan), _) = plan::read(&text)
            && let Some(digest) = plan.inventory.as_deref().and_then(Digest::parse)
        {
            self.load_inventory(Some(digest))?;
        }
        self.tell(News::Text { path, text });
        Ok(())
    }

    fn load_inventory(&self, digest: Option<Digest>) -> Result<(), RuntimeError> {
        let store = self.runtime.store();
        let found = match digest {
            Some(digest) => store.by_digest(DocumentKind::Inventory, digest)?,
            None => store.newest(DocumentKind::Inventory)?,
        };
        drop(store);
        if let Some(found) = found
            && let (Some(inventory), problems) = inventory::read(&found.text)
            && problems.is_empty()
        {
            self.tell(News::Inventory(Arc::new(inventory)));
        }
        Ok(())
    }

    fn check(&self, subject: &Subject) -> Result<(), RuntimeError> {
        let inventory = subject.inventory.as_deref();
        let checked = self.runtime.check_plan(&subject.plan, inventory, subject.fingerprint)?;
        self.tell(News::Checked {
            fingerprint: subject.fingerprint,
            checked: evidence::Checked {
                at: self.runtime.now(),
                risks: checked.steps,
                findings: checked.findings.iter().map(KeptFinding::from).collect(),
            },
            findings: checked.findings,
        });
        Ok(())
    }

    fn dry_run(&self, subject: &Subject) -> Result<(), RuntimeError> {
        let fingerprint = subject.fingerprint;
        let mut done = 0;
        let mut progress = |progress: DryRunProgress<'_>| match progress {
            DryRunProgress::Level(_) => {}
            DryRunProgress::Begins(step) => {
                let step = step.clone();
                self.tell(News::DryRunAt { fingerprint, step, done });
            }
            DryRunProgress::Ended(_) => done += 1,
        };
        let inventory = subject.inventory.as_deref();
        let shown = self.runtime.dry_run(
            &subject.plan,
            inventory,
            fingerprint,
            None,
            crate::sandbox::Following::Starts,
            &mut progress,
        )?;
        self.tell(News::DryRunEnded { fingerprint, result: Ok(shown) });
        Ok(())
    }

    fn approve(
        &self,
        subject: &Subject,
        by: &str,
        waivers: Vec<(Waived, String)>,
    ) -> Result<(), RuntimeError> {
        let fingerprint = subject.fingerprint;
        let approved =
            self.runtime.approve(&subject.plan, fingerprint, by, waivers, approve::HOLDS);
        let result = match approved {
            Ok(approved) => Ok(approved.approval),
            Err(RuntimeError::Refused { refusals }) => {
                Err(refusals.into_iter().map(|refusal| refusal.message).collect())
            }
            Err(error) => return Err(error),
        };
        self.tell(News::Approved { fingerprint, result });
        Ok(())
    }

    fn start_run(
        &self,
        subject: &Subject,
        confirmed: &[String],
        by: &str,
    ) -> Result<(), RuntimeError> {
        let runtime = &self.runtime;
        let who = runtime.operator(Some(by).filter(|by| !by.is_empty()));
        runtime.permitted(&subject.plan, subject.fingerprint, &who)?;
        // A secret must not pass the screen; the command asks for it without showing it.
        let typed = super::secrets_to_type(&subject.plan, subject.inventory.as_deref());
        if let Some((secret, _)) = typed.first() {
            return Err(RuntimeError::SecretToType {
                secret: secret.to_string(),
                plan: subject.plan.id.to_string(),
            });
        }
        let run = runtime.create_run(&subject.plan, subject.inventory.as_deref(), &who)?;
        for target in confirmed {
            runtime.confirm_target(&run.id, target, &who)?;
        }
        runtime.start_run(&run.id, Input::Asked, vec![])?;
        self.tell(News::RunStarted(Ok(run.id)));
        Ok(())
    }

    fn answer(&self, run: &Id, step: &Id, answer: Answer, by: &str) -> Result<(), RuntimeError> {
        let who = self.runtime.operator(Some(by));
        self.runtime.answer(run, step, answer, &who)?;
        if !self.runtime.has_runner(run)? {
            self.runtime.start_run(run, Input::Asked, vec![])?;
            self.tell(News::RunStarted(Ok(run.clone())));
        }
        Ok(())
    }

    fn stop(&self, run: &Id, when: Stop, by: &str) -> Result<(), RuntimeError> {
        let who = self.runtime.operator(Some(by));
        self.runtime.request_stop(run, when, &who)
    }
}

/// News that must come even where an effect fails, because somebody waits for them.
enum Fallback {
    DryRun(Digest),
    Run,
    Preview(u64),
    Model(u64),
}

fn fallback(effect: &Effect) -> Option<Fallback> {
    match effect {
        Effect::DryRun(subject) => Some(Fallback::DryRun(subject.fingerprint)),
        Effect::StartRun { .. } | Effect::ResumeRun(_) => Some(Fallback::Run),
        Effect::PreviewRequest(ask) => Some(Fallback::Preview(ask.number)),
        Effect::AskModel(ask) => Some(Fallback::Model(ask.number)),
        _ => None,
    }
}

/// What an effect does, as a verb and an object.
fn doing(effect: &Effect) -> String {
    let shown = |path: &Path| super::files::shown(path);
    match effect {
        Effect::Introduce => "look at this machine".into(),
        Effect::LoadShelf => "read what is kept".into(),
        Effect::LoadKnowledge => "read the runbooks".into(),
        Effect::LoadModels => "read which models are configured".into(),
        Effect::PreviewRequest(ask) => format!("make the request to {}", ask.model),
        Effect::AskModel(ask) => format!("ask {}", ask.model),
        Effect::CancelModel(_) => "cancel the question".into(),
        Effect::ReadFile(path) => format!("open {}", shown(path)),
        Effect::LoadIncident(id) => format!("open incident {id}"),
        Effect::LoadPlan(digest) => format!("open plan {}", digest.short()),
        Effect::LoadInventory(_) => "open the inventory".into(),
        Effect::SaveIncident(incident) => format!("keep incident {}", incident.id),
        Effect::KeepInventory { name, .. } => format!("keep inventory {name}"),
        Effect::KeepPlan(plan) => format!("keep plan {}", plan.id),
        Effect::Check(subject) => format!("check plan {}", subject.plan.id),
        Effect::Recall(_) => "read the evidence".into(),
        Effect::DryRun(subject) => format!("dry-run plan {}", subject.plan.id),
        Effect::Approve { .. } => "approve the plan".into(),
        Effect::StartRun { .. } => "start the run".into(),
        Effect::ResumeRun(run) | Effect::FollowRun(run) => format!("follow run {run}"),
        Effect::Unfollow => "leave the run".into(),
        Effect::Answer { step, .. } => format!("answer step {step}"),
        Effect::Stop { run, .. } => format!("stop run {run}"),
        Effect::Report(run) => format!("report on run {run}"),
        Effect::WriteReport { path, .. } => format!("write {}", shown(path)),
        Effect::ReviewFiles(_) => "review the files".into(),
        Effect::LeaveFiles => "leave the files".into(),
        Effect::Rewrite(rewritten) => format!("write {}", shown(&rewritten.path)),
        Effect::EditStep { step, .. } => format!("edit step {step}"),
    }
}
