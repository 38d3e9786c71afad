//! `tar`: creates, lists and unpacks archives.

use super::tool::{Operands, Role, Takes, Tool, Word, attached, flag, value};
use crate::base::Risk;

/// `tar(1)`. The old style without a dash (`tar czf`) is taken apart by [`mode`].
pub const TOOL: Tool = Tool {
    name: "tar",
    names: &["tar", "gtar", "bsdtar"],
    flags: &[
        flag('c', "create"),
        flag('x', "extract"),
        flag('t', "list"),
        flag('r', "append"),
        flag('u', "update"),
        flag('d', "diff"),
        flag('z', "gzip"),
        flag('P', "absolute-names"),
        flag('k', "keep-old-files"),
        flag('p', "preserve-permissions"),
        value('f', "file", Role::Text),
        value('C', "directory", Role::Text),
        value('T', "files-from", Role::Source),
        value('X', "exclude-from", Role::Source),
        value('g', "listed-incremental", Role::Text),
        value('I', "use-compress-program", Role::Command),
        value('b', "blocking-factor", Role::Text),
        value('V', "label", Role::Text),
        value('K', "starting-file", Role::Text),
        value('L', "tape-length", Role::Text),
        value('N', "newer", Role::Text),
        value('H', "format", Role::Text),
        value('\0', "strip-components", Role::Text),
        value('\0', "transform", Role::Text),
        value('\0', "exclude", Role::Text),
        value('\0', "owner", Role::Text),
        value('\0', "group", Role::Text),
        value('\0', "mode", Role::Text),
        value('\0', "mtime", Role::Text),
        attached('\0', "checkpoint"),
        value('\0', "checkpoint-action", Role::Command),
        value('\0', "to-command", Role::Command),
        value('F', "info-script", Role::Command),
        value('\0', "new-volume-script", Role::Command),
        value('\0', "rsh-command", Role::Command),
        value('\0', "rmt-command", Role::Command),
        flag('\0', "remove-files"),
        flag('\0', "delete"),
        flag('\0', "keep-newer-files"),
        flag('\0', "skip-old-files"),
        flag('\0', "one-top-level"),
        flag('\0', "same-owner"),
    ],
    operands: Operands::All(Role::Source),
    safer: &[
        ("--remove-files", "tar, tar -d to compare, and only then rm"),
        ("--extract", "tar -t first, then -x -C into a new directory, or --keep-old-files"),
    ],
    risk: |call| {
        let fresh = |names: &[&str]| {
            call.value(names).is_some_and(|w| w.fresh || w.text == "-" || w.text == "/dev/null")
        };
        if runs_programs(call) {
            return Risk::Unknown;
        }
        if call.has(&["remove-files", "delete", "overwrite"]) {
            return Risk::Destructive;
        }
        match mode(call) {
            Mode::List => Risk::Read,
            Mode::Append => Risk::Write,
            Mode::Create if call.value(&["file"]).is_none() || fresh(&["file"]) => Risk::Write,
            Mode::Create => Risk::Destructive,
            Mode::Extract if call.has(&["to-stdout", "O"]) => Risk::Read,
            Mode::Extract
                if call.has(&["keep-old-files", "skip-old-files"]) || fresh(&["directory"]) =>
            {
                Risk::Write
            }
            Mode::Extract => Risk::Destructive,
        }
    },
};

/// Tells whether a call makes tar run a program that is no compressor.
fn runs_programs(call: &super::Call<'_>) -> bool {
    const COMPRESSORS: &[&str] = &[
        "gzip", "pigz", "xz", "pixz", "zstd", "zstdmt", "bzip2", "pbzip2", "lbzip2", "lz4", "lzop",
        "lzip", "plzip", "lzma", "compress",
    ];
    let compressor = |text: &str| {
        let program = text.split_whitespace().next().unwrap_or_default();
        let name = program.strip_prefix("/usr/bin/").or(program.strip_prefix("/bin/"));
        COMPRESSORS.contains(&name.unwrap_or(program)) && !text.contains(['$', '`', ';', '|', '&'])
    };
    let always = ["to-command", "info-script", "new-volume-script", "rsh-command", "rmt-command"];
    call.flags.iter().any(|flag| {
        let text = flag.value.as_ref().map_or("", |word| word.text.as_str());
        match flag.name.as_str() {
            "use-compress-program" => !compressor(text),
            "checkpoint-action" => text.starts_with("exec"),
            name => always.contains(&name),
        }
    })
}

/// Returns the words of a call with each letter of its old style first word (`tar xfP FILE`) as a flag of its own,
/// followed by its value: there the values stand behind the letters, in their order.
pub fn modern(words: Vec<Word>) -> Vec<Word> {
    let old = words.first().is_some_and(|first| {
        first.certain
            && !first.text.is_empty()
            && first.text.chars().all(|c| c.is_ascii_alphabetic())
            && first.text.contains(['c', 'x', 't', 'r', 'u', 'd', 'A'])
    });
    if !old {
        return words;
    }
    let mut rest = words.into_iter();
    let mut modern = Vec::new();
    if let Some(first) = rest.next() {
        for letter in first.text.chars() {
            modern.push(Word { text: format!("-{letter}"), ..first.clone() });
            let takes = TOOL.flags.iter().any(|f| f.short == letter && f.takes == Takes::Value);
            modern.extend(if takes { rest.next() } else { None });
        }
    }
    modern.extend(rest);
    modern
}

/// What a call of tar does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Writes an archive.
    Create,
    /// Unpacks one.
    Extract,
    /// Looks into one.
    List,
    /// Adds to one.
    Append,
}

/// Returns what a call of tar does.
pub fn mode(call: &super::Call<'_>) -> Mode {
    if call.has(&["create"]) {
        Mode::Create
    } else if call.has(&["extract", "get"]) {
        Mode::Extract
    } else if call.has(&["append", "update"]) {
        Mode::Append
    } else {
        Mode::List
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_style_letters_take_their_values_in_their_order() {
        let check = |text: &str, expected: &str| {
            let word = |(index, text): (usize, &str)| Word {
                text: text.to_owned(),
                certain: true,
                fresh: false,
                index,
            };
            let words: Vec<Word> = text.split(' ').enumerate().map(word).collect();
            let modern = modern(words);
            let texts: Vec<&str> = modern.iter().map(|w| w.text.as_str()).collect();
            assert_eq!(texts.join(" "), expected, "{text}");
        };
        check("xfP a.tgz", "-x -f a.tgz -P");
        check("czfC a.tgz /srv data", "-c -z -f a.tgz -C /srv data");
        check("-xfP a.tgz", "-xfP a.tgz");
        check("--extract -f a.tgz", "--extract -f a.tgz");
        check("cf", "-c -f");
    }
}
