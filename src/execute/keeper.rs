//! The keeper of one command: a process that starts it, bounds it, ends all of it, and leaves its result.
//!
//! The keeper outlives the runner. A runner that is killed loses nothing: the command goes on, its timeout still
//! holds, and the next runner finds the keeper alive or its result.

use std::fs::File;
use std::io::{self, BufRead as _};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::Mode;
use rustix::process::{Pid, PidfdFlags, getpid, pidfd_open, set_child_subreaper, setsid, umask};

use super::order::{self, BEGAN, GO, Order};
use super::output::{Mask, keep};
use super::processes;
use crate::base::Secret;
use crate::plan::SHELL;

/// How long processes that were left behind by a command that succeeded may take to end by themselves before they
/// count as left running on purpose.
const SETTLE: Duration = Duration::from_millis(500);

/// Runs the order that comes on standard input, in the directory of the try. Standard output is closed as soon as the
/// result is there.
pub fn main(files: &Path) -> ExitCode {
    match serve(files) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve(files: &Path) -> io::Result<()> {
    let _ = setsid();
    umask(Mode::from_raw_mode(0o022));
    set_child_subreaper(Some(getpid()))?;
    let stop = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGTERM, Arc::clone(&stop))?;
    let mut lines = io::stdin().lock().lines();
    let mut next = || lines.next().transpose().map(Option::unwrap_or_default);
    let order: Order = serde_json::from_str(&next()?)?;
    // The runner says "go" only when the journal says "started". Where it dies before, nothing runs.
    if next()? != GO {
        return Ok(());
    }
    order::leave(files, BEGAN, b"")?;
    let (result, outputs) = match Kept::start(&order, files) {
        Ok(kept) => kept.end(&order, &stop),
        Err(error) => {
            let error = Some(format!("{} cannot be started: {error}", SHELL[0]));
            (order::Result { error, ..order::Result::default() }, vec![])
        }
    };
    result.leave(files)?;
    rustix::stdio::dup2_stdout(File::open("/dev/null")?)?;
    // What was left running on purpose may still write: closing the pipe would end it (SIGPIPE).
    // Where nothing was left running on purpose, nobody is waited for.
    if !result.left_running.is_empty() {
        outputs.into_iter().for_each(|output| drop(output.join()));
    }
    Ok(())
}

type Output = JoinHandle<io::Result<u64>>;

struct Kept {
    child: Child,
    started: Instant,
    outputs: Vec<Output>,
}

impl Kept {
    fn start(order: &Order, files: &Path) -> io::Result<Self> {
        let secrets: Vec<Secret> = order
            .environment
            .iter()
            .filter(|(name, _)| order.secret.contains(name))
            .map(|(_, value)| Secret::new(value.clone()))
            .collect();
        let (mut stdout, mut stderr) =
            (File::create(files.join("stdout"))?, File::create(files.join("stderr"))?);
        let mut child = command(order)
            .env_clear()
            .envs(
                order
                    .environment
                    .iter()
                    .map(|(name, value)| (name, std::ffi::OsString::from_vec(value.clone()))),
            )
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let (out_mask, err_mask) = (Mask::new(&secrets), Mask::new(&secrets));
        let mut outputs = vec![];
        if let (Some(out), Some(err)) = (out, err) {
            outputs.push(std::thread::spawn(move || keep(out, &mut stdout, out_mask)));
            outputs.push(std::thread::spawn(move || keep(err, &mut stderr, err_mask)));
        }
        Ok(Self { child, started: Instant::now(), outputs })
    }

    /// Waits for the end of the command and of what it must not leave behind.
    fn end(mut self, order: &Order, stop: &AtomicBool) -> (order::Result, Vec<Output>) {
        let deadline = order.timeout_ms.map(Duration::from_millis);
        let status = self.wait(deadline, stop);
        let mut result = order::Result {
            duration_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            ..order::Result::default()
        };
        let below = || processes::below(std::process::id());
        match status {
            Some(status) => {
                result.exit_code = status.code();
                result.signal = status.signal();
                if status.success() {
                    self.settle();
                    result.left_running = below()
                        .into_iter()
                        .map(|pid| format!("{} ({pid})", processes::name(pid)))
                        .collect();
                }
            }
            None if stop.load(Ordering::SeqCst) => result.stopped = true,
            None => result.timed_out = true,
        }
        if !result.is_success() {
            let left = processes::end(below, Duration::from_millis(order.grace_ms));
            if !left.is_empty() {
                result.error = Some(format!("processes {left:?} could not be ended"));
            }
        }
        // Everything that was written is kept before the result is there. Somebody else may hold the pipe open: what
        // goes on on purpose, or a process outside of this tree that was handed it.
        let since = Instant::now();
        while self.outputs.iter().any(|output| !output.is_finished()) && since.elapsed() < SETTLE {
            std::thread::sleep(Duration::from_millis(1));
        }
        (result, self.outputs)
    }

    /// Returns how the command ended, or nothing where it has to be ended.
    fn wait(&mut self, deadline: Option<Duration>, stop: &AtomicBool) -> Option<ExitStatus> {
        let pid = Pid::from_child(&self.child);
        let handle = pidfd_open(pid, PidfdFlags::empty()).ok();
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            if stop.load(Ordering::SeqCst)
                || deadline.is_some_and(|deadline| self.started.elapsed() >= deadline)
            {
                return None;
            }
            let left = deadline.map(|deadline| deadline.saturating_sub(self.started.elapsed()));
            let pause = left.unwrap_or(Duration::MAX).min(Duration::from_millis(100));
            match &handle {
                Some(handle) => {
                    let pause = Timespec { tv_sec: 0, tv_nsec: i64::from(pause.subsec_nanos()) };
                    let _ = poll(&mut [PollFd::new(handle, PollFlags::IN)], Some(&pause));
                }
                None => std::thread::sleep(pause.min(Duration::from_millis(10))),
            }
        }
    }

    /// Lets what the command started end by itself for a moment: the rest of a pipeline, a process substitution.
    fn settle(&self) {
        let since = Instant::now();
        loop {
            processes::reap();
            if processes::below(std::process::id()).is_empty() || since.elapsed() >= SETTLE {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Returns the shell with the script, as the account of the order.
fn command(order: &Order) -> Command {
    let shell = SHELL.iter().copied().chain([order.script.as_str()]);
    match &order.account {
        None => {
            let mut command = Command::new(SHELL[0]);
            command.args(shell.skip(1));
            command
        }
        // Only setpriv(1) also gives the account its other groups.
        Some(account) => {
            let mut command = Command::new("setpriv");
            command
                .arg(format!("--reuid={}", account.uid))
                .arg(format!("--regid={}", account.gid))
                .args(["--init-groups", "--"])
                .args(shell);
            command
        }
    }
}
