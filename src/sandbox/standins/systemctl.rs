//! systemctl, service and journalctl: a unit is what the last verb made of it.

use super::{Answer, StandIn, State};

pub(super) const SYSTEMCTL: StandIn = StandIn {
    name: "systemctl",
    paths: &["/usr/bin/systemctl", "/bin/systemctl"],
    answer: systemctl,
};
pub(super) const SERVICE: StandIn =
    StandIn { name: "service", paths: &["/usr/sbin/service", "/sbin/service"], answer: service };
pub(super) const JOURNALCTL: StandIn = StandIn {
    name: "journalctl",
    paths: &["/usr/bin/journalctl", "/bin/journalctl"],
    answer: journalctl,
};

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
/// Verbs that name units and ask about them.
const ASKING: &[&str] =
    &["is-active", "is-enabled", "is-failed", "status", "show", "cat", "list-dependencies"];
/// Verbs that need no unit.
const PLAIN: &[&str] = &[
    "daemon-reload",
    "daemon-reexec",
    "list-units",
    "list-unit-files",
    "list-timers",
    "list-sockets",
    "list-jobs",
    "is-system-running",
    "get-default",
    "show-environment",
    "reset-failed",
    "status",
    "show",
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
/// Options that take the next word as their value.
const WITH_VALUE: &[&str] = &[
    "-t",
    "--type",
    "-p",
    "--property",
    "-P",
    "-o",
    "--output",
    "-n",
    "--lines",
    "-H",
    "--host",
    "-M",
    "--machine",
    "-s",
    "--signal",
    "--kill-whom",
    "--job-mode",
    "--root",
    "--state",
    "--what",
    "--timestamp",
];

fn failed(code: u8, text: String) -> Answer {
    Answer { code, out: String::new(), err: text + "\n" }
}

fn printed(code: u8, text: &str) -> Answer {
    Answer { code, out: format!("{text}\n"), err: String::new() }
}

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

fn systemctl(arguments: &[String], state: &mut State) -> Answer {
    let mut words = Vec::new();
    let (mut now, mut quiet, mut expect_value) = (false, false, false);
    for argument in arguments {
        if std::mem::take(&mut expect_value) {
            continue;
        }
        match argument.as_str() {
            "--now" => now = true,
            "-q" | "--quiet" => quiet = true,
            "--version" => return printed(0, "systemd (blackstart stand-in)"),
            option if WITH_VALUE.contains(&option) => expect_value = true,
            option if option.starts_with('-') && option.len() > 1 => {}
            word => words.push(word),
        }
    }
    let (verb, units) = match words.split_first() {
        Some((verb, units)) => (*verb, units),
        None => ("list-units", [].as_slice()),
    };
    if POWER.contains(&verb) {
        state.insert("machine".to_owned(), verb.to_owned());
        return Answer::default();
    }
    let names_units = CHANGING.contains(&verb) || ASKING.contains(&verb);
    if !names_units && !PLAIN.contains(&verb) {
        return failed(1, format!("Unknown command verb {verb}."));
    }
    if names_units && units.is_empty() && !PLAIN.contains(&verb) {
        return failed(1, "Too few arguments.".to_owned());
    }
    let mut answer = Answer::default();
    for unit in units {
        let unit = full_name(unit);
        let one = if CHANGING.contains(&verb) {
            change(verb, &unit, now, state)
        } else {
            ask(verb, &unit, state)
        };
        answer.code = answer.code.max(one.code);
        answer.out.push_str(&one.out);
        answer.err.push_str(&one.err);
    }
    if units.is_empty() && verb == "is-system-running" {
        answer.out = "running\n".to_owned();
    }
    if quiet {
        answer.out.clear();
    }
    answer
}

fn change(verb: &str, unit: &str, now: bool, state: &mut State) -> Answer {
    let mut set = |what: &str, value: &str| {
        state.insert(format!("{what}/{unit}"), value.to_owned());
    };
    match verb {
        "start" | "restart" | "reload-or-restart" | "isolate" => {
            let masked = state.get(&format!("enabled/{unit}")).is_some_and(|how| how == "masked");
            if masked {
                return failed(1, format!("Failed to {verb} {unit}: Unit {unit} is masked."));
            }
            state.insert(format!("active/{unit}"), "active".to_owned());
        }
        "stop" | "kill" => set("active", "inactive"),
        "enable" | "reenable" => {
            set("enabled", "enabled");
            if now {
                set("active", "active");
            }
        }
        "disable" | "mask" => {
            set("enabled", if verb == "mask" { "masked" } else { "disabled" });
            if now {
                set("active", "inactive");
            }
        }
        "unmask" => set("enabled", "disabled"),
        // The rest leaves a unit as active and as enabled as it was.
        _ => {}
    }
    Answer::default()
}

/// A unit that nothing touched is taken as running and enabled, as on a host in order.
fn ask(verb: &str, unit: &str, state: &State) -> Answer {
    let of = |what: &str, usual: &'static str| {
        state.get(&format!("{what}/{unit}")).cloned().unwrap_or_else(|| usual.to_owned())
    };
    let (active, enabled) = (of("active", "active"), of("enabled", "enabled"));
    match verb {
        "is-active" => printed(if active == "active" { 0 } else { 3 }, &active),
        "is-enabled" => printed(if enabled == "enabled" { 0 } else { 1 }, &enabled),
        "is-failed" => printed(1, &active),
        "show" => printed(0, &format!("Id={unit}\nActiveState={active}\nUnitFileState={enabled}")),
        "status" => printed(
            if active == "active" { 0 } else { 3 },
            &format!(
                "{unit} (blackstart stand-in)\n   Loaded: loaded ({enabled})\n   Active: {active}"
            ),
        ),
        // Files and dependencies of units are not modelled.
        _ => printed(0, &format!("# {unit} (blackstart stand-in)")),
    }
}

fn service(arguments: &[String], state: &mut State) -> Answer {
    match arguments {
        [option] if option == "--status-all" => Answer::default(),
        [name, verb, ..] if CHANGING.contains(&verb.as_str()) || verb == "status" => {
            systemctl(&[verb.clone(), name.clone()], state)
        }
        [name, verb, ..] => failed(1, format!("{name}: unknown command {verb}")),
        _ => failed(1, "Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]".to_owned()),
    }
}

fn journalctl(_arguments: &[String], _state: &mut State) -> Answer {
    printed(0, "-- No entries --")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_what_the_last_verb_made_of_it() {
        let mut state = State::new();
        let mut run = |line: &str| {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let answer = systemctl(&words, &mut state);
            (answer.code, answer.out)
        };
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
            (
                "-n 5 status app",
                3,
                "app.service (blackstart stand-in)\n   Loaded: loaded (masked)\n   Active: inactive\n",
            ),
        ];
        for (line, code, out) in table {
            assert_eq!(run(line), (code, out.to_owned()), "systemctl {line}");
        }
    }
}
