//! kubectl's verbs that change what nothing here looks at, that wait, and that only ask.
#![allow(clippy::disallowed_methods)]

use super::answer::Answer;
use super::book::State;
use super::kube::Known;
use super::kubectl::Call;
use super::remote::{bounded, place, reason, write_mark};

impl Call<'_> {
    pub(super) fn wait(&self, state: &mut State) -> Result<Answer, String> {
        let condition = self.line.value("--for").unwrap_or("");
        let of_kind = ["delete", "create", "condition=", "jsonpath="]
            .iter()
            .any(|start| condition.starts_with(start));
        if !of_kind {
            return Err(format!("error: unrecognized condition: {condition:?}"));
        }
        let mut answer = Answer::quiet();
        for named in self.objects(state)?.iter().filter(|named| !named.name.is_empty()) {
            let gone =
                self.cluster.known(&named.namespace, &named.kind, &named.name) == Known::Gone;
            match (condition.starts_with("delete"), gone) {
                (true, true) | (false, false) => {
                    answer.out.push_str(&format!("{} condition met\n", named.full()))
                }
                (true, false) => {
                    return Err(format!(
                        "error: timed out waiting for the condition on {}/{}",
                        named.kind.plural, named.name
                    ));
                }
                (false, true) => return Err(named.missing()),
            }
        }
        Ok(answer)
    }

    pub(super) fn copy(&self, state: &mut State) -> Result<Answer, String> {
        let (from, to) = (self.line.operand(0), self.line.operand(1));
        match (from.contains(':'), to.contains(':')) {
            (false, true) if !place(state, from).exists() => {
                Err(format!("error: {from} doesn't exist in local filesystem"))
            }
            (true, false) => match write_mark(state, to, "", &format!("{from} was not copied")) {
                Ok(()) => Ok(Answer::quiet().would(format!("copy {from} to {to}"))),
                Err(error) => Err(format!("error: open {to}: {}", reason(&error))),
            },
            (false, true) => Ok(Answer::quiet().would(format!("copy {from} to {to}"))),
            (false, false) => {
                Err("error: one of src or dest must be a remote file specification".to_owned())
            }
            (true, true) => {
                Err("error: one of src or dest must be a local file specification".to_owned())
            }
        }
    }

    /// Verbs that change an object in a way that nothing here looks at.
    pub(super) fn change(
        &mut self,
        command: &str,
        word: &str,
        state: &mut State,
    ) -> Result<Answer, String> {
        let nodes = matches!(command, "cordon" | "uncordon" | "drain" | "taint");
        let mut operands: Vec<String> = self.line.operands.clone();
        // `label pod x a=b`: what is set is no name.
        let sets = matches!(command, "label" | "annotate" | "taint") || command.starts_with("set ");
        if sets {
            let (values, names): (Vec<String>, Vec<String>) =
                operands.into_iter().partition(|word| word.contains('=') || word.ends_with('-'));
            if values.is_empty()
                && matches!(command, "label" | "annotate")
                && !self.line.has("--list")
            {
                return Err(format!(
                    "error: at least one {} update is required",
                    if command == "label" { "label" } else { "annotation" }
                ));
            }
            operands = names;
        }
        if nodes && command != "taint" {
            operands = operands
                .iter()
                .map(|node| if node.contains('/') { node.clone() } else { format!("node/{node}") })
                .collect();
            if operands.is_empty() && !self.line.has("--selector") {
                return Err(format!(
                    "error: USAGE: {command} NODE [flags]\nSee 'kubectl {command} -h' for help and examples"
                ));
            }
        }
        let objects = if operands.is_empty() && self.line.has("--filename") {
            self.read_files(state)?
        } else {
            self.named(&operands)?
        };
        if objects.is_empty() && !self.line.has("--selector") && !self.line.has("--all") {
            return Err("error: required resource not specified".to_owned());
        }
        let mut answer = Answer::quiet();
        for named in objects.iter().filter(|named| !named.name.is_empty()) {
            self.must_be_there(named)?;
            match command {
                "rollout status" => answer.out.push_str(&format!(
                    "{} \"{}\" successfully rolled out\n",
                    named.kind.singular, named.name
                )),
                "rollout history" => {}
                _ => answer.out.push_str(&self.result(named, word)?),
            }
            self.cluster.put(&named.namespace, &named.kind, &named.name, None);
            answer.would.push(format!("{command} {} of {}", named.full(), named.namespace));
        }
        Ok(answer)
    }

    /// Verbs whose answer is not known, or that would stay: they end at once and print nothing.
    pub(super) fn only_asks(&self, command: &str) -> Result<Answer, String> {
        let operands = &self.line.operands;
        let pod = matches!(command, "exec" | "logs" | "attach" | "port-forward" | "debug");
        if let Some(first) = operands.first().filter(|_| pod) {
            let object = if first.contains('/') { first.clone() } else { format!("pod/{first}") };
            for named in self.named(&[object])? {
                self.must_be_there(&named)?;
            }
        } else if pod && !self.line.has("--selector") && !self.line.has("--filename") {
            return Err(match command {
                "logs" => "error: expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command\nSee 'kubectl logs -h' for help and examples".to_owned(),
                _ => "error: pod, type/name or --filename must be specified".to_owned(),
            });
        }
        if command == "exec" {
            let Some((pod, words)) = operands.split_first().filter(|(_, words)| !words.is_empty())
            else {
                return Err(
                    "error: you must specify at least one command for the container".to_owned()
                );
            };
            return Ok(
                Answer::quiet().would(format!("run in {pod}: {}", bounded(&words.join(" "))))
            );
        }
        Ok(Answer::quiet())
    }
}

/// How kubectl says that a verb was done.
pub(super) fn changed(command: &str) -> Option<&'static str> {
    Some(match command {
        "rollout status" | "rollout history" => "",
        "rollout restart" => "restarted",
        "rollout undo" => "rolled back",
        "rollout pause" => "paused",
        "rollout resume" => "resumed",
        "patch" => "patched",
        "label" => "labeled",
        "annotate" => "annotated",
        "taint" => "tainted",
        "cordon" => "cordoned",
        "uncordon" => "uncordoned",
        "drain" => "drained",
        "expose" => "exposed",
        "autoscale" => "autoscaled",
        "set image" => "image updated",
        "set env" => "env updated",
        "set resources" => "resource requirements updated",
        "set selector" => "selector updated",
        "set serviceaccount" => "serviceaccount updated",
        "set subject" => "subjects updated",
        "edit" => "edited",
        _ => return None,
    })
}
