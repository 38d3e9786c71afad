//! Takes secrets out of the words of a call before they are noted for people.

/// Flags whose value is a secret, without dashes, besides those that [`is_secret`] knows by their end.
const SECRET: &[&str] = &[
    "password",
    "pass",
    "passphrase",
    "token",
    "secret",
    "secret-access-key",
    "secret-string",
    "secret-binary",
    "sas-token",
    "account-key",
    "connection-string",
    "kube-token",
    "session-token",
    "bearer-token",
    "auth-token",
    "proxy-user",
    "oauth2-bearer",
    "tlspassword",
    "from-literal",
    "string-data",
    "awsSessionToken",
    "sslPEMKeyPassword",
    "sse-c-key",
    "sse-customer-key",
    "key-material",
    "private-key-material",
    "restrict-key",
];

/// What stands for a secret.
const HIDDEN: &str = "***";

/// Returns the words of a call of `tool` without what its flags say is secret.
pub(super) fn words(tool: &str, words: &[String]) -> Vec<String> {
    let mut hide_next = false;
    words
        .iter()
        .map(|word| {
            if std::mem::take(&mut hide_next) {
                return hidden_value(word);
            }
            if let Some(flag) = word.strip_prefix('-') {
                let flag = flag.trim_start_matches('-');
                let (name, value) = match flag.split_once('=') {
                    Some((name, value)) => (name, Some(value)),
                    None => (flag, None),
                };
                let short = short_secret(tool, word);
                if is_secret(name) || short == Some("") {
                    match value {
                        Some(value) => {
                            return format!(
                                "{}={}",
                                &word[..word.len() - value.len() - 1],
                                hidden_value(value)
                            );
                        }
                        None => hide_next = true,
                    }
                } else if let Some(attached) = short {
                    return format!("{}{HIDDEN}", &word[..word.len() - attached.len()]);
                }
            }
            text(word)
        })
        .collect()
}

/// `key=value` keeps its key: which name got a secret is no secret.
fn hidden_value(value: &str) -> String {
    match value.split_once('=') {
        Some((key, _)) if key.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c)) => {
            format!("{key}={HIDDEN}")
        }
        Some(_) | None => HIDDEN.to_owned(),
    }
}

fn is_secret(name: &str) -> bool {
    SECRET.iter().any(|known| known.eq_ignore_ascii_case(name))
        || name.len() > 8 && (name.ends_with("-password") || name.ends_with("-secret"))
}

/// Letters whose value is a secret: `curl -u`, `mysql -pSECRET`, `redis-cli -a`. Returns what is attached.
fn short_secret<'a>(tool: &str, word: &'a str) -> Option<&'a str> {
    let letters: &[&str] = match tool {
        "curl" => &["-u", "-U"],
        "redis-cli" => &["-a"],
        "mongosh" | "mongodump" | "mongorestore" => &["-p"],
        "docker" | "podman" if word == "-p" => return None,
        "az" if word == "-p" => &["-p"],
        name if name.starts_with("mysql") || name.starts_with("mariadb") => {
            return word.strip_prefix("-p").filter(|rest| !rest.is_empty());
        }
        _ => &[],
    };
    letters.iter().find_map(|letter| word.strip_prefix(letter))
}

/// Returns a text without passwords in addresses, bearer tokens and passwords of SQL.
pub(super) fn text(word: &str) -> String {
    let mut shown = word.to_owned();
    if let Some(at) = shown.find("://") {
        let rest = &shown[at + 3..];
        let end = rest.find(['/', '?', '#', ' ']).unwrap_or(rest.len());
        if let Some(account) = rest[..end].rfind('@') {
            shown.replace_range(at + 3..at + 3 + account, HIDDEN);
        }
        if let Some(query) = shown.find('?').filter(|query| *query > at)
            && ["sig=", "Signature=", "token=", "password=", "key=", "secret="]
                .iter()
                .any(|name| shown[query..].contains(name))
        {
            shown.truncate(query + 1);
            shown.push_str(HIDDEN);
        }
    }
    let lower = shown.to_ascii_lowercase();
    for name in [
        "authorization:",
        "x-vault-token:",
        "x-auth-token:",
        "private-token:",
        "cookie:",
        "x-api-key:",
    ] {
        if lower.starts_with(name) {
            return format!("{} {HIDDEN}", &shown[..name.len()]);
        }
    }
    for name in ["password=", "password =", "identified by ", "identified with ", "password "] {
        let lower = shown.to_ascii_lowercase();
        if let Some(at) = lower.find(name) {
            let from = at + name.len();
            let rest = &shown[from..];
            let quote = rest.trim_start().chars().next().filter(|c| "'\"".contains(*c));
            let start = from + (rest.len() - rest.trim_start().len());
            let end = match quote {
                Some(quote) => {
                    shown[start + 1..].find(quote).map_or(shown.len(), |end| start + end + 2)
                }
                None if name.ends_with(' ') => continue,
                None => shown[start..].find([' ', '&', ';']).map_or(shown.len(), |end| start + end),
            };
            shown.replace_range(start..end, HIDDEN);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_secret_of_a_call_is_noted() {
        for (tool, line, shown) in [
            ("mysql", "-uroot -phunter2 --password=hunter2 db", "-uroot -p*** --password=*** db"),
            ("mysql", "-u root -p db", "-u root -p db"),
            ("curl", "-u me:hunter2 https://h/", "-u *** https://h/"),
            ("curl", "-ume:hunter2 https://me:hunter2@h/x", "-u*** https://***@h/x"),
            ("redis-cli", "-a hunter2 PING", "-a *** PING"),
            ("psql", "postgresql://u:hunter2@h/db", "postgresql://***@h/db"),
            (
                "kubectl",
                "create secret generic x --from-literal=pw=hunter2",
                "create secret generic x --from-literal=pw=***",
            ),
            (
                "aws",
                "rds modify-db-instance --master-user-password hunter2",
                "rds modify-db-instance --master-user-password ***",
            ),
            ("docker", "run -p 80:80 nginx", "run -p 80:80 nginx"),
            ("az", "login -u x -p hunter2", "login -u x -p ***"),
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(super::words(tool, &words).join(" "), shown, "{tool} {line}");
        }
        for (text, shown) in [
            ("Authorization: Bearer hunter2", "Authorization: ***"),
            ("ALTER ROLE app PASSWORD 'hunter2' LOGIN", "ALTER ROLE app PASSWORD *** LOGIN"),
            ("create user x identified by 'hunter2';", "create user x identified by ***;"),
            ("host=db1 password=hunter2 user=x", "host=db1 password=*** user=x"),
            ("https://b.example/x?sig=hunter2", "https://b.example/x?***"),
            ("select password from users", "select password from users"),
        ] {
            assert_eq!(super::text(text), shown);
        }
    }
}
