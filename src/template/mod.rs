//! Renders runbooks: shell text in which every value is one quoted word, plain text, and expressions.

mod error;
mod quote;
mod shell;
mod text;

pub use error::TemplateError;
pub use minijinja::Value;
pub use quote::quote;
pub use shell::{Emitted, ShellText};

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior};

/// Instructions one template may take; a runbook's step takes a few hundred.
const FUEL: u64 = 200_000;

/// How deep includes and macros may nest.
const DEPTH: usize = 64;

/// The environments in which templates are rendered, with the shell texts they may include.
#[derive(Debug)]
pub struct Templates {
    shell: shell::Shell,
    text: Environment<'static>,
}

impl Templates {
    /// Returns environments in which `{% include %}` finds the named texts.
    pub fn new(
        includes: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, TemplateError> {
        Ok(Self { shell: shell::Shell::new(includes)?, text: text::environment() })
    }

    /// Renders a shell script. Every value becomes quoted words; what cannot be a word (true, none, a mapping,
    /// a NUL byte, something undefined) is refused. `name` is for messages.
    pub fn shell(
        &self,
        name: &str,
        source: &str,
        facts: &Value,
    ) -> Result<ShellText, TemplateError> {
        self.shell.render(name, source, facts)
    }

    /// Renders a text that no program parses again: a title, a reason.
    pub fn text(&self, name: &str, source: &str, facts: &Value) -> Result<String, TemplateError> {
        let name = format!("{name}.txt");
        let rendered = self.text.render_named_str(&name, source, facts.clone());
        rendered.map_err(|error| TemplateError::new(&name, &error))
    }

    /// Evaluates an expression, like that of `when` or `for_each`.
    pub fn evaluate(
        &self,
        name: &str,
        source: &str,
        facts: &Value,
    ) -> Result<Value, TemplateError> {
        let value = self
            .text
            .compile_expression(source)
            .and_then(|expression| expression.eval(facts.clone()));
        value.map_err(|error| TemplateError::new(name, &error))
    }
}

/// Returns an environment with what every template may use, and nothing that reads or marks a value as safe.
fn environment() -> Environment<'static> {
    use minijinja::{filters, functions, tests};
    // An allow-list: `safe` and `tojson` would return values that pass the quoting unquoted.
    let mut environment = Environment::empty();
    environment.add_filter("default", filters::default);
    environment.add_filter("first", filters::first);
    environment.add_filter("int", filters::int);
    environment.add_filter("join", filters::join);
    environment.add_filter("last", filters::last);
    environment.add_filter("length", filters::length);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("max", filters::max);
    environment.add_filter("min", filters::min);
    environment.add_filter("replace", filters::replace);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("upper", filters::upper);
    environment.add_function("range", functions::range);
    environment.add_test("defined", tests::is_defined);
    environment.add_test("none", tests::is_none);
    environment.add_test("startingwith", tests::is_startingwith);
    environment.add_test("endingwith", tests::is_endingwith);
    environment.add_test("in", tests::is_in);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEPTH);
    // Comments get other delimiters, because `${#list[@]}` is a length in bash.
    let syntax = SyntaxConfig::builder()
        .comment_delimiters("<!--", "-->")
        .keep_trailing_newline(true)
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .expect("the delimiters differ");
    environment.set_syntax(syntax);
    environment
}
