//! Numbers in prose: a model may repeat one that it was told, and no other.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::base::Timestamp;
use crate::estimate::Estimate;

static CLAIM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)
        (?P<date>\b\d{4}-\d{2}-\d{2})(?:[T\x20](?P<of_date>\d{2}:\d{2})(?::\d{2})?(?:\.\d+)?Z?)?
        | (?P<clock>\b\d{1,2}:\d{2})(?::\d{2})?\b
        | (?P<number>\b\d+(?:[.,]\d+)?)\s*(?P<unit>
            %|percent\b|ms\b|milliseconds?\b|s\b|secs?\b|seconds?\b|mins?\b|minutes?\b|m\b|h\b|hrs?\b|hours?\b|days?\b|d\b|weeks?\b
            |bytes?\b|B\b|[KMGTP]i?B\b|[KMGTP]B/s|秒|分钟|分|小时|个小时|天|日|周)",
    )
    .expect("a valid pattern")
});

static OBJECTIVE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\brto\b|\brpo\b|\blos[st]\b|\bloss(es)?\b|\bloses?\b|downtime|recovery point|丢失|损失|恢复点|恢复时间|停机").expect("a valid pattern")
});

/// A number with what it measures.
#[derive(Debug, Clone, PartialEq)]
enum Claim {
    /// Seconds, and the size of the unit it was said in.
    Duration { seconds: f64, unit: f64 },
    /// Bytes, with the size of the unit.
    Size { bytes: f64, unit: f64 },
    /// Hundredths.
    Share(f64),
    /// `HH:MM`.
    Clock(String),
    /// `YYYY-MM-DD`.
    Date(String),
}

/// The numbers that were sent.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Everything the inventory, the starting plan and the estimate say.
    told: Vec<Claim>,
    /// What the estimate computed: the only numbers for what is lost and how long it takes.
    computed: Vec<Claim>,
}

impl Facts {
    /// Collects the numbers of trusted texts and of the estimate.
    pub fn new<'a>(
        texts: impl IntoIterator<Item = &'a str>,
        estimate: &Estimate,
        times: &[Timestamp],
    ) -> Self {
        let mut told: Vec<Claim> = texts.into_iter().flat_map(claims).collect();
        let mut computed = vec![];
        let duration = |seconds: f64| Claim::Duration { seconds, unit: 1.0 };
        for point in &estimate.recovery_points {
            computed.extend(point.loss_seconds.map(|seconds| duration(seconds as f64)));
            computed.extend(point.at.iter().flat_map(|at| instant(*at)));
        }
        let rto = estimate.rto.iter();
        computed.extend(
            rto.flat_map(|rto| [rto.p50_seconds, rto.p90_seconds])
                .flatten()
                .map(|s| duration(s as f64)),
        );
        let exposures = estimate.exposure.iter().filter_map(|exposure| exposure.worst_seconds);
        computed.extend(exposures.map(|seconds| duration(seconds as f64)));
        computed.extend(times.iter().flat_map(|at| instant(*at)));
        for term in &estimate.terms {
            told.extend(claims(&term.formula));
            told.extend(term.value.filter(|_| term.unit == "s").map(duration));
        }
        told.extend(computed.iter().cloned());
        Self { told, computed }
    }

    /// Replaces every number that was not sent, and returns those that were replaced.
    pub fn kept(&self, text: &str, instead: &str) -> (String, Vec<String>) {
        let mut replaced = vec![];
        let mut out = String::new();
        for sentence in sentences(text) {
            let known = if OBJECTIVE.is_match(sentence) { &self.computed } else { &self.told };
            let cleaned = CLAIM.replace_all(sentence, |captures: &Captures<'_>| {
                let fits =
                    claim(captures).iter().all(|claim| known.iter().any(|fact| claim.fits(fact)));
                if fits {
                    return captures[0].to_owned();
                }
                replaced.push(captures[0].to_owned());
                instead.to_owned()
            });
            out.push_str(&cleaned);
        }
        let twice = format!("{instead} {instead}");
        while out.contains(&twice) {
            out = out.replace(&twice, instead);
        }
        (out, replaced)
    }
}

/// Splits a text behind the marks that end sentences.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['。', ';', '!', '?', '!', '?', '\n'])
        .flat_map(|part| part.split_inclusive(". "))
}

fn instant(at: Timestamp) -> [Claim; 2] {
    [
        Claim::Clock(at.strftime("%H:%M").to_string()),
        Claim::Date(at.strftime("%Y-%m-%d").to_string()),
    ]
}

fn claims(text: &str) -> Vec<Claim> {
    CLAIM.captures_iter(text).flat_map(|captures| claim(&captures)).collect()
}

fn claim(captures: &Captures<'_>) -> Vec<Claim> {
    let clock = |text: &str| {
        let text = if text.len() == 4 { format!("0{text}") } else { text.to_owned() };
        Claim::Clock(text)
    };
    if let Some(date) = captures.name("date") {
        let time = captures.name("of_date").map(|time| clock(time.as_str()));
        return std::iter::once(Claim::Date(date.as_str().to_owned())).chain(time).collect();
    }
    if let Some(time) = captures.name("clock") {
        return vec![clock(time.as_str())];
    }
    let (Some(number), Some(unit)) = (captures.name("number"), captures.name("unit")) else {
        return vec![];
    };
    let Ok(number) = number.as_str().replace(',', ".").parse::<f64>() else {
        return vec![];
    };
    let word = unit.as_str().to_lowercase();
    if word == "%" || word == "percent" {
        return vec![Claim::Share(number)];
    }
    if let Some(unit) = seconds_of(&word) {
        return vec![Claim::Duration { seconds: number * unit, unit }];
    }
    let unit = bytes_of(&word);
    vec![Claim::Size { bytes: number * unit, unit }]
}

fn seconds_of(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" | "millisecond" | "milliseconds" => 0.001,
        "s" | "sec" | "secs" | "second" | "seconds" | "秒" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" | "分钟" | "分" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" | "小时" | "个小时" => 3_600.0,
        "d" | "day" | "days" | "天" | "日" => 86_400.0,
        "week" | "weeks" | "周" => 604_800.0,
        _ => return None,
    })
}

fn bytes_of(unit: &str) -> f64 {
    let unit = unit.trim_end_matches("/s");
    let base: f64 = if unit.contains('i') { 1024.0 } else { 1000.0 };
    let power = match unit.chars().next() {
        Some('k') => 1,
        Some('m') => 2,
        Some('g') => 3,
        Some('t') => 4,
        Some('p') => 5,
        _ => 0,
    };
    base.powi(power)
}

impl Claim {
    /// Tells whether a claim repeats a fact, rounded to the unit it is said in.
    fn fits(&self, fact: &Self) -> bool {
        let near = |a: f64, b: f64, unit: f64| (a - b).abs() <= unit / 2.0;
        match (self, fact) {
            (Self::Duration { seconds, unit }, Self::Duration { seconds: fact, .. }) => {
                near(*seconds, *fact, *unit)
            }
            (Self::Size { bytes, unit }, Self::Size { bytes: fact, .. }) => {
                near(*bytes, *fact, *unit)
            }
            (one, other) => one == other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::Rto;

    #[test]
    fn a_number_that_was_not_sent_is_taken_out() {
        let rto = Rto {
            p50_seconds: Some(5_040),
            p90_seconds: Some(8_640),
            rto_seconds: Some(3_600),
            meets_rto: Some(false),
            critical_path: vec![],
        };
        let estimate = Estimate { rto: Some(rto), ..Estimate::default() };
        let damage = "2026-01-31T23:30:00Z".parse().expect("a time");
        let facts = Facts::new(["size: 300GB", "rpo: 60 min"], &estimate, &[damage]);
        let check = |text: &str, expected: &str| assert_eq!(facts.kept(text, "(?)").0, expected);
        check("Takes 84 min for 300 GB", "Takes 84 min for 300 GB");
        check("Takes 10 minutes for 3 TB", "Takes (?) for (?)");
        check("The RPO of 60 min is met. Wait 60 min.", "The RPO of (?) is met. Wait 60 min.");
        check(
            "Damage at 23:30 on 2026-01-31; seen 23:40",
            "Damage at 23:30 on 2026-01-31; seen (?)",
        );
        check("丢失 5 分钟的数据", "丢失 (?)的数据");
        check("copy 3 files to host 7", "copy 3 files to host 7");
        check("99.9% of rows", "(?) of rows");
    }
}
