//! What stand-ins of remote tools share: who is inside the sandbox, addresses without secrets, files that stand for what is not known.
#![allow(clippy::disallowed_methods)]

use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::book::State;

/// The beginning of every line that stands for something unknown.
pub(super) const MARK: &str = "blackstart stand-in:";

/// Where a server would be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Server {
    /// By a socket in the tree.
    Socket(String),
    /// By name or address, and port.
    Address(String, u16),
}

impl Server {
    /// Tells whether it can only be on this machine.
    pub(super) fn is_local(&self) -> bool {
        match self {
            Self::Socket(_) => true,
            Self::Address(host, _) => is_loopback(host),
        }
    }

    /// Tells whether something in the sandbox answers there. Nothing but loopback and sockets of the tree is tried.
    pub(super) fn answers(&self, state: &State) -> bool {
        match self {
            Self::Socket(path) => UnixStream::connect(state.path(path)).is_ok(),
            Self::Address(host, port) => {
                let own: Vec<SocketAddr> = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
                    Ok(address) if address.is_loopback() => vec![(address, *port).into()],
                    Ok(_) => Vec::new(),
                    Err(_) if is_loopback(host) => ("localhost", *port)
                        .to_socket_addrs()
                        .map(|found| found.filter(|one| one.ip().is_loopback()).collect())
                        .unwrap_or_default(),
                    Err(_) => Vec::new(),
                };
                let soon = Duration::from_millis(500);
                own.iter().any(|address| TcpStream::connect_timeout(address, soon).is_ok())
            }
        }
    }

    /// Tells whether the call belongs to the real tool: the server is in the sandbox, was there
    /// before, or is one of this machine that a step stopped.
    pub(super) fn is_inside(&self, state: &mut State, units: &[&str]) -> bool {
        let key = self.to_string();
        if self.answers(state) {
            state.update::<Vec<String>, _>("servers", |known| {
                if !known.contains(&key) {
                    known.push(key);
                }
            });
            return true;
        }
        self.is_local()
            && (state.get::<Vec<String>>("servers").contains(&key) || stopped(state, units))
    }
}

impl std::fmt::Display for Server {
    fn fmt(&self, form: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Socket(path) => form.write_str(path),
            Self::Address(host, port) => write!(form, "{host}:{port}"),
        }
    }
}

/// Tells whether a step stopped a unit whose name begins like one of these.
fn stopped(state: &mut State, units: &[&str]) -> bool {
    let known: std::collections::BTreeMap<String, serde_json::Value> = state.get("units");
    known.iter().any(|(name, unit)| {
        units.iter().any(|prefix| name.starts_with(prefix)) && unit["active"] == "inactive"
    })
}

/// Tells whether a name or an address is this machine's own.
pub(super) fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']).trim_end_matches('.');
    host.eq_ignore_ascii_case("localhost")
        || host.to_ascii_lowercase().ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// An address of the web, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Url {
    pub(super) scheme: String,
    pub(super) host: String,
    pub(super) port: Option<u16>,
    /// From the first `/` on, without query and fragment.
    pub(super) path: String,
    has_query: bool,
}

impl Url {
    /// Reads `scheme://user:secret@host:port/path?query`; without a scheme it is `scheme`.
    pub(super) fn read(text: &str, scheme: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://").unwrap_or((scheme, text));
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, behind) = rest.split_at(end);
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let bracketed = host.starts_with('[').then(|| host.find(']')).flatten();
        let colon = host.rfind(':').filter(|at| bracketed.is_none_or(|end| *at > end));
        let (host, port) = match colon {
            Some(at) => (&host[..at], host[at + 1..].parse().ok()),
            None => (host, None),
        };
        if host.is_empty() && scheme != "file" {
            return None;
        }
        let path = behind.split(['?', '#']).next().unwrap_or("");
        Some(Self {
            scheme: scheme.to_ascii_lowercase(),
            host: host.to_owned(),
            port,
            path: path.to_owned(),
            has_query: behind.contains('?'),
        })
    }
}

impl std::fmt::Display for Url {
    /// Without account, password and query: all of them may hold secrets.
    fn fmt(&self, form: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(form, "{}://{}", self.scheme, self.host)?;
        if let Some(port) = self.port {
            write!(form, ":{port}")?;
        }
        form.write_str(&self.path)?;
        if self.has_query { form.write_str("?…") } else { Ok(()) }
    }
}

/// Returns where a path of a call leads: from the root of the tree, or from the working directory.
pub(super) fn place(state: &State, path: &str) -> PathBuf {
    if path.starts_with('/') { state.path(path) } else { PathBuf::from(path) }
}

/// Writes a file that a call would write, with a line that says it is a stand-in's.
pub(super) fn write_mark(
    state: &State,
    path: &str,
    comment: &str,
    what: &str,
) -> std::io::Result<()> {
    write_file(state, path, &mark(comment, what))
}

/// Writes a file that a call would write.
pub(super) fn write_file(state: &State, path: &str, text: &str) -> std::io::Result<()> {
    std::fs::write(place(state, path), text)
}

/// Returns the line that stands for what is not known: `-- blackstart stand-in: WHAT`.
pub(super) fn mark(comment: &str, what: &str) -> String {
    format!("{comment}{MARK} {}; this line stands for what it would have written\n", bounded(what))
}

/// Tells whether a file was written by a stand-in; a directory, when a file in it was.
pub(super) fn is_marked(state: &State, path: &str) -> bool {
    fn marked(path: &Path) -> bool {
        use std::io::Read as _;
        let mut head = Vec::new();
        let read = std::fs::File::open(path).map(|file| file.take(64).read_to_end(&mut head));
        read.is_ok() && String::from_utf8_lossy(&head).contains(MARK)
    }
    let path = place(state, path);
    if path.is_dir() {
        return std::fs::read_dir(&path)
            .is_ok_and(|entries| entries.flatten().take(1000).any(|entry| marked(&entry.path())));
    }
    path.is_file() && marked(&path)
}

/// Returns an error in the words of the C library: `No such file or directory`.
pub(super) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// Cuts a text for people: one line, at most 160 characters.
pub(super) fn bounded(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 160 {
        return line;
    }
    line.chars().take(159).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_what_may_be_secret() {
        for (text, shown, host) in [
            ("https://u:p@h:8443/a/b?token=x#y", "https://h:8443/a/b?…", "h"),
            ("example.org/a", "http://example.org/a", "example.org"),
            ("http://[::1]:80/", "http://[::1]:80/", "[::1]"),
            ("file:///etc/hosts", "file:///etc/hosts", ""),
            ("http://user@h", "http://h", "h"),
        ] {
            let url = Url::read(text, "http").unwrap();
            assert_eq!((url.to_string().as_str(), url.host.as_str()), (shown, host), "{text}");
        }
        assert_eq!(Url::read("http://", "http"), None);
    }

    #[test]
    fn only_what_is_inside_answers() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::new(directory.path());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let inside = Server::Address("127.0.0.1".to_owned(), port);
        assert!(inside.is_inside(&mut state, &[]));
        drop(listener);
        // It was there: that it is gone is for the real tool to say.
        assert!(inside.is_inside(&mut state, &[]));
        assert!(!Server::Address("10.255.255.1".to_owned(), port).answers(&state));
        let socket = Server::Socket("/s".to_owned());
        assert!(!socket.is_inside(&mut state, &["app"]));
        let _kept = std::os::unix::net::UnixListener::bind(directory.path().join("s")).unwrap();
        assert!(socket.answers(&state));
        state.set("units", &serde_json::json!({"app@1.service": {"active": "inactive"}}));
        assert!(Server::Socket("/other".to_owned()).is_inside(&mut state, &["app"]));
    }
}
