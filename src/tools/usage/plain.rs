//! Command lines that are described by their flags only: nothing is known of how the tool words a refusal.

use std::sync::OnceLock;

use super::listed::Listed;
use super::{Style, getopt};

/// Texts with one tool on each line, under all its names: `NAME|NAME: FLAGS ; OPERANDS`.
pub(super) const LINES: &[(Style, &str)] = &[
    (Style::Gnu, include_str!("lists/gnu.txt")),
    (Style::Gnu, include_str!("lists/postgres_servers.txt")),
    (Style::MySql, include_str!("lists/mysql_servers.txt")),
];

/// Tools with commands of their own.
pub(super) static PLAIN: &[&Listed] = &[&RESTIC, &BORG, &BARMAN, &PATRONI];

const fn plain(names: &'static [&'static str], style: Style, text: &'static str) -> Listed {
    Listed { names, text, only: None, style, code: 1, manner: getopt, read: OnceLock::new() }
}

static RESTIC: Listed = plain(&["restic"], Style::Cobra, include_str!("lists/restic.txt"));

static BORG: Listed = plain(&["borg"], Style::Gnu, include_str!("lists/borg.txt"));

static BARMAN: Listed = plain(&["barman"], Style::Gnu, include_str!("lists/barman.txt"));

static PATRONI: Listed = plain(&["patronictl"], Style::Gnu, include_str!("lists/patronictl.txt"));
