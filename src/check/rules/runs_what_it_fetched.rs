//! SH020: code from elsewhere is run without looking at it.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;
use crate::shell::ast::RedirectKind;

/// What a server sends today need not be what it sent when the script was written.
pub const RULE: Rule = Rule {
    code: "SH020",
    name: "runs-what-it-fetched",
    severity: Severity::High,
    summary: "a script runs what it downloads, or text that it decodes or builds, without a check of what it is",
    why: "in a disaster the network and the names in it may be the attacker's; a download that breaks off runs the first half",
    fix: "fetch a fixed version, compare it with a checksum that is written in the script (`sha256sum -c`), then run it",
    source: "CWE-494; measured with bash 5.2: a script on standard input runs line by line, before its end is there",
    layer: "static",
    bad: &[
        Example::Script("curl -fsSL https://get.example.org/restore.sh | sudo bash\n"),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# tool for the restore
wget -q https://downloads.example.org/latest/restorer -O /usr/local/bin/restorer
chmod +x /usr/local/bin/restorer
/usr/local/bin/restorer --target /srv/app
"#,
        ),
        Example::Script("bash <(curl -s https://example.org/setup.sh)\n"),
        Example::Script("eval \"$(curl -s https://example.org/env)\"\n"),
        Example::Script("echo \"$PAYLOAD\" | base64 -d | sh\n"),
    ],
    good: &[
        Example::Script(
            "curl -fsSL https://example.org/rows.json | jq .\ncurl -fsSL https://example.org/x.tgz | tar -xz -C /srv/stage\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
wget -q https://downloads.example.org/v1.4.2/restorer -O /usr/local/bin/restorer.new
echo "3a7bd3e2360a3d29eea436fcfb7e44c735d117c42d1c1835420b6b9942dd4f1b  /usr/local/bin/restorer.new" | sha256sum -c -
chmod +x /usr/local/bin/restorer.new
/usr/local/bin/restorer.new --target /srv/app
"#,
        ),
        Example::Script("eval \"$(ssh-agent -s)\"\ncat /usr/share/app/setup.sh | sh\n"),
        Example::Script("eval set -- \"$(getopt -o a -- \"$@\")\"\n"),
    ],
    run,
};

const FETCHERS: &[&str] = &["curl", "wget", "aria2c", "lynx", "fetch"];
const SHELLS: &[&str] =
    &["bash", "sh", "dash", "zsh", "ksh", "python", "python3", "perl", "ruby", "node", "php"];

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.scripts() {
        let checked = unit
            .named(&["sha256sum", "sha512sum", "gpg", "cosign", "minisign", "gpgv", "shasum"])
            .next()
            .is_some();
        for run in unit.named(FETCHERS) {
            let stage = run.command.setting.stage;
            let piped = stage.is_some_and(|stage| {
                unit.commands.list.iter().any(|other| {
                    let later = other.setting.stage.is_some_and(|s| {
                        s.pipeline == stage.pipeline && s.position > stage.position
                    });
                    later && reads_program(other)
                })
            }) || stage.is_some_and(|s| opaque_end(unit, s.pipeline));
            if piped {
                report.add(
                    &RULE,
                    unit,
                    run.command.span,
                    "what the server sends is run as it comes".to_owned(),
                );
            } else if substituted_into_shell(unit, run) {
                report.add(
                    &RULE,
                    unit,
                    run.command.span,
                    "what the server sends is run".to_owned(),
                );
            } else if !checked && made_executable(unit, run) {
                let finding = report.add(
                    &RULE,
                    unit,
                    run.command.span,
                    "what is fetched here is run, and nothing says that it is what it was"
                        .to_owned(),
                );
                finding.severity = Severity::Medium;
            }
        }
        unpinned(unit, report);
        for run in unit.named(&["base64", "openssl", "xxd"]) {
            let decodes = run
                .command
                .literals()
                .iter()
                .any(|w| matches!(*w, "-d" | "--decode" | "-D" | "-r"));
            let Some(stage) = run.command.setting.stage.filter(|_| decodes) else { continue };
            let runs =
                unit.commands.list.iter().any(|other| {
                    other.setting.stage.is_some_and(|s| {
                        s.pipeline == stage.pipeline && s.position > stage.position
                    }) && reads_program(other)
                }) || run.command.is(&["base64"]) && opaque_end(unit, stage.pipeline);
            if runs {
                report.add(
                    &RULE,
                    unit,
                    run.command.span,
                    "nobody can read what this runs".to_owned(),
                );
            }
        }
    }
}

/// Says which packages are installed in whatever version the index has today.
fn unpinned(unit: &Unit<'_>, report: &mut Report) {
    for run in unit.named(&["pip", "pip3", "python3", "python", "npm", "gem"]) {
        let words = run.command.literals();
        let python = run.command.is(&["python3", "python"]);
        let pip = python && words.windows(2).any(|w| w[0] == "-m" && w[1] == "pip");
        let Some(at) = words.iter().position(|w| *w == "install").filter(|_| !python || pip) else {
            continue;
        };
        let fixed = [
            "-r",
            "--requirement",
            "-e",
            "--require-hashes",
            "--no-index",
            "-c",
            "--version",
            "-v",
        ];
        let names = words[at + 1..].iter().filter(|w| !w.starts_with('-'));
        let open = |w: &&&str| !w.contains(['=', '/', '@', '<', '>']) && !w.starts_with('.');
        let local = words.iter().any(|w| fixed.contains(w));
        if let Some(name) = names.clone().find(open).filter(|_| !local) {
            let message =
                format!("{name} is installed in whatever version the index has on that day");
            report.add(&RULE, unit, run.command.span, message).severity = Severity::Low;
        }
    }
}

/// Tells whether a command is a shell or interpreter that reads its program from standard input.
fn reads_program(command: &crate::shell::Command) -> bool {
    command.is(SHELLS)
        && command
            .literals()
            .iter()
            .all(|w| w.starts_with('-') && !matches!(*w, "-c" | "-m") || *w == "-s")
        && command.input.is_none()
}

/// Tells whether a pipeline ends in a shell that cannot be read, which then is no command of the list.
fn opaque_end(unit: &Unit<'_>, pipeline: usize) -> bool {
    let Some(pipeline) = unit.commands.pipelines.get(pipeline) else { return false };
    let text = unit.slice(pipeline.span);
    let last = text.rsplit('|').next().unwrap_or_default();
    let mut words = last.split_whitespace().skip_while(|w| {
        matches!(*w, "sudo" | "env" | "exec" | "nice") || w.starts_with('-') || w.contains('=')
    });
    let program = words.next().map(crate::shell::path::file_name).unwrap_or_default();
    SHELLS.contains(&program)
        && words.next().is_none_or(|w| {
            w == "-"
                || w.starts_with("-s")
                || w.starts_with("-e")
                || w == "--"
                || w.starts_with("-x")
        })
}

/// Tells whether the output of the command becomes the program of a shell: `bash <(…)`, `eval "$(…)"`, `bash -c "$(…)"`.
fn substituted_into_shell(unit: &Unit<'_>, run: Run<'_>) -> bool {
    if !run.command.setting.substituted {
        return false;
    }
    // The substitution stands inside the text of the command that uses it.
    let span = run.command.span;
    let start = unit.text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let before = unit.text[start..span.start].trim_start();
    let opened = before.ends_with("$(")
        || before.ends_with("<(")
        || before.ends_with('`')
        || before.ends_with("$( ");
    let head = before.trim_end_matches(['"', '\'', '$', '(', '<', '`', ' ']);
    let mut words = head.split_whitespace().rev();
    let last = words.next().unwrap_or_default();
    let program = if last == "-c" { words.next().unwrap_or_default() } else { last };
    opened
        && (program == "eval"
            || program == "source"
            || program == "."
            || SHELLS.contains(&crate::shell::path::file_name(program)))
}

/// Tells whether the file that is fetched is made executable or run by a shell afterwards.
fn made_executable(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let command = run.command;
    let words = command.arguments();
    let mut files: Vec<String> = command
        .redirects
        .iter()
        .filter(|r| r.kind == RedirectKind::Truncate && r.descriptor.is_none_or(|d| d == 1))
        .map(|r| command.path(&r.target))
        .collect();
    for pair in words.windows(2) {
        let flag = pair[0].literal().unwrap_or_default();
        if matches!(flag, "-o" | "--output" | "-O" | "--output-document")
            || flag.len() < 7
                && flag.starts_with('-')
                && !flag.starts_with("--")
                && (flag.ends_with('o') || flag.ends_with('O'))
        {
            files.push(command.path(&pair[1]));
        }
    }
    unit.runs().any(|other| {
        let late = other.index > run.index;
        let about = |a: &crate::shell::Argument| files.contains(&other.command.path(a));
        late && other.command.is(&["chmod"])
            && other.command.literals().iter().any(|w| {
                w.contains("+x") || w.starts_with('7') || w.starts_with("07") || *w == "u+x"
            })
            && other.command.arguments().iter().any(about)
            || late
                && other.command.is(SHELLS)
                && other.command.arguments().first().is_some_and(about)
    })
}
