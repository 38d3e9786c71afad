//! A model behind an OpenAI-compatible endpoint.

mod access;
mod address;
mod chunk;
mod complaint;
mod hearing;
mod manners;
mod request;
mod retry;
mod service;
mod thought;
mod transport;
mod wire;

use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_openai::error::OpenAIError;
use futures_util::StreamExt as _;
use tokio::sync::Semaphore;

pub use address::Address;
pub use manners::{LengthField, Manners, Sent};
pub use service::Trace;

use super::{Answered, Cancel, Limits, Model, ModelConfig, ModelError, Piece, Rung};
use crate::base::{Secret, escape};
use crate::draft::dialogue::{End, Prompt};
use access::Access;
use complaint::{About, Complaint};
use hearing::{Heard, Hearing};
use request::Fixed;
use service::{Exchange, Trouble};
use wire::Frame;

/// How often a cancelled flag is looked at.
const TICK: Duration = Duration::from_millis(20);
/// How long the count of tokens is waited for once the reply is whole.
const AFTERWARDS: Duration = Duration::from_secs(2);
/// So many requests at most answer one question: four rungs, three fields, three failures, and one over.
const MOST_REQUESTS: u32 = 11;

/// A model behind an endpoint. What it learns of the endpoint it keeps for the next question.
#[derive(Debug)]
pub struct Endpoint {
    access: Access,
    fixed: Fixed,
    key: Option<Secret>,
    silence: Duration,
    manners: Mutex<Manners>,
    /// How the question under way is put, which need not be how the last answer was got.
    trying: Mutex<Option<Manners>>,
    trace: Arc<Mutex<Trace>>,
}

impl Endpoint {
    /// Makes the client of a configured model, with its key.
    pub fn new(config: &ModelConfig, key: Option<Secret>) -> Result<Self, ModelError> {
        let address = Address::parse(&config.base_url)?;
        let query = config.query.iter().map(|(name, value)| (name.clone(), value.clone()));
        let headers = config.headers.iter().map(|(name, value)| (name.clone(), value.clone()));
        let access = Access::new(address, config.auth, key.as_ref(), headers, query.collect())?;
        let fixed = Fixed {
            model: config.model.clone(),
            temperature: config.temperature,
            reply_tokens: config.reply_tokens,
            extra: config.extra(),
        };
        let length = config.reply_limit_field.unwrap_or(LengthField::MaxTokens);
        Ok(Self {
            access,
            fixed,
            key,
            silence: config.silence(),
            manners: Mutex::new(Manners { length, ..Manners::default() }),
            trying: Mutex::default(),
            trace: Arc::default(),
        })
    }

    /// Returns the endpoint with what was learned of it before.
    #[must_use]
    pub fn with_manners(self, manners: Manners) -> Self {
        self.relearn(manners);
        self
    }

    /// Returns the endpoint that begins at this rung.
    #[must_use]
    pub fn with_rung(self, rung: Rung) -> Self {
        let manners = Manners { rung, ..self.manners() };
        self.with_manners(manners)
    }

    /// Returns what is known of it.
    pub fn manners(&self) -> Manners {
        *self.manners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what was seen of the last exchange.
    pub fn trace(&self) -> Trace {
        self.trace.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns where it is.
    pub fn address(&self) -> &Address {
        self.access.address()
    }

    /// Replaces what is known of it.
    pub fn relearn(&self, manners: Manners) {
        *self.manners.lock().unwrap_or_else(PoisonError::into_inner) = manners;
    }

    fn try_with(&self, manners: Option<Manners>) {
        *self.trying.lock().unwrap_or_else(PoisonError::into_inner) = manners;
    }

    fn url(&self) -> String {
        self.address().as_str().to_owned()
    }

    /// Asks until there is a reply or nothing left to try.
    async fn talk(
        &self,
        prompt: &Prompt,
        limits: &Limits,
        on_piece: &mut dyn FnMut(Piece<'_>),
        received: &Cell<usize>,
    ) -> Result<Answered, ModelError> {
        let client = transport::client(self.address(), self.silence)?;
        let mut manners = self.manners();
        let mut failures = 0;
        for requests in 1..=MOST_REQUESTS {
            received.set(0);
            let body = request::body(&self.fixed, manners, prompt);
            let trouble = match self.once(&client, &body, limits, on_piece, received).await {
                Ok(heard) => {
                    let is_empty =
                        heard.reply.end == End::Complete && heard.reply.text.trim().is_empty();
                    match manners.rung.lower().filter(|_| is_empty) {
                        None => return Ok(self.answered(heard, manners, requests)),
                        Some(lower) => {
                            manners.rung = lower;
                            self.try_with(Some(manners));
                            on_piece(Piece::Again { why: "the reply is empty" });
                            continue;
                        }
                    }
                }
                Err(trouble) => trouble,
            };
            if let Some(why) = gives_in(&trouble, &mut manners) {
                self.try_with(Some(manners));
                on_piece(Piece::Again { why });
                continue;
            }
            let left = limits.deadline.saturating_duration_since(Instant::now());
            match waits(&trouble).filter(|_| failures < retry::MOST) {
                Some(wait) => {
                    let wait = wait.unwrap_or_else(|| retry::pause(failures));
                    if wait > retry::LONGEST || wait >= left {
                        return Err(self.error(trouble));
                    }
                    failures += 1;
                    on_piece(Piece::Waiting { time: wait });
                    tokio::time::sleep(wait).await;
                    on_piece(Piece::Again { why: "the endpoint failed" });
                }
                None => return Err(self.error(trouble)),
            }
        }
        Err(ModelError::Refused {
            endpoint: self.url(),
            status: 400,
            why: format!("{MOST_REQUESTS} requests, each in another form, were all refused"),
        })
    }

    fn answered(&self, heard: Heard, manners: Manners, requests: u32) -> Answered {
        self.relearn(manners);
        Answered {
            reply: heard.reply,
            usage: heard.usage,
            rung: Some(manners.rung),
            requests,
            remark: None,
        }
    }

    /// Sends one request and listens to its end.
    async fn once(
        &self,
        client: &reqwest::Client,
        body: &serde_json::Value,
        limits: &Limits,
        on_piece: &mut dyn FnMut(Piece<'_>),
        received: &Cell<usize>,
    ) -> Result<Heard, Trouble> {
        let room = Arc::new(Semaphore::new(service::ROOM));
        let exchange = Exchange {
            client: client.clone(),
            trace: Arc::clone(&self.trace),
            most: limits.bytes,
            silence: self.silence,
            room: Arc::clone(&room),
        };
        let service = tower::service_fn(move |factory| exchange.clone().send(factory));
        let client = async_openai::Client::build(client.clone(), self.access.clone())
            .with_http_service(service);
        let chat = client.chat();
        let stream = chat.create_stream_byot::<_, Frame>(body).await;
        let mut stream = stream.map_err(trouble)?;
        let mut hearing = Hearing::new(limits.bytes);
        while !hearing.is_over() {
            let next = match hearing.is_finished() {
                false => stream.next().await,
                true => tokio::time::timeout(AFTERWARDS, stream.next()).await.unwrap_or_default(),
            };
            match next {
                None => break,
                Some(Ok(frame)) => {
                    room.add_permits(1);
                    hearing.take(frame, on_piece)?;
                }
                Some(Err(error)) => return Err(trouble(error)),
            }
            received.set(hearing.bytes());
        }
        Ok(hearing.end(on_piece))
    }

    /// Says what a trouble means for the operator.
    fn error(&self, trouble: Trouble) -> ModelError {
        let endpoint = self.url();
        match trouble {
            Trouble::Unreachable { why, .. } => {
                ModelError::Unreachable { endpoint, why: self.hidden(&why) }
            }
            Trouble::Refused { status, complaint, .. }
                if status == 401 || status == 403 && complaint.is_about_access() =>
            {
                ModelError::Unauthorized { endpoint, why: self.told(&complaint, status) }
            }
            Trouble::Refused { status: 429 | 503 | 529, complaint, wait }
                if !complaint.is_quota() =>
            {
                ModelError::Busy { endpoint, wait }
            }
            Trouble::Refused { status, complaint, .. } => {
                ModelError::Refused { endpoint, status, why: self.told(&complaint, status) }
            }
            Trouble::Foreign(why) => ModelError::NotAnEndpoint { endpoint, why: self.hidden(&why) },
            Trouble::Silent(time) => {
                ModelError::Deadline(format!("not a byte came for {} s", time.as_secs()))
            }
            Trouble::TooLong(_) => ModelError::TooLong(0),
            Trouble::NotMade(why) => ModelError::Configuration(self.hidden(&why)),
        }
    }

    fn told(&self, complaint: &Complaint, status: u16) -> String {
        match complaint.message.as_str() {
            "" => format!("it gives no reason for status {status}"),
            message => self.hidden(message),
        }
    }

    /// Makes what an endpoint says safe to show, without the key, which some repeat.
    fn hidden(&self, text: &str) -> String {
        let key = self
            .key
            .as_ref()
            .map(|key| Secret::new(String::from_utf8_lossy(key.expose()).trim().to_owned()));
        let text = key.map_or_else(|| text.to_owned(), |key| key.hidden_in(text));
        escape::one_line(&text)
    }
}

impl Model for Endpoint {
    fn name(&self) -> String {
        format!("{} at {}", self.fixed.model, self.address().host())
    }

    fn ask(
        &self,
        prompt: &Prompt,
        limits: &Limits,
        on_piece: &mut dyn FnMut(Piece<'_>),
    ) -> Result<Answered, ModelError> {
        let started = Instant::now();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(
            |error| ModelError::Configuration(format!("cannot start the network client: {error}")),
        )?;
        let received = Cell::new(0);
        let result = runtime.block_on(async {
            tokio::select! {
                biased;
                () = cancelled(&limits.cancel) => Err(ModelError::Cancelled),
                () = tokio::time::sleep_until(limits.deadline.into()) => Err(late(started, received.get())),
                result = self.talk(prompt, limits, on_piece, &received) => result,
            }
        });
        // A look-up of a name cannot be stopped; it is not waited for.
        runtime.shutdown_background();
        self.try_with(None);
        match result {
            Err(ModelError::TooLong(_)) => Err(ModelError::TooLong(limits.bytes)),
            result => result,
        }
    }

    fn ask_lower(&self) -> Option<Rung> {
        let manners = self.manners();
        let rung = manners.rung.lower()?;
        self.relearn(Manners { rung, ..manners });
        Some(rung)
    }

    fn preview(&self, prompt: &Prompt) -> String {
        let trying = *self.trying.lock().unwrap_or_else(PoisonError::into_inner);
        let manners = trying.unwrap_or_else(|| self.manners());
        format!("{:#}\n", request::body(&self.fixed, manners, prompt))
    }
}

async fn cancelled(cancel: &Cancel) {
    while !cancel.is_set() {
        tokio::time::sleep(TICK).await;
    }
}

fn late(started: Instant, received: usize) -> ModelError {
    let time = started.elapsed().as_secs_f64();
    ModelError::Deadline(match received {
        0 => format!("{time:.1} s are over, and no word of it came"),
        bytes => format!("{time:.1} s are over, and {bytes} B of an unfinished one came"),
    })
}

/// Returns what the service put into an error of the library.
fn trouble(error: OpenAIError) -> Trouble {
    match error {
        OpenAIError::Boxed(boxed) => match boxed.downcast::<Trouble>() {
            Ok(trouble) => *trouble,
            Err(other) => Trouble::NotMade(other.to_string()),
        },
        // The library would put the payload into its message; it is not shown.
        OpenAIError::JSONDeserialize(..) => Trouble::Foreign("its events cannot be read".into()),
        OpenAIError::StreamError(_) => {
            Trouble::Unreachable { why: "the stream broke".into(), may_pass: false }
        }
        OpenAIError::Reqwest(error) => Trouble::NotMade(transport::causes(&error)),
        OpenAIError::ApiError(_)
        | OpenAIError::FileSaveError(_)
        | OpenAIError::FileReadError(_)
        | OpenAIError::InvalidArgument(_) => {
            Trouble::NotMade("the request could not be made".into())
        }
    }
}

/// Changes how the endpoint is asked, where it refuses the way and not the question.
fn gives_in(trouble: &Trouble, manners: &mut Manners) -> Option<&'static str> {
    let Trouble::Refused { status, complaint, .. } = trouble else {
        return None;
    };
    let about = complaint.about();
    match (status, about) {
        (400 | 422, _)
        | (200, About::Form | About::LengthField | About::Temperature | About::StreamOptions) => {
            manners.give_in(about)
        }
        // A router that finds no provider for the fields, and servers that take a schema for their own failure.
        (404 | 415 | 500 | 501, About::Form) => manners.give_in(about),
        _ => None,
    }
}

/// Returns whether trying the same again may help, and how long the endpoint asks to wait.
fn waits(trouble: &Trouble) -> Option<Option<Duration>> {
    match trouble {
        Trouble::Unreachable { may_pass: true, .. } => Some(None),
        Trouble::Refused { status, complaint, wait } => {
            (retry::may_pass(*status) && !complaint.is_quota()).then_some(*wait)
        }
        Trouble::Unreachable { .. }
        | Trouble::Foreign(_)
        | Trouble::Silent(_)
        | Trouble::TooLong(_)
        | Trouble::NotMade(_) => None,
    }
}
