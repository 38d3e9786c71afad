//! Where an endpoint is.

use reqwest::Url;

use crate::llm::ModelError;

/// A base URL that is safe to show: it holds no credentials and no query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    base: String,
    host: String,
    is_https: bool,
}

impl Address {
    /// Reads a base URL like `http://localhost:8080/v1`.
    pub fn parse(text: &str) -> Result<Self, ModelError> {
        let wrong = |why: &str| Err(ModelError::Configuration(why.to_owned()));
        let Ok(url) = Url::parse(text.trim()) else {
            return wrong("the base URL is not a URL; write it like http://localhost:8080/v1");
        };
        if !url.username().is_empty() || url.password().is_some() {
            return wrong(
                "the base URL holds a user name or a password; give the key with `key:` or --key-env instead",
            );
        }
        if !matches!(url.scheme(), "http" | "https") {
            return wrong("the base URL begins neither with http:// nor with https://");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return wrong(
                "the base URL holds a query; give it with `query:`, like {api-version: \"2024-10-21\"}",
            );
        }
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix("/chat/completions").unwrap_or(path);
        let Some(host) = url.host_str() else {
            return wrong("the base URL names no host");
        };
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Ok(Self {
            base: format!("{}://{host}{port}{}", url.scheme(), path.trim_end_matches('/')),
            host: host.to_owned(),
            is_https: url.scheme() == "https",
        })
    }

    /// Returns the base URL without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.base
    }

    /// Returns the host.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Tells whether what is sent is encrypted.
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// Tells whether it is this machine, which no proxy can reach for us.
    pub fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        bare == "localhost"
            || bare.ends_with(".localhost")
            || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_brought_to_one_form() {
        for (text, base) in [
            ("http://localhost:8080/v1/", "http://localhost:8080/v1"),
            (" https://api.example.com/v1// ", "https://api.example.com/v1"),
            ("https://api.example.com/v1/chat/completions", "https://api.example.com/v1"),
            ("http://[::1]:1234", "http://[::1]:1234"),
            (
                "https://x.example/openai/deployments/d%20e",
                "https://x.example/openai/deployments/d%20e",
            ),
        ] {
            assert_eq!(Address::parse(text).map(|address| address.base), Ok(base.into()), "{text}");
        }
    }

    #[test]
    fn what_could_leak_or_go_astray_is_refused_without_repeating_it() {
        for text in [
            "http://user:hunter2@localhost/v1",
            "http://hunter2@h/v1",
            "hunter2",
            "ftp://hunter2",
            "http://h/v1?key=hunter2",
            "http://",
            "",
            "file:///hunter2",
        ] {
            let error = Address::parse(text).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn loopback_is_known_in_every_spelling() {
        for (text, expected) in [
            ("http://localhost:1", true),
            ("http://127.0.0.2", true),
            ("http://[::1]/v1", true),
            ("http://a.localhost", true),
            ("http://10.0.0.1", false),
            ("http://localhost.example.com", false),
        ] {
            assert_eq!(
                Address::parse(text).map(|address| address.is_loopback()),
                Ok(expected),
                "{text}"
            );
        }
    }
}
