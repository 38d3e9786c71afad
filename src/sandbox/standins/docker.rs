//! docker and podman: containers, images and volumes are what calls made of them; what runs in a container is not run.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeMap;

use super::answer::Answer;
use super::book::State;
use super::remote::{bounded, mark, place, reason, write_mark};
use super::{Real, StandIn, base_name};
use crate::tools::usage::Line;

pub(super) const DOCKER: StandIn =
    StandIn { names: &["docker", "podman"], real: Real::Never, answer: docker };

/// What calls made of a container, an image, a volume, a network: `running`, `exited`, `paused`, `there`, `gone`.
type Things = BTreeMap<String, String>;

/// Short forms of `docker container …` and `docker image …`.
fn long_form(command: &str) -> String {
    match command {
        "run" | "create" | "start" | "stop" | "restart" | "kill" | "rm" | "exec" | "logs"
        | "cp" | "pause" | "unpause" | "rename" | "wait" | "top" | "stats" | "port" | "attach"
        | "commit" | "diff" | "export" | "update" => format!("container {command}"),
        "ps" => "container ls".to_owned(),
        "rmi" => "image rm".to_owned(),
        "images" => "image ls".to_owned(),
        "pull" | "push" | "tag" | "save" | "load" | "import" | "build" | "history" => {
            format!("image {command}")
        }
        other => other.to_owned(),
    }
}

struct Call<'a> {
    line: &'a Line,
    things: Things,
    /// Whether the tool is podman, which words some answers otherwise.
    podman: bool,
}

fn docker(line: &Line, state: &mut State) -> Answer {
    let podman = line.tool == "podman";
    let mut call = Call { line, things: state.get("containers"), podman };
    let command = long_form(&line.command);
    let answer = call.answer(&command, state);
    state.set("containers", &call.things);
    answer
}

impl Call<'_> {
    fn answer(&mut self, command: &str, state: &mut State) -> Answer {
        let (noun, verb) = command.rsplit_once(' ').unwrap_or(("", command));
        let operands = self.line.operands.clone();
        let shown = bounded(&operands.join(" "));
        match (noun, verb) {
            ("container", "run" | "create") => self.run(verb, state),
            ("container", "start" | "restart" | "unpause" | "init") => {
                self.each("container", &operands, "running", verb)
            }
            ("container", "stop" | "kill") => self.each("container", &operands, "exited", verb),
            ("container", "pause") => self.each("container", &operands, "paused", verb),
            ("container", "rm") => self.remove(&operands),
            ("container", "rename") => {
                let from = self.get("container", &operands[0]);
                if from == "gone" {
                    return self.missing("container", &operands[0]);
                }
                self.set("container", &operands[0], "gone");
                self.set("container", &operands[1], &from);
                Answer::quiet()
                    .would(format!("rename container {} to {}", operands[0], operands[1]))
            }
            (
                "container",
                "exec" | "attach" | "top" | "logs" | "stats" | "port" | "diff" | "update" | "wait",
            ) => {
                if let Some(name) = operands.first() {
                    match self.get("container", name).as_str() {
                        "gone" => return self.missing("container", name),
                        state
                            if state != "running" && matches!(verb, "exec" | "attach" | "top") =>
                        {
                            return Answer::fails(
                                1,
                                format!(
                                    "Error response from daemon: container {name} is not running"
                                ),
                            );
                        }
                        _ => {}
                    }
                }
                let mut answer = Answer::quiet();
                if verb == "wait" {
                    answer.out = operands.iter().map(|_| "0\n").collect();
                }
                answer.would(match verb {
                    "exec" => format!(
                        "run in container {}: {}",
                        operands[0],
                        bounded(&operands[1..].join(" "))
                    ),
                    _ => format!("container {verb} {shown}"),
                })
            }
            ("container", "cp") => self.copy(state),
            ("container" | "image", "export" | "save") => {
                let noun = if verb == "export" { "container" } else { "image" };
                if let Some(name) = operands.iter().find(|name| self.get(noun, name) == "gone") {
                    return self.missing(noun, name);
                }
                let what = format!("{verb} of {shown} was not run");
                match self.line.value("--output") {
                    None => Answer::prints(mark("", &what)).would(format!("{verb} {shown}")),
                    Some(file) => match write_mark(state, file, "", &what) {
                        Ok(()) => Answer::quiet().would(format!("{verb} {shown} to {file}")),
                        Err(error) => {
                            Answer::fails(1, format!("failed to write {file}: {}", reason(&error)))
                        }
                    },
                }
            }
            ("image", "load" | "import") => {
                let file = self
                    .line
                    .value("--input")
                    .or(operands.first().map(String::as_str).filter(|_| verb == "import"));
                match file.filter(|file| *file != "-" && !file.contains("://")) {
                    Some(file) if !place(state, file).exists() => {
                        Answer::fails(1, format!("open {file}: no such file or directory"))
                    }
                    file => Answer::quiet().would(format!(
                        "{verb} an image from {}",
                        file.unwrap_or("standard input")
                    )),
                }
            }
            ("image", "build") => {
                let context = operands.first().map_or(".", String::as_str);
                if context != "-" && !context.contains("://") && !place(state, context).is_dir() {
                    return Answer::fails(
                        1,
                        format!("unable to prepare context: path \"{context}\" not found"),
                    );
                }
                for name in self.line.values("--tag") {
                    self.set("image", name, "there");
                }
                Answer::quiet().would(format!("build an image from {context}"))
            }
            ("image", "tag") => {
                if self.get("image", &operands[0]) == "gone" {
                    return self.missing("image", &operands[0]);
                }
                self.set("image", &operands[1], "there");
                Answer::quiet().would(format!("tag {} as {}", operands[0], operands[1]))
            }
            ("image", "pull") => {
                for name in &operands {
                    self.set("image", name, "there");
                }
                Answer::prints(operands.join("\n")).would(format!("pull {shown}"))
            }
            (
                noun @ ("container" | "image" | "volume" | "network" | "pod" | "secret" | "config"),
                "ls" | "list",
            ) => self.list(noun),
            (
                noun @ ("container" | "image" | "volume" | "network" | "pod"),
                "inspect" | "exists",
            ) => self.inspect(noun, verb),
            ("", "inspect") => self.inspect("container", verb),
            (noun @ ("volume" | "network" | "secret" | "config" | "pod" | "context"), "create") => {
                let name = match noun {
                    "pod" => self.line.value("--name").map(str::to_owned),
                    _ => operands.first().cloned(),
                };
                let name = name.unwrap_or_else(|| self.new_name());
                self.set(noun, &name, "there");
                Answer::prints(name.as_str()).would(format!("create {noun} {name}"))
            }
            (
                noun @ ("image" | "volume" | "network" | "secret" | "config" | "pod" | "context"),
                "rm" | "remove",
            ) => {
                let mut answer = Answer::quiet();
                for name in &operands {
                    if self.get(noun, name) == "gone" && !self.line.has("--force") {
                        answer.and(self.missing(noun, name));
                        continue;
                    }
                    self.set(noun, name, "gone");
                    answer.out.push_str(&format!("{name}\n"));
                    answer.would.push(format!("remove {noun} {name}"));
                }
                answer
            }
            (_, "prune") => {
                let noun = noun.to_owned();
                let stopped: Vec<String> = self
                    .names("container")
                    .into_iter()
                    .filter(|(_, is)| is == "exited")
                    .map(|(name, _)| name)
                    .collect();
                if matches!(noun.as_str(), "container" | "system") {
                    for name in stopped {
                        self.set("container", &name, "gone");
                    }
                }
                Answer::quiet().would(format!(
                    "remove every unused {}",
                    if noun == "system" { "container, network and image" } else { &noun }
                ))
            }
            ("", "version" | "info") | ("system", "info" | "df") => {
                Answer::quiet().would(command.to_owned())
            }
            _ => Answer::quiet().would(bounded(&format!("{command} {shown}"))),
        }
    }

    /// What a thing is; one that no call named is there, and a container of that name runs.
    fn get(&self, noun: &str, name: &str) -> String {
        let usual = if noun == "container" { "running" } else { "there" };
        self.things.get(&format!("{noun}/{name}")).map_or(usual, String::as_str).to_owned()
    }

    fn set(&mut self, noun: &str, name: &str, is: &str) {
        self.things.insert(format!("{noun}/{name}"), is.to_owned());
    }

    fn names(&self, noun: &str) -> Vec<(String, String)> {
        let prefix = format!("{noun}/");
        self.things
            .iter()
            .filter(|(_, is)| *is != "gone")
            .filter_map(|(name, is)| Some((name.strip_prefix(&prefix)?.to_owned(), is.clone())))
            .collect()
    }

    fn new_name(&mut self) -> String {
        format!("blackstart-stand-in-{}", self.things.len() + 1)
    }

    fn missing(&self, noun: &str, name: &str) -> Answer {
        if self.podman {
            return Answer::fails(
                if noun == "image" { 1 } else { 125 },
                format!("Error: no {noun} with name or ID \"{name}\" found: no such {noun}"),
            );
        }
        Answer::fails(
            1,
            match noun {
                "volume" => format!("Error response from daemon: get {name}: no such volume"),
                "network" => format!("Error response from daemon: network {name} not found"),
                noun => format!("Error response from daemon: No such {noun}: {name}"),
            },
        )
    }

    fn each(&mut self, noun: &str, names: &[String], is: &str, verb: &str) -> Answer {
        let mut answer = Answer::quiet();
        for name in names {
            if self.get(noun, name) == "gone" {
                answer.and(self.missing(noun, name));
                continue;
            }
            self.set(noun, name, is);
            answer.out.push_str(&format!("{name}\n"));
            answer.would.push(format!("{verb} {noun} {name}"));
        }
        answer
    }

    fn remove(&mut self, names: &[String]) -> Answer {
        let mut answer = Answer::quiet();
        for name in names {
            match self.get("container", name).as_str() {
                "gone" if self.line.has("--force") => {}
                "gone" => answer.and(self.missing("container", name)),
                "running" if !self.line.has("--force") => answer.and(Answer::fails(
                    if self.podman { 2 } else { 1 },
                    format!("Error response from daemon: cannot remove container \"{name}\": container is running: stop the container before removing or force remove"),
                )),
                _ => {
                    self.set("container", name, "gone");
                    answer.out.push_str(&format!("{name}\n"));
                    answer.would.push(format!("remove container {name}"));
                }
            }
        }
        answer
    }

    fn run(&mut self, verb: &str, state: &State) -> Answer {
        let image = self.line.operand(0).to_owned();
        if self.get("image", &image) == "gone" && self.line.value("--pull") == Some("never") {
            return self.missing("image", &image);
        }
        for file in self.line.values("--env-file") {
            if !place(state, file).exists() {
                return Answer::fails(
                    125,
                    format!("docker: open {file}: no such file or directory"),
                );
            }
        }
        let named = self.line.value("--name").map(str::to_owned);
        if let Some(name) = &named
            && self.things.get(&format!("container/{name}")).is_some_and(|is| is != "gone")
        {
            return Answer::fails(
                125,
                format!(
                    "{}: Error response from daemon: Conflict. The container name \"/{name}\" is already in use",
                    self.line.tool
                ),
            );
        }
        let name = named.unwrap_or_else(|| self.new_name());
        let stays = verb == "run" && self.line.has("--detach");
        let is = if stays {
            "running"
        } else if self.line.has("--rm") {
            "gone"
        } else {
            "exited"
        };
        self.set("container", &name, is);
        let words = bounded(&self.line.operands[1..].join(" "));
        let would = format!(
            "{verb} a container of {image}{}{words}",
            if words.is_empty() { "" } else { ": " }
        );
        // What the container would print is not known; its name stands for its id.
        if stays || verb == "create" {
            Answer::prints(name).would(would)
        } else {
            Answer::quiet().would(would)
        }
    }

    fn copy(&mut self, state: &State) -> Answer {
        let (from, to) = (self.line.operand(0), self.line.operand(1));
        let container = |text: &str| {
            text.split_once(':')
                .filter(|(name, _)| !name.contains('/') && !name.is_empty())
                .map(|(name, _)| name.to_owned())
        };
        match (container(from), container(to)) {
            (None, None) => Answer::fails(1, "must specify at least one container source"),
            (Some(_), Some(_)) => Answer::fails(1, "copying between containers is not supported"),
            (Some(name), None) | (None, Some(name)) if self.get("container", &name) == "gone" => {
                self.missing("container", &name)
            }
            (None, Some(_)) if from != "-" && !place(state, from).exists() => {
                Answer::fails(1, format!("lstat {from}: no such file or directory"))
            }
            (None, Some(_)) => Answer::quiet().would(format!("copy {from} to {to}")),
            (Some(_), None) if to == "-" => {
                Answer::prints(mark("", &format!("{from} was not copied")))
            }
            (Some(_), None) => {
                let file = if place(state, to).is_dir() {
                    format!("{}/{}", to.trim_end_matches('/'), base_name(from))
                } else {
                    to.to_owned()
                };
                match write_mark(state, &file, "", &format!("{from} was not copied")) {
                    Ok(()) => Answer::quiet().would(format!("copy {from} to {to}")),
                    Err(error) => {
                        Answer::fails(1, format!("invalid output path: {to}: {}", reason(&error)))
                    }
                }
            }
        }
    }

    /// Lists what calls named: ids or names with `--quiet`, else names below a heading.
    fn list(&self, noun: &str) -> Answer {
        let all = noun != "container" || self.line.has("--all");
        let wanted: Vec<&str> = self
            .line
            .values("--filter")
            .into_iter()
            .filter_map(|filter| filter.strip_prefix("name="))
            .collect();
        let names = self.names(noun).into_iter().filter(|(_, is)| all || is != "exited");
        let names: Vec<String> = names
            .map(|(name, _)| name)
            .filter(|name| {
                wanted.iter().all(|part| {
                    name.contains(
                        part.trim_start_matches('^').trim_end_matches('$').trim_start_matches('/'),
                    )
                })
            })
            .collect();
        let template = self.line.value("--format").unwrap_or("");
        let plain = self.line.has("--quiet") || !template.is_empty();
        let mut out = if plain || names.is_empty() { String::new() } else { "NAME\n".to_owned() };
        if template.is_empty() || template.contains("Name") {
            out.extend(names.iter().map(|name| format!("{name}\n")));
        }
        Answer::prints(out).would(format!("list {noun}s: only those that calls named are known"))
    }

    fn inspect(&self, noun: &str, verb: &str) -> Answer {
        let mut answer = Answer::quiet();
        let form = self.line.value("--format").unwrap_or("").replace(' ', "");
        for name in &self.line.operands {
            let is = self.get(noun, name);
            if is == "gone" {
                answer.and(if verb == "exists" {
                    Answer::fails(1, "")
                } else {
                    self.missing(noun, name)
                });
                continue;
            }
            if verb == "exists" {
                continue;
            }
            let running = is == "running";
            answer.out.push_str(&match form.as_str() {
                "{{.State.Status}}" => format!("{is}\n"),
                "{{.State.Running}}" => format!("{running}\n"),
                "{{.State.Health.Status}}" if running => "healthy\n".to_owned(),
                "{{.State.ExitCode}}" => "0\n".to_owned(),
                "{{.Name}}" => format!("/{name}\n"),
                "" if noun == "container" => format!("[{{\"Name\": \"/{name}\", \"State\": {{\"Status\": \"{is}\", \"Running\": {running}}}}}]\n"),
                "" => format!("[{{\"Name\": \"{name}\"}}]\n"),
                // What such a form shows is not known.
                _ => "\n".to_owned(),
            });
        }
        answer.would(format!("inspect {noun} {}", bounded(&self.line.operands.join(" "))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn containers_are_what_calls_made_of_them() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::new(directory.path());
        let table = [
            ("docker inspect -f {{.State.Running}} db", 0, "true\n"),
            ("docker stop db", 0, "db\n"),
            ("docker inspect --format {{.State.Status}} db", 0, "exited\n"),
            ("docker exec db pg_dump -U x --unknown-to-docker", 1, ""),
            ("docker start db", 0, "db\n"),
            ("docker exec -i db pg_dump -U x --unknown-to-docker", 0, ""),
            ("docker rm db", 1, ""),
            ("docker rm -f db", 0, "db\n"),
            ("docker inspect db", 1, ""),
            ("docker run -d --name db -v data:/d -p 5432:5432 postgres:15 -c x=y", 0, "db\n"),
            ("docker run -d --name db postgres:15", 125, ""),
            ("docker ps -q", 0, "db\n"),
            ("docker ps --format {{.Names}} --filter name=nothing", 0, ""),
            ("docker run --rm alpine true", 0, ""),
            ("docker volume create data", 0, "data\n"),
            ("docker volume rm data", 0, "data\n"),
            ("docker volume inspect data", 1, ""),
            ("docker cp /missing db:/x", 1, ""),
            ("docker cp db:/x /got", 0, ""),
            ("docker save -o /img.tar app", 0, ""),
            ("docker load -i /missing.tar", 1, ""),
            ("docker --foo", 125, ""),
            ("docker run --foo alpine", 125, ""),
            ("docker foo", 1, ""),
            ("docker rm", 1, ""),
            ("podman rm -f nothing-yet", 0, "nothing-yet\n"),
            ("podman container exists nothing-yet", 1, ""),
            ("podman ps --foo", 125, ""),
        ];
        for (line, code, out) in table {
            let answer = ask(line, &mut state);
            assert_eq!((answer.code, answer.out.as_str()), (code, out), "{line}: {}", answer.err);
        }
        for name in ["got", "img.tar"] {
            assert!(
                std::fs::read_to_string(directory.path().join(name))
                    .unwrap()
                    .starts_with("blackstart stand-in:"),
                "{name}"
            );
        }
    }
}
