//! What a comment accepts, and what it does not.

use super::*;
use crate::check::{Facts, in_plan, plan, script};

fn facts() -> Facts {
    Facts { now: Some("2026-11-21T12:00:00Z".parse().expect("a time")), ..Facts::default() }
}

/// The codes that are open and those that are accepted in a shell script.
fn codes(text: &str) -> (Vec<&'static str>, Vec<&'static str>) {
    let checked = script(text, Language::Bash, &facts());
    let open = checked.findings.iter().map(|finding| finding.rule).collect();
    (open, checked.allowed.iter().map(|one| one.found.finding.rule).collect())
}

const ALLOW: &str = "blackstart: allow SH003 until 2027-03-01 because the unit sets it";

#[track_caller]
fn allows(text: &str) {
    let text = text.replace("ALLOW", ALLOW);
    let (open, allowed) = codes(&text);
    assert!(!open.contains(&"SH003") && !open.contains(&"AL003"), "{text}: {open:?}");
    assert_eq!(allowed, ["SH003"], "{text}");
}

#[track_caller]
fn allows_nothing(text: &str) {
    let text = text.replace("ALLOW", ALLOW);
    let (open, allowed) = codes(&text);
    assert!(open.contains(&"SH003"), "{text}: {open:?}");
    assert_eq!(allowed, [] as [&str; 0], "{text}");
}

#[test]
fn a_comment_speaks_for_the_next_command_or_for_its_line() {
    allows("# ALLOW\nrm -rf \"$D\"/*\n");
    allows("echo a\n\n  # ALLOW\n# and more words\nrm -rf \"$D\"/* \\\n  /tmp/x\n");
    allows("rm -rf \"$D\"/* # ALLOW\n");
    allows("## ALLOW\nrm -rf \"$D\"/*\n");
    allows("if true; then\n  # ALLOW\n  rm -rf \"$D\"/*\nfi\n");
    allows("# ALLOW\nif true; then\n  echo a\n  rm -rf \"$D\"/*\nfi\n");
    allows("# ALLOW\ncd /srv && rm -rf \"$D\"/*\n");
    allows("x=$(\n  # ALLOW\n  rm -rf \"$D\"/*\n)\n");
}

#[test]
fn a_comment_elsewhere_or_in_a_text_allows_nothing() {
    allows_nothing("rm -rf \"$D\"/*\n# ALLOW\n");
    allows_nothing("# ALLOW\necho a\nrm -rf \"$D\"/*\n");
    allows_nothing("echo '\n# ALLOW\n'\nrm -rf \"$D\"/*\n");
    allows_nothing("cat <<EOF\n# ALLOW\nEOF\nrm -rf \"$D\"/*\n");
    allows_nothing("echo \" # ALLOW\"; rm -rf \"$D\"/*\n");
    allows_nothing("echo x# ALLOW; \nrm -rf \"$D\"/*\n");
    allows_nothing(
        "# Made from the plan p; change the plan, not this file.\n# ALLOW\nrm -rf \"$D\"/*\n",
    );
    allows_nothing(&format!("# {}\nrm -rf \"$D\"/*\n", ALLOW.replace("2027", "2025")));
    allows_nothing(&format!("# {}\nrm -rf \"$D\"/*\n", ALLOW.replace("SH003", "SH004")));
    allows_nothing(&format!("# {}\nrm -rf \"$D\"/*\n", ALLOW.replace("2027", "2077")));
}

#[test]
fn what_only_looks_like_a_comment_in_another_language_allows_nothing() {
    let accepted = |language: Language, text: &str| {
        let text = text.replace("ALLOW", ALLOW).replace("SQL", &ALLOW.replace("SH003", "SQ001"));
        let checked = script(&text, language, &facts());
        checked.allowed.len()
    };
    let rm = "rm -rf \"$D\"/*";
    for (language, expected, text) in [
        (Language::Markdown, 1, format!("```bash\n# ALLOW\n{rm}\n```\n")),
        (Language::Markdown, 1, format!("<!-- ALLOW -->\n```bash\n{rm}\n```\n")),
        (Language::Markdown, 0, format!("```bash\necho \" # ALLOW\"; {rm}\n```\n")),
        (Language::Markdown, 0, format!("```console\n$ echo \" # ALLOW\"; {rm}\n```\n")),
        (Language::Markdown, 0, format!("# ALLOW\n```bash\n{rm}\n```\n")),
        (Language::Crontab, 1, format!("# ALLOW\n0 1 * * * {rm}\n")),
        (Language::Crontab, 0, format!("0 1 * * * echo \" # ALLOW\"; {rm}\n")),
        (Language::Systemd, 1, format!("[Service]\n# ALLOW\nExecStart=/bin/sh -c '{rm}'\n")),
        (
            Language::Systemd,
            0,
            format!("[Service]\nExecStart=/bin/sh -c 'echo \" # ALLOW\"; {rm}'\n"),
        ),
        (Language::Sql, 1, "-- SQL\ndelete from t;\n".into()),
        (Language::Sql, 0, "select ' -- SQL'; delete from t;\n".into()),
        (Language::Sql, 0, "select '\n -- SQL\n'; delete from t;\n".into()),
        (Language::Sql, 0, "/* -- SQL\n */ delete from t;\n".into()),
        (Language::Sql, 0, "select $$ -- SQL\n$$; delete from t;\n".into()),
        (Language::Bash, 0, format!("cat <<E\n$(\n# ALLOW\n)\nE\n{rm}\n")),
        (Language::Bash, 0, format!("x=(\n# ALLOW\n)\n{rm}\n")),
    ] {
        assert_eq!(accepted(language, &text), expected, "{language:?} {text}");
    }
    let pod = |line: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - name: a\n    image: b:1\n    {line}\n"
        )
    };
    let inside = format!("command: [sh, -c, 'echo \" # ALLOW\"; {rm}']");
    assert_eq!(accepted(Language::Kubernetes, &pod(&inside)), 0);
    let above = format!("# ALLOW\n    command: [sh, -c, '{rm}']");
    assert_eq!(accepted(Language::Kubernetes, &pod(&above)), 1);
}

#[test]
fn a_comment_that_is_nearly_one_is_said_and_allows_nothing() {
    for mark in ["BlackStart:", "BLACKSTART:"] {
        let (open, allowed) =
            codes(&format!("# {}\nrm -rf \"$D\"/*\n", ALLOW.replace("blackstart:", mark)));
        assert!(open.contains(&"SH003") && open.contains(&"AL001"), "{mark}: {open:?}");
        assert_eq!(allowed, [] as [&str; 0], "{mark}");
    }
}

#[test]
fn each_of_many_comments_speaks_for_its_own_command() {
    let own = |number: usize| format!("# {ALLOW}\nrm -rf \"$D{number}\"/*\n");
    let text: String = (0..400).map(own).collect();
    let (open, allowed) = codes(&format!("{text}rm -rf \"$D\"/*\n"));
    assert_eq!((open, allowed.len()), (vec!["SH003"], 400));
}

#[test]
fn one_comment_may_name_several_rules_and_each_must_be_of_use() {
    let text = format!("# {}\nrm -rf \"$D\"/*\n", ALLOW.replace("SH003", "SH003, FS001"));
    let (open, allowed) = codes(&text);
    assert_eq!((open.contains(&"AL003"), allowed), (true, vec!["SH003"]));
}

/// The open and the accepted codes of a plan's file, with the evidence that an approval sees.
fn plan_codes(file: &str) -> (Vec<&'static str>, Vec<&'static str>, Vec<&'static str>) {
    let (read, problems) = crate::plan::read(file);
    assert_eq!(problems, [], "{file}");
    let read = read.expect("reads");
    let checked = plan(&read, None, &facts());
    let evidence = checked.findings.iter().map(|finding| finding.rule).collect();
    let settled = settle_plan(file, in_plan(file, &read, checked.findings), facts().now);
    let open = settled.open.iter().map(|placed| placed.finding.rule).collect();
    (open, settled.allowed.iter().map(|one| one.found.finding.rule).collect(), evidence)
}

const HEAD: &str = "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n";

#[test]
fn in_a_plan_a_comment_of_the_file_speaks_for_the_step_or_the_field_below() {
    for steps in [
        "  # ALLOW\n  - id: a\n    title: t\n    kind: command\n    run: |\n      set -e\n      rm -rf \"$D\"/*\n",
        "  - id: a\n    title: t\n    kind: command\n    # ALLOW\n    run: |\n      set -e\n      rm -rf \"$D\"/*\n",
        "  - id: a\n    title: t\n    kind: command\n    run: rm -rf \"$D\"/* # ALLOW\n",
    ] {
        let (open, allowed, evidence) =
            plan_codes(&format!("{HEAD}{}", steps.replace("ALLOW", ALLOW)));
        assert!(!open.contains(&"SH003"), "{steps}: {open:?}");
        assert_eq!(allowed, ["SH003"], "{steps}");
        assert!(evidence.contains(&"SH003"), "an approval still asks for its waiver");
    }
}

#[test]
fn the_text_of_a_step_allows_nothing_wherever_it_is_written() {
    for steps in [
        "  - id: a\n    title: t\n    kind: command\n    run: |\n      # ALLOW\n      rm -rf \"$D\"/*\n",
        "  - id: a\n    title: t\n    kind: command\n    run: |\n      rm -rf \"$D\"/* # ALLOW\n",
        "  - id: a\n    title: t\n    kind: command\n    run: \"# ALLOW\\nrm -rf \\\"$D\\\"/*\\n\"\n",
        "  - id: a\n    title: 'x\n      # ALLOW'\n    kind: command\n    run: rm -rf \"$D\"/*\n",
        "  - id: a\n    title: t\n    why: |\n      words\n      # ALLOW\n    kind: command\n    run: rm -rf \"$D\"/*\n",
    ] {
        let (open, allowed, _) = plan_codes(&format!("{HEAD}{}", steps.replace("ALLOW", ALLOW)));
        assert!(open.contains(&"SH003"), "{steps}: {open:?}");
        assert_eq!(allowed, [] as [&str; 0], "{steps}");
    }
}

#[test]
fn a_plan_as_a_drafter_leaves_it_holds_no_comment_that_counts() {
    let steps = "  - id: a\n    title: t\n    kind: command\n    run: |\n      # ALLOW\n      rm -rf \"$D\"/*\n";
    let (read, _) = crate::plan::read(&format!("{HEAD}{}", steps.replace("ALLOW", ALLOW)));
    let mut read = read.expect("reads");
    read.title = format!("t\n# {ALLOW}\n");
    read.steps[0].why = Some(format!("w\n# {ALLOW}"));
    let (open, allowed, _) = plan_codes(&crate::plan::write(&read));
    assert!(open.contains(&"SH003") && open.contains(&"AL005"), "{open:?}");
    assert_eq!(allowed, [] as [&str; 0]);
}

#[test]
fn python_and_other_languages_have_comments_too() {
    let text = format!("# {}\nX = 'a'\n", ALLOW.replace("SH003", "EN001"));
    assert_eq!(comments_of_script(&text, Language::Python).len(), 1);
    let text = format!("X = '''\n# {ALLOW}\n'''\n");
    assert_eq!(comments_of_script(&text, Language::Python), []);
    let text = format!("# {ALLOW}\n0 3 * * * root rm -rf $D/* \\\n  x\n1 1 * * * root y\n");
    let comment = comments_of_script(&text, Language::Other)[0];
    assert_eq!(comment.covers.slice(&text), "0 3 * * * root rm -rf $D/* \\\n  x\n");
}
