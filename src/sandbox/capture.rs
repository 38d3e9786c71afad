//! Keeps the head and the tail of what a run prints, whatever its length.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::protocol::Kept;

/// A run is stopped when it printed this many times what is kept.
const FACTOR: u64 = 256;
/// But not before it printed this much.
const LEAST: u64 = 64 << 20;

/// Standard output and standard error of a run, in this order.
#[derive(Debug)]
pub(super) struct Outputs {
    pipes: [OwnedFd; 2],
    kept: [Capture; 2],
    most: u64,
}

impl Outputs {
    /// Starts with the ends to read from; of each stream at most `cap` bytes are kept.
    pub(super) fn new(pipes: [OwnedFd; 2], cap: u64) -> Self {
        let kept = [Capture::new(cap), Capture::new(cap)];
        Self { pipes, kept, most: cap.saturating_mul(FACTOR).max(LEAST) }
    }

    /// Returns the ends to read from.
    pub(super) fn pipes(&self) -> &[OwnedFd; 2] {
        &self.pipes
    }

    /// Reads what is there from one stream; returns whether more may come.
    pub(super) fn read(&mut self, stream: usize) -> bool {
        let mut buffer = [0_u8; 65_536];
        match rustix::io::read(&self.pipes[stream], &mut buffer) {
            Ok(0) => return false,
            Ok(got) => self.kept[stream].take(&buffer[..got]),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) => return false,
        }
        true
    }

    /// Takes what the dead left in the pipes.
    pub(super) fn drain(&mut self) {
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        for stream in 0..self.pipes.len() {
            loop {
                let mut polled = [PollFd::new(&self.pipes[stream], PollFlags::IN)];
                let ready = poll(&mut polled, Some(&at_once)).unwrap_or(0) > 0
                    && polled[0].revents().contains(PollFlags::IN);
                if !ready || !self.read(stream) {
                    break;
                }
            }
        }
    }

    /// Tells whether more was printed than a run may print.
    pub(super) fn is_too_much(&self) -> bool {
        self.kept.iter().map(|kept| kept.total).sum::<u64>() > self.most
    }

    /// Returns what is kept of each stream, as text.
    pub(super) fn finish(self) -> [Kept; 2] {
        self.kept.map(Capture::finish)
    }
}

/// One output stream.
#[derive(Debug)]
struct Capture {
    half: usize,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    total: u64,
}

impl Capture {
    /// Starts; at most `cap` bytes are kept.
    fn new(cap: u64) -> Self {
        let half = usize::try_from(cap / 2).unwrap_or(usize::MAX);
        Self { half, head: Vec::new(), tail: VecDeque::new(), total: 0 }
    }

    /// Takes what was read.
    fn take(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let room = (self.half - self.head.len()).min(bytes.len());
        let (head, rest) = bytes.split_at(room);
        self.head.extend_from_slice(head);
        self.tail.extend(rest);
        let excess = self.tail.len().saturating_sub(self.half);
        self.tail.drain(..excess);
    }

    /// Returns what is kept, as text.
    fn finish(self) -> Kept {
        let dropped = self.total - (self.head.len() + self.tail.len()) as u64;
        let mut kept = self.head;
        if dropped > 0 {
            kept.extend_from_slice(format!("\n[… {dropped} bytes left out …]\n").as_bytes());
        }
        kept.extend(self.tail);
        Kept { text: String::from_utf8_lossy(&kept).into_owned(), dropped }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_and_tail_stay_and_the_middle_is_counted() {
        let mut capture = Capture::new(8);
        for part in ["ab", "cdef", "gh", "ijkl"] {
            capture.take(part.as_bytes());
        }
        let kept = capture.finish();
        assert_eq!(kept.dropped, 4);
        assert_eq!(kept.text, "abcd\n[… 4 bytes left out …]\nijkl");

        let mut short = Capture::new(8);
        short.take(b"abcdefgh");
        assert_eq!(short.finish().text, "abcdefgh");
    }
}
