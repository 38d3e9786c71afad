//! rclone: local paths go to the real tool, remotes are not asked; what was copied there is remembered.
#![allow(clippy::disallowed_methods)]

use super::answer::Answer;
use super::book::State;
use super::objects::{self, End, Failed, How};
use super::remote::{bounded, place};
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const RCLONE: StandIn =
    StandIn { names: &["rclone"], real: Real::Sometimes, answer: rclone };

/// Commands that only touch this machine.
const OWN: &[&str] =
    &["config", "version", "obscure", "completion", "listremotes", "help", "genautocomplete"];

/// `remote:path` and `:backend,…:path` are elsewhere, a path is not (rclone docs, "Syntax of remote paths").
fn end(text: &str) -> End {
    let name = text.split(':').next().unwrap_or("");
    let remote = text.contains(':') && !name.contains('/') && !text.starts_with(":local:");
    if remote {
        let (name, path) = text.rsplit_once(':').unwrap_or((text, ""));
        // What stands between are options of a backend, which may be secret.
        let shown = name.split(',').next().unwrap_or(name);
        End::Remote(format!("rclone://{shown}/{}", path.trim_start_matches('/')))
    } else {
        End::Local(text.trim_start_matches(":local:").to_owned())
    }
}

fn rclone(line: &Line, state: &mut State) -> Answer {
    let command = line.command.as_str();
    let first = command.split(' ').next().unwrap_or(command);
    let ends: Vec<End> = line.operands.iter().map(|word| end(word)).collect();
    let remote = ends.iter().any(|one| matches!(one, End::Remote(_)));
    if OWN.contains(&first) || !remote {
        return Answer::hands_over();
    }
    let dry = line.has("--dry-run");
    let shown = ends.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let would = format!("{command} {}", bounded(&shown));
    let deep = matches!(command, "copy" | "sync" | "move" | "bisync");
    match (command, ends.as_slice()) {
        ("copy" | "sync" | "move" | "copyto" | "moveto", [from, to]) => {
            let single = |one: &End| match one {
                End::Local(path) => place(state, path).is_file(),
                End::Remote(_) => false,
            };
            // A copy of one file goes into the directory it is given.
            let to = match (to, deep && single(from)) {
                (End::Remote(url), true) => End::Remote(format!("{}/", url.trim_end_matches('/'))),
                (to, _) => to.clone(),
            };
            let how = How {
                recursive: deep && !single(from),
                moves: command.starts_with("move"),
                mirrors: command == "sync",
                dry,
            };
            match objects::copy(state, from, &to, how) {
                Ok(_) if dry => Answer::quiet().would("nothing: it is rclone's own dry run"),
                Ok(_) => Answer::quiet().would(would),
                Err(Failed::NoFile(path) | Failed::NoObject(path) | Failed::Directory(path)) => {
                    Answer::fails(
                        3,
                        format!(
                            "ERROR : {path}: error reading source directory: directory not found\nFailed to {command}: directory not found"
                        ),
                    )
                }
                Err(Failed::Refused(path, why)) => {
                    Answer::fails(1, format!("ERROR : {path}: {why}\nFailed to {command}: {why}"))
                }
            }
        }
        ("delete" | "purge" | "deletefile" | "rmdir" | "rmdirs", [End::Remote(url), ..]) => {
            if command == "deletefile" && objects::known(state, url).is_err() {
                return Answer::fails(4, "Failed to deletefile: object not found");
            }
            if !dry {
                objects::remove(state, url);
                if matches!(command, "delete" | "purge") {
                    objects::remove_below(state, &format!("{}/", url.trim_end_matches('/')));
                }
            }
            Answer::quiet().would(would)
        }
        ("ls" | "lsf" | "lsl" | "lsjson" | "size" | "tree" | "lsd", [End::Remote(url), ..]) => {
            let prefix = format!("{}/", url.trim_end_matches('/'));
            let found = objects::list(state, &prefix);
            let name = |url: &str| url[prefix.len()..].to_owned();
            let out: String = match command {
                "ls" | "lsl" => {
                    found.iter().map(|(url, size)| format!("{size:>9} {}\n", name(url))).collect()
                }
                "lsf" => found.iter().map(|(url, _)| name(url) + "\n").collect(),
                "lsjson" => format!(
                    "{}\n",
                    serde_json::json!(
                        found
                            .iter()
                            .map(|(url, size)| serde_json::json!({"Path": name(url), "Size": size}))
                            .collect::<Vec<_>>()
                    )
                ),
                "size" => format!(
                    "Total objects: {}\nTotal size: {} Byte\n",
                    found.len(),
                    found.iter().map(|(_, size)| size).sum::<u64>()
                ),
                _ => String::new(),
            };
            Answer::prints(out).would(format!("{would}: only what calls named is known"))
        }
        ("cat", [End::Remote(url), ..]) => match objects::known(state, url) {
            Err(_) => Answer::fails(3, "Failed to cat: object not found"),
            Ok(_) => {
                let text = objects::content(state, url)
                    .map_or(String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned());
                Answer { out: text, ..Answer::quiet() }.would(would)
            }
        },
        ("rcat", [End::Remote(url), ..]) => match objects::copy(
            state,
            &End::Local("-".to_owned()),
            &End::Remote(url.clone()),
            How::default(),
        ) {
            Ok(_) | Err(_) => Answer::quiet().would(would),
        },
        // A comparison is with what is not known: it ends well and says so.
        ("check" | "cryptcheck", _) => Answer::quiet().would(format!("{would}: not compared")),
        _ => Answer::quiet().would(would),
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer::Then;
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn a_remote_is_what_calls_made_of_it() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::new(directory.path());
        std::fs::create_dir(directory.path().join("d")).unwrap();
        std::fs::write(directory.path().join("d/a"), "alpha").unwrap();
        let table = [
            ("rclone copy /d backup:base", 0, ""),
            ("rclone lsf backup:base", 0, "a\n"),
            ("rclone copyto /d/a backup:other/b --dry-run", 0, ""),
            ("rclone lsf backup:other", 0, ""),
            ("rclone cat backup:base/a", 0, "alpha"),
            ("rclone copy backup:base /back", 0, ""),
            ("rclone purge backup:base", 0, ""),
            ("rclone cat backup:base/a", 3, ""),
            ("rclone sync /missing backup:x", 3, ""),
            ("rclone foo", 1, ""),
            ("rclone copy --foo a b:", 1, ""),
            ("rclone copy a", 1, ""),
        ];
        for (line, code, out) in table {
            let answer = ask(line, &mut state);
            assert_eq!((answer.code, answer.out.as_str()), (code, out), "{line}: {}", answer.err);
        }
        assert_eq!(std::fs::read_to_string(directory.path().join("back/a")).unwrap(), "alpha");
        assert_eq!(ask("rclone copy /d /e", &mut state).then, Then::HandOver);
        assert_eq!(ask("rclone version", &mut state).then, Then::HandOver);
    }
}
