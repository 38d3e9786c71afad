//! Turns the parser's words into ours, removing quotes and escapes from the source text itself.
//!
//! The parser's own decoded texts are not used: it reads `{rm,-rf,/}` and `/bin/r[m]` as literals
//! and leaves some escapes in place.

use shuck_ast::{
    BourneParameterExpansion as Bourne, Heredoc, HeredocBodyPart, LiteralText,
    ParameterExpansionSyntax, ParameterOp, Pattern, VarRef, WordPart, WordPartNode,
};

use super::ast::{Expansion, Part, PartKind, Variable, Word};
use super::brace;
use super::hidden;
use super::lower::sequence;
use crate::base::Span;

/// The text a tree was read from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
}

/// Returns the byte span, cut to the text.
pub(super) fn span_of(span: shuck_ast::Span, source: Source<'_>) -> Span {
    let end = source.text.len();
    Span::new(span.start.offset().min(end), span.end.offset().min(end))
}

/// Returns a pattern as written.
pub(super) fn pattern_text(pattern: &Pattern, source: Source<'_>) -> String {
    pattern.span.slice(source.text).trim().to_owned()
}

impl Word {
    /// Returns a word of one literal.
    pub(crate) fn text(text: &str, span: Span) -> Self {
        let kind = PartKind::Literal(text.to_owned());
        Self { parts: vec![Part { kind, quoted: true, span }], span }
    }
}

impl Source<'_> {
    /// Returns our form of a word.
    pub(super) fn word(self, from: &shuck_ast::Word) -> Word {
        let span = span_of(from.span, self);
        let mut out = Vec::new();
        if from.has_active_brace_expansion() {
            let expanded = brace::expand(span.slice(self.text)).unwrap_or_default();
            let kind = PartKind::Brace(expanded);
            out.push(Part { kind, quoted: false, span });
            // What stands inside is kept only where the results are not known, for what it runs.
            if matches!(&out[0].kind, PartKind::Brace(known) if !known.is_empty()) {
                return Word { parts: out, span };
            }
        }
        for part in &from.parts {
            self.part(part, false, &mut out);
        }
        Word { parts: out, span }
    }

    fn part(self, node: &WordPartNode, quoted: bool, out: &mut Vec<Part>) {
        let span = span_of(node.span, self);
        let mut push = |kind| {
            let kind = self.with_commands(kind, span);
            out.push(Part { kind, quoted, span });
        };
        match &node.kind {
            WordPart::Literal(text) => self.literal(text, node.span, quoted, out),
            WordPart::ZshQualifiedGlob(_) => push(PartKind::Glob(span.slice(self.text).to_owned())),
            WordPart::SingleQuoted { value, .. } => {
                let kind = PartKind::Literal(value.slice(self.text).to_owned());
                out.push(Part { kind, quoted: true, span });
            }
            WordPart::DoubleQuoted { parts, .. } => {
                if parts.is_empty() {
                    let kind = PartKind::Literal(String::new());
                    out.push(Part { kind, quoted: true, span });
                }
                for part in parts {
                    self.part(part, true, out);
                }
            }
            WordPart::Variable(name) => push(variable(name.as_str(), None, Expansion::Plain)),
            WordPart::CommandSubstitution { body, .. } => {
                push(PartKind::Command(sequence(body, self)));
            }
            WordPart::ProcessSubstitution { body, is_input } => {
                push(PartKind::Process { body: sequence(body, self), input: *is_input })
            }
            WordPart::ArithmeticExpansion { expression, .. } => {
                push(PartKind::Arithmetic(expression.slice(self.text).to_owned()));
            }
            WordPart::Parameter(parameter) => push(match &parameter.syntax {
                ParameterExpansionSyntax::Bourne(bourne) => self.bourne(bourne),
                ParameterExpansionSyntax::Zsh(_) => variable("?zsh", None, Expansion::Other),
            }),
            WordPart::ParameterExpansion {
                reference,
                operator,
                operand_word_ast,
                colon_variant,
                ..
            } => push(self.operation(
                reference,
                operator,
                operand_word_ast.as_deref(),
                *colon_variant,
            )),
            WordPart::Length(name) | WordPart::ArrayLength(name) => {
                push(self.reference(name, Expansion::Length));
            }
            WordPart::ArrayAccess(name) => push(self.reference(name, Expansion::Plain)),
            WordPart::ArrayIndices(name) => push(self.reference(name, Expansion::Other)),
            WordPart::Substring { reference, offset, length, .. }
            | WordPart::ArraySlice { reference, offset, length, .. } => {
                let length = length.as_ref().map(|length| length.slice(self.text));
                push(self.slice(reference, offset.slice(self.text), length));
            }
            WordPart::IndirectExpansion { reference, .. }
            | WordPart::Transformation { reference, .. } => {
                push(self.reference(reference, Expansion::Other));
            }
            WordPart::PrefixMatch { prefix, .. } => {
                push(variable(prefix.as_str(), None, Expansion::Other));
            }
        }
    }

    /// A pattern, a subscript, a message or an offset may hold a command; then the whole expansion is text to follow.
    fn with_commands(self, kind: PartKind, span: Span) -> PartKind {
        let slice = span.slice(self.text);
        let unread = |variable: &Variable| match variable.expansion {
            Expansion::Plain | Expansion::Length | Expansion::Slice { .. } | Expansion::Other => {
                true
            }
            Expansion::Required { .. } => true,
            Expansion::Default { .. } | Expansion::Alternative(_) => variable.index.is_some(),
        };
        match &kind {
            PartKind::Variable(variable) if unread(variable) && hidden::holds_command(slice) => {
                PartKind::Arithmetic(slice.to_owned())
            }
            PartKind::Variable(variable)
                if slice.ends_with("@P}") && variable.expansion == Expansion::Other =>
            {
                hidden::prompt(&variable.name)
            }
            _ => kind,
        }
    }

    fn bourne(self, from: &Bourne) -> PartKind {
        match from {
            Bourne::Access { reference } => self.reference(reference, Expansion::Plain),
            Bourne::Length { reference } => self.reference(reference, Expansion::Length),
            Bourne::Slice { reference, offset, length, .. } => {
                let length = length.as_ref().map(|length| length.slice(self.text));
                self.slice(reference, offset.slice(self.text), length)
            }
            Bourne::Indices { reference }
            | Bourne::Indirect { reference, .. }
            | Bourne::Transformation { reference, .. } => {
                self.reference(reference, Expansion::Other)
            }
            Bourne::PrefixMatch { prefix, .. } => variable(prefix.as_str(), None, Expansion::Other),
            Bourne::Operation { reference, operator, operand_word_ast, colon_variant, .. } => {
                self.operation(reference, operator, operand_word_ast.as_deref(), *colon_variant)
            }
        }
    }

    fn slice(self, name: &VarRef, from: &str, length: Option<&str>) -> PartKind {
        let number = |text: &str| text.trim().parse().ok();
        let expansion = match (number(from), length.map(number)) {
            (Some(from), None) => Expansion::Slice { from, length: None },
            (Some(from), Some(Some(length))) => Expansion::Slice { from, length: Some(length) },
            (None, _) | (_, Some(None)) => Expansion::Other,
        };
        self.reference(name, expansion)
    }

    fn operation(
        self,
        reference: &VarRef,
        operator: &ParameterOp,
        operand: Option<&shuck_ast::Word>,
        colon: bool,
    ) -> PartKind {
        let word = || operand.map(|w| self.word(w)).unwrap_or_default();
        let expansion = match operator {
            ParameterOp::UseDefault => Expansion::Default { word: word(), colon, assign: false },
            ParameterOp::AssignDefault => Expansion::Default { word: word(), colon, assign: true },
            ParameterOp::UseReplacement => Expansion::Alternative(word()),
            ParameterOp::Error => Expansion::Required { colon },
            ParameterOp::RemovePrefixShort { .. }
            | ParameterOp::RemovePrefixLong { .. }
            | ParameterOp::RemoveSuffixShort { .. }
            | ParameterOp::RemoveSuffixLong { .. }
            | ParameterOp::ReplaceFirst { .. }
            | ParameterOp::ReplaceAll { .. }
            | ParameterOp::UpperFirst
            | ParameterOp::UpperAll
            | ParameterOp::LowerFirst
            | ParameterOp::LowerAll => Expansion::Other,
        };
        self.reference(reference, expansion)
    }

    fn reference(self, name: &VarRef, expansion: Expansion) -> PartKind {
        let index = name.subscript.as_ref().map(|s| s.syntax_text(self.text).to_owned());
        variable(name.name.as_str(), index, expansion)
    }

    /// Splits a literal stretch into what is fixed and what is a glob or a tilde.
    fn literal(self, text: &LiteralText, at: shuck_ast::Span, quoted: bool, out: &mut Vec<Part>) {
        let span = span_of(at, self);
        let slice = span.slice(self.text);
        let given = text.as_str(self.text, at);
        let cooked = unescape(slice, quoted);
        let known = matches!(text, LiteralText::Source | LiteralText::CookedSource(_));
        if !known && given != slice && given != cooked {
            // Synthesised by the parser (inside backticks); its text is all there is.
            return push_unquoted(given, given.to_owned(), quoted, span, out);
        }
        push_unquoted(slice, cooked, quoted, span, out);
    }
}

fn push_unquoted(raw: &str, cooked: String, quoted: bool, span: Span, out: &mut Vec<Part>) {
    let first = out.is_empty();
    let mut push = |kind, quoted| out.push(Part { kind, quoted, span });
    if quoted {
        push(PartKind::Literal(cooked), true);
    } else if has_glob(raw) {
        push(PartKind::Glob(raw.to_owned()), false);
    } else if first && raw.starts_with('~') {
        push(PartKind::Tilde(cooked), false);
    } else {
        push(PartKind::Literal(cooked), raw.contains('\\'));
    }
}

fn variable(name: &str, index: Option<String>, expansion: Expansion) -> PartKind {
    PartKind::Variable(Variable { name: name.to_owned(), index, expansion })
}

/// Removes backslashes as bash does: every one outside quotes, before `$ ` " \` and a newline
/// inside double quotes.
fn unescape(text: &str, double_quoted: bool) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('\n') => {}
            Some(next) if !double_quoted || matches!(next, '$' | '`' | '"' | '\\') => {
                out.push(next)
            }
            Some(next) => out.extend(['\\', next]),
            None => out.push('\\'),
        }
    }
    out
}

fn has_glob(raw: &str) -> bool {
    let mut chars = raw.chars();
    let mut bracket = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '*' | '?' => return true,
            '[' => bracket = true,
            // `[` alone is the test command.
            ']' if bracket => return true,
            _ => {}
        }
    }
    false
}

/// Returns the body of a here-document as one word; its parts stand in quotes.
pub(super) fn heredoc(from: &Heredoc, source: Source<'_>) -> Word {
    let mut parts = Vec::new();
    for node in &from.body.parts {
        let span = span_of(node.span, source);
        let kind = match &node.kind {
            HeredocBodyPart::Literal(text) => {
                let text = text.as_str(source.text, node.span);
                PartKind::Literal(if from.delimiter.quoted {
                    text.to_owned()
                } else {
                    unescape(text, true)
                })
            }
            HeredocBodyPart::Variable(name) => variable(name.as_str(), None, Expansion::Plain),
            HeredocBodyPart::CommandSubstitution { body, .. } => {
                PartKind::Command(sequence(body, source))
            }
            HeredocBodyPart::ArithmeticExpansion { expression, .. } => {
                PartKind::Arithmetic(expression.slice(source.text).to_owned())
            }
            HeredocBodyPart::Parameter(parameter) => match &parameter.syntax {
                ParameterExpansionSyntax::Bourne(bourne) => source.bourne(bourne),
                ParameterExpansionSyntax::Zsh(_) => variable("?zsh", None, Expansion::Other),
            },
        };
        parts.push(Part { kind: source.with_commands(kind, span), quoted: true, span });
    }
    Word { parts, span: span_of(from.body.span, source) }
}
