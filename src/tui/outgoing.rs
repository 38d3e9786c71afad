//! What would be sent to a model, to be read before it leaves.

use ratatui::text::Line;

use super::text::{Ink, count, kilobytes};
use super::theme::Tone;
use crate::flow::dialogue::{ModelRow, Outgoing, Preview, Reach};
use crate::redact::Kind;

/// Returns the request of a preview: where it goes, what was replaced, and every part as it is.
pub fn lines(ink: Ink, preview: &Preview, model: Option<&ModelRow>) -> Vec<Line<'static>> {
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
        Some(Ok(outgoing)) => lines.extend(made(ink, outgoing)),
    }
    lines
}

fn made(ink: Ink, outgoing: &Outgoing) -> Vec<Line<'static>> {
    let size = format!(
        "{}, about {} tokens, in {}",
        kilobytes(outgoing.bytes),
        outgoing.tokens,
        count(outgoing.parts.len(), "part")
    );
    let mut lines = ink.labelled("Size", Tone::Plain, &size);
    let replaced: Vec<String> =
        outgoing.replaced.iter().map(|(kind, number)| counted(*kind, *number)).collect();
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
        lines.extend(parts.map(|line| ink.line(Tone::Plain, &line.replace('\t', "    "))));
    }
    lines
}

/// Returns how a person counts a kind of thing that is replaced.
fn counted(kind: Kind, number: usize) -> String {
    let (one, many) = match kind {
        Kind::Host => ("host name", "host names"),
        Kind::Address => ("address", "addresses"),
        Kind::Person => ("name of a person", "names of persons"),
        Kind::Email => ("e-mail address", "e-mail addresses"),
        Kind::Phone => ("telephone number", "telephone numbers"),
        Kind::Identity => ("identity number", "identity numbers"),
        Kind::Card => ("card number", "card numbers"),
        Kind::Account => ("account name", "account names"),
        Kind::Secret => ("secret", "secrets"),
        Kind::Literal => ("look-alike of a pseudonym", "look-alikes of pseudonyms"),
    };
    format!("{number} {}", if number == 1 { one } else { many })
}
