//! FO003: an address that clients keep longer than the recovery may take.

use std::borrow::Cow;

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit, subcommands};
use crate::evidence::{Place, Severity};
use crate::shell::{Argument, Command};

/// Whoever looked the name up a minute ago goes to the dead site until his copy of the answer runs out.
pub const RULE: Rule = Rule {
    code: "FO003",
    name: "record-kept-too-long",
    severity: Severity::Medium,
    summary: "a name is switched with a record that clients may keep for longer than five minutes, or than the promised recovery time",
    why: "the switch is done and users still reach the old address; and the way back takes as long again",
    fix: "a TTL of 60 seconds on every name that is ever switched, set long before it is needed (the old TTL counts, not the new one)",
    source: "RFC 1035, section 3.2.1: a record may be cached for its TTL",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# moves the shop to the standby at the other site
ssh -o ConnectTimeout=10 db2 'sudo -u postgres psql -Atc "select pg_promote()"'
curl -fsS --max-time 10 --resolve shop.corp.internal:443:10.2.0.10 https://shop.corp.internal/healthz
nsupdate -k /etc/dns/ddns.key <<'EOF'
update delete shop.corp.internal. A
update add shop.corp.internal. 86400 A 10.2.0.10
send
EOF
"#,
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
curl -fsS --max-time 10 --resolve shop.example.org:443:10.2.0.10 https://shop.example.org/healthz
nsupdate -k /etc/dns/ddns.key <<'EOF'
server 10.0.0.53
update delete shop.corp.internal. A
update add shop.corp.internal. 86400 A 10.2.0.10
send
EOF
"#,
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nscope: {assets: [shop]}\nsteps:\n  - {id: look, title: Look, kind: check, check: curl -fsS http://10.2.0.10/healthz}\n  - {id: name, title: Switch, kind: command, needs: [look], risk: disruptive, run: \"gcloud dns record-sets update shop.corp.internal. --zone=corp --type=A --ttl=900 --rrdatas=10.2.0.10\", check: 'dig +short shop.corp.internal'}\n",
            inventory: "schema: blackstart/inventory/v1\nassets: [{id: shop, kind: app, targets: {rto: 10m}}]\n",
        },
        Example::Script(
            "aws route53 change-resource-record-sets --hosted-zone-id Z1 --change-batch '{\"Changes\":[{\"Action\":\"UPSERT\",\"ResourceRecordSet\":{\"Name\":\"shop.corp.internal\",\"Type\":\"A\",\"TTL\": 3600,\"ResourceRecords\":[{\"Value\":\"10.2.0.10\"}]}}]}'\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# moves the shop to the other site; the record lives for a minute
curl -fsS --max-time 10 --resolve shop.corp.internal:443:10.2.0.10 https://shop.corp.internal/healthz
ssh -o ConnectTimeout=10 db2 'sudo -u postgres psql -Atc "select pg_is_in_recovery()"' | grep -qx f
nsupdate -k /etc/dns/ddns.key <<'EOF'
update delete shop.corp.internal. A
update add shop.corp.internal. 60 A 10.2.0.10
send
EOF
dig +short shop.corp.internal @10.0.0.53
"#,
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
curl -fsS --max-time 10 --resolve shop.corp.internal:443:10.2.0.10 https://shop.corp.internal/healthz
nsupdate -k /etc/dns/ddns.key <<'EOF'
update delete shop.corp.internal. A
update add shop.corp.internal. 60 A 10.2.0.10
send
EOF
"#,
        ),
        Example::Script(
            "nsupdate -k /etc/dns/ddns.key <<'EOF'\nupdate add corp.internal. 86400 TXT \"v=spf1 -all\"\nupdate add corp.internal. 86400 NS ns1.corp.internal.\nsend\nEOF\n",
        ),
        Example::Script("kubectl delete job old --grace-period=900\ndocker run --ttl 3600 image\n"),
    ],
    run,
};

/// What counts as short, in seconds, where nothing is promised.
const SHORT: u64 = 300;

fn run(context: &Context<'_>, report: &mut Report) {
    let switches = context.named(&["nsupdate", "aws", "gcloud", "az"]);
    for (unit, run) in switches.filter(|(unit, _)| unit.part != Place::Rollback) {
        let Some(kept) = time_to_live(run.command) else { continue };
        let promised = promised(context, unit);
        let beyond = promised.is_some_and(|rto| kept > rto);
        if kept <= SHORT && !beyond {
            continue;
        }
        let message = match promised {
            Some(rto) if beyond => {
                format!("clients may keep the answer for {kept} s, and {rto} s are promised")
            }
            Some(_) | None => format!("clients may keep the answer for {kept} s"),
        };
        let finding = report.add(&RULE, unit, run.command.span, message);
        if beyond {
            finding.severity = Severity::High;
        }
    }
}

/// Returns the shortest recovery time that was promised for what the plan is about, in seconds.
fn promised(context: &Context<'_>, unit: &Unit<'_>) -> Option<u64> {
    let inventory = context.inventory?;
    let own = unit.step.and_then(|step| step.asset.as_ref());
    let scope = context.plan.iter().flat_map(|plan| &plan.scope).flat_map(|scope| &scope.assets);
    let assets = own.into_iter().chain(scope).filter_map(|id| inventory.asset(id.as_str()));
    assets.filter_map(|asset| asset.targets?.rto).map(|period| period.0).min()
}

/// Returns how long clients may keep the address that a command gives a name, in seconds.
fn time_to_live(command: &Command) -> Option<u64> {
    let words = || command.arguments().iter().map(Argument::shown);
    if command.is(&["nsupdate"]) {
        let text = command.input.as_ref()?.shown();
        return text.lines().filter_map(added).max();
    }
    if command.is(&["aws"]) && words().any(|word| word == "change-resource-record-sets") {
        let after = |word: Cow<'_, str>| {
            let (_, rest) = word.split_once("\"TTL\"")?;
            let digits: String = rest
                .chars()
                .skip_while(|c| matches!(c, ' ' | ':' | '\n'))
                .take_while(char::is_ascii_digit)
                .collect();
            digits.parse().ok()
        };
        return words().filter_map(after).max();
    }
    let zone = command.is(&["gcloud", "az"]) && words().any(|word| word == "dns");
    let given = || subcommands::value(command, "--ttl")?.parse().ok();
    zone.then(given).flatten()
}

/// Returns the time to live of an address that a line of nsupdate adds.
fn added(line: &str) -> Option<u64> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let words = words.strip_prefix(&["update"]).unwrap_or(&words);
    let rest = words.strip_prefix(&["add"])?;
    let kept = rest.get(1)?.parse().ok()?;
    rest[2..].iter().any(|word| matches!(*word, "A" | "AAAA" | "CNAME")).then_some(kept)
}
