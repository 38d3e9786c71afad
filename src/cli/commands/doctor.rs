//! `blackstart doctor`: what this machine can do, and how to get more.

use crate::base::escape;
use crate::cli::output::Output;
use crate::cli::{CommandError, Exit, Global};
use crate::evidence::Level;
use crate::runtime::{Machine, Runtime, Standing, Surveyed, installed, lacks, needs, stand_ins};

/// Say what this machine can do, and how to get more
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit code 0: a dry run counts here; 12: none does.
With --json, one object: level, level_reason, counts; levels: for each of full-root, full-user,
read-only-probe and static-only its state (works, refused, not-tried), reason, fix, fix_text (a
file to copy), needs, lacks; stand_ins; data_dir, log_records, log_intact; missing tools.

Example:
  blackstart doctor")]
pub struct Args {}

/// The tools runbooks use, with the Debian package that has them and what is missing without them.
const TOOLS: &[(&str, &str, &str)] = &[
    ("bash", "bash", "no step can run"),
    ("tar", "tar", "archives of file trees"),
    ("gzip", "gzip", "gzip archives"),
    ("xz", "xz-utils", "xz archives"),
    ("zstd", "zstd", "zstd archives"),
    ("rsync", "rsync", "rsync snapshots"),
    ("restic", "restic", "restic repositories"),
    ("sqlite3", "sqlite3", "SQLite databases"),
    ("flock", "util-linux", "backups that must not overlap"),
    ("setpriv", "util-linux", "steps as another account"),
];

/// Runs the command. Exit code 12 says that no dry run counts here.
pub fn run(_: Args, global: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let runtime = Runtime::open(global.data_dir.clone())?;
    let (machine, levels) = Machine::survey(runtime.program())
        .map_err(|error| CommandError::caused(Exit::Sandbox, &error))?;
    let installed = installed();
    let missing: Vec<_> = TOOLS.iter().filter(|(tool, ..)| !installed.contains(*tool)).collect();
    let verified = runtime.store().verify(&[])?;
    if output.is_json() {
        output.object(&serde_json::json!({
            "schema": "blackstart/doctor/v1", "hostname": machine.hostname, "user": machine.user,
            "level": machine.level.word(), "level_reason": machine.level_reason, "counts": machine.level.counts(),
            "levels": levels.iter().map(|one| document(one, machine.level)).collect::<Vec<_>>(),
            "stand_ins": stand_ins(),
            "data_dir": runtime.directory(), "log_records": verified.records, "log_intact": verified.broken.is_empty(),
            "missing": missing.iter().map(|(tool, package, without)| serde_json::json!({"tool": tool, "package": package, "without": without})).collect::<Vec<_>>(),
        }))?;
    } else {
        let counts = if machine.level.counts() {
            "dry runs count"
        } else {
            "DRY RUNS DO NOT COUNT: each plan needs a waiver"
        };
        output.data(&format!("host       {} as {}\n", machine.hostname, machine.user))?;
        output.data(&format!("dry run    {} ({counts})\n", machine.level.word()))?;
        for one in &levels {
            for line in lines(one, machine.level) {
                output.data(&format!("           {}\n", escape::one_line(&line)))?;
            }
        }
        output.data(&format!("stand-ins  {}\n", stand_ins().join(", ")))?;
        output.data(&format!(
            "data       {}\n",
            crate::runtime::files::shown(&runtime.directory())
        ))?;
        output.data(&format!(
            "log        {} records, {}\n",
            verified.records,
            if verified.broken.is_empty() { "intact" } else { "BROKEN: blackstart log verify" }
        ))?;
        match missing.as_slice() {
            [] => output.data("tools      all that the runbooks use\n")?,
            missing => {
                for (tool, package, without) in missing {
                    output.data(&format!(
                        "missing    {tool}: {without} (Debian: apt-get install {package})\n"
                    ))?;
                }
            }
        }
    }
    Ok(match machine.level {
        Level::FullRoot | Level::FullUser => Exit::Ok,
        Level::ReadOnlyProbe | Level::StaticOnly => Exit::Sandbox,
    })
}

/// How a level stands, for people; all about the one that is had, and why not those above it.
fn lines(one: &Surveyed, best: Level) -> Vec<String> {
    let name = one.level.word();
    match &one.standing {
        Standing::Had(weaker) if one.level == best => {
            let weaker = weaker.as_ref().map(|weaker| format!(": {weaker}")).unwrap_or_default();
            vec![
                format!("{name:15} works here{weaker}"),
                format!("  it lacks {}", lacks(one.level)),
            ]
        }
        Standing::Had(_) if one.level == Level::StaticOnly => vec![],
        Standing::Had(_) => vec![format!("{name:15} works here too")],
        Standing::NotTried(why) => vec![format!("{name:15} not tried: {why}")],
        Standing::Refused(refusal) => {
            let mut lines = vec![
                format!("{name:15} refused: {}", refusal.reason),
                format!("  it needs {}", needs(one.level)),
                format!("  to get it: {}", refusal.fix),
            ];
            let text = refusal.text.into_iter().flat_map(str::lines);
            lines.extend(text.map(|line| format!("  | {line}")));
            lines
        }
    }
}

fn document(one: &Surveyed, best: Level) -> serde_json::Value {
    let (state, reason, fix, text) = match &one.standing {
        Standing::Had(weaker) => ("works", weaker.as_deref(), None, None),
        Standing::NotTried(why) => ("not-tried", Some(why.as_str()), None, None),
        Standing::Refused(refusal) => {
            ("refused", Some(refusal.reason.as_str()), Some(refusal.fix.as_str()), refusal.text)
        }
    };
    serde_json::json!({
        "level": one.level.word(), "state": state, "best": one.level == best, "counts": one.level.counts(),
        "reason": reason, "fix": fix, "fix_text": text, "needs": needs(one.level), "lacks": lacks(one.level),
    })
}
