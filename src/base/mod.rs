//! The words everything else is said in: ids, units, times, positions, documents, digests.

mod asset_kind;
mod clock;
mod digest;
pub mod document;
pub mod escape;
mod excerpt;
mod id;
mod nearest;
mod risk;
mod secret;
mod text;
mod units;
pub mod yaml;

pub use asset_kind::AssetKind;
pub use clock::{Clock, Fixed, Timestamp, readable, seconds_between};
pub use digest::Digest;
pub use excerpt::{Excerpt, Excerpting};
pub use id::Id;
pub use nearest::nearest;
pub use risk::Risk;
pub use secret::Secret;
pub use text::{Lines, Position, Problem, Problems, Span};
pub use units::{ByteRate, ChangeRate, Period, Size};
