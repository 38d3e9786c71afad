//! reboot, halt, poweroff, shutdown: afterwards the machine counts as down.

use super::answer::Answer;
use super::book::State;
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const POWER: StandIn = StandIn {
    names: &["reboot", "halt", "poweroff", "shutdown"],
    real: Real::Never,
    answer: power,
};

/// Takes the machine down by a verb of systemctl.
pub(super) fn go_down(verb: &str, state: &mut State) -> Answer {
    state.set("machine", &verb);
    Answer::quiet().would(format!("{verb} the machine"))
}

fn power(line: &Line, state: &mut State) -> Answer {
    if line.has("--wtmp-only") {
        return Answer::quiet();
    }
    let mut verb = line.tool.as_str();
    if line.tool == "shutdown" {
        if line.has("-c") {
            state.set("machine", &"");
            return Answer::quiet().would("cancel the shutdown");
        }
        if line.has("--show") {
            return Answer::fails(1, "No scheduled shutdown.");
        }
        if line.has("-k") {
            return Answer::quiet().would("warn everybody of a shutdown");
        }
        let when = line.operand(0);
        let clock = when.split_once(':').is_some_and(|(hour, minute)| {
            hour.parse::<u8>().is_ok_and(|hour| hour < 24)
                && minute.parse::<u8>().is_ok_and(|minute| minute < 60)
        });
        let minutes = when.trim_start_matches('+').parse::<u32>().is_ok();
        if !when.is_empty() && when != "now" && !clock && !minutes {
            return Answer::fails(1, format!("Failed to parse time specification: {when}"));
        }
        verb = "poweroff";
    }
    for (flag, meant) in [("--poweroff", "poweroff"), ("--halt", "halt"), ("--reboot", "reboot")] {
        if line.has(flag) {
            verb = meant;
        }
    }
    let verb = verb.to_owned();
    go_down(&verb, state)
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn the_machine_is_down_after_it_was_shut_down() {
        for (line, code, machine) in [
            ("reboot", 0, "reboot"),
            ("reboot -f", 0, "reboot"),
            ("reboot --poweroff", 0, "poweroff"),
            ("shutdown -r now", 0, "reboot"),
            ("shutdown -h +5", 0, "poweroff"),
            ("shutdown -k now", 0, ""),
            ("shutdown -r tomorrow", 1, ""),
            ("shutdown --nope", 1, ""),
            ("halt -w", 0, ""),
        ] {
            let mut state = State::new("/nonexistent");
            assert_eq!(ask(line, &mut state).code, code, "{line}");
            assert_eq!(state.get::<String>("machine"), machine, "{line}");
        }
    }
}
