//! Puts names back for pseudonyms, under a guard: a restored name fills words of a command and changes nothing else.

use std::sync::LazyLock;

use regex::Regex;

use crate::redact::Redactor;
use crate::shell;

static PSEUDONYM: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("<[A-Z][A-Z_]*_[0-9]+>").expect("a valid pattern"));

/// Returns the pseudonyms of a text.
pub fn pseudonyms(text: &str) -> impl Iterator<Item = &str> {
    PSEUDONYM.find_iter(text).map(|found| found.as_str())
}

/// Returns a text that no program parses with its names put back, or why it cannot be.
pub fn plain(redactor: &Redactor, text: &str) -> Result<String, String> {
    let (restored, _) = replace(redactor, text)?;
    Ok(restored)
}

/// Returns a text for display: what cannot be put back stays as it is.
pub fn shown(redactor: &Redactor, text: &str) -> String {
    plain(redactor, text).unwrap_or_else(|_| text.to_owned())
}

/// Returns commands with their names put back, or why they cannot be. A name of plain characters is safe wherever it
/// stands. Any other must be a whole literal word: the commands are read twice, with harmless marks and with the names, and
/// both trees must be the same.
pub fn commands(redactor: &Redactor, text: &str) -> Result<String, String> {
    let (restored, values) = replace(redactor, text)?;
    if values.iter().all(|value| is_plain(value)) {
        return Ok(restored);
    }
    let mut prefix = "bsp".to_owned();
    while text.contains(&prefix) || values.iter().any(|value| value.contains(&prefix)) {
        prefix.push('p');
    }
    let marks: Vec<String> = (0..values.len()).map(|at| format!("{prefix}{at}x")).collect();
    let mut next = marks.iter();
    let marked = PSEUDONYM
        .replace_all(text, |_: &regex::Captures<'_>| next.next().cloned().unwrap_or_default());
    let pairs: Vec<(&str, &str)> =
        marks.iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect();
    shell::same_shape(&marked, &restored, &pairs)
        .map_err(|_| "a name that is put back would change what the commands are".to_owned())?;
    Ok(restored)
}

fn replace(redactor: &Redactor, text: &str) -> Result<(String, Vec<String>), String> {
    let mut restored = String::with_capacity(text.len());
    let mut values = vec![];
    let mut from = 0;
    for found in PSEUDONYM.find_iter(text) {
        let name = found.as_str();
        let value = redactor.restore(name).map_err(|error| error.to_string())?;
        if value == name {
            return Err(format!("{name} stands for nothing that was sent"));
        }
        restored.push_str(&text[from..found.start()]);
        restored.push_str(&value);
        from = found.end();
        values.push(value);
    }
    restored.push_str(&text[from..]);
    Ok((restored, values))
}

/// Tells whether a name means nothing to a shell, quoted or not, and cannot be an option.
fn is_plain(value: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@".contains(c);
    !value.is_empty() && !value.starts_with('-') && value.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::{Kind, Known};

    fn redactor() -> Redactor {
        let known = |kind, name: &str| (kind, name.to_owned());
        let names =
            vec![known(Kind::Host, "db1.internal"), known(Kind::Person, "O'Brien; rm -rf /")];
        let mut redactor = Redactor::new(Known { names, kept: vec![] });
        let sent = redactor.redact("db1.internal and O'Brien; rm -rf /");
        assert_eq!(sent.text.as_str(), "<HOST_1> and <PERSON_1>");
        redactor
    }

    #[test]
    fn a_plain_name_is_put_back_anywhere() {
        let check = |text: &str, expected: &str| {
            assert_eq!(commands(&redactor(), text).as_deref(), Ok(expected));
        };
        check("ssh <HOST_1> true", "ssh db1.internal true");
        check("psql \"host=<HOST_1> user=x\"", "psql \"host=db1.internal user=x\"");
        check("echo a <HOST_1", "echo a <HOST_1");
    }

    #[test]
    fn a_name_that_would_change_the_commands_is_refused() {
        let redactor = redactor();
        for text in ["echo <PERSON_1>", "echo '<PERSON_1>'", "bash -c \"echo <PERSON_1>\""] {
            assert!(commands(&redactor, text).is_err(), "{text}");
        }
        assert!(plain(&redactor, "ask <PERSON_1>").is_ok());
    }

    #[test]
    fn a_pseudonym_nobody_gave_is_refused() {
        assert!(plain(&redactor(), "ask <HOST_7>").is_err());
        assert!(commands(&redactor(), "ssh <SECRET_1>").is_err());
    }
}
