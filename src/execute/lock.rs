//! One runner per run: a lock on a file, which the kernel takes back when its holder dies.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::Path;

/// The lock of a run, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why a run cannot be locked.
#[derive(Debug)]
pub enum LockError {
    /// Another runner has it; the process id it wrote.
    Held(String),
    /// The file cannot be used.
    File(io::Error),
}

impl Lock {
    /// Takes the lock of the run whose files lie in a directory.
    pub fn take(files: &Path) -> Result<Self, LockError> {
        let path = files.join("lock");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(LockError::File)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = fs::read_to_string(&path).unwrap_or_default();
                return Err(LockError::Held(holder.trim().to_owned()));
            }
            Err(TryLockError::Error(error)) => return Err(LockError::File(error)),
        }
        file.set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(LockError::File)?;
        Ok(Self { _file: file })
    }
}
