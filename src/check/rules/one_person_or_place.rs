//! ST009: one person, or one place, on whom everything hangs.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// People are on holiday, and a key can burn with its house.
pub const RULE: Rule = Rule {
    code: "ST009",
    name: "one-person-or-place",
    severity: Severity::High,
    summary: "one contact for everything, or a key of a backup that is kept in one place only",
    why: "the incident comes when that person cannot be reached, or takes that place along; without its key a copy is noise",
    fix: "name an alternate for each role, and keep each key in two places that cannot be lost together",
    source: "NIST SP 800-34, line of succession",
    layer: "inventory",
    bad: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql, targets: {rto: 1h}, owner: ana}]\ncontacts: [{id: ana}]\nbackups: [{id: b, asset: db}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: b, asset: db, encryption: {key: k}}]\nsecrets: [{id: k, where: [{place: the safe}]}]\n",
        ),
    ],
    good: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql, targets: {rto: 1h}, owner: ana}]\ncontacts: [{id: ana}, {id: ben}]\nbackups: [{id: b, asset: db, encryption: {key: k}}]\nsecrets: [{id: k, where: [{place: the safe}, {place: the bank}]}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql, targets: {rto: 1h}}]\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(inventory) = context.inventory_alone() else {
        return;
    };
    if let [only] = inventory.contacts.as_slice()
        && inventory.assets.iter().any(|asset| asset.targets.is_some())
    {
        report.add_whole(&RULE, None, format!("{} is the only contact for everything", only.id));
    }
    for secret in &inventory.secrets {
        let opens: Vec<&str> = inventory
            .backups
            .iter()
            .filter(|backup| {
                backup.encryption.as_ref().and_then(|encryption| encryption.key.as_ref())
                    == Some(&secret.id)
            })
            .map(|backup| backup.id.as_str())
            .collect();
        if secret.kept.len() == 1 && !opens.is_empty() {
            report.add_whole(
                &RULE,
                None,
                format!(
                    "{}, which opens {}, is kept in one place only",
                    secret.id,
                    opens.join(", ")
                ),
            );
        }
    }
}
