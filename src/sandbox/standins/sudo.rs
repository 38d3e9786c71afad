//! sudo: runs the command as the other account; an ordinary user's sandbox has only one, and says so.
#![allow(clippy::disallowed_methods)]

use super::accounts::{Account, account, group};
use super::answer::{Answer, Run, Then};
use super::book::State;
use super::{ACTS_AS_ROOT, OWN, Real, StandIn};
use crate::tools::PATH;
use crate::tools::usage::Line;

pub(super) const SUDO: StandIn =
    StandIn { names: &["sudo", "sudoedit"], real: Real::Never, answer: sudo };

/// Variables of the caller that sudo keeps by itself (sudoers(5), `env_reset`).
const KEPT: &[&str] =
    &["TERM", "LANG", "LANGUAGE", "DISPLAY", "XAUTHORITY", "COLORTERM", "LS_COLORS", "TZ"];

fn sudo(line: &Line, state: &mut State) -> Answer {
    if line.has("-h") || line.words.is_empty() {
        let text = "usage: sudo -h | -K | -k | -V\nusage: sudo [-ABbEHnPS] [-u user] [VAR=value] [-i | -s] [command [arg ...]]";
        return if line.has("-h") { Answer::prints(text) } else { Answer::fails(1, text) };
    }
    let as_user = line.value("--user").unwrap_or("root").to_owned();
    let Some(target) =
        account(state, &as_user).or_else(|| state.elsewhere.then(|| unknown(&as_user)))
    else {
        return Answer::fails(
            1,
            format!(
                "sudo: unknown user {as_user}\nsudo: error initializing audit plugin sudoers_audit"
            ),
        );
    };
    let as_group = line.value("--group");
    if let Some(name) = as_group.filter(|name| group(state, name).is_none() && !state.elsewhere) {
        return Answer::fails(
            1,
            format!(
                "sudo: unknown group {name}\nsudo: error initializing audit plugin sudoers_audit"
            ),
        );
    }
    let (set, words) = assignments(&line.operands);
    let login = line.has("--login");
    if line.tool == "sudoedit" || line.has("--edit") {
        return Answer::fails(1, "sudo: no askpass program or terminal to edit with")
            .would(format!("edit {}", words.join(" ")));
    }
    if line.has("--list") {
        return if words.is_empty() {
            Answer::prints(
                "User may run the following commands on this host:\n    (ALL : ALL) ALL  # blackstart stand-in, not from sudoers\n",
            )
        } else {
            Answer::prints(words.join(" "))
        };
    }
    if words.is_empty() && !login && !line.has("--shell") {
        let done = ["--validate", "--reset-timestamp", "--remove-timestamp"]
            .iter()
            .any(|flag| line.has(flag));
        return if done {
            Answer::quiet()
        } else {
            Answer::fails(
                1,
                "usage: sudo [-ABbEHnPS] [-u user] [VAR=value] [-i | -s] [command [arg ...]]",
            )
        };
    }
    let argv = if login || line.has("--shell") {
        let mut argv = vec![if login {
            target.shell.clone()
        } else {
            state.environment("SHELL").unwrap_or_else(|| target.shell.clone())
        }];
        if login {
            argv.push("-l".to_owned());
        }
        if !words.is_empty() {
            argv.extend([
                "-c".to_owned(),
                words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
            ]);
        }
        argv
    } else {
        words.to_vec()
    };
    if !found(state, &argv[0]) {
        return Answer::fails(1, format!("sudo: {}: command not found", argv[0]));
    }
    let mut run = Run { words: argv, ..Run::default() };
    run.environment = Some(environment(line, state, &target, &set, login));
    run.directory =
        line.value("--chdir").map(str::to_owned).or_else(|| login.then(|| target.home.clone()));
    let mut would = format!("run as {}", target.name);
    if state.is_root() && state.euid() == 0 && target.uid != u32::MAX {
        let gid = as_group.and_then(|name| group(state, name)).unwrap_or(target.gid);
        run.account = Some((target.uid, gid, target.groups.clone()));
    } else if target.uid != state.euid() {
        would.push_str("; here it runs as the caller");
        if target.uid == 0 {
            run.environment.get_or_insert_default().push((ACTS_AS_ROOT.to_owned(), "1".to_owned()));
        }
    }
    if line.has("--background") {
        run.words.splice(0..0, ["sh", "-c", "\"$@\" &", "sh"].map(str::to_owned));
    }
    Answer {
        then: Then::Run(Box::new(run)),
        ..Answer::quiet().would(format!("{would}: {}", words.join(" ")))
    }
}

/// An account of another machine.
fn unknown(name: &str) -> Account {
    Account {
        name: name.to_owned(),
        uid: u32::MAX,
        gid: u32::MAX,
        home: "/".to_owned(),
        shell: "/bin/sh".to_owned(),
        groups: Vec::new(),
    }
}

/// `VAR=value` before the command.
fn assignments(operands: &[String]) -> (Vec<(String, String)>, &[String]) {
    let is_set = |word: &&String| {
        word.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty()
                && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
        })
    };
    let count = operands.iter().take_while(is_set).count();
    let pairs = operands[..count].iter().filter_map(|word| word.split_once('='));
    (pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(), &operands[count..])
}

/// A word as sudo hands it to the shell: everything but letters, digits, `_`, `-` and `$` escaped.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$');
    word.chars().flat_map(|c| (!plain(c)).then_some('\\').into_iter().chain([c])).collect()
}

fn found(state: &State, program: &str) -> bool {
    if program.contains('/') {
        return state.path(program).exists() || !program.starts_with('/');
    }
    let own = format!("{OWN}/bin");
    std::iter::once(own.as_str())
        .chain(PATH.split(':'))
        .any(|place| state.path(format!("{place}/{program}")).exists())
}

fn environment(
    line: &Line,
    state: &State,
    target: &Account,
    set: &[(String, String)],
    login: bool,
) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let everything = line
        .flags
        .iter()
        .any(|flag| flag.names.contains(&"--preserve-env") && flag.value.is_none());
    let listed = line.values("--preserve-env").join(",");
    for (name, value) in state.environments() {
        let kept = KEPT.contains(&name.as_str())
            || name.starts_with("LC_")
            || listed.split(',').any(|one| one == name);
        if everything || kept || name == ACTS_AS_ROOT {
            pairs.push((name, value));
        }
    }
    let mut put = |name: &str, value: String| {
        pairs.retain(|(other, _)| other != name);
        pairs.push((name.to_owned(), value));
    };
    put("PATH", format!("{OWN}/bin:{PATH}"));
    if !everything || login || line.has("--set-home") {
        put("HOME", target.home.clone());
    }
    put("USER", target.name.clone());
    put("LOGNAME", target.name.clone());
    put("SHELL", target.shell.clone());
    put(
        "SUDO_USER",
        state.environment("USER").unwrap_or_else(|| {
            if state.euid() == 0 { "root".to_owned() } else { state.euid().to_string() }
        }),
    );
    put("SUDO_UID", state.euid().to_string());
    put("SUDO_COMMAND", line.operands.join(" "));
    for (name, value) in set {
        put(name, value.clone());
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    fn tree() -> (tempfile::TempDir, State) {
        let tree = tempfile::tempdir().unwrap();
        for place in ["etc", "usr/bin"] {
            std::fs::create_dir_all(tree.path().join(place)).unwrap();
        }
        std::fs::write(tree.path().join("usr/bin/id"), "").unwrap();
        std::fs::write(tree.path().join("usr/bin/env"), "").unwrap();
        let passwd = "root:x:0:0:root:/root:/bin/bash\npg:x:107:110::/var/lib/pg:/bin/sh\n";
        std::fs::write(tree.path().join("etc/passwd"), passwd).unwrap();
        std::fs::write(tree.path().join("etc/group"), "pg:x:110:\nssl:x:111:a,pg\n").unwrap();
        let state = State::new(tree.path());
        (tree, state)
    }

    #[test]
    fn the_command_runs_as_the_other_account_with_its_environment() {
        let (_tree, mut state) = tree();
        let answer = ask("sudo -n -u pg X=1 id -un", &mut state);
        let Then::Run(run) = answer.then else { panic!("{answer:?}") };
        assert_eq!(run.words, ["id", "-un"]);
        assert_eq!(run.account, Some((107, 110, vec![110, 111])));
        let environment = run.environment.unwrap();
        let value = |name: &str| {
            environment.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
        };
        assert_eq!(
            (value("HOME"), value("USER"), value("X")),
            (Some("/var/lib/pg"), Some("pg"), Some("1"))
        );
        assert_eq!(answer.would, ["run as pg: id -un"]);
    }

    #[test]
    fn a_wrong_call_fails_as_sudos() {
        let (_tree, mut state) = tree();
        for (line, code, said) in [
            ("sudo -u nobody-here id", 1, "sudo: unknown user nobody-here"),
            ("sudo -g nogroup-here id", 1, "sudo: unknown group nogroup-here"),
            ("sudo nonsense", 1, "sudo: nonsense: command not found"),
            ("sudo --frob id", 1, "sudo: unrecognized option '--frob'"),
            ("sudo -Z id", 1, "invalid option -- 'Z'"),
            ("sudo -v", 0, ""),
            ("sudo -k", 0, ""),
            ("sudo -u pg -i id -u", 1, "sudo: /bin/sh: command not found"),
        ] {
            let answer = ask(line, &mut state);
            assert_eq!(answer.code, code, "{line}");
            assert!(answer.err.contains(said), "{line}: {}", answer.err);
        }
    }
}
