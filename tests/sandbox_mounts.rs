//! The host's mounts inside: each as it is outside, those of dead servers empty, none touched.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod sandbox_support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use blackstart::sandbox::{Layering, Observed, Options, Session};

use sandbox_support::left_out::left_out;
use sandbox_support::{
    Who, everybody, is_root, open_directory, prefix, program, step, write_program,
};

/// Returns a program that is blackstart, run as `who`, in a mount namespace that `setup` arranged.
fn arranged(who: Who, into: &Path, setup: &str) -> PathBuf {
    let wrapper = into.join("arranged");
    let text = format!(
        "#!/bin/sh\nexec unshare --mount --propagation private sh -euc '{setup}\nexec \"$0\" \"$@\"' {} \"$@\"\n",
        program(who, into).display()
    );
    write_program(&wrapper, &text);
    wrapper
}

/// Runs `script` as `who` in the same arrangement, outside of any sandbox.
fn outside(who: Who, setup: &str, script: &str) -> (Option<i32>, String) {
    let mut words = prefix(who);
    words.extend(["bash", "--noprofile", "--norc", "-c", script].map(str::to_owned));
    let output = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "sh", "-euc"])
        .arg(format!("{setup}\nexec \"$@\""))
        .arg("sh")
        .args(words)
        .env_clear()
        .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .expect("unshare runs");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

fn start(program: PathBuf) -> Session {
    Session::start(&Options::new(program)).expect("a session")
}

fn run(session: &mut Session, script: &str) -> Observed {
    let mut request = step(script);
    request.argv = ["bash", "--noprofile", "--norc", "-c", script]
        .map(|word| word.as_bytes().to_vec())
        .to_vec();
    request.layering = Layering::Discard;
    session.run(&request).expect("runs")
}

/// Only root can arrange mounts; says so where this is not root.
fn can_arrange() -> bool {
    if !is_root() {
        left_out("the tests of mounts need root");
    }
    is_root()
}

#[test]
fn mounts_look_inside_as_outside() {
    if !can_arrange() {
        return;
    }
    for who in everybody() {
        let directory = open_directory();
        let base = directory.path().display();
        let setup = format!(
            r##"cd {base}
            new_line="$(printf "new\nline")"
            for name in "with space" "back\\slash" "$new_line" covered ro noexec; do
                mkdir -p "$name"
                mount -t tmpfs -o mode=777 tmpfs "$name"
                echo "of $name" > "$name/file"
            done
            mkdir -p covered/below
            mount -t tmpfs tmpfs covered/below
            mount -t tmpfs -o mode=777 tmpfs covered
            echo shown > covered/shown
            mount -o remount,ro ro
            printf "#!/bin/sh\necho ran\n" > noexec/program
            chmod 755 noexec/program
            mount -o remount,noexec noexec
            echo bound > source
            touch file
            mount --bind source file
            cd /"##
        );
        let script = format!(
            r#"cd {base}
            for name in "with space" 'back\slash' $'new\nline' covered ro noexec; do
                ls "$name"; cat "$name"/*
                (echo x > "$name/written") 2>/dev/null; echo "write: $?"
                test -e "$name/written"; echo "written: $?"
            done
            cat file
            rm -f file 2>/dev/null; echo "remove a mount: $?"
            noexec/program 2>/dev/null; echo "program: $?"
            sh noexec/program"#
        );
        let expected = outside(who, &setup, &script);
        assert!(expected.1.contains("program: 126"), "the arrangement works: {expected:?}");
        let mut session = start(arranged(who, directory.path(), &setup));
        let inside = run(&mut session, &script);
        assert_eq!((inside.exit_code, inside.stdout.text), expected, "as {who:?}");
    }
}

#[test]
fn a_dead_server_hangs_nothing() {
    if !can_arrange() {
        return;
    }
    if !Path::new("/dev/fuse").exists() {
        left_out("this kernel has no FUSE");
        return;
    }
    for who in everybody() {
        let directory = open_directory();
        let base = directory.path().display();
        // Nobody ever answers what the kernel asks through the descriptors.
        let setup = format!(
            r#"cd {base}
            mkdir -p dead data
            ln -sfn {base}/dead/inner way
            touch deadfile
            exec 3<>/dev/fuse 4<>/dev/fuse
            who="user_id=0,group_id=0,allow_other"
            mount -i -n -t fuse -o "fd=3,rootmode=40000,$who" dead dead
            mount -i -n -t fuse -o "fd=4,rootmode=100000,$who" dead deadfile
            chmod 777 data
            cd /"#
        );
        let hangs = outside(who, &setup, &format!("timeout -s KILL 0.2 ls {base}/dead; echo $?"));
        assert_eq!(hangs.1, "137\n", "the server is dead");

        let started = Instant::now();
        let mut session = start(arranged(who, directory.path(), &setup));
        let masked: Vec<_> = session
            .masked()
            .iter()
            .filter(|masked| masked.path.starts_with(&*directory.path().to_string_lossy()))
            .map(|masked| (masked.path.rsplit('/').next().unwrap().to_owned(), masked.kind.clone()))
            .collect();
        let named = |name: &str| (name.to_owned(), "fuse".to_owned());
        assert_eq!(masked, [named("dead"), named("deadfile")], "as {who:?}");
        let script = format!(
            "cd {base}; ls -A dead; cat deadfile; cat way/x 2>/dev/null; echo x > data/{0}; \
             (echo x > dead/y) 2>/dev/null || echo refused; ls {base}/dead/inner/x 2>/dev/null",
            "f"
        );
        let inside = run(&mut session, &script);
        assert_eq!(inside.stdout.text, "refused\n", "as {who:?}: {inside:?}");
        assert!(started.elapsed() < Duration::from_secs(30), "as {who:?}");
    }
}

#[test]
fn a_mount_made_after_the_start_is_said_to_be_missing() {
    if !can_arrange() {
        return;
    }
    for who in everybody() {
        let directory = open_directory();
        let base = directory.path().display();
        let setup = format!(
            r#"mkdir -p {base}/late
            echo >> {base}/begun
            (while ! test -e {base}/go; do sleep 0.02; done
             mount -t tmpfs tmpfs {base}/late; echo >> {base}/done) </dev/null >/dev/null 2>&1 &"#
        );
        let mut session = start(arranged(who, directory.path(), &setup));
        let says = |observed: &Observed| observed.notes.iter().any(|note| note.contains("/late"));
        let before = run(&mut session, "true");
        assert!(!says(&before), "as {who:?}: {:?}", before.notes);
        fs::write(directory.path().join("go"), "").unwrap();
        // The program is started more than once, and each time has mounts of its own.
        let times = |name: &str| fs::read(directory.path().join(name)).map_or(0, |seen| seen.len());
        while times("done") < times("begun") {
            std::thread::yield_now();
        }
        for _ in 0..2 {
            let after = run(&mut session, "true");
            assert!(says(&after), "as {who:?}: {:?}", after.notes);
        }
    }
}

#[test]
fn a_mounted_socket_or_pipe_of_the_host_cannot_be_reached() {
    if !can_arrange() {
        return;
    }
    for who in everybody() {
        let directory = open_directory();
        let base = directory.path().display();
        let socket = std::os::unix::net::UnixListener::bind(directory.path().join("real.sock"));
        let socket = socket.unwrap();
        socket.set_nonblocking(true).unwrap();
        let setup = format!(
            "cd {base}; test -p real.pipe || mkfifo -m 666 real.pipe; touch at.sock at.pipe; chmod 777 real.sock
            mount --bind real.sock at.sock; mount --bind real.pipe at.pipe"
        );
        let script = format!(
            r#"cd {base}
            python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect("at.sock")'
            python3 -c 'import os; os.write(os.open("at.pipe", os.O_RDWR), b"out")' && echo written
            rm -f at.sock && echo removed"#
        );
        let mut session = start(arranged(who, directory.path(), &setup));
        // Opened for both, a pipe waits for nobody and keeps what is written.
        let pipe = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(directory.path().join("real.pipe"))
            .unwrap();
        let inside = run(&mut session, &script);
        let came = socket.accept().map(drop).map_err(|error| error.kind());
        assert_eq!(came, Err(std::io::ErrorKind::WouldBlock), "as {who:?}: {inside:?}");
        let waiting = rustix::io::ioctl_fionread(&pipe).unwrap();
        assert_eq!(waiting, 0, "as {who:?}: {inside:?}");
        if who == Who::Root {
            assert_eq!(inside.stdout.text, "", "{inside:?}");
            assert_eq!(session.notes().iter().filter(|note| note.contains("/at.")).count(), 2);
        }
    }
}

#[test]
fn a_directory_that_takes_a_mount_along_proves_nothing() {
    if !can_arrange() {
        return;
    }
    let directory = open_directory();
    let base = directory.path().display();
    let setup = format!(
        "mkdir -p {base}/data/disk {base}/other
        mount -t tmpfs tmpfs {base}/data/disk; touch {base}/data/disk/kept"
    );
    let mut session = start(arranged(Who::Root, directory.path(), &setup));
    let moved = run(&mut session, &format!("cd {base} && mv data old && test -e old/disk/kept"));
    assert_eq!(moved.exit_code, Some(0), "{moved:?}");
    assert!(!moved.succeeded(), "{moved:?}");
    assert!(moved.not_possible[0].contains("/data/disk"), "{:?}", moved.not_possible);
    assert!(run(&mut session, &format!("mv {base}/other {base}/older")).succeeded());
}
