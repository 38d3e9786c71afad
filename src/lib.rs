//! blackstart takes an operator from "it is gone" to a recovery that was checked, dry-run,
//! approved, executed and recorded.
//!
//! Modules stand in reading order; `tests/architecture.rs` says which may name which.

// Words: ids, sizes, times, positions, documents.
pub mod base;

// Nouns: what happened, what there is, what to do, what is known about it.
pub mod incident;
pub mod inventory;
pub mod plan;
pub mod evidence;

// Languages: what scripts and runbooks say.
pub mod template;

// Verbs: what it costs, and what to do.
pub mod estimate;

// Edges: what is known of this machine.
pub mod probe;

// Wiring.
pub mod runtime;

// Front.
pub mod cli;
