//! Unit files of the sandbox's tree: which units there are, whether they start at boot, and the links that say so.
#![allow(clippy::disallowed_methods)]

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::book::State;

/// Where systemd looks for unit files, first match first (systemd.unit(5)).
pub(super) const PLACES: &[&str] = &[
    "/etc/systemd/system",
    "/run/systemd/system",
    "/run/systemd/transient",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];
const KINDS: &[&str] = &[
    ".service",
    ".socket",
    ".target",
    ".timer",
    ".mount",
    ".automount",
    ".path",
    ".slice",
    ".scope",
    ".swap",
    ".device",
];

/// What calls made of a unit, beyond what the tree says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unit {
    /// `active`, `inactive`; unset: as on a machine in order.
    pub(super) active: Option<String>,
    /// Where the tree could not be written: `enabled`, `disabled`, `masked`.
    pub(super) enabled: Option<String>,
}

/// By full name.
pub(super) type Units = BTreeMap<String, Unit>;

/// A unit as the tree has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// Its file.
    File(String),
    /// Generated from a script of System V at this path.
    Script(String),
    /// A link to `/dev/null` at this path.
    Masked(String),
    /// A unit that needs no file: a device, a slice, a mount.
    Implied,
    /// The tree cannot tell: it is another machine's, or one without systemd.
    Unknown,
    /// There is none.
    Missing,
}

/// Returns the name with its kind: `cron` is `cron.service`.
pub(super) fn full_name(unit: &str) -> String {
    let known = KINDS.iter().any(|kind| unit.ends_with(kind));
    match unit.strip_prefix('/') {
        Some(path) if unit.starts_with("/dev/") => format!("{}.device", path.replace('/', "-")),
        Some(path) => format!("{}.mount", path.replace('/', "-")),
        None if known => unit.to_owned(),
        None => format!("{unit}.service"),
    }
}

/// `postgresql@15-main.service` comes from `postgresql@.service`.
fn template(unit: &str) -> Option<String> {
    let (name, rest) = unit.split_once('@')?;
    let (instance, kind) = rest.rsplit_once('.')?;
    (!instance.is_empty()).then(|| format!("{name}@.{kind}"))
}

/// Tells whether the tree has systemd at all and is the tree of the machine that is meant.
pub(super) fn can_tell(state: &State) -> bool {
    !state.elsewhere && PLACES[4..].iter().any(|place| state.path(place).is_dir())
}

/// Looks a unit up in the tree below `root` (`/` or the value of `--root`).
pub(super) fn find(state: &State, root: &str, unit: &str) -> Found {
    if !can_tell(state) {
        return Found::Unknown;
    }
    let names = [Some(unit.to_owned()), template(unit)];
    for name in names.iter().flatten() {
        for place in PLACES {
            let path = format!("{root}{place}/{name}");
            match std::fs::read_link(state.path(&path)) {
                Ok(target) if target.as_os_str() == "/dev/null" => return Found::Masked(path),
                Ok(_) => return Found::File(path),
                Err(_) if state.exists(&path) => return Found::File(path),
                Err(_) => {}
            }
        }
    }
    let script = unit.strip_suffix(".service").map(|name| format!("{root}/etc/init.d/{name}"));
    if let Some(script) = script.filter(|script| state.exists(script)) {
        return Found::Script(script);
    }
    let implied = [".device", ".slice", ".scope", ".mount", ".swap", ".automount"];
    if implied.iter().any(|kind| unit.ends_with(kind)) { Found::Implied } else { Found::Missing }
}

/// Returns the names of all unit files in the tree, without templates.
pub(super) fn all(state: &State) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for place in PLACES {
        for entry in
            std::fs::read_dir(state.path(place)).into_iter().flatten().flatten().take(5_000)
        {
            let name = entry.file_name().to_string_lossy().into_owned();
            if KINDS.iter().any(|kind| name.ends_with(kind)) {
                names.insert(name);
            }
        }
    }
    for entry in std::fs::read_dir(state.path("/etc/init.d")).into_iter().flatten().flatten() {
        let name = format!("{}.service", entry.file_name().to_string_lossy());
        if !name.starts_with("README") {
            names.insert(name);
        }
    }
    names
}

/// Returns the values of a key in a unit file: every line of it, in every section.
pub(super) fn values(state: &State, file: &str, key: &str) -> Vec<String> {
    let text = state.read(file);
    let of = |line: &str| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == key).then(|| value.trim().to_owned())
    };
    text.lines().filter_map(of).collect()
}

/// The links that `enable` makes: each path with its target (`[Install]` of systemd.unit(5)).
fn links(state: &State, root: &str, unit: &str, file: &str) -> Vec<(String, String)> {
    let target = file.strip_prefix(root).unwrap_or(file);
    let mut found = Vec::new();
    for (key, directory) in [("WantedBy", "wants"), ("RequiredBy", "requires")] {
        for wanted in values(state, file, key).iter().flat_map(|line| line.split_whitespace()) {
            let path = format!("{root}/etc/systemd/system/{wanted}.{directory}/{unit}");
            found.push((path, target.to_owned()));
        }
    }
    for alias in values(state, file, "Alias").iter().flat_map(|line| line.split_whitespace()) {
        found.push((format!("{root}/etc/systemd/system/{alias}"), target.to_owned()));
    }
    found
}

/// Makes the links that `enable` makes. Returns what was made (path and target), `None` where the tree could not be written.
pub(super) fn enable(
    state: &State,
    root: &str,
    unit: &str,
    file: &str,
) -> Option<Vec<(String, String)>> {
    let mut made = Vec::new();
    for (path, target) in links(state, root, unit, file) {
        let place = state.path(&path);
        if std::fs::read_link(&place).is_ok() {
            continue;
        }
        std::fs::create_dir_all(place.parent()?).ok()?;
        std::os::unix::fs::symlink(&target, place).ok()?;
        made.push((path, target));
    }
    Some(made)
}

/// Removes every link in `/etc/systemd/system` that starts the unit. Returns them, `None` where one could not be removed.
pub(super) fn disable(state: &State, root: &str, unit: &str) -> Option<Vec<String>> {
    let mut removed = Vec::new();
    for path in starting(state, &format!("{root}/etc/systemd/system"), unit) {
        std::fs::remove_file(state.path(&path)).ok()?;
        removed.push(path);
    }
    Some(removed)
}

/// The links below `place` that start a unit.
fn starting(state: &State, place: &str, unit: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(state.path(place)).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".wants") || name.ends_with(".requires") {
            let path = format!("{place}/{name}/{unit}");
            if std::fs::read_link(state.path(&path)).is_ok() {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Returns the word of `is-enabled`, and its exit code.
pub(super) fn enabled(state: &State, root: &str, unit: &str, known: &Unit) -> (String, u8) {
    if let Some(word) = &known.enabled {
        return (word.clone(), u8::from(word != "enabled"));
    }
    let word = match find(state, root, unit) {
        Found::Masked(path) if path.contains("/run/") => "masked-runtime",
        Found::Masked(_) => "masked",
        Found::Unknown => "enabled",
        Found::Script(_) | Found::Implied => "generated",
        Found::Missing => "not-found",
        Found::File(file) => {
            if !starting(state, &format!("{root}/etc/systemd/system"), unit).is_empty() {
                "enabled"
            } else if !starting(state, &format!("{root}/run/systemd/system"), unit).is_empty() {
                "enabled-runtime"
            } else if std::fs::read_link(state.path(&file))
                .is_ok_and(|target| !target.to_string_lossy().ends_with(unit))
                && file.starts_with("/etc/")
            {
                "alias"
            } else if links(state, root, unit, &file).is_empty() {
                match values(state, &file, "Also").is_empty() {
                    true => "static",
                    false => "indirect",
                }
            } else {
                "disabled"
            }
        }
    };
    let code = u8::from(matches!(word, "masked" | "masked-runtime" | "disabled" | "not-found"));
    (word.to_owned(), code)
}

/// Tells whether a unit runs, as far as calls and the tree say: what nothing stopped runs, as on a machine in order.
pub(super) fn active(state: &State, unit: &str, known: &Unit) -> String {
    if let Some(word) = &known.active {
        return word.clone();
    }
    match find(state, "", unit) {
        Found::Masked(_) | Found::Missing => "inactive".to_owned(),
        Found::File(_) | Found::Script(_) | Found::Implied | Found::Unknown => "active".to_owned(),
    }
}

/// Tells whether a pattern of the shell's kind (`*`, `?`) fits a whole name.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    fn from(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern.split_first(), name.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) => {
                from(rest, name) || !name.is_empty() && from(pattern, &name[1..])
            }
            (Some((b'?', rest)), Some((_, name))) => from(rest, name),
            (Some((one, rest)), Some((other, name))) => one == other && from(rest, name),
            (None | Some(_), _) => false,
        }
    }
    pattern.len() <= 200
        && pattern.matches('*').count() <= 8
        && from(pattern.as_bytes(), name.as_bytes())
}
