//! curl, wget and dig.

use std::sync::OnceLock;

use super::listed::Listed;
use super::{Style, wordings};

const TEXT: &str = include_str!("lists/http.txt");

/// `curl`.
pub static CURL: Listed = Listed {
    names: &["curl"],
    text: TEXT,
    only: Some("curl"),
    style: Style::Gnu,
    code: 2,
    manner: wordings::curl,
    read: OnceLock::new(),
};

/// `wget`.
pub static WGET: Listed = Listed {
    names: &["wget"],
    text: TEXT,
    only: Some("wget"),
    style: Style::Gnu,
    code: 2,
    manner: wordings::wget,
    read: OnceLock::new(),
};

/// `dig`.
pub static DIG: Listed = Listed {
    names: &["dig"],
    text: TEXT,
    only: Some("dig"),
    style: Style::Gnu,
    code: 1,
    manner: wordings::dig,
    read: OnceLock::new(),
};
