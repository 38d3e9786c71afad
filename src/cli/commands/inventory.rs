//! `blackstart inventory`: check and show inventories.

use std::path::PathBuf;

use crate::base::escape;
use crate::cli::findings::{self, Texts};
use crate::cli::output::Output;
use crate::cli::plans::name_of;
use crate::cli::problems::load;
use crate::cli::{CommandError, Exit, Global};
use crate::inventory::{self, Inventory};
use crate::runtime::{Runtime, check_inventory};

/// Check and show inventories
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  blackstart inventory check inventory.yaml\n  blackstart inventory show inventory.yaml"
)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Say whether a file is a valid inventory, and whether its copies keep what was promised
    ///
    /// The exit code says only whether it is valid; `blackstart check` fails on findings.
    Check {
        /// The inventory
        file: PathBuf,
    },
    /// Keep an inventory in the store, so that plans drafted from it find it again
    Import {
        /// The inventory
        file: PathBuf,
    },
    /// Show assets and their copies
    Show {
        /// The inventory
        file: PathBuf,
    },
}

/// Runs the command.
pub fn run(args: Args, global: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    match args.action {
        Action::Check { file } => {
            let (inventory, text) = load(&file, output, inventory::read)?;
            let mut found = check_inventory(&inventory);
            crate::check::locate(&mut found, &text);
            let texts = Texts::Script(&text);
            let summary = serde_json::json!({
                "schema": "blackstart/inventory-check/v1", "assets": inventory.assets.len(), "backups": inventory.backups.len(),
                "hosts": inventory.hosts.len(), "digest": inventory.digest().to_string(),
                "findings": findings::json(&found, &texts),
            });
            if output.is_json() {
                output.object(&summary)?;
            } else {
                output.data(&format!(
                    "valid: {} assets, {} backups, {} hosts, sha256 {}\n",
                    inventory.assets.len(),
                    inventory.backups.len(),
                    inventory.hosts.len(),
                    inventory.digest().short(),
                ))?;
                let name = crate::runtime::files::shown(&file);
                output.data(&findings::text(&name, &found, &texts, false))?;
            }
        }
        Action::Import { file } => {
            let (inventory, text) = load(&file, output, inventory::read)?;
            let digest =
                Runtime::open(global.data_dir.clone())?.keep_inventory(&name_of(&file), &text)?;
            match output.is_json() {
                true => output.object(&serde_json::json!({
                    "schema": "blackstart/inventory-kept/v1", "digest": digest.to_string(), "assets": inventory.assets.len(),
                }))?,
                false => output.data(&format!("kept {} assets, sha256 {}\n", inventory.assets.len(), digest.short()))?,
            }
        }
        Action::Show { file } => {
            let (inventory, _) = load(&file, output, inventory::read)?;
            match output.is_json() {
                true => output.object(&*inventory)?,
                false => output.data(&table(&inventory))?,
            }
        }
    }
    Ok(Exit::Ok)
}

fn table(inventory: &Inventory) -> String {
    let mut text = format!(
        "{:24} {:12} {:16} {:>8} {:>6} {:>6}  COPIES\n",
        "ASSET", "KIND", "HOST", "SIZE", "RTO", "RPO"
    );
    let dash = || "-".to_owned();
    for asset in &inventory.assets {
        let targets = asset.targets.unwrap_or_default();
        let copies: Vec<String> = inventory
            .backups_of(asset.id.as_str())
            .map(|backup| {
                let at = backup
                    .last_success
                    .as_ref()
                    .and_then(|copy| copy.at)
                    .map_or_else(|| "never".into(), crate::base::readable);
                format!("{} ({at})", backup.id)
            })
            .collect();
        text.push_str(&format!(
            "{:24} {:12} {:16} {:>8} {:>6} {:>6}  {}\n",
            asset.id,
            asset.kind.word(),
            asset.host.as_ref().map_or_else(dash, ToString::to_string),
            asset.size.map_or_else(dash, |size| size.to_string()),
            targets.rto.map_or_else(dash, |rto| rto.to_string()),
            targets.rpo.map_or_else(dash, |rpo| rpo.to_string()),
            if copies.is_empty() { "NONE".into() } else { escape::one_line(&copies.join(", ")) },
        ));
    }
    text
}
