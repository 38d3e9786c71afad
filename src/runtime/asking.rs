//! Asks a model for a session: what would be sent, how far it comes, what came of it; ended at once where that is wanted.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::llm::Cancel;

/// The questions under way, each with what ends it.
#[derive(Debug, Default)]
pub(super) struct Asked(Mutex<BTreeMap<u64, Cancel>>);

impl Asked {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Cancel>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a question before it is asked, so that it can be ended at any time.
    pub(super) fn begin(&self, number: u64) {
        self.lock().insert(number, Cancel::default());
    }

    /// Returns what ends a question; one that nobody noted is ended already.
    pub(super) fn cancel(&self, number: u64) -> Cancel {
        self.lock().get(&number).cloned().unwrap_or_else(|| {
            let ended = Cancel::default();
            ended.now();
            ended
        })
    }

    /// Ends a question.
    pub(super) fn end(&self, number: u64) {
        if let Some(cancel) = self.lock().remove(&number) {
            cancel.now();
        }
    }

    /// Forgets a question that is over.
    pub(super) fn over(&self, number: u64) {
        self.lock().remove(&number);
    }

    /// Ends every question.
    pub(super) fn end_all(&self) {
        std::mem::take(&mut *self.lock()).values().for_each(Cancel::now);
    }
}
