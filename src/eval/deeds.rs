//! What a parsed command does, and to what.

use super::pattern::Deed;
use crate::base::Risk;
use crate::check::Unit;
use crate::shell::Command;
use crate::shell::ast::RedirectKind;
use crate::sql::{self, Dialect};
use crate::tools::{Call, Role, Word};

/// One thing a command does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Does {
    /// What.
    pub deed: Deed,
    /// To what: a service without its suffix, an absolute path, an address, a resource.
    pub on: String,
    /// Whether the name is certain before the run.
    pub certain: bool,
}

/// Everything one command does, and the statements it runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effect {
    /// What it does.
    pub does: Vec<Does>,
    /// The SQL statements, in capitals, quoted text as `''`.
    pub statements: Vec<String>,
}

impl Effect {
    /// Returns the effect of text that runs and cannot be read beforehand.
    pub fn unseen(why: &str) -> Self {
        let does = vec![Does { deed: Deed::RunsUnseen, on: why.to_owned(), certain: false }];
        Self { does, statements: vec![] }
    }
}

/// Programs that read SQL.
const CLIENTS: &[&str] = &["psql", "mysql", "mariadb", "sqlite3"];

/// Programs that carry what they are given away from the machine.
const SENDERS: &[&str] =
    &["nc", "ncat", "netcat", "socat", "mail", "mailx", "sendmail", "mutt", "ftp", "telnet"];

/// Programs that print the files they are given.
const READERS: &[&str] = &["cat", "zcat", "xzcat", "zstdcat", "bzcat", "lz4cat"];

/// Returns what a command does. What its tool's description does not say is not guessed.
pub fn of(unit: &Unit<'_>, command: &Command) -> Effect {
    let mut effect = Effect::default();
    redirects(command, &mut effect);
    let Some(name) = command.name() else {
        return effect;
    };
    if SENDERS.contains(&name) {
        for word in command.arguments() {
            add(&mut effect, Deed::Sends, word.shown(), word.literal().is_some());
        }
    }
    if READERS.contains(&name) {
        for word in command.arguments().iter().filter(|word| !word.shown().starts_with('-')) {
            add(&mut effect, Deed::Reads, command.path(word), word.literal().is_some());
        }
    }
    let Some(call) = unit.take_apart(command) else {
        return effect;
    };
    services(call, &mut effect);
    clouds(call, &mut effect);
    network(call, &mut effect);
    if CLIENTS.contains(&call.name) {
        effect.statements = statements(call, command);
        for statement in effect.statements.clone() {
            of_statement(&statement, &mut effect);
        }
    }
    paths(unit, command, call, &mut effect);
    effect.does.sort();
    effect.does.dedup();
    effect
}

fn add(effect: &mut Effect, deed: Deed, on: impl Into<String>, certain: bool) {
    effect.does.push(Does { deed, on: on.into(), certain });
}

fn redirects(command: &Command, effect: &mut Effect) {
    for redirect in &command.redirects {
        let path = command.path(&redirect.target);
        let certain = redirect.target.literal().is_some();
        match redirect.kind {
            RedirectKind::Truncate | RedirectKind::Append | RedirectKind::ReadWrite => {
                add(effect, Deed::Writes, path, certain);
            }
            RedirectKind::Read => add(effect, Deed::Reads, path, certain),
            RedirectKind::Duplicate | RedirectKind::Heredoc | RedirectKind::HereString => {}
        }
    }
}

/// Returns the name of a unit without `.service`.
fn unit_name(word: &Word) -> String {
    word.text.strip_suffix(".service").unwrap_or(&word.text).to_owned()
}

fn services(call: &Call<'_>, effect: &mut Effect) {
    let mut act = |verb: &str, on: String, certain: bool| match verb {
        "stop" | "kill" | "mask" | "isolate" => add(effect, Deed::Stops, on, certain),
        "restart" | "reload-or-restart" | "try-restart" | "condrestart" => {
            add(effect, Deed::Stops, on.clone(), certain);
            add(effect, Deed::Starts, on, certain);
        }
        "start" => add(effect, Deed::Starts, on, certain),
        "promote" => add(effect, Deed::Promotes, on, certain),
        _ => {}
    };
    let verb = call.operand(0);
    match call.name {
        "systemctl" => {
            // `enable --now` starts, `disable --now` stops.
            let verb = match (verb, call.has(&["now"])) {
                ("enable", true) => "start",
                ("disable", true) => "stop",
                _ => verb,
            };
            for word in call.operands.iter().skip(1) {
                act(verb, unit_name(word), word.certain);
            }
        }
        "service" => {
            if let Some(word) = call.operands.first() {
                act(call.operand(1), unit_name(word), word.certain);
            }
        }
        "pg_ctl" => {
            let data = call.value(&["pgdata", "D"]);
            act(verb, data.map_or(String::new(), |word| word.text.clone()), true);
        }
        "pg_ctlcluster" => {
            let name = format!("postgresql@{}-{}", call.operand(0), call.operand(1));
            act(call.operand(2), name, true);
        }
        "repmgr" if call.names("promote") => act("promote", "repmgr".into(), true),
        "patronictl" if matches!(verb, "failover" | "switchover") => {
            act("promote", call.operand(1).to_owned(), true);
        }
        "mysqladmin" | "mariadb-admin" if call.names("shutdown") => {
            act("stop", "mysqld".into(), true);
        }
        "pkill" | "killall" => {
            for word in &call.operands {
                act("stop", word.text.clone(), word.certain);
            }
        }
        "reboot" | "shutdown" | "poweroff" | "halt" => act("stop", "machine".into(), true),
        _ => {}
    }
}

fn clouds(call: &Call<'_>, effect: &mut Effect) {
    let cluster = matches!(call.name, "kubectl" | "oc");
    let container = matches!(call.name, "docker" | "podman" | "nerdctl");
    if call.tool.name != "aws" {
        return;
    }
    // A resource is named `kind name` or `kind/name`; both are kept, so that either can be asked for.
    let resources = |skip: usize| {
        let words: Vec<&str> =
            call.operands.iter().skip(skip).map(|word| word.text.as_str()).collect();
        let pairs: Vec<String> = words.windows(2).map(|pair| pair.join("/")).collect();
        words.iter().map(|word| (*word).to_owned()).chain(pairs).collect::<Vec<_>>()
    };
    let stops = cluster
        && call.operand(0) == "scale"
        && call.value(&["replicas"]).is_some_and(|word| word.text == "0")
        || container && matches!(call.operand(0), "stop" | "kill");
    if stops {
        resources(1).into_iter().for_each(|on| add(effect, Deed::Stops, on, true));
    } else if container && call.operand(0) == "start" {
        resources(1).into_iter().for_each(|on| add(effect, Deed::Starts, on, true));
    } else if matches!(call.risk(), Risk::Destructive | Risk::Irreversible) {
        // What nobody knows is no proof of a deletion.
        resources(0).into_iter().for_each(|on| add(effect, Deed::Deletes, on, true));
    }
}

fn network(call: &Call<'_>, effect: &mut Effect) {
    if call.tool.name != "curl" {
        return;
    }
    let sends = call.has(&[
        "data",
        "data-binary",
        "data-raw",
        "form",
        "F",
        "upload-file",
        "post-data",
        "post-file",
        "body-file",
        "json",
    ]);
    let deed = if sends { Deed::Sends } else { Deed::Fetches };
    for word in &call.operands {
        add(effect, deed, word.text.clone(), word.certain);
    }
}

fn statements(call: &Call<'_>, command: &Command) -> Vec<String> {
    let words = call.flags.iter().filter(|flag| flag.role == Role::Sql);
    let words = words.filter_map(|flag| flag.value.as_ref()).map(|word| word.text.clone());
    let operands = call.operands.iter().skip(1).filter(|_| call.name == "sqlite3");
    let operands = operands.map(|word| word.text.clone());
    let input = command.input.as_ref().map(|text| text.shown().into_owned());
    let dialect = Dialect::of_client(call.name).unwrap_or(Dialect::Postgres);
    let scripts = words.chain(operands).chain(input).map(|text| sql::read(&text, dialect));
    scripts.flat_map(|script| script.statements).map(|statement| statement.text).collect()
}

fn of_statement(statement: &str, effect: &mut Effect) {
    let starts = |words: &[&str]| words.iter().any(|word| statement.starts_with(word));
    if starts(&["STOP SLAVE", "STOP REPLICA", "STOP ALL SLAVES", "STOP GROUP_REPLICATION"]) {
        add(effect, Deed::Stops, "replication", true);
    } else if starts(&["START SLAVE", "START REPLICA", "START ALL SLAVES"]) {
        add(effect, Deed::Starts, "replication", true);
    } else if statement.contains("PG_PROMOTE(") {
        add(effect, Deed::Promotes, "standby", true);
    }
}

fn paths(unit: &Unit<'_>, command: &Command, call: &Call<'_>, effect: &mut Effect) {
    let clears = call.tool.name == "rsync"
        && call
            .flags
            .iter()
            .any(|flag| flag.name.starts_with("delete") || flag.name == "remove-source-files");
    // A compressor that prints leaves the file it is given as it was.
    let prints = call.tool.name == "gzip" && call.has(&["stdout", "test", "list"]);
    for (role, word) in call.roles() {
        let deed = match role {
            Role::Change if prints => Deed::Reads,
            Role::Source if call.name == "mv" => Deed::Moves,
            Role::Source => Deed::Reads,
            Role::Target if clears => Deed::Deletes,
            // `pg_controldata -D` names what others write to, and only looks at it.
            Role::Target | Role::Change | Role::Device if call.risk() == Risk::Read => Deed::Reads,
            Role::Target | Role::Change | Role::Device => Deed::Writes,
            Role::Delete => Deed::Deletes,
            Role::Text | Role::Remote | Role::Sql | Role::Command => continue,
        };
        // `host:path` is a path elsewhere.
        let (host, text) = match word.text.split_once(':') {
            Some((host, path)) if !host.contains('/') && !path.is_empty() => (Some(host), path),
            _ => (None, word.text.as_str()),
        };
        if host.is_some() && deed == Deed::Writes {
            add(effect, Deed::Sends, word.text.clone(), word.certain);
        }
        let path = match host {
            Some(_) => crate::shell::path::absolute(text, None),
            None => unit.path(command, word),
        };
        add(effect, deed, path, word.certain);
    }
    let tree =
        |flag: &[&str]| call.value(flag).map(|word| (unit.path(command, word), word.certain));
    match call.tool.name {
        "tar" if call.has(&["extract", "get"]) => {
            if let Some((path, certain)) = tree(&["directory"]) {
                add(effect, Deed::Writes, path, certain);
            }
            if let Some((path, certain)) = tree(&["file"]) {
                add(effect, Deed::Reads, path, certain);
            }
        }
        "find" if call.has(&["delete"]) => {
            for word in &call.operands {
                add(effect, Deed::Deletes, unit.path(command, word), word.certain);
            }
        }
        _ => {}
    }
}
