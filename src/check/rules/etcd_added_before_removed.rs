//! ET007: a replacement that joins before the dead member has left.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, subcommands};
use crate::evidence::Severity;

/// Adding raises the number of votes that are needed; the dead member has none to give.
pub const RULE: Rule = Rule {
    code: "ET007",
    name: "etcd-added-before-removed",
    severity: Severity::Medium,
    summary: "a new etcd member is added while the one it replaces is still counted",
    why: "with a fourth member three must agree, and only two are alive: the add is refused, or the cluster stands still",
    fix: "`etcdctl member remove` the dead one first, then `member add` the new one",
    source: "etcd documentation, Runtime reconfiguration: replace a failed machine by removing it first",
    layer: "static",
    bad: &[
        Example::Script(
            "etcdctl member add m3 --peer-urls=https://10.0.0.14:2380\netcdctl member remove 8e9e05c52164694d\n",
        ),
        Example::Script(
            r#"set -euo pipefail
export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=https://10.0.0.11:2379,https://10.0.0.12:2379
etcdctl snapshot save "/backup/etcd/before-$(date +%s).db"
dead=$(etcdctl member list | awk -F', ' '$3 == "m3" { print $1 }')
etcdctl member add m3-new --peer-urls=https://10.0.0.14:2380
ssh m3-new systemctl start etcd
etcdctl member remove "$dead"
etcdctl endpoint health
"#,
        ),
    ],
    good: &[
        Example::Script(
            r#"set -euo pipefail
export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=https://10.0.0.11:2379,https://10.0.0.12:2379
etcdctl snapshot save "/backup/etcd/before-$(date +%s).db"
etcdctl member remove 8e9e05c52164694d
etcdctl member add m3-new --peer-urls=https://10.0.0.14:2380
ssh m3-new systemctl start etcd
etcdctl endpoint health
"#,
        ),
        Example::Script(
            "etcdctl member add m4 --learner --peer-urls=https://10.0.0.14:2380\netcdctl member promote 91bc3c398fb3c146\netcdctl member remove 8e9e05c52164694d\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let changes = |run: crate::check::Run<'_>, verb: &str| {
        run.command.is(&["etcdctl"]) && subcommands::says(run.command, &["member", verb])
    };
    for (unit, run) in context.named(&["etcdctl"]).filter(|(_, run)| changes(*run, "add")) {
        let learner = subcommands::has(run.command, "--learner");
        let later = context.after(unit, run).any(|(_, other)| changes(other, "remove"));
        let before = context.before(unit, run).any(|(_, other)| changes(other, "remove"));
        if later && !before && !learner {
            let message = "the new member counts before the dead one is removed".to_owned();
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}
