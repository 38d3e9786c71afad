//! systemctl, journalctl and service, as systemd 252 and Debian's init-system-helpers have them, with newer flags.

use super::{Problem, Style, Usage, getopt};

/// systemctl(1).
pub const SYSTEMCTL: Usage = Usage {
    names: &["systemctl"],
    style: Style::Gnu,
    global: "-h,--help --version --system --user -H,--host= -M,--machine= -C,--capsule= -t,--type= --state= --failed \
             -p,--property= -P= -a,--all -l,--full -r,--recursive --reverse --after --before --with-dependencies \
             --job-mode= --fail --irreversible --ignore-dependencies --show-transaction -T --show-types --value \
             --check-inhibitors= -i --ignore-inhibitors --kill-whom= --kill-who= --kill-value= -s,--signal= --what= \
             --now --dry-run -q,--quiet -v,--verbose --no-warn --wait --no-block --no-wall --message= --no-reload \
             --legend= --no-legend --no-pager --no-ask-password --global --runtime -f,--force --preset-mode= --root= \
             --image= --image-policy= -n,--lines= -o,--output= --firmware-setup --boot-loader-menu= \
             --boot-loader-entry= --reboot-argument= --plain --timestamp= --read-only --mkdir --marked --drop-in= \
             --when= --stdin",
    groups: &[],
    commands: &[
        ("", "; 0"),
        ("list-units", ""),
        ("list-automounts", ""),
        ("list-paths", ""),
        ("list-sockets", ""),
        ("list-timers", ""),
        ("is-active", "; 1.."),
        ("is-failed", ""),
        ("status", ""),
        ("show", ""),
        ("cat", "; 1.."),
        ("help", "; 1.."),
        ("list-dependencies", ""),
        ("start", "; 1.."),
        ("stop", "; 1.."),
        ("reload", "; 1.."),
        ("restart", ""),
        ("try-restart|condrestart", "; 1.."),
        ("reload-or-restart", ""),
        ("try-reload-or-restart|reload-or-try-restart|force-reload|condreload", "; 1.."),
        ("isolate", "; 1"),
        ("kill", "; 1.."),
        ("clean", "; 1.."),
        ("freeze", "; 1.."),
        ("thaw", "; 1.."),
        ("set-property", "; 2.."),
        ("bind", "; 2..3"),
        ("mount-image", "; 2..4"),
        ("service-log-level", "; 1..2"),
        ("service-log-target", "; 1..2"),
        ("reset-failed", ""),
        ("whoami", ""),
        ("list-unit-files", ""),
        ("enable", "; 1.."),
        ("disable", "; 1.."),
        ("reenable", "; 1.."),
        ("preset", "; 1.."),
        ("preset-all", "; 0"),
        ("is-enabled", "; 1.."),
        ("mask", "; 1.."),
        ("unmask", "; 1.."),
        ("link", "; 1.."),
        ("revert", "; 1.."),
        ("add-wants", "; 2.."),
        ("add-requires", "; 2.."),
        ("edit", "; 1.."),
        ("get-default", "; 0"),
        ("set-default", "; 1"),
        ("list-machines", ""),
        ("list-jobs", ""),
        ("cancel", ""),
        ("show-environment", "; 0"),
        ("set-environment", "; 1.."),
        ("unset-environment", "; 1.."),
        ("import-environment", ""),
        ("daemon-reload", "; 0"),
        ("daemon-reexec", "; 0"),
        ("log-level", "; 0..1"),
        ("log-target", "; 0..1"),
        ("service-watchdogs", "; 0..1"),
        ("is-system-running", "; 0"),
        ("default", "; 0"),
        ("rescue", "; 0"),
        ("emergency", "; 0"),
        ("halt", "; 0"),
        ("poweroff", "; 0"),
        ("reboot", "; 0..1"),
        ("soft-reboot", "; 0"),
        ("kexec", "; 0"),
        ("exit", "; 0..1"),
        ("switch-root", "; 0..2"),
        ("suspend", "; 0"),
        ("hibernate", "; 0"),
        ("hybrid-sleep", "; 0"),
        ("suspend-then-hibernate", "; 0"),
        ("sleep", "; 0"),
    ],
    code: 1,
    manner: systemd,
};

/// journalctl(1).
pub const JOURNALCTL: Usage = Usage {
    names: &["journalctl"],
    style: Style::Gnu,
    global: "",
    groups: &[],
    commands: &[(
        "",
        "-h,--help --version --system --user -M,--machine= -m,--merge -D,--directory= -i,--file= --root= --image= \
         --image-policy= --namespace= -S,--since= -U,--until= -c,--cursor= --after-cursor= --cursor-file= \
         -b,--boot[=] --this-boot -u,--unit= --user-unit= --invocation= -I -t,--identifier= -T,--exclude-identifier= \
         -p,--priority= --facility= -g,--grep= --case-sensitive[=] -k,--dmesg -o,--output= --output-fields= \
         -n,--lines[=] -r,--reverse --show-cursor --utc -x,--catalog -W,--no-hostname --no-full -l,--full -a,--all \
         -f,--follow --no-tail --truncate-newline -q,--quiet --no-pager -e,--pager-end --interval= --verify-key= \
         --force -N,--fields -F,--field= --list-boots --list-invocations --list-namespaces --disk-usage \
         --vacuum-size= --vacuum-files=N --vacuum-time= --verify --sync --relinquish-var --smart-relinquish-var \
         --flush --rotate --header --list-catalog --dump-catalog --update-catalog --setup-keys --new-id128",
    )],
    code: 1,
    manner: systemd,
};

/// service(8).
pub const SERVICE: Usage = Usage {
    names: &["service"],
    style: Style::Posix,
    global: "",
    groups: &[],
    commands: &[("", "-h,--help -V,--version --status-all --full-restart ; 0..")],
    code: 1,
    manner: getopt,
};

/// Other tools of systemd word their refusals alike.
pub(super) fn systemd(usage: &Usage, tool: &str, problem: &Problem) -> String {
    match problem {
        Problem::UnknownCommand { word, .. } => format!("Unknown command verb {word}."),
        Problem::CommandMissing { .. } | Problem::OperandMissing { .. } => {
            "Too few arguments.".to_owned()
        }
        Problem::OperandUnwanted(_) => "Too many arguments.".to_owned(),
        Problem::UnknownFlag(_)
        | Problem::AmbiguousFlag(..)
        | Problem::ValueMissing(_)
        | Problem::ValueUnwanted(_)
        | Problem::BadValue { .. }
        | Problem::FlagMissing(_) => getopt(usage, tool, problem),
    }
}
