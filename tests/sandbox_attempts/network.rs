//! Attempts to reach somebody: sockets of every family, names, the kernel's own sockets.

use super::How::{Perl, Shell};
use super::Seen::{Anything, Fails, Says, Works};
use super::{Attempt, How, Seen};

const fn row(number: u32, name: &'static str, how: How, seen: Seen) -> Attempt {
    Attempt { number, name, how, seen }
}

pub const ATTEMPTS: &[Attempt] = &[
    row(
        39,
        "the host's loopback",
        Shell("echo x > /dev/tcp/127.0.0.1/{port} || echo x > /dev/tcp/localhost/{port}"),
        Fails,
    ),
    row(39, "the metadata service", Shell("echo x > /dev/tcp/169.254.169.254/80"), Fails),
    row(
        39,
        "any address",
        Shell("echo x > /dev/tcp/0.0.0.0/{port} || echo x > /dev/tcp/192.0.2.7/{port}"),
        Fails,
    ),
    row(40, "a datagram out", Shell("echo x > /dev/udp/8.8.8.8/53"), Fails),
    row(
        40,
        "a datagram without a connection",
        Perl(
            "socket(my $s,2,2,0) or die $!; for([8,8,8,8],[169,254,169,254],[10,0,0,1]){defined send($s,'pwned',0,pack('SnC4x8',2,53,@$_)) and $good++}",
        ),
        Fails,
    ),
    row(
        40,
        "a datagram to the host's loopback",
        Perl(
            "socket(my $s,2,2,0) or die $!; send($s,'pwned',0,pack('SnC4x8',2,{udp},127,0,0,1)); ok()",
        ),
        Works,
    ),
    row(
        41,
        "raw packets",
        Perl(
            "socket(S,17,3,0) and ok(); socket(S,2,3,1) and ok(); socket(S,2,3,255) and ok(); socket(S,10,3,58) and ok(); die $!",
        ),
        Fails,
    ),
    row(41, "ping", Shell("ping -c1 -W1 8.8.8.8"), Fails),
    row(
        41,
        "echo requests without a raw socket",
        Perl(
            "socket(S,2,2,1) or die $!; defined send(S,\"\\10\\0\\0\\0\\0\\0\\0\\0\",0,pack('SnC4x8',2,0,8,8,8,8)) or die $!; ok()",
        ),
        Fails,
    ),
    row(
        42,
        "sockets of virtual machines",
        Perl("socket(S,40,1,0) or die $!"),
        Says("Address family not supported"),
    ),
    row(
        43,
        "a unix socket of the host",
        Perl(
            "socket(S,1,1,0); connect(S,pack('Sa*',1,\"{stream}\\0\")) or die $!; syswrite S,'x'; ok()",
        ),
        Fails,
    ),
    row(
        43,
        "a datagram socket of the host",
        Perl("socket(S,1,2,0); send(S,'x',0,pack('Sa*',1,\"{datagrams}\\0\")) or die $!; ok()"),
        Fails,
    ),
    row(
        43,
        "sockets of services",
        Perl(
            "for('/run/docker.sock','/var/run/docker.sock','/run/dbus/system_bus_socket','/run/systemd/private','/dev/log','/run/systemd/journal/socket'){socket(S,1,1,0); connect(S,pack('Sa*',1,\"$_\\0\")) and $good++; socket(S,1,2,0); send(S,'x',0,pack('Sa*',1,\"$_\\0\")) and $good++}",
        ),
        Fails,
    ),
    row(
        44,
        "abstract sockets",
        Perl(
            "socket(S,1,1,0); connect(S,pack('Sa*',1,\"\\0{mark}-stream\")) and ok(); socket(S,1,2,0); send(S,'x',0,pack('Sa*',1,\"\\0{mark}-datagrams\")) and ok(); die $!",
        ),
        Fails,
    ),
    row(
        150,
        "every other family of sockets",
        Perl(
            "for my $f(0..60){next if grep{$_==$f}1,2,10,16; for my $t(1,2,3,5){socket(S,$f,$t,0) and print \"family $f opened\" and $good++}}",
        ),
        Fails,
    ),
    row(
        150,
        "every other family in pairs",
        Perl(
            "for my $f(0..60){next if grep{$_==$f}1; for my $t(1,2,5){socketpair(A,B,$f,$t,0) and print \"family $f opened\" and $good++}}",
        ),
        Fails,
    ),
    row(
        150,
        "cryptography of the kernel",
        Perl("socket(S,38,5,0) or die $!"),
        Says("Address family not supported"),
    ),
    row(
        151,
        "the host's IPv6",
        Perl(
            "socket(S,10,1,0) or die $!; connect(S,pack('SnNa16N',10,{port6},0,(\"\\0\"x15).\"\\1\",0)) or die $!; ok()",
        ),
        Fails,
    ),
    row(
        151,
        "IPv6 neighbours",
        Perl(
            "socket(S,10,2,0) or die $!; for my $i(0..4){for('ff02000000000000','fe80000000000000'){defined send(S,'pwned',0,pack('SnNH16H16N',10,53,0,$_,'0000000000000001',$i)) and $good++}}",
        ),
        Fails,
    ),
    row(
        152,
        "multicast and broadcast",
        Perl(
            "socket(S,2,2,0); setsockopt(S,1,6,1); for([224,0,0,1],[239,255,255,250],[255,255,255,255]){defined send(S,'pwned',0,pack('SnC4x8',2,1900,@$_)) and $good++}",
        ),
        Fails,
    ),
    row(
        153,
        "secrets in names",
        Shell("getent hosts {mark}.example.com || getent ahosts {mark}.local"),
        Anything,
    ),
    row(
        154,
        "routes and addresses by netlink",
        Shell(
            "ip link add {mark} type dummy || ip addr add 192.0.2.1/24 dev lo || ip route add default dev lo || ip link set lo down",
        ),
        Anything,
    ),
    row(
        154,
        "a new interface by raw netlink",
        Perl(
            "socket(S,16,3,0) or die $!; my $m=pack('LSSLL SSlLL',32,16,0x605,1,0,0,0,0,0,0xffffffff); send(S,$m,0,pack('SSLL',16,0,0,0)) or die $!; recv(S,my $a,4096,0); exit 3 if unpack('x16 l',$a)<0; ok()",
        ),
        Fails,
    ),
    row(
        155,
        "packet filters",
        Shell("iptables -F || nft flush ruleset || iptables-legacy -P INPUT DROP"),
        Anything,
    ),
    row(
        155,
        "packet filters by raw netlink",
        Perl(
            "socket(S,16,3,12) or die $!; my $m=pack('LSSLL CCn',20,0x0a00|0,0x5,1,0,0,0,0); send(S,$m,0,pack('SSLL',16,0,0,0)) or die $!; recv(S,my $a,4096,0); exit 3 if unpack('x16 l',$a)<0; ok()",
        ),
        Fails,
    ),
    row(
        156,
        "the audit log",
        Perl(
            "socket(S,16,3,9) or die $!; my $m=pack('LSSLL a16',32,1005,5,1,0,'pwned {mark}'); send(S,$m,0,pack('SSLL',16,0,0,0)) or die $!; recv(S,my $a,4096,0); exit 3 if unpack('x16 l',$a)<0; ok()",
        ),
        Fails,
    ),
    row(
        157,
        "events of devices",
        Perl(
            "socket(S,16,2,15) or die $!; bind(S,pack('SSLL',16,0,0,1)) or die $!; send(S,\"add\\@/x\\0\",0,pack('SSLL',16,0,0,1)) or die $!; ok()",
        ),
        Fails,
    ),
    row(
        158,
        "hear the host's devices",
        Perl(
            "socket(S,16,2,15) or die $!; bind(S,pack('SSLL',16,0,0,3)) or die $!; my $r=''; vec($r,fileno S,1)=1; ok() if select $r,undef,undef,0.2; exit 3",
        ),
        Fails,
    ),
    row(
        159,
        "a descriptor out of an abstract socket",
        Perl(
            "socket(S,1,1,0); connect(S,pack('Sa*',1,\"\\0{mark}-stream\")) or die $!; my $b='x'x64; recv(S,$b,64,0); ok()",
        ),
        Fails,
    ),
    row(
        160,
        "the host's port for oneself",
        Perl(
            "socket(S,2,1,0); bind(S,pack('SnC4x8',2,{port},0,0,0,0)) or die $!; listen(S,5) or die $!; ok()",
        ),
        Works,
    ),
    row(
        160,
        "a low port for oneself",
        Perl("socket(S,2,1,0); bind(S,pack('SnC4x8',2,80,127,0,0,1)) or die $!; listen(S,5); ok()"),
        Anything,
    ),
    row(
        161,
        "mail and the like",
        Shell(
            "echo x | sendmail root || logger {mark}; curl -m 2 http://127.0.0.1:{port}/ || wget -T 2 -t 1 http://127.0.0.1:{port}/",
        ),
        Fails,
    ),
    row(
        162,
        "an address longer than any",
        Perl(
            "socket(S,2,1,0); my $a='x'x200; call('connect',fileno S,$a,200); call('connect',fileno S,$a,-1); call('sendto',fileno S,$a,5,0,$a,200)",
        ),
        Fails,
    ),
    row(
        163,
        "the address changes under the reader",
        Shell(
            "perl -e 'for(1..300){socket(S,2,1,0); connect(S,pack(\"SnC4x8\",2,{port},127,0,0,1)) and print \"reached\"}'; exit 3",
        ),
        Fails,
    ),
];
