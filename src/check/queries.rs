//! The SQL in a text: what a file of statements says, and what commands hand to a database's client.

use super::context::Context;
use super::unit::{Run, Unit};
use crate::base::{Excerpt, Excerpting, Risk, Span};
use crate::shell::ast::RedirectKind;
use crate::shell::{Argument, Command};
use crate::sql::{self, Dialect, Statement};
use crate::tools::Role;

/// A text for a client, and where it stands in the unit.
struct Given {
    text: String,
    place: Excerpt,
}

impl Unit<'_> {
    /// Returns the SQL a client is given: on its line, on its standard input, in a file that the script wrote before.
    pub fn sql(&self, command: &Command) -> &[String] {
        let read = || self.given(command).into_iter().map(|given| given.text).collect();
        self.known(command).sql.get_or_init(read)
    }

    /// Returns the statements a client is given, with their places in the unit. Of any other command there are none.
    pub fn statements(&self, command: &Command) -> &[Statement] {
        self.known(command).statements.get_or_init(|| self.read_statements(command))
    }

    fn read_statements(&self, command: &Command) -> Vec<Statement> {
        let dialect = command.name().and_then(Dialect::of_client);
        let Some(dialect) = dialect else {
            return Vec::new();
        };
        let place = |given: Given| {
            let script = sql::read(&given.text, dialect);
            script.statements.into_iter().map(move |s| s.placed(&|span| given.place.span(span)))
        };
        self.given(command).into_iter().flat_map(place).collect()
    }

    /// Returns the harm of the statements in a file that a client reads, where the script wrote the file itself.
    pub(super) fn written_harm(&self, command: &Command, dialect: Dialect) -> Option<Risk> {
        Some(sql::risk(&self.written(command)?.text, dialect))
    }

    fn given(&self, command: &Command) -> Vec<Given> {
        let Some(call) = self.take_apart(command) else {
            return Vec::new();
        };
        let flags = call.flags.iter().filter(|f| f.role == Role::Sql);
        let mut words: Vec<_> = flags.filter_map(|f| f.value.clone()).collect();
        if call.name == "sqlite3" {
            words.extend(call.operands.iter().skip(1).cloned());
        }
        let mut given = Vec::new();
        for word in words {
            let span = command.words.get(word.index).map_or(command.span, |a| a.span);
            let place = self.aligned(&word.text, span);
            given.push(Given { text: word.text, place });
        }
        if let Some(input) = &command.input {
            given.push(self.shown(input));
        }
        given.extend(self.written(command));
        given
    }

    fn shown(&self, argument: &Argument) -> Given {
        let text = argument.shown().into_owned();
        let place = self.aligned(&text, argument.span);
        Given { text, place }
    }

    /// Returns what is in the file a client reads, where an earlier command of the script put it there.
    fn written(&self, command: &Command) -> Option<Given> {
        let call = self.take_apart(command)?;
        Dialect::of_client(call.name)?;
        let read = command.redirects.iter().find(|r| r.kind == RedirectKind::Read);
        let path = match (call.value(&["file"]), read) {
            (Some(word), _) => self.path(command, word),
            (None, Some(redirect)) => command.path(&redirect.target),
            (None, None) => return None,
        };
        let writer = self.writer_of(&path, command.span.start)?;
        if let Some(input) = &writer.input {
            return Some(self.shown(input));
        }
        match (writer.is(&["echo"]), writer.arguments()) {
            (true, [only]) => Some(self.shown(only)),
            _ => None,
        }
    }

    /// Finds a text in the part of the unit it comes from: as it stands there, or line by line.
    pub(super) fn aligned(&self, text: &str, span: Span) -> Excerpt {
        let source = self.slice(span);
        if let Some(at) = source.find(text) {
            return Excerpt::of(Span::new(at, at + text.len()).shifted(span.start));
        }
        let mut excerpting = Excerpting::default();
        let same = source.lines().count() == text.lines().count();
        let mut at = span.start;
        let mut lines = source.split_inclusive('\n');
        for line in text.split_inclusive('\n') {
            let written = if same { lines.next().unwrap_or_default() } else { source };
            let place = Span::new(at, at + written.len());
            match written == line {
                true => excerpting.copy(self.text, place),
                false => excerpting.write(line, place),
            }
            at += if same { written.len() } else { 0 };
        }
        excerpting.done().1
    }
}

/// A statement, where it stands, and the command it is given to; none in a file of statements.
#[derive(Debug)]
pub struct Query<'c, 'a> {
    /// The unit that its span counts in.
    pub unit: &'c Unit<'a>,
    /// The command that hands it to a client.
    pub run: Option<Run<'c>>,
    /// The statement.
    pub statement: &'c Statement,
}

impl<'a> Context<'a> {
    /// Returns every statement of SQL, in order: those of files, and those that commands hand to a client.
    pub fn queries<'c>(&'c self) -> impl Iterator<Item = Query<'c, 'a>> {
        self.units.iter().flat_map(|unit| {
            let own = unit.queries.iter().flat_map(|script| &script.statements);
            let own = own.map(move |s| Query { unit, run: None, statement: s });
            let given = unit.runs().flat_map(move |run| {
                let statements = unit.statements(run.command).iter();
                statements.map(move |s| Query { unit, run: Some(run), statement: s })
            });
            own.chain(given)
        })
    }
}
