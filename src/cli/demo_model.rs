//! The demo's last stage: a recorded model drafts for a recorded incident, through the code that hears every model.

use std::collections::BTreeMap;

use super::model_draft::instead;
use super::output::Output;
use super::{CommandError, Exit};
use crate::base::escape;
use crate::draft::Request;
use crate::draft::dialogue::Drafter;
use crate::flow::dialogue::Progress;
use crate::plan::Kind;
use crate::runtime::demo::exchange;
use crate::runtime::{Runtime, Settings, evaluating, recorded_instant};

/// Most rejected steps that are shown.
const SHOWN: usize = 4;

/// Replays the exchange: what would leave, the steps as they arrive, what was not believed, and the score of both drafts.
pub fn stage(runtime: &Runtime, output: &mut Output) -> Result<(), CommandError> {
    let broken = |what: &str| CommandError::new(Exit::Error, format!("the demo's {what} is gone"));
    let scenarios = evaluating::scenarios(None)?;
    let loaded = scenarios.iter().find(|one| one.case.scenario.id.as_str() == exchange::SCENARIO);
    let loaded = loaded.ok_or_else(|| broken("recorded incident"))?;
    let (inventory, incident) = (&loaded.case.inventory, &loaded.case.incident);
    let library = runtime.library();
    let parameters = BTreeMap::new();
    let request = Request {
        inventory,
        incident: Some(incident),
        asset: None,
        scenario: None,
        kind: Kind::Recovery,
        parameters: &parameters,
        now: recorded_instant(Some(incident)),
        library: &library,
        runbook: None,
    };
    let title = incident.title.as_deref().unwrap_or_default();
    output.say(&format!(
        "  another incident: {}\n  the replies are recorded ones of a real model; nothing leaves this machine\n",
        escape::one_line(title)
    ))?;
    let model = exchange::model();
    let mut lines = vec![];
    let made = runtime.draft_with(
        &model,
        &request,
        None,
        &Settings::default(),
        &mut |progress| match progress {
            Progress::Asking { round, of, bytes, replaced } => lines.push(format!(
                "  question {round} of at most {of}: {bytes} bytes would leave, {replaced} names replaced"
            )),
            Progress::Step(step) => lines.push(format!(
                "    {}{}",
                escape::one_line(&step.title),
                if step.keep { "" } else { "   (its own commands, unchecked)" }
            )),
            Progress::Unusable(why) => {
                lines.push(format!("  not usable: {}", escape::one_line(&why)));
            }
            Progress::Thinking(_)
            | Progress::Waiting(_)
            | Progress::Again(_)
            | Progress::Judging => {}
        },
    );
    let made = made.map_err(|error| CommandError::caused(Exit::Error, &error))?;
    for line in lines {
        output.say(&format!("{line}\n"))?;
    }
    for one in made.draft.rejected.iter().take(SHOWN) {
        let why = one.reasons.first().map_or("", |reason| reason.why.as_str());
        output.say(&format!(
            "  rejected {}: {}; {}\n",
            escape::one_line(&one.step),
            escape::one_line(why),
            instead(one)
        ))?;
    }
    let more = made.draft.rejected.len().saturating_sub(SHOWN);
    if more > 0 {
        output.say(&format!("  and {more} more rejected\n"))?;
    }
    for note in &made.draft.notes {
        output.say(&format!("  note: {}\n", escape::one_line(note)))?;
    }
    let whose = match made.draft.drafter {
        Drafter::Model => "the model's plan, as far as it was believed",
        Drafter::Template => "the runbook's plan: nothing of the model's was usable",
    };
    output.say(&format!(
        "  {whose}: {} steps, {} findings; questions to the operator: {}\n",
        made.draft.plan.steps.len(),
        made.checked.findings.len(),
        made.draft.questions.len()
    ))
}
