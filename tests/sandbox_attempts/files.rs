//! Attempts on the host's files: in place, through links, by forged layers, by what reads them afterwards.

use blackstart::sandbox::Limit;

use super::How::{Perl, Shell};
use super::Seen::{Anything, ByRootAndUser, Fails, Limit as Stops, Says, Works};
use super::{Attempt, How, Seen};

const fn row(number: u32, name: &'static str, how: How, seen: Seen) -> Attempt {
    Attempt { number, name, how, seen }
}

pub const ATTEMPTS: &[Attempt] = &[
    row(
        3,
        "fill the disk",
        Shell("dd if=/dev/zero of=/tmp/{mark} bs=1M count=400"),
        Stops(Limit::Disk),
    ),
    row(3, "fill the disk by reservation", Shell("fallocate -l 400M /tmp/{mark}"), Fails),
    row(
        4,
        "flood with files",
        Shell("mkdir /tmp/{mark}; cd /tmp/{mark}; for ((i=0;i<40000;i++)); do : > $i; done"),
        Stops(Limit::Inodes),
    ),
    row(6, "claim a huge file", Shell("truncate -s 100T /tmp/{mark}"), Works),
    row(
        7,
        "nest directories",
        Shell(
            "cd /tmp; mkdir {mark}; cd {mark}; for ((i=0;i<400;i++)); do mkdir dddddddddddd; cd dddddddddddd; done",
        ),
        Anything,
    ),
    row(
        18,
        "the first process's root",
        Shell("echo pwned > /proc/1/root{tree}/a || ls /proc/1/root/"),
        Anything,
    ),
    row(
        18,
        "one's own root by another way",
        Shell("echo pwned > /proc/self/root{tree}/a; echo pwned > /proc/self/cwd{tree}/b/c"),
        Works,
    ),
    row(
        27,
        "a device node of the host",
        Shell(
            "head -c 1 {tree}/node | grep -a . || echo x > {tree}/node || head -c 1 {tree}/node >/dev/null",
        ),
        Fails,
    ),
    row(
        46,
        "a fifo of the host",
        Perl("sysopen(my $f,'{fifo}',1|04000) or die $!; syswrite $f,'pwned'"),
        Fails,
    ),
    row(
        48,
        "gain rights by a file",
        Shell(
            "cp /bin/bash /tmp/sh; chmod 4755 /tmp/sh; /tmp/sh -p -c 'grep NoNewPrivs /proc/self/status'",
        ),
        Says("NoNewPrivs:\t1"),
    ),
    row(48, "gain rights by a file of the host", Shell("{tree}/set-uid -u"), Anything),
    row(
        49,
        "capabilities of a file",
        Shell("cp /bin/true /tmp/true; setcap cap_sys_admin+ep /tmp/true"),
        Fails,
    ),
    row(
        49,
        "capabilities of a file by the call itself",
        Perl(
            "open my $f,'>','/tmp/cap'; my($p,$n,$v)=('/tmp/cap','security.capability',pack('L5',0x02000001,0x200000,0,0,0)); call('lsetxattr',$p,$n,$v,20,0)",
        ),
        Fails,
    ),
    row(
        50,
        "forge the layers' own marks",
        Perl(
            "mkdir '/tmp/forge'; for my $n('trusted.overlay.opaque','trusted.overlay.redirect'){my($p,$a,$v)=('/tmp/forge',$n,'y'); call('lsetxattr',$p,$a,$v,1,0)}",
        ),
        Fails,
    ),
    row(
        50,
        "forge the layers' marks of a user",
        Perl(
            "mkdir '/tmp/forge'; for my $n('user.overlay.opaque','user.overlay.redirect','user.overlay.metacopy','user.overlay.whiteout','user.overlay.origin'){my($p,$a,$v)=('/tmp/forge',$n,'/etc'); call('lsetxattr',$p,$a,$v,4,0)}",
        ),
        Anything,
    ),
    row(
        51,
        "a link where the report looks",
        Shell("rm -f {tree}/a; ln -s /etc/shadow {tree}/a; ln -s /etc/shadow /tmp/report"),
        Works,
    ),
    row(
        52,
        "a link instead of a directory",
        Shell("rm -rf {tree}/b; ln -s /root {tree}/b; echo pwned > {tree}/b/{mark} || true"),
        Works,
    ),
    row(
        53,
        "through a hard link",
        Shell("ln {tree}/a /tmp/hard-out && echo pwned >> /tmp/hard-out"),
        Anything,
    ),
    row(
        53,
        "through a hard link in the same directory",
        Shell("ln {tree}/b/c {tree}/b/hard && echo pwned >> {tree}/b/hard"),
        Works,
    ),
    row(
        54,
        "swap links while the report is made",
        Shell(
            "(while :; do ln -sfn /etc {tree}/swap; rm -rf {tree}/swap; mkdir {tree}/swap; rm -rf {tree}/swap; done) & for i in 1 2 3 4 5 6 7 8 9; do ls -l {tree} >/dev/null 2>&1 || true; done",
        ),
        Anything,
    ),
    row(
        59,
        "a program without a name",
        Perl(
            "my $n='x'; my $d=call('memfd_create',$n,0); open my $f,'>&=',$d; open my $t,'<','/bin/true'; binmode $t; local $/; my $b=<$t>; syswrite $f,$b; my $e=''; my @v=(pack('p','true').pack('Q',0)); call('execveat',$d,$e,$v[0],0,0x1000)",
        ),
        Anything,
    ),
    row(60, "delete everything", Shell("rm -rf / --no-preserve-root"), Fails),
    row(110, "delete the tree", Shell("rm -rf {tree}/*; test ! -e {tree}/a"), Works),
    row(
        111,
        "overwrite in place",
        Shell("for f in {tree}/a {tree}/b/c; do echo pwned > $f; done"),
        Works,
    ),
    row(
        112,
        "rights, owners, times, attributes",
        Shell(
            "chmod -R 700 {tree}/b; touch -d 2001-01-01 {tree}/a; setfattr -n user.pwned -v 1 {tree}/a; setfacl -m u:$(id -u):rwx {tree}/b",
        ),
        Works,
    ),
    row(113, "owners", Shell("chown -R 1:1 {tree}"), ByRootAndUser(&Works, &Fails)),
    row(
        114,
        "through a symbolic link",
        Shell("ln -s {tree} /tmp/link-out; rm -rf /tmp/link-out/*"),
        Works,
    ),
    row(
        115,
        "through a descriptor opened for reading",
        Shell("exec 7< {tree}/a; echo pwned > /proc/self/fd/7; echo pwned > /dev/fd/7"),
        Works,
    ),
    row(
        116,
        "a new name for a descriptor",
        Perl(
            "open my $f,'<','{tree}/a'; my($o,$n)=('/proc/self/fd/'.fileno $f,'/tmp/linked'); call('linkat',-100,$o,-100,$n,0x400); open my $g,'>>','{tree}/a'; print $g 'pwned'; ok()",
        ),
        Works,
    ),
    row(
        117,
        "a file without a name gets one",
        Perl(
            "my $d='{tree}'; my $f=call('openat',-100,$d,0x410002,0600); my($o,$n)=(\"/proc/self/fd/$f\",'{tree}/{mark}'); call('linkat',-100,$o,-100,$n,0x400)",
        ),
        Anything,
    ),
    row(
        118,
        "rename over mount points",
        Shell(
            "mv /proc /proc2 || mv /dev /dev2 || mv /sys /sys2 || rmdir /proc || rm -rf /sys/kernel || mv /etc /proc",
        ),
        Fails,
    ),
    row(
        119,
        "another /dev/null",
        Shell("rm -f /dev/null; ln -s {tree}/a /dev/null; echo pwned > /dev/null"),
        Anything,
    ),
    row(
        120,
        "whiteouts of one's own",
        Perl("my $p='{tree}/b/white'; call('mknodat',-100,$p,0020000,0)"),
        Fails,
    ),
    row(
        121,
        "a whiteout by rename",
        Perl("my($a,$b)=('{tree}/a','{tree}/white'); call('renameat2',-100,$a,-100,$b,4)"),
        Fails,
    ),
    row(
        122,
        "exchange two paths",
        Perl("my($a,$b)=('{tree}/a','{tree}/b'); call('renameat2',-100,$a,-100,$b,2)"),
        Anything,
    ),
    row(
        123,
        "write into a pipe's borrowed page",
        Perl(
            "open my $f,'<','{tree}/a'; pipe(my $r,my $w); my $o=pack('q',1); call('splice',fileno $f,$o,fileno $w,0,1,0); syswrite $w,'pwned'; ok()",
        ),
        Works,
    ),
    row(
        124,
        "write behind a private mapping",
        Perl(
            "open my $f,'<','{tree}/a'; my $p=call('mmap',0,4096,1,2,fileno $f,0); open my $m,'+<','/proc/self/mem' or ok(); sysseek $m,$p,0; syswrite $m,'pwned'; ok()",
        ),
        Anything,
    ),
    row(
        125,
        "write through a shared mapping",
        Shell(
            "python3 -c 'import mmap,sys; f=open(sys.argv[1],\"r+b\"); m=mmap.mmap(f.fileno(),0); m[0:5]=b\"pwned\"; m.flush()' {tree}/a",
        ),
        Works,
    ),
    row(
        126,
        "copy inside the kernel",
        Perl(
            "open my $f,'<','/etc/passwd'; open my $g,'+<','{tree}/a'; call('copy_file_range',fileno $f,0,fileno $g,0,64,0)",
        ),
        Anything,
    ),
    row(
        127,
        "share blocks",
        Shell(
            "cp --reflink=auto /etc/passwd {tree}/a; fallocate -p -o 0 -l 4096 {tree}/a || truncate -s 0 {tree}/a",
        ),
        Works,
    ),
    row(
        128,
        "lock and lease the host's files",
        Perl("open my $f,'<','{tree}/a'; flock($f,2) or die; call('fcntl',fileno $f,1024,0); ok()"),
        Works,
    ),
    row(
        129,
        "watch the host's files",
        Perl(
            "my $i=call('inotify_init1',04000); my $p='{tree}/a'; call('inotify_add_watch',$i,$p,0xfff)",
        ),
        Anything,
    ),
    row(
        130,
        "newer calls for rights and attributes",
        Perl(
            "my($p,$n,$v)=('{tree}/a','user.pwned',\"\\0\"x16); call('fchmodat2',-100,$p,0600,0x100); call('setxattrat',-100,$p,0,$n,$v,16); ok()",
        ),
        Works,
    ),
    row(
        131,
        "handles of the host's file system",
        Perl(
            "my $h=pack('Ll',8,1).pack('LL',2,0); open my $d,'<','/'; call('open_by_handle_at',fileno $d,$h,0)",
        ),
        Fails,
    ),
    row(
        35,
        "open by handle",
        Perl(
            "my $h=pack('Ll',8,1).pack('LL',2,0); opendir my $d,'/'; call('open_by_handle_at',-100,$h,0)",
        ),
        Fails,
    ),
    row(
        132,
        "open without a look at the path",
        Perl(
            "my($p,$h)=('/proc/self/root{tree}/a',pack('Q3',1,0,0)); my $f=call('openat2',-100,$p,$h,24); open my $g,'>&=',$f; print $g 'pwned'; ok()",
        ),
        Works,
    ),
    row(
        133,
        "accounts and what runs as others",
        Shell(
            "echo 'pwned:x:0:0::/:/bin/sh' >> /etc/passwd && echo '* * * * * root touch /{mark}' > /etc/cron.d/{mark} && echo x > /etc/ld.so.preload && useradd {mark}",
        ),
        ByRootAndUser(&Anything, &Fails),
    ),
    row(
        134,
        "programs of the host",
        Shell("cp /bin/false /bin/bash; cp /bin/false /usr/bin/su; rm -f /bin/sh"),
        ByRootAndUser(&Anything, &Fails),
    ),
    row(
        135,
        "the sandbox's own program",
        Shell(
            "echo pwned >> /.blackstart/run || cp /bin/true /.blackstart/run || rm /.blackstart/run",
        ),
        Fails,
    ),
    row(
        136,
        "the program behind a stand-in",
        Shell(
            "cp /bin/true {binary} || echo pwned >> {binary}; systemctl is-active app & echo pwned > /proc/$!/exe",
        ),
        Anything,
    ),
    row(
        137,
        "the sandbox's own directory",
        Shell(
            "rm -rf /.blackstart; mkdir -p /.blackstart/state; ln -s /etc/passwd /.blackstart/state/book.json; systemctl stop app",
        ),
        Anything,
    ),
    row(
        138,
        "names of the sandbox's state",
        Shell(
            "rm -rf /.blackstart/state/*; ln -s {tree}/a /.blackstart/state/called.systemctl; ln -s {tree}/b/c /.blackstart/state/book.json; systemctl stop app",
        ),
        Anything,
    ),
    row(
        139,
        "the group and user of everything",
        Perl(
            "$(=0; $)='0 0 4 6'; $<=0; $>=0; open my $f,'>','{tree}/b/c'; print $f 'pwned'; open $f,'<','/etc/shadow' or exit 3; ok()",
        ),
        ByRootAndUser(&Anything, &Fails),
    ),
    row(
        140,
        "time stamps before time",
        Shell("touch -d '1901-12-14' {tree}/a; touch -d '2446-05-10' {tree}/b/c"),
        Anything,
    ),
    row(
        141,
        "names that are commands",
        Shell(
            "cd {tree}; : > '$(touch late)'; : > '`touch late`'; : > $'\\n{mark}'; : > '--help'; : > ';rm -rf x'",
        ),
        Works,
    ),
    row(
        142,
        "the longest names",
        Shell(
            "cd {tree}; : > $(printf '%0255d' 0); mkdir -p $(printf '%0200d/' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18)",
        ),
        Anything,
    ),
    row(
        143,
        "removable media and mail",
        Shell(
            "echo x > /var/mail/{mark}; echo x > /var/spool/cron/{mark}; echo x > /run/{mark}; echo x > /dev/shm/{mark}",
        ),
        Anything,
    ),
    row(144, "shared memory folder", Shell("echo x > /dev/shm/{mark}; cat /dev/shm/{mark}"), Works),
];
