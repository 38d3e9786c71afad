//! blackstart takes an operator from "it is gone" to a recovery that was checked, dry-run,
//! approved, executed and recorded.
//!
//! Modules stand in reading order; `tests/architecture.rs` says which may name which.

// Words: ids, sizes, times, risk, positions, documents.
pub mod base;

// Nouns: what happened, what there is, what to do, what is known about it.
pub mod incident;
pub mod inventory;
pub mod plan;
pub mod evidence;

// Languages: SQL, external tools as data, shell commands, templates, pseudonyms.
pub mod sql;
pub mod tools;
pub mod shell;
pub mod template;
pub mod redact;

// Verbs: estimate, draft, check, approve, report, evaluate a drafter.
pub mod estimate;
pub mod draft;
pub mod check;
pub mod approve;
pub mod report;
pub mod eval;

// Session: what follows what.
pub mod flow;

// Edges: what is kept, models, where nothing can do harm, what is known of this machine.
pub mod store;
pub mod llm;
pub mod sandbox;
pub mod probe;

// Stages: a plan in the sandbox, a plan for real.
pub mod dryrun;
pub mod execute;

// Wiring: performs what the flow asks for.
pub mod runtime;

// Front: the terminal interface and the command line.
pub mod tui;
pub mod cli;
