//! The tools that are installed refuse what their descriptions refuse: wrong flags, wrong commands, missing values and operands.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod sandbox_support;

use std::process::{Command, Stdio};

use blackstart::tools::usage::{Style, USAGES, Usage, Value};
use sandbox_support::left_out::left_out;
use sandbox_support::{Who, prefix};

/// Tools of the machine itself; the clients of other systems have tests of their own.
/// zfs and zpool are not among them: Debian has them outside its main archive.
const TOOLS: &[&str] = &[
    "systemctl",
    "journalctl",
    "sudo",
    "crontab",
    "btrfs",
    "mke2fs",
    "mkfs.ext4",
    "e2fsck",
    "resize2fs",
    "tune2fs",
    "mkfs.xfs",
    "xfs_repair",
    "mkswap",
    "wipefs",
    "mkfs.btrfs",
    "mdadm",
    "iptables",
    "ip6tables",
    "iptables-save",
    "iptables-restore",
    "nft",
    "ip",
    "sysctl",
    "hostnamectl",
    "timedatectl",
    "lvs",
    "vgs",
    "pvs",
    "lvdisplay",
    "lvcreate",
    "lvremove",
    "lvconvert",
    "lvextend",
    "lvreduce",
    "lvchange",
    "lvrename",
    "vgchange",
    "vgcreate",
    "vgremove",
    "vgextend",
    "pvcreate",
    "pvremove",
    "pvmove",
    "vgcfgrestore",
    "mount",
    "umount",
    "findmnt",
    "mountpoint",
    "swapon",
    "swapoff",
    "reboot",
    "halt",
    "poweroff",
    "shutdown",
    "ssh",
    "scp",
    "sftp",
    "virsh",
];

/// These print their usage and end with 0 although the call was wrong; their descriptions are stricter.
const LENIENT: &[&str] = &["sysctl", "btrfs check", "btrfs help"];

struct Said {
    code: i32,
    first: String,
}

/// Runs a real tool as an account that may do nothing, with words that it refuses.
fn really(tool: &str, words: &[String]) -> Option<Said> {
    let mut argv = prefix(Who::User);
    argv.extend(["timeout", "-s", "KILL", "10", tool].map(str::to_owned));
    argv.extend_from_slice(words);
    let output = Command::new(&argv[0])
        .args(&argv[1..])
        .env_clear()
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LANG", "C.UTF-8")
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let first = text
        .lines()
        .find(|line| {
            !line.trim().is_empty()
                && !line.starts_with("File descriptor ")
                && !line.contains("Running as a non-root user")
        })
        .unwrap_or_default()
        .to_owned();
    Some(Said { code: output.status.code()?, first })
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Lines that the description refuses, one of each kind for each command.
fn wrong_lines(usage: &Usage, tool: &str) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    let own = usage.commands.iter().any(|(path, _)| *path == tool);
    let mut paths: Vec<String> = usage
        .commands
        .iter()
        .map(|(path, _)| {
            path.split(' ')
                .map(|part| part.split('|').next().unwrap())
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    if own {
        paths = vec![String::new()];
    } else if usage.commands.len() > 1 {
        lines.push(words("frobnicate"));
    }
    // Every fifth of many commands.
    let step = paths.len().div_ceil(12);
    for path in paths.iter().step_by(step.max(1)) {
        let spec = usage.spec(if own { tool } else { path });
        if usage.style != Style::Keyword {
            lines.push(words(&format!("{path} --frobnicate")));
        } else if path.is_empty() {
            lines.push(words("-frobnicate"));
        }
        let known = |letter: &char| {
            spec.flags.iter().any(|flag| flag.names.contains(&format!("-{letter}").as_str()))
        };
        if let Some(letter) = "YZBKJGWXQE"
            .chars()
            .find(|letter| !known(letter))
            .filter(|_| usage.style != Style::Keyword)
        {
            lines.push(words(&format!("{path} -{letter}")));
        }
        let valued =
            spec.flags.iter().find(|flag| flag.value == Value::Needed && flag.names[0].len() == 2);
        if let Some(flag) = valued.filter(|_| usage.style != Style::Keyword) {
            lines.push(words(&format!("{path} {}", flag.names[0])));
        }
        if spec.least > 0 && tool == "btrfs" {
            lines.push(words(path));
        }
    }
    lines
}

#[test]
fn installed_tools_refuse_what_their_descriptions_refuse() {
    let (mut asked, mut refused, mut codes, mut texts) = (0, 0, 0, 0);
    let mut wrong = Vec::new();
    let mut absent = Vec::new();
    for tool in TOOLS {
        let usage = USAGES.iter().find(|usage| usage.names.contains(tool)).unwrap();
        let there = Command::new("sh")
            .args(["-c", "command -v \"$0\"", tool])
            .stdout(Stdio::null())
            .status()
            .unwrap();
        if !there.success() {
            absent.push(*tool);
            continue;
        }
        for line in wrong_lines(usage, tool) {
            let shown = format!("{tool} {}", line.join(" "));
            let Err(ours) = usage.parse(tool, &line) else {
                continue;
            };
            let Some(theirs) = really(tool, &line) else {
                continue;
            };
            asked += 1;
            let first = ours.message.lines().next().unwrap_or_default();
            refused += usize::from(theirs.code != 0);
            codes += usize::from(theirs.code == i32::from(ours.code));
            texts += usize::from(theirs.first == first);
            if LENIENT.iter().any(|start| shown.starts_with(start)) {
                continue;
            }
            if theirs.code == 0 {
                wrong.push(format!("{shown}: the tool takes it"));
            } else if theirs.first != first || theirs.code != i32::from(ours.code) {
                eprintln!(
                    "{shown}: {} {:?}, ours {} {first:?}",
                    theirs.code, theirs.first, ours.code
                );
            }
        }
    }
    eprintln!(
        "{asked} wrong lines: {refused} refused by the tool too, {codes} with the same code, {texts} with the same first line"
    );
    if !absent.is_empty() {
        left_out(format_args!("not installed: {}", absent.join(", ")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(codes * 10 >= asked * 9, "{codes} of {asked}");
}
