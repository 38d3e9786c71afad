//! Proves that values fill words of a script and change nothing else.

use crate::base::escape;
use crate::shell;
use crate::template::ShellText;

/// Checks a rendered script against the same script with marks in the place of its values: the two must have the same
/// tree, and each value must be one whole word, or follow `=` in one.
pub fn check(rendered: &ShellText) -> Result<(), String> {
    for emitted in &rendered.emitted {
        for (at, _) in rendered.marked.match_indices(&emitted.mark) {
            let before = rendered.marked[..at].chars().next_back();
            let after = rendered.marked[at + emitted.mark.len()..].chars().next();
            let starts = before.is_none_or(|c| c.is_whitespace() || c == '=' || c == '(');
            let ends = after.is_none_or(|c| c.is_whitespace() || c == ';' || c == ')');
            if !starts || !ends {
                return Err(format!(
                    "the value {} is part of a longer word or stands in quotes",
                    shown(&emitted.value)
                ));
            }
        }
    }
    let pairs: Vec<(&str, &str)> = rendered
        .emitted
        .iter()
        .map(|emitted| (emitted.mark.as_str(), emitted.value.as_str()))
        .collect();
    shell::same_shape(&rendered.marked, &rendered.text, &pairs).map_err(|why| {
        let mut why = why;
        for emitted in &rendered.emitted {
            why = why.replace(&format!("{:?}", emitted.mark), &shown(&emitted.value));
        }
        escape::one_line(&why)
    })
}

/// Returns a value for a message: escaped, and cut where it is long.
fn shown(value: &str) -> String {
    let short: String = value.chars().take(60).collect();
    let cut = if short.len() < value.len() { "…" } else { "" };
    format!("\"{}{cut}\"", escape::one_line(&short))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::template::Templates;
    use minijinja::context;

    fn refusal(source: &str, value: &str) -> Option<String> {
        let templates = Templates::new([]).expect("no includes");
        let rendered = templates.shell("t", source, &context! { v => value }).expect("renders");
        check(&rendered).err()
    }

    #[test]
    fn a_value_that_is_a_word_passes_whatever_it_holds() {
        for value in [
            "x",
            "a b",
            "it's",
            "$(id)",
            "`id`",
            "a\nb",
            "\u{1b}[31m",
            "*",
            "if",
            "#x",
            "~",
            "{a,b}",
            "EOF",
        ] {
            for source in [
                "f -- {{ v }}",
                "x={{ v }}",
                "f --file={{ v }}",
                "a=({{ v }} {{ v }}); f",
                "[ \"$(f)\" = {{ v }} ]",
            ] {
                assert_eq!(refusal(source, value), None, "{source} with {value:?}");
            }
        }
    }

    #[test]
    fn a_value_where_quoting_does_not_hold_is_refused_even_if_it_is_harmless() {
        for source in [
            "f \"{{ v }}\"",
            "f '{{ v }}'",
            "f # {{ v }}",
            "f <<E\n{{ v }}\nE\n",
            "f <<'E'\n{{ v }}\nE\n",
            "eval {{ v }}",
            "bash -c {{ v }}",
            "ssh h {{ v }}",
            "f /a/{{ v }}",
            "f {{ v }}/a",
            "case $x in {{ v }}) ;; esac",
            "f ${x:-{{ v }}}",
            "trap {{ v }} EXIT",
        ] {
            assert!(refusal(source, "x").is_some(), "{source}");
        }
        assert_eq!(
            refusal("f {{ v }}", "-rf").as_deref(),
            Some("the value \"-rf\" would be read as an option")
        );
    }

    #[test]
    fn a_refusal_shows_the_value_escaped() {
        let why = refusal("f \"{{ v }}\"", "\u{1b}[31m").expect("refused");
        assert_eq!(why, "the value \"\\x1b[31m\" is part of a longer word or stands in quotes");
    }
}
