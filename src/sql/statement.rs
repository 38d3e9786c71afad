//! One statement: its kind, what it is about, where it stands.

use super::scan::Token;
use super::{Dialect, harm, split};
use crate::base::{Risk, Span};

/// Characters of a statement that are looked at by their words.
const LONGEST: usize = 16 << 10;

/// Words, quotes and signs of a statement that are kept.
const LEXEMES: usize = 400;

/// What a statement does, by its leading words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `SELECT`, `SHOW`, `EXPLAIN`, and a `WITH` that ends in one.
    Look,
    /// `INSERT`
    Insert,
    /// `UPDATE`
    Update,
    /// `DELETE`
    Delete,
    /// `REPLACE`, `MERGE`
    Replace,
    /// `TRUNCATE`
    Truncate,
    /// `CREATE`
    Create,
    /// `ALTER`, `RENAME`
    Alter,
    /// `ALTER SYSTEM`, `SET GLOBAL`, `SET PERSIST`
    Configure,
    /// `DROP`
    Drop,
    /// `COPY`, `LOAD DATA`
    Copy,
    /// `PURGE BINARY LOGS`, `RESET MASTER`
    PurgeLogs,
    /// `CHANGE MASTER`, `START SLAVE`, `STOP REPLICA`, `RESET REPLICA`
    Replicate,
    /// `BEGIN`, `COMMIT`, `SAVEPOINT`
    Transaction,
    /// `SET`, `USE`, `RESET`
    Set,
    /// `GRANT`, `REVOKE`
    Grant,
    /// `VACUUM`, `ANALYZE`, `OPTIMIZE`, `REINDEX`
    Maintain,
    /// A command of the client: psql's `\…`, sqlite's `.…`, mysql's `source`.
    Client,
    /// Anything else.
    Other,
}

/// A name as a statement writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Without quotes, parts joined by dots.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// A statement, or a command of the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Where it stands in the text, without its semicolon.
    pub span: Span,
    /// Its words in upper case with single blanks; comments are gone, strings are `''` and quoted names `""`.
    pub text: String,
    /// What it does.
    pub kind: Kind,
    /// What is dropped, emptied, deleted from, changed or created; the database a client goes to.
    pub names: Vec<Name>,
    /// Whether a `WHERE` that is not always true limits it.
    pub filtered: bool,
    /// Functions it calls that do more than compute, in lower case.
    pub calls: Vec<&'static str>,
    /// Its harm.
    pub risk: Risk,
    /// Why it cannot be read, where that is so.
    pub why: Option<&'static str>,
    /// The part of the text that a shell runs (`\! …`, `.shell …`, `PROGRAM '…'`).
    pub shell: Option<Span>,
    /// The part of the text that names a file of statements to run (`\i …`, `source …`, `.read …`).
    pub file: Option<Span>,
}

impl Statement {
    /// Tells whether it starts with these words: `"DROP DATABASE"`.
    pub fn starts(&self, words: &str) -> bool {
        self.text.strip_prefix(words).is_some_and(|rest| {
            rest.chars().next().is_none_or(|c| !c.is_alphanumeric() && c != '_')
        })
    }

    /// Tells whether one of its words is this one, in upper case.
    pub fn has(&self, word: &str) -> bool {
        harm::has(&self.text, word)
    }

    /// Tells whether it calls the function, named in lower case.
    pub fn calls(&self, name: &str) -> bool {
        self.calls.contains(&name)
    }

    /// Returns the statement with its places moved by `place`.
    #[must_use]
    pub fn placed(mut self, place: &dyn Fn(Span) -> Span) -> Self {
        self.span = place(self.span);
        self.names.iter_mut().for_each(|name| name.span = place(name.span));
        self.shell = self.shell.map(place);
        self.file = self.file.map(place);
        self
    }
}

/// A word, a quote or a sign and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lexeme {
    pub token: Token,
    pub span: Span,
}

/// A statement while it is read.
#[derive(Debug, Default)]
pub(super) struct Draft {
    lexemes: Vec<Lexeme>,
    last: Option<Lexeme>,
    text: String,
    /// Whether blanks stand before the next word.
    pub blank: bool,
    /// Why it cannot be read.
    pub open: Option<&'static str>,
    cut: bool,
    parentheses: usize,
    /// `BEGIN` and `CASE` without their `END`.
    begun: usize,
    calls: Vec<&'static str>,
    called: Risk,
}

impl Draft {
    pub(super) fn is_empty(&self) -> bool {
        self.last.is_none() && self.open.is_none()
    }

    pub(super) fn add(&mut self, text: &str, lexeme: Lexeme) {
        let written = lexeme.span.slice(text);
        match (lexeme.token, written) {
            (Token::Sign, "(") => {
                self.parentheses += 1;
                if let Some(before) = self.last
                    && let Some((name, risk)) = split::call(bare(before, text))
                {
                    if !self.calls.contains(&name) {
                        self.calls.push(name);
                    }
                    self.called = self.called.max(risk);
                }
            }
            (Token::Sign, ")") => self.parentheses = self.parentheses.saturating_sub(1),
            (Token::Word, word) => self.count(word),
            _ => {}
        }
        if self.text.len() < LONGEST {
            if self.blank && !self.text.is_empty() {
                self.text.push(' ');
            }
            match lexeme.token {
                Token::Text { .. } => self.text.push_str("''"),
                Token::Quoted { .. } => self.text.push_str("\"\""),
                Token::Word | Token::Sign | Token::Nothing | Token::OpenComment => {
                    self.text.extend(written.chars().flat_map(char::to_uppercase));
                }
            }
        } else {
            self.cut = true;
        }
        if self.lexemes.len() < LEXEMES {
            self.lexemes.push(lexeme);
        }
        self.blank = false;
        self.last = Some(lexeme);
    }

    /// Counts what keeps the body of a routine or a trigger together.
    fn count(&mut self, word: &str) {
        let is = |other: &str| word.eq_ignore_ascii_case(other);
        if self.begun == 0 && !(is("begin") || is("case")) || !self.text.starts_with("CREATE") {
            return;
        }
        if is("end") {
            self.begun = self.begun.saturating_sub(1);
        } else if is("begin") || is("case") {
            self.begun += 1;
        }
    }

    /// Tells whether a semicolon ends the statement here, rather than one in its body.
    pub(super) fn may_end(&self, dialect: Dialect) -> bool {
        let first: Vec<&str> = self.text.split(' ').take(5).collect();
        let creates = first.first() == Some(&"CREATE");
        match dialect {
            Dialect::Postgres => {
                let routine = first.contains(&"FUNCTION") || first.contains(&"PROCEDURE");
                self.parentheses == 0 && !(creates && routine && self.begun > 0)
            }
            Dialect::Sqlite => !(creates && first.contains(&"TRIGGER") && self.begun > 0),
            Dialect::Mysql => true,
        }
    }

    /// Returns the statement; nothing where only blanks and comments were read.
    pub(super) fn done(self, text: &str, dialect: Dialect) -> Option<Statement> {
        let start = self.lexemes.first()?.span.start;
        let span = Span::new(start, self.last?.span.end);
        let (kind, risk) = harm::of(&self.text, dialect);
        let joined = dialect == Dialect::Mysql && kind != Kind::Create && self.text.contains(';');
        let long = self.cut && (kind == Kind::Look || joined);
        let why = self.open.or(long.then_some("the statement is too long to be looked through"));
        let words = Words { text, lexemes: &self.lexemes };
        let program = kind == Kind::Copy && harm::has(&self.text, "PROGRAM");
        let shell = program.then(|| super::client::program(span.slice(text))).flatten();
        Some(Statement {
            span,
            kind,
            names: words.names(kind),
            filtered: words.filtered(),
            calls: self.calls,
            risk: if why.is_some() { Risk::Unknown } else { risk.max(self.called) },
            why,
            shell: shell.map(|found| found.shifted(start)),
            file: None,
            text: self.text,
        })
    }
}

/// Returns a word, or a name without its quotes.
fn bare(lexeme: Lexeme, text: &str) -> &str {
    let written = lexeme.span.slice(text);
    match lexeme.token {
        Token::Quoted { .. } => written.trim_matches(['"', '`', '[', ']']),
        Token::Word | Token::Nothing | Token::Text { .. } | Token::OpenComment | Token::Sign => {
            written
        }
    }
}

struct Words<'w> {
    text: &'w str,
    lexemes: &'w [Lexeme],
}

impl Words<'_> {
    fn is(&self, at: usize, word: &str) -> bool {
        self.lexemes.get(at).is_some_and(|lexeme| {
            lexeme.token == Token::Word && lexeme.span.slice(self.text).eq_ignore_ascii_case(word)
        })
    }

    fn sign(&self, at: usize, sign: &str) -> bool {
        self.lexemes.get(at).is_some_and(|lexeme| lexeme.span.slice(self.text) == sign)
    }

    /// Returns the names a statement is about.
    fn names(&self, kind: Kind) -> Vec<Name> {
        let mut at = 1;
        let skip = |at: &mut usize, words: &[&str]| {
            while words.iter().any(|word| self.is(*at, word)) {
                *at += 1;
            }
        };
        match kind {
            Kind::Drop | Kind::Create | Kind::Alter => {
                skip(&mut at, &["or", "replace", "temp", "temporary", "unlogged", "unique"]);
                skip(&mut at, &["materialized", "foreign", "global", "local", "definer"]);
                at += 1;
                skip(&mut at, &["data", "wrapper", "concurrently", "if", "not", "exists", "only"]);
            }
            Kind::Truncate => skip(&mut at, &["table", "only"]),
            Kind::Delete => skip(&mut at, &["low_priority", "quick", "ignore", "from", "only"]),
            Kind::Update => {
                skip(&mut at, &["low_priority", "ignore", "only", "or", "rollback", "abort"]);
            }
            Kind::Insert | Kind::Replace => {
                skip(&mut at, &["low_priority", "delayed", "ignore", "or", "replace", "into"]);
            }
            Kind::Set if self.is(0, "use") => {}
            Kind::Look
            | Kind::Configure
            | Kind::Copy
            | Kind::PurgeLogs
            | Kind::Replicate
            | Kind::Transaction
            | Kind::Set
            | Kind::Grant
            | Kind::Maintain
            | Kind::Client
            | Kind::Other => return Vec::new(),
        }
        let several = matches!(kind, Kind::Drop | Kind::Truncate);
        let mut names = Vec::new();
        while let Some(name) = self.name(&mut at) {
            names.push(name);
            if !several || !self.sign(at, ",") {
                break;
            }
            at += 1;
        }
        names
    }

    /// Reads a name with its dots.
    fn name(&self, at: &mut usize) -> Option<Name> {
        let first = *self.lexemes.get(*at)?;
        let mut found = Name { text: String::new(), span: first.span };
        loop {
            let mut lexeme = *self.lexemes.get(*at)?;
            if self.sign(*at, "$") || self.sign(*at, ":") {
                // A variable of the shell or of psql.
                found.text.push_str(lexeme.span.slice(self.text));
                *at += 1;
                lexeme = *self.lexemes.get(*at)?;
            }
            if !matches!(lexeme.token, Token::Word | Token::Quoted { .. } | Token::Text { .. }) {
                return None;
            }
            found.text.push_str(bare(lexeme, self.text));
            found.span.end = lexeme.span.end;
            *at += 1;
            if !self.sign(*at, ".") {
                return Some(found);
            }
            found.text.push('.');
            *at += 1;
        }
    }

    /// Tells whether a `WHERE` limits the statement, one that is not `true`, `1` or `1 = 1`.
    fn filtered(&self) -> bool {
        (0..self.lexemes.len()).filter(|at| self.is(*at, "where")).any(|at| {
            let always = self.is(at + 1, "true") || self.is(at + 1, "1");
            let equal = self.sign(at + 2, "=") && self.is(at + 3, "1");
            let behind = if equal { at + 4 } else { at + 2 };
            let more = self.is(behind, "and");
            !always || more || self.sign(at + 2, "=") && !equal
        })
    }
}
