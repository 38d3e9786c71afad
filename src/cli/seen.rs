//! A dry run as text for people, in 80 columns: what would be deleted first.

use std::collections::HashSet;
use std::path::Path;

use crate::base::{Size, escape, readable};
use crate::evidence::{
    self, Change, Declared, DryRun, Effect, Ended, FileEffect, FileKind, Outcome, RollbackProof,
    Severity, StepDryRun, Sum,
};
use crate::runtime::files::shown;

/// Columns of a line, unless a path or a word is longer.
const COLUMNS: usize = 80;
/// Lines of a difference.
const DIFF: usize = 12;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The first few of each kind, long paths without their middle.
    First(usize),
    /// Everything that is listed.
    All,
}

impl Detail {
    fn most(self, all: usize) -> usize {
        match self {
            Self::First(most) => most.min(all),
            Self::All => all,
        }
    }
}

/// Returns a dry run as text.
pub fn text(run: &DryRun, detail: Detail) -> String {
    let mut lines = vec![];
    let counts = if run.level.counts() { "" } else { "  THIS DOES NOT COUNT AS A DRY RUN" };
    lines.push(format!("level {}{counts}", run.level.word()));
    if let Some(reason) = &run.level_reason {
        lines.extend(wrapped(reason, 2, 2));
    }
    if run.level.counts() {
        lines.extend(wrapped(&in_all(run), 0, 2));
    }
    for step in &run.steps {
        lines.extend(step_lines(step, detail));
    }
    lines.iter().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// The first thing to know at night.
fn in_all(run: &DryRun) -> String {
    let mut deleted = Sum::default();
    let mut steps = vec![];
    for step in &run.steps {
        let total = step.total(Change::Deleted);
        if total.entries > 0 {
            deleted.entries += total.entries;
            deleted.bytes += total.bytes;
            steps.push(step.id.as_str());
        }
    }
    let severe = run.steps.iter().flat_map(|step| &step.findings);
    let severe = severe.filter(|finding| finding.severity >= Severity::High).count();
    let findings = match severe {
        0 => String::new(),
        1 => "; 1 SEVERE FINDING".to_owned(),
        more => format!("; {more} SEVERE FINDINGS"),
    };
    match steps.as_slice() {
        [] => format!("deletes nothing{findings}"),
        [step] if run.steps.len() == 1 || step.is_empty() => {
            format!("DELETES {}{findings}", amount(deleted))
        }
        steps => format!("DELETES {} in {}{findings}", amount(deleted), steps.join(", ")),
    }
}

fn step_lines(step: &StepDryRun, detail: Detail) -> Vec<String> {
    let mut lines = vec![headline(step)];
    for finding in &step.findings {
        let severity = finding.severity.word().to_uppercase();
        let text = format!("{severity} {}: {}", finding.rule, finding.message);
        lines.extend(wrapped(&text, 4, 6));
    }
    for change in Change::ALL {
        lines.extend(change_lines(step, change, detail));
    }
    let calls: Vec<_> = step.simulated_calls.iter().filter(|call| !call.would.is_empty()).collect();
    let most = detail.most(calls.len());
    for call in &calls[..most.min(calls.len())] {
        let would = escape::one_line(&call.would);
        let line = format!("    would    {would} ({})", escape::one_line(&call.tool));
        lines.push(cut(&line, 4 * COLUMNS));
    }
    if calls.len() > most {
        lines.push(format!("    … {} more (--all, --json)", grouped((calls.len() - most) as u64)));
    }
    let others = |effect: &&Effect| !matches!(effect, Effect::File(_));
    let others: Vec<&Effect> = step.effects.iter().filter(others).collect();
    // A program that ran says less than one that was refused.
    let (ran, tried): (Vec<&Effect>, Vec<&Effect>) =
        others.into_iter().partition(|effect| matches!(effect, Effect::Exec { .. }));
    for effects in [tried, ran] {
        let most = detail.most(effects.len());
        lines.extend(effects.iter().take(most).flat_map(|effect| other_lines(effect)));
        if effects.len() > most {
            lines.push(format!(
                "    … {} more (--all, --json)",
                grouped((effects.len() - most) as u64)
            ));
        }
    }
    for note in &step.notes {
        lines.extend(wrapped(note, 4, 6));
    }
    if step.outcome == Outcome::Failed {
        let said = step.stderr.text.lines().rev().take(5).collect::<Vec<_>>();
        lines
            .extend(said.into_iter().rev().map(|line| format!("    | {}", escape::one_line(line))));
    }
    lines.extend(step.rollback.iter().flat_map(|proof| rollback_lines(proof, detail)));
    lines
}

fn headline(step: &StepDryRun) -> String {
    let exit = match (step.exit_code, step.signal) {
        (Some(0), _) | (None, None) => String::new(),
        (Some(code), _) => format!("  exit {code}"),
        (None, Some(signal)) => format!("  signal {signal}"),
    };
    let limit = step.limit.as_ref().map(|limit| format!("  limit {limit}")).unwrap_or_default();
    let simulated = match step.simulated.as_slice() {
        [] => String::new(),
        tools => format!("  simulated: {}", escape::one_line(&tools.join(", "))),
    };
    format!(
        "{:10} {:28} {:>7.1} s{exit}{limit}{simulated}",
        step.outcome.word(),
        step.id,
        step.duration.as_secs_f64()
    )
}

/// One way to change: how much, the paths that are listed, and where the rest is.
fn change_lines<'a>(step: &'a StepDryRun, change: Change, detail: Detail) -> Vec<String> {
    let of_change = |effect: &'a Effect| match effect {
        Effect::File(file) if file.change == change => Some(file),
        Effect::File(_)
        | Effect::Exec { .. }
        | Effect::Lookup { .. }
        | Effect::Connect { .. }
        | Effect::Denied { .. } => None,
    };
    let files: Vec<&FileEffect> = step.effects.iter().filter_map(of_change).collect();
    let total = match step.total(change) {
        Sum { entries: 0, .. } => Sum { entries: files.len() as u64, bytes: 0 },
        total => total,
    };
    if total.entries == 0 {
        return vec![];
    }
    let mut lines = vec![format!("    {} {}", verb(change), amount(total))];
    let tops = tops(&files);
    let most = detail.most(tops.len());
    let mut covered = 0;
    for file in &tops[..most] {
        covered +=
            1 + file.below.filter(|_| change != Change::Renamed).map_or(0, |sum| sum.entries);
        lines.extend(file_lines(file, detail));
    }
    let left = total.entries.saturating_sub(covered);
    if left == 0 {
        return lines;
    }
    let places: Vec<_> = step.summaries.iter().filter(|one| one.change == change).collect();
    if places.is_empty() {
        lines.push(format!("      … {} more (--all, --json)", grouped(left)));
        return lines;
    }
    lines.push("      all of them, by directory:".to_owned());
    for place in &places {
        let deep = if place.deep { " and below" } else { "" };
        let name = path_text(&place.directory, detail, 40);
        lines.push(format!(
            "        {name}{deep}: {}{}",
            amount(place.sum),
            undeclared(place.declared)
        ));
    }
    lines
}

/// Leaves out what is below a listed directory that changed the same way; what must be seen comes first.
fn tops<'a>(files: &[&'a FileEffect]) -> Vec<&'a FileEffect> {
    let whole = |file: &&&FileEffect| file.kind == FileKind::Directory && file.below.is_some();
    let whole: HashSet<&Path> =
        files.iter().filter(whole).map(|file| file.path.as_path()).collect();
    let mut tops: Vec<&FileEffect> = files
        .iter()
        .filter(|file| {
            let inside = file.path.parent().is_some_and(|above| whole.contains(above));
            !inside || file.declared == Declared::No || is_loud(file)
        })
        .copied()
        .collect();
    let weight = |file: &FileEffect| {
        let entries = file.below.map_or(0, |sum| sum.entries);
        (!is_loud(file), file.declared != Declared::No, std::cmp::Reverse(entries))
    };
    tops.sort_by_key(|file| weight(file));
    tops
}

/// Tells whether something about a path must be seen at once.
fn is_loud(file: &FileEffect) -> bool {
    file.what.iter().any(|word| evidence::is_loud(word))
}

fn file_lines(file: &FileEffect, detail: Detail) -> Vec<String> {
    let sign = match file.change {
        Change::Created => "+",
        Change::Deleted => "-",
        Change::Modified => "~",
        Change::Renamed => ">",
        Change::TypeChanged => "!",
        Change::Metadata => "m",
    };
    let slash = if file.kind == FileKind::Directory { "/" } else { "" };
    let kind = match file.kind {
        FileKind::File | FileKind::Directory | FileKind::Link => String::new(),
        FileKind::Fifo | FileKind::Socket | FileKind::Device => format!("  a {}", file.kind.word()),
    };
    let below = match (file.below, file.change) {
        (None, _) => String::new(),
        (Some(Sum { entries: 0, .. }), _) => "  empty".to_owned(),
        (Some(sum), Change::Renamed) => format!("  with {} in it", amount(sum)),
        (Some(sum), _) => format!("  {} in it", amount(sum)),
    };
    let size = file.bytes.filter(|_| file.kind == FileKind::File);
    let size = match (size, file.stored) {
        (None, _) => String::new(),
        (Some(bytes), None) => format!("  {}", rough(bytes)),
        (Some(bytes), Some(stored)) => {
            format!("  {}, of which {} stored", rough(bytes), rough(stored))
        }
    };
    let path = path_text(&file.path, detail, 60);
    let mut lines =
        vec![format!("      {sign} {path}{slash}{kind}{below}{size}{}", undeclared(file.declared))];
    if let Some(from) = &file.from {
        lines.push(format!("          from {}{slash}", path_text(from, detail, 60)));
    }
    for word in &file.what {
        lines.extend(wrapped(word, 10, 12));
    }
    if let Some((then, now)) = file.times {
        let text = format!("modification time {} -> {}", readable(then), readable(now));
        lines.extend(wrapped(&text, 10, 12));
    }
    let diff: Vec<&str> = file.diff.iter().flat_map(|diff| diff.lines()).collect();
    let most = match detail {
        Detail::First(_) => diff.len().min(DIFF),
        Detail::All => diff.len(),
    };
    lines.extend(diff[..most].iter().map(|line| format!("          {}", escape::one_line(line))));
    if diff.len() > most {
        lines.push(format!("          … {} more lines (--all)", diff.len() - most));
    }
    lines
}

fn other_lines(effect: &Effect) -> Vec<String> {
    match effect {
        Effect::File(_) => vec![],
        Effect::Exec { argv, file, ended, .. } => {
            let file = file.as_ref().map(|file| format!("  (the file is {file})"));
            let words = format!("    runs     {}{}", argv.join(" "), file.unwrap_or_default());
            vec![cut(&escape::one_line(&words), 4 * COLUMNS) + &end(ended.as_ref())]
        }
        Effect::Lookup { name } => vec![format!("    asks for {}", escape::one_line(name))],
        Effect::Connect { destination, declared, .. } => {
            vec![format!("    CONNECTS {}{}", escape::one_line(destination), undeclared(*declared))]
        }
        Effect::Denied { what } => vec![format!("    denied   {}", escape::one_line(what))],
    }
}

/// How a program ended, where it did not end well.
fn end(ended: Option<&Ended>) -> String {
    match ended {
        None | Some(Ended::Code(0)) => String::new(),
        Some(Ended::NotStarted(why)) => format!("  NOT STARTED: {}", escape::one_line(why)),
        Some(Ended::Code(code)) => format!("  exit {code}"),
        Some(Ended::Signal(signal)) => format!("  signal {signal}"),
    }
}

fn rollback_lines(proof: &RollbackProof, detail: Detail) -> Vec<String> {
    match (proof.outcome, proof.differences.as_slice()) {
        (Outcome::Passed, []) => vec!["    rollback proven: the tree is what it was".to_owned()],
        (Outcome::Simulated, []) => wrapped(
            "rollback simulated: the files are what they were, stand-ins answered for the rest",
            4,
            6,
        ),
        (outcome, differences) => {
            let count = differences.len();
            let mut lines =
                vec![format!("    ROLLBACK NOT PROVEN ({}), differences: {count}", outcome.word())];
            for one in differences.iter().take(detail.most(count)) {
                lines.extend(wrapped(one, 6, 8));
            }
            lines
        }
    }
}

fn verb(change: Change) -> &'static str {
    match change {
        Change::Created => "creates",
        Change::Modified => "modifies",
        Change::Deleted => "DELETES",
        Change::Renamed => "renames",
        Change::TypeChanged => "REPLACES BY ANOTHER KIND OF FILE",
        Change::Metadata => "changes only metadata of",
    }
}

fn undeclared(declared: Declared) -> &'static str {
    match declared {
        Declared::No => "  NOT DECLARED",
        Declared::Yes | Declared::NothingDeclared => "",
    }
}

/// `1,204 entries, 3.4GB`; no size where nothing has one.
pub fn amount(sum: Sum) -> String {
    let entries = if sum.entries == 1 { "entry" } else { "entries" };
    let bytes = if sum.bytes == 0 { String::new() } else { format!(", {}", rough(sum.bytes)) };
    format!("{} {entries}{bytes}", grouped(sum.entries))
}

/// A size as people compare it: three digits.
fn rough(bytes: u64) -> Size {
    let digits = bytes.checked_ilog10().unwrap_or(0);
    let unit = 10_u64.pow(digits.saturating_sub(2));
    Size(bytes.saturating_add(unit / 2) / unit * unit)
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A path, escaped; where only the first few are shown, a long one goes without its middle.
fn path_text(path: &Path, detail: Detail, most: usize) -> String {
    match detail {
        Detail::All => shown(path),
        Detail::First(_) => cut(&shown(path), most),
    }
}

fn cut(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let (head, tail) = (most / 2, most / 3);
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(count - tail).collect();
    format!("{start}[…{} characters…]{end}", grouped((count - head - tail) as u64))
}

/// Text of one paragraph, escaped, broken between words.
fn wrapped(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    let mut line = " ".repeat(first);
    let mut empty = true;
    for word in escape::one_line(text).split(' ') {
        let fits = line.chars().count() + 1 + word.chars().count() <= COLUMNS;
        if !empty && !fits {
            lines.push(std::mem::replace(&mut line, " ".repeat(rest)));
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Id;
    use crate::evidence::{KeptFinding, Level, Summary};

    fn file(change: Change, kind: FileKind, path: &str) -> FileEffect {
        FileEffect {
            change,
            kind,
            path: path.into(),
            from: None,
            bytes: (kind == FileKind::File).then_some(1_000),
            stored: None,
            mode: None,
            times: None,
            below: None,
            what: vec![],
            diff: None,
            declared: Declared::Yes,
        }
    }

    fn step(files: Vec<FileEffect>, totals: &[(Change, u64, u64)]) -> StepDryRun {
        StepDryRun {
            id: Id::parse("purge").unwrap(),
            outcome: Outcome::Passed,
            exit_code: Some(0),
            signal: None,
            limit: None,
            duration: std::time::Duration::from_millis(40),
            stdout: Default::default(),
            stderr: Default::default(),
            simulated: vec![],
            simulated_calls: vec![],
            effects_total: totals.iter().map(|(_, entries, _)| entries).sum(),
            effects: files.into_iter().map(Effect::File).collect(),
            totals: totals
                .iter()
                .map(|(change, entries, bytes)| (*change, Sum { entries: *entries, bytes: *bytes }))
                .collect(),
            summaries: vec![],
            findings: vec![],
            rollback: None,
            notes: vec![],
        }
    }

    fn check(step: StepDryRun, expected: &str) {
        let at = "2026-11-21T00:00:00Z".parse().unwrap();
        let run = DryRun { at, level: Level::FullRoot, level_reason: None, steps: vec![step] };
        let text = text(&run, Detail::First(3));
        assert_eq!(text, expected);
        assert!(text.lines().all(|line| line.chars().count() <= 90), "{text}");
    }

    #[test]
    fn a_deleted_tree_is_one_line_with_all_that_was_in_it() {
        let mut tree = file(Change::Deleted, FileKind::Directory, "/srv/data");
        tree.below = Some(Sum { entries: 1_203, bytes: 3_400_000_000 });
        let files = vec![
            file(Change::Deleted, FileKind::File, "/srv/a"),
            tree,
            file(Change::Deleted, FileKind::File, "/srv/data/x"),
            file(Change::Created, FileKind::File, "/srv/log\u{1b}[31m"),
        ];
        let mut step =
            step(files, &[(Change::Deleted, 1_205, 3_400_001_000), (Change::Created, 1, 1_000)]);
        step.findings.push(KeptFinding {
            rule: "TG011".into(),
            severity: Severity::High,
            step: None,
            message:
                "it deletes 1205 entries and declares at most 10; it deletes /srv/a, undeclared"
                    .into(),
        });
        check(
            step,
            "level full-root
DELETES 1,205 entries, 3.4GB; 1 SEVERE FINDING
passed     purge                            0.0 s
    HIGH TG011: it deletes 1205 entries and declares at most 10; it deletes
      /srv/a, undeclared
    DELETES 1,205 entries, 3.4GB
      - /srv/data/  1,203 entries, 3.4GB in it
      - /srv/a  1kB
    creates 1 entry, 1kB
      + /srv/log\\x1b[31m  1kB
",
        );
    }

    #[test]
    fn what_is_not_listed_is_summed_up_and_what_is_dangerous_comes_first() {
        let mut loud = file(Change::Created, FileKind::File, "/tmp/sh");
        loud.what = vec!["SET-UID: whoever runs it acts as root".into()];
        loud.declared = Declared::No;
        let plain =
            (0..9).map(|at| file(Change::Created, FileKind::File, &format!("/srv/data/{at}")));
        let mut step =
            step(plain.chain([loud]).collect(), &[(Change::Created, 98_001, 1_200_000_000)]);
        step.summaries.push(Summary {
            directory: "/srv/data".into(),
            change: Change::Created,
            deep: false,
            sum: Sum { entries: 98_000, bytes: 1_200_000_000 },
            declared: Declared::Yes,
        });
        check(
            step,
            "level full-root
deletes nothing
passed     purge                            0.0 s
    creates 98,001 entries, 1.2GB
      + /tmp/sh  1kB  NOT DECLARED
          SET-UID: whoever runs it acts as root
      + /srv/data/0  1kB
      + /srv/data/1  1kB
      all of them, by directory:
        /srv/data: 98,000 entries, 1.2GB
",
        );
    }

    #[test]
    fn long_paths_lose_their_middle_and_nothing_raw_is_left() {
        let long = format!("/srv/{}/end\n", "x".repeat(4_000));
        let text = path_text(Path::new(&long), Detail::First(3), 60);
        assert!(text.ends_with("x/end\\n") && text.chars().count() < 90, "{text}");
        assert!(path_text(Path::new(&long), Detail::All, 60).len() > 4_000);
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(
            (rough(0), rough(999), rough(56_834_123)),
            (Size(0), Size(999), Size(56_800_000))
        );
    }
}
