//! Accounts and groups of the sandbox's tree (passwd(5), group(5)).

use super::book::State;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) home: String,
    pub(super) shell: String,
    /// All its groups, its own first.
    pub(super) groups: Vec<u32>,
}

/// Finds an account by name, or by number as `#1000` (sudo(8)).
pub(super) fn account(state: &State, name: &str) -> Option<Account> {
    let number = name.strip_prefix('#').and_then(|number| number.parse::<u32>().ok());
    let passwd = state.read("/etc/passwd");
    let row = passwd.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let (uid, gid) = (fields.get(2)?.parse::<u32>().ok()?, fields.get(3)?.parse::<u32>().ok()?);
        let wanted = fields[0] == name || Some(uid) == number;
        let shell = fields.get(6).filter(|shell| !shell.is_empty()).unwrap_or(&"/bin/sh");
        wanted.then(|| (fields[0].to_owned(), uid, gid, fields[5].to_owned(), (*shell).to_owned()))
    });
    let (name, uid, gid, home, shell) = row.or_else(|| {
        let uid = number?;
        Some((uid.to_string(), uid, uid, "/".to_owned(), "/bin/sh".to_owned()))
    })?;
    let mut groups = vec![gid];
    for line in state.read("/etc/group").lines() {
        let fields: Vec<&str> = line.split(':').collect();
        let member = fields.get(3).is_some_and(|members| members.split(',').any(|one| one == name));
        if let Some(gid) = fields.get(2).and_then(|gid| gid.parse().ok()).filter(|_| member) {
            groups.push(gid);
        }
    }
    Some(Account { name, uid, gid, home, shell, groups })
}

/// Finds a group by name, or by number as `#100`.
pub(super) fn group(state: &State, name: &str) -> Option<u32> {
    if let Some(number) = name.strip_prefix('#') {
        return number.parse().ok();
    }
    state.read("/etc/group").lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        (fields[0] == name).then(|| fields.get(2)?.parse().ok())?
    })
}
