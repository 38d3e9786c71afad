//! What the commands of a text destroy, and on what: the one source of the rules on targets and on restores.

use super::names::{is_scratch_database, looks_scratch};
use super::{Context, Run, Unit};
use crate::base::Risk;
use crate::shell::ast::RedirectKind;
use crate::shell::{Command, path};
use crate::sql::{self, Dialect};
use crate::tools::{self, Call, Loss, Reach, Word, find};

/// One thing that a command destroys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// What it is.
    pub loss: Loss,
    /// How much of it.
    pub reach: Reach,
    /// The call in a few words, for a message: `zfs destroy`.
    pub deed: String,
    /// Whether a server, cluster or account elsewhere is hit, which the name of this machine says nothing about.
    pub elsewhere: bool,
}

/// Where servers keep what they are trusted with.
const LIVE: &[&str] = &[
    "/var/lib/postgresql",
    "/var/lib/pgsql",
    "/var/lib/mysql",
    "/var/lib/mariadb",
    "/var/lib/etcd",
    "/var/lib/redis",
    "/var/lib/mongodb",
    "/var/lib/mongo",
    "/var/lib/docker",
    "/var/lib/kubelet",
    "/var/lib/rabbitmq",
    "/var/lib/ldap",
    "/var/lib/elasticsearch",
    "/var/lib/opensearch",
    "/var/lib/cassandra",
    "/var/lib/clickhouse",
    "/var/lib/influxdb",
    "/var/lib/zookeeper",
    "/var/lib/kafka",
    "/var/lib/libvirt/images",
    "/var/lib/vault",
    "/var/lib/consul",
];

/// Tells whether a path lies where a server keeps its data, and nothing in it says that it is scratch.
pub fn in_live_directory(path: &str) -> bool {
    let cache =
        |path: &str| path.ends_with(".pid") || path.ends_with(".log") || path.ends_with(".lock");
    LIVE.iter().any(|dir| path::within(path, dir)) && !looks_scratch(path) && !cache(path)
}

/// Returns what a command destroys, as far as its call says it; of statements for SQL clients and of paths others know.
pub fn hits(unit: &Unit<'_>, command: &Command) -> Vec<Hit> {
    let Some(call) = unit.take_apart(command) else { return Vec::new() };
    let mut hits: Vec<Hit> = of_call(call).into_iter().collect();
    // A client that reads commands line by line does what they say.
    if let Some(input) = &command.input
        && by_lines(call)
    {
        let text = input.shown().into_owned();
        hits.extend(calls(call, &text).iter().filter_map(of_call));
    }
    hits.extend(of_script(call, command));
    hits
}

/// Returns the harm of a client together with what it reads from standard input, where the script holds that text.
pub fn harm_with_input(call: &Call<'static>, command: &Command, own: Risk) -> Risk {
    let script = matches!(call.name, "mongosh" | "mongo");
    if !by_lines(call) && !script && !of_statements(call) {
        return own;
    }
    let text = command.input.as_ref().map(|input| input.shown().into_owned());
    let input = match text {
        Some(text) if by_lines(call) => calls(call, &text).iter().map(Call::risk).max(),
        Some(text) if script => Some(tools::risk_of_mongo(&text)),
        Some(text) => Some(sql::risk(&text, Dialect::Postgres)),
        None => {
            let from_file = command.redirects.iter().any(|r| r.kind == RedirectKind::Read);
            let piped = command.setting.stage.is_some_and(|stage| stage.position > 0);
            (from_file || piped).then_some(Risk::Unknown).filter(|_| !given(call))
        }
    };
    match input {
        // What its line gives it runs as well.
        Some(risk) if given(call) => risk.max(own),
        Some(risk) => risk,
        None => own,
    }
}

/// Tells whether a client's line itself says what to do, or names a file that does.
fn given(call: &Call<'_>) -> bool {
    let script = |word: &Word| word.text.ends_with("js") || word.text.starts_with(['/', '.']);
    let own = [
        "eval",
        "x",
        "X",
        "rdb",
        "functions-rdb",
        "execute",
        "e",
        "query",
        "q",
        "file",
        "f",
        "queries-file",
        "sql",
        "js",
        "py",
    ];
    let mongo = matches!(call.name, "mongosh" | "mongo");
    call.has(&own) || mongo && (call.operands.len() > 1 || call.operands.iter().any(script))
}

fn by_lines(call: &Call<'_>) -> bool {
    let client = matches!(
        call.name,
        "redis-cli" | "valkey-cli" | "keydb-cli" | "zkCli.sh" | "zkcli" | "virsh"
    );
    client && call.operands.is_empty()
}

/// Tells whether a client takes statements that are much like SQL, and is no client of a database that is known better.
fn of_statements(call: &Call<'_>) -> bool {
    matches!(
        call.name,
        "cqlsh" | "clickhouse-client" | "clickhouse" | "cockroach" | "influx" | "mysqlsh"
    )
}

fn calls(call: &Call<'static>, text: &str) -> Vec<Call<'static>> {
    let words = |line: &str| -> Vec<Word> {
        let word = |(at, text): (usize, &str)| Word {
            text: text.trim_matches(['"', '\'']).to_owned(),
            certain: true,
            fresh: false,
            index: at + 1,
        };
        line.split_ascii_whitespace().enumerate().map(word).collect()
    };
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines.map(|line| Call::new(call.tool, call.name, &words(line))).collect()
}

fn of_call(call: &Call<'static>) -> Option<Hit> {
    let (loss, reach) = tools::lost(call)?;
    Some(Hit { loss, reach, deed: deed(call), elsewhere: elsewhere(call) })
}

/// Returns what a script for a store's own shell drops, on its line or on standard input.
fn of_script(call: &Call<'static>, command: &Command) -> Option<Hit> {
    let shell = matches!(call.name, "mongosh" | "mongo");
    if !shell && !of_statements(call) {
        return None;
    }
    let line = call.value(&["eval", "execute", "query", "q", "e"]).map(|word| word.text.clone());
    let input = command.input.as_ref().map(|input| input.shown().into_owned());
    let whole = |text: &String| {
        if shell {
            return tools::risk_of_mongo(text) == Risk::Destructive;
        }
        let drops = ["DROP ", "TRUNCATE "];
        let scratch = |text: &str| is_scratch_database(text);
        let script = sql::read(text, Dialect::Postgres);
        script
            .statements
            .iter()
            .any(|s| drops.iter().any(|d| s.starts(d.trim_end())) && !scratch(&s.text))
    };
    let drops = line.iter().chain(&input).any(whole);
    drops.then(|| Hit {
        loss: Loss::Data,
        reach: Reach::Whole,
        deed: format!("what `{}` is given to run", call.name),
        elsewhere: true,
    })
}

/// Returns a call in a few words.
fn deed(call: &Call<'_>) -> String {
    let own = call.command.split(' ').filter(|word| !word.is_empty());
    let plain = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphabetic() || c == '-' || c == '.')
    };
    let count = own.clone().count();
    let rest = call.operands.iter().skip(count).map(|word| word.text.as_str());
    let rest = rest.take_while(|text| plain(text)).take(if count > 0 { 1 } else { 2 });
    let words: Vec<&str> = std::iter::once(call.name).chain(own).chain(rest).collect();
    format!("`{}`", words.join(" "))
}

fn elsewhere(call: &Call<'_>) -> bool {
    let local = matches!(
        call.name,
        "docker"
            | "podman"
            | "nerdctl"
            | "docker-compose"
            | "podman-compose"
            | "crictl"
            | "ctr"
            | "lxc"
            | "pct"
            | "qm"
            | "kubeadm"
            | "hdfs"
            | "k3s"
            | "microk8s"
            | "vault"
    );
    let remote = matches!(call.tool.name, "aws" | "rclone" | "curl" | "ceph");
    let clients = matches!(
        call.name,
        "etcdctl"
            | "zkCli.sh"
            | "zkcli"
            | "mongorestore"
            | "mongoimport"
            | "mongofiles"
            | "wal-g"
            | "patronictl"
    );
    (remote || clients) && !local
}

/// Returns the device that the output of a command is written to.
pub fn overwritten_device(command: &Command) -> Option<String> {
    let writes = |kind| matches!(kind, RedirectKind::Truncate | RedirectKind::Append);
    let mut written = command.redirects.iter().filter(|redirect| writes(redirect.kind));
    written.find_map(|redirect| {
        Some(command.path(&redirect.target)).filter(|path| tools::is_device(path))
    })
}

/// Returns what lies where a server keeps its data and is deleted, emptied or moved over by a command.
pub fn emptied(unit: &Unit<'_>, command: &Command) -> Option<String> {
    let call = unit.take_apart(command)?;
    if call.risk() < Risk::Destructive {
        return None;
    }
    let live = |words: &[Word]| {
        words.iter().map(|word| unit.path(command, word)).find(|path| in_live_directory(path))
    };
    match call.name {
        "rm" | "srm" if call.has(&["recursive"]) => live(&call.operands),
        "shred" | "wipe" | "truncate" => live(&call.operands),
        // Tests choose some of the files; without any, all of them go.
        "find" if call.has(&["delete"]) => {
            let words = unit.words(command);
            let tests = [
                "name", "iname", "path", "mtime", "mmin", "newer", "newermt", "atime", "ctime",
                "size", "regex", "empty", "user", "perm",
            ];
            if call.has(&tests) { None } else { live(find::roots(&words)) }
        }
        _ => None,
    }
}

/// Tells whether what a call works on is not the real thing, by its name. What a host is called says nothing.
pub fn scratch(unit: &Unit<'_>, command: &Command) -> bool {
    let Some(call) = unit.take_apart(command) else { return false };
    if call.name.ends_with("redis-cli") || call.name.ends_with("-cli") && call.tool.name == "psql" {
        return false;
    }
    let names = [
        "dbname",
        "db",
        "database",
        "namespace",
        "bucket",
        "table-name",
        "collection",
        "nsInclude",
        "topic",
    ];
    let flags = call.flags.iter().filter(|flag| names.contains(&flag.name.as_str()));
    let verb = |text: &str| {
        matches!(
            text,
            "restore" | "check" | "new" | "rebuild" | "snapshot" | "test" | "create" | "storage"
        )
    };
    let mut named = call.operands.iter().chain(flags.filter_map(|flag| flag.value.as_ref()));
    named.any(|word| {
        !verb(&word.text)
            && (word.fresh || is_scratch_database(&word.text) || looks_scratch(&word.text))
    })
}

/// Tells whether something before makes a copy or a snapshot of what is there.
pub fn copied(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    use super::deeds::{Deed, deed};
    context.before(unit, run).any(|(unit, other)| {
        deed(unit, other.command) == Some(Deed::Dump) || snapshots(other.command)
    })
}

/// Tells whether a command makes a snapshot, an image or an export of something.
pub fn snapshots(command: &Command) -> bool {
    let words = command.literals();
    let has = |names: &[&str]| words.iter().any(|word| names.contains(word));
    let lists = has(&[
        "list", "ls", "show", "destroy", "delete", "rm", "remove", "rollback", "restore", "revert",
    ]);
    let snapshot = words.iter().any(|word| word.contains("snapshot") || *word == "snap");
    match command.name() {
        Some("lvcreate") => words.iter().any(|w| w.starts_with("-s") || *w == "--snapshot"),
        Some(
            "zfs" | "btrfs" | "rbd" | "virsh" | "qm" | "pct" | "lxc" | "govc" | "VBoxManage"
            | "gluster",
        ) => snapshot && !lists || command.is(&["govc"]) && has(&["snapshot.create"]),
        Some("qemu-img") => has(&["snapshot"]) && has(&["-c"]) || has(&["convert"]),
        Some(
            "xfs_metadump" | "e2image" | "ddrescue" | "partclone.ext4" | "partclone.xfs" | "vzdump",
        ) => true,
        Some("dd") => words.iter().any(|word| word.starts_with("if=/dev/")),
        Some("vgcfgbackup" | "sgdisk") => has(&["vgcfgbackup", "-b", "--backup"]),
        Some("aws" | "az" | "gcloud" | "openstack" | "hcloud" | "doctl") => {
            words.iter().any(|word| {
                word.starts_with("create") && (word.contains("snapshot") || word.contains("backup"))
            }) || has(&["create"]) && has(&["backups", "snapshot", "snapshots", "backup"])
        }
        Some("docker" | "podman" | "nerdctl") => {
            has(&["run", "compose"])
                && words.iter().any(|w| w.contains("tar") || w.contains("dump"))
                || has(&["commit", "checkpoint"])
        }
        Some("vault" | "bao" | "consul" | "nomad" | "etcdctl") => {
            has(&["snapshot"]) && has(&["save"])
        }
        Some("velero" | "ark") => has(&["create"]) && has(&["backup"]),
        Some("gpg" | "gpg2") => words.iter().any(|word| word.starts_with("--export-secret")),
        Some("borg") => has(&["key"]) && has(&["export"]),
        Some(_) | None => false,
    }
}
