//! helm and velero: releases, backups and restores are what calls made of them; charts and clusters are not asked.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeMap;

use super::answer::Answer;
use super::book::State;
use super::remote::{bounded, place, reason, write_mark};
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const HELM: StandIn = StandIn { names: &["helm"], real: Real::Never, answer: helm };
pub(super) const VELERO: StandIn =
    StandIn { names: &["velero"], real: Real::Never, answer: velero };

/// Releases by context, namespace and name: their revision, 0 for uninstalled.
type Releases = BTreeMap<String, u64>;

fn helm(line: &Line, state: &mut State) -> Answer {
    let command = line.command.as_str();
    let namespace = line.value("--namespace").unwrap_or("default");
    let context = line.value("--kube-context").unwrap_or("");
    for flag in ["--values", "--set-file"] {
        for value in line.values(flag) {
            let file = if flag == "--set-file" {
                value.split_once('=').map_or(value, |(_, file)| file)
            } else {
                value
            };
            if !file.contains("://") && file != "-" && !place(state, file).exists() {
                return Answer::fails(1, format!("Error: open {file}: no such file or directory"));
            }
        }
    }
    let mut releases: Releases = state.get("helm");
    let name = line.operand(0).to_owned();
    let key = format!("{context}/{namespace}/{name}");
    let revision = releases.get(&key).copied();
    let would = format!("{command} {} in {namespace}", bounded(&line.operands.join(" ")));
    let dry = line.has("--dry-run") && line.value("--dry-run") != Some("none");
    let missing = || {
        Answer::fails(
            1,
            format!("Error: {command}: Release not loaded: {name}: release: not found"),
        )
    };
    let chart = match command {
        "install" | "template" => line.operands.last(),
        "upgrade" => line.operands.get(1),
        "dependency build" | "dependency update" | "lint" | "package" => line.operands.first(),
        _ => None,
    };
    if let Some(chart) = chart
        .filter(|chart| chart.starts_with(['/', '.']))
        .filter(|chart| !place(state, chart).exists())
    {
        return Answer::fails(1, format!("Error: path \"{chart}\" not found"));
    }
    if dry {
        return Answer::quiet().would("nothing: it is helm's own dry run");
    }
    let answer = match command {
        "install" => {
            if line.operands.len() < 2 && !line.has("--generate-name") {
                return Answer::fails(
                    1,
                    "Error: INSTALLATION FAILED: must either provide a name or specify --generate-name",
                );
            }
            if revision.is_some_and(|revision| revision > 0) {
                return Answer::fails(
                    1,
                    "Error: INSTALLATION FAILED: cannot re-use a name that is still in use",
                );
            }
            releases.insert(key, 1);
            Answer::prints(format!(
                "NAME: {name}\nNAMESPACE: {namespace}\nSTATUS: deployed\nREVISION: 1\n"
            ))
        }
        "upgrade" => {
            if revision == Some(0) && !line.has("--install") {
                return Answer::fails(
                    1,
                    format!("Error: UPGRADE FAILED: \"{name}\" has no deployed releases"),
                );
            }
            let next = revision.unwrap_or(1) + 1;
            releases.insert(key, next);
            Answer::prints(format!(
                "Release \"{name}\" has been upgraded. Happy Helming!\nNAME: {name}\nNAMESPACE: {namespace}\nSTATUS: deployed\n"
            ))
        }
        "rollback" => {
            if line.operands.get(1).is_some_and(|revision| revision.parse::<u64>().is_err()) {
                return Answer::fails(
                    1,
                    format!(
                        "Error: could not convert revision to a number: strconv.Atoi: parsing \"{}\": invalid syntax",
                        line.operand(1)
                    ),
                );
            }
            if revision == Some(0) {
                return Answer::fails(1, format!("Error: release: not found: {name}"));
            }
            releases.insert(key, revision.unwrap_or(1) + 1);
            Answer::prints("Rollback was a success! Happy Helming!")
        }
        "uninstall" => {
            let mut answer = Answer::quiet();
            for name in &line.operands {
                let key = format!("{context}/{namespace}/{name}");
                if releases.get(&key) == Some(&0) {
                    if !line.has("--ignore-not-found") {
                        answer.and(Answer::fails(
                            1,
                            format!(
                                "Error: uninstall: Release not loaded: {name}: release: not found"
                            ),
                        ));
                    }
                    continue;
                }
                releases.insert(key, 0);
                answer.out.push_str(&format!("release \"{name}\" uninstalled\n"));
            }
            answer
        }
        "status" | "history" | "test" if revision == Some(0) => return missing(),
        command if command.starts_with("get ") && revision == Some(0) => return missing(),
        "status" => {
            Answer::prints(format!("NAME: {name}\nNAMESPACE: {namespace}\nSTATUS: deployed\n"))
        }
        "list" => {
            let prefix = format!("{context}/{namespace}/");
            let names = releases
                .iter()
                .filter(|(_, revision)| **revision > 0)
                .filter_map(|(known, _)| known.strip_prefix(&prefix));
            let quiet = line.has("--short");
            let out: String = names
                .map(
                    |name| {
                        if quiet { format!("{name}\n") } else { format!("{name}\t{namespace}\n") }
                    },
                )
                .collect();
            return Answer::prints(out).would(format!(
                "list releases of {namespace}: only those that calls named are known"
            ));
        }
        _ => Answer::quiet(),
    };
    state.set("helm", &releases);
    answer.would(would)
}

/// Backups, restores, schedules and locations: `backup/x` → `there`, `paused`, `gone`.
type Things = BTreeMap<String, String>;

fn velero(line: &Line, state: &mut State) -> Answer {
    // `velero create backup x` is `velero backup create x`.
    let words: Vec<&str> = line.command.split(' ').collect();
    let verbs = ["create", "get", "delete", "describe"];
    let (noun, verb) = match words.as_slice() {
        [verb, noun] if verbs.contains(verb) => (noun.trim_end_matches('s'), *verb),
        [noun, verb] => (*noun, *verb),
        _ => ("", words.first().copied().unwrap_or("")),
    };
    let mut things: Things = state.get("velero");
    let names = &line.operands;
    let gone = |things: &Things, noun: &str, name: &str| {
        things.get(&format!("{noun}/{name}")).is_some_and(|is| is == "gone")
    };
    let would = format!("{noun} {verb} {}", bounded(&names.join(" ")));
    let missing = |noun: &str, name: &str| {
        let kind = format!(
            "{}s.velero.io",
            noun.replace("backup-location", "backupstoragelocation")
                .replace("snapshot-location", "volumesnapshotlocation")
        );
        Answer::fails(1, format!("An error occurred: {kind} \"{name}\" not found"))
    };
    match (noun, verb) {
        ("backup" | "restore", "create") => {
            let from = line
                .value("--from-backup")
                .map(|name| ("backup", name))
                .or(line.value("--from-schedule").map(|name| ("schedule", name)));
            if noun == "restore" && from.is_none() {
                return Answer::fails(
                    1,
                    "An error occurred: either a backup or schedule must be specified, but not both",
                );
            }
            if let Some((noun, name)) = from.filter(|(noun, name)| gone(&things, noun, name)) {
                return missing(noun, name);
            }
            let name = match (names.first(), from) {
                (Some(name), _) => name.clone(),
                (None, Some((_, from))) => {
                    format!("{from}-blackstart-stand-in-{}", things.len() + 1)
                }
                (None, None) => {
                    return Answer::fails(
                        1,
                        "An error occurred: backup name is required, unless it's from a schedule",
                    );
                }
            };
            if things.get(&format!("{noun}/{name}")).is_some_and(|is| is == "there") {
                return Answer::fails(
                    1,
                    format!("An error occurred: {noun}s.velero.io \"{name}\" already exists"),
                );
            }
            things.insert(format!("{noun}/{name}"), "there".to_owned());
            state.set("velero", &things);
            let camel = if noun == "backup" { "Backup" } else { "Restore" };
            let waited = if line.has("--wait") {
                format!("\n{camel} completed with status: Completed.")
            } else {
                String::new()
            };
            Answer::prints(format!("{camel} request \"{name}\" submitted successfully.{waited}"))
                .would(format!("{noun} create {name}"))
        }
        (_, "create") => {
            for name in names {
                things.insert(format!("{noun}/{name}"), "there".to_owned());
            }
            state.set("velero", &things);
            Answer::quiet().would(would)
        }
        (_, "delete") => {
            if names.is_empty() && !line.has("--all") && !line.has("--selector") {
                return Answer::fails(
                    1,
                    "An error occurred: you must specify exactly one of: specific name(s), the --all flag, or the --selector flag",
                );
            }
            if !line.has("--confirm") {
                // It asks, and there is nobody to answer.
                return Answer::prints("Are you sure you want to continue (Y/N)? ")
                    .would("nothing: it asks for a confirmation that nobody gives");
            }
            let mut answer = Answer::quiet();
            for name in names {
                if gone(&things, noun, name) {
                    answer.and(missing(noun, name));
                    continue;
                }
                things.insert(format!("{noun}/{name}"), "gone".to_owned());
                answer.would.push(format!("delete {noun} {name}"));
            }
            state.set("velero", &things);
            answer
        }
        (_, "get" | "describe" | "logs") => {
            if let Some(name) = names.iter().find(|name| gone(&things, noun, name)) {
                return missing(noun, name);
            }
            let listed: Vec<String> = if names.is_empty() {
                let prefix = format!("{noun}/");
                things
                    .iter()
                    .filter(|(_, is)| *is != "gone")
                    .filter_map(|(known, _)| known.strip_prefix(&prefix))
                    .map(str::to_owned)
                    .collect()
            } else {
                names.clone()
            };
            let row = |name: &String| match (verb, noun) {
                ("get", "backup" | "restore") if line.value("--output") == Some("json") => format!(
                    "{{\"metadata\": {{\"name\": \"{name}\"}}, \"status\": {{\"phase\": \"Completed\"}}}}\n"
                ),
                ("get", "backup" | "restore") => format!("{name}   Completed\n"),
                ("get", _) => format!("{name}\n"),
                ("describe", "backup" | "restore") => {
                    format!("Name:         {name}\nPhase:  Completed\n")
                }
                _ => String::new(),
            };
            let out: String = listed.iter().map(row).collect();
            let head = if verb == "get" && !out.is_empty() && line.value("--output").is_none() {
                "NAME\n"
            } else {
                ""
            };
            Answer::prints(format!("{head}{out}")).would(would)
        }
        ("schedule", "pause" | "unpause") => {
            if let Some(name) = names.iter().find(|name| gone(&things, noun, name)) {
                return missing(noun, name);
            }
            Answer::prints(
                names
                    .iter()
                    .map(|name| format!("Schedule {name} {verb}d successfully\n"))
                    .collect::<String>(),
            )
            .would(would)
        }
        ("backup", "download") => {
            let name = line.operand(0);
            if gone(&things, noun, name) {
                return missing(noun, name);
            }
            let file =
                line.value("--output").map_or_else(|| format!("{name}-data.tar.gz"), str::to_owned);
            if place(state, &file).exists() && !line.has("--force") {
                return Answer::fails(1, format!("An error occurred: open {file}: file exists"));
            }
            match write_mark(state, &file, "", &format!("backup {name} was not downloaded")) {
                Ok(()) => Answer::quiet().would(format!("download backup {name} to {file}")),
                Err(error) => {
                    Answer::fails(1, format!("An error occurred: open {file}: {}", reason(&error)))
                }
            }
        }
        _ => Answer::quiet().would(would.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn releases_and_backups_are_what_calls_made_of_them() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("values.yaml"), "a: 1\n").unwrap();
        let mut state = State::new(directory.path());
        let table = [
            (
                "helm -n shop upgrade --install web repo/web --version 1.2.3 -f /values.yaml --wait",
                0,
                "Release \"web\" has been upgraded. Happy Helming!\nNAME: web\nNAMESPACE: shop\nSTATUS: deployed\n",
            ),
            ("helm -n shop list -q", 0, "web\n"),
            ("helm -n shop uninstall web", 0, "release \"web\" uninstalled\n"),
            ("helm -n shop status web", 1, ""),
            ("helm -n shop uninstall web", 1, ""),
            ("helm -n shop rollback other 3", 0, "Rollback was a success! Happy Helming!\n"),
            ("helm -n shop rollback other three", 1, ""),
            ("helm upgrade web repo/web -f /missing.yaml", 1, ""),
            ("helm install web ./missing", 1, ""),
            ("helm upgrade web", 1, ""),
            ("helm foo", 1, ""),
            ("helm list --foo", 1, ""),
            (
                "velero restore create r1 --from-backup b1 --wait",
                0,
                "Restore request \"r1\" submitted successfully.\nRestore completed with status: Completed.\n",
            ),
            ("velero restore get r1", 0, "NAME\nr1   Completed\n"),
            ("velero backup delete b1 --confirm", 0, ""),
            ("velero create restore --from-backup b1", 1, ""),
            ("velero restore create", 1, ""),
            ("velero backup download b2 -o /b2.tgz", 0, ""),
            ("velero backup foo", 1, ""),
            ("velero backup get --foo", 1, ""),
        ];
        for (line, code, out) in table {
            let answer = ask(line, &mut state);
            assert_eq!((answer.code, answer.out.as_str()), (code, out), "{line}: {}", answer.err);
        }
        assert!(
            std::fs::read_to_string(directory.path().join("b2.tgz"))
                .unwrap()
                .starts_with("blackstart stand-in:")
        );
    }
}
