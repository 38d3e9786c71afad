//! One value as one word of the shell.

/// Words bash gives a meaning of their own at the start of a command; quoted they have none.
const RESERVED: &[&str] = &[
    "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in",
    "select", "then", "time", "until", "while",
];

/// Returns `value` as exactly one word: bare where every character is plain, else in single quotes, in which
/// bash reads everything but the quote itself literally (bash(1), QUOTING). `None` for a NUL byte, which no
/// word can hold.
///
/// A word that starts with `-` stays an option for the program that gets it; templates write `--` before it.
pub fn quote(value: &str) -> Option<String> {
    if value.contains('\0') {
        return None;
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:@%+,".contains(&byte);
    let is_bare = value.bytes().all(plain)
        && value.starts_with(|c: char| c != '-')
        && !RESERVED.contains(&value);
    Some(match is_bare {
        true => value.to_owned(),
        false => format!("'{}'", value.replace('\'', "'\\''")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_stay_readable_and_all_others_are_quoted() {
        let check =
            |value: &str, expected: &str| assert_eq!(quote(value).as_deref(), Some(expected));
        check("/srv/data-1.0", "/srv/data-1.0");
        check("", "''");
        check("-rf", "'-rf'");
        check("if", "'if'");
        check("A=b", "'A=b'");
        check("~root", "'~root'");
        check("it's $(id) `id`\n\\", "'it'\\''s $(id) `id`\n\\'");
        assert_eq!(quote("a\0b"), None);
    }
}
