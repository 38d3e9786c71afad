//! `tee`, `sed -i`, `sponge`, `patch`: write into files that are there.

use super::tool::{Operands, Role, Tool, attached, flag, value};
use crate::base::Risk;

/// `tee(1)`, `sed(1)`, `sponge(1)`, `patch(1)`.
pub const TOOL: Tool = Tool {
    name: "sed",
    names: &["sed", "tee", "sponge", "patch"],
    flags: &[
        attached('i', "in-place"),
        flag('a', "append"),
        value('e', "expression", Role::Text),
        value('f', "file", Role::Source),
        flag('n', "quiet"),
        flag('E', "regexp-extended"),
    ],
    operands: Operands::All(Role::Change),
    safer: &[
        ("sed --in-place", "sed -i.bak keeps the old file"),
        ("tee", "tee -a, or tee to a new name and mv"),
    ],
    risk: |call| {
        let backup = call.value(&["in-place"]).is_some();
        let fresh = call.operands.iter().all(|w| w.fresh || w.text.starts_with("/dev/"));
        match call.name {
            "sed" if writes_or_runs(call) => Risk::Unknown,
            "sed" if !call.has(&["in-place"]) => Risk::Read,
            "sed" if backup => Risk::Write,
            "tee" | "sponge" if call.operands.iter().any(|w| super::is_device(&w.text)) => {
                Risk::Irreversible
            }
            "tee" | "sponge" if call.has(&["append"]) || fresh => Risk::Write,
            _ => Risk::Destructive,
        }
    },
};

/// Tells whether a script of sed holds `w`, `W` or `e`, which write files and run commands.
fn writes_or_runs(call: &super::Call<'_>) -> bool {
    let given: Vec<&str> = call
        .flags
        .iter()
        .filter(|flag| flag.name == "expression")
        .filter_map(|flag| Some(flag.value.as_ref()?.text.as_str()))
        .collect();
    let first = call.operands.first().map(|word| word.text.as_str());
    match given.is_empty() && !call.has(&["file"]) {
        true => first.is_some_and(script_writes_or_runs),
        false => given.into_iter().any(script_writes_or_runs),
    }
}

/// Reads a script command by command; what cannot be read is taken to end it.
fn script_writes_or_runs(script: &str) -> bool {
    let mut rest = script;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || ";{}!,~+$".contains(c));
        rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let mut chars = rest.chars();
        let Some(command) = chars.next() else {
            return false;
        };
        let behind = chars.as_str();
        rest = match command {
            ';' | '{' | '}' | '!' | ',' | '~' | '+' | '$' | ' ' | '\t' | '\n' => rest,
            '/' => flags_gone(parts(behind, '/', 1)),
            '\\' => match behind.chars().next() {
                Some(mark) => flags_gone(parts(&behind[mark.len_utf8()..], mark, 1)),
                None => return false,
            },
            's' | 'y' => {
                let Some(mark) = behind.chars().next() else {
                    return false;
                };
                let after = parts(&behind[mark.len_utf8()..], mark, 2);
                let end = after.find([';', '}', '\n', '#']).unwrap_or(after.len());
                if command == 's' && after[..end].contains(['w', 'e']) {
                    return true;
                }
                &after[end..]
            }
            'w' | 'W' | 'e' => return true,
            // Text, file names and labels go to the end of the line.
            'a' | 'i' | 'c' | 'r' | 'R' | '#' => line_gone(behind),
            ':' | 'b' | 't' | 'T' => {
                let end = behind.find([';', '}', '\n']).unwrap_or(behind.len());
                &behind[end..]
            }
            _ => behind,
        };
    }
}

/// Returns what is behind `count` parts that end with `mark`.
fn parts(text: &str, mark: char, count: usize) -> &str {
    let mut rest = text;
    for _ in 0..count {
        let (mut escaped, mut listed) = (false, false);
        let end = rest.char_indices().find(|(_, c)| {
            let ends = *c == mark && !escaped && !listed;
            match c {
                '[' if !escaped => listed = true,
                ']' => listed = false,
                _ => {}
            }
            escaped = *c == '\\' && !escaped;
            ends
        });
        rest = end.map_or("", |(at, c)| &rest[at + c.len_utf8()..]);
    }
    rest
}

fn flags_gone(text: &str) -> &str {
    text.trim_start_matches(['I', 'M'])
}

fn line_gone(text: &str) -> &str {
    text.find('\n').map_or("", |at| &text[at..])
}

#[cfg(test)]
mod tests {
    use super::script_writes_or_runs;

    #[test]
    fn a_script_that_writes_or_runs_is_found_and_an_ordinary_one_is_not() {
        for script in [
            "w /srv/a",
            "/x/w /srv/a",
            "1,3!{p;w /srv/a",
            "s/x/y/w /srv/a",
            "s/x/rm -rf/e",
            "s,a,b,ge",
            "1e rm -rf /srv",
            "e",
            "$!N;s/\\n/ /;W /srv/a",
            "\\,x,e rm",
        ] {
            assert!(script_writes_or_runs(script), "{script}");
        }
        for script in [
            "s/where/we/g",
            "s/[/]e/w/",
            "/we/d",
            "1,/end/p",
            "$!N;P;D",
            "s#/etc/w#e#;s/a\\/e/w/p",
            "y/we/ew/",
            "i\\write everything",
            ":again;N;$!bagain;s/\\n/,/g",
            "/^#/d; s/ *$//",
            "$d",
        ] {
            assert!(!script_writes_or_runs(script), "{script}");
        }
    }
}
