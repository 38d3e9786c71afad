//! systemctl, service and journalctl: a unit is what the last verb made of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::book::State;
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const SYSTEMCTL: StandIn =
    StandIn { names: &["systemctl"], real: Real::Never, answer: systemctl };
pub(super) const SERVICE: StandIn =
    StandIn { names: &["service"], real: Real::Never, answer: service };
pub(super) const JOURNALCTL: StandIn =
    StandIn { names: &["journalctl"], real: Real::Never, answer: journalctl };

/// Verbs of systemctl(1) that name units and change them.
const CHANGING: &[&str] = &[
    "start",
    "stop",
    "restart",
    "reload",
    "try-restart",
    "reload-or-restart",
    "try-reload-or-restart",
    "enable",
    "disable",
    "reenable",
    "mask",
    "unmask",
    "kill",
    "reset-failed",
    "isolate",
    "preset",
    "revert",
    "clean",
    "freeze",
    "thaw",
];
/// Verbs that would end the machine.
const POWER: &[&str] = &[
    "poweroff",
    "reboot",
    "halt",
    "kexec",
    "suspend",
    "hibernate",
    "hybrid-sleep",
    "rescue",
    "emergency",
    "default",
    "exit",
    "soft-reboot",
    "switch-root",
];
fn full_name(unit: &str) -> String {
    let kinds = [
        ".service",
        ".socket",
        ".target",
        ".timer",
        ".mount",
        ".automount",
        ".path",
        ".slice",
        ".scope",
        ".swap",
        ".device",
    ];
    if kinds.iter().any(|kind| unit.ends_with(kind)) {
        unit.to_owned()
    } else {
        format!("{unit}.service")
    }
}

/// What the calls so far made of a unit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Unit {
    active: Option<String>,
    enabled: Option<String>,
}

type Units = BTreeMap<String, Unit>;

fn systemctl(line: &Line, state: &mut State) -> Answer {
    let verb = line.command.as_str();
    if POWER.contains(&verb) {
        state.set("machine", &verb);
        return Answer::quiet().would(format!("{verb} the machine"));
    }
    let mut units = state.get::<Units>("units");
    let mut answer = Answer::quiet();
    for unit in &line.operands {
        let unit = full_name(unit);
        answer.and(if CHANGING.contains(&verb) {
            change(verb, &unit, line.has("--now"), &mut units)
        } else {
            ask(verb, &unit, &units)
        });
    }
    state.set("units", &units);
    if verb == "is-system-running" {
        answer.out = "running\n".to_owned();
    }
    if line.has("--quiet") {
        answer.out.clear();
    }
    answer
}

fn change(verb: &str, unit: &str, now: bool, units: &mut Units) -> Answer {
    let one = units.entry(unit.to_owned()).or_default();
    let set = |place: &mut Option<String>, value: &str| *place = Some(value.to_owned());
    match verb {
        "start" | "restart" | "reload-or-restart" | "isolate" => {
            if one.enabled.as_deref() == Some("masked") {
                return Answer::fails(
                    1,
                    format!("Failed to {verb} {unit}: Unit {unit} is masked."),
                );
            }
            set(&mut one.active, "active");
        }
        "stop" | "kill" => set(&mut one.active, "inactive"),
        "enable" | "reenable" => {
            set(&mut one.enabled, "enabled");
            if now {
                set(&mut one.active, "active");
            }
        }
        "disable" | "mask" => {
            set(&mut one.enabled, if verb == "mask" { "masked" } else { "disabled" });
            if now {
                set(&mut one.active, "inactive");
            }
        }
        "unmask" => set(&mut one.enabled, "disabled"),
        // The rest leaves a unit as active and as enabled as it was.
        _ => {}
    }
    Answer::quiet().would(format!("{verb} unit {unit}"))
}

/// A unit that nothing touched is taken as running and enabled, as on a host in order.
fn ask(verb: &str, unit: &str, units: &Units) -> Answer {
    let one = units.get(unit).cloned().unwrap_or_default();
    let active = one.active.unwrap_or_else(|| "active".to_owned());
    let enabled = one.enabled.unwrap_or_else(|| "enabled".to_owned());
    let coded = |code, text: String| Answer { code, ..Answer::prints(text) };
    match verb {
        "is-active" => coded(if active == "active" { 0 } else { 3 }, active),
        "is-enabled" => coded(if enabled == "enabled" { 0 } else { 1 }, enabled),
        "is-failed" => coded(1, active),
        "show" => {
            Answer::prints(format!("Id={unit}\nActiveState={active}\nUnitFileState={enabled}"))
        }
        "status" => coded(
            if active == "active" { 0 } else { 3 },
            format!(
                "{unit} (blackstart stand-in)\n   Loaded: loaded ({enabled})\n   Active: {active}"
            ),
        ),
        // Files and dependencies of units are not modelled.
        _ => Answer::prints(format!("# {unit} (blackstart stand-in)")),
    }
}

fn service(line: &Line, state: &mut State) -> Answer {
    if line.has("--status-all") {
        return Answer::quiet();
    }
    let (name, verb) = (line.operand(0), line.operand(1));
    if !CHANGING.contains(&verb) && verb != "status" {
        return Answer::fails(1, format!("{name}: unknown command {verb}"));
    }
    let mut line = line.clone();
    (line.command, line.operands) = (verb.to_owned(), vec![name.to_owned()]);
    systemctl(&line, state)
}

fn journalctl(_line: &Line, _state: &mut State) -> Answer {
    Answer::prints("-- No entries --")
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn a_unit_is_what_the_last_verb_made_of_it() {
        let mut state = State::new("/nonexistent");
        let table = [
            ("is-active app", 0, "active\n"),
            ("stop app", 0, ""),
            ("is-active app.service", 3, "inactive\n"),
            ("is-active --quiet app", 3, ""),
            ("start app", 0, ""),
            ("is-active app", 0, "active\n"),
            ("disable --now app", 0, ""),
            ("is-active app", 3, "inactive\n"),
            ("is-enabled app", 1, "disabled\n"),
            ("mask app", 0, ""),
            ("start app", 1, ""),
            ("stpo app", 1, ""),
            ("stop", 1, ""),
            ("daemon-reload", 0, ""),
            ("stop --frobnicate app", 1, ""),
        ];
        for (words, code, out) in table {
            let answer = ask(&format!("systemctl {words}"), &mut state);
            assert_eq!((answer.code, answer.out.as_str()), (code, out), "systemctl {words}");
        }
    }
}
