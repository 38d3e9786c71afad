//! Leads a dialogue with a model: what leaves is on record first, the reply is heard and judged, and asked for again.

use std::collections::BTreeMap;

use super::{DialogueEnd, Runtime};
use crate::base::Digest;
use crate::draft::Request;
use crate::draft::dialogue::{Dialogue, End, Heard, Next, ROUNDS, pseudonyms};
use crate::evidence::Event;
use crate::flow::dialogue::Progress;
use crate::llm::{Limits, Model, ModelError, Piece, Rung, Usage};

/// Leads one dialogue, and counts what it takes.
pub(super) struct Lead<'a> {
    runtime: &'a Runtime,
    model: &'a dyn Model,
    request: &'a Request<'a>,
    limits: Limits,
    /// Tokens of all replies together, where the endpoint counts them.
    pub usage: Option<Usage>,
    /// How many requests it took.
    pub requests: u32,
    /// How the form of the last reply was asked for.
    pub rung: Option<Rung>,
    /// What the model said beside its replies.
    pub remarks: Vec<String>,
}

impl<'a> Lead<'a> {
    pub(super) fn new(
        runtime: &'a Runtime,
        model: &'a dyn Model,
        request: &'a Request<'a>,
        limits: Limits,
    ) -> Self {
        let (usage, requests, rung, remarks) = (None, 0, None, vec![]);
        Self { runtime, model, request, limits, usage, requests, rung, remarks }
    }

    /// Asks and judges until the dialogue is done. An error ends the asking; what was accepted before it stays.
    pub(super) fn all(
        &mut self,
        dialogue: &mut Dialogue<'_>,
        on: &mut dyn FnMut(Progress),
    ) -> Result<(), DialogueEnd> {
        loop {
            let asked = self.once(dialogue, on);
            on(Progress::Judging);
            let mut next = match &asked {
                Ok(Heard::Candidate) => Next::Check,
                Ok(Heard::Unusable { why }) => {
                    on(Progress::Unusable(why.clone()));
                    dialogue.judge(&[], &[])
                }
                Err(_) => dialogue.give_up(),
            };
            while next == Next::Check
                && let Some(candidate) = dialogue.candidate()
            {
                let checked = self.runtime.checked(candidate, self.request);
                next = dialogue.judge(&checked.findings, &checked.steps);
            }
            asked?;
            if next != Next::Ask {
                return Ok(());
            }
        }
    }

    fn once(
        &mut self,
        dialogue: &mut Dialogue<'_>,
        on: &mut dyn FnMut(Progress),
    ) -> Result<Heard, DialogueEnd> {
        let prompt = dialogue.prompt().clone();
        let round = dialogue.rounds() + 1;
        let bytes = self.model.preview(&prompt);
        let replaced = pseudonyms(&prompt);
        let names = replaced.values().sum::<u64>();
        on(Progress::Asking {
            round,
            of: ROUNDS,
            bytes: bytes.len(),
            replaced: usize::try_from(names).unwrap_or(usize::MAX),
        });
        if self.limits.cancel.is_set() {
            return Err(ModelError::Cancelled.into());
        }
        let mut sent = Digest::of(bytes.as_bytes());
        self.record(round, &bytes, &replaced)?;
        let mut unrecorded = None;
        let answered = self.model.ask(&prompt, &self.limits, &mut |piece| match piece {
            Piece::Text(text) => {
                for step in dialogue.hear(text) {
                    on(Progress::Step(step));
                }
            }
            Piece::Again { why } => {
                dialogue.again();
                on(Progress::Again(why.to_owned()));
                // A lower rung sends other bytes: they are on record before they leave, or do not leave.
                let bytes = self.model.preview(&prompt);
                let digest = Digest::of(bytes.as_bytes());
                if std::mem::replace(&mut sent, digest) != digest
                    && let Err(error) = self.record(round, &bytes, &replaced)
                {
                    unrecorded = Some(error);
                    self.limits.cancel.now();
                }
            }
            Piece::Thinking(bytes) => on(Progress::Thinking(bytes)),
            Piece::Waiting { time } => on(Progress::Waiting(time.as_secs())),
        });
        if let Some(error) = unrecorded {
            return Err(error);
        }
        let answered = answered?;
        self.remarks.extend(answered.remark);
        self.requests += answered.requests;
        self.rung = answered.rung.or(self.rung);
        if let Some(usage) = answered.usage {
            let sum = self.usage.unwrap_or_default();
            self.usage = Some(Usage {
                prompt: sum.prompt.saturating_add(usage.prompt),
                reply: sum.reply.saturating_add(usage.reply),
                cached: sum.cached.saturating_add(usage.cached),
            });
        }
        let was_complete = answered.reply.end == End::Complete;
        let heard = dialogue.answer(answered.reply);
        if was_complete && matches!(heard, Heard::Unusable { .. }) {
            self.model.ask_lower();
        }
        Ok(heard)
    }

    /// Writes down what is about to leave: how much, its digest, and how many names of which kind were replaced in it.
    fn record(
        &self,
        round: u32,
        bytes: &str,
        replaced: &BTreeMap<String, u64>,
    ) -> Result<(), DialogueEnd> {
        let event = Event::ModelAsked {
            model: self.model.name(),
            round,
            bytes: bytes.len() as u64,
            digest: Digest::of(bytes.as_bytes()),
            replaced: replaced.clone(),
        };
        let recorded = self.runtime.store().record(self.runtime.now(), None, None, &event);
        recorded.map(drop).map_err(|error| DialogueEnd::Log(error.into()))
    }
}
