//! redis-cli, etcdctl and the programs of MongoDB, where their server is outside; keys that were set are remembered.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeMap;

use super::answer::Answer;
use super::book::State;
use super::remote::{Server, Url, bounded, is_marked, mark, place, reason, write_mark};
use super::{Real, StandIn};
use crate::tools::usage::{Line, extra};

pub(super) const REDIS: StandIn =
    StandIn { names: &["redis-cli"], real: Real::Sometimes, answer: redis };
pub(super) const ETCD: StandIn =
    StandIn { names: &["etcdctl"], real: Real::Sometimes, answer: etcd };
pub(super) const MONGO: StandIn = StandIn {
    names: &["mongodump", "mongorestore", "mongosh"],
    real: Real::Sometimes,
    answer: mongo,
};

/// Keys by server and name; `None` is deleted.
type Keys = BTreeMap<String, Option<String>>;

fn redis(line: &Line, state: &mut State) -> Answer {
    let server = match (line.value("-s"), line.value("-u").and_then(|uri| Url::read(uri, "redis")))
    {
        (Some(socket), _) => Server::Socket(socket.to_owned()),
        (None, Some(url)) => Server::Address(url.host, url.port.unwrap_or(6379)),
        (None, None) => {
            let port = line.value("-p").and_then(|port| port.parse().ok()).unwrap_or(6379);
            Server::Address(line.value("-h").unwrap_or("127.0.0.1").to_owned(), port)
        }
    };
    if server.is_inside(state, &["redis", "valkey"]) {
        return Answer::hands_over();
    }
    for flag in ["--rdb", "--functions-rdb"] {
        if let Some(file) = line.value(flag) {
            let what = format!("the data of {server} was not fetched");
            return match file {
                "-" => Answer::prints(mark("", &what)).would(format!("fetch the data of {server}")),
                file => match write_mark(state, file, "", &what) {
                    Ok(()) => {
                        Answer::quiet().would(format!("fetch the data of {server} to {file}"))
                    }
                    Err(error) => {
                        Answer::fails(1, format!("Error opening '{file}': {}", reason(&error)))
                    }
                },
            };
        }
    }
    let words: Vec<String> = if line.operands.is_empty() {
        state.input().split_whitespace().map(str::to_owned).collect()
    } else {
        line.operands.clone()
    };
    let Some(command) = words.first().map(|word| word.to_ascii_uppercase()) else {
        return Answer::quiet().would(format!("connect to {server}"));
    };
    if !extra("redis-cli", "redis-commands").split_ascii_whitespace().any(|known| known == command)
    {
        let mut answer = Answer::prints(format!(
            "ERR unknown command '{}', with args beginning with: ",
            words[0]
        ));
        answer.code = u8::from(line.has("-e"));
        return answer;
    }
    let mut keys: Keys = state.get("redis");
    let name = |key: &str| format!("{server}/{}/{key}", line.value("-n").unwrap_or("0"));
    let out = match (command.as_str(), words.get(1), words.get(2)) {
        ("PING", None, _) => "PONG\n".to_owned(),
        ("ECHO" | "PING", Some(text), _) => format!("{text}\n"),
        ("SET", Some(key), Some(value)) => {
            keys.insert(name(key), Some(value.clone()));
            "OK\n".to_owned()
        }
        ("GET", Some(key), _) => match keys.get(&name(key)) {
            Some(Some(value)) => format!("{value}\n"),
            Some(None) => "\n".to_owned(),
            None => String::new(),
        },
        ("DEL" | "UNLINK", Some(key), _) => {
            keys.insert(name(key), None);
            String::new()
        }
        ("FLUSHALL" | "FLUSHDB", ..) => {
            keys.values_mut().for_each(|value| *value = None);
            "OK\n".to_owned()
        }
        ("SAVE" | "REPLICAOF" | "SLAVEOF" | "SELECT" | "AUTH" | "FAILOVER", ..) => {
            "OK\n".to_owned()
        }
        ("CONFIG", Some(what), _) if !what.eq_ignore_ascii_case("get") => "OK\n".to_owned(),
        ("BGSAVE", ..) => "Background saving started\n".to_owned(),
        ("BGREWRITEAOF", ..) => "Background append only file rewriting started\n".to_owned(),
        _ => String::new(),
    };
    state.set("redis", &keys);
    let mut answer = Answer::quiet().would(format!("ask {server}: {}", bounded(&words.join(" "))));
    answer.out = out;
    answer
}

fn etcd(line: &Line, state: &mut State) -> Answer {
    let command = line.command.as_str();
    let file = line.operand(0);
    match command {
        "version" => return Answer::prints("etcdctl version: blackstart stand-in\nAPI version: 3"),
        // A saved file is looked at without a server.
        "snapshot status" | "snapshot restore" if !place(state, file).exists() => {
            return Answer::fails(1, format!("Error: stat {file}: no such file or directory"));
        }
        "snapshot status" | "snapshot restore" if !is_marked(state, file) => {
            return Answer::hands_over();
        }
        "snapshot status" => {
            return Answer::quiet().would(format!("look at {file}, which is a stand-in's"));
        }
        "snapshot restore" => {
            let directory = line.value("--data-dir").map_or_else(
                || format!("{}.etcd", line.value("--name").unwrap_or("default")),
                str::to_owned,
            );
            if place(state, &directory).exists() {
                return Answer::fails(
                    1,
                    format!("Error: data-dir \"{directory}\" not empty or could not be read"),
                );
            }
            let member = format!("{directory}/member");
            let made = std::fs::create_dir_all(place(state, &member));
            let written = made.and_then(|()| {
                write_mark(
                    state,
                    &format!("{member}/snap"),
                    "",
                    &format!("{file} was not restored"),
                )
            });
            return match written {
                Ok(()) => Answer::quiet().would(format!("restore {file} to {directory}")),
                Err(error) => Answer::fails(1, format!("Error: {}", reason(&error))),
            };
        }
        _ => {}
    }
    let given = line.value("--endpoints").map(str::to_owned);
    let endpoints = given
        .or_else(|| std::env::var("ETCDCTL_ENDPOINTS").ok())
        .unwrap_or_else(|| "127.0.0.1:2379".to_owned());
    let urls: Vec<Url> = endpoints.split(',').filter_map(|one| Url::read(one, "http")).collect();
    let servers: Vec<Server> =
        urls.into_iter().map(|url| Server::Address(url.host, url.port.unwrap_or(2379))).collect();
    if servers.iter().any(|server| server.is_inside(state, &["etcd"])) {
        return Answer::hands_over();
    }
    let shown = mark_free(&endpoints);
    let mut keys: Keys = state.get("etcd");
    let answer = match command {
        "put" => {
            let value = line.operands.get(1).cloned().unwrap_or_else(|| state.input());
            keys.insert(file.to_owned(), Some(value));
            Answer::prints("OK")
        }
        "get" => match keys.get(file) {
            Some(Some(value)) if line.has("--print-value-only") => Answer::prints(value.as_str()),
            Some(Some(value)) => Answer::prints(format!("{file}\n{value}")),
            Some(None) | None => Answer::quiet(),
        },
        "del" => {
            keys.insert(file.to_owned(), None);
            Answer::quiet()
        }
        "endpoint health" => Answer::prints(
            endpoints
                .split(',')
                .map(|one| {
                    format!("{one} is healthy: successfully committed proposal: took = 0s\n")
                })
                .collect::<String>(),
        ),
        "snapshot save" => {
            match write_mark(state, file, "", &format!("the keys of {shown} were not saved")) {
                Ok(()) => Answer::prints(format!("Snapshot saved at {file}")),
                Err(error) => {
                    return Answer::fails(
                        1,
                        format!("Error: could not open {file}.part ({})", reason(&error)),
                    );
                }
            }
        }
        _ => Answer::quiet(),
    };
    state.set("etcd", &keys);
    answer.would(format!("{command} {} at {shown}", bounded(&line.operands.join(" "))))
}

fn mark_free(endpoints: &str) -> String {
    endpoints.split(',').map(super::mask::text).collect::<Vec<_>>().join(",")
}

fn mongo(line: &Line, state: &mut State) -> Answer {
    let tool = line.tool.as_str();
    let uri = line.value("--uri").or_else(|| {
        let first = line.operands.first().map(String::as_str)?;
        (first.contains("://") || tool == "mongosh").then_some(first)
    });
    let url = uri
        .filter(|uri| uri.contains("://") || uri.contains(':') || uri.contains('/'))
        .and_then(|uri| Url::read(uri, "mongodb"));
    let (host, port) = match &url {
        Some(url) => (url.host.split(',').next().unwrap_or("").to_owned(), url.port),
        None => {
            let host = line.value("--host").unwrap_or("localhost");
            let host = host.rsplit('/').next().unwrap_or(host).split(',').next().unwrap_or(host);
            let (host, port) = host
                .rsplit_once(':')
                .map_or((host, None), |(host, port)| (host, port.parse().ok()));
            (host.to_owned(), port)
        }
    };
    let port = line.value("--port").and_then(|port| port.parse().ok()).or(port).unwrap_or(27017);
    let server = Server::Address(host, port);
    if server.is_inside(state, &["mongod"]) || line.has("--nodb") {
        return Answer::hands_over();
    }
    match tool {
        "mongodump" => {
            let what = format!("mongodump of {server} was not run");
            let would = format!("mongodump of {server}");
            if line.has("--archive") {
                return match line.value("--archive") {
                    None | Some("-") => Answer::prints(mark("", &what)).would(would),
                    Some(file) => written(write_mark(state, file, "", &what), file, &would),
                };
            }
            let directory = match line.value("--out").unwrap_or("dump") {
                "-" => return Answer::prints(mark("", &what)).would(would),
                directory => directory,
            };
            let made = std::fs::create_dir_all(place(state, directory));
            let file = format!("{}/oplog.bson", directory.trim_end_matches('/'));
            written(made.and_then(|()| write_mark(state, &file, "", &what)), directory, &would)
        }
        "mongorestore" => {
            let from = line.value("--archive").or_else(|| line.value("--dir")).or_else(|| {
                line.operands.iter().map(String::as_str).find(|word| !word.contains("://"))
            });
            match from.or_else(|| (!line.has("--archive")).then_some("dump")) {
                Some(from) if from != "-" && !place(state, from).exists() => {
                    Answer::fails(1, format!("Failed: stat {from}: no such file or directory"))
                }
                from => Answer::quiet()
                    .would(format!("restore {} to {server}", from.unwrap_or("standard input"))),
            }
        }
        _ => {
            if let Some(file) = line.value("--file").filter(|file| !place(state, file).exists()) {
                return Answer::fails(
                    1,
                    format!("Error: ENOENT: no such file or directory, open '{file}'"),
                );
            }
            let text = line.values("--eval").join("; ");
            let text = if text.is_empty() && !line.has("--file") { state.input() } else { text };
            Answer::quiet().would(format!("ask {server}: {}", bounded(&text)))
        }
    }
}

fn written(written: std::io::Result<()>, file: &str, would: &str) -> Answer {
    match written {
        Ok(()) => Answer::quiet().would(format!("{would} to {file}")),
        Err(error) => {
            Answer::fails(1, format!("Failed: error creating {file}: {}", reason(&error)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn keys_are_remembered_and_what_is_saved_is_marked() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::new(directory.path());
        let table = [
            ("redis-cli -h r1 PING", 0, "PONG\n"),
            ("redis-cli -h r1 GET a", 0, ""),
            ("redis-cli -h r1 SET a 1", 0, "OK\n"),
            ("redis-cli -h r1 GET a", 0, "1\n"),
            ("redis-cli -h r1 DEL a", 0, ""),
            ("redis-cli -h r1 GET a", 0, "\n"),
            (
                "redis-cli -h r1 -e NOPE x",
                1,
                "ERR unknown command 'NOPE', with args beginning with: \n",
            ),
            ("redis-cli --foo", 1, ""),
            ("redis-cli -h r1 --rdb /r.rdb", 0, ""),
            ("etcdctl --endpoints=https://e1:2379 put k v", 0, "OK\n"),
            ("etcdctl --endpoints=https://e1:2379 get k --print-value-only", 0, "v\n"),
            (
                "etcdctl --endpoints e1:2379 endpoint health",
                0,
                "e1:2379 is healthy: successfully committed proposal: took = 0s\n",
            ),
            ("etcdctl --endpoints e1:2379 snapshot save /e.db", 0, "Snapshot saved at /e.db\n"),
            ("etcdctl snapshot status /e.db", 0, ""),
            ("etcdctl snapshot restore /e.db --data-dir /etcd", 0, ""),
            ("etcdctl snapshot restore /e.db --data-dir /etcd", 1, ""),
            ("etcdctl snapshot restore /missing.db", 1, ""),
            ("etcdctl snapshot save", 128, ""),
            ("etcdctl foo", 1, ""),
            ("mongodump --uri=mongodb://u:secret@m1/ --archive=/m.gz --gzip", 0, ""),
            ("mongorestore --host m1 --archive=/m.gz --drop", 0, ""),
            ("mongorestore --host m1 /missing", 1, ""),
            ("mongodump --host m1 --foo", 1, ""),
            ("mongosh mongodb://m1/admin --eval db.x()", 0, ""),
        ];
        for (line, code, out) in table {
            let answer = ask(line, &mut state);
            assert_eq!((answer.code, answer.out.as_str()), (code, out), "{line}: {}", answer.err);
            assert!(!answer.would.join(" ").contains("secret"), "{line}");
        }
        for file in ["r.rdb", "e.db", "m.gz", "etcd/member/snap"] {
            assert!(
                std::fs::read_to_string(directory.path().join(file))
                    .unwrap()
                    .starts_with("blackstart stand-in:"),
                "{file}"
            );
        }
    }
}
