//! SH029: a command in a loop over lines reads the lines itself.

use crate::base::Span;
use crate::check::deeds;
use crate::check::outcome::{each, within};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;
use crate::shell::ast::{Loop, Redirect, RedirectKind, Statement, StatementKind, Word};

/// What runs in a loop has the same standard input as its `read`.
pub const RULE: Rule = Rule {
    code: "SH029",
    name: "loop-input-eaten",
    severity: Severity::High,
    summary: "`while read` runs a command that reads standard input too, such as ssh",
    why: "the command swallows the rest of the list: the first host or database is saved, the others are not, and the exit code is 0",
    fix: "`ssh -n`, `ffmpeg -nostdin`, or `< /dev/null` behind the command; or let the loop read from another descriptor (`while read -r x <&3; do …; done 3< list`)",
    source: "ssh(1), -n: redirects stdin from /dev/null, must be used when ssh runs in the background; ShellCheck SC2095; measured: `printf '1\\n2\\n' | while read x; do cat > /dev/null; done` runs once",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
set -uo pipefail
dest=/backup/etc/$(date -u +%F)
mkdir -p "$dest" || exit 1
while read -r host; do
  ssh -o BatchMode=yes -o ConnectTimeout=10 "root@$host" 'tar -C / -czf - etc' > "$dest/$host.tgz" || exit 1
done < /etc/backup/hosts
"#,
        ),
        Example::Script(
            "set -euo pipefail\ndocker ps --format '{{.Names}}' | while read -r c; do\n  docker exec -i \"$c\" pg_dumpall -U postgres > \"/backup/$c.sql\"\ndone\n",
        ),
        Example::Script(
            "save() { ssh \"$1\" 'pg_dump shop' > \"/backup/$1.sql\"; }\nwhile read -r host rest; do save \"$host\"; done < hosts.txt\n",
        ),
        Example::Script(
            "while read -r db; do\n  n=$(kubectl exec -i db-0 -- psql -At -d \"$db\" -c 'select count(*) from orders')\n  echo \"$db $n\"\ndone < dbs.txt > /backup/counts\n",
        ),
    ],
    good: &[
        Example::Script(
            "while read -r host; do\n  ssh -n \"root@$host\" 'tar -C / -czf - etc' > \"/backup/$host.tgz\" || exit 1\ndone < /etc/backup/hosts\n",
        ),
        Example::Script(
            "while read -r host; do ssh \"$host\" uptime < /dev/null; done < hosts\nwhile read -r host <&3; do ssh \"$host\" uptime; done 3< hosts\nwhile read -r -u 4 host; do ssh \"$host\" uptime; done 4< hosts\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
mapfile -t hosts < /etc/backup/hosts
for host in "${hosts[@]}"; do
  ssh "root@$host" 'tar -C / -czf - etc' > "/backup/$host.tgz"
done
while read -r db; do
  psql -d "$db" -c 'analyze'
  echo 'select 1' | ssh db1 psql "$db"
  docker exec db true
done < dbs
"#,
        ),
        Example::Script("ssh db1 'while read -r f; do rm \"$f\"; done' < list\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.scripts().filter(|unit| unit.text.contains("read")) {
        if unit.named(EATERS).next().is_none() {
            continue;
        }
        let mut functions: Vec<(&str, &Statement)> = Vec::new();
        let mut loops: Vec<&Loop> = Vec::new();
        each(&unit.script.statements, &mut |statement, _| match &statement.kind {
            StatementKind::Function { name, body } => functions.push((name, body)),
            StatementKind::Loop(one) if reads_lines(one) => loops.push(one),
            _ => {}
        });
        let look = Look { unit, functions };
        for one in loops {
            let Some(run) = one.body.iter().find_map(|body| look.eater(body, 0)) else { continue };
            let name = run.command.name().unwrap_or_default();
            let message =
                format!("`{name}` reads the rest of the list; the loop ends after its first line");
            let first = one.body.first().map_or(run.command.span.start, |s| s.span.start);
            let last = one.body.last().map_or(run.command.span.end, |s| s.span.end);
            let about = |span: Span| span.start >= first && span.end <= last;
            let data = deeds::deeds(unit).any(|(other, _)| about(other.command.span))
                || !about(run.command.span);
            let finding = report.add(&RULE, unit, run.command.span, message);
            if !data {
                finding.severity = Severity::Medium;
            }
        }
    }
}

/// Tells whether the condition of a loop reads from standard input.
fn reads_lines(one: &Loop) -> bool {
    one.variable.is_none()
        && one.condition.iter().any(|statement| {
            let StatementKind::Simple(simple) = &statement.kind else { return false };
            let words: Vec<String> = simple.words.iter().filter_map(Word::literal).collect();
            words.first().is_some_and(|name| name == "read")
                && !words.iter().any(|word| word.starts_with("-u"))
                && !feeds(&statement.redirects)
        })
}

/// Tells whether redirects give a statement a standard input of its own.
fn feeds(redirects: &[Redirect]) -> bool {
    redirects.iter().any(|one| {
        let input = match one.kind {
            RedirectKind::Read
            | RedirectKind::ReadWrite
            | RedirectKind::Heredoc
            | RedirectKind::HereString => true,
            RedirectKind::Duplicate => {
                one.span.end > one.span.start && one.descriptor.is_none_or(|fd| fd == 0)
            }
            RedirectKind::Truncate | RedirectKind::Append => false,
        };
        input && one.descriptor.is_none_or(|fd| fd == 0)
    })
}

struct Look<'c, 'a> {
    unit: &'c Unit<'a>,
    functions: Vec<(&'c str, &'c Statement)>,
}

impl<'c> Look<'c, '_> {
    /// Returns the command in a statement that reads what the statement's standard input holds.
    fn eater(&self, statement: &'c Statement, depth: usize) -> Option<Run<'c>> {
        let duplicates = |r: &Redirect| r.kind == RedirectKind::Duplicate;
        let own: Vec<Redirect> = statement
            .redirects
            .iter()
            .filter(|r| !duplicates(r) || self.unit.slice(r.span).starts_with('<'))
            .cloned()
            .collect();
        if statement.background || feeds(&own) || depth > 8 {
            return None;
        }
        let any = |body: &'c [Statement]| body.iter().find_map(|s| self.eater(s, depth + 1));
        match &statement.kind {
            StatementKind::Simple(simple) => {
                let name = simple.words.first().and_then(Word::literal);
                let called =
                    name.and_then(|name| self.functions.iter().rev().find(|f| f.0 == name));
                if let Some((_, body)) = called {
                    return self.eater(body, depth + 1);
                }
                self.unit.named(EATERS).find(|run| {
                    let setting = &run.command.setting;
                    within(run.command.span, statement.span)
                        && setting.remote.is_none()
                        && setting
                            .stage
                            .is_none_or(|stage| stage.position == 0 || !setting.substituted)
                        && run.command.input.is_none()
                        && !feeds_run(*run)
                        && eats(*run)
                })
            }
            StatementKind::Pipeline(stages) => {
                stages.first().and_then(|s| self.eater(s, depth + 1))
            }
            StatementKind::Subshell(body) | StatementKind::Group(body) => any(body),
            StatementKind::List(links) => links.iter().find_map(|(_, s)| self.eater(s, depth + 1)),
            StatementKind::If { branches, otherwise } => branches
                .iter()
                .find_map(|(condition, body)| any(condition).or_else(|| any(body)))
                .or_else(|| otherwise.as_deref().and_then(any)),
            StatementKind::Loop(one) => any(&one.condition).or_else(|| any(&one.body)),
            StatementKind::Case { arms, .. } => arms.iter().find_map(|arm| any(&arm.body)),
            StatementKind::Function { .. }
            | StatementKind::Condition(_)
            | StatementKind::Arithmetic(_) => None,
        }
    }
}

fn feeds_run(run: Run<'_>) -> bool {
    run.command.redirects.iter().any(|r| {
        matches!(r.kind, RedirectKind::Read | RedirectKind::Heredoc | RedirectKind::HereString)
            && r.descriptor.is_none_or(|fd| fd == 0)
    })
}

/// Programs that may read the standard input they are started with.
const EATERS: &[&str] = &[
    "ssh",
    "ffmpeg",
    "docker",
    "podman",
    "nerdctl",
    "docker-compose",
    "kubectl",
    "oc",
    "lxc",
    "incus",
    "mplayer",
    "rsh",
    "mysql",
    "mariadb",
];

/// Tells whether a command reads its standard input although nothing on its line says so.
fn eats(run: Run<'_>) -> bool {
    let command = run.command;
    let words = command.literals();
    let has = |names: &[&str]| words.iter().any(|w| names.contains(w));
    let letter = |c: char| words.iter().any(|w| deeds::short(w, c));
    // Options kept in a variable nobody can read may hold the one that matters.
    let hidden = command.arguments().iter().any(|a| {
        let shown = a.shown().to_ascii_lowercase();
        a.literal().is_none() && ["opt", "args", "flags"].iter().any(|w| shown.contains(w))
    });
    if hidden {
        return false;
    }
    match command.name() {
        Some("ssh") => !letter('n') && !letter('f') && !words.iter().any(|w| w.starts_with("-V")),
        Some("ffmpeg") => !has(&["-nostdin"]),
        Some("docker" | "podman" | "nerdctl") => {
            has(&["exec", "run"]) && (letter('i') || has(&["--interactive"]))
        }
        Some("docker-compose") => has(&["exec"]) && !has(&["-T"]),
        Some("kubectl" | "oc") => has(&["exec"]) && (letter('i') || has(&["--stdin"])),
        Some("lxc" | "incus") => has(&["exec"]),
        Some("mplayer" | "rsh") => true,
        Some("mysql" | "mariadb") => {
            command.setting.contained.eq(&false)
                && !words.iter().any(|w| w.starts_with("--execute") || w.starts_with("--version"))
                && !letter('e')
        }
        Some(_) | None => false,
    }
}
