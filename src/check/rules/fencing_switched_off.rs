//! FO010: a cluster that may not fence.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// Without a fence, and without a quorum, both halves of a split cluster serve.
pub const RULE: Rule = Rule {
    code: "FO010",
    name: "fencing-switched-off",
    severity: Severity::Medium,
    summary: "a cluster is told to go on without fencing, or without a quorum",
    why: "when the nodes lose sight of each other each of them starts the resources: shared storage is mounted twice, two databases take writes",
    fix: "configure a fencing device (`pcs stonith create …`) and leave `stonith-enabled` on; `no-quorum-policy=stop`, and a third vote (a quorum device) for two nodes",
    source: "ClusterLabs, Pacemaker Explained, Fencing: a cluster with shared data and without fencing is not supported",
    layer: "static",
    bad: &[
        Example::Script("pcs property set stonith-enabled=false\n"),
        Example::Script(
            "#!/bin/bash\nset -eu\npcs cluster setup shop db1 db2 --start --enable\ncrm configure property no-quorum-policy=ignore\npcs resource create data ocf:heartbeat:Filesystem device=/dev/mapper/shop directory=/srv/shop fstype=xfs\npcs resource create db systemd:mariadb\n",
        ),
        Example::Script("crm_attribute --type crm_config --name stonith-enabled --update 0\n"),
    ],
    good: &[
        Example::Script(
            "pcs property set stonith-enabled=true\npcs property show stonith-enabled\n",
        ),
        Example::Script(
            "set -eu\npcs cluster setup shop db1 db2 --start --enable\npcs stonith create f1 fence_ipmilan ip=192.0.2.11 pcmk_host_list=db1\npcs stonith create f2 fence_ipmilan ip=192.0.2.12 pcmk_host_list=db2\npcs property set no-quorum-policy=stop\npcs resource create data ocf:heartbeat:Filesystem device=/dev/mapper/shop directory=/srv/shop fstype=xfs\n",
        ),
        Example::Script(
            "pcs property set stonith-enabled=false\npcs node maintenance db1\npcs property set stonith-enabled=true\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let managers = ["pcs", "crm", "crm_attribute", "cibadmin"];
    let words = |command: &crate::shell::Command| -> String {
        let words: Vec<String> =
            command.arguments().iter().map(|a| a.shown().to_ascii_lowercase()).collect();
        words.join(" ").replace(['"', '\''], "")
    };
    let sets = |text: &str, name: &str, values: &[&str]| {
        text.split_once(name).is_some_and(|(_, rest)| {
            let value = rest
                .trim_start_matches(['=', ' '])
                .split(' ')
                .find(|word| !matches!(*word, "--update" | "-v" | "--value" | ""));
            value.is_some_and(|value| values.contains(&value.trim_start_matches("--update=")))
        })
    };
    for (unit, run) in context.named(&managers) {
        let text = words(run.command);
        let on_again = context.after(unit, run).any(|(_, other)| {
            other.command.is(&managers)
                && sets(&words(other.command), "stonith-enabled", &["true", "1", "on", "yes"])
        });
        let message = if sets(&text, "stonith-enabled", &["false", "0", "off", "no"]) && !on_again {
            "this cluster may not fence: what a lost node still writes to, another one takes over"
        } else if sets(&text, "no-quorum-policy", &["ignore"]) {
            "this cluster goes on without a quorum: both halves of it serve"
        } else {
            continue;
        };
        report.add(&RULE, unit, run.command.span, message.to_owned());
    }
}
