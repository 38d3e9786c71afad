//! Paths in JSON: a plain string, and beside it the bytes in Base64 where they are not UTF-8.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Returns the string, what is not UTF-8 replaced, and the Base64 form where something was.
pub fn write(path: &Path) -> (String, Option<String>) {
    match path.to_str() {
        Some(text) => (text.to_owned(), None),
        None => (
            path.to_string_lossy().into_owned(),
            Some(STANDARD.encode(path.as_os_str().as_bytes())),
        ),
    }
}

/// Returns the path that [`write`] wrote.
pub fn read(text: String, base64: Option<String>) -> Result<PathBuf, String> {
    match base64 {
        None => Ok(text.into()),
        Some(base64) => match STANDARD.decode(&base64) {
            Ok(bytes) => Ok(OsString::from_vec(bytes).into()),
            Err(error) => Err(format!("path_base64 {base64:?}: {error}")),
        },
    }
}
