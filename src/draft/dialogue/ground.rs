//! Grounds the commands of a model: what they can be read as, and whether every name in them exists.

use std::collections::BTreeSet;

use super::names::Names;
use super::rejected::{Ground, Reason};
use super::written::{is_of_system, is_scratch, paths, remotes};
use crate::base::{Position, escape};
use crate::evidence::Place;
use crate::shell::ast::RedirectKind;
use crate::shell::{self, Argument, Command, Commands, Options, path};
use crate::tools::{self, Call, Role, Word};

/// Commands that end the machine the recovery runs on, or the record of it.
const ENDINGS: &[&str] = &[
    "reboot",
    "shutdown",
    "poweroff",
    "halt",
    "init",
    "telinit",
    "kexec",
    "history",
    "wipefs",
    "useradd",
    "usermod",
    "passwd",
    "chpasswd",
    "visudo",
    "crontab",
    "at",
    "insmod",
    "modprobe",
    "iptables",
    "nft",
    "ufw",
    "setenforce",
];

/// Languages of their own, whose programs are not read.
const INTERPRETERS: &[&str] = &["python", "perl", "ruby", "node", "php", "lua"];

/// Commands that talk to other machines.
const NETWORK: &[&str] = &[
    "curl",
    "wget",
    "nc",
    "ncat",
    "socat",
    "telnet",
    "ftp",
    "lftp",
    "sftp",
    "scp",
    "ssh",
    "rsync",
    "dig",
    "nslookup",
    "host",
    "ping",
    "ping6",
    "traceroute",
    "mail",
    "mailx",
    "sendmail",
    "msmtp",
    "rcp",
    "ssh-copy-id",
    "git",
];

/// Commands that succeed whatever happened.
const ALWAYS: &[&str] =
    &["true", ":", "echo", "printf", "exit", "return", "sleep", "date", "set", "cd"];

/// Flags that switch a safeguard off.
const FORCING: &[&str] = &[
    "--force",
    "--no-preserve-root",
    "--insecure",
    "--no-verify",
    "--skip-verify",
    "--no-check-certificate",
    "--yes-i-really-mean-it",
    "--no-check",
    "--trust-server-cert",
];

/// What a text of a step is judged by.
#[derive(Debug)]
pub struct Judge<'a> {
    /// The names that exist; what a text makes is added.
    pub names: &'a mut Names,
    /// Whether copies may be written: in a plan that makes them.
    pub writes_copies: bool,
    /// The text of the starting plan's step it replaces, whose flags it may use.
    pub template: &'a str,
}

impl Judge<'_> {
    /// Returns what speaks against a text, nothing where nothing does.
    pub fn text(&mut self, part: Place, text: &str) -> Vec<Reason> {
        let mut found = Found { text, part, reasons: vec![], seen: BTreeSet::new() };
        if let Some(at) = text.find(|c: char| is_hidden(c)) {
            found.add(
                Ground::Hostile,
                at,
                "it holds characters that do not show, or show something else".into(),
            );
            return found.reasons;
        }
        if text.trim_start().starts_with("#!") {
            found.add(
                Ground::Unreadable,
                0,
                "it is a program of its own; steps hold commands for bash".into(),
            );
            return found.reasons;
        }
        let read = shell::on_deep_stack(|| {
            let script = shell::parse(text);
            let commands = shell::commands(&script, Options::STRICT);
            (script.parsed, script.problems, commands)
        });
        let Some((true, _, commands)) = read else {
            let problem = read.as_ref().and_then(|(_, problems, _)| problems.first());
            let at = problem.map_or(0, |problem| problem.span.start);
            let why =
                problem.map_or("the commands cannot be read", |problem| problem.message.as_str());
            found.add(Ground::Unreadable, at, format!("the commands cannot be read: {why}"));
            return found.reasons;
        };
        for opaque in &commands.opaque {
            found.add(Ground::Unreadable, opaque.span.start, opaque.why.clone());
        }
        let proves = |command: &Command| !command.is(ALWAYS) && !command.words.is_empty();
        if part == Place::Check && !commands.list.iter().any(proves) {
            found.add(Ground::Fixed, 0, "it holds whatever happened, so it proves nothing".into());
        }
        self.made(&commands);
        for command in &commands.list {
            self.command(&commands, command, &mut found);
        }
        self.written(text, &mut found);
        found.reasons
    }

    /// Adds the directories the commands make, where they may.
    fn made(&mut self, commands: &Commands) {
        for command in commands.list.iter().filter(|command| command.is(&["mkdir", "install"])) {
            for argument in command.arguments() {
                let place = command.path(argument);
                if argument.literal().is_some()
                    && place.starts_with('/')
                    && self.names.may_hold(&place)
                {
                    self.names.add_place(&place);
                }
            }
        }
    }

    fn command(&self, commands: &Commands, command: &Command, found: &mut Found<'_>) {
        let at = command.span.start;
        let Some(name) = command.name() else {
            found.add(Ground::Unreadable, at, "which command runs is not certain".into());
            return;
        };
        if commands.defined.contains(name) {
            return;
        }
        let program = command.program().unwrap_or_default();
        if !tools::exists(name) && !self.template.contains(name) {
            found.name(at, "command", name);
        } else if program.contains('/') && !is_of_system(&path::absolute(program, None)) {
            found.name(at, "program", program);
        }
        let first = command.literals().into_iter().next().unwrap_or_default();
        let inline = INTERPRETERS
            .contains(&name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'))
            && ["-c", "-e", "-E", "-r"].iter().any(|flag| first.starts_with(flag));
        let sourced = [".", "source"].contains(&name);
        if (inline || sourced) && !self.template.contains(name) {
            let why = format!("{name} runs a program that cannot be read as commands");
            found.add(Ground::Unreadable, at, why);
        }
        if ENDINGS.contains(&name) {
            found.add(Ground::Hostile, at, format!("{name} has no place in a step of a model"));
        }
        if let Some(remote) = &command.setting.remote
            && !self.names.has_host(remote)
        {
            found.network(at, remote);
        }
        for flag in command.literals() {
            if FORCING.contains(&flag) && !self.template.contains(flag) {
                found.add(Ground::Hostile, at, format!("{flag} switches a safeguard off"));
            }
        }
        if NETWORK.contains(&name) {
            self.destinations(name, command, found);
        }
        self.client_host(command, found);
        self.objects(name, command, found);
        self.places(name, command, found);
    }

    /// Judges where a command that talks to other machines talks to.
    fn destinations(&self, name: &str, command: &Command, found: &mut Found<'_>) {
        let words: Vec<&Argument> = command
            .arguments()
            .iter()
            .filter(|argument| !argument.shown().starts_with('-'))
            .collect();
        for argument in words {
            let Some(word) = argument.literal() else {
                let start = argument.prefix();
                let known = start.contains("://")
                    && self.names.has_url(start.trim_end_matches('/'))
                    || start.split_once(':').is_some_and(|(host, _)| self.is_known_host(host));
                let copies =
                    ["rsync", "scp", "git"].contains(&name) && !argument.shown().contains(':');
                if !known && !copies {
                    found.add(
                        Ground::Network,
                        argument.span.start,
                        format!("where {name} talks to is not certain"),
                    );
                }
                continue;
            };
            let host = match (word.split_once("://"), word.split_once(':')) {
                (Some(_), _) if self.names.has_url(word) => continue,
                (Some((_, rest)), _) => {
                    rest.split(['/', ':', '?']).next().unwrap_or_default().to_owned()
                }
                (None, Some((host, _))) if !host.contains('/') => host.to_owned(),
                (None, _) => (*word).to_owned(),
            };
            let is_remote = word.contains("://") || word.contains('@') || host != word;
            let only_hosts = [
                "ssh",
                "telnet",
                "nc",
                "ncat",
                "dig",
                "nslookup",
                "host",
                "ping",
                "ping6",
                "traceroute",
            ];
            let takes_hosts =
                only_hosts.contains(&name) && !word.chars().all(|c| c.is_ascii_digit());
            let takes_addresses = [
                "curl", "wget", "socat", "mail", "mailx", "sendmail", "msmtp", "ftp", "lftp",
                "sftp",
            ];
            let is_address = takes_addresses.contains(&name) && !word.starts_with('/');
            if (is_remote || takes_hosts || is_address) && !self.is_known_host(&host) {
                found.network(argument.span.start, word);
            }
        }
    }

    fn is_known_host(&self, text: &str) -> bool {
        let host = text.rsplit('@').next().unwrap_or(text);
        let account = text.split_once('@').map(|(account, _)| account);
        self.names.has_host(host) && account.is_none_or(|account| !account.contains(':'))
    }

    /// Judges the host a database client is pointed at.
    fn client_host(&self, command: &Command, found: &mut Found<'_>) {
        let Some(call) = take_apart(command) else { return };
        let host = call.value(&["host"]);
        if let Some(host) =
            host.filter(|host| !host.text.starts_with('/') && !self.names.has_host(&host.text))
        {
            found.network(command.span.start, &host.text);
        }
    }

    /// Judges services, snapshots and databases.
    fn objects(&self, name: &str, command: &Command, found: &mut Found<'_>) {
        let literals = command.literals();
        let operands: Vec<&str> =
            literals.iter().copied().filter(|word| !word.starts_with('-')).collect();
        let at = command.span.start;
        let what = match name {
            "systemctl" | "service" => "service",
            "restic" if operands.iter().any(|word| ["restore", "dump"].contains(word)) => {
                "snapshot"
            }
            "dropdb" | "dropuser" => "database",
            _ => return,
        };
        for word in operands.iter().skip(usize::from(what != "database")) {
            let unit = word.trim_end_matches(".service");
            let known = self.names.has_word(word)
                || self.names.has_word(unit)
                || self.names.has_word(&format!("{unit}.service"))
                || word.starts_with('/')
                || what == "service" && ["stop", "start", "status", "restart"].contains(word);
            if !known {
                found.name(at, what, word);
            }
        }
    }

    /// Judges what the words of a command do to the places they name.
    fn places(&self, name: &str, command: &Command, found: &mut Found<'_>) {
        let looks = tools::only_looks(name);
        let mut written: Vec<String> = command
            .redirects
            .iter()
            .filter(|redirect| {
                matches!(
                    redirect.kind,
                    RedirectKind::Truncate | RedirectKind::Append | RedirectKind::ReadWrite
                )
            })
            .map(|redirect| command.path(&redirect.target))
            .collect();
        let mut changed = vec![];
        if let Some(call) = take_apart(command) {
            for (role, word) in call.roles() {
                let place = command.words.get(word.index).filter(|a| a.shown() == word.text);
                let place = place.map_or_else(
                    || path::absolute(&word.text, command.setting.cwd.as_deref()),
                    |argument| command.path(argument),
                );
                // The harm of a step is that of what it runs; what undoes it may not do more.
                let removes = matches!(role, Role::Delete | Role::Device);
                if found.part == Place::Rollback && removes && self.names.holds_data(&place) {
                    let why = format!(
                        "to undo the step, {} would be removed, which holds data",
                        shown(&place)
                    );
                    found.add(Ground::Hostile, command.span.start, why);
                }
                match role {
                    Role::Delete | Role::Change | Role::Device => changed.push(place),
                    Role::Target => written.push(place),
                    Role::Text | Role::Source | Role::Remote | Role::Sql | Role::Command => {}
                }
            }
        } else if !looks {
            written.extend(command.arguments().iter().map(|argument| command.path(argument)));
        }
        let at = command.span.start;
        for place in written.iter().chain(&changed).filter(|place| place.starts_with(['/', '~'])) {
            if is_of_system(place) && !is_scratch(place) {
                found.add(
                    Ground::Hostile,
                    at,
                    format!("{} belongs to the system, not to the data", shown(place)),
                );
            }
            if !self.writes_copies && self.names.holds_copies(place) {
                found.add(
                    Ground::Hostile,
                    at,
                    format!("{} holds copies, which a recovery only reads", shown(place)),
                );
            }
        }
    }

    /// Judges the paths and addresses that stand anywhere in the text.
    fn written(&self, text: &str, found: &mut Found<'_>) {
        for (span, place) in paths(text) {
            if place.starts_with("/dev/")
                && tools::is_device(&place)
                && !self.names.has_path(&place)
            {
                found.name(span.start, "device", &place);
            } else if let Some(twin) = self.names.twin(&place) {
                let message = format!("{} only looks like {twin}", shown(&place));
                found.add(Ground::Hostile, span.start, message);
            } else if !is_of_system(&place) && !self.names.has_path(&place) {
                found.name(span.start, "path", &place);
            }
        }
        for (span, remote) in remotes(text) {
            let host = match remote.split_once("://") {
                Some(_) if self.names.has_url(remote) => continue,
                Some(("file", _)) => continue,
                Some((_, rest)) => rest.split(['/', ':', '?']).next().unwrap_or_default(),
                None => remote
                    .strip_prefix("/dev/tcp/")
                    .or(remote.strip_prefix("/dev/udp/"))
                    .map_or(remote.split_once('=').map_or(remote, |(_, host)| host), |rest| {
                        rest.split('/').next().unwrap_or_default()
                    }),
            };
            // `getty@tty1.service` is no account on a host.
            let is_unit = [".service", ".timer"].iter().any(|end| remote.ends_with(end));
            let is_known = is_unit && self.names.has_word(remote) || self.is_known_host(host);
            if !is_known && !host.starts_with(['/', '$']) {
                found.network(span.start, remote);
            }
        }
    }
}

/// What was found in one text.
struct Found<'a> {
    text: &'a str,
    part: Place,
    reasons: Vec<Reason>,
    seen: BTreeSet<String>,
}

impl Found<'_> {
    fn add(&mut self, ground: Ground, at: usize, why: String) {
        if self.reasons.len() < 20 && self.seen.insert(why.clone()) {
            let line = Some(Position::of(self.text, at).line);
            self.reasons.push(Reason { ground, part: self.part, line, why, fix: None, code: None });
        }
    }

    fn name(&mut self, at: usize, what: &str, name: &str) {
        let why =
            format!("the step names the {what} {}, which the inventory does not know", shown(name));
        self.add(Ground::Name, at, why);
    }

    fn network(&mut self, at: usize, name: &str) {
        let why = format!("the step talks to {}, which the inventory does not know", shown(name));
        self.add(Ground::Network, at, why);
    }
}

/// Takes a command apart, where its tool is known.
fn take_apart(command: &Command) -> Option<Call<'static>> {
    let name = command.name()?;
    let (tool, name) = tools::tool_and_name(name)?;
    let words: Vec<Word> = command
        .words
        .iter()
        .enumerate()
        .skip(1)
        .map(|(index, argument)| Word {
            text: argument.shown().into_owned(),
            certain: argument.literal().is_some(),
            fresh: false,
            index,
        })
        .collect();
    Some(Call::new(tool, name, &words))
}

/// Returns a name for a message: escaped, and cut where it is long.
pub fn shown(name: &str) -> String {
    let short: String = name.chars().take(80).collect();
    let cut = if short.len() < name.len() { "…" } else { "" };
    format!("{}{cut}", escape::one_line(&short))
}

/// Tells whether a character has no place in commands: it does not show, or shows elsewhere than it stands.
pub fn is_hidden(c: char) -> bool {
    !matches!(c, '\n' | '\t') && escape::one_line(c.encode_utf8(&mut [0; 4])) != c.to_string()
}
