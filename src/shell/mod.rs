//! Reads shell scripts: a small tree, the commands that would run, and whether two renders agree.

mod assigned;
pub mod ast;
mod brace;
mod command;
mod embedded;
mod environment;
mod expand;
mod function;
mod hidden;
mod interpreter;
mod lower;
mod lower_word;
mod parse;
pub mod path;
mod refine;
mod resolve;
mod shape;
mod shared;
mod simple;
mod unwrap;
mod value;
mod ways;
mod wrapper;
mod written;

pub use ast::Script;
pub use command::{Command, Commands, Opaque, Payload, Pipeline, Redirection, Setting, Stage, Use};
pub use parse::{on_deep_stack, parse};
pub use resolve::{Options, commands, payload_commands};
pub use shape::{Shape, same_shape, shape};
pub use value::{Argument, Origin, Piece, Unknown};
