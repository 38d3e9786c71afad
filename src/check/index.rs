//! Which commands of a text have which name, so that a rule looks only at its own.

use crate::shell::Commands;
use crate::shell::ast::RedirectKind;

/// The commands of a text by name.
#[derive(Debug)]
pub(super) struct Index {
    /// A bit for each name that occurs; a name whose bit is not set does not.
    marks: [u64; 4],
    /// The commands whose name is certain, by name and then in order.
    order: Vec<u32>,
    /// The commands whose output goes into a file.
    writing: Vec<u32>,
}

impl Index {
    pub(super) fn new(commands: &Commands) -> Self {
        let mut marks = [0; 4];
        let mut order = Vec::with_capacity(commands.list.len());
        let mut writing = Vec::new();
        let into_file = |kind| matches!(kind, RedirectKind::Truncate | RedirectKind::Append);
        for (command, at) in commands.list.iter().zip(0_u32..) {
            if let Some(name) = command.name() {
                let (word, bit) = mark(name);
                marks[word] |= bit;
                order.push((name, at));
            }
            if command.redirects.iter().any(|redirect| into_file(redirect.kind)) {
                writing.push(at);
            }
        }
        order.sort_unstable();
        Self { marks, order: order.into_iter().map(|(_, at)| at).collect(), writing }
    }

    /// Returns the places of the commands of these names, ascending.
    pub(super) fn named(&self, commands: &Commands, names: &[&str]) -> Found<'_> {
        let mut found = Found::default();
        for name in names {
            let (word, bit) = mark(name);
            if self.marks[word] & bit == 0 {
                continue;
            }
            let of = |at: &u32| commands.list[*at as usize].name();
            let start = self.order.partition_point(|at| of(at) < Some(name));
            let rest = &self.order[start..];
            let these = &rest[..rest.partition_point(|at| of(at) <= Some(name))];
            if found.one.is_empty() && found.many.is_empty() {
                found.one = these;
            } else if !these.is_empty() {
                found.many.extend(std::mem::take(&mut found.one));
                found.many.extend(these);
            }
        }
        found.many.sort_unstable_by(|a, b| b.cmp(a));
        found
    }
}

impl Index {
    /// Returns the places of the commands of these names, and of those that write into a file, ascending.
    pub(super) fn writing(&self, commands: &Commands, names: &[&str]) -> Found<'_> {
        let mut found = self.named(commands, names);
        if found.one.is_empty() && found.many.is_empty() {
            found.one = &self.writing;
        } else if !self.writing.is_empty() {
            found.many.extend(std::mem::take(&mut found.one));
            found.many.extend(&self.writing);
            found.many.sort_unstable_by(|a, b| b.cmp(a));
            found.many.dedup();
        }
        found
    }
}

/// Places of commands: those of one name as they lie, those of several sorted.
#[derive(Debug, Default)]
pub(super) struct Found<'i> {
    one: &'i [u32],
    /// Descending.
    many: Vec<u32>,
}

impl Iterator for Found<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if let Some(at) = self.many.pop() {
            return Some(at as usize);
        }
        let (first, rest) = self.one.split_first()?;
        self.one = rest;
        Some(*first as usize)
    }
}

fn mark(name: &str) -> (usize, u64) {
    let bytes = name.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().map_or(0, usize::from);
    let hash = byte(0) * 7 + byte(bytes.len() / 2) * 31 + byte(bytes.len().wrapping_sub(1)) * 13;
    let hash = hash + bytes.len() * 61;
    (hash / 64 % 4, 1 << (hash % 64))
}

#[cfg(test)]
mod tests {
    use crate::check::{Language, Unit};
    use crate::evidence::Place;
    use crate::shell::on_deep_stack;

    #[test]
    fn commands_are_found_by_their_names_in_the_order_of_the_text() {
        let text = "rm a\ncp b c\n/bin/rm d\n$X e\nmv f g\nrm h\nrmdir i\n";
        let check = |names: &[&str], expected: &[usize]| {
            let found = on_deep_stack(|| {
                let unit = Unit::new(text, None, Place::Whole, Language::Bash);
                unit.named(names).map(|run| run.index).collect::<Vec<_>>()
            });
            assert_eq!(found.unwrap(), expected, "{names:?}");
        };
        check(&["rm"], &[0, 2, 5]);
        check(&["mv", "rm", "cp"], &[0, 1, 2, 4, 5]);
        check(&["rmdir", "psql"], &[6]);
        check(&["psql", "mysql"], &[]);
        check(&[], &[]);
    }
}
