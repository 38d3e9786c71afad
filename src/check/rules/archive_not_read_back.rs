//! FS011: an archive that nothing has read since it was written.

use crate::check::names::{is_archive, is_partial_name, looks_backup};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::{Place, Severity};
use crate::plan::Kind;
use crate::shell::ast::RedirectKind;
use crate::shell::{Argument, path};
use crate::tools::tar::{self, Mode};

/// A cut off archive has a name, a size and a date like every other.
pub const RULE: Rule = Rule {
    code: "FS011",
    name: "archive-not-read-back",
    severity: Severity::Medium,
    summary: "an archive or dump is written as a backup, and nothing reads it back",
    why: "a full disk, a killed compressor or a broken pipe leaves an archive that ends in the middle; a restore finds out",
    fix: "read it back before it counts: `tar -tzf FILE >/dev/null`, `gzip -t`, `zstd -t`, `pg_restore -l`, or compare with `tar -d`",
    source: "tar(1), -d; gzip(1), -t; measured: a truncated .tgz makes tar end with 2, and nothing before that says so",
    layer: "static",
    bad: &[
        Example::Script("tar -czf \"/backup/app-$(date +%F).tgz\" -C /srv/app data\n"),
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\numask 077\nout=\"/backup/shop-$(date -u +%Y%m%dT%H%M%SZ).dump\"\npg_dump -Fc -f \"$out.new\" shop\nmv \"$out.new\" \"$out\"\nfind /backup -name 'shop-*.dump' -mtime +30 -delete\n",
        ),
        Example::Script(
            "set -o pipefail\ntar -c -C /srv git | zstd -q > /backup/git.tar.zst.new\nmv /backup/git.tar.zst.new /backup/git.tar.zst\n",
        ),
        Example::Script(
            "tar -czf /backup/old-projects.tgz /srv/projects/2019\nrm -rf /srv/projects/2019\n",
        ),
        Example::Script(
            "umask 077\ntar -czf \"/backup/app-$DAY.tgz\" /srv/app\ntar -xzf \"/backup/app-$DAY.tgz\" -C /srv/app\n",
        ),
        Example::Script("tar --remove-files -czf \"/backup/logs-$(date +%F).tgz\" /var/log/app\n"),
    ],
    good: &[
        Example::Script(
            "out=\"/backup/app-$(date +%F).tgz\"\ntar -czf \"$out.new\" -C /srv/app data\ntar -tzf \"$out.new\" > /dev/null\nmv \"$out.new\" \"$out\"\n",
        ),
        Example::Script("tar -czf /backup/a.tgz /srv/a && gzip -t /backup/a.tgz\n"),
        Example::Script(
            "pg_dump -Fc -f /backup/shop.dump.new shop\npg_restore -l /backup/shop.dump.new > /dev/null\n",
        ),
        Example::Script(
            "set -euo pipefail\ntar -czf \"/tmp/site.tgz\" -C /srv/www .\nscp /tmp/site.tgz web1:/tmp/\ntar -cf \"$PKG.tar\" debian\n",
        ),
        Example::Script(
            "mariadb-dump --single-transaction shop > /backup/shop.sql.new\ntail -n 1 /backup/shop.sql.new | grep -q \"Dump completed\"\nmv /backup/shop.sql.new /backup/shop.sql\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    if context.plan.is_some_and(|plan| plan.kind == Kind::Recovery) {
        return;
    }
    let mut said = false;
    for (unit, run) in
        context.named(WRITERS).filter(|(unit, _)| unit.part == Place::Run || unit.step.is_none())
    {
        let Some(archive) = written(unit, run) else {
            continue;
        };
        if read_back(context, &archive, &sources(unit, run)) {
            continue;
        }
        let message = format!("nothing reads {archive} back");
        let lost = removed(context, unit, run);
        // One finding says it for all archives of a script, save those whose source goes.
        if said && lost.is_none() {
            continue;
        }
        said = true;
        let finding = report.add(&RULE, unit, run.command.span, message);
        if let Some(what) = lost {
            finding.message = format!("{what} is deleted, and nothing has read {archive} back");
            finding.severity = Severity::High;
        }
    }
}

/// Returns the archive that a command writes as a backup.
/// Programs that write archives and dumps.
const WRITERS: &[&str] = &[
    "tar",
    "bsdtar",
    "gtar",
    "pg_dump",
    "mysqldump",
    "mariadb-dump",
    "zip",
    "7z",
    "7za",
    "gzip",
    "pigz",
    "zstd",
    "xz",
    "bzip2",
    "lz4",
];

fn written(unit: &Unit<'_>, run: Run<'_>) -> Option<String> {
    let command = run.command;
    let call = unit.take_apart(command);
    let file = match (command.name()?, &call) {
        ("tar" | "bsdtar" | "gtar", Some(call))
            if tar::mode(call) == Mode::Create && !call.has(&["verify", "W"]) =>
        {
            call.value(&["file"]).map(|w| unit.path(command, w))
        }
        ("pg_dump" | "mysqldump" | "mariadb-dump", Some(call))
            if call.has(&["file", "result-file"]) =>
        {
            call.value(&["file", "result-file"]).map(|w| unit.path(command, w))
        }
        ("zip" | "7z" | "7za", _) => {
            command.arguments().iter().map(|a| command.path(a)).find(|p| is_archive(p))
        }
        _ => None,
    };
    let streamed = || {
        let writes = command.is(&[
            "gzip",
            "pigz",
            "zstd",
            "xz",
            "bzip2",
            "lz4",
            "tar",
            "pg_dump",
            "mysqldump",
            "mariadb-dump",
        ]);
        let to = command
            .redirects
            .iter()
            .find(|r| r.kind == RedirectKind::Truncate && r.descriptor.is_none_or(|d| d == 1))?;
        writes.then(|| command.path(&to.target))
    };
    let found = file.filter(|f| f != "-").or_else(streamed)?;
    let stem = stem(&found);
    (looks_backup(&found) && is_archive(stem)).then_some(found)
}

/// Returns a path without the endings of unfinished work.
fn stem(path: &str) -> &str {
    match path.rsplit_once('.') {
        Some((rest, _)) if is_partial_name(path) => rest,
        Some(_) | None => path,
    }
}

/// Tells whether any command reads an archive, under its name or the one it is moved to.
fn read_back(context: &Context<'_>, archive: &str, sources: &[String]) -> bool {
    let same = |path: &str| {
        let (a, b) = (stem(archive), stem(path));
        a == b || path::within(a, b) && b.len() > 1 || b.contains('*') || b.starts_with('$')
    };
    context.runs().any(|(unit, other)| {
        let command = other.command;
        let about = |a: &Argument| same(&command.path(a));
        let input =
            command.redirects.iter().any(|r| r.kind == RedirectKind::Read && about(&r.target));
        let named = input || command.arguments().iter().any(about);
        let words = command.literals();
        let tests = words.iter().any(|w| {
            *w == "--test"
                || *w == "--list"
                || w.starts_with('-') && !w.starts_with("--") && w.contains('t')
                || *w == "t"
        });
        let reads = command.is(&[
            "zcat",
            "gunzip",
            "zgrep",
            "zstdcat",
            "xzcat",
            "bzcat",
            "tail",
            "pg_restore",
            "unzip",
            "cmp",
            "diff",
            "pg_verifybackup",
            "zless",
            "funzip",
            "unzstd",
            "unxz",
            "grep",
            "file",
            "python3",
        ]) || command
            .is(&["gzip", "pigz", "zstd", "xz", "bzip2", "lz4", "7z", "7za", "zip"])
            && tests;
        let looks = command.is(&["tar", "bsdtar", "gtar"])
            && unit.take_apart(command).is_some_and(|call| {
                let target = call.value(&["directory"]).map(|w| unit.path(command, w));
                // Unpacked over what it was made of, it has replaced the data before anybody knew whether it is good.
                let over = target.is_some_and(|target| sources.contains(&target));
                call.has(&["diff", "compare"])
                    || tar::mode(call) == Mode::List
                    || tar::mode(call) == Mode::Extract && !over
            });
        named && (reads || looks)
    })
}

/// Returns what an archive of tar is made of.
fn sources(unit: &Unit<'_>, run: Run<'_>) -> Vec<String> {
    let Some(call) = unit.take_apart(run.command).filter(|call| call.tool.name == "tar") else {
        return Vec::new();
    };
    let base = call.value(&["directory"]).map(|w| unit.path(run.command, w));
    let source =
        |text: &str| path::absolute(text, base.as_deref().or(run.command.setting.cwd.as_deref()));
    call.operands.iter().map(|w| source(&w.text)).collect()
}

/// Returns what is deleted once it is archived: the source itself.
fn removed(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> Option<String> {
    let call = unit.take_apart(run.command).filter(|call| call.tool.name == "tar")?;
    let sources = sources(unit, run);
    if call.has(&["remove-files"]) {
        return sources.into_iter().next();
    }
    let gone: Vec<String> = context
        .after(unit, run)
        .filter(|(_, other)| other.command.is(&["rm"]) && !other.command.setting.deferred)
        .flat_map(|(_, other)| {
            other.command.arguments().iter().map(|a| other.command.path(a)).collect::<Vec<_>>()
        })
        .collect();
    sources.into_iter().find(|s| s.starts_with('/') && gone.contains(s))
}
