//! LL011: a Python script that calls what nobody defined.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Python, TokenKind};
use crate::evidence::Severity;

/// Python finds out when it gets there: in the middle of the backup, or in its error branch.
pub const RULE: Rule = Rule {
    code: "LL011",
    name: "undefined-name",
    severity: Severity::Medium,
    summary: "a Python script calls a function that it neither defines nor imports, or uses a module without importing it",
    why: "the script stops with NameError when it comes to that line, half of the work done; in an error branch that is the first real failure",
    fix: "import or define it, and run the script once from start to end on a test tree",
    source: "measured with Python 3.11: the call of an unknown name raises NameError at run time, compiling the file does not report it",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/usr/bin/env python3
import shutil

def backup(source, target):
    stamp = time.strftime("%Y%m%d")
    shutil.copytree(source, os.path.join(target, stamp))

backup("/srv/app", "/backup/app")
"#,
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
import hashlib

def append(chain, block):
    block["previous"] = get_previous_hash(chain)
    block["hash"] = hashlib.sha256(str(block).encode()).hexdigest()
    chain.append(block)
"#,
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env python3
import os.path, time as clock
from shutil import copytree
from datetime import (datetime,
                      timezone)

class Store:
    def __init__(self, open_file=open):
        self.open_file = open_file

def backup(source, target, on_done=lambda path: print(path)):
    """Copies; time.sleep(1) and os.fsync(f) are only named here."""
    stamp = datetime.now(timezone.utc).strftime("%Y%m%d")
    copytree(source, os.path.join(target, stamp))
    on_done(target)
    return [int(x) for x in sorted(os.listdir(target)) if x.isdigit()]

if (len(__import__("sys").argv) > 1) and not (clock.time() < 0):
    backup("/srv/app", "/backup/app")
"#,
        ),
        Example::Script(
            "#!/usr/bin/env python3\nfrom tools import *\nrestore(os.environ['TARGET'])\n",
        ),
    ],
    run,
};

/// Modules of the standard library that backup scripts use; a name like one of these with a dot behind it is the module.
const MODULES: &[&str] = &[
    "argparse",
    "base64",
    "configparser",
    "csv",
    "datetime",
    "fcntl",
    "filecmp",
    "glob",
    "gzip",
    "hashlib",
    "hmac",
    "json",
    "logging",
    "os",
    "pathlib",
    "pickle",
    "random",
    "re",
    "shlex",
    "shutil",
    "signal",
    "smtplib",
    "socket",
    "sqlite3",
    "stat",
    "string",
    "struct",
    "subprocess",
    "sys",
    "tarfile",
    "tempfile",
    "threading",
    "time",
    "traceback",
    "urllib",
    "uuid",
    "zipfile",
    "zlib",
];

/// Words that stand before a parenthesis and call nothing.
const KEYWORDS: &[&str] = &[
    "and", "as", "assert", "async", "await", "case", "def", "class", "del", "elif", "else",
    "except", "exec", "finally", "for", "from", "if", "import", "in", "is", "lambda", "match",
    "not", "or", "print", "raise", "return", "while", "with", "yield", "True", "False", "None",
];

/// Functions and types that are there without an import.
const BUILTINS: &[&str] = &[
    "abs",
    "aiter",
    "all",
    "anext",
    "any",
    "ascii",
    "bin",
    "bool",
    "breakpoint",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "compile",
    "complex",
    "copyright",
    "credits",
    "delattr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exit",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "help",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "license",
    "list",
    "locals",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "property",
    "quit",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
    "basestring",
    "execfile",
    "file",
    "long",
    "raw_input",
    "reduce",
    "reload",
    "unichr",
    "unicode",
    "xrange",
    "cmp",
    "apply",
    "buffer",
    "intern",
    "coerce",
    "_",
];

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(python) = &context.python else { return };
    let all = python.tokens.windows(2).any(|pair| pair[0].text == "import" && pair[1].text == "*");
    if all {
        return;
    }
    let mut said: Vec<&str> = Vec::new();
    for (at, token) in python.tokens.iter().enumerate() {
        let next = python.tokens.get(at + 1).map_or("", |next| next.text);
        let name = token.text;
        let starts =
            token.kind == TokenKind::Name && !is_member(python, at) && !said.contains(&name);
        if !starts || name.chars().next().is_none_or(|c| c.is_ascii_digit()) {
            continue;
        }
        let message = if next == "(" && is_unknown_call(python, name) {
            format!("nothing defines {name}()")
        } else if next == "." && MODULES.contains(&name) && is_only_owner(python, name) {
            format!("{name} is used and never imported")
        } else {
            continue;
        };
        said.push(name);
        report.add_python(&RULE, token.span, message);
    }
}

/// Tells whether a name belongs to what stands before a dot.
fn is_member(python: &Python<'_>, at: usize) -> bool {
    at > 0 && python.tokens[at - 1].text == "." && python.tokens[at - 1].kind == TokenKind::Sign
}

/// Tells whether a name is only ever called, and nothing gives it a meaning.
fn is_unknown_call(python: &Python<'_>, name: &str) -> bool {
    if KEYWORDS.contains(&name)
        || BUILTINS.contains(&name)
        || is_exception(name)
        || name.starts_with("__")
    {
        return false;
    }
    occurrences(python, name).all(|at| {
        let next = python.tokens.get(at + 1).map_or("", |next| next.text);
        let before = at.checked_sub(1).map_or("", |before| python.tokens[before].text);
        next == "(" && !matches!(before, "def" | "class" | "import")
    })
}

/// Tells whether a name only ever stands before a dot: it is never imported or given a value.
fn is_only_owner(python: &Python<'_>, name: &str) -> bool {
    occurrences(python, name).all(|at| {
        let next = python.tokens.get(at + 1).map_or("", |next| next.text);
        let before = at.checked_sub(1).map_or("", |before| python.tokens[before].text);
        next == "." && !matches!(before, "import" | "from" | ",")
            || before == "," && next == "." && !in_import(python, at)
    })
}

/// Tells whether a name stands in the list of an import.
fn in_import(python: &Python<'_>, at: usize) -> bool {
    let line = |index: usize| {
        let end = python.tokens[index].span.start;
        python.text[..end].matches('\n').count()
    };
    let own = line(at);
    (0..at)
        .rev()
        .take_while(|index| line(*index) == own)
        .any(|index| python.tokens[index].text == "import")
}

fn occurrences<'p>(python: &'p Python<'_>, name: &'p str) -> impl Iterator<Item = usize> + 'p {
    let tokens = python.tokens.iter().enumerate();
    tokens
        .filter(move |(at, token)| {
            token.kind == TokenKind::Name && token.text == name && !is_member(python, *at)
        })
        .map(|(at, _)| at)
}

/// Tells whether a name is called like the exceptions that are always there.
fn is_exception(name: &str) -> bool {
    let ends = ["Error", "Exception", "Warning", "Interrupt", "Exit", "Iteration", "Group"];
    name.starts_with(|c: char| c.is_ascii_uppercase()) && ends.iter().any(|end| name.ends_with(end))
}
