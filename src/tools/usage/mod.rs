//! Whole command lines of tools, as data: every flag, every subcommand, how many operands, and what the tool says to a wrong call.
//!
//! Each tool is a [`Usage`]; [`Usage::parse`] takes a call apart as the tool does, or refuses it in
//! the tool's own words. Nothing here knows what a call does.

mod account;
mod aws;
mod az;
mod btrfs;
mod containers;
mod databases;
mod filesystem;
mod firewall;
mod gcloud;
mod host;
mod http;
mod kubernetes;
mod listed;
mod lvm;
mod manner;
mod mount;
mod nosql;
mod parse;
mod plain;
mod power;
mod rclone;
mod ssh;
mod systemd;
mod table;
mod virsh;
mod walk;
mod wordings;
mod zfs;

pub use listed::{extra, undescribed};
pub use lvm::LVM_COMMANDS;
pub use manner::{Manner, cobra, getopt, getopt_try};
pub use table::{Flag, Spec, Value};
pub use walk::{Found, Map, Walk, described, names};

/// How a tool takes its words apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// getopt_long(3): letters cluster, long names may be cut short, operands stand anywhere.
    Gnu,
    /// As [`Style::Gnu`], but the first operand ends the flags: `ssh`, `sudo`, `zfs`.
    Posix,
    /// Go's pflag: letters cluster, `--x=y` or `--x y`, switches take `=false`; operands stand anywhere.
    Cobra,
    /// Go's own flag package: `-x=y`, `--x y`; the first operand ends the flags: `terraform`, `vault`.
    GoFlag,
    /// argparse of the AWS command line: long names only, in full, operands anywhere.
    Aws,
    /// The clients of MariaDB and MySQL: as [`Style::Gnu`], `_` is `-`, and any switch may be skipped: `--skip-x`.
    MySql,
    /// As [`Style::Gnu`], and words of the command may be cut short: `btrfs`.
    Cut,
    /// iproute2: long names with one dash, words may be cut short, behind the command everything is an operand.
    Keyword,
}

/// The description of one tool's command line.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// The names it goes by.
    pub names: &'static [&'static str],
    /// How its words are taken apart.
    pub style: Style,
    /// Flags that may stand anywhere, in the form that [`Flag`]s are described in.
    pub global: &'static str,
    /// Flags that many commands share: `@name` stands for them.
    pub groups: &'static [(&'static str, &'static str)],
    /// Where a command path is the name that the tool is called by, that command is meant. Else each command path (`snapshot create`, other words for one separated by `|`; empty for none) and
    /// its flags and operands: `-L,--size= -f --color[=] -n=N --type=a|b --ids=* !--needed= @group ; 1..2`.
    pub commands: &'static [(&'static str, &'static str)],
    /// Exit code of a refusal.
    pub code: u8,
    /// Words of a refusal.
    pub manner: Manner,
}

/// A call that the tool takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The name it was called by.
    pub tool: String,
    /// The command path in its first spelling, empty where there is none: `snapshot create`.
    pub command: String,
    /// The flags in their order.
    pub flags: Vec<Given>,
    /// What is neither flag nor command.
    pub operands: Vec<String>,
    /// All words as they came.
    pub words: Vec<String>,
}

/// A flag of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// All its spellings, with dashes.
    pub names: Vec<&'static str>,
    /// What it was given.
    pub value: Option<String>,
}

impl Line {
    /// Tells whether a flag was given, by any of its spellings: `--force`.
    pub fn has(&self, name: &str) -> bool {
        self.flags.iter().any(|given| given.names.contains(&name))
    }

    /// Returns the last value that a flag was given.
    pub fn value(&self, name: &str) -> Option<&str> {
        let given = self.flags.iter().rev().find(|given| given.names.contains(&name))?;
        given.value.as_deref()
    }

    /// Returns all values that a flag was given, in their order.
    pub fn values(&self, name: &str) -> Vec<&str> {
        let of = |given: &&Given| given.names.contains(&name);
        self.flags.iter().filter(of).filter_map(|given| given.value.as_deref()).collect()
    }

    /// Returns an operand, empty where there are fewer.
    pub fn operand(&self, index: usize) -> &str {
        self.operands.get(index).map_or("", String::as_str)
    }

    /// Tells whether it only asks how the tool is called.
    pub fn asks_for_help(&self) -> bool {
        self.has("--help")
    }

    /// Tells whether it only asks for the tool's version.
    pub fn asks_for_version(&self) -> bool {
        // `helm upgrade --version 1.2` asks for a chart's.
        let of = |given: &Given| given.value.is_none() && given.names.contains(&"--version");
        self.flags.iter().any(of)
    }
}

/// What is wrong with a call. Flags carry their dashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// No flag of that name.
    UnknownFlag(String),
    /// A long name cut so short that it may mean each of these.
    AmbiguousFlag(String, Vec<&'static str>),
    /// The flag needs a value.
    ValueMissing(String),
    /// The flag takes no value.
    ValueUnwanted(String),
    /// The flag does not take this value.
    BadValue {
        /// The flag.
        flag: String,
        /// What it was given.
        value: String,
    },
    /// The command needs this flag.
    FlagMissing(&'static str),
    /// No such command.
    UnknownCommand {
        /// The word in its place.
        word: String,
        /// The path before it.
        under: String,
    },
    /// The tool needs a command, or a further word of it.
    CommandMissing {
        /// The path before it.
        under: String,
    },
    /// Too few operands.
    OperandMissing {
        /// Fewest that it takes.
        least: usize,
        /// How many there were.
        given: usize,
    },
    /// More operands than it takes.
    OperandUnwanted(String),
}

/// A call that the tool refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong.
    pub problem: Problem,
    /// The nearest flag or command, where one is near enough to be meant.
    pub nearest: Option<&'static str>,
    /// What the tool prints on standard error, without the last line break.
    pub message: String,
    /// Its exit code.
    pub code: u8,
}

/// Every tool that is described as a whole.
pub const USAGES: &[&Usage] = &[
    &systemd::SYSTEMCTL,
    &systemd::SERVICE,
    &systemd::JOURNALCTL,
    &account::SUDO,
    &account::CRONTAB,
    &btrfs::BTRFS,
    &filesystem::EXT,
    &filesystem::EXT_CHECK,
    &filesystem::XFS,
    &filesystem::MKFS,
    &filesystem::MDADM,
    &firewall::IPTABLES,
    &firewall::IPTABLES_SAVE,
    &firewall::NFT,
    &host::IP,
    &host::SYSCTL,
    &host::HOSTNAMECTL,
    &host::TIMEDATECTL,
    &lvm::LVM,
    &mount::MOUNT,
    &mount::SWAPOFF,
    &power::POWER,
    &ssh::SSH,
    &ssh::SCP,
    &virsh::VIRSH,
    &zfs::ZFS,
    &zfs::ZPOOL,
];

/// Returns the description of a tool by one of its names.
pub fn usage(name: &str) -> Option<&'static Usage> {
    let short = USAGES.iter().find(|usage| usage.names.contains(&name)).copied();
    short.or_else(|| listed::listed(name).map(listed::Listed::usage))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_in_one_usage_only_and_every_description_can_be_read() {
        let mut seen = std::collections::BTreeSet::new();
        for usage in USAGES {
            for name in usage.names {
                assert!(seen.insert(*name), "{name} is described twice");
            }
            for (path, _) in usage.commands {
                let spec = usage.spec(path);
                for flag in &spec.flags {
                    for name in &flag.names {
                        assert!(
                            name.starts_with('-') && name.len() > 1,
                            "{} {path}: {name:?} is no flag",
                            usage.names[0]
                        );
                        let holders = spec.flags.iter().filter(|other| other.names.contains(name));
                        assert_eq!(holders.count(), 1, "{} {path}: {name}", usage.names[0]);
                    }
                }
            }
        }
    }
}
