//! Passwords that are echoed into a program: `echo X | sudo -S`, `printf X | cryptsetup …`.

use std::ops::Range;

use crate::redact::found::Finds;
use crate::redact::plausible::placeholder;
use crate::redact::scan::{Detector, Trigger};
use crate::redact::text::Text;

/// What `echo` or `printf` writes into a program that reads a password from its standard input.
pub const DETECTOR: Detector = Detector {
    finds: "passwords echoed into a program",
    trigger: Trigger::Literals(
        &[
            "sudo -S",
            "--stdin",
            "cryptsetup ",
            "--password-stdin",
            "--passphrase-fd 0",
            "-pass stdin",
            "--pinentry-mode loopback",
            "smbpasswd -",
            "kinit ",
            "| base64",
            "| su ",
        ],
        look,
    ),
};

fn look(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    let behind = text.behind(hit.start, 240);
    let encoded = text.byte(hit.start) == b'|' && text.all[hit.clone()].ends_with("64");
    let Some((written, program)) =
        behind.rsplit_once('|').or_else(|| (text.byte(hit.start) == b'|').then_some((behind, "")))
    else {
        return hit.end;
    };
    let Some(at) = written
        .rfind("echo ")
        .map(|at| at + 5)
        .or_else(|| written.rfind("printf ").map(|at| at + 7))
    else {
        return hit.end;
    };
    let decoding = encoded && text.ahead(hit.end, 12).trim_start().starts_with("-d");
    if program.len() > 60 || decoding || encoded && !behind.to_ascii_lowercase().contains("pass") {
        return hit.end;
    }
    let mut rest = written[at..].trim();
    while let Some(option) = ["-n ", "-e ", "-ne ", "-en ", "'%s' ", "\"%s\" ", "'%s\\n' ", "%s "]
        .iter()
        .find_map(|option| rest.strip_prefix(option))
    {
        rest = option.trim_start();
    }
    let value = rest.trim_matches(['"', '\'']);
    if !value.is_empty() && !placeholder(value) {
        let start = value.as_ptr() as usize - text.all.as_ptr() as usize;
        finds.secret(start..start + value.len());
    }
    hit.end
}
