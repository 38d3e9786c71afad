//! crontab: the spool of the tree is read where that is allowed; what calls install or remove is kept.

use std::collections::BTreeMap;

use super::accounts::account;
use super::answer::Answer;
use super::book::State;
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const CRONTAB: StandIn =
    StandIn { names: &["crontab"], real: Real::Never, answer: crontab };

/// By user: the table that calls installed, `None` where they removed it.
type Tables = BTreeMap<String, Option<String>>;

fn crontab(line: &Line, state: &mut State) -> Answer {
    let operations = ["-e", "-l", "-r"].iter().filter(|flag| line.has(flag)).count();
    if operations > 1 || operations == 1 && !line.operands.is_empty() {
        return Answer::fails(1, "crontab: usage error: only one operation permitted");
    }
    if operations == 0 && line.operands.is_empty() {
        return Answer::fails(1, "crontab: usage error: file name must be specified for replace");
    }
    let user = match line.value("-u") {
        Some(user) if account(state, user).is_none() && !state.elsewhere => {
            return Answer::fails(1, format!("crontab:  user `{user}' unknown"));
        }
        Some(_) if !state.is_root() => return Answer::fails(1, "must be privileged to use -u"),
        Some(user) => user.to_owned(),
        None => account(state, &format!("#{}", state.euid()))
            .map_or_else(|| "root".to_owned(), |found| found.name),
    };
    let mut tables = state.get::<Tables>("crontabs");
    let spool =
        ["/var/spool/cron/crontabs", "/var/spool/cron"].map(|place| format!("{place}/{user}"));
    let current = match tables.get(&user) {
        Some(known) => known.clone(),
        None => spool.iter().map(|path| state.read(path)).find(|text| !text.is_empty()),
    };
    if line.has("-l") {
        return match current {
            Some(text) => Answer::prints(text),
            None => Answer::fails(1, format!("no crontab for {user}")),
        };
    }
    if line.has("-e") {
        return Answer::fails(1, "crontab: there is no terminal to edit on")
            .would(format!("edit the crontab of {user}"));
    }
    if line.has("-r") {
        if current.is_none() {
            return Answer::fails(1, format!("no crontab for {user}"));
        }
        tables.insert(user.clone(), None);
        state.set("crontabs", &tables);
        return Answer::quiet().would(format!("remove the crontab of {user}"));
    }
    let file = line.operand(0);
    let text = if file == "-" {
        state.input()
    } else {
        if !state.here(file).exists() {
            return Answer::fails(1, format!("{file}: No such file or directory"));
        }
        state.read(file)
    };
    if let Some((number, why)) = wrong(&text) {
        return Answer::fails(
            1,
            format!("\"{file}\":{number}: {why}\nerrors in crontab file, can't install."),
        );
    }
    if line.has("-n") || line.has("-T") {
        return Answer::quiet();
    }
    let lines = text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .count();
    tables.insert(user.clone(), Some(text));
    state.set("crontabs", &tables);
    Answer::quiet().would(format!("install a crontab of {lines} lines for {user}"))
}

/// The first line that cron would not take (crontab(5)).
fn wrong(text: &str) -> Option<(usize, &'static str)> {
    const FIELDS: [(&str, u32, u32); 5] = [
        ("bad minute", 0, 59),
        ("bad hour", 0, 23),
        ("bad day-of-month", 1, 31),
        ("bad month", 1, 12),
        ("bad day-of-week", 0, 7),
    ];
    const NAMES: &str =
        "jan feb mar apr may jun jul aug sep oct nov dec sun mon tue wed thu fri sat";
    const WHEN: &[&str] = &[
        "@reboot",
        "@yearly",
        "@annually",
        "@monthly",
        "@weekly",
        "@daily",
        "@midnight",
        "@hourly",
    ];
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let name = line.split('=').next().unwrap_or("").trim();
        let assigns = line.contains('=')
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '"' | '\''));
        if assigns {
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        if words[0].starts_with('@') {
            if !WHEN.contains(&words[0]) {
                return Some((index, "bad time specifier"));
            }
            if words.len() < 2 {
                return Some((index, "bad command"));
            }
            continue;
        }
        for (field, (why, least, most)) in FIELDS.iter().enumerate() {
            let good = |part: &str| {
                let (range, step) = part.split_once('/').unwrap_or((part, "1"));
                let number = |text: &str| {
                    text.parse::<u32>().is_ok_and(|number| (*least..=*most).contains(&number))
                        || field > 2 && NAMES.split(' ').any(|name| name.eq_ignore_ascii_case(text))
                };
                let ranged =
                    range == "*" || range.split('-').all(number) && range.split('-').count() <= 2;
                ranged && step.parse::<u32>().is_ok_and(|step| step > 0)
            };
            if !words.get(field).is_some_and(|word| word.split(',').all(good)) {
                return Some((index, why));
            }
        }
        if words.len() < 6 {
            return Some((index, "bad command"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn a_table_is_what_was_installed_last() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(tree.path().join("etc")).unwrap();
        std::fs::write(
            tree.path().join("etc/passwd"),
            "root:x:0:0::/root:/bin/sh\nops:x:9:9::/:/bin/sh\n",
        )
        .unwrap();
        std::fs::write(
            tree.path().join("good"),
            "MAILTO=x\n# c\n*/5 0-6,22 * jan mon true\n@daily x\n",
        )
        .unwrap();
        std::fs::write(tree.path().join("bad"), "0 25 * * * true\n").unwrap();
        let mut state = State::new(tree.path());
        for (line, code, out) in [
            ("crontab -l", 1, ""),
            ("crontab /good", 0, ""),
            ("crontab -l", 0, "MAILTO=x\n# c\n*/5 0-6,22 * jan mon true\n@daily x\n"),
            ("crontab -u ops -l", 1, ""),
            ("crontab -u nobody-here -l", 1, ""),
            ("crontab /bad", 1, ""),
            ("crontab /missing", 1, ""),
            ("crontab -l -r", 1, ""),
            ("crontab -r", 0, ""),
            ("crontab -r", 1, ""),
            ("crontab", 1, ""),
            ("crontab --list", 1, ""),
        ] {
            let answer = ask(line, &mut state);
            assert_eq!((answer.code, answer.out.as_str()), (code, out), "{line}: {}", answer.err);
        }
        state.with_input("* * * * * true");
        assert_eq!(ask("crontab -", &mut state).code, 0);
    }
}
