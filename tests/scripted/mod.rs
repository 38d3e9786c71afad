//! A scripted server that misbehaves exactly as told, byte by byte, and keeps every request it gets.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, dead_code)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

#[path = "../endpoint_wire/mod.rs"]
mod endpoint_wire;

use endpoint_wire::read;
pub use endpoint_wire::{DONE, Request, STREAM, event, finish};

/// What the server does next on a connection.
#[derive(Debug, Clone)]
pub enum Act {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Waits before it goes on.
    Pause(Duration),
    /// Sends these bytes over and over, until the client goes away.
    Flood(Vec<u8>),
    /// Says nothing more until the client goes away.
    Silence,
    /// Breaks the connection in the hard way.
    Reset,
}

/// The answer to one request.
#[derive(Debug, Clone)]
pub struct Answer(pub Vec<Act>);

#[derive(Debug, Default)]
struct Shared {
    answers: Vec<Answer>,
    requests: Vec<Request>,
    surplus: usize,
    gone: usize,
}

/// A server on a loopback port. Each connection serves one request with the next answer of the script.
#[derive(Debug)]
pub struct Server {
    address: std::net::SocketAddr,
    shared: Arc<(Mutex<Shared>, Condvar)>,
}

impl Server {
    /// Starts a server that gives these answers in order; a request beyond them is counted, and fails the test when the
    /// server is dropped.
    pub fn new(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared =
            Arc::new((Mutex::new(Shared { answers, ..Shared::default() }), Condvar::new()));
        let serving = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("scripted server".into())
            .spawn(move || {
                for connection in listener.incoming().flatten() {
                    let shared = Arc::clone(&serving);
                    std::thread::spawn(move || serve(connection, &shared));
                }
            })
            .unwrap();
        Self { address, shared }
    }

    /// Starts a server that gives one answer to everything.
    pub fn always(answer: Answer) -> Self {
        Self::new(vec![answer; 64])
    }

    /// Returns its base URL.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Returns its address.
    pub fn address(&self) -> std::net::SocketAddr {
        self.address
    }

    /// Returns every request so far.
    pub fn requests(&self) -> Vec<Request> {
        self.lock().requests.clone()
    }

    /// Waits until so many clients have gone away in the middle of an answer; tells whether they did.
    pub fn saw_clients_leave(&self, count: usize, patience: Duration) -> bool {
        let (shared, changed) = &*self.shared;
        let guard = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let (guard, _) =
            changed.wait_timeout_while(guard, patience, |shared| shared.gone < count).unwrap();
        guard.gone >= count
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let surplus = self.lock().surplus;
        if !std::thread::panicking() {
            assert_eq!(surplus, 0, "{surplus} requests more than the script has answers");
        }
    }
}

fn serve(mut connection: TcpStream, shared: &(Mutex<Shared>, Condvar)) {
    let Some(request) = read(&mut connection) else {
        return;
    };
    let answer = {
        let mut shared = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        shared.requests.push(request);
        match shared.answers.is_empty() {
            true => {
                shared.surplus += 1;
                None
            }
            false => Some(shared.answers.remove(0)),
        }
    };
    let Some(Answer(acts)) = answer else {
        let _ = connection
            .write_all(b"HTTP/1.1 418 Surplus\r\nconnection: close\r\n\r\nno more answers");
        return;
    };
    for act in acts {
        let alive = match act {
            Act::Send(bytes) => {
                connection.write_all(&bytes).and_then(|()| connection.flush()).is_ok()
            }
            Act::Pause(time) => {
                std::thread::sleep(time);
                true
            }
            Act::Flood(bytes) => {
                let bytes = bytes.repeat((1 << 16) / bytes.len() + 1);
                while connection.write_all(&bytes).is_ok() {}
                false
            }
            Act::Silence => {
                let mut rest = [0; 64];
                while matches!(connection.read(&mut rest), Ok(count) if count > 0) {}
                false
            }
            Act::Reset => {
                reset(connection);
                return;
            }
        };
        if !alive {
            shared.0.lock().unwrap_or_else(PoisonError::into_inner).gone += 1;
            shared.1.notify_all();
            return;
        }
    }
    // Closed in order: what the client has not read yet must not be lost.
    let _ = connection.shutdown(std::net::Shutdown::Write);
    let mut rest = [0; 1024];
    while matches!(connection.read(&mut rest), Ok(count) if count > 0) {}
}

/// Closes with unread data in the socket's way, so that the peer sees a reset.
fn reset(connection: TcpStream) {
    let linger = rustix::net::sockopt::set_socket_linger(&connection, Some(Duration::ZERO));
    drop((linger, connection));
}

/// An answer of these bytes and nothing else.
pub fn raw(bytes: impl AsRef<[u8]>) -> Answer {
    Answer(vec![Act::Send(bytes.as_ref().to_vec())])
}

/// An answer with a status, headers (each ended by `\r\n`) and a body.
pub fn status(status: u16, headers: &str, body: &str) -> Answer {
    raw(format!(
        "HTTP/1.1 {status} Said\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    ))
}

/// A stream of these pieces, each sent for itself.
pub fn stream(pieces: &[&str]) -> Answer {
    let mut acts = vec![Act::Send(STREAM.as_bytes().to_vec())];
    acts.extend(pieces.iter().map(|piece| Act::Send(piece.as_bytes().to_vec())));
    Answer(acts)
}

/// A whole, well-behaved stream of this reply, in pieces of a few characters.
pub fn reply(text: &str) -> Answer {
    let characters: Vec<char> = text.chars().collect();
    let mut pieces: Vec<String> =
        characters.chunks(7).map(|piece| event(&piece.iter().collect::<String>())).collect();
    pieces.extend([finish("stop"), DONE.to_owned()]);
    stream(&pieces.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Adds an act.
pub fn then(mut answer: Answer, act: Act) -> Answer {
    answer.0.push(act);
    answer
}
