//! Files read within bounds and written whole.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::base::Position;
use crate::base::yaml::MAX_BYTES;

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is not there, not allowed, or the disk fails.
    #[error("cannot {action} {}", shown(path))]
    Io {
        /// read, write
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It is not a regular file.
    #[error("{} is {what}, not a file", shown(path))]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is instead.
        what: &'static str,
    },
    /// It is larger than what is read.
    #[error("{} has {bytes} bytes, more than the {MAX_BYTES} that are read", shown(path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// It is no text at all.
    #[error("{} is {what}", shown(path))]
    Binary {
        /// The file.
        path: PathBuf,
        /// What it is, and by what that is told.
        what: String,
    },
    /// It is not UTF-8 text.
    #[error("{}:{at}: not UTF-8 text (byte 0x{byte:02x})", shown(path))]
    NotText {
        /// The file.
        path: PathBuf,
        /// Where the first wrong byte stands.
        at: Position,
        /// The byte.
        byte: u8,
    },
}

/// Returns a path as it is shown to people.
pub fn shown(path: &Path) -> String {
    crate::base::escape::bytes(path.as_os_str().as_encoded_bytes())
}

/// Reads a text file of at most 32 MiB; `-` is standard input. Never waits for a pipe or a device.
pub fn read_text(path: &Path) -> Result<String, FileError> {
    String::from_utf8(read_bytes(path)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let before = String::from_utf8_lossy(&bytes[..at]);
        FileError::NotText { path: path.to_owned(), at: Position::of(&before, at), byte: bytes[at] }
    })
}

/// Reads a script, as [`read_text`] does, but in any encoding that leaves ASCII alone: each byte that is not UTF-8 stands as one
/// `_`, so that every offset is the file's. A shell takes such bytes as letters too.
pub fn read_script(path: &Path) -> Result<String, FileError> {
    read_lossy(path).map(|(text, _)| text)
}

/// Reads a file as [`read_script`] does, and says beside it why it is not text, where it is not.
pub fn read_lossy(path: &Path) -> Result<(String, Option<FileError>), FileError> {
    let bytes = match String::from_utf8(read_bytes(path)?) {
        Ok(text) => return Ok((text, None)),
        Err(error) => error.into_bytes(),
    };
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '_'));
    }
    let valid = bytes.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len());
    let at = Position::of(&text, valid);
    let wrong = FileError::NotText { path: path.to_owned(), at, byte: bytes[valid] };
    Ok((text, Some(wrong)))
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, FileError> {
    let io = |source| FileError::Io { action: "read", path: path.to_owned(), source };
    if path.as_os_str() == "-" {
        return text_in(bounded(std::io::stdin().lock(), path)?, path);
    }
    let metadata = fs::metadata(path).map_err(io)?;
    if metadata.is_dir() {
        return Err(FileError::NotAFile { path: path.to_owned(), what: "a directory" });
    }
    if !metadata.is_file() {
        return Err(FileError::NotAFile {
            path: path.to_owned(),
            what: "a pipe, socket or device",
        });
    }
    if metadata.len() > MAX_BYTES as u64 {
        return Err(FileError::TooLarge { path: path.to_owned(), bytes: metadata.len() });
    }
    text_in(bounded(File::open(path).map_err(io)?, path)?, path)
}

/// More control characters than these are no slip, where they are also more than one byte in [`ODD`].
const SLIPS: usize = 8;

/// One byte in so many is a control character where bytes fall at random.
const ODD: usize = 50;

/// Returns the bytes of a text in any encoding that leaves ASCII alone; a program, an archive or UTF-16 is none.
fn text_in(bytes: Vec<u8>, path: &Path) -> Result<Vec<u8>, FileError> {
    let binary = |what: String| Err(FileError::Binary { path: path.to_owned(), what });
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return binary("UTF-16 text, which no shell reads".to_owned());
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return binary(format!("a binary file, not text (byte {at} is NUL)"));
    }
    // What text holds beside letters: bell, backspace, tab, breaks, escape.
    let odd = |byte: &&u8| matches!(byte, 1..=6 | 14..=26 | 28..=31 | 127);
    let odd = bytes.iter().filter(odd).count();
    if odd > SLIPS && odd * ODD > bytes.len() {
        return binary(format!(
            "a binary file, not text ({odd} of its bytes are control characters)"
        ));
    }
    Ok(bytes)
}

fn bounded(from: impl Read, path: &Path) -> Result<Vec<u8>, FileError> {
    let mut bytes = vec![];
    from.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|source| FileError::Io {
        action: "read",
        path: path.to_owned(),
        source,
    })?;
    if bytes.len() > MAX_BYTES {
        return Err(FileError::TooLarge { path: path.to_owned(), bytes: bytes.len() as u64 });
    }
    Ok(bytes)
}

/// Writes a file whole or not at all: to a temporary file beside it, synced, renamed into place.
/// New files get mode 0600, or 0700 where `executable`.
pub fn write_whole(path: &Path, contents: &[u8], executable: Executable) -> Result<(), FileError> {
    let io = |source| FileError::Io { action: "write", path: path.to_owned(), source };
    let directory =
        path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(io)?;
    let mode = match executable {
        Executable::Yes => 0o700,
        Executable::No => 0o600,
    };
    let mut new = tempfile::Builder::new()
        .prefix(".blackstart-")
        .suffix(".tmp")
        .permissions(fs::Permissions::from_mode(mode))
        .tempfile_in(directory)
        .map_err(io)?;
    new.write_all(contents).and_then(|()| new.as_file().sync_all()).map_err(io)?;
    new.persist(path).map_err(|error| io(error.error))?;
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(io)
}

/// Whether a written file is a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Executable {
    /// A script.
    Yes,
    /// Text.
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_text_file_is_refused_with_its_reason() {
        let dir = tempfile::tempdir().unwrap();
        let refuse = |path: &Path| read_text(path).unwrap_err().to_string();
        assert!(refuse(dir.path()).ends_with("is a directory, not a file"));
        assert!(refuse(Path::new("/dev/null")).contains("device"));
        let binary = dir.path().join("b\nin");
        fs::write(&binary, b"ok\nab\xff").unwrap();
        assert!(refuse(&binary).ends_with("b\\nin:2:3: not UTF-8 text (byte 0xff)"));
        assert!(refuse(&dir.path().join("none")).starts_with("cannot read"));
    }

    #[test]
    fn a_program_an_archive_and_utf_16_are_no_text() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.sh");
        let said = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            let read = read_lossy(&path).map(|_| ()).map_err(|error| error.to_string());
            read.err().and_then(|why| Some(why.split_once("x.sh ")?.1.to_owned()))
        };
        let noise: Vec<u8> = (0..2_000_u32).map(|n| (n * 73 % 255 + 1) as u8).collect();
        let nul = "is a binary file, not text (byte 7 is NUL)";
        assert_eq!(said(b"echo hi\0\n").as_deref(), Some(nul));
        assert!(said(&noise).unwrap().contains("control characters"));
        let wide = "is UTF-16 text, which no shell reads";
        assert_eq!(said(b"\xff\xfel\0s\0").as_deref(), Some(wide));
        assert_eq!(said(b"\xfe\xff\0l\0s").as_deref(), Some(wide));
        assert_eq!(said(b"# caf\xe9\nprintf '\x1b[1m\x01\x07'\r\n"), None);
        assert_eq!(said("\u{feff}ls\n".as_bytes()), None);
        assert_eq!(said(b""), None);
    }

    #[test]
    fn a_script_in_another_encoding_keeps_its_offsets() {
        let dir = tempfile::tempdir().unwrap();
        let script = dir.path().join("latin1");
        fs::write(&script, b"# B\xe9ranger\necho \xc3\xa9 \xf0\x9f end").unwrap();
        assert_eq!(read_script(&script).unwrap(), "# B_ranger\necho \u{e9} __ end");
    }

    #[test]
    fn a_written_file_is_private_and_replaces_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/plan.yaml");
        write_whole(&path, b"1", Executable::No).unwrap();
        write_whole(&path, b"2", Executable::No).unwrap();
        assert_eq!(read_text(&path).unwrap(), "2");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
