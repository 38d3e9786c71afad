//! The report as Markdown, rendered with tera.

use std::io::Write;

use tera::{Context, Kwargs, State, Tera, Value};

use crate::base::{Period, escape};
use crate::report::Report;

const TEMPLATE: &str = include_str!("report.md.tera");

/// Returns the report as Markdown.
pub fn render(report: &Report) -> String {
    let mut tera = Tera::default();
    tera.set_escape_fn(|text: &str, out: &mut dyn Write| out.write_all(inline(text).as_bytes()));
    tera.autoescape_on(vec![".md"]);
    tera.register_filter("duration", |seconds: &Value, _: Kwargs, _: &State<'_>| duration(seconds));
    tera.register_filter("verdict", |met: &Value, _: Kwargs, _: &State<'_>| match met.as_bool() {
        Some(true) => "MET",
        Some(false) => "MISSED",
        None => "unknown",
    });
    let context = Context::from_serialize(report).expect("a report has only text keys");
    tera.add_raw_template("report.md", TEMPLATE).expect("the template is part of the program");
    tera.render("report.md", &context).expect("the template names only fields of the report")
}

fn duration(seconds: &Value) -> String {
    match seconds.as_f64() {
        Some(seconds) if seconds < 60.0 => format!("{seconds:.1} s").replace(".0 s", " s"),
        Some(seconds) => Period::from_seconds_ceil(seconds).to_string(),
        None => "unknown".into(),
    }
}

/// Escapes text for one line of Markdown: no break, no markup, no HTML, no table border.
fn inline(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in escape::one_line(text).chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_cannot_mark_up_the_report() {
        assert_eq!(
            inline("a|b\n# [x](y) <script> `z`"),
            "a\\|b\\\\n\\# \\[x\\](y) &lt;script&gt; \\`z\\`"
        );
    }

    #[test]
    fn durations_are_short() {
        assert_eq!(duration(&Value::from(5u64)), "5 s");
        assert_eq!(duration(&Value::from(1.25)), "1.2 s");
        assert_eq!(duration(&Value::from(3_661u64)), "1h1m1s");
        assert_eq!(duration(&Value::from(None::<u64>)), "unknown");
    }
}
