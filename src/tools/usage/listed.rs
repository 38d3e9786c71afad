//! Descriptions of command lines that are too long for source text: a text with one command on each line.
//!
//! A line is `PATH: FLAGS ; OPERANDS` as in [`super::Usage::commands`]. `*:` holds the flags that may stand anywhere,
//! `@NAME:` a group of flags, `?PATH:` the words that the tool knows behind a path and that are not described here.

use std::sync::OnceLock;

use super::{
    Manner, Problem, Style, Usage, aws, az, containers, databases, gcloud, http, kubernetes, nosql,
    rclone,
};

/// A command line that a text describes.
#[derive(Debug)]
pub struct Listed {
    /// The names it goes by.
    pub names: &'static [&'static str],
    /// The description.
    pub text: &'static str,
    /// Where the text describes several tools: the first word of the line that is this one's.
    pub only: Option<&'static str>,
    /// How its words are taken apart.
    pub style: Style,
    /// Exit code of a refusal.
    pub code: u8,
    /// Words of a refusal.
    pub manner: Manner,
    /// The description as it was read.
    pub read: OnceLock<Usage>,
}

/// Every tool that a text describes.
pub static LISTED: &[&Listed] = &[
    &kubernetes::KUBECTL,
    &kubernetes::HELM,
    &kubernetes::VELERO,
    &kubernetes::ETCDCTL,
    &containers::DOCKER,
    &containers::PODMAN,
    &aws::AWS,
    &gcloud::GCLOUD,
    &gcloud::GSUTIL,
    &az::AZ,
    &rclone::RCLONE,
    &http::CURL,
    &http::WGET,
    &http::DIG,
    &databases::PSQL,
    &databases::PG_DUMP,
    &databases::PG_DUMPALL,
    &databases::PG_RESTORE,
    &databases::PG_BASEBACKUP,
    &databases::PG_ISREADY,
    &databases::CREATEDB,
    &databases::DROPDB,
    &databases::CREATEUSER,
    &databases::DROPUSER,
    &databases::VACUUMDB,
    &databases::REINDEXDB,
    &databases::MYSQL,
    &databases::MYSQLDUMP,
    &databases::MYSQLADMIN,
    &databases::MYSQLCHECK,
    &databases::MYSQLSHOW,
    &databases::MYSQLIMPORT,
    &nosql::REDIS_CLI,
    &nosql::MONGODUMP,
    &nosql::MONGORESTORE,
    &nosql::MONGOSH,
];

impl Listed {
    /// Returns the description; it is read once.
    pub fn usage(&self) -> &Usage {
        self.read.get_or_init(|| {
            let mut global = "";
            let (mut groups, mut commands) = (Vec::new(), Vec::new());
            for (path, spec) in lines(self.text) {
                match (self.only, path.as_bytes().first()) {
                    (Some(only), _) if path == only => commands.push(("", spec)),
                    (Some(_), _) | (None, Some(b'?')) => {}
                    (None, Some(b'*')) => global = spec,
                    (None, Some(b'@')) => groups.push((&path[1..], spec)),
                    (None, _) => commands.push((path, spec)),
                }
            }
            Usage {
                names: self.names,
                style: self.style,
                global,
                // They live as long as the program: each text is read once.
                groups: Vec::leak(groups),
                commands: Vec::leak(commands),
                code: self.code,
                manner: self.manner,
            }
        })
    }
}

/// Returns what the text of a tool says behind a name of its own: keywords that are no flags.
pub fn extra(tool: &str, name: &str) -> &'static str {
    let text = listed(tool).map_or("", |listed| listed.text);
    lines(text).find(|(path, _)| *path == name).map_or("", |(_, spec)| spec)
}

/// Returns the whole description of a tool that a text describes.
pub(super) fn listed(name: &str) -> Option<&'static Listed> {
    LISTED.iter().find(|listed| listed.names.contains(&name)).copied()
}

/// Tells whether a tool knows a command that is not described here: then only blackstart refuses it.
pub fn undescribed(tool: &str, problem: &Problem) -> bool {
    let Problem::UnknownCommand { word, under } = problem else {
        return false;
    };
    let text = listed(tool).map_or("", |listed| listed.text);
    lines(text)
        .filter(|(path, _)| path.strip_prefix('?').is_some_and(|path| path == under))
        .any(|(_, words)| words.split_ascii_whitespace().any(|known| known == word))
}

pub(super) fn lines(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let described = text.lines().filter(|line| !line.starts_with('#'));
    described.filter_map(|line| line.split_once(':')).map(|(path, spec)| (path, spec.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_can_be_read_and_no_flag_is_described_twice() {
        let mut seen = std::collections::BTreeSet::new();
        let mut flags = 0;
        for listed in LISTED {
            let usage = listed.usage();
            assert!(!usage.commands.is_empty(), "{}", listed.names[0]);
            for name in listed.names {
                assert!(seen.insert(*name), "{name} is described twice");
                assert!(super::super::USAGES.iter().all(|usage| !usage.names.contains(name)));
            }
            let mut paths = std::collections::BTreeSet::new();
            for (path, text) in usage.commands {
                assert!(paths.insert(*path), "{} {path} is described twice", listed.names[0]);
                let spec = super::super::table::spec(text, usage.groups);
                let mut names = std::collections::BTreeSet::new();
                for flag in &spec.flags {
                    flags += 1;
                    for name in &flag.names {
                        assert!(name.starts_with('-') && name.len() > 1, "{path}: {name:?}");
                        assert!(names.insert(*name), "{} {path}: {name} twice", listed.names[0]);
                    }
                }
            }
        }
        assert!(flags > 20_000, "{flags} flags");
    }

    #[test]
    fn what_is_not_described_is_told_from_what_does_not_exist() {
        let unknown = |word: &str, under: &str| Problem::UnknownCommand {
            word: word.to_owned(),
            under: under.to_owned(),
        };
        for (tool, word, under, known) in [
            ("aws", "sagemaker", "", true),
            ("aws", "sagemager", "", false),
            ("aws", "create-vpn-gateway", "ec2", true),
            ("gcloud", "dataproc", "", true),
            ("gcloud", "routers", "compute", true),
            ("az", "iot", "", true),
            ("kubectl", "gett", "", false),
        ] {
            assert_eq!(undescribed(tool, &unknown(word, under)), known, "{tool} {under} {word}");
        }
    }
}
