//! Infrastructure as code: Terraform, OpenTofu, Ansible, Vault and their like.

use super::tool::{Call, Operands, Role, Tool, flag, value};
use crate::base::Risk;

const TERRAFORM: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "plan,show,output,validate,version,fmt,graph,providers,console,state list,state show,state pull,workspace list",
    ),
    (Risk::Read, "workspace show,get,metadata,test,help"),
    (Risk::Write, "init,import,workspace new,workspace select,login,logout"),
    (Risk::Disruptive, "apply,refresh,taint,untaint,force-unlock"),
    (
        Risk::Destructive,
        "destroy,state rm,state mv,state push,state replace-provider,workspace delete",
    ),
];

const VAULT: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "status,read,list,kv get,kv list,kv metadata get,token lookup,version,path-help,policy list,policy read",
    ),
    (
        Risk::Read,
        "operator raft list-peers,secrets list,auth list,audit list,operator members,print,operator key-status",
    ),
    (
        Risk::Write,
        "login,kv put,kv patch,write,operator raft snapshot save,token create,ssh,unwrap,kv undelete",
    ),
    (
        Risk::Irreversible,
        "kv destroy,kv metadata delete,operator raft snapshot restore,operator rekey,operator rotate,secrets disable",
    ),
    (
        Risk::Destructive,
        "delete,kv delete,kv rollback,lease revoke,token revoke,auth disable,audit disable,policy delete",
    ),
    (
        Risk::Disruptive,
        "operator,secrets,auth,audit,policy,lease,token,namespace,server,agent,plugin",
    ),
];

/// `terraform`, `tofu`, `terragrunt`, `ansible`, `ansible-playbook`, `vault`, `consul`, `nomad`, `puppet`, `salt`.
pub const TOOL: Tool = Tool {
    name: "aws",
    names: &[
        "terraform",
        "tofu",
        "terragrunt",
        "vault",
        "bao",
        "consul",
        "nomad",
        "ansible",
        "ansible-playbook",
        "ansible-galaxy",
        "ansible-inventory",
        "ansible-doc",
        "ansible-vault",
    ],
    flags: &[
        value('-', "target", Role::Text),
        value('-', "var", Role::Text),
        value('-', "var-file", Role::Source),
        value('-', "chdir", Role::Text),
        value('-', "state", Role::Source),
        value('-', "out", Role::Target),
        value('-', "address", Role::Remote),
        flag('-', "auto-approve"),
        flag('-', "destroy"),
        value('i', "inventory", Role::Source),
        value('l', "limit", Role::Text),
        value('e', "extra-vars", Role::Text),
        value('m', "module-name", Role::Text),
        value('a', "args", Role::Command),
        value('t', "tags", Role::Text),
        value('\0', "skip-tags", Role::Text),
        value('u', "user", Role::Text),
        value('f', "forks", Role::Text),
        value('\0', "vault-password-file", Role::Source),
        flag('C', "check"),
        flag('b', "become"),
        flag('\0', "syntax-check"),
        flag('\0', "list-hosts"),
        flag('\0', "list-tasks"),
    ],
    operands: Operands::All(Role::Text),
    risk,
    safer: &[
        (
            "destroy",
            "terraform plan -destroy -out=FILE, read it, then apply that file; prevent_destroy on what holds data",
        ),
        ("apply -auto-approve", "terraform plan -out=FILE, read it, then terraform apply FILE"),
        ("apply", "terraform plan -out=FILE, read it, then terraform apply FILE"),
        ("state rm", "terraform state pull > FILE first"),
        ("state push", "terraform state pull > FILE first"),
        ("force-unlock", "make sure that nobody applies: the lock names who holds it"),
        ("ansible-playbook", "--check --diff first, with --limit"),
        ("snapshot restore", "vault operator raft snapshot save first"),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    if call.has(&["check", "syntax-check", "list-hosts", "list-tasks", "list-tags"])
        && call.name.starts_with("ansible")
    {
        return Risk::Read;
    }
    let found = match call.name {
        "terraform" | "tofu" | "terragrunt" if call.has(&["destroy"]) && call.operand(0) != "plan" => {
            Some(Risk::Destructive)
        }
        "terraform" | "tofu" | "terragrunt" => call.by_verb(TERRAFORM),
        "vault" | "bao" => call.by_verb(VAULT),
        "consul" => call.by_verb(&[
            (Risk::Read, "members,info,kv get,kv export,snapshot inspect,operator raft list-peers,catalog,version,validate,monitor"),
            (Risk::Write, "snapshot save,kv put,snapshot agent"),
            (Risk::Destructive, "kv delete,snapshot restore,kv import,operator raft remove-peer,force-leave"),
            (Risk::Disruptive, "leave,reload,maint,lock,join,operator,acl,config,agent,services"),
        ]),
        "nomad" => call.by_verb(&[
            (Risk::Read, "status,job status,node status,alloc status,alloc logs,operator snapshot inspect,version,plan,job plan"),
            (Risk::Write, "operator snapshot save"),
            (Risk::Destructive, "operator snapshot restore,job stop,stop,system gc,volume delete,var purge"),
            (Risk::Disruptive, "run,job run,node drain,node eligibility,alloc,job,deployment,server,operator"),
        ]),
        "ansible-doc" | "ansible-inventory" => Some(Risk::Read),
        "ansible-galaxy" => Some(Risk::Write),
        "ansible-vault" => call.by_verb(&[
            (Risk::Read, "view"),
            (Risk::Write, "create,encrypt_string"),
            (Risk::Destructive, "encrypt,decrypt,rekey,edit"),
        ]),
        "ansible" => match call.value(&["module-name"]).map(|word| word.text.as_str()) {
            Some("ping" | "setup" | "debug" | "stat" | "ansible.builtin.ping" | "ansible.builtin.setup") => Some(Risk::Read),
            Some(_) | None => None,
        },
        // What a playbook does stands in another file.
        _ => None,
    };
    found.unwrap_or(Risk::Unknown)
}
