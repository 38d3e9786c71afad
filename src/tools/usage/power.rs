//! reboot, halt, poweroff and shutdown, as systemd 252 has them.

use super::systemd::systemd;
use super::{Style, Usage};

/// halt(8) and shutdown(8).
pub const POWER: Usage = Usage {
    names: &["reboot", "halt", "poweroff", "shutdown"],
    style: Style::Gnu,
    global: "",
    groups: &[(
        "halt",
        "--help --halt -p,--poweroff --reboot -f,--force -w,--wtmp-only -d,--no-wtmp -n,--no-sync --no-wall -i",
    )],
    commands: &[
        ("reboot", "@halt ; 0..1"),
        ("halt", "@halt ; 0"),
        ("poweroff", "@halt ; 0"),
        (
            "shutdown",
            "--help -H,--halt -P,--poweroff -r,--reboot -h -k --no-wall -c --show -a -F -f -t=",
        ),
    ],
    code: 1,
    manner: systemd,
};
