//! What opens an endpoint: exactly the headers and the query that are configured, and nothing from the environment.

use async_openai::config::Config;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;

use super::address::Address;
use crate::base::Secret;
use crate::llm::{Auth, ModelError};

/// The address of an endpoint with what is sent along to it.
#[derive(Debug, Clone)]
pub struct Access {
    address: Address,
    headers: HeaderMap,
    query: Vec<(String, String)>,
    /// The library wants one; it is never used.
    no_key: SecretString,
}

impl Access {
    /// Puts headers together. Everything in them counts as secret: none is shown, not even in a log of the HTTP library.
    pub fn new(
        address: Address,
        auth: Auth,
        key: Option<&Secret>,
        extra: impl IntoIterator<Item = (String, String)>,
        query: Vec<(String, String)>,
    ) -> Result<Self, ModelError> {
        let mut headers = HeaderMap::new();
        for (name, value) in extra {
            let wrong = || {
                ModelError::Configuration(format!(
                    "the header {name:?} is not one that can be sent"
                ))
            };
            let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
            if [
                reqwest::header::HOST,
                reqwest::header::CONTENT_LENGTH,
                reqwest::header::CONTENT_TYPE,
            ]
            .contains(&header)
            {
                return Err(wrong());
            }
            headers.insert(header, sensitive(value.as_bytes()).ok_or_else(wrong)?);
        }
        if let Some(key) = key {
            let unusable = || {
                ModelError::Configuration("the key holds characters that no key has (a line break, perhaps, or it is not the key at all)".into())
            };
            let key = std::str::from_utf8(key.expose()).map_err(|_| unusable())?.trim();
            if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(unusable());
            }
            let (name, value) = match auth {
                Auth::Bearer => (AUTHORIZATION, format!("Bearer {key}")),
                Auth::ApiKey => (HeaderName::from_static("api-key"), key.to_owned()),
            };
            headers.insert(name, sensitive(value.as_bytes()).ok_or_else(unusable)?);
        }
        Ok(Self { address, headers, query, no_key: SecretString::default() })
    }

    /// Returns where it goes.
    pub fn address(&self) -> &Address {
        &self.address
    }
}

fn sensitive(value: &[u8]) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_bytes(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

impl Config for Access {
    fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address.as_str())
    }

    fn query(&self) -> Vec<(&str, &str)> {
        self.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    fn api_base(&self) -> &str {
        self.address.as_str()
    }

    fn api_key(&self) -> &SecretString {
        &self.no_key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(auth: Auth, key: &str, headers: &[(&str, &str)]) -> Result<Access, ModelError> {
        let address = Address::parse("http://localhost/v1")?;
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Access::new(address, auth, Some(&Secret::new(key)), headers, vec![])
    }

    #[test]
    fn exactly_the_configured_headers_are_sent_and_none_is_shown() {
        let access = access(Auth::Bearer, "sk-horse\n", &[("X-Title", "staple")]).unwrap();
        let sent: Vec<_> = access
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        assert_eq!(
            sent,
            [
                ("x-title".into(), "staple".to_owned()),
                ("authorization".into(), "Bearer sk-horse".into())
            ]
        );
        let shown = format!("{access:?}");
        assert!(!shown.contains("horse") && !shown.contains("staple"), "{shown}");
    }

    #[test]
    fn a_key_that_cannot_be_sent_is_an_error_that_does_not_repeat_it() {
        for key in ["hor\nse", "hor\x00se", "horse\r\nX: y", "", "\n", "hor se", "hörse"] {
            let error = access(Auth::ApiKey, key, &[]).unwrap_err().to_string();
            assert!(error.contains("the key holds") && !error.contains("hor"), "{error}");
        }
        for (name, value) in
            [("a b", "c"), ("x", "a\nb"), ("Host", "a"), ("content-type", "a"), ("", "a")]
        {
            assert!(access(Auth::Bearer, "k", &[(name, value)]).is_err(), "{name:?}");
        }
    }
}
