//! The terminal interface: draws the session, turns keys into what a person does, performs nothing itself.
#![allow(clippy::disallowed_methods)]

mod beside;
mod confirm;
mod dialog;
mod editor;
mod entry;
mod file_text;
mod frame;
mod inflow;
mod input;
mod journal;
mod keys;
mod list;
mod numbers;
mod outgoing;
mod pace;
mod proof;
mod rejected;
mod screens;
mod step_text;
mod terminal;
mod text;
mod theme;
mod view;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crossterm::event::KeyEvent;

use crate::base::{Clock, Id};
use crate::flow::{Act, Effect, Event, News, Session};
use crate::plan::Step;
use crate::runtime::Runtime;
use crate::runtime::perform::Performer;
use inflow::Inflow;
use input::Input;
use pace::{FRAME, Pace};
use terminal::{Canvas, Taken};
use theme::Theme;
use view::{Outcome, View};

/// Where the interface begins.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// At the first screen.
    Home,
    /// At the demo, with a line of guidance at each stage.
    Demo {
        /// Text of its inventory.
        inventory: String,
        /// Text of its incident.
        incident: String,
        /// A step as a tired colleague might add it behind the first one of the draft.
        planted: Option<Box<Step>>,
    },
    /// At a run.
    Attach(Id),
    /// At a file: an incident, an inventory or a plan.
    Open(std::path::PathBuf),
    /// At files and directories with what is found in them.
    Review(Vec<std::path::PathBuf>),
}

/// How the interface was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// By the person.
    Quit,
    /// By the person, who wants to see the demo.
    Demo,
    /// By a signal, or because the terminal went away.
    Signal(i32),
}

/// Something the drawing thread wakes up for.
#[derive(Debug)]
enum Wake {
    Key(KeyEvent, u64),
    Paste(String),
    Resized,
    News(Box<News>),
    Suspend,
    Continued,
    Deadly(i32),
    Lost,
}

/// Runs the interface until it is left. The terminal is given back on every way out.
pub fn run(runtime: Arc<Runtime>, clock: &dyn Clock, start: Start) -> io::Result<Left> {
    let (to, wakes) = channel();
    let started = Instant::now();
    let inflow = Arc::<Inflow>::default();
    let bound = Arc::clone(&inflow);
    let taken = Taken::take()?;
    input::signals(to.clone())?;
    let mut front = Front {
        session: Session::new(clock.now()),
        view: View::new(Theme::of(|name| std::env::var(name).ok())),
        input: Input::start(to.clone(), started)?,
        performer: Performer::start(
            runtime,
            Arc::new(move |news| {
                bound.wait(&news);
                to.send(Wake::News(Box::new(news))).is_ok()
            }),
        ),
        clock,
        inflow: Arc::clone(&inflow),
    };
    let mut canvas = Canvas::new()?;
    front.draw(&mut canvas)?;
    front.begin(start);
    let left = front.attend(&wakes, &mut canvas);
    inflow.end();
    drop(taken);
    match left? {
        Left::Signal(signal) if signal != 0 => input::die(signal),
        left => Ok(left),
    }
}

struct Front<'a> {
    session: Session,
    view: View,
    input: Input,
    performer: Performer,
    clock: &'a dyn Clock,
    inflow: Arc<Inflow>,
}

impl Front<'_> {
    fn begin(&mut self, start: Start) {
        let opening = self.session.opening();
        opening.into_iter().for_each(|effect| self.performer.perform(effect));
        match start {
            Start::Home => {}
            Start::Demo { inventory, incident, planted } => {
                self.hear(Event::Outside(News::Demo { inventory, incident, planted }))
            }
            Start::Attach(run) => self.hear(Event::Person(Act::OpenRun(run))),
            Start::Review(paths) => self.hear(Event::Person(Act::ReviewFiles(paths))),
            Start::Open(path) => self.hear(Event::Person(Act::OpenFile(path))),
        }
    }

    fn draw(&mut self, canvas: &mut Canvas) -> io::Result<()> {
        canvas.draw(|area, buf| self.view.draw(&self.session, area, buf))
    }

    /// Waits, acts, draws: once per batch of what arrived; where much streams in, about once per [`FRAME`].
    fn attend(&mut self, wakes: &Receiver<Wake>, canvas: &mut Canvas) -> io::Result<Left> {
        let mut pace = Pace::default();
        loop {
            let first = match self.ticks() {
                true => match wakes.recv_timeout(self.to_the_second()) {
                    Err(RecvTimeoutError::Disconnected) => return Ok(Left::Quit),
                    other => other.ok(),
                },
                false => match wakes.recv() {
                    Ok(wake) => Some(wake),
                    Err(_) => return Ok(Left::Quit),
                },
            };
            self.session.handle(Event::Tick(self.clock.now()));
            let mut begun = Instant::now();
            let mut next = first;
            let mut news = false;
            while let Some(wake) = next {
                news |= matches!(wake, Wake::News(_));
                if let Some(left) = self.wake(wake, canvas)? {
                    return Ok(left);
                }
                next = wakes.try_recv().ok();
                // All that is there is taken in before a frame, but no frame waits longer than one.
                if next.is_some() && begun.elapsed() > FRAME {
                    self.draw(canvas)?;
                    begun = Instant::now();
                }
            }
            self.draw(canvas)?;
            if news {
                // What streams in is collected between frames; keys wait no longer than one.
                std::thread::sleep(pace.drawn(Instant::now()));
            }
        }
    }

    /// Tells whether something on the screen changes with the clock.
    fn ticks(&self) -> bool {
        let live = self.session.run.as_ref().is_some_and(|run| run.live());
        let asking = self.session.dialogue.asking.is_some();
        live || asking || self.session.deadline().is_some()
    }

    fn to_the_second(&self) -> Duration {
        let nanoseconds = self.clock.now().subsec_nanosecond().unsigned_abs();
        Duration::from_secs(1).saturating_sub(Duration::from_nanos(u64::from(nanoseconds)))
    }

    fn wake(&mut self, wake: Wake, canvas: &mut Canvas) -> io::Result<Option<Left>> {
        let outcome = match wake {
            Wake::Key(key, at) => self.view.press(&self.session, key, at),
            Wake::Paste(text) => self.view.paste(&self.session, &text),
            Wake::News(news) => {
                self.inflow.taken(&news);
                self.tell(Event::Outside(*news), canvas)?;
                return Ok(None);
            }
            Wake::Resized => return Ok(None),
            Wake::Continued => Outcome::Repaint,
            Wake::Suspend => {
                terminal::leave();
                input::stop();
                terminal::enter()?;
                Outcome::Repaint
            }
            Wake::Deadly(signal) => return Ok(Some(Left::Signal(signal))),
            Wake::Lost => return Ok(Some(Left::Signal(0))),
        };
        match outcome {
            Outcome::Quit => return Ok(Some(Left::Quit)),
            Outcome::Demo => return Ok(Some(Left::Demo)),
            Outcome::Suspend => input::ask_to_stop(),
            Outcome::Repaint => canvas.forget()?,
            Outcome::Acts(acts) => {
                for act in acts {
                    self.tell(Event::Person(act), canvas)?;
                }
            }
        }
        Ok(None)
    }

    fn hear(&mut self, event: Event) {
        let effects = self.session.handle(event);
        effects.into_iter().for_each(|effect| self.performer.perform(effect));
    }

    /// Tells the session something and performs what it asks for; the editor needs the terminal, so it runs here.
    fn tell(&mut self, event: Event, canvas: &mut Canvas) -> io::Result<()> {
        let mut effects = self.session.handle(event);
        while !effects.is_empty() {
            let mut more = vec![];
            for effect in effects {
                let Effect::EditStep { step, text } = effect else {
                    self.performer.perform(effect);
                    continue;
                };
                let edited = self.input.aside(|| terminal::lent(|| editor::edit(&text)))?;
                canvas.forget()?;
                let news = match edited {
                    Ok(text) => News::Edited { step, text },
                    Err(why) => News::Failed { doing: "edit the step".into(), why },
                };
                more.extend(self.session.handle(Event::Outside(news)));
            }
            effects = more;
        }
        Ok(())
    }
}
