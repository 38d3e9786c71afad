//! Commands inside programs in other languages, where they are literal: `awk 'BEGIN{system("…")}'`.

use super::resolve::{Incoming, Resolver};
use super::value::Argument;
use super::wrapper::flag_value;
use crate::base::Span;

/// Interpreters, and the flags behind which the program stands; awk has it in its first operand.
const LANGUAGES: &[(&str, &[&str])] = &[
    ("awk", &["-e", "--source"]),
    ("gawk", &["-e", "--source"]),
    ("mawk", &[]),
    ("nawk", &[]),
    ("perl", &["-e", "-E", "-ne", "-pe", "-we", "-le"]),
    ("python", &["-c"]),
    ("python2", &["-c"]),
    ("python3", &["-c"]),
    ("ruby", &["-e"]),
    ("php", &["-r"]),
    ("node", &["-e", "--eval", "-p"]),
    ("lua", &["-e"]),
    ("tclsh", &[]),
];

/// Functions whose first argument is a command.
const CALLS: &[&str] = &[
    "system",
    "exec",
    "execSync",
    "execvp",
    "popen",
    "Popen",
    "shell_exec",
    "passthru",
    "run",
    "call",
    "check_call",
    "check_output",
    "getoutput",
    "spawn",
    "spawnSync",
    "os.execute",
    "execute",
];

impl Resolver {
    /// Follows the commands an interpreter's program starts, where they stand in it as text.
    pub(super) fn embedded(&mut self, name: &str, words: &[Argument], span: Span) {
        let Some((_, flags)) = LANGUAGES.iter().find(|(known, _)| *known == name) else {
            return;
        };
        let given = flag_value(words, flags);
        let first = || {
            let plain = |word: &&Argument| !word.prefix().starts_with('-');
            words[1..].iter().find(plain).filter(|_| name.ends_with("awk")).cloned()
        };
        let input = || match &self.incoming {
            Some(Incoming::Text(text)) if !name.ends_with("awk") => Some(text.clone()),
            Some(Incoming::Text(_) | Incoming::Unreadable) | None => None,
        };
        let Some(program) = given.or_else(first).or_else(input) else {
            return;
        };
        for text in commands(&program.shown()) {
            self.nested(&text, span, None);
        }
    }
}

/// Returns the commands a program hands to a shell, as far as they stand in it as text.
fn commands(program: &str) -> Vec<String> {
    let mut found = Vec::new();
    for call in CALLS {
        for (at, _) in program.match_indices(call) {
            let apart = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
            if !program[..at].chars().next_back().is_none_or(apart) {
                continue;
            }
            let rest = program[at + call.len()..].trim_start_matches([' ', '(', '\t']);
            let text = match rest.strip_prefix('[') {
                Some(list) => listed(list),
                None => quoted(rest).map(|(text, _)| text),
            };
            found.extend(text);
        }
    }
    // `print | "command"` and `"command" | getline` of awk.
    for (at, _) in program.match_indices('|') {
        found.extend(quoted(program[at + 1..].trim_start()).map(|(text, _)| text));
        let before = program[..at].trim_end().strip_suffix('"');
        found.extend(before.and_then(|b| Some(b[b.rfind('"')? + 1..].to_owned())));
    }
    found
}

/// Returns the words of a list of texts (`["rm", "-rf", "/"]`) as one command line.
fn listed(mut rest: &str) -> Option<String> {
    let mut words = Vec::new();
    while let Some((word, behind)) = quoted(rest.trim_start_matches([' ', ','])) {
        words.push(format!("'{}'", word.replace('\'', "'\\''")));
        rest = behind;
    }
    (!words.is_empty()).then(|| words.join(" "))
}

/// Returns a quoted text at the start, and what stands behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => out.extend(chars.next().map(|(_, next)| next)),
            _ if c == quote => return Some((out, &text[at + 1..])),
            _ => out.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::commands;

    #[test]
    fn commands_in_other_languages_are_found() {
        let check = |program: &str, expected: &[&str]| {
            assert_eq!(commands(program), expected, "{program}");
        };
        check(r#"BEGIN{system("rm -rf /x")}"#, &["rm -rf /x"]);
        check(r#"BEGIN{"date" | getline d; print d | "sh -c \"ls\""}"#, &["date", "sh -c \"ls\""]);
        check("import os; os.system('rm -rf /x')", &["rm -rf /x"]);
        check("subprocess.run(['rm', '-rf', \"/x\"], check=True)", &["'rm' '-rf' '/x'"]);
        check("system 'ls'; ecosystem('x')", &["ls"]);
        check("print $1", &[]);
    }
}
