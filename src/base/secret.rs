//! Strings that must not be shown.

use std::fmt;

/// A secret value: it has no `Display`, its `Debug` shows nothing, and its memory is overwritten
/// when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<Vec<u8>>) -> Self {
        Self(value.into())
    }

    /// Returns `text` with every occurrence of the value replaced by `[secret]`.
    pub fn hidden_in(&self, text: &str) -> String {
        match std::str::from_utf8(&self.0) {
            Ok(value) if !value.is_empty() => text.replace(value, "[secret]"),
            Ok(_) | Err(_) => text.to_owned(),
        }
    }

    /// Returns the value, for the environment of an executed command and for nothing else.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        for byte in &mut self.0 {
            *byte = 0;
        }
        std::hint::black_box(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::new("horse");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(secret.hidden_in("a horse, a horse"), "a [secret], a [secret]");
        assert_eq!(Secret::new("").hidden_in("abc"), "abc");
    }
}
