//! Programs that run the command that follows them, and how many of their own words to skip.

use super::value::Argument;

/// A program whose last words are a command.
#[derive(Debug)]
pub(super) struct Wrapper {
    pub(super) name: &'static str,
    /// Short flags that take a value.
    values: &'static str,
    /// Long flags that take a value in the next word.
    long: &'static [&'static str],
    /// Own words between the flags and the command.
    operands: usize,
    /// Whether `A=b` may stand before the command.
    assignments: bool,
    /// Whether the command runs inside another root or container.
    pub(super) contained: bool,
}

const fn plain(name: &'static str, values: &'static str, operands: usize) -> Wrapper {
    Wrapper { name, values, long: &[], operands, assignments: false, contained: false }
}

const WRAPPERS: &[Wrapper] = &[
    Wrapper {
        long: &["user", "group", "host", "prompt", "chdir", "chroot", "role", "type", "close-from"],
        assignments: true,
        ..plain("sudo", "ughpCrtTUDR", 0)
    },
    plain("doas", "uC", 0),
    Wrapper {
        long: &["unset", "chdir", "split-string"],
        assignments: true,
        ..plain("env", "uCS", 0)
    },
    Wrapper { long: &["adjustment"], ..plain("nice", "n", 0) },
    Wrapper { long: &["class", "classdata", "pid"], ..plain("ionice", "cnpPu", 0) },
    Wrapper { long: &["kill-after", "signal"], ..plain("timeout", "ks", 1) },
    plain("nohup", "", 0),
    plain("setsid", "", 0),
    Wrapper { long: &["input", "output", "error"], ..plain("stdbuf", "ioe", 0) },
    Wrapper { long: &["format", "output"], ..plain("time", "fo", 0) },
    plain("command", "", 0),
    plain("builtin", "", 0),
    plain("exec", "a", 0),
    Wrapper {
        long: &[
            "max-args",
            "max-procs",
            "replace",
            "max-lines",
            "delimiter",
            "arg-file",
            "max-chars",
            "eof",
        ],
        ..plain("xargs", "InPLdasE", 0)
    },
    plain("parallel", "jaIN", 0),
    Wrapper { long: &["timeout", "wait", "conflict-exit-code"], ..plain("flock", "wE", 1) },
    Wrapper { contained: true, long: &["userspec", "groups"], ..plain("chroot", "", 1) },
    Wrapper { long: &["user", "group", "command"], ..plain("runuser", "ugG", 0) },
    plain("chrt", "", 1),
    plain("taskset", "", 1),
    plain("caffeinate", "", 0),
    plain("busybox", "", 0),
    plain("toybox", "", 0),
    plain("lvm", "", 0),
    plain("watch", "n", 0),
    plain("strace", "eopsu", 0),
    Wrapper {
        long: &[
            "setuid",
            "setgid",
            "root",
            "wd",
            "propagation",
            "boottime",
            "monotonic",
            "setgroups",
        ],
        ..plain("unshare", "RwSG", 0)
    },
    plain("ltrace", "eopsulnaAx", 0),
    plain("systemd-cat", "tp", 0),
    plain("setarch", "", 1),
    plain("eatmydata", "", 0),
    plain("unbuffer", "", 0),
    plain("faketime", "f", 1),
    plain("choom", "n", 0),
    Wrapper {
        long: &["cpunodebind", "membind", "physcpubind", "interleave"],
        ..plain("numactl", "NmCip", 0)
    },
    plain("proxychains", "f", 0),
    plain("proxychains4", "f", 0),
    plain("torsocks", "", 0),
    plain("pkexec", "", 0),
    plain("logsave", "", 1),
    plain("su-exec", "", 1),
    plain("setuidgid", "", 1),
    plain("s6-setuidgid", "", 1),
    plain("chpst", "uUbemdfoprnPCL", 0),
    plain("envdir", "", 1),
    plain("tini", "p", 0),
    plain("dumb-init", "", 0),
    plain("dbus-run-session", "", 0),
    plain("rlwrap", "", 0),
    plain("screen", "cehpsStTLX", 0),
    Wrapper { long: &["target", "setuid", "setgid"], ..plain("nsenter", "tSG", 0) },
    plain("systemd-inhibit", "", 0),
    Wrapper {
        long: &["unit", "property", "uid", "gid", "description", "slice"],
        ..plain("systemd-run", "pu", 0)
    },
    Wrapper {
        long: &[
            "reuid",
            "regid",
            "ruid",
            "euid",
            "rgid",
            "egid",
            "groups",
            "inh-caps",
            "ambient-caps",
            "bounding-set",
            "securebits",
            "pdeathsig",
            "selinux-label",
            "apparmor-profile",
        ],
        ..plain("setpriv", "", 0)
    },
    plain("cgexec", "g", 0),
    plain("fakeroot", "", 0),
    plain("prlimit", "", 0),
    plain("chronic", "", 0),
    plain("cpulimit", "l", 0),
    plain("gosu", "", 1),
    plain("catchsegv", "", 0),
    plain("noglob", "", 0),
    plain("trickle", "du", 0),
];

/// Returns the wrapper of that name.
pub(super) fn find(name: &str) -> Option<&'static Wrapper> {
    WRAPPERS.iter().find(|w| w.name == name)
}

/// What a wrapper's own words say.
#[derive(Debug, Default)]
pub(super) struct Unwrapped {
    /// Index of the command's first word; the number of words when there is none.
    pub(super) start: usize,
    /// Values of the flags that take one, by flag without dashes.
    pub(super) values: Vec<(String, Argument)>,
    /// Flags without a value, without dashes.
    pub(super) flags: Vec<String>,
    /// Variables set for the command, as `NAME=value`.
    pub(super) assignments: Vec<String>,
}

impl Unwrapped {
    /// Returns the value of the first of these flags that is given.
    pub(super) fn value(&self, names: &[&str]) -> Option<&Argument> {
        self.values.iter().find(|(n, _)| names.contains(&n.as_str())).map(|(_, v)| v)
    }

    /// Returns the variables set for the command, with their values.
    pub(super) fn assigned(&self) -> impl Iterator<Item = (&str, &str)> {
        self.assignments.iter().filter_map(|one| one.split_once('='))
    }

    /// Tells whether one of these flags is given.
    pub(super) fn flag(&self, names: &[&str]) -> bool {
        self.flags.iter().any(|f| names.contains(&f.as_str()))
    }
}

impl Wrapper {
    /// Finds where the command starts. A word that is not certain is taken for the command.
    pub(super) fn unwrap(&self, words: &[Argument]) -> Unwrapped {
        let mut out = Unwrapped { start: 1, ..Unwrapped::default() };
        while let Some(text) = words.get(out.start).and_then(Argument::literal) {
            if text == "--" {
                out.start += 1;
                break;
            }
            if let Some(long) = text.strip_prefix("--") {
                if let Some((name, value)) = long.split_once('=') {
                    let value = Argument::text(value, words[out.start].span);
                    out.values.push((name.to_owned(), value));
                } else if self.long.contains(&long)
                    && let Some(value) = words.get(out.start + 1)
                {
                    out.values.push((long.to_owned(), value.clone()));
                    out.start += 1;
                } else {
                    out.flags.push(long.to_owned());
                }
            } else if let Some(short) = text.strip_prefix('-').filter(|s| !s.is_empty()) {
                self.short(short, words, &mut out);
            } else if text == "-" && self.name == "env" {
                out.flags.push("i".to_owned());
            } else if self.assignments && text.contains('=') && !text.starts_with('=') {
                out.assignments.push(text.to_owned());
            } else {
                break;
            }
            out.start += 1;
        }
        out.start += self.operands;
        out.start = out.start.min(words.len());
        out
    }

    fn short(&self, letters: &str, words: &[Argument], out: &mut Unwrapped) {
        for (at, letter) in letters.char_indices() {
            if !self.values.contains(letter) {
                out.flags.push(letter.to_string());
                continue;
            }
            let rest = &letters[at + letter.len_utf8()..];
            let value = if rest.is_empty() {
                out.start += 1;
                words.get(out.start).cloned()
            } else {
                words.get(out.start).map(|w| Argument::text(rest, w.span))
            };
            out.values.extend(value.map(|value| (letter.to_string(), value)));
            return;
        }
    }
}

/// Returns the texts that `su`, `runuser` and `script` hand to a shell: `-c`, at the end of bundled letters too.
pub(super) fn shell_texts(words: &[Argument]) -> Vec<Argument> {
    let mut texts = Vec::new();
    for (at, word) in words.iter().enumerate().skip(1) {
        let Some(text) = word.literal().filter(|text| text.starts_with('-')) else {
            continue;
        };
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let long = |full: &str| name.len() > 3 && full.starts_with(name);
        let value = if long("--command") || long("--session-command") {
            value
        } else if !text.starts_with("--")
            && let Some((before, behind)) = text[1..].split_once('c')
            && before.bytes().all(|letter| b"lmpPfqae".contains(&letter))
        {
            Some(behind).filter(|behind| !behind.is_empty())
        } else {
            continue;
        };
        match value {
            Some(value) => texts.push(Argument::text(value, word.span)),
            None => texts.extend(words.get(at + 1).cloned()),
        }
    }
    texts
}

/// Returns the word behind one of these flags.
pub(super) fn flag_value(words: &[Argument], flags: &[&str]) -> Option<Argument> {
    let at = words.iter().position(|w| w.literal().is_some_and(|t| flags.contains(&t)));
    if let Some(at) = at {
        return words.get(at + 1).cloned();
    }
    // `--command=text`, `-ctext`.
    let own = words.iter().skip(1).map(Argument::literal);
    let own = own.take_while(|text| text.as_deref() != Some("--"));
    own.zip(&words[1..]).find_map(|(text, word)| {
        let text = text?;
        let value = flags.iter().find_map(|flag| match flag.starts_with("--") {
            true => text.strip_prefix(flag)?.strip_prefix('='),
            false => text.strip_prefix(flag),
        })?;
        Some(Argument::text(value, word.span))
    })
}
