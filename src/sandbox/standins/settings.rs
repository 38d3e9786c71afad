//! sysctl, hostnamectl, timedatectl: settings of the kernel and the machine that calls changed.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeMap;

use super::answer::Answer;
use super::book::State;
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const SETTINGS: StandIn = StandIn {
    names: &["sysctl", "hostnamectl", "timedatectl"],
    real: Real::Sometimes,
    answer: settings,
};

type Values = BTreeMap<String, String>;

fn settings(line: &Line, state: &mut State) -> Answer {
    match line.tool.as_str() {
        "sysctl" => sysctl(line, state),
        "hostnamectl" => hostnamectl(line, state),
        _ => timedatectl(line, state),
    }
}

/// `net.ipv4.ip_forward` and `net/ipv4/ip_forward` as a path (sysctl(8)).
fn path(key: &str) -> String {
    let slash = key.find(['.', '/']).is_some_and(|at| key.as_bytes()[at] == b'/');
    format!("/proc/sys/{}", if slash { key.to_owned() } else { key.replace('.', "/") })
}

fn sysctl(line: &Line, state: &mut State) -> Answer {
    let mut values = state.get::<Values>("sysctl");
    let mut set: Vec<(String, String)> = Vec::new();
    if line.has("--load") {
        let mut files: Vec<String> = line
            .values("--load")
            .into_iter()
            .map(str::to_owned)
            .chain(line.operands.clone())
            .collect();
        if files.is_empty() {
            files.push("/etc/sysctl.conf".to_owned());
        }
        for file in files {
            if file != "-" && !state.here(&file).exists() {
                return Answer::fails(
                    255,
                    format!("sysctl: cannot open \"{file}\": No such file or directory"),
                );
            }
            let text = if file == "-" { state.input() } else { state.read(&file) };
            let row = |line: &str| {
                let line = line.trim();
                let skip = line.is_empty() || line.starts_with(['#', ';']);
                line.split_once('=').filter(|_| !skip).map(|(key, value)| {
                    (key.trim().trim_start_matches('-').to_owned(), value.trim().to_owned())
                })
            };
            set.extend(text.lines().filter_map(row));
        }
    } else if line.has("--system") {
        return Answer::quiet().would("load the settings of every system directory");
    } else {
        for word in &line.operands {
            match word.split_once('=') {
                Some((key, value)) => set.push((key.trim().to_owned(), value.trim().to_owned())),
                None if line.has("--write") => {
                    return Answer::fails(
                        255,
                        format!("sysctl: \"{word}\" must be of the form name=value"),
                    );
                }
                None => {}
            }
        }
    }
    if set.is_empty() {
        return read(line, &values);
    }
    let mut answer = Answer::quiet();
    for (key, value) in set {
        let place = path(&key);
        if !state.exists(&place) && !state.elsewhere {
            if !line.has("--ignore") {
                answer.and(Answer::fails(
                    255,
                    format!("sysctl: cannot stat {place}: No such file or directory"),
                ));
            }
            continue;
        }
        if !state.is_root() {
            answer.and(Answer::fails(255, format!("sysctl: permission denied on key \"{key}\"")));
            continue;
        }
        if !line.has("--quiet") {
            let shown =
                if line.has("--values") { value.clone() } else { format!("{key} = {value}") };
            answer.and(Answer::prints(shown));
        }
        answer.would.push(format!("set {key} to {value}"));
        if !line.has("--dry-run") {
            values.insert(place, value);
        }
    }
    state.set("sysctl", &values);
    answer
}

fn read(line: &Line, values: &Values) -> Answer {
    let known = |key: &String| values.contains_key(&path(key));
    if line.operands.is_empty() || !line.operands.iter().any(known) {
        return Answer::hands_over();
    }
    let mut answer = Answer::quiet();
    for key in &line.operands {
        let value = values.get(&path(key)).cloned().unwrap_or_default();
        answer.and(Answer::prints(if line.has("--values") {
            value
        } else {
            format!("{key} = {value}")
        }));
    }
    answer
}

fn hostnamectl(line: &Line, state: &mut State) -> Answer {
    let mut values = state.get::<Values>("hostnamectl");
    let verb = line.command.trim_start_matches("set-");
    let name = match verb {
        "" | "status" => {
            let known = values.get("hostname").cloned();
            let name = known.unwrap_or_else(|| state.read("/etc/hostname").trim().to_owned());
            return Answer::prints(format!(" Static hostname: {name}"));
        }
        other => other.to_owned(),
    };
    match line.operands.first() {
        None => {
            let known = values.get(&name).cloned();
            let file = if name == "hostname" {
                state.read("/etc/hostname").trim().to_owned()
            } else {
                String::new()
            };
            Answer::prints(known.unwrap_or(file))
        }
        Some(value) => {
            if name == "hostname" && !line.has("--pretty") && !valid(value) {
                return Answer::fails(
                    1,
                    format!("Could not set static hostname: Invalid static hostname '{value}'"),
                );
            }
            values.insert(name.clone(), value.clone());
            state.set("hostnamectl", &values);
            Answer::quiet().would(format!("set the {name} to {value}"))
        }
    }
}

/// hostname(7).
fn valid(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    !name.is_empty()
        && name.len() <= 64
        && name.chars().all(plain)
        && !name.starts_with(['-', '.'])
        && !name.contains("..")
}

fn timedatectl(line: &Line, state: &mut State) -> Answer {
    let mut values = state.get::<Values>("timedatectl");
    let zone_link = std::fs::read_link(state.path("/etc/localtime")).ok();
    let zone = zone_link
        .and_then(|link| Some(link.to_string_lossy().split_once("zoneinfo/")?.1.to_owned()));
    let zone = values.get("set-timezone").cloned().or(zone).unwrap_or_else(|| "Etc/UTC".to_owned());
    let value = line.operand(0).to_owned();
    let boolean = matches!(
        value.as_str(),
        "yes" | "no" | "true" | "false" | "1" | "0" | "on" | "off" | "y" | "n" | "t" | "f"
    );
    match line.command.as_str() {
        "" | "status" => Answer::prints(format!(
            "                Time zone: {zone}\nSystem clock synchronized: yes\n              NTP service: active"
        )),
        "show" => {
            let all = [
                ("Timezone", zone.as_str()),
                ("LocalRTC", "no"),
                ("CanNTP", "yes"),
                ("NTP", "yes"),
                ("NTPSynchronized", "yes"),
            ];
            let asked = [line.values("--property"), line.values("-P")].concat().join(",");
            let rows = all
                .iter()
                .filter(|(name, _)| asked.is_empty() || asked.split(',').any(|one| one == *name));
            let bare = line.has("--value") || line.has("-P");
            let shown: Vec<String> = rows
                .map(
                    |(name, value)| {
                        if bare { (*value).to_owned() } else { format!("{name}={value}") }
                    },
                )
                .collect();
            Answer::prints(shown.join("\n"))
        }
        "list-timezones" => Answer::hands_over(),
        "timesync-status" | "show-timesync" => Answer::quiet(),
        "set-timezone"
            if !state.path(format!("/usr/share/zoneinfo/{value}")).is_file()
                && state.path("/usr/share/zoneinfo").is_dir() =>
        {
            Answer::fails(
                1,
                format!("Failed to set time zone: Invalid or not installed time zone '{value}'"),
            )
        }
        "set-ntp" | "set-local-rtc" if !boolean => {
            Answer::fails(1, format!("Failed to parse boolean value: {value}"))
        }
        verb => {
            values.insert(verb.to_owned(), value.clone());
            state.set("timedatectl", &values);
            Answer::quiet().would(format!("{} {value}", verb.replacen('-', " the ", 1)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer::Then;
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn a_setting_is_what_a_call_made_of_it() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(tree.path().join("proc/sys/vm")).unwrap();
        std::fs::create_dir_all(tree.path().join("usr/share/zoneinfo/Europe")).unwrap();
        std::fs::write(tree.path().join("usr/share/zoneinfo/Europe/Rome"), "").unwrap();
        std::fs::write(tree.path().join("proc/sys/vm/swappiness"), "60\n").unwrap();
        let mut state = State::new(tree.path());
        assert_eq!(ask("sysctl vm.swappiness", &mut state).then, Then::HandOver);
        for (line, code, out) in [
            ("sysctl -w vm.swappiness=1", 0, "vm.swappiness = 1\n"),
            ("sysctl -n vm.swappiness", 0, "1\n"),
            ("sysctl -w vm.nonsense=1", 255, ""),
            ("sysctl -w vm.swappiness", 255, ""),
            ("sysctl --frob", 1, ""),
            ("sysctl -p /missing", 255, ""),
            ("hostnamectl set-hostname db2", 0, ""),
            ("hostnamectl hostname", 0, "db2\n"),
            ("hostnamectl set-hostname a..b", 1, ""),
            ("hostnamectl frob", 1, ""),
            ("timedatectl set-timezone Europe/Rome", 0, ""),
            ("timedatectl show -p Timezone --value", 0, "Europe/Rome\n"),
            ("timedatectl set-timezone Europe/Atlantis", 1, ""),
            ("timedatectl set-ntp maybe", 1, ""),
        ] {
            let answer = ask(line, &mut state);
            assert_eq!((answer.code, answer.out.as_str()), (code, out), "{line}: {}", answer.err);
        }
    }
}
