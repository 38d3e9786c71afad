//! The AWS command line.

use std::sync::OnceLock;

use super::listed::Listed;
use super::{Style, wordings};

/// `aws`.
pub static AWS: Listed = Listed {
    names: &["aws"],
    text: include_str!("lists/aws.txt"),
    only: None,
    style: Style::Aws,
    code: 252,
    manner: wordings::aws,
    read: OnceLock::new(),
};
