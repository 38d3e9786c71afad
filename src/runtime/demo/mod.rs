//! The demo: a throw-away tree, a real backup of it, real damage.

pub mod manifest;
pub mod tree;
