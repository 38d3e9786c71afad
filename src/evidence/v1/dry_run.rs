//! `blackstart/dry-run/v1`: a dry run, as stored and as `dry-run --json` prints it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::{
    Captured, Change, Declared, DryRun, Effect, Ended, FileEffect, FileKind, KeptFinding, Level,
    Outcome, RollbackProof, Severity, SimulatedCall, StepDryRun, Sum, Summary,
};
use super::{path, word};
use crate::base::{Id, Timestamp};

#[derive(Serialize, Deserialize)]
enum Tag {
    #[serde(rename = "blackstart/dry-run/v1")]
    V1,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Document {
    schema: Tag,
    at: Timestamp,
    level: String,
    level_reason: Option<String>,
    steps: Vec<Step>,
}

#[derive(Serialize, Deserialize)]
struct Step {
    id: Id,
    outcome: String,
    exit_code: Option<i32>,
    signal: Option<i32>,
    limit: Option<String>,
    duration_ms: u64,
    stdout: String,
    #[serde(default)]
    stdout_dropped: u64,
    stderr: String,
    #[serde(default)]
    stderr_dropped: u64,
    simulated: Vec<String>,
    #[serde(default)]
    simulated_calls: Vec<SimulatedCall>,
    effects: Vec<OneEffect>,
    effects_total: u64,
    #[serde(default)]
    totals: Vec<Total>,
    #[serde(default)]
    summaries: Vec<OneSummary>,
    #[serde(default)]
    findings: Vec<OneFinding>,
    rollback: Option<Rollback>,
    #[serde(default)]
    notes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Total {
    change: String,
    entries: u64,
    bytes: u64,
}

#[derive(Serialize, Deserialize)]
struct OneSummary {
    directory: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    directory_base64: Option<String>,
    change: String,
    deep: bool,
    entries: u64,
    bytes: u64,
    declared: Option<bool>,
}

#[derive(Serialize, Deserialize)]
struct OneFinding {
    rule: String,
    severity: String,
    step: Option<Id>,
    message: String,
}

#[derive(Serialize, Deserialize)]
struct Below {
    entries: u64,
    bytes: u64,
}

#[derive(Serialize, Deserialize)]
struct Rollback {
    outcome: String,
    differences: Vec<String>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct OneEffect {
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<String>,
    /// What the path is: `file`, `directory`, `link`, …
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    file_kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stored: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<u32>,
    /// Modification time before and after.
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<(Timestamp, Timestamp)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    below: Option<Below>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    argv: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_started: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<String>,
    /// `null` where there was nothing to compare with.
    declared: Option<bool>,
}

fn change_of(text: &str) -> Option<Change> {
    Change::ALL.into_iter().find(|change| change.word() == text)
}

fn declared(declared: Declared) -> Option<bool> {
    match declared {
        Declared::Yes => Some(true),
        Declared::No => Some(false),
        Declared::NothingDeclared => None,
    }
}

fn declaration(declared: Option<bool>) -> Declared {
    match declared {
        Some(true) => Declared::Yes,
        Some(false) => Declared::No,
        None => Declared::NothingDeclared,
    }
}

impl From<&Effect> for OneEffect {
    fn from(effect: &Effect) -> Self {
        let kind = |kind: &str| Self { kind: kind.to_owned(), ..Self::default() };
        match effect {
            Effect::File(file) => {
                let (written, base64) = path::write(&file.path);
                let from = file.from.as_deref().map(path::write);
                let (from, from_base64) =
                    from.map_or((None, None), |(text, raw)| (Some(text), raw));
                Self {
                    change: Some(file.change.word().to_owned()),
                    file_kind: Some(file.kind.word().to_owned()),
                    path: Some(written),
                    path_base64: base64,
                    from,
                    from_base64,
                    bytes: file.bytes,
                    stored: file.stored,
                    mode: file.mode,
                    times: file.times,
                    below: file.below.map(|sum| Below { entries: sum.entries, bytes: sum.bytes }),
                    details: file.what.clone(),
                    diff: file.diff.clone(),
                    declared: declared(file.declared),
                    ..kind("file")
                }
            }
            Effect::Exec { argv, file, ended, cpu } => {
                let started = Self {
                    argv: Some(argv.clone()),
                    file: file.clone(),
                    cpu_ms: cpu.map(|cpu| u64::try_from(cpu.as_millis()).unwrap_or(u64::MAX)),
                    ..kind("exec")
                };
                match ended {
                    None => started,
                    Some(Ended::NotStarted(why)) => {
                        Self { not_started: Some(why.clone()), ..started }
                    }
                    Some(Ended::Code(code)) => Self { exit_code: Some(*code), ..started },
                    Some(Ended::Signal(signal)) => Self { signal: Some(*signal), ..started },
                }
            }
            Effect::Lookup { name } => Self { name: Some(name.clone()), ..kind("lookup") },
            Effect::Connect { destination, also, declared: said } => Self {
                destination: Some(destination.clone()),
                also: also.clone(),
                declared: declared(*said),
                ..kind("connect")
            },
            Effect::Denied { what } => Self { what: Some(what.clone()), ..kind("denied") },
        }
    }
}

impl TryFrom<OneEffect> for Effect {
    type Error = String;
    fn try_from(effect: OneEffect) -> Result<Self, String> {
        let declared = declaration(effect.declared);
        match effect.kind.as_str() {
            "file" => {
                let change = effect.change.unwrap_or_default();
                let kind = effect.file_kind.unwrap_or_else(|| FileKind::File.word().to_owned());
                let find = |text: &str| FileKind::ALL.into_iter().find(|one| one.word() == text);
                let from = effect.from.map(|from| path::read(from, effect.from_base64));
                Ok(Self::File(FileEffect {
                    change: word(change_of, "a change", &change)?,
                    kind: word(find, "a kind of file", &kind)?,
                    path: path::read(effect.path.unwrap_or_default(), effect.path_base64)?,
                    from: from.transpose()?,
                    bytes: effect.bytes,
                    stored: effect.stored,
                    mode: effect.mode,
                    times: effect.times,
                    below: effect.below.map(|sum| Sum { entries: sum.entries, bytes: sum.bytes }),
                    what: effect.details,
                    diff: effect.diff,
                    declared,
                }))
            }
            "exec" => Ok(Self::Exec {
                argv: effect.argv.unwrap_or_default(),
                file: effect.file,
                ended: (effect.not_started.map(Ended::NotStarted))
                    .or(effect.exit_code.map(Ended::Code))
                    .or(effect.signal.map(Ended::Signal)),
                cpu: effect.cpu_ms.map(Duration::from_millis),
            }),
            "lookup" => Ok(Self::Lookup { name: effect.name.unwrap_or_default() }),
            "connect" => Ok(Self::Connect {
                destination: effect.destination.unwrap_or_default(),
                also: effect.also,
                declared,
            }),
            "denied" => Ok(Self::Denied { what: effect.what.unwrap_or_default() }),
            other => Err(format!("{other:?} is not a kind of effect")),
        }
    }
}

impl From<&(Change, Sum)> for Total {
    fn from((change, sum): &(Change, Sum)) -> Self {
        Self { change: change.word().to_owned(), entries: sum.entries, bytes: sum.bytes }
    }
}

impl TryFrom<Total> for (Change, Sum) {
    type Error = String;
    fn try_from(total: Total) -> Result<Self, String> {
        let sum = Sum { entries: total.entries, bytes: total.bytes };
        Ok((word(change_of, "a change", &total.change)?, sum))
    }
}

impl From<&Summary> for OneSummary {
    fn from(summary: &Summary) -> Self {
        let (directory, directory_base64) = path::write(&summary.directory);
        Self {
            directory,
            directory_base64,
            change: summary.change.word().to_owned(),
            deep: summary.deep,
            entries: summary.sum.entries,
            bytes: summary.sum.bytes,
            declared: declared(summary.declared),
        }
    }
}

impl TryFrom<OneSummary> for Summary {
    type Error = String;
    fn try_from(summary: OneSummary) -> Result<Self, String> {
        Ok(Self {
            directory: path::read(summary.directory, summary.directory_base64)?,
            change: word(change_of, "a change", &summary.change)?,
            deep: summary.deep,
            sum: Sum { entries: summary.entries, bytes: summary.bytes },
            declared: declaration(summary.declared),
        })
    }
}

impl From<&KeptFinding> for OneFinding {
    fn from(finding: &KeptFinding) -> Self {
        Self {
            rule: finding.rule.clone(),
            severity: finding.severity.word().to_owned(),
            step: finding.step.clone(),
            message: finding.message.clone(),
        }
    }
}

impl TryFrom<OneFinding> for KeptFinding {
    type Error = String;
    fn try_from(finding: OneFinding) -> Result<Self, String> {
        Ok(Self {
            severity: word(Severity::parse, "a severity", &finding.severity)?,
            rule: finding.rule,
            step: finding.step,
            message: finding.message,
        })
    }
}

fn all<From, To: TryFrom<From, Error = String>>(list: Vec<From>) -> Result<Vec<To>, String> {
    list.into_iter().map(To::try_from).collect()
}

impl From<&DryRun> for Document {
    fn from(dry_run: &DryRun) -> Self {
        let rollback = |proof: &RollbackProof| Rollback {
            outcome: proof.outcome.word().to_owned(),
            differences: proof.differences.clone(),
        };
        let step = |step: &StepDryRun| Step {
            id: step.id.clone(),
            outcome: step.outcome.word().to_owned(),
            exit_code: step.exit_code,
            signal: step.signal,
            limit: step.limit.clone(),
            duration_ms: u64::try_from(step.duration.as_millis()).unwrap_or(u64::MAX),
            stdout: step.stdout.text.clone(),
            stdout_dropped: step.stdout.dropped,
            stderr: step.stderr.text.clone(),
            stderr_dropped: step.stderr.dropped,
            simulated: step.simulated.clone(),
            simulated_calls: step.simulated_calls.clone(),
            effects: step.effects.iter().map(OneEffect::from).collect(),
            effects_total: step.effects_total,
            totals: step.totals.iter().map(Total::from).collect(),
            summaries: step.summaries.iter().map(OneSummary::from).collect(),
            findings: step.findings.iter().map(OneFinding::from).collect(),
            rollback: step.rollback.as_ref().map(rollback),
            notes: step.notes.clone(),
        };
        Self {
            schema: Tag::V1,
            at: dry_run.at,
            level: dry_run.level.word().to_owned(),
            level_reason: dry_run.level_reason.clone(),
            steps: dry_run.steps.iter().map(step).collect(),
        }
    }
}

impl TryFrom<Document> for DryRun {
    type Error = String;
    fn try_from(document: Document) -> Result<Self, String> {
        let outcome = |text: &str| word(Outcome::parse, "an outcome", text);
        let rollback = |proof: Rollback| {
            Ok::<_, String>(RollbackProof {
                outcome: outcome(&proof.outcome)?,
                differences: proof.differences,
            })
        };
        let step = |step: Step| {
            Ok(StepDryRun {
                outcome: outcome(&step.outcome)?,
                id: step.id,
                exit_code: step.exit_code,
                signal: step.signal,
                limit: step.limit,
                duration: Duration::from_millis(step.duration_ms),
                stdout: Captured { text: step.stdout, dropped: step.stdout_dropped },
                stderr: Captured { text: step.stderr, dropped: step.stderr_dropped },
                simulated: step.simulated,
                simulated_calls: step.simulated_calls,
                effects: step
                    .effects
                    .into_iter()
                    .map(Effect::try_from)
                    .collect::<Result<_, String>>()?,
                effects_total: step.effects_total,
                totals: all(step.totals)?,
                summaries: all(step.summaries)?,
                findings: all(step.findings)?,
                rollback: step.rollback.map(rollback).transpose()?,
                notes: step.notes,
            })
        };
        Ok(Self {
            at: document.at,
            level: word(Level::parse, "a level", &document.level)?,
            level_reason: document.level_reason,
            steps: document.steps.into_iter().map(step).collect::<Result<_, String>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt as _;

    #[test]
    fn a_dry_run_reads_back_whole() {
        let raw = std::ffi::OsString::from_vec(b"/srv/caf\xe9\x1b".to_vec());
        let at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let finding = KeptFinding {
            rule: "TG007".into(),
            severity: Severity::High,
            step: Some(Id::parse("a").unwrap()),
            message: "m".into(),
        };
        let file = FileEffect {
            change: Change::Renamed,
            kind: FileKind::Directory,
            path: raw.clone().into(),
            from: Some("/srv/old".into()),
            bytes: Some(3),
            stored: Some(1),
            mode: Some(0o644),
            times: Some((at, at)),
            below: Some(Sum { entries: 2, bytes: 5 }),
            what: vec!["SET-UID".into()],
            diff: Some("-a\n+b\n".into()),
            declared: Declared::No,
        };
        let exec = |ended| Effect::Exec {
            argv: vec!["ls".into()],
            file: Some("/bin/sh".into()),
            ended,
            cpu: Some(Duration::from_millis(4)),
        };
        let step = |outcome| StepDryRun {
            id: Id::parse("a").unwrap(),
            outcome,
            exit_code: Some(0),
            signal: None,
            limit: Some("disk".into()),
            duration: Duration::from_millis(12),
            stdout: Captured { text: "out".into(), dropped: 7 },
            stderr: Captured::default(),
            simulated: vec!["systemctl".into()],
            simulated_calls: vec![SimulatedCall {
                tool: "systemctl".into(),
                call: "stop app".into(),
                would: "stop unit app.service".into(),
            }],
            effects: vec![
                Effect::File(file.clone()),
                exec(None),
                exec(Some(Ended::NotStarted("not there".into()))),
                exec(Some(Ended::Code(3))),
                exec(Some(Ended::Signal(9))),
                Effect::Lookup { name: "db1".into() },
                Effect::Connect {
                    destination: "db1:1".into(),
                    also: vec!["[::1]:1".into()],
                    declared: Declared::Yes,
                },
                Effect::Denied { what: "mount".into() },
            ],
            effects_total: 9,
            totals: vec![(Change::Deleted, Sum { entries: 9, bytes: 1 })],
            summaries: vec![Summary {
                directory: raw.clone().into(),
                change: Change::Created,
                deep: true,
                sum: Sum { entries: 4, bytes: 0 },
                declared: Declared::No,
            }],
            findings: vec![finding.clone()],
            rollback: Some(RollbackProof {
                outcome: Outcome::Passed,
                differences: vec!["x".into()],
            }),
            notes: vec!["n".into()],
        };
        let dry_run = DryRun {
            at,
            level: Level::FullUser,
            level_reason: Some("not root".into()),
            steps: Outcome::ALL.into_iter().map(step).collect(),
        };
        let text = super::super::write_dry_run(&dry_run);
        assert_eq!(super::super::read_dry_run(&text), Ok(dry_run));
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let effect = &json["steps"][0]["effects"][0];
        assert_eq!(
            (&json["schema"], &effect["kind"], &effect["path_base64"]),
            (&"blackstart/dry-run/v1".into(), &"file".into(), &"L3Nydi9jYWbpGw==".into())
        );
    }
}
