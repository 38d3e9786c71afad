//! Scenarios and injections, read from the program or from a directory.

use std::path::{Path, PathBuf};

use super::Loaded;
use crate::base::Position;
use crate::eval::{self, Injection, Texts};
use crate::runtime::RuntimeError;
use crate::runtime::files::{self, FileError};

/// Returns the scenarios of a directory, or those of the program.
pub fn scenarios(directory: Option<&Path>) -> Result<Vec<Loaded>, RuntimeError> {
    let texts = match directory {
        Some(directory) => texts_in(directory)?,
        None => eval::embedded_scenarios(),
    };
    texts.into_iter().map(load).collect()
}

fn load(texts: Texts) -> Result<Loaded, RuntimeError> {
    let case = eval::case(&texts.expect, &texts.inventory, &texts.incident);
    let text_of = |file: &str| match file {
        "inventory.yaml" => &texts.inventory,
        "incident.yaml" => &texts.incident,
        _ => &texts.expect,
    };
    let case = case.map_err(|problems| RuntimeError::Unreadable {
        what: format!("scenario {}", texts.name),
        why: problems.first().map_or_else(String::new, |(file, problem)| {
            format!(
                "{file}:{}: {}",
                Position::of(text_of(file), problem.span.start),
                problem.message
            )
        }),
    })?;
    Ok(Loaded { case, inventory: texts.inventory })
}

fn texts_in(directory: &Path) -> Result<Vec<Texts>, RuntimeError> {
    let mut texts = vec![];
    let io = |source| FileError::Io { action: "read", path: directory.to_owned(), source };
    let entries = std::fs::read_dir(directory).map_err(io)?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let read = |name: &str| files::read_text(&path.join(name));
        if path.join("expect.yaml").is_file() {
            texts.push(Texts {
                name: files::shown(&path),
                expect: read("expect.yaml")?,
                inventory: read("inventory.yaml")?,
                incident: read("incident.yaml")?,
            });
        }
    }
    Ok(texts)
}

/// Returns the injections of the program.
pub fn injections() -> Result<Vec<Injection>, RuntimeError> {
    let read = |(name, text): (String, String)| match Injection::read(&text) {
        (Some(injection), problems) if problems.is_empty() => Ok(injection),
        (_, problems) => {
            let why = problems.first().map(|problem| problem.message.clone()).unwrap_or_default();
            Err(RuntimeError::Unreadable { what: format!("injection {name}"), why })
        }
    };
    eval::embedded_injections().into_iter().map(read).collect()
}
