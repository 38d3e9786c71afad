//! How an external tool is described: flags, what its operands are, and the harm of a call.

use super::usage::{Found, Style, Value, Walk};
use crate::base::Risk;

/// What is known of a tool.
#[derive(Debug)]
pub struct Tool {
    /// The group it belongs to, by the name of its best known member: rules speak of groups.
    pub name: &'static str,
    /// Every name that is described here (`mkfs.ext4`, `zcat`).
    pub names: &'static [&'static str],
    /// Flags whose values have a role. Where the whole command line is described ([`super::usage`]), that says what
    /// takes a value; else these do, and any other flag takes none.
    pub flags: &'static [Flag],
    /// What its operands are.
    pub operands: Operands,
    /// The harm of one call.
    pub risk: fn(&Call<'_>) -> Risk,
    /// What to write instead: words that a call holds, all of them, and the advice. The first that fits counts.
    pub safer: &'static [(&'static str, &'static str)],
}

/// A flag.
#[derive(Debug)]
pub struct Flag {
    /// The letter behind one dash; NUL where there is none.
    pub short: char,
    /// The name behind two dashes; empty where there is none.
    pub long: &'static str,
    /// Whether the next word, or the rest of this one, belongs to it.
    pub takes: Takes,
    /// What its value is.
    pub role: Role,
}

/// Whether a flag takes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// No value.
    Nothing,
    /// A value, attached or in the next word.
    Value,
    /// A value only when attached (`--delete=x`).
    Attached,
}

/// What a word of a command is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Nothing that is touched.
    Text,
    /// Read.
    Source,
    /// Created, or replaced when it is there.
    Target,
    /// Changed in place.
    Change,
    /// Deleted.
    Delete,
    /// A block device that is written.
    Device,
    /// Another machine.
    Remote,
    /// SQL text.
    Sql,
    /// A shell command.
    Command,
}

/// What the operands of a tool are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operands {
    /// All the same.
    All(Role),
    /// The last one differs: `cp SOURCE… TARGET`.
    Last(Role, Role),
    /// The first one differs: `tar c`, `sed SCRIPT FILE…`.
    First(Role, Role),
}

/// Returns a flag without a value.
pub const fn flag(short: char, long: &'static str) -> Flag {
    Flag { short, long, takes: Takes::Nothing, role: Role::Text }
}

/// Returns a flag with a value.
pub const fn value(short: char, long: &'static str, role: Role) -> Flag {
    Flag { short, long, takes: Takes::Value, role }
}

/// Returns a flag whose value is optional and only ever attached.
pub const fn attached(short: char, long: &'static str) -> Flag {
    Flag { short, long, takes: Takes::Attached, role: Role::Text }
}

/// One word of a call, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Word {
    /// The text; unknown pieces under their shown names (`$X`).
    pub text: String,
    /// Whether nothing can change the text.
    pub certain: bool,
    /// Whether it names something new in every run (a time, `mktemp`, a partial name).
    pub fresh: bool,
    /// Its place among the words of the command, 0 being the executable.
    pub index: usize,
}

/// A flag as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Its long name where it has one, else its letter; without dashes.
    pub name: String,
    /// Its value.
    pub value: Option<Word>,
    /// What the value is.
    pub role: Role,
}

/// A call of a tool, taken apart.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// The tool.
    pub tool: &'a Tool,
    /// The name it was called by.
    pub name: &'a str,
    /// The flags, in order.
    pub flags: Vec<Given>,
    /// The other words, in order; those of the command are among them.
    pub operands: Vec<Word>,
    /// The command in the first spelling of its words (`snapshot create`), where the whole command line is described.
    pub command: String,
}

/// What is to be known of a flag to take a call apart.
struct Known {
    name: &'static str,
    takes: Takes,
    role: Role,
}

impl<'a> Call<'a> {
    /// Takes a call apart as the tool does: bundled letters, `--name=value`, unambiguous beginnings of
    /// long names, `--` ends the flags. A word that is not certain is an operand.
    pub fn new(tool: &'a Tool, name: &'a str, words: &[Word]) -> Self {
        let (flags, operands) = (Vec::new(), Vec::with_capacity(words.len()));
        let mut call = Self { tool, name, flags, operands, command: String::new() };
        let mut walk = Walk::new(name);
        let mut rest = words.iter();
        let mut ended = false;
        while let Some(word) = rest.next() {
            let text = word.text.as_str();
            if ended || text == "-" || !text.starts_with('-') {
                if let Some(walk) = walk.as_mut().filter(|walk| walk.words() == call.operands.len())
                    && !(word.certain && walk.extend(text))
                {
                    ended |= walk.ends_at_operand();
                }
                call.operands.push(word.clone());
            } else if text == "--" {
                ended = true;
            } else if let Some(long) = text.strip_prefix("--") {
                call.long(long, word, walk.as_ref(), &mut rest);
            } else if !call.single_dash(&text[1..], word, walk.as_ref(), &mut rest) {
                call.short(&text[1..], word, walk.as_ref(), &mut rest);
            }
        }
        if let Some(walk) = walk {
            walk.command().clone_into(&mut call.command);
        }
        call
    }

    /// The role of a flag that is described as a whole.
    fn described(&self, name: &'static str, value: Value) -> Known {
        let takes = match value {
            Value::None => Takes::Nothing,
            Value::Attached => Takes::Attached,
            Value::Needed | Value::Number | Value::OneOf(_) | Value::Several | Value::Maybe => {
                Takes::Value
            }
        };
        let mut letters = name.chars();
        let letter = letters.next().filter(|_| letters.next().is_none());
        let own = self.tool.flags.iter().find(|flag| match letter {
            // A letter of another tool of the group may mean something else.
            Some(letter) => flag.short == letter && flag.takes == takes,
            None => flag.long == name,
        });
        let named = own.map(|flag| flag.long).filter(|long| !long.is_empty());
        Known { name: named.unwrap_or(name), takes, role: own.map_or(Role::Text, |flag| flag.role) }
    }

    fn find_long(&self, name: &str, walk: Option<&Walk>) -> Option<Known> {
        if let Some(walk) = walk
            && let Found::Known { name, value } = walk.find(&format!("--{name}"))
        {
            return Some(self.described(name, value));
        }
        let whole = self.tool.flags.iter().find(|f| f.long == name);
        let known = whole.or_else(|| {
            let mut begins = self.tool.flags.iter().filter(|f| f.long.starts_with(name));
            let only = begins.next().filter(|_| name.len() > 2 && walk.is_none());
            only.filter(|_| begins.next().is_none())
        });
        known.map(|flag| Known { name: flag.long, takes: flag.takes, role: flag.role })
    }

    fn find_letter(&self, letter: char, walk: Option<&Walk>) -> Option<Known> {
        if let Some(walk) = walk {
            let mut name = [b'-', 0, 0, 0, 0];
            let end = 1 + letter.encode_utf8(&mut name[1..]).len();
            let name = str::from_utf8(&name[..end]).unwrap_or_default();
            if let Found::Known { name, value } = walk.find(name) {
                return Some(self.described(name, value));
            }
        }
        let known = self.tool.flags.iter().find(|f| f.short == letter && letter != '-')?;
        Some(Known { name: known.long, takes: known.takes, role: known.role })
    }

    fn long<'w>(
        &mut self,
        text: &str,
        word: &Word,
        walk: Option<&Walk>,
        rest: &mut impl Iterator<Item = &'w Word>,
    ) {
        let (name, attached) = match text.split_once('=') {
            Some((name, value)) => (name, Some(Word { text: value.to_owned(), ..word.clone() })),
            None => (text, None),
        };
        let known = self.find_long(name, walk);
        let takes = known.as_ref().is_some_and(|f| f.takes == Takes::Value) && attached.is_none();
        let mysql = walk.is_some_and(|walk| walk.style() == Style::MySql);
        // `--skip-x` is no `--x`.
        let switched = mysql
            && known.as_ref().is_some_and(|known| !known.name.starts_with(&name.replace('_', "-")));
        let called = match &known {
            _ if switched => name.replace('_', "-"),
            Some(known) => known.name.to_owned(),
            None => name.to_owned(),
        };
        self.flags.push(Given {
            name: called,
            value: attached.or_else(|| if takes { rest.next().cloned() } else { None }),
            role: known.map_or(Role::Text, |f| f.role),
        });
    }

    /// Tools such as `openssl`, `find` and `terraform` write long names behind one dash.
    fn single_dash<'w>(
        &mut self,
        text: &str,
        word: &Word,
        walk: Option<&Walk>,
        rest: &mut impl Iterator<Item = &'w Word>,
    ) -> bool {
        let (name, attached) = match text.split_once('=') {
            Some((name, value)) => (name, Some(Word { text: value.to_owned(), ..word.clone() })),
            None => (text, None),
        };
        let walk = walk.filter(|walk| matches!(walk.style(), Style::GoFlag | Style::Keyword));
        let found = walk.map(|walk| walk.find(&format!("-{name}")));
        let known = match found {
            Some(Found::Known { name, value }) => self.described(name, value),
            // With these, no letters are bundled.
            Some(Found::Ambiguous | Found::Unknown | Found::Unjudged) => {
                Known { name: "", takes: Takes::Nothing, role: Role::Text }
            }
            None => {
                let mut own = self.tool.flags.iter().filter(|f| f.short == '-');
                let Some(own) = own.find(|f| f.long == name) else {
                    return false;
                };
                Known { name: own.long, takes: own.takes, role: own.role }
            }
        };
        let next = known.takes == Takes::Value && attached.is_none();
        self.flags.push(Given {
            name: if known.name.is_empty() { name.to_owned() } else { known.name.to_owned() },
            value: attached.or_else(|| if next { rest.next().cloned() } else { None }),
            role: known.role,
        });
        true
    }

    fn short<'w>(
        &mut self,
        letters: &str,
        word: &Word,
        walk: Option<&Walk>,
        rest: &mut impl Iterator<Item = &'w Word>,
    ) {
        for (at, letter) in letters.char_indices() {
            let known = self.find_letter(letter, walk);
            let name = match &known {
                Some(known) if !known.name.is_empty() => known.name.to_owned(),
                Some(_) | None => letter.to_string(),
            };
            let role = known.as_ref().map_or(Role::Text, |f| f.role);
            let takes = known.map_or(Takes::Nothing, |f| f.takes);
            let tail = &letters[at + letter.len_utf8()..];
            let value = match takes {
                Takes::Nothing => None,
                Takes::Value if tail.is_empty() => rest.next().cloned(),
                Takes::Attached if tail.is_empty() => None,
                Takes::Value | Takes::Attached => {
                    Some(Word { text: tail.to_owned(), ..word.clone() })
                }
            };
            self.flags.push(Given { name, value, role });
            if takes != Takes::Nothing {
                return;
            }
        }
    }

    /// Tells whether one of these flags is given.
    pub fn has(&self, names: &[&str]) -> bool {
        self.flags.iter().any(|f| names.contains(&f.name.as_str()))
    }

    /// Returns the value of the last of these flags that has one.
    pub fn value(&self, names: &[&str]) -> Option<&Word> {
        let found = self.flags.iter().rev().find(|f| names.contains(&f.name.as_str()));
        found.and_then(|f| f.value.as_ref())
    }

    /// Returns the text of an operand, empty when there is none.
    pub fn operand(&self, index: usize) -> &str {
        self.operands.get(index).map_or("", |w| w.text.as_str())
    }

    /// Tells whether the operands hold this word.
    pub fn names(&self, text: &str) -> bool {
        self.operands.iter().any(|w| w.text == text)
    }

    /// Returns every word with what it is for, flags' values first.
    pub fn roles(&self) -> Vec<(Role, &Word)> {
        let flags = self.flags.iter().filter_map(|f| Some((f.role, f.value.as_ref()?)));
        let last = self.operands.len().saturating_sub(1);
        let operands = self.operands.iter().enumerate().map(|(at, word)| {
            let role = match self.tool.operands {
                Operands::All(role) => role,
                Operands::Last(others, role) => {
                    if at == last && at > 0 {
                        role
                    } else {
                        others
                    }
                }
                Operands::First(role, others) => {
                    if at == 0 {
                        role
                    } else {
                        others
                    }
                }
            };
            (role, word)
        });
        flags.chain(operands).collect()
    }

    /// Returns the words of one role.
    pub fn of_role(&self, role: Role) -> Vec<&Word> {
        self.roles().into_iter().filter(|(r, _)| *r == role).map(|(_, w)| w).collect()
    }

    /// Returns the harm of the call.
    pub fn risk(&self) -> Risk {
        if self.has(&["help", "version"]) && self.operands.is_empty() {
            return Risk::Read;
        }
        (self.tool.risk)(self)
    }

    /// Returns `write` when every target is new, else `destructive`: what is there is replaced. What a device held
    /// nothing brings back.
    pub fn replaces(&self) -> Risk {
        let targets = self.of_role(Role::Target);
        if targets.iter().any(|word| super::is_device(&word.text)) {
            return Risk::Irreversible;
        }
        let safe =
            |w: &&Word| w.fresh || matches!(w.text.as_str(), "-" | "/dev/null" | "/dev/stdout");
        if targets.iter().all(safe) { Risk::Write } else { Risk::Destructive }
    }

    /// Tells whether the words of the call, flags with their dashes among them, hold all of these. The words of a
    /// command are its first operands, in first spellings where the command line is described.
    fn holds(&self, words: &str) -> bool {
        words.split_ascii_whitespace().all(|word| match word.trim_start_matches('-') {
            name if name.len() < word.len() => self.has(&[name]),
            _ => {
                word == self.name
                    || self.names(word)
                    || self.command.split(' ').any(|own| own == word)
            }
        })
    }

    /// Returns what to write instead of a call that does harm, where something better is known.
    pub fn safer(&self) -> Option<&'static str> {
        let fits = |(words, _): &&(&str, &'static str)| self.holds(words);
        self.tool.safer.iter().find(fits).map(|(_, advice)| *advice)
    }

    /// Returns the harm that a table gives to the command of this call: the first line that fits counts. A line is a
    /// harm and patterns separated by commas; a pattern is the first words of the command, where `*` stands for
    /// any word, `get-*` for a beginning and `*-list` for an end.
    pub fn by_verb(&self, table: &[(Risk, &str)]) -> Option<Risk> {
        #[cfg(test)]
        record(table);
        let canonical = self.command.split(' ').filter(|word| !word.is_empty());
        let count = canonical.clone().count();
        let rest = self.operands.iter().skip(count);
        let certain = rest.map(|word| if word.certain { word.text.as_str() } else { "" });
        let words: Vec<&str> = canonical.chain(certain).take(6).collect();
        let fits = |pattern: &str| {
            let mut parts = pattern.split_ascii_whitespace();
            let mut own = words.iter();
            parts.all(|part| {
                own.next().is_some_and(|word| match part.split_once('*') {
                    Some((begin, end)) => word.starts_with(begin) && word.ends_with(end),
                    None => *word == part,
                })
            })
        };
        table.iter().find(|(_, patterns)| patterns.split(',').any(fits)).map(|(risk, _)| *risk)
    }
}

#[cfg(test)]
std::thread_local! {
    static TABLES: std::cell::RefCell<Vec<String>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Keeps the lines of a table of verbs that somebody looks into.
#[cfg(test)]
fn record(table: &[(Risk, &str)]) {
    TABLES.with(|tables| {
        tables.borrow_mut().extend(table.iter().map(|(_, line)| (*line).to_owned()))
    });
}

/// Returns the lines of the tables of verbs that are looked into while something runs.
#[cfg(test)]
pub(super) fn recorded<T>(run: impl FnOnce() -> T) -> Vec<String> {
    TABLES.with(|tables| tables.borrow_mut().clear());
    run();
    TABLES.with(|tables| tables.borrow_mut().drain(..).collect())
}
