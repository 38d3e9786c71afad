//! How often frames are drawn for what streams in: a few at once, many not faster than the eye.

use std::time::{Duration, Instant};

/// The time of one frame where many follow each other.
pub const FRAME: Duration = Duration::from_millis(33);

/// So many frames may follow each other at once, so that a single piece of news is never late.
const BURST: u32 = 4;

/// Counts frames against the time they should take.
#[derive(Debug, Default)]
pub struct Pace {
    last: Option<Instant>,
    debt: Duration,
}

impl Pace {
    /// Notes a frame that was drawn at `now` and returns how long to collect before the next.
    pub fn drawn(&mut self, now: Instant) -> Duration {
        let paid = self.last.map_or(Duration::MAX, |last| now.saturating_duration_since(last));
        self.last = Some(now);
        self.debt = self.debt.saturating_sub(paid) + FRAME;
        self.debt.saturating_sub(FRAME * BURST).min(FRAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_frames_follow_at_once_and_many_take_their_time() {
        let start = Instant::now();
        let mut pace = Pace::default();
        let mut now = start;
        let mut frames = 0;
        let mut waits = vec![];
        while now < start + Duration::from_secs(3) {
            let wait = pace.drawn(now);
            waits.push(wait);
            // The next news are there a millisecond later.
            now += wait + Duration::from_millis(1);
            frames += 1;
        }
        assert_eq!(waits[..4], [Duration::ZERO; 4]);
        assert!(waits[4] > Duration::from_millis(20), "{:?}", waits[4]);
        assert!((85..=96).contains(&frames), "{frames} frames in 3 s");
        // After a pause it is quick again.
        assert_eq!(pace.drawn(now + Duration::from_secs(1)), Duration::ZERO);
    }
}
