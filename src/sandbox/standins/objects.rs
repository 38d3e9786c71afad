//! Objects in buckets as calls left them, and copies between them and the tree.
//!
//! What a call uploaded can be fetched again while it is small; of anything else only that it is
//! there is known, and a line stands for it in what is fetched.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::book::State;
use super::remote::{place, reason, write_mark};

/// Where contents are kept, in the tree.
const KEPT: &str = "/.blackstart/state/objects";
/// Larger contents are not kept.
const LARGEST: u64 = 16 << 20;
/// Objects that are remembered, and files of one copy.
const MOST: usize = 4000;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Object {
    size: u64,
    kept: Option<String>,
    gone: bool,
}

type Objects = BTreeMap<String, Object>;

/// One end of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// A path of the tree, or `-`.
    Local(String),
    /// A whole address: `s3://bucket/key`.
    Remote(String),
}

impl std::fmt::Display for End {
    fn fmt(&self, form: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Local(path) | Self::Remote(path) => form.write_str(path),
        }
    }
}

/// How a copy is made.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct How {
    pub(super) recursive: bool,
    /// The source is removed behind it.
    pub(super) moves: bool,
    /// What the source does not have is removed from the target.
    pub(super) mirrors: bool,
    /// Nothing is done.
    pub(super) dry: bool,
}

/// What a copy did, or would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Done {
    /// `upload`, `download`, `copy`, `delete`.
    pub(super) verb: &'static str,
    pub(super) from: String,
    pub(super) to: String,
}

/// Why there is no copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failed {
    /// The file is not in the tree.
    NoFile(String),
    /// The object was deleted.
    NoObject(String),
    /// A directory where a file is needed.
    Directory(String),
    /// The tree refuses to take it.
    Refused(String, String),
}

/// Tells what is known of an object: its size, that it is gone, or nothing.
pub(super) fn known(state: &mut State, url: &str) -> Result<Option<u64>, Failed> {
    match state.get::<Objects>("objects").get(url) {
        Some(object) if object.gone => Err(Failed::NoObject(url.to_owned())),
        Some(object) => Ok(Some(object.size)),
        None if removed_above(state, url) => Err(Failed::NoObject(url.to_owned())),
        None => Ok(None),
    }
}

fn removed_above(state: &mut State, url: &str) -> bool {
    state.get::<Vec<String>>("removed").iter().any(|prefix| url.starts_with(prefix.as_str()))
}

/// Returns the objects below a prefix that calls named and that are there, with their sizes.
pub(super) fn list(state: &mut State, prefix: &str) -> Vec<(String, u64)> {
    let objects: Objects = state.get("objects");
    objects
        .into_iter()
        .filter(|(url, object)| !object.gone && url.starts_with(prefix))
        .map(|(url, object)| (url, object.size))
        .collect()
}

/// Notes that an object is gone.
pub(super) fn remove(state: &mut State, url: &str) {
    state.update::<Objects, _>("objects", |all| {
        all.insert(url.to_owned(), Object { gone: true, ..Object::default() })
    });
}

/// Notes that all below a prefix is gone; returns what was known of it.
pub(super) fn remove_below(state: &mut State, prefix: &str) -> Vec<String> {
    let found: Vec<String> = list(state, prefix).into_iter().map(|(url, _)| url).collect();
    for url in &found {
        remove(state, url);
    }
    state.update::<Vec<String>, _>("removed", |all| {
        if !all.iter().any(|known| known == prefix) && all.len() < 100 {
            all.push(prefix.to_owned());
        }
    });
    found
}

/// Returns the content of an object, where it is kept.
pub(super) fn content(state: &mut State, url: &str) -> Option<Vec<u8>> {
    let kept = state.get::<Objects>("objects").get(url)?.kept.clone()?;
    std::fs::read(state.path(format!("{KEPT}/{kept}"))).ok()
}

/// Keeps an object with this content.
pub(super) fn put(state: &mut State, url: &str, bytes: &[u8]) {
    let kept = keep(state, |path| std::fs::write(path, bytes));
    note(state, url, bytes.len() as u64, kept);
}

fn keep(state: &mut State, write: impl Fn(&Path) -> std::io::Result<()>) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = state.path(KEPT);
    if std::fs::create_dir_all(&directory).is_ok() {
        let _ = std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o777));
    }
    let number = state.update::<u64, _>("objects made", |count| {
        *count += 1;
        *count
    });
    let name = number.to_string();
    write(&directory.join(&name)).ok().map(|()| name)
}

fn note(state: &mut State, url: &str, size: u64, kept: Option<String>) {
    state.update::<Objects, _>("objects", |all| {
        if all.len() < MOST || all.contains_key(url) {
            all.insert(url.to_owned(), Object { size, kept, gone: false });
        }
    });
}

fn upload(state: &mut State, path: &Path, url: &str) {
    let size = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let kept =
        if size <= LARGEST { keep(state, |to| std::fs::copy(path, to).map(drop)) } else { None };
    note(state, url, size, kept);
}

/// Writes an object to a file of the tree; a line stands for a content that is not known.
fn download(state: &mut State, url: &str, path: &str) -> Result<(), Failed> {
    known(state, url)?;
    let to = place(state, path);
    if let Some(parent) = to.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent)
            .map_err(|error| Failed::Refused(path.to_owned(), reason(&error)))?;
    }
    let written = match content(state, url) {
        Some(bytes) => std::fs::write(&to, bytes),
        None => write_mark(state, path, "", &format!("{url} was not fetched")),
    };
    written.map_err(|error| Failed::Refused(path.to_owned(), reason(&error)))
}

/// Files below a directory, with their paths in it.
fn files_below(directory: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![(directory.to_owned(), String::new())];
    while let Some((directory, prefix)) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        for entry in entries.flatten() {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push((entry.path(), format!("{name}/"))),
                Ok(kind) if kind.is_file() && found.len() < MOST => {
                    found.push((entry.path(), name))
                }
                Ok(_) | Err(_) => {}
            }
        }
    }
    found.sort();
    found
}

fn last(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

/// `s3://bucket/dir/` and `s3://bucket` take the file's own name.
fn key_for(url: &str, name: &str) -> String {
    let bucket_only = url.split_once("://").is_some_and(|(_, rest)| !rest.contains('/'));
    if url.ends_with('/') {
        format!("{url}{name}")
    } else if bucket_only {
        format!("{url}/{name}")
    } else {
        url.to_owned()
    }
}

/// Copies from one end to the other, as far as it is known what is there.
pub(super) fn copy(state: &mut State, from: &End, to: &End, how: How) -> Result<Vec<Done>, Failed> {
    let mut done = Vec::new();
    match (from, to) {
        (End::Local(path), End::Remote(url)) if path == "-" => {
            let text = state.input();
            if !how.dry {
                let whole = !text.contains('\u{fffd}') && text.len() < 1 << 20;
                if whole {
                    put(state, url, text.as_bytes())
                } else {
                    note(state, url, text.len() as u64, None)
                }
            }
            done.push(Done { verb: "upload", from: path.clone(), to: url.clone() });
        }
        (End::Local(path), End::Remote(url)) => {
            let source = place(state, path);
            if !source.exists() {
                return Err(Failed::NoFile(path.clone()));
            }
            let files = match (source.is_dir(), how.recursive) {
                (true, false) => return Err(Failed::Directory(path.clone())),
                (true, true) => files_below(&source)
                    .into_iter()
                    .map(|(file, name)| {
                        (
                            file,
                            format!("{}/{name}", url.trim_end_matches('/')),
                            format!("{}/{name}", path.trim_end_matches('/')),
                        )
                    })
                    .collect(),
                (false, _) => vec![(source, key_for(url, last(path)), path.clone())],
            };
            for (file, url, shown) in &files {
                if !how.dry {
                    upload(state, file, url);
                    if how.moves {
                        let _ = std::fs::remove_file(file);
                    }
                }
                done.push(Done { verb: "upload", from: shown.clone(), to: url.clone() });
            }
            if how.mirrors {
                let prefix = format!("{}/", url.trim_end_matches('/'));
                for (old, _) in list(state, &prefix) {
                    if !files.iter().any(|(_, url, _)| *url == old) {
                        if !how.dry {
                            remove(state, &old);
                        }
                        done.push(Done { verb: "delete", from: old, to: String::new() });
                    }
                }
            }
        }
        (End::Remote(url), End::Local(path)) => {
            let prefix = format!("{}/", url.trim_end_matches('/'));
            if how.recursive {
                let found = list(state, &prefix);
                let found: Vec<(String, String)> = found
                    .into_iter()
                    .map(|(one, _)| {
                        (
                            one.clone(),
                            format!("{}/{}", path.trim_end_matches('/'), &one[prefix.len()..]),
                        )
                    })
                    .collect();
                for (one, file) in &found {
                    if !how.dry {
                        download(state, one, file)?;
                    }
                    done.push(Done { verb: "download", from: one.clone(), to: file.clone() });
                }
                if found.is_empty() && !removed_above(state, &prefix) && !how.dry {
                    // What lies there is not known: one file stands for it.
                    let file = format!("{}/blackstart-stand-in.txt", path.trim_end_matches('/'));
                    download(state, &prefix, &file)?;
                }
            } else if path != "-" {
                let into = path.ends_with('/') || place(state, path).is_dir();
                let file = if into {
                    format!("{}/{}", path.trim_end_matches('/'), last(url))
                } else {
                    path.clone()
                };
                known(state, url)?;
                if !how.dry {
                    download(state, url, &file)?;
                }
                done.push(Done { verb: "download", from: url.clone(), to: file });
            } else {
                known(state, url)?;
            }
            if how.moves && !how.dry {
                if how.recursive { drop(remove_below(state, &prefix)) } else { remove(state, url) }
            }
        }
        (End::Remote(source), End::Remote(target)) => {
            let prefix = format!("{}/", source.trim_end_matches('/'));
            let pairs = if how.recursive {
                list(state, &prefix)
                    .into_iter()
                    .map(|(one, _)| {
                        (
                            one.clone(),
                            format!("{}/{}", target.trim_end_matches('/'), &one[prefix.len()..]),
                        )
                    })
                    .collect()
            } else {
                known(state, source)?;
                vec![(source.clone(), key_for(target, last(source)))]
            };
            for (one, to) in pairs {
                if !how.dry {
                    let object =
                        state.get::<Objects>("objects").get(&one).cloned().unwrap_or_default();
                    note(state, &to, object.size, object.kept);
                    if how.moves {
                        remove(state, &one);
                    }
                }
                done.push(Done { verb: "copy", from: one, to });
            }
        }
        (End::Local(source), End::Local(_)) => return Err(Failed::NoFile(source.clone())),
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_uploaded_comes_back_and_what_was_deleted_does_not() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::new(directory.path());
        std::fs::create_dir_all(directory.path().join("d/e")).unwrap();
        std::fs::write(directory.path().join("a"), "alpha").unwrap();
        std::fs::write(directory.path().join("d/e/b"), "beta").unwrap();
        let local = |path: &str| End::Local(path.to_owned());
        let remote = |url: &str| End::Remote(url.to_owned());
        let deep = How { recursive: true, ..How::default() };
        copy(&mut state, &local("/a"), &remote("s3://b/x/"), How::default()).unwrap();
        copy(&mut state, &local("/d"), &remote("s3://b/d"), deep).unwrap();
        assert_eq!(
            list(&mut state, "s3://b/"),
            [("s3://b/d/e/b".to_owned(), 4), ("s3://b/x/a".to_owned(), 5)]
        );
        copy(&mut state, &remote("s3://b/x/a"), &local("/back"), How::default()).unwrap();
        assert_eq!(std::fs::read_to_string(directory.path().join("back")).unwrap(), "alpha");
        copy(&mut state, &remote("s3://b"), &local("/all"), deep).unwrap();
        assert_eq!(std::fs::read_to_string(directory.path().join("all/d/e/b")).unwrap(), "beta");
        copy(&mut state, &remote("s3://b/unknown"), &local("/u"), How::default()).unwrap();
        assert!(
            std::fs::read_to_string(directory.path().join("u"))
                .unwrap()
                .starts_with("blackstart stand-in:")
        );
        remove(&mut state, "s3://b/x/a");
        assert_eq!(
            copy(&mut state, &remote("s3://b/x/a"), &local("/z"), How::default()),
            Err(Failed::NoObject("s3://b/x/a".to_owned()))
        );
        remove_below(&mut state, "s3://b/");
        assert_eq!(
            known(&mut state, "s3://b/never"),
            Err(Failed::NoObject("s3://b/never".to_owned()))
        );
        assert_eq!(
            copy(&mut state, &local("/missing"), &remote("s3://b/x"), How::default()),
            Err(Failed::NoFile("/missing".to_owned()))
        );
        assert_eq!(
            copy(&mut state, &local("/d"), &remote("s3://b/x"), How::default()),
            Err(Failed::Directory("/d".to_owned()))
        );
        let refused =
            copy(&mut state, &remote("gs://b/x"), &local("/a/under/file"), How::default());
        assert!(matches!(refused, Err(Failed::Refused(..))), "{refused:?}");
    }
}
