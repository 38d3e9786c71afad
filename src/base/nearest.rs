//! The nearest valid name to a mistyped one.

/// Returns the candidate most similar to `word`, or `None` where none is close enough to be meant.
///
/// Similarity is Damerau-Levenshtein over characters; a candidate counts as meant when at most a
/// third of its characters (and at least one) differ.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    let own = letters(&word);
    let allowed = |candidate: &str| (candidate.chars().count() / 3).max(1);
    candidates
        .into_iter()
        // Finding the distance takes time and room for every pair of characters; it is at least the difference in length.
        .filter(|candidate| length.abs_diff(candidate.chars().count()) <= allowed(candidate) + 1)
        // One change brings in at most one letter and takes out at most one.
        .filter(|candidate| {
            (letters(candidate) ^ own).count_ones() as usize <= 2 * allowed(candidate)
        })
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= allowed(candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns a bit for each character of ASCII that occurs, whatever its case; some share a bit.
fn letters(word: &str) -> u64 {
    let ascii = word.bytes().filter(u8::is_ascii);
    ascii.fold(0, |seen, byte| seen | 1 << (byte.to_ascii_lowercase() % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_finds_the_name_and_a_stranger_finds_nothing() {
        let names = ["timeout", "rollback", "run"];
        assert_eq!(nearest("tiemout", names), Some("timeout"));
        assert_eq!(nearest("roll_back", names), Some("rollback"));
        assert_eq!(nearest("colour", names), None);
        assert_eq!(nearest(&"r".repeat(1_000_000), names), None);
    }
}
