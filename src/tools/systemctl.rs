//! Tools that start and stop services, mounts, machines.

use super::tool::{Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `systemctl`, `service`, `mount`, `umount`, `kill`, `reboot` and the like.
pub const TOOL: Tool = Tool {
    name: "systemctl",
    aliases: &[
        "service",
        "mount",
        "umount",
        "kill",
        "killall",
        "pkill",
        "reboot",
        "shutdown",
        "poweroff",
        "halt",
        "init",
        "telinit",
        "swapoff",
        "swapon",
        "apachectl",
        "nginx",
        "supervisorctl",
        "rc-service",
        "initctl",
        "fuser",
        "crontab",
        "at",
        "iptables",
        "nft",
        "ip",
        "ufw",
        "firewall-cmd",
        "nsupdate",
        "rndc",
        "keepalived",
        "fsfreeze",
        "losetup",
        "hostnamectl",
        "timedatectl",
        "sysctl",
        "modprobe",
        "exportfs",
        "multipath",
        "iscsiadm",
        "pcs",
        "crm",
        "patronictl",
        "repmgr",
        "corosync",
        "drbdadm",
        "virsh",
        "qm",
    ],
    flags: &[
        value('t', "types", Role::Text),
        value('o', "options", Role::Text),
        value('s', "", Role::Text),
        value('n', "lines", Role::Text),
        value('p', "property", Role::Text),
        flag('q', "quiet"),
        flag('\0', "now"),
    ],
    operands: Operands::All(Role::Text),
    risk: |call| {
        let first = call.operand(0);
        let looks = match call.name {
            "systemctl" => matches!(
                first,
                "status"
                    | "is-active"
                    | "is-enabled"
                    | "is-failed"
                    | "show"
                    | "cat"
                    | "list-units"
                    | "list-timers"
                    | "list-unit-files"
                    | "get-default"
                    | "list-dependencies"
                    | ""
            ),
            "service" => call.operand(1) == "status",
            "mount" => call.operands.is_empty(),
            "kill" => call.has(&["0", "l"]) || call.operand(0) == "-0",
            "crontab" => call.has(&["l"]),
            "ip" => !call
                .operands
                .iter()
                .any(|w| matches!(w.text.as_str(), "add" | "del" | "set" | "flush" | "replace")),
            "iptables" => call.has(&["L", "S"]),
            "nft" => first == "list",
            "fuser" => !call.has(&["k", "kill"]),
            "rndc" => first == "status",
            "virsh" | "qm" | "pcs" | "crm" | "drbdadm" => {
                matches!(first, "list" | "status" | "config" | "dominfo")
            }
            "patronictl" => matches!(first, "list" | "topology" | "history" | "show-config"),
            "nginx" | "apachectl" => {
                call.has(&["t", "T", "v", "V"]) || matches!(first, "configtest" | "status")
            }
            "losetup" | "swapon" => call.operands.is_empty(),
            "sysctl" => !call.has(&["w", "p"]) && !first.contains('='),
            "hostnamectl" | "timedatectl" => matches!(first, "" | "status"),
            _ => false,
        };
        let undo = matches!(call.name, "virsh" | "qm")
            && matches!(first, "undefine" | "destroy" | "vol-delete" | "rollback");
        if looks {
            Risk::Read
        } else if undo {
            Risk::Destructive
        } else {
            Risk::Disruptive
        }
    },
};
