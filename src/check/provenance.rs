//! What a script made itself: containers, servers in new directories, volumes. Nothing in them can be live.

use super::{Context, Run, Unit};
use crate::shell::{Argument, Command, Origin};

/// Tells whether a command works in something that the script made before: a container that it runs, a server that it
/// started on a new directory.
pub fn made_here(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    in_own_container(context, unit, run) || on_own_server(context, unit, run)
}

/// Tells whether a command runs in a container that the script started under this name (`docker run --name x`), or whose
/// id it kept (`id=$(docker run -d …)`).
fn in_own_container(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    let engines = ["docker", "podman", "nerdctl"];
    let setting = &run.command.setting;
    if !setting.contained || !run.command.wrappers.iter().any(|w| engines.contains(&w.as_str())) {
        return false;
    }
    let line = unit.slice(run.command.span);
    context.before(unit, run).any(|(other_unit, other)| {
        let command = other.command;
        let starts = command.is(&engines) && (command.has("run") || command.has("create"));
        // What lies on the host and can be written inside may be live.
        let words = command.arguments();
        let handed = words.iter().enumerate().any(|(at, word)| {
            let flag = matches!(word.literal(), Some("-v" | "--volume" | "--mount"));
            let value = words.get(at + 1).filter(|_| flag);
            value.is_some_and(|value| {
                let shown = value.shown();
                let guarded =
                    shown.ends_with(":ro") || shown.contains("readonly") || shown.contains(":ro,");
                !guarded && !anew(other_unit, command, value)
            })
        });
        if !starts || handed {
            return false;
        }
        let at = words.iter().position(|a| a.literal() == Some("--name"));
        let next = at.and_then(|at| words.get(at + 1)).map(|a| other_unit.slice(a.span));
        let attached = words.iter().find(|a| a.prefix().starts_with("--name="));
        let attached =
            attached.and_then(|a| other_unit.slice(a.span).split_once('=')).map(|(_, v)| v);
        let named = next.or(attached).map(bare).filter(|name| name.len() > 1);
        let by_name =
            named.is_some_and(|name| line.split_whitespace().any(|word| bare(word) == name));
        by_name || command.setting.substituted && kept_as(other_unit, command, line)
    })
}

/// Returns a word of a script without its quotes and braces.
fn bare(word: &str) -> &str {
    word.trim_matches(['"', '\'', ';', ')'])
        .trim_start_matches("${")
        .trim_start_matches('$')
        .trim_end_matches('}')
}

/// Tells whether the variable that a substitution is assigned to is used in a line.
fn kept_as(unit: &Unit<'_>, command: &Command, line: &str) -> bool {
    let before = unit.text.get(..command.span.start).unwrap_or_default();
    let head = before.rsplit('\n').next().unwrap_or_default();
    let name = head.trim_end_matches(['$', '(', '"', '=']).rsplit([' ', '\t', ';']).next();
    let used = |name: &str| {
        line.split_whitespace().any(|word| word.starts_with(['$', '"']) && bare(word) == name)
    };
    name.filter(|name| !name.is_empty()).is_some_and(used)
}

/// Programs that make or start a server.
const SERVERS: &[&str] = &[
    "initdb",
    "pg_ctl",
    "postgres",
    "pg_createcluster",
    "mysqld",
    "mariadbd",
    "mysql_install_db",
    "mariadb-install-db",
    "redis-server",
    "mongod",
    "pg_virtualenv",
];

/// Tells whether a client goes to a server that the script started on a directory that it made.
fn on_own_server(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    let Some(call) = unit.take_apart(run.command) else { return false };
    let started = || {
        context.named_before(unit, run, SERVERS).any(|(unit, other)| {
            other.command.arguments().iter().any(|a| anew(unit, other.command, a))
        })
    };
    let place = call.flags.iter().filter(|flag| {
        matches!(
            flag.name.as_str(),
            "host" | "h" | "socket" | "S" | "s" | "unix-socket" | "pgdata" | "datadir"
        )
    });
    let mut place = place.filter_map(|flag| run.command.words.get(flag.value.as_ref()?.index));
    if place.any(|a| anew(unit, run.command, a)) {
        return true;
    }
    let said = call.has(&["host", "h", "socket", "S", "uri"]);
    let by_setting = ["PGHOST=", "PGPORT=", "MYSQL_UNIX_PORT=", "MYSQL_TCP_PORT="];
    let told = || {
        let told = || by_setting.iter().any(|name| unit.text.contains(name));
        *unit.lookups.server_told.get_or_init(told)
    };
    !said && (told() || call.has(&["port", "p", "P"])) && started()
}

fn anew(unit: &Unit<'_>, command: &Command, argument: &Argument) -> bool {
    argument.comes_from(Origin::Temporary) || unit.is_fresh(command, argument)
}
