//! The Azure command line.

use std::sync::OnceLock;

use super::listed::Listed;
use super::{Style, wordings};

/// `az`.
pub static AZ: Listed = Listed {
    names: &["az"],
    text: include_str!("lists/az.txt"),
    only: None,
    style: Style::Aws,
    code: 2,
    manner: wordings::az,
    read: OnceLock::new(),
};
