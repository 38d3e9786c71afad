//! kubectl, Helm, Velero and their relatives.

use super::tool::{Call, Operands, Role, Tool, attached, flag, value};
use crate::base::Risk;

const KUBECTL: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "get,describe,logs,explain,diff,top,events,wait,version,api-resources,api-versions,cluster-info,auth can-i,\
         auth whoami,config view,config get-*,config current-context,rollout status,rollout history,completion,plugin,\
         apply view-last-applied,kustomize,options,whoami,status,projects,port-forward,proxy,create token,help,attach",
    ),
    (
        Risk::Write,
        "create,config,label,annotate,expose,run,debug,adm must-gather,new-project,login,project,cp",
    ),
    (
        Risk::Disruptive,
        "apply,patch,edit,scale,autoscale,rollout,set,cordon,uncordon,drain,taint,certificate,auth reconcile,adm",
    ),
    (Risk::Destructive, "delete,replace"),
];

const HELM: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "list,status,history,get,show,search,template,lint,env,version,verify,dependency list,repo list,plugin list,test,\
         completion,diff,help",
    ),
    (Risk::Write, "install,pull,push,package,create,repo,dependency,registry,plugin"),
    (Risk::Disruptive, "upgrade"),
    (Risk::Destructive, "rollback,uninstall"),
];

const VELERO: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "backup get,backup describe,backup logs,backup download,restore get,restore describe,restore logs,schedule get,\
         schedule describe,backup-location get,snapshot-location get,get,describe,version,repo get,plugin get,client,debug,\
         completion,bug,status-request",
    ),
    (
        Risk::Write,
        "backup create,create backup,schedule create,create schedule,backup-location create,create backup-location",
    ),
    (
        Risk::Write,
        "snapshot-location create,create snapshot-location,install,plugin add,schedule unpause",
    ),
    (Risk::Disruptive, "schedule pause,backup-location set,snapshot-location set,plugin remove"),
    (
        Risk::Destructive,
        "restore create,create restore,backup delete,delete,restore delete,schedule delete,backup-location delete",
    ),
    (Risk::Destructive, "uninstall"),
];

const KUBEADM: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "version,config print,config images list,token list,certs check-expiration,upgrade plan,completion,join-command",
    ),
    (Risk::Write, "config,token create,token generate,kubeconfig"),
    (Risk::Disruptive, "init,join,upgrade,certs renew,token delete"),
    (Risk::Destructive, "reset"),
];

const FLUX: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "get,logs,check,version,tree,stats,events,diff,trace,export,list,history,manifests,help,build",
    ),
    (Risk::Write, "create,login,context,cluster,repo,push,pull,install,bootstrap"),
    (
        Risk::Disruptive,
        "reconcile,resume,suspend,sync,set,patch,edit,terminate-op,app sync,app set,app patch,app terminate-op",
    ),
    (
        Risk::Read,
        "app get,app list,app history,app diff,app logs,app manifests,app resources,app wait,account,proj list,proj get",
    ),
    (Risk::Destructive, "delete,uninstall,app delete,app rollback,rollback"),
];

/// `kubectl`, `oc`, `helm`, `velero`, `kubeadm`, `flux`, `argocd`.
pub const TOOL: Tool = Tool {
    name: "aws",
    names: &[
        "kubectl", "oc", "k3s", "microk8s", "helm", "velero", "ark", "kubeadm", "flux", "argocd",
    ],
    flags: &[
        value('n', "namespace", Role::Text),
        value('f', "filename", Role::Source),
        value('f', "values", Role::Source),
        value('o', "output", Role::Text),
        value('l', "selector", Role::Text),
        value('p', "patch", Role::Text),
        value('c', "container", Role::Text),
        value('\0', "context", Role::Text),
        value('\0', "kube-context", Role::Text),
        value('\0', "kubeconfig", Role::Text),
        value('\0', "replicas", Role::Text),
        value('s', "server", Role::Remote),
        value('\0', "config", Role::Source),
        flag('\0', "all"),
        attached('\0', "dry-run"),
    ],
    operands: Operands::All(Role::Text),
    risk,
    safer: &[
        (
            "delete namespace",
            "velero backup create --include-namespaces NS first; set the volumes' reclaim policy to Retain",
        ),
        (
            "delete ns",
            "velero backup create --include-namespaces NS first; set the volumes' reclaim policy to Retain",
        ),
        (
            "delete pvc",
            "kubectl patch pv … persistentVolumeReclaimPolicy: Retain first, and a VolumeSnapshot",
        ),
        ("delete pv", "kubectl get pv shows the reclaim policy; Retain keeps the volume"),
        (
            "kubectl delete",
            "kubectl get with the same selector first, and kubectl get -o yaml > FILE; --dry-run=server",
        ),
        ("replace", "kubectl diff, then kubectl apply; replace --force deletes first"),
        ("apply", "kubectl diff first"),
        ("drain", "kubectl drain --dry-run=server; look at the PodDisruptionBudgets first"),
        ("scale", "note the old number of replicas first"),
        (
            "helm uninstall",
            "helm get values and get manifest into files, --keep-history; volumes of the release may go with it",
        ),
        ("helm rollback", "helm history and helm diff rollback first; data is not rolled back"),
        ("helm upgrade", "helm upgrade --dry-run first, --atomic to go back by itself"),
        (
            "velero restore create",
            "--namespace-mappings OLD:NEW into a new namespace, with the backup location set to ReadOnly",
        ),
        (
            "create restore",
            "--namespace-mappings OLD:NEW into a new namespace, with the backup location set to ReadOnly",
        ),
        (
            "velero backup delete",
            "velero backup describe --details first: the volume snapshots go with it",
        ),
        ("kubeadm reset", "etcdctl snapshot save first"),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    let none = |text: &str| matches!(text, "none" | "false");
    if call.has(&["dry-run"]) && call.value(&["dry-run"]).is_none_or(|word| !none(&word.text)) {
        return Risk::Read;
    }
    let table = match call.name {
        "helm" => HELM,
        "velero" | "ark" => VELERO,
        "kubeadm" => KUBEADM,
        "flux" | "argocd" => FLUX,
        _ => KUBECTL,
    };
    let nested = matches!(call.name, "k3s" | "microk8s") && call.operand(0) == "kubectl";
    if matches!(call.name, "k3s" | "microk8s") && !nested {
        return call
            .by_verb(&[
                (Risk::Read, "etcd-snapshot ls,etcd-snapshot list,check-config,token list,status,inspect,version"),
                (Risk::Write, "etcd-snapshot save,etcd-snapshot"),
                (Risk::Destructive, "etcd-snapshot delete,etcd-snapshot prune,reset"),
                (Risk::Disruptive, "server,agent,start,stop,enable,disable,certificate"),
            ])
            .unwrap_or(Risk::Unknown);
    }
    if call.operand(0) == "drain" && call.has(&["delete-emptydir-data", "delete-local-data"]) {
        return Risk::Destructive;
    }
    let found = if nested {
        let inner: Vec<(Risk, String)> = table
            .iter()
            .map(|(risk, words)| {
                let under: Vec<String> =
                    words.split(',').map(|one| format!("kubectl {}", one.trim())).collect();
                (*risk, under.join(","))
            })
            .collect();
        let inner: Vec<(Risk, &str)> =
            inner.iter().map(|(risk, text)| (*risk, text.as_str())).collect();
        call.by_verb(&inner)
    } else {
        call.by_verb(table)
    };
    match found {
        // What runs inside is a command of its own, where `--` says where it starts.
        None if call.operand(0) == "exec" && call.operands.len() <= 2 => Risk::Read,
        None if call.operand(1) == "exec" && call.operands.len() <= 3 => Risk::Read,
        Some(risk) => risk,
        None if call.operands.is_empty() => Risk::Read,
        None => Risk::Unknown,
    }
}
