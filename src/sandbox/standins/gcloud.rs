//! gcloud and gsutil: objects of Cloud Storage are copied and remembered, other things are what calls made of them.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answer::Answer;
use super::book::State;
use super::objects::{self, End, Failed, How};
use super::pick;
use super::remote::bounded;
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const GCLOUD: StandIn =
    StandIn { names: &["gcloud"], real: Real::Sometimes, answer: gcloud };
pub(super) const GSUTIL: StandIn =
    StandIn { names: &["gsutil"], real: Real::Never, answer: gsutil };

/// What calls made of a thing: `compute disks/x` → `READY`, `gone`.
type Things = BTreeMap<String, String>;

/// The state of a thing in order, and of one that was stopped.
const STATES: &[(&str, &str, &str, &str)] = &[
    ("compute instances", "status", "RUNNING", "TERMINATED"),
    ("compute disks", "status", "READY", ""),
    ("compute snapshots", "status", "READY", ""),
    ("compute images", "status", "READY", ""),
    ("compute machine-images", "status", "READY", ""),
    ("compute operations", "status", "DONE", ""),
    ("sql instances", "state", "RUNNABLE", "STOPPED"),
    ("sql backups", "status", "SUCCESSFUL", ""),
    ("sql operations", "status", "DONE", ""),
    ("container clusters", "status", "RUNNING", ""),
    ("container node-pools", "status", "RUNNING", ""),
    ("spanner databases", "state", "READY", ""),
    ("spanner backups", "state", "READY", ""),
    ("filestore instances", "state", "READY", ""),
    ("redis instances", "state", "READY", ""),
];

fn gcloud(line: &Line, state: &mut State) -> Answer {
    let command = line.command.clone();
    let (group, verb) = command.rsplit_once(' ').unwrap_or(("", &command));
    match group {
        "" => return Answer::quiet().would(command.clone()),
        "storage" => {
            return storage(
                verb,
                line,
                state,
                &Words {
                    tool: "gcloud",
                    missing: "ERROR: (gcloud.storage) The following URLs matched no objects or files:\n",
                },
            );
        }
        group if group == "config" || group.starts_with("config ") => {
            return if state.exists("/.blackstart/real/gcloud") {
                Answer::hands_over()
            } else {
                Answer::quiet().would(command.clone())
            };
        }
        _ => {}
    }
    let mut things: Things = state.get("gcloud");
    let names = &line.operands;
    let key = |name: &str| format!("{group}/{name}");
    let dotted = command.replace(' ', ".");
    let gone = names.iter().find(|name| things.get(&key(name)).is_some_and(|is| is == "gone"));
    let makes = ["create", "clone", "restore", "import", "add", "insert", "snapshot", "move"]
        .contains(&verb);
    if let Some(name) = gone.filter(|_| !makes) {
        return Answer::fails(
            1,
            format!(
                "ERROR: (gcloud.{dotted}) Could not fetch resource:\n - The resource '{name}' was not found"
            ),
        );
    }
    let needs_name = matches!(
        verb,
        "create"
            | "delete"
            | "describe"
            | "restore"
            | "patch"
            | "start"
            | "stop"
            | "reset"
            | "resize"
            | "clone"
            | "failover"
            | "promote-replica"
    );
    if names.is_empty() && needs_name && !group.starts_with("projects") && group != "sql backups" {
        return Answer::fails(
            2,
            format!("ERROR: (gcloud.{dotted}) argument NAME: Must be specified."),
        );
    }
    let would = format!("{command} {}", bounded(&names.join(" "))).trim_end().to_owned();
    let (field, order, stopped) = STATES
        .iter()
        .find(|(of, ..)| *of == group)
        .map_or(("", "", ""), |(_, field, order, stopped)| (*field, *order, *stopped));
    match verb {
        "delete" => names.iter().for_each(|name| drop(things.insert(key(name), "gone".to_owned()))),
        "stop" | "suspend" => {
            names.iter().for_each(|name| drop(things.insert(key(name), stopped.to_owned())))
        }
        "describe" | "list" => {
            let listed: Vec<String> = match verb {
                "list" => things
                    .iter()
                    .filter(|(_, is)| *is != "gone")
                    .filter_map(|(known, _)| known.strip_prefix(&format!("{group}/")))
                    .map(str::to_owned)
                    .collect(),
                _ => names.iter().take(1).cloned().collect(),
            };
            let shown: Vec<Value> = listed
                .iter()
                .map(|name| {
                    let is = things
                        .get(&key(name))
                        .filter(|is| !is.is_empty())
                        .map_or(order, String::as_str);
                    let mut one = json!({"name": name});
                    if !field.is_empty() {
                        one[field] = json!(is);
                    }
                    one
                })
                .collect();
            return Answer::prints(formatted(&shown, line, verb == "list")).would(would);
        }
        _ => names
            .iter()
            .take(if verb == "snapshot" { 0 } else { MANY })
            .for_each(|name| drop(things.insert(key(name), String::new()))),
    }
    if verb == "snapshot" {
        for name in line.values("--snapshot-names").iter().flat_map(|names| names.split(',')) {
            things.insert(format!("compute snapshots/{name}"), String::new());
        }
    }
    state.set("gcloud", &things);
    Answer::quiet().would(would)
}

const MANY: usize = 100;

/// What `--format` asks of things, as far as it is known: `value(name)`, `json`, nothing else.
fn formatted(things: &[Value], line: &Line, list: bool) -> String {
    let form = line.value("--format").unwrap_or("");
    let fields = form
        .strip_prefix("value")
        .and_then(|rest| rest.split_once('('))
        .and_then(|(_, rest)| rest.strip_suffix(')'));
    if let Some(fields) = fields {
        let row = |thing: &Value| {
            let cell = |field: &str| {
                pick::pick(thing, field.trim())
                    .and_then(|found| found.first().map(|one| pick::plain(one)))
                    .unwrap_or_default()
            };
            fields.split(',').map(cell).collect::<Vec<_>>().join("\t")
        };
        return things.iter().map(|thing| row(thing) + "\n").collect();
    }
    match form {
        "json" if list => serde_json::to_string_pretty(things).unwrap_or_default(),
        "json" => things
            .first()
            .map_or(String::new(), |one| serde_json::to_string_pretty(one).unwrap_or_default()),
        "" | "yaml" => {
            things.iter().map(|one| serde_yaml::to_string(one).unwrap_or_default()).collect()
        }
        _ => String::new(),
    }
}

/// How a tool says that there is nothing.
struct Words {
    tool: &'static str,
    missing: &'static str,
}

fn end(text: &str) -> End {
    if text.starts_with("gs://") || text.starts_with("s3://") {
        End::Remote(text.to_owned())
    } else {
        End::Local(text.strip_prefix("file://").unwrap_or(text).to_owned())
    }
}

fn storage(verb: &str, line: &Line, state: &mut State, words: &Words) -> Answer {
    let operands = line.operands.clone();
    let deep = ["--recursive", "-r", "-R"].iter().any(|flag| line.has(flag)) || verb == "rsync";
    match verb {
        "cp" | "mv" | "rsync" => {
            let Some((target, sources)) =
                operands.split_last().filter(|(_, sources)| !sources.is_empty())
            else {
                return Answer::fails(
                    if words.tool == "gcloud" { 2 } else { 1 },
                    format!("{} {verb}: a source and a destination are needed", words.tool),
                );
            };
            let mirrors = verb == "rsync"
                && (line.has("--delete-unmatched-destination-objects") || line.has("-d"));
            let how = How {
                recursive: deep,
                moves: verb == "mv",
                mirrors,
                dry: verb == "rsync" && (line.has("-n") || line.has("--dry-run")),
            };
            let mut answer = Answer::quiet();
            for source in sources {
                match objects::copy(state, &end(source), &end(target), how) {
                    Ok(done) => {
                        answer.would.extend(done.iter().map(|one| {
                            format!("{} {} {}", one.verb, one.from, one.to).trim_end().to_owned()
                        }));
                        if done.is_empty() {
                            answer.would.push(format!("{verb} {source} to {target}"));
                        }
                    }
                    Err(Failed::NoFile(path)) | Err(Failed::NoObject(path)) => {
                        answer.and(Answer::fails(1, format!("{}{path}", words.missing)))
                    }
                    Err(Failed::Directory(path)) => answer.and(Answer::fails(
                        1,
                        format!("Omitting directory \"{path}\". (Did you mean to do cp -r?)"),
                    )),
                    Err(Failed::Refused(path, why)) => {
                        answer.and(Answer::fails(1, format!("{why}: '{path}'")))
                    }
                }
            }
            answer
        }
        "rm" | "delete" => {
            let mut answer = Answer::quiet();
            for url in &operands {
                let below = url.strip_suffix("/**").or_else(|| url.strip_suffix("/*"));
                if deep || below.is_some() {
                    objects::remove_below(
                        state,
                        &format!("{}/", below.unwrap_or(url).trim_end_matches('/')),
                    );
                } else if objects::known(state, url).is_err() {
                    answer.and(Answer::fails(1, format!("{}{url}", words.missing)));
                    continue;
                }
                objects::remove(state, url);
                answer.would.push(format!("delete {url}"));
            }
            answer
        }
        "ls" | "list" | "du" => {
            let prefix = operands.first().map_or("gs://", String::as_str).trim_end_matches('*');
            let found = objects::list(state, prefix);
            let out: String = found
                .iter()
                .map(|(url, size)| {
                    if verb == "du" || line.has("-l") || line.has("--long") {
                        format!("{size}  {url}\n")
                    } else {
                        format!("{url}\n")
                    }
                })
                .collect();
            Answer::prints(out)
                .would(format!("list {prefix}: only objects that calls named are known"))
        }
        "cat" => {
            let mut answer = Answer::quiet();
            for url in &operands {
                match objects::known(state, url) {
                    Err(_) => answer.and(Answer::fails(1, format!("{}{url}", words.missing))),
                    Ok(_) => answer.out.push_str(
                        &objects::content(state, url).map_or(String::new(), |bytes| {
                            String::from_utf8_lossy(&bytes).into_owned()
                        }),
                    ),
                }
                answer.would.push(format!("print {url}"));
            }
            answer
        }
        "stat" | "describe" | "hash" => {
            let mut answer = Answer::quiet();
            for url in &operands {
                if objects::known(state, url).is_err() {
                    answer.and(Answer::fails(1, format!("{}{url}", words.missing)));
                }
                answer.would.push(format!("look at {url}"));
            }
            answer
        }
        _ => Answer::quiet().would(format!("{} {}", line.command, bounded(&operands.join(" ")))),
    }
}

fn gsutil(line: &Line, state: &mut State) -> Answer {
    let command = line.command.clone();
    let verb = command.split(' ').next().unwrap_or("");
    if matches!(verb, "cp" | "mv" | "rsync") && line.operands.len() < 2 && !line.has("-I") {
        return Answer::fails(1, "CommandException: Wrong number of arguments for \"cp\" command.");
    }
    if command == "rb" && !line.has("-f") {
        let left = line.operands.first().map_or(0, |bucket| {
            objects::list(state, &format!("{}/", bucket.trim_end_matches('/'))).len()
        });
        if left > 0 {
            return Answer::fails(1, "NotEmptyException: 409 BucketNotEmpty");
        }
    }
    storage(
        verb,
        line,
        state,
        &Words { tool: "gsutil", missing: "CommandException: No URLs matched: " },
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn things_and_objects_are_what_calls_made_of_them() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::new(directory.path());
        std::fs::write(directory.path().join("a"), "alpha").unwrap();
        let table = [
            ("gcloud sql instances describe db1 --format=value(state)", 0, "RUNNABLE\n"),
            ("gcloud compute instances stop web1 --zone=europe-west1-b", 0, ""),
            (
                "gcloud compute instances describe web1 --zone=europe-west1-b --format=value(name,status)",
                0,
                "web1\tTERMINATED\n",
            ),
            ("gcloud compute disks delete d1 --quiet", 0, ""),
            ("gcloud compute disks describe d1", 1, ""),
            ("gcloud compute disks create d1 --source-snapshot=s1", 0, ""),
            ("gcloud compute disks describe d1 --format=value(status)", 0, "READY\n"),
            ("gcloud compute disks create", 2, ""),
            ("gcloud sql backups lst", 2, ""),
            ("gcloud sql backups list --foo", 2, ""),
            ("gcloud foo", 2, ""),
            ("gcloud dataproc clusters list", 2, ""),
            ("gcloud storage cp /a gs://b/x/", 0, ""),
            ("gcloud storage ls gs://b/", 0, "gs://b/x/a\n"),
            ("gcloud storage cat gs://b/x/a", 0, "alpha"),
            ("gcloud storage rm gs://b/x/a", 0, ""),
            ("gcloud storage cat gs://b/x/a", 1, ""),
            ("gsutil -m cp -r /a gs://b/y/", 0, ""),
            ("gsutil ls gs://b/y/", 0, "gs://b/y/a\n"),
            ("gsutil rm -r gs://b/y", 0, ""),
            ("gsutil stat gs://b/y/a", 1, ""),
            ("gsutil cp -Q /a gs://b", 1, ""),
            ("gsutil foo", 1, ""),
            ("gsutil cp", 1, ""),
            ("gsutil rsync -d -r /missing gs://b/z", 1, ""),
        ];
        for (line, code, out) in table {
            let answer = ask(line, &mut state);
            assert_eq!((answer.code, answer.out.as_str()), (code, out), "{line}: {}", answer.err);
        }
        assert!(
            ask("gcloud dataproc clusters list", &mut state)
                .err
                .contains("blackstart does not describe")
        );
    }
}
