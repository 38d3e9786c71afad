//! Steps and scripts in a read-only probe: what was seen before the first write, and never a pass.

use super::{Options, step};
use crate::base::Id;
use crate::evidence::{Level, Outcome, StepDryRun};
use crate::plan::Step;
use crate::sandbox::{Layering, Probe, Probed, Request, SandboxError};
use crate::shell;

/// What a probe of one step or script gave.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) result: StepDryRun,
    /// Why nothing after it can be tried.
    pub(super) end: Option<String>,
}

/// Probes a step: its command, and its check where the command did not come to a write.
pub(super) fn run(step: &Step, probe: &mut Probe, options: &Options) -> Result<Seen, SandboxError> {
    let mut seen = Seen::of(&step.id);
    let parts = [("", step.run.as_deref()), ("its check ", step.check.as_deref())];
    for (what, text) in parts.into_iter().filter_map(|(what, text)| Some((what, text?))) {
        if seen.end.is_none() {
            let request =
                step::request(step, text, Layering::Discard, Level::ReadOnlyProbe, options);
            seen.take(what, probe.run(&request)?, text);
        }
    }
    if let Some(user) = &step.run_as {
        seen.result.notes.push(format!("it is to run as {user}; here it ran as the calling user"));
    }
    if step.rollback.is_some() {
        seen.result.notes.push("its rollback is not tried in a probe".to_owned());
    }
    Ok(seen)
}

/// Probes a script.
pub(super) fn run_script(
    id: &Id,
    text: &[u8],
    request: &Request,
    probe: &mut Probe,
) -> Result<StepDryRun, SandboxError> {
    let mut seen = Seen::of(id);
    seen.take("", probe.run(request)?, &String::from_utf8_lossy(text));
    Ok(seen.result)
}

impl Seen {
    fn of(id: &Id) -> Self {
        let mut result = super::blank(id, Outcome::NotRun, String::new());
        result.notes.clear();
        Self { result, end: None }
    }

    /// Adds what one run showed. The outcome stays "not run": what was refused to a command may be
    /// why it failed, and what it did not come to is not known.
    fn take(&mut self, what: &str, probed: Probed, text: &str) {
        let Self { result, end } = self;
        let Probed { mut observed, stopped, started } = probed;
        let how = match (&stopped, observed.limit, observed.exit_code, observed.signal) {
            (Some(write), ..) => {
                *end = Some(format!(
                    "step {} would have changed something, and a probe does not let it: nothing can be tried on top of it",
                    result.id
                ));
                let seen = coverage(text, &started);
                format!("{what}stopped at its first write: {write}; {seen}")
            }
            (None, Some(limit), ..) => {
                format!("{what}was stopped by its limit of {}", limit.word())
            }
            (None, None, Some(0), _) => {
                format!("{what}came to its end without a write; a probe proves no more than that")
            }
            (None, None, Some(code), _) => {
                format!(
                    "{what}exited with {code}, perhaps for what a probe refuses; no write before it"
                )
            }
            (None, None, None, signal) => {
                let signal = signal.unwrap_or_default();
                format!("{what}was ended by signal {signal}; no write before it")
            }
        };
        if end.is_none() && observed.exit_code != Some(0) {
            *end = Some(format!("step {} before it did not come to its end", result.id));
        }
        result.notes.push(how.trim().to_owned());
        result.notes.append(&mut observed.notes);
        if what.is_empty() {
            (result.exit_code, result.signal) = (observed.exit_code, observed.signal);
        }
        result.duration += observed.duration;
        result.stdout.text.push_str(&observed.stdout.text);
        result.stdout.dropped += observed.stdout.dropped;
        result.stderr.text.push_str(&observed.stderr.text);
        result.stderr.dropped += observed.stderr.dropped;
        result.effects.append(&mut observed.effects);
        result.effects_total += observed.effects_total;
    }
}

/// Says how much of a script was certainly reached. Commands inside the shell are not seen, and a
/// command in a loop is seen many times, so each name that was started counts once.
fn coverage(text: &str, started: &[String]) -> String {
    let names = shell::on_deep_stack(|| {
        let commands = shell::commands(&shell::parse(text), shell::Options::STRICT).list;
        commands.iter().map(|one| one.name().map(str::to_owned)).collect::<Vec<_>>()
    })
    .unwrap_or_default();
    let reached: std::collections::BTreeSet<&str> = names
        .iter()
        .flatten()
        .map(String::as_str)
        .filter(|name| started.iter().any(|one| one == name))
        .collect();
    format!("at least {} of {} commands seen", reached.len(), names.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_seen_only_where_it_must_have_been_reached() {
        let table: [(&str, &[&str], &str); 5] = [
            ("cat a; grep b c; rm d", &["cat", "grep", "rm"], "at least 3 of 3 commands seen"),
            ("cat a; cat b; rm d", &["cat", "rm"], "at least 2 of 3 commands seen"),
            ("for i in 1 2 3; do cat $i; done; rm d", &["cat"], "at least 1 of 2 commands seen"),
            ("echo a > /srv/x", &[], "at least 0 of 1 commands seen"),
            ("/usr/bin/find / | sort", &["find", "sort", "other"], "at least 2 of 2 commands seen"),
        ];
        for (text, started, expected) in table {
            let started: Vec<String> = started.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(coverage(text, &started), expected, "{text}");
        }
    }
}
