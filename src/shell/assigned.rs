//! Which variables a stretch of a script can change: those a loop no longer knows in its second round.

use std::collections::BTreeSet;

use super::ast::{Expansion, PartKind, Statement, StatementKind, Word};
use super::environment::Function;
use super::shared::Shared;

/// Statements looked at for one script before giving up.
pub(super) const FUEL: usize = 200_000;

/// How deep statements may stand in each other, through functions.
const DEPTH: usize = 200;

/// What a look has found so far.
struct Look<'s> {
    functions: &'s Shared<Function>,
    names: BTreeSet<String>,
    called: BTreeSet<&'s str>,
    fuel: usize,
    depth: usize,
}

/// Returns the variables the statements, and the functions they call, can change; nothing where that is too much to tell.
pub(super) fn by(
    statements: &[Statement],
    functions: &Shared<Function>,
    fuel: &mut usize,
) -> Option<BTreeSet<String>> {
    let mut look =
        Look { functions, names: BTreeSet::new(), called: BTreeSet::new(), fuel: *fuel, depth: 0 };
    look.all(statements);
    *fuel = look.fuel;
    (look.fuel > 0).then_some(look.names)
}

/// Returns the names in an arithmetic expression that assigns; none where it only computes.
pub(super) fn in_arithmetic(text: &str) -> Vec<&str> {
    let assigns = text.contains("++")
        || text.contains("--")
        || text.match_indices('=').any(|(at, _)| {
            let before = text[..at].chars().next_back();
            !text[at + 1..].starts_with('=') && !matches!(before, Some('=' | '!'))
        });
    let names = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let first = |name: &&str| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if assigns { names.filter(first).collect() } else { Vec::new() }
}

impl<'s> Look<'s> {
    fn all(&mut self, statements: &'s [Statement]) {
        for statement in statements {
            self.one(statement);
        }
    }

    fn one(&mut self, statement: &'s Statement) {
        self.fuel = if self.depth > DEPTH { 0 } else { self.fuel.saturating_sub(1) };
        if self.fuel == 0 {
            return;
        }
        self.depth += 1;
        self.inside(statement);
        self.depth -= 1;
    }

    fn inside(&mut self, statement: &'s Statement) {
        match &statement.kind {
            StatementKind::Simple(simple) => {
                let stays = simple.words.is_empty() || simple.declares;
                for assignment in simple.assignments.iter().filter(|_| stays) {
                    self.names.insert(assignment.name.clone());
                }
                for word in &simple.words {
                    self.word(word);
                }
                let Some(name) = simple.words.first().and_then(Word::fixed) else {
                    return;
                };
                if let Some((name, body)) = self.functions.named(&name)
                    && self.called.insert(name)
                {
                    body.bodies().for_each(|body| self.one(body));
                }
                if matches!(
                    &*name,
                    "read" | "mapfile" | "readarray" | "getopts" | "printf" | "let" | "unset"
                ) {
                    let words: Vec<String> =
                        simple.words[1..].iter().filter_map(Word::literal).collect();
                    // `printf` sets what stands behind `-v`.
                    let start = words.iter().position(|w| w == "-v").map_or(0, |at| at + 1);
                    let most = if name == "printf" { 1 } else { words.len() };
                    let sets =
                        name != "printf" || words.first().is_some_and(|w| w.starts_with("-v"));
                    for text in words.iter().skip(start).take(most).filter(|_| sets) {
                        let text = text.trim_start_matches("-v");
                        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
                        let name = &text[..end.unwrap_or(text.len())];
                        if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
                            self.names.insert(name.to_owned());
                        }
                    }
                }
            }
            StatementKind::List(links) => links.iter().for_each(|(_, one)| self.one(one)),
            StatementKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    self.all(condition);
                    self.all(body);
                }
                self.all(otherwise.as_deref().unwrap_or_default());
            }
            StatementKind::Loop(one) => {
                self.names.extend(one.variable.clone());
                self.all(&one.condition);
                self.all(&one.body);
            }
            StatementKind::Case { arms, .. } => arms.iter().for_each(|arm| self.all(&arm.body)),
            StatementKind::Group(body) => self.all(body),
            StatementKind::Arithmetic(text) => {
                self.names.extend(in_arithmetic(text).into_iter().map(str::to_owned));
            }
            // What these set stays in a shell of their own, or is set where they are called.
            StatementKind::Pipeline(_)
            | StatementKind::Subshell(_)
            | StatementKind::Function { .. }
            | StatementKind::Condition(_) => {}
        }
    }

    /// `${name:=word}` sets too.
    fn word(&mut self, word: &Word) {
        for part in &word.parts {
            match &part.kind {
                PartKind::Variable(variable) => {
                    if let Expansion::Default { assign: true, .. } = &variable.expansion {
                        self.names.insert(variable.name.clone());
                    }
                }
                PartKind::Arithmetic(text) => {
                    self.names.extend(in_arithmetic(text).into_iter().map(str::to_owned));
                }
                PartKind::Literal(_)
                | PartKind::Command(_)
                | PartKind::Process { .. }
                | PartKind::Glob(_)
                | PartKind::Brace(_)
                | PartKind::Tilde(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::{on_deep_stack, parse};

    #[test]
    fn what_a_stretch_can_change_is_found_through_functions() {
        let check = |text: &str, expected: &str| {
            let names = on_deep_stack(|| {
                by(&parse(text).statements, &Shared::default(), &mut 1_000).unwrap()
            });
            let names: Vec<String> = names.unwrap().into_iter().collect();
            assert_eq!(names.join(" "), expected, "{text}");
        };
        check("A=1; B=2 ls; export C=3; local D", "A C");
        check("if x; then E=1; else read -r F G; fi", "E F G");
        check("(H=1); I=1 | cat; while :; do J=1; done", "J");
        check("((k++)); ((l == 2)); : $((m += 1)) ${N:=x}", "N k m");
        check("printf -vO %s x; printf -v P %s x", "O P");
    }
}
