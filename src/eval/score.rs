//! The score of one answer to one scenario.

use super::assign::assign;
use super::look::Look;
use super::matching::{Matching, Purpose};
use super::pattern::Pattern;
use super::scenario::{Expectation, ExpectedPoint, Precedence, Scenario};
use crate::base::{Id, Period, readable};
use crate::check::Checked;
use crate::estimate::{Estimate, Point};
use crate::evidence::{DryRun, Outcome, Severity};
use crate::plan::Plan;

/// What is scored.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The estimate that is shown with it.
    pub estimate: &'a Estimate,
    /// What the checker says of it.
    pub checked: &'a Checked,
    /// Its dry run, where there was one.
    pub dry_run: Option<&'a DryRun>,
}

/// How good an answer is, predicate by predicate.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// The scenario.
    pub scenario: Id,
    /// Whether there is a plan with at least one step. Without one nothing is met.
    pub drafted: bool,
    /// The state it recovers to: the copy and the instant.
    pub point: Agreement,
    /// The loss, and whether it is within what was promised.
    pub loss: Agreement,
    /// The verdict on the time that is shown to the operator, which rests on the p90; none where none is expected.
    pub time: Option<Agreement>,
    /// The verdict that follows from the median, the number the expected one rests on.
    pub median: Option<Agreement>,
    /// What it must hold.
    pub must: Vec<Judged>,
    /// What it must not hold.
    pub must_not: Vec<Judged>,
    /// What must stand before what.
    pub order: Vec<Judged>,
    /// High and critical findings, as `CODE step`.
    pub findings: Vec<String>,
    /// Whether every step that ran in the dry run passed; none where there was none.
    pub dry_run: Option<Agreement>,
}

/// Something that should be one thing, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// Whether it is as expected.
    pub met: bool,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
}

/// The verdict on one predicate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The predicate.
    pub id: String,
    /// What it asks for, for people.
    pub what: String,
    /// Whether it is as it should be.
    pub met: bool,
    /// What proves it.
    pub proof: Proof,
    /// Every step that is like it, whether or not it counts for it.
    pub steps: Vec<Id>,
    /// Why it is not as it should be; empty where it is.
    pub why: String,
}

/// What a verdict rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A parsed command.
    Command,
    /// The place of a step that a person does.
    Person,
    /// The estimate.
    Estimate,
    /// Nothing.
    None,
}

impl Proof {
    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Person => "person",
            Self::Estimate => "estimate",
            Self::None => "none",
        }
    }
}

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// Those that are met.
    pub met: usize,
    /// All of them.
    pub of: usize,
}

impl Share {
    /// Returns how many of these verdicts are met.
    pub fn of(judged: &[Judged]) -> Self {
        Self { met: judged.iter().filter(|one| one.met).count(), of: judged.len() }
    }

    /// Returns the share in percent; 100 of nothing.
    pub fn percent(self) -> f64 {
        if self.of == 0 { 100.0 } else { self.met as f64 * 100.0 / self.of as f64 }
    }

    /// Returns both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { met: self.met + other.met, of: self.of + other.of }
    }
}

/// Returns how many of the met verdicts rest on the place of a step that a person does.
pub fn by_person(judged: &[Judged]) -> usize {
    judged.iter().filter(|one| one.met && one.proof == Proof::Person).count()
}

/// Scores an answer, or the lack of one.
pub fn score(scenario: &Scenario, subject: Option<&Subject<'_>>) -> Score {
    let subject = subject.filter(|subject| !subject.plan.steps.is_empty());
    let look = subject.map(|one| Look::of(one.plan, one.checked)).unwrap_or_default();
    let wanted = Matching { look: &look, scenario, purpose: Purpose::Wanted };
    let unwanted = Matching { purpose: Purpose::Unwanted, ..wanted };
    let point = point(scenario, subject);
    let must = must(&wanted, subject, point.met);
    Score {
        scenario: scenario.id.clone(),
        drafted: subject.is_some(),
        loss: loss(scenario, subject),
        time: time(scenario, subject, Verdict::Shown),
        median: time(scenario, subject, Verdict::Median),
        must,
        must_not: scenario.must_not.iter().map(|one| must_not(&unwanted, one, subject)).collect(),
        order: scenario.order.iter().map(|one| order(&wanted, one)).collect(),
        findings: subject.map_or(vec![], findings),
        dry_run: subject.and_then(|one| one.dry_run).map(dry_run),
        point,
    }
}

const NO_PLAN: &str = "there is no plan";

/// Returns the point the estimate gives for an asset.
fn estimated<'a>(subject: &Subject<'a>, asset: &Id) -> Option<&'a Point> {
    subject.estimate.recovery_points.iter().find(|point| point.asset == *asset)
}

fn point(scenario: &Scenario, subject: Option<&Subject<'_>>) -> Agreement {
    let said = |point: &ExpectedPoint| format!("{} as of {}", point.backup, readable(point.at));
    let expected = match (&scenario.recovery_point, &scenario.no_point) {
        (Some(point), _) => said(point),
        (None, why) => format!("none: {}", why.as_deref().unwrap_or("no copy is to be used")),
    };
    let Some(subject) = subject else {
        return Agreement { met: false, expected, found: NO_PLAN.into() };
    };
    let planned = subject.plan.recovery_point.as_ref();
    let found = match planned {
        Some(point) => {
            let at = point.at.map_or_else(|| "an unknown time".to_owned(), readable);
            format!("{} as of {at}", point.backup)
        }
        None => "none".into(),
    };
    let met = match (&scenario.recovery_point, planned) {
        (Some(expected), Some(found)) => {
            let same = estimated(subject, &expected.asset)
                .is_some_and(|one| one.backup == expected.backup && one.at == Some(expected.at));
            let plan = (&found.asset, &found.backup, found.at);
            same && plan == (&expected.asset, &expected.backup, Some(expected.at))
        }
        (None, None) => subject.estimate.recovery_points.is_empty(),
        (Some(_), None) | (None, Some(_)) => false,
    };
    Agreement { met, expected, found }
}

fn loss(scenario: &Scenario, subject: Option<&Subject<'_>>) -> Agreement {
    let said = |loss: i64, meets: bool| {
        let promise = if meets { "within what was promised" } else { "more than was promised" };
        format!("{}, {promise}", Period(loss.max(0).unsigned_abs()))
    };
    let expected = scenario.recovery_point.as_ref().map_or_else(
        || "none".to_owned(),
        |point| said(i64::try_from(point.loss.0).unwrap_or(i64::MAX), point.meets_rpo),
    );
    let Some(subject) = subject else {
        return Agreement { met: false, expected, found: NO_PLAN.into() };
    };
    let of = scenario.recovery_point.as_ref().map(|point| &point.asset);
    let point = match of {
        Some(asset) => estimated(subject, asset),
        None => subject.estimate.recovery_points.first(),
    };
    let found = point.map_or_else(
        || "none".to_owned(),
        |point| match (point.loss_seconds, point.meets_rpo) {
            (Some(loss), Some(meets)) => said(loss, meets),
            (Some(loss), None) => format!("{}, nothing was promised", Period(loss.unsigned_abs())),
            (None, _) => "unknown".into(),
        },
    );
    Agreement { met: found == expected, expected, found }
}

/// Which verdict on the time.
#[derive(Debug, Clone, Copy)]
enum Verdict {
    /// What the operator is told.
    Shown,
    /// What follows from the median.
    Median,
}

fn time(scenario: &Scenario, subject: Option<&Subject<'_>>, verdict: Verdict) -> Option<Agreement> {
    let time = scenario.time.as_ref()?;
    let word = |met: bool| if met { "met" } else { "missed" };
    let expected = format!("{} with {}", word(time.meets_rto), time.median);
    let Some(subject) = subject else {
        return Some(Agreement { met: false, expected, found: NO_PLAN.into() });
    };
    let rto = subject.estimate.rto.as_ref();
    let (seconds, meets) = match verdict {
        Verdict::Shown => rto.map_or((None, None), |rto| (rto.p90_seconds, rto.meets_rto)),
        Verdict::Median => rto.map_or((None, None), |rto| {
            let meets = rto.p50_seconds.zip(rto.rto_seconds).map(|(takes, may)| takes <= may);
            (rto.p50_seconds, meets)
        }),
    };
    let found = match (meets, seconds) {
        (Some(meets), Some(seconds)) => format!("{} with {}", word(meets), Period(seconds)),
        (None, _) | (_, None) => "unknown".into(),
    };
    Some(Agreement { met: meets == Some(time.meets_rto), expected, found })
}

fn must(all: &Matching<'_>, subject: Option<&Subject<'_>>, point: bool) -> Vec<Judged> {
    let expectations = &all.scenario.must;
    let look = Looking { all, subject };
    // A parsed command speaks for itself; what only has the right place is given out, each step once.
    let wishes: Vec<Vec<usize>> = expectations
        .iter()
        .map(|one| match look.by_command(one).is_empty() {
            true => look.by_place(one),
            false => vec![],
        })
        .collect();
    let given = assign(&wishes);
    let judge = |(at, one): (usize, &Expectation)| {
        let mut judged = look.judge(one, given[at]);
        if judged.met && one.point && !point {
            judged.met = false;
            judged.why = "the plan does not name the expected recovery point".into();
        }
        judged
    };
    expectations.iter().enumerate().map(judge).collect()
}

struct Looking<'a> {
    all: &'a Matching<'a>,
    subject: Option<&'a Subject<'a>>,
}

impl Looking<'_> {
    fn by_command(&self, one: &Expectation) -> Vec<usize> {
        self.places(one, |pattern| pattern.runs.is_some())
    }

    fn by_place(&self, one: &Expectation) -> Vec<usize> {
        self.places(one, |pattern| pattern.runs.is_none())
    }

    fn places(&self, one: &Expectation, which: impl Fn(&Pattern) -> bool) -> Vec<usize> {
        let patterns = self.all.scenario.patterns(one).iter().filter(|pattern| which(pattern));
        let mut places: Vec<usize> = patterns.flat_map(|one| self.all.steps(one)).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    fn ids(&self, places: &[usize]) -> Vec<Id> {
        places.iter().map(|at| self.all.look.steps[*at].id.clone()).collect()
    }

    fn judge(&self, one: &Expectation, given: Option<usize>) -> Judged {
        let (id, what) = (one.id.to_string(), one.what.clone());
        if let Some(backup) = &one.refuses {
            let refused = self.subject.is_some_and(|subject| {
                subject.estimate.refused.iter().any(|refused| refused.backup == *backup)
            });
            let why = match refused {
                true => String::new(),
                false => format!("the estimate does not say that {backup} cannot be used"),
            };
            let proof = if refused { Proof::Estimate } else { Proof::None };
            return Judged { id, what, met: refused, proof, steps: vec![], why };
        }
        let (commands, people) = (self.by_command(one), self.by_place(one));
        let mut all = commands.clone();
        all.extend(&people);
        all.sort_unstable();
        all.dedup();
        let proof = match (commands.is_empty(), given) {
            (false, _) => Proof::Command,
            (true, Some(_)) => Proof::Person,
            (true, None) => Proof::None,
        };
        let met = proof != Proof::None;
        let why = match (met, all.is_empty()) {
            (true, _) => String::new(),
            (false, false) => "the steps like it already count for other predicates".into(),
            (false, true) => self.why_not(one),
        };
        Judged { id, what, met, proof, steps: self.ids(&all), why }
    }

    fn why_not(&self, one: &Expectation) -> String {
        if self.all.look.steps.is_empty() {
            return NO_PLAN.into();
        }
        let patterns = self.all.scenario.patterns(one);
        let reasons: Vec<String> = patterns.iter().map(|one| self.all.why_not(one)).collect();
        reasons.join("; ")
    }
}

fn must_not(all: &Matching<'_>, one: &Expectation, subject: Option<&Subject<'_>>) -> Judged {
    let places = all.any(all.scenario.patterns(one));
    let steps: Vec<Id> = places.iter().map(|at| all.look.steps[*at].id.clone()).collect();
    let names: Vec<&str> = steps.iter().map(Id::as_str).collect();
    let why = match (subject.is_some(), steps.is_empty()) {
        (false, _) => NO_PLAN.into(),
        (true, true) => String::new(),
        (true, false) => format!("done by {}", names.join(", ")),
    };
    Judged {
        id: one.id.to_string(),
        what: one.what.clone(),
        met: why.is_empty(),
        proof: if why.is_empty() { Proof::None } else { Proof::Command },
        steps,
        why,
    }
}

fn order(all: &Matching<'_>, one: &Precedence) -> Judged {
    let (first, then) = (all.group(&one.first), all.group(&one.then));
    let id_of = |at: &usize| all.look.steps[*at].id.to_string();
    let why = match (first.as_slice(), then.as_slice()) {
        _ if all.look.steps.is_empty() => NO_PLAN.into(),
        ([], _) => format!("there is no step of {}", one.first),
        (_, []) => format!("there is no step of {}", one.then),
        ([early, ..], [late, ..]) => {
            // A step of both groups cannot stand before itself.
            let decides =
                if one.every { first.iter().rfind(|at| !then.contains(at)) } else { None };
            let decides = decides.unwrap_or(early);
            match decides < late {
                true => String::new(),
                false => format!("{} stands before {}", id_of(late), id_of(decides)),
            }
        }
    };
    let steps = first.iter().chain(&then).map(|at| all.look.steps[*at].id.clone()).collect();
    Judged {
        id: format!("{} before {}", one.first, one.then),
        what: format!("{} before {}", one.first, one.then),
        met: why.is_empty(),
        proof: if why.is_empty() { Proof::Command } else { Proof::None },
        steps,
        why,
    }
}

fn findings(subject: &Subject<'_>) -> Vec<String> {
    let grave = subject.checked.findings.iter().filter(|one| one.severity >= Severity::High);
    let step = |id: &Option<Id>| id.as_ref().map_or(String::new(), |id| format!(" {id}"));
    grave.map(|one| format!("{}{}", one.rule, step(&one.step))).collect()
}

fn dry_run(run: &DryRun) -> Agreement {
    let bad = run.steps.iter().filter(|step| {
        matches!(
            step.outcome,
            Outcome::Failed | Outcome::TimedOut | Outcome::Limited | Outcome::NotRun
        )
    });
    let bad: Vec<String> = bad.map(|step| format!("{} {}", step.id, step.outcome.word())).collect();
    let found = if bad.is_empty() { "no step failed".to_owned() } else { bad.join(", ") };
    Agreement { met: bad.is_empty(), expected: "no step failed".into(), found }
}
