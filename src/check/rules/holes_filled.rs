//! RB011: a sparse image comes back with its holes filled.

use crate::base::Span;
use crate::check::Context;
use crate::check::repository::{Act, operations};
use crate::check::rule::{Example, Report, Rule, edit};
use crate::evidence::Severity;

/// borg writes zeros unless told to leave holes.
pub const RULE: Rule = Rule {
    code: "RB011",
    name: "holes-filled",
    severity: Severity::Medium,
    summary: "disk images are restored by borg without `--sparse`",
    why: "an image of 20 GB in a file of 500 GB takes 500 GB, and the restore ends on a full disk",
    fix: "`borg extract --sparse`",
    source: "borg-extract(1), --sparse; measured with borg 1.2.4: an image of 0 KB on disk becomes one of 51200 KB",
    layer: "static",
    bad: &[
        Example::Script(
            "cd /srv/stage\nborg extract /backup/borg::vms var/lib/libvirt/images/web1.qcow2\n",
        ),
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\nmkdir -p /srv/stage\ncd /srv/stage\nborg extract --list /backup/borg::hypervisor-2026-03-01 'var/lib/libvirt/images'\nfor f in var/lib/libvirt/images/*.img; do qemu-img info \"$f\"; done\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# brings the disks of the virtual machines back beside the live ones
mkdir -p /srv/stage
cd /srv/stage
borg extract --sparse --list /backup/borg::hypervisor-2026-03-01 var/lib/libvirt/images
for f in var/lib/libvirt/images/*.img; do qemu-img info "$f"; done
"#,
        ),
        Example::Script(
            "cd /srv/stage\nborg extract --sparse /backup/borg::vms var/lib/libvirt/images/web1.qcow2\n",
        ),
        Example::Script("cd /srv/stage\nborg extract /backup/borg::web1 etc/nginx\n"),
        Example::Script(
            "borg extract --stdout /backup/borg::vms web1.raw | qemu-img dd -O raw of=/dev/vg0/web1\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for one in operations(context) {
        if one.program != "borg"
            || one.act != Act::Restore
            || one.call.has(&["sparse", "stdout", "dry-run"])
        {
            continue;
        }
        let images = [".img", ".raw", ".qcow2", ".vmdk", ".vdi", "libvirt/images"];
        let Some(image) = one.operands.iter().find(|o| images.iter().any(|end| o.ends_with(end)))
        else {
            continue;
        };
        let verb = one.run.command.words.iter().find(|w| w.literal() == Some("extract"));
        let fix = verb.and_then(|w| edit(Span::new(w.span.end, w.span.end), " --sparse"));
        let message = format!("the holes of {image} are written as zeros");
        report.add(&RULE, one.unit, one.run.command.span, message).edit = fix;
    }
}
