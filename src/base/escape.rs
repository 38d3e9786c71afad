//! Untrusted text made safe to show on a terminal.

use std::fmt::Write as _;

/// Returns `text` with every control character, line and direction mark replaced by a visible
/// escape (`\x1b`, `\u{202e}`), so that it cannot move the cursor, colour, or reorder the screen.
/// Line breaks and tabs stay.
pub fn terminal(text: &str) -> String {
    escape(text, |c| matches!(c, '\n' | '\t'))
}

/// Tells whether a character stays as it is in [`terminal`].
pub fn shows(c: char) -> bool {
    let control = (c as u32) < 0x20 || c == '\u{7f}';
    matches!(c, '\n' | '\t') || !control && !is_deceptive(c)
}

/// Returns `text` escaped as [`terminal`] does, on one line: breaks become `\n`, tabs `\t`.
pub fn one_line(text: &str) -> String {
    escape(text, |_| false)
}

/// Returns a JSON text with each of those characters as a `\u` escape, so that it means the same and shows all it holds.
pub fn json(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match is_deceptive(c) || c == '\u{7f}' {
            true => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(shown, "\\u{unit:04x}");
                }
            }
            false => shown.push(c),
        }
    }
    shown
}

/// Returns bytes that need not be UTF-8, escaped for one line; what is not UTF-8 becomes `\xNN`.
pub fn bytes(raw: &[u8]) -> String {
    let mut shown = String::new();
    for chunk in raw.utf8_chunks() {
        shown.push_str(&one_line(chunk.valid()));
        for byte in chunk.invalid() {
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    shown
}

fn escape(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if keep(c) => shown.push(c),
            '\n' => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            '\r' => shown.push_str("\\r"),
            c if (c as u32) < 0x20 || c == '\u{7f}' => {
                let _ = write!(shown, "\\x{:02x}", c as u32);
            }
            c if is_deceptive(c) => {
                let _ = write!(shown, "\\u{{{:x}}}", c as u32);
            }
            c => shown.push(c),
        }
    }
    shown
}

/// Characters that show nothing or change how others show: C1 controls, zero-width characters,
/// direction overrides (Unicode TR 36, "Trojan Source" CVE-2021-42574), and the separators that
/// some terminals take for line breaks.
fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_means_the_same_and_shows_what_it_holds() {
        let text = "a\u{9b}b\u{202e}c\u{7f}d\u{e0041}é\u{1f600}\n";
        let plain = serde_json::json!({ "k": text }).to_string();
        let safe = json(&plain);
        assert_eq!(safe, "{\"k\":\"a\\u009bb\\u202ec\\u007fd\\udb40\\udc41é\u{1f600}\\n\"}");
        let read: serde_json::Value = serde_json::from_str(&safe).unwrap();
        assert_eq!(read["k"], text);
    }

    #[test]
    fn nothing_that_steers_a_terminal_passes() {
        assert_eq!(terminal("a\x1b[31mb\r\n\tc"), "a\\x1b[31mb\\r\n\tc");
        assert_eq!(one_line("a\nb\u{202e}c\u{9b}1m"), "a\\nb\\u{202e}c\\u{9b}1m");
        assert_eq!(bytes(b"a\xffb\x1b"), "a\\xffb\\x1b");
    }
}
