//! The parameters of a runbook: given values, or defaults from the facts, each what its type says.

use minijinja::Value;

use super::Request;
use crate::base::{Id, Period, Size, escape};
use crate::plan::runbook::{Parameter, ParameterType};
use crate::template::Templates;

/// Returns the values of the parameters by name, or the first that cannot be had.
pub fn values(
    request: &Request<'_>,
    templates: &Templates,
    parameters: &[Parameter],
    facts: &Value,
) -> Result<Vec<(String, Value)>, String> {
    let mut values = vec![];
    for parameter in parameters {
        let name = parameter.name.as_str();
        let text = match (request.parameters.get(name), &parameter.default) {
            (Some(given), _) => given.clone(),
            (None, Some(default)) => templates
                .text(&format!("parameter {name}"), default, facts)
                .map_err(|error| error.to_string())?,
            (None, None) => String::new(),
        };
        if parameter.optional && text.is_empty() {
            values.push((name.to_owned(), Value::from("")));
            continue;
        }
        let value = typed(parameter.of, &text).map_err(|why| {
            let help = parameter.help.as_deref().unwrap_or("a value of the runbook");
            match text.is_empty() {
                true => format!("{name} is not known ({help})"),
                false => format!("{name} ({help}): \"{}\" {why}", escape::one_line(&text)),
            }
        })?;
        values.push((name.to_owned(), value));
    }
    Ok(values)
}

fn typed(of: ParameterType, text: &str) -> Result<Value, String> {
    match of {
        ParameterType::Text if text.contains('\0') => Err("holds a NUL byte".into()),
        ParameterType::Text if text.is_empty() => Err("is empty".into()),
        ParameterType::Text => Ok(Value::from(text)),
        ParameterType::Path => path(text).map(Value::from),
        ParameterType::Id => Id::parse(text).map(|id| Value::from(id.as_str())),
        ParameterType::Number => {
            text.parse::<u64>().map(Value::from).map_err(|_| "is not a whole number".into())
        }
        ParameterType::Size => Size::parse(text).map(|size| Value::from(size.0)),
        ParameterType::Duration => Period::parse(text).map(|period| Value::from(period.0)),
    }
}

/// Returns an absolute path without `..`, doubled or trailing slashes, or why `text` is none.
pub fn path(text: &str) -> Result<String, String> {
    if text.contains('\0') {
        return Err("holds a NUL byte".into());
    }
    if !text.starts_with('/') {
        return Err("is not an absolute path".into());
    }
    let parts: Vec<&str> =
        text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    match parts.contains(&"..") {
        true => Err("holds \"..\"".into()),
        false => Ok(format!("/{}", parts.join("/"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_absolute_and_plain() {
        assert_eq!(path("/srv//data/./x/"), Ok("/srv/data/x".into()));
        assert_eq!(path("/"), Ok("/".into()));
        assert!(path("srv").is_err() && path("/a/../b").is_err() && path("/a\0").is_err());
    }
}
