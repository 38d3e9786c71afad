//! Takes a file apart into the texts that would run, each with its place in the file.

mod argv;
mod console;
mod crontab;
mod markdown;
mod schedule;
mod systemd;

pub use schedule::Schedule;

use std::borrow::Cow;
use std::rc::Rc;

use super::Language;
use crate::base::{Excerpt, Span};
use crate::sql::{self, Dialect};

/// How deep files may stand in files: a manifest in a fence, a command in the manifest.
const NESTING: usize = 4;

/// A text of a file that would run, in a language that is read.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// The text.
    pub text: Cow<'a, str>,
    /// Its language.
    pub language: Language,
    /// The language of what holds it.
    pub within: Language,
    /// Where it stands in the file, where it is not the file itself.
    pub excerpt: Option<Rc<Excerpt>>,
    /// The dialect of SQL, where the file says so.
    pub dialect: Option<Dialect>,
    /// Its statements, where it is SQL.
    pub queries: Option<sql::Script>,
    /// When it runs, where the file says so.
    pub schedule: Option<Schedule>,
}

/// Text that would run and is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Where it stands in the file.
    pub span: Span,
    /// Why it is not read: lower case, no final period.
    pub why: String,
    /// Whether it may be meant to be read by nobody but people or another program.
    pub aside: bool,
}

/// A file taken apart.
#[derive(Debug, Default)]
pub(super) struct Reading<'a> {
    /// The shell and SQL texts, in order.
    pub parts: Vec<Part<'a>>,
    /// The Python script, where the file or the fence is one.
    pub python: Option<Part<'a>>,
    /// What is judged by itself: the Python scripts of a Markdown document.
    pub apart: Vec<Reading<'a>>,
    /// What would run and is not read.
    pub unread: Vec<Unread>,
}

/// Takes a file apart.
pub(super) fn read(text: &str, language: Language) -> Reading<'_> {
    let mut reading = Reading::default();
    let whole = Part {
        text: Cow::Borrowed(text),
        language,
        within: language,
        excerpt: None,
        dialect: None,
        queries: None,
        schedule: None,
    };
    add(whole, 0, &mut reading);
    reading
}

/// Adds a text to what is read, taken apart further where its language holds other texts.
fn add<'a>(part: Part<'a>, depth: usize, reading: &mut Reading<'a>) {
    if depth > NESTING {
        let span = part.place(Span::new(0, part.text.len()));
        reading.not_read(span, "texts stand in texts too deep to be read");
        return;
    }
    match part.language {
        Language::Bash | Language::Sh => reading.parts.push(part),
        Language::Sql => statements(part, reading),
        Language::Python if depth == 0 => reading.python = Some(part),
        Language::Python => {
            reading.apart.push(Reading { python: Some(part), ..Reading::default() });
        }
        Language::Markdown => markdown::read(&part, depth, reading),
        Language::Crontab => crontab::read(&part, depth, reading),
        Language::Systemd => systemd::read(&part, depth, reading),
        Language::Kubernetes | Language::Other => {
            let span = part.place(Span::new(0, part.text.len()));
            reading.not_read(span, "the language of this script is not known");
        }
    }
}

/// Adds a text of SQL, and what its client hands to a shell.
fn statements<'a>(mut part: Part<'a>, reading: &mut Reading<'a>) {
    let dialect = part.dialect.unwrap_or_else(|| Dialect::of_text(&part.text));
    let script = sql::read(&part.text, dialect);
    let shells: Vec<Part<'a>> = script
        .statements
        .iter()
        .filter_map(|statement| statement.shell)
        .map(|span| {
            part.inner(span.slice(&part.text).to_owned(), &Excerpt::of(span), Language::Sh)
        })
        .collect();
    part.queries = Some(script);
    reading.parts.push(part);
    reading.parts.extend(shells);
}

impl Part<'_> {
    /// Returns where a span of the text stands in the file.
    fn place(&self, span: Span) -> Span {
        self.excerpt.as_ref().map_or(span, |excerpt| excerpt.span(span))
    }

    /// Returns a text taken from this one.
    fn inner<'i>(&self, text: String, excerpt: &Excerpt, language: Language) -> Part<'i> {
        let excerpt = match &self.excerpt {
            Some(outer) => outer.inner(excerpt),
            None => excerpt.clone(),
        };
        Part {
            text: Cow::Owned(text),
            language,
            within: self.language,
            excerpt: Some(Rc::new(excerpt)),
            dialect: None,
            queries: None,
            schedule: self.schedule.clone(),
        }
    }
}

impl Reading<'_> {
    fn not_read(&mut self, span: Span, why: impl Into<String>) {
        self.unread.push(Unread { span, why: why.into(), aside: false });
    }
}
