//! Takes wrappers off a command and follows text that is parsed again.

use std::rc::Rc;

use super::assigned;
use super::ast::RedirectKind;
use super::command::{Opaque, Payload, Redirection};
use super::environment::{VALUE, Value, unknown};
use super::parse::parse;
use super::resolve::{Options, Resolver};
use super::value::{Argument, Origin, Piece};
use super::{path, wrapper};
use crate::base::Span;

/// How deep scripts may stand in scripts.
const NESTING: usize = 6;

/// How many texts for other shells are kept.
const PAYLOADS: usize = 60;

const SHELLS: &[&str] = &["bash", "sh", "dash", "ksh", "zsh", "ash", "rbash"];

/// Programs that start a shell where they are given no command; it reads what they are given.
const PASS_INPUT: &[&str] =
    &["sudo", "su", "runuser", "doas", "chroot", "nsenter", "unshare", "sg", "newgrp", "script"];

impl Resolver {
    /// Notes that something would run that cannot be read.
    pub(super) fn opaque(&mut self, span: Span, why: &str) {
        let span = self.place(span);
        self.out.opaque.push(Opaque { span, why: why.to_owned() });
    }

    /// Follows one simple command: function, alias, wrapper, shell, builtin or program.
    pub(super) fn run(
        &mut self,
        words: Vec<Argument>,
        redirects: Vec<Redirection>,
        span: Span,
        mut wrappers: Vec<String>,
    ) {
        let Some(program) = words.first().and_then(Argument::literal).map(str::to_owned) else {
            return self.push(words, redirects, span, wrappers);
        };
        if wrappers.len() > 16 {
            self.opaque(span, "commands are wrapped too deep to be followed");
            return self.push(words, redirects, span, wrappers);
        }
        if let Some(function) = self.env.functions.get(&program).cloned()
            && !program.is_empty()
            && wrappers.iter().all(|w| w == "time")
        {
            self.call(&program, &function, &words, redirects.clone(), span);
            if function.sure {
                return;
            }
        }
        if let Some(texts) = self.env.aliases.get(&program).cloned() {
            let mut rest = String::new();
            for argument in &words[1..] {
                rest.push(' ');
                // The words are split and unquoted already.
                match argument.literal() {
                    Some(word) => rest.push_str(&format!("'{}'", word.replace('\'', "'\\''"))),
                    None => rest.push_str(&self.as_script(argument)),
                }
            }
            self.env.aliases.remove(&program);
            for text in &texts {
                self.nested(&format!("{text}{rest}"), span, None);
            }
            self.env.aliases.insert(&program, texts);
            // Scripts of bash do not expand aliases unless they say so: the program itself may run as well.
        }
        let name = path::file_name(&program);
        match name {
            "eval" => {
                let text = self.joined(&words[1..], " ");
                self.push_redirects(redirects, span);
                return match words[1..].iter().any(|w| w.unknowns().next().is_some()) {
                    true => {
                        self.opaque(span, "eval runs text only the run knows");
                        self.nested(&text, span, None);
                    }
                    false => self.nested(&text, span, None),
                };
            }
            "trap" => return self.trap(&words, redirects, span, wrappers),
            "alias" => {
                for word in &words[1..] {
                    if let Some((name, text)) = word.literal().and_then(|t| t.split_once('=')) {
                        self.out.defined.insert(name.to_owned());
                        self.env.aliases.insert(name, vec![text.to_owned()]);
                    }
                }
            }
            "ssh" => return self.ssh(words, redirects, span, wrappers),
            "source" | "." => {
                if let Some(text) = words.get(1).and_then(|file| self.written(file)) {
                    self.push_redirects(redirects, span);
                    let script = self.as_script(&text);
                    return self.nested(&script, span, None);
                }
            }
            "sg" if words.len() == 3 && !words[2].prefix().starts_with('-') => {
                self.push_redirects(redirects, span);
                let script = self.as_script(&words[2]);
                return self.nested(&script, span, None);
            }
            "watch" if words.len() > 1 => return self.watch(&words, redirects, span, wrappers),
            "ansible" | "pdsh" | "clush" | "dsh" | "pssh" | "parallel-ssh" | "salt" => {
                self.many_hosts(name, &words, span);
            }
            "at" | "batch" => self.job(&words, span),
            "mapfile" | "readarray" | "complete" | "compgen" | "bind" | "split" => {
                let flags = ["-C", "-x", "--filter"];
                if let Some(text) = wrapper::flag_value(&words, &flags) {
                    let script = self.as_script(&text);
                    self.nested(&script, span, None);
                }
            }
            "su" | "runuser" | "sg" | "script" => {
                let texts = wrapper::shell_texts(&words);
                if !texts.is_empty() {
                    let user = words[1..]
                        .iter()
                        .filter_map(Argument::literal)
                        .find(|w| !w.starts_with('-'));
                    let user = user.unwrap_or("root").to_owned();
                    let saved = self.setting.user.replace(user);
                    let scripts: Vec<String> =
                        texts.iter().map(|text| self.as_script(text)).collect();
                    let script = scripts.join("\n");
                    let standing = self.standing;
                    if name == "script" || !redirects.is_empty() {
                        let words = if name == "script" { words.clone() } else { Vec::new() };
                        self.push(words, redirects, span, wrappers);
                        self.stand();
                    }
                    let outside = self.env.clone();
                    self.starts_anew();
                    self.nested(&script, span, None);
                    self.env = outside;
                    (self.setting.user, self.standing) = (saved, standing);
                    return;
                }
            }
            "kubectl" | "docker" | "podman" | "oc" | "nerdctl" | "lxc-attach" | "pct" | "qm"
            | "crictl" | "lxc" | "incus" | "docker-compose" | "nsenter" => {
                let inner = words.iter().position(|w| w.literal() == Some("--"));
                let docker = matches!(name, "docker" | "podman" | "nerdctl" | "docker-compose");
                let inner = inner
                    .map(|at| at + 1)
                    .or_else(|| docker.then(|| docker_exec(&words)).flatten());
                if let Some(at) = inner.filter(|at| *at < words.len()) {
                    self.push(words[..at].to_vec(), redirects, span, wrappers.clone());
                    let saved = std::mem::replace(&mut self.setting.contained, true);
                    let standing = self.standing;
                    self.stand();
                    wrappers.push(name.to_owned());
                    self.run(words[at..].to_vec(), Vec::new(), span, wrappers);
                    (self.setting.contained, self.standing) = (saved, standing);
                    return;
                }
            }
            "find" => self.find_exec(&words, span, &wrappers),
            _ if SHELLS.contains(&name) => {
                return self.shell(words, redirects, span, wrappers);
            }
            _ => {}
        }
        if let Some(wrapper) = wrapper::find(name) {
            let own = wrapper.unwrap(&words);
            let asks = name == "command" && own.flag(&["v", "V"]);
            let split = own.value(&["S", "split-string"]);
            if let Some(text) = split.cloned().filter(|_| name == "env") {
                let mut script = self.as_script(&text);
                for word in &words[own.start..] {
                    script.push(' ');
                    script.push_str(&self.as_script(word));
                }
                self.push_redirects(redirects, span);
                return self.nested(&script, span, None);
            }
            for (name, value) in own.assigned() {
                self.steered(name, &Argument::text(value, words[0].span));
            }
            if name == "flock"
                && (own.flag(&["c"])
                    || words.get(own.start).and_then(Argument::literal) == Some("-c"))
                && let Some(text) = words.last().cloned()
            {
                self.push_redirects(redirects, span);
                let script = self.as_script(&text);
                return self.nested(&script, span, None);
            }
            if own.start < words.len() && !asks {
                let mut inner = words[own.start..].to_vec();
                if matches!(name, "xargs" | "parallel") {
                    inner = self.with_found(inner, own.value(&["I", "replace"]));
                }
                let saved = self.setting.clone();
                if let Some(user) = own.value(&["u", "user"]).map(Argument::shown)
                    && matches!(name, "sudo" | "doas" | "runuser")
                {
                    self.setting.user = Some(user.into_owned());
                } else if name == "sudo" {
                    self.setting.user = Some("root".to_owned());
                }
                let mut redirects = redirects;
                if matches!(name, "strace" | "ltrace" | "time")
                    && let Some(target) = own.value(&["o", "output"]).cloned()
                {
                    redirects.push(Redirection {
                        kind: RedirectKind::Truncate,
                        descriptor: None,
                        target,
                        span,
                    });
                }
                self.setting.contained |= wrapper.contained;
                self.setting.repeated |= name == "xargs";
                wrappers.push(name.to_owned());
                self.run(inner, redirects, span, wrappers);
                self.setting = saved;
                return;
            }
        }
        if PASS_INPUT.contains(&name) && self.incoming.is_some() {
            return self.shell(words[..1].to_vec(), redirects, span, wrappers);
        }
        if let Some(text) = self.written(&words[0]).filter(|_| program.contains('/')) {
            let script = self.as_script(&text);
            let arguments = self.env.arguments.replace(Rc::new(words[1..].to_vec()));
            self.push_redirects(redirects, span);
            let before = self.env.clone();
            self.nested(&script, span, None);
            self.env = before;
            self.env.arguments = arguments;
            return;
        }
        self.embedded(name, &words, span);
        self.subscripts(&words, span);
        self.builtin(name, &words);
        self.push(words, redirects, span, wrappers);
    }

    pub(super) fn push_redirects(&mut self, redirects: Vec<Redirection>, span: Span) {
        if !redirects.is_empty() {
            self.push(Vec::new(), redirects, span, Vec::new());
        }
    }

    pub(super) fn joined(&mut self, words: &[Argument], separator: &str) -> String {
        let parts: Vec<String> = words.iter().map(|w| self.as_script(w)).collect();
        parts.join(separator)
    }

    /// Follows text that the shell, or another one, parses again.
    pub(super) fn nested(&mut self, text: &str, span: Span, remote: Option<String>) {
        if self.depth >= NESTING {
            return self.opaque(span, "scripts stand in scripts too deep to be followed");
        }
        let script = parse(text);
        if !script.parsed {
            self.opaque(span, "a quoted script cannot be read");
        }
        let origin = self.origin;
        let saved = self.setting.clone();
        self.origin = Some(self.place(span));
        self.depth += 1;
        if remote.is_some() {
            self.setting.remote = remote;
        }
        match (self.caller.take(), script.statements.split_last()) {
            (Some(ends), Some((last, before))) => {
                self.payload(text, span);
                // Of all of them only the last says how the other shell ends.
                (self.setting.asked, self.setting.masked) = (false, false);
                self.sequence(before);
                (self.setting.asked, self.setting.masked) = (saved.asked, saved.masked);
                self.env.errexit |= ends;
                self.sequence(std::slice::from_ref(last));
            }
            (Some(_) | None, _) => self.sequence(&script.statements),
        }
        self.depth -= 1;
        self.setting = saved;
        self.origin = origin;
    }

    /// Sets the options as those of a shell that is started, whose end the one around it looks at.
    pub(super) fn starts_anew(&mut self) {
        self.caller = Some(self.env.errexit);
        (self.env.errexit, self.env.nounset, self.env.pipefail) = (false, false, false);
    }

    /// Notes a text that another shell reads.
    fn payload(&mut self, text: &str, span: Span) {
        let (mut shown, mut rest) = (String::new(), text);
        while let Some((before, value)) = rest.split_once(&format!("${{{VALUE}"))
            && let Some((number, behind)) = value.split_once('}')
        {
            let value = Argument::new(self.env.lookup(&format!("{VALUE}{number}")), span);
            shown.push_str(before);
            shown.push_str(&value.shown());
            rest = behind;
        }
        let text = shown + rest;
        let options = Options {
            errexit: self.env.errexit,
            nounset: self.env.nounset,
            pipefail: self.env.pipefail,
        };
        let payload = Payload { text, span: self.place(span), options };
        if self.out.payloads.len() < PAYLOADS && !self.out.payloads.contains(&payload) {
            self.out.payloads.push(payload);
        }
    }

    fn trap(
        &mut self,
        words: &[Argument],
        redirects: Vec<Redirection>,
        span: Span,
        wrappers: Vec<String>,
    ) {
        let at = if words.get(1).and_then(Argument::literal) == Some("--") { 2 } else { 1 };
        if let Some(text) = words.get(at).filter(|_| words.len() > at + 1) {
            let literal = text.literal().unwrap_or_default();
            let script = self.as_script(text);
            if literal != "-" && !literal.starts_with("-l") {
                let deferred = std::mem::replace(&mut self.setting.deferred, true);
                let env = self.env.clone();
                self.nested(&script, span, None);
                self.env = env;
                self.setting.deferred = deferred;
            }
        }
        self.push(words.to_vec(), redirects, span, wrappers);
    }

    fn find_exec(&mut self, words: &[Argument], span: Span, wrappers: &[String]) {
        let is =
            |word: &Argument, names: &[&str]| word.literal().is_some_and(|t| names.contains(&t));
        let mut at = 0;
        while let Some(start) =
            words[at..].iter().position(|w| is(w, &["-exec", "-execdir", "-ok", "-okdir"]))
        {
            let start = at + start + 1;
            let end = words[start..]
                .iter()
                .position(|w| is(w, &[";", "+"]))
                .map_or(words.len(), |e| start + e);
            let inner: Vec<Argument> =
                words[start..end].iter().map(|word| filled(word, "{}")).collect();
            let mut wrappers = wrappers.to_vec();
            wrappers.push("find".to_owned());
            let repeated = std::mem::replace(&mut self.setting.repeated, true);
            if !inner.is_empty() {
                self.run(inner, Vec::new(), span, wrappers);
            }
            self.setting.repeated = repeated;
            at = end;
        }
    }

    fn with_found(&mut self, inner: Vec<Argument>, marker: Option<&Argument>) -> Vec<Argument> {
        let span = inner.first().map(|w| w.span).unwrap_or_default();
        let marker = marker.and_then(Argument::literal);
        let Some(marker) = marker.filter(|m| !m.is_empty()) else {
            let found = self.found(span);
            return inner.into_iter().chain([found]).collect();
        };
        inner.iter().map(|word| filled(word, marker)).collect()
    }

    /// Takes in what a builtin does to the shell itself.
    fn builtin(&mut self, name: &str, words: &[Argument]) {
        let arguments = &words[1..];
        match name {
            "set" => self.set(arguments),
            "cd" | "pushd" => {
                let target = arguments
                    .iter()
                    .find(|a| !a.prefix().starts_with('-') && a.literal() != Some("--"));
                self.env.cwd = target.and_then(|target| {
                    let path = target.path(self.env.cwd.as_deref());
                    (path.starts_with('/') || path.starts_with('$')).then_some(path)
                });
                self.moved();
            }
            "popd" => {
                self.env.cwd = None;
                self.moved();
            }
            "let" => {
                for text in arguments.iter().filter_map(Argument::literal) {
                    assigned::in_arithmetic(text).iter().for_each(|name| self.env.forget(name));
                }
            }
            "printf" => {
                if let Some(name) = wrapper::flag_value(words, &["-v"])
                    && let Some(name) = name.literal()
                {
                    let value = vec![unknown(&format!("${name}"), Origin::Variable, false)];
                    self.env.set(name, Value::Scalar(value));
                }
            }
            "unset" => self.unset(arguments),
            "read" | "mapfile" | "readarray" | "getopts" => {
                for name in arguments.iter().filter_map(Argument::literal) {
                    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
                    if name.starts_with(first) {
                        // An array is used by its elements, which are not empty; a loop over lines ends.
                        let empty = name != "line"
                            && !self.setting.repeated
                            && words[0].literal() == Some("read");
                        let value = vec![unknown(&format!("${name}"), Origin::Found, empty)];
                        self.env.set(name, Value::Scalar(value));
                    }
                }
            }
            "shift" => {
                if let Some(given) = self.env.arguments.take() {
                    let by =
                        arguments.first().and_then(Argument::literal).and_then(|n| n.parse().ok());
                    let rest = given.get(by.unwrap_or(1)..).unwrap_or_default().to_vec();
                    self.env.arguments = Some(Rc::new(rest));
                }
            }
            _ => {}
        }
    }

    fn set(&mut self, arguments: &[Argument]) {
        let mut words = arguments.iter().filter_map(Argument::literal);
        while let Some(word) = words.next() {
            let on = word.starts_with('-');
            if word == "--" {
                let rest = arguments.iter().skip_while(|a| a.literal() != Some("--")).skip(1);
                self.env.arguments = Some(Rc::new(rest.cloned().collect()));
                return;
            }
            let Some(letters) = word.strip_prefix(['-', '+']) else {
                return;
            };
            let long = if letters.ends_with('o') { words.next() } else { None };
            let given = |letter: char, name: &str| letters.contains(letter) || long == Some(name);
            if given('e', "errexit") {
                self.env.errexit = on;
            }
            if given('u', "nounset") {
                self.env.nounset = on;
            }
            if long == Some("pipefail") {
                self.env.pipefail = on;
            }
        }
    }
}

/// Returns a word with every marker in it replaced by what is handed over.
fn filled(word: &Argument, marker: &str) -> Argument {
    match word.literal() {
        Some(text) if text.contains(marker) => {
            let mut pieces = Vec::new();
            for (index, part) in text.split(marker).enumerate() {
                if index > 0 {
                    pieces.push(unknown("{}", Origin::Found, false));
                }
                pieces.push(Piece::Text(part.to_owned()));
            }
            Argument::new(pieces, word.span)
        }
        _ => word.clone(),
    }
}

/// Returns where the command of `docker exec [flags] CONTAINER command` starts.
fn docker_exec(words: &[Argument]) -> Option<usize> {
    let mut at = words.iter().position(|w| w.literal() == Some("exec"))? + 1;
    while let Some(text) = words.get(at).and_then(Argument::literal).filter(|t| t.starts_with('-'))
    {
        let takes =
            matches!(text, "-u" | "--user" | "-e" | "--env" | "-w" | "--workdir" | "--env-file");
        at += if takes { 2 } else { 1 };
    }
    Some(at + 1)
}
