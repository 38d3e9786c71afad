//! ip: addresses, routes and links that calls changed; the machine's own are not seen from inside.

use std::collections::BTreeMap;

use super::answer::Answer;
use super::book::State;
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const NETWORK: StandIn = StandIn { names: &["ip"], real: Real::Sometimes, answer: ip };

/// By `address DEVICE`, `route`, `link DEVICE`: what calls added.
type Known = BTreeMap<String, Vec<String>>;

/// Verbs of each object, in the order in which iproute2 tries them when they are cut short.
fn verbs(object: &str) -> Option<(&'static [&'static str], &'static [&'static str])> {
    Some(match object {
        "address" => (
            &["add", "change", "chg", "replace", "delete", "flush", "save", "showdump", "restore"],
            &["show", "list", "lst"],
        ),
        "link" => (
            &["add", "set", "change", "replace", "delete", "property"],
            &["show", "list", "lst", "xstats", "afstats"],
        ),
        "route" => (
            &[
                "add", "change", "replace", "prepend", "append", "test", "delete", "flush", "save",
                "restore",
            ],
            &["show", "list", "lst", "get"],
        ),
        "rule" => (&["add", "delete", "flush", "save", "restore"], &["show", "list", "lst"]),
        "neighbor" => {
            (&["add", "change", "replace", "delete", "flush"], &["show", "list", "lst", "get"])
        }
        _ => return None,
    })
}

fn ip(line: &Line, state: &mut State) -> Answer {
    if line.has("-Version") || line.has("-help") || line.command == "help" {
        return Answer::hands_over();
    }
    if line.has("-batch") {
        return Answer::quiet()
            .would(format!("run the commands of {}", line.value("-batch").unwrap_or("")));
    }
    let object = line.command.as_str();
    let Some((changes, looks)) = verbs(object) else {
        return other(line, state);
    };
    let given = line.operand(0);
    let rest = line.operands.get(1..).unwrap_or_default();
    let cut = |list: &&'static [&'static str]| {
        if given == "del" {
            return list.iter().find(|verb| **verb == "delete").copied();
        }
        list.iter().find(|verb| verb.starts_with(given)).copied()
    };
    if given == "help" {
        return Answer::hands_over();
    }
    let known = state.get::<Known>("network");
    // A verb cut short is first one that looks, but `s` of a link is `set`.
    if given.is_empty() || cut(&looks).is_some() && (object, given) != ("link", "s") {
        return show(object, rest, &known);
    }
    let Some(verb) = cut(&changes) else {
        // `ip addr eth0` shows a device; other words are none.
        return Answer::fails(
            255,
            format!("Command \"{given}\" is unknown, try \"ip {object} help\"."),
        );
    };
    change(line, object, verb, rest, known, state)
}

fn device(words: &[String]) -> Option<&str> {
    let at = words.iter().position(|word| word == "dev")?;
    words.get(at + 1).map(String::as_str)
}

fn show(object: &str, words: &[String], known: &Known) -> Answer {
    let wanted = device(words).or(words.first().map(String::as_str));
    let mut text = String::new();
    if object == "address" && wanted.is_none_or(|device| device == "lo") {
        text.push_str(
            "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n    inet 127.0.0.1/8 scope host lo\n",
        );
    }
    for (name, lines) in known.iter().filter(|(name, _)| name.split(' ').next() == Some(object)) {
        let device = name.split(' ').nth(1).unwrap_or("");
        if wanted.is_some_and(|wanted| !device.is_empty() && wanted != device) {
            continue;
        }
        for one in lines {
            text.push_str(&if object == "address" {
                format!("    inet {one} {device}\n")
            } else {
                format!("{one}\n")
            });
        }
    }
    let mut answer = Answer::prints(text);
    answer.err = "ip: blackstart stand-in: only what calls changed is shown, not the machine's own network\n".to_owned();
    answer
}

fn change(
    line: &Line,
    object: &str,
    verb: &str,
    words: &[String],
    mut known: Known,
    state: &mut State,
) -> Answer {
    if !state.is_root() {
        return Answer::fails(2, "RTNETLINK answers: Operation not permitted");
    }
    let needs_device =
        object == "address" && verb != "flush" && verb != "restore" && verb != "save";
    if needs_device && device(words).is_none() {
        return Answer::fails(255, "Not enough information: \"dev\" argument is required.");
    }
    if words.is_empty() && verb != "flush" && verb != "save" && verb != "restore" {
        return Answer::fails(255, "Command line is not complete. Try option \"help\"");
    }
    if object == "address" && matches!(verb, "add" | "delete" | "replace" | "change") {
        let address = words.first().filter(|word| *word != "dev").map_or("", String::as_str);
        let plain = address.split('/').next().unwrap_or(address);
        let length = address.split_once('/').map(|(_, length)| length);
        let good = plain.parse::<std::net::IpAddr>().is_ok()
            && length.is_none_or(|length| length.parse::<u8>().is_ok_and(|length| length <= 128));
        if !good && address != "local" {
            return Answer::fails(
                1,
                format!("Error: any valid prefix is expected rather than \"{address}\"."),
            );
        }
    }
    let key = match object {
        "address" | "neighbor" => format!("{object} {}", device(words).unwrap_or("")),
        "link" => {
            format!("link {}", device(words).or(words.first().map(String::as_str)).unwrap_or(""))
        }
        _ => object.to_owned(),
    };
    let text = match object {
        "address" => words.first().cloned().unwrap_or_default(),
        _ => words.join(" "),
    };
    let own = known.entry(key).or_default();
    match verb {
        "add" | "append" | "prepend" if own.contains(&text) => {
            return Answer::fails(
                2,
                if object == "address" {
                    "Error: ipv4: Address already assigned."
                } else {
                    "RTNETLINK answers: File exists"
                },
            );
        }
        "add" | "append" | "prepend" | "replace" | "change" | "set" => own.push(text),
        "delete" => own.retain(|one| *one != text),
        "flush" => own.clear(),
        _ => {}
    }
    state.set("network", &known);
    Answer::quiet().would(
        format!("ip {object} {verb} {}", words.join(" ")).trim().to_owned()
            + if line.has("-netns") { " in another namespace" } else { "" },
    )
}

/// Objects whose words are not modelled.
fn other(line: &Line, state: &State) -> Answer {
    let looks = matches!(
        line.operand(0),
        "" | "show" | "list" | "lst" | "ls" | "help" | "get" | "identify" | "pids"
    );
    if looks {
        return Answer::quiet();
    }
    if !state.is_root() {
        return Answer::fails(2, "RTNETLINK answers: Operation not permitted");
    }
    Answer::quiet().would(format!("ip {}", line.words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn an_address_is_there_once_a_call_added_it() {
        let mut state = State::new("/nonexistent");
        for (line, code, out) in [
            ("ip addr add 10.0.0.5/24 dev eth0", 0, ""),
            ("ip addr add 10.0.0.5/24 dev eth0", 2, ""),
            ("ip -4 -o a s dev eth0", 0, "    inet 10.0.0.5/24 eth0\n"),
            ("ip address show eth1", 0, ""),
            ("ip addr del 10.0.0.5/24 dev eth0", 0, ""),
            ("ip a s eth0", 0, ""),
            ("ip addr add 10.0.0.5/24", 255, ""),
            ("ip addr add lots dev eth0", 1, ""),
            ("ip addr frob", 255, ""),
            ("ip frobnicate", 255, ""),
            ("ip -frob addr", 255, ""),
            ("ip link set eth0 up", 0, ""),
            ("ip route add default via 10.0.0.1", 0, ""),
            ("ip r", 0, "default via 10.0.0.1\n"),
            ("ip netns list", 0, ""),
        ] {
            let answer = ask(line, &mut state);
            assert_eq!((answer.code, answer.out.as_str()), (code, out), "{line}: {}", answer.err);
        }
        state.with_caller(1000);
        assert_eq!(ask("ip link set eth0 down", &mut state).code, 2);
    }
}
