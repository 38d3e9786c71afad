//! PY002: a file of any size is read into memory at once.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// Backups grow until they do not fit.
pub const RULE: Rule = Rule {
    code: "PY002",
    name: "whole-file-in-memory",
    severity: Severity::Medium,
    summary: "a dump or archive is read whole to hash, compress, encrypt or copy it",
    why: "the script works in the test and is killed for lack of memory on the day the data is large, in the middle of a backup or a restore",
    fix: "`hashlib.file_digest(f, \"sha256\")`, `shutil.copyfileobj(src, dst)`, or a loop over `f.read(1 << 20)`",
    source: "Python documentation, hashlib.file_digest; io: read() without a size reads until the end of the file",
    layer: "static",
    bad: &[
        Example::Script(
            "#!/usr/bin/env python3\nimport hashlib\nwith open('/backup/shop.sql', 'rb') as f:\n    print(hashlib.sha256(f.read()).hexdigest())\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
"""Compress last night's dump."""
import gzip
import hashlib
import pathlib

source = pathlib.Path("/backup/shop.sql")
digest = hashlib.sha256()
with open(source, "rb") as f:
    digest.update(f.read())
with open(source, "rb") as src, gzip.open("/backup/shop.sql.gz", "wb") as out:
    out.write(src.read())
print(digest.hexdigest())
"#,
        ),
        Example::Script(
            "#!/usr/bin/env python3\nimport zlib\ndata = zlib.compress(open('/backup/app.tar', 'rb').read())\n",
        ),
    ],
    good: &[
        Example::Script(
            "#!/usr/bin/env python3\nimport hashlib\nwith open('/backup/shop.sql', 'rb') as f:\n    print(hashlib.file_digest(f, 'sha256').hexdigest())\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
"""Compress last night's dump."""
import gzip
import hashlib
import shutil

digest = hashlib.sha256()
with open("/backup/shop.sql", "rb") as src:
    while chunk := src.read(1 << 20):
        digest.update(chunk)
with open("/backup/shop.sql", "rb") as src, gzip.open("/backup/shop.sql.gz", "wb") as out:
    shutil.copyfileobj(src, out)
with open("/etc/backup.conf") as conf:
    print(conf.read(), digest.hexdigest())
"#,
        ),
        Example::Script(
            "#!/usr/bin/env python3\nimport json\nwith open('plan.json') as f:\n    plan = json.loads(f.read())\n",
        ),
    ],
    run,
};

const TAKERS: &[&str] = &[
    "update",
    "write",
    "compress",
    "encrypt",
    "sha256",
    "sha1",
    "md5",
    "sha512",
    "blake2b",
    "new",
    "upload",
    "putvalue",
    "put_object",
    "send",
    "sendall",
];

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(python) = &context.python else { return };
    let outline = python.outline();
    for read in
        outline.calls.iter().filter(|call| call.given.is_empty() && last(&call.path) == "read")
    {
        let taken = outline.calls.iter().any(|outer| {
            TAKERS.contains(&last(&outer.path))
                && outer.given.iter().any(|g| g.value.0 <= read.at && read.end <= g.value.1)
        });
        if taken {
            let message = "the whole file is read into memory".to_owned();
            report.add_python(&RULE, python.span_of((read.at, read.end)), message);
        }
    }
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}
