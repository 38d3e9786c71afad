//! A picture of what an attempt could change on the host: a canary tree, listeners, queues, settings, processes.
#![allow(dead_code, clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Instant, SystemTime};

use blackstart::base::Digest;

use crate::sandbox_attempts::program;
use crate::sandbox_attributes::attributes;
use crate::sandbox_processes::processes_with;
use crate::sandbox_support::{self, Who, open_directory, prefix};

/// Settings of the kernel, and of this process, that attempts try to change.
const SETTINGS: &[&str] = &[
    "/proc/modules",
    "/proc/net/if_inet6",
    "/proc/net/route",
    "/proc/self/oom_score_adj",
    "/proc/self/limits",
    "/proc/self/personality",
    "/proc/swaps",
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/domainname",
    "/proc/sys/kernel/hostname",
    "/proc/sys/kernel/pid_max",
    "/proc/sys/kernel/sysrq",
    "/proc/sys/net/ipv4/ip_forward",
    "/proc/sys/net/ipv4/ip_unprivileged_port_start",
    "/proc/sys/vm/overcommit_memory",
    "/sys/kernel/mm/ksm/run",
    "/sys/kernel/mm/transparent_hugepage/enabled",
    "/sys/kernel/uevent_helper",
];

/// Folders where an attempt that got out would leave a name that holds its mark.
const FOLDERS: &[&str] = &[
    "/",
    "/dev",
    "/dev/mqueue",
    "/dev/shm",
    "/etc",
    "/etc/cron.d",
    "/home",
    "/mnt",
    "/opt",
    "/proc/sys/fs/binfmt_misc",
    "/root",
    "/run",
    "/run/lock",
    "/sys/fs/cgroup",
    "/sys/fs/cgroup/memory",
    "/tmp",
    "/usr/bin",
    "/var/crash",
    "/var/spool/cron",
    "/var/spool/cron/crontabs",
    "/var/tmp",
];

/// Files of the host that attempts try to change.
const FILES: &[&str] = &[
    "/bin/bash",
    "/dev/null",
    "/dev/zero",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/ld.so.preload",
    "/etc/passwd",
    "/etc/shadow",
    "/usr/bin/su",
];

/// The value in shared memory of the host.
const SECRET: &str = "canary";

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Everything that an attempt is tempted by, removed at the end.
#[derive(Debug)]
pub struct Host {
    directory: tempfile::TempDir,
    /// A word in every name, command and environment of an attempt.
    pub mark: String,
    pub who: Who,
    key: u32,
    tcp: TcpListener,
    tcp6: Option<TcpListener>,
    udp: UdpSocket,
    stream: UnixListener,
    datagrams: UnixDatagram,
    unnamed_stream: UnixListener,
    unnamed_datagrams: UnixDatagram,
    fifo: fs::File,
    started: (Instant, SystemTime),
}

impl Host {
    pub fn new(who: Who) -> Self {
        let count = NEXT.fetch_add(1, Ordering::Relaxed);
        let mark = format!("bsm{}x{count}", std::process::id());
        let directory = open_directory();
        let root = directory.path();
        make_tree(&root.join("tree"), who);
        let socket = |name: &str| root.join(name);
        let stream = UnixListener::bind(socket("stream")).expect("a socket");
        let datagrams = UnixDatagram::bind(socket("datagrams")).expect("a socket");
        for name in ["stream", "datagrams"] {
            open_up(&socket(name), 0o777);
        }
        let unnamed = |kind: &str| {
            SocketAddr::from_abstract_name(format!("{mark}-{kind}")).expect("a short name")
        };
        let unnamed_stream = UnixListener::bind_addr(&unnamed("stream")).expect("a socket");
        let unnamed_datagrams = UnixDatagram::bind_addr(&unnamed("datagrams")).expect("a socket");
        let tcp = TcpListener::bind("0.0.0.0:0").expect("a port");
        let tcp6 = TcpListener::bind("[::1]:0").ok();
        let udp = UdpSocket::bind("0.0.0.0:0").expect("a port");
        for done in [
            tcp.set_nonblocking(true),
            tcp6.as_ref().map_or(Ok(()), |tcp6| tcp6.set_nonblocking(true)),
            udp.set_nonblocking(true),
            stream.set_nonblocking(true),
            datagrams.set_nonblocking(true),
            unnamed_stream.set_nonblocking(true),
            unnamed_datagrams.set_nonblocking(true),
        ] {
            done.expect("nonblocking");
        }
        let made = Command::new("mkfifo").args(["-m", "666"]).arg(root.join("fifo")).status();
        assert!(made.expect("mkfifo").success());
        let fifo = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed())
            .open(root.join("fifo"))
            .expect("a fifo");
        let host = Self {
            key: 0x6200_0000 | (std::process::id() & 0xffff) << 8 | (count & 0xff),
            directory,
            mark,
            who,
            tcp,
            tcp6,
            udp,
            stream,
            datagrams,
            unnamed_stream,
            unnamed_datagrams,
            fifo,
            started: (Instant::now(), SystemTime::now()),
        };
        host.perl(&format!(
            "my $k={}; my $i=shmget($k,64,0666|512); shmwrite($i,'{SECRET}',0,6) or die $!; \
             defined msgget($k,0666|512) or die $!; defined semget($k,1,0666|512) or die $!; \
             call('mq_open','{1}',0102,0666,0); call('add_key','user','{1}','x',1,-4);",
            host.key, host.mark
        ));
        host
    }

    /// The directory of everything.
    pub fn root(&self) -> &Path {
        self.directory.path()
    }

    /// Puts this host's names and numbers in the place of `{tree}`, `{port}` and so on.
    pub fn fill(&self, script: &str) -> String {
        let path = |name: &str| self.root().join(name).display().to_string();
        let port6 = self.tcp6.as_ref().map_or(1, |tcp6| tcp6.local_addr().unwrap().port());
        [
            ("{tree}", path("tree")),
            ("{stream}", path("stream")),
            ("{datagrams}", path("datagrams")),
            ("{fifo}", path("fifo")),
            ("{binary}", path("blackstart")),
            ("{mark}", self.mark.clone()),
            ("{key}", self.key.to_string()),
            ("{pid}", std::process::id().to_string()),
            ("{port}", self.tcp.local_addr().unwrap().port().to_string()),
            ("{port6}", port6.to_string()),
            ("{udp}", self.udp.local_addr().unwrap().port().to_string()),
        ]
        .iter()
        .fold(script.to_owned(), |script, (name, value)| script.replace(name, value))
    }

    /// Returns all that is compared, by name.
    pub fn state(&self) -> BTreeMap<String, String> {
        let mut state = BTreeMap::new();
        self.add_tree(self.root(), &mut state);
        for file in FILES {
            state.insert((*file).to_owned(), described(Path::new(file), Content::No));
        }
        for file in SETTINGS {
            state.insert((*file).to_owned(), fs::read_to_string(file).unwrap_or_default());
        }
        for folder in FOLDERS {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            for name in entries.map(|entry| entry.file_name()) {
                if name.to_string_lossy().contains(&self.mark) {
                    state.insert(format!("{folder}/{}", name.display()), "is there".to_owned());
                }
            }
        }
        for kind in ["shm", "msg", "sem"] {
            let table = fs::read_to_string(format!("/proc/sysvipc/{kind}")).unwrap_or_default();
            let own = table.lines().filter(|line| {
                let key = line.split_whitespace().next().and_then(|key| key.parse().ok());
                key == Some(self.key)
            });
            state.insert(format!("System V {kind}"), own.collect::<Vec<_>>().join("\n"));
        }
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        for line in mounts.lines() {
            state.insert(format!("mount {line}"), String::new());
        }
        let keys = fs::read_to_string("/proc/keys").unwrap_or_default();
        let own: Vec<_> = keys.lines().filter(|line| line.contains(&self.mark)).collect();
        state.insert("keys".to_owned(), own.join("\n"));
        let drift = SystemTime::now()
            .duration_since(self.started.1)
            .map(|passed| passed.abs_diff(self.started.0.elapsed()).as_secs() > 5);
        state.insert("the clock jumped".to_owned(), format!("{drift:?}"));
        state.insert("priority".to_owned(), priority());
        state
    }

    /// Returns what happened since `before`, one line each.
    pub fn since(&self, before: &BTreeMap<String, String>) -> Vec<String> {
        let after = self.state();
        let mut found = Vec::new();
        for name in before.keys().chain(after.keys()) {
            let (old, new) = (before.get(name), after.get(name));
            // Other tests of this machine mount in name spaces of their own, if anything at all.
            let foreign = name.starts_with("mount ")
                && old.is_none()
                && !name.contains(&self.mark)
                && !name.contains(&self.root().display().to_string());
            if old != new && !foreign && !found.iter().any(|line: &String| line.starts_with(name)) {
                found.push(format!("{name}: {old:?} -> {new:?}"));
            }
        }
        found.extend(self.calls());
        found.extend(processes_with(&self.mark).into_iter().map(|left| {
            let head: String = left.text.chars().take(80).collect();
            format!("process {} is left: {head}", left.pid)
        }));
        found
    }

    /// Returns what reached a listener.
    fn calls(&self) -> Vec<String> {
        let mut buffer = [0_u8; 64];
        let mut found = Vec::new();
        let mut hit = |name: &str, reached: bool| {
            if reached {
                found.push(format!("{name} was reached"));
            }
        };
        hit("the TCP port", self.tcp.accept().is_ok());
        hit("the IPv6 port", self.tcp6.as_ref().is_some_and(|tcp6| tcp6.accept().is_ok()));
        hit("the UDP port", self.udp.recv(&mut buffer).is_ok());
        hit("the stream socket", self.stream.accept().is_ok());
        hit("the datagram socket", self.datagrams.recv(&mut buffer).is_ok());
        hit("the abstract stream socket", self.unnamed_stream.accept().is_ok());
        hit("the abstract datagram socket", self.unnamed_datagrams.recv(&mut buffer).is_ok());
        hit("the fifo", (&self.fifo).read(&mut buffer).is_ok_and(|got| got > 0));
        found
    }

    /// Returns which of the host's queues, shared memory and keys are not what they were.
    pub fn objects_lost(&self) -> String {
        self.perl(&format!(
            "my $i=shmget({key},64,0)//print \"shared memory is gone\"; my $b; shmread($i,$b,0,6); \
             print \"shared memory holds $b\" if $b ne '{SECRET}'; \
             $quiet=1; my $q=call('mq_open','{mark}',2,0,0); print \"the queue is gone\" if $q<0; \
             call('mq_getsetattr',$q,0,'x'x64) if $q>=0; \
             print \"the queue is not empty\" if $q>=0 && unpack('x24q',$last); \
             print \"the key is gone\" if call('keyctl',10,-4,'user','{mark}',0)<0;",
            key = self.key,
            mark = self.mark
        ))
    }

    /// Runs Perl on the host as the one who attempts.
    fn perl(&self, code: &str) -> String {
        let mut words = prefix(self.who);
        words.extend(["perl", "-e", &program(code)].map(str::to_owned));
        let done = Command::new(&words[0]).args(&words[1..]).output().expect("perl");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(said.is_empty(), "{code}: {said}");
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    fn add_tree(&self, directory: &Path, state: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            state.insert(path.display().to_string(), described(&path, Content::Yes));
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.add_tree(&path, state);
            }
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.perl(&format!(
            "my $i=shmget({key},64,0); shmctl($i,0,0) if defined $i; \
             $i=msgget({key},0); msgctl($i,0,0) if defined $i; \
             $i=semget({key},1,0); semctl($i,0,0,0) if defined $i; \
             call('mq_unlink','{mark}'); \
             $i=call('keyctl',10,-4,'user','{mark}',0); call('keyctl',9,$i,-4) if $i>0;",
            key = self.key,
            mark = self.mark
        ));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Yes,
    No,
}

/// Everything about one path but the time of its last reading.
fn described(path: &Path, content: Content) -> String {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return "is not there".to_owned();
    };
    let mut text = format!(
        "{:o} {}:{} {} bytes, {} names, written {}.{}, changed {}.{}, device {}",
        metadata.mode(),
        metadata.uid(),
        metadata.gid(),
        metadata.len(),
        metadata.nlink(),
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.ctime(),
        metadata.ctime_nsec(),
        metadata.rdev()
    );
    // Nobody can set the time of change, which is enough for the program under test.
    if metadata.is_file() && content == Content::Yes && metadata.len() < 1 << 20 {
        let _ = write!(text, " {}", Digest::of(&fs::read(path).unwrap_or_default()));
    }
    for (name, value) in attributes(path) {
        let _ = write!(text, " {name}={value:?}");
    }
    text
}

/// Nice value and scheduling of this process.
fn priority() -> String {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    [16, 38, 39].map(|field| *fields.get(field).unwrap_or(&"")).join(" ")
}

fn open_up(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("rights");
}

fn make_tree(tree: &Path, who: Who) {
    for name in ["a", "b/c", "b/d/e", "other/f"] {
        let path = tree.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(&path, format!("{name}\n").repeat(500)).expect("a file");
        open_up(&path, 0o666);
    }
    std::os::unix::fs::symlink("a", tree.join("link")).expect("a link");
    for path in ["", "b", "b/d", "other"] {
        open_up(&tree.join(path), 0o777);
    }
    fs::copy("/usr/bin/id", tree.join("set-uid")).expect("a program");
    open_up(&tree.join("set-uid"), 0o4755);
    if sandbox_support::is_root() {
        let node = Command::new("mknod").arg(tree.join("node")).args(["c", "1", "5"]).status();
        assert!(node.expect("mknod").success());
        open_up(&tree.join("node"), 0o666);
    }
    if who == Who::User && sandbox_support::is_root() {
        let owner = format!("{0}:{0}", sandbox_support::NOBODY);
        let paths: Vec<PathBuf> =
            ["a", "b", "link", "other"].iter().map(|name| tree.join(name)).collect();
        let done = Command::new("chown").args(["-hR", &owner]).args(paths).status();
        assert!(done.expect("chown").success());
    }
}
