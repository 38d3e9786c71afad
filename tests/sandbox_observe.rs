//! What the sandbox sees of a run: programs and their ends, destinations and names, refusals, and the limits it met.
#![allow(clippy::disallowed_methods, clippy::panic, clippy::print_stderr)]

mod sandbox_support;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use blackstart::evidence::{Effect, Ended};
use blackstart::sandbox::{Following, Layering, Limit, Limits, Observed, Options, Session};

use sandbox_support::left_out::has;
use sandbox_support::{Who, everybody, open_directory, session, session_with, step};

fn run(session: &mut Session, script: &str) -> Observed {
    let mut request = step(script);
    request.layering = Layering::Discard;
    // Machines are slow where everything is tested at once.
    request.limits.wall_ms = 120_000;
    session.run(&request).unwrap_or_else(|error| panic!("{script}: {error}"))
}

/// Every effect that is no file's, as `runs …`, `connects …`, `asks …` and `denied …`.
fn lines(seen: &Observed) -> Vec<String> {
    let line = |effect: &Effect| match effect {
        Effect::File(_) => None,
        Effect::Exec { argv, file, ended, .. } => {
            let file = file.as_ref().map_or(String::new(), |file| format!(" = {file}"));
            let ended = match ended {
                None => String::new(),
                Some(Ended::NotStarted(why)) => format!(" ({why})"),
                Some(Ended::Code(code)) => format!(" -> {code}"),
                Some(Ended::Signal(signal)) => format!(" -> signal {signal}"),
            };
            Some(format!("runs {}{file}{ended}", argv.join(" ")))
        }
        Effect::Connect { destination, also, .. } if also.is_empty() => {
            Some(format!("connects {destination}"))
        }
        Effect::Connect { destination, also, .. } => {
            Some(format!("connects {destination} ({})", also.join(", ")))
        }
        Effect::Lookup { name } => Some(format!("asks {name}")),
        Effect::Denied { what } => Some(format!("denied {what}")),
    };
    seen.effects.iter().filter_map(line).collect()
}

fn only(seen: &Observed, word: &str) -> Vec<String> {
    let prefix = format!("{word} ");
    lines(seen).iter().filter_map(|line| Some(line.strip_prefix(&prefix)?.to_owned())).collect()
}

/// Calls `check` with a session of everybody who can have one.
fn each(change: impl Fn(&mut Options), check: impl Fn(Who, &mut Session, &Path)) {
    for who in everybody() {
        let directory = open_directory();
        if let Some(mut session) = session_with(who, directory.path(), &change) {
            check(who, &mut session, directory.path());
        }
    }
}

#[test]
fn programs_are_listed_with_what_hinders_or_hides_them() {
    let table: &[(&str, &[&str])] = &[
        ("ls -d / >/dev/null", &["ls -d /"]),
        ("env no-such-tool || true", &["env no-such-tool", "no-such-tool (no such file)"]),
        ("/no/such/tool || true", &["/no/such/tool (no such file)"]),
        ("cd /; ./no-such-tool || true", &["./no-such-tool (no such file)"]),
        ("/etc/passwd || true", &["/etc/passwd (not executable)"]),
        ("/etc/passwd/x || true", &["/etc/passwd/x (Not a directory (os error 20))"]),
        ("(exec -a nginx /bin/true)", &["nginx = /bin/true"]),
        ("(exec -l /bin/true)", &["-/bin/true"]),
        (
            "printf 'exit 3' > /tmp/bs-s; chmod +x /tmp/bs-s; /tmp/bs-s || true",
            &["chmod +x /tmp/bs-s", "/tmp/bs-s"],
        ),
    ];
    each(
        |_| {},
        |who, session, _| {
            for (script, expected) in table {
                let seen = run(session, script);
                assert_eq!(
                    only(&seen, "runs"),
                    *expected,
                    "as {who:?}: {script}: {}",
                    seen.stderr.text
                );
            }
        },
    );
}

#[test]
fn a_program_that_is_only_in_memory_is_named_so() {
    if !has(&["python3"]) {
        return;
    }
    each(
        |_| {},
        |who, session, _| {
            let script = "python3 -c 'import os
fd = os.memfd_create(\"hidden\")
os.write(fd, open(\"/bin/true\", \"rb\").read())
os.execve(fd, [\"innocent\"], {})'";
            let seen = run(session, script);
            let runs = only(&seen, "runs");
            assert!(seen.succeeded(), "as {who:?}: {}", seen.stderr.text);
            assert_eq!(runs.last().map(String::as_str), Some("innocent = memory only: hidden"));
        },
    );
}

#[test]
fn destinations_are_listed_and_nothing_goes_out() {
    if !has(&["python3"]) {
        return;
    }
    let send = |code: &str| {
        format!(
            "python3 -c 'import socket
def attempt(make):
    try: make(); print(\"sent\")
    except OSError as error: print(error.errno)
v4 = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
v6 = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
tcp = socket.socket()
unix = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
attempt(lambda: {code})'"
        )
    };
    let table: &[(&str, &[&str], &str)] = &[
        ("tcp.connect((\"192.0.2.7\", 80))", &["192.0.2.7:80"], "101"),
        ("v4.sendto(b\"x\", (\"192.0.2.7\", 514))", &["192.0.2.7:514"], "101"),
        ("v4.sendmsg([b\"x\"], [], 0, (\"192.0.2.8\", 514))", &["192.0.2.8:514"], "101"),
        ("v4.sendmsg([b\"x\"], [], 0, (\"127.0.0.1\", 514))", &["127.0.0.1:514"], "sent"),
        ("v6.sendto(b\"x\", (\"::ffff:192.0.2.9\", 53))", &["192.0.2.9:53"], "101"),
        ("v6.connect((\"2001:db8::7\", 53))", &["[2001:db8::7]:53"], "101"),
        ("v6.sendto(b\"x\", (\"fe80::1\", 53, 0, 1))", &["[fe80::1%1]:53"], "101"),
        ("v4.connect((\"192.0.2.7\", 0))", &[], "101"),
        ("unix.sendto(b\"x\", \"/nowhere\")", &["unix:/nowhere"], "2"),
        ("unix.sendto(b\"x\", \"\\0secret\")", &["unix:@secret"], "111"),
        ("tcp.sendto(b\"x\", 0x20000000, (\"192.0.2.6\", 80))", &["192.0.2.6:80"], "101"),
        (
            "(v4.connect((\"127.0.0.1\", 9)), [v4.send(b\"x\") for _ in range(1)])",
            &["127.0.0.1:9"],
            "sent",
        ),
    ];
    each(
        |_| {},
        |who, session, _| {
            for (code, expected, said) in table {
                let seen = run(session, &send(code));
                assert_eq!(
                    seen.stdout.text.trim(),
                    *said,
                    "as {who:?}: {code}: {}",
                    seen.stderr.text
                );
                assert_eq!(only(&seen, "connects"), *expected, "as {who:?}: {code}");
            }
        },
    );
}

#[test]
fn every_message_of_a_batch_is_looked_at() {
    if !has(&["perl"]) || std::env::consts::ARCH != "x86_64" {
        return;
    }
    // Two messages in one sendmmsg (307): the second leaves the machine.
    let script = r#"perl -MSocket -e '
        socket(S, AF_INET, SOCK_DGRAM, 0) or die; my $data = "x";
        my $iov = pack("pQ", $data, 1);
        my @to = map { pack_sockaddr_in(514, inet_aton($_)) } "127.0.0.1", "192.0.2.5";
        my $all = join "", map { pack("pLLpQQQlLLL", $_, 16, 0, $iov, 1, 0, 0, 0, 0, 0, 0) } @to;
        my $sent = syscall(307, fileno(S), $all, 2, 0); print "$sent ", $!+0, "\n"'"#;
    each(
        |_| {},
        |who, session, _| {
            let seen = run(session, script);
            assert_eq!(seen.stdout.text, "-1 101\n", "as {who:?}: {}", seen.stderr.text);
            assert_eq!(only(&seen, "connects"), ["127.0.0.1:514", "192.0.2.5:514"], "as {who:?}");
        },
    );
}

#[test]
fn names_resolve_and_destinations_are_reported_by_name() {
    let known = [
        ("db1", Some("10.1.2.3")),
        ("db1.corp.example", Some("10.1.2.3")),
        ("cache", None),
        ("six", Some("2001:db8::7")),
    ];
    let known = known.map(|(name, at)| (name.to_owned(), at.map(str::to_owned)));
    let table: &[(&str, &[&str])] = &[
        ("cat < /dev/tcp/db1/5432", &["connects db1:5432 (db1.corp.example:5432, 10.1.2.3:5432)"]),
        (
            "cat < /dev/tcp/10.1.2.3/5432",
            &["connects db1:5432 (db1.corp.example:5432, 10.1.2.3:5432)"],
        ),
        (
            "cat < /dev/tcp/db1.corp.example/5432",
            &["connects db1.corp.example:5432 (db1:5432, 10.1.2.3:5432)"],
        ),
        ("cat < /dev/tcp/cache/6379", &["connects cache:6379"]),
        ("cat < /dev/tcp/six/1", &["connects six:1 ([2001:db8::7]:1)"]),
        ("cat < /dev/tcp/unknown.example.org/443", &["connects unknown.example.org:443"]),
        ("echo x > /dev/udp/logs.example.org/514", &["connects logs.example.org:514"]),
        ("getent hosts secret.example.org", &["asks secret.example.org"]),
        ("getent ahosts six", &["asks six"]),
        ("getent hosts 10.1.2.3", &["asks 3.2.1.10.in-addr.arpa"]),
        ("getent hosts localhost", &[]),
    ];
    each(
        |options| options.names = known.to_vec(),
        |who, session, _| {
            for (script, expected) in table {
                let seen = run(session, &format!("({script}) 2>/dev/null || true"));
                let got: Vec<String> =
                    lines(&seen).into_iter().filter(|line| !line.starts_with("runs ")).collect();
                assert_eq!(got, *expected, "as {who:?}: {script}");
            }
            let seen = run(
                session,
                "getent hosts other.example; getent hosts other.example; getent hosts db1",
            );
            let answers: Vec<&str> = seen.stdout.text.lines().collect();
            assert_eq!(answers.len(), 3, "as {who:?}: {:?}", seen.stdout.text);
            assert_eq!(answers[0], answers[1]);
            assert!(answers[0].starts_with("198.18."), "{answers:?}");
            assert!(answers[2].starts_with("10.1.2.3 "), "{answers:?}");
            let back = run(session, "getent hosts $(getent hosts other.example | cut -d' ' -f1)");
            assert!(back.stdout.text.contains("other.example"), "{}", back.stdout.text);
            assert_eq!(
                run(session, "cat /etc/resolv.conf").stdout.text,
                std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default()
            );
        },
    );
}

#[test]
fn names_are_asked_by_every_kind_of_program_and_too_many_are_counted() {
    if !has(&["python3"]) {
        return;
    }
    each(
        |_| {},
        |who, session, _| {
            let script = "python3 -c 'import socket
print(socket.getaddrinfo(\"py.example.org\", 443, type=socket.SOCK_STREAM)[0][4][1])
try: socket.create_connection((\"py2.example.org\", 443))
except OSError as error: print(error.errno)'";
            let seen = run(session, script);
            assert_eq!(seen.stdout.text, "443\n101\n", "as {who:?}: {}", seen.stderr.text);
            assert_eq!(only(&seen, "asks"), ["py.example.org"], "as {who:?}");
            assert_eq!(only(&seen, "connects"), ["py2.example.org:443"], "as {who:?}");

            let script = "python3 -c 'import socket, os
place = [line.split()[1] for line in open(\"/etc/resolv.conf\") if line.startswith(\"nameserver\")]
to = ((place or [\"127.0.0.1\"])[0], 53)
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.settimeout(10)
for at in range(1500):
    name = b\"n%d\" % at
    out.sendto(b\"\\0\\7\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\" + bytes([len(name)]) + name + b\"\\7example\\0\\0\\1\\0\\1\", to)
    out.recv(600)
for junk in (b\"\", b\"x\", os.urandom(512), b\"\\0\\7\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\xc0\\x0c\\0\\1\\0\\1\", b\"\\0\" * 4000):
    out.sendto(junk, to)
name = b\"a\\n\\x1b[31m\"
out.sendto(b\"\\0\\7\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\" + bytes([len(name)]) + name + b\"\\0\\0\\1\\0\\1\", to)
print(\"asked\")'";
            let seen = run(session, script);
            assert_eq!(seen.stdout.text, "asked\n", "as {who:?}: {}", seen.stderr.text);
            let asked = only(&seen, "asks");
            assert_eq!(asked.len(), 1_000, "as {who:?}");
            assert!(seen.effects_total >= 1_500, "{}", seen.effects_total);
            assert!(asked.iter().all(|name| name.is_ascii() && !name.contains(['\n', '\x1b'])));
            assert_eq!(only(&seen, "connects"), [""; 0]);
        },
    );
}

#[test]
fn refusals_say_what_was_asked_for() {
    if !has(&["perl"]) || std::env::consts::ARCH != "x86_64" {
        return;
    }
    let table: &[(&str, &str)] = &[
        (
            "perl -e 'my @a = qw(none /mnt tmpfs); syscall(165, @a, 0, 0)'",
            "system call mount: none on /mnt (tmpfs)",
        ),
        (
            "perl -e 'my @a = qw(/etc /mnt); syscall(165, @a, 0, 4096, 0)'",
            "system call mount: /etc on /mnt",
        ),
        ("perl -e 'my @a = qw(/proc); syscall(166, @a, 0)'", "system call umount2: /proc"),
        ("perl -e 'my @a = qw(pwned); syscall(170, @a, 5)'", "system call sethostname: pwned"),
        ("unshare -n true", "system call unshare: a new net namespace"),
        ("unshare -Um true", "system call unshare: new mount, user namespaces"),
        (
            "perl -e 'syscall(56, 0x10000000|17, 0, 0, 0, 0)'",
            "a new process in a new user namespace",
        ),
        ("perl -e 'socket(S, 40, 1, 0)'", "a socket of family AF_VSOCK"),
        ("perl -e 'socket(S, 17, 3, 0)'", "a socket of family AF_PACKET"),
        ("perl -e 'my $x = \"x\"; ioctl(STDIN, 0x5412, $x)'", "ioctl TIOCSTI on a terminal"),
        ("perl -e 'syscall(0x40000000 | 39)'", "x32 system call 39"),
        ("perl -e 'syscall(101, 16, 1, 0, 0)'", "system call ptrace: process 1"),
        (
            "perl -e 'syscall(169, 0xfee1dead, 672274793, 0x1234567, 0)'",
            "system call reboot: restart",
        ),
    ];
    each(
        |_| {},
        |who, session, _| {
            for (script, expected) in table {
                let seen = run(session, &format!("{script} || true"));
                let denied = only(&seen, "denied");
                let found = denied.iter().any(|what| what.starts_with(expected));
                assert!(found, "as {who:?}: {script}: {denied:?}, {}", seen.stderr.text);
            }
            assert_eq!(only(&run(session, "perl -e 'syscall(-1)'"), "denied"), [""; 0]);
        },
    );
}

#[test]
fn a_program_of_another_architecture_is_killed_and_named() {
    if !has(&["python3"]) || std::env::consts::ARCH != "x86_64" {
        return;
    }
    each(
        |_| {},
        |who, session, _| {
            // mov eax, 20; int 0x80; ret
            let script = "python3 -c 'import ctypes, mmap
code = mmap.mmap(-1, 4096, prot=7)
code.write(bytes.fromhex(\"b814000000cd80c3\"))
print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))())'";
            let seen = run(session, script);
            assert_eq!(seen.signal, Some(31), "as {who:?}: {}", seen.stderr.text);
            assert_eq!(
                only(&seen, "denied"),
                ["a program of another architecture (i386); it was killed"]
            );
        },
    );
}

#[test]
fn in_exact_mode_every_program_has_its_end() {
    let table: &[(&str, &[&str])] = &[
        ("true; false || true", &[]),
        ("/bin/false || true", &["/bin/false -> 1"]),
        ("sh -c 'exit 7' || true", &["sh -c exit 7 -> 7"]),
        ("sh -c 'kill -9 $$' || true", &["sh -c kill -9 $$ -> signal 9"]),
        (
            "/bin/false | /bin/true | cat || true",
            &["/bin/false -> 1", "/bin/true -> 0", "cat -> 0"],
        ),
        ("env no-such-tool || true", &["env no-such-tool -> 127", "no-such-tool (no such file)"]),
        (
            "printf '#!/no/interpreter\n' > /tmp/bs-x; chmod +x /tmp/bs-x; /tmp/bs-x || true",
            &["chmod +x /tmp/bs-x -> 0", "/tmp/bs-x (the kernel refused it)"],
        ),
        (
            "sh -c 'exec sh -c \"exit 4\"' || true",
            &["sh -c exec sh -c \"exit 4\"", "sh -c exit 4 -> 4"],
        ),
        (
            "sleep 50 & until grep -q sleep /proc/$!/comm; do :; done; kill -TERM $!; wait $! || true",
            &["sleep 50 -> signal 15"],
        ),
        (
            "sh -c 'kill -STOP $$; exit 5' & while kill -CONT $! 2>/dev/null; do :; done; wait $! || true",
            &["sh -c kill -STOP $$; exit 5 -> 5"],
        ),
    ];
    each(
        |options| options.following = Following::Ends,
        |who, session, _| {
            for (script, expected) in table {
                let seen = run(session, script);
                assert!(
                    seen.succeeded(),
                    "as {who:?}: {script}: {:?} {}",
                    seen.limit,
                    seen.stderr.text
                );
                let mut got = only(&seen, "runs");
                got.retain(|line| !line.starts_with("grep "));
                got.sort();
                let mut expected: Vec<String> =
                    expected.iter().map(|one| (*one).to_owned()).collect();
                expected.sort();
                assert_eq!(got, expected, "as {who:?}: {script}");
            }
            let seen = run(session, "sh -c 'i=0; while test $i -lt 300000; do i=$((i+1)); done'");
            let cpu = seen.effects.iter().find_map(|effect| match effect {
                Effect::Exec { cpu, .. } => *cpu,
                _ => None,
            });
            assert!(cpu.is_some_and(|cpu| cpu >= Duration::from_millis(10)), "as {who:?}: {cpu:?}");
            assert_eq!(run(session, "kill -TERM $$").signal, Some(15));
            assert_eq!(run(session, "exit 9").exit_code, Some(9));
            let strace = run(session, "strace true");
            assert!(!strace.succeeded(), "a traced program cannot be traced again");
        },
    );
}

#[test]
fn each_limit_is_met_and_named() {
    let usual = Limits { wall_ms: 15_000, ..Limits::default() };
    let table: &[(&str, Limits, Limit)] = &[
        ("processor time", Limits { cpu_ms: Some(300), ..usual }, Limit::Cpu),
        ("wall clock", Limits { wall_ms: 300, ..usual }, Limit::WallClock),
        ("files", usual, Limit::Inodes),
        ("files, and nobody cares", usual, Limit::Inodes),
        ("disk", usual, Limit::Disk),
        ("disk, and nobody cares", usual, Limit::Disk),
        ("memory", Limits { memory: 200 << 20, ..usual }, Limit::Memory),
        ("processes", Limits { processes: 40, ..usual }, Limit::Processes),
        ("output", Limits { output: 1_000, ..usual }, Limit::Output),
        ("stopped", Limits { wall_ms: 300, ..usual }, Limit::WallClock),
    ];
    let script = |name: &str| match name {
        "processor time" => "for i in 1 2 3; do (while :; do /bin/true; done) & done; wait",
        "wall clock" => "trap '' TERM INT HUP XCPU; while :; do sleep 1; done",
        "files" => "mkdir /tmp/bs-f; cd /tmp/bs-f; for ((i=0;i<20000;i++)); do : > $i; done",
        "files, and nobody cares" => {
            "mkdir /tmp/bs-f; cd /tmp/bs-f; for ((i=0;i<20000;i++)); do : > $i || true; done 2>/dev/null"
        }
        "disk" => "head -c 300M /dev/zero > /tmp/bs-d",
        "disk, and nobody cares" => "head -c 300M /dev/zero > /tmp/bs-d 2>/dev/null || true",
        "memory" => "head -c 1G /dev/zero | tail > /dev/null",
        "processes" => "for i in $(seq 100); do sleep 100 & done; wait",
        "output" => "yes",
        "stopped" => "kill -STOP $$",
        other => panic!("{other}"),
    };
    for who in everybody() {
        for (name, limits, expected) in table {
            let directory = open_directory();
            let small = |options: &mut Options| {
                options.disk = 64 << 20;
                options.files = 5_000;
            };
            let Some(mut session) = session_with(who, directory.path(), small) else { continue };
            let mut request = step(script(name));
            request.limits = *limits;
            let began = Instant::now();
            let seen = session.run(&request).expect("runs");
            let said: String = seen.stderr.text.chars().take(200).collect();
            assert_eq!(seen.limit, Some(*expected), "as {who:?}: {name}: {said}");
            assert!(began.elapsed() < Duration::from_secs(60), "as {who:?}: {name}");
        }
    }
}

#[test]
fn what_a_run_says_does_not_make_a_limit() {
    each(
        |_| {},
        |who, session, _| {
            for script in
                ["echo No space left on device >&2; exit 1", "echo out of memory; exit 1", "exit 1"]
            {
                assert_eq!(run(session, script).limit, None, "as {who:?}: {script}");
            }
        },
    );
}

#[test]
fn floods_cost_the_supervisor_bounded_time_and_memory() {
    if !has(&["perl"]) {
        return;
    }
    each(
        |_| {},
        |who, session, _| {
            let tiny = run(session, "exec perl -e '$|=1; syswrite STDOUT, \"x\" for 1..200000'");
            assert_eq!((tiny.exit_code, tiny.stdout.text.len()), (Some(0), 200_000), "as {who:?}");
            let closed = run(session, "exec >&- 2>&-; sleep 0.2; exit 6");
            assert_eq!((closed.exit_code, closed.limit), (Some(6), None), "as {who:?}");
            let many =
                run(session, "perl -e 'for (1..2200) { system { \"/bin/true\" } \"true\", $_ }'");
            assert_eq!(many.exit_code, Some(0), "as {who:?}: {:?}", many.limit);
            assert_eq!(only(&many, "runs").len(), 2_000, "as {who:?}");
            assert!(many.effects_total >= 2_200, "as {who:?}: {}", many.effects_total);
            let long = run(
                session,
                "perl -e 'for (1..400) { system { \"/bin/true\" } \"true\", (\"x\" x 30000) x 4 }'",
            );
            let kept: usize = only(&long, "runs").iter().map(String::len).sum();
            assert!(kept < 8 << 20, "as {who:?}: {kept} bytes of arguments");
            let daemon = run(
                session,
                "(setsid sh -c 'sleep 30; : > /tmp/bs-late' > /dev/null 2>&1 &); echo done",
            );
            assert_eq!(
                (daemon.exit_code, daemon.duration < Duration::from_secs(10)),
                (Some(0), true)
            );
        },
    );
}

/// Prints, never judges: machines differ.
#[test]
fn the_cost_of_watching_is_printed() {
    if !has(&["perl"]) {
        return;
    }
    const PROGRAMS: u32 = 300;
    const MESSAGES: u32 = 20_000;
    let programs =
        format!("perl -e 'for (1..{PROGRAMS}) {{ system {{ \"/bin/true\" }} \"true\" }}'");
    let sends =
        |call: &str| format!("perl -MSocket -e 'socketpair(A, B, AF_UNIX, SOCK_DGRAM, 0); {call}'");
    let plain = sends(&format!("for (1..{MESSAGES}) {{ send(A, q(x), 0); recv(B, $x, 9, 0) }}"));
    let named = format!(
        "perl -MSocket -e 'socket(A, AF_INET, SOCK_DGRAM, 0); $to = sockaddr_in(9, INADDR_LOOPBACK); \
         for (1..{MESSAGES}) {{ send(A, q(x), 0, $to) }}'"
    );
    let time = |run: &mut dyn FnMut()| {
        let mut best = Duration::MAX;
        for _ in 0..3 {
            let began = Instant::now();
            run();
            best = best.min(began.elapsed());
        }
        best
    };
    for who in everybody() {
        for (what, script, count) in [
            ("exec", &programs, PROGRAMS),
            ("send", &plain, MESSAGES),
            ("sendto", &named, MESSAGES),
        ] {
            let outside = time(&mut || {
                let done = Command::new("bash").args(["-c", script]).status().expect("runs");
                assert!(done.success());
            });
            let mut costs = Vec::new();
            for following in [Following::Starts, Following::Ends] {
                let directory = open_directory();
                let set = |options: &mut Options| options.following = following;
                let Some(mut session) = session_with(who, directory.path(), set) else { return };
                let inside = time(&mut || assert!(run(&mut session, script).succeeded()));
                costs.push(inside.saturating_sub(outside) / count);
            }
            eprintln!(
                "one {what} as {who:?}: {:?} outside, {:?} more inside, {:?} more in exact mode",
                outside / count,
                costs[0],
                costs[1]
            );
        }
    }
}

#[test]
fn a_run_does_not_hear_what_the_run_before_it_asked() {
    if !has(&["python3"]) {
        return;
    }
    let directory = open_directory();
    let Some(mut session) = session(Who::User, directory.path()) else { return };
    let ask = "python3 -c 'import socket
place = [line.split()[1] for line in open(\"/etc/resolv.conf\") if line.startswith(\"nameserver\")]
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(3000): out.sendto(b\"\\0\\7\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\6before\\0\\0\\1\\0\\1\", ((place or [\"127.0.0.1\"])[0], 53))'";
    assert!(only(&run(&mut session, ask), "asks").iter().all(|name| name == "before"));
    assert_eq!(only(&run(&mut session, "true"), "asks"), [""; 0]);
}

#[test]
fn what_goes_on_in_the_background_is_waited_for_or_named() {
    each(
        |_| {},
        |who, session, work| {
            let victim = work.join("victim");
            std::fs::write(&victim, "x").expect("written");
            let path = victim.display();
            let seen = run(session, &format!("(sleep 0.3; rm {path}) & exit 0"));
            assert!(!seen.notes.join("\n").contains("process"), "{who:?}: {:?}", seen.notes);
            assert_eq!(seen.deleted_total, 1, "{who:?}: {:?}", seen.effects);
            let seen = run(session, &format!("(sleep 600; rm {path}) & exit 0"));
            let note = seen.notes.join("\n");
            assert!(note.contains("2 processes (bash, sleep) went on"), "{who:?}: {note}");
        },
    );
}
