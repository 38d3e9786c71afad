//! A dialogue with a model from its prompt to its plan, with the real checker, and models that err, lie and obey others.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod dialogue_support;

use blackstart::draft::dialogue::{Drafter, Ground, Instead};
use blackstart::runtime::{Drafting, ModelDrafted, Runtime, Settings};
use dialogue_support::{Case, INCIDENT, INVENTORY, Scripted, keep, reply, step};
use serde_json::{Value as Json, json};

/// The steps of the skeleton for the incident of the tests, in order.
const SKELETON: &[&str] = &[
    "confirm-host",
    "preflight",
    "stop-shop.service-web1",
    "stop-site.service-web1",
    "restore",
    "verify",
    "set-aside",
    "put-in-place",
    "start-site.service-web1",
    "start-shop.service-web1",
    "accept",
    "new-backup",
    "release-kept-data",
];

fn kept() -> Vec<Json> {
    SKELETON.iter().map(|id| keep(id)).collect()
}

fn drafted(case: &Case, model: &Scripted) -> (ModelDrafted, Vec<Drafting>) {
    let directory = tempfile::tempdir().unwrap();
    let runtime = Runtime::open(Some(directory.path().to_owned())).unwrap();
    let mut seen = vec![];
    let made = runtime
        .draft_with(model, &case.request(), None, &Settings::default(), &mut |one| seen.push(one))
        .unwrap();
    (made, seen)
}

fn incident() -> Case {
    Case::new(INVENTORY, Some(INCIDENT))
}

#[test]
fn a_good_step_is_added_and_the_rest_stays_the_templates() {
    let mut steps = kept();
    let count = step(
        "count-files",
        json!({
            "phase": "validation", "kind": "check", "host": "<HOST_3>", "asset": "data", "needs": ["verify"],
            "title": "See that the pictures are there",
            "check": "[ \"$(find /srv/app/data.restoring-20261121T120000Z/tree -type f | wc -l)\" -gt 100 ]",
        }),
    );
    steps.insert(6, count);
    let model = Scripted::new([reply(steps)]);
    let (made, seen) = drafted(&incident(), &model);
    println!("{}", model.prompts.lock().unwrap()[0].messages[1].text.as_str());
    println!("{:#?} {:?} {:?}", made.draft.rejected, made.draft.notes, made.draft.why_template);
    println!("{:?}", seen.len());
    assert_eq!(made.draft.drafter, Drafter::Model);
}
