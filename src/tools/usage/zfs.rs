//! zfs and zpool, as OpenZFS 2.2 has them (zfs(8), zpool(8)).

use super::{Problem, Style, Usage, getopt};

/// zfs(8).
pub const ZFS: Usage = Usage {
    names: &["zfs"],
    style: Style::Posix,
    global: "-? --help -V,--version -j",
    groups: &[("list", "-H -p -j --json-int -r -d=N -s= -S= -o= -t=")],
    commands: &[
        ("version", "-j ; 0"),
        ("create", "-P -n -u -v -p -s -b= -o= -V= ; 1"),
        ("destroy", "-f -n -p -R -r -v -d ; 1"),
        ("snapshot|snap", "-r -o= ; 1.."),
        ("rollback", "-r -R -f ; 1"),
        ("clone", "-p -u -o= ; 2"),
        ("promote", "; 1"),
        ("rename", "-f -p -u -r ; 2"),
        ("bookmark", "; 2"),
        ("program", "-j -n -t= -m= ; 2.."),
        ("list", "@list"),
        ("set", "-u ; 2.."),
        ("get", "-H -p -j --json-int -r -d=N -o= -t= -s= ; 1.."),
        ("inherit", "-r -S ; 2.."),
        ("upgrade", "-v -r -V= -a"),
        ("userspace", "-H -i -n -p -o= -s= -S= -t= ; 1"),
        ("groupspace", "-H -i -n -p -o= -s= -S= -t= ; 1"),
        ("projectspace", "-H -p -o= -s= -S= ; 1"),
        ("project", "-d -r -c -0 -p=N -s -C -k ; 1.."),
        ("mount", "-j -O -f -l -v -o= -a -R ; 0..1"),
        ("unmount|umount", "-a -f -u ; 0..1"),
        ("share", "-a -l ; 0..1"),
        ("unshare", "-a ; 0..1"),
        (
            "send",
            "-D,--dedup -L,--large-block -P,--parsable -R,--replicate -V,--proctitle -X,--exclude= -b,--backup -c,--compressed \
             -e,--embed -h,--holds -n,--dryrun -p,--props -s,--skip-missing -v,--verbose -w,--raw -i= -I= -t= -S,--saved \
             -d,--redact= ; 0..1",
        ),
        ("receive|recv", "-A -F -h -M -n -s -u -v -d -e -o= -x= -c ; 1"),
        ("redact", "; 3.."),
        ("allow", "-d -l -u= -g= -e -c -s"),
        ("unallow", "-d -l -r -u= -g= -e -c -s"),
        ("hold", "-r ; 2.."),
        ("holds", "-r -H -p ; 1.."),
        ("release", "-r ; 2.."),
        ("diff", "-F -H -t -h ; 1..2"),
        ("load-key", "-L= -n -r -a ; 0..1"),
        ("unload-key", "-r -a ; 0..1"),
        ("change-key", "-i -l -o= ; 1"),
        ("wait", "-t= ; 1"),
        ("jail", "; 2"),
        ("unjail", "; 2"),
        ("zone", "; 2"),
        ("unzone", "; 2"),
        ("rewrite", "-P -r -v -x -l=N -o=N ; 1.."),
    ],
    code: 2,
    manner: zfs,
};

/// zpool(8).
pub const ZPOOL: Usage = Usage {
    names: &["zpool"],
    style: Style::Posix,
    global: "-? --help -V,--version",
    groups: &[],
    commands: &[
        ("version", "-j ; 0"),
        ("create", "-d -f -n -m= -o= -O= -R= -t= ; 2.."),
        ("destroy", "-f ; 1"),
        (
            "add",
            "-f -g -L -n -P -o= --allow-in-use --allow-replication-mismatch --allow-ashift-mismatch ; 2..",
        ),
        ("remove", "-n -p -s -w ; 1.."),
        ("labelclear", "-f ; 1"),
        ("checkpoint", "-d,--discard -w,--wait ; 1"),
        ("list", "-g -H -L -p -P -v -j --json-int --json-pool-key-guid -o= -T="),
        ("iostat", "-T= -c= -g -H -L -n -p -P -q -r -l -v -w -y"),
        (
            "status",
            "-c= -D -e -g -i -L -p -P -s -t -v -x -d -j --json-int --json-flat-vdevs --json-pool-key-guid --power -T=",
        ),
        ("online", "-e --power ; 2.."),
        ("offline", "-f -t --power ; 2.."),
        ("clear", "-F -n -X --power ; 1..2"),
        ("attach", "-f -s -w -o= ; 3"),
        ("detach", "; 2"),
        ("replace", "-f -s -w -o= ; 2..3"),
        ("split", "-g -L -l -n -P -R= -o= ; 2.."),
        ("initialize", "-c,--cancel -s,--suspend -u,--uninit -w,--wait -a ; 0.."),
        ("resilver", "; 1.."),
        ("scrub", "-s -p -w -e -C -a -E= -S= ; 0.."),
        ("trim", "-d,--secure -r,--rate= -c,--cancel -s,--suspend -w,--wait -a ; 0.."),
        ("import", "-D -a -f -m -l -n -F -N -X -s -T= -d= -c= -R= -o= -t --rewind-to-checkpoint"),
        ("export", "-a -f ; 0.."),
        ("upgrade", "-a -v -V="),
        ("reguid", "-g= ; 1"),
        ("reopen", "-n"),
        ("history", "-i -l"),
        ("events", "-v -H -f -c"),
        ("get", "-H -p -j --json-int --json-pool-key-guid -o= ; 1.."),
        ("set", "; 2..3"),
        ("sync", ""),
        ("wait", "-H -p -n -T= -t= ; 1.."),
        ("ddtprune", "-d= -p= ; 1"),
        ("prefetch", "-t= ; 1"),
    ],
    code: 2,
    manner: zfs,
};

fn zfs(usage: &Usage, tool: &str, problem: &Problem) -> String {
    match problem {
        Problem::UnknownCommand { word, .. } => format!("unrecognized command '{word}'"),
        Problem::CommandMissing { .. } => "missing command".to_owned(),
        Problem::UnknownFlag(flag) if flag.starts_with("--") => {
            format!("invalid option '{}'", flag.trim_start_matches('-'))
        }
        Problem::UnknownFlag(flag) => format!("invalid option '{}'", flag.trim_start_matches('-')),
        Problem::ValueMissing(flag) => {
            format!("missing argument for '{}' option", flag.trim_start_matches('-'))
        }
        Problem::OperandMissing { .. } => "missing argument".to_owned(),
        Problem::OperandUnwanted(_) => "too many arguments".to_owned(),
        Problem::AmbiguousFlag(..)
        | Problem::ValueUnwanted(_)
        | Problem::BadValue { .. }
        | Problem::FlagMissing(_) => getopt(usage, tool, problem),
    }
}
