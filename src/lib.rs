//! blackstart takes an operator from "it is gone" to a recovery that was checked, dry-run,
//! approved, executed and recorded.
//!
//! Modules stand in reading order; `tests/architecture.rs` says which may name which.

// Words: ids, sizes, times, positions, documents.
pub mod base;

// Nouns: what happened, what there is, what to do, what is known about it.
pub mod evidence;

// Edges: what touches the machine.
pub mod sandbox;
