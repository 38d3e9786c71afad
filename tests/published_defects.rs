//! The defects of published backup programs, rebuilt in small scripts: each is found, and the mended twin beside it is quiet.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::Path;

use blackstart::check::{Facts, Language, script};
use blackstart::evidence::Finding;

/// A script that was published like this, and the rules that must find something in it.
struct Published {
    /// Its name: `tests/published/NAME.bad.EXTENSION`, and `.good.` for the mended twin.
    name: &'static str,
    /// What its file name ends in.
    extension: &'static str,
    /// The rules, each with the line it must point to. An archive inside of what it archives is TG009, and a disk that is
    /// taken without a look is TG001.
    rules: &'static [(&'static str, usize)],
}

/// Devices of a machine with one disk for the system and its data, and a second one for copies.
const DEVICES: &[(&str, u64)] =
    &[("/", 2049), ("/data", 2049), ("/backup", 2049), ("/mnt/copies", 2065)];

const PUBLISHED: &[Published] = &[
    Published { name: "apt_install", extension: "sh", rules: &[("SH027", 2), ("LL006", 4)] },
    Published { name: "pip_install", extension: "sh", rules: &[("SH020", 3)] },
    Published {
        name: "tree_walk",
        extension: "py",
        rules: &[
            ("LL003", 6),
            ("FS007", 16),
            ("FS009", 16),
            ("FS017", 16),
            ("FS016", 16),
            ("PY006", 16),
        ],
    },
    Published { name: "tree_walk_live", extension: "py", rules: &[("FS019", 14), ("TG009", 14)] },
    Published {
        name: "hash_chain",
        extension: "py",
        rules: &[("CK001", 10), ("PY002", 10), ("LL011", 14), ("SH005", 20), ("FS010", 21)],
    },
    Published { name: "learned_recovery", extension: "py", rules: &[("AI009", 19)] },
    Published {
        name: "mysql_dump",
        extension: "py",
        rules: &[
            ("LL003", 8),
            ("PY007", 8),
            ("MY006", 16),
            ("MY013", 16),
            ("SH005", 17),
            ("SH007", 17),
            ("PY004", 22),
            ("PY002", 23),
            ("EN001", 28),
        ],
    },
    Published {
        name: "mysql_one",
        extension: "py",
        rules: &[("SH007", 6), ("MY001", 7), ("MY003", 7), ("MY005", 7), ("SH002", 7)],
    },
    Published { name: "backup_user", extension: "sql", rules: &[("LL003", 1), ("TG003", 2)] },
    Published {
        name: "rows_to_csv",
        extension: "py",
        rules: &[
            ("LL005", 2),
            ("LL003", 9),
            ("PY007", 9),
            ("SH005", 13),
            ("SH007", 13),
            ("PY003", 15),
            ("PY004", 17),
            ("PY002", 18),
            ("CK001", 20),
            ("EN003", 21),
        ],
    },
    Published {
        name: "tar_line",
        extension: "sh",
        rules: &[
            ("LL003", 2),
            ("SH005", 2),
            ("FS009", 2),
            ("FS011", 2),
            ("TG009", 2),
            ("FS010", 3),
            ("TG005", 3),
        ],
    },
    Published {
        name: "rsync_line",
        extension: "sh",
        rules: &[
            ("LL003", 2),
            ("FS004", 2),
            ("FS005", 2),
            ("FS007", 2),
            ("FS003", 3),
            ("TG005", 3),
        ],
    },
    Published {
        name: "lvm_line",
        extension: "sh",
        rules: &[("TG001", 3), ("LV001", 4), ("LV002", 4), ("LL001", 5)],
    },
    Published {
        name: "hourly_copy",
        extension: "py",
        rules: &[
            ("PY001", 8),
            ("FS004", 8),
            ("FS007", 8),
            ("TG008", 8),
            ("TG010", 8),
            ("MO001", 8),
            ("SH014", 8),
            ("FS003", 12),
            ("PY005", 16),
        ],
    },
    Published { name: "redundancy", extension: "yaml", rules: &[("K8S06", 2), ("K8S07", 15)] },
    Published {
        name: "hourly_restore",
        extension: "py",
        rules: &[
            ("LL005", 2),
            ("PY001", 7),
            ("LL012", 7),
            ("TG005", 7),
            ("TG006", 7),
            ("FS003", 7),
            ("PY005", 11),
            ("LL011", 12),
        ],
    },
    Published { name: "watch_process", extension: "py", rules: &[("LL011", 6), ("MO002", 6)] },
];

/// Returns a script and what is found in it.
fn findings(name: &str, which: &str, extension: &str) -> (String, Vec<Finding>) {
    let file = format!("{name}.{which}.{extension}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/published");
    let text = fs::read_to_string(folder.join(&file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    let devices = DEVICES.iter().map(|(path, device)| ((*path).to_owned(), *device)).collect();
    let facts = Facts { devices, ..Facts::default() };
    let found = script(&text, Language::of(&text, &file), &facts).findings;
    (text, found)
}

/// Returns the line a finding points to.
fn line(text: &str, finding: &Finding) -> usize {
    text[..finding.span.start].matches('\n').count() + 1
}

#[test]
fn every_defect_of_a_published_script_is_found_where_it_stands() {
    let mut wrong = Vec::new();
    for Published { name, extension, rules } in PUBLISHED {
        let (text, found) = findings(name, "bad", extension);
        let found: Vec<(&str, usize)> =
            found.iter().map(|finding| (finding.rule, line(&text, finding))).collect();
        for expected in rules.iter().filter(|expected| !found.contains(expected)) {
            wrong.push(format!("{name}: {expected:?} is missing; found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_mended_twin_of_a_published_script_is_clean() {
    let mut wrong = Vec::new();
    for Published { name, extension, .. } in PUBLISHED {
        for finding in findings(name, "good", extension).1 {
            wrong.push(format!("{name}: {} {}", finding.rule, finding.message));
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
