//! One shell text to check: a script, or one of a step's texts, with its commands taken apart.

use std::cell::OnceCell;
use std::ops::Range;
use std::rc::Rc;

use super::Language;
use super::deeds::Deed;
use super::flags;
use super::index::Index;
use super::lookups::Lookups;
use super::names::{is_partial_name, looks_scratch};
use super::outcome::each;
use super::reading::{Part, Schedule};
use crate::base::{Excerpt, Risk, Span};
use crate::evidence::Place;
use crate::plan::Step;
use crate::shell::ast::{Link, Statement, StatementKind};
use crate::shell::{self, Argument, Command, Commands, Options, Origin, Payload, Script, path};
use crate::sql;
use crate::tools::{self, Call, Role, Word, tar};

/// A shell text and everything that is known of it.
#[derive(Debug)]
pub struct Unit<'a> {
    /// The text.
    pub text: &'a str,
    /// The step it belongs to, in a plan.
    pub step: Option<&'a Step>,
    /// Which text of the step it is.
    pub part: Place,
    /// Its language.
    pub language: Language,
    /// The language of the file or step that holds it; another one where the text is only a part of it.
    pub within: Language,
    /// Where the text stands in the file, where it is not the file itself.
    pub excerpt: Option<Rc<Excerpt>>,
    /// When it runs, where a crontab, a timer or a CronJob says so.
    pub schedule: Option<Schedule>,
    /// Its tree.
    pub script: Script,
    /// Its statements, where it is SQL; then it has no commands.
    pub queries: Option<&'a sql::Script>,
    /// Its commands.
    pub commands: Commands,
    /// Paths the text itself makes anew, so that nothing of value is in them.
    pub fresh: Vec<Fresh>,
    index: Index,
    /// What is known of each command, found when a rule first asks.
    known: Vec<Known>,
    /// The commands of each pipeline.
    stages: OnceCell<Vec<Vec<u32>>>,
    /// Where those who write are first stopped.
    stopped: OnceCell<Option<usize>>,
    pub(super) lookups: Lookups,
}

/// A path that a command of the text makes anew.
#[derive(Debug, Clone)]
pub struct Fresh {
    path: String,
    /// The commands for which it is new, by their indexes.
    commands: Range<usize>,
    /// The part of the text that runs only together with the command.
    branch: Option<Span>,
    /// The host it is made on, where that is another one.
    remote: Option<String>,
}

/// The programs that put something else in the place of a directory, with the words of theirs that do; without any, all do.
const MOUNTS: &[(&[&str], &[&str])] = &[
    (&["mount", "umount", "sshfs", "bindfs", "s3fs", "guestmount", "mount.nfs", "mount.cifs"], &[]),
    (&["zfs", "zpool"], &["mount", "import", "create", "clone", "set", "receive", "recv"]),
    (&["rclone", "borg", "restic"], &["mount"]),
];

/// The programs whose copies [`Unit::copies`] tells.
pub const COPIERS: &[&str] =
    &["cp", "install", "scp", "ginstall", "rsync", "tar", "gtar", "bsdtar"];

/// What rules ask of one command over and over.
#[derive(Debug, Default)]
pub(super) struct Known {
    call: OnceCell<Option<Call<'static>>>,
    pub(super) sql: OnceCell<Vec<String>>,
    pub(super) statements: OnceCell<Vec<sql::Statement>>,
    pub(super) flags: OnceCell<flags::Judged>,
    pub(super) risk: OnceCell<Risk>,
    pub(super) deed: OnceCell<Option<Deed>>,
}

/// A command together with its place in the unit.
#[derive(Debug, Clone, Copy)]
pub struct Run<'u> {
    /// Its index in [`Commands::list`].
    pub index: usize,
    /// The command.
    pub command: &'u Command,
}

impl<'a> Unit<'a> {
    /// Reads a text. Must be called on the deep stack.
    pub fn new(text: &'a str, step: Option<&'a Step>, part: Place, language: Language) -> Self {
        let options = if step.is_some() { Options::STRICT } else { shebang(text) };
        let script = shell::parse(text);
        let commands = shell::commands(&script, options);
        Self::with(text, step, part, language, script, commands)
    }

    /// Reads a text that another shell of a unit runs. Must be called on the deep stack.
    pub(super) fn inner(outer: &Unit<'_>, step: Option<&'a Step>, payload: &'a Payload) -> Self {
        let inner = outer.aligned(&payload.text, payload.span);
        let excerpt = match &outer.excerpt {
            Some(excerpt) => excerpt.inner(&inner),
            None => inner,
        };
        let (text, part) = (payload.text.as_str(), outer.part);
        let script = shell::parse(text);
        let commands = shell::payload_commands(&script, payload.options);
        let unit = Self::with(text, step, part, outer.language, script, commands);
        Self { within: outer.within, excerpt: Some(Rc::new(excerpt)), ..unit }
    }

    fn with(
        text: &'a str,
        step: Option<&'a Step>,
        part: Place,
        language: Language,
        script: Script,
        commands: Commands,
    ) -> Self {
        let index = Index::new(&commands);
        let known = commands.list.iter().map(|_| Known::default()).collect();
        let mut unit = Self {
            text,
            step,
            part,
            language,
            within: language,
            excerpt: None,
            schedule: None,
            script,
            queries: None,
            commands,
            fresh: Vec::new(),
            index,
            known,
            stages: OnceCell::new(),
            stopped: OnceCell::new(),
            lookups: Lookups::default(),
        };
        unit.fresh = unit.made_anew();
        unit
    }

    /// Reads a part of a file. Must be called on the deep stack.
    pub(super) fn of(part: &'a Part<'_>) -> Self {
        let text = if part.language.is_shell() { part.text.as_ref() } else { "" };
        let unit = Self::new(text, None, Place::Whole, part.language);
        Self {
            text: &part.text,
            within: part.within,
            excerpt: part.excerpt.clone(),
            schedule: part.schedule.clone(),
            queries: part.queries.as_ref(),
            ..unit
        }
    }

    /// Returns the commands in order.
    pub fn runs(&self) -> impl Iterator<Item = Run<'_>> {
        self.commands.list.iter().enumerate().map(|(index, command)| Run { index, command })
    }

    /// Returns the commands of these names, in order. Costs next to nothing where there are none.
    pub fn named<'u>(&'u self, names: &[&str]) -> impl Iterator<Item = Run<'u>> + use<'u, 'a> {
        let found = self.index.named(&self.commands, names);
        found.map(|index| Run { index, command: &self.commands.list[index] })
    }

    /// Returns the commands of these names, and those whose output goes into a file, in order.
    pub fn writing<'u>(&'u self, names: &[&str]) -> impl Iterator<Item = Run<'u>> + use<'u, 'a> {
        let found = self.index.writing(&self.commands, names);
        found.map(|index| Run { index, command: &self.commands.list[index] })
    }

    /// Returns the commands of a pipeline, by its index, in order.
    pub fn stages(&self, pipeline: usize) -> impl Iterator<Item = &Command> {
        let of_all = || {
            let mut stages = vec![Vec::new(); self.commands.pipelines.len()];
            for (command, at) in self.commands.list.iter().zip(0_u32..) {
                if let Some(stage) = command.setting.stage {
                    stages[stage.pipeline].push(at);
                }
            }
            stages
        };
        let own = self.stages.get_or_init(of_all).get(pipeline);
        own.into_iter().flatten().map(|at| &self.commands.list[*at as usize])
    }

    /// Returns the place of the first command that stops those who write.
    pub(super) fn stopped_at(&self, stops: impl Fn(&Command) -> bool) -> Option<usize> {
        *self.stopped.get_or_init(|| self.commands.list.iter().position(stops))
    }

    /// Takes a command of this unit apart, where its tool is known.
    pub fn take_apart(&self, command: &Command) -> Option<&Call<'static>> {
        self.known(command).call.get_or_init(|| self.call(command)).as_ref()
    }

    pub(super) fn known(&self, command: &Command) -> &Known {
        debug_assert!(std::ptr::eq(&self.commands.list[command.index], command), "of this unit");
        &self.known[command.index]
    }

    fn call(&self, command: &Command) -> Option<Call<'static>> {
        let name = command.name()?;
        let (tool, name) = tools::tool_and_name(name)?;
        let words = self.words(command);
        let words = if tool.name == "tar" { tar::modern(words) } else { words };
        Some(Call::new(tool, name, &words))
    }

    /// Returns the copies a command makes, as source and target.
    pub fn copies(&self, command: &Command) -> Vec<(String, String)> {
        let Some(call) = self.take_apart(command) else {
            return Vec::new();
        };
        let targets: Vec<String> = match call.tool.name {
            "tar" if tar::mode(call) == tar::Mode::Create => {
                call.value(&["file"]).map(|w| self.path(command, w)).into_iter().collect()
            }
            "cp" | "rsync" => {
                call.of_role(Role::Target).into_iter().map(|w| self.end(command, w)).collect()
            }
            _ => Vec::new(),
        };
        let base = call
            .value(&["directory"])
            .filter(|_| call.tool.name == "tar")
            .map(|w| self.path(command, w));
        let sources = call.of_role(Role::Source).into_iter().map(|w| match &base {
            Some(base) => path::absolute(&w.text, Some(base)),
            None => self.end(command, w),
        });
        let sources: Vec<String> = sources.collect();
        targets.iter().flat_map(|t| sources.iter().map(move |s| (s.clone(), t.clone()))).collect()
    }

    /// Returns an end of a copy: a path, or the words for one on another host as they stand (`backup1:/backup`).
    fn end(&self, command: &Command, word: &Word) -> String {
        let remote = word.text.split_once(':').is_some_and(|(host, _)| !host.contains('/'));
        if remote { word.text.clone() } else { self.path(command, word) }
    }

    /// Returns the words of a command as the tools see them.
    pub fn words(&self, command: &Command) -> Vec<Word> {
        let word = |(index, argument): (usize, &Argument)| Word {
            text: argument.shown().into_owned(),
            certain: argument.literal().is_some(),
            fresh: self.is_fresh(command, argument),
            index,
        };
        command.words.iter().enumerate().skip(1).map(word).collect()
    }

    /// Returns a word of a call as a path seen from the command's directory.
    pub fn path(&self, command: &Command, word: &Word) -> String {
        match command.words.get(word.index) {
            // The value of an attached flag (`--target=x`) is only a part of its word.
            Some(argument) if argument.shown() == word.text => command.path(argument),
            _ => path::absolute(&word.text, command.setting.cwd.as_deref()),
        }
    }

    /// Tells whether an argument names something that cannot have been there before.
    pub fn is_fresh(&self, command: &Command, argument: &Argument) -> bool {
        if argument.comes_from(Origin::Temporary) || argument.comes_from(Origin::Time) {
            return true;
        }
        let path = command.path(argument);
        let made = |made: &Fresh| {
            let within = |branch: Span| covers(branch, command.span);
            made.commands.contains(&command.index)
                && made.branch.is_none_or(within)
                && made.remote == command.setting.remote
                && path::within(&path, &made.path)
        };
        is_partial_name(&path) || self.fresh.iter().any(made)
    }

    /// Takes over what another text of the same step makes anew whatever happens, and keeps.
    pub(super) fn follows(&mut self, made: &[Fresh]) {
        let kept = made.iter().filter(|made| made.branch.is_none());
        let kept = kept.filter(|made| made.commands.end == usize::MAX);
        self.fresh.extend(kept.map(|made| Fresh { commands: 0..usize::MAX, ..made.clone() }));
    }

    /// Takes over the files that the step says it writes into directories which an earlier step made anew.
    pub(super) fn takes_back(&mut self, made: &[Fresh], written: &[String]) {
        let kept =
            made.iter().filter(|made| made.branch.is_none() && made.commands.end == usize::MAX);
        for directory in kept {
            let own = |path: &&String| {
                !path.contains(['*', '?', '['])
                    && **path != directory.path
                    && path::within(path, &directory.path)
            };
            self.fresh.extend(written.iter().filter(own).map(|path| Fresh {
                path: path.clone(),
                commands: 0..usize::MAX,
                ..directory.clone()
            }));
        }
    }

    /// Returns the source text of a span.
    pub fn slice(&self, span: Span) -> &str {
        span.slice(self.text)
    }

    fn made_anew(&self) -> Vec<Fresh> {
        let mut fresh = Vec::new();
        for run in self.named(&["mkdir", "mktemp", "createdb"]) {
            let setting = &run.command.setting;
            let behind = match setting.asked {
                true => chained(&self.script.statements, run.command),
                false => None,
            };
            // Where the script goes on although it was there already, nothing says that it is new.
            let goes_on = !setting.errexit || setting.masked || setting.asked;
            if setting.deferred || goes_on && behind.is_none() {
                continue;
            }
            let branch = match setting.conditional && behind.is_none() {
                true => branch(&self.script.statements, run.command),
                false => behind,
            };
            if setting.conditional && branch.is_none() {
                continue;
            }
            let parents =
                run.command.literals().iter().any(|w| w.starts_with("-p") || *w == "--parents");
            for argument in run.command.arguments() {
                let path = run.command.path(argument);
                if path.starts_with(['/', '$']) && (!parents || looks_scratch(&path)) {
                    let commands = run.index + 1..self.mounted_over(run.index, &path);
                    let remote = setting.remote.clone();
                    fresh.push(Fresh { path, commands, branch, remote });
                }
            }
        }
        fresh
    }

    /// Returns the first command behind another that puts something else in the place of a path or below it.
    fn mounted_over(&self, index: usize, made: &str) -> usize {
        let over = |run: &Run<'_>| {
            let path = |word: &Argument| {
                let text = word.shown();
                let path = match text.rsplit_once("mountpoint=") {
                    Some((_, value)) => path::absolute(value, run.command.setting.cwd.as_deref()),
                    None => run.command.path(word),
                };
                path::within(&path, made) || path::within(made, &path)
            };
            let (_, verbs) =
                MOUNTS.iter().find(|(names, _)| run.command.is(names)).copied().unwrap_or_default();
            let mounts =
                verbs.is_empty() || run.command.literals().iter().any(|word| verbs.contains(word));
            run.index > index
                && mounts
                && (run.command.has("-a") || run.command.arguments().iter().any(path))
        };
        let names: Vec<&str> = MOUNTS.iter().flat_map(|(names, _)| *names).copied().collect();
        self.named(&names).find(over).map_or(usize::MAX, |run| run.index)
    }
}

fn covers(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Returns the innermost body that holds a conditional command of the script itself, as far as it runs with it.
fn branch(statements: &[Statement], command: &Command) -> Option<Span> {
    let holds = |statement: &&Statement| covers(statement.span, command.span);
    let around = statements.iter().find(holds)?;
    let body = |body: &[Statement]| branch(body, command);
    match &around.kind {
        StatementKind::Simple(_) => {
            let (first, last) = (statements.first()?, statements.last()?);
            is_itself(around, command).then(|| Span::new(first.span.start, last.span.end))
        }
        StatementKind::List(links) => {
            links.iter().find_map(|(_, one)| branch(std::slice::from_ref(one), command))
        }
        StatementKind::If { branches, otherwise } => {
            let bodies = branches.iter().map(|(_, own)| own.as_slice());
            bodies.chain(otherwise.as_deref()).find_map(body)
        }
        StatementKind::Loop(one) => body(&one.body),
        StatementKind::Case { arms, .. } => arms.iter().find_map(|arm| body(&arm.body)),
        StatementKind::Subshell(inner) | StatementKind::Group(inner) => body(inner),
        StatementKind::Function { body: inner, .. } => body(std::slice::from_ref(inner)),
        StatementKind::Pipeline(_) | StatementKind::Condition(_) | StatementKind::Arithmetic(_) => {
            None
        }
    }
}

/// Returns the links of a list that run only after a command of the script itself has succeeded (`mkdir d && cd d && …`).
fn chained(statements: &[Statement], command: &Command) -> Option<Span> {
    let mut found = None;
    each(statements, &mut |statement, _| {
        let StatementKind::List(links) = &statement.kind else { return };
        let own = |(_, one): &(Link, Statement)| !one.negated && is_itself(one, command);
        let Some(at) = links.iter().position(own) else { return };
        let behind = links[at + 1..].iter().take_while(|(link, _)| *link == Link::And);
        let last = behind.last().map(|(_, one)| one.span.end);
        found = last.map(|end| Span::new(links[at + 1].1.span.start, end));
    });
    found
}

/// Tells whether a statement is this command, and no text that another shell reads.
fn is_itself(statement: &Statement, command: &Command) -> bool {
    let StatementKind::Simple(simple) = &statement.kind else { return false };
    let mut words = simple.words.iter().filter_map(|word| word.literal());
    let first = words.next().filter(|word| word != "sudo").or_else(|| words.next());
    first.as_deref() == command.program() && statement.span == command.span
}

/// Returns the options the first line sets (`#!/bin/bash -eu`).
fn shebang(text: &str) -> Options {
    let line = text.strip_prefix("#!").and_then(|t| t.lines().next()).unwrap_or_default();
    let letters: String =
        line.split_whitespace().skip(1).filter_map(|w| w.strip_prefix('-')).collect();
    Options {
        errexit: letters.contains('e'),
        nounset: letters.contains('u'),
        pipefail: line.contains("pipefail"),
    }
}

#[cfg(test)]
mod tests {
    use super::COPIERS;
    use crate::tools::TOOLS;

    #[test]
    fn every_name_of_a_tool_that_copies_is_looked_for() {
        let copies = |name: &str| matches!(name, "cp" | "rsync" | "tar");
        let tools = TOOLS.iter().filter(|tool| copies(tool.name));
        let mut names: Vec<&str> = tools.flat_map(|tool| tool.names).copied().collect();
        let mut ours = COPIERS.to_vec();
        names.sort_unstable();
        ours.sort_unstable();
        assert_eq!(ours, names);
    }
}
