//! The commands a script would run, unwrapped and in order.

use std::collections::BTreeSet;

use super::ast::RedirectKind;
use super::resolve::Options;
use super::value::Argument;
use crate::base::Span;

/// One command as it would run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Command {
    /// Its place in [`Commands::list`].
    pub index: usize,
    /// The executable and its arguments; wrappers such as `sudo` are gone.
    pub words: Vec<Argument>,
    /// Names of the wrappers that were taken off, outermost first.
    pub wrappers: Vec<String>,
    /// Its redirects.
    pub redirects: Vec<Redirection>,
    /// What comes in on standard input, where that is text the script holds.
    pub input: Option<Argument>,
    /// Its text; for a command inside a quoted script, the word that holds it.
    pub span: Span,
    /// Whether it calls a function of the script whose commands stand in the list themselves.
    pub followed: bool,
    /// Whether it is redirects and nothing else (`> f`), not those of a group or shell whose commands stand behind it.
    pub only_redirects: bool,
    /// Under which circumstances it runs.
    pub setting: Setting,
    /// The file name of the executable, where that is certain: rules ask for it again and again.
    pub(super) name: Option<Box<str>>,
}

/// A redirect with its target expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirection {
    /// What it does.
    pub kind: RedirectKind,
    /// The descriptor, where one is written.
    pub descriptor: Option<i32>,
    /// The target, or the body of a here-document.
    pub target: Argument,
    /// Its text.
    pub span: Span,
}

/// The circumstances of a command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Setting {
    /// `set -e`.
    pub errexit: bool,
    /// `set -u`.
    pub nounset: bool,
    /// `set -o pipefail`.
    pub pipefail: bool,
    /// The working directory, where known.
    pub cwd: Option<String>,
    /// The host it runs on, where that is another one (`ssh`).
    pub remote: Option<String>,
    /// The user it runs as, where that changes (`sudo -u`, `su`).
    pub user: Option<String>,
    /// Its place in a pipeline.
    pub stage: Option<Stage>,
    /// Whether its exit code is a question (`if`, `&&`, `||`, `!`), so a failure does not stop the script.
    pub asked: bool,
    /// Whether a failure is swallowed (`|| true`, `|| :`).
    pub masked: bool,
    /// Whether it may run many times.
    pub repeated: bool,
    /// Whether it runs only in some cases.
    pub conditional: bool,
    /// Whether it runs later (`trap`).
    pub deferred: bool,
    /// Whether its output becomes a word (`$(…)`) or a file (`<(…)`).
    pub substituted: bool,
    /// Whether it runs inside a container or another root (`chroot`, `docker exec`).
    pub contained: bool,
}

/// A place in a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// Index into [`Commands::pipelines`].
    pub pipeline: usize,
    /// Position, from 0.
    pub position: usize,
    /// How many stages there are.
    pub length: usize,
}

/// A pipeline of at least two stages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// Its text.
    pub span: Span,
    /// Whether a failure of any stage fails it.
    pub pipefail: bool,
    /// How many stages it has.
    pub length: usize,
    /// The stage of another pipeline that it stands in.
    pub within: Option<Stage>,
    /// The shell, call or group around it that says where its output goes: an index into [`Commands::list`].
    pub output: Option<usize>,
}

/// A text that another shell reads: of `bash -c`, of `ssh`, of a here-document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// The text; what only the run knows stands there by the name it has outside.
    pub text: String,
    /// The word it comes from.
    pub span: Span,
    /// The options that shell starts with.
    pub options: Options,
}

/// Text that would run and cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opaque {
    /// Where.
    pub span: Span,
    /// Why it cannot be read.
    pub why: String,
}

/// A variable as it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The variable.
    pub name: String,
    /// Where.
    pub span: Span,
}

/// Everything a script would run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Commands {
    /// The commands, in the order of the text; a function's stand where it is called.
    pub list: Vec<Command>,
    /// The pipelines.
    pub pipelines: Vec<Pipeline>,
    /// What would run and cannot be read.
    pub opaque: Vec<Opaque>,
    /// Functions and aliases the script defines.
    pub defined: BTreeSet<String>,
    /// Texts that other shells read, in the order in which they start.
    pub payloads: Vec<Payload>,
    /// Variables used, in order.
    pub uses: Vec<Use>,
}

impl Command {
    /// Returns a command of these words, with nothing around it.
    pub fn new(words: Vec<Argument>) -> Self {
        let program = words.first().and_then(Argument::literal);
        let name = program.map(|program| super::path::file_name(program).into());
        Self { words, name, ..Self::default() }
    }

    /// Returns the executable as written, where it is certain.
    pub fn program(&self) -> Option<&str> {
        self.words.first().and_then(Argument::literal)
    }

    /// Returns the executable's file name, where it is certain.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Tells whether the executable is certain and has one of these file names.
    pub fn is(&self, names: &[&str]) -> bool {
        // The length and the first letter tell most names apart, without a call.
        let Some(name) = self.name().map(str::as_bytes) else {
            return false;
        };
        let alike = |one: &&&str| one.len() == name.len() && one.as_bytes().first() == name.first();
        names.iter().filter(alike).any(|one| one.as_bytes() == name)
    }

    /// Returns the arguments behind the executable.
    pub fn arguments(&self) -> &[Argument] {
        self.words.get(1..).unwrap_or_default()
    }

    /// Returns the literal arguments behind the executable; others are left out.
    pub fn literals(&self) -> Vec<&str> {
        self.arguments().iter().filter_map(Argument::literal).collect()
    }

    /// Tells whether an argument is exactly this text.
    pub fn has(&self, text: &str) -> bool {
        self.arguments().iter().any(|a| a.literal() == Some(text))
    }

    /// Returns an argument as a path seen from the command's directory.
    pub fn path(&self, argument: &Argument) -> String {
        argument.path(self.setting.cwd.as_deref())
    }
}
