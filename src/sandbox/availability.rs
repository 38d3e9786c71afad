//! Why a sandbox cannot be made here, in words, with what a person can do about it.

use super::protocol::{Failure, Mode};

/// Returns the reason and the fix for what failed.
pub(super) fn explain(failure: &Failure) -> (String, String) {
    let doing = failure.doing.as_str();
    let fix = match (doing, failure.errno) {
        (_, libc::ENOSPC) if doing.contains("namespace") => {
            "raise the limit: `sysctl user.max_user_namespaces=15000`, as root"
        }
        (_, libc::EPERM | libc::EACCES) if doing.contains("namespace") => {
            "user namespaces are disabled or a container's system call filter refuses them: run as root, \
             allow them (`sysctl kernel.unprivileged_userns_clone=1`), or start the container with \
             `--security-opt seccomp=unconfined --cap-add SYS_ADMIN`"
        }
        (_, libc::EPERM | libc::EACCES)
            if doing.starts_with("writing")
                || doing.contains("loopback")
                || doing.contains("private") =>
        {
            "AppArmor restricts user namespaces: run as root, give blackstart a profile with `userns,`, or \
             `sysctl kernel.apparmor_restrict_unprivileged_userns=0`"
        }
        ("mounting /proc", libc::EPERM) => {
            "a container hides parts of /proc: start it with `--security-opt systempaths=unconfined`"
        }
        (_, libc::EINVAL | libc::ELOOP | libc::ENODEV | libc::EPERM)
            if doing.contains("overlay") =>
        {
            "the kernel refuses an overlay here: load it (`modprobe overlay`), or use Linux 5.11 or newer"
        }
        (_, libc::ENOSYS) => "use Linux 5.11 or newer",
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
    fn every_known_refusal_names_its_own_fix() {
        let fix = |doing: &str, errno| {
            explain(&Failure { doing: doing.into(), errno, detail: String::new() }).1
        };
        let table = [
            ("making a user namespace", libc::EPERM, "unprivileged_userns_clone"),
            ("making a user namespace", libc::ENOSPC, "max_user_namespaces"),
            ("writing uid_map", libc::EPERM, "apparmor"),
            ("mounting /proc", libc::EPERM, "systempaths"),
            ("mounting the overlay of /", libc::EINVAL, "modprobe overlay"),
        ];
        for (doing, errno, expected) in table {
            assert!(fix(doing, errno).contains(expected), "{doing}, {errno}");
        }
    }
}
