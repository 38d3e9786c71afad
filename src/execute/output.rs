//! What a step writes: secrets masked, bounded, and in its file at once so that others can follow it.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};

use crate::base::Secret;

/// What stands in the place of a secret.
const MASK: &[u8] = b"[secret]";

/// How much of the head of an output is kept.
const HEAD: usize = 8 << 20;

/// How much of its tail is kept beyond that.
const TAIL: usize = 64 << 10;

/// Whether more of a stream may come.
#[derive(Clone, Copy, PartialEq)]
enum Stream {
    GoesOn,
    Ended,
}

/// Replaces secrets in a stream, also those that arrive in pieces.
#[derive(Debug)]
pub struct Mask {
    secrets: Vec<Secret>,
    held: Vec<u8>,
}

impl Mask {
    /// Returns a mask for these secrets and for each longer line of one that has several.
    pub fn new(secrets: &[Secret]) -> Self {
        let lines = secrets.iter().flat_map(|secret| {
            let lines = secret.expose().split(|byte| *byte == b'\n').filter(|line| line.len() >= 8);
            lines.map(Secret::new)
        });
        let mut all: Vec<Secret> = secrets.iter().cloned().chain(lines).collect();
        all.retain(|secret| !secret.expose().is_empty());
        all.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        Self { secrets: all, held: vec![] }
    }

    /// Returns what can be shown of the stream so far; the start of a possible secret is held back.
    pub fn pass(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        let held = std::mem::take(&mut self.held);
        let (shown, rest) = self.split(&held, Stream::GoesOn);
        self.held = held[rest..].to_vec();
        shown
    }

    /// Returns what was held back at the end of the stream.
    pub fn finish(&mut self) -> Vec<u8> {
        let held = std::mem::take(&mut self.held);
        self.split(&held, Stream::Ended).0
    }

    fn split(&self, text: &[u8], stream: Stream) -> (Vec<u8>, usize) {
        let (mut shown, mut at) = (Vec::with_capacity(text.len()), 0);
        while at < text.len() {
            let rest = &text[at..];
            // The longest comes first, so a secret that begins like a longer one waits until that is ruled out.
            let begins = self.secrets.iter().map(Secret::expose).find(|secret| {
                let may_follow = stream == Stream::GoesOn && secret.starts_with(rest);
                rest.starts_with(secret) || may_follow
            });
            match begins {
                None => {
                    shown.push(text[at]);
                    at += 1;
                }
                Some(secret) if rest.starts_with(secret) => {
                    shown.extend_from_slice(MASK);
                    at += secret.len();
                }
                Some(_) => break,
            }
        }
        (shown, at)
    }
}

/// Copies `from` into `file` until it ends: masked, the first mebibytes at once, of the rest the last kibibytes.
/// Returns how many bytes were left out of the middle.
///
/// It reads to the end even where the file cannot be written: a full disk must not end the step that writes.
pub fn keep(mut from: impl Read, file: &mut File, mut mask: Mask) -> io::Result<u64> {
    let (mut head, mut dropped) = (HEAD, 0_u64);
    let mut tail: VecDeque<u8> = VecDeque::new();
    let mut buffer = vec![0; 64 << 10];
    let mut written = Ok(());
    loop {
        let count = match from.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let shown = match count {
            0 => mask.finish(),
            _ => mask.pass(&buffer[..count]),
        };
        let room = shown.len().min(head);
        head -= room;
        written = written.and_then(|()| file.write_all(&shown[..room]));
        tail.extend(&shown[room..]);
        let over = tail.len().saturating_sub(TAIL);
        tail.drain(..over);
        dropped += over as u64;
        if count == 0 {
            break;
        }
    }
    written?;
    if dropped > 0 {
        writeln!(file, "\n[{dropped} bytes left out]")?;
    }
    let (front, back) = tail.as_slices();
    file.write_all(front)?;
    file.write_all(back)?;
    Ok(dropped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(secrets: &[&str], pieces: &[&str]) -> String {
        let secrets: Vec<Secret> = secrets.iter().map(|text| Secret::new(*text)).collect();
        let mut mask = Mask::new(&secrets);
        let mut shown: Vec<u8> =
            pieces.iter().flat_map(|piece| mask.pass(piece.as_bytes())).collect();
        shown.extend(mask.finish());
        String::from_utf8(shown).unwrap()
    }

    #[test]
    fn a_secret_is_masked_however_it_arrives() {
        assert_eq!(masked(&["hunter2"], &["a hunter2 b"]), "a [secret] b");
        assert_eq!(masked(&["hunter2"], &["a hun", "ter", "2 b hunter"]), "a [secret] b hunter");
        assert_eq!(
            masked(&["hunter2", "hunter22"], &["hunter2", "2 hunter2."]),
            "[secret] [secret]."
        );
        assert_eq!(masked(&["hunter2", "hunter22"], &["hunter2"]), "[secret]");
        assert_eq!(masked(&["aab"], &["aaab"]), "a[secret]");
        assert_eq!(masked(&[""], &["plain"]), "plain");
    }

    #[test]
    fn each_line_of_a_longer_secret_is_masked_too() {
        let key = "-----BEGIN-----\nMIIEvQIBADAN\n-----END-----";
        assert_eq!(masked(&[key], &["x MIIEvQIBADAN y"]), "x [secret] y");
    }

    #[test]
    fn head_and_tail_of_a_long_output_are_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out");
        let mut file = File::create(&path).unwrap();
        let long = vec![b'x'; HEAD + 3 * TAIL];
        let dropped = keep(&long[..], &mut file, Mask::new(&[])).unwrap();
        assert_eq!(dropped as usize, 2 * TAIL);
        let kept = std::fs::read(&path).unwrap();
        assert!(kept.len() < HEAD + TAIL + 100);
        assert!(String::from_utf8_lossy(&kept).contains("[131072 bytes left out]"));
    }
}
