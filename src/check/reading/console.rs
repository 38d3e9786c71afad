//! What somebody typed at a prompt: prompts taken off, the output between them left out.

use super::super::Language;
use std::collections::VecDeque;

use crate::base::{Excerpt, Excerpting, Span};
use crate::sql::Dialect;
use crate::tools;

/// What is known of a block before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// It says that it is bash, or another shell that bash mostly reads.
    Bash,
    /// It says that it is sh.
    Sh,
    /// It says that it shows a terminal.
    Console,
    /// It says nothing.
    None,
}

/// Who reads what stands behind a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    Shell,
    Sql(Dialect),
    Another,
}

/// What was typed for one reader.
#[derive(Debug)]
pub(super) struct Typed {
    /// What was typed, without prompts and output.
    pub text: String,
    /// Where it stands in the block.
    pub place: Excerpt,
    /// Its language: that of the shell, or SQL.
    pub language: Language,
    /// The dialect of SQL, by the prompt.
    pub dialect: Option<Dialect>,
}

/// Reads a block: the shell's lines as one text, those of a database's client as another. Nothing where nobody
/// says that it is for a shell and it does not look like it.
pub(super) fn read(text: &str, tag: Tag) -> Vec<Typed> {
    let language = if tag == Tag::Sh { Language::Sh } else { Language::Bash };
    let prompts = prompts_of(text, tag);
    if prompts == Prompts::None {
        let place = || Excerpt::of(Span::new(0, text.len()));
        let whole = || Typed { text: text.to_owned(), place: place(), language, dialect: None };
        return match tag {
            // What a terminal shows without a prompt may be output alone.
            Tag::None | Tag::Console if !looks_like_commands(text) => Vec::new(),
            Tag::Bash | Tag::Sh | Tag::Console | Tag::None => vec![whole()],
        };
    }
    let mut shell = Excerpting::default();
    let mut sql = Excerpting::default();
    let mut dialect = None;
    let mut typed: Option<Reader> = None;
    let mut open = Open::default();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let inside = typed == Some(Reader::Shell) && open.is_open();
        let found = prompt(line).or_else(|| {
            let bare = line.strip_prefix("# ")?;
            let typed = match prompts {
                Prompts::Root => true,
                // Root's prompt or a comment.
                Prompts::Sure => {
                    matches!(tag, Tag::Console | Tag::None) && !inside && is_command(bare)
                }
                Prompts::None => false,
            };
            typed.then_some((Reader::Shell, "# ".len()))
        });
        let (reader, from) = match (found, typed) {
            (Some((reader, from)), _) => {
                match reader {
                    Reader::Shell => open = Open::default(),
                    Reader::Sql(found) => dialect = dialect.or(Some(found)),
                    Reader::Another => {}
                }
                typed = Some(reader);
                (reader, from)
            }
            (None, Some(reader)) => match continued(reader, line, inside) {
                Some(from) => (reader, from),
                None => {
                    typed = None;
                    continue;
                }
            },
            (None, None) => continue,
        };
        match reader {
            Reader::Shell => {
                shell.copy(text, Span::new(start + from, at));
                open.line(text[start + from..at].trim_end_matches(['\n', '\r']));
            }
            Reader::Sql(_) => sql.copy(text, Span::new(start + from, at)),
            Reader::Another => {}
        }
    }
    let mut found = Vec::new();
    for (block, language, dialect) in [(shell, language, None), (sql, Language::Sql, dialect)] {
        let (text, place) = block.done();
        if !text.trim().is_empty() {
            found.push(Typed { text, place, language, dialect });
        }
    }
    found
}

/// Tells whether a block shows what was typed at a prompt.
pub(super) fn is_session(text: &str) -> bool {
    prompts_of(text, Tag::Console) != Prompts::None
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prompts {
    None,
    /// Prompts that are nothing else.
    Sure,
    /// `# ` alone, which would be a comment in a script.
    Root,
}

fn prompts_of(text: &str, tag: Tag) -> Prompts {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let sure = match tag {
        // In a script a here-document may hold a line that looks like a prompt.
        Tag::Bash | Tag::Sh => {
            lines.clone().find(|line| !line.starts_with('#')).is_some_and(|l| prompt(l).is_some())
        }
        Tag::Console | Tag::None => lines.clone().any(|line| prompt(line).is_some()),
    };
    let mut root = || {
        let first = lines.next().and_then(|line| line.strip_prefix("# "));
        matches!(tag, Tag::Console | Tag::None) && first.is_some_and(is_command)
    };
    match sure {
        true => Prompts::Sure,
        false if root() => Prompts::Root,
        false => Prompts::None,
    }
}

/// Tells whether what follows `# ` is a command rather than a sentence.
fn is_command(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let known = words.first().is_some_and(|word| tools::exists(word) || word.starts_with('/'));
    let of_sentences =
        ["the", "a", "an", "this", "that", "all", "and", "of", "is", "are", "it", "to"];
    known && !words.iter().any(|word| of_sentences.contains(word))
}

/// Returns who reads a line that starts with a prompt, and where what was typed starts.
fn prompt(line: &str) -> Option<(Reader, usize)> {
    let body = line.trim_start_matches([' ', '\t']);
    let lead = line.len() - body.len();
    let body = body.trim_end_matches(['\n', '\r']);
    let at = |reader, length: usize| Some((reader, lead + length));
    for sign in ["$ ", "$> "] {
        if body.starts_with(sign) {
            return at(Reader::Shell, sign.len());
        }
    }
    if body.starts_with(">>> ") || body.starts_with("PS ") && body.contains("> ") {
        return at(Reader::Another, body.len());
    }
    let clients = [
        ("mysql> ", Dialect::Mysql),
        ("mariadb> ", Dialect::Mysql),
        ("MariaDB [", Dialect::Mysql),
        ("sqlite> ", Dialect::Sqlite),
    ];
    if let Some((_, dialect)) = clients.iter().find(|(client, _)| body.starts_with(client))
        && let Some(end) = body.find("> ")
    {
        return at(Reader::Sql(*dialect), end + 2);
    }
    if let Some(end) = of_psql(body) {
        return at(Reader::Sql(Dialect::Postgres), end);
    }
    let end = ["$ ", "# ", "% "].iter().filter_map(|sign| body.find(sign)).min()?;
    let before = &body[..end];
    is_host(before).then_some((Reader::Shell, lead + end + 2))
}

/// Returns the length of psql's prompt: `shop=# `, `shop=> `, `shop-# `, `shop=*# `.
fn of_psql(body: &str) -> Option<usize> {
    let name = body.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    let rest = &body[name..];
    let signs = ["=# ", "=> ", "-# ", "-> ", "=*# ", "=*> ", "-*# ", "-*> ", "(# ", "(> "];
    let sign = signs.iter().find(|sign| rest.starts_with(**sign))?;
    (name > 0).then_some(name + sign.len())
}

/// Tells whether a text is what stands before `$` or `#` in a prompt: `root@db1:~`, `[root@db1 ~]`, `bash-5.2`.
fn is_host(before: &str) -> bool {
    let before = match before.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        // A Python environment that is switched on.
        Some((_, rest)) if rest.trim().is_empty() => return true,
        Some((_, rest)) => rest.trim_start(),
        None => before,
    };
    let inner = before.strip_prefix('[').and_then(|b| b.strip_suffix(']')).unwrap_or(before);
    let sign = |c: char| c.is_alphanumeric() || "@:~/._-".contains(c);
    let spaces = inner.len() < before.len();
    let version =
        inner.strip_prefix("bash-").or_else(|| inner.strip_prefix("sh-")).unwrap_or_default();
    let shaped = inner.contains('@')
        || inner.split_once(':').is_some_and(|(_, path)| path.starts_with(['~', '/']))
        || version.starts_with(|c: char| c.is_ascii_digit());
    !inner.is_empty()
        && inner.len() <= 80
        && shaped
        && inner.chars().all(|c| sign(c) || spaces && c == ' ')
}

/// Returns where a line goes on with what was typed before it; nothing where it is output.
fn continued(reader: Reader, line: &str, inside: bool) -> Option<usize> {
    let body = line.trim_start();
    let lead = line.len() - body.len();
    match reader {
        Reader::Shell => match body.starts_with("> ") || body.trim_end() == ">" {
            true => Some(lead + body.len().min(2)),
            false => inside.then_some(0),
        },
        Reader::Sql(_) => {
            let sign = ["-> ", "...> ", "'> ", "\"> "].iter().find(|s| body.starts_with(**s))?;
            Some(lead + sign.len())
        }
        Reader::Another => None,
    }
}

/// What of a command is open behind its last line: a quote, here-documents, a backslash or an operator.
#[derive(Debug, Default)]
struct Open {
    quote: Option<char>,
    documents: VecDeque<String>,
    more: bool,
}

impl Open {
    fn is_open(&self) -> bool {
        self.quote.is_some() || !self.documents.is_empty() || self.more
    }

    /// Reads the next line of the command.
    fn line(&mut self, line: &str) {
        if let Some(delimiter) = self.documents.front() {
            if line.trim_start_matches('\t').trim_end() == delimiter {
                self.documents.pop_front();
            }
            return;
        }
        let mut quote = self.quote;
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            let mut length = c.len_utf8();
            match (quote, c) {
                (Some(open), c) if c == open => quote = None,
                (Some('\''), _) => {}
                (_, '\\') => length += rest[length..].chars().next().map_or(0, char::len_utf8),
                (Some(_), _) => {}
                (None, '\'' | '"') => quote = Some(c),
                (None, '#') if line[..line.len() - rest.len()].ends_with([' ', '\t']) => break,
                (None, '<') if rest.starts_with("<<<") => length = 3,
                (None, '<') if rest.starts_with("<<") => {
                    let word = rest[2..].trim_start_matches(['-', ' ', '\'', '"', '\\']);
                    let end = word.find(|c: char| !c.is_alphanumeric() && c != '_');
                    let delimiter = &word[..end.unwrap_or(word.len())];
                    if !delimiter.is_empty() {
                        self.documents.push_back(delimiter.to_owned());
                    }
                    length = rest.len() - word.len() + delimiter.len();
                    length += usize::from(rest[length..].starts_with(['\'', '"']));
                }
                (None, _) => {}
            }
            rest = &rest[length.min(rest.len())..];
        }
        let end = line.trim_end();
        self.quote = quote;
        self.more = line.ends_with('\\') || ["|", "&&", "||"].iter().any(|o| end.ends_with(o));
    }
}

/// Tells whether most lines of a block nobody named start with a command that exists.
fn looks_like_commands(text: &str) -> bool {
    let mut commands = 0;
    let mut others = 0;
    let mut joined = false;
    for line in text.lines() {
        let body = line.trim();
        let inside = joined || line.starts_with([' ', '\t']);
        joined = body.ends_with('\\');
        if body.is_empty() || body.starts_with('#') || inside && commands > 0 {
            continue;
        }
        let first = body
            .split_whitespace()
            .find(|word| *word != "sudo" && !is_assignment(word))
            .unwrap_or_default();
        // `test` begins lines of output, and `//` comments of other languages.
        let known = tools::exists(first) && first != "test"
            || first.starts_with(['/', '.'])
                && first[1..].contains('/')
                && !first.starts_with("//")
            || matches!(first, "if" | "for" | "while" | "done" | "fi" | "then" | "else" | "}");
        // "date: 2026" and "test (a)" are no commands, and neither is a sentence.
        let sentence = body.ends_with(['.', ':']) || body.split_whitespace().nth(1) == Some("=");
        match known && !sentence {
            true => commands += 1,
            false => others += 1,
        }
    }
    commands > others
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(text: &str, tag: Tag) -> String {
        let found = read(text, tag);
        found.into_iter().map(|typed| typed.text).collect::<Vec<_>>().join("--\n")
    }

    #[test]
    fn prompts_go_and_so_does_the_output_between_them() {
        let check = |text: &str, expected: &str| {
            assert_eq!(shell(text, Tag::Console), expected, "{text}");
        };
        check("$ ls /x\na b\n$ df\nFile 1\n", "ls /x\ndf\n");
        check("root@db1:~# ls\nx\n[root@db1 ~]# df\nbash-5.2$ id\n", "ls\ndf\nid\n");
        check("(venv) $ ls\nuser@h:/srv$ df -h\n", "ls\ndf -h\n");
        check("$ tar \\\n>   -cf x\nout\n", "tar \\\n  -cf x\n");
        check("$ tar \\\n    -cf x\nout\n", "tar \\\n    -cf x\n");
        check("$ cat <<'E' > f\na $ b\nE\nout\n", "cat <<'E' > f\na $ b\nE\n");
        check("$ echo 'a\nb'\nout\n", "echo 'a\nb'\n");
        check("# systemctl stop x\n# ls -l\ntotal 8\n", "systemctl stop x\nls -l\n");
        check(
            "# stop the service first\nsystemctl stop x\n",
            "# stop the service first\nsystemctl stop x\n",
        );
        check(
            "$ psql shop\nshop=# DROP TABLE x;\nDROP TABLE\nshop=# \\q\n",
            "psql shop\n--\nDROP TABLE x;\n\\q\n",
        );
        check("mysql> select 1\n    -> from t;\n| 1 |\n", "select 1\nfrom t;\n");
        check("ls /x\ndf\n", "ls /x\ndf\n");
        check("error: no such thing\n  --> src/x.rs\n", "");
        check("$> ls\nx\n", "ls\n");
        check("$ echo it's # '\nb\n", "echo it's # '\n");
        check("$ ls\n# a comment\nx\n", "ls\n");
        check("$ sudo -i\n# rm -rf /var/lib/x\nout\n", "sudo -i\nrm -rf /var/lib/x\n");
        check("root@h:~# ls\nx\n# dropdb shop\n", "ls\ndropdb shop\n");
        check("$ ls\n# rm takes the files away\nx\n", "ls\n");
        check("$ cat <<E > f\n# rm -rf /x\nE\nout\n", "cat <<E > f\n# rm -rf /x\nE\n");
    }

    #[test]
    fn a_long_here_document_is_read_once() {
        let text = format!("$ cat <<E\n{}", "a line of it\n".repeat(200_000));
        // Whoever read all of it again at each line would still be reading.
        assert_eq!(shell(&text, Tag::Console).len(), text.len() - "$ ".len());
    }

    #[test]
    fn a_block_nobody_named_is_shell_only_where_it_looks_like_it() {
        let check = |text: &str, expected: bool| {
            assert_eq!(!read(text, Tag::None).is_empty(), expected, "{text}");
        };
        check("sudo systemctl stop postgresql\nrm -rf /var/lib/postgresql/15/main\n", true);
        check("tar -xzf <backup> \\\n  -C /srv\n", true);
        check("PGPASSWORD=x psql -c 'select 1'\n", true);
        check("ERROR: relation \"x\" does not exist\n", false);
        check("Filesystem Size\n/dev/sda 10G\n", false);
        check("{\"a\": 1}\n", false);
        check("test = 1\ndate = 2\n", false);
        check("test a ... bench: 1 (+/- 2)\ntest b ... bench: 3\n", false);
        check("// a comment\nfn x() {}\n", false);
        check("# Restore\n\nls\n", true);
    }
}
