//! Attempts to get out of the sandbox, each of which must leave the host as it was.
#![allow(clippy::disallowed_methods, clippy::panic, clippy::print_stderr)]

mod sandbox_support;

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, Instant};

use blackstart::evidence::{Change, Effect};
use blackstart::sandbox::{Layering, Limit, Limits, Observed, Session};

use sandbox_support::{Who, everybody, open_directory, picture, session, session_with, step};

/// A tree and listeners that an escape would touch.
struct Canary {
    directory: tempfile::TempDir,
    tcp: TcpListener,
    unix: UnixListener,
}

impl Canary {
    fn new() -> Self {
        let directory = open_directory();
        let root = directory.path();
        for name in ["a", "b/c", "b/d/e"] {
            let path = root.join("tree").join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
            fs::write(&path, name).expect("a file");
        }
        for path in ["tree", "tree/b", "tree/b/d"] {
            fs::set_permissions(root.join(path), fs::Permissions::from_mode(0o777)).expect("open");
        }
        for path in ["tree/a", "tree/b/c", "tree/b/d/e"] {
            fs::set_permissions(root.join(path), fs::Permissions::from_mode(0o666)).expect("open");
        }
        let unix = UnixListener::bind(root.join("socket")).expect("a socket");
        fs::set_permissions(root.join("socket"), fs::Permissions::from_mode(0o777)).expect("open");
        unix.set_nonblocking(true).expect("nonblocking");
        let tcp = TcpListener::bind("127.0.0.1:0").expect("a port");
        tcp.set_nonblocking(true).expect("nonblocking");
        Self { directory, tcp, unix }
    }

    fn root(&self) -> &Path {
        self.directory.path()
    }

    fn port(&self) -> u16 {
        self.tcp.local_addr().expect("an address").port()
    }

    fn nobody_called(&self) -> bool {
        self.tcp.accept().is_err() && self.unix.accept().is_err()
    }
}

fn limits() -> Limits {
    Limits { wall_ms: 3_000, memory: 512 << 20, processes: 320, output: 64 << 10 }
}

fn attempt(session: &mut Session, script: &str) -> Observed {
    let mut request = step(script);
    request.limits = limits();
    request.layering = Layering::Discard;
    session.run(&request).unwrap_or_else(|error| panic!("{script}: {error}"))
}

/// What must be seen of an attempt.
enum Seen {
    /// It exits with another code than 0.
    Fails,
    /// It may succeed inside.
    Anything,
    /// Its output holds this.
    Says(&'static str),
    /// This limit stops it.
    Limit(Limit),
}

/// `{tree}` is the canary, `{socket}` its socket, `{port}` its port on the host's loopback.
const ATTEMPTS: &[(&str, &str, Seen)] = &[
    ("delete the canary", "rm -rf {tree}; test ! -e {tree}", Seen::Anything),
    ("delete everything", "rm -rf / --no-preserve-root", Seen::Fails),
    (
        "overwrite in place",
        "for f in {tree}/a {tree}/b/c; do echo pwned > $f; done",
        Seen::Anything,
    ),
    (
        "change rights and owners",
        "chmod -R 777 {tree}; touch -d 2001-01-01 {tree}/a",
        Seen::Anything,
    ),
    ("through a link", "ln -s {tree} /tmp/link-out; rm -rf /tmp/link-out/*", Seen::Anything),
    ("through a hard link", "ln {tree}/a /tmp/hard-out && echo x >> /tmp/hard-out", Seen::Anything),
    ("fork bomb", "b(){ b|b& };b; sleep 30", Seen::Limit(Limit::Processes)),
    ("fill the disk", "dd if=/dev/zero of=/tmp/fill bs=1M count=400", Seen::Limit(Limit::Disk)),
    (
        "flood with files",
        "mkdir /tmp/flood; cd /tmp/flood; for ((i=0;i<40000;i++)); do : > $i; done",
        Seen::Limit(Limit::Disk),
    ),
    ("eat memory", "head -c 2G /dev/zero | tail", Seen::Limit(Limit::Memory)),
    ("endless output", "yes", Seen::Anything),
    ("claim a huge file", "truncate -s 100T /tmp/sparse", Seen::Anything),
    (
        "nest directories",
        "cd /tmp; for ((i=0;i<400;i++)); do mkdir dddddddddddd; cd dddddddddddd; done",
        Seen::Anything,
    ),
    (
        "ignore signals",
        "trap '' TERM INT HUP; while :; do sleep 1; done",
        Seen::Limit(Limit::WallClock),
    ),
    ("stop oneself", "kill -STOP $$", Seen::Limit(Limit::WallClock)),
    (
        "leave a daemon",
        "(setsid nohup sh -c 'sleep 3; echo late > {tree}/late' >/dev/null 2>&1 &) ; echo gone",
        Seen::Says("gone"),
    ),
    ("hold the output open", "sleep 60 & echo parent-exits", Seen::Says("parent-exits")),
    ("kill everybody", "kill -9 -1", Seen::Anything),
    ("kill the first process", "kill -9 1; echo alive", Seen::Says("alive")),
    ("mount", "mount -t tmpfs none {tree}", Seen::Fails),
    ("uncover /proc/sys", "umount /proc/sys || mount -o remount,rw /proc/sys", Seen::Fails),
    ("new namespaces", "unshare -Ur true || unshare -m true", Seen::Fails),
    ("enter the first process's namespaces", "nsenter -t 1 -m true", Seen::Fails),
    ("the first process's root", "echo pwned > /proc/1/root{tree}/a", Seen::Anything),
    ("kernel settings", "echo pwned > /proc/sys/kernel/core_pattern", Seen::Fails),
    ("kernel settings by another way", "echo 1 > /proc/sys/vm/drop_caches", Seen::Fails),
    (
        "sysfs",
        "echo pwned > /sys/kernel/uevent_helper || echo 1 > /sys/kernel/mm/ksm/run",
        Seen::Fails,
    ),
    (
        "control groups",
        "mkdir /sys/fs/cgroup/pwned || mkdir /sys/fs/cgroup/memory/pwned",
        Seen::Fails,
    ),
    ("reboot", "reboot -f || echo b > /proc/sysrq-trigger", Seen::Fails),
    ("host name", "hostname pwned || echo pwned > /proc/sys/kernel/hostname", Seen::Fails),
    ("clock", "date -s 2001-01-01", Seen::Fails),
    ("make a device", "mknod /tmp/disk b 8 0 && cat /tmp/disk", Seen::Fails),
    ("open a disk", "ls /dev/[svx]d[a-z] /dev/nvme*", Seen::Fails),
    ("kernel log", "dmesg || cat /dev/kmsg", Seen::Fails),
    ("terminal", "echo x > /dev/tty", Seen::Fails),
    ("host's loopback", "echo x > /dev/tcp/127.0.0.1/{port}", Seen::Fails),
    ("metadata service", "echo x > /dev/tcp/169.254.169.254/80", Seen::Fails),
    ("datagram out", "echo x > /dev/udp/8.8.8.8/53", Seen::Fails),
    (
        "host's unix socket",
        "perl -MSocket -e 'socket(S,AF_UNIX,SOCK_STREAM,0); connect(S,sockaddr_un(\"{socket}\")) or die $!; syswrite S,\"x\"'",
        Seen::Fails,
    ),
    ("vsock", "perl -e 'socket(S,40,1,0) or die $!'", Seen::Says("Address family not supported")),
    (
        "raw packets",
        "perl -e 'socket(S,17,3,0) or die $!'",
        Seen::Says("Address family not supported"),
    ),
    (
        "io_uring",
        "perl -e '$!=0; my $b=\"\\0\"x256; my $r=syscall(425,4,$b); print \"r=$r $!\"'",
        Seen::Says("not permitted"),
    ),
    (
        "trace the first process",
        "perl -e 'my $r=syscall(101,16,1,0,0); print \"r=$r $!\"'",
        Seen::Says("not permitted"),
    ),
    (
        "clone3",
        "perl -e 'my $b=\"\\0\"x88; my $r=syscall(435,$b,88); print \"r=$r $!\"'",
        Seen::Says("not implemented"),
    ),
    (
        "keyrings",
        "perl -e 'my $r=syscall(250,0,-3,1); print \"r=$r $!\"'",
        Seen::Says("not permitted"),
    ),
    ("inherited descriptors", "echo fds=$(ls /proc/self/fd)", Seen::Says("fds=0 1 2 3\n")),
    (
        "inherited environment",
        "env -u PATH -u HOME -u LANG -u TERM -u PWD -u SHLVL -u _ -u OLDPWD env | wc -l",
        Seen::Says("0\n"),
    ),
    (
        "gain rights by a file",
        "cp /bin/bash /tmp/sh; chmod 4755 /tmp/sh; /tmp/sh -p -c 'grep NoNewPrivs /proc/self/status'",
        Seen::Says("NoNewPrivs:\t1"),
    ),
];

#[test]
fn no_attempt_changes_the_host() {
    assert!(std::env::consts::ARCH == "x86_64", "the numbers of system calls below are x86-64's");
    for who in everybody() {
        let canary = Canary::new();
        let Some(mut session) = session_with(who, canary.root(), |options| {
            options.disk = 64 << 20;
            options.files = 20_000;
        }) else {
            continue;
        };
        let before = picture(canary.root());
        let mut wrong = Vec::new();
        for (name, script, expected) in ATTEMPTS {
            let tree = canary.root().join("tree");
            let socket = canary.root().join("socket");
            let script = script
                .replace("{tree}", &tree.display().to_string())
                .replace("{socket}", &socket.display().to_string())
                .replace("{port}", &canary.port().to_string());
            let seen = attempt(&mut session, &script);
            let said = format!("{}{}", seen.stdout.text, seen.stderr.text);
            let right = match expected {
                Seen::Fails => !seen.succeeded(),
                Seen::Anything => true,
                Seen::Says(words) => said.contains(words),
                Seen::Limit(limit) => seen.limit == Some(*limit),
            };
            if !right {
                let head: String = said.chars().take(300).collect();
                wrong.push(format!(
                    "{name}: code {:?}, limit {:?}, said {head:?}",
                    seen.exit_code, seen.limit
                ));
            }
            if !canary.nobody_called() {
                wrong.push(format!("{name}: reached a listener"));
            }
            if picture(canary.root()) != before {
                wrong.push(format!("{name}: changed the host"));
            }
        }
        assert_eq!(wrong, Vec::<String>::new(), "as {who:?}");
    }
}

#[test]
fn hostile_names_and_sizes_are_reported_as_they_are() {
    for who in everybody() {
        let directory = open_directory();
        let Some(mut session) = session(who, directory.path()) else {
            continue;
        };
        let script = "cd /tmp; mkdir hostile; cd hostile; : > $'a\\nb\\e[31m'; : > $'\\xff\\xfe'; : > -rf; \
                      ln -s /etc/shadow report; truncate -s 100T sparse; mkfifo pipe";
        let seen = attempt(&mut session, script);
        assert!(seen.succeeded(), "{}", seen.stderr.text);
        let names: Vec<String> = seen
            .effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::File(file) if file.change == Change::Created => {
                    Some(format!("{:?}", file.path))
                }
                _ => None,
            })
            .collect();
        for expected in [
            r#""/tmp/hostile/a\nb\u{1b}[31m""#,
            r#""/tmp/hostile/\xFF\xFE""#,
            r#""/tmp/hostile/-rf""#,
        ] {
            assert!(names.iter().any(|name| name == expected), "{expected} in {names:?}");
        }
        let sparse = seen.effects.iter().find_map(|effect| match effect {
            Effect::File(file) if file.path.ends_with("sparse") => {
                Some((file.bytes, file.diff.clone()))
            }
            _ => None,
        });
        let expected = "binary: 109951162777600 bytes, none stored".to_owned();
        assert_eq!(sparse, Some((Some(100 << 40), Some(expected))));
    }
}

#[test]
fn more_changes_than_are_listed_are_still_counted() {
    for who in everybody() {
        let directory = open_directory();
        let Some(mut session) = session(who, directory.path()) else {
            continue;
        };
        let mut request =
            step("mkdir /tmp/many; cd /tmp/many; for ((i=0;i<2500;i++)); do : > $i; done");
        let made = session.run(&request).expect("runs");
        let files = made.effects.iter().filter(|effect| matches!(effect, Effect::File(_))).count();
        assert_eq!(files, 2_000);
        assert!(made.effects_total >= 2_501, "{}", made.effects_total);
        request = step("rm -rf /tmp/many");
        assert_eq!(session.run(&request).expect("runs").deleted_total, 2_501);
    }
}

#[test]
fn a_killed_parent_takes_everything_along() {
    let directory = open_directory();
    for who in everybody() {
        let Some(probe) = session(who, directory.path()) else {
            continue;
        };
        drop(probe);
        // The pipe's read end is inherited by nothing inside: it ends when the supervisor is gone.
        let program = sandbox_support::program(who, directory.path());
        let mut supervisor = std::process::Command::new(program)
            .arg("__sandbox")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("starts");
        let mut to = supervisor.stdin.take().expect("a pipe");
        let mut from = supervisor.stdout.take().expect("a pipe");
        let mode = if who == Who::Root { "RootShifted" } else { "User" };
        let marker = format!("1234567{}", std::process::id());
        let lines = format!(
            "{{\"Start\":{{\"mode\":\"{mode}\",\"disk\":67108864,\"files\":10000,\"home\":\"/\"}}}}\n\
             {{\"Run\":{{\"argv\":[\"sleep\",\"{marker}\"],\"script\":null,\"cwd\":\"/\",\"environment\":[],\
             \"limits\":{{\"wall_ms\":60000,\"memory\":1073741824,\"processes\":400,\"output\":1000}},\"keep\":false}}}}\n"
        );
        std::io::Write::write_all(&mut to, lines.as_bytes()).expect("asks");
        wait_until("the payload runs", || running(&marker));
        drop(to);
        let mut rest = String::new();
        from.read_to_string(&mut rest).expect("reads to the end");
        let _ = supervisor.wait();
        wait_until("the payload is gone", || !running(&marker));
    }
}

fn running(marker: &str) -> bool {
    fs::read_dir("/proc").expect("/proc").flatten().any(|entry| {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        line.starts_with(b"sleep\0") && String::from_utf8_lossy(&line).contains(marker)
    })
}

fn wait_until(what: &str, mut state: impl FnMut() -> bool) {
    let start = Instant::now();
    while !state() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::yield_now();
    }
}
