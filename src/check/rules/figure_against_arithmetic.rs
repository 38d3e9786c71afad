//! LL008: a number in a plan that the inventory contradicts.

use crate::base::Period;
use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::estimate;
use crate::evidence::Severity;
use crate::inventory::Inventory;
use crate::plan::{Plan, Step};

/// Numbers that a text makes up are believed like those that somebody measured.
pub const RULE: Rule = Rule {
    code: "LL008",
    name: "figure-against-arithmetic",
    severity: Severity::High,
    summary: "a restore may take less time than its data need, or a text names another recovery time than was promised",
    why: "a timeout below the transfer time kills the restore in its middle, every time; a wrong promise is found out during the disaster",
    fix: "take the times from `blackstart estimate`: a timeout of at least twice the computed time, promises only from the inventory",
    source: "arithmetic over the inventory: size of the copy by restore_rate",
    layer: "inventory",
    bad: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Restore the database, kind: command, asset: shop, risk: write, timeout: 30m, run: pg_restore --exit-on-error -d shop_new /backup/shop.dump}\n",
            inventory: INVENTORY,
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: Recover the shop\nscope: {assets: [shop], assumptions: [\"The RTO is 30 minutes.\"]}\nsteps:\n  - {id: look, title: Look, kind: check, check: pg_isready}\n",
            inventory: INVENTORY,
        },
    ],
    good: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: Recover the shop (RTO 8 h)\nscope: {assets: [shop], assumptions: [\"RPO 1 day, RTO 8 hours\"]}\nsteps:\n  - {id: back, title: Restore the database, kind: command, asset: shop, risk: write, timeout: 6h, run: pg_restore --exit-on-error -d shop_new /backup/shop.dump}\n  - {id: look, title: Look, kind: check, asset: shop, needs: [back], timeout: 1m, check: pg_isready}\n",
            inventory: INVENTORY,
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: Recover\nsteps:\n  - {id: list, title: Look into the copy, kind: command, asset: shop, risk: read, timeout: 5m, run: pg_restore --list /backup/shop.dump}\n",
            inventory: INVENTORY,
        },
    ],
    run,
};

const INVENTORY: &str = "schema: blackstart/inventory/v1\nassets: [{id: shop, kind: postgres, size: 300GB, targets: {rto: 8h, rpo: 1d}}]\nbackups: [{id: nightly, asset: shop, restore_rate: 30MB/s, last_success: {at: 2026-11-21T02:00:00Z, size: 300GB}}]\n";

fn run(context: &Context<'_>, report: &mut Report) {
    let (Some(plan), Some(inventory)) = (context.plan, context.inventory) else { return };
    for step in &plan.steps {
        let transfer = seconds(context, inventory, step);
        if let (Some(needed), Some(allowed)) = (transfer, step.timeout)
            && needed > allowed.0 as f64
        {
            let needed = Period(needed.ceil() as u64);
            let message = format!("the step may take {allowed}, and its data need about {needed}");
            report.add_whole(&RULE, Some(&step.id), message);
        }
    }
    let scope: Vec<&crate::inventory::Asset> = plan
        .scope
        .iter()
        .flat_map(|scope| &scope.assets)
        .filter_map(|id| inventory.asset(id.as_str()))
        .collect();
    let promised = |pick: fn(crate::inventory::Targets) -> Option<Period>| -> Vec<Period> {
        scope.iter().filter_map(|asset| asset.targets.and_then(pick)).collect()
    };
    let all = [("RTO", promised(|targets| targets.rto)), ("RPO", promised(|targets| targets.rpo))];
    for text in texts(plan) {
        for (word, promised) in &all {
            let named = figures(text, word).into_iter().find(|named| !promised.contains(named));
            if let Some(named) = named.filter(|_| !promised.is_empty()) {
                let message =
                    format!("the text says {word} {named}, and {} was promised", promised[0]);
                report.add_whole(&RULE, None, message).severity = Severity::Medium;
            }
        }
    }
}

/// Returns how long the data of a step that restores need, in seconds.
fn seconds(context: &Context<'_>, inventory: &Inventory, step: &Step) -> Option<f64> {
    let asset = inventory.asset(step.asset.as_ref()?.as_str())?;
    let restores = context.units.iter().any(|unit| {
        unit.step.is_some_and(|own| own.id == step.id)
            && unit.part == crate::evidence::Place::Run
            && unit.runs().any(|run| restores(unit, run))
    });
    let choice = estimate::choose(inventory, None, asset);
    let chosen = choice.chosen.filter(|_| restores)?;
    estimate::transfer_seconds(inventory, asset, &chosen)
}

fn restores(unit: &crate::check::Unit<'_>, run: crate::check::Run<'_>) -> bool {
    let command = run.command;
    let says = |word: &str| crate::check::subcommands::says(command, &[word]);
    let plays = command.redirects.iter().any(|r| r.kind == crate::shell::ast::RedirectKind::Read);
    command.is(&["pgbackrest", "restic", "velero"]) && says("restore")
        || command.is(&["wal-g"]) && says("backup-fetch")
        || command.is(&["barman"]) && says("recover")
        || command.is(&["borg"]) && says("extract")
        || command.is(&["pg_restore", "mongorestore", "myloader"])
            && unit.take_apart(command).is_some_and(|call| call.risk() > crate::base::Risk::Read)
        || command.is(&["mariabackup", "mariadb-backup", "xtrabackup"])
            && command.has("--copy-back")
        || command.is(&["mysql", "mariadb"]) && plays
}

/// Returns what a plan says to people about itself as a whole.
fn texts(plan: &Plan) -> Vec<&str> {
    let scope = plan.scope.iter().flat_map(|scope| &scope.assumptions).map(String::as_str);
    let steps = plan.steps.iter().flat_map(|step| {
        [Some(step.title.as_str()), step.why.as_deref(), step.expect.as_deref()]
            .into_iter()
            .flatten()
    });
    std::iter::once(plan.title.as_str()).chain(scope).chain(steps).collect()
}

/// Returns the periods that follow a word closely: `RTO: 15 min`, `RTO of 4 hours`, `RTO is 1h`.
fn figures(text: &str, word: &str) -> Vec<Period> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(word) {
        let rest = &text[at + word.len()..];
        let rest = rest.trim_start_matches([' ', ':', '=', '(', '~']);
        let rest =
            ["of ", "is ", "was ", "= "].iter().find_map(|w| rest.strip_prefix(w)).unwrap_or(rest);
        let digits = rest.chars().take_while(char::is_ascii_digit).count();
        let Ok(number) = rest[..digits].parse::<u64>() else { continue };
        let unit: String = rest[digits..]
            .trim_start_matches([' ', '-'])
            .chars()
            .take_while(char::is_ascii_alphabetic)
            .collect();
        let seconds = match unit.to_ascii_lowercase().as_str() {
            "s" | "sec" | "second" | "seconds" => 1,
            "m" | "min" | "mins" | "minute" | "minutes" => 60,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3_600,
            "d" | "day" | "days" => 86_400,
            _ => continue,
        };
        found.push(Period(number.saturating_mul(seconds)));
    }
    found
}
