//! Accounts of the operating system: whose word something is, and as whom a step runs.

use std::fs;
use std::process::Command;

use super::order::Account;
use crate::store::Who;

/// Returns who the caller is: the name they give, else the account's, and the account the kernel knows their login by.
///
/// The login uid survives `su` and `sudo` and cannot be changed without privileges (proc_pid_loginuid(5)); where there
/// is none, as in a container, the real uid stands.
pub fn who(name: Option<&str>) -> Who {
    let login = fs::read_to_string("/proc/self/loginuid").unwrap_or_default();
    let login = login.trim().parse().ok().filter(|uid| *uid != u32::MAX);
    let uid = login.unwrap_or_else(|| rustix::process::getuid().as_raw());
    let account = by_uid(uid).map_or_else(|| format!("uid-{uid}"), |account| account.name);
    Who { os_user: format!("{account} ({uid})"), name: name.map_or(account, str::to_owned) }
}

/// Returns the account of this process.
pub fn own() -> Account {
    let uid = rustix::process::geteuid().as_raw();
    let gid = rustix::process::getegid().as_raw();
    by_uid(uid).unwrap_or(Account { name: uid.to_string(), uid, gid, home: "/".into() })
}

/// Returns what a step finds in its environment of the account it runs as: that of `run_as`, else of this process.
pub fn environment(run_as: Option<&str>) -> Vec<(String, String)> {
    let account = run_as.and_then(named).unwrap_or_else(own);
    let pairs = [("HOME", &account.home), ("USER", &account.name), ("LOGNAME", &account.name)];
    pairs.map(|(name, value)| (name.to_owned(), value.clone())).to_vec()
}

/// Returns an account by name or number.
pub fn named(name: &str) -> Option<Account> {
    find(name, |account| account.name == name || account.uid.to_string() == name)
}

fn by_uid(uid: u32) -> Option<Account> {
    find(&uid.to_string(), |account| account.uid == uid)
}

fn find(key: &str, matches: impl Fn(&Account) -> bool) -> Option<Account> {
    let local = fs::read_to_string("/etc/passwd").unwrap_or_default();
    if let Some(account) = local.lines().filter_map(parse).find(&matches) {
        return Some(account);
    }
    // Accounts of a directory service are not in the file.
    let output = Command::new("getent").args(["--", "passwd", key]).output().ok()?;
    String::from_utf8_lossy(&output.stdout).lines().filter_map(parse).find(matches)
}

fn parse(line: &str) -> Option<Account> {
    let fields: Vec<&str> = line.split(':').collect();
    Some(Account {
        name: (*fields.first()?).to_owned(),
        uid: fields.get(2)?.parse().ok()?,
        gid: fields.get(3)?.parse().ok()?,
        home: (*fields.get(5)?).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_read_from_its_line() {
        let account = parse("pg:x:26:27:PostgreSQL:/var/lib/pg:/bin/sh").unwrap();
        assert_eq!((account.uid, account.gid, account.home.as_str()), (26, 27, "/var/lib/pg"));
        assert_eq!(parse("# comment"), None);
        assert_eq!(named("root").map(|account| account.uid), Some(0));
        assert_eq!(named("no-such-account"), None);
    }

    #[test]
    fn a_person_is_known_by_their_login_whatever_name_they_give() {
        let (unnamed, named) = (who(None), who(Some("ana")));
        assert_eq!(named.name, "ana");
        assert_eq!(named.os_user, unnamed.os_user);
        assert!(unnamed.os_user.starts_with(&format!("{} (", unnamed.name)));
    }
}
