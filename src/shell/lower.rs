//! Turns the parser's tree of statements into ours.

use std::sync::Arc;

use shuck_ast::{
    AssignmentValue, BinaryOp, BuiltinCommand, Command, CompoundCommand, ConditionalExpr,
    DeclOperand, RedirectTarget, Stmt, StmtSeq, StmtTerminator,
};

use super::ast::{
    Arm, Assigned, Assignment, Link, Loop, Redirect, RedirectKind, Simple, Statement,
    StatementKind, Word,
};
use super::hidden;
use super::lower_word::{Source, heredoc, pattern_text, span_of};
use crate::base::Span;

/// Returns our form of a sequence of statements.
pub(super) fn sequence(statements: &StmtSeq, source: Source<'_>) -> Vec<Statement> {
    statements.iter().map(|s| statement(s, source)).collect()
}

fn statement(from: &Stmt, source: Source<'_>) -> Statement {
    Statement {
        kind: command(&from.command, source),
        negated: from.negated,
        background: matches!(from.terminator, Some(StmtTerminator::Background(_))),
        redirects: from.redirects.iter().map(|r| redirect(r, source)).collect(),
        span: span_of(from.span, source),
    }
}

fn command(from: &Command, source: Source<'_>) -> StatementKind {
    match from {
        Command::Simple(simple) => {
            // Bare assignments have a name without text.
            let bare = span_of(simple.name.span, source).slice(source.text).is_empty();
            let name = (!bare).then_some(&simple.name);
            StatementKind::Simple(Simple {
                assignments: assignments(&simple.assignments, source),
                words: name.into_iter().chain(&simple.args).map(|w| source.word(w)).collect(),
                declares: false,
            })
        }
        Command::Builtin(builtin) => StatementKind::Simple(control(builtin, source)),
        Command::Decl(declaration) => {
            let mut simple = Simple {
                assignments: assignments(&declaration.assignments, source),
                words: vec![Word::text(
                    declaration.variant.as_str(),
                    span_of(declaration.variant_span, source),
                )],
                declares: true,
            };
            for operand in &declaration.operands {
                match operand {
                    DeclOperand::Flag(word) | DeclOperand::Dynamic(word) => {
                        simple.words.push(source.word(word));
                    }
                    DeclOperand::Name(name) => simple
                        .words
                        .push(Word::text(name.name.as_str(), span_of(name.span, source))),
                    DeclOperand::Assignment(one) => {
                        simple.assignments.push(assignment(one, source));
                    }
                }
            }
            StatementKind::Simple(simple)
        }
        Command::Binary(binary) => chain(binary, source),
        Command::Compound(compound) => self::compound(compound, source),
        Command::Function(function) => StatementKind::Function {
            name: function.static_names().next().map(|n| n.as_str().to_owned()).unwrap_or_default(),
            body: Arc::new(statement(&function.body, source)),
        },
        Command::AnonymousFunction(function) => {
            StatementKind::Group(vec![statement(&function.body, source)])
        }
    }
}

/// Flattens a left-nested chain without recursion, because a chain may have a thousand links.
fn chain(from: &shuck_ast::BinaryCommand, source: Source<'_>) -> StatementKind {
    let piped = |op: BinaryOp| matches!(op, BinaryOp::Pipe | BinaryOp::PipeAll);
    let pipeline = piped(from.op);
    let mut links = Vec::new();
    let mut node = from;
    let first = loop {
        links.push((node.op, &*node.right));
        match &node.left.command {
            Command::Binary(left)
                if piped(left.op) == pipeline
                    && !node.left.negated
                    && node.left.redirects.is_empty() =>
            {
                node = left;
            }
            Command::Simple(_)
            | Command::Builtin(_)
            | Command::Decl(_)
            | Command::Binary(_)
            | Command::Compound(_)
            | Command::Function(_)
            | Command::AnonymousFunction(_) => break &*node.left,
        }
    };
    links.reverse();
    let first = statement(first, source);
    if pipeline {
        let rest = links.into_iter().map(|(_, s)| statement(s, source));
        return StatementKind::Pipeline(std::iter::once(first).chain(rest).collect());
    }
    let rest = links.into_iter().map(|(op, s)| {
        let link = match op {
            BinaryOp::Or => Link::Or,
            BinaryOp::And | BinaryOp::Pipe | BinaryOp::PipeAll => Link::And,
        };
        (link, statement(s, source))
    });
    StatementKind::List(std::iter::once((Link::And, first)).chain(rest).collect())
}

fn control(from: &BuiltinCommand, source: Source<'_>) -> Simple {
    let (name, argument, extra, before, span) = match from {
        BuiltinCommand::Break(c) => ("break", &c.depth, &c.extra_args, &c.assignments, c.span),
        BuiltinCommand::Continue(c) => {
            ("continue", &c.depth, &c.extra_args, &c.assignments, c.span)
        }
        BuiltinCommand::Return(c) => ("return", &c.code, &c.extra_args, &c.assignments, c.span),
        BuiltinCommand::Exit(c) => ("exit", &c.code, &c.extra_args, &c.assignments, c.span),
    };
    let words = argument.iter().chain(extra).map(|w| source.word(w));
    Simple {
        assignments: assignments(before, source),
        words: std::iter::once(Word::text(name, span_of(span, source))).chain(words).collect(),
        declares: false,
    }
}

fn compound(from: &CompoundCommand, source: Source<'_>) -> StatementKind {
    let body = |s: &StmtSeq| sequence(s, source);
    let each = |variable: &str, words: Option<&[shuck_ast::Word]>, inner: &StmtSeq| {
        StatementKind::Loop(Loop {
            variable: Some(variable.to_owned()),
            words: words.map(|words| words.iter().map(|w| source.word(w)).collect()),
            condition: Vec::new(),
            body: body(inner),
        })
    };
    let until = |condition: &StmtSeq, inner: &StmtSeq| {
        StatementKind::Loop(Loop {
            variable: None,
            words: None,
            condition: body(condition),
            body: body(inner),
        })
    };
    match from {
        CompoundCommand::If(c) => StatementKind::If {
            branches: std::iter::once((&c.condition, &c.then_branch))
                .chain(c.elif_branches.iter().map(|(a, b)| (a, b)))
                .map(|(a, b)| (body(a), body(b)))
                .collect(),
            otherwise: c.else_branch.as_ref().map(body),
        },
        CompoundCommand::For(c) => {
            let name = c.targets.first().and_then(|t| t.name.as_ref());
            each(name.map_or("", |n| n.as_str()), c.words.as_deref(), &c.body)
        }
        CompoundCommand::Foreach(c) => each(c.variable.as_str(), Some(&c.words), &c.body),
        CompoundCommand::Select(c) => each(c.variable.as_str(), Some(&c.words), &c.body),
        CompoundCommand::Repeat(c) => each("", None, &c.body),
        CompoundCommand::ArithmeticFor(c) => {
            let parts = [c.init_span, c.condition_span, c.step_span];
            let text = parts.iter().flatten().map(|span| span.slice(source.text));
            let text = text.collect::<Vec<_>>().join(";");
            let span = span_of(c.left_paren_span, source);
            StatementKind::Loop(Loop {
                variable: Some(String::new()),
                words: None,
                condition: vec![Statement {
                    kind: StatementKind::Arithmetic(text),
                    negated: false,
                    background: false,
                    redirects: Vec::new(),
                    span,
                }],
                body: body(&c.body),
            })
        }
        CompoundCommand::While(c) => until(&c.condition, &c.body),
        CompoundCommand::Until(c) => until(&c.condition, &c.body),
        CompoundCommand::Case(c) => StatementKind::Case {
            word: source.word(&c.word),
            arms: c
                .cases
                .iter()
                .map(|arm| Arm {
                    patterns: arm.patterns.iter().map(|p| pattern_text(p, source)).collect(),
                    body: body(&arm.body),
                })
                .collect(),
        },
        CompoundCommand::Subshell(inner) => StatementKind::Subshell(body(inner)),
        CompoundCommand::BraceGroup(inner) => StatementKind::Group(body(inner)),
        CompoundCommand::Arithmetic(c) => {
            StatementKind::Arithmetic(c.span.slice(source.text).to_owned())
        }
        CompoundCommand::Time(c) => {
            StatementKind::Group(c.command.iter().map(|s| statement(s, source)).collect())
        }
        CompoundCommand::Conditional(c) => {
            let mut words = Vec::new();
            condition(&c.expression, source, &mut words);
            StatementKind::Condition(words)
        }
        CompoundCommand::Coproc(c) => StatementKind::Subshell(vec![statement(&c.body, source)]),
        CompoundCommand::Always(c) => {
            let mut inner = body(&c.body);
            inner.extend(body(&c.always_body));
            StatementKind::Group(inner)
        }
    }
}

fn condition(from: &ConditionalExpr, source: Source<'_>, words: &mut Vec<Word>) {
    let operator =
        |span: shuck_ast::Span| Word::text(span.slice(source.text), span_of(span, source));
    match from {
        ConditionalExpr::Binary(both) => {
            condition(&both.left, source, words);
            words.push(operator(both.op_span));
            condition(&both.right, source, words);
        }
        ConditionalExpr::Unary(one) => {
            words.push(operator(one.op_span));
            condition(&one.expr, source, words);
        }
        ConditionalExpr::Parenthesized(inner) => {
            words.push(operator(inner.left_paren_span));
            condition(&inner.expr, source, words);
            words.push(operator(inner.right_paren_span));
        }
        ConditionalExpr::Word(word) | ConditionalExpr::Regex(word) => words.push(source.word(word)),
        ConditionalExpr::Pattern(pattern) => {
            let (text, span) = (pattern_text(pattern, source), span_of(pattern.span, source));
            words.push(match hidden::holds_command(&text) {
                true => hidden::word(&text, span),
                false => Word::text(&text, span),
            });
        }
        ConditionalExpr::VarRef(name) => {
            words.push(Word::text(name.name.as_str(), span_of(name.span, source)))
        }
    }
}

fn assignments(from: &[shuck_ast::Assignment], source: Source<'_>) -> Vec<Assignment> {
    from.iter().map(|a| assignment(a, source)).collect()
}

fn assignment(from: &shuck_ast::Assignment, source: Source<'_>) -> Assignment {
    let subscript = from.target.subscript.as_ref();
    let index = subscript.map_or("", |s| s.syntax_text(source.text));
    let span = span_of(from.span, source);
    let scalar = |word| {
        let mut word = source.word(word);
        if hidden::holds_command(index) {
            word.parts.push(hidden::part(index, span));
        }
        word
    };
    Assignment {
        name: from.target.name.as_str().to_owned(),
        indexed: subscript.is_some(),
        append: from.append,
        value: match &from.value {
            AssignmentValue::Scalar(word) => Assigned::Scalar(scalar(word)),
            AssignmentValue::Compound(array) => {
                Assigned::Array(array.elements.iter().map(|e| element(e, span, source)).collect())
            }
        },
        span,
    }
}

/// Returns an element of an array; its key may hold a command.
fn element(from: &shuck_ast::ArrayElem, span: Span, source: Source<'_>) -> Word {
    use shuck_ast::ArrayElem::{Keyed, KeyedAppend, Sequential};
    let mut word = source.word(&from.value().word);
    match from {
        Sequential(_) => {}
        Keyed { key, .. } | KeyedAppend { key, .. } => {
            let key = key.syntax_text(source.text);
            if hidden::holds_command(key) {
                word.parts.push(hidden::part(key, span));
            }
        }
    }
    word
}

/// Tells whether the target of a duplication is a descriptor, or `-`, or not known before the run.
fn names_descriptor(from: &shuck_ast::Redirect, source: Source<'_>) -> bool {
    let RedirectTarget::Word(word) = &from.target else {
        return true;
    };
    let text = span_of(word.span, source).slice(source.text);
    text.starts_with('$') || text.trim_end_matches('-').bytes().all(|b| b.is_ascii_digit())
}

fn redirect(from: &shuck_ast::Redirect, source: Source<'_>) -> Redirect {
    use shuck_ast::RedirectKind as K;
    let kind = match from.kind {
        K::Output | K::Clobber | K::OutputBoth => RedirectKind::Truncate,
        K::Append => RedirectKind::Append,
        K::Input => RedirectKind::Read,
        K::ReadWrite => RedirectKind::ReadWrite,
        K::HereDoc | K::HereDocStrip => RedirectKind::Heredoc,
        K::HereString => RedirectKind::HereString,
        // `>& file` is `> file` for both outputs, where it names no descriptor.
        K::DupOutput if from.fd.is_none_or(|fd| fd == 1) && !names_descriptor(from, source) => {
            RedirectKind::Truncate
        }
        K::DupOutput | K::DupInput => RedirectKind::Duplicate,
    };
    let (target, quoted_delimiter) = match &from.target {
        RedirectTarget::Word(word) => (source.word(word), false),
        RedirectTarget::Heredoc(doc) => (heredoc(doc, source), doc.delimiter.quoted),
    };
    Redirect {
        kind,
        descriptor: from.fd,
        both: from.kind == K::OutputBoth,
        target,
        quoted_delimiter,
        span: span_of(from.span, source),
    }
}
