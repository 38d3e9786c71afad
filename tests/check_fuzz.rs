//! Shell, SQL, Markdown and plans grown from a grammar, and broken: no panic, no abort, and nothing followed without end.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

#[path = "../benches/support/nested.rs"]
mod nested;

use blackstart::base::Risk;
use blackstart::check::{self, Facts, Language};
use blackstart::plan;
use blackstart::shell::{self, Options, on_deep_stack};
use nested::PAIRS;

/// Inputs of an ordinary run; `BLACKSTART_FUZZ` asks for another number.
const ORDINARY: u64 = 2_000;

/// Inputs that made the parser panic.
const FOUND: &[u64] = &[30_354];

/// More commands than these are not listed of any script, whatever it unfolds to.
const MOST_COMMANDS: usize = 21_000;

/// Numbers that look random and are the same in every run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.roll() % end.max(1) as u64) as usize
    }

    fn of<'t>(&mut self, words: &[&'t str]) -> &'t str {
        words[self.below(words.len())]
    }
}

const WORDS: &[&str] = &[
    "rm",
    "-rf",
    "/",
    "/srv/data",
    "*",
    "a b",
    "x",
    "$X",
    "\"$X\"",
    "${X:-y}",
    "${X:?}",
    "$1",
    "\"$@\"",
    "~",
    "~/x",
    "'it'",
    "$'\\x41'",
    "{a,b}",
    "{1..5}",
    "[a-z]",
    "-c",
    "--",
    "--force",
    "tar",
    "psql",
    "mysql",
    "rsync",
    "--delete",
    "find",
    "-exec",
    "{}",
    "\\;",
    "sudo",
    "ssh",
    "h",
    "eval",
    "bash",
    "xargs",
    "-I{}",
    "echo",
    "printf",
    "%s\\n",
    "cat",
    "sed",
    "dd",
    "of=/dev/sda",
    "trap",
    "EXIT",
    "alias",
    "cd",
    "read",
    "set",
    "-e",
    "shift",
    "local",
    "export",
    "f",
    "g",
    "awk",
    "kubectl",
    "exec",
    "docker",
    "source",
    "./x.sh",
    "é",
    "\u{202e}",
    "<<EOF",
    "systemctl",
    "stop",
    "DROP TABLE t;",
    "mktemp",
    "-d",
    "flock",
    "env",
    "A=b",
    "time",
    "!",
    "[",
    "]",
];

fn word(dice: &mut Dice, depth: usize, out: &mut String) {
    match dice.below(if depth == 0 { 6 } else { 10 }) {
        6 => nested(dice, depth, "$(", ")", out),
        7 => nested(dice, depth, "\"$(", ")\"", out),
        8 => nested(dice, depth, "<(", ")", out),
        9 => {
            out.push_str(dice.of(&["\"", "'", "`", "$((", "${X#"]));
            word(dice, depth - 1, out);
            out.push_str(dice.of(&["\"", "'", "`", "))", "}"]));
        }
        _ => out.push_str(dice.of(WORDS)),
    }
}

fn nested(dice: &mut Dice, depth: usize, open: &str, close: &str, out: &mut String) {
    out.push_str(open);
    statement(dice, depth - 1, out);
    out.push_str(close);
}

fn simple(dice: &mut Dice, depth: usize, out: &mut String) {
    if dice.below(4) == 0 {
        out.push_str(dice.of(&["X=", "Y+=", "a[1]=", "declare -A m=(", "X=(", "local x="]));
    }
    for at in 0..=dice.below(6) {
        if at > 0 {
            out.push(' ');
        }
        word(dice, depth, out);
    }
    if dice.below(4) == 0 {
        out.push_str(
            dice.of(&[" > ", " >> ", " < ", " 2>&1 ", " <<< ", " >& ", " <> ", " {fd}> "]),
        );
        word(dice, depth, out);
    }
}

fn statement(dice: &mut Dice, depth: usize, out: &mut String) {
    if depth == 0 {
        return simple(dice, 0, out);
    }
    let next = depth - 1;
    let mut parts = |dice: &mut Dice, texts: &[&str]| {
        for (at, text) in texts.iter().enumerate() {
            if at > 0 {
                statement(dice, next, out);
            }
            out.push_str(text);
        }
    };
    match dice.below(16) {
        0 => parts(dice, &["if ", "; then ", "; fi"]),
        1 => parts(dice, &["if ", "; then ", "; else ", "; fi"]),
        2 => parts(dice, &["while ", "; do ", "; done"]),
        3 => parts(dice, &["for x in a b $X; do ", "; done"]),
        4 => parts(dice, &["case $X in a|b*) ", ";; *) ", ";; esac"]),
        5 => parts(dice, &["{ ", "; }"]),
        6 => parts(dice, &["( ", " )"]),
        7 => parts(dice, &["f() { ", "; }; f x"]),
        8 => parts(dice, &["", " | ", ""]),
        9 => parts(dice, &["", " && ", " || ", ""]),
        10 => parts(dice, &["", "\n", ""]),
        11 => parts(dice, &["cat <<EOF | bash\n", "\nEOF\n"]),
        12 => parts(dice, &["", " &\n", ""]),
        13 => parts(dice, &["g() { f; g | g; }; f() { g; ", "; }\n", ""]),
        _ => simple(dice, depth, out),
    }
}

fn sql(dice: &mut Dice, out: &mut String) {
    const PIECES: &[&str] = &[
        "DROP TABLE ",
        "DELETE FROM ",
        "t",
        ";",
        "'",
        "''",
        "\"",
        "`",
        "$$",
        "$x$",
        "--",
        "\n",
        "/*",
        "*/",
        "/*!50001 ",
        "\\c db",
        "\\!",
        "rm -rf /",
        "DELIMITER //",
        "//",
        " WHERE ",
        "1=1",
        "BEGIN;",
        "COMMIT;",
        "UPDATE t SET a=1",
        "SELECT pg_terminate_backend(1)",
        "COPY t FROM PROGRAM 'sh'",
        "\\copy",
        ".shell x",
        "é",
        "(",
        ")",
        ",",
        "E'\\'",
    ];
    for _ in 0..dice.below(30) {
        out.push_str(dice.of(PIECES));
    }
}

fn markdown(dice: &mut Dice, out: &mut String) {
    for _ in 0..dice.below(6) {
        out.push_str(dice.of(&[
            "# Title\n",
            "text `x`\n",
            "> ",
            "1. ",
            "    ",
            "```bash\n",
            "~~~sql\n",
            "```\n",
            "````\n",
        ]));
        match dice.below(4) {
            0 => statement(dice, 2, out),
            1 => sql(dice, out),
            2 => out.push_str("$ rm -rf <placeholder>\noutput"),
            _ => {}
        }
        out.push_str(dice.of(&["\n```\n", "\n~~~\n", "\n", "\n\n"]));
    }
}

fn plan_document(dice: &mut Dice, out: &mut String) {
    out.push_str("schema: blackstart/plan/v1\nid: p\ntitle: t\nincident: i\nsteps:\n");
    for at in 0..=dice.below(4) {
        let mut text = String::new();
        statement(dice, 2, &mut text);
        let text = text.replace('\n', "\n        ");
        out.push_str(&format!("  - id: s{at}\n    title: x\n    kind: command\n"));
        for field in ["run", "check", "rollback"] {
            if dice.below(2) == 0 {
                out.push_str(&format!("    {field}: |\n        {text}\n"));
            }
        }
        out.push_str(dice.of(&[
            "",
            "    risk: read\n",
            "    risk: high\n",
            "    needs: [s0]\n",
            "  - {\n",
            "    run: *x\n",
        ]));
    }
}

/// Takes out, doubles and puts in bytes, as a slip of the hand or of a model does.
fn broken(dice: &mut Dice, text: &mut String) {
    for _ in 0..dice.below(4) {
        let mut at = dice.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        match dice.below(3) {
            0 => text.insert_str(
                at,
                dice.of(&[
                    "(", "{", "$(", "'", "\"", "`", "\\", "\0", "\n", "<<", "[[", "((", "…", "}",
                ]),
            ),
            1 => text.truncate(at),
            _ => {
                text.remove(if at == text.len() {
                    0
                } else {
                    at.min(text.len().saturating_sub(1))
                });
            }
        }
        if text.is_empty() {
            return;
        }
    }
}

fn check_one(seed: u64, facts: &Facts) {
    let mut dice = Dice(seed);
    let mut text = String::new();
    let language = match seed % 10 {
        0..=4 => Language::Bash,
        5 => Language::Sh,
        6 => Language::Sql,
        7 => Language::Markdown,
        8 => Language::Crontab,
        _ => Language::Other,
    };
    match language {
        Language::Sql => sql(&mut dice, &mut text),
        Language::Markdown => markdown(&mut dice, &mut text),
        Language::Other => plan_document(&mut dice, &mut text),
        _ => statement(&mut dice, 4, &mut text),
    }
    text.truncate(
        (0..=text.len().min(20_000)).rev().find(|at| text.is_char_boundary(*at)).unwrap(),
    );
    if dice.below(2) == 0 && !text.is_empty() {
        broken(&mut dice, &mut text);
    }
    if language == Language::Other {
        if let (Some(plan), _) = plan::read(&text) {
            std::hint::black_box(check::plan(&plan, None, facts));
        }
    } else {
        std::hint::black_box(check::script(&text, language, facts));
    }
}

#[test]
fn whatever_is_written_is_read_without_a_panic() {
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    let count = number("BLACKSTART_FUZZ").unwrap_or(ORDINARY);
    let first = number("BLACKSTART_FUZZ_FROM").unwrap_or(0);
    let facts = Facts::default();
    on_deep_stack(|| FOUND.iter().for_each(|seed| check_one(*seed, &facts))).expect("they end");
    let next = AtomicU64::new(first);
    let all = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + count {
                return;
            }
            let ended = catch_unwind(AssertUnwindSafe(|| check_one(seed, &facts)));
            assert!(ended.is_ok(), "BLACKSTART_FUZZ_FROM={seed} BLACKSTART_FUZZ=1 panics");
            if (seed + 1 - first).is_multiple_of(100_000) {
                println!("{} inputs", seed + 1 - first);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| on_deep_stack(all).expect("every input ends"));
        }
    });
}

#[test]
fn text_nested_without_end_is_never_taken_for_harmless() {
    let facts = Facts::default();
    on_deep_stack(|| {
        for (open, close) in PAIRS {
            for text in nested::texts(open, close, 20_000) {
                let checked = check::script(&text, Language::Bash, &facts);
                println!("{open:?} {close:?}: {:?}", checked.risk);
                // What is nested cannot be read; what is only repeated can, and shows what it does.
                let harmless = checked.risk < Risk::Destructive && text.contains("rm");
                assert!(!harmless, "{open:?} {close:?} is {:?}", checked.risk);
            }
        }
    })
    .unwrap();
}

#[test]
fn what_grows_without_end_is_cut_off() {
    // A build without optimisation takes tens of times as long.
    let (many, bytes) = if cfg!(debug_assertions) { (1_000, 256 << 10) } else { (10_000, 4 << 20) };
    let functions = |calls: usize| {
        let bodies = (0..many)
            .map(|n| format!("f{n}() {{ {} }}\n", format!("f{}; ", (n + 1) % many).repeat(calls)));
        bodies.collect::<String>() + "f0\n"
    };
    let aliases = (0..many)
        .map(|n| format!("alias a{n}='a{} x; a{}'\n", (n + 1) % many, (n * 7) % many))
        .collect::<String>();
    let texts = [
        ("braces", format!("rm {}", "{a,b}".repeat(40))),
        ("numbers", "rm {1..999999999}{1..999999999}".to_owned()),
        ("nested braces", format!("rm {}", "{a,".repeat(60) + &"}".repeat(60))),
        ("functions", functions(1)),
        ("functions, each ten times", functions(10)),
        ("aliases", aliases + "a0\n"),
        ("a long pipeline", "cat x | ".repeat(many) + "sh"),
        ("a long list", "true && ".repeat(many) + "false"),
        ("ten megabytes", "x".repeat(10 << 20)),
        ("words up to the limit", "rm ".to_owned() + &"a ".repeat(bytes / 2 - 8)),
        ("commands up to the limit", "ls a;".repeat(bytes / 5)),
        ("values", (0..many / 2).map(|n| format!("if x; then V{n}=$V{}; fi\n", n / 2)).collect()),
        ("a value that doubles", "X=a; ".to_owned() + &"X=$X$X; ".repeat(60) + "$X"),
        (
            "an array that doubles",
            "A=(a); ".to_owned() + &"A=(\"${A[@]}\" \"${A[@]}\"); ".repeat(60) + "\"${A[@]}\"",
        ),
        ("text in text", "eval \"eval \\\"eval rm\\\"\"".to_owned()),
    ];
    let facts = Facts::default();
    for (name, text) in texts {
        let (listed, risk) = on_deep_stack(|| {
            let script = shell::parse(&text);
            let listed = shell::commands(&script, Options::default()).list.len();
            (listed, check::script(&text, Language::Bash, &facts).risk)
        })
        .unwrap();
        println!("{name}: {listed} commands, {risk:?}");
        assert!(listed < MOST_COMMANDS, "{name} comes to {listed} commands");
    }
}
