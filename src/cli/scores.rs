//! What an evaluation found, printed: the shares, the table of scenarios, JSON.

use crate::base::escape;
use crate::eval::v1::Printed;
use crate::eval::{Agreement, Judged, Share, by_person};
use crate::runtime::evaluating::{Evaluated, ModelPart};

/// What a share is of, and the share.
pub type Shares = Vec<(&'static str, Share)>;

fn agreements<'a>(agreements: impl Iterator<Item = Option<&'a Agreement>>) -> Share {
    let known: Vec<&Agreement> = agreements.flatten().collect();
    Share { met: known.iter().filter(|one| one.met).count(), of: known.len() }
}

/// Returns the shares of what an evaluation found.
pub fn shares(all: &[Evaluated]) -> Shares {
    shares_of(&all.iter().collect::<Vec<_>>())
}

fn shares_of(all: &[&Evaluated]) -> Shares {
    let list = |of: fn(&Evaluated) -> &[Judged]| {
        all.iter().fold(Share::default(), |sum, one| sum.and(Share::of(of(one))))
    };
    let clean = all.iter().filter(|one| one.score.drafted && one.score.findings.is_empty());
    vec![
        ("point", agreements(all.iter().map(|one| Some(&one.score.point)))),
        ("loss", agreements(all.iter().map(|one| Some(&one.score.loss)))),
        ("rto", agreements(all.iter().map(|one| one.score.time.as_ref()))),
        ("rto by median", agreements(all.iter().map(|one| one.score.median.as_ref()))),
        ("must-have", list(|one| &one.score.must)),
        ("must-not", list(|one| &one.score.must_not)),
        ("order", list(|one| &one.score.order)),
        ("findings", Share { met: clean.count(), of: all.len() }),
    ]
}

/// Returns what an evaluation found as JSON.
pub fn json(drafter: &str, all: &[Evaluated], counted: &Shares) -> serde_json::Value {
    let scenarios: Vec<serde_json::Value> = all
        .iter()
        .map(|one| {
            serde_json::json!({
                "score": Printed::from(&one.score), "kind": one.kind, "covered": one.covered,
                "runbook": one.runbook, "failure": one.failure, "model": one.model.as_ref().map(model_json), "drafter_ms": one.took.as_secs_f64() * 1e3,
            })
        })
        .collect();
    let covered: Vec<&Evaluated> = all.iter().filter(|one| one.covered).collect();
    serde_json::json!({
        "schema": "blackstart/eval/v1", "drafter": drafter, "scenarios": scenarios,
        "shares": shares_json(counted), "shares_covered": shares_json(&shares_of(&covered)),
    })
}

fn model_json(part: &ModelPart) -> serde_json::Value {
    serde_json::json!({
        "rounds": part.rounds, "rejected": part.rejected, "tokens": part.tokens, "why_template": part.why_template,
    })
}

/// Returns shares as JSON, by the name of each.
pub fn shares_json(shares: &Shares) -> serde_json::Value {
    let one = |(what, share): &(&str, Share)| {
        let value =
            serde_json::json!({ "met": share.met, "of": share.of, "percent": share.percent() });
        (what.replace([' ', '-'], "_"), value)
    };
    serde_json::Value::Object(shares.iter().map(one).collect())
}

fn mark(agreement: &Agreement) -> &'static str {
    if agreement.met { "yes" } else { "NO" }
}

fn of(judged: &[Judged]) -> String {
    let share = Share::of(judged);
    match by_person(judged) {
        0 => format!("{}/{}", share.met, share.of),
        people => format!("{}/{} ({people}p)", share.met, share.of),
    }
}

/// Returns the table: one line for each scenario; below it, where asked for, what fails.
pub fn table(all: &[Evaluated], verbose: bool) -> String {
    let mut text = format!(
        "{:<6} {:<11} {:<26} {:<5} {:<5} {:<6} {:<12} {:<8} {:<6} {:>8} {:>8}\n",
        "",
        "kind",
        "runbook",
        "point",
        "loss",
        "rto",
        "must-have",
        "must-not",
        "order",
        "findings",
        "ms"
    );
    for one in all {
        let score = &one.score;
        let kind = format!("{}{}", one.kind, if one.covered { "" } else { "*" });
        text.push_str(&format!(
            "{:<6} {:<11} {:<26} {:<5} {:<5} {:<6} {:<12} {:<8} {:<6} {:>8} {:>8.1}\n",
            score.scenario.as_str(),
            kind,
            escape::one_line(one.runbook.as_deref().unwrap_or("-")),
            mark(&score.point),
            mark(&score.loss),
            score.time.as_ref().map_or("-", mark),
            of(&score.must),
            of(&score.must_not),
            of(&score.order),
            score.findings.len(),
            one.took.as_secs_f64() * 1e3,
        ));
        if verbose {
            details(one, &mut text);
        }
    }
    text.push_str("* no runbook of its own; p: rests on the place of a step a person does\n");
    text
}

fn details(one: &Evaluated, text: &mut String) {
    let score = &one.score;
    let mut line = |what: &str, said: String| {
        text.push_str(&format!("         {what}: {}\n", escape::one_line(&said)));
    };
    if let Some(failure) = &one.failure {
        line("no plan", failure.clone());
    }
    if let Some(part) = &one.model {
        let tokens = part.tokens.map_or(String::new(), |tokens| format!(", {tokens} tokens"));
        line("model", format!("{} rounds, {} rejected{tokens}", part.rounds, part.rejected));
        if let Some(why) = &part.why_template {
            line("the plan is the template's", why.clone());
        }
    }
    let compared = [
        ("point", Some(&score.point)),
        ("loss", Some(&score.loss)),
        ("rto", score.time.as_ref()),
        ("rto by median", score.median.as_ref()),
        ("dry run", score.dry_run.as_ref()),
    ];
    for (what, agreement) in compared {
        if let Some(agreement) = agreement.filter(|one| !one.met) {
            line(what, format!("expected {}; found {}", agreement.expected, agreement.found));
        }
    }
    let lists =
        [("must-have", &score.must), ("must-not", &score.must_not), ("order", &score.order)];
    for (what, judged) in lists {
        for one in judged.iter().filter(|one| !one.met) {
            line(what, format!("{}: {}: {}", one.id, one.what, one.why));
        }
    }
    for finding in &score.findings {
        line("finding", finding.clone());
    }
}

/// Returns all shares in one line.
pub fn summary(name: &str, all: &[&Evaluated]) -> String {
    let shares = shares_of(all);
    let shown = shares.iter().map(|(what, share)| {
        format!("{what} {}/{} ({:.0} %)", share.met, share.of, share.percent())
    });
    format!("{name}: {}\n", shown.collect::<Vec<_>>().join(", "))
}
