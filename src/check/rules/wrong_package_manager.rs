//! LL006: a package manager that the system does not have.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit};
use crate::evidence::{Place, Severity};

/// Runbooks are written for one distribution and run on another.
pub const RULE: Rule = Rule {
    code: "LL006",
    name: "wrong-package-manager",
    severity: Severity::High,
    summary: "a step uses the package manager of another operating system than its host's",
    why: "the command is not there, and what it should have installed is missing for every step behind it",
    fix: "use the package manager of the host's system (the inventory names it), or install tools ahead of time",
    source: "published runbook: yum and apt in one script",
    layer: "inventory",
    bad: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: tools, title: Tools, kind: command, host: web1, risk: write, run: yum install -y rsync}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: web1, os: debian-12}]\n",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: tools, title: Tools, kind: command, host: web1, risk: write, run: sudo apt-get install -y rsync}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: web1, os: Rocky Linux 9}]\n",
        },
        Example::Script(
            "#!/bin/bash\nset -e\nyum install -y lvm2\napt-get install -y lvm2\nlvcreate -s -n snap -L 5G vg0/data\n",
        ),
    ],
    good: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: tools, title: Tools, kind: command, host: web1, risk: write, run: apt-get install -y rsync}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: web1, os: ubuntu-24.04}]\n",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: tools, title: Tools, kind: command, host: web1, risk: write, run: 'if command -v dnf; then dnf install -y rsync; else apt-get install -y rsync; fi'}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: web1, os: debian-12}]\n",
        },
        Example::Script(
            "#!/bin/bash\nset -e\nif command -v yum; then yum install -y lvm2; else apt-get install -y lvm2; fi\nlvcreate -s -n snap -L 5G vg0/data\n",
        ),
    ],
    run,
};

/// Package managers with the systems they belong to.
const MANAGERS: &[(&[&str], &[&str])] = &[
    (&["apt", "apt-get", "dpkg"], &["debian", "ubuntu", "mint", "raspbian"]),
    (
        &["yum", "dnf", "rpm"],
        &["rhel", "red hat", "centos", "rocky", "alma", "fedora", "oracle", "amazon"],
    ),
    (&["zypper"], &["suse", "sles"]),
    (&["apk"], &["alpine"]),
    (&["pacman"], &["arch", "manjaro"]),
];

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.units.iter().filter(|unit| unit.step.is_none()) {
        of_two_systems(unit, report);
    }
    for (unit, run) in context.runs() {
        // Where a script asks first, it knows what it does.
        if unit.part == Place::Rollback
            || run.command.setting.conditional
            || run.command.setting.contained
        {
            continue;
        }
        let host = unit.step.and_then(|step| step.host.as_ref());
        let host = host.and_then(|host| context.inventory?.host(host.as_str()));
        let Some(os) = host.and_then(|host| host.os.as_deref()).map(str::to_lowercase) else {
            continue;
        };
        let of_os =
            MANAGERS.iter().find(|(_, systems)| systems.iter().any(|system| os.contains(system)));
        let used = MANAGERS.iter().find(|(names, _)| run.command.is(names));
        if let (Some((own, _)), Some((names, _))) = (of_os, used)
            && own != names
        {
            let message = format!(
                "{} is not the package manager of {}",
                run.command.name().unwrap_or_default(),
                crate::base::escape::one_line(&os)
            );
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}

/// Says which call cannot work in a script that uses the package managers of two systems, one after the other.
fn of_two_systems(unit: &Unit<'_>, report: &mut Report) {
    let mut first: Option<&[&str]> = None;
    for run in unit.runs() {
        let setting = &run.command.setting;
        let Some((names, _)) = MANAGERS.iter().find(|(names, _)| run.command.is(names)) else {
            continue;
        };
        let asks = setting.conditional || setting.asked || setting.contained || setting.masked;
        if asks || setting.remote.is_some() || !run.command.has("install") {
            continue;
        }
        match first {
            Some(known) if known != *names => {
                let message = format!(
                    "no system has both {} and {}",
                    known[0],
                    run.command.name().unwrap_or_default()
                );
                report.add(&RULE, unit, run.command.span, message).severity = Severity::Medium;
                return;
            }
            Some(_) => {}
            None => first = Some(names),
        }
    }
}
