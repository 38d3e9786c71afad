//! Private keys in armour: PEM, OpenSSH, PGP, PuTTY, OpenVPN, and vaults of Ansible.

use std::ops::Range;

use crate::redact::found::Finds;
use crate::redact::scan::{Detector, Trigger};
use crate::redact::text::Text;

/// The whole block, also with escaped line breaks, quote marks before each line, or cut off before its end.
pub const DETECTOR: Detector = Detector {
    finds: "private keys",
    trigger: Trigger::Literals(
        &["----BEGIN ", "---- BEGIN ", "PuTTY-User-Key-File", "$ANSIBLE_VAULT;"],
        look,
    ),
};

/// A key is not longer than this.
const LONGEST: usize = 64 * 1024;

fn look(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    let start = text.backward(hit.start, |b| b == b'-');
    let label = text.ahead(hit.end, 80);
    let block = text.part(hit.end..hit.end + LONGEST);
    // Another beginning ends what has no end, and no byte is searched twice.
    let block = block.find("-BEGIN ").map_or(block, |next| &block[..next]);
    if text.goes_on(hit.start, "PuTTY") || text.goes_on(hit.start, "$ANSIBLE") {
        let end = hit.end + block.find("\n\n").unwrap_or(armoured(block));
        finds.secret(start..end);
        return end;
    }
    let upper = label.to_ascii_uppercase();
    let name = upper.split("----").next().unwrap_or_default();
    let private = name.contains("PRIVATE")
        || name.contains("STATIC KEY")
        || name.contains("SECRET KEY")
        || name.contains("ENCRYPTED")
        || name.contains("KEY BLOCK") && !name.contains("PUBLIC");
    let end = hit.end + ending(block).unwrap_or_else(|| armoured(block));
    if private {
        finds.secret(start..end);
    } else {
        finds.public(start..end);
    }
    end
}

/// Returns the length up to and with the END line.
fn ending(block: &str) -> Option<usize> {
    let mark = block.find("----END ").or_else(|| block.find("---- END "))?;
    let rest = &block[mark + 8..];
    let label = rest.find("----").filter(|at| *at < 80)?;
    let dashes = rest[label..].bytes().take_while(|b| *b == b'-').count();
    Some(mark + 8 + label + dashes)
}

/// Returns the length of what looks like lines of base64 or hexadecimal, with headers and escaped breaks.
fn armoured(block: &str) -> usize {
    let mut length = 0;
    for (index, line) in block.split_inclusive('\n').enumerate() {
        let trimmed = line.trim().trim_start_matches(['>', '|', '#', ' ', '\t', '"', '\'']);
        let body = !trimmed.contains(' ')
            && trimmed.len() >= 4
            && trimmed.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=-_\\\"',;:.".contains(&b));
        let header = [
            "Proc-Type",
            "DEK-Info",
            "Version",
            "Comment",
            "Hash",
            "Charset",
            "Encryption",
            "Public-Lines",
            "Private-Lines",
            "Private-MAC",
            "Key-Derivation",
            "Argon2",
        ]
        .iter()
        .any(|name| trimmed.starts_with(name));
        let gap = trimmed.is_empty() && index < 6;
        if index > 0 && !(body || header || gap) {
            break;
        }
        length += line.len();
    }
    block[..length].trim_end().len()
}
