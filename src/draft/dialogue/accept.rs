//! One proposed step: restored, read, grounded, and made a step of a plan, or every reason why not.

use super::claims::Facts;
use super::ground::{self, Judge};
use super::guards::{Freedom, freedom};
use super::language::Language;
use super::names::Names;
use super::prose::Prose;
use super::rejected::{Ground, Reason};
use super::reply::Proposed;
use super::restore;
use crate::base::{Id, Period, Risk};
use crate::draft::Request;
use crate::evidence::Place;
use crate::plan::{Kind, LOCAL, OnFailure, Phase, Plan, Provenance, Step, StepKind};
use crate::redact::Redactor;

/// What proposals are judged by.
#[derive(Debug)]
pub struct Acceptance<'a> {
    /// What was asked.
    pub request: &'a Request<'a>,
    /// The starting plan.
    pub start: &'a Plan,
    /// The pseudonyms.
    pub redactor: &'a Redactor,
    /// The numbers that were sent.
    pub facts: &'a Facts,
    /// The language of the reply.
    pub language: Language,
    /// The name of the model.
    pub model: &'a str,
}

/// A proposal that became a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// The step; its `needs` are as proposed and may name what does not exist.
    pub step: Step,
    /// Whose commands it has.
    pub commands: Commands,
    /// The step of the starting plan it stands for.
    pub based_on: Option<Id>,
    /// What was changed in it without rejecting it.
    pub notes: Vec<String>,
}

/// Whose commands a step has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commands {
    /// Those of the starting plan.
    Kept,
    /// The model's, or none where it is a person's step.
    Model,
}

impl Acceptance<'_> {
    /// Judges one proposal.
    pub fn judge(&self, proposed: &Proposed, names: &mut Names) -> Result<Accepted, Vec<Reason>> {
        let faults: Vec<Reason> = proposed
            .faults
            .iter()
            .map(|fault| Reason::whole(Ground::Form, fault.clone()))
            .collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        let restored =
            self.restored(proposed).map_err(|why| vec![Reason::whole(Ground::Form, why)])?;
        let based_on = self.based_on(&restored).map_err(|reason| vec![reason])?;
        match based_on {
            Some(step) if restored.keep => Ok(self.kept(&restored, step, names)),
            Some(step) => self.changed(&restored, step, names),
            None => self.written(&restored, None, names),
        }
    }

    /// Puts the names back into every field.
    fn restored(&self, proposed: &Proposed) -> Result<Proposed, String> {
        let plain = |text: &String| restore::plain(self.redactor, text);
        let optional = |text: &Option<String>| text.as_ref().map(plain).transpose();
        let commands = |text: &Option<String>| {
            text.as_deref().map(|text| restore::commands(self.redactor, text)).transpose()
        };
        Ok(Proposed {
            id: plain(&proposed.id)?,
            based_on: optional(&proposed.based_on)?,
            title: plain(&proposed.title)?,
            host: optional(&proposed.host)?,
            asset: optional(&proposed.asset)?,
            needs: proposed.needs.iter().map(plain).collect::<Result<_, _>>()?,
            run: commands(&proposed.run)?,
            check: commands(&proposed.check)?,
            rollback: commands(&proposed.rollback)?,
            safety_copy: optional(&proposed.safety_copy)?,
            why: optional(&proposed.why)?,
            expect: optional(&proposed.expect)?,
            ..proposed.clone()
        })
    }

    fn based_on(&self, proposed: &Proposed) -> Result<Option<&Step>, Reason> {
        // A step under the name of one of the starting plan's stands for it, whether it says so or not.
        let named = proposed.based_on.as_deref().or(Some(proposed.id.as_str()));
        let found = named.and_then(|id| self.start.step(id));
        match (found, &proposed.based_on) {
            (None, Some(id)) => {
                let why = format!(
                    "it is based on {}, which is no step of the starting plan",
                    ground::shown(id)
                );
                Err(Reason::whole(Ground::Form, why))
            }
            (None, None) if proposed.keep => Err(Reason::whole(
                Ground::Form,
                "it keeps the commands of no step: based_on is null",
            )),
            (found, _) => Ok(found),
        }
    }

    /// A step whose commands stay: nothing but its words, its order and its patience is the model's.
    fn kept(&self, proposed: &Proposed, step: &Step, names: &Names) -> Accepted {
        let mut notes = vec![];
        let prose = self.prose(names);
        let mut kept = step.clone();
        if self.language != Language::English
            && let Ok(title) = prose.clean(&proposed.title)
            && title.text != step.title
        {
            // The reviewed title stays in sight: a translation could say anything.
            kept.title = format!("{} ({})", title.text, step.title);
            let translated = |text: &Option<String>, own: &Option<String>| {
                let cleaned = text.as_deref().and_then(|text| prose.clean(text).ok());
                cleaned.map(|cleaned| cleaned.text).or_else(|| own.clone())
            };
            kept.why = translated(&proposed.why, &step.why);
            kept.expect = translated(&proposed.expect, &step.expect);
        }
        let given =
            proposed.run.is_some() || proposed.check.is_some() || proposed.rollback.is_some();
        let same = |mine: &Option<String>, own: &Option<String>| {
            mine.is_none() || mine.as_deref().map(str::trim) == own.as_deref().map(str::trim)
        };
        if given && !(same(&proposed.run, &step.run) && same(&proposed.check, &step.check)) {
            notes.push(format!(
                "{}: keep was said, so other commands written beside it are not used",
                step.id
            ));
        }
        kept.needs.extend(ids(&proposed.needs).filter(|id| !step.needs.contains(id)));
        Accepted { step: kept, commands: Commands::Kept, based_on: Some(step.id.clone()), notes }
    }

    /// A step of the starting plan with other commands.
    fn changed(
        &self,
        proposed: &Proposed,
        step: &Step,
        names: &mut Names,
    ) -> Result<Accepted, Vec<Reason>> {
        let is_same = |mine: &Option<String>, own: &Option<String>| {
            mine.as_deref().map(str::trim) == own.as_deref().map(str::trim)
        };
        let copied = is_same(&proposed.run, &step.run)
            && is_same(&proposed.check, &step.check)
            && (proposed.rollback.is_none() || is_same(&proposed.rollback, &step.rollback));
        let wordless = proposed.run.is_none() && proposed.check.is_none();
        if copied || wordless {
            return Ok(self.kept(&Proposed { keep: true, ..proposed.clone() }, step, names));
        }
        if freedom(self.start, step) == Freedom::Fixed {
            if step.kind == StepKind::Manual {
                // A person's step stays; what the model would run goes before it.
                return self.before(proposed, step, names);
            }
            let why = format!(
                "the commands of {} protect something and stay as they are: set keep to true",
                step.id
            );
            return Err(vec![Reason::whole(Ground::Fixed, why)]);
        }
        let mut accepted = self.written(proposed, Some(step), names)?;
        let made = &mut accepted.step;
        made.id = step.id.clone();
        made.host = step.host.clone().or(made.host.take());
        made.asset = step.asset.clone().or(made.asset.take());
        made.phase = step.phase.or(made.phase);
        made.run_as = step.run_as.clone();
        made.secrets = step.secrets.clone();
        made.effects = step.effects.clone();
        made.install = step.install.clone();
        made.approval = step.approval;
        made.resume = step.resume;
        made.risk = made.risk.max(step.risk);
        made.safety_copy = step.safety_copy.clone().or(made.safety_copy.take());
        made.on_failure = step.on_failure.or(made.on_failure);
        made.rollback = made.rollback.take().or_else(|| step.rollback.clone());
        made.check = made.check.take().or_else(|| step.check.clone());
        let own = step.needs.iter().filter(|id| !made.needs.contains(id)).cloned();
        let own: Vec<Id> = own.collect();
        made.needs.extend(own);
        accepted.based_on = Some(step.id.clone());
        Ok(accepted)
    }

    /// A step that runs before a person's step of the starting plan and takes nothing from it.
    fn before(
        &self,
        proposed: &Proposed,
        step: &Step,
        names: &mut Names,
    ) -> Result<Accepted, Vec<Reason>> {
        let mut own = proposed.clone();
        if own.id == step.id.as_str() {
            own.id = format!("{}-by-command", step.id);
        }
        own.needs.retain(|id| id != step.id.as_str());
        let mut accepted = self.written(&own, None, names)?;
        accepted.step.needs.extend(step.needs.iter().cloned());
        accepted.step.phase = step.phase;
        Ok(accepted)
    }

    fn prose<'p>(&'p self, names: &'p Names) -> Prose<'p> {
        Prose { names, facts: self.facts, language: self.language }
    }

    /// Makes a step of what the model wrote.
    fn written(
        &self,
        proposed: &Proposed,
        base: Option<&Step>,
        names: &mut Names,
    ) -> Result<Accepted, Vec<Reason>> {
        let mut reasons = vec![];
        let mut form = |why: String| reasons.push(Reason::whole(Ground::Form, why));
        let id = Id::parse(&proposed.id).map_err(|why| form(format!("its id: {why}"))).ok();
        let kind = StepKind::parse(&proposed.kind);
        if kind.is_none() {
            form(format!("{:?} is no kind of step", ground::shown(&proposed.kind)));
        }
        let phase = word(&proposed.phase, Phase::parse, "phase").unwrap_or_else(|why| {
            form(why);
            None
        });
        let on_failure =
            word(&proposed.on_failure, OnFailure::parse, "on_failure").unwrap_or_else(|why| {
                form(why);
                None
            });
        let claimed = proposed
            .risk
            .as_deref()
            .and_then(|claimed| Risk::ALL.into_iter().find(|risk| risk.word() == claimed));
        let timeout = match proposed.timeout.as_deref().map(Period::parse) {
            Some(Ok(period)) => Some(period),
            Some(Err(why)) => {
                form(format!("its timeout: {why}"));
                None
            }
            None => base.and_then(|base| base.timeout),
        };
        let safety_copy = match proposed.safety_copy.as_deref().map(Id::parse) {
            Some(Ok(id)) => Some(id),
            Some(Err(why)) => {
                form(format!("its safety_copy: {why}"));
                None
            }
            None => None,
        };
        reasons.extend(self.placed(proposed));
        for (part, text) in parts(proposed) {
            let template = base.map(texts).unwrap_or_default();
            let writes_copies = self.request.kind == Kind::Backup;
            reasons.extend(Judge { names, writes_copies, template: &template }.text(part, text));
        }
        let prose = self.prose(names);
        let mut notes = vec![];
        let mut note = |field: &str, replaced: &[String]| {
            if !replaced.is_empty() {
                notes.push(format!(
                    "{}: {field} promised {}, which nobody computed",
                    proposed.id,
                    replaced.join(", ")
                ));
            }
        };
        let title = match prose.clean(&proposed.title) {
            Ok(title) if title.text.is_empty() => {
                reasons.push(Reason::whole(Ground::Form, "its title is empty"));
                None
            }
            Ok(title) => {
                note("its title", &title.replaced);
                Some(title.text.chars().take(200).collect::<String>())
            }
            Err(reason) => {
                reasons.push(Reason { why: format!("its title: {}", reason.why), ..reason });
                None
            }
        };
        let mut optional = |field: &str, text: &Option<String>, own: Option<&String>| {
            match text.as_deref().map(|text| prose.clean(text)) {
                Some(Ok(cleaned)) => {
                    note(field, &cleaned.replaced);
                    Some(cleaned.text)
                }
                // People act on the words of a step that is theirs to do.
                Some(Err(reason)) if kind.is_some_and(|kind| !runs(kind)) => {
                    reasons.push(Reason { why: format!("{field}: {}", reason.why), ..reason });
                    None
                }
                Some(Err(_)) | None => own.cloned(),
            }
        };
        let why = optional("its reason", &proposed.why, base.and_then(|base| base.why.as_ref()));
        let expect = optional(
            "what it expects",
            &proposed.expect,
            base.and_then(|base| base.expect.as_ref()),
        );
        let (Some(id), Some(kind), Some(title), []) = (id, kind, title, reasons.as_slice()) else {
            return Err(reasons);
        };
        let step = Step {
            id,
            phase,
            title,
            kind,
            host: self.host(proposed, kind),
            asset: proposed.asset.as_deref().and_then(|asset| Id::parse(asset).ok()),
            run_as: None,
            secrets: vec![],
            needs: ids(&proposed.needs).collect(),
            risk: claimed,
            run: proposed.run.clone(),
            check: proposed.check.clone(),
            rollback: proposed.rollback.clone(),
            effects: None,
            safety_copy,
            timeout,
            on_failure,
            resume: None,
            approval: None,
            why,
            expect,
            install: None,
            provenance: Some(Provenance {
                by: super::MODEL.into(),
                from: Some(self.model.to_owned()),
            }),
        };
        shaped(&step).map_err(|reason| vec![reason])?;
        Ok(Accepted { step, commands: Commands::Model, based_on: None, notes })
    }

    /// Returns where a step runs: where it says, else where its asset is, else where the plan's asset is.
    fn host(&self, proposed: &Proposed, kind: StepKind) -> Option<Id> {
        if let Some(host) = &proposed.host {
            return Id::parse(host).ok();
        }
        let scope =
            self.start.scope.as_ref().and_then(|scope| scope.assets.first()).map(Id::as_str);
        let asset = proposed.asset.as_deref().or(scope).filter(|_| runs(kind))?;
        self.request.inventory.asset(asset)?.host.clone()
    }

    /// Judges where a step says that it stands.
    fn placed(&self, proposed: &Proposed) -> Vec<Reason> {
        let inventory = self.request.inventory;
        let unknown = |what: &str, name: &str| {
            let name = ground::shown(name);
            Reason::whole(
                Ground::Name,
                format!("the step names the {what} {name}, which the inventory does not know"),
            )
        };
        let host =
            proposed.host.iter().filter(|host| *host != LOCAL && inventory.host(host).is_none());
        let asset = proposed.asset.iter().filter(|asset| inventory.asset(asset).is_none());
        host.map(|host| unknown("host", host))
            .chain(asset.map(|asset| unknown("asset", asset)))
            .collect()
    }
}

/// Tells whether something runs in a step of that kind.
fn runs(kind: StepKind) -> bool {
    match kind {
        StepKind::Command | StepKind::Check | StepKind::Wait => true,
        StepKind::Manual | StepKind::Decision | StepKind::Notify => false,
    }
}

/// Returns why a step lacks what its kind needs.
fn shaped(step: &Step) -> Result<(), Reason> {
    let why = match step.kind {
        StepKind::Command if step.run.is_none() => "a command needs run",
        StepKind::Check if step.check.is_none() && step.run.is_none() => "a check needs check",
        StepKind::Wait if step.check.is_none() => "a wait needs check, which ends it",
        StepKind::Manual | StepKind::Decision | StepKind::Notify
            if step.run.is_some() || step.check.is_some() || step.rollback.is_some() =>
        {
            "nothing runs in a step that a person does"
        }
        StepKind::Command
        | StepKind::Check
        | StepKind::Wait
        | StepKind::Manual
        | StepKind::Decision
        | StepKind::Notify => return Ok(()),
    };
    Err(Reason::whole(Ground::Form, why))
}

fn word<T>(
    text: &Option<String>,
    parse: fn(&str) -> Option<T>,
    what: &str,
) -> Result<Option<T>, String> {
    match text.as_deref() {
        None => Ok(None),
        Some(text) => match parse(text) {
            Some(value) => Ok(Some(value)),
            None => Err(format!("{:?} is no {what}", ground::shown(text))),
        },
    }
}

fn ids(names: &[String]) -> impl Iterator<Item = Id> {
    names.iter().filter_map(|name| Id::parse(name).ok())
}

/// Returns the texts of a proposal that run.
pub fn parts(proposed: &Proposed) -> Vec<(Place, &str)> {
    let parts = [
        (Place::Run, &proposed.run),
        (Place::Check, &proposed.check),
        (Place::Rollback, &proposed.rollback),
    ];
    parts.into_iter().filter_map(|(part, text)| Some((part, text.as_deref()?))).collect()
}

/// Returns everything that runs in a step, as one text.
fn texts(step: &Step) -> String {
    let parts = [&step.run, &step.check, &step.rollback];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("\n")
}
