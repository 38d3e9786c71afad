//! What a Python source does to files by itself, as the commands that do the same.

use super::argv::{Bit, Word};
use crate::base::{Excerpting, Span};
use crate::check::Called;
use crate::check::python::value::Values;

/// Returns the command that does what a call of `shutil`, `os` or `tarfile` does. An exception ends the program, so the
/// command is one that a failure would end.
pub(super) fn done_by(values: &Values<'_, '_>, call: &Called<'_>) -> Option<Excerpting> {
    let span = values.python.span_of((call.at, call.end));
    let mut line = Line { text: Excerpting::default(), start: Span::new(span.start, span.start) };
    line.say(if call.endless { "set -e\nwhile true; do\n" } else { "set -e\n" });
    let argument =
        |keyword: &str, place| call.argument(keyword, Some(place)).map(|range| values.word(range));
    let truth = |keyword: &str| {
        let given = call.argument(keyword, None);
        given.and_then(|(from, _)| values.python.name(from)) == Some("True")
    };
    let mode = |range: (usize, usize)| {
        let number = values.python.span_of(range).slice(values.python.text);
        number.strip_prefix("0o").map(str::to_owned)
    };
    match call.path.as_str() {
        "os.umask" => {
            line.say(&format!("umask {}", mode(call.argument("mask", Some(0))?)?));
        }
        "os.chmod" => {
            line.say(&format!("chmod {}", mode(call.argument("mode", Some(1))?)?));
            line.word(&argument("path", 0)?);
        }
        "os.mkdir" | "os.makedirs" => {
            line.say("mkdir");
            line.say(if truth("exist_ok") { " -p" } else { "" });
            if let Some(mode) = call.argument("mode", Some(1)).and_then(mode) {
                line.say(&format!(" -m {mode}"));
            }
            line.word(&argument("name", 0).or_else(|| argument("path", 0))?);
        }
        "shutil.copy" | "shutil.copy2" | "shutil.copyfile" | "shutil.copytree" => {
            let (source, target) = (argument("src", 0)?, argument("dst", 1)?);
            copy(values, call, &source, &target, &mut line);
        }
        "shutil.move" | "os.rename" | "os.replace" => {
            line.say("mv");
            line.word(&argument("src", 0)?);
            line.word(&argument("dst", 1)?);
        }
        "shutil.rmtree" => {
            line.say(if truth("ignore_errors") { "rm -rf" } else { "rm -r" });
            line.word(&argument("path", 0)?);
        }
        "os.remove" | "os.unlink" => {
            line.say("rm");
            line.word(&argument("path", 0)?);
        }
        "shutil.unpack_archive" => {
            line.say("tar -xf");
            line.word(&argument("filename", 0)?);
            if let Some(directory) = argument("extract_dir", 1) {
                line.say(" -C");
                line.word(&directory);
            }
        }
        _ => member(values, call, &mut line)?,
    }
    line.say(if call.endless { "\ndone\n" } else { "\n" });
    Some(line.text)
}

/// A command while it is written.
struct Line {
    text: Excerpting,
    /// Where the call begins.
    start: Span,
}

impl Line {
    fn say(&mut self, text: &str) {
        self.text.write(text, self.start);
    }

    fn word(&mut self, word: &Word) {
        let span = word.span();
        self.text.write(" ", Span::new(span.start, span.start));
        word.quote(&mut self.text);
    }
}

/// Writes a copy. One that follows a walk over a tree, file by file, is a copy of that tree.
fn copy(values: &Values<'_, '_>, call: &Called<'_>, source: &Word, target: &Word, line: &mut Line) {
    let walk = values.walk_around(call.at);
    let whole = call.path == "shutil.copytree";
    let names = |name: &str| values.outline.calls.iter().any(|other| other.path == name);
    let given = |keyword: &str, value: &str| {
        let given = call.argument(keyword, None);
        given.and_then(|(from, _)| values.python.name(from)) == Some(value)
    };
    let keeps_links = given("symlinks", "True")
        || given("follow_symlinks", "False")
        || !whole && names("os.path.islink");
    line.say("cp");
    if whole || walk.is_some() {
        line.say(if keeps_links { " -rP" } else { " -rL" });
    } else if keeps_links {
        line.say(" -P");
    }
    let plain = call.path == "shutil.copyfile" || call.path == "shutil.copy";
    let copier = call.argument("copy_function", None);
    match (plain || copier.is_some(), names("os.chown") || names("shutil.chown")) {
        (false, true) => line.say(" --preserve=mode,ownership,timestamps"),
        (false, false) => line.say(" --preserve=mode,timestamps"),
        (true, true) => line.say(" --preserve=ownership"),
        (true, false) => {}
    }
    match walk {
        Some(tree) => {
            line.word(&tree);
            line.word(&above(target));
        }
        None => {
            line.word(source);
            line.word(target);
        }
    }
}

/// Returns the directory that a path made of known text and of names from a walk lies in.
fn above(target: &Word) -> Word {
    let known = |bit: &&Bit| matches!(bit, Bit::Text { .. });
    let mut bits: Vec<Bit> = target.bits.iter().take_while(known).cloned().collect();
    if bits.is_empty() {
        return Word { bits: target.bits.iter().take(1).cloned().collect() };
    }
    if let Some(Bit::Text { text, same, .. }) = bits.last_mut()
        && let Some(shorter) = text.strip_suffix('/')
    {
        (*text, *same) = (shorter.to_owned(), false);
    }
    Word { bits }
}

/// Writes what is done to an archive: `archive.add(…)`, `archive.extractall(…)`.
fn member(values: &Values<'_, '_>, call: &Called<'_>, line: &mut Line) -> Option<()> {
    let (object, method) = match call.path.rsplit_once('.') {
        Some((object, method)) => (Some(object), method),
        None => (None, call.path.as_str()),
    };
    let verb = match method {
        "add" => "tar -cf",
        "extractall" => "tar -xf",
        "getmembers" | "getnames" => "tar -tf",
        _ => return None,
    };
    let opened = match object {
        Some(name) => values.named(name, call.at)?.0,
        // The method of what `tarfile.open(…)` returned.
        None => values.outline.calls.iter().find(|open| open.end + 1 == call.at)?.at,
    };
    let open = values.outline.calls.iter().find(|open| open.at == opened)?;
    if !matches!(open.path.as_str(), "tarfile.open" | "tarfile.TarFile") {
        return None;
    }
    let archive = values.word(open.argument("name", Some(0))?);
    line.say(verb);
    line.word(&archive);
    if method == "add" {
        line.say(if call.argument("arcname", Some(1)).is_some() {
            " --transform=s,^,,"
        } else {
            ""
        });
        line.word(&values.word(call.argument("name", Some(0))?));
    } else if method == "extractall"
        && let Some(directory) = call.argument("path", Some(0))
    {
        line.say(" -C");
        line.word(&values.word(directory));
    }
    Some(())
}
