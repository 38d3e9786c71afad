//! `blackstart redact`: a text as a model would get it.

use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

use serde::Serialize;

use crate::base::escape;
use crate::cli::output::Output;
use crate::cli::problems::load_given;
use crate::cli::{CommandError, Exit, Global};
use crate::draft::dialogue::known;
use crate::inventory;
use crate::redact::{Known, Redactor};
use crate::runtime::files::shown;

/// Replace what must not leave the machine by pseudonyms
///
/// Passwords, keys, tokens, cookies, internal hosts, addresses, e-mail, telephone, card and identity numbers, and the names
/// of the inventory. Standard output gets the text as a model would get it, standard error a count by kind. Nothing is kept:
/// the pseudonyms of one call mean nothing to the next.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  journalctl -u postgresql | blackstart redact > to-share.log
  blackstart redact --inventory inventory.yaml incident.txt      hosts, people and accounts by name too
  blackstart redact --json < env.txt                             what was replaced, and where

With --json: {schema, text, spans: [{start, end, kind, placeholder}]}, code points of the input, end-exclusive.
Input that is not UTF-8 is read with U+FFFD for what cannot be decoded; UTF-16 with a byte order mark is decoded.")]
pub struct Args {
    /// The text; standard input where none is named
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The inventory whose names are private
    #[arg(long, value_name = "FILE")]
    inventory: Option<PathBuf>,
}

/// The most that is read, in bytes: a text is searched as a whole, so that nothing hides at a border.
const LARGEST: u64 = 1 << 30;

#[derive(Serialize)]
struct Redacted<'a> {
    schema: &'static str,
    text: &'a str,
    spans: Vec<Span<'a>>,
}

#[derive(Serialize)]
struct Span<'a> {
    start: usize,
    end: usize,
    kind: &'static str,
    placeholder: &'a str,
}

/// Runs the command.
pub fn run(args: Args, _: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let inventory = load_given(args.inventory.as_deref(), output, inventory::read)?;
    let names = inventory.map_or_else(Known::default, |inventory| known(&inventory, None));
    let bytes = read(args.file.as_deref())?;
    let (text, whole) = decoded(bytes);
    if !whole {
        output.note("note: some bytes of the input are not UTF-8 and are shown as U+FFFD");
    }
    let mut redactor = Redactor::new(names);
    let redaction = redactor.redact(&text);
    let redacted = redaction.text.as_str();
    if output.is_json() {
        let spans = redaction.spans.iter().map(|span| Span {
            start: span.start,
            end: span.end,
            kind: span.kind.name(),
            placeholder: &span.placeholder,
        });
        output.object(&Redacted {
            schema: "blackstart/redact/v1",
            text: redacted,
            spans: spans.collect(),
        })?;
        return Ok(Exit::Ok);
    }
    match io::stdout().is_terminal() {
        true => output.data(&escape::terminal(redacted))?,
        false => output.data(redacted)?,
    }
    let counts: Vec<String> =
        redactor.audit().iter().map(|(kind, count)| format!("{count} {}", kind.name())).collect();
    output.note(&match counts.is_empty() {
        true => "replaced: nothing".to_owned(),
        false => format!("replaced: {}", counts.join(", ")),
    });
    Ok(Exit::Ok)
}

fn read(file: Option<&std::path::Path>) -> Result<Vec<u8>, CommandError> {
    let (name, mut reader): (String, Box<dyn Read>) =
        match file.filter(|path| path.as_os_str() != "-") {
            Some(path) => {
                let name = shown(path);
                let unreadable = |error: io::Error| {
                    CommandError::new(Exit::Input, format!("cannot read {name}: {error}"))
                };
                if path.is_dir() {
                    return Err(CommandError::new(Exit::Input, format!("{name} is a directory")));
                }
                let file = std::fs::File::open(path).map_err(unreadable)?;
                (name, Box::new(file))
            }
            None => {
                if io::stdin().is_terminal() {
                    return Err(CommandError::new(Exit::Input, "there is no text to redact")
                        .hint("blackstart redact FILE, or COMMAND | blackstart redact"));
                }
                ("standard input".to_owned(), Box::new(io::stdin().lock()))
            }
        };
    let mut bytes = vec![];
    reader
        .by_ref()
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| CommandError::new(Exit::Input, format!("cannot read {name}: {error}")))?;
    if bytes.len() as u64 > LARGEST {
        return Err(CommandError::new(Exit::Input, format!("{name} is larger than 1 GiB"))
            .hint("split it between records"));
    }
    Ok(bytes)
}

/// Returns the text, and whether every byte of it was one. What cannot be decoded becomes U+FFFD, which hides nothing from
/// the detectors.
fn decoded(bytes: Vec<u8>) -> (String, bool) {
    let wide = |pair: fn([u8; 2]) -> u16| {
        let units: Vec<u16> =
            bytes[2..].chunks_exact(2).map(|unit| pair([unit[0], unit[1]])).collect();
        (String::from_utf16_lossy(&units), bytes.len().is_multiple_of(2))
    };
    match bytes.as_slice() {
        [0xff, 0xfe, ..] => return wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => return wide(u16::from_be_bytes),
        _ => {}
    }
    match String::from_utf8(bytes) {
        Ok(text) => (text, true),
        Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_windows_and_broken_text_are_read() {
        let wide: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain("pw: 密".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(decoded(wide), ("pw: 密".to_owned(), true));
        assert_eq!(decoded(b"a\xffb".to_vec()), ("a\u{fffd}b".to_owned(), false));
    }
}
