//! Names of commands that exist on ordinary systems, and of those that only look.

/// Commands that change nothing, whatever their arguments: they look, compare, compute or wait.
pub const READ_ONLY: &str = "
    [ [[ test true false : echo printf cat head tail less more ls stat df du file wc cut 
     tr grep egrep fgrep zgrep zcat xzcat bzcat zstdcat diff cmp comm paste join nl od 
    hexdump strings base32 md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum
    cksum sum cal sleep wait uname whoami id groups who w users last uptime free
    ps top pgrep pidof lsof vmstat iostat ss netstat ping ping6 dig host nslookup getent
    traceroute mountpoint findmnt lsblk blkid lvs vgs pvs lvdisplay vgdisplay pvdisplay pvscan
    vgscan lvscan smartctl lscpu lsmem lspci lsusb nproc arch env printenv pwd cd pushd popd
    dirs dirname basename readlink realpath which type command whereis man help seq expr bc
    factor numfmt xmllint column fold fmt rev tac shuf timeout nohup time
    times set unset shift export local declare typeset readonly let read 
    return exit break continue trap umask ulimit shopt getopts alias unalias jobs fg bg disown
    exec eval builtin caller history logout suspend tput stty tty
    clear reset locale getconf sudo xargs flock nice ionice stdbuf setsid su getfacl getfattr
    lsattr namei tree pstree ssh sh bash dash zsh ksh debugfs dumpe2fs e2image xfs_info
    xfs_metadump gpg-agent ldapsearch age-keygen named-checkzone named-checkconf systemd-analyze
    loginctl sar redis-check-rdb redis-check-aof pv myisamchk innochecksum dpkg-query rpm
    apt-cache apt-mark lsb_release sha3sum b3sum xxhsum md5deep hashdeep yes mesg ethtool 
      chronyc ntpq zipinfo coproc doas envsubst strace ltrace watch parallel chroot
    unshare nsenter runuser setpriv rev-parse md5 sha1 pathchk sync logname hostid tsort ptx pr
    expand unexpand nologin sg newgrp busybox toybox locate apropos whatis info objdump readelf
    nm
";

/// Flags and words with which a command of [`READ_ONLY`] does more than look. A letter counts in a bundle too.
pub const UNLESS: &[(&str, &[&str])] = &[
    ("age-keygen", &["-o", "--output"]),
    ("apt-mark", &["hold", "unhold", "auto", "manual"]),
    ("blkid", &["-g"]),
    ("chronyc", &["makestep", "shutdown", "offline", "online", "settime", "add", "delete"]),
    ("debugfs", &["-w", "-R", "-f"]),
    ("e2image", &["-I", "-r", "-Q"]),
    ("ethtool", &["-s", "-E", "-f", "-K", "-G", "-L", "--change", "--flash", "--reset"]),
    ("gpg-agent", &["--daemon", "--server"]),
    ("info", &["-o", "--output"]),
    ("innochecksum", &["--write", "-w"]),
    ("man", &["-P", "--pager", "-H", "--html"]),
    ("nc", &["-e", "-c", "--exec", "--sh-exec"]),
    ("ncat", &["-e", "-c", "--exec", "--sh-exec", "--lua-exec"]),
    ("split", &["--filter"]),
    ("ss", &["-K", "--kill"]),
    ("less", &["-o", "-O", "--log-file"]),
    (
        "loginctl",
        &[
            "terminate-user",
            "terminate-session",
            "terminate-seat",
            "kill-user",
            "kill-session",
            "lock-session",
            "lock-sessions",
            "enable-linger",
            "disable-linger",
        ],
    ),
    (
        "myisamchk",
        &[
            "-r",
            "-o",
            "-f",
            "-q",
            "-a",
            "--recover",
            "--safe-recover",
            "--force",
            "--quick",
            "--analyze",
            "--sort-index",
            "--backup",
            "-B",
            "-n",
            "-S",
            "-R",
            "-U",
        ],
    ),
    ("named-checkzone", &["-o", "-d"]),
    ("pv", &["-o", "--output"]),
    (
        "rpm",
        &[
            "-e",
            "-i",
            "-U",
            "-F",
            "--erase",
            "--install",
            "--upgrade",
            "--freshen",
            "--reinstall",
            "--import",
            "--initdb",
            "--rebuilddb",
            "--restore",
            "--setperms",
            "--setugids",
            "-E",
            "--eval",
            "--pipe",
        ],
    ),
    ("sar", &["-o"]),
    ("shuf", &["-o", "--output"]),
    (
        "smartctl",
        &[
            "-s",
            "-t",
            "-o",
            "-S",
            "-X",
            "--set",
            "--test",
            "--smart",
            "--abort",
            "--saveauto",
            "--offlineauto",
        ],
    ),
    ("systemd-analyze", &["log-level", "log-target", "service-watchdogs"]),
    ("tree", &["-o"]),
    ("xmllint", &["--output", "-o"]),
];

/// Commands that at most create something: they encrypt, fetch, split, notify.
pub const CREATE: &str = "
    gpg gpg2 age split csplit hg svn cpio unzip mail mailx sendmail msmtp
    logger systemd-cat ssh-keygen ssh-add script dos2unix patchelf telnet nc ncat socat
    wall write
";

/// Other commands of Debian's and Red Hat's base systems and of the backup trade; that they exist
/// says nothing about what they do.
pub const KNOWN: &str = "
    dpkg-maintscript-helper deb-systemd-invoke update-xmlcatalog update-catalog apt-config
    dpkg-divert dpkg-statoverride dpkg-trigger ucf ucfr ucfq pam-auth-update getopt gettext
    gpgconf perf cygpath aclocal autoconf automake xml2-config virtualenv pytest pg_virtualenv
    print debconf db_get db_set db_input db_go db_stop py3compile py3clean update-mime-database
    fc-cache invoke-rc ldd pkg-config install_packages sha1deep mdatopts hostid setterm setupcon
    cc1 g++ clang rustc rustup ninja meson cmake docbook2man pandoc msgfmt apt apt-get aptitude
    dpkg yum dnf zypper apk pacman snap pip pip3 npm gem cargo go useradd userdel usermod
    groupadd groupdel groupmod passwd chpasswd adduser deluser addgroup visudo vipw update-grub
    grub-install grub2-install grub-mkconfig update-initramfs dracut mkinitrd kpartx partprobe
    partx quotacheck quotaon edquota setquota xfsdump xfsrestore dump restore e2label xfs_admin
    xfs_freeze debootstrap mkisofs genisoimage xorriso growisofs mt mtx sftp ftp lftp rcp
    rdiff-backup bacula bconsole tarsnap restore.sh zip 7z 7za rar unrar ar ionice chage renice
    logrotate update-alternatives ldconfig depmod rmmod insmod lsmod udevadm systemd-tmpfiles
    systemd-run systemd-nspawn machinectl networkctl resolvectl nmcli netplan ifup ifdown
    dhclient wg wg-quick consul nomad etcd redis-server postgres mysqld mysqld_safe mariadbd
    mysqlimport pg_createcluster pg_dropcluster pg_lsclusters pg_upgradecluster pg_upgrade
    pg_checksums pgbench pt-table-checksum pt-table-sync clickhouse-client influx influxd cqlsh
    nodetool sqlcmd sqlplus rman expdp impdp isql db2 mongod mongos mongoexport mongoimport
    mongostat zkCli.sh zkServer.sh kafka-topics.sh rabbitmqctl rabbitmq-diagnostics curator
    elasticsearch-snapshot slapcat slapadd slapindex ldapadd ldapmodify ldapdelete kinit klist
    kadmin kdb5_util certbot acme.sh step kubeadm k3s minikube crictl ctr skopeo buildah
    docker-credential-pass packer vagrant salt salt-call puppet chef-client gh glab s5cmd s3fs
    azcopy bq rados ceph cephadm gluster glusterd glusterfs glusterfsd mdadm nbd-client qemu-img
    qemu-nbd vzdump pct pvesh pvesm govc xe vim-cmd ipmitool efibootmgr fwupdmgr shasum sops pass bw op ssss-split
    ssss-combine paperkey minisign signify cosign par2 litestream sqlite3_rsync sqldiff
    sqlite3_analyzer sqlite xtrabackup innobackupex percona-release mysqlpump mysqlsh
    orchestrator proxysql haproxy varnishadm httpd apache2 apache2ctl a2ensite a2dissite php-fpm
    uwsgi gunicorn celery pm2 java keytool mvn gradle gcc cc ld strip install-info ntpdate
    hwclock rdate tzselect dialog whiptail zenity notify-send screen tmux anacron run-parts
    start-stop-daemon update-rc.d chkconfig invoke-rc.d deb-systemd-helper semanage setsebool
    getenforce setenforce aa-enforce auditctl borgmatic autorestic resticprofile blackstart
    etckeeper chronic sponge ts vipe ifne mispipe pee isutf8 hadoop yarn beeline hive
    spark-submit dvc git-annex git-lfs hf huggingface-cli nvidia-smi psmisc pigz unpigz
    ansible-vault ansible-inventory aws-vault eksctl kubectx kubens kustomize argocd flux
    istioctl dd mailq postqueue postfix postsuper doveadm exim mkpasswd htpasswd uuidgen
    uuidparse pwgen apg aplay ntfy repquota swaplabel zpool zdb zed zgenhostid sanoid syncoid
    btrbk snapper timeshift rsnapshot clonezilla partclone.ext4 partimage fsarchiver testdisk
    photorec extundelete foremost safecopy badblocks lsscsi sg_persist megacli storcli ssacli
    arcconf tw_cli multipathd lvm dmeventd vdo stratis cryptsetup clevis tang tpm2_unseal
    vbetool acpi_fakekey rfkill on_ac_power chvt openvt deallocvt fgconsole kbd_mode alsactl amixer arecord xset xrandr
    xrdb xauth xhost xsetroot plymouth keyctl grub-mkimage grub-mkrescue grub-script-check grub-mkstandalone tgtadm
    tgt-admin targetcli dmraid chpst runsv runsvdir aptly reprepro dbus-send dbus-launch gdbus qdbus busctl uuencode
    uudecode www-browser sensible-browser sensible-editor sensible-pager ifquery makedumpfile crash vmcore-dmesg setfont
    loadkeys dumpkeys capsh laptop-detect iwconfig iw wpa_cli wpa_supplicant pccardctl amgetconf amcheck amdump systemd-ask-password
    systemd-cat systemd-mount systemd-umount systemd-inhibit fold dpkg-architecture dpkg-parsechangelog dpkg-buildpackage
    dpkg-vendor dpkg-genchanges dpkg-source debsign lintian dh_clean tgtd crda regdbdump xfconf-query kwriteconfig kreadconfig
    ocf_log ocf_exit_reason ocf_is_true ocf_is_root ocf_is_probe ocf_run ocf_take_lock ocf_release_lock_on_exit ha_log ha_debug
    ha_pseudo_resource check_binary have_binary ra_execocf inst inst_simple inst_multiple inst_hook inst_rules inst_script
    inst_dir inst_binary inst_libdir_file inst_any instmods dracut_install dracut_module_included dracut_instmods
    dracut_need_initqueue getarg getargs getargbool getargnum require_binaries require_any_binary emergency_shell strstr
    copy_exec copy_file copy_modules_dir manual_add_modules force_load add_mountroot_fail_hook panic wait_for_udev _filedir
    _init_completion vlog_daemon_msg vlog_end_msg cryptsetup_message
    mokutil bootctl kernel-install kexec dockerd containerd snapd ipconfig startx s2disk s2ram htpasswd2 libvirtd
";

/// Tells whether a call of a command that looks holds a word with which it does more.
pub fn does_more(name: &str, words: &[&str]) -> bool {
    let runs = |word: &&str| word.contains("EXEC:") || word.contains("SYSTEM:");
    if name == "socat" && words.iter().any(runs) {
        return true;
    }
    let Some((_, marks)) = UNLESS.iter().find(|(known, _)| *known == name) else {
        return false;
    };
    // `rpm -qi` asks; so does `-V`.
    if name == "rpm" && words.iter().any(|word| word.starts_with("-q") || word.starts_with("-V")) {
        return false;
    }
    let bundled = |word: &str, mark: &str| {
        word.starts_with('-')
            && !word.starts_with("--")
            && mark.len() == 2
            && mark.starts_with('-')
            && word[1..].contains(&mark[1..])
    };
    let long = |word: &str, mark: &str| {
        mark.starts_with("--")
            && word.split('=').next().is_some_and(|word| word.len() > 3 && mark.starts_with(word))
    };
    words.iter().any(|word| {
        marks.iter().any(|mark| word == mark || bundled(word, mark) || long(word, mark))
    })
}
