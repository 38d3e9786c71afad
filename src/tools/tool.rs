//! How an external tool is described: flags, what its operands are, and the harm of a call.

use crate::base::Risk;

/// What is known of a tool.
#[derive(Debug)]
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// Other names of the same tool (`mkfs.ext4`, `zcat`).
    pub aliases: &'static [&'static str],
    /// Its flags, those that take a value and those that matter; others take none.
    pub flags: &'static [Flag],
    /// What its operands are.
    pub operands: Operands,
    /// The harm of one call.
    pub risk: fn(&Call<'_>) -> Risk,
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
#[derive(Debug)]
pub struct Call<'a> {
    /// The tool.
    pub tool: &'a Tool,
    /// The name it was called by.
    pub name: &'a str,
    /// The flags, in order.
    pub flags: Vec<Given>,
    /// The other words, in order.
    pub operands: Vec<Word>,
}

impl<'a> Call<'a> {
    /// Takes a call apart as getopt does: bundled letters, `--name=value`, unambiguous beginnings of
    /// long names, `--` ends the flags. A word that is not certain is an operand.
    pub fn new(tool: &'a Tool, name: &'a str, words: &[Word]) -> Self {
        let mut call = Self { tool, name, flags: Vec::new(), operands: Vec::new() };
        let mut rest = words.iter();
        let mut ended = false;
        while let Some(word) = rest.next() {
            let text = word.text.as_str();
            if ended || text == "-" || !text.starts_with('-') {
                call.operands.push(word.clone());
            } else if text == "--" {
                ended = true;
            } else if let Some(long) = text.strip_prefix("--") {
                call.long(long, word, &mut rest);
            } else if !call.single_dash(&text[1..], word, &mut rest) {
                call.short(&text[1..], word, &mut rest);
            }
        }
        call
    }

    fn long<'w>(&mut self, text: &str, word: &Word, rest: &mut impl Iterator<Item = &'w Word>) {
        let (name, attached) = match text.split_once('=') {
            Some((name, value)) => (name, Some(Word { text: value.to_owned(), ..word.clone() })),
            None => (text, None),
        };
        let own = super::own_flags::of(self.name);
        let whole = own.iter().chain(self.tool.flags).find(|f| f.long == name);
        let known = whole.or_else(|| {
            let mut begins = self.tool.flags.iter().filter(|f| f.long.starts_with(name));
            let only = begins.next().filter(|_| name.len() > 2);
            only.filter(|_| begins.next().is_none())
        });
        let takes = known.is_some_and(|f| f.takes == Takes::Value) && attached.is_none();
        self.flags.push(Given {
            name: known.map_or(name, |f| f.long).to_owned(),
            value: attached.or_else(|| if takes { rest.next().cloned() } else { None }),
            role: known.map_or(Role::Text, |f| f.role),
        });
    }

    /// Tools such as `openssl` and `find` write long names behind one dash.
    fn single_dash<'w>(
        &mut self,
        text: &str,
        _: &Word,
        rest: &mut impl Iterator<Item = &'w Word>,
    ) -> bool {
        let Some(known) = self.tool.flags.iter().find(|f| f.short == '-' && f.long == text) else {
            return false;
        };
        self.flags.push(Given {
            name: known.long.to_owned(),
            value: if known.takes == Takes::Value { rest.next().cloned() } else { None },
            role: known.role,
        });
        true
    }

    fn short<'w>(&mut self, letters: &str, word: &Word, rest: &mut impl Iterator<Item = &'w Word>) {
        for (at, letter) in letters.char_indices() {
            let own = super::own_flags::of(self.name);
            let known =
                own.iter().chain(self.tool.flags).find(|f| f.short == letter && letter != '-');
            let name = match known {
                Some(known) if !known.long.is_empty() => known.long.to_owned(),
                Some(_) | None => letter.to_string(),
            };
            let role = known.map_or(Role::Text, |f| f.role);
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

    /// Returns `write` when every target is new, else `destructive`: what is there is replaced.
    pub fn replaces(&self) -> Risk {
        let targets = self.of_role(Role::Target);
        let safe =
            |w: &&Word| w.fresh || matches!(w.text.as_str(), "-" | "/dev/null" | "/dev/stdout");
        if targets.iter().all(safe) { Risk::Write } else { Risk::Destructive }
    }
}
