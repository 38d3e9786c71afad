//! ssh, scp, sftp: the call is checked and noted; nothing connects, and what the other machine would answer is unknown.
#![allow(clippy::disallowed_methods)]

use super::answer::Answer;
use super::book::State;
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const SSH: StandIn =
    StandIn { names: &["ssh", "scp", "sftp"], real: Real::Sometimes, answer: dispatch };

/// Keywords of ssh_config(5), OpenSSH 9, in lower case.
const KEYWORDS: &str = "addkeystoagent addressfamily batchmode bindaddress bindinterface canonicaldomains \
    canonicalizefallbacklocal canonicalizehostname canonicalizemaxdots canonicalizepermittedcnames casignaturealgorithms \
    certificatefile challengeresponseauthentication channeltimeout checkhostip cipher ciphers clearallforwardings compression \
    connectionattempts connecttimeout controlmaster controlpath controlpersist dsaauthentication dynamicforward enableescapecommandline \
    enablesshkeysign escapechar exitonforwardfailure fingerprinthash forkafterauthentication forwardagent forwardx11 forwardx11timeout \
    forwardx11trusted gatewayports globalknownhostsfile gssapiauthentication gssapidelegatecredentials gssapikeyexchange \
    gssapiclientidentity gssapirenewalforcesrekey gssapiserveridentity gssapitrustdns gssapikexalgorithms hashknownhosts host \
    hostbasedacceptedalgorithms hostbasedauthentication hostbasedkeytypes hostkeyalgorithms hostkeyalias hostname identitiesonly \
    identityagent identityfile ignoreunknown include ipqos kbdinteractiveauthentication kbdinteractivedevices kexalgorithms \
    knownhostscommand localcommand localforward loglevel logverbose macs match nohostauthenticationforlocalhost \
    numberofpasswordprompts obscurekeystroketiming passwordauthentication permitlocalcommand permitremoteopen pkcs11provider port \
    preferredauthentications protocol proxycommand proxyjump proxyusefdpass pubkeyacceptedalgorithms pubkeyacceptedkeytypes \
    pubkeyauthentication rekeylimit remotecommand remoteforward requesttty requiredrsasize revokedhostkeys rhostsrsaauthentication \
    rsaauthentication rsaminsize securitykeyprovider sendenv serveralivecountmax serveraliveinterval sessiontype setenv \
    skeyauthentication stdinnull streamlocalbindmask streamlocalbindunlink stricthostkeychecking syslogfacility tag tcpkeepalive tunnel \
    tunneldevice updatehostkeys useblacklistedkeys usekeychain useprivilegedport user userknownhostsfile useroaming verifyhostkeydns \
    versionaddendum visualhostkey xauthlocation warnweakcrypto refuseconnection debianbanner";

fn dispatch(line: &Line, state: &mut State) -> Answer {
    if let Some(answer) = wrong_option(line) {
        return answer;
    }
    match line.tool.as_str() {
        "ssh" => ssh(line, state),
        "scp" => scp(line, state),
        _ => sftp(line, state),
    }
}

/// What `-o` and the port may hold.
fn wrong_option(line: &Line) -> Option<Answer> {
    let code = if line.tool == "ssh" { 255 } else { 1 };
    for option in line.values("-o") {
        let name = option.trim_start().split(['=', ' ', '\t']).next().unwrap_or(option);
        let known =
            KEYWORDS.split_ascii_whitespace().any(|keyword| keyword.eq_ignore_ascii_case(name));
        if !known {
            let name = name.to_ascii_lowercase();
            return Some(Answer::fails(
                code,
                format!("command-line: line 0: Bad configuration option: {name}"),
            ));
        }
        if option.trim_end_matches(['=', ' ']).len() == name.len() {
            return Some(Answer::fails(
                code,
                format!(
                    "command-line line 0: no argument after keyword \"{}\"",
                    name.to_ascii_lowercase()
                ),
            ));
        }
    }
    let port = line.value(if line.tool == "ssh" { "-p" } else { "-P" })?;
    let good = port.parse::<u16>().is_ok_and(|port| port > 0);
    (!good).then(|| Answer::fails(code, format!("Bad port '{port}'")))
}

/// The value of an option of ssh_config(5) given by `-o`.
fn option<'a>(line: &'a Line, name: &str) -> Option<&'a str> {
    line.values("-o").into_iter().find_map(|option| {
        let (key, value) = option.split_once(['=', ' '])?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// `user@host`, `ssh://user@host:port` as `user@host:port`.
fn destination(line: &Line, word: &str, port_flag: &str) -> String {
    let bare = ["ssh://", "scp://", "sftp://"].iter().find_map(|scheme| word.strip_prefix(scheme));
    let bare = bare.unwrap_or(word).trim_end_matches('/');
    let (user, host) = match bare.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (line.value("-l").or(option(line, "User")), bare),
    };
    let port = line.value(port_flag).or(option(line, "Port")).unwrap_or("22");
    let host = option(line, "HostName").unwrap_or(host);
    let place = if host.contains(':') && !host.starts_with('[') {
        host.to_owned()
    } else {
        format!("{host}:{port}")
    };
    user.map_or_else(|| place.clone(), |user| format!("{place} as {user}"))
}

fn identity(line: &Line, state: &State) -> String {
    let missing =
        |path: &&str| !path.starts_with('~') && path.starts_with('/') && !state.exists(path);
    let each = line.values("-i").into_iter().filter(missing);
    each.map(|path| {
        format!("Warning: Identity file {path} not accessible: No such file or directory.\n")
    })
    .collect()
}

fn ssh(line: &Line, state: &mut State) -> Answer {
    if ["-V", "-Q", "-G"].iter().any(|flag| line.has(flag)) {
        return Answer::hands_over();
    }
    let Some((host, mut command)) = line.operands.split_first() else {
        return Answer::fails(255, "usage: ssh [options] destination [command [argument ...]]");
    };
    if host.is_empty() || host.starts_with('-') {
        return Answer::fails(255, "usage: ssh [options] destination [command [argument ...]]");
    }
    let mut late = line.clone();
    // Flags may also stand behind the destination.
    if command.first().is_some_and(|word| word.starts_with('-') && word.len() > 1) {
        let again = crate::tools::usage::usage("ssh").map(|usage| usage.parse("ssh", command));
        match again {
            Some(Ok(more)) => {
                let used = command.len() - more.operands.len();
                command = &command[used..];
                late.flags.extend(more.flags);
            }
            Some(Err(refusal)) => return Answer::fails(refusal.code, refusal.message),
            None => {}
        }
    }
    let place = destination(&late, host, "-p");
    let mut would = format!("connect to {place}");
    for (flag, what) in [
        ("-L", "forward"),
        ("-R", "forward back"),
        ("-D", "proxy at"),
        ("-J", "through"),
        ("-W", "reach"),
    ] {
        for value in late.values(flag) {
            would.push_str(&format!(", {what} {value}"));
        }
    }
    if let Some(control) = late.value("-O") {
        return Answer::quiet().would(format!("tell the connection to {place}: {control}"));
    }
    if !command.is_empty() {
        would.push_str(&format!(" and run: {}", command.join(" ")));
    } else if !late.has("-N") {
        would.push_str(" and run a shell");
    }
    if !late.has("-n") && !late.has("-f") && !late.has("-N") {
        let bytes = state.input().len();
        if bytes > 0 {
            would.push_str(&format!(", with {bytes} bytes of input"));
        }
    }
    let err = identity(&late, state);
    let mut answer = Answer::quiet().would(would);
    answer.err = err;
    if !command.is_empty() {
        answer.err.push_str("ssh: blackstart stand-in: nothing ran there; its output is unknown\n");
    }
    answer
}

/// The host and path of a place on another machine.
fn remote(word: &str) -> Option<(&str, &str)> {
    if let Some(rest) = word.strip_prefix("scp://") {
        return Some(rest.split_once('/').unwrap_or((rest, "")));
    }
    let (host, path) = match word.strip_prefix('[') {
        Some(_) => word.split_once("]:")?,
        None => word.split_once(':')?,
    };
    let name = host.rsplit('@').next().unwrap_or(host).trim_start_matches('[');
    (!name.is_empty() && !name.contains('/')).then_some((host.trim_start_matches('['), path))
}

fn scp(line: &Line, state: &mut State) -> Answer {
    let Some((target, sources)) =
        line.operands.split_last().filter(|(_, sources)| !sources.is_empty())
    else {
        return Answer::fails(1, "usage: scp [options] source ... target");
    };
    if remote(target).is_none() && sources.iter().all(|source| remote(source).is_none()) {
        return Answer::hands_over();
    }
    let mut answer = Answer { err: identity(line, state), ..Answer::quiet() };
    for source in sources {
        match (remote(source), remote(target)) {
            (None, Some((host, path))) => {
                let here = state.here(source);
                let Ok(metadata) = std::fs::metadata(&here) else {
                    answer.and(Answer::fails(
                        1,
                        format!("scp: stat local \"{source}\": No such file or directory"),
                    ));
                    continue;
                };
                if metadata.is_dir() && !line.has("-r") {
                    answer.and(Answer::fails(
                        1,
                        format!("scp: local \"{source}\" is not a regular file"),
                    ));
                    continue;
                }
                let place = destination(line, host, "-P");
                answer.and(
                    Answer::quiet()
                        .would(format!("connect to {place} and copy {source} to {path}")),
                );
            }
            (Some((host, path)), None) => {
                let place = destination(line, host, "-P");
                answer.and(
                    Answer::quiet()
                        .would(format!("connect to {place} and copy {path} to {target}")),
                );
                answer.err.push_str(&format!("scp: blackstart stand-in: {path} of {host} is unknown; nothing was written to {target}\n"));
            }
            (Some((from, path)), Some((to, _))) => {
                answer.and(
                    Answer::quiet().would(format!("connect to {from} and {to}, and copy {path}")),
                );
            }
            (None, None) => {}
        }
    }
    answer
}

fn sftp(line: &Line, state: &mut State) -> Answer {
    let place = destination(
        line,
        line.operand(0).split_once(':').map_or(line.operand(0), |(host, _)| host),
        "-P",
    );
    let batch = match line.value("-b") {
        Some("-") | None => state.input(),
        Some(file) => match std::fs::read_to_string(state.here(file)) {
            Ok(text) => text,
            Err(_) => {
                return Answer::fails(1, format!("sftp: {file} (No such file or directory)."));
            }
        },
    };
    let mut answer = Answer::quiet().would(format!("connect to {place}"));
    answer.would.extend(
        batch
            .lines()
            .filter(|line| !line.trim().is_empty())
            .take(20)
            .map(|line| format!("sftp {line}")),
    );
    answer
}

#[cfg(test)]
mod tests {
    use super::super::answer::Then;
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn a_call_is_checked_and_noted() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::write(tree.path().join("dump"), "x").unwrap();
        std::fs::create_dir(tree.path().join("dir")).unwrap();
        let mut state = State::new(tree.path());
        state.with_input("abc");
        for (line, code, would) in [
            ("ssh db1 uptime", 0, "connect to db1:22 and run: uptime, with 3 bytes of input"),
            ("ssh -n -p 2222 -l ops db1 ls -la", 0, "connect to db1:2222 as ops and run: ls -la"),
            ("ssh -n root@db1 -p 24 true", 0, "connect to db1:24 as root and run: true"),
            (
                "ssh -fN -L 5432:localhost:5432 db1",
                0,
                "connect to db1:22, forward 5432:localhost:5432",
            ),
            (
                "ssh -n -o Port=99 -oBatchMode=yes ssh://a@db1 true",
                0,
                "connect to db1:99 as a and run: true",
            ),
            ("ssh -o Nonsense=1 db1", 255, ""),
            ("ssh -o Port db1", 255, ""),
            ("ssh -p x db1", 255, ""),
            ("ssh -Z db1", 255, "refuse the call"),
            ("ssh db1 -Z true", 255, ""),
            ("ssh", 255, ""),
            ("scp /dump ops@db1:/srv/", 0, "connect to db1:22 as ops and copy /dump to /srv/"),
            ("scp /missing db1:/srv/", 1, ""),
            ("scp /dir db1:/srv/", 1, ""),
            ("scp -rP 24 /dir db1:/srv/", 0, "connect to db1:24 and copy /dir to /srv/"),
            ("scp db1:/a /tmp/a", 0, "connect to db1:22 and copy /a to /tmp/a"),
            ("scp /dump", 1, ""),
            ("sftp -b - db1", 0, "connect to db1:22; sftp abc"),
        ] {
            let answer = ask(line, &mut state);
            assert_eq!(
                (answer.code, answer.would.join("; ")),
                (code, would.to_owned()),
                "{line}: {}",
                answer.err
            );
        }
        for line in ["ssh -V", "ssh -G db1", "scp /dump /copy"] {
            assert_eq!(ask(line, &mut state).then, Then::HandOver, "{line}");
        }
    }
}
