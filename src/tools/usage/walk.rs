//! Walks through a call word by word, looking each flag up in the description without reading the whole of it.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::BuildHasherDefault;
use std::sync::{LazyLock, OnceLock};

use super::listed::{LISTED, Listed, lines};
use super::plain::{LINES, PLAIN};
use super::table::{self, Value};
use super::{Style, USAGES, Usage, getopt};

/// A map whose order nobody sees and whose hash is the same in every run.
pub type Map<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

/// A description with an index of its commands.
#[derive(Debug)]
pub struct Described {
    /// The description.
    pub usage: &'static Usage,
    /// Every path and every beginning of one, in each spelling.
    paths: Map<String, Path>,
}

#[derive(Debug, Clone)]
struct Path {
    /// In the first spelling of each word.
    canonical: String,
    /// Its flags and operands, where it is a whole path.
    spec: Option<&'static str>,
}

/// What a description says of a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The tool takes it.
    Known {
        /// The name it goes by, without dashes: the long one as it is meant, else the letter.
        name: &'static str,
        /// What follows it.
        value: Value,
    },
    /// A beginning of several names.
    Ambiguous,
    /// The tool refuses it.
    Unknown,
    /// The description does not reach this command.
    Unjudged,
}

/// A call as far as it was walked through.
#[derive(Debug, Clone)]
pub struct Walk {
    described: &'static Described,
    /// The command so far, in first spellings.
    path: String,
    /// Whether the path is the name the tool was called by.
    family: bool,
    spec: Option<&'static str>,
    words: usize,
}

enum Source {
    Whole(&'static Usage),
    Listed(&'static Listed),
    Line(Style, &'static str),
}

static INDEX: LazyLock<Map<&'static str, (Source, OnceLock<Described>)>> = LazyLock::new(|| {
    let mut index = Map::default();
    for usage in USAGES {
        for name in usage.names {
            index.insert(*name, (Source::Whole(usage), OnceLock::new()));
        }
    }
    for listed in LISTED.iter().chain(PLAIN) {
        for name in listed.names {
            index.insert(*name, (Source::Listed(listed), OnceLock::new()));
        }
    }
    for (style, text) in LINES {
        for (names, spec) in lines(text) {
            for name in names.split('|') {
                index.insert(name, (Source::Line(*style, spec), OnceLock::new()));
            }
        }
    }
    index
});

/// Returns the description of a tool, those included that say nothing of how it refuses a call.
pub fn described(name: &str) -> Option<&'static Described> {
    let (source, read) = INDEX.get(name)?;
    let usage: &'static Usage = match source {
        Source::Whole(usage) => usage,
        Source::Listed(listed) => listed.usage(),
        Source::Line(style, spec) => {
            return Some(read.get_or_init(|| {
                // It lives as long as the program: each line is read once.
                let commands = vec![("", *spec)].leak();
                let usage = Box::leak(Box::new(Usage {
                    names: &[],
                    style: *style,
                    global: "",
                    groups: &[],
                    commands,
                    code: 1,
                    manner: getopt,
                }));
                Described { usage, paths: paths(usage) }
            }));
        }
    };
    Some(read.get_or_init(|| Described { usage, paths: paths(usage) }))
}

/// Returns every name that is described.
pub fn names() -> impl Iterator<Item = &'static str> {
    INDEX.keys().copied()
}

fn paths(usage: &'static Usage) -> Map<String, Path> {
    let mut paths: Map<String, Path> = Map::default();
    for (path, spec) in usage.commands {
        let parts: Vec<&str> = path.split_ascii_whitespace().collect();
        let mut spelled = vec![String::new()];
        let mut canonical = String::new();
        for (at, part) in parts.iter().enumerate() {
            let mut next = Vec::new();
            for begun in &spelled {
                next.extend(part.split('|').map(|word| joined(begun, word)));
            }
            spelled = next;
            canonical = joined(&canonical, part.split('|').next().unwrap_or(part));
            let whole = at + 1 == parts.len();
            for one in &spelled {
                let known = paths
                    .entry(one.clone())
                    .or_insert_with(|| Path { canonical: canonical.clone(), spec: None });
                if whole {
                    known.spec = Some(spec);
                }
            }
        }
        if parts.is_empty() {
            paths.insert(String::new(), Path { canonical: String::new(), spec: Some(spec) });
        }
    }
    paths
}

impl Described {
    /// The path that begins like this one, where words may be cut short; the first described counts.
    fn cut_short(&self, wanted: &str) -> Option<&Path> {
        if !matches!(self.usage.style, Style::Cut | Style::Keyword) {
            return None;
        }
        let depth = wanted.split(' ').count();
        let path = self.usage.commands.iter().find_map(|(path, _)| {
            let first: Vec<&str> = path
                .split(' ')
                .take(depth)
                .map(|part| part.split('|').next().unwrap_or(part))
                .collect();
            let begun = first.join(" ");
            (first.len() == depth && begun.starts_with(wanted)).then_some(begun)
        })?;
        self.paths.get(&path)
    }
}

fn joined(path: &str, word: &str) -> String {
    if path.is_empty() { word.to_owned() } else { format!("{path} {word}") }
}

impl Walk {
    /// Starts behind the name of a tool.
    pub fn new(tool: &str) -> Option<Self> {
        let described = described(tool)?;
        let own = described.paths.get(tool).filter(|path| path.spec.is_some());
        let family = own.is_some();
        let start = own.or_else(|| described.paths.get(""));
        Some(Self {
            described,
            path: if family { tool.to_owned() } else { String::new() },
            family,
            spec: start.and_then(|path| path.spec),
            words: 0,
        })
    }

    /// Returns how the tool takes its words apart.
    pub fn style(&self) -> Style {
        self.described.usage.style
    }

    /// Returns the command so far in first spellings; empty for a tool that has none.
    pub fn command(&self) -> &str {
        if self.family { "" } else { &self.path }
    }

    /// Returns how many words the command has so far.
    pub fn words(&self) -> usize {
        self.words
    }

    /// Tells whether the command may go on with another word.
    pub fn goes_on(&self) -> bool {
        !self.family
            && self.described.usage.commands.iter().any(|(path, _)| {
                let mut parts = path.split_ascii_whitespace();
                let begins = self.path.split_ascii_whitespace().all(|word| {
                    parts.next().is_some_and(|part| part.split('|').next() == Some(word))
                });
                begins && parts.next().is_some()
            })
    }

    /// Takes the next word as part of the command, if it is one.
    pub fn extend(&mut self, word: &str) -> bool {
        if self.family || word.is_empty() {
            return false;
        }
        let wanted = joined(&self.path, word);
        let described = self.described;
        let found = described.paths.get(&wanted).or_else(|| described.cut_short(&wanted));
        let Some(found) = found else {
            return false;
        };
        self.path.clone_from(&found.canonical);
        self.spec = found.spec;
        self.words += 1;
        true
    }

    /// Tells whether the first operand ends the flags.
    pub fn ends_at_operand(&self) -> bool {
        match self.style() {
            Style::Posix | Style::GoFlag | Style::Keyword => true,
            Style::Gnu | Style::Cut | Style::Cobra | Style::Aws | Style::MySql => {
                self.spec.is_some_and(|spec| spec.ends_with("rest"))
            }
        }
    }

    /// Tells whether every flag of the command is described.
    pub fn judges(&self) -> bool {
        self.spec.is_some()
    }

    /// Looks a flag up by its name with dashes, without its value: `--size`, `-L`.
    pub fn find(&self, flag: &str) -> Found {
        let usage = self.described.usage;
        let texts = [self.spec.unwrap_or_default(), usage.global];
        let mut begun = None;
        let mut several = false;
        let long = flag.starts_with("--");
        let cut = long
            && flag.len() > 2
            && matches!(
                self.style(),
                Style::Gnu | Style::Cut | Style::Posix | Style::MySql | Style::Aws
            );
        let folded;
        let wanted = if self.style() == Style::MySql && long && flag.contains('_') {
            folded = flag.replace('_', "-");
            folded.as_str()
        } else if long && flag[2..].contains('-') && usage.names.contains(&"lvcreate") {
            // LVM reads over dashes in the names of its flags, and has an old name for one.
            folded = format!("--{}", flag[2..].replace('-', ""));
            folded.as_str()
        } else if flag == "--available" && usage.names.contains(&"lvcreate") {
            "--activate"
        } else {
            flag
        };
        for text in texts {
            if let Some(found) = scan(text, usage.groups, &mut |word| {
                let exact = names_of(word).find(|name| *name == wanted);
                if exact.is_none() && cut {
                    for name in names_of(word).filter(|name| name.starts_with(wanted)) {
                        several |= begun.is_some_and(|(other, _)| other != word);
                        begun = Some((word, name));
                    }
                }
                exact.map(|name| (word, name))
            }) {
                return known(found);
            }
        }
        match begun {
            Some(_) if several => Found::Ambiguous,
            Some(found) => known(found),
            None => match self.switched(wanted) {
                Some(name) => Found::Known { name, value: Value::None },
                None if self.judges() => Found::Unknown,
                None => Found::Unjudged,
            },
        }
    }

    /// The clients of MySQL turn every switch off, on, and into a warning.
    fn switched(&self, flag: &str) -> Option<&'static str> {
        if self.style() != Style::MySql {
            return None;
        }
        let prefixes = ["--skip-", "--disable-", "--enable-", "--loose-", "--maximum-"];
        let bare = prefixes.iter().find_map(|prefix| flag.strip_prefix(prefix))?;
        match self.find(&format!("--{bare}")) {
            Found::Known { name, .. } => Some(name),
            Found::Ambiguous | Found::Unknown | Found::Unjudged => None,
        }
    }

    /// Returns every flag of the command with its dashes.
    pub fn flags(&self) -> Vec<&'static str> {
        let usage = self.described.usage;
        let mut names = Vec::new();
        for text in [self.spec.unwrap_or_default(), usage.global] {
            scan(text, usage.groups, &mut |word| {
                names.extend(names_of(word));
                None::<()>
            });
        }
        names
    }
}

fn known((word, name): (&'static str, &'static str)) -> Found {
    let flag = table::flag(word);
    let long = if name.starts_with("--") {
        Some(name)
    } else {
        flag.names.iter().copied().find(|name| name.starts_with("--"))
    };
    let name = long.unwrap_or(name).trim_start_matches('-');
    Found::Known { name: if name.is_empty() { "-" } else { name }, value: flag.value }
}

/// Calls `look` with each flag of a text until it answers.
fn scan<T>(
    text: &'static str,
    groups: &[(&str, &'static str)],
    look: &mut impl FnMut(&'static str) -> Option<T>,
) -> Option<T> {
    let flags = text.split_once(';').map_or(text, |(flags, _)| flags);
    for word in flags.split_ascii_whitespace() {
        let found = match word.strip_prefix('@') {
            Some(group) => {
                let text = groups.iter().find(|(name, _)| *name == group)?.1;
                scan(text, groups, look)
            }
            None => look(word),
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// The spellings of a described flag.
fn names_of(word: &'static str) -> impl Iterator<Item = &'static str> {
    let word = word.strip_prefix('!').unwrap_or(word);
    let end = word.find("[=]").or_else(|| word.find('=')).unwrap_or(word.len());
    word[..end].split(',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(call: &str) -> (Walk, String) {
        let mut words = call.split_whitespace();
        let mut walk = Walk::new(words.next().unwrap()).unwrap();
        let mut last = String::new();
        for word in words {
            if word.starts_with('-') || !walk.extend(word) {
                last = word.to_owned();
            }
        }
        (walk, last)
    }

    #[test]
    fn a_flag_is_looked_up_in_the_command_it_stands_behind() {
        let check = |call: &str, command: &str, expected: Found| {
            let (walk, flag) = walk(call);
            assert_eq!((walk.command(), walk.find(&flag)), (command, expected), "{call}");
        };
        let known = |name, value| Found::Known { name, value };
        check("psql -X", "", known("no-psqlrc", Value::None));
        check("psql --comm", "", known("command", Value::Needed));
        check("psql --no-such", "", Found::Unknown);
        check("mysqldump --skip_lock_tables", "", known("lock-tables", Value::None));
        check("lvcreate -s", "", known("snapshot", Value::None));
        check("kubectl get --watch", "get", known("watch", Value::None));
        check("kubectl get --replicas", "get", Found::Unknown);
        check("kubectl scale --replicas", "scale", known("replicas", Value::Needed));
        check("helm dep up --verify", "dependency update", known("verify", Value::None));
        check("aws s3 sync --delete", "s3 sync", known("delete", Value::None));
        check("aws sagemaker --delete", "", Found::Unjudged);
        check("ip a -4", "address", known("4", Value::None));
    }
}
