//! Extended attributes in words: access control lists as `getfacl` prints them, capabilities as `getcap` does.

use crate::base::escape;

/// A name and a value.
pub(super) type Attribute = (Vec<u8>, Vec<u8>);

/// Whose ids an access control list names.
pub(super) trait Owners {
    fn user(&self, id: u32) -> String;
    fn group(&self, id: u32) -> String;
}

const ACCESS: &[u8] = b"system.posix_acl_access";
const DEFAULT: &[u8] = b"system.posix_acl_default";
const CAPABILITY: &[u8] = b"security.capability";

/// Labels that the host's security module sets by itself.
const LABELS: [&[u8]; 4] =
    [b"security.selinux", b"security.SMACK64", b"security.ima", b"security.evm"];

/// Names what differs between the attributes of a file before and after.
pub(super) fn differences(
    then: &[Attribute],
    now: &[Attribute],
    owners: &impl Owners,
) -> Vec<String> {
    let value = |list: &[Attribute], name: &[u8]| {
        list.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
    };
    let mut names: Vec<&[u8]> = then.iter().chain(now).map(|(name, _)| name.as_slice()).collect();
    names.sort_unstable();
    names.dedup();
    let mut words = Vec::new();
    for name in names.into_iter().filter(|name| !LABELS.contains(name)) {
        let (old, new) = (value(then, name), value(now, name));
        if old == new {
            continue;
        }
        match name {
            ACCESS => words.extend(changed_entries(old, new, "", owners)),
            DEFAULT => words.extend(changed_entries(old, new, "default:", owners)),
            CAPABILITY => words.extend(changed_capabilities(old, new)),
            _ => {
                let how = match (old, new) {
                    (None, _) => "set",
                    (Some(_), None) => "removed",
                    (Some(_), Some(_)) => "changed",
                };
                words.push(format!("attribute {} {how}", escape::bytes(name)));
            }
        }
    }
    words
}

fn changed_entries(
    old: Option<Vec<u8>>,
    new: Option<Vec<u8>>,
    prefix: &str,
    owners: &impl Owners,
) -> Vec<String> {
    let entries = |value: &Option<Vec<u8>>| {
        value.as_ref().map_or_else(Vec::new, |value| access_list(value, prefix, owners))
    };
    let (old, new) = (entries(&old), entries(&new));
    let gone = old.iter().filter(|one| !new.contains(one)).map(|one| format!("acl {one} removed"));
    let come = new.iter().filter(|one| !old.contains(one)).map(|one| format!("acl {one}"));
    let mut words: Vec<String> = come.chain(gone).collect();
    if words.is_empty() {
        words.push(format!("acl {prefix}entries changed"));
    }
    words
}

/// Returns the entries of an access control list beyond what the mode says (linux/posix_acl_xattr.h: a version of four
/// bytes, then tag and permissions of two bytes each and an id of four).
fn access_list(value: &[u8], prefix: &str, owners: &impl Owners) -> Vec<String> {
    let entries = value.get(4..).unwrap_or_default().chunks_exact(8);
    let word = |at: &[u8]| u16::from_le_bytes([at[0], at[1]]);
    entries
        .filter_map(|entry| {
            let id = u32::from_le_bytes([entry[4], entry[5], entry[6], entry[7]]);
            let whose = match word(entry) {
                0x02 => format!("user:{}", owners.user(id)),
                0x04 => "group:".to_owned(),
                0x08 => format!("group:{}", owners.group(id)),
                0x10 => "mask:".to_owned(),
                0x01 if !prefix.is_empty() => "user:".to_owned(),
                0x20 if !prefix.is_empty() => "other:".to_owned(),
                // The mode has them.
                _ => return None,
            };
            let bits = word(&entry[2..]);
            let letter = |bit: u16, letter: char| if bits & bit == 0 { '-' } else { letter };
            Some(format!("{prefix}{whose}:{}{}{}", letter(4, 'r'), letter(2, 'w'), letter(1, 'x')))
        })
        .collect()
}

fn changed_capabilities(old: Option<Vec<u8>>, new: Option<Vec<u8>>) -> Vec<String> {
    let shown = |value: &Vec<u8>| capabilities(value).unwrap_or_else(|| "unreadable".to_owned());
    match (old.as_ref().map(shown), new.as_ref().map(shown)) {
        (old, new) if old == new => vec![],
        (_, Some(new)) => vec![format!("CAPABILITY {new}")],
        (Some(old), None) => vec![format!("capability {old} removed")],
        (None, None) => vec![],
    }
}

/// In the order of their numbers (capabilities(7), linux/capability.h).
const CAPABILITIES: [&str; 41] = [
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
];

/// Returns the capabilities in a `security.capability` attribute: `cap_net_bind_service+ep`. The user for whom a
/// version 3 holds is not shown: inside it is the sandbox's root.
fn capabilities(value: &[u8]) -> Option<String> {
    let word = |at: usize| {
        let bytes = value.get(4 * at..4 * at + 4)?;
        Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    };
    let head = word(0)?;
    let set = |low: Option<u32>, high: Option<u32>| Some(u64::from(low?) | u64::from(high?) << 32);
    let (permitted, inheritable) = match head >> 24 {
        1 => (set(word(1), Some(0))?, set(word(2), Some(0))?),
        2 | 3 => (set(word(1), word(3))?, set(word(2), word(4))?),
        _ => return None,
    };
    let effective = if head & 1 == 1 { "e" } else { "" };
    let of = |set: u64, letters: &str| {
        let names: Vec<String> = (0..64_usize)
            .filter(|bit| set >> bit & 1 == 1)
            .map(|bit| match CAPABILITIES.get(bit) {
                Some(name) => format!("cap_{name}"),
                None => format!("cap_{bit}"),
            })
            .collect();
        (!names.is_empty()).then(|| format!("{}+{effective}{letters}", names.join(",")))
    };
    let groups = [
        of(permitted & !inheritable, "p"),
        of(permitted & inheritable, "ip"),
        of(inheritable & !permitted, "i"),
    ];
    Some(groups.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Numbers;

    impl Owners for Numbers {
        fn user(&self, id: u32) -> String {
            if id == 33 { "www-data".into() } else { id.to_string() }
        }
        fn group(&self, id: u32) -> String {
            id.to_string()
        }
    }

    fn list(entries: &[(u16, u16, u32)]) -> Vec<u8> {
        let mut value = 2_u32.to_le_bytes().to_vec();
        for (tag, bits, id) in entries {
            value.extend(tag.to_le_bytes());
            value.extend(bits.to_le_bytes());
            value.extend(id.to_le_bytes());
        }
        value
    }

    fn check(then: &[(&[u8], Vec<u8>)], now: &[(&[u8], Vec<u8>)], expected: &[&str]) {
        let of = |list: &[(&[u8], Vec<u8>)]| -> Vec<Attribute> {
            list.iter().map(|(name, value)| (name.to_vec(), value.clone())).collect()
        };
        assert_eq!(differences(&of(then), &of(now), &Numbers), expected);
    }

    #[test]
    fn attributes_are_named_as_the_usual_tools_name_them() {
        let none = u32::MAX;
        let plain = [(0x01, 6, none), (0x04, 4, none), (0x20, 4, none)];
        let named =
            [(0x01, 6, none), (0x02, 6, 33), (0x04, 4, none), (0x10, 6, none), (0x20, 4, none)];
        check(
            &[],
            &[(ACCESS, list(&named))],
            &["acl user:www-data:rw-", "acl group::r--", "acl mask::rw-"],
        );
        check(
            &[(ACCESS, list(&named))],
            &[(ACCESS, list(&plain))],
            &["acl user:www-data:rw- removed", "acl mask::rw- removed"],
        );
        check(&[], &[(DEFAULT, list(&[(0x02, 7, 33)]))], &["acl default:user:www-data:rwx"]);
        check(&[(b"user.a", vec![1])], &[(b"user.a", vec![2])], &["attribute user.a changed"]);
        check(&[(b"user.a\x1b", vec![1])], &[], &["attribute user.a\\x1b removed"]);
        check(&[], &[(b"security.selinux", vec![1])], &[]);
    }

    #[test]
    fn capabilities_are_named() {
        let value = |head: u32, words: &[u32]| -> Vec<u8> {
            std::iter::once(&head).chain(words).flat_map(|word| word.to_le_bytes()).collect()
        };
        let bind = value(0x0200_0001, &[1 << 10, 0, 0, 0]);
        check(&[], &[(CAPABILITY, bind.clone())], &["CAPABILITY cap_net_bind_service+ep"]);
        check(&[(CAPABILITY, bind.clone())], &[], &["capability cap_net_bind_service+ep removed"]);
        // The same for another root user is the same.
        check(
            &[(CAPABILITY, bind)],
            &[(CAPABILITY, value(0x0300_0001, &[1 << 10, 0, 0, 0, 7]))],
            &[],
        );
        let many = value(0x0200_0000, &[1, 1 | 1 << 13, 1 << 7, 0]);
        check(&[], &[(CAPABILITY, many)], &["CAPABILITY cap_bpf+p cap_chown+ip cap_net_raw+i"]);
        check(&[], &[(CAPABILITY, vec![1])], &["CAPABILITY unreadable"]);
    }
}
