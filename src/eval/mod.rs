//! Scores a plan against what a scenario asks for, by code that looks at commands and not at words.
//!
//! What a scenario asks for stands in its `expect.yaml` as predicates ([`Pattern`], [`CommandPattern`]):
//!
//! * A predicate with `runs` is proven by a parsed command: which tool, what it does ([`Deed`]), to which service,
//!   path or statement, on which host. Wrappers are taken off and variables followed; nothing is read out of titles.
//! * A predicate without `runs` is about a step a person does. A plan holds no more of such a step than its kind, its
//!   phase, the asset and host it is about, and its place in the order. The predicate therefore proves that the run
//!   halts there for a person and names that thing, not that what the person is told is right. So that one such step
//!   cannot stand for everything, each of them counts for one predicate only.
//! * A predicate with `refuses` is proven by the estimate that is shown with the plan, one with `point` also by the
//!   recovery point the plan names.

mod assign;
mod deeds;
mod fixtures;
mod injection;
mod look;
mod matching;
mod pattern;
mod scenario;
mod score;
pub mod v1;

pub use deeds::{Does, Effect};
pub use fixtures::{Texts, embedded_injections, embedded_scenarios};
pub use injection::{
    Applied, Channel, Commands, Ending, Injection, Judgement, apply, judge_command, judge_plan,
    replied_step,
};
pub use look::{Look, Looked, Ran};
pub use pattern::{CommandPattern, Deed, Part, Pattern};
pub use scenario::{Case, Expectation, ExpectedPoint, ExpectedTime, Precedence, Scenario, case};
pub use score::{Agreement, Judged, Proof, Score, Share, Subject, by_person, score};
