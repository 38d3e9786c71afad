//! Composes what is sent: parts in a fixed order, each within its share of the budget, everything redacted.

use minijinja::context;

use super::budget::{Cut, cut_middle, cut_redacted, tokens};
use super::language::Language;
use super::{Ask, RuleNote, boundary, schema, told};
use crate::inventory::Asset;
use crate::plan::{Kind, Plan};
use crate::redact::{Redacted, Redactor};
use crate::template::TemplateError;

/// What is sent first, without the schema.
#[derive(Debug, Clone)]
pub struct Composed {
    /// The rules for every draft.
    pub system: Redacted,
    /// The request.
    pub user: Redacted,
    /// What was cut, for the operator.
    pub cut: Vec<String>,
    /// The trusted texts that were sent, names in them: where numbers may come from.
    pub trusted: Vec<String>,
}

/// The share of the room that the starting plan may take, in percent.
const SKELETON: u64 = 55;

/// Composes the first prompt.
pub fn first(
    ask: &Ask<'_>,
    start: &Plan,
    asset: Option<&Asset>,
    language: Language,
    redactor: &mut Redactor,
) -> Result<Composed, TemplateError> {
    let mut texts = told::untrusted(ask.request);
    if let Some(comment) = ask.revise.as_ref().and_then(|revise| revise.comment) {
        texts.push(("comment of the reviewer on this plan".into(), comment.to_owned()));
    }
    // Every text is read whole before any is cut: a secret stays one without the words beside it.
    texts.iter().for_each(|(_, text)| redactor.learn(text));
    redactor.learn(&told::skeleton(start, u32::MAX));
    asset.iter().for_each(|asset| redactor.learn(&told::facts(ask.request, asset)));
    let system = ask.prompts.system(redactor);
    let fixed = tokens(system.as_str()) + tokens(&schema::reply().to_string()) + 400;
    let room = ask.budget.prompt_tokens().saturating_sub(fixed);
    let mut cut = vec![];
    let mut left = room;
    // A part that takes less than its share leaves the rest to those behind it.
    let mut part = |name: &str, text: String, share: u32| {
        let most = (u64::from(left) * u64::from(share) / 100) as u32;
        let Cut { text, lines } = cut_middle(&text, most);
        if lines > 0 {
            cut.push(format!("{lines} lines of {name}"));
        }
        left = left.saturating_sub(tokens(&text));
        text
    };
    let rules = part("the rules", rules(ask.rules), 20);
    let most = (u64::from(room) * SKELETON / 100) as u32;
    let skeleton = part("the starting plan", told::skeleton(start, most), 75);
    let facts = asset.map(|asset| told::facts(ask.request, asset)).unwrap_or_default();
    let facts = part("the inventory", facts, 50);
    let incident = part("the incident", told::incident(ask.request), 40);
    let numbers = part("the numbers", told::numbers(ask.template), 50);
    let revise = ask.revise.as_ref().map(|revise| revise.told()).unwrap_or_default();
    let revise = part("the findings", revise, 60);
    let task = task(ask, start, asset);
    let render = |cut: &[String]| {
        let values = context! {
            task => &task, rules => &rules, revise => &revise, language => language.name(), skeleton => &skeleton, facts => &facts,
            incident => &incident, numbers => &numbers, cut => cut.join(", "),
        };
        ask.prompts.render("draft.md", &values)
    };
    // The names of what comes first are numbered first.
    redactor.redact(&render(&[])?);
    let whole = |(what, text): &(String, String)| {
        (redactor.redact(what).text, redactor.redact(&boundary::defused(text)).text)
    };
    let mut quoted: Vec<(Redacted, Redacted)> = texts.iter().map(whole).collect();
    // The words of people come before logs, of which any number may be pasted.
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by_key(|at| told::is_log(&texts[*at].0));
    for (done, at) in order.iter().enumerate() {
        let waiting = u32::try_from(order.len() - done).unwrap_or(u32::MAX);
        let most = if told::is_log(&texts[*at].0) { left / waiting } else { left / waiting.min(2) };
        let (text, lines) = cut_redacted(&quoted[*at].1, most);
        if lines > 0 {
            cut.push(format!("{lines} lines of {}", texts[*at].0));
        }
        left = left.saturating_sub(tokens(text.as_str()));
        quoted[*at].1 = text;
    }
    let mut user = redactor.redact(&render(&cut)?).text;
    for (what, text) in &quoted {
        user.push(&Redacted::fixed("\n"));
        user.push(what);
        user.push(&Redacted::fixed("\n"));
        user.push(&boundary::quoted(text));
    }
    if texts.is_empty() {
        user.push(&Redacted::fixed("Nothing.\n"));
    }
    Ok(Composed { system, user, cut, trusted: vec![skeleton, facts, incident, numbers] })
}

fn task(ask: &Ask<'_>, start: &Plan, asset: Option<&Asset>) -> String {
    let what = match start.kind {
        Kind::Recovery => "a recovery plan",
        Kind::Backup => "a backup plan, whose steps become a script that runs regularly",
    };
    let asset = asset.map(|asset| {
        format!(" for the asset {}, which is of kind {}", asset.id, asset.kind.word())
    });
    let asset = asset.unwrap_or_default();
    let when = match (ask.request.incident, start.kind) {
        (Some(_), _) => ", for the incident below",
        (None, Kind::Recovery) => ", ahead of time, for a disaster that has not happened",
        (None, Kind::Backup) => "",
    };
    let verb = if ask.revise.is_some() { "Revise" } else { "Draft" };
    format!("{verb} {what}{asset}{when}.")
}

fn rules(rules: &[RuleNote]) -> String {
    if rules.is_empty() {
        return "None beside those above.".into();
    }
    let mut text = String::new();
    for rule in rules {
        text.push_str(&format!("- {}: {}. {}.\n", rule.code, rule.summary, sentence(&rule.why)));
        if let Some(good) = &rule.good {
            text.push_str("  good:\n");
            good.lines().take(8).for_each(|line| text.push_str(&format!("    {line}\n")));
        }
    }
    text
}

/// Returns a text as a sentence of its own, without its final stop.
fn sentence(text: &str) -> String {
    let mut chars = text.trim_end_matches('.').chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
