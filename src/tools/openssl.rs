//! `openssl`: looks at certificates and keys; makes them, and whatever else, where an output is named.

use super::tool::{Flag, Operands, Role, Takes, Tool, value};
use crate::base::Risk;

/// Returns a long name behind one dash that takes a value.
const fn one(long: &'static str, role: Role) -> Flag {
    value('-', long, role)
}

/// Returns a long name behind one dash without a value.
const fn bare(long: &'static str) -> Flag {
    Flag { short: '-', long, takes: Takes::Nothing, role: Role::Text }
}

/// Subcommands that only look, as long as no output is named.
const LOOK: &[&str] = &[
    "version",
    "x509",
    "verify",
    "dgst",
    "crl",
    "ocsp",
    "asn1parse",
    "pkey",
    "rsa",
    "ec",
    "req",
    "storeutl",
    "ciphers",
    "errstr",
    "list",
    "pkcs7",
    "pkcs12",
    "rand",
    "prime",
    "enc",
];

/// Flags that write something: a file, or a serial number that counts on.
const WRITES: &[&str] = &[
    "out",
    "keyout",
    "CAcreateserial",
    "writerand",
    "sess_out",
    "keylogfile",
    "msgfile",
    "respout",
    "reqout",
    "new",
    "newkey",
    "batch",
    "engine",
    "provider",
    "config",
];

/// `openssl(1)`.
pub const TOOL: Tool = Tool {
    name: "openssl",
    names: &["openssl"],
    flags: &[
        one("in", Role::Source),
        one("inform", Role::Text),
        one("out", Role::Target),
        one("outform", Role::Text),
        one("keyout", Role::Target),
        one("CAfile", Role::Source),
        one("CApath", Role::Source),
        one("CA", Role::Source),
        one("CAkey", Role::Source),
        one("CAserial", Role::Change),
        one("key", Role::Source),
        one("cert", Role::Source),
        one("untrusted", Role::Source),
        one("trusted", Role::Source),
        one("connect", Role::Remote),
        one("servername", Role::Text),
        one("verify_hostname", Role::Text),
        one("starttls", Role::Text),
        one("checkend", Role::Text),
        one("passin", Role::Text),
        one("passout", Role::Text),
        one("pass", Role::Text),
        one("subj", Role::Text),
        one("days", Role::Text),
        one("ext", Role::Text),
        one("extfile", Role::Source),
        one("extensions", Role::Text),
        one("signature", Role::Source),
        one("writerand", Role::Target),
        one("sess_out", Role::Target),
        one("keylogfile", Role::Target),
        one("respout", Role::Target),
        one("reqout", Role::Target),
        one("msgfile", Role::Target),
        one("newkey", Role::Text),
        one("engine", Role::Text),
        one("provider", Role::Text),
        one("config", Role::Source),
        one("signkey", Role::Source),
        one("purpose", Role::Text),
        bare("partial_chain"),
        bare("noout"),
        bare("new"),
        bare("batch"),
        bare("CAcreateserial"),
    ],
    operands: Operands::First(Role::Text, Role::Source),
    safer: &[(
        "enc",
        "openssl enc -pbkdf2 -iter, or age or gpg, which detect a wrong key and a changed byte",
    )],
    risk: |call| {
        let looks = LOOK.contains(&call.operand(0)) && !call.has(WRITES);
        match call.operand(0) {
            _ if looks => Risk::Read,
            // They load code that is named to them.
            _ if call.has(&["engine", "provider", "config"]) => Risk::Unknown,
            "req" | "x509" | "genpkey" | "genrsa" | "rand" | "enc" | "pkey" | "rsa" | "ec"
            | "dhparam" | "pkcs12" | "dgst" | "ecparam" | "gendsa" | "crl" | "pkcs7" | "pkcs8"
            | "s_client" | "verify" | "ocsp" | "cms" | "smime" | "rehash" | "passwd" => {
                call.replaces()
            }
            _ => Risk::Unknown,
        }
    },
};

#[cfg(test)]
mod tests {
    use super::super::tool::{Call, Word};
    use super::*;

    fn risk(command: &str) -> Risk {
        let words: Vec<Word> = command
            .split(' ')
            .map(|text| Word { text: text.to_owned(), certain: true, ..Word::default() })
            .collect();
        Call::new(&TOOL, "openssl", &words).risk()
    }

    #[test]
    fn looking_at_a_certificate_is_read_and_an_output_replaces() {
        let cases = [
            ("x509 -in /etc/ssl/a.pem -noout -enddate", Risk::Read),
            // It sends what it is given to another machine, as curl does.
            ("s_client -connect api:443 -servername api -showcerts", Risk::Write),
            ("verify -CAfile root.pem -untrusted mid.pem leaf.pem", Risk::Read),
            ("x509 -in a.pem -out b.pem", Risk::Destructive),
            ("req -new -key a.key -out /dev/null", Risk::Write),
            ("x509 -req -in a.csr -CA ca.pem -CAkey ca.key -CAcreateserial", Risk::Write),
            ("dgst -engine ./evil.so -sha256 a", Risk::Unknown),
            ("s_server -accept 443", Risk::Unknown),
            ("x509 -in a -keylogfile b", Risk::Destructive),
        ];
        for (command, expected) in cases {
            assert_eq!(risk(command), expected, "{command}");
        }
    }
}
