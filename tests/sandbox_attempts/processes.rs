//! Attempts with processes, memory, time and the queues between processes.

use blackstart::sandbox::Limit;

use super::How::{Perl, Shell};
use super::Seen::{Anything, ByRootAndUser, Fails, Limit as Stops, Says, Stopped, Works};
use super::{Attempt, How, Seen};

const fn row(number: u32, name: &'static str, how: How, seen: Seen) -> Attempt {
    Attempt { number, name, how, seen }
}

pub const ATTEMPTS: &[Attempt] = &[
    row(1, "fork bomb", Shell("b(){ b|b& };b; sleep 30"), Stops(Limit::Processes)),
    row(
        2,
        "eat memory with one process",
        Shell("perl -e '$x=\"a\"x(1<<30); sleep 20'"),
        Stops(Limit::Memory),
    ),
    row(
        2,
        "eat memory with many",
        Shell("for i in 1 2 3 4 5 6 7 8; do perl -e '$x=\"a\"x(100<<20); sleep 20' & done; wait"),
        Stops(Limit::Memory),
    ),
    row(5, "endless output", Shell("yes"), Stopped),
    row(5, "endless output on the other stream", Shell("yes >&2"), Stopped),
    row(
        8,
        "ignore signals",
        Shell("trap '' TERM INT HUP; setsid sleep 50 & while :; do sleep 1; done"),
        Stops(Limit::WallClock),
    ),
    row(
        9,
        "leave a daemon",
        Shell(
            "(setsid nohup sh -c 'sleep 2; echo late > {tree}/late' >/dev/null 2>&1 &) ; echo gone",
        ),
        Says("gone"),
    ),
    row(10, "hold the output open", Shell("sleep 60 & echo parent-exits"), Says("parent-exits")),
    row(11, "stop oneself", Shell("kill -STOP $$"), Stops(Limit::WallClock)),
    row(12, "kill everybody", Shell("kill -9 -1"), Anything),
    row(12, "kill the first process", Shell("kill -9 1; kill -TERM 1; echo alive"), Says("alive")),
    row(
        36,
        "trace the first process",
        Perl("call('ptrace',16,1,0,0); call('ptrace',0x4206,1,0,0)"),
        Fails,
    ),
    row(36, "trace with a tool", Shell("strace -p 1 || strace true"), Fails),
    row(
        36,
        "write into the first process",
        Perl(
            "my $b='pwned!!!'; my $v=pack('p q',$b,8); call('process_vm_writev',1,$v,1,$v,1,0); call('process_vm_readv',1,$v,1,$v,1,0)",
        ),
        Fails,
    ),
    row(
        56,
        "higher priority",
        Shell("nice -n -5 true 2>&1 | grep -q denied && exit 3; renice -n -5 $$"),
        Fails,
    ),
    row(56, "real-time scheduling", Shell("chrt -f 10 true || chrt -r 10 true"), Fails),
    row(
        56,
        "raise a hard limit",
        Perl("my $l=pack('QQ',-1,-1); call('prlimit64',0,6,$l,0)"),
        Fails,
    ),
    row(
        57,
        "the host's shared memory",
        Perl("my $i=shmget({key},64,0); defined $i or die $!; shmwrite($i,'pwned!',0,6)"),
        Fails,
    ),
    row(
        57,
        "the host's message queue and semaphore",
        Perl("ok() if defined msgget({key},0) || defined semget({key},1,0)"),
        Fails,
    ),
    row(
        61,
        "remove the host's System V objects by number",
        Perl("for my $i(0..300){shmctl($i,0,0);msgctl($i,0,0);semctl($i,0,0,0)} ok()"),
        Works,
    ),
    row(
        61,
        "make System V objects of one's own",
        Perl(
            "my $i=shmget({key},64,0666|512); shmwrite($i,'pwned!',0,6) or die; defined msgget({key},0666|512) or die; defined semget({key},1,0666|512) or die; ok()",
        ),
        Works,
    ),
    row(
        62,
        "the host's POSIX message queue",
        Perl("call('mq_open','{mark}',2,0,0); call('mq_unlink','{mark}')"),
        Fails,
    ),
    row(
        62,
        "a POSIX message queue of one's own",
        Perl("call('mq_open','{mark}',0102,0666,0)"),
        Works,
    ),
    row(
        63,
        "a descriptor of the first process",
        Perl("my $p=call('pidfd_open',1,0); $good=0; call('pidfd_getfd',$p,0,0)"),
        Fails,
    ),
    row(
        63,
        "signal the first process by descriptor",
        Perl("my $p=call('pidfd_open',1,0); call('pidfd_send_signal',$p,9,0,0); print 'alive'"),
        Says("alive"),
    ),
    row(64, "a process of the host", Shell("kill -9 {pid} || kill -0 {pid}"), Fails),
    row(
        64,
        "a process of the host by other calls",
        Perl(
            "call('tgkill',{pid},{pid},9); my $s='\\0'x128; call('rt_sigqueueinfo',{pid},9,$s); call('pidfd_open',{pid},0)",
        ),
        Fails,
    ),
    row(
        65,
        "limits and priority of a process of the host",
        Perl(
            "my $l=pack('QQ',1,1); call('prlimit64',{pid},7,$l,0); call('setpriority',0,{pid},19); call('ioprio_set',1,{pid},0x6000); call('sched_setscheduler',{pid},0,pack('l',0))",
        ),
        Fails,
    ),
    row(
        66,
        "advice on the first process's memory",
        Perl(
            "my $p=call('pidfd_open',1,0); $good=0; my $v=pack('QQ',4096,4096); call('process_madvise',$p,$v,1,21,0); call('process_mrelease',$p,0)",
        ),
        Fails,
    ),
    row(67, "compare with the first process", Perl("call('kcmp',1,$$,0,0,0)"), Fails),
    row(
        67,
        "move the first process's pages",
        Perl("call('move_pages',1,0,0,0,0,0); print 'moved nothing'"),
        Says("moved nothing"),
    ),
    row(
        68,
        "memory of the first process",
        Shell(
            "echo pwned > /proc/1/mem || cat /proc/1/environ || cat /proc/1/maps || cat /proc/1/auxv",
        ),
        Fails,
    ),
    row(
        69,
        "descriptors of the first process",
        Shell("ls /proc/1/fd/ || ls -d /proc/1/fd/0 || cat /proc/1/fd/3"),
        Fails,
    ),
    row(
        70,
        "the program of the first process",
        Shell("echo pwned >> /proc/1/exe || cat /proc/1/exe || ls /proc/1/map_files/"),
        Fails,
    ),
    row(
        71,
        "working directory of the first process",
        Shell("ls /proc/1/cwd/ || echo pwned > /proc/1/cwd/{mark}"),
        Fails,
    ),
    row(
        72,
        "spare the first process when memory ends",
        Shell("echo 1000 > /proc/1/oom_score_adj || echo -1000 > /proc/self/oom_score_adj"),
        Fails,
    ),
    row(
        73,
        "shared memory beyond the limit",
        Perl(
            "my $p=call('mmap',0,400<<20,3,0x21,-1,0); open my $f,'<','/dev/zero'; for(0..399){syscall($nr{read},fileno $f,$p+($_<<20),1<<20)} print 'took it'; sleep 20; ok()",
        ),
        Stops(Limit::Memory),
    ),
    row(
        74,
        "memory in a file without a name",
        Perl(
            "my $n='{mark}'; my $d=call('memfd_create',$n,0); open my $f,'>&=',$d; my $x='x'x(1<<20); for(0..399){syswrite $f,$x or die \"stopped: $!\"} print 'took it'; sleep 20; ok()",
        ),
        Stops(Limit::Memory),
    ),
    row(
        75,
        "memory in System V segments",
        Perl(
            "my $x='x'x(8<<20); for my $k(1..50){my $i=shmget($k,8<<20,0600|512); defined $i or die \"stopped: $!\"; shmwrite($i,$x,0,8<<20) or die \"stopped: $!\"} print 'took it'; ok()",
        ),
        Fails,
    ),
    row(76, "fill /dev/shm", Shell("dd if=/dev/zero of=/dev/shm/{mark} bs=1M count=600"), Fails),
    row(
        77,
        "memory in pipes",
        Perl(
            "my @p; for(1..4000){pipe(my $r,my $w) or last; fcntl($w,1031,1<<20); push @p,$r,$w} print scalar @p; ok()",
        ),
        Anything,
    ),
    row(78, "lock memory", Perl("call('mlockall',3)"), Anything),
    row(
        79,
        "threads without end",
        Perl(
            "my $n=0; while(defined(my $p=fork)){if(!$p){sleep 60;exit} last if ++$n>2000} print \"made $n\"; ok() if $n>1000",
        ),
        Fails,
    ),
    row(80, "crash with a core", Shell("ulimit -c unlimited; kill -SEGV $$"), Fails),
    row(
        80,
        "crash after a failed raise of the core's limit",
        Shell("cd {tree}; (ulimit -c unlimited) 2>/dev/null; perl -e 'kill SEGV=>$$'; sleep 1"),
        Fails,
    ),
    row(
        81,
        "many programs at once",
        Shell(
            "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do (for j in 1 2 3 4 5; do /bin/true; done) & done; wait",
        ),
        Works,
    ),
    row(
        82,
        "arguments without end",
        Shell("perl -e 'exec \"/bin/true\", (\"x\" x 100000) x 15'"),
        Works,
    ),
    row(
        83,
        "arguments that are not there",
        Perl(
            "my $e='/bin/true'; call('execveat',-100,$e,1,0,0); call('connect',0,1,16); call('connect',0,0,0)",
        ),
        Fails,
    ),
    row(
        84,
        "vanish from the first process",
        Shell("setsid sh -c 'exec 0<&- 1>&- 2>&-; (sleep 30 &) &' & wait"),
        Works,
    ),
    row(
        85,
        "a parent of one's own for orphans",
        Perl(
            "call('prctl',36,1,0,0,0); if(!fork){if(!fork){sleep 30}exit} wait; print 'parent ends'; ok()",
        ),
        Says("parent ends"),
    ),
    row(
        86,
        "timers and alarms that outlive",
        Perl(
            "if(!fork){$SIG{ALRM}=sub{open my $f,'>','{tree}/late'};alarm 1;select undef,undef,undef,9} ok()",
        ),
        Works,
    ),
    row(
        87,
        "give up death with the parent",
        Perl("if(!fork){call('prctl',1,0,0,0,0); sleep 30} ok()"),
        Works,
    ),
    row(
        88,
        "personality",
        Perl("call('personality',0x0400000); call('personality',0x0040000)"),
        Anything,
    ),
    row(
        89,
        "landlock of one's own",
        Perl("my $a=pack('QQ',1,0); call('landlock_create_ruleset',$a,8,0)"),
        Anything,
    ),
    row(
        90,
        "an account of everything",
        Shell("su -c id nobody || sudo -n id || runuser -u nobody id; cat /etc/shadow"),
        ByRootAndUser(&Anything, &Fails),
    ),
];
