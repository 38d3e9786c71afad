//! Names of users and groups, as the host's own files give them.
#![allow(clippy::disallowed_methods)]

use std::collections::HashMap;
use std::sync::OnceLock;

use super::ground::Ground;
use super::protocol::Mode;

/// Turns ids as the supervisor sees them into the names that people know.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'a>(pub(super) &'a Ground);

impl Names<'_> {
    /// Returns a user's name, the number where there is none.
    pub(super) fn user(self, id: u32) -> String {
        static USERS: OnceLock<HashMap<u32, String>> = OnceLock::new();
        name(USERS.get_or_init(|| read("/etc/passwd")), self.0.real_id(id))
    }

    /// Returns a group's name, the number where there is none.
    pub(super) fn group(self, id: u32) -> String {
        static GROUPS: OnceLock<HashMap<u32, String>> = OnceLock::new();
        let id = match self.0.mode {
            Mode::User if id == 0 => self.0.gid,
            Mode::RootShifted | Mode::RootIdentity | Mode::User => self.0.real_id(id),
        };
        name(GROUPS.get_or_init(|| read("/etc/group")), id)
    }
}

fn name(names: &HashMap<u32, String>, id: u32) -> String {
    names.get(&id).cloned().unwrap_or_else(|| id.to_string())
}

fn read(path: &str) -> HashMap<u32, String> {
    parse(&std::fs::read_to_string(path).unwrap_or_default())
}

/// Reads `name:password:id:…` lines (passwd(5), group(5)); of two names for one id the first counts.
fn parse(text: &str) -> HashMap<u32, String> {
    let mut names = HashMap::new();
    for line in text.lines() {
        let mut fields = line.split(':');
        if let (Some(name), Some(id)) = (fields.next(), fields.nth(1))
            && let Ok(id) = id.parse()
        {
            names.entry(id).or_insert_with(|| name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_of_an_id_counts() {
        let names =
            parse("root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:\nbroken\nwww:x:33:33::/:\n");
        assert_eq!(
            (name(&names, 0), name(&names, 33), name(&names, 7)),
            ("root".into(), "www".into(), "7".into())
        );
    }
}
