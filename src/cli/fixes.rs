//! `check --fix`: the safe fixes of files, shown as a diff, asked for, written.

use std::io::{self, BufRead, IsTerminal, Write};
use std::ops::ControlFlow;

use super::commands::{CheckLevel as Level, check_refused};
use super::output::Output;
use super::problems::refusal;
use super::reviews::{Format, Look, Totals, diff, not_kept};
use super::{CommandError, Exit, Global};
use crate::redact::masked;
use crate::runtime::files::shown;
use crate::runtime::reviewing::{Fixed, Found, Looked, NotWritten, Reviewer, fixed, write_back};

/// How the fixes were asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Whether they are applied without a question.
    pub yes: bool,
    /// What makes the command fail.
    pub fail_on: Level,
    /// How to print.
    pub format: Format,
    /// Files that are looked at a time.
    pub jobs: usize,
}

/// Shows what the safe fixes of the files change, and applies them where the person says yes. Files without a fix are
/// not spoken of.
pub fn run(
    reviewer: &Reviewer,
    files: &[Found],
    asked: &Asked,
    global: &Global,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let Asked { yes, fail_on, format, jobs } = *asked;
    if output.is_json() || format != Format::Human {
        let error = CommandError::new(Exit::Input, "--fix shows differences, for people only");
        return Err(error.hint("fix first, then check again with the format you want"));
    }
    if files.iter().any(|found| found.path.as_os_str() == "-") {
        return Err(CommandError::new(Exit::Input, "standard input cannot be fixed in place"));
    }
    let (mut changes, mut left, mut unreadable): (Vec<(&Found, Fixed)>, Totals, bool) =
        Default::default();
    let mut failed = false;
    let mend = |found: &Found| {
        let looked = reviewer.look(found);
        let fixed = match &looked {
            Looked::Reviewed(reviewed) => fixed(reviewer, reviewed),
            Looked::Nothing | Looked::Invalid { .. } | Looked::Refused(_) => None,
        };
        (looked, fixed)
    };
    reviewer.each_with(files, jobs, mend, |found, mended| {
        match mended {
            (Looked::Nothing, _) => {}
            (Looked::Invalid { text, problems }, _) => {
                unreadable = true;
                let error = refusal(&found.path, &text, &problems, output);
                output.error(&error);
            }
            (Looked::Refused(error), _) => {
                unreadable = true;
                output.error(&check_refused(error));
            }
            (Looked::Reviewed(reviewed), None) => {
                failed |= fail_on.fails(&reviewed);
                left.add(&reviewed);
            }
            (Looked::Reviewed(_), Some(fixed)) => {
                failed |= fail_on.fails(&fixed.left);
                left.add(&fixed.left);
                changes.push((found, fixed));
            }
        }
        ControlFlow::Continue(())
    });
    if let Some(why) = reviewer.unkept() {
        output.note(&not_kept(&why));
    }
    let end = match (unreadable, failed) {
        (true, _) => Exit::Input,
        (false, true) => Exit::Findings,
        (false, false) => Exit::Ok,
    };
    if changes.is_empty() {
        output.data(&format!("nothing to fix; {}\n", left.findings()))?;
        return Ok(end);
    }
    let look = Look::of(output);
    for (found, fixed) in &changes {
        let (before, after) = (masked(&fixed.before), masked(&fixed.after));
        output.data(&diff(&found.path, &before, &after, look))?;
    }
    let count: usize = changes.iter().map(|(_, fixed)| fixed.rules.len()).sum();
    let what =
        format!("{} in {}", plural(count, "fix", "fixes"), plural(changes.len(), "file", "files"));
    if !yes {
        let asks = !global.no_input && io::stdin().is_terminal();
        if !asks {
            let error =
                CommandError::new(Exit::InputNeeded, format!("{what}: nothing was changed"));
            return Err(error.hint("add --yes to apply them without a question"));
        }
        if !agreed(&format!("Apply {what}? [y/N] "))? {
            output.note("nothing was changed");
            return Ok(Exit::Ok);
        }
    }
    let mut refused = false;
    for (found, fixed) in &changes {
        match write_back(&found.path, &fixed.before, &fixed.after) {
            Ok(()) => output.data(&format!(
                "fixed {}: {}\n",
                shown(&found.path),
                fixed.rules.join(" ")
            ))?,
            Err(why) => {
                refused = true;
                output.error(&not_written(found, &why));
            }
        }
    }
    if !refused {
        output.data(&format!("left: {}\n", left.findings()))?;
    }
    Ok(if refused { Exit::Error } else { end })
}

fn not_written(found: &Found, why: &NotWritten) -> CommandError {
    CommandError::new(Exit::Error, format!("{}: {why}", shown(&found.path)))
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn agreed(question: &str) -> Result<bool, CommandError> {
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "{question}");
    let _ = stderr.flush();
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}
