//! Sends one request and turns whatever answers into well-formed events; keeps what the library would lose.
//!
//! The library cannot tell a cut stream from a whole one, drops the status of most errors, and reads a JSON or HTML body
//! as an empty stream. So it is given a body of our own: every event is one [`Frame`].

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use futures_util::stream;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::{Body, Client, Response};
use tokio::sync::Semaphore;

use super::complaint::Complaint;
use super::retry;
use super::transport::causes;
use super::wire::{Frame, Wire, excerpt};

/// Why a request brought no reply.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Trouble {
    /// Nothing answers, or the connection broke before a reply began.
    #[error("unreachable")]
    Unreachable {
        /// Why.
        why: String,
        /// Whether trying again may help.
        may_pass: bool,
    },
    /// It refused.
    #[error("refused")]
    Refused {
        /// HTTP status.
        status: u16,
        /// What it says.
        complaint: Complaint,
        /// How long it asks to wait.
        wait: Option<Duration>,
    },
    /// What answers is no model endpoint.
    #[error("foreign")]
    Foreign(String),
    /// Nothing came for this long.
    #[error("silent")]
    Silent(Duration),
    /// The reply or the body is too long.
    #[error("too long")]
    TooLong(usize),
    /// The request could not be made.
    #[error("not made")]
    NotMade(String),
}

/// What was seen of the last exchange.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// HTTP status.
    pub status: Option<u16>,
    /// When the request was sent.
    pub sent: Option<Instant>,
    /// When the first byte of the body came.
    pub first_byte: Option<Instant>,
    /// Whether the reply came as a stream.
    pub is_stream: bool,
}

/// One exchange: the client, what is noted of it, and its bounds.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Sends it.
    pub client: Client,
    /// What is seen.
    pub trace: Arc<Mutex<Trace>>,
    /// The most bytes of a reply.
    pub most: usize,
    /// The longest silence.
    pub silence: Duration,
    /// Room for frames that nobody has taken yet.
    pub room: Arc<Semaphore>,
}

/// So many frames may wait to be taken.
pub const ROOM: usize = 64;
/// The most bytes read of an error.
const MOST_OF_AN_ERROR: usize = 16 * 1024;
/// How long the body of an error is waited for.
const PATIENCE_FOR_AN_ERROR: Duration = Duration::from_secs(3);

impl Exchange {
    /// Sends the request.
    pub async fn send(self, factory: HttpRequestFactory) -> Result<Response, OpenAIError> {
        let request = factory.build().await?;
        self.note(|trace| *trace = Trace { sent: Some(Instant::now()), ..Trace::default() });
        let response =
            self.client.execute(request).await.map_err(|error| boxed(self.unsent(&error)))?;
        let status = response.status();
        self.note(|trace| trace.status = Some(status.as_u16()));
        if status.is_redirection() {
            return Err(boxed(Trouble::Foreign(redirected(response.headers()))));
        }
        if !status.is_success() {
            return Err(boxed(refused(response).await));
        }
        let header = |name| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
        };
        let (coding, kind) = (header(CONTENT_ENCODING), header(CONTENT_TYPE).to_ascii_lowercase());
        if !matches!(coding, "" | "identity") {
            let why = format!(
                "its reply is compressed ({}), which was not asked for",
                Complaint::saying(coding).message
            );
            return Err(boxed(Trouble::Foreign(why)));
        }
        if kind.starts_with("text/html") {
            let page = beginning(response).await;
            let title = Complaint::of_body(&page).message;
            return Err(boxed(Trouble::Foreign(format!("it sends a web page ({title})"))));
        }
        if kind.contains("ndjson") {
            return Err(boxed(Trouble::Foreign(
                "it streams lines of JSON, which is Ollama's own interface: its base_url ends in /v1".into(),
            )));
        }
        Ok(Response::from(http::Response::new(self.reframed(response))))
    }

    /// Returns the body cut into frames, each an event of its own.
    fn reframed(self, response: Response) -> Body {
        let wire = Wire::new(self.most);
        let begin =
            Reframing { exchange: self, response, wire, frames: VecDeque::new(), ended: false };
        Body::wrap_stream(stream::unfold(begin, |mut reframing| async move {
            let frame = reframing.next().await?;
            let mut event = b"data: ".to_vec();
            // Frames are text, numbers and JSON values, all of which can be written.
            let _ = serde_json::to_writer(&mut event, &frame);
            event.extend_from_slice(b"\n\n");
            Some((Ok::<_, std::io::Error>(event), reframing))
        }))
    }

    fn unsent(&self, error: &reqwest::Error) -> Trouble {
        if error.is_builder() {
            return Trouble::NotMade(causes(error));
        }
        if error.is_timeout() && !error.is_connect() {
            return Trouble::Silent(self.silence);
        }
        let why = match error.is_timeout() {
            true => "no connection within 10 s".to_owned(),
            false => causes(error),
        };
        // A certificate that is not trusted now will not be in a second.
        let may_pass = !why.contains("certificate");
        Trouble::Unreachable { why, may_pass }
    }

    fn note(&self, note: impl FnOnce(&mut Trace)) {
        note(&mut self.trace.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A body on its way from the connection to the library.
struct Reframing {
    exchange: Exchange,
    response: Response,
    wire: Wire,
    frames: VecDeque<Frame>,
    ended: bool,
}

impl Reframing {
    /// Returns the next frame, once there is room for it: the library would queue any number.
    async fn next(&mut self) -> Option<Frame> {
        while self.frames.is_empty() && !self.ended {
            self.read().await;
        }
        let frame = self.frames.pop_front()?;
        if let Ok(permit) = self.exchange.room.acquire().await {
            permit.forget();
        }
        Some(frame)
    }

    async fn read(&mut self) {
        let mut frames = vec![];
        match self.response.chunk().await {
            Ok(Some(bytes)) => {
                self.wire.push(&bytes, &mut frames);
                let is_stream = frames.iter().any(|frame| matches!(frame, Frame::Event(_)));
                self.exchange.note(|trace| {
                    trace.first_byte.get_or_insert_with(Instant::now);
                    trace.is_stream |= is_stream;
                });
                // A server that never pauses must not keep the deadline from being looked at.
                tokio::task::yield_now().await;
            }
            Ok(None) => {
                self.wire.end(&mut frames);
                self.ended = true;
            }
            Err(error) => {
                frames.push(match error.is_timeout() {
                    true => Frame::Silent(self.exchange.silence.as_secs()),
                    false => Frame::Cut(causes(&error)),
                });
                self.ended = true;
            }
        }
        self.ended |= self.wire.is_over();
        self.frames.extend(frames);
    }
}

fn boxed(trouble: Trouble) -> OpenAIError {
    OpenAIError::Boxed(Box::new(trouble))
}

async fn refused(response: Response) -> Trouble {
    let status = response.status().as_u16();
    let wait = retry::asked_to_wait(response.headers());
    let body = beginning(response).await;
    Trouble::Refused { status, complaint: Complaint::of_body(&body), wait }
}

/// Reads the beginning of a body, as far as it comes soon.
async fn beginning(mut response: Response) -> Vec<u8> {
    let mut body = vec![];
    let read = async {
        while let Ok(Some(bytes)) = response.chunk().await {
            body.extend_from_slice(&bytes);
            if body.len() >= MOST_OF_AN_ERROR {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(PATIENCE_FOR_AN_ERROR, read).await;
    body.truncate(MOST_OF_AN_ERROR);
    body
}

fn redirected(headers: &HeaderMap) -> String {
    let target = headers.get(LOCATION).map(|value| excerpt(value.as_bytes()));
    let shown = target.and_then(|target| {
        let url = reqwest::Url::parse(&target).ok()?;
        Some(format!(" to {}://{}{}", url.scheme(), url.host_str()?, url.path()))
    });
    format!("it redirects{}, which is not followed", shown.unwrap_or_default())
}
