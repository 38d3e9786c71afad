//! Which language a script is in.

/// The language of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// bash, and what bash reads.
    Bash,
    /// POSIX sh: no `pipefail` in older shells.
    Sh,
    /// Python.
    Python,
    /// Anything else; it is not read.
    Other,
}

impl Language {
    /// Returns the word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Sh => "sh",
            Self::Python => "python",
            Self::Other => "other",
        }
    }

    /// Returns the language a text is in, by its first line, then by the name of its file.
    /// Without either it is bash, which is what runs it.
    pub fn of(text: &str, file_name: &str) -> Self {
        if let Some(line) = text.strip_prefix("#!") {
            let line = line.lines().next().unwrap_or_default();
            let mut words =
                line.split_whitespace().filter(|w| !w.starts_with('-') && !w.contains('='));
            let first = words.next().unwrap_or_default();
            let program = first.rsplit('/').next().unwrap_or_default();
            let program = if program == "env" { words.next().unwrap_or_default() } else { program };
            return match program {
                "bash" => Self::Bash,
                "sh" | "dash" | "ash" | "ksh" => Self::Sh,
                p if p.starts_with("python") => Self::Python,
                _ => Self::Other,
            };
        }
        match file_name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("py") => Self::Python,
            Some("pl" | "rb" | "js" | "go" | "ps1" | "sql" | "lua" | "php") => Self::Other,
            Some(_) | None => Self::Bash,
        }
    }
}
