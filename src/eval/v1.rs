//! The printed scores, `schema: blackstart/eval/v1`.

use serde::Serialize;

use super::score::{Agreement, Judged, Score, Share};

/// A score as it is printed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Printed {
    /// The scenario.
    pub scenario: String,
    /// Whether there is a plan.
    pub drafted: bool,
    /// The recovery point.
    pub point: PrintedAgreement,
    /// The loss and the verdict on it.
    pub loss: PrintedAgreement,
    /// The verdict on the time as the operator is told it; null where none is expected.
    pub rto: Option<PrintedAgreement>,
    /// The verdict that follows from the median.
    pub rto_median: Option<PrintedAgreement>,
    /// What it must hold.
    pub must_have: PrintedShare,
    /// What it must not hold.
    pub must_not: PrintedShare,
    /// What must stand before what.
    pub order: PrintedShare,
    /// High and critical findings.
    pub findings: Vec<String>,
    /// The dry run, where there was one.
    pub dry_run: Option<PrintedAgreement>,
}

/// Something that should be one thing, and what it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PrintedAgreement {
    /// Whether it is as expected.
    pub met: bool,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
}

/// So many of so many, and each of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PrintedShare {
    /// Those that are met.
    pub met: usize,
    /// All of them.
    pub of: usize,
    /// Those that rest on the place of a step that a person does.
    pub by_person: usize,
    /// Each of them.
    pub predicates: Vec<PrintedVerdict>,
}

/// The verdict on one predicate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PrintedVerdict {
    /// The predicate.
    pub id: String,
    /// What it asks for.
    pub what: String,
    /// Whether it is as it should be.
    pub met: bool,
    /// What proves it: command, person, estimate, none.
    pub proof: &'static str,
    /// The steps that are like it.
    pub steps: Vec<String>,
    /// Why it is not as it should be.
    pub why: String,
}

impl From<&Score> for Printed {
    fn from(score: &Score) -> Self {
        Self {
            scenario: score.scenario.to_string(),
            drafted: score.drafted,
            point: (&score.point).into(),
            loss: (&score.loss).into(),
            rto: score.time.as_ref().map(Into::into),
            rto_median: score.median.as_ref().map(Into::into),
            must_have: share(&score.must),
            must_not: share(&score.must_not),
            order: share(&score.order),
            findings: score.findings.clone(),
            dry_run: score.dry_run.as_ref().map(Into::into),
        }
    }
}

impl From<&Agreement> for PrintedAgreement {
    fn from(one: &Agreement) -> Self {
        Self { met: one.met, expected: one.expected.clone(), found: one.found.clone() }
    }
}

fn share(judged: &[Judged]) -> PrintedShare {
    let Share { met, of } = Share::of(judged);
    let verdict = |one: &Judged| PrintedVerdict {
        id: one.id.clone(),
        what: one.what.clone(),
        met: one.met,
        proof: one.proof.word(),
        steps: one.steps.iter().map(ToString::to_string).collect(),
        why: one.why.clone(),
    };
    let by_person = super::score::by_person(judged);
    PrintedShare { met, of, by_person, predicates: judged.iter().map(verdict).collect() }
}
