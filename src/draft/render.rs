//! Fills a runbook: every text leaf of its steps, with the facts, under the guard.

use minijinja::{Value, context};

use super::facts::Facts;
use super::library::Entry;
use super::{Request, guard, parameters, recovery_point};
use crate::base::{Id, Period, escape};
use crate::estimate::Choice;
use crate::inventory::Asset;
use crate::plan::runbook::{EffectsTemplate, StepTemplate};
use crate::plan::{self, Effects, Install, Plan, Provenance, Scope, SecretUse, Step, v1};
use crate::template::Templates;

/// Returns the plan a runbook makes of the facts, with the steps of those that join it, or why it makes none.
pub fn plan(
    request: &Request<'_>,
    asset: &Asset,
    choice: &Choice<'_>,
    facts: &Facts,
    entry: &Entry,
    joining: &[&Entry],
) -> Result<Plan, String> {
    let runbook = &entry.runbook;
    let templates = Templates::new(request.library.includes.iter().cloned())
        .map_err(|error| error.to_string())?;
    let mut wanted = runbook.parameters.clone();
    for parameter in joining.iter().flat_map(|one| &one.runbook.parameters) {
        if !wanted.iter().any(|known| known.name == parameter.name) {
            wanted.push(parameter.clone());
        }
    }
    let parameters = parameters::values(request, &templates, &wanted, &facts.value)?;
    let own =
        Value::from(parameters.into_iter().collect::<std::collections::BTreeMap<String, Value>>());
    let renderer = Renderer {
        templates: &templates,
        facts: context! { ..own, ..facts.value.clone() },
        sources: sources(entry, joining),
    };
    let mut assumptions = vec![];
    let all = joining.iter().flat_map(|one| &one.runbook.assumptions);
    for (at, assumption) in runbook.assumptions.iter().chain(all).enumerate() {
        assumptions.push(renderer.text(&format!("assumption {}", at + 1), assumption)?);
    }
    let mut roles = std::collections::BTreeMap::new();
    for (role, template) in &runbook.roles {
        roles.insert(role.clone(), renderer.text(&format!("role {role}"), template)?);
    }
    let scenario =
        request.scenario.or(request.incident.and_then(|incident| incident.scenario.as_deref()));
    let mut id = format!("{}-{}", runbook.id, asset.id);
    id.truncate(128);
    let plan = Plan {
        schema: v1::Tag::V1,
        id: Id::parse(&id)?,
        kind: runbook.kind,
        title: escape::one_line(&renderer.text("title", &runbook.title)?),
        scope: Some(Scope {
            assets: vec![asset.id.clone()],
            scenario: scenario.map(str::to_owned),
            assumptions,
            excludes: vec![],
        }),
        incident: request.incident.map(|incident| incident.id.clone()),
        inventory: Some(request.inventory.digest().to_string()),
        recovery_point: recovery_point(asset, choice),
        roles,
        steps: renderer.steps()?,
    };
    let plan = if joining.is_empty() { plan } else { in_order(plan) };
    // The written text is what everybody reads from here on, so it is what must be valid.
    let (read, problems) = plan::read(&plan::write(&plan));
    match (read, problems.first()) {
        (Some(read), None) if read == plan => Ok(plan),
        (_, Some(problem)) => Err(format!("the plan it makes is not valid: {}", problem.message)),
        (_, None) => Err("the plan it makes does not read back as it was".into()),
    }
}

/// Returns the plan with its steps written in the order in which they run, so that a step that joined is read where it
/// is done. A circle stays as it is, for the reader to report.
fn in_order(mut plan: Plan) -> Plan {
    let order = plan::order(&plan).or_as_written(&plan);
    plan.steps = order.into_iter().map(|at| plan.steps[at].clone()).collect();
    plan
}

struct Renderer<'a> {
    templates: &'a Templates,
    facts: Value,
    sources: Vec<Source<'a>>,
}

/// A step of a runbook, where it comes from, and whether it joins a plan that is another runbook's.
#[derive(Debug, Clone, Copy)]
struct Source<'a> {
    path: &'a str,
    template: &'a StepTemplate,
    joins: bool,
}

impl Source<'_> {
    /// Returns the fixed start of the id, by which all that a repeated step became is named.
    fn fixed(&self) -> &str {
        let start = self.template.id.split("{{").next().unwrap_or_default();
        start.trim_end_matches(['-', '.', '_'])
    }

    fn is_named(&self, name: &str) -> bool {
        self.template.id == name || self.fixed() == name
    }

    /// Tells whether `@recovery` and the like stand for the step.
    fn is_of_phase(&self, name: &str) -> bool {
        let phase = self.template.phase.map(|phase| phase.to_string());
        phase.is_some_and(|phase| name.strip_prefix('@') == Some(&*phase))
    }
}

/// Returns the steps of a runbook, and those that join it each behind the steps of its own phase.
fn sources<'a>(entry: &'a Entry, joining: &[&'a Entry]) -> Vec<Source<'a>> {
    let own = |template| Source { path: &entry.path, template, joins: false };
    let mut sources: Vec<Source<'_>> = entry.runbook.steps.iter().map(own).collect();
    for one in joining {
        for template in &one.runbook.steps {
            let later = |other: &Source<'_>| other.template.phase > template.phase;
            let at = sources.iter().position(later).unwrap_or(sources.len());
            sources.insert(at, Source { path: &one.path, template, joins: true });
        }
    }
    sources
}

/// A step, with the index of the template it comes from.
struct Made {
    from: usize,
    needs: Vec<Named>,
    step: Step,
}

/// A step as another one names it.
struct Named {
    name: String,
    /// Whether a template made the name, so that there need be no such step.
    is_made: bool,
}

impl Renderer<'_> {
    fn text(&self, name: &str, template: &str) -> Result<String, String> {
        self.templates.text(name, template, &self.facts).map_err(|error| error.to_string())
    }

    fn steps(&self) -> Result<Vec<Step>, String> {
        let mut made: Vec<Made> = vec![];
        for (from, source) in self.sources.iter().enumerate() {
            for item in self.items(source.template)? {
                let facts = match item {
                    Some(item) => context! { item, ..self.facts.clone() },
                    None => self.facts.clone(),
                };
                let step =
                    OneStep { all: self, facts, path: source.path, template: source.template };
                if let Some((step, needs)) = step.render()? {
                    made.push(Made { from, needs, step });
                }
            }
        }
        let mut needs: Vec<Vec<usize>> = vec![vec![]; made.len()];
        for (at, one) in made.iter().enumerate() {
            for Named { name, is_made } in &one.needs {
                let own = |other: &Source<'_>| !other.joins;
                needs[at].extend(self.named(&made, at, name, *is_made, own)?);
            }
        }
        for (at, one) in made.iter().enumerate() {
            let source = &self.sources[one.from];
            for name in &source.template.before {
                let others = |other: &Source<'_>| other.path != source.path;
                for waiting in self.named(&made, at, name, false, others)? {
                    needs[waiting].push(at);
                }
            }
        }
        let ids: Vec<Id> = made.iter().map(|one| one.step.id.clone()).collect();
        let with_needs = |(one, needs): (Made, Vec<usize>)| {
            let mut seen = std::collections::HashSet::new();
            let needs = needs.into_iter().filter(|at| seen.insert(*at));
            Step { needs: needs.map(|at| ids[at].clone()).collect(), ..one.step }
        };
        Ok(made.into_iter().zip(needs).map(with_needs).collect())
    }

    /// Returns what a step is repeated for; one `None` where it stands once.
    fn items(&self, template: &StepTemplate) -> Result<Vec<Option<Value>>, String> {
        let Some(expression) = &template.for_each else {
            return Ok(vec![None]);
        };
        let name = format!("for_each of step {}", template.id);
        let list = self
            .templates
            .evaluate(&name, expression, &self.facts)
            .map_err(|error| error.to_string())?;
        let items = list.try_iter().map_err(|_| format!("{name} gives no list"))?;
        Ok(items.map(Some).collect())
    }

    /// Returns the steps that a name stands for: one by its id, all that a repeated step became by the fixed start of its
    /// id, or by `@phase` those of a phase that are `of_phase`; none for a step that was left out.
    fn named(
        &self,
        made: &[Made],
        of: usize,
        name: &str,
        may_miss: bool,
        of_phase: impl Fn(&Source<'_>) -> bool,
    ) -> Result<Vec<usize>, String> {
        if let Some(at) = made.iter().position(|one| one.step.id.as_str() == name) {
            return Ok(vec![at]);
        }
        let is_meant = |at: &usize| {
            let other = &self.sources[made[*at].from];
            other.fixed() == name || other.is_of_phase(name) && of_phase(other) && *at != of
        };
        let found: Vec<usize> = (0..made.len()).filter(is_meant).collect();
        let source = &self.sources[made[of].from];
        // What joins cannot know which steps the other runbook has.
        let is_known = may_miss
            || source.joins
            || name.starts_with('@')
            || self.sources.iter().any(|other| other.is_named(name));
        match is_known {
            true => Ok(found),
            false => Err(format!("{}: a step needs {name:?}, which is no step of it", source.path)),
        }
    }
}

struct OneStep<'a> {
    all: &'a Renderer<'a>,
    facts: Value,
    path: &'a str,
    template: &'a StepTemplate,
}

impl OneStep<'_> {
    fn render(&self) -> Result<Option<(Step, Vec<Named>)>, String> {
        let template = self.template;
        if let Some(when) = &template.when
            && !self.evaluate("when", when)?.is_true()
        {
            return Ok(None);
        }
        let mut needs = vec![];
        for need in &template.needs {
            let is_made = need.contains('{');
            let text = self.text("needs", need)?;
            let named = |name: &str| Named { name: name.to_owned(), is_made };
            needs.extend(text.split_whitespace().map(named));
        }
        let mut secrets = vec![];
        for (env, secret) in &template.secrets {
            if let Some(secret) = self.id("secrets", secret)? {
                let env = env.clone();
                secrets.push(SecretUse { env, secret });
            }
        }
        let step = Step {
            id: self.id("id", &template.id)?.ok_or("a step has no id")?,
            phase: template.phase,
            title: escape::one_line(&self.text("title", &template.title)?),
            kind: template.kind,
            host: self.optional_id("host", &template.host)?,
            asset: self.optional_id("asset", &template.asset)?,
            run_as: self.optional("run_as", &template.run_as)?,
            secrets,
            needs: vec![],
            risk: template.risk,
            run: self.shell("run", &template.run)?,
            check: self.shell("check", &template.check)?,
            rollback: self.shell("rollback", &template.rollback)?,
            effects: self.effects(&template.effects)?,
            safety_copy: self.optional_id("safety_copy", &template.safety_copy)?,
            timeout: self.timeout()?,
            on_failure: template.on_failure,
            resume: template.resume,
            approval: template.approval,
            why: self.optional("why", &template.why)?,
            expect: self.optional("expect", &template.expect)?,
            install: self.install()?,
            provenance: Some(Provenance {
                by: "template".into(),
                from: Some(format!("runbooks/{}", self.path)),
            }),
        };
        Ok(Some((step, needs)))
    }

    fn name(&self, field: &str) -> String {
        format!("{}, step {}, {field}", self.path, self.template.id)
    }

    fn evaluate(&self, field: &str, expression: &str) -> Result<Value, String> {
        let value = self.all.templates.evaluate(&self.name(field), expression, &self.facts);
        value.map_err(|error| error.to_string())
    }

    fn text(&self, field: &str, template: &str) -> Result<String, String> {
        let text = self.all.templates.text(&self.name(field), template, &self.facts);
        text.map_err(|error| error.to_string())
    }

    fn optional(&self, field: &str, template: &Option<String>) -> Result<Option<String>, String> {
        let text = template.as_deref().map(|template| self.text(field, template)).transpose()?;
        Ok(text.filter(|text| !text.is_empty()))
    }

    fn id(&self, field: &str, template: &str) -> Result<Option<Id>, String> {
        let text = self.text(field, template)?;
        if text.is_empty() {
            return Ok(None);
        }
        let id = Id::parse(&text);
        id.map(Some).map_err(|why| format!("{}: {why}", self.name(field)))
    }

    fn optional_id(&self, field: &str, template: &Option<String>) -> Result<Option<Id>, String> {
        match template {
            Some(template) => self.id(field, template),
            None => Ok(None),
        }
    }

    fn shell(&self, field: &str, template: &Option<String>) -> Result<Option<String>, String> {
        let Some(template) = template else {
            return Ok(None);
        };
        let name = self.name(field);
        let rendered = self
            .all
            .templates
            .shell(&name, template, &self.facts)
            .map_err(|error| error.to_string())?;
        guard::check(&rendered).map_err(|why| format!("{name}: {why}"))?;
        Ok(Some(rendered.text).filter(|text| !text.trim().is_empty()))
    }

    fn timeout(&self) -> Result<Option<Period>, String> {
        let Some(text) = &self.template.timeout else {
            return Ok(None);
        };
        if let Ok(period) = Period::parse(text) {
            return Ok(Some(period));
        }
        let value = self.evaluate("timeout", text)?;
        let seconds = u64::try_from(value)
            .map_err(|_| format!("{} gives no number", self.name("timeout")))?;
        Ok(Some(Period(seconds)))
    }

    fn texts(&self, field: &str, templates: &[String]) -> Result<Vec<String>, String> {
        let mut texts = vec![];
        for template in templates {
            let text = self.text(field, template)?;
            if !text.is_empty() {
                texts.push(text);
            }
        }
        Ok(texts)
    }

    fn effects(&self, template: &Option<EffectsTemplate>) -> Result<Option<Effects>, String> {
        let Some(template) = template else {
            return Ok(None);
        };
        let max_deletes = match &template.max_deletes {
            Some(expression) => u64::try_from(self.evaluate("max_deletes", expression)?).ok(),
            None => None,
        };
        Ok(Some(Effects {
            writes: self.texts("writes", &template.writes)?,
            deletes: self.texts("deletes", &template.deletes)?,
            max_deletes,
            services: self.texts("services", &template.services)?,
            network: self.texts("network", &template.network)?,
        }))
    }

    fn install(&self) -> Result<Option<Install>, String> {
        let Some(template) = &self.template.install else {
            return Ok(None);
        };
        Ok(Some(Install {
            path: self.text("install path", &template.path)?,
            schedule: self.text("schedule", &template.schedule)?,
            timezone: self.optional("timezone", &template.timezone)?,
        }))
    }
}
