//! iptables, its save and restore, nft: the rules that calls made; the machine's own are not seen.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeMap;

use super::answer::Answer;
use super::book::State;
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const FIREWALL: StandIn = StandIn {
    names: &[
        "iptables",
        "ip6tables",
        "iptables-save",
        "ip6tables-save",
        "iptables-restore",
        "ip6tables-restore",
        "nft",
    ],
    real: Real::Never,
    answer: firewall,
};

/// By family and table: the lines that `iptables-save` would print behind the table's name.
type Rules = BTreeMap<String, Vec<String>>;

fn firewall(line: &Line, state: &mut State) -> Answer {
    let version = if line.tool == "nft" {
        ""
    } else {
        "iptables v1.8.9 (nf_tables): Could not fetch rule set generation id: "
    };
    if !state.is_root() {
        return match line.tool.as_str() {
            "nft" => Answer::fails(1, "Operation not permitted (you must be root)"),
            _ => Answer::fails(4, format!("{version}Permission denied (you must be root)")),
        };
    }
    match line.tool.as_str() {
        "nft" => nft(line, state),
        tool if tool.ends_with("-save") => save(line, state),
        tool if tool.ends_with("-restore") => restore(line, state),
        _ => iptables(line, state),
    }
}

const TABLES: &[&str] = &["filter", "nat", "mangle", "raw", "security"];

fn key(line: &Line, table: &str) -> String {
    let family = if line.tool.starts_with("ip6") || line.has("--ipv6") { "ip6" } else { "ip" };
    format!("{family} {table}")
}

fn iptables(line: &Line, state: &mut State) -> Answer {
    let table = line.value("--table").unwrap_or("filter");
    if !TABLES.contains(&table) {
        return Answer::fails(
            3,
            format!("{} v1.8.9 (nf_tables): table '{table}' does not exist", line.tool),
        );
    }
    let chain_of = |flag: &str| line.value(flag).map(str::to_owned);
    let key = key(line, table);
    let mut rules = state.get::<Rules>("firewall");
    let own = rules.entry(key.clone()).or_default();
    let rule = rule_text(line);
    let first = line.operand(0).to_owned();
    let mut changed = format!("change the {key} rules: {}", line.words.join(" "));
    if let Some(chain) = chain_of("--append") {
        own.push(format!("-A {chain}{rule}"));
    } else if let Some(chain) = chain_of("--insert") {
        let skip = first.parse::<usize>().unwrap_or(1).saturating_sub(1);
        let start = format!("-A {chain} ");
        let places: Vec<usize> = own
            .iter()
            .enumerate()
            .filter(|(_, one)| one.starts_with(&start))
            .map(|(at, _)| at)
            .collect();
        let at = places.get(skip).copied().unwrap_or(own.len());
        own.insert(at, format!("-A {chain}{rule}"));
    } else if let Some(chain) = chain_of("--delete") {
        let wanted = format!("-A {chain}{rule}");
        // A rule that no call made may be the machine's own.
        if let Some(at) = own.iter().position(|one| *one == wanted) {
            own.remove(at);
        }
    } else if let Some(chain) = chain_of("--check") {
        let known = own.contains(&format!("-A {chain}{rule}"));
        return if known {
            Answer::quiet()
        } else {
            Answer::fails(
                1,
                format!("{}: Bad rule (does a matching rule exist in that chain?).", line.tool),
            )
        };
    } else if let Some(chain) = chain_of("--policy") {
        if !matches!(first.as_str(), "ACCEPT" | "DROP") {
            return Answer::fails(
                2,
                format!("{}: Bad policy name. Run `dmesg' for more information.", line.tool),
            );
        }
        own.retain(|one| !one.starts_with(&format!("-P {chain} ")));
        own.insert(0, format!("-P {chain} {first}"));
    } else if let Some(chain) = chain_of("--new-chain") {
        let made = format!("-N {chain}");
        if own.contains(&made) {
            return Answer::fails(1, format!("{}: Chain already exists.", line.tool));
        }
        own.push(made);
    } else if line.has("--delete-chain") {
        own.retain(|one| {
            if first.is_empty() { !one.starts_with("-N ") } else { *one != format!("-N {first}") }
        });
    } else if line.has("--flush") {
        own.retain(|one| {
            !one.starts_with("-A ")
                || !first.is_empty() && !one.starts_with(&format!("-A {first} "))
        });
        changed = format!("flush {}", if first.is_empty() { "all chains" } else { &first });
    } else if line.has("--list-rules") || line.has("--list") {
        let of = |one: &&String| first.is_empty() || one.split(' ').nth(1) == Some(first.as_str());
        let shown: Vec<&str> = own.iter().filter(of).map(String::as_str).collect();
        return Answer::prints(shown.join("\n"));
    } else if ["--replace", "--rename-chain", "--zero"].iter().any(|flag| line.has(flag)) {
        return Answer::quiet().would(changed);
    } else {
        return Answer::fails(
            2,
            format!(
                "{0} v1.8.9 (nf_tables): no command specified\nTry `{0} -h' or '{0} --help' for more information.",
                line.tool
            ),
        );
    }
    state.set("firewall", &rules);
    Answer::quiet().would(changed)
}

/// The rule of a call, without command, table and waiting.
fn rule_text(line: &Line) -> String {
    const NOT: &[&str] = &[
        "--append",
        "--insert",
        "--delete",
        "--check",
        "--table",
        "--wait",
        "--verbose",
        "--wait-interval",
        "--numeric",
    ];
    let mut text = String::new();
    for given in &line.flags {
        if given.names.iter().any(|name| NOT.contains(name)) {
            continue;
        }
        text.push(' ');
        text.push_str(given.names[0]);
        if let Some(value) = &given.value {
            text.push(' ');
            text.push_str(value);
        }
    }
    let own = line.operands.iter().filter(|word| word.parse::<usize>().is_err());
    own.for_each(|word| text.push_str(&format!(" {word}")));
    text
}

fn save(line: &Line, state: &mut State) -> Answer {
    let rules = state.get::<Rules>("firewall");
    let family = if line.tool.starts_with("ip6") { "ip6 " } else { "ip " };
    let mut text = String::new();
    for (key, lines) in rules.iter().filter(|(key, _)| key.starts_with(family)) {
        let table = key.strip_prefix(family).unwrap_or(key);
        if line.value("--table").is_none_or(|wanted| wanted == table) {
            text.push_str(&format!("*{table}\n{}\nCOMMIT\n", lines.join("\n")));
        }
    }
    Answer::prints(text)
}

fn restore(line: &Line, state: &mut State) -> Answer {
    let text = match line.operands.first() {
        Some(file) if !state.here(file).exists() => {
            return Answer::fails(1, format!("Can't open {file}: No such file or directory"));
        }
        Some(file) => state.read(file),
        None => state.input(),
    };
    let family = if line.tool.starts_with("ip6") { "ip6" } else { "ip" };
    let mut rules = state.get::<Rules>("firewall");
    let (mut table, mut fresh) = (String::new(), Vec::new());
    for (index, row) in text.lines().enumerate() {
        let row = row.trim();
        if row.is_empty() || row.starts_with('#') {
            continue;
        }
        if let Some(name) = row.strip_prefix('*') {
            table = name.to_owned();
        } else if row == "COMMIT" && !table.is_empty() {
            let own = rules.entry(format!("{family} {table}")).or_default();
            if !line.has("--noflush") {
                own.clear();
            }
            own.append(&mut fresh);
            table.clear();
        } else if let Some((chain, policy)) =
            row.strip_prefix(':').and_then(|rest| rest.split_once(' '))
        {
            let policy = policy.split(' ').next().unwrap_or("-");
            fresh.push(if policy == "-" {
                format!("-N {chain}")
            } else {
                format!("-P {chain} {policy}")
            });
        } else if row.starts_with('-') && !table.is_empty() {
            fresh.push(row.to_owned());
        } else {
            return Answer::fails(1, format!("{}: line {} failed", line.tool, index + 1));
        }
    }
    if !line.has("--test") {
        state.set("firewall", &rules);
    }
    Answer::quiet().would(format!("load {} lines of {family} rules", text.lines().count()))
}

const VERBS: &[&str] = &[
    "add", "create", "insert", "replace", "delete", "destroy", "rename", "list", "reset", "flush",
    "get", "export", "import", "monitor", "describe",
];
const OBJECTS: &[&str] = &[
    "ruleset",
    "table",
    "tables",
    "chain",
    "chains",
    "rule",
    "rules",
    "set",
    "sets",
    "map",
    "maps",
    "element",
    "flowtable",
    "flowtables",
    "counter",
    "counters",
    "quota",
    "quotas",
    "ct",
    "limit",
    "limits",
    "secmark",
    "synproxy",
    "meter",
    "meters",
    "hooks",
];
const FAMILIES: &[&str] = &["ip", "ip6", "inet", "arp", "bridge", "netdev"];

fn nft(line: &Line, state: &mut State) -> Answer {
    let text = match line.value("--file") {
        Some("-") => state.input(),
        Some(file) if !state.here(file).exists() => {
            return Answer::fails(
                1,
                format!("Error: Could not open file \"{file}\": No such file or directory"),
            );
        }
        Some(file) => state.read(file),
        None => line.operands.join(" "),
    };
    if text.trim().is_empty() && !line.has("--file") {
        return Answer::fails(1, "nft: no command specified");
    }
    let mut known = state.get::<Vec<String>>("nft");
    let mut answer = Answer::quiet();
    if line.has("--file") {
        if line.has("--check") {
            return answer;
        }
        known.push(text.clone());
        state.set("nft", &known);
        return answer.would(format!("load a rule set of {} lines", text.lines().count()));
    }
    for command in
        text.split(';').map(str::trim).filter(|command| !command.is_empty() && *command != "}")
    {
        let words: Vec<&str> = command.split_whitespace().collect();
        // Inside braces of a chain stand further statements.
        let verb = words[0];
        if answer.would.is_empty() && !VERBS.contains(&verb) && !OBJECTS.contains(&verb) {
            return Answer::fails(
                1,
                format!(
                    "Error: syntax error, unexpected string\n{command}\n{}",
                    "^".repeat(verb.len())
                ),
            );
        }
        if VERBS.contains(&verb) && !matches!(verb, "monitor" | "describe" | "export" | "import") {
            let object = words.get(1).copied().unwrap_or("");
            // `add rule` may leave `rule` out.
            if !OBJECTS.contains(&object)
                && !FAMILIES.contains(&object)
                && !matches!(verb, "add" | "insert")
            {
                return Answer::fails(
                    1,
                    format!(
                        "Error: syntax error, unexpected {}\n{command}",
                        if object.is_empty() { "end of file" } else { object }
                    ),
                );
            }
        }
        match verb {
            "list" => answer.and(Answer::prints(known.join("\n"))),
            "get" | "describe" | "monitor" | "export" => {}
            "flush" if words.get(1) == Some(&"ruleset") => {
                known.clear();
                answer = answer.would("flush the whole rule set");
            }
            _ => {
                known.push(command.to_owned());
                answer = answer.would(format!("change the rule set: {command}"));
            }
        }
    }
    if !line.has("--check") {
        state.set("nft", &known);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn rules_are_those_that_calls_made() {
        let mut state = State::new("/nonexistent");
        for (line, code, out) in [
            ("iptables -C INPUT -p tcp --dport 5432 -j DROP", 1, ""),
            ("iptables -A INPUT -p tcp --dport 5432 -j DROP", 0, ""),
            ("iptables -C INPUT -p tcp --dport 5432 -j DROP", 0, ""),
            ("iptables -I INPUT 1 -s 10.0.0.1 -j ACCEPT", 0, ""),
            (
                "iptables -S INPUT",
                0,
                "-A INPUT -s 10.0.0.1 -j ACCEPT\n-A INPUT -p tcp --dport 5432 -j DROP\n",
            ),
            (
                "iptables-save",
                0,
                "*filter\n-A INPUT -s 10.0.0.1 -j ACCEPT\n-A INPUT -p tcp --dport 5432 -j DROP\nCOMMIT\n",
            ),
            ("ip6tables-save", 0, ""),
            ("iptables -D INPUT -p tcp --dport 5432 -j DROP", 0, ""),
            ("iptables -C INPUT -p tcp --dport 5432 -j DROP", 1, ""),
            ("iptables -P INPUT DROP", 0, ""),
            ("iptables -P INPUT NONSENSE", 2, ""),
            ("iptables -t nope -L", 3, ""),
            ("iptables -F", 0, ""),
            ("iptables -S", 0, "-P INPUT DROP\n"),
            ("iptables", 2, ""),
            ("iptables -A INPUT --frob", 2, ""),
            ("iptables-restore --frob", 1, ""),
            ("nft add table inet f", 0, ""),
            ("nft list ruleset", 0, "add table inet f\n"),
            ("nft flush ruleset", 0, ""),
            ("nft list ruleset", 0, ""),
            ("nft frob ruleset", 1, ""),
            ("nft -f /nonexistent/file", 1, ""),
        ] {
            let answer = ask(line, &mut state);
            assert_eq!((answer.code, answer.out.as_str()), (code, out), "{line}: {}", answer.err);
        }
        state.with_input("*filter\n:INPUT DROP [0:0]\n-A INPUT -j DROP\nCOMMIT\n");
        assert_eq!(ask("iptables-restore", &mut state).code, 0);
        assert_eq!(ask("iptables -S", &mut state).out, "-P INPUT DROP\n-A INPUT -j DROP\n");
        state.with_caller(1000);
        assert_eq!(ask("iptables -S", &mut state).code, 4);
    }
}
