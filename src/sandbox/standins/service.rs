//! service: the old face of systemctl.

use super::answer::Answer;
use super::book::State;
use super::systemctl::systemctl;
use super::units::{self, Found, full_name};
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const SERVICE: StandIn =
    StandIn { names: &["service"], real: Real::Never, answer: service };

const VERBS: &[&str] = &[
    "start",
    "stop",
    "restart",
    "reload",
    "status",
    "try-restart",
    "reload-or-restart",
    "try-reload-or-restart",
    "force-reload",
    "is-active",
    "is-enabled",
    "show",
    "enable",
    "disable",
];

fn service(line: &Line, state: &mut State) -> Answer {
    if line.has("--status-all") {
        return Answer::quiet();
    }
    let (name, verb) = (line.operand(0), line.operand(1));
    if name.is_empty() || verb.is_empty() {
        return Answer::fails(
            1,
            "Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]",
        );
    }
    if units::find(state, "", &full_name(name)) == Found::Missing {
        return Answer::fails(1, format!("{name}: unrecognized service"));
    }
    if verb == "--full-restart" || VERBS.contains(&verb) {
        let verb = match verb {
            "--full-restart" => "restart",
            "force-reload" => "try-reload-or-restart",
            other => other,
        };
        let mut line = line.clone();
        (line.command, line.operands) = (verb.to_owned(), vec![name.to_owned()]);
        return systemctl(&line, state);
    }
    Answer::quiet().would(format!("run {verb} of the script of {name}"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn service_and_systemctl_know_the_same_units() {
        let mut state = State::new("/nonexistent");
        for (line, code) in [
            ("service app stop", 0),
            ("systemctl is-active app", 3),
            ("service app status", 3),
            ("service app start", 0),
            ("service app status", 0),
            ("service app", 1),
            ("service --frob", 1),
            ("service --status-all", 0),
        ] {
            assert_eq!(ask(line, &mut state).code, code, "{line}");
        }
    }
}
