//! Long flags of tools whose whole list is known, so that a flag they would refuse can be told from one nobody described.

use super::usage::{self, Style};

/// Tools that share a list are one entry; flags are those of Debian 12 (`--help`), of MySQL 8.4, and newer ones of GNU.
const KNOWN: &[(&[&str], &str)] = &[
    (
        &["cp"],
        "archive attributes-only backup context copy-contents debug dereference force help interactive \
         keep-directory-symlink link no-clobber no-dereference no-preserve no-target-directory one-file-system parents \
         preserve recursive reflink remove-destination sparse strip-trailing-slashes suffix symbolic-link \
         target-directory update verbose version",
    ),
    (
        &["mv"],
        "backup context debug exchange force help interactive no-clobber no-copy no-target-directory \
         strip-trailing-slashes suffix target-directory update verbose version",
    ),
    (
        &["mysqlbinlog", "mariadb-binlog"],
        "base64-output bind-address binlog-row-event-max-size character-sets-dir compression-algorithms \
         connection-server-id database debug-check debug-info default-auth defaults-extra-file defaults-file \
         defaults-group-suffix disable-log-bin do-domain-ids do-server-ids enable-cleartext-plugin exclude-gtids \
         flashback force-if-open force-read get-server-public-key gtid-strict-mode help hexdump host idempotent \
         ignore-domain-ids ignore-server-ids include-gtids local-load login-path no-defaults no-login-paths offset \
         open-files-limit password plugin-dir port print-defaults print-row-count print-row-event-positions \
         print-table-metadata protocol raw read-from-remote-server read-from-remote-source require-row-format \
         result-file rewrite-db server-id server-public-key-path set-charset short-form skip-annotate-row-events \
         skip-force-if-open skip-gtid-strict-mode skip-gtids skip-print-row-count skip-print-row-event-positions \
         skip-ssl socket ssl ssl-ca ssl-capath ssl-cert ssl-cipher ssl-crl ssl-crlpath ssl-fips-mode ssl-key ssl-mode \
         ssl-verify-server-cert start-datetime start-position stop-datetime stop-never stop-never-replica-server-id \
         stop-never-slave-server-id stop-position table tables tls-ciphersuites tls-sni-servername tls-version \
         to-last-log user variable-name verbose verify-binlog-checksum version zstd-compression-level",
    ),
    (
        &["rm"],
        "dir force help interactive no-preserve-root one-file-system preserve-root recursive verbose version",
    ),
    (
        &["rsync"],
        "acls address append append-verify archive atimes backup backup-dir block-size blocking-io bwlimit cc checksum \
         checksum-choice checksum-seed chmod chown com compare-dest compress compress-choice compress-level \
         compress-threads compression-choice config confine-root contimeout copy-as copy-dest copy-devices \
         copy-dirlinks copy-links copy-unsafe-links crtimes cvs-exclude daemon de debug del delay-up delay-updates \
         delete delete-WHEN delete-after delete-before delete-delay delete-during delete-ex delete-excluded \
         delete-missing-args devices dirs dparam drop-D dry-run early-input ex exclude exclude-from executability \
         existing fake-su fake-super fil files-from filter force from0 fsync fuzzy group groupmap hard-links help hu \
         human-readable i-r iconv ig ignore-errors ignore-existing ignore-miss ignore-missing-args ignore-non-existing \
         ignore-times in inc-recursive include include-from info inplace insecure-links ipv4 ipv6 item itemize-changes \
         keep-dirlinks link-dest links list list-only log-file log-file-format max-alloc max-delete max-size min-size \
         mkpath modify-win modify-window msgs2stderr munge-links new-compress no- no-D no-OPTION no-R no-W \
         no-blocking-io no-compress no-d no-detach no-dirs no-g no-h no-human-readable no-i-r no-iconv no-implied-dirs \
         no-inc-recur no-inc-recursive no-links no-motd no-msgs2stderr no-o no-old-args no-owner no-p no-perms no-r \
         no-relative no-s no-secluded-args no-super no-whole-file no-x numeric-ids old-args old-com old-d old-dirs \
         omit-dir-times omit-link-times one-file-system only-write-batch op open-noatime option out-format outbuf owner \
         par partial partial-dir password-file perms port preallocate progress protect-args protocol prune-empty-dirs \
         quiet re read-batch recursive relative remote-op remote-option remove-source-files rsh rsync-path safe-links \
         se secluded-args sender server size-only skip-compress sockopts sparse specials stats stderr stop-after \
         stop-at suffix super temp-dir time-limit timeout times trust-sender up update usermap verbose version \
         whole-file write-batch write-devices xattrs zc zl zt",
    ),
    (
        &["tar"],
        "absolute-names acls add-file after-date anchored append atime-preserve auto-compress backup block-number \
         blocking-factor bzip2 catenate check-device check-links checkpoint checkpoint-action clamp-mtime compare \
         compress concatenate confirmation create delay-directory-restore delete dereference diff directory exclude \
         exclude-backups exclude-caches exclude-caches-all exclude-caches-under exclude-from exclude-ignore \
         exclude-ignore-recursive exclude-tag exclude-tag-all exclude-tag-under exclude-vcs exclude-vcs-ignores extract \
         file files-from force-local format full-time get group group-map gunzip gzip hard-dereference help \
         hole-detection ignore-case ignore-command-error ignore-failed-read ignore-zeros incremental index-file \
         info-script interactive keep-directory-symlink keep-newer-files keep-old-files label level list \
         listed-incremental lzip lzma lzop mode mtime multi-volume new-volume-script newer newer-mtime no-acls \
         no-anchored no-auto-compress no-check-device no-delay-directory-restore no-ignore-case no-ignore-command-error \
         no-null no-overwrite-dir no-quote-chars no-recursion no-same-owner no-same-permissions no-seek no-selinux \
         no-unquote no-verbatim-files-from no-wildcards no-wildcards-match-slash no-xattrs null numeric-owner \
         occurrence old-archive one-file-system one-top-level overwrite overwrite-dir owner owner-map pax-option \
         portability posix preserve-order preserve-permissions quote-chars quoting-style read-full-records record-size \
         recursion recursive-unlink remove-files restrict rmt-command rsh-command same-order same-owner \
         same-permissions seek selinux set-mtime-command set-mtime-format show-defaults show-omitted-dirs \
         show-snapshot-field-ranges show-stored-names show-transformed-names skip-old-files sort sparse sparse-version \
         starting-file strip-components suffix tape-length test-label to-command to-stdout totals touch transform \
         uncompress ungzip unlink-first unquote update usage use-compress-program utc verbatim-files-from verbose \
         verify version volno-file warning wildcards wildcards-match-slash xattrs xattrs-exclude xattrs-include xform \
         xz zstd",
    ),
];

/// Returns every long flag of a tool, without dashes, where the list is known. The clients of MariaDB and MySQL are
/// described as a whole.
fn long_flags(tool: &str) -> Option<Vec<&'static str>> {
    if let Some((_, flags)) = KNOWN.iter().find(|(tools, _)| tools.contains(&tool)) {
        return Some(flags.split_ascii_whitespace().collect());
    }
    let usage = usage::usage(tool).filter(|usage| usage.style == Style::MySql)?;
    let names = usage.spec("").flags.into_iter().flat_map(|flag| flag.names);
    Some(names.filter_map(|name| name.strip_prefix("--")).collect())
}

/// Tells whether a tool refuses a long flag: its list is known, and no flag of it begins like this one. `flag` is without
/// dashes and value.
pub fn refuses(tool: &str, flag: &str) -> bool {
    let Some(flags) = long_flags(tool) else {
        return false;
    };
    let plain = flag.replace('_', "-");
    let begins = |wanted: &str| flags.iter().any(|known| known.starts_with(wanted));
    // The clients of MySQL turn every switch off, on, and into a warning; tar and rsync know `--no-` before most.
    let switches: &[&str] = match tool.starts_with("my") || tool.starts_with("mariadb") {
        true => &["skip-", "disable-", "enable-", "loose-", "maximum-"],
        false => &["no-"],
    };
    let stripped = switches
        .iter()
        .fold(plain.as_str(), |name, prefix| name.strip_prefix(prefix).unwrap_or(name));
    !begins(&plain) && !begins(stripped)
}

/// Returns the flag of a tool that is nearest to one it refuses.
pub fn nearest_flag(tool: &str, flag: &str) -> Option<&'static str> {
    crate::base::nearest(flag, long_flags(tool)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_refused_only_where_nothing_begins_like_it() {
        for (tool, flag) in [
            ("rsync", "verify"),
            ("tar", "verify-checksum"),
            ("cp", "checksum"),
            ("mysqldump", "consistent"),
            ("mariadb-binlog", "until"),
            ("rm", "no-backup"),
            ("mysql", "consistent"),
        ] {
            assert!(refuses(tool, flag), "{tool} --{flag}");
        }
        for (tool, flag) in [
            ("rsync", "delete"),
            ("rsync", "no-perms"),
            ("rsync", "archive"),
            ("tar", "extract"),
            ("tar", "zstd"),
            ("tar", "no-same-owner"),
            ("cp", "archive"),
            ("cp", "no-clobber"),
            ("mysqldump", "single-transaction"),
            ("mysqldump", "skip-lock-tables"),
            ("mariadb-dump", "master_data"),
            ("mariadb-dump", "parallel"),
            ("mysqldump", "ignore-error"),
            ("mysqladmin", "skip-ssl"),
            ("mysqlbinlog", "stop-datetime"),
            ("mysqlbinlog", "skip-gtids"),
            ("tar", "list"),
            ("restic", "anything"),
            ("rm", "recursive"),
        ] {
            assert!(!refuses(tool, flag), "{tool} --{flag}");
        }
        assert_eq!(nearest_flag("mysqldump", "single-transacton"), Some("single-transaction"));
    }
}
