//! Follows a script statement by statement and lists the commands it would run.

use std::collections::HashMap;
use std::sync::Arc;

use super::assigned;
use super::ast::{RedirectKind, Script, Statement, StatementKind};
use super::command::{Command, Commands, Pipeline, Setting, Stage};
use super::environment::{Environment, Function};
use super::expand::printed;
use super::function::{Frame, runs_arguments};
use super::refine;
use super::value::Argument;
use super::written::Written;
use crate::base::Span;

/// Commands one script may come to, functions and quoted scripts unfolded.
const BUDGET: usize = 20_000;

/// Statements looked at, in whatever is followed.
const STEPS: usize = 50_000;

/// The same in a text that could not be read whole.
const UNREAD: usize = 1_000;

/// How deep statements may stand in each other, through functions and quoted scripts.
const LEVELS: usize = 300;

/// What arrives on standard input from the stage before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Incoming {
    /// Text the script holds.
    Text(Argument),
    /// Something nobody can read beforehand.
    Unreadable,
}

/// The options a shell starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// `-e`
    pub errexit: bool,
    /// `-u`
    pub nounset: bool,
    /// `-o pipefail`
    pub pipefail: bool,
}

impl Options {
    /// The options plan steps run with: `bash -euo pipefail`.
    pub const STRICT: Self = Self { errexit: true, nounset: true, pipefail: true };
}

/// Lists the commands of a script, as they would run in a shell with these options.
///
/// The script should come from [`super::parse`] on the same deep stack.
pub fn commands(script: &Script, options: Options) -> Commands {
    // What cannot be read whole is unknown anyway; its commands are followed a little way.
    follow(script, options, if script.parsed { STEPS } else { UNREAD })
}

/// Lists the commands of a text that a script hands to another shell, which [`commands`] has followed already.
pub fn payload_commands(script: &Script, options: Options) -> Commands {
    follow(script, options, UNREAD)
}

fn follow(script: &Script, options: Options, steps: usize) -> Commands {
    let mut resolver = Resolver {
        out: Commands::default(),
        env: Environment {
            errexit: options.errexit,
            nounset: options.nounset,
            pipefail: options.pipefail,
            ..Environment::default()
        },
        setting: Setting::default(),
        incoming: None,
        origin: None,
        depth: 0,
        called: HashMap::new(),
        following: Vec::new(),
        spawns: false,
        steps: STEPS - steps,
        level: 0,
        looks: assigned::FUEL,
        cut: false,
        values: 0,
        written: Written::default(),
        caller: None,
        standing: None,
    };
    resolver.sequence(&script.statements);
    resolver.uncalled();
    resolver.out
}

/// Where a walk through a script stands.
pub(super) struct Resolver {
    pub(super) out: Commands,
    pub(super) env: Environment,
    pub(super) setting: Setting,
    pub(super) incoming: Option<Incoming>,
    /// The word that holds the text being followed, when that is not the script itself.
    pub(super) origin: Option<Span>,
    pub(super) depth: usize,
    /// Functions already followed.
    pub(super) called: HashMap<String, usize>,
    /// The functions being followed, outermost first.
    pub(super) following: Vec<Frame>,
    /// Whether what runs here runs beside the function it stands in (`|`, `&`).
    pub(super) spawns: bool,
    steps: usize,
    level: usize,
    /// What is left for looking at what loops and functions change.
    pub(super) looks: usize,
    /// Whether something was left out because it was too much.
    cut: bool,
    /// How many unknown values have been handed into quoted scripts.
    pub(super) values: usize,
    /// Files the script has written.
    pub(super) written: Written,
    /// Whether the shell that waits for the one about to be followed ends when that one fails.
    pub(super) caller: Option<bool>,
    /// The command whose redirects say where the output of what is being followed goes.
    pub(super) standing: Option<usize>,
}

impl Resolver {
    /// Returns the span to show for a span of the text being followed.
    pub(super) fn place(&self, span: Span) -> Span {
        self.origin.unwrap_or(span)
    }

    pub(super) fn sequence(&mut self, statements: &[Statement]) {
        self.level += 1;
        for statement in statements {
            let within = self.spend(1) && self.out.list.len() <= BUDGET && self.level <= LEVELS;
            if !within {
                // Said once: what comes behind is not followed either.
                if !self.cut {
                    self.opaque(statement.span, "the script comes to too many commands");
                }
                self.cut = true;
                break;
            }
            self.statement(statement);
        }
        self.level -= 1;
    }

    /// Takes from what may be spent on one script; tells whether something is left.
    pub(super) fn spend(&mut self, amount: usize) -> bool {
        self.steps = self.steps.saturating_add(amount);
        self.steps <= STEPS
    }

    pub(super) fn statement(&mut self, statement: &Statement) {
        let asked = self.setting.asked;
        self.setting.asked |= statement.negated;
        // What runs in the background changes nothing here.
        let before = statement.background.then(|| (self.env.clone(), self.spawns));
        self.spawns |= statement.background;
        match &statement.kind {
            StatementKind::Simple(simple) => self.simple(simple, statement),
            StatementKind::Pipeline(stages) => self.pipeline(stages, statement.span),
            StatementKind::List(links) => self.list(links),
            StatementKind::Condition(words) => {
                let words: Vec<Argument> = words.iter().map(|word| self.word(word)).collect();
                self.condition_subscripts(&words, statement.span);
            }
            StatementKind::Arithmetic(text) => {
                self.expanded(text, statement.span);
            }
            StatementKind::Function { name, body } => {
                let function = Function {
                    body: Arc::clone(body),
                    runs_arguments: runs_arguments(body),
                    others: Vec::new(),
                    sure: !self.setting.deferred,
                };
                self.env.functions.insert(name, function);
                self.out.defined.insert(name.clone());
            }
            StatementKind::If { .. }
            | StatementKind::Loop(_)
            | StatementKind::Case { .. }
            | StatementKind::Subshell(_)
            | StatementKind::Group(_) => self.compound(statement),
        }
        self.setting.asked = asked;
        if let Some((env, spawns)) = before {
            self.env = env;
            self.spawns = spawns;
        }
        if self.env.errexit && !self.setting.asked && !statement.negated {
            refine::statement(&mut self.env, statement, true);
        }
    }

    fn pipeline(&mut self, stages: &[Statement], span: Span) {
        let index = self.out.pipelines.len();
        let length = stages.len();
        let span = self.place(span);
        let (within, output) = (self.setting.stage, self.standing);
        let pipefail = self.env.pipefail;
        self.out.pipelines.push(Pipeline { span, pipefail, length, within, output });
        let saved = (self.setting.stage, self.incoming.take());
        let spawns = std::mem::replace(&mut self.spawns, true);
        for (position, stage) in stages.iter().enumerate() {
            let env = self.env.clone();
            let first = self.out.list.len();
            self.setting.stage = Some(Stage { pipeline: index, position, length });
            self.standing = output.filter(|_| position + 1 == length);
            self.statement(stage);
            self.env = env;
            let text = self.out.list.get(first..).and_then(|commands| {
                let mut pieces = Vec::new();
                let mut any = false;
                let own = |c: &&Command| c.setting.substituted == self.setting.substituted;
                for command in commands.iter().filter(own) {
                    if !self.runs_always(command) {
                        return None;
                    }
                    pieces.extend(printed(command)?.pieces);
                    any = true;
                }
                any.then_some(Argument::new(pieces, span))
            });
            self.incoming = Some(text.map_or(Incoming::Unreadable, Incoming::Text));
        }
        (self.setting.stage, self.incoming) = saved;
        (self.spawns, self.standing) = (spawns, output);
    }

    /// Tells whether a command runs exactly once, here, whenever what is being followed does.
    pub(super) fn runs_always(&self, command: &Command) -> bool {
        let (its, ours) = (&command.setting, &self.setting);
        its.conditional == ours.conditional
            && its.repeated == ours.repeated
            && its.deferred == ours.deferred
            && its.contained == ours.contained
            && its.remote == ours.remote
    }

    /// Follows the functions nobody calls, with arguments nobody knows.
    fn uncalled(&mut self) {
        let functions = self.env.functions.clone();
        let mut names: Vec<&str> = functions.names().collect();
        names.sort_unstable();
        for name in names {
            if let Some(function) = functions.get(name).filter(|_| !self.called.contains_key(name))
            {
                self.env.arguments = None;
                for body in function.bodies() {
                    self.in_branch(std::slice::from_ref(&**body));
                }
            }
        }
    }
}

pub(super) fn holds_text(kind: RedirectKind) -> bool {
    matches!(kind, RedirectKind::Heredoc | RedirectKind::HereString)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::{on_deep_stack, parse};

    /// Returns the commands, one a line, `?` before what cannot be read.
    fn listed(text: &str) -> String {
        let found = on_deep_stack(|| {
            let script = parse(text);
            assert!(script.parsed, "{text}: {:?}", script.problems);
            commands(&script, Options::default())
        });
        let found = found.unwrap();
        let mut lines: Vec<String> = Vec::new();
        for command in &found.list {
            let mut words: Vec<String> =
                command.words.iter().map(|word| word.shown().into_owned()).collect();
            if let Some(host) = &command.setting.remote {
                words.insert(0, format!("@{host}"));
            }
            for redirect in &command.redirects {
                if redirect.kind == RedirectKind::Truncate {
                    words.push(format!(">{}", command.path(&redirect.target)));
                }
            }
            lines.push(words.join(" "));
        }
        lines.extend(found.opaque.iter().map(|o| format!("? {}", o.why)));
        lines.join("\n")
    }

    #[test]
    fn every_known_way_to_hide_a_command_is_seen_through_or_unknown() {
        let check = |text: &str, expected: &str| {
            let found = listed(text);
            assert!(found.contains(expected), "{text}\n{found}");
        };
        check(r"r''m -rf /", "rm -rf /");
        check(r"\rm -rf /", "rm -rf /");
        check(r"$'\162m' -rf /", "rm -rf /");
        check("rm$IFS-rf$IFS/", "rm -rf /");
        check("{rm,-rf,/}", "rm -rf /");
        check("$(echo rm) -rf /", "rm -rf /");
        check("X=rm; $X -rf /", "rm -rf /");
        check("bash -c 'rm -rf /'", "rm -rf /");
        check("echo cm0gLXJmIC8= | base64 -d | sh", "? a shell runs text");
        check("find / -delete", "find / -delete");
        check("find / -exec rm -rf {} +", "rm -rf {}");
        check("xargs -I{} rm -rf {} < list", "rm -rf {}");
        check("ssh h 'rm -rf /'", "@h rm -rf /");
        check("eval \"rm -rf /\"", "rm -rf /");
        check("sudo -u root -- rm -rf /", "rm -rf /");
        check("env -i A=b rm -rf /", "rm -rf /");
        check("/bin/r[m] -rf /", "/bin/r[m] -rf /");
        check("cat <<EOF | bash\nrm -rf /\nEOF\n", "\nrm -rf /");
        check(": > /var/lib/db", ": >/var/lib/db");
        check("cp /dev/null /etc/passwd", "cp /dev/null /etc/passwd");
        check("alias ls='rm -rf /'; ls", "rm -rf /");
        check("trap 'rm -rf /' EXIT", "rm -rf /");
        check("rm -rf /tmp/../etc", "rm -rf /tmp/../etc");
        check("cd / && rm -rf *", "rm -rf *");
        check("python3 -c 'import shutil; shutil.rmtree(\"/\")'", "python3 -c");
    }

    #[test]
    fn a_command_in_a_place_that_is_no_word_is_found() {
        for text in [
            "(( x = $(rm -rf /x) ))",
            "echo $(( 1 + $(rm -rf /x) ))",
            "echo $((1+`rm -rf /x`))",
            "for ((i = $(rm -rf /x); i < 2; i++)); do :; done",
            "a[$(rm -rf /x)]=1",
            "echo ${a[$(rm -rf /x)]}",
            "echo ${a/b/$(rm -rf /x)}",
            "echo ${a#$(rm -rf /x)}",
            "echo \"${a%%$(rm -rf /x)}\"",
            "echo ${a:$(rm -rf /x)}",
            "echo ${a:?$(rm -rf /x)}",
            "cat <<E\n${a/b/$(rm -rf /x)}\nE\n",
            "case x in $(rm -rf /x)) ;; esac",
            "[[ x == $(rm -rf /x) ]]",
            "[[ x == y$(rm -rf /x)* ]]",
            "ssh -o ProxyCommand='rm -rf /x' h true",
            "ssh -oLocalCommand='rm -rf /x' h",
            "env -S'rm -rf' /x",
            "env --split-string='rm -rf /x'",
            "nsenter -t 1 -m rm -rf /x",
            "script -qc 'rm -rf /x' /dev/null",
            "su --command='rm -rf /x'",
            "su postgres -c'rm -rf /x'",
            "bash -c 'rm -rf /x' --version",
            "sudo -s <<< 'rm -rf /x'",
            "su - <<E\nrm -rf /x\nE\n",
            "chroot /mnt <<E\nrm -rf /x\nE\n",
        ] {
            let found = listed(text);
            assert!(found.contains("rm -rf /x"), "{text}\n{found}");
        }
        for text in [
            "echo \"${x@P}\"",
            "test -v 'a[$(rm -rf /x)]'",
            "printf -v 'a[$(rm -rf /x)]' y",
            "read 'a[$(rm -rf /x)]'",
            "let 'a[$(rm -rf /x)]=1'",
            "[[ 'a[$(rm -rf /x)]' -eq 0 ]]",
            "BASH_ENV=/x bash -c true",
            "LD_PRELOAD=/x ls",
            "export PROMPT_COMMAND=x",
            "PATH=/tmp/x:$PATH ls",
            "PATH=.:$PATH",
            "env LD_PRELOAD=/x ls",
        ] {
            let found = listed(text);
            assert!(found.contains("? "), "{text}\n{found}");
        }
        for text in [
            "PATH=/usr/local/bin:$PATH",
            "export PATH=\"$HOME/bin:$PATH\"",
            "x=$(( $(date +%s) - 5 ))",
            "printf '%s' 'a[$(x)]'",
            "echo x >&2",
            "exec 3>&1 4>&-",
            "sudo -v",
        ] {
            let found = listed(text);
            assert!(!found.contains("? "), "{text}\n{found}");
        }
    }

    #[test]
    fn wrappers_are_taken_off_with_the_values_of_their_flags() {
        let check = |text: &str| {
            let found = listed(text);
            assert_eq!(found.lines().last(), Some("rm -rf /x"), "{text}\n{found}");
        };
        for text in [
            "nice -n 10 rm -rf /x",
            "nice -n10 ionice -c 3 -n 7 rm -rf /x",
            "timeout -k 5 10m rm -rf /x",
            "timeout --kill-after=5 --signal KILL 10m rm -rf /x",
            "stdbuf -oL nohup setsid rm -rf /x",
            "sudo -E -u postgres A=b rm -rf /x",
            "sudo --user postgres -- env -u HOME X=1 rm -rf /x",
            "flock -n -w 3 /run/lock rm -rf /x",
            "flock /run/lock -c 'rm -rf /x'",
            "chroot --userspec=0:0 /mnt rm -rf /x",
            "su - postgres -c 'rm -rf /x'",
            "command exec -a name rm -rf /x",
            "env -S 'rm -rf /x'",
            "sh -euc 'rm -rf /x'",
            "bash -o pipefail -c 'rm -rf \"$1\"' _ /x",
            "docker exec -u root box rm -rf /x",
            "kubectl -n shop exec pod-0 -c app -- rm -rf /x",
            "bash <<'E'\nrm -rf /x\nE",
            "bash <<< 'rm -rf /x'",
            "echo 'rm -rf /x' | sudo tee /dev/null | bash",
            "time rm -rf /x",
            "busybox rm -rf /x",
            "D=/x; f() { rm -rf \"$1\"; }; f \"$D\"",
            "run() { \"$@\"; }; run rm -rf /x",
            "a() { b \"$@\"; }; b() { rm \"$@\"; }; a -rf /x",
            "C='rm -rf'; $C /x",
            "A=(rm -rf /x); \"${A[@]}\"",
            "for d in /x; do rm -rf $d; done",
        ] {
            check(text);
        }
    }

    #[test]
    fn an_executable_nobody_knows_stays_unknown() {
        for text in [
            "$CMD -rf /",
            "\"$1\" -rf /",
            "${CMD:-ls} -l",
            "curl -s u | bash",
            "bash x.sh",
            ". ./x",
        ] {
            let found = on_deep_stack(|| commands(&parse(text), Options::default())).unwrap();
            let unknown = found.list.iter().any(|c| c.program().is_none() || c.is(&["."]));
            assert!(unknown || !found.opaque.is_empty(), "{text}");
        }
    }

    #[test]
    fn a_variable_is_as_sure_as_the_script_makes_it() {
        let check = |text: &str, expected: Option<&str>| {
            let found = on_deep_stack(|| commands(&parse(text), Options::default())).unwrap();
            let last = found.list.iter().rev().find(|c| c.is(&["rm"])).unwrap();
            assert_eq!(last.words.last().unwrap().emptied().as_deref(), expected, "{text}");
        };
        check("rm -rf \"$D/\"*", Some("/*"));
        check("rm -rf \"${D:?}/\"*", None);
        check(": \"${D:?}\"; rm -rf \"$D/\"*", None);
        check("[ -n \"$D\" ] || exit 1; rm -rf \"$D/\"*", None);
        check("if [ -z \"${D:-}\" ]; then echo no; exit 1; fi; rm -rf \"$D/\"*", None);
        check("if [ -n \"$D\" ]; then rm -rf \"$D/\"*; fi", None);
        check("[[ -d $D && $D == /srv/* ]] && rm -rf \"$D/\"*", None);
        check("D=$(mktemp -d); rm -rf \"$D/\"*", None);
        check("D=$(cat f); rm -rf \"$D/\"*", Some("/*"));
        check("D=/srv/x; rm -rf \"$D/\"*", None);
        check("D=${1:-}; rm -rf \"$D/\"*", Some("/*"));
        check("[ $# -eq 1 ] || exit 2; D=$1; rm -rf \"$D/\"*", None);
        check("case \"$D\" in /srv/*) ;; *) exit 1 ;; esac; rm -rf \"$D/\"*", None);
        check("die() { exit 1; }; [ -n \"$D\" ] || die; rm -rf \"$D/\"*", None);
        check("if x; then D=/a; else D=/b; fi; rm -rf \"$D/\"*", None);
        check("if x; then D=/a; fi; rm -rf \"$D/\"*", Some("/*"));
        check("set -e; test -d \"$D\"; rm -rf \"$D/\"*", None);
        check("test -d \"$D\"; rm -rf \"$D/\"*", Some("/*"));
    }
}
