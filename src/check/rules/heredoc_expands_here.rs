//! SH022: a here-document that is filled in on the wrong side.

use crate::check::outcome::each;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit};
use crate::evidence::Severity;
use crate::shell::ast::{PartKind, RedirectKind, Statement, StatementKind, Word};

/// Between unquoted delimiters the shell expands `$` before anybody else sees the text.
pub const RULE: Rule = Rule {
    code: "SH022",
    name: "heredoc-expands-here",
    severity: Severity::Medium,
    summary: "a script, SQL block or configuration in a here-document holds `$` and its delimiter is not quoted",
    why: "the value of this machine and this moment is written in its place, an empty one where the variable is not known here; `$$` of a SQL block becomes a process number",
    fix: "quote the delimiter (`<<'EOF'`), and hand values over as arguments",
    source: "bash(1), Here Documents; ShellCheck SC2087; measured with bash 5.2: `do $$ begin end $$;` becomes `do 21114 begin end 21114;`",
    layer: "static",
    bad: &[
        Example::Script(
            "psql -v ON_ERROR_STOP=1 shop <<EOF\nDO $$ BEGIN PERFORM 1; END $$;\nEOF\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# job for the standby
cat > /usr/local/sbin/nightly-copy <<EOF
#!/bin/bash
STAMP=$(date +%F)
pg_dump -Fc -f "/backup/shop-$STAMP.dump" shop
find /backup -name 'shop-*.dump' -mtime +30 | sort | head -n -7 | xargs -r rm --
EOF
chmod 755 /usr/local/sbin/nightly-copy
"#,
        ),
        Example::Script(
            "ssh dr1 bash -s <<EOF\nfor f in /backup/*.dump; do pg_restore --list \"$f\" > /dev/null; done\nEOF\n",
        ),
    ],
    good: &[
        Example::Script(
            "psql -v ON_ERROR_STOP=1 shop <<'EOF'\nDO $$ BEGIN PERFORM 1; END $$;\nEOF\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
DB=shop
KEEP=30
cat > /usr/local/sbin/nightly-copy <<EOF
#!/bin/bash
STAMP=\$(date +%F)
pg_dump -Fc -f "/backup/$DB-\$STAMP.dump" $DB
find /backup -name '$DB-*.dump' -mtime +$KEEP -print
EOF
"#,
        ),
        Example::Script(
            "DB=shop\npsql \"$DB\" <<EOF\nSELECT count(*) FROM orders WHERE db = '$DB';\nEOF\n",
        ),
        Example::Script("cat <<EOF\nusage: $0 [-h] $UNKNOWN\nEOF\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.scripts().filter(|u| u.text.contains("<<")) {
        let set = assigned(unit);
        each(&unit.script.statements, &mut |statement, _| {
            for redirect in &statement.redirects {
                if redirect.kind != RedirectKind::Heredoc || redirect.quoted_delimiter {
                    continue;
                }
                let Some(kind) = reader(statement, &redirect.target) else { continue };
                if let Some(found) = expands(&redirect.target, kind, &set) {
                    let message = format!(
                        "`{found}` is replaced here, before {kind} sees it",
                        kind = kind.word()
                    );
                    report.add(&RULE, unit, redirect.span, message);
                }
            }
        });
    }
}

/// Who reads a here-document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// A database client.
    Sql,
    /// A shell, here or elsewhere, now or later.
    Shell,
}

impl Reader {
    fn word(self) -> &'static str {
        match self {
            Self::Sql => "the database",
            Self::Shell => "the other shell",
        }
    }
}

fn reader(statement: &Statement, body: &Word) -> Option<Reader> {
    let StatementKind::Simple(simple) = &statement.kind else { return None };
    let words: Vec<String> = simple.words.iter().map(|w| w.literal().unwrap_or_default()).collect();
    let any =
        |names: &[&str]| words.iter().any(|w| names.contains(&crate::shell::path::file_name(w)));
    let first = body.parts.first().map(|p| match &p.kind {
        PartKind::Literal(text) => text.trim_start().to_owned(),
        _ => String::new(),
    });
    if any(&["psql", "mysql", "mariadb", "sqlite3"]) {
        Some(Reader::Sql)
    } else if any(&["ssh", "bash", "sh"]) || first.is_some_and(|text| text.starts_with("#!")) {
        Some(Reader::Shell)
    } else {
        None
    }
}

/// Returns the variables that the script sets anywhere.
fn assigned(unit: &Unit<'_>) -> std::collections::BTreeSet<String> {
    let mut set = std::collections::BTreeSet::new();
    each(&unit.script.statements, &mut |statement, _| match &statement.kind {
        StatementKind::Simple(simple) => {
            set.extend(simple.assignments.iter().map(|a| a.name.clone()));
            let name = simple.words.first().and_then(Word::literal);
            if matches!(
                name.as_deref(),
                Some(
                    "read"
                        | "export"
                        | "local"
                        | "declare"
                        | "getopts"
                        | "mapfile"
                        | "printf"
                        | "source"
                        | "."
                )
            ) {
                set.extend(simple.words.iter().skip(1).filter_map(Word::literal));
                if matches!(name.as_deref(), Some("source" | ".")) {
                    set.insert("*".to_owned());
                }
            }
        }
        StatementKind::Loop(one) => set.extend(one.variable.clone()),
        _ => {}
    });
    set
}

/// Returns what the shell replaces although nobody here set it.
fn expands(
    body: &Word,
    reader: Reader,
    set: &std::collections::BTreeSet<String>,
) -> Option<String> {
    let text: String = body
        .parts
        .iter()
        .map(|p| match &p.kind {
            PartKind::Literal(text) => text.as_str(),
            _ => "",
        })
        .collect();
    body.parts.iter().find_map(|part| match &part.kind {
        PartKind::Variable(v) => {
            let name = v.name.as_str();
            let plain = v.expansion == crate::shell::ast::Expansion::Plain;
            let own = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
            match reader {
                Reader::Sql => (name == "$" && plain).then(|| "$$".to_owned()),
                Reader::Shell => {
                    let meant = text.contains(&format!("{name}="))
                        || text.contains(&format!("for {name} in"))
                        || text.contains(&format!("read {name}"))
                        || text.contains(&format!("read -r {name}"));
                    let foreign = !set.contains(name)
                        && !set.contains("*")
                        && (meant || own && plain && name.len() < 3);
                    foreign.then(|| format!("${name}"))
                }
            }
        }
        _ => None,
    })
}
