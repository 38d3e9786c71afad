//! Encryption and keys: gpg, age, sops, ssh-keygen.

use super::tool::{Call, Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `gpg(1)`, `age(1)`, `sops`, `ssh-keygen(1)`, `ssh-add(1)`, `minisign`, `cosign`.
pub const TOOL: Tool = Tool {
    name: "gpg",
    names: &[
        "gpg",
        "gpg2",
        "gpgv",
        "gpgsm",
        "gpgconf",
        "gpg-connect-agent",
        "age",
        "rage",
        "age-keygen",
        "sops",
        "ssh-keygen",
        "ssh-add",
        "ssh-copy-id",
        "minisign",
        "signify",
        "cosign",
        "ccrypt",
        "scrypt",
        "ssss-split",
        "ssss-combine",
        "certbot",
    ],
    flags: &[
        value('o', "output", Role::Target),
        value('r', "recipient", Role::Text),
        value('R', "recipients-file", Role::Source),
        value('i', "identity", Role::Source),
        value('f', "", Role::Target),
        value('u', "local-user", Role::Text),
        value('\0', "homedir", Role::Text),
        value('\0', "passphrase", Role::Text),
        value('\0', "passphrase-file", Role::Source),
        value('\0', "passphrase-fd", Role::Text),
        value('\0', "pinentry-mode", Role::Text),
        value('\0', "cipher-algo", Role::Text),
        value('\0', "digest-algo", Role::Text),
        value('\0', "compress-algo", Role::Text),
        value('\0', "trust-model", Role::Text),
        value('\0', "keyserver", Role::Remote),
        value('\0', "keyring", Role::Source),
        value('\0', "no-default-keyring", Role::Text),
        value('\0', "batch", Role::Text),
        flag('d', "decrypt"),
        flag('e', "encrypt"),
        flag('c', "symmetric"),
        flag('a', "armor"),
        flag('p', "passphrase"),
    ],
    operands: Operands::All(Role::Source),
    risk,
    safer: &[
        (
            "--delete-secret-keys",
            "gpg --export-secret-keys into escrow first, and decrypt something with the exported key",
        ),
        ("--delete-secret-and-public-key", "gpg --export-secret-keys into escrow first"),
        ("--yes", "write to a new name and mv: with --yes gpg replaces what is there"),
        ("ssh-keygen -f", "test -e FILE first: the old key is lost with what only it can open"),
        ("sops", "sops decrypt to a pipe, and keep the encrypted file"),
        ("certbot delete", "certbot certificates first; certbot revoke cannot be undone"),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    let output = || match call.value(&["output"]) {
        Some(word) if word.fresh || word.text == "-" || word.text.starts_with("/dev/") => {
            Risk::Write
        }
        // Without --yes it asks, and in batch mode it refuses.
        Some(_) if !call.name.starts_with("gpg") || call.has(&["yes"]) => Risk::Destructive,
        Some(_) | None => Risk::Write,
    };
    match call.name {
        "gpg" | "gpg2" | "gpgsm" => {
            let deletes = call.flags.iter().any(|flag| flag.name.starts_with("delete-"));
            let secret = call.flags.iter().any(|flag| flag.name.starts_with("delete-secret"));
            let looks = [
                "verify",
                "list-keys",
                "k",
                "list-public-keys",
                "list-secret-keys",
                "K",
                "list-sigs",
                "list-signatures",
                "check-signatures",
                "check-sigs",
                "fingerprint",
                "list-packets",
                "list-config",
                "show-keys",
                "print-md",
                "check-trustdb",
                "card-status",
                "export-ownertrust",
                "with-colons",
            ];
            match () {
                () if secret => Risk::Irreversible,
                () if deletes => Risk::Destructive,
                () if call.has(&["edit-key", "gen-revoke", "quick-revoke-sig"]) => Risk::Disruptive,
                () if call.has(&looks) && !call.has(&["import", "output"]) => Risk::Read,
                () => output(),
            }
        }
        "gpgv" | "ssss-combine" => Risk::Read,
        "gpgconf" if call.has(&["kill", "reload"]) => Risk::Disruptive,
        "gpgconf" => Risk::Read,
        "age" | "rage" | "scrypt" => output(),
        "age-keygen" => {
            if call.has(&["y"]) {
                Risk::Read
            } else {
                output()
            }
        }
        "ssh-keygen" => match () {
            () if call.has(&["l", "L", "F", "H", "y", "B", "e"]) && !call.has(&["H"]) => Risk::Read,
            () if call.has(&["R", "H"]) => Risk::Write,
            () if call.value(&["f"]).is_some_and(|word| word.fresh) => Risk::Write,
            // It asks before it replaces a key.
            () => Risk::Write,
        },
        "ssh-add" if call.has(&["l", "L"]) => Risk::Read,
        "sops" if call.has(&["d", "decrypt"]) && !call.has(&["i", "in-place"]) => Risk::Read,
        "sops" => Risk::Destructive,
        "minisign" | "signify" | "cosign" if call.has(&["V"]) || call.names("verify") => Risk::Read,
        "ccrypt" => Risk::Destructive,
        "certbot" => call
            .by_verb(&[
                (Risk::Read, "certificates,show_account,plugins"),
                (Risk::Irreversible, "revoke,delete"),
                (Risk::Write, "certonly,renew,run,register,install,enhance"),
            ])
            .unwrap_or(Risk::Unknown),
        _ => Risk::Write,
    }
}
