//! Reviews files: reads each, says what kind it is and what is wrong with it, many at once.

mod fixing;
mod many;
mod walk;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

pub use fixing::{Fixed, NotWritten, fixed, write_back};
pub use walk::{Found, Named, NotWalked, files};

use super::files::{FileError, read_lossy, read_text};
use super::installed_tools::InstalledTools;
use super::perform::why;
use super::{Runtime, RuntimeError, checks};
use crate::base::{Clock as _, Digest, Problem, Timestamp};
use crate::check::{self, FileKind, Reviewed};
use crate::execute::SystemClock;
use crate::inventory::{self, Inventory};
use crate::plan::{self, LOCAL};
use crate::shell::on_deep_stack;

/// What came of looking at a file.
#[derive(Debug)]
pub enum Looked {
    /// It was checked.
    Reviewed(Box<Reviewed>),
    /// It is a document with problems.
    Invalid {
        /// What it says.
        text: String,
        /// What is wrong, with places.
        problems: Vec<Problem>,
    },
    /// It could not be looked at.
    Refused(ReviewError),
    /// There is nothing in it to check.
    Nothing,
}

/// Why a file could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// What it rests on cannot be had.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// A plan needs an inventory, and there is none.
    #[error("step {step:?} runs on {host:?}, and there is no inventory that says what that is")]
    NoInventory {
        /// The step.
        step: String,
        /// Its host.
        host: String,
    },
    /// Standard input holds nothing: what was to write it has probably failed.
    #[error("standard input is empty")]
    Empty,
    /// The checker failed.
    #[error("this is a mistake of blackstart: the checker failed on this file")]
    Failed,
}

/// The inventory that every plan of a review rests on.
#[derive(Debug)]
pub struct Given {
    /// The inventory.
    pub inventory: Inventory,
    /// The name it is kept under.
    pub name: String,
    /// What its file says.
    pub text: String,
}

/// Whether what is found in a plan is kept as its evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    Evidence,
    Nothing,
}

/// Looks at files with what is known of this machine.
#[derive(Debug)]
pub struct Reviewer {
    data_dir: Option<PathBuf>,
    /// What keeps evidence, or that nothing does, once the first plan asked for it.
    runtime: Mutex<Option<Option<Arc<Runtime>>>>,
    /// Why the evidence of a plan was not kept, where it was not.
    unkept: Mutex<Option<String>>,
    installed: OnceLock<Arc<BTreeSet<String>>>,
    tools: InstalledTools,
    /// The inventory of every plan, where one was named.
    inventory: Option<Given>,
    /// Inventories among the files, by the digest of their text.
    among: Mutex<BTreeMap<Digest, Arc<Inventory>>>,
    now: Timestamp,
}

impl Reviewer {
    /// Returns a reviewer that opens the data directory when the first plan needs it.
    pub fn new(data_dir: Option<PathBuf>, inventory: Option<Given>) -> Self {
        let tools = InstalledTools::new(data_dir.as_deref());
        Self {
            data_dir,
            tools,
            runtime: Mutex::new(None),
            unkept: Mutex::default(),
            installed: OnceLock::new(),
            inventory,
            among: Mutex::default(),
            now: SystemClock.now(),
        }
    }

    /// Returns a reviewer that uses a runtime.
    pub fn of(runtime: Arc<Runtime>) -> Self {
        let reviewer = Self::new(None, None);
        *held(&reviewer.runtime) = Some(Some(runtime));
        reviewer
    }

    /// Looks at every file on `jobs` threads, and hands on what came of each, in their order.
    pub fn each(
        &self,
        files: &[Found],
        jobs: usize,
        take: impl FnMut(&Found, Looked) -> ControlFlow<()>,
    ) {
        self.each_with(files, jobs, |found| self.look(found), take);
    }

    /// Does `work` with every file on `jobs` threads, and hands on what came of each, in their order.
    pub fn each_with<'f, R: Send>(
        &self,
        files: &'f [Found],
        jobs: usize,
        work: impl Fn(&Found) -> R + Sync,
        mut take: impl FnMut(&'f Found, R) -> ControlFlow<()>,
    ) {
        self.learn_inventories(files);
        let around = |work: &mut (dyn FnMut() + Send)| {
            let _ = on_deep_stack(work);
        };
        many::each(files, jobs, around, work, |at, done| take(&files[at], done));
    }

    /// Returns why what was found in plans is not kept as their evidence, where it is not.
    pub fn unkept(&self) -> Option<String> {
        held(&self.unkept).clone()
    }

    /// Looks at one file.
    pub fn look(&self, found: &Found) -> Looked {
        let (text, lacks) = match read_lossy(&found.path) {
            Ok(read) => read,
            Err(error) => return Looked::Refused(error.into()),
        };
        if text.is_empty() && found.path.as_os_str() == "-" {
            return Looked::Refused(ReviewError::Empty);
        }
        let Some(lacks) = lacks else {
            return self.look_at(found, text);
        };
        match FileKind::of(&text, &found.path) {
            FileKind::Script(_) => match self.look_at(found, text) {
                Looked::Reviewed(mut reviewed) => {
                    // What was read is not what stands there, so it cannot be written back.
                    reviewed.open.iter_mut().for_each(|placed| placed.edit = None);
                    Looked::Reviewed(reviewed)
                }
                other => other,
            },
            FileKind::Plan | FileKind::Inventory | FileKind::Document | FileKind::Yaml => {
                Looked::Refused(lacks.into())
            }
        }
    }

    /// Looks at one file that says `text`; what is found in a plan becomes its evidence.
    pub fn look_at(&self, found: &Found, text: String) -> Looked {
        self.guarded(found, text, Keep::Evidence)
    }

    /// Looks at what a file might say, and keeps nothing of it.
    pub fn look_unkept(&self, found: &Found, text: String) -> Looked {
        self.guarded(found, text, Keep::Nothing)
    }

    fn guarded(&self, found: &Found, text: String, keep: Keep) -> Looked {
        let looked = catch_unwind(AssertUnwindSafe(|| self.look_guarded(found, text, keep)));
        match looked {
            Ok(Ok(looked)) => looked,
            Ok(Err(error)) => Looked::Refused(error),
            Err(_) => Looked::Refused(ReviewError::Failed),
        }
    }

    fn look_guarded(&self, found: &Found, text: String, keep: Keep) -> Result<Looked, ReviewError> {
        let path = &found.path;
        let reviewed = match (FileKind::of(&text, path), found.named) {
            (FileKind::Plan, _) | (FileKind::Yaml | FileKind::Document, Named::ByPerson) => {
                return self.plan(path, text, keep);
            }
            (FileKind::Yaml | FileKind::Document, Named::BelowDirectory) => {
                return Ok(Looked::Nothing);
            }
            (FileKind::Inventory, _) => {
                let (inventory, problems) = inventory::read(&text);
                let Some(inventory) = inventory.filter(|_| problems.is_empty()) else {
                    return Ok(Looked::Invalid { text, problems });
                };
                Reviewed::inventory(path, text, checks::check_inventory(&inventory))
            }
            (FileKind::Script(language), _) => {
                let installed = self.installed.get_or_init(|| Arc::new(crate::probe::installed()));
                let mut facts = checks::script_facts(&text, language, installed, self.now);
                facts.takes = self.tools.takes();
                let mut checked = check::script(&text, language, &facts);
                if self.tools.answer(&checked.questions, &mut facts) {
                    checked = check::script(&text, language, &facts);
                }
                Reviewed::script(path, text, checked)
            }
        };
        Ok(Looked::Reviewed(Box::new(reviewed)))
    }

    fn plan(&self, path: &Path, text: String, keep: Keep) -> Result<Looked, ReviewError> {
        let (plan, problems) = plan::read(&text);
        let Some(plan) = plan.filter(|_| problems.is_empty()) else {
            return Ok(Looked::Invalid { text, problems });
        };
        let runtime = self.runtime()?;
        let digest = plan.inventory.as_deref().and_then(Digest::parse);
        let among = digest.and_then(|digest| held(&self.among).get(&digest).cloned());
        let kept;
        let inventory = match (&self.inventory, &among) {
            (Some(given), _) => Some(&given.inventory),
            (None, Some(among)) => Some(among.as_ref()),
            (None, None) => {
                kept = match &runtime {
                    Some(runtime) => runtime.inventory_of(&plan)?,
                    None => None,
                };
                kept.as_ref()
            }
        };
        if inventory.is_none()
            && let Some(step) = plan.steps.iter().find(|step| step.host() != LOCAL)
        {
            let (step, host) = (step.id.to_string(), step.host().to_owned());
            return Err(ReviewError::NoInventory { step, host });
        }
        let checked = match keep {
            Keep::Evidence => {
                let tools = runtime.as_ref().map_or(&self.tools, |one| &one.installed_tools);
                let checked = checks::look_at_plan(&plan, inventory, tools, self.now);
                let kept = runtime.as_ref().map_or(Ok(()), |runtime| {
                    if let Some(given) = &self.inventory {
                        runtime.keep_inventory(&given.name, &given.text)?;
                    }
                    runtime.keep_checked(&plan, plan.fingerprint(inventory), &checked)
                });
                if let Err(error) = kept {
                    *held(&self.unkept) = Some(why(&error));
                }
                checked
            }
            Keep::Nothing => {
                check::plan(&plan, inventory, &checks::plan_facts(&plan, inventory, self.now))
            }
        };
        let reviewed = Reviewed::plan(path, text, &plan, checked, Some(self.now));
        Ok(Looked::Reviewed(Box::new(reviewed)))
    }

    /// Reads the inventories among the files, for the plans among them that were drafted from one.
    fn learn_inventories(&self, files: &[Found]) {
        let yaml = |found: &&Found| {
            found.path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
        };
        for found in files.iter().filter(yaml) {
            let Ok(text) = read_text(&found.path) else {
                continue;
            };
            if FileKind::of(&text, &found.path) != FileKind::Inventory {
                continue;
            }
            if let (Some(inventory), problems) = inventory::read(&text)
                && problems.is_empty()
            {
                held(&self.among).insert(inventory.digest(), Arc::new(inventory));
            }
        }
    }

    /// Opens the data directory once. Checking needs nothing of it, so where it is the user's own and cannot be had, what
    /// was found is not kept; one that a person named is meant.
    fn runtime(&self) -> Result<Option<Arc<Runtime>>, RuntimeError> {
        let mut runtime = held(&self.runtime);
        if let Some(opened) = runtime.as_ref() {
            return Ok(opened.clone());
        }
        let opened = match Runtime::open(self.data_dir.clone()) {
            Ok(opened) => Some(Arc::new(opened)),
            Err(error) if self.data_dir.is_some() => return Err(error),
            Err(error) => {
                *held(&self.unkept) = Some(why(&error));
                None
            }
        };
        Ok(runtime.insert(opened).clone())
    }
}

/// A panic while a lock was held cannot have left half a value: each is replaced at once.
fn held<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
