//! Virtual machines and their images: virsh, qemu-img, vzdump.

use super::tool::{Call, Operands, Role, Tool, flag, value};
use crate::base::Risk;

const VIRSH: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "list,dom*info,dominfo,domstate,domblk*,domif*,domdisplay,domid,domname,domuuid,domtime,domstats,domfsinfo,dumpxml,\
         *-list,*-info,*-dumpxml,net-list,net-info,net-dumpxml,pool-list,pool-info,pool-dumpxml,vol-list,vol-info,vol-dumpxml,\
         vol-path,vol-pool,snapshot-list,snapshot-info,snapshot-dumpxml,snapshot-current,snapshot-parent,checkpoint-list,\
         checkpoint-info,nodeinfo,node*,capabilities,domcapabilities,sysinfo,uri,version,hostname,vcpu*,secret-list,help,\
         iface-list,nodedev-list,backup-dumpxml,save-image-dumpxml,ttyconsole,vncdisplay,dommemstat,event,freecell,maxvcpus,\
         managedsave-dumpxml,domjobinfo,domcontrol,echo,pwd",
    ),
    (
        Risk::Write,
        "define,snapshot-create,snapshot-create-as,checkpoint-create,checkpoint-create-as,start,pool-start,pool-define,\
         pool-define-as,pool-create,pool-create-as,pool-refresh,pool-autostart,vol-create,vol-create-as,vol-create-from,\
         vol-clone,vol-download,net-define,net-start,net-autostart,autostart,backup-begin,domfsthaw,create,secret-define,dump,domfstrim,screenshot",
    ),
    (
        Risk::Irreversible,
        "undefine,vol-delete,vol-wipe,pool-delete,pool-build,snapshot-delete,checkpoint-delete,managedsave-remove",
    ),
    (
        Risk::Destructive,
        "destroy,snapshot-revert,restore,blockcommit,blockpull,blockcopy,vol-upload,vol-resize,blockresize,reset",
    ),
    (Risk::Disruptive, "*"),
];

/// `virsh(1)`, `qemu-img(1)`, `qemu-nbd(8)`, `virt-clone(1)`, `vzdump`, `qmrestore`, `govc`, `VBoxManage`.
pub const TOOL: Tool = Tool {
    name: "virsh",
    names: &[
        "virsh",
        "qemu-img",
        "qemu-nbd",
        "virt-clone",
        "virt-install",
        "virt-copy-out",
        "virt-cat",
        "virt-ls",
        "virt-filesystems",
        "vzdump",
        "qmrestore",
        "govc",
        "VBoxManage",
        "multipass",
        "vagrant",
    ],
    flags: &[
        value('c', "connect", Role::Remote),
        value('f', "", Role::Text),
        value('O', "", Role::Text),
        value('o', "", Role::Text),
        value('b', "", Role::Source),
        value('F', "", Role::Text),
        value('l', "", Role::Text),
        value('s', "", Role::Text),
        value('S', "", Role::Text),
        flag('-', "off"),
        flag('-', "on"),
        flag('-', "force"),
        flag('n', "nvram"),
        flag('r', "repair"),
        flag('\0', "remove-all-storage"),
    ],
    operands: Operands::All(Role::Text),
    risk,
    safer: &[
        (
            "undefine --remove-all-storage",
            "virsh dumpxml > FILE, then virsh undefine without the storage; mv the images aside",
        ),
        ("undefine", "virsh dumpxml > FILE first; --keep-nvram"),
        ("vol-delete", "virsh domblklist of every domain first; vol-clone keeps a copy"),
        ("snapshot-revert", "another snapshot first: what was written since is lost"),
        ("virsh destroy", "virsh shutdown, wait, and only then destroy: it pulls the plug"),
        (
            "restore",
            "the saved image is only good with the disks as they were: compare their times",
        ),
        ("qemu-img commit", "qemu-img check, and a copy of both images first"),
        (
            "qemu-img resize",
            "qemu-img snapshot or a copy first; --shrink cuts off what lies behind",
        ),
        ("qemu-img check -r", "a copy of the image first"),
        ("qemu-img convert", "convert to a new name, qemu-img compare, then mv"),
        (
            "qmrestore",
            "restore under a new id: qmrestore --force writes over the machine that has it",
        ),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    let found = match call.name {
        "virsh" => call.by_verb(VIRSH),
        "qemu-img" => match call.operand(0) {
            "check" if call.has(&["repair", "r"]) => Some(Risk::Destructive),
            "snapshot" if call.has(&["l", "list"]) => Some(Risk::Read),
            "snapshot" if call.has(&["c"]) => Some(Risk::Write),
            "convert" => Some(call.operands.last().map_or(Risk::Destructive, |word| {
                if word.fresh { Risk::Write } else { Risk::Destructive }
            })),
            _ => call.by_verb(&[
                (Risk::Read, "info,check,compare,map,measure,bench"),
                (Risk::Write, "create,bitmap"),
                (Risk::Destructive, "commit,rebase,resize,amend,snapshot,dd"),
            ]),
        },
        "virt-cat" | "virt-ls" | "virt-filesystems" => Some(Risk::Read),
        "virt-clone" | "virt-install" | "virt-copy-out" | "vzdump" => Some(Risk::Write),
        "qmrestore" => Some(Risk::Destructive),
        "qemu-nbd" => Some(Risk::Disruptive),
        "vagrant" | "multipass" => call.by_verb(&[
            (Risk::Read, "status,global-status,list,info,version,validate,ssh-config,find"),
            (Risk::Write, "up,init,snapshot save,launch,start,snapshot,package,box add"),
            (Risk::Destructive, "destroy,delete,purge,snapshot restore,snapshot delete,restore"),
            (Risk::Disruptive, "halt,reload,provision,suspend,resume,stop,restart"),
        ]),
        "govc" => call.by_verb(&[
            (Risk::Read, "ls,find,about,*.info,vm.info,snapshot.tree,datastore.ls,datastore.info,host.info"),
            (Risk::Write, "snapshot.create,vm.clone,vm.create,datastore.download,export.ovf,import.ova,import.ovf"),
            (Risk::Irreversible, "vm.destroy,snapshot.remove,datastore.rm"),
            (Risk::Destructive, "snapshot.revert,datastore.upload,vm.disk.change"),
            (Risk::Disruptive, "*"),
        ]),
        _ => call.by_verb(&[
            (Risk::Read, "list,showvminfo,guestproperty get"),
            (Risk::Write, "clonevm,createvm,export,import,snapshot * take,startvm"),
            (Risk::Destructive, "unregistervm,snapshot * restore,snapshot * delete,closemedium,controlvm"),
        ]),
    };
    found.unwrap_or(Risk::Unknown)
}
