//! Which commands of a text have which name, so that a rule looks only at its own.

use crate::shell::Commands;
use crate::shell::ast::RedirectKind;

/// The commands of a text by name.
#[derive(Debug)]
pub(super) struct Index {
    /// A bit for each name that occurs; a name whose bit is not set does not.
    marks: [u64; 16],
    /// The names that occur, by their hashes, each with the end of its commands in `order`.
    names: Vec<(u32, u32)>,
    /// The commands whose name is certain, by name and then in order.
    order: Vec<u32>,
    /// The commands whose output goes into a file.
    writing: Vec<u32>,
}

impl Index {
    pub(super) fn new(commands: &Commands) -> Self {
        let mut order: Vec<(u32, &str, u32)> = Vec::with_capacity(commands.list.len());
        let mut writing = Vec::new();
        let into_file = |kind| matches!(kind, RedirectKind::Truncate | RedirectKind::Append);
        for (command, at) in commands.list.iter().zip(0_u32..) {
            if let Some(name) = command.name() {
                order.push((hash(name), name, at));
            }
            if command.redirects.iter().any(|redirect| into_file(redirect.kind)) {
                writing.push(at);
            }
        }
        order.sort_unstable();
        let mut marks = [0; 16];
        let mut names: Vec<(u32, u32)> = Vec::new();
        let mut before = None;
        for ((hash, name, _), end) in order.iter().zip(1_u32..) {
            match names.last_mut() {
                Some(last) if before == Some(*name) => last.1 = end,
                Some(_) | None => names.push((*hash, end)),
            }
            before = Some(*name);
            marks[(hash / 64 % 16) as usize] |= 1 << (hash % 64);
        }
        Self { marks, names, order: order.into_iter().map(|(.., at)| at).collect(), writing }
    }

    /// Returns the places of the commands of these names, ascending.
    pub(super) fn named(&self, commands: &Commands, names: &[&str]) -> Found<'_> {
        let mut found = Found::default();
        for name in names {
            let these = self.one(commands, name);
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

    fn one(&self, commands: &Commands, name: &str) -> &[u32] {
        let hash = hash(name);
        if self.marks[(hash / 64 % 16) as usize] & 1 << (hash % 64) == 0 {
            return &[];
        }
        let first = self.names.partition_point(|(other, _)| *other < hash);
        let alike = self.names[first..].iter().take_while(|(other, _)| *other == hash);
        let mut start = first.checked_sub(1).map_or(0, |before| self.names[before].1 as usize);
        for (_, end) in alike {
            let these = &self.order[start..*end as usize];
            let own = these.first().and_then(|at| commands.list[*at as usize].name());
            if own == Some(name) {
                return these;
            }
            start = *end as usize;
        }
        &[]
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

fn hash(name: &str) -> u32 {
    let bytes = name.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().map_or(0, u32::from);
    let ends = byte(0) | byte(bytes.len().wrapping_sub(1)) << 8 | byte(bytes.len() / 2) << 16;
    let all = ends ^ byte(bytes.len() * 3 / 4) << 24 ^ byte(1) << 20;
    let mixed = all.wrapping_add((bytes.len() as u32) << 12).wrapping_mul(0x9E37_79B1);
    mixed ^ mixed >> 15
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

    #[test]
    fn commands_that_write_stand_among_the_named_once() {
        let text = "tee a\necho b > c\ntee d > e\ncat < f\ng >> h\n";
        let check = |names: &[&str], expected: &[&str]| {
            let found = on_deep_stack(|| {
                let unit = Unit::new(text, None, Place::Whole, Language::Bash);
                unit.writing(names)
                    .map(|run| unit.slice(run.command.span).trim().to_owned())
                    .collect::<Vec<_>>()
            });
            assert_eq!(found.unwrap(), expected, "{names:?}");
        };
        check(&[], &["echo b > c", "tee d > e", "g >> h"]);
        check(&["tee"], &["tee a", "echo b > c", "tee d > e", "g >> h"]);
        check(&["cat", "psql"], &["echo b > c", "tee d > e", "cat < f", "g >> h"]);
    }
}
