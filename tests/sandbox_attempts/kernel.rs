//! Attempts on the kernel: namespaces, mounts, settings, modules, keys, devices, foreign calls.

use super::How::{Perl, Shell};
use super::Seen::{Anything, ByRootAndUser, Fails, Says};
use super::{Attempt, How, Seen};

const fn row(number: u32, name: &'static str, how: How, seen: Seen) -> Attempt {
    Attempt { number, name, how, seen }
}

/// Runs machine code that Perl puts into memory; the result would be printed.
#[cfg(target_arch = "x86_64")]
macro_rules! machine_code {
    ($hexadecimal:literal) => {
        Perl(concat!(
            "my $p=syscall($nr{mmap},0,4096,7,0x22,-1,0); pipe(my $r,my $w); syswrite $w,pack('H*','",
            $hexadecimal,
            "'); syscall($nr{read},fileno $r,$p,4096); require DynaLoader; \
             DynaLoader::dl_install_xsub('main::go',$p); go(); print 'survived'; ok()"
        ))
    };
}

pub const ATTEMPTS: &[Attempt] = &[
    row(
        13,
        "mount memory and /proc",
        Shell("mount -t tmpfs {mark} {tree} || mount -t proc {mark} /mnt"),
        Anything,
    ),
    row(
        13,
        "mount by the call itself",
        Perl(
            "my($s,$t,$k)=('{mark}','{tree}','tmpfs'); call('mount',$s,$t,$k,0,0); call('mount',$s,'/mnt',$k,0,0)",
        ),
        Fails,
    ),
    row(
        14,
        "uncover /proc/sys",
        Shell("umount /proc/sys || mount -o remount,rw /proc/sys || umount -l /proc"),
        Anything,
    ),
    row(
        14,
        "uncover by the call itself",
        Perl("for('/proc/sys','/proc','/dev','/'){my $p=$_; call('umount2',$p,2)}"),
        Fails,
    ),
    row(
        15,
        "new namespaces",
        Shell("unshare -Ur true || unshare -m true || unshare -n true"),
        Fails,
    ),
    row(
        15,
        "new namespaces, each by itself",
        Perl(
            "for(0x10000000,0x20000,0x2000000,0x4000000,0x8000000,0x20000000,0x40000000,0x80){call('unshare',$_)}",
        ),
        Fails,
    ),
    row(
        16,
        "clone into namespaces",
        Perl(
            "for(0x10000000,0x20000,0x2000000,0x4000000,0x8000000,0x20000000,0x40000000,0x80){call('clone',$_|17,0,0,0,0)}",
        ),
        Fails,
    ),
    row(
        16,
        "clone3",
        Perl("my $b=pack('Q11',0x10000000,0,0,0,17); call('clone3',$b,88)"),
        Says("not implemented"),
    ),
    row(
        17,
        "enter the first process's namespaces",
        Shell("nsenter -t 1 -m true || nsenter -t 1 -U true"),
        Fails,
    ),
    row(
        17,
        "enter namespaces by descriptor",
        Perl(
            "for('mnt','net','ipc','user','pid','uts'){open(my $f,'<',\"/proc/1/ns/$_\") or open($f,'<',\"/proc/self/ns/$_\"); call('setns',fileno $f,0)}",
        ),
        Fails,
    ),
    row(
        17,
        "enter by a process descriptor",
        Perl(
            "my $p=call('pidfd_open',1,0); $good=0; call('setns',$p,0x20000); call('setns',$p,0x10000000)",
        ),
        Fails,
    ),
    row(19, "system request key", Shell("echo b > /proc/sysrq-trigger"), Fails),
    row(20, "kernel settings", Shell("echo /{mark} > /proc/sys/kernel/core_pattern"), Fails),
    row(
        20,
        "more kernel settings",
        Shell(
            "echo 1 > /proc/sys/vm/drop_caches || echo 1 > /proc/sys/net/ipv4/ip_forward || echo 1 > /proc/sys/kernel/sysrq || echo 100 > /proc/sys/kernel/pid_max || echo 2 > /proc/sys/vm/overcommit_memory",
        ),
        Fails,
    ),
    row(
        20,
        "any kernel setting",
        Shell(
            "for f in $(find /proc/sys -type f -perm /222 2>/dev/null | head -n 1500); do (echo x > $f) 2>/dev/null && echo wrote $f && exit 0; done; exit 3",
        ),
        Fails,
    ),
    row(
        20,
        "settings by tool",
        Shell("sysctl -w kernel.hostname={mark} || sysctl -w vm.swappiness=1"),
        Anything,
    ),
    row(
        20,
        "settings by the call itself",
        Perl(
            "for(qw(kernel/hostname kernel/core_pattern vm/swappiness net/ipv4/ip_forward)){my $p=\"/proc/sys/$_\"; my $f=call('openat',-100,$p,1,0); next if $f<0; open my $g,'>&=',$f; syswrite $g,'{mark}' and ok()}",
        ),
        Fails,
    ),
    row(
        21,
        "sysfs",
        Shell(
            "echo /{mark} > /sys/kernel/uevent_helper || echo 1 > /sys/kernel/mm/ksm/run || echo always > /sys/kernel/mm/transparent_hugepage/enabled",
        ),
        Fails,
    ),
    row(
        21,
        "any file of sysfs",
        Shell(
            "for f in $(find /sys -type f -perm /222 2>/dev/null | head -n 1500); do (: >> $f) 2>/dev/null && echo opened $f && exit 0; done; exit 3",
        ),
        Fails,
    ),
    row(
        22,
        "control groups",
        Shell(
            "mkdir /sys/fs/cgroup/{mark} || mkdir /sys/fs/cgroup/memory/{mark} || echo /{mark} > /sys/fs/cgroup/memory/release_agent",
        ),
        Fails,
    ),
    row(
        22,
        "join another control group",
        Shell(
            "echo 0 > /sys/fs/cgroup/cgroup.procs || echo $$ > /sys/fs/cgroup/memory/cgroup.procs || echo $$ > /sys/fs/cgroup/memory/tasks",
        ),
        Fails,
    ),
    row(23, "reboot", Shell("reboot -f || shutdown -h now || poweroff -f || halt -f"), Anything),
    row(
        23,
        "reboot by the call itself",
        Perl(
            "call('reboot',0xfee1dead,672274793,0x89abcdef,0); call('reboot',0xfee1dead,672274793,0x01234567,0)",
        ),
        Fails,
    ),
    row(24, "clock", Shell("date -s 2001-01-01 || hwclock --set --date 2001-01-01"), Fails),
    row(
        24,
        "clock by the calls themselves",
        Perl(
            "my $t=pack('qq',1000000000,0); call('settimeofday',$t,0); call('clock_settime',0,$t); my $x=\"\\1\\0\\0\\0\".\"\\0\"x252; call('adjtimex',$x); call('clock_adjtime',0,$x)",
        ),
        Fails,
    ),
    row(
        24,
        "host name",
        Shell("hostname {mark} || echo {mark} > /proc/sys/kernel/hostname"),
        Fails,
    ),
    row(
        24,
        "names by the calls themselves",
        Perl("my $n='{mark}'; call('sethostname',$n,4); call('setdomainname',$n,4)"),
        Fails,
    ),
    row(25, "kernel log", Shell("dmesg || cat /dev/kmsg || head -c 1 /proc/kmsg | grep ."), Fails),
    row(
        25,
        "kernel log by the call itself",
        Perl("my $b='x'x99; call('syslog',3,$b,99); call('syslog',5,0,0); call('syslog',8,0,1)"),
        Fails,
    ),
    row(
        26,
        "make a device",
        Shell("mknod /tmp/disk b 8 0 || mknod /tmp/disk c 1 1 || mknod /dev/disk b 254 0"),
        Fails,
    ),
    row(
        28,
        "open a disk",
        Shell("ls /dev/[svx]d[a-z] /dev/nvme* /dev/dm-* /dev/loop* /dev/mapper/control | grep ."),
        Fails,
    ),
    row(
        28,
        "write to a disk",
        Shell(
            "dd if=/dev/zero of=/dev/vda count=1 conv=nocreat || dd if=/dev/zero of=/dev/sda count=1 conv=nocreat",
        ),
        Fails,
    ),
    row(
        29,
        "modules and kernels",
        Perl(
            "my $b='x'x64; my $e=''; call('init_module',$b,64,$e); call('finit_module',0,$e,0); call('delete_module',$b,0); call('kexec_load',0,0,0,0); call('kexec_file_load',0,0,0,0,0)",
        ),
        Fails,
    ),
    row(
        29,
        "modules by tool",
        Shell("modprobe dummy || rmmod dummy || insmod /lib/modules/x.ko"),
        Fails,
    ),
    row(
        30,
        "bpf, performance events, page faults",
        Perl(
            "my $b=\"\\0\"x128; call('bpf',0,$b,128); call('perf_event_open',$b,0,-1,-1,0); call('userfaultfd',0)",
        ),
        Fails,
    ),
    row(
        30,
        "page faults by device",
        Shell(
            "ls /dev/userfaultfd /dev/kvm /dev/fuse /dev/net/tun /dev/mem /dev/port /dev/loop-control /dev/vhost-vsock 2>/dev/null | grep .",
        ),
        Fails,
    ),
    row(
        31,
        "io_uring",
        Perl("my $b=\"\\0\"x256; call('io_uring_setup',4,$b)"),
        Says("not permitted"),
    ),
    row(
        31,
        "io_uring without a ring",
        Perl(
            "my $b=\"\\0\"x256; call('io_uring_enter',0,1,0,0,0,0); call('io_uring_register',0,0,$b,1)",
        ),
        Fails,
    ),
    #[cfg(target_arch = "x86_64")]
    row(32, "calls of the 32-bit kind", machine_code!("b814000000cd80c3"), Fails),
    row(
        33,
        "calls of the x32 kind",
        Perl("call(0x40000000|39); call(0x40000000|165,0,0,0,0,0)"),
        Says("not implemented"),
    ),
    row(
        34,
        "keyrings",
        Perl(
            "my($k,$d)=('user','{mark}'); for(-1..-6,-3,-4,-5){call('add_key',$k,$d,$d,1,$_)} call('keyctl',0,-3,1); call('keyctl',7,-4); call('keyctl',10,-4,$k,$d,0); call('keyctl',22,-1,-3); call('request_key',$k,$d,0,-4)",
        ),
        Fails,
    ),
    row(
        37,
        "type into the terminal",
        Perl(
            "my $x='x'; call('ioctl',0,0x5412,$x); call('ioctl',1,0x5412,$x); call('ioctl',0,0x541c,$x); call('ioctl',0,0x541d,0)",
        ),
        Fails,
    ),
    row(
        37,
        "type into a terminal of one's own",
        Perl(
            "open my $f,'+<','/dev/ptmx'; my $x='x'; call('ioctl',fileno $f,0x5412,$x); call('ioctl',fileno $f,0x541d,$x)",
        ),
        Fails,
    ),
    row(
        37,
        "the terminal itself",
        Shell(
            "(echo x > /dev/tty) || (echo x > /dev/console) || (echo x > /dev/tty0) || (echo x > /dev/ttyS0)",
        ),
        ByRootAndUser(&Anything, &Fails),
    ),
    row(37, "hang the terminal up", Perl("call('vhangup')"), Fails),
    row(
        38,
        "escape sequences in the output",
        Shell("printf '\\033]0;pwned\\007\\033[31m\\033[2J'; printf '\\033c' >&2"),
        Anything,
    ),
    row(
        45,
        "the caller's environment",
        Shell(
            "env -u PATH -u HOME -u LANG -u TERM -u PWD -u SHLVL -u _ -u OLDPWD -u BLACKSTART_MARK env | wc -l",
        ),
        Says("0\n"),
    ),
    row(
        47,
        "the caller's descriptors",
        Shell("echo fds=$(ls /proc/self/fd)"),
        Says("fds=0 1 2 3\n"),
    ),
    row(
        55,
        "swap, quota, accounting",
        Perl(
            "my $p='{tree}/a'; call('swapon',$p,0); call('swapoff',$p); call('quotactl',0x80000200,$p,0,0); call('quotactl_fd',0,0x80000200,0,0); call('acct',$p)",
        ),
        Fails,
    ),
    row(
        58,
        "handles and file notices",
        Perl(
            "my($p,$h,$m)=('{tree}/a',pack('Ll',128,0).\"\\0\"x128,pack('l',0)); call('name_to_handle_at',-100,$p,$h,$m,0); call('fanotify_init',0,0)",
        ),
        Fails,
    ),
    row(
        91,
        "new mounts by the newer calls",
        Perl(
            "my($t,$k,$v)=('tmpfs','source','{mark}'); my $f=call('fsopen',$t,0); call('fsconfig',$f,1,$k,$v,0); call('fsmount',$f,0,0); my $r='/'; call('fspick',-100,$r,0)",
        ),
        Fails,
    ),
    row(
        92,
        "clone and move a tree",
        Perl(
            "my($r,$e,$t)=('/','','{tree}'); my $f=call('open_tree',-100,$r,1); call('move_mount',$f,$e,-100,$t,4); call('move_mount',-100,$r,-100,$t,0); my $a=pack('Q4',0,1,0,0); call('open_tree_attr',-100,$r,1,$a,32)",
        ),
        Fails,
    ),
    row(
        93,
        "change a mount's attributes",
        Perl(
            "my($r,$a)=('/proc/sys',pack('Q4',0,1,0,0)); call('mount_setattr',-100,$r,0,$a,32); $r='/'; call('mount_setattr',-100,$r,0x8000,$a,32)",
        ),
        Fails,
    ),
    row(
        94,
        "list mounts that are not one's own",
        Perl(
            "my $q=pack('LLQQ',24,0,-1,0); my $b=\"\\0\"x4096; call('listmount',$q,$b,64,0); call('statmount',$q,$b,4096,0)",
        ),
        Anything,
    ),
    row(95, "another root", Perl("my $r='/'; call('pivot_root',$r,$r)"), Fails),
    row(
        96,
        "bind over a device",
        Shell("mount --bind /etc/passwd /dev/null; fusermount3 -u /proc"),
        Fails,
    ),
    row(
        97,
        "an id map of one's own",
        Shell(
            "echo 0 0 4294967295 > /proc/self/uid_map || echo deny > /proc/self/setgroups || newuidmap $$ 0 0 1",
        ),
        Fails,
    ),
    row(
        98,
        "more capabilities",
        Shell(
            "capsh --caps=cap_sys_admin+eip -- -c true || setpriv --inh-caps +sys_admin --ambient-caps +sys_admin true || grep -E 'Cap(Eff|Prm|Amb):.*[1-9a-f].*2....$' /proc/self/status",
        ),
        Fails,
    ),
    row(
        99,
        "no-new-privileges and the filter stay",
        Shell(
            "grep -E 'NoNewPrivs:\\s1' /proc/self/status && grep -E 'Seccomp:\\s2' /proc/self/status",
        ),
        Says("Seccomp:\t2"),
    ),
    row(
        100,
        "an interpreter for all programs",
        Shell(
            "mount -t binfmt_misc none /proc/sys/fs/binfmt_misc; echo ':{mark}:M::MZ::/bin/true:' > /proc/sys/fs/binfmt_misc/register",
        ),
        Anything,
    ),
    row(
        100,
        "an interpreter by the call itself",
        Perl(
            "my($d,$k)=('/proc/sys/fs/binfmt_misc','binfmt_misc'); call('mount',$k,$d,$k,0,0); call('mount',$k,'{tree}',$k,0,0); for($d,'{tree}'){my $r=\"$_/register\"; my $f=call('openat',-100,$r,1,0); next if $f<0; open my $g,'>&=',$f; syswrite $g,':{mark}:M::MZ::/bin/true:'}",
        ),
        Fails,
    ),
    row(
        101,
        "ports and tables of the processor",
        Perl(
            "my $b=\"\\0\"x64; call('iopl',3); call('ioperm',0x80,1,1); call('modify_ldt',1,$b,16)",
        ),
        Fails,
    ),
    row(
        102,
        "freeze or trim the file system",
        Shell("fsfreeze -f / || fsfreeze -f {tree} || fstrim / || blockdev --flushbufs /dev/vda"),
        Fails,
    ),
    row(103, "flags of files", Shell("chattr +i {tree}/a || chattr +a {tree}/b"), Fails),
    row(104, "secret memory", Perl("call('memfd_secret',0)"), Anything),
    row(
        105,
        "root of one's own, then up and out",
        Shell(
            "mkdir -p /tmp/jail; perl -e 'chroot \"/tmp/jail\" or exit 3; chdir \"..\" for 1..64; chroot \".\"; open F,\">{tree}/a\" or exit 4; print F \"pwned\"; print \"wrote\"'",
        ),
        ByRootAndUser(&Anything, &Fails),
    ),
    row(106, "other users' terminals", Shell("ls /dev/pts | grep -v ptmx"), Fails),
    row(
        107,
        "a queue file system",
        Shell("mount -t mqueue {mark} /mnt; ls /dev/mqueue/{mark}"),
        Fails,
    ),
    row(
        108,
        "the machine's own memory",
        Shell(
            "head -c 1 /dev/mem || head -c 1 /proc/kcore | grep . || cat /proc/kpageflags || cat /sys/kernel/debug/x",
        ),
        Fails,
    ),
    row(
        109,
        "what the host's processes are",
        Shell("ls -d /proc/{pid} || test $(ls -d /proc/[0-9]* | wc -l) -gt 12"),
        Fails,
    ),
];
