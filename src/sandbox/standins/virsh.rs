//! virsh: virtual machines that calls started, stopped, defined or removed; others are taken as running.

use std::collections::BTreeMap;

use super::answer::Answer;
use super::book::State;
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const VIRSH: StandIn = StandIn { names: &["virsh"], real: Real::Never, answer: virsh };

/// By name: `running`, `shut off`, `paused`, `gone`.
type Domains = BTreeMap<String, String>;

/// Commands that only look.
const LOOKS: &[&str] = &[
    "list",
    "net-list",
    "pool-list",
    "vol-list",
    "snapshot-list",
    "checkpoint-list",
    "nodeinfo",
    "version",
    "uri",
    "capabilities",
    "hostname",
    "sysinfo",
    "nodedev-list",
    "iface-list",
    "secret-list",
    "nwfilter-list",
    "dumpxml",
    "net-dumpxml",
    "pool-dumpxml",
    "vol-dumpxml",
    "vol-info",
    "vol-path",
    "pool-info",
    "net-info",
    "snapshot-info",
    "snapshot-dumpxml",
    "snapshot-current",
    "cd",
    "pwd",
    "echo",
    "help",
    "quit",
    "exit",
    "connect",
    "domblklist",
    "domiflist",
    "domifaddr",
    "dominfo",
    "domuuid",
    "domname",
    "domid",
    "domblkinfo",
    "domblkstat",
    "dommemstat",
    "domjobinfo",
    "domstats",
    "vcpuinfo",
    "vcpucount",
    "freecell",
    "maxvcpus",
];

fn virsh(line: &Line, state: &mut State) -> Answer {
    let verb = line.command.as_str();
    let mut domains = state.get::<Domains>("virsh");
    if verb == "list" {
        let all = line.has("--all") || line.has("--inactive");
        let shown = domains.iter().filter(|(_, how)| *how != "gone" && (all || *how != "shut off"));
        let rows: Vec<String> =
            shown
                .map(|(name, how)| {
                    if line.has("--name") { name.clone() } else { format!(" -    {name}   {how}") }
                })
                .collect();
        let head =
            if line.has("--name") { "" } else { " Id   Name   State\n--------------------\n" };
        return Answer::prints(format!("{head}{}\n", rows.join("\n")));
    }
    let name = line.value("--domain").unwrap_or(line.operand(0)).to_owned();
    if LOOKS.contains(&verb) {
        return if domains.get(&name).is_some_and(|how| how == "gone") {
            no_domain(&name)
        } else {
            Answer::quiet()
        };
    }
    let wants_domain = !line_is_of_others(verb);
    if wants_domain && name.is_empty() {
        return Answer::fails(1, format!("error: command '{verb}' requires <domain> option"));
    }
    let how = domains.get(&name).cloned().unwrap_or_else(|| "running".to_owned());
    if wants_domain && how == "gone" {
        return no_domain(&name);
    }
    let state_after = match verb {
        "domstate" => return Answer::prints(how),
        "start" if how == "running" && domains.contains_key(&name) => {
            return Answer::fails(1, "error: Domain is already active");
        }
        "start" | "resume" | "reboot" | "reset" | "restore" | "create" | "dompmwakeup" => "running",
        "shutdown" | "destroy" | "managedsave" | "save" => {
            if how == "shut off" {
                return Answer::fails(
                    1,
                    format!(
                        "error: Failed to {verb} domain '{name}'\nerror: Requested operation is not valid: domain is not running"
                    ),
                );
            }
            "shut off"
        }
        "suspend" => "paused",
        "undefine" => "gone",
        "define" => {
            let file = line.value("--file").unwrap_or(line.operand(0));
            if !state.here(file).exists() {
                return Answer::fails(
                    1,
                    format!("error: Failed to open file '{file}': No such file or directory"),
                );
            }
            return Answer::quiet().would(format!("define the domain of {file}"));
        }
        _ => "",
    };
    if !state_after.is_empty() && wants_domain {
        domains.insert(name.clone(), state_after.to_owned());
        state.set("virsh", &domains);
    }
    let words =
        line.words.iter().skip_while(|word| *word != verb).cloned().collect::<Vec<_>>().join(" ");
    Answer::quiet().would(words)
}

fn no_domain(name: &str) -> Answer {
    Answer::fails(1, format!("error: failed to get domain '{name}'"))
}

/// Commands about networks, pools, volumes and the like.
fn line_is_of_others(verb: &str) -> bool {
    [
        "net-",
        "pool-",
        "vol-",
        "nodedev-",
        "iface-",
        "secret-",
        "nwfilter-",
        "find-storage",
        "node",
        "define",
        "create",
        "restore",
        "save-image",
    ]
    .iter()
    .any(|start| verb.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn a_machine_is_what_the_last_call_made_of_it() {
        let mut state = State::new("/nonexistent");
        for (line, code, out) in [
            ("virsh domstate web", 0, "running\n"),
            ("virsh shutdown web", 0, ""),
            ("virsh -c qemu:///system domstate --domain web", 0, "shut off\n"),
            ("virsh destroy web", 1, ""),
            ("virsh start web", 0, ""),
            ("virsh start web", 1, ""),
            ("virsh list --name", 0, "web\n"),
            ("virsh undefine web --nvram", 0, ""),
            ("virsh start web", 1, ""),
            ("virsh snapshot-revert db before", 0, ""),
            ("virsh frobnicate web", 1, ""),
            ("virsh start web --frob", 1, ""),
            ("virsh define /nonexistent.xml", 1, ""),
        ] {
            let answer = ask(line, &mut state);
            assert_eq!((answer.code, answer.out.as_str()), (code, out), "{line}: {}", answer.err);
        }
    }
}
