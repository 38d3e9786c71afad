//! Why a level of the sandbox cannot be had here, in words, with what a person can do about it.
#![allow(clippy::disallowed_methods)]

use std::path::Path;

use super::protocol::{Failure, Mode};

/// What of this machine tells one cause of a refusal from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Facts {
    /// A system call filter holds for this process already, as in most containers.
    pub(super) filtered: bool,
    /// AppArmor takes the power of user namespaces away (Ubuntu 23.10 and newer).
    pub(super) app_armor: bool,
    /// The kernel lets only root make user namespaces (Debian before 11, hardened kernels).
    pub(super) root_only: bool,
    /// The root directory of this process is not the root of its mounts.
    pub(super) chroot: bool,
}

impl Facts {
    /// Looks.
    pub(super) fn look() -> Self {
        let setting = |path: &str, value: &str| {
            std::fs::read_to_string(path).is_ok_and(|text| text.trim() == value)
        };
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mounts = std::fs::read("/proc/self/mountinfo").unwrap_or_default();
        Self {
            filtered: status
                .lines()
                .any(|line| line.starts_with("Seccomp:") && !line.ends_with('0')),
            app_armor: setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"),
            root_only: setting("/proc/sys/kernel/unprivileged_userns_clone", "0"),
            // Mounts above the root directory of a process are not in its list.
            chroot: !mounts.is_empty()
                && !super::mounts::parse(&mounts).iter().any(|mount| mount.at == Path::new("/")),
        }
    }
}

/// Tells whether the kernel is Linux `major.minor` or newer.
pub(super) fn release_is_at_least(major: u32, minor: u32) -> bool {
    newer(&rustix::system::uname().release().to_string_lossy(), major, minor)
}

/// Releases look like `6.14.0-29-generic`; one that does not is older than any.
fn newer(release: &str, major: u32, minor: u32) -> bool {
    let mut numbers =
        release.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(own), Some(below)) => (own, below) >= (major, minor),
        (_, _) => false,
    }
}

/// A profile that gives blackstart user namespaces where AppArmor restricts them.
pub(super) const APP_ARMOR_PROFILE: &str = "\
abi <abi/4.0>,
include <tunables/global>

profile blackstart /usr/{,local/}bin/blackstart flags=(unconfined) {
  userns,
  include if exists <local/blackstart>
}
";

const APP_ARMOR: &str = "AppArmor restricts user namespaces: run as root, or give blackstart a profile (`blackstart \
    doctor` prints it; save it as /etc/apparmor.d/blackstart, then `apparmor_parser -r /etc/apparmor.d/blackstart`)";

/// Returns the reason and the fix for what failed.
pub(super) fn explain(failure: &Failure, facts: Facts) -> (String, String) {
    let doing = failure.doing.as_str();
    let refused = matches!(failure.errno, libc::EPERM | libc::EACCES);
    let namespace = doing.contains("namespace");
    let fix = match (doing, failure.errno) {
        (_, libc::ENOSPC) if namespace => {
            "raise the limit: `sysctl user.max_user_namespaces=15000`, as root (in a container: on its host)"
        }
        (_, _) if refused && namespace && facts.chroot => {
            "in a chroot the kernel makes no user namespaces: run outside of it, or as root"
        }
        (_, _) if refused && namespace && facts.root_only => {
            "only root may make user namespaces: run as root, or `sysctl kernel.unprivileged_userns_clone=1`"
        }
        (_, _) if refused && namespace && facts.filtered => {
            "a container's system call filter refuses namespaces: start the container with \
             `--security-opt seccomp=unconfined --cap-add SYS_ADMIN`"
        }
        (_, _) if refused && facts.app_armor => APP_ARMOR,
        (_, _) if refused && namespace => {
            "user namespaces are disabled, or there is no CAP_SYS_ADMIN for them: run as root, allow them \
             (`sysctl kernel.unprivileged_userns_clone=1`), or start the container with `--cap-add SYS_ADMIN`"
        }
        (_, _)
            if refused
                && facts.filtered
                && (doing.contains("private") || doing.contains("memory")) =>
        {
            "a container's system call filter refuses mounts: start the container with \
             `--security-opt seccomp=unconfined`"
        }
        (_, _)
            if refused
                && (doing.starts_with("writing")
                    || doing.contains("loopback")
                    || doing.contains("private")) =>
        {
            APP_ARMOR
        }
        ("mounting /proc", libc::EPERM) => {
            "a container hides parts of /proc: start it with `--security-opt systempaths=unconfined`"
        }
        (_, libc::EINVAL | libc::ELOOP) if doing.contains("overlay") => {
            "the kernel refuses an overlay on this file system (overlays are stacked two deep at most): run \
             outside the container, or on a root that is no overlay of an overlay"
        }
        (_, libc::ENODEV) if doing.contains("overlay") => {
            "the kernel has no overlayfs: `modprobe overlay`, as root"
        }
        (_, libc::EPERM) if doing.contains("overlay") => {
            "the kernel refuses an overlay here: use Linux 5.11 or newer, or run as root"
        }
        (_, libc::ENODEV) if doing.contains("memory") => {
            "the kernel has no tmpfs: enable CONFIG_TMPFS"
        }
        (_, libc::ENOENT) if doing.contains("/proc") => {
            "mount /proc: `mount -t proc proc /proc`, as root"
        }
        ("using Landlock", libc::EOPNOTSUPP) => {
            "start the kernel with `landlock` in its `lsm=` parameter (see /sys/kernel/security/lsm)"
        }
        ("using Landlock" | "restricting by Landlock", _) => {
            "a probe needs Landlock 3 (Linux 6.2, CONFIG_SECURITY_LANDLOCK=y), and a container whose system \
             call filter allows it"
        }
        ("installing the system call filter", libc::EBUSY) => {
            "another program watches the system calls here already, and the kernel allows one"
        }
        ("installing the system call filter", _) => {
            "a probe needs seccomp with user notification (Linux 5.5, CONFIG_SECCOMP_FILTER=y)"
        }
        ("making a scratch directory", _) => {
            "make room: /tmp, /var/tmp or the home directory must be writable and not full"
        }
        (_, libc::ENOSYS) => {
            "use Linux 5.12 or newer, or a container whose system call filter is newer"
        }
        (_, _) => "run as root, or on another machine",
    };
    (plain(failure), fix.to_owned())
}

/// Returns one line on what failed.
pub(super) fn plain(failure: &Failure) -> String {
    match (failure.errno, failure.detail.as_str()) {
        (0, detail) => format!("{}: {detail}", failure.doing),
        (errno, _) => format!("{}: {}", failure.doing, std::io::Error::from_raw_os_error(errno)),
    }
}

/// Returns why a session is weaker than the best one, `None` for the best.
pub(super) fn why_not_better(mode: Mode, root: bool, first: Option<&Failure>) -> Option<String> {
    let because = || first.map_or_else(String::new, |failure| format!(" ({})", plain(failure)));
    match (mode, root) {
        (Mode::RootShifted, _) => None,
        (Mode::RootIdentity, _) => Some(format!("users inside keep the host's ids{}", because())),
        (Mode::User, true) => Some(format!("namespaces as root are refused{}", because())),
        (Mode::User, false) => Some(
            "as an ordinary user: other users' files cannot be changed, as on the host; run as root for more".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_compare_by_their_numbers() {
        let table = [
            ("6.14.0-29-generic", true),
            ("6.14-rc1", true),
            ("7.0", true),
            ("6.9.12", false),
            ("6.13.99", false),
            ("5.15.0", false),
            ("unknown", false),
            ("", false),
        ];
        for (release, expected) in table {
            assert_eq!(newer(release, 6, 14), expected, "{release}");
        }
    }

    #[test]
    fn every_known_refusal_names_its_own_fix() {
        let none = Facts::default();
        let filtered = Facts { filtered: true, ..none };
        let armor = Facts { app_armor: true, ..none };
        let root_only = Facts { root_only: true, ..none };
        let chroot = Facts { chroot: true, filtered: true, ..none };
        let table = [
            ("making a user namespace", libc::EPERM, none, "unprivileged_userns_clone"),
            ("making a user namespace", libc::EPERM, root_only, "unprivileged_userns_clone"),
            ("making a user namespace", libc::EPERM, filtered, "seccomp=unconfined"),
            ("making a user namespace", libc::EPERM, chroot, "in a chroot"),
            ("making namespaces", libc::EPERM, filtered, "--cap-add SYS_ADMIN"),
            ("making a user namespace", libc::ENOSPC, filtered, "max_user_namespaces"),
            ("writing uid_map", libc::EPERM, none, "/etc/apparmor.d/blackstart"),
            ("making mounts private", libc::EPERM, filtered, "seccomp=unconfined"),
            ("making mounts private", libc::EACCES, armor, "/etc/apparmor.d/blackstart"),
            ("mounting memory", libc::EPERM, armor, "/etc/apparmor.d/blackstart"),
            ("bringing the loopback up", libc::EPERM, none, "/etc/apparmor.d/blackstart"),
            ("mounting /proc", libc::EPERM, none, "systempaths"),
            ("mounting the overlay of /", libc::EINVAL, none, "two deep"),
            ("mounting the overlay of /", libc::ELOOP, none, "two deep"),
            ("mounting the overlay of /", libc::ENODEV, none, "modprobe overlay"),
            ("mounting memory", libc::ENODEV, none, "CONFIG_TMPFS"),
            ("reading /proc/self/mountinfo", libc::ENOENT, none, "mount -t proc"),
            ("cloning the mount of /", libc::ENOSYS, none, "Linux 5.12"),
            ("using Landlock", libc::ENOSYS, none, "Linux 6.2"),
            ("using Landlock", libc::EOPNOTSUPP, none, "lsm="),
            ("installing the system call filter", libc::EBUSY, none, "watches"),
            ("making a scratch directory", libc::ENOSPC, none, "not full"),
            ("making a scratch directory", libc::EROFS, none, "writable"),
        ];
        for (doing, errno, facts, expected) in table {
            let failure = Failure { doing: doing.into(), errno, detail: String::new() };
            let fix = explain(&failure, facts).1;
            assert!(fix.contains(expected), "{doing}, {errno}, {facts:?}: {fix}");
        }
    }
}
