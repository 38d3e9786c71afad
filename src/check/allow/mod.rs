//! Findings that somebody accepts in the text itself, with a reason and until a day.
//!
//! `# blackstart: allow SH003 until 2027-03-01 because the path is asserted above` on a line of its own speaks for the
//! command that follows, behind a command for its line. What is accepted stays listed. A comment that is malformed, past its
//! day or of no use is a finding itself.

mod comment;
mod covers;
mod reach;
mod shell_text;

use jiff::civil::Date;

pub use comment::says_allow;
pub use covers::{comments_of_script, comments_of_shell, is_generated};

use super::placed::Placed;
use super::{Language, Rule, rules};
use crate::base::{Span, Timestamp};
use crate::evidence::{Finding, Place};
use comment::{Said, Words};
use reach::Reach;

/// The furthest an allowance may reach: two years, so that everything is looked at again.
const LONGEST_DAYS: i32 = 731;

/// A finding that a comment in the text accepts.
#[derive(Debug, Clone, PartialEq)]
pub struct Allowed {
    /// What was found.
    pub found: Placed,
    /// Why it is accepted.
    pub reason: String,
    /// The last day on which it is.
    pub until: Date,
    /// The comment, in the file.
    pub comment: Span,
}

/// A comment that is meant for the checker, and what it speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment {
    /// The comment, in the file.
    pub span: Span,
    /// What it speaks for, in the file.
    pub covers: Span,
}

/// What is left of the findings, and what was accepted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settled {
    /// The findings that stand, in the order of the text, with those about the comments themselves.
    pub open: Vec<Placed>,
    /// What was accepted.
    pub allowed: Vec<Allowed>,
}

/// Settles the findings of a script. Without `now` no day is past.
pub fn settle_script(
    text: &str,
    language: Language,
    findings: Vec<Finding>,
    now: Option<Timestamp>,
) -> Settled {
    let placed = findings.into_iter().map(Placed::from).collect();
    if !says_allow(text) {
        return Settled { open: placed, allowed: vec![] };
    }
    let comments = comments_of_script(text, language);
    if is_generated(text) {
        let mut settled = Settled { open: placed, allowed: vec![] };
        let drafted = |comment: &Comment| {
            about(&rules::ALLOW_IN_DRAFT, comment.span, "this script was made from a plan: a comment in it allows nothing, one in the plan's file does".to_owned())
        };
        settled.open.extend(comments.iter().map(drafted));
        return settled;
    }
    settle(text, &comments, placed, now)
}

/// Settles the findings of a plan's file. Only comments of the file count; what stands in the text of a step allows nothing, because a drafter may
/// have written it.
pub fn settle_plan(file: &str, placed: Vec<Placed>, now: Option<Timestamp>) -> Settled {
    if !says_allow(file) {
        return Settled { open: placed, allowed: vec![] };
    }
    settle(file, &covers::comments_of_plan(file), placed, now)
}

fn settle(
    text: &str,
    comments: &[Comment],
    placed: Vec<Placed>,
    now: Option<Timestamp>,
) -> Settled {
    let mut reach = Reach::new(&placed);
    let mut open: Vec<Option<Placed>> = placed.into_iter().map(Some).collect();
    let mut allowed = vec![];
    let mut about_comments = vec![];
    for comment in comments {
        match comment::read(comment.span.slice(text)) {
            Said::Malformed(why) => {
                about_comments.push(about(&rules::MALFORMED_ALLOW, comment.span, why));
            }
            Said::Allow(words) => {
                let said = Saying { comment, words: &words };
                let mut take = |rule: &Rule| {
                    let taken = reach.take(rule.code, comment.covers);
                    taken.into_iter().filter_map(|at| open[at].take()).collect()
                };
                about_comments.extend(said.apply(now, &mut take, &mut allowed));
            }
        }
    }
    let mut open: Vec<Placed> = open.into_iter().flatten().chain(about_comments).collect();
    open.sort_by_key(|placed| placed.span);
    Settled { open, allowed }
}

/// One well-formed comment.
struct Saying<'a> {
    comment: &'a Comment,
    words: &'a Words,
}

impl Saying<'_> {
    /// Adds what the comment accepts, which `take` takes out of what is open, and returns what is wrong with the comment.
    fn apply(
        &self,
        now: Option<Timestamp>,
        take: &mut dyn FnMut(&Rule) -> Vec<Placed>,
        accepted: &mut Vec<Allowed>,
    ) -> Vec<Placed> {
        let mut wrong = vec![];
        if let Some(now) = now {
            let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
            let until = self.words.until;
            if until < today {
                let message = format!("this allowance ended with {until}");
                return vec![about(&rules::EXPIRED_ALLOW, self.comment.span, message)];
            }
            if until.since(today).is_ok_and(|span| span.get_days() > LONGEST_DAYS) {
                let message = format!("{until} is more than two years away");
                return vec![about(&rules::MALFORMED_ALLOW, self.comment.span, message)];
            }
        }
        for code in &self.words.rules {
            let Some(rule) = super::rule(code) else {
                let known = super::rules().iter().flat_map(|rule| [rule.code, rule.name]);
                let near = crate::base::nearest(code, known);
                let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                let message = format!("there is no rule {code:?}{near}");
                wrong.push(about(&rules::ALLOW_OF_UNKNOWN_RULE, self.comment.span, message));
                continue;
            };
            let allowed = take(rule);
            if allowed.is_empty() {
                let message = format!("nothing here is a finding of {}", rule.code);
                wrong.push(about(&rules::UNUSED_ALLOW, self.comment.span, message));
            }
            accepted.extend(allowed.into_iter().map(|found| Allowed {
                found,
                reason: self.words.reason.clone(),
                until: self.words.until,
                comment: self.comment.span,
            }));
        }
        wrong
    }
}

/// Returns a finding about a comment.
fn about(rule: &'static Rule, comment: Span, message: String) -> Placed {
    Placed::from(Finding {
        rule: rule.code,
        name: rule.name,
        severity: rule.severity,
        step: None,
        part: Place::Whole,
        span: comment,
        message,
        why: rule.why.to_owned(),
        fix: Some(rule.fix.to_owned()),
        layer: rule.layer,
        edit: None,
    })
}

#[cfg(test)]
mod tests;
