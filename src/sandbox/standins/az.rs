//! The Azure command line: blobs are copied and remembered, other things are what calls made of them.
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

pub(super) const AZ: StandIn = StandIn { names: &["az"], real: Real::Never, answer: az };

/// What calls made of a thing: `vm/GROUP/NAME` → `deallocated`, `gone`, empty for in order.
type Things = BTreeMap<String, String>;

fn az(line: &Line, state: &mut State) -> Answer {
    let command = line.command.clone();
    if let Some(answer) =
        command.strip_prefix("storage blob ").and_then(|verb| blob(verb, line, state))
    {
        return answer;
    }
    let (group, verb) = command.rsplit_once(' ').unwrap_or(("", &command));
    let mut things: Things = state.get("az");
    let name = line
        .value("--name")
        .or_else(|| line.values("--ids").first().copied())
        .unwrap_or("")
        .to_owned();
    let resource_group = line.value("--resource-group").unwrap_or("").to_owned();
    let key = format!("{group}/{resource_group}/{name}");
    let is = things.get(&key).cloned();
    let would = format!("{command} {}", bounded(&name)).trim_end().to_owned();
    let makes = ["create", "restore", "import", "copy", "clone", "up"]
        .iter()
        .any(|start| verb.starts_with(start));
    if is.as_deref() == Some("gone") && !makes && !name.is_empty() {
        if verb == "exists" {
            return shown(&json!({"exists": false}), line).would(would);
        }
        if verb == "delete" {
            return Answer::quiet().would(would);
        }
        return Answer::fails(
            3,
            format!(
                "ERROR: (ResourceNotFound) The Resource '{name}' under resource group '{resource_group}' was not found."
            ),
        );
    }
    let mut set = |is: &str| {
        if !name.is_empty() {
            things.insert(key.clone(), is.to_owned());
        }
    };
    match verb {
        "delete" | "purge" => set("gone"),
        "stop" => set("stopped"),
        "deallocate" => set("deallocated"),
        "show" | "get-instance-view" | "exists" => {
            let power = match is.as_deref() {
                None | Some("") => "running",
                Some(other) => other,
            };
            let mut whole = json!({"name": name, "provisioningState": "Succeeded"});
            match group {
                "vm" => whole["powerState"] = json!(format!("VM {power}")),
                _ if group.ends_with("flexible-server") => {
                    whole["state"] = json!(if power == "running" { "Ready" } else { "Stopped" })
                }
                _ if group.starts_with("sql") => whole["status"] = json!("Online"),
                _ => {}
            }
            if verb == "exists" {
                whole = json!({"exists": true});
            }
            return shown(&whole, line).would(would);
        }
        "list" => {
            let prefix = format!("{group}/{resource_group}/");
            let there = things.iter().filter(|(_, is)| *is != "gone");
            let names: Vec<Value> = there
                .filter_map(|(known, _)| known.strip_prefix(&prefix))
                .map(|name| json!({"name": name}))
                .collect();
            return shown(&Value::Array(names), line)
                .would(format!("{would}: only those that calls named are known"));
        }
        "wait" => {}
        _ => set(""),
    }
    state.set("az", &things);
    Answer::quiet().would(would)
}

/// Prints a result as `--query` and `--output` ask, as far as it is known.
fn shown(whole: &Value, line: &Line) -> Answer {
    let value = match line.value("--query") {
        None => whole.clone(),
        Some(query) => match pick::query(whole, query) {
            Some(value) => value,
            None => {
                return Answer::quiet().would(format!(
                    "print {}: the stand-in cannot tell, nothing is printed",
                    bounded(query)
                ));
            }
        },
    };
    let plain = |value: &Value| match value {
        Value::Object(fields) => fields.values().map(pick::plain).collect::<Vec<_>>().join("\t"),
        other => pick::plain(other),
    };
    Answer::prints(match line.value("--output").unwrap_or("json") {
        "none" => String::new(),
        "tsv" => match &value {
            Value::Array(items) => items.iter().map(|item| plain(item) + "\n").collect(),
            other => plain(other),
        },
        "table" => String::new(),
        "yaml" | "yamlc" => serde_yaml::to_string(&value).unwrap_or_default(),
        _ => serde_json::to_string_pretty(&value).unwrap_or_default(),
    })
}

/// Blobs; `None` for what is no single blob.
fn blob(verb: &str, line: &Line, state: &mut State) -> Option<Answer> {
    let account = line.value("--account-name").unwrap_or("");
    let container = line
        .value("--container-name")
        .or(line.value("--destination").filter(|_| verb == "upload-batch"))
        .or(line.value("--source").filter(|_| verb != "upload-batch"))
        .unwrap_or("");
    let base = format!("az://{account}/{container}");
    let file = line.value("--file");
    let name = line
        .value("--name")
        .or_else(|| file.and_then(|file| file.rsplit('/').next()))
        .unwrap_or("");
    let url = format!("{base}/{name}");
    let missing =
        || Answer::fails(3, "ERROR: The specified blob does not exist.\nErrorCode:BlobNotFound");
    let copied = |done: Result<Vec<objects::Done>, Failed>, would: String| match done {
        Ok(_) => Answer::quiet().would(would),
        Err(Failed::NoObject(_)) => missing(),
        Err(Failed::NoFile(path) | Failed::Directory(path)) => {
            Answer::fails(1, format!("ERROR: [Errno 2] No such file or directory: '{path}'"))
        }
        Err(Failed::Refused(path, why)) => Answer::fails(1, format!("ERROR: {why}: '{path}'")),
    };
    let deep = How { recursive: true, ..How::default() };
    Some(match verb {
        "upload" => match file {
            Some(file) => copied(
                objects::copy(
                    state,
                    &End::Local(file.to_owned()),
                    &End::Remote(url.clone()),
                    How::default(),
                ),
                format!("upload {file} to {url}"),
            ),
            None => {
                objects::put(state, &url, line.value("--data").unwrap_or("").as_bytes());
                Answer::quiet().would(format!("upload to {url}"))
            }
        },
        "download" => match file {
            Some(file) => copied(
                objects::copy(
                    state,
                    &End::Remote(url.clone()),
                    &End::Local(file.to_owned()),
                    How::default(),
                ),
                format!("download {url} to {file}"),
            ),
            None if objects::known(state, &url).is_err() => missing(),
            None => Answer::quiet().would(format!("print {url}")),
        },
        "upload-batch" => {
            let source = line.value("--source").unwrap_or("").to_owned();
            copied(
                objects::copy(state, &End::Local(source.clone()), &End::Remote(base.clone()), deep),
                format!("upload {source} to {base}"),
            )
        }
        "download-batch" => {
            let target = line.value("--destination").unwrap_or("").to_owned();
            copied(
                objects::copy(state, &End::Remote(base.clone()), &End::Local(target.clone()), deep),
                format!("download {base} to {target}"),
            )
        }
        "delete" => {
            if objects::known(state, &url).is_err() {
                return Some(missing());
            }
            objects::remove(state, &url);
            Answer::quiet().would(format!("delete {url}"))
        }
        "exists" => {
            let there = objects::known(state, &url).is_ok();
            shown(&json!({"exists": there}), line).would(format!("look for {url}"))
        }
        "show" => match objects::known(state, &url) {
            Err(_) => missing(),
            Ok(size) => shown(&json!({"name": name, "properties": {"contentLength": size}}), line)
                .would(format!("look at {url}")),
        },
        "list" => {
            let prefix = format!("{base}/{}", line.value("--prefix").unwrap_or(""));
            let start = base.len() + 1;
            let found: Vec<Value> = objects::list(state, &prefix).into_iter().map(|(url, size)| json!({"name": &url[start..], "properties": {"contentLength": size}})).collect();
            shown(&Value::Array(found), line)
                .would(format!("list {prefix}: only blobs that calls named are known"))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn things_and_blobs_are_what_calls_made_of_them() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::new(directory.path());
        std::fs::write(directory.path().join("a"), "alpha").unwrap();
        let table = [
            ("az vm show -d -g rg -n web1 --query powerState -o tsv", 0, "VM running\n"),
            ("az vm deallocate -g rg -n web1", 0, ""),
            ("az vm show -d -g rg -n web1 --query powerState -o tsv", 0, "VM deallocated\n"),
            ("az vm delete -g rg -n web1 --yes", 0, ""),
            ("az vm show -g rg -n web1", 3, ""),
            (
                "az postgres flexible-server restore -g rg -n new --source-server old --restore-time 2026-11-21T10:00:00Z",
                0,
                "",
            ),
            ("az postgres flexible-server show -g rg -n new --query state -o tsv", 0, "Ready\n"),
            ("az storage blob upload --account-name s -c b -n x/a -f /a", 0, ""),
            ("az storage blob list --account-name s -c b --query [].name -o tsv", 0, "x/a\n"),
            ("az storage blob download --account-name s -c b -n x/a -f /back", 0, ""),
            ("az storage blob delete --account-name s -c b -n x/a", 0, ""),
            (
                "az storage blob exists --account-name s -c b -n x/a --query exists -o tsv",
                0,
                "false\n",
            ),
            ("az storage blob upload --account-name s -c b -f /missing", 1, ""),
            ("az vm foo", 2, ""),
            ("az foo", 2, ""),
            ("az iot hub list", 2, ""),
            ("az vm stop --foo", 2, ""),
            ("az disk create -g rg", 2, ""),
        ];
        for (line, code, out) in table {
            let answer = ask(line, &mut state);
            assert_eq!((answer.code, answer.out.as_str()), (code, out), "{line}: {}", answer.err);
        }
        assert_eq!(std::fs::read_to_string(directory.path().join("back")).unwrap(), "alpha");
    }
}
