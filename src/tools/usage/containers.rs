//! docker and podman.

use std::sync::OnceLock;

use super::listed::Listed;
use super::{Style, wordings};

/// `docker`.
pub static DOCKER: Listed = Listed {
    names: &["docker"],
    text: include_str!("lists/docker.txt"),
    only: None,
    style: Style::Cobra,
    code: 125,
    manner: wordings::docker,
    read: OnceLock::new(),
};

/// `podman`.
pub static PODMAN: Listed = Listed {
    names: &["podman"],
    text: include_str!("lists/podman.txt"),
    only: None,
    style: Style::Cobra,
    code: 125,
    manner: wordings::podman,
    read: OnceLock::new(),
};
