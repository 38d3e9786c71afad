//! The LVM commands, as LVM 2.03 has them (`--longhelp` of each).

use super::{Problem, Style, Usage, getopt};

/// The commands of LVM that are described, in the order of what they are about.
pub const LVM_COMMANDS: &[&str] = &[
    "lvs",
    "vgs",
    "pvs",
    "lvdisplay",
    "vgdisplay",
    "pvdisplay",
    "lvcreate",
    "lvremove",
    "lvconvert",
    "lvextend",
    "lvreduce",
    "lvresize",
    "lvchange",
    "lvrename",
    "lvscan",
    "vgchange",
    "vgcreate",
    "vgremove",
    "vgextend",
    "vgreduce",
    "vgrename",
    "vgimport",
    "vgexport",
    "vgcfgbackup",
    "vgcfgrestore",
    "vgscan",
    "vgck",
    "pvcreate",
    "pvremove",
    "pvscan",
    "pvmove",
    "pvresize",
    "pvchange",
    "pvck",
];

/// lvm(8) and its commands, each under its own name.
pub const LVM: Usage = Usage {
    names: LVM_COMMANDS,
    style: Style::Gnu,
    global: "",
    groups: &[
        (
            "common",
            "--commandprofile= --config= -d,--debug --devices= --devicesfile= --driverloaded= -h,--help --journal= \
             --lockopt= --longhelp --nohints --nolocking --profile= -q,--quiet -t,--test --units= -v,--verbose \
             --version -y,--yes",
        ),
        (
            "report",
            "--aligned --binary --configreport= --foreign --ignorelockingfailure --logonly --noheadings --nosuffix \
             -o,--options= --readonly -S,--select= --separator= --shared -O,--sort= --unbuffered",
        ),
    ],
    commands: &[
        (
            "lvs",
            "@common @report -a,--all -H,--history --nameprefixes --reportformat= --rows --segments --unquoted",
        ),
        ("vgs", "@common @report -a,--all --nameprefixes --reportformat= --rows --unquoted"),
        (
            "pvs",
            "@common @report -a,--all --nameprefixes --reportformat= --rows --segments --unquoted",
        ),
        (
            "lvdisplay",
            "@common @report -a,--all -c,--colon -C,--columns -H,--history -m,--maps --segments",
        ),
        ("vgdisplay", "@common @report -A,--activevolumegroups -c,--colon -C,--columns -s,--short"),
        ("pvdisplay", "@common @report -a,--all -c,--colon -C,--columns -m,--maps -s,--short"),
        (
            "lvcreate",
            "@common -a,--activate= --addtag= --alloc= -A,--autobackup= -H,--cache --cachedevice= \
            --cachemetadataformat= --cachemode= --cachepolicy= --cachepool= --cachesettings= --cachesize= \
            --cachevol= -c,--chunksize= --compression= -C,--contiguous= --deduplication= --discards= \
            --errorwhenfull= -l,--extents= -K,--ignoreactivationskip --ignoremonitoring -j,--major= \
            --maxrecoveryrate= --metadataprofile= --minor= --minrecoveryrate= --mirrorlog= -m,--mirrors= --monitor= \
            -n,--name= --nosync --noudevsync -p,--permission= -M,--persistent= --poolmetadatasize= \
            --poolmetadataspare= --raidintegrity= --raidintegrityblocksize= --raidintegritymode= -r,--readahead= \
            -R,--regionsize= --reportformat= --select= -k,--setactivationskip= --setautoactivation= -L,--size= \
            -s,--snapshot -i,--stripes= -I,--stripesize= -T,--thin --thinpool= --type= --vdo --vdopool= \
            --vdosettings= -V,--virtualsize= -W,--wipesignatures= -Z,--zero=",
        ),
        (
            "lvremove",
            "@common -A,--autobackup= -f,--force --nohistory --noudevsync --reportformat= -S,--select=",
        ),
        (
            "lvconvert",
            "@common --alloc= -b,--background -H,--cache --cachedevice= --cachemetadataformat= --cachemode= \
            --cachepolicy= --cachepool= --cachesettings= --cachesize= --cachevol= -c,--chunksize= --compression= \
            --deduplication= --discards= --errorwhenfull= -f,--force -i,--interval= --merge --mergemirrors \
            --mergesnapshot --mergethin --metadataprofile= --mirrorlog= -m,--mirrors= -n,--name= --noudevsync \
            --originname= --poolmetadata= --poolmetadatasize= --poolmetadataspare= --raidintegrity= \
            --raidintegrityblocksize= --raidintegritymode= -r,--readahead= -R,--regionsize= --repair --replace= \
            --select= -s,--snapshot --splitcache --splitmirrors= --splitsnapshot --startpoll --stripes= \
            -I,--stripesize= --swapmetadata -T,--thin --thinpool= --trackchanges --type= --uncache --usepolicies \
            --vdopool= --vdosettings= -V,--virtualsize= -Z,--zero= ; 0..",
        ),
        (
            "lvextend",
            "@common --alloc= -A,--autobackup= -l,--extents= -f,--force -m,--mirrors= -n,--nofsck --nosync \
            --noudevsync --poolmetadatasize= --reportformat= -r,--resizefs --select= -L,--size= -i,--stripes= \
            -I,--stripesize= --type= --usepolicies ; 1..",
        ),
        (
            "lvreduce",
            "@common -A,--autobackup= -l,--extents= -f,--force -n,--nofsck --noudevsync --reportformat= -r,--resizefs \
            --select= -L,--size= ; 1..",
        ),
        (
            "lvresize",
            "@common --alloc= -A,--autobackup= -l,--extents= -f,--force -n,--nofsck --nosync --noudevsync \
            --poolmetadatasize= --reportformat= -r,--resizefs --select= -L,--size= -i,--stripes= -I,--stripesize= \
            --type= ; 1..",
        ),
        (
            "lvchange",
            "@common -a,--activate= --activationmode= --addtag= --alloc= -A,--autobackup= --cachemode= --cachepolicy= \
            --cachesettings= --compression= -C,--contiguous= --deduplication= --deltag= --detachprofile --discards= \
            --errorwhenfull= -f,--force -K,--ignoreactivationskip --ignorelockingfailure --ignoremonitoring \
            -j,--major= --maxrecoveryrate= --metadataprofile= --minor= --minrecoveryrate= --monitor= --noudevsync \
            -P,--partial -p,--permission= -M,--persistent= --poll= -r,--readahead= --readonly --rebuild= --refresh \
            --reportformat= --resync -S,--select= -k,--setactivationskip= --setautoactivation= --syncaction= \
            --sysinit --vdosettings= --writebehind= --writemostly= -Z,--zero= ; 0..",
        ),
        ("lvrename", "@common -A,--autobackup= --noudevsync --reportformat= --select= ; 2..3"),
        (
            "lvscan",
            "@common -a,--all -b,--blockdevice= --ignorelockingfailure --readonly --reportformat= --select=",
        ),
        (
            "vgchange",
            "@common -a,--activate= --activationmode= --addtag= --alloc= --autoactivation= -A,--autobackup= --deltag= \
            --detachprofile -f,--force -K,--ignoreactivationskip --ignorelockingfailure --ignoremonitoring \
            --lockstart --lockstop --locktype= -l,--logicalvolume= -p,--maxphysicalvolumes= --metadataprofile= \
            --monitor= --noudevsync -P,--partial -s,--physicalextentsize= --poll= --pvmetadatacopies= --readonly \
            --refresh --reportformat= -x,--resizeable= -S,--select= --setautoactivation= --sysinit --systemid= \
            -u,--uuid --vgmetadatacopies=",
        ),
        (
            "vgcreate",
            "@common --addtag= --alloc= -A,--autobackup= -c,--clustered= --dataalignment= --dataalignmentoffset= \
            -f,--force --labelsector= --locktype= -l,--maxlogicalvolumes= -p,--maxphysicalvolumes= \
            --metadataprofile= --metadatasize= -M,--metadatatype= -s,--physicalextentsize= --pvmetadatacopies= \
            --reportformat= --select= --setautoactivation= --shared --systemid= --vgmetadatacopies= -Z,--zero= ; 1..",
        ),
        ("vgremove", "@common -f,--force --noudevsync --reportformat= -S,--select="),
        (
            "vgextend",
            "@common -A,--autobackup= --dataalignment= --dataalignmentoffset= -f,--force --labelsector= \
            --metadataignore= --metadatasize= -M,--metadatatype= --pvmetadatacopies= --reportformat= \
            --restoremissing --select= -Z,--zero= ; 1..",
        ),
        (
            "vgreduce",
            "@common -a,--all -A,--autobackup= -f,--force --mirrorsonly --removemissing --reportformat= --select= ; \
            1..",
        ),
        ("vgrename", "@common -A,--autobackup= -f,--force --reportformat= --select= ; 2"),
        ("vgimport", "@common -a,--all -f,--force --reportformat= -S,--select="),
        ("vgexport", "@common -a,--all --reportformat= -S,--select="),
        (
            "vgcfgbackup",
            "@common -f,--file= --foreign --ignorelockingfailure --readonly --reportformat= --select=",
        ),
        (
            "vgcfgrestore",
            "@common -f,--file= --force -l,--list -M,--metadatatype= --select= ; 0..1",
        ),
        (
            "vgscan",
            "@common --ignorelockingfailure --mknodes --notifydbus --reportformat= --select=",
        ),
        ("vgck", "@common --reportformat= --select= --updatemetadata="),
        (
            "pvcreate",
            "@common --bootloaderareasize= --dataalignment= --dataalignmentoffset= -f,--force --labelsector= \
            --metadataignore= --metadatasize= -M,--metadatatype= --norestorefile --pvmetadatacopies= --reportformat= \
            --restorefile= --select= --setphysicalvolumesize= -u,--uuid= -Z,--zero= ; 1..",
        ),
        ("pvremove", "@common -f,--force --reportformat= --select= ; 1.."),
        (
            "pvscan",
            "@common -a,--activate= --autoactivation= --cache --checkcomplete -e,--exported --ignorelockingfailure \
            --listlvs --listvg -j,--major= --minor= --noudevsync -n,--novolumegroup --reportformat= --select= \
            -s,--short --udevoutput -u,--uuid --vgonline",
        ),
        (
            "pvmove",
            "@common --abort --alloc= --atomic -A,--autobackup= -b,--background -i,--interval= -n,--name= \
            --noudevsync --reportformat= --select= ; 0..",
        ),
        ("pvresize", "@common --reportformat= --select= --setphysicalvolumesize= ; 1.."),
        (
            "pvchange",
            "@common --addtag= -a,--all -x,--allocatable= -A,--autobackup= --deltag= -f,--force --metadataignore= \
            --reportformat= -S,--select= -u,--uuid",
        ),
        (
            "pvck",
            "@common --dump= -f,--file= --labelsector= --pvmetadatacopies= --repair --repairtype= --select= \
            --settings=",
        ),
    ],
    code: 3,
    manner: lvm,
};

fn lvm(usage: &Usage, tool: &str, problem: &Problem) -> String {
    match problem {
        Problem::UnknownFlag(_)
        | Problem::AmbiguousFlag(..)
        | Problem::ValueMissing(_)
        | Problem::ValueUnwanted(_) => {
            format!("{}\n  Error during parsing of command line.", getopt(usage, tool, problem))
        }
        Problem::BadValue { flag, value } => {
            format!(
                "  Invalid argument for {flag}: {value}\n  Error during parsing of command line."
            )
        }
        Problem::OperandMissing { .. }
        | Problem::FlagMissing(_)
        | Problem::CommandMissing { .. } => {
            format!(
                "  No command with matching syntax recognised.  Run '{tool} --help' for more information."
            )
        }
        Problem::OperandUnwanted(_) | Problem::UnknownCommand { .. } => {
            format!(
                "  Command does not accept argument.\n  Run '{tool} --help' for more information."
            )
        }
    }
}
