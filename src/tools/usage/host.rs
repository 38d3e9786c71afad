//! ip of iproute2 6.1, sysctl of procps 4, hostnamectl and timedatectl of systemd 252.

use super::systemd::systemd;
use super::{Problem, Style, Usage, getopt, getopt_try};

/// ip(8): an object, a command, and words of its own behind them.
pub const IP: Usage = Usage {
    names: &["ip"],
    style: Style::Keyword,
    global: "-Version -V -statistics,-stats -details -resolve -human-readable -iec -json -pretty -family= -4 -6 -M -B -0 \
             -loops= -brief -oneline -timestamp -tshort -batch= -rcvbuf= -netns= -Numeric -all -color[=] -force -echo -help",
    groups: &[],
    commands: &[
        ("address|addr", ""),
        ("link", ""),
        ("route", ""),
        ("rule", ""),
        ("neighbor|neighbour|neigh", ""),
        ("addrlabel", ""),
        ("ntable", ""),
        ("ntbl", ""),
        ("tunnel", ""),
        ("tunl", ""),
        ("tuntap", ""),
        ("tap", ""),
        ("token", ""),
        ("tcpmetrics|tcp_metrics", ""),
        ("monitor", ""),
        ("xfrm", ""),
        ("mroute", ""),
        ("mrule", ""),
        ("netns", ""),
        ("netconf", ""),
        ("vrf", ""),
        ("sr", ""),
        ("nexthop", ""),
        ("mptcp", ""),
        ("ioam", ""),
        ("maddress", ""),
        ("macsec", ""),
        ("l2tp", ""),
        ("fou", ""),
        ("ila", ""),
        ("amt", ""),
        ("stats", ""),
        ("help", ""),
    ],
    code: 255,
    manner: ip,
};

/// sysctl(8).
pub const SYSCTL: Usage = Usage {
    names: &["sysctl"],
    style: Style::Gnu,
    global: "",
    groups: &[],
    commands: &[(
        "",
        "-a,--all -A -X --deprecated --dry-run -b,--binary -e,--ignore -N,--names -n,--values -p,--load[=] -f[=] --system \
         -r,--pattern= -q,--quiet -w,--write -o -x -d -h,--help -V,--version",
    )],
    code: 1,
    manner: getopt_try,
};

/// hostnamectl(1).
pub const HOSTNAMECTL: Usage = Usage {
    names: &["hostnamectl"],
    style: Style::Gnu,
    global: "-h,--help --version --no-ask-password -H,--host= -M,--machine= --transient --static --pretty --json= -j",
    groups: &[],
    commands: &[
        ("", "; 0"),
        ("status", "; 0"),
        ("hostname", "; 0..1"),
        ("set-hostname", "; 1"),
        ("icon-name", "; 0..1"),
        ("set-icon-name", "; 1"),
        ("chassis", "; 0..1"),
        ("set-chassis", "; 1"),
        ("deployment", "; 0..1"),
        ("set-deployment", "; 1"),
        ("location", "; 0..1"),
        ("set-location", "; 1"),
    ],
    code: 1,
    manner: systemd,
};

/// timedatectl(1).
pub const TIMEDATECTL: Usage = Usage {
    names: &["timedatectl"],
    style: Style::Gnu,
    global: "-h,--help --version --no-pager --no-ask-password -H,--host= -M,--machine= --adjust-system-clock --monitor \
             -p,--property= -a,--all --value -P=",
    groups: &[],
    commands: &[
        ("", "; 0"),
        ("status", "; 0"),
        ("show", "; 0"),
        ("set-time", "; 1"),
        ("set-timezone", "; 1"),
        ("list-timezones", "; 0"),
        ("set-local-rtc", "; 1"),
        ("set-ntp", "; 1"),
        ("timesync-status", "; 0"),
        ("show-timesync", "; 0"),
        ("ntp-servers", "; 1.."),
        ("revert", "; 1"),
    ],
    code: 1,
    manner: systemd,
};

fn ip(usage: &Usage, tool: &str, problem: &Problem) -> String {
    match problem {
        Problem::UnknownCommand { word, .. } => {
            format!("Object \"{word}\" is unknown, try \"ip help\".")
        }
        Problem::UnknownFlag(flag) => format!("Option \"{flag}\" is unknown, try \"ip -help\"."),
        Problem::ValueMissing(_) => "Command line is not complete. Try option \"help\"".to_owned(),
        Problem::CommandMissing { .. } => {
            "Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }".to_owned()
        }
        Problem::AmbiguousFlag(..)
        | Problem::ValueUnwanted(_)
        | Problem::BadValue { .. }
        | Problem::FlagMissing(_)
        | Problem::OperandMissing { .. }
        | Problem::OperandUnwanted(_) => getopt(usage, tool, problem),
    }
}
