//! Addresses, routes, firewalls, mounts and settings of a running kernel.

use super::tool::{Call, Operands, Role, Tool, attached, flag, value};
use crate::base::Risk;

/// `ip(8)`, `iptables(8)`, `nft(8)`, `mount(8)`, `sysctl(8)`, `modprobe(8)` and the like.
pub const TOOL: Tool = Tool {
    name: "ip",
    names: &[
        "ip",
        "bridge",
        "tc",
        "iptables",
        "ip6tables",
        "iptables-legacy",
        "iptables-nft",
        "iptables-save",
        "ip6tables-save",
        "iptables-restore",
        "ip6tables-restore",
        "ipset",
        "nft",
        "ufw",
        "firewall-cmd",
        "nsupdate",
        "brctl",
        "ethtool",
        "nmcli",
        "netplan",
        "ifup",
        "ifdown",
        "wg",
        "wg-quick",
        "mount",
        "umount",
        "swapon",
        "swapoff",
        "losetup",
        "exportfs",
        "multipath",
        "iscsiadm",
        "pcs",
        "crm",
        "crm_mon",
        "crm_resource",
        "corosync",
        "corosync-cfgtool",
        "corosync-quorumtool",
        "drbdadm",
        "hostnamectl",
        "timedatectl",
        "localectl",
        "loginctl",
        "resolvectl",
        "sysctl",
        "modprobe",
        "rmmod",
        "insmod",
        "depmod",
        "udevadm",
        "systemd-tmpfiles",
        "systemd-sysusers",
        "systemd-resolve",
        "partprobe",
        "partx",
        "kpartx",
        "blockdev",
        "setenforce",
        "semanage",
        "setsebool",
        "fixfiles",
        "apparmor_parser",
        "aa-status",
        "hwclock",
        "ntpdate",
        "rdate",
    ],
    flags: &[
        value('t', "types", Role::Text),
        value('j', "", Role::Text),
        value('t', "table", Role::Text),
        value('o', "options", Role::Text),
        value('f', "file", Role::Source),
        value('L', "label", Role::Text),
        attached('p', "load"),
        flag('L', "list"),
        flag('S', "list-rules"),
        flag('F', "flush"),
        flag('X', "delete-chain"),
        flag('a', "all"),
        flag('d', "detach"),
        flag('l', "lazy"),
    ],
    operands: Operands::All(Role::Text),
    risk,
    safer: &[
        (
            "--flush",
            "iptables-save > FILE first, and a job that puts it back (at now + 5 minutes) while you are logged in over the net",
        ),
        (
            "iptables-restore",
            "iptables-restore --test first; iptables-apply takes it back when nobody confirms",
        ),
        ("nft flush", "nft list ruleset > FILE first; nft -c -f checks a file"),
        (
            "umount --lazy",
            "fuser -vm MOUNT, stop what holds it, then a plain umount: a lazy one hides who still writes",
        ),
        ("umount --force", "fuser -vm MOUNT, stop what holds it, then a plain umount"),
        ("swapoff", "free -h first: what is in the swap must fit into memory"),
        (
            "timedatectl set-time",
            "let chrony or ntpd step the clock: logs and recovery targets go by it",
        ),
        ("drbdadm", "drbdadm status first: --discard-my-data throws one side's writes away"),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    let first = call.operand(0);
    let looks = match call.name {
        "aa-status"
        | "iptables-save"
        | "ip6tables-save"
        | "crm_mon"
        | "corosync-quorumtool"
        | "corosync-cfgtool"
        | "systemd-resolve" => true,
        "ip" | "bridge" | "tc" => {
            let changes = [
                "add", "a", "del", "delete", "d", "set", "flush", "f", "replace", "change",
                "append", "restore", "exec", "up", "down", "rename", "prepend", "attach", "detach",
            ];
            !call
                .operands
                .iter()
                .skip(1)
                .any(|word| changes.contains(&word.text.as_str()) && word.text.len() > 1)
        }
        "iptables" | "ip6tables" | "iptables-legacy" | "iptables-nft" => {
            call.has(&["list", "list-rules", "C", "check", "V", "version"])
        }
        "iptables-restore" | "ip6tables-restore" => call.has(&["test"]),
        "ipset" => matches!(first, "list" | "save" | "test" | "version"),
        "nft" => first == "list" || call.has(&["check", "c"]),
        "ufw" => matches!(first, "status" | "show" | "version" | "app"),
        "firewall-cmd" => call.flags.iter().any(|flag| {
            flag.name.starts_with("list")
                || flag.name.starts_with("get")
                || flag.name.starts_with("query")
                || flag.name == "state"
        }),
        "ethtool" => {
            !call.has(&["s", "E", "f", "K", "G", "L", "A", "C", "change", "flash", "reset"])
        }
        "nmcli" => {
            let words = [
                "up",
                "down",
                "add",
                "modify",
                "delete",
                "connect",
                "disconnect",
                "set",
                "on",
                "off",
                "reload",
                "edit",
                "import",
            ];
            !call.operands.iter().any(|word| words.contains(&word.text.as_str()))
        }
        "brctl" => matches!(first, "show" | "showmacs" | "showstp"),
        "wg" => matches!(first, "" | "show" | "showconf" | "genkey" | "genpsk" | "pubkey"),
        "netplan" => matches!(first, "status" | "get" | "info" | "generate"),
        "mount" if call.operands.is_empty() && !call.has(&["all"]) => true,
        // What is mounted hides what lies below; nothing is lost.
        "mount" | "swapon" | "losetup" | "kpartx" | "partx" | "partprobe" | "modprobe"
        | "insmod" | "depmod"
            if !call.has(&["r", "remove", "d", "detach", "D", "detach-all", "delete"]) =>
        {
            let shows =
                call.has(&["list", "l", "show", "s", "summary", "a", "all", "j", "associated"])
                    && call.name != "swapon"
                    || call.operands.is_empty() && matches!(call.name, "swapon" | "losetup");
            return if shows && call.name != "mount" { Risk::Read } else { Risk::Write };
        }
        "exportfs" => call.flags.is_empty() || call.has(&["v"]) && call.flags.len() == 1,
        "multipath" => call.has(&["l", "ll", "v"]) && !call.has(&["f", "F"]),
        "iscsiadm" => !call.has(&["login", "l", "logout", "u", "o", "op"]),
        "drbdadm"
            if first == "invalidate"
                || call.has(&["discard-my-data", "overwrite-data-of-peer"])
                || call.names("discard-my-data")
                || first == "primary" && call.has(&["force"])
                || first == "create-md" && call.has(&["force"]) =>
        {
            return Risk::Destructive;
        }
        "drbdadm" | "pcs" | "crm" => {
            matches!(
                first,
                "status" | "config" | "dump" | "cstate" | "dstate" | "role" | "sh-resources"
            ) || matches!(call.operand(1), "status" | "config" | "show" | "list")
        }
        "crm_resource" => call.has(&["L", "list", "W", "locate", "q", "query-xml"]),
        "hostnamectl" | "timedatectl" | "localectl" => {
            first.is_empty()
                || matches!(first, "status" | "show")
                || first.starts_with("list")
                || first.starts_with("show")
                || first == "hostname" && call.operands.len() < 2
        }
        "loginctl" => {
            first.is_empty()
                || first.starts_with("list")
                || first.contains("status")
                || first.starts_with("show")
        }
        "resolvectl" => matches!(first, "" | "status" | "query" | "statistics" | "dns" | "domain"),
        "sysctl" => {
            !call.has(&["w", "write", "load", "system", "p"])
                && !call.operands.iter().any(|word| word.text.contains('='))
        }
        "udevadm" if matches!(first, "trigger" | "control" | "settle") => return Risk::Write,
        "udevadm" => true,
        "systemd-tmpfiles" if call.has(&["remove", "clean", "purge"]) => return Risk::Destructive,
        "systemd-tmpfiles" | "systemd-sysusers" => {
            return if call.has(&["cat-config", "dry-run"]) { Risk::Read } else { Risk::Write };
        }
        "blockdev" => {
            call.flags.iter().all(|flag| !flag.name.starts_with("set"))
                && !call.has(&["flushbufs", "rereadpt"])
        }
        "semanage" => call.has(&["l", "list"]) || call.names("export"),
        "hwclock" => call.has(&["r", "show", "get"]) || call.flags.is_empty(),
        "apparmor_parser" | "setsebool" | "fixfiles" => return Risk::Write,
        _ => false,
    };
    if looks { Risk::Read } else { Risk::Disruptive }
}
