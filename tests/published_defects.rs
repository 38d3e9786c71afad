//! The defects of published backup programs, rebuilt in small scripts: each is found, and the mended twin beside it is quiet.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use blackstart::check::{Facts, Language, script};
use blackstart::evidence::{Finding, Severity};

/// A script that was published like this, and the rules that must find something in it.
struct Published {
    /// Its name: `tests/published/NAME.bad.EXTENSION`, and `.good.` for the mended twin.
    name: &'static str,
    /// What its file name ends in.
    extension: &'static str,
    /// The rules.
    rules: &'static [&'static str],
}

const PUBLISHED: &[Published] = &[
    Published { name: "tree_walk", extension: "py", rules: &["FS016", "PY006", "LL003"] },
    Published {
        name: "hash_chain",
        extension: "py",
        rules: &["LL011", "PY002", "CK001", "SH005"],
    },
    Published { name: "learned_recovery", extension: "py", rules: &["AI009"] },
    Published {
        name: "mysql_dump",
        extension: "py",
        rules: &["MY013", "MY006", "PY007", "PY002", "PY004", "EN001", "LL003"],
    },
    Published { name: "apt_install", extension: "sh", rules: &["SH027", "LL006"] },
    Published { name: "pip_install", extension: "sh", rules: &["SH020"] },
    Published { name: "backup_user", extension: "sql", rules: &["LL003"] },
    Published {
        name: "rows_to_csv",
        extension: "py",
        rules: &["PY003", "PY004", "PY007", "PY002", "CK001", "LL003"],
    },
    Published { name: "tar_line", extension: "sh", rules: &["FS010", "LL003", "SH005"] },
    Published { name: "rsync_line", extension: "sh", rules: &["FS003", "FS005", "LL003"] },
    Published { name: "lvm_line", extension: "sh", rules: &["LL001", "LV002"] },
    Published {
        name: "hourly_copy",
        extension: "py",
        rules: &["PY005", "PY001"],
    },
    Published { name: "redundancy", extension: "yaml", rules: &["K8S06"] },
    Published {
        name: "hourly_restore",
        extension: "py",
        rules: &["LL012", "LL011", "TG005", "PY001", "PY005"],
    },
    Published { name: "watch_process", extension: "py", rules: &["MO002", "LL011"] },
];

fn findings(name: &str, which: &str, extension: &str) -> Vec<Finding> {
    let file = format!("{name}.{which}.{extension}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/published");
    let text = fs::read_to_string(folder.join(&file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    script(&text, Language::of(&text, &file), &Facts::default()).findings
}

#[test]
fn every_defect_of_a_published_script_is_found() {
    let mut missing = Vec::new();
    for Published { name, extension, rules } in PUBLISHED {
        let found: BTreeSet<&str> =
            findings(name, "bad", extension).iter().map(|finding| finding.rule).collect();
        for rule in rules.iter().filter(|rule| !found.contains(*rule)) {
            missing.push(format!("{name}: {rule} is silent; found {found:?}"));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn the_mended_twin_of_a_published_script_has_nothing_serious() {
    let mut wrong = Vec::new();
    for Published { name, extension, .. } in PUBLISHED {
        for finding in findings(name, "good", extension) {
            if finding.severity >= Severity::High {
                wrong.push(format!("{name}: {} {}", finding.rule, finding.message));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_published_script_is_in_the_table_with_its_twin() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/published");
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut listed: Vec<String> = PUBLISHED
        .iter()
        .flat_map(|p| ["bad", "good"].map(|which| format!("{}.{which}.{}", p.name, p.extension)))
        .collect();
    listed.sort();
    assert_eq!(names, listed);
}
