//! What a command does to data that somebody will want back: dumps it, restores it, sends it, deletes it, proves it.

use super::lookups::Spans;
use super::names::{is_partial_name, looks_scratch};
use super::{Run, Unit};
use crate::base::Span;
use crate::shell::ast::RedirectKind;
use crate::shell::{Argument, Command, path};
use crate::tools::tar;

/// What a command does to the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Makes a copy of it.
    Dump,
    /// Puts a copy back.
    Restore,
    /// Carries a copy elsewhere.
    Send,
    /// Deletes it, or copies of it.
    Delete,
    /// Shows that a copy is good.
    Verify,
}

/// The commands that may do one of these deeds.
const NAMES: &[&str] = &[
    "pg_dump",
    "pg_dumpall",
    "pg_basebackup",
    "pg_restore",
    "pg_verifybackup",
    "mysqldump",
    "mariadb-dump",
    "mysqlpump",
    "mydumper",
    "myloader",
    "mysqlhotcopy",
    "mongodump",
    "mongorestore",
    "mariabackup",
    "mariadb-backup",
    "xtrabackup",
    "innobackupex",
    "sqlite3",
    "redis-cli",
    "redis-check-rdb",
    "etcdctl",
    "etcdutl",
    "slapcat",
    "slapadd",
    "xfsdump",
    "xfsrestore",
    "dump",
    "rsnapshot",
    "tar",
    "gtar",
    "bsdtar",
    "cpio",
    "zfs",
    "btrfs",
    "restic",
    "borg",
    "kopia",
    "duplicity",
    "pgbackrest",
    "barman",
    "wal-g",
    "velero",
    "influxd",
    "influx",
    "consul",
    "vault",
    "psql",
    "mysql",
    "mariadb",
    "rsync",
    "scp",
    "sftp",
    "lftp",
    "rclone",
    "aws",
    "gsutil",
    "gcloud",
    "az",
    "s3cmd",
    "mc",
    "rm",
    "shred",
    "unlink",
    "find",
    "lvremove",
    "dropdb",
    "sha256sum",
    "sha512sum",
    "sha1sum",
    "md5sum",
    "b3sum",
    "gzip",
    "gunzip",
    "zstd",
    "xz",
    "bzip2",
    "cmp",
    "gpg",
];

/// The commands that name the file they write in an argument, for [`outputs`].
pub const OUTPUT: &[&str] = &[
    "tar",
    "gtar",
    "bsdtar",
    "pg_dump",
    "pg_dumpall",
    "redis-cli",
    "gpg",
    "gpg2",
    "zstd",
    "age",
    "openssl",
    "mysqldump",
    "mariadb-dump",
];

/// Returns the commands of a unit that do something to such data, in order.
pub fn deeds<'u>(unit: &'u Unit<'_>) -> impl Iterator<Item = (Run<'u>, Deed)> {
    unit.named(NAMES).filter_map(|run| Some((run, deed(unit, run.command)?)))
}

/// Returns the first command inside a span of the text that does one of these deeds.
pub fn first_inside<'u>(unit: &'u Unit<'_>, span: Span, wanted: &[Deed]) -> Option<Run<'u>> {
    let places = || Spans::new(deeds(unit).map(|(run, _)| (run.command.span, run.index)));
    let inside = unit.lookups.deeds.get_or_init(places).inside(span);
    let of = |index: &usize| deed(unit, &unit.commands.list[*index]);
    let wanted = inside.filter(|index| of(index).is_some_and(|deed| wanted.contains(&deed)));
    wanted.min().map(|index| Run { index, command: &unit.commands.list[index] })
}

/// Returns what a command does to the data, where it does something.
pub fn deed(unit: &Unit<'_>, command: &Command) -> Option<Deed> {
    *unit.known(command).deed.get_or_init(|| told(unit, command))
}

fn told(unit: &Unit<'_>, command: &Command) -> Option<Deed> {
    if !command.is(NAMES) {
        return None;
    }
    let words = command.literals();
    let has = |names: &[&str]| words.iter().any(|w| names.contains(w));
    let starts = |prefix: &str| words.iter().any(|w| w.starts_with(prefix));
    let when = |met: bool, deed: Deed| met.then_some(deed);
    if has(&["--help", "--version", "-V", "--dry-run"]) {
        return None;
    }
    let first =
        |from: &[(&[&str], Deed)]| from.iter().find(|(verbs, _)| has(verbs)).map(|(_, deed)| *deed);
    match command.name()? {
        "pg_dump" | "pg_dumpall" | "pg_basebackup" | "mysqldump" | "mariadb-dump" | "mysqlpump"
        | "mydumper" | "mysqlhotcopy" | "mongodump" | "slapcat" | "xfsdump" | "dump"
        | "rsnapshot" => Some(Deed::Dump),
        "pg_restore" if has(&["-l", "--list"]) => Some(Deed::Verify),
        "pg_restore" | "myloader" | "mongorestore" | "slapadd" | "xfsrestore" => {
            Some(Deed::Restore)
        }
        "pg_verifybackup" | "redis-check-rdb" | "cmp" => Some(Deed::Verify),
        "mariabackup" | "mariadb-backup" | "xtrabackup" | "innobackupex" => first(&[
            (&["--backup"], Deed::Dump),
            (&["--copy-back", "--move-back"], Deed::Restore),
            (&["--prepare"], Deed::Verify),
        ]),
        "sqlite3" => {
            let said = words.iter().map(|w| w.to_ascii_lowercase()).collect::<Vec<_>>();
            let says = |text: &str| said.iter().any(|w| w.contains(text));
            if says("integrity_check") || says("quick_check") {
                Some(Deed::Verify)
            } else if says(".dump") || says(".backup") || says("vacuum into") {
                Some(Deed::Dump)
            } else {
                when(reads_file(command) || says(".restore"), Deed::Restore)
            }
        }
        "redis-cli" => when(has(&["--rdb"]), Deed::Dump),
        "etcdctl" | "etcdutl" | "consul" => when(has(&["snapshot"]), Deed::Dump).and_then(|_| {
            first(&[
                (&["save"], Deed::Dump),
                (&["restore"], Deed::Restore),
                (&["status", "inspect"], Deed::Verify),
            ])
        }),
        "vault" => when(has(&["snapshot"]) && has(&["save"]), Deed::Dump),
        "influxd" | "influx" => first(&[(&["backup"], Deed::Dump), (&["restore"], Deed::Restore)]),
        "tar" | "gtar" | "bsdtar" => match tar::mode(unit.take_apart(command)?) {
            tar::Mode::Create | tar::Mode::Append => Some(Deed::Dump),
            tar::Mode::Extract => Some(Deed::Restore),
            tar::Mode::List => Some(Deed::Verify),
        },
        "cpio" => {
            if words.iter().any(|w| w.starts_with('-') && w.contains('i')) {
                Some(Deed::Restore)
            } else {
                Some(Deed::Dump)
            }
        }
        "zfs" | "btrfs" => first(&[
            (&["send"], Deed::Dump),
            (&["receive", "recv"], Deed::Restore),
            (&["destroy", "delete"], Deed::Delete),
        ]),
        "restic" | "kopia" => first(&[
            (&["backup"], Deed::Dump),
            (&["create"], Deed::Dump),
            (&["restore"], Deed::Restore),
            (&["check", "verify"], Deed::Verify),
            (&["forget", "prune", "delete", "expire"], Deed::Delete),
        ]),
        "borg" => first(&[
            (&["create"], Deed::Dump),
            (&["extract"], Deed::Restore),
            (&["check"], Deed::Verify),
            (&["prune", "delete", "compact"], Deed::Delete),
        ]),
        "duplicity" => first(&[
            (&["restore"], Deed::Restore),
            (&["verify"], Deed::Verify),
            (&["remove-older-than", "remove-all-but-n-full"], Deed::Delete),
        ])
        .or_else(|| {
            let looks = has(&["collection-status", "cleanup", "list-current-files"])
                || starts("--list-current-files")
                || starts("--collection-status")
                || starts("--remove-")
                || starts("--cleanup");
            when(!looks, Deed::Dump)
        }),
        "pgbackrest" | "barman" | "wal-g" | "velero" => first(&[
            (&["backup", "backup-push", "archive-push"], Deed::Dump),
            (&["restore", "recover", "backup-fetch"], Deed::Restore),
            (&["check", "verify"], Deed::Verify),
            (&["delete", "expire"], Deed::Delete),
        ]),
        "psql" | "mysql" | "mariadb" => {
            let script = starts("-f") || starts("--file");
            let piped = command.setting.stage.is_some_and(|s| s.position > 0);
            when(script || piped && command.input.is_none() || reads_file(command), Deed::Restore)
        }
        "rsync" | "scp" | "sftp" | "lftp" => Some(Deed::Send),
        "rclone" => first(&[
            (&["copy", "sync", "copyto", "move", "rcat"], Deed::Send),
            (&["delete", "purge", "deletefile"], Deed::Delete),
            (&["check", "cryptcheck"], Deed::Verify),
        ]),
        "aws" | "gsutil" | "gcloud" | "az" | "s3cmd" | "mc" => first(&[
            (&["cp", "sync", "put", "mv", "upload", "mirror", "put-object", "pipe"], Deed::Send),
            (&["rm", "del", "delete-object", "rb"], Deed::Delete),
        ]),
        "rm" | "shred" | "unlink" => when(!scratch(unit, command), Deed::Delete),
        "find" => when(has(&["-delete"]), Deed::Delete),
        "lvremove" | "dropdb" => Some(Deed::Delete),
        "sha256sum" | "sha512sum" | "sha1sum" | "md5sum" | "b3sum" => {
            when(has(&["--check"]) || starts("-c"), Deed::Verify)
        }
        "gzip" | "gunzip" | "zstd" | "xz" | "bzip2" => {
            let tests = |w: &&str| *w == "--test" || short(w, 't');
            when(words.iter().any(tests), Deed::Verify)
        }
        "gpg" => when(has(&["--verify"]), Deed::Verify),
        _ => None,
    }
}

/// Tells whether a word is a bundle of short flags with this one in it.
pub fn short(word: &str, letter: char) -> bool {
    word.strip_prefix('-').is_some_and(|rest| {
        !rest.starts_with('-')
            && rest.contains(letter)
            && rest.chars().all(|c| c.is_ascii_alphanumeric())
    })
}

/// Tells whether a command reads a file on its standard input.
pub fn reads_file(command: &Command) -> bool {
    command.redirects.iter().any(|r| r.kind == RedirectKind::Read)
}

/// Tells whether everything a command names is scratch: made by this script, unfinished, or in a temporary directory.
pub fn scratch(unit: &Unit<'_>, command: &Command) -> bool {
    let mut operands =
        command.arguments().iter().filter(|a| !a.prefix().starts_with('-')).peekable();
    operands.peek().is_some()
        && operands.all(|a| {
            let path = command.path(a);
            unit.is_fresh(command, a)
                || is_partial_name(&path)
                || looks_scratch(&path)
                || ["/tmp/", "/run/", "/var/tmp/", "/dev/shm/", "/var/lock/", "/var/run/"]
                    .iter()
                    .any(|d| path.starts_with(d))
                || path::file_name(&path).ends_with(".pid")
                || path::file_name(&path).ends_with(".lock")
        })
}

/// Returns the files that a command makes: those it redirects to, and those its flags name.
pub fn outputs<'u>(unit: &Unit<'_>, command: &'u Command) -> Vec<(&'u Argument, String)> {
    let truncates = |kind| matches!(kind, RedirectKind::Truncate | RedirectKind::Append);
    let mut out: Vec<(&Argument, String)> = command
        .redirects
        .iter()
        .filter(|r| truncates(r.kind) && r.descriptor.is_none_or(|d| d == 1))
        .map(|r| (&r.target, command.path(&r.target)))
        .filter(|(_, path)| !path.starts_with("/dev/"))
        .collect();
    let Some(call) = unit.take_apart(command) else { return out };
    let names: &[&str] = match call.name {
        "tar" if tar::mode(call) == tar::Mode::Create => &["file"],
        "pg_dump" | "pg_dumpall" => &["file"],
        "redis-cli" => &["rdb"],
        "gpg" | "gpg2" | "zstd" | "age" => &["o", "output"],
        "openssl" => &["out"],
        "mysqldump" | "mariadb-dump" => &["result-file", "r"],
        _ => &[],
    };
    if let Some(word) = call.value(names).filter(|w| w.text != "-")
        && let Some(argument) = command.words.get(word.index)
    {
        out.push((argument, unit.path(command, word)));
    }
    out
}

/// Returns where a finished pipeline or command ends up: its own outputs, and those of the stages behind it.
pub fn outputs_of_line<'u>(unit: &'u Unit<'_>, run: Run<'u>) -> Vec<(&'u Argument, String)> {
    let mut out = outputs(unit, run.command);
    if let Some(stage) = run.command.setting.stage {
        for later in unit.commands.list.iter().skip(run.index + 1) {
            let same = later.setting.stage.is_some_and(|s| s.pipeline == stage.pipeline);
            // What stands in a word of the pipeline is none of its stages: `gzip > "shop-$(date +%F).gz"`.
            if !same && later.setting.substituted {
                continue;
            }
            if !same {
                break;
            }
            out.extend(outputs(unit, later));
            if later.is(&["tee"]) {
                out.extend(later.arguments().iter().map(|a| (a, later.path(a))));
            }
        }
    }
    out
}
