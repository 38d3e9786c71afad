//! Which findings a place of the file touches, without looking at all of them.

use std::collections::HashMap;

use super::super::placed::Placed;
use crate::base::Span;

/// The findings of a file by their rules and places; what is taken out is found no more.
#[derive(Debug)]
pub(super) struct Reach {
    rules: HashMap<&'static str, Tree>,
}

/// Findings by their starts, in halves of halves: each node holds how far those below it reach.
#[derive(Debug, Default)]
struct Tree {
    /// Where each starts, ascending, and its place in the list.
    leaves: Vec<(usize, usize)>,
    /// The root at 1, the halves of `n` at `2n` and `2n + 1`; 0 where nothing is left.
    reach: Vec<usize>,
}

impl Reach {
    pub fn new(placed: &[Placed]) -> Self {
        let mut spans: HashMap<&'static str, Vec<(Span, usize)>> = HashMap::new();
        for (at, one) in placed.iter().enumerate() {
            spans.entry(one.finding.rule).or_default().push((one.span, at));
        }
        Self { rules: spans.into_iter().map(|(rule, spans)| (rule, Tree::new(spans))).collect() }
    }

    /// Takes out what touches a place, and returns it by its places in the list, ascending.
    pub fn take(&mut self, rule: &str, place: Span) -> Vec<usize> {
        let mut taken = vec![];
        if let Some(tree) = self.rules.get_mut(rule) {
            tree.take(1, 0, tree.reach.len() / 2, place, &mut taken);
        }
        taken.sort_unstable();
        taken
    }
}

impl Tree {
    fn new(mut spans: Vec<(Span, usize)>) -> Self {
        spans.sort_unstable_by_key(|(span, _)| span.start);
        let width = spans.len().next_power_of_two();
        let mut reach = vec![0; 2 * width];
        for ((span, _), leaf) in spans.iter().zip(&mut reach[width..]) {
            *leaf = span.end.max(span.start + 1);
        }
        for node in (1..width).rev() {
            reach[node] = reach[2 * node].max(reach[2 * node + 1]);
        }
        Self { leaves: spans.into_iter().map(|(span, at)| (span.start, at)).collect(), reach }
    }

    /// Takes what touches a place from a node, which stands over `width` leaves from `first` on.
    fn take(
        &mut self,
        node: usize,
        first: usize,
        width: usize,
        place: Span,
        taken: &mut Vec<usize>,
    ) {
        let starts = self.leaves.get(first).is_some_and(|(start, _)| *start < place.end);
        if !starts || self.reach[node] <= place.start {
            return;
        }
        if width == 1 {
            self.reach[node] = 0;
            taken.push(self.leaves[first].1);
            return;
        }
        let half = width / 2;
        self.take(2 * node, first, half, place, taken);
        self.take(2 * node + 1, first + half, half, place, taken);
        self.reach[node] = self.reach[2 * node].max(self.reach[2 * node + 1]);
    }
}
