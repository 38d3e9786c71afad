//! btrfs, as btrfs-progs 6 has it (`btrfs help --full`).

use super::{Problem, Style, Usage, getopt};

/// btrfs(8).
pub const BTRFS: Usage = Usage {
    names: &["btrfs"],
    style: Style::Cut,
    global: "--help -h --version -q,--quiet -v,--verbose --format= --log= --dry-run --param=",
    groups: &[],
    commands: &[
        ("help", "--full --box"),
        ("version", ""),
        (
            "balance start",
            "-d[=] -m[=] -s[=] -f --full-balance --background,--bg --enqueue -v,--verbose -q,--quiet ; 1",
        ),
        ("balance pause", " ; 1"),
        ("balance cancel", " ; 1"),
        ("balance resume", "-q,--quiet ; 1"),
        ("balance status", "-v,--verbose ; 1"),
        (
            "check",
            "-s,--super= -b,--backup -r,--tree-root= --chunk-root= --readonly --repair --force --mode= \
            --init-csum-tree --init-extent-tree --clear-space-cache= --clear-ino-cache --check-data-csum \
            -Q,--qgroup-report -E,--subvol-extents= -p,--progress ; 1",
        ),
        ("device add", "-K,--nodiscard -f,--force --enqueue ; 2.."),
        ("device delete", " ; 2.."),
        ("device remove", "--enqueue ; 2.."),
        ("device replace", ""),
        ("device scan", "-d,--all-devices -u,--forget -v,--verbose -q,--quiet"),
        ("device ready", " ; 1"),
        ("device stats", "-c,--check -z,--reset -T --format= ; 1"),
        (
            "device usage",
            "-b,--raw -h,--human-readable -H --iec --si -k,--kbytes -m,--mbytes -g,--gbytes -t,--tbytes ; 1..",
        ),
        (
            "filesystem df",
            "-b,--raw -h,--human-readable -H --iec --si -k,--kbytes -m,--mbytes -g,--gbytes -t,--tbytes --format= ; 1",
        ),
        (
            "filesystem du",
            "-s,--summarize --raw --human-readable --iec --si --kbytes --mbytes --gbytes --tbytes ; 1..",
        ),
        (
            "filesystem show",
            "-d,--all-devices -m,--mounted --raw --human-readable --iec --si --kbytes --mbytes --gbytes --tbytes ; \
            0..1",
        ),
        ("filesystem sync", " ; 1"),
        ("filesystem defragment", "-r -c[=] -f -s= -l= -t= -v,--verbose ; 1.."),
        ("filesystem resize", "--enqueue ; 2"),
        ("filesystem label", " ; 1..2"),
        (
            "filesystem usage",
            "-b,--raw -h,--human-readable -H --iec --si -k,--kbytes -m,--mbytes -g,--gbytes -t,--tbytes -T ; 1..",
        ),
        ("filesystem mkswapfile", "-s,--size= -U,--uuid= -v,--verbose -q,--quiet ; 1"),
        ("inspect-internal inode-resolve", "-v,--verbose"),
        ("inspect-internal logical-resolve", "-P -o -s= -v,--verbose"),
        ("inspect-internal subvolid-resolve", ""),
        ("inspect-internal rootid", ""),
        ("inspect-internal map-swapfile", "-r,--resume-offset"),
        ("inspect-internal min-dev-size", "--id="),
        (
            "inspect-internal dump-tree",
            "-e,--extents -d,--device -r,--roots -R,--backups -u,--uuid -b,--block= -t,--tree= --follow --noscan \
            --bfs --dfs --hide-names --csum-headers --csum-items",
        ),
        ("inspect-internal dump-super", "-f,--full -a,--all -F,--force --bytenr= -s= -i="),
        ("inspect-internal tree-stats", "-b"),
        ("property get", "-t= ; 1..2"),
        ("property set", "-t= -f ; 3"),
        ("property list", "-t= ; 1"),
        ("qgroup assign", "--rescan --no-rescan ; 3"),
        ("qgroup remove", "--rescan --no-rescan ; 3"),
        ("qgroup create", " ; 2"),
        ("qgroup clear-stale", "-q,--quiet"),
        ("qgroup destroy", " ; 2"),
        (
            "qgroup show",
            "-p -c -r -e -F -f --raw --human-readable --iec --si --kbytes --mbytes --gbytes --tbytes --sort= --sync \
            --format= ; 1",
        ),
        ("qgroup limit", "-c -e ; 2..3"),
        ("quota enable", " ; 1"),
        ("quota disable", " ; 1"),
        ("quota rescan", "-s,--status -w,--wait -W,--wait-norescan -q,--quiet ; 1"),
        (
            "receive",
            "-f= -e -C,--chroot -E,--max-errors= -m= --force-decompress --dump -v,--verbose -q,--quiet ; 0..1",
        ),
        ("replace start", "-r -f -B --enqueue -K,--nodiscard ; 3"),
        ("replace status", "-1 ; 1"),
        ("replace cancel", " ; 1"),
        ("rescue chunk-recover", "-y -h -v,--verbose"),
        ("rescue super-recover", "-y -v,--verbose"),
        ("rescue zero-log", ""),
        ("rescue fix-device-size", ""),
        ("rescue create-control-device", ""),
        ("rescue clear-uuid-tree", ""),
        (
            "restore",
            "-D,--dry-run -i,--ignore-errors -o,--overwrite -m,--metadata -S,--symlink -s,--snapshots -x,--xattr \
            --path-regex= -c -d -l,--list-roots -f= -r,--root= -t= -u,--super= -v,--verbose ; 1..2",
        ),
        ("scrub start", "-B -d -r -R -c= -n= -f -q,--quiet ; 1"),
        ("scrub cancel", "-q,--quiet ; 1"),
        ("scrub resume", "-B -d -r -R -c= -n= -q,--quiet ; 1"),
        (
            "scrub status",
            "-d -R --raw --human-readable --iec --si --kbytes --mbytes --gbytes --tbytes ; 1",
        ),
        (
            "send",
            "-e -p= -c= -f= --no-data --proto= --compressed-data -v,--verbose -q,--quiet ; 1..",
        ),
        ("subvolume create", "-i= -q,--quiet ; 1.."),
        (
            "subvolume delete",
            "-c,--commit-after -C,--commit-each -i,--subvolid -v,--verbose -q,--quiet ; 1..",
        ),
        ("subvolume list", "-o -a -p -c -g -u -q -R -s -r -d -t -G -C --sort= ; 1"),
        ("subvolume snapshot", "-r -i= -q,--quiet ; 2"),
        ("subvolume get-default", " ; 1"),
        ("subvolume set-default", " ; 1..2"),
        ("subvolume find-new", " ; 2"),
        (
            "subvolume show",
            "-r,--rootid -u,--uuid= -b,--raw -h,--human-readable -H --iec --si -k,--kbytes -m,--mbytes -g,--gbytes \
            -t,--tbytes ; 1",
        ),
        ("subvolume sync", "-s= ; 1.."),
        ("help", "--full --box"),
        ("version", ""),
    ],
    code: 1,
    manner: btrfs,
};

/// `tool` is the name with the command: `btrfs subvolume create`.
fn btrfs(usage: &Usage, tool: &str, problem: &Problem) -> String {
    match problem {
        Problem::UnknownCommand { word, .. } => format!("{tool}: unknown token '{word}'"),
        Problem::OperandMissing { least, given } => {
            let many = if *least == 1 { "" } else { "s" };
            format!("{tool}: exactly {least} argument{many} expected, {given} given")
        }
        Problem::OperandUnwanted(_) => format!("{tool}: too many arguments"),
        Problem::CommandMissing { .. } => {
            "usage: btrfs [global] <group> [<group>...] <command> [<args>]".to_owned()
        }
        Problem::UnknownFlag(flag) if !flag.starts_with("--") || flag == "--" => {
            format!("{tool}: invalid option '{}'", flag.get(1..).unwrap_or(flag))
        }
        Problem::ValueMissing(flag) if !flag.starts_with("--") => {
            format!("{tool}: invalid option '{}'", flag.trim_start_matches('-'))
        }
        Problem::UnknownFlag(_)
        | Problem::AmbiguousFlag(..)
        | Problem::ValueMissing(_)
        | Problem::ValueUnwanted(_)
        | Problem::BadValue { .. }
        | Problem::FlagMissing(_) => getopt(usage, tool, problem),
    }
}
