//! The dialogue itself: one prompt, one reply, a candidate to be checked, what is sent back, and the end.

use std::collections::BTreeSet;

use minijinja::context;

use super::accept::{Acceptance, parts};
use super::assemble::{Assembled, Slot, assemble};
use super::claims::Facts;
use super::compose::{self, Composed};
use super::known::known;
use super::language::Language;
use super::names::Names;
use super::rejected::{Ground, Reason};
use super::reply::{self, Answer, Proposed};
use super::stream::Stream;
use super::{Ask, End, Message, Prompt, Reply, Role, ShownStep};
use super::{extract, restore, schema, told};
use crate::base::{Digest, Id, Risk};
use crate::evidence::Finding;
use crate::inventory::Asset;
use crate::plan::{Plan, Step, StepKind};
use crate::redact::{Redacted, Redactor};
use crate::template::TemplateError;

/// How often a model is asked at most.
pub const ROUNDS: u32 = 3;

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
    pub(super) ask: Ask<'a>,
    pub(super) start: &'a Plan,
    pub(super) language: Language,
    pub(super) redactor: Redactor,
    pub(super) facts: Facts,
    pub(super) names: Names,
    pub(super) first: Composed,
    pub(super) prompt: Prompt,
    pub(super) stream: Stream,
    pub(super) rounds: u32,
    /// Nothing is asked any more.
    pub(super) closed: bool,
    /// The parts of the first reply that can be used beside its steps.
    pub(super) answer: Option<Answer>,
    pub(super) slots: Vec<Slot>,
    pub(super) unusable: Option<Unusable>,
    /// Digests of what was sent back.
    pub(super) sent_back: BTreeSet<Digest>,
    pub(super) candidate: Option<Assembled>,
    pub(super) notes: Vec<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Unusable {
    pub(super) why: String,
    /// Whether asking again could help.
    pub(super) again: bool,
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
