//! What a script does to an etcd cluster: restores of snapshots, the files of a member, what stops it.

use super::{Context, Run, Unit, subcommands};
use crate::shell::{Command, path};

/// The clients that work on snapshots.
pub const CLIENTS: &[&str] = &["etcdctl", "etcdutl"];

/// A restore of a snapshot into a data directory.
#[derive(Debug)]
pub struct Restore<'c, 'a> {
    /// The text it stands in.
    pub unit: &'c Unit<'a>,
    /// The command.
    pub run: Run<'c>,
    /// The file it reads, as written.
    pub snapshot: String,
    /// The members the restored cluster is to have, as `--initial-cluster` names them.
    pub members: Option<String>,
}

/// Returns every restore of a snapshot, in order.
pub fn restores<'c, 'a>(context: &'c Context<'a>) -> Vec<Restore<'c, 'a>> {
    let calls = context
        .named(CLIENTS)
        .filter(|(_, run)| subcommands::says(run.command, &["snapshot", "restore"]));
    let one = |(unit, run): (&'c Unit<'a>, Run<'c>)| {
        let words: Vec<String> =
            run.command.arguments().iter().map(|a| a.shown().into_owned()).collect();
        let verb = words.iter().position(|word| word == "restore")?;
        let flag = |word: &String| word.starts_with('-');
        // The file stands behind the verb, or behind flags that carry their values with them.
        let mut rest = words[verb + 1..].iter().peekable();
        let mut snapshot = String::new();
        while let Some(word) = rest.next() {
            if flag(word) {
                let alone = !word.contains('=') && word != "--skip-hash-check";
                if alone && word != "--mark-compacted" {
                    rest.next();
                }
            } else {
                snapshot.clone_from(word);
                break;
            }
        }
        let members = subcommands::value(run.command, "--initial-cluster");
        Some(Restore { unit, run, snapshot, members })
    };
    calls.filter_map(one).collect()
}

/// Tells whether a path is the data directory of a member, or the database or the log in it.
pub fn is_member_data(text: &str) -> bool {
    let text = text.trim_end_matches(['*', '/', '.']);
    let inside = |root: &str| {
        text.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with("/member"))
    };
    inside("/var/lib/etcd")
        || inside("/var/lib/rancher/k3s/server/db/etcd")
        || inside("/var/lib/rancher/rke2/server/db/etcd")
        || text.ends_with(".etcd")
        || ["/member/snap", "/member/wal"].iter().any(|part| text.contains(part))
        || text.ends_with("/etcd/member")
}

/// Tells whether a command stops a member, or looks whether it runs.
pub fn stops_or_looks(command: &Command) -> bool {
    let words = command.literals();
    let about = |names: &[&str]| words.iter().any(|word| names.iter().any(|n| word.contains(n)));
    let service = command.is(&["systemctl", "service", "rc-service"])
        && words.iter().any(|w| matches!(*w, "stop" | "is-active" | "kill" | "disable"))
        && about(&["etcd", "kubelet", "k3s", "rke2"]);
    let container = command.is(&["docker", "podman", "crictl", "nerdctl"])
        && about(&["stop", "kill"])
        && about(&["etcd"]);
    let manifest = command.is(&["mv", "rm"])
        && command.arguments().iter().any(|word| word.shown().contains("manifests"));
    service
        || container
        || manifest
        || command.is(&["pgrep", "pidof", "pkill", "killall"]) && about(&["etcd"])
}

/// Tells whether a script is about a Kubernetes cluster, by the programs and the paths it names.
pub fn is_of_kubernetes(context: &Context<'_>) -> bool {
    context.runs().any(|(_, run)| {
        run.command.is(&["kubectl", "kubeadm", "crictl", "oc", "k3s", "rke2"])
            || run.command.words.iter().any(|word| {
                let word = word.shown();
                path::within(&word, "/etc/kubernetes")
                    || word.contains("/etc/kubernetes/")
                    || word.contains("kube-apiserver")
                    || word.contains("kubelet")
            })
    })
}
