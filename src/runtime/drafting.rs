//! Drafting: the library of runbooks, the program's own and the user's.

use std::path::{Path, PathBuf};

use super::{Runtime, place};
use crate::draft::Library;

impl Runtime {
    /// Returns the runbooks of the program, overridden and joined by those of the user's runbook directory.
    pub fn library(&self) -> Library {
        Library::new(texts(place::runbook_directory()))
    }
}

/// Returns the texts below a directory with their relative paths, sorted; none where there is no directory.
pub(super) fn texts(root: Option<PathBuf>) -> Vec<(String, String)> {
    let mut texts = vec![];
    if let Some(root) = root {
        collect(&root, &root, 0, &mut texts);
    }
    texts.sort();
    texts
}

/// Collects the texts below a directory with their paths relative to its root; what cannot be read is left out.
fn collect(root: &Path, directory: &Path, depth: usize, texts: &mut Vec<(String, String)>) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() && depth < 4 {
            collect(root, &path, depth + 1, texts);
        } else if let (Ok(text), Ok(relative)) =
            (super::files::read_text(&path), path.strip_prefix(root))
        {
            texts.push((relative.to_string_lossy().into_owned(), text));
        }
    }
}
