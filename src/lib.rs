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

// Verbs: pure functions from values to values.
pub mod approve;

// Edges: the outside.
pub mod store;

// Stages: what happens to a plan.
pub mod execute;
