//! The options that choose a model, the same for every command that asks one.

use std::path::PathBuf;

use super::output::Output;
use super::{CommandError, Exit, problems};
use crate::runtime::files::shown;
use crate::runtime::{ModelChoice, ModelsError};

/// Which model is asked
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ModelArgs {
    /// A model of the models document; or, with --base-url, what the endpoint calls it
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// An endpoint that needs no models document, like http://localhost:8080/v1
    #[arg(long, value_name = "URL", requires = "model")]
    base_url: Option<String>,
    /// The environment variable with the key of the endpoint [default: BLACKSTART_API_KEY, with --base-url only]
    #[arg(long, value_name = "VARIABLE", requires = "model")]
    key_env: Option<String>,
    /// The models document [default: models.yaml in the configuration directory]
    #[arg(long, value_name = "FILE")]
    models: Option<PathBuf>,
}

impl ModelArgs {
    /// Tells whether a model was named.
    pub fn is_given(&self) -> bool {
        self.model.is_some() || self.models.is_some()
    }

    /// Returns the choice they make.
    pub fn choice(self) -> ModelChoice {
        ModelChoice {
            file: self.models,
            model: self.model,
            base_url: self.base_url,
            key_env: self.key_env,
        }
    }
}

/// Returns the error of a command that cannot have its model, with what to do.
pub fn refusal(error: ModelsError, output: &mut Output) -> CommandError {
    match error {
        ModelsError::Runtime(error) => error.into(),
        ModelsError::File(error) => error.into(),
        ModelsError::Model(error) => error.into(),
        ModelsError::Unreadable { path, text, problems } => {
            problems::refusal(&path, &text, &problems, output)
        }
        ModelsError::NoneConfigured { ref file } => {
            let hint =
                format!("name one with --model and --base-url, or describe it in {}", shown(file));
            CommandError::caused(Exit::Input, &error).hint(hint)
        }
        ModelsError::Unknown { near: Some(ref near), .. } => {
            let hint = format!("did you mean {near:?}?");
            CommandError::caused(Exit::Input, &error).hint(hint)
        }
        ModelsError::Unknown { near: None, .. } => {
            CommandError::caused(Exit::Input, &error).hint("blackstart models")
        }
        ModelsError::NoModelNamed | ModelsError::Key(_) => {
            CommandError::caused(Exit::Input, &error)
        }
    }
}
