//! Docker, Podman and what drives them.

use super::tool::{Call, Operands, Role, Tool, flag, value};
use crate::base::Risk;

const VERBS: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "ps,images,logs,inspect,version,info,top,stats,port,diff,events,search,history,wait,container ls,container list,\
         container ps,container inspect,container logs,container top,container stats,container port,container diff,\
         container wait,image ls,image list,image inspect,image history,volume ls,volume list,volume inspect,network ls,\
         network list,network inspect,system df,system info,system events,context ls,context show,context inspect,\
         service ls,service ps,service inspect,service logs,node ls,node ps,node inspect,stack ls,stack ps,stack services,\
         stack config,config ls,config inspect,secret ls,secret inspect,plugin ls,plugin inspect,manifest inspect,\
         compose ps,compose logs,compose config,compose ls,compose images,compose top,compose version,compose port,\
         trust inspect,help,pod ps,pod inspect,generate,healthcheck,swarm join-token,swarm unlock-key,attach,login,logout",
    ),
    // What runs inside is a command of its own.
    (Risk::Read, "exec,container exec,compose exec"),
    (
        Risk::Write,
        "run,create,build,buildx,builder build,pull,push,tag,save,export,commit,import,load,cp,container create,\
         container run,container cp,container commit,container export,image build,image pull,image push,image save,\
         image tag,image load,image import,volume create,network create,network connect,context,config create,\
         secret create,plugin,manifest,trust,start,container start,compose pull,compose build,compose create,compose run,\
         compose cp,compose push,compose start,checkpoint create,pod create,play,kube",
    ),
    (
        Risk::Disruptive,
        "stop,restart,kill,pause,unpause,rename,update,container stop,container restart,container kill,container pause,\
         container unpause,container rename,container update,network disconnect,service,stack deploy,node,swarm,compose up,\
         compose stop,compose restart,compose kill,compose pause,compose unpause,pod stop,pod start,pod restart",
    ),
    (
        Risk::Destructive,
        "rm,rmi,container rm,container prune,image rm,image prune,volume rm,volume prune,network rm,network prune,\
         system prune,system reset,builder prune,stack rm,config rm,secret rm,checkpoint rm,compose down,compose rm,pod rm",
    ),
];

/// `docker`, `podman`, `nerdctl`, `docker-compose`, `crictl`, `ctr`.
pub const TOOL: Tool = Tool {
    name: "aws",
    names: &[
        "docker",
        "podman",
        "nerdctl",
        "docker-compose",
        "podman-compose",
        "crictl",
        "ctr",
        "buildah",
        "skopeo",
        "lxc",
        "pct",
        "qm",
    ],
    flags: &[
        value('f', "file", Role::Source),
        value('v', "volume", Role::Text),
        value('p', "project-name", Role::Text),
        value('\0', "mount", Role::Text),
        value('\0', "context", Role::Text),
        value('H', "host", Role::Remote),
        value('n', "namespace", Role::Text),
        value('\0', "env-file", Role::Source),
        value('\0', "cidfile", Role::Target),
        flag('\0', "privileged"),
        flag('\0', "dry-run"),
    ],
    operands: Operands::All(Role::Text),
    risk,
    safer: &[
        ("volume rm", "docker run --rm -v VOLUME:/data:ro -v /backup:/backup IMAGE tar … first"),
        (
            "volume prune",
            "docker volume ls --filter dangling=true first: a volume of a stopped stack counts as unused",
        ),
        ("system prune", "without --volumes, and docker system df -v first"),
        ("compose down", "docker compose stop; down -v deletes the volumes"),
        ("docker-compose down", "docker-compose stop; down -v deletes the volumes"),
        ("down", "stop; down -v deletes the volumes"),
        ("rm", "docker rm without -v keeps the anonymous volumes; docker inspect shows the mounts"),
        ("qm destroy", "vzdump first; qm stop keeps the disks"),
        ("pct destroy", "vzdump first; pct stop keeps the disks"),
        ("rollback", "vzdump first: what was written since the snapshot is lost"),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    if call.has(&["dry-run"]) {
        return Risk::Read;
    }
    let found = match call.name {
        "docker-compose" | "podman-compose" => call.by_verb(&[
            (Risk::Read, "ps,logs,config,ls,images,top,version,port,exec"),
            (Risk::Write, "pull,build,create,run,cp,push,start"),
            (Risk::Disruptive, "up,stop,restart,kill,pause,unpause,scale"),
            (Risk::Destructive, "down,rm"),
        ]),
        "qm" | "pct" => call.by_verb(&[
            (Risk::Read, "list,status,config,pending,showcmd,listsnapshot,agent,guest,monitor,cpusets,df,exec"),
            (Risk::Write, "create,clone,snapshot,start,template,importdisk,disk import,mount,push,pull"),
            (Risk::Destructive, "destroy,rollback,delsnapshot,restore,disk unlink,unlink,nbdstop"),
            (Risk::Disruptive, "stop,shutdown,reboot,reset,suspend,resume,set,migrate,resize,disk,move*,unlock,enter,unmount"),
        ]),
        "skopeo" => call.by_verb(&[
            (Risk::Read, "inspect,list-tags,manifest-digest"),
            (Risk::Write, "copy,sync,login,logout"),
            (Risk::Destructive, "delete"),
        ]),
        "crictl" => call.by_verb(&[
            (Risk::Read, "ps,pods,images,logs,inspect*,info,stats*,version,exec,config"),
            (Risk::Write, "pull,create,run*,start"),
            (Risk::Disruptive, "stop*,update"),
            (Risk::Destructive, "rm*"),
        ]),
        "lxc" => call.by_verb(&[
            (Risk::Read, "list,info,config show,config get,image list,network list,storage list,profile list,exec,version"),
            (Risk::Write, "launch,init,copy,snapshot,export,start,publish,image,file pull"),
            (Risk::Destructive, "delete,restore,move,rebuild,import"),
            (Risk::Disruptive, "stop,restart,config,profile,network,storage,pause,file"),
        ]),
        _ => call.by_verb(VERBS),
    };
    let runs =
        call.by_verb(&[(Risk::Unknown, "run,create,container run,container create")]).is_some();
    if runs && call.has(&["volume", "mount", "privileged", "v"]) {
        // What it runs there reaches what is handed in.
        return Risk::Unknown;
    }
    // What runs inside is a command of its own; where it was not told apart, nobody has read it.
    let inside = call.operands.iter().take(3).position(|word| word.text == "exec");
    if found == Some(Risk::Read) && inside.is_some_and(|at| call.operands.len() > at + 2) {
        return Risk::Unknown;
    }
    match found {
        Some(risk) => risk,
        None if call.operands.is_empty() => Risk::Read,
        None => Risk::Unknown,
    }
}
