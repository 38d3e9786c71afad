//! Keeps the head and the tail of an output stream, whatever its length.

use std::collections::VecDeque;

use super::protocol::Kept;

/// One output stream.
#[derive(Debug)]
pub(super) struct Capture {
    half: usize,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    total: u64,
}

impl Capture {
    /// Starts; at most `cap` bytes are kept.
    pub(super) fn new(cap: u64) -> Self {
        let half = usize::try_from(cap / 2).unwrap_or(usize::MAX);
        Self { half, head: Vec::new(), tail: VecDeque::new(), total: 0 }
    }

    /// Takes what was read.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let room = (self.half - self.head.len()).min(bytes.len());
        let (head, rest) = bytes.split_at(room);
        self.head.extend_from_slice(head);
        self.tail.extend(rest);
        let excess = self.tail.len().saturating_sub(self.half);
        self.tail.drain(..excess);
    }

    /// Returns how many bytes came.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Returns what is kept, as text.
    pub(super) fn finish(self) -> Kept {
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
