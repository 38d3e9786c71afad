//! Files under review, as sessions for tests.

use std::path::{Path, PathBuf};

use super::{act, empty, tell};
use crate::base::{Position, Risk, Span};
use crate::check::{self, Doubt, Facts, Language};
use crate::evidence::{Edit, Finding, Place, Severity};
use crate::flow::{Act, FileSeen, News, Placed, Reviewed, Session};

/// A script with a finding that has a fix, one that has none, and one that is accepted.
pub const SCRIPT: &str = "#!/bin/bash\nset -eu\n# Old caches go first.\n\trm -rf \"$CACHE\"/*\n# blackstart: allow SH003 until 2027-03-01 because the unit sets WORK\nrm -rf \"$WORK\"/*\ncp -a /srv/日本 \"$TARGET\"\n";

/// Returns a finding that does not depend on what rules say of the sample.
fn finding(
    rule: &'static str,
    severity: Severity,
    text: &str,
    part: &str,
    message: &str,
) -> Placed {
    let rule = check::rule(rule).unwrap();
    let start = text.find(part).unwrap();
    Placed::from(Finding {
        rule: rule.code,
        name: rule.name,
        severity,
        step: None,
        part: Place::Whole,
        span: Span::new(start, start + part.len()),
        message: message.to_owned(),
        why: "a reason that is long enough to be broken into two lines on a narrow screen, as reasons are".to_owned(),
        fix: Some("what to write instead".to_owned()),
        layer: "static",
        edit: None,
    })
}

/// The script as the checker sees it.
pub fn reviewed(path: &str) -> Reviewed {
    let now = Some("2026-11-21T12:00:00Z".parse().unwrap());
    let facts = Facts { now, ..Facts::default() };
    let checked = check::script(SCRIPT, Language::Bash, &facts);
    let mut reviewed = Reviewed::script(Path::new(path), SCRIPT.to_owned(), checked);
    let mut first = finding(
        "SH003",
        Severity::Critical,
        SCRIPT,
        "\"$CACHE\"/*",
        "with $CACHE empty, `rm` works on /*",
    );
    let at = SCRIPT.find("$CACHE").unwrap();
    first.edit = Some(Edit { span: Span::new(at, at + 6), replacement: "${CACHE:?}".to_owned() });
    let second = finding("FS001", Severity::Medium, SCRIPT, "日本", "a wide name is copied");
    (reviewed.open, reviewed.risk) = (vec![first, second], Risk::Destructive);
    reviewed.unknown.clear();
    reviewed
}

/// Files that were reviewed: one with findings, one without, one that cannot be read.
pub fn files() -> Session {
    let mut session = empty();
    act(&mut session, Act::ReviewFiles(vec![PathBuf::from("scripts")]));
    let told = [
        FileSeen::Reviewed(Box::new(reviewed("scripts/nightly/backup.sh"))),
        FileSeen::Reviewed(Box::new(Reviewed {
            path: "scripts/ok.sh".into(),
            open: vec![],
            allowed: vec![],
            risk: Risk::Unknown,
            unknown: vec![Doubt {
                step: None,
                part: Place::Whole,
                start: Position { line: 7, column: 1 },
                end: Position { line: 7, column: 9 },
                why: "what /srv/own/tool does is not known".to_owned(),
            }],
            ..reviewed("scripts/ok.sh")
        })),
        FileSeen::Unread {
            path: "scripts/plan.yaml".into(),
            why: "line 3:1: unknown field \"stesp\"".into(),
        },
    ];
    told.into_iter().for_each(|seen| tell(&mut session, News::File(seen)));
    tell(&mut session, News::FilesComplete);
    session
}

/// Files are being read.
pub fn files_reading() -> Session {
    let mut session = empty();
    act(&mut session, Act::ReviewFiles(vec![PathBuf::from("scripts")]));
    tell(&mut session, News::FilesFound(2_500));
    session
}
