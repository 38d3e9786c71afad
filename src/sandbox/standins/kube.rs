//! Objects of a cluster as calls made them: kinds, what was applied, scaled and deleted, and how they are shown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::book::State;

/// A kind of object: its names, how it is written in full, API version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) singular: String,
    /// `deployments.apps`, as errors name it.
    pub(super) plural: String,
    /// `deployment.apps`, as results name it.
    pub(super) full: String,
    camel: String,
    version: String,
    pub(super) namespaced: bool,
}

/// Singular, plural, short names, group, version, in a namespace.
const KINDS: &[(&str, &str, &str, &str, &str, bool)] = &[
    ("Pod", "pods", "po", "", "v1", true),
    ("Service", "services", "svc", "", "v1", true),
    ("ConfigMap", "configmaps", "cm", "", "v1", true),
    ("Secret", "secrets", "", "", "v1", true),
    ("ServiceAccount", "serviceaccounts", "sa", "", "v1", true),
    ("Namespace", "namespaces", "ns", "", "v1", false),
    ("Node", "nodes", "no", "", "v1", false),
    ("PersistentVolume", "persistentvolumes", "pv", "", "v1", false),
    ("PersistentVolumeClaim", "persistentvolumeclaims", "pvc", "", "v1", true),
    ("Endpoints", "endpoints", "ep", "", "v1", true),
    ("Event", "events", "ev", "", "v1", true),
    ("LimitRange", "limitranges", "limits", "", "v1", true),
    ("ResourceQuota", "resourcequotas", "quota", "", "v1", true),
    ("ReplicationController", "replicationcontrollers", "rc", "", "v1", true),
    ("Deployment", "deployments", "deploy", "apps", "v1", true),
    ("StatefulSet", "statefulsets", "sts", "apps", "v1", true),
    ("DaemonSet", "daemonsets", "ds", "apps", "v1", true),
    ("ReplicaSet", "replicasets", "rs", "apps", "v1", true),
    ("Job", "jobs", "", "batch", "v1", true),
    ("CronJob", "cronjobs", "cj", "batch", "v1", true),
    ("Ingress", "ingresses", "ing", "networking.k8s.io", "v1", true),
    ("NetworkPolicy", "networkpolicies", "netpol", "networking.k8s.io", "v1", true),
    ("PodDisruptionBudget", "poddisruptionbudgets", "pdb", "policy", "v1", true),
    ("HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", "autoscaling", "v2", true),
    ("Role", "roles", "", "rbac.authorization.k8s.io", "v1", true),
    ("RoleBinding", "rolebindings", "", "rbac.authorization.k8s.io", "v1", true),
    ("ClusterRole", "clusterroles", "", "rbac.authorization.k8s.io", "v1", false),
    ("ClusterRoleBinding", "clusterrolebindings", "", "rbac.authorization.k8s.io", "v1", false),
    ("StorageClass", "storageclasses", "sc", "storage.k8s.io", "v1", false),
    (
        "CustomResourceDefinition",
        "customresourcedefinitions",
        "crd,crds",
        "apiextensions.k8s.io",
        "v1",
        false,
    ),
    ("VolumeSnapshot", "volumesnapshots", "vs", "snapshot.storage.k8s.io", "v1", true),
    (
        "VolumeSnapshotContent",
        "volumesnapshotcontents",
        "vsc",
        "snapshot.storage.k8s.io",
        "v1",
        false,
    ),
    (
        "VolumeSnapshotClass",
        "volumesnapshotclasses",
        "vsclass",
        "snapshot.storage.k8s.io",
        "v1",
        false,
    ),
    ("PriorityClass", "priorityclasses", "pc", "scheduling.k8s.io", "v1", false),
    ("Lease", "leases", "", "coordination.k8s.io", "v1", true),
    (
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
        "",
        "admissionregistration.k8s.io",
        "v1",
        false,
    ),
    (
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
        "",
        "admissionregistration.k8s.io",
        "v1",
        false,
    ),
    (
        "CertificateSigningRequest",
        "certificatesigningrequests",
        "csr",
        "certificates.k8s.io",
        "v1",
        false,
    ),
];

impl Kind {
    /// Returns the kind that a word names: `deploy`, `deployments.apps`, `Deployment`. Another word is a kind
    /// that the cluster defines itself.
    pub(super) fn of(word: &str) -> Self {
        let lower = word.to_ascii_lowercase();
        let (name, group) = lower.split_once('.').unwrap_or((&lower, ""));
        let known = KINDS.iter().find(|(camel, plural, short, ..)| {
            camel.eq_ignore_ascii_case(name)
                || *plural == name
                || short.split(',').any(|one| !one.is_empty() && one == name)
        });
        match known {
            Some((camel, plural, _, group, version, namespaced)) => {
                let singular = camel.to_ascii_lowercase();
                let dotted = if group.is_empty() { String::new() } else { format!(".{group}") };
                Self {
                    plural: format!("{plural}{dotted}"),
                    full: format!("{singular}{dotted}"),
                    singular,
                    camel: (*camel).to_owned(),
                    version: if group.is_empty() {
                        (*version).to_owned()
                    } else {
                        format!("{group}/{version}")
                    },
                    namespaced: *namespaced,
                }
            }
            None => {
                let singular = name.strip_suffix('s').unwrap_or(name).to_owned();
                let dotted = if group.is_empty() { String::new() } else { format!(".{group}") };
                Self {
                    plural: format!("{singular}s{dotted}"),
                    full: format!("{singular}{dotted}"),
                    camel: singular.clone(),
                    singular,
                    version: format!(
                        "{}v1",
                        if group.is_empty() { String::new() } else { format!("{group}/") }
                    ),
                    namespaced: true,
                }
            }
        }
    }

    /// Tells whether it keeps a number of pods.
    pub(super) fn has_replicas(&self) -> bool {
        matches!(
            self.singular.as_str(),
            "deployment" | "statefulset" | "replicaset" | "replicationcontroller"
        )
    }
}

/// What calls made of an object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Object {
    gone: bool,
    /// What was applied or created.
    manifest: Option<Value>,
    replicas: Option<u64>,
}

/// The objects of one cluster that calls named.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Cluster {
    objects: BTreeMap<String, Object>,
}

/// What is known of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// A call made or named it.
    There,
    /// A call deleted it, or the namespace it is in.
    Gone,
    /// No call named it: taken as there and healthy.
    Unnamed,
}

fn key(namespace: &str, kind: &Kind, name: &str) -> String {
    let namespace = if kind.namespaced { namespace } else { "" };
    format!("{namespace}/{}/{name}", kind.full)
}

impl Cluster {
    /// Returns the cluster of a context.
    pub(super) fn open(state: &mut State, context: &str) -> Self {
        state.get::<BTreeMap<String, Self>>("clusters").remove(context).unwrap_or_default()
    }

    pub(super) fn keep(self, state: &mut State, context: &str) {
        state.update::<BTreeMap<String, Self>, _>("clusters", |all| {
            all.insert(context.to_owned(), self)
        });
    }

    pub(super) fn known(&self, namespace: &str, kind: &Kind, name: &str) -> Known {
        let gone = |key: &str| self.objects.get(key).map(|object| object.gone);
        match gone(&key(namespace, kind, name)) {
            Some(true) => Known::Gone,
            Some(false) => Known::There,
            None => {
                let all = gone(&key(namespace, kind, "*")) == Some(true);
                let whole = kind.namespaced
                    && gone(&key("", &Kind::of("namespace"), namespace)) == Some(true);
                if all || whole { Known::Gone } else { Known::Unnamed }
            }
        }
    }

    /// Notes that an object is there, as a manifest says where there is one.
    pub(super) fn put(
        &mut self,
        namespace: &str,
        kind: &Kind,
        name: &str,
        manifest: Option<Value>,
    ) {
        let object = self.objects.entry(key(namespace, kind, name)).or_default();
        object.gone = false;
        if let Some(manifest) = manifest {
            object.replicas = manifest["spec"]["replicas"].as_u64().or(object.replicas);
            object.manifest = Some(manifest);
        }
    }

    pub(super) fn scale(&mut self, namespace: &str, kind: &Kind, name: &str, replicas: u64) {
        let object = self.objects.entry(key(namespace, kind, name)).or_default();
        object.gone = false;
        object.replicas = Some(replicas);
    }

    /// Notes that an object is gone; `*` is every object of the kind.
    pub(super) fn delete(&mut self, namespace: &str, kind: &Kind, name: &str) {
        if name == "*" {
            let prefix = key(namespace, kind, "");
            self.objects
                .iter_mut()
                .filter(|(known, _)| known.starts_with(&prefix))
                .for_each(|(_, object)| object.gone = true);
        }
        if kind.singular == "namespace" {
            let inside = format!("{name}/");
            self.objects.retain(|known, _| !known.starts_with(&inside));
        }
        self.objects.insert(key(namespace, kind, name), Object { gone: true, ..Object::default() });
    }

    /// Returns the names of the objects of a kind that calls named and that are there.
    pub(super) fn names(&self, namespace: &str, kind: &Kind) -> Vec<String> {
        let prefix = key(namespace, kind, "");
        let there = self.objects.iter().filter(|(_, object)| !object.gone);
        there
            .filter_map(|(known, _)| known.strip_prefix(&prefix))
            .filter(|name| *name != "*")
            .map(str::to_owned)
            .collect()
    }

    /// Returns an object as the cluster would: what was applied, and a status in order.
    pub(super) fn show(&self, namespace: &str, kind: &Kind, name: &str) -> Value {
        let object = self.objects.get(&key(namespace, kind, name)).cloned().unwrap_or_default();
        let mut shown = object
            .manifest
            .unwrap_or_else(|| json!({"apiVersion": kind.version, "kind": kind.camel}));
        shown["metadata"]["name"] = json!(name);
        if kind.namespaced {
            shown["metadata"]["namespace"] = json!(namespace);
        }
        if kind.has_replicas() {
            let replicas = object.replicas.unwrap_or(1);
            shown["spec"]["replicas"] = json!(replicas);
            shown["status"] = match replicas {
                0 => json!({"replicas": 0}),
                count => {
                    json!({"replicas": count, "readyReplicas": count, "availableReplicas": count, "updatedReplicas": count})
                }
            };
        }
        let ready = json!([{"type": "Ready", "status": "True"}]);
        let status = match kind.singular.as_str() {
            "pod" => json!({"phase": "Running", "conditions": ready}),
            "node" => json!({"conditions": ready}),
            "namespace" => json!({"phase": "Active"}),
            "persistentvolume" | "persistentvolumeclaim" => json!({"phase": "Bound"}),
            "job" => {
                json!({"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]})
            }
            "volumesnapshot" | "volumesnapshotcontent" => json!({"readyToUse": true}),
            _ => return shown,
        };
        shown["status"] = status;
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_what_calls_made_of_it() {
        let mut cluster = Cluster::default();
        let deployment = Kind::of("deploy");
        assert_eq!(deployment, Kind::of("deployments.apps"));
        assert_eq!(cluster.known("shop", &deployment, "web"), Known::Unnamed);
        cluster.scale("shop", &deployment, "web", 3);
        assert_eq!(cluster.show("shop", &deployment, "web")["status"]["readyReplicas"], 3);
        cluster.scale("shop", &deployment, "web", 0);
        assert_eq!(cluster.show("shop", &deployment, "web")["status"].get("readyReplicas"), None);
        cluster.delete("shop", &deployment, "web");
        assert_eq!(cluster.known("shop", &deployment, "web"), Known::Gone);
        cluster.delete("", &Kind::of("ns"), "shop");
        assert_eq!(cluster.known("shop", &Kind::of("svc"), "db"), Known::Gone);
        assert_eq!(cluster.known("other", &Kind::of("svc"), "db"), Known::Unnamed);
        cluster.put(
            "shop",
            &deployment,
            "web",
            Some(json!({"kind": "Deployment", "spec": {"replicas": 2}})),
        );
        assert_eq!(cluster.show("shop", &deployment, "web")["status"]["replicas"], 2);
        assert_eq!(cluster.names("shop", &deployment), ["web"]);
        assert_eq!(Kind::of("backups.velero.io").full, "backup.velero.io");
    }
}
