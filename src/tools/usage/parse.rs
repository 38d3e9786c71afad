//! Takes a call apart as the tool does.

use super::{Flag, Given, Line, Problem, Refusal, Spec, Style, Usage, Value, table};
use crate::base::nearest;

impl Usage {
    /// Returns the flags (the global ones too) and the operands of a command path.
    pub fn spec(&self, path: &str) -> Spec {
        let text =
            self.commands.iter().find(|(known, _)| *known == path).map_or("", |(_, text)| text);
        let mut spec = table::spec(text, self.groups);
        let global = table::spec(self.global, self.groups).flags;
        // A command may describe a global flag anew.
        let anew = |flag: &Flag| {
            !spec.flags.iter().any(|own| own.names.iter().any(|name| flag.names.contains(name)))
        };
        let global: Vec<Flag> = global.into_iter().filter(anew).collect();
        spec.flags.extend(global);
        spec
    }

    /// Returns what it takes, for somebody who asked for help.
    pub fn help(&self, tool: &str) -> String {
        let mut text = format!("Usage: {tool} [OPTIONS...]\n");
        for (path, spec) in self.commands.iter().chain([&("", self.global)]) {
            let line =
                if path.is_empty() { format!("  {spec}\n") } else { format!("  {path}  {spec}\n") };
            text.push_str(&line);
        }
        text
    }

    /// Takes the words behind the name `tool` apart.
    pub fn parse(&self, tool: &str, words: &[String]) -> Result<Line, Refusal> {
        let mut reading = Reading {
            usage: self,
            words,
            at: 0,
            path: Vec::new(),
            command: None,
            spec: self.spec(""),
            flags: Vec::new(),
            operands: Vec::new(),
        };
        // A family of tools: each name is a command.
        reading.path.extend(self.commands.iter().map(|(path, _)| *path).find(|path| *path == tool));
        reading.resolve();
        if let Err(problem) = reading.run() {
            let under = reading.under();
            let name = match self.style {
                // Each of its commands speaks under its whole name.
                Style::Cut if !under.is_empty() => format!("{tool} {under}"),
                _ => tool.to_owned(),
            };
            return Err(self.refuse(&name, problem, &reading.spec));
        }
        Ok(Line {
            tool: tool.to_owned(),
            command: reading.under(),
            flags: reading.flags,
            operands: reading.operands,
            words: words.to_vec(),
        })
    }

    fn refuse(&self, tool: &str, problem: Problem, spec: &Spec) -> Refusal {
        let nearest = match &problem {
            Problem::UnknownFlag(flag) => {
                let names = spec.flags.iter().flat_map(|flag| flag.names.iter().copied());
                nearest(flag, names.filter(|name| name.len() > 2))
            }
            Problem::UnknownCommand { word, under } => {
                let depth = under.split_ascii_whitespace().count();
                let paths = self.commands.iter().filter(|(path, _)| begins(path, under));
                let nexts = paths.filter_map(|(path, _)| path.split(' ').nth(depth));
                nearest(word, nexts.flat_map(|next| next.split('|')))
            }
            Problem::AmbiguousFlag(..)
            | Problem::ValueMissing(_)
            | Problem::ValueUnwanted(_)
            | Problem::BadValue { .. }
            | Problem::FlagMissing(_)
            | Problem::CommandMissing { .. }
            | Problem::OperandMissing { .. }
            | Problem::OperandUnwanted(_) => None,
        };
        let message = (self.manner)(self, tool, &problem);
        let code = super::wordings::code(tool, &problem).unwrap_or(self.code);
        Refusal { problem, nearest, message, code }
    }
}

/// Tells whether a described path begins with the words `under` (in their first spellings).
fn begins(path: &str, under: &str) -> bool {
    let mut parts = path.split(' ');
    under
        .split_ascii_whitespace()
        .all(|word| parts.next().is_some_and(|part| spells(part, word, false)))
}

fn spells(part: &str, word: &str, cut: bool) -> bool {
    part.split('|').any(|one| one == word || cut && !word.is_empty() && one.starts_with(word))
}

struct Reading<'a> {
    usage: &'a Usage,
    words: &'a [String],
    at: usize,
    /// Words of the command so far, as described.
    path: Vec<&'static str>,
    /// The described path that `path` is, where it is a whole one.
    command: Option<&'static str>,
    spec: Spec,
    flags: Vec<Given>,
    operands: Vec<String>,
}

impl Reading<'_> {
    fn run(&mut self) -> Result<(), Problem> {
        let style = self.usage.style;
        let mut only_operands = false;
        while let Some(word) = self.words.get(self.at) {
            self.at += 1;
            if only_operands {
                self.operands.push(word.clone());
            } else if word == "--" {
                only_operands = true;
            } else if word.len() > 1 && word.starts_with('-') {
                self.flag(word)?;
            } else if self.operands.is_empty() && self.extends(word)? {
                only_operands =
                    style == Style::Keyword && self.command.is_some() && !self.goes_on();
            } else {
                self.operands.push(word.clone());
                only_operands = match style {
                    Style::Posix | Style::GoFlag | Style::Keyword => true,
                    Style::Gnu | Style::Cut | Style::Cobra | Style::Aws | Style::MySql => {
                        self.spec.rest
                    }
                };
            }
        }
        self.whole()
    }

    fn under(&self) -> String {
        let first = |part: &&'static str| part.split('|').next().unwrap_or(part);
        self.path.iter().map(first).collect::<Vec<_>>().join(" ")
    }

    /// The words that may follow the path so far.
    fn nexts(&self) -> impl Iterator<Item = &'static str> + use<'_> {
        self.usage.commands.iter().filter_map(|(path, _)| {
            let mut parts = path.split(' ').filter(|part| !part.is_empty());
            let same = self.path.iter().all(|known| parts.next() == Some(*known));
            parts.next().filter(|_| same)
        })
    }

    fn goes_on(&self) -> bool {
        self.nexts().next().is_some()
    }

    /// Takes a word as the next one of the command, if it is that.
    fn extends(&mut self, word: &str) -> Result<bool, Problem> {
        let cut = matches!(self.usage.style, Style::Keyword | Style::Cut);
        let exact = self.nexts().find(|next| spells(next, word, false));
        let next = exact.or_else(|| self.nexts().find(|next| spells(next, word, cut)));
        if let Some(next) = next {
            self.path.push(next);
            self.resolve();
            return Ok(true);
        }
        let operand = self.command.is_some() && self.spec.most != Some(0);
        if operand || !self.goes_on() {
            return Ok(false);
        }
        Err(Problem::UnknownCommand { word: word.to_owned(), under: self.under() })
    }

    fn resolve(&mut self) {
        let path = self.path.join(" ");
        self.command =
            self.usage.commands.iter().find(|(known, _)| *known == path).map(|(known, _)| *known);
        self.spec = self.usage.spec(self.command.unwrap_or(""));
        if self.command.is_none() {
            self.spec.flags.retain(|flag| !flag.required);
        }
    }

    /// Whether there is a command, with what it needs and not more.
    fn whole(&self) -> Result<(), Problem> {
        let asks = |given: &Given| {
            given.value.is_none()
                && (given.names.contains(&"--help") || given.names.contains(&"--version"))
        };
        if self.flags.iter().any(asks) {
            return Ok(());
        }
        if self.command.is_none() {
            return Err(Problem::CommandMissing { under: self.under() });
        }
        let missing = |flag: &&Flag| flag.required && !self.given(flag.names[0]);
        if let Some(flag) = self.spec.flags.iter().find(missing) {
            return Err(Problem::FlagMissing(flag.names[flag.names.len() - 1]));
        }
        let given = self.operands.len();
        if given < self.spec.least {
            return Err(Problem::OperandMissing { least: self.spec.least, given });
        }
        match self.spec.most.and_then(|most| self.operands.get(most)) {
            Some(extra) => Err(Problem::OperandUnwanted(extra.clone())),
            None => Ok(()),
        }
    }

    fn given(&self, name: &str) -> bool {
        self.flags.iter().any(|given| given.names.contains(&name))
    }

    fn find(&self, name: &str) -> Option<Flag> {
        self.spec.flags.iter().find(|flag| flag.names.contains(&name)).cloned()
    }

    fn flag(&mut self, word: &str) -> Result<(), Problem> {
        match self.usage.style {
            Style::Gnu | Style::Cut | Style::Posix | Style::Cobra | Style::MySql => {
                let knows_long = |flag: &Flag| flag.names.iter().any(|name| name.starts_with("--"));
                let short_only = self.usage.style != Style::Cobra
                    && !self.spec.flags.is_empty()
                    && !self.spec.flags.iter().any(knows_long);
                if word.starts_with("--") && !short_only {
                    self.long(word)
                } else {
                    self.cluster(word)
                }
            }
            Style::Aws => self.long(word),
            Style::GoFlag | Style::Keyword => self.single_dash(word),
        }
    }

    /// `--name`, `--name=value`, `--name value`.
    fn long(&mut self, word: &str) -> Result<(), Problem> {
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let dashed = name.replace('_', "-");
        let name = if self.usage.style == Style::MySql { dashed.as_str() } else { name };
        let flag = match self.find(name) {
            Some(flag) => flag,
            None => match (self.cut_short(name), self.switched(name)) {
                (Err(_), Some(flag)) => flag,
                (found, _) => found?,
            },
        };
        let spelled =
            flag.names.iter().find(|known| known.starts_with(name)).unwrap_or(&flag.names[0]);
        self.take(&flag, spelled, attached)
    }

    /// `--skip-x`, `--loose-x`: a flag that takes nothing, in place of the one it changes.
    fn switched(&self, name: &str) -> Option<Flag> {
        if self.usage.style != Style::MySql {
            return None;
        }
        let prefixes = ["--skip-", "--disable-", "--enable-", "--loose-", "--maximum-"];
        let bare = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix))?;
        let flag = self.find(&format!("--{bare}"));
        let flag = flag.or_else(|| self.find(&format!("--no-{bare}")));
        let set = name.starts_with("--loose-") || name.starts_with("--maximum-");
        flag.map(|flag| {
            if set {
                flag
            } else {
                Flag { names: vec!["--skip"], value: Value::None, required: false }
            }
        })
    }

    /// A long name that is cut short, where the style allows it.
    fn cut_short(&self, name: &str) -> Result<Flag, Problem> {
        let unknown = || Problem::UnknownFlag(name.to_owned());
        if !matches!(self.usage.style, Style::Gnu | Style::Cut | Style::Posix | Style::MySql) {
            return Err(unknown());
        }
        let begins = |known: &&&'static str| known.starts_with("--") && known.starts_with(name);
        let meant: Vec<(&Flag, &'static str)> = self
            .spec
            .flags
            .iter()
            .flat_map(|flag| flag.names.iter().filter(begins).map(move |known| (flag, *known)))
            .collect();
        let Some((first, _)) = meant.first() else {
            return Err(unknown());
        };
        if meant.iter().all(|(flag, _)| flag == first) {
            return Ok((*first).clone());
        }
        let names = meant.iter().map(|(_, known)| *known).collect();
        Err(Problem::AmbiguousFlag(name.to_owned(), names))
    }

    /// `-abc`, `-n5`, `-n 5`.
    fn cluster(&mut self, word: &str) -> Result<(), Problem> {
        let letters = &word[1..];
        for (at, letter) in letters.char_indices() {
            let name = format!("-{letter}");
            let flag = self.find(&name).ok_or(Problem::UnknownFlag(name.clone()))?;
            let rest = &letters[at + letter.len_utf8()..];
            if flag.value == Value::None {
                self.take(&flag, &name, None)?;
                continue;
            }
            let rest = match self.usage.style {
                Style::Cobra => rest.strip_prefix('=').unwrap_or(rest),
                Style::Gnu
                | Style::Cut
                | Style::Posix
                | Style::GoFlag
                | Style::Aws
                | Style::MySql
                | Style::Keyword => rest,
            };
            return self.take(&flag, &name, Some(rest).filter(|rest| !rest.is_empty()));
        }
        Ok(())
    }

    /// `-name`, `-name=value`, also with two dashes.
    fn single_dash(&mut self, word: &str) -> Result<(), Problem> {
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let bare = name.trim_start_matches('-');
        let name = format!("-{bare}");
        let cut = self.usage.style == Style::Keyword;
        let found = self.find(&name).or_else(|| self.find(&format!("-{name}"))).or_else(|| {
            let begins = |known: &&'static str| known.trim_start_matches('-').starts_with(bare);
            let flags = &mut self.spec.flags.iter();
            flags.find(|flag| cut && !bare.is_empty() && flag.names.iter().any(begins)).cloned()
        });
        let flag = found.ok_or(Problem::UnknownFlag(word.to_owned()))?;
        self.take(&flag, &name, attached)
    }

    fn take(&mut self, flag: &Flag, spelled: &str, attached: Option<&str>) -> Result<(), Problem> {
        let spelled = spelled.to_owned();
        let value = match (flag.value, attached) {
            (Value::None, None) => None,
            (Value::None, Some(value)) => match self.usage.style {
                Style::Cobra | Style::GoFlag if matches!(value, "true" | "1" | "t") => None,
                // Switched off: as if it were not there.
                Style::Cobra | Style::GoFlag if matches!(value, "false" | "0" | "f") => {
                    return Ok(());
                }
                Style::Gnu
                | Style::Cut
                | Style::Posix
                | Style::Cobra
                | Style::GoFlag
                | Style::Aws
                | Style::MySql
                | Style::Keyword => {
                    return Err(Problem::ValueUnwanted(spelled));
                }
            },
            (Value::Attached, attached) => attached.map(str::to_owned),
            (Value::Maybe, Some(value)) => Some(value.to_owned()),
            (Value::Maybe, None) => {
                let next = self.words.get(self.at).filter(|next| !next.starts_with('-')).cloned();
                self.at += usize::from(next.is_some());
                next
            }
            (Value::Several, attached) => {
                let mut values: Vec<String> = attached.map(str::to_owned).into_iter().collect();
                while let Some(next) =
                    self.words.get(self.at).filter(|next| !next.starts_with("--"))
                {
                    values.push(next.clone());
                    self.at += 1;
                }
                if values.is_empty() {
                    return Err(Problem::ValueMissing(spelled));
                }
                let names = flag.names.clone();
                let given = values
                    .into_iter()
                    .map(|value| Given { names: names.clone(), value: Some(value) });
                self.flags.extend(given);
                return Ok(());
            }
            (Value::Needed | Value::Number | Value::OneOf(_), Some(value)) => {
                Some(value.to_owned())
            }
            (Value::Needed | Value::Number | Value::OneOf(_), None) => {
                let next = self.words.get(self.at).ok_or(Problem::ValueMissing(spelled.clone()))?;
                self.at += 1;
                Some(next.clone())
            }
        };
        if let Some(value) = &value {
            let fits = match flag.value {
                Value::Number => value.parse::<i64>().is_ok(),
                Value::OneOf(words) => words.split('|').any(|word| word == value),
                Value::None | Value::Needed | Value::Attached | Value::Several | Value::Maybe => {
                    true
                }
            };
            if !fits {
                return Err(Problem::BadValue { flag: spelled, value: value.clone() });
            }
        }
        self.flags.push(Given { names: flag.names.clone(), value });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{cobra, getopt, usage};
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    const SAMPLE: Usage = Usage {
        names: &["sample"],
        style: Style::Gnu,
        global: "-v,--verbose -o,--output=",
        groups: &[("size", "-L,--size=")],
        commands: &[
            ("list|ls", "; 0"),
            ("snap create", "@size --color[=] --to=a|b !--name= ; 1..2"),
        ],
        code: 2,
        manner: getopt,
    };

    /// The command, its flags with their values, its operands.
    fn read(style: Style, text: &str) -> Result<String, Problem> {
        let usage = Usage { style, ..SAMPLE };
        let line = usage.parse("sample", &words(text)).map_err(|refusal| refusal.problem)?;
        let flags = line.flags.iter().map(|given| {
            let value = given.value.as_ref().map(|value| format!("={value}")).unwrap_or_default();
            format!("{}{value}", given.names[0])
        });
        let parts = [line.command.clone()].into_iter().chain(flags).chain(line.operands.clone());
        Ok(parts.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_call_is_taken_apart_as_its_style_says() {
        use Style::{Aws, Cobra, Cut, Gnu, Posix};
        let flag = |flag: &str| Problem::UnknownFlag(flag.to_owned());
        let table = [
            (Gnu, "-v ls", Ok("list -v")),
            (Gnu, "snap create -vL5 a --name x b", Ok("snap create -v -L=5 --name=x a b")),
            (Gnu, "snap create a --siz=3 --na x", Ok("snap create -L=3 --name=x a")),
            (Gnu, "snap create --name x -- -v", Ok("snap create --name=x -v")),
            (
                Gnu,
                "snap create --color --color=x --name n a",
                Ok("snap create --color --color=x --name=n a"),
            ),
            (Gnu, "snap create a", Err(Problem::FlagMissing("--name"))),
            (Gnu, "snap create --name x", Err(Problem::OperandMissing { least: 1, given: 0 })),
            (Gnu, "snap create --name x a b c", Err(Problem::OperandUnwanted("c".into()))),
            (
                Gnu,
                "snap create --to=c --name x a",
                Err(Problem::BadValue { flag: "--to".into(), value: "c".into() }),
            ),
            (Gnu, "ls --frob", Err(flag("--frob"))),
            (Gnu, "ls -vz", Err(flag("-z"))),
            (Gnu, "ls -o", Err(Problem::ValueMissing("-o".into()))),
            (Gnu, "ls --verbose=1", Err(Problem::ValueUnwanted("--verbose".into()))),
            (
                Gnu,
                "lsit",
                Err(Problem::UnknownCommand { word: "lsit".into(), under: String::new() }),
            ),
            (
                Gnu,
                "snap frob",
                Err(Problem::UnknownCommand { word: "frob".into(), under: "snap".into() }),
            ),
            (Gnu, "snap", Err(Problem::CommandMissing { under: "snap".into() })),
            (Posix, "snap create --name x a -v", Ok("snap create --name=x a -v")),
            (Cobra, "ls --verbose=true -o=x", Ok("list -v -o=x")),
            (Cobra, "ls --verbose=false", Ok("list")),
            (Cobra, "ls --verb", Err(flag("--verb"))),
            (Aws, "ls --output x", Ok("list -o=x")),
            (Aws, "ls --verb", Err(flag("--verb"))),
            (Cut, "sn c a --name x", Ok("snap create --name=x a")),
        ];
        for (style, text, expected) in table {
            assert_eq!(read(style, text), expected.map(str::to_owned), "{style:?} {text}");
        }
    }

    #[test]
    fn a_refusal_says_what_the_tool_says_and_names_the_nearest() {
        let check = |tool: &str, text: &str, message: &str, near: Option<&str>| {
            let refusal = usage(tool).unwrap().parse(tool, &words(text)).unwrap_err();
            let first = refusal.message.lines().next().unwrap_or_default();
            assert_eq!((first, refusal.nearest), (message, near), "{tool} {text}");
        };
        check("systemctl", "stpo x", "Unknown command verb stpo.", Some("stop"));
        check(
            "systemctl",
            "stop --no-blck x",
            "systemctl: unrecognized option '--no-blck'",
            Some("--no-block"),
        );
        check("lvcreate", "--siez 3 vg", "lvcreate: unrecognized option '--siez'", Some("--size"));
        check("e2fsck", "--force /x", "e2fsck: invalid option -- '-'", None);
        check("ssh", "-Z x", "unknown option -- Z", None);
        let said = cobra(&SAMPLE, "kubectl", &Problem::UnknownFlag("--x".into()));
        assert_eq!(said, "Error: unknown flag: --x");
    }
}
