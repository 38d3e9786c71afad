//! sudo 1.9, and crontab of Debian's cron 3.

use super::{Problem, Style, Usage, getopt};

/// sudo(8).
pub const SUDO: Usage = Usage {
    names: &["sudo", "sudoedit"],
    style: Style::Posix,
    global: "",
    groups: &[],
    commands: &[(
        "",
        "-A,--askpass -b,--background -B,--bell -C,--close-from= -D,--chdir= -E,--preserve-env[=] -e,--edit -g,--group= \
         -H,--set-home --host= --help -i,--login -K,--remove-timestamp -k,--reset-timestamp -l,--list -n,--non-interactive \
         -N,--no-update -P,--preserve-groups -p,--prompt= -R,--chroot= -r,--role= -S,--stdin -s,--shell -t,--type= \
         -T,--command-timeout= -U,--other-user= -u,--user= -V,--version -v,--validate -h[=]",
    )],
    code: 1,
    manner: sudo,
};

/// crontab(1).
pub const CRONTAB: Usage = Usage {
    names: &["crontab"],
    style: Style::Gnu,
    global: "",
    groups: &[],
    commands: &[("", "-u= -e -l -r -i -n -s -T -V -h ; 0..1")],
    code: 1,
    manner: crontab,
};

fn sudo(usage: &Usage, tool: &str, problem: &Problem) -> String {
    let said = getopt(usage, tool, problem);
    format!(
        "{said}\nusage: sudo -h | -K | -k | -V\nusage: sudo [-ABbEHnPS] [-u user] [VAR=value] [-i | -s] [command [arg ...]]"
    )
}

fn crontab(usage: &Usage, tool: &str, problem: &Problem) -> String {
    let what = match problem {
        Problem::UnknownFlag(_) => "unrecognized option",
        Problem::OperandUnwanted(_)
        | Problem::ValueMissing(_)
        | Problem::AmbiguousFlag(..)
        | Problem::ValueUnwanted(_)
        | Problem::BadValue { .. }
        | Problem::FlagMissing(_)
        | Problem::UnknownCommand { .. }
        | Problem::CommandMissing { .. }
        | Problem::OperandMissing { .. } => "only one operation is permitted",
    };
    let said = getopt(usage, tool, problem);
    format!("{said}\ncrontab: usage error: {what}")
}
