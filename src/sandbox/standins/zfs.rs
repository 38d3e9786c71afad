//! zfs and zpool: datasets, snapshots and pools that calls made or destroyed; others are taken as there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::book::State;
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const ZFS: StandIn =
    StandIn { names: &["zfs", "zpool"], real: Real::Never, answer: dispatch };

/// What calls did: names that are there (with properties that were set), names that are gone.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Known {
    made: BTreeMap<String, BTreeMap<String, String>>,
    gone: Vec<String>,
}

impl Known {
    fn is_gone(&self, name: &str) -> bool {
        // What lies below something destroyed went with it, unless it was made again.
        let covers = |gone: &String| {
            name == gone
                || name
                    .strip_prefix(gone.as_str())
                    .is_some_and(|rest| rest.starts_with(['/', '@', '#']))
        };
        !self.made.contains_key(name) && self.gone.iter().any(covers)
    }

    fn make(&mut self, name: &str) {
        self.gone.retain(|gone| gone != name);
        self.made.entry(name.to_owned()).or_default();
    }

    fn destroy(&mut self, name: &str) {
        let below = |other: &str| {
            other == name
                || other.strip_prefix(name).is_some_and(|rest| rest.starts_with(['/', '@', '#']))
        };
        self.made.retain(|other, _| !below(other));
        self.gone.push(name.to_owned());
    }
}

fn dispatch(line: &Line, state: &mut State) -> Answer {
    let mut known = state.get::<Known>(&line.tool);
    let looks = matches!(
        line.command.as_str(),
        "list"
            | "get"
            | "status"
            | "version"
            | "holds"
            | "diff"
            | "iostat"
            | "history"
            | "events"
            | "wait"
            | "userspace"
            | "groupspace"
            | "projectspace"
    );
    if !looks && !state.is_root() {
        return Answer::fails(
            1,
            format!("cannot {} '{}': permission denied", line.command, line.operand(0)),
        );
    }
    let answer = if line.tool == "zfs" {
        zfs(line, state, &mut known)
    } else {
        zpool(line, state, &mut known)
    };
    if answer.code == 0 && !line.has("-n") {
        state.set(&line.tool, &known);
    }
    answer
}

fn missing(name: &str) -> Answer {
    Answer::fails(1, format!("cannot open '{name}': dataset does not exist"))
}

/// zfs(8), "Names": pool, datasets, at most one `@` or `#`.
fn wrong(name: &str) -> Option<Answer> {
    let plain = |c: char| c.is_alphanumeric() || "-_.: /@#%".contains(c);
    if let Some(bad) = name.chars().find(|c| !plain(*c)) {
        return Some(Answer::fails(
            1,
            format!("cannot open '{name}': invalid character '{bad}' in name"),
        ));
    }
    let (base, marks) =
        (name.split(['@', '#']).next().unwrap_or(name), name.matches(['@', '#']).count());
    if base.starts_with('/') || base.is_empty() {
        return Some(Answer::fails(1, format!("cannot open '{name}': leading slash in name")));
    }
    if base.ends_with('/') {
        return Some(Answer::fails(1, format!("cannot open '{name}': trailing slash in name")));
    }
    (marks > 1).then(|| {
        Answer::fails(
            1,
            format!("cannot open '{name}': multiple '@' and/or '#' delimiters in name"),
        )
    })
}

fn zfs(line: &Line, state: &mut State, known: &mut Known) -> Answer {
    let verb = line.command.as_str();
    let named: &[String] = match verb {
        "set" => {
            let pairs = line.operands.iter().take_while(|word| word.contains('=')).count();
            if pairs == 0 {
                return Answer::fails(2, "missing property=value argument(s)");
            }
            &line.operands[pairs..]
        }
        "get" | "inherit" | "hold" | "release" => line.operands.get(1..).unwrap_or_default(),
        "list" | "receive" | "snapshot" | "destroy" | "rollback" | "clone" | "promote"
        | "rename" | "send" | "mount" | "unmount" | "create" => &line.operands,
        _ => &[],
    };
    for name in named.iter().filter(|name| !name.starts_with('/')) {
        if let Some(answer) = wrong(name) {
            return answer;
        }
    }
    let exists = |known: &Known, name: &str| !known.is_gone(name);
    let first = line.operand(0);
    match verb {
        "list" => return list(line, known),
        "get" => return get(line, known),
        "version" => return Answer::prints("zfs (blackstart stand-in)"),
        "create" => {
            if known.made.contains_key(first) {
                return Answer::fails(
                    1,
                    format!("cannot create '{first}': dataset already exists"),
                );
            }
            known.make(first);
        }
        "snapshot" => {
            for name in &line.operands {
                let Some((dataset, _)) = name.split_once('@') else {
                    return Answer::fails(
                        1,
                        format!(
                            "cannot create snapshot '{name}': missing '@' delimiter in snapshot name"
                        ),
                    );
                };
                if !exists(known, dataset) {
                    return missing(dataset);
                }
                if known.made.contains_key(name) {
                    return Answer::fails(
                        1,
                        format!("cannot create snapshot '{name}': dataset already exists"),
                    );
                }
            }
            line.operands.iter().for_each(|name| known.make(name));
        }
        "destroy" => {
            if !exists(known, first) {
                return missing(first);
            }
            let has_children = known.made.keys().any(|name| {
                name.starts_with(&format!("{first}/")) || name.starts_with(&format!("{first}@"))
            });
            if has_children && !line.has("-r") && !line.has("-R") {
                return Answer::fails(
                    1,
                    format!(
                        "cannot destroy '{first}': filesystem has children\nuse '-r' to destroy the following datasets:"
                    ),
                );
            }
            if !line.has("-n") {
                known.destroy(first);
            }
        }
        "rollback" | "hold" | "release" | "promote" | "send" | "bookmark" => {
            let name = if matches!(verb, "hold" | "release") { line.operand(1) } else { first };
            if verb == "rollback" && !name.contains('@') {
                return Answer::fails(1, format!("cannot open '{name}': not a snapshot"));
            }
            if !name.is_empty() && !exists(known, name) {
                return missing(name);
            }
        }
        "clone" => {
            if !exists(known, first) {
                return missing(first);
            }
            if known.made.contains_key(line.operand(1)) {
                return Answer::fails(
                    1,
                    format!("cannot create '{}': dataset already exists", line.operand(1)),
                );
            }
            known.make(line.operand(1));
        }
        "rename" => {
            if !exists(known, first) {
                return missing(first);
            }
            known.destroy(first);
            known.make(line.operand(1));
        }
        "receive" => {
            let bytes = state.input().len();
            known.make(first);
            return Answer::quiet()
                .would(format!("receive a stream of {bytes} bytes or more into {first}"));
        }
        "set" => {
            for name in named {
                if !exists(known, name) {
                    return missing(name);
                }
                let own = known.made.entry(name.clone()).or_default();
                own.extend(
                    line.operands
                        .iter()
                        .filter_map(|word| word.split_once('='))
                        .map(|(key, value)| (key.to_owned(), value.to_owned())),
                );
            }
        }
        _ => {
            if let Some(name) = line.operands.iter().find(|name| known.is_gone(name)) {
                return missing(name);
            }
        }
    }
    Answer::quiet().would(format!("zfs {}", line.words.join(" ")))
}

fn list(line: &Line, known: &Known) -> Answer {
    if let Some(name) = line.operands.iter().find(|name| known.is_gone(name)) {
        return missing(name);
    }
    let kinds = line.value("-t").unwrap_or("filesystem,volume");
    let of_kind = |name: &str| {
        let snapshot = name.contains('@');
        kinds.split(',').any(|kind| {
            matches!(
                (kind, snapshot),
                ("all", _)
                    | ("snapshot" | "snap", true)
                    | ("filesystem" | "fs" | "volume" | "vol", false)
            )
        })
    };
    let below = |name: &str, top: &String| {
        name == top
            || line.has("-r")
                && name.strip_prefix(top.as_str()).is_some_and(|rest| rest.starts_with(['/', '@']))
    };
    let mut names: Vec<&str> =
        known.made.keys().map(String::as_str).filter(|name| of_kind(name)).collect();
    if !line.operands.is_empty() {
        names.retain(|name| line.operands.iter().any(|top| below(name, top)));
        let asked = line
            .operands
            .iter()
            .map(String::as_str)
            .filter(|name| !line.has("-t") || of_kind(name));
        let more: Vec<&str> = asked.filter(|name| !names.contains(name)).collect();
        names.extend(more);
    }
    names.sort_unstable();
    let fields: Vec<&str> =
        line.value("-o").unwrap_or("name,used,avail,refer,mountpoint").split(',').collect();
    let separator = if line.has("-H") { "\t" } else { "  " };
    let mut text = if line.has("-H") || names.is_empty() {
        String::new()
    } else {
        fields.join(separator).to_uppercase() + "\n"
    };
    for name in names {
        let property = |field: &&str| {
            known.made.get(name).and_then(|own| own.get(*field)).map_or("-", String::as_str)
        };
        let row: Vec<&str> = fields
            .iter()
            .map(|field| if *field == "name" { name } else { property(field) })
            .collect();
        text.push_str(&row.join(separator));
        text.push('\n');
    }
    Answer::prints(text)
}

fn get(line: &Line, known: &Known) -> Answer {
    let mut text = String::new();
    for name in line.operands.get(1..).unwrap_or_default() {
        if known.is_gone(name) {
            return missing(name);
        }
        for property in line.operand(0).split(',') {
            let value =
                known.made.get(name).and_then(|own| own.get(property)).map_or("-", String::as_str);
            let row = match line.value("-o") {
                Some("value") => value.to_owned(),
                Some(_) | None => format!("{name}\t{property}\t{value}\tlocal"),
            };
            text.push_str(&row);
            text.push('\n');
        }
    }
    Answer::prints(text)
}

fn zpool(line: &Line, state: &mut State, known: &mut Known) -> Answer {
    let (verb, pool) = (line.command.as_str(), line.operand(0));
    let no_pool = || Answer::fails(1, format!("cannot open '{pool}': no such pool"));
    if !matches!(verb, "create" | "import" | "list" | "status" | "labelclear")
        && known.is_gone(pool)
    {
        return no_pool();
    }
    match verb {
        "list" | "status" | "get" | "iostat" | "history" | "events" | "version" | "wait" => {
            if let Some(name) = line.operands.iter().find(|name| known.is_gone(name)) {
                return Answer::fails(1, format!("cannot open '{name}': no such pool"));
            }
            let mut names: Vec<String> = known.made.keys().cloned().collect();
            if verb != "get" && !pool.is_empty() {
                names = vec![pool.to_owned()];
            }
            return match verb {
                "status" if line.has("-x") => Answer::prints("all pools are healthy"),
                "status" => Answer::prints(
                    names
                        .iter()
                        .map(|name| {
                            format!(
                                "  pool: {name}\n state: ONLINE\nerrors: No known data errors\n"
                            )
                        })
                        .collect::<String>(),
                ),
                "list" => Answer::prints(names.join("\n")),
                _ => Answer::quiet(),
            };
        }
        "create" => {
            if known.made.contains_key(pool) {
                return Answer::fails(1, format!("cannot create '{pool}': pool already exists"));
            }
            for part in line.operands.iter().skip(1).filter(|part| part.starts_with("/dev/")) {
                if !super::devices::plausible(state, part) {
                    return Answer::fails(
                        1,
                        format!(
                            "cannot open '{part}': no such device in /dev\nmust be a full path or shorthand device name"
                        ),
                    );
                }
            }
            if !line.has("-n") {
                known.make(pool);
            }
        }
        "destroy" | "export" => known.destroy(pool),
        "import" if !pool.is_empty() => {
            known.make(if line.operand(1).is_empty() { pool } else { line.operand(1) })
        }
        _ => {}
    }
    Answer::quiet().would(format!("zpool {}", line.words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn datasets_are_what_calls_made_of_them() {
        let mut state = State::new("/nonexistent");
        for (line, code, out) in [
            ("zfs snapshot tank/db@before", 0, ""),
            ("zfs snapshot tank/db@before", 1, ""),
            ("zfs snapshot tank/db", 1, ""),
            ("zfs list -H -o name -t snapshot", 0, "tank/db@before\n"),
            ("zfs list -H -o name tank/other", 0, "tank/other\n"),
            ("zfs rollback -r tank/db@before", 0, ""),
            ("zfs rollback tank/db", 1, ""),
            ("zfs clone tank/db@before tank/copy", 0, ""),
            ("zfs set readonly=on tank/copy", 0, ""),
            ("zfs get -H -o value readonly tank/copy", 0, "on\n"),
            ("zfs destroy tank/db", 1, ""),
            ("zfs destroy -r tank/db", 0, ""),
            ("zfs rollback tank/db@before", 1, ""),
            ("zfs frob tank", 2, ""),
            ("zfs destroy -Z tank", 2, ""),
            ("zfs snapshot", 2, ""),
            (
                "zpool status tank",
                0,
                "  pool: tank\n state: ONLINE\nerrors: No known data errors\n",
            ),
            ("zpool export tank", 0, ""),
            ("zpool status tank", 1, ""),
            ("zpool import tank", 0, ""),
            ("zpool scrub tank", 0, ""),
        ] {
            let answer = ask(line, &mut state);
            assert_eq!((answer.code, answer.out.as_str()), (code, out), "{line}: {}", answer.err);
        }
        state.with_caller(1000);
        assert_eq!(ask("zfs destroy tank/copy", &mut state).code, 1);
    }
}
