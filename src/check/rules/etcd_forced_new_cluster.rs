//! ET006: a member that declares itself the whole cluster.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::shell::Command;
use crate::shell::ast::RedirectKind;

/// The flag throws the other members out, whether they live or not.
pub const RULE: Rule = Rule {
    code: "ET006",
    name: "etcd-forced-new-cluster",
    severity: Severity::High,
    summary: "etcd is started with --force-new-cluster, or the flag is written where every later start reads it",
    why: "when the others live, there are two clusters under one name; what the chosen member had not yet received is lost, and left in a file it happens again at every start",
    fix: "restore a snapshot into a new cluster on all members; where no snapshot is left, stop and disable every other member first, use the flag for one start only, and take a snapshot before",
    source: "etcd --help (3.4): \"Unsafe feature … --force-new-cluster: Force to create a new one-member cluster … may break the guarantees given by the consensus protocol\"",
    layer: "static",
    bad: &[
        Example::Script("etcd --data-dir /var/lib/etcd --force-new-cluster\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
# quorum is lost, bring up what is left
sed -i 's|- etcd$|- etcd\n    - --force-new-cluster|' /etc/kubernetes/manifests/etcd.yaml
systemctl restart kubelet
kubectl get nodes
"#,
        ),
        Example::Script(
            "cat >> /etc/etcd/etcd.conf <<'EOF'\nETCD_FORCE_NEW_CLUSTER=true\nEOF\nsystemctl restart etcd\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
sed -i '/--force-new-cluster/d' /etc/kubernetes/manifests/etcd.yaml
grep -c force-new-cluster /etc/kubernetes/manifests/etcd.yaml || true
etcdctl --endpoints=https://127.0.0.1:2379 member list
"#,
        ),
        Example::Script(
            "etcd --data-dir /var/lib/etcd --force-new-cluster=false\necho 'never use --force-new-cluster'\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.writing(&["etcd", "sed", "tee"]) {
        let command = run.command;
        let starts = command.is(&["etcd"]) && crate::check::subcommands::has(command, FLAG);
        if starts || writes(command) {
            let message = "this member throws the others out of the cluster".to_owned();
            report.add(&RULE, unit, command.span, message);
        }
    }
}

const FLAG: &str = "--force-new-cluster";

/// Tells whether a command writes the flag into a file.
fn writes(command: &Command) -> bool {
    let names = |text: &str| {
        text.contains(FLAG) && !text.contains("--force-new-cluster=false")
            || text.contains("ETCD_FORCE_NEW_CLUSTER=true")
            || text.contains("force-new-cluster: true")
    };
    let words = || command.arguments().iter().map(|a| a.shown().into_owned());
    if command.is(&["sed"]) {
        let in_place = words().any(|word| word.starts_with("-i") || word.starts_with("--in-place"));
        let puts = |word: String| {
            // The replacement of `s`, or what `a`, `i` and `c` add; an address only looks.
            let cut = word.starts_with('s').then(|| word.chars().nth(1)).flatten();
            match cut {
                Some(cut) => word.split(cut).nth(2).is_some_and(&names),
                None => !word.starts_with('/') && names(&word),
            }
        };
        return in_place && words().any(puts);
    }
    let to_file = command.redirects.iter().any(|redirect| {
        matches!(redirect.kind, RedirectKind::Truncate | RedirectKind::Append)
            && redirect.target.shown() != "/dev/null"
    });
    let given = command.input.iter().any(|input| names(&input.shown()))
        && command.is(&["cat", "tee", "install", "dd"]);
    let printed = command.is(&["echo", "printf"]) && words().any(|word| names(&word));
    (to_file || command.is(&["tee"])) && (given || printed)
}
