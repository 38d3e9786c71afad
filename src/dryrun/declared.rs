//! Compares what a step did with what it declared.

use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::evidence::{Change, Declared, Effect, Summary};
use crate::plan::Effects;

/// Marks each effect, and each sum of effects, as declared or not; without a declaration nothing is marked.
pub(super) fn mark(effects: &mut [Effect], summaries: &mut [Summary], declared: Option<&Effects>) {
    let Some(declared) = declared else { return };
    let announced = |yes: bool| if yes { Declared::Yes } else { Declared::No };
    for summary in summaries {
        let patterns = match summary.change {
            Change::Created | Change::Modified | Change::TypeChanged | Change::Metadata => {
                &declared.writes
            }
            Change::Deleted => &declared.deletes,
            // Where they came from is not known of the ones left out.
            Change::Renamed => &vec![],
        };
        summary.declared =
            announced(patterns.iter().any(|pattern| names_all(pattern, &summary.directory)));
    }
    for effect in effects {
        match effect {
            Effect::File(file) => {
                let written = named(&declared.writes, &file.path);
                file.declared = announced(match file.change {
                    Change::Created | Change::Modified | Change::TypeChanged | Change::Metadata => {
                        written
                    }
                    Change::Deleted => named(&declared.deletes, &file.path),
                    Change::Renamed => {
                        let from = file.from.as_deref().unwrap_or(&file.path);
                        written && (named(&declared.deletes, from) || named(&declared.writes, from))
                    }
                });
            }
            Effect::Connect { destination, also, declared: mark } => {
                let says = |spelled: &String| {
                    declared.network.iter().any(|one| one.eq_ignore_ascii_case(spelled))
                };
                let yes = stays_here(destination) || says(destination) || also.iter().any(says);
                *mark = announced(yes);
            }
            Effect::Exec { .. } | Effect::Lookup { .. } | Effect::Denied { .. } => {}
        }
    }
}

/// A socket of this machine is no destination.
fn stays_here(destination: &str) -> bool {
    destination.starts_with("unix:")
        || destination.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback())
}

/// Tells whether a pattern names a directory and everything below it.
fn names_all(pattern: &str, directory: &Path) -> bool {
    pattern.trim_end_matches('/').rsplit('/').next() == Some("**") && matches(pattern, directory)
}

fn named(patterns: &[String], path: &Path) -> bool {
    patterns.iter().any(|pattern| matches(pattern, path))
}

/// Tells whether a declared path names `path`: `*` and `?` stand for characters of one name, `**`
/// for any depth, including none, so `/srv/data/**` names `/srv/data` too.
fn matches(pattern: &str, path: &Path) -> bool {
    let parts = |text: &[u8]| -> Vec<Vec<u8>> {
        text.split(|byte| *byte == b'/')
            .filter(|part| !part.is_empty())
            .map(<[u8]>::to_vec)
            .collect()
    };
    parts_match(&parts(pattern.as_bytes()), &parts(path.as_os_str().as_bytes()))
}

/// Row by row, so that no pattern takes more than the product of the lengths.
fn parts_match(pattern: &[Vec<u8>], path: &[Vec<u8>]) -> bool {
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    for part in pattern {
        let mut next = vec![false; path.len() + 1];
        if part == b"**" {
            let mut any = false;
            for (at, slot) in next.iter_mut().enumerate() {
                any |= reached[at];
                *slot = any;
            }
        } else {
            for at in 0..path.len() {
                next[at + 1] = reached[at] && name_matches(part, &path[at]);
            }
        }
        reached = next;
    }
    reached[path.len()]
}

fn name_matches(pattern: &[u8], name: &[u8]) -> bool {
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for byte in pattern {
        let mut next = vec![false; name.len() + 1];
        if *byte == b'*' {
            let mut any = false;
            for (at, slot) in next.iter_mut().enumerate() {
                any |= reached[at];
                *slot = any;
            }
        } else {
            for at in 0..name.len() {
                next[at + 1] = reached[at] && (*byte == b'?' || *byte == name[at]);
            }
        }
        reached = next;
    }
    reached[name.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declared_path_names_what_its_pattern_says() {
        let table = [
            ("/srv/data/**", "/srv/data/a/b", true),
            ("/srv/data/**", "/srv/data", true),
            ("/srv/data/**", "/srv/database", false),
            ("/srv/data", "/srv/data/a", false),
            ("/srv/*.conf", "/srv/a.conf", true),
            ("/srv/*.conf", "/srv/x/a.conf", false),
            ("/srv/**/x", "/srv/a/b/x", true),
            ("/srv/a?c/", "/srv/abc", true),
            ("**", "/anything", true),
            ("", "/anything", false),
        ];
        for (pattern, path, expected) in table {
            assert_eq!(matches(pattern, Path::new(path)), expected, "{pattern} on {path}");
        }
    }

    #[test]
    fn a_destination_is_declared_by_its_name_or_its_address() {
        let table = [
            (vec!["db1:5432"], Declared::Yes),
            (vec!["DB1.example.com:5432"], Declared::Yes),
            (vec!["10.0.0.5:5432"], Declared::Yes),
            (vec!["db1:5433", "db1", "10.0.0.5"], Declared::No),
            (vec![], Declared::No),
        ];
        for (network, expected) in table {
            let network = network.into_iter().map(str::to_owned).collect();
            let declared = Effects { network, ..Effects::default() };
            let mut effects = [Effect::Connect {
                destination: "db1:5432".into(),
                also: vec!["db1.example.com:5432".into(), "10.0.0.5:5432".into()],
                declared: Declared::NothingDeclared,
            }];
            mark(&mut effects, &mut [], Some(&declared));
            let Effect::Connect { declared: got, .. } = &effects[0] else { continue };
            assert_eq!(*got, expected, "{declared:?}");
        }
    }

    #[test]
    fn a_pattern_for_everything_below_covers_a_sum() {
        for (pattern, directory, expected) in [
            ("/srv/data/**", "/srv/data", true),
            ("/srv/**", "/srv/data/x", true),
            ("/srv/data/*", "/srv/data", false),
            ("/srv/data", "/srv/data", false),
            ("/srv/data/**", "/srv", false),
            ("/srv/d**", "/srv/data", false),
        ] {
            assert_eq!(names_all(pattern, Path::new(directory)), expected, "{pattern}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_path_names_itself_and_no_pattern_runs_away(path in "(/[a-z]{1,8}){1,6}", stars in "(/[*?a]{1,30}){1,20}") {
            assert!(matches(&path, Path::new(&path)));
            let _ = matches(&stars, Path::new(&path));
        }
    }
}
