//! The endpoint client against a server that misbehaves in every way endpoints are known to.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod scripted;

use std::time::{Duration, Instant};

use blackstart::draft::dialogue::{End, Message, Prompt, Role};
use blackstart::llm::{
    Answered, Cancel, Endpoint, Limits, Model as _, ModelConfig, ModelError, Piece, Rung, Usage,
};
use blackstart::redact::Redacted;
use scripted::{
    Act, Answer, DONE, STREAM, Server, event, finish, raw, reply, status, stream, then,
};

fn prompt() -> Prompt {
    let say = |role, text| Message { role, text: Redacted::fixed(text) };
    Prompt {
        messages: vec![say(Role::System, "rules"), say(Role::User, "facts")],
        schema_name: "plan",
        schema: serde_json::json!({"type": "object"}),
        reply_tokens: 100,
    }
}

fn limits(time: Duration) -> Limits {
    Limits { deadline: Instant::now() + time, bytes: 64 * 1024, cancel: Cancel::default() }
}

fn endpoint(server: &Server) -> Endpoint {
    Endpoint::new(&ModelConfig::bare("m", &server.base_url(), None), None).unwrap()
}

/// Asks, and asserts that the pieces make up the reply and that it ends within its deadline and a second.
#[track_caller]
fn ask_within(server: &Server, time: Duration) -> Result<Answered, ModelError> {
    let mut shown = String::new();
    let started = Instant::now();
    let answered = endpoint(server).ask(&prompt(), &limits(time), &mut |piece| match piece {
        Piece::Text(text) => shown.push_str(text),
        Piece::Again { .. } => shown.clear(),
        Piece::Thinking(_) | Piece::Waiting { .. } => {}
    });
    let took = started.elapsed();
    assert!(took < time + Duration::from_secs(1), "it took {took:?}");
    if let Ok(answered) = &answered
        && answered.reply.end != End::Declined
    {
        assert_eq!(shown, answered.reply.text, "what was shown is not what was returned");
    }
    answered
}

#[track_caller]
fn ask(answer: Answer) -> Result<Answered, ModelError> {
    ask_within(&Server::new(vec![answer]), Duration::from_secs(20))
}

fn ended(text: &str, end: End) -> Result<(String, End), String> {
    Ok((text.to_owned(), end))
}

#[track_caller]
fn check(what: &str, answer: Answer, expected: Result<(String, End), String>) {
    let answered = ask(answer).map(|answered| (answered.reply.text, answered.reply.end));
    match (&answered, &expected) {
        (Err(error), Err(words)) => {
            assert!(error.to_string().contains(words), "{what}: {error}");
        }
        _ => assert_eq!(answered.as_ref().ok(), expected.as_ref().ok(), "{what}: {answered:?}"),
    }
}

#[test]
fn a_good_stream_is_asked_for_once_and_heard_whole() {
    let server = Server::new(vec![reply("{\"a\": \"灾难恢复\"}")]);
    let answered = ask_within(&server, Duration::from_secs(20)).unwrap();
    assert_eq!(answered.reply.text, "{\"a\": \"灾难恢复\"}");
    assert_eq!(
        (answered.reply.end, answered.rung, answered.requests),
        (End::Complete, Some(Rung::Strict), 1)
    );
    let requests = server.requests();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(request.line, "POST /v1/chat/completions HTTP/1.1");
    let mut names: Vec<&str> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "content-length", "content-type", "host", "user-agent"]);
    assert_eq!(request.json()["messages"][1]["content"], "facts");
    assert_eq!(request.json()["stream"], true);
}

#[test]
fn the_quirks_of_streams_are_understood() {
    let piece = |delta: &str| format!("data: {{\"choices\":[{{\"delta\":{delta}}}]}}\n\n");
    let good = |text: &str| ended(text, End::Complete);
    for (what, pieces, expected) in [
        (
            "empty finish reason",
            vec![
                event("a"),
                "data: {\"choices\":[{\"delta\":{\"content\":\"b\"},\"finish_reason\":\"\"}]}\n\n"
                    .into(),
                finish("stop"),
                DONE.into(),
            ],
            good("ab"),
        ),
        ("only [DONE]", vec![event("a"), DONE.into()], good("a")),
        ("only a reason", vec![event("a"), finish("stop")], good("a")),
        ("eos_token", vec![event("a"), finish("eos_token"), DONE.into()], good("a")),
        ("end_turn", vec![event("a"), finish("end_turn")], good("a")),
        (
            "empty usage",
            vec![event("a"), "data: {\"choices\":[],\"usage\":{}}\n\n".into(), DONE.into()],
            good("a"),
        ),
        (
            "float created",
            vec![
                "data: {\"created\":1.5,\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n".into(),
                DONE.into(),
            ],
            good("a"),
        ),
        ("delta null", vec![piece("null"), event("a"), DONE.into()], good("a")),
        (
            "choices null",
            vec![
                "data: {\"choices\":null}\n\n".into(),
                event("a"),
                "data: {\"choices\":[]}\n\n".into(),
                DONE.into(),
            ],
            good("a"),
        ),
        (
            "reasoning_content",
            vec![piece("{\"reasoning_content\":\"hm\"}"), event("a"), DONE.into()],
            good("a"),
        ),
        (
            "reasoning in tags",
            vec![event("<thi"), event("nk>hm"), event("</think>a"), DONE.into()],
            good("a"),
        ),
        (
            "no space",
            vec!["data:{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata:[DONE]\n\n".into()],
            good("a"),
        ),
        ("CRLF", vec![event("a").replace('\n', "\r\n"), DONE.replace('\n', "\r\n")], good("a")),
        (
            "comments",
            vec![": OPENROUTER PROCESSING\n\n".into(), event("a"), ":\n\n".into(), DONE.into()],
            good("a"),
        ),
        ("[DONE] with a space", vec![event("a"), "data: [DONE] \n\n".into()], good("a")),
        ("no blank line at the end", vec![event("a"), "data: [DONE]".into()], good("a")),
        (
            "an event nobody knows",
            vec!["event: ping\ndata: {\"type\":\"ping\"}\n\n".into(), event("a"), DONE.into()],
            good("a"),
        ),
        (
            "an error in the middle",
            vec![
                event("a"),
                "data: {\"error\":{\"message\":\"overloaded\",\"code\":500}}\n\n".into(),
            ],
            ended("a", End::Failed("overloaded".into())),
        ),
        (
            "event: error",
            vec![event("a"), "event: error\ndata: {\"message\":\"boom\"}\n\n".into()],
            ended("a", End::Failed("boom".into())),
        ),
        (
            "an error as reason",
            vec![event("a"), finish("error"), DONE.into()],
            ended("a", End::Failed("it ended with the reason \"error\"".into())),
        ),
        ("cut between events", vec![event("a")], ended("a", End::Cut)),
        (
            "cut in an event",
            vec![event("a"), "data: {\"choices\":[{\"del".into()],
            ended("a", End::Failed("an event is not JSON".into())),
        ),
        ("length", vec![event("a"), finish("length"), DONE.into()], ended("a", End::Length)),
        (
            "content_filter",
            vec![event("a"), finish("content_filter"), DONE.into()],
            ended("a", End::Filtered),
        ),
        (
            "refusal",
            vec![piece("{\"refusal\":\"I will not\"}"), finish("stop"), DONE.into()],
            ended("I will not", End::Declined),
        ),
        ("an empty stream", vec![], Err("empty stream".into())),
        (
            "events of another protocol",
            vec!["{\"model\":\"m\",\"response\":\"a\",\"done\":true}".into()],
            Err("holds no `choices`".into()),
        ),
        ("not JSON", vec!["data: hello\n\n".into()], Err("not JSON (hello)".into())),
    ] {
        check(what, stream(&pieces.iter().map(String::as_str).collect::<Vec<_>>()), expected);
    }
}

#[test]
fn a_reply_that_is_no_stream_is_taken_or_refused_by_what_it_is() {
    let json = "content-type: application/json\r\n";
    let whole = r#"{"choices":[{"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#;
    check("stream ignored", status(200, json, whole), ended("a", End::Complete));
    check(
        "stream ignored, no reason",
        status(200, json, &whole.replace("\"stop\"", "null")),
        ended("a", End::Complete),
    );
    check(
        "stream ignored, length",
        status(200, json, &whole.replace("\"stop\"", "\"length\"")),
        ended("a", End::Length),
    );
    check(
        "events without their type",
        status(200, "", &format!("{}{DONE}", event("a"))),
        ended("a", End::Complete),
    );
    check(
        "events called JSON",
        status(200, json, &format!("{}{DONE}", event("a"))),
        ended("a", End::Complete),
    );
    for (what, answer, words) in [
        ("HTML 200", status(200, "content-type: text/html; charset=utf-8\r\n", "<html><title>Sign in</title></html>"), "does not answer like a model endpoint: it sends a web page (Sign in)"),
        ("HTML without its type", status(200, "", "<!doctype html><title>Portal</title>"), "(Portal)"),
        ("text", status(200, "content-type: text/plain\r\n", "hello\n"), "neither events nor JSON (hello)"),
        ("nothing", status(200, "", ""), "empty stream"),
        ("half a body", status(200, json, "{\"choices\":[{\"mess"), "the connection ended before the reply began"),
        ("another JSON", status(200, json, "{\"ok\":true}"), "holds no `choices`"),
        ("compressed", raw(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n\x1f\x8b"), "compressed (gzip)"),
        ("lines of JSON", status(200, "content-type: application/x-ndjson\r\n", "{}\n"), "ends in /v1"),
        ("redirect", status(307, "location: https://elsewhere.example/v1?token=hunter2\r\n", ""), "it redirects to https://elsewhere.example/v1, which is not followed"),
    ] {
        let server = Server::always(answer);
        let error = ask_within(&server, Duration::from_secs(20)).unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains("hunter2"), "{what}: {error}");
    }
    let error = "{\"error\":{\"message\":\"no credit\",\"code\":402}}";
    let refused = ask(status(200, json, error)).unwrap_err();
    assert!(
        matches!(&refused, ModelError::Refused { status: 402, why, .. } if why == "no credit"),
        "{refused:?}"
    );
}

#[test]
fn a_refusal_keeps_its_status_and_its_words_in_every_shape() {
    for (code, body, expected) in [
        (
            401,
            r#"{"error":{"message":"Incorrect API key provided"}}"#,
            "refuses the key: Incorrect API key provided",
        ),
        (401, "", "refuses the key: it gives no reason for status 401"),
        (403, r#"{"detail":"Forbidden"}"#, "refuses the key: Forbidden"),
        (
            404,
            r#"{"error":"model \"m\" not found, try pulling it first"}"#,
            "refuses the request (404): model \"m\" not found, try pulling it first",
        ),
        (404, r#"{"detail":"Not Found"}"#, "(404): Not Found"),
        (
            400,
            r#"{"error":{"code":400,"message":"too many images","type":"invalid_request_error"}}"#,
            "(400): too many images",
        ),
        (
            400,
            r#"{"object":"error","message":"This model's maximum context length is 8192 tokens","type":"BadRequestError","code":400}"#,
            "(400): This model's maximum context length",
        ),
        (
            413,
            "<html><title>413 Request Entity Too Large</title></html>",
            "(413): 413 Request Entity Too Large",
        ),
        (405, "method not allowed\r\n", "(405): method not allowed"),
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#,
            "(429): You exceeded your current quota",
        ),
        (418, "", "(418): it gives no reason for status 418"),
    ] {
        check(&format!("{code} {body}"), status(code, "", body), Err(expected.into()));
    }
}

#[test]
fn a_failure_that_may_pass_is_tried_again_a_few_times() {
    for (code, body) in [
        (500, "boom"),
        (503, "{\"error\":{\"message\":\"busy\"}}"),
        (429, "slow down"),
        (502, "<html>"),
    ] {
        let server = Server::new(vec![status(code, "", body), status(code, "", body), reply("{}")]);
        let answered = ask_within(&server, Duration::from_secs(20)).unwrap();
        assert_eq!((answered.reply.text.as_str(), answered.requests), ("{}", 3), "{code}");
        let server = Server::new(vec![status(code, "", body); 4]);
        let error = ask_within(&server, Duration::from_secs(20)).unwrap_err();
        match code {
            429 | 503 => assert!(matches!(error, ModelError::Busy { wait: None, .. }), "{error:?}"),
            _ => assert!(
                matches!(error, ModelError::Refused { status, .. } if status == code),
                "{error:?}"
            ),
        }
        assert_eq!(server.requests().len(), 4);
    }
    // Broken before it began, in three ways; then it works.
    let broken =
        vec![raw(""), Answer(vec![Act::Reset]), then(raw(STREAM), Act::Reset), reply("{}")];
    assert_eq!(ask_within(&Server::new(broken), Duration::from_secs(20)).unwrap().requests, 4);
    // An error in the stream before the first word is like one by status.
    let overloaded = stream(&["data: {\"error\":{\"message\":\"overloaded\",\"code\":529}}\n\n"]);
    assert_eq!(
        ask_within(&Server::new(vec![overloaded, reply("{}")]), Duration::from_secs(20))
            .unwrap()
            .requests,
        2
    );
}

#[test]
fn a_wish_to_wait_is_kept_where_there_is_time_and_told_where_there_is_none() {
    let server = Server::new(vec![status(429, "retry-after: 1\r\n", "later"), reply("{}")]);
    let mut waited = vec![];
    let answered =
        endpoint(&server).ask(&prompt(), &limits(Duration::from_secs(20)), &mut |piece| {
            if let Piece::Waiting { time } = piece {
                waited.push(time);
            }
        });
    assert_eq!((answered.unwrap().requests, waited), (2, vec![Duration::from_secs(1)]));
    let requests = server.requests();
    assert!(requests[1].at - requests[0].at >= Duration::from_secs(1));
    for wish in [
        "retry-after: 3600\r\n",
        "retry-after: Fri, 01 Jan 2100 00:00:00 GMT\r\n",
        "retry-after-ms: 25000\r\n",
    ] {
        let started = Instant::now();
        let server = Server::new(vec![status(429, wish, "later")]);
        let error = ask_within(&server, Duration::from_secs(10)).unwrap_err();
        assert!(matches!(error, ModelError::Busy { wait: Some(_), .. }), "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(5), "it waited");
    }
    let error = ask(status(429, "retry-after: 3600\r\n", "later")).unwrap_err().to_string();
    assert!(error.ends_with("is busy: it asks to wait 3600 s"), "{error}");
}

#[test]
fn what_cannot_be_reached_is_said_soon_and_by_its_cause() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (url, cause) in [
        (format!("http://{gone}/v1"), "refused"),
        ("http://no-such-host.invalid/v1".into(), "dns error"),
    ] {
        let endpoint = Endpoint::new(&ModelConfig::bare("m", &url, None), None).unwrap();
        let started = Instant::now();
        let error =
            endpoint.ask(&prompt(), &limits(Duration::from_secs(20)), &mut |_| {}).unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
        let ModelError::Unreachable { why, .. } = &error else { panic!("{error:?}") };
        assert!(why.to_lowercase().contains(cause), "{error}");
        assert!(error.advice().is_some());
    }
}

#[test]
fn what_never_ends_ends_at_its_deadline_or_its_limit() {
    let second = Duration::from_secs(1);
    let drip = || {
        let acts = std::iter::repeat_n(
            [Act::Send(event("a").into_bytes()), Act::Pause(Duration::from_millis(100))],
            100,
        );
        Answer([Act::Send(STREAM.as_bytes().to_vec())].into_iter().chain(acts.flatten()).collect())
    };
    for (what, answer) in [
        ("silence before the head", Answer(vec![Act::Silence])),
        ("silence in the stream", then(stream(&[&event("a")]), Act::Silence)),
        (
            "silence in an error",
            then(raw("HTTP/1.1 500 X\r\ncontent-length: 99\r\n\r\nboo"), Act::Silence),
        ),
        ("a slow drip", drip()),
        ("endless head", then(raw("HTTP/1.1 200 OK\r\nx: "), Act::Silence)),
    ] {
        let server = Server::always(answer);
        let error = ask_within(&server, second).unwrap_err();
        assert!(matches!(&error, ModelError::Deadline(_)), "{what}: {error:?}");
        assert!(
            server.saw_clients_leave(1, Duration::from_secs(10)),
            "{what}: the connection stays open"
        );
    }
    for (what, one) in [
        ("text", event("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")),
        ("comments", ": nothing\n\n".into()),
        (
            "reasoning",
            "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm, hm, hm\"}}]}\n\n".into(),
        ),
        ("empty chunks", "data: {\"choices\":[]}\n\n".into()),
        ("one line", "x".into()),
        ("lines without end of event", "data: 1,\n".into()),
    ] {
        let server = Server::new(vec![then(raw(STREAM), Act::Flood(one.into_bytes()))]);
        let error = ask_within(&server, Duration::from_secs(30)).unwrap_err();
        assert!(matches!(&error, ModelError::TooLong(65536)), "{what}: {error:?}");
    }
    let server = Server::new(vec![then(
        raw("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\""),
        Act::Flood(b"x".to_vec()),
    )]);
    assert_eq!(
        ask_within(&server, Duration::from_secs(30)).unwrap_err(),
        ModelError::TooLong(65536)
    );
    let server = Server::always(then(
        raw("HTTP/1.1 500 X\r\nconnection: close\r\n\r\n"),
        Act::Flood(b"x".to_vec()),
    ));
    assert!(matches!(
        ask_within(&server, Duration::from_secs(20)).unwrap_err(),
        ModelError::Refused { status: 500, .. }
    ));
}

#[test]
fn silence_longer_than_configured_ends_a_request_before_its_deadline() {
    for answer in [Answer(vec![Act::Silence]), then(stream(&[&event("a")]), Act::Silence)] {
        let server = Server::new(vec![answer]);
        let config = ModelConfig {
            silence: Some(blackstart::base::Period(1)),
            ..ModelConfig::bare("m", &server.base_url(), None)
        };
        let started = Instant::now();
        let error = Endpoint::new(&config, None)
            .unwrap()
            .ask(&prompt(), &limits(Duration::from_secs(60)), &mut |_| {})
            .unwrap_err();
        assert_eq!(error.to_string(), "no complete reply: not a byte came for 1 s");
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn a_server_that_lingers_after_its_last_word_is_not_waited_for() {
    let usage =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}\n\n";
    let server =
        Server::new(vec![then(stream(&[&event("a"), &finish("stop"), usage]), Act::Silence)]);
    let started = Instant::now();
    let answered = ask_within(&server, Duration::from_secs(20)).unwrap();
    assert_eq!(answered.usage, Some(Usage { prompt: 9, reply: 2, cached: 0 }));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_cancelled_request_ends_within_a_tenth_of_a_second() {
    for answer in [
        Answer(vec![Act::Silence]),
        then(stream(&[&event("a")]), Act::Silence),
        then(raw(STREAM), Act::Flood(b": x\n\n".to_vec())),
        status(503, "retry-after: 20\r\n", ""),
    ] {
        let server = Server::always(answer);
        let limits = Limits { bytes: 1 << 30, ..limits(Duration::from_secs(60)) };
        let endpoint = endpoint(&server);
        let cancel = limits.cancel.clone();
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| {
                let result = endpoint.ask(&prompt(), &limits, &mut |_| {});
                (result, Instant::now())
            });
            while server.requests().is_empty() {
                std::thread::yield_now();
            }
            let at = Instant::now();
            cancel.now();
            let (result, ended) = asked.join().unwrap();
            assert_eq!(result, Err(ModelError::Cancelled));
            assert!(ended - at < Duration::from_millis(100), "{:?}", ended - at);
        });
    }
}

#[test]
fn a_piece_is_shown_as_soon_as_it_comes() {
    // The server goes on only when the piece was seen, so that buffering anywhere would hang the test.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let (seen, wait) = std::sync::mpsc::channel::<Instant>();
    let server = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut connection, _) = listener.accept().unwrap();
        let mut request = [0; 1 << 16];
        assert!(connection.read(&mut request).unwrap() > 0);
        connection.write_all(STREAM.as_bytes()).unwrap();
        let mut slowest = Duration::ZERO;
        for _ in 0..50 {
            let sent = Instant::now();
            connection.write_all(event("piece").as_bytes()).unwrap();
            slowest = slowest.max(wait.recv_timeout(Duration::from_secs(10)).unwrap() - sent);
        }
        connection.write_all(format!("{}{DONE}", finish("stop")).as_bytes()).unwrap();
        slowest
    });
    let endpoint = Endpoint::new(&ModelConfig::bare("m", &url, None), None).unwrap();
    let answered = endpoint.ask(&prompt(), &limits(Duration::from_secs(60)), &mut |piece| {
        if let Piece::Text(_) = piece {
            seen.send(Instant::now()).unwrap();
        }
    });
    assert_eq!(answered.unwrap().reply.text, "piece".repeat(50));
    let slowest = server.join().unwrap();
    println!("slowest of 50 pieces: {slowest:?}");
    assert!(slowest < Duration::from_millis(50), "{slowest:?}");
}

#[test]
fn the_ladder_goes_down_where_the_form_is_refused_and_what_is_learned_stays() {
    let refuse = |code, message: &str| {
        status(
            code,
            "content-type: application/json\r\n",
            &serde_json::json!({"error": {"message": message, "code": code}}).to_string(),
        )
    };
    let server = Server::new(vec![
        refuse(400, "'strict' is not supported in response_format"),
        refuse(422, "response_format json_schema is not supported"),
        refuse(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        stream(&[
            "data: {\"error\":{\"message\":\"json_object is not supported\",\"code\":400}}\n\n",
        ]),
        refuse(400, "unknown field stream_options"),
        reply("{}"),
        reply("{}"),
    ]);
    let endpoint = endpoint(&server);
    let mut again = vec![];
    let answered = endpoint.ask(&prompt(), &limits(Duration::from_secs(20)), &mut |piece| {
        if let Piece::Again { why } = piece {
            again.push(why.to_owned());
        }
    });
    let answered = answered.unwrap();
    assert_eq!(
        (answered.rung, answered.requests, again.len()),
        (Some(Rung::Text), 6, 5),
        "{again:?}"
    );
    assert_eq!(
        endpoint.ask(&prompt(), &limits(Duration::from_secs(20)), &mut |_| {}).unwrap().requests,
        1
    );
    let bodies: Vec<_> = server.requests().iter().map(scripted::Request::json).collect();
    let kinds: Vec<_> = bodies
        .iter()
        .map(|body| body["response_format"]["type"].as_str().unwrap_or("-").to_owned())
        .collect();
    assert_eq!(kinds, ["json_schema", "json_schema", "json_object", "json_object", "-", "-", "-"]);
    let system = |at: usize| bodies[at]["messages"][0]["content"].as_str().unwrap();
    assert!(
        system(0) == "rules"
            && system(2).contains("{\"type\":\"object\"}")
            && system(6) == system(2)
    );
    assert!(bodies[6].get("stream_options").is_none() && bodies[6]["max_completion_tokens"] == 100);
}

#[test]
fn a_refusal_without_words_is_taken_for_one_of_the_form_but_not_forever() {
    let server = Server::new(vec![
        status(400, "", ""),
        status(422, "", "Unprocessable Entity"),
        reply("{}"),
    ]);
    assert_eq!(ask_within(&server, Duration::from_secs(20)).unwrap().rung, Some(Rung::Object));
    let server = Server::new(vec![status(400, "", ""); 4]);
    let endpoint = endpoint(&server);
    let error = endpoint.ask(&prompt(), &limits(Duration::from_secs(20)), &mut |_| {}).unwrap_err();
    assert!(matches!(error, ModelError::Refused { status: 400, .. }), "{error:?}");
    assert_eq!(endpoint.manners().rung, Rung::Strict, "nothing is learned from a failure");
}

#[test]
fn an_empty_reply_is_asked_for_on_a_lower_rung_and_so_is_one_that_the_caller_cannot_use() {
    let empty = || stream(&[&finish("stop"), DONE]);
    let server = Server::new(vec![empty(), reply("{}"), reply("{}")]);
    let endpoint = endpoint(&server);
    let ask =
        || endpoint.ask(&prompt(), &limits(Duration::from_secs(20)), &mut |_| {}).unwrap().rung;
    assert_eq!(ask(), Some(Rung::Schema));
    assert_eq!(endpoint.ask_lower(), Some(Rung::Object));
    assert_eq!(ask(), Some(Rung::Object));
    assert_eq!((endpoint.ask_lower(), endpoint.ask_lower()), (Some(Rung::Text), None));
    let server = Server::new(vec![empty(); 4]);
    let answered = ask_within(&server, Duration::from_secs(20)).unwrap();
    assert_eq!((answered.reply.text.as_str(), answered.rung), ("", Some(Rung::Text)));
}

#[test]
fn a_key_that_an_endpoint_repeats_is_not_shown() {
    let server =
        Server::new(vec![status(401, "", "{\"error\":{\"message\":\"bad key sk-horse-staple\"}}")]);
    let key = blackstart::base::Secret::new("sk-horse-staple\n");
    let endpoint =
        Endpoint::new(&ModelConfig::bare("m", &server.base_url(), None), Some(key)).unwrap();
    let error = endpoint.ask(&prompt(), &limits(Duration::from_secs(20)), &mut |_| {}).unwrap_err();
    assert!(error.to_string().ends_with("refuses the key: bad key [secret]"), "{error}");
    assert_eq!(server.requests()[0].header("authorization"), Some("Bearer sk-horse-staple"));
    assert!(!format!("{endpoint:?}").contains("horse"));
}

#[test]
fn what_is_previewed_is_what_is_sent_on_every_rung() {
    let refuse = status(400, "", "{\"error\":\"response_format is unknown\"}");
    let server = Server::new(vec![refuse.clone(), refuse, status(503, "", ""), reply("{}")]);
    let endpoint = endpoint(&server);
    let mut previews = vec![endpoint.preview(&prompt())];
    let answered = endpoint.ask(&prompt(), &limits(Duration::from_secs(20)), &mut |piece| {
        if let Piece::Again { .. } = piece {
            previews.push(endpoint.preview(&prompt()));
        }
    });
    assert_eq!(answered.unwrap().requests, 4);
    let sent: Vec<_> = server.requests().iter().map(scripted::Request::json).collect();
    let previews: Vec<serde_json::Value> =
        previews.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    assert_eq!(sent, previews);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 300, failure_persistence: None, ..Default::default() })]
    #[test]
    fn no_response_makes_the_client_panic_or_believe(
        head in proptest::sample::select(vec!["", "HTTP/1.1 200 OK\r\n\r\n", STREAM, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n", "HTTP/1.1 400 X\r\n\r\n", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"]),
        body in proptest::collection::vec(proptest::prop_oneof![
            proptest::prelude::any::<Vec<u8>>(),
            proptest::sample::select(vec!["data: ", "\n\n", "[DONE]", "{\"choices\":[{\"delta\":{\"content\":", "\"a\"", "}}]}", "event: error\n", "{\"error\":", "5\r\nhello\r\n", "null", "\u{feff}"]).prop_map(|text| text.as_bytes().to_vec()),
        ], 0..12),
    ) {
        let mut bytes = head.as_bytes().to_vec();
        body.iter().for_each(|part| bytes.extend_from_slice(part));
        let server = Server::always(raw(&bytes));
        let limits = Limits { bytes: 4096, ..limits(Duration::from_millis(400)) };
        let result = endpoint(&server).ask(&prompt(), &limits, &mut |_| {});
        let has = |word: &str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
        if let Ok(answered) = result
            && answered.reply.end == End::Complete
        {
            proptest::prop_assert!(has("[DONE]") || has("choices"), "{:?}", String::from_utf8_lossy(&bytes));
        }
    }
}
use proptest::strategy::Strategy as _;
