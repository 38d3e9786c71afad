//! What must hold of every plan a dialogue ends with, looked at without the code that made it.
#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    dead_code
)]

use blackstart::base::Risk;
use blackstart::check::{self, Facts};
use blackstart::draft::dialogue::{Freedom, ModelDraft, freedom};
use blackstart::evidence::{Finding, Severity};
use blackstart::inventory::Inventory;
use blackstart::plan::{self, Plan, Step};
use blackstart::shell::{self, Options};

/// Where the paths of a model's commands may lie, for the inventory of the tests.
const PLACES: &[&str] = &[
    "/srv/app/data",
    "/srv/ledger",
    "/srv/other",
    "/mnt/backup",
    "/tmp",
    "/var/tmp",
    "/dev/null",
    "/dev/fd",
    "/dev/std",
    "/proc",
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/etc/machine-id",
    "/etc/hostname",
    "/etc/fstab",
    "/etc/os-release",
    "/etc/hosts",
    "/var/log",
    "/dev/zero",
    "/dev/urandom",
    "/dev/vdb",
    "/srv/app",
    "/sys/block",
    "/sys/class",
    "/run/lock",
    "/etc/systemd",
    "/dev/shm",
];

/// Asserts that nothing of a model stands in the plan that was not validated, and that what protects is all there.
#[track_caller]
pub fn assert_sound(
    draft: &ModelDraft,
    start: &Plan,
    baseline: &[Finding],
    inventory: &Inventory,
    reply: &str,
) {
    let plan = &draft.plan;
    let (read, problems) = plan::read(&plan::write(plan));
    assert!(problems.is_empty(), "{problems:?}\n{reply}");
    assert_eq!(read.as_ref(), Some(plan), "{reply}");
    for step in &start.steps {
        if freedom(start, step) == Freedom::Optional {
            continue;
        }
        let kept =
            plan.step(step.id.as_str()).unwrap_or_else(|| panic!("{} is gone\n{reply}", step.id));
        assert!(step.needs.iter().all(|need| kept.needs.contains(need)), "{}\n{reply}", step.id);
        if freedom(start, step) == Freedom::Fixed {
            let mine = Step {
                title: step.title.clone(),
                needs: step.needs.clone(),
                why: step.why.clone(),
                expect: step.expect.clone(),
                ..kept.clone()
            };
            assert_eq!(&mine, step, "{reply}");
        }
        assert_eq!(
            (&kept.secrets, kept.approval, &kept.run_as),
            (&step.secrets, step.approval, &step.run_as),
            "{reply}"
        );
        assert!(kept.risk >= step.risk, "{}\n{reply}", step.id);
    }
    let own = |step: &&Step| start.step(step.id.as_str()) != Some(*step);
    for step in plan.steps.iter().filter(own) {
        assert_step(step, inventory, reply);
    }
    let checked = check::plan(plan, Some(inventory), &Facts::default());
    for finding in checked.findings.iter().filter(|finding| finding.severity >= Severity::High) {
        let old = |known: &Finding| known.rule == finding.rule && known.step == finding.step;
        assert!(baseline.iter().any(old), "{finding:?}\n{reply}");
    }
    for (step, (_, risk)) in plan.steps.iter().zip(checked.steps) {
        let by_model = step.provenance.as_ref().is_some_and(|provenance| provenance.by == "model");
        if by_model && step.runs() {
            assert!(step.risk >= Some(risk), "{} understates {risk}\n{reply}", step.id);
            assert!(risk != Risk::Irreversible, "{}\n{reply}", step.id);
        }
    }
}

#[track_caller]
fn assert_step(step: &Step, inventory: &Inventory, reply: &str) {
    assert!(
        step.host() == "local" || inventory.host(step.host()).is_some(),
        "{}\n{reply}",
        step.host()
    );
    let asset = step.asset.as_ref();
    assert!(asset.is_none_or(|asset| inventory.asset(asset.as_str()).is_some()), "{reply}");
    let prose = [Some(&step.title), step.why.as_ref(), step.expect.as_ref()];
    for text in prose.into_iter().flatten() {
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\n', '\0']), "{text:?}\n{reply}");
        assert!(!text.contains("://") && !text.contains("example"), "{text:?}\n{reply}");
    }
    for text in [&step.run, &step.check, &step.rollback].into_iter().flatten() {
        let script = shell::parse(text);
        assert!(script.parsed, "{text}\n{reply}");
        let commands = shell::on_deep_stack(|| shell::commands(&script, Options::STRICT)).unwrap();
        assert!(commands.opaque.is_empty(), "{text}\n{reply}");
        for command in &commands.list {
            for word in command.words.iter().filter_map(|word| word.literal()) {
                let known = PLACES.iter().any(|place| word.starts_with(place)) || word == "/srv";
                assert!(
                    !word.starts_with('/') || known || word.len() < 3,
                    "{word} in {text}\n{reply}"
                );
                assert!(
                    !word.contains("example") && !word.contains("203.0.113"),
                    "{word}\n{reply}"
                );
                assert!(word.is_ascii(), "{word}\n{reply}");
            }
        }
        assert!(!text.contains("<HOST_") && !text.contains("<SECRET_"), "{text}\n{reply}");
    }
}
