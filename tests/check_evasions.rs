//! Ways to hide what a script does: each is at least as risky as it is, or unknown.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)]

use blackstart::base::Risk;
use blackstart::check::{self, Facts, Language};
use blackstart::shell::on_deep_stack;

/// Texts separated by `---`; behind it stands the least risk of the next text.
const FORMS: &str = include_str!("check_evasions/forms.txt");

/// Honest scripts with the most they may be rated.
const HONEST: &str = include_str!("check_evasions/honest.txt");

fn each(file: &str) -> Vec<(Risk, &str)> {
    let texts = file.split("--- ").skip(1);
    texts
        .map(|text| {
            let (risk, script) = text.split_once('\n').unwrap();
            let risk = match risk {
                "read" => Risk::Read,
                "write" => Risk::Write,
                "disruptive" => Risk::Disruptive,
                "destructive" => Risk::Destructive,
                "irreversible" => Risk::Irreversible,
                "unknown" => Risk::Unknown,
                other => panic!("what is {other}?"),
            };
            (risk, script)
        })
        .collect()
}

fn risk(script: &str) -> Risk {
    check::script(script, Language::Bash, &Facts::default()).risk
}

#[test]
fn no_way_to_hide_a_command_makes_it_look_safer() {
    let forms = each(FORMS);
    assert!(forms.len() >= 120, "{} forms", forms.len());
    let wrong = on_deep_stack(|| {
        let rated = forms.iter().map(|(least, script)| (least, script, risk(script)));
        rated
            .filter(|(least, _, risk)| risk < *least)
            .map(|(least, script, risk)| format!("{risk:?}, not {least:?}: {script}"))
            .collect::<Vec<_>>()
    });
    let wrong = wrong.unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_honest_script_is_no_riskier_than_it_is() {
    let wrong = on_deep_stack(|| {
        let rated = each(HONEST).into_iter().map(|(most, script)| (most, script, risk(script)));
        rated
            .filter(|(most, _, risk)| risk > most)
            .map(|(most, script, risk)| format!("{risk:?}, not {most:?}: {script}"))
            .collect::<Vec<_>>()
    });
    let wrong = wrong.unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
