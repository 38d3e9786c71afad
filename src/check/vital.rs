//! What no machine and nobody on it can do without, and the commands that take it away.

use super::losses::in_live_directory;
use super::{Unit, names};
use crate::base::Risk;
use crate::shell::ast::RedirectKind;
use crate::shell::{Argument, Command, path};
use crate::tools::{Call, Role, Word, find};

/// What kind of thing a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vital {
    /// The root, or a directory without which the machine does not start or nobody can log in.
    System,
    /// A directory below which all that people or servers keep lies.
    Kept,
    /// A file without which the machine does not start or nobody can log in.
    File,
    /// A file or directory of a server's data, without which the server does not start.
    Server,
}

/// What a command does to something vital.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Its path.
    pub path: String,
    /// What it is.
    pub vital: Vital,
    /// What happens to it, as the end of a sentence: `is deleted`.
    pub how: &'static str,
}

/// Directories of the system; everything on the machine rests on them.
const SYSTEM: &[&str] = &[
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/etc/pam.d",
    "/etc/ssh",
    "/etc/systemd",
    "/lib",
    "/lib64",
    "/proc",
    "/sbin",
    "/sys",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/sbin",
    "/usr/share",
    "/var",
    "/var/lib",
    "/var/lib/dpkg",
    "/var/lib/rpm",
];

/// Directories that hold what people and servers keep.
const KEPT: &[&str] = &[
    "/backup",
    "/backups",
    "/data",
    "/home",
    "/media",
    "/mnt",
    "/opt",
    "/root",
    "/srv",
    "/usr/local",
    "/var/mail",
    "/var/spool",
    "/var/spool/mail",
    "/var/www",
    "$HOME",
    "/home/$USER",
    "/home/$LOGNAME",
];

/// Files of the system.
const FILES: &[&str] = &[
    "/etc/crypttab",
    "/etc/fstab",
    "/etc/group",
    "/etc/gshadow",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/shadow",
    "/etc/ssh/sshd_config",
    "/etc/sudoers",
    "/boot/initrd*",
    "/boot/initrd.img*",
    "/boot/initrd.img-*",
    "/boot/vmlinuz*",
    "/boot/vmlinuz-*",
];

/// Files without which a server does not open the data it has.
const SERVERS: &[&str] = &[
    "ibdata1",
    "mysql.ibd",
    "pg_control",
    "PG_VERSION",
    "pg_filenode.map",
    "WiredTiger.wt",
    "WiredTiger.turtle",
    "_mdb_catalog.wt",
    "data.mdb",
];

/// Returns what kind of vital directory a path names, itself or all that is in it.
fn directory(path: &str) -> Option<(Vital, &str)> {
    let all = ["/*", "/.*", "/**", "/.[!.]*", "/.??*"];
    let inner = all.iter().find_map(|all| path.strip_suffix(all)).unwrap_or(path);
    let bare = match inner.trim_end_matches('/') {
        // Of an empty word nothing is left either; only an absolute path is the root.
        "" if path.starts_with('/') => "/",
        bare => bare,
    };
    let home = bare.strip_prefix('~').is_some_and(|user| !user.contains('/'));
    let vital = match bare {
        _ if SYSTEM.contains(&bare) => Vital::System,
        _ if KEPT.contains(&bare) || home => Vital::Kept,
        _ => return None,
    };
    Some((vital, bare))
}

fn file(path: &str) -> Option<Vital> {
    if FILES.contains(&path) {
        return Some(Vital::File);
    }
    let name = path::file_name(path);
    let log = name.starts_with("ib_logfile") || name.starts_with("#ib_redo");
    let server = (log || SERVERS.contains(&name)) && in_live_directory(path);
    server.then_some(Vital::Server)
}

/// Returns what a command takes away of what nobody can do without.
pub fn taken(unit: &Unit<'_>, command: &Command) -> Option<Taken> {
    by_redirect(command).or_else(|| by_call(unit, command, unit.take_apart(command)?))
}

fn by_redirect(command: &Command) -> Option<Taken> {
    let empties = |kind| kind == RedirectKind::Truncate;
    let mut emptied = command.redirects.iter().filter(|r| empties(r.kind));
    emptied.find_map(|redirect| {
        let path = command.path(&redirect.target);
        let vital = file(&path).filter(|_| puts_out_nothing(command))?;
        Some(Taken { path, vital, how: "is emptied" })
    })
}

/// Tells whether nothing of use comes out of a command: nothing at all, blanks, or what a device gives.
fn puts_out_nothing(command: &Command) -> bool {
    let blank =
        |text: &str| text.trim().trim_matches(['"', '\'']).replace("\\n", "").trim().is_empty();
    let arguments = command.arguments();
    match command.name() {
        None => command.only_redirects,
        Some(":" | "true" | "false") => true,
        Some("echo" | "printf") => arguments.iter().all(|word| {
            word.literal().is_some_and(|text| blank(text) || matches!(text, "-n" | "-e"))
        }),
        Some("cat" | "dd" | "head") => arguments.iter().any(no_source),
        Some(_) => false,
    }
}

/// Tells whether a word names a device that gives nothing of use, as a path or as the input of dd.
fn no_source(word: &Argument) -> bool {
    let text = word.literal().unwrap_or_default();
    let text = text.strip_prefix("if=").unwrap_or(text);
    matches!(text, "/dev/null" | "/dev/zero" | "/dev/urandom" | "/dev/random" | "/dev/full")
}

fn by_call(unit: &Unit<'_>, command: &Command, call: &Call<'static>) -> Option<Taken> {
    let path = |word: &Word| unit.path(command, word);
    let tree = |words: &[Word], how: &'static str| {
        words.iter().filter(|word| !word.fresh).find_map(|word| {
            let (vital, bare) =
                directory(&path(word)).map(|(vital, bare)| (vital, bare.to_owned()))?;
            Some(Taken { path: bare, vital, how })
        })
    };
    let files = |words: &[Word], how: &'static str| {
        words.iter().filter(|word| !word.fresh).find_map(|word| {
            let path = path(word);
            Some(Taken { vital: file(&path)?, path, how })
        })
    };
    // Without -r only a pattern reaches what is in a directory.
    let whole = |word: &&Word| call.has(&["recursive"]) || word.text.ends_with('*');
    match call.name {
        "rm" | "srm" | "unlink" => {
            let trees: Vec<Word> = call.operands.iter().filter(whole).cloned().collect();
            tree(&trees, "is deleted").or_else(|| files(&call.operands, "is deleted"))
        }
        "find" => {
            let words = unit.words(command);
            let roots = find::roots(&words);
            let found = tree(roots, "is emptied")?;
            (deletes(unit, command) && !narrowed(command, found.vital)).then_some(found)
        }
        "mv" => {
            let (target, sources) = call.operands.split_last()?;
            if path(target) == "/dev/null" && !sources.is_empty() {
                let path = path(sources.first()?);
                let vital = directory(&path).map_or(Vital::Kept, |(vital, _)| vital);
                let vital = file(&path).unwrap_or(vital);
                return Some(Taken { path, vital, how: "is moved onto /dev/null" });
            }
            // What people keep is moved aside and comes back.
            tree(sources, "is moved away").filter(|taken| taken.vital == Vital::System)
        }
        "cp" | "install" | "dd" | "ln" => {
            let nothing = command.arguments().iter().any(no_source);
            let target: Vec<Word> = match call.name {
                "dd" => {
                    let target = call.operands.iter().find_map(|word| {
                        let text = word.text.strip_prefix("of=")?.to_owned();
                        Some(Word { text, ..word.clone() })
                    });
                    target.into_iter().collect()
                }
                _ => call.operands.iter().skip(1).cloned().collect(),
            };
            files(&target, "is emptied").filter(|_| nothing)
        }
        "truncate" => {
            let none =
                call.value(&["size"]).is_some_and(|size| size.text.trim_matches('0').is_empty());
            files(&call.operands, "is emptied").filter(|_| none)
        }
        "sed" if call.has(&["in-place"]) => {
            let mut scripts = command.arguments().iter().filter_map(Argument::literal);
            let all = scripts.any(|text| matches!(text, "d" | "1,$d" | "/.*/d" | "/^/d" | "/./d"));
            files(&call.operands, "is emptied").filter(|_| all)
        }
        "gzip" | "pigz" | "bzip2" | "xz" => {
            let stays =
                call.has(&["keep", "k", "stdout", "c", "to-stdout", "list", "l", "test", "t"]);
            files(&call.operands, "is compressed in its place").filter(|_| !stays)
        }
        "shred" | "wipe" => files(&call.operands, "is overwritten"),
        "tee" | "sponge" if !call.has(&["append"]) => {
            let read = command.redirects.iter().filter(|r| r.kind == RedirectKind::Read);
            let device = read.map(|r| &r.target).any(no_source);
            let input = command.input.as_ref().and_then(Argument::literal);
            let nothing = device || input.is_some_and(|text| text.trim().is_empty());
            files(&call.operands, "is emptied").filter(|_| nothing)
        }
        "chmod" | "chown" | "chgrp" | "setfacl" => {
            let changed: Vec<Word> =
                call.of_role(Role::Change).into_iter().filter(whole).cloned().collect();
            let how = if call.name == "chmod" || call.name == "setfacl" {
                "gets other rights, down to the last file"
            } else {
                "gets another owner, down to the last file"
            };
            let system = |taken: &Taken| taken.vital == Vital::System || taken.path == "/home";
            // A server does not start on data that anybody may change, or that it cannot read.
            let opened = || {
                let opens = call.name == "chmod" && call.risk() >= Risk::Destructive;
                let mut live = changed.iter().filter(|_| opens).map(path);
                let path = live.find(|path| in_live_directory(path))?;
                Some(Taken { path, vital: Vital::Server, how })
            };
            tree(&changed, how).filter(system).or_else(opened)
        }
        "rsync" => {
            let deletes = call.flags.iter().any(|flag| flag.name.starts_with("del"));
            let part = call.has(&[
                "exclude",
                "exclude-from",
                "filter",
                "include",
                "files-from",
                "dry-run",
                "max-delete",
            ]);
            let (target, sources) = call.operands.split_last()?;
            // A copy that is put back is looked at by the rules on restores.
            let copy = sources.iter().any(|source| names::looks_backup(&source.text));
            let found =
                tree(std::slice::from_ref(target), "loses all that the source does not have")?;
            (deletes && !part && !copy && found.vital == Vital::System).then_some(found)
        }
        _ => None,
    }
}

/// Tells whether a search deletes what it finds, itself or by a command that is handed it.
fn deletes(unit: &Unit<'_>, find: &Command) -> bool {
    let handed = |other: &Command| {
        let by = |names: &[&str]| other.wrappers.iter().any(|w| names.contains(&w.as_str()));
        let piped = match (find.setting.stage, other.setting.stage) {
            (Some(a), Some(b)) => a.pipeline == b.pipeline && b.position == a.position + 1,
            _ => false,
        };
        other.is(&["rm", "shred", "unlink"])
            && (by(&["find"]) && other.span == find.span || by(&["xargs", "parallel"]) && piped)
    };
    find.has("-delete") || unit.named(&["rm", "shred", "unlink"]).any(|other| handed(other.command))
}

/// Tells whether a search picks some of the files: by name or kind, or by age where nothing but age makes them old.
fn narrowed(find: &Command, vital: Vital) -> bool {
    let words = find.arguments();
    words.iter().enumerate().any(|(at, word)| {
        let text = word.literal().unwrap_or_default();
        let value = words.get(at + 1).map(Argument::shown).unwrap_or_default();
        match text {
            "-name" | "-iname" => !matches!(&*value, "*" | "*.*"),
            "-type" => !matches!(&*value, "f" | "d"),
            "-maxdepth" => value == "0",
            "-mtime" | "-atime" | "-ctime" | "-mmin" | "-amin" | "-cmin" => vital == Vital::Kept,
            "-path" | "-ipath" | "-wholename" | "-regex" | "-iregex" | "-empty" | "-xtype"
            | "-lname" | "-user" | "-group" | "-uid" | "-gid" | "-nouser" | "-nogroup"
            | "-newer" | "-newermt" | "-newerct" | "-size" | "-perm" | "-inum" | "-samefile"
            | "-links" | "-prune" | "-ok" => true,
            _ => false,
        }
    })
}
