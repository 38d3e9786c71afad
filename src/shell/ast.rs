//! A shell script as a small tree: what rules and templates need, and nothing else.

use std::borrow::Cow;
use std::sync::Arc;

use crate::base::{Problem, Span};

/// A script that was read, as far as it could be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// Whether every byte was understood; when not, `statements` may lack anything.
    pub parsed: bool,
    /// What could not be understood, in the order of the text.
    pub problems: Vec<Problem>,
    /// The statements, in the order of the text.
    pub statements: Vec<Statement>,
}

/// One statement with its redirects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What it does.
    pub kind: StatementKind,
    /// Whether `!` stands before it.
    pub negated: bool,
    /// Whether `&` stands behind it.
    pub background: bool,
    /// Redirects, in order.
    pub redirects: Vec<Redirect>,
    /// Its text.
    pub span: Span,
}

/// What a statement is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementKind {
    /// Assignments and words: `A=b cmd arg`.
    Simple(Simple),
    /// `a | b | c`, in order.
    Pipeline(Vec<Statement>),
    /// `a && b || c`, in order; the first link's operator is `And` and means nothing.
    List(Vec<(Link, Statement)>),
    /// `if`/`elif` branches (condition, body) and the `else` body.
    If {
        /// Condition and body of `if` and every `elif`.
        branches: Vec<(Vec<Statement>, Vec<Statement>)>,
        /// The `else` body.
        otherwise: Option<Vec<Statement>>,
    },
    /// `for`, `while`, `until`, `select`.
    Loop(Loop),
    /// `case`.
    Case {
        /// The word that is compared.
        word: Word,
        /// The arms, in order.
        arms: Vec<Arm>,
    },
    /// `( … )`.
    Subshell(Vec<Statement>),
    /// `{ …; }`, and what behaves like it (`time`, `coproc`).
    Group(Vec<Statement>),
    /// A function definition.
    Function {
        /// Its name; empty when the name is not literal.
        name: String,
        /// Its body.
        body: Arc<Statement>,
    },
    /// `[[ … ]]`: operators as literal words, operands as they are.
    Condition(Vec<Word>),
    /// `(( … ))`, as text.
    Arithmetic(String),
}

/// How a list goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// A simple command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Simple {
    /// `A=b` before the words; for `export`, `local`, `declare`, `readonly` also those behind it.
    pub assignments: Vec<Assignment>,
    /// The command and its arguments; empty for bare assignments.
    pub words: Vec<Word>,
    /// Whether this is a declaration (`export A=b`), so that the assignments stay.
    pub declares: bool,
}

/// `NAME=value`, `NAME+=value`, `NAME=(…)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The variable.
    pub name: String,
    /// Whether one element of an array is assigned.
    pub indexed: bool,
    /// Whether the value is appended.
    pub append: bool,
    /// The value.
    pub value: Assigned,
    /// Its text.
    pub span: Span,
}

/// What is assigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assigned {
    /// One value.
    Scalar(Word),
    /// The elements of an array.
    Array(Vec<Word>),
}

/// A loop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loop {
    /// The variable of `for` and `select`.
    pub variable: Option<String>,
    /// What it runs over; `None` means the arguments or an arithmetic header.
    pub words: Option<Vec<Word>>,
    /// The condition of `while` and `until`.
    pub condition: Vec<Statement>,
    /// The body.
    pub body: Vec<Statement>,
}

/// One arm of a `case`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arm {
    /// The patterns, as written.
    pub patterns: Vec<String>,
    /// What runs.
    pub body: Vec<Statement>,
}

/// What a redirect does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectKind {
    /// `>`, `>|`, `&>`: empties the file first.
    Truncate,
    /// `>>`
    Append,
    /// `<`
    Read,
    /// `<>`
    ReadWrite,
    /// `>&`, `<&`
    Duplicate,
    /// `<<`, `<<-`
    Heredoc,
    /// `<<<`
    HereString,
}

/// A redirect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// What it does.
    pub kind: RedirectKind,
    /// The descriptor, where one is written.
    pub descriptor: Option<i32>,
    /// Whether standard error goes along (`&>`).
    pub both: bool,
    /// The target; for a here-document its body as one word.
    pub target: Word,
    /// Whether the delimiter of a here-document is quoted, so that its body is literal.
    pub quoted_delimiter: bool,
    /// Its text.
    pub span: Span,
}

/// One word before expansion.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Word {
    /// Its parts, in order; none for an empty word (`""` has one empty literal).
    pub parts: Vec<Part>,
    /// Its text.
    pub span: Span,
}

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Whether it stands in quotes, so that it is neither split nor globbed.
    pub quoted: bool,
    /// Its text.
    pub span: Span,
}

/// What a part of a word is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartKind {
    /// Text nothing can change.
    Literal(String),
    /// `$name`, `${name…}`.
    Variable(Variable),
    /// `$(…)`, backticks.
    Command(Vec<Statement>),
    /// `<(…)` (reads from it) and `>(…)`.
    Process {
        /// The statements.
        body: Vec<Statement>,
        /// `true` for `<(…)`.
        input: bool,
    },
    /// `$((…))`, as text.
    Arithmetic(String),
    /// An unquoted stretch with `*`, `?` or `[…]`, as written.
    Glob(String),
    /// A brace expansion: its results where they are literal, none where they are not.
    Brace(Vec<String>),
    /// `~`, `~user`.
    Tilde(String),
}

/// A use of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name; digits, `@`, `*`, `#`, `?`, `$`, `!`, `-` for the special ones.
    pub name: String,
    /// The index of an array element, as written (`@`, `0`, `$i`).
    pub index: Option<String>,
    /// What the expansion does besides.
    pub expansion: Expansion,
}

/// What `${name…}` does besides taking the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expansion {
    /// `$name`
    Plain,
    /// `${name:-word}`; without the colon only when unset.
    Default {
        /// The word in place of the value.
        word: Word,
        /// Whether an empty value counts as missing.
        colon: bool,
        /// Whether the variable keeps it (`:=`).
        assign: bool,
    },
    /// `${name:+word}`
    Alternative(Word),
    /// `${name:?message}`; without the colon an empty value passes.
    Required {
        /// Whether an empty value counts as missing.
        colon: bool,
    },
    /// `${#name}`
    Length,
    /// `${name:from}`, `${name:from:length}` with plain numbers.
    Slice {
        /// Where it starts.
        from: usize,
        /// How much of it; all where nothing is said.
        length: Option<usize>,
    },
    /// Every other form: trimming, replacing, slicing at what only the run knows, case, indirection.
    Other,
}

impl Word {
    /// Returns the text of the word where nothing can change it: no variable, substitution, glob,
    /// brace expansion or tilde.
    pub fn literal(&self) -> Option<String> {
        self.fixed().map(Cow::into_owned)
    }

    /// Returns the same without copying it, where it stands in one piece.
    pub(super) fn fixed(&self) -> Option<Cow<'_, str>> {
        let piece = |part: &'_ Part| matches!(part.kind, PartKind::Literal(_));
        match self.parts.as_slice() {
            [] => Some(Cow::Borrowed("")),
            [Part { kind: PartKind::Literal(text), .. }] => Some(Cow::Borrowed(text)),
            parts if !parts.iter().all(piece) => None,
            parts => {
                let text = |part: &'_ Part| match &part.kind {
                    PartKind::Literal(text) => text.clone(),
                    PartKind::Variable(_)
                    | PartKind::Command(_)
                    | PartKind::Process { .. }
                    | PartKind::Arithmetic(_)
                    | PartKind::Glob(_)
                    | PartKind::Brace(_)
                    | PartKind::Tilde(_) => String::new(),
                };
                Some(Cow::Owned(parts.iter().map(text).collect()))
            }
        }
    }

    /// Tells whether the word is exactly one use of the variable `name`.
    pub fn is_variable(&self, name: &str) -> bool {
        matches!(self.parts.as_slice(), [Part { kind: PartKind::Variable(v), .. }] if v.name == name)
    }
}
