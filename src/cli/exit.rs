//! How a command ends: exit codes, and errors with what to do next.

use std::process::ExitCode;

use crate::runtime::files::FileError;
use crate::runtime::{ExecuteError, ModelError, RuntimeError, SandboxError, StoreError};

/// The exit codes of every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// It worked.
    Ok = 0,
    /// Something failed.
    Error = 1,
    /// The command line is wrong, or an input cannot be read.
    Input = 2,
    /// Findings at or above `--fail-on`.
    Findings = 3,
    /// A check or a verification failed.
    Verification = 4,
    /// A step failed.
    StepFailed = 5,
    /// A step failed and was rolled back.
    RolledBack = 6,
    /// The machine is not the one meant.
    Identity = 7,
    /// An approval is missing, expired or void.
    Approval = 8,
    /// The recovery worked but took longer, or lost more, than promised.
    ObjectiveMissed = 9,
    /// A question needs an answer.
    InputNeeded = 10,
    /// Model or network unavailable.
    Unavailable = 11,
    /// The sandbox is not available.
    Sandbox = 12,
    /// The audit chain is broken.
    Chain = 13,
    /// Interrupted by the user.
    Interrupted = 130,
}

impl Exit {
    /// Returns the exit code a runner ended with.
    pub fn of_code(code: u8) -> Self {
        let all = [
            Self::Ok,
            Self::Error,
            Self::Input,
            Self::Findings,
            Self::Verification,
            Self::StepFailed,
            Self::RolledBack,
            Self::Identity,
            Self::Approval,
            Self::ObjectiveMissed,
            Self::InputNeeded,
            Self::Unavailable,
            Self::Sandbox,
            Self::Chain,
            Self::Interrupted,
        ];
        all.into_iter().find(|exit| *exit as u8 == code).unwrap_or(Self::Error)
    }

    /// Returns the exit code for what the command line parser says: help is not an error.
    pub fn from_clap(error: &clap::Error) -> Self {
        if error.use_stderr() { Self::Input } else { Self::Ok }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command failed, and what to type next.
#[derive(Debug)]
pub struct CommandError {
    /// The exit code.
    pub exit: Exit,
    /// What went wrong: lower case, names the object, escaped where it holds untrusted text.
    pub message: String,
    /// The causes below it, outermost first.
    pub causes: Vec<String>,
    /// What to do about it.
    pub hints: Vec<String>,
}

impl CommandError {
    /// Returns an error that ends the command with `exit`.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), causes: vec![], hints: vec![] }
    }

    /// Returns an error for another error and all that caused it.
    pub fn caused(exit: Exit, error: &dyn std::error::Error) -> Self {
        let mut causes = vec![];
        let mut source = error.source();
        while let Some(cause) = source {
            causes.push(cause.to_string());
            source = cause.source();
        }
        Self { exit, message: error.to_string(), causes, hints: vec![] }
    }

    /// Returns the error with the plan's own name in the commands it advises.
    #[must_use]
    pub fn naming(mut self, plan: &std::path::Path) -> Self {
        let name = crate::runtime::files::shown(plan);
        for hint in &mut self.hints {
            *hint = hint.replace("PLAN", &name);
        }
        self
    }

    /// Returns the error with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl From<FileError> for CommandError {
    fn from(error: FileError) -> Self {
        let exit = match &error {
            FileError::Io { action: "write", .. } => Exit::Error,
            FileError::Io { .. }
            | FileError::NotAFile { .. }
            | FileError::TooLarge { .. }
            | FileError::Binary { .. }
            | FileError::NotText { .. } => Exit::Input,
        };
        Self::caused(exit, &error)
    }
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        Self::caused(Exit::Error, &error)
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::caused(Exit::Error, &error)
    }
}

impl From<ModelError> for CommandError {
    fn from(error: ModelError) -> Self {
        let exit = match &error {
            ModelError::Cancelled => Exit::Interrupted,
            ModelError::Configuration(_) => Exit::Input,
            ModelError::Deadline(_)
            | ModelError::Unreachable { .. }
            | ModelError::Unauthorized { .. }
            | ModelError::Busy { .. }
            | ModelError::Refused { .. }
            | ModelError::NotAnEndpoint { .. }
            | ModelError::TooLong(_)
            | ModelError::NotRecorded(_) => Exit::Unavailable,
        };
        let advice = error.advice().map(str::to_owned);
        Self { hints: advice.into_iter().collect(), ..Self::caused(exit, &error) }
    }
}

impl From<RuntimeError> for CommandError {
    fn from(error: RuntimeError) -> Self {
        match error {
            RuntimeError::File(error) => error.into(),
            RuntimeError::Store(error) => error.into(),
            RuntimeError::Sandbox(SandboxError::Unavailable { .. }) => {
                Self::caused(Exit::Sandbox, &error).hint("blackstart doctor")
            }
            RuntimeError::Refused { refusals } => {
                let what = match refusals.as_slice() {
                    [one] => one.message.clone(),
                    many => format!("{} things stand against it", many.len()),
                };
                let mut refused = Self::new(Exit::Approval, what);
                refused.causes = match refusals.len() {
                    1 => vec![],
                    _ => refusals.iter().map(|refusal| refusal.message.clone()).collect(),
                };
                refused.hints = refusals.into_iter().map(|refusal| refusal.next).collect();
                refused.hints.dedup();
                refused
            }
            RuntimeError::SecretToType { .. }
            | RuntimeError::Unreadable { .. }
            | RuntimeError::Missing { .. }
            | RuntimeError::InventoryMissing { .. }
            | RuntimeError::NoHome => Self::caused(Exit::Input, &error),
            RuntimeError::Execute(ExecuteError::Refused { code, messages }) => {
                let mut refused =
                    Self::new(Exit::of_code(code), messages.first().cloned().unwrap_or_default());
                refused.causes = messages.into_iter().skip(1).collect();
                refused
            }
            RuntimeError::Execute(ExecuteError::Store(error)) => error.into(),
            RuntimeError::Program { .. }
            | RuntimeError::DryRun(_)
            | RuntimeError::Execute(_)
            | RuntimeError::Sandbox(_)
            | RuntimeError::Stored { .. } => Self::caused(Exit::Error, &error),
        }
    }
}
