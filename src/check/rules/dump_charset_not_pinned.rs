//! MY012: a dump whose characters depend on a configuration.

use crate::check::Context;
use crate::check::dumps::whole_dumps;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// What the configuration says today need not be what it says where the dump is loaded.
pub const RULE: Rule = Rule {
    code: "MY012",
    name: "dump-charset-not-pinned",
    severity: Severity::Medium,
    summary: "a dump does not say --default-character-set=utf8mb4, or writes binary columns as text",
    why: "with another character set characters become question marks, and binary columns are changed when any program converts the dump",
    fix: "add --default-character-set=utf8mb4 --hex-blob",
    source: "mariadb-dump(1), --default-character-set, --hex-blob",
    layer: "static",
    bad: &[
        Example::Script(
            "mysqldump --single-transaction -A -R -E --source-data=2 > \"/backup/all-$(date +%s).sql\"\n",
        ),
        Example::Script(
            "mysqldump --single-transaction -A -R -E --hex-blob --default-character-set=latin1 > \"/backup/all-$(date +%s).sql\"\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
umask 077
dir=/backup/mysql
mountpoint -q /backup || { echo "/backup is not mounted" >&2; exit 1; }
new="$dir/all-$(date -u +%Y%m%dT%H%M%SZ).sql"
mysqldump --defaults-extra-file=/etc/backup/my.cnf --single-transaction --routines --events --source-data=2 --all-databases > "$new.tmp"
tail -n 1 "$new.tmp" | grep -q 'Dump completed'
mv "$new.tmp" "$new"
find "$dir" -name '*.sql' -mtime +35 -print
"#,
        ),
    ],
    good: &[
        Example::Script(
            "mysqldump --single-transaction -A -R -E --hex-blob --default-character-set=utf8mb4 > \"/backup/all-$(date +%s).sql\"\n",
        ),
        Example::Script(
            "mysqldump --single-transaction --no-data shop > \"/backup/schema-$(date +%s).sql\"\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
umask 077
dir=/backup/mysql
mountpoint -q /backup || { echo "/backup is not mounted" >&2; exit 1; }
new="$dir/all-$(date -u +%Y%m%dT%H%M%SZ).sql"
mysqldump --defaults-extra-file=/etc/backup/my.cnf --single-transaction --routines --events --hex-blob --default-character-set=utf8mb4 --source-data=2 --all-databases > "$new.tmp"
tail -n 1 "$new.tmp" | grep -q 'Dump completed'
mv "$new.tmp" "$new"
find "$dir" -name '*.sql' -mtime +35 -print
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run, call) in whole_dumps(context) {
        let charset = call.value(&["default-character-set"]);
        let pinned = charset.is_some_and(|word| {
            matches!(word.text.as_str(), "utf8mb4" | "binary") || !word.certain
        });
        if !pinned || !call.has(&["hex-blob"]) {
            let what = match (pinned, charset) {
                (true, _) => "binary columns are written as text".to_owned(),
                (false, Some(word)) => {
                    format!("the dump is made with the character set {}", word.text)
                }
                (false, None) => "the character set of the dump is not said".to_owned(),
            };
            report.add(&RULE, unit, run.command.span, what);
        }
    }
}
