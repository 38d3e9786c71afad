//! rclone: remotes, paths and the flags of every command.

use std::sync::OnceLock;

use super::listed::Listed;
use super::{Style, cobra};

/// `rclone`.
pub static RCLONE: Listed = Listed {
    names: &["rclone"],
    text: include_str!("lists/rclone.txt"),
    only: None,
    style: Style::Cobra,
    code: 1,
    manner: cobra,
    read: OnceLock::new(),
};
