//! What a script does with a Redis (or Valkey) server: its data files, its stops, the commands it is sent.

use super::names::{looks_backup, looks_scratch};
use super::{Context, Run, Unit};
use crate::base::AssetKind;
use crate::shell::ast::RedirectKind;
use crate::shell::{Argument, Command, path};
use crate::tools::{Role, tar};

/// Names of the clients.
pub const CLIENTS: &[&str] = &["redis-cli", "valkey-cli", "keydb-cli"];

/// Returns the words of every command a client is sent, on its line or its standard input, in capitals.
pub fn sent(command: &Command) -> Vec<Vec<String>> {
    if !command.is(CLIENTS) {
        return Vec::new();
    }
    let upper = |text: &str| text.split_whitespace().map(str::to_ascii_uppercase).collect();
    let line: Vec<String> =
        command.arguments().iter().map(|a| a.shown().to_ascii_uppercase()).collect();
    let mut found = vec![line];
    found.extend(command.input.iter().flat_map(|input| {
        input.shown().split(['\n', ';']).map(upper).collect::<Vec<Vec<String>>>()
    }));
    found
}

/// Tells whether a client is sent one of these commands.
pub fn sends(command: &Command, names: &[&str]) -> bool {
    sent(command).iter().flatten().any(|word| names.contains(&word.as_str()))
}

/// The programs that put files in their places, for [`replaces_snapshot`].
pub const REPLACERS: &[&str] = &["cp", "mv", "install", "rsync", "scp", "tar"];

/// Returns the snapshot file of a server that a command replaces.
pub fn replaces_snapshot(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> Option<String> {
    let command = run.command;
    if command.setting.substituted {
        return None;
    }
    let is_data = |path: &str| in_data_directory(context, path);
    let mut targets: Vec<String> = command
        .redirects
        .iter()
        .filter(|r| r.kind == RedirectKind::Truncate && r.descriptor.is_none_or(|d| d == 1))
        .map(|r| command.path(&r.target))
        .collect();
    if command.is(&["cp", "mv", "install", "rsync", "scp"])
        && let Some(call) = unit.take_apart(command)
    {
        let sources: Vec<String> =
            call.of_role(Role::Source).into_iter().map(|w| unit.path(command, w)).collect();
        let sources = if sources.is_empty() {
            let before = call.operands.len().saturating_sub(1);
            call.operands[..before].iter().map(|w| unit.path(command, w)).collect()
        } else {
            sources
        };
        if sources.iter().any(|source| is_data(source)) {
            return None;
        }
        if let Some(last) = call.operands.last().filter(|_| call.operands.len() > 1) {
            let target = unit.path(command, last);
            let brings = sources.iter().any(|source| source.ends_with(".rdb"));
            let whole = target.ends_with(".rdb");
            if whole || brings {
                targets.push(target);
            }
        }
    }
    if command.is(&["tar"])
        && let Some(call) = unit.take_apart(command)
        && tar::mode(call) == tar::Mode::Extract
        && let Some(word) = call.value(&["directory"])
    {
        targets.push(unit.path(command, word));
    }
    targets.into_iter().find(|target| {
        let argument = Argument::text(target, command.span);
        let place = path::parent(target).unwrap_or_default();
        let named = path::file_name(target) == "dump.rdb" && target.starts_with('/');
        (is_data(target) || named && !looks_scratch(place))
            && !looks_backup(place)
            && !unit.is_fresh(command, &argument)
    })
}

/// Tells whether a path lies where a server keeps its data, by custom or by the inventory.
fn in_data_directory(context: &Context<'_>, at: &str) -> bool {
    let known = ["/var/lib/redis", "/var/lib/valkey", "/var/lib/keydb"];
    let assets = context.inventory.map(|inventory| &inventory.assets);
    let mut own = assets.into_iter().flatten().filter(|asset| asset.kind == AssetKind::Redis);
    known.iter().any(|root| path::within(at, root))
        || own.any(|asset| asset.paths.iter().any(|p| path::within(at, &path::absolute(p, None))))
}

/// Tells whether a command stops a server.
pub fn stops(command: &Command) -> bool {
    let words = command.literals();
    let has = |names: &[&str]| words.iter().any(|word| names.contains(word));
    let server =
        || words.iter().any(|w| ["redis", "valkey", "keydb"].iter().any(|n| w.contains(n)));
    command.is(&["systemctl", "service", "rc-service", "supervisorctl"])
        && has(&["stop", "kill"])
        && server()
        || command.is(&["docker", "podman", "docker-compose", "kubectl"])
            && has(&["stop", "kill", "down", "scale", "delete"])
        || command.is(&["pkill", "killall", "kill"])
        || command.name().is_some_and(|name| name.starts_with("redis") && name.ends_with("-server"))
            && has(&["stop"])
        || sends(command, &["SHUTDOWN"])
}

/// Tells whether a command starts a server.
pub fn starts(command: &Command) -> bool {
    let words = command.literals();
    let has = |names: &[&str]| words.iter().any(|word| names.contains(word));
    let server =
        || words.iter().any(|w| ["redis", "valkey", "keydb"].iter().any(|n| w.contains(n)));
    command.is(&["systemctl", "service", "rc-service", "docker", "podman"])
        && has(&["start", "restart", "up"])
        && server()
        || command.is(&["redis-server", "valkey-server"])
}
