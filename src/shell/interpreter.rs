//! Shells inside shells: `bash -c`, `ssh HOST …`, a script on standard input.

use std::rc::Rc;

use super::command::Redirection;
use super::environment::Passed;
use super::resolve::{Incoming, Resolver};
use super::value::Argument;
use super::wrapper::flag_value;
use crate::base::Span;

impl Resolver {
    pub(super) fn ssh(
        &mut self,
        words: Vec<Argument>,
        redirects: Vec<Redirection>,
        span: Span,
        wrappers: Vec<String>,
    ) {
        let mut at = 1;
        for pair in words.windows(2) {
            let option = match pair[0].literal() {
                Some("-o") => pair[1].literal(),
                _ => pair[1].literal().and_then(|t| t.strip_prefix("-o")),
            };
            self.ssh_option(option.unwrap_or_default(), span);
        }
        while let Some(text) =
            words.get(at).and_then(Argument::literal).filter(|t| t.starts_with('-'))
        {
            at += 1 + usize::from(takes_value(text));
            if text == "--" {
                break;
            }
        }
        let Some(host) = words.get(at).map(Argument::shown) else {
            return self.push(words, redirects, span, wrappers);
        };
        let host = host.rsplit('@').next().unwrap_or_default().to_owned();
        let (saved, standing) = (self.env.clone(), self.standing);
        let mut start = at + 1;
        // Options may stand behind the host, and `--` before the command.
        while let Some(text) =
            words.get(start).and_then(Argument::literal).filter(|t| t.starts_with('-'))
        {
            start += 1 + usize::from(takes_value(text));
            if text == "--" {
                break;
            }
        }
        let rest = words.get(start..).unwrap_or_default();
        let text = self.joined(rest, " ");
        let incoming = self.incoming.clone();
        self.push(words[..=at].to_vec(), redirects, span, wrappers);
        self.stand();
        self.env.cwd = None;
        self.starts_anew();
        self.env.enter_shell(Passed::Nothing);
        let shell = matches!(
            text.trim(),
            "" | "bash" | "sh" | "bash -s" | "sh -s" | "sudo bash" | "sudo sh" | "sudo bash -s"
        ) || text.starts_with("bash -s")
            && !text.contains([';', '&', '|', '<', '>', '(', '`', '\n']);
        if !shell {
            self.nested(&text, span, Some(host));
        } else {
            match incoming {
                Some(Incoming::Text(script)) => {
                    let script = self.as_script(&script);
                    self.nested(&script, span, Some(host));
                }
                Some(Incoming::Unreadable) => {
                    self.opaque(span, "a remote shell runs text that cannot be read beforehand");
                }
                None if !text.is_empty() => {
                    self.opaque(span, "a remote shell reads its script from elsewhere")
                }
                None => {}
            }
        }
        (self.env, self.standing, self.caller) = (saved, standing, None);
    }

    /// Follows the commands that ssh runs on this side.
    fn ssh_option(&mut self, option: &str, span: Span) {
        let Some((name, text)) = option.split_once(['=', ' ']) else {
            return;
        };
        let runs = ["proxycommand", "localcommand", "knownhostscommand"];
        if runs.contains(&name.trim().to_ascii_lowercase().as_str()) && text.trim() != "none" {
            self.nested(text, span, None);
        }
    }

    pub(super) fn shell(
        &mut self,
        words: Vec<Argument>,
        redirects: Vec<Redirection>,
        span: Span,
        wrappers: Vec<String>,
    ) {
        let mut at = 1;
        let mut command = false;
        let mut reads_input = false;
        let options = (self.env.errexit, self.env.nounset, self.env.pipefail);
        let standing = self.standing;
        self.starts_anew();
        while let Some(text) = words.get(at).and_then(Argument::literal) {
            if text == "-" || text == "--" {
                at += 1;
                break;
            }
            if text == "-n" {
                (self.env.errexit, self.env.nounset, self.env.pipefail) = options;
                self.caller = None;
                return self.push(words, redirects, span, wrappers);
            }
            if matches!(text, "--rcfile" | "--init-file") {
                at += 2;
                continue;
            }
            if text.starts_with("--") {
                at += 1;
                continue;
            }
            let Some(letters) = text.strip_prefix(['-', '+']) else {
                break;
            };
            command |= letters.contains('c');
            reads_input |= letters.contains('s');
            self.env.errexit |= letters.contains('e');
            self.env.nounset |= letters.contains('u');
            at += 1;
            if letters.ends_with('o') {
                let option = words.get(at).and_then(Argument::literal);
                self.env.pipefail |= option == Some("pipefail");
                at += 1;
            }
        }
        let rest = words.get(at..).unwrap_or_default().to_vec();
        let incoming = self.incoming.clone();
        let version = words.get(1).and_then(Argument::literal) == Some("--version");
        self.push(words, redirects, span, wrappers);
        self.stand();
        let outside = self.env.clone();
        self.env.enter_shell(Passed::Exported);
        match (command, rest.first().cloned()) {
            _ if version => {}
            (true, Some(text)) => {
                if text.unknowns().next().is_some() && text.prefix().is_empty() {
                    self.opaque(span, "a shell runs text only the run knows");
                }
                let script = self.as_script(&text);
                let arguments = Rc::new(rest.get(2..).unwrap_or_default().to_vec());
                self.env.arguments = Some(arguments);
                self.nested(&script, span, None);
            }
            (false, Some(file)) if !reads_input => match self.written(&file) {
                Some(text) => {
                    let script = self.as_script(&text);
                    let arguments = Rc::new(rest.get(1..).unwrap_or_default().to_vec());
                    self.env.arguments = Some(arguments);
                    self.nested(&script, span, None);
                }
                None => self.opaque(span, "a script in another file is run"),
            },
            (true, None) => {}
            (false, _) => match incoming {
                Some(Incoming::Text(script)) => {
                    let script = self.as_script(&script);
                    self.nested(&script, span, None);
                }
                Some(Incoming::Unreadable) | None => {
                    self.opaque(span, "a shell runs text that cannot be read beforehand");
                }
            },
        }
        self.env = outside;
        (self.env.errexit, self.env.nounset, self.env.pipefail) = options;
        (self.standing, self.caller) = (standing, None);
    }
}

/// Tells whether the next word belongs to a flag of ssh.
fn takes_value(flag: &str) -> bool {
    flag.len() == 2 && "bcDEeFIiJLlmOopQRSWw".contains(&flag[1..])
}

/// Flags of the programs that run one command on many hosts, whose next word belongs to them.
const OF_MANY_HOSTS: &str = "wghlxtuHPmfo";

impl Resolver {
    /// Follows `watch COMMAND`, which joins its words for a shell.
    pub(super) fn watch(
        &mut self,
        words: &[Argument],
        redirects: Vec<Redirection>,
        span: Span,
        mut wrappers: Vec<String>,
    ) {
        let mut at = 1;
        let mut plain = false;
        while let Some(text) =
            words.get(at).and_then(Argument::literal).filter(|t| t.starts_with('-'))
        {
            plain |= matches!(text, "-x" | "--exec");
            at += if matches!(text, "-n" | "--interval") { 2 } else { 1 };
        }
        let rest = words.get(at..).unwrap_or_default();
        let repeated = std::mem::replace(&mut self.setting.repeated, true);
        if rest.is_empty() {
            self.push(words.to_vec(), redirects, span, wrappers);
        } else if plain {
            wrappers.push("watch".to_owned());
            self.run(rest.to_vec(), redirects, span, wrappers);
        } else {
            self.push_redirects(redirects, span);
            let text = self.joined(rest, " ");
            self.nested(&text, span, None);
        }
        self.setting.repeated = repeated;
    }

    /// Follows what `at` and `batch` are given to run later.
    pub(super) fn job(&mut self, words: &[Argument], span: Span) {
        let text = match flag_value(words, &["-f"]) {
            Some(file) => self.written(&file),
            None => match self.incoming.clone() {
                Some(Incoming::Text(text)) => Some(text),
                Some(Incoming::Unreadable) | None => None,
            },
        };
        let looks = ["-l", "-V", "-c", "-d", "-r"];
        let looks = |word: &Argument| word.literal().is_some_and(|word| looks.contains(&word));
        if let Some(text) = text {
            let script = self.as_script(&text);
            let deferred = std::mem::replace(&mut self.setting.deferred, true);
            self.nested(&script, span, None);
            self.setting.deferred = deferred;
        } else if !words.iter().any(looks) {
            self.opaque(span, "a job reads its commands from elsewhere");
        }
    }

    /// Follows the command that `ansible`, `pdsh` and others run on many hosts.
    pub(super) fn many_hosts(&mut self, name: &str, words: &[Argument], span: Span) {
        let (host, rest) = match name {
            "ansible" => {
                let module = flag_value(words, &["-m", "--module-name"]);
                let shell = module.as_ref().and_then(Argument::literal).unwrap_or("command");
                let bare = shell.rsplit('.').next().unwrap_or_default();
                if !matches!(bare, "command" | "shell" | "raw") {
                    return;
                }
                let text = flag_value(words, &["-a", "--args"]);
                (words.get(1).map(Argument::shown), text.into_iter().collect())
            }
            "salt" => {
                let runs = |w: &Argument| w.literal().is_some_and(|t| t.starts_with("cmd."));
                let at = words.iter().position(runs).map_or(words.len(), |at| at + 1);
                (words.get(1).map(Argument::shown), words[at..].to_vec())
            }
            _ => {
                let mut at = 1;
                while let Some(flag) =
                    words.get(at).and_then(Argument::literal).filter(|t| t.starts_with('-'))
                {
                    let takes = flag.len() == 2 && OF_MANY_HOSTS.contains(&flag[1..]);
                    at += if takes { 2 } else { 1 };
                }
                let hosts = flag_value(words, &["-w", "-g", "-H", "-h", "-m"]);
                let hosts = hosts.map(|host| host.shown().into_owned().into());
                (hosts, words.get(at..).unwrap_or_default().to_vec())
            }
        };
        let host = host.map_or_else(|| "many hosts".to_owned(), |host| host.into_owned());
        if !rest.is_empty() {
            let text = self.joined(&rest, " ");
            self.nested(&text, span, Some(host));
        }
    }
}
