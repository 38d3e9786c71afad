//! Does the same with many things on all cores, and hands the results on in the order of the things.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, PoisonError};

/// Results that may wait for an earlier one, for each worker.
const AHEAD: usize = 8;

#[derive(Debug)]
struct Bench<R> {
    /// The next thing to be done.
    next: usize,
    /// How many results were handed on.
    taken: usize,
    /// Results that wait for their turn.
    done: BTreeMap<usize, R>,
    /// Whether nobody wants more.
    over: bool,
}

/// Does `work` with every thing on `jobs` threads, and gives each result to `take` on this thread, in order, until it
/// breaks. Only a bounded number of results waits at any time. `around` wraps each worker, for a deeper stack.
pub fn each<T: Sync, R: Send>(
    things: &[T],
    jobs: usize,
    around: impl Fn(&mut (dyn FnMut() + Send)) + Sync,
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(usize, R) -> ControlFlow<()>,
) {
    let jobs = jobs.clamp(1, things.len().max(1));
    let bench = Mutex::new(Bench { next: 0, taken: 0, done: BTreeMap::new(), over: false });
    let (bench, changed) = (&bench, &Condvar::new());
    let lock = || bench.lock().unwrap_or_else(PoisonError::into_inner);
    let wait = |bench| changed.wait(bench).unwrap_or_else(PoisonError::into_inner);
    let worker = || {
        loop {
            let mut held = lock();
            while !held.over && held.next < things.len() && held.next >= held.taken + jobs * AHEAD {
                held = wait(held);
            }
            if held.over || held.next >= things.len() {
                return;
            }
            let at = held.next;
            held.next += 1;
            drop(held);
            let result = work(&things[at]);
            lock().done.insert(at, result);
            changed.notify_all();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| around(&mut || worker()));
        }
        for at in 0..things.len() {
            let mut held = lock();
            let result = loop {
                match held.done.remove(&at) {
                    Some(result) => break result,
                    None => held = wait(held),
                }
            };
            held.taken = at + 1;
            drop(held);
            changed.notify_all();
            if take(at, result).is_break() {
                break;
            }
        }
        lock().over = true;
        changed.notify_all();
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn plainly(work: &mut (dyn FnMut() + Send)) {
        work();
    }

    #[test]
    fn results_come_in_the_order_of_the_things_and_few_of_them_wait() {
        let things: Vec<usize> = (0..500).collect();
        let (started, mut taken) = (AtomicUsize::new(0), vec![]);
        let work = |thing: &usize| {
            started.fetch_add(1, Ordering::SeqCst);
            thing * 2
        };
        each(&things, 3, plainly, work, |at, result| {
            assert_eq!(result, at * 2);
            assert!(started.load(Ordering::SeqCst) <= at + 1 + 3 * AHEAD);
            taken.push(at);
            ControlFlow::Continue(())
        });
        assert_eq!(taken, things);
    }

    #[test]
    fn who_has_enough_ends_the_work() {
        let things: Vec<usize> = (0..500).collect();
        let started = AtomicUsize::new(0);
        let work = |_: &usize| started.fetch_add(1, Ordering::SeqCst);
        each(&things, 2, plainly, work, |at, _| match at {
            0..5 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        });
        assert!(started.load(Ordering::SeqCst) <= 6 + 2 * AHEAD);
        each(&[] as &[usize], 2, plainly, |_| 0, |_, _| ControlFlow::Continue(()));
    }
}
