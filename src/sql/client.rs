//! The commands of the clients themselves: psql's backslash, mysql's words, sqlite's dot commands.

use super::Dialect;
use super::harm::outside;
use super::scan::short_line;
use crate::base::{Risk, Span};

/// What a client's command does to the text around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    /// It stands beside the statements.
    Beside,
    /// It ends the statement before it: sends it, or forgets it.
    Sends,
    /// It only separates (`\;`), or is what the client shows a result with (`\G`).
    Ends,
    /// Statements end with these characters from here on.
    Delimiter(String),
}

/// A command of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    /// Bytes it takes, from its first character.
    pub length: usize,
    /// What it does to the text around it.
    pub effect: Effect,
    /// Its harm.
    pub risk: Risk,
    /// The text of it that a shell runs, counted from its first character.
    pub shell: Option<Span>,
    /// The file it runs, counted from its first character.
    pub file: Option<Span>,
    /// The database it goes to, counted from its first character.
    pub database: Option<Span>,
}

/// Reads a command that must stand at the start of a line, outside of a statement.
pub(super) fn at_line_start(rest: &str, dialect: Dialect) -> Option<Command> {
    match dialect {
        Dialect::Postgres => None,
        Dialect::Sqlite => rest.starts_with('.').then(|| of_sqlite(short_line(rest))),
        Dialect::Mysql => {
            let text = short_line(rest);
            let name = text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
            of_mysql(&name.to_ascii_lowercase(), text, name.len())
        }
    }
}

/// Reads a command that starts with a backslash, anywhere outside of quotes.
pub(super) fn at_backslash(rest: &str, dialect: Dialect) -> Option<Command> {
    match dialect {
        Dialect::Sqlite => None,
        Dialect::Postgres => Some(of_psql(short_line(rest))),
        Dialect::Mysql => {
            let sign = rest[1..].chars().next()?;
            let long = match sign {
                'G' | 'g' => {
                    let effect = Effect::Ends;
                    return Some(Command { length: 2, effect, ..plain(2, Risk::Read) });
                }
                '.' => "source",
                '!' => "system",
                'd' => "delimiter",
                'T' => "tee",
                'P' => "pager",
                'e' => "edit",
                'u' => "use",
                'r' => "connect",
                'C' => "charset",
                'R' => "prompt",
                // What stood before it is forgotten, and does not join what follows.
                'c' => return Some(Command { effect: Effect::Sends, ..plain(2, Risk::Read) }),
                'W' | 'w' | 's' | 't' | 'n' | 'q' | 'h' | '?' | 'p' | '#' | 'x' => {
                    return Some(plain(1 + sign.len_utf8(), Risk::Read));
                }
                _ => return Some(plain(1 + sign.len_utf8(), Risk::Unknown)),
            };
            of_mysql(long, short_line(rest), 1 + sign.len_utf8())
        }
    }
}

fn plain(length: usize, risk: Risk) -> Command {
    Command { length, effect: Effect::Beside, risk, shell: None, file: None, database: None }
}

/// Returns where the argument behind the first `from` bytes stands, without blanks, quotes and a last semicolon.
fn argument(text: &str, from: usize) -> Option<Span> {
    let rest = text.get(from..)?;
    let start = from + rest.len() - rest.trim_start().len();
    let inner = text[start..].trim_end().trim_end_matches(';').trim_end();
    let bare = match inner.chars().next() {
        Some(mark @ ('\'' | '"')) if inner.len() > 1 && inner.ends_with(mark) => {
            return Some(Span::new(start + 1, start + inner.len() - 1));
        }
        _ => inner,
    };
    (!bare.is_empty()).then(|| Span::new(start, start + bare.len()))
}

fn of_mysql(name: &str, text: &str, from: usize) -> Option<Command> {
    let behind = text[from..].chars().next();
    if behind.is_some_and(|c| c == '_' || c.is_ascii_digit() || c == '(') && !text.starts_with('\\')
    {
        return None;
    }
    let rest = argument(text, from);
    let mut command = plain(text.len(), Risk::Read);
    match name {
        "delimiter" => {
            let sign = text[from..].split_whitespace().next().unwrap_or(";");
            command.effect = Effect::Delimiter(sign.to_owned());
        }
        "source" => {
            (command.risk, command.file) = (Risk::Unknown, rest);
        }
        "system" => {
            (command.risk, command.shell) = (Risk::Unknown, rest);
        }
        "pager" if rest.is_some() => {
            (command.risk, command.shell) = (Risk::Unknown, rest);
        }
        "edit" => command.risk = Risk::Unknown,
        "tee" => command.risk = Risk::Write,
        "use" => command.database = rest,
        "connect" => (command.effect, command.database) = (Effect::Sends, rest),
        "pager" | "notee" | "nopager" | "charset" | "prompt" | "help" | "status" | "warnings"
        | "nowarning" | "rehash" | "exit" | "quit" | "resetconnection" => {}
        _ => return None,
    }
    Some(command)
}

fn of_psql(text: &str) -> Command {
    let name_end = text[1..].find(|c: char| !c.is_ascii_alphanumeric() && !"_+!?;".contains(c));
    let name_end = name_end.map_or(text.len(), |at| at + 1);
    // `\!` and `\?` are one sign long, and so is `\;`.
    let sign = text[1..].starts_with(['!', '?', ';', '\\']);
    let name_end = if sign { 2 } else { name_end };
    let name = &text[..name_end];
    let rest = argument(text, name_end);
    if matches!(name, "\\;" | "\\\\") {
        return Command { effect: Effect::Ends, ..plain(name_end, Risk::Read) };
    }
    if name == "\\!" {
        return Command { shell: rest, ..plain(text.len(), Risk::Unknown) };
    }
    // Everything up to the next command on the same line.
    let length = next_command(text, name_end);
    let text = &text[..length];
    let rest = argument(text, name_end);
    let mut command = plain(length, Risk::Read);
    let given = rest.map_or("", |span| span.slice(text));
    // What stands in back quotes is run, and so is what a bar leads to.
    let runs = match (text.find('`'), given.strip_prefix('|')) {
        (Some(start), _) => {
            let end = text[start + 1..].find('`').map_or(text.len(), |at| start + 1 + at);
            Some(Span::new(start + 1, end))
        }
        (None, Some(program)) => rest.map(|span| Span::new(span.end - program.len(), span.end)),
        (None, None) => None,
    };
    let describes = name.starts_with("\\d") && name.len() <= 6;
    (command.effect, command.risk) = match name {
        "\\g" | "\\gx" | "\\gset" | "\\gdesc" | "\\crosstabview" | "\\watch" | "\\bind" => {
            let shows = given.is_empty() || !matches!(name, "\\g" | "\\gx");
            (Effect::Sends, if shows { Risk::Read } else { Risk::Destructive })
        }
        "\\gexec" => (Effect::Sends, Risk::Unknown),
        "\\i" | "\\ir" | "\\include" | "\\include_relative" => {
            command.file = rest;
            (Effect::Beside, Risk::Unknown)
        }
        "\\copy" => {
            let words = |text: &str| -> Vec<String> {
                text.split_whitespace().map(str::to_ascii_lowercase).collect()
            };
            let (all, outer) = (words(given), words(&outside(given)));
            let says = |word: &str| outer.iter().any(|w| w == word);
            let program_named = all.iter().any(|w| w == "program");
            if program_named {
                command.shell = program(text);
            }
            let risk = match () {
                () if program_named => Risk::Unknown,
                () if says("from") => Risk::Write,
                () if says("stdout") || says("pstdout") => Risk::Read,
                () => Risk::Destructive,
            };
            (Effect::Beside, risk)
        }
        "\\r" | "\\reset" => (Effect::Sends, Risk::Read),
        "\\o" | "\\out" if !given.is_empty() => (Effect::Beside, Risk::Destructive),
        "\\lo_export" | "\\lo_unlink" => (Effect::Beside, Risk::Destructive),
        "\\lo_import" | "\\password" => (Effect::Beside, Risk::Write),
        "\\restrict" | "\\unrestrict" | "\\a" | "\\C" | "\\c" | "\\connect" | "\\conninfo"
        | "\\echo" | "\\elif" | "\\else" | "\\encoding" | "\\endif" | "\\H" | "\\h" | "\\help"
        | "\\html" | "\\if" | "\\l" | "\\l+" | "\\list" | "\\pset" | "\\q" | "\\quit"
        | "\\qecho" | "\\set" | "\\sf" | "\\sf+" | "\\sv" | "\\sv+" | "\\t" | "\\T" | "\\f"
        | "\\timing" | "\\unset" | "\\warn" | "\\x" | "\\z" | "\\cd" | "\\prompt" | "\\p"
        | "\\print" | "\\o" | "\\out" | "\\lo_list" | "\\errverbose" | "\\copyright" | "\\?" => {
            (Effect::Beside, Risk::Read)
        }
        _ if describes => (Effect::Beside, Risk::Read),
        _ => (Effect::Beside, Risk::Unknown),
    };
    if matches!(name, "\\c" | "\\connect") {
        let word = given.split_whitespace().next().unwrap_or_default();
        command.database = rest.map(|span| Span::new(span.start, span.start + word.len()));
    }
    if runs.is_some() {
        (command.risk, command.shell) = (Risk::Unknown, runs);
    }
    command
}

/// Returns where the next backslash outside of quotes stands behind `from`, or the end of the line.
fn next_command(text: &str, from: usize) -> usize {
    let mut quote = None;
    for (at, c) in text.char_indices().skip_while(|(at, _)| *at < from) {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '\'' | '"' | '`') => quote = Some(c),
            None if c == '\\' => return at,
            None => {}
        }
    }
    text.len()
}

/// Returns the quoted text behind `program`.
pub(super) fn program(text: &str) -> Option<Span> {
    let behind = text.to_ascii_lowercase().find("program")? + "program".len();
    let start = behind + text.get(behind..)?.find('\'')? + 1;
    let end = start + text[start..].find('\'')?;
    Some(Span::new(start, end))
}

/// sqlite3 takes any unambiguous beginning of a dot command, so only whole names are known.
fn of_sqlite(text: &str) -> Command {
    let name_end = text.find(char::is_whitespace).unwrap_or(text.len());
    let rest = argument(text, name_end);
    let given = rest.map_or("", |span| span.slice(text));
    let mut command = plain(text.len(), Risk::Read);
    let program = given.strip_prefix('|');
    command.risk = match &text[..name_end] {
        ".shell" | ".system" => {
            command.shell = rest;
            Risk::Unknown
        }
        ".backup" | ".save" | ".clone" | ".log" => Risk::Write,
        ".output" | ".once" | ".import" | ".read" | ".excel" if program.is_some() => Risk::Unknown,
        ".output" | ".once" if given.is_empty() || given == "stdout" => Risk::Read,
        ".read" => {
            command.file = rest;
            Risk::Unknown
        }
        // Their files are replaced; a quoted name may hold a program too.
        ".output" | ".once" | ".import" if given.contains(['|', '\'', '"']) => Risk::Unknown,
        ".output" | ".once" | ".import" | ".restore" => Risk::Destructive,
        ".open" if given.contains("--") => Risk::Destructive,
        ".auth" | ".bail" | ".binary" | ".cd" | ".changes" | ".connection" | ".databases"
        | ".dbconfig" | ".dbinfo" | ".dbtotxt" | ".dump" | ".echo" | ".eqp" | ".exit"
        | ".expert" | ".explain" | ".fullschema" | ".headers" | ".header" | ".help"
        | ".indexes" | ".indices" | ".intck" | ".limit" | ".lint" | ".mode" | ".nullvalue"
        | ".open" | ".parameter" | ".print" | ".progress" | ".prompt" | ".quit" | ".recover"
        | ".schema" | ".separator" | ".sha3sum" | ".show" | ".stats" | ".tables" | ".timeout"
        | ".timer" | ".trace" | ".version" | ".vfsinfo" | ".vfslist" | ".width" => Risk::Read,
        _ => Risk::Unknown,
    };
    if let (Some(program), Some(span)) = (program, rest) {
        command.shell = Some(Span::new(span.end - program.len(), span.end));
    }
    command
}
