//! Signals that ask a command to end, heard while it does long work that changes nothing.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::{Handle, Signals};

/// The signals from when they are heard until they are closed.
#[derive(Debug)]
pub struct Interrupts {
    signals: Mutex<Signals>,
    handle: Handle,
    /// Whether one came: the next ends the program at once, also where nobody reads what it prints.
    heard: Arc<AtomicBool>,
}

/// Ends the waiting for signals when it goes out of scope.
#[derive(Debug)]
pub struct Closing<'a>(&'a Interrupts);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.handle.close();
    }
}

impl Interrupts {
    /// Hears them from now on; none ends the program by itself.
    pub fn hear() -> io::Result<Self> {
        let heard = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&heard))?;
        }
        let signals = Signals::new([SIGINT, SIGTERM])?;
        Ok(Self { handle: signals.handle(), signals: Mutex::new(signals), heard })
    }

    /// Waits for the next one; nothing once they are closed.
    pub fn next(&self) -> Option<i32> {
        let signal = self.signals.lock().unwrap_or_else(PoisonError::into_inner).forever().next();
        self.heard.store(signal.is_some(), Ordering::SeqCst);
        signal
    }

    /// Returns what ends the waiting.
    pub fn closing(&self) -> Closing<'_> {
        Closing(self)
    }
}
