//! What a rule finds in a script it finds in the same script inside another shell.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)]

use blackstart::check::{self, Example, Facts, Language};
use blackstart::shell::on_deep_stack;

/// Ways to hand a whole script to another shell.
type Wrap = fn(&str) -> String;

const WRAPS: &[(&str, Wrap)] = &[
    ("bash -c", |text| format!("bash -c {}\n", quoted(text))),
    ("sudo sh -c", |text| format!("sudo sh -c {}\n", quoted(text))),
    ("su -c", |text| format!("su - backup -c {}\n", quoted(text))),
    ("ssh", |text| format!("ssh db1 {}\n", quoted(text))),
    ("ssh bash -s", |text| format!("ssh db1 'bash -s' {}", document(text))),
    ("ssh /bin/bash", |text| format!("ssh root@db1 /bin/bash {}", document(text))),
    ("kubectl exec", |text| format!("kubectl -n shop exec db-0 -- sh -c {}\n", quoted(text))),
    ("docker exec", |text| format!("docker exec -i db bash -c {}\n", quoted(text))),
    ("docker exec bash", |text| format!("docker exec -i db bash {}", document(text))),
    ("function \"$@\"", |text| format!("run() {{ \"$@\"; }}\nrun bash -c {}\n", quoted(text))),
    ("function \"$*\"", |text| format!("on() {{ ssh db1 -- \"$*\"; }}\non {}\n", quoted(text))),
    ("function \"${@:2}\"", |text| {
        format!("on() {{ ssh \"root@$1\" \"${{@:2}}\"; }}\non db1 {}\n", quoted(text))
    }),
    ("function \"$2\"", |text| {
        format!("on() {{ ssh -n \"root@$1\" \"$2\"; }}\non db1 {}\n", quoted(text))
    }),
    ("loop", |text| format!("for c in 'true' {}; do ssh db1 \"$c\"; done\n", quoted(text))),
];

/// Rules for which a wrap means something else: the code, how the names of the wraps begin, and why.
const OTHER: &[(&str, &[&str], &str)] = &[
    ("AL001", &[""], "a comment accepts findings of the file it stands in"),
    ("AL003", &[""], "a comment accepts findings of the file it stands in"),
    ("AL004", &[""], "a comment accepts findings of the file it stands in"),
    ("AL005", &[""], "a comment accepts findings of the file it stands in"),
    ("CT004", &REMOTE, "the two sorts run on one machine again, with one locale"),
    (
        "FO008",
        &[""],
        "a comment of the script names the damage, and a comment in a text for another shell is not read",
    ),
    ("FS014", &CONTAINED, "what an archive overwrites is a container's"),
    ("K8S02", &[""], "that the location is read-only before is asked of one and the same text"),
    ("LL001", &CONTAINED, "which commands an image has nobody knows here"),
    ("LL006", &MACHINES, "another machine or image has another package manager"),
    ("LL007", &[""], "in quotes prose is an argument"),
    ("LV001", &CONTAINED, "a container has no volumes of LVM of its own"),
    (
        "MY009",
        &MACHINES,
        "the file lies on another machine, and what is done with it there is not seen",
    ),
    ("MY010", &CONTAINED, "which database a container's client means is the container's"),
    ("MY014", &["su -c"], "the account that su names may be the server's"),
    ("PG002", &[""], "the versions are compared where the lines say them"),
    ("PG008", &[""], "which file a line goes into is read from the statement itself"),
    ("PG009", &[""], "which file a line goes into is read from the statement itself"),
    ("RB008", &CONTAINED, "the root of a container is the container's"),
    (
        "SH003",
        &["ssh bash -s", "ssh /bin/bash", "docker exec bash"],
        "a shell that reads its text has an empty variable, which is one the text sets",
    ),
    ("SH015", &MACHINES, "a trap of this script does not reach another machine"),
    (
        "SH025",
        &[""],
        "the first line of a file says which shell reads it, that of a text for another shell does not",
    ),
    (
        "SH031",
        &[""],
        "the ends of lines are those of a file; a carriage return in a text of a command may be meant",
    ),
    ("TG006", &CONTAINED, "a service that runs here does not use a container's files"),
];

const CONTAINED: [&str; 2] = ["kubectl", "docker"];
const REMOTE: [&str; 5] =
    ["ssh", "function \"$*\"", "function \"${@:2}\"", "function \"$2\"", "loop"];
const MACHINES: [&str; 7] = [
    "kubectl",
    "docker",
    "ssh",
    "function \"$*\"",
    "function \"${@:2}\"",
    "function \"$2\"",
    "loop",
];

fn means_another_thing(code: &str, wrap: &str) -> bool {
    let mut known = OTHER.iter().filter(|(rule, ..)| *rule == code);
    known.any(|(_, wraps, _)| wraps.iter().any(|start| wrap.starts_with(start)))
}

/// Ways to spell the same test of a status or a number.
type Spelling = fn(&str, &str, &str) -> String;

const SPELLINGS: &[(&str, Spelling)] = &[
    ("[[", |left, how, right| format!("[[ {left} {how} {right} ]]")),
    ("test", |left, how, right| format!("test {left} {how} {right}")),
    ("((", |left, how, right| {
        let sign = match how {
            "-eq" => "==",
            "-ne" => "!=",
            "-lt" => "<",
            "-le" => "<=",
            "-gt" => ">",
            _ => ">=",
        };
        format!("(( {} {sign} {} ))", left.trim_matches('"'), right.trim_matches('"'))
    }),
];

/// Returns a script with every `[ a -lt b ]` in another spelling; none where there is none.
fn spelled(text: &str, spell: fn(&str, &str, &str) -> String) -> Option<String> {
    let mut out = String::new();
    let (mut rest, mut any) = (text, false);
    while let Some((before, behind)) = rest.split_once("[ ") {
        let (inner, after) = behind.split_once(" ]")?;
        let words: Vec<&str> = inner.split(' ').collect();
        out.push_str(before);
        match words.as_slice() {
            [left, how @ ("-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge"), right]
                if !before.ends_with('[') =>
            {
                out.push_str(&spell(left, how, right));
                any = true;
            }
            _ => out.push_str(&format!("[ {inner} ]")),
        }
        rest = after;
    }
    out.push_str(rest);
    any.then_some(out)
}

/// Returns a script whose lines `question || { …; }` ask by `if ! question; then …; fi`.
fn by_if(text: &str) -> Option<String> {
    let one = |line: &str| match line.split_once(" || ") {
        Some((question, answer))
            if line.starts_with("[ ") && !answer.contains("||") && !answer.contains("&&") =>
        {
            format!("if ! {question}; then {answer}; fi\n")
        }
        _ => format!("{line}\n"),
    };
    let out: String = text.lines().map(one).collect();
    (out != text).then_some(out)
}

/// Returns a script that ends by a function of its own in place of `exit`.
fn by_function(text: &str) -> Option<String> {
    let (first, rest) = match text.split_once('\n') {
        Some((first, rest)) if first.starts_with("#!") => (format!("{first}\n"), rest),
        _ => (String::new(), text),
    };
    let out = rest.replace("|| exit 1", "|| die");
    (out != rest).then(|| format!("{first}die() {{ echo \"$0: $*\" >&2; exit 1; }}\n{out}"))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.trim_end().replace('\'', r"'\''"))
}

fn document(text: &str) -> String {
    format!("<<'END_OF_TEXT'\n{}\nEND_OF_TEXT\n", text.trim_end())
}

fn fires(code: &str, text: &str) -> bool {
    let found = check::script(text, Language::of(text, ""), &Facts::default());
    found.findings.iter().any(|finding| finding.rule == code)
}

#[test]
fn a_bad_example_is_bad_in_every_shell_that_runs_it() {
    let wrong = on_deep_stack(|| {
        let mut wrong: Vec<String> = vec![];
        for rule in check::rules() {
            for example in rule.bad {
                let Example::Script(text) = example else { continue };
                if !Language::of(text, "").is_shell() || !fires(rule.code, text) {
                    continue;
                }
                let missed: Vec<&str> = WRAPS
                    .iter()
                    .filter(|(name, wrap)| {
                        !means_another_thing(rule.code, name) && !fires(rule.code, &wrap(text))
                    })
                    .map(|(name, _)| *name)
                    .collect();
                if !missed.is_empty() {
                    wrong.push(
                        format!("{} {}: {}\n", rule.code, rule.name, missed.join(", ")) + text,
                    );
                }
            }
        }
        wrong
    });
    let wrong = wrong.unwrap();
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_good_example_is_good_however_its_tests_are_spelled() {
    let wrong = on_deep_stack(|| {
        let mut wrong: Vec<String> = vec![];
        let mut tried = 0;
        for rule in check::rules() {
            for example in rule.good {
                let Example::Script(text) = example else { continue };
                if !Language::of(text, "").is_shell() {
                    continue;
                }
                let mut spellings: Vec<(&str, String)> = SPELLINGS
                    .iter()
                    .filter_map(|(name, spell)| Some((*name, spelled(text, *spell)?)))
                    .collect();
                spellings.extend(by_if(text).map(|text| ("if", text)));
                spellings.extend(by_function(text).map(|text| ("die", text)));
                tried += spellings.len();
                for (name, text) in spellings.iter().filter(|(_, text)| fires(rule.code, text)) {
                    wrong.push(format!("{} {} by {name}:\n{text}", rule.code, rule.name));
                }
            }
        }
        assert!(tried > 50, "{tried} spellings");
        wrong
    });
    let wrong = wrong.unwrap();
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

/// One line as it is, and the same with its redirect outside of the quotes.
#[test]
fn where_a_redirect_stands_makes_no_difference() {
    for (code, text) in [
        ("SH002", "pg_dumpall | gzip"),
        ("SH002", "mysqldump --single-transaction shop | zstd -q"),
        ("SH002", "tar -cf - /srv/app | gzip"),
    ] {
        let file = "/backup/all.gz";
        for (inside, outside) in [
            (format!("bash -c '{text} > {file}'"), format!("bash -c '{text}' > {file}")),
            (format!("ssh db1 '{text} > {file}'"), format!("ssh db1 '{text}' > {file}")),
            (format!("sudo sh -c '{text} > {file}'"), format!("sudo sh -c '{text}' > {file}")),
            (
                format!("kubectl exec db-0 -- sh -c '{text} > {file}'"),
                format!("kubectl exec db-0 -- sh -c '{text}' > {file}"),
            ),
            (format!("f() {{ {text} > {file}; }}\nf"), format!("f() {{ {text}; }}\nf > {file}")),
            (format!("{{ {text} > {file}; }}"), format!("{{ {text}; }} > {file}")),
            (
                format!("ssh db1 '{text} > {file}'"),
                format!("set -o pipefail\nssh db1 '{text}' | pv > {file}"),
            ),
        ] {
            assert!(fires(code, &inside), "{inside}");
            assert!(fires(code, &outside), "{outside}");
        }
        let sure = format!("ssh db1 'set -o pipefail; {text}' > {file}\n");
        assert!(!fires(code, &sure), "{sure}");
    }
}
