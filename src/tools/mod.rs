//! What is known of external tools, as data: flags, what their words are for, the harm of a call.

mod accounts;
mod archives;
mod awk;
mod borg;
mod builds;
mod builtin;
mod catalogue;
mod check_filesystem;
mod chmod;
mod cloud;
mod containers;
mod cp;
mod dd;
mod debian;
mod encryption;
mod etcd;
mod fetch;
mod filter;
pub mod find;
mod git;
mod gzip;
mod host;
mod kubernetes;
mod ln;
mod loss;
mod lvm;
mod mkfs;
mod mongo;
mod mv;
mod mysql;
mod mysql_clients;
mod names;
mod network;
mod opaque;
mod openssl;
mod packages;
mod postgres;
mod psql;
mod rclone;
mod redis;
mod repositories;
mod restic;
mod rm;
mod rsync;
mod sed;
mod shred;
mod sqlite;
mod stores;
mod systemctl;
mod takeover;
pub mod tar;
mod terraform;
mod tool;
mod uniq;
pub mod usage;
mod virtual_machines;

pub use catalogue::{
    described, exists, known_names, known_names_from, of_the_trade, only_creates, only_looks, tool,
    tool_and_name,
};
pub use loss::{Loss, Reach, lost};
pub use mongo::of_script as risk_of_mongo;
pub use takeover::{Fence, Takeover, fence, takeover};
pub use tool::{Call, Flag, Given, Operands, Role, Takes, Tool, Word};

/// Where every step looks its tools up, in a dry run and for real: nothing of the caller's own `PATH`.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Every tool that is described.
pub const TOOLS: &[&Tool] = &[
    &accounts::TOOL,
    &archives::TOOL,
    &borg::TOOL,
    &builds::TOOL,
    &builtin::TOOL,
    &check_filesystem::TOOL,
    &chmod::TOOL,
    &cloud::TOOL,
    &containers::TOOL,
    &cp::TOOL,
    &dd::TOOL,
    &debian::LOOKS,
    &debian::TOOL,
    &encryption::TOOL,
    &etcd::TOOL,
    &fetch::TOOL,
    &filter::TOOL,
    &find::TOOL,
    &git::TOOL,
    &gzip::TOOL,
    &host::TOOL,
    &kubernetes::TOOL,
    &ln::TOOL,
    &lvm::TOOL,
    &mkfs::TOOL,
    &mongo::TOOL,
    &mv::TOOL,
    &mysql::TOOL,
    &mysql_clients::TOOL,
    &network::TOOL,
    &opaque::TOOL,
    &openssl::TOOL,
    &packages::TOOL,
    &postgres::TOOL,
    &psql::TOOL,
    &rclone::TOOL,
    &redis::TOOL,
    &repositories::TOOL,
    &restic::TOOL,
    &rm::TOOL,
    &rsync::TOOL,
    &sed::TOOL,
    &shred::TOOL,
    &sqlite::TOOL,
    &stores::TOOL,
    &systemctl::TOOL,
    &tar::TOOL,
    &terraform::TOOL,
    &uniq::TOOL,
    &virtual_machines::TOOL,
];

/// Tells whether a command that only looks does more with these words.
pub fn does_more(name: &str, words: &[&str]) -> bool {
    names::does_more(name, words)
}

/// Tells whether a path is a block device, by its name.
pub fn is_device(path: &str) -> bool {
    let Some(name) = path.strip_prefix("/dev/") else {
        return false;
    };
    let disks = [
        "sd", "hd", "vd", "xvd", "nvme", "mmcblk", "md", "dm-", "loop", "mapper/", "disk/", "vg",
        "nbd", "rbd", "zvol/", "ram",
    ];
    let others = [
        "shm/",
        "fd/",
        "tcp/",
        "udp/",
        "pts/",
        "input/",
        "snd/",
        "dri/",
        "bus/",
        "net/",
        "char/",
        "cpu/",
        "mqueue/",
        "hugepages/",
        "serial/",
        "v4l/",
        "vfio/",
    ];
    disks.iter().any(|d| name.starts_with(d))
        || name.contains('/') && !others.iter().any(|other| name.starts_with(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Risk;

    fn words(text: &str) -> Vec<Word> {
        let word = |(index, text): (usize, &str)| Word {
            text: text.to_owned(),
            certain: !text.contains('$'),
            fresh: text.contains(".new"),
            index,
        };
        text.split_whitespace().enumerate().skip(1).map(word).collect()
    }

    #[test]
    fn a_call_is_as_dangerous_as_its_flags_and_operands_make_it() {
        let mut wrong = Vec::new();
        let mut check = |text: &str, expected: Risk| {
            let name = text.split_whitespace().next().unwrap();
            let call = Call::new(tool(name).unwrap(), name, &words(text));
            let found = call.risk();
            if found != expected {
                wrong.push(format!(
                    "{text}: {found:?}, not {expected:?}: {:?} {:?}",
                    call.flags, call.operands
                ));
            }
        };
        check("rm -rf /x", Risk::Destructive);
        check("rmdir /x", Risk::Write);
        check("cp a b.new", Risk::Write);
        check("cp -n a b", Risk::Write);
        check("cp a b", Risk::Destructive);
        check("tar -tzf a.tgz", Risk::Read);
        check("tar -czf a.new -C /srv data", Risk::Write);
        check("tar -xzf a.tgz -C /srv", Risk::Destructive);
        check("rsync -an --delete a/ b/", Risk::Read);
        check("rsync -a --delete a/ b/", Risk::Destructive);
        check("find /x -name *.log -delete", Risk::Destructive);
        check("find /x -name *.log -print", Risk::Read);
        check("dd if=/dev/zero of=/dev/sda bs=1M", Risk::Irreversible);
        check("dd if=a of=b.new", Risk::Write);
        check("mkfs.ext4 /dev/vdb1", Risk::Irreversible);
        check("wipefs /dev/vdb1", Risk::Read);
        check("systemctl is-active app", Risk::Read);
        check("systemctl restart app", Risk::Disruptive);
        check("lvremove -y vg0/x", Risk::Irreversible);
        check("restic -r /b snapshots", Risk::Read);
        check("restic forget --keep-daily 7 --prune", Risk::Destructive);
        check("aws s3 sync a s3://b --delete", Risk::Destructive);
        check("kubectl -n shop get pods", Risk::Read);
        check("redis-cli -h x FLUSHALL", Risk::Destructive);
        check("sed -i.bak s/a/b/ f", Risk::Write);
        check("sed s/a/b/ f", Risk::Read);
        check("gzip -t f", Risk::Read);
        check("python3 x.py", Risk::Unknown);
        check("shred -u key", Risk::Irreversible);
        check("sort -fo out in", Risk::Destructive);
        check("sort -k2 -t, in", Risk::Read);
        check("uniq -c in", Risk::Read);
        check("uniq in out", Risk::Destructive);
        check("xxd -c 16 in", Risk::Read);
        check("xxd -r in out", Risk::Destructive);
        check("find . -fprintf out %p", Risk::Destructive);
        check("find . -fls list.new", Risk::Write);
        check("sed -n w\\tout in", Risk::Unknown);
        check("awk -v x=1 BEGIN{system(x)}", Risk::Unknown);
        check("awk -F: {print} in", Risk::Read);
        check("gawk -i inplace 1 in", Risk::Unknown);
        check("tar -tf a -I ./x", Risk::Unknown);
        check("tar --use-compress-program=pigz -tf a", Risk::Read);
        check("tar -tf a --checkpoint-action=exec=./x", Risk::Unknown);
        check("date +%F", Risk::Read);
        check("date -d yesterday +%F", Risk::Read);
        check("date 0101000020", Risk::Disruptive);
        check("hostname -f", Risk::Read);
        check("hostname other", Risk::Disruptive);
        check("journalctl --vacuum-time=1s", Risk::Destructive);
        check("dmesg -C", Risk::Destructive);
        check("curl -fsS -o out https://x", Risk::Destructive);
        check("curl -fsSLO https://x/a", Risk::Write);
        check("curl -X DELETE https://x", Risk::Destructive);
        check("wget -qO- https://x", Risk::Write);
        check("git clean -fdx", Risk::Destructive);
        check("git -C /srv reset --hard", Risk::Destructive);
        check("git checkout -- .", Risk::Destructive);
        check("git -c core.pager=./x log", Risk::Unknown);
        check("git log --oneline", Risk::Read);
        check("mapfile -t lines", Risk::Read);
        check("mapfile -C ./x lines", Risk::Unknown);
        check("hash -p /bin/rm ls", Risk::Unknown);
        check("hash -r", Risk::Read);
        check("enable -f ./x.so x", Risk::Unknown);
        check("psql -X -c drop", Risk::Destructive);
        check("psql -Xc drop", Risk::Destructive);
        check("psql -e -a -n -S -c drop", Risk::Destructive);
        check("psql -XAtc select", Risk::Read);
        check("psql -o out -c select", Risk::Destructive);
        check("mysql -u root -p -e drop", Risk::Destructive);
        check("mysql -f -n -v -e drop", Risk::Destructive);
        check("mysql -psecret -BNe select", Risk::Read);
        check("mysqldump -p --result-file=out x", Risk::Destructive);
        check("mysqldump x", Risk::Read);
        check("mysqladmin -p flush-hosts", Risk::Disruptive);
        check("pg_dump -v -f out x", Risk::Destructive);
        check("pg_dump -a -f out.new x", Risk::Write);
        check("redis-cli -c FLUSHALL", Risk::Destructive);
        check("redis-cli -c -h x flushall", Risk::Destructive);
        check("redis-cli EVAL x", Risk::Unknown);
        check("redis-cli INFO persistence", Risk::Read);
        check("etcdctl lease revoke x", Risk::Destructive);
        check("etcdctl endpoint health", Risk::Read);
        check("pg_restore -d x f", Risk::Write);
        check("pg_restore -cd x f", Risk::Destructive);
        check("pg_ctl status -D /srv/pg", Risk::Read);
        check("pg_ctl start -s -w -D /srv/pg -l log", Risk::Write);
        check("pg_ctl -D /srv/pg -m fast stop", Risk::Disruptive);
        check("pg_ctlcluster --mode=fast 15 main stop", Risk::Disruptive);
        check("pg_ctlcluster 15 main status", Risk::Read);
        check("pg_checksums --check --pgdata=/srv/pg", Risk::Read);
        check("postgres --single -D /srv/pg", Risk::Unknown);
        check("postgres -C data_directory -D /srv/pg", Risk::Read);
        check("pgbackrest --stanza=main info", Risk::Read);
        check("pgbackrest --stanza=main --delta restore", Risk::Destructive);
        check("wal-g backup-fetch /srv/pg LATEST", Risk::Destructive);
        check("pg_rewind -n --target-pgdata=/srv/pg", Risk::Read);
        check("pg_rewind --target-pgdata=/srv/pg", Risk::Destructive);
        check("pg_archivecleanup -n /srv/wal 00000001000000000000000A", Risk::Read);
        check("pg_resetwal --dry-run /srv/pg", Risk::Read);
        check("pg_resetwal -f /srv/pg", Risk::Irreversible);
        check("vacuumdb --all --analyze-in-stages", Risk::Write);
        check("vacuumdb -f -d shop", Risk::Disruptive);
        check("pg_verifybackup -n /backup/base", Risk::Read);
        check("restic rewind", Risk::Unknown);
        check("restic restore latest --target /srv/x.new", Risk::Write);
        check("restic restore latest --target /", Risk::Destructive);
        check("borg prune --keep-daily 7 /backup/borg", Risk::Destructive);
        check("borg --progress list /backup/borg", Risk::Read);
        check("borg check --repair /backup/borg", Risk::Destructive);
        check("rclone sync /srv/a remote:b", Risk::Destructive);
        check("rclone lsf remote:b", Risk::Read);
        check("kopia snapshot create /srv", Risk::Write);
        check("kopia snapshot delete x --delete", Risk::Destructive);
        check("duplicity remove-older-than 3M file:///b", Risk::Read);
        check("duplicity remove-older-than 3M --force file:///b", Risk::Destructive);
        check("velero backup create nightly --include-namespaces shop", Risk::Write);
        check("velero restore create --from-backup nightly", Risk::Destructive);
        check("kubectl -n shop delete pvc data", Risk::Destructive);
        check("kubectl scale deploy shop --replicas 0", Risk::Disruptive);
        check("kubectl delete ns shop --dry-run=server", Risk::Read);
        check("helm un shop", Risk::Destructive);
        check("docker compose down -v", Risk::Destructive);
        check("docker volume ls", Risk::Read);
        check("docker run --rm -v /:/host alpine true", Risk::Unknown);
        check("docker volume rm data", Risk::Destructive);
        check("terraform plan -out tf.new", Risk::Read);
        check("terraform destroy -auto-approve", Risk::Destructive);
        check("aws ec2 describe-snapshots", Risk::Read);
        check(
            "aws rds restore-db-instance-to-point-in-time --target-db-instance-identifier x",
            Risk::Destructive,
        );
        check("aws s3 cp a s3://b", Risk::Write);
        check("aws kms schedule-key-deletion --key-id x", Risk::Irreversible);
        check("gcloud sql backups create --instance=x", Risk::Write);
        check("gcloud sql instances delete x", Risk::Destructive);
        check("az group delete --name x --yes", Risk::Destructive);
        check("az storage blob list -c x", Risk::Read);
        check("zfs destroy -nv tank/x", Risk::Read);
        check("zfs destroy tank/x@a", Risk::Irreversible);
        check("zfs list -t snapshot", Risk::Read);
        check("btrfs sub del /srv/x", Risk::Irreversible);
        check("mdadm --detail /dev/md0", Risk::Read);
        check(
            "mdadm --create /dev/md0 --level=1 --raid-devices=2 /dev/sda /dev/sdb",
            Risk::Irreversible,
        );
        check("cryptsetup luksHeaderBackup /dev/sda --header-backup-file h", Risk::Write);
        check("cryptsetup luksFormat /dev/sda", Risk::Irreversible);
        check("systemctl list-units --failed", Risk::Read);
        check("systemctl stop --now app", Risk::Disruptive);
        check("crontab -r", Risk::Destructive);
        check("crontab -l", Risk::Read);
        check("ip addr show", Risk::Read);
        check("ip addr add 10.0.0.1/24 dev eth0", Risk::Disruptive);
        check("iptables -L -n", Risk::Read);
        check("iptables -F", Risk::Disruptive);
        check("virsh undefine x --remove-all-storage", Risk::Irreversible);
        check("virsh domblklist x", Risk::Read);
        check("qemu-img convert -O qcow2 a b.new", Risk::Write);
        check("apt-get -y install x", Risk::Write);
        check("apt-get purge x", Risk::Destructive);
        check("dpkg -l x", Risk::Read);
        check("dpkg --compare-versions 1 lt 2", Risk::Read);
        check("invoke-rc.d app start", Risk::Write);
        check("update-rc.d app defaults", Risk::Write);
        check("deb-systemd-helper --quiet was-enabled app.service", Risk::Read);
        check("db_get app/x", Risk::Read);
        check("useradd -r -d /srv/app app", Risk::Write);
        check("userdel -r app", Risk::Destructive);
        check("gpg --batch --decrypt --output x.new x.gpg", Risk::Write);
        check("gpg --delete-secret-keys x", Risk::Irreversible);
        check("unzip -l x", Risk::Read);
        check("7z x a.7z", Risk::Destructive);
        check("pgbackrest --stanza main --type time expire", Risk::Destructive);
        check("patronictl -c /etc/patroni.yml list", Risk::Read);
        check("repmgr -f /etc/repmgr.conf standby promote", Risk::Disruptive);
        check("barman check main", Risk::Read);
        check("wal-g delete retain 5", Risk::Read);
        check("wal-g delete retain 5 --confirm", Risk::Destructive);
        check("mongorestore --drop dump", Risk::Destructive);
        check("fsck -n /dev/sda1", Risk::Read);
        check("xfs_repair -L /dev/sda1", Risk::Destructive);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn what_to_write_instead_is_the_advice_for_what_the_call_does() {
        let check = |text: &str, expected: Option<&str>| {
            let name = text.split_whitespace().next().unwrap();
            let call = Call::new(tool(name).unwrap(), name, &words(text));
            let found = call.safer();
            match expected {
                Some(part) => {
                    assert!(found.is_some_and(|found| found.contains(part)), "{text}: {found:?}")
                }
                None => assert_eq!(found, None, "{text}"),
            }
        };
        check("restic forget --keep-last 3", Some("--dry-run"));
        check("restic snapshots", None);
        check("rclone sync a b:", Some("--backup-dir"));
        check("redis-cli -h x FLUSHALL", Some("BGSAVE"));
        check("zfs destroy tank/x", Some("-nv"));
        check("kubectl delete pvc data", Some("Retain"));
        check("docker compose down -v", Some("stop"));
        check("pg_restore --clean -d shop f", Some("new database"));
        check("aws s3 rb s3://x --force", Some("refuses"));
        check("rsync -a --delete a/ b/", Some("--max-delete"));
        check("dd if=a of=/dev/sdb", Some("lsblk"));
    }

    #[test]
    fn a_command_that_looks_does_more_with_some_words() {
        let check = |text: &str, expected: bool| {
            let words: Vec<&str> = text.split_whitespace().collect();
            assert!(only_looks(words[0]), "{text}");
            assert_eq!(does_more(words[0], &words[1..]), expected, "{text}");
        };
        check("shuf -no out", true);
        check("shuf --outp=out", true);
        check("shuf -n 1", false);
        check("debugfs -w /dev/sda", true);
        check("rpm -e x", true);
        check("rpm -qi x", false);
        check("smartctl -t long /dev/sda", true);
        check("smartctl -H /dev/sda", false);
        check("tree -o out", true);
    }

    #[test]
    fn words_are_taken_apart_as_getopt_does() {
        let given = words("tar -xzf a.tgz --direc=/srv -- -x b");
        let call = Call::new(tool("tar").unwrap(), "tar", &given);
        assert_eq!(call.value(&["file"]).unwrap().text, "a.tgz");
        assert_eq!(call.value(&["directory"]).unwrap().text, "/srv");
        let operands: Vec<&str> = call.operands.iter().map(|w| w.text.as_str()).collect();
        assert_eq!(operands, ["-x", "b"]);
    }

    #[test]
    fn a_name_stands_in_one_description_only() {
        let mut names: Vec<&str> = TOOLS.iter().flat_map(|t| t.names).copied().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
