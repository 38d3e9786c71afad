//! PY007: a password stands in the source.

use crate::base::Span;
use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Python, TokenKind};
use crate::evidence::Severity;

/// A source is copied, backed up and kept in version control.
pub const RULE: Rule = Rule {
    code: "PY007",
    name: "password-in-source",
    severity: Severity::High,
    summary: "a password, token or key is written into a Python script",
    why: "it is in every clone and every backup of the script, and changing it means changing the program",
    fix: "`os.environ[\"DB_PASSWORD\"]`, an option file of mode 0600 (`read_default_file`), or a secret store",
    source: "CWE-798, use of hard-coded credentials",
    layer: "static",
    bad: &[
        Example::Script(
            "#!/usr/bin/env python3\nimport pymysql\ndb = pymysql.connect(host='db1', user='backup', password='s3cret-9', database='shop')\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
"""Nightly dump."""
import subprocess

DB_USER = "backup"
DB_PASSWORD = "correct horse"
CONFIG = {"host": "db1", "passwd": "battery staple"}

with open("/backup/shop.sql.new", "wb") as out:
    subprocess.run(["mysqldump", "--user", DB_USER, "shop"], stdout=out, check=True, env={"MYSQL_PWD": DB_PASSWORD})
"#,
        ),
    ],
    good: &[
        Example::Script(
            "#!/usr/bin/env python3\nimport os, pymysql\ndb = pymysql.connect(host='db1', user='backup', password=os.environ['DB_PASSWORD'])\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
"""Nightly dump."""
import getpass
import pymysql

password = getpass.getpass()
password_file = "/etc/backup/pass"
PASSWORD_ENV = "DB_PASSWORD"
token = ""
db = pymysql.connect(read_default_file="/etc/backup/my.cnf", password=None)
other = pymysql.connect(host="db1", password=password)
print("password: ", {"password": password})
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(python) = &context.python else { return };
    let tokens = &python.tokens;
    for (at, token) in tokens.iter().enumerate() {
        let sign = |offset: usize, text: &str| {
            tokens.get(at + offset).is_some_and(|t| t.kind == TokenKind::Sign && t.text == text)
        };
        let named = token.kind == TokenKind::Name && sign(1, "=") && !sign(2, "=");
        let keyed = token.kind == TokenKind::Text && sign(1, ":");
        if !(named || keyed) || !secret(token.text) {
            continue;
        }
        let Some(value) = tokens
            .get(at + 2)
            .filter(|t| t.kind == TokenKind::Text && written(python, t.span, t.text))
        else {
            continue;
        };
        let ends =
            tokens.get(at + 3).is_none_or(|t| t.text != "." && t.text != "%" && t.text != "+");
        if !ends {
            continue;
        }
        let message = format!("the value of {} stands in the source", token.text);
        let finding = report.add_python(&RULE, value.span, message);
        if placeholder(value.text) {
            finding.severity = Severity::Medium;
        }
    }
}

/// Tells whether a name says that its value is a secret, not the place of one.
fn secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let ends = [
        "password",
        "passwd",
        "pwd",
        "passphrase",
        "secret",
        "secret_key",
        "api_key",
        "apikey",
        "token",
        "access_key",
        "private_key",
    ];
    ends.iter().any(|end| name == *end || name.ends_with(&format!("_{end}")))
}

/// Tells whether a text is a value: not empty, no path, no reference to somewhere else.
fn written(python: &Python<'_>, span: Span, text: &str) -> bool {
    let formatted = python.text[span.start..].starts_with(['f', 'F']) && text.contains('{');
    let elsewhere = text.starts_with(['/', '$', '<', '{', '%'])
        || text.contains("://")
        || text.ends_with(':')
        || text.ends_with(": ");
    text.len() > 2 && !formatted && !elsewhere
}

fn placeholder(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["your", "change", "xxx", "example", "placeholder", "password", "todo", "***"]
        .iter()
        .any(|w| text.contains(w))
}
