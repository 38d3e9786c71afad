//! Sessions at every stage, for tests: one incident, its plan, its proof, its run.

mod documents;
mod files;
mod model;
mod proof;

use std::sync::Arc;

use documents::library;
pub use documents::{INCIDENT, INVENTORY, PLAN};
pub use files::{files, files_reading, reviewed};
pub use model::*;
use proof::dry_run;

use crate::base::{Digest, Id, Risk, Span, Timestamp};
use crate::evidence::{
    Approval, Checked, Edit, Event as Told, Finding, KeptFinding, Level, Part, Place, PlanEvidence,
    Process, Question, Record, RunState, Severity, StepEnd, StepOutcome, Waived,
};
use crate::flow::{
    Act, Event, Field, IncidentRow, InventoryRow, Knowledge, Machine, News, PlanRow, RunRow,
    Session, Shelf,
};

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn tell(session: &mut Session, news: News) {
    session.handle(Event::Outside(news));
}

pub fn act(session: &mut Session, act: Act) {
    session.handle(Event::Person(act));
}

fn text(session: &mut Session, text: &str) {
    tell(session, News::Text { path: "sample.yaml".into(), text: text.to_owned() });
}

/// Nothing is kept; nothing has been read but who we are.
pub fn empty() -> Session {
    let mut session = Session::new(at("2026-01-31T10:00:00Z"));
    tell(
        &mut session,
        News::Machine(Machine {
            hostname: "files1".into(),
            user: "ops".into(),
            operator: "ops".into(),
            level: Some(Level::FullUser),
            level_reason: Some("not root".into()),
        }),
    );
    tell(&mut session, News::Shelf(Shelf::default()));
    tell(&mut session, News::Knowledge(Knowledge(Arc::new(library()))));
    session
}

pub fn home() -> Session {
    let mut session = empty();
    text(&mut session, INVENTORY);
    let when = at("2026-01-31T09:15:00Z");
    tell(
        &mut session,
        News::Shelf(Shelf {
            incidents: vec![
                IncidentRow {
                    id: id("inc-42"),
                    title: "The office share is half empty".into(),
                    at: when,
                },
                IncidentRow {
                    id: id("inc-41"),
                    title: "disk \u{1b}[31mred\u{1b}[0m of nas1".into(),
                    at: when,
                },
            ],
            plans: vec![PlanRow {
                digest: Digest::of(b"p"),
                id: id("restore-office"),
                title: "Restore office from the tar archive nightly".into(),
                at: when,
            }],
            runs: vec![
                RunRow {
                    id: id("run-2"),
                    plan: id("restore-office"),
                    state: RunState::InputNeeded,
                    at: when,
                },
                RunRow {
                    id: id("run-1"),
                    plan: id("restore-office"),
                    state: RunState::Succeeded,
                    at: when,
                },
            ],
            inventories: vec![InventoryRow {
                digest: Digest::of(b"i"),
                name: "sample".into(),
                at: when,
            }],
        }),
    );
    session.handle(Event::Person(Act::Home));
    session
}

pub fn intake() -> Session {
    let mut session = home();
    text(&mut session, INCIDENT);
    session
}

/// A form with things that need a look.
pub fn intake_refused() -> Session {
    let mut session = home();
    act(&mut session, Act::NewIncident);
    for (field, text) in [
        (Field::Title, "share is gone"),
        (Field::Affected, "offce"),
        (Field::Damage, "yesterday"),
        (Field::Unusable, "tape: lost in the move"),
    ] {
        act(&mut session, Act::Write(field, text.into()));
    }
    act(&mut session, Act::Draft);
    session
}

pub fn draft() -> Session {
    let mut session = intake();
    act(&mut session, Act::Draft);
    session
}

pub fn review() -> Session {
    let mut session = intake();
    text(&mut session, PLAN);
    session
}

fn fingerprint(session: &Session) -> Digest {
    session.review.as_ref().unwrap().subject.fingerprint
}

pub fn checked() -> Session {
    let mut session = review();
    let finding = Finding {
        rule: "SH003",
        name: "rm-of-possibly-empty-path",
        severity: Severity::Critical,
        step: Some(id("clear")),
        part: Place::Run,
        span: Span::new(7, 16),
        message: "with $LEFT empty, `rm` works on /*".into(),
        why: "it would empty the machine".into(),
        fix: Some("write ${LEFT:?}".into()),
        layer: "static",
        edit: Some(Edit { span: Span::new(7, 14), replacement: "\"${LEFT:?}\"".into() }),
    };
    told_checked(&mut session, vec![finding]);
    session
}

fn told_checked(session: &mut Session, findings: Vec<Finding>) {
    let risk = |step: &str, risk| (id(step), risk);
    let checked = Checked {
        at: at("2026-01-31T10:00:00Z"),
        risks: vec![
            risk("tell", Risk::Read),
            risk("clear", Risk::Destructive),
            risk("set-aside", Risk::Disruptive),
            risk("extract", Risk::Write),
        ],
        findings: findings.iter().map(KeptFinding::from).collect(),
    };
    let fingerprint = fingerprint(session);
    tell(session, News::Checked { fingerprint, checked, findings });
}

/// The finding is fixed, the plan dry-run; the manual step is open.
pub fn proven() -> Session {
    let mut session = checked();
    act(&mut session, Act::ApplyFix(0));
    told_checked(&mut session, vec![]);
    act(&mut session, Act::DryRun);
    let fingerprint = fingerprint(&session);
    tell(&mut session, News::DryRunEnded { fingerprint, result: Ok(dry_run()) });
    act(&mut session, Act::MarkRead(id("tell")));
    session
}

pub fn approve() -> Session {
    let mut session = proven();
    act(&mut session, Act::ToApproval);
    session
}

pub fn approved() -> Session {
    let mut session = approve();
    act(&mut session, Act::Waive(Waived::Step(id("tell")), "ana phones them".into()));
    let effects = session.handle(Event::Person(Act::Approve));
    assert_eq!(effects.len(), 1, "{:?}", session.notice);
    let fingerprint = fingerprint(&session);
    let evidence = PlanEvidence {
        dry_run: Some(dry_run()),
        ..session.review.as_ref().unwrap().recorded.clone()
    };
    let waivers = vec![crate::evidence::Waiver {
        what: Waived::Step(id("tell")),
        reason: "ana phones them".into(),
        by: "ops".into(),
        at: session.now,
    }];
    let approval = Approval {
        id: id("approval-1"),
        fingerprint,
        evidence: evidence.digest(),
        by: "ops".into(),
        os_user: "ops".into(),
        at: session.now,
        expires: at("2026-02-01T10:00:00Z"),
        waivers,
    };
    tell(&mut session, News::Approved { fingerprint, result: Ok(approval.clone()) });
    tell(&mut session, News::Recalled { fingerprint, evidence, approvals: vec![approval] });
    session
}

pub fn before_run() -> Session {
    let mut session = approved();
    act(&mut session, Act::ToRun);
    session
}

fn record(seq: u64, step: Option<&str>, event: &Told) -> Record {
    let (name, detail) = event.stored();
    Record {
        seq,
        at: format!("2026-01-31T10:05:{seq:02}Z"),
        run: Some(id("run-7")),
        step: step.map(id),
        name,
        detail,
        hash: Digest::ZERO,
    }
}

fn process() -> Process {
    Process { pid: 4711, start_time: 1, boot: "b".into() }
}

fn started(part: Part) -> Told {
    Told::StepStarted { part, attempt: 1, process: process(), files: "1".into() }
}

fn succeeded() -> Told {
    Told::StepFinished(StepEnd {
        attempt: 1,
        outcome: StepOutcome::Succeeded,
        exit_code: Some(0),
        signal: None,
        duration_ms: 1_240,
        files: None,
        left_running: vec![],
        why: None,
    })
}

fn journal(session: &mut Session, records: Vec<Record>) {
    tell(session, News::Journal { run: id("run-7"), records });
}

/// The run waits for the person to tell the users.
pub fn asking() -> Session {
    let mut session = before_run();
    act(&mut session, Act::TypeTarget("office".into()));
    session.handle(Event::Person(Act::Start));
    tell(&mut session, News::RunStarted(Ok(id("run-7"))));
    let text = "Tell the users of the share".into();
    journal(
        &mut session,
        vec![
            record(
                1,
                None,
                &Told::TargetConfirmed {
                    target: "office".into(),
                    by: "ops".into(),
                    os_user: "ops".into(),
                },
            ),
            record(
                2,
                None,
                &Told::RunStarted { process: process(), hostname: "files1".into(), resumed: false },
            ),
            record(3, Some("tell"), &Told::Question { question: Question::Act, text }),
        ],
    );
    session
}

pub fn running() -> Session {
    let mut session = asking();
    journal(
        &mut session,
        vec![
            record(4, Some("tell"), &succeeded()),
            record(5, Some("clear"), &started(Part::Run)),
            record(6, Some("clear"), &succeeded()),
            record(7, Some("set-aside"), &started(Part::Run)),
            record(8, Some("set-aside"), &succeeded()),
            record(9, Some("extract"), &started(Part::Run)),
        ],
    );
    let text = "office/\noffice/invoices/\noffice/\u{1b}[2Jpayroll.csv\n".into();
    tell(&mut session, News::Output { run: id("run-7"), step: id("extract"), text });
    session.handle(Event::Tick(at("2026-01-31T10:07:30Z")));
    session
}

pub fn over() -> Session {
    let mut session = running();
    let finished = Told::RunFinished { state: RunState::Succeeded, code: 0, why: None };
    journal(
        &mut session,
        vec![record(10, Some("extract"), &succeeded()), record(11, None, &finished)],
    );
    tell(&mut session, News::RunState { run: id("run-7"), alive: false });
    session
}

pub fn report() -> Session {
    let mut session = over();
    act(&mut session, Act::ToReport);
    let text = "# Restore office from the tar archive nightly\n\n**succeeded**. Run run-7 by ops.\n\n## Promised and measured\n\nRTO 2h, run took 12 s.\n".into();
    tell(&mut session, News::Report { run: id("run-7"), text });
    session
}
