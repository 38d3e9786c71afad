//! Command lines of clouds: aws, gcloud, gsutil, az, and others that name a thing and a verb.

use super::tool::{Call, Operands, Role, Tool, attached, flag, value};
use crate::base::Risk;

/// The verb of a call of aws, gcloud or az; the first that fits counts.
const VERBS: &[(Risk, &str)] = &[
    (
        Risk::Irreversible,
        "schedule-key-deletion,destroy,disable-key,purge,purge-deleted,delete-key",
    ),
    (
        Risk::Read,
        "describe*,list*,get,get-*,show*,head-*,ls,wait*,version,help,check*,exists,stat,cat,du,hash,lookup*,search*,\
         query,scan,simulate*,validate*,preview*,filter*,tail,print-*,dry-run,presign,assume-role*,decode-*,estimate*,read,\
         test-*,batch-get-*,select*,versions,info,logs,operations,url,detect-*,whoami,verify-*,download*,configure,login,\
         sts,account,ssh,connect,locations,regions,instance-schedule,get",
    ),
    (
        Risk::Destructive,
        "delete*,remove*,rm,rb,terminate*,purge*,batch-delete*,deregister*,release*,restore*,replace*,rollback*,reset*,\
         rsync,mv,move,import*,undelete*,put-lifecycle*,put-bucket-lifecycle*,put-bucket-versioning,revoke*,recover*,\
         reimage,deallocate,clear*,destroy*,empty*,discard*,cancel-*,expire*,unregister*,failback*,stop-backup*,rewrite,\
         truncate*,set-lifecycle*,overwrite*,delete-batch,detach-*,disassociate-*,purge",
    ),
    (
        Risk::Disruptive,
        "stop*,start*,reboot*,restart*,failover*,promote*,switchover*,modify*,update*,set,set-*,patch*,scale*,resize*,\
         attach*,enable*,disable*,change-*,suspend*,resume*,pause*,rotate*,upgrade*,migrate*,apply*,drain*,associate-*,\
         send-*,execute*,run-command,invoke*,put-*,authorize*,add-iam*,edit,deploy,redeploy,kill,reapply,swap*,activate*,\
         deactivate*,cancel,power*,force-*,refresh*,replicate*,switch*,begin-*,complete-*,assign*,grant*,hot-*,reschedule*",
    ),
    (
        Risk::Write,
        "create*,copy*,cp,mb,sync,tag*,untag*,add*,register*,generate*,upload*,export*,backup*,snapshot*,run*,launch*,\
         allocate*,request*,assume*,publish*,new*,init*,accept*,initiate*,put,website,submit*,insert*,compose,signurl,\
         label*,mark*,notify*,install*,join*,transact*,protect*,clone*,record*,build*,push*,pull*",
    ),
];

/// `aws`, `gcloud`, `gsutil`, `az`, `oci`, `doctl`, `hcloud`, `openstack`, `ibmcloud`, `linode-cli`, `hdfs`.
pub const TOOL: Tool = Tool {
    name: "aws",
    names: &[
        "aws",
        "gcloud",
        "gsutil",
        "bq",
        "az",
        "azcopy",
        "doctl",
        "hcloud",
        "openstack",
        "oci",
        "linode-cli",
        "hdfs",
    ],
    flags: &[
        value('\0', "profile", Role::Text),
        value('\0', "region", Role::Text),
        value('\0', "bucket", Role::Text),
        value('\0', "key", Role::Text),
        value('\0', "query", Role::Text),
        value('\0', "output", Role::Text),
        value('\0', "prefix", Role::Text),
        value('\0', "project", Role::Text),
        value('\0', "subscription", Role::Text),
        value('\0', "endpoint-url", Role::Remote),
        value('o', "", Role::Text),
        value('\0', "format", Role::Text),
        value('\0', "context", Role::Text),
        flag('\0', "delete"),
        flag('\0', "recursive"),
        flag('\0', "dryrun"),
        attached('\0', "dry-run"),
    ],
    operands: Operands::All(Role::Text),
    risk,
    safer: &[
        (
            "s3 sync --delete",
            "aws s3 sync --dryrun first, into a bucket with versions; without --delete nothing goes",
        ),
        ("s3 rm", "aws s3 rm --dryrun first; a bucket with versions keeps what is deleted"),
        (
            "s3 rb",
            "aws s3 ls first, and rb without --force, which refuses a bucket that is not empty",
        ),
        ("s3 mv", "aws s3 cp, compare, then rm"),
        (
            "delete-snapshot",
            "describe-snapshots first; a lock or the recycle bin keeps it for a while",
        ),
        (
            "delete-db-instance",
            "--final-db-snapshot-identifier instead of --skip-final-snapshot, and --no-delete-automated-backups",
        ),
        ("delete-db-cluster", "--final-db-snapshot-identifier instead of --skip-final-snapshot"),
        ("terminate-instances", "stop-instances, or create-snapshot of each volume first"),
        ("delete-volume", "create-snapshot first"),
        (
            "schedule-key-deletion",
            "disable-key first: what was encrypted with the key is lost with it",
        ),
        (
            "put-bucket-lifecycle-configuration",
            "get-bucket-lifecycle-configuration first: the whole configuration is replaced",
        ),
        ("delete-stack", "--retain-resources for what holds data; describe-stack-resources first"),
        ("gsutil rsync -d", "gsutil rsync -n first, into a bucket with versions"),
        (
            "gsutil rm",
            "gsutil ls first; a bucket with versions or soft delete keeps what is deleted",
        ),
        (
            "storage rsync --delete-unmatched-destination-objects",
            "--dry-run first, into a bucket with versions",
        ),
        ("sql instances delete", "gcloud sql backups create first; backups go with the instance"),
        (
            "sql backups restore",
            "restore into another instance (--restore-instance), compare, then switch",
        ),
        ("compute disks delete", "gcloud compute disks snapshot first"),
        ("group delete", "az resource list -g GROUP first; a lock (az lock create) keeps it"),
        ("azcopy sync --delete-destination", "azcopy sync --dry-run first"),
        ("hdfs -rm", "without -skipTrash it can be taken out of the trash"),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    // `--dry-run=none` is none.
    let dry =
        call.value(&["dry-run"]).is_none_or(|word| !matches!(word.text.as_str(), "none" | "false"));
    if call.has(&["dryrun", "dry-run"]) && dry {
        return Risk::Read;
    }
    let deletes = [
        "delete",
        "delete-unmatched-destination-objects",
        "delete-destination",
        "skip-final-snapshot",
    ];
    if call.has(&deletes) || call.name == "gsutil" && call.has(&["d"]) && call.command == "rsync" {
        return Risk::Destructive;
    }
    let gsutil = |risk| match call.command.as_str() {
        // What it sets is changed, not lost.
        "rsync" => Risk::Write,
        _ => risk,
    };
    match call.name {
        // Its commands have a dash.
        "hdfs" => match call.operand(0) {
            "dfs" if call.has(&["rm", "rmr", "expunge", "mv", "truncate"]) => Risk::Destructive,
            "dfs"
                if call.flags.iter().any(|flag| {
                    ["ls", "cat", "du", "count", "stat", "test"].contains(&flag.name.as_str())
                }) =>
            {
                Risk::Read
            }
            "dfs" => Risk::Write,
            "fsck" | "version" | "getconf" => Risk::Read,
            _ => Risk::Unknown,
        },
        "aws" if call.command.starts_with("s3 ") => call
            .by_verb(&[
                (Risk::Read, "s3 ls,s3 presign"),
                (Risk::Write, "s3 cp,s3 sync,s3 mb,s3 website"),
                (Risk::Destructive, "s3 rm,s3 rb,s3 mv"),
            ])
            .unwrap_or(Risk::Unknown),
        _ => {
            let last = call.command.rsplit(' ').next().filter(|last| !last.is_empty());
            let described = last.and_then(of_word);
            // What is not described may still say what it does: the worst of its first words counts.
            let words = call.operands.iter().filter(|word| word.certain).take(5);
            let found = described.or_else(|| words.filter_map(|word| of_word(&word.text)).max());
            found.map_or(Risk::Unknown, gsutil)
        }
    }
}

fn of_word(word: &str) -> Option<Risk> {
    let fits = |pattern: &str| match pattern.strip_suffix('*') {
        Some(begin) => word.starts_with(begin),
        None => word == pattern,
    };
    let found = VERBS.iter().find(|(_, patterns)| patterns.split(',').any(fits));
    found.map(|(risk, _)| *risk)
}
