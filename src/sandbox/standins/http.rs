//! curl, wget and dig: what lies outside is not asked; files are written with a line that stands for what is not known.
#![allow(clippy::disallowed_methods)]

use super::answer::Answer;
use super::book::State;
use super::remote::{Url, is_loopback, place, reason, write_mark};
use super::{Real, StandIn};
use crate::tools::usage::{Line, extra};

pub(super) const CURL: StandIn = StandIn { names: &["curl"], real: Real::Sometimes, answer: curl };
pub(super) const WGET: StandIn = StandIn { names: &["wget"], real: Real::Sometimes, answer: wget };
pub(super) const DIG: StandIn = StandIn { names: &["dig"], real: Real::Sometimes, answer: dig };

fn stays(url: &Url) -> bool {
    url.scheme == "file" || is_loopback(&url.host)
}

fn curl(line: &Line, state: &mut State) -> Answer {
    let given: Vec<&str> =
        line.operands.iter().map(String::as_str).chain(line.values("--url")).collect();
    if line.has("--unix-socket") || line.has("--abstract-unix-socket") {
        return Answer::hands_over();
    }
    if given.is_empty() {
        if line.has("--config") {
            return Answer::quiet().would("fetch what the configuration file says");
        }
        return Answer::fails(
            2,
            "curl: no URL specified!\ncurl: try 'curl --help' or 'curl --manual' for more information",
        );
    }
    let urls: Option<Vec<Url>> = given.iter().map(|text| Url::read(text, "http")).collect();
    let Some(urls) = urls else {
        return Answer::fails(3, "curl: (3) URL using bad/illegal format or missing URL");
    };
    if urls.iter().all(stays) {
        return Answer::hands_over();
    }
    const SCHEMES: &[&str] = &[
        "http", "https", "ftp", "ftps", "sftp", "scp", "file", "dict", "gopher", "imap", "imaps",
        "ldap", "ldaps", "mqtt", "pop3", "pop3s", "rtmp", "rtsp", "smb", "smbs", "smtp", "smtps",
        "telnet", "tftp",
    ];
    if let Some(url) = urls.iter().find(|url| !SCHEMES.contains(&url.scheme.as_str())) {
        return Answer::fails(
            1,
            format!("curl: (1) Protocol \"{}\" not supported or disabled in libcurl", url.scheme),
        );
    }
    for name in ["--retry", "--max-time", "--connect-timeout", "--retry-delay", "--retry-max-time"]
    {
        if line.value(name).is_some_and(|value| value.parse::<f64>().is_err()) {
            return Answer::fails(
                2,
                format!(
                    "curl: option {name}: expected a proper numerical parameter\ncurl: try 'curl --help' or 'curl --manual' for more information"
                ),
            );
        }
    }
    if let Some(missing) = uploads(line).find(|path| !place(state, path).exists()) {
        return Answer::fails(26, format!("curl: Can't open '{missing}'!"));
    }
    let method = method(line);
    let mut answer = Answer::quiet();
    let mut files = line.values("--output").into_iter();
    for url in &urls {
        let file = match files.next() {
            Some(file) => Some(file.to_owned()),
            None if line.has("--remote-name") || line.has("--remote-name-all") => {
                let name = url.path.rsplit('/').next().unwrap_or("");
                if name.is_empty() {
                    answer.and(Answer::fails(23, "curl: Remote file name has no length!"));
                    return answer;
                }
                Some(name.to_owned())
            }
            None => None,
        };
        let sent = uploads(line).next().map_or(String::new(), |path| format!(" with {path}"));
        answer.would.push(format!("{method} {url}{sent}"));
        if line.has("--head") && !line.has("--output") {
            answer.out.push_str("HTTP/1.1 200 OK\r\n\r\n");
        } else if let Some(file) = file.filter(|file| file != "-" && !file.starts_with("/dev/")) {
            let file = match line.value("--output-dir") {
                Some(directory) => format!("{directory}/{file}"),
                None => file,
            };
            if line.has("--create-dirs")
                && let Some(parent) = place(state, &file).parent()
            {
                let _ = std::fs::create_dir_all(parent);
            }
            if let Err(error) =
                write_mark(state, &file, "", &format!("{method} {url} was not sent"))
            {
                let said = reason(&error);
                answer.and(Answer::fails(23, format!("Warning: Failed to open the file {file}: {said}\ncurl: (23) Failure writing output to destination")));
                return answer;
            }
        }
        if let Some(form) = line.value("--write-out") {
            answer.out.push_str(&written_out(form, url));
        }
    }
    answer
}

/// Files that a call sends.
fn uploads(line: &Line) -> impl Iterator<Item = &str> {
    let forms = line.values("--form").into_iter().filter_map(|form| {
        let file = form.split_once('=')?.1;
        let file = file.strip_prefix('@').or_else(|| file.strip_prefix('<'))?;
        Some(file.split([';', ',']).next().unwrap_or(file).trim_matches('"'))
    });
    line.values("--upload-file").into_iter().chain(forms).filter(|path| !matches!(*path, "-" | "."))
}

fn method(line: &Line) -> String {
    let posts = [
        "--data",
        "--data-ascii",
        "--data-binary",
        "--data-raw",
        "--data-urlencode",
        "--form",
        "--json",
        "--form-string",
    ];
    match line.value("--request") {
        Some(method) => method.to_ascii_uppercase(),
        None if line.has("--upload-file") => "PUT".to_owned(),
        None if line.has("--head") => "HEAD".to_owned(),
        None if !line.has("--get") && posts.iter().any(|flag| line.has(flag)) => "POST".to_owned(),
        None => "GET".to_owned(),
    }
}

/// Fills a `--write-out` form as after a good answer; what depends on the answer is empty or 0.
fn written_out(form: &str, url: &Url) -> String {
    let mut out = String::new();
    let mut rest = form;
    while let Some(at) = rest.find(['%', '\\']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(name) = rest.strip_prefix("%{").and_then(|rest| rest.split_once('}')) {
            match name.0 {
                "http_code" | "response_code" => out.push_str("200"),
                "url_effective" | "url" => out.push_str(&url.to_string()),
                "scheme" => out.push_str(&url.scheme.to_ascii_uppercase()),
                "http_version" => out.push_str("1.1"),
                "exitcode" | "errormsg" | "num_redirects" | "size_download" | "size_upload"
                | "num_connects" => {
                    out.push_str(if name.0 == "errormsg" { "" } else { "0" });
                }
                name if name.starts_with("time_") => out.push_str("0.000000"),
                _ => {}
            }
            rest = name.1;
            continue;
        }
        let (text, taken) = match rest.as_bytes() {
            [b'%', b'%', ..] => ("%", 2),
            [b'\\', b'n', ..] => ("\n", 2),
            [b'\\', b't', ..] => ("\t", 2),
            [b'\\', b'r', ..] => ("\r", 2),
            _ => (&rest[..1], 1),
        };
        out.push_str(text);
        rest = &rest[taken..];
    }
    out + rest
}

fn wget(line: &Line, state: &mut State) -> Answer {
    if line.operands.is_empty() {
        if line.has("--input-file") {
            return Answer::quiet().would("fetch what the list of addresses says");
        }
        return Answer::fails(
            1,
            "wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.",
        );
    }
    let urls: Option<Vec<Url>> = line.operands.iter().map(|text| Url::read(text, "http")).collect();
    let Some(urls) = urls else {
        return Answer::fails(1, "wget: Invalid host name.");
    };
    if urls.iter().all(stays) {
        return Answer::hands_over();
    }
    if let Some(url) =
        urls.iter().find(|url| !["http", "https", "ftp", "ftps"].contains(&url.scheme.as_str()))
    {
        return Answer::fails(1, format!("{url}: Unsupported scheme '{}'.", url.scheme));
    }
    let method = match line.value("--method") {
        Some(method) => method.to_owned(),
        None if line.has("--post-data") || line.has("--post-file") => "POST".to_owned(),
        None if line.has("--spider") => "HEAD".to_owned(),
        None => "GET".to_owned(),
    };
    let mut answer = Answer::quiet();
    for url in &urls {
        answer.would.push(format!("{method} {url}"));
        let name =
            url.path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("index.html");
        let file = match (line.value("--output-document"), line.value("--directory-prefix")) {
            (Some(file), _) => file.to_owned(),
            (None, Some(directory)) => {
                let _ = std::fs::create_dir_all(place(state, directory));
                format!("{directory}/{name}")
            }
            (None, None) => name.to_owned(),
        };
        if line.has("--spider") || file == "-" || file.starts_with("/dev/") {
            continue;
        }
        if let Err(error) = write_mark(state, &file, "", &format!("{method} {url} was not sent")) {
            answer.and(Answer::fails(
                3,
                format!("{file}: {}\n\nCannot write to '{file}' ({0}).", reason(&error)),
            ));
        }
    }
    answer
}

fn dig(line: &Line, _state: &mut State) -> Answer {
    let mut names = Vec::new();
    let mut server = None;
    for word in &line.operands {
        if let Some(option) = word.strip_prefix('+') {
            if !is_option(option) {
                return Answer::fails(
                    1,
                    format!(
                        "Invalid option: {word}\nUsage:  dig [@global-server] [domain] [q-type] [q-class] {{q-opt}}"
                    ),
                );
            }
        } else if let Some(at) = word.strip_prefix('@') {
            server = Some(at.to_owned());
        } else {
            names.push(word.as_str());
        }
    }
    names.extend(line.values("-q").into_iter().chain(line.values("-x")));
    if server.as_deref().is_some_and(is_loopback) {
        return Answer::hands_over();
    }
    let from = server.map_or(String::new(), |server| format!(" from {server}"));
    let names = if names.is_empty() { ".".to_owned() } else { names.join(" ") };
    Answer::quiet().would(format!("ask{from} for {names}"))
}

/// Tells whether dig knows an option; its beginning is enough.
fn is_option(given: &str) -> bool {
    let name = given.split_once('=').map_or(given, |(name, _)| name);
    let bare = name.strip_prefix("no");
    extra("dig", "dig+").split_ascii_whitespace().any(|known| {
        let (negatable, known) =
            known.strip_prefix('!').map_or((false, known), |known| (true, known));
        let known = known.trim_end_matches('=');
        !name.is_empty() && known.starts_with(name)
            || negatable && bare.is_some_and(|bare| !bare.is_empty() && known.starts_with(bare))
    })
}

/// Returns the line that stands for the body of an answer.
#[cfg(test)]
fn body(what: &str) -> String {
    super::remote::mark("", what)
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn what_lies_outside_is_noted_and_not_asked() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("up"), "x").unwrap();
        let mut state = State::new(directory.path());
        let table = [
            ("curl -fsS https://me:secret@h/x?token=y", 0, "", "GET https://h/x?…"),
            (
                "curl -fsS -o /dev/null -w %{http_code}\\n https://h/health",
                0,
                "200\n",
                "GET https://h/health",
            ),
            ("curl -sI h", 0, "HTTP/1.1 200 OK\r\n\r\n", "HEAD http://h"),
            ("curl -X DELETE https://h/x", 0, "", "DELETE https://h/x"),
            ("curl -d a=b https://h/x", 0, "", "POST https://h/x"),
            ("curl -T /up https://h/x", 0, "", "PUT https://h/x with /up"),
            ("curl -T /missing https://h/x", 26, "", ""),
            ("curl -o /no/such/x https://h/x", 23, "", "GET https://h/x"),
            ("curl -O https://h/", 23, "", ""),
            ("curl --foo https://h/", 2, "", "refuse the call"),
            ("curl -o", 2, "", "refuse the call"),
            ("curl", 2, "", ""),
            ("curl foo://h/", 1, "", ""),
            ("curl --retry many https://h/", 2, "", ""),
            ("wget -qO- https://h/x", 0, "", "GET https://h/x"),
            ("wget --spider -q https://h/x", 0, "", "HEAD https://h/x"),
            ("wget", 1, "", ""),
            ("wget --foo", 2, "", "refuse the call"),
            ("dig +short app.example.org", 0, "", "ask for app.example.org"),
            (
                "dig @10.0.0.53 app.example.org A +tcp",
                0,
                "",
                "ask from 10.0.0.53 for app.example.org A",
            ),
            ("dig +foo app", 1, "", ""),
            ("dig -Z", 1, "", "refuse the call"),
        ];
        for (line, code, out, would) in table {
            let answer = ask(line, &mut state);
            let first = answer.would.first().map_or("", String::as_str);
            // Where the file cannot be placed, what would be sent is still told, or nothing at all.
            assert_eq!((answer.code, answer.out.as_str()), (code, out), "{line}: {}", answer.err);
            if !(would.is_empty() || code == 23) {
                assert_eq!(first, would, "{line}");
            }
        }
        for line in [
            "curl http://127.0.0.1:8080/x",
            "curl localhost:1",
            "wget -qO- http://[::1]/",
            "dig @127.0.0.1 x",
            "curl --unix-socket /s http://h/",
        ] {
            assert_eq!(ask(line, &mut state).then, super::super::answer::Then::HandOver, "{line}");
        }
        assert_eq!(ask("curl -fo /got https://h/x", &mut state).code, 0);
        let written = std::fs::read_to_string(directory.path().join("got")).unwrap();
        assert_eq!(written, body("GET https://h/x was not sent"));
    }
}
