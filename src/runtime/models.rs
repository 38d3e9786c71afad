//! Models: which there are, what opens them, and what was learned of them before.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::files::{FileError, read_text};
use super::{Runtime, RuntimeError, Settings, place};
use crate::base::{Position, Problem, Secret, Timestamp, nearest, seconds_between};
use crate::draft::dialogue::{Budget, Prompt};
use crate::llm::{
    self, Address, Answered, Cancel, Endpoint, KeyError, KeySource, Limits, Manners, Model,
    ModelConfig, ModelError, Piece, Probed, Rung,
};
use crate::store::Store;

/// The variable a key is taken from where an endpoint is named on the command line.
const OWN_KEY: &str = "BLACKSTART_API_KEY";
/// What was learned longer ago is tried again: servers get better.
const FORGOTTEN_AFTER: i64 = 30 * 24 * 3600;

/// Which model is meant.
#[derive(Debug, Clone, Default)]
pub struct ModelChoice {
    /// The models document, where it is not the user's own.
    pub file: Option<PathBuf>,
    /// The id of a model of the document; or, with a base URL, what the endpoint calls it.
    pub model: Option<String>,
    /// The base URL of an endpoint that no document is needed for.
    pub base_url: Option<String>,
    /// The environment variable with its key.
    pub key_env: Option<String>,
}

/// Why a model cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    /// There is no home directory, or the store cannot be used.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The document cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The document has problems.
    #[error("{}", first_problem(path, text, problems))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Its text.
        text: String,
        /// What is wrong with it.
        problems: Vec<Problem>,
    },
    /// No model is configured.
    #[error("no model is configured")]
    NoneConfigured {
        /// Where one would be.
        file: PathBuf,
    },
    /// There is no model of that name.
    #[error("there is no model {name:?} in {}", super::files::shown(file))]
    Unknown {
        /// The name.
        name: String,
        /// The document.
        file: PathBuf,
        /// A name that is like it.
        near: Option<String>,
    },
    /// A base URL without a model.
    #[error("--base-url needs --model: what the endpoint calls the model")]
    NoModelNamed,
    /// There is no key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It cannot be configured like this.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// A model as it is configured.
#[derive(Debug)]
pub struct ListedModel {
    /// Its configuration.
    pub config: ModelConfig,
    /// Its endpoint, where the configuration is usable and its key at hand.
    pub endpoint: Result<Endpoint, ModelsError>,
    /// What was learned of it, and when.
    pub learned: Option<(Manners, Timestamp)>,
}

/// A model that can be asked.
pub struct ChosenModel {
    /// Its configuration.
    pub config: ModelConfig,
    /// Asks it.
    pub model: Box<dyn Model>,
}

impl ChosenModel {
    /// Returns how it is led: budget and price as configured, all else as usual.
    pub fn settings(&self) -> Settings {
        let usual = Budget::default();
        let budget = Budget {
            context_tokens: self.config.context_tokens.unwrap_or(usual.context_tokens),
            reply_tokens: self.config.reply_tokens.unwrap_or(usual.reply_tokens),
        };
        Settings { budget, price: self.config.price.clone(), ..Settings::default() }
    }
}

impl std::fmt::Debug for ChosenModel {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ChosenModel").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Runtime {
    /// Returns the models that may be meant: the one of the command line, or those of the document. Whoever chose one by
    /// name gets that one only. Nothing is asked of any.
    pub fn models(&self, choice: &ModelChoice) -> Result<Vec<ListedModel>, ModelsError> {
        let (configs, directory) = self.configs(choice)?;
        let mut listed = vec![];
        for config in configs {
            let endpoint = endpoint(&config, &directory);
            let learned = match &endpoint {
                Ok(endpoint) => self.learned(endpoint.address(), &config.model)?,
                Err(_) => None,
            };
            let endpoint = endpoint.map(|endpoint| match learned {
                Some((manners, _)) => endpoint.with_manners(manners),
                None => endpoint,
            });
            listed.push(ListedModel { config, endpoint, learned });
        }
        Ok(listed)
    }

    /// Returns the chosen model, or the first of the document. It asks as was learned before, and remembers what it learns.
    pub fn model(&self, choice: &ModelChoice) -> Result<ChosenModel, ModelsError> {
        let Some(listed) = self.models(choice)?.into_iter().next() else {
            return Err(ModelsError::NoneConfigured { file: document(choice)?.0 });
        };
        let endpoint = listed.endpoint?;
        let directory = self.directory();
        let config = listed.config;
        let name = config.model.clone();
        Ok(ChosenModel { config, model: Box::new(Remembering { endpoint, name, directory }) })
    }

    /// Tries every rung of a model with a tiny request of fixed text, and remembers the best that works.
    pub fn probe_model(
        &self,
        listed: &ListedModel,
        time: Duration,
        cancel: &Cancel,
        on_rung: &mut dyn FnMut(&Probed),
    ) -> Result<Vec<Probed>, RuntimeError> {
        let Ok(endpoint) = &listed.endpoint else {
            return Ok(vec![]);
        };
        let mut probed: Vec<Probed> = vec![];
        for rung in Rung::ALL {
            let found = llm::probe(endpoint, rung, &llm::probe_limits(time, cancel.clone()));
            on_rung(&found);
            let is_pointless = matches!(&found.failure, Some(llm::Failure::Error(error)) if !error.is_about_form());
            probed.push(found);
            if is_pointless {
                break;
            }
        }
        if let Some(best) = probed.iter().find(|rung| rung.failure.is_none()) {
            let manners = Manners { rung: best.rung, ..endpoint.manners() };
            let mut store = self.store();
            store.learn(
                endpoint.address().as_str(),
                &listed.config.model,
                &written(manners),
                self.now(),
            )?;
        }
        Ok(probed)
    }

    fn configs(&self, choice: &ModelChoice) -> Result<(Vec<ModelConfig>, PathBuf), ModelsError> {
        if let Some(base_url) = &choice.base_url {
            let model = choice.model.as_deref().ok_or(ModelsError::NoModelNamed)?;
            let own = std::env::var_os(OWN_KEY).is_some_and(|value| !value.is_empty());
            let env = choice.key_env.clone().or(own.then(|| OWN_KEY.to_owned()));
            let key = env.map(|env| KeySource { env: Some(env), file: None });
            return Ok((vec![ModelConfig::bare(model, base_url, key)], PathBuf::new()));
        }
        let (path, is_default) = document(choice)?;
        if is_default && choice.model.is_none() && !path.exists() {
            return Ok((vec![], PathBuf::new()));
        }
        let text = match read_text(&path) {
            Err(FileError::Io { .. }) if is_default && !path.exists() => {
                return Err(ModelsError::NoneConfigured { file: path });
            }
            text => text?,
        };
        let models = match llm::read(&text) {
            (Some(models), problems) if problems.is_empty() => models.models,
            (_, problems) => return Err(ModelsError::Unreadable { path, text, problems }),
        };
        let directory = path.parent().map(Path::to_owned).unwrap_or_default();
        let Some(name) = &choice.model else {
            return Ok((models, directory));
        };
        let near = nearest(name, models.iter().map(|model| model.id.as_str())).map(str::to_owned);
        match models.into_iter().find(|model| model.id.as_str() == name) {
            Some(mut model) => {
                if let Some(env) = &choice.key_env {
                    model.key = Some(KeySource { env: Some(env.clone()), file: None });
                }
                Ok((vec![model], directory))
            }
            None => Err(ModelsError::Unknown { name: name.clone(), file: path, near }),
        }
    }

    fn learned(
        &self,
        address: &Address,
        model: &str,
    ) -> Result<Option<(Manners, Timestamp)>, RuntimeError> {
        let known = self.store().learned(address.as_str(), model)?;
        // What cannot be read was learned by another version of this program; it is learned again.
        Ok(known
            .filter(|known| seconds_between(known.at, self.now()) < FORGOTTEN_AFTER)
            .and_then(|known| Some((serde_json::from_str(&known.text).ok()?, known.at))))
    }
}

/// An endpoint that keeps what it learns in the store.
#[derive(Debug)]
struct Remembering {
    endpoint: Endpoint,
    name: String,
    directory: PathBuf,
}

impl Model for Remembering {
    fn name(&self) -> String {
        self.endpoint.name()
    }

    fn ask(
        &self,
        prompt: &Prompt,
        limits: &Limits,
        on_piece: &mut dyn FnMut(Piece<'_>),
    ) -> Result<Answered, ModelError> {
        let answered = self.endpoint.ask(prompt, limits, on_piece)?;
        let address = self.endpoint.address().as_str();
        let manners = written(self.endpoint.manners());
        // A reply is worth more than the memory of how it was got: forgetting that costs one refused request.
        if let Ok(mut store) = Store::open(&self.directory)
            && !matches!(store.learned(address, &self.name), Ok(Some(known)) if known.text == manners)
        {
            let _ = store.learn(address, &self.name, &manners, Timestamp::now());
        }
        Ok(answered)
    }

    fn ask_lower(&self) -> Option<Rung> {
        self.endpoint.ask_lower()
    }

    fn preview(&self, prompt: &Prompt) -> String {
        self.endpoint.preview(prompt)
    }
}

/// Returns the models document, and whether it is the one nobody named.
fn document(choice: &ModelChoice) -> Result<(PathBuf, bool), RuntimeError> {
    match &choice.file {
        Some(file) => Ok((file.clone(), false)),
        None => Ok((place::models_file()?, true)),
    }
}

fn endpoint(config: &ModelConfig, directory: &Path) -> Result<Endpoint, ModelsError> {
    let key: Option<Secret> = llm::key(config.key.as_ref(), directory)?;
    Ok(Endpoint::new(config, key)?)
}

fn written(manners: Manners) -> String {
    serde_json::to_string(&manners).expect("manners are words")
}

fn first_problem(path: &Path, text: &str, problems: &[Problem]) -> String {
    let name = super::files::shown(path);
    match problems.first() {
        Some(problem) => {
            format!("{name}:{}: {}", Position::of(text, problem.span.start), problem.message)
        }
        None => format!("{name} cannot be read"),
    }
}
