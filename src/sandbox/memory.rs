//! Reads text and argument lists from the memory of a process that waits for an answer.

use super::sys;

/// More arguments, or longer ones, are cut; so is a list that is longer than this as a whole.
const ARGUMENTS: usize = 64;
const ARGUMENT_BYTES: usize = 4_096;
const LIST_BYTES: usize = 32 << 10;

/// Most strings are shorter than this, so that one reading is enough.
const AT_ONCE: usize = 256;

/// Returns up to `length` bytes at an address; fewer where the mapping ends.
pub(super) fn bytes(pid: i32, address: u64, length: u64) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    let got = sys::read_memory(pid, address, &mut bytes);
    bytes.truncate(got);
    bytes
}

/// Returns a NUL-terminated string, what is not UTF-8 replaced; a longer one than `most` ends with `…`.
pub(super) fn text(pid: i32, address: u64, most: usize) -> String {
    String::from_utf8_lossy(&string(pid, address, most)).into_owned()
}

/// Returns a NUL-terminated string as it is, for a path.
pub(super) fn string(pid: i32, address: u64, most: usize) -> Vec<u8> {
    let mut found = Vec::new();
    while found.len() < most {
        let mut part = [0_u8; AT_ONCE];
        let room = AT_ONCE.min(most - found.len());
        let got =
            sys::read_memory(pid, address.wrapping_add(found.len() as u64), &mut part[..room]);
        if let Some(end) = part[..got].iter().position(|byte| *byte == 0) {
            found.extend_from_slice(&part[..end]);
            return found;
        }
        found.extend_from_slice(&part[..got]);
        if got < room {
            return found;
        }
    }
    found.extend_from_slice("…".as_bytes());
    found
}

/// Returns an argument list as execve(2) takes it.
pub(super) fn arguments(pid: i32, list: u64) -> Vec<String> {
    let mut raw = [0_u8; 8 * ARGUMENTS];
    let got = sys::read_memory(pid, list, &mut raw);
    let (mut found, mut left) = (Vec::new(), LIST_BYTES);
    for pointer in raw[..got].chunks_exact(8) {
        let address = u64::from_ne_bytes(pointer.try_into().unwrap_or_default());
        if address == 0 {
            return found;
        }
        if left == 0 {
            break;
        }
        let argument = text(pid, address, ARGUMENT_BYTES.min(left));
        left = left.saturating_sub(argument.len());
        found.push(argument);
    }
    if !found.is_empty() {
        found.push("…".to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_lists_are_read_to_their_end_and_no_further() {
        let pid = std::process::id() as i32;
        let long = [vec![b'x'; 1_000], vec![0, b'y', 0]].concat();
        let at = long.as_ptr() as u64;
        assert_eq!(text(pid, at, 4_096), "x".repeat(1_000));
        assert_eq!(text(pid, at, 300), "x".repeat(300) + "…");
        assert_eq!(text(pid, 8, 300), "");
        let list = [at, at + 1_001, 0, at];
        let got = arguments(pid, list.as_ptr() as u64);
        assert_eq!((got.len(), got[0].len(), got[1].as_str()), (2, 1_000, "y"));
        assert_eq!(arguments(pid, 8), Vec::<String>::new());
        let many = [at; 80];
        assert_eq!(arguments(pid, many.as_ptr() as u64).last().map(String::as_str), Some("…"));
    }
}
