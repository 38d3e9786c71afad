//! mount, umount, findmnt, mountpoint, swapon and swapoff, as util-linux 2.38 has them, with newer flags.

use super::{Style, Usage, getopt_try};

/// mount(8) and its family.
pub const MOUNT: Usage = Usage {
    names: &["mount", "umount", "findmnt", "mountpoint", "swapon"],
    style: Style::Gnu,
    global: "-h,--help -V,--version",
    groups: &[],
    commands: &[
        (
            "mount",
            "-a,--all -c,--no-canonicalize -f,--fake -F,--fork -T,--fstab= -i,--internal-only -l,--show-labels \
             -m,--mkdir[=] -n,--no-mtab --options-mode= --options-source= --options-source-force -o,--options= \
             -O,--test-opts= -r,--read-only,--ro -t,--types= --source= --target= --target-prefix= -v,--verbose \
             -w,--rw,--read-write -N,--namespace= -L,--label= -U,--uuid= -B,--bind -M,--move -R,--rbind \
             --make-shared --make-slave --make-private --make-unbindable --make-rshared --make-rslave \
             --make-rprivate --make-runbindable -s --onlyonce --beneath --exclusive --map-users= --map-groups= ; 0..2",
        ),
        (
            "umount",
            "-a,--all -A,--all-targets -c,--no-canonicalize -d,--detach-loop --fake -f,--force -i,--internal-only \
             -n,--no-mtab -l,--lazy -O,--test-opts= -R,--recursive -r,--read-only -t,--types= -v,--verbose -q,--quiet \
             -N,--namespace=",
        ),
        (
            "findmnt",
            "-s,--fstab -m,--mtab -k,--kernel[=] -p,--poll[=] -w,--timeout= -A,--all -a,--ascii -b,--bytes \
             -C,--nocanonicalize -c,--canonicalize -D,--df -d,--direction= -e,--evaluate -F,--tab-file= \
             -f,--first-only -i,--invert -J,--json -l,--list -N,--task= -n,--noheadings -O,--options= -o,--output= \
             --output-all -P,--pairs --pseudo --shadowed -R,--submounts -r,--raw --real -S,--source= -T,--target= \
             --tree -M,--mountpoint= -t,--types= -U,--uniq -u,--notruncate -v,--nofsroot -y,--shell -x,--verify \
             --verbose --vfs-all --deleted -I,--dfi --hyperlink[=] --uniq-source -Q,--filter= -H,--list-columns ; 0..2",
        ),
        ("mountpoint", "-q,--quiet --nofollow -d,--fs-devno -x,--devno --show ; 1"),
        (
            "swapon",
            "-a,--all -d,--discard[=] -e,--ifexists -f,--fixpgsz -o,--options= -p,--priority= -s,--summary --show[=] \
             --output-all --noheadings --raw --bytes -v,--verbose -L= -U= -T,--fstab=",
        ),
    ],
    code: 1,
    manner: getopt_try,
};

/// swapoff(8).
pub const SWAPOFF: Usage = Usage {
    names: &["swapoff"],
    style: Style::Gnu,
    global: "",
    groups: &[],
    commands: &[("", "-h,--help -V,--version -a,--all -v,--verbose -L= -U=")],
    code: 16,
    manner: getopt_try,
};
