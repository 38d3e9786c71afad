//! What the outside knows and the checker cannot: installed commands, devices, bash's own verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A command of a tool that is installed, to be asked which flags it has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// The tool, by the name it is called by.
    pub tool: String,
    /// The command, where the tool has some: `commit`.
    pub command: String,
}

/// Long flags, with their dashes, that tools speak of in their help and their manual. None means that nothing could be learnt.
pub type Takes = BTreeMap<Question, BTreeSet<String>>;

/// Facts handed to the checker. Everything is optional; what is missing is not assumed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Commands installed where the script is to run.
    pub installed: Option<Arc<BTreeSet<String>>>,
    /// Texts that the installed bash refuses to read (`bash -n`), with its message.
    pub rejected: BTreeMap<String, String>,
    /// Device numbers of paths (`stat -c %d`), by absolute path.
    pub devices: BTreeMap<String, u64>,
    /// What the tools that are installed said of their flags.
    pub takes: Arc<Takes>,
    /// The present instant, for the age of copies.
    pub now: Option<crate::base::Timestamp>,
}

impl Facts {
    /// Returns the device of a path: its own, or that of the nearest known directory above it.
    pub fn device(&self, path: &str) -> Option<u64> {
        let mut at = path;
        loop {
            if let Some(device) = self.devices.get(at) {
                return Some(*device);
            }
            at = match at.rsplit_once('/') {
                Some(("", _)) if at != "/" => "/",
                Some((parent, _)) if !parent.is_empty() => parent,
                _ => return None,
            };
        }
    }
}
