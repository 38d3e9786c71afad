//! One step of a plan: its command, its check, its rollback.

use super::Options;
use super::declared;
use super::hosts::{Hosts, Where};
use crate::evidence::{Captured, Change, Effect, Level, Outcome, RollbackProof, StepDryRun, Sum};
use crate::plan::{SHELL, SecretUse, Step, StepKind};
use crate::sandbox::{Differs, Layering, Limit, Limits, Observed, Request, SandboxError, Session};

/// A step without a timeout gets this much wall clock.
const TIMEOUT_MS: u64 = 30_000;

/// What a secret is in a dry run.
fn dummy(secret: &str) -> String {
    format!("blackstart-dummy-{secret}")
}

/// Runs a step that is no person's.
pub(super) fn run(
    step: &Step,
    hosts: &mut Hosts,
    options: &Options,
) -> Result<StepDryRun, SandboxError> {
    let place = hosts.place(step.host());
    let level = hosts.level();
    let session = hosts.session(step.host())?;
    let mut result = super::blank(&step.id, Outcome::Passed, String::new());
    result.notes.clear();
    let depth = session.depth();
    let (main, verdict) = (step.run.as_deref(), step.check.as_deref());
    if let Some(text) = main {
        let layering = match step.kind {
            StepKind::Check => Layering::Discard,
            StepKind::Command
            | StepKind::Wait
            | StepKind::Manual
            | StepKind::Decision
            | StepKind::Notify => Layering::Keep,
        };
        let observed = session.run(&request(step, text, layering, level, options))?;
        take(&mut result, observed, step);
    }
    if result.outcome == Outcome::Passed
        && let Some(text) = verdict
    {
        let observed = session.run(&request(step, text, Layering::Discard, level, options))?;
        take_check(&mut result, observed, main.is_none(), step);
    }
    if result.outcome == Outcome::Passed
        && let (Some(text), StepKind::Command) = (step.rollback.as_deref(), step.kind)
    {
        let request = request(step, text, Layering::Keep, level, options);
        let mut proof = prove(session, &request, depth, &mut result.notes)?;
        // What a stand-in was told is no file: that it is undone too cannot be seen in the tree.
        if proof.outcome == Outcome::Passed && !result.simulated.is_empty() {
            proof.outcome = Outcome::Simulated;
        }
        result.rollback = Some(proof);
    }
    label(&mut result, step, place, level, options);
    Ok(result)
}

pub(super) fn request(
    step: &Step,
    text: &str,
    layering: Layering,
    level: Level,
    options: &Options,
) -> Request {
    let mut request = Request::with_shell(&SHELL, text);
    if let (Some(user), Level::FullRoot) = (&step.run_as, level)
        && user != "root"
    {
        let account = [format!("--reuid={user}"), format!("--regid={user}")];
        let words = [
            "setpriv".to_owned(),
            account[0].clone(),
            account[1].clone(),
            "--init-groups".to_owned(),
        ];
        let words = words.into_iter().map(String::into_bytes);
        request.argv = words.chain(std::mem::take(&mut request.argv)).collect();
    }
    request.cwd.clone_from(&options.cwd);
    request.layering = layering;
    let declared =
        step.effects.iter().flat_map(|effects| effects.writes.iter().chain(&effects.deletes));
    request.mentions =
        declared.flat_map(|path| [path.as_bytes(), b"\n"]).collect::<Vec<_>>().concat();
    // At the user's level another account cannot be had; the step runs as the caller.
    let run_as = step.run_as.as_deref().filter(|_| level == Level::FullRoot);
    let secrets = step.secrets.iter().map(|used| {
        let known = options.secrets.get(&used.secret);
        let value = known.and_then(|secret| String::from_utf8(secret.expose().to_vec()).ok());
        (used.env.clone(), value.unwrap_or_else(|| dummy(used.secret.as_str())))
    });
    request.environment = (options.account)(run_as).into_iter().chain(secrets).collect();
    if level == Level::FullUser && step.run_as.as_deref() == Some("root") {
        let marked = (crate::sandbox::ACTS_AS_ROOT.to_owned(), "1".to_owned());
        request.environment.push(marked);
    }
    let wall_ms = step.timeout.map_or(TIMEOUT_MS, |timeout| timeout.0.saturating_mul(1_000));
    request.limits = Limits { wall_ms, ..Limits::default() };
    request
}

/// How a run ended, as the outcome of a step.
pub(super) fn outcome_of(observed: &Observed) -> Outcome {
    match observed.limit {
        Some(Limit::WallClock) => Outcome::TimedOut,
        Some(
            Limit::Cpu
            | Limit::Memory
            | Limit::Processes
            | Limit::Disk
            | Limit::Inodes
            | Limit::Output,
        ) => Outcome::Limited,
        None if observed.succeeded() => Outcome::Passed,
        None => Outcome::Failed,
    }
}

/// Puts what the step's command did into its result.
pub(super) fn take(result: &mut StepDryRun, mut observed: Observed, step: &Step) {
    result.outcome = outcome_of(&observed);
    result.exit_code = observed.exit_code;
    result.signal = observed.signal;
    result.limit = observed
        .limit
        .filter(|limit| *limit != Limit::WallClock)
        .map(|limit| limit.word().to_owned());
    result.duration += observed.duration;
    result.stdout = std::mem::take(&mut observed.stdout);
    result.stderr = std::mem::take(&mut observed.stderr);
    result.notes.extend(
        observed.refused_on_host.iter().map(|what| format!("the host would refuse it: {what}")),
    );
    result.notes.append(&mut observed.not_possible);
    result.notes.append(&mut observed.notes);
    merge_names(&mut result.simulated, observed.simulated);
    result.simulated_calls.append(&mut observed.simulated_calls);
    declared::mark(&mut observed.effects, &mut observed.summaries, step.effects.as_ref());
    let changes = |effect: &Effect| matches!(effect, Effect::File(_) | Effect::Connect { .. });
    if step.effects.is_none() && observed.effects.iter().any(changes) {
        result.notes.push(
            "the step declares no `effects`: what it did is compared with nothing".to_owned(),
        );
    }
    result.effects = observed.effects;
    result.effects_total = observed.effects_total;
    (result.totals, result.summaries) = (observed.totals, observed.summaries);
    let most = step.effects.as_ref().and_then(|effects| effects.max_deletes);
    if let Some(most) = most.filter(|most| observed.deleted_total > *most) {
        result.outcome = Outcome::Failed;
        result.notes.push(format!(
            "it deletes {} entries, and declares at most {most}",
            observed.deleted_total
        ));
    }
}

/// Puts what the check did into the result; `alone` where the step has no command.
fn take_check(result: &mut StepDryRun, mut observed: Observed, alone: bool, step: &Step) {
    let outcome = outcome_of(&observed);
    declared::mark(&mut observed.effects, &mut observed.summaries, step.effects.as_ref());
    // Seen and approved like what the command does; that it starts programs is how it looks.
    let (wrote, reached): (Vec<Effect>, Vec<Effect>) = observed
        .effects
        .iter()
        .filter(|effect| !matches!(effect, Effect::Exec { .. }) && !result.effects.contains(effect))
        .cloned()
        .partition(|effect| matches!(effect, Effect::File(_)));
    result.effects_total += reached.len() as u64;
    result.effects.extend(reached);
    if changed(&observed) > 0 {
        result.notes.push(format!(
            "its check changes {} paths; a check is to look only",
            changed(&observed)
        ));
        result.effects_total += changed(&observed);
        result.effects.extend(wrote);
        add_totals(&mut result.totals, &observed.totals);
        result.summaries.append(&mut observed.summaries);
    }
    result.duration += observed.duration;
    append(&mut result.stdout, &observed.stdout);
    append(&mut result.stderr, &observed.stderr);
    merge_names(&mut result.simulated, observed.simulated.clone());
    result.simulated_calls.append(&mut observed.simulated_calls);
    if alone {
        (result.exit_code, result.signal) = (observed.exit_code, observed.signal);
    }
    match (outcome, step.kind) {
        (Outcome::Passed, _) => {}
        (_, StepKind::Wait) => {
            result.outcome = Outcome::Manual;
            result.notes.push("what it waits for does not happen in a dry run".to_owned());
        }
        (outcome, _) => {
            result.outcome = outcome;
            result.limit = observed
                .limit
                .filter(|limit| *limit != Limit::WallClock)
                .map(|limit| limit.word().to_owned());
            let how = observed
                .exit_code
                .map_or("did not end".to_owned(), |code| format!("exited with {code}"));
            result.notes.push(format!("its check {how}"));
        }
    }
    let refused = observed.refused_on_host.iter();
    result.notes.extend(refused.map(|what| format!("the host would refuse it: {what}")));
    result.notes.extend(observed.not_possible);
    result.notes.extend(observed.notes);
}

/// Runs the rollback on a further layer, compares the tree with what it was, drops the layer.
fn prove(
    session: &mut Session,
    request: &Request,
    depth: usize,
    notes: &mut Vec<String>,
) -> Result<RollbackProof, SandboxError> {
    let observed = session.run(request)?;
    let found = session.difference_since(depth)?;
    session.discard_top()?;
    let count = |kind| found.iter().filter(|one| one.kind == kind).count();
    let times = count(Differs::Time);
    if times > 0 {
        notes.push(format!(
            "after the rollback {times} {} new modification time",
            if times == 1 { "path has a" } else { "paths have a" }
        ));
    }
    let dense = found.iter().filter(|one| one.kind == Differs::Room);
    notes.extend(dense.take(5).map(|one| format!("after the rollback {} {}", one.path, one.what)));
    let mut differences: Vec<String> = found
        .into_iter()
        .filter(|difference| difference.kind == Differs::Tree)
        .map(|difference| format!("{} {}", difference.path, difference.what).trim().to_owned())
        .collect();
    let outcome = match outcome_of(&observed) {
        Outcome::Passed if !differences.is_empty() => Outcome::Failed,
        Outcome::Passed if !observed.simulated.is_empty() => Outcome::Simulated,
        outcome => outcome,
    };
    if !observed.succeeded() {
        let said = observed.stderr.text.lines().last().unwrap_or_default();
        differences.insert(
            0,
            format!("the rollback itself failed: {}", crate::base::escape::one_line(said)),
        );
    }
    Ok(RollbackProof { outcome, differences })
}

/// Says what a pass does not prove.
fn label(result: &mut StepDryRun, step: &Step, place: Where, level: Level, options: &Options) {
    if let (Some(user), Level::FullUser) = (&step.run_as, level) {
        result.notes.push(format!("it is to run as {user}; here it ran as the calling user"));
    }
    let unknown = |used: &&SecretUse| !options.secrets.contains_key(&used.secret);
    for secret in step.secrets.iter().filter(unknown) {
        result
            .notes
            .push(format!("{} held a dummy instead of secret {}", secret.env, secret.secret));
    }
    if place == Where::Elsewhere {
        let host = step.host();
        if result.outcome != Outcome::Passed {
            result.notes.push(format!(
                "on this machine it ended as {}; {host} may differ",
                result.outcome.word()
            ));
        }
        result.outcome = Outcome::OtherHost;
        result.notes.push(format!(
            "stand-in for {host}: that is another machine; this machine's tree stood in for it"
        ));
    } else if result.outcome == Outcome::Passed && !result.simulated.is_empty() {
        result.outcome = Outcome::Simulated;
    }
}

fn merge_names(names: &mut Vec<String>, more: Vec<String>) {
    for name in more {
        if !names.contains(&name) {
            names.push(name);
        }
    }
}

fn changed(observed: &Observed) -> u64 {
    observed.totals.iter().map(|(_, sum)| sum.entries).sum()
}

fn add_totals(all: &mut Vec<(Change, Sum)>, more: &[(Change, Sum)]) {
    for (change, sum) in more {
        match all.iter_mut().find(|(known, _)| known == change) {
            Some((_, known)) => {
                known.entries += sum.entries;
                known.bytes += sum.bytes;
            }
            None => all.push((*change, *sum)),
        }
    }
}

fn append(all: &mut Captured, more: &Captured) {
    all.text.push_str(&more.text);
    all.dropped += more.dropped;
}
