//! ssh, scp and sftp, as OpenSSH 9.2 has them, with newer flags.

use super::{Problem, Style, Usage, getopt};

/// ssh(1): the first operand is the destination; what follows it is the remote command.
pub const SSH: Usage = Usage {
    names: &["ssh"],
    style: Style::Posix,
    global: "",
    groups: &[],
    commands: &[(
        "",
        "-4 -6 -A -a -C -f -G -g -K -k -M -N -n -q -s -T -t -V -v -X -x -Y -y -1 -2 -B= -b= -c= -D= -E= -e= -F= -I= -i= -J= \
         -L= -l= -m= -O= -o= -P= -p= -Q= -R= -S= -W= -w=",
    )],
    code: 255,
    manner: ssh,
};

/// scp(1) and sftp(1).
pub const SCP: Usage = Usage {
    names: &["scp", "sftp"],
    style: Style::Gnu,
    global: "",
    groups: &[],
    commands: &[
        (
            "scp",
            "-3 -4 -6 -A -B -C -O -p -q -R -r -s -T -v -1 -2 -d -f -t -c= -D= -F= -i= -J= -l= -o= -P= -S= -X=",
        ),
        (
            "sftp",
            "-4 -6 -A -a -C -f -N -p -q -r -v -1 -2 -B= -b= -c= -D= -F= -i= -J= -l= -o= -P= -R= -S= -s= -X= ; 1",
        ),
    ],
    code: 1,
    manner: ssh,
};

fn ssh(usage: &Usage, tool: &str, problem: &Problem) -> String {
    let who = if tool == "scp" { "scp: " } else { "" };
    let letter = |flag: &str| flag.trim_start_matches('-').chars().next().unwrap_or('-');
    match problem {
        Problem::UnknownFlag(flag) if flag.starts_with("--") => {
            format!("{who}unknown option -- -\nusage: {tool} [options] …")
        }
        Problem::UnknownFlag(flag) => {
            format!("{who}unknown option -- {}\nusage: {tool} [options] …", letter(flag))
        }
        Problem::ValueMissing(flag) => {
            format!(
                "{who}option requires an argument -- {}\nusage: {tool} [options] …",
                letter(flag)
            )
        }
        Problem::AmbiguousFlag(..)
        | Problem::ValueUnwanted(_)
        | Problem::BadValue { .. }
        | Problem::FlagMissing(_)
        | Problem::UnknownCommand { .. }
        | Problem::CommandMissing { .. }
        | Problem::OperandMissing { .. }
        | Problem::OperandUnwanted(_) => getopt(usage, tool, problem),
    }
}
