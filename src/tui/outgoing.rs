//! What would be sent to a model, to be read before it leaves.

use ratatui::text::Line;

use super::text::{Ink, kilobytes, wrap};
use super::theme::Tone;
use crate::flow::dialogue::{ModelRow, Outgoing, Preview, Reach};

/// Returns the request of a preview in so many columns: where it goes, what was replaced, and every part as it is.
pub fn lines(
    ink: Ink,
    preview: &Preview,
    model: Option<&ModelRow>,
    columns: usize,
) -> Vec<Line<'static>> {
    let mut lines = ink.labelled("Model", Tone::Strong, &preview.ask.model);
    if let Some(model) = model {
        let (tone, reach) = match model.reach {
            Reach::Here => (Tone::Plain, "on this machine"),
            Reach::Away => (Tone::Warn, "LEAVES this machine"),
        };
        lines.push(ink.pieces([
            (Tone::Faint, &super::text::pad("To", super::text::LABEL)),
            (Tone::Plain, &format!("{}   ", model.endpoint)),
            (tone, reach),
        ]));
    }
    match &preview.made {
        None => lines.push(ink.line(Tone::Faint, "the request is being made ...")),
        Some(Err(why)) => lines.extend(ink.labelled("No request", Tone::Danger, why)),
        Some(Ok(outgoing)) => lines.extend(made(ink, outgoing, columns)),
    }
    lines
}

fn made(ink: Ink, outgoing: &Outgoing, columns: usize) -> Vec<Line<'static>> {
    let size = format!("{}, about {} tokens", kilobytes(outgoing.bytes), outgoing.tokens);
    let mut lines = ink.labelled("Size", Tone::Plain, &size);
    let replaced: Vec<String> =
        outgoing.replaced.iter().map(|(kind, number)| counted(kind, *number)).collect();
    let replaced = match replaced.is_empty() {
        true => "nothing: no name, address or secret was found".to_owned(),
        false => replaced.join(", "),
    };
    lines.extend(ink.labelled("Replaced", Tone::Good, &replaced));
    lines.extend(ink.labelled(
        "Later",
        Tone::Plain,
        "what is rejected of the answer is sent back with the reasons, replaced the same way",
    ));
    for (title, text) in &outgoing.parts {
        lines.push(Line::default());
        lines.push(ink.pieces([
            (Tone::Strong, title),
            (Tone::Faint, &format!(", {}", kilobytes(text.len()))),
        ]));
        let parts = text.trim_end_matches('\n').split('\n');
        let parts = parts.map(|line| ink.line(Tone::Plain, &line.replace('\t', "    ")));
        lines.extend(parts.flat_map(|line| wrap(&line, columns, 2)));
    }
    lines
}

/// Returns how a person counts what is replaced, by the word in its pseudonyms.
fn counted(word: &str, number: u64) -> String {
    let (one, many) = match word {
        "HOST" => ("host name", "host names"),
        "IP" => ("address", "addresses"),
        "PERSON" => ("name of a person", "names of persons"),
        "EMAIL" => ("e-mail address", "e-mail addresses"),
        "PHONE" => ("telephone number", "telephone numbers"),
        "IDENTITY" => ("identity number", "identity numbers"),
        "CARD" => ("card number", "card numbers"),
        "ACCOUNT" => ("account name", "account names"),
        "SECRET" => ("secret", "secrets"),
        "TEXT" => ("look-alike of a pseudonym", "look-alikes of pseudonyms"),
        other => return format!("{number} {}", other.to_lowercase()),
    };
    format!("{number} {}", if number == 1 { one } else { many })
}
