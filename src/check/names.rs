//! What the name of a path says: scratch, backup, unfinished.

use crate::sql::Statement;

/// Tells whether a path is unfinished work by its name: a later rename puts it in place.
pub fn is_partial_name(path: &str) -> bool {
    let name = crate::shell::path::file_name(path);
    let endings =
        [".new", ".tmp", ".temp", ".partial", ".part", ".incomplete", ".inprogress", ".wip", "~"];
    endings.iter().any(|e| name.ends_with(e)) || name.starts_with(".tmp")
}

/// Tells whether one of the words of a path says that nothing of value is there.
pub fn looks_scratch(path: &str) -> bool {
    let scratch = |word: &str| {
        matches!(
            word,
            "stage"
                | "staging"
                | "scratch"
                | "tmp"
                | "temp"
                | "rescue"
                | "verify"
                | "verification"
                | "test"
                | "rehearsal"
                | "lab"
                | "drill"
                | "sandbox"
                | "work"
                | "restored"
                | "restore"
                | "clone"
                | "pitr"
                | "shm"
                | "cache"
                | "quarantine"
                | "check"
                | "proof"
                | "side"
                | "new"
                | "unpack"
                | "extract"
        )
    };
    words(path).any(|w| scratch(&w))
}

/// Tells whether the name of a database says that it is not the real one.
pub fn is_scratch_database(name: &str) -> bool {
    let words = name.to_ascii_lowercase();
    words.split(|c: char| !c.is_ascii_alphanumeric()).any(|w| {
        matches!(
            w,
            "restore"
                | "restored"
                | "verify"
                | "test"
                | "tmp"
                | "temp"
                | "scratch"
                | "stage"
                | "staging"
                | "drill"
                | "rehearsal"
                | "new"
                | "old"
                | "check"
                | "lab"
                | "copy"
                | "clone"
        )
    })
}

/// Tells whether everything a statement names is not the real one, by its name.
pub fn works_on_scratch(statement: &Statement) -> bool {
    match statement.names.as_slice() {
        [] => is_scratch_database(&statement.text),
        names => names.iter().all(|name| is_scratch_database(&name.text)),
    }
}

/// Tells whether one of the words of a path says that copies are kept there.
pub fn looks_backup(path: &str) -> bool {
    let backup = |word: &str| {
        matches!(
            word,
            "backup"
                | "backups"
                | "bak"
                | "dump"
                | "dumps"
                | "snapshot"
                | "snapshots"
                | "archive"
                | "archives"
                | "generations"
                | "daily"
                | "weekly"
                | "monthly"
                | "nightly"
                | "restic"
                | "borg"
                | "dr"
                | "offsite"
                | "copies"
                | "mirror"
        ) || word.strip_prefix("backup").is_some_and(|n| n.chars().all(|c| c.is_ascii_digit()))
    };
    words(path).any(|w| backup(&w))
}

/// Splits a path into its words in lower case.
fn words(path: &str) -> impl Iterator<Item = String> + '_ {
    path.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_ascii_lowercase)
}

/// Tells whether a path names an archive or a dump.
pub fn is_archive(path: &str) -> bool {
    let endings = [
        ".tgz", ".tar", ".gz", ".zst", ".xz", ".bz2", ".lz4", ".zip", ".7z", ".dump", ".sql",
        ".gpg", ".age", ".enc", ".rdb", ".snap", ".img", ".bak", ".ldif", ".cpio",
    ];
    endings.iter().any(|e| path.ends_with(e))
}

/// Tells whether a path is the root or a directory no script may empty.
pub fn is_vital(path: &str) -> bool {
    let path = path.trim_end_matches("/*").trim_end_matches("/.");
    matches!(
        path,
        "" | "/"
            | "/etc"
            | "/usr"
            | "/var"
            | "/bin"
            | "/sbin"
            | "/lib"
            | "/lib64"
            | "/boot"
            | "/dev"
            | "/proc"
            | "/sys"
            | "/home"
            | "/root"
            | "/opt"
            | "/srv"
            | "/mnt"
            | "/media"
            | "/run"
            | "/var/lib"
            | "/var/log"
            | "/usr/bin"
            | "/usr/lib"
            | "/usr/local"
            | "/data"
            | "/backup"
            | "/backups"
    )
}
