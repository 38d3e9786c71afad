//! Markdown: the fenced blocks of a runbook, each in its language.

use super::console::{self, Tag};
use super::{Part, Reading, Unread, add};
use crate::base::{Excerpt, Excerpting, Span};
use crate::check::Language;
use crate::sql::Dialect;

/// A fence that stands open.
struct Fence {
    mark: char,
    length: usize,
    /// Columns the fence is indented by; as many are taken off its lines.
    indent: usize,
    /// How many `>` of block quotes stand before it.
    quotes: usize,
    info: String,
    start: usize,
}

/// Reads the fenced blocks of a document.
pub(super) fn read(document: &Part<'_>, depth: usize, reading: &mut Reading<'_>) {
    let text: &str = &document.text;
    let mut open: Option<(Fence, Excerpting)> = None;
    let mut comment = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        match &mut open {
            None => {
                if comment || line.trim_start().starts_with("<!--") {
                    comment = !line.contains("-->");
                    continue;
                }
                open = opening(line, start).map(|fence| (fence, Excerpting::default()));
            }
            Some((fence, block)) => match inside(fence, line) {
                Some(from) => {
                    // A reader sees and copies the lines without the carriage returns that end them.
                    let said = line.strip_suffix("\r\n").map_or(at, |said| start + said.len());
                    block.copy(text, Span::new((start + from).min(said), said));
                    if said < at {
                        block.copy(text, Span::new(at - 1, at));
                    }
                }
                None => {
                    let ends = closes(fence, line);
                    if let Some((fence, block)) = open.take() {
                        block_of(document, &fence, block, start, depth, reading);
                    }
                    if !ends {
                        open = opening(line, start).map(|fence| (fence, Excerpting::default()));
                    }
                }
            },
        }
    }
    if let Some((fence, block)) = open {
        block_of(document, &fence, block, text.len(), depth, reading);
    }
}

/// Returns the fence that a line opens: three or more backticks or tildes, in lists and block quotes too.
fn opening(line: &str, start: usize) -> Option<Fence> {
    let (quotes, from) = quoted(line, usize::MAX);
    let rest = &line[from..];
    let mut body = rest.trim_start_matches([' ', '\t']);
    // The first line of an item of a list may open a fence: "1. ```bash".
    if let Some(item) = item(body) {
        body = item;
    }
    let mark = body.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = body.chars().take_while(|c| *c == mark).count();
    let info = body[length..].trim();
    if length < 3 || mark == '`' && info.contains('`') {
        return None;
    }
    let indent = rest.len() - body.len();
    let start = start + from + indent;
    Some(Fence { mark, length, indent, quotes, info: info.to_owned(), start })
}

/// Returns what stands behind the mark of a list's item.
fn item(body: &str) -> Option<&str> {
    let digits = body.bytes().take_while(u8::is_ascii_digit).count();
    let rest = match digits {
        0 => body.strip_prefix(['-', '*', '+'])?,
        1..=9 => body[digits..].strip_prefix(['.', ')'])?,
        _ => return None,
    };
    let item = rest.trim_start_matches(' ');
    (item.len() < rest.len()).then_some(item)
}

/// Returns where a line's part of the block starts; nothing where the fence ends there.
fn inside(fence: &Fence, line: &str) -> Option<usize> {
    let (quotes, from) = quoted(line, fence.quotes);
    if quotes < fence.quotes || closes(fence, line) {
        return None;
    }
    let rest = &line[from..];
    let spaces = rest.bytes().take(fence.indent).take_while(|b| matches!(b, b' ' | b'\t')).count();
    Some(from + spaces)
}

fn closes(fence: &Fence, line: &str) -> bool {
    let (quotes, from) = quoted(line, fence.quotes);
    let rest = line[from..].trim();
    quotes == fence.quotes
        && rest.len() >= fence.length * fence.mark.len_utf8()
        && rest.chars().all(|c| c == fence.mark)
}

/// Returns how many `>` a line starts with, at most so many, and where what they quote starts.
fn quoted(line: &str, most: usize) -> (usize, usize) {
    let mut quotes = 0;
    let mut from = 0;
    while quotes < most {
        let rest = &line[from..];
        let body = rest.trim_start_matches(' ');
        if rest.len() - body.len() > 3 || !body.starts_with('>') {
            break;
        }
        from = line.len() - body.len() + 1;
        from += usize::from(line[from..].starts_with(' '));
        quotes += 1;
    }
    (quotes, from)
}

fn block_of(
    document: &Part<'_>,
    fence: &Fence,
    block: Excerpting,
    end: usize,
    depth: usize,
    reading: &mut Reading<'_>,
) {
    let (text, excerpt) = block.done();
    if text.trim().is_empty() {
        return;
    }
    let info = language_word(&fence.info);
    let here = |language| Part {
        dialect: Dialect::of_client(&info),
        ..document.inner(text.clone(), &excerpt, language)
    };
    let language = match info.as_str() {
        "python" | "py" | "python3" => match text.trim_start().starts_with(">>> ") {
            // A session of the interpreter shows what it answered.
            true => return unread(document, fence, end, "a session of Python", true, reading),
            false => Language::Python,
        },
        "sql" | "psql" | "postgres" | "postgresql" | "pgsql" | "plpgsql" | "mysql" | "mariadb"
        | "sqlite" | "sqlite3" => match console::is_session(&text) {
            true => return session(document, Tag::Console, &text, &excerpt, depth, reading),
            false => Language::Sql,
        },
        "md" | "markdown" => Language::Markdown,
        "cron" | "crontab" => Language::Crontab,
        "systemd" | "unit" | "service" => Language::Systemd,
        "yaml" | "yml" | "ini" | "conf" | "toml" | "config" | "k8s" | "kubernetes" => {
            match Language::of(&text, "") {
                found @ (Language::Kubernetes | Language::Systemd) => found,
                Language::Bash
                | Language::Sh
                | Language::Python
                | Language::Sql
                | Language::Markdown
                | Language::Crontab
                | Language::Other => return,
            }
        }
        "bash" | "sh" | "zsh" | "shell" | "ksh" | "dash" | "shellscript" | "bats" => {
            let tag = if info == "sh" { Tag::Sh } else { Tag::Bash };
            return session(document, tag, &text, &excerpt, depth, reading);
        }
        "console" | "terminal" | "shell-session" | "sh-session" | "bash-session" | "session"
        | "shellsession" | "term" | "cli" | "prompt" | "command" | "commands" | "cmdline" => {
            return session(document, Tag::Console, &text, &excerpt, depth, reading);
        }
        "" => match Language::of(&text, "") {
            Language::Bash | Language::Sh => {
                let tag = if text.starts_with("#!") { Tag::Bash } else { Tag::None };
                return session(document, tag, &text, &excerpt, depth, reading);
            }
            Language::Other => {
                return unread(document, fence, end, "a script for a program", false, reading);
            }
            found @ (Language::Python
            | Language::Crontab
            | Language::Systemd
            | Language::Kubernetes
            | Language::Sql
            | Language::Markdown) => found,
        },
        program if PROGRAMS.contains(&program) => {
            return unread(document, fence, end, program, true, reading);
        }
        _ => return,
    };
    add(here(language), depth + 1, reading);
}

/// Languages that would run and are not read. What describes, configures, asks or shows is none of them.
const PROGRAMS: &[&str] = &[
    "powershell",
    "ps1",
    "pwsh",
    "ps",
    "cmd",
    "bat",
    "batch",
    "dosbatch",
    "ruby",
    "rb",
    "perl",
    "pl",
    "javascript",
    "js",
    "typescript",
    "ts",
    "mongosh",
    "mongo",
    "go",
    "golang",
    "java",
    "groovy",
    "php",
    "lua",
    "fish",
    "csh",
    "tcsh",
    "r",
    "rust",
    "c",
    "cpp",
    "c++",
    "csharp",
    "cs",
    "kotlin",
    "scala",
    "cql",
    "redis",
    "rman",
    "plsql",
    "tsql",
    "sqlplus",
];

fn session(
    document: &Part<'_>,
    tag: Tag,
    text: &str,
    excerpt: &Excerpt,
    depth: usize,
    reading: &mut Reading<'_>,
) {
    for typed in console::read(text, tag) {
        let place = excerpt.inner(&typed.place);
        let part = document.inner(typed.text, &place, typed.language);
        add(Part { dialect: typed.dialect, ..part }, depth + 1, reading);
    }
}

fn unread(
    document: &Part<'_>,
    fence: &Fence,
    end: usize,
    what: &str,
    aside: bool,
    reading: &mut Reading<'_>,
) {
    let span = document.place(Span::new(fence.start, end));
    let why = format!("a block of {what} is not read");
    reading.unread.push(Unread { span, why, aside });
}

/// Returns the language a fence names: `{.bash .numberLines}`, `bash title="x"`, `sh{1,3}` say bash and sh.
fn language_word(info: &str) -> String {
    let word = info
        .trim_start_matches(['{', '.', ' '])
        .split(|c: char| c.is_whitespace() || matches!(c, '{' | '}' | ',' | ':'))
        .next();
    word.unwrap_or_default().trim_start_matches("language-").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::super::{Reading, read};
    use crate::base::{Position, Span};
    use crate::check::Language;

    /// Returns the parts, each as `language line:column text`.
    fn listed(text: &str) -> Vec<String> {
        fn list(reading: &Reading<'_>, file: &str, found: &mut Vec<String>) {
            for part in reading.parts.iter().chain(&reading.python) {
                let start = part.place(Span::new(0, 1)).start;
                let at = Position::of(file, start);
                found.push(format!("{} {at} {}", part.language.word(), part.text));
            }
            for unread in &reading.unread {
                let at = Position::of(file, unread.span.start);
                found.push(format!("? {at} {}", unread.why));
            }
            for apart in &reading.apart {
                list(apart, file, found);
            }
        }
        let mut found = Vec::new();
        list(&read(text, Language::Markdown), text, &mut found);
        found
    }

    #[test]
    fn each_fence_is_read_in_its_language() {
        let check = |text: &str, expected: &[&str]| assert_eq!(listed(text), expected, "{text}");
        check("# Restore\n\n```bash\nls /x\n```\n", &["bash 4:1 ls /x\n"]);
        check("~~~ sh\nls\n~~~\n```\nno\n", &["sh 2:1 ls\n"]);
        check("1. Stop it:\n   ```console\n   $ ls\n   out\n   ```\n", &["bash 3:6 ls\n"]);
        check("- ```sh\n  ls\n  ```\n", &["sh 2:3 ls\n"]);
        check("> ```sh\n> ls\n> ```\n", &["sh 2:3 ls\n"]);
        check("> ```sh\n> ls\n\n```sh\ndf\n```\n", &["sh 2:3 ls\n", "sh 5:1 df\n"]);
        check("````text\n```bash\nls\n```\n````\n", &[]);
        check("````md\n```bash\nls\n```\n````\n", &["bash 3:1 ls\n"]);
        check(
            "```{.bash .x}\nls\n```\n```bash title=\"x\"\ndf\n```\n",
            &["bash 2:1 ls\n", "bash 5:1 df\n"],
        );
        check("```sql\nselect 1;\n```\n", &["sql 2:1 select 1;\n"]);
        check("```python\nimport os\n```\n", &["python 2:1 import os\n"]);
        check("```json\n{}\n```\n```yaml\na: b\n```\n", &[]);
        check("```powershell\nx\n```\n", &["? 1:1 a block of powershell is not read"]);
        check("<!--\n```sh\nls\n```\n-->\n", &[]);
        check("```\nsystemctl stop x\n```\n", &["bash 2:1 systemctl stop x\n"]);
        check("```\nsome words\n```\n", &[]);
        check("```sh\nls\n", &["sh 2:1 ls\n"]);
        check("an `inline` ``` x\n```sh `\n", &[]);
        check("```sh\r\nls\r\n```\r\n", &["sh 2:1 ls\n"]);
    }
}
