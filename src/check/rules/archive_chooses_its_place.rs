//! FS014: an archive is unpacked where it wants.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::shell::Argument;
use crate::tools::tar::{self, Mode};

/// With absolute names the archive decides which files are replaced.
pub const RULE: Rule = Rule {
    code: "FS014",
    name: "archive-chooses-its-place",
    severity: Severity::Medium,
    summary: "an archive is unpacked with absolute names, above all one from the network",
    why: "a member named /etc/cron.d/x or ../../root/.ssh/authorized_keys is written there, by root",
    fix: "unpack into an empty directory without `-P`, as a user without rights, look at it, then move what is wanted",
    source: "tar(1), -P: \"Don't strip leading slashes from file names\"; CWE-22",
    layer: "static",
    bad: &[
        Example::Script("tar -xzPf /backup/etc.tgz\n"),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\nurl=https://mirror.example.org/appliance/config.tar.gz\ncurl -fsSL \"$url\" | tar --extract --gzip --absolute-names\nsystemctl restart appliance\n",
        ),
        Example::Script("wget -q https://example.org/a.tgz\ntar xfP a.tgz\n"),
        Example::Script("unzip -: -o /srv/incoming/upload.zip -d /srv/www\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# the settings of the appliance, unpacked beside the live ones and looked at
url=https://mirror.example.org/appliance/config.tar.gz
stage=$(mktemp -d)
curl -fsSL --max-time 60 "$url" -o "$stage/config.tar.gz"
sha256sum --check /etc/appliance/config.sha256
tar -xzf "$stage/config.tar.gz" --no-same-owner -C "$stage"
tar -tPf /backup/etc.tar > /dev/null
"#,
        ),
        Example::Script("tar -xzf /backup/etc.tgz -C /srv/stage\n"),
        Example::Script(
            "curl -fsSL https://example.org/tool.tgz | tar -xz -C /opt/tool --strip-components=1\n",
        ),
        Example::Script("tar -czPf \"/backup/etc-$(date +%F).tgz\" /etc\n"),
        Example::Script(
            "set -e\ntar -tPf /backup/etc.tar > /dev/null\ntar -xf /backup/etc.tar -C \"$(mktemp -d)\"\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["tar", "bsdtar", "gtar", "unzip"]) {
        let command = run.command;
        let chooses = if command.is(&["tar", "bsdtar", "gtar"]) {
            unit.take_apart(command).is_some_and(|call| {
                tar::mode(call) == Mode::Extract && call.has(&["absolute-names"])
            })
        } else {
            command.is(&["unzip"]) && command.has("-:")
        };
        if !chooses || command.setting.contained {
            continue;
        }
        let fetch =
            |other: &crate::shell::Command| other.is(&["curl", "wget", "nc", "aws", "gsutil"]);
        let piped = command.setting.stage.is_some_and(|stage| {
            unit.runs().any(|other| {
                other.command.setting.stage.is_some_and(|s| s.pipeline == stage.pipeline)
                    && fetch(other.command)
            })
        });
        let names: Vec<String> =
            command.arguments().iter().map(|a| a.shown().into_owned()).collect();
        let fetched = context.before(unit, run).any(|(_, other)| {
            let about = |a: &Argument| {
                let shown = a.shown();
                names.iter().any(|name| name.len() > 3 && shown.ends_with(name.as_str()))
            };
            fetch(other.command) && other.command.arguments().iter().any(about)
        });
        if piped || fetched {
            let message =
                "an archive from the network decides which files of this machine it replaces";
            report.add(&RULE, unit, command.span, message.to_owned()).severity = Severity::High;
        } else {
            let message = "the archive decides which files it replaces".to_owned();
            report.add(&RULE, unit, command.span, message);
        }
    }
}
