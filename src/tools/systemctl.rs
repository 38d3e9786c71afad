//! Tools that start and stop services, and the machine.

use super::tool::{Call, Operands, Role, Tool, flag, value};
use crate::base::Risk;

const SYSTEMCTL: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "status,is-active,is-enabled,is-failed,is-system-running,show,cat,list-*,get-default,show-environment,help,whoami",
    ),
    (
        Risk::Write,
        "daemon-reload,reset-failed,enable,unmask,preset,link,add-wants,add-requires,reenable,start,thaw",
    ),
    (Risk::Irreversible, "clean"),
    (Risk::Disruptive, "*"),
];

const SUPERVISOR: &[(Risk, &str)] =
    &[(Risk::Read, "status,tail,maintail,avail,pid,version"), (Risk::Disruptive, "*")];

/// `systemctl(1)`, `service(8)`, `kill(1)`, `reboot(8)` and the like.
pub const TOOL: Tool = Tool {
    name: "systemctl",
    names: &[
        "systemctl",
        "service",
        "rc-service",
        "initctl",
        "supervisorctl",
        "sv",
        "s6-svc",
        "apachectl",
        "apache2ctl",
        "nginx",
        "haproxy",
        "rndc",
        "keepalived",
        "kill",
        "killall",
        "killall5",
        "pkill",
        "skill",
        "snice",
        "fuser",
        "reboot",
        "shutdown",
        "poweroff",
        "halt",
        "init",
        "telinit",
        "runlevel",
        "crontab",
        "at",
        "atq",
        "atrm",
        "batch",
        "start",
        "stop",
        "restart",
        "reload",
        "status",
        "pm2",
        "varnishadm",
        "postsuper",
        "rabbitmqctl",
        "nodetool",
    ],
    flags: &[
        value('H', "host", Role::Remote),
        value('M', "machine", Role::Remote),
        value('s', "signal", Role::Text),
        value('u', "user", Role::Text),
        value('c', "", Role::Source),
        flag('q', "quiet"),
        flag('\0', "now"),
    ],
    operands: Operands::All(Role::Text),
    risk,
    safer: &[
        ("systemctl clean", "--what=cache: state and logs of the unit do not come back"),
        ("systemctl stop", "systemctl list-dependencies --reverse UNIT shows what stops with it"),
        (
            "systemctl mask",
            "systemctl disable --now; a masked unit cannot be started by hand either",
        ),
        (
            "kill -9",
            "kill -TERM, wait, and only then -KILL: a database that is killed has to recover",
        ),
        (
            "kill -KILL",
            "kill -TERM, wait, and only then -KILL: a database that is killed has to recover",
        ),
        ("pkill", "pgrep -a with the same pattern first, or systemctl stop"),
        ("killall", "pgrep -a with the same name first, or systemctl stop"),
        ("fuser -k", "fuser -v first; systemctl stop what it names"),
        ("crontab -r", "crontab -l > FILE first: -r deletes the whole table"),
        ("shutdown", "shutdown +5 leaves time for shutdown -c"),
        ("reboot", "shutdown -r +5 leaves time for shutdown -c"),
        ("postsuper -d", "postsuper -h holds the messages"),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    let first = call.operand(0);
    let known = |table| call.by_verb(table).unwrap_or(Risk::Unknown);
    let looks = match call.name {
        "systemctl" if call.operands.is_empty() => true,
        "systemctl" if call.has(&["now"]) => false,
        "systemctl" => return known(SYSTEMCTL),
        "service" | "rc-service" => call.operand(1) == "status" || call.has(&["status-all"]),
        "initctl" => matches!(first, "list" | "status" | "version" | "show-config"),
        "supervisorctl" => return known(SUPERVISOR),
        "sv" => matches!(first, "status" | "s" | "check"),
        "kill" => {
            call.has(&["0", "l", "list", "L", "table"]) || first == "-0" || signal_is(call, "0")
        }
        "pkill" | "killall" => signal_is(call, "0") || call.has(&["0"]),
        "runlevel" | "atq" | "status" => true,
        "crontab" if call.has(&["r"]) => return Risk::Destructive,
        // A whole table replaces the one that is there.
        "crontab" if !call.has(&["l"]) && !call.has(&["e"]) => return Risk::Destructive,
        "crontab" => call.has(&["l"]),
        "fuser" => !call.has(&["k", "kill"]),
        "rndc" => matches!(first, "status" | "zonestatus" | "dumpdb" | "stats"),
        "nginx" | "haproxy" | "apachectl" | "apache2ctl" => {
            call.has(&["t", "T", "v", "V", "c", "S", "M"]) && !call.has(&["s", "k"])
                || matches!(first, "configtest" | "status" | "fullstatus")
        }
        "start" | "at" | "batch" => return Risk::Write,
        "pm2" => matches!(
            first,
            "list" | "ls" | "status" | "show" | "logs" | "jlist" | "describe" | "info"
        ),
        "varnishadm" => {
            matches!(first, "ping" | "status" | "vcl.list" | "backend.list" | "panic.show")
        }
        "postsuper" if call.has(&["d"]) => return Risk::Destructive,
        "rabbitmqctl" => {
            if matches!(
                first,
                "reset"
                    | "force_reset"
                    | "purge_queue"
                    | "delete_vhost"
                    | "delete_queue"
                    | "forget_cluster_node"
                    | "import_definitions"
            ) {
                return Risk::Destructive;
            }
            if first == "export_definitions" {
                return Risk::Write;
            }
            first.starts_with("list_")
                || matches!(
                    first,
                    "status" | "cluster_status" | "environment" | "report" | "ping" | "version"
                )
        }
        "nodetool" => {
            return known(&[
                (
                    Risk::Read,
                    "status,info,ring,describecluster,listsnapshots,tpstats,compactionstats,netstats,version,gossipinfo,proxyhistograms,tablestats,cfstats,describering,getendpoints,verify",
                ),
                (Risk::Write, "snapshot,flush,repair"),
                (
                    Risk::Destructive,
                    "clearsnapshot,removenode,assassinate,decommission,refresh,import,garbagecollect,scrub,truncatehints,cleanup,rebuild",
                ),
                (Risk::Disruptive, "*"),
            ]);
        }
        _ => false,
    };
    if looks { Risk::Read } else { Risk::Disruptive }
}

fn signal_is(call: &Call<'_>, signal: &str) -> bool {
    call.value(&["signal", "s"]).is_some_and(|word| word.text == signal)
}
