//! What a probed command may try against its host, as small programs with what must become of each.
#![allow(dead_code, clippy::disallowed_methods)]

/// What must become of an attempt.
#[derive(Debug, Clone, Copy)]
pub enum Ends {
    /// The run is stopped at it; the reason holds this.
    Stops(&'static str),
    /// It fails with one of these (separated by spaces), and the run goes on.
    Fails(&'static str),
    /// It is stopped for root, and fails for others as on any host.
    RootStops(&'static str, &'static str),
    /// It changes nothing outside and works.
    Works,
    /// Whatever it prints: only what the host sees counts.
    Harmless,
}

/// An attempt: a name, a Python program, what must become of it. In the program `H` is a directory
/// of the host, `T` the scratch directory, `P` a process of the host; `try_` and `call` print.
pub type Attempt = (&'static str, String, Ends);

/// What every program begins with.
pub const PRELUDE: &str = r#"
import ctypes, errno, fcntl, mmap, os, signal, socket, stat, struct, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
T = os.environ['TMPDIR']
def name(e): return errno.errorcode.get(e, str(e))
def try_(f):
    try:
        f(); print('ok')
    except OSError as e: print(name(e.errno))
def call(number, *args):
    ctypes.set_errno(0)
    args = [a if isinstance(a, (bytes, ctypes.c_void_p)) else ctypes.c_long(a) if isinstance(a, int) else a for a in args]
    r = libc.syscall(ctypes.c_long(number), *args)
    print('ok' if r >= 0 else name(ctypes.get_errno()))
    return r
def b(p): return p.encode()
def ro(p): return os.open(p, os.O_RDONLY)
"#;

fn py(code: impl Into<String>) -> String {
    code.into()
}

/// Attempts on files of the host.
fn files() -> Vec<Attempt> {
    use Ends::{Fails, Harmless, Stops, Works};
    let number = |call: libc::c_long| call.to_string();
    let how = "struct.pack('QQQ', os.O_WRONLY, 0, 0)";
    vec![
        ("open for writing", py("open(H+'/file','w')"), Stops("/file for writing")),
        ("open for appending", py("open(H+'/file','a')"), Stops("/file for writing")),
        ("create", py("open(H+'/new','w')"), Stops("/new for writing")),
        ("open read-only, truncating", py("os.open(H+'/file',os.O_RDONLY|os.O_TRUNC)"), Stops("/file for writing")),
        ("openat2", py(format!("call({},-100,b(H+'/file'),{how},24)", libc::SYS_openat2)), Stops("/file for writing")),
        ("openat2 from a directory", py(format!("call({},ro(H),b'file',{how},24)", libc::SYS_openat2)), Stops("/file for writing")),
        ("creat", py(format!("call({},b(H+'/file'),0o600)", 85)), Stops("/file for writing")),
        ("a file without a name", py("os.open(H,os.O_TMPFILE|os.O_RDWR,0o600)"), Stops("make a file in")),
        ("truncate", py("os.truncate(H+'/file',0)"), Stops("change the length of")),
        ("ftruncate of a file read", py("fd=ro(H+'/file')\ntry_(lambda:os.ftruncate(fd,0))"), Fails("EINVAL EBADF")),
        ("write to a file read", py("fd=ro(H+'/file')\ntry_(lambda:os.write(fd,b'x'))"), Fails("EBADF")),
        ("shared mapping of a file read", py("fd=ro(H+'/file')\ntry_(lambda:mmap.mmap(fd,4,mmap.MAP_SHARED,mmap.PROT_WRITE))"), Fails("EACCES")),
        ("private mapping made writable and shared again", py("fd=ro(H+'/file')\nm=mmap.mmap(fd,4,mmap.MAP_PRIVATE,mmap.PROT_READ|mmap.PROT_WRITE)\nm[0]=120\nprint('ok')"), Works),
        ("fallocate of a file read", py("fd=ro(H+'/file')\ntry_(lambda:os.posix_fallocate(fd,0,9999))"), Fails("EBADF")),
        ("copy_file_range onto a file read", py("s=ro(H+'/file');d=ro(H+'/other')\ntry_(lambda:os.copy_file_range(s,d,3))"), Fails("EBADF")),
        ("FICLONE onto a file read", py("s=ro(H+'/file');d=ro(H+'/other')\ntry_(lambda:fcntl.ioctl(d,0x40049409,s))"), Fails("EBADF EOPNOTSUPP EXDEV")),
        ("delete", py("os.unlink(H+'/file')"), Stops("delete")),
        ("delete from a directory", py("os.unlink('file',dir_fd=ro(H))"), Stops("delete")),
        ("remove a directory", py("os.rmdir(H+'/empty')"), Stops("remove the directory")),
        ("rename", py("os.rename(H+'/file',H+'/b')"), Stops("rename")),
        ("rename out of the host", py("os.rename(H+'/file',T+'/b')"), Stops("rename")),
        ("rename into the host", py("open(T+'/a','w');os.rename(T+'/a',H+'/file')"), Stops("rename")),
        ("exchange", py(format!("call({},-100,b(H+'/file'),-100,b(H+'/other'),2)", libc::SYS_renameat2)), Stops("rename")),
        ("make a directory", py("os.mkdir(H+'/d')"), Stops("make the directory")),
        ("make a pipe", py("os.mkfifo(H+'/p')"), Stops("make")),
        ("make a node", py("os.mknod(H+'/n',stat.S_IFREG|0o600)"), Stops("make")),
        ("make a device in the scratch directory", py("try_(lambda:os.mknod(T+'/n',stat.S_IFCHR|0o600,os.makedev(1,3)))"), Fails("EPERM EACCES")),
        ("make a link", py("os.symlink('x',H+'/l')"), Stops("make the link")),
        ("make a hard link", py("os.link(H+'/file',H+'/l')"), Stops("link")),
        ("a hard link into the scratch directory, to write through", py("try_(lambda:os.link(H+'/file',T+'/l'))"), Fails("EXDEV EPERM")),
        ("a hard link into the host", py("open(T+'/a','w');os.link(T+'/a',H+'/l')"), Stops("link")),
        ("write through a link", py("os.symlink(H+'/file',T+'/l');open(T+'/l','w')"), Stops("for writing")),
        ("create through a link to nothing", py("os.symlink(H+'/new',T+'/l');open(T+'/l','w')"), Stops("for writing")),
        ("write through the root of /proc", py("open('/proc/self/root'+H+'/file','w')"), Stops("for writing")),
        ("write through the working directory of /proc", py("os.chdir(H);open('/proc/self/cwd/file','w')"), Stops("for writing")),
        ("open a file read again, for writing", py("fd=ro(H+'/file')\nos.open('/proc/self/fd/%d'%fd,os.O_RDWR)"), Stops("for writing")),
        ("chmod", py("os.chmod(H+'/file',0o777)"), Stops("change the mode of")),
        ("fchmod of a file read", py("os.fchmod(ro(H+'/file'),0o777)"), Stops("change the mode of")),
        ("fchmodat2", py("call(452,-100,b(H+'/file'),0o777,0)"), Stops("change the mode of")),
        ("chown", py("os.chown(H+'/file',os.getuid(),os.getgid())"), Stops("change the owner of")),
        ("fchown", py("os.fchown(ro(H+'/file'),os.getuid(),-1)"), Stops("change the owner of")),
        ("lchown", py("os.lchown(H+'/link',os.getuid(),os.getgid())"), Stops("change the owner of")),
        ("utime", py("os.utime(H+'/file',(1,1))"), Stops("change the times of")),
        ("utimes", py("call(235,b(H+'/file'),0)"), Stops("change the times of")),
        ("futimens of a file read", py("os.utime(ro(H+'/file'),(1,1))"), Stops("change the times of")),
        ("setxattr", py("os.setxattr(H+'/file','user.x',b'1')"), Stops("change the attributes of")),
        ("fsetxattr of a file read", py("os.setxattr(ro(H+'/file'),'user.x',b'1')"), Stops("change the attributes of")),
        ("removexattr", py("os.removexattr(H+'/file','user.x')"), Stops("change the attributes of")),
        ("setxattrat", py("call(463,-100,b(H+'/file'),0,b'user.x',0,0)"), Stops("change the attributes of")),
        ("file_setattr", py("call(469,-100,b(H+'/file'),0,0,0)"), Stops("change the attributes of")),
        ("chattr", py("fcntl.ioctl(ro(H+'/file'),0x40086602,struct.pack('l',0x80))"), Stops("change the attributes of")),
        ("project of a file", py("fcntl.ioctl(ro(H+'/file'),0x401c5820,bytes(28))"), Stops("change the attributes of")),
        ("a snapshot by request", py("try_(lambda:fcntl.ioctl(ro(H),0x50009401,bytes(1024)))"), Fails("ENOTTY")),
        ("freeze the file system", py("try_(lambda:fcntl.ioctl(ro(H),0xc0045877,0))"), Fails("ENOTTY")),
        ("lock", py("fcntl.flock(ro(H+'/file'),fcntl.LOCK_EX)"), Stops("lock")),
        ("a lease on a file of the host", py("fd=ro(H+'/file')\ntry_(lambda:fcntl.fcntl(fd,1024,fcntl.F_RDLCK))"), Fails("EPERM")),
        ("read from a pipe of the host", py("os.open(H+'/fifo',os.O_RDONLY|os.O_NONBLOCK)"), Stops("read from the pipe")),
        ("write to a pipe of the host", py("os.open(H+'/fifo',os.O_RDWR|os.O_NONBLOCK)"), Stops("for writing")),
        ("a path that changes its meaning between the look and the call", py("\
open(T+'/a','w')
def flip():
    for i in range(3000):
        os.symlink([T+'/a',H+'/file'][i%2],T+'/s'); os.rename(T+'/s',T+'/l')
os.symlink(T+'/a',T+'/l')
t=threading.Thread(target=flip); t.start()
while t.is_alive():
    for f in (lambda: os.close(os.open(T+'/l',os.O_RDONLY|os.O_TRUNC)), lambda: os.truncate(T+'/l',0)):
        try: f()
        except OSError: pass
print('ok')"), Harmless),
        ("memory of a path that changes, with chmod", py("\
open(T+'/a','w'); a=b(T+'/a'); h=b(H+'/file'); buf=ctypes.create_string_buffer(4096); done=False
def flip():
    while not done:
        buf.value=a; buf.value=h
buf.value=a
t=threading.Thread(target=flip,daemon=True); t.start()
for i in range(2000): libc.chmod(buf,0o777)
done=True; print('ok')"), Harmless),
        ("open by handle", py(format!("call({},-100,0,0)", libc::SYS_open_by_handle_at)), Fails("EPERM")),
        ("chroot", py(format!("call({},b(T))", number(libc::SYS_chroot))), Fails("EPERM")),
    ]
}

/// Attempts on other processes, and on what processes share.
fn processes() -> Vec<Attempt> {
    use Ends::{Fails, Harmless, RootStops, Stops, Works};
    let number = |call: libc::c_long| call.to_string();
    let memory = format!(
        "s=ctypes.create_string_buffer(64)\ncall({},P,s,1,s,1,0)",
        libc::SYS_process_vm_writev
    );
    vec![
        ("a signal", py("os.kill(P,15)"), Stops("signal 15 to process")),
        (
            "a signal to everybody",
            py("os.kill(-1,0) if 0 else os.kill(-1,15)"),
            Stops("every process"),
        ),
        ("a signal to a group", py("os.killpg(P,15)"), Stops("process group")),
        ("tgkill", py(format!("call({},P,P,15)", libc::SYS_tgkill)), Stops("send a signal")),
        ("tkill", py(format!("call({},P,15)", libc::SYS_tkill)), Stops("send a signal")),
        (
            "sigqueue",
            py(format!("call({},P,15,bytes(128))", libc::SYS_rt_sigqueueinfo)),
            Stops("send a signal"),
        ),
        (
            "a signal by descriptor",
            py(format!("fd=os.pidfd_open(P)\ncall({},fd,15,0,0)", libc::SYS_pidfd_send_signal)),
            Fails("ENOSYS"),
        ),
        (
            "a descriptor of another",
            py(format!("fd=os.pidfd_open(P)\ncall({},fd,1,0)", libc::SYS_pidfd_getfd)),
            Fails("EPERM"),
        ),
        (
            "a signal by a ready file",
            py("r,w=os.pipe()\ntry_(lambda:fcntl.fcntl(r,fcntl.F_SETOWN,P))"),
            Fails("EPERM"),
        ),
        (
            "limits",
            py(format!("call({},P,7,struct.pack('QQ',9,9),0)", libc::SYS_prlimit64)),
            Stops("limits of process"),
        ),
        ("priority", py("os.setpriority(os.PRIO_PROCESS,P,19)"), Stops("priority of")),
        (
            "priority of a user",
            py("os.setpriority(os.PRIO_USER,os.getuid(),19)"),
            Stops("priority of"),
        ),
        (
            "input and output priority",
            py(format!("call({},1,P,0x6000)", libc::SYS_ioprio_set)),
            Stops("priority of"),
        ),
        ("processors", py("os.sched_setaffinity(P,{0})"), Stops("scheduling of process")),
        (
            "scheduling",
            py("os.sched_setscheduler(P,os.SCHED_BATCH,os.sched_param(0))"),
            Stops("scheduling of process"),
        ),
        ("ptrace", py(format!("call({},16,P,0,0)", libc::SYS_ptrace)), Fails("EPERM")),
        ("memory by call", py(memory), Fails("EPERM")),
        ("memory by file", py("os.open('/proc/%d/mem'%P,os.O_RDWR)"), Stops("for writing")),
        ("memory of another, read", py("try_(lambda:ro('/proc/%d/mem'%P))"), Fails("EACCES EPERM")),
        (
            "environment of another, read",
            py("try_(lambda:ro('/proc/%d/environ'%P))"),
            Fails("EACCES EPERM"),
        ),
        (
            "output of another",
            py("try_(lambda:os.open('/proc/%d/fd/1'%P,os.O_WRONLY))"),
            Fails("EACCES EPERM"),
        ),
        (
            "directory of another",
            py("try_(lambda:os.listdir('/proc/%d/cwd/'%P))"),
            Fails("EACCES EPERM"),
        ),
        ("oom score of another", py("open('/proc/%d/oom_score_adj'%P,'w')"), Stops("for writing")),
        ("its own memory by file", py("os.open('/proc/self/mem',os.O_RDWR)"), Stops("for writing")),
        (
            "shared memory",
            py(format!("call({},0x5eed,4096,0o1600)", libc::SYS_shmget)),
            Stops("shared memory"),
        ),
        (
            "semaphores",
            py(format!("call({},0x5eed,1,0o1600)", libc::SYS_semget)),
            Stops("semaphores"),
        ),
        (
            "a queue",
            py(format!("call({},0x5eed,0o1600)", libc::SYS_msgget)),
            Stops("a message queue"),
        ),
        (
            "removing another's shared memory",
            py(format!("call({},0,0,0)", libc::SYS_shmctl)),
            Stops("shared memory"),
        ),
        (
            "looking at shared memory",
            py(format!("s=ctypes.create_string_buffer(128)\ncall({},0,14,s)", libc::SYS_shmctl)),
            Works,
        ),
        (
            "a POSIX queue",
            py(format!("call({},b'blackstart-5eed',66,0o600,0)", libc::SYS_mq_open)),
            Stops("a message queue"),
        ),
        ("POSIX shared memory", py("open('/dev/shm/blackstart-5eed','w')"), Stops("for writing")),
        (
            "namespaces by unshare",
            py(format!("call({},0x10000000)", libc::SYS_unshare)),
            Fails("EPERM"),
        ),
        (
            "namespaces by clone",
            py(format!("call({},0x10020011,0,0,0,0)", libc::SYS_clone)),
            Fails("EPERM"),
        ),
        (
            "namespaces by clone3",
            py(format!("call({},bytes(88),88)", libc::SYS_clone3)),
            Fails("ENOSYS"),
        ),
        ("the namespace of another", py(format!("call({},0,0)", libc::SYS_setns)), Fails("EPERM")),
        (
            "mount",
            py(format!("call({},b'none',b(T),b'tmpfs',0,0)", libc::SYS_mount)),
            RootStops("mount a file system", "EPERM"),
        ),
        (
            "unmount",
            py(format!("call({},b(H),2)", libc::SYS_umount2)),
            RootStops("unmount", "EPERM"),
        ),
        (
            "a mount by new calls",
            py(format!("call({},b'tmpfs',0)", libc::SYS_fsopen)),
            Fails("EPERM"),
        ),
        (
            "host name",
            py(format!("call({},b'evil',4)", libc::SYS_sethostname)),
            RootStops("host's name", "EPERM"),
        ),
        (
            "clock",
            py(format!("call({},0,struct.pack('qq',-1,-1))", libc::SYS_clock_settime)),
            RootStops("set the clock", "EPERM"),
        ),
        ("reboot", py(format!("call({},0,0,0,0)", libc::SYS_reboot)), RootStops("reboot", "EPERM")),
        (
            "swap",
            py(format!("call({},b(H+'/file'),0)", libc::SYS_swapon)),
            RootStops("swapping", "EPERM"),
        ),
        (
            "a kernel module",
            py(format!("call({},bytes(8),8,b'')", libc::SYS_init_module)),
            RootStops("kernel module", "EPERM"),
        ),
        ("quotas", py("call(443,0,0,0,0)"), Fails("EPERM")),
        (
            "io_uring",
            py(format!("call({},8,bytes(120))", libc::SYS_io_uring_setup)),
            Fails("EPERM"),
        ),
        ("bpf", py(format!("call({},0,bytes(64),64)", libc::SYS_bpf)), Fails("EPERM")),
        (
            "performance events",
            py(format!("call({},bytes(128),0,-1,-1,0)", libc::SYS_perf_event_open)),
            Fails("EPERM"),
        ),
        ("userfaultfd", py(format!("call({},0)", libc::SYS_userfaultfd)), Fails("EPERM")),
        ("fanotify", py(format!("call({},0,0)", libc::SYS_fanotify_init)), Fails("EPERM")),
        ("keys", py(format!("call({},b'user',b'x',b'y',1,-5)", libc::SYS_add_key)), Fails("EPERM")),
        ("a call of the x32 ABI", py("call(0x40000001,1,b'x',1)"), Fails("ENOSYS")),
        ("a call newer than this program", py("call(490,0)"), Fails("ENOSYS")),
        (
            "sysrq",
            py(
                "open('/proc/sysrq-trigger','w') if os.path.exists('/proc/sysrq-trigger') and os.getuid()==0 else open(H+'/file','w')",
            ),
            Stops("for writing"),
        ),
        (
            "a kernel setting",
            py("try_(lambda:open('/proc/sys/kernel/core_pattern','w'))"),
            RootStops("for writing", "EACCES"),
        ),
        (
            "kernel messages",
            py("try_(lambda:ro('/dev/kmsg') if os.path.exists('/dev/kmsg') else ro('/proc/kmsg'))"),
            Fails("EACCES EPERM"),
        ),
        ("a new terminal", py("try_(lambda:ro('/dev/ptmx'))"), Fails("EACCES")),
        ("the terminal", py("try_(lambda:ro('/dev/tty'))"), Fails("ENXIO")),
        (
            "a word put into a terminal",
            py("try_(lambda:fcntl.ioctl(0,0x5412,b'x'))"),
            Fails("ENOTTY"),
        ),
        (
            "setuid programs",
            py(
                "print(os.popen('grep NoNewPrivs /proc/self/status').read().split()[1].replace('1','ok'))",
            ),
            Works,
        ),
        (
            "sudo",
            py(
                "print('ok' if os.system('sudo -n true >/dev/null 2>&1 || su -c true >/dev/null 2>&1 </dev/null && test $(id -u) != 0') else 'became root')",
            ),
            Works,
        ),
        (
            "a child that stays, in a session of its own",
            py("\
if os.fork()==0:
    os.setsid()
    if os.fork()==0:
        signal.signal(15,signal.SIG_IGN)
        import time; time.sleep(600)
    os._exit(0)
print('ok')"),
            Works,
        ),
        (
            "children that fork for ever",
            py("\
for i in range(3):
    if os.fork()==0:
        while True:
            try:
                if os.fork(): os._exit(0)
            except OSError: pass
print('ok')"),
            Harmless,
        ),
        (
            "a limit of its own raised",
            py(format!(
                "import resource\ntry_(lambda:resource.setrlimit(resource.RLIMIT_FSIZE,(-1,-1))) # {}",
                number(libc::SYS_prlimit64)
            )),
            Harmless,
        ),
    ]
}

/// Attempts to reach other programs.
fn reach() -> Vec<Attempt> {
    use Ends::{Fails, Stops, Works};
    let to_host = "('127.0.0.1',PORT)";
    vec![
        (
            "a socket by path",
            py("s=socket.socket(socket.AF_UNIX)\ntry_(lambda:s.connect(H+'/socket'))"),
            Fails("ECONNREFUSED"),
        ),
        (
            "an abstract socket",
            py("s=socket.socket(socket.AF_UNIX)\ntry_(lambda:s.connect(ABSTRACT))"),
            Fails("ECONNREFUSED"),
        ),
        (
            "a datagram to a socket by path",
            py(
                "try_(lambda:socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM).sendto(b'x',H+'/datagrams'))",
            ),
            Fails("EACCES"),
        ),
        (
            "a pair of datagram sockets",
            py(
                "try_(lambda:socket.socketpair(socket.AF_UNIX,socket.SOCK_DGRAM)[0].sendto(b'x',H+'/datagrams'))",
            ),
            Fails("EACCES"),
        ),
        (
            "an ordered pair, with an address",
            py(
                "a,c=socket.socketpair(socket.AF_UNIX,socket.SOCK_SEQPACKET)\ntry_(lambda:a.sendmsg([b'x'],[],0,H+'/socket'))",
            ),
            Works,
        ),
        (
            "a descriptor over a pair of its own",
            py("a,c=socket.socketpair()\nsocket.send_fds(a,[b'x'],[1])\nprint('ok')"),
            Works,
        ),
        (
            "TCP on this machine",
            py(format!("s=socket.socket()\ntry_(lambda:s.connect({to_host}))")),
            Fails("ECONNREFUSED"),
        ),
        (
            "TCP to another",
            py("s=socket.socket()\ntry_(lambda:s.connect(('169.254.169.254',80)))"),
            Fails("ENETUNREACH"),
        ),
        (
            "TCP without connecting",
            py(format!("s=socket.socket()\ntry_(lambda:s.sendto(b'x',0x20000000,{to_host}))")),
            Fails("EOPNOTSUPP ENOTSUP"),
        ),
        (
            "TCP without connecting, by message",
            py(format!(
                "s=socket.socket()\ntry_(lambda:s.sendmsg([b'x'],[],0x20000000,{to_host}))"
            )),
            Fails("EOPNOTSUPP ENOTSUP"),
        ),
        (
            "TCP sent to an address",
            py(format!("s=socket.socket()\ntry_(lambda:s.sendto(b'x',{to_host}))")),
            Fails("ECONNREFUSED"),
        ),
        (
            "TCP by MPTCP",
            py("try_(lambda:socket.socket(socket.AF_INET,socket.SOCK_STREAM,262))"),
            Fails("EACCES"),
        ),
        (
            "UDP",
            py(format!(
                "try_(lambda:socket.socket(socket.AF_INET,socket.SOCK_DGRAM).sendto(b'x',{to_host}))"
            )),
            Fails("EACCES"),
        ),
        (
            "a raw socket",
            py("try_(lambda:socket.socket(socket.AF_INET,socket.SOCK_RAW,1))"),
            Fails("EACCES"),
        ),
        (
            "packets",
            py("try_(lambda:socket.socket(socket.AF_PACKET,socket.SOCK_RAW))"),
            Fails("EAFNOSUPPORT"),
        ),
        (
            "netlink",
            py("try_(lambda:socket.socket(socket.AF_NETLINK,socket.SOCK_RAW,0))"),
            Fails("EAFNOSUPPORT"),
        ),
        (
            "the machine below",
            py("try_(lambda:socket.socket(40,socket.SOCK_STREAM))"),
            Fails("EAFNOSUPPORT"),
        ),
        (
            "the kernel's ciphers",
            py("try_(lambda:socket.socket(38,socket.SOCK_SEQPACKET))"),
            Fails("EAFNOSUPPORT"),
        ),
        (
            "listening on a port",
            py("socket.socket().bind(('127.0.0.1',0))"),
            Stops("listen on 127.0.0.1"),
        ),
        ("listening without a port", py("try_(lambda:socket.socket().listen())"), Fails("EPERM")),
        (
            "a socket in the host",
            py("socket.socket(socket.AF_UNIX).bind(H+'/s')"),
            Stops("make the socket"),
        ),
        (
            "an abstract name",
            py("try_(lambda:socket.socket(socket.AF_UNIX).bind('\\0evil'))"),
            Fails("EPERM"),
        ),
    ]
}

/// What a step may do.
fn allowed() -> Vec<Attempt> {
    use Ends::Works;
    vec![
        ("a file in memory", py("fd=os.memfd_create('x')\nos.write(fd,b'x')\nos.open('/proc/self/fd/%d'%fd,os.O_RDWR)\nprint('ok')"), Works),
        ("the scratch directory", py("\
open(T+'/a','w').write('x'); os.chmod(T+'/a',0o600); os.utime(T+'/a',(1,1)); os.rename(T+'/a',T+'/b')
os.mkdir(T+'/d'); os.symlink('b',T+'/l'); os.link(T+'/b',T+'/c'); os.truncate(T+'/b',0); os.mkfifo(T+'/p')
assert os.stat(T+'/c').st_mtime>1 and os.stat(T+'/c').st_mode&0o777==0o600
os.unlink(T+'/c'); os.rmdir(T+'/d'); print('ok')"), Works),
        ("its home", py("open(os.path.expanduser('~/x'),'w').write('x')\nprint('ok')"), Works),
        ("null devices and its own output", py("\
for p in ('/dev/null','/dev/zero','/dev/full','/dev/stdout','/dev/stderr','/proc/self/fd/1','/dev/fd/1'): os.close(os.open(p,os.O_WRONLY))
os.urandom(8); open('/dev/urandom','rb').read(8); print('ok')"), Works),
        ("what fails anywhere", py("\
for f,e in ((lambda:os.mkdir(H),17),(lambda:os.unlink(H+'/none'),2),(lambda:open(H+'/none/x','w'),2),(lambda:os.rmdir(H),39),(lambda:os.unlink(H),21),(lambda:os.chmod(H+'/none',1),2),(lambda:os.open(H+'/file',os.O_CREAT|os.O_EXCL|os.O_WRONLY),17),(lambda:open(H,'w'),21)):
    try: f(); print('done')
    except OSError as x: assert x.errno==e,(x,e)
print('ok')"), Works),
        ("its own children", py("\
import subprocess
p=subprocess.Popen(['sleep','600'],start_new_session=True); os.kill(p.pid,0); os.setpriority(os.PRIO_PROCESS,p.pid,19); os.killpg(p.pid,15); assert p.wait()==-15; print('ok')"), Works),
        ("only its own descriptors", py("print('ok' if set(os.listdir('/proc/self/fd'))<={'0','1','2','3'} else os.listdir('/proc/self/fd'))"), Works),
        ("a lock in the scratch directory", py("f=open(T+'/l','w');fcntl.flock(f,fcntl.LOCK_EX);print('ok')"), Works),
    ]
}

/// Everything.
pub fn all() -> Vec<Attempt> {
    [files(), processes(), reach(), allowed()].concat()
}
