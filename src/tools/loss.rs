//! What a call that destroys takes away: data in use, its newer state, copies, a key, or nothing that cannot be made again.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::tool::{Call, Role};
use crate::base::Risk;

/// What is gone after a call. Every described call of harm `destructive` or more has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Data in use: a store, a database, a volume, a machine with its disks.
    Data,
    /// What a device held.
    Device,
    /// The present state: an older one, or that of a copy, takes its place.
    Replaced,
    /// Copies: backups, snapshots, what protects them.
    Copies,
    /// Old copies, by a policy; rules on retention judge that.
    Retention,
    /// A key, without which copies cannot be opened.
    Key,
    /// Files: what lies at their paths decides.
    Files,
    /// What the statements say that it is given.
    Statements,
    /// Nothing that cannot be made again: settings, packages, containers, links between things.
    Replaceable,
}

/// How much of it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// All that is there.
    Whole,
    /// A part, or a thing named by itself.
    Part,
}

use Loss::{Copies, Data, Device, Files, Key, Replaceable, Replaced, Retention, Statements};
use Reach::{Part, Whole};

/// What calls destroy; the first line that fits counts. A line is patterns separated by commas; a pattern is the name of
/// the program, words that stand in this order among the first ones of the call, and flags in any place. Alternatives are
/// separated by `|`; `*` stands for any text.
const LOSSES: &[(Loss, Reach, &str)] = &[
    // Volumes.
    (Copies, Part, "zfs destroy *@*,zfs destroy *#*,rbd snap rm|remove|purge"),
    (Data, Whole, "zfs destroy,zpool destroy,rbd rm|remove|trash,stratis destroy"),
    (Replaced, Whole, "zfs rollback,rbd snap rollback|revert,lvconvert --merge|mergesnapshot"),
    (Replaced, Part, "zfs receive|recv,rbd import-diff|merge-diff,vgcfgrestore"),
    (Data, Whole, "lvremove,vgremove,pvremove,lvreduce,lvresize,pvresize,btrfs subvolume delete"),
    (Device, Whole, "zpool create|labelclear|initialize,pvcreate"),
    (Data, Part, "zpool import,btrfs rescue|check,vgreduce"),
    (
        Replaceable,
        Part,
        "zpool,zfs,btrfs device|replace|filesystem|qgroup,rbd,lvconvert,vgck,pvck,dmsetup",
    ),
    (Files, Part, "btrfs restore"),
    // File systems.
    (Replaced, Part, "xfs_repair -L|force_geometry,e2fsck|fsck|fsck.* -y,tune2fs"),
    (Replaceable, Part, "xfs_repair,e2fsck,fsck|fsck.*,ntfsfix,resize2fs"),
    (Device, Whole, "partclone.restore,fsarchiver restfs"),
    (Files, Part, "fsarchiver,xfsrestore,restore,e2image,debugfs"),
    (Replaced, Part, "drbdadm"),
    // Containers and machines.
    (
        Data,
        Whole,
        "docker|podman|nerdctl volume rm|remove,docker|podman|nerdctl|docker-compose|podman-compose compose down --v|volumes|volume|version",
    ),
    (
        Data,
        Whole,
        "docker-compose|podman-compose down --v|volumes|volume,podman system reset,qm|pct destroy,lxc delete",
    ),
    (Data, Whole, "docker|podman|nerdctl volume prune --a|all"),
    (Data, Part, "docker|podman|nerdctl volume prune,docker|podman|nerdctl system prune --volumes"),
    (Data, Part, "docker|podman|nerdctl|docker-compose rm --v|volumes|volume,qm|pct unlink"),
    (Replaced, Whole, "qm|pct rollback|restore,lxc restore,qmrestore"),
    (Copies, Part, "qm|pct delsnapshot"),
    (
        Replaceable,
        Part,
        "docker,podman,nerdctl,docker-compose,podman-compose,crictl,ctr,lxc,qm,pct,skopeo,buildah",
    ),
    (
        Data,
        Whole,
        "virsh undefine --remove-all-storage|storage|wipe-storage,virsh vol-delete|vol-wipe|pool-delete",
    ),
    (
        Data,
        Whole,
        "govc vm.destroy|datastore.rm,VBoxManage unregistervm --delete,multipass|vagrant delete|destroy|purge",
    ),
    (
        Copies,
        Part,
        "virsh snapshot-delete|checkpoint-delete,govc snapshot.remove,qemu-img snapshot -d,VBoxManage snapshot * delete",
    ),
    (
        Replaced,
        Whole,
        "virsh snapshot-revert|vol-upload|pool-build,govc snapshot.revert,qemu-img snapshot -a",
    ),
    (
        Replaced,
        Whole,
        "VBoxManage snapshot * restore,vagrant|multipass snapshot restore,multipass restore,govc datastore.upload",
    ),
    (Copies, Part, "vagrant|multipass snapshot delete"),
    (Replaced, Part, "virsh restore"),
    (Files, Part, "qemu-img,virsh blockcommit|blockpull|blockcopy|vol-resize|blockresize"),
    (Replaceable, Part, "virsh,VBoxManage,vagrant,multipass,govc"),
    // Clusters.
    (
        Replaceable,
        Part,
        "kubectl|oc delete pod*|po|po/*|job*|configmap*|cm|cm/*|container|event*|lease*|node*",
    ),
    (
        Data,
        Whole,
        "kubectl|oc delete ns|ns/*|namespace*|pvc|pvc/*|persistentvolume*|pv|pv/*|project*|crd|crd/*|customresourcedefinition*",
    ),
    (Data, Whole, "kubectl|oc delete --all,helm uninstall|delete,kubeadm reset,k3s|microk8s reset"),
    (
        Data,
        Part,
        "kubectl|oc delete|drain,k3s|microk8s kubectl delete,flux|argocd delete|uninstall",
    ),
    (Copies, Whole, "velero|ark backup delete --all,velero|ark delete backup|backups --all"),
    (
        Copies,
        Part,
        "velero|ark backup delete,velero|ark delete backup*,velero|ark uninstall,k3s etcd-snapshot",
    ),
    (Replaceable, Part, "kubectl,oc,helm,velero,ark,k3s,microk8s,flux,argocd,kubeadm"),
    (Data, Whole, "terraform|tofu|terragrunt destroy,terraform|tofu|terragrunt apply --destroy"),
    (Replaced, Whole, "vault|bao|nomad operator snapshot restore,consul snapshot restore"),
    (Replaced, Part, "consul kv import"),
    (Data, Whole, "consul kv delete --recurse"),
    (Data, Part, "vault|bao delete|destroy|disable|kv,consul kv,nomad volume|var"),
    (Replaceable, Part, "terraform,tofu,terragrunt,vault,bao,consul,nomad,ansible*"),
    // Clouds and object stores.
    (Key, Whole, "aws|gcloud|az|oci schedule-key-deletion|disable-key|delete-key|destroy"),
    (
        Copies,
        Part,
        "aws delete-snapshot|delete-db-snapshot|delete-db-cluster-snapshot|delete-recovery-point|delete-backup*",
    ),
    (Copies, Part, "gcloud|az|doctl|hcloud|openstack snapshot*|backup*|recoverypoint delete|rm"),
    (
        Replaced,
        Whole,
        "gcloud sql backups restore,aws restore-table-to-point-in-time|restore-from-cluster-snapshot",
    ),
    (
        Replaced,
        Part,
        "aws|gcloud|az|oci|doctl|hcloud|openstack restore*|*rollback*|replace*|reset*|import*|recover*|rebuild",
    ),
    (
        Data,
        Whole,
        "aws s3 rb --force,aws s3 rm --recursive,gsutil rm -r|R|recursive,gcloud storage rm --recursive|r",
    ),
    (Data, Part, "aws s3 rm|mv,gsutil rm|mv,gcloud storage rm|mv"),
    (
        Data,
        Whole,
        "aws delete-objects|delete-table|delete-bucket|delete-db-*|delete-volume|delete-file-system|delete-stack|terminate-instances|delete-cluster|delete-cache-cluster|delete-replication-group|delete-domain|rb",
    ),
    (
        Data,
        Whole,
        "gcloud|az|oci|doctl|hcloud|openstack|linode-cli|gsutil|bq delete|delete-batch|purge|terminate|rb|rm|destroy",
    ),
    (
        Data,
        Part,
        "aws|az|gcloud|gsutil|azcopy|hdfs --delete|delete-destination|delete-unmatched-destination-objects|skip-final-snapshot,azcopy rm|remove",
    ),
    (Data, Whole, "hdfs dfs --rm|rmr --skipTrash|r|R"),
    (Data, Part, "hdfs,aws delete*|remove*|purge*|terminate*|batch-delete*|empty*"),
    (Replaceable, Part, "aws,gcloud,gsutil,bq,az,azcopy,doctl,hcloud,openstack,oci,linode-cli"),
    (
        Data,
        Whole,
        "rclone purge,mc|mcli rm --r|recursive,mc|mcli rb,s3cmd del|rm --r|recursive,s3cmd|s5cmd rb",
    ),
    (Data, Part, "rclone delete,mc|mcli rm|undo,s3cmd del|rm,s5cmd rm"),
    (
        Files,
        Part,
        "rclone sync|bisync|move|moveto|copy|copyto|deletefile,mc|mcli mirror|mv,s3cmd|s5cmd sync|mv",
    ),
    (Replaceable, Part, "rclone,mc,mcli,s3cmd,s5cmd"),
    (
        Data,
        Whole,
        "curl --request=DELETE *_all*|*/\\*|*\\*?*|*prefix=,wget --method=DELETE *_all*|*/\\*",
    ),
    (Data, Part, "curl --request=DELETE|delete,wget --method=DELETE|delete"),
    (Files, Part, "curl --output,wget --output-document"),
    (Replaceable, Part, "curl,wget"),
    // Databases and stores.
    (
        Data,
        Whole,
        "dropdb,mysqladmin|mariadb-admin drop,pg_dropcluster,pg_resetwal,pg_autoctl drop,patronictl remove",
    ),
    (
        Replaced,
        Whole,
        "pg_restore --clean,mongorestore|mongoimport --drop,etcdctl|etcdutl snapshot restore",
    ),
    (
        Replaced,
        Part,
        "pg_rewind,repmgr standby clone,repmgr node rejoin,patronictl reinit|failover,mysqlimport|mariadb-import",
    ),
    (Data, Part, "vacuumlo"),
    // They refuse a directory that is not empty, and rules on restores read them.
    (Files, Part, "mariabackup|mariadb-backup|xtrabackup|innobackupex,sqlite3_rsync"),
    (Retention, Part, "pg_archivecleanup,zkCleanup.sh,pgbackrest expire,repmgr cluster cleanup"),
    (
        Copies,
        Whole,
        "pgbackrest stanza-delete|repo-rm,wal-g delete everything,pg_probackup del-instance,wal-g st rm",
    ),
    (Retention, Part, "wal-g delete|backup-mark-delete,barman delete,pg_probackup delete|merge"),
    (
        Replaced,
        Whole,
        "pgbackrest restore,wal-g backup-fetch|catchup-fetch,barman recover|restore,pg_probackup restore|catchup",
    ),
    (
        Replaced,
        Part,
        "wal-g binlog-replay|oplog-replay|pgbackrest,mysql|mariadb,sqlite3,redis-check-aof,valkey-check-aof",
    ),
    (Data, Whole, "influx delete"),
    (Replaced, Part, "influxd restore,influx restore"),
    (
        Statements,
        Part,
        "psql,cqlsh,clickhouse-client,clickhouse,cockroach,mongosh,mongo,mysqlsh,influx",
    ),
    (
        Files,
        Part,
        "pg_dump,pg_dumpall,mysqldump,mariadb-dump,mysqlpump,mydumper,mongodump,mongoexport",
    ),
    (Replaceable, Part, "dropuser,pg_upgrade"),
    (
        Data,
        Whole,
        "redis-cli|valkey-cli|keydb-cli FLUSHALL|FLUSHDB|flushall|flushdb,redis-cli|valkey-cli|keydb-cli CLUSTER|cluster RESET|reset|FLUSHSLOTS|flushslots",
    ),
    (Replaced, Whole, "redis-cli|valkey-cli|keydb-cli REPLICAOF|replicaof|SLAVEOF|slaveof"),
    (Files, Part, "redis-cli|valkey-cli|keydb-cli --rdb|functions-rdb"),
    (Replaceable, Part, "redis-cli,valkey-cli,keydb-cli"),
    (Data, Whole, "etcdctl del --prefix|from-key,zkCli.sh|zkcli deleteall|rmr"),
    (
        Data,
        Part,
        "etcdctl del,etcdctl member remove,zkCli.sh|zkcli|zkServer.sh delete|deleteall|rmr,mongofiles",
    ),
    (Replaceable, Part, "etcdctl,etcdutl,zkCli.sh,zkcli,zkServer.sh"),
    (
        Data,
        Whole,
        "ceph osd|fs|mds pool|rm|purge|destroy|zap|fail|newfs,rados purge|rmpool|cppool,ceph-volume lvm|raw zap|create|prepare|batch",
    ),
    (Data, Part, "ceph,rados,cephadm"),
    (
        Data,
        Whole,
        "gluster volume delete|reset,kafka-topics*|kafka-delete-records* --delete|offset-json-file",
    ),
    (Copies, Part, "gluster snapshot delete"),
    (Replaced, Whole, "gluster snapshot restore"),
    (Data, Part, "gluster,kafka-topics*,kafka-delete-records*"),
    (Data, Whole, "rabbitmqctl reset|force_reset|delete_vhost"),
    (Data, Part, "rabbitmqctl delete_queue|purge_queue,nodetool"),
    (Copies, Part, "nodetool clearsnapshot"),
    // Repositories of copies, and keys.
    (Key, Part, "restic|rustic key remove,borg|borg2 key"),
    (
        Key,
        Whole,
        "gpg|gpg2|gpgsm --delete-secret-keys|delete-secret-key|delete-secret-and-public-key",
    ),
    (
        Copies,
        Whole,
        "restic|rustic forget --unsafe-allow-remove-all,borg|borg2 repo-delete|rdelete,tarsnap --nuke",
    ),
    (
        Copies,
        Part,
        "borg|borg2 config|repo-compress|debug,borg|borg2|borgmatic delete|repo-delete|check|recreate|rename|transfer,restic|rustic rewrite|repair|rebuild-index",
    ),
    (
        Retention,
        Part,
        "restic|rustic|resticprofile|autorestic forget|prune,borg|borg2|borgmatic prune|compact,duplicity cleanup|remove*",
    ),
    (
        Files,
        Part,
        "restic|rustic|resticprofile|autorestic restore|dump,borg|borg2|borgmatic extract|restore|import-tar,duplicity restore,duplicity *://*",
    ),
    (Replaceable, Part, "restic,rustic,resticprofile,autorestic,borg,borg2,duplicity"),
    (Retention, Part, "borgmatic,kopia maintenance|expire|policy|acl|user|cache|index"),
    (
        Copies,
        Part,
        "kopia snapshot|snap delete|fix|move-history,kopia content|blob|manifest|repository",
    ),
    (Files, Part, "kopia restore,kopia snapshot|snap restore"),
    (
        Retention,
        Part,
        "duplicacy prune,rsnapshot,rdiff-backup remove|--remove-older-than|--r,tarsnap --d|fsck-prune",
    ),
    (Retention, Part, "proxmox-backup-client prune|snapshot,bup prune-older|rm|gc,duplicity"),
    (Files, Part, "duplicacy,rdiff-backup,tarsnap,proxmox-backup-client,bup"),
    // The home of these accounts is the directory in which their server keeps its data.
    (
        Data,
        Whole,
        "userdel --r|remove postgres|mysql|mariadb|redis|valkey|mongodb|mongod|etcd|rabbitmq|openldap|elasticsearch|git|gitlab",
    ),
    (
        Data,
        Whole,
        "deluser --remove-home|remove-all-files postgres|mysql|mariadb|redis|valkey|mongodb|mongod|etcd|rabbitmq|openldap|elasticsearch|git|gitlab",
    ),
    (Data, Part, "crontab --r"),
    // Their packages delete the data when they are purged, and ask nobody where nobody answers.
    (
        Data,
        Whole,
        "apt|apt-get|aptitude purge|autopurge postgresql-9.6|postgresql-10|postgresql-11|postgresql-12|postgresql-13|postgresql-14|postgresql-15|postgresql-16|postgresql-17|postgresql-18|postgresql-19|postgresql-\\*|postgresql\\*|rabbitmq-server|etcd-server|influxdb",
    ),
    (
        Data,
        Whole,
        "apt|apt-get|aptitude remove|autoremove postgresql-9.6|postgresql-10|postgresql-11|postgresql-12|postgresql-13|postgresql-14|postgresql-15|postgresql-16|postgresql-17|postgresql-18|postgresql-19|postgresql-\\*|postgresql\\*|rabbitmq-server|etcd-server|influxdb --purge",
    ),
    (
        Data,
        Whole,
        "dpkg postgresql-9.6|postgresql-10|postgresql-11|postgresql-12|postgresql-13|postgresql-14|postgresql-15|postgresql-16|postgresql-17|postgresql-18|postgresql-19|rabbitmq-server|etcd-server|influxdb --purge|P",
    ),
    // What works on files, and what can be made again.
    (Device, Whole, "dd|dcfldd|ddrescue of=/dev/*,dd|dcfldd|ddrescue * /dev/*"),
    (
        Files,
        Part,
        "rm,srm,unlink,find,mv,cp,install,ln,rsync,tar,gtar,bsdtar,shred,wipe,truncate,dd,dcfldd,ddrescue",
    ),
    (
        Replaceable,
        Part,
        "gpg,gpg2,gpgsm,certbot,crontab,journalctl,dmesg,systemd-tmpfiles,iptables*,openssl",
    ),
];

/// Groups whose every destructive call destroys the same.
const GROUPS: &[(&str, Loss, Reach)] = &[
    ("mkfs", Device, Whole),
    ("rm", Files, Part),
    ("cp", Files, Part),
    ("sed", Files, Part),
    ("sort", Files, Part),
    ("uniq", Files, Part),
    ("gzip", Files, Part),
    ("zip", Files, Part),
    ("gpg", Files, Part),
    ("openssl", Files, Part),
    ("mariadbd", Files, Part),
    ("useradd", Replaceable, Part),
    ("gcc", Replaceable, Part),
    ("hash", Replaceable, Part),
    ("dpkg-maintscript-helper", Replaceable, Part),
    ("apt", Replaceable, Part),
    ("chmod", Replaceable, Part),
    ("date", Replaceable, Part),
    ("git", Replaceable, Part),
    ("ip", Replaceable, Part),
    ("systemctl", Replaceable, Part),
];

/// Returns what a call destroys, where it does.
pub fn lost(call: &Call<'_>) -> Option<(Loss, Reach)> {
    static PATTERNS: LazyLock<Patterns> =
        LazyLock::new(|| Patterns::of(LOSSES.iter().map(|(_, _, line)| *line)));
    let risk = call.risk();
    if risk < Risk::Destructive || risk == Risk::Unknown {
        return None;
    }
    let row = PATTERNS.first_fit(call).map(|row| LOSSES[row]);
    let lost = row.map(|(loss, reach, _)| (loss, reach)).or_else(|| {
        let group = GROUPS.iter().find(|(name, _, _)| *name == call.tool.name);
        group.map(|(_, loss, reach)| (*loss, *reach))
    });
    // Whatever tool writes files: where it writes to a device, that loses what it held.
    lost.map(|found| if found.0 == Files && onto_device(call) { (Device, Whole) } else { found })
}

fn onto_device(call: &Call<'_>) -> bool {
    let written = |role: Role| matches!(role, Role::Target | Role::Change);
    call.roles().iter().any(|(role, word)| written(*role) && super::is_device(&word.text))
}

/// The patterns of the lines of a table, by the programs they name.
pub(super) struct Patterns {
    /// Each with the number of its line, ascending.
    named: HashMap<&'static str, Vec<(usize, &'static str)>>,
    /// Those that say only a part of a program's name.
    open: Vec<(usize, &'static str)>,
}

impl Patterns {
    pub(super) fn of(lines: impl Iterator<Item = &'static str>) -> Self {
        let mut patterns = Self { named: HashMap::new(), open: Vec::new() };
        for (row, line) in lines.enumerate() {
            for pattern in line.split(',') {
                let names = pattern.split_ascii_whitespace().next().unwrap_or_default();
                if names.contains(['*', '\\']) {
                    patterns.open.push((row, pattern));
                } else {
                    for name in names.split('|') {
                        patterns.named.entry(name).or_default().push((row, pattern));
                    }
                }
            }
        }
        patterns
    }

    /// Returns the number of the first line of which a call fits one of the patterns.
    pub(super) fn first_fit(&self, call: &Call<'_>) -> Option<usize> {
        let first = |patterns: &[(usize, &'static str)]| {
            patterns.iter().find(|(_, pattern)| fits(call, pattern)).map(|(row, _)| *row)
        };
        let named = self.named.get(call.name).and_then(|patterns| first(patterns));
        let open = first(&self.open);
        named.into_iter().chain(open).min()
    }
}

fn fits(call: &Call<'_>, pattern: &str) -> bool {
    let mut parts = pattern.split_ascii_whitespace();
    let any = |part: &str, text: &str| part.split('|').any(|one| like(one, text));
    if !parts.next().is_some_and(|names| any(names, call.name)) {
        return false;
    }
    let canonical = call.command.split(' ').filter(|word| !word.is_empty());
    let count = canonical.clone().count();
    let rest = call.operands.iter().skip(count).map(|word| word.text.as_str());
    let words: Vec<&str> = canonical.chain(rest).take(12).collect();
    let mut at = 0;
    parts.all(|part| match part.strip_prefix('-') {
        Some(flags) => {
            let (names, value) = match flags.split_once('=') {
                Some((names, value)) => (names, Some(value)),
                None => (flags, None),
            };
            names.split('|').map(|name| name.trim_start_matches('-')).any(|name| {
                // Behind a word that ends the flags of some programs they still are flags of others.
                let behind = value.is_none()
                    && call.operands.iter().any(|word| {
                        word.text.starts_with('-') && word.text.trim_start_matches('-') == name
                    });
                behind
                    || call.flags.iter().any(|flag| {
                        flag.name == name
                            && value.is_none_or(|value| {
                                flag.value.as_ref().is_some_and(|given| any(value, &given.text))
                            })
                    })
            })
        }
        None => match words[at..].iter().position(|word| any(part, word)) {
            Some(found) => {
                at += found + 1;
                true
            }
            None => false,
        },
    })
}

/// Tells whether a text is like a pattern, in which `*` stands for any text and `\*` for itself.
fn like(pattern: &str, text: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = &pattern[1..];
            rest.is_empty() || text.char_indices().any(|(at, _)| like(rest, &text[at..]))
        }
        Some('\\') if pattern.len() > 1 => {
            let next = pattern[1..].chars().next().filter(|next| text.starts_with(*next));
            next.is_some_and(|next| like(&pattern[1 + next.len_utf8()..], &text[next.len_utf8()..]))
        }
        Some(letter) => {
            text.starts_with(letter)
                && like(&pattern[letter.len_utf8()..], &text[letter.len_utf8()..])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::tool::recorded;
    use crate::tools::{TOOLS, Word, tool_and_name};

    fn words(text: &str) -> Vec<Word> {
        let word = |(index, text): (usize, &str)| Word {
            text: text.to_owned(),
            certain: true,
            fresh: false,
            index,
        };
        text.split_whitespace().enumerate().skip(1).map(word).collect()
    }

    fn of(text: &str) -> Option<(Loss, Reach)> {
        let name = text.split_whitespace().next().unwrap();
        let (tool, name) = tool_and_name(name).unwrap_or_else(|| panic!("{name} is not described"));
        lost(&Call::new(tool, name, &words(text)))
    }

    /// Every call that the descriptions know of: each name, each line of a table of verbs, each advice.
    fn described() -> Vec<String> {
        let mut calls = Vec::new();
        for tool in TOOLS {
            for name in tool.names {
                calls.push((*name).to_owned());
                calls.push(format!("{name} a b"));
                let own = format!("{name} a b");
                for line in recorded(|| Call::new(tool, name, &words(&own)).risk()) {
                    let verbs = line.split(',').map(|verbs| verbs.replace('*', "x"));
                    calls.extend(verbs.map(|verbs| format!("{name} {verbs}")));
                }
                for (advised, _) in tool.safer {
                    let rest = advised.strip_prefix(name).unwrap_or(advised);
                    if !advised.split(' ').any(|word| word != *name && tool.names.contains(&word)) {
                        calls.push(format!("{name} {rest}"));
                        calls.push(format!("{name} {rest} a b"));
                    }
                }
            }
        }
        calls
    }

    #[test]
    fn every_described_call_that_destroys_says_what_it_destroys() {
        let calls = described();
        assert!(calls.len() > 1500, "{}", calls.len());
        let unread: Vec<&String> = calls
            .iter()
            .filter(|text| {
                let name = text.split_whitespace().next().unwrap();
                let (tool, name) = tool_and_name(name).unwrap();
                let call = Call::new(tool, name, &words(text));
                let risk = call.risk();
                risk >= Risk::Destructive && risk != Risk::Unknown && lost(&call).is_none()
            })
            .collect();
        assert!(unread.is_empty(), "{unread:#?}");
    }

    #[test]
    fn what_is_lost_is_told_from_the_call() {
        let mut wrong = Vec::new();
        for (text, expected) in [
            ("zfs destroy -r tank/data", Some((Data, Whole))),
            ("zfs destroy tank/data@old", Some((Copies, Part))),
            ("zfs rollback -R tank/data@old", Some((Replaced, Whole))),
            ("zfs destroy -nv tank/data", None),
            ("lvreduce -f -L 5G vg0/data", Some((Data, Whole))),
            ("lvconvert --yes --merge vg0/snap", Some((Replaced, Whole))),
            ("etcdctl del x --prefix", Some((Data, Whole))),
            ("etcdctl del x --from-key=true", Some((Data, Whole))),
            ("etcdctl --endpoints e:2379 del /one", Some((Data, Part))),
            ("zkCli.sh -server z:2181 deleteall /brokers", Some((Data, Whole))),
            ("mongorestore --drop --archive=x", Some((Replaced, Whole))),
            ("docker volume rm shop_pgdata", Some((Data, Whole))),
            ("docker compose down --volumes", Some((Data, Whole))),
            ("docker compose -f x.yml down -v", Some((Data, Whole))),
            ("docker compose down", Some((Replaceable, Part))),
            ("docker-compose down -v", Some((Data, Whole))),
            ("docker system prune -af --volumes", Some((Data, Part))),
            ("docker volume prune -af", Some((Data, Whole))),
            ("docker volume prune -f", Some((Data, Part))),
            ("docker rm -fv db", Some((Data, Part))),
            ("userdel -r postgres", Some((Data, Whole))),
            ("userdel -r bob", Some((Replaceable, Part))),
            ("userdel postgres", None),
            ("deluser --remove-home mysql", Some((Data, Whole))),
            ("crontab -r", Some((Data, Part))),
            ("crontab -u root -r", Some((Data, Part))),
            ("apt-get purge -y postgresql-15", Some((Data, Whole))),
            ("apt-get -y remove --purge nginx postgresql-15", Some((Data, Whole))),
            ("apt purge postgresql*", Some((Data, Whole))),
            ("apt-get remove -y postgresql-15", Some((Replaceable, Part))),
            ("apt-get purge -y postgresql-client-15", Some((Replaceable, Part))),
            ("apt-get purge -y postgresql-15-postgis-3", Some((Replaceable, Part))),
            ("dpkg --purge rabbitmq-server", Some((Data, Whole))),
            ("dpkg -P etcd-server", Some((Data, Whole))),
            ("cp image /dev/sda", Some((Device, Whole))),
            ("cp image /srv/disk", Some((Files, Part))),
            ("tee /dev/nvme0n1", Some((Device, Whole))),
            ("tee /dev/null", None),
            ("shred /dev/sda", Some((Device, Whole))),
            ("docker rm -f db", Some((Replaceable, Part))),
            ("curl -X DELETE http://es:9200/_all", Some((Data, Whole))),
            ("curl -fsS -X DELETE http://es:9200/logs-*", Some((Data, Part))),
            ("curl -X DELETE http://es:9200/one", Some((Data, Part))),
            ("pgbackrest --stanza=main stanza-delete --force", Some((Copies, Whole))),
            ("wal-g delete everything --confirm", Some((Copies, Whole))),
            ("wal-g delete retain FULL 1 --confirm", Some((Retention, Part))),
            ("velero backup delete --all --confirm", Some((Copies, Whole))),
            ("velero backup delete one", Some((Copies, Part))),
            ("rclone purge remote:x", Some((Data, Whole))),
            ("aws s3api delete-objects --bucket b --delete x", Some((Data, Whole))),
            ("aws dynamodb delete-table --table-name x", Some((Data, Whole))),
            ("aws s3 rm s3://b/x --recursive", Some((Data, Whole))),
            ("aws s3 rm s3://b/x", Some((Data, Part))),
            ("mc rm -r --force s3/b", Some((Data, Whole))),
            ("s3cmd del -r s3://b", Some((Data, Whole))),
            ("az storage blob sync --delete-destination true", Some((Data, Part))),
            ("gcloud sql backups restore 7 --restore-instance=x", Some((Replaced, Whole))),
            ("virsh undefine x --remove-all-storage", Some((Data, Whole))),
            ("virsh undefine x", Some((Replaceable, Part))),
            ("gpg --batch --yes --delete-secret-keys x", Some((Key, Whole))),
            ("restic key remove abc", Some((Key, Part))),
            ("vault operator raft snapshot restore -force x", Some((Replaced, Whole))),
            ("redis-cli -h x FLUSHALL", Some((Data, Whole))),
            ("redis-cli -h x REPLICAOF other 6379", Some((Replaced, Whole))),
            ("redis-cli REPLICAOF NO ONE", None),
            ("ceph osd pool delete p p --yes-i-really-really-mean-it", Some((Data, Whole))),
            ("ceph status", None),
            ("gluster --mode=script volume delete v", Some((Data, Whole))),
            ("kafka-topics --bootstrap-server k:9092 --delete --topic x", Some((Data, Whole))),
            ("kafka-topics.sh --bootstrap-server k:9092 --list", None),
            ("influx delete --bucket x --start 1970-01-01T00:00:00Z", Some((Data, Whole))),
            ("cqlsh -e SELECT", None),
            ("kubectl delete pvc data", Some((Data, Whole))),
            ("kubectl -n x delete pod y", Some((Replaceable, Part))),
            ("kubectl delete deploy y", Some((Data, Part))),
            ("helm uninstall x", Some((Data, Whole))),
            ("xfs_repair -L /dev/sdb1", Some((Replaced, Part))),
            ("zpool import -f tank", Some((Data, Part))),
            ("zpool import tank", None),
            ("dd if=/dev/sdb of=/dev/sda bs=4M", Some((Device, Whole))),
            ("dd if=/dev/sdb of=/srv/image", Some((Files, Part))),
            ("drbdadm primary --force r0", Some((Replaced, Part))),
            ("wal-g backup-fetch /srv/pg LATEST", Some((Replaced, Whole))),
        ] {
            let found = of(text);
            if found != expected {
                wrong.push(format!("{text}: {found:?}, not {expected:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
