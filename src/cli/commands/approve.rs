//! `blackstart approve`: says that a plan may run, in view of what is known about it.

use std::time::Duration;

use crate::base::{Period, escape, readable};
use crate::cli::output::Output;
use crate::cli::plans::PlanArgs;
use crate::cli::{CommandError, Exit, Global};
use crate::evidence::Waived;
use crate::plan::Plan;
use crate::runtime::Runtime;

/// Say that a plan may run, in view of what is known about it
///
/// The approval is bound to the plan's fingerprint and to the evidence: editing a step, or a fact of the
/// inventory it rests on, voids it. What the dry run could not prove must be waived step by step, with a reason.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  blackstart approve plan.yaml --as ana
  blackstart approve plan.yaml --as ana --waive stop-writers='systemctl was simulated; I watch the unit'
  blackstart approve plan.yaml --as ana --waive FS010@restore='the nested path is wanted here'")]
pub struct Args {
    #[command(flatten)]
    plan: PlanArgs,
    /// Your name, as it shall stand in the report
    #[arg(long = "as", value_name = "NAME")]
    by: String,
    /// Accept something that is not proven: a step, RULE, RULE@STEP, `level` or `second-approver`
    #[arg(long, value_name = "WHAT=REASON")]
    waive: Vec<String>,
    /// How long it holds
    #[arg(long, value_name = "DURATION", default_value = "24h")]
    expires: String,
}

/// Runs the command.
pub fn run(args: Args, global: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    if args.by.trim().is_empty() || args.by.chars().count() > 100 {
        return Err(CommandError::new(Exit::Input, "--as needs a name of 1 to 100 characters"));
    }
    let runtime = Runtime::open(global.data_dir.clone())?;
    let loaded = args.plan.load(&runtime, output)?;
    let waivers =
        args.waive.iter().map(|text| waiver(&loaded.plan, text)).collect::<Result<_, _>>()?;
    let approved = runtime
        .approve(&loaded.plan, loaded.fingerprint, args.by.trim(), waivers, holds(&args.expires)?)
        .map_err(|error| CommandError::from(error).naming(&args.plan.plan))?;
    let approval = &approved.approval;
    if output.is_json() {
        output.object(&serde_json::json!({
            "schema": "blackstart/approval/v1", "approval": approval.id, "plan": loaded.plan.id,
            "fingerprint": loaded.fingerprint.to_string(), "by": approval.by, "os_user": approval.os_user,
            "at": approval.at, "expires": approval.expires,
            "waivers": approval.waivers.iter().map(|waiver| serde_json::json!({"what": waiver.what.to_string(), "reason": waiver.reason})).collect::<Vec<_>>(),
            "missing": approved.missing.iter().map(|refusal| &refusal.message).collect::<Vec<_>>(),
        }))?;
    } else {
        output.data(&format!(
            "approved {} ({}) by {} until {}\n",
            loaded.plan.id,
            loaded.fingerprint.short(),
            escape::one_line(&approval.by),
            readable(approval.expires)
        ))?;
        for waiver in &approval.waivers {
            output.data(&format!(
                "  waived {}: {}\n",
                waiver.what,
                escape::one_line(&waiver.reason)
            ))?;
        }
        for refusal in &approved.missing {
            output.note(&format!("still missing: {}", escape::one_line(&refusal.to_string())));
        }
    }
    Ok(Exit::Ok)
}

fn holds(text: &str) -> Result<Duration, CommandError> {
    let wrong = |why: String| CommandError::new(Exit::Input, format!("--expires: {why}"));
    let period = Period::parse(text).map_err(wrong)?;
    match period.0 {
        0 => Err(wrong("an approval that holds for no time approves nothing".into())),
        _ if period.duration() > crate::approve::HOLDS_AT_MOST => {
            Err(wrong("an approval holds for 31 days at most".into()))
        }
        _ => Ok(period.duration()),
    }
}

fn waiver(plan: &Plan, text: &str) -> Result<(Waived, String), CommandError> {
    let wrong = |why: String| {
        CommandError::new(Exit::Input, format!("--waive {text:?}: {why}"))
            .hint("write it like --waive STEP='the reason'")
    };
    let (what, reason) = text.split_once('=').ok_or_else(|| wrong("there is no reason".into()))?;
    if reason.trim().is_empty() {
        return Err(wrong("the reason is empty".into()));
    }
    let steps: Vec<&str> = plan.steps.iter().map(|step| step.id.as_str()).collect();
    let what = Waived::parse(what.trim(), &steps).map_err(wrong)?;
    Ok((what, reason.trim().to_owned()))
}
