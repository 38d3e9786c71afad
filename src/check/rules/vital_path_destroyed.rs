//! TG014: what no machine can do without is deleted, emptied, moved away or opened.

use crate::check::rule::{Example, Report, Rule};
use crate::check::vital::{Taken, Vital, taken};
use crate::check::{Context, Run, Unit, losses};
use crate::evidence::{Place, Severity};

/// One space, one slash or one letter too few.
pub const RULE: Rule = Rule {
    code: "TG014",
    name: "vital-path-destroyed",
    severity: Severity::Critical,
    summary: "the root, a directory of the system, everybody's data, or a file without which nobody can log in is deleted, emptied, moved away, or given another owner or other rights",
    why: "no machine and no account is the right one for it: the system does not start any more, or what people and servers keep is gone",
    fix: "name the very directory that is meant, below these; check for a space or a variable that split the path; move aside what has to go, and `getfacl -R DIR > FILE` before rights are changed",
    source: "an installer's `rm -rf /usr /lib/nvidia-current/xorg/xorg` deleted /usr (MrMEEE/bumblebee issue 123, 2011); Server Fault 364677, why `chmod -R 777 /` is destructive; rm(1): --preserve-root refuses `/`, not `/*`",
    layer: "static",
    bad: &[
        Example::Script("rm -rf /\n"),
        Example::Script("sudo rm -rf --no-preserve-root /\n"),
        Example::Script("cd /\nrm -rf ./*\n"),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\n# rebuilds the application from its copy\nsystemctl stop app\nrm -rf /usr /lib/app/plugins\ntar -xzf /backup/app.tgz -C /usr/lib/app\nsystemctl start app\n",
        ),
        Example::Script(
            "set -e\nssh db2 'systemctl stop postgresql && chown -R postgres:postgres / var/lib/postgresql'\nssh db2 systemctl start postgresql\n",
        ),
        Example::Script("chmod -R 777 /\n"),
        Example::Script("chmod -R a+rwX /var/lib/postgresql/15/main\n"),
        Example::Script("rm -rf \"$HOME\"\n"),
        Example::Script("rm -rf ~/*\n"),
        Example::Script("find / -mtime +30 -delete\n"),
        Example::Script("find /etc -type f -print0 | xargs -0 rm -f\n"),
        Example::Script("mv /etc/passwd /dev/null\n"),
        Example::Script("mv /lib64 /mnt/old/\n"),
        Example::Script("> /etc/passwd\n"),
        Example::Script("echo \"\" | sudo tee /etc/fstab\n"),
        Example::Script("cp /dev/null /etc/shadow\n"),
        Example::Script("rm -f /var/lib/mysql/ibdata1\n"),
        Example::Script("systemctl stop mariadb\ngzip -9 /var/lib/mysql/ibdata1\n"),
        Example::Script("chmod 755 /usr/bin/*\n"),
        Example::Script("sed -i '1,$d' /etc/fstab\n"),
        Example::Script("rsync -a --delete /tmp/empty/ /\n"),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: room, title: Make room, kind: command, risk: destructive, run: rm -rf /home/*, check: test -d /home}\n",
            inventory: "",
        },
    ],
    good: &[
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\n# puts the accounts back as they were last night\nfor file in passwd group shadow gshadow; do\n  cp -a \"/etc/$file\" \"/etc/$file.before\"\n  install -m \"$(stat -c %a \"/etc/$file\")\" \"/backup/etc/$file\" \"/etc/$file.new\"\n  mv \"/etc/$file.new\" \"/etc/$file\"\ndone\npwck -r\n",
        ),
        Example::Script(
            "set -euo pipefail\ntar -czf /backup/srv.tgz -C /srv .\nrm -rf /srv/*\ntar -xzf /backup/new/srv.tgz -C /srv\n",
        ),
        Example::Script("mv /srv \"/srv.before.$(date +%s)\"\nmkdir /srv\n"),
        Example::Script("rm -rf /usr/lib/app /etc/app /var/lib/app/cache /home/*/.cache\n"),
        Example::Script("rm -rf /tmp/* /var/tmp/* /var/cache/apt/* /var/lib/apt/lists/*\n"),
        Example::Script("find / -xdev -name '*.pyc' -delete\nfind /home -mtime +30 -delete\n"),
        Example::Script("find / -xdev -type f -size +1G -print\n"),
        Example::Script("cat > /etc/fstab <<'E'\n/dev/vda1 / ext4 defaults 0 1\nE\n"),
        Example::Script(
            "{ getent passwd root; cat /backup/etc/passwd; } > /etc/passwd\nsh -c 'cat /backup/etc/group' > /etc/group\n",
        ),
        Example::Script("echo '/dev/vdb1 /srv xfs defaults 0 2' | tee -a /etc/fstab\n"),
        Example::Script(
            "chown -R postgres:postgres /var/lib/postgresql\nchmod -R u=rwX,go= /var/lib/postgresql/15/main\nchown -R www-data /srv/www\nchmod 755 / /etc /usr\n",
        ),
        Example::Script(
            "gzip -c /etc/passwd > /backup/passwd.gz\ngzip -k /etc/group\nsed -i '/vdb1/d' /etc/fstab\nchmod +x /usr/local/bin/*\n",
        ),
        Example::Script(": > /etc/machine-id\ntruncate -s 0 /var/log/syslog\n"),
        Example::Script(
            "d=$(mktemp -d)\nHOME=$d\nexport HOME\ngpg --import /backup/key.asc\nrm -rf \"$HOME\"\n",
        ),
        Example::Script(
            "set -e\nmount -n --move /dev \"${rootmnt:?}/dev\"\nrm -rf /dev\nln -s \"$rootmnt/dev\" /dev\n",
        ),
        Example::Script("rm -rf \"${DESTDIR:?}/etc\" \"${DESTDIR:?}/usr\"\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.runs() {
        let Some(taken) = taken(unit, run.command) else { continue };
        let kept = taken.vital == Vital::Kept && kept(context, unit, run);
        if kept || told(unit, run, &taken) || linked(unit, run, &taken) {
            continue;
        }
        let Taken { path, vital, how } = &taken;
        let (severity, so) = match vital {
            Vital::System => (Severity::Critical, "the machine does not work without it"),
            Vital::File => {
                (Severity::Critical, "the machine does not start or let anybody in without it")
            }
            Vital::Kept => (Severity::High, "all that is kept there goes"),
            Vital::Server => (Severity::High, "the server does not start on its data any more"),
        };
        let message = format!("{path} {how}: {so}");
        report.add(&RULE, unit, run.command.span, message).severity = severity;
    }
}

/// Tells whether a copy of what people keep was made before.
fn kept(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    unit.step.is_some_and(|step| step.safety_copy.is_some())
        || unit.part == Place::Rollback
        || losses::copied(context, unit, run)
}

/// Tells whether the very next command puts a link in the place of `/dev` or `/boot`, as a machine that starts does in
/// its first root, with what its real root brings along.
fn linked(unit: &Unit<'_>, run: Run<'_>, taken: &Taken) -> bool {
    let own =
        |next: Run<'_>| next.command.arguments().iter().any(|a| next.command.path(a) == taken.path);
    matches!(taken.path.as_str(), "/boot" | "/dev")
        && unit.named(&["ln"]).any(|next| next.index == run.index + 1 && own(next))
}

/// Tells whether the rule on destruction without a look at where one is says it already.
fn told(unit: &Unit<'_>, run: Run<'_>, taken: &Taken) -> bool {
    let named = unit.step.is_some_and(|step| step.host.is_some());
    taken.vital == Vital::Server && !named && losses::emptied(unit, run.command).is_some()
}
