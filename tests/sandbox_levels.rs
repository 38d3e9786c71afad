//! Each level of a dry run where it is had: in settings like those of containers, with the right reason and no wrong claim.
#![allow(clippy::panic, clippy::disallowed_methods, clippy::unwrap_used, clippy::print_stdout)]

mod sandbox_support;

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Output};

use sandbox_support::{
    NOBODY, Who, everybody, is_root, open_directory, prefix, program, write_program,
};
use serde_json::Value;

/// What a system call filter of a container answers, as a program that installs it and goes on.
fn filter(into: &Path, refused: &[(i64, i32)]) -> String {
    let launcher = into.join(format!("filter-{}.py", refused.iter().map(|one| one.0).sum::<i64>()));
    let calls: Vec<String> =
        refused.iter().map(|(call, errno)| format!("({call},{errno})")).collect();
    std::fs::write(
        &launcher,
        format!(
            "import ctypes, os, struct, sys\n\
             libc = ctypes.CDLL(None, use_errno=True)\n\
             code = struct.pack('HBBI', 0x20, 0, 0, 0)\n\
             for number, errno in [{0}]:\n\
             \x20   code += struct.pack('HBBI', 0x15, 0, 1, number) + struct.pack('HBBI', 6, 0, 0, 0x50000 | errno)\n\
             # With unshare(2), clone(2) with CLONE_NEWUSER.\n\
             if {1} in [number for number, errno in [{0}]]:\n\
             \x20   code += struct.pack('HBBI', 0x15, 0, 3, {2}) + struct.pack('HBBI', 0x20, 0, 0, 16)\n\
             \x20   code += struct.pack('HBBI', 0x45, 0, 1, 0x10000000) + struct.pack('HBBI', 6, 0, 0, 0x50001)\n\
             code += struct.pack('HBBI', 6, 0, 0, 0x7fff0000)\n\
             kept = ctypes.create_string_buffer(code, len(code))\n\
             program = struct.pack('HxxxxxxQ', len(code) // 8, ctypes.addressof(kept))\n\
             assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program) == 0, ctypes.get_errno()\n\
             os.execv(sys.argv[1], sys.argv[1:])\n",
            calls.join(","),
            libc::SYS_unshare,
            libc::SYS_clone,
        ),
    )
    .unwrap();
    format!("python3 {}", launcher.display())
}

const NAMESPACES: &[(i64, i32)] =
    &[(libc::SYS_unshare, libc::EPERM), (libc::SYS_mount, libc::EPERM)];

/// Where programs are found in each setting.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Masks parts of /proc as container runtimes do.
const MASK_PROC: &str = "mount --bind /dev/null /proc/kcore && mount -t tmpfs -o ro none /proc/scsi 2>/dev/null; \
    mount -t tmpfs -o ro none /proc/fs && mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys";

/// A setting, as a script that ends by starting `"$@"` in it.
struct Setting {
    name: &'static str,
    who: Who,
    script: String,
    level: &'static str,
    /// Parts of the reason.
    reason: &'static [&'static str],
}

fn settings(who: Who, into: &Path) -> Vec<Setting> {
    let by = |words: &str| [prefix(who).join(" "), words.to_owned()].join(" ");
    let mut found = vec![
        Setting {
            name: "no user namespaces left",
            who,
            script: by(
                "unshare --user --map-root-user sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec \"$@\"' sh \"$@\"",
            ),
            level: "read-only-probe",
            reason: &["No space left on device", "max_user_namespaces"],
        },
        Setting {
            name: "a filter refuses namespaces",
            who: Who::User,
            script: by(&format!("{} \"$@\"", filter(into, NAMESPACES))),
            level: "read-only-probe",
            reason: &["namespace", "Operation not permitted", "seccomp=unconfined"],
        },
        Setting {
            name: "a masked /proc",
            who,
            script: by(&format!(
                "unshare --user --map-root-user --mount --pid --fork --mount-proc sh -c '{MASK_PROC} && exec \"$@\"' sh \"$@\""
            )),
            level: "read-only-probe",
            reason: &["mounting /proc: Operation not permitted", "systempaths=unconfined"],
        },
        Setting {
            name: "all of these, and no Landlock",
            who,
            script: by(&format!(
                "unshare --user --map-root-user --mount --pid --fork --mount-proc sh -c \
                 'echo 0 >/proc/sys/user/max_user_namespaces && {MASK_PROC} && exec \"$@\"' sh {} \"$@\"",
                filter(
                    into,
                    &[NAMESPACES, &[(libc::SYS_landlock_create_ruleset, libc::ENOSYS)]].concat()
                )
            )),
            level: "static-only",
            reason: &[
                "namespace",
                "nor a read-only probe: using Landlock: Function not",
                "Linux 6.2",
            ],
        },
    ];
    found.push(Setting {
        name: "a filter refuses mounts",
        who: Who::User,
        script: by(&format!("{} \"$@\"", filter(into, &[(libc::SYS_mount, libc::EPERM)]))),
        level: "read-only-probe",
        reason: &["making mounts private: Operation not permitted", "refuses mounts"],
    });
    if who == Who::Root {
        found.push(Setting {
            name: "a kernel before 5.12",
            who,
            script: format!("{} \"$@\"", filter(into, &[(libc::SYS_mount_setattr, libc::ENOSYS)])),
            level: "read-only-probe",
            reason: &["Function not implemented", "Linux 5.12"],
        });
        found.push(Setting {
            name: "a kernel before 5.2",
            who,
            script: format!("{} \"$@\"", filter(into, &[(libc::SYS_open_tree, libc::ENOSYS)])),
            level: "read-only-probe",
            reason: &["cloning the mount of", "Function not implemented", "Linux 5.12"],
        });
        let own = into.display();
        found.push(Setting {
            name: "the root is an overlay",
            who,
            script: overlay_root(into),
            level: "full-root",
            reason: &["users inside keep the host's ids"],
        });
        found.push(Setting {
            name: "root without power, in a container's filter",
            who,
            script: format!(
                "setpriv --bounding-set=-all,+setuid,+setgid,+dac_override,+chown,+fowner,+kill --inh-caps=-all {} \"$@\"",
                filter(into, NAMESPACES)
            ),
            level: "read-only-probe",
            reason: &["namespace", "seccomp=unconfined"],
        });
        let chroot = into.join("root");
        std::fs::create_dir_all(&chroot).unwrap();
        found.push(Setting {
            name: "a user in a chroot",
            who: Who::User,
            script: format!(
                "unshare --mount sh -ec 'cd {0}; cp -a /bin /lib /lib64 /sbin .; \
                 for d in usr etc proc dev tmp; do mkdir -p $d; mount --rbind /$d $d; done; exec \"$@\"' sh \
                 chroot {0} setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups \"$@\"",
                chroot.display()
            ),
            level: "read-only-probe",
            reason: &["namespace", "chroot"],
        });
        found.push(Setting {
            name: "no home, a full /tmp, and nothing else to write to",
            who,
            script: format!(
                "unshare --mount sh -ec 'mount --bind {own} /mnt; mount -t tmpfs -o size=4k,noexec none /tmp; \
                 mkdir -p /tmp; dd if=/dev/zero of=/tmp/full 2>/dev/null || true; mkdir -p {own}; mount --bind /mnt {own}; \
                 exec \"$@\"' sh env -u HOME \"$@\""
            ),
            level: "full-root",
            reason: &[],
        });
    }
    found
}

/// A root that is an overlay, as in a container, with `own` shown in it.
fn overlay_root(own: &Path) -> String {
    let overlay = own.join("overlay");
    std::fs::create_dir_all(&overlay).unwrap();
    format!(
        "unshare --mount --pid --fork sh -ec '\
         mount -t tmpfs none {0}; mkdir {0}/u {0}/w {0}/r; \
         mount -t overlay -o lowerdir=/,upperdir={0}/u,workdir={0}/w overlay {0}/r; \
         cd {0}/r; mount -t proc proc proc; mount --rbind /dev dev; mount --rbind /sys sys; \
         mount -t tmpfs none tmp; mkdir -p .{1}; mount --bind {1} .{1}; mkdir old; \
         pivot_root . old; umount -l old; cd /; exec \"$@\"' sh \"$@\"",
        overlay.display(),
        own.display()
    )
}

#[test]
fn users_that_keep_the_hosts_ids_change_no_kernel_setting_and_are_counted() {
    if !is_root() {
        println!("skipped: only root can make a root that is an overlay");
        return;
    }
    let tools = open_directory();
    program(Who::Root, tools.path());
    let launcher = tools.path().join("launch");
    write_program(&launcher, &format!("#!/bin/sh\nexec {}\n", overlay_root(tools.path())));
    let binary = tools.path().join("blackstart").display().to_string();
    let data = tools.path().join("data").display().to_string();
    let settings = ["kernel/core_pattern", "kernel/pid_max", "vm/overcommit_memory", "fs/file-max"];
    let read = |name| std::fs::read_to_string(format!("/proc/sys/{name}")).unwrap();
    let before = settings.map(read);
    let try_it = |name: &str, text: &str| {
        let script = tools.path().join(name);
        std::fs::write(&script, text).unwrap();
        let script = script.display().to_string();
        let output = run(&launcher, &[&binary, "dry-run", &script, "--json", "--data-dir", &data]);
        let result = json(&output, name);
        assert_eq!(result["level"], "full-root", "{result}");
        assert!(text_of(&result["level_reason"]).contains("keep the host's ids"), "{result}");
        result["steps"][0].clone()
    };
    let list = settings.map(|name| format!("/proc/sys/{name}")).join(" ");
    let step = try_it(
        "settings",
        &format!(
            "cat /proc/self/uid_map\nfor f in {list}; do (echo 7 >$f) 2>&1 && echo wrote $f; done\n\
             python3 -c 'import ctypes; l = ctypes.CDLL(None); m = l.mount(b\"none\", b\"/proc/sys\", None, 4128, None); \
             print(m, l.umount2(b\"/proc/sys\", 2), \"remount and unmount\")'\n\
             test -c /proc/sysrq-trigger || test ! -e /proc/sysrq-trigger || echo sysrq\ntrue\n"
        ),
    );
    let said = text_of(&step["stdout"]);
    // The ids inside are those of the host.
    assert!(said.split_whitespace().take(2).eq(["0", "0"]), "{step}");
    assert!(said.contains("-1 -1 remount and unmount"), "{step}");
    for wrong in ["wrote", "sysrq"] {
        assert!(!said.contains(wrong), "{step}");
    }
    assert_eq!(said.matches("Read-only file system").count(), settings.len(), "{step}");
    let step = try_it("bomb", "for i in $(seq 3000); do sleep 60 & done\nwait\n");
    assert_eq!((&step["outcome"], &step["limit"]), (&"limited".into(), &"processes".into()));
    assert_eq!(before, settings.map(read), "a setting of the host changed");
}

fn run(launcher: &Path, words: &[&str]) -> Output {
    Command::new(launcher).args(words).env("PATH", PATH).env("COLUMNS", "200").output().unwrap()
}

fn json(output: &Output, setting: &str) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{setting}: {error}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A directory and its file: their times of change, which nothing can set back, and the text.
fn look(canary: &Path) -> (Vec<(i64, i64)>, String) {
    let file = canary.join("file");
    let time = |path: &Path| {
        let metadata = std::fs::metadata(path).unwrap();
        (metadata.ctime(), metadata.ctime_nsec())
    };
    (vec![time(canary), time(&file)], std::fs::read_to_string(&file).unwrap())
}

#[test]
fn a_dry_run_in_a_container_claims_what_it_has_and_says_why_not_more() {
    let mut table = vec![];
    for who in everybody() {
        let tools = open_directory();
        for setting in settings(who, tools.path()) {
            table.push(check(&setting, who, tools.path()));
        }
    }
    println!("{}", table.join("\n"));
}

fn check(setting: &Setting, who: Who, tools: &Path) -> String {
    let name = setting.name;
    let binary = tools.join("blackstart");
    program(Who::Root, tools);
    let launcher = tools.join("launch");
    write_program(&launcher, &format!("#!/bin/sh\nexec {}\n", setting.script));
    let directory = tempfile::Builder::new().prefix("kept-").tempdir_in(tools).unwrap();
    let canary = directory.path().join("canary");
    std::fs::create_dir(&canary).unwrap();
    std::fs::write(canary.join("file"), "what was").unwrap();
    let data = directory.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let plan = directory.path().join("plan.yaml");
    let at = canary.display();
    std::fs::write(
        &plan,
        format!(
            "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n\
             - {{id: look, title: t, kind: command, run: 'cat {at}/file; ls /proc/self/ns >/dev/null'}}\n\
             - {{id: write, title: t, kind: command, needs: [look], run: 'cat {at}/file; echo more >{at}/file; rm {at}/file'}}\n\
             - {{id: after, title: t, kind: command, needs: [write], run: 'true'}}\n"
        ),
    )
    .unwrap();
    if is_root() && (who == Who::User || setting.who == Who::User) {
        let owner = format!("{NOBODY}:{NOBODY}");
        let given = Command::new("chown").args(["-R", &owner]).arg(directory.path()).status();
        assert!(given.unwrap().success());
    }
    let before = look(&canary);
    let (program, data, plan) =
        (binary.to_str().unwrap(), data.to_str().unwrap(), plan.to_str().unwrap());

    let doctor = run(&launcher, &[program, "doctor", "--json", "--data-dir", data]);
    let doctor_json = json(&doctor, name);
    let level = text_of(&doctor_json["level"]);
    let reason = text_of(&doctor_json["level_reason"]);
    assert_eq!(level, setting.level, "{name}: {reason}");
    for part in setting.reason {
        assert!(reason.contains(part), "{name}: {reason}");
    }
    let counts = level.starts_with("full");
    assert_eq!(doctor.status.code(), Some(if counts { 0 } else { 12 }), "{name}");
    let plain = run(&launcher, &[program, "doctor", "--data-dir", data]);
    let plain = String::from_utf8(plain.stdout).unwrap();
    assert!(plain.contains(&format!("dry run    {level} (")), "{name}: {plain}");
    for one in doctor_json["levels"].as_array().unwrap() {
        let refused = one["state"] == "refused";
        assert_eq!(refused, !one["fix"].is_null(), "{name}: {one}");
        assert!(!refused || plain.contains(text_of(&one["fix"])), "{name}: {plain}");
    }

    let dry = run(&launcher, &[program, "dry-run", plan, "--json", "--data-dir", data]);
    let result = json(&dry, name);
    assert_eq!(text_of(&result["level"]), level, "{name}");
    assert_eq!(result["level_reason"].as_str().unwrap_or_default(), reason, "{name}");
    let steps = result["steps"].as_array().unwrap();
    let outcomes: Vec<&str> = steps.iter().map(|step| text_of(&step["outcome"])).collect();
    let notes: Vec<String> = steps.iter().map(|step| step["notes"].to_string()).collect();
    if counts {
        assert_eq!(outcomes, ["passed", "passed", "passed"], "{name}: {notes:?}");
        assert_eq!(dry.status.code(), Some(0), "{name}");
    } else {
        assert_eq!(outcomes, ["not-run", "not-run", "not-run"], "{name}: {notes:?}");
        assert_eq!(dry.status.code(), Some(12), "{name}");
        let human = run(&launcher, &[program, "dry-run", plan, "--data-dir", data]);
        let human = String::from_utf8(human.stdout).unwrap();
        assert!(human.contains(&format!("level {level}  THIS DOES NOT COUNT")), "{name}: {human}");
        let approve = ["approve", plan, "--as", "me", "--data-dir", data];
        let approve = run(&launcher, &[&[program], &approve[..]].concat());
        let said = String::from_utf8_lossy(&approve.stderr).into_owned();
        assert_eq!(approve.status.code(), Some(8), "{name}: {said}");
        assert!(said.contains(&format!("its dry run is {level} only")), "{name}: {said}");
    }
    if level == "read-only-probe" {
        assert!(notes[0].contains("came to its end without a write"), "{name}: {notes:?}");
        assert_eq!(steps[0]["stdout"], "what was", "{name}");
        let stop = format!(
            "stopped at its first write: would open {at}/file for writing; at least 1 of 3 commands seen"
        );
        assert!(notes[1].contains(&stop), "{name}: {notes:?}");
        assert!(notes[2].contains("step write would have changed something"), "{name}: {notes:?}");
    }
    let after = look(&canary);
    assert_eq!(before, after, "{name}: the host changed");
    format!("{who:?} {name:55} {level:16} {reason}")
}
