//! Passwords on command lines, where only the program says what `-p` means.

use std::ops::Range;

use crate::redact::found::Finds;
use crate::redact::plausible::{mixed, placeholder};
use crate::redact::scan::{Detector, Trigger};
use crate::redact::text::{Text, is_word};

/// Short options and operands of programs, from their manuals. Long options like `--password` need no program.
pub const DETECTOR: Detector =
    Detector { finds: "passwords on command lines", trigger: Trigger::Literals(NAMES, look) };

/// How a program takes a secret.
#[derive(Debug, Clone, Copy)]
enum Takes {
    /// Glued to the option: `-pX`.
    Glued(&'static str),
    /// The word behind the option, or glued to it: `-a X`.
    Next(&'static str),
    /// The word behind the option, behind its colon: `-u user:X`.
    Colon(&'static str),
    /// The word behind the option, behind `%`: `-U user%X`.
    Percent(&'static str),
    /// Behind a beginning of a word: `pass:X`, `/pass:X`.
    Behind(&'static str),
    /// The n-th word that is no option, from 0.
    Operand(usize),
    /// Like `Operand`, only where a certain word stands first.
    After(&'static str, usize),
}

use Takes::{After, Behind, Colon, Glued, Next, Operand, Percent};

const MYSQL: &[Takes] = &[Glued("-p")];

macro_rules! programs {
    ($($name:literal $takes:expr,)+) => {
        const PROGRAMS: &[(&str, &[Takes])] = &[$(($name, $takes),)+];
        const NAMES: &[&str] = &[$($name,)+];
    };
}

programs! {
    "mysql" MYSQL, "mysqldump" MYSQL, "mysqladmin" MYSQL, "mysqlbinlog" MYSQL, "mysqlcheck" MYSQL, "mysqlimport" MYSQL, "mysqlpump" MYSQL, "mysqlshow" MYSQL, "mysqlsh" MYSQL, "mysqlslap" MYSQL, "mysql_upgrade" MYSQL,
    "mariadb" MYSQL, "mariadb-dump" MYSQL, "mariadb-admin" MYSQL, "mariadb-binlog" MYSQL, "mariadb-backup" MYSQL, "mariabackup" MYSQL, "xtrabackup" MYSQL, "innobackupex" MYSQL,
    "mydumper" &[Next("-p")], "myloader" &[Next("-p")], "mongo" &[Next("-p")], "mongosh" &[Next("-p")], "mongodump" &[Next("-p")], "mongorestore" &[Next("-p")], "mongoexport" &[Next("-p")], "mongoimport" &[Next("-p")], "mongostat" &[Next("-p")],
    "sshpass" &[Next("-p")], "redis-cli" &[Next("-a")], "redis-benchmark" &[Next("-a")], "valkey-cli" &[Next("-a")], "rdb-cli" &[Next("-a")], "redis-dump" &[Next("-a")],
    "ldapsearch" &[Next("-w")], "ldapadd" &[Next("-w")], "ldapmodify" &[Next("-w")], "ldapdelete" &[Next("-w")], "ldapwhoami" &[Next("-w")], "ldappasswd" &[Next("-w"), Next("-s"), Next("-a")], "ldapcompare" &[Next("-w")], "slappasswd" &[Next("-s")],
    "ipmitool" &[Next("-P"), After("user", 4)], "ipmipower" &[Next("-p")], "ipmiconsole" &[Next("-p")], "racadm" &[Next("-p")], "ipmicfg" &[Next("-p")], "fence_ipmilan" &[Next("-p")], "fence_vmware_soap" &[Next("-p")],
    "curl" &[Colon("-u"), Colon("--user"), Colon("-U"), Colon("--proxy-user"), Next("--oauth2-bearer"), Next("--pass")], "http" &[Colon("-a"), Colon("--auth")], "https" &[Colon("-a")],
    "smbclient" &[Percent("-U"), Percent("--user"), Operand(1)], "rpcclient" &[Percent("-U")], "smbget" &[Percent("-U")], "net" &[Percent("-U"), After("use", 2), After("use", 3), After("user", 2)], "winexe" &[Percent("-U")], "wmic" &[Behind("/password:")], "cmdkey" &[Behind("/pass:")], "xfreerdp" &[Behind("/p:")], "wfreerdp" &[Behind("/p:")], "rdesktop" &[Next("-p")],
    "snmpwalk" &[Next("-c"), Next("-A"), Next("-X")], "snmpget" &[Next("-c"), Next("-A"), Next("-X")], "snmpset" &[Next("-c"), Next("-A"), Next("-X")], "snmpbulkwalk" &[Next("-c"), Next("-A"), Next("-X")], "snmptrap" &[Next("-c")], "snmptable" &[Next("-c")], "snmpgetnext" &[Next("-c")],
    "7z" &[Glued("-p")], "7za" &[Glued("-p")], "7zz" &[Glued("-p")], "rar" &[Glued("-p"), Glued("-hp")], "unrar" &[Glued("-p")], "zip" &[Next("-P")], "unzip" &[Next("-P")],
    "openssl" &[Behind("pass:"), Next("-k"), Next("-K"), Next("-passin_"), Next("-hmac")], "gpg" &[Next("--passphrase")], "gpg2" &[Next("--passphrase")], "ccrypt" &[Next("-K")], "mcrypt" &[Next("-k")],
    "docker" &[Next("-p")], "podman" &[Next("-p")], "nerdctl" &[Next("-p")], "buildah" &[Colon("--creds")], "skopeo" &[Colon("--creds"), Colon("--src-creds"), Colon("--dest-creds")], "oc" &[Next("-p")], "crane" &[Next("-p")], "oras" &[Next("-p")], "cf" &[Next("-p")], "az" &[Next("-p"), Next("--account-key")],
    "sqlcmd" &[Next("-P")], "bcp" &[Next("-P")], "osql" &[Next("-P")], "tsql" &[Next("-P")], "isql" &[Next("-P"), Next("-password")], "fisql" &[Next("-P")], "cqlsh" &[Next("-p")], "nodetool" &[Next("-pw")], "influx" &[Next("-password"), Next("-p")], "neo4j-admin" &[After("dbms", 2)], "cypher-shell" &[Next("-p")], "taos" &[Glued("-p")], "obclient" &[Glued("-p")], "gsql" &[Next("-W")], "vsql" &[Next("-w")], "db2" &[After("connect", 5)], "couchbase-cli" &[Next("-p")], "cbbackupmgr" &[Next("-p")],
    "rabbitmqctl" &[After("add_user", 2), After("change_password", 2), After("authenticate_user", 2)], "rabbitmqadmin" &[Next("-p")], "mosquitto_pub" &[Next("-P")], "mosquitto_sub" &[Next("-P")], "mosquitto_passwd" &[Operand(2)], "htpasswd" &[Operand(2)],
    "vault" &[After("login", 1), After("unseal", 1), After("operator", 2), Behind("token="), Behind("password=")], "consul" &[Behind("-token=")], "nomad" &[Behind("-token=")], "etcdctl" &[Colon("--user")], "virt-customize" &[Behind("password:")], "mc" &[After("alias", 4), After("alias", 5), After("config", 6), After("config", 5), After("admin", 5)], "rclone" &[After("obscure", 1), After("reveal", 1)],
    "wpa_passphrase" &[Operand(1)], "lftp" &[Next("-p_")], "ncftp" &[Next("-p")], "ncftpput" &[Next("-p")], "ncftpget" &[Next("-p")], "plink" &[Next("-pw")], "pscp" &[Next("-pw")], "psftp" &[Next("-pw")], "x11vnc" &[Next("-passwd")], "keytool" &[Next("-storepass"), Next("-keypass"), Next("-srcstorepass"), Next("-deststorepass")], "jarsigner" &[Next("-storepass")], "useradd" &[Next("-p")], "usermod" &[Next("-p")], "samba-tool" &[After("user", 3)], "veracrypt" &[Next("-p")], "evil-winrm" &[Next("-p")], "crackmapexec" &[Next("-p")], "nxc" &[Next("-p")], "psexec" &[Next("-p")], "esxcli" &[Next("-p")], "kopia" &[Next("-p")], "hdbsql" &[Next("-p")], "hdbuserstore" &[Operand(3)],
}

fn look(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    // A whole word in the place of a command, with a blank behind it.
    let before = text.before(hit.start);
    if is_word(before)
        || matches!(before, b'-' | b'.' | b'=' | b'@')
        || !matches!(text.byte(hit.end), b' ' | b'\t') && !text.goes_on(hit.end, ".exe ")
    {
        return hit.start;
    }
    let name = text.all[hit.clone()].to_ascii_lowercase();
    let Some((_, takes)) = PROGRAMS.iter().find(|(known, _)| *known == name) else {
        return hit.start;
    };
    if takes.is_empty()
        || name == "net"
            && !["use", "user", "ads", "rpc"]
                .iter()
                .any(|verb| text.goes_on(text.blanks(hit.end), verb))
    {
        return hit.start;
    }
    let words = words(text, hit.end);
    for take in *takes {
        taken(text, &name, *take, &words, finds);
    }
    hit.start
}

fn taken(text: Text<'_>, name: &str, take: Takes, words: &[Range<usize>], finds: &mut Finds) {
    let content = |range: &Range<usize>| text.part(range.clone());
    let add = |finds: &mut Finds, range: Range<usize>| {
        let word = content(&range);
        let quoted = |mark: char| word.matches(mark).count() % 2 == 1 && word.ends_with(mark);
        let open = usize::from(
            word.len() > 1 && word.starts_with(['"', '\'']) && word.ends_with(&word[..1]),
        );
        let close = if open == 1 || quoted('"') || quoted('\'') { 1 } else { 0 };
        if !placeholder(word.trim_matches(['"', '\''])) {
            finds.secret(range.start + open..range.end - close);
        }
    };
    let operands = || {
        let mut rest: Vec<&Range<usize>> = vec![];
        for (index, range) in words.iter().enumerate() {
            let word = content(range);
            let valued = index > 0
                && matches!(
                    content(&words[index - 1]),
                    "-U" | "-h"
                        | "-H"
                        | "-I"
                        | "-p"
                        | "-P"
                        | "-u"
                        | "--host"
                        | "--port"
                        | "-D"
                        | "-L"
                );
            if !word.starts_with('-') && !valued {
                rest.push(range);
            }
        }
        rest
    };
    match take {
        Glued(option) => {
            for range in words {
                let word = content(range);
                let inner = word.strip_prefix(['"', '\'']).map_or(0, |_| 1);
                if let Some(rest) = word[inner..].strip_prefix(option)
                    && !rest.is_empty()
                    && !(name == "mysqladmin" && rest.starts_with('-'))
                    && !word.starts_with("-port")
                {
                    add(finds, range.start + inner + option.len()..range.end);
                }
            }
        }
        Next(option) => {
            for (index, range) in words.iter().enumerate() {
                let word = content(range);
                if word == option {
                    if let Some(next) = words.get(index + 1).filter(|next| {
                        plausible(name, option, content(next), words.first().map_or("", content))
                    }) {
                        add(finds, next.clone());
                    }
                } else if option.len() == 2
                    && !word.starts_with("--")
                    && let Some(rest) = word.strip_prefix(option)
                    && (matches!(
                        name,
                        "sshpass"
                            | "redis-cli"
                            | "zip"
                            | "unzip"
                            | "ipmitool"
                            | "snmpwalk"
                            | "snmpget"
                    ) || mixed(rest))
                    && !rest.is_empty()
                {
                    add(finds, range.start + option.len()..range.end);
                } else if option.len() > 2
                    && let Some(rest) =
                        word.strip_prefix(option).and_then(|rest| rest.strip_prefix('='))
                {
                    add(finds, range.end - rest.len()..range.end);
                }
            }
        }
        Colon(option) | Percent(option) => {
            let mark = if matches!(take, Colon(_)) { ':' } else { '%' };
            for (index, range) in words.iter().enumerate() {
                let word = content(range);
                let target = match word.strip_prefix(option) {
                    Some("") => words.get(index + 1).cloned(),
                    Some(rest) if rest.starts_with('=') => {
                        Some(range.end - rest.len() + 1..range.end)
                    }
                    Some(rest) if option.len() == 2 && !word.starts_with("--") => {
                        Some(range.end - rest.len()..range.end)
                    }
                    Some(_) | None => None,
                };
                if let Some(target) = target
                    && let Some((_, secret)) = content(&target).split_once(mark)
                {
                    add(finds, target.end - secret.len()..target.end);
                }
            }
        }
        Behind(beginning) => {
            for range in words {
                let word = content(range);
                let inner = word.trim_start_matches(['"', '\'']);
                if inner
                    .get(..beginning.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(beginning))
                    && inner.len() > beginning.len()
                {
                    add(finds, range.end - (inner.len() - beginning.len())..range.end);
                }
            }
        }
        Operand(index) => {
            if let Some(range) = operands().get(index)
                && (name != "htpasswd"
                    || words.first().is_some_and(|first| {
                        content(first).starts_with('-') && content(first).contains('b')
                    }))
                && !(name == "smbclient" && content(range).starts_with(['\\', '/']))
            {
                add(finds, (*range).clone());
            }
        }
        After(verb, index) => {
            let operands = operands();
            if operands.first().is_some_and(|first| content(first) == verb)
                && let Some(range) = operands.get(index)
            {
                let word = content(range);
                let path =
                    word.starts_with(['/', '\\']) || word.contains("://") || word.ends_with(':');
                let verbs = [
                    "set", "list", "ls", "host", "add", "key", "kv", "operator", "init", "status",
                    "raft", "seal",
                ]
                .contains(&word);
                // The verbs of some of these have other shapes; what is random there is a key.
                let sure = !matches!(
                    name,
                    "mc" | "net" | "ipmitool" | "db2" | "vault" | "samba-tool" | "neo4j-admin"
                ) || mixed(word)
                    || name == "vault" && word.len() >= 20
                    || name == "net" && !word.starts_with('*') && verb == "use" && word.len() >= 4
                    || name == "ipmitool"
                        && operands.get(2).is_some_and(|second| content(second) == "password");
                if !path && !verbs && sure {
                    add(finds, (*range).clone());
                }
            }
        }
    }
}

/// Tells whether the word behind an option is its value. `docker run -p 80:80` maps ports, `docker login -p` takes a password.
fn plausible(name: &str, option: &str, next: &str, verb: &str) -> bool {
    if next.starts_with('-') && next.len() < 12 {
        return false;
    }
    match (name, option) {
        (
            "docker" | "podman" | "nerdctl" | "oc" | "az" | "crane" | "oras" | "cf" | "influx"
            | "kopia",
            "-p",
        ) => {
            matches!(verb, "login" | "auth" | "storage" | "connect" | "repository")
                || mixed(next) && !next.contains([':', '/'])
        }
        ("openssl", _) => !next.contains('/') && !next.ends_with(".pem"),
        (
            "snmpwalk" | "snmpget" | "snmpset" | "snmpbulkwalk" | "snmptable" | "snmptrap"
            | "snmpgetnext",
            "-c",
        ) => !matches!(next, "public" | "private"),
        (_, _) => true,
    }
}

/// Splits a command line into words with their quotes, up to its end: a line break, `|`, `;`, `&&`, `)` or a quote around it.
fn words(text: Text<'_>, start: usize) -> Vec<Range<usize>> {
    let limit = text.line_end(start, 1024);
    let mut words = vec![];
    let mut at = start;
    while at < limit && words.len() < 64 {
        at = text.blanks(at);
        let begin = at;
        let mut open = 0;
        while at < limit {
            let b = text.byte(at);
            match b {
                b'\\' if at + 1 < limit => at += 1,
                b'"' | b'\'' if open == 0 => open = b,
                _ if b == open => open = 0,
                b' ' | b'\t' if open == 0 => break,
                b'|' | b';' if open == 0 => return closed(words, begin..at),
                b'&' if open == 0 && text.byte(at + 1) == b'&' => return closed(words, begin..at),
                _ => {}
            }
            at += 1;
        }
        let end = at.min(limit);
        words = closed(words, begin..end);
    }
    words
}

fn closed(mut words: Vec<Range<usize>>, word: Range<usize>) -> Vec<Range<usize>> {
    if !word.is_empty() {
        words.push(word);
    }
    words
}
