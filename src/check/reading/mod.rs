//! Takes a file apart into the texts that would run, each with its place in the file.

pub(super) mod argv;
mod console;
mod crontab;
mod file_calls;
mod kubernetes;
mod markdown;
mod python;
mod schedule;
mod systemd;

pub use schedule::Schedule;

use std::borrow::Cow;
use std::rc::Rc;

use super::Language;
use super::manifest::Manifest;
use crate::base::{Excerpt, Span};
use crate::sql::{self, Dialect};

/// How deep files may stand in files: a manifest in a fence, a command in the manifest.
const NESTING: usize = 4;

/// Tells whether the texts made of a file are more than is read of it: each of many commands may stand behind all of
/// many variables.
fn is_too_much(written: usize, file: &str) -> bool {
    written > (256 << 10) + 8 * file.len()
}

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
    /// Manifests of Kubernetes.
    pub manifests: Vec<Manifest>,
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
        Language::Python => {
            let mut own = Reading::default();
            python::read(&part, depth, &mut own);
            own.python = Some(part);
            match depth {
                0 => *reading = own,
                _ => reading.apart.push(own),
            }
        }
        Language::Markdown => markdown::read(&part, depth, reading),
        Language::Crontab => crontab::read(&part, depth, reading),
        Language::Systemd => systemd::read(&part, depth, reading),
        Language::Kubernetes => kubernetes::read(&part, depth, reading),
        Language::Other => {
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
        .map(|span| part.inner(span.slice(&part.text).to_owned(), &Excerpt::of(span), Language::Sh))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LANGUAGES: [Language; 8] = [
        Language::Bash,
        Language::Python,
        Language::Sql,
        Language::Markdown,
        Language::Crontab,
        Language::Systemd,
        Language::Kubernetes,
        Language::Other,
    ];

    /// Tells whether everything that is read stands in the file.
    fn stands_in_the_file(reading: &Reading<'_>, file: &str) -> bool {
        let inside = |span: Span| span.start <= span.end && span.end <= file.len();
        let part = |part: &Part<'_>| {
            let length = part.text.len();
            let ends = [0, length.min(1), length / 2, length];
            ends.iter().all(|at| {
                inside(part.place(Span::new(*at, part.text.len())))
                    && inside(part.place(Span::new(0, *at)))
            })
        };
        reading.parts.iter().chain(&reading.python).all(part)
            && reading.unread.iter().all(|unread| inside(unread.span))
            && reading.manifests.iter().all(|m| inside(m.root.span))
            && reading.apart.iter().all(|apart| stands_in_the_file(apart, file))
    }

    proptest! {
        #[test]
        fn no_file_makes_a_reader_panic(
            words in proptest::collection::vec(
                prop_oneof![
                    "[a-z$#>'\"`\\\\{}()=%*@: \n-]{0,8}",
                    "\\PC{0,4}",
                    prop::sample::select(vec![
                        "```bash\n", "```\n", "~~~~ console\n", "```python\n", "```yaml\n", "> ", "  ",
                        "$ ls <<E\n", "# ls\n", "root@h:~# x\n", "shop=# drop table x\n", ">>> x\n",
                        "0 1 * * * root x %\\%\n", "@daily x\n", "A='b'\n",
                        "[Service]\nExecStart=-/bin/sh -c '${A} $$ %i \\\n", "Environment=A=b\n",
                        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - command: [a, $(A)]\n",
                        "---\n", "    env: [{name: A, value: é}]\n", "{{ x }}\n",
                        "import os, subprocess as sp\n", "os.system(f'a {é} {b!r:>{c}} {", "sp.run([*a, 'b' + c])\n",
                        "while True:\n  os.popen('x' % y)\n", "x = ['a']\nx += ", "cursor.execute('''drop ",
                        "with open(p, 'w') as f:\n  sp.run(a, stdout=f, input='x', env={'A': b}, cwd=c)\n",
                    ]).prop_map(str::to_owned),
                ],
                0..16,
            ),
        ) {
            let text = words.concat();
            for language in LANGUAGES {
                prop_assert!(stands_in_the_file(&read(&text, language), &text), "{language:?} {text}");
            }
        }
    }
}
