//! SQ011: rows of another table are chosen, and every row of the target is changed.

use crate::check::Context;
use crate::check::names::is_scratch_database;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::{Place, Severity};
use crate::sql::Kind;

/// A join without a condition is a product.
pub const RULE: Rule = Rule {
    code: "SQ011",
    name: "target-not-joined",
    severity: Severity::High,
    summary: "an UPDATE … FROM or a DELETE with a JOIN or USING, whose condition says nothing of the table that is changed",
    why: "one matching row of the other table is enough, and every row of the target is changed or gone; the WHERE makes it look safe",
    fix: "join the target by its key (`WHERE p.id = b.id AND …`); try it as SELECT count(*) first, in a transaction",
    source: "PostgreSQL documentation, UPDATE: what is listed in FROM is joined to the target, and without a condition each row is updated; measured with SQLite 3.40: `update p set a=b.a from b where b.c='EUR'` changed both rows of p",
    layer: "sql",
    bad: &[
        Example::File {
            name: "fix.sql",
            text: "\\set ON_ERROR_STOP on\nBEGIN;\nCREATE TABLE audit.prices_before AS TABLE shop.prices;\nUPDATE shop.prices p\n   SET amount = b.amount, changed_at = now()\n  FROM backup.prices b\n WHERE b.currency = 'EUR';\nCOMMIT;\n",
        },
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\n# the orders that were loaded twice\nmysqldump --single-transaction shop orders > /backup/orders.sql\nmysql shop <<'SQL'\nDELETE o FROM orders o\n  JOIN import_log l ON l.batch = 771;\nSQL\n",
        ),
        Example::Script(
            "psql -X -d shop -c \"DELETE FROM orders USING batches b WHERE b.id = 12\"\n",
        ),
        Example::File {
            name: "merge.sql",
            text: "UPDATE accounts a JOIN restored r ON r.day = '2026-11-01' SET a.balance = r.balance;\n",
        },
    ],
    good: &[
        Example::File {
            name: "fix.sql",
            text: "BEGIN;\nUPDATE shop.prices p SET amount = b.amount FROM backup.prices b WHERE p.id = b.id AND b.currency = 'EUR';\nDELETE FROM orders o USING batches b WHERE o.batch_id = b.id AND b.id = 12;\nUPDATE prices SET amount = b.amount FROM backup_prices b WHERE prices.id = b.id;\nCOMMIT;\n",
        },
        Example::Script(
            "mysql shop <<'SQL'\nDELETE o FROM orders o JOIN import_log l ON l.order_id = o.id WHERE l.batch = 771;\nDELETE o FROM orders o JOIN import_log l USING (order_id) WHERE l.batch = 771;\nUPDATE accounts a JOIN restored r ON r.id = a.id SET a.balance = r.balance;\nSQL\n",
        ),
        Example::File {
            name: "unqualified.sql",
            text: "UPDATE prices SET amount = amount_old FROM backup_prices WHERE price_id = backup_id;\nDELETE FROM orders USING done WHERE order_id IN (SELECT id FROM done);\nUPDATE t SET a = 1 FROM x WHERE t.id = x.id;\n",
        },
    ],
    run,
};

/// Words that end the part of a statement that names its tables or its conditions.
const ENDS: &[&str] =
    &["WHERE", "SET", "FROM", "USING", "JOIN", "ON", "ORDER", "LIMIT", "RETURNING", "GROUP"];

fn run(context: &Context<'_>, report: &mut Report) {
    for query in context.queries() {
        let statement = query.statement;
        if !matches!(statement.kind, Kind::Delete | Kind::Update)
            || query.unit.part == Place::Rollback
            || statement.starts("WITH")
        {
            continue;
        }
        let words = split(&statement.text);
        // Quoted names are not told apart in what is looked at.
        if words.iter().any(|word| word.contains('"')) {
            continue;
        }
        let Some(target) = target(&words) else { continue };
        let joined = statement.has("NATURAL") || statement.has("SELECT") || statement.has("EXISTS");
        if joined || is_scratch_database(&target.table) || tied(&words, &target) {
            continue;
        }
        let what = if statement.kind == Kind::Delete { "deleted from" } else { "changed in" };
        let shown = crate::base::escape::one_line(&target.table.to_ascii_lowercase()).to_string();
        let message = format!(
            "no condition ties the rows of the other table to {shown}: every row is {what} it"
        );
        report.add(&RULE, query.unit, statement.span, message);
    }
}

/// The table that a statement changes.
struct Target {
    table: String,
    /// Names under which its columns can stand: the table's own, its alias.
    names: Vec<String>,
}

/// Splits a statement into names with their dots, and signs.
fn split(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut glue = false;
    for c in text.chars() {
        let inner = c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '\'' | '$' | '@' | '`');
        match words.last_mut() {
            Some(last) if inner && glue => last.push(c),
            _ if c.is_whitespace() => {}
            _ => words.push(c.to_string()),
        }
        glue = inner;
    }
    // A dot may stand between blanks.
    let mut merged: Vec<String> = Vec::new();
    for word in words {
        match merged.last_mut() {
            Some(last) if last.ends_with('.') || word.starts_with('.') => last.push_str(&word),
            _ => merged.push(word),
        }
    }
    merged
}

/// Returns the table that is changed, where other tables take part.
fn target(words: &[String]) -> Option<Target> {
    let at = |word: &str| words.iter().position(|w| w == word);
    let name = |at: usize| words.get(at).filter(|w| is_name(w) && !ENDS.contains(&w.as_str()));
    let alias = |at: usize| {
        let at = if words.get(at).is_some_and(|w| w == "AS") { at + 1 } else { at };
        name(at).cloned()
    };
    let skip = |at: usize| if words.get(at).is_some_and(|w| w == "ONLY") { at + 1 } else { at };
    match words.first()?.as_str() {
        "UPDATE" => {
            let start = skip(1);
            let table = name(start)?.clone();
            let set = at("SET")?;
            let from = words[set..].iter().any(|w| w == "FROM");
            let joins = words[..set].iter().any(|w| w == "JOIN" || w == ",");
            let mut names = vec![table.clone()];
            names.extend(alias(start + 1));
            if from {
                names.extend(aliases_of(words, &table));
            }
            (from || joins).then_some(Target { table, names })
        }
        "DELETE" => {
            let from = at("FROM")?;
            let table = if from == 1 { name(skip(2))?.clone() } else { name(1)?.clone() };
            let others = words.iter().any(|w| w == "JOIN")
                || from == 1 && words.iter().any(|w| w == "USING")
                || from > 1 && words[from..].iter().take_while(|w| *w != "WHERE").any(|w| w == ",");
            let mut names = vec![table.clone()];
            if from == 1 {
                names.extend(alias(skip(2) + 1));
            }
            names.extend(aliases_of(words, &table));
            others.then_some(Target { table, names })
        }
        _ => None,
    }
}

/// Returns the aliases that a table has behind FROM, JOIN or a comma, and the tables that have this name as their alias.
fn aliases_of(words: &[String], table: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, pair) in words.windows(3).enumerate() {
        let opens = matches!(pair[0].as_str(), "FROM" | "JOIN" | ",");
        if !opens || !is_name(&pair[1]) {
            continue;
        }
        let second = if pair[2] == "AS" { words.get(at + 3) } else { Some(&pair[2]) };
        let Some(second) = second.filter(|w| is_name(w) && !ENDS.contains(&w.as_str())) else {
            continue;
        };
        if pair[1] == table {
            found.push(second.clone());
        } else if second == table {
            found.push(pair[1].clone());
        }
    }
    found
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '"' | '`'))
}

/// Tells whether a condition may tie the target to the others: it names a column of it, or compares columns whose table is
/// not said, or joins by the names of columns.
fn tied(words: &[String], target: &Target) -> bool {
    let conditions: Vec<&[String]> = words
        .iter()
        .enumerate()
        .filter(|(_, word)| matches!(word.as_str(), "ON" | "WHERE"))
        .map(|(at, _)| {
            let rest = &words[at + 1..];
            let ends = [
                "WHERE",
                "JOIN",
                "SET",
                "ORDER",
                "LIMIT",
                "RETURNING",
                "INNER",
                "LEFT",
                "RIGHT",
                "CROSS",
            ];
            let end = rest.iter().position(|w| ends.contains(&w.as_str()));
            &rest[..end.unwrap_or(rest.len())]
        })
        .collect();
    if conditions.is_empty() {
        return !words.iter().any(|w| w == "JOIN" || w == "USING") && words[0] != "UPDATE";
    }
    let short = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let own = |word: &str| {
        word.rsplit_once('.').is_some_and(|(table, _)| {
            target.names.iter().any(|name| name == table || short(name) == short(table))
        })
    };
    let column = |word: &str| {
        let words = [
            "AND",
            "OR",
            "NOT",
            "NULL",
            "TRUE",
            "FALSE",
            "IS",
            "IN",
            "LIKE",
            "BETWEEN",
            "CURRENT_DATE",
            "NOW",
            "INTERVAL",
            "DATE",
        ];
        is_name(word) && !words.contains(&word)
    };
    let by_columns = words.windows(2).any(|pair| pair[0] == "USING" && pair[1] == "(");
    by_columns
        || conditions.iter().any(|condition| {
            let named = condition.iter().any(|word| own(word));
            // `id = other_id`: whose they are cannot be told; `id = 5` alone may be the target's as well.
            let bare = condition
                .iter()
                .any(|word| column(word) && !word.contains('.') && !word.starts_with('\''));
            named || bare
        })
}
