//! Scripts that a script writes itself and then runs or sources.

use std::collections::HashMap;

use super::ast::RedirectKind;
use super::command::Command;
use super::expand::printed;
use super::path;
use super::resolve::Resolver;
use super::value::{Argument, Origin, Piece};

/// Commands that leave the text of a file as it is.
const KEEP: &[&str] = &[
    "chmod",
    "chown",
    "chgrp",
    "ls",
    "cat",
    "test",
    "[",
    "[[",
    "echo",
    "printf",
    "head",
    "tail",
    "wc",
    "stat",
    "sha256sum",
    "md5sum",
    "diff",
    "cmp",
    "grep",
    "true",
    ":",
    "mkdir",
    "bash",
    "sh",
    "dash",
    "trap",
    "set",
    "export",
    "source",
    ".",
    "exit",
    "return",
    "sudo",
    "systemctl",
    "sleep",
    "test",
];

/// What is known of the files a script has written so far.
#[derive(Debug, Default)]
pub(super) struct Written {
    files: HashMap<String, Argument>,
    /// How many names `mktemp` has made; two of them cannot be told apart.
    pub(super) temporary: usize,
}

impl Resolver {
    /// Takes in what a command does to the files the script has written.
    pub(super) fn wrote(&mut self, command: &Command) {
        let output = |r: &&super::command::Redirection| {
            matches!(r.kind, RedirectKind::Truncate | RedirectKind::Append)
                && r.descriptor.is_none_or(|fd| fd == 1)
        };
        let redirect = command.redirects.iter().rev().find(output);
        let tee = command.name() == Some("tee") && command.arguments().len() == 1;
        if redirect.is_none() && !tee {
            return self.touched(command);
        }
        let (target, appends) = match redirect {
            Some(redirect) => (&redirect.target, redirect.kind == RedirectKind::Append),
            None => (&command.arguments()[0], false),
        };
        let Some(path) = self.key(command, target) else {
            return;
        };
        let setting = &command.setting;
        let plain = !(setting.repeated
            || setting.conditional
            || setting.deferred
            || setting.substituted
            || setting.contained)
            && setting.remote.is_none();
        let before = self.written.files.remove(&path);
        let Some(text) = printed(command).filter(|_| plain) else {
            return;
        };
        let text = match (appends, before) {
            (false, _) => text,
            (true, Some(mut before)) => {
                before.pieces.extend(text.pieces);
                Argument::new(before.pieces, text.span)
            }
            (true, None) => return,
        };
        self.written.files.insert(path, text);
    }

    /// Forgets the files a command may have changed.
    fn touched(&mut self, command: &Command) {
        if self.written.files.is_empty() || command.is(KEEP) || command.words.is_empty() {
            return;
        }
        let words: Vec<_> = command.words.iter().map(Argument::shown).collect();
        let open = command.arguments().iter().any(|word| {
            matches!(word.pieces.first(), Some(Piece::Unknown(u)) if u.origin != Origin::Time)
        });
        let spared = |path: &str| {
            let name = path::file_name(path);
            let folder = path::parent(path).unwrap_or(".");
            !words.iter().any(|word| word.contains(name) || path::within(folder, word))
        };
        self.written.files.retain(|path, _| !open && spared(path));
    }

    /// Returns the text the script has written to a file it then runs.
    pub(super) fn written(&self, target: &Argument) -> Option<Argument> {
        let path = match target.literal() {
            Some(_) => target.path(self.env.cwd.as_deref()),
            None => self.temporary(target)?,
        };
        self.written.files.get(&path).cloned()
    }

    /// Forgets the files whose names depend on the directory.
    pub(super) fn moved(&mut self) {
        self.written.files.retain(|path, _| path.starts_with(['/', '$']));
    }

    fn key(&self, command: &Command, target: &Argument) -> Option<String> {
        match target.literal() {
            Some(_) => Some(command.path(target)),
            None => self.temporary(target),
        }
    }

    fn temporary(&self, target: &Argument) -> Option<String> {
        let one = match target.pieces.as_slice() {
            [Piece::Unknown(only)] | [Piece::Unknown(only), Piece::Text(_)] => only,
            _ => return None,
        };
        let sure = one.origin == Origin::Temporary && self.written.temporary == 1;
        sure.then(|| target.shown().into_owned())
    }
}
