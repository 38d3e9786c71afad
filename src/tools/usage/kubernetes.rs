//! kubectl, helm, velero and etcdctl.

use std::sync::OnceLock;

use super::listed::Listed;
use super::{Style, cobra, wordings};

/// `kubectl`.
pub static KUBECTL: Listed = Listed {
    names: &["kubectl"],
    text: include_str!("lists/kubectl.txt"),
    only: None,
    style: Style::Cobra,
    code: 1,
    manner: cobra,
    read: OnceLock::new(),
};

/// `helm`.
pub static HELM: Listed = Listed {
    names: &["helm"],
    text: include_str!("lists/helm.txt"),
    only: None,
    style: Style::Cobra,
    code: 1,
    manner: cobra,
    read: OnceLock::new(),
};

/// `velero`.
pub static VELERO: Listed = Listed {
    names: &["velero"],
    text: include_str!("lists/velero.txt"),
    only: None,
    style: Style::Cobra,
    code: 1,
    manner: wordings::velero,
    read: OnceLock::new(),
};

/// `etcdctl`.
pub static ETCDCTL: Listed = Listed {
    names: &["etcdctl"],
    text: include_str!("lists/etcdctl.txt"),
    only: None,
    style: Style::Cobra,
    code: 1,
    manner: cobra,
    read: OnceLock::new(),
};
