//! Commands in places that are no words: subscripts, arithmetic, patterns, and variables that make other programs run.

use super::assigned;
use super::ast::{Part, PartKind, Word};
use super::command::Use;
use super::environment::unknown;
use super::parse::parse;
use super::path;
use super::resolve::Resolver;
use super::value::{Argument, Origin, Piece};
use crate::base::Span;

/// Variables whose value bash or the loader runs or loads.
const RUN: &[&str] = &[
    "BASH_ENV",
    "PROMPT_COMMAND",
    "LD_PRELOAD",
    "LD_AUDIT",
    "PERL5OPT",
    "GIT_SSH_COMMAND",
    "GIT_EXTERNAL_DIFF",
    "RSYNC_RSH",
    "LESSOPEN",
    "TAR_OPTIONS",
    "RUBYOPT",
    "NODE_OPTIONS",
    "ENV",
    "GIT_PROXY_COMMAND",
    "GIT_EDITOR",
    "PSQLRC",
];

/// Variables that name a program which others start; these programs only show or edit.
const PROGRAMS: &[&str] = &[
    "EDITOR",
    "VISUAL",
    "PAGER",
    "MANPAGER",
    "GIT_PAGER",
    "SYSTEMD_PAGER",
    "PSQL_PAGER",
    "BROWSER",
];

/// Programs that a person is shown text with, or edits it with.
const SHOW: &[&str] =
    &["cat", "less", "more", "most", "vi", "vim", "nano", "emacs", "ed", "true", ":", "view", ""];

/// Variables with directories in which programs or their parts are looked for.
const PLACES: &[&str] = &["PATH", "LD_LIBRARY_PATH", "PERL5LIB", "RUBYLIB", "GCONV_PATH"];

/// Directories in which anybody can put a program.
const OPEN: &[&str] = &["/tmp", "/var/tmp", "/dev/shm", "/run/user"];

/// Builtins that evaluate the subscript of a name they are given (`printf -v 'a[$(cmd)]'`).
const EVALUATE: &[&str] = &[
    "test",
    "[",
    "printf",
    "read",
    "declare",
    "typeset",
    "local",
    "export",
    "readonly",
    "let",
    "unset",
    "mapfile",
    "readarray",
    "wait",
];

/// Tells whether text that the shell expands holds a command.
pub(super) fn holds_command(text: &str) -> bool {
    let mut before = b' ';
    text.bytes().any(|byte| {
        let opens = byte == b'`' || byte == b'(' && matches!(before, b'$' | b'<' | b'>');
        before = byte;
        opens
    })
}

/// Tells whether a literal is a subscript that runs a command where it is evaluated.
pub(super) fn is_running_subscript(text: &str) -> bool {
    let Some((name, subscript)) = text.split_once('[') else {
        return false;
    };
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && (subscript.contains("$(") || subscript.contains('`'))
}

/// Returns a part that stands for text whose commands are followed, and whose value nobody knows.
pub(super) fn part(text: &str, span: Span) -> Part {
    Part { kind: PartKind::Arithmetic(text.to_owned()), quoted: true, span }
}

/// Returns a word of one such part.
pub(super) fn word(text: &str, span: Span) -> Word {
    Word { parts: vec![part(text, span)], span }
}

/// Returns what `${name@P}` does: it expands the value once more.
pub(super) fn prompt(name: &str) -> PartKind {
    PartKind::Command(parse(&format!("eval \"${name}\"")).statements)
}

impl Resolver {
    /// Follows the commands in text that is expanded but is no word. Returns what stands for its value.
    pub(super) fn expanded(&mut self, text: &str, span: Span) -> Piece {
        if holds_command(text) {
            // Without the leading `$` the text is not the same expansion again.
            let text = text.strip_prefix("${").unwrap_or(text);
            let substituted = std::mem::replace(&mut self.setting.substituted, true);
            self.nested(&format!(": <<BLACKSTART_TEXT\n{text}\nBLACKSTART_TEXT\n"), span, None);
            self.setting.substituted = substituted;
        }
        for name in ["?", "PIPESTATUS"] {
            if text.contains(&format!("${name}")) || text.contains(&format!("${{{name}")) {
                let span = self.place(span);
                self.out.uses.push(Use { name: name.to_owned(), span });
            }
        }
        for name in assigned::in_arithmetic(text) {
            self.env.forget(name);
        }
        unknown("$((…))", Origin::Output, false)
    }

    /// Says where a literal is evaluated as a subscript and would run a command.
    pub(super) fn subscripts(&mut self, words: &[Argument], span: Span) {
        let running = |word: &Argument| word.literal().is_some_and(is_running_subscript);
        let Some((first, rest)) = words.split_first() else {
            return;
        };
        let name = first.literal().unwrap_or_default();
        if EVALUATE.contains(&name) && rest.iter().any(running) {
            let names = name != "printf" || rest.iter().any(|w| w.prefix().starts_with("-v"));
            let tests = !matches!(name, "test" | "[")
                || rest.iter().any(|w| {
                    let word = w.literal().unwrap_or_default();
                    matches!(word, "-v" | "-R" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge")
                });
            if names && tests {
                self.opaque(span, "a subscript runs a command");
            }
        }
    }

    /// Says where the words of `[[ … ]]` hold a subscript that would run a command.
    pub(super) fn condition_subscripts(&mut self, words: &[Argument], span: Span) {
        let literals: Vec<&str> = words.iter().filter_map(Argument::literal).collect();
        let evaluates = literals.iter().any(|word| {
            matches!(*word, "-v" | "-R" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge")
        });
        if evaluates && literals.iter().any(|word| is_running_subscript(word)) {
            self.opaque(span, "a subscript runs a command");
        }
    }

    /// Says where a variable is set that changes what other commands run.
    pub(super) fn steered(&mut self, name: &str, value: &Argument) {
        let text = value.shown();
        let open = |entry: &str| {
            let relative = !entry.starts_with(['/', '$', '~', '{']) || entry == "$PWD";
            relative
                || OPEN.iter().any(|open| {
                    entry
                        .strip_prefix(open)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                })
        };
        let steers = RUN.contains(&name) && !text.is_empty()
            || name == "PS4" && holds_command(&text)
            || name.starts_with("BASH_FUNC_")
            || PROGRAMS.contains(&name)
                && !SHOW.contains(&path::file_name(text.split(' ').next().unwrap_or_default()))
            || PLACES.contains(&name) && !text.is_empty() && text.split(':').any(open)
            || name == "PATH" && value.comes_from(Origin::Temporary);
        if steers {
            self.opaque(value.span, &format!("{name} decides what other commands run"));
        }
    }
}
