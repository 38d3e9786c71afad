//! Sizes, rates and durations as documents write them: `300GB`, `60MB/s`, `2%/d`, `4h`.

use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A size in bytes, written `0B`, `300GB`, `1.5TiB`; SI prefixes are powers of 1000, `KiB` and so on of 1024.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Size(pub u64);

/// A transfer rate in bytes per second, written `60MB/s`, `1Gbit/s`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ByteRate(f64);

/// How fast an asset changes: a share of its size, or bytes, per unit of time: `2%/d`, `5GB/h`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ChangeRate {
    /// A share of the asset per second (0.02 / 86400 for `2%/d`).
    SharePerSecond(f64),
    /// Bytes per second.
    BytesPerSecond(f64),
}

/// A duration in whole seconds, written `90s`, `5m`, `4h`, `7d`, `1h30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period(pub u64);

const SIZES: &[(&str, u64)] = &[
    ("B", 1),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("PB", 1_000_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("PiB", 1 << 50),
];
const BITS: &[(&str, u64)] =
    &[("bit", 1), ("kbit", 1_000), ("Mbit", 1_000_000), ("Gbit", 1_000_000_000)];
const TIMES: &[(&str, u64)] = &[("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400), ("w", 604_800)];

impl Size {
    /// Returns the size, or why `text` is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (number, unit) = quantity(text)?;
        let factor = unit_of(SIZES, unit, "size", "like 300GB, 1.5TiB or 0B")?;
        let bytes = number * factor as f64;
        if bytes >= u64::MAX as f64 {
            return Err(format!("{text} is too large for a size"));
        }
        Ok(Self(bytes.round() as u64))
    }
}

impl ByteRate {
    /// Returns the rate of `bytes_per_second`, or `None` where that is not a positive number.
    pub fn new(bytes_per_second: f64) -> Option<Self> {
        (bytes_per_second.is_finite() && bytes_per_second > 0.0).then_some(Self(bytes_per_second))
    }

    /// Returns the rate, or why `text` is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        const LIKE: &str = "like 60MB/s or 1Gbit/s";
        let (amount, per) =
            text.split_once('/').ok_or_else(|| format!("a rate is written {LIKE}"))?;
        let seconds = unit_of(TIMES, per.trim(), "rate", LIKE)? as f64;
        let (number, unit) = quantity(amount)?;
        let bytes = match BITS.iter().find(|(name, _)| *name == unit) {
            Some((_, bits)) => number * *bits as f64 / 8.0,
            None => number * unit_of(SIZES, unit, "rate", LIKE)? as f64,
        };
        Self::new(bytes / seconds).ok_or_else(|| format!("the rate {text} is not above zero"))
    }

    /// Returns bytes per second; always finite and above zero.
    pub fn bytes_per_second(self) -> f64 {
        self.0
    }
}

impl ChangeRate {
    /// Returns the rate, or why `text` is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        const LIKE: &str = "like 2%/d or 5GB/h";
        let (amount, per) =
            text.split_once('/').ok_or_else(|| format!("a change rate is written {LIKE}"))?;
        let seconds = unit_of(TIMES, per.trim(), "change rate", LIKE)? as f64;
        let (number, unit) = quantity(amount)?;
        match unit {
            "%" => Ok(Self::SharePerSecond(number / 100.0 / seconds)),
            _ => Ok(Self::BytesPerSecond(
                number * unit_of(SIZES, unit, "change rate", LIKE)? as f64 / seconds,
            )),
        }
    }
}

impl Period {
    /// Returns the duration, or why `text` is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        const LIKE: &str = "like 90s, 5m, 4h, 7d or 1h30m";
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(format!("a duration is written {LIKE}"));
        }
        let mut total = 0.0;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let after = &rest[digits..];
            let unit_end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
            let number = number(&rest[..digits])?;
            total += number * unit_of(TIMES, after[..unit_end].trim(), "duration", LIKE)? as f64;
            rest = &after[unit_end..];
        }
        if total > 1e12 {
            return Err(format!("{text} is too long for a duration"));
        }
        Ok(Self(total.round() as u64))
    }

    /// Returns the duration for timers.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0)
    }

    /// Returns the duration of `seconds`, rounded up; negative and unreal values give zero.
    pub fn from_seconds_ceil(seconds: f64) -> Self {
        Self(seconds.max(0.0).ceil() as u64)
    }
}

/// Splits `1.5TiB` into 1.5 and `TiB`.
fn quantity(text: &str) -> Result<(f64, &str), String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    Ok((number(&text[..digits])?, text[digits..].trim()))
}

fn number(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(format!("{text:?} is not a number")),
    }
}

fn unit_of(units: &[(&str, u64)], unit: &str, what: &str, like: &str) -> Result<u64, String> {
    match units.iter().find(|(name, _)| *name == unit) {
        Some((_, factor)) => Ok(*factor),
        None if unit.is_empty() => Err(format!("a {what} needs a unit, {like}")),
        None => Err(format!("{unit:?} is not a unit of a {what}; write it {like}")),
    }
}

impl fmt::Display for Size {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&amount(self.0 as f64))
    }
}

impl fmt::Display for ByteRate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&format!("{}/s", amount(self.0)))
    }
}

impl fmt::Display for ChangeRate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SharePerSecond(share) => out.pad(&format!("{}%/d", trimmed(share * 8_640_000.0))),
            Self::BytesPerSecond(bytes) => out.pad(&format!("{}/d", amount(bytes * 86_400.0))),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        let mut shown = String::new();
        for (unit, seconds) in [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)] {
            if rest / seconds > 0 {
                shown.push_str(&format!("{}{unit}", rest / seconds));
                rest %= seconds;
            }
        }
        out.pad(if shown.is_empty() { "0s" } else { &shown })
    }
}

/// The shortest text in a unit of 1000 that reads back as the same number of bytes, else three
/// significant decimals.
fn amount(bytes: f64) -> String {
    let units = [("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("B", 1.0)];
    let (unit, factor) =
        units.into_iter().find(|(_, factor)| bytes >= *factor).unwrap_or(("B", 1.0));
    format!("{}{unit}", trimmed(bytes / factor))
}

fn trimmed(number: f64) -> String {
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

macro_rules! text_unit {
    ($type:ident, $name:literal, $format:literal, $exact:expr) => {
        impl TryFrom<String> for $type {
            type Error = String;
            fn try_from(text: String) -> Result<Self, String> {
                Self::parse(&text)
            }
        }
        impl From<$type> for String {
            fn from(unit: $type) -> String {
                #[allow(clippy::redundant_closure_call)]
                ($exact)(unit)
            }
        }
        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "format": $format })
            }
        }
    };
}

// Written documents must read back as the same value, so rounding for people is not used there.
text_unit!(Size, "Size", "size", |size: Size| {
    let shown = size.to_string();
    if Size::parse(&shown) == Ok(size) { shown } else { format!("{}B", size.0) }
});
text_unit!(ByteRate, "ByteRate", "byte-rate", |rate: ByteRate| {
    let shown = rate.to_string();
    if ByteRate::parse(&shown) == Ok(rate) { shown } else { format!("{}B/s", rate.0) }
});
text_unit!(ChangeRate, "ChangeRate", "change-rate", |rate: ChangeRate| {
    let shown = rate.to_string();
    match rate {
        _ if ChangeRate::parse(&shown) == Ok(rate) => shown,
        ChangeRate::SharePerSecond(share) => format!("{}%/s", share * 100.0),
        ChangeRate::BytesPerSecond(bytes) => format!("{bytes}B/s"),
    }
});
text_unit!(Period, "Duration", "duration", |period: Period| period.to_string());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_read_as_they_are_written() {
        assert_eq!(Size::parse("1.5TiB"), Ok(Size(1_649_267_441_664)));
        assert_eq!(Size::parse("0B"), Ok(Size(0)));
        assert_eq!(ByteRate::parse("1Gbit/s").map(ByteRate::bytes_per_second), Ok(125e6));
        assert_eq!(Period::parse("1h30m"), Ok(Period(5_400)));
        assert_eq!(Period::parse("7d").map(|p| p.to_string()), Ok("7d".into()));
        assert_eq!(ChangeRate::parse("2%/d"), Ok(ChangeRate::SharePerSecond(0.02 / 86_400.0)));
    }

    #[test]
    fn a_wrong_unit_says_what_to_write() {
        assert_eq!(
            Size::parse("300").unwrap_err(),
            "a size needs a unit, like 300GB, 1.5TiB or 0B"
        );
        assert!(Period::parse("5 minutes").unwrap_err().contains("\"minutes\" is not a unit"));
        assert!(Period::parse("").is_err() && Size::parse("GB").is_err());
        assert!(ByteRate::parse("0MB/s").is_err());
    }

    proptest::proptest! {
        #[test]
        fn written_units_read_back(bytes: u64, seconds in 0..1_000_000_000_u64, rate in 0.001..1e12_f64) {
            let size = Size(bytes / 2);
            assert_eq!(Size::parse(&String::from(size)).map(|s| s.0.abs_diff(size.0) < 1024), Ok(true));
            assert_eq!(Period::parse(&String::from(Period(seconds))), Ok(Period(seconds)));
            let rate = ByteRate::new(rate).expect("positive");
            let again = ByteRate::parse(&String::from(rate)).expect("reads back").bytes_per_second();
            assert!((again / rate.bytes_per_second() - 1.0).abs() < 1e-9);
        }

        #[test]
        fn no_text_makes_a_unit_panic(text: String) {
            let _ = (Size::parse(&text), ByteRate::parse(&text), ChangeRate::parse(&text), Period::parse(&text));
        }
    }
}
