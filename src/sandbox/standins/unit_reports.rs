//! What systemctl prints of units: status, properties, files, lists.

use super::answer::Answer;
use super::book::State;
use super::units::{self, Found, Unit, Units, full_name};
use crate::tools::usage::Line;

fn load_state(found: &Found) -> &'static str {
    match found {
        Found::Missing => "not-found",
        Found::Masked(_) => "masked",
        Found::File(_) | Found::Script(_) | Found::Implied | Found::Unknown => "loaded",
    }
}

fn file_of(found: &Found) -> &str {
    match found {
        Found::File(file) | Found::Script(file) | Found::Masked(file) => file,
        Found::Implied | Found::Unknown | Found::Missing => "",
    }
}

fn description(found: &Found, unit: &str, state: &State) -> String {
    let file = file_of(found);
    let said = if file.is_empty() { Vec::new() } else { units::values(state, file, "Description") };
    said.into_iter().next_back().unwrap_or_else(|| unit.to_owned())
}

/// Answers `systemctl status`.
pub(super) fn status(unit: &str, state: &State, known: &Units) -> Answer {
    let found = units::find(state, "", unit);
    if found == Found::Missing {
        return Answer::fails(4, format!("Unit {unit} could not be found."));
    }
    let one = known.get(unit).cloned().unwrap_or_default();
    let (active, (enabled, _)) =
        (units::active(state, unit, &one), units::enabled(state, "", unit, &one));
    let text = format!(
        "● {unit} - {}\n     Loaded: {} ({}; {enabled})\n     Active: {active} (blackstart stand-in)\n",
        description(&found, unit, state),
        load_state(&found),
        file_of(&found),
    );
    Answer { code: if active == "active" { 0 } else { 3 }, ..Answer::prints(text) }
}

const SHOWN: &str = "Id,Names,Description,LoadState,ActiveState,SubState,FragmentPath,UnitFileState,MainPID,Result,NRestarts";

/// Answers `systemctl show`.
pub(super) fn show(names: &[String], line: &Line, state: &State, known: &Units) -> Answer {
    let asked = [line.values("--property"), line.values("-P")].concat().join(",");
    let asked = if asked.is_empty() { SHOWN.to_owned() } else { asked };
    let only_values = line.has("--value") || line.has("-P");
    let mut blocks = Vec::new();
    for unit in names {
        let found = units::find(state, "", unit);
        let one = known.get(unit).cloned().unwrap_or_default();
        let active = units::active(state, unit, &one);
        let mut text = String::new();
        for name in asked.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let value = match name {
                "Id" | "Names" => unit.clone(),
                "Description" => description(&found, unit, state),
                "LoadState" => load_state(&found).to_owned(),
                "ActiveState" => active.clone(),
                "SubState" => if active == "active" { "running" } else { "dead" }.to_owned(),
                "FragmentPath" => file_of(&found).to_owned(),
                "UnitFileState" => {
                    let (word, _) = units::enabled(state, "", unit, &one);
                    if word == "not-found" { String::new() } else { word }
                }
                "MainPID" | "NRestarts" | "ExecMainStatus" | "ExecMainCode" | "ControlPID" => {
                    "0".to_owned()
                }
                "Result" => "success".to_owned(),
                "NeedDaemonReload" => "no".to_owned(),
                _ => {
                    let file = file_of(&found);
                    let own =
                        if file.is_empty() { Vec::new() } else { units::values(state, file, name) };
                    match own.last() {
                        Some(value) => value.clone(),
                        None => continue,
                    }
                }
            };
            let shown = if only_values { value } else { format!("{name}={value}") };
            text.push_str(&shown);
            text.push('\n');
        }
        blocks.push(text);
    }
    Answer::prints(blocks.join("\n"))
}

/// Answers `systemctl cat`.
pub(super) fn cat(unit: &str, state: &State) -> Answer {
    let found = units::find(state, "", unit);
    match &found {
        Found::File(file) | Found::Script(file) => {
            Answer::prints(format!("# {file}\n{}", state.read(file)))
        }
        Found::Masked(file) => Answer::prints(format!("# Unit {unit} is masked ({file}).")),
        Found::Implied | Found::Unknown | Found::Missing => {
            Answer::fails(1, format!("No files found for {unit}."))
        }
    }
}

/// Answers `systemctl list-units` and its like.
pub(super) fn list(verb: &str, line: &Line, state: &State, known: &Units) -> Answer {
    let mut names = units::all(state);
    names.extend(known.keys().cloned());
    let kind = match verb {
        "list-timers" => Some("timer"),
        "list-sockets" => Some("socket"),
        "list-paths" => Some("path"),
        "list-automounts" => Some("automount"),
        _ => line.value("--type"),
    };
    let states = if line.has("--failed") { Some("failed") } else { line.value("--state") };
    let none = Unit::default();
    let (mut rows, mut count) = (String::new(), 0);
    for name in &names {
        let one = known.get(name).unwrap_or(&none);
        let of_kind = kind
            .is_none_or(|kinds| kinds.split(',').any(|kind| name.ends_with(&format!(".{kind}"))));
        let named = line.operands.is_empty()
            || line
                .operands
                .iter()
                .any(|pattern| units::fits(pattern, name) || full_name(pattern) == *name);
        if !of_kind || !named {
            continue;
        }
        let (enabled, _) = units::enabled(state, "", name, one);
        let row = if verb == "list-unit-files" {
            if states.is_some_and(|states| !states.split(',').any(|word| word == enabled)) {
                continue;
            }
            format!("{name} {enabled}\n")
        } else {
            let active = units::active(state, name, one);
            // What starts at boot, or was named, is in memory.
            let loaded = !name.contains("@.") && (enabled == "enabled" || one.active.is_some());
            let wanted = match states {
                Some(states) => states.split(',').any(|word| {
                    word == active || word == "loaded" || word == "running" && active == "active"
                }),
                None => active == "active" || line.has("--all"),
            };
            if !loaded || !wanted {
                continue;
            }
            let sub = if active == "active" { "running" } else { "dead" };
            let found = units::find(state, "", name);
            format!(
                "  {name} {} {active} {sub} {}\n",
                load_state(&found),
                description(&found, name, state)
            )
        };
        rows.push_str(&row);
        count += 1;
    }
    let bare =
        line.has("--no-legend") || matches!(line.value("--legend"), Some("false" | "no" | "0"));
    if bare {
        return Answer::prints(rows);
    }
    let (head, what) = match verb {
        "list-unit-files" => ("UNIT FILE STATE", "unit files"),
        _ => ("  UNIT LOAD ACTIVE SUB DESCRIPTION", "loaded units"),
    };
    Answer::prints(format!("{head}\n{rows}\n{count} {what} listed."))
}
