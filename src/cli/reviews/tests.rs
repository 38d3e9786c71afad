//! What each format says of a file, and that nothing in a file can break out of it.

use std::path::{Path, PathBuf};

use super::*;
use crate::check::{self, Facts, Language};

const SCRIPT: &str = "#!/bin/bash\n# 日本\n\tpg_dump shop | gzip > /backup/shop-$(date +%F).sql.gz\n# blackstart: allow SH003 until 2027-03-01 because the unit sets it\nrm -rf \"$WORK\"/*\n";

fn reviewed(text: &str) -> Reviewed {
    let now = Some("2026-11-21T12:00:00Z".parse().unwrap());
    let facts = Facts { now, ..Facts::default() };
    let checked = check::script(text, Language::of(text, "a.sh"), &facts);
    Reviewed::script(Path::new("dir one/a,b.sh"), text.to_owned(), checked)
}

#[test]
fn a_finding_is_named_with_its_line_its_reason_and_its_fix() {
    let look = Look { colour: false, columns: 72 };
    let mut human = human::Human::new(look, true);
    let text = human.text(&reviewed(SCRIPT));
    let found = text.split("\n\n").find(|part| part.contains("[SH002]")).unwrap();
    insta::assert_snapshot!(found, @r"
    critical[SH002]: a failure of `pg_dump` is lost in the pipe
                     (dump-piped-without-pipefail)
     --> dir one/a,b.sh:3:2
      |
    3 |     pg_dump shop | gzip > /backup/shop-$(date +%F).sql.gz
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      why: the pipeline succeeds with the exit code of its last command, so
           an empty or torn dump is kept as a good copy
      fix: `set -o pipefail` before it, or dump into a file, check it, and
           only then compress or send it
           `check --fix` makes this change
    ");
    assert!(text.contains("allowed until 2027-03-01: critical SH003"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn what_steers_a_terminal_or_a_workflow_stays_text() {
    let text = "#!/bin/bash\nrm -rf \"$D\x1b[31m\u{202e}\"/* # ::error::x\n";
    let one = reviewed(text);
    let shown = human::Human::new(Look { colour: false, columns: 100 }, true).text(&one);
    assert!(!shown.contains('\x1b') && !shown.contains('\u{202e}'), "{shown:?}");
    let lines = github::text(&one);
    assert!(!lines.contains('\x1b'), "{lines:?}");
    for line in lines.lines() {
        let (level, rest) = line.split_once(' ').unwrap();
        assert!(["::error", "::warning", "::notice"].contains(&level), "{line}");
        assert!(rest.starts_with("file=dir one/a%2Cb.sh,line=2,"), "{line}");
    }
}

#[test]
fn json_has_every_field_and_counts_columns_in_characters() {
    let one = reviewed(SCRIPT);
    let entry = json::entry(&one);
    let of = |list: &str, rule: &str| {
        let found = entry[list].as_array().unwrap().iter().find(|one| one["rule"] == rule);
        found.unwrap_or_else(|| panic!("{rule} is not in {entry}")).clone()
    };
    let found = of("findings", "SH002");
    assert_eq!((&found["line"], &found["column"]), (&3.into(), &2.into()));
    assert_eq!((&found["end_line"], &found["severity"]), (&3.into(), &"critical".into()));
    assert_eq!(found["edit"]["replacement"], "set -o pipefail\n");
    let allowed = of("suppressed", "SH003");
    assert_eq!((&allowed["until"], &allowed["comment_line"]), (&"2027-03-01".into(), &4.into()));
    assert_eq!(allowed["reason"], "the unit sets it");
    assert_eq!(entry["path"], "dir one/a,b.sh");
}

#[test]
fn sarif_has_rules_fixes_suppressions_and_fingerprints_that_survive_new_lines() {
    let log = |text: &str| {
        let mut sarif = sarif::Sarif::default();
        let results = sarif.results(&reviewed(text));
        (results, sarif.tool())
    };
    let (results, tool) = log(SCRIPT);
    let of = |results: &[serde_json::Value], rule: &str| {
        results.iter().find(|one| one["ruleId"] == rule).unwrap().clone()
    };
    let found = of(&results, "SH002");
    let location = &found["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "dir%20one/a%2Cb.sh");
    assert_eq!(location["region"]["startLine"], 3);
    let replaced = &found["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replaced["insertedContent"]["text"], "set -o pipefail\n");
    assert_eq!(replaced["deletedRegion"]["endLine"], 3);
    let allowed = of(&results, "SH003");
    assert_eq!(allowed["suppressions"][0]["kind"], "inSource");
    assert_eq!(found.get("suppressions"), None);
    let rules = tool["driver"]["rules"].as_array().unwrap();
    for result in &results {
        let at = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[at]["id"], result["ruleId"]);
        assert!(rules[at]["help"]["markdown"].as_str().unwrap().contains("**Why:**"));
    }
    let (moved, _) = log(&SCRIPT.replace("# 日本\n", "# 日本\n\n# more\n"));
    assert_eq!(of(&moved, "SH002")["partialFingerprints"], found["partialFingerprints"]);
    let (other, _) = log(&SCRIPT.replace("shop", "wiki"));
    assert_ne!(of(&other, "SH002")["partialFingerprints"], found["partialFingerprints"]);
}

#[test]
fn a_path_is_a_reference_in_sarif() {
    let uri = |path: &str| sarif::uri(&PathBuf::from(path));
    assert_eq!(uri("./a b/ü%.sh"), "a%20b/%C3%BC%25.sh");
    assert_eq!(uri("/srv/x:y"), "file:///srv/x%3Ay");
    assert_eq!(uri("../up.sh"), "../up.sh");
    assert_eq!(uri("-"), "stdin");
}

#[test]
fn a_difference_has_the_names_that_patch_takes() {
    let look = Look { colour: false, columns: 80 };
    let shown = diff(Path::new("./x.sh"), "a\nb\x1b\n", "a\nc\n", look);
    assert_eq!(shown, "--- a/x.sh\n+++ b/x.sh\n@@ -1,2 +1,2 @@\n a\n-b\\x1b\n+c\n");
}
