//! A recorded exchange with a model, for the demo: its prompts and replies, as they were.

use include_dir::{Dir, include_dir};

use crate::llm::{Mode, Pace, Recorded, Source};

/// The scenario the exchange belongs to.
pub const SCENARIO: &str = "s17";

static RECORDS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/recorded/s17");

/// Returns the model that answers as it did when it was recorded.
pub fn model() -> Recorded {
    Recorded::new("a model", Source::Embedded(&RECORDS), Mode::ReplayChanged, Pace::default())
}
