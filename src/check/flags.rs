//! The flags of a command that its tool refuses, as far as descriptions and the installed tool tell.

use std::collections::BTreeSet;

use super::facts::{Facts, Question};
use super::unit::Unit;
use crate::base::{Span, nearest};
use crate::shell::Command;
use crate::tools::usage::{Found, Style, Value, Walk};

/// A flag that nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// With its dashes, without its value.
    pub flag: String,
    /// The word it stands in.
    pub span: Span,
    /// The nearest flag that the tool has.
    pub nearest: Option<String>,
    /// Who says so.
    pub by: Witness,
}

/// Who says that a flag is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Witness {
    /// The description of the whole command line; the tool is not installed, or has not been asked.
    Description,
    /// The description, and the installed tool.
    Both,
    /// The installed tool, which is described nowhere.
    Tool,
}

/// What is to be asked of the tools that are installed, and what is already known to be wrong.
#[derive(Debug, Default)]
pub struct Judged {
    /// Flags that nobody knows.
    pub unknown: Vec<Unknown>,
    /// What only the installed tool can tell.
    pub questions: Vec<Question>,
}

/// Tools whose first operand is a command with flags of its own, and which are not described as a whole.
const WITH_COMMANDS: &[&str] =
    &["git", "svn", "hg", "pip", "pip3", "cargo", "npm", "gem", "apt", "snap"];

/// Tools whose flags are those of what they run, or which take words of any kind.
const NOT_JUDGED: &[&str] = &[
    "echo",
    "printf",
    "test",
    "[",
    "[[",
    "true",
    "false",
    ":",
    "expr",
    "kill",
    "exec",
    "eval",
    "set",
    "export",
    "local",
    "declare",
    "typeset",
    "readonly",
    "trap",
    "read",
    "unset",
    "shift",
    "return",
    "exit",
    "source",
    ".",
    "command",
    "builtin",
    "type",
    "alias",
    "getopt",
    "getopts",
    "python",
    "python2",
    "python3",
    "perl",
    "ruby",
    "node",
    "php",
    "java",
    "lua",
    "tclsh",
    "gcc",
    "g++",
    "cc",
    "c++",
    "clang",
    "ld",
    "find",
    "ffmpeg",
    "convert",
    "openssl",
    "make",
    "awk",
    "gawk",
    "mawk",
    "pkg-config",
    "configure",
    "su",
    "sudo",
    "doas",
    "env",
    "nice",
    "nohup",
    "timeout",
    "xargs",
    "parallel",
    "ssh",
    "setpriv",
    "runuser",
    "chroot",
    "unshare",
    "nsenter",
    "systemd-run",
    "flock",
    "setsid",
    "stdbuf",
    "watch",
    "strace",
    "ltrace",
    "gdb",
    "bash",
    "sh",
    "dash",
    "zsh",
    "ksh",
    "vim",
    "vi",
    "ed",
    "ex",
    "dialog",
    "whiptail",
    "zenity",
    "expect",
    "screen",
    "tmux",
    "man",
    "wait",
    "help",
    "caller",
];

/// Judges the flags of one command.
pub fn judge<'u>(unit: &'u Unit<'_>, command: &Command, facts: &Facts) -> &'u Judged {
    unit.known(command).flags.get_or_init(|| judged(unit, command, facts))
}

fn judged(unit: &Unit<'_>, command: &Command, facts: &Facts) -> Judged {
    let mut judged = Judged::default();
    let Some((name, program)) = command.name().zip(command.program()) else {
        return judged;
    };
    let flags = command.arguments().iter().any(|argument| argument.prefix().starts_with('-'));
    if !flags || unit.commands.defined.contains(name) || command.is(NOT_JUDGED) {
        return judged;
    }
    // A program at a place of its own may be another one of the same name.
    let usual =
        program == name || ["/bin/", "/sbin/", "/usr/"].iter().any(|dir| program.starts_with(dir));
    let here = usual
        && command.setting.remote.is_none()
        && !command.setting.contained
        && facts.installed.as_ref().is_some_and(|names| names.contains(name));
    match Walk::new(name) {
        Some(walk) => described(name, walk, command, facts, here, &mut judged),
        None if here => undescribed(name, command, facts, &mut judged),
        None => {}
    }
    judged
}

fn described(
    name: &str,
    mut walk: Walk,
    command: &Command,
    facts: &Facts,
    here: bool,
    judged: &mut Judged,
) {
    let mut operands = 0;
    let mut words = command.arguments().iter().peekable();
    while let Some(argument) = words.next() {
        let literal = argument.literal();
        let text = literal.unwrap_or(argument.prefix());
        if literal == Some("--") {
            return;
        }
        let flag = text.len() > 1 && text.starts_with('-');
        if !flag {
            match literal {
                // It may be anything, also a command or the flag before a value.
                None if text.is_empty() && walk.goes_on() => return,
                Some(word) if walk.words() == operands && walk.extend(word) => {}
                Some(_) | None => {
                    if walk.words() == 0 && walk.goes_on() || walk.ends_at_operand() {
                        return;
                    }
                }
            }
            operands += 1;
            continue;
        }
        let long = text.starts_with("--");
        let (whole, attached) = match text.split_once('=') {
            Some((flag, _)) => (flag, true),
            None => (text, false),
        };
        // A name that goes on with something unknown.
        if literal.is_none() && !attached {
            continue;
        }
        let single = matches!(walk.style(), Style::GoFlag | Style::Keyword | Style::Aws);
        if long || single {
            match walk.find(whole) {
                Found::Known { value, .. } => {
                    let next = !attached
                        && matches!(value, Value::Needed | Value::Number | Value::OneOf(_));
                    let loose = matches!(value, Value::Several | Value::Maybe) && !attached;
                    if next {
                        words.next();
                    } else if loose {
                        while words.next_if(|word| !word.prefix().starts_with('-')).is_some() {
                            if value == Value::Maybe {
                                break;
                            }
                        }
                    }
                }
                Found::Unknown if asks(whole) || negated(&walk, whole) => {}
                Found::Unknown if comes_with_module(name, command) => {}
                Found::Unknown => {
                    doubt(name, &walk, whole, argument.span, facts, here, judged);
                }
                Found::Ambiguous | Found::Unjudged => {}
            }
            continue;
        }
        for (at, letter) in text[1..].char_indices() {
            let rest = &text[1 + at + letter.len_utf8()..];
            let spelled = format!("-{letter}");
            match walk.find(&spelled) {
                Found::Known { value: Value::None, .. } => continue,
                Found::Known { value: Value::Attached, .. } => {}
                Found::Known { .. } if rest.is_empty() && literal.is_some() => {
                    words.next();
                }
                Found::Known { .. } => {}
                // `-9`, `-20`: numbers that many tools take in old spellings.
                Found::Unknown if letter.is_ascii_digit() || asks(&spelled) => continue,
                Found::Unknown => {
                    doubt(name, &walk, &spelled, argument.span, facts, here, judged);
                }
                Found::Ambiguous | Found::Unjudged => {}
            }
            break;
        }
    }
}

/// Flags that every tool may have.
fn asks(flag: &str) -> bool {
    matches!(flag, "--help" | "--version" | "-h" | "-V" | "-?" | "-help" | "-version" | "--usage")
}

fn negated(walk: &Walk, flag: &str) -> bool {
    let Some(bare) = flag.strip_prefix("--no-") else {
        return false;
    };
    matches!(walk.find(&format!("--{bare}")), Found::Known { .. } | Found::Ambiguous)
}

/// Tells whether a flag may be one of a module that the call loads: matches and targets bring their own.
fn comes_with_module(name: &str, command: &Command) -> bool {
    let loads =
        |word: &&str| matches!(*word, "-m" | "--match" | "-j" | "--jump" | "-p" | "--protocol");
    matches!(name, "iptables" | "ip6tables") && command.literals().iter().any(loads)
}

fn doubt(
    name: &str,
    walk: &Walk,
    flag: &str,
    span: Span,
    facts: &Facts,
    here: bool,
    judged: &mut Judged,
) {
    let long = flag.len() > 2;
    let near =
        || nearest(flag, walk.flags().into_iter().filter(|name| name.len() > 2)).filter(|_| long);
    let question = Question { tool: name.to_owned(), command: walk.command().to_owned() };
    let cut = matches!(walk.style(), Style::Gnu | Style::Cut | Style::Posix | Style::MySql);
    let mut by = Witness::Description;
    // Letters are not asked for: a text that holds one somewhere proves nothing.
    if here && long {
        match facts.takes.get(&question) {
            Some(takes) if takes.is_empty() => {}
            Some(takes) if mentions(takes, flag, cut) => return,
            Some(_) => by = Witness::Both,
            None => judged.questions.push(question),
        }
    }
    judged.unknown.push(Unknown {
        flag: flag.to_owned(),
        span,
        nearest: near().map(str::to_owned),
        by,
    });
}

/// Judges the long flags before the first operand of a tool that only the machine knows.
fn undescribed(name: &str, command: &Command, facts: &Facts, judged: &mut Judged) {
    let mut question = Question { tool: name.to_owned(), command: String::new() };
    let commands = WITH_COMMANDS.contains(&name);
    for argument in command.arguments() {
        let Some(text) = argument.literal() else {
            return;
        };
        let plain = |c: char| c.is_ascii_lowercase() || c == '-';
        if !text.starts_with('-')
            && commands
            && question.command.is_empty()
            && text.chars().all(plain)
        {
            text.clone_into(&mut question.command);
            continue;
        }
        if !text.starts_with('-') || text == "--" {
            return;
        }
        let flag = text.split('=').next().unwrap_or(text);
        if !flag.starts_with("--") || flag.len() < 5 || asks(flag) {
            continue;
        }
        match facts.takes.get(&question) {
            Some(takes) if takes.is_empty() || mentions(takes, flag, true) => {}
            Some(takes) => judged.unknown.push(Unknown {
                flag: flag.to_owned(),
                span: argument.span,
                nearest: nearest(flag, takes.iter().map(String::as_str)).map(str::to_owned),
                by: Witness::Tool,
            }),
            None => judged.questions.push(question.clone()),
        }
    }
}

/// Tells whether a tool speaks of a flag, or of what it turns off; where names may be `cut` short, also of one that
/// begins so.
fn mentions(takes: &BTreeSet<String>, flag: &str, cut: bool) -> bool {
    let plain = flag.replace('_', "-");
    let known = |wanted: &str| {
        takes.contains(wanted) || cut && takes.iter().any(|known| known.starts_with(wanted))
    };
    let off = plain.strip_prefix("--no-").map(|bare| format!("--{bare}"));
    let on = plain.strip_prefix("--").map(|bare| format!("--no-{bare}"));
    takes.contains(flag)
        || known(&plain)
        || off.is_some_and(|off| known(&off))
        || on.is_some_and(|on| known(&on))
}
