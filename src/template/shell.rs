//! The environment for shell scripts: every value is quoted, and rendered a second time as a harmless mark.

use std::sync::{Arc, Mutex, PoisonError};

use minijinja::{AutoEscape, Environment, Error, ErrorKind, Value, value::ValueKind};

use super::{TemplateError, quote};

/// A script rendered twice: with the values, and with a mark in the place of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellText {
    /// The script with its values quoted.
    pub text: String,
    /// The same script with the mark of each value in its place.
    pub marked: String,
    /// The values in the order in which they stand in the script.
    pub emitted: Vec<Emitted>,
}

/// A value that a template printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emitted {
    /// The plain word that stands for it in the marked script.
    pub mark: String,
    /// The value, not quoted.
    pub value: String,
}

/// What the formatter prints, and has printed.
#[derive(Debug, Default)]
struct Press {
    marks: bool,
    prefix: String,
    emitted: Vec<Emitted>,
}

/// The environment; its formatter decides by the template's name, because `{% autoescape false %}` would switch
/// off one that asks the engine.
#[derive(Debug)]
pub struct Shell {
    environment: Environment<'static>,
    press: Arc<Mutex<Press>>,
}

impl Shell {
    pub fn new(
        includes: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, TemplateError> {
        let press = Arc::new(Mutex::new(Press::default()));
        let mut environment = super::environment();
        // Quoted text inside macros, set and filter blocks comes back marked as safe and is not quoted again.
        environment.set_auto_escape_callback(|_| AutoEscape::Custom("sh".into()));
        let formatter = Arc::clone(&press);
        environment.set_formatter(move |out, _, value| {
            let words = words(value)?;
            let mut press = formatter.lock().unwrap_or_else(PoisonError::into_inner);
            let printed = match words {
                Words::Quoted(text) => text,
                Words::Values(values) => {
                    let printed: Result<Vec<String>, Error> =
                        values.into_iter().map(|value| press.print(value)).collect();
                    printed?.join(" ")
                }
            };
            out.write_str(&printed).map_err(|_| Error::from(ErrorKind::WriteFailure))
        });
        for (name, source) in includes {
            let added = environment.add_template_owned(name.clone(), source);
            added.map_err(|error| TemplateError::new(&name, &error))?;
        }
        Ok(Self { environment, press })
    }

    pub fn render(
        &self,
        name: &str,
        source: &str,
        facts: &Value,
    ) -> Result<ShellText, TemplateError> {
        let (marked, _) = self.pass(name, source, facts, true)?;
        let (text, emitted) = self.pass(name, source, facts, false)?;
        Ok(ShellText { text, marked, emitted })
    }

    fn pass(
        &self,
        name: &str,
        source: &str,
        facts: &Value,
        marks: bool,
    ) -> Result<(String, Vec<Emitted>), TemplateError> {
        let mut prefix = "bsv".to_owned();
        while source.contains(&prefix) {
            prefix.push('v');
        }
        *self.lock() = Press { marks, prefix, emitted: vec![] };
        let rendered = self.environment.render_named_str(name, source, facts.clone());
        let text = rendered.map_err(|error| TemplateError::new(name, &error))?;
        Ok((text, std::mem::take(&mut self.lock().emitted)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Press> {
        self.press.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Press {
    fn print(&mut self, value: String) -> Result<String, Error> {
        // The closing letter keeps one mark from being the start of another.
        let mark = format!("{}{}x", self.prefix, self.emitted.len());
        let quoted = quote(&value).ok_or_else(|| refused("a NUL byte"))?;
        self.emitted.push(Emitted { mark: mark.clone(), value });
        Ok(if self.marks { mark } else { quoted })
    }
}

/// What a template printed: text that was quoted before, or values.
enum Words {
    Quoted(String),
    Values(Vec<String>),
}

fn words(value: &Value) -> Result<Words, Error> {
    if value.is_safe() {
        return Ok(Words::Quoted(value.as_str().unwrap_or_default().to_owned()));
    }
    match value.kind() {
        ValueKind::String | ValueKind::Number => Ok(Words::Values(vec![value.to_string()])),
        ValueKind::Seq | ValueKind::Iterable => {
            let mut values = vec![];
            for item in value.try_iter()? {
                match item.kind() {
                    ValueKind::String | ValueKind::Number if !item.is_safe() => {
                        values.push(item.to_string());
                    }
                    kind => return Err(refused(&format!("a list with a {kind}"))),
                }
            }
            Ok(Words::Values(values))
        }
        ValueKind::Undefined => Err(Error::new(ErrorKind::UndefinedError, "undefined value")),
        kind => Err(refused(&format!("a value of type {kind}"))),
    }
}

fn refused(what: &str) -> Error {
    Error::new(ErrorKind::BadSerialization, format!("{what} cannot be put on a command line"))
}

#[cfg(test)]
mod tests {
    use super::super::Templates;
    use minijinja::context;

    const EVIL: &str = "x'; rm -rf / #$(id)`id`\n";
    const QUOTED: &str = "'x'\\''; rm -rf / #$(id)`id`\n'";

    fn render(source: &str) -> Result<String, String> {
        let templates = Templates::new([]).expect("no includes");
        let facts = context! { x => EVIL, word => "a", list => ["a", "b c"], nothing => (), map => context! { a => 1 } };
        let rendered = templates.shell("t", source, &facts);
        rendered.map(|shell| shell.text).map_err(|error| error.to_string())
    }

    #[test]
    fn every_value_is_quoted_whatever_the_template_tries() {
        let check =
            |source: &str, expected: &str| assert_eq!(render(source).as_deref(), Ok(expected));
        check("{{ x }}", QUOTED);
        check("{% autoescape false %}{{ x }}{% endautoescape %}", QUOTED);
        check("{% set z %}{{ x }}{% endset %}{{ z }}", QUOTED);
        check("{% macro m(v) %}{{ v }}{% endmacro %}{{ m(x) }}", QUOTED);
        check("{{ list }}", "a 'b c'");
        check("{{ [1, 2] }} {{ 3.5 }}", "1 2 3.5");
        check("{{ word ~ ' y' }}", "'a y'");
    }

    #[test]
    fn what_cannot_be_a_word_is_refused_without_its_value() {
        let check =
            |source: &str, expected: &str| assert_eq!(render(source), Err(expected.to_owned()));
        check(
            "\n{{ true }}",
            "template t, line 2: a value of type bool cannot be put on a command line",
        );
        check(
            "{{ nothing }}",
            "template t, line 1: a value of type none cannot be put on a command line",
        );
        check(
            "{{ map }}",
            "template t, line 1: a value of type map cannot be put on a command line",
        );
        check(
            "{{ [[x]] }}",
            "template t, line 1: a list with a sequence cannot be put on a command line",
        );
        check("{{ '\\u0000' }}", "template t, line 1: a NUL byte cannot be put on a command line");
        check("{{ missing }}", "template t, line 1: undefined value: `missing` is undefined");
        check("{{ x|safe }}", "template t, line 1: unknown filter: filter safe is unknown");
        check("{{ x|tojson }}", "template t, line 1: unknown filter: filter tojson is unknown");
        check(
            "{% for i in range(9999) %}{% for j in range(9999) %}{{ j }}{% endfor %}{% endfor %}",
            "template t, line 1: engine ran out of fuel",
        );
        assert!(!render("{{ x|int }}").expect_err("not a number").contains("rm -rf"));
    }

    #[test]
    fn the_marked_script_differs_from_the_real_one_only_by_marks() {
        let templates = Templates::new([("f.sh".into(), "f {{ x }}\n".into())]).expect("compiles");
        let shell = templates
            .shell(
                "t",
                "{% include 'f.sh' %}\ng {{ list }}",
                &context! { x => EVIL, list => ["a", "b c"] },
            )
            .expect("renders");
        assert_eq!(shell.text, format!("f {QUOTED}\ng a 'b c'"));
        assert_eq!(shell.marked, "f bsv0x\ng bsv1x bsv2x");
        assert_eq!(shell.emitted.len(), 3);
        assert_eq!(shell.emitted[2].value, "b c");
    }
}
