//! A process that answers one request after the other: JSON lines in, JSON lines out.
#![allow(clippy::disallowed_methods)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::process::ExitCode;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::protocol::Failure;

/// Longest line that is read: a script, its environment, its arguments.
const LINE: u64 = 64 << 20;

/// What answers.
pub(super) trait Server {
    type Ask: DeserializeOwned;
    type Answer: Serialize;

    /// Does what is asked for.
    fn answer(&mut self, ask: Self::Ask) -> Result<Self::Answer, Failure>;

    /// Returns the answer to what failed.
    fn failed(failure: Failure) -> Self::Answer;

    /// Comes after each answer, while the other side reads it.
    fn get_ready(&mut self) {}

    /// Comes when nothing more is asked.
    fn end(&mut self) {}
}

/// Serves on standard input and output until the former ends.
pub(super) fn serve<S: Server>(mut server: S) -> ExitCode {
    let Ok(asks) = std::io::stdin().as_fd().try_clone_to_owned() else {
        return ExitCode::FAILURE;
    };
    let mut asks = BufReader::new(std::fs::File::from(asks));
    loop {
        let mut line = Vec::new();
        match asks.by_ref().take(LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => {
                server.end();
                return ExitCode::SUCCESS;
            }
            Ok(_) => {}
        }
        let answer = serde_json::from_slice::<S::Ask>(&line)
            .map_err(|error| Failure::of("reading a request", std::io::Error::other(error)))
            .and_then(|ask| server.answer(ask))
            .unwrap_or_else(S::failed);
        let Ok(mut text) = serde_json::to_vec(&answer) else {
            return ExitCode::FAILURE;
        };
        text.push(b'\n');
        let mut out = std::io::stdout().lock();
        if out.write_all(&text).and_then(|()| out.flush()).is_err() {
            return ExitCode::FAILURE;
        }
        drop(out);
        server.get_ready();
    }
}
