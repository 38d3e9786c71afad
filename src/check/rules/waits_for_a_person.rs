//! SH027: a step that asks somebody who is not there.

use crate::base::Span;
use crate::check::deeds::short;
use crate::check::rule::{Example, Report, Rule, edit};
use crate::check::{Context, Run, Unit};
use crate::evidence::{Edit, Severity};
use crate::shell::Command;
use crate::shell::ast::RedirectKind;

/// A question at night is answered by end of file, or never.
pub const RULE: Rule = Rule {
    code: "SH027",
    name: "waits-for-a-person",
    severity: Severity::Medium,
    summary: "a command asks a question or wants a terminal, in a text that runs by itself",
    why: "the step hangs until its limit, or takes no answer for a no; a terminal in the way of a dump changes its bytes",
    fix: "give the answer on the command line (`-y`, `--batch`, a password file) and leave `-t` out where output is kept",
    source: "apt-get(8), -y; docker exec and kubectl exec, --tty; measured: a pseudo terminal turns every line feed into CR LF (`printf 'a\\nb\\n'` through script(1))",
    layer: "static",
    bad: &[
        Example::Script("apt-get install postgresql-client\npg_dump -Fc -f /backup/x.new shop\n"),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
out="/backup/wiki-$(date +%F).sql"
docker exec -it wiki-db mysqldump --single-transaction wiki > "$out.new"
tail -n 1 "$out.new" | grep -q 'Dump completed'
mv "$out.new" "$out"
"#,
        ),
        Example::Script("set -e\numount /mnt/snap\nlvremove vg0/snap\n"),
        Example::Script(
            "mysqldump -u backup -p --single-transaction shop > \"/backup/shop-$(date +%F).sql\"\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: ask, title: Ask, kind: command, risk: read, run: \"read -p 'go on? ' yes\"}\n",
            inventory: "",
        },
    ],
    good: &[
        Example::Script(
            "apt-get install -y postgresql-client\nDEBIAN_FRONTEND=noninteractive apt-get -qq install zstd\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
out="/backup/wiki-$(date +%F).sql"
docker exec wiki-db mysqldump --single-transaction wiki > "$out.new"
kubectl exec -i -n shop pg-0 -- psql -U postgres < /backup/roles.sql
mv "$out.new" "$out"
"#,
        ),
        Example::Script(
            "set -e\numount /mnt/snap\nlvremove -y vg0/snap\necho y | lvremove vg0/other\n",
        ),
        Example::Script(
            "mysqldump --defaults-extra-file=/etc/backup/my.cnf --single-transaction shop > \"/backup/shop-$(date +%F).sql\"\n",
        ),
        Example::Script(
            "gpg --batch --passphrase-file /etc/backup/pass -c -o /backup/x.gpg.new /backup/x\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.scripts() {
        // A script that looks whether somebody is there may ask.
        let interactive = unit.named(&["[", "test", "tty"]).any(|r| {
            let words = r.command.literals();
            r.command.is(&["tty"]) || words.windows(2).any(|w| w[0] == "-t" && w[1] == "0")
        });
        if interactive {
            continue;
        }
        for run in unit.named(ASKING) {
            let answered = run.command.input.is_some()
                || run.command.setting.stage.is_some_and(|s| s.position > 0)
                || run.command.redirects.iter().any(|r| r.kind == RedirectKind::Read);
            if let Some((message, edit, severity)) = asks(unit, run, answered) {
                let finding = report.add(&RULE, unit, run.command.span, message);
                finding.edit = edit;
                finding.severity = if unit.step.is_some() { Severity::High } else { severity };
            }
        }
    }
}

/// What is said of a command that asks.
type Said = (String, Option<Edit>, Severity);

/// Programs that ask, or read what a person types.
const ASKING: &[&str] = &[
    "docker",
    "podman",
    "kubectl",
    "oc",
    "nerdctl",
    "apt",
    "apt-get",
    "aptitude",
    "yum",
    "dnf",
    "zypper",
    "mysql",
    "mysqldump",
    "mariadb",
    "mariadb-dump",
    "mysqladmin",
    "mongodump",
    "lvremove",
    "vgremove",
    "lvreduce",
    "pvremove",
    "gpg",
    "gpg2",
    "fsck",
    "fsck.ext4",
    "fsck.ext3",
    "e2fsck",
    "crontab",
    "visudo",
    "vipw",
    "vi",
    "vim",
    "nano",
    "passwd",
    "read",
];

fn asks(unit: &Unit<'_>, run: Run<'_>, answered: bool) -> Option<Said> {
    let command = run.command;
    let name = command.name()?;
    let words = command.literals();
    let has = |names: &[&str]| words.iter().any(|w| names.contains(w));
    let bundled = |letter: char| words.iter().any(|w| short(w, letter));
    let said = |text: &str, edit: Option<Edit>, severity: Severity| {
        Some((text.to_owned(), edit, severity))
    };
    match name {
        "docker" | "podman" | "kubectl" | "oc" | "nerdctl" => {
            let takes = if has(&["exec"]) { tty(command) } else { None }?;
            let kept = command.setting.stage.is_some_and(|s| s.position + 1 < s.length)
                || command.redirects.iter().any(|r| {
                    r.kind == RedirectKind::Truncate && r.descriptor.is_none_or(|d| d == 1)
                });
            // `-i` would take what the script's own standard input holds.
            let alone = matches!(takes.literal(), Some("-t" | "--tty"));
            let edit = own_word(unit, takes).and_then(|span| match alone {
                true if unit.text[span.end..].starts_with(' ') => {
                    edit(Span::new(span.start, span.end + 1), "")
                }
                true => None,
                false => edit(span, "-i"),
            });
            match kept {
                true => said(
                    "the terminal (-t) turns every line feed of the output into CR LF; without one the call may be refused",
                    edit,
                    Severity::High,
                ),
                false => said(
                    "-t wants a terminal, and there is none when this runs by itself",
                    edit,
                    Severity::Low,
                ),
            }
        }
        _ if answered => None,
        "apt" | "apt-get" | "aptitude" | "yum" | "dnf" | "zypper" => {
            let verb = command.arguments().iter().find(|a| {
                let verbs = [
                    "install",
                    "upgrade",
                    "dist-upgrade",
                    "full-upgrade",
                    "remove",
                    "purge",
                    "autoremove",
                    "update",
                ];
                a.literal().is_some_and(|w| verbs.contains(&w) && (w != "update" || name == "yum"))
            })?;
            let yes = bundled('y')
                || has(&[
                    "--yes",
                    "--assume-yes",
                    "--assumeyes",
                    "--non-interactive",
                    "-n",
                    "-qq",
                    "--simulate",
                    "-s",
                    "--dry-run",
                    "--download-only",
                    "--print-uris",
                ])
                || words.iter().any(|w| w.contains("APT::Get::Assume-Yes"));
            let fix = own_word(unit, verb)
                .filter(|_| name != "zypper")
                .and_then(|s| edit(Span::new(s.end, s.end), " -y"));
            (!yes).then(|| (format!("`{name}` asks before it goes on"), fix, Severity::Low))
        }
        "mysql" | "mysqldump" | "mariadb" | "mariadb-dump" | "mysqladmin" | "mongodump" => {
            let asked = has(&["-p", "--password"]) && !name.starts_with("mongo");
            if asked {
                said(
                    "-p without a value asks for the password on the terminal",
                    None,
                    Severity::Medium,
                )
            } else {
                None
            }
        }
        "lvremove" | "vgremove" | "lvreduce" | "pvremove" => {
            let sure = bundled('y') || bundled('f') || has(&["--yes", "--force", "--test"]);
            let verb = command.words.first()?;
            let fix = own_word(unit, verb).and_then(|s| edit(Span::new(s.end, s.end), " -y"));
            (!sure).then(|| (format!("`{name}` asks before it does it"), fix, Severity::Medium))
        }
        "gpg" | "gpg2" => {
            let asks = (bundled('c') || has(&["--symmetric"]))
                && !has(&["--batch", "--passphrase-file", "--passphrase-fd", "--passphrase"])
                && !words.iter().any(|w| w.starts_with("--passphrase"));
            if asks { said("gpg asks for the passphrase", None, Severity::Medium) } else { None }
        }
        "fsck" | "fsck.ext4" | "fsck.ext3" | "e2fsck" => {
            let sure = ['y', 'n', 'p', 'a', 'N'].into_iter().any(bundled);
            let operand = command.arguments().iter().any(|a| !a.prefix().starts_with('-'));
            if !sure && operand {
                said("fsck asks before each repair", None, Severity::Medium)
            } else {
                None
            }
        }
        "crontab" if has(&["-e"]) => said("this opens an editor", None, Severity::Medium),
        "visudo" | "vipw" | "vi" | "vim" | "nano" | "passwd"
            if unit.step.is_some() && !has(&["-c", "-l", "-u", "-d"]) =>
        {
            said("this wants a person at a terminal", None, Severity::Medium)
        }
        "read" if unit.step.is_some() && !command.setting.repeated && !command.setting.asked => {
            said("`read` waits for input, and there is none in a step", None, Severity::Medium)
        }
        _ => None,
    }
}

/// Returns the flag that asks for a terminal.
fn tty(command: &Command) -> Option<&crate::shell::Argument> {
    let flags = ["-t", "-it", "-ti", "--tty", "--tty=true"];
    command.arguments().iter().find(|a| a.literal().is_some_and(|w| flags.contains(&w)))
}

/// Returns the place of a word that stands as it is in the text.
fn own_word(unit: &Unit<'_>, word: &crate::shell::Argument) -> Option<Span> {
    (word.literal() == Some(unit.slice(word.span))).then_some(word.span)
}
