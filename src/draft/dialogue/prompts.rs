//! The templates of prompts: those of the program, and those of a user in their place.

use std::collections::BTreeMap;

use minijinja::Value;

use crate::redact::{Redacted, Redactor};
use crate::template::{TemplateError, Templates};

const BUILTIN: &[(&str, &str)] = &[
    ("system.md", include_str!("../../../prompts/system.md")),
    ("draft.md", include_str!("../../../prompts/draft.md")),
    ("repair.md", include_str!("../../../prompts/repair.md")),
    ("again.md", include_str!("../../../prompts/again.md")),
];

/// The templates of prompts.
#[derive(Debug, Clone, Default)]
pub struct Prompts {
    own: BTreeMap<String, String>,
}

impl Prompts {
    /// Returns the prompts of the program, overridden by `texts`: pairs of a file name and its content. Names that no
    /// prompt has are ignored.
    pub fn new(texts: impl IntoIterator<Item = (String, String)>) -> Self {
        let known = |name: &str| BUILTIN.iter().any(|(builtin, _)| *builtin == name);
        Self { own: texts.into_iter().filter(|(name, _)| known(name)).collect() }
    }

    /// Returns the rules for every draft.
    pub fn system(&self, redactor: &mut Redactor) -> Redacted {
        match self.own.get("system.md") {
            Some(text) => redactor.redact(text).text,
            None => Redacted::fixed(builtin("system.md")),
        }
    }

    /// Renders a prompt; values are printed as they are and never read as templates.
    pub fn render(&self, name: &str, values: &Value) -> Result<String, TemplateError> {
        let source = self.own.get(name).map_or_else(|| builtin(name), String::as_str);
        Templates::new([])?.text(name, source, values)
    }
}

fn builtin(name: &str) -> &'static str {
    BUILTIN.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_prompt_takes_the_place_of_the_programs_and_values_are_never_templates() {
        let prompts = Prompts::new([
            ("again.md".into(), "no: {{ why }}".into()),
            ("other.md".into(), "ignored".into()),
        ]);
        let values =
            minijinja::context! { why => "{{ 7*7 }} {% for x in range(9) %}a{% endfor %}" };
        let rendered = prompts.render("again.md", &values).map_err(|error| error.to_string());
        assert_eq!(rendered.as_deref(), Ok("no: {{ 7*7 }} {% for x in range(9) %}a{% endfor %}"));
        assert!(prompts.render("other.md", &values).is_ok_and(|text| text.is_empty()));
    }
}
