//! LL004: a snapshot that the inventory does not have.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::{Place, Severity};

/// An id nobody looked up restores nothing, or something else.
pub const RULE: Rule = Rule {
    code: "LL004",
    name: "invented-copy",
    severity: Severity::Critical,
    summary: "a step restores a restic snapshot by an id that no copy in the inventory has",
    why: "an invented id fails in the incident, and a wrong one restores another state",
    fix: "use the id of a copy in the inventory, or look it up in a step before (`restic snapshots --json`)",
    source: "a class of faults of drafts made by language models",
    layer: "inventory",
    bad: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Back, kind: command, risk: write, run: 'restic -r /backup/restic restore 4a3f9c21 --target /srv/restored'}\n",
            inventory: INVENTORY,
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Back, kind: command, risk: write, run: 'restic restore deadbeef01:/srv/wiki --target /srv/restored'}\n",
            inventory: INVENTORY,
        },
    ],
    good: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Back, kind: command, risk: write, run: 'restic -r /backup/restic restore 0c1d2e3f --target /srv/restored'}\n",
            inventory: INVENTORY,
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Back, kind: command, risk: write, run: 'restic -r /backup/restic restore latest --target /srv/restored'}\n",
            inventory: INVENTORY,
        },
    ],
    run,
};

const INVENTORY: &str = "schema: blackstart/inventory/v1\nassets: [{id: wiki, kind: files}]\nbackups: [{id: nightly, asset: wiki, tool: restic, last_success: {at: 2026-11-20T00:00:00Z, id: 0c1d2e3f4a5b}}]\n";

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(inventory) = context.inventory else {
        return;
    };
    let copies = inventory
        .backups
        .iter()
        .flat_map(|backup| backup.last_success.iter().chain(&backup.copies));
    let known: Vec<&str> = copies.filter_map(|copy| copy.id.as_deref()).collect();
    // Where the inventory names no snapshots, nothing can be said of one.
    if known.is_empty() {
        return;
    }
    for (unit, run) in context.named(&["restic"]).filter(|(unit, _)| unit.part == Place::Run) {
        let Some(call) = unit.take_apart(run.command).filter(|call| call.names("restore")) else {
            continue;
        };
        for word in call.operands.iter().filter(|word| word.certain) {
            let id = word.text.split(':').next().unwrap_or_default();
            let is_id = id.len() >= 8 && id.chars().all(|c| c.is_ascii_hexdigit());
            if is_id && !known.iter().any(|known| known.starts_with(id) || id.starts_with(known)) {
                report.add(
                    &RULE,
                    unit,
                    run.command.span,
                    format!("no copy in the inventory has the id {id}"),
                );
            }
        }
    }
}
