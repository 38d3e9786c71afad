//! The hidden commands by which the program starts itself as a runner or a keeper.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use super::engine::Input;
use super::runner::Options;
use super::{keeper, runner};

/// Serves `__runner …`; returns nothing for any other command line. The first argument is the program's name.
///
/// `__runner --data-dir DIR --run ID [--no-input] [--die-at N]` takes a run to its end; `__runner keep DIR` keeps one
/// command. `--die-at` is for tests only: the runner kills itself at the N-th point of its journal.
pub fn entry(arguments: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let arguments: Vec<OsString> = arguments.into_iter().skip(1).collect();
    let (name, rest) = arguments.split_first()?;
    if name != "__runner" {
        return None;
    }
    Some(match rest {
        [keep, files] if keep == "keep" => keeper::main(&PathBuf::from(files)),
        _ => match options(rest) {
            Some(options) => runner::main(&options),
            None => ExitCode::from(2),
        },
    })
}

fn options(arguments: &[OsString]) -> Option<Options> {
    let mut arguments = arguments.iter();
    let mut options =
        Options { data_dir: PathBuf::new(), run: String::new(), input: Input::Asked, die_at: None };
    while let Some(name) = arguments.next() {
        match name.to_str()? {
            "--data-dir" => options.data_dir = arguments.next()?.into(),
            "--run" => options.run = arguments.next()?.to_str()?.to_owned(),
            "--no-input" => options.input = Input::Never,
            "--die-at" => options.die_at = Some(arguments.next()?.to_str()?.parse().ok()?),
            _ => return None,
        }
    }
    (!options.run.is_empty()).then_some(options)
}
