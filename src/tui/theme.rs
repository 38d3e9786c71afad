//! How things look: glyphs for this terminal, and the sixteen colours by meaning.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

/// What a piece of text means; its look follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Ordinary text.
    Plain,
    /// Secondary text.
    Faint,
    /// Headings and names.
    Strong,
    /// It went well.
    Good,
    /// It needs a look.
    Warn,
    /// It can lose data, it failed, it is late.
    Danger,
    /// The chosen row; the mode of the header.
    Chosen,
}

/// Glyphs and colours this terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Whether colours are used; words carry the meaning without them.
    pub colour: bool,
    /// Whether lines are drawn with box characters.
    pub boxes: bool,
}

impl Theme {
    /// Returns the theme for what the environment says: `NO_COLOR`, the locale, `TERM`.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
        let utf8 = locale.is_some_and(|locale| {
            let locale = locale.to_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        let term = set("TERM").unwrap_or_default();
        Self {
            colour: set("NO_COLOR").is_none() && term != "vt100" && term != "dumb",
            boxes: utf8 && term != "linux" && !term.starts_with("vt"),
        }
    }

    /// Returns the look of a meaning.
    pub fn style(self, tone: Tone) -> Style {
        let coloured = |style: Style, colour: Color| match self.colour {
            true => style.fg(colour),
            false => style,
        };
        let bold = Style::new().add_modifier(Modifier::BOLD);
        match tone {
            Tone::Plain => Style::new(),
            Tone::Faint => Style::new().add_modifier(Modifier::DIM),
            Tone::Strong => bold,
            Tone::Good => coloured(Style::new(), Color::Green),
            Tone::Warn => coloured(bold, Color::Yellow),
            Tone::Danger => coloured(bold, Color::Red),
            Tone::Chosen => Style::new().add_modifier(Modifier::REVERSED),
        }
    }

    /// Returns the characters of frames.
    pub fn border(self) -> border::Set<'static> {
        match self.boxes {
            true => border::PLAIN,
            false => border::Set {
                top_left: "+",
                top_right: "+",
                bottom_left: "+",
                bottom_right: "+",
                vertical_left: "|",
                vertical_right: "|",
                horizontal_top: "-",
                horizontal_bottom: "-",
            },
        }
    }

    /// Returns a text in the characters this terminal can show.
    pub fn fit<'a>(self, text: &'a str) -> std::borrow::Cow<'a, str> {
        if self.boxes || text.is_ascii() {
            return text.into();
        }
        text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect::<String>().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(variables: &[(&str, &str)], colour: bool, boxes: bool) {
        let theme = Theme::of(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        assert_eq!(theme, Theme { colour, boxes });
    }

    #[test]
    fn the_terminal_decides_on_colours_and_boxes() {
        check(&[("LANG", "C.UTF-8"), ("TERM", "xterm-256color")], true, true);
        check(&[("LANG", "C.UTF-8"), ("LC_ALL", "C"), ("TERM", "xterm")], true, false);
        check(&[("LANG", "de_DE.utf8"), ("TERM", "linux")], true, false);
        check(&[("LANG", "C.UTF-8"), ("TERM", "xterm"), ("NO_COLOR", "1")], false, true);
        check(&[("TERM", "xterm"), ("NO_COLOR", "")], true, false);
        check(&[], true, false);
    }
}
