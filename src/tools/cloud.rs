//! Command lines of clouds and clusters: aws, gsutil, az, kubectl, docker.

use super::tool::{Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `aws`, `gsutil`, `gcloud`, `az`, `kubectl`, `oc`, `helm`, `docker`, `podman`, `terraform`, `s3cmd`, `hdfs`.
pub const TOOL: Tool = Tool {
    name: "aws",
    aliases: &[
        "gsutil",
        "gcloud",
        "az",
        "kubectl",
        "oc",
        "helm",
        "docker",
        "podman",
        "terraform",
        "s3cmd",
        "hdfs",
        "nerdctl",
        "docker-compose",
        "ansible",
        "ansible-playbook",
        "doctl",
        "vault",
    ],
    flags: &[
        value('n', "namespace", Role::Text),
        value('f', "filename", Role::Source),
        value('o', "output", Role::Text),
        value('p', "", Role::Text),
        value('\0', "context", Role::Text),
        value('\0', "kubeconfig", Role::Text),
        value('\0', "profile", Role::Text),
        value('\0', "region", Role::Text),
        value('\0', "bucket", Role::Text),
        value('\0', "key", Role::Text),
        value('\0', "query", Role::Text),
        value('\0', "prefix", Role::Text),
        value('v', "volume", Role::Text),
        value('\0', "mount", Role::Text),
        flag('\0', "privileged"),
        flag('\0', "delete"),
        flag('\0', "recursive"),
        flag('\0', "dryrun"),
        attached_dry(),
    ],
    operands: Operands::All(Role::Text),
    risk: |call| {
        if call.has(&["dryrun", "dry-run"]) {
            return Risk::Read;
        }
        let words = || call.operands.iter().map(|w| w.text.as_str());
        let starts = |beginnings: &[&str]| {
            words().take(3).any(|w| beginnings.iter().any(|b| w.starts_with(b)))
        };
        let container = matches!(call.name, "docker" | "podman" | "nerdctl");
        if container
            && starts(&["run", "create"])
            && call.has(&["v", "volume", "mount", "privileged"])
        {
            // What it runs there reaches what is handed in.
            return Risk::Unknown;
        }
        if starts(&["schedule-key-deletion", "delete-key", "destroy-key"]) {
            Risk::Irreversible
        } else if call.has(&["delete"])
            || starts(&[
                "delete",
                "remove",
                "rm",
                "rb",
                "destroy",
                "purge",
                "uninstall",
                "prune",
                "terminate",
                "down",
            ])
            || starts(&["replace", "restore", "put-bucket-lifecycle", "rollback"])
        {
            Risk::Destructive
        } else if starts(&[
            "drain", "cordon", "scale", "rollout", "restart", "stop", "reboot", "patch",
            "failover", "promote", "apply", "set", "edit", "taint", "pause", "kill",
        ]) {
            Risk::Disruptive
        } else if starts(&[
            "get", "list", "ls", "describe", "logs", "head", "wait", "version", "config", "diff",
            "top", "inspect", "ps", "images", "info", "status", "show", "stat", "cat", "explain",
            "auth", "plan", "output", "exec",
        ]) {
            Risk::Read
        } else {
            Risk::Write
        }
    },
};

const fn attached_dry() -> super::tool::Flag {
    super::tool::attached('\0', "dry-run")
}
