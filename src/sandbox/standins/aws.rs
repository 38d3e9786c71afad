//! The AWS command line: objects of S3 are copied and remembered, other things are what calls made of them.
#![allow(clippy::disallowed_methods)]

use serde_json::{Value, json};

use super::answer::Answer;
use super::aws_things;
use super::book::State;
use super::objects::{self, Done, End, Failed, How};
use super::pick;
use super::remote::{Url, bounded, is_loopback, place};
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const AWS: StandIn = StandIn { names: &["aws"], real: Real::Sometimes, answer: aws };

fn aws(line: &Line, state: &mut State) -> Answer {
    let endpoint = line.value("--endpoint-url").map(str::to_owned);
    let endpoint = endpoint.or_else(|| std::env::var("AWS_ENDPOINT_URL").ok());
    let inside =
        endpoint.and_then(|url| Url::read(&url, "https")).is_some_and(|url| is_loopback(&url.host));
    let command = line.command.clone();
    let (service, operation) = command.split_once(' ').unwrap_or((&command, ""));
    // Configuration is files of this machine.
    if inside || service == "configure" && state.exists("/.blackstart/real/aws") {
        return Answer::hands_over();
    }
    if line.has("--generate-cli-skeleton") {
        return Answer::quiet().would("print a skeleton".to_owned());
    }
    for (flag, value) in files(line) {
        if !place(state, value).exists() {
            return Answer::fails(
                252,
                format!(
                    "\nError parsing parameter '{flag}': Unable to load paramfile {value}: [Errno 2] No such file or directory: '{value}'"
                ),
            );
        }
    }
    match service {
        "s3" => s3(operation, line, state),
        "s3api" => match s3api(operation, line, state) {
            Some(answer) => answer,
            None => aws_things::answer(service, operation, line, state),
        },
        "configure" => Answer::quiet().would(command.clone()),
        _ => aws_things::answer(service, operation, line, state),
    }
}

/// Values that are read from files: `file://x`.
fn files(line: &Line) -> impl Iterator<Item = (&'static str, &str)> {
    line.flags.iter().filter_map(|given| {
        let value = given.value.as_deref()?;
        let path = value.strip_prefix("file://").or_else(|| value.strip_prefix("fileb://"))?;
        Some((*given.names.last()?, path))
    })
}

fn end(text: &str) -> End {
    if text.starts_with("s3://") {
        End::Remote(text.to_owned())
    } else {
        End::Local(text.to_owned())
    }
}

fn usage(operation: &str) -> Answer {
    Answer::fails(
        252,
        format!(
            "\nusage: aws s3 {operation} <LocalPath> <S3Uri> or <S3Uri> <LocalPath> or <S3Uri> <S3Uri>\nError: Invalid argument type"
        ),
    )
}

fn s3(operation: &str, line: &Line, state: &mut State) -> Answer {
    let (first, second) = (line.operand(0), line.operand(1));
    match operation {
        "cp" | "mv" | "sync" => {
            let (from, to) = (end(first), end(second));
            if matches!((&from, &to), (End::Local(_), End::Local(_))) {
                return usage(operation);
            }
            let how = How {
                recursive: operation == "sync" || line.has("--recursive"),
                moves: operation == "mv",
                mirrors: line.has("--delete"),
                dry: line.has("--dryrun"),
            };
            let mut answer = match objects::copy(state, &from, &to, how) {
                Ok(done) => told(&done, operation, line),
                Err(failed) => failure(&failed, operation),
            };
            if let (End::Remote(url), End::Local(to)) = (&from, &to)
                && to == "-"
                && answer.code == 0
            {
                answer.out = objects::content(state, url)
                    .map_or(String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned());
            }
            if answer.would.is_empty() && answer.code == 0 {
                answer.would.push(format!("{operation} {from} to {to}"));
            }
            if line.has("--exclude") || line.has("--include") {
                answer.would.push(
                    "leave out what --exclude and --include say: the stand-in takes all".to_owned(),
                );
            }
            answer
        }
        "rm" => {
            if !first.starts_with("s3://") {
                return usage(operation);
            }
            if line.has("--recursive") {
                let prefix = format!("{}/", first.trim_end_matches('/'));
                let found: Vec<String> =
                    objects::list(state, &prefix).into_iter().map(|(url, _)| url).collect();
                if !line.has("--dryrun") {
                    objects::remove_below(state, &prefix);
                }
                let mut answer = told(&deleted(found), operation, line);
                answer.would.push(format!("delete everything below {first}"));
                return answer;
            }
            if !line.has("--dryrun") {
                objects::remove(state, first);
            }
            told(&deleted(vec![first.to_owned()]), operation, line)
        }
        "ls" => {
            let prefix = if first.is_empty() || first.starts_with("s3://") {
                first.to_owned()
            } else {
                format!("s3://{first}")
            };
            if prefix.is_empty() {
                return Answer::quiet().would("list the buckets: they are not known");
            }
            let found = objects::list(state, &prefix);
            let at = prefix.rfind('/').map_or(0, |at| at + 1);
            let mut out: String = found
                .iter()
                .map(|(url, size)| {
                    let name = if line.has("--recursive") {
                        url.splitn(4, '/').nth(3).unwrap_or(url)
                    } else {
                        &url[at.min(url.len())..]
                    };
                    format!("1970-01-01 00:00:00 {size:>10} {name}\n")
                })
                .collect();
            if line.has("--summarize") {
                let size: u64 = found.iter().map(|(_, size)| size).sum();
                out.push_str(&format!("\nTotal Objects: {}\n   Total Size: {size}\n", found.len()));
            }
            Answer::prints(out)
                .would(format!("list {prefix}: only objects that calls named are known"))
        }
        "mb" => Answer::prints(format!("make_bucket: {}", first.trim_start_matches("s3://")))
            .would(format!("make bucket {first}")),
        "rb" => {
            let prefix = format!("{}/", first.trim_end_matches('/'));
            let left = objects::list(state, &prefix);
            if !left.is_empty() && !line.has("--force") {
                return Answer::fails(
                    1,
                    format!(
                        "remove_bucket failed: {first} An error occurred (BucketNotEmpty) when calling the DeleteBucket operation: The bucket you tried to delete is not empty"
                    ),
                );
            }
            objects::remove_below(state, &prefix);
            Answer::prints(format!("remove_bucket: {}", first.trim_start_matches("s3://")))
                .would(format!("remove bucket {first}"))
        }
        _ => Answer::quiet().would(format!("s3 {operation} {first} {second}")),
    }
}

fn deleted(urls: Vec<String>) -> Vec<Done> {
    urls.into_iter().map(|from| Done { verb: "delete", from, to: String::new() }).collect()
}

fn told(done: &[Done], operation: &str, line: &Line) -> Answer {
    let mut answer = Answer::quiet();
    let quiet = line.has("--quiet") || line.has("--only-show-errors");
    let dry = if line.has("--dryrun") { "(dryrun) " } else { "" };
    for one in done {
        let verb = if operation == "mv" && one.verb != "delete" { "move" } else { one.verb };
        let text = if one.to.is_empty() {
            format!("{verb}: {}", one.from)
        } else {
            format!("{verb}: {} to {}", one.from, one.to)
        };
        if !quiet {
            answer.out.push_str(&format!("{dry}{text}\n"));
        }
        answer.would.push(format!("{dry}{}", text.replacen(": ", " ", 1)));
    }
    answer
}

fn failure(failed: &Failed, operation: &str) -> Answer {
    match failed {
        Failed::NoFile(path) => {
            Answer::fails(255, format!("\nThe user-provided path {path} does not exist."))
        }
        Failed::Directory(path) => {
            Answer::fails(1, format!("upload failed: {path} [Errno 21] Is a directory: '{path}'"))
        }
        Failed::NoObject(url) => {
            let key = url.splitn(4, '/').nth(3).unwrap_or(url);
            Answer::fails(
                1,
                format!(
                    "fatal error: An error occurred (404) when calling the HeadObject operation: Key \"{key}\" does not exist"
                ),
            )
        }
        Failed::Refused(path, why) => Answer::fails(1, format!("{operation} failed: {path} {why}")),
    }
}

/// Operations on single objects; `None` for what is no object.
fn s3api(operation: &str, line: &Line, state: &mut State) -> Option<Answer> {
    let (bucket, key) = (line.value("--bucket").unwrap_or(""), line.value("--key").unwrap_or(""));
    let url = format!("s3://{bucket}/{key}");
    let missing = |operation: &str| {
        let (code, text) = if operation == "HeadObject" {
            ("404", "Not Found")
        } else {
            ("NoSuchKey", "The specified key does not exist.")
        };
        Answer::fails(
            254,
            format!("\nAn error occurred ({code}) when calling the {operation} operation: {text}"),
        )
    };
    Some(match operation {
        "put-object" => {
            match line.value("--body") {
                Some(body) => {
                    if objects::copy(
                        state,
                        &End::Local(body.to_owned()),
                        &End::Remote(url.clone()),
                        How::default(),
                    )
                    .is_err()
                    {
                        return Some(Answer::fails(
                            252,
                            format!(
                                "\nError parsing parameter '--body': Blob values must be a path to a file. ({body})"
                            ),
                        ));
                    }
                }
                None => objects::put(state, &url, b""),
            }
            Answer::prints("{}").would(format!("put {url}"))
        }
        "get-object" => {
            let outfile = line.operand(0);
            match objects::copy(
                state,
                &End::Remote(url.clone()),
                &End::Local(outfile.to_owned()),
                How::default(),
            ) {
                Ok(_) => Answer::prints("{}").would(format!("get {url}")),
                Err(Failed::NoObject(_)) => missing("GetObject"),
                Err(failed) => failure(&failed, "get-object"),
            }
        }
        "head-object" => match objects::known(state, &url) {
            Err(_) => missing("HeadObject"),
            Ok(size) => {
                let shown = size.map_or_else(|| json!({}), |size| json!({"ContentLength": size}));
                shown_as(&shown, line).would(format!("look at {url}"))
            }
        },
        "delete-object" if !line.has("--version-id") => {
            objects::remove(state, &url);
            Answer::quiet().would(format!("delete {url}"))
        }
        "list-objects" | "list-objects-v2" => {
            let prefix = format!("s3://{bucket}/{}", line.value("--prefix").unwrap_or(""));
            let start = format!("s3://{bucket}/").len();
            let found: Vec<Value> = objects::list(state, &prefix)
                .into_iter()
                .map(|(url, size)| json!({"Key": &url[start..], "Size": size}))
                .collect();
            let whole = if found.is_empty() {
                json!({})
            } else {
                json!({"KeyCount": found.len(), "Contents": found})
            };
            shown_as(&whole, line)
                .would(format!("list {prefix}: only objects that calls named are known"))
        }
        _ => return None,
    })
}

/// Prints a result as `--query` and `--output` ask; what they ask beyond what is known is not printed.
pub(super) fn shown_as(whole: &Value, line: &Line) -> Answer {
    let (value, known) = match line.value("--query") {
        None => (Some(whole.clone()), true),
        Some(query) => match pick::query(whole, query) {
            Some(value) => (Some(value), true),
            None => (None, false),
        },
    };
    let Some(value) = value else {
        let query = bounded(line.value("--query").unwrap_or(""));
        return Answer::quiet()
            .would(format!("print {query}: the stand-in cannot tell, nothing is printed"));
    };
    debug_assert!(known);
    let out = match line.value("--output").unwrap_or("json") {
        "text" => text(&value),
        "json" if value == json!({}) => String::new(),
        "json" => serde_json::to_string_pretty(&value).unwrap_or_default(),
        "yaml" | "yaml-stream" => serde_yaml::to_string(&value).unwrap_or_default(),
        _ => String::new(),
    };
    Answer::prints(out)
}

/// `--output text`: items between tabs, `None` for nothing.
fn text(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Array(items) if items.iter().all(|item| !item.is_array() && !item.is_object()) => {
            items.iter().map(pick::plain).collect::<Vec<_>>().join("\t")
        }
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join("\n"),
        Value::Object(fields) => fields.values().map(text).collect::<Vec<_>>().join("\t"),
        Value::Bool(on) => if *on { "True" } else { "False" }.to_owned(),
        Value::Number(_) | Value::String(_) => pick::plain(value),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn objects_are_what_calls_made_of_them() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::new(directory.path());
        std::fs::write(directory.path().join("a"), "alpha").unwrap();
        let table = [
            ("aws s3 cp /a s3://b/x/", 0, "upload: /a to s3://b/x/a\n"),
            ("aws s3 ls s3://b/x/", 0, "1970-01-01 00:00:00          5 a\n"),
            ("aws s3 cp s3://b/x/a -", 0, "alpha"),
            ("aws s3 cp s3://b/x/a /back --only-show-errors", 0, ""),
            (
                "aws s3api head-object --bucket b --key x/a --query ContentLength --output text",
                0,
                "5\n",
            ),
            (
                "aws s3api list-objects-v2 --bucket b --prefix x/ --query Contents[].Key --output text",
                0,
                "x/a\n",
            ),
            ("aws s3 rm s3://b/x/a --dryrun", 0, "(dryrun) delete: s3://b/x/a\n"),
            ("aws s3 rm s3://b/x/a", 0, "delete: s3://b/x/a\n"),
            ("aws s3 cp s3://b/x/a /back", 1, ""),
            ("aws s3api head-object --bucket b --key x/a", 254, ""),
            ("aws s3 cp /missing s3://b/x", 255, ""),
            ("aws s3 cp a b", 252, ""),
            ("aws s3 sync s3://b/base /restore --delete", 0, ""),
            ("aws s3 cp --foo a s3://b", 252, ""),
            ("aws s3 foo", 252, ""),
            ("aws s3 cp a", 252, ""),
            ("aws foo", 252, ""),
            ("aws sagemaker list-models", 252, ""),
            ("aws s3api head-object --bucket b", 252, ""),
            ("aws s3 ls --region", 252, ""),
            ("aws", 252, ""),
            (
                "aws iam put-role-policy --role-name r --policy-name p --policy-document file:///missing.json",
                252,
                "",
            ),
        ];
        for (line, code, out) in table {
            let answer = ask(line, &mut state);
            assert_eq!((answer.code, answer.out.as_str()), (code, out), "{line}: {}", answer.err);
        }
        assert_eq!(std::fs::read_to_string(directory.path().join("back")).unwrap(), "alpha");
        assert!(
            ask("aws sagemaker list-models", &mut state)
                .err
                .contains("blackstart does not describe")
        );
        assert!(ask("aws sagemager list-models", &mut state).err.contains("Invalid choice"));
        assert_eq!(
            ask("aws --endpoint-url http://127.0.0.1:9000 s3 ls", &mut state).then,
            super::super::answer::Then::HandOver
        );
    }
}
