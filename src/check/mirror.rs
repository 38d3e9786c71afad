//! Calls that make one tree like another and delete what the source lacks: of object stores, and what guards them.

use super::{Context, Run, Unit};
use crate::shell::{Argument, Command, path};
use crate::tools::Word;

/// A call that makes one tree like another in an object store.
#[derive(Debug)]
pub struct Mirror {
    /// Where it copies from.
    pub source: Word,
    /// Where it copies to.
    pub target: Word,
    /// Whether it deletes what the source lacks.
    pub deletes: bool,
    /// Whether a limit on deletions, a trial or a second place bounds the harm.
    pub bounded: bool,
}

/// Returns what a call of an object store's client makes like what.
pub fn mirror(unit: &Unit<'_>, command: &Command) -> Option<Mirror> {
    let name = command.name()?;
    let words = unit.words(command);
    let has = |names: &[&str]| {
        words.iter().any(|w| names.contains(&w.text.split('=').next().unwrap_or_default()))
    };
    let off = words.iter().any(|w| w.text.ends_with("destination=false"));
    let (verb, deletes, valued): (&[&str], bool, &[&str]) = match name {
        "aws" => (&["sync"], has(&["--delete"]), AWS),
        "rclone" => (&["sync"], true, RCLONE),
        "gsutil" => {
            let letters = |w: &Word| w.text.starts_with('-') && !w.text.starts_with("--");
            (&["rsync"], words.iter().any(|w| letters(w) && w.text.contains('d')), &["-x", "-j"])
        }
        "gcloud" => (&["rsync"], has(&["--delete-unmatched-destination-objects"]), &["--exclude"]),
        "s3cmd" => (&["sync"], has(&["--delete-removed"]), S3CMD),
        "s5cmd" => (&["sync"], has(&["--delete"]), &["--exclude", "--include"]),
        "mc" | "mcli" => (&["mirror"], has(&["--remove"]), &["--exclude", "--limit-upload"]),
        "azcopy" => (&["sync"], has(&["--delete-destination"]) && !off, AZCOPY),
        _ => return None,
    };
    let at = words.iter().position(|w| verb.contains(&w.text.as_str()))?;
    let mut places = Vec::new();
    let mut rest = words[at + 1..].iter();
    while let Some(word) = rest.next() {
        if word.text.starts_with('-') {
            if valued.contains(&word.text.as_str()) {
                rest.next();
            }
        } else {
            places.push(word.clone());
        }
    }
    let bounded = has(&[
        "--dryrun",
        "--dry-run",
        "-n",
        "--max-delete",
        "--backup-dir",
        "--fake",
        "--immutable",
    ]);
    let mut places = places.into_iter();
    Some(Mirror { source: places.next()?, target: places.next()?, deletes, bounded })
}

const AWS: &[&str] = &[
    "--exclude",
    "--include",
    "--acl",
    "--storage-class",
    "--sse",
    "--sse-kms-key-id",
    "--endpoint-url",
    "--region",
    "--source-region",
    "--profile",
    "--page-size",
    "--metadata",
    "--cache-control",
    "--content-type",
    "--output",
];

const RCLONE: &[&str] = &[
    "--transfers",
    "--checkers",
    "--config",
    "--exclude",
    "--exclude-from",
    "--include",
    "--include-from",
    "--filter",
    "--filter-from",
    "-f",
    "--files-from",
    "--log-file",
    "--log-level",
    "--bwlimit",
    "--retries",
    "--stats",
    "--suffix",
    "--max-age",
    "--min-age",
    "--max-size",
    "--min-size",
    "--timeout",
    "--contimeout",
    "--low-level-retries",
    "--compare-dest",
    "--copy-dest",
];

const S3CMD: &[&str] =
    &["--exclude", "--include", "--rexclude", "--config", "-c", "--storage-class", "--region"];

const AZCOPY: &[&str] = &["--exclude-pattern", "--include-pattern", "--log-level", "--put-md5"];

/// Tells whether an earlier command looks into a source, mounts it or fills it, so that an empty one would be noticed.
pub fn guarded(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>, source: &str) -> bool {
    let local = match source.split_once("://") {
        Some((_, place)) => place,
        None => source.rsplit_once(':').map_or(source, |(_, path)| path),
    };
    context.before(unit, run).any(|(_, other)| {
        let command = other.command;
        let about = |argument: &Argument| {
            let path = command.path(argument);
            let path =
                argument.shown().split_once("://").map_or(path, |(_, place)| place.to_owned());
            path::within(&path, local) || path::within(local, &path) && path.len() > 1
        };
        let words = command.literals();
        let weak = command.is(&["test", "["])
            && words.iter().any(|w| *w == "-d" || *w == "-n" || *w == "-z");
        looks(command) && !weak && command.arguments().iter().any(about)
    })
}

fn looks(command: &Command) -> bool {
    command.is(&[
        "test",
        "[",
        "find",
        "ls",
        "du",
        "mountpoint",
        "findmnt",
        "mount",
        "stat",
        "compgen",
        "sha256sum",
        "restic",
        "pg_basebackup",
        "mariabackup",
        "tar",
        "rsync",
        "cp",
        "pg_verifybackup",
        "grep",
        "diff",
        "wc",
        "aws",
        "rclone",
        "gsutil",
        "s3cmd",
        "mc",
    ])
}
