//! The environment for texts that no program parses again.

use minijinja::{AutoEscape, Environment, Error, ErrorKind, value::ValueKind};

/// Returns an environment that prints values as they are and refuses what has no one way to be printed.
pub fn environment() -> Environment<'static> {
    let mut environment = super::environment();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_formatter(|out, _, value| match value.kind() {
        ValueKind::Undefined => Err(Error::new(ErrorKind::UndefinedError, "undefined value")),
        ValueKind::None | ValueKind::Map | ValueKind::Bytes => Err(Error::new(
            ErrorKind::BadSerialization,
            format!("{} cannot be printed", value.kind()),
        )),
        ValueKind::Seq | ValueKind::Iterable => {
            let items: Vec<String> = value.try_iter()?.map(|item| item.to_string()).collect();
            write(out, &items.join(", "))
        }
        _ => write(out, &value.to_string()),
    });
    environment
}

fn write(out: &mut minijinja::Output<'_>, text: &str) -> Result<(), Error> {
    out.write_str(text).map_err(|_| Error::from(ErrorKind::WriteFailure))
}
