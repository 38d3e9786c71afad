//! virsh, as libvirt 9 has it (`virsh help`).

use super::{Problem, Style, Usage, getopt};

/// virsh(1). What a command needs may stand as an operand or behind its flag.
pub const VIRSH: Usage = Usage {
    names: &["virsh"],
    style: Style::Gnu,
    global: "-h,--help -v,--version -V -c,--connect= -d,--debug=N -e,--escape= -k,--keepalive-interval= \
             -K,--keepalive-count= -l,--log= -q,--quiet -r,--readonly -t,--timing --no-pkttyagent",
    groups: &[],
    commands: &[
        ("attach-device", "--domain= --file= --persistent --config --live --current ; 0..2"),
        (
            "attach-disk",
            "--domain= --source= --target= --targetbus= --driver= --subdriver= --iothread= --cache= --io= --type= \
            --mode= --sourcetype= --serial= --wwn= --alias= --rawio --address= --multifunction --print-xml \
            --source-protocol= --source-host-name= --source-host-transport= --source-host-socket= --persistent \
            --config --live --current ; 0..20",
        ),
        (
            "attach-interface",
            "--domain= --type= --source= --target= --mac= --script= --model= --alias= --inbound= --outbound= \
            --persistent --config --live --current --print-xml --managed --source-mode= ; 0..11",
        ),
        ("autostart", "--domain= --disable ; 0..1"),
        (
            "blkdeviotune",
            "--domain= --device= --total-bytes-sec= --read-bytes-sec= --write-bytes-sec= --total-iops-sec= \
            --read-iops-sec= --write-iops-sec= --total-bytes-sec-max= --read-bytes-sec-max= --write-bytes-sec-max= \
            --total-iops-sec-max= --read-iops-sec-max= --write-iops-sec-max= --size-iops-sec= --group-name= \
            --total-bytes-sec-max-length= --read-bytes-sec-max-length= --write-bytes-sec-max-length= \
            --total-iops-sec-max-length= --read-iops-sec-max-length= --write-iops-sec-max-length= --config --live \
            --current ; 0..22",
        ),
        (
            "blkiotune",
            "--domain= --weight= --device-weights= --device-read-iops-sec= --device-write-iops-sec= \
            --device-read-bytes-sec= --device-write-bytes-sec= --config --live --current ; 0..7",
        ),
        (
            "blockcommit",
            "--domain= --path= --bandwidth= --base= --shallow --top= --active --delete --wait --verbose --timeout= \
            --pivot --keep-overlay --async --keep-relative --bytes ; 0..6",
        ),
        (
            "blockcopy",
            "--domain= --path= --dest= --bandwidth= --shallow --reuse-external --blockdev --wait --verbose --timeout= \
            --pivot --finish --async --xml= --format= --granularity= --buf-size= --bytes --transient-job \
            --synchronous-writes --print-xml ; 0..9",
        ),
        (
            "blockjob",
            "--domain= --path= --abort --async --pivot --info --bytes --raw --bandwidth= ; 0..3",
        ),
        (
            "blockpull",
            "--domain= --path= --bandwidth= --base= --wait --verbose --timeout= --async --keep-relative --bytes ; \
            0..5",
        ),
        ("blockresize", "--domain= --path= --size= ; 0..3"),
        (
            "change-media",
            "--domain= --path= --source= --eject --insert --update --current --live --config --force --print-xml \
            --block ; 0..3",
        ),
        ("console", "--domain= --devname= --force --safe ; 0..2"),
        ("cpu-stats", "--domain= --total --start= --count= ; 0..3"),
        (
            "create",
            "--file= --console --paused --autodestroy --pass-fds= --validate --reset-nvram ; 0..2",
        ),
        ("define", "--file= --validate ; 0..1"),
        ("desc", "--domain= --live --config --current --title --edit --new-desc= ; 0.."),
        ("destroy", "--domain= --graceful --remove-logs ; 0..1"),
        ("detach-device", "--domain= --file= --persistent --config --live --current ; 0..2"),
        ("detach-device-alias", "--domain= --alias= --config --live --current ; 0..2"),
        (
            "detach-disk",
            "--domain= --target= --persistent --config --live --current --print-xml ; 0..2",
        ),
        (
            "detach-interface",
            "--domain= --type= --mac= --persistent --config --live --current --print-xml ; 0..3",
        ),
        ("domdisplay", "--domain= --include-password --type= --all ; 0..2"),
        ("domfsfreeze", "--domain= --mountpoint= ; 0.."),
        ("domfsthaw", "--domain= --mountpoint= ; 0.."),
        ("domfsinfo", "--domain= ; 0..1"),
        ("domfstrim", "--domain= --minimum= --mountpoint= ; 0..3"),
        ("domhostname", "--domain= --source= ; 0..2"),
        ("domid", "--domain= ; 0..1"),
        ("domif-setlink", "--domain= --interface= --state= --config --print-xml ; 0..3"),
        (
            "domiftune",
            "--domain= --interface= --inbound= --outbound= --config --live --current ; 0..4",
        ),
        ("domjobabort", "--domain= --postcopy ; 0..1"),
        ("domjobinfo", "--domain= --completed --keep-completed --anystats --rawstats ; 0..1"),
        ("domlaunchsecinfo", "--domain= ; 0..1"),
        ("domsetlaunchsecstate", "--domain= --secrethdr= --secret= --set-address= ; 0..4"),
        ("domname", "--domain= ; 0..1"),
        ("domrename", "--domain= --new-name= ; 0..2"),
        ("dompmsuspend", "--domain= --target= --duration= ; 0..3"),
        ("dompmwakeup", "--domain= ; 0..1"),
        ("domuuid", "--domain= ; 0..1"),
        ("domxml-from-native", "--format= --config= ; 0..2"),
        ("domxml-to-native", "--format= --domain= --xml= ; 0..3"),
        (
            "dump",
            "--domain= --file= --live --crash --bypass-cache --reset --verbose --memory-only --format= ; 0..3",
        ),
        (
            "dumpxml",
            "--domain= --inactive --security-info --update-cpu --migratable --xpath= --wrap ; 0..2",
        ),
        ("edit", "--domain= --skip-validate ; 0..1"),
        ("get-user-sshkeys", "--domain= --user= ; 0..2"),
        ("inject-nmi", "--domain= ; 0..1"),
        ("iothreadinfo", "--domain= --config --live --current ; 0..1"),
        ("iothreadpin", "--domain= --iothread= --cpulist= --config --live --current ; 0..3"),
        ("iothreadadd", "--domain= --id= --config --live --current ; 0..2"),
        (
            "iothreadset",
            "--domain= --id= --poll-max-ns= --poll-grow= --poll-shrink= --thread-pool-min= --thread-pool-max= \
            --config --live --current ; 0..7",
        ),
        ("iothreaddel", "--domain= --id= --config --live --current ; 0..2"),
        ("send-key", "--domain= --codeset= --holdtime= --keycode= ; 0.."),
        ("send-process-signal", "--domain= --pid= --signame= ; 0..3"),
        ("lxc-enter-namespace", "--domain= --noseclabel --cmd= ; 0.."),
        ("managedsave", "--domain= --bypass-cache --running --paused --verbose ; 0..1"),
        ("managedsave-remove", "--domain= ; 0..1"),
        ("managedsave-edit", "--domain= --running --paused ; 0..1"),
        ("managedsave-dumpxml", "--domain= --security-info --xpath= --wrap ; 0..2"),
        ("managedsave-define", "--domain= --xml= --running --paused ; 0..2"),
        (
            "memtune",
            "--domain= --hard-limit= --soft-limit= --swap-hard-limit= --min-guarantee= --config --live --current ; \
            0..5",
        ),
        ("perf", "--domain= --enable= --disable= --config --live --current ; 0..3"),
        (
            "metadata",
            "--domain= --uri= --live --config --current --edit --key= --set= --remove ; 0..4",
        ),
        (
            "migrate",
            "--domain= --desturi= --live --offline --p2p --direct --tunnelled --persistent --undefinesource --suspend \
            --copy-storage-all --copy-storage-inc --copy-storage-synchronous-writes --change-protection --unsafe \
            --verbose --compressed --auto-converge --rdma-pin-all --abort-on-error --postcopy \
            --postcopy-after-precopy --postcopy-resume --zerocopy --migrateuri= --graphicsuri= --listen-address= \
            --dname= --timeout= --timeout-suspend --timeout-postcopy --xml= --migrate-disks= --disks-port= \
            --disks-uri= --comp-methods= --comp-mt-level= --comp-mt-threads= --comp-mt-dthreads= \
            --comp-xbzrle-cache= --auto-converge-initial= --auto-converge-increment= --persistent-xml= --tls \
            --postcopy-bandwidth= --parallel --parallel-connections= --bandwidth= --tls-destination= ; 0..23",
        ),
        ("migrate-setmaxdowntime", "--domain= --downtime= ; 0..2"),
        ("migrate-getmaxdowntime", "--domain= ; 0..1"),
        ("migrate-compcache", "--domain= --size= ; 0..2"),
        ("migrate-setspeed", "--domain= --bandwidth= --postcopy ; 0..2"),
        ("migrate-getspeed", "--domain= --postcopy ; 0..1"),
        ("migrate-postcopy", "--domain= ; 0..1"),
        ("numatune", "--domain= --mode= --nodeset= --config --live --current ; 0..3"),
        ("qemu-attach", "--pid= ; 0..1"),
        (
            "qemu-monitor-command",
            "--domain= --hmp --pretty --return-value --pass-fds= --cmd= ; 0..",
        ),
        (
            "qemu-monitor-event",
            "--domain= --event= --pretty --loop --timeout= --regex --no-case --timestamp ; 0..3",
        ),
        ("qemu-agent-command", "--domain= --timeout= --async --block --pretty --cmd= ; 0.."),
        ("guest-agent-timeout", "--domain= --timeout= ; 0..2"),
        ("reboot", "--domain= --mode= ; 0..2"),
        ("reset", "--domain= ; 0..1"),
        ("restore", "--file= --bypass-cache --xml= --running --paused --reset-nvram ; 0..2"),
        ("resume", "--domain= ; 0..1"),
        ("save", "--domain= --file= --bypass-cache --xml= --running --paused --verbose ; 0..3"),
        ("save-image-define", "--file= --xml= --running --paused ; 0..2"),
        ("save-image-dumpxml", "--file= --security-info --xpath= --wrap ; 0..2"),
        ("save-image-edit", "--file= --running --paused ; 0..1"),
        ("schedinfo", "--domain= --weight= --cap= --current --config --live --set= ; 0.."),
        ("screenshot", "--domain= --file= --screen= ; 0..3"),
        ("set-lifecycle-action", "--domain= --type= --action= --config --live --current ; 0..3"),
        ("set-user-sshkeys", "--domain= --user= --file= --reset --remove ; 0..3"),
        ("set-user-password", "--domain= --user= --password= --encrypted ; 0..3"),
        ("setmaxmem", "--domain= --size= --config --live --current ; 0..2"),
        ("setmem", "--domain= --size= --config --live --current ; 0..2"),
        (
            "setvcpus",
            "--domain= --count= --maximum --config --live --current --guest --hotpluggable ; 0..2",
        ),
        ("shutdown", "--domain= --mode= ; 0..2"),
        (
            "start",
            "--domain= --console --paused --autodestroy --bypass-cache --force-boot --pass-fds= --reset-nvram ; 0..2",
        ),
        ("suspend", "--domain= ; 0..1"),
        ("ttyconsole", "--domain= ; 0..1"),
        (
            "undefine",
            "--domain= --managed-save --storage= --remove-all-storage --delete-storage-volume-snapshots \
            --wipe-storage --snapshots-metadata --checkpoints-metadata --nvram --keep-nvram --tpm --keep-tpm ; 0..2",
        ),
        (
            "update-device",
            "--domain= --file= --persistent --config --live --current --force ; 0..2",
        ),
        (
            "update-memory-device",
            "--domain= --config --live --current --print-xml --alias= --node= --requested-size= ; 0..4",
        ),
        ("vcpucount", "--domain= --maximum --active --live --config --current --guest ; 0..1"),
        ("vcpuinfo", "--domain= --pretty ; 0..1"),
        ("vcpupin", "--domain= --vcpu= --cpulist= --config --live --current ; 0..3"),
        ("emulatorpin", "--domain= --cpulist= --config --live --current ; 0..2"),
        ("vncdisplay", "--domain= ; 0..1"),
        ("guestvcpus", "--domain= --cpulist= --enable --disable ; 0..2"),
        ("setvcpu", "--domain= --vcpulist= --enable --disable --config --live --current ; 0..2"),
        ("domblkthreshold", "--domain= --dev= --threshold= ; 0..3"),
        (
            "guestinfo",
            "--domain= --user --os --timezone --hostname --filesystem --disk --interface ; 0..1",
        ),
        ("domdirtyrate-calc", "--domain= --seconds= --mode= ; 0..3"),
        (
            "dom-fd-associate",
            "--domain= --name= --pass-fds= --seclabel-writable --seclabel-restore ; 0..3",
        ),
        ("domblkerror", "--domain= ; 0..1"),
        ("domblkinfo", "--domain= --device= --human --all ; 0..2"),
        ("domblklist", "--domain= --inactive --details ; 0..1"),
        ("domblkstat", "--domain= --device= --human ; 0..2"),
        ("domcontrol", "--domain= ; 0..1"),
        ("domif-getlink", "--domain= --interface= --config ; 0..2"),
        ("domifaddr", "--domain= --interface= --full --source= ; 0..3"),
        ("domiflist", "--domain= --inactive ; 0..1"),
        ("domifstat", "--domain= --interface= ; 0..2"),
        ("dominfo", "--domain= ; 0..1"),
        ("dommemstat", "--domain= --period= --config --live --current ; 0..2"),
        ("domstate", "--domain= --reason ; 0..1"),
        (
            "domstats",
            "--state --cpu-total --balloon --vcpu --interface --block --perf --iothread --memory --dirtyrate --vm \
            --list-active --list-inactive --list-persistent --list-transient --list-running --list-paused \
            --list-shutoff --list-other --raw --enforce --backing --nowait ; 0..",
        ),
        ("domtime", "--domain= --now --pretty --sync --time= ; 0..2"),
        (
            "list",
            "--inactive --all --transient --persistent --with-snapshot --without-snapshot --with-checkpoint \
            --without-checkpoint --state-running --state-paused --state-shutoff --state-other --autostart \
            --no-autostart --with-managed-save --without-managed-save --uuid --name --id --table --managed-save \
            --title ; 0..0",
        ),
        ("event", "--domain= --event= --all --loop --timeout= --list --timestamp ; 0..3"),
        ("allocpages", "--pagesize= --pagecount= --cellno= --add --all ; 0..3"),
        ("capabilities", " ; 0..0"),
        ("cpu-baseline", "--file= --features --migratable ; 0..1"),
        ("cpu-compare", "--file= --error --validate ; 0..1"),
        ("cpu-models", "--arch= ; 0..1"),
        ("domcapabilities", "--virttype= --emulatorbin= --arch= --machine= ; 0..4"),
        ("freecell", "--cellno= --all ; 0..1"),
        ("freepages", "--cellno= --pagesize= --all ; 0..2"),
        ("hostname", " ; 0..0"),
        (
            "hypervisor-cpu-baseline",
            "--file= --virttype= --emulator= --arch= --machine= --features --migratable --model= ; 0..6",
        ),
        (
            "hypervisor-cpu-compare",
            "--file= --virttype= --emulator= --arch= --machine= --error --validate ; 0..5",
        ),
        ("maxvcpus", "--type= ; 0..1"),
        (
            "node-memory-tune",
            "--shm-pages-to-scan= --shm-sleep-millisecs= --shm-merge-across-nodes= ; 0..3",
        ),
        ("nodecpumap", "--pretty ; 0..0"),
        ("nodecpustats", "--cpu= --percent ; 0..1"),
        ("nodeinfo", " ; 0..0"),
        ("nodememstats", "--cell= ; 0..1"),
        ("nodesevinfo", " ; 0..0"),
        ("nodesuspend", "--target= --duration= ; 0..2"),
        ("sysinfo", " ; 0..0"),
        ("uri", " ; 0..0"),
        ("version", "--daemon ; 0..0"),
        (
            "checkpoint-create",
            "--domain= --xmlfile= --redefine --redefine-validate --quiesce ; 0..2",
        ),
        (
            "checkpoint-create-as",
            "--domain= --name= --description= --print-xml --quiesce --diskspec= ; 0..",
        ),
        (
            "checkpoint-delete",
            "--domain= --checkpointname= --children --children-only --metadata ; 0..2",
        ),
        (
            "checkpoint-dumpxml",
            "--domain= --checkpointname= --security-info --no-domain --size --xpath= --wrap ; 0..3",
        ),
        ("checkpoint-edit", "--domain= --checkpointname= ; 0..2"),
        ("checkpoint-info", "--domain= --checkpointname= ; 0..2"),
        (
            "checkpoint-list",
            "--domain= --parent --roots --leaves --no-leaves --tree --from= --descendants --name --topological ; 0..2",
        ),
        ("checkpoint-parent", "--domain= --checkpointname= ; 0..2"),
        ("iface-begin", " ; 0..0"),
        ("iface-bridge", "--interface= --bridge= --no-stp --delay= --no-start ; 0..3"),
        ("iface-commit", " ; 0..0"),
        ("iface-define", "--file= --validate ; 0..1"),
        ("iface-destroy", "--interface= ; 0..1"),
        ("iface-dumpxml", "--interface= --inactive --xpath= --wrap ; 0..2"),
        ("iface-edit", "--interface= ; 0..1"),
        ("iface-list", "--inactive --all ; 0..0"),
        ("iface-mac", "--interface= ; 0..1"),
        ("iface-name", "--interface= ; 0..1"),
        ("iface-rollback", " ; 0..0"),
        ("iface-start", "--interface= ; 0..1"),
        ("iface-unbridge", "--bridge= --no-start ; 0..1"),
        ("iface-undefine", "--interface= ; 0..1"),
        ("nwfilter-define", "--file= --validate ; 0..1"),
        ("nwfilter-dumpxml", "--nwfilter= --xpath= --wrap ; 0..2"),
        ("nwfilter-edit", "--nwfilter= ; 0..1"),
        ("nwfilter-list", " ; 0..0"),
        ("nwfilter-undefine", "--nwfilter= ; 0..1"),
        ("nwfilter-binding-create", "--file= --validate ; 0..1"),
        ("nwfilter-binding-delete", "--binding= ; 0..1"),
        ("nwfilter-binding-dumpxml", "--binding= --xpath= --wrap ; 0..2"),
        ("nwfilter-binding-list", " ; 0..0"),
        ("net-autostart", "--network= --disable ; 0..1"),
        ("net-create", "--file= --validate ; 0..1"),
        ("net-define", "--file= --validate ; 0..1"),
        ("net-destroy", "--network= ; 0..1"),
        ("net-dhcp-leases", "--network= --mac= ; 0..2"),
        ("net-dumpxml", "--network= --inactive --xpath= --wrap ; 0..2"),
        ("net-edit", "--network= ; 0..1"),
        ("net-event", "--network= --event= --loop --timeout= --list --timestamp ; 0..3"),
        ("net-info", "--network= ; 0..1"),
        (
            "net-list",
            "--inactive --all --persistent --transient --autostart --no-autostart --uuid --name --table ; 0..0",
        ),
        ("net-name", "--network= ; 0..1"),
        ("net-start", "--network= ; 0..1"),
        ("net-undefine", "--network= ; 0..1"),
        (
            "net-update",
            "--network= --command= --section= --xml= --parent-index= --config --live --current ; 0..5",
        ),
        ("net-uuid", "--network= ; 0..1"),
        ("net-port-list", "--network= --uuid --table ; 0..1"),
        ("net-port-create", "--network= --file= --validate ; 0..2"),
        ("net-port-dumpxml", "--network= --port= --xpath= --wrap ; 0..3"),
        ("net-port-delete", "--network= --port= ; 0..2"),
        ("nodedev-create", "--file= --validate ; 0..1"),
        ("nodedev-destroy", "--device= ; 0..1"),
        ("nodedev-detach", "--device= --driver= ; 0..2"),
        ("nodedev-dumpxml", "--device= --xpath= --wrap ; 0..2"),
        ("nodedev-list", "--tree --cap= --inactive --all ; 0..1"),
        ("nodedev-reattach", "--device= ; 0..1"),
        ("nodedev-reset", "--device= ; 0..1"),
        ("nodedev-event", "--device= --event= --loop --timeout= --list --timestamp ; 0..3"),
        ("nodedev-define", "--file= --validate ; 0..1"),
        ("nodedev-undefine", "--device= ; 0..1"),
        ("nodedev-start", "--device= ; 0..1"),
        ("nodedev-autostart", "--device= --disable ; 0..1"),
        ("nodedev-info", "--device= ; 0..1"),
        ("secret-define", "--file= --validate ; 0..1"),
        ("secret-dumpxml", "--secret= --xpath= --wrap ; 0..2"),
        ("secret-event", "--secret= --event= --loop --timeout= --list --timestamp ; 0..3"),
        ("secret-get-value", "--secret= --plain ; 0..1"),
        ("secret-list", "--ephemeral --no-ephemeral --private --no-private ; 0..0"),
        ("secret-set-value", "--secret= --file= --plain --interactive --base64= ; 0..3"),
        ("secret-undefine", "--secret= ; 0..1"),
        (
            "snapshot-create",
            "--domain= --xmlfile= --redefine --current --no-metadata --halt --disk-only --reuse-external --quiesce \
            --atomic --live --validate ; 0..2",
        ),
        (
            "snapshot-create-as",
            "--domain= --name= --description= --print-xml --no-metadata --halt --disk-only --reuse-external --quiesce \
            --atomic --live --validate --memspec= --diskspec= ; 0..",
        ),
        ("snapshot-current", "--domain= --name --security-info --snapshotname= ; 0..2"),
        (
            "snapshot-delete",
            "--domain= --snapshotname= --current --children --children-only --metadata ; 0..2",
        ),
        ("snapshot-dumpxml", "--domain= --snapshotname= --security-info --xpath= --wrap ; 0..3"),
        ("snapshot-edit", "--domain= --snapshotname= --current --rename --clone ; 0..2"),
        ("snapshot-info", "--domain= --snapshotname= --current ; 0..2"),
        (
            "snapshot-list",
            "--domain= --parent --roots --leaves --no-leaves --metadata --no-metadata --inactive --active --disk-only \
            --internal --external --tree --from= --current --descendants --name --topological ; 0..2",
        ),
        ("snapshot-parent", "--domain= --snapshotname= --current ; 0..2"),
        (
            "snapshot-revert",
            "--domain= --snapshotname= --current --running --paused --force --reset-nvram ; 0..2",
        ),
        ("backup-begin", "--domain= --backupxml= --checkpointxml= --reuse-external ; 0..3"),
        ("backup-dumpxml", "--domain= --xpath= --wrap ; 0..2"),
        ("find-storage-pool-sources-as", "--type= --host= --port= --initiator= ; 0..4"),
        ("find-storage-pool-sources", "--type= --src ; 0..1"),
        ("pool-autostart", "--pool= --disable ; 0..1"),
        ("pool-build", "--pool= --no-overwrite --overwrite ; 0..1"),
        (
            "pool-create-as",
            "--name= --type= --print-xml --source-host= --source-path= --source-dev= --source-name= --target= \
            --source-format= --auth-type= --auth-username= --secret-usage= --secret-uuid= --adapter-name= \
            --adapter-wwnn= --adapter-wwpn= --adapter-parent= --adapter-parent-wwnn= --adapter-parent-wwpn= \
            --adapter-parent-fabric-wwn= --source-protocol-ver= --source-initiator= --build --no-overwrite \
            --overwrite ; 0..21",
        ),
        ("pool-create", "--file= --build --no-overwrite --overwrite ; 0..1"),
        (
            "pool-define-as",
            "--name= --type= --print-xml --source-host= --source-path= --source-dev= --source-name= --target= \
            --source-format= --auth-type= --auth-username= --secret-usage= --secret-uuid= --adapter-name= \
            --adapter-wwnn= --adapter-wwpn= --adapter-parent= --adapter-parent-wwnn= --adapter-parent-wwpn= \
            --adapter-parent-fabric-wwn= --source-protocol-ver= --source-initiator= ; 0..21",
        ),
        ("pool-define", "--file= --validate ; 0..1"),
        ("pool-delete", "--pool= ; 0..1"),
        ("pool-destroy", "--pool= ; 0..1"),
        ("pool-dumpxml", "--pool= --inactive --xpath= --wrap ; 0..2"),
        ("pool-edit", "--pool= ; 0..1"),
        ("pool-info", "--pool= --bytes ; 0..1"),
        (
            "pool-list",
            "--inactive --all --transient --persistent --autostart --no-autostart --type= --details --uuid --name ; \
            0..1",
        ),
        ("pool-name", "--pool= ; 0..1"),
        ("pool-refresh", "--pool= ; 0..1"),
        ("pool-start", "--pool= --build --no-overwrite --overwrite ; 0..1"),
        ("pool-undefine", "--pool= ; 0..1"),
        ("pool-uuid", "--pool= ; 0..1"),
        ("pool-event", "--pool= --event= --loop --timeout= --list --timestamp ; 0..3"),
        ("pool-capabilities", " ; 0..0"),
        ("vol-clone", "--vol= --newname= --pool= --prealloc-metadata --reflink --print-xml ; 0..3"),
        (
            "vol-create-as",
            "--pool= --name= --capacity= --allocation= --format= --backing-vol= --backing-vol-format= \
            --prealloc-metadata --print-xml ; 0..7",
        ),
        ("vol-create", "--pool= --file= --prealloc-metadata --validate ; 0..2"),
        (
            "vol-create-from",
            "--pool= --file= --vol= --inputpool= --prealloc-metadata --reflink --validate ; 0..4",
        ),
        ("vol-delete", "--vol= --pool= --delete-snapshots ; 0..2"),
        ("vol-download", "--vol= --file= --pool= --offset= --length= --sparse ; 0..5"),
        ("vol-dumpxml", "--vol= --pool= --xpath= --wrap ; 0..3"),
        ("vol-info", "--vol= --pool= --bytes --physical ; 0..2"),
        ("vol-key", "--vol= --pool= ; 0..2"),
        ("vol-list", "--pool= --details ; 0..1"),
        ("vol-name", "--vol= ; 0..1"),
        ("vol-path", "--vol= --pool= ; 0..2"),
        ("vol-pool", "--vol= --uuid ; 0..1"),
        ("vol-resize", "--vol= --capacity= --pool= --allocate --delta --shrink ; 0..3"),
        ("vol-upload", "--vol= --file= --pool= --offset= --length= --sparse ; 0..5"),
        ("vol-wipe", "--vol= --pool= --algorithm= ; 0..3"),
        ("cd", "--dir= ; 0..1"),
        ("echo", "--shell --xml --split --err ; 0.."),
        ("exit", " ; 0..0"),
        ("help", "--command= ; 0..1"),
        ("pwd", " ; 0..0"),
        ("quit", " ; 0..0"),
        ("connect", "--name= --readonly ; 0..1"),
    ],
    code: 1,
    manner: virsh,
};

fn virsh(usage: &Usage, tool: &str, problem: &Problem) -> String {
    match problem {
        Problem::UnknownCommand { word, .. } => format!("error: unknown command: '{word}'"),
        Problem::UnknownFlag(flag) => {
            format!("error: command doesn't support option {flag}")
        }
        Problem::ValueMissing(flag) => format!("error: expected syntax: {flag} <string>"),
        Problem::OperandUnwanted(word) => format!("error: unexpected data '{word}'"),
        Problem::OperandMissing { .. }
        | Problem::CommandMissing { .. }
        | Problem::AmbiguousFlag(..)
        | Problem::ValueUnwanted(_)
        | Problem::BadValue { .. }
        | Problem::FlagMissing(_) => format!("error: {}", getopt(usage, tool, problem)),
    }
}
