//! FS003: a missing slash puts the tree one level too deep.

use crate::base::Span;
use crate::check::names::{is_archive, looks_backup};
use crate::check::rule::{Example, Report, Rule, edit};
use crate::check::{Context, Language, Run, Unit};
use crate::evidence::Severity;
use crate::shell::path;
use crate::tools::Word;

/// Without a slash behind the source rsync copies the directory, with one its content.
pub const RULE: Rule = Rule {
    code: "FS003",
    name: "nested-rsync",
    severity: Severity::High,
    summary: "rsync copies a directory into a directory of the same name, or back from one level above",
    why: "the tree lands in `data/data`: what should be replaced stays, and a later restore finds the wrong level",
    fix: "end the source with `/` to copy what is in it, in the backup and in the restore alike",
    source: "rsync(1), \"A trailing slash on the source\"; measured: /backup/data -> /srv/data/ gives /srv/data/data",
    layer: "static",
    bad: &[
        Example::Script("rsync -a /backup/data /srv/app/data/\n"),
        Example::Script(
            "set -euo pipefail\nsystemctl stop wiki\nrsync -aHAX --numeric-ids --delete backup1:/backup/hosts/web1/www /var/www\n",
        ),
        Example::Script("rsync -az /srv/mail /backup\nrsync -az /backup /srv/mail\n"),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\n# restore the files of the wiki\nsystemctl stop wiki\nmv /srv/wiki \"/srv/wiki.before-restore.$(date +%s)\"\nmkdir /srv/wiki\nrsync -aHAX --numeric-ids /mnt/usb/backup /srv/wiki\nsystemctl start wiki\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - id: copy-back\n    title: Copy the files back\n    kind: command\n    risk: destructive\n    run: |\n      src=/backup/wiki/uploads\n      rsync -a \"$src\" /var/lib/wiki/uploads\n",
            inventory: "",
        },
    ],
    good: &[
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\n# a second place for the copies, from which a restore may start too\nmountpoint -q /mnt/usb\nrsync -aHAX --numeric-ids /srv/backup /mnt/usb/\nrsync -aHAX --numeric-ids /srv/backup nas:/volume1\n",
        ),
        Example::Script("rsync -a /backup/data/ /srv/app/data/\n"),
        Example::Script(
            "set -euo pipefail\nrsync -aHAX /srv/mail /backup/\nrsync -aHAX /backup/mail/ /srv/mail/\n",
        ),
        Example::Script("rsync -a /etc/fstab /backup/etc/fstab\nrsync -aR /etc/ssh /backup/ssh\n"),
        Example::Script(
            "rsync -a --link-dest=/backup/data/last/ /mnt/snap/ \"/backup/data/$(date +%F)/\"\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let runs: Vec<(&Unit<'_>, Run<'_>)> = context.named(&["rsync"]).collect();
    let mut copies = Vec::new();
    for (unit, run) in &runs {
        let Some(call) = unit.take_apart(run.command) else {
            continue;
        };
        let (Some(target), true) = (call.operands.last().cloned(), call.operands.len() > 1) else {
            continue;
        };
        if call.has(&["relative", "files-from", "dirs"]) || !call.has(&["archive", "recursive"]) {
            continue;
        }
        for source in &call.operands[..call.operands.len() - 1] {
            let (from, to) = (local(unit, *run, source), local(unit, *run, &target));
            let open = source.text.ends_with('/')
                || source.text.ends_with("/.")
                || source.text.ends_with('*');
            let name = path::file_name(&from).to_owned();
            let setting = from.starts_with("/etc/") && !target.text.ends_with('/');
            let file =
                setting || name.contains('.') && (is_archive(&name) || !name.starts_with('.'));
            if !open && !file && !name.is_empty() && name == path::file_name(&to) && from != to {
                nested(
                    unit,
                    *run,
                    source,
                    format!("{from} is copied into a directory that is called {name} already"),
                    report,
                );
            }
            let remote = target.text.split_once(':').is_some_and(|(host, _)| !host.contains('/'));
            let inside = remote || target.text.ends_with('/');
            copies.push((*unit, *run, source.clone(), from, to, open, inside));
        }
    }
    let mut told: Vec<Span> = Vec::new();
    for (at, there) in copies.iter().enumerate() {
        for back in &copies[at + 1..] {
            let swapped = there.3 == back.4 && there.4 == back.3;
            if swapped && !there.5 && !back.5 {
                let message = format!(
                    "{} was put into {}/{}, and is looked for in {}",
                    there.3,
                    there.4,
                    path::file_name(&there.3),
                    back.3
                );
                nested(back.0, back.1, &back.2, message, report);
                told.push(back.1.command.span);
            }
        }
    }
    for (unit, run, source, from, to, open, inside) in &copies {
        let said = told.contains(&run.command.span);
        if !open
            && !inside
            && !said
            && is_root_of_copies(from, to)
            && speaks_of_restore(context, unit)
        {
            let message = format!(
                "the directory {from} itself is put into {to}, as {to}/{}; what should come back stays below it",
                path::file_name(from)
            );
            nested(unit, *run, source, message, report);
        }
    }
}

/// Tells whether the directory of all copies goes into one for data, which has no such directory.
fn is_root_of_copies(from: &str, to: &str) -> bool {
    let name = path::file_name(from);
    let elsewhere = ["/mnt", "/media"].iter().any(|place| path::within(to, place));
    matches!(name, "backup" | "backups")
        && name != path::file_name(to)
        && to.len() > 1
        && !elsewhere
        && !looks_backup(to)
}

/// Tells whether a script says that it restores something.
fn speaks_of_restore(context: &Context<'_>, unit: &Unit<'_>) -> bool {
    let python = context.python.as_ref().filter(|_| unit.within == Language::Python);
    let text = python.map_or(unit.text, |python| python.text).to_ascii_lowercase();
    let title = unit.step.map(|step| step.title.to_ascii_lowercase()).unwrap_or_default();
    ["restor", "recover"].iter().any(|word| text.contains(word) || title.contains(word))
}

fn nested(unit: &Unit<'_>, run: Run<'_>, source: &Word, message: String, report: &mut Report) {
    let span = run.command.words.get(source.index).map_or(run.command.span, |a| a.span);
    let text = unit.slice(span).to_owned();
    let finding = report.add(&RULE, unit, span, message);
    if text.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '"' | '$'))
        && !text.contains(char::is_whitespace)
    {
        finding.edit = edit(Span::new(span.end, span.end), "/");
    }
}

/// Returns the path of a word without the host before it.
fn local(unit: &Unit<'_>, run: Run<'_>, word: &Word) -> String {
    match word.text.split_once(':') {
        Some((host, path)) if !host.contains('/') => path::absolute(path, None),
        Some(_) | None => unit.path(run.command, word),
    }
}
