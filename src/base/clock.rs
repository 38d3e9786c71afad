//! Time comes in from outside, so that every result can be made again.

pub use jiff::Timestamp;

/// Where "now" comes from.
pub trait Clock: Send + Sync {
    /// Returns the present instant.
    fn now(&self) -> Timestamp;
}

/// A clock that stands still, for tests and repeatable documents.
#[derive(Debug, Clone, Copy)]
pub struct Fixed(pub Timestamp);

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Returns the seconds from `from` to `to`; negative where `to` is earlier.
pub fn seconds_between(from: Timestamp, to: Timestamp) -> i64 {
    to.as_second() - from.as_second()
}

/// Returns an instant as people read it: `2026-01-31 23:30:00Z`.
pub fn readable(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}
