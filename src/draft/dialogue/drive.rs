//! The dialogue itself: one prompt, one reply, a candidate to be checked, what is sent back, and the end.

use std::collections::BTreeSet;

use minijinja::context;

use super::accept::{Acceptance, Commands, parts};
use super::assemble::{Assembled, Slot, assemble};
use super::claims::Facts;
use super::compose::{self, Composed};
use super::known::known;
use super::language::Language;
use super::names::Names;
use super::prose::Prose;
use super::rejected::{Ground, Instead, Reason, Rejected};
use super::reply::{self, Answer, Proposed};
use super::stream::Stream;
use super::{Ask, Drafter, End, Message, ModelDraft, Prompt, Reply, Role, ShownStep};
use super::{extract, restore, schema, told};
use crate::base::{Digest, Id, Position, Risk};
use crate::evidence::{Finding, Severity};
use crate::inventory::Asset;
use crate::plan::{Kind, Plan, Step, StepKind};
use crate::redact::{Redacted, Redactor};
use crate::template::TemplateError;

/// How often a model is asked at most.
pub const ROUNDS: u32 = 3;

/// Questions and assumptions that are taken over from a reply.
const MOST_SENTENCES: usize = 12;

/// What a reply came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// There is a candidate; it is to be checked and judged.
    Candidate,
    /// The reply cannot be used; judging decides whether to ask again.
    Unusable {
        /// Why: lower case, no final period.
        why: String,
    },
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The model is asked once more, with the new prompt.
    Ask,
    /// The candidate is another one, and is to be checked and judged.
    Check,
    /// Nothing; the draft is finished.
    Done,
}

/// A draft in the making.
#[derive(Debug, Clone)]
pub struct Dialogue<'a> {
    ask: Ask<'a>,
    start: &'a Plan,
    language: Language,
    redactor: Redactor,
    facts: Facts,
    names: Names,
    first: Composed,
    prompt: Prompt,
    stream: Stream,
    rounds: u32,
    /// Nothing is asked any more.
    closed: bool,
    /// The parts of the first reply that can be used beside its steps.
    answer: Option<Answer>,
    slots: Vec<Slot>,
    unusable: Option<Unusable>,
    /// Digests of what was sent back.
    sent_back: BTreeSet<Digest>,
    candidate: Option<Assembled>,
    notes: Vec<String>,
}

#[derive(Debug, Clone)]
struct Unusable {
    why: String,
    /// Whether asking again could help.
    again: bool,
}

impl<'a> Dialogue<'a> {
    /// Opens a dialogue; fails only where a user's own prompt cannot be rendered.
    pub fn open(ask: Ask<'a>) -> Result<Self, TemplateError> {
        let start = ask.revise.as_ref().map_or(&ask.template.plan, |revise| revise.plan);
        let language = ask.language.unwrap_or_else(|| language_of(&ask));
        let mut redactor = Redactor::new(known(ask.request.inventory, ask.request.incident));
        let asset = asset(&ask, start);
        let first = compose::first(&ask, start, asset, language, &mut redactor)?;
        let incident = ask.request.incident;
        let times =
            incident.into_iter().flat_map(|incident| [incident.damage_at, incident.detected_at]);
        let times: Vec<_> = times.flatten().collect();
        let trusted = first.trusted.iter().map(String::as_str);
        let facts = Facts::new(trusted, &ask.template.estimate, &times);
        let names = Names::collect(ask.request, start);
        let prompt = prompt(&first.system, first.user.clone(), ask.budget.reply_tokens);
        let notes = first.cut.iter().map(|cut| format!("the prompt leaves out {cut}")).collect();
        Ok(Self {
            ask,
            start,
            language,
            redactor,
            facts,
            names,
            first,
            prompt,
            stream: Stream::default(),
            rounds: 0,
            closed: false,
            answer: None,
            slots: vec![],
            unusable: None,
            sent_back: BTreeSet::new(),
            candidate: None,
            notes,
        })
    }

    /// Returns what is to be sent.
    pub fn prompt(&self) -> &Prompt {
        &self.prompt
    }

    /// Returns the number of replies so far.
    pub fn rounds(&self) -> u32 {
        self.rounds
    }

    /// Takes a piece of a reply on its way, and returns the steps that it completes, for display only.
    pub fn hear(&mut self, piece: &str) -> Vec<ShownStep> {
        let steps = self.stream.hear(piece);
        steps.iter().map(|step| self.shown(step)).collect()
    }

    /// The reply starts again from nothing.
    pub fn again(&mut self) {
        self.stream = Stream::default();
    }

    fn shown(&self, step: &Proposed) -> ShownStep {
        let text = |text: &str| restore::shown(&self.redactor, text);
        let optional = |one: &Option<String>| one.as_deref().map(text);
        ShownStep {
            id: text(&step.id),
            title: text(&step.title),
            kind: StepKind::parse(&step.kind),
            host: optional(&step.host),
            based_on: optional(&step.based_on),
            keep: step.keep,
            run: optional(&step.run).or_else(|| optional(&step.check)),
        }
    }

    /// Takes a whole reply.
    pub fn answer(&mut self, reply: Reply) -> Heard {
        self.rounds += 1;
        self.stream = Stream::default();
        self.unusable = None;
        match self.read(&reply) {
            Ok(answer) => {
                self.take(answer);
                self.candidate = assemble(self.start, &self.slots);
                match &self.candidate {
                    Some(_) => Heard::Candidate,
                    None => self.refuse("no plan can be made of its steps".into(), true),
                }
            }
            Err(Unusable { why, again }) => self.refuse(why, again),
        }
    }

    fn refuse(&mut self, why: String, again: bool) -> Heard {
        self.unusable = Some(Unusable { why: why.clone(), again });
        Heard::Unusable { why }
    }

    /// Reads a reply; only one that ended by itself is looked at.
    fn read(&self, reply: &Reply) -> Result<Answer, Unusable> {
        let refuse = |why: &str, again: bool| Err(Unusable { why: why.to_owned(), again });
        match &reply.end {
            End::Complete => {}
            End::Length => return refuse("the reply was cut at the limit of its length", true),
            End::Filtered => return refuse("a filter of the endpoint stopped the reply", false),
            End::Declined => return refuse("the model declined to answer", false),
            End::Cut => return refuse("the connection ended before the reply did", true),
            End::Failed(_) => {
                return refuse("the endpoint reported an error in the middle of the reply", true);
            }
        }
        let read = extract::object(&reply.text).and_then(|object| reply::read(&object));
        let answer = read
            .map_err(|why| Unusable { why: format!("the reply is no plan: {why}"), again: true })?;
        match answer.steps.is_empty() && self.slots.is_empty() {
            true => refuse("the reply holds no step", true),
            false => Ok(answer),
        }
    }

    /// Judges the steps of a reply: all of them the first time, later only those that were sent back.
    fn take(&mut self, answer: Answer) {
        let first = self.slots.is_empty();
        let acceptance = Acceptance {
            request: self.ask.request,
            start: self.start,
            redactor: &self.redactor,
            facts: &self.facts,
            language: self.language,
            model: self.ask.model,
        };
        let mut names = self.names.clone();
        if first {
            for proposed in &answer.steps {
                let slot = slot(&acceptance, proposed, &mut names);
                let taken =
                    |other: &Slot| slot.stands_for.is_some() && other.stands_for == slot.stands_for;
                if self.slots.iter().any(taken) {
                    let why = "another step of the reply stands for the same step";
                    let outcome = Err(vec![Reason::whole(Ground::Form, why)]);
                    self.slots.push(Slot { outcome, stands_for: None, ..slot });
                } else {
                    self.slots.push(slot);
                }
            }
            self.answer = Some(Answer { steps: vec![], ..answer });
            return;
        }
        for at in 0..self.slots.len() {
            if let Some(good) = self.slots[at].good() {
                let made = good.step.run.iter().map(String::as_str);
                made.for_each(|text| learn(&mut names, text));
                continue;
            }
            let id = &self.slots[at].id;
            let mended =
                answer.steps.iter().find(|step| restore::shown(&self.redactor, &step.id) == *id);
            if let Some(proposed) = mended {
                self.slots[at] = slot(&acceptance, proposed, &mut names);
            }
        }
    }

    /// Returns the plan to be checked.
    pub fn candidate(&self) -> Option<&Plan> {
        self.candidate.as_ref().map(|candidate| &candidate.plan)
    }

    /// Takes what the checker says of the candidate: its findings, and the harm of each step. After an unusable reply
    /// both are empty.
    pub fn judge(&mut self, findings: &[Finding], risks: &[(Id, Risk)]) -> Next {
        if let Some(unusable) = self.unusable.clone() {
            return self.after_unusable(&unusable);
        }
        self.weigh(risks);
        self.blame(findings);
        let bad: Vec<usize> =
            (0..self.slots.len()).filter(|at| self.slots[*at].good().is_none()).collect();
        let told = self.told(&bad);
        if told.is_empty() {
            return self.settle();
        }
        let digest = Digest::of(told.as_bytes());
        if self.may_ask() && self.sent_back.insert(digest) {
            let values = context! { steps => told };
            if let Ok(text) = self.ask.prompts.render("repair.md", &values) {
                self.prompt_again(&text);
                return Next::Ask;
            }
        }
        self.settle()
    }

    /// Ends the asking: what was accepted so far is what there is.
    pub fn give_up(&mut self) -> Next {
        self.closed = true;
        self.unusable = None;
        self.settle()
    }

    /// Decides after a reply that could not be used.
    fn after_unusable(&mut self, unusable: &Unusable) -> Next {
        let digest = Digest::of(unusable.why.as_bytes());
        if unusable.again && self.may_ask() && self.sent_back.insert(digest) {
            let values = context! { why => &unusable.why };
            if let Ok(text) = self.ask.prompts.render("again.md", &values) {
                self.prompt_again(&text);
                return Next::Ask;
            }
        }
        self.unusable = if self.slots.is_empty() { Some(unusable.clone()) } else { None };
        self.settle()
    }

    /// Takes what is left: where that is another candidate than the one that was checked, it is checked too.
    fn settle(&mut self) -> Next {
        if self.slots.is_empty() {
            self.candidate = None;
            return Next::Done;
        }
        let next = assemble(self.start, &self.slots);
        let steps = |assembled: &Option<Assembled>| {
            assembled
                .as_ref()
                .map(|one| one.plan.steps.iter().map(without_risk).collect::<Vec<_>>())
        };
        let changed = steps(&next) != steps(&self.candidate);
        self.candidate = next;
        match changed && self.candidate.is_some() {
            true => Next::Check,
            false => Next::Done,
        }
    }

    fn may_ask(&self) -> bool {
        !self.closed && self.rounds < ROUNDS
    }

    fn prompt_again(&mut self, text: &str) {
        let mut user = self.first.user.clone();
        user.push(&self.redactor.redact(text).text);
        self.prompt = prompt(&self.first.system, user, self.ask.budget.reply_tokens);
    }

    /// Takes the computed harm of the model's steps, and what harm is too much for them.
    fn weigh(&mut self, risks: &[(Id, Risk)]) {
        let start = self.start;
        for slot in &mut self.slots {
            let Ok(accepted) = &mut slot.outcome else { continue };
            let computed =
                risks.iter().find(|(id, _)| *id == accepted.step.id).map(|(_, risk)| *risk);
            let (Some(computed), Commands::Model) = (computed, accepted.commands) else { continue };
            let step = &mut accepted.step;
            if step.runs() {
                step.risk = step.risk.max(Some(computed));
            }
            let base = accepted.based_on.as_ref().and_then(|id| start.step(id.as_str()));
            if let Some(why) = too_much(start, step, base, computed) {
                let fix = "write only into a directory that the step itself makes with mkdir; move aside instead of deleting";
                let reason = Reason { fix: Some(fix.into()), ..Reason::whole(Ground::Risk, why) };
                if !slot.findings.contains(&reason) {
                    slot.findings.push(reason);
                }
            }
        }
    }

    /// Lays what the checker found at the door of the step that brought it in.
    fn blame(&mut self, findings: &[Finding]) {
        let old = |finding: &Finding| {
            self.ask.baseline.iter().any(|known| {
                known.rule == finding.rule
                    && known.step == finding.step
                    && known.part == finding.part
            })
        };
        let heavy =
            findings.iter().filter(|finding| finding.severity >= Severity::High && !old(finding));
        for finding in heavy {
            let of_model = |slot: &&mut Slot| {
                let good = slot.outcome.as_ref().ok();
                good.is_some_and(|good| {
                    good.commands == Commands::Model && finding.step.as_ref() == Some(&good.step.id)
                })
            };
            let own = self.slots.iter_mut().find(of_model);
            let is_own = own.is_some();
            let changed =
                |slot: &&mut Slot| slot.good().is_some_and(|good| good.commands == Commands::Model);
            // A finding on a step of the starting plan, which had none, comes from what the model put around it.
            let slots: Vec<&mut Slot> = match own {
                Some(slot) => vec![slot],
                None => self.slots.iter_mut().filter(changed).collect(),
            };
            for slot in slots {
                let text = slot.outcome.as_ref().ok().and_then(|good| text_of(&good.step, finding));
                let line =
                    text.filter(|_| is_own).map(|text| Position::of(text, finding.span.start).line);
                let reason = Reason {
                    ground: Ground::Finding,
                    part: finding.part,
                    line,
                    why: finding.message.clone(),
                    fix: finding.fix.clone(),
                    code: Some(finding.rule.to_owned()),
                };
                if !slot.findings.contains(&reason) {
                    slot.findings.push(reason);
                }
            }
        }
    }

    /// Returns the bad steps with what is wrong with each, for the model; empty where none is bad.
    fn told(&self, bad: &[usize]) -> String {
        let mut text = String::new();
        for slot in bad.iter().map(|at| &self.slots[*at]) {
            text.push_str(&format!(
                "step {}\n{}  findings:\n{}\n",
                slot.id,
                slot.text,
                told::reasons(&slot.reasons())
            ));
        }
        text
    }

    /// Ends the dialogue and returns what came of it: always a plan.
    pub fn finish(self) -> ModelDraft {
        let (written, refused) =
            self.slots.iter().fold((0, 0), |(written, refused), slot| match slot.good() {
                Some(good) if good.commands == Commands::Model => (written + 1, refused),
                Some(_) => (written, refused),
                None => (written, refused + 1),
            });
        let whole = match (&self.candidate, &self.unusable) {
            (_, Some(unusable)) => Err(unusable.why.clone()),
            (None, None) => Err("the model gave no plan that can be used".to_owned()),
            (Some(_), None) if refused > written => Err(format!(
                "of what the model wrote {refused} steps had to be rejected and {written} could be used"
            )),
            (Some(assembled), None) => Ok(assembled.clone()),
        };
        let mut notes = self.notes.clone();
        let mut questions = self.ask.template.questions.clone();
        let mut rejected =
            self.candidate.as_ref().map(|one| one.rejected.clone()).unwrap_or_default();
        let (plan, why_template) = match whole {
            Ok(assembled) => {
                notes.extend(
                    self.slots.iter().filter_map(Slot::good).flat_map(|good| good.notes.clone()),
                );
                (self.worded(assembled.plan, &mut notes, &mut questions), None)
            }
            Err(why) => {
                for one in &mut rejected {
                    let same = self.start.steps.iter().find(|step| step.id.as_str() == one.step);
                    one.instead =
                        same.map_or(Instead::LeftOut, |step| Instead::Template(step.id.clone()));
                }
                (self.start.clone(), Some(why))
            }
        };
        for reason in rejected
            .iter()
            .flat_map(|one| &one.reasons)
            .filter(|reason| reason.ground == Ground::Name)
        {
            let question = format!("{}: is it right, and should it be added there?", reason.why);
            if !questions.contains(&question) {
                questions.push(question);
            }
        }
        let left_out =
            |one: &&Rejected| one.text.is_empty() && matches!(one.instead, Instead::Template(_));
        let put_back =
            rejected.iter().filter(left_out).filter_map(|one| Id::parse(&one.step).ok()).collect();
        let drafter = if plan == *self.start { Drafter::Template } else { Drafter::Model };
        let summary =
            self.answer.as_ref().and_then(|answer| self.sentence(answer.summary.as_deref()?));
        let incident = self.ask.request.incident.filter(|_| plan.kind == Kind::Recovery);
        let estimate = crate::estimate::estimate(self.ask.request.inventory, incident, Some(&plan));
        ModelDraft {
            plan,
            drafter,
            rounds: self.rounds,
            rejected,
            put_back,
            questions,
            notes,
            summary: summary.filter(|_| drafter == Drafter::Model),
            why_template,
            estimate,
        }
    }

    /// Gives a plan the words of the reply, as far as they can be believed.
    fn worded(&self, mut plan: Plan, notes: &mut Vec<String>, questions: &mut Vec<String>) -> Plan {
        let Some(answer) = &self.answer else {
            return plan;
        };
        let is_changed = plan.steps != self.start.steps;
        if let Some(title) =
            answer.title.as_deref().and_then(|title| self.sentence(title)).filter(|_| is_changed)
        {
            plan.title = title.chars().take(200).collect();
        }
        let assumptions = answer.assumptions.iter().take(MOST_SENTENCES);
        let assumptions = assumptions.filter_map(|text| self.sentence(text));
        if let Some(scope) = plan.scope.as_mut().filter(|_| is_changed) {
            let new: Vec<String> =
                assumptions.filter(|text| !scope.assumptions.contains(text)).collect();
            scope.assumptions.extend(new);
        }
        let asked =
            answer.questions.iter().take(MOST_SENTENCES).filter_map(|text| self.sentence(text));
        questions.extend(asked.collect::<Vec<_>>());
        let chosen = plan.recovery_point.as_ref().map(|point| point.backup.as_str());
        let named = answer.backup.as_deref().map(|backup| restore::shown(&self.redactor, backup));
        if let Some(named) = named.filter(|named| Some(named.as_str()) != chosen) {
            let refused =
                self.ask.template.estimate.refused.iter().find(|one| one.backup.as_str() == named);
            let why =
                refused.map_or("code chose the recovery point", |refused| refused.why.as_str());
            notes.push(format!(
                "the model would recover from {}: not taken, {why}",
                super::ground::shown(&named)
            ));
        }
        plan
    }

    /// Returns a sentence of the reply with names put back and numbers of its own taken out; nothing where it cannot be shown.
    fn sentence(&self, text: &str) -> Option<String> {
        let restored = restore::plain(&self.redactor, text).ok()?;
        let prose = Prose { names: &self.names, facts: &self.facts, language: self.language };
        prose.clean(&restored).ok().map(|cleaned| cleaned.text).filter(|text| !text.is_empty())
    }
}

fn slot(acceptance: &Acceptance<'_>, proposed: &Proposed, names: &mut Names) -> Slot {
    let text = |text: &str| restore::shown(acceptance.redactor, text);
    let before = names.clone();
    let outcome = acceptance.judge(proposed, names);
    if outcome.is_err() {
        *names = before;
    }
    let id = text(&proposed.id);
    let based_on = proposed.based_on.as_deref().map(text);
    let named = based_on.as_deref().unwrap_or(&id);
    Slot {
        stands_for: acceptance.start.step(named).map(|step| step.id.clone()),
        title: text(&proposed.title),
        text: as_written(proposed, &text),
        needs: proposed.needs.iter().map(|need| text(need)).collect(),
        id,
        outcome,
        findings: vec![],
    }
}

/// Returns a proposal as lines, for an operator, and for the model it came from.
fn as_written(proposed: &Proposed, text: &dyn Fn(&str) -> String) -> String {
    let mut lines = String::new();
    let mut line = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            lines.push_str(&format!("  {name}: {}\n", text(value).replace('\n', " ")));
        }
    };
    line("based_on", proposed.based_on.as_deref());
    line("keep", proposed.keep.then_some("true"));
    line("title", Some(&proposed.title));
    line("kind", Some(&proposed.kind));
    line("host", proposed.host.as_deref());
    for (part, commands) in parts(proposed) {
        lines.push_str(&format!("  {}: |\n", part.word()));
        for line in text(commands).lines() {
            lines.push_str(&format!("    {line}\n"));
        }
    }
    lines
}

/// Adds what the commands of an accepted step make.
fn learn(names: &mut Names, text: &str) {
    let mut judge = super::ground::Judge { names, writes_copies: true, template: text };
    judge.text(crate::evidence::Place::Run, text);
}

fn prompt(system: &Redacted, user: Redacted, reply_tokens: u32) -> Prompt {
    Prompt {
        messages: vec![
            Message { role: Role::System, text: system.clone() },
            Message { role: Role::User, text: user },
        ],
        schema_name: schema::NAME,
        schema: schema::reply(),
        reply_tokens,
    }
}

/// Returns the asset the plan is for.
fn asset<'a>(ask: &Ask<'a>, start: &Plan) -> Option<&'a Asset> {
    let of_scope = start.scope.as_ref().and_then(|scope| scope.assets.first()).map(Id::as_str);
    let of_incident =
        ask.request.incident.and_then(|incident| incident.affected.first()).map(Id::as_str);
    let named = of_scope.or(ask.request.asset).or(of_incident)?;
    ask.request.inventory.asset(named)
}

fn language_of(ask: &Ask<'_>) -> Language {
    let comment = ask.revise.as_ref().and_then(|revise| revise.comment);
    let described = ask.request.incident.map(|incident| {
        let texts = [&incident.title, &incident.description];
        texts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("\n")
    });
    Language::of(
        &[described.as_deref().unwrap_or_default(), comment.unwrap_or_default()].join("\n"),
    )
}

/// Returns a step as it is apart from its claim of harm.
fn without_risk(step: &Step) -> Step {
    Step { risk: None, ..step.clone() }
}

/// Returns the text of a step that a finding points into.
fn text_of<'s>(step: &'s Step, finding: &Finding) -> Option<&'s str> {
    use crate::evidence::Place;
    match finding.part {
        Place::Run => step.run.as_deref(),
        Place::Check => step.check.as_deref(),
        Place::Rollback => step.rollback.as_deref(),
        Place::Whole => None,
    }
}

/// Returns why the computed harm of a model's step is too much, or nothing. A step it adds destroys nothing; a step in the place of
/// one of the starting plan harms no more than that one, or, where that one was a person's, no more than what a safety copy
/// undoes.
fn too_much(start: &Plan, step: &Step, base: Option<&Step>, computed: Risk) -> Option<String> {
    match step.kind {
        StepKind::Check | StepKind::Wait if computed > Risk::Read => {
            return Some(format!(
                "a {} step only looks, its commands come to {computed}",
                step.kind
            ));
        }
        StepKind::Check
        | StepKind::Wait
        | StepKind::Command
        | StepKind::Manual
        | StepKind::Decision
        | StepKind::Notify => {}
    }
    let own = base.filter(|base| base.runs()).and_then(|base| base.risk);
    let copied = step.safety_copy.as_ref().is_some_and(|copy| start.step(copy.as_str()).is_some());
    let most = match (base, own) {
        (_, Some(own)) => own.max(Risk::Disruptive),
        (Some(_), None) if copied => Risk::Destructive,
        (Some(_) | None, None) => Risk::Disruptive,
    };
    // What is `unknown` needs a person to waive it by name; what cannot even be read was refused before.
    let known = computed != Risk::Unknown;
    (known && computed > most).then(|| {
        format!("its commands come to {computed}, and {most} is the most that a model may add here")
    })
}
