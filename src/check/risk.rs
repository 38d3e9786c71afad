//! The harm of a command and of a whole text.

use super::unit::Unit;
use crate::base::Risk;
use crate::shell::ast::RedirectKind;
use crate::shell::{Argument, Command, Origin, Piece, Redirection, path};
use crate::sql::{self, Dialect};
use crate::tools::{self, Role, Word};

/// Directories in which a command of a known name is that command.
const TRUSTED: &[&str] = &["/bin/", "/usr/", "/sbin/", "/opt/", "/snap/", "/lib/", "/nix/"];

/// Returns the harm of a text: that of its worst command, `unknown` where part of it cannot be read.
pub fn of_unit(unit: &Unit<'_>) -> Risk {
    if let Some(script) = unit.queries {
        return script.risk();
    }
    if !unit.script.parsed || !unit.commands.opaque.is_empty() {
        return Risk::Unknown;
    }
    unit.commands.list.iter().map(|c| of_command(unit, c)).max().unwrap_or(Risk::Read)
}

/// Returns the harm of one command with its redirects.
pub fn of_command(unit: &Unit<'_>, command: &Command) -> Risk {
    *unit.known(command).risk.get_or_init(|| judged(unit, command))
}

fn judged(unit: &Unit<'_>, command: &Command) -> Risk {
    let redirects = command.redirects.iter().map(|r| of_redirect(unit, command, r)).max();
    let words = if command.words.is_empty() { Risk::Read } else { of_words(unit, command) };
    let mut own = words.max(redirects.unwrap_or(Risk::Read));
    if own < Risk::Destructive && super::vital::taken(unit, command).is_some() {
        own = Risk::Destructive;
    }
    // What is put where it runs later, or under the name of a command, is a program nobody has read.
    if own > Risk::Read && written(unit, command).any(|path| runs_later(&path)) {
        return Risk::Unknown;
    }
    own
}

/// Returns what a command writes where it runs later, for a command of which that makes the harm unknown.
pub fn written_to_run_later(unit: &Unit<'_>, command: &Command) -> Option<String> {
    let harm = if command.words.is_empty() { Risk::Read } else { of_words(unit, command) };
    written(unit, command).filter(|_| harm != Risk::Unknown).find(|path| runs_later(path))
}

/// Returns the files a command writes, as far as they are named.
fn written<'u>(unit: &'u Unit<'_>, command: &'u Command) -> impl Iterator<Item = String> + 'u {
    let writes = |r: &&Redirection| matches!(r.kind, RedirectKind::Truncate | RedirectKind::Append);
    let redirects = command.redirects.iter().filter(writes).map(|r| command.path(&r.target));
    let call = unit.take_apart(command).filter(|call| call.risk() > Risk::Read);
    let words = call.into_iter().flat_map(move |call| {
        let link = call.operands.last().filter(|_| call.name == "ln");
        let targets = call.roles().into_iter().filter(|(role, _)| *role == Role::Target);
        let targets: Vec<&Word> = targets.map(|(_, word)| word).chain(link).collect();
        targets.into_iter().map(|word| unit.path(command, word))
    });
    redirects.chain(words)
}

/// Tells whether what a file holds is run without being called by its own name: at login, by cron, or as a command.
fn runs_later(path: &str) -> bool {
    let names = [
        ".bashrc",
        ".profile",
        ".bash_profile",
        ".bash_login",
        ".bash_logout",
        ".zshrc",
        ".zshenv",
        ".zprofile",
    ];
    let files = [
        "/etc/profile",
        "/etc/bash.bashrc",
        "/etc/environment",
        "/etc/ld.so.preload",
        "/etc/rc.local",
        "/etc/crontab",
        "/etc/sudoers",
    ];
    let folders = ["/etc/profile.d", "/etc/cron.d", "/etc/sudoers.d", "/var/spool/cron"];
    let programs = ["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];
    let name = path::file_name(path);
    let command =
        path::parent(path).is_some_and(|at| programs.contains(&at)) && tools::exists(name);
    let folder = folders.iter().any(|folder| path::within(path, folder) && path != *folder);
    command || folder || names.contains(&name) || files.contains(&path)
}

fn of_redirect(unit: &Unit<'_>, command: &Command, redirect: &Redirection) -> Risk {
    let path = command.path(&redirect.target);
    let harmless = is_harmless(&path);
    match redirect.kind {
        _ if tools::is_device(&path) && redirect.kind != RedirectKind::Read => Risk::Irreversible,
        RedirectKind::Truncate if harmless => Risk::Read,
        RedirectKind::Truncate if unit.is_fresh(command, &redirect.target) => Risk::Write,
        RedirectKind::Truncate => Risk::Destructive,
        RedirectKind::Append if harmless => Risk::Read,
        RedirectKind::Append | RedirectKind::ReadWrite => Risk::Write,
        RedirectKind::Read
        | RedirectKind::Duplicate
        | RedirectKind::Heredoc
        | RedirectKind::HereString => Risk::Read,
    }
}

/// Tells whether a path below `/dev` takes what is written to it without harm.
fn is_harmless(path: &str) -> bool {
    let Some(name) = path.strip_prefix("/dev/") else {
        return false;
    };
    let whole = [
        "null", "zero", "full", "tty", "stdin", "stdout", "stderr", "console", "random", "urandom",
    ];
    let begins = ["pts/", "fd/", "tty", "log"];
    whole.contains(&name) || begins.iter().any(|b| name.starts_with(b))
}

fn of_words(unit: &Unit<'_>, command: &Command) -> Risk {
    let (Some(program), Some(name)) = (command.program(), command.name()) else {
        return Risk::Unknown;
    };
    let elsewhere = program.contains('/') && !TRUSTED.iter().any(|t| program.starts_with(t));
    if elsewhere || program.contains("..") {
        return Risk::Unknown;
    }
    // A function is followed where it is called. A trap may name one that the script defines behind it.
    let setting = &command.setting;
    let own_shell = command.wrappers.is_empty() && setting.remote.is_none() && !setting.contained;
    let later = setting.deferred && own_shell && program == name && !tools::exists(name);
    if command.followed || later && unit.commands.defined.contains(name) {
        return Risk::Read;
    }
    if let Some(call) = unit.take_apart(command) {
        let own = call.risk();
        return match call.name {
            "psql" | "mysql" | "mariadb" | "sqlite3" => {
                let dialect = Dialect::of_client(call.name).unwrap_or(Dialect::Postgres);
                let written = unit.written_harm(command, dialect);
                // The one file it reads was written by the script; with it read, the rest is judged.
                let files = call.flags.iter().filter(|flag| flag.name == "file").count();
                let own = match written.filter(|_| files == 1) {
                    Some(risk) => {
                        let mut rest = call.clone();
                        rest.flags.retain(|flag| flag.name != "file");
                        risk.max(rest.risk())
                    }
                    None => own,
                };
                let texts = unit.statements(command).iter().map(|s| s.risk).max();
                let input = match written {
                    Some(risk) => risk,
                    None => of_input(command, dialect),
                };
                own.max(input).max(texts.unwrap_or(Risk::Read))
            }
            // A client that was given nothing on its line reads what to do.
            _ if own == Risk::Unknown || own == Risk::Read => {
                super::losses::harm_with_input(call, command, own)
            }
            "rm" | "shred" if uncertain(command) && own < Risk::Destructive => Risk::Destructive,
            _ => own,
        };
    }
    let own = match () {
        () if tools::only_looks(name) => Risk::Read,
        () if tools::only_creates(name) => Risk::Write,
        () => return Risk::Unknown,
    };
    let words: Vec<_> = command.arguments().iter().map(Argument::shown).collect();
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    if tools::does_more(name, &words) { Risk::Unknown } else { own }
}

/// Returns the harm of what a database client reads from standard input.
fn of_input(command: &Command, dialect: Dialect) -> Risk {
    let from_file = command.redirects.iter().any(|r| r.kind == RedirectKind::Read);
    let piped = command.setting.stage.is_some_and(|s| s.position > 0);
    match &command.input {
        Some(text) => sql::risk(&text.shown(), dialect),
        // A dump that is played back replaces what is there.
        None if from_file || piped => Risk::Destructive,
        None => Risk::Read,
    }
}

fn uncertain(command: &Command) -> bool {
    command.arguments().iter().any(|a| {
        a.pieces.iter().any(|p| match p {
            Piece::Unknown(u) => matches!(u.origin, Origin::Environment | Origin::Argument),
            Piece::Text(_) | Piece::Glob(_) => false,
        })
    })
}
