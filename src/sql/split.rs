//! Splits a text of SQL into statements and the commands of the client, as the client would.

use super::client::{self, Effect};
use super::scan::{self, Token};
use super::statement::{Draft, Kind, Lexeme, Name, Statement};
use super::{Dialect, calls, harm};
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
    pub rest: Risk,
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
        rows: 0,
        rows_at: 0,
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
    /// How often rows follow the line that is read.
    rows: usize,
    /// Where they start: at the end of that line.
    rows_at: usize,
    draft: Draft,
    script: Script,
}

impl Splitter<'_> {
    fn step(&mut self) {
        if self.rows > 0 && self.at >= self.rows_at {
            return self.skip_rows();
        }
        let rest = &self.text[self.at..];
        if self.draft.is_empty()
            && self.starts_line()
            && let Some(command) = client::at_line_start(rest, self.dialect)
        {
            return self.command(command);
        }
        if rest.starts_with(&self.delimiter) && self.draft.may_end(self.dialect) {
            let length = self.delimiter.len();
            let copies = self.finish();
            self.at += length;
            if copies {
                self.rows_follow();
            }
            return;
        }
        if rest.starts_with('\\')
            && let Some(command) = client::at_backslash(rest, self.dialect)
        {
            return self.command(command);
        }
        let (token, length) = scan::token(rest, self.dialect, &mut self.versioned);
        let span = Span::new(self.at, self.at + length);
        self.at += length.max(1);
        if self.rows > 0 && self.at > self.rows_at {
            match token {
                Token::Nothing if !rest.starts_with("/*") => self.at = self.rows_at,
                _ => self.draft.open = Some("rows of a COPY stand in it"),
            }
        }
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
            Effect::Ends => {
                self.finish();
                return;
            }
            Effect::Sends => {
                if self.finish() {
                    self.rows_follow();
                }
            }
            Effect::Delimiter(sign) => self.delimiter = sign,
            Effect::Beside => {}
        }
        let written = span.slice(self.text).trim_end();
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
        let copies = statement.text.starts_with("\\COPY") && harm::takes_rows(&statement.text);
        self.keep(statement);
        if copies {
            self.rows_follow();
        }
    }

    /// Keeps the statement that ends here. Tells whether rows follow its line.
    fn finish(&mut self) -> bool {
        let draft = std::mem::take(&mut self.draft);
        let Some(statement) = draft.done(self.text, self.dialect) else {
            return false;
        };
        let copies = self.dialect == Dialect::Postgres
            && statement.text.starts_with("COPY ")
            && harm::takes_rows(&statement.text);
        self.keep(statement);
        copies
    }

    fn keep(&mut self, statement: Statement) {
        if self.script.statements.len() < MOST {
            self.script.statements.push(statement);
        } else {
            self.script.rest = self.script.rest.max(statement.risk);
        }
    }

    /// psql reads the rows of `COPY … FROM stdin` from the next line on, and then the rest of this one.
    fn rows_follow(&mut self) {
        if self.rows == 0 {
            self.rows_at = self.at + scan::line(&self.text[self.at..]);
        }
        self.rows += 1;
    }

    fn skip_rows(&mut self) {
        let mut end = self.rows_at.max(self.at);
        end += scan::line(&self.text[end..]);
        while end < self.text.len() && self.rows > 0 {
            let start = end + 1;
            end = start + scan::line(&self.text[start..]);
            if self.text[start..end].trim_end() == "\\." {
                self.rows -= 1;
            }
        }
        self.rows = 0;
        self.at = end;
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
