//! A manifest of Kubernetes as rules see it: its kind, its containers and volumes, and the fields that are wrong.

use crate::base::yaml::{Node, Value};
use crate::base::{Problem, Span, nearest};

/// One document of a file of manifests. Every span counts in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// `Pod`, `Deployment`, `PersistentVolumeClaim`, …; empty where it does not say.
    pub kind: String,
    /// `metadata.name`; empty where it does not say.
    pub name: String,
    /// The whole document.
    pub root: Node,
    /// What the reader of YAML found wrong: keys that stand twice, anchors, syntax.
    pub problems: Vec<Problem>,
}

/// A volume of a pod.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Volume<'m> {
    /// Its name.
    pub name: &'m str,
    /// Where its data lies: `hostPath`, `emptyDir`, `persistentVolumeClaim`, …; empty where it does not say.
    pub source: &'m str,
    /// What stands behind that word.
    pub value: &'m Node,
    /// Where the volume stands.
    pub span: Span,
}

impl Manifest {
    /// Returns the value at a path of keys and indices.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        let mut node = &self.root;
        for key in path {
            node = match &node.value {
                Value::List(items) => items.get(key.parse::<usize>().ok()?)?,
                Value::Map(_) => node.get(key)?,
                Value::Null | Value::Scalar { .. } => return None,
            };
        }
        Some(node)
    }

    /// Returns the specification of the pods it makes, where it makes pods.
    pub fn pod(&self) -> Option<&Node> {
        match self.kind.as_str() {
            "Pod" => self.at(&["spec"]),
            "Deployment"
            | "StatefulSet"
            | "DaemonSet"
            | "ReplicaSet"
            | "ReplicationController"
            | "Job" => self.at(&["spec", "template", "spec"]),
            "CronJob" => self.at(&["spec", "jobTemplate", "spec", "template", "spec"]),
            _ => None,
        }
    }

    /// Returns how many copies of its pods it asks for.
    pub fn replicas(&self) -> Option<u64> {
        self.at(&["spec", "replicas"])?.text()?.parse().ok()
    }

    /// Returns the containers of its pods, those for the start first.
    pub fn containers(&self) -> impl Iterator<Item = &Node> {
        let of = |key| self.pod().and_then(move |pod| pod.get(key)).map_or(&[][..], Node::items);
        of("initContainers").iter().chain(of("containers"))
    }

    /// Returns the volumes of its pods.
    pub fn volumes(&self) -> Vec<Volume<'_>> {
        let volumes = self.pod().and_then(|pod| pod.get("volumes")).map_or(&[][..], Node::items);
        let mut found = Vec::new();
        for node in volumes {
            let Value::Map(entries) = &node.value else {
                continue;
            };
            let name = node.get("name").and_then(Node::text).unwrap_or_default();
            let other = entries.iter().find(|(key, _)| key.text != "name");
            let (source, value) = match other {
                Some((key, value)) => (key.text.as_str(), value),
                None => ("", node),
            };
            found.push(Volume { name, source, value, span: node.span });
        }
        found
    }

    /// Returns the fields that the server would refuse or drop: unknown at their place, or of another shape. Only
    /// kinds that are known are judged.
    pub fn wrong_fields(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let Some(spec) = fields_of(&self.kind) else {
            return problems;
        };
        look(&self.root, "the manifest", TOP, &mut problems);
        if let Some(node) = self.root.get("spec") {
            look(node, &format!("the spec of a {}", self.kind), spec, &mut problems);
        }
        if let Some(pod) = self.pod() {
            if self.kind != "Pod" {
                look(pod, "the spec of a pod", POD, &mut problems);
            }
            for key in ["volumes", "containers", "initContainers"] {
                let items = pod.get(key).map_or(&[][..], Node::items);
                let (what, fields) = match key {
                    "volumes" => ("a volume", VOLUME),
                    _ => ("a container", CONTAINER),
                };
                items.iter().for_each(|item| look(item, what, fields, &mut problems));
            }
        }
        problems
    }
}

/// What stands at a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Any,
    Map,
    List,
    Number,
}

use Shape::{Any, List, Map, Number};

/// Finds the fields that do not belong where they stand.
fn look(node: &Node, what: &str, fields: &[(&str, Shape)], problems: &mut Vec<Problem>) {
    let Value::Map(entries) = &node.value else {
        if node.value != Value::Null {
            problems.push(Problem::new(node.span, format!("{what} must be a mapping")));
        }
        return;
    };
    for (key, value) in entries {
        let Some((_, shape)) = fields.iter().find(|(name, _)| *name == key.text) else {
            let problem = Problem::new(key.span, format!("{what} has no field {:?}", key.text));
            problems.push(match nearest(&key.text, fields.iter().map(|(name, _)| *name)) {
                Some(near) => problem.with_help(format!("did you mean {near:?}?")),
                None => problem,
            });
            continue;
        };
        let number = |text: &str| text.parse::<i64>().is_ok();
        let word = match (shape, &value.value) {
            (_, Value::Null) | (Any, _) | (Map, Value::Map(_)) | (List, Value::List(_)) => continue,
            (Number, Value::Scalar { text, plain }) if *plain && number(text) => continue,
            (Map, _) => "a mapping",
            (List, _) => "a list",
            (Number, _) => "a number",
        };
        problems.push(Problem::new(value.span, format!("{} of {what} must be {word}", key.text)));
    }
}

fn fields_of(kind: &str) -> Option<&'static [(&'static str, Shape)]> {
    Some(match kind {
        "Pod" => POD,
        "Deployment" => DEPLOYMENT,
        "StatefulSet" => STATEFUL_SET,
        "DaemonSet" => DAEMON_SET,
        "ReplicaSet" | "ReplicationController" => REPLICA_SET,
        "Job" => JOB,
        "CronJob" => CRON_JOB,
        "PersistentVolumeClaim" => CLAIM,
        _ => return None,
    })
}

// The fields of the API of Kubernetes 1.34 to 1.37, as the models of the Python client 34.1.0, 35.0.0, 36.0.0 and 37.0.2 name
// them: whatever one of these versions has.

const TOP: &[(&str, Shape)] =
    &[("apiVersion", Any), ("kind", Any), ("metadata", Map), ("spec", Map), ("status", Map)];

const POD: &[(&str, Shape)] = &[
    ("activeDeadlineSeconds", Number),
    ("affinity", Map),
    ("automountServiceAccountToken", Any),
    ("containers", List),
    ("dnsConfig", Map),
    ("dnsPolicy", Any),
    ("enableServiceLinks", Any),
    ("ephemeralContainers", List),
    ("evictionResponders", List),
    ("hostAliases", List),
    ("hostIPC", Any),
    ("hostNetwork", Any),
    ("hostPID", Any),
    ("hostUsers", Any),
    ("hostname", Any),
    ("hostnameOverride", Any),
    ("imagePullSecrets", List),
    ("initContainers", List),
    ("nodeName", Any),
    ("nodeSelector", Map),
    ("os", Map),
    ("overhead", Map),
    ("preemptionPolicy", Any),
    ("priority", Number),
    ("priorityClassName", Any),
    ("readinessGates", List),
    ("resourceClaims", List),
    ("resources", Map),
    ("restartPolicy", Any),
    ("runtimeClassName", Any),
    ("schedulerName", Any),
    ("schedulingGates", List),
    ("schedulingGroup", Map),
    ("securityContext", Map),
    ("serviceAccount", Any),
    ("serviceAccountName", Any),
    ("setHostnameAsFQDN", Any),
    ("shareProcessNamespace", Any),
    ("subdomain", Any),
    ("terminationGracePeriodSeconds", Number),
    ("tolerations", List),
    ("topologySpreadConstraints", List),
    ("volumes", List),
    ("workloadRef", Map),
];

const CONTAINER: &[(&str, Shape)] = &[
    ("args", List),
    ("command", List),
    ("env", List),
    ("envFrom", List),
    ("image", Any),
    ("imagePullPolicy", Any),
    ("lifecycle", Map),
    ("livenessProbe", Map),
    ("name", Any),
    ("ports", List),
    ("readinessProbe", Map),
    ("resizePolicy", List),
    ("resources", Map),
    ("restartPolicy", Any),
    ("restartPolicyRules", List),
    ("securityContext", Map),
    ("startupProbe", Map),
    ("stdin", Any),
    ("stdinOnce", Any),
    ("terminationMessagePath", Any),
    ("terminationMessagePolicy", Any),
    ("tty", Any),
    ("volumeDevices", List),
    ("volumeMounts", List),
    ("workingDir", Any),
];

const VOLUME: &[(&str, Shape)] = &[
    ("name", Any),
    ("awsElasticBlockStore", Map),
    ("azureDisk", Map),
    ("azureFile", Map),
    ("cephfs", Map),
    ("cinder", Map),
    ("configMap", Map),
    ("csi", Map),
    ("downwardAPI", Map),
    ("emptyDir", Map),
    ("ephemeral", Map),
    ("fc", Map),
    ("flexVolume", Map),
    ("flocker", Map),
    ("gcePersistentDisk", Map),
    ("gitRepo", Map),
    ("glusterfs", Map),
    ("hostPath", Map),
    ("image", Map),
    ("iscsi", Map),
    ("nfs", Map),
    ("persistentVolumeClaim", Map),
    ("photonPersistentDisk", Map),
    ("portworxVolume", Map),
    ("projected", Map),
    ("quobyte", Map),
    ("rbd", Map),
    ("scaleIO", Map),
    ("secret", Map),
    ("storageos", Map),
    ("vsphereVolume", Map),
];

const DEPLOYMENT: &[(&str, Shape)] = &[
    ("minReadySeconds", Number),
    ("paused", Any),
    ("progressDeadlineSeconds", Number),
    ("replicas", Number),
    ("revisionHistoryLimit", Number),
    ("selector", Map),
    ("strategy", Map),
    ("template", Map),
];

const STATEFUL_SET: &[(&str, Shape)] = &[
    ("minReadySeconds", Number),
    ("ordinals", Map),
    ("persistentVolumeClaimRetentionPolicy", Map),
    ("podManagementPolicy", Any),
    ("replicas", Number),
    ("revisionHistoryLimit", Number),
    ("selector", Map),
    ("serviceName", Any),
    ("template", Map),
    ("updateStrategy", Map),
    ("volumeClaimTemplates", List),
];

const DAEMON_SET: &[(&str, Shape)] = &[
    ("minReadySeconds", Number),
    ("revisionHistoryLimit", Number),
    ("selector", Map),
    ("template", Map),
    ("updateStrategy", Map),
];

const REPLICA_SET: &[(&str, Shape)] =
    &[("minReadySeconds", Number), ("replicas", Number), ("selector", Map), ("template", Map)];

const JOB: &[(&str, Shape)] = &[
    ("activeDeadlineSeconds", Number),
    ("backoffLimit", Number),
    ("backoffLimitPerIndex", Number),
    ("completionMode", Any),
    ("completions", Number),
    ("managedBy", Any),
    ("manualSelector", Any),
    ("maxFailedIndexes", Number),
    ("parallelism", Number),
    ("podFailurePolicy", Map),
    ("podReplacementPolicy", Any),
    ("scheduling", Map),
    ("selector", Map),
    ("successPolicy", Map),
    ("suspend", Any),
    ("template", Map),
    ("ttlSecondsAfterFinished", Number),
];

const CRON_JOB: &[(&str, Shape)] = &[
    ("concurrencyPolicy", Any),
    ("failedJobsHistoryLimit", Number),
    ("jobTemplate", Map),
    ("schedule", Any),
    ("startingDeadlineSeconds", Number),
    ("successfulJobsHistoryLimit", Number),
    ("suspend", Any),
    ("timeZone", Any),
];

const CLAIM: &[(&str, Shape)] = &[
    ("accessModes", List),
    ("dataSource", Map),
    ("dataSourceRef", Map),
    ("resources", Map),
    ("selector", Map),
    ("storageClassName", Any),
    ("volumeAttributesClassName", Any),
    ("volumeMode", Any),
    ("volumeName", Any),
];
