//! PY003: rows written as text are called a backup of the database.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Called, Python, TokenKind};
use crate::evidence::Severity;

/// A row as text has lost its types, and the table its definition.
pub const RULE: Rule = Rule {
    code: "PY003",
    name: "rows-as-text-backup",
    severity: Severity::High,
    summary: "a backup of a database is made by writing fetched rows as text or CSV",
    why: "NULL becomes the word None, bytes become b'…', commas and line feeds break the rows; there are no types, keys, indexes, views or rights, and no one point in time for several tables: it cannot be restored",
    fix: "the dump program of the database: `mysqldump --single-transaction`, `pg_dump -Fc`, `sqlite3 .backup`; restore it once to see that it works",
    source: "measured: `','.join(map(str, (None, b'x', 'a,b')))` gives None,b'x',a,b; mysqldump manual, --single-transaction",
    layer: "static",
    bad: &[
        Example::Script(
            "#!/usr/bin/env python3\nimport csv, sqlite3\ndb = sqlite3.connect('/srv/app.db')\ncur = db.execute('SELECT * FROM notes')\nwith open('/backup/notes.csv', 'w') as f:\n    csv.writer(f).writerows(cur.fetchall())\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
"""Full backup of the shop."""
import os
import pymysql

connection = pymysql.connect(read_default_file="/etc/backup/my.cnf", database="shop")
cursor = connection.cursor()
cursor.execute("SELECT * FROM orders")
with open("/backup/orders.sql", "w") as out:
    for row in cursor.fetchall():
        out.write(",".join(str(value) for value in row) + "\n")
connection.close()
"#,
        ),
    ],
    good: &[
        Example::Script(
            "#!/usr/bin/env python3\nimport csv, sqlite3\ndb = sqlite3.connect('/srv/app.db')\ncur = db.execute('SELECT * FROM notes')\nwith open('/srv/report/notes.csv', 'w') as f:\n    csv.writer(f).writerows(cur.fetchall())\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
"""Full backup of the shop."""
import subprocess
import pymysql

connection = pymysql.connect(read_default_file="/etc/backup/my.cnf")
cursor = connection.cursor()
cursor.execute("SHOW DATABASES")
names = [name for (name,) in cursor.fetchall()]
print(",".join(names))
with open("/backup/all.sql.new", "wb") as out:
    subprocess.run(["mysqldump", "--single-transaction", "--databases", *names], stdout=out, check=True)
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(python) = &context.python else { return };
    let outline = python.outline();
    let ends = |call: &Called<'_>, names: &[&str]| {
        names.contains(&call.path.rsplit('.').next().unwrap_or_default())
    };
    let reads = outline.calls.iter().any(|call| {
        ends(
            call,
            &["fetchall", "fetchone", "fetchmany", "read_sql", "read_sql_query", "read_sql_table"],
        ) || selects(call, python)
    });
    let backup = says_backup(python);
    let dumps = python.tokens.iter().any(|t| {
        t.kind == TokenKind::Text
            && ["mysqldump", "pg_dump", "mariadb-dump", "VACUUM INTO"]
                .iter()
                .any(|w| t.text.contains(w))
    }) || outline
        .calls
        .iter()
        .any(|c| ends(c, &["backup", "iterdump"]) && c.path.contains('.'));
    if !reads || !backup || dumps {
        return;
    }
    let writes = outline.calls.iter().find(|call| {
        ends(call, &["writerows", "writerow", "to_csv", "to_json", "to_excel"])
            || ends(call, &["write", "writelines"]) && joins(call, python)
    });
    if let Some(call) = writes {
        let message = "rows as text cannot be restored as they were".to_owned();
        report.add_python(&RULE, python.span_of((call.at, call.end)), message);
    }
}

fn selects(call: &Called<'_>, python: &Python<'_>) -> bool {
    let text = call
        .argument("sql", Some(0))
        .map(|v| python.span_of(v).slice(python.text).to_ascii_uppercase());
    call.path.ends_with("execute")
        && text.is_some_and(|t| t.contains("SELECT ") && t.contains(" FROM "))
}

/// Tells whether names or texts of the script say that it makes a backup.
fn says_backup(python: &Python<'_>) -> bool {
    python.tokens.iter().any(|t| {
        let text = t.text.to_ascii_lowercase();
        matches!(t.kind, TokenKind::Name | TokenKind::Text)
            && (text.contains("backup") || text.contains("dump") || text.contains("备份"))
    })
}

/// Tells whether what is written is made of values turned into text.
fn joins(call: &Called<'_>, python: &Python<'_>) -> bool {
    let text = python.span_of((call.at, call.end)).slice(python.text);
    let words: String = text.split_whitespace().collect();
    words.contains("str(")
        || words.contains("map(str")
        || words.contains(".join(")
        || words.contains("repr(")
}
