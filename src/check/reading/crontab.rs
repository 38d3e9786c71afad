//! Crontabs: each entry a text for the shell, with its time, its user and its variables.

use super::argv::{self, Bit, Word};
use super::{Part, Reading, Schedule, Unread, add, is_too_much};
use crate::base::{Excerpting, Span};
use crate::check::Language;
use crate::check::language::{is_field, is_nickname};
use crate::tools;

/// Variables that say something to cron rather than to the command.
const FOR_CRON: &[&str] =
    &["PATH", "SHELL", "MAILTO", "MAILFROM", "HOME", "CRON_TZ", "TZ", "LANG", "LOGNAME", "USER"];

/// An entry: its time and where its rest stands in the text.
struct Entry {
    when: String,
    rest: Span,
}

/// Reads a crontab or an anacrontab.
pub(super) fn read<'a>(file: &Part<'_>, depth: usize, reading: &mut Reading<'a>) {
    let text: &str = &file.text;
    let lines: Vec<Span> = lines(text).collect();
    let entries = lines.iter().filter_map(|line| entry(text, *line));
    let users = users(text, entries);
    if let Users::Guessed(span) = users {
        let why = "whether this is a user or a program is not known".to_owned();
        reading.unread.push(Unread { span: file.place(span), why, aside: true });
    }
    let mut variables: Vec<(String, Word)> = Vec::new();
    let mut path = None;
    let mut language = Language::Sh;
    let mut unread: Vec<Span> = Vec::new();
    let mut length = 0;
    for line in lines {
        let Some(found) = entry(text, line) else {
            let Some((name, value)) = variable(text, line) else {
                unread.push(line);
                continue;
            };
            match name.as_str() {
                "PATH" => path = value.literal(),
                "SHELL" if value.literal().is_some_and(|shell| shell.ends_with("bash")) => {
                    language = Language::Bash;
                }
                name if FOR_CRON.contains(&name) => {}
                _ => variables.push((name, value)),
            }
            continue;
        };
        let mut command = found.rest;
        let mut user = None;
        if users != Users::None {
            let word = first_word(text, command);
            user = Some(word.slice(text).to_owned());
            command.start = word.end + blanks(&text[word.end..command.end]);
        }
        let mut line = Excerpting::default();
        for (name, value) in &variables {
            argv::assign(&mut line, name, value);
        }
        let percent = copy(text, command, &mut line);
        let (written, place) = line.done();
        length += written.len();
        if is_too_much(length, text) {
            let why = "the variables of this crontab are too many for its entries";
            reading.not_read(file.place(command), why);
            break;
        }
        let schedule = Schedule {
            when: found.when,
            user,
            path: path.clone(),
            percent: percent.map(|at| file.place(Span::new(at, at + 1))),
        };
        let part = file.inner(written, &place, language);
        add(Part { schedule: Some(schedule), ..part }, depth + 1, reading);
    }
    if let Some((first, others)) = unread.split_first() {
        let mut why = "a line of a crontab is neither a variable nor an entry".to_owned();
        if !others.is_empty() {
            why.push_str(&format!(", nor are {} more", others.len()));
        }
        reading.unread.push(Unread { span: file.place(*first), why, aside: false });
    }
}

/// Copies a command: `\%` is a `%`, and the first other `%` ends it; what follows is its standard input, and every
/// further `%` ends a line of it. Returns where that first one stands.
fn copy(text: &str, command: Span, line: &mut Excerpting) -> Option<usize> {
    let mut from = command.start;
    let mut percent = None;
    let source = command.slice(text);
    for (at, _) in source.match_indices('%') {
        let at = command.start + at;
        if text[..at].ends_with('\\') {
            line.copy(text, Span::new(from, at - 1));
            from = at;
            continue;
        }
        line.copy(text, Span::new(from, at));
        let here = Span::new(at, at + 1);
        if percent.is_none() {
            percent = Some(at);
            line.write(" <<'%'", here);
        }
        line.write("\n", here);
        from = at + 1;
    }
    line.copy(text, Span::new(from, command.end));
    let end = Span::new(command.end, command.end);
    line.write(if percent.is_some() { "\n%\n" } else { "\n" }, end);
    percent
}

/// Returns the lines that say something, without the blanks around them.
fn lines(text: &str) -> impl Iterator<Item = Span> + '_ {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at + blanks(line);
        at += line.len();
        let body = line.trim();
        (!body.is_empty() && !body.starts_with('#')).then(|| Span::new(start, start + body.len()))
    })
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

fn first_word(text: &str, span: Span) -> Span {
    let rest = span.slice(text);
    let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
    Span::new(span.start, span.start + length)
}

fn entry(text: &str, line: Span) -> Option<Entry> {
    // A minus before the time keeps some crons from logging it.
    let start = line.start + usize::from(line.slice(text).starts_with('-'));
    let rest = &text[start..line.end];
    let words: Vec<&str> = rest.split_whitespace().take(6).collect();
    let number = |word: &&str| word.bytes().all(|b| b.is_ascii_digit());
    let fields = if words.first()?.strip_prefix('@').is_some_and(is_nickname) {
        // In an anacrontab the delay and the name of the job follow.
        let anacron = words.get(1).is_some_and(number) && words.len() > 3;
        if anacron { 3 } else { 1 }
    } else if words.len() > 5 && words[..5].iter().all(|word| is_field(word)) {
        5
    } else if words.len() > 3 && words[..2].iter().all(number) {
        3
    } else {
        return None;
    };
    let mut at = start;
    for _ in 0..fields {
        let word = first_word(text, Span::new(at, line.end));
        at = word.end + blanks(&text[word.end..line.end]);
    }
    let when = match fields {
        3 if !words[0].starts_with('@') => format!("{} days", words[0]),
        1 | 3 => words[0].to_owned(),
        _ => words[..5].join(" "),
    };
    (at < line.end).then_some(Entry { when, rest: Span::new(at, line.end) })
}

fn variable(text: &str, line: Span) -> Option<(String, Word)> {
    let (name, value) = line.slice(text).split_once('=')?;
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name = name.trim().trim_matches(['"', '\'']);
    if name.is_empty() || !name.chars().all(valid) {
        return None;
    }
    let bare = value.trim();
    let start = line.end - value.len() + blanks(value);
    let inner = match bare.chars().next() {
        Some(mark @ ('"' | '\'')) if bare.len() > 1 && bare.ends_with(mark) => {
            Span::new(start + 1, start + bare.len() - 1)
        }
        _ => Span::new(start, start + bare.len()),
    };
    // Nothing is expanded in it.
    let bits = vec![Bit::Text { text: inner.slice(text).to_owned(), span: inner, same: true }];
    Some((name.to_owned(), Word { bits }))
}

/// Whether the entries name users, as those in `/etc/crontab` and `/etc/cron.d` do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Users {
    None,
    /// Nothing but the names of tools speaks for it; the first word that may be a program.
    Guessed(Span),
    Sure,
}

/// Accounts that every system has, some with the name of a tool.
const ACCOUNTS: &[&str] =
    &["bin", "daemon", "games", "list", "lp", "mail", "man", "news", "nobody", "proxy", "sync"];

fn users(text: &str, entries: impl Iterator<Item = Entry>) -> Users {
    let mut found = Users::None;
    for entry in entries {
        let mut words = entry.rest.slice(text).split_whitespace();
        let (Some(first), Some(second)) = (words.next(), words.next()) else {
            return Users::None;
        };
        let name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
        let shaped = second.starts_with(['/', '[', '(', '.']) || second.contains('=');
        // No program takes these for an argument.
        let begins = second.starts_with(['[', '(']) || matches!(second, "cd" | "test" | "." | "if");
        let command = shaped || tools::exists(second);
        let known = matches!(first, "root" | "postgres" | "mysql" | "backup" | "www-data")
            || ACCOUNTS.contains(&first) && command
            || second == first && tools::exists(first);
        let other = (!tools::exists(first) || second == "[") && command;
        if !first.chars().all(name) || !(known || other) {
            return Users::None;
        }
        found = match found {
            Users::None if !known && !begins && !shaped => {
                Users::Guessed(first_word(text, entry.rest))
            }
            Users::None => Users::Sure,
            Users::Guessed(_) if known || begins => Users::Sure,
            Users::Guessed(_) | Users::Sure => found,
        };
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::check::Language;
    use crate::check::reading::read;

    #[test]
    fn an_entry_is_what_the_shell_gets_with_its_time_and_user() {
        let check = |text: &str, expected: &[(&str, &str, &str)]| {
            let reading = read(text, Language::Crontab);
            let found = reading.parts.iter().map(|part| {
                let schedule = part.schedule.as_ref().unwrap();
                let user = schedule.user.clone().unwrap_or_default();
                (part.text.trim_end().to_owned(), schedule.when.clone(), user)
            });
            let found: Vec<_> = found.collect();
            let found: Vec<_> =
                found.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("30 2 * * * /usr/local/bin/backup\n", &[("/usr/local/bin/backup", "30 2 * * *", "")]);
        check("@daily tar -cf x y", &[("tar -cf x y", "@daily", "")]);
        check("# x\n0 1 * * 1-5 root /b x\n", &[("/b x", "0 1 * * 1-5", "root")]);
        check(
            "0 1 * * * app1 cd /srv && tar c x\n",
            &[("cd /srv && tar c x", "0 1 * * *", "app1")],
        );
        check("0 1 * * * tar cf x y\n", &[("tar cf x y", "0 1 * * *", "")]);
        check("D=/b\n0 1 * * * ls $D\n", &[("D=/b\nls $D", "0 1 * * *", "")]);
        check("0 1 * * * x $(date +\\%F)\n", &[("x $(date +%F)", "0 1 * * *", "")]);
        check("0 1 * * * mysql%drop%x\n", &[("mysql <<'%'\ndrop\nx\n%", "0 1 * * *", "")]);
        check("0 1 * * * man rm -rf /data\n", &[("rm -rf /data", "0 1 * * *", "man")]);
        check(
            "0 1 * * * barman [ -x /b ] && barman cron\n",
            &[("[ -x /b ] && barman cron", "0 1 * * *", "barman")],
        );
        check("0 1 * * * barman cron\n", &[("barman cron", "0 1 * * *", "")]);
        check("0 1 * * * man -k x\n", &[("man -k x", "0 1 * * *", "")]);
        check("7 5 weekly run-parts /x\n", &[("run-parts /x", "7 days", "")]);
        let reading = read("0 1 * * * x +%F\nno such thing\n", Language::Crontab);
        let schedule = reading.parts[0].schedule.as_ref().unwrap();
        assert_eq!(schedule.percent.unwrap().start, 13);
        assert_eq!(reading.unread.len(), 1);
    }

    #[test]
    fn a_word_that_may_be_a_user_or_a_program_is_named() {
        let check = |text: &str, doubts: usize| {
            assert_eq!(read(text, Language::Crontab).unread.len(), doubts, "{text}");
        };
        check("0 1 * * * pgtool dump\n", 1);
        check("0 1 * * * pgtool dump\n0 2 * * * pgtool rm x\n", 1);
        check("0 1 * * * pgtool dump\n0 2 * * * root ls\n", 0);
        check("0 1 * * * app1 cd /srv && ls\n", 0);
        check("0 1 * * * app1 /srv/run\n", 0);
        check("0 1 * * * root dump\n", 0);
        check("0 1 * * * rsync -a a b\n", 0);
    }
}
