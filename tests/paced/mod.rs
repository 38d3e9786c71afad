//! A model endpoint that says each piece of its answer when the test tells it to, and keeps what it was asked.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, dead_code)]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

#[path = "../endpoint_wire/mod.rs"]
mod endpoint_wire;

use endpoint_wire::{DONE, STREAM, event, finish, read};

/// How long something is waited for before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Default)]
struct Seen {
    requests: Vec<String>,
    gone: usize,
}

/// An endpoint on a loopback port; one answer at a time.
#[derive(Debug)]
pub struct Endpoint {
    address: SocketAddr,
    say: Sender<(Say, Sender<Instant>)>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
}

enum Say {
    Piece(String),
    End,
}

impl Endpoint {
    /// Starts it.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (say, said) = channel();
        let seen = Arc::<(Mutex<Seen>, Condvar)>::default();
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                serve(connection, &said, &shared);
            }
        });
        Self { address, say, seen }
    }

    /// Returns the part of its URL before `/chat/completions`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Waits for a request and returns the body of this one, counted from 0.
    pub fn request(&self, number: usize) -> String {
        self.wait("request", |seen| seen.requests.get(number).cloned())
    }

    /// Says more of the answer; returns when its last byte was written.
    pub fn say(&self, text: &str) -> Instant {
        self.tell(Say::Piece(text.to_owned()))
    }

    /// Ends the answer as a model does that is done.
    pub fn end(&self) -> Instant {
        self.tell(Say::End)
    }

    /// Waits until so many clients have gone away in the middle of an answer; returns when that was seen.
    pub fn saw_leave(&self, count: usize) -> Instant {
        self.wait("client that leaves", |seen| (seen.gone >= count).then(Instant::now))
    }

    fn tell(&self, say: Say) -> Instant {
        let (written, at) = channel();
        self.say.send((say, written)).unwrap();
        at.recv_timeout(PATIENCE).expect("nobody listens to the endpoint")
    }

    fn wait<T>(&self, what: &str, of: impl Fn(&Seen) -> Option<T>) -> T {
        let (seen, changed) = &*self.seen;
        let guard = seen.lock().unwrap();
        let (guard, _) =
            changed.wait_timeout_while(guard, PATIENCE, |seen| of(seen).is_none()).unwrap();
        of(&guard).expect(what)
    }
}

/// The events that end a reply, with the tokens it took.
fn end() -> String {
    let usage = serde_json::json!({"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [], "usage": {"prompt_tokens": 4321, "completion_tokens": 321, "total_tokens": 4642}});
    format!("{}data: {usage}\n\n{DONE}", finish("stop"))
}

fn serve(
    mut connection: TcpStream,
    said: &Receiver<(Say, Sender<Instant>)>,
    seen: &Arc<(Mutex<Seen>, Condvar)>,
) {
    let Some(request) = read(&mut connection) else {
        return;
    };
    if connection.write_all(STREAM.as_bytes()).is_err() {
        return;
    }
    let left = Arc::new(Mutex::new(false));
    let (mut watched, flag, told) = (connection.try_clone().unwrap(), left.clone(), seen.clone());
    let watcher = std::thread::spawn(move || {
        let mut rest = [0; 64];
        while matches!(watched.read(&mut rest), Ok(count) if count > 0) {}
        *flag.lock().unwrap() = true;
        told.0.lock().unwrap().gone += 1;
        told.1.notify_all();
    });
    seen.0.lock().unwrap().requests.push(request.body);
    seen.1.notify_all();
    loop {
        match said.recv_timeout(Duration::from_millis(5)) {
            Ok((Say::Piece(text), written)) => {
                let _ = connection.write_all(event(&text).as_bytes());
                let _ = written.send(Instant::now());
            }
            Ok((Say::End, written)) => {
                let _ = connection.write_all(end().as_bytes());
                let _ = connection.shutdown(std::net::Shutdown::Write);
                let _ = written.send(Instant::now());
                break;
            }
            Err(_) if *left.lock().unwrap() => return,
            Err(_) => {}
        }
    }
    let _ = watcher.join();
    seen.0.lock().unwrap().gone -= 1;
}
