//! The scenarios and injections of the program, part of the binary.

use include_dir::{Dir, include_dir};

static SCENARIOS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/scenarios");
static INJECTIONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/injections");

/// The texts of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// The name of its directory.
    pub name: String,
    /// What is expected.
    pub expect: String,
    /// What there is.
    pub inventory: String,
    /// What happened.
    pub incident: String,
}

/// Returns the scenarios of the program, sorted by name.
pub fn embedded_scenarios() -> Vec<Texts> {
    let mut texts: Vec<Texts> = SCENARIOS.dirs().filter_map(scenario).collect();
    texts.sort_by(|a, b| a.name.cmp(&b.name));
    texts
}

fn scenario(directory: &Dir<'_>) -> Option<Texts> {
    let text = |name: &str| {
        let file = directory.get_file(directory.path().join(name))?;
        Some(file.contents_utf8()?.to_owned())
    };
    Some(Texts {
        name: directory.path().file_name()?.to_str()?.to_owned(),
        expect: text("expect.yaml")?,
        inventory: text("inventory.yaml")?,
        incident: text("incident.yaml")?,
    })
}

/// Returns the injections of the program as file name and text, sorted by name.
pub fn embedded_injections() -> Vec<(String, String)> {
    let text = |file: &include_dir::File<'_>| {
        let name = file.path().file_name()?.to_str()?.to_owned();
        Some((name, file.contents_utf8()?.to_owned()))
    };
    let mut texts: Vec<(String, String)> = INJECTIONS.files().filter_map(text).collect();
    texts.sort();
    texts
}
