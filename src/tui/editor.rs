//! A text in the person's own editor.

use std::io::{self, Write};
use std::process::Command;

/// Returns the command of the editor: `VISUAL`, `EDITOR`, else `vi`.
fn editor() -> String {
    let set = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".into())
}

/// Opens a text in the editor and returns what was saved, or nothing where it is the same.
pub fn edit(text: &str) -> Result<Option<String>, String> {
    let command = editor();
    let failed = |error: io::Error| format!("{command}: {error}");
    let mut file = tempfile::Builder::new()
        .prefix("blackstart-step-")
        .suffix(".yaml")
        .tempfile()
        .map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    // Editors are given with arguments (`code --wait`), so a shell splits the words; the path is one of its own.
    let status = Command::new("sh")
        .args(["-c", &format!("{command} \"$1\""), "editor"])
        .arg(file.path())
        .status()
        .map_err(failed)?;
    if !status.success() {
        return Err(format!("{command} ended with {status}"));
    }
    let saved = crate::runtime::files::read_text(file.path()).map_err(|error| error.to_string())?;
    Ok((saved != text).then_some(saved))
}
