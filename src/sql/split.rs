//! Splits a text of SQL into statements and the commands of the client, as the client would.

use super::client::{self, Effect};
use super::scan::{self, Token};
use super::statement::{Draft, Kind, Lexeme, Name, Statement};
use super::{Dialect, calls};
use crate::base::{Risk, Span};

/// Statements that are kept of one text; of the others only their harm.
const MOST: usize = 20_000;

/// A text of SQL, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Its dialect.
    pub dialect: Dialect,
    /// The statements and the client's own commands, in order; not more than 20,000 of them.
    pub statements: Vec<Statement>,
    /// Comments to the end of their lines, in order; not more than 20,000 of them.
    pub comments: Vec<Span>,
    /// The harm of what is not kept.
    rest: Risk,
}

impl Script {
    /// Returns the harm of the worst statement.
    pub fn risk(&self) -> Risk {
        self.statements.iter().map(|s| s.risk).max().unwrap_or(Risk::Read).max(self.rest)
    }
}

/// Takes a text apart. Reads to the end whatever stands there.
pub fn read(text: &str, dialect: Dialect) -> Script {
    let mut splitter = Splitter {
        text,
        dialect,
        at: 0,
        delimiter: ";".to_owned(),
        versioned: false,
        draft: Draft::default(),
        script: Script { dialect, statements: Vec::new(), comments: Vec::new(), rest: Risk::Read },
    };
    while splitter.at < text.len() {
        splitter.step();
    }
    splitter.finish();
    splitter.script
}

struct Splitter<'t> {
    text: &'t str,
    dialect: Dialect,
    at: usize,
    delimiter: String,
    /// Whether a comment that MySQL runs stands open.
    versioned: bool,
    draft: Draft,
    script: Script,
}

impl Splitter<'_> {
    fn step(&mut self) {
        let rest = &self.text[self.at..];
        if self.draft.is_empty()
            && self.starts_line()
            && let Some(command) = client::at_line_start(rest, self.dialect)
        {
            return self.command(command);
        }
        if rest.starts_with(&self.delimiter) && self.draft.may_end(self.dialect) {
            let length = self.delimiter.len();
            self.finish();
            self.at += length;
            return self.skip_data();
        }
        if rest.starts_with('\\')
            && let Some(command) = client::at_backslash(rest, self.dialect)
        {
            return self.command(command);
        }
        let (token, length) = scan::token(rest, self.dialect, &mut self.versioned);
        let span = Span::new(self.at, self.at + length);
        self.at += length.max(1);
        match token {
            Token::Nothing => {
                self.draft.blank = true;
                if rest.starts_with(['-', '#']) && self.script.comments.len() < MOST {
                    self.script.comments.push(span);
                }
            }
            Token::OpenComment => self.draft.open = Some("a comment is never closed"),
            Token::Text { open: true } | Token::Quoted { open: true } => {
                self.draft.add(self.text, Lexeme { token, span });
                self.draft.open = Some("a quote is never closed");
            }
            Token::Word | Token::Text { .. } | Token::Quoted { .. } | Token::Sign => {
                self.draft.add(self.text, Lexeme { token, span });
            }
        }
    }

    /// Tells whether only blanks stand before this place on its line.
    fn starts_line(&self) -> bool {
        let before = self.text[..self.at].trim_end_matches([' ', '\t']);
        before.is_empty() || before.ends_with('\n')
    }

    fn command(&mut self, command: client::Command) {
        let start = self.at;
        let span = Span::new(start, start + command.length);
        let here = |span: Option<Span>| span.map(|span| span.shifted(start));
        let (shell, file) = (here(command.shell), here(command.file));
        self.at = span.end.max(start + 1);
        match command.effect {
            Effect::Ends => return self.finish(),
            Effect::Sends => self.finish(),
            Effect::Delimiter(sign) => self.delimiter = sign,
            Effect::Beside => {}
        }
        let written = span.slice(self.text).trim_end();
        let copies = written.to_ascii_lowercase();
        let statement = Statement {
            span: Span::new(start, start + written.len()),
            text: normal(written),
            kind: Kind::Client,
            names: here(command.database)
                .map(|span| Name { text: span.slice(self.text).to_owned(), span })
                .into_iter()
                .collect(),
            filtered: false,
            calls: Vec::new(),
            risk: command.risk,
            why: None,
            shell,
            file,
        };
        self.keep(statement);
        if copies.starts_with("\\copy") && copies.contains("from stdin") {
            self.skip_rows();
        }
    }

    fn finish(&mut self) {
        let draft = std::mem::take(&mut self.draft);
        if let Some(statement) = draft.done(self.text, self.dialect) {
            self.keep(statement);
        }
    }

    fn keep(&mut self, statement: Statement) {
        if self.script.statements.len() < MOST {
            self.script.statements.push(statement);
        } else {
            self.script.rest = self.script.rest.max(statement.risk);
        }
    }

    /// Skips the rows that follow `COPY … FROM stdin;`.
    fn skip_data(&mut self) {
        let copies = self.dialect == Dialect::Postgres
            && self.script.statements.last().is_some_and(|last| {
                last.span.end + self.delimiter.len() + 64 > self.at
                    && last.text.starts_with("COPY ")
                    && last.text.contains("FROM STDIN")
            });
        if copies {
            self.skip_rows();
        }
    }

    fn skip_rows(&mut self) {
        let rest = &self.text[self.at..];
        let mut length = scan::line(rest);
        while length < rest.len() {
            let start = length + 1;
            length = start + scan::line(&rest[start..]);
            if rest[start..length].trim_end() == "\\." {
                break;
            }
        }
        self.at += length;
    }
}

/// Returns a client's command with single blanks and upper case, what stands in quotes left out.
fn normal(written: &str) -> String {
    let mut text = String::new();
    let mut quote = None;
    for c in written.chars().take(400) {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => continue,
            None if matches!(c, '\'' | '"' | '`') => quote = Some(c),
            None => {}
        }
        match c.is_whitespace() {
            true if text.ends_with(' ') => {}
            true => text.push(' '),
            false => text.extend(c.to_uppercase()),
        }
    }
    text
}

/// Returns the function a word calls, where it does more than compute.
pub(super) fn call(name: &str) -> Option<(&'static str, Risk)> {
    calls::known(name)
}
