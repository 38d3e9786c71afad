//! Archives other than tar: zip, 7z, cpio, ar and their relatives.

use super::tool::{Call, Operands, Role, Tool, value};
use crate::base::Risk;

/// `zip(1)`, `unzip(1)`, `7z(1)`, `cpio(1)`, `ar(1)`, `rar`, `pax(1)`, `par2`.
pub const TOOL: Tool = Tool {
    name: "zip",
    names: &[
        "zip",
        "unzip",
        "bsdunzip",
        "7z",
        "7za",
        "7zr",
        "7zz",
        "cpio",
        "ar",
        "rar",
        "unrar",
        "pax",
        "par2",
        "dump-archive",
        "mkisofs",
        "genisoimage",
        "xorriso",
        "xorrisofs",
        "squashfs-tools",
        "mksquashfs",
        "unsquashfs",
    ],
    flags: &[
        value('d', "", Role::Text),
        value('P', "", Role::Text),
        value('x', "", Role::Text),
        value('o', "", Role::Target),
        value('I', "", Role::Source),
        value('O', "", Role::Target),
        value('F', "", Role::Source),
        value('H', "format", Role::Text),
        value('b', "", Role::Text),
        value('t', "", Role::Text),
        value('R', "", Role::Text),
    ],
    operands: Operands::First(Role::Text, Role::Source),
    risk,
    safer: &[
        ("unzip -o", "unzip -n keeps what is there; unzip -d NEW unpacks beside it"),
        ("unzip", "unzip -l first; unzip -n -d NEW"),
        ("zip -m", "zip, zip -T, and only then rm"),
        (
            "zip -P",
            "gpg --symmetric or age: the cipher of zip -P can be broken, and the password is seen in ps",
        ),
        ("7z -sdel", "7z a, 7z t, and only then rm"),
        ("cpio --unconditional", "cpio -t first, and without -u"),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    let letter = |letters: &[&str]| call.has(letters);
    let fresh = |index: usize| call.operands.get(index).is_some_and(|word| word.fresh);
    match call.name {
        "zip" if letter(&["T"]) && call.operands.len() < 2 => Risk::Read,
        "zip" if letter(&["m", "d", "move", "delete"]) => Risk::Destructive,
        // An archive that is there gets more members, or newer ones.
        "zip" => Risk::Write,
        "unzip" | "bsdunzip" if letter(&["l", "t", "v", "Z", "p", "z"]) => Risk::Read,
        "unzip" | "bsdunzip"
            if letter(&["n"]) || call.value(&["d"]).is_some_and(|word| word.fresh) =>
        {
            Risk::Write
        }
        "unzip" | "bsdunzip" => Risk::Destructive,
        "7z" | "7za" | "7zr" | "7zz" | "rar" | "unrar" => {
            let deletes = call.flags.iter().any(|flag| matches!(flag.name.as_str(), "sdel" | "df"));
            match call.operand(0) {
                _ if deletes => Risk::Destructive,
                "l" | "t" | "i" | "h" | "b" | "lb" | "v" | "vt" | "lt" | "p" => Risk::Read,
                "a" | "u" => Risk::Write,
                "x" | "e" if fresh(2) => Risk::Write,
                "x" | "e" | "d" | "rn" | "m" | "f" => Risk::Destructive,
                "" => Risk::Read,
                _ => Risk::Unknown,
            }
        }
        "cpio" | "pax" if letter(&["t", "list"]) => Risk::Read,
        "cpio" if letter(&["o", "create"]) => match call.value(&["F", "O"]) {
            Some(word) if !word.fresh => Risk::Destructive,
            Some(_) | None => Risk::Write,
        },
        // Newer files are kept.
        "cpio"
            if letter(&["i", "p", "extract", "pass-through"])
                && !letter(&["u", "unconditional"])
                // Of cpio `-d` takes no value: what hangs on it are more letters.
                && !call.value(&["d"]).is_some_and(|more| more.text.contains('u')) =>
        {
            Risk::Write
        }
        "cpio" => Risk::Destructive,
        "pax" if letter(&["w"]) => Risk::Write,
        "pax" if letter(&["r"]) => Risk::Destructive,
        "pax" => Risk::Read,
        "ar" => match call.operand(0).trim_start_matches('-').chars().next() {
            Some('t' | 'p') => Risk::Read,
            Some('q' | 'r' | 's' | 'c') => Risk::Write,
            _ if letter(&["t", "p"]) => Risk::Read,
            _ => Risk::Destructive,
        },
        "par2" => match call.operand(0) {
            "v" | "verify" => Risk::Read,
            "c" | "create" => Risk::Write,
            _ => Risk::Destructive,
        },
        "mkisofs" | "genisoimage" | "xorrisofs" => match call.value(&["o"]) {
            Some(word) if !word.fresh => Risk::Destructive,
            Some(_) | None => Risk::Write,
        },
        "mksquashfs" => Risk::Write,
        "unsquashfs" if letter(&["l", "ll", "s", "stat"]) => Risk::Read,
        "unsquashfs" => Risk::Write,
        _ => Risk::Unknown,
    }
}
