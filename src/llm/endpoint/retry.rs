//! When to try again: how often, how long to wait, and what a server may ask for.

use std::hash::{BuildHasher as _, Hasher as _};
use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};

/// So often is a failure that may pass tried again.
pub const MOST: u32 = 3;
/// A server that asks to wait longer is not waited for.
pub const LONGEST: Duration = Duration::from_secs(30);

/// Tells whether a status may be gone in a moment.
pub fn may_pass(status: u16) -> bool {
    matches!(status, 408 | 409 | 425 | 429 | 500 | 502 | 503 | 504 | 520..=524 | 529)
}

/// Returns how long to wait before try number `tried` + 1: 0.25 s, doubled each time, half of it by chance, so that many
/// clients that were refused together do not come back together.
pub fn pause(tried: u32) -> Duration {
    let whole = Duration::from_millis(250) * 2_u32.saturating_pow(tried.min(5));
    let chance = std::collections::hash_map::RandomState::new().build_hasher().finish();
    whole / 2 + whole.mul_f64((chance % 1000) as f64 / 2000.0)
}

/// Returns how long the headers ask to wait: in seconds, in milliseconds (Azure), or until a date.
pub fn asked_to_wait(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let seconds = |number: f64| Duration::try_from_secs_f64(number).ok();
    if let Some(wait) = text("retry-after-ms").and_then(|text| text.parse::<f64>().ok()) {
        return seconds(wait / 1000.0);
    }
    let after = text(RETRY_AFTER.as_str())?;
    if let Ok(number) = after.parse::<f64>() {
        return seconds(number);
    }
    let date = jiff::fmt::rfc2822::parse(after).ok()?.timestamp();
    Some(
        Duration::try_from(
            jiff::Timestamp::now()
                .until(date)
                .ok()?
                .to_duration(jiff::SpanRelativeTo::days_are_24_hours())
                .ok()?,
        )
        .unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_within_bounds() {
        for (tried, least, most) in [(0, 125, 250), (1, 250, 500), (2, 500, 1000), (99, 4000, 8000)]
        {
            for _ in 0..100 {
                let pause = pause(tried).as_millis();
                assert!((least..=most).contains(&pause), "{tried}: {pause}");
            }
        }
    }

    #[test]
    fn the_wish_to_wait_is_read_in_every_form() {
        let asked = |name: &'static str, value: &str| {
            asked_to_wait(&[(name.parse().unwrap(), value.parse().unwrap())].into_iter().collect())
        };
        assert_eq!(asked("retry-after", "3600"), Some(Duration::from_secs(3600)));
        assert_eq!(asked("retry-after", " 0.5 "), Some(Duration::from_millis(500)));
        assert_eq!(asked("retry-after-ms", "20"), Some(Duration::from_millis(20)));
        assert_eq!(asked("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert!(asked("retry-after", "Wed, 21 Oct 2065 07:28:00 GMT") > Some(LONGEST));
        for odd in ["soon", "-1", "NaN", "inf", "1e400", ""] {
            assert_eq!(asked("retry-after", odd), None, "{odd}");
        }
    }
}
