//! What a rule finds in a script it finds in the same script inside another shell.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)]

use blackstart::check::{self, Example, Facts, Language};
use blackstart::shell::on_deep_stack;

/// Ways to hand a whole script to another shell.
const WRAPS: &[(&str, fn(&str) -> String)] = &[
    ("bash -c", |text| format!("bash -c {}\n", quoted(text))),
    ("sudo sh -c", |text| format!("sudo sh -c {}\n", quoted(text))),
    ("su -c", |text| format!("su - backup -c {}\n", quoted(text))),
    ("ssh", |text| format!("ssh db1 {}\n", quoted(text))),
    ("ssh bash -s", |text| format!("ssh db1 'bash -s' {}", document(text))),
    ("ssh /bin/bash", |text| format!("ssh -o ConnectTimeout=10 root@db1 /bin/bash {}", document(text))),
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
                    .filter(|(_, wrap)| !fires(rule.code, &wrap(text)))
                    .map(|(name, _)| *name)
                    .collect();
                if !missed.is_empty() {
                    wrong.push(format!("{} {}: {}\n", rule.code, rule.name, missed.join(", ")) + text);
                }
            }
        }
        wrong
    });
    let wrong = wrong.unwrap();
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}
