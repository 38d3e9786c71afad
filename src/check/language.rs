//! Which language a file is in.

/// The language of a file, or of a text in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// bash, and what bash reads.
    Bash,
    /// POSIX sh: no `pipefail` in older shells.
    Sh,
    /// Python.
    Python,
    /// SQL of any dialect, with the commands of its client.
    Sql,
    /// Markdown: its fenced blocks are read.
    Markdown,
    /// A crontab, of a user or of the system, or an anacrontab.
    Crontab,
    /// A unit of systemd.
    Systemd,
    /// Manifests of Kubernetes.
    Kubernetes,
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
            Self::Sql => "sql",
            Self::Markdown => "markdown",
            Self::Crontab => "crontab",
            Self::Systemd => "systemd",
            Self::Kubernetes => "kubernetes",
            Self::Other => "other",
        }
    }

    /// Tells whether a text in it is a shell script as a whole.
    pub fn is_shell(self) -> bool {
        match self {
            Self::Bash | Self::Sh => true,
            Self::Python
            | Self::Sql
            | Self::Markdown
            | Self::Crontab
            | Self::Systemd
            | Self::Kubernetes
            | Self::Other => false,
        }
    }

    /// Returns the language a text is in, by its first line, then by the name of its file, then by what only a
    /// crontab, a unit of systemd or a manifest says. Without any of it it is bash, which is what runs it.
    pub fn of(text: &str, file_name: &str) -> Self {
        if let Some(line) = text.strip_prefix("#!") {
            return of_first_line(line.lines().next().unwrap_or_default());
        }
        let name = file_name.rsplit('/').next().unwrap_or_default();
        if of_cron(file_name, name) {
            return Self::Crontab;
        }
        let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
        match extension.as_deref() {
            Some("py") => Self::Python,
            Some("sh" | "bash") => Self::Bash,
            Some("md" | "markdown" | "mdx" | "mkd") => Self::Markdown,
            Some("sql" | "psql" | "ddl") => Self::Sql,
            Some("service" | "timer" | "socket" | "mount" | "path" | "slice" | "target")
                if looks_systemd(text) =>
            {
                Self::Systemd
            }
            Some("pl" | "rb" | "js" | "go" | "ps1" | "lua" | "php") => Self::Other,
            Some(_) | None if looks_systemd(text) => Self::Systemd,
            Some(_) | None if looks_kubernetes(text) => Self::Kubernetes,
            Some(_) | None if looks_crontab(text) => Self::Crontab,
            Some(_) | None => Self::Bash,
        }
    }
}

fn of_first_line(line: &str) -> Language {
    let mut words = line.split_whitespace().filter(|w| !w.starts_with('-') && !w.contains('='));
    let first = words.next().unwrap_or_default();
    let program = first.rsplit('/').next().unwrap_or_default();
    let program = if program == "env" { words.next().unwrap_or_default() } else { program };
    match program {
        "bash" => Language::Bash,
        "sh" | "dash" | "ash" | "ksh" => Language::Sh,
        p if p.starts_with("python") => Language::Python,
        "psql" | "mysql" | "mariadb" | "sqlite3" => Language::Sql,
        _ => Language::Other,
    }
}

fn of_cron(path: &str, name: &str) -> bool {
    matches!(path.rsplit('/').nth(1), Some("cron.d" | "crontabs"))
        || matches!(name, "crontab" | "anacrontab") && !path.ends_with("bin/crontab")
        || name.ends_with(".crontab")
        || name.ends_with(".cron")
}

/// Tells whether the first line that says something is the head of a unit's section.
fn looks_systemd(text: &str) -> bool {
    let says = |line: &&str| !line.is_empty() && !line.starts_with(['#', ';']);
    let first = text.lines().map(str::trim).find(says).unwrap_or_default();
    matches!(first, "[Unit]" | "[Service]" | "[Timer]" | "[Install]" | "[Socket]" | "[Mount]")
}

/// Tells whether `apiVersion:` and `kind:` stand at the left edge of the first document that has either.
fn looks_kubernetes(text: &str) -> bool {
    let mut version = false;
    let mut kind = false;
    for line in text.lines().take(200) {
        version |= line.starts_with("apiVersion:");
        kind |= line.starts_with("kind:");
        // What is neither YAML nor a comment ends the look at once in a script.
        let yaml = line.starts_with([' ', '#', '-', '{', '}', '"']) || line.contains(':');
        if version && kind || !(yaml || line.is_empty()) {
            break;
        }
    }
    version && kind
}

/// Tells whether every line is an entry, a variable or a comment of a crontab, and at least one an entry.
fn looks_crontab(text: &str) -> bool {
    let mut entries = false;
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if is_entry(line) {
            entries = true;
        } else if !is_variable(line) {
            return false;
        }
    }
    entries
}

fn is_variable(line: &str) -> bool {
    line.split_once('=').is_some_and(|(name, _)| {
        let name = name.trim_end();
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

fn is_entry(line: &str) -> bool {
    if let Some(word) = line.strip_prefix('@') {
        let mut words = word.split_whitespace();
        return words.next().is_some_and(is_nickname) && words.next().is_some();
    }
    let mut words = line.split_whitespace();
    let fields = words.by_ref().take(5).filter(|word| is_field(word)).count();
    fields == 5 && words.next().is_some()
}

/// Tells whether `@word` is a time in a crontab.
pub(super) fn is_nickname(word: &str) -> bool {
    matches!(
        word,
        "reboot" | "yearly" | "annually" | "monthly" | "weekly" | "daily" | "midnight" | "hourly"
    )
}

/// Tells whether a word is one of the five times of a crontab entry: `*/15`, `1-5`, `mon`, `2,14`.
pub(super) fn is_field(word: &str) -> bool {
    !word.is_empty()
        && word.split([',', '-', '/', '~']).all(|part| {
            let name = part.len() == 3 && part.chars().all(|c| c.is_ascii_alphabetic());
            part == "*" || name || (1..=2).contains(&part.len()) && is_number(part)
        })
}

fn is_number(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_its_language_by_its_first_line_its_name_or_what_is_in_it() {
        let check = |name: &str, text: &str, expected: Language| {
            assert_eq!(Language::of(text, name), expected, "{name}: {text}");
        };
        check("x.md", "#!/usr/bin/env -S bash -eu\n", Language::Bash);
        check("x", "#!/usr/bin/python3 -I\n", Language::Python);
        check("x", "#!/usr/bin/perl\n", Language::Other);
        check("", "ls\n", Language::Bash);
        check("docs/restore.md", "# ls\n", Language::Markdown);
        check("dump.SQL", "select 1;\n", Language::Sql);
        check("/etc/cron.d/backup", "x\n", Language::Crontab);
        check("etc/cron.d/backup", "x\n", Language::Crontab);
        check("cron.d/backup", "x\n", Language::Crontab);
        check("anacron.d/backup", "ls\n", Language::Bash);
        check("crontab", "", Language::Crontab);
        check("", "MAILTO=x\n# every night\n30 2 * * * backup\n", Language::Crontab);
        check("", "@daily backup\n", Language::Crontab);
        check("", "A=1\nls\n", Language::Bash);
        check("", "A=1\n", Language::Bash);
        check("", "1 2 3 4 5\n", Language::Bash);
        check("", "*/5 0-6 1,15 jan-dec mon x\n", Language::Crontab);
        check("b.service", "# x\n[Unit]\nDescription=x\n", Language::Systemd);
        check("", "[Service]\nExecStart=/bin/x\n", Language::Systemd);
        check("x.yaml", "# x\n---\napiVersion: v1\nkind: Pod\n", Language::Kubernetes);
        check("x.yaml", "kind: Pod\nitems: []\n", Language::Bash);
        check("", "cat <<E\napiVersion: v1\nkind: Pod\nE\n", Language::Bash);
    }
}
