//! What the scripts of Debian packages call: divertions, alternatives, services, questions, caches.

use super::tool::{Call, Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `dpkg-maintscript-helper(1)`, `deb-systemd-helper`, `update-rc.d(8)`, `update-alternatives(1)`, `ucf(1)`, the `db_*`
/// functions of debconf-devel(7), the `log_*` functions of lsb-base and the programs that renew caches.
pub const TOOL: Tool = Tool {
    name: "dpkg-maintscript-helper",
    names: &[
        "dpkg-maintscript-helper",
        "dpkg-divert",
        "dpkg-statoverride",
        "dpkg-trigger",
        "deb-systemd-helper",
        "deb-systemd-invoke",
        "invoke-rc.d",
        "update-rc.d",
        "chkconfig",
        "insserv",
        "start-stop-daemon",
        "run-parts",
        "update-alternatives",
        "alternatives",
        "ucf",
        "ucfr",
        // Questions.
        "db_set",
        "db_fset",
        "db_subst",
        "db_register",
        "db_unregister",
        "db_reset",
        "db_purge",
        "db_x_loadtemplatefile",
        "db_clear",
        "debconf-communicate",
        "dbc_go",
        "debconf-apt-progress",
        // Messages of init scripts.
        "log_daemon_msg",
        "log_end_msg",
        "log_progress_msg",
        "log_action_msg",
        "log_action_begin_msg",
        "log_action_cont_msg",
        "log_action_end_msg",
        "log_success_msg",
        "log_failure_msg",
        "log_warning_msg",
        "log_begin_msg",
        "killproc",
        "start_daemon",
        "action",
        "daemon",
        // Functions of resource agents, of dracut and of initramfs-tools.
        "inst",
        "inst_simple",
        "inst_multiple",
        "inst_hook",
        "inst_rules",
        "inst_script",
        "inst_dir",
        "inst_binary",
        "inst_libdir_file",
        "inst_any",
        "instmods",
        "dracut_install",
        "dracut_instmods",
        "copy_exec",
        "copy_file",
        "copy_modules_dir",
        "manual_add_modules",
        "force_load",
        "add_mountroot_fail_hook",
        "plymouth",
        "ocf_take_lock",
        "ocf_release_lock_on_exit",
        // Caches and registries.
        "update-mime-database",
        "update-desktop-database",
        "update-mime",
        "update-menus",
        "update-icon-caches",
        "gtk-update-icon-cache",
        "glib-compile-schemas",
        "fc-cache",
        "ldconfig",
        "install-info",
        "update-info-dir",
        "mandb",
        "update-ca-certificates",
        "update-ca-trust",
        "update-initramfs",
        "update-grub",
        "grub-mkconfig",
        "grub2-mkconfig",
        "grub-install",
        "grub2-install",
        "grub-editenv",
        "grub-set-default",
        "dracut",
        "mkinitrd",
        "mkinitcpio",
        "kernel-install",
        "update-locale",
        "locale-gen",
        "localedef",
        "update-xmlcatalog",
        "update-catalog",
        "update-passwd",
        "update-default-aspell",
        "update-dictcommon-aspell",
        "update-default-wordlist",
        "update-default-ispell",
        "update-dictcommon-hunspell",
        "update-fonts-dir",
        "update-fonts-scale",
        "update-fonts-alias",
        "update-texmf",
        "update-updmap",
        "update-fmtutil",
        "update-language",
        "mktexlsr",
        "texhash",
        "updmap-sys",
        "fmtutil-sys",
        "update-python-modules",
        "py3compile",
        "py3clean",
        "pycompile",
        "pyclean",
        "pypy3compile",
        "pypy3clean",
        "update-shells",
        "add-shell",
        "remove-shell",
        "update-inetd",
        "update-emacsen",
        "emacs-install",
        "emacs-remove",
        "emacs-package-install",
        "emacs-package-remove",
        "pam-auth-update",
        "register-python-package",
        "a2enmod",
        "a2dismod",
        "a2ensite",
        "a2dissite",
        "a2enconf",
        "a2disconf",
        "phpenmod",
        "phpdismod",
        "lighty-enable-mod",
        "apache2_invoke",
        "apache2_switch_mpm",
        "apache2_reload",
        "php_invoke",
        "update-exim4.conf",
        "newaliases",
        "postalias",
        "postmap",
        "postconf",
        "systemd-machine-id-setup",
        "systemd-hwdb",
        "dkms",
        "gdk-pixbuf-query-loaders",
        "gio-querymodules",
        "gconf-schemas",
        "gsettings",
        "xdg-icon-resource",
        "xdg-desktop-menu",
        "xdg-mime",
        "update-pciids",
        "update-usbids",
        "update-java-alternatives",
        "ispell-autobuildhash",
        "aspell-autobuildhash",
        "make-ssl-cert",
        "make_ssl_cert",
        "savelog",
        "tempfile",
        "logrotate",
        "anacron",
        "cron",
        "etckeeper",
        "needrestart",
        "setcap",
        "aa-enforce",
        "aa-complain",
        "aa-disable",
        "resolvconf",
        "rebuild-gcj-db",
    ],
    flags: &[
        value('\0', "package", Role::Text),
        value('\0', "divert", Role::Text),
        value('\0', "admindir", Role::Text),
        value('\0', "root", Role::Text),
        value('p', "pidfile", Role::Source),
        value('x', "exec", Role::Command),
        value('n', "name", Role::Text),
        value('u', "user", Role::Text),
        value('c', "chuid", Role::Text),
        value('s', "signal", Role::Text),
        value('a', "startas", Role::Command),
        value('d', "chdir", Role::Text),
        value('R', "retry", Role::Text),
        value('N', "nicelevel", Role::Text),
        value('k', "", Role::Text),
        flag('S', "start"),
        flag('K', "stop"),
        flag('T', "status"),
        flag('t', "test"),
    ],
    operands: Operands::All(Role::Text),
    risk,
    safer: &[
        (
            "dpkg-divert --remove",
            "dpkg-divert --list first: the diverted file takes its old name back",
        ),
        ("db_purge", "db_unregister keeps answers that other packages share"),
        (
            "grub-install",
            "lsblk and efibootmgr first: the boot loader of the named disk is replaced",
        ),
        (
            "start-stop-daemon --stop",
            "systemctl stop, which waits until all its processes are gone",
        ),
    ],
};

/// What only looks or prints.
pub const LOOKS: Tool = Tool {
    name: "debconf-show",
    names: LOOK,
    flags: &[value('p', "pidfile", Role::Source), value('n', "name", Role::Text)],
    operands: Operands::All(Role::Text),
    risk: |_| Risk::Read,
    safer: &[],
};

const LOOK: &[&str] = &[
    "ocf_log",
    "ocf_exit_reason",
    "ocf_is_true",
    "ocf_is_root",
    "ocf_is_probe",
    "ocf_is_ms",
    "ha_log",
    "ha_debug",
    "check_binary",
    "have_binary",
    "require_binaries",
    "require_any_binary",
    "getarg",
    "getargs",
    "getargbool",
    "getargnum",
    "dracut_module_included",
    "dracut_need_initqueue",
    "strstr",
    "on_ac_power",
    "laptop-detect",
    "dpkg-architecture",
    "dpkg-parsechangelog",
    "dpkg-vendor",
    "db_get",
    "db_fget",
    "db_metaget",
    "db_title",
    "db_settitle",
    "db_capb",
    "db_version",
    "db_info",
    "db_stop",
    "db_beginblock",
    "db_endblock",
    "db_text",
    "db_progress",
    "db_go",
    "db_input",
    "ucfq",
    "debconf-show",
    "debconf",
    "pidofproc",
    "status_of_proc",
    "init_is_upstart",
    "get_lsb_header_val",
    "success",
    "failure",
    "a2query",
    "phpquery",
    "apache2_has_module",
    "apache2_needs_restart",
    "apache2_msg",
    "which.debianutils",
    "ischroot",
    "getcap",
    "grub-probe",
    "vcs-diff",
    "select-editor",
    "apparmor_status",
    "log_use_fancy_output",
];

fn risk(call: &Call<'_>) -> Risk {
    let first = call.operand(0);
    match call.name {
        name if name.starts_with("log_") => Risk::Read,
        "dpkg-maintscript-helper" => match first {
            "supports" => Risk::Read,
            // An obsolete settings file is kept as `.dpkg-old` until the package is purged.
            "rm_conffile" | "mv_conffile" | "symlink_to_dir" | "dir_to_symlink" => Risk::Write,
            _ => Risk::Unknown,
        },
        "dpkg-divert" | "dpkg-statoverride" | "update-alternatives" | "alternatives" => {
            let looks =
                ["list", "listpackage", "truename", "query", "display", "get-selections", "test"];
            if call.has(&looks) { Risk::Read } else { Risk::Write }
        }
        "deb-systemd-helper" => match first {
            "is-enabled" | "was-enabled" | "debian-installed" => Risk::Read,
            _ => Risk::Write,
        },
        "deb-systemd-invoke" | "invoke-rc.d" => {
            if call.has(&["query"]) {
                return Risk::Read;
            }
            let action = call.operands.iter().rev().map(|word| word.text.as_str());
            match action.into_iter().find(|word| {
                ["start", "stop", "restart", "reload", "force-reload", "try-restart", "status"]
                    .contains(word)
            }) {
                Some("start") => Risk::Write,
                Some("status") => Risk::Read,
                Some(_) | None => Risk::Disruptive,
            }
        }
        "start-stop-daemon" => match () {
            () if call.has(&["status", "test", "T", "t"]) => Risk::Read,
            () if call.has(&["stop", "K"]) => Risk::Disruptive,
            () => Risk::Write,
        },
        "run-parts" if call.has(&["test", "list"]) => Risk::Read,
        // They run whatever is there.
        "run-parts"
        | "dbc_go"
        | "debconf-communicate"
        | "debconf-apt-progress"
        | "apache2_invoke"
        | "php_invoke" => {
            if call.name.ends_with("_invoke") {
                Risk::Disruptive
            } else {
                Risk::Unknown
            }
        }
        "killproc" | "daemon" | "start_daemon" | "action" | "apache2_reload"
        | "apache2_switch_mpm" => Risk::Disruptive,
        "ldconfig" if call.has(&["p", "print-cache"]) => Risk::Read,
        "postconf" if !call.has(&["e", "X", "M", "P", "F", "#"]) => Risk::Read,
        "gsettings"
            if matches!(
                first,
                "get"
                    | "list-keys"
                    | "list-schemas"
                    | "list-recursively"
                    | "monitor"
                    | "range"
                    | "writable"
            ) =>
        {
            Risk::Read
        }
        "dkms" if first == "status" => Risk::Read,
        "grub-install" | "grub2-install" => Risk::Disruptive,
        "logrotate" if call.has(&["debug", "d"]) => Risk::Read,
        "etckeeper" if matches!(first, "vcs" | "unclean" | "list-installed") => Risk::Read,
        "resolvconf" | "update-passwd" | "needrestart" | "update-inetd" => Risk::Disruptive,
        _ => Risk::Write,
    }
}
