//! Command lines in the manner of kubectl, etcdctl and velero: words that say what to do, with long flags anywhere between.

use std::borrow::Cow;

use crate::shell::{Argument, Command};

/// Tells whether these words stand behind each other, flags aside.
pub fn says(command: &Command, words: &[&str]) -> bool {
    let shown = plain_words(command);
    shown.windows(words.len()).any(|some| some.iter().zip(words).all(|(one, word)| one == word))
}

/// Returns the words that are no flags, the values of flags among them; unknown pieces under their shown names.
pub fn plain_words(command: &Command) -> Vec<String> {
    let words = command.arguments().iter().map(Argument::shown);
    words.filter(|word| !word.starts_with('-')).map(Cow::into_owned).collect()
}

/// Tells whether a flag is given and not set to `false`; `name` stands with its dashes.
pub fn has(command: &Command, name: &str) -> bool {
    command.arguments().iter().map(Argument::shown).any(|word| {
        word == name
            || word
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('='))
                .is_some_and(|value| value != "false")
    })
}

/// Returns the value of a flag, attached or in the next word; `name` stands with its dashes.
pub fn value(command: &Command, name: &str) -> Option<String> {
    let words: Vec<Cow<'_, str>> = command.arguments().iter().map(Argument::shown).collect();
    words.iter().enumerate().rev().find_map(|(at, word)| {
        let rest = word.strip_prefix(name)?;
        match rest.strip_prefix('=') {
            Some(value) => Some(value.to_owned()),
            None if rest.is_empty() => words.get(at + 1).map(|word| word.clone().into_owned()),
            None => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;

    fn command(line: &str) -> Command {
        let words = line.split(' ').map(|word| Argument::text(word, Span::default())).collect();
        Command::new(words)
    }

    #[test]
    fn words_and_flags_are_found_wherever_they_stand() {
        let line =
            command("etcdctl --endpoints=a,b snapshot restore /b/s.db --data-dir /d --force=false");
        assert!(says(&line, &["snapshot", "restore"]) && !says(&line, &["snapshot", "save"]));
        assert_eq!(value(&line, "--endpoints").as_deref(), Some("a,b"));
        assert_eq!(value(&line, "--data-dir").as_deref(), Some("/d"));
        assert_eq!(value(&line, "--data"), None);
        assert!(has(&line, "--data-dir") && !has(&line, "--force") && !has(&line, "--name"));
    }
}
