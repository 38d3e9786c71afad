//! What a command prints: data on standard output, everything else on standard error.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::{CommandError, Exit, Global};
use crate::base::escape;

/// The two streams of a command, and how to write to them.
#[derive(Debug)]
pub struct Output {
    json: bool,
    colour: bool,
    data_colour: bool,
    progress: bool,
}

impl Output {
    /// Returns the output for these options and this terminal. `NO_COLOR` is honoured.
    pub fn new(global: &Global) -> Self {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let terminal = io::stderr().is_terminal();
        Self {
            json: global.json,
            colour: terminal && !global.plain && !no_colour && !dumb,
            data_colour: io::stdout().is_terminal() && !global.plain && !no_colour && !dumb,
            progress: terminal && !global.json && !global.plain && !dumb,
        }
    }

    /// Tells whether JSON was asked for.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Tells whether colour may be used on standard error.
    pub fn colour(&self) -> bool {
        self.colour
    }

    /// Tells whether colour may be used on standard output.
    pub fn data_colour(&self) -> bool {
        self.data_colour
    }

    /// Returns how many columns a line on standard output has; many where it is no terminal.
    pub fn data_columns(&self) -> usize {
        match io::stdout().is_terminal() {
            true => columns(),
            false => 140,
        }
    }

    /// Writes text to standard output; untrusted parts must be escaped already.
    pub fn data(&mut self, text: &str) -> Result<(), CommandError> {
        Self::write(io::stdout().lock(), text)
    }

    /// Writes text for people to standard output; nothing where JSON was asked for.
    pub fn say(&mut self, text: &str) -> Result<(), CommandError> {
        match self.json {
            true => Ok(()),
            false => self.data(text),
        }
    }

    /// Writes one JSON value and a line break to standard output.
    pub fn object(&mut self, value: &impl Serialize) -> Result<(), CommandError> {
        let text = serde_json::to_string(value).expect("printed formats have text keys");
        self.data(&(text + "\n"))
    }

    /// Writes a line about what is going on to standard error, where a person may be watching.
    pub fn note(&mut self, line: &str) {
        if !self.json {
            let _ = writeln!(io::stderr().lock(), "{line}");
        }
    }

    /// Writes a line that a person must see to standard error, also where JSON was asked for.
    pub fn warn(&mut self, line: &str) {
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    /// Shows how far long work has come, on a terminal only; the next line overwrites it.
    pub fn progress(&mut self, line: &str) {
        if self.progress {
            let width = columns();
            let line: String =
                escape::one_line(line).chars().take(width.saturating_sub(1)).collect();
            let _ = write!(io::stderr().lock(), "\r\x1b[2K{line}");
            let _ = io::stderr().flush();
        }
    }

    /// Removes the line of [`Output::progress`].
    pub fn progress_done(&mut self) {
        if self.progress {
            let _ = write!(io::stderr().lock(), "\r\x1b[2K");
        }
    }

    /// Writes an error with its causes and advice to standard error; as JSON where that was asked for.
    pub fn error(&mut self, error: &CommandError) {
        if error.message.is_empty() {
            return;
        }
        let mut stderr = io::stderr().lock();
        if self.json {
            let value = serde_json::json!({
                "schema": "blackstart/error/v1", "exit": error.exit as u8, "message": error.message,
                "causes": error.causes, "hints": error.hints,
            });
            let _ = writeln!(stderr, "{value}");
            return;
        }
        let (red, plain) = if self.colour { ("\x1b[31;1m", "\x1b[0m") } else { ("", "") };
        let _ = writeln!(stderr, "{red}error{plain}: {}", escape::terminal(&error.message));
        for cause in &error.causes {
            let _ = writeln!(stderr, "  because: {}", escape::terminal(cause));
        }
        for hint in &error.hints {
            let _ = writeln!(stderr, "  next: {}", escape::terminal(hint));
        }
    }

    fn write(mut stream: impl Write, text: &str) -> Result<(), CommandError> {
        match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
            // A reader that stopped reading (`| head`) is no error worth a message.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                Err(CommandError::new(Exit::Error, ""))
            }
            other => other.map_err(|source| CommandError::caused(Exit::Error, &source)),
        }
    }
}

/// Returns the columns of the terminal; 80 where it does not say.
fn columns() -> usize {
    let said = crossterm::terminal::size().map_or(0, |(columns, _)| usize::from(columns));
    if said == 0 { 80 } else { said }
}
