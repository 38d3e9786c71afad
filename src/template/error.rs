//! Why a template could not be rendered.

use minijinja::ErrorKind;

/// Why a template could not be rendered, and where. Never holds a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template {template}, line {line}: {message}")]
pub struct TemplateError {
    /// Name of the template.
    pub template: String,
    /// Line in it, from 1; 0 where it is not known.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl TemplateError {
    /// Returns the error as it is shown. The engine's detail is kept only where it speaks of the template's own
    /// text; other details may quote a value, which may be a secret or steer a terminal.
    pub(super) fn new(name: &str, error: &minijinja::Error) -> Self {
        let mut innermost = error;
        while let Some(inner) = std::error::Error::source(innermost)
            .and_then(|source| source.downcast_ref::<minijinja::Error>())
        {
            innermost = inner;
        }
        let speaks_of_the_template = matches!(
            innermost.kind(),
            ErrorKind::SyntaxError
                | ErrorKind::UnknownFilter
                | ErrorKind::UnknownFunction
                | ErrorKind::UnknownTest
                | ErrorKind::UnknownMethod
                | ErrorKind::TemplateNotFound
                | ErrorKind::UndefinedError
                | ErrorKind::BadSerialization
        );
        let message = match innermost.detail().filter(|_| speaks_of_the_template) {
            // The engine's word for the kind adds nothing to the formatter's own details.
            Some(detail) if innermost.kind() == ErrorKind::BadSerialization => detail.to_owned(),
            Some(detail) => format!("{}: {detail}", innermost.kind()),
            None => innermost.kind().to_string(),
        };
        Self {
            template: innermost.name().unwrap_or(name).to_owned(),
            line: innermost.line().unwrap_or(0),
            message,
        }
    }
}
