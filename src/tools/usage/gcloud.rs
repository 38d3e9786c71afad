//! gcloud and gsutil.

use std::sync::OnceLock;

use super::listed::Listed;
use super::{Style, wordings};

/// `gcloud`.
pub static GCLOUD: Listed = Listed {
    names: &["gcloud"],
    text: include_str!("lists/gcloud.txt"),
    only: None,
    style: Style::Aws,
    code: 2,
    manner: wordings::gcloud,
    read: OnceLock::new(),
};

/// `gsutil`.
pub static GSUTIL: Listed = Listed {
    names: &["gsutil"],
    text: include_str!("lists/gsutil.txt"),
    only: None,
    style: Style::Posix,
    code: 1,
    manner: wordings::gsutil,
    read: OnceLock::new(),
};
