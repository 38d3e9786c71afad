//! Instances, snapshots, tables and whatever else AWS keeps, as calls left them: there, in a state, or deleted.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answer::Answer;
use super::aws::shown_as;
use super::book::State;
use super::remote::bounded;
use crate::tools::usage::Line;

/// What calls made of a thing: `rds/db-instance/x` → `available`, `stopped`, `gone`.
type Things = BTreeMap<String, String>;

/// How an operation shows things: service, operation, list, field of the name, field of the state, state in order, kind.
const SHOWN: &[(&str, &str, &str, &str, &str, &str, &str)] = &[
    (
        "rds",
        "describe-db-instances",
        "DBInstances",
        "DBInstanceIdentifier",
        "DBInstanceStatus",
        "available",
        "db-instance",
    ),
    (
        "rds",
        "describe-db-clusters",
        "DBClusters",
        "DBClusterIdentifier",
        "Status",
        "available",
        "db-cluster",
    ),
    (
        "rds",
        "describe-db-snapshots",
        "DBSnapshots",
        "DBSnapshotIdentifier",
        "Status",
        "available",
        "db-snapshot",
    ),
    (
        "rds",
        "describe-db-cluster-snapshots",
        "DBClusterSnapshots",
        "DBClusterSnapshotIdentifier",
        "Status",
        "available",
        "db-cluster-snapshot",
    ),
    (
        "docdb",
        "describe-db-instances",
        "DBInstances",
        "DBInstanceIdentifier",
        "DBInstanceStatus",
        "available",
        "db-instance",
    ),
    (
        "docdb",
        "describe-db-clusters",
        "DBClusters",
        "DBClusterIdentifier",
        "Status",
        "available",
        "db-cluster",
    ),
    (
        "docdb",
        "describe-db-cluster-snapshots",
        "DBClusterSnapshots",
        "DBClusterSnapshotIdentifier",
        "Status",
        "available",
        "db-cluster-snapshot",
    ),
    ("ec2", "describe-volumes", "Volumes", "VolumeId", "State", "available", "volume"),
    ("ec2", "describe-snapshots", "Snapshots", "SnapshotId", "State", "completed", "snapshot"),
    ("ec2", "describe-images", "Images", "ImageId", "State", "available", "image"),
    (
        "ec2",
        "describe-instance-status",
        "InstanceStatuses",
        "InstanceId",
        "InstanceState.Name",
        "running",
        "instance",
    ),
    (
        "elasticache",
        "describe-replication-groups",
        "ReplicationGroups",
        "ReplicationGroupId",
        "Status",
        "available",
        "replication-group",
    ),
    (
        "elasticache",
        "describe-cache-clusters",
        "CacheClusters",
        "CacheClusterId",
        "CacheClusterStatus",
        "available",
        "cache-cluster",
    ),
    (
        "elasticache",
        "describe-snapshots",
        "Snapshots",
        "SnapshotName",
        "SnapshotStatus",
        "available",
        "snapshot",
    ),
    (
        "redshift",
        "describe-clusters",
        "Clusters",
        "ClusterIdentifier",
        "ClusterStatus",
        "available",
        "cluster",
    ),
    (
        "redshift",
        "describe-cluster-snapshots",
        "Snapshots",
        "SnapshotIdentifier",
        "Status",
        "available",
        "snapshot",
    ),
    (
        "efs",
        "describe-file-systems",
        "FileSystems",
        "FileSystemId",
        "LifeCycleState",
        "available",
        "file-system",
    ),
    (
        "fsx",
        "describe-file-systems",
        "FileSystems",
        "FileSystemId",
        "Lifecycle",
        "AVAILABLE",
        "file-system",
    ),
    ("fsx", "describe-backups", "Backups", "BackupId", "Lifecycle", "AVAILABLE", "backup"),
    (
        "cloudformation",
        "describe-stacks",
        "Stacks",
        "StackName",
        "StackStatus",
        "CREATE_COMPLETE",
        "stack",
    ),
    (
        "autoscaling",
        "describe-auto-scaling-groups",
        "AutoScalingGroups",
        "AutoScalingGroupName",
        "",
        "",
        "auto-scaling-group",
    ),
    (
        "elbv2",
        "describe-load-balancers",
        "LoadBalancers",
        "LoadBalancerName",
        "State.Code",
        "active",
        "",
    ),
];

/// How an operation shows the one thing it names: service, operation, object (empty for none), field of the name, of the state, state, kind.
const ONE: &[(&str, &str, &str, &str, &str, &str, &str)] = &[
    ("dynamodb", "describe-table", "Table", "TableName", "TableStatus", "ACTIVE", "table"),
    (
        "dynamodb",
        "describe-backup",
        "BackupDescription.BackupDetails",
        "BackupArn",
        "BackupStatus",
        "AVAILABLE",
        "backup",
    ),
    ("eks", "describe-cluster", "cluster", "name", "status", "ACTIVE", ""),
    ("eks", "describe-nodegroup", "nodegroup", "nodegroupName", "status", "ACTIVE", "nodegroup"),
    ("backup", "describe-restore-job", "", "RestoreJobId", "Status", "COMPLETED", "restore-job"),
    ("backup", "describe-backup-job", "", "BackupJobId", "State", "COMPLETED", "backup-job"),
    ("backup", "describe-copy-job", "CopyJob", "CopyJobId", "State", "COMPLETED", "copy-job"),
    ("route53", "get-change", "ChangeInfo", "Id", "Status", "INSYNC", ""),
    ("ssm", "get-command-invocation", "", "CommandId", "Status", "Success", "command"),
    (
        "ssm",
        "get-automation-execution",
        "AutomationExecution",
        "AutomationExecutionId",
        "AutomationExecutionStatus",
        "Success",
        "automation-execution",
    ),
];

/// Operations that answer with a name nobody knows before: service, operation, path of it, its beginning.
const NAMED: &[(&str, &str, &str, &str)] = &[
    ("ec2", "create-snapshot", "SnapshotId", "snap"),
    ("ec2", "copy-snapshot", "SnapshotId", "snap"),
    ("ec2", "create-volume", "VolumeId", "vol"),
    ("ec2", "create-image", "ImageId", "ami"),
    ("ec2", "copy-image", "ImageId", "ami"),
    ("ec2", "register-image", "ImageId", "ami"),
    ("ec2", "allocate-address", "AllocationId", "eipalloc"),
    ("backup", "start-backup-job", "BackupJobId", "job"),
    ("backup", "start-restore-job", "RestoreJobId", "job"),
    ("backup", "start-copy-job", "CopyJobId", "job"),
    ("ssm", "send-command", "Command.CommandId", "command"),
    ("ssm", "start-automation-execution", "AutomationExecutionId", "automation"),
    ("route53", "change-resource-record-sets", "ChangeInfo.Id", "change"),
    ("cloudfront", "create-invalidation", "Invalidation.Id", "invalidation"),
    ("dynamodb", "create-backup", "BackupDetails.BackupArn", "backup"),
];

/// What a call asks for, by the beginning of its operation.
enum Verb {
    Ends,
    Stops,
    Makes,
    Asks,
    Waits,
}

fn verb(operation: &str) -> Verb {
    let starts = |words: &[&str]| words.iter().any(|word| operation.starts_with(word));
    if starts(&["wait "]) {
        Verb::Waits
    } else if starts(&[
        "describe",
        "get",
        "list",
        "head",
        "lookup",
        "filter",
        "simulate",
        "query",
        "scan",
        "batch-get",
        "estimate",
        "tail",
        "select",
        "generate",
        "decrypt",
        "search",
    ]) {
        Verb::Asks
    } else if starts(&[
        "delete",
        "terminate",
        "deregister",
        "release",
        "remove",
        "schedule-key-deletion",
        "batch-delete",
        "purge",
    ]) {
        Verb::Ends
    } else if starts(&["stop", "disable", "suspend", "pause"]) {
        Verb::Stops
    } else {
        Verb::Makes
    }
}

/// Takes the kind out of a flag that names a thing: `--target-db-instance-identifier` → `db-instance`.
fn kind(flag: &str) -> Option<String> {
    let bare = flag.trim_start_matches('-');
    let bare =
        ["target-", "new-"].iter().find_map(|prefix| bare.strip_prefix(prefix)).unwrap_or(bare);
    let ends = ["-identifiers", "-identifier", "-ids", "-id", "-names", "-name", "-arn"];
    let kind = ends.iter().find_map(|end| bare.strip_suffix(end));
    let kind = kind.or_else(|| {
        matches!(bare, "bucket" | "cluster" | "service" | "instances" | "services")
            .then(|| bare.trim_end_matches('s'))
    })?;
    Some(kind.strip_suffix('s').filter(|kind| !kind.ends_with('s')).unwrap_or(kind).to_owned())
}

/// The things that a call names: kind and name.
fn named(line: &Line) -> Vec<(String, String)> {
    let flags = line
        .flags
        .iter()
        .filter(|given| !given.names.iter().any(|name| name.starts_with("--source-")));
    flags.filter_map(|given| Some((kind(given.names.first()?)?, given.value.clone()?))).collect()
}

/// Of the things that a call names, those that its operation is about.
fn subjects(operation: &str, named: &[(String, String)]) -> Vec<(String, String)> {
    let noun = operation.trim_start_matches("wait ").split_once('-').map_or("", |(_, noun)| noun);
    let of = |kind: &str| noun.starts_with(kind) && !kind.is_empty();
    let longest = named.iter().filter(|(kind, _)| of(kind)).map(|(kind, _)| kind.len()).max();
    match longest {
        Some(length) => {
            named.iter().filter(|(kind, _)| of(kind) && kind.len() == length).cloned().collect()
        }
        None if named.len() == 1 => named.to_vec(),
        None => Vec::new(),
    }
}

fn operation_name(operation: &str) -> String {
    operation
        .split('-')
        .map(|part| {
            let mut letters = part.chars();
            letters.next().map_or(String::new(), |first| {
                first.to_uppercase().collect::<String>() + letters.as_str()
            })
        })
        .collect::<String>()
        .replace("Db", "DB")
}

/// Answers an operation of a service.
pub(super) fn answer(service: &str, operation: &str, line: &Line, state: &mut State) -> Answer {
    if line.has("--dry-run") && service == "ec2" {
        return Answer::fails(
            254,
            format!(
                "\nAn error occurred (DryRunOperation) when calling the {} operation: Request would have succeeded, but DryRun flag is set.",
                operation_name(operation)
            ),
        );
    }
    let mut things: Things = state.get("aws");
    let named = named(line);
    let about = subjects(operation, &named);
    let key = |kind: &str, name: &str| format!("{service}/{kind}/{name}");
    let shown = bounded(&about.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(" "));
    let would = if shown.is_empty() {
        format!("{service} {operation}")
    } else {
        format!("{service} {operation} {shown}")
    };
    let gone = about
        .iter()
        .find(|(kind, name)| things.get(&key(kind, name)).is_some_and(|is| is == "gone"));
    let missing = |kind: &str, name: &str| {
        let camel = operation_name(kind);
        Answer::fails(
            254,
            format!(
                "\nAn error occurred ({camel}NotFound) when calling the {} operation: {camel} {name} not found.",
                operation_name(operation)
            ),
        )
    };
    match verb(operation) {
        Verb::Waits => {
            let for_end = ["-deleted", "-terminated", "-not-exists"]
                .iter()
                .any(|end| operation.ends_with(end));
            match gone {
                Some((_, name)) if !for_end => Answer::fails(
                    255,
                    format!(
                        "\nWaiter {} failed: {name} does not exist",
                        operation_name(operation.trim_start_matches("wait "))
                    ),
                ),
                None if for_end && !about.is_empty() => Answer::fails(
                    255,
                    format!(
                        "\nWaiter {} failed: Max attempts exceeded",
                        operation_name(operation.trim_start_matches("wait "))
                    ),
                ),
                Some(_) | None => Answer::quiet().would(would),
            }
        }
        Verb::Asks => match gone {
            Some((kind, name)) => missing(kind, name),
            None => asked(service, operation, &about, &things, line).would(would),
        },
        Verb::Ends => {
            if let Some((kind, name)) = gone {
                return missing(kind, name);
            }
            for (kind, name) in &about {
                things.insert(key(kind, name), "gone".to_owned());
            }
            state.set("aws", &things);
            Answer::quiet().would(would)
        }
        Verb::Stops | Verb::Makes => {
            let changes = !["create", "restore", "copy", "run", "register", "import", "put"]
                .iter()
                .any(|start| operation.starts_with(start));
            if let Some((kind, name)) = gone.filter(|_| changes) {
                return missing(kind, name);
            }
            let is = if matches!(verb(operation), Verb::Stops) { "stopped" } else { "" };
            for (kind, name) in &about {
                things.insert(key(kind, name), is.to_owned());
            }
            let made = NAMED.iter().find(|(of, one, ..)| *of == service && *one == operation);
            let answer = match made {
                None if operation == "run-instances" => {
                    let id = format!("i-blackstart-stand-in-{}", things.len() + 1);
                    things.insert(key("instance", &id), String::new());
                    shown_as(
                        &json!({"Instances": [{"InstanceId": id, "State": {"Name": "pending"}}]}),
                        line,
                    )
                }
                None => Answer::quiet(),
                Some((_, _, path, start)) => {
                    let id = format!("{start}-blackstart-stand-in-{}", things.len() + 1);
                    things.insert(key(start, &id), String::new());
                    let mut whole = json!({});
                    set(&mut whole, path, json!(id));
                    shown_as(&whole, line)
                }
            };
            state.set("aws", &things);
            answer.would(would)
        }
    }
}

/// Sets a field by its path: `Command.CommandId`.
fn set(whole: &mut Value, path: &str, value: Value) {
    let mut at = whole;
    for part in path.split('.').filter(|part| !part.is_empty()) {
        at = &mut at[part];
    }
    *at = value;
}

/// Shows things as an operation does: those it names, else those that calls named.
fn asked(
    service: &str,
    operation: &str,
    about: &[(String, String)],
    things: &Things,
    line: &Line,
) -> Answer {
    let is = |kind: &str, name: &str, usual: &str| match things
        .get(&format!("{service}/{kind}/{name}"))
        .map(String::as_str)
    {
        None | Some("") => usual.to_owned(),
        Some(other) => other.to_owned(),
    };
    let known = |kind: &str| {
        let prefix = format!("{service}/{kind}/");
        let there = things.iter().filter(|(_, is)| *is != "gone");
        there
            .filter_map(|(name, _)| name.strip_prefix(&prefix))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let names = |kind: &str| {
        if about.is_empty() {
            known(kind)
        } else {
            about.iter().map(|(_, name)| name.clone()).collect()
        }
    };
    if (service, operation) == ("ec2", "describe-instances") {
        let instances: Vec<Value> = names("instance").iter().map(|name| json!({"InstanceId": name, "State": {"Name": is("instance", name, "running")}})).collect();
        return shown_as(&json!({"Reservations": [{"Instances": instances}]}), line);
    }
    if let Some((_, _, list, name, status, usual, kind)) =
        SHOWN.iter().find(|(of, one, ..)| *of == service && *one == operation)
    {
        let items: Vec<Value> = names(kind)
            .iter()
            .map(|one| {
                let mut item = json!({*name: one});
                if !status.is_empty() {
                    set(&mut item, status, json!(is(kind, one, usual)));
                }
                item
            })
            .collect();
        return shown_as(&json!({*list: items}), line);
    }
    if let Some((_, _, object, name, status, usual, kind)) =
        ONE.iter().find(|(of, one, ..)| *of == service && *one == operation)
    {
        let first = about.first().map_or(String::new(), |(_, name)| name.clone());
        let mut item = json!({});
        set(&mut item, name, json!(first));
        set(&mut item, status, json!(is(kind, &first, usual)));
        let mut whole = json!({});
        set(&mut whole, object, item);
        return shown_as(&whole, line);
    }
    Answer::quiet().would("print what it finds: that is not known, nothing is printed")
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn things_are_what_calls_made_of_them() {
        let mut state = State::new("/nowhere");
        let status = "--query DBInstances[0].DBInstanceStatus --output text";
        let table = [
            (format!("aws rds describe-db-instances --db-instance-identifier db1 {status}"), 0, "available\n"),
            ("aws rds stop-db-instance --db-instance-identifier db1".to_owned(), 0, ""),
            (format!("aws rds describe-db-instances --db-instance-identifier db1 {status}"), 0, "stopped\n"),
            ("aws rds delete-db-instance --db-instance-identifier db1 --skip-final-snapshot".to_owned(), 0, ""),
            ("aws rds describe-db-instances --db-instance-identifier db1".to_owned(), 254, ""),
            ("aws rds wait db-instance-deleted --db-instance-identifier db1".to_owned(), 0, ""),
            ("aws rds wait db-instance-available --db-instance-identifier db1".to_owned(), 255, ""),
            ("aws rds restore-db-instance-to-point-in-time --source-db-instance-identifier db0 --target-db-instance-identifier db1 --use-latest-restorable-time".to_owned(), 0, ""),
            ("aws rds wait db-instance-available --db-instance-identifier db1".to_owned(), 0, ""),
            (format!("aws rds describe-db-instances --db-instance-identifier db1 {status}"), 0, "available\n"),
            ("aws ec2 create-snapshot --volume-id vol-1 --query SnapshotId --output text".to_owned(), 0, "snap-blackstart-stand-in-3\n"),
            ("aws ec2 describe-instances --instance-ids i-1 i-2 --query Reservations[].Instances[].State.Name --output text".to_owned(), 0, "running\trunning\n"),
            ("aws ec2 delete-volume --volume-id vol-1 --dry-run".to_owned(), 254, ""),
            ("aws backup describe-restore-job --restore-job-id x --query Status --output text".to_owned(), 0, "COMPLETED\n"),
            ("aws rds restore-db-instance-to-point-in-time".to_owned(), 252, ""),
            ("aws rds describe-db-instance".to_owned(), 252, ""),
            ("aws ec2 create-vpn-gateway".to_owned(), 252, ""),
            ("aws sts get-caller-identity --query Account --output text".to_owned(), 0, ""),
        ];
        for (line, code, out) in &table {
            let answer = ask(line, &mut state);
            assert_eq!((answer.code, answer.out.as_str()), (*code, *out), "{line}: {}", answer.err);
        }
    }
}
