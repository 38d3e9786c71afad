//! Passwords in statements of SQL: `IDENTIFIED BY`, `SET PASSWORD`, `PASSWORD('…')`, `MASTER_PASSWORD`.

use std::ops::Range;

use crate::redact::found::Finds;
use crate::redact::plausible::placeholder;
use crate::redact::scan::{Detector, Trigger};
use crate::redact::text::Text;
use crate::redact::value::{quote, read};

/// The quoted text behind the clause, or the word behind `IDENTIFIED BY` of Oracle.
pub const DETECTOR: Detector = Detector {
    finds: "passwords in SQL",
    trigger: Trigger::Literals(
        &[
            "identified by",
            "identified with",
            "password '",
            "password \"",
            "password(",
            "password (",
            "encrypted password",
            "set password",
            "requirepass",
            "masterauth",
            "masteruser",
            "auth ",
            ".auth(",
        ],
        look,
    ),
};

fn look(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    let clause = text.all[hit.clone()].to_ascii_lowercase();
    if clause == ".auth(" {
        // `db.auth("user", "X")`
        let line = text.ahead(hit.end, 200);
        let arguments = line.split(')').next().unwrap_or(line);
        if let Some((_, last)) = arguments.split_once(',') {
            let value = last.trim().trim_matches(['"', '\'']);
            let start = value.as_ptr() as usize - text.all.as_ptr() as usize;
            if last.contains(['"', '\'']) && !placeholder(value) {
                finds.secret(start..start + value.len());
            }
        }
        return hit.end;
    }
    if matches!(clause.as_str(), "auth ") {
        return redis(text, hit, finds);
    }
    let mut at = if clause.ends_with(['\'', '"']) { hit.end - 1 } else { text.blanks(hit.end) };
    // `WITH caching_sha2_password BY 'X'`, `AS '*HASH'`, `BY PASSWORD 'X'`, `FOR 'root'@'localhost' = 'X'`.
    let window = text.ahead(at, 160);
    if clause.ends_with("with") || clause == "set password" {
        let upper = window.to_ascii_uppercase();
        let Some(skip) = [" BY ", " AS ", "= "]
            .iter()
            .filter_map(|word| upper.find(word).map(|found| found + word.len()))
            .min()
        else {
            return hit.end;
        };
        at = text.blanks(at + skip);
    }
    for word in ["password", "values", "=", "("] {
        if text.goes_on(at, word) {
            at = text.blanks(at + word.len());
        }
    }
    let Some(value) = read(text, at, hit.start) else {
        return hit.end;
    };
    let content = text.part(value.range.clone()).trim_end_matches([';', ')']);
    let bare = matches!(clause.as_str(), "identified by" | "requirepass" | "masterauth");
    if (value.quoted || bare && content.len() >= 4 && quote(text, at).is_none())
        && !placeholder(content)
    {
        finds.secret(value.range.start..value.range.start + content.len());
        return value.range.end;
    }
    hit.end
}

/// `AUTH X` of Redis and of mail, at the beginning of a line or behind a prompt.
fn redis(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    let behind = text.behind(hit.start, 64);
    let prompt = behind.trim().is_empty()
        || behind.ends_with("> ")
        || behind.ends_with('"')
        || behind.ends_with('\'');
    let end = text.line_end(hit.end, 400);
    let line = text.part(hit.end..end).split(['"', '\'']).next().unwrap_or_default().trim_end();
    let last = line.rsplit(' ').next().unwrap_or_default();
    let words = line.split_whitespace().count();
    if prompt
        && &text.all[hit.clone()] == "AUTH "
        && (1..=2).contains(&words)
        && last.len() >= 4
        && !placeholder(last)
    {
        let at = last.as_ptr() as usize - text.all.as_ptr() as usize;
        finds.secret(at..at + last.len());
    }
    hit.end
}
