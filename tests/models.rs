//! Configured models: the examples of every endpoint, and the `models` command with its environment.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::print_stderr)]

mod left_out;
mod scripted;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use blackstart::base::Secret;
use blackstart::draft::dialogue::{Message, Prompt, Role};
use blackstart::llm::{self, Cancel, Endpoint, Limits, Model as _, Rung};
use blackstart::redact::Redacted;
use blackstart::runtime::{ModelChoice, Runtime};
use left_out::left_out;
use scripted::{Answer, Request, Server, raw, reply, status};
use serde_json::{Value, json};

fn prompt() -> Prompt {
    Prompt {
        messages: vec![
            Message { role: Role::System, text: Redacted::fixed("rules") },
            Message { role: Role::User, text: Redacted::fixed("facts") },
        ],
        schema_name: "plan",
        schema: json!({"type": "object"}),
        reply_tokens: 1000,
    }
}

/// The request that a file of `fixtures/models` leads to, when its host is a server of ours.
fn request(file: &str) -> Request {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let (models, problems) = llm::read(&text);
    assert_eq!(problems, [], "{file}");
    let server = Server::new(vec![reply("{}")]);
    let mut config = models.unwrap().models.remove(0);
    let (_, rest) = config.base_url.split_once("://").unwrap();
    let path = rest.find('/').map_or("", |at| &rest[at..]);
    config.base_url = format!("http://{}{path}", server.address());
    let key = config.key.is_some().then(|| Secret::new("the-key"));
    let limits = Limits {
        deadline: Instant::now() + Duration::from_secs(20),
        bytes: 1 << 16,
        cancel: Cancel::default(),
    };
    Endpoint::new(&config, key).unwrap().ask(&prompt(), &limits, &mut |_| {}).unwrap();
    let request = server.requests().remove(0);
    assert_eq!(request.header("host"), Some(server.address().to_string().as_str()));
    request
}

#[test]
fn the_example_of_every_endpoint_makes_exactly_its_request() {
    let body = |model: &str, more: Value| {
        let mut body = json!({
            "model": model, "stream": true, "stream_options": {"include_usage": true},
            "messages": [{"role": "system", "content": "rules"}, {"role": "user", "content": "facts"}],
            "response_format": {"type": "json_schema", "json_schema": {"name": "plan", "schema": {"type": "object"}, "strict": true}},
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let bearer = ("authorization", "Bearer the-key");
    let api_key = ("api-key", "the-key");
    let local = || json!({"max_tokens": 1000, "temperature": 0.2});
    for (file, path, headers, expected) in [
        (
            "openai.yaml",
            "/v1/chat/completions",
            vec![bearer],
            body("gpt-4.1", json!({"max_completion_tokens": 1000})),
        ),
        (
            "azure-deployment.yaml",
            "/openai/deployments/DEPLOYMENT/chat/completions?api-version=2024-10-21",
            vec![api_key],
            body("gpt-4.1", json!({"max_tokens": 1000})),
        ),
        (
            "azure-v1.yaml",
            "/openai/v1/chat/completions",
            vec![api_key],
            body("DEPLOYMENT", json!({"max_tokens": 1000})),
        ),
        (
            "openrouter.yaml",
            "/api/v1/chat/completions",
            vec![bearer, ("x-title", "blackstart")],
            body(
                "qwen/qwen3-32b",
                json!({"max_tokens": 1000, "provider": {"require_parameters": true}}),
            ),
        ),
        ("vllm.yaml", "/v1/chat/completions", vec![bearer], body("Qwen/Qwen3-32B", local())),
        ("llama-cpp.yaml", "/v1/chat/completions", vec![], body("local", local())),
        ("ollama.yaml", "/v1/chat/completions", vec![], body("qwen3:32b", local())),
    ] {
        let request = request(file);
        assert_eq!(request.line, format!("POST {path} HTTP/1.1"), "{file}");
        assert_eq!(request.json(), expected, "{file}");
        let always = ["accept", "content-length", "content-type", "host", "user-agent"];
        let mut own: Vec<_> = request
            .headers
            .iter()
            .filter(|(name, _)| !always.contains(&name.as_str()))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let mut headers = headers;
        own.sort_unstable();
        headers.sort_unstable();
        assert_eq!(own, headers, "{file}");
        assert_eq!(request.header("content-type"), Some("application/json"), "{file}");
    }
}

#[test]
fn every_example_is_tested_and_named_in_the_page_beside_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models");
    let page = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let test = include_str!("models.rs");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".yaml") {
            assert!(
                page.contains(&format!("({name})")) && test.contains(&format!("\"{name}\"")),
                "{name}"
            );
        }
    }
}

/// A home of its own for the command.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Describes the models in the place where they are looked for.
    fn describe(&self, models: &str) {
        let folder = self.path(".config/blackstart");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(
            folder.join("models.yaml"),
            format!("schema: blackstart/models/v1\nmodels:\n{models}"),
        )
        .unwrap();
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_blackstart"))
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.0.path())
            .envs(environment.iter().copied())
            .output()
            .unwrap()
    }
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn ok() -> Answer {
    reply("{\"ok\": true}")
}

#[test]
fn a_probe_tries_every_form_and_the_best_is_remembered() {
    let home = Home::new();
    let refuse =
        || status(400, "", "{\"error\":{\"message\":\"response_format is not supported\"}}");
    let usage =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":10}}\n\n";
    let counted = scripted::stream(&[
        &scripted::event("{\"ok\": true}"),
        &scripted::finish("stop"),
        usage,
        scripted::DONE,
    ]);
    let server = Server::new(vec![
        refuse(),
        refuse(),
        counted.clone(), // strict: down to object
        refuse(),
        counted.clone(), // schema: down to object
        counted.clone(), // object works
        counted,         // text works
    ]);
    home.describe(&format!(
        "- id: local\n  base_url: {}\n  model: m\n  price: {{input_per_million: 10, output_per_million: 100, currency: EUR}}\n",
        server.base_url()
    ));
    let before = home.run(&["models"], &[]);
    assert!(
        before.status.success() && said(&before).contains("form       not learned yet"),
        "{}",
        said(&before)
    );
    let output = home.run(&["models", "--probe"], &[]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    for line in [
        "strict     does not work: refused; it answers as object",
        "schema     does not work: refused; it answers as object",
        "object     works: streams, status 200, first byte",
        "100 + 10 tokens, 0.0020 EUR",
        "text       works",
    ] {
        assert!(text.contains(line), "no {line:?} in\n{text}");
    }
    let after = said(&home.run(&["models"], &[]));
    assert!(after.contains("form       object, learned 20"), "{after}");
    let json: Value = serde_json::from_slice(&home.run(&["models", "--json"], &[]).stdout).unwrap();
    assert_eq!(
        (&json["schema"], &json["models"][0]["learned"]["rung"]),
        (&json!("blackstart/model-list/v1"), &json!("object"))
    );
    for request in server.requests() {
        assert!(request.body.contains("This is a test of the connection"), "{}", request.body);
    }
}

#[test]
fn a_probe_that_fails_says_why_and_what_to_do_with_exit_code_11() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let page = status(200, "content-type: text/html\r\n", "<title>Sign in</title>");
    let (portal, denied) =
        (Server::new(vec![page]), Server::new(vec![status(401, "", "{\"error\":\"no\"}")]));
    for (url, expected, advice) in [
        (format!("http://{gone}/v1"), "cannot be reached: tcp connect error", "is it running"),
        (
            portal.base_url(),
            "it sends a web page (Sign in), status 200",
            "base_url must be the part before",
        ),
        (denied.base_url(), "refuses the key: no, status 401", "look where"),
    ] {
        let output =
            Home::new().run(&["models", "--probe", "--model", "m", "--base-url", &url], &[]);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(11), "{text}");
        assert!(text.contains(expected) && text.contains(advice), "{text}");
    }
}

#[test]
fn no_key_of_the_environment_goes_where_nobody_sent_it() {
    let ambient = [
        ("OPENAI_API_KEY", "sk-ambient-1"),
        ("OPENAI_ADMIN_KEY", "sk-ambient-2"),
        ("OPENAI_ORG_ID", "org-ambient"),
        ("OPENAI_PROJECT_ID", "proj-ambient"),
        ("OPENAI_BASE_URL", "http://127.0.0.1:9/v1"),
        ("AZURE_OPENAI_API_KEY", "ambient-3"),
        ("ANTHROPIC_API_KEY", "ambient-4"),
        ("OPENROUTER_API_KEY", "ambient-5"),
    ];
    let check = |arguments: &[&str], more: &[(&str, &str)], expected: Option<&str>| {
        let server = Server::new(vec![ok(); 4]);
        let home = Home::new();
        home.describe(&format!("- {{id: plain, base_url: '{0}', model: m}}\n- {{id: named, base_url: '{0}', model: m, key: {{env: TEAM_KEY}}}}\n", server.base_url()));
        let url = server.base_url();
        let mut command = vec!["models", "--probe"];
        command.extend(
            arguments
                .iter()
                .map(|argument| if *argument == "URL" { url.as_str() } else { argument }),
        );
        let output = home.run(&command, &[&ambient[..], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert!(
            !said(&output).contains("ambient") && !said(&output).contains("sesame"),
            "{}",
            said(&output)
        );
        for request in server.requests() {
            assert_eq!(request.header("authorization"), expected, "{arguments:?}");
            let all = format!("{request:?}");
            assert!(!all.contains("ambient"), "{all}");
            assert!(!all.contains("openai-"), "{all}");
        }
    };
    check(&["plain"], &[("BLACKSTART_API_KEY", "sesame"), ("TEAM_KEY", "sesame")], None);
    check(&["named"], &[("TEAM_KEY", "sesame")], Some("Bearer sesame"));
    check(&["--model", "m", "--base-url", "URL"], &[], None);
    check(
        &["--model", "m", "--base-url", "URL"],
        &[("BLACKSTART_API_KEY", "sesame")],
        Some("Bearer sesame"),
    );
    check(
        &["--model", "m", "--base-url", "URL", "--key-env", "TEAM_KEY"],
        &[("TEAM_KEY", "sesame"), ("BLACKSTART_API_KEY", "x")],
        Some("Bearer sesame"),
    );
}

#[test]
fn a_key_that_is_missing_or_broken_is_said_without_a_request() {
    let home = Home::new();
    home.describe("- {id: a, base_url: 'http://127.0.0.1:9/v1', model: m, key: {env: TEAM_KEY}}\n");
    let output = home.run(&["models"], &[]);
    assert!(
        output.status.success() && said(&output).contains("TEAM_KEY: NOT SET"),
        "{}",
        said(&output)
    );
    let output = home.run(&["models", "--probe"], &[]);
    assert_eq!(output.status.code(), Some(11));
    assert!(said(&output).contains("set TEAM_KEY"), "{}", said(&output));
    for key in ["ses\name", "sesame\u{1}", "ses ame"] {
        let output = home.run(&["models", "--probe"], &[("TEAM_KEY", key)]);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(11), "{text}");
        assert!(
            text.contains("the key holds characters")
                && !text.contains("ame")
                && !text.contains("panicked"),
            "{text}"
        );
    }
    assert!(said(&home.run(&["models"], &[("TEAM_KEY", "sesame")])).contains("TEAM_KEY: present"));
}

#[test]
fn proxies_of_the_environment_are_used_but_never_for_this_machine() {
    let server = Server::new(vec![ok(); 4]);
    let dead = ("HTTP_PROXY", "http://127.0.0.1:9");
    let output = Home::new().run(
        &["models", "--probe", "--model", "m", "--base-url", &server.base_url()],
        &[dead, ("http_proxy", dead.1), ("ALL_PROXY", dead.1)],
    );
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    // A host that is not this machine is asked through the proxy, by its whole URL.
    let proxy = Server::new(vec![ok(); 4]);
    let address = format!("http://{}", proxy.address());
    let output = Home::new().run(
        &["models", "--probe", "--model", "m", "--base-url", "http://models.invalid/v1"],
        &[("http_proxy", &address)],
    );
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(proxy.requests()[0].line, "POST http://models.invalid/v1/chat/completions HTTP/1.1");
}

#[test]
fn wrong_documents_and_options_are_refused_with_their_place() {
    let home = Home::new();
    let refuses = |arguments: &[&str], expected: &str| {
        let output = home.run(arguments, &[]);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}\n{text}");
        assert!(text.contains(expected), "{arguments:?}: no {expected:?} in\n{text}");
    };
    refuses(&["models"], "no model is configured");
    refuses(&["models", "--model", "x"], "no model is configured");
    refuses(&["models", "--models", "none.yaml"], "none.yaml");
    refuses(&["models", "--base-url", "http://h"], "--model");
    refuses(
        &["models", "--model", "m", "--base-url", "http://u:hunter2@h/v1"],
        "holds a user name or a password",
    );
    home.describe("- {id: local, base_url: 'http://h/v1', model: m}\n- {id: other, base_url: 'ftp://h', model: m, kee: 1}\n");
    refuses(&["models"], "did you mean \"key\"?");
    home.describe("- {id: local, base_url: 'ftp://h', model: m}\n");
    refuses(&["models"], "models.yaml:3:25");
    home.describe("- {id: local, base_url: 'http://h/v1', model: m}\n");
    refuses(&["models", "--model", "locla"], "did you mean \"local\"?");
}

/// A TLS server of its own authority that answers every connection once; none where openssl(1) is missing.
fn tls_server(home: &Home) -> Option<(std::net::SocketAddr, PathBuf)> {
    let (key, certificate) = (home.path("key.pem"), home.path("certificate.pem"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ])
        .args([
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        left_out("not installed: openssl");
        return None;
    }
    use rustls::pki_types::pem::PemObject as _;
    let chain = vec![rustls::pki_types::CertificateDer::from_pem_file(&certificate).unwrap()];
    let key = rustls::pki_types::PrivateKeyDer::from_pem_file(&key).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = std::sync::Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for connection in listener.incoming().flatten() {
            let config = std::sync::Arc::clone(&config);
            std::thread::spawn(move || {
                let mut stream = rustls::StreamOwned::new(
                    rustls::ServerConnection::new(config).unwrap(),
                    connection,
                );
                let mut request = [0; 1 << 14];
                if stream.read(&mut request).is_ok() {
                    let Answer(acts) = ok();
                    for act in acts {
                        if let scripted::Act::Send(bytes) = act {
                            let _ = stream.write_all(&bytes);
                        }
                    }
                    stream.conn.send_close_notify();
                    let _ = stream.flush();
                }
            });
        }
    });
    Some((address, certificate))
}

#[test]
fn an_encrypted_endpoint_needs_a_trusted_certificate_and_a_plain_one_nothing() {
    let home = Home::new();
    let nothing = home.path("nothing");
    std::fs::create_dir(&nothing).unwrap();
    let nothing = nothing.to_str().unwrap();
    let no_roots = [("SSL_CERT_FILE", "/dev/null"), ("SSL_CERT_DIR", nothing)];
    let plain = Server::new(vec![ok(); 4]);
    let output = home
        .run(&["models", "--probe", "--model", "m", "--base-url", &plain.base_url()], &no_roots);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let output = home.run(
        &["models", "--probe", "--model", "m", "--base-url", "https://localhost:9/v1"],
        &no_roots,
    );
    assert_eq!(output.status.code(), Some(11));
    assert!(
        said(&output).contains("no roots of trust") && said(&output).contains("ca-certificates"),
        "{}",
        said(&output)
    );
    let Some((address, certificate)) = tls_server(&home) else {
        return;
    };
    let url = format!("https://localhost:{}/v1", address.port());
    let trusting = [("SSL_CERT_FILE", certificate.to_str().unwrap()), ("SSL_CERT_DIR", nothing)];
    let output = home.run(&["models", "--probe", "--model", "m", "--base-url", &url], &trusting);
    assert!(
        output.status.success() && said(&output).contains("encrypted  yes"),
        "{}",
        said(&output)
    );
    // Another authority than the one that signed it.
    let other = Home::new();
    let Some((_, stranger)) = tls_server(&other) else {
        return;
    };
    let distrusting = [("SSL_CERT_FILE", stranger.to_str().unwrap()), ("SSL_CERT_DIR", nothing)];
    let output = home.run(&["models", "--probe", "--model", "m", "--base-url", &url], &distrusting);
    assert_eq!(output.status.code(), Some(11));
    assert!(
        said(&output).contains("certificate") && said(&output).contains("SSL_CERT_FILE"),
        "{}",
        said(&output)
    );
}

#[test]
fn what_a_chosen_model_learns_is_known_the_next_time() {
    let data = tempfile::tempdir().unwrap();
    let refuse = status(400, "", "{\"error\":\"response_format: json_schema is unknown\"}");
    let server = Server::new(vec![refuse.clone(), refuse, reply("{}"), reply("{}"), reply("{}")]);
    let choice = ModelChoice {
        model: Some("m".into()),
        base_url: Some(server.base_url()),
        ..ModelChoice::default()
    };
    let ask = |is_unfit: bool| {
        let chosen = Runtime::open(Some(data.path().to_owned())).unwrap().model(&choice).unwrap();
        let limits = Limits {
            deadline: Instant::now() + Duration::from_secs(20),
            bytes: 1 << 16,
            cancel: Cancel::default(),
        };
        if is_unfit {
            chosen.model.ask_lower();
        }
        let answered = chosen.model.ask(&prompt(), &limits, &mut |_| {}).unwrap();
        (answered.rung, answered.requests)
    };
    assert_eq!(ask(false), (Some(Rung::Object), 3));
    assert_eq!(ask(true), (Some(Rung::Text), 1));
    assert_eq!(ask(false), (Some(Rung::Text), 1));
}

#[test]
fn a_server_that_speaks_no_http_is_no_endpoint() {
    let server = Server::always(raw("SSH-2.0-OpenSSH_9.2\r\n"));
    let output = Home::new()
        .run(&["models", "--probe", "--model", "m", "--base-url", &server.base_url()], &[]);
    assert_eq!(output.status.code(), Some(11), "{}", said(&output));
    assert!(said(&output).contains("HTTP"), "{}", said(&output));
}
