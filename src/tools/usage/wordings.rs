//! How the tools of clouds, containers, the web and databases word their refusals.

use super::manner::{cobra, getopt};
use super::{Problem, Usage};

/// argparse, as the AWS command line uses it.
pub(super) fn aws(usage: &Usage, tool: &str, problem: &Problem) -> String {
    let said = match problem {
        Problem::UnknownFlag(word) | Problem::OperandUnwanted(word) => {
            return format!("\nUnknown options: {word}");
        }
        _ => argparse(usage, tool, problem),
    };
    format!(
        "\nusage: {tool} [options] <command> <subcommand> [<subcommand> ...] [parameters]\n{tool}: error: {said}"
    )
}

/// argparse, as gcloud uses it.
pub(super) fn gcloud(usage: &Usage, tool: &str, problem: &Problem) -> String {
    let dotted = |under: &str| {
        std::iter::once(tool).chain(under.split_ascii_whitespace()).collect::<Vec<_>>().join(".")
    };
    match problem {
        Problem::UnknownCommand { word, under } => {
            format!("ERROR: ({}) Invalid choice: '{word}'.", dotted(under))
        }
        Problem::CommandMissing { under } => {
            format!("ERROR: ({}) Command name argument expected.", dotted(under))
        }
        _ => format!("ERROR: ({tool}) {}", argparse(usage, tool, problem)),
    }
}

/// argparse, as the Azure command line uses it.
pub(super) fn az(usage: &Usage, tool: &str, problem: &Problem) -> String {
    match problem {
        Problem::UnknownCommand { word, under } if under.is_empty() => {
            format!("ERROR: '{word}' is misspelled or not recognized by the system.")
        }
        Problem::UnknownCommand { word, under } => {
            format!(
                "ERROR: '{word}' is misspelled or not recognized by the system. ({tool} {under})"
            )
        }
        _ => format!("ERROR: {}", argparse(usage, tool, problem)),
    }
}

fn argparse(usage: &Usage, tool: &str, problem: &Problem) -> String {
    match problem {
        Problem::UnknownFlag(word) | Problem::OperandUnwanted(word) => {
            format!("unrecognized arguments: {word}")
        }
        Problem::ValueMissing(flag) => format!("argument {flag}: expected one argument"),
        Problem::ValueUnwanted(flag) => format!("argument {flag}: ignored explicit argument"),
        Problem::BadValue { flag, value } => {
            format!("argument {flag}: Invalid choice, valid choices are others than '{value}'")
        }
        Problem::FlagMissing(flag) => format!("the following arguments are required: {flag}"),
        Problem::OperandMissing { .. } => {
            "the following arguments are required: operands".to_owned()
        }
        Problem::CommandMissing { .. } => {
            "the following arguments are required: command".to_owned()
        }
        Problem::UnknownCommand { word, .. } => {
            format!("argument command: Invalid choice, valid choices are others than '{word}'")
        }
        Problem::AmbiguousFlag(..) => getopt(usage, tool, problem),
    }
}

/// Go programs on cobra that name no kind in front: docker.
pub(super) fn docker(usage: &Usage, tool: &str, problem: &Problem) -> String {
    let spaced = |under: &str| if under.is_empty() { String::new() } else { format!("{under} ") };
    match problem {
        Problem::UnknownCommand { word, under } => format!(
            "{tool}: unknown command: {tool} {}{word}\n\nRun '{tool} --help' for more information",
            spaced(under)
        ),
        Problem::OperandMissing { least, .. } => {
            format!(
                "{tool}: requires at least {least} argument{}",
                if *least == 1 { "" } else { "s" }
            )
        }
        Problem::OperandUnwanted(word) => format!("{tool}: accepts no argument {word:?}"),
        Problem::CommandMissing { under } => format!("Usage:  {tool} {}COMMAND", spaced(under)),
        _ => plain(&cobra(usage, tool, problem)),
    }
}

/// podman.
pub(super) fn podman(usage: &Usage, tool: &str, problem: &Problem) -> String {
    match problem {
        Problem::UnknownCommand { word, under } if under.is_empty() => {
            format!(
                "Error: unrecognized command `{tool} {word}`\nTry '{tool} --help' for more information"
            )
        }
        Problem::UnknownCommand { word, under } => format!(
            "Error: unrecognized command `{tool} {under} {word}`\nTry '{tool} {under} --help' for more information"
        ),
        Problem::CommandMissing { under } => {
            format!("Error: missing command '{tool} {under} COMMAND'")
        }
        Problem::OperandMissing { .. } => {
            "Error: you must provide at least one name or id".to_owned()
        }
        _ => cobra(usage, tool, problem),
    }
}

/// velero, which says what is wrong as its library does.
pub(super) fn velero(usage: &Usage, tool: &str, problem: &Problem) -> String {
    match problem {
        Problem::OperandUnwanted(word) => {
            format!("An error occurred: unexpected argument {word:?}")
        }
        _ => cobra(usage, tool, problem),
    }
}

fn plain(said: &str) -> String {
    said.strip_prefix("Error: ").unwrap_or(said).to_owned()
}

/// gsutil.
pub(super) fn gsutil(usage: &Usage, tool: &str, problem: &Problem) -> String {
    match problem {
        Problem::UnknownCommand { word, under } if under.is_empty() => {
            format!("CommandException: Invalid command \"{word}\".")
        }
        Problem::UnknownCommand { word, under } => format!(
            "CommandException: Invalid subcommand \"{word}\" for the {under} command.\nSee \"gsutil help {under}\"."
        ),
        Problem::UnknownFlag(_) | Problem::ValueUnwanted(_) => {
            "CommandException: Incorrect option(s) specified.".to_owned()
        }
        Problem::OperandMissing { least, .. } => {
            format!("CommandException: The command requires at least {least} argument(s).")
        }
        Problem::OperandUnwanted(_) => {
            "CommandException: The command was given too many arguments.".to_owned()
        }
        _ => format!("CommandException: {}", getopt(usage, tool, problem)),
    }
}

/// curl.
pub(super) fn curl(usage: &Usage, tool: &str, problem: &Problem) -> String {
    let said = match problem {
        Problem::UnknownFlag(flag) => format!("option {flag}: is unknown"),
        Problem::AmbiguousFlag(flag, _) => format!("option {flag}: is ambiguous"),
        Problem::ValueMissing(flag) => format!("option {flag}: requires parameter"),
        Problem::ValueUnwanted(flag) => format!("option {flag}: is unknown"),
        Problem::OperandMissing { .. } => "no URL specified!".to_owned(),
        _ => return getopt(usage, tool, problem),
    };
    format!("{tool}: {said}\n{tool}: try '{tool} --help' or '{tool} --manual' for more information")
}

/// wget.
pub(super) fn wget(usage: &Usage, tool: &str, problem: &Problem) -> String {
    let said = match problem {
        Problem::OperandMissing { .. } => format!("{tool}: missing URL"),
        _ => getopt(usage, tool, problem),
    };
    format!("{said}\nUsage: {tool} [OPTION]... [URL]...\n\nTry `{tool} --help' for more options.")
}

/// dig.
pub(super) fn dig(_usage: &Usage, _tool: &str, problem: &Problem) -> String {
    match problem {
        Problem::UnknownFlag(word) | Problem::OperandUnwanted(word) => {
            format!(
                "Invalid option: {word}\nUsage:  dig [@global-server] [domain] [q-type] [q-class] {{q-opt}}"
            )
        }
        Problem::ValueMissing(flag) => format!("Invalid option: {flag}"),
        _ => "Invalid option".to_owned(),
    }
}

/// The client programs of PostgreSQL.
pub(super) fn postgres(usage: &Usage, tool: &str, problem: &Problem) -> String {
    let said = match problem {
        Problem::OperandUnwanted(word) => {
            format!("{tool}: error: too many command-line arguments (first is {word:?})")
        }
        Problem::OperandMissing { .. } => {
            format!("{tool}: error: missing required argument database name")
        }
        _ => getopt(usage, tool, problem),
    };
    format!("{said}\n{tool}: hint: Try \"{tool} --help\" for more information.")
}

/// The client programs of MariaDB and MySQL.
pub(super) fn mysql(usage: &Usage, tool: &str, problem: &Problem) -> String {
    match problem {
        Problem::UnknownFlag(flag) => format!("{tool}: unknown option '{flag}'"),
        Problem::AmbiguousFlag(flag, meant) => {
            let two: Vec<&str> = meant.iter().map(|name| name.trim_start_matches('-')).collect();
            let flag = flag.trim_start_matches('-');
            format!("{tool}: ambiguous option '--{flag}' ({})", two.join(", "))
        }
        Problem::ValueMissing(flag) => format!("{tool}: option '{flag}' requires an argument"),
        Problem::ValueUnwanted(flag) => format!("{tool}: option '{flag}' cannot take an argument"),
        _ => getopt(usage, tool, problem),
    }
}

/// redis-cli.
pub(super) fn redis(_usage: &Usage, _tool: &str, problem: &Problem) -> String {
    match problem {
        Problem::UnknownFlag(word) | Problem::ValueMissing(word) => {
            format!("Unrecognized option or bad number of args for: '{word}'")
        }
        _ => "Unrecognized option".to_owned(),
    }
}

/// mongodump and mongorestore.
pub(super) fn mongo(usage: &Usage, tool: &str, problem: &Problem) -> String {
    let said = match problem {
        Problem::UnknownFlag(flag) => {
            let bare = flag.trim_start_matches('-');
            let kind = if flag.starts_with("--") { "flag" } else { "short flag" };
            format!("unknown {kind} \"{bare}\"")
        }
        Problem::ValueMissing(flag) => format!("expected argument for flag `{flag}'"),
        _ => getopt(usage, tool, problem),
    };
    format!("error parsing command line options: {said}\ntry '{tool} --help' for more information")
}

/// mongosh.
pub(super) fn mongosh(usage: &Usage, tool: &str, problem: &Problem) -> String {
    match problem {
        Problem::UnknownFlag(flag) => {
            format!("Error parsing command line: unrecognized option: {flag}")
        }
        _ => getopt(usage, tool, problem),
    }
}

/// Returns the exit code of a refusal where a tool has several.
pub(super) fn code(tool: &str, problem: &Problem) -> Option<u8> {
    match (tool, problem) {
        (
            "docker",
            Problem::UnknownCommand { .. }
            | Problem::OperandMissing { .. }
            | Problem::OperandUnwanted(_),
        ) => Some(1),
        ("docker", Problem::CommandMissing { .. }) => Some(0),
        ("kubectl" | "helm", Problem::CommandMissing { under }) if under.is_empty() => Some(0),
        ("etcdctl", Problem::OperandMissing { .. } | Problem::OperandUnwanted(_)) => Some(128),
        _ => None,
    }
}
