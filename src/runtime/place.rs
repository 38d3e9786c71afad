//! Where things are kept when nobody says otherwise.

use std::path::PathBuf;

use etcetera::BaseStrategy;

use super::RuntimeError;

/// Returns the data directory of this user: `$XDG_DATA_HOME/blackstart`, or `~/.local/share/blackstart`.
pub fn data_directory() -> Result<PathBuf, RuntimeError> {
    Ok(strategy()?.data_dir().join("blackstart"))
}

/// Returns the directory of the user's own runbooks: `$XDG_CONFIG_HOME/blackstart/runbooks`, or below `~/.config`.
pub fn runbook_directory() -> Option<PathBuf> {
    Some(strategy().ok()?.config_dir().join("blackstart/runbooks"))
}

/// Returns the directory of the user's own prompts, beside that of the runbooks.
pub fn prompt_directory() -> Option<PathBuf> {
    Some(strategy().ok()?.config_dir().join("blackstart/prompts"))
}

/// Returns the user's models document: `$XDG_CONFIG_HOME/blackstart/models.yaml`, or below `~/.config`.
pub fn models_file() -> Result<PathBuf, RuntimeError> {
    Ok(strategy()?.config_dir().join("blackstart/models.yaml"))
}

fn strategy() -> Result<etcetera::base_strategy::Xdg, RuntimeError> {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    match home {
        None => Err(RuntimeError::NoHome),
        Some(_) => etcetera::base_strategy::Xdg::new().map_err(|_| RuntimeError::NoHome),
    }
}
