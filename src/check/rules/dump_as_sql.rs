//! MY013: the dump program sent to the server as if it were SQL.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, TokenKind};
use crate::evidence::Severity;

/// `mysqldump` is a program; a server does not know it.
pub const RULE: Rule = Rule {
    code: "MY013",
    name: "dump-as-sql",
    severity: Severity::High,
    summary: "mysqldump is sent to the server as a statement",
    why: "the server answers with a syntax error; what is written to the file afterwards is no dump",
    fix: "run the program: subprocess.run([\"mysqldump\", …], check=True) with its output in a file",
    source: "published runbook; measured: ERROR 1064",
    layer: "static",
    bad: &[
        Example::Script(
            "#!/usr/bin/env python3\nimport pymysql\ncursor = pymysql.connect(host='db1').cursor()\ncursor.execute(f\"mysqldump -u root shop\")\nopen('/backup/shop.sql', 'wb').write(cursor.fetchone())\n",
        ),
        Example::Script(
            "#!/usr/bin/env python3\ncommand = 'mysqldump --single-transaction shop'\ncursor.execute(command)\n",
        ),
        Example::Script("mysql -e 'mysqldump shop' > \"/backup/shop-$(date +%s).sql\"\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env python3
"""Dumps each database of the server that is not its own."""
import os
import subprocess

import pymysql

OWN = {"information_schema", "performance_schema", "sys"}
os.umask(0o077)
with pymysql.connect(read_default_file="/etc/backup/my.cnf") as connection:
    with connection.cursor() as cursor:
        cursor.execute("SHOW DATABASES")
        names = [name for (name,) in cursor.fetchall() if name not in OWN]
for name in names:
    with open(f"/backup/{name}.sql.new", "xb") as out:
        subprocess.run(["mysqldump", "--single-transaction", name], stdout=out, check=True)
    os.replace(f"/backup/{name}.sql.new", f"/backup/{name}.sql")
"#,
        ),
        Example::Script(
            "#!/usr/bin/env python3\nimport subprocess\nwith open('/backup/shop.sql.new', 'xb') as out:\n    subprocess.run(['mysqldump', '--single-transaction', 'shop'], stdout=out, check=True)\n",
        ),
        Example::Script("mysql -e 'SELECT 1'\n"),
    ],
    run,
};

const PROGRAMS: &[&str] = &["mysqldump", "mariadb-dump"];

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["mysql", "mariadb"]) {
        let starts = |text: &String| PROGRAMS.iter().any(|p| text.trim_start().starts_with(p));
        if unit.sql(run.command).iter().any(starts) {
            report.add(
                &RULE,
                unit,
                run.command.span,
                "a program is sent to the server as SQL".to_owned(),
            );
        }
    }
    let Some(python) = &context.python else {
        return;
    };
    let command =
        |text: &str| PROGRAMS.iter().any(|p| text.trim_start().starts_with(&format!("{p} ")));
    for (_, open, close) in python.calls(&["execute", "executemany"]) {
        for token in &python.tokens[open..close] {
            let direct = token.kind == TokenKind::Text && command(token.text);
            let named = token.kind == TokenKind::Name
                && python.tokens.windows(4).any(|window| {
                    let text = &window[2..].iter().find(|t| t.kind == TokenKind::Text);
                    window[0].text == token.text
                        && window[1].text == "="
                        && text.is_some_and(|t| command(t.text))
                });
            if direct || named {
                report.add_python(
                    &RULE,
                    token.span,
                    "a program is sent to the server as SQL".to_owned(),
                );
            }
        }
    }
}
