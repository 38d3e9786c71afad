//! Reads shell text on a thread with a deep stack, within limits, and never panics.

use std::borrow::Cow;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use shuck_parser::parser::{ParseResult, Parser, ShellDialect, ShellProfile};

use super::ast::Script;
use super::lower::sequence;
use super::lower_word::Source;
use crate::base::{Problem, Span};

/// Stack of the thread that parses: the parser needs less than 2 MB at its own depth limit.
const STACK: usize = 8 << 20;

/// Nesting the tree may have; deeper text is a problem, not a crash.
const DEPTH: usize = 100;

/// Brackets that may stand open at once.
const BRACKETS: usize = 250;

/// Words that may stand before one command, each of which makes another of what follows it.
const PREFIXES: usize = 100;

/// Bytes one script may have.
const LONGEST: usize = 4 << 20;

thread_local! {
    static DEEP: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` on a thread whose stack is deep enough to parse, at once when the caller already
/// is on one. Whoever reads many scripts calls it once around all of them.
///
/// Returns nothing when `work` panicked.
pub fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    if DEEP.get() {
        return Some(work());
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || {
            DEEP.set(true);
            work()
        });
        thread.ok()?.join().ok()
    })
}

/// Reads a script. Never panics; whatever cannot be read is a problem.
pub fn parse(text: &str) -> Script {
    on_deep_stack(|| read(text)).unwrap_or_else(|| unreadable("the script could not be read"))
}

fn unreadable(message: &str) -> Script {
    Script {
        parsed: false,
        problems: vec![Problem::new(Span::default(), message)],
        statements: Vec::new(),
    }
}

fn read(text: &str) -> Script {
    if text.len() > LONGEST {
        return unreadable("the script is longer than 4 MiB");
    }
    if text.contains('\0') {
        return unreadable("the script holds a NUL byte, so it is not text");
    }
    if let Some(at) = too_deep(text) {
        let message = "brackets are nested too deep to be read";
        return Script {
            problems: vec![Problem::new(Span::new(at, at + 1), message)],
            ..unreadable("")
        };
    }
    let fuel = 100_000 + text.len() * 8;
    let profile = ShellProfile::native(ShellDialect::Bash);
    // Some texts make the parser panic: here-documents in aliases behind letters of several bytes, for one.
    let parsed = |text: &str| {
        let parse = || Parser::with_limits_and_profile(text, DEPTH, fuel, profile.clone()).parse();
        catch_unwind(AssertUnwindSafe(parse)).ok()
    };
    let failed = "the parser failed on this script";
    let Some(mut tree) = parsed(text) else { return unreadable(failed) };
    // The parser takes a brace at the end of a word (`'{…}'}`) for the end of a group. It reads a text of the same length
    // without these braces; the words are then taken from the text itself.
    let mut read = Cow::Borrowed(text);
    for _ in 0..GLUED {
        let Some(at) = glued_brace(&read, &tree) else { break };
        read.to_mut().replace_range(at..=at, "_");
        let Some(again) = parsed(&read) else { return unreadable(failed) };
        tree = again;
    }
    let mut problems: Vec<Problem> = tree
        .diagnostics
        .iter()
        .map(|d| {
            let end = text.len();
            let span = Span::new(d.span.start.offset().min(end), d.span.end.offset().min(end));
            Problem::new(span, d.message.clone())
        })
        .collect();
    if let Some(shuck_parser::Error::Parse { message, line, column }) = &tree.terminal_error {
        let at = offset(text, *line, *column);
        problems.push(Problem::new(Span::new(at, at), message.clone()));
    }
    problems.sort_by_key(|p| p.span);
    problems.dedup();
    let parsed = tree.is_ok();
    if !parsed && problems.is_empty() {
        problems.push(Problem::new(Span::default(), "the script could not be read"));
    }
    Script { parsed, problems, statements: sequence(&tree.file.body, Source { text }) }
}

/// Braces at the end of words that are read as a part of them, in one text.
const GLUED: usize = 20;

/// Returns the place of the closing brace that stopped the parser, where it stands directly behind a word.
fn glued_brace(text: &str, tree: &ParseResult) -> Option<usize> {
    let told = tree.diagnostics.first().map(|d| d.span.start.offset());
    let ended = tree
        .terminal_error
        .as_ref()
        .map(|shuck_parser::Error::Parse { line, column, .. }| offset(text, *line, *column));
    let bytes = text.as_bytes();
    [told, ended].into_iter().flatten().find(|&at| {
        let before = at.checked_sub(1).map(|before| bytes[before]);
        let escaped = at > 1 && bytes[at - 1] == b'{' && bytes[at - 2] == b'\\';
        let word = |c: u8| !c.is_ascii_whitespace() && !b";&|(){<>".contains(&c);
        bytes.get(at) == Some(&b'}') && (escaped || before.is_some_and(word))
    })
}

/// Returns where brackets, counted without regard to quotes, come to stand too deep. The parser
/// recurses without a limit of its own in `$((`, and takes minutes over thousands of open `${` or `[`.
fn too_deep(text: &str) -> Option<usize> {
    // These words take the parser deeper without a bracket, and without a limit.
    if text.contains("coproc")
        && let Some((at, _)) = text.match_indices("coproc").nth(PREFIXES)
    {
        return Some(at);
    }
    let mut run = 0;
    for word in text.split(|c: char| c.is_whitespace() || c == '\\').filter(|w| !w.is_empty()) {
        run = if matches!(word, "time" | "!" | "-p") { run + 1 } else { 0 };
        if run > PREFIXES {
            return Some(0);
        }
    }
    let mut depth = 0usize;
    text.bytes().position(|byte| {
        match byte {
            b'(' | b'{' | b'[' => depth += 1,
            b')' | b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > BRACKETS
    })
}

/// Returns the offset of a line and a byte column, both from 1; line 0 is the start.
fn offset(text: &str, line: usize, column: usize) -> usize {
    if line == 0 {
        return 0;
    }
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    (start + column.saturating_sub(1)).min(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::{Options, commands, shape};
    use proptest::prelude::*;

    #[test]
    fn nesting_without_end_is_a_problem_and_not_a_crash() {
        for (open, close) in [
            ("$(", ")"),
            ("(", ")"),
            ("{ ", ";}"),
            ("if true; then ", "; fi"),
            ("[[ ( ", " ) ]]"),
            ("\"$(", ")\""),
            ("`", "`"),
            ("${x:-", "}"),
            ("$((", "))"),
            ("! ", ""),
            ("a && ", ""),
            ("<(", ")"),
            ("eval '", "'"),
            ("while ", "; do x; done"),
            ("f() ", ""),
            ("{a,", "}"),
            ("case x in ", ") ;; esac"),
            ("x | ", ""),
        ] {
            for text in [
                format!("echo {}x{}", open.repeat(20_000), close.repeat(20_000)),
                format!("{}x{}", open.repeat(20_000), close.repeat(20_000)),
                open.repeat(20_000),
            ] {
                let script = parse(&text);
                assert_eq!(script.parsed, script.problems.is_empty(), "{open}");
                on_deep_stack(|| commands(&script, Options::default())).unwrap();
            }
        }
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let check = |text: &str, at: usize| {
            let script = parse(text);
            assert!(!script.parsed, "{text}");
            assert_eq!(script.problems[0].span.start, at, "{text}: {:?}", script.problems);
        };
        check("echo a\nif true; then\n  echo b\n", 29);
        check("echo 'a\n", 5);
        check("cp a <b>\n", 8);
        check("a\0b", 0);
    }

    fn bashish() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "rm",
            " ",
            " -rf ",
            "/",
            "$X",
            "\"",
            "'",
            "$(",
            ")",
            "`",
            "{",
            "}",
            ",",
            ";",
            "&&",
            "||",
            "|",
            "\n",
            "if ",
            "then ",
            "fi",
            "for i in ",
            "do ",
            "done",
            "case ",
            " in ",
            "esac",
            "<<EOF\n",
            "EOF\n",
            ">",
            "<",
            "${X:-",
            "}",
            "[[ ",
            " ]]",
            "((",
            "))",
            "\\",
            "*",
            "~",
            "eval ",
            "bash -c ",
            "ssh h ",
            "trap ",
            "X=",
            "(",
            "!",
            "#",
            "é",
            "\0",
            "$'",
            "f() ",
            "function ",
            "sudo ",
            "xargs ",
            "find . -exec ",
            "\\;",
            "alias a=",
            "cd ",
            "..",
            "set -e",
            "[ -n ",
            " ]",
            "|| exit",
            "read x",
            "\t",
            "\u{2028}",
            "<(",
            "export ",
            "coproc ",
            "time ",
        ]);
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in bashish()) {
            let script = parse(&text);
            prop_assert_eq!(script.parsed, script.problems.is_empty());
            prop_assert!(on_deep_stack(|| commands(&script, Options::STRICT)).is_some());
            prop_assert_eq!(shape(&text).is_some(), script.parsed);
        }
    }
}
