//! Small scripts that are run on the host and in the sandbox, in the same tree, for the same outcome.
#![allow(dead_code)]

/// Who runs a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Everybody,
    Root,
    /// Only as an ordinary user.
    User,
}

/// What of a script is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    All,
    /// A stated limit: it differs, for this reason; the test fails when it no longer does.
    Differs(&'static str),
    /// Inside it goes on where the host refuses; the run must be labelled so and not count as a success.
    Labelled,
    /// Stated limit: the end and the effects only, for this reason.
    ButOutput(&'static str),
}

#[derive(Debug, Clone, Copy)]
pub struct Script {
    pub text: &'static str,
    pub by: By,
    pub compare: Compare,
}

const fn all(text: &'static str) -> Script {
    Script { text, by: By::Everybody, compare: Compare::All }
}

const fn root(text: &'static str) -> Script {
    Script { text, by: By::Root, compare: Compare::All }
}

const fn user(text: &'static str) -> Script {
    Script { text, by: By::User, compare: Compare::All }
}

const fn but_output(text: &'static str, why: &'static str) -> Script {
    Script { text, by: By::Everybody, compare: Compare::ButOutput(why) }
}

const fn differs(text: &'static str, why: &'static str) -> Script {
    Script { text, by: By::Everybody, compare: Compare::Differs(why) }
}

const fn labelled(text: &'static str) -> Script {
    Script { text, by: By::User, compare: Compare::Labelled }
}

/// The tree of every script: `a` text, `b/c`, `b/empty`, `bin` not text, `l` a link to `a`, `deep/1/2/3/f`, `dangling`
/// and `loop` links, `ro` read-only, `hard1` and `hard2` one file, `sp ace`, `run.sh` executable, `not.sh` not,
/// `sparse`, `fifo`, `group` with the set-group-ID bit, `sticky` and `open` of another owner that
/// everybody may write with a file `theirs` of that owner each, `closed` unreadable to others.
pub const SCRIPTS: &[Script] = &[
    // Ends and output.
    all("true"),
    all("exit 7"),
    all("exit 255"),
    all("false | true"),
    all("set +o pipefail; false | true; echo ${PIPESTATUS[@]}"),
    all("echo $UNSET"),
    all("for i in 0 1 2 64 125 126 127 128 130 137 200 254; do (exit $i) || echo $?; done"),
    all("no-such-program-anywhere"),
    all("./not.sh"),
    all("./run.sh one two; sh not.sh; ./run.sh > /dev/null 2>&1"),
    all("./bad-interpreter.sh"),
    all("PATH=$PWD:$PATH; run.sh; hash run.sh; command -v run.sh | sed s,.*/,,"),
    all("kill -TERM $$"),
    all("kill -KILL $$"),
    all("perl -e 'system q(kill -SEGV $$); print $? & 127' "),
    all("trap 'echo trapped; exit 9' TERM; kill -TERM $$; echo not reached"),
    all("trap 'echo bye > bye' EXIT; exit 3"),
    all("trap 'echo line' ERR; false"),
    all("trap; trap -p; kill -l | head -n 2"),
    all(
        "perl -e 'print join \",\", map { $SIG{$_} // \"-\" } qw(PIPE INT TERM HUP CHLD QUIT)'; grep SigBlk /proc/self/status",
    ),
    all("yes | head -n 3 > three"),
    all("sleep 0.05 & wait $!; echo $?; (exit 4) & wait $! || echo $?"),
    all("for i in 1 2 3; do (echo $i > job$i) & done; wait; cat job1 job2 job3"),
    all(
        "diff <(sort a) <(sort -r a) || echo differ; tee >(cat > teed) < a > /dev/null; while ! test -s teed; do :; done",
    ),
    all("cat a b/c; echo to-stderr >&2"),
    all("cat <<'END'; cat <<END\n$HOME stays\nEND\n$((6 * 7))\nEND\n"),
    all("read -r line < a; echo \"$line\"; read -r nothing || echo end of input"),
    all("cat /dev/stdin; echo x > /dev/stdout; echo y > /dev/stderr; cat /dev/fd/3 3< a"),
    all("tty || true; test -t 0 || test -t 1 || echo no terminal; echo x > /dev/tty"),
    all("stty size; tput cols 2>&1 | head -n 1"),
    all("umask; umask 027; mkdir u1; : > u2; umask 077; : > u3"),
    all("ulimit -f; ulimit -s; ulimit -c"),
    all("ulimit -f 1; dd if=/dev/zero of=big bs=1k count=64"),
    all("ulimit -n 5; exec 3< a 4< a 5< a"),
    all(
        "locale 2>/dev/null | head -n 2; echo ${LANG}; printf '%s\\n' b A a B | sort | tr -d '\\n'",
    ),
    all("id -u; id -g; id -un; whoami; id -Gn"),
    all("echo ~; cd; pwd; test \"$HOME\" = \"$PWD\""),
    all("hostname; uname -sm; nproc"),
    all("date -u -d @0 +%F; TZ=Europe/Berlin date -d @1700000000 +%H"),
    all(
        "test $(readlink /proc/self) -gt 1; test -e /proc/self/exe; readlink /proc/self/cwd | sed 's,.*/,,'",
    ),
    all(
        "test -d /sys/class && test -c /dev/null && test -c /dev/urandom && head -c 4 /dev/zero | wc -c",
    ),
    but_output("ps -e | wc -l", "the processes of the host are not seen"),
    but_output("df -k . | tail -n 1", "the room is that of the sandbox"),
    all("SECONDS=0; time -p true 2>/dev/null; echo $SECONDS"),
    all("perl -e 'exit 300 & 255'"),
    all(
        "python3 -c 'import os,sys; print(os.getcwd().split(\"/\")[-1], sys.argv, os.environ.get(\"HOME\") == os.getcwd())'",
    ),
    all(
        "python3 -c 'import tempfile,os; f=tempfile.NamedTemporaryFile(); f.write(b\"x\"); f.flush(); print(os.stat(f.name).st_size)'",
    ),
    // Files.
    all("echo new > made; mkdir -p x/y/z; echo deep > x/y/z/f"),
    all("echo more >> a; sed -i s/one/two/ b/c"),
    all("rm a; rm -r b"),
    all("rm -r b; mkdir b; echo again > b/c"),
    all("mv a moved; mv moved b/moved"),
    all("mv a b/c"),
    all("mv deep elsewhere; echo x > elsewhere/1/new; rm elsewhere/1/2/3/f"),
    all("mv deep/1/2 two; mv two deep/two; mv deep d2"),
    all("mv b tmp; mv deep b; mv tmp deep"),
    all("mv b c; mv c b"),
    all("mv b c; ln -s a b"),
    all("mv b c; mkdir b; echo other > b/c; echo new > b/new"),
    all("mv deep b/d; mv b/d/1 one; rm -r b"),
    all("chmod 600 a; chmod 700 b"),
    all("chmod 644 a"),
    all("chmod u+s,g+s run.sh; chmod +t b"),
    all("chmod 600 a; chmod 644 a"),
    all("touch a; touch -d 2001-02-03 b/c; touch -r b/c bin"),
    all("touch -h -d 2001-02-03 l dangling"),
    all("ln -sf b/c l; ln a hard; rm l"),
    all("ln hard1 b/hard3; rm hard1"),
    differs(
        "echo more >> hard1",
        "a layer holds a copy of one name; the other names keep the old content",
    ),
    all("cp hard1 x; mv x hard1"),
    all("ln -s \"$PWD/a\" absolute; ln -s ../a b/relative; cat absolute b/relative"),
    all("cat loop"),
    all("cat dangling; echo x > dangling; cat dangling-target"),
    all("rm a; mkdir a; echo in > a/in"),
    all("rm -r b; ln -s a b"),
    all("rm l; mkdir l; rmdir l; mkfifo l"),
    all("rm -rf deep; ln -s b deep; echo x > deep/through"),
    all("cp -a b copy; cp bin bin2; cmp bin bin2"),
    all("cp -a . ../copy-of-all || echo incomplete; rm -rf ../copy-of-all"),
    all("cp --sparse=always sparse s2; truncate -s 1G s3; truncate -s +4K s3; stat -c %s s2 s3"),
    all("tar cf t.tar a b; rm -r b; tar xf t.tar; test -f b/c"),
    all(
        "tar czf t.tgz --exclude=empty b deep; mkdir out; tar xzf t.tgz -C out; find out -type f | sort",
    ),
    all("gzip a; gunzip a.gz; gzip -k b/c"),
    all("xz -k a; zstd -q a; bzip2 -k a; xzcat a.xz; zstdcat a.zst; bzcat a.bz2; rm a.*"),
    all("zip -qr z.zip b; rm -r b; unzip -q z.zip; cat b/c"),
    all("rsync -a b/ synced/; rsync -a --delete --itemize-changes deep/ synced/"),
    all("install -m 750 -D a in/stalled; install -d -m 700 dir"),
    all("find b -name 'c*' -delete; find b deep -type f -empty -delete; find deep -depth -delete"),
    all("find b deep -type f | sort | xargs -d '\\n' wc -c > sizes"),
    all("find . -maxdepth 1 -type f -print0 | sort -z | xargs -0 -n 1 basename"),
    all("sed -i.orig '2d' a; awk '{print NR\": \"$0}' a > numbered"),
    all(
        "dd if=/dev/zero of=zeros bs=1k count=64 2>/dev/null; truncate -s 10 zeros; fallocate -l 8192 zeros",
    ),
    all("dd if=bin of=a bs=1 seek=2 count=1 conv=notrunc 2>/dev/null"),
    all("split -b 4 a part-; sort -r -o a a; cat part-* > joined; uniq -c a"),
    all("echo x | tee -a a t1 t2"),
    all("cp a new; echo z >> new; diff -u a new > p || true; patch -s a p; rm p new"),
    all(
        "sqlite3 db 'create table t(x); insert into t values(1),(2)'; sqlite3 db 'select sum(x) from t'; sqlite3 db .dump > dump.sql",
    ),
    all(
        "sqlite3 db 'pragma journal_mode=wal; create table t(x); insert into t values(7)'; sqlite3 db 'select * from t'",
    ),
    all(
        "git init -q r 2>/dev/null; cd r; git -c user.name=n -c user.email=e commit -q --allow-empty -m m --date 2000-01-01; git log --format=%s; cd ..; rm -rf r",
    ),
    all("perl -i -pe 's/alpha/omega/' a; perl -e 'unlink \"b/c\"; rename \"bin\", \"bin.old\"'"),
    all(
        "python3 -c 'import os,shutil; shutil.copytree(\"b\",\"b2\"); os.replace(\"a\",\"b2/c\"); shutil.rmtree(\"deep\")'",
    ),
    all(
        "python3 -c 'import mmap; f=open(\"a\",\"r+b\"); m=mmap.mmap(f.fileno(),0); m[0:5]=b\"OMEGA\"; m.flush(); m.close()'",
    ),
    all("exec 5<> a; rm a; echo late >&5; exec 5>&-"),
    all("exec 5< a; echo changed > a; cat <&5"),
    all(
        "for i in 1 2 3 4 5; do (for j in 1 2 3 4; do echo line >> log; done) & done; wait; wc -l < log",
    ),
    all("flock lock -c 'echo locked > a'; flock -n lock true"),
    all(
        "mkfifo pipe; (cat pipe > got &) ; echo through > pipe; while ! test -s got; do :; done; rm pipe",
    ),
    all("(cat fifo > got) & echo through > fifo; wait; cat got"),
    all("f=$(mktemp); d=$(mktemp -d -p .); echo x > $f; mv $f x; rmdir $d"),
    all("cp a a.bak && echo bad > a && cp -p a.bak a && rm a.bak"),
    all("rm ro; echo x > b/c"),
    all("chmod 000 b/c; rm -f b/c"),
    all("mkdir -m 000 zero; rmdir zero; mkdir -m 2775 sg; mkdir group/inner; : > group/file"),
    all(
        ": > 'new name'; mv 'sp ace' $'new\\nline'; rm -- \"-x\" 2>/dev/null || true; : > -y; : > $'\\xff'",
    ),
    all("n=$(printf '%0255d' 7); : > $n; mkdir -p long/$n; : > long/$n/$n; : > ${n}8"),
    all("mkdir -p {1..3}/{a..c}; touch {1..3}/{a..c}/f; rm -r 2"),
    all(
        "setfattr -n user.note -v hello a; getfattr --only-values -n user.note a; cp -a a a2; setfattr -x user.marked bin",
    ),
    all("setfattr -n user.dir -v 1 b; getfattr -d b | tail -n +2"),
    all(
        "setfacl -m g:$(id -g):r a; getfacl -c a; setfacl -b a; setfacl -d -m o::r b; : > b/inherits; getfacl -c b/inherits",
    ),
    all("echo x > none/such/file"),
    all("mkdir a; mkdir b/c/d; rmdir b; cat b; cd a"),
    all("rm nothing; mv nothing else; cp nothing else; ls nothing; ln nothing else"),
    all("echo x > /var/tmp/bsf-$$; cat /var/tmp/bsf-$$; rm /var/tmp/bsf-$$"),
    all("echo x > /tmp/bsf-$$ && mv /tmp/bsf-$$ here"),
    all("echo x > /dev/shm/bsf-$$; cat /dev/shm/bsf-$$; rm /dev/shm/bsf-$$"),
    all("test -w a && test ! -w /etc/hostname || test $(id -u) = 0"),
    all("rm -rf b && cp -r /etc/skel b"),
    all("cd deep; rm -r ../deep; echo x > f; ls; cd ..; ls deep"),
    // Owners.
    root("chown 1:2 a; chown -R 65534 b; chgrp 5 bin; chown -h 3 l"),
    root("chown 1 a; chown 0 a"),
    root("install -o 12 -g 34 -m 640 a owned; stat -c %u:%g owned"),
    root("cp /usr/bin/id s; chmod 4755 s; chown 1 s; stat -c %a s"),
    root(
        "su -s /bin/sh nobody -c 'id -u; echo x > mine; cat closed' || echo $?; runuser -u nobody -- id -un",
    ),
    root(
        "setpriv --reuid 65534 --regid 65534 --clear-groups sh -c 'echo x > open/by-nobody; rm sticky/theirs; rm open/theirs; cat closed; id -u'",
    ),
    root(
        "setpriv --reuid 1 --regid 1 --clear-groups sh -c 'echo x > a; echo y > open/y; stat -c %u open/y'",
    ),
    root("chown 1:1 group; : > group/f; mkdir group/d; stat -c %g:%a group/f group/d"),
    root("chmod 0 closed; cat closed; chmod 0 open; ls open"),
    root(
        "tar --numeric-owner -cf t.tar open sticky; mkdir out; tar -xpf t.tar -C out; stat -c %u out/open/theirs",
    ),
    root("rsync -a open/ o2/; cp -a sticky s2; stat -c %u o2/theirs s2/theirs"),
    root("echo x > /etc/bsf-test; mv /etc/bsf-test /opt/bsf-test; rm /opt/bsf-test"),
    root("mkdir /root/bsf-test; rmdir /root/bsf-test; ls -d /root"),
    root("setfacl -m u:1:rwx,g:2:x a; getfacl -cn a"),
    user("cat closed; ls closed-dir; cat closed-dir/f; echo x > closed"),
    user("echo x > ro; echo x >> closed; rm -f closed; ls -d closed"),
    user("echo x > open/mine; mv open/mine open/mine2; rm open/theirs"),
    user("echo x > sticky/mine; mv sticky/mine sticky/m; rm sticky/m; echo x > sticky/theirs"),
    user("rm -f sticky/theirs"),
    user("mv sticky/theirs sticky/x"),
    user("mv sticky/theirs ."),
    user("echo x > sticky/mine; mv -f sticky/mine sticky/theirs"),
    user("perl -e 'unlink q(sticky/theirs) or die qq($!\n)'"),
    user("perl -e 'rename q(a), q(sticky/theirs) or die qq($!\n)'"),
    user("mkdir sticky/d && touch sticky/d/f && mv sticky/d sticky/e && rm -r sticky/e"),
    user("cat open/theirs; echo x >> open/theirs; chmod 600 open/theirs"),
    user("cp open/theirs mine; mv -f mine open/theirs"),
    user("mkdir open/d; echo x > open/d/f; mv open/d here"),
    user("touch -d 2001-01-01 open/theirs"),
    user("chmod 755 open"),
    user("chmod 777 open"),
    user("chmod 1777 sticky; echo not reached"),
    user("for d in open sticky; do chown $(id -u) $d || chgrp $(id -g) $d || echo $?; done"),
    user("cd open; chmod 777 . || echo $?; cd ..; chmod 777 open/../open"),
    user("ln -s open way; chmod 777 way || echo $?; touch -h -d 2001-01-01 way"),
    user(
        "exec 3< open; chmod 777 /dev/fd/3 || echo $?; python3 -c 'import os; os.fchmod(3, 0o777)'",
    ),
    user("touch open; touch -m open || echo $?; touch -a -d 2001-01-01 open"),
    user("setfattr -n user.x -v y open; setfattr -n user.x -v y sticky"),
    user("setfacl -m o::rwx open"),
    user("rm -rf open; mkdir open; chmod 750 open"),
    user("rmdir sticky || rm -r sticky || echo $?"),
    Script {
        by: By::User,
        ..but_output(
            "chown 0 a; chgrp 0 a",
            "ids that the name space does not know are invalid, not forbidden",
        )
    },
    Script {
        by: By::Root,
        ..differs("chattr +i a && chattr -i a", "flags of files need a power over the host")
    },
    Script {
        by: By::User,
        ..differs("setfacl -m u:1:r a", "the name space of an ordinary user knows no other user")
    },
    user(
        "echo x > /etc/bsf; mkdir /usr/bsf; rm /etc/hostname; mv /etc/passwd x; ls /root; touch /bsf",
    ),
    user("cat /etc/shadow"),
    Script {
        by: By::User,
        ..but_output(
            "ln /etc/shadow x",
            "a link to another part of the tree is one to another file system",
        )
    },
    Script {
        by: By::User,
        ..differs(
            "mv /usr/bin/id x",
            "parts of the tree are file systems of their own, so a move between them is a copy",
        )
    },
    user("ln -s /etc/shadow x; cat x; cp /etc/shadow y"),
    user("su -c id root; runuser -u root id; chroot . /bin/true; nice -n -5 true"),
    user("chmod 500 b; echo x > b/new; rm b/c; chmod 700 b; rm b/c"),
    user("chmod 000 b; ls b; cat b/c; chmod 755 b"),
    user("cp -a open copied; stat -c %u copied/theirs"),
    user("tar cf t.tar open; tar xf t.tar -C b; stat -c %u b/open/theirs"),
    user("rm -rf open; ls"),
    user("rm -rf sticky; ls"),
    labelled("mv sticky moved; rm -r moved"),
];
