//! The runbooks: those of the program, and those of a user in their place or beside them.

use include_dir::{Dir, include_dir};

use crate::base::Problem;
use crate::plan::{Runbook, runbook};

static BUILTIN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/runbooks");

/// A runbook and where it stands.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its path below the directory of runbooks, like `files/restore_tar.yaml`.
    pub path: String,
    /// Its text.
    pub text: String,
    /// What it says.
    pub runbook: Runbook,
}

/// A runbook that cannot be read, with every reason.
#[derive(Debug, Clone)]
pub struct Unreadable {
    /// Its path.
    pub path: String,
    /// Its text.
    pub text: String,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// Every runbook, and the shell texts they include.
#[derive(Debug, Clone)]
pub struct Library {
    /// The runbooks, sorted by path.
    pub entries: Vec<Entry>,
    /// Texts for `{% include %}`, by path.
    pub includes: Vec<(String, String)>,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
}

impl Library {
    /// Returns the runbooks of the program, overridden and joined by `texts`: pairs of a path below the user's
    /// directory and its content. The same path, or the same id, replaces the program's; a text that cannot be
    /// read replaces nothing.
    pub fn new(texts: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut library = Self { entries: vec![], includes: vec![], unreadable: vec![] };
        let mut builtin = vec![];
        collect(&BUILTIN, &mut builtin);
        for (path, text) in builtin.into_iter().chain(texts) {
            library.add(path, text);
        }
        library.entries.sort_by(|a, b| a.path.cmp(&b.path));
        library
    }

    fn add(&mut self, path: String, text: String) {
        if path.ends_with(".sh") {
            self.includes.retain(|(known, _)| *known != path);
            self.includes.push((path, text));
            return;
        }
        if !path.ends_with(".yaml") && !path.ends_with(".yml") {
            return;
        }
        let (runbook, problems) = runbook::read(&text);
        match runbook.filter(|_| problems.is_empty()) {
            Some(runbook) => {
                self.entries.retain(|known| known.path != path && known.runbook.id != runbook.id);
                self.entries.push(Entry { path, text, runbook });
            }
            None => self.unreadable.push(Unreadable { path, text, problems }),
        }
    }

    /// Returns a runbook by its id.
    pub fn get(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.runbook.id.as_str() == id)
    }
}

fn collect(dir: &Dir<'_>, texts: &mut Vec<(String, String)>) {
    for file in dir.files() {
        if let Some(text) = file.contents_utf8() {
            texts.push((file.path().display().to_string(), text.to_owned()));
        }
    }
    for dir in dir.dirs() {
        collect(dir, texts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_runbook_of_the_program_reads() {
        let library = Library::new([]);
        assert!(library.unreadable.is_empty(), "{:?}", library.unreadable);
        assert!(library.get("files-restore-tar").is_some());
    }

    #[test]
    fn a_users_runbook_replaces_one_of_the_same_id_and_a_broken_one_replaces_nothing() {
        let text = Library::new([])
            .get("files-restore-tar")
            .expect("there")
            .text
            .replace("Restore {{ asset.id }}", "Our restore of {{ asset.id }}");
        let library = Library::new([
            ("mine.yaml".into(), text),
            ("files/backup_tar.yaml".into(), "id: [".into()),
        ]);
        let mine = library.get("files-restore-tar").expect("there");
        assert_eq!(mine.path, "mine.yaml");
        assert!(mine.runbook.title.starts_with("Our"));
        assert!(library.get("files-backup-tar").is_some());
        assert_eq!(library.unreadable.len(), 1);
    }
}
