//! Takes a key from where the configuration says, and from nowhere else.

use std::path::{Path, PathBuf};

use super::KeySource;
use crate::base::Secret;

/// The most bytes of a key file that are read.
const MOST: u64 = 64 * 1024;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The environment variable is not set, or empty.
    #[error("the key is to come from the environment variable {name}, which is not set")]
    NotSet {
        /// Its name.
        name: String,
    },
    /// The file cannot be read.
    #[error("the key is to come from {}, which cannot be read", crate::base::escape::bytes(path.as_os_str().as_encoded_bytes()))]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Returns the key a configuration asks for; none where it asks for none. A relative file stands below
/// `directory`, one that begins with `~/` in the home directory.
pub fn key(source: Option<&KeySource>, directory: &Path) -> Result<Option<Secret>, KeyError> {
    use std::os::unix::ffi::OsStringExt as _;
    match source {
        Some(KeySource { env: Some(name), .. }) => {
            match std::env::var_os(name).filter(|value| !value.is_empty()) {
                Some(value) => Ok(Some(Secret::new(value.into_vec()))),
                None => Err(KeyError::NotSet { name: name.clone() }),
            }
        }
        Some(KeySource { file: Some(file), .. }) => {
            let path = match file.strip_prefix("~/").zip(std::env::var_os("HOME")) {
                Some((below, home)) => Path::new(&home).join(below),
                None => directory.join(file),
            };
            match contents(&path) {
                Ok(text) => Ok(Some(Secret::new(text))),
                Err(source) => Err(KeyError::File { path, source }),
            }
        }
        Some(KeySource { env: None, file: None }) | None => Ok(None),
    }
}

fn contents(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let file = std::fs::File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(std::io::Error::other("not a file"));
    }
    let mut text = vec![];
    file.take(MOST).read_to_end(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_from_its_file_or_says_why_not() {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("key"), "sk-1\n").expect("writes");
        let from = |file: &str| {
            let source = KeySource { env: None, file: Some(file.into()) };
            key(Some(&source), directory.path())
        };
        assert_eq!(from("key").expect("reads").expect("a key").expose(), b"sk-1\n");
        assert!(from("none").is_err() && from(".").is_err() && from("/dev/zero").is_err());
        assert!(key(None, directory.path()).expect("no key").is_none());
        let unset = KeySource { env: Some("BLACKSTART_TEST_NO_SUCH_VARIABLE".into()), file: None };
        assert!(
            key(Some(&unset), directory.path())
                .unwrap_err()
                .to_string()
                .contains("BLACKSTART_TEST_NO_SUCH_VARIABLE")
        );
    }
}
