//! systemctl: a unit is what the last verb made of it; the unit files of the tree say which there are.
#![allow(clippy::disallowed_methods)]

use super::answer::Answer;
use super::book::State;
use super::power::go_down;
use super::unit_reports::{cat, list, show, status};
use super::units::{self, Found, Unit, Units, full_name};
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const SYSTEMCTL: StandIn =
    StandIn { names: &["systemctl"], real: Real::Never, answer: systemctl };

/// Verbs that would end the machine.
const POWER: &[&str] = &[
    "poweroff",
    "reboot",
    "halt",
    "kexec",
    "suspend",
    "hibernate",
    "hybrid-sleep",
    "suspend-then-hibernate",
    "sleep",
    "rescue",
    "emergency",
    "exit",
    "soft-reboot",
    "switch-root",
];

pub(super) fn systemctl(line: &Line, state: &mut State) -> Answer {
    let verb = if line.command.is_empty() { "list-units" } else { line.command.as_str() };
    if POWER.contains(&verb) {
        if line.has("--dry-run") {
            return Answer::quiet();
        }
        return go_down(verb, state);
    }
    // Another machine's units, or a user's, are not in this tree.
    if let Some(host) = line.value("--host").or(line.value("--machine")) {
        state.elsewhere = true;
        let mut answer = answer(verb, line, state);
        answer.would.insert(0, format!("connect to {host}"));
        return answer;
    }
    state.elsewhere |= line.has("--user") || line.has("--global");
    answer(verb, line, state)
}

fn answer(verb: &str, line: &Line, state: &mut State) -> Answer {
    let root = line.value("--root").unwrap_or("").trim_end_matches('/').to_owned();
    let mut known = state.get::<Units>("units");
    let names = named(verb, line, state, &known);
    let mut answer = Answer::quiet();
    match verb {
        "is-active" | "is-failed" | "is-enabled" => {
            answer = ask(verb, &names, &root, state, &known)
        }
        "status" if names.is_empty() => answer = Answer::prints("State: running"),
        "status" => names.iter().for_each(|unit| answer.and(status(unit, state, &known))),
        "show" => answer = show(&names, line, state, &known),
        "cat" => names.iter().for_each(|unit| answer.and(cat(unit, state))),
        "list-units" | "list-unit-files" | "list-timers" | "list-sockets" | "list-paths"
        | "list-automounts" => {
            answer = list(verb, line, state, &known);
        }
        "list-dependencies" => {
            answer = Answer::prints(names.first().map_or("default.target", String::as_str));
        }
        "list-jobs" => answer = Answer::prints("No jobs running."),
        "list-machines" | "whoami" | "help" | "show-environment" => {}
        "is-system-running" => answer = Answer::prints("running"),
        "get-default" => {
            let link =
                std::fs::read_link(state.path(format!("{root}/etc/systemd/system/default.target")));
            let target =
                link.ok().and_then(|link| Some(link.file_name()?.to_string_lossy().into_owned()));
            answer = Answer::prints(target.unwrap_or_else(|| "graphical.target".to_owned()));
        }
        "edit" if !line.has("--stdin") => {
            answer = Answer::fails(1, "Cannot edit units if not on a tty.");
        }
        "set-default" => answer = set_default(line.operand(0), &root, state),
        "link" | "set-environment" | "unset-environment" | "import-environment"
        | "daemon-reload" | "daemon-reexec" | "log-level" | "log-target" | "service-watchdogs"
        | "preset-all" | "cancel" | "default" => {
            answer = Answer::quiet()
                .would(format!("{verb} {}", line.operands.join(" ")).trim().to_owned());
        }
        _ => {
            for unit in &names {
                answer.and(change(verb, unit, line, &root, state, &mut known));
            }
            state.set("units", &known);
        }
    }
    if line.has("--quiet") {
        answer.out.clear();
    }
    answer
}

/// The units that the operands name, patterns resolved.
fn named(verb: &str, line: &Line, state: &State, known: &Units) -> Vec<String> {
    let words = match verb {
        "add-wants" | "add-requires" => line.operands.get(1..).unwrap_or_default(),
        "set-property" | "bind" | "mount-image" | "service-log-level" | "service-log-target" => {
            line.operands.get(..1).unwrap_or_default()
        }
        _ => &line.operands,
    };
    let mut names = Vec::new();
    for word in words {
        if !word.contains(['*', '?', '[']) {
            names.push(full_name(word));
            continue;
        }
        let pattern = if word.ends_with('*') { word.clone() } else { full_name(word) };
        let mut all = units::all(state);
        all.extend(known.keys().cloned());
        names.extend(
            all.into_iter().filter(|name| !name.contains("@.") && units::fits(&pattern, name)),
        );
    }
    names
}

fn ask(verb: &str, names: &[String], root: &str, state: &State, known: &Units) -> Answer {
    let none = Unit::default();
    let (mut answer, mut any) = (Answer::quiet(), false);
    for name in names {
        let unit = known.get(name).unwrap_or(&none);
        let word = match verb {
            "is-enabled" => {
                let (word, code) = units::enabled(state, root, name, unit);
                any |= code == 0;
                if word == "not-found" {
                    let said = format!(
                        "Failed to get unit file state for {name}: No such file or directory"
                    );
                    answer.and(Answer::fails(1, said));
                    return answer;
                }
                word
            }
            _ => {
                let word = units::active(state, name, unit);
                any |= word == if verb == "is-active" { "active" } else { "failed" };
                word
            }
        };
        answer.and(Answer::prints(word));
    }
    answer.code = match (any, verb) {
        (true, _) => 0,
        (false, "is-active") => 3,
        (false, _) => 1,
    };
    answer
}

fn missing(verb: &str, unit: &str) -> Answer {
    match verb {
        "stop" => Answer::fails(5, format!("Failed to stop {unit}: Unit {unit} not loaded.")),
        "kill" => Answer::fails(1, format!("Failed to kill unit {unit}: Unit {unit} not loaded.")),
        "enable" | "disable" | "reenable" | "preset" | "add-wants" | "add-requires" => {
            let verb = if verb == "preset" { "preset" } else { verb };
            Answer::fails(1, format!("Failed to {verb} unit: Unit file {unit} does not exist."))
        }
        "reset-failed" => Answer::fails(
            1,
            format!("Failed to reset failed state of unit {unit}: Unit {unit} not loaded."),
        ),
        "start"
        | "restart"
        | "reload"
        | "try-restart"
        | "reload-or-restart"
        | "try-reload-or-restart"
        | "isolate" => Answer::fails(5, format!("Failed to {verb} {unit}: Unit {unit} not found.")),
        _ => Answer::fails(1, format!("Unit {unit} could not be found.")),
    }
}

fn change(
    verb: &str,
    unit: &str,
    line: &Line,
    root: &str,
    state: &State,
    known: &mut Units,
) -> Answer {
    let found = units::find(state, root, unit);
    if found == Found::Missing && !matches!(verb, "mask" | "unmask" | "revert") {
        return missing(verb, unit);
    }
    let before = known.get(unit).cloned().unwrap_or_default();
    let masked = matches!(found, Found::Masked(_)) && before.enabled.is_none()
        || before.enabled.as_deref() == Some("masked");
    let runs = units::active(state, unit, &before) == "active";
    let one = known.entry(unit.to_owned()).or_default();
    let mut said = Answer::quiet();
    match verb {
        "start"
        | "restart"
        | "reload-or-restart"
        | "isolate"
        | "try-restart"
        | "try-reload-or-restart" => {
            if masked {
                return Answer::fails(
                    1,
                    format!("Failed to {verb} {unit}: Unit {unit} is masked."),
                );
            }
            if runs || !verb.starts_with("try") {
                one.active = Some("active".to_owned());
            }
        }
        "reload" => {
            let can = match &found {
                Found::File(file) if unit.ends_with(".service") => {
                    !units::values(state, file, "ExecReload").is_empty()
                        || units::values(state, file, "Type")
                            .iter()
                            .any(|kind| kind == "notify-reload")
                }
                Found::File(_)
                | Found::Script(_)
                | Found::Masked(_)
                | Found::Implied
                | Found::Unknown
                | Found::Missing => true,
            };
            if !can {
                return Answer::fails(
                    1,
                    format!(
                        "Failed to reload {unit}: Job type reload is not applicable for unit {unit}."
                    ),
                );
            }
            if !runs {
                return Answer::fails(1, format!("{unit} is not active, cannot reload."));
            }
        }
        "stop" => one.active = Some("inactive".to_owned()),
        "kill" => {
            let gentle =
                ["HUP", "SIGHUP", "1", "USR1", "SIGUSR1", "USR2", "SIGUSR2", "0", "STOP", "CONT"];
            if !gentle.contains(&line.value("--signal").unwrap_or("TERM")) {
                one.active = Some("inactive".to_owned());
            }
        }
        "enable" | "reenable" => {
            if masked {
                return Answer::fails(
                    1,
                    format!("Failed to enable unit: Unit file {unit} is masked."),
                );
            }
            one.enabled = match &found {
                Found::File(file) => match units::enable(state, root, unit, file) {
                    Some(made) => {
                        for (path, target) in made {
                            said.err.push_str(&format!("Created symlink {path} → {target}.\n"));
                        }
                        None
                    }
                    None => Some("enabled".to_owned()),
                },
                Found::Script(_)
                | Found::Masked(_)
                | Found::Implied
                | Found::Unknown
                | Found::Missing => Some("enabled".to_owned()),
            };
            if line.has("--now") {
                one.active = Some("active".to_owned());
            }
        }
        "disable" => {
            match units::disable(state, root, unit) {
                Some(removed) => {
                    for path in &removed {
                        said.err.push_str(&format!("Removed \"{path}\".\n"));
                    }
                    one.enabled = (!matches!(found, Found::File(_))).then(|| "disabled".to_owned());
                }
                None => one.enabled = Some("disabled".to_owned()),
            }
            if line.has("--now") {
                one.active = Some("inactive".to_owned());
            }
        }
        "mask" => {
            said = mask(unit, line, root, &found, state, one);
            if line.has("--now") {
                one.active = Some("inactive".to_owned());
            }
        }
        "unmask" => {
            one.enabled = None;
            if let Found::Masked(path) = &found {
                match std::fs::remove_file(state.path(path)) {
                    Ok(()) => said.err = format!("Removed \"{path}\".\n"),
                    Err(_) => one.enabled = Some("disabled".to_owned()),
                }
            }
        }
        // The rest leaves a unit as active and as enabled as it was.
        _ => {}
    }
    said.would(format!("{verb} unit {unit}"))
}

fn mask(
    unit: &str,
    line: &Line,
    root: &str,
    found: &Found,
    state: &State,
    one: &mut Unit,
) -> Answer {
    let place = if line.has("--runtime") { "run" } else { "etc" };
    let path = format!("{root}/{place}/systemd/system/{unit}");
    if matches!(found, Found::Masked(_)) {
        return Answer::quiet();
    }
    if *found == (Found::File(path.clone())) {
        return Answer::fails(1, format!("Failed to mask unit: File {path} already exists."));
    }
    let mut said = Answer::quiet();
    if *found == Found::Missing {
        said.err = format!("Unit {unit} does not exist, proceeding anyway.\n");
    }
    // Where the tree has no systemd, a link would be an invention.
    let made = *found != Found::Unknown
        && std::os::unix::fs::symlink("/dev/null", state.path(&path)).is_ok();
    if made {
        said.err.push_str(&format!("Created symlink {path} → /dev/null.\n"));
    } else {
        one.enabled = Some("masked".to_owned());
    }
    said
}

fn set_default(target: &str, root: &str, state: &State) -> Answer {
    let unit =
        if target.ends_with(".target") { target.to_owned() } else { format!("{target}.target") };
    match units::find(state, root, &unit) {
        Found::File(file) => {
            let path = format!("{root}/etc/systemd/system/default.target");
            let _ = std::fs::remove_file(state.path(&path));
            let made = std::os::unix::fs::symlink(&file, state.path(&path)).is_ok();
            let mut said = Answer::quiet().would(format!("make {unit} the default target"));
            if made {
                said.err = format!("Created symlink {path} → {file}.\n");
            }
            said
        }
        Found::Unknown => Answer::quiet().would(format!("make {unit} the default target")),
        Found::Script(_) | Found::Masked(_) | Found::Implied | Found::Missing => Answer::fails(
            1,
            format!("Failed to set default target: Unit file {unit} does not exist."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    fn tree() -> (tempfile::TempDir, State) {
        let directory = tempfile::tempdir().unwrap();
        let units = directory.path().join("usr/lib/systemd/system");
        for place in ["usr/lib/systemd/system", "etc/systemd/system", "etc/init.d"] {
            std::fs::create_dir_all(directory.path().join(place)).unwrap();
        }
        let unit = "[Unit]\nDescription=The app\n[Service]\nExecStart=/bin/app\nUser=app\n[Install]\nWantedBy=multi-user.target\n";
        std::fs::write(units.join("app.service"), unit).unwrap();
        std::fs::write(units.join("db@.service"), "[Service]\nExecReload=/bin/kill\n").unwrap();
        std::fs::write(directory.path().join("etc/init.d/old"), "").unwrap();
        let state = State::new(directory.path());
        (directory, state)
    }

    #[test]
    fn a_unit_is_what_the_last_verb_made_of_it() {
        let (directory, mut state) = tree();
        let table = [
            ("is-active app", 0, "active\n", ""),
            ("stop app", 0, "", ""),
            ("is-active app.service db@1 ", 0, "inactive\nactive\n", ""),
            ("is-active app old", 0, "inactive\nactive\n", ""),
            ("is-active --quiet app", 3, "", ""),
            ("reload app", 1, "", "Job type reload is not applicable"),
            ("reload db@main", 0, "", ""),
            ("start app", 0, "", ""),
            ("is-active app", 0, "active\n", ""),
            ("is-enabled app", 1, "disabled\n", ""),
            (
                "enable --now app",
                0,
                "",
                "multi-user.target.wants/app.service → /usr/lib/systemd/system/app.service.",
            ),
            ("is-enabled app", 0, "enabled\n", ""),
            ("list-units --no-legend", 0, "  app.service loaded active running The app\n", ""),
            ("disable --now app", 0, "", "Removed"),
            ("is-active app", 3, "inactive\n", ""),
            ("is-enabled app", 1, "disabled\n", ""),
            ("mask app", 0, "", "→ /dev/null"),
            ("is-enabled app", 1, "masked\n", ""),
            ("start app", 1, "", "Failed to start app.service: Unit app.service is masked."),
            ("unmask app", 0, "", "Removed"),
            ("start app", 0, "", ""),
            ("start nope", 5, "", "Failed to start nope.service: Unit nope.service not found."),
            ("stop nope", 5, "", "Unit nope.service not loaded."),
            ("enable nope", 1, "", "Unit file nope.service does not exist."),
            ("status nope", 4, "", "Unit nope.service could not be found."),
            ("is-active nope", 3, "inactive\n", ""),
            ("is-enabled nope", 1, "", "No such file or directory"),
            ("is-enabled old", 0, "generated\n", ""),
            ("show -p ActiveState,User --value app", 0, "active\napp\n", ""),
            ("show -p LoadState nope", 0, "LoadState=not-found\n", ""),
            ("stop app*", 0, "", ""),
            ("is-active app", 3, "inactive\n", ""),
            ("is-system-running", 0, "running\n", ""),
            ("stpo app", 1, "", "Unknown command verb stpo."),
            ("stop", 1, "", "Too few arguments."),
            ("daemon-reload", 0, "", ""),
            ("stop --frobnicate app", 1, "", "systemctl: unrecognized option '--frobnicate'"),
            ("list-unit-files --no-legend app*", 0, "app.service disabled\n", ""),
        ];
        for (words, code, out, err) in table {
            let answer = ask(&format!("systemctl {}", words.trim()), &mut state);
            assert_eq!(
                (answer.code, answer.out.as_str()),
                (code, out),
                "systemctl {words}: {}",
                answer.err
            );
            assert!(answer.err.contains(err), "systemctl {words}: {}", answer.err);
        }
        assert!(!directory.path().join("etc/systemd/system/app.service").exists());
    }

    #[test]
    fn where_the_tree_cannot_tell_every_unit_is_there() {
        let mut state = State::new("/nonexistent");
        for (words, code) in
            [("stop app", 0), ("is-active app", 3), ("mask app", 0), ("start app", 1)]
        {
            assert_eq!(ask(&format!("systemctl {words}"), &mut state).code, code, "{words}");
        }
        let (_directory, mut state) = tree();
        assert_eq!(ask("systemctl stop nope", &mut state).code, 5);
        state.elsewhere = true;
        assert_eq!(ask("systemctl stop nope", &mut state).code, 0);
    }
}
