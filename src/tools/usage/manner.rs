//! How tools word their refusals.

use super::{Problem, Usage};

/// What a tool prints on standard error when it refuses a call, without the last line break.
pub type Manner = fn(&Usage, &str, &Problem) -> String;

fn dashless(flag: &str) -> &str {
    flag.trim_start_matches('-')
}

/// The C library's getopt_long(3), without what a tool adds.
pub fn getopt(_usage: &Usage, tool: &str, problem: &Problem) -> String {
    let long = |flag: &str| flag.starts_with("--");
    match problem {
        // A tool without long names takes the second dash for a letter.
        Problem::UnknownFlag(flag) if flag == "--" => format!("{tool}: invalid option -- '-'"),
        Problem::UnknownFlag(flag) if long(flag) => format!("{tool}: unrecognized option '{flag}'"),
        Problem::UnknownFlag(flag) => format!("{tool}: invalid option -- '{}'", dashless(flag)),
        Problem::AmbiguousFlag(flag, meant) => {
            let meant: Vec<String> = meant.iter().map(|one| format!("'{one}'")).collect();
            format!("{tool}: option '{flag}' is ambiguous; possibilities: {}", meant.join(" "))
        }
        Problem::ValueMissing(flag) if long(flag) => {
            format!("{tool}: option '{flag}' requires an argument")
        }
        Problem::ValueMissing(flag) => {
            format!("{tool}: option requires an argument -- '{}'", dashless(flag))
        }
        Problem::ValueUnwanted(flag) => {
            format!("{tool}: option '{flag}' doesn't allow an argument")
        }
        Problem::BadValue { flag, value } => {
            format!("{tool}: invalid argument '{value}' for '{flag}'")
        }
        Problem::FlagMissing(flag) => format!("{tool}: option '{flag}' is needed"),
        Problem::UnknownCommand { word, .. } => format!("{tool}: unknown command '{word}'"),
        Problem::CommandMissing { .. } => format!("{tool}: a command is missing"),
        Problem::OperandMissing { .. } => format!("{tool}: missing operand"),
        Problem::OperandUnwanted(word) => format!("{tool}: extra operand '{word}'"),
    }
}

/// [`getopt`] with the line that GNU tools and util-linux add.
pub fn getopt_try(usage: &Usage, tool: &str, problem: &Problem) -> String {
    format!("{}\nTry '{tool} --help' for more information.", getopt(usage, tool, problem))
}

/// Go programs on the library cobra (kubectl, docker, helm).
pub fn cobra(_usage: &Usage, tool: &str, problem: &Problem) -> String {
    let said = match problem {
        Problem::UnknownFlag(flag) if flag.starts_with("--") => format!("unknown flag: {flag}"),
        Problem::UnknownFlag(flag) => {
            format!("unknown shorthand flag: '{0}' in -{0}", dashless(flag))
        }
        Problem::AmbiguousFlag(flag, _) => format!("unknown flag: {flag}"),
        Problem::ValueMissing(flag) if flag.starts_with("--") => {
            format!("flag needs an argument: {flag}")
        }
        Problem::ValueMissing(flag) => {
            format!("flag needs an argument: '{0}' in -{0}", dashless(flag))
        }
        Problem::ValueUnwanted(flag) => {
            format!("invalid argument for \"{flag}\" flag: parse error")
        }
        Problem::BadValue { flag, value } => {
            format!("invalid argument \"{value}\" for \"{flag}\" flag")
        }
        Problem::FlagMissing(flag) => {
            format!("required flag(s) \"{}\" not set", dashless(flag))
        }
        Problem::UnknownCommand { word, under } if under.is_empty() => {
            format!("unknown command \"{word}\" for \"{tool}\"")
        }
        Problem::UnknownCommand { word, under } => {
            format!("unknown command \"{word}\" for \"{tool} {under}\"")
        }
        Problem::CommandMissing { .. } => "a command is missing".to_owned(),
        Problem::OperandMissing { least, given } => {
            format!("requires at least {least} arg(s), only received {given}")
        }
        Problem::OperandUnwanted(word) => format!("unknown argument \"{word}\""),
    };
    format!("Error: {said}")
}
