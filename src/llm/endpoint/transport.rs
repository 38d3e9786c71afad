//! The HTTP client: timeouts, proxies, roots of trust, and no redirects.

use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;

use super::address::Address;
use crate::llm::ModelError;

const CONNECT: Duration = Duration::from_secs(10);

/// Makes a client for one endpoint that gives up where nothing comes for `silence`.
///
/// Redirects are not followed: a key must not travel to where the operator did not send it. Proxies of the environment
/// (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`) are honoured, except for this machine, which they cannot reach.
pub fn client(address: &Address, silence: Duration) -> Result<Client, ModelError> {
    // An error says that a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .connect_timeout(CONNECT)
        .read_timeout(silence)
        .redirect(Policy::none())
        .user_agent(concat!("blackstart/", env!("CARGO_PKG_VERSION")));
    if address.is_loopback() {
        builder = builder.no_proxy();
    }
    if !address.is_https() {
        // Without encryption there is nothing to trust, so that a machine without any roots will do.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| {
        let why = causes(&error);
        ModelError::Configuration(format!(
            "this machine has no roots of trust for https ({why}): install them (Debian: apt-get install ca-certificates), \
             or name a file of them in SSL_CERT_FILE"
        ))
    })
}

/// Returns the causes of an error below its first message, which would name the whole URL.
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut told: Vec<String> = vec![];
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        // The HTTP library's own layers say nothing to an operator.
        let is_layer = text.starts_with("client error (");
        if !is_layer && !told.iter().any(|earlier| earlier.contains(&text)) {
            told.push(text);
        }
        source = cause.source();
    }
    match told.is_empty() {
        true => "no cause is given".into(),
        false => told.join(": "),
    }
}
