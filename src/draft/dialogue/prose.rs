//! Prose of a model: shown to people who act on it, so it names nothing that is not there and promises no number.

use std::sync::LazyLock;

use regex::Regex;

use super::claims::Facts;
use super::ground;
use super::language::Language;
use super::names::Names;
use super::rejected::{Ground, Reason};
use super::written;
use crate::base::escape;

static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix) \brm\s+-|\bmkfs|\bdd\s+(if|of)=|\bdrop\s+(database|table|schema)\b|\btruncate\s+table\b|--no-preserve-root
        |\|\s*(ba|z|da)?sh\b|\b(curl|wget|nc|ncat)\s+\S|:\(\)\s*\{|\bbase64\s+-d|\$\(|\beval\s|\bchmod\s+-?[0-7R]|--force\b",
    )
    .expect("a valid pattern")
});

/// What prose is judged by.
#[derive(Debug)]
pub struct Prose<'a> {
    /// The names that exist.
    pub names: &'a Names,
    /// The numbers that were sent.
    pub facts: &'a Facts,
    /// The language it is in.
    pub language: Language,
}

/// Prose that may be shown, with the numbers that were taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    /// One line.
    pub text: String,
    /// The numbers that were replaced.
    pub replaced: Vec<String>,
}

impl Prose<'_> {
    /// Returns the text on one line, or why it is not shown: it names a place on a network or a path that nobody knows, or
    /// says commands.
    pub fn clean(&self, text: &str) -> Result<Cleaned, Reason> {
        let plain: String =
            text.trim().chars().map(|c| if c == '\n' || c == '\t' { ' ' } else { c }).collect();
        if plain.chars().any(ground::is_hidden) {
            return Err(Reason::whole(Ground::Hostile, "it holds characters that do not show"));
        }
        for (_, remote) in written::remotes(&plain) {
            let host = remote.split_once("://").map_or(remote, |(_, rest)| rest);
            let host = host.rsplit(['@', '=']).next().unwrap_or_default();
            let host =
                host.split(['/', ':']).next().unwrap_or_default().trim_end_matches(['.', ',']);
            if !self.names.has_host(host)
                && !self.names.has_url(remote)
                && !self.names.has_word(remote)
            {
                let why = format!(
                    "it names {}, which the inventory does not know",
                    ground::shown(remote)
                );
                return Err(Reason::whole(Ground::Network, why));
            }
        }
        for (_, place) in written::paths(&plain) {
            if !self.names.has_path(&place) && !written::is_of_system(&place) {
                let why = format!(
                    "it names the path {}, which the inventory does not know",
                    ground::shown(&place)
                );
                return Err(Reason::whole(Ground::Name, why));
            }
        }
        if let Some(command) = COMMAND.find(&plain) {
            let why =
                format!("it tells people to run something: {}", ground::shown(command.as_str()));
            return Err(Reason::whole(Ground::Hostile, why));
        }
        let (text, replaced) = self.facts.kept(&plain, self.language.instead_of_number());
        Ok(Cleaned { text: escape::one_line(&text), replaced })
    }
}
