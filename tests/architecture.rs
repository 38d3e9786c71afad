//! The layering of the crate, as a test. The table below is the architecture.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const NOUNS: [&str; 5] = ["base", "incident", "inventory", "plan", "evidence"];

/// Each module, the nouns it may name, and the other modules it names; order is bottom to top.
const MAY_IMPORT: &[(&str, &[&str], &[&str])] = &[
    ("base", &[], &[]),
    ("incident", &["base"], &[]),
    ("inventory", &["base"], &[]),
    ("plan", &["base", "inventory"], &[]),
    ("evidence", &["base", "plan"], &[]),
    ("sql", &["base"], &[]),
    ("tools", &["base"], &["sql"]),
    ("shell", &["base"], &[]),
    ("template", &["base"], &[]),
    ("redact", &["base"], &[]),
    ("estimate", &NOUNS, &[]),
    ("draft", &NOUNS, &["tools", "shell", "template", "redact", "estimate"]),
    ("check", &NOUNS, &["sql", "tools", "shell", "estimate"]),
    ("approve", &["base", "plan", "evidence"], &[]),
    ("report", &NOUNS, &["estimate"]),
    ("eval", &NOUNS, &["sql", "tools", "shell", "estimate", "check"]),
    ("flow", &NOUNS, &["estimate", "draft", "check", "approve"]),
    ("store", &NOUNS, &[]),
    ("llm", &["base"], &["redact", "draft"]),
    ("sandbox", &["base", "evidence"], &["tools"]),
    ("probe", &["base", "inventory"], &["tools"]),
    ("dryrun", &NOUNS, &["shell", "sandbox"]),
    ("execute", &NOUNS, &["tools", "approve", "store", "probe"]),
    (
        "runtime",
        &NOUNS,
        &[
            "tools", "shell", "template", "estimate", "draft", "check", "approve", "report",
            "eval", "flow", "store", "llm", "sandbox", "probe", "dryrun", "execute",
        ],
    ),
    ("tui", &NOUNS, &["estimate", "draft", "flow", "runtime"]),
    (
        "cli",
        &NOUNS,
        &[
            "redact", "estimate", "draft", "check", "approve", "report", "eval", "flow", "runtime",
            "tui",
        ],
    ),
];

/// The layers that may touch the outside.
const IO: &[&str] =
    &["store", "llm", "sandbox", "probe", "dryrun", "execute", "runtime", "tui", "cli"];

/// Folders in which every new thing is one new file, registered in `mod.rs`.
const ONE_FILE_EACH: &[&str] = &[
    "redact/detectors",
    "check/rules",
    "tools",
    "tools/usage",
    "sandbox/standins",
    "report/formats",
    "cli/commands",
    "tui/screens",
];

/// The only file that may hold `unsafe`.
const UNSAFE: &str = "sandbox/sys.rs";

const MAX_LINES: usize = 500;

struct Source {
    /// Path below `src`.
    path: String,
    text: String,
}

impl Source {
    fn top(&self) -> &str {
        self.path.split('/').next().unwrap()
    }

    /// The code without its tests and comments.
    fn production(&self) -> String {
        let code = self.text.split("#[cfg(test)]\nmod tests").next().unwrap();
        code.lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// How many modules deep the file stands: `check/mod.rs` 1, `check/rules/mod.rs` 2, `check/facts.rs` 2.
    fn depth(&self) -> usize {
        self.path.split('/').count() - usize::from(self.path.ends_with("mod.rs"))
    }
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn sources() -> Vec<Source> {
    fn visit(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                visit(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = vec![];
    visit(&src(), &mut found);
    found.sort();
    let read = |path: PathBuf| Source {
        path: path.strip_prefix(src()).unwrap().to_str().unwrap().to_owned(),
        text: fs::read_to_string(&path).unwrap(),
    };
    found.into_iter().map(read).collect()
}

/// The first names behind every `crate::`, groups included.
fn imports(code: &str) -> Vec<String> {
    let mut found = vec![];
    for (at, _) in code.match_indices("crate::") {
        found.extend(first_names(&code[at + "crate::".len()..]));
    }
    found
}

/// The modules reached by climbing out of the top module with `super::super::…`.
fn climbs(source: &Source) -> Vec<String> {
    let code = source.production();
    let mut found = vec![];
    let mut from = 0;
    while let Some(at) = code[from..].find("super::") {
        let start = from + at;
        let mut end = start;
        let mut steps = 0;
        while code[end..].starts_with("super::") {
            end += "super::".len();
            steps += 1;
        }
        if steps >= source.depth() {
            found.extend(first_names(&code[end..]));
        }
        from = end;
    }
    found
}

fn first_names(rest: &str) -> Vec<String> {
    let name = |text: &str| {
        text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
    };
    let Some(group) = rest.strip_prefix('{') else {
        return vec![name(rest)];
    };
    let mut names = vec![];
    let (mut depth, mut start) = (0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(name(&group[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(name(&group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[test]
fn the_table_has_no_cycle_and_names_every_module() {
    let mut seen: Vec<&str> = vec![];
    for (module, nouns, others) in MAY_IMPORT {
        for used in nouns.iter().chain(*others) {
            assert!(seen.contains(used), "{module} names {used}, which is not below it");
        }
        seen.push(module);
    }
    for source in sources() {
        let top = source.top().trim_end_matches(".rs");
        assert!(seen.contains(&top) || ["lib", "main"].contains(&top), "{top} is not in the table");
    }
}

#[test]
fn the_table_allows_nothing_beside_nouns_that_is_not_used() {
    let sources = sources();
    for (module, _, others) in MAY_IMPORT {
        let own = sources.iter().filter(|source| source.top() == *module);
        let used: Vec<String> = own
            .flat_map(|source| imports(&source.production()).into_iter().chain(climbs(source)))
            .collect();
        for other in *others {
            assert!(used.iter().any(|used| used == other), "{module} does not name {other}");
        }
    }
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let table: BTreeMap<&str, Vec<&str>> = MAY_IMPORT
        .iter()
        .map(|(module, nouns, others)| (*module, nouns.iter().chain(*others).copied().collect()))
        .collect();
    let mut wrong = vec![];
    for source in sources().iter().filter(|source| source.path.contains('/')) {
        let top = source.top();
        for used in imports(&source.production()).into_iter().chain(climbs(source)) {
            if used != top
                && table.contains_key(used.as_str())
                && !table[top].contains(&used.as_str())
            {
                wrong.push(format!("{}: {top} -> {used}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn only_the_outer_layers_may_touch_the_outside() {
    for source in sources() {
        let opted_out = source.text.contains("allow(clippy::disallowed_methods)");
        let outer = IO.contains(&source.top()) || source.path == "main.rs";
        assert!(!opted_out || outer, "{} opts out of purity", source.path);
    }
}

#[test]
fn unsafe_code_stands_in_one_file() {
    for source in sources().iter().filter(|source| source.path != UNSAFE) {
        let code = source.production();
        assert!(!code.contains("allow(unsafe_code)"), "{} allows unsafe code", source.path);
    }
}

#[test]
fn one_file_each_folders_register_every_file() {
    for folder in ONE_FILE_EACH {
        let Ok(entries) = fs::read_dir(src().join(folder)) else {
            continue;
        };
        let registry = fs::read_to_string(src().join(folder).join("mod.rs")).unwrap();
        for entry in entries {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap();
            if stem != "mod" && path.extension().is_some_and(|extension| extension == "rs") {
                assert!(
                    registry.contains(&format!("mod {stem};")),
                    "{folder}/{stem}.rs is not registered"
                );
            }
        }
    }
}

#[test]
fn files_are_short_and_say_what_they_are() {
    for source in sources() {
        let lines = source.production().lines().count();
        assert!(lines <= MAX_LINES, "{}: {lines} lines", source.path);
        let first = source.text.lines().next().unwrap_or_default();
        assert!(
            first.starts_with("//! ") && first.len() > 20,
            "{}: the first line must say what the file is",
            source.path
        );
    }
}

#[test]
fn imports_are_found_in_groups_and_through_super() {
    assert_eq!(
        imports("use crate::{base::Id, plan::{a, b}}; crate::store::x"),
        ["base", "plan", "store"]
    );
    let source = Source {
        path: "check/rules/a.rs".into(),
        text: "use super::super::super::store::Store;".into(),
    };
    assert_eq!(climbs(&source), ["store"]);
    let source =
        Source { path: "check/rules/a.rs".into(), text: "use super::super::facts::Facts;".into() };
    assert!(climbs(&source).is_empty());
}
