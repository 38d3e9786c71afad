//! Package managers.

use super::tool::{Call, Operands, Role, Tool, attached, flag, value};
use crate::base::Risk;

const APT: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "list,search,show,policy,depends,rdepends,changelog,download,source,check,help,indextargets,showsrc,showpkg,dump,pkgnames,madison,shell,showhold,showauto,showmanual,showinstall,moo,version,why,versions,stats,unmet",
    ),
    (
        Risk::Write,
        "install,update,clean,autoclean,build-dep,reinstall,satisfy,edit-sources,hold,unhold,auto,manual,add,gencaches,upgrade,safe-upgrade,distclean,auto-clean",
    ),
    // What depends on it goes too, and its settings with purge.
    (Risk::Destructive, "remove,purge,autoremove,autopurge,full-upgrade,dist-upgrade,markauto"),
];

const RPM_STYLE: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "list,search,info,provides,whatprovides,repolist,check-update,deplist,repoquery,check,help,se,if,lr,lu,pa,wp,packages,\
         patches,list-updates,repos,ls,files,history list,history info,updateinfo,dep,policy,query,version,-Q",
    ),
    (
        Risk::Write,
        "install,update,upgrade,reinstall,localinstall,groupinstall,makecache,clean,in,ref,refresh,ar,addrepo,module,copr,\
         config-manager,builddep,download,add,patch,dup,distro-sync,up,mark,versionlock,fetch,system-upgrade,needs-restarting,cache,fix,group",
    ),
    (
        Risk::Destructive,
        "remove,erase,autoremove,downgrade,rm,swap,del,removerepo,rr,history undo,history rollback,history,delete",
    ),
];

const LANGUAGES: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "list,show,freeze,check,search,info,inspect,config,help,ls,view,outdated,audit,version,index,env,query,tree,metadata,\
         why,which,fund,doctor,debug,search,contents,environment,specification,dependency,root,prefix,whoami,vet,find",
    ),
    (
        Risk::Write,
        "install,i,add,update,upgrade,download,wheel,ci,build,link,get,fetch,compile,cache,init,hash,pack,refresh,mod,\
         generate,fmt,new,vendor,lock,import,connect,disconnect,enable,set,revert,switch,alias,save,sync,require,dump-autoload,ensurepath,inject,self",
    ),
    // They run what the project says.
    (Risk::Unknown, "run,test,exec,x,start,publish,bench,script"),
    (Risk::Destructive, "uninstall,remove,rm,un,prune,clean,cleanup,purge,disable,restore,forget"),
];

/// `apt(8)`, `apt-get(8)`, `dpkg(1)`, `yum`, `dnf`, `zypper`, `apk`, `pacman`, `rpm`, `snap`, `pip`, `npm` and others.
pub const TOOL: Tool = Tool {
    name: "apt",
    names: &[
        "apt",
        "apt-get",
        "aptitude",
        "apt-cache",
        "apt-mark",
        "apt-key",
        "apt-add-repository",
        "add-apt-repository",
        "apt-config",
        "apt-ftparchive",
        "apt-listchanges",
        "apt-file",
        "dpkg",
        "dpkg-deb",
        "dpkg-reconfigure",
        "dpkg-preconfigure",
        "dpkg-split",
        "debconf-set-selections",
        "unattended-upgrade",
        "tasksel",
        "gdebi",
        "yum",
        "dnf",
        "microdnf",
        "tdnf",
        "zypper",
        "apk",
        "opkg",
        "emerge",
        "xbps-install",
        "pacman",
        "rpm",
        "snap",
        "flatpak",
        "brew",
        "pip",
        "pip2",
        "pip3",
        "pipx",
        "uv",
        "npm",
        "yarn",
        "pnpm",
        "gem",
        "cargo",
        "go",
        "composer",
        "bundle",
        "cpan",
        "cpanm",
        "easy_install",
        "poetry",
        "conda",
        "rustup",
    ],
    flags: &[
        value('o', "option", Role::Text),
        value('t', "target-release", Role::Text),
        value('c', "config-file", Role::Source),
        value('\0', "root", Role::Text),
        value('\0', "installroot", Role::Text),
        value('\0', "admindir", Role::Text),
        value('\0', "instdir", Role::Text),
        value('\0', "repo", Role::Text),
        value('\0', "enablerepo", Role::Text),
        value('\0', "disablerepo", Role::Text),
        value('\0', "from", Role::Text),
        value('\0', "prefix", Role::Text),
        value('\0', "keyserver", Role::Remote),
        value('f', "", Role::Text),
        value('r', "requirement", Role::Source),
        attached('\0', "color"),
        flag('y', "yes"),
        flag('q', "quiet"),
        flag('s', "simulate"),
        flag('\0', "dry-run"),
    ],
    operands: Operands::All(Role::Text),
    risk,
    safer: &[
        ("purge", "apt-get remove keeps the settings; apt-get -s purge lists what goes"),
        (
            "remove",
            "apt-get -s remove lists what goes with it; back up the package's data directory first",
        ),
        ("autoremove", "apt-get -s autoremove lists what goes"),
        ("dist-upgrade", "apt-get -s dist-upgrade lists what it removes"),
        ("full-upgrade", "apt-get -s full-upgrade lists what it removes"),
        (
            "dpkg --purge",
            "dpkg --remove keeps the settings; a purged database package may delete its data",
        ),
        ("rpm --erase", "rpm -e --test first"),
        (
            "snap remove",
            "snap save first; snap remove keeps a snapshot for a while, --purge does not",
        ),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    if call.has(&[
        "simulate",
        "just-print",
        "recon",
        "no-act",
        "dry-run",
        "s",
        "print-uris",
        "downloadonly",
        "assumeno",
    ]) && call.name != "pip"
        && call.name != "pacman"
    {
        return Risk::Read;
    }
    let found = match call.name {
        "apt" | "apt-get" | "aptitude" | "apt-cache" | "apt-mark" => call.by_verb(APT),
        "apt-config" | "apt-ftparchive" | "apt-file" | "apt-listchanges" | "dpkg-split" => {
            Some(Risk::Read)
        }
        "apt-key" => call.by_verb(&[
            (Risk::Read, "list,finger,export,exportall"),
            (Risk::Write, "add,adv,update"),
            (Risk::Destructive, "del"),
        ]),
        "apt-add-repository"
        | "add-apt-repository"
        | "gdebi"
        | "tasksel"
        | "debconf-set-selections"
        | "dpkg-preconfigure"
        | "unattended-upgrade" => Some(Risk::Write),
        "dpkg-reconfigure" => Some(Risk::Disruptive),
        "dpkg" => dpkg(call),
        "dpkg-deb" => Some(match () {
            () if call.has(&[
                "x",
                "extract",
                "X",
                "vextract",
                "R",
                "raw-extract",
                "e",
                "control",
            ]) =>
            {
                Risk::Destructive
            }
            () if call.has(&["b", "build"]) => Risk::Write,
            () => Risk::Read,
        }),
        "rpm" => Some(rpm(call)),
        "pacman" | "xbps-install" | "emerge" => Some(match () {
            () if call
                .flags
                .iter()
                .any(|flag| flag.name.starts_with('Q') || flag.name == "query") =>
            {
                Risk::Read
            }
            () if call.flags.iter().any(|flag| {
                flag.name.starts_with('R')
                    || matches!(flag.name.as_str(), "remove" | "unmerge" | "C" | "depclean")
            }) =>
            {
                Risk::Destructive
            }
            () => Risk::Write,
        }),
        "yum" | "dnf" | "microdnf" | "tdnf" | "zypper" | "apk" | "opkg" => call.by_verb(RPM_STYLE),
        _ => call.by_verb(LANGUAGES),
    };
    match found {
        Some(risk) => risk,
        None if call.operands.is_empty() => Risk::Read,
        None => Risk::Unknown,
    }
}

fn dpkg(call: &Call<'_>) -> Option<Risk> {
    let looks = [
        "l",
        "list",
        "L",
        "listfiles",
        "s",
        "status",
        "S",
        "search",
        "p",
        "print-avail",
        "V",
        "verify",
        "C",
        "audit",
        "get-selections",
        "print-architecture",
        "print-foreign-architectures",
        "compare-versions",
        "I",
        "info",
        "c",
        "contents",
        "f",
        "field",
        "validate-version",
        "validate-pkgname",
        "assert-multi-arch",
        "yet-to-unpack",
        "W",
        "show",
        "assert-support-predepends",
        "assert-versioned-provides",
        "assert-long-filenames",
        "print-avail-arch",
    ];
    Some(match () {
        () if call.has(&["P", "purge", "r", "remove", "clear-selections", "clear-avail"]) => {
            Risk::Destructive
        }
        () if call.has(&[
            "i",
            "install",
            "unpack",
            "configure",
            "a",
            "set-selections",
            "add-architecture",
            "triggers-only",
        ]) =>
        {
            Risk::Write
        }
        () if call.has(&["x", "extract", "X", "vextract"]) => Risk::Destructive,
        () if call.has(&looks)
            || call.flags.iter().any(|flag| flag.name.starts_with("assert-")) =>
        {
            Risk::Read
        }
        () if call.flags.is_empty() && call.operands.is_empty() => Risk::Read,
        () => return None,
    })
}

fn rpm(call: &Call<'_>) -> Risk {
    match () {
        () if call.has(&["q", "query", "V", "verify", "K", "checksig", "showrc"]) => Risk::Read,
        () if call.has(&["test"]) => Risk::Read,
        () if call.has(&["e", "erase"]) => Risk::Destructive,
        () if call.has(&[
            "i",
            "U",
            "F",
            "install",
            "upgrade",
            "freshen",
            "import",
            "reinstall",
        ]) =>
        {
            Risk::Write
        }
        () if call.has(&["rebuilddb", "initdb", "setperms", "setugids", "restore"]) => {
            Risk::Disruptive
        }
        () if call.has(&["E", "eval", "pipe"]) => Risk::Unknown,
        () => Risk::Read,
    }
}
