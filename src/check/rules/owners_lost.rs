//! FS009: a restore or a copy that gives every file to whoever runs it.

use crate::check::Context;
use crate::check::names::looks_backup;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Run, Unit};
use crate::evidence::Severity;
use crate::shell::Command;
use crate::tools::tar::{self, Mode};
use crate::tools::{Call, Role};

/// Owners, modes and labels are data: services refuse to start without them.
pub const RULE: Rule = Rule {
    code: "FS009",
    name: "owners-lost",
    severity: Severity::High,
    summary: "a restore is told to drop owners or modes, or a copy of a system tree drops extended attributes",
    why: "every file comes back as the property of the restoring user, setuid bits and capabilities are gone, and services cannot read their data",
    fix: "as root: `tar -xpf FILE --same-owner --numeric-owner --acls --xattrs --xattrs-include=\"*\"`; `rsync -aHAX --numeric-ids`; `cp -a`",
    source: "tar(1), --same-owner, -p, --xattrs; rsync(1), --no-OPTION; Python documentation, shutil: \"even the higher-level file copying functions cannot copy all file metadata … file owner and group are lost as well as ACLs\"; measured: without --xattrs 1 attribute becomes 0",
    layer: "static",
    bad: &[
        Example::Script("tar -xzf /backup/home.tgz --no-same-owner -C /home\n"),
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\nARCHIVE=/backup/web/$(date +%F).tar.zst\nSTAGE=/srv/stage\nmkdir -p \"$STAGE\"\nzstd -t \"$ARCHIVE\"\ntar --zstd -xf \"$ARCHIVE\" --no-same-permissions -C \"$STAGE\"\nmv \"$STAGE/www\" /var/www.new\n",
        ),
        Example::Script("rsync -a --no-owner --no-group backup1:/backup/mail/ /var/mail/\n"),
        Example::Script("cp -r --no-preserve=ownership /backup/etc/. /etc/\n"),
        Example::Script(
            r#"#!/usr/bin/env python3
"""A new copy of the mail for each day."""
import shutil
from datetime import date

shutil.copytree("/var/mail", f"/backup/mail-{date.today()}", symlinks=True)
"#,
        ),
        Example::Script("tar -cpzf \"/backup/system-$(date +%F).tgz\" --one-file-system /\n"),
    ],
    good: &[
        Example::Script(
            "tar -xzpf /backup/home.tgz --same-owner --numeric-owner --acls --xattrs --xattrs-include='*' -C /home\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
"""A new copy of the mail for each day, with its owners; a page that is built anew may lose them."""
import shutil
import subprocess
from datetime import date

subprocess.run(["cp", "-a", "/var/mail", f"/backup/mail-{date.today()}"], check=True)
shutil.copytree("/srv/build/public", "/srv/www/public", dirs_exist_ok=True)
"#,
        ),
        Example::Script("tar -xzf /usr/src/linux-6.1.tgz --no-same-owner -C /usr/src\n"),
        Example::Script(
            "curl -fsSL https://example.org/tool.tgz | tar -xz --no-same-owner -C /opt/tool\n",
        ),
        Example::Script(
            "set -euo pipefail\ntar --acls --xattrs --xattrs-include='*' -cpzf \"/backup/system-$(date +%F).tgz\" --one-file-system /\nrsync -aHAX --numeric-ids /srv/ backup1:/backup/srv/\nrsync -rt --no-owner --no-group /srv/public/ www@web1:public/\n",
        ),
        Example::Script("tar -czf \"/backup/app-$(date +%F).tgz\" -C /srv/app data\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.runs() {
        let command = run.command;
        let Some(call) = unit.take_apart(command) else {
            continue;
        };
        if let Some(list) = partly_kept(unit, command, call) {
            let message = format!("of each file only {list} are copied, not its owner and ACLs");
            report.add(&RULE, unit, command.span, message).severity = Severity::Medium;
        } else if call.tool.name == "tar" && tar::mode(call) == Mode::Create {
            let kept = call.has(&["xattrs", "selinux", "acls"]);
            if !kept && comes_back(context, unit, run, call) {
                let message =
                    "ACLs and extended attributes are neither archived nor restored".to_owned();
                report.add(&RULE, unit, command.span, message).severity = Severity::Medium;
                continue;
            }
            let system = call
                .operands
                .iter()
                .map(|w| unit.path(command, w))
                .find(|p| SYSTEM.contains(&p.as_str()));
            let base = call.value(&["directory"]).is_some_and(|w| w.text == "/") && call.names(".");
            if let Some(tree) = system.or_else(|| base.then(|| "/".to_owned())).filter(|_| !kept) {
                let message =
                    format!("extended attributes of {tree} (capabilities, ACLs) are not archived");
                report.add(&RULE, unit, command.span, message).severity = Severity::Medium;
            }
        } else if let Some(flag) = drops(call).filter(|_| from_backup(unit, command, call)) {
            let message = format!("`--{flag}` drops what the copy knows of owners or modes");
            report.add(&RULE, unit, command.span, message);
        }
    }
}

/// Returns what of its metadata a copy of a tree into a backup is told to keep, where owners are not among it.
fn partly_kept(unit: &Unit<'_>, command: &Command, call: &Call<'_>) -> Option<String> {
    let tree = call.name == "cp" && call.has(&["recursive"]) && !call.has(&["archive"]);
    let list = &call.value(&["preserve"]).filter(|_| tree)?.text;
    let copied = call.of_role(Role::Target).iter().any(|w| looks_backup(&unit.path(command, w)));
    let owners = ["ownership", "all"].iter().any(|kept| list.contains(kept));
    (copied && !owners && !list.is_empty()).then(|| list.replace(',', " and "))
}

/// Tells whether an archive is unpacked over the tree that it was made of.
fn comes_back(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>, call: &Call<'_>) -> bool {
    let file = call.value(&["file"]).map(|w| unit.path(run.command, w));
    let sources: Vec<String> = call.operands.iter().map(|w| unit.path(run.command, w)).collect();
    context.after(unit, run).any(|(unit, other)| {
        let Some(back) = unit.take_apart(other.command).filter(|c| c.tool.name == "tar") else {
            return false;
        };
        let path = |names: &[&str]| back.value(names).map(|w| unit.path(other.command, w));
        tar::mode(back) == Mode::Extract
            && path(&["file"]) == file
            && path(&["directory"]).is_some_and(|target| sources.contains(&target))
    })
}

/// Trees whose files carry capabilities and labels.
const SYSTEM: &[&str] = &["/", "/usr", "/bin", "/usr/bin", "/sbin", "/usr/sbin"];

/// Returns the flag that makes a restore forget owners or modes.
fn drops(call: &Call<'_>) -> Option<String> {
    let flags: &[&str] = match call.tool.name {
        "tar" if tar::mode(call) == Mode::Extract => &["no-same-owner", "no-same-permissions", "o"],
        "rsync" => &["no-owner", "no-group", "no-perms", "no-o", "no-g", "no-p"],
        "cp" if call.name == "cp" => &["no-preserve"],
        _ => return None,
    };
    let given = call.flags.iter().find(|f| flags.contains(&f.name.as_str()))?;
    let harmless = given.name == "no-preserve"
        && given
            .value
            .as_ref()
            .is_some_and(|w| !["owner", "mode", "all"].iter().any(|p| w.text.contains(p)));
    (!harmless).then(|| given.name.clone())
}

fn from_backup(unit: &Unit<'_>, command: &Command, call: &Call<'_>) -> bool {
    let files = match call.tool.name {
        "tar" => call.value(&["file"]).into_iter().collect(),
        _ => call.of_role(Role::Source),
    };
    files.into_iter().any(|w| looks_backup(&unit.path(command, w)))
}
