//! What comes from the terminal and the system: keys, pastes, sizes, signals, each from one thread.

use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::{self, Event, KeyEvent};
use rustix::event::{PollFd, PollFlags, poll};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;
use signal_hook::low_level::{emulate_default_handler, exit};

use super::{Wake, keys, terminal};

/// The thread that reads the terminal; it can be asked to keep its hands off it.
#[derive(Debug)]
pub struct Input {
    wake: io::PipeWriter,
    resting: Receiver<()>,
    resume: Sender<()>,
}

impl Input {
    /// Starts to read.
    pub fn start(to: Sender<Wake>, started: Instant) -> io::Result<Self> {
        let (reader, wake) = io::pipe()?;
        let (rest, resting) = channel();
        let (resume, resumed) = channel();
        let reader = OwnedFd::from(reader);
        thread::Builder::new().name("input".into()).spawn(move || {
            if read(&to, &reader, &rest, &resumed, started).is_err() {
                let _ = to.send(Wake::Lost);
            }
        })?;
        Ok(Self { wake, resting, resume })
    }

    /// Runs `work` while nothing reads the terminal, so that another program can.
    pub fn aside<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let asked = self.wake.write_all(b"p").is_ok() && self.resting.recv().is_ok();
        let done = work();
        if asked {
            let _ = self.resume.send(());
        }
        done
    }
}

/// Sleeps until the terminal has something or a rest is asked for.
fn read(
    to: &Sender<Wake>,
    wake: &OwnedFd,
    rest: &Sender<()>,
    resumed: &Receiver<()>,
    started: Instant,
) -> io::Result<()> {
    let stdin = io::stdin();
    loop {
        let tty = stdin.as_fd();
        let mut both = [PollFd::new(&tty, PollFlags::IN), PollFd::new(wake, PollFlags::IN)];
        match poll(&mut both, None) {
            Err(rustix::io::Errno::INTR) => continue,
            other => other?,
        };
        if !both[1].revents().is_empty() {
            rustix::io::read(wake, &mut [0u8; 1])?;
            if rest.send(()).is_err() || resumed.recv().is_err() {
                return Ok(());
            }
            continue;
        }
        if both[0].revents().intersects(PollFlags::HUP | PollFlags::ERR) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let mut pressed: Vec<KeyEvent> = vec![];
        let mut wakes = vec![];
        while event::poll(Duration::ZERO)? {
            match event::read()? {
                Event::Key(key) => pressed.push(key),
                Event::Paste(text) => {
                    wakes.extend(told(&mut pressed, started));
                    wakes.push(Wake::Paste(text));
                }
                Event::Resize(..) => wakes.push(Wake::Resized),
                Event::FocusGained | Event::FocusLost | Event::Mouse(_) => {}
            }
        }
        wakes.extend(told(&mut pressed, started));
        for wake in wakes {
            if to.send(wake).is_err() {
                return Ok(());
            }
        }
    }
}

/// Turns keys that arrived together into presses, or into the paste that they are.
fn told(pressed: &mut Vec<KeyEvent>, started: Instant) -> Vec<Wake> {
    let pressed = std::mem::take(pressed);
    match keys::burst(&pressed) {
        Some(text) => vec![Wake::Paste(text)],
        None => {
            let now = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            pressed.into_iter().map(|key| Wake::Key(key, now)).collect()
        }
    }
}

/// How long the drawing thread has to leave by itself when a signal asks it to.
const GRACE: Duration = Duration::from_secs(1);

/// Starts to listen for signals.
pub fn signals(to: Sender<Wake>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH])?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            let sent = match signal {
                // The editor has the terminal; what is typed there is meant for it.
                SIGINT | SIGQUIT if terminal::is_lent() => Ok(()),
                SIGTSTP if terminal::is_lent() => {
                    stop();
                    Ok(())
                }
                SIGWINCH => to.send(Wake::Resized),
                SIGCONT => to.send(Wake::Continued),
                SIGTSTP => to.send(Wake::Suspend),
                deadly => {
                    let sent = to.send(Wake::Deadly(deadly));
                    thread::spawn(move || {
                        thread::sleep(GRACE);
                        die(deadly);
                    });
                    sent
                }
            };
            if sent.is_err() {
                return;
            }
        }
    })?;
    Ok(())
}

/// Gives the terminal back and ends the way the signal ends a program.
pub fn die(signal: i32) -> ! {
    terminal::leave();
    let _ = emulate_default_handler(signal);
    exit(128 + signal)
}

/// Stops the program until the shell continues it.
pub fn stop() {
    let _ = emulate_default_handler(SIGTSTP);
}

/// Asks the shell's job, of which this program may be only a part, to stop.
pub fn ask_to_stop() {
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
}
