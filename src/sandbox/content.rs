//! Compares the content of two files, and shows the difference where that is short.
#![allow(clippy::disallowed_methods)]

use std::ops::Range;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::fs::{SeekFrom, Stat};
use similar::TextDiff;

use crate::base::Digest;

/// Text up to this size is compared line by line.
const TEXT: u64 = 256 << 10;
/// Files that store up to this much are described by a digest.
const DIGESTED: u64 = 64 << 20;
/// Files are compared byte by byte up to this much stored data.
const COMPARED: u64 = 1 << 30;
/// A longer difference is cut.
const SHOWN: usize = 16 << 10;
/// A file that stores this much less than its size is sparse.
const SPARSE: u64 = 64 << 10;
/// Bytes that are read at once.
const CHUNK: u64 = 128 << 10;

/// What may still be spent on looking into files.
#[derive(Debug)]
pub(super) struct Budget {
    /// Bytes to read.
    bytes: u64,
    /// Time to find differences of text.
    time: Duration,
}

impl Budget {
    /// Returns what one run, or one comparison of two states, may cost.
    pub(super) fn new() -> Self {
        Self { bytes: 4 << 30, time: Duration::from_secs(2) }
    }

    fn take(&mut self, bytes: u64) -> bool {
        let enough = self.bytes >= bytes;
        self.bytes = self.bytes.saturating_sub(bytes);
        enough
    }
}

/// Whether two files hold the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sameness {
    Same,
    Different,
    /// Too large, or not readable.
    Unknown,
}

/// Compares two files that were opened for reading; holes are not read.
pub(super) fn compare(
    before: (&OwnedFd, &Stat),
    after: (&OwnedFd, &Stat),
    budget: &mut Budget,
) -> Sameness {
    if before.1.st_size != after.1.st_size {
        return Sameness::Different;
    }
    let size = size_of(after.1);
    let (mut left, mut right) = (vec![0_u8; CHUNK as usize], vec![0_u8; CHUNK as usize]);
    let (mut at, mut seen) = (0, 0);
    while at < size {
        let (a, b) = (data(before.0, at, size), data(after.0, at, size));
        let start = a.start.min(b.start);
        if start >= size {
            break;
        }
        let end = [a, b].iter().filter(|range| range.start == start).map(|range| range.end).max();
        let length = end.unwrap_or(size).min(start + CHUNK) - start;
        seen += length;
        if seen > COMPARED || !budget.take(2 * length) {
            return Sameness::Unknown;
        }
        let (left, right) = (&mut left[..length as usize], &mut right[..length as usize]);
        let (Some(a), Some(b)) = (fill(before.0, start, left), fill(after.0, start, right)) else {
            return Sameness::Unknown;
        };
        if left[..a] != right[..b] {
            return Sameness::Different;
        }
        at = start + length;
    }
    Sameness::Same
}

/// Returns the first stretch of stored data from `at` on; an empty one at `size` where only a hole follows.
fn data(file: &OwnedFd, at: u64, size: u64) -> Range<u64> {
    use rustix::io::Errno;
    let start = match rustix::fs::seek(file, SeekFrom::Data(at)) {
        Ok(start) => start,
        Err(Errno::NXIO) => return size..size,
        // A file system without holes.
        Err(_) => return at..size,
    };
    let end = rustix::fs::seek(file, SeekFrom::Hole(start)).unwrap_or(size);
    start.min(size)..end.clamp(start.min(size), size)
}

/// Describes what changed: a unified diff of text, or sizes and digests in one line.
pub(super) fn describe(
    before: Option<(&OwnedFd, &Stat)>,
    after: Option<(&OwnedFd, &Stat)>,
    name: &str,
    budget: &mut Budget,
) -> String {
    let small = |file: Option<(&OwnedFd, &Stat)>| match file {
        None => Some(String::new()),
        Some((file, stat)) if size_of(stat) <= TEXT => {
            let text = String::from_utf8(read(file, size_of(stat))?).ok()?;
            (!text.contains('\0')).then_some(text)
        }
        Some(_) => None,
    };
    if let (Some(old), Some(new)) = (small(before), small(after)) {
        if budget.time.is_zero() {
            return "text: not compared by line, this run changed too much".to_owned();
        }
        let started = Instant::now();
        let shown = text_difference(&old, &new, before.is_some(), name, budget.time);
        budget.time = budget.time.saturating_sub(started.elapsed());
        return shown;
    }
    match (before, after) {
        (Some(before), Some(after)) => {
            format!("binary: {} -> {}", digest(before, budget), digest(after, budget))
        }
        (None, Some(after)) => format!("binary: {}", digest(after, budget)),
        (Some(before), None) => format!("binary: {} -> gone", digest(before, budget)),
        (None, None) => String::new(),
    }
}

fn text_difference(old: &str, new: &str, was_there: bool, name: &str, left: Duration) -> String {
    let from = if was_there { format!("a{name}") } else { "/dev/null".to_owned() };
    let to = format!("b{name}");
    let compared = || {
        let most = left.min(Duration::from_millis(200));
        let difference = TextDiff::configure().timeout(most).diff_lines(old, new);
        difference.unified_diff().context_radius(3).header(&from, &to).to_string()
    };
    let mut shown = match old {
        "" => all_new(new, &from, &to).unwrap_or_else(compared),
        _ => compared(),
    };
    if shown.len() > SHOWN {
        let mut end = SHOWN;
        while !shown.is_char_boundary(end) {
            end -= 1;
        }
        let left_out = shown.len() - end;
        shown.truncate(end);
        shown.push_str(&format!("\n[… {left_out} bytes of this diff left out …]\n"));
    }
    shown
}

/// Returns the difference from nothing, which needs no comparing; `None` where a line ends otherwise than by a newline.
fn all_new(text: &str, from: &str, to: &str) -> Option<String> {
    if text.contains('\r') {
        return None;
    }
    let mut shown = String::new();
    let lines = text.split_inclusive('\n');
    match lines.clone().count() {
        0 => return Some(shown),
        1 => shown.push_str(&format!("--- {from}\n+++ {to}\n@@ -0,0 +1 @@\n")),
        more => shown.push_str(&format!("--- {from}\n+++ {to}\n@@ -0,0 +1,{more} @@\n")),
    }
    for line in lines {
        shown.push('+');
        shown.push_str(line);
    }
    if !text.ends_with('\n') {
        shown.push_str("\n\\ No newline at end of file\n");
    }
    Some(shown)
}

/// Returns the size and the digest: of the content as `sha256sum` prints it, or of the stored stretches of a file
/// that is sparse, each behind its offset and length.
fn digest((file, stat): (&OwnedFd, &Stat), budget: &mut Budget) -> String {
    let size = size_of(stat);
    let stored = stored(stat);
    let sparse = size > DIGESTED && stored.is_some();
    let cost = stored.unwrap_or(size);
    if cost > DIGESTED || !budget.take(cost) {
        return format!("{size} bytes (not read)");
    }
    if !sparse {
        return match read(file, size) {
            Some(bytes) => format!("{size} bytes sha256 {}", Digest::of(&bytes)),
            None => format!("{size} bytes (not readable)"),
        };
    }
    if cost == 0 {
        return format!("{size} bytes, none stored");
    }
    match stretches(file, size) {
        Some(bytes) => {
            format!("{size} bytes, {cost} stored, sha256 of these {}", Digest::of(&bytes))
        }
        None => format!("{size} bytes, {cost} stored (not readable)"),
    }
}

fn stretches(file: &OwnedFd, size: u64) -> Option<Vec<u8>> {
    let (mut bytes, mut at) = (Vec::new(), 0);
    loop {
        let range = data(file, at, size);
        if range.start >= size {
            return Some(bytes);
        }
        // The size on disk was small when it was asked for, so the sum is too, on a file that nobody writes to.
        let length = usize::try_from(range.end - range.start).ok()?;
        if bytes.len() + length > 2 * DIGESTED as usize {
            return None;
        }
        bytes.extend(range.start.to_le_bytes());
        bytes.extend((range.end - range.start).to_le_bytes());
        let from = bytes.len();
        bytes.resize(from + length, 0);
        fill(file, range.start, &mut bytes[from..])?;
        at = range.end;
    }
}

fn size_of(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

/// Returns the bytes that are really stored, where that is far less than the size: a sparse file may claim any size.
pub(super) fn stored(stat: &Stat) -> Option<u64> {
    let stored = u64::try_from(stat.st_blocks).unwrap_or(0).saturating_mul(512);
    (stored.saturating_add(SPARSE) < size_of(stat)).then_some(stored)
}

fn read(file: &OwnedFd, size: u64) -> Option<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(size).ok()?];
    let got = fill(file, 0, &mut bytes)?;
    bytes.truncate(got);
    Some(bytes)
}

fn fill(file: &OwnedFd, offset: u64, into: &mut [u8]) -> Option<usize> {
    let mut got = 0;
    while got < into.len() {
        match rustix::io::pread(file, &mut into[got..], offset + got as u64) {
            Ok(0) => break,
            Ok(read) => got += read,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return None,
        }
    }
    Some(got)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> (OwnedFd, Stat) {
        use std::io::Write as _;
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(bytes).expect("written");
        let file = OwnedFd::from(file);
        let stat = rustix::fs::fstat(&file).expect("stat");
        (file, stat)
    }

    fn check(before: Option<&[u8]>, after: &[u8], expected: &str) {
        let (before, after) = (before.map(file), file(after));
        let pair = before.as_ref().map(|(file, stat)| (file, stat));
        assert_eq!(describe(pair, Some((&after.0, &after.1)), "/x", &mut Budget::new()), expected);
    }

    #[test]
    fn text_is_shown_by_line_and_the_rest_by_digest() {
        check(Some(b"a\nb\n"), b"a\nc\n", "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
        check(None, b"a\n", "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n");
        let digest = Digest::of(b"\0");
        check(None, b"\0", &format!("binary: 1 bytes sha256 {digest}"));
    }

    #[test]
    fn what_is_all_new_is_told_as_if_it_was_compared() {
        for text in ["", "a", "a\n", "\n", "a\nb", "a\nb\n", "a\n\nb\n\n", "\n\n"] {
            let library = TextDiff::from_lines("", text);
            let expected = library.unified_diff().context_radius(3).header("x", "y").to_string();
            assert_eq!(all_new(text, "x", "y"), Some(expected), "{text:?}");
        }
        assert_eq!(all_new("a\r\n", "x", "y"), None);
    }

    #[test]
    fn only_what_a_sparse_file_stores_is_read() {
        let sparse = |at: &[(u64, &[u8])]| {
            let (file, _) = file(b"");
            rustix::fs::ftruncate(&file, 1 << 40).expect("sparse");
            for (offset, bytes) in at {
                rustix::io::pwrite(&file, bytes, *offset).expect("written");
            }
            let stat = rustix::fs::fstat(&file).expect("stat");
            (file, stat)
        };
        let (middle, end) = (1 << 35, (1 << 40) - 1);
        type Stored<'a> = &'a [(u64, &'a [u8])];
        let table: [(Stored<'_>, Stored<'_>, Sameness); 5] = [
            (&[], &[], Sameness::Same),
            (&[(middle, b"x")], &[(middle, b"x")], Sameness::Same),
            // A stored zero is the same as a hole.
            (&[(middle, b"\0")], &[], Sameness::Same),
            (&[(middle, b"x")], &[(middle, b"y")], Sameness::Different),
            (&[(middle, b"x")], &[(middle, b"x"), (end, b"y")], Sameness::Different),
        ];
        for (left, right, expected) in table {
            let (left, right) = (sparse(left), sparse(right));
            let found = compare((&left.0, &left.1), (&right.0, &right.1), &mut Budget::new());
            assert_eq!(found, expected);
        }
        let said = |at: &[(u64, &[u8])]| {
            let (file, stat) = sparse(at);
            describe(None, Some((&file, &stat)), "/x", &mut Budget::new())
        };
        assert_eq!(said(&[]), "binary: 1099511627776 bytes, none stored");
        assert!(said(&[(middle, b"x")]).contains(" stored, sha256 of these "));
        assert_ne!(said(&[(middle, b"x")]), said(&[(middle, b"y")]));
    }

    #[test]
    fn nothing_is_read_beyond_the_budget() {
        let (left, right) = (file(b"aaaa"), file(b"aaaa"));
        let mut spent = Budget { bytes: 7, time: Duration::ZERO };
        let found = compare((&left.0, &left.1), (&right.0, &right.1), &mut spent);
        assert_eq!(found, Sameness::Unknown);
        let text = describe(None, Some((&left.0, &left.1)), "/x", &mut spent);
        assert!(text.starts_with("text: not compared"), "{text}");
    }
}
