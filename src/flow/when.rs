//! Instants as people type them, and spans as people read them.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::base::{Period, Timestamp};

/// Reads an instant as it is typed: `now`, `-15m`, `09:02`, `2026-01-31 23:30`, RFC 3339. Times are UTC.
pub fn moment(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let text = text.trim();
    if text == "now" {
        return Ok(now);
    }
    let ago = text.strip_prefix('-').or_else(|| text.strip_suffix("ago").map(str::trim_end));
    if let Some(ago) = ago {
        let period = Period::parse(ago)?;
        return now.checked_sub(period.duration()).map_err(|_| "too long ago".to_owned());
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let plain = text.trim_end_matches('Z').trim_end_matches(" UTC");
    let (date, time) = match plain.split_once([' ', 'T']) {
        Some((date, time)) => (date.parse::<Date>().ok(), time.parse::<Time>().ok()),
        None if plain.contains(':') => {
            let today = now.to_zoned(TimeZone::UTC).date();
            let time = plain.parse::<Time>().ok();
            // A time of day that is still to come was yesterday's.
            let later = time.is_some_and(|time| time > now.to_zoned(TimeZone::UTC).time());
            (Some(if later { today.yesterday().unwrap_or(today) } else { today }), time)
        }
        None => (plain.parse::<Date>().ok(), Some(Time::midnight())),
    };
    let (Some(date), Some(time)) = (date, time) else {
        return Err("write a time like now, -15m, 09:02 or 2026-01-31 23:30 (UTC)".into());
    };
    date.to_datetime(time)
        .to_zoned(TimeZone::UTC)
        .map(|zoned| zoned.timestamp())
        .map_err(|error| error.to_string())
}

/// Returns a span of seconds as it is read at a glance: `48s`, `7m12s`, `1h29m`, `3d4h`.
pub fn span(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes, seconds % 60) {
        (0, 0, 0, seconds) => format!("{seconds}s"),
        (0, 0, minutes, 0) => format!("{minutes}m"),
        (0, 0, minutes, seconds) => format!("{minutes}m{seconds:02}s"),
        (0, hours, 0, _) => format!("{hours}h"),
        (0, hours, minutes, _) => format!("{hours}h{minutes:02}m"),
        (days, 0, _, _) => format!("{days}d"),
        (days, hours, _, _) => format!("{days}d{hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_type_them() {
        let now: Timestamp = "2026-02-01T09:30:00Z".parse().unwrap();
        let read = |text: &str| moment(text, now).map(|at| at.to_string());
        for (typed, expected) in [
            ("now", "2026-02-01T09:30:00Z"),
            ("-15m", "2026-02-01T09:15:00Z"),
            ("2h ago", "2026-02-01T07:30:00Z"),
            ("09:02", "2026-02-01T09:02:00Z"),
            ("23:30", "2026-01-31T23:30:00Z"),
            ("2026-01-31 23:30", "2026-01-31T23:30:00Z"),
            ("2026-01-31T23:30:00Z", "2026-01-31T23:30:00Z"),
            ("2026-01-31", "2026-01-31T00:00:00Z"),
        ] {
            assert_eq!(read(typed), Ok(expected.to_owned()), "{typed}");
        }
        for wrong in ["yesterday", "25:00", "-15", "", "2026-13-01"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn spans_are_short() {
        let spans = [0, 48, 432, 600, 3_600, 5_340, 90_000, 86_400].map(span);
        assert_eq!(spans, ["0s", "48s", "7m12s", "10m", "1h", "1h29m", "1d1h", "1d"]);
    }
}
