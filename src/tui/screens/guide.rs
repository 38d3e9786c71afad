//! The demo's guidance: one line at each stage.

use crate::flow::{DryRunView, Stage, State};

/// Returns what to do next in the demo.
pub fn line(state: &State) -> &'static str {
    match state.stage {
        Stage::Home => "a throw-away tree was made and damaged. Enter opens its incident.",
        Stage::Intake => {
            "the incident is filled in: files were deleted. Look at the fields with Tab; Ctrl-D makes a draft."
        }
        Stage::Draft => {
            "code chose the copy to restore from and says what is lost and how long it takes. Enter reviews the steps."
        }
        Stage::Review => {
            let Some(review) = &state.review else {
                return "the plan is being read.";
            };
            let fixable = review.found.iter().any(|found| found.fixed.is_some());
            match &review.dry_run {
                _ if fixable => {
                    "the check found a mistake that was planted. Go to its step with j, f shows the fix."
                }
                DryRunView::None | DryRunView::Failed(_) => {
                    "no finding is left. s runs the plan in a sandbox: nothing outside it changes."
                }
                DryRunView::Under { .. } => {
                    "the plan runs in the sandbox; its effects will stand beside each step."
                }
                DryRunView::Done(_) => {
                    "Tab and PgDn show what each step did. a goes to the approval."
                }
            }
        }
        Stage::Approve => match state.approving.open().count() {
            0 => "nothing is open any more. A approves exactly this plan, then x goes to the run.",
            _ => {
                "no sandbox can prove what people do: Enter accepts it with a reason, which the report shows."
            }
        },
        Stage::Run => match &state.run {
            Some(run) if run.id.is_some() && run.state.is_over() => {
                "it is over: every step was checked. v shows the report."
            }
            Some(run) if run.id.is_some() => {
                "the run is a process of its own: it would survive this terminal."
            }
            Some(_) | None => {
                "t types the name of what is restored, then S starts the run, for real, on the demo's tree."
            }
        },
        Stage::Files => "the findings of files; f shows the safe fix of one.",
        Stage::Report => {
            "promised and measured times side by side. w writes it to a file, q leaves."
        }
    }
}
