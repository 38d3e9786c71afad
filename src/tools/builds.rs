//! Compilers, network clients and other tools that at most create something.

use super::tool::{Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `gcc(1)`, `ld(1)`, `strip(1)`, `msgfmt(1)`, `ansible-lint` and the like: they write their output.
pub const TOOL: Tool = Tool {
    name: "gcc",
    names: &[
        "gcc", "g++", "cc", "c++", "clang", "cpp", "ld", "as", "strip", "objcopy", "ranlib", "msgfmt", "gettext", "ngettext", "pkg-config",
        "pkgconf", "pandoc", "docbook2man", "xsltproc", "groff", "nroff", "troff", "mandoc", "tidy", "convert", "gs", "pdftk", "qpdf",
        "xmlcatalog", "svnadmin", "svn", "hg", "cvs", "zfs-auto-snapshot", "ffmpeg", "sox", "dot", "gnuplot", "uuidgen", "uuidparse", "pwgen", "apg",
        "getopt", "ldd", "lsmod", "lscpu", "cygpath", "sw_vers", "lsinitramfs", "systemd-detect-virt", "systemd-escape", "systemd-path", "systemd-cgls", "systemd-id128",
        "systemd-notify", "dmidecode", "lshw", "inxi", "lsipc", "lslocks", "lslogins", "lsns", "lsscsi", "showmount", "rpcinfo", "nfsstat", "efibootmgr", "mokutil",
        "xxhsum", "shasum", "rhash", "par", "bsdtar-check", "shellcheck", "yamllint", "jsonlint", "pgrep", "pidwait", "tracepath", "mtr", "arping", "nmap", "drill", "kdig", "delv",
        "iperf", "iperf3", "fio", "sysbench", "stress", "stress-ng", "hostid", "tzselect", "dialog", "whiptail", "zenity", "notify-send", "print", "hash", "resolveip",
    ],
    flags: &[value('o', "output", Role::Target), flag('c', ""), flag('v', "")],
    operands: Operands::All(Role::Source),
    risk: |call| match call.name {
        "gcc" | "g++" | "cc" | "c++" | "clang" | "cpp" | "ld" | "as" | "objcopy" | "ranlib" | "msgfmt" | "pandoc" | "docbook2man"
        | "xsltproc" | "convert" | "gs" | "pdftk" | "qpdf" | "ffmpeg" | "sox" | "gnuplot" | "hg" | "cvs" | "svn" | "systemd-notify"
        | "notify-send" | "xmlcatalog" | "dot" | "fio" | "sysbench" | "svnadmin" => Risk::Write,
        "strip" => Risk::Destructive,
        "efibootmgr" | "mokutil" if !call.flags.is_empty() && !call.has(&["v", "sb-state", "list-enrolled"]) => Risk::Disruptive,
        _ => Risk::Read,
    },
    safer: &[("strip", "strip -o NEW keeps the old file")],
};
