//! iptables 1.8 with its save and restore, and nft 1.0.

use super::{Problem, Style, Usage, getopt};

/// iptables(8). The flags of matches and targets are many and come with modules, so they are only
/// known as far as they are listed here.
pub const IPTABLES: Usage = Usage {
    names: &["iptables", "ip6tables"],
    style: Style::Gnu,
    global: "",
    groups: &[],
    commands: &[(
        "",
        "-A,--append= -C,--check= -D,--delete= -I,--insert= -R,--replace= -L,--list -S,--list-rules -F,--flush -Z,--zero \
         -N,--new,--new-chain= -X,--delete-chain -P,--policy= -E,--rename-chain= -h,--help -4,--ipv4 -6,--ipv6 -p,--protocol,--proto= \
         -s,--source,--src= -d,--destination,--dst= -i,--in-interface= -o,--out-interface= -j,--jump= -g,--goto= -m,--match= \
         -n,--numeric -t,--table= -v,--verbose -w,--wait[=] -W,--wait-interval= --line-numbers -x,--exact -f,--fragment \
         --modprobe= -c,--set-counters= -V,--version -M= --dport,--destination-port= --sport,--source-port= --dports,--destination-ports= \
         --sports,--source-ports= --ports= --tcp-flags= --syn --tcp-option= --icmp-type= --icmpv6-type= --state= --ctstate= \
         --ctproto= --ctdir= --comment= --limit= --limit-burst= --reject-with= --log-prefix= --log-level= --log-uid \
         --log-ip-options --to-destination= --to-source= --to-ports= --to= --random --random-fully --persistent --mac-source= \
         --uid-owner= --gid-owner= --socket-exists --src-range= --dst-range= --src-type= --dst-type= --mark= --set-mark= \
         --set-xmark= --save-mark --restore-mark --match-set= --add-set= --del-set= --exist --timeout= --name= --set --rcheck \
         --update --remove --seconds= --hitcount= --rsource --rdest --connlimit-above= --connlimit-upto= --connlimit-mask= \
         --connlimit-saddr --connlimit-daddr --hashlimit= --hashlimit-upto= --hashlimit-above= --hashlimit-burst= \
         --hashlimit-mode= --hashlimit-name= --string= --algo= --from= --hex-string= --probability= --mode= --every= --packet= \
         --length= --ttl-eq= --ttl-lt= --ttl-gt= --tos= --dscp= --dscp-class= --clamp-mss-to-pmtu --set-mss= --physdev-in= \
         --physdev-out= --physdev-is-bridged --timestart= --timestop= --datestart= --datestop= --weekdays= --monthdays= --dir= \
         --pol= --proto-type= --notrack --zone= --helper= --queue-num= --queue-bypass --nflog-group= --nflog-prefix= --path= \
         --rfilter --loose --validmark --mask= --rttl --cluster-total-nodes= --gateway= --on-port= --on-ip= --tproxy-mark= --vaddr= \
         --cgroup= --u32= --and-mark= --or-mark= --nfmask= --ctmask=",
    )],
    code: 2,
    manner: iptables,
};

/// iptables-save(8) and iptables-restore(8).
pub const IPTABLES_SAVE: Usage = Usage {
    names: &["iptables-save", "ip6tables-save", "iptables-restore", "ip6tables-restore"],
    style: Style::Gnu,
    global: "",
    groups: &[
        (
            "save",
            "-c,--counters -V,--version -t,--table= -M,--modprobe= -f,--file= -4,--ipv4 -6,--ipv6",
        ),
        (
            "restore",
            "-c,--counters -v,--verbose -V,--version -t,--test -h,--help -n,--noflush -T,--table= -M,--modprobe= -4,--ipv4 \
             -6,--ipv6 -w,--wait[=] -W,--wait-interval=",
        ),
    ],
    commands: &[
        ("iptables-save", "@save ; 0"),
        ("ip6tables-save", "@save ; 0"),
        ("iptables-restore", "@restore ; 0..1"),
        ("ip6tables-restore", "@restore ; 0..1"),
    ],
    code: 1,
    manner: save,
};

/// nft(8): the words behind the flags are its own language.
pub const NFT: Usage = Usage {
    names: &["nft"],
    style: Style::Gnu,
    global: "",
    groups: &[],
    commands: &[(
        "",
        "-h,--help -v,--version -V -f,--file= -D,--define= -i,--interactive -I,--includepath= -c,--check -o,--optimize \
         -a,--handle -s,--stateless -t,--terse -S,--service -N,--reversedns -u,--guid -n,--numeric -y,--numeric-priority \
         -p,--numeric-protocol -T,--numeric-time -e,--echo -j,--json -d,--debug=",
    )],
    code: 1,
    manner: getopt,
};

fn iptables(_usage: &Usage, tool: &str, problem: &Problem) -> String {
    let version = format!("{tool} v1.8.9 (nf_tables)");
    let advice = format!("Try `{tool} -h' or '{tool} --help' for more information.");
    let said = match problem {
        Problem::UnknownFlag(flag) => format!("unknown option \"{flag}\""),
        Problem::ValueMissing(flag) => format!("option \"{flag}\" requires an argument"),
        Problem::ValueUnwanted(flag) => format!("option \"{flag}\" does not allow an argument"),
        Problem::AmbiguousFlag(flag, _) => format!("option \"{flag}\" is ambiguous"),
        Problem::BadValue { flag, value } => format!("invalid value \"{value}\" for \"{flag}\""),
        Problem::OperandUnwanted(word) => format!("Bad argument `{word}'"),
        Problem::FlagMissing(_)
        | Problem::UnknownCommand { .. }
        | Problem::CommandMissing { .. }
        | Problem::OperandMissing { .. } => "no command specified".to_owned(),
    };
    format!("{version}: {said}\n{advice}")
}

fn save(usage: &Usage, tool: &str, problem: &Problem) -> String {
    let said = match problem {
        Problem::OperandUnwanted(_) => "Unknown arguments found on commandline".to_owned(),
        Problem::UnknownFlag(_)
        | Problem::AmbiguousFlag(..)
        | Problem::ValueMissing(_)
        | Problem::ValueUnwanted(_)
        | Problem::BadValue { .. }
        | Problem::FlagMissing(_)
        | Problem::UnknownCommand { .. }
        | Problem::CommandMissing { .. }
        | Problem::OperandMissing { .. } => getopt(usage, tool, problem),
    };
    format!("{said}\nLook at manual page `{tool}.8' for more information.")
}
