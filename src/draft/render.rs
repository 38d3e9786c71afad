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

/// Returns the plan a runbook makes of the facts, or why it makes none.
pub fn plan(
    request: &Request<'_>,
    asset: &Asset,
    choice: &Choice<'_>,
    facts: &Facts,
    entry: &Entry,
) -> Result<Plan, String> {
    let runbook = &entry.runbook;
    let templates = Templates::new(request.library.includes.iter().cloned())
        .map_err(|error| error.to_string())?;
    let parameters = parameters::values(request, &templates, &runbook.parameters, &facts.value)?;
    let own =
        Value::from(parameters.into_iter().collect::<std::collections::BTreeMap<String, Value>>());
    let renderer = Renderer {
        templates: &templates,
        facts: context! { ..own, ..facts.value.clone() },
        path: &entry.path,
    };
    let mut assumptions = vec![];
    for (at, assumption) in runbook.assumptions.iter().enumerate() {
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
        steps: renderer.steps(&runbook.steps)?,
    };
    // The written text is what everybody reads from here on, so it is what must be valid.
    let (read, problems) = plan::read(&plan::write(&plan));
    match (read, problems.first()) {
        (Some(read), None) if read == plan => Ok(plan),
        (_, Some(problem)) => Err(format!("the plan it makes is not valid: {}", problem.message)),
        (_, None) => Err("the plan it makes does not read back as it was".into()),
    }
}

struct Renderer<'a> {
    templates: &'a Templates,
    facts: Value,
    path: &'a str,
}

/// A step, with the index of the template it comes from.
struct Made {
    from: usize,
    needs: Vec<String>,
    step: Step,
}

impl Renderer<'_> {
    fn text(&self, name: &str, template: &str) -> Result<String, String> {
        self.templates.text(name, template, &self.facts).map_err(|error| error.to_string())
    }

    fn steps(&self, templates: &[StepTemplate]) -> Result<Vec<Step>, String> {
        let mut made: Vec<Made> = vec![];
        for (from, template) in templates.iter().enumerate() {
            for item in self.items(template)? {
                let facts = match item {
                    Some(item) => context! { item, ..self.facts.clone() },
                    None => self.facts.clone(),
                };
                let step = OneStep { all: self, facts, template };
                if let Some((step, needs)) = step.render()? {
                    made.push(Made { from, needs, step });
                }
            }
        }
        let resolved: Vec<Vec<Id>> = made
            .iter()
            .map(|one| self.needs(&made, templates, &one.needs))
            .collect::<Result<_, _>>()?;
        let steps = made.into_iter().zip(resolved);
        Ok(steps.map(|(one, needs)| Step { needs, ..one.step }).collect())
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

    /// Returns the ids a need stands for: a step by its id, or all that a repeated step became, named by the fixed start
    /// of its id; nothing for a step that was left out.
    fn needs(
        &self,
        made: &[Made],
        templates: &[StepTemplate],
        needs: &[String],
    ) -> Result<Vec<Id>, String> {
        let mut ids: Vec<Id> = vec![];
        for need in needs {
            let fixed = |template: &StepTemplate| {
                let start = template.id.split("{{").next().unwrap_or_default();
                start.trim_end_matches(['-', '.', '_']).to_owned()
            };
            let exact = made.iter().find(|one| one.step.id.as_str() == need);
            let found: Vec<&Id> = match exact {
                Some(one) => vec![&one.step.id],
                None => made
                    .iter()
                    .filter(|one| fixed(&templates[one.from]) == *need)
                    .map(|one| &one.step.id)
                    .collect(),
            };
            let is_known =
                |template: &StepTemplate| template.id == *need || fixed(template) == *need;
            if found.is_empty() && !templates.iter().any(is_known) {
                return Err(format!(
                    "{}: a step needs {need:?}, which is no step of it",
                    self.path
                ));
            }
            for id in found {
                if !ids.contains(id) {
                    ids.push(id.clone());
                }
            }
        }
        Ok(ids)
    }
}

struct OneStep<'a> {
    all: &'a Renderer<'a>,
    facts: Value,
    template: &'a StepTemplate,
}

impl OneStep<'_> {
    fn render(&self) -> Result<Option<(Step, Vec<String>)>, String> {
        let template = self.template;
        if let Some(when) = &template.when
            && !self.evaluate("when", when)?.is_true()
        {
            return Ok(None);
        }
        let mut needs = vec![];
        for need in &template.needs {
            needs.push(self.text("needs", need)?);
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
                from: Some(format!("runbooks/{}", self.all.path)),
            }),
        };
        Ok(Some((step, needs)))
    }

    fn name(&self, field: &str) -> String {
        format!("{}, step {}, {field}", self.all.path, self.template.id)
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
