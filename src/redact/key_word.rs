//! Tells from the name of a field whether its value is a secret.

use std::ops::Range;

use super::pseudonyms::placeholders_in;
use super::text::Text;

/// How much the name of a field says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// The value is a secret, whatever it looks like.
    Secret,
    /// It is one if it looks like one: `token`, `auth`.
    Perhaps,
    /// It is one only if it looks like nothing else: `key`.
    Hardly,
}

/// A field's name and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyWord {
    /// Where it stands.
    pub range: Range<usize>,
    /// What it says.
    pub says: Says,
    /// Whether it is an option of a command line, `--password`.
    pub option: bool,
    /// The name in lower case, without separators.
    pub spelled: String,
}

/// Endings of names whose values are secrets, in lower case without separators.
const SECRET: &[&str] = &[
    "password",
    "passwords",
    "passwd",
    "passwort",
    "kennwort",
    "passphrase",
    "passcode",
    "pwd",
    "passwrd",
    "passw",
    "secretkey",
    "secretaccesskey",
    "accesskeysecret",
    "accesskeyid",
    "accesskey",
    "accesskeys",
    "privatekey",
    "apikey",
    "apikeys",
    "apitoken",
    "appkey",
    "appsecret",
    "clientsecret",
    "accountkey",
    "sharedaccesskey",
    "sharedkey",
    "sharedsecret",
    "authkey",
    "authtoken",
    "accesstoken",
    "refreshtoken",
    "sessiontoken",
    "securitytoken",
    "bearertoken",
    "bottoken",
    "deploytoken",
    "encryptionkey",
    "encryptkey",
    "decryptionkey",
    "cipherkey",
    "masterkey",
    "signingkey",
    "storagekey",
    "servicekey",
    "licensekey",
    "functionskey",
    "secretid",
    "rootpw",
    "bindpw",
    "userpw",
    "adminpw",
    "requirepass",
    "masterauth",
    "psk",
    "presharedkey",
    "wpapsk",
    "storepass",
    "keypass",
    "becomepass",
    "cipherpass",
    "repo1cipherpass",
    "dbpass",
    "unsealkey",
    "recoverykey",
    "webhooksecret",
    "consumersecret",
    "consumerkey",
    "oauthtoken",
    "identitytoken",
    "idtoken",
    "csrftoken",
    "xsrftoken",
    "secretkeybase",
    "kmskey",
    "sastoken",
    "roottoken",
    "vaulttoken",
    "acltoken",
    "gossipencrypt",
    "authpass",
    "userpass",
    "sslkeypassword",
    "pgpassword",
    "ansiblepass",
    "privatetoken",
    "jobtoken",
    "registrationtoken",
    "runnertoken",
    "personalaccesstoken",
    "jointoken",
    "bootstraptoken",
    "certificatekey",
    "discoverytokencacerthash_",
    "hmackey",
    "sessionsecret",
    "jwtsecret",
    "cookiesecret",
    "tokensecret",
    "secretstring",
    "passwordb64",
    "rpcauth",
    "mysqlpwd",
    "sshpass",
    "encryptionpassphrase",
    "repositorypassword",
    "bitlockerkey",
    "productkey",
    "totpsecret",
    "otpsecret",
    "seedphrase",
    "mnemonic",
    "sessionid",
    "jsessionid",
    "phpsessid",
    "sid_",
    "accesscode",
    "pincode",
];

/// Endings of names whose values may be secrets.
const PERHAPS: &[&str] = &[
    "secret",
    "secrets",
    "token",
    "tokens",
    "pass",
    "pw",
    "psw",
    "credential",
    "credentials",
    "creds",
    "cred",
    "auth",
    "authorization",
    "cookie",
    "sig",
    "signature",
    "hmac",
    "otp",
    "pin",
    "session",
    "userkey",
    "hostkey_",
    "authenticator",
    "passkey",
    "kek",
    "dek",
    "salt",
    "bearer",
    "community",
    "keyblob",
    "xamzsignature",
    "jwt",
    "pat",
];

/// Parts behind the word that leave its meaning.
const TRAILING: &[&str] = &[
    "value",
    "b64",
    "base64",
    "plain",
    "plaintext",
    "text",
    "raw",
    "old",
    "new",
    "current",
    "previous",
    "prod",
    "production",
    "staging",
    "stage",
    "dev",
    "test",
    "string",
    "data",
    "primary",
    "secondary",
    "default",
    "master",
    "admin",
    "root",
    "user",
    "ro",
    "rw",
    "hash",
    "hashed",
    "encrypted",
    "again",
    "confirm",
    "confirmation",
    "main",
    "backup",
    "db",
    "eu",
    "us",
    "cn",
    "live",
    "env",
    "stdin",
    "override",
    "is",
    "for",
];

/// Words before `key` that make it one.
const KEYED: &[&str] = &[
    "api",
    "access",
    "secret",
    "private",
    "account",
    "encryption",
    "master",
    "signing",
    "shared",
    "unseal",
    "recovery",
    "storage",
    "license",
    "auth",
    "app",
    "sas",
    "wifi",
    "wep",
    "wpa",
    "bitlocker",
    "session",
    "shared-access",
    "preshared",
    "pre-shared",
    "aes",
];

/// Returns the field's name that stands around a place, if it names a secret.
pub fn key_word(text: Text<'_>, hit: &Range<usize>) -> Option<KeyWord> {
    let inside = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let mut start = text.backward(hit.start, inside).max(hit.start.saturating_sub(64));
    let mut end = text.forward_within(hit.end, 64, inside);
    if end == hit.end + 64 {
        return None;
    }
    // A percent-encoded separator before the name, or an escaped line break, is not part of it.
    if text.before(start) == b'%' && end - start > 2 {
        start += 2;
    } else if text.before(start) == b'\\' && matches!(text.byte(start), b'n' | b't' | b'r') {
        start += 1;
    }
    while end > hit.end && matches!(text.before(end), b'.' | b'-') {
        end -= 1;
    }
    if start > hit.start {
        return None;
    }
    // `<SECRET_1>` names nothing but itself.
    if text.before(start) == b'<' && placeholders_in(text.part(start - 1..end + 1)).next().is_some()
    {
        return None;
    }
    let name = &text.all[start..end];
    let option = name.starts_with('-');
    let (says, spelled) = meaning(name)?;
    let says = match says {
        Says::Hardly if keyed(text, start) => Says::Secret,
        other => other,
    };
    Some(KeyWord { range: start..end, says, option, spelled })
}

/// Tells whether `key` is the second word of `api key`.
fn keyed(text: Text<'_>, start: usize) -> bool {
    let behind = text.behind(start, 24);
    behind.ends_with([' ', '_', '-']) && KEYED.contains(&text.word_before(start).as_str())
}

/// Returns what a name says, and the name without separators.
fn meaning(name: &str) -> Option<(Says, String)> {
    let mut parts = parts(name);
    while parts.len() > 1
        && parts.last().is_some_and(|last| {
            TRAILING.contains(&last.as_str()) || last.bytes().all(|b| b.is_ascii_digit())
        })
    {
        parts.pop();
    }
    let spelled = parts.concat();
    let spelled = spelled.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let last = parts.last()?.trim_end_matches(|c: char| c.is_ascii_digit());
    let two = parts.len().checked_sub(2).map_or_else(String::new, |from| parts[from..].concat());
    if spelled == "pwd" && name.bytes().all(|b| !b.is_ascii_lowercase())
        || spelled.ends_with("oldpwd")
    {
        // The working directory of a shell.
        return None;
    }
    let ends = |words: &[&str]| words.iter().any(|word| spelled.ends_with(word));
    let says = if ends(SECRET) {
        Says::Secret
    } else if last == "pass" && parts.len() > 1
        || ["secret", "token"].contains(&last)
            && parts.len() > 1
            && (name.contains('_') || name.contains('-'))
            && two != "raftterm"
    {
        // `DB_PASS`, `X-Auth-Token`, `jwt_secret`.
        if last == "pass" { Says::Secret } else { Says::Perhaps }
    } else if PERHAPS.contains(&last)
        || ends(&["token", "secret", "creds", "credentials", "passwd"])
    {
        Says::Perhaps
    } else if matches!(last, "key" | "keys")
        && ![
            "publickey",
            "hostkey",
            "primarykey",
            "foreignkey",
            "keyid",
            "partitionkey",
            "sortkey",
            "cachekey",
            "objectkey",
            "indexkey",
        ]
        .contains(&two.as_str())
    {
        Says::Hardly
    } else {
        return None;
    };
    Some((says, spelled))
}

/// Splits a name at separators and where capital letters begin.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![];
    let mut part = String::new();
    let mut lower = false;
    for c in name.chars() {
        let separator = matches!(c, '_' | '-' | '.' | ' ');
        if (separator || (lower && c.is_ascii_uppercase())) && !part.is_empty() {
            parts.push(std::mem::take(&mut part));
        }
        lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        if !separator {
            part.push(c.to_ascii_lowercase());
        }
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_told_from_names_about_secrets() {
        let says = |name: &str| meaning(name).map(|(says, _)| says);
        for name in [
            "password",
            "PGPASSWORD",
            "db_password",
            "dbPassword",
            "spring.datasource.password",
            "--passphrase",
            "POSTGRES_PASSWORD_2",
            "aws_secret_access_key",
            "SecretKey",
            "AccountKey",
            "access_key_id",
            "DB_PASS",
            "requirepass",
            "repo1-cipher-pass",
            "X-Api-Key",
            "ansible_ssh_pass",
            "client_secret",
            "rootpw",
        ] {
            assert_eq!(says(name), Some(Says::Secret), "{name}");
        }
        for name in ["token", "secret", "X-Auth-Token", "auth", "pass", "SLACK_TOKEN"] {
            assert!(matches!(says(name), Some(Says::Perhaps | Says::Secret)), "{name}");
        }
        for name in [
            "password_file",
            "PASSWORD_FILE",
            "passwordPolicy",
            "password_encryption",
            "token_bucket",
            "secretName",
            "max_tokens_per_second",
            "pwd_dir",
            "PWD",
            "OLDPWD",
            "keyspace",
            "primary_key",
            "ssh_host_key",
            "bypass_mode",
            "passed",
            "compass",
            "authenticated",
            "monkey_id",
            "passive",
        ] {
            assert!(!matches!(says(name), Some(Says::Secret)), "{name} {:?}", says(name));
        }
    }
}
