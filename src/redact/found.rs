//! What the detectors found, and how overlapping finds become spans that do not.

use std::ops::Range;

use super::kind::Kind;

/// How sure a detector is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sure {
    /// By its form or by the words beside it.
    Sure,
    /// By chance alone: dropped where another detector knows that the place is public, like a public key.
    Perhaps,
}

/// What one detector found, as offsets in the view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where.
    pub range: Range<usize>,
    /// What.
    pub kind: Kind,
    /// How sure.
    pub sure: Sure,
}

/// Everything that was found in one text.
#[derive(Debug, Default)]
pub struct Finds {
    found: Vec<Found>,
    public: Vec<Range<usize>>,
}

impl Finds {
    /// Notes something that must not leave. An empty range is nothing.
    pub fn add(&mut self, range: Range<usize>, kind: Kind) {
        if range.start < range.end {
            self.found.push(Found { range, kind, sure: Sure::Sure });
        }
    }

    /// Notes a secret.
    pub fn secret(&mut self, range: Range<usize>) {
        self.add(range, Kind::Secret);
    }

    /// Notes a secret that only looks like one.
    pub fn perhaps(&mut self, range: Range<usize>) {
        self.found.push(Found { range, kind: Kind::Secret, sure: Sure::Perhaps });
    }

    /// Notes a place that is public, whatever it looks like.
    pub fn public(&mut self, range: Range<usize>) {
        self.public.push(range);
    }

    /// Tells whether a secret was found that a detector is sure of.
    pub fn any_secret(&self) -> bool {
        self.found.iter().any(|found| found.kind == Kind::Secret && found.sure == Sure::Sure)
    }

    /// Returns the finds in order and without overlaps: those that overlap become one that covers them all and bears the
    /// name of the strongest, so that nothing that one detector saw can stick out.
    pub fn spans(mut self) -> Vec<(Range<usize>, Kind)> {
        self.public.sort_by_key(|range| range.start);
        let public = self.public;
        let is_public = |range: &Range<usize>| {
            let next = public.partition_point(|public| public.start <= range.start);
            public[..next].iter().rev().take(4).any(|public| public.end >= range.end)
        };
        self.found.retain(|found| found.sure == Sure::Sure || !is_public(&found.range));
        self.found.sort_by_key(|found| (found.range.start, std::cmp::Reverse(found.range.end)));
        let mut spans: Vec<(Range<usize>, Kind)> = vec![];
        for found in self.found {
            match spans.last_mut() {
                Some((range, kind)) if found.range.start < range.end => {
                    range.end = range.end.max(found.range.end);
                    if strength(found.kind) > strength(*kind) {
                        *kind = found.kind;
                    }
                }
                Some(_) | None => spans.push((found.range, found.kind)),
            }
        }
        spans
    }
}

fn strength(kind: Kind) -> Option<usize> {
    Kind::ALL.iter().position(|known| *known == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_finds_become_one_that_covers_all_under_the_strongest_name() {
        let mut finds = Finds::default();
        finds.add(4..9, Kind::Host);
        finds.secret(0..5);
        finds.add(9..12, Kind::Address);
        finds.add(20..25, Kind::Email);
        finds.add(22..23, Kind::Host);
        assert_eq!(
            finds.spans(),
            [(0..9, Kind::Secret), (9..12, Kind::Address), (20..25, Kind::Email)]
        );
    }

    #[test]
    fn a_public_place_vetoes_only_what_is_a_guess() {
        let mut finds = Finds::default();
        finds.public(0..20);
        finds.perhaps(2..10);
        finds.secret(12..14);
        finds.perhaps(30..40);
        assert_eq!(finds.spans(), [(12..14, Kind::Secret), (30..40, Kind::Secret)]);
    }
}
