//! Approve: what is open, the reasons it is accepted, and the name of who says yes.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Reaction, Screen, blank};
use crate::base::readable;
use crate::flow::{Act, Stage, State};
use crate::tui::dialog::{Dialog, Extra, Paste};
use crate::tui::frame::pane;
use crate::tui::keys::{self, Offer, offer};
use crate::tui::list::{List, Move, Page};
use crate::tui::text::Ink;
use crate::tui::theme::{Theme, Tone};

/// The approval of a plan.
#[derive(Debug, Default)]
pub struct Approve {
    list: List,
    page: Page,
    theme: Option<Theme>,
}

fn waive(text: &str, extra: &Extra) -> Act {
    match extra {
        Extra::Waived(what) => Act::Waive(what.clone(), text.to_owned()),
        Extra::None | Extra::Step(_) => Act::Refresh,
    }
}

fn name(text: &str, _: &Extra) -> Act {
    Act::Approver(text.to_owned())
}

fn permitted(state: &State) -> bool {
    let review = state.review.as_ref();
    review.is_some_and(|review| review.permit(state.now, &state.machine.operator).is_ok())
}

impl Screen for Approve {
    fn stage(&self) -> Stage {
        Stage::Approve
    }

    fn status(&self, state: &State) -> String {
        let Some(review) = &state.review else {
            return "Approve".into();
        };
        let open = match (permitted(state), state.approving.open().count()) {
            (true, _) => "APPROVED".to_owned(),
            (false, 0) => "nothing stands against it".to_owned(),
            (false, 1) => "1 thing is open".to_owned(),
            (false, count) => format!("{count} things are open"),
        };
        format!(
            "Approve {}   plan {}   {open}",
            review.plan().id,
            review.subject.fingerprint.short()
        )
    }

    fn context(&self, _: &State) -> String {
        "An approval holds for exactly this plan on these facts; any edit voids it.".into()
    }

    fn offers(&self, state: &State) -> Vec<Offer> {
        let mut offers = vec![];
        if permitted(state) {
            offers.push(offer("x", "go to run", "To the run; nothing starts yet"));
        } else {
            offers.push(offer("A", "approve", "Approve exactly this plan"));
        }
        let chosen = state.approving.gaps.get(self.list.cursor);
        if chosen.is_some_and(|gap| gap.waiver.is_some()) {
            offers.push(offer(
                "Enter",
                "give reason",
                "Accept what is chosen, with a reason that every report shows",
            ));
        }
        offers.extend([
            offer("n", "name", "Who approves; a label, signed by the account of this session"),
            offer("Esc", "back", "To the review"),
        ]);
        offers
    }

    fn draw(&mut self, state: &State, ink: Ink, area: Rect, buf: &mut Buffer) {
        self.theme = Some(ink.0);
        let Some(review) = &state.review else {
            return;
        };
        let gaps = &state.approving.gaps;
        let height = u16::try_from(gaps.len().max(1) * 2).unwrap_or(u16::MAX).saturating_add(2);
        let top = Rect { height: height.min(area.height * 3 / 5), ..area };
        let inner = pane(ink, top, buf, " Not proven ", "");
        if gaps.is_empty() {
            let (tone, text) = match &review.checked {
                Some(_) => (Tone::Good, " everything a dry run can prove is proven"),
                None => (Tone::Faint, " checking ..."),
            };
            Page::default().draw(inner, buf, &[ink.line(tone, text)], 0);
        }
        let rows: Vec<Line<'static>> = gaps
            .iter()
            .flat_map(|gap| {
                let (mark, tone, below) = match &gap.waiver {
                    None => (
                        "OPEN    ",
                        Tone::Danger,
                        "nobody may accept it; it must be put right".to_owned(),
                    ),
                    Some(what) => match state.approving.reasons.get(what) {
                        Some(reason) => ("accepted", Tone::Good, format!("because: {reason}")),
                        None => {
                            ("OPEN    ", Tone::Warn, "Enter gives a reason to accept it".to_owned())
                        }
                    },
                };
                [
                    ink.pieces([(tone, mark), (Tone::Plain, "  "), (Tone::Plain, &gap.message)]),
                    ink.pieces([(Tone::Faint, "          "), (Tone::Faint, &below)]),
                ]
            })
            .collect();
        // The cursor stands on the first line of each pair.
        let mut shown = self.list;
        shown.cursor = self.list.cursor * 2;
        shown.draw(ink.0, inner, buf, rows.len(), |at| rows[at].clone());
        self.list.cursor = self.list.cursor.min(gaps.len().saturating_sub(1));
        let rest = Rect { y: top.bottom(), height: area.height - top.height, ..area };
        let inner = pane(ink, rest, buf, " Who ", "");
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let mut lines = vec![];
        if let Some(gap) = gaps.get(self.list.cursor) {
            lines.extend(ink.labelled("Chosen", Tone::Plain, &gap.message));
            if gap.waiver.is_none() {
                lines.extend(ink.labelled("Next", Tone::Plain, &gap.fix));
            }
            lines.push(blank());
        }
        lines.extend(ink.labelled(
            "Approver",
            Tone::Strong,
            if state.approving.by.is_empty() {
                "(none; n gives a name)"
            } else {
                &state.approving.by
            },
        ));
        lines.extend(ink.labelled(
            "Account",
            Tone::Plain,
            &format!("{} on {}", state.machine.user, state.machine.hostname),
        ));
        for approval in &review.approvals {
            lines.push(blank());
            lines.extend(ink.labelled(
                "Approved",
                Tone::Good,
                &format!(
                    "by {} ({}) at {}, until {}",
                    approval.by,
                    approval.os_user,
                    readable(approval.at),
                    readable(approval.expires)
                ),
            ));
            for waiver in &approval.waivers {
                lines.extend(ink.labelled(
                    "",
                    Tone::Plain,
                    &format!("accepts {}: {}", waiver.what, waiver.reason),
                ));
            }
        }
        for refusal in &state.approving.refusals {
            lines.extend(ink.labelled("Refused", Tone::Danger, refusal));
        }
        if let (Err(refusals), false) =
            (review.permit(state.now, &state.machine.operator), review.approvals.is_empty())
        {
            refusals.iter().for_each(|refusal| {
                lines.extend(ink.labelled("Still", Tone::Danger, &refusal.message))
            });
        }
        self.page.draw(inner, buf, &lines, crate::tui::text::LABEL);
    }

    fn press(&mut self, state: &State, key: KeyEvent) -> Reaction {
        let approving = &state.approving;
        match key.code {
            KeyCode::Char('A') => Reaction::Act(Act::Approve),
            KeyCode::Char('x') => Reaction::Act(Act::ToRun),
            KeyCode::Char('n') => Dialog::line(
                "Who approves?",
                vec![],
                &approving.by,
                Paste::Taken,
                name,
                Extra::None,
            )
            .into(),
            KeyCode::Enter => {
                let gap = approving.gaps.get(self.list.cursor);
                let (Some(gap), Some(theme)) = (gap, self.theme) else {
                    return Reaction::Nothing;
                };
                let Some(what) = gap.waiver.clone() else {
                    return Reaction::Nothing;
                };
                let start = approving.reasons.get(&what).cloned().unwrap_or_default();
                let body = vec![Ink(theme).line(Tone::Plain, &gap.message), blank()];
                Dialog::line(
                    "Why is this accepted? Every report shows it",
                    body,
                    &start,
                    Paste::Refused,
                    waive,
                    Extra::Waived(what),
                )
                .into()
            }
            KeyCode::Esc => Reaction::Act(Act::Back),
            _ => match keys::movement(key) {
                Some(to @ (Move::PageUp | Move::PageDown)) => {
                    self.page.go(to);
                    Reaction::Moved
                }
                Some(to) => {
                    self.list.go(to, approving.gaps.len());
                    Reaction::Moved
                }
                None => Reaction::Nothing,
            },
        }
    }
}
