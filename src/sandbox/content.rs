//! Compares the content of two files, and shows the difference where that is short.

use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::fs::Stat;
use similar::TextDiff;

use crate::base::Digest;

/// Text up to this size is compared line by line.
const TEXT: u64 = 256 << 10;
/// Files up to this size are described by a digest.
const DIGESTED: u64 = 64 << 20;
/// Files are compared byte by byte up to this much data.
const COMPARED: u64 = 1 << 30;
/// A longer difference is cut.
const SHOWN: usize = 16 << 10;

/// Whether two files hold the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sameness {
    Same,
    Different,
    /// Too large, or not readable.
    Unknown,
}

/// Compares two files that were opened for reading.
pub(super) fn compare(before: (&OwnedFd, &Stat), after: (&OwnedFd, &Stat)) -> Sameness {
    if before.1.st_size != after.1.st_size {
        return Sameness::Different;
    }
    let size = size_of(after.1);
    if data_of(before.1).max(data_of(after.1)) > COMPARED || size > 16 * COMPARED {
        return Sameness::Unknown;
    }
    let (mut left, mut right) = (vec![0_u8; 128 << 10], vec![0_u8; 128 << 10]);
    let mut at = 0;
    while at < size {
        let (Some(a), Some(b)) = (fill(before.0, at, &mut left), fill(after.0, at, &mut right))
        else {
            return Sameness::Unknown;
        };
        if left[..a] != right[..b] {
            return Sameness::Different;
        }
        if a == 0 {
            break;
        }
        at += a as u64;
    }
    Sameness::Same
}

/// Describes what changed: a unified diff of text, or sizes and digests in one line.
pub(super) fn describe(
    before: Option<(&OwnedFd, &Stat)>,
    after: Option<(&OwnedFd, &Stat)>,
    name: &str,
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
        return text_difference(&old, &new, before.is_some(), name);
    }
    match (before, after) {
        (Some(before), Some(after)) => format!("binary: {} -> {}", digest(before), digest(after)),
        (None, Some(after)) => format!("binary: {}", digest(after)),
        (Some(before), None) => format!("binary: {} -> gone", digest(before)),
        (None, None) => String::new(),
    }
}

fn text_difference(old: &str, new: &str, was_there: bool, name: &str) -> String {
    let difference = TextDiff::configure().timeout(Duration::from_millis(200)).diff_lines(old, new);
    let from = if was_there { format!("a{name}") } else { "/dev/null".to_owned() };
    let mut shown =
        difference.unified_diff().context_radius(3).header(&from, &format!("b{name}")).to_string();
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

fn digest((file, stat): (&OwnedFd, &Stat)) -> String {
    let size = size_of(stat);
    if size > DIGESTED {
        return format!("{size} bytes (not read)");
    }
    match read(file, size) {
        Some(bytes) => format!("{size} bytes sha256 {}", Digest::of(&bytes)),
        None => format!("{size} bytes (not readable)"),
    }
}

fn size_of(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

/// Bytes that are really stored; a sparse file may claim any size.
fn data_of(stat: &Stat) -> u64 {
    u64::try_from(stat.st_blocks).unwrap_or(0).saturating_mul(512)
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
        assert_eq!(describe(pair, Some((&after.0, &after.1)), "/x"), expected);
    }

    #[test]
    fn text_is_shown_by_line_and_the_rest_by_digest() {
        check(Some(b"a\nb\n"), b"a\nc\n", "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
        check(None, b"a\n", "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n");
        let digest = Digest::of(b"\0");
        check(None, b"\0", &format!("binary: 1 bytes sha256 {digest}"));
    }

    #[test]
    fn a_file_that_only_claims_to_be_huge_is_not_read() {
        let (sparse, _) = file(b"x");
        rustix::fs::ftruncate(&sparse, 1 << 40).expect("sparse");
        let stat = rustix::fs::fstat(&sparse).expect("stat");
        assert_eq!(compare((&sparse, &stat), (&sparse, &stat)), Sameness::Unknown);
        let text = describe(None, Some((&sparse, &stat)), "/x");
        assert_eq!(text, "binary: 1099511627776 bytes (not read)");
    }
}
