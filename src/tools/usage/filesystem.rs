//! Tools that make, check and grow file systems: e2fsprogs 1.47, xfsprogs 6, btrfs-progs 6, dosfstools 4, util-linux 2.38.

use super::{Problem, Style, Usage, getopt, getopt_try};

/// The mke2fs(8), e2fsck(8), resize2fs(8), tune2fs(8) of ext file systems.
pub const EXT: Usage = Usage {
    names: &["mke2fs", "mkfs.ext2", "mkfs.ext3", "mkfs.ext4", "resize2fs", "tune2fs", "e2label"],
    style: Style::Gnu,
    global: "",
    groups: &[(
        "make",
        "-c -l= -b= -C= -i= -I= -J= -G= -N= -d= -m= -o= -g= -L= -M= -O= -r= -E= -R= -t= -T= -U= -e= -z= -j -n -q -v \
             -D -F -S -V",
    )],
    commands: &[
        ("mke2fs", "@make ; 1..2"),
        ("mkfs.ext2", "@make ; 1..2"),
        ("mkfs.ext3", "@make ; 1..2"),
        ("mkfs.ext4", "@make ; 1..2"),
        ("resize2fs", "-d= -f -F -M -P -p -b -s -S= -z= ; 1..2"),
        (
            "tune2fs",
            "-c= -e= -f -g= -i= -j -J= -l -m= -o= -r= -u= -C= -L= -M= -O= -Q= -E= -T= -U= -I= -z= -s= -h ; 1",
        ),
        ("e2label", "; 1..2"),
    ],
    code: 1,
    manner: getopt,
};

/// e2fsck(8), under all its names.
pub const EXT_CHECK: Usage = Usage {
    names: &["e2fsck", "fsck.ext2", "fsck.ext3", "fsck.ext4"],
    style: Style::Gnu,
    global: "",
    groups: &[],
    commands: &[(
        "",
        "-p -a -n -y -r -d -c -f -k -t -v -D -F -V -b= -B= -l= -L= -C= -j= -E= -z= -x= -I= -m= -P= -s -S -M= -N= ; 1",
    )],
    code: 16,
    manner: getopt,
};

/// mkfs.xfs(8), xfs_repair(8), xfs_growfs(8).
pub const XFS: Usage = Usage {
    names: &["mkfs.xfs", "xfs_repair", "xfs_growfs", "fsck.xfs"],
    style: Style::Gnu,
    global: "",
    groups: &[],
    commands: &[
        (
            "mkfs.xfs",
            "-b= -c= -m= -d= -f -i= -K -l= -L= -n= -N -p= -q -r= -s= -V -C --unsupported ; 0..1",
        ),
        ("xfs_repair", "-f -L -l= -m= -n -P -r= -v -c= -o= -t= -d -e -V ; 1"),
        ("xfs_growfs", "-d -l -r -n -i -t= -x -D= -L= -R= -e= -m= -V ; 1"),
        ("fsck.xfs", "-A -a -f -p -y -r -n ; 0..1"),
    ],
    code: 1,
    manner: getopt,
};

/// mkfs(8), fsck(8), mkswap(8), wipefs(8), and the makers of other file systems.
pub const MKFS: Usage = Usage {
    names: &["mkfs", "fsck", "mkswap", "wipefs", "mkfs.btrfs", "mkfs.vfat", "mkfs.fat"],
    style: Style::Gnu,
    global: "",
    groups: &[(
        "fat",
        "-a -A -b= -c -C -D= -f= -F= -g= -h= -i= -I -l= -m= -M= -n= -r= -R= -s= -S= -v --invariant --mbr[=] --offset= \
         --codepage= --variant= --help",
    )],
    commands: &[
        (
            "wipefs",
            "-a,--all -b,--backup[=] -f,--force -i,--noheadings -J,--json -n,--no-act -o,--offset= -O,--output= \
                    -p,--parsable -q,--quiet -t,--types= --lock[=] -h,--help -V,--version ; 1..",
        ),
        (
            "mkswap",
            "-c,--check -f,--force -q,--quiet -p,--pagesize= -L,--label= -v,--swapversion= -U,--uuid= --verbose \
                    --lock[=] -F,--file -s,--size= -e,--endianness= -o,--offset= -h,--help -V,--version ; 1..2",
        ),
        (
            "mkfs.btrfs",
            "-d,--data= -m,--metadata= -M,--mixed --csum,--checksum= -n,--nodesize= -s,--sectorsize= \
                        -O,--features= -R,--runtime-features= -L,--label= -U,--uuid= -b,--byte-count= -r,--rootdir= \
                        --shrink -K,--nodiscard -f,--force -q,--quiet -v,--verbose -V,--version --help \
                        -l,--leafsize= -A,--alloc-start= ; 1..",
        ),
        ("mkfs.vfat", "@fat ; 1..2"),
        ("mkfs.fat", "@fat ; 1..2"),
        // These pass what they do not know on to the tool of the file system.
        (
            "mkfs",
            "-t,--type= -V,--verbose -h,--help --version -c -F -f -L= -q -n -b= -m= -E= -O= -i= -N= -U= -j -K ; 1..",
        ),
        (
            "fsck",
            "-A -C[=] -l -M -N -P -R -r[=] -s -T -t= -V -a -n -p -y -f -c -k -b= -v --help --version",
        ),
    ],
    code: 1,
    manner: getopt_try,
};

/// mdadm(8) 4.2.
pub const MDADM: Usage = Usage {
    names: &["mdadm"],
    style: Style::Gnu,
    global: "",
    groups: &[],
    commands: &[(
        "",
        "-h,--help --help-options -V,--version -v,--verbose -q,--quiet -b,--brief,--bitmap[=] -Y,--export -f,--force,--fail \
         -A,--assemble -B,--build -C,--create -D,--detail -E,--examine -X,--examine-bitmap --examine-badblocks -F,--monitor,--follow \
         -G,--grow -I,--incremental -Q,--query --auto-detect --manage --misc -S,--stop -a,--add,--auto[=] --add-spare --re-add \
         -r,--remove,--rebuild-map --set-faulty --replace --with -R,--run -o,--readonly -w,--readwrite --zero-superblock \
         --detail-platform --kill-subarray= --update-subarray= --udev-rules[=] --dump= --restore= -t,--test -W,--wait \
         --wait-clean --action= -c,--chunk,--config= --rounding= -l,--level= -p,--parity,--layout,--program,--alert= \
         -n,--raid-devices= -x,--spare-devices= -z,--size= --data-offset= -N,--name= --bitmap-chunk= -d,--delay= \
         --write-journal= -k,--consistency-policy= -u,--uuid= -m,--super-minor,--mail= -s,--scan -U,--update= \
         --no-degraded -e,--metadata= --homehost= --prefer= --assume-clean --write-zeroes --backup-file= -Z,--array-size= --continue \
         --invalid-backup --freeze-reshape --symlinks= --nodes= --home-cluster= --cluster-confirm= --path= --offroot -y,--syslog \
         -i,--pid-file= -1,--oneshot --no-sharing --sparc-adjust --write-mostly --readwrite-mostly --failfast --nofailfast --add-journal= --conf=",
    )],
    code: 2,
    manner: mdadm,
};

fn mdadm(usage: &Usage, tool: &str, problem: &Problem) -> String {
    format!("{}\nUsage: mdadm --help\n  for help", getopt(usage, tool, problem))
}
