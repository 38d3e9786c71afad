//! Paths as text: made absolute, `.` and `..` and doubled slashes taken out.

/// Returns `path` without `.`, `..` and doubled slashes, seen from `cwd` when it is relative.
/// Without a directory a relative path stays relative. Links are not followed: this is text.
pub fn absolute(path: &str, cwd: Option<&str>) -> String {
    let joined;
    let full = match cwd {
        Some(cwd) if !path.starts_with('/') => {
            joined = format!("{cwd}/{path}");
            &joined
        }
        Some(_) | None => path,
    };
    let rooted = full.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    for component in full.split('/') {
        match component {
            "" | "." => {}
            ".." => match kept.last() {
                Some(&last) if last != ".." && !last.contains('$') => {
                    kept.pop();
                }
                None if rooted => {}
                Some(_) | None => kept.push(".."),
            },
            name => kept.push(name),
        }
    }
    let joined = kept.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// Tells whether `path` is `directory` or lies below it; both as made by [`absolute`].
pub fn within(path: &str, directory: &str) -> bool {
    let directory = directory.trim_end_matches('/');
    path == directory || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

/// Returns the last component.
pub fn file_name(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// Returns what stands before the last component; `/` for a path right below the root.
pub fn parent(path: &str) -> Option<&str> {
    let (parent, _) = path.trim_end_matches('/').rsplit_once('/')?;
    Some(if parent.is_empty() { "/" } else { parent })
}

#[cfg(test)]
mod tests {
    use super::{absolute, within};

    #[test]
    fn a_path_is_made_absolute_without_looking_at_the_disk() {
        let check = |path: &str, cwd: Option<&str>, expected: &str| {
            assert_eq!(absolute(path, cwd), expected, "{path} in {cwd:?}");
        };
        check("/tmp/../etc", None, "/etc");
        check("/../..", None, "/");
        check("//srv//a/./b/", None, "/srv/a/b");
        check("*", Some("/"), "/*");
        check("../x", Some("/srv/app"), "/srv/x");
        check("a/../..", None, "..");
        check("./", None, ".");
        check("/srv/$X/../y", None, "/srv/$X/../y");
    }

    #[test]
    fn a_directory_holds_what_is_below_it_and_not_its_namesakes() {
        assert!(within("/srv/app/x", "/srv/app"));
        assert!(within("/srv/app", "/srv/app/"));
        assert!(!within("/srv/app2", "/srv/app"));
    }
}
