//! Bounds how much of what streams in waits to be drawn, so that keys behind it do not wait long.

use std::sync::{Condvar, Mutex, PoisonError};

use crate::flow::News;

/// Files that may wait to be taken in.
const MOST: usize = 512;

/// Counts the files that were told of and are not taken in yet. Who tells of more waits.
#[derive(Debug, Default)]
pub struct Inflow {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    files: usize,
    /// Whether nobody takes anything in any more.
    over: bool,
}

impl Inflow {
    /// Waits until there is room for the news, on the side of who tells them.
    pub fn wait(&self, news: &News) {
        if !matches!(news, News::File(_)) {
            return;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while waiting.files >= MOST && !waiting.over {
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        waiting.files += 1;
    }

    /// Notes that news were taken in.
    pub fn taken(&self, news: &News) {
        if matches!(news, News::File(_)) {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.files = waiting.files.saturating_sub(1);
            self.changed.notify_all();
        }
    }

    /// Lets everybody go.
    pub fn end(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).over = true;
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::FileSeen;
    use std::sync::mpsc::channel;

    #[test]
    fn who_tells_of_more_files_than_are_taken_in_waits_and_nothing_else_does() {
        let inflow = Inflow::default();
        let file = || News::File(FileSeen::Unread { path: "a".into(), why: "b".into() });
        let (to, told) = channel();
        std::thread::scope(|scope| {
            let inflow = &inflow;
            scope.spawn(move || {
                for _ in 0..MOST + 2 {
                    inflow.wait(&file());
                    to.send(()).unwrap();
                }
            });
            (0..MOST).for_each(|_| told.recv().unwrap());
            inflow.wait(&News::FilesComplete);
            assert!(told.try_recv().is_err(), "the next one waits");
            inflow.taken(&file());
            told.recv().unwrap();
            assert!(told.try_recv().is_err());
            inflow.end();
            told.recv().unwrap();
        });
    }
}
