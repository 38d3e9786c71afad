//! Accounts, groups and passwords of the machine.

use super::tool::{Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `useradd(8)`, `adduser(8)`, `usermod(8)`, `userdel(8)`, `passwd(1)` and the like.
pub const TOOL: Tool = Tool {
    name: "useradd",
    names: &[
        "useradd",
        "adduser",
        "addgroup",
        "groupadd",
        "usermod",
        "groupmod",
        "userdel",
        "deluser",
        "groupdel",
        "delgroup",
        "passwd",
        "chpasswd",
        "chgpasswd",
        "gpasswd",
        "chage",
        "chfn",
        "chsh",
        "newusers",
        "pwconv",
        "pwunconv",
        "grpconv",
        "pwck",
        "grpck",
        "visudo",
        "vipw",
        "vigr",
        "faillock",
        "smbpasswd",
        "htpasswd",
        "mkpasswd",
        "kadmin",
        "kadmin.local",
        "kdb5_util",
        "ldapadd",
        "ldapmodify",
        "ldapdelete",
        "slapcat",
        "slapadd",
        "slapindex",
        "slaptest",
    ],
    flags: &[
        value('\0', "home", Role::Text),
        value('d', "home-dir", Role::Text),
        value('\0', "ingroup", Role::Text),
        value('\0', "shell", Role::Text),
        value('\0', "gecos", Role::Text),
        value('\0', "comment", Role::Text),
        value('\0', "uid", Role::Text),
        value('\0', "gid", Role::Text),
        value('\0', "conf", Role::Source),
        flag('r', "remove"),
        flag('\0', "remove-home"),
        flag('\0', "remove-all-files"),
    ],
    operands: Operands::All(Role::Text),
    risk: |call| match call.name {
        "userdel" if call.has(&["remove"]) => Risk::Destructive,
        "deluser" if call.has(&["remove-home", "remove-all-files"]) => Risk::Destructive,
        "passwd" | "chage" | "faillock"
            if call.has(&["S", "status", "l", "list"]) && call.name != "passwd" =>
        {
            Risk::Read
        }
        "passwd" if call.has(&["status", "S"]) => Risk::Read,
        "visudo" | "pwck" | "grpck" if call.has(&["c", "check", "r", "read-only"]) => Risk::Read,
        "mkpasswd" | "slapcat" | "slaptest" => Risk::Read,
        "useradd" | "adduser" | "addgroup" | "groupadd" | "newusers" | "htpasswd" | "ldapadd"
        | "slapadd" | "pwconv" | "grpconv" => Risk::Write,
        "ldapdelete" => Risk::Destructive,
        "kdb5_util" if call.names("dump") => Risk::Write,
        "kdb5_util" if call.names("load") || call.names("destroy") => Risk::Destructive,
        "kadmin" | "kadmin.local" => Risk::Unknown,
        _ => Risk::Disruptive,
    },
    safer: &[
        (
            "userdel --remove",
            "userdel without -r keeps the home directory; find / -user NAME -xdev shows what else is owned",
        ),
        (
            "deluser --remove-all-files",
            "deluser --backup first, or without it: --remove-all-files searches the whole machine",
        ),
        ("deluser --remove-home", "deluser --backup-to DIRECTORY keeps a copy"),
        ("ldapdelete", "slapcat > FILE first"),
        ("kdb5_util load", "kdb5_util dump first"),
    ],
};
