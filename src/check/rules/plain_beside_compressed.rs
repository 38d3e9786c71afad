//! PY004: the same data is kept plain and compressed.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// Compressing in Python makes a second file; nothing removes the first.
pub const RULE: Rule = Rule {
    code: "PY004",
    name: "plain-beside-compressed",
    severity: Severity::Low,
    summary: "a script compresses a file into a second one and leaves the first",
    why: "twice the room is used and twice the places have to be guarded; when one is rotated and the other is not, nobody knows which is the copy",
    fix: "write through `gzip.open` from the start, or `os.remove(plain)` after the compressed file was tested",
    source: "Python documentation, gzip, Examples: the example that compresses a file leaves it in place",
    layer: "static",
    bad: &[
        Example::Script(
            "#!/usr/bin/env python3\nimport gzip, shutil\nwith open('/backup/shop.sql', 'rb') as src, gzip.open('/backup/shop.sql.gz', 'wb') as out:\n    shutil.copyfileobj(src, out)\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
"""Dump, compress, note the sum."""
import bz2
import hashlib
import shutil
import subprocess

plain = "/backup/shop.sql"
with open(plain, "wb") as out:
    subprocess.run(["mysqldump", "--single-transaction", "shop"], stdout=out, check=True)
with open(plain, "rb") as src:
    with bz2.open(plain + ".bz2", "wb") as out:
        shutil.copyfileobj(src, out)
with open(plain + ".sha256", "w") as out, open(plain, "rb") as src:
    out.write(hashlib.file_digest(src, "sha256").hexdigest())
"#,
        ),
    ],
    good: &[
        Example::Script(
            "#!/usr/bin/env python3\nimport gzip, os, shutil\nwith open('/backup/shop.sql', 'rb') as src, gzip.open('/backup/shop.sql.gz', 'wb') as out:\n    shutil.copyfileobj(src, out)\nos.remove('/backup/shop.sql')\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
"""Dump straight into a compressed file."""
import gzip
import shutil
import subprocess

dump = subprocess.Popen(["mysqldump", "--single-transaction", "shop"], stdout=subprocess.PIPE)
with gzip.open("/backup/shop.sql.gz.new", "wb") as out:
    shutil.copyfileobj(dump.stdout, out)
if dump.wait() != 0:
    raise SystemExit("dump failed")
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(python) = &context.python else { return };
    let outline = python.outline();
    let text = |value: (usize, usize)| python.span_of(value).slice(python.text);
    let removes = outline.calls.iter().any(|call| {
        let name = call.path.rsplit('.').next().unwrap_or_default();
        matches!(
            name,
            "remove"
                | "unlink"
                | "rename"
                | "replace"
                | "move"
                | "rmtree"
                | "TemporaryDirectory"
                | "NamedTemporaryFile"
        )
    });
    let packs = outline.calls.iter().find(|call| {
        let packer =
            ["gzip.open", "bz2.open", "lzma.open", "gzip.GzipFile", "bz2.BZ2File", "lzma.LZMAFile"];
        let writes = call.argument("mode", Some(1)).is_some_and(|v| text(v).contains('w'));
        packer.contains(&call.path.as_str()) && writes
    });
    let Some(packed) = packs.filter(|_| !removes) else { return };
    let target = packed.argument("filename", Some(0)).map(text).unwrap_or_default();
    // The plain file: what is opened for reading, and is the beginning of the other name.
    let plain = outline.calls.iter().find_map(|call| {
        let reads = call.path == "open"
            && call.argument("mode", Some(1)).is_some_and(|v| text(v).contains("rb"));
        let file = call.argument("file", Some(0)).map(text)?;
        let stem = |text: &str| {
            text.trim_start_matches(['f', '"', '\'']).trim_end_matches(['"', '\'']).to_owned()
        };
        (reads && file != target && target.contains(stem(file).as_str())).then_some(file)
    });
    if let Some(plain) = plain {
        let message = format!("{plain} stays beside its compressed copy");
        report.add_python(&RULE, python.span_of((packed.at, packed.end)), message);
    }
}
