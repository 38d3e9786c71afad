//! `blackstart doctor`: what this machine can do, and how to get more.

use crate::cli::output::Output;
use crate::cli::{CommandError, Exit, Global};
use crate::evidence::Level;
use crate::runtime::{Runtime, installed};

/// Say what this machine can do, and how to get more
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  blackstart doctor")]
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
    let machine = runtime.machine();
    let installed = installed();
    let missing: Vec<_> = TOOLS.iter().filter(|(tool, ..)| !installed.contains(*tool)).collect();
    let verified = runtime.store().verify(&[])?;
    if output.is_json() {
        output.object(&serde_json::json!({
            "schema": "blackstart/doctor/v1", "hostname": machine.hostname, "user": machine.user,
            "level": machine.level.word(), "level_reason": machine.level_reason,
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
        if let Some(reason) = &machine.level_reason {
            output.data(&format!("           {}\n", crate::base::escape::one_line(reason)))?;
        }
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
