//! The terminal: entered in one place, and left in one place on every way out.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ThreadId;

use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Whether the terminal is ours now.
static OURS: AtomicBool = AtomicBool::new(false);

/// Whether another program has the terminal until it ends.
static LENT: AtomicBool = AtomicBool::new(false);

/// The thread that draws; only its panic ends the program.
static DRAWS: Mutex<Option<ThreadId>> = Mutex::new(None);

/// Alternate screen, bracketed paste, cursor hidden. Nothing is enabled that [`LEAVE`] does not disable.
const ENTER: &str = "\x1b[?1049h\x1b[?2004h\x1b[?25l\x1b[2J\x1b[H";
/// The other way round; synchronised output is ended too, in case a frame was cut, and colours are reset.
const LEAVE: &str = "\x1b[?2026l\x1b[0m\x1b[?2004l\x1b[?25h\x1b[?1049l";

/// The cursor is hidden once, with [`ENTER`].
const HIDE_CURSOR: &[u8] = b"\x1b[?25l";

/// Bytes of a frame that no terminal shows by halves.
const SMALL: usize = 96;

/// Takes the terminal: raw mode and our screen.
pub fn enter() -> io::Result<()> {
    crossterm::terminal::enable_raw_mode()?;
    OURS.store(true, Ordering::SeqCst);
    write(ENTER).inspect_err(|_| leave())
}

/// Gives the terminal back as it was. Does nothing where it is not ours; never fails half way.
pub fn leave() {
    if OURS.swap(false, Ordering::SeqCst) {
        let _ = write(LEAVE);
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

/// Gives the terminal to another program while `work` runs it.
pub fn lent<T>(work: impl FnOnce() -> T) -> io::Result<T> {
    LENT.store(true, Ordering::SeqCst);
    leave();
    let done = work();
    LENT.store(false, Ordering::SeqCst);
    enter().map(|()| done)
}

/// Tells whether another program has the terminal.
pub fn is_lent() -> bool {
    LENT.load(Ordering::SeqCst)
}

fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Gives the terminal back when it goes out of scope: on every return and every panic.
#[derive(Debug)]
pub struct Taken(());

impl Taken {
    /// Takes the terminal.
    pub fn take() -> io::Result<Self> {
        *DRAWS.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
            Some(std::thread::current().id());
        catch_panics();
        enter()?;
        Ok(Self(()))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        leave();
    }
}

/// Makes a panic of the drawing thread give the terminal back before its message is printed; what panics in another
/// thread is reported by who waits for it and must not write over the screen.
fn catch_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let draws = *DRAWS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if draws == Some(std::thread::current().id()) {
                leave();
            }
            if !OURS.load(Ordering::SeqCst) {
                before(info);
            }
        }));
    });
}

/// Collects what a frame writes, so that it goes out in one piece.
#[derive(Debug, Clone, Default)]
struct Buffered(Rc<RefCell<Vec<u8>>>);

impl Write for Buffered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The drawing side of the terminal.
#[derive(Debug)]
pub struct Canvas {
    terminal: ratatui::Terminal<CrosstermBackend<Buffered>>,
    buffer: Buffered,
}

impl Canvas {
    /// Returns an empty canvas of the size of the terminal.
    pub fn new() -> io::Result<Self> {
        let buffer = Buffered::default();
        let terminal = ratatui::Terminal::new(CrosstermBackend::new(buffer.clone()))?;
        Ok(Self { terminal, buffer })
    }

    /// Draws a frame; only what differs from the last one is written.
    pub fn draw(&mut self, draw: impl FnOnce(Rect, &mut Buffer)) -> io::Result<()> {
        self.terminal.draw(|frame| draw(frame.area(), frame.buffer_mut()))?;
        self.buffer.send()
    }

    /// Forgets what is on the terminal, so that the next frame is written whole. (ratatui's own way asks the terminal
    /// where its cursor is, and would wait for an answer that the reader of keys takes.)
    pub fn forget(&mut self) -> io::Result<()> {
        *self = Self::new()?;
        self.buffer.write_all(b"\x1b[0m\x1b[2J")
    }
}

impl Buffered {
    /// Writes the collected frame in one write, marked as one update (DEC mode 2026) so that no half of it is seen; what
    /// is as small as a clock that moved on goes without the marks, which would be a third of it.
    fn send(&self) -> io::Result<()> {
        let mut frame = std::mem::take(&mut *self.0.borrow_mut());
        // ratatui hides the cursor and resets colours with every frame, changed or not.
        while frame.ends_with(HIDE_CURSOR) {
            frame.truncate(frame.len() - HIDE_CURSOR.len());
        }
        if frame.is_empty() || frame == b"\x1b[39m\x1b[49m\x1b[59m\x1b[0m" {
            return Ok(());
        }
        let mut whole = Vec::with_capacity(frame.len() + 16);
        if frame.len() > SMALL {
            whole.extend_from_slice(b"\x1b[?2026h");
            whole.extend_from_slice(&frame);
            whole.extend_from_slice(b"\x1b[?2026l");
        } else {
            whole.append(&mut frame);
        }
        let mut out = io::stdout().lock();
        out.write_all(&whole)?;
        out.flush()
    }
}
