//! Who is in charge of data that several machines hold: calls that take it over, and calls that keep another machine out.

use std::sync::LazyLock;

use super::loss::Patterns;
use super::tool::Call;

/// A call that makes this machine the one that writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takeover {
    /// A standby server becomes the primary; nothing asks the old one.
    Promotes,
    /// Storage that another machine may still write to is taken by force.
    Seizes,
    /// A cluster begins anew with what this member has.
    Bootstraps,
    /// A cluster's manager hands over, and fences by itself; how far the candidate came is not its question.
    HandsOver,
}

/// A call that keeps another machine from writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fence {
    /// It cannot be reached any more, or is asked to go; what it has begun goes on.
    Isolates,
    /// It is stopped, or has no power.
    Stops,
}

const TAKEOVERS: &[(Takeover, &str)] = &[
    (
        Takeover::Promotes,
        "pg_ctl|pg_ctlcluster promote,redis-cli|valkey-cli|keydb-cli REPLICAOF|replicaof|SLAVEOF|slaveof NO|no",
    ),
    (Takeover::Promotes, "rbd mirror image promote --force,rbd mirror pool promote --force"),
    (
        Takeover::Seizes,
        "drbdadm primary --force|overwrite-data-of-peer|f,drbdadm -- primary --force",
    ),
    (Takeover::Seizes, "zpool import --force|f,vgimport --force"),
    (Takeover::Bootstraps, "galera_new_cluster,galera_recovery,mysqld_bootstrap"),
    (Takeover::Bootstraps, "mysqld|mariadbd|mysqld_safe|mariadbd-safe --wsrep-new-cluster"),
    (
        Takeover::Bootstraps,
        "service mysql|mariadb|mysqld bootstrap,systemctl start mysql@bootstrap*|mysqld@bootstrap*",
    ),
    (Takeover::HandsOver, "patronictl failover --force"),
];

const FENCES: &[(Fence, &str)] = &[
    (Fence::Stops, "pcs stonith fence,crm node fence,crm_node fence"),
    (
        Fence::Stops,
        "virsh destroy|shutdown,qm|pct stop|shutdown|suspend,VBoxManage controlvm poweroff,vagrant halt,lxc stop",
    ),
    (
        Fence::Stops,
        "govc vm.power --off|s|force,govc vm.destroy,govc host.shutdown|host.disconnect",
    ),
    (Fence::Stops, "aws stop-instances|terminate-instances|stop-db-instance|stop-db-cluster"),
    (
        Fence::Stops,
        "az deallocate|stop,gcloud stop|suspend|reset,doctl power-off|shutdown,hcloud poweroff|shutdown",
    ),
    (
        Fence::Stops,
        "openstack server stop|pause|suspend|delete,oci instance action,linode-cli shutdown",
    ),
    (
        Fence::Isolates,
        "kubectl|oc scale --replicas=0,kubectl|oc cordon|drain|delete,docker|podman|nerdctl network disconnect",
    ),
    (
        Fence::Isolates,
        "nft add|insert|replace * drop|reject,iptables|ip6tables|iptables-nft --j|jump=DROP|REJECT",
    ),
    (
        Fence::Isolates,
        "ip link set down,ip route add blackhole|unreachable|prohibit,firewall-cmd --add-rich-rule",
    ),
    (
        Fence::Isolates,
        "aws revoke-security-group-ingress|modify-instance-attribute|detach-network-interface,ufw deny|reject|insert",
    ),
];

/// Returns whether a call takes over what another machine is in charge of.
pub fn takeover(call: &Call<'_>) -> Option<Takeover> {
    static PATTERNS: LazyLock<Patterns> =
        LazyLock::new(|| Patterns::of(TAKEOVERS.iter().map(|(_, line)| *line)));
    let found = PATTERNS.first_fit(call).map(|row| TAKEOVERS[row].0);
    found.filter(|_| !dry(call))
}

/// Returns whether a call keeps another machine from writing.
pub fn fence(call: &Call<'_>) -> Option<Fence> {
    static PATTERNS: LazyLock<Patterns> =
        LazyLock::new(|| Patterns::of(FENCES.iter().map(|(_, line)| *line)));
    let found = PATTERNS.first_fit(call).map(|row| FENCES[row].0);
    found.filter(|_| !dry(call))
}

fn dry(call: &Call<'_>) -> bool {
    call.has(&["dry-run", "help"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::{Word, tool_and_name};

    fn call(text: &str) -> Call<'static> {
        let words = text.split_whitespace().enumerate().skip(1).map(|(index, text)| Word {
            text: text.to_owned(),
            certain: true,
            fresh: false,
            index,
        });
        let words: Vec<Word> = words.collect();
        let name = text.split_whitespace().next().unwrap();
        let (tool, name) = tool_and_name(name).unwrap_or_else(|| panic!("{name}"));
        Call::new(tool, name, &words)
    }

    #[test]
    fn a_takeover_is_told_from_a_look() {
        for (text, expected) in [
            ("drbdadm primary --force r0", Some(Takeover::Seizes)),
            ("drbdadm primary r0", None),
            ("zpool import -f tank", Some(Takeover::Seizes)),
            ("zpool import tank", None),
            ("pg_ctl promote -D /srv/pg", Some(Takeover::Promotes)),
            ("pg_ctlcluster 15 main promote", Some(Takeover::Promotes)),
            ("galera_new_cluster", Some(Takeover::Bootstraps)),
            ("mysqld --wsrep-new-cluster", Some(Takeover::Bootstraps)),
            ("systemctl start mysql@bootstrap.service", Some(Takeover::Bootstraps)),
            ("patronictl failover --candidate db2 --force", Some(Takeover::HandsOver)),
            ("patronictl list", None),
            ("redis-cli REPLICAOF NO ONE", Some(Takeover::Promotes)),
            ("redis-cli REPLICAOF h 6379", None),
        ] {
            assert_eq!(takeover(&call(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_fence_stops_or_isolates() {
        for (text, expected) in [
            ("pcs stonith fence pg1", Some(Fence::Stops)),
            ("pcs status", None),
            ("qm stop 101", Some(Fence::Stops)),
            ("qm status 101", None),
            ("govc vm.power -off -force pg1", Some(Fence::Stops)),
            ("govc vm.power -on pg1", None),
            ("virsh destroy pg1", Some(Fence::Stops)),
            ("aws ec2 stop-instances --instance-ids i-1", Some(Fence::Stops)),
            ("az vm deallocate -g g -n pg1", Some(Fence::Stops)),
            ("kubectl scale sts pg --replicas=0", Some(Fence::Isolates)),
            ("kubectl scale sts pg --replicas=3", None),
            ("nft add rule inet filter input ip saddr 10.0.0.1 drop", Some(Fence::Isolates)),
            ("iptables -I INPUT -s 10.0.0.1 -j DROP", Some(Fence::Isolates)),
            ("iptables -L", None),
        ] {
            assert_eq!(fence(&call(text)), expected, "{text}");
        }
    }
}
